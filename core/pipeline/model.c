/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "pipeline/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "pipeline/yaml.h"
#include "plugin/registry.h"

enum { MAX_PIPELINE = 16 << 20, MAX_STAGES = 500 };

static const char *const top_keys[] = {
    "leat", "name", "params", "extract", "transform", "validate", "load", "loads", "rejects", "results",
    "max_rejects", "stop_after", "strict", "memory", "max_record", "batch_rows", "checkpoint", "rates", "tests",
};
enum { N_TOP_KEYS = sizeof top_keys / sizeof *top_keys };

struct modelling {
    struct leat_pipeline *pipeline;
    struct leat_diagnostics *diagnostics;
};

static struct leat_arena *arena_of(struct modelling *m)
{
    return &m->pipeline->arena;
}

/* The word null is a plugin's name as well: only what is empty is nothing. */
bool leat_limit_exceeded(const struct leat_limit *limit, int64_t n, int64_t of)
{
    if (limit->percent)
        return limit->n < 100 && (double)n * 100 > limit->n * (double)of;
    return (double)n > limit->n;
}

static bool is_null(const struct leat_node *node)
{
    return node->kind == LEAT_SCALAR && node->plain && (!*node->text || strcmp(node->text, "~") == 0);
}

static bool is_word_null(const struct leat_node *node)
{
    return node->kind == LEAT_SCALAR && node->plain && strcmp(node->text, "null") == 0;
}

/* id: and workers: beside the plugin's key. */
static bool sibling(struct modelling *m, struct leat_stage_model *stage, const struct leat_node *node)
{
    int64_t workers;

    if (strcmp(node->name, "id") == 0) {
        if (node->kind != LEAT_SCALAR || !*node->text)
            leat_wrong_at(m->diagnostics, node, NULL, "id must be a name");
        stage->id = node->text;
        stage->id_node = node;
        return true;
    }
    if (strcmp(node->name, "workers") != 0)
        return false;
    if (stage->kind == LEAT_KIND_EXTRACT || stage->kind == LEAT_KIND_LOAD)
        leat_wrong_at(m->diagnostics, node, "set workers beside the stages between them",
                      "%s works alone", stage->kind == LEAT_KIND_EXTRACT ? "an extract" : "a load");
    else if (node->kind != LEAT_SCALAR || !leat_parse_integer(node->text, &workers) || workers < 1 || workers > 256)
        leat_wrong_at(m->diagnostics, node, NULL, "workers must be a number from 1 to 256");
    else
        stage->workers = (int)workers;
    return true;
}

static void second_key(struct modelling *m, const struct leat_node *child, const char *plugin)
{
    static const char *const siblings[] = {"id", "workers"};
    const char *near = leat_nearest(child->name, siblings, 2);

    leat_wrong_key(m->diagnostics, child,
                   near ? leat_arena_printf(arena_of(m), "did you mean '%s'?", near)
                        : "one item of the list is one stage: begin the next with '- '; an option stands below its "
                          "plugin, and only id and workers beside it",
                   "a stage has one plugin, and this one is %s already", plugin);
}

/* A mapping with one key that names the plugin; a word alone is a plugin without options. */
static bool read_stage(struct modelling *m, const struct leat_node *node, enum leat_kind kind,
                       struct leat_stage_model *ret)
{
    ret->kind = kind;
    if (node->kind == LEAT_SCALAR && !is_null(node)) {
        ret->plugin = node->text;
        ret->node = node;
        return true;
    }
    if (node->kind != LEAT_MAP) {
        leat_wrong_at(m->diagnostics, node, "write it as  plugin: {option: value}",
                      "a stage is a mapping with one key that names its plugin");
        return false;
    }
    for (int i = 0; i < node->n_children; i++) {
        const struct leat_node *child = node->children[i];

        if (sibling(m, ret, child))
            continue;
        if (ret->plugin) {
            second_key(m, child, ret->plugin);
            continue;
        }
        ret->plugin = child->name;
        ret->node = child;
        ret->options = is_null(child) || is_word_null(child) ? NULL : child;
    }
    if (!ret->plugin)
        leat_wrong_at(m->diagnostics, node, NULL, "this stage names no plugin");
    return ret->plugin != NULL;
}

