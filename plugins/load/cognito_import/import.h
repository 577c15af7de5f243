/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the files of load/cognito_import share.
 *
 *     cognito_import.c   options and life of the stage
 *     plan.c             what is asked of the pool and said of the pipeline before the run
 *     forecast.c         what `leat plan` says
 *     sets.c             deliver: users into files
 *     jobs.c             poll: one job after the other, a step at a time
 *     attempt.c          what goes into a job, and its name
 *     replies.c          what AWS says of jobs and in their logs
 *     log.c              a line of a job's log; which row it is of
 *     settle.c           verdicts to records; what is done by API for those who were imported
 *     canary.c           users whose passwords are known
 *     signin.c           and how they sign in
 *     call.c             one request at a time
 */
#ifndef LEAT_COGNITO_IMPORT_H
#define LEAT_COGNITO_IMPORT_H

#include <leat/plugin.h>

#include "jobs.h"
#include "kit/cognito_user/users.h"
#include "kit/userpool/userpool.h"
#include "sets.h"

enum { AFTER_ALL, AFTER_GROUPS, AFTER_ENABLED, AFTER_NONE };

enum hashing { HASHING_AUTO, HASHING_NONE, HASHING_BCRYPT, HASHING_SCRYPT, HASHING_ARGON2ID, HASHING_PBKDF2 };

struct cognito_import {
    struct userpool_options options;
    const char *path, *role, *stage_to;
    int hashing;             /* enum hashing */
    int after_import;
    int64_t trial, part_rows, log_patience_ms, start_patience_ms;
    bool keep;
    const char *declaration; /* of stored passwords */
    struct canary canary;

    /* by the plan */
    struct cognito_pool rules;
    struct users after;      /* users who were imported, and what the files cannot carry */
    struct {
        struct users_forecast after;
        int64_t n_rows[N_SETS], n_fates[N_FATES];
        bool has_hashes;
    } forecast;
    bool has_after;          /* there are fields for that */
    const char *elsewhere[3];
    struct table plain, hashed; /* without and with password_hash */
    char *fixed[2], *headers[2];
    char *pool_name;
    struct sets sets;

    struct jobs jobs;
    struct userpool pool;
    bool ended;              /* the input has */
    int64_t n_settled;       /* records that have come back */
    int at_piece[N_SETS];    /* of the next record of each set */
    int32_t at_row[N_SETS];
};

/* plan.c */
int import_plan(struct leat_plan *plan, void *self, struct leat_error *err);
void import_bind(struct cognito_import *c, const struct leat_schema *schema);

/* forecast.c */
int import_forecast(struct leat_plan *plan, void *self, const struct leat_batch *batch, double scale,
                    struct leat_error *err);

/* settle.c */
/* Of struct users, for one record after the other. */
enum users_presence import_is_there(void *self, struct leat_batch *batch, int32_t row);
LEAT_MUST_CHECK int import_settle(struct leat_stage *stage, void *self, struct leat_batch *batch,
                                  struct leat_error *err);

#endif
