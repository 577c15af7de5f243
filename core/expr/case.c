/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Each row is sent to one part, each part is evaluated for the rows sent to it,
 * and the parts are merged:
 *
 *     which   0 2 0 1 2          parts[0]  a . c . .
 *                                parts[1]  . . . d .     ──merge──►  a b c d e
 *                                parts[2]  . b . . e
 */
#include "expr/case.h"

#include "expr/kernel.h"
#include "expr/lookup.h"

enum { NOWHERE = UINT16_MAX };

/* The array of parts by row, in the memory of an array of row numbers. */
static uint16_t *which_new(struct leat_scratch *s)
{
    return (uint16_t *)leat_scratch_rows(s);
}

static void send(uint16_t *which, struct leat_rows rows, int part)
{
    for (int32_t i = 0; i < rows.n; i++)
        which[rows.rows[i]] = (uint16_t)part;
}

/* ---- case ---- */

/* The results of a case: args[first], args[first + 2], ..., then the otherwise. */
static int n_arms(const struct leat_term *t)
{
    return (t->n_args - t->has_subject) / 2;
}

static const struct leat_term *arm(const struct leat_term *t, int i)
{
    return t->args[t->has_subject + (i == n_arms(t) ? 2 * i : 2 * i + 1)];
}

/* Splits the open rows by a condition: the true ones to `ret_true`, the others stay. */
static int32_t split_true(const struct leat_argument *condition, int32_t *open, int32_t *n_open, int32_t *ret_true)
{
    int32_t n = 0, still = 0;

    for (int32_t i = 0; i < *n_open; i++) {
        int32_t row = open[i];
        bool holds = !leat_argument_is_null(condition, row) && leat_argument_bool(condition, row);

        ret_true[n] = row;
        n += holds;
        open[still] = row;
        still += !holds;
    }
    *n_open = still;
    return n;
}

/* Splits by x = value: where one is null, it is not true. */
static int split_equal(struct leat_scratch *s, const struct leat_argument *x, const struct leat_term *value,
                       int32_t *open, int32_t *n_open, int32_t *ret_true)
{
    struct leat_store *equal = leat_scratch_store(s, LEAT_BOOL);
    struct leat_rows rows = {open, *n_open};
    struct leat_argument member, condition = {&equal->column, &value->result, false};
    int32_t *valid = leat_scratch_rows(s);
    int rc = leat_evaluate_term(s, value, rows, NULL, &member);

    if (rc < 0)
        return rc;
    memset(equal->column.bits, 0, ((size_t)s->total + 7) / 8);
    rows.n = leat_rows_split(x, rows, valid, NULL, NULL);
    rows.rows = valid;
    rows.n = leat_rows_split(&member, rows, valid, NULL, NULL);
    leat_compare(OP_EQ, x, &member, rows, s->total, equal->column.bits);
    return split_true(&condition, open, n_open, ret_true);
}

