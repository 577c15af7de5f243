/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which job comes next, and whether an earlier run has begun it.
 */
#include "jobs.h"

#include <stdlib.h>
#include <sys/random.h>

#include "kit/http/form.h"
#include "kit/text/text.h"
#include "steps.h"

enum {
    CALL_MS = 60000, MAX_REPLY = 8 << 20,
    FRESH_S = 12 * 60,       /* of a URL that is good for fifteen minutes */
    SENT_DIGITS = 8,         /* at the end of a job's name */
    MOST_TOKEN_MS = 8000,
};

void put_member(struct leat_put *put, const char *name, const char *text)
{
    leat_put_member(put, name, text, strlen(text));
}

void log_group(const struct jobs *jobs, char ret[LOG_GROUP])
{
    (void)snprintf(ret, LOG_GROUP, "/aws/cognito/userpools/%s/%s", jobs->pool_id, jobs->pool_name);
}

/* ---- may we read the log? Better to know before anybody is imported. ---- */

static int step_rights(struct jobs *jobs, struct leat_error *err)
{
    struct leat_put *body = &jobs->call.body;
    int rc;

    if (!jobs->begun) {
        char group[LOG_GROUP];

        log_group(jobs, group);
        body->n = 0;
        leat_put_string(body, "{\"limit\":1,\"logStreamName\":\"none\"");
        put_member(body, "logGroupName", group);
        leat_put_string(body, "}");
        call_begin(&jobs->call, &jobs->logs, "GetLogEvents", NULL, false);
        jobs->begun = true;
    }
    rc = call_go(&jobs->call, err);
    if (rc <= 0)
        return rc;
    if ((jobs->call.fault.verdict == LEAT_AWS_STOP || jobs->call.fault.verdict == LEAT_AWS_RECORD) &&
        !call_code_is(&jobs->call, "ResourceNotFoundException"))
        return leat_fail(err, LEAT_EUNREACHABLE, "logs refuses GetLogEvents: %s (only the log group "
                         "/aws/cognito/userpools/%s/... says what became of each user: allow the credentials "
                         "logs:GetLogEvents there; nothing was imported yet)",
                         *jobs->call.fault.code ? jobs->call.fault.code : "no error of AWS", jobs->pool_id);
    return go(jobs, step_list);
}

/* ---- what the pieces are ---- */

/* One a step, for they are large. */
static int step_hash(struct jobs *jobs, struct leat_error *err)
{
    struct content content = { 0 };
    int rc;

    if (jobs->at == jobs->sets->n_pieces) {
        jobs->at = 0;
        jobs->trying = true;
        return go(jobs, jobs->sets->n_pieces ? step_rights : NULL);
    }
    rc = content_open(&content, piece_at(jobs)->path, err);
    if (rc == 0)
        rc = content_hash(&content, piece_at(jobs)->hash, err);
    content_close(&content);
    jobs->at++;
    return rc < 0 ? rc : STEP_ON;
}

/* ---- what is there ---- */

/* It may have brought somebody. */
static bool may_have_imported(const struct job *job)
{
    return job->started && (job->status < JOB_EXPIRED || job->counts.imported > 0);
}

static bool is_of(const struct jobs *jobs, const struct job *job, const struct piece *piece)
{
    char prefix[JOB_NAME];
    size_t n = attempt_prefix(jobs->work, piece, prefix);

    return strncmp(job->name, prefix, n) == 0 && job->name[n] == '-';
}

bool jobs_are_unclear(const struct jobs *jobs, const struct piece *piece)
{
    for (int i = 0; i < jobs->n_found; i++)
        if (may_have_imported(&jobs->found[i]) && !jobs->found[i].used && is_of(jobs, &jobs->found[i], piece))
            return true;
    return piece->unclear;
}

static bool is_of_any(const struct jobs *jobs, const struct job *job)
{
    for (int i = 0; i < jobs->sets->n_pieces; i++)
        if (is_of(jobs, job, &jobs->sets->pieces[i]))
            return true;
    return false;
}

