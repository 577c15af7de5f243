/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The option `secrets:` of loads that write whatever fields come: those of class
 * secret only if it says so.
 */
#ifndef LEAT_KIT_SECRETS_H
#define LEAT_KIT_SECRETS_H

#include <leat/plugin.h>

/* For the load's option table: LEAT_SECRETS_OPTION(struct csv, secrets), */
#define LEAT_SECRETS_OPTION(type_, member_) \
    { .name = "secrets", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(type_, member_), .default_text = "false", \
      .help = "Whether fields of class secret are written; otherwise they are left out." }

/* Plan: whether the input field is left out, as it is secret and `secrets` is false; then that is noted. */
static inline bool leat_secret_left_out(struct leat_plan *plan, int in_field, bool secrets)
{
    if (leat_plan_input(plan)->fields[in_field].data_class != LEAT_SECRET)
        return false;
    if (secrets)
        leat_plan_accepts_secret(plan, in_field);
    else
        leat_plan_leaves_out(plan, in_field, "left out, for it is secret; `secrets: true` writes it");
    return !secrets;
}

/* The same for each of them, where the host alone leaves them out. */
static inline void leat_secrets_plan(struct leat_plan *plan, bool secrets)
{
    for (int i = 0; i < leat_plan_input(plan)->n_fields; i++)
        (void)leat_secret_left_out(plan, i, secrets);
}

#endif