bool leat_stage_model_read(struct leat_pipeline *p, const struct leat_node *node, enum leat_kind kind,
                           struct leat_stage_model *ret, struct leat_diagnostics *diagnostics)
{
    struct modelling m = {.pipeline = p, .diagnostics = diagnostics};

    return read_stage(&m, node, kind, ret);
}

static void read_chain(struct modelling *m, const char *section, enum leat_kind kind)
{
    struct leat_pipeline *p = m->pipeline;
    const struct leat_node *list = leat_node_get(p->root, section);
    struct leat_stage_model *chain;

    if (!list || is_null(list))
        return;
    if (list->kind != LEAT_LIST) {
        leat_wrong_at(m->diagnostics, list, "begin each stage with '- '", "%s: takes a list of stages", section);
        return;
    }
    if (list->n_children > MAX_STAGES) {
        leat_wrong_at(m->diagnostics, list, "are these records? a pipeline file has stages",
                      "%s: has %d stages, and at most %d are taken", section, list->n_children, MAX_STAGES);
        return;
    }
    chain = leat_arena_alloc(arena_of(m), (size_t)(p->n_chain + list->n_children) * sizeof *chain);
    if (p->n_chain)
        memcpy(chain, p->chain, (size_t)p->n_chain * sizeof *chain);
    p->chain = chain;
    for (int i = 0; i < list->n_children; i++)
        p->n_chain += read_stage(m, list->children[i], kind, &chain[p->n_chain]);
}

static void read_loads(struct modelling *m)
{
    struct leat_pipeline *p = m->pipeline;
    const struct leat_node *loads = leat_node_get(p->root, "loads");

    if (!loads || is_null(loads))
        return;
    if (loads->kind != LEAT_MAP) {
        leat_wrong_at(m->diagnostics, loads, "write  NAME: {plugin: {option: value}}", "loads: takes named stages");
        return;
    }
    p->loads = leat_arena_alloc(arena_of(m), (size_t)loads->n_children * sizeof *p->loads);
    for (int i = 0; i < loads->n_children; i++) {
        p->loads[p->n_loads].name = loads->children[i]->name;
        p->n_loads += read_stage(m, loads->children[i], LEAT_KIND_LOAD, &p->loads[p->n_loads].stage);
    }
}

static const struct leat_load_model *find_load(const struct leat_pipeline *p, const char *name)
{
    for (int i = 0; i < p->n_loads; i++)
        if (strcmp(p->loads[i].name, name) == 0)
            return &p->loads[i];
    return NULL;
}

