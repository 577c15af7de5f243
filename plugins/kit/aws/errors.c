/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a reply is. Each protocol names its error in the body: {"__type": "ns#Name"}
 * in JSON 1.1, <Code>Name</Code> in the XML of STS and S3.
 */
#include "kit/aws/inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_IS_RIGHT_S = 240 /* AWS allows five minutes, some services fifteen */ };

static const char no_right[] = "the credentials may not do this: give their user or role the right, or use others";
static const char wrong_keys[] = "AWS does not know these credentials: look whether the profile is the right one, and "
                                 "whether the session token belongs to them";

/* Sorted by what is done. LimitExceededException is not throttling with Cognito: nothing gets better by waiting. */
static const struct known { const char *code; enum leat_aws_verdict verdict; const char *help; } known[] = {
    { "Throttling", LEAT_AWS_THROTTLED, NULL },
    { "ThrottlingException", LEAT_AWS_THROTTLED, NULL },
    { "ThrottledException", LEAT_AWS_THROTTLED, NULL },
    { "RequestThrottled", LEAT_AWS_THROTTLED, NULL },
    { "RequestThrottledException", LEAT_AWS_THROTTLED, NULL },
    { "TooManyRequestsException", LEAT_AWS_THROTTLED, NULL },
    { "ProvisionedThroughputExceededException", LEAT_AWS_THROTTLED, NULL },
    { "RequestLimitExceeded", LEAT_AWS_THROTTLED, NULL },
    { "BandwidthLimitExceeded", LEAT_AWS_THROTTLED, NULL },
    { "SlowDown", LEAT_AWS_THROTTLED, NULL },
    { "EC2ThrottledException", LEAT_AWS_THROTTLED, NULL },

    { "InternalErrorException", LEAT_AWS_RETRY, NULL },
    { "InternalServerError", LEAT_AWS_RETRY, NULL },
    { "InternalServerException", LEAT_AWS_RETRY, NULL },
    { "InternalFailure", LEAT_AWS_RETRY, NULL },
    { "InternalError", LEAT_AWS_RETRY, NULL },
    { "ServiceUnavailable", LEAT_AWS_RETRY, NULL },
    { "ServiceUnavailableException", LEAT_AWS_RETRY, NULL },
    { "ServiceException", LEAT_AWS_RETRY, NULL },
    { "RequestTimeout", LEAT_AWS_RETRY, NULL },
    { "RequestTimeoutException", LEAT_AWS_RETRY, NULL },
    { "PriorRequestNotComplete", LEAT_AWS_RETRY, NULL },
    { "TransactionInProgressException", LEAT_AWS_RETRY, NULL },
    { "IDPCommunicationError", LEAT_AWS_RETRY, NULL },

    { "RequestTimeTooSkewed", LEAT_AWS_CLOCK, "the clock of this machine is wrong; set it" },
    { "RequestExpired", LEAT_AWS_CLOCK, "the clock of this machine is wrong; set it" },
    { "RequestInTheFuture", LEAT_AWS_CLOCK, "the clock of this machine is wrong; set it" },
    { "SignatureDoesNotMatch", LEAT_AWS_CLOCK, wrong_keys },
    { "InvalidSignatureException", LEAT_AWS_CLOCK, wrong_keys },

    { "ExpiredToken", LEAT_AWS_EXPIRED, "the credentials have expired; renew them" },
    { "ExpiredTokenException", LEAT_AWS_EXPIRED, "the credentials have expired; renew them" },

    { "AccessDenied", LEAT_AWS_STOP, no_right },
    { "AccessDeniedException", LEAT_AWS_STOP, no_right },
    { "NotAuthorizedException", LEAT_AWS_STOP, no_right },
    { "UnauthorizedOperation", LEAT_AWS_STOP, no_right },
    { "UnrecognizedClientException", LEAT_AWS_STOP, wrong_keys },
    { "InvalidClientTokenId", LEAT_AWS_STOP, wrong_keys },
    { "InvalidAccessKeyId", LEAT_AWS_STOP, wrong_keys },
    { "InvalidToken", LEAT_AWS_STOP, wrong_keys },
    { "InvalidIdentityToken", LEAT_AWS_STOP, "the web identity's token is not taken; look whether its file is "
                                             "renewed" },
    { "IDPRejectedClaim", LEAT_AWS_STOP, "the web identity's token is not taken; look whether its file is renewed" },
    { "MissingAuthenticationToken", LEAT_AWS_STOP, wrong_keys },
    { "MissingAuthenticationTokenException", LEAT_AWS_STOP, wrong_keys },
    { "IncompleteSignature", LEAT_AWS_STOP, wrong_keys },
    { "IncompleteSignatureException", LEAT_AWS_STOP, wrong_keys },
    { "OptInRequired", LEAT_AWS_STOP, "the account is not signed up for this service" },
    { "RegionDisabledException", LEAT_AWS_STOP, "the region is not switched on in this account" },
    { "ResourceNotFoundException", LEAT_AWS_STOP, "it is not there: look at its name, the region, and whose account "
                                                  "the credentials are for" },
    { "NoSuchBucket", LEAT_AWS_STOP, "the bucket is not there: look at its name and the region" },
    { "LimitExceededException", LEAT_AWS_STOP, "a limit of the account is reached, which waiting does not help; raise "
                                               "it, or take something away" },
    { "ServiceQuotaExceededException", LEAT_AWS_STOP, "a quota of the account is reached; raise it" },
    { "OperationNotEnabledException", LEAT_AWS_STOP, "this region or the pool's configuration does not offer it" },
    { "UserPoolAddOnNotEnabledException", LEAT_AWS_STOP, "this region or the pool's configuration does not offer it" },
    { "UserPoolTaggingException", LEAT_AWS_STOP, NULL },
    { "InvalidAction", LEAT_AWS_STOP, "the address is that of another service" },
    { "UnknownOperationException", LEAT_AWS_STOP, "the address is that of another service" },
    { "SerializationException", LEAT_AWS_STOP, NULL },
};

