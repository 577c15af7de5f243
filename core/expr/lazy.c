/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * and, or, between and in: the terms of bool that ask their later parts only
 * about the rows that are still open. Each keeps the open rows in an array of
 * the scratch and narrows it as rows are decided; what case and coalesce do
 * with values is in case.c.
 */
#include "expr/case.h"
#include "expr/kernel.h"
#include "expr/lookup.h"

static void bits_fill(struct leat_scratch *s, struct leat_store *out, bool value)
{
    memset(out->column.bits, value ? 0xFF : 0, ((size_t)s->total + 63) / 64 * 8);
    out->column.n_rows = s->total;
}

/* `and` is open until an arm is false, `or` until one is true. A null arm
 * leaves the row open, and makes it null if no later arm decides it. */
static int evaluate_chain(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                          struct leat_store *out)
{
    bool decides = t->kind == TERM_OR;
    struct leat_mark_in_scratch mark;
    int32_t *open = leat_scratch_rows(s), n = rows.n;
    uint8_t *bits = out->column.bits;

    bits_fill(s, out, !decides);
    if (n)
        memcpy(open, rows.rows, (size_t)n * sizeof *open);
    mark = s->used;
    for (int i = 0; i < t->n_args && n; i++) {
        struct leat_argument arm;
        int32_t still = 0;
        int rc = leat_evaluate_term(s, t->args[i], (struct leat_rows){open, n}, NULL, &arm);

        if (rc < 0)
            return rc;
        for (int32_t k = 0; k < n; k++) {
            int32_t row = open[k];
            bool null = leat_argument_is_null(&arm, row);

            open[still++] = row;
            if (null) {
                bit_set(leat_store_validity(out), row, false);
            } else if (leat_argument_bool(&arm, row) == decides) {
                bit_set(bits, row, decides);
                if (out->column.validity)
                    bit_set(out->column.validity, row, true);
                still--;
            }
        }
        n = still;
        s->used = mark;
    }
    return 0;
}

/* The rows in which neither side is null; the array is the scratch's. */
static struct leat_rows both_valid(struct leat_scratch *s, const struct leat_argument *a,
                                   const struct leat_argument *b, struct leat_rows rows)
{
    int32_t *valid;

    if (!a->column->validity && !b->column->validity)
        return rows;
    valid = leat_scratch_rows(s);
    rows.n = leat_rows_split(a, rows, valid, NULL, NULL);
    rows.rows = valid;
    rows.n = leat_rows_split(b, rows, valid, NULL, NULL);
    return rows;
}

/* Half of a between: rows of `rows` for which x `op` bound is null become null
 * in `out`, false ones false; returns those that are not false. */
static struct leat_rows bounded(struct leat_scratch *s, enum leat_op op, const struct leat_argument *x,
                                const struct leat_argument *bound, struct leat_rows rows, struct leat_store *out)
{
    struct leat_rows valid = both_valid(s, x, bound, rows);
    uint8_t *bits = leat_scratch_store(s, LEAT_BOOL)->column.bits;
    int32_t *kept = leat_scratch_rows(s), n = 0;

    leat_compare(op, x, bound, valid, s->total, bits);
    for (int32_t i = 0, k = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i];
        bool null = k == valid.n || valid.rows[k] != row;

        k += !null;
        kept[n] = row;
        if (null) {
            bit_set(leat_store_validity(out), row, false);
            n++;
        } else if (bit_get(bits, row)) {
            n++;
        } else {
            bit_set(out->column.bits, row, false);
            if (out->column.validity)
                bit_set(out->column.validity, row, true);
        }
    }
    return (struct leat_rows){kept, n};
}

static void negate(const struct leat_term *t, struct leat_rows rows, struct leat_store *out)
{
    uint8_t *bits = out->column.bits;

    for (int32_t i = 0; t->negated && i < rows.n; i++)
        bit_set(bits, rows.rows[i], !bit_get(bits, rows.rows[i]));
}

/* x >= low and x <= high, with x evaluated once. */
static int evaluate_between(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                            struct leat_store *out)
{
    struct leat_argument x, bound;
    struct leat_rows open;
    int rc = leat_evaluate_term(s, t->args[0], rows, NULL, &x);

    bits_fill(s, out, true);
    if (rc >= 0)
        rc = leat_evaluate_term(s, t->args[1], rows, NULL, &bound);
    if (rc < 0)
        return rc;
    open = bounded(s, OP_GE, &x, &bound, rows, out);
    if (open.n) {
        rc = leat_evaluate_term(s, t->args[2], open, NULL, &bound);
        if (rc < 0)
            return rc;
        (void)bounded(s, OP_LE, &x, &bound, open, out);
    }
    negate(t, rows, out);
    return 0;
}

