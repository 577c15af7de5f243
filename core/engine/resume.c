/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Going on. A run that was stopped or killed has left its work in the state, with
 * its last checkpoints; the run after it takes up the newest that all stages with
 * transactions have taken part in, and what lies behind that is cut off.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "engine/run.h"
#include "observe/log.h"

static const char *identity_of(const struct leat_run *run)
{
    const struct leat_plan *load = leat_plan_load(run->plan);

    return load->target ? load->target : load->model->plugin;
}

/* ---- what was left ---- */

static bool needs(const struct leat_checkpoint *c, const char *path)
{
    for (int i = 0; i < c->n_parts; i++)
        if ((strcmp(c->parts[i].kind, "kept") == 0 && strcmp(c->parts[i].name, path) == 0) ||
            (strcmp(c->parts[i].kind, "file") == 0 && strcmp(c->parts[i].value, path) == 0))
            return true;
    return false;
}

/* Those that this checkpoint does not need. */
static void remove_files(const struct leat_checkpoint *files, const struct leat_checkpoint *but)
{
    for (int i = 0; i < files->n_parts; i++)
        if (!needs(but, files->parts[i].name))
            (void)unlink(files->parts[i].name);
}

/* Of the target's checkpoints. */
static int remove_files_but(struct leat_state *state, const struct leat_checkpoint *but, struct leat_error *err)
{
    struct leat_checkpoint files;
    int rc = leat_checkpoint_files(state, false, &files, err);

    remove_files(&files, but);
    leat_checkpoint_deinit(&files);
    return rc;
}

int leat_work_give_up(struct leat_state *state, struct leat_error *err)
{
    static const struct leat_checkpoint nothing;
    int rc = remove_files_but(state, &nothing, err);

    leat_state_forget_memories(state);
    return rc;
}

/* ---- choosing ---- */

/* The checkpoint that a stage's target says it has taken part in, of this work: 0: none. */
static int ask(struct leat_run *run, struct leat_stage *stage, int64_t work, int64_t *ret_seq, struct leat_error *err)
{
    struct leat_mark what = {""};
    int64_t theirs = 0, seq = 0;
    int rc = stage->plan->plugin->last_commit(stage, stage->self, leat_sink_who(run, stage), &what, err);

    if (rc < 0) {
        leat_run_fail(run, stage->plan->model->id, (err->code = rc, err));
        return rc;
    }
    if (sscanf(what.text, "%" SCNd64 ".%" SCNd64, &theirs, &seq) != 2 || theirs != work)
        seq = 0;
    *ret_seq = seq;
    return 0;
}

/* The same of all sinks, 0 where there are no transactions; and the newest that all have taken part in, `newest` where
 * nobody has any. */
static int newest_common(struct leat_run *run, int64_t work, int64_t newest, int64_t seqs[LEAT_N_SINKS], int64_t *ret,
                         struct leat_error *err)
{
    int rc = 0;

    *ret = newest;
    for (int i = 0; i < LEAT_N_SINKS && rc == 0; i++) {
        struct leat_stage *sink = leat_run_sink(run, i);

        if (!leat_sink_has_transactions(sink))
            continue;
        rc = ask(run, sink, work, &seqs[i], err);
        if (rc == 0 && seqs[i] < *ret)
            *ret = seqs[i];
    }
    return rc;
}

static int lost(const struct leat_run *run, struct leat_error *err)
{
    return leat_fail(err, LEAT_EDATA, "cannot go on: %s does not know of the last commits to it, so it is not what it "
                     "was when the run stopped; put it back, or begin anew with `leat run --restart`",
                     identity_of(run));
}

/* Rows that a side with transactions has got behind the checkpoint, since it took part in a newer one. */
static int skip_rows(struct leat_run *run, struct leat_side *side, const char *name, int64_t seq,
                     struct leat_error *err)
{
    struct leat_checkpoint theirs;
    int rc;

    if (!seq)
        return 0;
    rc = leat_checkpoint_load(run->options.state, seq, &theirs, err);
    if (rc == 0 && !theirs.seq)
        rc = lost(run, err);
    if (rc == 0)
        side->n_skip = leat_checkpoint_number(&theirs, "held", name) - side->n_rows;
    leat_checkpoint_deinit(&theirs);
    return rc;
}

