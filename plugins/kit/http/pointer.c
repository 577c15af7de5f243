/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/http/pointer.h"

#include <string.h>

enum { MAX_NAME = 512 /* of a member, escapes and all; a longer one is passed over */ };

/* ---- plan ---- */

/* A part where it is written, until the next slash. False: ~ with neither 0 nor 1 behind it. */
static bool read_part(const char **p, char *room, struct leat_pointer_part *ret)
{
    char *out = room;

    for (; **p && **p != '/'; (*p)++) {
        if (**p != '~') {
            *out++ = **p;
            continue;
        }
        (*p)++;
        if (**p != '0' && **p != '1')
            return false;
        *out++ = **p == '0' ? '~' : '/';
    }
    *ret = (struct leat_pointer_part){ .text = room, .n = (size_t)(out - room), .index = -1 };
    return true;
}

/* 0, 7, 12, but not 07 or what no list is as long as. */
static int64_t index_of(const struct leat_pointer_part *part)
{
    int64_t index = 0;

    if (!part->n || part->n > 9 || (part->n > 1 && part->text[0] == '0'))
        return -1;
    for (size_t i = 0; i < part->n; i++) {
        if (part->text[i] < '0' || part->text[i] > '9')
            return -1;
        index = index * 10 + (part->text[i] - '0');
    }
    return index;
}

const struct leat_pointer *leat_pointer_plan(struct leat_plan *plan, const struct leat_node *node)
{
    struct leat_pointer *pointer = leat_plan_alloc(plan, sizeof *pointer);
    const char *p = node->kind == LEAT_SCALAR ? node->text : "?";
    size_t n = strlen(p);
    char *room = leat_plan_alloc(plan, n + 1);
    bool ok = true;

    pointer->parts = leat_plan_alloc(plan, (n + 1) * sizeof *pointer->parts);
    while (ok && *p == '/') {
        struct leat_pointer_part *part = &pointer->parts[pointer->n++];

        p++;
        ok = read_part(&p, room, part);
        part->index = ok ? index_of(part) : -1;
        room += part->n;
    }
    if (ok && !*p)
        return pointer;
    leat_plan_wrong_at(plan, node, "a place in a reply is a JSON pointer: /items/0/id, where ~1 is a slash in a name and "
                                   "~0 a tilde");
    return NULL;
}

/* ---- run ---- */

static bool is_name(const struct leat_json_span *key, const struct leat_pointer_part *part)
{
    char room[MAX_NAME];
    size_t n;

    if (!key->escaped)
        return key->n == part->n && memcmp(key->text, part->text, part->n) == 0;
    return key->n <= sizeof room && leat_json_unescape(key->text, key->n, room, &n) && n == part->n &&
           memcmp(room, part->text, n) == 0;
}

static bool step_into_object(struct leat_json *j, const struct leat_pointer_part *part)
{
    struct leat_json_span key, passed;

    leat_json_enter(j);
    while (leat_json_member(j, &key)) {
        if (is_name(&key, part))
            return true;
        if (!leat_json_value(j, &passed))
            break;
    }
    return false;
}

static bool step_into_list(struct leat_json *j, const struct leat_pointer_part *part)
{
    struct leat_json_span passed;

    leat_json_enter(j);
    for (int64_t i = 0; leat_json_item(j); i++) {
        if (i == part->index)
            return true;
        if (!leat_json_value(j, &passed))
            break;
    }
    return false;
}

bool leat_pointer_find(const struct leat_pointer *pointer, const char *text, size_t n, struct leat_json_span *ret)
{
    struct leat_json j = leat_json_begin(text, n);

    for (int i = 0; i < pointer->n; i++) {
        enum leat_json_kind kind = leat_json_peek(&j);
        const struct leat_pointer_part *part = &pointer->parts[i];

        if (kind == LEAT_JSON_OBJECT ? !step_into_object(&j, part)
                                     : kind != LEAT_JSON_ARRAY || part->index < 0 || !step_into_list(&j, part))
            return false;
    }
    return leat_json_value(&j, ret);
}
