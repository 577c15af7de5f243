/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "delivery/records.h"
#include "observe/crash.h"
#include "plugin/options.h"

/* ---- one stage ---- */

static void stage_begin(struct leat_plan *stage, struct leat_pipeline_plan *whole, const struct leat_stage_model *model)
{
    *stage = (struct leat_plan){.whole = whole, .model = model, .estimates = {-1, -1, -1}};
}

static const char *owner_of(struct leat_plan *stage)
{
    enum leat_kind kind = stage->plugin ? stage->plugin->kind : stage->model->kind;

    return leat_arena_printf(&stage->whole->arena, "%s %s", leat_kind_name(kind), stage->model->plugin);
}

/* An extract's name among the loads, or the other way round, is a common slip. */
static const char *missing_plugin_hint(struct leat_plan *stage, const char *near)
{
    struct leat_arena *arena = &stage->whole->arena;
    const struct leat_plugin *other;

    for (int kind = LEAT_KIND_EXTRACT; kind <= LEAT_KIND_LOAD; kind++)
        if ((enum leat_kind)kind != stage->model->kind &&
            leat_registry_stage(stage->whole->registry, (enum leat_kind)kind, stage->model->plugin, &other, NULL,
                                NULL) == 0)
            return leat_arena_printf(arena, "'%s' is %s %s plugin; it belongs into another section",
                                     stage->model->plugin, kind == LEAT_KIND_EXTRACT ? "an" : "a",
                                     leat_kind_name((enum leat_kind)kind));
    if (near)
        return leat_arena_printf(arena, "did you mean '%s'?", near);
    return "leat plugin list shows what there is; --plugin-dir adds a folder to look in";
}

/* The plugin of the section's kind; transform: and validate: take each other's, too. */
static int find_plugin(struct leat_plan *stage, const char *name, const char **ret_near, struct leat_error *err)
{
    enum leat_kind kind = stage->model->kind;
    struct leat_registry *registry = stage->whole->registry;
    int rc = leat_registry_stage(registry, kind, name, &stage->plugin, ret_near, err);

    if (rc == -ENOENT && (kind == LEAT_KIND_TRANSFORM || kind == LEAT_KIND_VALIDATE)) {
        kind = kind == LEAT_KIND_TRANSFORM ? LEAT_KIND_VALIDATE : LEAT_KIND_TRANSFORM;
        if (leat_registry_stage(registry, kind, name, &stage->plugin, ret_near && *ret_near ? NULL : ret_near, NULL) == 0)
            rc = 0;
    }
    return rc;
}

static bool load_plugin(struct leat_plan *stage)
{
    struct leat_pipeline_plan *whole = stage->whole;
    struct leat_error err = {0};
    const char *near;
    int rc = find_plugin(stage, stage->model->plugin, &near, &err);

    if (rc == 0)
        return true;
    stage->plugin = NULL;
    stage->failed = true;
    if (rc != -ENOENT)
        whole->stage_error = err;
    if (stage->model->node->name)
        leat_wrong_key(whole->diagnostics, stage->model->node,
                       rc == -ENOENT ? missing_plugin_hint(stage, near) : NULL, "%s", err.text);
    else
        leat_wrong_at(whole->diagnostics, stage->model->node,
                      rc == -ENOENT ? missing_plugin_hint(stage, near) : NULL, "%s", err.text);
    /* Taken for the nearest, the rest of the file can be checked. */
    return rc == -ENOENT && near && find_plugin(stage, near, NULL, NULL) == 0;
}

/* The plugin's struct, anew, with its options. */
static bool bind_options(struct leat_plan *stage)
{
    struct leat_pipeline_plan *whole = stage->whole;
    struct leat_binding binding = {.arena = &whole->arena, .diagnostics = whole->diagnostics,
                                   .place = stage->model->node, .owner = owner_of(stage)};
    bool ok;

    if (stage->model->options)
        leat_interpolate((struct leat_node *)stage->model->options, &whole->pipeline->variables, &whole->arena,
                         whole->diagnostics);
    free(stage->self);
    stage->self = leat_alloc(stage->plugin->state_size);
    ok = leat_options_bind(&binding, stage->model->options, stage->plugin->options, stage->self);
    stage->failed |= !ok;
    return ok;
}

static void keep_schema(struct leat_plan *stage, const struct leat_field *fields, int n)
{
    for (int i = 0; i < n; i++)
        (void)leat_host_plan_services.add_field(stage, &fields[i]);
}

