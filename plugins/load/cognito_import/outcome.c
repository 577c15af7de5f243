/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A job has ended: its log, and what follows from it.
 */
#include <stdlib.h>

#include "steps.h"

enum {
    PAGE_LINES = 5000,       /* of a log; AWS gives 1 MiB of text at most */
    FIRST_LOOK_MS = 250, MOST_LOOK_MS = 20000,
    BASE_MS = 30000,         /* of waiting for no more than where the lines begin */
    MOST_BARREN = 3,
};

static int64_t counted(const struct log_counts *counts)
{
    return counts->imported + counts->skipped + counts->failed;
}

static bool all_imported(const struct jobs *jobs)
{
    return jobs->job.counts.imported == jobs->attempt.n_rows;
}

/* How many lines there will be; the counters of a job may lag behind its end. */
static int64_t expected(const struct jobs *jobs)
{
    return jobs->job.status == JOB_SUCCEEDED ? jobs->attempt.n_rows : counted(&jobs->job.counts);
}

/* Which line is the first user's is best seen in a job that is small. */
static bool wants_log(const struct jobs *jobs)
{
    return expected(jobs) > 0 && (!all_imported(jobs) || (jobs->attempt.is_trial && !jobs->base));
}

static void ask_log(struct jobs *jobs)
{
    struct leat_put *body = &jobs->call.body;
    struct piece *piece = piece_at(jobs);

    log_group(jobs, piece->log_group);
    (void)snprintf(piece->log_stream, sizeof piece->log_stream, "%s/%s", jobs->job.id, jobs->job.name);
    body->n = 0;
    leat_put_printf(body, "{\"startFromHead\":true,\"limit\":%d", PAGE_LINES);
    put_member(body, "logGroupName", piece->log_group);
    put_member(body, "logStreamName", piece->log_stream);
    if (jobs->token.n)
        put_member(body, "nextToken", jobs->token.p);
    leat_put_string(body, "}");
    call_begin(&jobs->call, &jobs->logs, "GetLogEvents", NULL, false);
    jobs->begun = true;
}

static int judge(struct jobs *jobs, struct leat_error *err);

/* Lines come late, and not in order, so what is incomplete is read again from its head. */
static int log_read(struct jobs *jobs, struct leat_error *err)
{
    int64_t now_ms = leat_now_ms(), patience_ms = jobs->log_patience_ms;

    if (all_imported(jobs) && patience_ms > BASE_MS)
        patience_ms = BASE_MS;
    jobs->log_until_ms = jobs->log_until_ms ? jobs->log_until_ms : now_ms + patience_ms;
    if (jobs->lines.n_seen >= expected(jobs) || now_ms >= jobs->log_until_ms)
        return judge(jobs, err);
    leat_stage_log(jobs->stage, LEAT_LOG_DEBUG, "the log of the import job %s has %lld of %lld lines", jobs->job.name,
                   (long long)jobs->lines.n_seen, (long long)expected(jobs));
    jobs->token.n = 0;
    return pause_for(jobs, FIRST_LOOK_MS, MOST_LOOK_MS);
}

int step_log(struct jobs *jobs, struct leat_error *err)
{
    bool more = false;
    int rc;

    if (!jobs->lines.of && !log_begin(&jobs->lines, jobs->attempt.n_rows))
        return leat_fail(err, -ENOMEM, "out of memory");
    if (!wants_log(jobs))
        return judge(jobs, err);
    if (!jobs->begun)
        ask_log(jobs);
    rc = call_go(&jobs->call, err);
    if (rc <= 0)
        return rc;
    jobs->begun = false;
    if (call_code_is(&jobs->call, "ResourceNotFoundException")) /* not there yet */
        return log_read(jobs, err);
    if (call_code_is(&jobs->call, "InvalidParameterException") && jobs->token.n)
        return log_read(jobs, err);
    rc = jobs->call.fault.verdict == LEAT_AWS_FINE ? reply_log(jobs, &more, err) : call_failed(&jobs->call, err);
    if (rc < 0)
        return rc;
    return more ? STEP_ON : log_read(jobs, err);
}

/* ---- what it means ---- */

/* Whoever was there when the job at hand began can be of an earlier run only if that had begun before it. */
static bool is_after_others(const struct jobs *jobs)
{
    return jobs->others && (jobs->job.started_s <= 0 || jobs->job.started_s > jobs->others_s);
}

