/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The host's side of batches: pool, memory budget, the way back, and the
 * account of how each extracted record ended.
 *
 *     extracted batch  (its own origin; owns its columns and the account)
 *        ▲      ▲
 *        │base  │origin
 *     mapped batch     (shares columns of its base, owns those it computed)
 *
 * References: a batch holds one on its base and one on its origin. Handing a
 * batch on hands the reference on.
 */
#ifndef LEAT_BATCH_BATCH_H
#define LEAT_BATCH_BATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include <leat/batch.h>

#include "base/text.h"
#include "batch/store.h"

/* The memory that live batches may take, in bytes. Extracts wait for it. */
struct leat_budget {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int64_t limit, used;
    int64_t peak;
    int n_waiting;  /* extracts that wait: the budget is dry */
    bool cancelled; /* nobody waits any more */
};

void leat_budget_init(struct leat_budget *budget, int64_t limit);
void leat_budget_deinit(struct leat_budget *budget);
/* Waits until something is free, then takes n; more than the limit is let
 * through alone. False if cancelled. */
bool leat_budget_take(struct leat_budget *budget, int64_t n);
/* Takes (or with n < 0 gives back) without waiting. */
void leat_budget_charge(struct leat_budget *budget, int64_t n);
bool leat_budget_dry(struct leat_budget *budget);
void leat_budget_cancel(struct leat_budget *budget);

static inline void leat_row_into(uint8_t *bits, int32_t row)
{
    bits[row >> 3] |= (uint8_t)(1 << (row & 7));
}

static inline void leat_row_out_of(uint8_t *bits, int32_t row)
{
    bits[row >> 3] &= (uint8_t)~(1 << (row & 7));
}

/* The fields that identify a source record; none: the first one. */
enum { LEAT_MAX_KEY = 16 };
struct leat_key {
    int fields[LEAT_MAX_KEY];
    int n;
};

/* What stands for a record in the ledger and as an idempotency key: tells nothing of it. */
struct leat_record_id {
    unsigned char bytes[16];
};

/* Batches of one schema, used again and again. */
struct leat_pool {
    pthread_mutex_t lock;
    const struct leat_schema *schema;
    struct leat_budget *budget; /* may be NULL */
    int32_t cap_rows;
    int64_t cap_bytes, max_record;
    struct leat_batch *free;
    int n_made; /* batches in the world */
    struct leat_key key; /* of the source */
};

void leat_pool_init(struct leat_pool *pool, const struct leat_schema *schema, struct leat_budget *budget,
                    int32_t cap_rows, int64_t cap_bytes, int64_t max_record);
/* Every batch must have come home. */
void leat_pool_deinit(struct leat_pool *pool);
/* An empty batch, ready to be built, with one reference. */
struct leat_batch *leat_pool_get(struct leat_pool *pool);

/* Why a record was rejected. Texts are offsets into the account's buffer. */
struct leat_reject {
    int32_t row;        /* of the origin */
    const char *stage;  /* id of the stage; lives as long as the plan */
    const char *field;  /* name, or NULL */
    const char *code;
    size_t reason;      /* NUL-terminated */
    size_t raw, n_raw;
    bool has_raw;
};

/* What a load's target answered for a record. */
struct leat_answered {
    int32_t row;
    bool first;              /* of those that came together */
    const char *name;
    size_t text, n;
};

/* How the records of one extracted batch ended. Guarded by its lock, since the
 * children of a split may be in several stages. */
struct leat_account {
    pthread_mutex_t lock;
    int32_t n_open;          /* records (and their children) that have no verdict yet */
    int32_t n_away;          /* of these, whose batches a load has had put aside; the load's thread's */
    int64_t n_made;          /* added by splits */
    int64_t counts[LEAT_N_VERDICTS];
    uint8_t *verdicts;       /* the worst verdict, per origin row */
    struct leat_reject *rejects;
    int n_rejects, cap_rejects;
    struct leat_answered *answers;
    int n_answers, cap_answers;
    struct leat_text_buffer text;
    int32_t *ordinals;       /* children that have come to the load, per origin row; the load's thread's */
    bool has_ordinals;
};

