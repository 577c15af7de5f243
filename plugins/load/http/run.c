/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The loop: batches come in, idle jobs get records, replies are settled.
 *
 *     deliver ──► held batches ──► pick ──► job: READY ──► FLYING ──► settle ──► answered
 *                                   ▲             ▲                     │ │
 *                                   └── aside ◄───┼──── one by one ─────┘ │
 *                                                 └──── WAITING ◄─────────┘
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 100 };

/* ---- batches ---- */

static struct held *new_held(struct http *h, int32_t n_rows)
{
    struct held *held = h->unused;
    int32_t *rows;

    if (held)
        h->unused = held->following;
    else
        held = calloc(1, sizeof *held);
    if (!held || held->cap_rows >= n_rows)
        return held;
    rows = realloc(held->rows, (size_t)n_rows * sizeof *rows);
    if (!rows) {
        held->following = h->unused;
        h->unused = held;
        return NULL;
    }
    held->rows = rows;
    held->cap_rows = n_rows;
    return held;
}

static void let_go(struct http *h, struct held *held)
{
    struct held **at = &h->first, *before = NULL;

    while (*at != held) {
        before = *at;
        at = &before->following;
    }
    *at = held->following;
    if (h->last == held)
        h->last = before;
    leat_batch_unref(held->batch);
    held->batch = NULL;
    held->following = h->unused;
    h->unused = held;
}

static int take_rows(struct http *h, struct held *held, struct leat_error *err)
{
    LEAT_EACH_ROW(held->batch, row) {
        int rc = once_allows(h, held->batch, row, err);

        if (rc < 0)
            return rc;
        if (rc > 0)
            held->rows[held->n_rows++] = row;
    }
    held->n_open = held->n_rows;
    h->n_waiting += held->n_rows;
    return 0;
}

static int hold(struct http *h, struct leat_batch *b, struct leat_error *err)
{
    struct held *held = new_held(h, b->n_selected);
    int rc;

    if (!held)
        return leat_fail(err, -ENOMEM, "out of memory");
    held->batch = leat_batch_ref(b);
    held->n_rows = held->n_open = held->next = 0;
    held->following = NULL;
    if (h->last)
        h->last->following = held;
    else
        h->first = held;
    h->last = held;
    rc = take_rows(h, held, err);
    if (rc == 0 && !held->n_rows)
        let_go(h, held);
    return rc;
}

void run_answered(struct http *h, const struct record *record)
{
    if (--record->held->n_open == 0)
        let_go(h, record->held);
}

/* ---- jobs ---- */

void run_free(struct http *h, struct job *job)
{
    job->state = JOB_IDLE;
    job->n = 0;
    h->idle[h->n_idle++] = (int)(job - h->jobs);
}

static int unreachable(struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "the server has throttled or failed too many calls; what was not sent "
                                             "stays for the next run");
}

/* A ready job's request leaves, unless the rate says later. */
static int send_job(struct http *h, struct job *job, struct leat_error *err)
{
    int64_t ms;
    int rc = request_build(h, job, err);

    if (rc < 0)
        return rc;
    if (!job->n) {
        run_free(h, job);
        return 0;
    }
    ms = leat_rate_take(h->stage, h->rate, job->again);
    if (ms < 0)
        return unreachable(err);
    if (ms > 0 && job->again) { /* what has not been sent yet need not wait with it */
        job->state = JOB_WAITING;
        job->wake_ms = leat_now_ms() + ms;
        return 0;
    }
    if (ms > 0) {
        h->rate_ms = leat_now_ms() + ms;
        return 0;
    }
    job->state = JOB_FLYING;
    h->n_flying++;
    return request_start(h, job, err);
}

static bool may_send(struct http *h)
{
    if (h->stopping)
        return false;
    if (h->rate_ms && leat_now_ms() < h->rate_ms)
        return false;
    h->rate_ms = 0;
    return true;
}

/* Jobs that wait for their time or for the rate come before new ones. */
static int send_waiting(struct http *h, struct leat_error *err)
{
    int64_t now = leat_now_ms();
    bool some = false;
    int rc = 0;

    for (int64_t i = 0; i < h->concurrency && rc == 0; i++) {
        struct job *job = &h->jobs[i];

        if (job->state == JOB_WAITING && now >= job->wake_ms)
            job->state = JOB_READY;
        if (job->state == JOB_READY && may_send(h))
            rc = send_job(h, job, err);
        some |= job->state == JOB_READY || job->state == JOB_WAITING;
    }
    h->jobs_wait = some;
    return rc;
}