static int call_plan(struct leat_plan *stage)
{
    struct leat_error err = {0};
    int before = stage->whole->diagnostics->n, rc;

    stage->accepts = leat_arena_alloc(&stage->whole->arena, (size_t)stage->in.n_fields + 1);
    for (const struct leat_field *f = stage->plugin->fields; f && f->name; f++)
        keep_schema(stage, f, 1);
    leat_crash_stage = stage->model->id;
    rc = stage->plugin->plan ? stage->plugin->plan(stage, stage->self, &err) : 0;
    leat_crash_stage = NULL;
    if (rc < 0) {
        stage->failed = true;
        if (rc == LEAT_EUNREACHABLE || rc == LEAT_EPLUGIN)
            stage->whole->stage_error = err;
        stage->unsure = true;
        if (stage->whole->diagnostics->n == before && !stage->whole->unsure)
            leat_wrong_at(stage->whole->diagnostics, stage->model->node, NULL, "%s: %s", stage->model->id, err.text);
    } else if ((stage->plugin->traits & LEAT_KEEPS_SCHEMA) && !stage->out.n_fields) {
        keep_schema(stage, stage->in.fields, stage->in.n_fields);
    }
    if (!stage->failed) {
        free(stage->planned);
        stage->planned = leat_alloc(stage->plugin->state_size);
        memcpy(stage->planned, stage->self, stage->plugin->state_size);
    }
    return stage->failed ? LEAT_EPIPELINE : 0;
}

/* ---- schemas that are not known, since something before is wrong ---- */

static const struct leat_field stand_in = {.name = "\001", .type = LEAT_TEXT};

static const struct leat_schema unknown_schema = {.n_fields = 1, .fields = &stand_in};

bool leat_plan_unknown(const struct leat_schema *schema)
{
    return schema->n_fields && strcmp(schema->fields[0].name, stand_in.name) == 0;
}

/* The fields of a schema, and who knows which others. */
static const struct leat_schema *and_others(struct leat_plan *stage)
{
    const struct leat_schema *known = &stage->out;
    struct leat_field *fields =
        leat_arena_alloc(&stage->whole->arena, ((size_t)known->n_fields + 1) * sizeof *fields);
    struct leat_schema *schema = leat_arena_alloc(&stage->whole->arena, sizeof *schema);

    if (leat_plan_unknown(known))
        return known;
    fields[0] = stand_in;
    if (known->n_fields)
        memcpy(fields + 1, known->fields, (size_t)known->n_fields * sizeof *fields);
    *schema = (struct leat_schema){.n_fields = known->n_fields + 1, .fields = fields};
    return schema;
}

/* Of an extract. */
static bool knows_fields(const struct leat_plan *stage)
{
    if (stage->unasked)
        return stage->whole->given && stage->out.n_fields;
    return !stage->failed || stage->out.n_fields;
}

/* What goes on from a stage. One that keeps the fields does so whatever is wrong with it. */
static const struct leat_schema *fields_behind(struct leat_plan *stage)
{
    if (stage->failed && (stage->plugin ? (stage->plugin->traits & LEAT_KEEPS_SCHEMA) != 0
                                        : stage->model->kind == LEAT_KIND_VALIDATE))
        return &stage->in;
    if (stage->model->kind == LEAT_KIND_EXTRACT ? knows_fields(stage) : !stage->unsure)
        return &stage->out;
    stage->whole->unsure = true;
    return and_others(stage);
}

void leat_plan_stage(struct leat_plan *stage, struct leat_pipeline_plan *whole, const struct leat_stage_model *model,
                     const struct leat_schema *in)
{
    stage_begin(stage, whole, model);
    stage->in = *in;
    stage->n_doubtful = stage->whole->n_doubtful;
    if (!load_plugin(stage) || !bind_options(stage)) {
        stage->unsure = true;
        return;
    }
    (void)call_plan(stage);
    stage->serial |= !(stage->plugin->traits & LEAT_PARALLEL);
}

/* ---- the load, which does not get secrets that it does not ask for ---- */

static void reset_stage(struct leat_plan *stage)
{
    stage->n_notes = stage->n_files = stage->n_left_out = 0;
    stage->out.n_fields = 0;
}

static bool drops_secrets(const struct leat_plan *load)
{
    for (int i = 0; i < load->in.n_fields; i++)
        if (load->in.fields[i].data_class == LEAT_SECRET && !load->accepts[i])
            return true;
    return false;
}

