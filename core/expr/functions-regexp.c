/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Regular expressions by PCRE2, compiled once at plan time and matched by its
 * machine code. As in PostgreSQL . matches a newline, too, and $ only the end;
 * \d \s \w are ASCII. Where subject and pattern are ASCII a second code without
 * UTF-8 is used, which finds the same and is faster.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "expr/functions.h"
#include "expr/kernel.h"
#include "expr/regexp.h"

enum {
    MATCH_LIMIT = 1000000, /* steps; some milliseconds */
    HEAP_LIMIT = 16 * 1024, /* KiB */
    JIT_STACK = 1024 * 1024,
};

struct regexp {
    pcre2_code *utf8, *bytes; /* bytes: NULL where the pattern is not ASCII */
    bool jit, global;
    struct leat_simple_pattern simple;
};

/* What matching writes to; one a scratch, hence one a thread. */
struct leat_regexp_memory {
    pcre2_match_data *data;
    uint32_t pairs;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

void leat_regexp_memory_free(struct leat_regexp_memory *m)
{
    if (!m)
        return;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_jit_stack_free(m->stack);
    free(m);
}

static struct leat_regexp_memory *memory(struct leat_scratch *s, const struct regexp *r)
{
    struct leat_regexp_memory *m = s->regexp;
    uint32_t groups = 0;

    if (!m) {
        m = s->regexp = leat_alloc(sizeof *m);
        m->context = pcre2_match_context_create(NULL);
        m->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK, NULL);
        if (m->context) {
            pcre2_set_match_limit(m->context, MATCH_LIMIT);
            pcre2_set_heap_limit(m->context, HEAP_LIMIT);
            pcre2_jit_stack_assign(m->context, NULL, m->stack);
        }
    }
    (void)pcre2_pattern_info(r->utf8, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (!m->data || m->pairs < groups + 1) {
        pcre2_match_data_free(m->data);
        m->pairs = groups + 1;
        m->data = pcre2_match_data_create(m->pairs, NULL);
    }
    return m->context && m->data ? m : NULL;
}

/* ---- bind ---- */

void leat_unbind_regexp(void *bound)
{
    struct regexp *r = bound;

    pcre2_code_free(r->utf8);
    pcre2_code_free(r->bytes);
    free(r);
}

static pcre2_code *compile(const uint8_t *p, size_t n, uint32_t options, bool *jit, int *ret_code, size_t *ret_at)
{
    pcre2_code *code = pcre2_compile(p, n, options | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
                                     ret_code, ret_at, NULL);

    if (code && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) < 0)
        *jit = false;
    return code;
}

static int read_flags(const struct leat_bind *bind, int i, const char *known, unsigned *ret, struct leat_error *err)
{
    const struct leat_column *c;

    *ret = 0;
    if (bind->n_arguments <= i)
        return 0;
    c = bind->arguments[i].column;
    if (!c || leat_is_null(c, 0))
        return leat_fail(err, -EINVAL, "the flags of a pattern are a constant text");
    for (int32_t k = 0; k < c->offsets[1]; k++) {
        const char *flag = memchr(known, c->bytes[k], strlen(known));

        if (!flag)
            return leat_fail(err, -EINVAL, "there is no flag %c here; there is %s", c->bytes[k],
                             known[1] ? "g (every match) and i (any case)" : "i (any case)");
        *ret |= 1u << (flag - known);
    }
    return 0;
}