static int restore_sides(struct leat_run *run, const int64_t seqs[LEAT_N_SINKS], struct leat_error *err)
{
    struct leat_side *sides[] = {[LEAT_SINK_REJECTS] = &run->delivery.rejects,
                                 [LEAT_SINK_RESULTS] = &run->delivery.results};
    int rc = 0;

    for (int i = 0; i < LEAT_SINK_LOAD && rc == 0; i++) {
        sides[i]->n_rows = leat_checkpoint_number(&run->resume.from, "rows", leat_sink_names[i]);
        rc = skip_rows(run, sides[i], leat_sink_names[i], seqs[i], err);
    }
    return rc;
}

/* Those that nobody needs any more are gone from the state: what is there begins with the newest that all have
 * taken part in. `newest` 0: there is none. */
static int choose(struct leat_run *run, int64_t work, int64_t newest, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int64_t seqs[LEAT_N_SINKS] = {0}, seq = 0;
    int rc = newest_common(run, work, newest, seqs, &seq, err);

    run->seq = newest; /* numbers rise, also over those that are given up */
    if (rc == 0 && seq)
        rc = leat_checkpoint_load(state, seq, &run->resume.from, err);
    if (rc == 0 && newest && !run->resume.from.seq && (seq || leat_checkpoint_first(state) > 1))
        rc = lost(run, err);
    if (rc == 0)
        rc = restore_sides(run, seqs, err);
    return rc < 0 ? rc : remove_files_but(state, &run->resume.from, err);
}

/* ---- restoring ---- */

static void restore_books(struct leat_run *run)
{
    const struct leat_checkpoint *from = &run->resume.from;
    struct leat_books *books = &run->delivery.books;

    run->resume.n_read = books->read = leat_checkpoint_number(from, "books", "read");
    books->made = leat_checkpoint_number(from, "books", "made");
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        books->counts[v] = leat_checkpoint_number(from, "books", leat_verdict_name((enum leat_verdict)v));
}

static void restore(struct leat_run *run)
{
    const struct leat_checkpoint *from = &run->resume.from;

    restore_books(run);
    for (int i = 0; i < from->n_parts; i++) {
        const struct leat_part *part = &from->parts[i];

        if (strcmp(part->kind, "position") == 0)
            leat_delivery_position(&run->delivery, atoi(part->name), part->value);
        else if (strcmp(part->kind, "file") == 0)
            leat_publisher_add(&run->publisher, part->value, part->name,
                               leat_checkpoint_number(from, "size", part->name));
    }
    run->previous = from->seq;
    run->publisher.may_be_needed = true;
    run->saved = from->seq > 0;
    run->resume.ended = leat_checkpoint_get(from, "end", "ended") != NULL;
    if (run->resume.ended)
        run->ended = run->committed = true;
}

/* ---- the whole ---- */

static int refuse_change(const char *before, const char *now, struct leat_error *err)
{
    struct leat_text_buffer what = {0};
    int rc;

    leat_meaning_difference(before, now, &what);
    rc = leat_fail(err, LEAT_EPIPELINE, "the pipeline has changed since the run that was stopped, and going on would mix "
                   "two of them: %.500s. Change it back to go on, or begin anew with `leat run --restart`",
                   what.p ? what.p : "in a value");
    leat_text_deinit(&what);
    return rc;
}

/* What the ledger knows of it is newer than its last checkpoint, and stays known. */
static void say_given_up_ledger(const struct leat_run *run, const struct leat_work *work)
{
    int64_t done, open;

    leat_state_ledger_count(run->options.state, work->run, &done, &open);
    leat_log(LEAT_LOG_WARNING, "--restart: giving up run %" PRId64 ". By the ledger %" PRId64 " of its records are in %s: "
             "they are not sent again. Of %" PRId64 " more it is not known whether they were sent", work->run, done,
             identity_of(run), open);
}

static void say_given_up(const struct leat_run *run, const struct leat_work *work, const struct leat_checkpoint *c)
{
    if (leat_plan_load(run->plan)->ledger) {
        say_given_up_ledger(run, work);
        return;
    }
    leat_log(LEAT_LOG_WARNING, "--restart: giving up run %" PRId64 ", which had read %" PRId64 " records and loaded "
             "%" PRId64 " into %s", work->run, leat_checkpoint_number(c, "books", "read"),
             leat_checkpoint_number(c, "books", "loaded"), identity_of(run));
}

