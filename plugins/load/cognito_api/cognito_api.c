/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * cognito_api: makes users in an Amazon Cognito user pool by its API, each at most
 * once. The host writes down who is about to be made; what is unclear is read back,
 * and a user who is there and is not ours is left alone.
 */
#include <string.h>

#include "kit/cognito_user/users.h"

static const char *const existings[] = { "conflict", "skip", "update", NULL };
static const char *const passwords[] = { "permanent", "temporary", "generated", "none", NULL };
static const char *const groups[] = { "existing", "create", "none", NULL };
static const char *const invites[] = { "none", "email", "sms", NULL };

struct cognito_api {
    struct userpool_options options;
    struct cognito_pool pool;
    struct userpool live;
    struct users users;
    struct users_forecast forecast;
};

static const struct leat_option options[] = {
    USERPOOL_OPTIONS(struct cognito_api, options),
    { .name = "on_existing", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_api, users.on_existing), .values = existings,
      .default_text = "conflict",
      .help = "What becomes of a user who is there, is not ours and differs: a conflict, left as already there, or updated." },
    { .name = "password", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_api, users.password), .values = passwords,
      .default_text = "permanent",
      .help = "What the field password is: for good, or to be changed; generated: a random one where there is none." },
    { .name = "groups", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_api, users.groups), .values = groups,
      .default_text = "existing", .help = "The field groups: these must be there, are created on demand, or nothing is done." },
    { .name = "mark", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct cognito_api, users.mark),
      .help = "A custom attribute, such as custom:mig_id, that gets a mark by which our users are known for certain." },
    { .name = "invite", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct cognito_api, users.invite), .values = invites,
      .default_text = "none", .help = "Whether Cognito sends each new user a message, and how; none: no message at all." },
    { .name = "concurrency", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct cognito_api, users.concurrency),
      .default_text = "16", .min = 1, .max = 1000, .tuning = true,
      .help = "Users on their way at once; the default is enough for Cognito's default quotas." },
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct cognito_api, users.timeout_ms), .default_text = "30s",
      .min = 1, .max = 86400000, .tuning = true, .help = "How long a call may take." },
    { .name = "connect_timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct cognito_api, users.connect_timeout_ms),
      .default_text = "10s", .min = 1, .max = 86400000, .tuning = true, .help = "How long a connection may take." },
    { .name = "retries", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct cognito_api, users.retries), .default_text = "8",
      .max = 100, .tuning = true,
      .help = "How often a call that came to nothing is made again; throttled ones four times as often." },
    LEAT_END_OF_OPTIONS
};

/* ---- plan ---- */

static unsigned categories(const struct cognito_api *c)
{
    unsigned all = 1U << USERPOOL_USER_CREATION | 1U << USERPOOL_USER_READ | 1U << USERPOOL_USER_UPDATE;

    if (c->users.password == PASSWORD_GENERATED || c->users.extras.password >= 0)
        all |= 1U << USERPOOL_USER_ACCOUNT_RECOVERY;
    if (c->users.extras.mfa >= 0)
        all |= 1U << USERPOOL_USER_RESOURCE_UPDATE;
    if (c->users.extras.groups >= 0 && c->users.groups == GROUPS_CREATE)
        all |= 1U << USERPOOL_POOL_RESOURCE_UPDATE;
    return all;
}

static int look_at_pool(struct leat_plan *plan, struct cognito_api *c, struct leat_error *err)
{
    const char *identity;
    struct userpool pool;
    int rc = userpool_open(&pool, &c->options, NULL, NULL, err);

    if (rc == 0)
        rc = userpool_identity(&pool, &identity, err);
    if (rc == 0)
        leat_plan_target(plan, identity);
    if (rc == 0 && leat_plan_may_connect(plan))
        rc = userpool_describe(&pool, &c->pool, err);
    if (rc == 0 && leat_plan_may_connect(plan))
        rc = userpool_quotas(&pool, &c->options, categories(c), err);
    userpool_close(&pool);
    return rc;
}

