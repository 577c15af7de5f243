/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a run will do, before it does it: stages with what comes out of them,
 * the workers they share, estimates, and what will not be carried. For people
 * here, for programs in plan-json.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/plan.h"
#include "engine/run.h"

/* A line of names and notes, which may hold anything. */
LEAT_PRINTF(1, 2) static void line(const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_cli_put(stdout, text);
    printf("\n");
}

const char *leat_class_name(enum leat_class data_class)
{
    static const char *const names[] = {"public", "pii", "secret"};

    return names[data_class - LEAT_PUBLIC];
}

enum { NAME_WIDTH = 24 };

/* Blanks behind a name, so that what follows stands in its column. */
static int missing_width(const char *name)
{
    struct leat_arena arena = {0};
    const char *shown = leat_cli_visible(&arena, name, strlen(name));
    int width = leat_text_width(shown, strlen(shown));

    leat_arena_deinit(&arena);
    return width < NAME_WIDTH ? NAME_WIDTH - width : 0;
}

static void print_schema(const struct leat_schema *schema)
{
    for (int i = 0; i < schema->n_fields; i++) {
        const struct leat_field *f = &schema->fields[i];
        char zone[96] = "";

        if (f->type == LEAT_TIMESTAMP && f->local)
            (void)snprintf(zone, sizeof zone, " (wall time, %s)", f->timezone ? f->timezone : "UTC");
        else if (f->type == LEAT_TIMESTAMP)
            (void)snprintf(zone, sizeof zone, " (UTC)");
        line("      %s%*s %s%s%s%s", f->name, missing_width(f->name), "", leat_type_name(f->type), zone,
             f->data_class == LEAT_PII ? "" : ", ", f->data_class == LEAT_PII ? "" : leat_class_name(f->data_class));
    }
}

static void print_estimates(const struct leat_plan *stage)
{
    static const char *const names[] = {"rows", "bytes", "calls"};

    for (int i = 0; i < 3; i++)
        if (stage->estimates[i] >= 0)
            printf("      about %" PRId64 " %s\n", stage->estimates[i], names[i]);
}

static void print_forecast(const struct leat_plan *load, const struct leat_sample *sample)
{
    if (sample->all)
        printf("      of all %" PRId64 " records:\n", sample->read);
    else if (sample->expected > sample->read)
        printf("      of about %" PRId64 " records, as the first %" PRId64 " of them go:\n", sample->expected,
               sample->read);
    else
        printf("      of the first %" PRId64 " records; --sample all reads all:\n", sample->read);
    for (int i = 0; i < load->n_forecasts; i++) {
        const struct leat_forecast *f = &load->forecasts[i];

        line("        %-40s %.*f", f->what, f->n < 10 && f->n != (double)(int64_t)f->n, f->n);
    }
}

static void print_stage(const struct leat_plan *stage)
{
    bool named = strcmp(stage->model->id, stage->model->plugin) != 0;

    line("  %-9s %s%s%s%s", leat_kind_name(stage->model->kind), stage->model->plugin, named ? " (" : "",
         named ? stage->model->id : "", named ? ")" : "");
    if (stage->model->kind == LEAT_KIND_LOAD && stage->target)
        line("      into %s", stage->target);
    print_estimates(stage);
    if (stage->model->kind == LEAT_KIND_LOAD)
        print_schema(&stage->in);
    else if (!(stage->plugin->traits & LEAT_KEEPS_SCHEMA))
        print_schema(&stage->out);
    for (int i = 0; i < stage->n_left_out; i++)
        line("      does not carry %s: %s", stage->left_out[i].field, stage->left_out[i].what_becomes_of_it);
    for (int i = 0; i < stage->n_notes; i++)
        line("      note: %s", stage->notes[i]);
}

static void print_segments(const struct leat_run *run)
{
    printf("segments:\n");
    for (int i = 0; i < run->n_segments; i++) {
        const struct leat_segment *s = &run->segments[i];

        printf("  %d. ", i + 1);
        for (int j = 0; j < s->n_stages; j++) {
            fputs(j ? ", " : "", stdout);
            leat_cli_put(stdout, run->plan->stages[s->first + j].model->id);
        }
        printf(": %d worker%s\n", s->n_workers, s->n_workers == 1 ? "" : "s");
    }
}

static void print_side(const char *name, const struct leat_plan *side)
{
    if (side)
        line("  %-9s %s into %s", name, side->model->plugin, side->target ? side->target : "its target");
}

static void print_plan(const struct leat_run *run, const struct leat_sample *sample)
{
    const struct leat_pipeline_plan *plan = run->plan;

    line("%s", plan->pipeline->name);
    for (int i = 0; i < plan->n_stages; i++)
        print_stage(&plan->stages[i]);
    if (leat_plan_load(plan)->n_forecasts)
        print_forecast(leat_plan_load(plan), sample);
    print_side("rejects", plan->rejects);
    print_side("results", plan->results);
    print_segments(run);
    printf("memory: at most %" PRId64 " MiB of records at once\n", plan->pipeline->memory >> 20);
}

/* What it says stays in the load's part of the plan. 0, or an exit status. */
static int forecast(const struct leat_cli *cli, const struct leat_pipeline_plan *plan, struct leat_sample *ret)
{
    struct leat_error err = {0};
    struct leat_run_options options = {.rows_wanted = cli->sample, .sync = true};
    struct leat_plan *load = &plan->stages[plan->n_stages - 1];
    struct leat_run run;
    int rc;

    if (!load->plugin->forecast || !cli->sample)
        return 0;
    rc = leat_run_init(&run, plan, &options, &err);
    if (rc == 0)
        rc = leat_sync_forecast(&run, load, ret, &err);
    if (rc < 0)
        leat_cli_say("%s: %s: %s", cli->file, run.failed_stage ? run.failed_stage : "", err.text);
    leat_run_deinit(&run);
    return leat_exit_status(rc, true);
}

static int show_plan(const struct leat_cli *cli, const struct leat_pipeline_plan *plan)
{
    struct leat_run_options options = {.rows_wanted = -1};
    struct leat_sample sample = {0};
    struct leat_error err = {0};
    struct leat_run run;
    int rc = forecast(cli, plan, &sample);

    if (rc != 0)
        return rc;
    rc = leat_run_init(&run, plan, &options, &err);
    if (rc == 0)
        (cli->json ? leat_cli_plan_json : print_plan)(&run, &sample);
    leat_run_deinit(&run);
    return rc < 0 ? leat_cli_failed(&err, true) : EX_OK;
}

int leat_cli_plan(const struct leat_cli *cli)
{
    struct leat_session session;
    int status = leat_session_open(&session, cli, LEAT_SESSION_CONNECT);

    if (status == 0)
        status = show_plan(cli, &session.plan);
    leat_session_close(&session);
    return status;
}
