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
 * output. Values are compared by their type. Stores that stages ask are given, too
 * (test-stores.c). Output is TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "cli/test-stores.h"
#include "cli/test-values.h"
#include "engine/sync.h"

enum { MOST_INPUT_ROWS = 256 };

struct tester {
    struct leat_run run;
    const struct leat_pipeline_plan *plan;
    struct leat_given input, output;
    struct leat_text_buffer why; /* what is wrong with this test */
};

/* The input of a test as a batch of the extract, or NULL: t->why says why. */
static struct leat_batch *make_input(struct tester *t, const struct leat_node *input)
{
    struct leat_batch *out = leat_sync_source(&t->run);
    struct leat_error err = {0};

    if (leat_given_read(&t->input, input, out, &err) == 0 && leat_batch_finish(out, &err) == 0)
        return out;
    leat_text_printf(&t->why, "%s\n", err.text);
    leat_batch_release(out);
    return NULL;
}

/* ---- rows expected ---- */

static void add_value(struct leat_text_buffer *b, struct leat_place at)
{
    const char *value;
    char room[64];
    size_t n = leat_value_text(&at.batch->schema->fields[at.field], &at.batch->columns[at.field], at.row, room, &value);

    if (value) {
        leat_text_add_string(b, "'");
        leat_text_add_visible(b, value, n);
        leat_text_add_string(b, "'");
    } else {
        leat_text_add_string(b, "null");
    }
}

/* The fields that a row names. */
static void compare_row(struct tester *t, const struct leat_node *named, struct leat_place wanted,
                        struct leat_place got)
{
    for (int i = 0; i < named->n_children; i++) {
        const char *name = named->children[i]->name;

        wanted.field = leat_schema_find(wanted.batch->schema, name);
        got.field = leat_schema_find(got.batch->schema, name);
        if (leat_values_same(wanted, got))
            continue;
        leat_text_printf(&t->why, "line %d: %s should be ", named->children[i]->line, name);
        add_value(&t->why, wanted);
        leat_text_add_string(&t->why, ", and is ");
        add_value(&t->why, got);
        leat_text_add_string(&t->why, "\n");
    }
}

static void compare_rows(struct tester *t, const struct leat_node *expected, const struct leat_batch *wanted,
                         const struct leat_batch *list)
{
    int n = 0;

    for (const struct leat_batch *b = list; b; b = b->host->next)
        LEAT_EACH_ROW(b, row) {
            if (n < expected->n_children)
                compare_row(t, expected->children[n], (struct leat_place){.batch = wanted, .row = n},
                            (struct leat_place){.batch = b, .row = row});
            n++;
        }
    if (n != expected->n_children)
        leat_text_printf(&t->why, "line %d: %d row%s should come out, and %d do%s\n", expected->line,
                         expected->n_children, expected->n_children == 1 ? "" : "s", n, n == 1 ? "es" : "");
}

