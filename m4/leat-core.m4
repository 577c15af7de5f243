# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Libraries without which there is no leat. All that are missing are named in one go,
# with the Debian packages that bring them.

# LEAT_CORE_DEP(VARIABLE, PKG-CONFIG-MODULE, DEBIAN-PACKAGE)
# Sets VARIABLE_CFLAGS and VARIABLE_LIBS and adds them to CORE_DEPS_CFLAGS, CORE_DEPS_LIBS.
AC_DEFUN([LEAT_CORE_DEP], [
  PKG_CHECK_MODULES([$1], [$2],
    [CORE_DEPS_CFLAGS="$CORE_DEPS_CFLAGS $$1_CFLAGS"
     CORE_DEPS_LIBS="$CORE_DEPS_LIBS $$1_LIBS"],
    [leat_missing="$leat_missing
    $2"
     leat_missing_packages="$leat_missing_packages $3"])
])

# LEAT_CORE_LTDL(DEBIAN-PACKAGE)  libltdl brings no pkg-config file.
AC_DEFUN([LEAT_CORE_LTDL], [
  leat_have_ltdl=no
  AC_CHECK_HEADER([ltdl.h], [AC_CHECK_LIB([ltdl], [lt_dladvise_init], [leat_have_ltdl=yes])])
  AS_IF([test "x$leat_have_ltdl" = xyes],
    [LTDL_LIBS=-lltdl
     CORE_DEPS_LIBS="$CORE_DEPS_LIBS $LTDL_LIBS"],
    [leat_missing="$leat_missing
    libltdl >= 2.4"
     leat_missing_packages="$leat_missing_packages $1"])
  AC_SUBST([LTDL_LIBS])
])

# LEAT_CORE_DEPS_CHECK  Stops configure where any of the above is missing.
AC_DEFUN([LEAT_CORE_DEPS_CHECK], [
  AS_IF([test -n "$leat_missing"],
    [AC_MSG_ERROR([leat cannot be built without:$leat_missing
  On Debian or Ubuntu: apt-get install$leat_missing_packages
  or let ./bootstrap do it.])])
  AC_SUBST([CORE_DEPS_CFLAGS])
  AC_SUBST([CORE_DEPS_LIBS])
])
