/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What becomes of the extracted batches: they are kept in the order in which
 * they were read until every record of the first has its verdict; then its
 * rejects and results are written, its counts go into the books, and it is let
 * go. So rejects stand in the order of the extract, whatever the workers did.
 */
#ifndef LEAT_DELIVERY_DELIVERY_H
#define LEAT_DELIVERY_DELIVERY_H

#include <pthread.h>

#include "batch/aside.h"
#include "batch/books.h"

/* Takes a batch of reject or result rows; the batch goes back to its owner after. */
typedef int leat_delivery_sink(void *context, struct leat_batch *rows, struct leat_error *err);

struct leat_side {
    leat_delivery_sink *sink; /* NULL: not wanted */
    void *context;
    struct leat_pool *pool;   /* of its rows */
    int64_t n_rows;           /* handed to the sink */
    int64_t n_skip;           /* of what comes, it has so many already */
};

/* Where an extract goes on behind what has been let go. */
struct leat_partition {
    int number;
    struct leat_text_buffer position;
};

/* An extracted batch whose records have not all been answered. */
struct leat_open {
    struct leat_batch *batch;  /* NULL: put aside */
    struct leat_pool *pool;
    int64_t at, account_at;    /* of one that was put aside, in the file; what it had come to is below */
    int32_t n_rows, n_open;
    int64_t n_made, counts[LEAT_N_VERDICTS];
};

struct leat_delivery {
    pthread_mutex_t lock;
    struct leat_open *open;   /* a queue: first .. first + n, wrapping at cap */
    int first, n, cap;
    struct leat_aside *aside; /* where they are; NULL: none was */
    int n_aside;              /* at the front, that have been put aside, and maybe brought back since */
    struct leat_books books;  /* of what has been let go, and `read` of all */
    uint64_t n_closed;        /* batches let go: those with a sequence below it; the load's thread's */
    struct leat_partition *partitions; /* the load's thread's */
    int n_partitions, cap_partitions;
    struct leat_key key;      /* of the source */
    struct leat_side rejects, results;
};

void leat_delivery_init(struct leat_delivery *delivery, const struct leat_key *key);
void leat_delivery_deinit(struct leat_delivery *delivery); /* lets go of what is still open */
/* In the extract's thread, in order: a finished batch. Takes a reference of its own. */
void leat_delivery_add(struct leat_delivery *delivery, struct leat_batch *origin);
/* In the load's thread: lets go of all that is complete from the front. */
LEAT_MUST_CHECK int leat_delivery_advance(struct leat_delivery *delivery, struct leat_error *err);
/* In the load's thread: puts aside those of whose open records all have been (account.n_away), so that no stage has
 * them any more; and those that are complete and stand behind such. `aside` outlives the delivery's use. */
LEAT_MUST_CHECK int leat_delivery_put_aside(struct leat_delivery *delivery, struct leat_aside *aside,
                                            struct leat_error *err);
/* The open batch of that number, brought back if it was put aside, with a reference for the caller. */
LEAT_MUST_CHECK int leat_delivery_bring_back(struct leat_delivery *delivery, struct leat_aside *aside, uint64_t sequence,
                                             struct leat_batch **ret, struct leat_error *err);
/* Where a partition stands: of a run that goes on, before it starts. Copied. */
void leat_delivery_position(struct leat_delivery *delivery, int partition, const char *position);
/* The books as they stand, with what is still open. Any thread. */
struct leat_books leat_delivery_books(struct leat_delivery *delivery);
/* Of what has been let go alone: what a checkpoint may count. */
struct leat_books leat_delivery_closed_books(struct leat_delivery *delivery);
/* Batches that are still open. */
int leat_delivery_open(struct leat_delivery *delivery);

/* The text of a record's key; NULL if it has none. Of several fields: joined by
 * commas, with \\ and \, for those within, and \N for null. Lives in the batch
 * until the next call. */
const char *leat_record_key(const struct leat_batch *origin, const struct leat_key *key, int32_t row, size_t *ret_n);

#endif
