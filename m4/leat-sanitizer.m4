# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# LEAT_SANITIZERS  --enable-sanitizers=LIST, LIST being address,undefined or thread.
# The first finding ends the program. `make check-asan' and `make check-tsan' use this.
AC_DEFUN([LEAT_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST], [address,undefined or thread; alone: address,undefined])],
    [], [enable_sanitizers=no])
  AS_IF([test "x$enable_sanitizers" = xyes], [enable_sanitizers=address,undefined])
  AS_IF([test "x$enable_sanitizers" != xno], [
    AC_MSG_CHECKING([whether -fsanitize=$enable_sanitizers works])
    leat_flags="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"
    leat_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $leat_flags"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>]], [[free(malloc(1))]])],
      [AC_MSG_RESULT([yes])
       LEAT_CFLAGS="$LEAT_CFLAGS $leat_flags"
       LEAT_CXXFLAGS="$LEAT_CXXFLAGS $leat_flags"
       LEAT_LDFLAGS="$LEAT_LDFLAGS -fsanitize=$enable_sanitizers"],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([$CC cannot build with -fsanitize=$enable_sanitizers (with gcc: apt-get install libasan8 libubsan1 libtsan2)])])
    CFLAGS=$leat_save_CFLAGS
    # libtool links C++ modules with -nostdlib, and gcc then leaves its own runtimes out.
    for leat_flag in `echo "$enable_sanitizers" | tr , ' '`; do
      AS_CASE([$leat_flag],
        [address], [SANITIZER_CXX_LIBS="$SANITIZER_CXX_LIBS -lasan"],
        [undefined], [SANITIZER_CXX_LIBS="$SANITIZER_CXX_LIBS -lubsan"],
        [thread], [SANITIZER_CXX_LIBS="$SANITIZER_CXX_LIBS -ltsan"])
    done
    AC_DEFINE([LEAT_SANITIZED], [1], [Built with a sanitizer: no core dump limits, plugins stay mapped.])
  ])
])
