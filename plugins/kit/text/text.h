/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values as text, the way leat writes them wherever text is asked for:
 *
 *     bool       true, false
 *     int64      -42
 *     float64    the shortest decimal that reads back the same: 0.1, 1e+300, NaN, Infinity
 *     date       2024-02-29
 *     timestamp  2024-02-29 12:00:00[.123456], with Z behind it for a UTC instant
 *     bytes      \x and two hex digits a byte, as PostgreSQL does
 *
 * text, json and decimal are written as they are: take them by leat_text.
 * No locale, no allocation; any thread.
 */
#ifndef LEAT_KIT_TEXT_H
#define LEAT_KIT_TEXT_H

#include <leat/batch.h>

enum { LEAT_VALUE_ROOM = 64 }; /* bytes that any fixed-width value fits into */

/* Writes the value of a bool, int64, float64, date or timestamp column that is
 * not null; returns the end. `out` has LEAT_VALUE_ROOM bytes; no NUL is written. */
char *leat_value_put(char *out, const struct leat_field *field, const struct leat_column *column, int32_t row);

/* The parts of it. Each returns the end. */
char *leat_int64_put(char *out, int64_t value);
char *leat_float64_put(char *out, double value);
char *leat_date_put(char *out, int32_t days);
char *leat_timestamp_put(char *out, int64_t us, bool utc);

/* Two lower-case hex digits a byte: writes 2 * n. */
char *leat_hex_put(char *out, const char *bytes, size_t n);

#endif
