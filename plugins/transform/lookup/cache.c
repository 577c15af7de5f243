/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What was found, so that a key that comes again is not asked for again.
 */
#include "lookup.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

static int64_t bytes_of(const struct generation *g)
{
    return (int64_t)g->values.n + g->n * (int64_t)sizeof *g->entries + g->n_slots * (int64_t)sizeof *g->slots;
}

static void forget(struct generation *g)
{
    g->n = 0;
    g->values.n = 0;
    g->values.failed = false;
    if (g->slots)
        memset(g->slots, 0, g->n_slots * sizeof *g->slots);
}

static void let_go(struct generation *g)
{
    free(g->entries);
    free(g->slots);
    leat_put_free(&g->values);
    *g = (struct generation){ 0 };
}

void cache_turn(struct cache *cache)
{
    struct generation old = cache->old;

    if (bytes_of(&cache->young) <= cache->limit / 2)
        return;
    cache->old = cache->young;
    let_go(&old); /* its memory would be that of the largest there ever was */
    cache->young = (struct generation){ 0 };
}

void cache_clear(struct cache *cache)
{
    forget(&cache->young);
    forget(&cache->old);
}

void cache_free(struct cache *cache)
{
    let_go(&cache->young);
    let_go(&cache->old);
}

/* ---- entries ---- */

static uint32_t slot_of(const struct generation *g, struct keyset_key key)
{
    uint32_t at = (uint32_t)key.low & (g->n_slots - 1);

    while (g->slots[at] && (g->entries[g->slots[at] - 1].key.low != key.low ||
                            g->entries[g->slots[at] - 1].key.high != key.high))
        at = (at + 1) & (g->n_slots - 1);
    return at;
}

static bool grow_slots(struct generation *g)
{
    uint32_t n = g->n_slots ? 2 * g->n_slots : FIRST_SLOTS;
    int32_t *slots = calloc(n, sizeof *slots);

    if (!slots)
        return false;
    free(g->slots);
    g->slots = slots;
    g->n_slots = n;
    for (int32_t i = 0; i < g->n; i++)
        g->slots[slot_of(g, g->entries[i].key)] = i + 1;
    return true;
}

static bool grow_entries(struct generation *g)
{
    int32_t cap = g->cap ? 2 * g->cap : FIRST_SLOTS / 2;
    struct entry *entries = realloc(g->entries, (size_t)cap * sizeof *entries);

    if (!entries)
        return false;
    g->entries = entries;
    g->cap = cap;
    return true;
}

/* -1: no memory. */
static int32_t add(struct generation *g, struct keyset_key key)
{
    if (((uint32_t)g->n + 1) * 2 > g->n_slots && !grow_slots(g))
        return -1;
    if (g->n == g->cap && !grow_entries(g))
        return -1;
    g->entries[g->n] = (struct entry){ .key = key, .status = PENDING, .row = -1 };
    g->slots[slot_of(g, key)] = g->n + 1;
    return g->n++;
}

int32_t cache_entry(struct cache *cache, struct keyset_key key)
{
    struct generation *g = &cache->young, *old = &cache->old;
    int32_t at = g->n_slots ? g->slots[slot_of(g, key)] - 1 : -1, before;

    if (at >= 0)
        return at;
    at = add(g, key);
    before = at >= 0 && old->n_slots ? old->slots[slot_of(old, key)] - 1 : -1;
    if (before < 0 || old->entries[before].status == PENDING)
        return at;
    g->entries[at] = old->entries[before];
    g->entries[at].at = g->values.n;
    leat_put_bytes(&g->values, old->values.p + old->entries[before].at, old->entries[before].n);
    return g->values.failed ? -1 : at;
}

/* ---- values ---- */

void cache_put_value(struct cache *cache, const struct value *value)
{
    struct leat_put *out = &cache->young.values;
    char null = value->null;

    leat_put_bytes(out, &null, 1);
    leat_put_bytes(out, (const char *)&value->n, sizeof value->n);
    leat_put_bytes(out, value->bytes, value->n);
}

struct value cache_value(const struct cache *cache, size_t *at)
{
    const char *p = cache->young.values.p + *at;
    struct value value = { .null = *p };

    memcpy(&value.n, p + 1, sizeof value.n);
    value.bytes = p + 1 + sizeof value.n;
    *at += 1 + sizeof value.n + value.n;
    return value;
}
