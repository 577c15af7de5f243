/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rules over a batch: each runs down its column over the rows that all rules
 * before it have passed, so a record is rejected by the first that it fails.
 *
 * `unique` comes last, so that a bad record does not take a value from a good
 * one; and a record takes its values only if it passes all of them.
 */
#include <stdlib.h>

#include "rules.h"

enum { AHEAD = 8 }; /* keys between asking for a cache line and using it */

static const int64_t unique_memory = INT64_C(256) << 20; /* bytes a rule, before it spills */

static bool is_cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

static int open_rule(struct leat_stage *stage, struct rule *rule, struct leat_error *err)
{
    struct keyset_settings settings = { .memory = unique_memory, .cancelled = is_cancelled, .cancelled_arg = stage };
    char room[320];

    if (rule->kind == RULE_UNIQUE)
        return keyset_open(&rule->seen, &settings, err);
    if (rule->test != matches_pattern)
        return 0;
    rule->compiled = compile_pattern(rule->pattern, room, sizeof room);
    if (!rule->compiled)
        return leat_fail(err, LEAT_EPIPELINE, "%s", room);
    (void)pcre2_jit_compile(rule->compiled, PCRE2_JIT_COMPLETE); /* without JIT it is slower, and the same */
    return 0;
}

int rules_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct rules *r = self;
    int rc = r->n_unique ? keyset_seed(&r->seed, err) : 0;

    for (int i = 0; i < r->n_rules && rc == 0; i++)
        rc = open_rule(stage, &r->rules[i], err);
    return rc;
}

int rules_worker_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    const struct rules *r = self;

    for (int i = 0; i < r->n_rules; i++)
        if (r->rules[i].test == matches_pattern)
            return open_pattern_limits(leat_stage_worker(stage), err);
    return 0;
}

static int need_rows(const struct rules *r, struct rules_worker *w, int32_t n, struct leat_error *err)
{
    size_t rows = (size_t)n;

    if (n <= w->cap_rows)
        return 0;
    free(w->rows);
    free(w->truths);
    free(w->keys);
    w->cap_rows = n;
    w->rows = malloc(rows * sizeof *w->rows);
    w->truths = malloc(rows);
    w->keys = r->n_unique ? malloc(rows * (size_t)r->n_unique * sizeof *w->keys) : NULL;
    if (w->rows && w->truths && (w->keys || !r->n_unique))
        return 0;
    return leat_fail(err, -ENOMEM, "no memory for the rows of a batch");
}

/* ---- one rule over the rows that are left ---- */

static bool is_one_of_numbers(const struct rule *rule, int64_t value)
{
    for (int i = 0; i < rule->n_numbers; i++)
        if (rule->numbers[i] == value)
            return true;
    return false;
}

/* For a value that is not null. */
static bool value_passes(const struct rule *rule, struct rules_worker *w, const struct leat_column *column, int32_t row)
{
    const char *text;
    size_t n;

    switch (rule->kind) {
    case RULE_TEXT:
        text = leat_text(column, row, &n);
        return rule->test(rule, w, text, n);
    case RULE_INTEGER:
        return column->int64[row] >= rule->low && column->int64[row] <= rule->high;
    case RULE_DATE:
        return column->date[row] >= rule->low && column->date[row] <= rule->high;
    case RULE_REAL: /* NaN is in no range */
        return column->float64[row] >= rule->real_low && column->float64[row] <= rule->real_high;
    case RULE_ONE_OF:
        return is_one_of_numbers(rule, column->int64[row]);
    case RULE_CHECK:
    case RULE_REQUIRED:
    case RULE_UNIQUE:
        break;
    }
    return true;
}

static void fail_row(const struct rule *rule, struct leat_batch *batch, int32_t row)
{
    leat_batch_reject(batch, row, rule->field, rule->code, "%s", rule->reason);
}

/* Keeps the rows that pass in w->rows, and returns how many. */
static int32_t apply_to_values(const struct rule *rule, struct rules_worker *w, struct leat_batch *batch, int32_t n)
{
    const struct leat_column *column = &batch->columns[rule->field];
    bool null_passes = rule->kind != RULE_REQUIRED;
    int32_t kept = 0;

    if (rule->kind == RULE_REQUIRED && !column->validity)
        return n;
    for (int32_t i = 0; i < n; i++) {
        int32_t row = w->rows[i];

        if (leat_is_null(column, row) ? null_passes : value_passes(rule, w, column, row))
            w->rows[kept++] = row;
        else
            fail_row(rule, batch, row);
    }
    return kept;
}

/* An expression that is null passes, as in SQL. */
static int apply_check(struct leat_stage *stage, const struct rule *rule, struct leat_batch *batch, int32_t *n,
                       struct leat_error *err)
{
    struct rules_worker *w = leat_stage_worker(stage);
    int rc = leat_evaluate_bool(stage, rule->expression, batch, w->truths, err);
    int32_t kept = 0;

