/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <math.h>

#include "expr/decimal.h"
#include "expr/functions.h"
#include "expr/kernel.h"

#define INLINE static inline __attribute__((always_inline))

int leat_fn_abs_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        int64_t value = leat_argument_int64(&call->arguments[0], row);

        if (value == INT64_MIN)
            call_fail(call, row, "out_of_range", "the result is out of the range of int64");
        else
            out[row] = value < 0 ? -value : value;
    }
    return 0;
}

int leat_fn_same_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++)
        out[call->rows[i]] = leat_argument_int64(&call->arguments[0], call->rows[i]);
    return 0;
}

INLINE int each_float64(const struct leat_call *call, double (*of)(double))
{
    double *out = fixed_out(call);

    for (int32_t i = 0; i < call->n_rows; i++)
        out[call->rows[i]] = of(leat_argument_float64(&call->arguments[0], call->rows[i]));
    return 0;
}

int leat_fn_abs_float64(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_float64(call, fabs);
}

int leat_fn_round_float64(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_float64(call, rint); /* halves to the even one, as PostgreSQL rounds a double */
}

int leat_fn_floor_float64(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_float64(call, floor);
}

int leat_fn_ceil_float64(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_float64(call, ceil);
}

/* ---- decimal ---- */

int leat_fn_abs_decimal(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n, minus;
        const uint8_t *p = text_at(&in, row, &n);

        minus = n && *p == '-';
        text_copy(text_out_row(&out, row), p + minus, n - minus, &in);
        text_out_end_row(&out, n - minus);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* The scale that is asked for, one beyond all limits where it cannot be had. */
static int scale_of(const struct leat_call *call, int32_t row)
{
    int64_t scale = call->n_arguments > 1 ? leat_argument_int64(&call->arguments[1], row) : 0;

    return scale > LEAT_DECIMAL_DIGITS || scale < -LEAT_DECIMAL_DIGITS ? LEAT_DECIMAL_DIGITS + 1 : (int)scale;
}

static int round_decimal(const struct leat_call *call, char mode)
{
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = leat_argument_text(&call->arguments[0], row, &n);
        uint8_t *room = text_out_room(call, &out, row, LEAT_DECIMAL_BYTES);
        int got = room ? leat_decimal_round(p, n, scale_of(call, row), mode, (char *)room) : 0;

        if (got < 0)
            call_fail(call, row, "out_of_range", "the result has more than 1000 digits");
        else if (room)
            text_out_end_row(&out, (size_t)got);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_round_decimal(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return round_decimal(call, 'r');
}

int leat_fn_floor_decimal(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return round_decimal(call, 'f');
}

int leat_fn_ceil_decimal(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return round_decimal(call, 'c');
}
