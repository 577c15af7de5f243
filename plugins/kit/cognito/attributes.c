/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The attributes that every pool has, the names that people write instead, and
 * what a user has beside attributes.
 */
#include "kit/cognito/cognito.h"

#include <math.h>

#include "kit/text/text.h"

static const struct {
    const char *name;
    enum cognito_kind kind;
} standard[COGNITO_N_STANDARD] = {
    [COGNITO_NAME] = {"name", COGNITO_IS_TEXT},
    [COGNITO_GIVEN_NAME] = {"given_name", COGNITO_IS_TEXT},
    [COGNITO_FAMILY_NAME] = {"family_name", COGNITO_IS_TEXT},
    [COGNITO_MIDDLE_NAME] = {"middle_name", COGNITO_IS_TEXT},
    [COGNITO_NICKNAME] = {"nickname", COGNITO_IS_TEXT},
    [COGNITO_PREFERRED_USERNAME] = {"preferred_username", COGNITO_IS_TEXT},
    [COGNITO_PROFILE] = {"profile", COGNITO_IS_TEXT},
    [COGNITO_PICTURE] = {"picture", COGNITO_IS_TEXT},
    [COGNITO_WEBSITE] = {"website", COGNITO_IS_TEXT},
    [COGNITO_EMAIL] = {"email", COGNITO_IS_EMAIL},
    [COGNITO_EMAIL_VERIFIED] = {"email_verified", COGNITO_IS_BOOLEAN},
    [COGNITO_GENDER] = {"gender", COGNITO_IS_TEXT},
    [COGNITO_BIRTHDATE] = {"birthdate", COGNITO_IS_DATE},
    [COGNITO_ZONEINFO] = {"zoneinfo", COGNITO_IS_TEXT},
    [COGNITO_LOCALE] = {"locale", COGNITO_IS_TEXT},
    [COGNITO_PHONE_NUMBER] = {"phone_number", COGNITO_IS_PHONE},
    [COGNITO_PHONE_NUMBER_VERIFIED] = {"phone_number_verified", COGNITO_IS_BOOLEAN},
    [COGNITO_ADDRESS] = {"address", COGNITO_IS_TEXT},
    [COGNITO_UPDATED_AT] = {"updated_at", COGNITO_IS_EPOCH},
    [COGNITO_MFA_ENABLED] = {"cognito:mfa_enabled", COGNITO_IS_MFA},
    [COGNITO_USERNAME] = {"cognito:username", COGNITO_IS_USERNAME},
};

/* What legacy tables call it. */
static const struct {
    const char *written;
    enum cognito_standard meant;
} synonyms[] = {
    {"username", COGNITO_USERNAME}, {"user_name", COGNITO_USERNAME}, {"login", COGNITO_USERNAME},
    {"mail", COGNITO_EMAIL}, {"email_address", COGNITO_EMAIL}, {"e_mail", COGNITO_EMAIL},
    {"phone", COGNITO_PHONE_NUMBER}, {"mobile", COGNITO_PHONE_NUMBER}, {"telephone", COGNITO_PHONE_NUMBER},
    {"phone_verified", COGNITO_PHONE_NUMBER_VERIFIED}, {"verified", COGNITO_EMAIL_VERIFIED},
    {"first_name", COGNITO_GIVEN_NAME}, {"firstname", COGNITO_GIVEN_NAME}, {"forename", COGNITO_GIVEN_NAME},
    {"last_name", COGNITO_FAMILY_NAME}, {"lastname", COGNITO_FAMILY_NAME}, {"surname", COGNITO_FAMILY_NAME},
    {"full_name", COGNITO_NAME}, {"display_name", COGNITO_NAME}, {"sex", COGNITO_GENDER},
    {"birthday", COGNITO_BIRTHDATE}, {"birth_date", COGNITO_BIRTHDATE}, {"date_of_birth", COGNITO_BIRTHDATE},
    {"timezone", COGNITO_ZONEINFO}, {"time_zone", COGNITO_ZONEINFO}, {"language", COGNITO_LOCALE},
    {"lang", COGNITO_LOCALE}, {"modified_at", COGNITO_UPDATED_AT}, {"mfa_enabled", COGNITO_MFA_ENABLED},
};

