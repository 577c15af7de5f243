/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Signature Version 4 (IAM User Guide, "Create a signed AWS API request"):
 *
 *     canonical request ──sha256──► text to sign ──hmac──► Authorization
 *     keys: secret ──hmac──► day ──hmac──► region ──hmac──► service ──hmac──► aws4_request
 *
 * libcurl 7.88 has a signer, but not for sorted queries, escaped paths, S3, or a
 * clock of ours. Pure: any thread.
 */
#include "kit/aws/aws.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "kit/http/form.h"
#include "kit/text/text.h"

enum { SHA = 32, OURS = 4 /* headers that are added before the signature */, ALL = LEAT_AWS_MAX_HEADERS + OURS };

struct signer {
    const struct leat_aws_request *request;
    const struct leat_aws_keys *keys;
    char time[20], scope[200];       /* 20261122T043000Z; 20261122/eu-west-1/cognito-idp/aws4_request */
    char payload[2 * SHA + 1];
    struct leat_aws_header headers[ALL];
    int n_headers;
    struct leat_put *work;
};

/* ---- hashes ---- */

static void hex_of(const unsigned char *hash, char ret[2 * SHA + 1])
{
    *leat_hex_put(ret, (const char *)hash, SHA) = '\0';
}

static bool sha256(const char *bytes, size_t n, char ret[2 * SHA + 1])
{
    unsigned char hash[SHA];

    if (!EVP_Digest(bytes ? bytes : "", n, hash, NULL, EVP_sha256(), NULL))
        return false;
    hex_of(hash, ret);
    return true;
}

/* `key` and `ret` may be the same. */
static bool hmac(const void *key, size_t n_key, const char *text, size_t n, unsigned char ret[SHA])
{
    unsigned n_ret = SHA;

    return HMAC(EVP_sha256(), key, (int)n_key, (const unsigned char *)text, n, ret, &n_ret) != NULL;
}

/* ---- the canonical request ---- */

/* /a/./b//../c/ becomes /a/c/, as all services but S3 have it. */
static void put_normal_path(struct leat_put *put, const char *path)
{
    size_t from = put->n;
    const char *last = path;

    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");

        last = p;
        if (n == 2 && memcmp(p, "..", 2) == 0) {
            while (put->n > from && put->p[--put->n] != '/')
                ;
        } else if (n && !(n == 1 && *p == '.')) {
            leat_put_bytes(put, "/", 1);
            leat_put_bytes(put, p, n);
        }
        p += n + (p[n] == '/');
    }
    if (put->n == from || (*last && last[strlen(last) - 1] == '/'))
        leat_put_bytes(put, "/", 1);
}

static void put_path(struct signer *s)
{
    const char *path = *s->request->path ? s->request->path : "/";
    struct leat_put normal = { 0 };
    size_t from = 0;

    if (s->request->s3) {
        leat_put_string(s->work, path);
        return;
    }
    put_normal_path(&normal, path);
    for (size_t i = 0; i <= normal.n; i++)
        if (i == normal.n || normal.p[i] == '/') {
            if (i > from)
                leat_put_text(s->work, LEAT_PUT_URL, normal.p + from, i - from);
            if (i < normal.n)
                leat_put_bytes(s->work, "/", 1);
            from = i + 1;
        }
    s->work->failed |= normal.failed;
    leat_put_free(&normal);
}

struct parameter {
    const char *name, *value;
    size_t n_name, n_value;
};

static int compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    int order = memcmp(a, b, n_a < n_b ? n_a : n_b);

    return order ? order : (n_a > n_b) - (n_a < n_b);
}

static int compare_parameters(const void *a, const void *b)
{
    const struct parameter *one = a, *two = b;
    int order = compare_bytes(one->name, one->n_name, two->name, two->n_name);

    return order ? order : compare_bytes(one->value, one->n_value, two->value, two->n_value);
}

static void put_query(struct signer *s)
{
    const char *query = s->request->query ? s->request->query : "";
    struct parameter *all;
    size_t n = 0, cap = 1;

    if (!*query)
        return;
    for (const char *p = query; *p; p++)
        cap += *p == '&';
    all = calloc(cap, sizeof *all);
    s->work->failed |= !all;
    for (const char *p = query; all && n < cap; n++) {
        size_t n_all = strcspn(p, "&"), n_name = strcspn(p, "=&");

        all[n] = (struct parameter){ .name = p, .n_name = n_name, .value = p + n_name + (n_name < n_all),
                                     .n_value = n_name < n_all ? n_all - n_name - 1 : 0 };
        p += n_all + 1;
    }
    if (all)
        qsort(all, n, sizeof *all, compare_parameters);
    for (size_t i = 0; i < n; i++) {
        if (i)
            leat_put_bytes(s->work, "&", 1);
        leat_put_bytes(s->work, all[i].name, all[i].n_name);
        leat_put_bytes(s->work, "=", 1);
        leat_put_bytes(s->work, all[i].value, all[i].n_value);
    }
    free(all);
}

