/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The tests that stand in a pipeline file. The rows given stand for the
 * extract; each must come out of the last stage before the load as said.
 *
 *     tests:
 *       - name: a deleted user stays behind
 *         input:  [{id: 1, email: A@x.io, status: deleted}]
 *         output: []
 *         rejects: [{field: email, code: bad_email}]
 *
 * Fields that are not named are null in the input and not looked at in the
 * output. Output is TAP.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "engine/sync.h"

struct tester {
    struct leat_run run;
    const struct leat_pipeline_plan *plan;
    struct leat_scratch *scratch;
    struct leat_schema text_schema;              /* the source's fields, all text */
    struct leat_pool text_pool;
    const struct leat_expression **casts;        /* per field: text to its type */
    struct leat_text_buffer why;                 /* what is wrong with this test */
};

/* ---- rows given ---- */

static bool is_null(const struct leat_node *node)
{
    return node->plain && (!*node->text || strcmp(node->text, "null") == 0 || strcmp(node->text, "~") == 0);
}

static int find_field(const struct leat_schema *schema, const char *name)
{
    for (int i = 0; i < schema->n_fields; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return i;
    return -1;
}

/* A value may be written as a list or mapping where the field is json. */
static void add_json(struct leat_text_buffer *b, const struct leat_node *node)
{
    if (node->kind == LEAT_SCALAR) {
        if (node->plain)
            leat_text_add_string(b, node->text);
        else
            leat_text_add_json(b, node->text, strlen(node->text));
        return;
    }
    leat_text_add_string(b, node->kind == LEAT_LIST ? "[" : "{");
    for (int i = 0; i < node->n_children; i++) {
        if (i)
            leat_text_add_string(b, ",");
        if (node->kind == LEAT_MAP) {
            leat_text_add_json(b, node->children[i]->name, strlen(node->children[i]->name));
            leat_text_add_string(b, ":");
        }
        add_json(b, node->children[i]);
    }
    leat_text_add_string(b, node->kind == LEAT_LIST ? "]" : "}");
}

static void put_value(struct leat_batch *out, int field, const struct leat_node *node)
{
    struct leat_text_buffer json = {0};

    if (node->kind == LEAT_SCALAR && is_null(node))
        return;
    if (node->kind == LEAT_SCALAR) {
        leat_batch_put_text(out, field, node->text, strlen(node->text));
    } else {
        add_json(&json, node);
        leat_batch_put_text(out, field, json.p, json.n);
        leat_text_deinit(&json);
    }
}

static void put_row(struct tester *t, struct leat_batch *out, const struct leat_node *row)
{
    for (int i = 0; i < row->n_children; i++)
        put_value(out, find_field(&t->text_schema, row->children[i]->name), row->children[i]);
    leat_batch_end_row(out);
}

static bool cast_columns(struct tester *t, struct leat_batch *texts, struct leat_batch *out, struct leat_error *err)
{
    int32_t rows[256];

    for (int32_t i = 0; i < texts->n_rows; i++)
        rows[i] = i;
    for (int f = 0; f < out->schema->n_fields; f++) {
        struct leat_evaluation evaluation = {0};

        if (leat_expression_evaluate(t->casts[f], t->scratch, texts, rows, texts->n_rows, &out->host->stores[f],
                                     &evaluation, err) < 0)
            return false;
        out->columns[f] = out->host->stores[f].column;
        if (evaluation.n_faults) {
            (void)leat_fail(err, LEAT_EDATA, "input row %d: field %s does not fit its type %s",
                            evaluation.faults[0].row + 1, out->schema->fields[f].name,
                            leat_type_name(out->schema->fields[f].type));
            return false;
        }
    }
    out->n_rows = texts->n_rows;
    return leat_batch_finish(out, err) == 0;
}

/* The input of a test as a batch of the extract, or NULL: t->why says why. */
static struct leat_batch *make_input(struct tester *t, const struct leat_node *input)
{
    struct leat_batch *texts = leat_pool_get(&t->text_pool), *out = leat_sync_source(&t->run);
    struct leat_error err = {0};
    bool ok = true;

    if (input && input->n_children > 256)
        leat_text_add_string(&t->why, "at most 256 input rows\n");
    ok = t->why.n == 0;
    for (int i = 0; ok && input && i < input->n_children; i++)
        put_row(t, texts, input->children[i]);
    if (ok && !cast_columns(t, texts, out, &err)) {
        leat_text_printf(&t->why, "%s\n", err.text);
        ok = false;
    }
    leat_batch_release(texts);
    if (ok)
        return out;
    leat_batch_release(out);
    return NULL;
}

/* ---- rows expected ---- */

static void compare_value(struct tester *t, const struct leat_batch *b, int32_t row, const struct leat_node *expected)
{
    int field = find_field(b->schema, expected->name);
    struct leat_text_buffer json = {0};
    const char *value, *want = expected->text;
    char room[64];
    size_t n;

    if (expected->kind != LEAT_SCALAR) {
        add_json(&json, expected);
        want = json.p;
    } else if (is_null(expected)) {
        want = NULL;
    }
    n = leat_value_text(&b->schema->fields[field], &b->columns[field], row, room, &value);
    if ((value != NULL) != (want != NULL) || (value && (strlen(want) != n || memcmp(want, value, n) != 0)))
        leat_text_printf(&t->why, "line %d: %s should be %s%s%s, and is %s%.*s%s\n", expected->line, expected->name,
                         want ? "'" : "", want ? want : "null", want ? "'" : "", value ? "'" : "",
                         value ? (int)n : 4, value ? value : "null", value ? "'" : "");
    leat_text_deinit(&json);
}

static void compare_output(struct tester *t, const struct leat_node *expected, const struct leat_batch *list)
{
    int n = 0, n_expected = expected ? expected->n_children : 0;

    for (const struct leat_batch *b = list; b; b = b->host->next)
        LEAT_EACH_ROW(b, row) {
            if (n < n_expected)
                for (int i = 0; i < expected->children[n]->n_children; i++)
                    compare_value(t, b, row, expected->children[n]->children[i]);
            n++;
        }
    if (expected && n != n_expected)
        leat_text_printf(&t->why, "line %d: %d row%s should come out, and %d do%s\n", expected->line, n_expected,
                         n_expected == 1 ? "" : "s", n, n == 1 ? "es" : "");
}

static bool reject_is(const struct leat_reject *reject, const struct leat_node *expected)
{
    for (int i = 0; i < expected->n_children; i++) {
        const struct leat_node *e = expected->children[i];
        const char *is = strcmp(e->name, "stage") == 0   ? reject->stage
                         : strcmp(e->name, "field") == 0 ? reject->field
                         : strcmp(e->name, "code") == 0  ? reject->code
                                                         : NULL;

        if (!is || strcmp(is, e->text) != 0)
            return false;
    }
    return true;
}

static void compare_rejects(struct tester *t, const struct leat_node *expected, const struct leat_batch *origin)
{
    const struct leat_account *a = &origin->host->account;
    int n_expected = expected ? expected->n_children : 0;

    for (int i = 0; i < n_expected && i < a->n_rejects; i++)
        if (!reject_is(&a->rejects[i], expected->children[i]))
            leat_text_printf(&t->why, "line %d: another reject came out: {stage: %s, field: %s, code: %s}\n",
                             expected->children[i]->line, a->rejects[i].stage,
                             a->rejects[i].field ? a->rejects[i].field : "null", a->rejects[i].code);
    if (expected && n_expected != a->n_rejects)
        leat_text_printf(&t->why, "line %d: %d reject%s should come out, and %d do%s\n", expected->line, n_expected,
                         n_expected == 1 ? "" : "s", a->n_rejects, a->n_rejects == 1 ? "es" : "");
    for (int i = 0; (!expected || i >= n_expected) && i < a->n_rejects; i++)
        leat_text_printf(&t->why, "rejected at %s: %s: %s (%s)\n", a->rejects[i].stage,
                         a->rejects[i].field ? a->rejects[i].field : "record", a->text.p + a->rejects[i].reason,
                         a->rejects[i].code);
}

/* ---- one test ---- */

static void run_test(struct tester *t, const struct leat_node *test)
{
    struct leat_batch *in, *out, *origin;
    struct leat_error err = {0};

    t->why.n = 0;
    if (!(in = make_input(t, leat_node_get(test, "input"))))
        return;
    origin = leat_batch_reference(in);
    if (leat_sync_process(&t->run, t->plan->n_stages - 2, in, &out, &err) < 0) {
        leat_text_printf(&t->why, "%s: %s\n", t->run.failed_stage, err.text);
    } else {
        compare_output(t, leat_node_get(test, "output"), out);
        if (leat_node_get(test, "output") || leat_node_get(test, "rejects"))
            compare_rejects(t, leat_node_get(test, "rejects"), origin);
        leat_batch_release_list(out);
    }
    leat_batch_release(origin);
}

static bool report(const struct tester *t, const struct leat_node *test, int number)
{
    const struct leat_node *name = leat_node_get(test, "name");

    printf("%sok %d - %s\n", t->why.n ? "not " : "", number, name ? name->text : "(no name)");
    for (const char *p = t->why.n ? t->why.p : ""; *p;) {
        size_t n = strcspn(p, "\n");

        printf("#   %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
    return t->why.n == 0;
}

/* ---- all ---- */

static int make_casts(struct tester *t, struct leat_pipeline_plan *plan, struct leat_error *err)
{
    const struct leat_schema *source = &plan->stages[0].out;
    size_t n = (size_t)source->n_fields + 1;
    struct leat_field *fields = leat_arena_alloc(&plan->arena, n * sizeof *fields);
    struct leat_functions none = {0};
    struct leat_scope scope = {.schema = &t->text_schema, .functions = &none};

    for (int i = 0; i < source->n_fields; i++) {
        fields[i] = source->fields[i];
        fields[i].type = LEAT_TEXT;
    }
    t->text_schema = (struct leat_schema){.n_fields = source->n_fields, .fields = fields};
    t->casts = leat_arena_alloc(&plan->arena, n * sizeof *t->casts);
    for (int i = 0; i < source->n_fields; i++) {
        struct leat_text_buffer text = {0};
        struct leat_expr_fault fault = {0};
        struct leat_field result;
        int rc;

        leat_text_add_string(&text, "cast(\"");
        for (const char *c = fields[i].name; *c; c++)
            leat_text_add(&text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
        leat_text_printf(&text, "\" as %s)", leat_type_name(source->fields[i].type));
        rc = leat_expression_compile(&scope, text.p, text.n, source->fields[i].type, &plan->arena, &t->casts[i],
                                     &result, &fault);
        leat_text_deinit(&text);
        if (rc < 0)
            return leat_fail(err, rc, "cannot make test values for field %s: %s", fields[i].name, fault.text);
    }
    return 0;
}

static int run_tests(struct tester *t, const struct leat_node *tests)
{
    int failed = 0;

    printf("1..%d\n", tests->n_children);
    for (int i = 0; i < tests->n_children; i++) {
        leat_sync_close(&t->run); /* a stage's memory must not reach from one test into the next */
        if (leat_sync_open(&t->run, false, &t->run.error) < 0) {
            fprintf(stderr, "leat: %s: %s\n", t->run.failed_stage, t->run.error.text);
            return leat_exit_status(t->run.error.code, true);
        }
        run_test(t, tests->children[i]);
        failed += !report(t, tests->children[i], i + 1);
    }
    return failed ? EX_DATAERR : EX_OK;
}

static int test(struct leat_pipeline_plan *plan, const struct leat_node *tests)
{
    struct leat_run_options options = {.rows_wanted = -1};
    struct tester t = {.plan = plan};
    struct leat_error err = {0};
    int rc, status;

    plan->pipeline->batch_rows = 0; /* a test's rows are one batch */
    rc = leat_run_init(&t.run, plan, &options, &err);
    if (rc == 0)
        rc = make_casts(&t, plan, &err);
    if (rc < 0) {
        status = leat_cli_failed(&err, true);
    } else {
        leat_pool_init(&t.text_pool, &t.text_schema, NULL, t.run.cap_rows, 1 << 20, plan->pipeline->max_record);
        t.scratch = leat_scratch_new(t.run.cap_rows);
        status = run_tests(&t, tests);
        leat_sync_close(&t.run);
        leat_scratch_free(t.scratch);
        leat_pool_deinit(&t.text_pool);
    }
    leat_text_deinit(&t.why);
    leat_run_deinit(&t.run);
    return status;
}

int leat_cli_test(const struct leat_cli *cli)
{
    struct leat_session session;
    const struct leat_node *tests;
    int status = leat_session_open(&session, cli, LEAT_SESSION_TESTS);

    tests = session.pipeline.tests;
    if (status == 0 && !tests) {
        fprintf(stderr, "leat: %s has no tests:; write\n  tests:\n    - name: what is tested\n      input:  [{field: "
                        "value}]\n      output: [{field: value}]\n", cli->file);
        status = EX_CONFIG;
    } else if (status == 0) {
        status = test(&session.plan, tests);
    }
    leat_session_close(&session);
    return status;
}