/* The source has changed since a run before this one, whose parts were others. */
static void look_for_others(struct jobs *jobs)
{
    for (int i = 0; i < jobs->n_found; i++) {
        const struct job *job = &jobs->found[i];
        double since_s = job->started_s > 0 ? job->started_s : job->created_s;

        if (!may_have_imported(job) || is_of_any(jobs, job))
            continue;
        jobs->others_s = !jobs->others || since_s < jobs->others_s ? since_s : jobs->others_s;
        jobs->others = true;
    }
}

int jobs_list(struct jobs *jobs, struct leat_error *err)
{
    int rc;

    if (!jobs->begun) {
        struct leat_put *body = ask_pool(jobs);

        jobs->listed = false;
        leat_put_string(body, ",\"MaxResults\":60");
        if (jobs->token.n)
            put_member(body, "PaginationToken", jobs->token.p);
    }
    rc = ask_go(jobs, "ListUserImportJobs", false, false, err);
    if (rc <= 0)
        return rc;
    jobs->begun = false;
    if (call_code_is(&jobs->call, "InvalidParameterException") && jobs->token.n) { /* a token that is too old */
        jobs->token.n = 0;
        return jobs->pause_ms < MOST_TOKEN_MS ? pause_for(jobs, 1000, MOST_TOKEN_MS) : call_failed(&jobs->call, err);
    }
    rc = jobs->call.fault.verdict == LEAT_AWS_FINE ? reply_list(jobs, err) : call_failed(&jobs->call, err);
    jobs->listed = rc == 0 && !jobs->token.n;
    return rc < 0 ? rc : STEP_ON;
}

/* Any job of the pipeline, of this run or another. */
static bool has_imported(const struct jobs *jobs)
{
    for (int i = 0; i < jobs->n_found; i++)
        if (may_have_imported(&jobs->found[i]))
            return true;
    return false;
}

bool jobs_are_past_canary(const struct jobs *jobs)
{
    for (int i = 0; i < jobs->n_found; i++)
        if (may_have_imported(&jobs->found[i]) && !jobs->found[i].used && is_of_any(jobs, &jobs->found[i]) &&
            strncmp(jobs->found[i].name + strlen("leat-"), jobs->work, WORK_DIGITS) == 0)
            return true;
    return false;
}

int step_list(struct jobs *jobs, struct leat_error *err)
{
    int rc = jobs_list(jobs, err);

    if (rc <= 0 || !jobs->listed)
        return rc;
    look_for_others(jobs);
    if (jobs->canary && jobs->canary->n_missing && !has_imported(jobs))
        return canary_missing(jobs->canary, err);
    return go(jobs, *jobs->attempt.name ? step_match : step_choose);
}

/* ---- the next attempt ---- */

static int finish_piece(struct jobs *jobs)
{
    struct piece *piece = piece_at(jobs);

    piece->unclear = jobs_are_unclear(jobs, piece);
    piece->done = true;
    attempt_end(&jobs->attempt);
    jobs->at++;
    jobs->n_refused = 0;
    return go(jobs, jobs->at < jobs->sets->n_pieces ? step_choose : NULL);
}

/* The piece has no trial, or none any more. */
static int finish_trial(struct jobs *jobs)
{
    attempt_end(&jobs->attempt);
    jobs->n_refused = 0;
    jobs->trying = ++jobs->at < jobs->sets->n_pieces;
    if (jobs->trying)
        return go(jobs, step_choose);
    jobs->at = 0;
    return go(jobs, step_sign_in);
}

int step_choose(struct jobs *jobs, struct leat_error *err)
{
    struct piece *piece = piece_at(jobs);
    bool none;
    int rc;

    if (jobs->trying && !attempt_wants_trial(jobs, piece))
        return finish_trial(jobs);
    if (piece->done)
        return finish_piece(jobs);
    if (!piece->verdicts)
        piece->verdicts = calloc((size_t)piece->n_rows, 1);
    if (!piece->verdicts)
        return leat_fail(err, -ENOMEM, "out of memory");
    rc = attempt_make(jobs, piece, &none, err);
    jobs->looked_twice = false;
    if (rc < 0)
        return rc;
    return none ? finish_piece(jobs) : go(jobs, step_match);
}