/* Blanks around it go, and several within are one. */
static void put_value(struct leat_put *put, const char *value)
{
    bool some = false;

    for (const char *p = value; *p;) {
        size_t n = strcspn(p, " \t");

        if (n && some)
            leat_put_bytes(put, " ", 1);
        leat_put_bytes(put, p, n);
        some |= n > 0;
        p += n + strspn(p + n, " \t");
    }
}

static void put_name(struct leat_put *put, const char *name)
{
    size_t from = put->n;

    leat_put_string(put, name);
    for (size_t i = from; !put->failed && i < put->n; i++)
        if (put->p[i] >= 'A' && put->p[i] <= 'Z')
            put->p[i] = (char)(put->p[i] | 0x20);
}

/* Stable, as values of the same name stand in the order in which they are sent; there are a handful. */
static void sort_headers(struct signer *s)
{
    for (int i = 1; i < s->n_headers; i++) {
        struct leat_aws_header header = s->headers[i];
        int at = i;

        for (; at > 0 && strcasecmp(s->headers[at - 1].name, header.name) > 0; at--)
            s->headers[at] = s->headers[at - 1];
        s->headers[at] = header;
    }
}

static bool is_same_as_before(const struct signer *s, int i)
{
    return i > 0 && strcasecmp(s->headers[i - 1].name, s->headers[i].name) == 0;
}

static void put_headers(struct signer *s)
{
    for (int i = 0; i < s->n_headers; i++) {
        if (is_same_as_before(s, i)) {
            s->work->n--;
            leat_put_bytes(s->work, ",", 1);
        } else {
            put_name(s->work, s->headers[i].name);
            leat_put_bytes(s->work, ":", 1);
        }
        put_value(s->work, s->headers[i].value);
        leat_put_bytes(s->work, "\n", 1);
    }
}

static void put_names(struct signer *s, struct leat_put *put)
{
    for (int i = 0; i < s->n_headers; i++) {
        if (is_same_as_before(s, i))
            continue;
        if (i)
            leat_put_bytes(put, ";", 1);
        put_name(put, s->headers[i].name);
    }
}

static bool hash_request(struct signer *s, char ret[2 * SHA + 1])
{
    s->work->n = 0;
    leat_put_printf(s->work, "%s\n", s->request->method ? s->request->method : "GET");
    put_path(s);
    leat_put_bytes(s->work, "\n", 1);
    put_query(s);
    leat_put_bytes(s->work, "\n", 1);
    put_headers(s);
    leat_put_bytes(s->work, "\n", 1);
    put_names(s, s->work);
    leat_put_printf(s->work, "\n%s", s->request->payload ? s->request->payload : s->payload);
    return !s->work->failed && sha256(s->work->p, s->work->n, ret);
}

/* ---- the signature ---- */

static bool derive_key(const struct signer *s, unsigned char ret[SHA])
{
    const struct leat_aws_request *r = s->request;
    struct leat_put first = { 0 };
    bool ok;

    leat_put_string(&first, "AWS4");
    leat_put_string(&first, s->keys->secret);
    ok = !first.failed && hmac(first.p, first.n, s->time, 8, ret) &&
         hmac(ret, SHA, r->region, strlen(r->region), ret) &&
         hmac(ret, SHA, r->service, strlen(r->service), ret) && hmac(ret, SHA, "aws4_request", 12, ret);
    leat_put_free(&first);
    return ok;
}

static bool make_signature(struct signer *s, char ret[2 * SHA + 1])
{
    unsigned char key[SHA];
    char hash[2 * SHA + 1];
    bool ok = hash_request(s, hash) && derive_key(s, key);

    s->work->n = 0;
    leat_put_printf(s->work, "AWS4-HMAC-SHA256\n%s\n%s\n%s", s->time, s->scope, ok ? hash : "");
    ok = ok && !s->work->failed && hmac(key, SHA, s->work->p, s->work->n, key);
    if (ok)
        hex_of(key, ret);
    explicit_bzero(key, sizeof key);
    return ok;
}

/* ---- the headers as they are sent ---- */

static void begin_line(struct leat_aws_signed *is, int *n)
{
    is->nodes[*n].data = (char *)is->text.n; /* the text still moves; see link_lines */
    (*n)++;
}

static void put_line(struct leat_aws_signed *is, int *n, const char *name, const char *value)
{
    begin_line(is, n);
    if (*value)
        leat_put_printf(&is->text, "%s: %s", name, value);
    else
        leat_put_printf(&is->text, "%s;", name); /* libcurl: a header without a value */
    leat_put_bytes(&is->text, "", 1);
}

