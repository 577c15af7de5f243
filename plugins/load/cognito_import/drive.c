/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A job from its file to its end.
 */
#include "kit/aws/aws.h"
#include "steps.h"

enum {
    FIRST_LOOK_MS = 200, MOST_LOOK_MS = 15000,   /* at a job that is at work */
    FIRST_WAIT_MS = 500, MOST_WAIT_MS = 30000,   /* for somebody else's */
    WARN_MS = 60 * 60 * 1000,                    /* of waiting for nothing that can be seen */
    MOST_REFUSED = 3,
};

/* ---- a job of an earlier run: its URL ---- */

int step_describe(struct jobs *jobs, struct leat_error *err)
{
    int rc;

    if (!jobs->begun)
        put_member(ask_pool(jobs), "JobId", jobs->job.id);
    rc = ask_go(jobs, "DescribeUserImportJob", false, false, err);
    if (rc <= 0)
        return rc;
    if (jobs->call.fault.verdict != LEAT_AWS_FINE)
        return call_failed(&jobs->call, err);
    jobs->url.n = 0;
    rc = reply_job(&jobs->call.reply, &jobs->job, &jobs->url, err);
    if (rc < 0)
        return rc;
    if (jobs->job.status != JOB_CREATED)
        return go(jobs, step_watch);
    return go(jobs, jobs->url.n ? step_stage : step_choose);
}

/* ---- files ---- */

static int step_upload(struct jobs *jobs, struct leat_error *err);

/* s3://BUCKET/PREFIX, NAME -> /BUCKET/PREFIX/NAME.csv; the plan has seen that nothing needs an escape. */
static int put_object(struct jobs *jobs, struct leat_error *err)
{
    const struct leat_aws_header headers[] = { { "Content-Type", "text/csv" },
                                               { "x-amz-server-side-encryption", "aws:kms" } };
    const char *place = jobs->stage_to + strlen("s3://"), *slash = place[strlen(place) - 1] == '/' ? "" : "/";
    struct leat_aws_request request = { .method = "PUT", .headers = headers, .n_headers = 2,
                                        .payload = jobs->attempt.hash, .s3 = true };
    int rc;

    jobs->s3_url.n = 0;
    leat_put_printf(&jobs->s3_url, "%s/%s%s%s.csv", jobs->s3.url, place, slash, jobs->attempt.name);
    if (!leat_put_end(&jobs->s3_url))
        return leat_fail(err, -ENOMEM, "out of memory");
    request.path = jobs->s3_url.p + strlen(jobs->s3.url);
    rc = leat_aws_sign_for(jobs->aws, &jobs->s3, &request, &jobs->staged, err);
    if (rc < 0)
        return rc;
    return upload_begin(&jobs->upload, jobs->aws, jobs->proxy, jobs->s3_url.p, jobs->staged.headers, jobs->attempt.path,
                        err);
}

int step_stage(struct jobs *jobs, struct leat_error *err)
{
    struct leat_aws_fault fault;
    int rc = 0;

    if (!jobs->stage_to)
        return go(jobs, step_upload);
    if (!jobs->begun)
        rc = put_object(jobs, err);
    if (rc < 0)
        return rc;
    jobs->begun = true;
    rc = upload_go(&jobs->upload, jobs->stage, err);
    if (rc <= 0)
        return rc;
    leat_aws_judge(&jobs->upload.reply, leat_aws_now(jobs->aws), &fault);
    if (fault.verdict == LEAT_AWS_FINE)
        return go(jobs, step_upload);
    if ((fault.verdict == LEAT_AWS_RETRY || fault.verdict == LEAT_AWS_THROTTLED ||
         leat_aws_told(jobs->aws, &jobs->upload.reply, &fault, &jobs->staged)) && jobs->pause_ms < MOST_LOOK_MS)
        return pause_for(jobs, FIRST_WAIT_MS, MOST_LOOK_MS);
    return leat_aws_fail(&fault, &jobs->upload.reply, &leat_aws_s3, "PutObject", err);
}