/* Why a secret field stays behind: what the load itself says, if it says anything. */
static const char *why_left_out(const struct leat_plan *load, const char *field)
{
    for (int i = 0; i < load->n_left_out; i++)
        if (strcmp(load->left_out[i].field, field) == 0)
            return load->left_out[i].what_becomes_of_it;
    return "is secret, and this load takes no secrets: it is dropped before it";
}

/* The first plan has told which secrets the load takes; the second sees only those. */
static void drop_secrets(struct leat_plan *load)
{
    struct leat_arena *arena = &load->whole->arena;
    size_t n = (size_t)load->in.n_fields + 1;
    struct leat_field *fields = leat_arena_alloc(arena, n * sizeof *fields);
    struct leat_left_out *dropped = leat_arena_alloc(arena, n * sizeof *dropped);
    int kept = 0, n_dropped = 0;

    load->before = load->in;
    load->passed = leat_arena_alloc(arena, n * sizeof *load->passed);
    for (int i = 0; i < load->before.n_fields; i++) {
        const struct leat_field *f = &load->before.fields[i];

        if (f->data_class == LEAT_SECRET && !load->accepts[i]) {
            dropped[n_dropped++] = (struct leat_left_out){f->name, why_left_out(load, f->name)};
        } else {
            load->passed[kept] = i;
            fields[kept++] = *f;
        }
    }
    reset_stage(load);
    load->in = (struct leat_schema){.n_fields = kept, .fields = fields};
    if (bind_options(load) && call_plan(load) == 0)
        for (int i = 0; i < n_dropped; i++) {
            load->left_out = leat_grow(load->left_out, load->n_left_out, &load->cap_left_out, sizeof *load->left_out);
            load->left_out[load->n_left_out++] = dropped[i];
        }
}

static void plan_load(struct leat_plan *load, struct leat_pipeline_plan *whole, const struct leat_schema *in)
{
    leat_plan_stage(load, whole, &whole->pipeline->load, in);
    if (load->plugin && !load->failed && drops_secrets(load))
        drop_secrets(load);
    for (int i = 0; load->whole->pipeline->strict && !load->whole->unsure && i < load->n_left_out; i++)
        leat_wrong_at(load->whole->diagnostics, load->model->node,
                      "take the field out before the load, or take  strict: true  out of the file",
                      "%s does not carry '%s': %s", load->model->id, load->left_out[i].field,
                      load->left_out[i].what_becomes_of_it);
}

/* A load that is not chosen: its name and its options are right, whatever its variables hold. */
static void check_other_load(struct leat_pipeline_plan *plan, const struct leat_stage_model *model)
{
    struct leat_plan stage;
    struct leat_binding binding = {.arena = &plan->arena, .diagnostics = plan->diagnostics, .place = model->node,
                                   .uninterpolated = true};
    struct leat_error reachable = plan->stage_error;

    if (!model->plugin || model->node == plan->pipeline->load.node)
        return;
    stage_begin(&stage, plan, model);
    binding.owner = owner_of(&stage);
    if (load_plugin(&stage))
        (void)leat_options_bind(&binding, model->options, stage.plugin->options,
                                leat_arena_alloc(&plan->arena, stage.plugin->state_size));
    plan->stage_error = reachable;
}

/* ---- rejects and results ---- */

static const struct leat_field reject_fields[] = {
    {"leat:stage", LEAT_TEXT, LEAT_PUBLIC, false, NULL}, {"leat:field", LEAT_TEXT, LEAT_PUBLIC, false, NULL},
    {"leat:code", LEAT_TEXT, LEAT_PUBLIC, false, NULL},  {"leat:reason", LEAT_TEXT, LEAT_PUBLIC, false, NULL},
    {"leat:key", LEAT_TEXT, LEAT_PII, false, NULL},      {"leat:raw", LEAT_TEXT, LEAT_PII, false, NULL},
};
static const struct leat_field result_fields[] = {
    {"leat:key", LEAT_TEXT, LEAT_PII, false, NULL},
    {"leat:verdict", LEAT_TEXT, LEAT_PUBLIC, false, NULL},
    {"leat:answer", LEAT_JSON, LEAT_PII, false, NULL},
};
enum { N_REJECT_FIELDS = 6, N_RESULT_FIELDS = 3 };