static bool is_better(const struct job *job, const struct job *than)
{
    return job->started != than->started ? job->started : job->created_s > than->created_s;
}

/* Whether it was sent the same rows, in whichever attempt: the end of a name stands for what is sent. */
static bool is_same(const struct jobs *jobs, const struct job *job)
{
    const char *name = jobs->attempt.name;
    size_t n = strlen(job->name), n_wanted = strlen(name);

    return is_of(jobs, job, piece_at((struct jobs *)jobs)) && n > SENT_DIGITS && n_wanted > SENT_DIGITS &&
           strcmp(job->name + n - SENT_DIGITS, name + n_wanted - SENT_DIGITS) == 0;
}

/* Of several, which a lost reply or an upload that was refused can leave, that which was started. */
static struct job *find_same(struct jobs *jobs)
{
    struct job *best = NULL;

    for (int i = 0; i < jobs->n_found; i++) {
        struct job *job = &jobs->found[i];

        if (!job->used && is_same(jobs, job) && (!best || is_better(job, best)))
            best = job;
    }
    return best;
}

static int step_create(struct jobs *jobs, struct leat_error *err);

int step_match(struct jobs *jobs, struct leat_error *err)
{
    struct job *job = find_same(jobs);

    (void)err;
    jobs->live = jobs->said_waiting = false;
    jobs->waiting_since_ms = 0;
    if (!job && !jobs->looked_twice) { /* one that was made just before the last list may be in this one */
        jobs->looked_twice = true;
        return go(jobs, step_list);
    }
    if (!job)
        return go(jobs, step_create);
    job->used = true;
    jobs->job = *job;
    if (job->status == JOB_CREATED)
        return go(jobs, (double)leat_aws_now(jobs->aws) - job->created_s < FRESH_S ? step_describe : step_choose);
    if (job->status == JOB_EXPIRED)
        return go(jobs, step_choose);
    leat_stage_log(jobs->stage, LEAT_LOG_INFO, "going on with the import job %s (%s)", job->name,
                   job_status_name(job->status));
    return go(jobs, step_watch);
}

/* ---- a new one ---- */

static int cannot_create(const struct jobs *jobs, struct leat_error *err)
{
    const struct call *call = &jobs->call;
    enum cognito_algorithm set = piece_at(jobs)->set;

    if (call_code_is(call, "LimitExceededException"))
        return leat_fail(err, LEAT_EUNREACHABLE, "the pool lists as many import jobs as it can (1,000 by default); "
                         "raise the quota, and run again to go on");
    if (set != COGNITO_NO_ALGORITHM && call->fault.verdict == LEAT_AWS_RECORD)
        return leat_fail(err, LEAT_EUNREACHABLE, "the pool takes no job for %s hashes (%s): older pools cannot; with "
                         "password_hashing: none the users come without their passwords", cognito_algorithm_name(set),
                         call->fault.code);
    if (call->fault.verdict == LEAT_AWS_RECORD)
        return leat_fail(err, LEAT_EUNREACHABLE, "cognito-idp refuses CreateUserImportJob: %s (look at "
                         "cloudwatch_role_arn, and whether the credentials have iam:PassRole for it)",
                         call->fault.code);
    return call_failed(call, err);
}

static int step_create(struct jobs *jobs, struct leat_error *err)
{
    enum cognito_algorithm set = piece_at(jobs)->set;
    int rc;

    if (!jobs->begun) {
        struct leat_put *body = ask_pool(jobs);

        put_member(body, "JobName", jobs->attempt.name);
        put_member(body, "CloudWatchLogsRoleArn", jobs->role);
        if (set != COGNITO_NO_ALGORITHM)
            put_member(body, "PasswordHashingAlgorithm", cognito_algorithm_name(set));
    }
    rc = ask_go(jobs, "CreateUserImportJob", true, true, err);
    if (rc <= 0)
        return rc;
    if (jobs->call.fault.verdict == LEAT_AWS_RETRY) { /* it may be there: look before another is made */
        jobs->token.n = 0;
        return go(jobs, step_list);
    }
    if (jobs->call.fault.verdict != LEAT_AWS_FINE)
        return cannot_create(jobs, err);
    rc = reply_job(&jobs->call.reply, &jobs->job, &jobs->url, err);
    if (rc < 0)
        return rc;
    jobs->job.used = true; /* also where it is listed later */
    if (!jobs_keep(jobs, &jobs->job))
        return leat_fail(err, -ENOMEM, "out of memory");
    if (!jobs->url.n)
        return leat_fail(err, LEAT_EUNREACHABLE, "CreateUserImportJob gives no address to send the users to; run again");
    leat_stage_count(jobs->stage, "import jobs", 1);
    leat_stage_log(jobs->stage, LEAT_LOG_INFO, "import job %s (%s): %d users%s", jobs->job.name, jobs->job.id,
                   (int)jobs->attempt.n_rows, jobs->attempt.is_trial ? ", for a trial" : "");
    return go(jobs, step_stage);
}

