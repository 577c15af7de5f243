/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Bools, numbers and bytes out of text.
 */
#include "kit/text/text.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

enum { MAX_FLOAT64 = 1000 }; /* characters */

bool leat_text_to_bool(const char *text, size_t n, bool *ret)
{
    static const struct { const char *word; bool value; } words[] = {
        { "true", true }, { "false", false }, { "t", true }, { "f", false }, { "1", true },  { "0", false },
        { "yes", true },  { "no", false },    { "y", true }, { "n", false }, { "on", true }, { "off", false },
    };

    for (size_t i = 0; n && i < sizeof words / sizeof *words; i++)
        if (*words[i].word == (*text | 0x20) && strlen(words[i].word) == n &&
            strncasecmp(words[i].word, text, n) == 0) {
            *ret = words[i].value;
            return true;
        }
    return false;
}

static const char *skip_sign(const char *p, const char *end)
{
    return p < end && (*p == '-' || *p == '+') ? p + 1 : p;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

bool leat_text_to_int64(const char *text, size_t n, int64_t *ret)
{
    const char *end = text + n, *p = skip_sign(text, end);
    bool negative = p > text && *text == '-';
    int64_t value = 0;

    if (p == end)
        return false;
    for (; p < end; p++) {
        int digit = *p - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *ret = value;
    return true;
}

/* Reads digits with a point at most; returns their end, or NULL if there is no digit. */
static const char *read_digits(const char *text, const char *end, struct leat_digits *ret)
{
    const char *begin = skip_sign(text, end), *point = skip_digits(begin, end), *whole = begin, *p = point;

    while (whole < point && *whole == '0')
        whole++;
    if (p < end && *p == '.')
        p = skip_digits(p + 1, end);
    *ret = (struct leat_digits){ .minus = begin > text && *text == '-', .whole = whole, .fraction = p,
                                 .n_whole = (size_t)(point - whole) };
    if (p > point) {
        ret->fraction = point + 1;
        ret->n_fraction = (size_t)(p - ret->fraction);
    }
    return point > begin || ret->n_fraction ? p : NULL;
}

bool leat_text_to_digits(const char *text, size_t n, struct leat_digits *ret)
{
    struct leat_digits digits;

    if (read_digits(text, text + n, &digits) != text + n || n == 0)
        return false;
    *ret = digits;
    return true;
}

static bool float64_word(const char *text, size_t n, double *ret)
{
    const char *word = skip_sign(text, text + n);
    bool negative = word > text && *text == '-';

    n -= (size_t)(word - text);
    if ((n == 3 && strncasecmp(word, "inf", 3) == 0) || (n == 8 && strncasecmp(word, "infinity", 8) == 0))
        *ret = negative ? -(double)INFINITY : (double)INFINITY;
    else if (n == 3 && strncasecmp(word, "nan", 3) == 0)
        *ret = (double)NAN;
    else
        return false;
    return true;
}

/* Behind a number: e or E and a whole number, or nothing. */
static const char *skip_exponent(const char *p, const char *end)
{
    const char *digits;

    if (p == end || (*p | 0x20) != 'e')
        return p;
    digits = skip_sign(p + 1, end);
    p = skip_digits(digits, end);
    return p > digits ? p : NULL;
}

bool leat_digits_are_zero(const struct leat_digits *d)
{
    for (size_t i = 0; i < d->n_fraction; i++)
        if (d->fraction[i] != '0')
            return false;
    return d->n_whole == 0;
}

bool leat_text_to_float64(const char *text, size_t n, double *ret)
{
    const char *end = text + n, *p;
    char room[MAX_FLOAT64 + 1];
    struct leat_digits digits;
    double value;

    p = read_digits(text, end, &digits);
    if (!p)
        return float64_word(text, n, ret);
    if (n > MAX_FLOAT64 || skip_exponent(p, end) != end)
        return false;
    memcpy(room, text, n);
    room[n] = '\0';
    value = strtod(room, NULL);
    if (isinf(value) || (value == 0 && !leat_digits_are_zero(&digits)))
        return false;
    *ret = value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool leat_text_to_bytes(const char *hex, size_t n, char *out)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

        if (high < 0 || low < 0)
            return false;
        if (out)
            *out++ = (char)(high << 4 | low);
    }
    return n % 2 == 0;
}
