/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * dedupe: of the records with one key, the first in the order of the extract
 * goes on. What was seen is remembered as hashes (kit/keyset), so memory grows
 * with the number of keys, not with their length, and spills beyond a bound.
 *
 * With `order` it is the first by a field. Then all records are held until the
 * last has been seen (winners.c), and `seen` has the keys of the earlier run alone.
 *
 * A run that goes on needs them again: the host remembers the seed, then the
 * keys that were new in each batch, in this order and as they are in memory.
 *
 * Serial, as the order decides: the state is touched by one thread.
 */
#include <leat/plugin.h>

#include <stdlib.h>

#include "winners.h"

enum { FIRST, LAST };
enum { COUNT, REJECT };

struct dedupe {
    const struct leat_node *key;
    const char *order;
    int keep, duplicates;
    int64_t memory;
    int *fields; /* of the key */
    int n_fields;
    uint64_t seed;
    struct keyset *seen;
    struct winners winners; /* with `order` */
    bool answering;         /* those that were offered begin to be gone */
    struct keyset_key *keys; /* of the rows of one batch that have one */
    int32_t *rows;
    int32_t cap_rows;
};

static const char *const keeps[] = { "first", "last", NULL };
static const char *const fates[] = { "count", "reject", NULL };

static const struct leat_option options[] = {
    { .name = "key", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct dedupe, key), .required = true, .main = true,
      .help = "The field, or the list of fields, in which no two records are to be alike." },
    { .name = "keep", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct dedupe, keep), .values = keeps,
      .default_text = "first",
      .help = "Which one of the records with one key goes on: the first that is extracted; or the first or last by order." },
    { .name = "order", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct dedupe, order),
      .help = "The field by which a record is the first or last, whatever comes first; all are held in memory until then." },
    { .name = "duplicates", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct dedupe, duplicates), .values = fates,
      .default_text = "count", .help = "What becomes of the others: counted in the books, or rejected too." },
    { .name = "memory", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct dedupe, memory), .default_text = "256MiB",
      .min = KEYSET_MIN_MEMORY, .max = INT64_C(1) << 40, .tuning = true,
      .help = "Memory for the keys, at most 40 bytes each; what is above it goes to temporary files." },
    LEAT_END_OF_OPTIONS
};

static void plan_order(struct leat_plan *plan, struct dedupe *d)
{
    const struct leat_node *node = leat_plan_node(plan, "order");
    int field = leat_plan_field(plan, node);

    leat_plan_gathers(plan);
    leat_plan_note(plan, "all records are held in memory until the last has come; the pipeline's `memory' bounds it");
    d->winners = (struct winners){ .field = field, .last = d->keep == LAST };
    if (field >= 0 && leat_plan_input(plan)->fields[field].type == LEAT_JSON)
        leat_plan_wrong(plan, "order", "lists and documents have no order");
}

static int dedupe_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct dedupe *d = self;

    (void)err;
    if (d->order)
        plan_order(plan, d);
    else
        leat_plan_ordered(plan, "give it  order: FIELD, or take  partitions:  out of the extract");
    if (d->keep == LAST && !d->order)
        leat_plan_wrong(plan, "keep", "only by an order can the last be known: give it  order: FIELD  too");
    d->n_fields = d->key->n_children;
    d->fields = leat_plan_alloc(plan, (size_t)d->n_fields * sizeof *d->fields);
    if (!d->n_fields)
        leat_plan_wrong(plan, "key", "the key has no field");
    for (int i = 0; i < d->n_fields; i++) {
        d->fields[i] = leat_plan_field(plan, d->key->children[i]);
        for (int j = 0; j < i; j++)
            if (d->fields[i] >= 0 && d->fields[i] == d->fields[j])
                leat_plan_wrong_at(plan, d->key->children[i], "this field is in the key already");
    }
    return 0;
}

static bool is_cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

/* The seed of the earlier run, under which its keys were hashed, or one for all that will be. */
static int begin_or_go_on(struct dedupe *d, struct leat_stage *stage, struct leat_error *err)
{
    int rc = keyset_recall_seed(stage, &d->seed, err);

    if (rc != 0)
        return rc < 0 ? rc : keyset_recall(d->seen, stage, err);
    rc = keyset_seed(&d->seed, err);
    return rc < 0 ? rc : leat_remember(stage, &d->seed, sizeof d->seed, err);
}

static int dedupe_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct dedupe *d = self;
    struct keyset_settings settings = { .memory = d->memory, .cancelled = is_cancelled, .cancelled_arg = stage };
    int rc = keyset_open(&d->seen, &settings, err);

    return rc < 0 ? rc : begin_or_go_on(d, stage, err);
}

