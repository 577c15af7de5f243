/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Functions that compose a new text.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "expr/functions.h"
#include "expr/kernel.h"

/* ---- concat, concat_ws and || ---- */

/* A bound on the bytes of the whole result, so that the rows need no checks. */
static size_t bytes_at_most(const struct leat_call *call, const struct text_in *in)
{
    size_t n = 0;

    for (int k = 0; k < call->n_arguments; k++)
        n += text_in_bytes(&in[k], call);
    return n;
}

static bool is_null(const struct leat_argument *a, int32_t row)
{
    return a->column->validity && !bit_get(a->column->validity, row & argument_mask(a));
}

int leat_fn_concat(const struct leat_call *call, struct leat_error *err)
{
    int n_args = call->n_arguments, rc;
    struct text_in in[n_args];
    struct text_out out;

    (void)err;
    for (int k = 0; k < n_args; k++)
        in[k] = text_in(&call->arguments[k]);
    rc = text_out_begin(call, bytes_at_most(call, in), &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        uint8_t *begin = text_out_row(&out, row), *at = begin;

        for (int k = 0; k < n_args; k++) {
            size_t n;
            const uint8_t *p = text_at(&in[k], row, &n);

            if (is_null(&call->arguments[k], row))
                continue;
            text_copy(at, p, n, &in[k]);
            at += n;
        }
        text_out_end_row(&out, (size_t)(at - begin));
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_concat_ws(const struct leat_call *call, struct leat_error *err)
{
    int n_args = call->n_arguments, rc;
    struct text_in in[n_args];
    struct text_out out;
    size_t bytes;

    (void)err;
    for (int k = 0; k < n_args; k++)
        in[k] = text_in(&call->arguments[k]);
    bytes = bytes_at_most(call, in) + text_in_bytes(&in[0], call) * (size_t)n_args;
    rc = text_out_begin(call, bytes, &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        uint8_t *begin = text_out_row(&out, row), *at = begin;
        size_t n_between, n;
        const uint8_t *between = text_at(&in[0], row, &n_between);
        bool first = true;

        if (is_null(&call->arguments[0], row)) {
            call_put_null(call, row);
            continue;
        }
        for (int k = 1; k < n_args; k++) {
            const uint8_t *p = text_at(&in[k], row, &n);

            if (is_null(&call->arguments[k], row))
                continue;
            if (!first) {
                text_copy(at, between, n_between, &in[0]);
                at += n_between;
            }
            text_copy(at, p, n, &in[k]);
            at += n;
            first = false;
        }
        text_out_end_row(&out, (size_t)(at - begin));
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* ---- lpad and rpad ---- */

enum { MAX_PAD = 1 << 20 }; /* characters: what is wanted beyond is a mistake in the data */

/* Bytes of the first `count` characters of p repeated for ever. */
static size_t repeated_bytes(const uint8_t *p, size_t n, uint64_t n_characters, uint64_t count)
{
    return (size_t)(count / n_characters) * n + utf8_prefix(p, n, count % n_characters);
}

static void fill(uint8_t *out, size_t n, const uint8_t *p, size_t n_p)
{
    for (size_t i = 0; i < n; i += n_p)
        memcpy(out + i, p, n_p < n - i ? n_p : n - i);
}

static void pad_row(const struct leat_call *call, struct text_out *out, int32_t row, bool left)
{
    size_t n, n_fill = 1, n_keep, n_pad = 0;
    const uint8_t *p = (const uint8_t *)leat_argument_text(&call->arguments[0], row, &n);
    const uint8_t *with = call->n_arguments < 3
                              ? (const uint8_t *)" "
                              : (const uint8_t *)leat_argument_text(&call->arguments[2], row, &n_fill);
    int64_t wanted = leat_argument_int64(&call->arguments[1], row);
    uint64_t have = utf8_count(p, n);
    uint8_t *room;

    if (wanted > MAX_PAD) {
        call_fail(call, row, "out_of_range", "more than 1048576 characters are wanted");
        return;
    }
    wanted = wanted < 0 ? 0 : wanted;
    n_keep = utf8_prefix(p, n, (uint64_t)wanted);
    if (have < (uint64_t)wanted && n_fill)
        n_pad = repeated_bytes(with, n_fill, utf8_count(with, n_fill), (uint64_t)wanted - have);
    room = text_out_room(call, out, row, n_keep + n_pad);
    if (!room)
        return;
    fill(left ? room : room + n_keep, n_pad, with, n_fill);
    if (n_keep)
        memcpy(left ? room + n_pad : room, p, n_keep);
    text_out_end_row(out, n_keep + n_pad);
}

static int pad(const struct leat_call *call, bool left)
{
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++)
        pad_row(call, &out, call->rows[i], left);
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_lpad(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return pad(call, true);
}

int leat_fn_rpad(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return pad(call, false);
}

/* ---- replace, translate, reverse ---- */

struct text {
    const uint8_t *p;
    size_t n;
};

static struct text argument(const struct leat_call *call, int i, int32_t row)
{
    struct text t;

    t.p = (const uint8_t *)leat_argument_text(&call->arguments[i], row, &t.n);
    return t;
}

static const uint8_t *find(struct text in, struct text what)
{
    return what.n ? memmem(in.p, in.n, what.p, what.n) : NULL;
}

static void replace_row(const struct leat_call *call, struct text_out *out, int32_t row)
{
    struct text rest = argument(call, 0, row), from = argument(call, 1, row), to = argument(call, 2, row);
    const uint8_t *hit;
    size_t size = rest.n, n = 0;
    uint8_t *room;

    for (struct text r = rest; (hit = find(r, from)); r = (struct text){hit + from.n, (size_t)(r.p + r.n - hit) - from.n})
        size += to.n - from.n; /* modulo 2^64, and so the sum is right */
    room = text_out_room(call, out, row, size);
    if (!room)
        return;
    while ((hit = find(rest, from))) {
        size_t before = (size_t)(hit - rest.p);

        memcpy(room + n, rest.p, before);
        if (to.n)
            memcpy(room + n + before, to.p, to.n);
        n += before + to.n;
        rest = (struct text){hit + from.n, rest.n - before - from.n};
    }
    if (rest.n)
        memcpy(room + n, rest.p, rest.n);
    text_out_end_row(out, size);
}

int leat_fn_replace(const struct leat_call *call, struct leat_error *err)
{
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++)
        replace_row(call, &out, call->rows[i]);
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* What becomes of the character at p: itself, one of `to`, or nothing. */
static struct text translated(struct text c, struct text from, struct text to)
{
    size_t k = 0;

    for (size_t i = 0; i < from.n; i += utf8_size(from.p[i])) {
        if (c.n <= from.n - i && memcmp(c.p, from.p + i, c.n) == 0) {
            if (k >= to.n)
                return (struct text){c.p, 0};
            return (struct text){to.p + k, utf8_prefix(to.p + k, to.n - k, 1)};
        }
        if (k < to.n)
            k += utf8_size(to.p[k]);
    }
    return c;
}

static void translate_row(const struct leat_call *call, struct text_out *out, int32_t row)
{
    struct text in = argument(call, 0, row), from = argument(call, 1, row), to = argument(call, 2, row);
    uint8_t *room = text_out_room(call, out, row, in.n * 4);
    size_t size = 0;

    if (!room)
        return;
    for (size_t i = 0; i < in.n;) {
        struct text c = {in.p + i, utf8_prefix(in.p + i, in.n - i, 1)}, became = translated(c, from, to);

        memcpy(room + size, became.p, became.n);
        size += became.n;
        i += c.n;
    }
    text_out_end_row(out, size);
}

int leat_fn_translate(const struct leat_call *call, struct leat_error *err)
{
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++)
        translate_row(call, &out, call->rows[i]);
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_reverse(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const uint8_t *p = text_at(&in, row, &n);
        uint8_t *room = text_out_row(&out, row);

        for (size_t at = 0; at < n;) {
            size_t size = utf8_prefix(p + at, n - at, 1);

            memcpy(room + n - at - size, p + at, size);
            at += size;
        }
        text_out_end_row(&out, n);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_starts_with(const struct leat_call *call, struct leat_error *err)
{
    uint8_t *bits = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        struct text x = argument(call, 0, row), start = argument(call, 1, row);

        bit_set(bits, row, start.n <= x.n && (!start.n || memcmp(x.p, start.p, start.n) == 0));
    }
    return 0;
}
