/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Decimal numbers without their exponents.
 */
#include "kit/text/text.h"

/* A number taken apart: digits, and how many of them stand before the point once the exponent is applied. */
struct parts {
    const char *text;
    size_t n_text;  /* digits and point */
    int64_t before;
    bool negative;
};

static bool take_exponent(const char *p, const char *end, int64_t *ret)
{
    bool negative = p < end && *p == '-';
    int64_t value = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9' || value > 100000)
            return false;
        value = value * 10 + (*p - '0');
    }
    *ret = negative ? -value : value;
    return true;
}

static bool take_apart(const char *text, size_t n, struct parts *ret)
{
    const char *end = text + n, *p;
    int64_t exponent = 0;
    bool point = false;

    *ret = (struct parts){ .negative = n && *text == '-' };
    text += n && (*text == '-' || *text == '+');
    for (p = text; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && !point)); p++) {
        point |= *p == '.';
        ret->before += !point;
    }
    ret->text = text;
    ret->n_text = (size_t)(p - text);
    if (ret->n_text == point)
        return false;
    if (p < end && ((*p | 0x20) != 'e' || !take_exponent(p + 1, end, &exponent)))
        return false;
    ret->before += exponent;
    return true;
}

static void put(char *out, size_t room, size_t *at, char c)
{
    if (*at < room)
        out[*at] = c;
    ++*at;
}

size_t leat_text_plain(const char *text, size_t n, char *out, size_t room)
{
    struct parts d;
    int64_t place = 0;
    size_t at = 0;

    if (!take_apart(text, n, &d))
        return 0;
    if (d.negative)
        put(out, room, &at, '-');
    if (d.before <= 0)
        put(out, room, &at, '0');
    for (place = d.before < 0 ? d.before : 0; place < 0 && at <= room; place++) {
        if (place == d.before)
            put(out, room, &at, '.');
        put(out, room, &at, '0');
    }
    for (size_t i = 0; i < d.n_text && at <= room; i++) {
        if (d.text[i] == '.')
            continue;
        if (place == d.before && d.before >= 0)
            put(out, room, &at, '.');
        put(out, room, &at, d.text[i]);
        place++;
    }
    for (; place < d.before && at <= room; place++)
        put(out, room, &at, '0');
    return at <= room ? at : 0;
}

bool leat_text_to_decimal(const char *text, size_t n, char room[LEAT_DECIMAL_ROOM], struct leat_digits *ret)
{
    if (leat_text_to_digits(text, n, ret))
        return true;
    n = leat_text_plain(text, n, room, LEAT_DECIMAL_ROOM);
    return n && leat_text_to_digits(room, n, ret);
}
