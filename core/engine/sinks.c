/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a run writes to.
 */
#include <inttypes.h>
#include <stdio.h>

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

const char *leat_sink_who(struct leat_run *run, struct leat_stage *stage)
{
    const char *side = stage == run->rejects ? "-rejects" : stage == run->results ? "-results" : "";

    (void)snprintf(stage->who, sizeof stage->who, "%.32s%s", run->options.state->who, side);
    return stage->who;
}

void leat_sink_set_token(struct leat_run *run, struct leat_stage *stage)
{
    if (!run->options.state || !leat_sink_has_transactions(stage))
        return;
    (void)snprintf(stage->token_text, sizeof stage->token_text, "%" PRId64 ".%" PRId64, run->work, run->seq);
    stage->token = (struct leat_token){.who = leat_sink_who(run, stage), .what = stage->token_text};
}
