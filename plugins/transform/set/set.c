/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * set: passes every field on and replaces or adds those that it names. All
 * expressions see the incoming record, never one another's results.
 *
 * Nothing changes after plan, so any number of workers may share the state.
 */
#include <leat/plugin.h>

#include <strings.h>

struct set {
    const struct leat_node *fields;
    const struct leat_expression **expressions; /* one an output field; NULL: the input field of this number */
    int n_fields;
};

static const struct leat_option options[] = {
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct set, fields), .required = true, .main = true,
      .help = "The fields to replace or to add: the name, and the expression that gives its value." },
    LEAT_END_OF_OPTIONS
};

static void add_field(struct leat_plan *plan, const struct leat_node *node, const struct leat_field *field)
{
    if (leat_plan_add_field(plan, field) == -EEXIST) /* too many fields are said once, by the host */
        leat_plan_wrong_at(plan, node, "a field cannot have this name");
}

static bool is_bare_null(const struct leat_node *node)
{
    return node->kind == LEAT_SCALAR && strcasecmp(node->text, "null") == 0;
}

/* `replaced` NULL: the field is new. */
static void set_field(struct leat_plan *plan, struct set *s, const struct leat_node *node,
                      const struct leat_field *replaced)
{
    bool keeps_type = replaced && is_bare_null(node);
    struct leat_field field = { .name = node->name };

    s->expressions[s->n_fields++] =
        leat_plan_expression(plan, node, keeps_type ? replaced->type : LEAT_NONE, &field);
    add_field(plan, node, keeps_type ? replaced : &field);
}

static int set_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct set *s = self;
    const struct leat_schema *input = leat_plan_input(plan);
    size_t n = (size_t)input->n_fields + (size_t)s->fields->n_children;

    (void)err;
    s->expressions = leat_plan_alloc(plan, n * sizeof *s->expressions);
    for (int i = 0; i < input->n_fields; i++) {
        const struct leat_node *node = leat_node_get(s->fields, input->fields[i].name);

        if (node) {
            set_field(plan, s, node, &input->fields[i]);
        } else {
            s->n_fields++;
            add_field(plan, s->fields, &input->fields[i]);
        }
    }
    for (int i = 0; i < s->fields->n_children; i++)
        if (leat_schema_find(input, s->fields->children[i]->name) < 0)
            set_field(plan, s, s->fields->children[i], NULL);
    return 0;
}

static int set_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                       bool *ret_again, struct leat_error *err)
{
    const struct set *s = self;
    int rc = 0;

    (void)ret_again;
    leat_batch_align(out, in);
    for (int i = 0; i < s->n_fields && rc == 0; i++) {
        if (s->expressions[i])
            rc = leat_evaluate(stage, s->expressions[i], in, out, i, err);
        else
            leat_batch_share(out, i, in, i);
    }
    return rc;
}

LEAT_TRANSFORM(set, .summary = "Replaces or adds fields and keeps all others", .options = options,
               .traits = LEAT_PARALLEL, .plan = set_plan, .process = set_process);
