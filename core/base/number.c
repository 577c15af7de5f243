/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/number.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
};

bool leat_parse_integer(const char *text, int64_t *ret)
{
    const char *digits = text + (*text == '-' || *text == '+');
    char *end;
    long long value;

    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end)
        return false;
    *ret = value;
    return true;
}

/* Decimal digits with an optional fraction, then one of the units. */
static bool with_unit(const char *text, const struct unit *units, int64_t *ret)
{
    int64_t whole = 0;
    double fraction = 0, place = 0.1;
    const char *p = text;

    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *p - '0', &whole))
            return false;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, place /= 10)
            fraction += (*p - '0') * place;
    while (*p == ' ')
        p++;
    for (; units->name; units++)
        if (strcasecmp(p, units->name) == 0 && !__builtin_mul_overflow(whole, units->factor, &whole) &&
            !__builtin_add_overflow(whole, (int64_t)(fraction * (double)units->factor), &whole)) {
            *ret = whole;
            return true;
        }
    return false;
}

bool leat_parse_size(const char *text, int64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1}, {"b", 1},
        {"k", 1 << 10}, {"kb", 1 << 10}, {"kib", 1 << 10},
        {"m", 1 << 20}, {"mb", 1 << 20}, {"mib", 1 << 20},
        {"g", 1 << 30}, {"gb", 1 << 30}, {"gib", 1 << 30},
        {NULL, 0},
    };

    return with_unit(text, units, ret_bytes);
}

bool leat_parse_duration(const char *text, int64_t *ret_ms)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
    };

    return with_unit(text, units, ret_ms);
}
