/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The operators that are functions in all but their spelling: arithmetic, ||,
 * not and like. They are resolved by the types of their sides like any
 * function with several rows.
 */
#include <math.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "expr/decimal.h"
#include "expr/functions.h"
#include "expr/kernel.h"

#define INLINE static inline __attribute__((always_inline))

static const char overflow[] = "the result is out of the range of int64";

static void fail_zero(const struct leat_call *call, int32_t row)
{
    call_fail(call, row, "division_by_zero", "division by zero");
}

/* ---- int64 ---- */

/* False: the row has failed. */
INLINE bool int64_operate(char op, const struct leat_call *call, int32_t row, int64_t a, int64_t b, int64_t *ret)
{
    bool bad;

    if (op == '+') {
        bad = __builtin_add_overflow(a, b, ret);
    } else if (op == '-') {
        bad = __builtin_sub_overflow(a, b, ret);
    } else if (op == '*') {
        bad = __builtin_mul_overflow(a, b, ret);
    } else if (b == 0) {
        fail_zero(call, row);
        return false;
    } else if (b == -1) { /* the smallest number has no counterpart */
        bad = op == '/' && __builtin_sub_overflow((int64_t)0, a, ret);
        if (op == '%')
            *ret = 0;
    } else {
        *ret = op == '/' ? a / b : a % b;
        bad = false;
    }
    if (bad)
        call_fail(call, row, "out_of_range", overflow);
    return !bad;
}

INLINE int int64_loop(char op, const struct leat_call *call)
{
    const int64_t *a = call->arguments[0].column->int64, *b = call->arguments[1].column->int64;
    int32_t mask_a = argument_mask(&call->arguments[0]), mask_b = argument_mask(&call->arguments[1]);
    int64_t *out = fixed_out(call), value;

    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];

        if (int64_operate(op, call, row, a[row & mask_a], b[row & mask_b], &value))
            out[row] = value;
    }
    return 0;
}

#define INT64(name, op)                                                                            \
    static int name(const struct leat_call *call, struct leat_error *err)                          \
    {                                                                                              \
        (void)err;                                                                                 \
        return int64_loop(op, call);                                                               \
    }

INT64(int64_add, '+')
INT64(int64_subtract, '-')
INT64(int64_multiply, '*')
INT64(int64_divide, '/')
INT64(int64_modulo, '%')

static int int64_negate(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];

        if (__builtin_sub_overflow((int64_t)0, leat_argument_int64(&call->arguments[0], row), &out[row]))
            call_fail(call, row, "out_of_range", overflow);
    }
    return 0;
}

/* ---- float64 ---- */

INLINE int float64_loop(char op, const struct leat_call *call)
{
    const double *a = call->arguments[0].column->float64, *b = call->arguments[1].column->float64;
    int32_t mask_a = argument_mask(&call->arguments[0]), mask_b = argument_mask(&call->arguments[1]);
    double *out = fixed_out(call);

    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        double x = a[row & mask_a], y = b[row & mask_b], value;

        if (op == '/' && y == 0 && !isnan(x)) {
            fail_zero(call, row);
            continue;
        }
        value = op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y;
        if (__builtin_expect(isinf(value) && !isinf(x) && !isinf(y), 0))
            call_fail(call, row, "out_of_range", "the result is out of the range of float64");
        else
            out[row] = value;
    }
    return 0;
}

#define FLOAT64(name, op)                                                                          \
    static int name(const struct leat_call *call, struct leat_error *err)                          \
    {                                                                                              \
        (void)err;                                                                                 \
        return float64_loop(op, call);                                                             \
    }

FLOAT64(float64_add, '+')
FLOAT64(float64_subtract, '-')
FLOAT64(float64_multiply, '*')
FLOAT64(float64_divide, '/')

static int float64_negate(const struct leat_call *call, struct leat_error *err)
{
    double *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++)
        out[call->rows[i]] = -leat_argument_float64(&call->arguments[0], call->rows[i]);
    return 0;
}

/* ---- decimal ---- */

static int decimal_loop(char op, const struct leat_call *call)
{
    bool one = call->n_arguments == 1; /* the sign: 0 - x */
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t na = 1, nb;
        const char *a = one ? "0" : leat_argument_text(&call->arguments[0], row, &na);
        const char *b = leat_argument_text(&call->arguments[!one], row, &nb);
        uint8_t *room = text_out_room(call, &out, row, LEAT_DECIMAL_BYTES);
        int n = room ? leat_decimal_operate(op, a, na, b, nb, (char *)room) : 0;

        if (n == LEAT_DECIMAL_BY_ZERO)
            fail_zero(call, row);
        else if (n < 0)
            call_fail(call, row, "out_of_range", "the result has more than 1000 digits");
        else if (room)
            text_out_end_row(&out, (size_t)n);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

#define DECIMAL(name, op)                                                                          \
    static int name(const struct leat_call *call, struct leat_error *err)                          \
    {                                                                                              \
        (void)err;                                                                                 \
        return decimal_loop(op, call);                                                             \
    }

DECIMAL(decimal_add, '+')
DECIMAL(decimal_subtract, '-')
DECIMAL(decimal_multiply, '*')
DECIMAL(decimal_divide, '/')
DECIMAL(decimal_modulo, '%')

/* ---- dates ---- */

static int date_minus_date(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];

        out[row] = (int64_t)leat_argument_date(&call->arguments[0], row) - leat_argument_date(&call->arguments[1], row);
    }
    return 0;
}