/* Puts the rows' verdicts into the piece; returns how many have none. */
static int32_t merge(struct jobs *jobs, const uint8_t *verdicts)
{
    struct piece *piece = piece_at(jobs);
    int32_t n_none = 0;

    piece->after_others |= is_after_others(jobs);
    for (int32_t i = 0; i < jobs->attempt.n_rows; i++) {
        piece->verdicts[jobs->attempt.rows ? jobs->attempt.rows[i] : i] = verdicts[i];
        n_none += log_tag_of(verdicts[i]) == LOG_NONE;
    }
    return n_none;
}

/* The commonest reason, for people. */
static const char *common_reason(const uint8_t *verdicts, int32_t n)
{
    int32_t counts[64] = { 0 };
    int best = 0;

    for (int32_t i = 0; i < n; i++)
        if (log_tag_of(verdicts[i]) == LOG_FAILED || log_tag_of(verdicts[i]) == LOG_SKIPPED)
            counts[log_reason_of(verdicts[i])]++;
    for (int i = 1; i < 64; i++)
        if (counts[i] > counts[best])
            best = i;
    return counts[best] && log_reason(best) ? log_reason(best) : "its log says why";
}

static int trial_failed(const struct jobs *jobs, const uint8_t *verdicts, struct leat_error *err)
{
    const struct log_counts *counts = &jobs->job.counts;
    const char *why = common_reason(verdicts, jobs->attempt.n_rows);
    bool hash = piece_at(jobs)->set != COGNITO_NO_ALGORITHM && strstr(why, "password hash");

    return leat_fail(err, LEAT_EDATA, "of the %d users of the trial %lld were imported, %lld skipped and %lld failed: "
                     "%s%s%s (log group %s, stream %s). Nobody else was imported; put it right, and run again",
                     (int)jobs->attempt.n_rows, (long long)counts->imported, (long long)counts->skipped,
                     (long long)counts->failed, why, hash ? "; look, " : "",
                     hash ? canary_advice(piece_at(jobs)->set, false) : "", piece_at(jobs)->log_group,
                     piece_at(jobs)->log_stream);
}

/* Users whom an unclear attempt may have brought are as good as imported. */
static bool trial_is_good(const struct jobs *jobs, const uint8_t *verdicts)
{
    bool ours = is_after_others(jobs) || jobs_are_unclear(jobs, piece_at(jobs));

    for (int32_t i = 0; i < jobs->attempt.n_rows; i++)
        if (log_tag_of(verdicts[i]) != LOG_SUCCEEDED && !(ours && log_tag_of(verdicts[i]) == LOG_SKIPPED))
            return false;
    return true;
}

/* Of a trial of an earlier run: somebody may have put right what was wrong with the others. */
static int keep_imported(struct jobs *jobs, const uint8_t *verdicts)
{
    for (int32_t i = 0; i < jobs->attempt.n_rows; i++)
        if (log_tag_of(verdicts[i]) == LOG_SUCCEEDED)
            piece_at(jobs)->verdicts[jobs->attempt.rows ? jobs->attempt.rows[i] : i] = verdicts[i];
    return go(jobs, step_choose);
}

static int after_trial(struct jobs *jobs, const uint8_t *verdicts, struct leat_error *err)
{
    if (trial_is_good(jobs, verdicts)) {
        (void)merge(jobs, verdicts);
        return go(jobs, step_choose);
    }
    return jobs->live ? trial_failed(jobs, verdicts, err) : keep_imported(jobs, verdicts);
}

static int after_success(struct jobs *jobs, const uint8_t *verdicts)
{
    int32_t n_none = merge(jobs, verdicts);

    if (n_none)
        leat_stage_log(jobs->stage, LEAT_LOG_WARNING, "of %d users of the import job %s it is not known what became of "
                       "them: %s (log group %s, stream %s)", (int)n_none, jobs->job.name,
                       jobs->lines.n_seen && !jobs->is_calibrated ? "its log does not tell whether the header counts"
                                                         : "its log has no line for them",
                       piece_at(jobs)->log_group, piece_at(jobs)->log_stream);
    piece_at(jobs)->done = true;
    return go(jobs, step_choose);
}

