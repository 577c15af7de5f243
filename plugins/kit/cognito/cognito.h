/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Cognito's rules for the users of a pool: which attributes there are, what a
 * user pool demands of them, and whether a value meets it. Nothing here knows
 * of CSV or of the API; both kinds of load and the validating stage ask here.
 *
 *     plan     cognito_pool_default or cognito_pool_read, then cognito_pool_find a field
 *     run      cognito_check_text, cognito_check_number a value, cognito_check_verified a user
 *
 * A pool is filled in plan and only read later, so any number of threads may
 * check against it. Nothing here allocates beyond the reading of the file.
 */
#ifndef LEAT_KIT_COGNITO_H
#define LEAT_KIT_COGNITO_H

#include <leat/plugin.h>

enum {
    COGNITO_MAX_CUSTOM = 50,     /* custom attributes a pool */
    COGNITO_MAX_NAME = 32,       /* characters of an attribute's name, prefix included */
    COGNITO_MAX_CUSTOM_NAME = 20, /* of a custom attribute's name without `custom:` */
    COGNITO_MAX_VALUE = 2048,    /* bytes of a value */
    COGNITO_MAX_USERNAME = 128,  /* characters */
    COGNITO_REASON_ROOM = 192
};

/* The standard columns of an import, in the order in which Cognito names them. */
enum cognito_standard {
    COGNITO_NAME, COGNITO_GIVEN_NAME, COGNITO_FAMILY_NAME, COGNITO_MIDDLE_NAME, COGNITO_NICKNAME,
    COGNITO_PREFERRED_USERNAME, COGNITO_PROFILE, COGNITO_PICTURE, COGNITO_WEBSITE, COGNITO_EMAIL,
    COGNITO_EMAIL_VERIFIED, COGNITO_GENDER, COGNITO_BIRTHDATE, COGNITO_ZONEINFO, COGNITO_LOCALE,
    COGNITO_PHONE_NUMBER, COGNITO_PHONE_NUMBER_VERIFIED, COGNITO_ADDRESS, COGNITO_UPDATED_AT,
    COGNITO_MFA_ENABLED, COGNITO_USERNAME,
    COGNITO_N_STANDARD
};

/* What a value must look like. */
enum cognito_kind {
    COGNITO_IS_TEXT,
    COGNITO_IS_BOOLEAN,  /* true, false, in any case */
    COGNITO_IS_DATE,     /* yyyy-mm-dd here, whatever the target writes */
    COGNITO_IS_EPOCH,    /* whole seconds since 1970 */
    COGNITO_IS_NUMBER,
    COGNITO_IS_DATETIME, /* a day or timestamp of ISO 8601, or seconds since 1970 */
    COGNITO_IS_EMAIL,
    COGNITO_IS_PHONE,    /* E.164 */
    COGNITO_IS_USERNAME,
    COGNITO_IS_MFA,      /* a boolean, or blank */
    COGNITO_IS_HASH      /* password_hash, which is a column and no attribute */
};

struct cognito_attribute {
    char name[COGNITO_MAX_NAME + 16]; /* with its prefix: custom:tenant */
    enum cognito_kind kind;
    int standard;                     /* enum cognito_standard, or -1 */
    bool required, immutable;
    int32_t min_length, max_length;   /* characters */
    double min_value, max_value;      /* numbers and epochs; -INFINITY, INFINITY: none */
};

enum cognito_mfa { COGNITO_MFA_OFF, COGNITO_MFA_OPTIONAL, COGNITO_MFA_ON };

struct cognito_pool {
    bool described;                   /* read from a description; else the built-in default */
    enum cognito_mfa mfa;
    bool verifies_email, verifies_phone;       /* AutoVerifiedAttributes */
    bool username_is_email, username_is_phone; /* UsernameAttributes */
    bool alias_email, alias_phone;             /* AliasAttributes */
    int n_attributes;                 /* the standard ones first, at their enum's place */
    struct cognito_attribute attributes[COGNITO_N_STANDARD + COGNITO_MAX_CUSTOM];
};

