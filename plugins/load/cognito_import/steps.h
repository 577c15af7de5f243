/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The steps of a job, each a function that returns
 *
 *     STEP_ON     jobs->step is the next one, or the same again
 *     STEP_WAIT   not before the stage is woken
 *     negative    the run ends
 *
 * One that asks AWS has its request on its way while jobs->begun.
 */
#ifndef LEAT_COGNITO_IMPORT_STEPS_H
#define LEAT_COGNITO_IMPORT_STEPS_H

#include "jobs.h"

enum { STEP_WAIT, STEP_ON };

/* jobs.c */
int step_list(struct jobs *jobs, struct leat_error *err);
/* A page of it: what is in token is to be listed yet. Keeps what is ours, as STEP_ON. */
int jobs_list(struct jobs *jobs, struct leat_error *err);
int step_choose(struct jobs *jobs, struct leat_error *err);
int step_match(struct jobs *jobs, struct leat_error *err);
/* drive.c */
int step_describe(struct jobs *jobs, struct leat_error *err);
int step_stage(struct jobs *jobs, struct leat_error *err);
int step_start(struct jobs *jobs, struct leat_error *err);
int step_watch(struct jobs *jobs, struct leat_error *err);
/* outcome.c */
int step_log(struct jobs *jobs, struct leat_error *err);

static inline struct piece *piece_at(const struct jobs *jobs)
{
    return &jobs->sets->pieces[jobs->at];
}

static inline int go(struct jobs *jobs, int (*step)(struct jobs *, struct leat_error *))
{
    jobs->step = step;
    jobs->begun = false;
    jobs->pause_ms = 0;
    return STEP_ON;
}

/* The same step once more, later: from `first_ms` on ever more, `most_ms` at most. */
static inline int pause_for(struct jobs *jobs, int64_t first_ms, int64_t most_ms)
{
    jobs->pause_ms = jobs->pause_ms ? jobs->pause_ms * 2 : first_ms;
    jobs->pause_ms = jobs->pause_ms < most_ms ? jobs->pause_ms : most_ms;
    jobs->not_before_ms = leat_now_ms() + jobs->pause_ms;
    jobs->begun = false;
    return STEP_ON;
}

/* {"UserPoolId":"..." and what the caller puts; the operation's budget. */
static inline struct leat_put *ask_pool(struct jobs *jobs)
{
    jobs->call.body.n = 0;
    leat_put_printf(&jobs->call.body, "{\"UserPoolId\":\"%s\"", jobs->pool_id);
    return &jobs->call.body;
}

/* Where the logs of the pool's jobs are. */
void log_group(const struct jobs *jobs, char ret[LOG_GROUP]);

/* ,"NAME":"TEXT" */
void put_member(struct leat_put *put, const char *name, const char *text);

/* Sends what is in the body, once; then as call_go. */
static inline int ask_go(struct jobs *jobs, const char *operation, bool update, bool once, struct leat_error *err)
{
    if (!jobs->begun) {
        leat_put_string(&jobs->call.body, "}");
        call_begin(&jobs->call, &jobs->cognito, operation, update ? jobs->update_budget : jobs->read_budget, once);
        jobs->begun = true;
    }
    return call_go(&jobs->call, err);
}

/* Whether an earlier run of this work has begun with others than those of trial and canary: then these were good. */
bool jobs_are_past_canary(const struct jobs *jobs);

/* Whether a job of ours that has no part in the attempts may have imported users of this piece. */
bool jobs_are_unclear(const struct jobs *jobs, const struct piece *piece);

#endif
