/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A store that cannot be asked for single records, such as a file, is read whole and
 * held: its batches, and a table from the hash of a key to the records that have it.
 *
 *     slots   hash(key) ─► row 3 ─► row 7        rows   (batch, row, next of the same key)
 */
#include "engine/find.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/run.h"

enum { HELD_BYTES = 256 << 10 };

void leat_held_init(struct leat_held *held, const struct leat_finder *finder, int64_t max_record)
{
    *held = (struct leat_held){.finder = finder};
    pthread_mutex_init(&held->lock, NULL);
    if (getentropy(&held->seed, sizeof held->seed) < 0)
        held->seed = (uint64_t)leat_clock_us(); /* better than none */
    leat_pool_init(&held->pool, &finder->plan.out, NULL, LEAT_FIND_ROWS, HELD_BYTES, max_record);
}

void leat_held_clear(struct leat_held *held)
{
    for (int i = 0; i < held->n_batches; i++)
        leat_batch_release(held->batches[i]);
    free(held->rows);
    free(held->slots);
    held->rows = NULL;
    held->slots = NULL;
    held->n_batches = held->n_rows = 0;
    held->n_bytes = 0;
    held->ready = false;
}

void leat_held_deinit(struct leat_held *held)
{
    leat_held_clear(held);
    free(held->batches);
    leat_pool_deinit(&held->pool);
    pthread_mutex_destroy(&held->lock);
}

/* ---- keys ---- */

static struct leat_hash hash_value(const struct leat_column *c, int32_t row, uint64_t seed)
{
    const char *text;
    size_t n, width = (size_t)leat_type_width(c->type);
    bool truth;

    if (c->offsets) {
        text = leat_text(c, row, &n);
        return leat_hash_bytes(text, n, seed);
    }
    truth = !width && leat_bool(c, row);
    return width ? leat_hash_bytes(c->bytes + (size_t)row * width, width, seed) : leat_hash_bytes(&truth, 1, seed);
}

/* The hash of the values' hashes, so that ('ab', 'c') is not ('a', 'bc'). False: one of them is null. */
static bool hash_key(const struct leat_held *held, const struct leat_batch *b, const int *fields, int32_t row,
                     struct leat_hash *ret)
{
    struct leat_hash parts[LEAT_MAX_KEY];
    int n = held->finder->keys.n_fields;

    for (int i = 0; i < n; i++) {
        const struct leat_column *c = &b->columns[fields ? fields[i] : i];

        if (leat_is_null(c, row))
            return false;
        parts[i] = hash_value(c, row, held->seed);
    }
    *ret = leat_hash_bytes(parts, (size_t)n * sizeof *parts, held->seed);
    return true;
}

static struct leat_held_slot *slot_of(const struct leat_held *held, const struct leat_hash *hash)
{
    uint32_t at = (uint32_t)hash->low & held->mask;

    while (held->slots[at].first && memcmp(&held->slots[at].hash, hash, sizeof *hash) != 0)
        at = (at + 1) & held->mask;
    return &held->slots[at];
}

static void list_rows(struct leat_held *held)
{
    int32_t n = 0;

    for (int i = 0; i < held->n_batches; i++)
        n += held->batches[i]->n_rows;
    held->rows = leat_alloc_array((size_t)n + 1, sizeof *held->rows);
    for (int i = 0; i < held->n_batches; i++)
        LEAT_EACH_ROW(held->batches[i], row)
            held->rows[held->n_rows++] = (struct leat_held_row){.batch = held->batches[i], .row = row};
}

/* From the last record to the first, so that the records of a key stand in their order. */
static void make_table(struct leat_held *held)
{
    uint32_t n_slots = 16;

    list_rows(held);
    while (n_slots < (uint32_t)held->n_rows * 2u)
        n_slots *= 2;
    held->slots = leat_alloc_array(n_slots, sizeof *held->slots);
    held->mask = n_slots - 1;
    for (int32_t i = held->n_rows; i-- > 0;) {
        struct leat_held_row *row = &held->rows[i];
        struct leat_held_slot *slot;
        struct leat_hash hash;

        if (!hash_key(held, row->batch, held->finder->key_numbers, row->row, &hash))
            continue;
        slot = slot_of(held, &hash);
        slot->hash = hash;
        row->next = slot->first;
        slot->first = i + 1;
    }
    held->ready = true;
}

/* ---- reading ---- */

