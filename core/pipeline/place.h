/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where a part of a scalar's text stands in the file.
 */
#ifndef LEAT_PIPELINE_PLACE_H
#define LEAT_PIPELINE_PLACE_H

#include "base/source.h"

struct leat_place {
    int line, column; /* from 1; columns count characters */
};

/* The place of byte `offset` of `text`, which is the node's own; its beginning
 * where that cannot be told (variables have been replaced). */
struct leat_place leat_place_in(const struct leat_node *node, const char *text, size_t offset);

#endif
