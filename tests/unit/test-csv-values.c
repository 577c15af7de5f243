/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values to text and back (kit/text), which all file
 * stages share; held against the core's calendar and the C library.
 */
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

static void test_text_to_numbers(void **state)
{
    static const char *const not_digits[] = { "", "-", ".", "+.", "1e3", "1.2.3", " 1", "1 ", "0x1" };
    static const struct { const char *text, *whole, *fraction; bool minus; } digits[] = {
        { "007.50", "7", "50", false }, { "-0.0", "", "0", true }, { "+12.", "12", "", false },
        { "-.5", "", "5", true }, { "0", "", "", false }, { "100", "100", "", false },
    };
    struct leat_digits d;
    int64_t i = 7;
    double f = 7;

    (void)state;
    for (size_t k = 0; k < sizeof not_digits / sizeof *not_digits; k++)
        assert_false(leat_text_to_digits(not_digits[k], strlen(not_digits[k]), &d));
    for (size_t k = 0; k < sizeof digits / sizeof *digits; k++) {
        assert_true(leat_text_to_digits(digits[k].text, strlen(digits[k].text), &d));
        assert_int_equal(d.minus, digits[k].minus);
        expect(d.whole, d.whole + d.n_whole, digits[k].whole);
        expect(d.fraction, d.fraction + d.n_fraction, digits[k].fraction);
    }
    assert_true(leat_text_to_int64("-9223372036854775808", 20, &i) && i == INT64_MIN);
    assert_false(leat_text_to_int64("9223372036854775808", 19, &i) || leat_text_to_int64("+", 1, &i));
    assert_true(i == INT64_MIN); /* left alone */
    assert_true(leat_text_to_float64("-1.5E-3", 7, &f) && f == -1.5e-3);
    assert_true(leat_text_to_float64("-iNf", 4, &f) && f == -INFINITY);
    assert_false(leat_text_to_float64("1e999", 5, &f) || leat_text_to_float64("1e+", 3, &f) ||
                 leat_text_to_float64("+", 1, &f) || leat_text_to_float64("", 0, &f));
    assert_true(f == -INFINITY);
}

static void test_text_to_bytes(void **state)
{
    char room[4] = "";

    (void)state;
    assert_true(leat_text_to_bytes("00fFA9", 6, room));
    assert_memory_equal(room, "\x00\xFF\xA9", 3);
    assert_true(leat_text_to_bytes("", 0, NULL));
    assert_false(leat_text_to_bytes("0", 1, NULL) || leat_text_to_bytes("0g", 2, room) ||
                 leat_text_to_bytes("000", 3, room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_float64),
        cmocka_unit_test(test_dates_and_timestamps),
        cmocka_unit_test(test_texts_that_might_be_times),
        cmocka_unit_test(test_bool_and_bytes),
        cmocka_unit_test(test_text_to_numbers),
        cmocka_unit_test(test_text_to_bytes),
    };

    return cmocka_run_group_tests_name("csv-values", tests, NULL, NULL);
}
