/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * like and ilike: % is any text, _ one character, the escape takes the next
 * character as it is. The matcher goes back to the last % only, which is enough
 * because an earlier % can take no more than the last one could.
 *
 * A constant pattern is looked at once: of those that have no wildcard but % at
 * an end, the most common kind, only the fixed part is compared.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <utf8proc.h>

#include "base/alloc.h"
#include "expr/functions.h"
#include "expr/kernel.h"

enum shape { ANY_SHAPE, EXACTLY, STARTS, ENDS, CONTAINS };

struct pattern {
    enum shape shape;
    bool known;     /* the pattern was constant */
    int32_t escape; /* -1: none */
    size_t n;
    uint8_t bytes[]; /* the pattern, or for a simple shape its fixed part */
};

struct span {
    const uint8_t *p, *end;
};

static int32_t take(struct span *s)
{
    int32_t c;

    s->p += utf8_get(s->p, (size_t)(s->end - s->p), &c);
    return c;
}

/* Whether the next element of the pattern, no %, fits the text; both move. */
static bool one(struct span *text, struct span *pattern, int32_t escape)
{
    int32_t c = take(pattern);

    if (c == escape && pattern->p < pattern->end)
        c = take(pattern);
    else if (c == '_')
        return (void)take(text), true;
    return take(text) == c;
}

static bool matches(struct span text, struct span pattern, int32_t escape)
{
    struct span retry_text = {0}, retry_pattern = {0};

    for (;;) {
        if (pattern.p < pattern.end && *pattern.p == '%' && escape != '%') {
            pattern.p++;
            retry_pattern = pattern;
            retry_text = text;
            continue;
        }
        if (text.p == text.end && pattern.p == pattern.end)
            return true;
        if (text.p < text.end && pattern.p < pattern.end && one(&text, &pattern, escape))
            continue;
        if (!retry_pattern.p || retry_text.p == retry_text.end)
            return false;
        (void)take(&retry_text); /* the last % takes one more */
        text = retry_text;
        pattern = retry_pattern;
    }
}

/* ---- constant patterns ---- */

static bool escape_of(const struct leat_argument *a, int32_t *ret)
{
    const struct leat_column *c = a->column;

    if (!c || leat_is_null(c, 0) || c->offsets[1] > 4 || utf8_count(c->bytes, (size_t)c->offsets[1]) > 1)
        return false;
    *ret = -1;
    if (c->offsets[1])
        (void)utf8_get(c->bytes, (size_t)c->offsets[1], ret);
    return true;
}

static bool ends_in_escape(struct span s, int32_t escape)
{
    while (s.p < s.end)
        if (take(&s) == escape) {
            if (s.p == s.end)
                return true;
            (void)take(&s);
        }
    return false;
}

static void classify(struct pattern *p)
{
    size_t begin = p->n && p->bytes[0] == '%', end = p->n - (p->n > begin && p->bytes[p->n - 1] == '%');
    bool tail = end < p->n;

    for (size_t i = begin; i < end; i++)
        if (p->bytes[i] == '%' || p->bytes[i] == '_' || (p->escape >= 0x80 && p->bytes[i] >= 0x80) ||
            p->bytes[i] == p->escape)
            return;
    if (p->escape == '%')
        return;
    p->shape = begin && tail ? CONTAINS : begin ? ENDS : tail ? STARTS : EXACTLY;
    p->n = end - begin;
    memmove(p->bytes, p->bytes + begin, p->n);
}

static size_t fold(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t size = 0;
    int32_t c;

    for (size_t i = 0; i < n;) {
        i += utf8_get(in + i, n - i, &c);
        size += utf8_put(out + size, c < 0x80 ? (c >= 'A' && c <= 'Z' ? c + 32 : c) : utf8proc_tolower(c));
    }
    return size;
}

