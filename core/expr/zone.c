/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "expr/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"

#define FOLDER "/usr/share/zoneinfo"

enum { MAX_FILE = 256 * 1024, DAY = 86400 };

/* A day of each year on which the clock changes: month, week, weekday; or for
 * month 0 a day of the year, counted with (leap) or without February 29. */
struct change {
    int month, week, day;
    bool leap;
    int64_t time; /* seconds of the day, on the clock before */
};

/* What holds after the last transition of the file. */
struct rule {
    bool known, has_summer;
    int64_t standard, summer; /* seconds east */
    struct change to_summer, to_standard;
};

struct leat_zone {
    int n_times, n_types;
    int64_t *times;    /* ascending */
    uint8_t *types;    /* the type from times[i] on */
    int32_t *offsets;  /* of each type */
    struct rule rule;
};

/* ---- the rule in the footer: CET-1CEST,M3.5.0,M10.5.0/3 ---- */

static bool skip_name(const char **p)
{
    const char *from = *p;

    if (**p == '<') {
        *p += strcspn(*p, ">");
        return *(*p) == '>' && (*p)++;
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
        (*p)++;
    return *p - from >= 3;
}

static int64_t digits(const char **p)
{
    int64_t value = 0;

    while (**p >= '0' && **p <= '9' && value < 100000)
        value = value * 10 + *(*p)++ - '0';
    return value;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int64_t clock_time(const char **p)
{
    int sign = **p == '-' ? -1 : 1;
    int64_t seconds;

    if (**p == '-' || **p == '+')
        (*p)++;
    seconds = digits(p) * 3600;
    if (**p == ':') {
        (*p)++;
        seconds += digits(p) * 60;
    }
    if (**p == ':') {
        (*p)++;
        seconds += digits(p);
    }
    return sign * seconds;
}

static bool read_change(const char **p, struct change *c)
{
    *c = (struct change){.time = 2 * 3600};
    if (*(*p)++ != ',')
        return false;
    if (**p == 'M') {
        (*p)++;
        c->month = (int)digits(p);
        c->week = *(*p) == '.' ? ((*p)++, (int)digits(p)) : 0;
        c->day = *(*p) == '.' ? ((*p)++, (int)digits(p)) : 7;
        if (c->month < 1 || c->month > 12 || c->week < 1 || c->week > 5 || c->day > 6)
            return false;
    } else {
        c->leap = **p != 'J';
        *p += !c->leap;
        c->day = (int)digits(p);
    }
    if (**p == '/') {
        (*p)++;
        c->time = clock_time(p);
    }
    return true;
}

static void read_rule(const char *p, struct rule *r)
{
    if (!skip_name(&p))
        return;
    r->standard = -clock_time(&p);
    r->known = *p == '\0';
    if (r->known || !skip_name(&p))
        return;
    r->summer = *p == ',' ? r->standard + 3600 : -clock_time(&p);
    r->has_summer = r->known = read_change(&p, &r->to_summer) && read_change(&p, &r->to_standard) && *p == '\0';
}

/* Seconds since 1970 of a change in a year, on the clock before it. */
static int64_t change_in(const struct change *c, int year)
{
    bool leap_year = leat_civil_valid(year, 2, 29);
    int64_t day, weekday;

    if (!c->month) {
        day = leat_days_from_civil(year, 1, 1) + c->day - !c->leap + (!c->leap && leap_year && c->day >= 60);
        return day * DAY + c->time;
    }
    day = leat_days_from_civil(year, c->month, 1);
    weekday = ((day + 4) % 7 + 7) % 7;
    day += (c->day - weekday + 7) % 7 + 7 * (c->week - 1);
    while (day >= leat_days_from_civil(year + (c->month == 12), c->month % 12 + 1, 1))
        day -= 7; /* week 5 is the last one */
    return day * DAY + c->time;
}

static int64_t rule_offset(const struct rule *r, int64_t utc)
{
    int64_t local = utc + r->standard, begin, end;
    int year = leat_civil_from_days((int32_t)(local / DAY - (local % DAY < 0))).year;

    if (!r->has_summer)
        return r->standard;
    begin = change_in(&r->to_summer, year) - r->standard;
    end = change_in(&r->to_standard, year) - r->summer;
    if (begin < end)
        return utc >= begin && utc < end ? r->summer : r->standard;
    return utc >= end && utc < begin ? r->standard : r->summer;
}

/* ---- the file ---- */

static int64_t big_endian(const uint8_t *p, int n)
{
    uint64_t value = p[0] & 0x80 ? ~UINT64_C(0) : 0;

    for (int i = 0; i < n; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

struct header {
    size_t utc, standard, leaps, times, types, characters;
};

static bool read_header(const uint8_t *p, const uint8_t *end, struct header *h)
{
    size_t *counts[] = {&h->utc, &h->standard, &h->leaps, &h->times, &h->types, &h->characters};

    if (end - p < 44 || memcmp(p, "TZif", 4) != 0)
        return false;
    for (int i = 0; i < 6; i++) {
        *counts[i] = (size_t)big_endian(p + 20 + 4 * i, 4);
        if (*counts[i] > MAX_FILE)
            return false;
    }
    return h->types > 0;
}

static size_t body_bytes(const struct header *h, size_t width)
{
    return h->times * (width + 1) + h->types * 6 + h->characters + h->leaps * (width + 4) + h->standard + h->utc;
}

/* The second half of the file, which has times of 64 bits. */
static bool read_body(struct leat_zone *z, const uint8_t *p, const uint8_t *end, const struct header *h)
{
    const uint8_t *footer = p + body_bytes(h, 8), *line;
    char rule[128];

    if ((size_t)(end - p) < body_bytes(h, 8))
        return false;
    z->n_times = (int)h->times;
    z->n_types = (int)h->types;
    z->times = leat_alloc_array(h->times + 1, sizeof *z->times);
    z->types = leat_alloc(h->times + 1);
    z->offsets = leat_alloc_array(h->types, sizeof *z->offsets);
    for (size_t i = 0; i < h->times; i++)
        z->times[i] = big_endian(p + 8 * i, 8);
    p += 8 * h->times;
    for (size_t i = 0; i < h->times; i++)
        if ((z->types[i] = p[i]) >= h->types)
            return false;
    p += h->times;
    for (size_t i = 0; i < h->types; i++)
        z->offsets[i] = (int32_t)big_endian(p + 6 * i, 4);
    if (end - footer > 2 && *footer == '\n' && (line = memchr(footer + 1, '\n', (size_t)(end - footer) - 1)) &&
        line - footer <= (ptrdiff_t)sizeof rule) {
        memcpy(rule, footer + 1, (size_t)(line - footer) - 1);
        rule[line - footer - 1] = '\0';
        read_rule(rule, &z->rule);
    }
    return true;
}

static bool read_zone(struct leat_zone *z, const uint8_t *p, size_t n)
{
    const uint8_t *end = p + n;
    struct header h;

    if (!read_header(p, end, &h) || p[4] < '2' || (size_t)(end - p) < 44 + body_bytes(&h, 4))
        return false;
    p += 44 + body_bytes(&h, 4);
    return read_header(p, end, &h) && read_body(z, p + 44, end, &h);
}

static bool is_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/", *c))
            return false;
    return *name && *name != '/' && strlen(name) < 200;
}

struct leat_zone *leat_zone_open(const char *name, struct leat_error *err)
{
    struct leat_zone *z = leat_alloc(sizeof *z);
    uint8_t *bytes = leat_alloc(MAX_FILE);
    char path[256];
    FILE *file = NULL;
    bool good = false;

    if (is_name(name)) {
        (void)snprintf(path, sizeof path, FOLDER "/%s", name);
        file = fopen(path, "rbe");
    }
    if (file) {
        good = read_zone(z, bytes, fread(bytes, 1, MAX_FILE, file));
        (void)fclose(file);
    }
    free(bytes);
    if (good)
        return z;
    leat_zone_close(z);
    (void)leat_fail(err, -EINVAL, "there is no time zone '%s' in " FOLDER "; one is named like Europe/Paris", name);
    return NULL;
}

void leat_zone_close(struct leat_zone *z)
{
    if (!z)
        return;
    free(z->times);
    free(z->types);
    free(z->offsets);
    free(z);
}

/* ---- asking ---- */

int64_t leat_zone_offset(const struct leat_zone *z, int64_t utc)
{
    int low = 0, high = z->n_times; /* the first transition behind `utc` */

    if (z->rule.known && (!z->n_times || utc >= z->times[z->n_times - 1]))
        return rule_offset(&z->rule, utc);
    while (low < high) {
        int middle = low + (high - low) / 2;

        if (z->times[middle] <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return z->offsets[low ? z->types[low - 1] : 0];
}

int64_t leat_zone_to_utc(const struct leat_zone *z, int64_t local)
{
    /* No zone is a day off, and none changes twice within two days. */
    int64_t before = leat_zone_offset(z, local - DAY), after = leat_zone_offset(z, local + DAY);

    if (leat_zone_offset(z, local - after) == after)
        return local - after;
    return local - before;
}
