/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract cognito: the fields that a user of the pool has, and what reading them will take.
 */
#include "extract.h"

#include "kit/fields/fields.h"
#include "kit/store/store.h"
#include "kit/text/text.h"

enum { MAX_FIELDS = COGNITO_N_STANDARD + COGNITO_MAX_CUSTOM + 200 };

struct draft {
    struct leat_plan *plan;
    struct cognito *c;
    struct leat_declared declared;
};

static int add(struct draft *d, const char *name, enum leat_type type)
{
    struct leat_field field = { .name = name, .type = type };
    char *copy = leat_plan_alloc(d->plan, strlen(name) + 1);

    (void)leat_declared_apply(&d->declared, &field);
    memcpy(copy, name, strlen(name) + 1);
    d->c->names[d->c->n_fields] = copy;
    (void)leat_plan_add_field(d->plan, &field);
    return d->c->n_fields++;
}

/* Types that load/cognito_csv and load/cognito_api take as they are, and that hold what a pool may have: it lets apps
 * put a birthdate that is no date, and a Number that is no int64. */
static enum leat_type type_of(enum cognito_kind kind)
{
    return kind == COGNITO_IS_BOOLEAN ? LEAT_BOOL : kind == COGNITO_IS_EPOCH ? LEAT_INT64 : LEAT_TEXT;
}

/* Attributes that DescribeUserPool does not tell of here: of developers only, and where nobody was asked. */
static bool is_taken_on_trust(const char *name, bool asked)
{
    return strncmp(name, "dev:custom:", 11) == 0 || (!asked && cognito_is_custom(name));
}

static void add_attributes(struct draft *d, const struct cognito_pool *pool, bool asked)
{
    (void)add(d, "sub", LEAT_TEXT);
    (void)add(d, "cognito:username", LEAT_TEXT);
    for (int i = 0; i < pool->n_attributes; i++)
        if (i != COGNITO_USERNAME && i != COGNITO_MFA_ENABLED) /* which are columns of an import */
            (void)add(d, pool->attributes[i].name, type_of(pool->attributes[i].kind));
    for (int i = 0; i < d->declared.n && d->c->n_fields < MAX_FIELDS; i++)
        if (!d->declared.used[i] && is_taken_on_trust(d->declared.fields[i].name, asked))
            (void)add(d, d->declared.fields[i].name, LEAT_TEXT);
    (void)add(d, "identities", LEAT_JSON);
    d->c->n_attributes = d->c->n_fields;
}

static void add_fields(struct draft *d, const struct cognito_pool *pool, bool asked)
{
    struct cognito *c = d->c;

    leat_declared_bind(d->plan, c->fields, &d->declared);
    c->names = leat_plan_alloc(d->plan, (MAX_FIELDS + 16) * sizeof *c->names);
    add_attributes(d, pool, asked);
    c->status = add(d, "status", LEAT_TEXT);
    c->enabled = add(d, "enabled", LEAT_BOOL);
    c->created = add(d, "created", LEAT_TIMESTAMP);
    c->modified = add(d, "modified", LEAT_TIMESTAMP);
    c->groups_field = c->with_groups ? add(d, "groups", LEAT_JSON) : -1;
    c->mfa_preferred = c->with_mfa ? add(d, "mfa_preferred", LEAT_TEXT) : -1;
    c->mfa_settings = c->with_mfa ? add(d, "mfa_settings", LEAT_JSON) : -1;
    leat_declared_unused(d->plan, &d->declared, asked ? "the user pool" : "a user pool");
    leat_plan_key(d->plan, FIELD_SUB);
    for (int i = 0; i < c->n_attributes; i++)
        if (strcmp(c->names[i], "sub") == 0 || strcmp(c->names[i], "cognito:username") == 0 ||
            strcmp(c->names[i], "email") == 0 || strcmp(c->names[i], "phone_number") == 0)
            leat_plan_searchable(d->plan, i);
}

/* ---- what it takes ---- */

