/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The canary: a few users whose passwords are known. They are imported first, and signed in before anybody else is,
 * because no form of a hash shows a pepper or a digest below it.
 *
 *     read ──► met in the input ──► placed: which row of which piece ──► in the trial ──► signed in
 *
 * Passwords are in memory alone, from open to close, and wiped there.
 */
#ifndef LEAT_COGNITO_IMPORT_CANARY_H
#define LEAT_COGNITO_IMPORT_CANARY_H

#include <leat/plugin.h>

#include "kit/cognito/password.h"

struct jobs;
struct sets;

enum { CANARY_MOST = 100 };

enum canary_state {
    CANARY_MISSING,          /* not in what this run imports: an earlier one has, or it was rejected */
    CANARY_WITHOUT,          /* there, but its hash cannot go */
    CANARY_THERE
};

struct canary_user {
    const char *name, *password;
    size_t n_name, n_password;
    int64_t line;            /* of the file */
    enum canary_state state;
    enum cognito_algorithm set;
    int64_t index;           /* among the users of its set */
    int piece;
    int32_t row;             /* of the piece */
};

struct canary {
    /* options */
    const char *path, *client_id;
    const struct leat_secret *client_secret;

    struct canary_user users[CANARY_MOST]; /* by name; once they are placed by piece and row */
    int n;
    char *text;              /* backs names and passwords */
    size_t cap_text;
    bool others_read;        /* others than the owner may read the file */

    int n_missing;
    char missing[128];       /* their lines */
    int at;                  /* whose turn it is to sign in */
    int n_of[COGNITO_PBKDF2_SHA256 + 1], n_good[COGNITO_PBKDF2_SHA256 + 1];
    int n_other;             /* of whom something else was said than that the password is wrong */
    char other[96];          /* the last of it */
};

/* In plan: what is wrong with the options and the file, and what there is to know before the run. False: there is no
 * canary that could be used. */
bool canary_plan(struct leat_plan *plan, const struct canary *canary, bool no_hashes);
/* What an option says of stored passwords, or NULL. */
const struct cognito_declaration *declaration_plan(struct leat_plan *plan, const char *option, const char *text);

/* Fills users; -EINVAL: the text names the line. */
LEAT_MUST_CHECK int canary_read(struct canary *canary, struct leat_error *err);
/* The same, and warns if others may read the file. */
LEAT_MUST_CHECK int canary_open(struct canary *canary, struct leat_stage *stage, struct leat_error *err);
void canary_close(struct canary *canary);

/* A user of the input that was written as the index-th of its set; `goes`: with a hash. */
void canary_meet(struct canary *canary, const char *name, size_t n, enum cognito_algorithm set, int64_t index,
                 bool goes);
/* No user follows, and the pieces are listed: finds the rows of those that are there. */
LEAT_MUST_CHECK int canary_place(struct canary *canary, struct sets *sets, struct leat_error *err);
/* Says which are missing, for a run before which none has imported anybody. */
LEAT_MUST_CHECK int canary_missing(const struct canary *canary, struct leat_error *err);

/* signin.c: a step of jobs. */
int step_sign_in(struct jobs *jobs, struct leat_error *err);

/* What to look at when hashes of the algorithm are not taken, or do not verify. A literal. */
const char *canary_advice(enum cognito_algorithm set, bool taken);

#endif
