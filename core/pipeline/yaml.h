/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * YAML as leat takes it: mappings, lists and scalars, each knowing its file,
 * line and column. Scalars have no types of their own. Refused with a place
 * and a way out: tags, anchors, aliases, merge keys, a second document,
 * duplicate and non-scalar keys, and everything that is not YAML.
 */
#ifndef LEAT_PIPELINE_YAML_H
#define LEAT_PIPELINE_YAML_H

#include "base/source.h"

/* Parses a source into the arena. NULL if it could not be read to its end; what
 * is refused on the way is noted and left out. An empty document is an empty
 * mapping. */
struct leat_node *leat_yaml_parse(const struct leat_source *source, struct leat_arena *arena,
                                  struct leat_diagnostics *diagnostics);

/* If YAML has cut or bent the value of this node: how to quote it. NULL if not. */
const char *leat_yaml_quoting_hint(const struct leat_node *node, struct leat_arena *arena);

#endif
