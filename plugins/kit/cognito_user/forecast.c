/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <stdio.h>

#include "kit/cognito_user/users.h"

/* Whoever is called for becomes a monthly active user; an import alone makes none. */
static void count_user(const struct users *u, const struct leat_batch *b, int32_t row, struct users_forecast *ret)
{
    struct steps_wanted steps;

    steps_count(u, b, row, &steps);
    ret->n_users++;
    ret->n_called_for += !u->is_there || steps.groups || steps.disable;
    ret->n_passwords += steps.password;
    ret->n_kept += steps.own;
    ret->n_groups += steps.groups;
    ret->n_mfa += steps.mfa;
    ret->n_disabled += steps.disable;
}

void users_count(struct users *u, const struct leat_batch *b, struct users_forecast *ret)
{
    struct user_extras extras = u->extras;

    fields_bind(u, b->schema); /* without the fields that the load is not given */
    LEAT_EACH_ROW(b, row)
        count_user(u, b, row, ret);
    u->extras = extras;
}

double users_say_calls(const struct users *u, struct leat_plan *plan, const struct users_forecast *f, double scale)
{
    const struct {
        const char *operation;
        enum userpool_quota quota;
        int64_t n;
    } calls[] = {
        { "AdminCreateUser", USERPOOL_USER_CREATION, u->is_there ? 0 : f->n_users },
        { "AdminSetUserPassword", USERPOOL_USER_ACCOUNT_RECOVERY, f->n_passwords },
        { "AdminAddUserToGroup", USERPOOL_USER_UPDATE, f->n_groups },
        { "AdminDisableUser", USERPOOL_USER_UPDATE, f->n_disabled },
        { "AdminSetUserMFAPreference", USERPOOL_USER_RESOURCE_UPDATE, f->n_mfa },
    };
    double seconds[USERPOOL_N_QUOTAS] = { 0 }, longest = 0;
    char what[64];

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        double *s = &seconds[calls[i].quota];

        if (!calls[i].n)
            continue;
        (void)snprintf(what, sizeof what, "calls of %s", calls[i].operation);
        leat_plan_forecast(plan, what, (double)calls[i].n * scale);
        *s += (double)calls[i].n * scale / userpool_rate(u->options, calls[i].quota);
        longest = *s > longest ? *s : longest;
    }
    return longest / 3600;
}
