/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Batches come in, idle jobs get records, replies are settled.
 */
#include "kit/flow/flow.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WAIT_MS = 100,
    ROUNDS = 64, /* of one poll, before the host has its turn */
};

/* ---- batches ---- */

static struct flow_held *new_held(struct flow *f, int32_t n_rows)
{
    struct flow_held *held = f->unused;
    int32_t *rows;

    if (held)
        f->unused = held->following;
    else
        held = calloc(1, sizeof *held);
    if (!held || held->cap_rows >= n_rows)
        return held;
    rows = realloc(held->rows, (size_t)n_rows * sizeof *rows);
    if (!rows) {
        held->following = f->unused;
        f->unused = held;
        return NULL;
    }
    held->rows = rows;
    held->cap_rows = n_rows;
    return held;
}

static void let_go(struct flow *f, struct flow_held *held)
{
    struct flow_held **at = &f->first, *before = NULL;

    while (*at != held) {
        before = *at;
        at = &before->following;
    }
    *at = held->following;
    if (f->last == held)
        f->last = before;
    leat_batch_unref(held->batch);
    held->batch = NULL;
    held->following = f->unused;
    f->unused = held;
}

static int take_rows(struct flow *f, struct flow_held *held, struct leat_error *err)
{
    LEAT_EACH_ROW(held->batch, row) {
        int rc = f->calls->admit ? f->calls->admit(f->self, held->batch, row, err) : 1;

        if (rc < 0)
            return rc;
        if (rc > 0)
            held->rows[held->n_rows++] = row;
    }
    held->n_open = held->n_rows;
    f->n_waiting += held->n_rows;
    return 0;
}

static int hold(struct flow *f, struct leat_batch *b, struct leat_error *err)
{
    struct flow_held *held = new_held(f, b->n_selected);
    int rc;

    if (!held)
        return leat_fail(err, -ENOMEM, "out of memory");
    held->batch = leat_batch_ref(b);
    held->n_rows = held->n_open = held->next = 0;
    held->following = NULL;
    if (f->last)
        f->last->following = held;
    else
        f->first = held;
    f->last = held;
    rc = take_rows(f, held, err);
    if (rc == 0 && !held->n_rows)
        let_go(f, held);
    return rc;
}

void flow_answered(struct flow *f, const struct flow_record *record)
{
    if (--record->held->n_open == 0)
        let_go(f, record->held);
}

/* ---- jobs ---- */

void flow_free(struct flow *f, struct flow_job *job)
{
    job->state = FLOW_IDLE;
    job->n = 0;
    f->idle[f->n_idle++] = (int)(job - f->jobs);
}

static int unreachable(struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "the server has throttled or failed too many calls; what was not sent "
                                             "stays for the next run");
}

/* The lane of a job's budget; NULL: there are too many, and the job is asked for each time. */
static struct flow_lane *lane_of(struct flow *f, const struct flow_job *job)
{
    const char *budget = flow_budget(f, job);

    for (int i = 0; i < f->n_lanes; i++)
        if (f->lanes[i].budget == budget)
            return &f->lanes[i];
    if (f->n_lanes == FLOW_MAX_BUDGETS)
        return NULL;
    f->lanes[f->n_lanes] = (struct flow_lane){ .budget = budget };
    return &f->lanes[f->n_lanes++];
}

/* 0: it may go, and is taken from its budget; 1: later. */
static int ask_rate(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    struct flow_lane *lane = lane_of(f, job);
    int64_t ms, now = leat_now_ms();

    if (lane && now < lane->not_before_ms)
        return 1;
    ms = leat_rate_take(f->stage, flow_budget(f, job), job->again);
    if (ms < 0)
        return unreachable(err);
    if (ms > 0 && job->again) { /* what has not been sent yet need not wait with it */
        job->state = FLOW_WAITING;
        job->wake_ms = now + ms;
    } else if (ms > 0 && lane) {
        lane->not_before_ms = now + ms;
    }
    return ms > 0;
}

