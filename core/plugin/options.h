/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Options from the pipeline file into a plugin's struct, by its table.
 */
#ifndef LEAT_PLUGIN_OPTIONS_H
#define LEAT_PLUGIN_OPTIONS_H

#include <leat/option.h>

#include "base/source.h"

struct leat_binding {
    struct leat_arena *arena;
    struct leat_diagnostics *diagnostics;
    const struct leat_node *place; /* where a missing option is missed; may be NULL */
    const char *owner;             /* "extract sqlite", for messages */
    bool uninterpolated;           /* variables stand for nothing yet: a value with one is passed over */
};

/* Binds `node` (NULL: nothing given) into `ret`, defaults included. A node that
 * is not a mapping is the main option's value, and so is a mapping where the
 * table has one option alone and that one takes a mapping. Notes every mistake; false if a
 * value is missing or wrong (an unknown name is noted, and that is all). */
bool leat_options_bind(const struct leat_binding *binding, const struct leat_node *node,
                       const struct leat_option *options, void *ret);

/* The option that a value without names means, or NULL. */
const struct leat_option *leat_options_main(const struct leat_option *options);

/* What people call an option's type: "text", "size", "one of a, b". Lives in the arena. */
const char *leat_option_type_name(const struct leat_option *option, struct leat_arena *arena);

/* True for a mistake in a table: an offset beyond the struct, a wrong size, no
 * help. `ret_what` says which. For plugin loading and the tests. */
bool leat_options_broken(const struct leat_option *options, size_t state_size, const char **ret_what);

/* Wipes the secrets of a bound struct. */
void leat_options_wipe(const struct leat_option *options, void *bound);

#endif
