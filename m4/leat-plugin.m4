# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Optional libraries of plugins, and the table at the end of configure.

# LEAT_PLUGIN_DEP(NAME, CHECK, DEBIAN-PACKAGE, PLUGINS)
# Looks for a library that only PLUGINS (KIND-NAME, separated by spaces) need. CHECK is
# LEAT_PKG, LEAT_LIB or LEAT_CXX_LIB. --without-NAME leaves it out, --with-NAME makes a
# missing one an error. Gives the conditional WITH_NAME and NAME_CFLAGS, NAME_LIBS.
AC_DEFUN([LEAT_PLUGIN_DEP], [
  m4_pushdef([VAR], m4_translit([$1], [-a-z+.], [_A-Z__]))
  AC_ARG_WITH([$1],
    [AS_HELP_STRING([--without-$1], [leave out what needs it: $4])],
    [], [AS_VAR_SET([with_]m4_translit([$1], [-+.], [___]), [auto])])
  AS_VAR_COPY([leat_with], [with_]m4_translit([$1], [-+.], [___]))
  leat_found=no leat_dep_cflags= leat_dep_libs=
  AS_IF([test "x$leat_with" != xno], [$2])
  AS_IF([test "x$leat_with" = xno], [leat_why="by --without-$1"],
        [test $leat_found = yes], [leat_why="with $1"],
        [test "x$leat_with" = xauto], [leat_why="no $1 (apt-get install $3)"],
        [AC_MSG_ERROR([--with-$1 was given, but $1 was not found (apt-get install $3)])])
  for leat_plugin in $4; do
    AS_VAR_SET([leat_built_]AS_TR_SH([$leat_plugin]), [$leat_found])
    AS_VAR_SET([leat_why_]AS_TR_SH([$leat_plugin]), [$leat_why])
  done
  AC_SUBST(VAR[_CFLAGS], [$leat_dep_cflags])
  AC_SUBST(VAR[_LIBS], [$leat_dep_libs])
  AM_CONDITIONAL([WITH_]VAR, [test $leat_found = yes])
  m4_popdef([VAR])
])

# LEAT_PKG(PKG-CONFIG-MODULE)
AC_DEFUN([LEAT_PKG], [
  AC_MSG_CHECKING([for $1])
  AS_IF([$PKG_CONFIG --exists "$1" 2>/dev/null],
    [leat_found=yes
     leat_dep_cflags=`$PKG_CONFIG --cflags "$1"`
     leat_dep_libs=`$PKG_CONFIG --libs "$1"`])
  AC_MSG_RESULT([$leat_found])
])

# LEAT_LIB(HEADER, LIBRARY, FUNCTION)  for a library without a pkg-config file.
AC_DEFUN([LEAT_LIB], [
  AC_CHECK_HEADER([$1], [AC_CHECK_LIB([$2], [$3], [leat_found=yes leat_dep_libs="-l$2"])])
])

# LEAT_CXX_LIB(HEADER, LIBRARY)  the same for C++: the header compiles, the library links.
AC_DEFUN([LEAT_CXX_LIB], [
  AC_LANG_PUSH([C++])
  AC_MSG_CHECKING([for $1 and -l$2])
  leat_save_LIBS=$LIBS leat_save_CXXFLAGS=$CXXFLAGS
  LIBS="-l$2 $LIBS" CXXFLAGS="$CXXFLAGS -std=gnu++17"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <$1>]], [])], [leat_found=yes leat_dep_libs="-l$2 $SANITIZER_CXX_LIBS"])
  LIBS=$leat_save_LIBS CXXFLAGS=$leat_save_CXXFLAGS
  AC_MSG_RESULT([$leat_found])
  AC_LANG_POP([C++])
])

# LEAT_SUMMARY  The table. The plugins are those that plugins/local.mk includes.
AC_DEFUN([LEAT_SUMMARY], [
  leat_list=`sed -n 's|^include %D%/\([[a-z]]*\)/\([[^/]]*\)/local\.mk$|\1-\2|p' "$srcdir/plugins/local.mk" | sed '/^kit-/d' | sort`
  echo
  echo "leat $PACKAGE_VERSION, to be installed below $prefix"
  echo "  flags:     "`echo " $LEAT_CFLAGS $CFLAGS" | sed 's/ -W[[^ ]]*//g'`
  echo "  sanitizers: $enable_sanitizers, hardening: $enable_hardening, coverage: ${enable_coverage-no}"
  AS_IF([test "x$have_cmocka" = xyes], [echo "  C tests:    yes"],
        [echo "  C tests:    no, cmocka is missing (apt-get install libcmocka-dev)"])
  echo
  leat_row="  %-26s %-10s %s\n"
  printf "$leat_row" plugin built why
  AS_IF([test -z "$leat_list"], [echo "  (none yet)"])
  for leat_plugin in $leat_list; do
    AS_VAR_COPY([leat_found], [leat_built_]AS_TR_SH([$leat_plugin]))
    AS_VAR_COPY([leat_why], [leat_why_]AS_TR_SH([$leat_plugin]))
    AS_IF([test "x$leat_found" = xno], [leat_found="not built"], [leat_found=built])
    AS_IF([test -z "$leat_why"], [leat_why="needs no more than the core"])
    printf "$leat_row" "$leat_plugin" "$leat_found" "$leat_why"
  done
  echo
])
