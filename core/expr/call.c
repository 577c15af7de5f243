/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a function writes its results with: the services of leat/function.h for
 * all, text_out for the core's own.
 */
#include "expr/kernel.h"

/* ---- texts ---- */

/* Always with slack behind, so that text_copy may overwrite it. */
static bool reserve(struct leat_store *store, int32_t row, size_t n)
{
    store->column.n_rows = row;
    return n <= MAX_VALUE_BYTES && leat_store_reserve(store, n + TEXT_SLACK);
}

int text_out_open(struct leat_store *store, size_t n, struct text_out *out, struct leat_error *err)
{
    if (n >= INT32_MAX - TEXT_SLACK || !leat_store_reserve(store, n + TEXT_SLACK))
        return leat_fail(err, LEAT_EDATA, "the results of one batch would pass 2 GiB; make its batches smaller");
    *out = (struct text_out){store, store->column.bytes, store->column.offsets, 0, 0, store->column.cap_bytes};
    return 0;
}

bool text_out_more(struct text_out *out, size_t n)
{
    if (!reserve(out->store, out->row, n))
        return false;
    out->bytes = out->store->column.bytes;
    out->cap = out->store->column.cap_bytes;
    return true;
}

void text_out_close(struct text_out *out, int32_t total)
{
    text_out_skip(out, total);
    out->store->column.n_rows = total;
}

int text_out_begin(const struct leat_call *call, size_t n, struct text_out *out)
{
    return text_out_open(call->host->out, n, out, call->host->scratch->err);
}

void text_out_end(const struct leat_call *call, struct text_out *out)
{
    text_out_close(out, call->host->total);
    call->host->whole = true;
}

/* ---- the services ---- */

void call_put_null(const struct leat_call *call, int32_t row)
{
    struct leat_column *c = &call->host->out->column;

    bit_set(leat_store_validity(call->host->out), row, false);
    if (c->type == LEAT_BOOL)
        bit_set(c->bits, row, false);
    else if (c->type == LEAT_DATE)
        c->date[row] = 0;
    else if (!c->offsets)
        c->int64[row] = 0;
}

void call_fail(const struct leat_call *call, int32_t row, const char *code, const char *reason)
{
    const struct leat_call_private *host = call->host;

    call_put_null(call, row);
    if (!host->term->tries)
        leat_scratch_fault(host->scratch, row, host->term->field, code, reason);
}

/* Ends the rows before `row` that were not asked for. A function that puts its
 * rows out of order is found out by the count. */
static struct leat_column *next(const struct leat_call *call, int32_t row)
{
    struct leat_column *c = &call->host->out->column;

    call->host->n_put += c->n_rows <= row ? 1 : call->host->total;
    while (c->n_rows < row) {
        if (c->offsets)
            c->offsets[c->n_rows + 1] = c->offsets[c->n_rows];
        c->n_rows++;
    }
    c->n_rows = row + 1;
    if (c->offsets)
        c->offsets[row + 1] = c->offsets[row];
    return c;
}

static void put_null(const struct leat_call *call, int32_t row)
{
    (void)next(call, row);
    call_put_null(call, row);
}

static void fail(const struct leat_call *call, int32_t row, const char *code, const char *reason)
{
    (void)next(call, row);
    call_fail(call, row, code, reason);
}

static void put_reserved(const struct leat_call *call, int32_t row, size_t n)
{
    struct leat_column *c = next(call, row);

    c->offsets[row + 1] = c->offsets[row] + (int32_t)n;
}

static char *reserve_text(const struct leat_call *call, size_t n)
{
    struct leat_store *store = call->host->out;
    int32_t used = store->column.offsets[store->column.n_rows];

    if (!reserve(store, store->column.n_rows, n))
        return NULL;
    return (char *)store->column.bytes + used;
}

static void put_text(const struct leat_call *call, int32_t row, const char *text, size_t n)
{
    char *room = reserve_text(call, n);

    if (!room) {
        fail(call, row, "out_of_range", TOO_LARGE);
        return;
    }
    if (n)
        memcpy(room, text, n);
    put_reserved(call, row, n);
}

static void put_int64(const struct leat_call *call, int32_t row, int64_t value)
{
    next(call, row)->int64[row] = value;
}

static void put_float64(const struct leat_call *call, int32_t row, double value)
{
    next(call, row)->float64[row] = value;
}

static void put_bool(const struct leat_call *call, int32_t row, bool value)
{
    bit_set(next(call, row)->bits, row, value);
}

static void put_date(const struct leat_call *call, int32_t row, int32_t days)
{
    next(call, row)->date[row] = days;
}

const struct leat_call_services leat_host_call_services = {
    .put_text = put_text,
    .put_int64 = put_int64,
    .put_float64 = put_float64,
    .put_bool = put_bool,
    .put_date = put_date,
    .put_null = put_null,
    .fault = fail,
    .reserve = reserve_text,
    .put_reserved = put_reserved,
};

const struct leat_call_services *leat_call_services = &leat_host_call_services;
