/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The worker loop of the load: batches are delivered, what is answered late is
 * settled, and between two batches checkpoints are taken.
 */
#include <poll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/run.h"

struct leat_batch *leat_run_without_secrets(struct leat_run *run, struct leat_batch *b)
{
    const struct leat_plan *load = leat_plan_load(run->plan);
    struct leat_batch *out;

    if (!run->has_passed_pool)
        return b;
    out = leat_batch_derive(&run->passed_pool, b);
    leat_batch_align_to(out, b);
    for (int i = 0; i < load->in.n_fields; i++)
        leat_batch_share_column(out, i, b, load->passed[i]);
    leat_batch_release(b);
    return out;
}

/* What is not answered now is answered later, by a plugin that says it may; also if the call has failed. */
static void keep_late(struct leat_segment *segment, const struct leat_stage *stage, struct leat_batch *b)
{
    if (!b->n_selected || !(stage->plan->plugin->traits & LEAT_LATE))
        return;
    segment->late = leat_grow(segment->late, segment->n_late, &segment->cap_late, sizeof *segment->late);
    segment->late[segment->n_late++] = leat_batch_reference(b);
}

static int bad_answer(struct leat_error *err)
{
    return leat_fail(err, LEAT_EPLUGIN, "the plugin gave an answer that is none, or for a row that is not there");
}

static int deliver(struct leat_segment *segment, struct leat_stage *stage, struct leat_batch *b,
                   struct leat_error *err)
{
    int rc = 0, tries = 0;

    if (!b->n_selected)
        return 0;
    b->host->stage = stage->plan->model->id;
    rc = leat_intents_begin(segment->run, b, err);
    if (rc < 0 || !b->n_selected)
        return rc;
    do {
        leat_crash_stage = stage->plan->model->id;
        rc = stage->plan->plugin->deliver(stage, stage->self, b, err);
        leat_crash_stage = NULL;
        leat_intents_note(segment->run, b);
        leat_batch_settle(b);
    } while (b->n_selected && leat_stage_retry(stage, rc, &tries, err));
    if (rc == 0 && stage->memory)
        leat_memory_note(stage->memory, leat_batch_origin(b)->host->sequence);
    if (b->error)
        return bad_answer(err);
    if (rc == LEAT_ERETRY && !b->n_selected)
        rc = 0; /* it has answered for all, so there is nothing to try again */
    if (stage->plan->plugin->settle)
        return rc < 0 || !b->n_selected ? rc : leat_run_put_aside(segment->run, b, err);
    keep_late(segment, stage, b);
    if (rc == 0 && b->n_selected && !(stage->plan->plugin->traits & LEAT_LATE))
        return leat_fail(err, LEAT_EPLUGIN, "the plugin left %d records without an answer", b->n_selected);
    return rc;
}

static int deliver_all(struct leat_segment *segment, struct leat_stage *stage, struct leat_batch *list,
                       struct leat_error *err)
{
    struct leat_batch *next;
    int rc = 0;

    for (; list; list = next) {
        struct leat_batch *b = list;

        next = b->host->next;
        if (rc == 0) {
            b = leat_run_without_secrets(segment->run, b);
            rc = deliver(segment, stage, b, err);
        }
        leat_batch_release(b);
    }
    return rc;
}

/* Answers that came late are settled here, since the plugin may give them in any callback. */
static void settle_late(struct leat_segment *segment)
{
    int kept = 0;

    for (int i = 0; i < segment->n_late; i++) {
        struct leat_batch *b = segment->late[i];

        leat_intents_note(segment->run, b);
        leat_batch_settle(b);
        if (b->n_selected)
            segment->late[kept++] = b;
        else
            leat_batch_release(b);
    }
    segment->n_late = kept;
}

/* A batch that was put aside goes back to the load. */
static int settle_one(struct leat_segment *segment, struct leat_stage *stage, struct leat_error *err)
{
    struct leat_batch *b;
    int rc;

    if (!leat_run_aside(segment->run))
        return leat_fail(err, LEAT_EPLUGIN, "the plugin asks for a batch that it has not been given");
    rc = leat_run_bring_back(segment->run, &b, err);
    if (rc < 0)
        return rc;
    b->host->stage = stage->plan->model->id;
    leat_crash_stage = stage->plan->model->id;
    rc = stage->plan->plugin->settle(stage, stage->self, b, err);
    leat_crash_stage = NULL;
    if (rc == 0 && b->error)
        rc = bad_answer(err);
    keep_late(segment, stage, b);
    leat_batch_release(b);
    settle_late(segment);
    return rc;
}