/* ---- life ---- */

/* What tells the jobs of this run and of those that go on with it from all others. */
static int name_work(struct jobs *jobs, struct leat_error *err)
{
    const char *work = leat_stage_work(jobs->stage);
    char random[WORK_DIGITS / 2], hex[WORK_DIGITS], family[65];
    int rc = content_hash(&(struct content){ jobs->family, strlen(jobs->family) }, family, err);

    if (rc < 0)
        return rc;
    if (*work) {
        memcpy(hex, work, sizeof hex);
    } else {
        if (getrandom(random, sizeof random, 0) != sizeof random)
            return leat_fail(err, -errno, "cannot get random bytes from the system: %s", strerror(errno));
        leat_hex_put(hex, random, sizeof random);
    }
    (void)snprintf(jobs->work, sizeof jobs->work, "%.*s%.*s", WORK_DIGITS - FAMILY_DIGITS, hex, FAMILY_DIGITS, family);
    return 0;
}

int jobs_begin(struct jobs *jobs, struct leat_error *err)
{
    struct leat_http_settings settings = {
        .n_calls = 1, .plain = jobs->cognito.plain || jobs->logs.plain, .timeout_ms = CALL_MS,
        .connect_timeout_ms = CALL_MS / 2, .max_reply = MAX_REPLY, .ca_file = leat_aws_ca_file(jobs->aws),
        .proxy = jobs->proxy,
    };
    int rc = name_work(jobs, err);

    if (rc == 0)
        rc = leat_http_open(&settings, &jobs->call.http, err);
    jobs->call.stage = jobs->stage;
    jobs->call.aws = jobs->aws;
    jobs->step = step_hash;
    return rc;
}

static int stopped(const struct jobs *jobs, struct leat_error *err)
{
    bool at_work = jobs->step == step_watch || jobs->step == step_log;

    if (at_work)
        leat_stage_log(jobs->stage, LEAT_LOG_WARNING, "the import job %s goes on at AWS, and the next run takes it up",
                       jobs->job.name);
    return leat_fail(err, LEAT_ECANCELED, "stopped");
}

int jobs_poll(struct jobs *jobs, struct leat_error *err)
{
    int64_t wait_ms;
    int rc = STEP_ON;

    while (jobs->step && rc == STEP_ON) {
        if (leat_stage_stopping(jobs->stage) || leat_stage_cancelled(jobs->stage))
            return stopped(jobs, err);
        wait_ms = jobs->not_before_ms - leat_now_ms();
        if (wait_ms > 0) {
            leat_stage_wake_on(jobs->stage, -1, wait_ms);
            return 0;
        }
        rc = jobs->step(jobs, err);
    }
    if (rc == LEAT_ECANCELED)
        return stopped(jobs, err);
    return rc < 0 ? rc : 0;
}

bool jobs_are_done(const struct jobs *jobs)
{
    return !jobs->step;
}

void jobs_close(struct jobs *jobs)
{
    call_close(&jobs->call);
    upload_close(&jobs->upload);
    leat_aws_signed_free(&jobs->staged);
    leat_put_free(&jobs->url);
    leat_put_free(&jobs->s3_url);
    leat_put_free(&jobs->token);
    attempt_end(&jobs->attempt);
    log_end(&jobs->lines);
    free(jobs->found);
    *jobs = (struct jobs){ 0 };
}
