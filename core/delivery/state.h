/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What leat remembers of a pipeline between its runs: one SQLite database a
 * pipeline, NAME.db, with NAME.lock beside it, in a folder that is ours alone.
 * It holds no values of records. Used by one thread at a time.
 */
#ifndef LEAT_DELIVERY_STATE_H
#define LEAT_DELIVERY_STATE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "batch/books.h"
#include "delivery/lock.h"

struct leat_state {
    struct leat_arena arena;
    struct leat_lock lock;
    sqlite3 *db;
    const char *path;   /* of the database */
    int64_t run;        /* of the run that has begun; 0: none */
};

/* One run in the history. */
struct leat_past_run {
    int64_t id, started_us, ended_us; /* ended_us 0: it has not ended, or without a word */
    const char *load, *target, *error;
    int status;                       /* exit status; -1: it was killed, or the machine went down */
    struct leat_books books;
};

/* The folder for states: `given`, else $XDG_STATE_HOME/leat, else
 * $HOME/.local/state/leat. Makes it, mode 0700, and refuses one that others may
 * write in. Lives in the arena. */
LEAT_MUST_CHECK int leat_state_folder(struct leat_arena *arena, const char *given, const char **ret,
                                      struct leat_error *err);

/* Locks and opens the state of a pipeline, which is made if there is none; a
 * damaged or foreign one, or one of another file of the same name, is refused.
 * LEAT_EBUSY: another run is at work. To be closed in any case. */
LEAT_MUST_CHECK int leat_state_open(struct leat_state *state, const char *folder, const char *name,
                                    const char *pipeline_path, int64_t wait_ms, const volatile bool *stop,
                                    struct leat_error *err);
/* The same to look at, without the lock: -ENOENT if there is none. */
LEAT_MUST_CHECK int leat_state_look(struct leat_state *state, const char *folder, const char *name,
                                    struct leat_error *err);
void leat_state_close(struct leat_state *state);

/* A row in the history, durable before the run moves its first record. Runs
 * that have left theirs open are marked as killed. */
LEAT_MUST_CHECK int leat_state_begin_run(struct leat_state *state, const char *load, const char *target,
                                         int64_t started_us, struct leat_error *err);
LEAT_MUST_CHECK int leat_state_end_run(struct leat_state *state, const struct leat_past_run *run,
                                       struct leat_error *err);
/* The last `n` runs, oldest first; each lives until the callback returns. */
LEAT_MUST_CHECK int leat_state_each_run(struct leat_state *state, int64_t n,
                                        void (*look)(void *context, const struct leat_past_run *run), void *context,
                                        struct leat_error *err);

#endif
