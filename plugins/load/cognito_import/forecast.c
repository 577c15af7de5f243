/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What `leat plan` says: users, jobs, hours, what becomes of passwords.
 */
#include <math.h>

#include "import.h"

/* AWS's own timings: 10,000 users in 8 minutes, 100,000 in 56 ("Cognito User Profiles Export Reference Architecture"). */
enum { USERS_A_SECOND = 25 };

static void count_passwords(struct cognito_import *c, const struct leat_batch *b)
{
    int field = leat_schema_find(b->schema, cognito_password_hash.name);
    struct cognito_password password;
    uint8_t set;

    LEAT_EACH_ROW(b, row) {
        set = (uint8_t)c->sets.only;
        if (field >= 0 && !c->sets.no_hashes)
            c->forecast.n_fates[sets_judge_password(&c->sets, &b->columns[field], row, &password, &set)]++;
        c->forecast.n_rows[set]++;
    }
    explicit_bzero(&password, sizeof password);
    c->forecast.has_hashes |= field >= 0 && !c->sets.no_hashes;
}

static double count_jobs(const struct cognito_import *c, double scale)
{
    double n = 0;

    for (int i = 0; i < N_SETS; i++) {
        double rows = (double)c->forecast.n_rows[i] * scale;

        n += ceil(rows / (double)c->part_rows);
        n += c->trial > 0 && rows > (double)c->trial;
    }
    return n;
}

static void say(const struct cognito_import *c, struct leat_plan *plan, double scale)
{
    const struct users_forecast *after = &c->forecast.after;
    double hours = (double)after->n_users * scale / USERS_A_SECOND / 3600;

    leat_plan_forecast(plan, "users", (double)after->n_users * scale);
    leat_plan_forecast(plan, "import jobs", count_jobs(c, scale));
    if (c->has_after)
        hours += users_say_calls(&c->after, plan, after, scale);
    leat_plan_forecast(plan, "hours", hours);
    leat_plan_forecast(plan, "monthly active users", c->has_after ? (double)after->n_called_for * scale : 0);
    leat_plan_forecast(plan, "messages sent", 0);
    for (int i = 0; i < N_FATES && c->forecast.has_hashes; i++)
        leat_plan_forecast(plan, sets_fate_name((enum fate)i), (double)c->forecast.n_fates[i] * scale);
}

int import_forecast(struct leat_plan *plan, void *self, const struct leat_batch *b, double scale, struct leat_error *err)
{
    struct cognito_import *c = self;

    (void)err;
    if (!b) {
        say(c, plan, scale);
        return 0;
    }
    users_count(&c->after, b, &c->forecast.after);
    count_passwords(c, b);
    return 0;
}