/* The source record, then what leat says of it. */
static const struct leat_schema *reject_schema(struct leat_pipeline_plan *plan)
{
    const struct leat_schema *source = &leat_plan_extract(plan)->out;
    struct leat_field *fields =
        leat_arena_alloc(&plan->arena, ((size_t)source->n_fields + N_REJECT_FIELDS) * sizeof *fields);
    struct leat_schema *schema = leat_arena_alloc(&plan->arena, sizeof *schema);

    for (int i = 0; i < source->n_fields; i++)
        if (leat_is_rejected_field(&source->fields[i]))
            fields[schema->n_fields++] = source->fields[i];
    memcpy(fields + schema->n_fields, reject_fields, sizeof reject_fields);
    schema->n_fields += N_REJECT_FIELDS;
    schema->fields = fields;
    return schema;
}

static struct leat_plan *plan_side(struct leat_pipeline_plan *plan, const struct leat_stage_model *model,
                                   const struct leat_schema *in)
{
    struct leat_plan *stage = leat_arena_alloc(&plan->arena, sizeof *stage);

    leat_plan_stage(stage, plan, model, in);
    if (stage->plugin && (stage->plugin->traits & LEAT_LATE))
        leat_wrong_at(plan->diagnostics, model->node, "take a load that writes a file",
                      "%s: %s answers late, and this must be written at once", model->id, model->plugin);
    return stage;
}

static void plan_sides(struct leat_pipeline_plan *plan)
{
    static const struct leat_schema results = {.n_fields = N_RESULT_FIELDS, .fields = result_fields};
    const struct leat_plan *extract = leat_plan_extract(plan);
    bool known = extract->plugin && !extract->failed;

    if (plan->pipeline->rejects.plugin)
        plan->rejects = plan_side(plan, &plan->pipeline->rejects, known ? reject_schema(plan) : &unknown_schema);
    if (plan->pipeline->results.plugin)
        plan->results = plan_side(plan, &plan->pipeline->results, &results);
}

/* ---- files that two stages would use ---- */

static bool clash(const struct leat_file_claim *a, const struct leat_file_claim *b)
{
    return (a->written || b->written) && strcmp(a->path, b->path) == 0;
}

/* /dev/null and its like take what comes, from anybody. */
static bool is_device(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISCHR(st.st_mode);
}

static const char *clash_hint(const struct leat_pipeline_plan *plan)
{
    const char *hint = plan->pipeline->replay ? leat_replay_hint(plan) : NULL;

    return hint ? hint : "give one of them another path";
}

static void check_pair(const struct leat_plan *a, const struct leat_plan *b)
{
    for (int i = 0; i < a->n_files; i++)
        for (int j = 0; j < b->n_files; j++)
            if (clash(&a->files[i], &b->files[j]) && !is_device(a->files[i].path))
                leat_wrong_at(b->whole->diagnostics, b->model->node, clash_hint(b->whole),
                              "%s: its file %s is also that of %s", b->model->id, b->files[j].path, a->model->id);
}

static void check_pipeline_file(const struct leat_plan *stage)
{
    for (int i = 0; i < stage->n_files; i++)
        if (stage->files[i].written && strcmp(stage->files[i].path, stage->whole->pipeline->real_path) == 0)
            leat_wrong_at(stage->whole->diagnostics, stage->model->node, "give it another path",
                          "%s: it would overwrite the pipeline file", stage->model->id);
}

static void check_files(struct leat_pipeline_plan *plan)
{
    const struct leat_plan *sides[] = {plan->rejects, plan->results};
    const struct leat_plan **all =
        leat_arena_alloc(&plan->arena, ((size_t)plan->n_stages + 2) * sizeof *all);
    int n = 0;

    for (int i = 0; i < plan->n_stages; i++)
        all[n++] = &plan->stages[i];
    for (int i = 0; i < 2; i++)
        if (sides[i])
            all[n++] = sides[i];
    for (int i = 0; i < n; i++) {
        check_pipeline_file(all[i]);
        for (int j = i + 1; j < n; j++)
            check_pair(all[i], all[j]);
    }
}

/* ---- the whole ---- */

