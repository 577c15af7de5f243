/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the leat authors */

/* What passes a rule of validate-rules, value by value. */
#include "unit.h"

#undef fail /* cmocka's; leat/function.h has a member of that name */

#include <stdlib.h>
#include <string.h>

#include "kit/text/text.h"
#include "validate/rules/rules.h"

struct sample {
    const char *text;
    bool passes;
};

static void hold(rule_test *test, const struct rule *rule, const struct sample *samples, size_t n)
{
    int n_wrong = 0;

    for (size_t i = 0; i < n; i++) {
        if (test(rule, NULL, samples[i].text, strlen(samples[i].text)) == samples[i].passes)
            continue;
        print_error("'%s' should %s\n", samples[i].text, samples[i].passes ? "pass" : "not pass");
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

#define HOLD(test, rule, samples) hold(test, rule, samples, sizeof samples / sizeof *samples)

static void test_email(void **state)
{
    static const struct sample samples[] = {
        { "anna@example.com", true }, { "a@b.co", true }, { "A.B+c=d@Example.Co.UK", true },
        { "o'brien@example.com", true }, { "!#$%&'*+-/=?^_`{|}~@example.com", true },
        { "x@xn--bcher-kva.example", true }, { "用户@例子.广告", true }, { "rené@example.com", true },
        { "a@b-c.com", true }, { "a@1.example2", true },
        { "", false }, { "@", false }, { "anna", false }, { "anna@", false }, { "@example.com", false },
        { "anna@nodot", false }, { "anna@@example.com", false }, { "anna@exa@mple.com", false },
        { "an na@example.com", false }, { " anna@example.com", false }, { "anna@example.com ", false },
        { "anna@example.com\n", false }, { ".anna@example.com", false }, { "anna.@example.com", false },
        { "an..na@example.com", false }, { "\"anna\"@example.com", false }, { "anna@[10.0.0.1]", false },
        { "anna@10.0.0.1", false }, { "anna@.com", false }, { "anna@example.", false }, { "anna@example..com", false },
        { "anna@-example.com", false }, { "anna@example-.com", false }, { "anna@exa_mple.com", false },
        { "anna@example.com,bob@example.com", false }, { "Anna <anna@example.com>", false },
        { "anna\xC2\xA0@example.com", false }, { "anna\xE2\x80\x8B@example.com", false },
        { "\xEF\xBB\xBF" "anna@example.com", false }, { "anna\xEF\xBC\xA0" "example.com", false },
    };

    (void)state;
    HOLD(is_email, NULL, samples);
}

/* `n` letters, then what comes behind them. */
static bool long_email(size_t local, const char *behind, size_t label, const char *end)
{
    char text[600];
    size_t n = 0;

    memset(text, 'a', local);
    n += local;
    n += (size_t)sprintf(text + n, "%s", behind);
    memset(text + n, 'b', label);
    n += label;
    n += (size_t)sprintf(text + n, "%s", end);
    return is_email(NULL, NULL, text, n);
}

static void test_lengths_of_an_email(void **state)
{
    (void)state;
    assert_true(long_email(64, "@", 4, ".com"));
    assert_false(long_email(65, "@", 4, ".com"));
    assert_true(long_email(1, "@", 63, ".com"));
    assert_false(long_email(1, "@", 64, ".com"));
    assert_false(long_email(1, "@a.", 64, ""));
    assert_true(long_email(60, "@c123456789c123456789c123456789c123456789.c123456789c123456789c123456789c123456789."
                           "c123456789c123456789c123456789c123456789.", 63, ".c12345"));
    assert_false(long_email(64, "@c123456789c123456789c123456789c123456789.c123456789c123456789c123456789c123456789."
                            "c123456789c123456789c123456789c123456789.", 63, ".c12345"));
}

static void test_e164(void **state)
{
    static const struct sample samples[] = {
        { "+12025550123", true }, { "+49", true }, { "+123456789012345", true },
        { "", false }, { "+", false }, { "+1", false }, { "12025550123", false }, { "+02025550123", false },
        { "+1234567890123456", false }, { "+1 202 555 0123", false }, { "+1202555012x", false },
    };

    (void)state;
    HOLD(is_e164, NULL, samples);
}

static void test_uuid(void **state)
{
    static const struct sample samples[] = {
        { "123e4567-e89b-12d3-a456-426614174000", true }, { "123E4567-E89B-12D3-A456-426614174000", true },
        { "123e4567e89b12d3a456426614174000", false }, { "{123e4567-e89b-12d3-a456-426614174000}", false },
        { "123e4567-e89b-12d3-a456-42661417400g", false }, { "123e4567-e89b-12d3-a456_426614174000", false },
        { "", false },
    };

    (void)state;
    HOLD(is_uuid, NULL, samples);
}

static void test_url(void **state)
{
    static const struct sample samples[] = {
        { "http://example.com", true }, { "HTTPS://Example.com/", true }, { "https://example.com:8080/a?b=c#d", true },
        { "https://user:pw@example.com/", true }, { "http://localhost", true }, { "http://10.0.0.1/x", true },
        { "http://[2001:db8::1]:80/", true }, { "https://例子.广告/路", true }, { "http://a/%20", true },
        { "http://example.com?q=1", true }, { "http://example.com:", true },
        { "", false }, { "example.com", false }, { "http:/example.com", false }, { "http://", false },
        { "https:///path", false }, { "ftp://example.com", false }, { "javascript://example.com/%0aalert(1)", false },
        { "http://exa mple.com", false }, { "http://example.com/a b", false }, { "http://example.com/%2", false },
        { "http://example.com/<x>", false }, { "http://example.com:99999/", false },
        { "http://example.com:8x/", false },
        { "http://[::1/", false }, { "http://.example.com", false }, { "http://example.com\n", false },
        { "http://example.com/\xE2\x80\x8B", false },
    };

    (void)state;
    HOLD(is_url, NULL, samples);
}

static void test_dates(void **state)
{
    static const struct sample samples[] = {
        { "2024-02-29", true }, { "1970-01-01", true }, { "0001-01-01", true }, { "2000-02-29", true },
        { "2023-02-29", false }, { "1900-02-29", false }, { "2024-13-01", false }, { "2024-00-01", false },
        { "2024-01-00", false }, { "2024-04-31", false }, { "2024-1-1", false }, { "24-01-01", false },
        { "2024-01-01 ", false }, { "2024/01/01", false }, { "01.01.2024", false }, { "", false },
    };
    static const struct sample others[] = { { "-0044-03-15", true }, { "+12024-12-31", true }, { "12024-12-31", false },
                                            { "+2024-12-3", false }, { "-2024-02-30", false } };
    int32_t days;

    (void)state;
    HOLD(is_date, NULL, samples);
    HOLD(is_date, NULL, others);
    HOLD(is_plain_date, NULL, samples);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(is_plain_date(NULL, NULL, others[i].text, strlen(others[i].text)));
    assert_true(leat_text_to_date("1970-01-02", 10, &days) && days == 1);
    assert_true(leat_text_to_date("1969-12-31", 10, &days) && days == -1);
    assert_true(leat_text_to_date("2000-03-01", 10, &days) && days == 11017);
    assert_true(leat_text_to_date("0000-01-01", 10, &days) && days == -719528);
    assert_true(leat_text_to_date("9999-12-31", 10, &days) && days == 2932896);
}

static void test_timestamps(void **state)
{
    static const struct sample samples[] = {
        { "2024-02-29", true }, { "2024-02-29 12:00", true }, { "2024-02-29T12:00:00Z", true },
        { "2024-02-29 12:00:00.123456789", true }, { "2024-02-29 12:00:00+01", true },
        { "2024-02-29 12:00:00 +0130", true }, { "2024-02-29t23:59:59-12:00", true },
        { "2024-02-29 24:00:00", false }, { "2024-02-29 12:60", false }, { "2024-02-29 12:00:60", false },
        { "2024-02-29 12", false }, { "2024-02-29 12:00:00.", false }, { "2024-02-29 12:00:00.1234567890", false },
        { "2024-02-29 12:00:00+1", false }, { "2024-02-29 12:00:00+01:0", false }, { "2024-02-30 12:00", false },
        { "2024-02-29 12:00:00 UTC", false }, { "12:00", false }, { "", false }, { "2024-02-29 12:00 ", false },
        { "2024-02-29 12:00.5", false },
    };
    bool has_offset;
    int64_t us;

    (void)state;
    HOLD(is_timestamp, NULL, samples);
    assert_true(leat_text_to_timestamp("1970-01-01 00:00:01.5", 21, &us, &has_offset) && us == 1500000);
    assert_true(leat_text_to_timestamp("1970-01-01T01:00:00+01:00", 25, &us, &has_offset) && us == 0);
}

static void test_numbers(void **state)
{
    static const struct sample integers[] = {
        { "0", true }, { "-1", true }, { "+1", true }, { "007", true }, { "9223372036854775807", true },
        { "-9223372036854775808", true }, { "9223372036854775808", false }, { "-9223372036854775809", false },
        { "99999999999999999999999", false }, { "1.0", false }, { " 1", false }, { "", false }, { "-", false },
        { "1e3", false }, { "0x10", false },
    };
    static const struct sample reals[] = {
        { "0", true }, { "1.5", true }, { "-.5", true }, { "5.", true }, { "1e3", true }, { "1.5E-10", true },
        { "NaN", true }, { "-Infinity", true }, { "1e999", false }, { "1e-999", false }, { "0e-999", true },
        { "1e-310", true }, { "e3", false }, { ".", false }, { "1e", false }, { "0x10", false },
        { "nan", true }, { "+inf", true }, { "infinit", false },
        { "1,5", false }, { "", false }, { "--1", false },
    };
    static const struct sample decimals[] = {
        { "12345678901234567890.12345678901234567890", true }, { "-.5", true }, { "5.", true }, { "0", true },
        { "", false }, { ".", false }, { "-", false }, { "1e3", true }, { "+1.5E-3", true }, { "1e", false },
        { "+-1e3", false }, { "1e99999", false }, { "1.2.3", false }, { "1 ", false },
    };

    (void)state;
    HOLD(is_int64, NULL, integers);
    HOLD(is_float64, NULL, reals);
    HOLD(is_decimal, NULL, decimals);
}

static void test_bools_and_json(void **state)
{
    static const struct sample bools[] = {
        { "true", true }, { "F", true }, { "Yes", true }, { "off", true }, { "1", true }, { "0", true },
        { "", false }, { "2", false }, { "truely", false }, { "si", false }, { "truetruetrue", false },
    };
    static const struct sample jsons[] = {
        { "{}", true }, { " [1, \"a\", null] ", true }, { "\"text\"", true }, { "1", true },
        { "", false }, { "{", false }, { "[1,]", false }, { "{\"a\"}", false }, { "1 2", false }, { "text", false },
    };

    (void)state;
    HOLD(is_bool, NULL, bools);
    HOLD(is_json, NULL, jsons);
}

static bool in_range(const char *low, const char *high, const char *value)
{
    struct rule least = { 0 }, most = { 0 };
    char rooms[2][LEAT_DECIMAL_ROOM];

    assert_true(parse_decimal(low, strlen(low), rooms[0], &least.decimal));
    assert_true(parse_decimal(high, strlen(high), rooms[1], &most.decimal));
    return at_least_decimal(&least, NULL, value, strlen(value)) && at_most_decimal(&most, NULL, value, strlen(value));
}

static void test_decimals_compare_exactly(void **state)
{
    (void)state;
    assert_true(in_range("0", "10", "0"));
    assert_true(in_range("0", "10", "-0.00"));
    assert_true(in_range("0", "10", "10.000"));
    assert_true(in_range("0", "10", "+009.9"));
    assert_false(in_range("0", "10", "10.0000000000000000000000000001"));
    assert_false(in_range("0", "10", "-0.0000000000000000000000000001"));
    assert_true(in_range("-10.5", "-1", "-10.50"));
    assert_true(in_range("-10.5", "-1", "-2"));
    assert_false(in_range("-10.5", "-1", "-10.51"));
    assert_false(in_range("-10.5", "-1", "-.9"));
    assert_false(in_range("-10.5", "-1", "2"));
    assert_true(in_range("12345678901234567890", "12345678901234567892", "12345678901234567891"));
    assert_true(in_range("0.1", "0.2", "0.15"));
    assert_true(in_range("1e3", "1.5e3", "1.25e3"));
    assert_false(in_range("1e3", "1.5e3", "1501"));
    assert_false(in_range("0.1", "0.2", "0.25"));
    assert_true(in_range("0.1", "0.2", "what is no number is another rule's matter"));
}

static bool has_length(int64_t low, int64_t high, const char *text)
{
    struct rule rule = { 0 };

    rule.low = low;
    rule.high = high;
    return characters_in_range(&rule, NULL, text, strlen(text));
}

static void test_lengths_are_characters(void **state)
{
    (void)state;
    assert_true(has_length(4, 4, "Zoë!"));
    assert_true(has_length(2, 2, "太郎"));
    assert_false(has_length(3, 6, "太郎"));
    assert_true(has_length(0, 2, "😀😀"));
    assert_false(has_length(0, 1, "😀😀"));
    assert_true(has_length(0, 0, ""));
    assert_false(has_length(1, INT64_MAX, ""));
    assert_true(has_length(0, INT64_MAX, "x"));
}

static void test_enum(void **state)
{
    struct word words[] = { { "FR", 2 }, { "US", 2 }, { "", 0 }, { "Other", 5 }, { "DE", 2 } };
    static const struct sample samples[] = {
        { "DE", true }, { "FR", true }, { "US", true }, { "", true }, { "Other", true },
        { "de", false }, { "D", false }, { "DEU", false }, { "ZZ", false },
    };
    struct rule rule = { 0 };

    (void)state;
    qsort(words, 5, sizeof *words, compare_words);
    rule.words = words;
    rule.n_words = 5;
    HOLD(is_one_of, &rule, samples);
}

static bool matches(struct rules_worker *worker, const char *pattern, const char *text, size_t n)
{
    char room[320];
    struct rule rule = { 0 };
    bool yes;

    rule.compiled = compile_pattern(pattern, room, sizeof room);
    assert_non_null(rule.compiled);
    (void)pcre2_jit_compile(rule.compiled, PCRE2_JIT_COMPLETE);
    yes = matches_pattern(&rule, worker, text, n);
    pcre2_code_free(rule.compiled);
    return yes;
}

static void test_patterns(void **state)
{
    struct rules_worker worker = { 0 };
    char room[320], as[64];

    (void)state;
    assert_int_equal(open_pattern_limits(&worker, NULL), 0);
    assert_true(matches(&worker, "^[A-Z]{2}$", "DE", 2));
    assert_false(matches(&worker, "^[A-Z]{2}$", "DE\n", 3));
    assert_true(matches(&worker, "b", "abc", 3));
    assert_true(matches(&worker, "^.$", "é", 2));
    assert_false(matches(&worker, "^\\d$", "٣", 2));
    assert_int_equal(worker.n_gave_up, 0);
    memset(as, 'a', sizeof as);
    as[sizeof as - 1] = 'c';
    assert_false(matches(&worker, "^(a|aa)+$", as, sizeof as));
    assert_int_equal(worker.n_gave_up, 1);
    assert_null(compile_pattern("a(b", room, sizeof room));
    assert_non_null(strstr(room, "character 4: missing closing parenthesis"));
    pcre2_match_data_free(worker.match);
    pcre2_match_context_free(worker.limits);
    pcre2_jit_stack_free(worker.stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_email), cmocka_unit_test(test_lengths_of_an_email), cmocka_unit_test(test_e164),
        cmocka_unit_test(test_uuid), cmocka_unit_test(test_url), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_timestamps), cmocka_unit_test(test_numbers), cmocka_unit_test(test_bools_and_json),
        cmocka_unit_test(test_decimals_compare_exactly), cmocka_unit_test(test_lengths_are_characters),
        cmocka_unit_test(test_enum), cmocka_unit_test(test_patterns),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
