/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "pipeline/interpolate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

enum { MAX_FILE = 1 << 20 };

struct interpolation {
    struct leat_node *node;
    const struct leat_variables *variables;
    struct leat_arena *arena;
    struct leat_diagnostics *diagnostics;
    struct leat_text_buffer piece, whole;
    const char **pieces, **values, **names;
    int n, cap_pieces, cap_values, cap_names;
};

static const char *unknown(struct interpolation *in, const char *hint, const char *what, const char *name)
{
    leat_wrong_at(in->diagnostics, in->node, hint, "%s '%s' is not set", what, name);
    return "";
}

static const char *from_env(struct interpolation *in, char *name)
{
    char *fallback = strstr(name, ":-"), *message = strstr(name, ":?");
    const char *value;

    if (fallback && (!message || fallback < message))
        *fallback = '\0', message = NULL;
    else if (message)
        *message = '\0', fallback = NULL;
    value = getenv(name);
    if (value && (*value || (!fallback && !message)))
        return leat_arena_strdup(in->arena, value);
    if (fallback)
        return fallback + 2;
    if (message)
        return unknown(in, message + 2, "environment variable", name);
    return unknown(in, leat_arena_printf(in->arena, "export %s=..., or give a default: ${env:%s:-default}", name, name),
                   "environment variable", name);
}

static const char *from_file(struct interpolation *in, const char *name)
{
    const char *folder = leat_node_host(in->node)->source->folder;
    const char *path = *name == '/' ? name : leat_arena_printf(in->arena, "%s/%s", folder, name);
    struct leat_text_buffer text = {0};
    const char *value = "";
    int rc = leat_file_read(path, MAX_FILE, &text);

    if (rc < 0)
        leat_wrong_at(in->diagnostics, in->node, NULL, "cannot read the file '%s': %s", path, strerror(-rc));
    if (rc == 0) {
        if (text.n && text.p[text.n - 1] == '\n')
            text.n--;
        if (text.n && memchr(text.p, '\0', text.n))
            leat_wrong_at(in->diagnostics, in->node, NULL, "the file '%s' holds a NUL byte", path);
        value = leat_arena_strndup(in->arena, text.p ? text.p : "", text.n);
        if (text.p)
            explicit_bzero(text.p, text.cap);
    }
    leat_text_deinit(&text);
    return value;
}

static const char *nearest_param(struct interpolation *in, const char *name)
{
    const struct leat_variables *v = in->variables;
    const char **names = leat_arena_alloc(in->arena, (size_t)(v->n_parameters + 1) * sizeof *names);
    const char *near;

    for (int i = 0; i < v->n_parameters; i++)
        names[i] = v->parameters[i].name;
    near = leat_nearest(name, names, v->n_parameters);
    return near ? leat_arena_printf(in->arena, "did you mean ${param:%s}?", near) : "declare it under params:";
}

static const char *from_param(struct interpolation *in, const char *name)
{
    const struct leat_variables *v = in->variables;

    for (int i = 0; i < v->n_parameters; i++)
        if (strcmp(v->parameters[i].name, name) == 0)
            return v->parameters[i].value
                       ? v->parameters[i].value
                       : unknown(in, leat_arena_printf(in->arena, "give it: --param %s=...", name), "the parameter", name);
    if (v->in_defaults) {
        leat_wrong_at(in->diagnostics, in->node, "take ${env:NAME} or ${file:PATH}, or write the value out",
                      "a default cannot use another parameter");
        return "";
    }
    leat_wrong_at(in->diagnostics, in->node, leat_diagnostics_full(in->diagnostics) ? NULL : nearest_param(in, name),
                  "the parameter '%s' is not declared", name);
    return "";
}

static const char *value_of(struct interpolation *in, char *inner)
{
    if (strncmp(inner, "env:", 4) == 0)
        return from_env(in, inner + 4);
    if (strncmp(inner, "file:", 5) == 0)
        return from_file(in, inner + 5);
    if (strncmp(inner, "param:", 6) == 0)
        return from_param(in, inner + 6);
    leat_wrong_at(in->diagnostics, in->node,
                  "there are ${env:NAME}, ${file:PATH} and ${param:NAME}; $${ stands for a ${ of its own",
                  "'${%s}' is not a variable", inner);
    return "";
}