static int bind(const struct leat_bind *bind, bool any_case, void **ret_bound, struct leat_error *err)
{
    const struct leat_column *c = bind->arguments[1].column;
    bool known = c && !leat_is_null(c, 0);
    size_t n = known ? (size_t)c->offsets[1] : 0;
    int32_t escape = '\\';
    struct pattern *p;

    if (bind->n_arguments == 3 && !escape_of(&bind->arguments[2], &escape))
        return leat_fail(err, -EINVAL, "the escape is one constant character, or '' for none");
    if (any_case && escape >= 0 && utf8proc_tolower(escape) != utf8proc_toupper(escape))
        return leat_fail(err, -EINVAL, "the escape of ilike cannot be a letter");
    if (known && ends_in_escape((struct span){c->bytes, c->bytes + n}, escape))
        return leat_fail(err, -EINVAL, "the pattern ends in its escape character");
    p = leat_alloc(sizeof *p + n * 3);
    p->known = known;
    p->escape = escape;
    p->n = n;
    if (known && any_case)
        p->n = fold(p->bytes, c->bytes, n);
    else if (n)
        memcpy(p->bytes, c->bytes, n);
    if (known)
        classify(p);
    *ret_bound = p;
    return 0;
}

int leat_bind_like(const struct leat_bind *b, void **ret_bound, struct leat_error *err)
{
    return bind(b, false, ret_bound, err);
}

int leat_bind_ilike(const struct leat_bind *b, void **ret_bound, struct leat_error *err)
{
    return bind(b, true, ret_bound, err);
}

/* ---- matching ---- */

static bool fits(const struct pattern *p, const uint8_t *text, size_t n)
{
    switch (p->shape) {
    case EXACTLY:
        return n == p->n && (!n || memcmp(text, p->bytes, n) == 0);
    case STARTS:
        return n >= p->n && (!p->n || memcmp(text, p->bytes, p->n) == 0);
    case ENDS:
        return n >= p->n && (!p->n || memcmp(text + n - p->n, p->bytes, p->n) == 0);
    case CONTAINS:
        return memmem(text, n, p->bytes, p->n) != NULL;
    default:
        return matches((struct span){text, text + n}, (struct span){p->bytes, p->bytes + p->n}, p->escape);
    }
}

static int call_known(const struct leat_call *call, bool any_case)
{
    const struct pattern *p = call->bound;
    struct text_in in = text_in(&call->arguments[0]);
    uint8_t *bits = fixed_out(call);

    for (int32_t i = 0; i < call->n_rows; i++) {
        size_t n;
        const uint8_t *text = text_at(&in, call->rows[i], &n);

        if (any_case) {
            uint8_t *folded = leat_scratch_bytes(call->host->scratch, n * 3 + 1);

            n = fold(folded, text, n);
            text = folded;
        }
        bit_set(bits, call->rows[i], fits(p, text, n));
    }
    return 0;
}

/* The pattern comes from a row, too. */
static int call_unknown(const struct leat_call *call, bool any_case)
{
    const struct pattern *p = call->bound;
    struct text_in in = text_in(&call->arguments[0]), patterns = text_in(&call->arguments[1]);
    uint8_t *bits = fixed_out(call);

    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n, m;
        const uint8_t *text = text_at(&in, row, &n), *pattern = text_at(&patterns, row, &m);

        if (any_case) {
            uint8_t *room = leat_scratch_bytes(call->host->scratch, (n + m) * 3 + 1);

            n = fold(room, text, n);
            text = room;
            m = fold(room + n, pattern, m);
            pattern = room + n;
        }
        bit_set(bits, row, matches((struct span){text, text + n}, (struct span){pattern, pattern + m}, p->escape));
    }
    return 0;
}

static int call_like(const struct leat_call *call, bool any_case)
{
    const struct pattern *p = call->bound;

    return p->known ? call_known(call, any_case) : call_unknown(call, any_case);
}

int leat_fn_like(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return call_like(call, false);
}

int leat_fn_ilike(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return call_like(call, true);
}
