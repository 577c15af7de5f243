/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What becomes of a job when its reply is here.
 *
 *   loaded, rejected ────────────────────────► answered
 *   not sent, throttled ─────────────────────► again, later
 *   unclear: repeatable, or an update ───────► again, later
 *            else asked by find: ours ───────► loaded
 *                                a stranger's► conflict
 *                                nothing ────► asked once more, then again
 *            nobody to ask ──────────────────► unknown
 *
 * A request with several records that is not simply loaded goes on as requests
 * with one each, so that none of them has to answer for its neighbours.
 */
#include "kit/flow/flow.h"

enum { FIRST_WAIT_MS = 100, MAX_WAIT_MS = 20000, MAX_RETRY_AFTER_MS = 3600 * 1000 };
enum { MOST_AGAIN = 5 };
enum { PATIENCE = 4 /* times as often as others are calls made again that were throttled: a quota is no fault */ };

/* ---- answers ---- */

static int finish(struct flow *f, struct flow_job *job, enum leat_verdict verdict)
{
    for (int i = 0; i < job->n; i++) {
        leat_batch_answer(job->records[i].held->batch, job->records[i].row, verdict, NULL, 0);
        flow_answered(f, &job->records[i]);
    }
    flow_free(f, job);
    return 0;
}

/* It is there as it should be, by this run or by another; unless there is more to do for it. */
static int finish_there(struct flow *f, struct flow_job *job, enum leat_verdict verdict,
                        const struct leat_http_reply *reply)
{
    struct flow_record *record = &job->records[0];

    if (f->calls->next && f->calls->next(f->self, job, verdict, reply)) {
        record->maybe_sent = true; /* a part of it is done: not to be given back */
        record->tries = record->n_throttled = 0;
        record->n_again = 0;
        job->again = false;
        job->state = FLOW_READY;
        return 0;
    }
    if (!f->calls->answer)
        return finish(f, job, verdict);
    for (int i = 0; i < job->n; i++) {
        f->calls->answer(f->self, job, &job->records[i], verdict, reply);
        flow_answered(f, &job->records[i]);
    }
    flow_free(f, job);
    return 0;
}

static int finish_rejected(struct flow *f, struct flow_job *job, long status, const struct leat_http_reply *reply)
{
    f->calls->reject(f->self, job, status, reply);
    flow_answered(f, &job->records[0]);
    flow_free(f, job);
    return 0;
}

/* ---- once more ---- */

/* Full jitter: anything from nothing to a bound that doubles, so that not all come back at once. */
static int64_t jitter(struct flow *f, int tries)
{
    int64_t bound = tries < 8 ? FIRST_WAIT_MS << tries : MAX_WAIT_MS;

    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (int64_t)(f->random % (uint64_t)(bound < MAX_WAIT_MS ? bound : MAX_WAIT_MS));
}

static void wait(struct flow_job *job, int64_t ms)
{
    job->state = ms > 0 ? FLOW_WAITING : FLOW_READY;
    job->wake_ms = leat_now_ms() + ms;
}

/* The same call again, after a while. */
static void come_back(struct flow *f, struct flow_job *job, int tries, int64_t at_least_ms)
{
    int64_t ms = jitter(f, tries);

    job->again = true;
    wait(job, ms > at_least_ms ? ms : at_least_ms);
}

/* False: that was often enough. */
static bool again(struct flow *f, struct flow_job *job)
{
    int tries = job->records[0].tries;

    if (tries >= f->settings.retries)
        return false;
    for (int i = 0; i < job->n; i++)
        job->records[i].tries++;
    come_back(f, job, tries, 0);
    return true;
}

static int gave_up(const struct leat_http_reply *reply, int tries, struct leat_error *err)
{
    if (reply->end == LEAT_HTTP_REPLIED)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server still answers %ld after %d tries; what was not sent "
                                                 "stays for the next run", reply->status, tries);
    return leat_fail(err, LEAT_EUNREACHABLE, "cannot reach the server: %s (tried %d times)", reply->why, tries);
}

