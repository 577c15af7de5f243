/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Single sign-on: `aws sso login` leaves a token in ~/.aws/sso/cache, which is
 * changed for the credentials of a role. Signing in, and renewing the token, are the
 * CLI's.
 */
#include "kit/aws/inside.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "kit/text/text.h"

enum { TRIES = 3, PAUSE_MS = 500, MAX_CACHE = 256 << 10 };

struct sso {
    const char *session, *start_url, *region, *account, *role;
    char *token;
};

static const char *of_session(const struct chain *c, const char *session, const char *key)
{
    const struct ini_item *item = session ? ini_find(&c->aws->config, INI_SESSION, session, key, NULL) : NULL;

    return item ? item->value : aws_setting(c->aws, c->profile, key);
}

static int read_settings(struct chain *c, struct sso *s, struct leat_error *err)
{
    const char *missing;

    s->session = aws_setting(c->aws, c->profile, "sso_session");
    if (s->session && !ini_has_section(&c->aws->config, INI_SESSION, s->session))
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" has sso_session = %.64s, but %.300s has no "
                                                 "section [sso-session %.64s]; write it by `aws configure sso`",
                         c->profile,
                         s->session, c->aws->config_path, s->session);
    s->start_url = of_session(c, s->session, "sso_start_url");
    s->region = of_session(c, s->session, "sso_region");
    missing = !s->start_url ? "sso_start_url" : !s->region ? "sso_region" : !s->account ? "sso_account_id"
              : !s->role ? "sso_role_name" : NULL;
    if (missing)
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" is one of SSO, and %s is missing; run `aws "
                                                 "configure sso`", c->profile, missing);
    return 0;
}

/* ---- the token ---- */

static int log_in(const struct chain *c, const char *why, struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "the SSO sign-in of the profile \"%.64s\" %s; run `aws sso login "
                                             "--profile %.64s`", c->profile, why, c->profile);
}

static char *cache_path(const char *name)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char path[128] = "~/.aws/sso/cache/", *end = path + strlen(path);
    unsigned n = 0;

    if (!EVP_Digest(name, strlen(name), hash, &n, EVP_sha1(), NULL))
        return NULL;
    end = leat_hex_put(end, (const char *)hash, n);
    strcpy(end, ".json");
    return aws_path(path);
}

static int take_token(struct chain *c, struct sso *s, const struct leat_put *file, struct leat_error *err)
{
    char *expires = json_member(file->p, file->n, NULL, "expiresAt");
    int64_t expires_s = 0;
    bool ok = expires && time_of(expires, &expires_s);

    free(expires);
    s->token = json_member(file->p, file->n, NULL, "accessToken");
    if (!ok || !s->token)
        return log_in(c, "has left a file that is no token", err);
    return expires_s > leat_aws_now(c->aws) ? 0 : log_in(c, "has expired", err);
}

static int read_token(struct chain *c, struct sso *s, struct leat_error *err)
{
    char *path = cache_path(s->session ? s->session : s->start_url);
    struct leat_put file = { 0 };
    int rc = path ? aws_read_file(path, MAX_CACHE, &file) : -ENOMEM;

    if (rc == -ENOENT || rc == -ENOTDIR)
        rc = log_in(c, "has not been done", err);
    else if (rc < 0)
        rc = leat_fail(err, LEAT_EUNREACHABLE, "cannot read %.300s: %s", path ? path : "the SSO cache", strerror(-rc));
    else
        rc = take_token(c, s, &file, err);
    leat_put_free(&file);
    free(path);
    return rc;
}

/* ---- the role ---- */

static int judge(struct chain *c, const struct sso *s, const struct ask *what, const struct answer *answer,
                 struct leat_error *err)
{
    static const struct key_names names = { .within = "roleCredentials", .id = "accessKeyId",
                                            .secret = "secretAccessKey", .token = "sessionToken",
                                            .expires = "expiration", .in_ms = true };
    long status = answer->reply.status;

    if (answer->reply.end != LEAT_HTTP_REPLIED || status == 429 || status >= 500)
        return ask_failed(what, &answer->reply, err);
    if (status == 401)
        return log_in(c, "is not taken any more", err);
    if (status != 200)
        return leat_fail(err, LEAT_EUNREACHABLE, "SSO refuses the role %.64s in the account %.20s with status %ld; "
                                                 "look at sso_role_name and sso_account_id of the profile \"%.64s\"",
                         s->role,
                         s->account, status, c->profile);
    return keys_from_json(&c->keys, &names, answer->body.p, answer->body.n, "SSO", err);
}

/* The protocol is REST, and this API's errors are told by their status: its bodies have no __type. */
static int ask_sso(struct chain *c, const struct sso *s, const struct ask *what, struct leat_error *err)
{
    struct answer answer = { 0 };
    int rc = LEAT_ERETRY;

    for (int i = 0; i < TRIES && rc == LEAT_ERETRY; i++) {
        rc = i ? ask_pause(c->aws, PAUSE_MS << i, err) : 0;
        if (rc == 0)
            rc = ask(c->aws, what, &answer, err);
        if (rc == 0)
            rc = judge(c, s, what, &answer, err);
    }
    answer_free(&answer);
    return rc;
}

static int get_keys(struct chain *c, const struct sso *s, struct leat_error *err)
{
    struct leat_put url = { 0 }, query = { 0 }, header = { 0 };
    struct leat_aws_endpoint endpoint;
    struct curl_slist headers = { 0 };
    int rc = leat_aws_find_endpoint(c->aws, &leat_aws_sso, s->region, &endpoint, err);

    if (rc < 0)
        return rc;
    leat_aws_put_parameter(&query, "role_name", s->role);
    leat_aws_put_parameter(&query, "account_id", s->account);
    leat_put_printf(&url, "%s/federation/credentials?%s", endpoint.url, leat_put_end(&query) ? query.p : "");
    (void)leat_put_reserve(&header, strlen(s->token) + 64);
    leat_put_printf(&header, "x-amz-sso_bearer_token: %s", s->token);
    headers.data = leat_put_end(&header);
    if (!headers.data || !leat_put_end(&url) || query.failed)
        rc = leat_fail(err, -ENOMEM, "out of memory");
    else
        rc = ask_sso(c, s, &(struct ask){ .what = "SSO", .url = url.p, .headers = &headers, .plain = endpoint.plain,
                                          .timeout_ms = ASK_MS }, err);
    leat_put_free(&header);
    leat_put_free(&query);
    leat_put_free(&url);
    return rc;
}

static bool is_line(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text == 0x7F)
            return false;
    return true;
}

int source_sso(struct chain *c, struct leat_error *err)
{
    struct sso s = { .account = aws_setting(c->aws, c->profile, "sso_account_id"),
                     .role = aws_setting(c->aws, c->profile, "sso_role_name") };
    int rc;

    if (!s.account && !s.role)
        return nothing(c, "no sso_account_id in the profile");
    rc = read_settings(c, &s, err);
    if (rc == 0)
        rc = read_token(c, &s, err);
    if (rc == 0)
        rc = is_line(s.token) ? get_keys(c, &s, err) : log_in(c, "has left a file that is no token", err);
    wipe_text(s.token);
    return rc;
}
