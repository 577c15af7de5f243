/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Roles: AssumeRole with the credentials of another profile or source, and
 * AssumeRoleWithWebIdentity with a token that somebody keeps fresh in a file.
 */
#include "kit/aws/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/text/text.h"

enum { TRIES = 3, PAUSE_MS = 500, MAX_TOKEN = 64 << 10 };

/* ---- STS ---- */

struct sts_call {
    struct leat_aws *aws;
    const char *operation, *role;
    const struct leat_aws_keys *keys; /* an empty one: unsigned */
    struct leat_put form;
    struct leat_aws_endpoint endpoint;
    struct leat_aws_signed is_signed;
    struct answer answer;
};

static void begin_form(struct leat_put *form, const char *operation, const char *role, const char *session)
{
    (void)leat_put_reserve(form, 4096); /* a token in it is not to be left behind by growing */
    leat_aws_put_parameter(form, "Action", operation);
    leat_aws_put_parameter(form, "Version", "2011-06-15");
    leat_aws_put_parameter(form, "RoleArn", role);
    leat_aws_put_parameter(form, "RoleSessionName", session);
}

/* The role's name says in which partition it is, should nobody say a region. */
static const char *region_for(const struct leat_aws *aws, const char *role)
{
    const char *region = leat_aws_region(aws, NULL);

    if (region)
        return region;
    return strncmp(role, "arn:aws-cn:", 11) == 0 ? "cn-north-1"
           : strncmp(role, "arn:aws-us-gov:", 15) == 0 ? "us-gov-west-1" : "us-east-1";
}

static int send_once(struct sts_call *c, struct leat_error *err)
{
    const struct leat_aws_header header = { "Content-Type", "application/x-www-form-urlencoded; charset=utf-8" };
    const struct leat_aws_request request = {
        .method = "POST", .host = c->endpoint.host, .path = "/", .headers = &header, .n_headers = 1, .body = c->form.p,
        .n_body = c->form.n, .region = c->endpoint.region, .service = c->endpoint.service->name,
    };
    char url[sizeof c->endpoint.url + 1];
    int rc = leat_aws_sign(&request, c->keys, leat_aws_now(c->aws), &c->is_signed, err);

    (void)snprintf(url, sizeof url, "%s/", c->endpoint.url);
    return rc < 0 ? rc : ask(c->aws, &(struct ask){ .method = "POST", .url = url, .headers = c->is_signed.headers,
                                                    .body = c->form.p, .n_body = c->form.n,
                                                    .plain = c->endpoint.plain, .timeout_ms = ASK_MS },
                             &c->answer, err);
}

static int refused(const struct sts_call *c, const struct leat_aws_fault *fault, struct leat_error *err)
{
    int rc = leat_aws_fail(fault, &c->answer.reply, &leat_aws_sts, c->operation, err);
    size_t n = err ? strlen(err->text) : 0;

    if (err)
        (void)snprintf(err->text + n, sizeof err->text - n, " [role %.200s]", c->role);
    if (fault->verdict == LEAT_AWS_RETRY || fault->verdict == LEAT_AWS_THROTTLED)
        rc = LEAT_ERETRY;
    if (err)
        err->code = rc;
    return rc;
}

/* Asking for a role twice does no harm. */
static int call_sts(struct sts_call *c, struct leat_error *err)
{
    struct leat_aws_fault fault = { .verdict = LEAT_AWS_RETRY };
    int rc = 0;

    for (int i = 0; i < TRIES && rc == 0; i++) {
        if (i > 0 && fault.verdict != LEAT_AWS_CLOCK)
            rc = ask_pause(c->aws, PAUSE_MS << i, err);
        if (rc == 0)
            rc = send_once(c, err);
        if (rc < 0)
            return rc;
        leat_aws_judge(&c->answer.reply, leat_aws_now(c->aws), &fault);
        if (fault.verdict == LEAT_AWS_CLOCK)
            (void)leat_aws_told(c->aws, &c->answer.reply, &fault, &c->is_signed);
        else if (fault.verdict != LEAT_AWS_RETRY && fault.verdict != LEAT_AWS_THROTTLED)
            break;
    }
    return rc < 0 || fault.verdict == LEAT_AWS_FINE ? rc : refused(c, &fault, err);
}