static const char *load_names_hint(struct modelling *m, const char *name)
{
    struct leat_pipeline *p = m->pipeline;
    const char **names = leat_arena_alloc(arena_of(m), (size_t)(p->n_loads + 1) * sizeof *names);
    struct leat_text_buffer all = {0};
    const char *near, *hint;

    for (int i = 0; i < p->n_loads; i++) {
        names[i] = p->loads[i].name;
        leat_text_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    near = leat_nearest(name, names, p->n_loads);
    hint = near ? leat_arena_printf(arena_of(m), "did you mean '%s'?", near)
                : leat_arena_printf(arena_of(m), "loads: has %s", all.n ? all.p : "none");
    leat_text_deinit(&all);
    return hint;
}

/* load: is a stage, or the name of one in loads:; --load names another. */
static void read_load(struct modelling *m, const char *wanted)
{
    struct leat_pipeline *p = m->pipeline;
    const struct leat_node *load = leat_node_get(p->root, "load");
    const struct leat_load_model *named;
    const char *name = wanted ? wanted : load && load->kind == LEAT_SCALAR ? load->text : NULL;

    if (name && (named = find_load(p, name))) {
        p->load = named->stage;
        p->load_name = named->name;
    } else if (wanted) {
        leat_wrong(m->diagnostics, &p->source, 0, 0, load_names_hint(m, wanted), "--load %s: there is no such load",
                   wanted);
    } else if (!load || is_null(load)) {
        leat_wrong(m->diagnostics, &p->source, 1, 1, "add  load: {csv: {path: out.csv}}", "the pipeline has no load:");
    } else if (name && p->n_loads) {
        leat_wrong_at(m->diagnostics, load, load_names_hint(m, name), "loads: has no '%s'", name);
    } else if (read_stage(m, load, LEAT_KIND_LOAD, &p->load)) {
        p->load_name = p->load.plugin;
    }
}

static void read_limit(struct modelling *m, const char *key, struct leat_limit *ret)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, key);
    char *end;

    if (!node)
        return;
    ret->n = strtod(node->text, &end);
    ret->percent = strcmp(end, "%") == 0;
    ret->given = true;
    if (node->kind != LEAT_SCALAR || end == node->text || (*end && !ret->percent) || !(ret->n >= 0) ||
        (ret->percent && ret->n > 100) || (!ret->percent && (strchr(node->text, '.') || ret->n > 1e15)))
        leat_wrong_at(m->diagnostics, node, "write a number of records, such as 100, or a share of them, such as 1%",
                      "%s is not a number of records", key);
}

static void read_bytes(struct modelling *m, const char *key, int64_t least, int64_t *ret)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, key);

    if (node && (node->kind != LEAT_SCALAR || !leat_parse_size(node->text, ret) || *ret < least))
        leat_wrong_at(m->diagnostics, node, "write it as 64k, 32MiB or 1G", "%s must be a size of at least %" PRId64
                      " bytes", key, least);
}

static void read_batch_rows(struct modelling *m)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, "batch_rows");

    if (node && (node->kind != LEAT_SCALAR || !leat_parse_integer(node->text, &m->pipeline->batch_rows) ||
                 m->pipeline->batch_rows < 1 || m->pipeline->batch_rows > 65536))
        leat_wrong_at(m->diagnostics, node, NULL, "batch_rows must be a number from 1 to 65536");
}

static void read_checkpoint(struct modelling *m)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, "checkpoint");

    if (node && (node->kind != LEAT_SCALAR || !leat_parse_duration(node->text, &m->pipeline->checkpoint_ms)))
        leat_wrong_at(m->diagnostics, node, "write it as 500ms, 2s or 1m", "checkpoint is the time between two "
                      "checkpoints");
}

static void read_strict(struct modelling *m)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, "strict");

    m->pipeline->strict = node && strcmp(node->text, "true") == 0;
    if (node && !m->pipeline->strict && strcmp(node->text, "false") != 0)
        leat_wrong_at(m->diagnostics, node, NULL, "strict must be true or false");
}

static void check_version(struct modelling *m)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, "leat");

    if (!node)
        leat_wrong(m->diagnostics, &m->pipeline->source, 1, 1, "begin the file with  leat: 1",
                   "the file does not say which version of the format it is in");
    else if (node->kind != LEAT_SCALAR || strcmp(node->text, "1") != 0)
        leat_wrong_at(m->diagnostics, node, "this leat reads  leat: 1", "the format version is not known");
}

static void check_name(struct modelling *m)
{
    struct leat_pipeline *p = m->pipeline;
    const struct leat_node *node = leat_node_get(p->root, "name");
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    if (!node) {
        leat_wrong(m->diagnostics, &p->source, 1, 1, "add  name: my-users", "the pipeline has no name:");
        p->name = "";
    } else if (node->kind != LEAT_SCALAR || !*node->text || strspn(node->text, allowed) != strlen(node->text) ||
               *node->text == '.' || *node->text == '-' || strlen(node->text) > 100) {
        leat_wrong_at(m->diagnostics, node, "use letters, digits, '-', '_' and '.', such as  shop-users",
                      "the name names files, and this one cannot");
        p->name = "";
    } else {
        p->name = node->text;
    }
}

