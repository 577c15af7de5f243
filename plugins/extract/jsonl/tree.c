/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A path: keys between dots, indices in brackets, and a key that holds either
 * in double quotes, as JSON writes it: address.city, roles[0], "user.name".first
 */
#include "extract.h"

enum { MAX_STEPS = 1 << 16 };

static bool take(struct leat_tree *tree, int at, int field)
{
    if (tree->steps[at].field >= 0 || at == 0)
        return false;
    tree->steps[at].field = field;
    return true;
}

bool tree_add_key(struct leat_plan *plan, struct leat_tree *tree, const char *key, size_t n, int field)
{
    struct leat_step step = { .key = key, .n = n };

    return take(tree, leat_tree_step(plan, tree, 0, &step), field);
}

/* [12] */
static const char *index_step(const char *p, struct leat_step *ret)
{
    *ret = (struct leat_step){0};
    if (*++p < '0' || *p > '9')
        return NULL;
    for (; *p >= '0' && *p <= '9' && ret->index < 1000000000; p++)
        ret->index = ret->index * 10 + (*p - '0');
    return *p == ']' ? p + 1 : NULL;
}

/* "a key" */
static const char *quoted_step(struct leat_plan *plan, const char *p, struct leat_step *ret)
{
    struct leat_json j = leat_json_begin(p, strlen(p));
    struct leat_json_span span;
    char *key;

    if (!leat_json_value(&j, &span))
        return NULL;
    key = leat_plan_alloc(plan, span.n + 1);
    *ret = (struct leat_step){ .key = key };
    return leat_json_unescape(span.text, span.n, key, &ret->n) ? j.p : NULL;
}

static const char *plain_step(const char *p, struct leat_step *ret)
{
    size_t n = strcspn(p, ".[\"");

    *ret = (struct leat_step){ .key = p, .n = n };
    return n ? p + n : NULL;
}

/* Reads one step; NULL: there is none where one should be. */
static const char *next_step(struct leat_plan *plan, const char *p, bool first, struct leat_step *ret)
{
    if (*p == '[' && !first)
        return index_step(p, ret);
    if (!first && *p++ != '.')
        return NULL;
    return *p == '"' ? quoted_step(plan, p, ret) : plain_step(p, ret);
}

bool tree_add_path(struct leat_plan *plan, struct leat_tree *tree, const char *path, int field, const char **ret_wrong)
{
    const char *p = path;
    struct leat_step step;
    int at = 0;

    *ret_wrong = "is no path: write it like address.city, roles[0] or \"a key with a dot\".name";
    for (int depth = 0; depth == 0 || *p; depth++) {
        p = depth < LEAT_JSON_MAX_DEPTH ? next_step(plan, p, depth == 0, &step) : NULL;
        if (!p || tree->n > MAX_STEPS)
            return false;
        at = leat_tree_step(plan, tree, at, &step);
    }
    *ret_wrong = "is the path of another field, too";
    return take(tree, at, field);
}
