/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Talking to AWS: whose credentials, which address, how a request is signed, and
 * what a reply means. Requests themselves are sent by kit/http.
 *
 *     plan, open   leat_aws_open ──► leat_aws_region, leat_aws_find_endpoint
 *     a request    leat_aws_sign_for ──► leat_http_start ──► leat_aws_judge
 *                        ▲                                       │
 *                        └── leat_aws_told: clock, credentials ◄─┘
 *
 * Settings are looked up where the AWS SDKs look: the pipeline's options, then the
 * environment, then the profile in ~/.aws/config and ~/.aws/credentials (AWS SDKs
 * and Tools Reference Guide, "Shared config and credentials files").
 *
 * W1  Ownership: a `struct leat_aws` owns all it returns pointers to, and copies
 *     nothing of its settings: they stay as they are until leat_aws_close.
 * W2  One thread at a time; each worker has its own. The environment is read, so
 *     nobody may change it meanwhile.
 * W3  Only leat_aws_credentials, what calls it, and leat_aws_call block: for as long
 *     as the source of the credentials takes, a minute at most each, and they ask
 *     `cancelled` ten times a second. Each request has a time limit.
 * W4  Errors: LEAT_ERETRY for what may pass, LEAT_ECANCELED, -ENOMEM, and
 *     LEAT_EUNREACHABLE for all that somebody has to put right: the text says what.
 *     No secret, no token and no text of a server is in any of them.
 * W5  Secrets are wiped when they are replaced or closed.
 */
#ifndef LEAT_KIT_AWS_H
#define LEAT_KIT_AWS_H

#include <leat/stage.h>

#include "kit/http/http.h"
#include "kit/text/put.h"

struct leat_aws;

/* ---- options of a plugin ---- */

/* Each is NULL where the pipeline does not say it. */
struct leat_aws_options {
    const char *region, *profile, *endpoint_url, *ca_file, *proxy;
};

/* For the option table, with a member of that type: LEAT_AWS_OPTIONS(struct cognito, aws), */
#define LEAT_AWS_OPTIONS(type_, member_) \
    { .name = "region", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.region), \
      .help = "Region, such as eu-central-1; without it AWS_REGION, AWS_DEFAULT_REGION or the profile's." }, \
    { .name = "profile", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.profile), .tuning = true, \
      .help = "Profile of ~/.aws/config and ~/.aws/credentials; without it AWS_PROFILE, then default." }, \
    { .name = "endpoint_url", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.endpoint_url), \
      .help = "Another address of the service; without it AWS_ENDPOINT_URL and what the AWS SDKs know beside it." }, \
    { .name = "ca_file", .type = LEAT_OPTION_PATH, LEAT_MEMBER(type_, member_.ca_file), .tuning = true, \
      .help = "Certificates of the authorities to trust; without it AWS_CA_BUNDLE, then the system's." }, \
    { .name = "proxy", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.proxy), .tuning = true, \
      .help = "Proxy, as http://HOST:PORT; never for metadata." }

/* ---- life ---- */

struct leat_aws_settings {
    struct leat_aws_options options;
    bool (*cancelled)(void *argument); /* NULL: never */
    void *argument;
};

/* Reads the files. Needs leat_http_prepare to have been called. Asks no server. */
LEAT_MUST_CHECK int leat_aws_open(const struct leat_aws_settings *settings, struct leat_aws **ret,
                                  struct leat_error *err);
void leat_aws_close(struct leat_aws *aws);

/* For settings.cancelled, with a `struct leat_stage *` as the argument. */
static inline bool leat_aws_stage_cancelled(void *stage)
{
    return leat_stage_cancelled(stage);
}

/* For leat_http_settings; NULL: the system's. */
const char *leat_aws_ca_file(const struct leat_aws *aws);

/* ---- region and address ---- */

/* Where the service is, or NULL and an error that says how to set it. */
const char *leat_aws_region(const struct leat_aws *aws, struct leat_error *err);

