/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Credentials of the machine: of a container (Amazon ECS Developer Guide, "Task IAM
 * role"; EKS Pod Identity), and of an instance (Amazon EC2 User Guide, "Use the
 * Instance Metadata Service", version 2). Both speak plain HTTP on addresses that
 * never leave the machine; no other address is asked without TLS.
 */
#include "kit/aws/inside.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONTAINER_MS = 2000, CONTAINER_TRIES = 3, CONTAINER_PAUSE_MS = 1000,
    INSTANCE_MS = 1000,
    MAX_TOKEN = 16 << 10,
};

static const struct key_names names = { .id = "AccessKeyId", .secret = "SecretAccessKey", .token = "Token",
                                        .expires = "Expiration" };

static bool is_line(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
            return false;
    return true;
}

/* https to anybody; http to this machine, or to one of these addresses of the link. */
static bool may_ask(const char *url)
{
    static const char *const links[] = { "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "169.254.169.254",
                                         "[fd00:ec2::254]" };
    const char *host = url + strlen("http://");
    size_t n, n_host;

    if (strncmp(url, "https://", 8) == 0)
        return true;
    if (strncmp(url, "http://", 7) != 0)
        return false;
    n = strcspn(host, "/?#");
    if (memchr(host, '@', n))
        return false;
    n_host = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    n_host = n_host < n ? n_host : n;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (strlen(links[i]) == n_host && strncasecmp(links[i], host, n_host) == 0)
            return true;
    return leat_is_loopback(host, n_host);
}

/* ---- container ---- */

/* Read anew each time, for it changes while a pod lives. */
static int authorization(struct leat_put *ret, struct leat_error *err)
{
    const char *file = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    struct leat_put read = { 0 };
    int rc = file ? aws_read_file(file, MAX_TOKEN, &read) : 0;

    if (rc < 0)
        rc = leat_fail(err, LEAT_EUNREACHABLE, "cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE %.300s: %s", file,
                       strerror(-rc));
    if (rc == 0 && file)
        token = read.p;
    if (rc == 0 && token && !is_line(token))
        rc = leat_fail(err, LEAT_EUNREACHABLE, "the container's authorization token has a line end or another control "
                                               "character, so it cannot be sent; write it without");
    if (rc == 0 && token) {
        (void)leat_put_reserve(ret, strlen(token) + 32);
        leat_put_printf(ret, "Authorization: %s", token);
    }
    leat_put_free(&read);
    return rc;
}

static int judge_container(struct chain *c, const struct ask *what, const struct answer *answer, struct leat_error *err)
{
    long status = answer->reply.status;

    if (answer->reply.end != LEAT_HTTP_REPLIED || status == 429 || status >= 500)
        return ask_failed(what, &answer->reply, err);
    if (status != 200)
        return leat_fail(err, LEAT_EUNREACHABLE, "the container's credentials are refused with status %ld; look at the "
                                                 "role of the task or pod", status);
    return keys_from_json(&c->keys, &names, answer->body.p, answer->body.n, "the container's service", err);
}

static int ask_container(struct chain *c, const char *url, struct leat_error *err)
{
    struct curl_slist accept = { .data = "Accept: application/json" }, secret = { 0 };
    struct leat_put header = { 0 };
    struct ask what = { .what = "the container's credentials", .url = url, .headers = &accept, .plain = true,
                        .direct = true, .timeout_ms = CONTAINER_MS };
    struct answer answer = { 0 };
    int rc = authorization(&header, err);

    if (rc == 0 && header.n) {
        secret.data = leat_put_end(&header);
        accept.next = secret.data ? &secret : NULL;
    }
    for (int i = 0; i < CONTAINER_TRIES && (rc == 0 || rc == LEAT_ERETRY) && !c->keys.id; i++) {
        rc = i ? ask_pause(c->aws, CONTAINER_PAUSE_MS, err) : 0;
        if (rc == 0)
            rc = ask(c->aws, &what, &answer, err);
        if (rc == 0)
            rc = judge_container(c, &what, &answer, err);
    }
    answer_free(&answer);
    leat_put_free(&header);
    return rc;
}

