/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Case and normal forms. A column that is ASCII as a whole is turned sixteen
 * bytes at a time without looking where its values begin; else each value goes
 * through utf8proc, a character at a time and without libc's locales.
 */
#include <utf8proc.h>

#include "expr/functions.h"
#include "expr/kernel.h"

enum { GROWTH = 3 }; /* a character of 1 byte becomes at most one of 3, of 2 bytes one of 3 */

typedef uint8_t vector __attribute__((vector_size(16)));

/* Flips the case of the letters first .. first + 25. */
static void flip_ascii(uint8_t *out, const uint8_t *in, size_t n, uint8_t first)
{
    size_t i = 0;

    for (; i + sizeof(vector) <= n; i += sizeof(vector)) {
        vector v, letter;

        memcpy(&v, in + i, sizeof v);
        letter = (vector)(v - first < 26);
        v ^= letter & 0x20;
        memcpy(out + i, &v, sizeof v);
    }
    for (; i < n; i++)
        out[i] = (uint8_t)(in[i] ^ ((uint8_t)(in[i] - first) < 26 ? 0x20 : 0));
}

static int whole_column(const struct leat_call *call, const struct text_in *in, uint8_t first)
{
    int32_t total = call->host->total, base = in->offsets[0];
    struct text_out out;
    int rc = text_out_begin(call, (size_t)(in->offsets[total] - base), &out);

    if (rc < 0)
        return rc;
    for (int32_t i = 0; i <= total; i++)
        out.offsets[i] = in->offsets[i] - base;
    flip_ascii(out.bytes, in->bytes + base, (size_t)(in->offsets[total] - base), first);
    out.row = total;
    text_out_end(call, &out);
    return 0;
}

/* The simple mapping of Unicode's data, in which sharp s has no capital;
 * utf8proc knows a newer one that no store expects. */
static utf8proc_int32_t to_upper(utf8proc_int32_t c)
{
    return c == 0xDF ? c : utf8proc_toupper(c);
}

static size_t convert(uint8_t *out, const uint8_t *in, size_t n, utf8proc_int32_t (*to)(utf8proc_int32_t))
{
    size_t size = 0;
    int32_t c;

    for (size_t i = 0; i < n;) {
        i += utf8_get(in + i, n - i, &c);
        size += utf8_put(out + size, to(c));
    }
    return size;
}

static int change_case(const struct leat_call *call, uint8_t first, utf8proc_int32_t (*to)(utf8proc_int32_t))
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc;

    if (in.mask && text_in_ascii(&in, call))
        return whole_column(call, &in, first);
    rc = text_out_begin(call, text_in_bytes(&in, call), &out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const uint8_t *p = text_at(&in, row, &n);
        uint8_t *room = text_out_room(call, &out, row, n * GROWTH);

        if (!room)
            continue;
        if (ascii(p, n))
            flip_ascii(room, p, n, first);
        else
            n = convert(room, p, n, to);
        text_out_end_row(&out, n);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_lower(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return change_case(call, 'A', utf8proc_tolower);
}

int leat_fn_upper(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return change_case(call, 'a', to_upper);
}

/* Letters and digits make words, as in PostgreSQL; so do the marks that belong to a letter. */
static bool in_word(int32_t c)
{
    utf8proc_category_t category;

    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

int leat_fn_initcap(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i], c;
        size_t n, size = 0;
        const uint8_t *p = text_at(&in, row, &n);
        uint8_t *room = text_out_room(call, &out, row, n * GROWTH);
        bool word = false;

        for (size_t at = 0; room && at < n;) {
            at += utf8_get(p + at, n - at, &c);
            size += utf8_put(room + size, word ? utf8proc_tolower(c) : to_upper(c));
            word = in_word(c);
        }
        if (room)
            text_out_end_row(&out, size);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

/* Characters below U+0300 are in normal form C whatever stands around them, and
 * 0xCC is the first byte of U+0300. */
static bool is_normal(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] >= 0xCC)
            return false;
    return true;
}

/* Normalises into the scratch's memory. Negative: not possible. */
static utf8proc_ssize_t normalize(struct leat_scratch *scratch, const uint8_t *p, size_t n, const uint8_t **ret)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    size_t cap = n * 4 + 16; /* characters; what no composition leaves longer is tried again */
    utf8proc_ssize_t got;

    for (;;) {
        utf8proc_int32_t *room = (utf8proc_int32_t *)leat_scratch_bytes(scratch, (cap + 1) * sizeof *room);

        got = utf8proc_decompose(p, (utf8proc_ssize_t)n, room, (utf8proc_ssize_t)cap, options);
        if (got < 0)
            return got;
        if ((size_t)got <= cap) {
            *ret = (const uint8_t *)room;
            return utf8proc_reencode(room, got, options);
        }
        cap = (size_t)got;
    }
}

int leat_fn_normalize(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    (void)err;
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const uint8_t *p = text_at(&in, row, &n);
        utf8proc_ssize_t size = is_normal(p, n) ? (utf8proc_ssize_t)n : normalize(call->host->scratch, p, n, &p);
        uint8_t *room = size < 0 ? NULL : text_out_room(call, &out, row, (size_t)size);

        if (size < 0)
            call_fail(call, row, "conversion_failed", "the text cannot be normalised");
        if (!room)
            continue;
        if (size)
            memcpy(room, p, (size_t)size);
        text_out_end_row(&out, (size_t)size);
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}