/* Makes null the rows of `rows` that are not in `valid`, a part of them. */
static void null_others(struct leat_store *out, struct leat_rows rows, struct leat_rows valid)
{
    for (int32_t i = 0, k = 0; valid.n < rows.n && i < rows.n; i++) {
        if (k < valid.n && valid.rows[k] == rows.rows[i])
            k++;
        else
            bit_set(leat_store_validity(out), rows.rows[i], false);
    }
}

static void search(struct leat_scratch *s, const struct leat_lookup *lookup, const struct leat_argument *x,
                   struct leat_rows rows, struct leat_store *out)
{
    int32_t *found = leat_scratch_rows(s);
    bool has_null = leat_lookup_has_null(lookup);

    leat_lookup_find(lookup, x, rows, found);
    for (int32_t i = 0; i < rows.n; i++) {
        bit_set(out->column.bits, rows.rows[i], found[i] >= 0);
        if (has_null && found[i] < 0)
            bit_set(leat_store_validity(out), rows.rows[i], false);
    }
}

/* One member after the other, for the rows that no earlier one has matched. */
static int search_slowly(struct leat_scratch *s, const struct leat_term *t, const struct leat_argument *x,
                         struct leat_rows rows, struct leat_store *out)
{
    int32_t *open = leat_scratch_rows(s), n = rows.n;
    uint8_t *equal = leat_scratch_store(s, LEAT_BOOL)->column.bits;
    struct leat_mark_in_scratch mark;

    memcpy(open, rows.rows, (size_t)n * sizeof *open);
    mark = s->used;
    for (int i = 1; i < t->n_args && n; i++) {
        struct leat_argument member;
        struct leat_rows all = {open, n}, valid;
        int32_t still = 0, k = 0;
        int rc = leat_evaluate_term(s, t->args[i], all, NULL, &member);

        if (rc < 0)
            return rc;
        valid = both_valid(s, x, &member, all);
        leat_compare(OP_EQ, x, &member, valid, s->total, equal);
        for (int32_t j = 0; j < n; j++) {
            int32_t row = open[j];

            if (k == valid.n || valid.rows[k] != row) {
                bit_set(leat_store_validity(out), row, false);
            } else {
                k++;
                if (bit_get(equal, row)) {
                    bit_set(out->column.bits, row, true);
                    if (out->column.validity)
                        bit_set(out->column.validity, row, true);
                    continue;
                }
            }
            open[still++] = row;
        }
        n = still;
        s->used = mark;
    }
    return 0;
}

/* A null x is null, whatever the list. */
static int evaluate_in(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows, struct leat_store *out)
{
    struct leat_argument x;
    struct leat_rows valid;
    int rc = leat_evaluate_term(s, t->args[0], rows, NULL, &x);

    if (rc < 0)
        return rc;
    bits_fill(s, out, false);
    valid = both_valid(s, &x, &x, rows);
    null_others(out, rows, valid);
    if (t->lookup)
        search(s, t->lookup, &x, valid, out);
    else if (valid.n)
        rc = search_slowly(s, t, &x, valid, out);
    negate(t, rows, out);
    return rc;
}

int leat_evaluate_lazy(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                       struct leat_store *out, struct leat_argument *ret)
{
    struct leat_mark_in_scratch mark = s->used;
    int rc;

    ret->column = &out->column;
    switch (t->kind) {
    case TERM_AND:
    case TERM_OR:
        rc = evaluate_chain(s, t, rows, out);
        break;
    case TERM_BETWEEN:
        rc = evaluate_between(s, t, rows, out);
        break;
    case TERM_IN:
        rc = evaluate_in(s, t, rows, out);
        break;
    case TERM_CASE:
        rc = leat_evaluate_case(s, t, rows, out);
        break;
    case TERM_COALESCE:
        rc = leat_evaluate_coalesce(s, t, rows, out);
        break;
    case TERM_NULLIF:
        rc = leat_evaluate_nullif(s, t, rows, out);
        break;
    default:
        rc = leat_evaluate_extreme(s, t, rows, out);
    }
    s->used = mark;
    return rc;
}