struct leat_aws_service {
    const char *name;    /* as in a signature: cognito-idp */
    const char *host;    /* what its host names begin with, mostly the same */
    const char *id;      /* for endpoints in the environment and the file: cognito_identity_provider */
    const char *target;  /* what X-Amz-Target begins with; NULL: not JSON 1.1 */
    enum {
        LEAT_AWS_DUALSTACK_SUFFIX, /* hosts with IPv6 have a suffix of their own, */
        LEAT_AWS_DUALSTACK_WORD,   /* or .dualstack behind the service's name, */
        LEAT_AWS_DUALSTACK_ANYWAY, /* or in the partition aws the usual ones are such hosts */
    } dualstack;
    bool gov_is_fips;          /* in GovCloud the usual hosts are FIPS's */
};

extern const struct leat_aws_service leat_aws_cognito, leat_aws_logs, leat_aws_sts, leat_aws_s3, leat_aws_sso,
    leat_aws_quotas;

struct leat_aws_endpoint {
    const struct leat_aws_service *service;
    char region[64];
    char url[512];       /* without a slash at its end */
    char host[300];      /* as the header Host has it */
    const char *path;    /* in url, behind the host: "", or that of another address */
    bool plain;          /* http to this very machine: for leat_http_settings */
    const char *from;    /* a literal for people: who says so */
};

/* `region` NULL: leat_aws_region. Another address than AWS's own must be https, or this very machine. */
LEAT_MUST_CHECK int leat_aws_find_endpoint(const struct leat_aws *aws, const struct leat_aws_service *service,
                                           const char *region, struct leat_aws_endpoint *ret, struct leat_error *err);

/* ---- credentials ---- */

struct leat_aws_keys {
    char *id, *secret, *token; /* token: NULL where there is none */
    int64_t expires_s;         /* seconds since 1970; 0: never */
};

/* Those of the first source in the order of the SDKs that has any, renewed ahead of their end by the same source:
 *
 *     environment, assume role, web identity, SSO, shared credentials file, credential_process, config file,
 *     container, instance metadata (version 2)
 *
 * From a quarter of their life before their end (15 minutes at most) they are renewed if that is possible; from a
 * sixth (10 minutes at most) on that it is not is an error. Good until the next call. */
LEAT_MUST_CHECK int leat_aws_credentials(struct leat_aws *aws, const struct leat_aws_keys **ret,
                                         struct leat_error *err);
/* The source, for people: a literal. NULL: not asked yet. */
const char *leat_aws_credentials_from(const struct leat_aws *aws);

/* ---- signing: Signature Version 4 ---- */

struct leat_aws_header {
    const char *name, *value;
};

enum { LEAT_AWS_MAX_HEADERS = 24 };

struct leat_aws_request {
    const char *method;        /* NULL: GET, as in leat_http_request */
    const char *host;          /* as the header Host will have it */
    const char *path;          /* as it is sent: escaped */
    const char *query;         /* the same, without the ?; in any order. NULL or "": none */
    const struct leat_aws_header *headers; /* all of them are signed; Host, X-Amz-Date and the like are ours */
    int n_headers;             /* LEAT_AWS_MAX_HEADERS at most */
    const char *body;
    size_t n_body;
    const char *payload;       /* the SHA-256 of the body in hex, or UNSIGNED-PAYLOAD; NULL: made of the body */
    bool s3;                   /* the path is escaped once, and x-amz-content-sha256 is sent */
    const char *region, *service;
};

/* A request's headers, to be used again for the next. Begins as { 0 }. */
struct leat_aws_signed {
    struct leat_put text;      /* the lines, each ended by a NUL */
    struct leat_put work;
    struct curl_slist nodes[LEAT_AWS_MAX_HEADERS + 8];
    struct curl_slist *headers; /* for leat_http_request: those given, ours, Authorization; good until the next */
    int generation;            /* of the credentials: a late reply to old ones says nothing of those at hand */
};

/* Depends on nothing but what it is given. Keys without an id: the request is not signed. */
LEAT_MUST_CHECK int leat_aws_sign(const struct leat_aws_request *request, const struct leat_aws_keys *keys,
                                  int64_t now_s, struct leat_aws_signed *ret, struct leat_error *err);
