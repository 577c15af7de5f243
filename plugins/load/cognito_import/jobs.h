/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The import jobs of a run, one after the other, a step at a time:
 *
 *     rights ► hash ► list ► choose ► create ► stage ► upload ► start ► watch ► log ► choose ...
 *                              │ ▲                                ▲
 *                              │ └─ the next attempt, or piece    │
 *                              └──── a job of an earlier run ─────┘
 *
 * First come the trials of all pieces, one after the other, and the canary signs in; then the rest of each piece.
 *
 * There is no state of our own: a job's name says what it imports, and a later run finds it by it. What is
 * sent is what no job before it has a verdict for:
 *
 *     trial      the first few users of a set, and those of the canary
 *     attempt    the rest of the piece; after a job that failed on its way, the rest of that
 */
#ifndef LEAT_COGNITO_IMPORT_JOBS_H
#define LEAT_COGNITO_IMPORT_JOBS_H

#include "call.h"
#include "log.h"
#include "sets.h"

/* The last digits of a work tell the works of one pipeline, which share them, from those of others. */
enum { JOB_NAME = 129, JOB_ID = 64, WORK_DIGITS = 12, FAMILY_DIGITS = 4 };

enum job_status {
    JOB_UNKNOWN, JOB_CREATED, JOB_PENDING, JOB_IN_PROGRESS, JOB_STOPPING, JOB_EXPIRED, JOB_STOPPED, JOB_FAILED,
    JOB_SUCCEEDED
};

/* As Cognito describes one. */
struct job {
    char id[JOB_ID], name[JOB_NAME];
    enum job_status status;
    double created_s, started_s; /* the latter 0 where it is not said */
    bool started;
    struct log_counts counts;
    bool used;               /* one of our attempts is this job */
};

/* What goes into a job. */
struct attempt {
    int number;              /* from 1 */
    bool is_trial;
    int32_t *rows, n_rows;   /* of the piece; NULL: all */
    struct leat_output rest; /* its file, where these are not all */
    const char *path;
    char hash[65], name[JOB_NAME];
};

struct jobs {
    /* settings */
    struct leat_stage *stage;
    struct sets *sets;
    struct leat_aws *aws;
    const char *pool_id, *pool_name, *role, *stage_to, *proxy, *update_budget, *read_budget;
    const char *family;      /* a text that all runs of the pipeline have, and others do not */
    int64_t trial, log_patience_ms, start_patience_ms;
    struct canary *canary;   /* NULL: none */
    const char *sign_in_budget;
    struct leat_aws_endpoint cognito, logs, s3;

    int (*step)(struct jobs *, struct leat_error *);
    bool begun;              /* the step's request is on its way */
    struct call call;
    struct upload upload;
    struct leat_aws_signed staged;
    struct leat_put url, s3_url, token; /* `url` is a secret */
    int64_t not_before_ms, pause_ms;
    bool start_refused, said_waiting;
    bool listed;             /* the last page of a list is here */
    bool seen_at_work;       /* a job of this pool, by the last list */
    char refusal[96];        /* of the start: the code */
    bool looked_twice;       /* before the job at hand is made */
    int64_t waiting_since_ms, warn_at_ms; /* for no reason that could be seen; 0: no such wait */

    char work[WORK_DIGITS + 1];
    struct job *found;       /* those of this work and of the pipeline's before it */
    int n_found, cap_found;
    bool others;             /* another part, or another work, may have been imported that is none of our pieces */
    double others_s;         /* when the first of these was started */

    bool trying;             /* the trials of all pieces come first */
    int at;                  /* the piece */
    struct attempt attempt;
    struct job job;          /* of the attempt */
    bool live;               /* it was at work while we looked */
    int n_refused;           /* uploads of the piece that were refused */
    struct log_lines lines;
    int base;                /* the number of the first user's line; 0: not known yet */
    bool is_calibrated;      /* and the log at hand agrees */
    int64_t log_until_ms;
};

/* The settings are there. */
LEAT_MUST_CHECK int jobs_begin(struct jobs *jobs, struct leat_error *err);
/* As far as it goes without waiting; then the stage is woken. */
LEAT_MUST_CHECK int jobs_poll(struct jobs *jobs, struct leat_error *err);
bool jobs_are_done(const struct jobs *jobs);
void jobs_close(struct jobs *jobs);

/* ---- attempt.c ---- */

/* The next job of a piece: which rows, its file and its name. *ret_none: there is nothing left. */
LEAT_MUST_CHECK int attempt_make(struct jobs *jobs, struct piece *piece, bool *ret_none, struct leat_error *err);
/* Whether the next one is for a trial. */
bool attempt_wants_trial(const struct jobs *jobs, const struct piece *piece);
void attempt_end(struct attempt *attempt);
/* leat-WORK-bPART-HASH-ATTEMPT-HASH: of the piece, and of what is sent of it. */
void attempt_name(const char *work, const struct piece *piece, int number, const char *hash, char ret[JOB_NAME]);
/* The same up to the piece's hash. */
size_t attempt_prefix(const char *work, const struct piece *piece, char ret[JOB_NAME]);

/* ---- replies.c ---- */

/* {"UserImportJob": {...}}; `url` (may be NULL) gets its PreSignedUrl. */
LEAT_MUST_CHECK int reply_job(const struct leat_http_reply *reply, struct job *ret, struct leat_put *url,
                              struct leat_error *err);
/* A page of ListUserImportJobs: keeps our own. */
LEAT_MUST_CHECK int reply_list(struct jobs *jobs, struct leat_error *err);
/* Remembers a job, or what is new of it. False: out of memory. */
bool jobs_keep(struct jobs *jobs, const struct job *job);
/* A page of GetLogEvents; `ret_more`: there is a next one. */
LEAT_MUST_CHECK int reply_log(struct jobs *jobs, bool *ret_more, struct leat_error *err);
const char *job_status_name(enum job_status status);

#endif
