/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The books of a run. At its end they must balance:
 * read + made = loaded + already there + filtered + duplicate + rejected +
 *               conflict + unknown + pending
 */
#ifndef LEAT_BATCH_BOOKS_H
#define LEAT_BATCH_BOOKS_H

#include <leat/batch.h>

struct leat_books {
    int64_t read, made, pending;
    int64_t counts[LEAT_N_VERDICTS];
};

/* "loaded", "already_there", ... as in the report; NULL for LEAT_OPEN. */
const char *leat_verdict_name(enum leat_verdict verdict);
/* What is missing on the right-hand side; 0: they balance. */
int64_t leat_books_difference(const struct leat_books *books);
/* True if nothing is missing and nothing is pending: a run that is done. */
bool leat_books_balance(const struct leat_books *books);

#endif