static void plan_stages(struct leat_pipeline_plan *plan)
{
    struct leat_pipeline *p = plan->pipeline;
    static const struct leat_schema nothing;
    const struct leat_schema *in = &nothing;

    plan->n_stages = p->n_chain + 1 + (p->load.plugin != NULL); /* without a load: only to find more mistakes */
    plan->stages = leat_arena_alloc(&plan->arena, (size_t)plan->n_stages * sizeof *plan->stages);
    for (int i = 0; i < plan->n_stages; i++) {
        struct leat_plan *stage = &plan->stages[i];

        if (i > p->n_chain)
            plan_load(stage, plan, in);
        else
            leat_plan_stage(stage, plan, i == 0 ? &p->extract : &p->chain[i - 1], in);
        if (i == 0 && p->replay)
            leat_replay_plan_extract(stage);
        in = fields_behind(stage);
    }
    if (plan->stages[0].plugin && !plan->stages[0].failed && !plan->stages[0].out.n_fields &&
        (!plan->stages[0].unasked || plan->given))
        leat_wrong_at(plan->diagnostics, p->extract.node,
                      plan->given ? "for tests, say which it has:  fields: {id: int64, email: text}" : NULL,
                      "%s: it declares no fields", p->extract.id);
}

/* Each would wait for the other's transaction, without end. */
static void check_targets(struct leat_pipeline_plan *plan)
{
    const struct leat_plan *sinks[] = {leat_plan_load(plan), plan->rejects, plan->results};

    for (int i = 0; i < 3; i++)
        for (int j = i + 1; j < 3; j++)
            if (sinks[i] && sinks[j] && sinks[i]->target && sinks[j]->target && sinks[i]->plugin->last_commit &&
                strcmp(sinks[i]->target, sinks[j]->target) == 0)
                leat_wrong_at(plan->diagnostics, sinks[j]->model->node, "give each a table of its own",
                              "%s and %s would both write to %s", sinks[i]->model->id, sinks[j]->model->id,
                              sinks[i]->target);
}

/* In no order another record would win each time. */
static void check_order(struct leat_pipeline_plan *plan)
{
    if (leat_plan_extract(plan)->partitions <= 1)
        return;
    for (int i = 1; i < plan->n_stages; i++)
        if (plan->stages[i].ordered)
            leat_wrong_at(plan->diagnostics, plan->stages[i].model->node, plan->stages[i].ordered,
                          "%s: what it lets through hangs on the order of the records, and %s is read in %d partitions, "
                          "which come in no order", plan->stages[i].model->id, leat_plan_extract(plan)->model->id,
                          leat_plan_extract(plan)->partitions);
}

int leat_plan_make(struct leat_pipeline_plan *plan, struct leat_pipeline *pipeline, struct leat_registry *registry,
                   const struct leat_plan_options *options, struct leat_diagnostics *diagnostics,
                   struct leat_error *err)
{
    int before = diagnostics->n;

    *plan = (struct leat_pipeline_plan){.pipeline = pipeline, .registry = registry, .diagnostics = diagnostics,
                                        .may_connect = options->may_connect, .given = options->given,
                                        .writes = options->writes};
    plan_stages(plan);
    plan_sides(plan);
    check_files(plan);
    check_targets(plan);
    check_order(plan);
    for (int i = 0; options->other_loads && i < pipeline->n_loads; i++)
        check_other_load(plan, &pipeline->loads[i].stage);
    if (diagnostics->n == before)
        return 0;
    if (plan->stage_error.code && diagnostics->n == before + 1) {
        *err = plan->stage_error;
        return err->code;
    }
    return leat_fail(err, LEAT_EPIPELINE, "%s has %d mistake%s", pipeline->source.path, diagnostics->n,
                     diagnostics->n == 1 ? "" : "s");
}

static void stage_deinit(struct leat_plan *stage)
{
    for (int i = 0; i < stage->n_expressions; i++)
        leat_expression_release(stage->expressions[i]);
    if (stage->plugin && stage->self)
        leat_options_wipe(stage->plugin->options, stage->self);
    free(stage->expressions);
    free(stage->self);
    free(stage->planned);
    free(stage->out_fields);
    free(stage->notes);
    free(stage->forecasts);
    free(stage->files);
    free(stage->left_out);
}

void leat_plan_deinit(struct leat_pipeline_plan *plan)
{
    for (int i = 0; i < plan->n_stages; i++)
        stage_deinit(&plan->stages[i]);
    for (struct leat_finder *finder = plan->finders; finder; finder = finder->next)
        stage_deinit(&finder->plan);
    if (plan->rejects)
        stage_deinit(plan->rejects);
    if (plan->results)
        stage_deinit(plan->results);
    free(plan->doubtful);
    free(plan->rates);
    leat_arena_deinit(&plan->arena);
    *plan = (struct leat_pipeline_plan){0};
}
