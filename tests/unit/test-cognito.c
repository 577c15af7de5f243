/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Cognito's rules (plugins/kit/cognito), each against reference/cognito.md: the attributes, pool
 * descriptions whole and broken, and what a value and a user must meet.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/cognito/cognito.h"

static const char description[] =
    "{\"UserPool\": {\"Id\": \"us-east-1_x\", \"MfaConfiguration\": \"ON\","
    " \"AutoVerifiedAttributes\": [\"phone_number\"], \"UsernameAttributes\": null,"
    " \"AliasAttributes\": [\"email\", \"preferred_username\"],"
    " \"SchemaAttributes\": ["
    "  {\"Name\": \"sub\", \"AttributeDataType\": \"String\", \"Required\": true, \"Mutable\": false},"
    "  {\"Name\": \"name\", \"AttributeDataType\": \"String\", \"Required\": true, \"Mutable\": false,"
    "   \"StringAttributeConstraints\": {\"MinLength\": \"2\", \"MaxLength\": \"5\"}},"
    "  {\"Name\": \"identities\", \"AttributeDataType\": \"String\"},"
    "  {\"Name\": \"custom:age\", \"AttributeDataType\": \"Number\", \"Mutable\": true,"
    "   \"NumberAttributeConstraints\": {\"MinValue\": \"0\", \"MaxValue\": \"120.5\"}},"
    "  {\"Name\": \"custom:since\", \"AttributeDataType\": \"DateTime\"},"
    "  {\"Name\": \"custom:vip\", \"AttributeDataType\": \"Boolean\"}]}}";

static struct cognito_pool described(void)
{
    struct cognito_pool pool;
    struct leat_error err = {0};

    if (cognito_pool_parse(description, sizeof description - 1, "pool.json", &pool, &err) < 0)
        fail_msg("%s", err.text);
    return pool;
}

static struct cognito_pool defaults(void)
{
    struct cognito_pool pool;

    cognito_pool_default(&pool);
    return pool;
}

static enum cognito_fault check(const struct cognito_pool *pool, const char *name, const char *text)
{
    return cognito_check_text(pool, cognito_pool_find(pool, name), text, strlen(text));
}

/* ---- attributes ---- */

static void test_the_standard_columns_stand_in_cognitos_order(void **state)
{
    struct cognito_pool pool = defaults();

    (void)state;
    assert_int_equal(pool.n_attributes, 21);
    assert_string_equal(pool.attributes[0].name, "name");
    assert_string_equal(pool.attributes[9].name, "email");
    assert_string_equal(pool.attributes[18].name, "updated_at");
    assert_string_equal(pool.attributes[20].name, "cognito:username");
    for (int i = 0; i < pool.n_attributes; i++)
        assert_int_equal(pool.attributes[i].standard, i);
}

static void test_a_pool_without_description_has_any_custom_attribute(void **state)
{
    struct cognito_pool pool = defaults();
    char name[32];

    (void)state;
    assert_non_null(cognito_pool_assume(&pool, "custom:legacy_id"));
    assert_ptr_equal(cognito_pool_assume(&pool, "custom:legacy_id"), cognito_pool_find(&pool, "custom:legacy_id"));
    assert_non_null(cognito_pool_assume(&pool, "custom:12345678901234567890"));
    assert_null(cognito_pool_assume(&pool, "custom:123456789012345678901"));
    assert_null(cognito_pool_assume(&pool, "custom:"));
    assert_null(cognito_pool_assume(&pool, "legacy_id"));
    for (int i = 2; i < 50; i++) {
        (void)snprintf(name, sizeof name, "custom:a%d", i);
        assert_non_null(cognito_pool_assume(&pool, name));
    }
    assert_null(cognito_pool_assume(&pool, "custom:one_too_many"));
}