static const struct {
    const char *name, *csv;
} extras[] = {
    {"groups", "an import by CSV carries no groups: add the users to them after the import"},
    {"roles", "an import by CSV carries no groups: add the users to them after the import"},
    {"enabled", "an import by CSV makes every user enabled: disable them after the import"},
    {"disabled", "an import by CSV makes every user enabled: disable them after the import"},
    {"password", "an import by CSV takes no plain passwords: map password_hash, or the user must reset it"},
    {"temporary_password", "an import by CSV takes no plain passwords: map password_hash, or the user must reset it"},
    {"sub", "Cognito gives every user a new sub: keep the old id as a custom attribute"},
    {"identities", "an import by CSV carries no linked identities: link them after the import"},
    {"status", "the status of an imported user is Cognito's own"},
    {"created_at", "Cognito sets the date of creation itself: keep the old one as a custom attribute"},
    {"created", "Cognito sets the date of creation itself: keep the old one as a custom attribute"},
    {"modified", "Cognito sets the date of the last change itself"},
    {"mfa_preferred", "an import by CSV carries no MFA settings: set them after the import"},
    {"mfa_settings", "an import by CSV carries no MFA settings: set them after the import"},
};

const struct cognito_attribute cognito_password_hash = {
    .name = "password_hash", .kind = COGNITO_IS_HASH, .standard = -1, .max_length = COGNITO_MAX_VALUE,
    .min_value = -INFINITY, .max_value = INFINITY,
};

void cognito_pool_default(struct cognito_pool *ret)
{
    *ret = (struct cognito_pool){ .mfa = COGNITO_MFA_OPTIONAL, .verifies_email = true,
                                  .n_attributes = COGNITO_N_STANDARD };
    for (int i = 0; i < COGNITO_N_STANDARD; i++) {
        struct cognito_attribute *a = &ret->attributes[i];

        (void)snprintf(a->name, sizeof a->name, "%s", standard[i].name);
        a->kind = standard[i].kind;
        a->standard = i;
        a->max_length = i == COGNITO_USERNAME ? COGNITO_MAX_USERNAME : COGNITO_MAX_VALUE;
        a->required = i == COGNITO_EMAIL || i == COGNITO_USERNAME;
        a->immutable = i == COGNITO_USERNAME;
        a->min_value = a->kind == COGNITO_IS_EPOCH ? 0 : -INFINITY;
        a->max_value = INFINITY;
    }
}

bool cognito_is_custom(const char *name)
{
    return strncmp(name, "custom:", 7) == 0;
}

const struct cognito_attribute *cognito_pool_find(const struct cognito_pool *pool, const char *name)
{
    for (int i = 0; i < pool->n_attributes; i++)
        if (strcmp(pool->attributes[i].name, name) == 0)
            return &pool->attributes[i];
    return NULL;
}

const struct cognito_attribute *cognito_pool_assume(struct cognito_pool *pool, const char *name)
{
    const struct cognito_attribute *found = cognito_pool_find(pool, name);
    size_t n = strlen(name);
    struct cognito_attribute *a;

    if (found || pool->described || !cognito_is_custom(name))
        return found;
    if (n == 7 || n > 7 + COGNITO_MAX_CUSTOM_NAME || pool->n_attributes == COGNITO_N_STANDARD + COGNITO_MAX_CUSTOM)
        return NULL;
    a = &pool->attributes[pool->n_attributes++];
    *a = (struct cognito_attribute){ .kind = COGNITO_IS_TEXT, .standard = -1, .max_length = COGNITO_MAX_VALUE,
                                     .min_value = -INFINITY, .max_value = INFINITY };
    memcpy(a->name, name, n + 1);
    return a;
}

bool cognito_is_extra(const char *name, const char **ret_csv)
{
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
        if (strcmp(extras[i].name, name) == 0) {
            if (ret_csv)
                *ret_csv = extras[i].csv;
            return true;
        }
    return false;
}

/* Letters and digits alone, lower case: what `Given-Name` and `given_name` have in common. */
static size_t bare(const char *name, char out[COGNITO_MAX_NAME])
{
    size_t n = 0;

    for (; *name && n < COGNITO_MAX_NAME; name++) {
        if (*name >= 'A' && *name <= 'Z')
            out[n++] = (char)(*name | 0x20);
        else if ((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9'))
            out[n++] = *name;
    }
    return n;
}

static int distance(const char *a, const char *b)
{
    char p[COGNITO_MAX_NAME], q[COGNITO_MAX_NAME];
    size_t n_p = bare(a, p), n_q = bare(b, q);

    return leat_text_distance(p, n_p, q, n_q);
}

static const char *without_prefix(const char *name)
{
    return strchr(name, ':') ? strchr(name, ':') + 1 : name;
}

const char *cognito_pool_nearest(const struct cognito_pool *pool, const char *name)
{
    const char *best = NULL;
    int best_distance = strlen(without_prefix(name)) < 5 ? 1 : 2;

    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (distance(synonyms[i].written, name) == 0)
            return standard[synonyms[i].meant].name;
    for (int i = 0; i < pool->n_attributes; i++) {
        const char *candidate = pool->attributes[i].name;
        int d = distance(without_prefix(candidate), without_prefix(name));

        if (d && cognito_is_custom(name) && !cognito_is_custom(candidate))
            continue; /* who writes custom: means one */
        if (d < best_distance || (d == best_distance && !best)) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}
