/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A list of constants to look values up in: what `x in ('a', 'b')` and
 * `case x when 'a' ... when 'b' ...` come down to when all members are
 * constants of text or of whole numbers.
 */
#ifndef LEAT_EXPR_LOOKUP_H
#define LEAT_EXPR_LOOKUP_H

#include "expr/scratch.h"

struct leat_lookup;

/* Of args[0], args[step], ... below n_args. NULL if one is no constant, or the
 * type is none of those. Null members are left out. */
const struct leat_lookup *leat_lookup_new(struct leat_arena *arena, struct leat_term *const *args, int n_args,
                                          int step);
bool leat_lookup_has_null(const struct leat_lookup *lookup);
/* ret[i] = the number of the first member that equals the value in rows[i], or
 * -1; the rows have no nulls. */
void leat_lookup_find(const struct leat_lookup *lookup, const struct leat_argument *x, struct leat_rows rows,
                      int32_t *ret);

#endif