/* Sends the form and frees it. */
static int ask_sts(struct sts_call *c, struct leat_aws_keys *ret, struct leat_error *err)
{
    int rc = c->form.failed ? leat_fail(err, -ENOMEM, "out of memory")
                            : leat_aws_find_endpoint(c->aws, &leat_aws_sts, region_for(c->aws, c->role), &c->endpoint,
                                                     err);

    if (rc == 0)
        rc = call_sts(c, err);
    if (rc == 0)
        rc = keys_from_xml(ret, &c->answer.body, "the reply of STS", err);
    leat_put_free(&c->form);
    leat_aws_signed_free(&c->is_signed);
    answer_free(&c->answer);
    return rc;
}

/* ---- assume role ---- */

static const char *session_name(const struct chain *c, const char *given, char room[40])
{
    if (given)
        return given;
    (void)snprintf(room, 40, "leat-%lld", (long long)leat_aws_now(c->aws));
    return room;
}

static int put_duration(struct chain *c, struct leat_put *form, struct leat_error *err)
{
    const char *text = aws_setting(c->aws, c->profile, "duration_seconds");
    int64_t seconds;

    if (!text)
        return 0;
    if (!leat_text_to_int64(text, strlen(text), &seconds) || seconds < 900 || seconds > 43200)
        return leat_fail(err, LEAT_EUNREACHABLE, "duration_seconds of the profile \"%.64s\" must be a number from 900 "
                                                 "to 43200", c->profile);
    leat_aws_put_parameter(form, "DurationSeconds", text);
    return 0;
}

static int assume(struct chain *c, const struct leat_aws_keys *keys, struct leat_error *err)
{
    const char *external = aws_setting(c->aws, c->profile, "external_id");
    struct sts_call call = { .aws = c->aws, .operation = "AssumeRole", .keys = keys,
                             .role = aws_setting(c->aws, c->profile, "role_arn") };
    char room[40];
    int rc;

    begin_form(&call.form, call.operation, call.role,
               session_name(c, aws_setting(c->aws, c->profile, "role_session_name"), room));
    if (external)
        leat_aws_put_parameter(&call.form, "ExternalId", external);
    rc = put_duration(c, &call.form, err);
    if (rc == 0)
        return ask_sts(&call, &c->keys, err);
    leat_put_free(&call.form);
    return rc;
}

static bool wants_role(const struct leat_aws *aws, const char *profile)
{
    return aws_setting(aws, profile, "role_arn") && !aws_setting(aws, profile, "web_identity_token_file");
}

static bool has_keys(const struct leat_aws *aws, const char *profile)
{
    return aws_setting(aws, profile, "aws_access_key_id") || aws_setting(aws, profile, "aws_secret_access_key");
}

static int from_named_source(struct chain *c, const char *name, struct leat_error *err)
{
    static const struct { const char *name; source_load *load; } named[] = {
        { "Environment", source_environment }, { "EcsContainer", source_container },
        { "Ec2InstanceMetadata", source_metadata },
    };

    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(named[i].name, name) == 0) {
            struct chain only = { .aws = c->aws, .profile = c->profile };
            int rc = named[i].load(&only, err);

            c->keys = only.keys;
            if (rc > 0)
                rc = leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" has credential_source = %s, which has no "
                                                       "credentials:%.200s", c->profile, name,
                               leat_put_end(&only.tried) ? only.tried.p : "");
            leat_put_free(&only.tried);
            return rc;
        }
    return leat_fail(err, LEAT_EUNREACHABLE, "credential_source of the profile \"%.64s\" must be Environment, "
                                             "EcsContainer or Ec2InstanceMetadata", c->profile);
}

static int check_source_profile(const struct chain *c, const char *source, struct leat_error *err)
{
    if (!aws_has_profile(c->aws, source))
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" has source_profile = %.64s, which is neither "
                                                 "in %.150s nor in %.150s", c->profile, source, c->aws->config_path,
                         c->aws->shared_path);
    if (strcmp(source, c->profile) == 0 && has_keys(c->aws, source))
        return 0; /* its own keys are the source */
    for (int i = 0; i < c->n_visited; i++)
        if (strcmp(c->visited[i], source) == 0)
            return leat_fail(err, LEAT_EUNREACHABLE, "the profiles \"%.64s\" and \"%.64s\" are the source_profile of "
                                                     "each other, perhaps by others; one of them must have credentials",
                             c->profile, source);
    if (c->n_visited == (int)(sizeof c->visited / sizeof *c->visited))
        return leat_fail(err, LEAT_EUNREACHABLE, "more than %d profiles, each of them the source_profile of the next",
                         c->n_visited);
    return 0;
}

