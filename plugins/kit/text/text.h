/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values as text and back, the way leat writes and reads them wherever there is
 * text. What is written:
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
/* The text of any value that is not null: where it lies, or in the room. */
const char *leat_value_text(char room[LEAT_VALUE_ROOM], const struct leat_field *field,
                            const struct leat_column *column, int32_t row, size_t *ret_n);

/* The parts of it. Each returns the end. */
char *leat_int64_put(char *out, int64_t value);
char *leat_float64_put(char *out, double value);
char *leat_date_put(char *out, int32_t days);
char *leat_timestamp_put(char *out, int64_t us, bool utc);

/* Two lower-case hex digits a byte: writes 2 * n. */
char *leat_hex_put(char *out, const char *bytes, size_t n);

/* ---- text to values ----
 * As cast() reads them, but that no spaces may stand around. False if the n bytes
 * are no such value, and then the result is left alone. */

/* true t yes y on 1, false f no n off 0, in any case. */
bool leat_text_to_bool(const char *text, size_t n, bool *ret);
bool leat_text_to_int64(const char *text, size_t n, int64_t *ret);
/* 12, -.5, 1.5e-7, NaN, Infinity, inf; the words in any case. What is too large for it, or so small that it
 * would be 0, is none. */
bool leat_text_to_float64(const char *text, size_t n, double *ret);

/* A decimal number where it is written: -007.50 */
struct leat_digits {
    bool minus;
    const char *whole, *fraction; /* no zeros in front; all that is behind the point */
    size_t n_whole, n_fraction;
};

/* [+-]DIGITS[.DIGITS] with one digit at least, of any length. */
bool leat_text_to_digits(const char *text, size_t n, struct leat_digits *ret);
/* The same, and with an exponent: 1.50e1 as 15.0, whose digits are then in `room`. */
enum { LEAT_DECIMAL_ROOM = 1000 };
bool leat_text_to_decimal(const char *text, size_t n, char room[LEAT_DECIMAL_ROOM], struct leat_digits *ret);
bool leat_digits_are_zero(const struct leat_digits *digits);

/* Writes a number without an exponent or plus: +1.5e3 as 1500. Returns the bytes written, 0 if it is no number or
 * needs more than `room`. */
size_t leat_text_plain(const char *text, size_t n, char *out, size_t room);

/* 2024-02-29; a sign in front allows years of up to six digits. */
bool leat_text_to_date(const char *text, size_t n, int32_t *ret_days);
/* A date, and after T or a space HH:MM[:SS[.fraction]], and Z or an offset. With an offset: UTC. */
bool leat_text_to_timestamp(const char *text, size_t n, int64_t *ret_us, bool *ret_has_offset);
/* Hex digits of either case to n / 2 bytes; `out` NULL: only looks. */
bool leat_text_to_bytes(const char *hex, size_t n, char *out);

/* ---- names ---- */

bool leat_text_is_utf8(const char *text, size_t n);

/* Bytes of the character at the beginning of the text, which is not empty; 0: it is no UTF-8. */
size_t leat_text_character(const char *text, size_t n);
/* Letters to change, add or remove to make one of the other, case ignored; INT_MAX beyond 64 bytes. */
int leat_text_distance(const char *a, size_t n_a, const char *b, size_t n_b);

#endif
