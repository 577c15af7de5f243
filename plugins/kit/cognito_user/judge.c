/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a reply means: by the name of the error and never by the status, since
 * Cognito throttles by 400. And whose a user is that is there.
 */
#include "kit/cognito_user/users.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kit/json/json.h"

enum { SKEW_S = 300 /* between our clock and Cognito's */ };

/* ---- a user as Cognito describes it ---- */

struct user {
    struct leat_json_span username, status, attributes; /* of `kind` LEAT_JSON_NONE where it is not said */
    double created_s;
    bool is_disabled;
};

static bool is(const struct leat_json_span *span, const char *text)
{
    return span->n == strlen(text) && memcmp(span->text, text, span->n) == 0;
}

static void take_member(struct user *user, const struct leat_json_span *key, const struct leat_json_span *value)
{
    if (is(key, "Username") && value->kind == LEAT_JSON_STRING)
        user->username = *value;
    else if (is(key, "UserStatus") && value->kind == LEAT_JSON_STRING)
        user->status = *value;
    else if ((is(key, "Attributes") || is(key, "UserAttributes")) && value->kind == LEAT_JSON_ARRAY)
        user->attributes = *value;
    else if (is(key, "UserCreateDate") && value->kind == LEAT_JSON_NUMBER)
        user->created_s = strtod(value->text, NULL);
    else if (is(key, "Enabled"))
        user->is_disabled = value->kind == LEAT_JSON_FALSE;
}

/* Of AdminGetUser, or inside the "User" of AdminCreateUser. */
static bool read_user(const struct leat_http_reply *reply, struct user *ret)
{
    struct leat_json j = leat_json_begin(reply->body, reply->n_body);
    struct leat_json_span key, value;

    *ret = (struct user){ 0 };
    if (!reply->n_body || !leat_json_is_value(reply->body, reply->n_body) || leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return false;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key))
        if (is(&key, "User") && leat_json_peek(&j) == LEAT_JSON_OBJECT)
            leat_json_enter(&j);
        else if (leat_json_value(&j, &value))
            take_member(ret, &key, &value);
    return ret->username.kind == LEAT_JSON_STRING;
}

/* {"Name": ..., "Value": ...} */
static bool read_pair(struct leat_json *j, struct leat_json_span *ret_name, struct leat_json_span *ret_value)
{
    struct leat_json_span key, value;

    *ret_name = *ret_value = (struct leat_json_span){ 0 };
    if (leat_json_peek(j) != LEAT_JSON_OBJECT)
        return leat_json_value(j, &value);
    leat_json_enter(j);
    while (leat_json_member(j, &key)) {
        if (!leat_json_value(j, &value))
            return false;
        if (is(&key, "Name"))
            *ret_name = value;
        else if (is(&key, "Value"))
            *ret_value = value;
    }
    return !j->wrong;
}

static bool find_attribute(const struct user *user, const char *name, struct leat_json_span *ret)
{
    struct leat_json j = leat_json_begin(user->attributes.text, user->attributes.n);
    struct leat_json_span found;

    if (user->attributes.kind != LEAT_JSON_ARRAY || leat_json_peek(&j) != LEAT_JSON_ARRAY)
        return false;
    leat_json_enter(&j);
    while (leat_json_item(&j) && read_pair(&j, &found, ret))
        if (found.kind == LEAT_JSON_STRING && is(&found, name) && ret->kind == LEAT_JSON_STRING)
            return true;
    return false;
}

/* Behind what is in the scratch buffer. */
static bool unescape(struct users *u, const struct leat_json_span *span, const char **ret, size_t *ret_n)
{
    char *room = leat_put_reserve(&u->flow.scratch, span->n + 1);

    if (!room || !leat_json_unescape(span->text, span->n, room, ret_n))
        return false;
    *ret = room;
    return true;
}

/* ---- whose it is ---- */

/* Pools take e-mail addresses, and mostly user names, for the same in any case. */
static bool equals(struct users *u, const struct leat_json_span *span, const char *text, size_t n, bool any_case)
{
    size_t n_there, at = (size_t)(text - u->flow.scratch.p);
    bool ours = at < u->flow.scratch.cap;
    const char *there;

    if (!unescape(u, span, &there, &n_there))
        return false;
    if (ours) /* the buffer may have moved */
        text = u->flow.scratch.p + at;
    return n == n_there && (any_case ? strncasecmp(text, there, n) : memcmp(text, there, n)) == 0;
}

