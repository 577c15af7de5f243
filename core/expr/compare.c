/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Comparisons. A value's order to another is -1, 0 or 1; what an operator makes
 * of it is a bit in a mask of three, so one loop a type serves all operators.
 * Equality of texts, which is what most conditions are, has a loop of its own.
 */
#include <math.h>

#include "expr/decimal.h"
#include "expr/kernel.h"

#define INLINE static inline __attribute__((always_inline))

struct sides {
    const struct leat_column *a, *b;
    struct text_in text_a, text_b;
    int32_t mask_a, mask_b;
};

typedef int order_fn(const struct sides *, int32_t row);

/* Bit 0: holds when a < b; bit 1: when equal; bit 2: when a > b. */
static unsigned holds(enum leat_op op)
{
    static const unsigned masks[] = {
        [OP_EQ] = 2, [OP_NE] = 5, [OP_LT] = 1, [OP_LE] = 3, [OP_GT] = 4, [OP_GE] = 6,
        [OP_DISTINCT] = 5, [OP_NOT_DISTINCT] = 2,
    };

    return masks[op];
}

/* Sets bits[row] for each row; a word at a time where every row is asked for. */
INLINE void loop(order_fn *order, const struct sides *sides, unsigned mask, struct leat_rows rows, int32_t total,
                 uint8_t *bits)
{
    if (rows.n < total) {
        for (int32_t i = 0; i < rows.n; i++) {
            int32_t row = rows.rows[i];

            bit_set(bits, row, mask >> (order(sides, row) + 1) & 1);
        }
        return;
    }
    for (int32_t from = 0; from < total; from += 64) {
        int32_t n = total - from < 64 ? total - from : 64;
        uint64_t word = 0;

        for (int32_t k = 0; k < n; k++)
            word |= (uint64_t)(mask >> (order(sides, from + k) + 1) & 1) << k;
        memcpy(bits + from / 8, &word, sizeof word); /* bitmaps come in whole words */
    }
}

INLINE int order_int64(const struct sides *s, int32_t row)
{
    int64_t a = s->a->int64[row & s->mask_a], b = s->b->int64[row & s->mask_b];

    return (a > b) - (a < b);
}

INLINE int order_date(const struct sides *s, int32_t row)
{
    int32_t a = s->a->date[row & s->mask_a], b = s->b->date[row & s->mask_b];

    return (a > b) - (a < b);
}

/* As in PostgreSQL: NaN equals itself and is above all others. */
INLINE int order_double(double a, double b)
{
    if (__builtin_expect(isnan(a) || isnan(b), 0))
        return !!isnan(a) - !!isnan(b);
    return (a > b) - (a < b);
}

INLINE int order_float64(const struct sides *s, int32_t row)
{
    return order_double(s->a->float64[row & s->mask_a], s->b->float64[row & s->mask_b]);
}

INLINE int order_bool(const struct sides *s, int32_t row)
{
    return bit_get(s->a->bits, row & s->mask_a) - bit_get(s->b->bits, row & s->mask_b);
}

INLINE int order_bytes(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
    size_t n = na < nb ? na : nb;
    int order = n ? memcmp(a, b, n) : 0;

    return order ? (order > 0) - (order < 0) : (na > nb) - (na < nb);
}

INLINE int order_text(const struct sides *s, int32_t row)
{
    size_t na, nb;
    const uint8_t *a = text_at(&s->text_a, row, &na), *b = text_at(&s->text_b, row, &nb);

    return order_bytes(a, na, b, nb);
}

INLINE int order_decimal(const struct sides *s, int32_t row)
{
    size_t na, nb;
    const uint8_t *a = text_at(&s->text_a, row, &na), *b = text_at(&s->text_b, row, &nb);

    return leat_decimal_order((const char *)a, na, (const char *)b, nb);
}

/* 0 where equal, 1 where not: all that = and <> need. */
INLINE int differ_text(const struct sides *s, int32_t row)
{
    size_t na, nb;
    const uint8_t *a = text_at(&s->text_a, row, &na), *b = text_at(&s->text_b, row, &nb);

    return na != nb || (na && memcmp(a, b, na) != 0);
}

void leat_compare(enum leat_op op, const struct leat_argument *a, const struct leat_argument *b,
                  struct leat_rows rows, int32_t total, uint8_t *bits)
{
    struct sides s = {a->column, b->column, text_in(a), text_in(b), argument_mask(a), argument_mask(b)};
    unsigned mask = holds(op);

    switch (a->column->type) {
    case LEAT_BOOL:
        loop(order_bool, &s, mask, rows, total, bits);
        break;
    case LEAT_INT64:
    case LEAT_TIMESTAMP:
        loop(order_int64, &s, mask, rows, total, bits);
        break;
    case LEAT_FLOAT64:
        loop(order_float64, &s, mask, rows, total, bits);
        break;
    case LEAT_DATE:
        loop(order_date, &s, mask, rows, total, bits);
        break;
    case LEAT_DECIMAL:
        loop(order_decimal, &s, mask, rows, total, bits);
        break;
    default:
        if (mask == 2 || mask == 5)
            loop(differ_text, &s, mask, rows, total, bits);
        else
            loop(order_text, &s, mask, rows, total, bits);
    }
}

int leat_value_order(const struct leat_column *a, int32_t row_a, const struct leat_column *b, int32_t row_b)
{
    const char *x, *y;
    size_t nx, ny;

    switch (a->type) {
    case LEAT_BOOL:
        return leat_bool(a, row_a) - leat_bool(b, row_b);
    case LEAT_INT64:
    case LEAT_TIMESTAMP:
        return (a->int64[row_a] > b->int64[row_b]) - (a->int64[row_a] < b->int64[row_b]);
    case LEAT_FLOAT64:
        return order_double(a->float64[row_a], b->float64[row_b]);
    case LEAT_DATE:
        return (a->date[row_a] > b->date[row_b]) - (a->date[row_a] < b->date[row_b]);
    default:
        x = leat_text(a, row_a, &nx);
        y = leat_text(b, row_b, &ny);
        if (a->type == LEAT_DECIMAL)
            return leat_decimal_order(x, nx, y, ny);
        return order_bytes((const uint8_t *)x, nx, (const uint8_t *)y, ny);
    }
}
