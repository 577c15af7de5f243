/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Taking checkpoints. In this order, so that a crash between any two steps leaves
 * a checkpoint that all take part in:
 *
 *     files      rejects, results, a load that writes files: fsynced up to here
 *     memories   fsynced up to here
 *     state      the checkpoint, in one transaction
 *     tables     rejects, results, the load: their transaction, with the
 *                checkpoint's number in it
 *
 * A stage with transactions may thus be one checkpoint behind the state, never
 * ahead of it, and is asked when a run goes on (resume.c); so the state keeps all
 * from the newest on that all have taken part in.
 */
#include <inttypes.h>
#include <string.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/run.h"
#include "observe/log.h"

static void forget_kept(struct leat_stage *stage)
{
    for (int i = 0; i < stage->n_kept; i++)
        free(stage->kept[i]);
    stage->n_kept = 0;
}

int leat_stage_commit(struct leat_stage *stage, bool last, struct leat_error *err)
{
    struct leat_mark mark = {""};
    int rc = 0, tries = 0;

    forget_kept(stage);
    leat_crash_stage = stage->plan->model->id;
    if (stage->plan->plugin->commit)
        do
            rc = stage->plan->plugin->commit(stage, stage->self, last, &mark, err);
        while (leat_stage_retry(stage, rc, &tries, err));
    leat_crash_stage = NULL;
    if (rc == 0)
        stage->mark = mark;
    else
        leat_run_fail(stage->run, stage->plan->model->id, (err->code = rc, err));
    return rc;
}

/* Those with transactions, or those without. */
static int commit_some(struct leat_run *run, bool transactions, bool last, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < LEAT_N_SINKS && rc == 0; i++) {
        struct leat_stage *sink = leat_run_sink(run, i);

        if (!sink || leat_sink_has_transactions(sink) != transactions ||
            (i == LEAT_SINK_LOAD && run->stopped_early && last))
            continue;
        leat_sink_set_token(run, sink);
        rc = leat_stage_commit(sink, last, err);
    }
    return rc;
}

/* ---- what stands in one ---- */

static void add_books(struct leat_checkpoint *c, struct leat_run *run)
{
    struct leat_books books = leat_delivery_closed_books(&run->delivery);

    leat_checkpoint_add_number(c, "books", "read", books.read);
    leat_checkpoint_add_number(c, "books", "made", books.made);
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        leat_checkpoint_add_number(c, "books", leat_verdict_name((enum leat_verdict)v), books.counts[v]);
}

/* What is still to be skipped is there already: a side may hold more than belongs to the checkpoint. */
static void add_rows(struct leat_checkpoint *c, const char *name, const struct leat_side *side)
{
    leat_checkpoint_add_number(c, "rows", name, side->n_rows);
    leat_checkpoint_add_number(c, "held", name, side->n_rows + side->n_skip);
}

static void add_positions(struct leat_checkpoint *c, const struct leat_delivery *d)
{
    char number[16];

    for (int i = 0; i < d->n_partitions; i++) {
        (void)snprintf(number, sizeof number, "%d", d->partitions[i].number);
        leat_checkpoint_add(c, "position", number, d->partitions[i].position.p);
    }
}

static int add_memory(struct leat_checkpoint *c, struct leat_run *run, struct leat_stage *stage, struct leat_error *err)
{
    struct leat_memory *memory = atomic_load_explicit(&stage->memory, memory_order_acquire);
    struct leat_memory_note note = {0};
    int rc = memory ? leat_memory_sync(memory, run->delivery.n_closed, &note, err) : 0;

    if (memory && rc == 0) {
        leat_checkpoint_add_number(c, "memory", stage->plan->model->id, note.n_bytes);
        leat_checkpoint_add_number(c, "memory_sum", stage->plan->model->id, (int64_t)note.sum);
    }
    return rc;
}

static int add_memories(struct leat_checkpoint *c, struct leat_run *run, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < run->n_segments; i++)
        for (int j = 0; j < run->segments[i].n_stages && rc == 0; j++)
            rc = add_memory(c, run, &run->segments[i].workers[0].stages[j], err);
    return rc;
}