static int need_rows(struct dedupe *d, int32_t n, struct leat_error *err)
{
    if (n <= d->cap_rows)
        return 0;
    free(d->keys);
    free(d->rows);
    d->cap_rows = n;
    d->keys = malloc((size_t)n * sizeof *d->keys);
    d->rows = malloc((size_t)n * sizeof *d->rows);
    return d->keys && d->rows ? 0 : leat_fail(err, -ENOMEM, "no memory for the keys of a batch");
}

/* Hashes all keys first, so that their places can be fetched ahead of their use. Returns how many there are. */
static int32_t collect_keys(struct dedupe *d, const struct leat_batch *batch)
{
    int32_t n = 0;

    LEAT_EACH_ROW(batch, row) {
        d->rows[n] = row;
        n += keyset_row_key(batch, d->fields, d->n_fields, row, d->seed, &d->keys[n]);
    }
    return n;
}

/* A preview shows one batch after the other. */
static int begin_again(struct dedupe *d, struct leat_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < d->winners.n_slots && rc >= 0; i++)
        if (d->winners.slots[i].batch)
            rc = keyset_add(d->seen, d->winners.slots[i].key, err);
    winners_free(&d->winners);
    d->answering = false;
    return rc < 0 ? rc : 0;
}

static int dedupe_gather(struct leat_stage *stage, void *self, const struct leat_batch *in, struct leat_error *err)
{
    struct dedupe *d = self;
    int rc = need_rows(d, in->n_selected, err);
    int32_t n = rc < 0 ? 0 : collect_keys(d, in);

    (void)stage;
    if (rc >= 0 && d->answering)
        rc = begin_again(d, err);
    for (int32_t i = 0; i < n && rc >= 0; i++)
        rc = winners_offer(&d->winners, d->keys[i], in, d->rows[i], err);
    return rc;
}

/* 1: the record goes on. */
static int goes_on(struct dedupe *d, const struct leat_batch *in, int32_t i, struct leat_error *err)
{
    int rc;

    if (!d->order)
        return keyset_add(d->seen, d->keys[i], err);
    rc = keyset_has(d->seen, d->keys[i], err);
    return rc < 0 ? rc : rc == 0 && winners_has(&d->winners, d->keys[i], in, d->rows[i]);
}

static void end_duplicate(const struct dedupe *d, struct leat_batch *batch, int32_t row)
{
    if (d->duplicates == COUNT)
        leat_batch_drop(batch, row, LEAT_DUPLICATE);
    else
        leat_batch_reject(batch, row, d->fields[0], "duplicate",
                          d->order ? "has the key of a record that goes before it"
                                   : "has the key of a record before it");
}

static int dedupe_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                          bool *ret_again, struct leat_error *err)
{
    struct dedupe *d = self;
    int rc = need_rows(d, in->n_selected, err);
    int32_t n = rc < 0 ? 0 : collect_keys(d, in);
    size_t n_new = 0;

    (void)out, (void)ret_again;
    d->answering = true;
    for (int32_t i = 0; i < n && rc >= 0; i++) {
        if (i + KEYSET_AHEAD < n)
            keyset_prefetch(d->seen, d->keys[i + KEYSET_AHEAD]);
        rc = goes_on(d, in, i, err);
        if (rc > 0)
            d->keys[n_new++] = d->keys[i];
        else if (rc == 0)
            end_duplicate(d, in, d->rows[i]);
    }
    if (rc >= 0 && n < in->n_selected)
        leat_stage_count(stage, "key was null", in->n_selected - n);
    if (rc < 0 || n_new == 0)
        return rc < 0 ? rc : 0;
    return leat_remember(stage, d->keys, n_new * sizeof *d->keys, err);
}

static void report(struct leat_stage *stage, const struct keyset *seen)
{
    struct keyset_counts counts = keyset_count(seen);

    leat_stage_count(stage, "keys in memory", counts.n_in_memory);
    leat_stage_count(stage, "keys spilled", counts.n_spilled);
    leat_stage_count(stage, "bytes of keys", counts.n_bytes);
}

static void dedupe_close(struct leat_stage *stage, void *self)
{
    struct dedupe *d = self;

    if (d->seen)
        report(stage, d->seen);
    keyset_close(d->seen);
    winners_free(&d->winners);
    free(d->keys);
    free(d->rows);
}

LEAT_VALIDATE(dedupe, .summary = "Lets the first record of each key pass", .options = options,
              .traits = LEAT_IN_PLACE | LEAT_KEEPS_SCHEMA, .plan = dedupe_plan, .open = dedupe_open,
              .gather = dedupe_gather, .process = dedupe_process, .close = dedupe_close);
