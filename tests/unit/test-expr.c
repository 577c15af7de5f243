/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The expression language itself: what is read, in which order it binds, what
 * it says of mistakes, three-valued logic, laziness, types and classes.
 */
#include "test-expr.h"

static void test_names_and_literals(void **state)
{
    static const struct pair pairs[] = {
        {"name", "Ann"},
        {"cognito:username", "ann1"},
        {"\"cognito:username\"", "ann1"},
        {"address.city", "Paris"},
        {"\"Größe in cm\"", "170"},
        {"\"end\"", "fin"},
        {"'it''s'", "it's"},
        {"''", ""},
        {"42", "42"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "9223372036854775808"}, /* a decimal */
        {"1.50", "1.50"},
        {".5", "0.5"},
        {"007.10", "7.10"},
        {"1.5e3", "1500"},
        {"1e-7", "1e-07"},
        {"TRUE", "true"},
        {"Null", "null"},
        {"LOWER('A')", "a"},
        {"Case When true Then 1 Else 2 End", "1"},
        {" ( name ) ", "Ann"},
        {"\tname\n", "Ann"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_precedence_is_that_of_postgresql(void **state)
{
    static const struct pair pairs[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"7 - 2 - 1", "4"},
        {"8 / 4 / 2", "1"},
        {"-2 * -3", "6"},
        {"- - 2", "2"},
        {"2 - -2", "4"},
        {"-7 % 3", "-1"},
        {"'a' || 1 + 2 || 'b'", "a3b"},
        {"1 + 1 = 2", "true"},
        {"'a' || 'b' = 'ab'", "true"},
        {"'ab' like 'a' || '%'", "true"},
        {"true = 1 in (1, 2)", "true"},
        {"2 between 1 and 1 + 2 and true", "true"},
        {"1 = 1 is null", "false"},
        {"1 = 2 is not true", "true"},
        {"not 1 = 2", "true"},
        {"not null is null", "false"},
        {"not true or true", "true"},
        {"true or true and false", "true"},
        {"false and false or true", "true"},
        {"1 is distinct from 1 = true", "?the comparison has bool here, and int64 before"},
        {"true is distinct from 1 = 1", "false"},
        {"not true = false", "true"},
        {"1 not in (2) and 1 not between 2 and 3", "true"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_logic_has_three_values(void **state)
{
    static const struct pair pairs[] = {
        {"true and null", "null"},       {"false and null", "false"},      {"null and false", "false"},
        {"null and true", "null"},       {"null and null", "null"},        {"true or null", "true"},
        {"null or true", "true"},        {"false or null", "null"},        {"not null", "null"},
        {"perhaps and flag", "null"},    {"perhaps or flag", "true"},      {"not perhaps", "null"},
        {"null = null", "null"},         {"1 <> null", "null"},            {"null is null", "true"},
        {"null is distinct from null", "false"},
        {"1 is distinct from null", "true"},
        {"null is not distinct from 1", "false"},
        {"nothing is distinct from 'x'", "true"},
        {"perhaps is true", "false"},    {"perhaps is not true", "true"},  {"perhaps is false", "false"},
        {"1 in (1, null)", "true"},      {"1 in (2, null)", "null"},       {"1 not in (2, null)", "null"},
        {"null in (1)", "null"},         {"null in (null)", "null"},       {"nothing in ('a')", "null"},
        {"1 between null and 0", "false"},
        {"1 between null and 2", "null"},
        {"1 not between null and 0", "true"},
        {"case when null then 1 else 2 end", "2"},
        {"case null when null then 1 else 2 end", "2"},
        {"case when false then 1 end", "null"},
        {"null || 'a'", "null"},         {"name || nothing", "null"},      {"null + 1", "null"},
        {"'' is null", "false"},         {"empty = ''", "true"},           {"lower(nothing)", "null"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_later_arms_are_only_evaluated_where_needed(void **state)
{
    static const struct pair pairs[] = {
        {"false and 1 / zero = 1", "false"},
        {"true and 1 / zero = 1", "!division_by_zero"},
        {"null and 1 / zero = 1", "!division_by_zero"},
        {"true or 1 / zero = 1", "true"},
        {"1 / zero = 1 or true", "!division_by_zero"},
        {"case when true then 1 else 1 / zero end", "1"},
        {"case when false then 1 / zero else 1 end", "1"},
        {"case when true then 1 when 1 / zero = 1 then 2 end", "1"},
        {"case n when 7 then 1 when 1 / zero then 2 end", "1"},
        {"case n when 8 then 1 when 1 / zero then 2 end", "!division_by_zero"},
        {"case name when 'Ann' then 1 when 'Bob' then 1 / zero end", "1"},
        {"coalesce(1, 1 / zero)", "1"},
        {"coalesce(null, 1 / zero)", "!division_by_zero"},
        {"n in (7, 1 / zero)", "true"},
        {"n in (8, 1 / zero)", "!division_by_zero"},
        {"nothing in (name, lower(cast(1 / zero as text)))", "null"},
        {"0 between n and 1 / zero", "false"},
        {"n between 1 and 1 / zero", "!division_by_zero"},
        {"greatest(1, 1 / zero)", "!division_by_zero"},
        {"coalesce(cast(name as int64), 0)", "!conversion_failed"},
        {"coalesce(try_cast(name as int64), 0)", "0"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_types_are_made_to_fit_where_documented(void **state)
{
    static const struct pair pairs[] = {
        {"n + ratio", "8.5"},
        {"n + price", "9.50"},
        {"ratio * 1.5", "2.25"},
        {"n > 1.5", "true"},
        {"ratio > 1", "true"},
        {"price = 2.5", "true"},
        {"ratio + price", "?there is no + of float64 and decimal"},
        {"ratio = price", "?the comparison has decimal here, and float64 before"},
        {"n = '7'", "?the comparison has text here, and int64 before"},
        {"name = 1", "?the comparison has int64 here, and text before"},
        {"day = '2024-02-29'", "true"},
        {"'2024-03-01' > day", "true"},
        {"day between '2024-01-01' and '2024-12-31'", "true"},
        {"day in ('2024-01-01', '2024-02-29')", "true"},
        {"seen >= '2024-02-29T12:00:00Z'", "true"},
        {"seen = '2024-02-29 14:00:00+02:00'", "true"},
        {"day = seen", "?the comparison has timestamp here, and date before"},
        {"case when flag then 1 else 2.5 end", "1"},
        {"coalesce(n, ratio)", "7"},
        {"greatest(n, price, 10)", "10"},
        {"coalesce(day, '2000-01-01')", "2024-02-29"},
        {"coalesce(null, null)", "null"},
        {"day - '2024-02-01'", "?there is no - of date and text"},
        {"day - cast('2024-02-01' as date)", "28"},
        {"day + 1", "2024-03-01"},
        {"seen = seen_in_paris",
         "?one of these timestamps is local time of UTC, the other of Europe/Paris"},
        {"coalesce(seen_in_paris, seen_in_rome)",
         "?one of these timestamps is local time of Europe/Paris, the other of Europe/Rome"},
        {"address = address", "?json cannot be compared"},
        {"name and flag", "?and wants a bool, and this is text"},
        {"case when n then 1 end", "?when wants a bool, and this is int64"},
        {"concat(n, flag, price, day, seen, null)", "7true2.502024-02-292024-02-29 12:00:00Z"},
        {"'' || seen_in_paris", "2024-02-29 12:00:00"},
        {"ratio || ''", "1.5"},
        {"salt || ''", "pepper"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_casts(void **state)
{
    static const struct pair pairs[] = {
        {"cast(' 12 ' as int64)", "12"},
        {"cast('+12' as int)", "12"},
        {"cast('1.0' as int64)", "!conversion_failed"},
        {"cast('' as int64)", "!conversion_failed"},
        {"cast('9223372036854775808' as bigint)", "!out_of_range"},
        {"cast('-9223372036854775808' as int64)", "-9223372036854775808"},
        {"cast('1e3' as float64)", "1000"},
        {"cast('0x10' as float64)", "!conversion_failed"},
        {"cast('inf' as double)", "Infinity"},
        {"cast('nan' as float)", "NaN"},
        {"cast('1e999' as float64)", "!out_of_range"},
        {"cast('00012.340' as decimal)", "12.340"},
        {"cast('-.5' as numeric)", "-0.5"},
        {"cast('-0.00' as decimal)", "0.00"},
        {"cast('1e3' as decimal)", "1000"},
        {"cast('12e-1' as decimal)", "1.2"},
        {"cast('1.2.3' as decimal)", "!conversion_failed"},
        {"cast('1e2000' as decimal)", "!out_of_range"},
        {"cast(2.5 as int64)", "3"},
        {"cast(-2.5 as int64)", "-3"},
        {"cast(2.5e0 as int64)", "2"},
        {"cast(1e300 as int64)", "!out_of_range"},
        {"cast(1e300 as decimal) > 0", "true"},
        {"cast(0.1e0 as decimal)", "0.1"},
        {"cast(price as float64)", "2.5"},
        {"cast(price as text)", "2.50"},
        {"cast('yes' as boolean)", "true"},
        {"cast('maybe' as bool)", "!conversion_failed"},
        {"cast(0 as bool)", "false"},
        {"cast(flag as int64)", "1"},
        {"cast('2024-02-30' as date)", "!bad_date"},
        {"cast(' 2024-02-29 ' as date)", "2024-02-29"},
        {"cast('2024-02-29T12:00:00+01' as timestamp)", "2024-02-29 11:00:00Z"},
        {"cast('2024-02-29' as timestamp)", "2024-02-29 00:00:00Z"},
        {"cast(day as timestamp)", "2024-02-29 00:00:00"},
        {"cast(seen as date)", "2024-02-29"},
        {"cast(to_timestamp(-1) as date)", "1969-12-31"},
        {"cast('[1, 2' as json)", "!conversion_failed"},
        {"cast(cast('[1, 2]' as json) as text)", "[1, 2]"},
        {"cast(decode('ff', 'hex') as text)", "!conversion_failed"},
        {"try_cast('x' as date)", "null"},
        {"try_cast(1 / zero as text)", "!division_by_zero"}, /* only the cast's own failure */
        {"cast(null as date)", "null"},
        {"cast(n as int64)", "7"},
        {"cast(n as date)", "?a int64 cannot be cast to date"},
        {"cast(n as timestamp)", "?a int64 cannot be cast to timestamp"},
        {"cast(name as uuid)", "?there is no type uuid"},
    };

    (void)state;
    expect_all(pairs);
}

static void test_arithmetic_fails_instead_of_lying(void **state)
{
    static const struct pair pairs[] = {
        {"9223372036854775807 + zero + 1", "!out_of_range"},
        {"-9223372036854775808 - n", "!out_of_range"},
        {"9223372036854775807 * n", "!out_of_range"},
        {"-(-9223372036854775808 + zero)", "!out_of_range"},
        {"(-9223372036854775808 + zero) / -1", "!out_of_range"},
        {"(-9223372036854775808 + zero) % -1", "0"},
        {"abs(-9223372036854775808 + zero)", "!out_of_range"},
        {"n % zero", "!division_by_zero"},
        {"ratio / 0", "!division_by_zero"},
        {"ratio / zero", "!division_by_zero"},
        {"price / 0.0", "!division_by_zero"},
        {"price % zero", "!division_by_zero"},
        {"ratio * 1e308", "1.5e+308"},
        {"ratio * 1e308 * 10", "!out_of_range"},
        {"7 / 2", "3"},
        {"-7 / 2", "-3"},
        {"0.1 + 0.2", "0.3"},
        {"1.5 * 1.50", "2.250"},
        {"1 / 3.0", "0.3333333333333333"},
        {"2 / 3.0", "0.6666666666666667"},
        {"-2 / 3.0", "-0.6666666666666667"},
        {"10 / 2.50", "4.0000000000000000"},
        {"10.5 % 3", "1.5"},
        {"-10.5 % 3", "-1.5"},
        {"1.00 - 1", "0.00"},
        {"99999999999999999999 + 1", "100000000000000000000"},
        {"0.05 < 0.5 and -1.5 < -1.25 and 10 > 9.99 and 0.0 = -0.00", "true"},
        {"day + 99999999999", "!out_of_range"},
    };

    (void)state;
    expect_all(pairs);
}

/* ---- what is said of mistakes ---- */

static void test_mistakes_are_explained(void **state)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *fault, *hint;
    } mistakes[] = {
        {"n::text", 1, "there is no operator ::", "write cast(n as text)"},
        {"lower(name)::int", 11, "there is no operator ::", "write cast(... as int)"},
        {"n == 7", 2, "there is no operator ==", "write = for equality"},
        {"n > 1 && flag", 6, "there is no operator &&", "write and"},
        {"emial = ''", 0, "there is no field \"emial\"", NULL},
        {"nmae = ''", 0, "there is no field \"nmae\"", "is name meant? text stands in single quotes"},
        {"NAME", 0, "there is no field \"NAME\"", "is name meant? text stands in single quotes"},
        {"name = \"John Smith\"", 7, "there is no field \"John Smith\"", "text stands in single quotes: 'John Smith'"},
        {"address.zip", 0, "there is no field \"address.zip\"", "a member of it is json_get(address, 'zip')"},
        {"lowr(name)", 0, "there is no function lowr()", "is lower() meant?"},
        {"ifnull(name, '')", 0, "there is no function ifnull()", "write coalesce()"},
        {"try_lower(name)", 0, "there is no try_lower(): lower() never fails", "write lower()"},
        {"lower(n)", 0, "there is no lower(int64); there is lower(text)", "write cast(n as text)"},
        {"substr(name)", 0, "there is no substr(text); there is substr(text, int64[, int64])", ""},
        {"name + name", 5, "there is no + of text and text", "|| joins two texts"},
        {"name + 1", 5, "there is no + of text and int64", "write cast(name as int64)"},
        {"n = '7'", 4, "the comparison has text here, and int64 before", "a number stands without quotes"},
        {"flag = 't'", 7, "the comparison has text here, and bool before",
         "flag is a bool: write it alone, or compare it with true"},
        {"name = 7", 7, "the comparison has int64 here, and text before", "write cast(name as int64)"},
        {"day = '29.02.2024'", 6, "this is compared with a date, and is none", "write it as '2024-12-31'"},
        {"1 < 2 < 3", 6, "comparisons cannot be chained", "join two with and, or use brackets"},
        {"'abc", 0, "this text has no end", NULL},
        {"\"abc", 0, "this name has no end", NULL},
        {"'it's'", 4, "an operator is missing before s", ""},
        {"(n", 2, ") is missing at the end", ""},
        {"n)", 1, "an operator is missing before )", ""},
        {"n +", 3, "a value is missing at the end", ""},
        {"", 0, "the expression is empty", ""},
        {"in", 0, "a value is missing before in", "a field of that name stands in double quotes: \"in\""},
        {"2nd", 0, "a number ends in letters here", NULL},
        {"größe", 2, "a name with such a character stands in double quotes", NULL},
        {"case when flag 1 end", 15, "then is missing before 1", ""},
        {"trim(both 'x' from name)", 5, "arguments are separated by commas", NULL},
        {"date '2024-01-01'", 0, "a typed literal is written as a cast", "write cast('2024-01-01' as date)"},
        {"regexp_like(name, '(')", 0, "regexp_like(): the pattern is wrong at its character 2: missing closing parenthesis",
         ""},
        {"regexp_like(name, empty)", 0, "regexp_like(): the pattern is a constant text", ""},
        {"parse_date(name, '%Q')", 0, NULL, ""},
        {"name like 'a\\'", 5, "like: the pattern ends in its escape character", ""},
        {"\xFF", 0, "this is not UTF-8", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct outcome o = evaluate(mistakes[i].text);

        if (o.text[0] != '?' || o.offset != mistakes[i].offset ||
            (mistakes[i].fault && strcmp(o.text + 1, mistakes[i].fault) != 0) ||
            (mistakes[i].hint && strcmp(o.hint, mistakes[i].hint) != 0))
            fail_msg("%s\n  at %zu: %s\n  hint: %s", mistakes[i].text, o.offset, o.text, o.hint);
    }
}

static void test_hostile_depth_is_refused(void **state)
{
    static const char *const openings[] = {"(", "- ", "not ", "lower(", "case when ", "1+(", "'a'||(", "x in ("};
    static char text[200000];

    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        text[0] = '\0';
        for (size_t at = 0, n = strlen(openings[i]); at + n < sizeof text - 1; at += n)
            memcpy(text + at, openings[i], n + 1);
        assert_string_equal(evaluate(text).text, "?this is nested more than 200 deep");
    }
    strcpy(text, "n");
    for (size_t at = 1; at + 3 < sizeof text; at += 2)
        memcpy(text + at, "+n", 3);
    assert_string_equal(evaluate(text).text, "?this is nested more than 200 deep");
}

static void test_long_chains_are_fine(void **state)
{
    static char text[40000];

    (void)state;
    strcpy(text, "false");
    for (int i = 0; i < 900; i++)
        strcat(text, " or n = 7");
    expect(text, "true");
    strcpy(text, "''");
    for (int i = 0; i < 900; i++)
        strcat(text, " || name");
    assert_int_equal(strlen(evaluate(text).text), 2047); /* as much of it as an outcome holds */
}

/* ---- results ---- */

static void test_result_has_the_strictest_class(void **state)
{
    (void)state;
    assert_int_equal(evaluate("'a' || 1").type.data_class, LEAT_PUBLIC);
    assert_int_equal(evaluate("flag and zero = 0").type.data_class, LEAT_PUBLIC);
    assert_int_equal(evaluate("lower(name)").type.data_class, LEAT_PII);
    assert_int_equal(evaluate("case when name = 'a' then 1 else 2 end").type.data_class, LEAT_PII);
    assert_int_equal(evaluate("concat(name, password_hash)").type.data_class, LEAT_SECRET);
    assert_int_equal(evaluate("sha256(password_hash)").type.data_class, LEAT_SECRET);
    assert_int_equal(evaluate("password_hash is null").type.data_class, LEAT_SECRET);
}

static void test_result_knows_its_clock(void **state)
{
    (void)state;
    assert_true(evaluate("seen_in_paris").type.local);
    assert_string_equal(evaluate("coalesce(seen_in_paris, null)").type.timezone, "Europe/Paris");
    assert_string_equal(evaluate("case when flag then seen_in_paris else '2024-01-01' end").type.timezone,
                        "Europe/Paris");
    assert_false(evaluate("seen").type.local);
    assert_true(evaluate("parse_timestamp('2024-01-01', '%Y-%m-%d')").type.local);
    assert_false(evaluate("parse_timestamp('2024-01-01 Z', '%Y-%m-%d %z')").type.local);
}

static void test_wanted_types(void **state)
{
    static const struct {
        const char *text;
        enum leat_type wanted;
        const char *want;
    } cases[] = {
        {"null", LEAT_DATE, "null"},
        {"n", LEAT_FLOAT64, "7"},
        {"n", LEAT_DECIMAL, "7"},
        {"1.5", LEAT_FLOAT64, "1.5"},
        {"n", LEAT_TEXT, "?this is int64 where text is wanted"},
        {"name", LEAT_BOOL, "?this is text where bool is wanted"},
        {"name", LEAT_TEXT, "Ann"},
    };
    struct leat_store out = {0};
    struct outcome o;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        evaluate_into(cases[i].text, cases[i].wanted, &out, &o);
        assert_string_equal(o.text, cases[i].want);
        if (o.text[0] != '?')
            assert_int_equal(o.type.type, cases[i].wanted);
    }
    leat_store_deinit(&out);
}

static void test_a_bare_field_is_known_as_such(void **state)
{
    struct leat_arena arena = {0};
    struct outcome o;

    (void)state;
    assert_int_equal(leat_expression_field(compile("empty", LEAT_NONE, &arena, &o)), 1);
    assert_int_equal(leat_expression_field(compile("(empty)", LEAT_TEXT, &arena, &o)), 1);
    assert_int_equal(leat_expression_field(compile("empty || ''", LEAT_NONE, &arena, &o)), -1);
    leat_arena_deinit(&arena);
}

static void test_faults_name_the_field_and_never_the_value(void **state)
{
    struct outcome o = evaluate("n + cast(trim(name) as int64)");

    (void)state;
    assert_string_equal(o.text, "!conversion_failed");
    assert_string_equal(fields[o.field].name, "name");
    assert_null(strstr(o.reason, "Ann"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_literals),
        cmocka_unit_test(test_precedence_is_that_of_postgresql),
        cmocka_unit_test(test_logic_has_three_values),
        cmocka_unit_test(test_later_arms_are_only_evaluated_where_needed),
        cmocka_unit_test(test_types_are_made_to_fit_where_documented),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_arithmetic_fails_instead_of_lying),
        cmocka_unit_test(test_mistakes_are_explained),
        cmocka_unit_test(test_hostile_depth_is_refused),
        cmocka_unit_test(test_long_chains_are_fine),
        cmocka_unit_test(test_result_has_the_strictest_class),
        cmocka_unit_test(test_result_knows_its_clock),
        cmocka_unit_test(test_wanted_types),
        cmocka_unit_test(test_a_bare_field_is_known_as_such),
        cmocka_unit_test(test_faults_name_the_field_and_never_the_value),
    };

    return cmocka_run_group_tests_name("expr", tests, set_up, tear_down);
}
