/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "delivery/records.h"
#include "expr/expr.h"

void leat_delivery_init(struct leat_delivery *d, const struct leat_key *key)
{
    *d = (struct leat_delivery){.key = *key};
    pthread_mutex_init(&d->lock, NULL);
}

/* Under the lock. */
static struct leat_open *open_at(struct leat_delivery *d, int i)
{
    return &d->open[(d->first + i) % d->cap];
}

/* NULL: there is none, or it was put aside and is still waited for. */
static int front(struct leat_delivery *d, struct leat_batch **ret, struct leat_error *err)
{
    bool is_complete;
    int rc = 0;

    pthread_mutex_lock(&d->lock);
    *ret = d->n ? open_at(d, 0)->batch : NULL;
    is_complete = d->n && !*ret && !open_at(d, 0)->n_open;
    pthread_mutex_unlock(&d->lock);
    if (is_complete)
        rc = leat_delivery_bring_back(d, d->aside, d->n_closed, ret, err);
    if (is_complete && rc == 0)
        leat_batch_release(*ret); /* the queue has its own reference */
    return rc;
}

void leat_delivery_deinit(struct leat_delivery *d)
{
    for (int i = 0; i < d->n; i++)
        if (open_at(d, i)->batch)
            leat_batch_release(open_at(d, i)->batch);
    free(d->open);
    for (int i = 0; i < d->n_partitions; i++)
        leat_text_deinit(&d->partitions[i].position);
    free(d->partitions);
    pthread_mutex_destroy(&d->lock);
}

static void grow(struct leat_delivery *d)
{
    struct leat_open *open = leat_alloc_array((size_t)d->cap * 2 + 64, sizeof *open);

    for (int i = 0; i < d->n; i++)
        open[i] = *open_at(d, i);
    free(d->open);
    d->open = open;
    d->cap = d->cap * 2 + 64;
    d->first = 0;
}

void leat_delivery_add(struct leat_delivery *d, struct leat_batch *origin)
{
    pthread_mutex_lock(&d->lock);
    if (d->n == d->cap)
        grow(d);
    d->n++;
    *open_at(d, d->n - 1) = (struct leat_open){.batch = leat_batch_reference(origin), .pool = origin->host->pool,
                                               .n_rows = origin->n_rows};
    origin->host->n_before = d->books.read;
    d->books.read += origin->n_rows;
    pthread_mutex_unlock(&d->lock);
}

void leat_delivery_position(struct leat_delivery *d, int partition, const char *position)
{
    int i = 0;

    while (i < d->n_partitions && d->partitions[i].number != partition)
        i++;
    if (i == d->n_partitions) {
        d->partitions = leat_grow(d->partitions, d->n_partitions, &d->cap_partitions, sizeof *d->partitions);
        d->partitions[d->n_partitions++] = (struct leat_partition){.number = partition};
    }
    d->partitions[i].position.n = 0;
    leat_text_add_string(&d->partitions[i].position, position);
}

static void close_account(struct leat_delivery *d, struct leat_batch *origin)
{
    const struct leat_account *a = &origin->host->account;

    pthread_mutex_lock(&d->lock);
    d->books.made += a->n_made;
    for (int i = LEAT_LOADED; i < LEAT_N_VERDICTS; i++)
        d->books.counts[i] += a->counts[i];
    d->first = (d->first + 1) % d->cap;
    d->n--;
    d->n_aside -= d->n_aside > 0;
    pthread_mutex_unlock(&d->lock);
    d->n_closed = origin->host->sequence + 1;
    if (origin->host->has_position)
        leat_delivery_position(d, origin->host->partition, origin->host->position.p);
    leat_batch_release(origin);
}

int leat_delivery_advance(struct leat_delivery *d, struct leat_error *err)
{
    struct leat_batch *origin;
    int rc;

    while ((rc = front(d, &origin, err)) == 0 && origin && leat_account_complete(origin)) {
        rc = leat_write_rejects(d, origin, err);
        if (rc == 0)
            rc = leat_write_results(d, origin, err);
        if (rc < 0)
            return rc;
        close_account(d, origin);
    }
    return rc;
}

/* ---- batches that are put aside ---- */

/* What the books need of it. */
static void note_counts(struct leat_open *o)
{
    struct leat_account *a = &o->batch->host->account;

    pthread_mutex_lock(&a->lock);
    o->n_open = a->n_open;
    o->n_made = a->n_made;
    memcpy(o->counts, a->counts, sizeof o->counts);
    pthread_mutex_unlock(&a->lock);
}

