/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Of all records of a key the one that goes on, by a field and not by what came first.
 *
 * The batches that are offered must stay until all have been: records are compared where they lie. Two that are alike
 * in the field are told apart by their other values, so that it is the same one whatever the order in which they come.
 */
#ifndef LEAT_DEDUPE_WINNERS_H
#define LEAT_DEDUPE_WINNERS_H

#include "kit/keyset/keyset.h"

struct winner {
    struct keyset_key key;          /* all zero: free */
    const struct leat_batch *batch;
    int32_t row;
};

/* All zero but for the first two at first. */
struct winners {
    int field;                      /* by which they are ordered */
    bool last;                      /* the greatest wins, not the smallest; one without a value never does */
    struct winner *slots;
    size_t n_slots, n;
};

LEAT_MUST_CHECK int winners_offer(struct winners *w, struct keyset_key key, const struct leat_batch *batch, int32_t row,
                                  struct leat_error *err);
bool winners_has(const struct winners *w, struct keyset_key key, const struct leat_batch *batch, int32_t row);
void winners_free(struct winners *w);

#endif
