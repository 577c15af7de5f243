/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A user's next call (Amazon Cognito user pools API reference).
 */
#include "kit/cognito_user/users.h"

#include <openssl/rand.h>
#include <string.h>

#include "kit/http/form.h"

enum { GENERATED = 40 };

static const char *const operations[] = {
    [STEP_CREATE] = "AdminCreateUser", [STEP_UPDATE] = "AdminUpdateUserAttributes",
    [STEP_PASSWORD] = "AdminSetUserPassword", [STEP_GROUP] = "AdminAddUserToGroup",
    [STEP_MFA] = "AdminSetUserMFAPreference", [STEP_DISABLE] = "AdminDisableUser", [STEP_ENABLE] = "AdminEnableUser",
    [STEP_NEW_GROUP] = "CreateGroup",
};

static const enum userpool_quota quotas[] = {
    [STEP_CREATE] = USERPOOL_USER_CREATION, [STEP_UPDATE] = USERPOOL_USER_UPDATE,
    [STEP_PASSWORD] = USERPOOL_USER_ACCOUNT_RECOVERY, [STEP_GROUP] = USERPOOL_USER_UPDATE,
    [STEP_MFA] = USERPOOL_USER_RESOURCE_UPDATE, [STEP_DISABLE] = USERPOOL_USER_UPDATE,
    [STEP_ENABLE] = USERPOOL_USER_UPDATE, [STEP_NEW_GROUP] = USERPOOL_POOL_RESOURCE_UPDATE,
};

const char *request_operation(const struct flow_job *job)
{
    return job->records[0].ask ? "AdminGetUser" : operations[job->records[0].step];
}

const char *request_budget(void *self, const struct flow_job *job)
{
    const struct users *u = self;

    return userpool_budget(u->options, job->records[0].ask ? USERPOOL_USER_READ : quotas[job->records[0].step]);
}

void request_free(void *own)
{
    struct user_call *call = own;

    leat_put_free(&call->body);
    leat_aws_signed_free(&call->is_signed);
}

/* ---- bodies ---- */

static void put_attribute(struct leat_put *body, bool *first, const char *name, const char *text, size_t n)
{
    leat_put_string(body, *first ? "" : ",");
    leat_put_printf(body, "{\"Name\":\"%s\"", name);
    leat_put_member(body, "Value", text, n);
    leat_put_bytes(body, "}", 1);
    *first = false;
}

/* What is immutable can be said only when the user is made. */
static void put_attributes(struct users *u, const struct flow_record *record, struct leat_put *body)
{
    const struct leat_batch *b = record->held->batch;
    struct leat_put *scratch = &u->flow.scratch;
    bool first = true;
    char id[FLOW_RECORD_ID];

    leat_put_string(body, ",\"UserAttributes\":[");
    for (int i = 0; i < u->n_fields; i++) {
        scratch->n = 0;
        if ((record->step == STEP_CREATE || !u->fields[i].attribute->immutable) &&
            fields_put(&u->fields[i], b, record->row, scratch))
            put_attribute(body, &first, u->fields[i].name, scratch->p, scratch->n);
        body->failed |= scratch->failed;
    }
    if (u->mark && record->step == STEP_CREATE) {
        leat_batch_record_id(b, record->row, id);
        put_attribute(body, &first, u->mark, id, strlen(id));
    }
    leat_put_bytes(body, "]", 1);
}

static void put_create(struct users *u, const struct flow_record *record, struct leat_put *body)
{
    size_t n;
    const char *password = fields_text(record->held->batch, u->extras.password, record->row, &n);

    put_attributes(u, record, body);
    if (u->invite == INVITE_NONE)
        leat_put_string(body, ",\"MessageAction\":\"SUPPRESS\"");
    else
        leat_put_string(body, u->invite == INVITE_SMS ? ",\"DesiredDeliveryMediums\":[\"SMS\"]"
                                                      : ",\"DesiredDeliveryMediums\":[\"EMAIL\"]");
    if (u->password == PASSWORD_TEMPORARY && password && n)
        leat_put_member(body, "TemporaryPassword", password, n);
}