/* One that is complete goes, too, where it stands behind others that are away: `behind`. */
static bool is_away(const struct leat_batch *origin, bool behind)
{
    struct leat_account *a = &origin->host->account;
    bool away;

    pthread_mutex_lock(&a->lock);
    away = a->n_open == a->n_away && (a->n_open || behind);
    pthread_mutex_unlock(&a->lock);
    return away;
}

static int put_aside(struct leat_open *o, struct leat_aside *aside, struct leat_error *err)
{
    struct leat_batch *origin = o->batch;
    int64_t at = 0, account_at = 0;
    int rc = leat_aside_put(aside, origin, &at, err);

    if (rc == 0)
        rc = leat_aside_put_account(aside, origin, &account_at, err);
    if (rc < 0)
        return rc;
    note_counts(o);
    o->at = at;
    o->account_at = account_at;
    o->batch = NULL;
    leat_batch_release(origin);
    return 0;
}

/* Those at the front have been put aside before; only the load's thread takes entries out or changes them. */
int leat_delivery_put_aside(struct leat_delivery *d, struct leat_aside *aside, struct leat_error *err)
{
    bool all = true;
    int rc = 0;

    pthread_mutex_lock(&d->lock);
    d->aside = aside;
    for (int i = d->n_aside; i < d->n && rc == 0; i++) {
        struct leat_open *o = open_at(d, i);

        if (o->batch && is_away(o->batch, all && i > 0))
            rc = put_aside(o, aside, err);
        all &= !o->batch;
        if (all)
            d->n_aside = i + 1;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

int leat_delivery_bring_back(struct leat_delivery *d, struct leat_aside *aside, uint64_t sequence,
                             struct leat_batch **ret, struct leat_error *err)
{
    struct leat_open *o;
    int rc = 0;

    pthread_mutex_lock(&d->lock);
    o = open_at(d, (int)(sequence - d->n_closed));
    if (!o->batch) {
        struct leat_batch *origin = leat_pool_get(o->pool);

        rc = leat_aside_get(aside, o->at, origin, err);
        if (rc == 0)
            rc = leat_aside_get_account(aside, o->account_at, origin, err);
        if (rc == 0)
            o->batch = origin;
        else
            leat_batch_release(origin);
    }
    if (rc == 0)
        *ret = leat_batch_reference(o->batch);
    pthread_mutex_unlock(&d->lock);
    return rc;
}

/* ---- books ---- */

static void add_open(struct leat_books *books, const struct leat_open *o)
{
    books->made += o->n_made;
    books->pending += o->n_open;
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        books->counts[v] += o->counts[v];
}

struct leat_books leat_delivery_books(struct leat_delivery *d)
{
    struct leat_books books;

    pthread_mutex_lock(&d->lock);
    books = d->books;
    for (int i = 0; i < d->n; i++) {
        if (open_at(d, i)->batch)
            note_counts(open_at(d, i));
        add_open(&books, open_at(d, i));
    }
    pthread_mutex_unlock(&d->lock);
    return books;
}

struct leat_books leat_delivery_closed_books(struct leat_delivery *d)
{
    struct leat_books books;

    pthread_mutex_lock(&d->lock);
    books = d->books;
    for (int i = 0; i < d->n; i++)
        books.read -= open_at(d, i)->n_rows;
    pthread_mutex_unlock(&d->lock);
    return books;
}

int leat_delivery_open(struct leat_delivery *d)
{
    int n;

    pthread_mutex_lock(&d->lock);
    n = d->n;
    pthread_mutex_unlock(&d->lock);
    return n;
}

static void add_part(struct leat_text_buffer *key, const char *text, size_t n)
{
    if (!text)
        leat_text_add_string(key, "\\N");
    for (size_t i = 0; text && i < n; i++) {
        if (text[i] == ',' || text[i] == '\\')
            leat_text_add_string(key, "\\");
        leat_text_add(key, text + i, 1);
    }
}

const char *leat_record_key(const struct leat_batch *origin, const struct leat_key *key, int32_t row, size_t *ret_n)
{
    static const struct leat_key first = {.n = 1};
    const struct leat_schema *schema = origin->schema;
    struct leat_text_buffer *kept = &origin->host->key;
    char room[64];

    if (!key->n)
        key = &first;
    kept->n = 0;
    for (int i = 0; i < key->n; i++) {
        int f = key->fields[i];
        const char *text;
        size_t n;

        if (f >= schema->n_fields || schema->fields[f].data_class == LEAT_SECRET)
            return NULL;
        n = leat_value_text(&schema->fields[f], &origin->columns[f], row, room, &text);
        if (key->n == 1 && !text)
            return NULL;
        if (i)
            leat_text_add_string(kept, ",");
        if (key->n == 1)
            leat_text_add(kept, text, n);
        else
            add_part(kept, text, n);
    }
    *ret_n = kept->n;
    return kept->p ? kept->p : "";
}