/* What there is to go on with, if anything. */
static int go_on(struct leat_run *run, const struct leat_work *work, const char *meaning, bool restart,
                 struct leat_error *err)
{
    struct leat_checkpoint newest;
    int rc = leat_checkpoint_load(run->options.state, 0, &newest, err);
    int64_t seq = newest.seq;
    bool anything = rc == 0 && (seq || leat_plan_load(run->plan)->ledger);

    if (anything && restart)
        say_given_up(run, work, &newest);
    leat_checkpoint_deinit(&newest);
    if (rc < 0 || !anything || restart)
        return rc;
    if (strcmp(work->meaning, meaning) != 0)
        return refuse_change(work->meaning, meaning, err);
    rc = choose(run, work->run, seq, err);
    if (rc == 0)
        restore(run);
    run->work = work->run;
    run->resume.work_began_us = work->began_us;
    return rc;
}

struct newest {
    int64_t id;
    bool open;
};

static bool keep_newest(void *context, const struct leat_run_row *row)
{
    struct newest *newest = context;

    *newest = (struct newest){.id = row->id, .open = !row->ended_us && row->status < 0};
    return false;
}

/* A plugin that crashed has left a line, which goes into the history of its run. */
static int note_crash(struct leat_state *state, struct leat_error *err)
{
    struct leat_text_buffer text = {0};
    const char *path = leat_arena_printf(&state->arena, "%s/%s.crash", state->folder, state->name);
    struct newest newest = {0};
    int rc;

    if (leat_file_read(path, 4096, &text) < 0 || !text.n) {
        leat_text_deinit(&text);
        return 0;
    }
    text.p[strcspn(text.p, "\n")] = '\0';
    rc = leat_state_runs(state, keep_newest, &newest, err);
    if (rc == 0 && newest.open)
        rc = leat_state_run_note(state, newest.id, EX_SOFTWARE, text.p, err);
    leat_text_deinit(&text);
    (void)unlink(path);
    return rc;
}

/* What goes before is given up, with its checkpoints. */
static int begin_work(struct leat_run *run, const char *meaning, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int rc = leat_state_work_end(state, err);

    if (rc == 0)
        rc = leat_state_work_begin(state, meaning, err);
    run->work = state->run;
    run->resume.work_began_us = leat_clock_wall_us();
    run->seq = 0;
    return rc;
}

static void name_work(struct leat_run *run)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%.32s.%" PRId64, run->options.state->who, run->work);

    leat_state_hash(run->options.state, "work", text, (size_t)n, run->resume.work);
}

/* In a transaction. */
static int note_run(struct leat_run *run, const char *meaning, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int rc = note_crash(state, err);

    if (rc == 0)
        rc = leat_state_run_begin(state, run->plan->pipeline->work_name, identity_of(run), run->work, err);
    if (rc == 0 && !run->work)
        rc = begin_work(run, meaning, err);
    if (rc == 0)
        name_work(run);
    return rc;
}

static bool is_incremental(const struct leat_run *run)
{
    return leat_plan_extract(run->plan)->incremental && !run->plan->pipeline->replay;
}

/* Where the last success came to says nothing of another table. */
static int load_watermarks(struct leat_run *run, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    struct leat_text_buffer now = {0}, what = {0};
    const char *before;
    int rc = leat_watermarks_load(state, &run->resume.watermarks, err);

    leat_meaning_extract(run->plan, state, &now);
    before = rc == 0 ? leat_checkpoint_get(&run->resume.watermarks, "extract", "") : NULL;
    if (before && strcmp(before, now.p) != 0) {
        leat_meaning_difference(before, now.p, &what);
        rc = leat_fail(err, LEAT_EPIPELINE, "the extract has changed since the last incremental run, which has read all "
                       "up to a place in what it was: %.500s. Change it back, or read all of it once more: `leat state "
                       "reset %s`", what.p ? what.p : "in a value", state->name);
    }
    leat_text_deinit(&now);
    leat_text_deinit(&what);
    return rc;
}

static int note_begin(struct leat_run *run, const char *meaning, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int rc = leat_state_begin(state, err);

    if (rc < 0)
        return rc;
    rc = note_run(run, meaning, err);
    if (rc == 0)
        rc = leat_state_commit(state, err);
    if (rc < 0)
        leat_state_rollback(state);
    return rc;
}

