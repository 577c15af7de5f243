/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is asked for one user. A user who was listed may be gone meanwhile, and then has nothing of it.
 */
#include "extract.h"

static void put_username(const struct row *row, struct leat_put *put)
{
    const struct leat_json_span *name = &row->spans[FIELD_USERNAME];

    leat_put_string(put, "\"Username\":\"");
    leat_put_bytes(put, name->text, name->n);
    leat_put_string(put, "\"");
}

/* A name may also be the alias of another: then the sub is another one. */
static bool is_same(const struct row *row, const struct leat_json_span *user)
{
    char sub[SUB_ROOM];

    return user_sub(user, sub) && span_is(&row->spans[FIELD_SUB], sub);
}

static void take_mfa(struct row *row, const struct cognito *c, const struct leat_json_span *user)
{
    struct leat_json j = leat_json_begin(user->text, user->n);
    struct leat_json_span key, value;

    if (leat_json_peek(&j) != LEAT_JSON_OBJECT || !is_same(row, user))
        return;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key) && leat_json_value(&j, &value)) {
        if (span_is(&key, "PreferredMfaSetting") && value.n)
            row->spans[c->mfa_preferred] = value;
        else if (span_is(&key, "UserMFASettingList"))
            row->spans[c->mfa_settings] = value;
    }
    if (row->spans[c->mfa_settings].kind == LEAT_JSON_NONE)
        row->spans[c->mfa_settings] = (struct leat_json_span){ .text = "[]", .n = 2, .kind = LEAT_JSON_ARRAY };
}

int details_mfa(struct row *row, struct caller *caller, int64_t deadline_ms, struct leat_error *err)
{
    struct call call = { .operation = "AdminGetUser", .deadline_ms = deadline_ms,
                         .budget = userpool_budget(&caller->c->pool, USERPOOL_USER_READ) };
    struct leat_json_span reply;
    char code[96];
    int rc;

    row->members.n = 0;
    put_username(row, &row->members);
    call.members = leat_put_end(&row->members);
    if (!call.members)
        return leat_fail(err, -ENOMEM, "no memory for a user");
    rc = caller_call(caller, &call, &reply, code, err);
    if (rc == 0)
        take_mfa(row, caller->c, &reply);
    if (rc > 0 && strcmp(code, "UserNotFoundException") != 0)
        return leat_fail(err, LEAT_EUNREACHABLE, "Cognito refuses AdminGetUser: %s", code);
    return rc < 0 ? rc : 0;
}

int details_groups(struct row *row, struct caller *caller, int64_t deadline_ms, struct leat_error *err)
{
    struct listing l = { .operation = "AdminListGroupsForUser", .budget = caller->c->groups_budget, .list = "Groups",
                         .token_name = "NextToken", .may_be_gone = true };
    struct groups groups = { 0 };
    int rc;

    leat_put_string(&l.members, ",");
    put_username(row, &l.members);
    rc = groups_list(&groups, &l, caller, deadline_ms, err);
    row->groups.n = 0;
    if (rc == 0)
        groups_put_all(&groups, &row->groups);
    groups_free(&groups);
    listing_free(&l);
    return rc;
}