/* Another stage of this id; NULL if there is none. */
static const struct leat_stage_model *other_with_id(const struct leat_pipeline *p, const char *id,
                                                    const struct leat_stage_model *mine)
{
    const struct leat_stage_model *ends[] = {&p->extract, &p->load};

    for (int i = 0; i < 2; i++)
        if (ends[i] != mine && ends[i]->id && strcmp(ends[i]->id, id) == 0)
            return ends[i];
    for (int i = 0; i < p->n_chain; i++)
        if (&p->chain[i] != mine && p->chain[i].id && strcmp(p->chain[i].id, id) == 0)
            return &p->chain[i];
    return NULL;
}

static bool id_is_reserved(const char *id)
{
    return strcmp(id, "rejects") == 0 || strcmp(id, "results") == 0;
}

static bool id_is_taken(const struct leat_pipeline *p, const char *id, const struct leat_stage_model *mine)
{
    return id_is_reserved(id) || other_with_id(p, id, mine);
}

static void check_id(struct modelling *m, struct leat_stage_model *stage)
{
    const struct leat_stage_model *other;

    if (!stage->id)
        return;
    other = other_with_id(m->pipeline, stage->id, stage);
    if (other)
        leat_wrong_at(m->diagnostics, stage->id_node, "give it an id of its own",
                      "another stage has the id '%s'; the first is in line %d", stage->id, other->id_node->line);
    else if (id_is_reserved(stage->id))
        leat_wrong_at(m->diagnostics, stage->id_node, "give it another one", "the id '%s' is that of %s:", stage->id,
                      stage->id);
    else
        return;
    stage->id = NULL; /* the other one is right */
}

/* True if the chain has the same plugin before this stage. */
static bool stands_before(const struct leat_pipeline *p, const struct leat_stage_model *stage)
{
    for (int i = 0; i < p->n_chain && &p->chain[i] != stage; i++)
        if (p->chain[i].kind == stage->kind && strcmp(p->chain[i].plugin, stage->plugin) == 0)
            return true;
    return false;
}

/* The plugin's name; KIND-NAME where a stage of another kind has that, else NAME-2 and so on. */
static void give_id(struct modelling *m, struct leat_stage_model *stage)
{
    if (!stage->plugin || stage->id)
        return;
    stage->id = stage->plugin;
    if (!stands_before(m->pipeline, stage) && id_is_taken(m->pipeline, stage->id, stage))
        stage->id = leat_arena_printf(arena_of(m), "%s-%s", leat_kind_name(stage->kind), stage->plugin);
    for (int n = 2; id_is_taken(m->pipeline, stage->id, stage); n++)
        stage->id = leat_arena_printf(arena_of(m), "%s-%d", stage->plugin, n);
}

/* Ids that were given must differ; the others are made so that they do. */
static void give_ids(struct modelling *m)
{
    struct leat_pipeline *p = m->pipeline;

    check_id(m, &p->load); /* from the end: of two, the later one is at fault */
    for (int i = p->n_chain - 1; i >= 0; i--)
        check_id(m, &p->chain[i]);
    check_id(m, &p->extract);
    give_id(m, &p->extract);
    for (int i = 0; i < p->n_chain; i++)
        give_id(m, &p->chain[i]);
    give_id(m, &p->load);
    p->rejects.id = "rejects";
    p->results.id = "results";
}

static void read_optional_stage(struct modelling *m, const char *key, struct leat_stage_model *ret)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, key);

    if (node && !is_null(node))
        (void)read_stage(m, node, LEAT_KIND_LOAD, ret);
}

static void read_extract(struct modelling *m)
{
    const struct leat_node *node = leat_node_get(m->pipeline->root, "extract");

    if (!node || is_null(node))
        leat_wrong(m->diagnostics, &m->pipeline->source, 1, 1, "add  extract: {csv: {path: users.csv}}",
                   "the pipeline has no extract:");
    else
        (void)read_stage(m, node, LEAT_KIND_EXTRACT, &m->pipeline->extract);
}