/* Nothing has come of the call. */
static int try_later(struct flow *f, struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    bool throttled = reply->end == LEAT_HTTP_REPLIED;
    int tries = throttled ? job->records[0].n_throttled : job->records[0].tries;

    if (reply->retry_after_ms > MAX_RETRY_AFTER_MS)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server wants no calls for %lld minutes; run again later",
                         (long long)reply->retry_after_ms / 60000);
    if (tries >= f->settings.retries * (throttled ? PATIENCE : 1))
        return gave_up(reply, tries + 1, err);
    for (int i = 0; i < job->n; i++)
        *(throttled ? &job->records[i].n_throttled : &job->records[i].tries) += 1;
    come_back(f, job, tries, reply->retry_after_ms);
    return 0;
}

/* ---- one by one ---- */

static int split(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < job->n && rc == 0; i++) {
        struct flow_record record = job->records[i];

        record.alone = true;
        record.tries = 0;
        rc = flow_put_aside(f, &record, err);
    }
    flow_free(f, job);
    return rc;
}

static int ask(struct flow_job *job, int64_t ms)
{
    job->records[0].ask = true;
    job->again = false; /* a question is no try of what was sent */
    wait(job, ms);
    return 0;
}

/* What was wrong has been mended; but not for ever. */
static int once_more(struct flow *f, struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    if (job->records[0].n_again++ >= MOST_AGAIN)
        return f->calls->stop(f->self, job, reply, err);
    job->again = true;
    job->state = FLOW_READY;
    return 0;
}

/* ---- a reply to what was sent ---- */

static void mark_sent(struct flow_job *job)
{
    for (int i = 0; i < job->n; i++)
        job->records[i].maybe_sent = true;
}

/* Each record on its own: an update is sent again, the others are asked for if they can be. */
static int unclear_each(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < job->n && rc == 0; i++) {
        struct flow_record record = job->records[i];

        record.alone = true;
        record.ask = !record.update;
        record.tries = 0;
        if (record.update || f->settings.has_find) {
            rc = flow_put_aside(f, &record, err);
        } else {
            leat_batch_answer(record.held->batch, record.row, LEAT_UNKNOWN, NULL, 0);
            flow_answered(f, &record);
        }
    }
    flow_free(f, job);
    return rc;
}

/* The server may have worked on it. */
static int unclear(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    mark_sent(job);
    leat_stage_count(f->stage, "calls of unclear outcome", 1);
    if (job->records[0].repeatable || (job->n == 1 && job->records[0].update))
        return again(f, job) ? 0 : finish(f, job, LEAT_UNKNOWN);
    if (job->n > 1)
        return unclear_each(f, job, err);
    return f->settings.has_find ? ask(job, 0) : finish(f, job, LEAT_UNKNOWN);
}

static int exists(struct flow *f, struct flow_job *job, bool as_should_be)
{
    job->records[0].n_exists++;
    if (job->records[0].update) /* as it was; what has changed is not taken */
        return finish(f, job, LEAT_CONFLICT);
    if (f->settings.has_find)
        return ask(job, 0);
    if (as_should_be)
        return finish(f, job, LEAT_ALREADY_THERE);
    if (job->records[0].repeatable && job->records[0].maybe_sent) /* by the first of our calls, which the server still works on */
        return again(f, job) ? 0 : finish(f, job, LEAT_UNKNOWN);
    return finish(f, job, job->records[0].maybe_sent ? LEAT_UNKNOWN : LEAT_CONFLICT);
}

/* After a call that may have been worked on, a rejection may only mean that the record is there. */
static int rejected(struct flow *f, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct flow_record *record = &job->records[0];

    if (!record->maybe_sent || record->repeatable || record->update)
        return finish_rejected(f, job, reply->status, reply);
    if (!f->settings.has_find)
        return finish(f, job, LEAT_UNKNOWN);
    record->refused = (short)reply->status;
    return ask(job, 0);
}

/* `budget`: that of the call; the owner may have set up another one since. */
static void tell(struct flow *f, const char *budget, bool fine, bool throttled, const struct leat_http_reply *reply)
{
    enum leat_reply what = fine ? LEAT_REPLY_FINE : throttled ? LEAT_REPLY_THROTTLED : LEAT_REPLY_FAILED;

    leat_rate_told(f->stage, budget, what, reply->retry_after_ms);
}

/* A server that says no has done nothing; one that says yes, and in its reply what it has not done, has done the rest. */
static bool is_refusal(const struct leat_http_reply *reply)
{
    return reply->status >= 300;
}

