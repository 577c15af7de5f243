/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A text that a human wrote, and what is wrong with it: mistakes are collected
 * and shown all in one go, as FILE:LINE:COL: error: TEXT, with the line, a
 * caret, and what to type instead.
 */
#ifndef LEAT_BASE_SOURCE_H
#define LEAT_BASE_SOURCE_H

#include <stdbool.h>

#include <leat/option.h>

#include "base/arena.h"
#include "base/text.h"

struct leat_source {
    const char *path;   /* as it is shown to people */
    const char *folder; /* absolute; relative paths in the text start here */
    const char *text;   /* NUL-terminated */
    size_t n;
};

/* The host's part of a leat_node. */
struct leat_node_private {
    const struct leat_source *source;
    bool flow;          /* written inside {} or [] */
    bool block_scalar;  /* literal or folded: its text does not stand at its mark */
    bool interpolated;  /* its variables are in: what came of them is not looked at again */
    /* A scalar with variables, cut up: pieces[0] value pieces[1] ... NULL while it has none. */
    int n_values;
    const char **pieces; /* n_values + 1 */
    const char **values; /* n_values */
};

static inline struct leat_node_private *leat_node_host(const struct leat_node *node)
{
    return (struct leat_node_private *)node->host;
}

/* The name of a value that the file gives as a stage's one value, where --set has
 * put others beside it. */
#define LEAT_MAIN_OPTION "\001main"

struct leat_diagnostic {
    const struct leat_source *source; /* NULL: no place */
    int line, column;                 /* from 1; 0: no place */
    const char *text, *hint;          /* hint may be NULL */
};

/* Zero-initialised is empty. */
struct leat_diagnostics {
    struct leat_arena arena;
    struct leat_diagnostic *items; /* the first hundred */
    int n, cap;
    int n_more;                    /* that were not kept */
    bool keep_lines;               /* no line of a file is shown: a secret stands in one */
};

/* Adds a mistake; the same text at the same place only once. `hint` NULL or
 * what to do, copied both. */
void leat_wrong(struct leat_diagnostics *diagnostics, const struct leat_source *source, int line, int column,
                const char *hint, const char *format, ...) LEAT_PRINTF(6, 7);
/* The same at a node's value, or at its key. */
void leat_wrong_at(struct leat_diagnostics *diagnostics, const struct leat_node *node, const char *hint,
                   const char *format, ...) LEAT_PRINTF(4, 5);
void leat_wrong_key(struct leat_diagnostics *diagnostics, const struct leat_node *node, const char *hint,
                    const char *format, ...) LEAT_PRINTF(4, 5);
/* Notes a key of `map` that is not one of `names`, with the nearest, and takes it
 * for that from here on (where the map has none), so that the rest can be
 * checked. `what` has none of it. */
void leat_unknown_key(struct leat_diagnostics *diagnostics, const struct leat_node *map, const struct leat_node *node,
                      const char *const *names, int n_names, const char *what);
/* True if another mistake will only be counted. */
bool leat_diagnostics_full(const struct leat_diagnostics *diagnostics);
/* In the order of the file; what has no place comes last. */
void leat_diagnostics_sort(struct leat_diagnostics *diagnostics);
/* All of them as text, sorted. */
void leat_diagnostics_text(struct leat_diagnostics *diagnostics, struct leat_text_buffer *out);
/* The bytes of a line (from 1), without its end. */
const char *leat_source_line(const struct leat_source *source, int line, size_t *ret_n);
/* The byte of a line at which the column-th character (from 1) begins; n: there is none. */
size_t leat_source_column(const char *line, size_t n, int column);
void leat_diagnostics_deinit(struct leat_diagnostics *diagnostics);

#endif
