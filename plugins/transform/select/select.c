/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * select: keeps the named fields, in this order. Columns are shared.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

struct select {
    const struct leat_node *fields;
    int *sources; /* the input field, one an output field */
};

static const struct leat_option options[] = {
    { .name = "fields", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct select, fields), .required = true, .main = true,
      .help = "The fields to keep, in the order in which they go out." },
    LEAT_END_OF_OPTIONS
};

static int select_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct select *s = self;
    const struct leat_schema *input = leat_plan_input(plan);

    (void)err;
    if (!s->fields->n_children)
        leat_plan_wrong(plan, "fields", "it names no field to keep");
    s->sources = leat_plan_alloc(plan, (size_t)s->fields->n_children * sizeof *s->sources);
    for (int i = 0; i < s->fields->n_children; i++) {
        const struct leat_node *node = s->fields->children[i];

        s->sources[i] = leat_plan_field(plan, node);
        if (s->sources[i] >= 0 && leat_plan_add_field(plan, &input->fields[s->sources[i]]) < 0)
            leat_plan_wrong_at(plan, node, "'%s' is named twice; name each field once", node->text);
    }
    return 0;
}

static int select_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                          bool *ret_again, struct leat_error *err)
{
    const struct select *s = self;

    (void)stage, (void)ret_again, (void)err;
    leat_batch_align(out, in);
    for (int i = 0; i < out->schema->n_fields; i++)
        leat_batch_share(out, i, in, s->sources[i]);
    return 0;
}

LEAT_TRANSFORM(select, .summary = "Keeps the named fields, in this order", .options = options,
               .traits = LEAT_PARALLEL, .plan = select_plan, .process = select_process);
