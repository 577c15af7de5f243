/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * cognito: reads the users of an Amazon Cognito user pool.
 *
 * By ListUsers, which takes one attribute's beginning as a filter and has no order: so a pool is read by the
 * beginnings of its subs, which nobody can change, and a run that goes on needs no token of the one before.
 */
#include "extract.h"

#include "kit/fields/fields.h"

static const struct leat_option options[] = {
    USERPOOL_OPTIONS(struct cognito, pool),
    { .name = "groups", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct cognito, with_groups), .default_text = "false",
      .help = "Whether the field groups is there, a list of the names of the user's groups." },
    { .name = "filter", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct cognito, filter),
      .help = "Reads those who meet a condition, in Cognito's own words: cognito:user_status = \"CONFIRMED\"." },
    { .name = "mfa", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct cognito, with_mfa), .default_text = "false",
      .help = "Whether mfa_preferred and mfa_settings are there; each user then counts as a monthly active user." },
    { .name = "partitions", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct cognito, partitions), .default_text = "1",
      .min = 1, .max = 64, .help = "How many connections read the pool at once; the records then come in no order." },
    { .name = "memory", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct cognito, memory), .default_text = "4MiB",
      .min = 16384, .max = 1 << 30, .tuning = true,
      .help = "How much of the pool each partition holds to put it in order; more takes fewer calls in a large pool." },
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct cognito, timeout_ms), .default_text = "30s",
      .min = 1, .max = 86400000, .tuning = true, .help = "How long a request may take." },
    { .name = "connect_timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct cognito, connect_timeout_ms),
      .default_text = "10s", .min = 1, .max = 86400000, .tuning = true, .help = "How long a connection may take." },
    LEAT_FIELDS_OPTION(struct cognito, fields),
    LEAT_END_OF_OPTIONS
};

/* The workers only look into what is read here. */
static int cognito_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct cognito *c = self;
    struct caller caller = { 0 };
    int rc = c->with_groups ? caller_open(&caller, c, stage, err) : 0;

    if (rc == 0 && c->with_groups)
        rc = groups_read(&c->groups, &caller, err);
    if (rc == 0 && c->with_groups)
        leat_stage_log(stage, LEAT_LOG_INFO, "%d groups with %zu users", c->groups.n, c->groups.n_members);
    caller_close(&caller);
    return rc;
}

static void cognito_worker_close(struct leat_stage *stage, void *self)
{
    struct worker *w = leat_stage_worker(stage);

    (void)self;
    caller_close(&w->caller);
    listing_free(&w->listing);
    held_free(&w->held);
    keyset_close(w->seen);
    row_free(&w->row);
    w->seen = NULL;
}

static void cognito_close(struct leat_stage *stage, void *self)
{
    struct cognito *c = self;

    (void)stage;
    groups_free(&c->groups);
}

LEAT_EXTRACT(cognito, .summary = "Reads the users of an Amazon Cognito user pool", .options = options,
             .worker_size = sizeof(struct worker), .plan = cognito_plan, .open = cognito_open,
             .worker_open = cognito_worker_open, .read = cognito_read, .find = cognito_find,
             .worker_close = cognito_worker_close, .close = cognito_close);
