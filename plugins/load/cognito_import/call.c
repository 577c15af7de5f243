/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/text/text.h"

enum {
    PATIENCE_MS = 5 * 60 * 1000,     /* of calls that fail one after the other */
    UPLOAD_MS = 30 * 60 * 1000,
    MAX_UPLOAD_REPLY = 64 << 10,
};

/* ---- a call ---- */

void call_begin(struct call *call, const struct leat_aws_endpoint *endpoint, const char *operation, const char *budget,
                bool once)
{
    call->endpoint = endpoint;
    call->operation = operation;
    call->budget = budget;
    call->once = once;
    call->going = call->retry = call->told_clock = call->told_keys = false;
    call->not_before_ms = call->trouble_ms = 0;
}

static int start(struct call *call, struct leat_error *err)
{
    const char *body = leat_put_end(&call->body);
    struct leat_http_request request = { .method = "POST", .url = call->url, .body = body, .n_body = call->body.n };
    int rc;

    if (!body)
        return leat_fail(err, -ENOMEM, "out of memory");
    (void)snprintf(call->url, sizeof call->url, "%s/", call->endpoint->url);
    rc = leat_aws_sign_operation(call->aws, call->endpoint, call->operation, body, call->body.n, &call->is_signed, err);
    if (rc < 0)
        return rc;
    request.headers = call->is_signed.headers;
    rc = leat_http_start(call->http, 0, &request, err);
    call->going = rc == 0;
    return rc;
}

/* When the governor lets it go. */
static int try_start(struct call *call, struct leat_error *err)
{
    int64_t now_ms = leat_now_ms(), wait_ms = call->not_before_ms - now_ms;

    if (wait_ms <= 0)
        wait_ms = leat_rate_take(call->stage, call->budget, call->retry);
    if (wait_ms == 0)
        return start(call, err);
    if (wait_ms < 0)
        return leat_fail(err, (int)wait_ms, "%s does not answer, or fails, again and again",
                         call->endpoint->service->name);
    call->not_before_ms = now_ms + wait_ms;
    leat_stage_wake_on(call->stage, -1, wait_ms);
    return 0;
}

static int again(struct call *call, struct leat_error *err)
{
    int64_t now_ms = leat_now_ms();

    call->trouble_ms = call->trouble_ms ? call->trouble_ms : now_ms;
    if (now_ms - call->trouble_ms > PATIENCE_MS)
        return call_failed(call, err);
    call->going = false;
    call->retry = true;
    call->not_before_ms = now_ms + call->reply.retry_after_ms;
    leat_stage_wake_on(call->stage, -1, 1);
    return 0;
}

/* Credentials or clock were wrong: once more with others. */
static bool can_be_mended(struct call *call)
{
    bool *told = call->fault.verdict == LEAT_AWS_CLOCK ? &call->told_clock : &call->told_keys;
    bool mended = !*told && leat_aws_told(call->aws, &call->reply, &call->fault, &call->is_signed);

    *told = true;
    return mended;
}

static int judge(struct call *call, struct leat_error *err)
{
    enum leat_aws_verdict verdict;

    leat_aws_judge(&call->reply, leat_aws_now(call->aws), &call->fault);
    verdict = call->fault.verdict;
    leat_rate_told(call->stage, call->budget, leat_aws_reply(verdict), call->reply.retry_after_ms);
    if (verdict == LEAT_AWS_THROTTLED)
        return again(call, err);
    if (verdict == LEAT_AWS_RETRY && (!call->once || call->reply.end == LEAT_HTTP_NOT_SENT))
        return again(call, err);
    if ((verdict == LEAT_AWS_CLOCK || verdict == LEAT_AWS_EXPIRED) && can_be_mended(call))
        return again(call, err);
    call->going = false;
    return 1;
}

int call_go(struct call *call, struct leat_error *err)
{
    int rc;

    if (!call->going) {
        rc = try_start(call, err);
        if (rc < 0 || !call->going)
            return rc;
    }
    rc = leat_http_drive(call->http, 0, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        int64_t due_ms = leat_http_due_ms(call->http);

        leat_stage_wake_on(call->stage, leat_http_fd(call->http), due_ms < 0 ? 1000 : due_ms);
        return 0;
    }
    (void)leat_http_ended(call->http, &call->reply);
    return judge(call, err);
}

