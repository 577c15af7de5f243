/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Stages that answer for no record before they have seen all (leat_plan_gathers).
 *
 * What they have seen is held here, as it came. To the delivery it is in flight: no checkpoint goes beyond it, and a
 * run that dies or is stopped meanwhile reads it again. It may take half of the pipeline's memory, so the other half is
 * always there for what is on its way.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/run.h"

struct held {
    struct leat_batch *list; /* chained by host->next */
    uint64_t ticket;
    bool more;
};

struct gathered {
    struct held *held;
    int n, cap, n_passed;
    int64_t bytes;
};

int leat_stage_gather(struct leat_stage *stage, const struct leat_batch *list, struct leat_error *err)
{
    int rc = 0;

    for (; list && rc == 0; list = list->host->next) {
        leat_crash_stage = stage->plan->model->id;
        rc = list->n_selected ? stage->plan->plugin->gather(stage, stage->self, list, err) : 0;
        leat_crash_stage = NULL;
    }
    return rc;
}

/* A batch keeps those whose columns it shares, and the one that it came from. */
static int64_t bytes_of(const struct leat_batch *list)
{
    int64_t n = 0;

    for (; list; list = list->host->next) {
        const struct leat_batch *origin = leat_batch_origin(list), *b = list;
        bool counted = false;

        for (; b; b = b->host->base) {
            n += b->host->charged;
            counted |= b == origin;
        }
        n += counted ? 0 : origin->host->charged;
    }
    return n;
}

static int hold(struct leat_segment *segment, struct leat_stage *stage, struct gathered *g, struct held held,
                struct leat_error *err)
{
    int64_t limit = segment->run->budget.limit;

    g->held = leat_grow(g->held, g->n, &g->cap, sizeof *g->held);
    g->held[g->n++] = held;
    g->bytes += bytes_of(held.list);
    if (g->bytes <= limit / 2)
        return leat_stage_gather(stage, held.list, err);
    return leat_fail(err, LEAT_EPIPELINE, "it lets no record through before it has seen all, and they take more than "
                     "half of the %" PRId64 " MiB that the pipeline may use; give it more (`memory:')", limit >> 20);
}

static bool gather_all(struct leat_segment *segment, struct leat_stage *stage, struct gathered *g)
{
    struct held held = {0};
    struct leat_error err = {0};
    int rc = 0;

    while (rc == 0 && leat_ring_pop(segment->in, true, &held.list, &held.ticket, &held.more) == LEAT_POP_BATCHES)
        rc = hold(segment, stage, g, held, &err);
    if (rc < 0) {
        err.code = rc;
        leat_run_fail(segment->run, stage->plan->model->id, &err);
    }
    return rc == 0;
}

void leat_segment_gather(struct leat_segment *segment, struct leat_chain *chain)
{
    struct gathered g = {0};
    struct leat_stage *stage = &chain->stages[0];
    bool go_on = gather_all(segment, stage, &g);

    if (go_on && leat_stage_stopping(stage)) { /* it has not seen all */
        leat_run_leave_off(segment->run);
        go_on = false;
    }
    while (go_on && g.n_passed < g.n && !leat_stage_cancelled(stage)) {
        const struct held *held = &g.held[g.n_passed++];

        go_on = leat_segment_pass(segment, chain, held->list, held->ticket, held->more);
    }
    while (g.n_passed < g.n)
        leat_batch_release_list(g.held[g.n_passed++].list);
    free(g.held);
}
