/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts on their way to a terminal: nothing in them is obeyed there, and they
 * are cut between characters.
 */
#include "unit.h"

#include "base/text.h"

static void assert_visible(const char *text, size_t n, const char *wanted)
{
    struct leat_text_buffer b = {0};

    leat_text_add_visible(&b, text, n);
    assert_string_equal(b.p, wanted);
    leat_text_deinit(&b);
}
#define assert_shown(literal, wanted) assert_visible(literal, sizeof(literal) - 1, wanted)

static void test_plain_text_stays(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("a \\ \" ~", "a \\ \" ~");
    assert_shown("gr\xC3\xB6\xC3\x9F" "e \xE6\x97\xA5 \xF0\x9F\x99\x82", "gr\xC3\xB6\xC3\x9F" "e \xE6\x97\xA5 \xF0\x9F\x99\x82");
    assert_shown("\xC2\xA0\xE2\x80\x8D", "\xC2\xA0\xE2\x80\x8D"); /* a hard blank and a joiner do no harm */
}

static void test_controls(void **state)
{
    (void)state;
    assert_shown("a\0b", "a\\x00b");
    assert_shown("\n\t\r\x1b[31m\x7f", "\\n\\t\\x0d\\x1b[31m\\x7f");
    assert_shown("\xC2\x80\xC2\x9B\xC2\x9F", "\\u0080\\u009b\\u009f");
}

static void test_marks_of_direction(void **state)
{
    (void)state;
    assert_shown("\xE2\x80\x8E\xE2\x80\x8F", "\\u200e\\u200f");
    assert_shown("\xE2\x80\xAA\xE2\x80\xAE", "\\u202a\\u202e");
    assert_shown("\xE2\x81\xA6\xE2\x81\xA9", "\\u2066\\u2069");
    assert_shown("\xD8\x9C\xE2\x80\xA8", "\\u061c\\u2028");
}

static void test_what_is_no_utf8(void **state)
{
    (void)state;
    assert_shown("a\x80\xC3", "a\\x80\\xc3");
    assert_shown("\xED\xA0\x80", "\\xed\\xa0\\x80");
}

static void assert_json(const char *text, size_t n, const char *wanted)
{
    struct leat_text_buffer b = {0};

    leat_text_add_json(&b, text, n);
    assert_string_equal(b.p, wanted);
    leat_text_deinit(&b);
}

static void test_json_is_json_and_tame(void **state)
{
    (void)state;
    assert_json("a\xFFz", 3, "\"a\\ufffdz\"");
    assert_json("\xC3", 1, "\"\\ufffd\"");
    assert_json("\xC2\x9B\xE2\x80\xAE", 5, "\"\\u009b\\u202e\"");
}

static void test_fit(void **state)
{
    (void)state;
    assert_int_equal(leat_text_fit("abc", 3, 5), 3);
    assert_int_equal(leat_text_fit("abc", 3, 3), 3);
    assert_int_equal(leat_text_fit("abc", 3, 2), 2);
    assert_int_equal(leat_text_fit("abc", 3, 0), 0);
    assert_int_equal(leat_text_fit("\xC3\xA9\xC3\xA9", 4, 1), 2);
    assert_int_equal(leat_text_fit("\xE6\x97\xA5\xE6\x97\xA5", 6, 3), 3); /* two columns each */
    assert_int_equal(leat_text_fit("e\xCC\x81x", 4, 1), 3);               /* a mark goes with its letter */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays), cmocka_unit_test(test_controls),
        cmocka_unit_test(test_marks_of_direction), cmocka_unit_test(test_what_is_no_utf8),
        cmocka_unit_test(test_json_is_json_and_tame), cmocka_unit_test(test_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
