/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a fault is called, and how it is explained. Codes are stable: people
 * count and filter reject files by them.
 */
#include "kit/cognito/cognito.h"

#include <math.h>

static const struct {
    const char *code, *reason;
} faults[COGNITO_N_FAULTS] = {
    [COGNITO_OK] = {"ok", ""},
    [COGNITO_MISSING] = {"required", "is required by the pool, and is null or empty"},
    [COGNITO_TOO_SHORT] = {"too_short", NULL},
    [COGNITO_TOO_LONG] = {"too_long", NULL},
    [COGNITO_OUT_OF_RANGE] = {"out_of_range", NULL},
    [COGNITO_BAD_BOOLEAN] = {"bad_boolean", "must be true or false; bool() reads the usual other spellings"},
    [COGNITO_BAD_DATE] = {"bad_date", "must be a day as yyyy-mm-dd; parse_date() reads other forms"},
    [COGNITO_BAD_DATETIME] = {"bad_datetime", "must be a date and time such as 2024-02-29T12:00:00Z, or seconds since "
                                              "1970"},
    [COGNITO_BAD_EPOCH] = {"bad_epoch", "must be whole seconds since 1970; epoch() makes them of a timestamp"},
    [COGNITO_BAD_NUMBER] = {"bad_number", "must be a number in plain digits"},
    [COGNITO_BAD_EMAIL] = {"bad_email", "must be an e-mail address: one @, something before and behind it, no space"},
    [COGNITO_BAD_PHONE] = {"bad_phone", "must be + and 2 to 15 digits (E.164); phone_e164() makes it of other forms"},
    [COGNITO_BAD_USERNAME] = {"bad_username", "may hold letters, marks, numbers, symbols and punctuation, but no "
                                              "space, tab or control character"},
    [COGNITO_USERNAME_FORM] = {"username_form", NULL},
    [COGNITO_MFA_NEEDED] = {"mfa_required", "must be true or blank: the pool requires MFA"},
    [COGNITO_MFA_REFUSED] = {"mfa_off", "must be false or blank: the pool has MFA off"},
    [COGNITO_NO_EMAIL] = {"verified_without_email", "is true, but there is no email"},
    [COGNITO_NO_PHONE] = {"verified_without_phone", "is true, but there is no phone_number"},
    [COGNITO_NOT_VERIFIED] = {"not_verified", NULL},
};

const char *cognito_fault_code(enum cognito_fault fault)
{
    return faults[fault].code;
}

static const char *sign_in(bool email, bool phone)
{
    if (email && phone)
        return "an e-mail address or a phone number in E.164 form";
    return email ? "an e-mail address" : "a phone number in E.164 form";
}

static const char *verified(const struct cognito_pool *pool)
{
    if (pool->verifies_email && pool->verifies_phone)
        return "email_verified or phone_number_verified";
    return pool->verifies_phone ? "phone_number_verified" : "email_verified";
}

static void explain_range(const struct cognito_attribute *a, char room[COGNITO_REASON_ROOM])
{
    if (isinf(a->max_value))
        (void)snprintf(room, COGNITO_REASON_ROOM, "must be at least %.15g", a->min_value);
    else if (isinf(a->min_value))
        (void)snprintf(room, COGNITO_REASON_ROOM, "must be at most %.15g", a->max_value);
    else
        (void)snprintf(room, COGNITO_REASON_ROOM, "must be from %.15g to %.15g", a->min_value, a->max_value);
}

const char *cognito_fault_reason(enum cognito_fault fault, const struct cognito_pool *pool,
                                 const struct cognito_attribute *a, char room[COGNITO_REASON_ROOM])
{
    bool in = pool->username_is_email || pool->username_is_phone;

    if (faults[fault].reason)
        return faults[fault].reason;
    if (fault == COGNITO_TOO_SHORT)
        (void)snprintf(room, COGNITO_REASON_ROOM, "must have at least %d characters", a->min_length);
    else if (fault == COGNITO_TOO_LONG)
        (void)snprintf(room, COGNITO_REASON_ROOM, "must have at most %d characters, and %d bytes", a->max_length,
                       COGNITO_MAX_VALUE);
    else if (fault == COGNITO_OUT_OF_RANGE)
        explain_range(a, room);
    else if (fault == COGNITO_USERNAME_FORM && in)
        (void)snprintf(room, COGNITO_REASON_ROOM, "must be %s: the pool signs in by it",
                       sign_in(pool->username_is_email, pool->username_is_phone));
    else if (fault == COGNITO_USERNAME_FORM)
        (void)snprintf(room, COGNITO_REASON_ROOM, "must not look like %s: these are aliases in the pool",
                       sign_in(pool->alias_email, pool->alias_phone));
    else
        (void)snprintf(room, COGNITO_REASON_ROOM, "%s must be true, or the import refuses the user; confirm the address "
                       "or number, or load such users by the API", verified(pool));
    return room;
}
