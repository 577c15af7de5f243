/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Functions whose result is a piece of their first argument. Each says where
 * the piece lies; `slice` copies it. Over a column that is ASCII as a whole,
 * characters are bytes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "expr/functions.h"
#include "expr/kernel.h"

#define INLINE static inline __attribute__((always_inline))

struct piece {
    const uint8_t *p;
    size_t n;
};

/* What is asked of a row: the text, and the other arguments. */
struct asked {
    const struct leat_call *call;
    const uint8_t *p;
    size_t n;
    int32_t row;
    bool ascii;
};

typedef struct piece piece_fn(const struct asked *);

INLINE int slice(const struct leat_call *call, piece_fn *piece, bool characters)
{
    struct text_in in = text_in(&call->arguments[0]);
    struct asked asked = {.call = call, .ascii = characters && text_in_ascii(&in, call)};
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    if (rc < 0)
        return rc;
    for (int32_t i = 0; i < call->n_rows; i++) {
        struct piece found;

        asked.row = call->rows[i];
        asked.p = text_at(&in, asked.row, &asked.n);
        found = piece(&asked);
        if (!found.p) /* the row has failed */
            continue;
        text_copy(text_out_row(&out, asked.row), found.p, found.n, &in);
        text_out_end_row(&out, found.n);
    }
    text_out_end(call, &out);
    return 0;
}

/* ---- trim ---- */

/* True if the character at p is one of `set`. */
static bool is_one_of(const uint8_t *p, size_t size, const uint8_t *set, size_t n)
{
    for (size_t i = 0; i < n; i += utf8_size(set[i]))
        if (size <= n - i && memcmp(p, set + i, size) == 0)
            return true;
    return false;
}

static struct piece trim_set(struct piece x, const uint8_t *set, size_t n, bool front, bool back)
{
    while (front && x.n) {
        size_t size = utf8_size(*x.p);

        if (size > x.n || !is_one_of(x.p, size, set, n))
            break;
        x.p += size;
        x.n -= size;
    }
    while (back && x.n) {
        size_t at = x.n - 1;

        while (at && !utf8_begins(x.p[at]))
            at--;
        if (!is_one_of(x.p + at, x.n - at, set, n))
            break;
        x.n = at;
    }
    return x;
}

INLINE struct piece trim_spaces(const struct asked *a, bool front, bool back)
{
    struct piece x = {a->p, a->n};

    while (front && x.n && *x.p == ' ') {
        x.p++;
        x.n--;
    }
    while (back && x.n && x.p[x.n - 1] == ' ')
        x.n--;
    return x;
}

static struct piece trim_given(const struct asked *a, bool front, bool back)
{
    size_t n;
    const char *set = leat_argument_text(&a->call->arguments[1], a->row, &n);

    return trim_set((struct piece){a->p, a->n}, (const uint8_t *)set, n, front, back);
}

INLINE struct piece trim_both_spaces(const struct asked *a)
{
    return trim_spaces(a, true, true);
}

INLINE struct piece trim_left_spaces(const struct asked *a)
{
    return trim_spaces(a, true, false);
}

INLINE struct piece trim_right_spaces(const struct asked *a)
{
    return trim_spaces(a, false, true);
}

static struct piece trim_both_given(const struct asked *a)
{
    return trim_given(a, true, true);
}

static struct piece trim_left_given(const struct asked *a)
{
    return trim_given(a, true, false);
}

static struct piece trim_right_given(const struct asked *a)
{
    return trim_given(a, false, true);
}

int leat_fn_trim(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return call->n_arguments == 1 ? slice(call, trim_both_spaces, false) : slice(call, trim_both_given, false);
}

int leat_fn_ltrim(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return call->n_arguments == 1 ? slice(call, trim_left_spaces, false) : slice(call, trim_left_given, false);
}

int leat_fn_rtrim(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return call->n_arguments == 1 ? slice(call, trim_right_spaces, false) : slice(call, trim_right_given, false);
}

/* ---- substr, left, right ---- */

/* `count` characters from number `from` on, counted from 0. */
INLINE struct piece characters(const struct asked *a, uint64_t from, uint64_t count)
{
    size_t begin, size;

    if (a->ascii) {
        begin = from < a->n ? from : a->n;
        size = count < a->n - begin ? count : a->n - begin;
    } else {
        begin = utf8_prefix(a->p, a->n, from);
        size = utf8_prefix(a->p + begin, a->n - begin, count);
    }
    return (struct piece){a->p + begin, size};
}

static const char negative_length[] = "the length of a part of a text cannot be negative";