static void link_lines(struct leat_aws_signed *is, int n)
{
    for (int i = 0; i < n; i++) {
        is->nodes[i].data = is->text.p + (size_t)is->nodes[i].data;
        is->nodes[i].next = i + 1 < n ? &is->nodes[i + 1] : NULL;
    }
    is->headers = is->nodes;
}

static void put_authorization(struct signer *s, const char *signature, struct leat_aws_signed *is, int *n)
{
    begin_line(is, n);
    leat_put_printf(&is->text, "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=", s->keys->id,
                    s->scope);
    put_names(s, &is->text);
    leat_put_printf(&is->text, ", Signature=%s", signature);
    leat_put_bytes(&is->text, "", 1);
}

static void add_header(struct signer *s, const char *name, const char *value)
{
    s->headers[s->n_headers++] = (struct leat_aws_header){ name, value };
}

static bool is_line(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
            return false;
    return true;
}

static int begin(struct signer *s, int64_t now_s, struct leat_error *err)
{
    const struct leat_aws_request *r = s->request;
    time_t now = (time_t)now_s;
    struct tm utc;

    if (r->n_headers > LEAT_AWS_MAX_HEADERS)
        return leat_fail(err, LEAT_EPLUGIN, "more than %d headers in a request to AWS", LEAT_AWS_MAX_HEADERS);
    for (int i = 0; i < r->n_headers; i++) {
        if (!is_line(r->headers[i].value))
            return leat_fail(err, LEAT_EPLUGIN, "the header %s has control characters", r->headers[i].name);
        add_header(s, r->headers[i].name, r->headers[i].value);
    }
    if (!gmtime_r(&now, &utc) || !strftime(s->time, sizeof s->time, "%Y%m%dT%H%M%SZ", &utc))
        return leat_fail(err, LEAT_EUNREACHABLE, "the time of this machine is none; set its clock");
    if (!r->payload && !sha256(r->body, r->n_body, s->payload))
        return leat_fail(err, -ENOMEM, "out of memory");
    return 0;
}

/* What is signed beside what was given, but for Host, which libcurl sends by itself. */
static int add_ours(struct signer *s, struct leat_error *err)
{
    const struct leat_aws_request *r = s->request;

    if ((size_t)snprintf(s->scope, sizeof s->scope, "%.8s/%s/%s/aws4_request", s->time, r->region, r->service) >=
        sizeof s->scope)
        return leat_fail(err, LEAT_EPLUGIN, "the region or the service has too long a name");
    add_header(s, "X-Amz-Date", s->time);
    if (s->keys->token)
        add_header(s, "X-Amz-Security-Token", s->keys->token);
    if (r->s3)
        add_header(s, "x-amz-content-sha256", r->payload ? r->payload : s->payload);
    return 0;
}

int leat_aws_sign(const struct leat_aws_request *request, const struct leat_aws_keys *keys, int64_t now_s,
                  struct leat_aws_signed *ret, struct leat_error *err)
{
    struct signer s = { .request = request, .keys = keys, .work = &ret->work };
    char signature[2 * SHA + 1];
    bool ok = true;
    int n = 0, rc = begin(&s, now_s, err);

    if (rc == 0 && keys->id)
        rc = add_ours(&s, err);
    if (rc < 0)
        return rc;
    ret->text.n = 0;
    ret->text.failed = ret->work.failed = false;
    for (int i = 0; i < s.n_headers; i++)
        put_line(ret, &n, s.headers[i].name, s.headers[i].value);
    begin_line(ret, &n);
    leat_put_bytes(&ret->text, "Expect:", sizeof "Expect:"); /* libcurl: not this one */
    if (keys->id) {
        add_header(&s, "host", request->host);
        sort_headers(&s);
        ok = make_signature(&s, signature);
        put_authorization(&s, ok ? signature : "", ret, &n);
    }
    if (!ok || ret->text.failed || ret->work.failed)
        return leat_fail(err, -ENOMEM, "out of memory");
    link_lines(ret, n);
    return 0;
}

void leat_aws_signed_free(struct leat_aws_signed *is_signed)
{
    leat_put_free(&is_signed->text);
    leat_put_free(&is_signed->work);
    is_signed->headers = NULL;
}

void leat_aws_put_parameter(struct leat_put *put, const char *name, const char *value)
{
    if (put->n)
        leat_put_bytes(put, "&", 1);
    leat_put_text(put, LEAT_PUT_URL, name, strlen(name));
    leat_put_bytes(put, "=", 1);
    leat_put_text(put, LEAT_PUT_URL, value, strlen(value));
}
