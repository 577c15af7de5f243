/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Users into a user pool by Cognito's API, one call after the other. Records are moved by
 * kit/flow; what is done for each is
 *
 *     create ──► password ──► groups ──► MFA ──► disable ──► answered
 *       │           ▲
 *       └─ unclear, or already there: read ─┘ (ours), or a conflict
 *
 * or, for users whom an import has made, what comes behind `create`.
 *
 *     fields.c     which fields of the input are what, and whether their values will do
 *     request.c    a user's next call
 *     judge.c      what a reply means, whose a user is that is there
 *     steps.c      which call is next, and what is told in the end
 *     users.c      open, close
 *     forecast.c   what `leat plan` says
 *
 * One worker: all of it is touched by the thread of the load alone.
 */
#ifndef LEAT_KIT_COGNITO_USER_H
#define LEAT_KIT_COGNITO_USER_H

#include "kit/flow/flow.h"
#include "kit/userpool/userpool.h"

enum { ON_EXISTING_CONFLICT, ON_EXISTING_SKIP, ON_EXISTING_UPDATE };
enum { PASSWORD_PERMANENT, PASSWORD_TEMPORARY, PASSWORD_GENERATED, PASSWORD_NONE };
enum { GROUPS_EXISTING, GROUPS_CREATE, GROUPS_NONE };
enum { INVITE_NONE, INVITE_EMAIL, INVITE_SMS };

enum {
    MAX_FIELDS = COGNITO_N_STANDARD + COGNITO_MAX_CUSTOM,
    MAX_GROUP = 128,
    GROUP_ROOM = 12 * MAX_GROUP + 1, /* as JSON may write it */
};

/* Calls for one user. A bit of each stands in the ledger once it is done. */
enum step { STEP_CREATE, STEP_UPDATE, STEP_PASSWORD, STEP_GROUP, STEP_MFA, STEP_DISABLE, STEP_ENABLE, STEP_NEW_GROUP,
            STEP_IN_DOUBT /* no call: the user may be somebody else's, and is read back */ };

/* What is known of a user whom others have made. */
enum users_presence { USERS_ANSWERED /* not there, and the record is answered */, USERS_THERE, USERS_IN_DOUBT };

/* A field of the input that is an attribute of the user. */
struct user_field {
    const struct cognito_attribute *attribute;
    const char *name;
    int field;               /* of the batches */
};

/* Fields that are something else; -1: the input has none, or it is of no concern. */
struct user_extras {
    int username, password, groups, enabled, mfa;
};

/* What a job of the flow has of ours. */
struct user_call {
    struct leat_put body;
    struct leat_aws_signed is_signed;
    int64_t signed_s;            /* by the clock as it was then: other replies may have put it right since */
    struct leat_aws_fault fault; /* of the last reply */
    enum leat_verdict verdict;   /* of the user, once it is there; 0: not yet */
    bool no_password;            /* it waits for one: FORCE_CHANGE_PASSWORD */
    bool is_disabled;
    bool group_made;             /* the group at hand was made for it */
    char sub[64];
};

static inline struct user_call *user_call(const struct flow_job *job)
{
    return job->own;
}

struct users {
    /* the owner's, set before anything else */
    const struct userpool_options *options;
    struct cognito_pool *pool;
    struct userpool *live;       /* open when users_open is called */
    int on_existing, password, groups, invite;
    const char *mark;            /* or NULL */
    int64_t concurrency, timeout_ms, connect_timeout_ms, retries;
    /* Users who are in the pool already. NULL: all are to be made. */
    enum users_presence (*is_there)(void *owner, struct leat_batch *b, int32_t row);
    void *owner;
    bool no_groups, no_enabled;  /* these fields are of no concern */

    /* plan */
    struct user_field fields[MAX_FIELDS];
    int n_fields;
    struct user_extras extras;   /* of the input as it arrives; in a run, of the batches */

    /* run */
    struct flow flow;
    char url[sizeof ((struct leat_aws_endpoint *)0)->url + 2];
    int standard[COGNITO_N_STANDARD]; /* fields of the batches, or -1 */
    int64_t began_s;                  /* the work; what was made before is none of ours */
};

/* ---- users.c ---- */

