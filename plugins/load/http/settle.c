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
#include "load.h"

#include <ctype.h>
#include <string.h>

enum { FIRST_WAIT_MS = 100, MAX_WAIT_MS = 20000, MAX_RETRY_AFTER_MS = 3600 * 1000, MAX_CODE = 40 };
enum { PATIENCE = 4 /* times as often as others are calls made again that were throttled: a quota is no fault */ };

/* ---- answers ---- */

static int finish(struct http *h, struct job *job, enum leat_verdict verdict)
{
    for (int i = 0; i < job->n; i++) {
        leat_batch_answer(job->records[i].held->batch, job->records[i].row, verdict, NULL, 0);
        run_answered(h, &job->records[i]);
    }
    run_free(h, job);
    return 0;
}

/* It is there as it should be, by this run or by another. */
static int finish_there(struct http *h, struct job *job, enum leat_verdict verdict, const struct leat_http_reply *reply)
{
    const struct answers *wanted = job->records[0].ask && h->find.answers.n ? &h->find.answers : &h->answers;
    struct leat_answer answers[MAX_ANSWERS];
    size_t at[MAX_ANSWERS];
    int n = 0;

    if (!wanted->n)
        return finish(h, job, verdict);
    h->scratch.n = 0;
    for (int i = 0; i < wanted->n; i++) {
        at[n] = h->scratch.n;
        answers[n].name = wanted->items[i].name;
        if (judge_text(h, reply, wanted->items[i].path, &answers[n].n))
            n++;
        else
            leat_stage_count(h->stage, "replies without an answer's value", 1);
    }
    for (int i = 0; i < n; i++) /* the buffer does not move any more */
        answers[i].text = h->scratch.p + at[i];
    leat_batch_answer(job->records[0].held->batch, job->records[0].row, verdict, answers, n);
    run_answered(h, &job->records[0]);
    run_free(h, job);
    return 0;
}

/* A code of the server's is repeated only if it is a word, such as email_taken: no address, number or sentence. */
static bool is_word(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-' && text[i] != '.')
            return false;
    return n > 0 && n <= MAX_CODE && isalpha((unsigned char)text[0]);
}

static int finish_rejected(struct http *h, struct job *job, long status, const struct leat_http_reply *reply)
{
    const struct record *record = &job->records[0];
    size_t n = 0;

    h->scratch.n = 0;
    if (reply && h->code && judge_text(h, reply, h->code, &n) && is_word(h->scratch.p, n))
        leat_batch_reject(record->held->batch, record->row, -1, "refused", "the server answered %ld (%.*s)", status,
                          (int)n, h->scratch.p);
    else
        leat_batch_reject(record->held->batch, record->row, -1, "refused", "the server answered %ld", status);
    run_answered(h, record);
    run_free(h, job);
    return 0;
}

/* ---- once more ---- */

/* Full jitter: anything from nothing to a bound that doubles, so that not all come back at once. */
static int64_t jitter(struct http *h, int tries)
{
    int64_t bound = tries < 8 ? FIRST_WAIT_MS << tries : MAX_WAIT_MS;

    h->random ^= h->random << 13;
    h->random ^= h->random >> 7;
    h->random ^= h->random << 17;
    return (int64_t)(h->random % (uint64_t)(bound < MAX_WAIT_MS ? bound : MAX_WAIT_MS));
}

static void wait(struct job *job, int64_t ms)
{
    job->state = ms > 0 ? JOB_WAITING : JOB_READY;
    job->wake_ms = leat_now_ms() + ms;
}

/* The same call again, after a while. */
static void come_back(struct http *h, struct job *job, int tries, int64_t at_least_ms)
{
    int64_t ms = jitter(h, tries);

    job->again = true;
    wait(job, ms > at_least_ms ? ms : at_least_ms);
}

/* False: that was often enough. */
static bool again(struct http *h, struct job *job)
{
    int tries = job->records[0].tries;

    if (tries >= h->retries)
        return false;
    for (int i = 0; i < job->n; i++)
        job->records[i].tries++;
    come_back(h, job, tries, 0);
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
static int try_later(struct http *h, struct job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    bool throttled = reply->end == LEAT_HTTP_REPLIED;
    int tries = throttled ? job->records[0].n_throttled : job->records[0].tries;

    if (reply->retry_after_ms > MAX_RETRY_AFTER_MS)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server wants no calls for %lld minutes; run again later",
                         (long long)reply->retry_after_ms / 60000);
    if (tries >= h->retries * (throttled ? PATIENCE : 1))
        return gave_up(reply, tries + 1, err);
    for (int i = 0; i < job->n; i++)
        *(throttled ? &job->records[i].n_throttled : &job->records[i].tries) += 1;
    come_back(h, job, tries, reply->retry_after_ms);
    return 0;
}