int call_failed(const struct call *call, struct leat_error *err)
{
    return leat_aws_fail(&call->fault, &call->reply, call->endpoint->service, call->operation, err);
}

bool call_code_is(const struct call *call, const char *code)
{
    return strcmp(call->fault.code, code) == 0;
}

void call_close(struct call *call)
{
    leat_http_close(call->http);
    leat_put_free(&call->body);
    leat_aws_signed_free(&call->is_signed);
    *call = (struct call){ 0 };
}

/* ---- files ---- */

int content_open(struct content *content, const char *path, struct leat_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p = MAP_FAILED;
    bool there = fd >= 0 && fstat(fd, &st) == 0;

    content_close(content);
    if (there && st.st_size > 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        int code = there && st.st_size == 0 ? -EIO : -errno;

        if (fd >= 0)
            (void)close(fd);
        return leat_fail(err, code, "cannot read the users that were written into %s: %s", path,
                         there && st.st_size == 0 ? "it is empty" : strerror(-code));
    }
    (void)close(fd);
    *content = (struct content){ .p = p, .n = (size_t)st.st_size };
    return 0;
}

void content_close(struct content *content)
{
    if (content->p)
        (void)munmap((void *)content->p, content->n);
    *content = (struct content){ 0 };
}

int content_hash(const struct content *content, char ret[65], struct leat_error *err)
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (!EVP_Digest(content->p, content->n, hash, NULL, EVP_sha256(), NULL))
        return leat_fail(err, LEAT_EPLUGIN, "OpenSSL has no SHA-256");
    *leat_hex_put(ret, (const char *)hash, 32) = '\0';
    return 0;
}

/* ---- putting ---- */

static int connect_to(struct upload *upload, const struct leat_aws *aws, const char *proxy, const char *url,
                      struct leat_error *err)
{
    struct leat_http_settings settings = { .n_calls = 1, .timeout_ms = UPLOAD_MS, .connect_timeout_ms = 30000,
                                           .max_reply = MAX_UPLOAD_REPLY, .ca_file = leat_aws_ca_file(aws),
                                           .proxy = proxy };
    char identity[LEAT_HTTP_IDENTITY];
    const char *wrong = leat_http_url_check(url, &settings.plain, identity);

    if (wrong)
        return leat_fail(err, LEAT_EUNREACHABLE, "the address that AWS gives for the upload %s", wrong);
    return leat_http_open(&settings, &upload->http, err);
}

int upload_begin(struct upload *upload, const struct leat_aws *aws, const char *proxy, const char *url,
                 struct curl_slist *headers, const char *path, struct leat_error *err)
{
    struct leat_http_request request = { .method = "PUT", .url = url, .headers = headers };
    int rc = content_open(&upload->content, path, err);

    leat_http_close(upload->http);
    upload->http = NULL;
    if (rc == 0)
        rc = connect_to(upload, aws, proxy, url, err);
    if (rc < 0)
        return rc;
    request.body = upload->content.p;
    request.n_body = upload->content.n;
    rc = leat_http_start(upload->http, 0, &request, err);
    upload->going = rc == 0;
    return rc;
}

int upload_go(struct upload *upload, struct leat_stage *stage, struct leat_error *err)
{
    int rc = leat_http_drive(upload->http, 0, err);

    if (rc < 0)
        return rc;
    if (rc == 0) {
        int64_t due_ms = leat_http_due_ms(upload->http);

        leat_stage_wake_on(stage, leat_http_fd(upload->http), due_ms < 0 ? 1000 : due_ms);
        return 0;
    }
    (void)leat_http_ended(upload->http, &upload->reply);
    upload->going = false;
    content_close(&upload->content);
    return 1;
}

void upload_close(struct upload *upload)
{
    leat_http_close(upload->http);
    content_close(&upload->content);
    *upload = (struct upload){ 0 };
}
