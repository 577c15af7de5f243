# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# LEAT_HARDENING  The flags of the OpenSSF guide, on by default, each probed.
# HARDEN_PIE_CFLAGS and HARDEN_PIE_LDFLAGS are for programs only; modules are -fPIC -shared.
# Left out on purpose: -z nodlopen (plugins would not load), -fstrict-flex-arrays=3 where
# the compiler is too old for it. _FORTIFY_SOURCE hides findings from the sanitizers and
# needs optimisation, so it stays out of those builds and of coverage builds.
AC_DEFUN([LEAT_HARDENING], [
  AC_ARG_ENABLE([hardening],
    [AS_HELP_STRING([--disable-hardening], [no hardening flags])], [], [enable_hardening=yes])
  AS_IF([test "x$enable_hardening" = xyes], [
    LEAT_TRY_CFLAG([-fstack-protector-strong])
    LEAT_TRY_CFLAG([-fstack-clash-protection])
    LEAT_TRY_CFLAG([-fcf-protection=full])
    LEAT_TRY_CFLAG([-fstrict-flex-arrays=3])
    AS_IF([test "x$enable_sanitizers" = xno && test "x$enable_coverage" != xyes], [
      LEAT_TRY_CFLAG([-ftrivial-auto-var-init=zero])
      AC_MSG_CHECKING([for _FORTIFY_SOURCE])
      leat_save_CFLAGS=$CFLAGS
      for leat_level in 3 2 none; do
        CFLAGS="$leat_save_CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$leat_level"
        test $leat_level = none && break
        AC_COMPILE_IFELSE([AC_LANG_SOURCE([[#include <stdio.h>
#if _FORTIFY_SOURCE > 2 && !__has_builtin(__builtin_dynamic_object_size)
# error no dynamic object sizes
#endif]])], [break])
      done
      CFLAGS=$leat_save_CFLAGS
      AC_MSG_RESULT([$leat_level])
      AS_IF([test $leat_level != none],
        [LEAT_CFLAGS="$LEAT_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$leat_level"
         LEAT_CXXFLAGS="$LEAT_CXXFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$leat_level"])
    ])
    LEAT_TRY_LDFLAG([LEAT_LDFLAGS], [-Wl,-z,relro])
    LEAT_TRY_LDFLAG([LEAT_LDFLAGS], [-Wl,-z,now])
    LEAT_TRY_LDFLAG([LEAT_LDFLAGS], [-Wl,-z,noexecstack])
    LEAT_TRY_LDFLAG([LEAT_LDFLAGS], [-Wl,--as-needed])
    LEAT_TRY_LDFLAG([HARDEN_PIE_LDFLAGS], [-pie], [-fPIE])
    AS_IF([test -n "$HARDEN_PIE_LDFLAGS"], [HARDEN_PIE_CFLAGS=-fPIE])
  ])
  AC_SUBST([HARDEN_PIE_CFLAGS])
  AC_SUBST([HARDEN_PIE_LDFLAGS])
])
