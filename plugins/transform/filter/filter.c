/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * filter: lets those records pass for which a condition is true. The others
 * end as filtered; the host counts apart those whose condition was null.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

struct filter {
    const struct leat_node *condition;
    const struct leat_expression *compiled;
};

static const struct leat_option options[] = {
    { .name = "condition", .type = LEAT_OPTION_EXPRESSION, LEAT_MEMBER(struct filter, condition), .required = true,
      .main = true, .help = "What is true of a record that passes." },
    LEAT_END_OF_OPTIONS
};

static int filter_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct filter *f = self;

    (void)err;
    f->compiled = leat_plan_expression(plan, f->condition, LEAT_BOOL, NULL);
    return 0;
}

static int filter_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                          bool *ret_again, struct leat_error *err)
{
    const struct filter *f = self;

    (void)out, (void)ret_again;
    return leat_filter(stage, f->compiled, in, err);
}

LEAT_TRANSFORM(filter, .summary = "Lets those records pass for which a condition is true", .options = options,
               .traits = LEAT_IN_PLACE | LEAT_KEEPS_SCHEMA | LEAT_PARALLEL, .plan = filter_plan,
               .process = filter_process);
