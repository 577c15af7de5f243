/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * phone_e164: the table of countries, and where the plugin was built, the function itself, loaded
 * as the host does and called with a few rows at a time.
 */
#include "unit.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <leat/plugin.h>

#include "function/phone_e164/country.h"

/* ---- countries ---- */

static void test_the_table_can_be_searched(void **state)
{
    (void)state;
    assert_true(leat_country_table_sorted());
}

static void test_countries_by_code_and_by_name(void **state)
{
    static const char *const cases[][2] = {
        {"DE", "DE"}, {"de", "DE"}, {"DEU", "DE"}, {"Germany", "DE"}, {"  gErMaNy ", "DE"},
        {"NO", "NO"}, {"no", "NO"}, {"Norway", "NO"}, {"UK", "GB"}, {"United Kingdom", "GB"},
        {"The United Kingdom", "GB"},
        {"Great Britain", "GB"}, {"England", "GB"}, {"Northern Ireland", "GB"}, {"Ireland", "IE"},
        {"US", "US"}, {"USA", "US"}, {"U.S.A.", "US"}, {"U.S.", "US"}, {"United States", "US"},
        {"UNITED STATES OF AMERICA", "US"}, {"Czech Republic", "CZ"}, {"Czechia", "CZ"}, {"Holland", "NL"},
        {"The Netherlands", "NL"}, {"Cote d'Ivoire", "CI"}, {"Côte d’Ivoire", "CI"}, {"CÔTE D'IVOIRE", "CI"},
        {"Ivory Coast", "CI"}, {"Türkiye", "TR"}, {"Turkey", "TR"}, {"Réunion", "RE"}, {"Curaçao", "CW"},
        {"Åland Islands", "AX"}, {"São Tomé and Príncipe", "ST"}, {"Antigua & Barbuda", "AG"},
        {"Bosnia-Herzegovina", "BA"},
        {"St. Lucia", "LC"}, {"Saint Lucia", "LC"}, {"Korea, Republic of", "KR"}, {"North Korea", "KP"},
        {"Russian Federation", "RU"}, {"Viet Nam", "VN"}, {"Hong Kong SAR", "HK"}, {"Kosovo", "XK"},
        {"Guinea-Bissau", "GW"}, {"Guinea", "GN"}, {"Papua New Guinea", "PG"}, {"Brazil", "BR"}, {"Chile", "CL"},
        {"Congo, The Democratic Republic of the", "CD"}, {"Virgin Islands, U.S.", "VI"}, {"Timor-Leste", "TL"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *code = leat_country_code(cases[i][0], strlen(cases[i][0]));

        if (!code || strcmp(code, cases[i][1]) != 0)
            fail_msg("%s gives %s", cases[i][0], code ? code : "nothing");
    }
}

static void test_what_is_no_country(void **state)
{
    static const char *const cases[] = {"", " ", "Atlantis", "D", "DEUT", "Germ", "Germanyy", "+49", "XX", "&", "'",
                                        "the", "\xC3", "a country with a name that is longer than any on this planet"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (leat_country_code(cases[i], strlen(cases[i])))
            fail_msg("%s is a country", cases[i]);
    assert_null(leat_country_code("D\0E", 3));
}

/* ---- the function ---- */

/* What the calls below leave behind. */
struct leat_call_private {
    char text[128];
};

static void put_text(const struct leat_call *call, int32_t row, const char *text, size_t n)
{
    (void)row;
    (void)snprintf(call->host->text, sizeof call->host->text, "%.*s", (int)n, text);
}

static void put_null(const struct leat_call *call, int32_t row)
{
    put_text(call, row, "null", 4);
}

static void put_failure(const struct leat_call *call, int32_t row, const char *code, const char *reason)
{
    (void)row;
    (void)snprintf(call->host->text, sizeof call->host->text, "%s: %s", code, reason);
}

static const struct leat_call_services services = { .put_text = put_text, .put_null = put_null, .fault = put_failure };

/* The function, or NULL where leat was built without libphonenumber. */
static const struct leat_function *function(void)
{
    static const struct leat_host host = { .abi = LEAT_ABI, .size = sizeof host, .call = &services };
    const struct leat_plugin *(*entry)(const struct leat_host *);
    const char *top = getenv("top_builddir");
    char path[4096];
    void *module, *symbol;

    (void)snprintf(path, sizeof path, "%s/plugins/.libs/function-phone_e164.so", top ? top : ".");
    module = dlopen(path, RTLD_NOW); /* stays, as in the host */
    symbol = module ? dlsym(module, "leat_plugin_v1") : NULL;
    if (!symbol)
        return NULL;
    memcpy(&entry, &symbol, sizeof entry);
    return entry(&host)->functions;
}

static struct leat_column column(const char *text, int32_t offsets[2], uint8_t *validity)
{
    offsets[0] = 0;
    offsets[1] = text ? (int32_t)strlen(text) : 0;
    *validity = text != NULL;
    return (struct leat_column){ .type = LEAT_TEXT, .n_rows = 1, .validity = validity, .offsets = offsets,
                                 { .bytes = (uint8_t *)(uintptr_t)text } };
}

static struct leat_call_private call(const struct leat_function *f, const char *number, const char *country, int n)
{
    struct leat_call_private result = {{0}};
    int32_t offsets[2][2], row = 0;
    uint8_t validity[2];
    const struct leat_column columns[2] = { column(number, offsets[0], &validity[0]),
                                            column(country, offsets[1], &validity[1]) };
    const struct leat_argument arguments[2] = { { .column = &columns[0] },
                                                { .column = &columns[1], .constant = true } };
    const struct leat_call one = { .arguments = arguments, .n_arguments = n, .rows = &row, .n_rows = 1,
                                   .host = &result };

    assert_int_equal(f->call(&one, NULL), 0);
    return result;
}

#define BAD "bad_phone: is not a valid phone number for its country"

static void test_numbers(void **state)
{
    static const char *const cases[][3] = {
        {"030 1234567", "Germany", "+49301234567"}, {"(650) 253-0000", "US", "+16502530000"},
        {"02 26 93 64 60", "FR", "+33226936460"}, {"020 7485 6534", "uk", "+442074856534"},
        {"+55 (12) 3923-5555", "Brazil", "+551239235555"}, {"+49 30 1234567", NULL, "+49301234567"},
        {"\uff0b49 30 1234567", NULL, "+49301234567"}, {"+49 30 1234567", "Atlantis", "+49301234567"},
        {"00 49 30 1234567", "FR", "+49301234567"}, {" 030 1234567 ", " DE ", "+49301234567"},
        {NULL, "DE", "null"}, {"", "DE", "null"}, {" \t", NULL, "null"},
        {"12", "DE", BAD}, {"call me", "DE", BAD}, {"(554) 555-6379", "US", BAD}, {"+999999999999999999", NULL, BAD},
        {"1234", "AQ", BAD},
        {"030 1234567", NULL, "bad_phone: needs a country, or a leading +"},
        {"030 1234567", "", "bad_phone: needs a country, or a leading +"},
        {"030 1234567", "Atlantis", "bad_phone: the country is not known"},
    };
    const struct leat_function *f = function();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_call_private result = call(f, cases[i][0], cases[i][1], 2);

        assert_string_equal(result.text, cases[i][2]);
    }
}

static void test_the_country_may_be_left_out(void **state)
{
    const struct leat_function *f = function();
    struct leat_call_private result = call(f, "+49 30 1234567", NULL, 1);

    (void)state;
    assert_string_equal(result.text, "+49301234567");
    result = call(f, "030 1234567", NULL, 1);
    assert_string_equal(result.text, "bad_phone: needs a country, or a leading +");
}

static void test_a_constant_country_is_looked_at_before_the_run(void **state)
{
    const struct leat_function *f = function();
    int32_t offsets[2];
    uint8_t validity;
    struct leat_column constant = column("Atlantis", offsets, &validity);
    struct leat_argument arguments[2] = { { .column = NULL }, { .column = &constant, .constant = true } };
    struct leat_bind bind = { .arguments = arguments, .n_arguments = 2 };
    struct leat_error err = {0};
    void *bound = NULL;

    (void)state;
    assert_int_equal(f->bind(&bind, &bound, &err), -EINVAL);
    assert_non_null(strstr(err.text, "Atlantis"));
    constant = column("France", offsets, &validity);
    assert_int_equal(f->bind(&bind, &bound, &err), 0);
    constant = column(NULL, offsets, &validity);
    assert_int_equal(f->bind(&bind, &bound, &err), 0);
    arguments[1].column = NULL;
    assert_int_equal(f->bind(&bind, &bound, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_can_be_searched),
        cmocka_unit_test(test_countries_by_code_and_by_name),
        cmocka_unit_test(test_what_is_no_country),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_the_country_may_be_left_out),
        cmocka_unit_test(test_a_constant_country_is_looked_at_before_the_run),
    };
    const struct CMUnitTest countries[] = { tests[0], tests[1], tests[2] };

    return function() ? cmocka_run_group_tests_name("phone-e164", tests, NULL, NULL)
                      : cmocka_run_group_tests_name("phone-e164", countries, NULL, NULL);
}
