/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The canary signs in: after the trial, and before anybody else is imported. One user after the other, by
 * AdminInitiateAuth; signing in once more does no harm, so a run that goes on simply does it again.
 */
#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "canary.h"
#include "kit/http/form.h"
#include "steps.h"

static void free_json(cJSON **json)
{
    cJSON_Delete(*json);
}

const char *canary_advice(enum cognito_algorithm set, bool taken)
{
    if (set == COGNITO_BCRYPT)
        return taken ? "of bcrypt, whether the old application hashed a digest of the password, or added a pepper: "
                       "`bcrypt over=digest` or `over=pepper`"
                     : "of bcrypt, whether low costs are refused: `cognito min_cost=10`";
    if (set == COGNITO_PBKDF2_SHA256)
        return taken ? "of PBKDF2, the other base64 sign, `cognito alphabet=.` or `alphabet=+`, and a secret"
                     : "of PBKDF2, the other base64 sign, `cognito alphabet=.` or `alphabet=+`, and the size of the "
                       "salt, `cognito salt_bytes=16`";
    return taken ? "of scrypt and Argon2, the parameters that were declared, and a pepper"
                 : "of scrypt and Argon2, the size of the salt, `cognito salt_bytes=16`";
}

/* ---- what is sent ---- */

/* Developer Guide, "Computing secret hash values": Base64(HMAC-SHA256(client secret, user name + client id)). */
static int put_secret_hash(struct leat_put *body, const struct canary *canary, const struct canary_user *user,
                           struct leat_error *err)
{
    char message[1024];
    unsigned char digest[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
    int n = snprintf(message, sizeof message, "%s%s", user->name, canary->client_id);
    unsigned n_digest = 0;

    if (!HMAC(EVP_sha256(), canary->client_secret->text, (int)canary->client_secret->n, (unsigned char *)message,
              (size_t)n, digest, &n_digest))
        return leat_fail(err, LEAT_EPLUGIN, "OpenSSL has no HMAC-SHA256");
    n = EVP_EncodeBlock(text, digest, (int)n_digest);
    leat_put_member(body, "SECRET_HASH", (char *)text, (size_t)n);
    return 0;
}

static int begin(struct jobs *jobs, const struct canary_user *user, struct leat_error *err)
{
    const struct canary *canary = jobs->canary;
    struct leat_put *body = ask_pool(jobs);
    int rc = 0;

    put_member(body, "ClientId", canary->client_id);
    leat_put_string(body, ",\"AuthFlow\":\"ADMIN_USER_PASSWORD_AUTH\",\"AuthParameters\":{\"USERNAME\":\"");
    leat_put_text(body, LEAT_PUT_INSIDE, user->name, user->n_name);
    leat_put_string(body, "\"");
    leat_put_member(body, "PASSWORD", user->password, user->n_password);
    if (canary->client_secret)
        rc = put_secret_hash(body, canary, user, err);
    leat_put_string(body, "}}");
    call_begin(&jobs->call, &jobs->cognito, "AdminInitiateAuth", jobs->sign_in_budget, false);
    jobs->begun = true;
    return rc;
}

/* ---- what it means ---- */

/* API reference, AdminInitiateAuth: with this flow these are asked for once the password was right. */
static bool is_behind_password(const char *challenge)
{
    static const char *const names[] = { "NEW_PASSWORD_REQUIRED", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA",
                                         "SELECT_MFA_TYPE", "MFA_SETUP", "DEVICE_SRP_AUTH" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(challenge, names[i]) == 0)
            return true;
    return false;
}

static bool is_signed_in(const struct leat_http_reply *reply)
{
    __attribute__((cleanup(free_json))) cJSON *root = cJSON_ParseWithLength(reply->body, reply->n_body);
    const cJSON *challenge = cJSON_GetObjectItemCaseSensitive(root, "ChallengeName");

    if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(root, "AuthenticationResult")))
        return true;
    return cJSON_IsString(challenge) && is_behind_password(challenge->valuestring);
}

/* One error stands for several things, which only its words tell apart. */
static bool says(const struct leat_http_reply *reply, const char *words)
{
    __attribute__((cleanup(free_json))) cJSON *root = cJSON_ParseWithLength(reply->body, reply->n_body);
    const cJSON *message = cJSON_GetObjectItem(root, "message"); /* or Message */

    return cJSON_IsString(message) && strstr(message->valuestring, words);
}

static int client_is_wrong(const char *why, struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "the users of the canary cannot sign in by the app client of "
                     "`client_id`: %s. Nobody but canary and trial was imported; put it right, and run again to go "
                     "on", why);
}

static int note_other(struct canary *canary, const char *what)
{
    canary->n_other++;
    (void)snprintf(canary->other, sizeof canary->other, "%s", what);
    return 0;
}

