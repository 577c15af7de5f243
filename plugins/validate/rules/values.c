/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Texts that are to be values of another type, and bounds of numbers and dates
 * in a text. No spaces around, no locale.
 */
#include <math.h>
#include <stdlib.h>

#include "kit/json/json.h"
#include "rules.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static const char *sign(const char *p, const char *end)
{
    return p < end && (*p == '-' || *p == '+') ? p + 1 : p;
}

bool parse_int64(const char *text, size_t n, int64_t *ret)
{
    const char *end = text + n, *p = sign(text, end);
    int64_t value = 0;

    if (p == end || digits(p, end) != end)
        return false;
    for (; p < end; p++) /* down, as there is one more below zero */
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, *p - '0', &value))
            return false;
    if (*text != '-' && value == INT64_MIN)
        return false;
    *ret = *text == '-' ? value : -value;
    return true;
}

/* Digits with a point at most: 12, 12.5, .5, 12. */
static const char *plain_number(const char *p, const char *end)
{
    const char *whole = p, *fraction;

    p = digits(p, end);
    if (p == end || *p != '.')
        return p > whole ? p : NULL;
    fraction = ++p;
    p = digits(p, end);
    return p - fraction + (fraction - 1 - whole) > 0 ? p : NULL;
}

static bool is_word(const char *text, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(text, word, n) == 0;
}

bool parse_float64(const char *text, size_t n, double *ret)
{
    const char *end = text + n, *begin = sign(text, end), *p = plain_number(begin, end);
    char room[64];

    if (is_word(begin, (size_t)(end - begin), "Infinity") || is_word(text, n, "NaN")) {
        *ret = *text == 'N' ? (double)NAN : *text == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (p && p < end && (*p | 0x20) == 'e') {
        const char *exponent = sign(p + 1, end);

        p = exponent < end ? digits(exponent, end) : NULL;
    }
    if (p != end || n >= sizeof room)
        return false;
    memcpy(room, text, n);
    room[n] = '\0';
    *ret = strtod(room, NULL);
    return isfinite(*ret);
}

bool parse_decimal(const char *text, size_t n, struct decimal *ret)
{
    const char *end = text + n, *p = sign(text, end), *point;

    if (plain_number(p, end) != end || n == 0)
        return false;
    while (p < end && *p == '0')
        p++;
    point = digits(p, end);
    *ret = (struct decimal){ .whole = p, .n_whole = (size_t)(point - p) };
    if (point < end) {
        ret->fraction = point + 1;
        ret->n_fraction = (size_t)(end - point) - 1;
        while (ret->n_fraction && ret->fraction[ret->n_fraction - 1] == '0')
            ret->n_fraction--;
    }
    ret->negative = *text == '-' && ret->n_whole + ret->n_fraction > 0;
    return true;
}

/* Without the sign. */
static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    size_t shorter = a->n_fraction < b->n_fraction ? a->n_fraction : b->n_fraction;
    int order;

    if (a->n_whole != b->n_whole)
        return a->n_whole < b->n_whole ? -1 : 1;
    order = a->n_whole ? memcmp(a->whole, b->whole, a->n_whole) : 0;
    if (order == 0 && shorter)
        order = memcmp(a->fraction, b->fraction, shorter);
    if (order == 0)
        order = a->n_fraction < b->n_fraction ? -1 : a->n_fraction > b->n_fraction;
    return order;
}

