/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Whether a value, or a user, meets the pool's rules. The clean case of each
 * check is a loop over bytes or less; characters are counted only where the
 * bytes leave it open.
 */
#include "kit/cognito/cognito.h"

#include <math.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "kit/text/text.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int32_t characters(const char *text, size_t n)
{
    int32_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += (text[i] & 0xC0) != 0x80;
    return count;
}

static enum cognito_fault check_length(const struct cognito_attribute *a, const char *text, size_t n)
{
    int32_t count;

    if (n > COGNITO_MAX_VALUE)
        return COGNITO_TOO_LONG;
    if (n <= (size_t)a->max_length && (size_t)a->min_length * 4 <= n)
        return COGNITO_OK;
    count = characters(text, n);
    if (count > a->max_length)
        return COGNITO_TOO_LONG;
    return count < a->min_length ? COGNITO_TOO_SHORT : COGNITO_OK;
}

int cognito_boolean(const char *text, size_t n)
{
    char lower[5];

    if (n != 4 && n != 5)
        return -1;
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(text[i] | 0x20);
    if (n == 4)
        return memcmp(lower, "true", 4) == 0 ? 1 : -1;
    return memcmp(lower, "false", 5) == 0 ? 0 : -1;
}

bool cognito_date(const char *text, size_t n)
{
    int32_t days;

    return n == 10 && leat_text_to_date(text, n, &days) && cognito_days_fit(days);
}

enum cognito_fault cognito_check_number(const struct cognito_attribute *a, double value)
{
    if (a->kind == COGNITO_IS_EPOCH && floor(value) != value)
        return COGNITO_BAD_EPOCH;
    if (!isfinite(value))
        return COGNITO_BAD_NUMBER;
    return value >= a->min_value && value <= a->max_value ? COGNITO_OK : COGNITO_OUT_OF_RANGE;
}

/* Digits, with a sign; for a number also one point among them. */
static enum cognito_fault check_digits(const struct cognito_attribute *a, const char *text, size_t n)
{
    enum cognito_fault bad = a->kind == COGNITO_IS_EPOCH ? COGNITO_BAD_EPOCH : COGNITO_BAD_NUMBER;
    bool point = a->kind == COGNITO_IS_EPOCH;
    char copy[64];
    size_t i = text[0] == '-';

    if (i == n || n >= sizeof copy || !is_digit(text[i]) || !is_digit(text[n - 1]))
        return bad;
    for (; i < n; i++) {
        if (!is_digit(text[i]) && (text[i] != '.' || point))
            return bad;
        point |= text[i] == '.';
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return cognito_check_number(a, strtod(copy, NULL));
}

/* What AWS takes is nowhere written down: all that can be meant passes, and no other text. */
static enum cognito_fault check_datetime(const char *text, size_t n)
{
    static const struct cognito_attribute any = { .kind = COGNITO_IS_NUMBER, .min_value = -INFINITY,
                                                  .max_value = INFINITY };
    bool has_offset;
    int64_t us;

