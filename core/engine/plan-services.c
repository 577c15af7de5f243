/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a plugin may ask for while it plans (leat/plan.h).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "engine/plan.h"
#include "pipeline/place.h"
#include "pipeline/yaml.h"
#include "plugin/options.h"

enum { MAX_FIELDS = 10000, MOST_DOUBTFUL = 100 };

static struct leat_arena *arena_of(struct leat_plan *plan)
{
    return &plan->whole->arena;
}

static const struct leat_schema *input(struct leat_plan *plan)
{
    return &plan->in;
}

static int too_many_fields(struct leat_plan *plan)
{
    if (!plan->failed)
        leat_wrong_at(plan->whole->diagnostics, plan->model->node, "are these records? fields are the columns of a table",
                      "%s: has more than %d fields", plan->model->id, MAX_FIELDS);
    plan->failed = true;
    return -E2BIG;
}

static int add_field(struct leat_plan *plan, const struct leat_field *field)
{
    if (plan->out.n_fields >= MAX_FIELDS)
        return too_many_fields(plan);
    if (!field->name || !*field->name || leat_schema_find(&plan->out, field->name) >= 0)
        return -EEXIST;
    plan->out_fields = leat_grow(plan->out_fields, plan->out.n_fields, &plan->cap_out, sizeof *plan->out_fields);
    plan->out_fields[plan->out.n_fields] = *field;
    plan->out_fields[plan->out.n_fields].name = leat_arena_strdup(arena_of(plan), field->name);
    if (field->timezone)
        plan->out_fields[plan->out.n_fields].timezone = leat_arena_strdup(arena_of(plan), field->timezone);
    plan->out.fields = plan->out_fields;
    return plan->out.n_fields++;
}

static void *alloc(struct leat_plan *plan, size_t n)
{
    return leat_arena_alloc(arena_of(plan), n);
}

static const struct leat_node *node_of(struct leat_plan *plan, const char *option)
{
    const struct leat_node *options = plan->model->options;

    if (options && options->kind == LEAT_MAP && leat_node_get(options, option))
        return leat_node_get(options, option);
    if (options && leat_options_main(plan->plugin->options) &&
        strcmp(leat_options_main(plan->plugin->options)->name, option) == 0)
        return options;
    return NULL;
}

static void wrong(struct leat_plan *plan, const struct leat_node *node, const char *option, const char *text)
{
    if (!node && option)
        node = node_of(plan, option);
    plan->failed = plan->unsure = true;
    if (!plan->whole->unsure) /* else it may be for the lack of what is not known */
        leat_wrong_at(plan->whole->diagnostics, node ? node : plan->model->node, NULL, "%s: %s", plan->model->id,
                      text);
}

