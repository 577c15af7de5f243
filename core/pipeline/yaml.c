/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * libyaml's events into a tree. YAML 1.1 as libyaml reads it, without its types.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "pipeline/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"

enum { MAX_DEPTH = 64 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    const struct leat_source *source;
    struct leat_arena *arena;
    struct leat_diagnostics *diagnostics;
    int depth, n_flow;
};

static int line_of(yaml_mark_t mark)
{
    return (int)mark.line + 1;
}

static int column_of(yaml_mark_t mark)
{
    return (int)mark.column + 1;
}

/* `  key: 'text' more`: a value that begins with a quote and goes on after it. */
static const char *whole_line_hint(const struct leat_source *source, int line, struct leat_arena *arena)
{
    size_t n;
    const char *text = leat_source_line(source, line, &n), *colon = NULL;
    struct leat_text_buffer quoted = {0};
    const char *hint;

    for (size_t i = 0; i + 1 < n; i++)
        if (text[i] == ':' && text[i + 1] == ' ') {
            colon = text + i;
            break;
        }
    if (!colon)
        return NULL;
    for (colon += 2; colon < text + n && *colon == ' '; colon++)
        ;
    for (const char *p = colon; p < text + n; p++) {
        if (*p == '"' || *p == '\\')
            leat_text_add(&quoted, "\\", 1);
        leat_text_add(&quoted, p, 1);
    }
    if (!quoted.n)
        return NULL;
    hint = leat_arena_printf(arena, "YAML takes this apart; quote the whole value: \"%s\"", quoted.p);
    leat_text_deinit(&quoted);
    return hint;
}

static void parser_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "is not YAML";
    int line = line_of(p->problem_mark), column = column_of(p->problem_mark);
    const char *hint = NULL;
    size_t n;
    const char *text = leat_source_line(r->source, line, &n);

    if (p->error == YAML_READER_ERROR) {
        line = 1;
        column = 1;
        for (size_t i = 0; i < p->problem_offset && i < r->source->n; i++)
            line += r->source->text[i] == '\n';
        hint = "a pipeline file is UTF-8 text";
    } else if (memchr(text, '\t', n)) {
        problem = "a tab cannot indent in YAML";
        hint = "use spaces";
    } else if (memmem(text, n, "${", 2) && strstr(problem, "did not find expected ','")) {
        hint = "within {} and [] a variable stands in quotes: '${param:NAME}'";
    } else if (strstr(problem, "mapping values are not allowed") || strstr(problem, "expected key")) {
        hint = whole_line_hint(r->source, line, r->arena);
        if (!hint && p->context)
            hint = whole_line_hint(r->source, line_of(p->context_mark), r->arena);
    } else if (strstr(problem, "found character that cannot start any token")) {
        hint = whole_line_hint(r->source, line, r->arena);
    }
    leat_wrong(r->diagnostics, r->source, line, column, hint, "this is not YAML: %s", problem);
}

static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    memset(&r->event, 0, sizeof r->event);
    parser_error(r);
    return false;
}

static bool refuse(struct reader *r, const char *what, const char *hint)
{
    leat_wrong(r->diagnostics, r->source, line_of(r->event.start_mark), column_of(r->event.start_mark), hint,
               "%s", what);
    return false;
}

static struct leat_node *node_new(struct reader *r, enum leat_node_kind kind)
{
    struct leat_node *node = leat_arena_alloc(r->arena, sizeof *node);
    struct leat_node_private *host = leat_arena_alloc(r->arena, sizeof *host);

    host->source = r->source;
    host->flow = r->n_flow > 0;
    node->kind = kind;
    node->text = "";
    node->host = host;
    node->line = line_of(r->event.start_mark);
    node->column = column_of(r->event.start_mark);
    return node;
}

struct children {
    struct leat_node **items;
    int n, cap;
};

static void keep_children(struct reader *r, struct leat_node *node, struct children *c)
{
    const struct leat_node **kept = leat_arena_alloc(r->arena, (size_t)c->n * sizeof *kept);

    if (c->n)
        memcpy(kept, c->items, (size_t)c->n * sizeof *kept);
    node->children = kept;
    node->n_children = c->n;
    free(c->items);
}

static struct leat_node *read_node(struct reader *r);

static struct leat_node *read_list(struct reader *r)
{
    struct leat_node *node = node_new(r, LEAT_LIST), *item;
    struct children c = {0};
    bool ok = true;

    while (ok && (ok = next(r)) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        item = read_node(r);
        if (!item) {
            ok = false;
            break;
        }
        c.items = leat_grow(c.items, c.n, &c.cap, sizeof *c.items);
        c.items[c.n++] = item;
    }
    keep_children(r, node, &c);
    return ok ? node : NULL;
}

/* False: the key and its value are left out. */
static bool check_key(struct reader *r, const struct leat_node *key)
{
    if (key->kind != LEAT_SCALAR)
        return refuse(r, "a key must be a plain name", NULL);
    if (strcmp(key->text, "<<") == 0 && key->plain)
        return refuse(r, "merge keys are not taken", "write the keys out");
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct leat_node *x = *(const struct leat_node *const *)a, *y = *(const struct leat_node *const *)b;
    int order = strcmp(x->name, y->name);

    if (order)
        return order;
    if (x->name_line != y->name_line)
        return x->name_line < y->name_line ? -1 : 1;
    return x->name_column < y->name_column ? -1 : x->name_column > y->name_column;
}

