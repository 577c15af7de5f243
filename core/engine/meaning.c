/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a pipeline means: everything in the file that decides what becomes of a
 * record, as lines NAME<tab>TEXT in the order of the file. Two runs may be one
 * only if these are the same. Options that say how and not what (tuning) are left
 * out, and of secrets all but that they are there. Variables stand in it by name and
 * a hash of their value, ${param:NAME#88e29027}, since that may come from anywhere.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/run.h"
#include "pipeline/interpolate.h"

enum { SHOWN = 5, SHOWN_TEXT = 120, HASH = 9 /* characters, with the # */ };

struct meaning {
    const struct leat_state *state;
    struct leat_text_buffer *out;
};

/* On one line. */
static void add_text(struct leat_text_buffer *out, const char *text)
{
    for (; *text; text++)
        leat_text_add(out, *text == '\n' || *text == '\t' ? " " : text, 1);
}

static void add_scalar(struct meaning *m, const struct leat_node *node)
{
    const struct leat_node_private *host = leat_node_host(node);
    char hash[33];

    if (!host || !host->n_values) {
        add_text(m->out, node->text);
        return;
    }
    add_text(m->out, host->pieces[0]);
    for (int i = 0; i < host->n_values; i++) {
        leat_state_hash(m->state, "meaning", host->values[i], strlen(host->values[i]), hash);
        leat_text_add_string(m->out, "${");
        add_text(m->out, leat_interpolated_name(node, i));
        leat_text_printf(m->out, "#%.8s}", hash);
        add_text(m->out, host->pieces[i + 1]);
    }
}

static void add_node(struct meaning *m, const char *name, const struct leat_node *node)
{
    struct leat_text_buffer below = {0};

    if (node->kind == LEAT_SCALAR) {
        leat_text_printf(m->out, "%s\t", name);
        add_scalar(m, node);
        leat_text_add_string(m->out, "\n");
        return;
    }
    for (int i = 0; i < node->n_children; i++) {
        below.n = 0;
        if (node->kind == LEAT_MAP)
            leat_text_printf(&below, "%s.%s", name, node->children[i]->name);
        else
            leat_text_printf(&below, "%s[%d]", name, i + 1);
        add_node(m, below.p, node->children[i]);
    }
    leat_text_deinit(&below);
}

static const struct leat_option *option_of(const struct leat_plan *stage, const char *name)
{
    for (const struct leat_option *o = stage->plugin->options; o && o->name; o++)
        if (name ? strcmp(o->name, name) == 0 : o->main)
            return o;
    return NULL;
}

static void add_stage(struct meaning *m, const char *section, const struct leat_plan *stage);

/* What a store gives may change though the file does not. */
static void add_fields(struct meaning *m, const char *of, const struct leat_plan *extract)
{
    leat_text_printf(m->out, "fields of %s\t", of);
    for (int i = 0; i < extract->out.n_fields; i++) {
        leat_text_add_string(m->out, i ? ", " : "");
        add_text(m->out, extract->out.fields[i].name);
        leat_text_printf(m->out, " %s", leat_type_name(extract->out.fields[i].type));
    }
    leat_text_add_string(m->out, "\n");
}

static void add_finder(struct meaning *m, const struct leat_plan *stage, const char *path, const struct leat_node *node)
{
    for (const struct leat_finder *s = stage->whole->finders; s; s = s->next)
        if (s->node == node) {
            add_stage(m, path, &s->plan);
            add_fields(m, path, &s->plan);
        }
}

static void add_option(struct meaning *m, const struct leat_plan *stage, const char *path, const char *name,
                       const struct leat_node *node)
{
    const struct leat_option *option = option_of(stage, name);

    if (option && option->tuning)
        return;
    if (option && option->type == LEAT_OPTION_SECRET)
        leat_text_printf(m->out, "%s\t(a secret)\n", path);
    else if (option && option->type == LEAT_OPTION_STAGE)
        add_finder(m, stage, path, node);
    else
        add_node(m, path, node);
}

static void add_stage(struct meaning *m, const char *section, const struct leat_plan *stage)
{
    const struct leat_node *options = stage->model->options;
    struct leat_text_buffer path = {0};

    leat_text_printf(m->out, "%s\t%s\n", section, stage->model->plugin);
    for (int i = 0; options && options->kind == LEAT_MAP && i < options->n_children; i++) {
        path.n = 0;
        leat_text_printf(&path, "%s.%s.%s", section, stage->model->plugin, options->children[i]->name);
        add_option(m, stage, path.p, options->children[i]->name, options->children[i]);
    }
    path.n = 0;
    leat_text_printf(&path, "%s.%s", section, stage->model->plugin);
    if (options && options->kind != LEAT_MAP)
        add_option(m, stage, path.p, NULL, options);
    leat_text_deinit(&path);
}

void leat_meaning_extract(const struct leat_pipeline_plan *plan, const struct leat_state *state,
                          struct leat_text_buffer *ret)
{
    struct meaning m = {.state = state, .out = ret};

    add_stage(&m, "extract", &plan->stages[0]);
}

void leat_meaning(const struct leat_pipeline_plan *plan, const struct leat_state *state, struct leat_text_buffer *ret)
{
    struct meaning m = {.state = state, .out = ret};
    char section[32];

    leat_meaning_extract(plan, state, ret);
    add_fields(&m, "the extract", &plan->stages[0]);
    for (int i = 1; i < plan->n_stages; i++) {
        (void)snprintf(section, sizeof section, "stage %d", i);
        add_stage(&m, i == plan->n_stages - 1 ? "load" : section, &plan->stages[i]);
        if (i < plan->n_stages - 1) /* what it remembers is found by it */
            leat_text_printf(ret, "%s.id\t%s\n", section, plan->stages[i].model->id);
    }
    if (plan->rejects)
        add_stage(&m, "rejects", plan->rejects);
    if (plan->results)
        add_stage(&m, "results", plan->results);
    leat_text_printf(ret, "max_record\t%" PRId64 "\n", plan->pipeline->max_record);
}

/* ---- the difference ---- */

/* Some bytes of a line. */
struct value {
    const char *p;
    size_t n;
};

/* The text behind NAME<tab> in these lines; p NULL: there is none. */
static struct value value_of(const char *lines, const char *name, size_t n_name)
{
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, name, n_name) == 0 && line[n_name] == '\t')
            return (struct value){.p = line + n_name + 1, .n = strcspn(line + n_name + 1, "\n")};
    return (struct value){0};
}