    for (int32_t i = 0; i < *n && rc == 0; i++) {
        uint8_t truth = w->truths[w->rows[i]];

        if (truth == 0)
            fail_row(rule, batch, w->rows[i]);
        else if (truth != 3) /* 3: could not be evaluated, and is rejected already */
            w->rows[kept++] = w->rows[i];
    }
    *n = kept;
    return rc;
}

/* ---- unique ---- */

static bool is_null_key(struct keyset_key key)
{
    return !(key.high | key.low);
}

/* All rules' keys of a row lie together. */
static void collect_keys(const struct rules *r, struct rules_worker *w, const struct leat_batch *batch, int32_t n)
{
    const struct rule *unique = &r->rules[r->n_rules - r->n_unique];

    for (int u = 0; u < r->n_unique; u++)
        for (int32_t i = 0; i < n; i++) {
            struct keyset_key *key = &w->keys[i * r->n_unique + u];

            if (!keyset_row_key(batch, &unique[u].field, 1, w->rows[i], r->seed, key))
                *key = (struct keyset_key){ 0, 0 };
        }
}

static void prefetch(const struct rules *r, const struct keyset_key *keys)
{
    const struct rule *unique = &r->rules[r->n_rules - r->n_unique];

    for (int u = 0; u < r->n_unique; u++)
        keyset_prefetch(unique[u].seen, keys[u]);
}

/* The first of the unique rules that the keys fail, NULL if there is none. */
static int find_taken(const struct rules *r, const struct keyset_key *keys, const struct rule **ret,
                      struct leat_error *err)
{
    *ret = NULL;
    for (int i = r->n_rules - r->n_unique; i < r->n_rules; i++, keys++) {
        int rc = is_null_key(*keys) ? 0 : keyset_has(r->rules[i].seen, *keys, err);

        if (rc == 0)
            continue;
        *ret = &r->rules[i];
        return rc < 0 ? rc : 0;
    }
    return 0;
}

static int take(const struct rules *r, const struct keyset_key *keys, struct leat_error *err)
{
    int rc = 0;

    for (int i = r->n_rules - r->n_unique; i < r->n_rules && rc >= 0; i++, keys++)
        if (!is_null_key(*keys))
            rc = keyset_add(r->rules[i].seen, *keys, err);
    return rc;
}

static int apply_unique(const struct rules *r, struct rules_worker *w, struct leat_batch *batch, int32_t n,
                        struct leat_error *err)
{
    int rc = 0;

    collect_keys(r, w, batch, n);
    for (int32_t i = 0; i < n && rc >= 0; i++) {
        const struct keyset_key *keys = &w->keys[i * r->n_unique];
        const struct rule *failed;

        if (i + AHEAD < n)
            prefetch(r, keys + AHEAD * r->n_unique);
        rc = find_taken(r, keys, &failed, err);
        if (rc == 0 && failed)
            fail_row(failed, batch, w->rows[i]);
        else if (rc == 0)
            rc = take(r, keys, err);
    }
    return rc < 0 ? rc : 0;
}

int rules_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                  bool *ret_again, struct leat_error *err)
{
    const struct rules *r = self;
    struct rules_worker *w = leat_stage_worker(stage);
    int32_t n = 0;
    int rc = need_rows(r, w, in->n_rows, err);

    (void)out, (void)ret_again;
    if (rc < 0)
        return rc;
    LEAT_EACH_ROW(in, row)
        w->rows[n++] = row;
    for (int i = 0; i < r->n_rules - r->n_unique && rc == 0; i++) {
        if (r->rules[i].kind == RULE_CHECK)
            rc = apply_check(stage, &r->rules[i], in, &n, err);
        else
            n = apply_to_values(&r->rules[i], w, in, n);
    }
    if (rc == 0 && r->n_unique)
        rc = apply_unique(r, w, in, n, err);
    if (w->n_gave_up)
        leat_stage_count(stage, "pattern gave up", w->n_gave_up);
    w->n_gave_up = 0;
    return rc;
}

void rules_worker_close(struct leat_stage *stage, void *self)
{
    struct rules_worker *w = leat_stage_worker(stage);

    (void)self;
    free(w->rows);
    free(w->truths);
    free(w->keys);
    pcre2_match_data_free(w->match);
    pcre2_match_context_free(w->limits);
    pcre2_jit_stack_free(w->stack);
}

void rules_close(struct leat_stage *stage, void *self)
{
    struct rules *r = self;

    for (int i = 0; i < r->n_rules; i++) {
        struct rule *rule = &r->rules[i];

        if (rule->kind == RULE_UNIQUE && rule->seen) {
            leat_stage_count(stage, "keys in memory", keyset_count(rule->seen).n_in_memory);
            leat_stage_count(stage, "keys spilled", keyset_count(rule->seen).n_spilled);
            keyset_close(rule->seen);
        }
        if (rule->test == matches_pattern)
            pcre2_code_free(rule->compiled);
    }
}
