/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Constants are computed once, by the evaluation itself on a batch of one row
 * without fields. What fails stays as it is: it fails for the rows that come
 * to it, or for none.
 */
#include "expr/scratch.h"

/* Functions of plugins may be slow to start, or want their data: they wait for
 * the run. */
static bool foldable(const struct leat_term *t)
{
    if (t->kind == TERM_CONSTANT || t->kind == TERM_FIELD || (t->kind == TERM_CALL && !t->pure))
        return false;
    for (int i = 0; i < t->n_args; i++)
        if (t->args[i]->kind != TERM_CONSTANT)
            return false;
    return true;
}

void leat_fold(struct leat_check *check, struct leat_term *t)
{
    struct leat_batch batch = {.n_rows = 1, .n_selected = 1};
    struct leat_expression expression = {.root = t};
    struct leat_evaluation result;
    struct leat_store out = {0};
    struct leat_error err;
    bool local = t->result.local;

    if (!foldable(t))
        return;
    if (!check->scratch)
        check->scratch = leat_scratch_new(1);
    if (leat_expression_evaluate(&expression, check->scratch, &batch, NULL, 1, &out, &result, &err) >= 0 &&
        !result.n_faults) {
        leat_term_release(t);
        leat_constant_copy(check->arena, t, &out.column, 0);
        t->result.local = local;
    }
    leat_store_deinit(&out);
}