enum cognito_fault {
    COGNITO_OK,
    COGNITO_MISSING,            /* required, and null or empty */
    COGNITO_TOO_SHORT, COGNITO_TOO_LONG, COGNITO_OUT_OF_RANGE,
    COGNITO_BAD_BOOLEAN, COGNITO_BAD_DATE, COGNITO_BAD_DATETIME, COGNITO_BAD_EPOCH, COGNITO_BAD_NUMBER,
    COGNITO_BAD_EMAIL, COGNITO_BAD_PHONE,
    COGNITO_BAD_USERNAME,       /* a character that it may not have */
    COGNITO_USERNAME_FORM,      /* must be, or must not look like, an e-mail address or phone number */
    COGNITO_MFA_NEEDED, COGNITO_MFA_REFUSED,
    COGNITO_NO_EMAIL, COGNITO_NO_PHONE, /* verified, but not there */
    COGNITO_NOT_VERIFIED,       /* none of what the pool verifies is true */
    COGNITO_N_FAULTS
};

/* What is taken for the pool without a description: sign-in by user name, e-mail required and
 * verified by the pool, every standard attribute at its default length, MFA as each user has it. */
void cognito_pool_default(struct cognito_pool *ret);

/* Reads what DescribeUserPool answers: {"UserPool": {...}}, or the object inside. `from` is for messages. */
LEAT_MUST_CHECK int cognito_pool_parse(const char *json, size_t n, const char *from, struct cognito_pool *ret,
                                       struct leat_error *err);
LEAT_MUST_CHECK int cognito_pool_read(const char *path, struct cognito_pool *ret, struct leat_error *err);

/* A whole small file of at most `limit` bytes; the caller frees *ret. */
LEAT_MUST_CHECK int cognito_read_file(const char *path, size_t limit, char **ret, size_t *ret_n,
                                      struct leat_error *err);

/* The attribute or column of that name, or NULL. */
const struct cognito_attribute *cognito_pool_find(const struct cognito_pool *pool, const char *name);

/* The same; in a pool without a description a custom attribute is taken to exist, as text. NULL
 * also for a name that no pool could have. */
const struct cognito_attribute *cognito_pool_assume(struct cognito_pool *pool, const char *name);

/* Whether the name begins with `custom:`. */
bool cognito_is_custom(const char *name);

/* What somebody who wrote `name` may have meant, or NULL. */
const char *cognito_pool_nearest(const struct cognito_pool *pool, const char *name);

/* password_hash: like an attribute, in no pool. */
extern const struct cognito_attribute cognito_password_hash;

/* True for fields that a user has beside the attributes (groups, enabled ...); `ret_csv`, which may
 * be NULL, says what becomes of the field where users are imported by CSV. */
bool cognito_is_extra(const char *name, const char **ret_csv);

/* Whether a value that is there (not null, not empty) may be the attribute's. */
enum cognito_fault cognito_check_text(const struct cognito_pool *pool, const struct cognito_attribute *attribute,
                                      const char *text, size_t n);
enum cognito_fault cognito_check_number(const struct cognito_attribute *attribute, double value);
/* `value`: 1, 0, or -1 for blank. */
enum cognito_fault cognito_check_mfa(const struct cognito_pool *pool, int value);

/* What one user has, for the rules that span attributes. */
struct cognito_verified {
    bool has_email, has_phone, email, phone;
};

/* `demanded`: at least one of what the pool verifies must be true, as an import wants it. */
enum cognito_fault cognito_check_verified(const struct cognito_pool *pool, const struct cognito_verified *user,
                                          bool demanded);

/* ---- values in columns ---- */

/* Plan: NULL if a field of this type can be the attribute, else what to do about it. */
const char *cognito_type_trouble(const struct cognito_attribute *attribute, const struct leat_field *field);

/* Run: a value of such a field, null and empty included. */
enum cognito_fault cognito_check_value(const struct cognito_pool *pool, const struct cognito_attribute *attribute,
                                       const struct leat_field *field, const struct leat_column *column, int32_t row);

/* `fields`: the batch's field of each standard column, or -1. */
struct cognito_verified cognito_verified_of(const struct leat_batch *batch, int32_t row,
                                            const int fields[COGNITO_N_STANDARD]);

/* ---- parts of it ---- */

/* 1 true, 0 false, -1 neither. */
int cognito_boolean(const char *text, size_t n);
/* Whether it is a day of the calendar, yyyy-mm-dd, in the years 1 to 9999. */
bool cognito_date(const char *text, size_t n);
/* Whether the days since 1970 lie in the years 1 to 9999. */
bool cognito_days_fit(int32_t days);

/* The stable word for a reject, and the reason as a sentence's end. */
const char *cognito_fault_code(enum cognito_fault fault);
const char *cognito_fault_reason(enum cognito_fault fault, const struct cognito_pool *pool,
                                 const struct cognito_attribute *attribute, char room[COGNITO_REASON_ROOM]);

#endif
