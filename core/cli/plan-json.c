/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan as JSON. What is not known is null.
 */
#include "cli/plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

/* ,"name":"text" */
static void add_text(struct leat_text_buffer *b, const char *name, const char *text)
{
    leat_text_printf(b, ",\"%s\":", name);
    leat_text_add_json_string(b, text);
}

static void add_fields(struct leat_text_buffer *b, const struct leat_schema *schema)
{
    if (leat_plan_unknown(schema)) {
        leat_text_add_string(b, ",\"fields\":null");
        return;
    }
    leat_text_add_string(b, ",\"fields\":[");
    for (int i = 0; i < schema->n_fields; i++) {
        const struct leat_field *f = &schema->fields[i];

        leat_text_add_string(b, i ? ",{\"name\":" : "{\"name\":");
        leat_text_add_json_string(b, f->name);
        add_text(b, "type", leat_type_name(f->type));
        add_text(b, "class", leat_class_name(f->data_class));
        if (f->type == LEAT_TIMESTAMP) /* null: an instant, and not the wall time of a place */
            add_text(b, "timezone", !f->local ? NULL : f->timezone ? f->timezone : "UTC");
        leat_text_add_string(b, "}");
    }
    leat_text_add_string(b, "]");
}

static void add_estimates(struct leat_text_buffer *b, const struct leat_plan *stage)
{
    static const char *const names[] = {"rows", "bytes", "calls"};

    leat_text_add_string(b, ",\"estimates\":{");
    for (int i = 0; i < 3; i++) {
        leat_text_printf(b, "%s\"%s\":", i ? "," : "", names[i]);
        if (stage->estimates[i] >= 0)
            leat_text_printf(b, "%" PRId64, stage->estimates[i]);
        else
            leat_text_add_string(b, "null");
    }
    leat_text_add_string(b, "}");
}

static void add_notes(struct leat_text_buffer *b, const struct leat_plan *stage)
{
    leat_text_add_string(b, ",\"notes\":[");
    for (int i = 0; i < stage->n_notes; i++) {
        leat_text_add_string(b, i ? "," : "");
        leat_text_add_json_string(b, stage->notes[i]);
    }
    leat_text_add_string(b, "],\"left_out\":[");
    for (int i = 0; i < stage->n_left_out; i++) {
        leat_text_add_string(b, i ? ",{\"field\":" : "{\"field\":");
        leat_text_add_json_string(b, stage->left_out[i].field);
        add_text(b, "what_becomes_of_it", stage->left_out[i].what_becomes_of_it);
        leat_text_add_string(b, "}");
    }
    leat_text_add_string(b, "]");
}

static int segment_of(const struct leat_run *run, int stage)
{
    int i = 0;

    while (i < run->n_segments - 1 && run->segments[i + 1].first <= stage)
        i++;
    return i;
}

/* A load puts out nothing: its fields are those it gets. */
static void add_stage(struct leat_text_buffer *b, const struct leat_run *run, int i)
{
    const struct leat_plan *stage = &run->plan->stages[i];
    int segment = segment_of(run, i);

    leat_text_add_string(b, "{\"kind\":");
    leat_text_add_json_string(b, leat_kind_name(stage->model->kind));
    add_text(b, "plugin", stage->model->plugin);
    add_text(b, "id", stage->model->id);
    leat_text_printf(b, ",\"segment\":%d,\"workers\":%d", segment + 1, run->segments[segment].n_workers);
    add_text(b, "target", stage->target);
    add_fields(b, stage->model->kind == LEAT_KIND_LOAD ? &stage->in : &stage->out);
    add_estimates(b, stage);
    add_notes(b, stage);
    leat_text_add_string(b, "}");
}

static void add_side(struct leat_text_buffer *b, const char *name, const struct leat_plan *side)
{
    leat_text_printf(b, ",\n\"%s\":", name);
    if (!side) {
        leat_text_add_string(b, "null");
        return;
    }
    leat_text_add_string(b, "{\"plugin\":");
    leat_text_add_json_string(b, side->model->plugin);
    add_text(b, "target", side->target);
    leat_text_add_string(b, "}");
}

static void add_forecast(struct leat_text_buffer *b, const struct leat_plan *load, const struct leat_sample *sample)
{
    if (!load->n_forecasts) {
        leat_text_add_string(b, ",\n\"forecast\":null");
        return;
    }
    leat_text_printf(b, ",\n\"forecast\":{\"records_read\":%" PRId64 ",\"all\":%s,\"records_expected\":", sample->read,
                     sample->all ? "true" : "false");
    if (sample->expected >= 0)
        leat_text_printf(b, "%" PRId64, sample->expected);
    else
        leat_text_add_string(b, "null");
    leat_text_add_string(b, ",\"figures\":{");
    for (int i = 0; i < load->n_forecasts; i++) {
        leat_text_add_string(b, i ? "," : "");
        leat_text_add_json_string(b, load->forecasts[i].what);
        leat_text_printf(b, ":%.1f", load->forecasts[i].n);
    }
    leat_text_add_string(b, "}}");
}

void leat_cli_plan_json(const struct leat_run *run, const struct leat_sample *sample)
{
    const struct leat_pipeline_plan *plan = run->plan;
    struct leat_text_buffer b = {0};

    leat_text_add_string(&b, "{\"pipeline\":");
    leat_text_add_json_string(&b, plan->pipeline->name);
    add_text(&b, "load", plan->pipeline->load_name);
    leat_text_add_string(&b, ",\"stages\":[");
    for (int i = 0; i < plan->n_stages; i++) {
        leat_text_add_string(&b, i ? ",\n" : "\n");
        add_stage(&b, run, i);
    }
    leat_text_add_string(&b, "]");
    add_side(&b, "rejects", plan->rejects);
    add_side(&b, "results", plan->results);
    add_forecast(&b, leat_plan_load(plan), sample);
    leat_text_printf(&b, ",\n\"memory\":%" PRId64 "}\n", plan->pipeline->memory);
    fputs(b.p, stdout);
    leat_text_deinit(&b);
}
