/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of transform lookup: ask.c finds out what the store has for the keys
 * of a batch, cache.c remembers it, columns.c makes fields of it, and lookup.c is
 * the plugin around them.
 *
 *     row ─► hash of its key ─► entry of the cache ─► its values, one a field taken
 *                                  ▲ those that are new are asked for, some hundred a call
 */
#ifndef LEAT_TRANSFORM_LOOKUP_H
#define LEAT_TRANSFORM_LOOKUP_H

#include <leat/plugin.h>

#include "kit/keyset/keyset.h"
#include "kit/text/put.h"

enum many { MANY_REJECT, MANY_FIRST, MANY_LIST };
enum missing { MISSING_NULL, MISSING_REJECT, MISSING_DROP };

struct lookup {
    /* options */
    const struct leat_node *from, *on, *take;
    int many, missing;
    int64_t keys, cache, timeout;
    /* made by plan, read-only after it */
    struct leat_finder *finder;
    int n_keys, *key_fields;   /* of the input */
    int n_taken, *taken;       /* of the store's records */
    struct leat_field *fields; /* what the fields taken are in the store */
    int first;                 /* the first of the fields added */
};

/* ---- cache.c ---- */

enum status { PENDING, FOUND, ABSENT, SEVERAL, TOO_MANY, NOT_VISIBLE };

/* What is known of a key. Its values are in the bytes of the generation from `at` on, one a field taken: a byte that is
 * 1 for a null, the length in four bytes, and so many bytes (cache_value). */
struct entry {
    struct keyset_key key;
    enum status status;
    int32_t row;  /* of the batch that brought it: the first that has the key */
    size_t at, n; /* of its values */
};

struct generation {
    struct entry *entries;
    int32_t n, cap;
    int32_t *slots; /* entry + 1; 0: free */
    uint32_t n_slots;
    struct leat_put values;
};

/* Two generations: what is asked for goes into the young one, also out of the old one; where the young one has become
 * large it is the old one, and what nobody has asked for since is forgotten. */
struct cache {
    struct generation young, old;
    int64_t limit; /* bytes */
};

/* One value of an entry. */
struct value {
    bool null;
    uint32_t n;
    const char *bytes;
};

/* Between two batches: entries move, and may be forgotten. */
void cache_turn(struct cache *cache);
void cache_clear(struct cache *cache);
void cache_free(struct cache *cache);
/* The number of the key's entry in the young generation, a new one if there was none; -1: no memory. */
int32_t cache_entry(struct cache *cache, struct keyset_key key);
void cache_put_value(struct cache *cache, const struct value *value);
/* The value at a place; moves the place behind it. */
struct value cache_value(const struct cache *cache, size_t *at);

/* ---- ask.c ---- */

/* A column that is being built. */
struct room {
    struct leat_column column;
    uint8_t *validity;
    int32_t *offsets;
    void *values;
    struct leat_put bytes;
    int32_t cap_rows;
};

struct worker {
    struct cache cache;
    uint64_t seed;
    bool seeded;
    int32_t *entries;     /* per row of the batch: of the young generation; -1: the key has a null */
    int32_t *pending;     /* entries to be asked for */
    int32_t n_pending, cap_entries, cap_pending;
    int32_t most;         /* keys of a call: fewer where their records do not fit into one answer */
    int32_t *starts, *order; /* of a call: where the records of a key stand in `order`, and which they are */
    int32_t cap_starts, cap_order;
    struct leat_put json; /* scratch */
    struct room *rooms;   /* one a field taken */
};

int no_memory(struct leat_error *err);
/* Sees to it that the cache knows all keys of the batch. */
LEAT_MUST_CHECK int ask_for(struct leat_stage *stage, const struct lookup *s, struct leat_batch *in,
                            struct leat_error *err);

/* ---- columns.c ---- */

/* Writes what the records order[0] .. order[n - 1] hold into the cache, one value a field taken. False: no memory. */
bool columns_keep(const struct lookup *s, struct worker *w, const struct leat_batch *records, const int32_t *order,
                  int32_t n);
/* By the fields taken, so that the same records are in the same order in each run. */
int columns_compare(const struct lookup *s, const struct leat_batch *records, int32_t a, int32_t b);
/* Fills the fields taken of `out`, which is aligned with `in`. */
LEAT_MUST_CHECK int columns_fill(const struct lookup *s, struct worker *w, const struct leat_batch *in,
                                 struct leat_batch *out, struct leat_error *err);
void columns_free(const struct lookup *s, struct worker *w);

#endif
