/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A call over a kept connection, repeated until there is a reply that counts. All calls here only read, so one that
 * may have arrived is simply made again.
 */
#include "extract.h"

#include <time.h>

#include "kit/store/store.h"

enum {
    LOOK_MS = 100,               /* how often it is asked whether to stop */
    FIRST_PAUSE_MS = 50, MAX_PAUSE_MS = 5000,
    MAX_REPLY = 64 << 20,        /* a page of users with all 70 attributes full of escapes is less */
    MAX_SIGNATURES = 3,          /* of one call that clock or credentials spoil */
};

static const char not_found[] = "ResourceNotFoundException";

int caller_open(struct caller *caller, const struct cognito *c, struct leat_stage *stage, struct leat_error *err)
{
    struct leat_http_settings settings = {
        .n_calls = 1, .timeout_ms = c->timeout_ms, .connect_timeout_ms = c->connect_timeout_ms,
        .max_reply = MAX_REPLY, .proxy = c->pool.aws.proxy,
    };
    int rc;

    if (caller->open)
        return 0;
    caller->c = c;
    caller->stage = stage;
    rc = userpool_open(&caller->pool, &c->pool, leat_aws_stage_cancelled, stage, err);
    if (rc == 0) {
        settings.plain = caller->pool.endpoint.plain;
        settings.ca_file = leat_aws_ca_file(caller->pool.aws);
        (void)snprintf(caller->url, sizeof caller->url, "%s/", caller->pool.endpoint.url);
        rc = leat_http_open(&settings, &caller->http, err);
    }
    caller->open = rc == 0;
    if (rc < 0)
        caller_close(caller);
    return rc;
}

void caller_close(struct caller *caller)
{
    if (!caller->c)
        return;
    leat_http_close(caller->http);
    userpool_close(&caller->pool);
    leat_aws_signed_free(&caller->is_signed);
    leat_put_free(&caller->body);
    *caller = (struct caller){ 0 };
}

/* ---- waiting ---- */

static int look(const struct caller *caller, const struct call *call, struct leat_error *err)
{
    if (leat_stage_cancelled(caller->stage))
        return leat_fail(err, LEAT_ECANCELED, "stopped");
    if (call->deadline_ms && leat_now_ms() >= call->deadline_ms)
        return leat_fail(err, -ETIMEDOUT, "%s: no reply in time", call->operation);
    return 0;
}

static int pause_for(const struct caller *caller, const struct call *call, int64_t ms, struct leat_error *err)
{
    int64_t end_ms = leat_now_ms() + ms, left;
    int rc = look(caller, call, err);

    while (rc == 0 && (left = end_ms - leat_now_ms()) > 0) {
        struct timespec wait = { .tv_nsec = (left < LOOK_MS ? left : LOOK_MS) * 1000000 };

        (void)nanosleep(&wait, NULL);
        rc = look(caller, call, err);
    }
    return rc;
}

static int wait_for_turn(const struct caller *caller, const struct call *call, bool again, const char *last,
                         struct leat_error *err)
{
    int64_t ms;
    int rc = look(caller, call, err);

    while (rc == 0 && (ms = leat_rate_take(caller->stage, call->budget, again)) > 0)
        rc = pause_for(caller, call, ms, err);
    if (rc == 0 && ms < 0)
        return leat_fail(err, LEAT_EUNREACHABLE, "%s throttles or fails too often%s%s; what else calls it for this "
                         "account? (`quota_share` leaves more to others)", call->operation,
                         *last ? ", at last with " : "", last);
    return rc;
}

/* ---- sending ---- */

static int build(struct caller *caller, const struct call *call, struct leat_error *err)
{
    caller->body.n = 0;
    leat_put_printf(&caller->body, "{\"UserPoolId\":\"%s\"", caller->c->pool.user_pool_id);
    if (*call->members)
        leat_put_printf(&caller->body, ",%s", call->members);
    leat_put_string(&caller->body, "}");
    if (!leat_put_end(&caller->body))
        return leat_fail(err, -ENOMEM, "out of memory");
    return leat_aws_sign_operation(caller->pool.aws, &caller->pool.endpoint, call->operation, caller->body.p,
                                   caller->body.n, &caller->is_signed, err);
}