/* A ready job's request leaves, unless the rate says later. */
static int send_job(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    int rc = f->calls->build(f->self, job, err);

    if (rc < 0)
        return rc;
    if (!job->n) {
        flow_free(f, job);
        return 0;
    }
    rc = ask_rate(f, job, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = f->calls->start(f->self, job, err);
    if (rc < 0) {
        leat_rate_told(f->stage, flow_budget(f, job), LEAT_REPLY_FAILED, 0);
        return rc;
    }
    job->state = FLOW_FLYING;
    f->n_flying++;
    return 0;
}

/* Whether it would be of any use to write its request. */
static bool may_send(struct flow *f, const struct flow_job *job)
{
    const struct flow_lane *lane = lane_of(f, job);

    return !f->stopping && (!lane || leat_now_ms() >= lane->not_before_ms);
}

/* Jobs that wait for their time or for the rate come before new ones. Where many wait whose records are half done, no
 * others are begun: the rate would not let them end any sooner, and a kill would leave more of them. */
static int send_waiting(struct flow *f, struct leat_error *err)
{
    int64_t now = leat_now_ms();
    bool some = false;
    int rc = 0, n_half = 0;

    f->held_up = false;
    for (int i = 0, first = f->turn; i < f->n_jobs && rc == 0; i++) {
        struct flow_job *job = &f->jobs[(first + i) % f->n_jobs];

        if (job->state == FLOW_WAITING && now >= job->wake_ms)
            job->state = FLOW_READY;
        if (job->state == FLOW_READY && may_send(f, job)) {
            rc = send_job(f, job, err);
            f->turn = job->state == FLOW_FLYING ? (first + i + 1) % f->n_jobs : f->turn;
        }
        some |= job->state == FLOW_READY || job->state == FLOW_WAITING;
        n_half += job->state == FLOW_READY && !job->fresh;
        f->held_up |= job->state == FLOW_READY && job->fresh;
    }
    f->held_up |= n_half > f->n_jobs / 4;
    f->jobs_wait = some;
    return rc;
}

static int send_new(struct flow *f, struct leat_error *err)
{
    int rc = 0;

    while (rc == 0 && f->n_idle && (f->n_waiting || f->n_todo) && !f->stopping && !f->held_up) {
        struct flow_job *job = &f->jobs[f->idle[f->n_idle - 1]];

        err->code = 0;
        if (!flow_pick(f, job, err))
            return err->code;
        f->n_idle--;
        job->state = FLOW_READY;
        job->fresh = true;
        if (may_send(f, job))
            rc = send_job(f, job, err);
        f->jobs_wait |= job->state == FLOW_READY;
        f->held_up = job->state == FLOW_READY;
    }
    return rc;
}

static int take_replies(struct flow *f, struct leat_error *err)
{
    struct leat_http_reply reply;
    int i, rc = 0;

    while (rc == 0 && (i = leat_http_ended(f->client, &reply)) >= 0) {
        f->n_flying--;
        f->jobs[i].state = FLOW_READY;
        f->jobs[i].fresh = false;
        rc = flow_settle(f, &f->jobs[i], &reply, err);
        f->jobs_wait |= f->jobs[i].state != FLOW_IDLE;
    }
    return rc;
}

/* The run fails: nothing more is sent, and what is on its way is waited for, so that little is unclear. */
static void drain(struct flow *f)
{
    struct leat_error ignored = { 0 };
    int rc = 0;

    while (rc >= 0 && f->n_flying && !leat_stage_cancelled(f->stage)) {
        rc = leat_http_drive(f->client, WAIT_MS, &ignored);
        if (rc > 0)
            while (take_replies(f, &ignored) < 0)
                ;
    }
}

static int round_of_calls(struct flow *f, int wait_ms, struct leat_error *err)
{
    int rc = f->jobs_wait ? send_waiting(f, err) : 0, n;

    if (rc == 0)
        rc = send_new(f, err);
    if (rc < 0)
        return rc;
    n = leat_http_drive(f->client, wait_ms, err);
    if (n > 0)
        rc = take_replies(f, err);
    return rc < 0 ? rc : n;
}

static int run_round(struct flow *f, int wait_ms, struct leat_error *err)
{
    int n = round_of_calls(f, wait_ms, err);

    if (n < 0)
        drain(f);
    return n;
}

/* Milliseconds until something has to be done that no socket tells of. */
static int64_t due_ms(const struct flow *f)
{
    int64_t ms = leat_http_due_ms(f->client), now = leat_now_ms();

    if (ms < 0 || ms > WAIT_MS)
        ms = WAIT_MS;
    for (int i = 0; i < f->n_lanes; i++)
        if (f->lanes[i].not_before_ms > now && f->lanes[i].not_before_ms - now < ms)
            ms = f->lanes[i].not_before_ms - now;
    for (int i = 0; f->jobs_wait && i < f->n_jobs; i++)
        if (f->jobs[i].state == FLOW_WAITING && f->jobs[i].wake_ms - now < ms)
            ms = f->jobs[i].wake_ms - now;
    return ms > 1 ? ms : 1;
}

static void run_wake(struct flow *f, bool at_once)
{
    leat_stage_wake_on(f->stage, leat_http_fd(f->client), at_once ? 1 : due_ms(f));
}

/* ---- what the host calls ---- */

/* Not more than keeps all jobs busy until the next batch; less where a record that was to be sent when the run is
 * killed has nobody who could be asked for it. */
static bool run_is_full(const struct flow *f)
{
    int64_t batches = f->settings.repeatable || f->settings.has_find ? 4 : 1;

    return f->n_waiting + f->n_todo >= batches * f->n_jobs * f->settings.batch;
}

/* The host gives nothing while we are full; should it come to that, we work here until there is room. */
static int run_deliver(struct flow *f, struct leat_batch *b, struct leat_error *err)
{
    int rc = 0;

    while (rc >= 0 && run_is_full(f)) {
        if (leat_stage_cancelled(f->stage))
            return leat_fail(err, LEAT_ECANCELED, "stopped");
        rc = run_round(f, (int)due_ms(f), err);
    }
    return rc < 0 ? rc : hold(f, b, err);
}

static void free_held(struct flow_held *held)
{
    while (held) {
        struct flow_held *next = held->following;

        if (held->batch)
            leat_batch_unref(held->batch);
        free(held->rows);
        free(held);
        held = next;
    }
}

static void give_back(const struct flow_record *record)
{
    if (!record->maybe_sent)
        leat_batch_give_back(record->held->batch, record->row);
}

static void run_give_back(struct flow *f)
{
    for (struct flow_held *held = f->first; held; held = held->following)
        for (int32_t i = held->next; i < held->n_rows; i++)
            leat_batch_give_back(held->batch, held->rows[i]);
    for (int i = 0; i < f->n_todo; i++)
        give_back(&f->todo[f->todo_head + i]);
    for (int i = 0; f->jobs && i < f->n_jobs; i++)
        for (int j = 0; f->jobs[i].state != FLOW_FLYING && j < f->jobs[i].n; j++)
            give_back(&f->jobs[i].records[j]);
}

static void free_jobs(struct flow *f)
{
    for (int i = 0; f->jobs && i < f->n_jobs; i++) {
        if (f->jobs[i].own && f->calls->free_job)
            f->calls->free_job(f->jobs[i].own);
        free(f->jobs[i].records);
        free(f->jobs[i].own);
    }
    free(f->jobs);
}

void flow_close(struct flow *f)
{
    leat_http_close(f->client);
    run_give_back(f);
    free_held(f->first);
    free_held(f->unused);
    free(f->todo);
    free(f->idle);
    free_jobs(f);
    leat_put_free(&f->scratch);
    *f = (struct flow){ 0 };
}

static int open_jobs(struct flow *f, struct leat_error *err)
{
    f->jobs = calloc((size_t)f->n_jobs, sizeof *f->jobs);
    f->idle = calloc((size_t)f->n_jobs, sizeof *f->idle);
    if (!f->jobs || !f->idle)
        return leat_fail(err, -ENOMEM, "out of memory");
    for (int i = f->n_jobs; i-- > 0;) {
        f->jobs[i].records = calloc((size_t)f->settings.batch, sizeof *f->jobs[i].records);
        f->jobs[i].own = calloc(1, f->calls->job_size + 1);
        if (!f->jobs[i].records || !f->jobs[i].own)
            return leat_fail(err, -ENOMEM, "out of memory");
        flow_free(f, &f->jobs[i]);
    }
    return 0;
}

int flow_open(struct flow *f, struct leat_stage *stage, const struct flow_settings *settings,
              const struct flow_calls *calls, void *self, struct leat_error *err)
{
    struct timespec now;
    int rc;

    *f = (struct flow){ .settings = *settings, .calls = calls, .self = self, .stage = stage,
                        .n_jobs = settings->http.n_calls };
    clock_gettime(CLOCK_REALTIME, &now);
    f->random = ((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uintptr_t)f) | 1;
    rc = open_jobs(f, err);
    return rc < 0 ? rc : leat_http_open(&f->settings.http, &f->client, err);
}

int flow_deliver(struct flow *f, struct leat_stage *stage, struct leat_batch *b, struct leat_error *err)
{
    f->stage = stage;
    f->flush = false;
    return run_deliver(f, b, err);
}

enum leat_flow flow_poll(struct flow *f, struct leat_stage *stage, bool dry, struct leat_error *err)
{
    int n = 1;

    f->stage = stage;
    f->flush = dry;
    f->stopping = leat_stage_stopping(stage);
    if (leat_stage_cancelled(stage) || (f->stopping && !f->n_flying)) {
        (void)leat_fail(err, LEAT_ECANCELED, "stopped");
        return LEAT_FAILED;
    }
    for (int i = 0; i < ROUNDS && n > 0 && f->first; i++)
        n = run_round(f, 0, err);
    if (n < 0)
        return LEAT_FAILED;
    if (!f->first)
        return LEAT_END;
    run_wake(f, n > 0);
    return f->stopping || run_is_full(f) ? LEAT_FULL : LEAT_MORE;
}
