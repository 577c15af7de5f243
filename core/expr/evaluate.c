/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Evaluation: a walk over the tree in which each term gives a column for the
 * rows that it is asked for. A field is the batch's own column and a constant
 * the term's own, so only what is computed is written.
 *
 * A row that fails is null from there on, and its first fault stands in the
 * scratch: the same that a row at a time would have met first, because a term's
 * arguments are evaluated in order. What is evaluated for it afterwards does
 * no harm, and is thrown away at the end.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "expr/kernel.h"

/* Serialises the functions that are LEAT_ONE_THREAD: one lock for all of them,
 * because two may share a library. */
static pthread_mutex_t one_thread = PTHREAD_MUTEX_INITIALIZER;

static struct leat_store *result_store(struct leat_scratch *s, enum leat_type type, struct leat_store *into)
{
    if (!into)
        return leat_scratch_store(s, type);
    leat_store_begin(into, type, s->cap_rows);
    return into;
}

/* A column of nulls. */
static void all_null(struct leat_scratch *s, struct leat_store *out)
{
    struct leat_column *c = &out->column;
    size_t width = (size_t)leat_type_width(c->type), n = (size_t)s->total;

    memset(leat_store_validity(out), 0, (n + 7) / 8);
    if (c->offsets)
        memset(c->offsets, 0, (n + 1) * sizeof *c->offsets);
    else
        memset(c->values, 0, width ? n * width : (n + 7) / 8);
    c->n_rows = s->total;
}

int32_t leat_rows_split(const struct leat_argument *argument, struct leat_rows rows, int32_t *ret_valid,
                        int32_t *ret_null, int32_t *ret_n_null)
{
    const uint8_t *validity = argument->column->validity;
    int32_t mask = argument_mask(argument), n = 0, n_null = 0;

    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i];
        bool valid = !validity || bit_get(validity, row & mask);

        ret_valid[n] = row;
        n += valid;
        if (ret_null)
            ret_null[n_null] = row;
        n_null += !valid;
    }
    if (ret_n_null)
        *ret_n_null = n_null;
    return n;
}

/* Narrows *rows to those in which no argument is null, and makes the others
 * null in `out`. */
static void drop_nulls(struct leat_scratch *s, const struct leat_argument *args, int n_args, struct leat_rows *rows,
                       struct leat_store *out)
{
    int32_t *valid = NULL;

    for (int i = 0; i < n_args && rows->n; i++) {
        const uint8_t *from = args[i].column->validity;
        uint8_t *to;

        if (!from)
            continue;
        if (args[i].constant) {
            rows->n = from[0] & 1 ? rows->n : 0;
            continue;
        }
        if (!valid)
            valid = leat_scratch_rows(s);
        rows->n = leat_rows_split(&args[i], *rows, valid, NULL, NULL);
        rows->rows = valid;
        to = leat_store_validity(out);
        for (int32_t k = 0; k < (s->total + 7) / 8; k++)
            to[k] &= from[k];
    }
}

static int broken(const struct leat_scratch *s, const struct leat_function *f)
{
    return leat_fail(s->err, LEAT_EPLUGIN, "function %s() did not put one value for each row, in their order", f->name);
}

static int run(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
               const struct leat_argument *args, struct leat_store *out)
{
    struct leat_call_private host = {.scratch = s, .term = t, .out = out, .total = s->total};
    struct leat_call call = {args, t->n_args, rows.rows, rows.n, t->bound, &host};
    bool alone = t->function->traits & LEAT_ONE_THREAD;
    struct leat_column *c = &out->column;
    int rc;

    if (alone)
        (void)pthread_mutex_lock(&one_thread);
    rc = t->function->call(&call, s->err);
    if (alone)
        (void)pthread_mutex_unlock(&one_thread);
    if (rc < 0)
        return rc;
    if (!host.whole && host.n_put != rows.n)
        return broken(s, t->function);
    for (; c->offsets && c->n_rows < s->total; c->n_rows++)
        c->offsets[c->n_rows + 1] = c->offsets[c->n_rows];
    c->n_rows = s->total;
    return 0;
}

static int arguments(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                     struct leat_argument *ret)
{
    for (int i = 0; i < t->n_args; i++) {
        int rc = leat_evaluate_term(s, t->args[i], rows, NULL, &ret[i]);

        if (rc < 0)
            return rc;
    }
    return 0;
}

static int evaluate_call(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                         struct leat_store *into, struct leat_argument *ret)
{
    struct leat_store *out = result_store(s, t->result.type, into);
    struct leat_mark_in_scratch mark = s->used;
    struct leat_argument args[t->n_args + 1];
    int rc = arguments(s, t, rows, args);

    if (rc < 0)
        return rc;
    if (!(t->function->traits & LEAT_SEES_NULLS))
        drop_nulls(s, args, t->n_args, &rows, out);
    if (!rows.n)
        all_null(s, out);
    else
        rc = run(s, t, rows, args, out);
    s->used = mark;
    ret->column = &out->column;
    return rc;
}

/* The same column under another type: a store that owns nothing of it. */
static int evaluate_relabel(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                            struct leat_argument *ret)
{
    struct leat_store *alias = leat_scratch_store(s, t->result.type);
    int rc = leat_evaluate_term(s, t->args[0], rows, NULL, ret);

    if (rc < 0)
        return rc;
    alias->column = *ret->column;
    alias->column.type = t->result.type;
    ret->column = &alias->column;
    ret->field = &t->result;
    return 0;
}

