/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The worker loops. Each runs its stages between the ring before it and the
 * ring behind it, opens them first and closes them last, and on the way out
 * sees to it that its neighbours wake up.
 */
#include <unistd.h>

#include "engine/run.h"

bool leat_segment_cancelled(struct leat_run *run)
{
    return atomic_load_explicit(&run->cancelled, memory_order_relaxed);
}

bool leat_segment_stopping(struct leat_run *run)
{
    return atomic_load_explicit(&run->stopping, memory_order_relaxed);
}

bool leat_segment_open(struct leat_segment *segment, struct leat_chain *chain, bool first_worker)
{
    struct leat_error err = {0};

    for (int i = 0; i < chain->n_stages; i++) {
        struct leat_stage *stage = &chain->stages[i];
        int rc = leat_stage_open(stage, first_worker, &err);

        if (rc < 0) { /* who waits for a busy store is stopped by a signal, not by the store */
            err.code = rc == LEAT_ERETRY && leat_segment_stopping(segment->run) ? LEAT_ECANCELED : rc;
            leat_run_fail(segment->run, stage->plan->model->id, &err);
            return false;
        }
    }
    return true;
}

void leat_segment_close(struct leat_chain *chain, bool first_worker)
{
    for (int i = chain->n_stages - 1; i >= 0; i--)
        leat_stage_close(&chain->stages[i], first_worker);
}

void leat_segment_fail(struct leat_run *run, const char *stage, int code, struct leat_error *err)
{
    err->code = code;
    leat_run_fail(run, stage, err);
}

/* The last thread of all to leave tells the main thread. */
void leat_segment_leave(struct leat_run *run)
{
    uint64_t one = 1;

    leat_crash_leave();
    /* acq_rel: the last one sees what the others have done before they left; all sides are this line */
    if (atomic_fetch_sub_explicit(&run->n_running, 1, memory_order_acq_rel) == 1 &&
        write(run->done_fd, &one, sizeof one) < 0)
        return; /* an eventfd that was never written takes a one */
}

/* ---- several workers ---- */

static void tell_opened(struct leat_segment *segment, bool ok)
{
    pthread_mutex_lock(&segment->run->lock);
    segment->opened = ok ? 1 : -1;
    pthread_cond_broadcast(&segment->run->stage_opened);
    pthread_mutex_unlock(&segment->run->lock);
}

static bool wait_opened(struct leat_segment *segment)
{
    bool ok;

    pthread_mutex_lock(&segment->run->lock);
    while (!segment->opened)
        pthread_cond_wait(&segment->run->stage_opened, &segment->run->lock);
    ok = segment->opened > 0;
    pthread_mutex_unlock(&segment->run->lock);
    return ok;
}

/* The first worker opens the stages for all; the others wait for it. */
static bool open_worker(struct leat_segment *segment, struct leat_worker *worker)
{
    struct leat_chain *chain = &segment->workers[worker->number];
    bool ok;

    if (worker->number > 0)
        return wait_opened(segment) && leat_segment_open(segment, chain, false);
    ok = leat_segment_open(segment, chain, true);
    tell_opened(segment, ok);
    return ok;
}

/* ---- extract ---- */

static enum leat_flow read_rows(struct leat_stage *stage, struct leat_batch *b, struct leat_error *err)
{
    enum leat_flow flow;
    int tries = 0;

    do {
        leat_crash_stage = stage->plan->model->id;
        flow = stage->plan->plugin->read(stage, stage->self, b, err);
        leat_crash_stage = NULL;
        if (flow == LEAT_FAILED)
            leat_batch_undo_row(b); /* what the fault has cut short */
    } while (flow == LEAT_FAILED && leat_stage_retry(stage, err->code, &tries, err));
    return flow;
}

int leat_stage_fill(struct leat_stage *stage, struct leat_batch *b, bool *ret_more, struct leat_error *err)
{
    enum leat_flow flow = read_rows(stage, b, err);

    *ret_more = flow == LEAT_MORE;
    if (flow == LEAT_FAILED)
        return err->code < 0 ? err->code : LEAT_EPLUGIN;
    return leat_batch_finish(b, err);
}

/* A batch must not become more than an eighth of the memory; until it is known
 * what batches become, small ones. */
static void set_size(struct leat_run *run, struct leat_batch *b)
{
    int64_t growth = atomic_load_explicit(&run->growth, memory_order_relaxed);
    int64_t most = growth ? run->budget.limit / 8 * 16 / growth : b->cap_bytes;

    if (!growth && run->n_segments > 2)
        b->cap_rows = (b->cap_rows + 15) / 16;
    if (most < b->cap_bytes)
        b->cap_bytes = most > 0 ? most : 1;
}

/* Whether a run that stops can go on from where it was. */
static void note_position(struct leat_run *run, const struct leat_batch *b)
{
    int unknown = LEAT_POSITIONS_UNKNOWN;

    if (b->host->has_position) /* the ring hands it on */
        atomic_compare_exchange_strong_explicit(&run->positions, &unknown, LEAT_POSITIONS, memory_order_relaxed,
                                                memory_order_relaxed);
    else if (!b->host->has_position && b->n_rows)
        atomic_store_explicit(&run->positions, LEAT_POSITIONS_NONE, memory_order_relaxed);
}