static void check_duplicates(struct reader *r, const struct children *c)
{
    size_t n = (size_t)c->n;
    struct leat_node **sorted = leat_alloc_array(n, sizeof *sorted);

    if (n)
        memcpy(sorted, c->items, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
            leat_wrong(r->diagnostics, r->source, sorted[i]->name_line, sorted[i]->name_column, NULL,
                       "the key '%s' stands twice; the first is in line %d", sorted[i]->name, sorted[i - 1]->name_line);
    free(sorted);
}

static struct leat_node *read_map(struct reader *r)
{
    struct leat_node *node = node_new(r, LEAT_MAP), *key, *value;
    struct children c = {0};
    bool ok = true;

    while (ok && (ok = next(r)) && r->event.type != YAML_MAPPING_END_EVENT) {
        bool taken;

        key = read_node(r);
        taken = key && check_key(r, key);
        ok = key && next(r);
        value = ok ? read_node(r) : NULL;
        if (!value) {
            ok = false;
            break;
        }
        if (!taken)
            continue;
        value->name = key->text;
        value->name_line = key->line;
        value->name_column = key->column;
        c.items = leat_grow(c.items, c.n, &c.cap, sizeof *c.items);
        c.items[c.n++] = value;
    }
    check_duplicates(r, &c);
    keep_children(r, node, &c);
    return ok ? node : NULL;
}

static struct leat_node *read_scalar(struct reader *r)
{
    struct leat_node *node = node_new(r, LEAT_SCALAR);
    const char *text = (const char *)r->event.data.scalar.value;
    size_t n = r->event.data.scalar.length;
    yaml_scalar_style_t style = r->event.data.scalar.style;

    if (strlen(text) != n) {
        refuse(r, "a NUL byte cannot stand in a pipeline file", NULL);
        return NULL;
    }
    node->text = leat_arena_strndup(r->arena, text, n);
    node->plain = style == YAML_PLAIN_SCALAR_STYLE;
    leat_node_host(node)->block_scalar = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    return node;
}

static void check_decoration(struct reader *r)
{
    const yaml_event_t *e = &r->event;
    const yaml_char_t *tag = NULL, *anchor = NULL;

    if (e->type == YAML_SCALAR_EVENT) {
        tag = e->data.scalar.tag;
        anchor = e->data.scalar.anchor;
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        tag = e->data.mapping_start.tag;
        anchor = e->data.mapping_start.anchor;
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        tag = e->data.sequence_start.tag;
        anchor = e->data.sequence_start.anchor;
    }
    if (tag)
        refuse(r, "tags are not taken", "every option knows its type; write the value alone, or in quotes");
    if (anchor)
        refuse(r, "anchors are not taken", "write the value out, or use params:");
}

static struct leat_node *read_node(struct reader *r)
{
    struct leat_node *node = NULL;
    bool flow;

    if (r->event.type == YAML_ALIAS_EVENT) {
        refuse(r, "aliases are not taken", "write the value out, or use params:; a text with * needs quotes");
        return node_new(r, LEAT_SCALAR);
    }
    check_decoration(r);
    if (++r->depth > MAX_DEPTH) {
        refuse(r, "this is nested too deeply", NULL);
        return NULL;
    }
    flow = (r->event.type == YAML_MAPPING_START_EVENT &&
            r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE) ||
           (r->event.type == YAML_SEQUENCE_START_EVENT &&
            r->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
    r->n_flow += flow;
    if (r->event.type == YAML_SCALAR_EVENT)
        node = read_scalar(r);
    else if (r->event.type == YAML_SEQUENCE_START_EVENT)
        node = read_list(r);
    else if (r->event.type == YAML_MAPPING_START_EVENT)
        node = read_map(r);
    r->n_flow -= flow;
    r->depth--;
    return node;
}

static struct leat_node *read_document(struct reader *r)
{
    struct leat_node *root = NULL;

    if (!next(r) || !next(r)) /* the stream, then the document or its end */
        return NULL;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return node_new(r, LEAT_MAP);
    if (!next(r))
        return NULL;
    root = read_node(r);
    if (!root || !next(r) || !next(r)) /* the document's end, the stream's */
        return NULL;
    if (r->event.type != YAML_STREAM_END_EVENT)
        refuse(r, "a second document is not taken", "one file is one pipeline");
    return root;
}

struct leat_node *leat_yaml_parse(const struct leat_source *source, struct leat_arena *arena,
                                  struct leat_diagnostics *diagnostics)
{
    struct reader r = {.source = source, .arena = arena, .diagnostics = diagnostics};
    struct leat_node *root;

    if (!yaml_parser_initialize(&r.parser)) {
        leat_wrong(diagnostics, source, 0, 0, NULL, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)source->text, source->n);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    root = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return root;
}

const char *leat_yaml_quoting_hint(const struct leat_node *node, struct leat_arena *arena)
{
    const struct leat_node_private *host = leat_node_host(node);
    const char *line;
    size_t n, at;

    if (!node->plain || node->line <= 0)
        return NULL;
    line = leat_source_line(host->source, node->line, &n);
    at = leat_source_column(line, n, node->column);
    if (host->flow && at + strlen(node->text) < n && line[at + strlen(node->text)] == ',')
        return "inside {} and [] YAML ends a value at a comma: quote the whole expression with \"...\", or write one "
               "key a line";
    for (size_t i = at; i + 1 < n; i++)
        if (line[i] == ' ' && line[i + 1] == '#')
            return leat_arena_printf(arena, "YAML takes ' #' for a comment; quote the whole value: \"%.*s\"",
                                     (int)(n - at), line + at);
    return NULL;
}
