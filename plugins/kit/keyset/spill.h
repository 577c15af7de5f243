/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The part of a key set that is on disk: sorted runs, each a temporary file of
 * pages of 256 keys, and for all of them one blocked Bloom filter in memory, so
 * that a new key seldom costs a read. A run is written once and never changed;
 * of two runs of like size one is made, so there are few.
 */
#ifndef LEAT_KIT_KEYSET_SPILL_H
#define LEAT_KIT_KEYSET_SPILL_H

#include "kit/keyset/keyset.h"

enum { SPILL_MAX_RUNS = 32 }; /* each at least four times the next: more than fits on earth */

struct spill_run {
    int fd;
    int64_t n_keys;
    uint64_t *fences; /* keys[256 * i].high */
};

struct spill {
    const struct keyset_settings *settings;
    struct spill_run runs[SPILL_MAX_RUNS]; /* oldest and largest first */
    int n_runs;
    uint64_t (*filter)[8];                 /* blocks of a cache line; NULL before the first run */
    size_t n_blocks;
};

/* A run that is being written; keys come in order. */
struct spill_writer {
    struct spill_run run;
    int64_t n_written;
    struct keyset_key *buffer;
    size_t n_buffered;
};

/* Before the first run; takes filter_bytes of memory. */
int spill_init(struct spill *spill, size_t filter_bytes, struct leat_error *err);
void spill_deinit(struct spill *spill);
int64_t spill_keys(const struct spill *spill);
int64_t spill_bytes(const struct spill *spill);

int spill_begin(struct spill_writer *writer, int64_t n_keys, struct leat_error *err);
int spill_put(struct spill_writer *writer, const struct keyset_key *keys, size_t n, struct leat_error *err);
/* Ends the writer, whether or not all went well before; `ok` false: throws the run away. */
int spill_end(struct spill *spill, struct spill_writer *writer, bool ok, struct leat_error *err);
/* Adds a key to the filter; once for each key of a run that is new on disk. */
void spill_remember(struct spill *spill, struct keyset_key key);

/* 1: in one of the runs; 0: in none. */
int spill_find(const struct spill *spill, struct keyset_key key, struct leat_error *err);

static inline int keyset_key_compare(const struct keyset_key *a, const struct keyset_key *b)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return a->low < b->low ? -1 : a->low > b->low;
}

#endif