/* Of all four classes, so that whatever the pool's policy demands is in it. Nobody ever learns it. */
static bool put_generated(struct leat_put *body)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.~+=%@";
    unsigned char random[GENERATED];
    char text[GENERATED + 4] = "aA1-";

    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    for (int i = 0; i < GENERATED; i++)
        text[4 + i] = letters[random[i] % (sizeof letters - 1)];
    leat_put_member(body, "Password", text, sizeof text);
    explicit_bzero(text, sizeof text);
    explicit_bzero(random, sizeof random);
    return true;
}

static bool put_password(const struct users *u, const struct flow_record *record, struct leat_put *body)
{
    size_t n;
    const char *password = fields_text(record->held->batch, u->extras.password, record->row, &n);

    leat_put_string(body, ",\"Permanent\":true");
    if (!password || !n)
        return put_generated(body);
    leat_put_member(body, "Password", password, n);
    return true;
}

static void put_mfa(struct leat_put *body)
{
    leat_put_string(body, ",\"SMSMfaSettings\":{\"Enabled\":true,\"PreferredMfa\":true}");
}

static void put_group(const struct users *u, const struct flow_record *record, struct leat_put *body)
{
    char group[GROUP_ROOM] = "";

    (void)fields_group(u, record->held->batch, record->row, record->place, group, sizeof group);
    leat_put_member(body, "GroupName", group, strlen(group));
}

static bool put_step(struct users *u, const struct flow_record *record, struct user_call *call)
{
    struct leat_put *body = &call->body;

    switch ((enum step)record->step) {
    case STEP_CREATE:
        put_create(u, record, body);
        return true;
    case STEP_UPDATE:
        put_attributes(u, record, body);
        return true;
    case STEP_PASSWORD:
        return put_password(u, record, body);
    case STEP_GROUP:
    case STEP_NEW_GROUP:
        put_group(u, record, body);
        return true;
    case STEP_MFA:
        put_mfa(body);
        return true;
    case STEP_DISABLE:
    case STEP_ENABLE:
    case STEP_IN_DOUBT:
        break;
    }
    return true;
}

/* The job's memory is another user's. */
static void forget(struct user_call *call)
{
    call->verdict = (enum leat_verdict)0;
    call->no_password = call->is_disabled = call->group_made = false;
    call->sub[0] = '\0';
}

int request_build(void *self, struct flow_job *job, struct leat_error *err)
{
    const struct flow_record *record = &job->records[0];
    struct user_call *call = user_call(job);
    struct users *u = self;
    size_t n;
    const char *username = fields_text(record->held->batch, u->extras.username, record->row, &n);

    if (job->fresh)
        forget(call);
    call->body.n = 0;
    leat_put_printf(&call->body, "{\"UserPoolId\":\"%s\"", u->options->user_pool_id);
    if (record->ask || record->step != STEP_NEW_GROUP)
        leat_put_member(&call->body, "Username", username ? username : "", n);
    if (!record->ask && !put_step(u, record, call))
        return leat_fail(err, LEAT_EPLUGIN, "OpenSSL gives no random bytes");
    leat_put_bytes(&call->body, "}", 1);
    return leat_put_end(&call->body) ? 0 : leat_fail(err, -ENOMEM, "out of memory");
}

int request_start(void *self, struct flow_job *job, struct leat_error *err)
{
    struct users *u = self;
    struct user_call *call = user_call(job);
    struct leat_http_request what = { .method = "POST", .url = u->url, .fixed_url = true, .body = call->body.p,
                                      .n_body = call->body.n };
    int rc;

    call->signed_s = leat_aws_now(u->live->aws);
    rc = leat_aws_sign_operation(u->live->aws, &u->live->endpoint, request_operation(job), call->body.p, call->body.n,
                                 &call->is_signed, err);
    what.headers = call->is_signed.headers;
    return rc < 0 ? rc : leat_http_start(u->flow.client, flow_number(&u->flow, job), &what, err);
}
