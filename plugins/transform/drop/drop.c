/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * drop: leaves fields out. The columns of the others are shared.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

struct drop {
    const struct leat_node *fields;
    int *sources; /* the input field, one an output field */
};

static const struct leat_option options[] = {
    { .name = "fields", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct drop, fields), .required = true, .main = true,
      .help = "The fields to leave out." },
    LEAT_END_OF_OPTIONS
};

/* Marks the named fields, one byte each. */
static const bool *dropped_fields(struct leat_plan *plan, const struct leat_node *fields, int n_fields)
{
    bool *dropped = leat_plan_alloc(plan, (size_t)n_fields * sizeof *dropped);

    for (int i = 0; i < fields->n_children; i++) {
        int field = leat_plan_field(plan, fields->children[i]);

        if (field >= 0)
            dropped[field] = true;
    }
    return dropped;
}

static int drop_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct drop *d = self;
    const struct leat_schema *input = leat_plan_input(plan);
    const bool *dropped = dropped_fields(plan, d->fields, input->n_fields);
    int n_kept = 0;

    (void)err;
    d->sources = leat_plan_alloc(plan, (size_t)input->n_fields * sizeof *d->sources);
    for (int i = 0; i < input->n_fields; i++) {
        if (dropped[i])
            continue;
        if (leat_plan_add_field(plan, &input->fields[i]) >= 0)
            d->sources[n_kept++] = i;
    }
    if (!n_kept)
        leat_plan_wrong(plan, "fields", "no field would be left; a record needs at least one");
    return 0;
}

static int drop_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                        bool *ret_again, struct leat_error *err)
{
    const struct drop *d = self;

    (void)stage, (void)ret_again, (void)err;
    leat_batch_align(out, in);
    for (int i = 0; i < out->schema->n_fields; i++)
        leat_batch_share(out, i, in, d->sources[i]);
    return 0;
}

LEAT_TRANSFORM(drop, .summary = "Leaves fields out", .options = options, .traits = LEAT_PARALLEL, .plan = drop_plan,
               .process = drop_process);