/* ---- the name ---- */

/* com.amazonaws.cognito#UsernameExistsException:http://internal/ is UsernameExistsException. Nothing but letters,
 * digits, points and underscores gets in, for the texts of others are not to be shown. */
static void take_code(const char *type, char ret[96])
{
    const char *hash = strrchr(type, '#');
    size_t n = 0;

    for (const char *p = hash ? hash + 1 : type; *p && *p != ':' && n < 95; p++) {
        if (n ? !isalnum((unsigned char)*p) && *p != '.' && *p != '_' : !isalpha((unsigned char)*p)) {
            n = 0;
            break;
        }
        ret[n++] = *p;
    }
    ret[n] = '\0';
}

static void read_code(const struct leat_http_reply *reply, char ret[96])
{
    const char *p = reply->body;
    size_t n = reply->n_body;
    char *code;

    ret[0] = '\0';
    while (n && isspace((unsigned char)*p))
        p++, n--;
    if (!n)
        return;
    code = *p == '<' ? xml_element(p, n, "Code") : json_member(p, n, NULL, "__type");
    if (!code && *p == '{')
        code = json_member(p, n, NULL, "code");
    if (code)
        take_code(code, ret);
    free(code);
}

/* ---- the verdict ---- */

static const struct known *find(const char *code)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].code, code) == 0)
            return &known[i];
    return NULL;
}

/* A signature that does not match is a matter of the clock only if the clock is wrong. */
static bool clock_is_right(const struct leat_http_reply *reply, int64_t now_s)
{
    return !reply->date_s || llabs((long long)(reply->date_s - now_s)) < CLOCK_IS_RIGHT_S;
}

void leat_aws_judge(const struct leat_http_reply *reply, int64_t now_s, struct leat_aws_fault *ret)
{
    const struct known *match;

    *ret = (struct leat_aws_fault){ .verdict = LEAT_AWS_FINE };
    if (reply->end != LEAT_HTTP_REPLIED) {
        ret->verdict = reply->end == LEAT_HTTP_HOPELESS ? LEAT_AWS_STOP : LEAT_AWS_RETRY;
        return;
    }
    if (reply->status >= 200 && reply->status < 300)
        return;
    read_code(reply, ret->code);
    match = find(ret->code);
    if (match) {
        ret->verdict = match->verdict;
        ret->help = match->help;
        if (match->verdict == LEAT_AWS_CLOCK && clock_is_right(reply, now_s))
            ret->verdict = LEAT_AWS_STOP;
    } else if (reply->status >= 500) {
        ret->verdict = LEAT_AWS_RETRY;
    } else {
        ret->verdict = *ret->code ? LEAT_AWS_RECORD : LEAT_AWS_STOP;
        ret->help = *ret->code ? NULL : "what has answered is not AWS; look at the address and at what stands between";
    }
}

int leat_aws_fail(const struct leat_aws_fault *fault, const struct leat_http_reply *reply,
                  const struct leat_aws_service *service, const char *operation, struct leat_error *err)
{
    char status[40];

    if (reply->end != LEAT_HTTP_REPLIED)
        return leat_fail(err, LEAT_EUNREACHABLE, "%s %s: %s", service->name, operation, reply->why);
    (void)snprintf(status, sizeof status, "HTTP status %ld", reply->status);
    return leat_fail(err, LEAT_EUNREACHABLE, "%s refuses %s: %s%s%s%s", service->name, operation,
                     *fault->code ? fault->code : status, fault->help ? " (" : "", fault->help ? fault->help : "",
                     fault->help ? ")" : "");
}
