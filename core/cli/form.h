/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a plugin takes, in the forms in which it is shown: all of them come from
 * the plugin's own tables.
 */
#ifndef LEAT_CLI_FORM_H
#define LEAT_CLI_FORM_H

#include "plugin/registry.h"

struct leat_form {
    void (*plugin)(const struct leat_loaded *loaded, struct leat_arena *arena);
    void (*functions)(const struct leat_function *table);
    const char *begin, *between, *end; /* where there are several plugins */
};

extern const struct leat_form leat_form_people; /* text for the terminal */
extern const struct leat_form leat_form_pod;    /* the sections of the manual pages */
extern const struct leat_form leat_form_schema; /* JSON Schema for editors */

/* NAME(text[, int64]) -> text */
void leat_form_signature(const struct leat_function *function);
const char *leat_form_type(enum leat_type type);
/* True for a table of one option whose value stands right behind the plugin's name. */
bool leat_form_alone(const struct leat_option *options);

#endif
