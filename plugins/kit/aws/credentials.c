/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The chain: the first source that is set up gives the credentials, and renews them
 * as long as the run goes. One that is set up and fails ends the search, as nobody
 * wants to go on under another name than the one that was meant.
 */
#include "kit/aws/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADVISORY_S = 900, MANDATORY_S = 600, /* before the end of an hour's life: the shares below */
    AGAIN_S = 60,                        /* after renewing has failed and is not pressing */
};

/* ---- sources that are a mere look ---- */

int source_environment(struct chain *c, struct leat_error *err)
{
    const char *id = aws_env("AWS_ACCESS_KEY_ID"), *token = aws_env("AWS_SESSION_TOKEN");
    const char *expires = aws_env("AWS_CREDENTIAL_EXPIRATION");
    int rc;

    if (c->no_environment)
        return nothing(c, "not asked, for the profile is named");
    if (!id)
        return nothing(c, "AWS_ACCESS_KEY_ID is not set");
    if (!aws_env("AWS_SECRET_ACCESS_KEY"))
        return leat_fail(err, LEAT_EUNREACHABLE, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not; set both");
    if (!token)
        token = aws_env("AWS_SECURITY_TOKEN");
    rc = keys_copy(&c->keys, id, aws_env("AWS_SECRET_ACCESS_KEY"), token, "the environment", err);
    if (rc == 0 && expires && !time_of(expires, &c->keys.expires_s))
        return leat_fail(err, LEAT_EUNREACHABLE, "AWS_CREDENTIAL_EXPIRATION is no time; one is written "
                                                 "2026-11-22T04:30:00Z");
    return rc;
}

static const char *value_of(const struct ini *ini, const char *profile, const char *key)
{
    const struct ini_item *item = ini_find(ini, INI_PROFILE, profile, key, NULL);

    return item ? item->value : NULL;
}

static int from_file(struct chain *c, const struct ini *ini, struct leat_error *err)
{
    const char *id = value_of(ini, c->profile, "aws_access_key_id");
    const char *secret = value_of(ini, c->profile, "aws_secret_access_key");
    const char *token = value_of(ini, c->profile, "aws_session_token");
    char from[200];

    if (ini->is_missing)
        return nothing(c, "there is no such file");
    if (!id && !secret)
        return nothing(c, "no aws_access_key_id");
    if (!token)
        token = value_of(ini, c->profile, "aws_security_token");
    (void)snprintf(from, sizeof from, "the profile \"%.64s\" of %.100s", c->profile, ini->path);
    return keys_copy(&c->keys, id, secret, token, from, err);
}

static int source_shared(struct chain *c, struct leat_error *err)
{
    return from_file(c, &c->aws->shared, err);
}

static int source_config(struct chain *c, struct leat_error *err)
{
    return from_file(c, &c->aws->config, err);
}

/* `aws login`: what it leaves behind is read with a key of its own, by the CLI alone. */
static int source_login(struct chain *c, struct leat_error *err)
{
    if (!aws_setting(c->aws, c->profile, "login_session"))
        return nothing(c, "no login_session");
    return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" signs in by `aws login`, which leat cannot read; "
                                             "add a profile with credential_process = aws configure export-credentials "
                                             "--profile %.64s, and name that one", c->profile, c->profile);
}

/* ---- the chain ---- */

enum { FIRST_OF_PROFILE = 2, LAST_OF_PROFILE = 7 };

static const struct source {
    const char *name;
    source_load *load;
    bool renews; /* the next call may have others */
} sources[] = {
    { "environment", source_environment, false },
    { "assume role", source_role, true },
    { "web identity", source_web_identity, true },
    { "SSO", source_sso, true },
    { "shared credentials file", source_shared, true },
    { "aws login", source_login, false },
    { "credential_process", source_process, true },
    { "config file", source_config, true },
    { "container", source_container, true },
    { "instance metadata", source_metadata, true },
};

enum { N_SOURCES = sizeof sources / sizeof *sources, NO_SOURCE = -1 /* no code of an error that a source returns */ };

int nothing(struct chain *c, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_put_printf(&c->tried, " (%s)", text);
    return 1;
}

/* Returns the number of the source that has some, NO_SOURCE, or the code of an error. */
static int walk(struct chain *c, int first, int last, struct leat_error *err)
{
    for (int i = first; i <= last; i++) {
        int rc;

        leat_put_printf(&c->tried, "%s%s", c->tried.n ? ", " : "", sources[i].name);
        rc = sources[i].load(c, err);
        if (rc == 0)
            return i;
        if (rc < 0)
            return rc;
    }
    return NO_SOURCE;
}

int chain_of_profile(struct chain *c, struct leat_error *err)
{
    int rc = walk(c, FIRST_OF_PROFILE, LAST_OF_PROFILE, err);

    if (rc == NO_SOURCE)
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\", which is the source_profile of another, has "
                                                 "no credentials; add aws_access_key_id and aws_secret_access_key",
                         c->profile);
    return rc < 0 ? rc : 0;
}

static int nowhere(struct chain *c, struct leat_error *err)
{
    const char *tried = leat_put_end(&c->tried);

    return leat_fail(err, LEAT_EUNREACHABLE, "there are no credentials for AWS: set AWS_ACCESS_KEY_ID and "
                                             "AWS_SECRET_ACCESS_KEY, or name a profile that has some (the option "
                                             "profile, or AWS_PROFILE); profile \"%.64s\", tried: %s", c->profile,
                     tried ? tried : "");
}

/* What one source has said, and that the others have been asked. */
static void say_tried(struct chain *c, struct leat_error *err)
{
    const char *tried = leat_put_end(&c->tried);
    size_t n = err ? strlen(err->text) : 0;

    if (n && tried)
        (void)snprintf(err->text + n, sizeof err->text - n, " [credentials for AWS, tried: %s]", tried);
}

