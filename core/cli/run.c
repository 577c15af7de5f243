/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "engine/run.h"
#include "observe/log.h"
#include "observe/report.h"

enum { GRACE_S = 30 }; /* what is in flight has so long to come to an end after a signal */

/* Why a run is stopped before its end. */
struct stop {
    int signal; /* 0: by none */
    bool late;  /* --time-limit */
};

/* A signal that our parent ignores (nohup) stays ignored. */
static void add_signal(sigset_t *signals, int number)
{
    struct sigaction old;

    if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaddset(signals, number);
}

static int block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    add_signal(signals, SIGINT);
    add_signal(signals, SIGTERM);
    add_signal(signals, SIGHUP);
    return pthread_sigmask(SIG_BLOCK, signals, NULL);
}

/* The first signal stops the extract and drains; the second leaves at once. */
static void on_signal(struct leat_run *run, int fd, int *number)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof info) != sizeof info)
        return;
    if (*number)
        _exit(128 + (int)info.ssi_signo);
    *number = (int)info.ssi_signo;
    leat_run_stop(run);
}

static void end_grace(struct leat_run *run, int64_t signalled_us, const struct stop *stop)
{
    struct leat_error err = {0};

    if (signalled_us && leat_clock_us() - signalled_us > (GRACE_S + 5) * INT64_C(1000000))
        _exit(stop->signal ? 128 + stop->signal : EX_TEMPFAIL); /* a thread is stuck in a system call */

    if (!signalled_us || leat_clock_us() - signalled_us < GRACE_S * INT64_C(1000000))
        return;
    (void)leat_fail(&err, LEAT_ECANCELED, "what was in flight did not come to an end within %d s", GRACE_S);
    leat_run_fail(run, "signal", &err);
}

/* False: a terminal that can only go on, such as a shell in an editor. */
static bool cursor_moves(void)
{
    const char *term = getenv("TERM");

    return term && *term && strcmp(term, "dumb") != 0;
}