/* The URL's signature has this header in it. */
static int put_users(struct jobs *jobs, struct leat_error *err)
{
    static const char *const texts[UPLOAD_HEADERS] = { "x-amz-server-side-encryption: aws:kms", "Content-Type:",
                                                       "Expect:" };
    struct curl_slist *nodes = jobs->upload.headers;

    for (int i = 0; i < UPLOAD_HEADERS; i++)
        nodes[i] = (struct curl_slist){ (char *)texts[i], i + 1 < UPLOAD_HEADERS ? &nodes[i + 1] : NULL };
    return upload_begin(&jobs->upload, jobs->aws, jobs->proxy, jobs->url.p, nodes, jobs->attempt.path, err);
}

/* Too late, or another host's clock: a new job has a new URL, and this one ends by itself. */
static int refused(struct jobs *jobs, const char *code, struct leat_error *err)
{
    if (++jobs->n_refused >= MOST_REFUSED)
        return leat_fail(err, LEAT_EUNREACHABLE, "s3 refuses the file of an import job, %d times over: status %ld %s",
                         MOST_REFUSED, jobs->upload.reply.status, code);
    leat_stage_log(jobs->stage, LEAT_LOG_INFO, "the file of the import job %s was refused (status %ld %s); making "
                   "another job", jobs->job.name, jobs->upload.reply.status, code);
    return go(jobs, step_choose);
}

static int step_upload(struct jobs *jobs, struct leat_error *err)
{
    const struct leat_http_reply *reply = &jobs->upload.reply;
    struct leat_aws_fault fault;
    int rc = jobs->begun ? 0 : put_users(jobs, err);

    if (rc < 0)
        return rc;
    jobs->begun = true;
    rc = upload_go(&jobs->upload, jobs->stage, err);
    if (rc <= 0)
        return rc;
    leat_aws_judge(reply, leat_aws_now(jobs->aws), &fault);
    if (fault.verdict == LEAT_AWS_FINE)
        return go(jobs, step_start);
    if (reply->end == LEAT_HTTP_REPLIED && fault.verdict != LEAT_AWS_RETRY && fault.verdict != LEAT_AWS_THROTTLED)
        return refused(jobs, fault.code, err);
    if (reply->end == LEAT_HTTP_HOPELESS || jobs->pause_ms >= MOST_LOOK_MS)
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot upload the file of the import job %s: %s; run again to go on",
                         jobs->job.name, reply->end == LEAT_HTTP_REPLIED ? "the server fails" : reply->why);
    return pause_for(jobs, FIRST_WAIT_MS, MOST_LOOK_MS);
}

/* ---- at work ---- */

/* A start that is refused, or whose reply is lost: the job itself says how it stands. */
int step_start(struct jobs *jobs, struct leat_error *err)
{
    const struct call *call = &jobs->call;
    int rc;

    if (!jobs->begun)
        put_member(ask_pool(jobs), "JobId", jobs->job.id);
    rc = ask_go(jobs, "StartUserImportJob", true, true, err);
    if (rc <= 0)
        return rc;
    if (call->fault.verdict != LEAT_AWS_FINE && call->fault.verdict != LEAT_AWS_RETRY &&
        !call_code_is(call, "PreconditionNotMetException") && !call_code_is(call, "LimitExceededException"))
        return call_failed(call, err);
    jobs->live = true;
    jobs->start_refused = call->fault.verdict == LEAT_AWS_RECORD || call->fault.verdict == LEAT_AWS_STOP;
    (void)snprintf(jobs->refusal, sizeof jobs->refusal, "%s", call->fault.code);
    jobs->step = step_watch; /* the pause goes on growing */
    jobs->begun = false;
    return STEP_ON;
}

static long long minutes_since(int64_t since_ms)
{
    return (leat_now_ms() - since_ms) / 60000;
}

/* No job of this pool is at work. One of another pool of the account may be, which nobody here can see; or the start is
 * refused for another reason, which would be so for ever. */
