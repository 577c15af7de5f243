/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Lengths, lists and patterns of texts.
 */
#include <stdlib.h>

#include "rules.h"

enum {
    MATCH_LIMIT = 1000000,  /* steps; PCRE2's own default is ten times that, for every record */
    HEAP_LIMIT_KIB = 16384,
    FIRST_STACK = 32 * 1024,
    LAST_STACK = 512 * 1024,
};

static int64_t characters(const char *text, size_t n)
{
    int64_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* n bytes are n / 4 to n characters, so most texts need no counting. */
bool characters_in_range(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int64_t most = (int64_t)n, least = (most + 3) / 4, count;

    (void)worker;
    if (least >= rule->low && most <= rule->high)
        return true;
    if (most < rule->low || least > rule->high)
        return false;
    count = characters(text, n);
    return count >= rule->low && count <= rule->high;
}

bool bytes_in_range(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    (void)text, (void)worker;
    return (int64_t)n >= rule->low && (int64_t)n <= rule->high;
}

int compare_words(const void *a, const void *b)
{
    const struct word *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return x->n ? memcmp(x->text, y->text, x->n) : 0;
}

bool is_one_of(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    struct word word = { text, n };

    (void)worker;
    return bsearch(&word, rule->words, (size_t)rule->n_words, sizeof word, compare_words);
}

/* `$` is the end and nothing before it: a line break behind a value is no part of the pattern. */
pcre2_code *compile_pattern(const char *pattern, char *room, size_t n_room)
{
    uint32_t flags = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_SIZE offset;
    int code;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, flags, &code, &offset, NULL);
    PCRE2_UCHAR text[256];

    if (compiled)
        return compiled;
    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    (void)snprintf(room, n_room, "the pattern is wrong at character %zu: %s", (size_t)offset + 1, (char *)text);
    return NULL;
}

int open_pattern_limits(struct rules_worker *worker, struct leat_error *err)
{
    worker->match = pcre2_match_data_create(1, NULL);
    worker->limits = pcre2_match_context_create(NULL);
    worker->stack = pcre2_jit_stack_create(FIRST_STACK, LAST_STACK, NULL);
    if (!worker->match || !worker->limits)
        return leat_fail(err, -ENOMEM, "no memory to match patterns");
    (void)pcre2_set_match_limit(worker->limits, MATCH_LIMIT);
    (void)pcre2_set_heap_limit(worker->limits, HEAP_LIMIT_KIB);
    if (worker->stack) /* without one, JIT does with the 32 KiB of its own */
        pcre2_jit_stack_assign(worker->limits, NULL, worker->stack);
    return 0;
}

/* A text that the pattern cannot be decided for within the limits does not pass. */
bool matches_pattern(const struct rule *rule, struct rules_worker *worker, const char *text, size_t n)
{
    int rc = pcre2_match(rule->compiled, (PCRE2_SPTR)text, n, 0, PCRE2_NO_UTF_CHECK, worker->match, worker->limits);

    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
        worker->n_gave_up++;
    return rc >= 0;
}
