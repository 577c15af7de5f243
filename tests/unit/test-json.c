/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The JSON kit (plugins/kit/json): what is JSON and what is not, spans, escapes
 * both ways, numbers without exponents.
 */
#include "kit/json/json.h"
#include "kit/text/text.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is JSON ---- */

/* In memory of exactly its size, so that a sanitizer sees a byte read too far. NULL: it is JSON. */
static const char *wrong_with(const char *text, size_t n)
{
    char *exact = calloc(1, n ? n : 1);
    struct leat_json j = leat_json_begin(exact, n);
    struct leat_json_span span;

    memcpy(exact, text, n);
    if (leat_json_value(&j, &span))
        (void)leat_json_end(&j);
    assert_int_equal(leat_json_is_value(exact, n), !j.wrong);
    free(exact);
    return j.wrong;
}

static void test_takes_what_is_json(void **state)
{
    static const char *const good[] = {
        "null", " true ", "false", "0", "-0", "-12.50", "1e5", "1E+05", "0.1e-2", "\"\"", "\"a\\u00e9\\n\\\"\"", "[]",
        "{}", "[1,2]", "[ 1 , [2] ]", "{\"a\":1}", "{ \"a\" : { \"b\" : [ ] } , \"\" : null }", "\"\x7f\xc3\xa9\"",
        "\"twelve bytes and more, \\\\ with a backslash\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (wrong_with(good[i], strlen(good[i])))
            fail_msg("%s: %s", good[i], wrong_with(good[i], strlen(good[i])));
}

static void test_refuses_what_is_not(void **state)
{
    static const char *const bad[] = {
        "", " ", "nul", "True", "01", "-", "1.", ".5", "1e", "1e+", "+1", "'a'", "\"a", "\"\n\"", "\"\\x\"",
        "\"\\u12g4\"", "\"\\u12",
        "\"\\", "[", "[1", "[1,", "[1,]", "[1 2]", "[,]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}",
        "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "1 2", "[]]", "{}x", "[1}", "nan", "\"\x01\"", "/**/1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!wrong_with(bad[i], strlen(bad[i])))
            fail_msg("%s is taken", bad[i]);
    assert_non_null(wrong_with("\"a\0b\"", 5));
}

static void test_depth_has_a_limit(void **state)
{
    char text[2 * 100];

    (void)state;
    for (int depth = 60; depth < 70; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        assert_int_equal(wrong_with(text, 2 * (size_t)depth) == NULL, depth <= LEAT_JSON_MAX_DEPTH);
    }
}

/* Every special byte at every place of a text, so that whole words and their rest are both walked. */
static void test_strings_end_where_they_should(void **state)
{
    static const char specials[] = "\"\\\x01\x1f\n";
    char text[64];

    (void)state;
    for (size_t n = 1; n < 40; n++)
        for (size_t at = 0; at < n; at++)
            for (const char *c = specials; *c; c++) {
                struct leat_json j;
                struct leat_json_span span;

                memset(text, 'x', sizeof text);
                text[0] = '"';
                text[1 + at] = *c;
                text[1 + n] = '"';
                j = leat_json_begin(text, n + 2);
                if (*c == '"') {
                    assert_true(leat_json_value(&j, &span));
                    assert_int_equal(span.n, at);
                } else {
                    assert_false(leat_json_value(&j, &span));
                }
            }
}

/* ---- spans ---- */

static void test_walks_an_object(void **state)
{
    const char *text = "{\"id\": 7, \"na\\u006de\": \"x\\ty\", \"list\": [1, {\"a\": []}], \"z\": null}";
    static const enum leat_json_kind kinds[] = {LEAT_JSON_NUMBER, LEAT_JSON_STRING, LEAT_JSON_ARRAY, LEAT_JSON_NULL};
    static const char *const values[] = {"7", "x\\ty", "[1, {\"a\": []}]", "null"};
    struct leat_json j = leat_json_begin(text, strlen(text));
    struct leat_json_span key, value;
    int i = 0;

    (void)state;
    assert_int_equal(leat_json_peek(&j), LEAT_JSON_OBJECT);
    leat_json_enter(&j);
    for (; leat_json_member(&j, &key); i++) {
        assert_true(leat_json_value(&j, &value));
        assert_int_equal(value.kind, kinds[i]);
        assert_int_equal(value.n, strlen(values[i]));
        assert_memory_equal(value.text, values[i], value.n);
        assert_int_equal(key.escaped, i == 1);
    }
    assert_int_equal(i, 4);
    assert_null(j.wrong);
    assert_true(leat_json_end(&j));
}

/* ---- escapes ---- */

static void assert_unescapes(const char *text, const char *wanted, size_t n_wanted)
{
    char out[64];
    size_t n = 999;

    assert_true(leat_json_unescape(text, strlen(text), out, &n));
    assert_int_equal(n, n_wanted);
    assert_memory_equal(out, wanted, n);
}

static void test_unescapes(void **state)
{
    char out[64];
    size_t n;

    (void)state;
    assert_unescapes("", "", 0);
    assert_unescapes("plain", "plain", 5);
    assert_unescapes("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8);
    assert_unescapes("J\\u00e9r\\u00F4me \\u20ac", "J\xc3\xa9r\xc3\xb4me \xe2\x82\xac", 12);
    assert_unescapes("\\ud83d\\ude00!", "\xf0\x9f\x98\x80!", 5);
    assert_unescapes("a\\u0000b", "a\0b", 3);
    assert_false(leat_json_unescape("\\ud83d", 6, out, &n));
    assert_false(leat_json_unescape("\\ud83dx12345", 12, out, &n));
    assert_false(leat_json_unescape("\\ud83d\\u0041", 12, out, &n));
    assert_false(leat_json_unescape("\\ude00", 6, out, &n));
}

static void test_escapes_and_back(void **state)
{
    char text[256], escaped[LEAT_JSON_ROOM(sizeof text)], back[sizeof escaped];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i; /* not UTF-8, which is not this kit's to judge */
    for (size_t from = 0; from < 40; from++) {
        char *end = leat_json_escape(escaped, text + from, sizeof text - from);

        assert_null(wrong_with(escaped, (size_t)(end - escaped)));
        assert_true(leat_json_unescape(escaped + 1, (size_t)(end - escaped) - 2, back, &n));
        assert_int_equal(n, sizeof text - from);
        assert_memory_equal(back, text + from, n);
    }
    assert_int_equal(leat_json_escape(escaped, "a\"\x1f\n", 4) - escaped, 13);
    assert_memory_equal(escaped, "\"a\\\"\\u001f\\n\"", 13);
}

/* ---- numbers ---- */

static void assert_plain(const char *text, const char *wanted)
{
    char out[32];
    size_t n = leat_text_plain(text, strlen(text), out, sizeof out);

    if (n != strlen(wanted) || memcmp(out, wanted, n) != 0)
        fail_msg("%s became %.*s, not %s", text, (int)n, out, wanted);
}

static void test_numbers_without_exponents(void **state)
{
    (void)state;
    assert_plain("12.50", "12.50");
    assert_plain("-1", "-1");
    assert_plain("1.5e3", "1500");
    assert_plain("1.25e1", "12.5");
    assert_plain("1.25E+0", "1.25");
    assert_plain("-125e-3", "-0.125");
    assert_plain("1e-3", "0.001");
    assert_plain("12.5e-1", "1.25");
    assert_plain("1e31", "10000000000000000000000000000000");
    assert_plain("1e32", "");
    assert_plain("1e999999999999", "");
    assert_plain("1e-40", "");
    assert_plain("NaN", "");
    assert_plain("Infinity", "");
    assert_plain("", "");
    assert_plain("1e", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_what_is_json),     cmocka_unit_test(test_refuses_what_is_not),
        cmocka_unit_test(test_depth_has_a_limit),      cmocka_unit_test(test_strings_end_where_they_should),
        cmocka_unit_test(test_walks_an_object),        cmocka_unit_test(test_unescapes),
        cmocka_unit_test(test_escapes_and_back),       cmocka_unit_test(test_numbers_without_exponents),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