static void test_a_described_pool_has_its_own_custom_attributes_alone(void **state)
{
    struct cognito_pool pool = described();

    (void)state;
    assert_non_null(cognito_pool_assume(&pool, "custom:age"));
    assert_null(cognito_pool_assume(&pool, "custom:legacy_id"));
    assert_null(cognito_pool_find(&pool, "sub"));
    assert_null(cognito_pool_find(&pool, "identities"));
}

static void test_what_was_meant_is_found(void **state)
{
    static const char *const cases[][2] = {
        {"emial", "email"}, {"Email", "email"}, {"phone", "phone_number"}, {"phonenumber", "phone_number"},
        {"username", "cognito:username"}, {"first_name", "given_name"}, {"cognito:usrname", "cognito:username"},
        {"age", "custom:age"}, {"custom:vipp", "custom:vip"}, {"birthdate_", "birthdate"},
    };
    struct cognito_pool pool = described();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = cognito_pool_nearest(&pool, cases[i][0]);

        if (!nearest || strcmp(nearest, cases[i][1]) != 0)
            fail_msg("%s gives %s", cases[i][0], nearest ? nearest : "nothing");
    }
    assert_null(cognito_pool_nearest(&pool, "shoe_size"));
    assert_null(cognito_pool_nearest(&pool, "id"));
    assert_null(cognito_pool_nearest(&pool, "custom:nope"));
    assert_null(cognito_pool_nearest(&pool, "custom:local")); /* is no misspelt locale */
    assert_string_equal(cognito_pool_nearest(&pool, "custom:locale"), "locale");
}

/* ---- descriptions ---- */

static void test_a_description_is_read(void **state)
{
    struct cognito_pool pool = described();
    const struct cognito_attribute *name = cognito_pool_find(&pool, "name");
    const struct cognito_attribute *age = cognito_pool_find(&pool, "custom:age");

    (void)state;
    assert_true(pool.described);
    assert_int_equal(pool.mfa, COGNITO_MFA_ON);
    assert_true(pool.verifies_phone && !pool.verifies_email);
    assert_true(pool.alias_email && !pool.alias_phone);
    assert_false(pool.username_is_email || pool.username_is_phone);
    assert_true(name->required && name->immutable);
    assert_int_equal(name->min_length, 2);
    assert_int_equal(name->max_length, 5);
    assert_false(cognito_pool_find(&pool, "email")->required);
    assert_int_equal(age->kind, COGNITO_IS_NUMBER);
    assert_true(age->min_value == 0 && age->max_value == 120.5);
    assert_int_equal(cognito_pool_find(&pool, "custom:vip")->kind, COGNITO_IS_BOOLEAN);
}

static void test_the_inner_object_alone_is_a_description(void **state)
{
    struct cognito_pool pool;
    const char *text = "{\"SchemaAttributes\": [{\"Name\": \"custom:n\", \"AttributeDataType\": \"Number\","
                       "\"NumberAttributeConstraints\": {\"MaxValue\": 7}}]}";

    (void)state;
    assert_int_equal(cognito_pool_parse(text, strlen(text), "p", &pool, NULL), 0);
    assert_true(cognito_pool_find(&pool, "custom:n")->max_value == 7);
    assert_false(pool.verifies_email);
}

