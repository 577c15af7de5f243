/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "expr/timeformat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

static const char known[] = "YymdeHIMSjbBaApfz%";
static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static void add(struct leat_time_format *f, char letter, char byte)
{
    f->letters[f->n] = letter;
    f->bytes[f->n++] = (uint8_t)byte;
    f->has_zone = f->has_zone || letter == 'z';
    f->has_time = f->has_time || (letter && strchr("HIMSpf", letter));
}

/* %F and the like. */
static const char *long_form(char letter)
{
    return letter == 'F' ? "%Y-%m-%d" : letter == 'T' ? "%H:%M:%S" : letter == 'R' ? "%H:%M" : NULL;
}

static bool has(const struct leat_time_format *f, const char *letters)
{
    for (int i = 0; i < f->n; i++)
        if (f->letters[i] && strchr(letters, f->letters[i]))
            return true;
    return false;
}

static int check_reading(const struct leat_time_format *f, const char *text, size_t n, struct leat_error *err)
{
    if (!has(f, "Yy") || !(has(f, "j") || (has(f, "mbB") && has(f, "de"))))
        return leat_fail(err, -EINVAL, "the format '%.*s' has no whole date: year (%%Y), month (%%m) and day (%%d)",
                         n < 100 ? (int)n : 100, text);
    if (has(f, "I") != has(f, "p"))
        return leat_fail(err, -EINVAL, "in the format '%.*s' %%I needs %%p, and %%p needs %%I", n < 100 ? (int)n : 100,
                         text);
    return 0;
}

static bool elements(struct leat_time_format *f, const char *text, size_t n, char *ret_unknown)
{
    for (size_t i = 0; i < n; i++) {
        const char *more;

        if (text[i] != '%') {
            add(f, '\0', text[i]);
            continue;
        }
        *ret_unknown = ++i < n ? text[i] : '%';
        if (i == n)
            return false;
        more = long_form(text[i]);
        for (; more && *more; more++) {
            if (*more == '%')
                more++, add(f, *more, '\0');
            else
                add(f, '\0', *more);
        }
        if (long_form(text[i]))
            continue;
        if (!text[i] || !strchr(known, text[i]))
            return false;
        add(f, text[i] == '%' ? '\0' : text[i], '%');
    }
    return true;
}

int leat_time_format_init(struct leat_time_format *f, const char *text, size_t n, bool for_reading,
                          struct leat_error *err)
{
    char unknown = '%';
    int rc;

    *f = (struct leat_time_format){.letters = leat_alloc(5 * n + 1), .bytes = leat_alloc(5 * n + 1)};
    if (elements(f, text, n, &unknown)) {
        rc = for_reading ? check_reading(f, text, n, err) : 0;
    } else {
        rc = leat_fail(err, -EINVAL,
                       "there is no %%%c in a format; there are %%Y %%y %%m %%d %%e %%j %%b %%B %%a %%A %%H %%I %%M %%S "
                       "%%p %%f %%z %%F %%T %%R %%%%",
                       unknown > ' ' && unknown < 0x7F ? unknown : '?');
    }
    if (rc < 0)
        leat_time_format_deinit(f);
    return rc;
}

void leat_time_format_deinit(struct leat_time_format *f)
{
    free(f->letters);
    free(f->bytes);
    *f = (struct leat_time_format){0};
}

/* ---- reading ---- */

struct reading {
    const char *p, *end;
    int year, month, day, day_of_year, hour, minute, second, microsecond;
    bool pm;
    int64_t offset; /* seconds east of UTC */
};

/* From `least` to `most` digits. */
static bool number(struct reading *r, int least, int most, int *ret)
{
    int value = 0, digits = 0;

    while (digits < most && r->p < r->end && *r->p >= '0' && *r->p <= '9') {
        value = value * 10 + *r->p++ - '0';
        digits++;
    }
    *ret = value;
    return digits >= least;
}

/* A name, whole or its first three letters; its number in the list. */
static bool word(struct reading *r, const char *const *words, int n_words, int *ret)
{
    for (int i = 0; i < n_words; i++) {
        size_t n = strlen(words[i]), left = (size_t)(r->end - r->p);

        if (left < 3 || strncasecmp(r->p, words[i], 3) != 0)
            continue;
        r->p += left >= n && strncasecmp(r->p, words[i], n) == 0 ? n : 3;
        *ret = i;
        return true;
    }
    return false;
}

static bool zone(struct reading *r)
{
    int hours, minutes = 0, sign;

    if (r->p < r->end && (*r->p == 'Z' || *r->p == 'z')) {
        r->p++;
        return true;
    }
    if (r->p == r->end || (*r->p != '+' && *r->p != '-'))
        return false;
    sign = *r->p++ == '-' ? -1 : 1;
    if (!number(r, 2, 2, &hours))
        return false;
    if (r->end - r->p >= 2 && (*r->p == ':' || (*r->p >= '0' && *r->p <= '9'))) {
        r->p += *r->p == ':';
        if (!number(r, 2, 2, &minutes))
            return false;
    }
    r->offset = sign * (hours * 3600 + minutes * 60);
    return hours <= 15 && minutes <= 59;
}

