/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the core's own functions use beyond leat/function.h: texts that are read
 * and written straight in the columns' memory. A text result is written as
 *
 *     text_out_begin(call, bytes_at_most, &out);
 *     for each row:  p = text_out_row(&out, row); write n bytes at p; text_out_end_row(&out, n);
 *     text_out_end(call, &out);
 *
 * and stays monotone over the rows that were not asked for, because beginning a
 * row ends all rows before it as empty ones.
 */
#ifndef LEAT_EXPR_KERNEL_H
#define LEAT_EXPR_KERNEL_H

#include <string.h>

#include "expr/scratch.h"
#include "expr/utf8.h"

/* Bytes behind the end that may be read, or overwritten, so that a short text
 * moves by one load and one store whatever its length. */
enum { TEXT_SLACK = 16, MAX_VALUE_BYTES = 64 << 20 };

struct leat_call_private {
    struct leat_scratch *scratch;
    const struct leat_term *term;
    struct leat_store *out;
    int32_t total;    /* physical rows of the batch */
    int32_t n_put;    /* rows put by the services below */
    bool whole;       /* the function wrote the column itself, to the end */
};

#define TOO_LARGE "the result is too large"

/* Every row is asked for: rows[i] == i. */
static inline bool call_is_dense(const struct leat_call *call)
{
    return call->n_rows == call->host->total;
}

/* ---- fixed width ---- */

/* Index of a row in an argument: row & mask. */
static inline int32_t argument_mask(const struct leat_argument *argument)
{
    return argument->constant ? 0 : -1;
}

static inline void bit_set(uint8_t *bits, int32_t row, bool value)
{
    uint8_t mask = (uint8_t)(1 << (row & 7));

    bits[row >> 3] = (uint8_t)(value ? bits[row >> 3] | mask : bits[row >> 3] & ~mask);
}

static inline bool bit_get(const uint8_t *bits, int32_t row)
{
    return bits[row >> 3] >> (row & 7) & 1;
}

/* For functions that write the column themselves: a row that is null, or has failed. */
void call_put_null(const struct leat_call *call, int32_t row);
void call_fail(const struct leat_call *call, int32_t row, const char *code, const char *reason);

/* ---- reading texts ---- */

struct text_in {
    const uint8_t *bytes;
    const int32_t *offsets;
    int32_t mask;
    int64_t readable; /* bytes that may be read */
};

static inline struct text_in text_in(const struct leat_argument *argument)
{
    const struct leat_column *c = argument->column;

    return (struct text_in){c->bytes, c->offsets, argument_mask(argument), c->cap_bytes};
}

static inline const uint8_t *text_at(const struct text_in *in, int32_t row, size_t *ret_n)
{
    int32_t i = row & in->mask;

    *ret_n = (size_t)(in->offsets[i + 1] - in->offsets[i]);
    return in->bytes + in->offsets[i];
}

/* True where TEXT_SLACK bytes from p on may be read. */
static inline bool text_has_slack(const struct text_in *in, const uint8_t *p)
{
    return p - in->bytes + TEXT_SLACK <= in->readable;
}

/* Copies n bytes; up to TEXT_SLACK bytes at dst may be overwritten. */
static inline void text_copy(uint8_t *dst, const uint8_t *src, size_t n, const struct text_in *in)
{
    if (n <= TEXT_SLACK && text_has_slack(in, src))
        memcpy(dst, src, TEXT_SLACK);
    else if (n)
        memcpy(dst, src, n);
}

/* Bytes of the argument over the rows of a call. */
static inline size_t text_in_bytes(const struct text_in *in, const struct leat_call *call)
{
    size_t n = 0;

    if (!in->mask)
        return (size_t)in->offsets[1] * (size_t)call->n_rows;
    if (call_is_dense(call))
        return (size_t)(in->offsets[call->n_rows] - in->offsets[0]);
    for (int32_t i = 0; i < call->n_rows; i++)
        n += (size_t)(in->offsets[call->rows[i] + 1] - in->offsets[call->rows[i]]);
    return n;
}

/* True when the whole column is ASCII, and looking pays. */
static inline bool text_in_ascii(const struct text_in *in, const struct leat_call *call)
{
    int32_t total = in->mask ? call->host->total : 1;

    if (call->n_rows < call->host->total / 4)
        return false;
    return ascii(in->bytes + in->offsets[0], (size_t)(in->offsets[total] - in->offsets[0]));
}

/* ---- writing texts ---- */

struct text_out {
    struct leat_store *store;
    uint8_t *bytes;
    int32_t *offsets;
    int32_t row; /* rows ended so far */
    int32_t at;  /* bytes written so far */
    int64_t cap; /* bytes that may be written */
};

/* A column of a store with room for n bytes in all; more is had by
 * text_out_more. Negative: it would be too large. */
LEAT_MUST_CHECK int text_out_open(struct leat_store *store, size_t n, struct text_out *out, struct leat_error *err);
void text_out_close(struct text_out *out, int32_t total);
/* The same for the result of a call. */
LEAT_MUST_CHECK int text_out_begin(const struct leat_call *call, size_t n, struct text_out *out);
void text_out_end(const struct leat_call *call, struct text_out *out);
/* Room for n bytes in the row that is being written. False: too large, fail the row. */
bool text_out_more(struct text_out *out, size_t n);
static inline void text_out_skip(struct text_out *out, int32_t row)
{
    while (out->row < row)
        out->offsets[++out->row] = out->at;
}

static inline uint8_t *text_out_row(struct text_out *out, int32_t row)
{
    text_out_skip(out, row);
    return out->bytes + out->at;
}

static inline void text_out_end_row(struct text_out *out, size_t n)
{
    out->at += (int32_t)n;
    out->offsets[++out->row] = out->at;
}

/* text_out_more and text_out_row in one; NULL once the row has failed. */
static inline uint8_t *text_out_room(const struct leat_call *call, struct text_out *out, int32_t row, size_t n)
{
    text_out_skip(out, row);
    if ((int64_t)n + TEXT_SLACK > out->cap - out->at && !text_out_more(out, n)) {
        call_fail(call, row, "out_of_range", TOO_LARGE);
        return NULL;
    }
    return out->bytes + out->at;
}

/* ---- writing values of fixed width ---- */

/* The function writes values[row] itself, for every row asked for. */
static inline void *fixed_out(const struct leat_call *call)
{
    call->host->whole = true;
    return call->host->out->column.values;
}

#endif