static int compare_decimals(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

/* A text that is no number passes: the rule that it must be one stands before. */
bool at_least_decimal(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    struct decimal value;

    (void)worker;
    return !parse_decimal(text, n, &value) || compare_decimals(&value, &rule->decimal) >= 0;
}

bool at_most_decimal(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    struct decimal value;

    (void)worker;
    return !parse_decimal(text, n, &value) || compare_decimals(&value, &rule->decimal) <= 0;
}

/* ---- dates and times ---- */

/* Exactly `count` digits at *p. */
static bool number(const char **p, const char *end, int count, int *ret)
{
    int value = 0;

    if (end - *p < count)
        return false;
    for (int i = 0; i < count; i++) {
        if (!is_digit((*p)[i]))
            return false;
        value = value * 10 + (*p)[i] - '0';
    }
    *p += count;
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

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01, in years that begin on the first of March; the year is 0 to 9999. */
static int32_t days_from_civil(int year, int month, int day)
{
    int y = year + 400 - (month <= 2), era = y / 400, year_of_era = y % 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (era - 1) * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool date_part(const char **p, const char *end, int32_t *ret_days)
{
    int year, month, day;

    if (!number(p, end, 4, &year) || !literal(p, end, '-') || !number(p, end, 2, &month) || !literal(p, end, '-') ||
        !number(p, end, 2, &day) || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = days_from_civil(year, month, day);
    return true;
}

bool parse_date(const char *text, size_t n, int32_t *ret_days)
{
    const char *p = text;

    return date_part(&p, text + n, ret_days) && p == text + n;
}

/* 12:30, 12:30:59, 12:30:59.123456789 */
static bool time_part(const char **p, const char *end, int64_t *ret_us)
{
    int hour, minute, second = 0, us = 0, unit = 100000;
    const char *fraction;

    if (!number(p, end, 2, &hour) || !literal(p, end, ':') || !number(p, end, 2, &minute))
        return false;
    if (literal(p, end, ':') && !number(p, end, 2, &second))
        return false;
    if (literal(p, end, '.')) {
        for (fraction = *p; *p < end && is_digit(**p); (*p)++, unit /= 10)
            us += (**p - '0') * unit;
        if (*p == fraction || *p - fraction > 9)
            return false;
    }
    *ret_us = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + us;
    return hour <= 23 && minute <= 59 && second <= 59;
}

/* Nothing, Z, +01, +0100, +01:00, at the end of the text. */
static bool zone_part(const char *p, const char *end, int64_t *ret_us)
{
    int hours, minutes = 0, direction;

    *ret_us = 0;
    if (p == end || ((*p | 0x20) == 'z' && p + 1 == end))
        return true;
    direction = *p == '+' ? 1 : -1;
    if (!literal(&p, end, direction > 0 ? '+' : '-') || !number(&p, end, 2, &hours))
        return false;
    if (p < end) {
        (void)literal(&p, end, ':');
        if (!number(&p, end, 2, &minutes))
            return false;
    }
    *ret_us = direction * (hours * INT64_C(3600) + minutes * 60) * 1000000;
    return hours <= 15 && minutes <= 59 && p == end;
}

bool parse_timestamp(const char *text, size_t n, int64_t *ret_us)
{
    const char *p = text, *end = text + n;
    int64_t time = 0, offset = 0;
    int32_t days;

    if (!date_part(&p, end, &days))
        return false;
    if (p < end) {
        if (!literal(&p, end, 'T') && !literal(&p, end, ' ') && !literal(&p, end, 't'))
            return false;
        if (!time_part(&p, end, &time))
            return false;
        (void)literal(&p, end, ' ');
        if (!zone_part(p, end, &offset))
            return false;
    }
    *ret_us = days * INT64_C(86400000000) + time - offset;
    return true;
}

/* As for numbers: what is no date passes here. */
bool date_in_range(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int32_t days;

    (void)worker;
    return !parse_date(text, n, &days) || (days >= rule->low && days <= rule->high);
}

/* ---- the rule `type` ---- */

bool is_int64(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int64_t value;

    (void)rule, (void)worker;
    return parse_int64(text, n, &value);
}

bool is_float64(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    double value;

    (void)rule, (void)worker;
    return parse_float64(text, n, &value);
}

bool is_decimal(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    struct decimal value;

    (void)rule, (void)worker;
    return parse_decimal(text, n, &value);
}

bool is_date(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int32_t days;

    (void)rule, (void)worker;
    return parse_date(text, n, &days);
}

bool is_timestamp(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int64_t us;

    (void)rule, (void)worker;
    return parse_timestamp(text, n, &us);
}

bool is_bool(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    static const char *const words[] = { "true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0" };
    char lower[8];

    (void)rule, (void)worker;
    if (n >= sizeof lower)
        return false;
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 0x20 : text[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(lower, n, words[i]))
            return true;
    return false;
}

bool is_json(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    struct leat_json json = leat_json_begin(text, n);
    struct leat_json_span value;

    (void)rule, (void)worker;
    return leat_json_value(&json, &value) && leat_json_end(&json);
}
