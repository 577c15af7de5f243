/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The functions: the example of each row, the corners in which PostgreSQL's
 * meaning is particular, and functions that come from outside of the core.
 */
#include "test-expr.h"

#include <pthread.h>

static void test_every_function_has_an_example_that_holds(void **state)
{
    (void)state;
    for (const struct leat_function *f = leat_core_functions; f->name; f++) {
        assert_non_null(f->summary);
        assert_non_null(strstr(f->example, f->name));
        expect(f->example, f->yields ? f->yields : "null");
    }
}

static void test_pieces_of_texts(void **state)
{
    static const struct pair pairs[] = {
        {"'[' || trim('  a b  ') || ']'", "[a b]"},
        {"'[' || trim('\ta\n') || ']'", "[\ta\n]"}, /* spaces only */
        {"trim('äaä', 'ä')", "a"},
        {"trim('xyx', '')", "xyx"},
        {"trim('xxx', 'x')", ""},
        {"ltrim('日本日', '日')", "本日"},
        {"rtrim('日本日', '日')", "日本"},
        {"length('日本😀')", "3"},
        {"length('')", "0"},
        {"substr('日本語', 2, 1)", "本"},
        {"substr('alphabet', 3)", "phabet"},
        {"substr('alphabet', 0, 2)", "a"},
        {"substr('alphabet', -5, 7)", "a"},
        {"substr('alphabet', -5)", "alphabet"},
        {"substr('alphabet', 20)", ""},
        {"substr('alphabet', 2, 9223372036854775807)", "lphabet"},
        {"substr('alphabet', 1, zero - 1)", "!out_of_range"},
        {"try_substr('alphabet', 1, zero - 1)", "null"},
        {"substr('alphabet', 1, -1)", "?substr(): the length of a part of a text cannot be negative"},
        {"left('日本語', 2)", "日本"},
        {"left('abc', 10)", "abc"},
        {"left('abc', -10)", ""},
        {"left('abc', 0)", ""},
        {"right('日本語', 2)", "本語"},
        {"right('abc', -1)", "bc"},
        {"right('abc', -3)", ""},
        {"right('abc', 10)", "abc"},
        {"right('abc', -9223372036854775808)", ""},
        {"split_part('a,b,c', ',', 4)", ""},
        {"split_part('a,b,c', ',', -1)", "c"},
        {"split_part('a,b,c', ',', -3)", "a"},
        {"split_part('a,b,c', ',', -4)", ""},
        {"split_part('abc', '', 1)", "abc"},
        {"split_part('abc', '', 2)", ""},
        {"split_part('a,b', ',', zero)", "!out_of_range"},
        {"split_part('a--b---c', '--', 3)", "-c"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_composed_texts(void **state)
{
    static const struct pair pairs[] = {
        {"lower('ÄÖÜ ÉÑ ΑΒΓ')", "äöü éñ αβγ"},
        {"upper('straße é ÿ')", "STRAßE É Ÿ"},
        {"initcap('o''neil mc-donald 2nd éva')", "O'Neil Mc-Donald 2nd Éva"},
        {"concat()", "?there is no concat(); there is concat(text, ...)"},
        {"concat(null)", ""},
        {"concat_ws(null, 'a')", "null"},
        {"concat_ws(',', null, null)", ""},
        {"concat_ws(',', '', 'a')", ",a"},
        {"concat_ws('; ', 1, null, true, 2.50)", "1; true; 2.50"},
        {"lpad('hi', 5)", "   hi"},
        {"lpad('hi', 7, 'xyz')", "xyzxyhi"},
        {"lpad('hello', 2)", "he"},
        {"lpad('hi', -1)", ""},
        {"lpad('hi', 5, '')", "hi"},
        {"lpad('é', 3, '日')", "日日é"},
        {"rpad('hi', 4, 'é')", "hiéé"},
        {"lpad('hi', 2000000)", "!out_of_range"},
        {"try_lpad('hi', 2000000)", "null"},
        {"replace('aaa', 'aa', 'b')", "ba"},
        {"replace('abc', '', 'x')", "abc"},
        {"replace('', 'a', 'x')", ""},
        {"replace('abcabc', 'bc', '')", "aa"},
        {"translate('äbc', 'äc', 'xyz')", "xby"},
        {"translate('abc', 'aa', 'xy')", "xbc"},
        {"reverse('日本😀')", "😀本日"},
        {"starts_with('', '')", "true"},
        {"starts_with('abc', 'abcd')", "false"},
        {"normalize('e' || decode('cc81', 'hex')) = 'é'", "true"},
        {"normalize('Å')", "Å"},
        {"nullif('a', 'b')", "a"},
        {"nullif(null, 'b')", "null"},
        {"least(3, 1.5, null)", "1.5"},
        {"greatest(null, null)", "null"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_like(void **state)
{
    static const struct pair pairs[] = {
        {"'abc' like 'abc'", "true"},          {"'abc' like 'a_c'", "true"},
        {"'aéc' like 'a_c'", "true"},          {"'abc' like 'a%'", "true"},
        {"'abc' like '%c'", "true"},           {"'abc' like '%b%'", "true"},
        {"'abc' like '%d%'", "false"},         {"'' like '%'", "true"},
        {"'' like ''", "true"},                {"'a' like ''", "false"},
        {"'a%c' like 'a\\%c'", "true"},        {"'abc' like 'a\\%c'", "false"},
        {"'a%c' like 'a!%c' escape '!'", "true"},
        {"'a\\c' like 'a\\c' escape ''", "true"},
        {"'aab' like '%a_'", "true"},          {"'mississippi' like '%is%ip%'", "true"},
        {"'ABC' like 'abc'", "false"},         {"'ABC' ilike 'a%'", "true"},
        {"'ÉCOLE' ilike 'é%e'", "true"},       {"'abc' not like 'a%'", "false"},
        {"name like name", "true"},            {"name ilike upper(name)", "true"},
        {"'a' like nothing", "null"},          {"'x' ilike 'x' escape 'x'",
                                                "?ilike: the escape of ilike cannot be a letter"},
        {"'100%' like '%\\%'", "true"},        {"'abab' like '%ab'", "true"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_regular_expressions(void **state)
{
    static const struct pair pairs[] = {
        {"regexp_replace('foobarbaz', 'b..', 'X')", "fooXbaz"},
        {"regexp_replace('foobarbaz', 'b..', 'X', 'g')", "fooXX"},
        {"regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')", "fooXarYXazY"},
        {"regexp_replace('abc', 'b', '[\\&]')", "a[b]c"},
        {"regexp_replace('abc', 'b', '\\\\')", "a\\c"},
        {"regexp_replace('abc', 'b', '\\x')", "a\\xc"},
        {"regexp_replace('abc', 'b', '\\7')", "ac"},
        {"regexp_replace('abc', 'b*', 'X', 'g')", "XaXXcX"},
        {"regexp_replace('日本', '', '-', 'g')", "-日-本-"},
        {"regexp_replace('ABC', 'b', 'x', 'i')", "AxC"},
        {"regexp_replace('abab', 'A', 'x', 'gi')", "xbxb"},
        {"regexp_replace('abc', 'b', upper('q'))", "aQc"},
        {"regexp_replace('abc', 'b', 'x', 'q')", "?regexp_replace(): there is no flag q here; there is g (every match) and i (any case)"},
        {"regexp_like('a' || decode('0a', 'hex') || 'b', 'a.b')", "true"},
        {"regexp_like('a' || decode('0a', 'hex'), '^a$')", "false"},
        {"regexp_like('ann@x.io', '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$')", "true"},
        {"regexp_like('ann@x', '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$')", "false"},
        {"regexp_like('é', '^.$')", "true"},
        {"regexp_like('É', 'é', 'i')", "true"},
        {"regexp_like('', '')", "true"},
        {"regexp_like(rpad('', 60, 'a'), '^(a|a?)+$')", "true"},
        {"regexp_like(rpad('', 60, 'a') || 'b', '^(a|a?)+$')", "!pattern_limit"},
        {"try_regexp_like(rpad('', 60, 'a') || 'b', '^(a|a?)+$')", "null"},
    };

    (void)state;
    expect_all(pairs);
}

/* What is done without PCRE2 gives what PCRE2 gives: a group around the pattern
 * keeps the short way from being taken. */
static void test_simple_patterns_are_those_of_pcre2(void **state)
{
    static const char *const patterns[] = {
        "\\D", "\\d", "\\s", "\\S", "\\w", "\\W", "\\D+", "\\s+", "[0-9]", "[^0-9]", "[^0-9+]+", "[a-fA-F]", "[ .-]",
        "[()]", "[\\s()-]", "[^\\d ]", "[\\]x]", "[a-c/]+", "^0", "^00", "^0+", "^\\+", "^\\+33", "^ +", "^a", "^-",
        "[x^]", "[+-]", "[\\w.]", "[^a]", "^\\.", "[,;]+",
    };
    static const char *const subjects[] = {
        "", "0", "00", "000123", "+33 (0)6 12-34", "abc ABC", "  lead", "tail  ", "é1è2", "日本 42", "a.b-c_d", "]x[",
        "\\", "+", "-", "0+0", "a\xC2\xA0"
        "b", "\xC2\x85", "x\x0B\x0C\r\ny", "😀😀", "..", "__", "^^",
    };
    static const char *const flags[] = {"", "g"}, *const with[] = {"", "-", "xy", "é"};
    char simple[256], engine[256];

    (void)state;
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++)
            for (int k = 0; k < 8; k++) {
                struct outcome a, b;

                snprintf(simple, sizeof simple, "regexp_replace('%s', '%s', '%s', '%s')", subjects[s], patterns[p],
                         with[k / 2], flags[k % 2]);
                snprintf(engine, sizeof engine, "regexp_replace('%s', '(?:%s)', '%s', '%s')", subjects[s], patterns[p],
                         with[k / 2], flags[k % 2]);
                a = evaluate(simple);
                b = evaluate(engine);
                if (strcmp(a.text, b.text) != 0)
                    fail_msg("%s\n  gives  %s\n  PCRE2  %s", simple, a.text, b.text);
            }
}

static void test_numbers(void **state)
{
    static const struct pair pairs[] = {
        {"round(2.5)", "3"},       {"round(-2.5)", "-3"},       {"round(2.4)", "2"},     {"round(3.5e0)", "4"},
        {"round(2.5e0)", "2"},     {"round(1234.567, 1)", "1234.6"},                     {"round(1234.567, -2)", "1200"},
        {"round(999.99, 1)", "1000.0"},                         {"round(0.04, 1)", "0.0"}, {"round(-0.04, 1)", "0.0"},
        {"round(5, 2)", "5.00"},   {"round(1.5, 2000)", "!out_of_range"},                {"round(55, -2)", "100"},
        {"floor(-0.5)", "-1"},     {"ceil(0.01)", "1"},         {"ceil(-0.5)", "0"},     {"floor(7.00)", "7"},
        {"abs(-0.50)", "0.50"},    {"abs(ratio - 3)", "1.5"},
        {"to_timestamp(9223372036854775807)", "!out_of_range"},
        {"to_timestamp(1e300)", "!out_of_range"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_dates_and_times(void **state)
{
    static const struct pair pairs[] = {
        {"parse_date('2024-02-30', '%Y-%m-%d')", "!bad_date"},
        {"try_parse_date('2024-02-30', '%Y-%m-%d')", "null"},
        {"parse_date('1/2/2024', '%d/%m/%Y')", "2024-02-01"},
        {"parse_date('1/2/24', '%d/%m/%Y')", "!bad_date"}, /* %Y is four digits */
        {"parse_date('1/2/24', '%d/%m/%y')", "2024-02-01"},
        {"parse_date('1/2/69', '%d/%m/%y')", "1969-02-01"},
        {"parse_date('20240229', '%Y%m%d')", "2024-02-29"},
        {"parse_date('29 February 2024', '%d %b %Y')", "2024-02-29"},
        {"parse_date('29 feb 2024', '%d %B %Y')", "2024-02-29"},
        {"parse_date('2024-060', '%Y-%j')", "2024-02-29"},
        {"parse_date('2023-366', '%Y-%j')", "!bad_date"},
        {"parse_date('2024-02-29 10:00', '%F')", "!bad_date"},
        {"parse_date('2024-02-29 23:30', '%F %H:%M')", "2024-02-29"},
        {"parse_date('2024', '%Y')",
         "?parse_date(): the format '%Y' has no whole date: year (%Y), month (%m) and day (%d)"},
        {"parse_timestamp('2024-02-29 23:59:59', '%Y-%m-%d %H:%M:%S')", "2024-02-29 23:59:59"},
        {"parse_timestamp('2024-02-29 24:00:00', '%Y-%m-%d %H:%M:%S')", "!bad_date"},
        {"parse_timestamp('2024-02-30 00:00:00', '%Y-%m-%d %H:%M:%S')", "!bad_date"},
        {"parse_timestamp('2024-02-29 2:03:04', '%Y-%m-%d %H:%M:%S')", "2024-02-29 02:03:04"},
        {"parse_timestamp('2024/02/29 22:03:04', '%Y-%m-%d %H:%M:%S')", "!bad_date"},
        {"parse_timestamp('0000-01-01 00:00:00', '%Y-%m-%d %H:%M:%S')", "0000-01-01 00:00:00"},
        {"parse_timestamp('9999-12-31 23:59:59', '%Y-%m-%d %H:%M:%S')", "9999-12-31 23:59:59"},
        {"parse_timestamp('1900-02-29 00:00:00', '%Y-%m-%d %H:%M:%S')", "!bad_date"},
        {"parse_timestamp('2/29/2024 12:30 am', '%m/%d/%Y %I:%M %p')", "2024-02-29 00:30:00"},
        {"parse_timestamp('2/29/2024 12:30 PM', '%m/%d/%Y %I:%M %p')", "2024-02-29 12:30:00"},
        {"parse_timestamp('2024-02-29T12:00:00.25+0130', '%FT%T.%f%z')", "2024-02-29 10:30:00.250000Z"},
        {"parse_timestamp('Thu, 29 Feb 2024 12:00:00 +0000', '%a, %d %b %Y %T %z')", "2024-02-29 12:00:00Z"},
        {"parse_timestamp('x', '%F %I:%M')", "?parse_timestamp(): in the format '%F %I:%M' %I needs %p, and %p needs %I"},
        {"format_date(day, '%A %e %B %Y, %j')", "Thursday 29 February 2024, 060"},
        {"format_date(seen, '%y%m%d %H%M%S%f %p %z %%')", "240229 120000000000 PM +0000 %"},
        {"format_date(seen_in_paris, '%R')", "12:00"},
        {"format_date(seen_in_paris, '%z')",
         "?format_date(): a local timestamp has no %z; it is UTC after to_timestamp(epoch(x))"},
        {"epoch(day)", "1709164800"},
        {"epoch(to_timestamp(-0.5e0))", "-1"},
        {"epoch(parse_timestamp('2024-02-29 12:00:00', '%F %T'))", "1709208000"},
        {"to_timestamp(-1)", "1969-12-31 23:59:59Z"},
    };

    (void)state;
    expect_all(pairs);
}

/* Europe/Paris: UTC+1, in summer UTC+2; 2024 from March 31 02:00 to October 27 03:00. */
static void test_local_time_by_its_zone(void **state)
{
    static const struct {
        const char *local;
        const char *utc;
    } times[] = {
        {"2024-02-29 12:00:00", "2024-02-29 11:00:00Z"}, {"2024-07-01 12:00:00", "2024-07-01 10:00:00Z"},
        {"2024-03-31 01:59:59", "2024-03-31 00:59:59Z"}, {"2024-03-31 02:30:00", "2024-03-31 01:30:00Z"}, /* skipped */
        {"2024-03-31 03:00:00", "2024-03-31 01:00:00Z"}, {"2024-10-27 01:59:59", "2024-10-26 23:59:59Z"},
        {"2024-10-27 02:30:00", "2024-10-27 01:30:00Z"}, /* twice: the second */
        {"2024-10-27 03:00:00", "2024-10-27 02:00:00Z"}, {"2090-07-01 12:00:00", "2090-07-01 10:00:00Z"},
        {"2090-01-01 12:00:00", "2090-01-01 11:00:00Z"}, {"1950-07-01 12:00:00", "1950-07-01 11:00:00Z"},
        {"1800-01-01 00:09:21", "1800-01-01 00:00:00Z"}, /* local mean time */
    };
    struct leat_store kept = stores[13];
    struct outcome o;
    char cast[80];

    (void)state;
    assert_string_equal(fields[13].name, "seen_in_paris");
    assert_false(evaluate("epoch(seen_in_paris)").text[0] == '?'); /* no /usr/share/zoneinfo: install tzdata */
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct leat_store one = {0};

        snprintf(cast, sizeof cast, "cast('%s' as timestamp)", times[i].local);
        evaluate_into(cast, LEAT_NONE, &one, &o);
        columns[13] = one.column;
        expect("to_timestamp(epoch(seen_in_paris))", times[i].utc);
        leat_store_deinit(&one);
    }
    stores[13] = kept;
    columns[13] = kept.column;
    fields[13].timezone = "Nowhere/Land";
    assert_non_null(strstr(evaluate("epoch(seen_in_paris)").text, "?epoch(): there is no time zone 'Nowhere/Land'"));
    fields[13].timezone = "../../../etc/passwd";
    assert_int_equal(evaluate("epoch(seen_in_paris)").text[0], '?');
    fields[13].timezone = NULL;
    expect("epoch(seen_in_paris)", "1709208000");
    fields[13].timezone = "Europe/Paris";
}

static void test_digests_and_encodings(void **state)
{
    static const struct pair pairs[] = {
        {"md5('')", "d41d8cd98f00b204e9800998ecf8427e"},
        {"encode(sha256(salt), 'base64')", "jLvPKdnO+JZ1xfXB3P6CfQVwQWpaq6MN0N4VlmGtkFs="},
        {"encode(hmac_sha256(rpad('', 100, 'k'), 'x'), 'hex')",
         "8c1858bff6cf9cb73708b4b54f43bca6e1b8b4c3380760dc009001b265b64c6f"},
        {"encode(hmac_sha256('', ''), 'hex')", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
        {"encode(decode('', 'base64'), 'hex')", ""},
        {"encode(decode('YQ==', 'base64'), 'hex')", "61"},
        {"encode(decode('YWI=', 'base64'), 'hex')", "6162"},
        {"encode(decode('YW' || decode('0a', 'hex') || 'I=', 'base64'), 'hex')", "6162"},
        {"decode('YQ=', 'base64')", "!conversion_failed"},
        {"decode('YQ', 'base64')", "!conversion_failed"},
        {"decode('YQ==Y', 'base64')", "!conversion_failed"},
        {"decode('Y*==', 'base64')", "!conversion_failed"},
        {"decode('abc', 'hex')", "!conversion_failed"},
        {"encode(decode('AB cd', 'hex'), 'hex')", "abcd"},
        {"try_decode('zz', 'hex')", "null"},
        {"encode(salt, 'rot13')", "?encode(): the encoding is the constant 'hex' or 'base64'"},
        {"uuid_v5('6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'http://example.com/')", "0a300ee9-f9e4-5697-a51a-efc7fafaba67"},
        {"uuid_v5('x', 'y')", "?uuid_v5(): the namespace is no UUID"},
        {"uuid_v5(name, 'y')", "!bad_uuid"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_json_paths(void **state)
{
    static const struct pair pairs[] = {
        {"json_get(address, 'city')", "Bonn"},
        {"json_get(address, 'tags[0]')", "a"},
        {"json_get(address, 'tags')", "[\"a\", {\"b\": null}]"},
        {"json_get(address, 'tags[1].b')", "null"},
        {"json_get(address, 'tags[7]')", "null"},
        {"json_get(address, 'city.x')", "null"},
        {"json_get(address, 'zip')", "null"},
        {"json_get('[[1, 2], [3]]', '[1][0]')", "3"},
        {"json_get('{\"id\": 12345678901234567890.0100}', 'id')", "12345678901234567890.0100"},
        {"json_get('{\"a.b\": {\"\": true}}', '\"a.b\".\"\"')", "true"},
        {"json_get('{\"a\": \"\\u00e9\\ud83d\\ude00\\n\\\"\"}', 'a') = 'é😀' || decode('0a', 'hex') || '\"'", "true"},
        {"json_get('{\"a\": \"\\ud83d\"}', 'a')", "\xEF\xBF\xBD"},
        {"json_get('{\"\\u0061\": 1}', 'a')", "1"},
        {"json_get('{\"a\": 1, \"a\": 2}', 'a')", "1"},
        {"json_get('{\"a\": ', 'b')", "!conversion_failed"},
        {"json_get('{\"a\": 01}', 'a.b')", "!conversion_failed"},
        {"json_get('{a: 1}', 'a')", "!conversion_failed"},
        {"json_get('', 'a')", "!conversion_failed"},
        {"try_json_get('nope', 'a')", "null"},
        {"json_get(address, 'tags[')", "?json_get(): 'tags[' is no path; one looks like a.b[0], or a.\"b.c\" for a name with a dot"},
        {"json_get(address, '')", "?json_get(): '' is no path; one looks like a.b[0], or a.\"b.c\" for a name with a dot"},
        {"cast('{\"a\":[1,2,{\"b\":[]}],\"c\":{}}' as json) is null", "false"},
        {"cast('[1,]' as json)", "!conversion_failed"},
        {"cast('{}{}' as json)", "!conversion_failed"},
        {"cast('\"a' as json)", "!conversion_failed"},
        {"cast('-' as json)", "!conversion_failed"},
        {"cast('1.5e+3' as json) is null", "false"},
    };

    (void)state;
    expect_all(pairs);
    /* Deep documents take no stack. */
    expect("json_get(replace(lpad('', 100000, '['), ' ', ''), 'a')", "!conversion_failed");
}

/* ---- functions from outside ---- */

static int shout(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *text = leat_argument_text(&call->arguments[0], row, &n);
        char *room = leat_call_reserve(call, n + 10);

        if (n == 0) {
            leat_call_fail(call, row, "too_quiet", "there is nothing to shout");
            continue;
        }
        memcpy(room, text, n);
        memset(room + n, '!', 10);
        leat_call_put_reserved(call, row, n + (call->bound ? 3 : 1));
    }
    return 0;
}

static int bind_shout(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    (void)err;
    assert_int_equal(bind->arguments[0].field->type, LEAT_TEXT);
    if (bind->n_arguments == 2 && leat_argument_bool(&bind->arguments[1], 0))
        *ret_bound = malloc(1);
    return 0;
}

static int forgetful(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    for (int32_t i = 1; i < call->n_rows; i++)
        leat_call_put_int64(call, call->rows[i], 1);
    return 0;
}

/* Everything that can be put, of rows that hold nulls. */
static int describe(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        if (leat_argument_is_null(&call->arguments[0], call->rows[i]))
            leat_call_put_text(call, call->rows[i], "?", 1);
        else
            leat_call_put_null(call, call->rows[i]);
    }
    return 0;
}

static const struct leat_function outside[] = {
    {"shout", LEAT_TEXT, {LEAT_TEXT, LEAT_BOOL}, 1, LEAT_CAN_FAIL | LEAT_ONE_THREAD, "", "", "", bind_shout, free, shout},
    {"forgetful", LEAT_INT64, {LEAT_INT64}, 0, 0, "", "", "", NULL, NULL, forgetful},
    {"describe", LEAT_TEXT, {LEAT_TEXT}, 0, LEAT_SEES_NULLS, "", "", "", NULL, NULL, describe},
    LEAT_END_OF_FUNCTIONS
};

static void test_functions_of_plugins(void **state)
{
    static const struct pair pairs[] = {
        {"shout(name)", "Ann!"},          {"shout(name, true)", "Ann!!!"},   {"SHOUT('a') || '?'", "a!?"},
        {"shout(empty)", "!too_quiet"},   {"try_shout(empty)", "null"},      {"shout(nothing)", "null"},
        {"describe(nothing)", "?"},       {"describe(name)", "null"},
    };
    struct leat_arena arena = {0};
    const struct leat_expression *expression;
    struct leat_evaluation evaluation;
    struct leat_error err = {0};
    struct leat_store out = {0};
    struct outcome o;
    int32_t row = 0;

    (void)state;
    tables[1] = outside;
    functions.n_tables = 2;
    expect_all(pairs);
    assert_string_equal(evaluate("shout(empty)").reason, "there is nothing to shout");
    expression = compile("forgetful(n)", LEAT_NONE, &arena, &o);
    assert_int_equal(leat_expression_evaluate(expression, scratch, &batch, &row, 1, &out, &evaluation, &err),
                     LEAT_EPLUGIN);
    assert_non_null(strstr(err.text, "forgetful()"));
    leat_expression_release(expression);
    leat_arena_deinit(&arena);
    leat_store_deinit(&out);
    functions.n_tables = 1;
}

/* ---- many workers ---- */

static void *work(void *expression)
{
    struct leat_scratch *own = leat_scratch_new(8);
    struct leat_evaluation evaluation;
    struct leat_store out = {0};
    struct leat_error err;
    int32_t row = 0;
    void *failed = NULL;

    for (int i = 0; i < 200 && !failed; i++)
        if (leat_expression_evaluate(expression, own, &batch, &row, 1, &out, &evaluation, &err) < 0 ||
            evaluation.n_faults || leat_is_null(&out.column, 0))
            failed = expression;
    leat_store_deinit(&out);
    leat_scratch_free(own);
    return failed;
}

static void test_workers_share_an_expression(void **state)
{
    struct leat_arena arena = {0};
    const struct leat_expression *expression;
    struct outcome o;
    pthread_t threads[3];
    void *failed;

    (void)state;
    tables[1] = outside;
    functions.n_tables = 2;
    expression = compile("shout(regexp_replace(name, '(n+)', '\\1x')) || md5(name) || json_get(address, 'city') || "
                         "case name when 'Ann' then normalize(name) end || parse_date('2024-01-0' || zero + 1, '%F')",
                         LEAT_NONE, &arena, &o);
    assert_non_null(expression);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)expression), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    leat_expression_release(expression);
    leat_arena_deinit(&arena);
    functions.n_tables = 1;
}

/* begin, items 0 .. n - 1 with their numbers for each #, end */
static const char *listed(const char *begin, int n_items, const char *item, const char *end)
{
    static char text[60000];
    size_t n = (size_t)sprintf(text, "%s", begin);

    for (int i = 0; i < n_items; i++) {
        for (const char *c = item; *c; c++)
            n += (size_t)(*c == '#' ? sprintf(text + n, "%d", i) : sprintf(text + n, "%c", *c));
        assert_true(n < sizeof text - 100);
    }
    strcpy(text + n, end);
    return text;
}

static void test_long_lists_are_searched_rightly(void **state)
{
    (void)state;
    expect(listed("name || '-long-id-' in (''", 900, ", 'Ann-long-id-#'", ")"), "false");
    expect(listed("name || '-long-id-77' in (''", 900, ", 'Ann-long-id-#'", ")"), "true");
    expect(listed("name || '-long-id-900' in (null", 900, ", 'Ann-long-id-#'", ")"), "null");
    expect(listed("name || '-9' in (''", 20, ", 'Ann-#'", ")"), "true");
    expect(listed("'' in ('x'", 20, ", 'Ann-#'", ")"), "false");
    expect(listed("n + 990 in (-1", 1000, ", #", ")"), "true");
    expect(listed("n + 993 in (-1", 1000, ", #", ")"), "false");
    expect(listed("case n + 90", 100, " when # then 'v#'", " end"), "v97");
    expect(listed("case n + 93", 100, " when # then 'v#'", " else 'w' end"), "w");
    expect(listed("case name || '7'", 100, " when 'Ann#' then 'v#'", " end"), "v7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_function_has_an_example_that_holds),
        cmocka_unit_test(test_pieces_of_texts),
        cmocka_unit_test(test_composed_texts),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_regular_expressions),
        cmocka_unit_test(test_simple_patterns_are_those_of_pcre2),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_dates_and_times),
        cmocka_unit_test(test_local_time_by_its_zone),
        cmocka_unit_test(test_digests_and_encodings),
        cmocka_unit_test(test_json_paths),
        cmocka_unit_test(test_functions_of_plugins),
        cmocka_unit_test(test_workers_share_an_expression),
        cmocka_unit_test(test_long_lists_are_searched_rightly),
    };

    return cmocka_run_group_tests_name("expr-functions", tests, set_up, tear_down);
}
