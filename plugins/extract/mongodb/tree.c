/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The walk through a document along the paths of the fields. An index into a list is
 * its digits, since a list of BSON is a document with the keys 0, 1, 2.
 */
#include "extract.h"

/* ---- the walk ---- */

struct walk {
    const struct leat_tree *tree;
    const struct visitor *visitor;
    void *user;
};

/* Documents mostly have their keys in one order, so the one behind the last found is looked at first. */
static int find(const struct leat_tree *tree, int parent, int expected, const char *key, size_t n)
{
    if (expected && leat_step_is_key(&tree->steps[expected], key, n))
        return expected;
    for (int i = tree->steps[parent].child; i; i = tree->steps[i].next)
        if (leat_step_is_key(&tree->steps[i], key, n))
            return i;
    return 0;
}

static bool is_container(const bson_iter_t *it)
{
    return BSON_ITER_HOLDS_DOCUMENT(it) || BSON_ITER_HOLDS_ARRAY(it);
}

static bool walk_members(const struct walk *w, bson_iter_t *it, int parent, bool held);

/* `held`: a field has all of it. No deeper than the tree is. */
static bool walk_value(const struct walk *w, bson_iter_t *it, int at, bool top, bool held)
{
    const struct leat_step *s = &w->tree->steps[at];
    bson_iter_t inside;

    if (s->field >= 0 || s->cursor >= 0)
        w->visitor->value(w->user, s, it);
    if (s->field < 0 && top)
        w->visitor->other(w->user, OTHER_WAY, it);
    held |= s->field >= 0;
    if (!s->child)
        return true;
    if (is_container(it))
        return bson_iter_recurse(it, &inside) && walk_members(w, &inside, at, held);
    if (!held && s->cursor < 0)
        w->visitor->other(w->user, OTHER_DEEP, it);
    return true;
}

static bool walk_members(const struct walk *w, bson_iter_t *it, int parent, bool held)
{
    int expected = w->tree->steps[parent].child;
    bool ok = true;

    while (ok && bson_iter_next(it)) {
        int at = find(w->tree, parent, expected, bson_iter_key(it), bson_iter_key_len(it));

        if (at) {
            expected = w->tree->steps[at].next;
            ok = walk_value(w, it, at, parent == 0, held);
        } else if (!held) {
            w->visitor->other(w->user, parent == 0 ? OTHER_TOP : OTHER_DEEP, it);
        }
    }
    return ok && !it->err_off;
}

bool tree_walk(const struct leat_tree *tree, const bson_t *doc, const struct visitor *visitor, void *user)
{
    struct walk w = { tree, visitor, user };
    bson_iter_t it;

    return bson_iter_init(&it, doc) && walk_members(&w, &it, 0, false);
}