static int milliseconds_to(const struct leat_cli *cli, int64_t started, int every_ms)
{
    int64_t left = cli->time_limit_ms - (leat_clock_us() - started) / 1000;

    if (!cli->time_limit_ms || (every_ms >= 0 && left > every_ms))
        return every_ms;
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void end_time(struct leat_run *run, const struct leat_cli *cli, int64_t started, struct stop *stop)
{
    if (!cli->time_limit_ms || stop->late || leat_clock_us() - started < cli->time_limit_ms * 1000)
        return;
    stop->late = true;
    leat_run_stop(run);
}

/* How progress is shown, if it is. */
struct view {
    void (*show)(const struct leat_progress *, struct leat_progress_screen *, FILE *);
    int every_ms; /* -1: never */
    int64_t started, shown;
    struct leat_progress_screen screen;
};

static void choose_view(struct view *v, const struct leat_run *run, const struct leat_cli *cli)
{
    bool terminal = isatty(STDERR_FILENO) && !cli->quiet, drawn = terminal && cursor_moves() && !cli->log_json;

    *v = (struct view){.show = drawn ? leat_progress_draw : cli->log_json ? leat_progress_json : leat_progress_line,
                       .every_ms = drawn ? 200 : terminal || cli->progress ? 5000 : -1,
                       .started = leat_clock_us(), .screen = {.last_settled = run->resume.n_read}};
    v->shown = v->started;
}

static void show_progress(struct view *v, struct leat_run *run)
{
    struct leat_progress progress;

    if (v->every_ms < 0 || leat_clock_us() - v->shown < v->every_ms * INT64_C(1000))
        return;
    v->shown = leat_clock_us();
    leat_run_progress(run, &progress);
    progress.seconds = (double)(v->shown - v->started) / 1e6;
    v->screen.width = leat_terminal_width(STDERR_FILENO);
    v->show(&progress, &v->screen, stderr);
}

/* Waits for the threads; shows progress meanwhile. */
static void wait_for(struct leat_run *run, const struct leat_cli *cli, int signal_fd, struct stop *stop)
{
    struct pollfd fds[2] = {{.fd = run->done_fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    int64_t signalled = 0;
    struct view view;

    choose_view(&view, run, cli);

    for (;;) {
        int n = poll(fds, 2, stop->signal || stop->late ? 200 : milliseconds_to(cli, view.started, view.every_ms));

        if ((n < 0 && errno != EINTR) || (fds[0].revents & POLLIN))
            break;
        if (n > 0 && (fds[1].revents & POLLIN))
            on_signal(run, signal_fd, &stop->signal);
        end_time(run, cli, view.started, stop);
        if ((stop->signal || stop->late) && !signalled)
            signalled = leat_clock_us();
        end_grace(run, signalled, stop);
        if (n == 0)
            show_progress(&view, run);
    }
    leat_progress_clear(&view.screen, stderr);
}

static void fill_report(struct leat_run_report *report, struct leat_run *run, struct leat_session *session)
{
    const struct leat_plan *load = leat_plan_load(&session->plan);

    report->pipeline = session->pipeline.name;
    report->load = session->pipeline.load_name;
    report->books = leat_delivery_books(&run->delivery);
    report->left_out = leat_arena_alloc(&session->plan.arena, ((size_t)load->n_left_out + 1) * sizeof *report->left_out);
    for (int i = 0; i < load->n_left_out; i++)
        report->left_out[report->n_left_out++] = load->left_out[i].field;
    report->read_before = run->resume.n_read;
    report->n_counts = leat_run_counts(run, &session->plan.arena, &report->counts);
}

/* What becomes of a run that has not come to its end. */
static const char *what_next(const struct leat_run *run)
{
    if (leat_run_goes_on(run))
        return "run again to go on from there";
    return "no file got its final name: run again";
}

/* What running again comes upon once more: the text says what to do, such as to begin anew. */
static bool is_in_the_way(const struct leat_error *err)
{
    return err->code == LEAT_EPIPELINE || err->code == LEAT_EPLUGIN || err->code == LEAT_EDATA ||
           err->code == -EUCLEAN || err->code == -EPROTO || strstr(err->text, "--restart");
}

static int say_failed(struct leat_run_report *report, struct leat_run *run, const char *file,
                      const struct leat_error *err)
{
    bool nothing = !run->committed && leat_plan_load(run->plan)->n_files && report->books.counts[LEAT_LOADED];
    const char *next = is_in_the_way(err) ? "" : "; run again to go on from there";

    (void)snprintf(report->error, sizeof report->error, "%s: %s%s%s%s", file, run->failed_stage ? run->failed_stage : "",
                   run->failed_stage ? ": " : "", err->text,
                   leat_run_goes_on(run) ? next : nothing ? "; no file got its final name" : "");
    return leat_exit_status(err->code, report->books.counts[LEAT_LOADED] == 0);
}

static const char *where_rejects_go(const struct leat_pipeline *p)
{
    return p->rejects.plugin ? "" : "; rejects: {csv: {path: rejects.csv}} would keep the records with the reason";
}

/* A run that came to its end, but not to a good one. */
static int judge_books(struct leat_run_report *report, const struct leat_pipeline *p)
{
    int64_t rejected = report->books.counts[LEAT_REJECTED], unknown = report->books.counts[LEAT_UNKNOWN];
    int64_t conflict = report->books.counts[LEAT_CONFLICT], all = report->books.read + report->books.made;

    if (unknown)
        (void)snprintf(report->error, sizeof report->error,
                       "%s: %" PRId64 " records have an unknown outcome: nobody can say whether they are in the target%s; "
                       "with a `find:` the next run asks", p->source.path, unknown,
                       p->results.plugin ? " (results: has their keys)" : "; results: would keep their keys");
    else if (leat_limit_exceeded(&p->max_rejects, rejected, all))
        (void)snprintf(report->error, sizeof report->error, "%s: %" PRId64 " rejected, more than max_rejects: allows%s",
                       p->source.path, rejected, where_rejects_go(p));
    else if (leat_limit_exceeded(&p->max_rejects, rejected + conflict, all))
        (void)snprintf(report->error, sizeof report->error, "%s: %" PRId64 " in conflict, with the rejected more than "
                       "max_rejects: allows: under their keys the target has something else, or what they were before "
                       "they changed, which only `incremental: true` sends again%s", p->source.path, conflict,
                       p->results.plugin ? "" : "; results: would keep their keys");
    else
        return EX_OK;
    return EX_DATAERR;
}

/* How the run went, as an exit status; says it where it went wrong. */
static int judge(struct leat_run_report *report, struct leat_run *run, struct leat_session *session,
                 const struct stop *stop)
{
    const struct leat_pipeline *p = &session->pipeline;
    struct leat_error err = {0};
    int rc = leat_run_finish(run, &err);

    fill_report(report, run, session);
    if (rc < 0 && !((stop->signal || stop->late) && rc == LEAT_ECANCELED))
        return say_failed(report, run, p->source.path, &err);
    if (run->stopped_early) {
        (void)snprintf(report->error, sizeof report->error, "%s: stopped: more rejects than stop_after: allows; "
                       "the load's files did not get their names%s%s", p->source.path, where_rejects_go(p),
                       leat_run_goes_on(run) ? "; run again to go on from there" : "");
        return EX_DATAERR;
    }
    if (stop->signal && !run->committed) {
        (void)snprintf(report->error, sizeof report->error, "%s: stopped by signal %d; %s", p->source.path, stop->signal,
                       what_next(run));
        return 128 + stop->signal;
    }
    if (stop->late && !run->committed) {
        (void)snprintf(report->error, sizeof report->error, "%s: stopped at --time-limit; %s", p->source.path,
                       what_next(run));
        return EX_TEMPFAIL;
    }
    return judge_books(report, p);
}

/* -v: who works beside whom, on what. */
static void log_plan(const struct leat_run *run)
{
    for (int i = 0; i < run->n_segments; i++) {
        const struct leat_segment *s = &run->segments[i];

        for (int j = s->first; j < s->first + s->n_stages; j++)
            leat_log(LEAT_LOG_INFO, "segment %d, %d worker%s: %s", i + 1, s->n_workers, s->n_workers == 1 ? "" : "s",
                     run->plan->stages[j].model->id);
    }
}

static void log_files(const struct leat_plan *stage)
{
    for (int i = 0; stage && i < stage->n_files; i++)
        leat_log(LEAT_LOG_INFO, "%s %s %s", stage->model->id, stage->files[i].written ? "writes" : "reads",
                 stage->files[i].path);
}

static void log_start(const struct leat_run *run)
{
    log_plan(run);
    for (int i = 0; i < run->plan->n_stages; i++)
        log_files(&run->plan->stages[i]);
    log_files(run->plan->rejects);
    log_files(run->plan->results);
}

/* Files leave the publisher's list, from its end, as they get their names. */
static void log_renamed(const struct leat_publisher *publisher, int n_before)
{
    for (int i = publisher->n; i < n_before; i++)
        leat_log(LEAT_LOG_INFO, "%s is now %s", publisher->files[i].written, publisher->files[i].final);
}

/* The history. What cannot be written there is said, and worth a status of its own. */
static int record(struct leat_run *run, const struct leat_run_report *report)
{
    struct leat_text_buffer json = {0};
    struct leat_error err = {0};
    int rc;

    leat_report_text(report, &json);
    rc = leat_run_record(run, report->status, json.p, *report->error ? report->error : NULL, &err);
    leat_text_deinit(&json);
    return rc < 0 ? leat_cli_failed(&err, false) : report->status;
}

/* The run before this one was killed when it had done everything and was about to leave, or could not say so. */
static int report_last(const struct leat_cli *cli, struct leat_run *run)
{
    const struct leat_run_row *last = &run->resume.last;
    struct leat_state *state = run->options.state;

    leat_log(LEAT_LOG_WARNING, "run %" PRId64 " had done everything, and was killed or failed as it was about to end; so "
             "nothing is left to be done now. Run again for a new run, or with --restart", last->id);
    if (cli->json)
        printf("%s", last->report);
    if (last->status && last->note)
        leat_cli_say("%s", last->note);
    if (cli->report && leat_file_write(cli->report, last->report, strlen(last->report)) < 0) {
        leat_cli_say("cannot write the report %s", cli->report);
        return EX_IOERR;
    }
    state->run = last->id; /* which has been seen to end, once we do */
    return last->status;
}

static int run_threads(const struct leat_cli *cli, struct leat_session *session, struct leat_run *run, int signal_fd,
                       struct leat_run_report *report)
{
    struct stop stop = {0};
    int n_files, status, recorded, told;

    if (!run->resume.ended) {
        wait_for(run, cli, signal_fd, &stop);
        leat_run_join(run);
    }
    report->ended_us = leat_clock_wall_us();
    n_files = run->publisher.n;
    status = judge(report, run, session, &stop);
    log_renamed(&run->publisher, n_files);
    told = leat_cli_report(cli, report, status);
    recorded = record(run, report);
    if (told != status || recorded != status)
        run->options.state->run = 0; /* whoever waits for it has not learned how it went: the run after it will say so */
    return told != status ? told : recorded;
}

static int could_not_start(const struct leat_cli *cli, struct leat_session *session, struct leat_run *run, int rc,
                           const struct leat_error *err)
{
    int status = leat_exit_status(rc, true);

    (void)snprintf(session->why, sizeof session->why, "%s: %s%s%s", cli->file, run->failed_stage ? run->failed_stage : "",
                   run->failed_stage ? ": " : "", err->text);
    leat_cli_say("%s", session->why);
    return leat_cli_not_started(cli, session, status);
}

static int run_plan(const struct leat_cli *cli, struct leat_session *session, int signal_fd)
{
    struct leat_run_options options = {.rows_wanted = -1, .state = &session->state};
    struct leat_run_report report = {.started_us = leat_clock_wall_us()};
    struct leat_error err = {0};
    struct leat_run run;
    int status, rc = leat_run_init(&run, &session->plan, &options, &err);

    if (rc == 0)
        rc = leat_run_resume(&run, cli->restart, &err);
    if (rc == 0)
        log_start(&run);
    if (rc == 0 && !run.resume.ended && !run.resume.last.id)
        rc = leat_run_start(&run, &err);
    report.run = session->state.run;
    report.goes_on = run.work != report.run ? run.work : 0;
    if (rc == 0 && run.resume.last.id)
        status = report_last(cli, &run);
    else if (rc == 0)
        status = run_threads(cli, session, &run, signal_fd, &report);
    else
        status = could_not_start(cli, session, &run, rc, &err);
    leat_run_deinit(&run);
    return status;
}

/* What is wrong with --report is found before anything is read. */
static int check_report(const struct leat_cli *cli, struct leat_session *session)
{
    int status = leat_cli_report_clashes(cli, session)     ? EX_USAGE
                 : leat_cli_report_is_faulty(cli, session) ? EX_IOERR
                                                           : EX_OK;

    if (status != EX_OK)
        leat_cli_say("%s", session->why);
    return status;
}

int leat_cli_run(const struct leat_cli *cli)
{
    struct leat_session session;
    sigset_t signals;
    int status, fd = -1;
    char *leaving;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    status = leat_session_open(&session, cli, LEAT_SESSION_CONNECT | LEAT_SESSION_WRITES | LEAT_SESSION_STATE); /* may be interrupted like any program */
    if (status == 0)
        status = check_report(cli, &session);
    if (status == 0 && (block_signals(&signals) != 0 || (fd = signalfd(-1, &signals, SFD_CLOEXEC)) < 0)) {
        (void)snprintf(session.why, sizeof session.why, "cannot handle signals: %s", strerror(errno));
        leat_cli_say("%s", session.why);
        status = EX_OSERR;
    }
    if (status == 0)
        status = run_plan(cli, &session, fd);
    else if (*session.why)
        (void)leat_cli_not_started(cli, &session, status);
    leaving = leat_state_leaving(&session.state);
    session.lock.fd = -1; /* the kernel lets go of it with the process, behind the 'e' */
    leat_session_close(&session);
    if (fd >= 0)
        close(fd);
    if (leaving && fflush(stdout) == 0)
        *leaving = 'e';
    return status;
}