static int bind(const struct leat_bind *bind, bool any_case, bool global, void **ret_bound, struct leat_error *err)
{
    const struct leat_column *c = bind->arguments[1].column;
    uint32_t options = any_case ? PCRE2_CASELESS : 0;
    struct regexp *r;
    size_t at = 0, n;
    int code = 0;

    if (!c || leat_is_null(c, 0))
        return leat_fail(err, -EINVAL, "the pattern is a constant text");
    n = (size_t)c->offsets[1];
    r = leat_alloc(sizeof *r);
    r->jit = true;
    r->global = global;
    r->utf8 = compile(c->bytes, n, options | PCRE2_UTF, &r->jit, &code, &at);
    if (!r->utf8) {
        PCRE2_UCHAR why[200] = "";

        (void)pcre2_get_error_message(code, why, sizeof why);
        leat_unbind_regexp(r);
        return leat_fail(err, -EINVAL, "the pattern is wrong at its character %zu: %s",
                         utf8_count(c->bytes, at < n ? at : n) + 1, (const char *)why);
    }
    if (ascii(c->bytes, n))
        r->bytes = compile(c->bytes, n, options, &r->jit, &code, &at);
    if (!any_case)
        r->simple = leat_simple_pattern(c->bytes, n);
    if (r->simple.shape == SHAPE_CLASS && !global)
        r->simple.shape = SHAPE_ENGINE;
    *ret_bound = r;
    return 0;
}

int leat_bind_regexp_like(const struct leat_bind *b, void **ret_bound, struct leat_error *err)
{
    unsigned flags;
    int rc = read_flags(b, 2, "i", &flags, err);

    return rc < 0 ? rc : bind(b, flags & 1, false, ret_bound, err);
}

int leat_bind_regexp_replace(const struct leat_bind *b, void **ret_bound, struct leat_error *err)
{
    unsigned flags;
    int rc = read_flags(b, 3, "gi", &flags, err);

    return rc < 0 ? rc : bind(b, flags & 2, flags & 1, ret_bound, err);
}

/* ---- match ---- */

/* Groups found (at least 1), 0 for no match, negative beyond the limits. */
static int match(const struct regexp *r, struct leat_regexp_memory *m, const uint8_t *p, size_t n, size_t from,
                 bool is_ascii)
{
    const pcre2_code *code = is_ascii && r->bytes ? r->bytes : r->utf8;
    int rc = r->jit ? pcre2_jit_match(code, p, n, from, 0, m->data, m->context)
                    : pcre2_match(code, p, n, from, PCRE2_NO_UTF_CHECK, m->data, m->context);

    return rc == PCRE2_ERROR_NOMATCH ? 0 : rc;
}

static void fail(const struct leat_call *call, int32_t row)
{
    call_fail(call, row, "pattern_limit", "matching the pattern takes too long; make it simpler");
}

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "no memory for matching patterns");
}

int leat_fn_regexp_like(const struct leat_call *call, struct leat_error *err)
{
    const struct regexp *r = call->bound;
    struct leat_regexp_memory *m = memory(call->host->scratch, r);
    struct text_in in = text_in(&call->arguments[0]);
    bool all_ascii = text_in_ascii(&in, call);
    uint8_t *bits = fixed_out(call);

    if (!m)
        return no_memory(err);
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const uint8_t *p = text_at(&in, row, &n);
        int rc = match(r, m, p, n, 0, all_ascii || ascii(p, n));

        if (rc < 0)
            fail(call, row);
        else
            bit_set(bits, row, rc > 0);
    }
    return 0;
}

/* ---- replace ---- */

struct replacing {
    const struct leat_call *call;
    const struct regexp *regexp;
    struct leat_regexp_memory *memory;
    struct text_out out;
    size_t size;       /* bytes of this row written so far */
    int32_t row;
    bool too_large;
};

static void put(struct replacing *x, const uint8_t *p, size_t n)
{
    if (x->too_large || !n)
        return;
    if ((int64_t)(x->size + n) + TEXT_SLACK > x->out.cap - x->out.at &&
        (x->size + n > MAX_VALUE_BYTES / 2 || !text_out_more(&x->out, 2 * (x->size + n)))) {
        x->too_large = true;
        return;
    }
    memcpy(x->out.bytes + x->out.at + x->size, p, n);
    x->size += n;
}

