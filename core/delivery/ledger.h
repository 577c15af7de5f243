/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The ledger of calls that cannot be repeated: a row a record, under an id that
 * tells nothing of it. It is written before the call (the intent) and after it
 * (the outcome); what stands between the two when a process dies may have been
 * sent, and is to be asked for before it is sent again.
 *
 * All calls that write stand in a transaction of the state.
 */
#ifndef LEAT_DELIVERY_LEDGER_H
#define LEAT_DELIVERY_LEDGER_H

#include "batch/batch.h"
#include "delivery/state.h"

struct leat_ledger {
    struct leat_state *state;
    struct sqlite3_stmt *find, *put, *drop;
    struct sqlite3_stmt *find_answer, *put_answer, *drop_answer;
    struct leat_text_buffer answer; /* that was found */
    int64_t target; /* whose rows these are */
};

struct leat_ledger_row {
    struct leat_record_id id;
    bool done;        /* false: an intent */
    bool there;       /* it was done by somebody else */
    bool before;      /* an intent of something that was done before, with another payload */
    int64_t run;      /* number of the work in which it was done, or is meant to be */
    int64_t attempt;  /* number of the last process that came upon it */
    int64_t record;   /* that it then was, of all that its work reads, from 0 */
    uint64_t payload; /* hash of what is sent */
    uint32_t steps;   /* that are done */
};

/* For the state's target of the moment; to be closed in any case. */
LEAT_MUST_CHECK int leat_ledger_open(struct leat_ledger *ledger, struct leat_state *state, struct leat_error *err);
void leat_ledger_close(struct leat_ledger *ledger);
/* 1: `ret` is filled; 0: it is not there. */
LEAT_MUST_CHECK int leat_ledger_find(struct leat_ledger *ledger, const struct leat_record_id *id,
                                     struct leat_ledger_row *ret, struct leat_error *err);
/* Writes `row`; `was`: what leat_ledger_find gave for its id, or NULL. */
LEAT_MUST_CHECK int leat_ledger_put(struct leat_ledger *ledger, const struct leat_ledger_row *row,
                                    const struct leat_ledger_row *was, struct leat_error *err);
/* Removes a row that is there. */
LEAT_MUST_CHECK int leat_ledger_drop(struct leat_ledger *ledger, const struct leat_ledger_row *row,
                                     struct leat_error *err);
/* What the target has answered for a record, as bytes; replaces what was known. `n` 0: nothing is known any more. */
LEAT_MUST_CHECK int leat_ledger_put_answer(struct leat_ledger *ledger, const struct leat_record_id *id, const char *text,
                                           size_t n, struct leat_error *err);
/* Into ledger->answer, which is empty where nothing is known. */
LEAT_MUST_CHECK int leat_ledger_find_answer(struct leat_ledger *ledger, const struct leat_record_id *id,
                                            struct leat_error *err);

#endif
