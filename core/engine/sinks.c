/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a run writes to.
 */
#include "engine/run.h"

const char *const leat_sink_names[LEAT_N_SINKS] = {"rejects", "results", "load"};

struct leat_stage *leat_run_sink(const struct leat_run *run, int sink)
{
    if (sink == LEAT_SINK_LOAD)
        return &run->segments[run->n_segments - 1].workers[0].stages[0];
    return sink == LEAT_SINK_REJECTS ? run->rejects : run->results;
}

bool leat_sink_has_transactions(const struct leat_stage *stage)
{
    return stage && stage->plan->plugin->last_commit;
}
