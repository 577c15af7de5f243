/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "expr/scratch.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/alloc.h"

struct leat_scratch *leat_scratch_new(int32_t cap_rows)
{
    struct leat_scratch *s = leat_alloc(sizeof *s);

    s->cap_rows = cap_rows;
    s->identity = leat_alloc_array((size_t)cap_rows + 1, sizeof *s->identity);
    for (int32_t i = 0; i < cap_rows; i++)
        s->identity[i] = i;
    s->faulted = leat_alloc((size_t)cap_rows / 8 + 1);
    return s;
}

void leat_scratch_free(struct leat_scratch *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_stores; i++) {
        leat_store_deinit(s->stores[i]);
        free(s->stores[i]);
    }
    for (int i = 0; i < s->n_arrays; i++)
        free(s->arrays[i]);
    free(s->stores);
    free(s->arrays);
    free(s->identity);
    free(s->faults);
    free(s->faulted);
    free(s->bytes);
    leat_arena_deinit(&s->reasons);
    leat_regexp_memory_free(s->regexp);
    EVP_MD_CTX_free(s->digest);
    free(s);
}

struct leat_store *leat_scratch_store(struct leat_scratch *s, enum leat_type type)
{
    struct leat_store *store;

    if (s->used.n_stores == s->n_stores) {
        s->stores = leat_grow(s->stores, s->n_stores, &s->cap_stores, sizeof *s->stores);
        s->stores[s->n_stores++] = leat_alloc(sizeof *store);
    }
    store = s->stores[s->used.n_stores++];
    leat_store_begin(store, type, s->cap_rows);
    return store;
}

int32_t *leat_scratch_rows(struct leat_scratch *s)
{
    if (s->used.n_arrays == s->n_arrays) {
        s->arrays = leat_grow(s->arrays, s->n_arrays, &s->cap_arrays, sizeof *s->arrays);
        s->arrays[s->n_arrays++] = leat_alloc_array((size_t)s->cap_rows + 1, sizeof(int32_t));
    }
    return s->arrays[s->used.n_arrays++];
}

uint8_t *leat_scratch_bytes(struct leat_scratch *s, size_t n)
{
    if (n > s->cap_bytes) {
        s->cap_bytes = n + n / 2 + 256;
        free(s->bytes);
        s->bytes = leat_alloc(s->cap_bytes);
    }
    return s->bytes;
}

void leat_scratch_fault(struct leat_scratch *s, int32_t row, int field, const char *code, const char *reason)
{
    uint8_t mask = (uint8_t)(1 << (row & 7));

    if (s->faulted[row >> 3] & mask)
        return;
    s->faulted[row >> 3] |= mask;
    s->faults = leat_grow(s->faults, s->n_faults, &s->cap_faults, sizeof *s->faults);
    s->faults[s->n_faults++] = (struct leat_row_fault){
        .row = row, .field = field, .code = code, .reason = leat_arena_strdup(&s->reasons, reason)};
}