/* AdminGetUser finds users by their aliases, too. Where the name is an address, Cognito gives another one itself. */
static bool has_our_name(struct users *u, const struct flow_record *record, const struct user *user)
{
    size_t n;
    const char *username = fields_text(record->held->batch, u->extras.username, record->row, &n);

    u->flow.scratch.n = 0;
    return u->pool->username_is_email || u->pool->username_is_phone ||
           (username && equals(u, &user->username, username, n, true));
}

static bool all_as_sent(struct users *u, const struct flow_record *record, const struct user *user)
{
    struct leat_put *scratch = &u->flow.scratch;
    struct leat_json_span there;

    for (int i = 0; i < u->n_fields; i++) {
        const struct user_field *f = &u->fields[i];

        scratch->n = 0;
        if (!fields_put(f, record->held->batch, record->row, scratch))
            continue;
        if (!find_attribute(user, f->name, &there) ||
            !equals(u, &there, scratch->p, scratch->n, f->attribute->kind == COGNITO_IS_EMAIL))
            return false;
    }
    return true;
}

static bool has_our_mark(struct users *u, const struct flow_record *record, const struct user *user)
{
    struct leat_json_span there;
    char id[FLOW_RECORD_ID];

    leat_batch_record_id(record->held->batch, record->row, id);
    u->flow.scratch.n = 0;
    return find_attribute(user, u->mark, &there) && equals(u, &there, id, strlen(id), false);
}

/* Someone else's, or ours of old. */
static enum flow_found strangers(struct users *u, struct flow_job *job, bool as_sent)
{
    struct flow_record *record = &job->records[0];

    if ((as_sent && u->on_existing != ON_EXISTING_UPDATE) || u->on_existing == ON_EXISTING_SKIP) {
        record->maybe_sent = false; /* what was sent has met what was there */
        return FLOW_FOUND_SOMETHING;
    }
    if (u->on_existing != ON_EXISTING_UPDATE)
        return FLOW_FOUND_FOREIGN;
    record->step = STEP_UPDATE;
    return FLOW_FOUND_OURS;
}

static enum flow_found whose(struct users *u, struct flow_job *job, const struct user *user)
{
    struct flow_record *record = &job->records[0];
    bool as_sent;

    if (!has_our_name(u, record, user))
        return FLOW_FOUND_FOREIGN;
    if (!record->known && steps_is_done(record, STEP_CREATE))
        return FLOW_FOUND_OURS; /* we have seen it made */
    if (u->mark && has_our_mark(u, record, user)) {
        record->step = record->known ? STEP_UPDATE : record->step;
        return FLOW_FOUND_OURS;
    }
    as_sent = all_as_sent(u, record, user);
    if (!u->mark && !record->known && as_sent && record->maybe_sent && user->created_s >= (double)(u->began_s - SKEW_S))
        return FLOW_FOUND_OURS;
    return strangers(u, job, as_sent);
}

static void take_user(struct users *u, struct user_call *call, const struct user *user)
{
    struct leat_json_span sub;
    const char *text;
    size_t n;

    call->no_password = is(&user->status, "FORCE_CHANGE_PASSWORD");
    call->is_disabled = user->is_disabled;
    u->flow.scratch.n = 0;
    call->sub[0] = '\0';
    if (find_attribute(user, "sub", &sub) && unescape(u, &sub, &text, &n) && n < sizeof call->sub) {
        memcpy(call->sub, text, n);
        call->sub[n] = '\0';
    }
}

/* ---- replies ---- */

/* What is the same for all calls. -1: it is the call's own affair. */
static int judge_any(struct users *u, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct user_call *call = user_call(job);

    leat_aws_judge(reply, call->signed_s, &call->fault);
    switch (call->fault.verdict) {
    case LEAT_AWS_RETRY:
        return FLOW_UNCLEAR;
    case LEAT_AWS_THROTTLED:
        return FLOW_THROTTLED;
    case LEAT_AWS_CLOCK:
    case LEAT_AWS_EXPIRED:
        return leat_aws_told(u->live->aws, reply, &call->fault, &call->is_signed) ? FLOW_AGAIN : FLOW_STOP;
    case LEAT_AWS_STOP:
        return FLOW_STOP;
    case LEAT_AWS_FINE:
    case LEAT_AWS_RECORD:
        break;
    }
    return -1;
}

