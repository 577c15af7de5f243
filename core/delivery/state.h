/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a pipeline knows from one run to the next: NAME.db in the state folder, an
 * SQLite database (WAL, synchronous FULL, 0600) that one run at a time writes
 * (lock.h). It holds no personal data: keys are HMACs, and what a stage puts into
 * a mark or a position is its own affair (an extract's cursor values).
 *
 *     state ── pipeline      the file it belongs to, and the key of the HMACs
 *           ├─ run           history: one row a run
 *           └─ target        a load by name and target identity
 *                ├─ work         the run that is not done yet, and what it means
 *                ├─ part         its checkpoints (checkpoint.h)
 *                ├─ watermark    where the last success came to
 *                └─ ledger       calls that cannot be repeated (ledger.h)
 *
 * Damage is found, not guessed: SQLite's own check finds pages that make no sense,
 * the seal (a hash over the small tables and the sum of the ledger) values that
 * have changed, and the count of commits, kept in NAME.seq, a write-ahead log
 * that has lost its end. None of the three heals; all say what to do.
 *
 * One thread at a time.
 */
#ifndef LEAT_DELIVERY_STATE_H
#define LEAT_DELIVERY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <leat/error.h>

#include "base/arena.h"
#include "base/text.h"

enum { LEAT_STATE_KEY = 32, LEAT_STATE_VERSION = 2 };

struct leat_state {
    struct sqlite3 *db; /* NULL: closed */
    struct leat_arena arena;
    const char *path, *folder, *name;
    int version;        /* of the file; 0: there is nothing in it yet */
    unsigned char key[LEAT_STATE_KEY];
    int64_t target;     /* of this run; 0: none chosen */
    const char *who;    /* 32 hexadecimal digits: this pipeline, load and target */
    int64_t ledger;     /* the target whose ledger and ids are used: this one, or that of which rejects are fed again */
    const char *ids;    /* its `who` */
    int64_t run;        /* of this process; 0: none begun */
    /* What the seal holds: as the transaction at hand has made it, and as the last commit has left it. */
    int64_t n_commits, n_commits_before;
    uint64_t runs_sum, ledger_sum, runs_sum_before, ledger_sum_before;
    int seq_fd;         /* NAME.seq; -1: not open */
    int64_t n_counted;  /* commits that it knows of */
    bool left_open;     /* the process that wrote it last was killed, maybe after its last commit */
    const char *warning; /* to be told to the user; NULL: none */
};

/* The folder of all states: `option` if it is given, $XDG_STATE_HOME/leat, or
 * ~/.local/state/leat. Made (0700) if it is not there and `make`. Lives in `arena`. */
LEAT_MUST_CHECK int leat_state_folder(struct leat_arena *arena, const char *option, bool make, const char **ret,
                                      struct leat_error *err);
/* Opens NAME.db for a run of the pipeline file `file` (its real path), which it makes
 * if it is not there; the caller holds the lock. LEAT_EPIPELINE: it is another file's.
 * -EUCLEAN: it is damaged, -EPROTO: no state of leat's, or of a newer leat. */
LEAT_MUST_CHECK int leat_state_open(struct leat_state *state, const char *folder, const char *name, const char *file,
                                    struct leat_error *err);
/* The same to look at, whoever runs. -ENOENT: there is none. */
LEAT_MUST_CHECK int leat_state_look(struct leat_state *state, const char *folder, const char *name,
                                    struct leat_error *err);
void leat_state_close(struct leat_state *state);
/* The last thing a run does is to write an 'e' here, once the state is closed: so the run
 * after one that was killed knows whether somebody has seen it end. NULL: there is nothing to say. */
char *leat_state_leaving(struct leat_state *state);

/* The pipeline file it belongs to. Lives as long as the state. */
const char *leat_state_file(struct leat_state *state);
/* Where the stage of that number in the plan keeps what it remembers. Lives in `arena`. */
const char *leat_state_memory_path(const struct leat_state *state, int stage, struct leat_arena *arena);
/* Removes what the stages of the state's target remember. */
void leat_state_forget_memories(const struct leat_state *state);
/* Takes from others what rights they have on its files, as a copy may have given them. What there is to be said
 * of it, or NULL. Lives as long as the state. */
const char *leat_state_protect(struct leat_state *state);
/* Removes NAME.db and what belongs to it, damaged or not; the caller holds the lock. */
LEAT_MUST_CHECK int leat_state_remove(const char *folder, const char *name, struct leat_error *err);

/* All that is written between these two is on disk once `commit` has returned, or none of it. */
LEAT_MUST_CHECK int leat_state_begin(struct leat_state *state, struct leat_error *err);
LEAT_MUST_CHECK int leat_state_commit(struct leat_state *state, struct leat_error *err);
/* After a failure of either or between them. */
void leat_state_rollback(struct leat_state *state);

/* 32 hexadecimal digits: HMAC-SHA256, cut, of bytes under the state's key; `what` keeps uses apart. */
void leat_state_hash(const struct leat_state *state, const char *what, const void *bytes, size_t n, char ret[33]);

/* ---- targets and the run that is not done ---- */

/* Chooses the target that what follows is about, and remembers it. */
LEAT_MUST_CHECK int leat_state_target(struct leat_state *state, const char *load, const char *identity,
                                      struct leat_error *err);

/* After it: uses the ledger and the ids of another load's target. */
LEAT_MUST_CHECK int leat_state_share_ledger(struct leat_state *state, const char *load, const char *identity,
                                            struct leat_error *err);

struct leat_work {
    int64_t run;         /* that began it; 0: there is none */
    int64_t began_us;
    const char *meaning; /* of the pipeline then; lives as long as the state */
};

LEAT_MUST_CHECK int leat_state_work(struct leat_state *state, struct leat_work *ret, struct leat_error *err);
/* In a transaction: from now on this run's. */
LEAT_MUST_CHECK int leat_state_work_begin(struct leat_state *state, const char *meaning, struct leat_error *err);
/* In a transaction: done or given up, with its checkpoints. */
LEAT_MUST_CHECK int leat_state_work_end(struct leat_state *state, struct leat_error *err);

/* All targets there are; `each` returns false to stop, and may choose one. */
LEAT_MUST_CHECK int leat_state_targets(struct leat_state *state,
                                       bool (*each)(void *, const char *load, const char *identity), void *context,
                                       struct leat_error *err);
/* In a transaction: all that is known of the target, its ledger included, but for the history. */
LEAT_MUST_CHECK int leat_state_clear(struct leat_state *state, struct leat_error *err);
/* Calls that the target's ledger has. */
int64_t leat_state_ledger_size(struct leat_state *state);
/* Of those of the work that this run began: done, and begun or meant to be. */
void leat_state_ledger_count(struct leat_state *state, int64_t run, int64_t *ret_done, int64_t *ret_open);

/* ---- history ---- */

struct leat_run_row {
    int64_t id, started_us, ended_us; /* ended_us 0: not ended */
    int64_t pid, goes_on;             /* the run that this one went on with, or 0 */
    int status;                       /* -1: none */
    const char *load, *target, *report, *note;
    const char *boot; /* of the machine, when it ran */
};

/* This boot's; empty where the system has none. Lives in `arena`. */
const char *leat_state_boot(struct leat_arena *arena);
/* The last run of the target, if it is also the last of all that could start; id 0: it is not. Lives as long as the
 * state. */
LEAT_MUST_CHECK int leat_state_last_run(struct leat_state *state, const char *load, const char *identity,
                                        struct leat_run_row *ret, struct leat_error *err);

/* In a transaction: notes that this process runs; runs that have not ended were killed. */
LEAT_MUST_CHECK int leat_state_run_begin(struct leat_state *state, const char *load, const char *identity,
                                         int64_t goes_on, struct leat_error *err);
/* In a transaction. `report`: its JSON; `note`: a line for people; NULL both for none. */
LEAT_MUST_CHECK int leat_state_run_end(struct leat_state *state, int status, const char *report, const char *note,
                                       struct leat_error *err);
/* Notes of runs that were killed, why: a plugin that crashed has left a line. */
LEAT_MUST_CHECK int leat_state_run_note(struct leat_state *state, int64_t run, int status, const char *note,
                                        struct leat_error *err);
/* The newest first; `each` returns false to stop. */
LEAT_MUST_CHECK int leat_state_runs(struct leat_state *state, bool (*each)(void *, const struct leat_run_row *),
                                    void *context, struct leat_error *err);

/* ---- for the other files of this room ---- */

/* What SQLite says of a call that failed. */
int leat_state_failed(struct leat_state *state, const char *what, struct leat_error *err);
/* A prepared statement; NULL after having said why. Finalised by the caller. */
struct sqlite3_stmt *leat_state_prepare(struct leat_state *state, const char *sql, struct leat_error *err);
/* Runs it to its end, for statements that give no rows, and finalises it. */
LEAT_MUST_CHECK int leat_state_run_statement(struct leat_state *state, struct sqlite3_stmt *stmt,
                                             struct leat_error *err);
int leat_state_damaged(const struct leat_state *state, const char *why, struct leat_error *err);
/* A value of a row: a blob, or a number where `bytes` is NULL. */
struct leat_state_value {
    const void *bytes;
    int n;
    int64_t number;
};

/* The same hash as of a row with these values. */
uint64_t leat_state_values_hash(const struct leat_state *state, const struct leat_state_value *values, int n);
/* The hash of the row a statement stands on (seal.c), as the sums of the seal are made of. */
uint64_t leat_state_row_hash(const struct leat_state *state, struct sqlite3_stmt *row);
/* Adds up the ledger anew. */
LEAT_MUST_CHECK int leat_state_sum_ledger(struct leat_state *state, uint64_t *ret, struct leat_error *err);
/* Compares all that is there with the seal, or seals it, in the transaction at hand. */
LEAT_MUST_CHECK int leat_state_check(struct leat_state *state, struct leat_error *err);
LEAT_MUST_CHECK int leat_state_seal(struct leat_state *state, struct leat_error *err);

#endif