static bool half_day(struct reading *r)
{
    if (r->end - r->p < 2 || (r->p[1] | 0x20) != 'm' || ((*r->p | 0x20) != 'a' && (*r->p | 0x20) != 'p'))
        return false;
    r->pm = (*r->p | 0x20) == 'p';
    r->p += 2;
    return true;
}

static bool read_element(struct reading *r, char letter)
{
    int ignored;

    switch (letter) {
    case 'Y':
        return number(r, 4, 4, &r->year);
    case 'y':
        if (!number(r, 2, 2, &r->year))
            return false;
        r->year += r->year < 69 ? 2000 : 1900;
        return true;
    case 'm':
        return number(r, 1, 2, &r->month);
    case 'e':
        if (r->p < r->end && *r->p == ' ')
            r->p++;
        return number(r, 1, 2, &r->day);
    case 'd':
        return number(r, 1, 2, &r->day);
    case 'j':
        return number(r, 1, 3, &r->day_of_year) && r->day_of_year > 0;
    case 'H':
        return number(r, 1, 2, &r->hour) && r->hour <= 23;
    case 'I':
        return number(r, 1, 2, &r->hour) && r->hour >= 1 && r->hour <= 12;
    case 'M':
        return number(r, 1, 2, &r->minute) && r->minute <= 59;
    case 'S':
        return number(r, 1, 2, &r->second) && r->second <= 59;
    case 'f':
        return leat_read_fraction(&r->p, r->end, &r->microsecond);
    case 'z':
        return zone(r);
    case 'p':
        return half_day(r);
    case 'b':
    case 'B':
        return word(r, months, 12, &r->month) && r->month++ >= 0;
    default:
        return word(r, weekdays, 7, &ignored);
    }
}

bool leat_time_read(const struct leat_time_format *f, const char *text, size_t n, int64_t *ret_us)
{
    struct reading r = {.p = text, .end = text + n};
    bool half = false;
    int64_t days;

    for (int i = 0; i < f->n; i++) {
        half = half || f->letters[i] == 'I';
        if (f->letters[i]) {
            if (!read_element(&r, f->letters[i]))
                return false;
        } else if (r.p == r.end || (uint8_t)*r.p++ != f->bytes[i]) {
            return false;
        }
    }
    if (r.p != r.end)
        return false;
    if (r.day_of_year) {
        days = leat_days_from_civil(r.year, 1, 1) + r.day_of_year - 1;
        if (r.day_of_year > 366 || days >= leat_days_from_civil(r.year + 1, 1, 1))
            return false;
    } else {
        if (!leat_civil_valid(r.year, r.month, r.day))
            return false;
        days = leat_days_from_civil(r.year, r.month, r.day);
    }
    if (half)
        r.hour = r.hour % 12 + (r.pm ? 12 : 0);
    *ret_us = days * LEAT_US_PER_DAY + (r.hour * 3600 + r.minute * 60 + r.second - r.offset) * LEAT_US_PER_SECOND +
              r.microsecond;
    return true;
}

/* ---- writing ---- */

static size_t write_element(char letter, const struct leat_civil *c, int64_t days, char *room)
{
    int64_t weekday = ((days + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */

    switch (letter) {
    case 'Y':
        return (size_t)sprintf(room, "%04d", c->year);
    case 'y':
        return (size_t)sprintf(room, "%02d", (c->year % 100 + 100) % 100);
    case 'm':
        return (size_t)sprintf(room, "%02d", c->month);
    case 'd':
        return (size_t)sprintf(room, "%02d", c->day);
    case 'e':
        return (size_t)sprintf(room, "%2d", c->day);
    case 'j':
        return (size_t)sprintf(room, "%03d", (int)(days - leat_days_from_civil(c->year, 1, 1)) + 1);
    case 'H':
        return (size_t)sprintf(room, "%02d", c->hour);
    case 'I':
        return (size_t)sprintf(room, "%02d", (c->hour + 11) % 12 + 1);
    case 'M':
        return (size_t)sprintf(room, "%02d", c->minute);
    case 'S':
        return (size_t)sprintf(room, "%02d", c->second);
    case 'f':
        return (size_t)sprintf(room, "%06d", c->microsecond);
    case 'p':
        return (size_t)sprintf(room, "%s", c->hour < 12 ? "AM" : "PM");
    case 'z':
        return (size_t)sprintf(room, "+0000");
    case 'b':
        return (size_t)sprintf(room, "%.3s", months[c->month - 1]);
    case 'B':
        return (size_t)sprintf(room, "%s", months[c->month - 1]);
    case 'a':
        return (size_t)sprintf(room, "%.3s", weekdays[weekday]);
    default:
        return (size_t)sprintf(room, "%s", weekdays[weekday]);
    }
}

size_t leat_time_write(const struct leat_time_format *f, int64_t us, char *room)
{
    struct leat_civil c = leat_civil_from_us(us);
    int64_t days = us / LEAT_US_PER_DAY - (us % LEAT_US_PER_DAY < 0);
    size_t n = 0;

    for (int i = 0; i < f->n; i++) {
        if (f->letters[i])
            n += write_element(f->letters[i], &c, days, room + n);
        else
            room[n++] = (char)f->bytes[i];
    }
    return n;
}
