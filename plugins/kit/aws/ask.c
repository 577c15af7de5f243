/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One request, waited for. They are few (credentials once an hour, a look at a pool
 * before the run), so each has a connection of its own.
 */
#include "kit/aws/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/http/form.h"

enum {
    LOOK_MS = 100,               /* how often it is asked whether to stop */
    MAX_REPLY = 1 << 20,
    FIRST_PAUSE_MS = 250, MAX_PAUSE_MS = 8000,
};

static bool is_cancelled(const struct leat_aws *aws)
{
    return aws->settings.cancelled && aws->settings.cancelled(aws->settings.argument);
}

static int stopped(struct leat_error *err)
{
    return leat_fail(err, LEAT_ECANCELED, "stopped");
}

int ask_pause(const struct leat_aws *aws, int64_t ms, struct leat_error *err)
{
    int64_t end_ms = leat_now_ms() + ms, left;

    while ((left = end_ms - leat_now_ms()) > 0) {
        struct timespec wait = { .tv_nsec = (left < LOOK_MS ? left : LOOK_MS) * 1000000 };

        if (is_cancelled(aws))
            return stopped(err);
        (void)nanosleep(&wait, NULL);
    }
    return is_cancelled(aws) ? stopped(err) : 0;
}

/* The client's copy of the reply goes with its call; it may have secrets in it. */
static int keep_reply(struct answer *answer, struct leat_error *err)
{
    struct leat_http_reply *reply = &answer->reply;

    if (reply->end == LEAT_HTTP_REPLIED && reply->n_body) {
        leat_put_bytes(&answer->body, reply->body, reply->n_body);
        explicit_bzero((char *)reply->body, reply->n_body);
    }
    reply->body = leat_put_end(&answer->body);
    return reply->body ? 0 : leat_fail(err, -ENOMEM, "out of memory");
}

/* The texts of the client go with it, too. */
static void keep_why(struct answer *answer)
{
    if (!answer->reply.why)
        return;
    (void)snprintf(answer->why, sizeof answer->why, "%s", answer->reply.why);
    answer->reply.why = answer->why;
}

static int wait_for(const struct leat_aws *aws, struct leat_http *http, struct answer *ret, struct leat_error *err)
{
    int n = 0;

    while (n == 0) {
        if (is_cancelled(aws))
            return stopped(err);
        n = leat_http_drive(http, LOOK_MS, err);
    }
    if (n < 0)
        return n;
    (void)leat_http_ended(http, &ret->reply);
    keep_why(ret);
    return keep_reply(ret, err);
}

int ask(const struct leat_aws *aws, const struct ask *what, struct answer *ret, struct leat_error *err)
{
    struct leat_http_settings settings = {
        .n_calls = 1, .plain = what->plain, .timeout_ms = what->timeout_ms, .connect_timeout_ms = what->timeout_ms,
        .max_reply = MAX_REPLY, .ca_file = leat_aws_ca_file(aws),
        .proxy = what->direct ? NULL : aws->settings.options.proxy,
    };
    struct leat_http_request request = { .method = what->method, .url = what->url, .headers = what->headers,
                                         .body = what->body ? what->body : "", .n_body = what->n_body };
    struct leat_http *http;
    int rc = leat_http_open(&settings, &http, err);

    answer_free(ret);
    if (rc < 0)
        return rc;
    rc = leat_http_start(http, 0, &request, err);
    if (rc == 0)
        rc = wait_for(aws, http, ret, err);
    leat_http_close(http);
    return rc;
}

void answer_free(struct answer *answer)
{
    leat_put_free(&answer->body);
    *answer = (struct answer){ 0 };
}

int ask_failed(const struct ask *what, const struct leat_http_reply *reply, struct leat_error *err)
{
    if (reply->end != LEAT_HTTP_REPLIED)
        return leat_fail(err, LEAT_ERETRY, "%s: %s", what->what, reply->why);
    return leat_fail(err, LEAT_ERETRY, "%s answers with status %ld", what->what, reply->status);
}

/* ---- an operation ---- */

