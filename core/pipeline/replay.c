/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rejects fed again: the parsed file is changed so that a reject file stands for
 * its extract, and all else stays as it is.
 *
 *     extract:
 *       csv: {path: REJECTS, fields: {...}}      the types that the extract gave
 *       id: that of the extract
 *     transform:
 *       - rules: ...                             what is not repaired
 *       - select: [...]                          the extract's fields, in its order
 *       - ...                                    the stages of the file
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "expr/expr.h"
#include "pipeline/model.h"

#define GUARD "from-rejects"

/* Of the columns that leat puts behind those of the source (leat-pipeline(5), rejects). */
static const char *const ours[] = {"leat:stage", "leat:field", "leat:code", "leat:reason", "leat:key", "leat:raw"};
enum { N_OURS = sizeof ours / sizeof *ours };

struct replaying {
    struct leat_arena *arena;
    const struct leat_replay *replay;
    struct leat_source *source;
};

static struct leat_source *source_of(struct leat_pipeline *p, const struct leat_replay *replay)
{
    struct leat_source *source = leat_arena_alloc(&p->arena, sizeof *source);
    char *here = getcwd(NULL, 0); /* paths on the command line start at the working directory */

    source->path = leat_arena_printf(&p->arena, "--from-rejects %s", replay->path);
    source->folder = here ? leat_arena_strdup(&p->arena, here) : p->source.folder;
    source->text = "";
    free(here);
    return source;
}

static struct leat_node *node_new(struct replaying *r, const char *name, enum leat_node_kind kind, int n_children)
{
    struct leat_node *node = leat_arena_alloc(r->arena, sizeof *node);
    struct leat_node_private *host = leat_arena_alloc(r->arena, sizeof *host);

    host->source = r->source;
    host->interpolated = true; /* a file or a field may have any name */
    node->host = host;
    node->kind = kind;
    node->name = name;
    node->text = "";
    node->children = leat_arena_alloc(r->arena, ((size_t)n_children + 1) * sizeof *node->children);
    return node;
}

/* There must be room for it. */
static void add(struct leat_node *to, const struct leat_node *child)
{
    ((const struct leat_node **)to->children)[to->n_children++] = child;
}

static const struct leat_node *scalar(struct replaying *r, const char *name, const char *text)
{
    struct leat_node *node = node_new(r, name, LEAT_SCALAR, 0);

    node->text = text;
    return node;
}

/* ---- the extract ---- */

/* As `fields:` declares it: a timestamp without a zone is wall time, one of UTC an instant. */
static const struct leat_node *declared(struct replaying *r, const struct leat_field *f)
{
    struct leat_node *node = node_new(r, f->name, LEAT_MAP, 3);
    const char *timezone = f->local ? f->timezone : "UTC";

    add(node, scalar(r, "type", leat_type_name(f->type)));
    add(node, scalar(r, "class", f->data_class == LEAT_PUBLIC ? "public" : "pii"));
    if (f->type == LEAT_TIMESTAMP && timezone)
        add(node, scalar(r, "timezone", timezone));
    return node;
}

static const struct leat_node *fields(struct replaying *r)
{
    const struct leat_schema *schema = r->replay->schema;
    struct leat_node *node = node_new(r, "fields", LEAT_MAP, schema->n_fields + N_OURS);

    for (int i = 0; i < schema->n_fields; i++)
        add(node, declared(r, &schema->fields[i]));
    for (int i = 0; i < N_OURS; i++)
        if (!leat_node_get(node, ours[i]))
            add(node, scalar(r, ours[i], "text"));
    return node;
}

static const struct leat_node *extract(struct replaying *r)
{
    const struct leat_replay *replay = r->replay;
    struct leat_node *stage = node_new(r, "extract", LEAT_MAP, 2);
    struct leat_node *options = node_new(r, replay->plugin, LEAT_MAP, 2 + replay->n_options);

    add(options, scalar(r, "path", leat_path_canonical(r->arena, replay->path)));
    for (int i = 0; i < replay->n_options; i++)
        add(options, replay->options[i]);
    add(options, fields(r));
    add(stage, options);
    add(stage, scalar(r, "id", replay->extract_id));
    return stage;
}