static int job_failed(const struct jobs *jobs, const uint8_t *verdicts, struct leat_error *err)
{
    const struct log_counts *counts = &jobs->job.counts;
    const char *why = counted(counts) ? common_reason(verdicts, jobs->attempt.n_rows)
                                      : "most likely Cognito cannot assume cloudwatch_role_arn, or write logs by it";

    return leat_fail(err, LEAT_EUNREACHABLE, "the import job %s %s: %lld imported, %lld skipped, %lld failed of %d; "
                     "%s. Look at it in the console, put it right, and run again to go on with the rest",
                     jobs->job.name, jobs->job.status == JOB_STOPPED ? "was stopped by somebody" : "failed as a whole",
                     (long long)counts->imported, (long long)counts->skipped, (long long)counts->failed,
                     (int)jobs->attempt.n_rows, why);
}

/* One job after the other that is only told who is there already leads to no end. */
static bool leads_nowhere(struct jobs *jobs, const uint8_t *verdicts)
{
    struct piece *piece = piece_at(jobs);
    int32_t n_closed = 0;

    for (int32_t i = 0; i < jobs->attempt.n_rows; i++)
        n_closed += log_tag_of(verdicts[i]) != LOG_NONE;
    piece->n_barren = jobs->job.counts.imported ? 0 : piece->n_barren + 1;
    return piece->n_barren && (!n_closed || piece->n_barren > MOST_BARREN);
}

/* What is known of its rows is known; the rest goes with another job. One that brought nobody says nothing of its rows,
 * only that something has to be put right first. */
static int after_failure(struct jobs *jobs, const uint8_t *verdicts, struct leat_error *err)
{
    const struct log_counts *counts = &jobs->job.counts;
    /* Then it failed for who was there already. */
    bool ours = is_after_others(jobs) || jobs_are_unclear(jobs, piece_at(jobs));
    bool brought = counts->imported > 0 || (ours && counts->skipped > 0 && !counts->failed);

    if (jobs->attempt.is_trial && !jobs->live)
        return keep_imported(jobs, verdicts);
    if (brought) {
        if (!jobs->is_calibrated && !all_imported(jobs))
            return leat_fail(err, LEAT_EUNREACHABLE, "the import job %s failed on its way, and its log does not tell "
                             "whether the header counts as a line, so nobody knows who was imported; begin anew "
                             "with `trial: 1`, which shows it, and --restart: who is in the pool is then taken for "
                             "imported", jobs->job.name);
        (void)merge(jobs, verdicts);
        piece_at(jobs)->unclear |= jobs->lines.n_seen < counted(counts);
    }
    if (jobs->live && (!brought || jobs->job.status == JOB_STOPPED || leads_nowhere(jobs, verdicts)))
        return job_failed(jobs, verdicts, err);
    if (jobs->live)
        leat_stage_log(jobs->stage, LEAT_LOG_WARNING, "the import job %s failed on its way, with %lld users imported, "
                       "%lld skipped and %lld failed of %d; going on with the rest", jobs->job.name,
                       (long long)counts->imported, (long long)counts->skipped, (long long)counts->failed,
                       (int)jobs->attempt.n_rows);
    return go(jobs, step_choose);
}

static int follow(struct jobs *jobs, const uint8_t *verdicts, struct leat_error *err)
{
    if (jobs->attempt.is_trial && jobs->live && jobs->job.status != JOB_SUCCEEDED)
        return trial_failed(jobs, verdicts, err);
    if (jobs->job.status != JOB_SUCCEEDED)
        return after_failure(jobs, verdicts, err);
    return jobs->attempt.is_trial ? after_trial(jobs, verdicts, err) : after_success(jobs, verdicts);
}

static int judge(struct jobs *jobs, struct leat_error *err)
{
    const struct log_counts *counts = &jobs->job.counts;
    uint8_t *verdicts = malloc((size_t)jobs->attempt.n_rows);
    int base = log_base(&jobs->lines, jobs->base), rc;

    if (!verdicts)
        return leat_fail(err, -ENOMEM, "out of memory");
    jobs->is_calibrated = base != 0;
    jobs->base = base ? base : jobs->base;
    piece_at(jobs)->first_line = jobs->attempt.rows ? 0 : base;
    log_judge(&jobs->lines, counts, base, verdicts);
    if (jobs->live)
        leat_stage_log(jobs->stage, LEAT_LOG_INFO, "import job %s: %s, %lld imported, %lld skipped, %lld failed",
                       jobs->job.name, job_status_name(jobs->job.status), (long long)counts->imported,
                       (long long)counts->skipped, (long long)counts->failed);
    rc = follow(jobs, verdicts, err);
    log_end(&jobs->lines);
    free(verdicts);
    return rc;
}