/* In the load's open. To be closed in any case, before `live`. */
LEAT_MUST_CHECK int users_open(struct users *u, struct leat_stage *stage, struct leat_error *err);
void users_close(struct users *u);

/* ---- forecast.c ---- */

/* Calls and users that records would make. */
struct users_forecast {
    int64_t n_users, n_called_for, n_passwords, n_kept, n_groups, n_mfa, n_disabled;
};

/* Counts a batch of the plan's input. */
void users_count(struct users *u, const struct leat_batch *b, struct users_forecast *ret);
/* Says the calls by their names, `scale` times; returns the hours that they take at the quotas. */
double users_say_calls(const struct users *u, struct leat_plan *plan, const struct users_forecast *f, double scale);

/* ---- fields.c ---- */

/* Which fields are something else than attributes: all, and those that are of concern. */
void fields_bind(struct users *u, const struct leat_schema *in);
void fields_find(struct users *u, const struct leat_schema *in);
/* Plan: notes mistakes, what is left out, and what will be done. */
void fields_plan(struct leat_plan *plan, struct users *u);
/* The same for users who are there already; and, once the pool is described, their attributes, by which those in doubt
 * are known. */
void fields_plan_there(struct leat_plan *plan, struct users *u);
void fields_plan_known(struct leat_plan *plan, struct users *u);
/* Open: finds them in the batches. */
LEAT_MUST_CHECK int fields_open(struct users *u, const struct leat_schema *in, struct leat_error *err);
/* Of struct flow_calls: 1 it may go, 0 it breaks a rule of the pool and is rejected. */
int fields_admit(void *self, struct leat_batch *b, int32_t row, struct leat_error *err);
/* Rejects a record whose groups are no list of names. */
bool fields_check_groups(const struct users *u, struct leat_batch *b, int32_t row);
/* The attribute as the API has it, behind what is in `put`; false: null or empty. */
bool fields_put(const struct user_field *field, const struct leat_batch *b, int32_t row, struct leat_put *put);
/* Of a text field that is no attribute; NULL: null or empty. */
const char *fields_text(const struct leat_batch *b, int field, int32_t row, size_t *ret_n);
/* The user's n-th group, from 0, into `ret`: 1; 0: there is none. */
int fields_group(const struct users *u, const struct leat_batch *b, int32_t row, int n, char *ret, size_t room);

/* ---- request.c: of struct flow_calls ---- */

int request_build(void *self, struct flow_job *job, struct leat_error *err);
int request_start(void *self, struct flow_job *job, struct leat_error *err);
void request_free(void *call);
const char *request_budget(void *self, const struct flow_job *job);
/* What the call of a job is called. */
const char *request_operation(const struct flow_job *job);

/* ---- judge.c: of struct flow_calls ---- */

enum flow_outcome judge_sent(void *self, struct flow_job *job, const struct leat_http_reply *reply);
enum flow_found judge_found(void *self, struct flow_job *job, const struct leat_http_reply *reply);

/* ---- steps.c: of struct flow_calls ---- */

/* What is to be done for a user who has been made: groups are counted, the rest is 0 or 1. */
struct steps_wanted {
    int password, own /* it is the user's */, groups, mfa, disable;
};
void steps_count(const struct users *u, const struct leat_batch *b, int32_t row, struct steps_wanted *ret);
/* By this run, or by one that was killed. */
bool steps_is_done(const struct flow_record *record, enum step step);
void steps_begin(void *self, struct flow_record *record);
/* Of users who are there already: those for whom nothing is to be done are answered. */
int steps_admit_there(void *self, struct leat_batch *b, int32_t row, struct leat_error *err);
void steps_begin_there(void *self, struct flow_record *record);
bool steps_next(void *self, struct flow_job *job, enum leat_verdict verdict, const struct leat_http_reply *reply);
void steps_answer(void *self, const struct flow_job *job, const struct flow_record *record, enum leat_verdict verdict,
                  const struct leat_http_reply *reply);
void steps_reject(void *self, const struct flow_job *job, long status, const struct leat_http_reply *reply);
/* A sentence's end for the name of an error; a literal. */
const char *steps_reason(const char *code);
int steps_stop(void *self, const struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err);

#endif