struct calling {
    struct leat_aws *aws;
    const struct leat_aws_endpoint *endpoint;
    const char *operation, *body;
    struct leat_aws_signed is_signed;
    struct answer answer;
    struct leat_aws_fault fault;
    int64_t end_ms, pause_ms;
    bool repeated_clock, repeated_keys;
};

static int call_once(struct calling *c, struct leat_error *err)
{
    char url[sizeof c->endpoint->url + 1];
    size_t n_body = strlen(c->body);
    int64_t left_ms;
    int rc = leat_aws_sign_operation(c->aws, c->endpoint, c->operation, c->body, n_body, &c->is_signed, err);

    (void)snprintf(url, sizeof url, "%s/", c->endpoint->url);
    left_ms = c->end_ms - leat_now_ms();
    if (rc == 0)
        rc = ask(c->aws, &(struct ask){ .method = "POST", .url = url, .headers = c->is_signed.headers, .body = c->body,
                                        .n_body = n_body, .plain = c->endpoint->plain,
                                        .timeout_ms = left_ms > 1 ? left_ms : 1 }, &c->answer, err);
    if (rc == 0)
        leat_aws_judge(&c->answer.reply, leat_aws_now(c->aws), &c->fault);
    return rc;
}

/* True: it is to be sent again, and the pause is over. */
static bool is_repeated(struct calling *c, int *ret_rc, struct leat_error *err)
{
    enum leat_aws_verdict verdict = c->fault.verdict;
    bool *repeated = verdict == LEAT_AWS_CLOCK ? &c->repeated_clock : &c->repeated_keys;
    int64_t ms = c->answer.reply.retry_after_ms > c->pause_ms ? c->answer.reply.retry_after_ms : c->pause_ms;

    if (verdict == LEAT_AWS_CLOCK || verdict == LEAT_AWS_EXPIRED) {
        bool again = !*repeated && leat_aws_told(c->aws, &c->answer.reply, &c->fault, &c->is_signed);

        *repeated = true;
        return again;
    }
    if ((verdict != LEAT_AWS_RETRY && verdict != LEAT_AWS_THROTTLED) || leat_now_ms() + ms >= c->end_ms)
        return false;
    c->pause_ms = c->pause_ms * 2 < MAX_PAUSE_MS ? c->pause_ms * 2 : MAX_PAUSE_MS;
    *ret_rc = ask_pause(c->aws, ms, err);
    return *ret_rc == 0;
}

static int call(struct calling *c, struct leat_put *ret, struct leat_aws_fault *ret_fault, struct leat_error *err)
{
    const struct leat_aws_service *service = c->endpoint->service;
    int rc;

    do
        rc = call_once(c, err);
    while (rc == 0 && is_repeated(c, &rc, err));
    if (rc < 0)
        return rc;
    if (c->fault.verdict == LEAT_AWS_FINE) {
        ret->n = 0;
        leat_put_bytes(ret, c->answer.reply.body, c->answer.reply.n_body);
        return leat_put_end(ret) ? 0 : leat_fail(err, -ENOMEM, "out of memory");
    }
    if (ret_fault)
        *ret_fault = c->fault;
    if (c->fault.verdict == LEAT_AWS_RECORD && ret_fault)
        return 1;
    rc = leat_aws_fail(&c->fault, &c->answer.reply, service, c->operation, err);
    if (c->fault.verdict == LEAT_AWS_RETRY || c->fault.verdict == LEAT_AWS_THROTTLED)
        rc = LEAT_ERETRY;
    if (err)
        err->code = rc;
    return rc;
}

int leat_aws_call(struct leat_aws *aws, const struct leat_aws_endpoint *endpoint, const char *operation,
                  const char *body, int64_t timeout_ms, struct leat_put *ret, struct leat_aws_fault *ret_fault,
                  struct leat_error *err)
{
    struct calling c = { .aws = aws, .endpoint = endpoint, .operation = operation, .body = body,
                         .end_ms = leat_now_ms() + timeout_ms, .pause_ms = FIRST_PAUSE_MS };
    int rc;

    rc = call(&c, ret, ret_fault, err);
    answer_free(&c.answer);
    leat_aws_signed_free(&c.is_signed);
    return rc;
}
