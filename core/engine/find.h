/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking another store while records move: what one worker needs for it, and the
 * records of a store that cannot be asked, held in memory for all workers.
 */
#ifndef LEAT_ENGINE_FIND_H
#define LEAT_ENGINE_FIND_H

#include <pthread.h>

#include "base/hash.h"
#include "engine/plan.h"

struct leat_asker; /* of one worker (find.c) */

enum { LEAT_FIND_ROWS = 2048 }; /* keys and records of one question, whatever size batches have on their way */

/* A key's first record. */
struct leat_held_slot {
    struct leat_hash hash;
    int32_t first; /* from 1; 0: the slot is free */
};

struct leat_held_row {
    const struct leat_batch *batch;
    int32_t row, next; /* of the same key, from 1; 0: none */
};

/* All records of a finder. Filled under the lock, by who first needs it; then read-only. */
struct leat_held {
    pthread_mutex_t lock;
    const struct leat_finder *finder;
    bool ready;
    uint64_t seed; /* of the hashes: nobody can make them alike */
    struct leat_pool pool;
    struct leat_batch **batches;
    int n_batches, cap_batches;
    struct leat_held_row *rows;
    int32_t n_rows;
    struct leat_held_slot *slots;
    uint32_t mask; /* of slots, less one */
    int64_t n_bytes;
};

void leat_held_init(struct leat_held *held, const struct leat_finder *finder, int64_t max_record);
void leat_held_deinit(struct leat_held *held);
/* Lets go of what it holds. */
void leat_held_clear(struct leat_held *held);
/* An empty batch for rows that stand for the store's, then they do (in a test; the reference is taken). */
struct leat_batch *leat_held_batch(struct leat_held *held);
LEAT_MUST_CHECK int leat_held_give(struct leat_held *held, struct leat_batch *rows, struct leat_error *err);
/* Answers as a plugin's find does; reads the store before, if that was not done. `stage` is the finder's. */
LEAT_MUST_CHECK int leat_held_find(struct leat_held *held, struct leat_stage *stage, struct leat_find *find,
                                   struct leat_error *err);

/* Of records of which some are bad: one that is missing would be taken for one that the store does not have. */
int leat_find_refuse(struct leat_error *err, const struct leat_batch *records, const struct leat_finder *finder);

/* The services of leat/stage.h. */
struct leat_batch *leat_find_keys_begin(struct leat_stage *stage, const struct leat_finder *finder);
int leat_find_ask(struct leat_stage *stage, const struct leat_finder *finder, int64_t timeout_ms,
                  struct leat_answers *ret, struct leat_error *err);
/* Closes the connections of a stage's worker. */
void leat_find_close(struct leat_stage *stage);

#endif
