/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The elements of a list value, one after the other: a JSON array, or texts
 * between separators. Elements point into the value, but for JSON strings with
 * escapes, which are decoded into the list's own room.
 */
#ifndef LEAT_SPLIT_LIST_H
#define LEAT_SPLIT_LIST_H

#include <leat/error.h>

#include "kit/json/json.h"

struct list {
    bool more;              /* there is an element */
    struct leat_json json;  /* before it */
    const char *next, *end; /* the same of a text that is cut */
    char *room;             /* of the last decoded string; freed by list_deinit */
    size_t n_room;
};

struct element {
    const char *text; /* NULL: null */
    size_t n;
};

/* How a text is cut; separator NULL: it is a JSON array. */
struct list_style {
    const char *separator;
    size_t n_separator;
    bool trim;
};

/* Begins a value. False if it is no list; the whole of it is looked at. */
bool list_begin(struct list *list, const struct list_style *style, const char *text, size_t n);
/* Takes the element; negative: no memory. */
int list_next(struct list *list, const struct list_style *style, struct element *ret, struct leat_error *err);
void list_deinit(struct list *list);

#endif
