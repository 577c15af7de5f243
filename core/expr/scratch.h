/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What an evaluation writes into: stores for intermediate columns and arrays
 * of row numbers, both handed out like a stack and kept for the next batch, so
 * that the steady state allocates nothing; the faults of the rows; and what the
 * libraries behind the functions want once a thread.
 */
#ifndef LEAT_EXPR_SCRATCH_H
#define LEAT_EXPR_SCRATCH_H

#include "expr/tree.h"

/* The rows that a term is evaluated for. */
struct leat_rows {
    const int32_t *rows; /* ascending physical rows */
    int32_t n;
};

/* How much of the scratch was in use. */
struct leat_mark_in_scratch {
    int n_stores, n_arrays;
};

struct leat_scratch {
    int32_t cap_rows;
    int32_t *identity;           /* 0, 1, 2, ... cap_rows - 1 */
    struct leat_store **stores;  /* `used.n_stores` of them are in use */
    int n_stores, cap_stores;
    int32_t **arrays;            /* each has room for cap_rows */
    int n_arrays, cap_arrays;
    struct leat_mark_in_scratch used;

    /* one evaluation */
    const struct leat_batch *batch;
    int32_t total;               /* physical rows: the length of every column */
    struct leat_error *err;
    struct leat_row_fault *faults;
    int n_faults, cap_faults;
    uint8_t *faulted;            /* a bit a row: it has a fault already */
    struct leat_arena reasons;

    /* the libraries' */
    struct leat_regexp_memory *regexp; /* functions-regexp.c */
    void *digest;                /* EVP_MD_CTX */
    uint8_t *bytes;              /* leat_scratch_bytes */
    size_t cap_bytes;
};

struct leat_store *leat_scratch_store(struct leat_scratch *scratch, enum leat_type type);
/* Room for `scratch->total` row numbers. */
int32_t *leat_scratch_rows(struct leat_scratch *scratch);
/* Room for n bytes, until the next call. */
uint8_t *leat_scratch_bytes(struct leat_scratch *scratch, size_t n);
/* The first fault of a row counts; `reason` is copied. */
void leat_scratch_fault(struct leat_scratch *scratch, int32_t row, int field, const char *code, const char *reason);
/* regexp.c */
void leat_regexp_memory_free(struct leat_regexp_memory *memory);

/* evaluate.c. Evaluates `term` for `rows`; the result is in `into` (which may
 * be NULL), in a store of the scratch, in the batch or in the term itself. The
 * caller remembers scratch->used and sets it back once done with the result. */
LEAT_MUST_CHECK int leat_evaluate_term(struct leat_scratch *scratch, const struct leat_term *term,
                                       struct leat_rows rows, struct leat_store *into, struct leat_argument *ret);
/* lazy.c: the terms that evaluate arms only where they are needed. */
LEAT_MUST_CHECK int leat_evaluate_lazy(struct leat_scratch *scratch, const struct leat_term *term,
                                       struct leat_rows rows, struct leat_store *into, struct leat_argument *ret);
/* compare.c: rows without a null on either side, unless op is a distinct one. */
void leat_compare(enum leat_op op, const struct leat_argument *a, const struct leat_argument *b,
                  struct leat_rows rows, int32_t total, uint8_t *bits);
/* The order of two values that are not null: negative, 0, positive. */
int leat_value_order(const struct leat_column *a, int32_t row_a, const struct leat_column *b, int32_t row_b);
/* merge.c: out[row] = parts[which[row]][row]; UINT16_MAX: null. */
LEAT_MUST_CHECK int leat_merge(struct leat_scratch *scratch, const struct leat_argument *parts, int n_parts,
                               const uint16_t *which, struct leat_rows rows, struct leat_store *out);

/* The rows of `rows` in which the argument has (or has not) a null: fills `ret`. */
int32_t leat_rows_split(const struct leat_argument *argument, struct leat_rows rows, int32_t *ret_valid,
                        int32_t *ret_null, int32_t *ret_n_null);

#endif
