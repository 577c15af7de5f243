/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A load that answers only long after it has taken all records (its plugin has
 * `settle`): what it leaves unanswered is put aside on disk, and given back to it
 * batch by batch, in the order in which it came, once the input has ended.
 *
 *     deliver ──► leat_run_put_aside ──► ... the input ends ... ──► poll: LEAT_SETTLE
 *                                                                      │
 *                          answered, or late ◄── settle ◄── leat_run_bring_back
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/run.h"

void leat_asides_init(struct leat_run *run)
{
    const struct leat_state *state = run->options.state;
    const char *folder = getenv("TMPDIR");

    leat_aside_init(&run->asides.file, state ? state->folder : folder && *folder ? folder : "/tmp");
}

void leat_asides_deinit(struct leat_run *run)
{
    leat_aside_deinit(&run->asides.file);
    free(run->asides.batches);
}

int leat_run_put_aside(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    struct leat_batch *origin = leat_batch_origin(b);
    struct leat_asides *all = &run->asides;
    struct leat_aside_batch entry = {.pool = b->host->pool, .sequence = origin->host->sequence};
    int rc = leat_aside_put(&all->file, b, &entry.at, err);

    if (rc < 0)
        return rc;
    all->batches = leat_grow(all->batches, all->n, &all->cap, sizeof *all->batches);
    all->batches[all->n++] = entry;
    pthread_mutex_lock(&origin->host->account.lock);
    origin->host->account.n_away += b->n_selected;
    pthread_mutex_unlock(&origin->host->account.lock);
    return 0;
}

int leat_run_free_memory(struct leat_run *run, struct leat_error *err)
{
    return run->asides.n ? leat_delivery_put_aside(&run->delivery, &run->asides.file, err) : 0;
}

int64_t leat_run_aside(const struct leat_run *run)
{
    return run->asides.n - run->asides.next;
}

int leat_run_bring_back(struct leat_run *run, struct leat_batch **ret, struct leat_error *err)
{
    struct leat_asides *all = &run->asides;
    const struct leat_aside_batch *entry = &all->batches[all->next];
    struct leat_batch *origin, *b;
    int rc = leat_delivery_bring_back(&run->delivery, &all->file, entry->sequence, &origin, err);

    if (rc < 0)
        return rc;
    b = leat_batch_derive(entry->pool, origin);
    leat_batch_release(origin);
    rc = leat_aside_get(&all->file, entry->at, b, err);
    if (rc < 0) {
        leat_batch_release(b);
        return rc;
    }
    all->next++;
    *ret = b;
    return 0;
}
