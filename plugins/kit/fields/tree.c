/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The tree that paths make.
 */
#include "kit/fields/tree.h"

#include <string.h>

static int new_step(struct leat_plan *plan, struct leat_tree *tree)
{
    struct leat_step *larger;
    int cap = tree->cap ? tree->cap * 2 : 64;

    if (tree->n == tree->cap) {
        larger = leat_plan_alloc(plan, (size_t)cap * sizeof *larger);
        if (tree->n)
            memcpy(larger, tree->steps, (size_t)tree->n * sizeof *larger);
        tree->steps = larger;
        tree->cap = cap;
    }
    tree->steps[tree->n] = (struct leat_step){ .field = -1, .cursor = -1 };
    return tree->n++;
}

void leat_tree_begin(struct leat_plan *plan, struct leat_tree *tree)
{
    *tree = (struct leat_tree){ 0 };
    (void)new_step(plan, tree); /* the document itself */
}

static bool is_same(const struct leat_step *a, const struct leat_step *b)
{
    if (!a->key || !b->key)
        return !a->key && !b->key && a->index == b->index;
    return leat_step_is_key(a, b->key, b->n);
}

int leat_tree_step(struct leat_plan *plan, struct leat_tree *tree, int parent, const struct leat_step *wanted)
{
    int last = 0, made;

    for (int i = tree->steps[parent].child; i; i = tree->steps[i].next) {
        if (is_same(&tree->steps[i], wanted))
            return i;
        last = i;
    }
    made = new_step(plan, tree);
    tree->steps[made].key = wanted->key;
    tree->steps[made].n = wanted->n;
    tree->steps[made].index = wanted->index;
    tree->steps[made].top = parent == 0;
    if (last)
        tree->steps[last].next = made;
    else
        tree->steps[parent].child = made;
    return made;
}

int leat_tree_path(struct leat_plan *plan, struct leat_tree *tree, const char *path, int max_depth)
{
    const char *p = path;
    int at = 0;

    for (int depth = 0; depth < max_depth; depth++) {
        size_t n = strcspn(p, ".");

        if (!n)
            return 0;
        at = leat_tree_step(plan, tree, at, &(struct leat_step){ .key = p, .n = n });
        if (!p[n])
            return at;
        p += n + 1;
    }
    return 0;
}
