/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A set of keys that only grows: who asks whether a key was seen before. Exact
 * up to collisions of 128-bit hashes (10 million keys: 1.5e-25), bounded in
 * memory, and never out of room: what is above the bound goes to temporary
 * files that nobody else sees.
 *
 *     add ─► table in memory ─full─► sorted run on disk ─► runs of like size merge
 *            at most 40 bytes a key   16 bytes a key; in memory a filter for all runs
 *                                    and 8 bytes for every 256 keys
 *
 * One thread at a time. A stage that is to survive a crash appends each key for
 * which keyset_add says 1 to a log, and adds the log's keys again on resume; a
 * set has no other state, as long as the seed of the hashes is the same.
 */
#ifndef LEAT_KIT_KEYSET_H
#define LEAT_KIT_KEYSET_H

#include <leat/batch.h>

struct leat_stage;
struct keyset;

/* A hash. Never all zero. Ordered by high, then low. */
struct keyset_key {
    uint64_t high, low;
};

struct keyset_settings {
    int64_t memory;            /* bytes; at least KEYSET_MIN_MEMORY */
    bool (*cancelled)(void *); /* asked while files are merged; may be NULL */
    void *cancelled_arg;
};

#define KEYSET_MIN_MEMORY (INT64_C(1) << 20)

struct keyset_counts {
    int64_t n_in_memory, n_spilled; /* keys */
    int64_t n_bytes;                /* of memory */
};

/* Closed by keyset_close, also after a failed call. */
int keyset_open(struct keyset **ret, const struct keyset_settings *settings, struct leat_error *err);
void keyset_close(struct keyset *set);

/* 1: the key is new, and now in the set. 0: it was there. Negative: a fault of the disk. */
int keyset_add(struct keyset *set, struct keyset_key key, struct leat_error *err);
/* 1: the key is there. 0: it is not. */
int keyset_has(struct keyset *set, struct keyset_key key, struct leat_error *err);
/* Fetches the key's place into the cache: some keys before it is asked for. */
enum { KEYSET_AHEAD = 8 }; /* so many keys: measured, 4 to 32 are alike */
void keyset_prefetch(const struct keyset *set, struct keyset_key key);

struct keyset_counts keyset_count(const struct keyset *set);

/* A seed that nobody can guess, so that nobody can make keys collide. */
int keyset_seed(uint64_t *ret_seed, struct leat_error *err);

/* In the open of a stage that remembers its seed first, if it has one, then each new key (leat_remember): 1 if there is a
 * seed to go on with; and all keys of the run before into the set. */
int keyset_recall_seed(struct leat_stage *stage, uint64_t *ret_seed, struct leat_error *err);
int keyset_recall(struct keyset *set, struct leat_stage *stage, struct leat_error *err);

/* The key of a row: of the values of some fields, by type and bytes. False if one of them is null. */
bool keyset_row_key(const struct leat_batch *batch, const int *fields, int n_fields, int32_t row, uint64_t seed,
                    struct keyset_key *ret);

#endif
