/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "batch/store.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_BYTES = 4096 };

static size_t bitmap_bytes(int32_t cap_rows)
{
    return ((size_t)cap_rows + 1 + 63) / 64 * 8;
}

static void need_values(struct leat_store *store, size_t n)
{
    if (n <= store->cap_values)
        return;
    store->values = leat_realloc(store->values, n);
    store->cap_values = n;
}

void leat_store_begin(struct leat_store *store, enum leat_type type, int32_t cap_rows)
{
    size_t width = (size_t)leat_type_width(type);

    if (store->cap_rows < cap_rows) {
        free(store->validity);
        free(store->offsets);
        store->validity = NULL;
        store->offsets = NULL;
        store->cap_rows = cap_rows;
    }
    store->column = (struct leat_column){.type = type};
    if (leat_type_is_text(type)) {
        if (!store->offsets)
            store->offsets = leat_alloc_array((size_t)store->cap_rows + 2, sizeof *store->offsets);
        need_values(store, FIRST_BYTES);
        store->offsets[0] = 0;
        store->column.offsets = store->offsets;
        store->column.cap_bytes = (int64_t)store->cap_values;
    } else {
        need_values(store, width ? width * ((size_t)store->cap_rows + 1) : bitmap_bytes(store->cap_rows));
    }
    store->column.values = store->values;
}

bool leat_store_reserve(struct leat_store *store, size_t n)
{
    size_t used = (size_t)store->column.offsets[store->column.n_rows], cap = store->cap_values;

    if (n > INT32_MAX - used)
        return false;
    while (cap < used + n)
        cap += cap / 2;
    if (cap > INT32_MAX)
        cap = INT32_MAX;
    need_values(store, cap);
    store->column.values = store->values;
    store->column.cap_bytes = (int64_t)store->cap_values;
    return true;
}

uint8_t *leat_store_validity(struct leat_store *store)
{
    if (store->column.validity)
        return store->column.validity;
    if (!store->validity)
        store->validity = leat_alloc(bitmap_bytes(store->cap_rows));
    memset(store->validity, 0xFF, bitmap_bytes(store->cap_rows));
    store->column.validity = store->validity;
    return store->validity;
}

void leat_store_put_null(struct leat_store *store)
{
    struct leat_column *c = &store->column;
    int32_t row = c->n_rows++;
    int width = leat_type_width(c->type);

    leat_store_validity(store)[row >> 3] &= (uint8_t)~(1 << (row & 7));
    if (c->offsets)
        c->offsets[row + 1] = c->offsets[row];
    else if (width)
        memset(c->bytes + (size_t)row * (size_t)width, 0, (size_t)width);
    else
        c->bits[row >> 3] &= (uint8_t)~(1 << (row & 7));
}

void leat_store_copy(struct leat_store *store, const struct leat_column *column, int32_t n_rows)
{
    size_t width = (size_t)leat_type_width(column->type), n = width * (size_t)n_rows;

    leat_store_begin(store, column->type, store->cap_rows);
    if (column->offsets) {
        n = (size_t)column->offsets[n_rows];
        need_values(store, n);
        memcpy(store->offsets, column->offsets, ((size_t)n_rows + 1) * sizeof *store->offsets);
    } else if (!width) {
        n = ((size_t)n_rows + 7) / 8;
    }
    store->column.values = store->values;
    store->column.cap_bytes = (int64_t)store->cap_values;
    if (n)
        memcpy(store->values, column->values, n);
    if (column->validity)
        memcpy(leat_store_validity(store), column->validity, ((size_t)n_rows + 7) / 8);
    store->column.n_rows = n_rows;
}

size_t leat_store_bytes(const struct leat_store *store)
{
    size_t rows = (size_t)store->cap_rows;

    return store->cap_values + (store->offsets ? rows * 4 : 0) + (store->validity ? rows / 8 : 0);
}

void leat_store_swap(struct leat_store *a, struct leat_store *b)
{
    struct leat_store kept = *a;

    *a = *b;
    *b = kept;
}

void leat_store_deinit(struct leat_store *store)
{
    free(store->validity);
    free(store->offsets);
    free(store->values);
    *store = (struct leat_store){0};
}
