/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where the report of a run goes. A run that cannot start has one too, with the
 * reason: what yesterday's run has left must not stand there as today's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"
#include "observe/log.h"

static const char begins[] = "{\"pipeline\":"; /* as leat_report_write begins */

static bool has_file(const struct leat_plan *stage, const char *path)
{
    for (int i = 0; stage && i < stage->n_files; i++)
        if (strcmp(stage->files[i].path, path) == 0)
            return true;
    return false;
}

static const struct leat_plan *stage_of(const struct leat_pipeline_plan *plan, const char *path)
{
    for (int i = 0; i < plan->n_stages; i++)
        if (has_file(&plan->stages[i], path))
            return &plan->stages[i];
    return has_file(plan->rejects, path) ? plan->rejects : has_file(plan->results, path) ? plan->results : NULL;
}

bool leat_cli_report_clashes(const struct leat_cli *cli, struct leat_session *session)
{
    const char *path = cli->report ? leat_path_canonical(&session->plan.arena, cli->report) : NULL;
    const struct leat_plan *stage = path ? stage_of(&session->plan, path) : NULL;
    bool self = path && session->pipeline.real_path && strcmp(path, session->pipeline.real_path) == 0;

    if (self)
        (void)snprintf(session->why, sizeof session->why, "--report %s: this is the pipeline file", cli->report);
    else if (stage)
        (void)snprintf(session->why, sizeof session->why,
                       "--report %s: this is a file of %s; give the report another path", cli->report,
                       stage->model->id);
    return self || stage;
}

/* 0, or why a file of this name could not be written as leat_file_write does it. A pipe is waited at, not tried. */
static int fault_of(const char *path, struct leat_arena *arena)
{
    const char *folder = leat_path_folder(arena, leat_path_canonical(arena, path));
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
    if (stat(folder, &st) < 0)
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    return access(folder, W_OK | X_OK) < 0 ? -errno : 0;
}

bool leat_cli_report_is_faulty(const struct leat_cli *cli, struct leat_session *session)
{
    int rc = cli->report ? fault_of(cli->report, &session->plan.arena) : 0;

    if (rc < 0)
        (void)snprintf(session->why, sizeof session->why, "cannot write the report %s: %s", cli->report, strerror(-rc));
    return rc < 0;
}

int leat_cli_report(const struct leat_cli *cli, struct leat_run_report *report, int status)
{
    struct leat_error err = {0};
    bool terminal = isatty(STDERR_FILENO) && !cli->quiet;

    report->status = status;
    if (leat_log_is_json())
        leat_report_json(report, stderr);
    else if (status != EX_OK || terminal || cli->progress)
        leat_report_summary(report, stderr);
    if (*report->error)
        leat_cli_say("%s", report->error);
    if (cli->json)
        leat_report_json(report, stdout);
    if (cli->report && leat_report_write(report, cli->report, &err) < 0)
        return leat_cli_failed(&err, false);
    return status;
}

/* What has been planned of a wrong file may not name all that the run would touch, so only an
 * old report is replaced, and what holds nothing. */
static bool may_replace(const char *path)
{
    char text[sizeof begins - 1];
    struct stat st;
    ssize_t n;
    int fd;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return true;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)sizeof text && memcmp(text, begins, sizeof text) == 0;
}

/* Also a run that could not start stands in the history. */
static void record(struct leat_session *session, const struct leat_run_report *report)
{
    const char *load = session->pipeline.work_name ? session->pipeline.work_name : report->load;
    struct leat_state *state = &session->state;
    struct leat_text_buffer json = {0};
    struct leat_error err = {0};
    int rc = state->db ? leat_state_begin(state, &err) : 0;

    if (!state->db || rc < 0)
        return;
    leat_report_text(report, &json);
    if (!state->run)
        rc = leat_state_run_begin(state, load ? load : "", "", 0, &err);
    if (rc == 0)
        rc = leat_state_run_end(state, report->status, json.p, report->error, &err);
    if (rc == 0)
        rc = leat_state_commit(state, &err);
    if (rc < 0)
        leat_state_rollback(state);
    if (state->left_open) /* what the run before has done is still to be said */
        state->run = 0;
    leat_text_deinit(&json);
}

int leat_cli_not_started(const struct leat_cli *cli, struct leat_session *session, int status)
{
    const struct leat_pipeline *p = session->pipeline.name ? &session->pipeline : &session->source;
    struct leat_run_report report = {.pipeline = p->name, .load = p->load_name,
                                     .started_us = leat_clock_wall_us(), .status = status};
    struct leat_error err = {0};

    report.ended_us = report.started_us;
    (void)snprintf(report.error, sizeof report.error, "%s", session->why);
    record(session, &report);
    if (cli->json)
        leat_report_json(&report, stdout);
    if (!cli->report || leat_cli_report_clashes(cli, session))
        return status;
    if (leat_cli_report_is_faulty(cli, session)) {
        if (strcmp(report.error, session->why) != 0) /* not the reason itself, which has been said */
            leat_cli_say("%s", session->why);
    } else if (may_replace(cli->report) && leat_report_write(&report, cli->report, &err) < 0) {
        (void)leat_cli_failed(&err, false);
    }
    return status;
}
