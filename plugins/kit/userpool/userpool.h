/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A user pool of Amazon Cognito that is there: its options, its address, its
 * description, and what it lets through in a second. The rules for its users are
 * those of kit/cognito; how requests are signed is kit/aws's affair.
 *
 *     plan    userpool_plan, userpool_open, userpool_describe, userpool_plan_quotas, userpool_close
 *     open    userpool_open; then calls of one's own, each from the budget userpool_budget
 *
 * One thread at a time. Texts live as long as the struct that they are in.
 */
#ifndef LEAT_KIT_USERPOOL_H
#define LEAT_KIT_USERPOOL_H

#include "kit/aws/aws.h"
#include "kit/cognito/cognito.h"

/* "Quotas in Amazon Cognito": categories of operations, each with its requests a second for an account in a region,
 * over all pools, shared with everybody else who calls. */
enum userpool_quota {
    USERPOOL_USER_CREATION,          /* AdminCreateUser */
    USERPOOL_USER_ACCOUNT_RECOVERY,  /* AdminSetUserPassword */
    USERPOOL_USER_UPDATE,            /* AdminUpdateUserAttributes, AdminAddUserToGroup, AdminDisableUser */
    USERPOOL_USER_RESOURCE_UPDATE,   /* AdminSetUserMFAPreference */
    USERPOOL_USER_READ,              /* AdminGetUser */
    USERPOOL_USER_LIST,              /* ListUsers, ListUsersInGroup */
    USERPOOL_POOL_RESOURCE_UPDATE,   /* CreateGroup, import jobs */
    USERPOOL_POOL_RESOURCE_READ,     /* ListGroups, GetGroup, GetCSVHeader, DescribeUserImportJob */
    USERPOOL_USER_AUTHENTICATION,    /* AdminInitiateAuth */
    USERPOOL_N_QUOTAS
};

enum { USERPOOL_REGION = 32, USERPOOL_BUDGET = 72 };

struct userpool_options {
    const char *user_pool_id, *quota_share;
    struct leat_aws_options aws;

    /* filled by userpool_plan */
    char region[USERPOOL_REGION];    /* the pool's: its id begins with it */
    int share;                       /* percent of a quota that is ours */
    char budgets[USERPOOL_N_QUOTAS][USERPOOL_BUDGET];
    double quotas[USERPOOL_N_QUOTAS]; /* requests a second, of all */
    bool quotas_asked;               /* they are the account's; else the defaults */
};

/* For the option table, with a member of that type: USERPOOL_OPTIONS(struct cognito, pool), */
#define USERPOOL_OPTIONS(type_, member_) \
    { .name = "user_pool_id", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.user_pool_id), .required = true, \
      .main = true, .help = "The user pool, such as eu-central-1_AbCdEfGhI." }, \
    { .name = "quota_share", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.quota_share), \
      .default_text = "80%", .tuning = true, \
      .help = "How much of the account's requests a second may be used; the rest is left to everybody else." }, \
    LEAT_AWS_OPTIONS(type_, member_.aws)

/* Checks the options and notes what is wrong. False: something is. */
bool userpool_plan(struct leat_plan *plan, struct userpool_options *options);

/* Declares a budget for each of `categories` (1 << enum userpool_quota, or'ed). userpool_quotas before it has asked the
 * account; else they are the defaults. */
void userpool_plan_quotas(struct leat_plan *plan, const struct userpool_options *options, unsigned categories);

/* For leat_rate_take and leat_rate_told: REGION/CATEGORY, as in rates:. */
static inline const char *userpool_budget(const struct userpool_options *options, enum userpool_quota category)
{
    return options->budgets[category];
}

/* Calls a second that are ours. */
static inline double userpool_rate(const struct userpool_options *options, enum userpool_quota category)
{
    return options->quotas[category] * options->share / 100;
}

struct userpool {
    const struct userpool_options *options;
    struct leat_aws *aws;
    struct leat_aws_endpoint endpoint;
    struct leat_put body, reply;     /* of userpool_call */
};

/* Credentials are looked for with the first call. `cancelled` NULL: never. To be closed in any case. */
LEAT_MUST_CHECK int userpool_open(struct userpool *pool, const struct userpool_options *options,
                                  bool (*cancelled)(void *), void *argument, struct leat_error *err);
void userpool_close(struct userpool *pool);

/* What tells this pool from every other: address and id. For leat_plan_target; lives as long as the pool's reply. */
LEAT_MUST_CHECK int userpool_identity(struct userpool *pool, const char **ret, struct leat_error *err);

/* One operation, waited for, as leat_aws_call: {"UserPoolId": ..., `members`}; `members` is JSON without braces, or NULL.
 * The reply is in pool->reply until the next. 1: the service has something against it, and `ret_fault` says what. */
LEAT_MUST_CHECK int userpool_call(struct userpool *pool, const char *operation, const char *members,
                                  struct leat_aws_fault *ret_fault, struct leat_error *err);

/* Says that the pool is not there, for ResourceNotFoundException. Returns LEAT_EUNREACHABLE. */
LEAT_MUST_CHECK int userpool_gone(const struct userpool *pool, struct leat_error *err);

/* DescribeUserPool. */
LEAT_MUST_CHECK int userpool_describe(struct userpool *pool, struct cognito_pool *ret, struct leat_error *err);

/* Asks what the account's quotas are (GetProvisionedLimit) and puts them into `options`, which are the pool's. Where
 * that may not be asked, the defaults stay. Negative: not even that can be said. */
LEAT_MUST_CHECK int userpool_quotas(struct userpool *pool, struct userpool_options *options, unsigned categories,
                                    struct leat_error *err);

#endif
