/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a load would do: the first records go through the stages, and the load counts them.
 */
#include "engine/sync.h"

/* One batch of the extract's; *ret_more: there are others. */
static int count_batch(struct leat_run *run, struct leat_plan *load, struct leat_sample *sample, bool *ret_more,
                       struct leat_error *err)
{
    struct leat_batch *in, *list, *next;
    int rc = leat_sync_read(run, &in, ret_more, err);

    if (rc < 0)
        return rc;
    sample->read += in->n_rows;
    rc = leat_sync_process(run, run->plan->n_stages - 2, in, &list, err);
    for (; list; list = next) {
        next = list->host->next;
        list = leat_run_without_secrets(run, list);
        if (rc == 0)
            rc = load->plugin->forecast(load, load->self, list, 1, err);
        leat_batch_release(list);
    }
    return rc;
}

static double scale_of(const struct leat_sample *sample)
{
    return sample->all || sample->expected <= sample->read ? 1 : (double)sample->expected / (double)sample->read;
}

int leat_sync_forecast(struct leat_run *run, struct leat_plan *load, struct leat_sample *ret, struct leat_error *err)
{
    int64_t wanted = run->options.rows_wanted;
    bool more = true;
    int rc = leat_sync_open(run, true, err);

    *ret = (struct leat_sample){.expected = run->plan->stages[0].estimates[LEAT_ESTIMATE_ROWS]};
    while (rc == 0 && more && (wanted < 0 || ret->read < wanted))
        rc = count_batch(run, load, ret, &more, err);
    leat_sync_close(run);
    ret->all = !more && ret->read != wanted; /* an extract may stop there by itself */
    if (rc == 0 && ret->read)
        rc = load->plugin->forecast(load, load->self, NULL, scale_of(ret), err);
    return rc;
}
