/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the leat authors */

/*
 * What every C test includes first: cmocka with the headers it wants, and a standard
 * output that is written line by line, so that a test which dies (or which the leak
 * sanitizer ends at exit) still shows how far it came.
 *
 * One group a program: cmocka prints a TAP plan for each group, the driver takes one.
 */
#ifndef LEAT_TESTS_UNIT_H
#define LEAT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* `fail' is a member of a table in leat/function.h. */
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

/* Fails unless `text` holds `part`, and shows both. */
#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        const char *assert_text = (text), *assert_part = (part);                                   \
        if (!strstr(assert_text, assert_part))                                                     \
            fail_msg("'%s' is not in:\n%s", assert_part, assert_text);                             \
    } while (0)

__attribute__((constructor)) static void unit_line_buffered(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}

#endif
