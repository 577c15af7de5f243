/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Whether the tests of a pipeline file are well-formed: the right keys, rows of
 * fields that there are. What `check` finds and `test` need not look at again.
 */
#include <string.h>

#include "cli/cli.h"

static const char *const test_keys[] = {"name", "input", "output", "rejects", "stores"};
static const char *const reject_keys[] = {"stage", "field", "code"};
enum { N_TEST_KEYS = 5, N_REJECT_KEYS = 3 };

/* A list of rows: each value's name is one of `names`. */
static void check_list(struct leat_session *s, const struct leat_node *rows, const char *const *names, int n_names,
                       const char *owner)
{
    static const char hint[] = "write  [{field: value}]  or  []";

    if (rows->kind != LEAT_LIST)
        leat_wrong_at(&s->diagnostics, rows, hint, "%s is a list of rows", rows->name);
    for (int i = 0; rows->kind == LEAT_LIST && i < rows->n_children; i++) {
        const struct leat_node *row = rows->children[i];

        if (row->kind != LEAT_MAP)
            leat_wrong_at(&s->diagnostics, row, hint, "a row is a mapping of fields to values");
        for (int j = 0; names && row->kind == LEAT_MAP && j < row->n_children; j++) {
            bool known = false;

            for (int k = 0; k < n_names && !known; k++)
                known = strcmp(names[k], row->children[j]->name) == 0;
            if (!known)
                leat_unknown_key(&s->diagnostics, row, row->children[j], names, n_names, owner);
        }
    }
}

/* NULL: the fields are not known. */
static const char **names_of(struct leat_session *s, const struct leat_schema *schema)
{
    const char **names;

    if (s->diagnostics.n || !schema || leat_plan_unknown(schema))
        return NULL;
    names = leat_arena_alloc(&s->plan.arena, ((size_t)schema->n_fields + 1) * sizeof *names);
    for (int i = 0; i < schema->n_fields; i++)
        names[i] = schema->fields[i].name;
    return names;
}

/* The rows of a key of the test. */
static void check_rows(struct leat_session *s, const struct leat_node *test, const char *key,
                       const char *const *names, int n_names, const char *owner)
{
    const struct leat_node *rows = leat_node_get(test, key);

    if (rows)
        check_list(s, rows, names, n_names, owner);
}

static void check_keys(struct leat_session *s, const struct leat_node *test)
{
    for (int i = 0; i < test->n_children; i++) {
        bool known = false;

        for (int k = 0; k < N_TEST_KEYS; k++)
            known |= strcmp(test->children[i]->name, test_keys[k]) == 0;
        if (!known)
            leat_unknown_key(&s->diagnostics, test, test->children[i], test_keys, N_TEST_KEYS, "a test");
    }
}

/* The rows that stand for what a stage's store holds. */
static void check_store(struct leat_session *s, const struct leat_node *rows)
{
    const struct leat_finder *f = s->plan.finders;

    while (f && strcmp(f->asker->model->id, rows->name) != 0)
        f = f->next;
    if (f)
        check_list(s, rows, names_of(s, f->plan.unasked ? NULL : &f->plan.out), f->plan.out.n_fields, f->plan.model->id);
    else if (!s->diagnostics.n)
        leat_wrong_key(&s->diagnostics, rows, "name the stage that asks, as in  stores: {lookup: [{field: value}]}",
                       "no stage '%s' asks a store", rows->name);
}

static void check_stores(struct leat_session *s, const struct leat_node *test)
{
    const struct leat_node *stores = leat_node_get(test, "stores");

    if (stores && stores->kind != LEAT_MAP)
        leat_wrong_at(&s->diagnostics, stores, "write  stores: {lookup: [{field: value}]}",
                      "stores is a mapping of stages to rows");
    for (int i = 0; stores && stores->kind == LEAT_MAP && i < stores->n_children; i++)
        check_store(s, stores->children[i]);
}

void leat_session_check_tests(struct leat_session *s)
{
    const struct leat_node *tests = s->pipeline.tests;
    bool planned = s->plan.n_stages > 1;
    const struct leat_schema *in = planned && !leat_plan_extract(&s->plan)->unasked ? &leat_plan_extract(&s->plan)->out
                                                                                   : NULL;
    const struct leat_schema *out = planned ? leat_plan_arrives(leat_plan_load(&s->plan)) : NULL;
    const char **in_names = names_of(s, in), **out_names = names_of(s, out);

    if (!tests)
        return;
    if (tests->kind != LEAT_LIST)
        leat_wrong_at(&s->diagnostics, tests, "begin each test with '- '", "tests: is a list of tests");
    for (int i = 0; tests->kind == LEAT_LIST && i < tests->n_children; i++) {
        const struct leat_node *test = tests->children[i];

        if (test->kind != LEAT_MAP) {
            leat_wrong_at(&s->diagnostics, test, "write  name: ...  input: [...]  output: [...]",
                          "a test is a mapping with name, input and output");
            continue;
        }
        check_keys(s, test);
        check_rows(s, test, "input", in_names, in ? in->n_fields : 0, "the extract");
        check_rows(s, test, "output", out_names, out ? out->n_fields : 0, "what comes out");
        check_rows(s, test, "rejects", reject_keys, N_REJECT_KEYS, "a reject");
        check_stores(s, test);
    }
}
