/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Finding out what the store has for the keys of a batch.
 */
#include "lookup.h"

#include <stdlib.h>

int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot look up: out of memory");
}

/* Makes an array one of n numbers; false: no memory. */
static bool need(int32_t **array, int32_t *cap, int32_t n)
{
    int32_t *more;

    if (n <= *cap)
        return true;
    more = realloc(*array, (size_t)n * sizeof *more);
    if (!more)
        return false;
    *array = more;
    *cap = n;
    return true;
}

/* ---- which keys ---- */

static bool note_row(const struct lookup *s, struct worker *w, const struct leat_batch *in, int32_t row)
{
    struct keyset_key key;
    struct entry *entry;

    w->entries[row] = -1;
    if (!keyset_row_key(in, s->key_fields, s->n_keys, row, w->seed, &key))
        return true;
    w->entries[row] = cache_entry(&w->cache, key);
    if (w->entries[row] < 0)
        return false;
    entry = &w->cache.young.entries[w->entries[row]];
    if (entry->status == PENDING && entry->row < 0) {
        entry->row = row;
        w->pending[w->n_pending++] = w->entries[row];
    }
    return true;
}

static int note_rows(const struct lookup *s, struct worker *w, const struct leat_batch *in, struct leat_error *err)
{
    if (!need(&w->entries, &w->cap_entries, in->n_rows) || !need(&w->pending, &w->cap_pending, in->n_rows))
        return no_memory(err);
    w->n_pending = 0;
    LEAT_EACH_ROW(in, row)
        if (!note_row(s, w, in, row))
            return no_memory(err);
    return 0;
}

/* ---- what there is for a key ---- */

/* The records in the order of their keys: those of key i stand from starts[i] to starts[i + 1]. */
static bool sort_by_key(struct worker *w, const struct leat_answers *a, int32_t n_keys)
{
    int32_t *next;

    if (!need(&w->starts, &w->cap_starts, n_keys + 2) || !need(&w->order, &w->cap_order, a->records->n_rows + 1))
        return false;
    memset(w->starts, 0, ((size_t)n_keys + 2) * sizeof *w->starts);
    next = w->starts + 1;
    LEAT_EACH_ROW(a->records, row)
        w->starts[a->keys[row] + 2]++;
    for (int32_t i = 2; i < n_keys + 2; i++)
        w->starts[i] += w->starts[i - 1];
    LEAT_EACH_ROW(a->records, place)
        w->order[next[a->keys[place]]++] = place;
    return true;
}

/* By the values taken; there are few records of a key. */
static void sort_records(const struct lookup *s, const struct leat_batch *records, int32_t *order, int32_t n)
{
    for (int32_t i = 1; i < n; i++) {
        int32_t row = order[i], at = i;

        for (; at > 0 && columns_compare(s, records, order[at - 1], row) > 0; at--)
            order[at] = order[at - 1];
        order[at] = row;
    }
}

static bool keep(const struct lookup *s, struct worker *w, struct entry *entry, const struct leat_answers *a, int32_t key)
{
    int32_t *order = w->order + w->starts[key], n = w->starts[key + 1] - w->starts[key];
    bool ok;

    entry->status = a->found[key] == LEAT_NOT_VISIBLE ? NOT_VISIBLE : n == 0 ? ABSENT : FOUND;
    if (n > 1 && s->many == MANY_REJECT)
        entry->status = SEVERAL;
    if (entry->status != FOUND)
        return true;
    sort_records(s, a->records, order, n);
    entry->at = w->cache.young.values.n;
    ok = columns_keep(s, w, a->records, order, s->many == MANY_LIST ? n : 1);
    entry->n = w->cache.young.values.n - entry->at;
    return ok;
}

/* ---- asking ---- */

/* Asks for at most n keys from pending[from] on. Returns for how many it did. */
static int32_t put_keys(struct leat_stage *stage, const struct lookup *s, struct worker *w, const struct leat_batch *in,
                        int32_t from, int32_t n)
{
    struct leat_batch *keys = leat_find_keys(stage, s->finder);
    int32_t i = 0;

    for (; i < n && from + i < w->n_pending && leat_batch_has_room(keys); i++) {
        int32_t row = w->cache.young.entries[w->pending[from + i]].row;

        for (int k = 0; k < s->n_keys; k++)
            leat_batch_put_value(keys, k, &in->columns[s->key_fields[k]], row);
        leat_batch_end_row(keys);
    }
    return i;
}

static int ask(struct leat_stage *stage, const struct lookup *s, struct worker *w, const struct leat_batch *in,
               int32_t from, int32_t *n, struct leat_error *err)
{
    struct leat_answers answers;
    int rc;

    *n = put_keys(stage, s, w, in, from, *n);
    rc = leat_find(stage, s->finder, s->timeout, &answers, err);
    if (rc == 0 && !sort_by_key(w, &answers, *n))
        rc = no_memory(err);
    for (int32_t i = 0; rc == 0 && i < *n; i++)
        if (!keep(s, w, &w->cache.young.entries[w->pending[from + i]], &answers, i))
            rc = no_memory(err);
    return rc;
}

static int ask_pending(struct leat_stage *stage, const struct lookup *s, struct worker *w, const struct leat_batch *in,
                       struct leat_error *err)
{
    int32_t n;
    int rc = 0;

    for (int32_t done = 0; rc == 0 && done < w->n_pending;) {
        n = w->most;
        rc = ask(stage, s, w, in, done, &n, err);
        if (rc == -E2BIG) { /* of fewer keys there are fewer records */
            if (n == 1)
                w->cache.young.entries[w->pending[done++]].status = TOO_MANY;
            w->most = n > 1 ? n / 2 : 1;
            rc = 0;
        } else {
            done += n;
            w->most = 2 * w->most < s->keys ? 2 * w->most : (int32_t)s->keys;
        }
    }
    return rc;
}

int ask_for(struct leat_stage *stage, const struct lookup *s, struct leat_batch *in, struct leat_error *err)
{
    struct worker *w = leat_stage_worker(stage);
    int rc = w->seeded ? 0 : keyset_seed(&w->seed, err);

    w->most = w->seeded ? w->most : (int32_t)s->keys;
    w->seeded = rc == 0;
    w->cache.limit = s->cache;
    cache_turn(&w->cache);
    if (rc == 0)
        rc = note_rows(s, w, in, err);
    if (rc == 0)
        rc = ask_pending(stage, s, w, in, err);
    leat_stage_count(stage, "key asked for", rc == 0 ? w->n_pending : 0);
    if (rc < 0)
        cache_clear(&w->cache); /* of some keys it is not known */
    return rc;
}
