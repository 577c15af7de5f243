/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *vformat(struct leat_arena *arena, const char *format, va_list args)
{
    char text[1024];

    (void)vsnprintf(text, sizeof text, format, args);
    return leat_arena_strdup(arena, text);
}

enum { MOST = 100 }; /* nobody reads more, and a file of pure mistakes must not take for ever */

bool leat_diagnostics_full(const struct leat_diagnostics *d)
{
    return d->n >= MOST;
}

static void add(struct leat_diagnostics *d, struct leat_diagnostic item)
{
    if (leat_diagnostics_full(d)) {
        d->n_more++;
        return;
    }
    for (int i = 0; i < d->n; i++)
        if (d->items[i].source == item.source && d->items[i].line == item.line &&
            d->items[i].column == item.column && strcmp(d->items[i].text, item.text) == 0)
            return;
    d->items = leat_grow(d->items, d->n, &d->cap, sizeof *d->items);
    item.hint = item.hint && *item.hint ? leat_arena_strdup(&d->arena, item.hint) : NULL;
    d->items[d->n++] = item;
}

void leat_wrong(struct leat_diagnostics *d, const struct leat_source *source, int line, int column, const char *hint,
                const char *format, ...)
{
    struct leat_diagnostic item = {.source = source, .line = line, .column = column, .hint = hint};
    va_list args;

    va_start(args, format);
    item.text = vformat(&d->arena, format, args);
    va_end(args);
    add(d, item);
}

void leat_wrong_at(struct leat_diagnostics *d, const struct leat_node *node, const char *hint, const char *format, ...)
{
    struct leat_diagnostic item = {.hint = hint};
    va_list args;

    if (node) {
        item.source = leat_node_host(node)->source;
        item.line = node->line;
        item.column = node->column;
    }
    va_start(args, format);
    item.text = vformat(&d->arena, format, args);
    va_end(args);
    add(d, item);
}

void leat_wrong_key(struct leat_diagnostics *d, const struct leat_node *node, const char *hint, const char *format, ...)
{
    struct leat_diagnostic item = {.source = leat_node_host(node)->source, .line = node->name_line,
                                   .column = node->name_column, .hint = hint};
    va_list args;

    va_start(args, format);
    item.text = vformat(&d->arena, format, args);
    va_end(args);
    add(d, item);
}

const char *leat_source_line(const struct leat_source *source, int line, size_t *ret_n)
{
    const char *p = source->text, *end = source->text + source->n, *eol;

    while (line > 1 && p < end) {
        const char *next = memchr(p, '\n', (size_t)(end - p));

        p = next ? next + 1 : end;
        line--;
    }
    eol = memchr(p, '\n', (size_t)(end - p));
    *ret_n = (size_t)((eol ? eol : end) - p);
    if (*ret_n && p[*ret_n - 1] == '\r')
        (*ret_n)--;
    return p;
}

size_t leat_source_column(const char *line, size_t n, int column)
{
    size_t i = 0;

    for (; column > 1 && i < n; column--)
        for (i++; i < n && ((unsigned char)line[i] & 0xC0) == 0x80; i++)
            ;
    return i;
}

enum { SHOWN = 160 };

/* The line and a caret below; of a long line the part around the caret. */
static void show_line(const struct leat_diagnostic *item, struct leat_text_buffer *out)
{
    size_t n, at, from;
    const char *line = leat_source_line(item->source, item->line, &n);

    if (!n || leat_utf8_valid(line, n) < n)
        return;
    at = leat_source_column(line, n, item->column);
    from = at > SHOWN / 2 && n > SHOWN ? at - SHOWN / 2 : 0;
    while (from && ((unsigned char)line[from] & 0xC0) == 0x80)
        from--;
    if (n - from > SHOWN)
        for (n = from + SHOWN; n > from && ((unsigned char)line[n] & 0xC0) == 0x80; n--)
            ;
    leat_text_printf(out, "  %.*s\n  %*s^\n", (int)(n - from), line + from,
                     at >= from && at <= n ? leat_text_width(line + from, at - from) : 0, "");
}

static int by_place(const void *a, const void *b)
{
    const struct leat_diagnostic *x = a, *y = b;

    if (!x->source != !y->source)
        return !x->source - !y->source;
    return x->line != y->line ? x->line - y->line : x->column - y->column;
}

void leat_diagnostics_sort(struct leat_diagnostics *d)
{
    if (d->n)
        qsort(d->items, (size_t)d->n, sizeof *d->items, by_place);
}

void leat_diagnostics_text(struct leat_diagnostics *d, struct leat_text_buffer *out)
{
    leat_diagnostics_sort(d);
    for (int i = 0; i < d->n; i++) {
        if (d->items[i].source && d->items[i].line > 0)
            leat_text_printf(out, "%s:%d:%d: error: %s\n", d->items[i].source->path, d->items[i].line, d->items[i].column,
                             d->items[i].text);
        else
            leat_text_printf(out, "%s: error: %s\n", d->items[i].source ? d->items[i].source->path : "leat",
                             d->items[i].text);
        if (d->items[i].source && d->items[i].line > 0 && !d->keep_lines)
            show_line(&d->items[i], out);
        if (d->items[i].hint)
            leat_text_printf(out, "  help: %s\n", d->items[i].hint);
    }
    if (d->n_more)
        leat_text_printf(out, "... and %d more\n", d->n_more);
}

void leat_unknown_key(struct leat_diagnostics *d, const struct leat_node *map, const struct leat_node *node,
                      const char *const *names, int n, const char *what)
{
    const char *near = leat_nearest(node->name, names, n);
    struct leat_text_buffer all = {0};

    if (near)
        leat_text_printf(&all, "did you mean '%s'?", near);
    else if (n)
        leat_text_add_string(&all, "there are:");
    for (int i = 0; i < n && !near; i++)
        leat_text_printf(&all, " %s", names[i]);
    leat_wrong_key(d, node, all.p, "%s has no '%s'", what, node->name);
    leat_text_deinit(&all);
    if (near && !leat_node_get(map, near))
        ((struct leat_node *)node)->name = near;
}

void leat_diagnostics_deinit(struct leat_diagnostics *d)
{
    free(d->items);
    leat_arena_deinit(&d->arena);
    *d = (struct leat_diagnostics){0};
}