/* ---- one by one ---- */

static int split(struct http *h, struct job *job, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < job->n && rc == 0; i++) {
        struct record record = job->records[i];

        record.alone = true;
        record.tries = 0;
        rc = pick_later(h, &record, err);
    }
    run_free(h, job);
    return rc;
}

static int ask(struct job *job, int64_t ms)
{
    job->records[0].ask = true;
    job->again = false; /* a question is no try of what was sent */
    wait(job, ms);
    return 0;
}

/* ---- a reply to what was sent ---- */

static void mark_sent(struct job *job)
{
    for (int i = 0; i < job->n; i++)
        job->records[i].maybe_sent = true;
}

/* Each record on its own: an update is sent again, the others are asked for if they can be. */
static int unclear_each(struct http *h, struct job *job, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < job->n && rc == 0; i++) {
        struct record record = job->records[i];

        record.alone = true;
        record.ask = !record.update;
        record.tries = 0;
        if (record.update || h->has_find) {
            rc = pick_later(h, &record, err);
        } else {
            leat_batch_answer(record.held->batch, record.row, LEAT_UNKNOWN, NULL, 0);
            run_answered(h, &record);
        }
    }
    run_free(h, job);
    return rc;
}

/* The server may have worked on it. */
static int unclear(struct http *h, struct job *job, struct leat_error *err)
{
    mark_sent(job);
    leat_stage_count(h->stage, "calls of unclear outcome", 1);
    if (h->repeatable || (job->n == 1 && job->records[0].update))
        return again(h, job) ? 0 : finish(h, job, LEAT_UNKNOWN);
    if (job->n > 1)
        return unclear_each(h, job, err);
    return h->has_find ? ask(job, 0) : finish(h, job, LEAT_UNKNOWN);
}

static int exists(struct http *h, struct job *job, bool as_should_be)
{
    job->records[0].n_exists++;
    if (job->records[0].update) /* as it was; what has changed is not taken */
        return finish(h, job, LEAT_CONFLICT);
    if (h->has_find)
        return ask(job, 0);
    if (as_should_be)
        return finish(h, job, LEAT_ALREADY_THERE);
    if (h->repeatable && job->records[0].maybe_sent) /* by the first of our calls, which the server still works on */
        return again(h, job) ? 0 : finish(h, job, LEAT_UNKNOWN);
    return finish(h, job, job->records[0].maybe_sent ? LEAT_UNKNOWN : LEAT_CONFLICT);
}

/* After a call that may have been worked on, a rejection may only mean that the record is there. */
static int rejected(struct http *h, struct job *job, const struct leat_http_reply *reply)
{
    struct record *record = &job->records[0];

    if (!record->maybe_sent || h->repeatable || record->update)
        return finish_rejected(h, job, reply->status, reply);
    if (!h->has_find)
        return finish(h, job, LEAT_UNKNOWN);
    record->refused = (short)reply->status;
    return ask(job, 0);
}

static int stop(const struct leat_http_reply *reply, const char *what, struct leat_error *err)
{
    if (reply->status == 207)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server answered 207 to several records, of which some may have "
                                                 "failed: use `batch: 1`, or name it in accept or reject");
    if (reply->status == 401 || reply->status == 403 || reply->status == 407)
        return leat_fail(err, LEAT_EUNREACHABLE, "the server answered %ld to %s: it does not accept who we are; "
                                                 "see `bearer`, `user`, `api_key`", reply->status, what);
    return leat_fail(err, LEAT_EUNREACHABLE, "the server answered %ld to %s, which says nothing of a record; is the "
                                             "URL right? else name the status in accept, reject or already_there",
                     reply->status, what);
}

static void tell(struct http *h, bool fine, bool throttled, const struct leat_http_reply *reply)
{
    enum leat_reply what = fine ? LEAT_REPLY_FINE : throttled ? LEAT_REPLY_THROTTLED : LEAT_REPLY_FAILED;

    leat_rate_told(h->stage, h->rate, what, reply->retry_after_ms);
}