static void end_piece(struct interpolation *in, const char *value, const char *name)
{
    in->pieces = leat_grow(in->pieces, in->n, &in->cap_pieces, sizeof *in->pieces);
    in->values = leat_grow(in->values, in->n, &in->cap_values, sizeof *in->values);
    in->names = leat_grow(in->names, in->n, &in->cap_names, sizeof *in->names);
    in->names[in->n] = name;
    in->pieces[in->n] = leat_arena_strndup(in->arena, in->piece.p ? in->piece.p : "", in->piece.n);
    in->values[in->n] = value;
    in->n += value != NULL;
    leat_text_add(&in->whole, in->piece.p, in->piece.n);
    if (value)
        leat_text_add_string(&in->whole, value);
    in->piece.n = 0;
}

static void keep(struct interpolation *in)
{
    struct leat_node_private *host = leat_node_host(in->node);
    size_t n = (size_t)in->n;

    host->interpolated = true;
    in->node->text = leat_arena_strndup(in->arena, in->whole.p ? in->whole.p : "", in->whole.n);
    if (!n)
        return;
    host->n_values = in->n;
    host->pieces = leat_arena_alloc(in->arena, (n + 1 + n) * sizeof *host->pieces);
    host->values = leat_arena_alloc(in->arena, n * sizeof *host->values);
    memcpy(host->pieces, in->pieces, (n + 1) * sizeof *host->pieces);
    memcpy(host->pieces + n + 1, in->names, n * sizeof *host->pieces); /* behind them */
    memcpy(host->values, in->values, n * sizeof *host->values);
}

const char *leat_interpolated_name(const struct leat_node *node, int i)
{
    const struct leat_node_private *host = leat_node_host(node);

    return host->pieces[host->n_values + 1 + i];
}

static void scalar(struct interpolation *in)
{
    const char *p = in->node->text, *close, *value;
    char *name;

    while (*p) {
        if (strncmp(p, "$${", 3) == 0) {
            leat_text_add(&in->piece, "${", 2);
            p += 3;
        } else if (strncmp(p, "${", 2) == 0) {
            close = strchr(p, '}');
            if (!close) {
                leat_wrong_at(in->diagnostics, in->node, NULL, "'${' has no '}'");
                break;
            }
            name = leat_arena_strndup(in->arena, p + 2, (size_t)(close - p - 2));
            value = value_of(in, name); /* which cuts off a default */
            end_piece(in, value, name);
            p = close + 1;
        } else {
            leat_text_add(&in->piece, p++, 1);
        }
    }
    end_piece(in, NULL, NULL);
    keep(in);
}

void leat_interpolate(struct leat_node *node, const struct leat_variables *variables, struct leat_arena *arena,
                      struct leat_diagnostics *diagnostics)
{
    struct interpolation in = {
        .node = node, .variables = variables, .arena = arena, .diagnostics = diagnostics};

    for (int i = 0; i < node->n_children; i++)
        leat_interpolate((struct leat_node *)node->children[i], variables, arena, diagnostics);
    if (node->kind == LEAT_SCALAR && strchr(node->text, '$') && !leat_node_host(node)->interpolated)
        scalar(&in);
    leat_text_deinit(&in.piece);
    leat_text_deinit(&in.whole);
    free(in.pieces);
    free(in.values);
    free(in.names);
}

/* The quote that the text, read from its start, leaves open: ' of a literal, " of a name, or none. */
static char open_quote(const char *text, char quote)
{
    for (; *text; text++) {
        if (quote)
            quote = *text == quote ? 0 : quote;
        else if (*text == '\'' || *text == '"')
            quote = *text;
    }
    return quote;
}

const char *leat_interpolated_expression(const struct leat_node *node, struct leat_arena *arena)
{
    const struct leat_node_private *host = leat_node_host(node);
    struct leat_text_buffer out = {0};
    char open = 0, quote;
    const char *text;

    if (!host->n_values)
        return node->text;
    for (int i = 0; i < host->n_values; i++) {
        leat_text_add_string(&out, host->pieces[i]);
        open = open_quote(host->pieces[i], open);
        quote = open ? open : '\'';
        if (!open) /* a blank, so that two literals side by side do not become one */
            leat_text_add_string(&out, out.n && out.p[out.n - 1] == '\'' ? " '" : "'");
        for (const char *p = host->values[i]; *p; p++) {
            leat_text_add(&out, p, 1);
            if (*p == quote) /* doubled, so that it does not end there */
                leat_text_add(&out, p, 1);
        }
        if (!open)
            leat_text_add_string(&out, *host->pieces[i + 1] == '\'' ? "' " : "'");
    }
    leat_text_add_string(&out, host->pieces[host->n_values]);
    text = leat_arena_strdup(arena, out.p);
    leat_text_deinit(&out);
    return text;
}