    if (leat_text_to_timestamp(text, n, &us, &has_offset) || !check_digits(&any, text, n))
        return COGNITO_OK;
    return COGNITO_BAD_DATETIME;
}

static bool is_phone(const char *text, size_t n)
{
    if (n < 3 || n > 16 || text[0] != '+' || text[1] == '0')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

/* Not 0 if one of the 8 bytes is no visible character of ASCII. */
static uint64_t invisible(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return ((word - ones * 0x21) | word | ((word & ~highs) + ones)) & highs;
}

/* Whether all of the text is visible ASCII, which nearly all names and addresses are. */
static bool is_plain(const char *text, size_t n)
{
    uint64_t found = 0;

    if (n < 8) {
        for (size_t i = 0; i < n; i++)
            found |= (unsigned char)(text[i] - 0x21) > 0x7E - 0x21;
        return !found;
    }
    for (size_t i = 0; i + 8 <= n; i += 8)
        found |= invisible(text + i);
    return !(found | invisible(text + n - 8));
}

static bool has_space(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
            return true;
    return false;
}

static bool is_email(const char *text, size_t n)
{
    const char *at = memchr(text, '@', n);

    if (!at || at == text || at == text + n - 1 || memchr(at + 1, '@', (size_t)(text + n - at - 1)))
        return false;
    return is_plain(text, n) || !has_space(text, n);
}

/* Letters, marks, symbols, numbers and punctuation: [\p{L}\p{M}\p{S}\p{N}\p{P}]+ */
static bool is_name_character(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

static bool has_name_characters(const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c = (unsigned char)text[i];
        utf8proc_ssize_t step = 1;

        if (c >= 0x80) {
            step = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &c);
            if (step <= 0 || !is_name_character(c))
                return false;
        } else if (c <= ' ' || c == 0x7F) {
            return false;
        }
        i += (size_t)step;
    }
    return true;
}

/* Where the pool signs in by e-mail or phone the name is one; where these are aliases it must not look like one. */
static enum cognito_fault check_username(const struct cognito_pool *pool, const char *text, size_t n)
{
    if (!is_plain(text, n) && !has_name_characters(text, n))
        return COGNITO_BAD_USERNAME;
    if (pool->username_is_email || pool->username_is_phone)
        return (pool->username_is_email && is_email(text, n)) || (pool->username_is_phone && is_phone(text, n))
                   ? COGNITO_OK : COGNITO_USERNAME_FORM;
    if ((pool->alias_email && is_email(text, n)) || (pool->alias_phone && is_phone(text, n)))
        return COGNITO_USERNAME_FORM;
    return COGNITO_OK;
}

enum cognito_fault cognito_check_mfa(const struct cognito_pool *pool, int value)
{
    if (pool->mfa == COGNITO_MFA_ON && value == 0)
        return COGNITO_MFA_NEEDED;
    return pool->mfa == COGNITO_MFA_OFF && value == 1 ? COGNITO_MFA_REFUSED : COGNITO_OK;
}

static enum cognito_fault check_boolean(const struct cognito_pool *pool, const struct cognito_attribute *a,
                                        const char *text, size_t n)
{
    int value = cognito_boolean(text, n);

    if (value < 0)
        return COGNITO_BAD_BOOLEAN;
    return a->kind == COGNITO_IS_MFA ? cognito_check_mfa(pool, value) : COGNITO_OK;
}

enum cognito_fault cognito_check_text(const struct cognito_pool *pool, const struct cognito_attribute *a,
                                      const char *text, size_t n)
{
    enum cognito_fault fault = check_length(a, text, n);

    if (fault || a->kind == COGNITO_IS_TEXT)
        return fault;
    switch (a->kind) {
    case COGNITO_IS_BOOLEAN:
    case COGNITO_IS_MFA:
        return check_boolean(pool, a, text, n);
    case COGNITO_IS_DATE:
        return cognito_date(text, n) ? COGNITO_OK : COGNITO_BAD_DATE;
    case COGNITO_IS_DATETIME:
        return check_datetime(text, n);
    case COGNITO_IS_EPOCH:
    case COGNITO_IS_NUMBER:
        return check_digits(a, text, n);
    case COGNITO_IS_EMAIL:
        return is_email(text, n) ? COGNITO_OK : COGNITO_BAD_EMAIL;
    case COGNITO_IS_PHONE:
        return is_phone(text, n) ? COGNITO_OK : COGNITO_BAD_PHONE;
    case COGNITO_IS_USERNAME:
        return check_username(pool, text, n);
    default:
        return COGNITO_OK;
    }
}

enum cognito_fault cognito_check_verified(const struct cognito_pool *pool, const struct cognito_verified *user,
                                          bool demanded)
{
    if (user->email && !user->has_email)
        return COGNITO_NO_EMAIL;
    if (user->phone && !user->has_phone)
        return COGNITO_NO_PHONE;
    if (!demanded || (pool->verifies_email && user->email) || (pool->verifies_phone && user->phone))
        return COGNITO_OK;
    return COGNITO_NOT_VERIFIED;
}
