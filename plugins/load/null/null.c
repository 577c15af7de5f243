/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * null: takes every record and keeps none. For trying a pipeline's stages and
 * for measuring them without a store behind.
 */
#include <leat/plugin.h>

struct null {
    char unused;
};

static int null_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    (void)stage, (void)self, (void)err;
    leat_batch_answer_rest(batch, LEAT_LOADED);
    return 0;
}

static int null_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    (void)self, (void)err;
    leat_plan_target(plan, "null");
    for (int i = 0; i < leat_plan_input(plan)->n_fields; i++)
        leat_plan_accepts_secret(plan, i); /* it goes nowhere, so there is nothing to warn of */
    return 0;
}

static const struct leat_option options[] = { LEAT_END_OF_OPTIONS };

LEAT_LOAD(null, .summary = "Takes every record and keeps none", .options = options, .plan = null_plan,
          .deliver = null_deliver);
