/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * rename: gives fields new names. Columns are shared, order stays.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

struct rename {
    const struct leat_node *fields;
};

static const struct leat_option options[] = {
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct rename, fields), .required = true, .main = true,
      .help = "The fields to rename: the old name, and the new one." },
    LEAT_END_OF_OPTIONS
};

static bool is_name(const struct leat_node *node)
{
    return node->kind == LEAT_SCALAR && *node->text;
}

/* True if all entries name a field, and give it a name. */
static bool entries_right(struct leat_plan *plan, const struct leat_node *fields)
{
    bool right = true;

    for (int i = 0; i < fields->n_children; i++) {
        right &= leat_plan_field_of_key(plan, fields->children[i]) >= 0;
        if (is_name(fields->children[i]))
            continue;
        leat_plan_wrong_at(plan, fields->children[i], "the new name of a field is a text that is not empty");
        right = false;
    }
    return right;
}

static int rename_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct rename *r = self;
    const struct leat_schema *input = leat_plan_input(plan);
    bool right = entries_right(plan, r->fields);

    (void)err;
    for (int i = 0; i < input->n_fields; i++) {
        const struct leat_node *node = leat_node_get(r->fields, input->fields[i].name);
        struct leat_field field = input->fields[i];

        if (node && is_name(node))
            field.name = node->text;
        if (leat_plan_add_field(plan, &field) < 0 && right)
            leat_plan_wrong_at(plan, node ? node : r->fields,
                               "two fields would be called '%s'; drop one of them, or rename it too", field.name);
    }
    return 0;
}

static int rename_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                          bool *ret_again, struct leat_error *err)
{
    (void)stage, (void)self, (void)ret_again, (void)err;
    leat_batch_align(out, in);
    for (int i = 0; i < out->schema->n_fields; i++)
        leat_batch_share(out, i, in, i);
    return 0;
}

LEAT_TRANSFORM(rename, .summary = "Gives fields new names", .options = options, .traits = LEAT_PARALLEL,
               .plan = rename_plan, .process = rename_process);