static int date_shift(const struct leat_call *call, int sign)
{
    int32_t *out = fixed_out(call);

    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        int64_t days = leat_argument_int64(&call->arguments[1], row), sum = 0;
        bool bad = days < -(int64_t)UINT32_MAX || days > (int64_t)UINT32_MAX;

        if (!bad)
            sum = leat_argument_date(&call->arguments[0], row) + sign * days;
        if (bad || sum != (int32_t)sum)
            call_fail(call, row, "out_of_range", "the date is out of range");
        else
            out[row] = (int32_t)sum;
    }
    return 0;
}

static int date_plus_days(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return date_shift(call, 1);
}

static int date_minus_days(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return date_shift(call, -1);
}

/* ---- bool ---- */

static int bool_not(const struct leat_call *call, struct leat_error *err)
{
    uint8_t *out = fixed_out(call);
    const uint8_t *in = call->arguments[0].column->bits;
    int32_t mask = argument_mask(&call->arguments[0]);

    (void)err;
    if (mask && call_is_dense(call)) {
        for (int32_t i = 0; i < (call->n_rows + 7) / 8; i++)
            out[i] = (uint8_t)~in[i];
        return 0;
    }
    for (int32_t i = 0; i < call->n_rows; i++)
        bit_set(out, call->rows[i], !bit_get(in, call->rows[i] & mask));
    return 0;
}

#define OPERATOR(name, result, a, b, call) { name, result, { a, b }, 0, 0, NULL, NULL, NULL, NULL, NULL, call }

const struct leat_function leat_operators[] = {
    OPERATOR("+", LEAT_INT64, LEAT_INT64, LEAT_INT64, int64_add),
    OPERATOR("+", LEAT_FLOAT64, LEAT_FLOAT64, LEAT_FLOAT64, float64_add),
    OPERATOR("+", LEAT_DECIMAL, LEAT_DECIMAL, LEAT_DECIMAL, decimal_add),
    OPERATOR("+", LEAT_DATE, LEAT_DATE, LEAT_INT64, date_plus_days),
    OPERATOR("-", LEAT_INT64, LEAT_INT64, LEAT_INT64, int64_subtract),
    OPERATOR("-", LEAT_FLOAT64, LEAT_FLOAT64, LEAT_FLOAT64, float64_subtract),
    OPERATOR("-", LEAT_DECIMAL, LEAT_DECIMAL, LEAT_DECIMAL, decimal_subtract),
    OPERATOR("-", LEAT_INT64, LEAT_DATE, LEAT_DATE, date_minus_date),
    OPERATOR("-", LEAT_DATE, LEAT_DATE, LEAT_INT64, date_minus_days),
    OPERATOR("-", LEAT_INT64, LEAT_INT64, LEAT_NONE, int64_negate),
    OPERATOR("-", LEAT_FLOAT64, LEAT_FLOAT64, LEAT_NONE, float64_negate),
    OPERATOR("-", LEAT_DECIMAL, LEAT_DECIMAL, LEAT_NONE, decimal_subtract),
    OPERATOR("*", LEAT_INT64, LEAT_INT64, LEAT_INT64, int64_multiply),
    OPERATOR("*", LEAT_FLOAT64, LEAT_FLOAT64, LEAT_FLOAT64, float64_multiply),
    OPERATOR("*", LEAT_DECIMAL, LEAT_DECIMAL, LEAT_DECIMAL, decimal_multiply),
    OPERATOR("/", LEAT_INT64, LEAT_INT64, LEAT_INT64, int64_divide),
    OPERATOR("/", LEAT_FLOAT64, LEAT_FLOAT64, LEAT_FLOAT64, float64_divide),
    OPERATOR("/", LEAT_DECIMAL, LEAT_DECIMAL, LEAT_DECIMAL, decimal_divide),
    OPERATOR("%", LEAT_INT64, LEAT_INT64, LEAT_INT64, int64_modulo),
    OPERATOR("%", LEAT_DECIMAL, LEAT_DECIMAL, LEAT_DECIMAL, decimal_modulo),
    OPERATOR("not", LEAT_BOOL, LEAT_BOOL, LEAT_NONE, bool_not),
    { "||", LEAT_TEXT, { LEAT_TEXT }, 0, LEAT_VARIADIC | LEAT_TAKES_ANY, NULL, NULL, NULL, NULL, NULL, leat_fn_concat },
    { "like", LEAT_BOOL, { LEAT_TEXT, LEAT_TEXT, LEAT_TEXT }, 1, 0, NULL, NULL, NULL, leat_bind_like, free, leat_fn_like },
    { "ilike", LEAT_BOOL, { LEAT_TEXT, LEAT_TEXT, LEAT_TEXT }, 1, 0, NULL, NULL, NULL, leat_bind_ilike, free,
      leat_fn_ilike },
    LEAT_END_OF_FUNCTIONS
};