int source_container(struct chain *c, struct leat_error *err)
{
    const char *relative = aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct leat_put url = { 0 };
    int rc;

    if (!relative && !full)
        return nothing(c, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
    if (relative && *relative != '/')
        return leat_fail(err, LEAT_EUNREACHABLE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash");
    leat_put_printf(&url, "%s%s", relative ? c->aws->container : "", relative ? relative : full);
    if (!leat_put_end(&url))
        rc = leat_fail(err, -ENOMEM, "out of memory");
    else if (!may_ask(url.p))
        rc = leat_fail(err, LEAT_EUNREACHABLE, "AWS_CONTAINER_CREDENTIALS_FULL_URI must begin with https://, or be "
                                               "http on this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]");
    else
        rc = ask_container(c, url.p, err);
    leat_put_free(&url);
    return rc;
}

/* ---- instance ---- */

struct instance {
    struct chain *chain;
    const char *base;
    struct leat_put token, url;  /* a whole header; the address asked at last */
    struct answer answer;
};

static const char *base_of(const struct leat_aws *aws)
{
    const char *base = aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT"), *mode;

    if (!base)
        base = aws_setting(aws, aws->profile, "ec2_metadata_service_endpoint");
    mode = aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (!mode)
        mode = aws_setting(aws, aws->profile, "ec2_metadata_service_endpoint_mode");
    if (base)
        return base;
    return mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : aws->metadata;
}

static int ask_instance(struct instance *i, const char *method, const char *path, char *header, struct leat_error *err)
{
    size_t n = strlen(i->base);
    struct curl_slist headers = { .data = header };
    const char *url;

    while (n && i->base[n - 1] == '/')
        n--;
    i->url.n = 0;
    leat_put_printf(&i->url, "%.*s%s", (int)n, i->base, path);
    url = leat_put_end(&i->url);
    if (!url || !header)
        return leat_fail(err, -ENOMEM, "out of memory");
    return ask(i->chain->aws, &(struct ask){ .method = method, .url = url, .headers = &headers, .plain = true,
                                             .direct = true, .timeout_ms = INSTANCE_MS }, &i->answer, err);
}

static bool is_fine(const struct instance *i)
{
    return i->answer.reply.end == LEAT_HTTP_REPLIED && i->answer.reply.status == 200 && i->answer.body.n > 0;
}

/* No answer at all is how a machine looks that is no instance. */
static int none(struct instance *i, const char *of)
{
    const struct leat_http_reply *reply = &i->answer.reply;

    if (reply->end != LEAT_HTTP_REPLIED)
        return nothing(i->chain, "no answer: %.60s", reply->why);
    return nothing(i->chain, "no %s: status %ld", of, reply->status);
}

static int get_token(struct instance *i, struct leat_error *err)
{
    char header[] = "x-aws-ec2-metadata-token-ttl-seconds: 21600";
    int rc = ask_instance(i, "PUT", "/latest/api/token", header, err);

    if (rc < 0)
        return rc;
    if (!is_fine(i) || !is_line(i->answer.body.p))
        return none(i, "token");
    (void)leat_put_reserve(&i->token, i->answer.body.n + 64);
    leat_put_printf(&i->token, "x-aws-ec2-metadata-token: %s", i->answer.body.p);
    return 0;
}

/* It goes into the next path. */
static bool is_role(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_+=,.@-", *p))
            return false;
    return *text && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 && strlen(text) <= 128;
}

static int get_keys(struct instance *i, struct leat_error *err)
{
    static const char folder[] = "/latest/meta-data/iam/security-credentials/";
    char path[sizeof folder + 130];
    int rc = ask_instance(i, NULL, folder, leat_put_end(&i->token), err);

    if (rc < 0)
        return rc;
    i->answer.body.p[i->answer.body.n ? strcspn(i->answer.body.p, "\r\n") : 0] = '\0';
    if (!is_fine(i) || !is_role(i->answer.body.p))
        return none(i, "role of the instance");
    (void)snprintf(path, sizeof path, "%s%s", folder, i->answer.body.p);
    rc = ask_instance(i, NULL, path, leat_put_end(&i->token), err);
    if (rc < 0)
        return rc;
    if (!is_fine(i))
        return none(i, "credentials for the role");
    return keys_from_json(&i->chain->keys, &names, i->answer.body.p, i->answer.body.n, "instance metadata", err);
}

int source_metadata(struct chain *c, struct leat_error *err)
{
    const char *disabled = aws_env("AWS_EC2_METADATA_DISABLED");
    struct instance i = { .chain = c, .base = base_of(c->aws) };
    int rc;

    if (disabled && strcasecmp(disabled, "true") == 0)
        return nothing(c, "AWS_EC2_METADATA_DISABLED is true");
    if (!may_ask(i.base))
        return leat_fail(err, LEAT_EUNREACHABLE, "the address of the instance metadata must begin with https://, or be "
                                                 "http on this machine, 169.254.169.254 or [fd00:ec2::254]");
    rc = get_token(&i, err);
    if (rc == 0)
        rc = get_keys(&i, err);
    leat_put_free(&i.token);
    leat_put_free(&i.url);
    answer_free(&i.answer);
    return rc;
}
