/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Dates and timestamps out of text: ISO 8601, proleptic Gregorian calendar.
 */
#include "kit/text/text.h"

#define US_PER_SECOND INT64_C(1000000)

struct cursor {
    const char *p, *end;
};

static bool digit(const struct cursor *c)
{
    return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

/* From `min` to `max` digits. */
static bool number(struct cursor *c, int min, int max, int *ret)
{
    int n = 0, value = 0;

    for (; n < max && digit(c); n++)
        value = value * 10 + *c->p++ - '0';
    *ret = value;
    return n >= min;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Years that begin in March put the leap day at their end. */
static int64_t days_from(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool date(struct cursor *c, int64_t *ret_days)
{
    bool negative = take(c, '-'), sign = negative || take(c, '+');
    int year, month, day;

    if (!number(c, 4, sign ? 6 : 4, &year) || !take(c, '-') || !number(c, 2, 2, &month) || !take(c, '-') ||
        !number(c, 2, 2, &day))
        return false;
    year = negative ? -year : year;
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *ret_days = days_from(year, month, day);
    return true;
}

bool leat_text_to_date(const char *text, size_t n, int32_t *ret_days)
{
    struct cursor c = { text, text + n };
    int64_t days;

    if (!date(&c, &days) || c.p != c.end)
        return false;
    *ret_days = (int32_t)days;
    return true;
}

/* .5 is 500000; of the digits beyond the sixth, nine in all at most, the first rounds. */
static bool fraction(struct cursor *c, int *ret_us)
{
    int digits = 0, us = 0;

    for (; digit(c) && digits < 9; c->p++, digits++)
        if (digits < 6)
            us = us * 10 + *c->p - '0';
        else if (digits == 6)
            us += *c->p >= '5'; /* rounded, as PostgreSQL does */
    for (int i = digits; i < 6; i++)
        us *= 10;
    *ret_us = us;
    return digits > 0;
}

/* Z, +01, +0130, +01:30. */
static bool offset(struct cursor *c, int *ret_seconds)
{
    int hours, minutes = 0, sign;

    *ret_seconds = 0;
    if (take(c, 'Z') || take(c, 'z'))
        return true;
    sign = take(c, '-') ? -1 : 1;
    if (sign > 0 && !take(c, '+'))
        return false;
    if (!number(c, 2, 2, &hours))
        return false;
    if (take(c, ':') ? !number(c, 2, 2, &minutes) : digit(c) && !number(c, 2, 2, &minutes))
        return false;
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return hours <= 15 && minutes <= 59;
}

static bool time_of_day(struct cursor *c, int64_t *ret_us)
{
    int hour, minute, second = 0, us = 0;

    if (!number(c, 2, 2, &hour) || !take(c, ':') || !number(c, 2, 2, &minute))
        return false;
    if (take(c, ':') && (!number(c, 2, 2, &second) || (take(c, '.') && !fraction(c, &us))))
        return false;
    *ret_us = ((int64_t)hour * 3600 + minute * 60 + second) * US_PER_SECOND + us;
    return hour <= 23 && minute <= 59 && second <= 59;
}

bool leat_text_to_timestamp(const char *text, size_t n, int64_t *ret_us, bool *ret_has_offset)
{
    struct cursor c = { text, text + n };
    int64_t days, us = 0;
    int seconds = 0;
    bool has_offset = false;

    if (!date(&c, &days))
        return false;
    if (c.p < c.end) {
        if (!take(&c, ' ') && !take(&c, 'T') && !take(&c, 't'))
            return false;
        if (!time_of_day(&c, &us))
            return false;
        (void)take(&c, ' '); /* PostgreSQL and Ruby write one before the offset */
        has_offset = c.p < c.end;
        if (has_offset && !offset(&c, &seconds))
            return false;
    }
    if (c.p != c.end || text[n - 1] == ' ')
        return false;
    if (__builtin_mul_overflow(days, 86400 * US_PER_SECOND, &days) || __builtin_add_overflow(days, us, &us) ||
        __builtin_sub_overflow(us, seconds * US_PER_SECOND, &us))
        return false;
    *ret_us = us;
    *ret_has_offset = has_offset;
    return true;
}
