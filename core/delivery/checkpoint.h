/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A checkpoint: how far a run has come, as named values. What they mean is the
 * engine's affair; here they are kept, one row each, under a number that rises.
 *
 *     books     read, made, loaded, ...   -> a number
 *     position  0, 1, ... (partition)     -> where the extract goes on
 *     mark      load, rejects, results    -> where a load goes on
 *     memory    id of a stage             -> bytes of its memory
 *     file      final name                -> the name it is written under
 *     kept      path                      -> "" : removed if nobody goes on
 *     end       ended                     -> "1": only names are left to be given
 */
#ifndef LEAT_DELIVERY_CHECKPOINT_H
#define LEAT_DELIVERY_CHECKPOINT_H

#include "delivery/state.h"

struct leat_part {
    const char *kind, *name, *value;
};

struct leat_checkpoint {
    struct leat_arena arena;
    int64_t seq;           /* 0: none */
    struct leat_part *parts;
    int n_parts, cap_parts;
};

/* Copies all three. */
void leat_checkpoint_add(struct leat_checkpoint *checkpoint, const char *kind, const char *name, const char *value);
void leat_checkpoint_add_number(struct leat_checkpoint *checkpoint, const char *kind, const char *name, int64_t value);
/* NULL: it has none. */
const char *leat_checkpoint_get(const struct leat_checkpoint *checkpoint, const char *kind, const char *name);
int64_t leat_checkpoint_number(const struct leat_checkpoint *checkpoint, const char *kind, const char *name);
void leat_checkpoint_deinit(struct leat_checkpoint *checkpoint);

/* In a transaction: writes it for the state's target, and removes those before `keep_from`. */
LEAT_MUST_CHECK int leat_checkpoint_save(struct leat_state *state, const struct leat_checkpoint *checkpoint,
                                         int64_t keep_from, struct leat_error *err);
/* The newest of the state's target (`seq` 0), or this one. seq 0: there is none. */
LEAT_MUST_CHECK int leat_checkpoint_load(struct leat_state *state, int64_t seq, struct leat_checkpoint *ret,
                                         struct leat_error *err);
/* The number of the oldest; 0: there is none. */
int64_t leat_checkpoint_first(struct leat_state *state);
/* The files that checkpoints of the state's target, or of all, need: as parts of one without a number. */
LEAT_MUST_CHECK int leat_checkpoint_files(struct leat_state *state, bool of_all, struct leat_checkpoint *ret,
                                          struct leat_error *err);

/* Watermarks: of the target's last success. In a transaction: those of the checkpoint's positions; `extract`: what they are places in. */
LEAT_MUST_CHECK int leat_watermarks_save(struct leat_state *state, const struct leat_checkpoint *checkpoint,
                                         const char *extract, struct leat_error *err);
/* Those of the last success as positions of a checkpoint without a number, with the meaning of the extract that gave
 * them as its part "extract" without a name. */
LEAT_MUST_CHECK int leat_watermarks_load(struct leat_state *state, struct leat_checkpoint *ret, struct leat_error *err);

#endif
