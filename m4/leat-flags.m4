# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Compiler and linker flags, each taken only where the compiler takes it.
# They collect in LEAT_CFLAGS, LEAT_CXXFLAGS, LEAT_LDFLAGS.

# LEAT_TRY_CFLAG(FLAGS, [CC-ONLY])  adds FLAGS to LEAT_CFLAGS, and to LEAT_CXXFLAGS unless CC-ONLY.
AC_DEFUN([LEAT_TRY_CFLAG], [
  AC_MSG_CHECKING([whether $CC takes $1])
  leat_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int leat_probe(int x); int leat_probe(int x) { return x; }]])],
    [AC_MSG_RESULT([yes])
     LEAT_CFLAGS="$LEAT_CFLAGS $1"
     m4_if([$2], [CC-ONLY], [], [LEAT_CXXFLAGS="$LEAT_CXXFLAGS $1"])],
    [AC_MSG_RESULT([no])])
  CFLAGS=$leat_save_CFLAGS
])

# LEAT_TRY_LDFLAG(VARIABLE, FLAGS, [COMPILE-FLAGS])  adds FLAGS to VARIABLE.
AC_DEFUN([LEAT_TRY_LDFLAG], [
  AC_MSG_CHECKING([whether the linker takes $2])
  leat_save_LDFLAGS=$LDFLAGS leat_save_CFLAGS=$CFLAGS
  LDFLAGS="$LDFLAGS $2" CFLAGS="$CFLAGS $3"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes])
     $1="$$1 $2"],
    [AC_MSG_RESULT([no])])
  LDFLAGS=$leat_save_LDFLAGS CFLAGS=$leat_save_CFLAGS
])

# LEAT_WARNINGS  The dialect, the warnings, --enable-werror.
AC_DEFUN([LEAT_WARNINGS], [
  LEAT_CFLAGS="-std=gnu17 -pthread"
  LEAT_CXXFLAGS="-std=gnu++17 -pthread"
  LEAT_LDFLAGS="-pthread"
  AC_SUBST([LEAT_CFLAGS])
  AC_SUBST([LEAT_CXXFLAGS])
  AC_SUBST([LEAT_LDFLAGS])
  m4_foreach_w([leat_flag], [-Wall -Wextra -Wformat=2 -Wimplicit-fallthrough -Wshadow -Werror=format-security],
    [LEAT_TRY_CFLAG(leat_flag)])
  m4_foreach_w([leat_flag], [-Wstrict-prototypes -Wmissing-prototypes],
    [LEAT_TRY_CFLAG(leat_flag, [CC-ONLY])])
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make every warning an error (CI does)])])
  AS_IF([test "x$enable_werror" = xyes],
    [LEAT_CFLAGS="$LEAT_CFLAGS -Werror"
     LEAT_CXXFLAGS="$LEAT_CXXFLAGS -Werror"])
])

# LEAT_COVERAGE  --enable-coverage: gcov counters in every object.
AC_DEFUN([LEAT_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [count executed lines and branches (`make coverage' does it in a build of its own)])])
  AS_IF([test "x$enable_coverage" = xyes],
    [LEAT_CFLAGS="$LEAT_CFLAGS --coverage -fprofile-update=atomic"
     LEAT_CXXFLAGS="$LEAT_CXXFLAGS --coverage -fprofile-update=atomic"
     LEAT_LDFLAGS="$LEAT_LDFLAGS --coverage"])
])