static void compare_output(struct tester *t, const struct leat_node *expected, const struct leat_batch *list)
{
    struct leat_batch *wanted;
    struct leat_error err = {0};

    if (!expected)
        return;
    wanted = leat_pool_get(&t->output.pool);
    if (leat_given_read(&t->output, expected, wanted, &err) == 0)
        compare_rows(t, expected, wanted, list);
    else
        leat_text_printf(&t->why, "line %d: %s\n", expected->line, err.text);
    leat_batch_release(wanted);
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

static void add_expected_reject(struct leat_text_buffer *b, const struct leat_node *expected)
{
    leat_text_add_string(b, "{");
    for (int i = 0; i < expected->n_children; i++)
        leat_text_printf(b, "%s%s: %s", i ? ", " : "", expected->children[i]->name, expected->children[i]->text);
    leat_text_add_string(b, "}");
}

/* Takes the first reject that is as expected and not taken yet. */
static bool take_reject(const struct leat_account *a, bool *taken, const struct leat_node *expected)
{
    for (int i = 0; i < a->n_rejects; i++)
        if (!taken[i] && reject_is(&a->rejects[i], expected))
            return taken[i] = true;
    return false;
}

static void add_reject(struct leat_text_buffer *b, const struct leat_account *a, const struct leat_reject *reject)
{
    leat_text_printf(b, "rejected at %s: {field: %s, code: %s}: %s\n", reject->stage,
                     reject->field ? reject->field : "null", reject->code, a->text.p + reject->reason);
}

/* In any order: a stage judges rule by rule, a person writes row by row. */
static void compare_rejects(struct tester *t, const struct leat_node *expected, const struct leat_batch *origin)
{
    const struct leat_account *a = &origin->host->account;
    bool *taken = leat_alloc_array((size_t)a->n_rejects, sizeof *taken);
    int n = expected ? expected->n_children : 0;

    for (int i = 0; i < n; i++)
        if (!take_reject(a, taken, expected->children[i])) {
            leat_text_printf(&t->why, "line %d: no reject ", expected->children[i]->line);
            add_expected_reject(&t->why, expected->children[i]);
            leat_text_add_string(&t->why, " came out\n");
        }
    if (expected && n != a->n_rejects)
        leat_text_printf(&t->why, "line %d: %d reject%s should come out, and %d do%s\n", expected->line, n,
                         n == 1 ? "" : "s", a->n_rejects, a->n_rejects == 1 ? "es" : "");
    for (int i = 0; i < a->n_rejects; i++)
        if (!taken[i])
            add_reject(&t->why, a, &a->rejects[i]);
    free(taken);
}

/* ---- one test ---- */

static void run_test(struct tester *t, const struct leat_node *test)
{
    struct leat_batch *in, *out, *origin;
    struct leat_error err = {0};

    t->why.n = 0;
    if (leat_test_stores_give(&t->run, test, &err) < 0) {
        leat_text_printf(&t->why, "%s\n", err.text);
        return;
    }
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
    struct leat_text_buffer line = {0};

    printf("%sok %d - ", t->why.n ? "not " : "", number);
    leat_cli_put(stdout, name ? name->text : "(no name)");
    printf("\n");
    for (const char *p = t->why.n ? t->why.p : "", *end = p + t->why.n; p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));

        line.n = 0;
        eol = eol ? eol : end;
        leat_text_add_visible(&line, p, (size_t)(eol - p));
        printf("#   %s\n", line.p);
        p = eol + 1;
    }
    leat_text_deinit(&line);
    return t->why.n == 0;
}

/* ---- all ---- */

static int run_tests(struct tester *t, const struct leat_node *tests)
{
    int failed = 0;

    printf("1..%d\n", tests->n_children);
    for (int i = 0; i < tests->n_children; i++) {
        leat_sync_close(&t->run); /* a stage's memory must not reach from one test into the next */
        if (leat_sync_open(&t->run, false, &t->run.error) < 0) {
            leat_cli_say("%s: %s", t->run.failed_stage, t->run.error.text);
            return leat_exit_status(t->run.error.code, true);
        }
        run_test(t, tests->children[i]);
        failed += !report(t, tests->children[i], i + 1);
    }
    return failed ? EX_DATAERR : EX_OK;
}

static int begin_tests(struct tester *t, struct leat_pipeline_plan *plan, struct leat_error *err)
{
    int rc;

    t->input = (struct leat_given){.what = "input", .schema = &plan->stages[0].out, .cap_rows = MOST_INPUT_ROWS};
    t->output = (struct leat_given){.what = "output", .schema = &plan->stages[plan->n_stages - 2].out,
                                    .cap_rows = t->run.cap_rows};
    rc = leat_given_init(&t->input, &plan->arena, err);
    if (rc == 0 && (rc = leat_given_init(&t->output, &plan->arena, err)) < 0)
        leat_given_deinit(&t->input);
    return rc;
}

static int test(struct leat_pipeline_plan *plan, const struct leat_node *tests)
{
    struct leat_run_options options = {.rows_wanted = -1, .given = true, .sync = true};
    struct tester t = {.plan = plan};
    struct leat_error err = {0};
    int rc, status;

    plan->pipeline->batch_rows = 0; /* a test's rows are one batch */
    rc = leat_run_init(&t.run, plan, &options, &err);
    if (rc == 0)
        rc = begin_tests(&t, plan, &err);
    if (rc < 0) {
        status = leat_cli_failed(&err, true);
    } else {
        status = run_tests(&t, tests);
        leat_sync_close(&t.run);
        leat_given_deinit(&t.input);
        leat_given_deinit(&t.output);
    }
    leat_text_deinit(&t.why);
    leat_run_deinit(&t.run);
    return status;
}

int leat_cli_test(const struct leat_cli *cli)
{
    struct leat_session session;
    const struct leat_node *tests;
    int status = leat_session_open(&session, cli, LEAT_SESSION_TESTS | LEAT_SESSION_GIVEN);

    tests = session.pipeline.tests;
    if (status == 0 && !tests) {
        leat_cli_say("%s has no tests:; write", cli->file);
        fputs("  tests:\n    - name: what is tested\n      input:  [{field: value}]\n      output: [{field: value}]\n",
              stderr);
        status = EX_CONFIG;
    } else if (status == 0) {
        status = test(&session.plan, tests);
    }
    leat_session_close(&session);
    return status;
}