/* \1 to \9 are groups, \& is the match, \\ a backslash; any other \ is itself. */
static void put_replacement(struct replacing *x, const uint8_t *with, size_t n, const uint8_t *subject, int n_groups)
{
    const size_t *groups = pcre2_get_ovector_pointer(x->memory->data);
    size_t from = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        int group = with[i + 1] == '&' ? 0 : with[i + 1] - '0';

        if (with[i] != '\\' || (with[i + 1] != '\\' && (group < 0 || group > 9 || with[i + 1] == '0')))
            continue;
        put(x, with + from, i - from);
        if (with[i + 1] == '\\')
            put(x, with + i, 1);
        else if (group < n_groups && groups[2 * group] != PCRE2_UNSET && groups[2 * group] <= groups[2 * group + 1])
            put(x, subject + groups[2 * group], groups[2 * group + 1] - groups[2 * group]);
        from = ++i + 1;
    }
    put(x, with + from, n - from);
}

static void replace_row(struct replacing *x, const uint8_t *p, size_t n, const uint8_t *with, size_t n_with,
                        bool is_ascii)
{
    const size_t *groups = pcre2_get_ovector_pointer(x->memory->data);
    size_t done = 0, from = 0; /* bytes copied; where to look next */
    int rc = 0;

    while (from <= n && (rc = match(x->regexp, x->memory, p, n, from, is_ascii)) > 0) {
        size_t begin = groups[0] < done ? done : groups[0], end = groups[1] < begin ? begin : groups[1];

        put(x, p + done, begin - done);
        put_replacement(x, with, n_with, p, rc);
        done = from = end;
        if (begin == end) /* an empty match: the next one begins a character on */
            from += end < n ? utf8_prefix(p + end, n - end, 1) : 1;
        if (!x->regexp->global)
            break;
    }
    put(x, p + done, n - done);
    if (rc < 0)
        fail(x->call, x->row);
    else if (x->too_large)
        call_fail(x->call, x->row, "out_of_range", TOO_LARGE);
    else
        text_out_end_row(&x->out, x->size);
}

static int replace_simply(const struct leat_call *call, const struct regexp *r)
{
    struct text_in in = text_in(&call->arguments[0]), replacements = text_in(&call->arguments[2]);
    struct text_out out;
    int rc = text_out_begin(call, text_in_bytes(&in, call), &out);

    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        size_t n, n_with;
        const uint8_t *p = text_at(&in, call->rows[i], &n), *with = text_at(&replacements, call->rows[i], &n_with);
        uint8_t *room = text_out_room(call, &out, call->rows[i], leat_simple_bytes(&r->simple, n, n_with));

        if (room)
            text_out_end_row(&out, leat_simple_replace(&r->simple, p, n, with, n_with, room));
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_regexp_replace(const struct leat_call *call, struct leat_error *err)
{
    struct text_in in = text_in(&call->arguments[0]), replacements = text_in(&call->arguments[2]);
    struct replacing x = {.call = call, .regexp = call->bound};
    bool all_ascii;
    int rc;

    if (x.regexp->simple.shape != SHAPE_ENGINE && !replacements.mask &&
        !memchr(replacements.bytes, '\\', (size_t)replacements.offsets[1]))
        return replace_simply(call, x.regexp);
    x.memory = memory(call->host->scratch, x.regexp);
    if (!x.memory)
        return no_memory(err);
    all_ascii = text_in_ascii(&in, call);
    rc = text_out_begin(call, text_in_bytes(&in, call), &x.out);
    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        size_t n, n_with;
        const uint8_t *p = text_at(&in, call->rows[i], &n), *with = text_at(&replacements, call->rows[i], &n_with);

        x.row = call->rows[i];
        x.size = 0;
        x.too_large = false;
        text_out_skip(&x.out, x.row);
        replace_row(&x, p, n, with, n_with, all_ascii || ascii(p, n));
    }
    if (rc >= 0)
        text_out_end(call, &x.out);
    return rc;
}
