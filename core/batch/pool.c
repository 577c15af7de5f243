/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Batches come from a pool and go back to it with their last reference, so that
 * a run in its steady state allocates nothing. The pool is a stack: the batch
 * that came home last is still in the cache.
 */
#include "batch/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

void leat_pool_init(struct leat_pool *pool, const struct leat_schema *schema, struct leat_budget *budget,
                    int32_t cap_rows, int64_t cap_bytes, int64_t max_record)
{
    *pool = (struct leat_pool){.schema = schema, .budget = budget, .cap_rows = cap_rows, .cap_bytes = cap_bytes,
                               .max_record = max_record};
    pthread_mutex_init(&pool->lock, NULL);
}

static void batch_free(struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;

    for (int i = 0; i < b->schema->n_fields; i++)
        leat_store_deinit(&h->stores[i]);
    free(h->stores);
    free(h->own_origin_rows);
    free(h->own_selection);
    free(h->fates);
    free(h->account.verdicts);
    free(h->account.rejects);
    free(h->account.answers);
    free(h->account.ordinals);
    free(h->ids);
    free(h->payloads);
    free(h->verify);
    free(h->updates);
    free(h->given_back);
    free(h->stepped);
    free(h->steps);
    free(h->answered);
    leat_text_deinit(&h->account.text);
    leat_text_deinit(&h->position);
    leat_text_deinit(&h->key);
    pthread_mutex_destroy(&h->account.lock);
    free(b->columns);
    free(h);
    free(b);
}

void leat_pool_deinit(struct leat_pool *pool)
{
    while (pool->free) {
        struct leat_batch *next = pool->free->host->next;

        batch_free(pool->free);
        pool->free = next;
        pool->n_made--;
    }
    assert(pool->n_made == 0);
    pthread_mutex_destroy(&pool->lock);
}

static struct leat_batch *batch_new(struct leat_pool *pool)
{
    struct leat_batch *b = leat_alloc(sizeof *b);
    struct leat_batch_private *h = leat_alloc(sizeof *h);
    size_t rows = (size_t)pool->cap_rows;

    b->schema = pool->schema;
    b->host = h;
    b->columns = leat_alloc_array((size_t)pool->schema->n_fields, sizeof *b->columns);
    h->stores = leat_alloc_array((size_t)pool->schema->n_fields, sizeof *h->stores);
    h->own_selection = leat_alloc_array(rows, sizeof *h->own_selection);
    h->fates = leat_alloc(rows);
    h->pool = pool;
    pthread_mutex_init(&h->account.lock, NULL);
    return b;
}

static void reset(struct leat_batch *b, struct leat_pool *pool)
{
    struct leat_batch_private *h = b->host;

    b->n_rows = b->n_selected = b->n_put = 0;
    b->selection = NULL;
    b->n_bytes = 0;
    b->cap_rows = pool->cap_rows;
    b->cap_bytes = pool->cap_bytes;
    b->max_record = pool->max_record;
    b->error = 0;
    b->must_verify = NULL;
    b->updates = NULL;
    h->any_given_back = h->any_stepped = false;
    b->steps = NULL;
    h->base = h->origin = NULL;
    h->parent = NULL;
    h->origin_rows = NULL;
    if (h->n_ended) /* a run that failed left some */
        memset(h->fates, LEAT_OPEN, (size_t)pool->cap_rows);
    h->has_ids = h->account.has_ordinals = false;
    h->aligned = h->has_position = h->row_too_large = false;
    h->n_ended = 0;
    h->rest = LEAT_OPEN;
    h->partition = 0;
    h->charged = 0;
    h->next = NULL;
    h->account.n_open = h->account.n_away = h->account.n_rejects = h->account.n_answers = 0;
    h->account.n_made = 0;
    h->account.text.n = 0;
    memset(h->account.counts, 0, sizeof h->account.counts);
    for (int i = 0; i < b->schema->n_fields; i++) {
        leat_store_begin(&h->stores[i], b->schema->fields[i].type, pool->cap_rows);
        b->columns[i] = h->stores[i].column;
    }
    atomic_store_explicit(&h->refs, 1, memory_order_relaxed);
}

