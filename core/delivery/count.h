/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * NAME.seq, beside a state: the count of its commits, by which a write-ahead log that
 * has lost its end is found, and whether the process has left.
 *
 *     0000000000000000042     19 digits
 *     -                       or e: the process that wrote it has left, and said so
 */
#ifndef LEAT_DELIVERY_COUNT_H
#define LEAT_DELIVERY_COUNT_H

#include "delivery/state.h"

/* Opens and reads it into the state. `flags` of open(2); one that is not there knows of nothing. */
LEAT_MUST_CHECK int leat_count_open(struct leat_state *state, int flags, struct leat_error *err);
/* Whether there is one beside the state, whatever it counts: nobody else writes such a file. */
bool leat_count_is_there(const struct leat_state *state);
/* -EUCLEAN: it knows of more commits than the state. */
LEAT_MUST_CHECK int leat_count_check(struct leat_state *state, struct leat_error *err);
/* Behind each commit. */
LEAT_MUST_CHECK int leat_count_write(struct leat_state *state, struct leat_error *err);

#endif
