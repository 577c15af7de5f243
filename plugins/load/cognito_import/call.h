/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One call of an AWS service at a time, without waiting for it, and one file that is put
 * somewhere. What may pass is tried again at the pace of the rate governor.
 *
 *     call_begin ──► call_go ... call_go (1) ──► fault, reply
 */
#ifndef LEAT_COGNITO_IMPORT_CALL_H
#define LEAT_COGNITO_IMPORT_CALL_H

#include <leat/stage.h>

#include "kit/aws/aws.h"

struct call {
    struct leat_stage *stage;
    struct leat_aws *aws;
    struct leat_http *http;
    const struct leat_aws_endpoint *endpoint;
    const char *operation, *budget;
    struct leat_put body;        /* filled by the caller before call_begin */
    bool once;                   /* a lost reply ends it, for it may have been worked on */
    struct leat_aws_fault fault; /* of a call that has ended */
    struct leat_http_reply reply;

    struct leat_aws_signed is_signed;
    char url[544];
    bool going, retry, told_clock, told_keys;
    int64_t not_before_ms, trouble_ms; /* 0: none so far */
};

void call_begin(struct call *call, const struct leat_aws_endpoint *endpoint, const char *operation, const char *budget,
                bool once);
/* 1: it has ended; 0: not yet, and the stage is woken for it. */
LEAT_MUST_CHECK int call_go(struct call *call, struct leat_error *err);
/* For one that has ended as nothing that its caller knows of. */
LEAT_MUST_CHECK int call_failed(const struct call *call, struct leat_error *err);
bool call_code_is(const struct call *call, const char *code);
void call_close(struct call *call);

/* A whole file in memory, read-only. Begins as { 0 }. */
struct content {
    const char *p;
    size_t n;
};

LEAT_MUST_CHECK int content_open(struct content *content, const char *path, struct leat_error *err);
void content_close(struct content *content);
/* Its SHA-256 as 64 digits. */
LEAT_MUST_CHECK int content_hash(const struct content *content, char ret[65], struct leat_error *err);

/* PUT of a file. The URL may be a secret: it carries its own signature. */
enum { UPLOAD_HEADERS = 3 };

struct upload {
    struct curl_slist headers[UPLOAD_HEADERS]; /* for the caller */
    struct leat_http *http;
    struct content content;
    struct leat_http_reply reply;
    bool going;
};

LEAT_MUST_CHECK int upload_begin(struct upload *upload, const struct leat_aws *aws, const char *proxy, const char *url,
                                 struct curl_slist *headers, const char *path, struct leat_error *err);
LEAT_MUST_CHECK int upload_go(struct upload *upload, struct leat_stage *stage, struct leat_error *err);
void upload_close(struct upload *upload);

#endif
