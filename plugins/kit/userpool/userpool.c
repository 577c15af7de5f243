/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Options, address, description.
 */
#include "kit/userpool/userpool.h"

#include <stdlib.h>
#include <string.h>

#include "kit/json/json.h"

enum { CALL_MS = 60000 };

/* ---- options ---- */

static bool is_word(const char *text, size_t n, const char *beside)
{
    for (size_t i = 0; i < n; i++)
        if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
            !(text[i] >= 'A' && text[i] <= 'Z') && !strchr(beside, text[i]))
            return false;
    return n > 0;
}

/* API reference, UserPoolIdType: region, underscore, letters and digits; 55 characters. */
static bool take_region(struct userpool_options *options)
{
    const char *id = options->user_pool_id, *bar = strchr(id, '_');
    size_t n = bar ? (size_t)(bar - id) : 0;

    if (!bar || strlen(id) > 55 || n >= sizeof options->region || !is_word(id, n, "-") ||
        !is_word(bar + 1, strlen(bar + 1), ""))
        return false;
    memcpy(options->region, id, n);
    options->region[n] = '\0';
    return true;
}

/* "80%". */
static int parse_share(const char *text)
{
    char *end;
    long share = strtol(text, &end, 10);

    return end != text && strcmp(end, "%") == 0 && share >= 1 && share <= 100 ? (int)share : -1;
}

/* Requests a second; `of` is the account's where one operation on one pool, which is what a run does, may have less. */
static const struct {
    const char *name;
    double per_second, of;
} defaults[USERPOOL_N_QUOTAS] = {
    [USERPOOL_USER_CREATION] = { "UserCreation", 50, 50 },
    [USERPOOL_USER_ACCOUNT_RECOVERY] = { "UserAccountRecovery", 30, 30 },
    [USERPOOL_USER_UPDATE] = { "UserUpdate", 25, 25 },
    [USERPOOL_USER_RESOURCE_UPDATE] = { "UserResourceUpdate", 25, 25 },
    [USERPOOL_USER_READ] = { "UserRead", 120, 120 },
    [USERPOOL_USER_LIST] = { "UserList", 30, 30 },
    [USERPOOL_POOL_RESOURCE_UPDATE] = { "UserPoolResourceUpdate", 5, 15 },
    [USERPOOL_POOL_RESOURCE_READ] = { "UserPoolResourceRead", 5, 20 },
    [USERPOOL_USER_AUTHENTICATION] = { "UserAuthentication", 120, 120 },
};

bool userpool_plan(struct leat_plan *plan, struct userpool_options *options)
{
    bool ok = options->user_pool_id != NULL;

    options->share = options->quota_share ? parse_share(options->quota_share) : 80;
    if (options->share < 0) {
        leat_plan_wrong(plan, "quota_share", "takes a share of the quota such as 50%%, from 1%% to 100%%");
        options->share = 80;
        ok = false;
    }
    if (options->user_pool_id && !take_region(options)) {
        leat_plan_wrong(plan, "user_pool_id", "is no id of a user pool, which is a region, _ and letters and digits, as in "
                                              "eu-central-1_AbCdEfGhI (the console calls it \"User pool ID\")");
        return false;
    }
    if (ok && options->aws.region && strcmp(options->aws.region, options->region) != 0) {
        leat_plan_wrong(plan, "region", "the pool is in %s, as its id says; leave `region` out", options->region);
        ok = false;
    }
    for (int i = 0; i < USERPOOL_N_QUOTAS; i++) {
        options->quotas[i] = defaults[i].per_second;
        (void)snprintf(options->budgets[i], sizeof options->budgets[i], "%s/%s", options->region, defaults[i].name);
    }
    return ok;
}

void userpool_plan_quotas(struct leat_plan *plan, const struct userpool_options *options, unsigned categories)
{
    for (int i = 0; i < USERPOOL_N_QUOTAS; i++)
        if (categories >> i & 1)
            leat_plan_rate(plan, options->budgets[i], userpool_rate(options, (enum userpool_quota)i),
                           options->quotas[i]);
}

/* ---- life ---- */

int userpool_open(struct userpool *pool, const struct userpool_options *options, bool (*cancelled)(void *),
                  void *argument, struct leat_error *err)
{
    struct leat_aws_settings settings = { .options = options->aws, .cancelled = cancelled, .argument = argument };
    int rc;

    *pool = (struct userpool){ .options = options };
    settings.options.region = options->region;
    rc = leat_aws_open(&settings, &pool->aws, err);
    if (rc < 0)
        return rc;
    return leat_aws_find_endpoint(pool->aws, &leat_aws_cognito, options->region, &pool->endpoint, err);
}