const char *leat_plan_field_hint(struct leat_plan *plan, const struct leat_schema *schema, const char *name)
{
    int n = schema->n_fields;
    const char **names = leat_arena_alloc(arena_of(plan), (size_t)(n + 1) * sizeof *names);
    struct leat_text_buffer all = {0};
    const char *near, *hint;

    for (int i = 0; i < n; i++) {
        names[i] = schema->fields[i].name;
        leat_text_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    near = leat_nearest(name, names, n);
    hint = near ? leat_arena_printf(arena_of(plan), "did you mean '%s'?", near)
                : leat_arena_printf(arena_of(plan), "the fields are %s", all.n ? all.p : "none");
    leat_text_deinit(&all);
    return hint;
}

static int field(struct leat_plan *plan, const struct leat_node *node, bool by_key)
{
    const char *name = by_key ? node->name : node->text;
    int found = leat_schema_find(&plan->in, name);

    if (found >= 0)
        return found;
    if (leat_plan_unknown(&plan->in)) {
        plan->unsure = true; /* the stage may drop or rename the stand-in */
        return 0;
    }
    plan->failed = plan->unsure = true;
    (by_key ? leat_wrong_key : leat_wrong_at)(plan->whole->diagnostics, node,
                                              leat_diagnostics_full(plan->whole->diagnostics)
                                                  ? NULL
                                                  : leat_plan_field_hint(plan, &plan->in, name),
                                              "%s: there is no field '%s' here", plan->model->id, name);
    return -1;
}

static int bind(struct leat_plan *plan, const struct leat_node *node, const struct leat_option *options, void *ret)
{
    struct leat_binding binding = {.arena = arena_of(plan), .diagnostics = plan->whole->diagnostics, .place = node,
                                   .owner = node->name ? node->name : plan->model->id};

    if (leat_options_bind(&binding, node, options, ret))
        return 0;
    plan->failed = plan->unsure = true;
    return LEAT_EPIPELINE;
}

/* Loads the function plugins that a text calls: NAME( or try_NAME(. */
static void load_functions(struct leat_plan *plan, const char *text)
{
    struct leat_error err = {0};

    for (const char *p = text; *p;) {
        size_t n = 0;
        char *name;

        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
        if (n && p[n] == '(') {
            name = leat_arena_strndup(arena_of(plan), p, n);
            for (char *c = name; *c; c++)
                *c = (char)tolower((unsigned char)*c);
            if (strncmp(name, "try_", 4) == 0)
                name += 4;
            if (leat_registry_function(plan->whole->registry, name, &err) < 0)
                wrong(plan, NULL, NULL, err.text);
        }
        p += n ? n : 1;
    }
}

/* Later stages do not complain of what follows from it. */
static void doubt(struct leat_plan *plan, const struct leat_node *node)
{
    struct leat_pipeline_plan *whole = plan->whole;

    if (!node || !node->name || whole->n_doubtful >= MOST_DOUBTFUL)
        return;
    whole->doubtful = leat_grow(whole->doubtful, whole->n_doubtful, &whole->cap_doubtful, sizeof *whole->doubtful);
    whole->doubtful[whole->n_doubtful++] = node->name;
}

static void expression_wrong(struct leat_plan *plan, const struct leat_node *node, const char *text,
                             const struct leat_expr_fault *fault)
{
    struct leat_pipeline_plan *whole = plan->whole;
    struct leat_place place;
    const char *quoting;

    plan->failed = true;
    if (leat_diagnostics_full(whole->diagnostics)) { /* nobody will see where it stands */
        leat_wrong_at(whole->diagnostics, node, NULL, "%s", fault->text);
        return;
    }
    doubt(plan, node);
    quoting = node ? leat_yaml_quoting_hint(node, arena_of(plan)) : NULL;
    if (!node) {
        wrong(plan, NULL, NULL, fault->text);
        return;
    }
    place = leat_place_in(node, text, fault->offset);
    leat_wrong(whole->diagnostics, leat_node_host(node)->source, place.line, place.column,
               quoting && (!*fault->hint || strchr("'\"", text[fault->offset])) ? quoting : fault->hint, "%s", fault->text);
}

static const struct leat_expression *compile(struct leat_plan *plan, const struct leat_node *node, const char *text,
                                             enum leat_type wanted, struct leat_field *ret_result)
{
    struct leat_pipeline_plan *whole = plan->whole;
    struct leat_functions functions;
    struct leat_scope scope = {.schema = &plan->in, .functions = &functions, .doubtful = whole->doubtful,
                               .n_doubtful = plan->n_doubtful, .any_field = leat_plan_unknown(&plan->in)};
    const struct leat_expression *expression;
    struct leat_expr_fault fault = {0};
    struct leat_field result = {.type = LEAT_TEXT};
    int rc;

    load_functions(plan, text);
    functions = (struct leat_functions){.tables = whole->registry->tables, .n_tables = whole->registry->n_tables};
    rc = leat_expression_compile(&scope, text, strlen(text), wanted, arena_of(plan), &expression, &result, &fault);
    if (result.type == LEAT_NONE) {
        doubt(plan, node);
        result.type = LEAT_TEXT;
    }
    if (ret_result) {
        result.name = ret_result->name;
        *ret_result = result;
    }
    if (rc < 0) {
        expression_wrong(plan, node, text, &fault);
        return NULL;
    }
    plan->expressions = leat_grow(plan->expressions, plan->n_expressions, &plan->cap_expressions,
                                  sizeof *plan->expressions);
    plan->expressions[plan->n_expressions++] = expression;
    return expression;
}

static const struct leat_expression *expression_text(struct leat_plan *plan, const char *text, enum leat_type wanted,
                                                     struct leat_field *ret_result)
{
    return compile(plan, NULL, text, wanted, ret_result);
}

static const struct leat_expression *expression(struct leat_plan *plan, const struct leat_node *node,
                                                enum leat_type wanted, struct leat_field *ret_result)
{
    if (node->kind != LEAT_SCALAR) {
        const char *hint = leat_node_host(node)->flow
                               ? "quote it: \"...\""
                               : "an expression is one line of text; quote it if it holds ': ' or begins with { or [";

        plan->failed = true;
        leat_wrong_at(plan->whole->diagnostics, node, hint, "%s: this is no expression but a %s", plan->model->id,
                      node->kind == LEAT_LIST ? "list" : "mapping");
        return NULL;
    }
    return compile(plan, node, leat_interpolated_expression(node, arena_of(plan)), wanted, ret_result);
}

static bool may_connect(struct leat_plan *plan)
{
    return plan->whole->may_connect;
}

static void target(struct leat_plan *plan, const char *identity)
{
    plan->target = leat_arena_strdup(arena_of(plan), identity);
}

static void estimate(struct leat_plan *plan, enum leat_estimate what, int64_t n)
{
    plan->estimates[what] = n;
}

static void forecast(struct leat_plan *plan, const char *what, double n)
{
    plan->forecasts = leat_grow(plan->forecasts, plan->n_forecasts, &plan->cap_forecasts, sizeof *plan->forecasts);
    plan->forecasts[plan->n_forecasts++] = (struct leat_forecast){leat_arena_strdup(arena_of(plan), what), n};
}

static void key(struct leat_plan *plan, int at)
{
    if (plan->key.n < LEAT_MAX_KEY)
        plan->key.fields[plan->key.n++] = at;
}

static void searchable(struct leat_plan *plan, int at)
{
    if (!plan->searchable)
        plan->searchable = alloc(plan, MAX_FIELDS); /* fields may still be added */
    if (at >= 0 && at < MAX_FIELDS)
        plan->searchable[at] = true;
}

static void leaves_out(struct leat_plan *plan, int in_field, const char *what)
{
    plan->left_out = leat_grow(plan->left_out, plan->n_left_out, &plan->cap_left_out, sizeof *plan->left_out);
    plan->left_out[plan->n_left_out++] = (struct leat_left_out){
        .field = plan->in.fields[in_field].name, .what_becomes_of_it = leat_arena_strdup(arena_of(plan), what)};
}

static void accepts_secret(struct leat_plan *plan, int in_field)
{
    if (plan->accepts && in_field >= 0 && in_field < plan->in.n_fields)
        plan->accepts[in_field] = true;
}

static void serial(struct leat_plan *plan)
{
    plan->serial = true;
}

static void note(struct leat_plan *plan, const char *text)
{
    plan->notes = leat_grow(plan->notes, plan->n_notes, &plan->cap_notes, sizeof *plan->notes);
    plan->notes[plan->n_notes++] = leat_arena_strdup(arena_of(plan), text);
}

/* A folder that is not there is said before anything is read; commands that write nothing need none. */
static void check_folder(struct leat_plan *plan, const char *path)
{
    const char *folder = leat_path_folder(arena_of(plan), path), *why = NULL;

    if (access(folder, F_OK) < 0 && errno == ENOENT)
        why = leat_arena_printf(arena_of(plan), "there is no folder %s; create it first", folder);
    else if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
        why = leat_arena_printf(arena_of(plan), "the folder %s is not writable (%s)", folder, strerror(errno));
    if (why)
        wrong(plan, NULL, "path", leat_arena_printf(arena_of(plan), "cannot write %s: %s", path, why));
}

static void file(struct leat_plan *plan, const char *path, bool written)
{
    if (written && plan->whole->writes)
        check_folder(plan, path);
    plan->files = leat_grow(plan->files, plan->n_files, &plan->cap_files, sizeof *plan->files);
    plan->files[plan->n_files++] =
        (struct leat_file_claim){.path = leat_path_canonical(arena_of(plan), path), .written = written};
}

static void ledger(struct leat_plan *plan)
{
    plan->ledger = true;
}

static void incremental(struct leat_plan *plan)
{
    plan->incremental = true;
}

static bool is_incremental(struct leat_plan *plan)
{
    return plan->model == &plan->whole->pipeline->load && leat_plan_extract(plan->whole)->incremental;
}

static struct leat_rate *find_rate(struct leat_rate *rates, int n, const char *budget)
{
    for (int i = 0; i < n; i++)
        if (strcmp(rates[i].name, budget) == 0)
            return &rates[i];
    return NULL;
}

static bool has_rate(struct leat_plan *plan, const char *budget)
{
    return find_rate(plan->whole->pipeline->rates, plan->whole->pipeline->n_rates, budget);
}

static void rate(struct leat_plan *plan, const char *budget, double per_second, double quota)
{
    struct leat_pipeline_plan *whole = plan->whole;
    struct leat_rate *known = find_rate(whole->rates, whole->n_rates, budget);

    if (has_rate(plan, budget) || (known && known->per_second <= per_second))
        return;
    if (!known) {
        whole->rates = leat_grow(whole->rates, whole->n_rates, &whole->cap_rates, sizeof *whole->rates);
        known = &whole->rates[whole->n_rates++];
        known->name = leat_arena_strdup(&whole->arena, budget);
    }
    known->per_second = per_second;
    known->quota = quota;
}

static void unasked(struct leat_plan *plan)
{
    plan->unasked = true;
}

static void at_once(struct leat_plan *plan)
{
    plan->at_once = true;
}

static void batch_rows(struct leat_plan *plan, int64_t n)
{
    plan->batch_rows = n;
}

static void partitions(struct leat_plan *plan, int n)
{
    plan->partitions = n;
}

static void ordered(struct leat_plan *plan, const char *instead)
{
    plan->ordered = instead;
}

static void gathers(struct leat_plan *plan)
{
    if (!plan->plugin->gather)
        wrong(plan, NULL, NULL, "the plugin says that it sees all batches first, and has no function for it");
    plan->gathers = plan->plugin->gather;
    plan->serial = true;
}

const struct leat_plan_services leat_host_plan_services = {
    .input = input, .add_field = add_field, .alloc = alloc, .wrong = wrong, .node = node_of, .field = field,
    .bind = bind, .expression = expression, .expression_text = expression_text, .may_connect = may_connect,
    .target = target, .estimate = estimate, .key = key, .searchable = searchable, .leaves_out = leaves_out,
    .accepts_secret = accepts_secret, .serial = serial, .note = note, .file = file,
    .ledger = ledger, .incremental = incremental, .is_incremental = is_incremental, .has_rate = has_rate,
    .rate = rate,
    .unasked = unasked, .at_once = at_once,
    .batch_rows = batch_rows, .finder = leat_finder_plan, .finder_field = leat_finder_field,
    .finder_key = leat_finder_key, .partitions = partitions, .ordered = ordered,
    .gathers = gathers, .forecast = forecast,
};
const struct leat_plan_services *leat_plan_services = &leat_host_plan_services;
