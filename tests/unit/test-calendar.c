/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The calendar: every day there and back, and which texts are dates and which are not.
 */
#include "unit.h"

#include <string.h>

#include "base/calendar.h"

static bool parse_date(const char *text, int32_t *ret)
{
    return leat_parse_date(text, strlen(text), ret);
}

static bool parse_time(const char *text, int64_t *ret, bool *ret_zone)
{
    return leat_parse_timestamp(text, strlen(text), ret, ret_zone);
}

static void test_every_day_there_and_back(void **state)
{
    int64_t day = leat_days_from_civil(-1, 1, 1), last = leat_days_from_civil(10001, 1, 1);
    struct leat_civil before = leat_civil_from_days((int32_t)day - 1);

    (void)state;
    for (; day < last; day++) {
        struct leat_civil c = leat_civil_from_days((int32_t)day);

        assert_true(leat_civil_valid(c.year, c.month, c.day));
        assert_int_equal(leat_days_from_civil(c.year, c.month, c.day), day);
        if (c.month == before.month)
            assert_int_equal(c.day, before.day + 1);
        else
            assert_int_equal(c.day, 1);
        before = c;
    }
}

static void test_known_days(void **state)
{
    (void)state;
    assert_int_equal(leat_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(leat_days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(leat_days_from_civil(1600, 1, 1), -135140);
    assert_int_equal(leat_days_from_civil(9999, 12, 31), 2932896);
    assert_int_equal(leat_days_from_civil(0, 1, 1), -719528);
    assert_int_equal(leat_days_from_civil(2024, 2, 31), leat_days_from_civil(2024, 3, 2));
}

static void test_leap_years(void **state)
{
    (void)state;
    assert_true(leat_civil_valid(2024, 2, 29));
    assert_true(leat_civil_valid(2000, 2, 29));
    assert_false(leat_civil_valid(1900, 2, 29));
    assert_false(leat_civil_valid(2023, 2, 29));
    assert_false(leat_civil_valid(2023, 13, 1));
    assert_false(leat_civil_valid(2023, 0, 1));
    assert_false(leat_civil_valid(2023, 4, 31));
    assert_false(leat_civil_valid(2023, 4, 0));
}

static void assert_date_text(int32_t days, const char *wanted)
{
    char text[40];

    assert_int_equal(leat_format_date(text, days), strlen(wanted));
    assert_string_equal(text, wanted);
}

static void test_dates_as_text(void **state)
{
    char text[40];
    int32_t days = 0;

    (void)state;
    assert_date_text(0, "1970-01-01");
    assert_date_text(-719528, "0000-01-01");
    assert_date_text(-719529, "-0001-12-31");
    assert_date_text(2932897, "+10000-01-01");
    assert_true(leat_format_date(text, INT32_MIN) < 40);
    assert_true(leat_format_date(text, INT32_MAX) < 40);
    for (int64_t day = -800000; day < 3000000; day += 997) {
        leat_format_date(text, (int32_t)day);
        assert_true(parse_date(text, &days));
        assert_int_equal(days, day);
    }
}

static void test_texts_that_are_no_dates(void **state)
{
    static const char *const bad[] = {
        "", "2024", "2024-1-1", "2024-01", "2024-02-30", "2023-02-29", "2024-00-10", "2024-13-10", "2024-10-00",
        "2024-01-01 ", " 2024-01-01", "2024/01/01", "20240101", "2024-01-01x", "24-01-01", "abcd-01-01", "--001-01-01",
        "2024-01-0\xC2\xB2",
    };
    int32_t days = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse_date(bad[i], &days))
            fail_msg("'%s' was taken for a date", bad[i]);
    assert_int_equal(days, 7);
}

static void test_a_text_is_not_read_beyond_its_end(void **state)
{
    int64_t us;
    int32_t days;
    bool zone;

    (void)state;
    assert_true(leat_parse_date("2024-01-019", 10, &days));
    assert_false(leat_parse_date("2024-01-01", 9, &days));
    assert_true(leat_parse_timestamp("2024-01-01 10:11:12Z", 19, &us, &zone));
    assert_false(zone);
}

static void test_timestamp_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
        bool zone;
    } good[] = {
        {"1970-01-01 00:00:00", 0, false},
        {"1970-01-01T00:00:01Z", 1000000, true},
        {"1970-01-01t00:00:01z", 1000000, true},
        {"1970-01-01 00:00:00.5", 500000, false},
        {"1970-01-01 00:00:00.123456789", 123457, false}, /* rounded */
        {"1970-01-01 00:00:00.9999995", 1000000, false},
        {"1970-01-01 00:01", 60000000, false},
        {"1970-01-01", 0, false},
        {"1970-01-01 01:00:00+01:00", 0, true},
        {"1970-01-01 01:00:00+01", 0, true},
        {"1970-01-01 01:30:00+0130", 0, true},
        {"1969-12-31 19:00:00 -05:00", 0, true},
        {"1969-12-31 23:59:59.999999Z", -1, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t us = -7;
        bool zone = !good[i].zone;

        if (!parse_time(good[i].text, &us, &zone) || us != good[i].us || zone != good[i].zone)
            fail_msg("'%s' became %lld, zone %d", good[i].text, (long long)us, zone);
    }
}