static int left_behind(const struct leat_segment *segment, const struct leat_stage *stage, struct leat_error *err)
{
    if (segment->n_late)
        return leat_fail(err, LEAT_EPLUGIN, "the plugin keeps nothing any more and left %d records without an answer",
                         segment->late[0]->n_selected);
    if (stage->plan->plugin->settle && leat_run_aside(segment->run))
        return leat_fail(err, LEAT_EPLUGIN, "the plugin keeps nothing any more and left %lld batches without an answer",
                         (long long)leat_run_aside(segment->run));
    return 0;
}

static enum leat_flow poll_late(struct leat_segment *segment, struct leat_stage *stage, bool dry,
                                struct leat_error *err)
{
    enum leat_flow flow;
    int tries = 0;

    if (!(stage->plan->plugin->traits & LEAT_LATE))
        return LEAT_END;
    do {
        leat_crash_stage = stage->plan->model->id;
        flow = stage->plan->plugin->poll(stage, stage->self, dry, err);
        leat_crash_stage = NULL;
        settle_late(segment);
    } while (flow == LEAT_FAILED && leat_stage_retry(stage, err->code, &tries, err));
    if (flow == LEAT_SETTLE && stage->plan->plugin->settle)
        err->code = settle_one(segment, stage, err);
    else if (flow == LEAT_END)
        err->code = left_behind(segment, stage, err);
    else
        return flow;
    return err->code < 0 ? LEAT_FAILED : flow;
}

/* Waits for the next batch, for the plugin's descriptor, or for its time. */
static void wait_late(const struct leat_segment *segment, const struct leat_stage *stage)
{
    struct pollfd fds[2] = {{.fd = segment->in->notify_fd, .events = POLLIN}, {.fd = stage->wake_fd, .events = POLLIN}};
    int timeout = stage->wake_ms > 0 && stage->wake_ms < 100 ? (int)stage->wake_ms : 100;
    uint64_t count;

    if (poll(fds, stage->wake_fd >= 0 ? 2 : 1, timeout) > 0 && (fds[0].revents & POLLIN) &&
        read(segment->in->notify_fd, &count, sizeof count) < 0)
        return; /* someone else has read it; there is but one of us, so this is a signal: look again */
}

static bool too_many_rejects(struct leat_run *run)
{
    const struct leat_limit *limit = &run->plan->pipeline->stop_after;
    struct leat_books books;

    if (!limit->given)
        return false;
    books = leat_delivery_books(&run->delivery);
    return (!limit->percent || books.read >= 1000) &&
           leat_limit_exceeded(limit, books.counts[LEAT_REJECTED], books.read + books.made);
}

static void stop_early(struct leat_run *run)
{
    pthread_mutex_lock(&run->lock);
    run->stopped_early = true;
    pthread_mutex_unlock(&run->lock);
    leat_run_stop(run);
}

struct load_loop {
    bool kept;  /* the load keeps records that it has not answered */
    bool full;  /* and has no room for more */
    bool ended;
    bool more;  /* the ticket at hand comes in parts */
};

/* What a load puts aside is of no concern to it before it has all of it. */
static enum leat_flow poll_if_due(struct leat_segment *segment, struct leat_stage *stage, bool ended,
                                  struct leat_error *err)
{
    bool dry = ended || leat_budget_dry(&segment->run->budget);

    if (stage->plan->plugin->settle && !ended) {
        err->code = leat_run_free_memory(segment->run, err);
        return err->code < 0 ? LEAT_FAILED : LEAT_END;
    }
    if (stage->plan->plugin->settle && !segment->run->ended) { /* what it has is not all there is */
        (void)leat_fail(err, LEAT_ECANCELED, "stopped");
        return LEAT_FAILED;
    }
    segment->run->asides.settling = stage->plan->plugin->settle;
    return poll_late(segment, stage, dry, err);
}

/* One step of the load: a batch if there is one, then what is kept from before. */
static int load_step(struct leat_segment *segment, struct leat_stage *stage, struct load_loop *loop,
                     struct leat_error *err)
{
    struct leat_batch *list;
    uint64_t ticket;
    enum leat_pop pop = loop->full ? LEAT_POP_NOTHING
                                   : leat_ring_pop(segment->in, !loop->kept, &list, &ticket, &loop->more);
    enum leat_flow flow;
    int rc = 0;