struct leat_batch *leat_pool_get(struct leat_pool *pool)
{
    struct leat_batch *b;

    pthread_mutex_lock(&pool->lock);
    b = pool->free;
    if (b)
        pool->free = b->host->next;
    else
        pool->n_made++;
    pthread_mutex_unlock(&pool->lock);
    if (!b)
        b = batch_new(pool);
    reset(b, pool);
    return b;
}

struct leat_batch *leat_batch_reference(struct leat_batch *b)
{
    /* relaxed: whoever makes a second reference holds the first */
    atomic_fetch_add_explicit(&b->host->refs, 1, memory_order_relaxed);
    return b;
}

/* A record far above the ordinary has blown up a column: do not keep that. */
static void trim(struct leat_batch *b)
{
    size_t limit = (size_t)b->cap_bytes * 2;

    for (int i = 0; i < b->schema->n_fields; i++)
        if (leat_store_bytes(&b->host->stores[i]) > limit)
            leat_store_deinit(&b->host->stores[i]);
    if (b->host->account.text.cap > limit)
        leat_text_deinit(&b->host->account.text);
}

void leat_batch_release(struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;
    struct leat_pool *pool = h->pool;

    /* release: our writes are done; acquire: the last one sees everybody's. Both sides are this line. */
    if (atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (h->base)
        leat_batch_release(h->base);
    if (h->origin)
        leat_batch_release(h->origin);
    if (pool->budget && h->charged)
        leat_budget_charge(pool->budget, -h->charged);
    trim(b);
    pthread_mutex_lock(&pool->lock);
    h->next = pool->free;
    pool->free = b;
    pthread_mutex_unlock(&pool->lock);
}

void leat_batch_release_list(struct leat_batch *list)
{
    while (list) {
        struct leat_batch *next = list->host->next;

        leat_batch_release(list);
        list = next;
    }
}

void leat_batch_ledger_room(struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;
    size_t rows = (size_t)h->pool->cap_rows;

    if (h->ids)
        return;
    h->ids = leat_alloc_array(rows, sizeof *h->ids);
    h->payloads = leat_alloc_array(rows, sizeof *h->payloads);
    h->steps = leat_alloc_array(rows, sizeof *h->steps);
    h->answered = leat_alloc_array(rows, sizeof *h->answered);
    h->verify = leat_alloc(rows / 8 + 1);
    h->updates = leat_alloc(rows / 8 + 1);
    h->given_back = leat_alloc(rows / 8 + 1);
    h->stepped = leat_alloc(rows / 8 + 1);
}

void leat_batch_account_room(struct leat_batch *origin)
{
    if (!origin->host->account.verdicts)
        origin->host->account.verdicts = leat_alloc((size_t)origin->host->pool->cap_rows);
}

struct leat_batch *leat_batch_origin(const struct leat_batch *b)
{
    return b->host->origin ? b->host->origin : (struct leat_batch *)b;
}

struct leat_batch *leat_batch_derive(struct leat_pool *pool, struct leat_batch *in)
{
    struct leat_batch *out = leat_pool_get(pool);

    out->host->origin = leat_batch_reference(leat_batch_origin(in));
    out->host->parent = in;
    out->host->stage = in->host->stage;
    out->host->sequence = in->host->sequence;
    out->host->partition = in->host->partition;
    return out;
}

/* Fixed-width columns cost their rows, text columns their bytes and offsets. */
static int64_t live_bytes(const struct leat_batch *b)
{
    int64_t n = 0;

    for (int i = 0; i < b->schema->n_fields; i++) {
        const struct leat_column *c = &b->columns[i];

        if (c->values != b->host->stores[i].values)
            continue; /* borrowed */
        if (c->offsets && c->n_rows)
            n += c->offsets[c->n_rows] + 4 * (int64_t)c->n_rows;
        else
            n += (int64_t)c->n_rows * leat_type_width(c->type);
    }
    return n;
}

void leat_batch_charge(struct leat_batch *b)
{
    struct leat_budget *budget = b->host->pool->budget;
    int64_t n = live_bytes(b);

    if (!budget)
        return;
    leat_budget_charge(budget, n - b->host->charged);
    b->host->charged = n;
}
