/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * --set PATH=VALUE changes one value of the parsed file, before it is checked
 * like any other. A path names section, plugin and option: extract.csv.path,
 * transform.map.email, loads.api.cognito_api.user_pool_id; load.NAME.OPTION
 * goes to the load of that name, whatever its plugin.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "pipeline/model.h"

struct setting {
    struct leat_pipeline *pipeline;
    struct leat_diagnostics *diagnostics;
    const char *assignment;
};

static struct leat_node *node_new(struct setting *s, const char *name, enum leat_node_kind kind, const char *text)
{
    struct leat_arena *arena = &s->pipeline->arena;
    struct leat_node *node = leat_arena_alloc(arena, sizeof *node);
    struct leat_node_private *host = leat_arena_alloc(arena, sizeof *host);
    struct leat_source *source = leat_arena_alloc(arena, sizeof *source);
    char *here = getcwd(NULL, 0); /* paths on the command line start at the working directory */

    source->path = leat_arena_printf(arena, "--set %s", s->assignment);
    source->folder = here ? leat_arena_strdup(arena, here) : s->pipeline->source.folder;
    free(here);
    source->text = "";
    host->source = source;
    node->kind = kind;
    node->name = name;
    node->text = text;
    node->plain = true;
    node->host = host;
    return node;
}

/* Puts `child` into a mapping, in place of one of the same name. */
static void put(struct setting *s, struct leat_node *map, const struct leat_node *child)
{
    size_t n = (size_t)map->n_children;
    const struct leat_node **children = leat_arena_alloc(&s->pipeline->arena, (n + 1) * sizeof *children);

    if (n)
        memcpy(children, map->children, n * sizeof *children);
    map->children = children;
    for (size_t i = 0; i < n; i++)
        if (strcmp(children[i]->name, child->name) == 0) {
            children[i] = child;
            return;
        }
    children[n] = child;
    map->n_children++;
}

/* csv: users.csv becomes csv: {MAIN: users.csv}; binding knows which option that is. */
static void name_main_option(struct setting *s, struct leat_node *node)
{
    struct leat_node *value = node_new(s, LEAT_MAIN_OPTION, LEAT_SCALAR, node->text);
    bool given = *node->text || !node->plain;

    value->plain = node->plain;
    value->host = node->host;
    value->line = node->line;
    value->column = node->column;
    node->kind = LEAT_MAP;
    node->text = "";
    if (given)
        put(s, node, value);
}

static struct leat_node *item_with(const struct leat_node *list, const char *name)
{
    for (int i = 0; i < list->n_children; i++)
        if (leat_node_get(list->children[i], name))
            return (struct leat_node *)list->children[i];
    return NULL;
}

/* The part of a list that a name means: its n-th item, or the first that has the key. */
static struct leat_node *in_list(const struct leat_node *list, const char *name)
{
    const struct leat_node *item = item_with(list, name);
    int64_t n;

    if (item)
        return (struct leat_node *)leat_node_get(item, name);
    return leat_parse_integer(name, &n) && n >= 0 && n < list->n_children ? (struct leat_node *)list->children[n] : NULL;
}

static struct leat_node *step(struct setting *s, struct leat_node *node, const char *name)
{
    struct leat_node *child;

    if (node->kind == LEAT_LIST)
        return in_list(node, name);
    child = (struct leat_node *)leat_node_get(node, name);
    if (!child && node->kind == LEAT_MAP) {
        child = node_new(s, name, LEAT_MAP, "");
        put(s, node, child);
    }
    return child;
}

/* load.NAME: the plugin's options in loads:, or those of load: itself. */
static struct leat_node *load_options(struct setting *s, const char *name)
{
    const struct leat_node *loads = leat_node_get(s->pipeline->root, "loads");
    const struct leat_node *named = loads ? leat_node_get(loads, name) : NULL;

    for (int i = 0; named && named->kind == LEAT_MAP && i < named->n_children; i++)
        if (strcmp(named->children[i]->name, "id") != 0 && strcmp(named->children[i]->name, "workers") != 0)
            return (struct leat_node *)named->children[i];
    named = leat_node_get(s->pipeline->root, "load");
    return named && named->kind == LEAT_MAP ? (struct leat_node *)leat_node_get(named, name) : NULL;
}

void leat_pipeline_set(struct leat_pipeline *pipeline, const char *assignment, struct leat_diagnostics *diagnostics)
{
    struct setting s = {.pipeline = pipeline, .diagnostics = diagnostics, .assignment = assignment};
    char *path = leat_arena_strdup(&pipeline->arena, assignment), *equals = strchr(path, '='), *dot;
    struct leat_node *node = pipeline->root;
    int depth = 0; /* 2: below section and plugin */

    if (!equals || equals == path) {
        leat_wrong(diagnostics, &pipeline->source, 0, 0, "write --set extract.csv.path=users.csv",
                   "--set %s gives no value", assignment);
        return;
    }
    *equals = '\0';
    if (strncmp(path, "load.", 5) == 0 && (dot = strchr(path + 5, '.'))) {
        *dot = '\0';
        node = load_options(&s, path + 5);
        path = dot + 1;
        depth = 2;
    }
    for (; node && (dot = strchr(path, '.')) && node->kind != LEAT_SCALAR; path = dot + 1) {
        *dot = '\0';
        node = step(&s, node, path);
        depth++;
    }
    if (node && node->kind == LEAT_LIST) /* transform.filter=...: the first stage of that plugin */
        node = item_with(node, path);
    if (node && node->kind == LEAT_SCALAR && depth >= 2 && !strchr(path, '.'))
        name_main_option(&s, node);
    if (!node || node->kind != LEAT_MAP)
        leat_wrong(diagnostics, &pipeline->source, 0, 0, "a path names section, plugin and option: extract.csv.path",
                   "--set %s: there is nothing at this path", assignment);
    else
        put(&s, node, node_new(&s, path, LEAT_SCALAR, equals + 1));
}
