/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A row into the parts: where table.h and parts.h meet.
 */
#ifndef LEAT_KIT_COGNITO_CSV_PUT_H
#define LEAT_KIT_COGNITO_CSV_PUT_H

#include "kit/cognito_csv/parts.h"
#include "kit/cognito_csv/table.h"

/* A row that does not fit begins the next part, unless it would fill it alone. 1: written, and parts_note_row is to
 * follow; 0: *ret_trouble says why not. */
LEAT_MUST_CHECK int put_row(struct parts *parts, const struct table *table, const struct leat_batch *batch, int32_t row,
                            struct table_trouble *ret_trouble, struct leat_error *err);

#endif