/* What is given up goes once the state no longer names it. */
static int begin(struct leat_run *run, const char *meaning, struct leat_error *err)
{
    static const struct leat_checkpoint nothing;
    struct leat_state *state = run->options.state;
    struct leat_checkpoint given_up = {0};
    bool anew = !run->work;
    int rc = anew ? leat_replay_spare_files(run->plan, err) : 0;

    if (rc == 0 && is_incremental(run))
        rc = load_watermarks(run, err);
    if (rc == 0 && anew)
        rc = leat_checkpoint_files(state, false, &given_up, err);
    if (rc == 0)
        rc = note_begin(run, meaning, err);
    if (rc == 0 && anew) {
        remove_files(&given_up, &nothing);
        leat_state_forget_memories(state);
    }
    leat_checkpoint_deinit(&given_up);
    return rc < 0 ? rc : leat_checkpoint_files(state, true, &run->resume.files, err);
}

/* Everything was done, and whoever started the run has not seen it end, since it was killed just then: to do it
 * all again is not what running again means. After a boot nobody waits for it any more. */
static int find_finished(struct leat_run *run, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    struct leat_run_row *last = &run->resume.last;
    int rc = leat_state_last_run(state, run->plan->pipeline->work_name, identity_of(run), last, err);

    if (rc == 0 && (!last->ended_us || !last->report || strcmp(last->boot, leat_state_boot(&state->arena)) != 0))
        last->id = 0;
    if (rc == 0 && last->id) /* it may have been killed before it had done so */
        leat_state_forget_memories(state);
    return rc;
}

static void say_where(const struct leat_run *run)
{
    if (run->resume.from.seq)
        leat_log(LEAT_LOG_INFO, "going on with run %" PRId64 " behind %" PRId64 " records", run->work,
                 run->delivery.books.read);
    else if (!run->resume.last.id)
        leat_log(LEAT_LOG_INFO, "beginning at the start: there is no run into %s by the load %s to go on with",
                 identity_of(run), run->plan->pipeline->work_name);
}

int leat_run_resume(struct leat_run *run, bool restart, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    struct leat_text_buffer meaning = {0};
    struct leat_work work = {0};
    int rc = leat_state_target(state, run->plan->pipeline->work_name, identity_of(run), err);

    if (rc == 0)
        rc = leat_state_share_ledger(state, run->plan->pipeline->load_name, identity_of(run), err);
    leat_meaning(run->plan, state, &meaning);
    if (rc == 0)
        rc = leat_state_work(state, &work, err);
    if (rc == 0 && work.run)
        rc = go_on(run, &work, meaning.p, restart, err);
    else if (rc == 0 && state->left_open && !restart)
        rc = find_finished(run, err);
    if (rc == 0 && !run->resume.last.id)
        rc = begin(run, meaning.p, err);
    leat_text_deinit(&meaning);
    for (int i = 0; i < LEAT_N_SINKS; i++)
        leat_sink_set_token(run, leat_run_sink(run, i));
    if (rc == 0)
        say_where(run);
    return rc;
}

bool leat_run_goes_on(const struct leat_run *run)
{
    return run->options.state && (run->saved || leat_plan_load(run->plan)->ledger);
}

/* In a transaction. */
static int note_done(struct leat_run *run, bool success, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    struct leat_text_buffer extract = {0};
    struct leat_checkpoint last;
    int rc;

    if (success && is_incremental(run)) {
        leat_meaning_extract(run->plan, state, &extract);
        rc = leat_checkpoint_load(state, 0, &last, err);
        if (rc == 0)
            rc = leat_watermarks_save(state, &last, extract.p, err);
        leat_checkpoint_deinit(&last);
        leat_text_deinit(&extract);
        if (rc < 0)
            return rc;
    }
    return leat_state_work_end(state, err);
}

int leat_run_record(struct leat_run *run, int status, const char *report, const char *note, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    bool done = run->committed && !run->failed_stage && run->publisher.n == 0 && run->ended &&
                !run->stopped_early;
    int rc = state && state->run ? leat_state_begin(state, err) : 0;

    if (rc < 0 || !state || !state->run)
        return rc;
    if (done)
        rc = note_done(run, status == 0, err);
    if (rc == 0)
        rc = leat_state_run_end(state, status, report, note, err);
    if (rc == 0)
        rc = leat_state_commit(state, err);
    if (rc < 0)
        leat_state_rollback(state);
    else if (done)
        leat_state_forget_memories(state);
    return rc;
}
