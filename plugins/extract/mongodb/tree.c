/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which path belongs to which field, and the walk through a document along these
 * paths. Keys stand between dots, as MongoDB writes them, and an index into a list
 * is its digits, since a list of BSON is a document with the keys 0, 1, 2.
 */
#include "extract.h"

#include <string.h>

static int new_step(struct leat_plan *plan, struct tree *tree)
{
    struct step *larger;
    int cap = tree->cap ? tree->cap * 2 : 64;

    if (tree->n == tree->cap) {
        larger = leat_plan_alloc(plan, (size_t)cap * sizeof *larger);
        if (tree->n)
            memcpy(larger, tree->steps, (size_t)tree->n * sizeof *larger);
        tree->steps = larger;
        tree->cap = cap;
    }
    tree->steps[tree->n] = (struct step){ .field = -1, .cursor = -1 };
    return tree->n++;
}

void tree_begin(struct leat_plan *plan, struct tree *tree)
{
    *tree = (struct tree){0};
    (void)new_step(plan, tree); /* the document itself */
}

static bool is_key(const struct step *s, const char *key, size_t n)
{
    return s->n == n && memcmp(s->key, key, n) == 0;
}

/* The step below `parent`, made if it is not there: behind its siblings, so that they stand in the order given. */
static int descend(struct leat_plan *plan, struct tree *tree, int parent, const char *key, size_t n)
{
    int last = 0, made;

    for (int i = tree->steps[parent].child; i; i = tree->steps[i].next) {
        if (is_key(&tree->steps[i], key, n))
            return i;
        last = i;
    }
    made = new_step(plan, tree);
    tree->steps[made].key = key;
    tree->steps[made].n = n;
    tree->steps[made].top = parent == 0;
    if (last)
        tree->steps[last].next = made;
    else
        tree->steps[parent].child = made;
    return made;
}

int tree_add_key(struct leat_plan *plan, struct tree *tree, const char *key, size_t n)
{
    return descend(plan, tree, 0, key, n);
}

int tree_add_path(struct leat_plan *plan, struct tree *tree, const char *path)
{
    const char *p = path;
    int at = 0;

    for (int depth = 0; depth < MONGODB_MAX_DEPTH; depth++) {
        size_t n = strcspn(p, ".");

        if (!n)
            return 0;
        at = descend(plan, tree, at, p, n);
        if (!p[n])
            return at;
        p += n + 1;
    }
    return 0;
}

/* ---- the walk ---- */

struct walk {
    const struct tree *tree;
    const struct visitor *visitor;
    void *user;
};

/* Documents mostly have their keys in one order, so the one behind the last found is looked at first. */
static int find(const struct tree *tree, int parent, int expected, const char *key, size_t n)
{
    if (expected && is_key(&tree->steps[expected], key, n))
        return expected;
    for (int i = tree->steps[parent].child; i; i = tree->steps[i].next)
        if (is_key(&tree->steps[i], key, n))
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
    const struct step *s = &w->tree->steps[at];
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

bool tree_walk(const struct tree *tree, const bson_t *doc, const struct visitor *visitor, void *user)
{
    struct walk w = { tree, visitor, user };
    bson_iter_t it;

    return bson_iter_init(&it, doc) && walk_members(&w, &it, 0, false);
}