static void test_texts_that_are_no_timestamps(void **state)
{
    static const char *const bad[] = {
        "", "1970-01-01 24:00:00", "1970-01-01 00:60:00", "1970-01-01 00:00:60", "1970-01-01 00",
        "1970-01-01 00:00:", "1970-01-01 00:00:00.", "1970-01-01 00:00:00.1234567890", "1970-01-01 00:00:00 +",
        "1970-01-01 00:00:00+1", "1970-01-01 00:00:00+16:00", "1970-01-01 00:00:00+01:60", "1970-01-01 00:00:00 UTC",
        "1970-01-01 00:00:00ZZ", "1970-02-30 00:00:00", "1970-01-01T", "12:00:00",
        "1970-01-01 00:00:00 ", "1970-01-01 00:00.5", /* a fraction of a minute */
    };
    int64_t us = 7;
    bool zone;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse_time(bad[i], &us, &zone))
            fail_msg("'%s' was taken for a timestamp", bad[i]);
    assert_int_equal(us, 7);
}

static void test_timestamps_there_and_back(void **state)
{
    uint64_t seed = 12345;
    char text[40];

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int64_t us, back = 0;
        bool zone = false, utc = i & 1;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        us = (int64_t)(seed >> 5) - (INT64_C(1) << 57); /* some 4,500 years around 1970 */
        if (i % 3 == 0)
            us -= us % 1000000;
        assert_true(leat_format_timestamp(text, us, utc) < 40);
        assert_true(parse_time(text, &back, &zone));
        assert_true(back == us);
        assert_int_equal(zone, utc);
    }
}

static void test_the_ends_of_time(void **state)
{
    char text[64];
    int64_t us;
    bool zone;

    (void)state;
    assert_true(leat_format_timestamp(text, INT64_MAX, true) < 40);
    assert_true(leat_format_timestamp(text, INT64_MIN, true) < 40);
    assert_false(parse_time("+999999-01-01 00:00:00", &us, &zone)); /* beyond 64 bits of microseconds */
    assert_false(parse_time("-999999-01-01 00:00:00", &us, &zone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_there_and_back),
        cmocka_unit_test(test_known_days),
        cmocka_unit_test(test_leap_years),
        cmocka_unit_test(test_dates_as_text),
        cmocka_unit_test(test_texts_that_are_no_dates),
        cmocka_unit_test(test_a_text_is_not_read_beyond_its_end),
        cmocka_unit_test(test_timestamp_forms),
        cmocka_unit_test(test_texts_that_are_no_timestamps),
        cmocka_unit_test(test_timestamps_there_and_back),
        cmocka_unit_test(test_the_ends_of_time),
    };
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
