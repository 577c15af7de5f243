/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Batches put aside on disk while a load has taken their rows and will answer only
 * much later, so that memory does not grow with them. The file has no name: it is
 * gone with the process, as what stands in it is nothing to go on from. Fields of
 * class secret are not written; they come back as null.
 *
 * One thread. Pointers are written as they are: texts of the plan and literals of
 * plugins live as long as the process.
 */
#ifndef LEAT_BATCH_ASIDE_H
#define LEAT_BATCH_ASIDE_H

#include "batch/batch.h"

struct leat_aside {
    int fd;              /* -1: not open */
    const char *folder;  /* where the file has its place */
    int64_t end;
    struct leat_text_buffer room;
};

/* Opens nothing yet; the folder outlives it. */
void leat_aside_init(struct leat_aside *aside, const char *folder);
void leat_aside_deinit(struct leat_aside *aside);

/* Writes columns, selection, the way back, and what stands beside the rows of a ledger. */
LEAT_MUST_CHECK int leat_aside_put(struct leat_aside *aside, const struct leat_batch *b, int64_t *ret_at,
                                   struct leat_error *err);
/* Fills `b`, which is new from a pool of the same schema. */
LEAT_MUST_CHECK int leat_aside_get(struct leat_aside *aside, int64_t at, struct leat_batch *b, struct leat_error *err);

/* The same of an extracted batch: its account, its position, its number. */
LEAT_MUST_CHECK int leat_aside_put_account(struct leat_aside *aside, const struct leat_batch *origin, int64_t *ret_at,
                                           struct leat_error *err);
LEAT_MUST_CHECK int leat_aside_get_account(struct leat_aside *aside, int64_t at, struct leat_batch *origin,
                                           struct leat_error *err);

#endif
