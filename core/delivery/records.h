/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Reject and result rows out of the account of an extracted batch.
 */
#ifndef LEAT_DELIVERY_RECORDS_H
#define LEAT_DELIVERY_RECORDS_H

#include "delivery/delivery.h"

/* The columns behind those of the source. */
enum { LEAT_N_REJECT_COLUMNS = 6 };
extern const char *const leat_reject_columns[LEAT_N_REJECT_COLUMNS];

/* Whether a field of the source stands in a reject: secrets do not, nor what an earlier run has said of a reject. */
bool leat_is_rejected_field(const struct leat_field *field);
LEAT_MUST_CHECK int leat_write_rejects(struct leat_delivery *delivery, struct leat_batch *origin,
                                       struct leat_error *err);
LEAT_MUST_CHECK int leat_write_results(struct leat_delivery *delivery, struct leat_batch *origin,
                                       struct leat_error *err);

/* Copies one value into a batch that is being built. Text that is not UTF-8 has
 * its bad bytes written as \xNN, so that a file stays readable. */
void leat_copy_value(struct leat_batch *out, int field, const struct leat_column *column, int32_t row);

#endif