/* One condition after the other, each followed by its result. */
static int walk_arms(struct leat_scratch *s, const struct leat_term *t, const struct leat_argument *x, int32_t *open,
                     int32_t *n_open, uint16_t *which, struct leat_argument *parts)
{
    int32_t *hits = leat_scratch_rows(s);

    for (int i = 0; i < n_arms(t) && *n_open; i++) {
        const struct leat_term *condition = t->args[t->has_subject + 2 * i];
        struct leat_mark_in_scratch mark = s->used;
        struct leat_argument holds;
        int32_t n;
        int rc;

        if (x) {
            n = rc = split_equal(s, x, condition, open, n_open, hits);
        } else {
            rc = leat_evaluate_term(s, condition, (struct leat_rows){open, *n_open}, NULL, &holds);
            n = rc < 0 ? 0 : split_true(&holds, open, n_open, hits);
        }
        s->used = mark;
        if (rc < 0)
            return rc;
        if (!n)
            continue;
        send(which, (struct leat_rows){hits, n}, i);
        rc = leat_evaluate_term(s, arm(t, i), (struct leat_rows){hits, n}, NULL, &parts[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* All values are constants: each row's arm is looked up at once. The rows are
 * sorted by arm (counting sort), so that each arm is asked in ascending order. */
static int look_arms_up(struct leat_scratch *s, const struct leat_term *t, const struct leat_argument *x,
                        int32_t *open, int32_t *n_open, uint16_t *which, struct leat_argument *parts)
{
    int n = n_arms(t), rc = 0;
    int32_t *valid = leat_scratch_rows(s), *found = leat_scratch_rows(s), *sorted = leat_scratch_rows(s);
    int32_t *nulls = leat_scratch_rows(s), n_nulls, ends[n + 1], begin = 0, still = 0;
    struct leat_rows rows = {valid, leat_rows_split(x, (struct leat_rows){open, *n_open}, valid, nulls, &n_nulls)};

    leat_lookup_find(t->lookup, x, rows, found);
    memset(ends, 0, sizeof ends);
    for (int32_t i = 0; i < rows.n; i++) {
        found[i] = found[i] < 0 ? n : found[i];
        which[valid[i]] = (uint16_t)found[i];
        ends[found[i]]++;
    }
    for (int i = 0; i <= n; i++) { /* counts to begins; the loop below moves them to ends */
        int32_t count = ends[i];

        ends[i] = begin;
        begin += count;
    }
    for (int32_t i = 0; i < rows.n; i++)
        sorted[ends[found[i]]++] = valid[i];
    begin = 0;
    for (int i = 0; i < n && rc >= 0; i++) {
        if (ends[i] > begin)
            rc = leat_evaluate_term(s, arm(t, i), (struct leat_rows){sorted + begin, ends[i] - begin}, NULL, &parts[i]);
        begin = ends[i];
    }
    /* Null subjects and those not found are still open: merge two ascending lists. */
    for (int32_t i = begin, k = 0; i < rows.n || k < n_nulls;)
        open[still++] = k == n_nulls || (i < rows.n && sorted[i] < nulls[k]) ? sorted[i++] : nulls[k++];
    *n_open = still;
    return rc;
}

int leat_evaluate_case(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                       struct leat_store *out)
{
    int n = n_arms(t), rc = 0;
    struct leat_argument x, parts[n + 1];
    int32_t *open = leat_scratch_rows(s), n_open = rows.n;
    uint16_t *which = which_new(s);

    memset(parts, 0, sizeof parts);
    if (rows.n)
        memcpy(open, rows.rows, (size_t)rows.n * sizeof *open);
    if (t->has_subject)
        rc = leat_evaluate_term(s, t->args[0], rows, NULL, &x);
    if (rc < 0)
        return rc;
    if (t->lookup)
        rc = look_arms_up(s, t, &x, open, &n_open, which, parts);
    else
        rc = walk_arms(s, t, t->has_subject ? &x : NULL, open, &n_open, which, parts);
    if (rc >= 0 && n_open) {
        send(which, (struct leat_rows){open, n_open}, t->has_otherwise ? n : NOWHERE);
        if (t->has_otherwise)
            rc = leat_evaluate_term(s, arm(t, n), (struct leat_rows){open, n_open}, NULL, &parts[n]);
    }
    return rc < 0 ? rc : leat_merge(s, parts, n + 1, which, rows, out);
}

/* ---- coalesce, nullif, greatest and least ---- */

int leat_evaluate_coalesce(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                           struct leat_store *out)
{
    struct leat_argument parts[t->n_args];
    int32_t *open = leat_scratch_rows(s), *have = leat_scratch_rows(s), n_open = rows.n;
    uint16_t *which = which_new(s);

    memset(parts, 0, sizeof parts);
    if (rows.n)
        memcpy(open, rows.rows, (size_t)rows.n * sizeof *open);
    for (int i = 0; i < t->n_args && n_open; i++) {
        struct leat_rows asked = {open, n_open};
        int32_t n;
        int rc = leat_evaluate_term(s, t->args[i], asked, NULL, &parts[i]);

        if (rc < 0)
            return rc;
        n = leat_rows_split(&parts[i], asked, have, open, &n_open);
        send(which, (struct leat_rows){have, n}, i);
    }
    send(which, (struct leat_rows){open, n_open}, NOWHERE);
    return leat_merge(s, parts, t->n_args, which, rows, out);
}

int leat_evaluate_nullif(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                         struct leat_store *out)
{
    struct leat_argument sides[2];
    uint16_t *which = which_new(s);

    for (int i = 0; i < 2; i++) {
        int rc = leat_evaluate_term(s, t->args[i], rows, NULL, &sides[i]);

        if (rc < 0)
            return rc;
    }
    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i], a = row & argument_mask(&sides[0]), b = row & argument_mask(&sides[1]);
        bool null = leat_is_null(sides[0].column, a);
        bool equal = !null && !leat_is_null(sides[1].column, b) &&
                     leat_value_order(sides[0].column, a, sides[1].column, b) == 0;

        which[row] = equal || null ? NOWHERE : 0;
    }
    return leat_merge(s, sides, 1, which, rows, out);
}

/* Nulls are passed over, as in PostgreSQL. */
static uint16_t extreme(const struct leat_term *t, const struct leat_argument *parts, int32_t row)
{
    int best = NOWHERE;

    for (int i = 0; i < t->n_args; i++) {
        const struct leat_argument *a = &parts[i], *b = &parts[best == NOWHERE ? i : best];
        int order;

        if (leat_argument_is_null(a, row))
            continue;
        order = leat_value_order(a->column, row & argument_mask(a), b->column, row & argument_mask(b));
        if (best == NOWHERE || (t->op == OP_GT ? order > 0 : order < 0))
            best = i;
    }
    return (uint16_t)best;
}

int leat_evaluate_extreme(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                          struct leat_store *out)
{
    struct leat_argument parts[t->n_args];
    uint16_t *which = which_new(s);

    for (int i = 0; i < t->n_args; i++) {
        int rc = leat_evaluate_term(s, t->args[i], rows, NULL, &parts[i]);

        if (rc < 0)
            return rc;
    }
    for (int32_t i = 0; i < rows.n; i++)
        which[rows.rows[i]] = extreme(t, parts, rows.rows[i]);
    return leat_merge(s, parts, t->n_args, which, rows, out);
}
