/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Variables in a pipeline file. They are put in after parsing, a scalar at a
 * time, and what comes of it is never parsed as YAML:
 *
 *     ${env:NAME}  ${env:NAME:-default}  ${env:NAME:?message}
 *     ${file:PATH}  (a mounted secret; one newline at its end is taken off)
 *     ${param:NAME}
 *
 * `$${` is a `${`; any other `$` is itself.
 */
#ifndef LEAT_PIPELINE_INTERPOLATE_H
#define LEAT_PIPELINE_INTERPOLATE_H

#include "base/source.h"

struct leat_parameter {
    const char *name, *value; /* value NULL: required and not given */
    bool given;               /* on the command line */
};

struct leat_variables {
    const struct leat_parameter *parameters;
    int n_parameters;
    bool in_defaults; /* parameters are not known yet */
};

/* Replaces the variables in a node and all below it. Notes what cannot be. */
void leat_interpolate(struct leat_node *node, const struct leat_variables *variables, struct leat_arena *arena,
                      struct leat_diagnostics *diagnostics);

/* What value `i` of a scalar is called in the file, without its default: param:NAME, env:NAME, file:PATH. */
const char *leat_interpolated_name(const struct leat_node *node, int i);

/* The text of a scalar for the expression language: each value is one text
 * literal, whatever it holds. */
const char *leat_interpolated_expression(const struct leat_node *node, struct leat_arena *arena);

#endif
