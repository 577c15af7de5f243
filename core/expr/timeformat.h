/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Formats of dates and times in strftime's letters, read strictly and without
 * libc's locales:
 *
 *     %Y 4 digits   %y 2 digits (69..99: 1969..1999)   %m %d %H %I %M %S 1 or 2 digits
 *     %e the day, filled with a space   %j day of the year   %b %B month, %a %A weekday in English
 *     %p AM or PM   %f fraction of a second, 1 to 9 digits   %z Z, +01, +0100 or +01:00
 *     %F %Y-%m-%d   %T %H:%M:%S   %R %H:%M   %% a percent sign
 */
#ifndef LEAT_EXPR_TIMEFORMAT_H
#define LEAT_EXPR_TIMEFORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <leat/error.h>

#include "base/calendar.h"

struct leat_time_format {
    char *letters;   /* a letter of % for each element, or NUL for a literal ... */
    uint8_t *bytes;  /* ... which is this byte */
    int n;
    bool has_zone, has_time;
};

/* Wants a format for reading to name a whole date. On failure a sentence. */
LEAT_MUST_CHECK int leat_time_format_init(struct leat_time_format *format, const char *text, size_t n, bool for_reading,
                                          struct leat_error *err);
void leat_time_format_deinit(struct leat_time_format *format);

/* Reads the whole text. Microseconds since 1970, in UTC if the format has %z. */
bool leat_time_read(const struct leat_time_format *format, const char *text, size_t n, int64_t *ret_us);
/* Writes; `room` has LEAT_TIME_BYTES for each element. Returns the bytes. */
enum { LEAT_TIME_BYTES = 16 };
size_t leat_time_write(const struct leat_time_format *format, int64_t us, char *room);

#endif