/* What is wrong with the client is wrong with all; the rest is said of this user. */
static int judge(struct jobs *jobs, struct canary_user *user, struct leat_error *err)
{
    const struct call *call = &jobs->call;
    struct canary *canary = jobs->canary;

    if (call->fault.verdict == LEAT_AWS_FINE && is_signed_in(&call->reply)) {
        canary->n_good[user->set]++;
        return 0;
    }
    if (call->fault.verdict == LEAT_AWS_FINE)
        return note_other(canary, "a challenge that tells nothing of the password");
    if (call_code_is(call, "NotAuthorizedException") && says(&call->reply, "secret"))
        return client_is_wrong(canary->client_secret ? "`client_secret` is not its secret"
                                                           : "it has a secret; give it as `client_secret`", err);
    if (call_code_is(call, "NotAuthorizedException") && says(&call->reply, "Incorrect username or password"))
        return 0;
    if (call_code_is(call, "NotAuthorizedException"))
        return note_other(canary, "NotAuthorizedException of another kind: a user who is disabled, too many attempts");
    if (call_code_is(call, "ResourceNotFoundException"))
        return client_is_wrong("the pool has no such client", err);
    if (call_code_is(call, "InvalidParameterException"))
        return client_is_wrong("InvalidParameterException; most likely it does not allow "
                               "ALLOW_ADMIN_USER_PASSWORD_AUTH", err);
    if (call->fault.verdict == LEAT_AWS_RECORD)
        return note_other(canary, call->fault.code);
    return call_failed(call, err);
}

/* ---- all of them ---- */

/* ", 2 of 3 with BCRYPT hashes"; and advice for what failed. */
static size_t put_algorithm(char *text, size_t n, const struct canary *canary, int set, bool first)
{
    if (set == COGNITO_NO_ALGORITHM)
        return (size_t)snprintf(text, n, "%d of %d whom an earlier run has imported", canary->n_good[set],
                                canary->n_of[set]);
    return (size_t)snprintf(text, n, "%s%d of %d with %s hashes", first ? "" : ", ", canary->n_good[set],
                            canary->n_of[set], cognito_algorithm_name((enum cognito_algorithm)set));
}

static int refused(const struct canary *canary, struct leat_error *err)
{
    char counts[160], other[160] = "";
    const char *advice = NULL;
    size_t n = 0;

    for (int set = COGNITO_NO_ALGORITHM; set <= COGNITO_PBKDF2_SHA256; set++) {
        if (canary->n_of[set] && n < sizeof counts)
            n += put_algorithm(counts + n, sizeof counts - n, canary, set, n == 0);
        if (!advice && canary->n_good[set] < canary->n_of[set])
            advice = canary_advice((enum cognito_algorithm)set, true);
    }
    if (canary->n_other)
        (void)snprintf(other, sizeof other, " (of %d of them it was another reason: %s)", canary->n_other,
                       canary->other);
    return leat_fail(err, LEAT_EDATA, "the users of the canary could not all sign in with their old passwords: %s%s. "
                     "Nobody but canary and trial was imported. Where a password in the canary is wrong, put it right "
                     "and run again. Else look, %s (leat-function-cognito_password(7), Declarations); then delete "
                     "these users, and those of a trial, from the pool, and begin anew with --restart", counts, other,
                     advice);
}

static int finish(struct jobs *jobs, struct leat_error *err)
{
    const struct canary *canary = jobs->canary;
    int n_good = 0;

    for (int set = 0; set <= COGNITO_PBKDF2_SHA256; set++)
        n_good += canary->n_good[set];
    if (n_good < canary->n)
        return refused(canary, err);
    leat_stage_count(jobs->stage, "canary users signed in", n_good);
    leat_stage_log(jobs->stage, LEAT_LOG_INFO, "the %d users of the canary signed in with their old passwords", n_good);
    return go(jobs, step_choose);
}

int step_sign_in(struct jobs *jobs, struct leat_error *err)
{
    struct canary *canary = jobs->canary;
    int rc = 0;

    if (!canary || (!canary->at && jobs_are_past_canary(jobs)))
        return go(jobs, step_choose);
    if (canary->at == canary->n)
        return finish(jobs, err);
    if (!jobs->begun)
        rc = begin(jobs, &canary->users[canary->at], err);
    if (rc == 0)
        rc = call_go(&jobs->call, err);
    if (rc <= 0)
        return rc;
    explicit_bzero(jobs->call.body.p, jobs->call.body.cap); /* the password */
    rc = judge(jobs, &canary->users[canary->at++], err);
    jobs->begun = false;
    return rc < 0 ? rc : STEP_ON;
}
