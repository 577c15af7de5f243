/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The terms whose value is one of their parts: called by lazy.c, which gives an
 * empty `out` of the term's type.
 */
#ifndef LEAT_EXPR_CASE_H
#define LEAT_EXPR_CASE_H

#include "expr/scratch.h"

int leat_evaluate_case(struct leat_scratch *scratch, const struct leat_term *term, struct leat_rows rows,
                       struct leat_store *out);
int leat_evaluate_coalesce(struct leat_scratch *scratch, const struct leat_term *term, struct leat_rows rows,
                           struct leat_store *out);
int leat_evaluate_nullif(struct leat_scratch *scratch, const struct leat_term *term, struct leat_rows rows,
                         struct leat_store *out);
int leat_evaluate_extreme(struct leat_scratch *scratch, const struct leat_term *term, struct leat_rows rows,
                          struct leat_store *out);

#endif