static void test_a_broken_description_is_named(void **state)
{
    static const char *const cases[][2] = {
        {"", "JSON object"},
        {"[1]", "JSON object"},
        {"{\"UserPool\": 3}", "UserPool"},
        {"{\"UserPool\": {}}", "SchemaAttributes"},
        {"{\"SchemaAttributes\": {}}", "SchemaAttributes"},
        {"{\"SchemaAttributes\": [3]}", "without a Name"},
        {"{\"SchemaAttributes\": [{\"Name\": \"\"}]}", "without a Name"},
        {"{\"SchemaAttributes\": [{\"Name\": \"custom:a\"}]}", "AttributeDataType"},
        {"{\"SchemaAttributes\": [{\"Name\": \"custom:a\", \"AttributeDataType\": \"Text\"}]}", "AttributeDataType"},
        {"{\"SchemaAttributes\": [{\"Name\": \"name\", \"Required\": \"yes\"}]}", "Required"},
        {"{\"SchemaAttributes\": [{\"Name\": \"name\", \"StringAttributeConstraints\": 1}]}", "StringAttribute"},
        {"{\"SchemaAttributes\": [{\"Name\": \"name\", \"StringAttributeConstraints\": {\"MinLength\": \"x\"}}]}",
         "MinLength"},
        {"{\"SchemaAttributes\": [{\"Name\": \"name\", \"StringAttributeConstraints\": {\"MinLength\": 9,"
         "\"MaxLength\": 2}}]}", "cannot be"},
        {"{\"SchemaAttributes\": [], \"MfaConfiguration\": \"on\"}", "MfaConfiguration"},
        {"{\"SchemaAttributes\": [], \"AliasAttributes\": \"email\"}", "AliasAttributes"},
        {"{\"SchemaAttributes\": [], \"AliasAttributes\": [1]}", "AliasAttributes"},
        {"{\"SchemaAttributes\": [{\"Name\": \"custom:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
         "\"AttributeDataType\": \"String\"}]}", "name cannot be"},
    };
    struct cognito_pool pool;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_error err = {0};

        if (cognito_pool_parse(cases[i][0], strlen(cases[i][0]), "pool.json", &pool, &err) >= 0)
            fail_msg("taken for a description: %s", cases[i][0]);
        assert_non_null(strstr(err.text, cases[i][1]));
        assert_non_null(strstr(err.text, "pool.json"));
    }
}

static void test_fifty_custom_attributes_and_no_more(void **state)
{
    struct cognito_pool pool;
    char text[8192] = "{\"SchemaAttributes\": [";

    (void)state;
    for (int i = 0; i < 51; i++) {
        size_t n = strlen(text);

        if (i == 50) {
            (void)snprintf(text + n, sizeof text - n, "]}");
            assert_int_equal(cognito_pool_parse(text, strlen(text), "p", &pool, NULL), 0);
        }
        (void)snprintf(text + n, sizeof text - n, "%s{\"Name\": \"custom:a%d\", \"AttributeDataType\": \"String\"}",
                       i ? "," : "", i);
    }
    strcat(text, "]}");
    assert_int_equal(cognito_pool_parse(text, strlen(text), "p", &pool, NULL), -EINVAL);
}

/* ---- values ---- */

