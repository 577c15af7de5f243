/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the leat authors */

/* The lists that transform-split takes apart. */
#include "unit.h"

#include <string.h>

#include "transform/split/list.h"

/* The elements joined by "|", <null> for a null; "no list" for what is none. */
static void expect(struct list_style style, const char *value, const char *expected)
{
    struct list list = { 0 };
    char joined[200] = "";
    struct element element;

    style.n_separator = style.separator ? strlen(style.separator) : 0;
    if (!list_begin(&list, &style, value, strlen(value)))
        strcpy(joined, "no list");
    else
        while (list.more) {
            assert_int_equal(list_next(&list, &style, &element, NULL), 0);
            if (element.text)
                strncat(joined, element.text, element.n);
            else
                strcat(joined, "<null>");
            strcat(joined, "|");
        }
    assert_string_equal(joined, expected);
    list_deinit(&list);
}

static void json(const char *value, const char *expected)
{
    expect((struct list_style){ 0 }, value, expected);
}

static void text(const char *separator, bool trim, const char *value, const char *expected)
{
    expect((struct list_style){ .separator = separator, .trim = trim }, value, expected);
}

static void test_json_lists(void **state)
{
    (void)state;
    json("[]", "");
    json(" [ ] ", "");
    json("null", "");
    json("[\"user\", \"admin\"]", "user|admin|");
    json("[1, 2.50, true, null, {\"a\": [1]}, [2, 3]]", "1|2.50|true|<null>|{\"a\": [1]}|[2, 3]|");
    json("[\"a\\\"b\", \"\\u00e9\\n\", \"\", \"\\ud83d\\ude00\"]", "a\"b|é\n||😀|");
}

static void test_what_is_no_json_list(void **state)
{
    static const char *const values[] = { "", " ", "user", "\"user\"", "{}", "1", "[", "[1", "[1,]", "[1 2]", "[1]x",
                                          "nullx", "[\"\\ud83d\"]", "[\"a]", "true", "[01]" };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        json(values[i], "no list");
}

static void test_texts_between_separators(void **state)
{
    (void)state;
    text(",", false, "", "");
    text(",", false, "a", "a|");
    text(",", false, "a,b,c", "a|b|c|");
    text(",", false, "a,,b,", "a||b||");
    text(", ", false, "a, b,c", "a|b,c|");
    text(",", true, " a , b\t,\n", "a|b||");
    text("→", false, "a→b", "a|b|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_lists),
        cmocka_unit_test(test_what_is_no_json_list),
        cmocka_unit_test(test_texts_between_separators),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
