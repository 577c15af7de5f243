/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A list that comes in pages. A page may be short, or have nothing at all, and there is another one as long as there
 * is a token (API reference, ListUsers). Tokens end when they like, and are never kept.
 */
#include "extract.h"

#include "kit/http/form.h"

enum { MAX_BROKEN = 100 /* times in one list; then it is something else */ };

static const char invalid[] = "InvalidParameterException";

void listing_users(struct listing *l, const struct cognito *c, const char *filter)
{
    l->operation = "ListUsers";
    l->budget = userpool_budget(&c->pool, USERPOOL_USER_LIST);
    l->list = "Users";
    l->token_name = "PaginationToken";
    l->members.n = 0;
    if (filter)
        leat_put_member(&l->members, "Filter", filter, strlen(filter));
    listing_begin(l);
    l->n_broken = 0;
}

void listing_begin(struct listing *l)
{
    l->token.n = 0;
    l->has_token = l->done = false;
}

void listing_free(struct listing *l)
{
    leat_put_free(&l->members);
    leat_put_free(&l->token);
    leat_put_free(&l->work);
    *l = (struct listing){ 0 };
}

static const char *word(struct listing *l)
{
    l->work.n = 0;
    leat_put_printf(&l->work, "\"Limit\":%d", PAGE_USERS);
    leat_put_bytes(&l->work, l->members.p, l->members.n);
    if (l->has_token) {
        leat_put_printf(&l->work, ",\"%s\":\"", l->token_name);
        leat_put_bytes(&l->work, l->token.p, l->token.n);
        leat_put_string(&l->work, "\"");
    }
    return l->members.failed || l->token.failed ? NULL : leat_put_end(&l->work);
}

static int take(struct listing *l, const struct leat_json_span *reply, struct leat_json_span *ret,
                struct leat_error *err)
{
    struct leat_json j = leat_json_begin(reply->text, reply->n);
    struct leat_json_span key, value;

    l->has_token = false;
    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return leat_fail(err, LEAT_EDATA, "%s answers something else than a page; what stands at this address?",
                         l->operation);
    leat_json_enter(&j);
    while (leat_json_member(&j, &key) && leat_json_value(&j, &value)) {
        if (value.kind == LEAT_JSON_ARRAY && span_is(&key, l->list))
            *ret = value;
        if (value.kind != LEAT_JSON_STRING || !value.n || !span_is(&key, l->token_name))
            continue;
        l->token.n = 0;
        leat_put_bytes(&l->token, value.text, value.n);
        l->has_token = true;
    }
    l->done = !l->has_token;
    return 0;
}

static int refused(struct listing *l, const char *code, struct leat_error *err)
{
    if (l->has_token && strcmp(code, invalid) == 0 && ++l->n_broken < MAX_BROKEN) {
        listing_begin(l);
        return LISTING_BROKEN;
    }
    if (l->may_be_gone &&
        (strcmp(code, "ResourceNotFoundException") == 0 || strcmp(code, "UserNotFoundException") == 0)) {
        l->done = true;
        return LISTING_PAGE;
    }
    return leat_fail(err, LEAT_EUNREACHABLE, "Cognito refuses %s: %s%s", l->operation, code,
                     l->has_token ? " for the next page, again and again"
                     : l->members.n ? " (look at the filter)" : "");
}

int listing_page(struct listing *l, struct caller *caller, int64_t deadline_ms, struct leat_json_span *ret,
                 struct leat_error *err)
{
    const struct call call = { .operation = l->operation, .budget = l->budget, .members = word(l),
                               .deadline_ms = deadline_ms, .may_be_gone = l->may_be_gone };
    struct leat_json_span reply;
    char code[96];
    int rc;

    if (!call.members)
        return leat_fail(err, -ENOMEM, "%s: out of memory", l->operation);
    rc = caller_call(caller, &call, &reply, code, err);
    *ret = (struct leat_json_span){ .text = "[]", .n = 2, .kind = LEAT_JSON_ARRAY };
    if (rc < 0)
        return rc;
    return rc > 0 ? refused(l, code, err) : take(l, &reply, ret, err);
}