static void read_parameter(struct modelling *m, const struct leat_node *node, struct leat_parameter *ret)
{
    static const char *const keys[] = {"default", "help"};

    ret->name = node->name;
    if (node->kind == LEAT_SCALAR) {
        ret->value = is_null(node) || is_word_null(node) ? NULL : node->text;
        return;
    }
    for (int i = 0; i < node->n_children; i++) {
        const struct leat_node *child = node->children[i];

        if (node->kind != LEAT_MAP || child->kind != LEAT_SCALAR)
            leat_wrong_at(m->diagnostics, child, NULL, "a parameter has {default: TEXT, help: TEXT}");
        else if (strcmp(child->name, "default") == 0)
            ret->value = child->text;
        else if (strcmp(child->name, "help") != 0)
            leat_unknown_key(m->diagnostics, node, child, keys, 2, "a parameter");
    }
}

static void give_parameter(struct modelling *m, const char *assignment)
{
    struct leat_pipeline *p = m->pipeline;
    const char *equals = strchr(assignment, '=');
    size_t n = equals ? (size_t)(equals - assignment) : 0;

    if (!equals) {
        leat_wrong(m->diagnostics, &p->source, 0, 0, "write --param NAME=VALUE", "--param %s gives no value", assignment);
        return;
    }
    for (int i = 0; i < p->n_parameters; i++)
        if (strlen(p->parameters[i].name) == n && memcmp(p->parameters[i].name, assignment, n) == 0) {
            p->parameters[i].value = leat_arena_strdup(arena_of(m), equals + 1);
            p->parameters[i].given = true;
            return;
        }
    leat_wrong(m->diagnostics, &p->source, 0, 0, "params: declares them", "--param %.*s: there is no such parameter",
               (int)n, assignment);
}

static bool is_given(const struct leat_overrides *o, const char *name)
{
    size_t n = strlen(name);

    for (int i = 0; i < o->n_params; i++)
        if (strncmp(o->params[i], name, n) == 0 && o->params[i][n] == '=')
            return true;
    return false;
}

static void read_parameters(struct modelling *m, const struct leat_overrides *o)
{
    struct leat_pipeline *p = m->pipeline;
    const struct leat_node *params = leat_node_get(p->root, "params");

    if (params && params->kind != LEAT_MAP && !is_null(params))
        leat_wrong_at(m->diagnostics, params, "write  NAME: {default: TEXT, help: TEXT}",
                      "params: takes named parameters");
    if (params && params->kind == LEAT_MAP) {
        p->variables.in_defaults = true;
        p->parameters = leat_arena_alloc(arena_of(m), (size_t)params->n_children * sizeof *p->parameters);
        for (int i = 0; i < params->n_children; i++) {
            if (!is_given(o, params->children[i]->name)) /* a default that is not used need not be there */
                leat_interpolate((struct leat_node *)params->children[i], &p->variables, arena_of(m), m->diagnostics);
            read_parameter(m, params->children[i], &p->parameters[p->n_parameters++]);
        }
    }
    for (int i = 0; i < o->n_params; i++)
        give_parameter(m, o->params[i]);
    p->variables = (struct leat_variables){.parameters = p->parameters, .n_parameters = p->n_parameters};
}

/* In what stands in the file's top level itself; stages have theirs replaced once they are planned. */
static void replace_variables(struct modelling *m)
{
    struct leat_pipeline *p = m->pipeline;

    for (int i = 0; i < p->root->n_children; i++)
        if (p->root->children[i]->kind == LEAT_SCALAR)
            leat_interpolate((struct leat_node *)p->root->children[i], &p->variables, arena_of(m), m->diagnostics);
}