static void plan_rates(struct leat_plan *plan, struct cognito *c)
{
    userpool_plan_quotas(plan, &c->pool, 1u << USERPOOL_USER_LIST | (c->with_mfa ? 1u << USERPOOL_USER_READ : 0) |
                                             (c->with_groups ? 1u << USERPOOL_POOL_RESOURCE_READ : 0));
    (void)snprintf(c->groups_budget, sizeof c->groups_budget, "%s/UserResourceRead", c->pool.region);
    if (c->with_groups) /* what looks users up one by one */
        leat_plan_rate(plan, c->groups_budget, 50.0 * c->pool.share / 100, 50);
}

static void plan_options(struct leat_plan *plan, struct cognito *c)
{
    if (c->filter)
        filter_plan(plan, c->filter);
    if (c->filter && c->partitions > 1)
        leat_plan_wrong(plan, "partitions", "a pool is divided by the filter, and Cognito takes only one; take "
                                            "`filter` or `partitions` out");
    if (c->filter)
        leat_plan_note(plan, "with a filter a stopped run begins again with the first user");
    if (c->partitions > 1) {
        leat_plan_partitions(plan, (int)c->partitions);
        leat_plan_note(plan, "the pool is read in partitions: its users come in no order");
    }
    if (c->with_groups)
        leat_plan_note(plan, "who is in which groups is read first and held in memory, about 50 bytes a user in a "
                             "group");
    if (c->with_mfa)
        leat_plan_note(plan, "`mfa: true` calls AdminGetUser for each user, and each counts as a monthly active user, "
                             "who is billed");
}

/* {"UserPool": {..., "EstimatedNumberOfUsers": 1234, ...}}; -1: it is not said. */
static int64_t estimated_users(const struct leat_put *reply)
{
    struct leat_json j = leat_json_begin(reply->p, reply->n);
    struct leat_json_span key, value;
    int64_t n;

    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return -1;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key)) {
        if (span_is(&key, "UserPool") && leat_json_peek(&j) == LEAT_JSON_OBJECT)
            leat_json_enter(&j);
        else if (!leat_json_value(&j, &value))
            return -1;
        else if (span_is(&key, "EstimatedNumberOfUsers"))
            return leat_text_to_int64(value.text, value.n, &n) ? n : -1;
    }
    return -1;
}

static void plan_estimates(struct leat_plan *plan, const struct cognito *c, int64_t n)
{
    int64_t n_calls = n / PAGE_USERS + 16 + (c->with_mfa ? n : 0);

    if (n < 0 || c->filter) /* of whom nobody knows how many there are */
        return;
    leat_plan_estimate(plan, LEAT_ESTIMATE_ROWS, n);
    leat_plan_estimate(plan, LEAT_ESTIMATE_CALLS, n_calls);
}

/* ---- the pool ---- */

static int ask(struct draft *d, struct cognito_pool *ret, struct leat_error *err)
{
    struct cognito *c = d->c;
    struct userpool pool = { 0 };
    int rc = userpool_open(&pool, &c->pool, NULL, NULL, err);

    if (rc == 0)
        rc = userpool_describe(&pool, ret, err);
    if (rc == 0)
        plan_estimates(d->plan, c, estimated_users(&pool.reply));
    if (rc == 0 && c->with_mfa) /* the other quotas cannot be raised, or are not what takes time */
        rc = userpool_quotas(&pool, &c->pool, 1u << USERPOOL_USER_READ, err);
    userpool_close(&pool);
    return rc;
}

int cognito_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct cognito *c = self;
    struct draft d = { .plan = plan, .c = c };
    struct cognito_pool *pool = leat_plan_alloc(plan, sizeof *pool);
    bool asks = leat_plan_may_connect(plan);
    struct leat_error why = { 0 };
    int rc = leat_http_prepare(err);

    err = err ? err : &why;
    if (rc < 0)
        return rc;
    plan_options(plan, c);
    if (!userpool_plan(plan, &c->pool))
        return 0;
    cognito_pool_default(pool);
    rc = asks ? ask(&d, pool, err) : 0;
    if (rc < 0) {
        rc = leat_in_plan(rc, err);
        leat_plan_wrong(plan, "user_pool_id", "%s", err->text);
        return rc;
    }
    plan_rates(plan, c);
    add_fields(&d, pool, asks);
    if (!asks)
        leat_plan_unasked(plan);
    return 0;
}