/* ---- the stages before those of the file ---- */

static const char *quoted(struct replaying *r, const char *text)
{
    struct leat_text_buffer b = {0};
    const char *kept;

    leat_text_add(&b, "'", 1);
    for (; *text; text++)
        leat_text_add(&b, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    leat_text_add(&b, "'", 1);
    kept = leat_arena_strdup(r->arena, b.p);
    leat_text_deinit(&b);
    return kept;
}

static const struct leat_node *rule(struct replaying *r, const char *field, const char *rule, const char *value,
                                    const char *message)
{
    struct leat_node *node = node_new(r, field, LEAT_MAP, 2);

    add(node, scalar(r, rule, value));
    add(node, scalar(r, "message", message));
    return node;
}

/* What the extract has rejected never was a whole record: fields of it are null, or hold something else than the
 * source. Who puts it right says so; or it would be loaded as it is, and nobody would know. */
static const struct leat_node *guard(struct replaying *r)
{
    struct leat_node *stage = node_new(r, NULL, LEAT_MAP, 2), *rules = node_new(r, "rules", LEAT_MAP, 2);

    add(rules, rule(r, "leat:stage", "required", "true", "leat:stage is empty: this is no record of a reject file"));
    add(rules, rule(r, "leat:code", "check",
                    leat_arena_printf(r->arena, "coalesce(\"leat:code\", '') = '' or \"leat:stage\" not in (%s, '"
                                      GUARD "')", quoted(r, r->replay->extract_id)),
                    "not repaired: it could not be read as a whole record; put its fields right, then empty its "
                    "leat:code"));
    add(stage, rules);
    add(stage, scalar(r, "id", GUARD));
    return stage;
}

static const struct leat_node *selection(struct replaying *r)
{
    const struct leat_schema *schema = r->replay->schema;
    struct leat_node *stage = node_new(r, NULL, LEAT_MAP, 2);
    struct leat_node *names = node_new(r, "select", LEAT_LIST, schema->n_fields);

    for (int i = 0; i < schema->n_fields; i++)
        add(names, scalar(r, NULL, schema->fields[i].name));
    add(stage, names);
    add(stage, scalar(r, "id", GUARD "-fields"));
    return stage;
}

static const struct leat_node *transform(struct replaying *r, const struct leat_node *were)
{
    int n = were && were->kind == LEAT_LIST ? were->n_children : 0;
    struct leat_node *list = node_new(r, "transform", LEAT_LIST, 2 + n);

    add(list, guard(r));
    add(list, selection(r));
    for (int i = 0; i < n; i++)
        add(list, were->children[i]);
    return list;
}

/* ---- the file ---- */

/* Puts a section in the place of the one of its name, or behind all. */
static struct leat_node *with_section(struct replaying *r, const struct leat_node *root,
                                      const struct leat_node *section)
{
    struct leat_node *now = leat_arena_alloc(r->arena, sizeof *now);
    bool found = false;

    *now = *root;
    now->n_children = 0;
    now->children = leat_arena_alloc(r->arena, ((size_t)root->n_children + 1) * sizeof *now->children);
    for (int i = 0; i < root->n_children; i++) {
        bool same = strcmp(root->children[i]->name, section->name) == 0;

        add(now, same ? section : root->children[i]);
        found |= same;
    }
    if (!found)
        add(now, section);
    return now;
}

void leat_pipeline_replay(struct leat_pipeline *p, const struct leat_replay *replay)
{
    struct replaying r = {.arena = &p->arena, .replay = replay, .source = source_of(p, replay)};

    p->replay = replay;
    p->root = with_section(&r, p->root, transform(&r, leat_node_get(p->root, "transform")));
    p->root = with_section(&r, p->root, extract(&r));
}
