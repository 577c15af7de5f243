/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * YAML folds lines, takes indentation away and undoes escapes, but leaves the
 * visible characters in their order: so text and file are walked side by side.
 */
#include "pipeline/place.h"

#include <string.h>

struct walk {
    const struct leat_source *source;
    int line;
    const char *p, *begin, *end; /* of this line */
};

static void go_to(struct walk *w, int line)
{
    size_t n;

    w->line = line;
    w->begin = w->p = leat_source_line(w->source, line, &n);
    w->end = w->begin + n;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* To the next visible character of the file. False: there is none. */
static bool next_visible(struct walk *w)
{
    for (;;) {
        while (w->p < w->end && is_space(*w->p))
            w->p++;
        if (w->p < w->end)
            return true;
        if (w->end >= w->source->text + w->source->n)
            return false;
        go_to(w, w->line + 1);
    }
}

/* Bytes of the file that one byte of a quoted scalar takes: '' and \" take two. */
static size_t written(const struct walk *w, char quote)
{
    bool doubled = quote == '\'' && w->p[0] == '\'' && w->p + 1 < w->end && w->p[1] == '\'';

    return doubled || (quote == '"' && w->p[0] == '\\') ? 2 : 1;
}

static int column_of(const struct walk *w)
{
    int column = 1;

    for (const char *p = w->begin; p < w->p; p++)
        column += ((unsigned char)*p & 0xC0) != 0x80;
    return column;
}

/* To the first character of the node's value. */
static char begin_value(struct walk *w, const struct leat_node *node)
{
    bool block = leat_node_host(node)->block_scalar;

    go_to(w, node->line + block);
    if (!block)
        w->p += leat_source_column(w->begin, (size_t)(w->end - w->begin), node->column);
    return node->plain || block || w->p == w->end ? 0 : *w->p++;
}

struct leat_place leat_place_in(const struct leat_node *node, const char *text, size_t offset)
{
    const struct leat_node_private *host = leat_node_host(node);
    struct leat_place place = {node->line, node->column};
    struct walk w = {.source = host->source};
    bool at_end = !text[offset];
    char quote;

    if (host->n_values || node->line <= 0)
        return place;
    quote = begin_value(&w, node);
    for (size_t i = 0; i < offset && text[i]; i++) {
        if (is_space(text[i])) /* blanks on one line keep their number */
            w.p += w.p < w.end && is_space(*w.p);
        else if (next_visible(&w))
            w.p += written(&w, quote);
    }
    if (!at_end && !is_space(text[offset]) && !next_visible(&w))
        return place;
    return (struct leat_place){w.line, column_of(&w)};
}