static int settle_sent(struct flow *f, struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    const char *budget = flow_budget(f, job);
    enum flow_outcome outcome = f->calls->judge(f->self, job, reply);

    tell(f, budget, outcome != FLOW_THROTTLED && outcome != FLOW_UNCLEAR, outcome == FLOW_THROTTLED, reply);
    if (job->n > 1 && (outcome == FLOW_REJECTED || outcome == FLOW_THERE || outcome == FLOW_EXISTS))
        return is_refusal(reply) || job->records[0].repeatable ? split(f, job, err) : unclear(f, job, err);
    switch (outcome) {
    case FLOW_LOADED:
        return finish_there(f, job, LEAT_LOADED, reply);
    case FLOW_THERE:
    case FLOW_EXISTS:
        return exists(f, job, outcome == FLOW_THERE);
    case FLOW_REJECTED:
        return rejected(f, job, reply);
    case FLOW_THROTTLED:
        return try_later(f, job, reply, err);
    case FLOW_UNCLEAR:
        return unclear(f, job, err);
    case FLOW_AGAIN:
        return once_more(f, job, reply, err);
    case FLOW_STOP:
        break;
    }
    if (!is_refusal(reply))
        mark_sent(job);
    return f->calls->stop(f->self, job, reply, err);
}

/* ---- a reply to what was asked ---- */

/* The record comes back later; meanwhile others have its place. */
static int put_off(struct flow *f, struct flow_job *job, int64_t ms, struct leat_error *err)
{
    int rc;

    job->records[0].not_before_ms = leat_now_ms() + ms;
    rc = flow_put_aside(f, &job->records[0], err);
    flow_free(f, job);
    return rc;
}

/* It may come into sight late: only the second look is believed. */
static int nothing_found(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    struct flow_record *record = &job->records[0];

    if (!record->n_absent++)
        return put_off(f, job, f->settings.find_delay_ms, err);
    if (record->refused)
        return finish_rejected(f, job, record->refused, NULL);
    if (record->n_exists > 1 && !record->maybe_sent) /* what is in its way stands where find does not look */
        return finish(f, job, LEAT_CONFLICT);
    record->n_absent = 0;
    record->ask = false;
    return again(f, job) ? 0 : finish(f, job, LEAT_UNKNOWN);
}

static int settle_asked(struct flow *f, struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    const char *budget = flow_budget(f, job);
    enum flow_found found = f->calls->judge_found(f->self, job, reply);

    tell(f, budget, found != FLOW_FOUND_THROTTLED && found != FLOW_FOUND_UNCLEAR, found == FLOW_FOUND_THROTTLED, reply);
    if (found != FLOW_FOUND_NOTHING)
        job->records[0].n_absent = 0;
    switch (found) {
    case FLOW_FOUND_OURS:
        return finish_there(f, job, job->records[0].maybe_sent ? LEAT_LOADED : LEAT_ALREADY_THERE, reply);
    case FLOW_FOUND_FOREIGN:
        return finish(f, job, LEAT_CONFLICT);
    case FLOW_FOUND_SOMETHING:
        return finish(f, job, job->records[0].maybe_sent ? LEAT_UNKNOWN : LEAT_ALREADY_THERE);
    case FLOW_FOUND_NOTHING:
        return nothing_found(f, job, err);
    case FLOW_FOUND_THROTTLED:
        return try_later(f, job, reply, err);
    case FLOW_FOUND_UNCLEAR:
        return again(f, job) ? 0 : finish(f, job, LEAT_UNKNOWN);
    case FLOW_FOUND_AGAIN:
        return once_more(f, job, reply, err);
    case FLOW_FOUND_STOP:
        break;
    }
    return f->calls->stop(f->self, job, reply, err);
}

int flow_settle(struct flow *f, struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    bool asked = job->records[0].ask;

    switch (reply->end) {
    case LEAT_HTTP_REPLIED:
        return asked ? settle_asked(f, job, reply, err) : settle_sent(f, job, reply, err);
    case LEAT_HTTP_HOPELESS:
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot reach the server: %s", reply->why);
    case LEAT_HTTP_NOT_SENT:
        tell(f, flow_budget(f, job), false, false, reply);
        return try_later(f, job, reply, err);
    case LEAT_HTTP_UNCLEAR:
        break;
    }
    tell(f, flow_budget(f, job), false, false, reply);
    if (asked)
        return again(f, job) ? 0 : finish(f, job, LEAT_UNKNOWN);
    return unclear(f, job, err);
}
