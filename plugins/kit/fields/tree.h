/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Paths into documents, as a tree of their steps: address.city and address.zip share
 * the first. All memory is the plan's; read-only after it.
 */
#ifndef LEAT_KIT_TREE_H
#define LEAT_KIT_TREE_H

#include <string.h>

#include <leat/plan.h>

/* A step of a path: a key of an object or an index into a list. */
struct leat_step {
    const char *key;    /* NULL: an index */
    size_t n;
    int64_t index;
    int field, cursor;  /* what takes, or gives, the value that is reached here; -1: none */
    int child, next;    /* numbers of steps; 0: none, as 0 is the document itself */
    bool top;           /* a key of the document */
};

struct leat_tree {
    struct leat_step *steps;
    int n, cap;
};

/* The tree of no path. */
void leat_tree_begin(struct leat_plan *plan, struct leat_tree *tree);

/* The step below `parent` that is like `wanted`, made if it is not there: behind its siblings, so that they stand in
 * the order given. */
int leat_tree_step(struct leat_plan *plan, struct leat_tree *tree, int parent, const struct leat_step *wanted);

static inline bool leat_step_is_key(const struct leat_step *step, const char *key, size_t n)
{
    return step->n == n && step->key && memcmp(step->key, key, n) == 0;
}

/* A path with dots between its keys, and nothing else, as MongoDB has it. 0: it is none, or has more than `max_depth`
 * of them. */
int leat_tree_path(struct leat_plan *plan, struct leat_tree *tree, const char *path, int max_depth);

#endif
