/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A host for one plugin: plan and stage services that note what they are told,
 * and real batches. Just enough to drive the callbacks of a file extract or a
 * file load directly; whole pipelines are tested by running leat.
 */
#ifndef LEAT_TESTS_CSV_HOST_H
#define LEAT_TESTS_CSV_HOST_H

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <leat/plugin.h>

#include "batch/batch.h"

enum { HOST_MAX = 64 };

/* ---- plan ---- */

struct leat_plan {
    const struct leat_plugin *plugin;
    void *self;
    struct leat_schema in, out;
    struct leat_field fields[HOST_MAX];
    char names[HOST_MAX][64];
    void *memory[256];
    int n_memory;
    char wrong[2048];              /* "OPTION: TEXT" lines */
    char target[512], output[512], input[512];
    int64_t bytes;
    int n_left_out, n_secrets;
    bool header_given, connects;
};

static const struct leat_schema *host_input(struct leat_plan *p)
{
    return &p->in;
}

static int host_add_field(struct leat_plan *p, const struct leat_field *field)
{
    int n = p->out.n_fields++;

    p->fields[n] = *field;
    (void)snprintf(p->names[n], sizeof p->names[n], "%s", field->name);
    p->fields[n].name = p->names[n];
    p->out.fields = p->fields;
    return n;
}

static void *host_alloc(struct leat_plan *p, size_t n)
{
    return p->memory[p->n_memory++] = calloc(1, n ? n : 1);
}

static void host_wrong(struct leat_plan *p, const struct leat_node *node, const char *option, const char *text)
{
    size_t n = strlen(p->wrong);

    (void)snprintf(p->wrong + n, sizeof p->wrong - n, "%s: %s\n", option ? option : node ? "node" : "stage", text);
}

static const struct leat_node *host_node(struct leat_plan *p, const char *option)
{
    static const struct leat_node there;

    return strcmp(option, "header") == 0 && p->header_given ? &there : NULL;
}

static bool host_connects(struct leat_plan *p)
{
    return p->connects;
}

static void host_target(struct leat_plan *p, const char *identity)
{
    (void)snprintf(p->target, sizeof p->target, "%s", identity);
}

static void host_file(struct leat_plan *p, const char *path, bool written)
{
    (void)snprintf(written ? p->output : p->input, sizeof p->output, "%s", path);
}

static void host_estimate(struct leat_plan *p, enum leat_estimate what, int64_t n)
{
    p->bytes = what == LEAT_ESTIMATE_BYTES ? n : p->bytes;
}

static void host_leaves_out(struct leat_plan *p, int field, const char *why)
{
    (void)field;
    (void)why;
    p->n_left_out++;
}

static void host_accepts(struct leat_plan *p, int field)
{
    (void)field;
    p->n_secrets++;
}

static const struct leat_plan_services host_plan = {
    .input = host_input, .add_field = host_add_field, .alloc = host_alloc, .wrong = host_wrong, .node = host_node,
    .may_connect = host_connects, .target = host_target, .estimate = host_estimate,
    .file = host_file, .leaves_out = host_leaves_out, .accepts_secret = host_accepts,
};

/* ---- stage ---- */

struct leat_stage {
    struct leat_plan *plan;
    const char *position, *mark;
    char counted[256];
    char written[512], published[512];
};

static const struct leat_schema *host_stage_input(const struct leat_stage *s)
{
    return &s->plan->in;
}

static const struct leat_schema *host_stage_output(const struct leat_stage *s)
{
    return &s->plan->out;
}

static void host_count(struct leat_stage *s, const char *what, int64_t n)
{
    (void)snprintf(s->counted, sizeof s->counted, "%s %" PRId64, what, n);
}

static void host_publish(struct leat_stage *s, const char *written, const char *final)
{
    (void)snprintf(s->written, sizeof s->written, "%s", written);
    (void)snprintf(s->published, sizeof s->published, "%s", final);
}

static const char *host_position(const struct leat_stage *s, int partition)
{
    (void)partition;
    return s->position;
}

static const char *host_mark(const struct leat_stage *s)
{
    return s->mark;
}

static const struct leat_stage_services host_stage = {
    .input = host_stage_input, .output = host_stage_output, .count = host_count, .publish = host_publish,
    .position = host_position, .mark = host_mark,
};

static const struct leat_batch_services host_batch = {
    .grow = leat_batch_grow, .put_null = leat_batch_null, .end_row = leat_batch_row_done,
    .reject_record = leat_batch_record_rejected, .reject = leat_batch_row_rejected,
    .answer_rest = leat_batch_rest_answered, .set_position = leat_batch_position,
};

/* ---- what the tests call ---- */

static void host_default(const struct leat_option *o, char *member)
{
    if (!o->default_text)
        return;
    if (o->type == LEAT_OPTION_BOOLEAN)
        *(bool *)member = strcmp(o->default_text, "true") == 0;
    else if (o->type == LEAT_OPTION_ENUM)
        *(int *)(void *)member = 0; /* all of ours default to the first word */
    else
        *(const char **)(void *)member = o->default_text;
}

/* The plugin that is linked into this program, with its options at their defaults. */
__attribute__((unused)) static struct leat_plan *host_begin(void)
{
    static const struct leat_host host = { .abi = LEAT_ABI, .size = sizeof host, .batch = &host_batch,
                                           .plan = &host_plan, .stage = &host_stage };
    extern const struct leat_plugin *leat_plugin_v1(const struct leat_host *);
    struct leat_plan *p = calloc(1, sizeof *p);

    p->plugin = leat_plugin_v1(&host);
    p->self = calloc(1, p->plugin->state_size);
    p->connects = true;
    for (const struct leat_option *o = p->plugin->options; o->name; o++)
        host_default(o, (char *)p->self + o->offset);
    return p;
}

__attribute__((unused)) static void *host_option(struct leat_plan *p, const char *name)
{
    for (const struct leat_option *o = p->plugin->options; o->name; o++)
        if (strcmp(o->name, name) == 0)
            return (char *)p->self + o->offset;
    abort();
}

__attribute__((unused)) static void host_text(struct leat_plan *p, const char *name, const char *text)
{
    *(const char **)host_option(p, name) = text;
}

__attribute__((unused)) static void host_bool(struct leat_plan *p, const char *name, bool value)
{
    *(bool *)host_option(p, name) = value;
}

__attribute__((unused)) static void host_end(struct leat_plan *p)
{
    for (int i = 0; i < p->n_memory; i++)
        free(p->memory[i]);
    free(p->self);
    free(p);
}

#endif