INLINE struct piece substr(const struct asked *a)
{
    int64_t start = leat_argument_int64(&a->call->arguments[1], a->row), end = INT64_MAX;

    if (a->call->n_arguments == 3) {
        int64_t count = leat_argument_int64(&a->call->arguments[2], a->row);

        if (count < 0) {
            call_fail(a->call, a->row, "out_of_range", negative_length);
            return (struct piece){0};
        }
        if (__builtin_add_overflow(start, count, &end))
            end = INT64_MAX;
    }
    /* Positions before the first count, and hold nothing. */
    if (start < 1)
        start = 1;
    return end <= start ? (struct piece){a->p, 0} : characters(a, (uint64_t)start - 1, (uint64_t)(end - start));
}

int leat_fn_substr(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return slice(call, substr, true);
}

int leat_bind_substr(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_argument *count = &bind->arguments[2];

    (void)ret_bound;
    if (bind->n_arguments == 3 && count->column && !leat_argument_is_null(count, 0) && leat_argument_int64(count, 0) < 0)
        return leat_fail(err, -EINVAL, "%s", negative_length);
    return 0;
}

static uint64_t count_characters(const struct asked *a)
{
    return a->ascii ? a->n : utf8_count(a->p, a->n);
}

/* How many characters the text has without `n` of them. */
static uint64_t without(const struct asked *a, int64_t n)
{
    uint64_t all = count_characters(a), less = -(uint64_t)n;

    return less < all ? all - less : 0;
}

static struct piece left(const struct asked *a)
{
    int64_t n = leat_argument_int64(&a->call->arguments[1], a->row);

    return characters(a, 0, n < 0 ? without(a, n) : (uint64_t)n);
}

static struct piece right(const struct asked *a)
{
    int64_t n = leat_argument_int64(&a->call->arguments[1], a->row);

    return characters(a, n < 0 ? -(uint64_t)n : without(a, -n), UINT64_MAX);
}

int leat_fn_left(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return slice(call, left, true);
}

int leat_fn_right(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return slice(call, right, true);
}

/* ---- split_part ---- */

static const char zero_field[] = "fields are counted from 1, or from -1 at the end";

static struct piece part_from_start(const uint8_t *p, const uint8_t *end, const char *delimiter, size_t n, uint64_t part)
{
    const uint8_t *next;

    while ((next = memmem(p, (size_t)(end - p), delimiter, n)) && --part)
        p = next + n;
    if (part > 1)
        return (struct piece){end, 0};
    return (struct piece){p, (size_t)((next ? next : end) - p)};
}

static uint64_t count_parts(const uint8_t *p, const uint8_t *end, const char *delimiter, size_t n)
{
    uint64_t parts = 1;

    while ((p = memmem(p, (size_t)(end - p), delimiter, n))) {
        p += n;
        parts++;
    }
    return parts;
}

static struct piece split_part(const struct asked *a)
{
    size_t n;
    const char *delimiter = leat_argument_text(&a->call->arguments[1], a->row, &n);
    int64_t part = leat_argument_int64(&a->call->arguments[2], a->row);
    uint64_t parts, back = -(uint64_t)part;

    if (part == 0) {
        call_fail(a->call, a->row, "out_of_range", zero_field);
        return (struct piece){0};
    }
    if (!n || !a->n)
        return (struct piece){a->p, part == 1 || part == -1 ? a->n : 0};
    if (part > 0)
        return part_from_start(a->p, a->p + a->n, delimiter, n, (uint64_t)part);
    parts = count_parts(a->p, a->p + a->n, delimiter, n);
    if (back > parts)
        return (struct piece){a->p, 0};
    return part_from_start(a->p, a->p + a->n, delimiter, n, parts - back + 1);
}

int leat_fn_split_part(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return slice(call, split_part, false);
}

int leat_bind_split_part(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_argument *part = &bind->arguments[2];

    (void)ret_bound;
    if (part->column && !leat_argument_is_null(part, 0) && leat_argument_int64(part, 0) == 0)
        return leat_fail(err, -EINVAL, "%s", zero_field);
    return 0;
}

/* ---- length ---- */

int leat_fn_length_bytes(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    int64_t *out = fixed_out(call);
    size_t n;

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        (void)text_at(&in, call->rows[i], &n);
        out[call->rows[i]] = (int64_t)n;
    }
    return 0;
}

int leat_fn_length(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]);
    int64_t *out;

    if (text_in_ascii(&in, call))
        return leat_fn_length_bytes(call, err);
    out = fixed_out(call);
    for (int32_t i = 0; i < call->n_rows; i++) {
        size_t n;
        const uint8_t *p = text_at(&in, call->rows[i], &n);

        out[call->rows[i]] = (int64_t)utf8_count(p, n);
    }
    return 0;
}
