/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Numbers, sizes and durations as people write them in options.
 */
#include "unit.h"

#include <string.h>

#include "base/number.h"

struct example {
    const char *text;
    int64_t value;
};

static void assert_all(bool (*parse)(const char *, int64_t *), const struct example *good, const char *const *bad)
{
    for (; good->text; good++) {
        int64_t value = -7;

        if (!parse(good->text, &value) || value != good->value)
            fail_msg("'%s' became %lld", good->text, (long long)value);
    }
    for (; *bad; bad++) {
        int64_t value = -7;

        if (parse(*bad, &value))
            fail_msg("'%s' was taken for %lld", *bad, (long long)value);
        assert_int_equal(value, -7);
    }
}

static void test_integers(void **state)
{
    static const struct example good[] = {{"0", 0}, {"42", 42}, {"-1", -1}, {"+7", 7}, {"007", 7},
                                          {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
                                          {NULL, 0}};
    static const char *const bad[] = {"", " 1", "1 ", "1.0", "0x10", "1e3", "--1", "+-1", "-", "one", "1,000",
                                      "9223372036854775808", "-9223372036854775809", NULL};

    (void)state;
    assert_all(leat_parse_integer, good, bad);
}

static void test_sizes(void **state)
{
    static const struct example good[] = {{"4096", 4096}, {"0", 0}, {"64k", 65536}, {"64K", 65536}, {"64 kB", 65536},
                                          {"32MiB", 32 << 20}, {"1G", 1 << 30}, {"1.5k", 1536}, {"0.5", 0},
                                          {"7b", 7}, {"2GiB", INT64_C(2) << 30}, {NULL, 0}};
    static const char *const bad[] = {"", "k", "-1", "1x", "1 k b", "1.5.5k", ".5k", "9223372036854775808",
                                      "9223372036854775807k", "1T1", "1e6", NULL};

    (void)state;
    assert_all(leat_parse_size, good, bad);
}

static void test_durations(void **state)
{
    static const struct example good[] = {{"250ms", 250}, {"30s", 30000}, {"5m", 300000}, {"5min", 300000},
                                          {"2h", 7200000}, {"1d", 86400000}, {"1.5s", 1500}, {"0s", 0}, {NULL, 0}};
    static const char *const bad[] = {"", "30", "s", "-1s", "1 s s", "5 minutes", "106751991168d", NULL};

    (void)state;
    assert_all(leat_parse_duration, good, bad);
}

/* The whole part fits, the fraction carries it over: no overflow (UBSan looks on). */
static void test_a_fraction_does_not_overflow(void **state)
{
    int64_t value = -7;

    (void)state;
    if (leat_parse_size("9007199254740991.99999999999999999999k", &value))
        assert_true(value > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_a_fraction_does_not_overflow),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
