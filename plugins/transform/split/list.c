/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#define _GNU_SOURCE 1 /* memmem */

#include "list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int need_room(struct list *list, size_t n, struct leat_error *err)
{
    if (n <= list->n_room)
        return 0;
    free(list->room);
    list->n_room = n * 2;
    list->room = malloc(list->n_room);
    if (list->room)
        return 0;
    list->n_room = 0;
    return leat_fail(err, -ENOMEM, "no memory for an element of a list");
}

/* A string stands for a text unless it holds half of a surrogate pair. */
static bool has_text(struct list *list, const struct leat_json_span *value)
{
    size_t n;

    if (value->kind != LEAT_JSON_STRING || !value->escaped)
        return true;
    return need_room(list, value->n, NULL) == 0 && leat_json_unescape(value->text, value->n, list->room, &n);
}

/* An array, or null: a list without elements. */
static bool is_list(struct list *list, struct leat_json json)
{
    enum leat_json_kind kind = leat_json_peek(&json);
    struct leat_json_span value;

    if (kind == LEAT_JSON_NULL)
        return leat_json_value(&json, &value) && leat_json_end(&json);
    if (kind != LEAT_JSON_ARRAY)
        return false;
    leat_json_enter(&json);
    while (leat_json_item(&json))
        if (!leat_json_value(&json, &value) || !has_text(list, &value))
            return false;
    return leat_json_end(&json);
}

bool list_begin(struct list *list, const struct list_style *style, const char *text, size_t n)
{
    list->next = text;
    list->end = text + n;
    list->more = n > 0;
    if (style->separator)
        return true;
    list->json = leat_json_begin(text, n);
    list->more = false;
    if (!is_list(list, list->json))
        return false;
    if (leat_json_peek(&list->json) == LEAT_JSON_ARRAY) {
        leat_json_enter(&list->json);
        list->more = leat_json_item(&list->json);
    }
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(struct element *element)
{
    while (element->n && is_space(element->text[0])) {
        element->text++;
        element->n--;
    }
    while (element->n && is_space(element->text[element->n - 1]))
        element->n--;
}

static void next_text(struct list *list, const struct list_style *style, struct element *ret)
{
    size_t left = (size_t)(list->end - list->next);
    const char *cut = memmem(list->next, left, style->separator, style->n_separator);

    ret->text = list->next;
    ret->n = cut ? (size_t)(cut - list->next) : left;
    list->next = cut ? cut + style->n_separator : list->end;
    list->more = cut;
}

static int next_json(struct list *list, struct element *ret, struct leat_error *err)
{
    struct leat_json_span value;
    int rc;

    (void)leat_json_value(&list->json, &value); /* list_begin has seen that all is well */
    list->more = leat_json_item(&list->json);
    ret->text = value.kind == LEAT_JSON_NULL ? NULL : value.text;
    ret->n = value.n;
    if (value.kind != LEAT_JSON_STRING || !value.escaped)
        return 0;
    rc = need_room(list, value.n, err);
    if (rc == 0)
        (void)leat_json_unescape(value.text, value.n, list->room, &ret->n);
    ret->text = list->room;
    return rc;
}

int list_next(struct list *list, const struct list_style *style, struct element *ret, struct leat_error *err)
{
    int rc = 0;

    if (style->separator)
        next_text(list, style, ret);
    else
        rc = next_json(list, ret, err);
    if (rc == 0 && style->trim && ret->text)
        trim(ret);
    return rc;
}

void list_deinit(struct list *list)
{
    free(list->room);
    *list = (struct list){ 0 };
}
