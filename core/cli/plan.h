/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#ifndef LEAT_CLI_PLAN_H
#define LEAT_CLI_PLAN_H

#include "engine/sync.h"

/* "public", "pii", "secret" */
const char *leat_class_name(enum leat_class data_class);
/* The plan of a run that was made and not started, as one JSON document on standard output. */
void leat_cli_plan_json(const struct leat_run *run, const struct leat_sample *sample);

#endif