/* A server that says no has done nothing; one that says yes, and in its reply what it has not done, has done the rest. */
static bool is_refusal(const struct leat_http_reply *reply)
{
    return reply->status >= 300;
}

static int settle_sent(struct http *h, struct job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    enum outcome outcome = judge(h, job, reply);

    tell(h, outcome != OUTCOME_THROTTLED && outcome != OUTCOME_UNCLEAR, outcome == OUTCOME_THROTTLED, reply);
    if (job->n > 1 && (outcome == OUTCOME_REJECTED || outcome == OUTCOME_THERE || outcome == OUTCOME_EXISTS))
        return is_refusal(reply) || h->repeatable ? split(h, job, err) : unclear(h, job, err);
    switch (outcome) {
    case OUTCOME_LOADED:
        return finish_there(h, job, LEAT_LOADED, reply);
    case OUTCOME_THERE:
    case OUTCOME_EXISTS:
        return exists(h, job, outcome == OUTCOME_THERE);
    case OUTCOME_REJECTED:
        return rejected(h, job, reply);
    case OUTCOME_THROTTLED:
        return try_later(h, job, reply, err);
    case OUTCOME_UNCLEAR:
        return unclear(h, job, err);
    case OUTCOME_STOP:
        break;
    }
    if (!is_refusal(reply))
        mark_sent(job);
    return stop(reply, "a record", err);
}

/* ---- a reply to what was asked ---- */

/* The record comes back later; meanwhile others have its place. */
static int put_off(struct http *h, struct job *job, int64_t ms, struct leat_error *err)
{
    int rc;

    job->records[0].not_before_ms = leat_now_ms() + ms;
    rc = pick_later(h, &job->records[0], err);
    run_free(h, job);
    return rc;
}

/* It may come into sight late: only the second look is believed. */
static int nothing_found(struct http *h, struct job *job, struct leat_error *err)
{
    struct record *record = &job->records[0];

    if (!record->n_absent++)
        return put_off(h, job, h->find.delay_ms, err);
    if (record->refused)
        return finish_rejected(h, job, record->refused, NULL);
    if (record->n_exists > 1 && !record->maybe_sent) /* what is in its way stands where find does not look */
        return finish(h, job, LEAT_CONFLICT);
    record->n_absent = 0;
    record->ask = false;
    return again(h, job) ? 0 : finish(h, job, LEAT_UNKNOWN);
}

static int settle_asked(struct http *h, struct job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    enum found found = judge_found(h, job, reply);

    tell(h, found != FOUND_THROTTLED && found != FOUND_UNCLEAR, found == FOUND_THROTTLED, reply);
    if (found != FOUND_NOTHING)
        job->records[0].n_absent = 0;
    switch (found) {
    case FOUND_OURS:
        return finish_there(h, job, job->records[0].maybe_sent ? LEAT_LOADED : LEAT_ALREADY_THERE, reply);
    case FOUND_FOREIGN:
        return finish(h, job, LEAT_CONFLICT);
    case FOUND_SOMETHING:
        return finish(h, job, job->records[0].maybe_sent ? LEAT_UNKNOWN : LEAT_ALREADY_THERE);
    case FOUND_NOTHING:
        return nothing_found(h, job, err);
    case FOUND_THROTTLED:
        return try_later(h, job, reply, err);
    case FOUND_UNCLEAR:
        return again(h, job) ? 0 : finish(h, job, LEAT_UNKNOWN);
    case FOUND_STOP:
        break;
    }
    return stop(reply, "a read-back", err);
}

int settle(struct http *h, struct job *job, const struct leat_http_reply *reply, struct leat_error *err)
{
    bool asked = job->records[0].ask;

    switch (reply->end) {
    case LEAT_HTTP_REPLIED:
        return asked ? settle_asked(h, job, reply, err) : settle_sent(h, job, reply, err);
    case LEAT_HTTP_HOPELESS:
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot reach the server: %s", reply->why);
    case LEAT_HTTP_NOT_SENT:
        tell(h, false, false, reply);
        return try_later(h, job, reply, err);
    case LEAT_HTTP_UNCLEAR:
        break;
    }
    tell(h, false, false, reply);
    if (asked)
        return again(h, job) ? 0 : finish(h, job, LEAT_UNKNOWN);
    return unclear(h, job, err);
}