static int role_of(struct chain *c, struct leat_error *err);

static int from_source_profile(struct chain *c, const char *source, struct leat_error *err)
{
    struct chain of = *c;
    int rc = check_source_profile(c, source, err);

    if (rc < 0)
        return rc;
    of.profile = source;
    of.no_environment = true;
    of.tried = (struct leat_put){ 0 };
    rc = has_keys(c->aws, source) || !wants_role(c->aws, source) ? chain_of_profile(&of, err) : role_of(&of, err);
    leat_put_free(&of.tried);
    c->keys = of.keys;
    return rc;
}

static int source_of_role(struct chain *c, struct leat_error *err)
{
    const char *profile = aws_setting(c->aws, c->profile, "source_profile");
    const char *source = aws_setting(c->aws, c->profile, "credential_source");

    if (aws_setting(c->aws, c->profile, "mfa_serial"))
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" wants the code of a device (mfa_serial), which "
                                                 "nobody can type in during a run; name a profile without it, or set "
                                                 "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to "
                                                 "what `aws configure export-credentials` gives", c->profile);
    if (!profile == !source)
        return leat_fail(err, LEAT_EUNREACHABLE, "the profile \"%.64s\" has a role_arn and %s source_profile %s "
                                                 "credential_source; it needs one of the two", c->profile,
                         profile ? "both" : "neither", profile ? "and" : "nor");
    return profile ? from_source_profile(c, profile, err) : from_named_source(c, source, err);
}

static int role_of(struct chain *c, struct leat_error *err)
{
    struct leat_aws_keys keys;
    int rc;

    c->visited[c->n_visited++] = c->profile;
    rc = source_of_role(c, err);
    keys = c->keys;
    c->keys = (struct leat_aws_keys){ 0 };
    if (rc == 0)
        rc = assume(c, &keys, err);
    keys_free(&keys);
    return rc;
}

int source_role(struct chain *c, struct leat_error *err)
{
    return wants_role(c->aws, c->profile) ? role_of(c, err) : nothing(c, "no role_arn in the profile");
}

/* ---- web identity ---- */

static const char *web_setting(const struct chain *c, const char *variable, const char *key)
{
    const char *value = c->no_environment ? NULL : aws_env(variable);

    return value ? value : aws_setting(c->aws, c->profile, key);
}

static int read_token(const char *path, struct leat_put *ret, struct leat_error *err)
{
    char *real = aws_path(path);
    int rc = real ? aws_read_file(real, MAX_TOKEN, ret) : -ENOMEM;

    if (rc < 0)
        rc = leat_fail(err, LEAT_EUNREACHABLE, "cannot read the web identity's token %.300s: %s", path, strerror(-rc));
    while (rc == 0 && ret->n && strchr("\r\n", ret->p[ret->n - 1]))
        ret->p[--ret->n] = '\0';
    free(real);
    return rc;
}

int source_web_identity(struct chain *c, struct leat_error *err)
{
    const char *file = web_setting(c, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    const struct leat_aws_keys none = { 0 };
    struct sts_call call = { .aws = c->aws, .operation = "AssumeRoleWithWebIdentity", .keys = &none,
                             .role = web_setting(c, "AWS_ROLE_ARN", "role_arn") };
    struct leat_put token = { 0 };
    char room[40];
    int rc;

    if (!file)
        return nothing(c, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    if (!call.role)
        return leat_fail(err, LEAT_EUNREACHABLE, "there is a web identity's token and no role for it; set "
                                                 "AWS_ROLE_ARN, or role_arn in the profile \"%.64s\"", c->profile);
    rc = read_token(file, &token, err);
    if (rc == 0) {
        begin_form(&call.form, call.operation, call.role,
                   session_name(c, web_setting(c, "AWS_ROLE_SESSION_NAME", "role_session_name"), room));
        leat_aws_put_parameter(&call.form, "WebIdentityToken", token.p);
        rc = ask_sts(&call, &c->keys, err);
    }
    leat_put_free(&token);
    return rc;
}