/* -1: any source. Otherwise the one that has given them before: a run keeps its name. */
static int look(struct chain *c, int source, struct leat_error *err)
{
    int rc = source < 0 ? walk(c, 0, N_SOURCES - 1, err) : walk(c, source, source, err);

    if (rc == NO_SOURCE && source < 0)
        return nowhere(c, err);
    if (rc == LEAT_EUNREACHABLE || rc == LEAT_ERETRY)
        say_tried(c, err);
    if (rc != NO_SOURCE)
        return rc;
    return leat_fail(err, LEAT_EUNREACHABLE, "the credentials came from %s, which has none any more",
                     sources[source].name);
}

static int fetch(struct leat_aws *aws, struct leat_aws_keys *ret, struct leat_error *err)
{
    struct chain c = { .aws = aws, .profile = aws->profile, .no_environment = aws->settings.options.profile != NULL };
    int rc = aws->source < 0 ? 0 : aws_read_files(aws, err);

    if (rc == 0)
        rc = look(&c, aws->source, err);
    leat_put_free(&c.tried);
    if (rc < 0) {
        keys_free(&c.keys);
        return rc;
    }
    *ret = c.keys;
    aws->source = rc;
    return 0;
}

/* ---- renewing ---- */

static bool are_same(const struct leat_aws_keys *a, const struct leat_aws_keys *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->secret, b->secret) == 0 && !a->token == !b->token &&
           (!a->token || strcmp(a->token, b->token) == 0);
}

static int expired(struct leat_aws *aws, struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "the credentials from %s have expired, and it has no others; renew them "
                                             "and run again, which goes on where this run has stopped",
                     sources[aws->source].name);
}

static int renew(struct leat_aws *aws, struct leat_error *err)
{
    struct leat_aws_keys keys = { 0 };
    int rc = fetch(aws, &keys, err);

    if (rc < 0)
        return rc;
    if (keys.expires_s && keys.expires_s <= leat_aws_now(aws)) {
        keys_free(&keys);
        return expired(aws, err);
    }
    if (aws->refused && are_same(&keys, &aws->keys)) {
        keys_free(&keys);
        return expired(aws, err);
    }
    keys_free(&aws->keys);
    aws->keys = keys;
    aws->fetched_s = leat_aws_now(aws);
    aws->not_before_s = 0;
    aws->generation++;
    aws->refused = false;
    return 0;
}

/* How long before their end: an hour's are renewed a quarter of an hour before. */
static int64_t lead(const struct leat_aws *aws, int share, int64_t most_s)
{
    int64_t life_s = aws->keys.expires_s - aws->fetched_s;

    return life_s / share < most_s ? life_s / share : most_s;
}

enum need { NEED_NOTHING, NEED_SOON, NEED_NOW };

static enum need need_of(const struct leat_aws *aws)
{
    int64_t left_s = aws->keys.expires_s - leat_aws_now(aws);

    if (aws->source < 0 || aws->refused)
        return NEED_NOW;
    if (!aws->keys.expires_s)
        return NEED_NOTHING;
    if (!sources[aws->source].renews)
        return left_s <= 0 ? NEED_NOW : NEED_NOTHING;
    if (left_s <= lead(aws, 6, MANDATORY_S))
        return NEED_NOW;
    return left_s <= lead(aws, 4, ADVISORY_S) && leat_aws_now(aws) >= aws->not_before_s ? NEED_SOON : NEED_NOTHING;
}

int leat_aws_credentials(struct leat_aws *aws, const struct leat_aws_keys **ret, struct leat_error *err)
{
    enum need need = need_of(aws);
    struct leat_error why = { 0 };
    int rc = need == NEED_NOTHING ? 0 : renew(aws, &why);

    if (rc < 0 && need == NEED_SOON && rc != LEAT_ECANCELED) {
        aws->not_before_s = leat_aws_now(aws) + AGAIN_S;
        rc = 0;
    }
    if (rc < 0 && err)
        *err = why;
    if (rc == 0)
        *ret = &aws->keys;
    return rc;
}

const char *leat_aws_credentials_from(const struct leat_aws *aws)
{
    return aws->source < 0 ? NULL : sources[aws->source].name;
}

int leat_aws_sign_for(struct leat_aws *aws, const struct leat_aws_endpoint *endpoint,
                      const struct leat_aws_request *request, struct leat_aws_signed *ret, struct leat_error *err)
{
    struct leat_aws_request whole = *request;
    const struct leat_aws_keys *keys;
    int rc = leat_aws_credentials(aws, &keys, err);

    if (rc < 0)
        return rc;
    whole.host = endpoint->host;
    whole.region = endpoint->region;
    whole.service = endpoint->service->name;
    ret->generation = aws->generation;
    return leat_aws_sign(&whole, keys, leat_aws_now(aws), ret, err);
}

int leat_aws_sign_operation(struct leat_aws *aws, const struct leat_aws_endpoint *endpoint, const char *operation,
                            const char *body, size_t n_body, struct leat_aws_signed *ret, struct leat_error *err)
{
    char target[128];
    const struct leat_aws_header headers[] = { { "Content-Type", "application/x-amz-json-1.1" },
                                               { "X-Amz-Target", target } };
    const struct leat_aws_request request = { .method = "POST", .headers = headers, .n_headers = 2, .path = "/",
                                              .body = body, .n_body = n_body };

    (void)snprintf(target, sizeof target, "%s.%s", endpoint->service->target, operation);
    return leat_aws_sign_for(aws, endpoint, &request, ret, err);
}
