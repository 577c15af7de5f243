/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a run will do, before it does it: stages with what comes out of them,
 * the workers they share, estimates, and what will not be carried. And the
 * same as a picture.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "engine/run.h"

static void print_schema(const struct leat_schema *schema)
{
    static const char *const classes[] = {"public", "pii", "secret"};

    for (int i = 0; i < schema->n_fields; i++) {
        const struct leat_field *f = &schema->fields[i];

        printf("      %-24s %s", f->name, leat_type_name(f->type));
        if (f->type == LEAT_TIMESTAMP)
            printf(f->local ? " (wall time, %s)" : " (UTC)", f->timezone ? f->timezone : "UTC");
        if (f->data_class != LEAT_PII)
            printf(", %s", classes[f->data_class + 1]);
        printf("\n");
    }
}

static void print_estimates(const struct leat_plan *stage)
{
    static const char *const names[] = {"rows", "bytes", "calls"};

    for (int i = 0; i < 3; i++)
        if (stage->estimates[i] >= 0)
            printf("      about %" PRId64 " %s\n", stage->estimates[i], names[i]);
}

static void print_stage(const struct leat_plan *stage)
{
    printf("  %-9s %s", leat_kind_name(stage->model->kind), stage->model->plugin);
    if (strcmp(stage->model->id, stage->model->plugin) != 0)
        printf(" (%s)", stage->model->id);
    printf("\n");
    if (stage->model->kind == LEAT_KIND_LOAD && stage->target)
        printf("      into %s\n", stage->target);
    print_estimates(stage);
    if (stage->model->kind == LEAT_KIND_LOAD)
        print_schema(&stage->in);
    else if (!(stage->plugin->traits & LEAT_KEEPS_SCHEMA))
        print_schema(&stage->out);
    for (int i = 0; i < stage->n_left_out; i++)
        printf("      does not carry %s: %s\n", stage->left_out[i].field, stage->left_out[i].what_becomes_of_it);
    for (int i = 0; i < stage->n_notes; i++)
        printf("      note: %s\n", stage->notes[i]);
}

static void print_segments(const struct leat_run *run)
{
    printf("segments:\n");
    for (int i = 0; i < run->n_segments; i++) {
        const struct leat_segment *s = &run->segments[i];

        printf("  %d. ", i + 1);
        for (int j = 0; j < s->n_stages; j++)
            printf("%s%s", j ? ", " : "", run->plan->stages[s->first + j].model->id);
        printf(": %d worker%s\n", s->n_workers, s->n_workers == 1 ? "" : "s");
    }
}

static int print_plan(const struct leat_pipeline_plan *plan)
{
    struct leat_run_options options = {.rows_wanted = -1};
    struct leat_error err = {0};
    struct leat_run run;
    int rc = leat_run_init(&run, plan, &options, &err);

    printf("%s\n", plan->pipeline->name);
    for (int i = 0; i < plan->n_stages; i++)
        print_stage(&plan->stages[i]);
    if (plan->rejects)
        printf("  rejects   %s into %s\n", plan->rejects->model->plugin,
               plan->rejects->target ? plan->rejects->target : "its target");
    if (plan->results)
        printf("  results   %s into %s\n", plan->results->model->plugin,
               plan->results->target ? plan->results->target : "its target");
    print_segments(&run);
    printf("memory: at most %" PRId64 " MiB of records at once\n", plan->pipeline->memory >> 20);
    leat_run_deinit(&run);
    return rc < 0 ? leat_cli_failed(&err, true) : EX_OK;
}

int leat_cli_plan(const struct leat_cli *cli)
{
    struct leat_session session;
    int status = leat_session_open(&session, cli, LEAT_SESSION_CONNECT);

    if (status == 0)
        status = print_plan(&session.plan);
    leat_session_close(&session);
    return status;
}

/* ---- graph ---- */

/* Names hold letters, digits and underscores only; the label carries the rest. */
static void print_label(const struct leat_plan *stage)
{
    printf("%s", leat_kind_name(stage->model->kind));
    if (strcmp(stage->model->id, stage->model->plugin) != 0)
        printf(" %s", stage->model->plugin);
}

static void print_mermaid(const struct leat_pipeline_plan *plan)
{
    printf("flowchart LR\n");
    for (int i = 0; i < plan->n_stages; i++) {
        printf("  s%d[\"%s<br/>", i, plan->stages[i].model->id);
        print_label(&plan->stages[i]);
        printf("\"]\n");
    }
    for (int i = 0; i + 1 < plan->n_stages; i++)
        printf("  s%d --> s%d\n", i, i + 1);
    if (plan->rejects) {
        printf("  rejects[(\"rejects<br/>%s\")]\n", plan->rejects->model->plugin);
        for (int i = 0; i < plan->n_stages; i++)
            printf("  s%d -.-> rejects\n", i);
    }
    if (plan->results)
        printf("  results[(\"results<br/>%s\")]\n  s%d -.-> results\n", plan->results->model->plugin,
               plan->n_stages - 1);
}

static void print_dot(const struct leat_pipeline_plan *plan)
{
    printf("digraph \"%s\" {\n  rankdir=LR;\n  node [shape=box];\n", plan->pipeline->name);
    for (int i = 0; i < plan->n_stages; i++) {
        printf("  s%d [label=\"%s\\n", i, plan->stages[i].model->id);
        print_label(&plan->stages[i]);
        printf("\"];\n");
    }
    for (int i = 0; i + 1 < plan->n_stages; i++)
        printf("  s%d -> s%d;\n", i, i + 1);
    if (plan->rejects) {
        printf("  rejects [shape=cylinder, label=\"rejects\\n%s\"];\n", plan->rejects->model->plugin);
        for (int i = 0; i < plan->n_stages; i++)
            printf("  s%d -> rejects [style=dashed];\n", i);
    }
    if (plan->results)
        printf("  results [shape=cylinder, label=\"results\\n%s\"];\n  s%d -> results [style=dashed];\n",
               plan->results->model->plugin, plan->n_stages - 1);
    printf("}\n");
}

int leat_cli_graph(const struct leat_cli *cli)
{
    struct leat_session session;
    int status;

    if (cli->format && strcmp(cli->format, "mermaid") != 0 && strcmp(cli->format, "dot") != 0) {
        fprintf(stderr, "leat graph: --format is mermaid or dot, not '%s'\n", cli->format);
        return EX_USAGE;
    }
    status = leat_session_open(&session, cli, 0);
    if (status == 0 && cli->format && strcmp(cli->format, "dot") == 0)
        print_dot(&session.plan);
    else if (status == 0)
        print_mermaid(&session.plan);
    leat_session_close(&session);
    return status;
}