static int send_new(struct http *h, struct leat_error *err)
{
    int rc = 0;

    while (rc == 0 && h->n_idle && (h->n_waiting || h->n_todo) && may_send(h)) {
        struct job *job = &h->jobs[h->idle[h->n_idle - 1]];

        err->code = 0;
        if (!pick(h, job, err))
            return err->code;
        h->n_idle--;
        job->state = JOB_READY;
        rc = send_job(h, job, err);
        h->jobs_wait |= job->state == JOB_READY;
    }
    return rc;
}

static int take_replies(struct http *h, struct leat_error *err)
{
    struct leat_http_reply reply;
    int i, rc = 0;

    while (rc == 0 && (i = leat_http_ended(h->client, &reply)) >= 0) {
        h->n_flying--;
        h->jobs[i].state = JOB_READY;
        rc = settle(h, &h->jobs[i], &reply, err);
        h->jobs_wait |= h->jobs[i].state != JOB_IDLE;
    }
    return rc;
}

/* The run fails: nothing more is sent, and what is on its way is waited for, so that little is unclear. */
static void drain(struct http *h)
{
    struct leat_error ignored = { 0 };
    int rc = 0;

    while (rc >= 0 && h->n_flying && !leat_stage_cancelled(h->stage)) {
        rc = leat_http_drive(h->client, WAIT_MS, &ignored);
        if (rc > 0)
            while (take_replies(h, &ignored) < 0)
                ;
    }
}

static int round_of_calls(struct http *h, int wait_ms, struct leat_error *err)
{
    int rc = h->jobs_wait ? send_waiting(h, err) : 0, n;

    if (rc == 0)
        rc = send_new(h, err);
    if (rc < 0)
        return rc;
    n = leat_http_drive(h->client, wait_ms, err);
    if (n > 0)
        rc = take_replies(h, err);
    return rc < 0 ? rc : n;
}

int run_round(struct http *h, int wait_ms, struct leat_error *err)
{
    int n = round_of_calls(h, wait_ms, err);

    if (n < 0)
        drain(h);
    return n;
}

/* Milliseconds until something has to be done that no socket tells of. */
static int64_t due_ms(const struct http *h)
{
    int64_t ms = leat_http_due_ms(h->client), now = leat_now_ms();

    if (ms < 0 || ms > WAIT_MS)
        ms = WAIT_MS;
    if (h->rate_ms && h->rate_ms - now < ms)
        ms = h->rate_ms - now;
    for (int64_t i = 0; h->jobs_wait && i < h->concurrency; i++)
        if (h->jobs[i].state == JOB_WAITING && h->jobs[i].wake_ms - now < ms)
            ms = h->jobs[i].wake_ms - now;
    return ms > 1 ? ms : 1;
}

void run_wake(struct http *h, bool at_once)
{
    leat_stage_wake_on(h->stage, leat_http_fd(h->client), at_once ? 1 : due_ms(h));
}

/* ---- what the host calls ---- */

/* Not more than keeps all jobs busy until the next batch; less where a record that was to be sent when the run is
 * killed has nobody who could be asked for it. */
bool run_is_full(const struct http *h)
{
    int64_t batches = h->repeatable || h->has_find ? 4 : 1;

    return h->n_waiting + h->n_todo >= batches * h->concurrency * h->batch;
}

/* The host gives nothing while we are full; should it come to that, we work here until there is room. */
int run_deliver(struct http *h, struct leat_batch *b, struct leat_error *err)
{
    int rc = 0;

    while (rc >= 0 && run_is_full(h)) {
        if (leat_stage_cancelled(h->stage))
            return leat_fail(err, LEAT_ECANCELED, "stopped");
        rc = run_round(h, (int)due_ms(h), err);
    }
    return rc < 0 ? rc : hold(h, b, err);
}

static void free_held(struct held *held)
{
    while (held) {
        struct held *next = held->following;

        if (held->batch)
            leat_batch_unref(held->batch);
        free(held->rows);
        free(held);
        held = next;
    }
}

static void give_back(const struct record *record)
{
    if (!record->maybe_sent)
        leat_batch_give_back(record->held->batch, record->row);
}

void run_give_back(struct http *h)
{
    for (struct held *held = h->first; held; held = held->following)
        for (int32_t i = held->next; i < held->n_rows; i++)
            leat_batch_give_back(held->batch, held->rows[i]);
    for (int i = 0; i < h->n_todo; i++)
        give_back(&h->todo[h->todo_head + i]);
    for (int64_t i = 0; h->jobs && i < h->concurrency; i++)
        for (int j = 0; h->jobs[i].state != JOB_FLYING && j < h->jobs[i].n; j++)
            give_back(&h->jobs[i].records[j]);
}

void run_close(struct http *h)
{
    free_held(h->first);
    free_held(h->unused);
    free(h->todo);
    free(h->idle);
    free(h->jobs);
    leat_put_free(&h->scratch);
}