/* Where a side is null, two values are distinct unless both are. */
static void distinct_nulls(const struct leat_term *t, const struct leat_argument *args, struct leat_rows rows,
                           uint8_t *bits)
{
    for (int32_t i = 0; i < rows.n; i++) {
        int32_t row = rows.rows[i];
        bool a = leat_argument_is_null(&args[0], row), b = leat_argument_is_null(&args[1], row);

        if (a || b)
            bit_set(bits, row, (a != b) == (t->op == OP_DISTINCT));
    }
}

static int evaluate_compare(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                            struct leat_store *into, struct leat_argument *ret)
{
    bool distinct = t->op == OP_DISTINCT || t->op == OP_NOT_DISTINCT;
    struct leat_store *out = result_store(s, LEAT_BOOL, into);
    struct leat_mark_in_scratch mark = s->used;
    struct leat_argument args[2];
    struct leat_rows valid = rows;
    int rc = arguments(s, t, rows, args);

    if (rc < 0)
        return rc;
    drop_nulls(s, args, 2, &valid, out);
    if (!valid.n && !distinct) {
        all_null(s, out);
    } else {
        leat_compare(t->op, &args[0], &args[1], valid, s->total, out->column.bits);
        if (distinct) {
            out->column.validity = NULL;
            if (valid.n < rows.n)
                distinct_nulls(t, args, rows, out->column.bits);
        }
    }
    out->column.n_rows = s->total;
    s->used = mark;
    ret->column = &out->column;
    return 0;
}

static int evaluate_is(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                       struct leat_store *into, struct leat_argument *ret)
{
    struct leat_store *out = result_store(s, LEAT_BOOL, into);
    struct leat_mark_in_scratch mark = s->used;
    struct leat_argument arg;
    int rc = leat_evaluate_term(s, t->args[0], rows, NULL, &arg);

    for (int32_t i = 0; rc >= 0 && i < rows.n; i++) {
        int32_t row = rows.rows[i];
        bool is = leat_argument_is_null(&arg, row);

        if (t->op != OP_NULL)
            is = !is && leat_argument_bool(&arg, row) == (t->op == OP_TRUE);
        bit_set(out->column.bits, row, is != t->negated);
    }
    out->column.n_rows = s->total;
    s->used = mark;
    ret->column = &out->column;
    return rc;
}

int leat_evaluate_term(struct leat_scratch *s, const struct leat_term *t, struct leat_rows rows,
                       struct leat_store *into, struct leat_argument *ret)
{
    ret->field = &t->result;
    ret->constant = false;
    switch (t->kind) {
    case TERM_CONSTANT:
        ret->column = &t->column;
        ret->constant = true;
        return 0;
    case TERM_FIELD:
        ret->column = &s->batch->columns[t->field];
        return 0;
    case TERM_CALL:
        return evaluate_call(s, t, rows, into, ret);
    case TERM_RELABEL:
        return evaluate_relabel(s, t, rows, ret);
    case TERM_COMPARE:
        return evaluate_compare(s, t, rows, into, ret);
    case TERM_IS:
        return evaluate_is(s, t, rows, into, ret);
    default:
        return leat_evaluate_lazy(s, t, rows, into ? result_store(s, t->result.type, into)
                                                   : leat_scratch_store(s, t->result.type), ret);
    }
}

/* ---- the whole ---- */

static int by_row(const void *a, const void *b)
{
    int32_t x = ((const struct leat_row_fault *)a)->row, y = ((const struct leat_row_fault *)b)->row;

    return (x > y) - (x < y);
}

static void forget_faults(struct leat_scratch *s)
{
    for (int i = 0; i < s->n_faults; i++)
        s->faulted[s->faults[i].row >> 3] = 0;
    if (s->n_faults)
        leat_arena_deinit(&s->reasons);
    s->n_faults = 0;
}

/* A row that failed is null, whatever was made of its null on the way. */
static void report_faults(struct leat_scratch *s, struct leat_store *out, struct leat_evaluation *ret)
{
    if (s->n_faults > 1)
        qsort(s->faults, (size_t)s->n_faults, sizeof *s->faults, by_row);
    for (int i = 0; i < s->n_faults; i++)
        bit_set(leat_store_validity(out), s->faults[i].row, false);
    *ret = (struct leat_evaluation){s->faults, s->n_faults};
}

int leat_expression_evaluate(const struct leat_expression *expression, struct leat_scratch *s,
                             const struct leat_batch *batch, const int32_t *rows, int32_t n_rows,
                             struct leat_store *out, struct leat_evaluation *ret, struct leat_error *err)
{
    const struct leat_term *root = expression->root;
    struct leat_rows all = {rows ? rows : s->identity, n_rows};
    struct leat_argument result;
    int rc;

    assert(batch->n_rows <= s->cap_rows && n_rows <= batch->n_rows);
    forget_faults(s);
    s->batch = batch;
    s->total = batch->n_rows;
    s->err = err;
    s->used = (struct leat_mark_in_scratch){0};
    rc = leat_evaluate_term(s, root, all, out, &result);
    if (rc >= 0 && result.column != &out->column) {
        leat_store_begin(out, root->result.type, s->cap_rows);
        rc = leat_merge(s, &result, 1, NULL, all, out);
    }
    if (rc >= 0)
        report_faults(s, out, ret);
    return rc;
}

void leat_expression_release(const struct leat_expression *expression)
{
    if (expression)
        leat_term_release(expression->root);
}

void leat_term_release(struct leat_term *term)
{
    if (term->kind == TERM_CALL && term->bound && term->function->unbind)
        term->function->unbind(term->bound);
    term->bound = NULL;
    for (int i = 0; i < term->n_args; i++)
        leat_term_release(term->args[i]);
}

int leat_expression_field(const struct leat_expression *expression)
{
    return expression->root->kind == TERM_FIELD ? expression->root->field : -1;
}