static void add_sinks(struct leat_checkpoint *c, struct leat_run *run)
{
    for (int i = 0; i < LEAT_N_SINKS; i++) {
        const struct leat_stage *sink = leat_run_sink(run, i);

        if (sink && *sink->mark.text)
            leat_checkpoint_add(c, "mark", leat_sink_names[i], sink->mark.text);
        for (int k = 0; sink && k < sink->n_kept; k++)
            leat_checkpoint_add(c, "kept", sink->kept[k], "");
    }
    for (int i = 0; i < run->publisher.n; i++) {
        const struct leat_published *file = &run->publisher.files[i];

        leat_checkpoint_add(c, "file", file->final, file->written);
        leat_checkpoint_add_number(c, "size", file->final, file->size);
    }
}

static int save(struct leat_run *run, struct leat_checkpoint *c, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int rc = run->intents.whole ? 0 : leat_state_begin(state, err);

    run->intents.whole = false;
    if (rc < 0)
        return rc;
    rc = leat_intents_write(run, err);
    if (rc == 0)
        rc = leat_checkpoint_save(state, c, run->previous, err);
    run->publisher.may_be_needed = true; /* also a commit that fails may turn out to have been made */
    if (rc == 0)
        rc = leat_state_commit(state, err);
    if (rc < 0)
        leat_state_rollback(state);
    run->saved |= rc == 0;
    return rc;
}

static int take(struct leat_run *run, bool last, struct leat_error *err)
{
    struct leat_checkpoint c = {.seq = ++run->seq};
    int rc = commit_some(run, false, last, err);

    if (rc == 0 && !last)
        rc = add_memories(&c, run, err);
    if (rc == 0) {
        add_books(&c, run);
        add_rows(&c, leat_sink_names[LEAT_SINK_REJECTS], &run->delivery.rejects);
        add_rows(&c, leat_sink_names[LEAT_SINK_RESULTS], &run->delivery.results);
        add_positions(&c, &run->delivery);
        add_sinks(&c, run);
        if (last)
            leat_checkpoint_add(&c, "end", "ended", "1");
        rc = save(run, &c, err);
    }
    if (rc == 0)
        rc = commit_some(run, true, last, err);
    if (rc == 0)
        run->previous = run->seq;
    leat_checkpoint_deinit(&c);
    return rc;
}

/* ---- when ---- */

/* Some loads commit only once. */
static bool may_commit(const struct leat_run *run)
{
    for (int i = 0; i < LEAT_N_SINKS; i++) {
        const struct leat_stage *sink = leat_run_sink(run, i);

        if (sink && (sink->plan->at_once || sink->plan->plugin->settle))
            return false;
    }
    return true;
}

static bool is_time(const struct leat_run *run, bool now)
{
    return now || leat_clock_us() - run->checkpointed_us >= run->plan->pipeline->checkpoint_ms * 1000;
}

static int take_and_say(struct leat_run *run, bool last, struct leat_error *err)
{
    int64_t began_us = leat_clock_us();
    int rc = take(run, last, err);

    if (rc == 0)
        leat_log(LEAT_LOG_INFO, "checkpoint %" PRId64 ": behind %" PRId64 " records, after %.1f ms", run->seq,
                 leat_delivery_closed_books(&run->delivery).read, (double)(leat_clock_us() - began_us) / 1000);
    return rc;
}

int leat_run_checkpoint(struct leat_run *run, bool now, struct leat_error *err)
{
    int rc;

    if (!run->options.state || atomic_load_explicit(&run->positions, memory_order_relaxed) != LEAT_POSITIONS ||
        !is_time(run, now) || !may_commit(run))
        return 0;
    rc = take_and_say(run, false, err);
    run->checkpointed_us = leat_clock_us();
    return rc;
}

int leat_run_commit(struct leat_run *run, struct leat_error *err)
{
    struct leat_books books = leat_delivery_books(&run->delivery);
    int rc;

    if (!run->stopped_early && !leat_books_balance(&books))
        return leat_fail(err, LEAT_EDATA,
                         "the books do not balance: %" PRId64 " records have no verdict, %" PRId64
                         " are pending; no file got its name. This is a fault of leat: please report it",
                         leat_books_difference(&books), books.pending);
    if (run->options.state && !run->stopped_early)
        return take_and_say(run, true, err);
    rc = commit_some(run, false, true, err);
    return rc < 0 ? rc : commit_some(run, true, true, err);
}
