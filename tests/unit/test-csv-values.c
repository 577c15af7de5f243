/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values to text and back (kit/text, kit/fields/convert.h), which all file
 * stages share; held against the core's calendar and the C library.
 */
#include "kit/fields/convert.h"
#include "kit/text/text.h"

#include "unit.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"

static void expect(const char *room, const char *end, const char *expected)
{
    assert_int_equal(end - room, strlen(expected));
    assert_memory_equal(room, expected, strlen(expected));
}

static void test_int64(void **state)
{
    static const int64_t values[] = { 0, 9, 10, 99, 100, 101, -1, -10, -100, 12345678901, INT64_MAX, INT64_MIN };
    char room[LEAT_VALUE_ROOM], expected[32];

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        (void)snprintf(expected, sizeof expected, "%" PRId64, values[i]);
        expect(room, leat_int64_put(room, values[i]), expected);
    }
}

static void test_float64(void **state)
{
    static const struct { double value; const char *text; } cases[] = {
        { 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -2.5, "-2.5" }, { 0.1, "0.1" }, { 1e300, "1e+300" },
        { 123456789012345, "123456789012345" }, { 1e15, "1e+15" }, { 0.30000000000000004, "0.30000000000000004" },
        { NAN, "NaN" }, { INFINITY, "Infinity" }, { -INFINITY, "-Infinity" }, { 5e-324, "4.94065645841247e-324" },
    };
    char room[LEAT_VALUE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(room, leat_float64_put(room, cases[i].value), cases[i].text);
    srand(3);
    for (int i = 0; i < 100000; i++) {
        double value = ldexp((double)rand() * rand() + rand(), rand() % 2000 - 1000);

        *leat_float64_put(room, value) = '\0';
        assert_true(strtod(room, NULL) == value);
    }
}

static void test_dates_and_timestamps(void **state)
{
    char room[LEAT_VALUE_ROOM], expected[64];
    bool has_offset;
    int64_t us;
    int32_t days;

    (void)state;
    srand(4);
    for (int i = 0; i < 200000; i++) {
        int32_t day = (rand() - RAND_MAX / 2) / (i % 2 ? 300 : 3);
        int64_t at = day / 100 * LEAT_US_PER_DAY + (int64_t)rand() * 40 + (i % 3 ? 0 : rand() % 1000000);
        const char *end = leat_date_put(room, day);

        (void)leat_format_date(expected, day);
        expect(room, end, expected);
        if (strlen(expected) <= 13) { /* years of up to six digits read back */
            assert_true(leat_text_to_date(room, (size_t)(end - room), &days));
            assert_int_equal(days, day);
        }
        at = i % 3 ? at / 1000000 * 1000000 : at;
        end = leat_timestamp_put(room, at, i % 2);
        (void)leat_format_timestamp(expected, at, i % 2);
        expect(room, end, expected);
        assert_true(leat_text_to_timestamp(room, (size_t)(end - room), &us, &has_offset));
        assert_true(us == at);
        assert_int_equal(has_offset, i % 2);
    }
}

/* The kit reads what the core reads. */
static void test_texts_that_might_be_times(void **state)
{
    static const char chars[] = "0123456789-:T Z+.";
    static const char *const seeds[] = { "2024-02-29", "2024-02-29 12:34", "2024-02-29T23:59:59.123456Z",
                                         "2024-02-29 12:34:56 +01:00", "-0044-03-15", "+12024-12-31 00:00:00-0130",
                                         "1900-02-29", "2024-13-01", "2024-02-29 24:00" };

    (void)state;
    srand(5);
    for (int i = 0; i < 300000; i++) {
        char text[40];
        size_t n = (size_t)snprintf(text, sizeof text, "%s", seeds[i % 9]);
        int64_t us = 0, us_core = 0;
        int32_t days = 0, days_core = 0;
        bool offset = false, offset_core = false, good;

        for (int change = rand() % 3; change; change--)
            text[(size_t)rand() % n] = chars[(size_t)rand() % (sizeof chars - 1)];
        n -= (size_t)rand() % 4 == 0;
        good = leat_text_to_date(text, n, &days);
        assert_int_equal(good, leat_parse_date(text, n, &days_core));
        assert_int_equal(days, days_core);
        good = leat_text_to_timestamp(text, n, &us, &offset);
        if (good != leat_parse_timestamp(text, n, &us_core, &offset_core))
            fail_msg("'%.*s' is %s timestamp", (int)n, text, good ? "a" : "no");
        if (good) {
            assert_true(us == us_core);
            assert_int_equal(offset, offset_core);
        }
    }
}

static void test_bool_and_bytes(void **state)
{
    uint8_t bits[] = { 2 };
    struct leat_column column = { .type = LEAT_BOOL, .n_rows = 2, .bits = bits };
    struct leat_field field = { .name = "b", .type = LEAT_BOOL };
    char room[LEAT_VALUE_ROOM];

    (void)state;
    expect(room, leat_value_put(room, &field, &column, 0), "false");
    expect(room, leat_value_put(room, &field, &column, 1), "true");
    expect(room, leat_hex_put(room, "\x00\x7F\xFF", 3), "007fff");
}

static void test_json(void **state)
{
    static const char *const good[] = {
        "null", " true ", "false", "0", "-1.5e+10", "\"\"", "\"\\u00e9\\n\"", "[]", "[1, [2], {\"a\": null}]", "{}",
        "{\"a\":{\"b\":[\"\\\\\"]}}", "\"\xC3\xA9\"", "\t[\r\n]",
    };
    static const char *const bad[] = {
        "", " ", "nul", "True", "01", "-", "1.", ".5", "1e", "+1", "\"", "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "[1,]",
        "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "]", "[}", "1 2", "'a'", "NaN", "[[", "\"\\",
    };
    char deep[200];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(leat_text_is_json(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (leat_text_is_json(bad[i], strlen(bad[i])))
            fail_msg("%s is taken for JSON", bad[i]);
    assert_false(leat_text_is_json("\"\0\"", 3));
    for (int depth = 64; depth <= 65; depth++) {
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        assert_int_equal(leat_text_is_json(deep, 2 * (size_t)depth), depth == 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_float64),
        cmocka_unit_test(test_dates_and_timestamps),
        cmocka_unit_test(test_texts_that_might_be_times),
        cmocka_unit_test(test_bool_and_bytes),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests_name("csv-values", tests, NULL, NULL);
}