static int wait_in_vain(struct jobs *jobs, struct leat_error *err)
{
    int64_t now_ms = leat_now_ms(), patience_ms = jobs->start_patience_ms;

    if (!jobs->waiting_since_ms) {
        jobs->waiting_since_ms = now_ms;
        jobs->warn_at_ms = now_ms + (patience_ms / 2 < WARN_MS ? patience_ms / 2 : WARN_MS);
    }
    if (now_ms - jobs->waiting_since_ms >= patience_ms)
        return leat_fail(err, LEAT_EUNREACHABLE, "StartUserImportJob is refused for %lld minutes now (%s), and no job "
                         "is at work in this pool: is there one in another pool of the account, or of another "
                         "role? Look at the job %s in the console, put it right, and run again to go on; "
                         "start_patience says how long to wait",
                         minutes_since(jobs->waiting_since_ms), jobs->refusal, jobs->job.name);
    if (now_ms < jobs->warn_at_ms)
        return 0;
    jobs->warn_at_ms = now_ms + WARN_MS;
    leat_stage_log(jobs->stage, LEAT_LOG_WARNING, "the import job %s cannot start for %lld minutes now (%s), and no "
                   "job is at work in this pool: most likely one is in another pool of the account", jobs->job.name,
                   minutes_since(jobs->waiting_since_ms), jobs->refusal);
    return 0;
}

/* Why the start is refused is not said by its error, but what this pool's newest jobs do can be seen. */
static int step_look_around(struct jobs *jobs, struct leat_error *err)
{
    int rc = jobs_list(jobs, err);

    if (rc <= 0)
        return rc;
    if (jobs->seen_at_work)
        jobs->waiting_since_ms = 0;
    else
        rc = wait_in_vain(jobs, err);
    jobs->step = step_start; /* the pause goes on growing */
    jobs->begun = false;
    return rc < 0 ? rc : STEP_ON;
}

/* An account has one job at work at a time, in whichever pool. */
static int wait_for_others(struct jobs *jobs)
{
    if (jobs->start_refused)
        leat_stage_log(jobs->stage, jobs->said_waiting ? LEAT_LOG_DEBUG : LEAT_LOG_INFO, "the import job %s cannot "
                       "start yet; most likely another one is at work in this account, and there may be but one. "
                       "Waiting", jobs->job.name);
    jobs->said_waiting |= jobs->start_refused;
    jobs->step = jobs->start_refused ? step_look_around : step_start;
    (void)pause_for(jobs, FIRST_WAIT_MS, MOST_WAIT_MS);
    jobs->token.n = 0;
    jobs->seen_at_work = false;
    return STEP_ON;
}

static int look_again(struct jobs *jobs, struct leat_error *err)
{
    const struct log_counts *counts = &jobs->job.counts;
    int64_t now_ms = leat_now_ms();

    jobs->live = true;
    if (jobs->job.status != JOB_UNKNOWN)
        jobs->waiting_since_ms = 0;
    else if (!jobs->waiting_since_ms) {
        jobs->waiting_since_ms = now_ms;
        leat_stage_log(jobs->stage, LEAT_LOG_WARNING, "the import job %s has a status that no document has; taking it "
                       "for one at work", jobs->job.name);
    } else if (now_ms - jobs->waiting_since_ms >= jobs->start_patience_ms)
        return leat_fail(err, LEAT_EUNREACHABLE, "the import job %s has a status that no document has, for %lld "
                         "minutes now; look at it in the console, and run again to go on", jobs->job.name,
                         minutes_since(jobs->waiting_since_ms));
    leat_stage_log(jobs->stage, LEAT_LOG_DEBUG, "import job %s: %s, %lld imported, %lld skipped, %lld failed, of %d",
                   jobs->job.name, job_status_name(jobs->job.status), (long long)counts->imported,
                   (long long)counts->skipped, (long long)counts->failed, (int)jobs->attempt.n_rows);
    return pause_for(jobs, FIRST_LOOK_MS, MOST_LOOK_MS);
}

int step_watch(struct jobs *jobs, struct leat_error *err)
{
    int rc;

    if (!jobs->begun)
        put_member(ask_pool(jobs), "JobId", jobs->job.id);
    rc = ask_go(jobs, "DescribeUserImportJob", false, false, err);
    if (rc <= 0)
        return rc;
    if (jobs->call.fault.verdict != LEAT_AWS_FINE)
        return call_failed(&jobs->call, err);
    rc = reply_job(&jobs->call.reply, &jobs->job, NULL, err);
    if (rc < 0)
        return rc;
    if (jobs->job.status == JOB_CREATED)
        return wait_for_others(jobs);
    jobs->token.n = 0;
    if (jobs->job.status == JOB_EXPIRED)
        return go(jobs, step_choose);
    if (jobs->job.status < JOB_STOPPED)
        return look_again(jobs, err);
    jobs->token.n = 0;
    jobs->log_until_ms = 0;
    return go(jobs, step_log);
}