static int send_and_wait(struct caller *caller, const struct call *call, struct leat_http_reply *ret,
                         struct leat_error *err)
{
    struct leat_http_request request = { .method = "POST", .url = caller->url, .fixed_url = true,
                                         .headers = caller->is_signed.headers, .body = caller->body.p,
                                         .n_body = caller->body.n };
    int n = leat_http_start(caller->http, 0, &request, err);

    while (n == 0) {
        n = look(caller, call, err);
        if (n == 0)
            n = leat_http_drive(caller->http, LOOK_MS, err);
    }
    if (n > 0)
        (void)leat_http_ended(caller->http, ret);
    return n < 0 ? n : 0;
}

/* What stands between may cut a reply, and call it fine. */
static void judge(const struct caller *caller, const struct leat_http_reply *reply, struct leat_aws_fault *ret)
{
    leat_aws_judge(reply, leat_aws_now(caller->pool.aws), ret);
    if (ret->verdict == LEAT_AWS_FINE && !leat_json_is_value(reply->body, reply->n_body))
        ret->verdict = LEAT_AWS_RETRY;
}

static int call_once(struct caller *caller, const struct call *call, struct leat_http_reply *reply,
                     struct leat_aws_fault *fault, struct leat_error *err)
{
    int rc = build(caller, call, err); /* before each one, for signatures grow old */

    *reply = (struct leat_http_reply){ .end = LEAT_HTTP_NOT_SENT };
    if (rc == 0)
        rc = send_and_wait(caller, call, reply, err);
    if (rc == 0)
        judge(caller, reply, fault);
    leat_rate_told(caller->stage, call->budget, leat_aws_reply(rc < 0 ? LEAT_AWS_FINE : fault->verdict),
                   reply->retry_after_ms);
    return rc;
}

/* ---- until it counts ---- */

/* 1: once again, after so many milliseconds. */
static int is_repeated(struct caller *caller, const struct leat_http_reply *reply, const struct leat_aws_fault *fault,
                       int *n_signatures, int64_t *pause_ms)
{
    switch (fault->verdict) {
    case LEAT_AWS_CLOCK:
    case LEAT_AWS_EXPIRED:
        *pause_ms = 0;
        return leat_aws_told(caller->pool.aws, reply, fault, &caller->is_signed) && ++*n_signatures < MAX_SIGNATURES;
    case LEAT_AWS_RETRY:
    case LEAT_AWS_THROTTLED:
        *pause_ms = *pause_ms ? *pause_ms * 2 : FIRST_PAUSE_MS;
        *pause_ms = *pause_ms < MAX_PAUSE_MS ? *pause_ms : MAX_PAUSE_MS;
        return 1;
    default:
        return 0;
    }
}

int caller_call(struct caller *caller, const struct call *call, struct leat_json_span *ret, char ret_code[96],
                struct leat_error *err)
{
    struct leat_http_reply reply = { .end = LEAT_HTTP_NOT_SENT };
    struct leat_aws_fault fault = { 0 };
    int n_signatures = 0, rc;
    bool again = false;
    char last[96] = "";
    int64_t pause_ms = 0;

    do {
        rc = wait_for_turn(caller, call, again, last, err);
        if (rc == 0)
            rc = call_once(caller, call, &reply, &fault, err);
        again = rc == 0 && is_repeated(caller, &reply, &fault, &n_signatures, &pause_ms);
        memcpy(last, fault.code, sizeof last);
        if (again)
            rc = pause_for(caller, call, pause_ms, err);
    } while (rc == 0 && again);
    if (rc < 0)
        return rc;
    *ret = (struct leat_json_span){ .text = reply.body, .n = reply.n_body };
    memcpy(ret_code, fault.code, sizeof fault.code);
    if (fault.verdict == LEAT_AWS_FINE || fault.verdict == LEAT_AWS_RECORD)
        return fault.verdict == LEAT_AWS_RECORD;
    if (strcmp(fault.code, not_found) == 0)
        return call->may_be_gone ? 1 : userpool_gone(&caller->pool, err);
    return leat_aws_fail(&fault, &reply, &leat_aws_cognito, call->operation, err);
}
