/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#ifndef LEAT_CLI_TEST_STORES_H
#define LEAT_CLI_TEST_STORES_H

#include "cli/test-values.h"
#include "engine/run.h"

/* Puts what a test gives in the place of what the stores hold that the stages ask. */
LEAT_MUST_CHECK int leat_test_stores_give(struct leat_run *run, const struct leat_node *test, struct leat_error *err);

#endif