static bool has_code(const struct user_call *call, const char *code)
{
    return strcmp(call->fault.code, code) == 0;
}

/* What Cognito may say when the user is already made: read back before it is believed. */
static bool comes_late(const struct user_call *call)
{
    static const char *const late[] = { "UnexpectedLambdaException", "InvalidLambdaResponseException",
                                        "InvalidSmsRoleAccessPolicyException",
                                        "InvalidSmsRoleTrustRelationshipException" };

    for (size_t i = 0; i < sizeof late / sizeof *late; i++)
        if (has_code(call, late[i]))
            return true;
    return false;
}

static enum flow_outcome judge_create(struct users *u, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct user_call *call = user_call(job);
    struct user user;

    if (call->fault.verdict == LEAT_AWS_FINE) {
        if (!read_user(reply, &user))
            return FLOW_UNCLEAR; /* whoever has said this is not Cognito */
        take_user(u, call, &user);
        return FLOW_LOADED;
    }
    if (has_code(call, "UsernameExistsException") || has_code(call, "AliasExistsException"))
        return FLOW_EXISTS;
    if (has_code(call, "CodeDeliveryFailureException"))
        return FLOW_UNCLEAR;
    job->records[0].maybe_sent |= comes_late(call);
    job->records[0].why = steps_reason(call->fault.code);
    return FLOW_REJECTED;
}

/* Of calls for a user that we know to be there, and that do no harm twice. */
static enum flow_outcome judge_step(struct flow_job *job)
{
    struct flow_record *record = &job->records[0];
    struct user_call *call = user_call(job);

    if (call->fault.verdict == LEAT_AWS_FINE || (record->step == STEP_NEW_GROUP && has_code(call, "GroupExistsException")))
        return FLOW_LOADED;
    if (!has_code(call, "UserNotFoundException"))
        return FLOW_REJECTED;
    if (record->step != STEP_UPDATE)
        return FLOW_UNCLEAR; /* it may come into sight late */
    record->step = STEP_CREATE;
    record->repeatable = record->update = false;
    return FLOW_AGAIN;
}

/* The group of a user, and not the pool, is what is not there. */
static bool is_missing_group(const struct flow_job *job)
{
    return job->records[0].step == STEP_GROUP && has_code(user_call(job), "ResourceNotFoundException");
}

enum flow_outcome judge_sent(void *self, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct flow_record *record = &job->records[0];
    struct users *u = self;
    int any = judge_any(u, job, reply);

    if (is_missing_group(job)) {
        if (u->groups != GROUPS_CREATE || user_call(job)->group_made)
            return FLOW_REJECTED;
        record->step = STEP_NEW_GROUP;
        return FLOW_AGAIN;
    }
    if (any >= 0)
        return (enum flow_outcome)any;
    return record->step == STEP_CREATE ? judge_create(u, job, reply) : judge_step(job);
}

/* A name that Cognito takes for invalid can have nobody. Where the name is an address and the record was loaded before,
 * its user may have another address now: to make one would be to double them. */
static enum flow_found nothing_there(const struct users *u, const struct flow_job *job)
{
    const struct user_call *call = user_call(job);

    if (!has_code(call, "UserNotFoundException") && !has_code(call, "InvalidParameterException"))
        return FLOW_FOUND_STOP;
    if (u->is_there)
        return FLOW_FOUND_SOMETHING; /* nobody is made here: what became of the user is not known */
    return job->records[0].known && (u->pool->username_is_email || u->pool->username_is_phone) ? FLOW_FOUND_FOREIGN
                                                                                             : FLOW_FOUND_NOTHING;
}

enum flow_found judge_found(void *self, struct flow_job *job, const struct leat_http_reply *reply)
{
    struct users *u = self;
    struct user user;

    switch (judge_any(u, job, reply)) {
    case FLOW_UNCLEAR:
        return FLOW_FOUND_UNCLEAR;
    case FLOW_THROTTLED:
        return FLOW_FOUND_THROTTLED;
    case FLOW_AGAIN:
        return FLOW_FOUND_AGAIN;
    case FLOW_STOP:
        return FLOW_FOUND_STOP;
    default:
        break;
    }
    if (user_call(job)->fault.verdict == LEAT_AWS_RECORD)
        return nothing_there(u, job);
    if (!read_user(reply, &user))
        return FLOW_FOUND_UNCLEAR;
    take_user(u, user_call(job), &user);
    return whose(u, job, &user);
}