struct leat_batch_private {
    atomic_int refs;
    struct leat_pool *pool;
    struct leat_store *stores;      /* one a column; a borrowed column leaves its own unused */
    struct leat_batch *base, *origin;
    const struct leat_batch *parent; /* what a batch of made rows is being made from; not a reference */
    const int32_t *origin_rows;     /* NULL: row i came from row i */
    int32_t *own_origin_rows, *own_selection;
    bool aligned;                   /* rows are those of the base */
    uint8_t *fates;                 /* enum leat_verdict a row; all LEAT_OPEN while n_ended is 0 */
    int32_t n_ended;
    uint8_t rest;                   /* verdict of every row that has no fate, or 0 */
    const char *stage;              /* id of the stage that holds it */
    uint64_t sequence;              /* of the origin, from 0 */
    int partition;
    bool has_position, row_too_large;
    struct leat_text_buffer position;
    struct leat_text_buffer key;    /* scratch of leat_batch_key */
    struct leat_account account;    /* of an origin */
    /* At a load that answers late (engine/intents.c); the load's thread's. */
    struct leat_record_id *ids;
    uint64_t *payloads;
    uint8_t *verify, *updates, *given_back, *stepped; /* bit a row each */
    bool any_given_back, any_stepped;
    int64_t n_before;               /* of an origin: records that were read before its first, in all runs of the work */
    uint32_t *steps;
    int32_t *answered;              /* 1 + the row's first answer in the origin's account; 0: none */
    bool has_ids;
    int64_t charged;
    struct leat_batch *next;        /* in a ring's slot, or in the pool */
};

/* The services of leat/batch.h that need nothing above this room. */
bool leat_batch_grow(struct leat_batch *b, int field, size_t n);
void leat_batch_null(struct leat_batch *b, int field);
void leat_batch_row_done(struct leat_batch *b);
/* Takes back what was put of the row being written. */
void leat_batch_undo_row(struct leat_batch *b);
void leat_batch_row_done_from(struct leat_batch *out, int32_t in_row);
void leat_batch_record_rejected(struct leat_batch *b, int field, const char *code, const char *reason,
                                const char *raw, size_t n);
void leat_batch_row_rejected(struct leat_batch *b, int32_t row, int field, const char *code, const char *reason);
void leat_batch_row_dropped(struct leat_batch *b, int32_t row, enum leat_verdict verdict);
void leat_batch_row_answered(struct leat_batch *b, int32_t row, enum leat_verdict verdict,
                             const struct leat_answer *answers, int n_answers);
void leat_batch_rest_answered(struct leat_batch *b, enum leat_verdict verdict);
void leat_batch_row_given_back(struct leat_batch *b, int32_t row);
void leat_batch_step(struct leat_batch *b, int32_t row, uint32_t step);
struct leat_batch *leat_batch_reference(struct leat_batch *b);
void leat_batch_release(struct leat_batch *b);
/* The same for a list chained by host->next. */
void leat_batch_release_list(struct leat_batch *list);
const struct leat_batch *leat_batch_way_back(const struct leat_batch *b, int32_t row, int32_t *ret_row);
void leat_batch_align_to(struct leat_batch *out, struct leat_batch *in);
void leat_batch_share_column(struct leat_batch *out, int field, const struct leat_batch *in, int in_field);
void leat_batch_fill_column(struct leat_batch *out, int field, const struct leat_column *column);
void leat_batch_position(struct leat_batch *b, int partition, const char *position);

/* After an extract has filled a batch: checks the columns and the UTF-8,
 * rejects what is not, opens the account. Negative if the plugin broke the rules. */
LEAT_MUST_CHECK int leat_batch_finish(struct leat_batch *b, struct leat_error *err);
/* After a transform has written rows: the columns are whole, the rows point back. */
LEAT_MUST_CHECK int leat_batch_finish_made(struct leat_batch *out, struct leat_batch *in, int32_t *children,
                                           struct leat_error *err);
/* The rows of `out` are new records of its origin's account. */
void leat_account_children(struct leat_batch *out);
/* When a transform is done with `in` and its children: rows without any are filtered. */
void leat_batch_settle_parents(struct leat_batch *in, const int32_t *children);
/* After a stage: takes the rows that ended out of the selection and into the account. */
void leat_batch_settle(struct leat_batch *b);
/* A batch for what comes out of `in`. */
struct leat_batch *leat_batch_derive(struct leat_pool *pool, struct leat_batch *in);
/* Makes room for what stands beside the rows of a ledger, and for the verdicts of an origin. */
void leat_batch_ledger_room(struct leat_batch *b);
void leat_batch_account_room(struct leat_batch *origin);
/* Charges the budget with what the batch's own columns take. */
void leat_batch_charge(struct leat_batch *b);
struct leat_batch *leat_batch_origin(const struct leat_batch *b);
/* True once every record of an origin has its verdict. */
bool leat_account_complete(struct leat_batch *origin);

#endif