static void build(struct modelling *m, const struct leat_overrides *o)
{
    struct leat_pipeline *p = m->pipeline;

    check_version(m);
    for (int i = 0; i < p->root->n_children; i++) {
        bool known = false;

        for (int j = 0; j < N_TOP_KEYS; j++)
            known |= strcmp(p->root->children[i]->name, top_keys[j]) == 0;
        if (!known)
            leat_unknown_key(m->diagnostics, p->root, p->root->children[i], top_keys, N_TOP_KEYS, "a pipeline");
    }
    read_parameters(m, o);
    replace_variables(m);
    check_name(m);
    read_extract(m);
    read_chain(m, "transform", LEAT_KIND_TRANSFORM);
    read_chain(m, "validate", LEAT_KIND_VALIDATE);
    read_loads(m);
    read_load(m, o->load);
    p->work_name = p->replay && p->load_name ? leat_arena_printf(arena_of(m), "%s from rejects", p->load_name)
                                             : p->load_name;
    read_optional_stage(m, "rejects", &p->rejects);
    read_optional_stage(m, "results", &p->results);
    read_limit(m, "max_rejects", &p->max_rejects);
    read_limit(m, "stop_after", &p->stop_after);
    read_bytes(m, "memory", 1 << 20, &p->memory);
    read_bytes(m, "max_record", 1 << 10, &p->max_record);
    read_batch_rows(m);
    read_checkpoint(m);
    leat_rates_read(p, m->diagnostics);
    read_strict(m);
    p->tests = leat_node_get(p->root, "tests");
    give_ids(m);
}

static void begin(struct leat_pipeline *p)
{
    *p = (struct leat_pipeline){.memory = 32 << 20, .max_record = 1 << 20, .checkpoint_ms = 2000};
}

/* All behind the reading: p->source is there. */
static int model(struct leat_pipeline *p, const struct leat_overrides *o, struct leat_diagnostics *diagnostics,
                 struct leat_error *err)
{
    struct modelling m = {.pipeline = p, .diagnostics = diagnostics};

    p->root = leat_yaml_parse(&p->source, &p->arena, diagnostics);
    if (p->root && p->root->kind != LEAT_MAP)
        leat_wrong(diagnostics, &p->source, 1, 1, "begin with  leat: 1", "a pipeline file is a mapping of sections");
    else if (p->root) {
        for (int i = 0; i < o->n_sets; i++)
            leat_pipeline_set(p, o->sets[i], diagnostics);
        if (o->replay)
            leat_pipeline_replay(p, o->replay);
        build(&m, o);
    }
    return diagnostics->n ? leat_fail(err, LEAT_EPIPELINE, "%s has %d mistake%s", p->source.path, diagnostics->n,
                                      diagnostics->n == 1 ? "" : "s")
                          : 0;
}

int leat_pipeline_read(struct leat_pipeline *p, const char *path, const struct leat_overrides *o,
                       struct leat_diagnostics *diagnostics, struct leat_error *err)
{
    struct leat_text_buffer text = {0};
    size_t bom;
    int rc;

    begin(p);
    rc = leat_file_read(path, MAX_PIPELINE, &text);
    if (rc < 0) {
        leat_text_deinit(&text);
        return leat_fail(err, rc, "cannot read the pipeline file '%s': %s", path, strerror(-rc));
    }
    bom = text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* some editors write one */
    p->real_path = leat_path_canonical(&p->arena, path);
    p->source = (struct leat_source){.path = leat_arena_strdup(&p->arena, path),
                                     .folder = leat_path_folder(&p->arena, p->real_path),
                                     .text = leat_arena_strndup(&p->arena, text.p ? text.p + bom : "", text.n - bom),
                                     .n = text.n - bom};
    leat_text_deinit(&text);
    return model(p, o, diagnostics, err);
}

int leat_pipeline_read_text(struct leat_pipeline *p, const char *name, const char *text,
                            const struct leat_overrides *o, struct leat_diagnostics *diagnostics,
                            struct leat_error *err)
{
    begin(p);
    p->real_path = ""; /* no file is it */
    p->source = (struct leat_source){.path = name, .folder = leat_path_canonical(&p->arena, "."), .text = text,
                                     .n = strlen(text)};
    return model(p, o, diagnostics, err);
}

void leat_pipeline_deinit(struct leat_pipeline *p)
{
    leat_arena_deinit(&p->arena);
}