void userpool_close(struct userpool *pool)
{
    leat_aws_close(pool->aws);
    leat_put_free(&pool->body);
    leat_put_free(&pool->reply);
    *pool = (struct userpool){ 0 };
}

int userpool_identity(struct userpool *pool, const char **ret, struct leat_error *err)
{
    pool->reply.n = 0;
    leat_put_printf(&pool->reply, "cognito %s %s", pool->endpoint.url, pool->options->user_pool_id);
    *ret = leat_put_end(&pool->reply);
    return *ret ? 0 : leat_fail(err, -ENOMEM, "out of memory");
}

/* ---- calls ---- */

int userpool_call(struct userpool *pool, const char *operation, const char *members, struct leat_aws_fault *ret_fault,
                  struct leat_error *err)
{
    pool->body.n = 0;
    leat_put_printf(&pool->body, "{\"UserPoolId\":\"%s\"", pool->options->user_pool_id);
    if (members)
        leat_put_printf(&pool->body, ",%s", members);
    leat_put_string(&pool->body, "}");
    if (!leat_put_end(&pool->body))
        return leat_fail(err, -ENOMEM, "out of memory");
    return leat_aws_call(pool->aws, &pool->endpoint, operation, pool->body.p, CALL_MS, &pool->reply, ret_fault, err);
}

int userpool_gone(const struct userpool *pool, struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "there is no user pool %s in this account (asked %s, by the credentials of "
                     "%s); is it another account's?", pool->options->user_pool_id, pool->endpoint.host,
                     leat_aws_credentials_from(pool->aws));
}

int userpool_describe(struct userpool *pool, struct cognito_pool *ret, struct leat_error *err)
{
    struct leat_aws_fault fault = { 0 };
    int rc = userpool_call(pool, "DescribeUserPool", NULL, &fault, err);

    if (rc != 0 && strcmp(fault.code, "ResourceNotFoundException") == 0)
        return userpool_gone(pool, err);
    if (rc > 0)
        return leat_fail(err, LEAT_EUNREACHABLE, "Cognito does not describe the user pool %s: %s",
                         pool->options->user_pool_id, fault.code);
    return rc < 0 ? rc : cognito_pool_parse(pool->reply.p, pool->reply.n, "DescribeUserPool", ret, err);
}

/* ---- quotas ---- */

/* {"Limit": {..., "ProvisionedLimitValue": 50, ...}} */
static double limit_in(const struct leat_put *reply)
{
    struct leat_json j = leat_json_begin(reply->p, reply->n);
    struct leat_json_span key, value;

    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return 0;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key)) {
        if (key.n == 5 && memcmp(key.text, "Limit", 5) == 0 && leat_json_peek(&j) == LEAT_JSON_OBJECT)
            leat_json_enter(&j);
        else if (!leat_json_value(&j, &value))
            return 0;
        else if (key.n == 21 && memcmp(key.text, "ProvisionedLimitValue", 21) == 0 && value.kind == LEAT_JSON_NUMBER)
            return strtod(value.text, NULL);
    }
    return 0;
}

/* 1: it may not be asked, or not everywhere. */
static int ask_quota(struct userpool *pool, struct userpool_options *options, int i, struct leat_error *err)
{
    struct leat_aws_fault fault = { 0 };
    double limit;
    int rc;

    pool->body.n = 0;
    leat_put_printf(&pool->body, "{\"LimitDefinition\":{\"LimitClass\":\"API_CATEGORY\",\"Attributes\":{\"Category\":\"%s\"}}}",
                    defaults[i].name);
    if (!leat_put_end(&pool->body))
        return leat_fail(err, -ENOMEM, "out of memory");
    rc = leat_aws_call(pool->aws, &pool->endpoint, "GetProvisionedLimit", pool->body.p, CALL_MS, &pool->reply, &fault, err);
    limit = rc == 0 ? limit_in(&pool->reply) : 0;
    if (limit > 0)
        options->quotas[i] = limit * defaults[i].per_second / defaults[i].of;
    return rc == LEAT_ECANCELED || rc == -ENOMEM ? rc : limit > 0 ? 0 : 1;
}

int userpool_quotas(struct userpool *pool, struct userpool_options *options, unsigned categories, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < USERPOOL_N_QUOTAS && rc == 0; i++)
        if (categories >> i & 1)
            rc = ask_quota(pool, options, i, err);
    options->quotas_asked = rc == 0;
    return rc < 0 ? rc : 0;
}
