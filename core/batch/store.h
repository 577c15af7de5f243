/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The memory of one column, kept and used again. A batch owns one for each of
 * its columns, an expression one for each of its intermediate results; the two
 * swap them, so that a result becomes a column without a copy.
 *
 * All stores of a run have the same cap_rows.
 */
#ifndef LEAT_BATCH_STORE_H
#define LEAT_BATCH_STORE_H

#include <leat/batch.h>

struct leat_store {
    struct leat_column column; /* points into what follows */
    int32_t cap_rows;          /* every array has room for cap_rows + 1 rows */
    uint8_t *validity;         /* allocated when first needed */
    int32_t *offsets;          /* text types; allocated when first needed */
    uint8_t *values;           /* text: column.cap_bytes; else fixed width for cap_rows + 1 */
    size_t cap_values;         /* bytes */
};

/* Makes `store` an empty column of `type` with room for cap_rows rows, keeping
 * the memory it has. Zero-initialised is a fine store to begin with. */
void leat_store_begin(struct leat_store *store, enum leat_type type, int32_t cap_rows);
/* Room for n more bytes behind the last row of a text column. False if the
 * column would pass 2 GiB. */
bool leat_store_reserve(struct leat_store *store, size_t n);
/* Makes sure that there is a bitmap: all rows valid so far. */
uint8_t *leat_store_validity(struct leat_store *store);
/* Puts a null as the next row. */
void leat_store_put_null(struct leat_store *store);
/* Makes it a copy of a column of its type with n_rows rows. */
void leat_store_copy(struct leat_store *store, const struct leat_column *column, int32_t n_rows);
/* Bytes that the store's memory takes. */
size_t leat_store_bytes(const struct leat_store *store);
void leat_store_swap(struct leat_store *a, struct leat_store *b);
void leat_store_deinit(struct leat_store *store);

#endif
