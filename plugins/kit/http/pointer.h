/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * JSON pointers (RFC 6901) into a reply: /items/0/id
 */
#ifndef LEAT_KIT_HTTP_POINTER_H
#define LEAT_KIT_HTTP_POINTER_H

#include <leat/plan.h>

#include "kit/json/json.h"

/* Its parts, unescaped; none of them: the whole reply. */
struct leat_pointer {
    int n;
    struct leat_pointer_part {
        const char *text;
        size_t n;
        int64_t index;   /* as a place in a list; -1: it is none */
    } *parts;
};

/* Plan: reads one. NULL, and a mistake is noted at the node, if it is none. */
const struct leat_pointer *leat_pointer_plan(struct leat_plan *plan, const struct leat_node *node);

/* Finds what it points at in a text that is one JSON value. False: nothing is there. Of several members of one name
 * the first counts. */
bool leat_pointer_find(const struct leat_pointer *pointer, const char *text, size_t n, struct leat_json_span *ret);

#endif