/* The name of the next variable in it, which ends where its hash begins; cuts all up to behind it off. p NULL: there
 * is none. */
static struct value next_variable(struct value *text)
{
    const char *end = text->p + text->n;

    for (const char *p = text->p, *close; p + 2 < end; p++) {
        if (p[0] != '$' || p[1] != '{' || !(close = memchr(p, '}', (size_t)(end - p))))
            continue;
        if (close - p < 2 + HASH || close[-HASH] != '#' || strspn(close - HASH + 1, "0123456789abcdef") != HASH - 1)
            continue;
        *text = (struct value){.p = close, .n = (size_t)(end - close)};
        return (struct value){.p = p + 2, .n = (size_t)(close - HASH - p - 2)};
    }
    return (struct value){0};
}

/* As it is shown to people; NUL-terminated, also where it is empty. */
static void add_without_hashes(struct leat_text_buffer *out, struct value text)
{
    struct value rest = text, name;

    leat_text_add_string(out, "");
    while (name = next_variable(&rest), name.p) {
        leat_text_add(out, text.p, (size_t)(name.p + name.n - text.p));
        text = rest;
    }
    leat_text_add(out, text.p, text.n);
}

/* Of two that are the same but for values of variables: whose. */
static void add_other_values(struct leat_text_buffer *out, struct value was, struct value is)
{
    struct value name;
    int n = 0;

    while (name = next_variable(&was), name.p) {
        struct value now = next_variable(&is);

        if (memcmp(name.p + name.n, now.p + now.n, HASH) != 0)
            leat_text_printf(out, "%s${%.*s}", n++ ? ", " : "has another value of ", (int)name.n, name.p);
    }
}

/* Of long texts, the part where they begin to differ. */
static size_t shown_from(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t same = 0, from;

    while (same < n_a && same < n_b && a[same] == b[same])
        same++;
    from = same > SHOWN_TEXT / 2 ? same - SHOWN_TEXT / 2 : 0;
    while (from && ((unsigned char)a[from] & 0xC0) == 0x80) /* within a character */
        from--;
    return from;
}

static void add_shown(struct leat_text_buffer *out, const char *text, size_t n, size_t from)
{
    size_t shown = n - from < SHOWN_TEXT ? n - from : SHOWN_TEXT;

    leat_text_printf(out, "'%s%.*s%s'", from ? "..." : "", (int)shown, text + from, from + shown < n ? "..." : "");
}

/* "was '1', is '2'"; of a variable's value not what it is. */
static void add_change(struct leat_text_buffer *out, const char *says, struct value was, struct value is)
{
    struct leat_text_buffer before = {0}, now = {0};
    size_t from;

    add_without_hashes(&before, was);
    add_without_hashes(&now, is);
    if (strcmp(before.p, now.p) == 0) {
        add_other_values(out, was, is);
    } else {
        from = shown_from(before.p, before.n, now.p, now.n);
        leat_text_printf(out, "%s ", says);
        add_shown(out, before.p, before.n, from);
        leat_text_add_string(out, ", is ");
        add_shown(out, now.p, now.n, from);
    }
    leat_text_deinit(&before);
    leat_text_deinit(&now);
}

static void add_one(struct leat_text_buffer *out, const char *says, struct value value)
{
    struct leat_text_buffer text = {0};

    add_without_hashes(&text, value);
    leat_text_printf(out, "%s ", says);
    add_shown(out, text.p, text.n, 0);
    leat_text_deinit(&text);
}

/* What `from` has and `to` has not, or, if `changed`, has otherwise. */
static int add_differences(const char *from, const char *to, const char *says, bool changed, int n,
                           struct leat_text_buffer *out)
{
    for (const char *line = from; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t n_name = strcspn(line, "\t");
        struct value was = value_of(from, line, n_name), is = value_of(to, line, n_name);

        if (!is.p == changed || (is.p && is.n == was.n && memcmp(is.p, was.p, is.n) == 0))
            continue;
        if (++n > SHOWN)
            continue;
        leat_text_printf(out, "%s%.*s ", out->n ? "; " : "", (int)n_name, line);
        if (changed)
            add_change(out, says, was, is);
        else
            add_one(out, says, was);
    }
    return n;
}

void leat_meaning_difference(const char *before, const char *now, struct leat_text_buffer *ret)
{
    int n = add_differences(before, now, "was", true, 0, ret);

    n = add_differences(before, now, "is gone, it was", false, n, ret);
    n = add_differences(now, before, "is new:", false, n, ret);
    if (n > SHOWN)
        leat_text_printf(ret, "; and %d more", n - SHOWN);
}