    if (pop == LEAT_POP_CANCELLED)
        return LEAT_ECANCELED;
    if (pop == LEAT_POP_BATCHES)
        rc = deliver_all(segment, stage, list, err);
    if (rc < 0)
        return rc;
    flow = poll_if_due(segment, stage, pop == LEAT_POP_END, err);
    if (flow == LEAT_FAILED)
        return err->code < 0 ? err->code : LEAT_EPLUGIN;
    loop->kept = flow != LEAT_END;
    loop->full = flow == LEAT_FULL && !stage->plan->plugin->settle;
    loop->ended = pop == LEAT_POP_END && !loop->kept;
    rc = leat_intents_flush(segment->run, err);
    if (rc == 0)
        rc = leat_delivery_advance(&segment->run->delivery, err);
    if (rc == 0 && too_many_rejects(segment->run))
        stop_early(segment->run);
    if (rc == 0 && !loop->more && !loop->ended) /* of a ticket that comes in parts, some may be in the target */
        rc = leat_run_checkpoint(segment->run, false, err);
    if (rc == 0 && (flow == LEAT_MORE || flow == LEAT_FULL) && pop != LEAT_POP_BATCHES)
        wait_late(segment, stage);
    return rc;
}

static bool open_sides(struct leat_segment *segment)
{
    struct leat_run *run = segment->run;
    struct leat_chain sides[] = {{.stages = run->rejects, .n_stages = run->rejects != NULL},
                                 {.stages = run->results, .n_stages = run->results != NULL}};
    struct leat_error err = {0};
    int rc;

    if (!leat_segment_open(segment, &sides[0], true) || !leat_segment_open(segment, &sides[1], true))
        return false;
    rc = leat_intents_open(run, &err);
    if (rc < 0)
        leat_segment_fail(run, "state", rc, &err);
    return rc == 0;
}

static void close_sides(struct leat_run *run)
{
    if (run->rejects)
        leat_stage_close(run->rejects, true);
    if (run->results)
        leat_stage_close(run->results, true);
}

/* Everything that came is in the target. A run that has been stopped keeps its place, if it has one. */
static void end_load(struct leat_run *run)
{
    bool done = run->ended && !run->stopped_early;
    struct leat_error err = {0};
    int rc = 0;

    if (!done)
        rc = leat_run_checkpoint(run, true, &err);
    if (rc == 0 && (done || (run->stopped_early && !run->saved))) {
        rc = leat_run_commit(run, &err);
        run->committed = rc == 0;
    }
    if (rc < 0)
        leat_segment_fail(run, "state", rc, &err);
}

/* The load was asked to stop and has: what comes before the first record without an answer is safe, all else is the
 * next run's. */
static void leave_off(struct leat_run *run)
{
    struct leat_error err = {0};
    int rc = leat_delivery_advance(&run->delivery, &err);

    if (rc == 0)
        rc = leat_run_checkpoint(run, true, &err);
    if (rc < 0)
        leat_segment_fail(run, "state", rc, &err);
    leat_run_leave_off(run);
}

/* However it ends: what the load has answered is known to the ledger, and what it has given back was never sent. */
static void end_intents(struct leat_segment *segment)
{
    struct leat_error err = {0};
    int rc;

    settle_late(segment);
    rc = leat_intents_finish(segment->run, &err);
    if (rc < 0)
        leat_segment_fail(segment->run, "state", rc, &err);
    leat_intents_close(segment->run);
}

void *leat_segment_load(void *argument)
{
    struct leat_segment *segment = argument;
    struct leat_run *run = segment->run;
    struct leat_stage *stage = &segment->workers[0].stages[0];
    struct leat_error err = {0};
    struct load_loop loop = {0};
    int rc = 0;

    leat_crash_enter();
    if (leat_segment_open(segment, &segment->workers[0], true) && open_sides(segment)) {
        while (!loop.ended && rc == 0)
            rc = load_step(segment, stage, &loop, &err);
        if (rc < 0 && rc != LEAT_ECANCELED)
            leat_segment_fail(run, stage->plan->model->id, rc, &err);
        else if (rc == LEAT_ECANCELED && leat_segment_stopping(run) && !leat_segment_cancelled(run))
            leave_off(run);
        else if (rc == 0 && !leat_segment_cancelled(run))
            end_load(run);
    }
    leat_segment_close(&segment->workers[0], true);
    end_intents(segment);
    close_sides(run);
    leat_segment_leave(run);
    return NULL;
}
