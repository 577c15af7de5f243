/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows as a person writes them in a test, read by the types of a schema; and
 * whether two values are the same.
 */
#ifndef LEAT_CLI_TEST_VALUES_H
#define LEAT_CLI_TEST_VALUES_H

#include <leat/option.h>

#include "batch/batch.h"
#include "expr/expr.h"

/* Reads rows of one schema. The first three are the caller's to set. */
struct leat_given {
    const char *what;                     /* "input", "output": for messages */
    const struct leat_schema *schema;
    int32_t cap_rows;
    struct leat_schema texts;             /* the same fields, all text */
    struct leat_pool text_pool, pool;
    const struct leat_expression **casts; /* per field: text to its type */
    struct leat_scratch *scratch;
};

/* `arena` and the schema outlive it. To be deinitialised where it succeeds. */
LEAT_MUST_CHECK int leat_given_init(struct leat_given *given, struct leat_arena *arena, struct leat_error *err);
void leat_given_deinit(struct leat_given *given);
/* Fills `out`, of the schema, with a list of rows (NULL: none). */
LEAT_MUST_CHECK int leat_given_read(struct leat_given *given, const struct leat_node *rows, struct leat_batch *out,
                                    struct leat_error *err);

/* One value of a batch. */
struct leat_place {
    const struct leat_batch *batch;
    int field;
    int32_t row;
};

/* By the type, as expressions compare: 1.5 is 1.50, and JSON is the document, not its text. */
bool leat_values_same(struct leat_place a, struct leat_place b);

#endif
