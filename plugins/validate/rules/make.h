/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Making rules in plan, from what stands under a field's name.
 */
#ifndef LEAT_RULES_MAKE_H
#define LEAT_RULES_MAKE_H

#include "rules.h"

/* What may stand under a field's name. */
struct spec {
    bool required, unique;
    int type, format;
    int64_t length, min_length, max_length;
    const char *min, *max, *pattern, *message;
    const struct leat_node *values, *check;
};

/* One field's rules, while they are made. */
struct maker {
    struct leat_plan *plan;
    struct rules *rules;
    const struct leat_field *field;
    struct spec spec;
    int number;                   /* of the field */
    bool says_number;             /* the rule that it must be a number, for min and max, is made */
    const struct leat_node *node; /* the rule's value */
};

/* Makes the rule that m->node names, if there is one; notes what is wrong with it.
 * `bound` false: some of the spec could not be bound, and only what a text says is looked at. */
void make_rule(struct maker *m, bool bound);

#endif