static void note(struct leat_plan *plan, const struct cognito_api *c)
{
    double rate = userpool_rate(&c->options, USERPOOL_USER_CREATION);
    char text[400];

    if ((c->users.password == PASSWORD_PERMANENT && c->users.extras.password >= 0) || c->users.password == PASSWORD_GENERATED)
        if (userpool_rate(&c->options, USERPOOL_USER_ACCOUNT_RECOVERY) < rate)
            rate = userpool_rate(&c->options, USERPOOL_USER_ACCOUNT_RECOVERY);
    (void)snprintf(text, sizeof text, "at %d%% of %s quotas: %.0f users an hour at most, fewer with more than one group "
                   "each", c->options.share, c->options.quotas_asked ? "the account's" : "Cognito's default", rate * 3600);
    leat_plan_note(plan, text);
    leat_plan_note(plan, "each user who is made is a monthly active user of this month, and billed as one");
    leat_plan_note(plan, c->users.invite == INVITE_NONE ? "no message is sent to anybody"
                                                  : "Cognito sends a message to each new user (invite)");
    if (!c->users.mark)
        leat_plan_note(plan, "without mark: a user whose creation is unclear is ours if all attributes are as sent and "
                             "the user is no older than this run");
}

static int cognito_api_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct cognito_api *c = self;
    bool ok = userpool_plan(plan, &c->options);
    int rc = leat_http_prepare(err);

    cognito_pool_default(&c->pool);
    c->users.options = &c->options;
    c->users.pool = &c->pool;
    c->users.live = &c->live;
    fields_find(&c->users, leat_plan_input(plan));
    leat_plan_ledger(plan);
    leat_plan_batch_rows(plan, c->users.concurrency); /* who is about to be made is written down a batch at a time */
    if (leat_plan_is_incremental(plan) && !c->users.mark)
        leat_plan_wrong(plan, "mark", "with an incremental extract users who are there are changed, so it must be certain "
                        "that they are ours: name a custom attribute for a mark");
    if (rc == 0 && ok)
        rc = look_at_pool(plan, c, err);
    if (rc < 0)
        return rc;
    fields_plan(plan, &c->users);
    if (!ok)
        return 0;
    userpool_plan_quotas(plan, &c->options, categories(c));
    note(plan, c);
    return 0;
}

/* The quotas let the calls of one user go beside those of others, so that the slowest of them tells how long it takes. */
static int cognito_api_forecast(struct leat_plan *plan, void *self, const struct leat_batch *b, double scale,
                                struct leat_error *err)
{
    struct cognito_api *c = self;
    const struct users_forecast *f = &c->forecast;
    double hours;

    (void)err;
    if (b) {
        users_count(&c->users, b, &c->forecast);
        return 0;
    }
    leat_plan_forecast(plan, "users", (double)f->n_users * scale);
    hours = users_say_calls(&c->users, plan, f, scale);
    leat_plan_forecast(plan, "hours at the quotas", hours);
    leat_plan_forecast(plan, "monthly active users", (double)f->n_called_for * scale);
    leat_plan_forecast(plan, "messages sent", c->users.invite == INVITE_NONE ? 0 : (double)f->n_users * scale);
    leat_plan_forecast(plan, "passwords kept", (double)f->n_kept * scale);
    leat_plan_forecast(plan, "passwords to be reset", (double)(f->n_users - f->n_kept) * scale);
    return 0;
}

/* ---- open and close ---- */

static int cognito_api_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct cognito_api *c = self;
    int rc = userpool_open(&c->live, &c->options, leat_aws_stage_cancelled, stage, err);

    return rc < 0 ? rc : users_open(&c->users, stage, err);
}

static void cognito_api_close(struct leat_stage *stage, void *self)
{
    struct cognito_api *c = self;

    (void)stage;
    users_close(&c->users);
    userpool_close(&c->live);
}

static int cognito_api_deliver(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    struct cognito_api *c = self;

    return flow_deliver(&c->users.flow, stage, b, err);
}

static enum leat_flow cognito_api_poll(struct leat_stage *stage, void *self, bool dry, struct leat_error *err)
{
    struct cognito_api *c = self;

    return flow_poll(&c->users.flow, stage, dry, err);
}

LEAT_LOAD(cognito_api, .summary = "Makes users in an Amazon Cognito user pool by its API", .options = options,
          .traits = LEAT_LATE, .plan = cognito_api_plan, .open = cognito_api_open, .deliver = cognito_api_deliver,
          .poll = cognito_api_poll, .close = cognito_api_close, .forecast = cognito_api_forecast);
