/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * map: puts out exactly the fields that it names, in this order, each from an
 * expression over the incoming record. A field that is merely passed on or
 * renamed is shared with the incoming batch; the host sees to that.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

struct map {
    const struct leat_node *fields;
    const struct leat_expression **expressions; /* one an output field */
    int n_expressions;
};

static const struct leat_option options[] = {
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct map, fields), .required = true, .main = true,
      .help = "The fields that go out, in this order: the name, and the expression that gives its value." },
    LEAT_END_OF_OPTIONS
};

static int map_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct map *m = self;

    (void)err;
    if (!m->fields->n_children)
        leat_plan_wrong(plan, "fields", "it names no field; write NAME: EXPRESSION for each one that is to go out");
    m->n_expressions = m->fields->n_children;
    m->expressions = leat_plan_alloc(plan, (size_t)m->n_expressions * sizeof *m->expressions);
    for (int i = 0; i < m->n_expressions; i++) {
        const struct leat_node *node = m->fields->children[i];
        struct leat_field field = { .name = node->name };

        m->expressions[i] = leat_plan_expression(plan, node, LEAT_NONE, &field);
        if (leat_plan_add_field(plan, &field) == -EEXIST) /* too many fields are said once, by the host */
            leat_plan_wrong_at(plan, node, "a field cannot have this name");
    }
    return 0;
}

static int map_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                       bool *ret_again, struct leat_error *err)
{
    const struct map *m = self;
    int rc = 0;

    (void)ret_again;
    leat_batch_align(out, in);
    for (int i = 0; i < m->n_expressions && rc == 0; i++)
        rc = leat_evaluate(stage, m->expressions[i], in, out, i, err);
    return rc;
}

LEAT_TRANSFORM(map, .summary = "Puts out exactly the named fields, each from an expression", .options = options,
               .traits = LEAT_PARALLEL, .plan = map_plan, .process = map_process);