void leat_aws_signed_free(struct leat_aws_signed *is_signed);

/* The same with the credentials of `aws`, its clock, and host, region and service of an endpoint. */
LEAT_MUST_CHECK int leat_aws_sign_for(struct leat_aws *aws, const struct leat_aws_endpoint *endpoint,
                                      const struct leat_aws_request *request, struct leat_aws_signed *ret,
                                      struct leat_error *err);

/* The same of an operation of a JSON 1.1 service: POST / with its name in X-Amz-Target. */
LEAT_MUST_CHECK int leat_aws_sign_operation(struct leat_aws *aws, const struct leat_aws_endpoint *endpoint,
                                            const char *operation, const char *body, size_t n_body,
                                            struct leat_aws_signed *ret, struct leat_error *err);

/* Adds NAME=VALUE, both escaped, to a query or a form; & between two. */
void leat_aws_put_parameter(struct leat_put *put, const char *name, const char *value);

/* Seconds since 1970, as AWS has them. */
int64_t leat_aws_now(const struct leat_aws *aws);

/* ---- what a reply is ---- */

enum leat_aws_verdict {
    LEAT_AWS_FINE,
    LEAT_AWS_RECORD,     /* the service has something against what was sent; the code says what */
    LEAT_AWS_RETRY,      /* its own fault, or no reply: it may have been worked on */
    LEAT_AWS_THROTTLED,  /* not worked on: later */
    LEAT_AWS_CLOCK,      /* signed with a wrong time: once again, at once */
    LEAT_AWS_EXPIRED,    /* the credentials are no longer good: once again, with others */
    LEAT_AWS_STOP,       /* nothing that is said of a record */
};

struct leat_aws_fault {
    enum leat_aws_verdict verdict;
    char code[96];       /* UsernameExistsException: without namespace and suffix; "" without one */
    const char *help;    /* a literal for people: what to do; NULL: nothing is known */
};

/* Judges by the name of the error and not by the status, for AWS throttles by 400. Where there is no name, something
 * that is not AWS has answered: 5xx may pass, and the rest stops. */
void leat_aws_judge(const struct leat_http_reply *reply, int64_t now_s, struct leat_aws_fault *ret);

/* For leat_rate_told. */
static inline enum leat_reply leat_aws_reply(enum leat_aws_verdict verdict)
{
    return verdict == LEAT_AWS_THROTTLED ? LEAT_REPLY_THROTTLED
           : verdict == LEAT_AWS_RETRY   ? LEAT_REPLY_FAILED
                                         : LEAT_REPLY_FINE;
}

/* Takes from a reply what the next signature needs: CLOCK sets the clock by its Date, EXPIRED has the credentials
 * renewed unless they have been since. True: a request that was not repeated for that reason may now be. */
bool leat_aws_told(struct leat_aws *aws, const struct leat_http_reply *reply, const struct leat_aws_fault *fault,
                   const struct leat_aws_signed *is_signed);

/* "cognito-idp AdminGetUser: AccessDeniedException (...)", for a reply that stops. Returns LEAT_EUNREACHABLE. */
LEAT_MUST_CHECK int leat_aws_fail(const struct leat_aws_fault *fault, const struct leat_http_reply *reply,
                                  const struct leat_aws_service *service, const char *operation,
                                  struct leat_error *err);

/* ---- one call, waited for ---- */

/* In plan, open and wherever nothing else is on its way: an operation of a JSON 1.1 service. What may pass is tried
 * again for up to `timeout_ms`, so it must be one that does no harm twice. On success (0) the reply's body is in `ret`.
 * Else `ret_fault`, which may be NULL, says what the service has answered; 1 is returned for what it has against the
 * record, unless it is NULL. */
LEAT_MUST_CHECK int leat_aws_call(struct leat_aws *aws, const struct leat_aws_endpoint *endpoint,
                                  const char *operation, const char *body, int64_t timeout_ms, struct leat_put *ret,
                                  struct leat_aws_fault *ret_fault, struct leat_error *err);

#endif