static void test_usernames(void **state)
{
    static const char *const good[] = {"a", "anna@example.com", "Ünïcode", "花子", "a,b", "+49", "a\"b", "😀"};
    static const char *const bad[] = {"a b", " a", "a\t", "a\nb", "a\u00a0b", "a\u3000b", "a\u200db", "\u2028", "\x7f"};
    struct cognito_pool pool = defaults();
    char text[300] = "";

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(check(&pool, "cognito:username", good[i]), COGNITO_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(check(&pool, "cognito:username", bad[i]), COGNITO_BAD_USERNAME);
    for (int i = 0; i < 128; i++)
        strcat(text, "ü");
    assert_int_equal(check(&pool, "cognito:username", text), COGNITO_OK);
    strcat(text, "x");
    assert_int_equal(check(&pool, "cognito:username", text), COGNITO_TOO_LONG);
}

static void test_usernames_where_the_pool_signs_in_by_email_or_has_aliases(void **state)
{
    struct cognito_pool pool = defaults();

    (void)state;
    pool.username_is_email = true;
    assert_int_equal(check(&pool, "cognito:username", "a@b.c"), COGNITO_OK);
    assert_int_equal(check(&pool, "cognito:username", "anna"), COGNITO_USERNAME_FORM);
    assert_int_equal(check(&pool, "cognito:username", "+12345550100"), COGNITO_USERNAME_FORM);
    pool.username_is_phone = true;
    assert_int_equal(check(&pool, "cognito:username", "+12345550100"), COGNITO_OK);
    pool = defaults();
    pool.alias_phone = true;
    assert_int_equal(check(&pool, "cognito:username", "a@b.c"), COGNITO_OK);
    assert_int_equal(check(&pool, "cognito:username", "+12345550100"), COGNITO_USERNAME_FORM);
}

static void test_lengths_count_characters_and_bound_bytes(void **state)
{
    struct cognito_pool pool = described(), plain = defaults();
    char *text = calloc(1, 2050);

    (void)state;
    assert_int_equal(check(&pool, "name", "x"), COGNITO_TOO_SHORT);
    assert_int_equal(check(&pool, "name", "ü"), COGNITO_TOO_SHORT);
    assert_int_equal(check(&pool, "name", "üü"), COGNITO_OK);
    assert_int_equal(check(&pool, "name", "ééééé"), COGNITO_OK);
    assert_int_equal(check(&pool, "name", "éééééé"), COGNITO_TOO_LONG);
    memset(text, 'x', 2048);
    assert_int_equal(check(&plain, "address", text), COGNITO_OK);
    text[2048] = 'x';
    assert_int_equal(check(&plain, "address", text), COGNITO_TOO_LONG);
    free(text);
}

static void test_dates(void **state)
{
    static const char *const good[] = {"2024-02-29", "0001-01-01", "9999-12-31", "2000-02-29"};
    static const char *const bad[] = {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-1-1",
                                      "0000-01-01", "01/02/2024", "2024-01-01 ", "2024-01-32", "2024-06-31",
                                      "20240-01-1"};
    struct cognito_pool pool = defaults();

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(check(&pool, "birthdate", good[i]), COGNITO_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(check(&pool, "birthdate", bad[i]), COGNITO_BAD_DATE);
    assert_true(cognito_days_fit(-719162) && !cognito_days_fit(-719163));
    assert_true(cognito_days_fit(2932896) && !cognito_days_fit(2932897));
}

static void test_phones_and_emails(void **state)
{
    static const char *const good_phones[] = {"+12345550100", "+491", "+123456789012345"};
    static const char *const bad_phones[] = {"12345550100", "+", "+1", "+0123", "+1 234", "+1234567890123456", "+12x"};
    static const char *const good_emails[] = {"a@b", "a.b+c@d-e.f", "ü@ö"};
    static const char *const bad_emails[] = {"a", "@b", "a@", "a@@b", "a b@c", "a@b@c", "a@b\n"};
    struct cognito_pool pool = defaults();

    (void)state;
    for (size_t i = 0; i < sizeof good_phones / sizeof *good_phones; i++)
        assert_int_equal(check(&pool, "phone_number", good_phones[i]), COGNITO_OK);
    for (size_t i = 0; i < sizeof bad_phones / sizeof *bad_phones; i++)
        assert_int_equal(check(&pool, "phone_number", bad_phones[i]), COGNITO_BAD_PHONE);
    for (size_t i = 0; i < sizeof good_emails / sizeof *good_emails; i++)
        assert_int_equal(check(&pool, "email", good_emails[i]), COGNITO_OK);
    for (size_t i = 0; i < sizeof bad_emails / sizeof *bad_emails; i++)
        assert_int_equal(check(&pool, "email", bad_emails[i]), COGNITO_BAD_EMAIL);
}

static void test_numbers_booleans_and_seconds(void **state)
{
    struct cognito_pool pool = described();

    (void)state;
    assert_int_equal(check(&pool, "custom:age", "0"), COGNITO_OK);
    assert_int_equal(check(&pool, "custom:age", "120.5"), COGNITO_OK);
    assert_int_equal(check(&pool, "custom:age", "120.6"), COGNITO_OUT_OF_RANGE);
    assert_int_equal(check(&pool, "custom:age", "-1"), COGNITO_OUT_OF_RANGE);
    assert_int_equal(check(&pool, "custom:age", "1e2"), COGNITO_BAD_NUMBER);
    assert_int_equal(check(&pool, "custom:age", "-"), COGNITO_BAD_NUMBER);
    assert_int_equal(check(&pool, "custom:age", "1."), COGNITO_BAD_NUMBER);
    assert_int_equal(check(&pool, "custom:age", "1.2.3"), COGNITO_BAD_NUMBER);
    assert_int_equal(check(&pool, "custom:vip", "TRUE"), COGNITO_OK);
    assert_int_equal(check(&pool, "custom:vip", "yes"), COGNITO_BAD_BOOLEAN);
    assert_int_equal(check(&pool, "updated_at", "1700000000"), COGNITO_OK);
    assert_int_equal(check(&pool, "updated_at", "-1"), COGNITO_OUT_OF_RANGE);
    assert_int_equal(check(&pool, "updated_at", "1.5"), COGNITO_BAD_EPOCH);
    assert_int_equal(check(&pool, "updated_at", "2024-01-01"), COGNITO_BAD_EPOCH);
    assert_int_equal(cognito_check_number(cognito_pool_find(&pool, "custom:age"), NAN), COGNITO_BAD_NUMBER);
    assert_int_equal(cognito_check_number(cognito_pool_find(&pool, "updated_at"), 1.5), COGNITO_BAD_EPOCH);
}

static void test_mfa_is_as_the_pool_has_it(void **state)
{
    struct cognito_pool pool = described();

    (void)state;
    assert_int_equal(check(&pool, "cognito:mfa_enabled", "true"), COGNITO_OK);
    assert_int_equal(check(&pool, "cognito:mfa_enabled", "false"), COGNITO_MFA_NEEDED);
    pool.mfa = COGNITO_MFA_OFF;
    assert_int_equal(check(&pool, "cognito:mfa_enabled", "true"), COGNITO_MFA_REFUSED);
    assert_int_equal(check(&pool, "cognito:mfa_enabled", "FALSE"), COGNITO_OK);
    pool.mfa = COGNITO_MFA_OPTIONAL;
    assert_int_equal(check(&pool, "cognito:mfa_enabled", "true"), COGNITO_OK);
    assert_int_equal(check(&pool, "cognito:mfa_enabled", "1"), COGNITO_BAD_BOOLEAN);
}

/* ---- users ---- */

static void test_verified_flags(void **state)
{
    struct cognito_pool pool = defaults();
    struct cognito_verified none = {0}, email = { .has_email = true, .email = true }, alone = { .email = true },
                            phone = { .has_phone = true, .phone = true }, no_phone = { .phone = true };

    (void)state;
    assert_int_equal(cognito_check_verified(&pool, &email, true), COGNITO_OK);
    assert_int_equal(cognito_check_verified(&pool, &alone, true), COGNITO_NO_EMAIL);
    assert_int_equal(cognito_check_verified(&pool, &no_phone, false), COGNITO_NO_PHONE);
    assert_int_equal(cognito_check_verified(&pool, &none, false), COGNITO_OK);
    assert_int_equal(cognito_check_verified(&pool, &none, true), COGNITO_NOT_VERIFIED);
    assert_int_equal(cognito_check_verified(&pool, &phone, true), COGNITO_NOT_VERIFIED);
    pool.verifies_phone = true;
    assert_int_equal(cognito_check_verified(&pool, &phone, true), COGNITO_OK);
}

static void test_every_fault_has_a_code_and_a_reason(void **state)
{
    struct cognito_pool pool = described();
    char room[COGNITO_REASON_ROOM];

    (void)state;
    for (int i = 1; i < COGNITO_N_FAULTS; i++) {
        const char *reason = cognito_fault_reason((enum cognito_fault)i, &pool, &pool.attributes[COGNITO_NAME], room);
        const char *code = cognito_fault_code((enum cognito_fault)i);

        assert_true(strlen(code) > 2);
        assert_true(strlen(reason) > 10 && strlen(reason) < COGNITO_REASON_ROOM - 1);
        for (int j = 1; j < i; j++)
            assert_string_not_equal(code, cognito_fault_code((enum cognito_fault)j));
    }
}

static const char *range(const struct cognito_pool *pool, const char *name, char room[COGNITO_REASON_ROOM])
{
    return cognito_fault_reason(COGNITO_OUT_OF_RANGE, pool, cognito_pool_find(pool, name), room);
}

static void test_a_range_is_said_by_the_bounds_it_has(void **state)
{
    struct cognito_pool pool = described();
    struct cognito_attribute *age = (struct cognito_attribute *)cognito_pool_find(&pool, "custom:age");
    char room[COGNITO_REASON_ROOM];

    (void)state;
    assert_string_equal(range(&pool, "updated_at", room), "must be at least 0");
    assert_string_equal(range(&pool, "custom:age", room), "must be from 0 to 120.5");
    age->min_value = -(double)INFINITY;
    assert_string_equal(range(&pool, "custom:age", room), "must be at most 120.5");
}

static void test_datetimes(void **state)
{
    static const char *const good[] = { "2024-02-29", "2024-02-29T12:00:00Z", "2024-02-29 12:00:00.5+01:00",
                                        "1700000000", "1470957431.965" };
    static const char *const bad[] = { "x", "2024-02-30", "29/02/2024", "12:00", "1e3" };
    struct cognito_pool pool = described();

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(check(&pool, "custom:since", good[i]), COGNITO_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(check(&pool, "custom:since", bad[i]), COGNITO_BAD_DATETIME);
}

static void test_types_that_an_attribute_cannot_take(void **state)
{
    static const struct { const char *name; enum leat_type type; bool local, good; } cases[] = {
        {"name", LEAT_TEXT, false, true}, {"name", LEAT_INT64, false, true}, {"name", LEAT_BYTES, false, false},
        {"email_verified", LEAT_BOOL, false, true}, {"email_verified", LEAT_INT64, false, false},
        {"birthdate", LEAT_DATE, false, true}, {"birthdate", LEAT_TIMESTAMP, false, false},
        {"updated_at", LEAT_TIMESTAMP, false, true}, {"updated_at", LEAT_TIMESTAMP, true, false},
        {"updated_at", LEAT_INT64, false, true}, {"updated_at", LEAT_DATE, false, false},
        {"custom:since", LEAT_TIMESTAMP, false, true}, {"custom:since", LEAT_BOOL, false, false},
        {"custom:age", LEAT_DECIMAL, false, true}, {"custom:age", LEAT_DATE, false, false},
    };
    struct cognito_pool pool = described();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_field field = { .name = cases[i].name, .type = cases[i].type, .local = cases[i].local };

        assert_int_equal(cognito_type_trouble(cognito_pool_find(&pool, cases[i].name), &field) == NULL, cases[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_standard_columns_stand_in_cognitos_order),
        cmocka_unit_test(test_a_pool_without_description_has_any_custom_attribute),
        cmocka_unit_test(test_a_described_pool_has_its_own_custom_attributes_alone),
        cmocka_unit_test(test_what_was_meant_is_found),
        cmocka_unit_test(test_a_description_is_read),
        cmocka_unit_test(test_the_inner_object_alone_is_a_description),
        cmocka_unit_test(test_a_broken_description_is_named),
        cmocka_unit_test(test_fifty_custom_attributes_and_no_more),
        cmocka_unit_test(test_usernames),
        cmocka_unit_test(test_usernames_where_the_pool_signs_in_by_email_or_has_aliases),
        cmocka_unit_test(test_lengths_count_characters_and_bound_bytes),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_phones_and_emails),
        cmocka_unit_test(test_numbers_booleans_and_seconds),
        cmocka_unit_test(test_mfa_is_as_the_pool_has_it),
        cmocka_unit_test(test_verified_flags),
        cmocka_unit_test(test_every_fault_has_a_code_and_a_reason),
        cmocka_unit_test(test_a_range_is_said_by_the_bounds_it_has),
        cmocka_unit_test(test_datetimes),
        cmocka_unit_test(test_types_that_an_attribute_cannot_take),
    };
    return cmocka_run_group_tests_name("cognito", tests, NULL, NULL);
}
