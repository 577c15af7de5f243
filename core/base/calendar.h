/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The proleptic Gregorian calendar, without libc's time zones and locales.
 */
#ifndef LEAT_BASE_CALENDAR_H
#define LEAT_BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAT_US_PER_SECOND INT64_C(1000000)
#define LEAT_US_PER_DAY (INT64_C(86400) * LEAT_US_PER_SECOND)

struct leat_civil {
    int year, month, day; /* 1-based month and day */
    int hour, minute, second, microsecond;
};

/* Days since 1970-01-01; month 1 to 12. Days beyond the month's end count on. */
int64_t leat_days_from_civil(int year, int month, int day);
bool leat_civil_valid(int year, int month, int day);
/* Splits microseconds since 1970-01-01 00:00:00. */
struct leat_civil leat_civil_from_us(int64_t us);
struct leat_civil leat_civil_from_days(int32_t days);

/* The digits of a fraction of a second, nine at most, rounded to microseconds
 * (which may be a million). Moves *p behind them. */
bool leat_read_fraction(const char **p, const char *end, int *ret_us);
/* ISO 8601: 2024-02-29, and 2024-02-29 12:00:00[.123456][Z]. Years beyond
 * 0000..9999 have a sign. Returns bytes written (< 40), NUL-terminated. */
size_t leat_format_date(char *out, int32_t days);
size_t leat_format_timestamp(char *out, int64_t us, bool utc);
/* Reads the same forms (also with T, with an offset, without seconds). False if it is none. */
bool leat_parse_date(const char *text, size_t n, int32_t *ret_days);
bool leat_parse_timestamp(const char *text, size_t n, int64_t *ret_us, bool *ret_has_zone);

#endif
