/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A chain of transforms and validations on one batch, in the calling thread.
 * The worker loops use it, and so do `test` and `preview`.
 */
#include <string.h>

#include "engine/run.h"

struct passage {
    struct leat_chain *chain;
    struct leat_outflow *outflow;
    const char **stage;        /* id of the stage that failed */
};

static int pass(struct passage *p, int at, struct leat_batch *in, struct leat_error *err);

static void failed(struct passage *p, const struct leat_stage *stage, struct leat_batch *in, struct leat_batch *out)
{
    *p->stage = stage->plan->model->id;
    leat_batch_release(in);
    if (out != in)
        leat_batch_release(out);
}

static struct leat_batch *new_output(struct leat_stage *stage, struct leat_batch *in)
{
    struct leat_batch *out = leat_batch_derive(stage->pool, in);

    in->host->stage = out->host->stage = stage->plan->model->id;
    return out;
}

/* A passing fault may have left half an output: each try begins with a new one. */
static int call(struct leat_stage *stage, struct leat_batch *in, struct leat_batch **out, bool *ret_again,
                struct leat_error *err)
{
    int rc, tries = 0;

    for (;;) {
        *ret_again = false;
        leat_crash_stage = stage->plan->model->id;
        rc = stage->plan->plugin->process(stage, stage->self, in, *out, ret_again, err);
        leat_crash_stage = NULL;
        if (rc == 0 && (in->error || (*out)->error))
            return leat_fail(err, LEAT_EPLUGIN, "the plugin put or ended a row that is not there");
        if (!leat_stage_retry(stage, rc, &tries, err)) {
            if (rc == 0 && stage->memory) /* before any of its records may come to its end */
                leat_memory_note(stage->memory, leat_batch_origin(in)->host->sequence);
            return rc;
        }
        if (*out != in) {
            leat_batch_release(*out);
            *out = new_output(stage, in);
        }
    }
}

static int in_place(struct passage *p, int at, struct leat_batch *b, struct leat_error *err)
{
    struct leat_stage *stage = &p->chain->stages[at];
    struct leat_batch *out = b;
    bool again;
    int rc;

    if (b->n_selected) {
        b->host->stage = stage->plan->model->id;
        rc = call(stage, b, &out, &again, err);
        if (rc < 0) {
            failed(p, stage, b, b);
            return rc;
        }
        leat_batch_settle(b);
    }
    return pass(p, at + 1, b, err);
}

/* What a stage that puts out batches of its own has done with one. */
static int take_output(struct leat_stage *stage, struct leat_batch *in, struct leat_batch *out, struct leat_error *err)
{
    int rc = 0;

    if (out->host->aligned)
        leat_batch_settle(out);
    else
        rc = leat_batch_finish_made(out, in, stage->children, err);
    leat_batch_charge(out);
    return rc;
}

static int derive(struct passage *p, int at, struct leat_batch *in, struct leat_error *err)
{
    struct leat_stage *stage = &p->chain->stages[at];
    bool again = false, made = false;
    int rc = 0;

    memset(stage->children, 0, (size_t)in->n_rows * sizeof *stage->children);
    do {
        struct leat_batch *out = new_output(stage, in);

        if (in->n_selected)
            rc = call(stage, in, &out, &again, err);
        else
            leat_batch_align_to(out, in);
        if (rc == 0)
            rc = take_output(stage, in, out, err);
        if (rc == 0 && again && leat_stage_cancelled(stage))
            rc = LEAT_ECANCELED;
        if (rc < 0) {
            failed(p, stage, in, out);
            return rc;
        }
        made |= !out->host->aligned;
        if (made && !again) /* every child is known: what has none is filtered, before they go on */
            leat_batch_settle_parents(in, stage->children);
        rc = pass(p, at + 1, out, err);
    } while (again && rc == 0);
    leat_batch_release(in);
    return rc;
}

/* What a batch keeps alive of what the chain has made: it may have columns of its base. */
static int64_t bytes_kept(const struct leat_batch *b)
{
    int64_t n = 0;

    for (; b; b = b->host->base)
        n += b->host->charged;
    return n;
}

/* So that the extract takes smaller batches where stages make large fields. */
static void note_growth(struct leat_run *run, const struct leat_batch *b, int64_t bytes)
{
    int64_t extracted = leat_batch_origin(b)->host->charged;
    int64_t growth = b->host->aligned && extracted > 0 ? bytes / (extracted / 16 + 1) : 16;

    /* relaxed: a hint; that another thread may put a smaller one over it does no harm */
    if (growth > atomic_load_explicit(&run->growth, memory_order_relaxed))
        atomic_store_explicit(&run->growth, growth, memory_order_relaxed);
}

static int put_out(struct passage *p, struct leat_batch *b)
{
    struct leat_outflow *outflow = p->outflow;
    int64_t bytes = bytes_kept(b);

    if (p->chain->n_stages)
        note_growth(p->chain->stages[0].run, b, bytes);
    b->host->next = NULL;
    *(outflow->last ? outflow->last : &outflow->first) = b;
    outflow->last = &b->host->next;
    outflow->bytes += bytes;
    if (!outflow->flush || outflow->bytes <= outflow->limit)
        return 0;
    b = outflow->first;
    outflow->first = NULL;
    outflow->last = NULL;
    outflow->bytes = 0;
    return outflow->flush(outflow, b) ? 0 : LEAT_ECANCELED;
}

static int pass(struct passage *p, int at, struct leat_batch *in, struct leat_error *err)
{
    if (at == p->chain->n_stages)
        return put_out(p, in);
    if (p->chain->stages[at].plan->plugin->traits & LEAT_IN_PLACE)
        return in_place(p, at, in, err);
    return derive(p, at, in, err);
}

int leat_chain_process(struct leat_chain *chain, struct leat_batch *list, struct leat_outflow *outflow,
                       const char **ret_stage, struct leat_error *err)
{
    struct passage p = {.chain = chain, .outflow = outflow, .stage = ret_stage};
    struct leat_batch *next;
    int rc = 0;

    for (; list; list = next) {
        next = list->host->next;
        if (rc == 0)
            rc = pass(&p, 0, list, err);
        else
            leat_batch_release(list);
    }
    if (rc < 0) {
        leat_batch_release_list(outflow->first);
        outflow->first = NULL;
    }
    return rc;
}
