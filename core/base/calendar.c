/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

int64_t leat_days_from_civil(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

bool leat_civil_valid(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

struct leat_civil leat_civil_from_days(int32_t days)
{
    int64_t z = (int64_t)days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t mp = (5 * day_of_year + 2) / 153;
    struct leat_civil c = {0};

    c.day = (int)(day_of_year - (153 * mp + 2) / 5 + 1);
    c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c.year = (int)(year_of_era + era * 400 + (c.month <= 2));
    return c;
}

struct leat_civil leat_civil_from_us(int64_t us)
{
    int64_t days = us / LEAT_US_PER_DAY, rest = us % LEAT_US_PER_DAY;
    struct leat_civil c;

    if (rest < 0) {
        rest += LEAT_US_PER_DAY;
        days--;
    }
    c = leat_civil_from_days((int32_t)days);
    c.microsecond = (int)(rest % LEAT_US_PER_SECOND);
    rest /= LEAT_US_PER_SECOND;
    c.second = (int)(rest % 60);
    c.minute = (int)(rest / 60 % 60);
    c.hour = (int)(rest / 3600);
    return c;
}

static size_t put_date(char *out, struct leat_civil c)
{
    if (c.year >= 0 && c.year <= 9999)
        return (size_t)sprintf(out, "%04d-%02d-%02d", c.year, c.month, c.day);
    return (size_t)sprintf(out, "%+05d-%02d-%02d", c.year, c.month, c.day);
}

size_t leat_format_date(char *out, int32_t days)
{
    return put_date(out, leat_civil_from_days(days));
}

size_t leat_format_timestamp(char *out, int64_t us, bool utc)
{
    struct leat_civil c = leat_civil_from_us(us);
    size_t n = put_date(out, c);

    n += (size_t)sprintf(out + n, " %02d:%02d:%02d", c.hour, c.minute, c.second);
    if (c.microsecond)
        n += (size_t)sprintf(out + n, ".%06d", c.microsecond);
    if (utc)
        out[n++] = 'Z';
    out[n] = '\0';
    return n;
}

/* Reads exactly `digits` digits. */
static bool number(const char **p, const char *end, int digits, int *ret)
{
    int value = 0;

    if (end - *p < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        if ((*p)[i] < '0' || (*p)[i] > '9')
            return false;
        value = value * 10 + (*p)[i] - '0';
    }
    *p += digits;
    *ret = value;
    return true;
}

static bool literal(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return false;
    (*p)++;
    return true;
}

static bool date_part(const char **p, const char *end, int64_t *ret_days)
{
    int year, month, day, sign = 0, digits = 4;

    if (*p < end && (**p == '-' || **p == '+')) {
        sign = *(*p)++ == '-' ? -1 : 1;
        for (const char *q = *p + 4; q < end && *q >= '0' && *q <= '9' && digits < 6; q++)
            digits++;
    }
    if (!number(p, end, digits, &year) || !literal(p, end, '-') || !number(p, end, 2, &month) ||
        !literal(p, end, '-') || !number(p, end, 2, &day) || !leat_civil_valid(year, month, day))
        return false;
    *ret_days = leat_days_from_civil(sign < 0 ? -year : year, month, day);
    return true;
}

bool leat_parse_date(const char *text, size_t n, int32_t *ret_days)
{
    const char *p = text, *end = text + n;
    int64_t days;

    if (!date_part(&p, end, &days) || p != end)
        return false;
    *ret_days = (int32_t)days;
    return true;
}

bool leat_read_fraction(const char **p, const char *end, int *ret_us)
{
    int us = 0, digits = 0;

    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++, digits++)
        if (digits < 6)
            us = us * 10 + **p - '0';
        else if (digits == 6)
            us += **p >= '5';
    for (int i = digits; i < 6; i++)
        us *= 10;
    *ret_us = us;
    return digits > 0 && digits <= 9;
}

/* Z, +01, +0100, +01:00; nothing is no zone. */
static bool zone(const char **p, const char *end, int64_t *ret_seconds, bool *ret_has)
{
    int hours, minutes = 0, sign;

    *ret_has = *p < end;
    *ret_seconds = 0;
    if (*p == end || literal(p, end, 'Z') || literal(p, end, 'z'))
        return *p == end;
    if (**p != '+' && **p != '-')
        return false;
    sign = *(*p)++ == '-' ? -1 : 1;
    if (!number(p, end, 2, &hours))
        return false;
    if (*p < end) {
        (void)literal(p, end, ':');
        if (!number(p, end, 2, &minutes))
            return false;
    }
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return hours <= 15 && minutes <= 59 && *p == end;
}

bool leat_parse_timestamp(const char *text, size_t n, int64_t *ret_us, bool *ret_has_zone)
{
    const char *p = text, *end = text + n;
    int64_t days, offset = 0;
    int hour = 0, minute = 0, second = 0, us = 0;

    *ret_has_zone = false;
    if (!date_part(&p, end, &days))
        return false;
    if (p < end) {
        if (!literal(&p, end, 'T') && !literal(&p, end, ' ') && !literal(&p, end, 't'))
            return false;
        if (!number(&p, end, 2, &hour) || !literal(&p, end, ':') || !number(&p, end, 2, &minute))
            return false;
        if (literal(&p, end, ':') &&
            (!number(&p, end, 2, &second) || (literal(&p, end, '.') && !leat_read_fraction(&p, end, &us))))
            return false;
        if (end - p > 1 && *p == ' ') /* PostgreSQL's and Ruby's space before the zone */
            p++;
        if (!zone(&p, end, &offset, ret_has_zone) || hour > 23 || minute > 59 || second > 59)
            return false;
    }
    if (days > INT64_MAX / LEAT_US_PER_DAY - 2 || days < INT64_MIN / LEAT_US_PER_DAY + 2)
        return false;
    *ret_us = days * LEAT_US_PER_DAY + ((int64_t)hour * 3600 + minute * 60 + second - offset) * LEAT_US_PER_SECOND + us;
    return true;
}