static int64_t bytes_of(const struct leat_batch *b)
{
    int64_t n = b->n_rows * (int64_t)(sizeof(struct leat_held_row) + 2 * sizeof(struct leat_held_slot));

    for (int i = 0; i < b->schema->n_fields; i++)
        n += (int64_t)leat_store_bytes(&b->host->stores[i]);
    return n;
}

int leat_find_refuse(struct leat_error *err, const struct leat_batch *b, const struct leat_finder *finder)
{
    const struct leat_account *account = &b->host->account;
    const struct leat_reject *reject = &account->rejects[0];

    return leat_fail(err, LEAT_EDATA, "%s: %d of its records cannot be read; the first: %s%s%s", finder->plan.model->id,
                     b->n_rows - b->n_selected, reject->field ? reject->field : "", reject->field ? " " : "",
                     account->text.p + reject->reason);
}

static int keep(struct leat_held *held, struct leat_batch *b, int64_t limit, struct leat_error *err)
{
    held->batches = leat_grow(held->batches, held->n_batches, &held->cap_batches, sizeof *held->batches);
    held->batches[held->n_batches++] = b;
    held->n_bytes += bytes_of(b);
    if (b->n_selected < b->n_rows)
        return leat_find_refuse(err, b, held->finder);
    if (held->n_bytes > limit)
        return leat_fail(err, LEAT_EDATA, "%s: cannot be asked for single records, and all of them need more memory than "
                         "the %" PRId64 " MiB that the pipeline may use (memory); give it more, or load them into a "
                         "database first",
                         held->finder->plan.model->id, limit >> 20);
    return 0;
}

/* A stop does not wait for it, for what is in flight cannot be brought to its end without all of it. */
static int read_one(struct leat_held *held, struct leat_stage *stage, bool *ret_more, struct leat_error *err)
{
    struct leat_batch *b;
    int rc;

    if (leat_stage_stopping(stage))
        return leat_fail(err, LEAT_ECANCELED, "stopped while %s was read", held->finder->plan.model->id);
    b = leat_held_batch(held);
    rc = leat_stage_fill(stage, b, ret_more, err);
    if (rc == 0)
        return keep(held, b, stage->run->plan->pipeline->memory, err);
    leat_batch_release(b);
    return rc;
}

static int fill(struct leat_held *held, struct leat_stage *stage, struct leat_error *err)
{
    bool more = true;
    int rc;

    if (held->ready)
        return 0;
    rc = leat_stage_open(stage, true, err);
    while (rc == 0 && more)
        rc = read_one(held, stage, &more, err);
    leat_stage_close(stage, true);
    if (rc < 0)
        leat_held_clear(held);
    else
        make_table(held);
    return rc;
}

struct leat_batch *leat_held_batch(struct leat_held *held)
{
    struct leat_batch *b = leat_pool_get(&held->pool);

    b->host->stage = held->finder->plan.model->id;
    return b;
}

int leat_held_give(struct leat_held *held, struct leat_batch *rows, struct leat_error *err)
{
    int rc;

    leat_held_clear(held);
    rc = keep(held, rows, INT64_MAX, err);
    if (rc == 0)
        make_table(held);
    return rc;
}

/* ---- answering ---- */

static int answer(const struct leat_held *held, struct leat_find *find, int32_t key, struct leat_error *err)
{
    struct leat_hash hash;
    int32_t at;

    if (!hash_key(held, find->keys, NULL, key, &hash))
        return 0;
    for (at = slot_of(held, &hash)->first; at; at = held->rows[at - 1].next) {
        const struct leat_held_row *row = &held->rows[at - 1];

        if (!leat_batch_has_room(find->out))
            return leat_fail(err, -E2BIG, "%s: more records have these keys than one batch takes",
                             held->finder->plan.model->id);
        for (int i = 0; i < find->out->schema->n_fields; i++)
            leat_batch_put_value(find->out, i, &row->batch->columns[i], row->row);
        leat_batch_end_row_from(find->out, key);
        find->ret_found[key] = LEAT_FOUND;
    }
    return 0;
}

int leat_held_find(struct leat_held *held, struct leat_stage *stage, struct leat_find *find, struct leat_error *err)
{
    int rc;

    pthread_mutex_lock(&held->lock);
    rc = fill(held, stage, err);
    pthread_mutex_unlock(&held->lock);
    LEAT_EACH_ROW(find->keys, key)
        if (rc == 0)
            rc = answer(held, find, key, err);
    return rc;
}
