/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which columns the target has: from the option `header`, from the pool, or
 * from what is mapped; and what becomes of the fields that have none.
 */
#ifndef LEAT_KIT_COGNITO_CSV_COLUMNS_H
#define LEAT_KIT_COGNITO_CSV_COLUMNS_H

#include "kit/cognito_csv/table.h"

/* Plan: adds the columns to `table`, whose pool is `pool`; `header` may be NULL. Notes every mistake. */
void columns_plan(struct leat_plan *plan, const struct leat_node *header, struct cognito_pool *pool,
                  struct table *table);

/* Plan: notes what is missing and what is left out. */
void columns_explain(struct leat_plan *plan, struct table *table);
/* Plan: what somebody should know who imports the file by hand. */
void columns_note(struct leat_plan *plan, struct table *table);

#endif
