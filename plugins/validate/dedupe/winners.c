/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "winners.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/text/text.h"

enum { FIRST_SLOTS = 1024 };

#define THREE_WAY(a, b) (((a) > (b)) - ((a) < (b)))

/* ---- values ---- */

static int compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b;
    int order = n ? memcmp(a, b, n) : 0;

    return order ? order : THREE_WAY(n_a, n_b);
}

/* 1.50 is 1.5, and -0 is 0. */
static bool parse(const char *text, size_t n, struct leat_digits *ret)
{
    if (!leat_text_to_digits(text, n, ret))
        return false;
    while (ret->n_fraction && ret->fraction[ret->n_fraction - 1] == '0')
        ret->n_fraction--;
    ret->minus = ret->minus && !leat_digits_are_zero(ret);
    return true;
}

/* Of two numbers without a sign. */
static int compare_digits(const struct leat_digits *a, const struct leat_digits *b)
{
    int order = THREE_WAY(a->n_whole, b->n_whole);

    if (order == 0)
        order = compare_bytes(a->whole, a->n_whole, b->whole, b->n_whole);
    return order ? order : compare_bytes(a->fraction, a->n_fraction, b->fraction, b->n_fraction);
}

static int compare_decimals(const char *a, size_t n_a, const char *b, size_t n_b)
{
    struct leat_digits x, y;

    if (!parse(a, n_a, &x) || !parse(b, n_b, &y))
        return compare_bytes(a, n_a, b, n_b);
    if (x.minus != y.minus)
        return x.minus ? -1 : 1;
    return x.minus ? compare_digits(&y, &x) : compare_digits(&x, &y);
}

static int compare_texts(const struct leat_column *a, int32_t a_row, const struct leat_column *b, int32_t b_row)
{
    size_t n_a, n_b;
    const char *text_a = leat_text(a, a_row, &n_a), *text_b = leat_text(b, b_row, &n_b);

    return a->type == LEAT_DECIMAL ? compare_decimals(text_a, n_a, text_b, n_b)
                                   : compare_bytes(text_a, n_a, text_b, n_b);
}

/* What is no number is greater than all that are. */
static int compare_doubles(double a, double b)
{
    return isnan(a) || isnan(b) ? THREE_WAY(isnan(a) != 0, isnan(b) != 0) : THREE_WAY(a, b);
}

static int compare_values(const struct leat_column *a, int32_t a_row, const struct leat_column *b, int32_t b_row)
{
    if (a->offsets)
        return compare_texts(a, a_row, b, b_row);
    switch (a->type) {
    case LEAT_BOOL:
        return THREE_WAY(leat_bool(a, a_row), leat_bool(b, b_row));
    case LEAT_DATE:
        return THREE_WAY(a->date[a_row], b->date[b_row]);
    case LEAT_FLOAT64:
        return compare_doubles(a->float64[a_row], b->float64[b_row]);
    default:
        return THREE_WAY(a->int64[a_row], b->int64[b_row]);
    }
}

/* ---- records ---- */

/* Negative: the first goes before the second. One without a value goes behind all that have one. */
static int compare_fields(const struct leat_batch *a, int32_t a_row, const struct leat_batch *b, int32_t b_row,
                          int field, bool last)
{
    const struct leat_column *x = &a->columns[field], *y = &b->columns[field];
    bool null_x = leat_is_null(x, a_row), null_y = leat_is_null(y, b_row);
    int order;

    if (null_x || null_y)
        return THREE_WAY(null_x, null_y);
    order = compare_values(x, a_row, y, b_row);
    return last ? -order : order;
}

static bool goes_before(const struct winners *w, const struct leat_batch *a, int32_t a_row, const struct winner *b)
{
    int order = compare_fields(a, a_row, b->batch, b->row, w->field, w->last);

    for (int i = 0; order == 0 && i < a->schema->n_fields; i++)
        order = compare_fields(a, a_row, b->batch, b->row, i, false);
    return order < 0;
}

/* ---- the table ---- */

static struct winner *slot_of(const struct winners *w, struct keyset_key key)
{
    size_t at = key.low & (w->n_slots - 1);

    while ((w->slots[at].key.high | w->slots[at].key.low) &&
           (w->slots[at].key.high != key.high || w->slots[at].key.low != key.low))
        at = (at + 1) & (w->n_slots - 1);
    return &w->slots[at];
}

/* At most half full. */
static int make_room(struct winners *w, struct leat_error *err)
{
    struct winners grown = *w;

    if (w->n * 2 < w->n_slots)
        return 0;
    grown.n_slots = w->n_slots ? w->n_slots * 2 : FIRST_SLOTS;
    grown.slots = calloc(grown.n_slots, sizeof *grown.slots);
    if (!grown.slots)
        return leat_fail(err, -ENOMEM, "no memory for the keys of the records");
    for (size_t i = 0; i < w->n_slots; i++)
        if (w->slots[i].batch)
            *slot_of(&grown, w->slots[i].key) = w->slots[i];
    free(w->slots);
    *w = grown;
    return 0;
}

int winners_offer(struct winners *w, struct keyset_key key, const struct leat_batch *batch, int32_t row,
                  struct leat_error *err)
{
    struct winner *slot;
    int rc = make_room(w, err);

    if (rc < 0)
        return rc;
    slot = slot_of(w, key);
    if (slot->batch && !goes_before(w, batch, row, slot))
        return 0;
    w->n += !slot->batch;
    *slot = (struct winner){ .key = key, .batch = batch, .row = row };
    return 0;
}

bool winners_has(const struct winners *w, struct keyset_key key, const struct leat_batch *batch, int32_t row)
{
    const struct winner *slot = w->n_slots ? slot_of(w, key) : NULL;

    return slot && slot->batch == batch && slot->row == row;
}

void winners_free(struct winners *w)
{
    free(w->slots);
    w->slots = NULL;
    w->n_slots = w->n = 0;
}
