/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Exact decimal numbers as text. Canonical: an optional minus, digits without
 * leading zeros, and if there is a scale a point and so many digits: 0, -12.50,
 * 0.05. Zero has no sign. As in PostgreSQL the scale is kept (1.0 is written
 * 1.0) and does not count in comparisons.
 *
 * Nothing here allocates: a number has at most LEAT_DECIMAL_DIGITS digits.
 */
#ifndef LEAT_EXPR_DECIMAL_H
#define LEAT_EXPR_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEAT_DECIMAL_DIGITS = 1000,
    LEAT_DECIMAL_BYTES = LEAT_DECIMAL_DIGITS + 3, /* room for any result */
    LEAT_DECIMAL_DIVISION_SCALE = 16,             /* a quotient has at least so many digits behind the point */
};

/* What the calls below return instead of a length. */
enum { LEAT_DECIMAL_BAD = -1, LEAT_DECIMAL_TOO_LONG = -2, LEAT_DECIMAL_BY_ZERO = -3 };

/* Reads 12, -0.50, +.5, 1e3 into canonical text. The length, BAD or TOO_LONG. */
int leat_decimal_read(const char *text, size_t n, char *out);

/* Of canonical numbers from here on. */
int leat_decimal_order(const char *a, size_t na, const char *b, size_t nb);
/* op: + - * / %. A quotient has the larger scale of its sides, at least
 * DIVISION_SCALE, rounded half away from zero. The rest of % has the sign of a. */
int leat_decimal_operate(char op, const char *a, size_t na, const char *b, size_t nb, char *out);
/* To `scale` digits behind the point (negative: before it); mode 'r' rounds
 * half away from zero, 'f' down, 'c' up. */
int leat_decimal_round(const char *a, size_t na, int scale, char mode, char *out);
/* Rounded half away from zero; false: no int64. */
bool leat_decimal_to_int64(const char *a, size_t na, int64_t *ret);

#endif
