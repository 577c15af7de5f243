/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "engine/sync.h"

static struct leat_segment *chain_segment(struct leat_run *run, int i)
{
    return run->segments[i].kind == LEAT_SEGMENT_CHAIN ? &run->segments[i] : NULL;
}

static int open_stages(struct leat_run *run, struct leat_chain *chain, struct leat_error *err)
{
    for (int i = 0; i < chain->n_stages; i++) {
        int rc = leat_stage_open(&chain->stages[i], true, err);

        if (rc < 0) {
            run->failed_stage = chain->stages[i].plan->model->id;
            return rc;
        }
    }
    return 0;
}

int leat_sync_open(struct leat_run *run, bool with_extract, struct leat_error *err)
{
    int rc = with_extract ? open_stages(run, &run->segments[0].workers[0], err) : 0;

    for (int i = 1; i < run->n_segments && rc == 0; i++)
        if (chain_segment(run, i))
            rc = open_stages(run, &run->segments[i].workers[0], err);
    return rc;
}

void leat_sync_close(struct leat_run *run)
{
    for (int i = run->n_segments - 1; i >= 0; i--)
        for (int j = run->segments[i].n_stages - 1; j >= 0; j--)
            leat_stage_close(&run->segments[i].workers[0].stages[j], true);
}

struct leat_batch *leat_sync_source(struct leat_run *run)
{
    struct leat_batch *b = leat_pool_get(&run->pools[0]);

    b->host->stage = run->plan->stages[0].model->id;
    return b;
}

int leat_sync_read(struct leat_run *run, struct leat_batch **ret, bool *ret_more, struct leat_error *err)
{
    struct leat_stage *stage = &run->segments[0].workers[0].stages[0];
    struct leat_batch *b = leat_sync_source(run);
    int rc = leat_stage_fill(stage, b, ret_more, err);

    if (rc < 0) {
        run->failed_stage = stage->plan->model->id;
        leat_batch_release(b);
        return rc;
    }
    *ret = b;
    return 0;
}

/* Here it sees no more than this batch. */
static int gather(struct leat_run *run, struct leat_stage *stage, struct leat_batch *list, struct leat_error *err)
{
    int rc = leat_stage_gather(stage, list, err);

    if (rc < 0) {
        run->failed_stage = stage->plan->model->id;
        leat_batch_release_list(list);
    }
    return rc;
}

int leat_sync_process(struct leat_run *run, int last, struct leat_batch *in, struct leat_batch **ret,
                      struct leat_error *err)
{
    struct leat_batch *list = in;
    int rc = 0;

    in->host->next = NULL;
    for (int i = 1; i < run->n_segments && rc == 0; i++) {
        struct leat_segment *segment = chain_segment(run, i);
        struct leat_outflow outflow = {0};
        struct leat_chain part;

        if (!segment || segment->first > last)
            continue;
        part = segment->workers[0];
        if (segment->first + part.n_stages - 1 > last)
            part.n_stages = last - segment->first + 1;
        rc = part.stages[0].plan->gathers ? gather(run, &part.stages[0], list, err) : 0;
        if (rc == 0)
            rc = leat_chain_process(&part, list, &outflow, &run->failed_stage, err);
        list = outflow.first;
    }
    *ret = list;
    return rc;
}