/* Its place among all batches; the delivery has them in this order. */
static uint64_t take_ticket(struct leat_run *run, struct leat_batch *b, bool end)
{
    uint64_t ticket;

    pthread_mutex_lock(&run->extracted_lock);
    ticket = b->host->sequence = run->next_ticket++;
    run->n_ended += end;
    leat_delivery_add(&run->delivery, b);
    pthread_mutex_unlock(&run->extracted_lock);
    return ticket;
}

/* Reads one batch and hands it on. False: no more. */
static bool extract_one(struct leat_segment *segment, struct leat_stage *stage, int64_t *expected)
{
    struct leat_run *run = segment->run;
    struct leat_error err = {0};
    struct leat_batch *b;
    uint64_t ticket;
    bool more;
    int rc;

    if (!leat_budget_take(&run->budget, *expected))
        return false;
    b = leat_pool_get(stage->pool);
    b->host->charged = *expected;
    b->host->stage = stage->plan->model->id;
    set_size(run, b);
    rc = leat_stage_fill(stage, b, &more, &err);
    if (rc < 0) {
        leat_batch_release(b);
        if (rc != LEAT_ECANCELED && !(rc == LEAT_ERETRY && leat_stage_cancelled(stage)))
            leat_segment_fail(run, stage->plan->model->id, rc, &err);
        return false;
    }
    note_position(run, b);
    leat_batch_charge(b);
    *expected = b->host->charged;
    atomic_fetch_add_explicit(&run->n_extracted, b->n_rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&run->bytes_extracted, b->host->charged, memory_order_relaxed);
    b->host->next = NULL;
    ticket = take_ticket(run, b, !more);
    return leat_ring_push(segment->out, ticket, b, false) && more;
}

static bool wants_more(struct leat_run *run)
{
    int64_t wanted = run->options.rows_wanted;

    return !leat_segment_stopping(run) &&
           (wanted < 0 || atomic_load_explicit(&run->n_extracted, memory_order_relaxed) < wanted);
}

/* Asked to stop, an extract may call that its end: then nobody knows what it would still have had. */
static void end_extract(struct leat_segment *segment)
{
    struct leat_run *run = segment->run;

    run->ended = run->n_ended == segment->n_workers && !leat_segment_stopping(run);
    leat_ring_close(segment->out, run->next_ticket); /* tickets below it must all come */
    leat_stage_close(&segment->workers[0].stages[0], true);
}

void *leat_segment_extract(void *argument)
{
    struct leat_worker *worker = argument;
    struct leat_segment *segment = worker->segment;
    struct leat_stage *stage = &segment->workers[worker->number].stages[0];
    int64_t expected = stage->pool->cap_bytes / 2;

    leat_crash_enter();
    if (open_worker(segment, worker))
        while (wants_more(segment->run) && extract_one(segment, stage, &expected))
            ;
    leat_stage_close(stage, false);
    /* acq_rel: the one that ends it comes after all that the others have read; pairs with itself in them */
    if (atomic_fetch_sub_explicit(&segment->n_running, 1, memory_order_acq_rel) == 1)
        end_extract(segment);
    leat_segment_leave(segment->run);
    return NULL;
}

/* ---- chain ---- */

static bool push_part(struct leat_outflow *outflow, struct leat_batch *list)
{
    return leat_ring_push(outflow->ring, outflow->ticket, list, true);
}

bool leat_segment_pass(struct leat_segment *segment, struct leat_chain *chain, struct leat_batch *in, uint64_t ticket,
                       bool more)
{
    struct leat_outflow outflow = {
        .limit = segment->run->budget.limit / 8, .flush = push_part, .ring = segment->out, .ticket = ticket};
    struct leat_error err = {0};
    const char *stage = NULL;
    int rc = leat_chain_process(chain, in, &outflow, &stage, &err);

    if (rc < 0) {
        if (rc == LEAT_ECANCELED && leat_segment_stopping(segment->run))
            leat_run_leave_off(segment->run);
        else
            leat_segment_fail(segment->run, stage, rc, &err);
        return false;
    }
    return leat_ring_push(segment->out, ticket, outflow.first, more);
}

static void pass_all(struct leat_segment *segment, struct leat_chain *chain)
{
    struct leat_batch *in;
    bool more = false; /* the worker's own: a ticket may come in parts */
    uint64_t ticket;

    while (!leat_segment_cancelled(segment->run) &&
           leat_ring_pop(segment->in, true, &in, &ticket, &more) == LEAT_POP_BATCHES &&
           leat_segment_pass(segment, chain, in, ticket, more))
        ;
}

void *leat_segment_chain(void *argument)
{
    struct leat_worker *worker = argument;
    struct leat_segment *segment = worker->segment;
    struct leat_chain *chain = &segment->workers[worker->number];

    leat_crash_enter();
    if (open_worker(segment, worker)) {
        if (chain->stages[0].plan->gathers)
            leat_segment_gather(segment, chain);
        else
            pass_all(segment, chain);
    }
    leat_segment_close(chain, false);
    /* acq_rel: the one that closes the ring comes after every push; pairs with itself in the other workers */
    if (atomic_fetch_sub_explicit(&segment->n_running, 1, memory_order_acq_rel) == 1)
        leat_ring_close(segment->out, segment->in->head);
    leat_segment_leave(segment->run);
    return NULL;
}
