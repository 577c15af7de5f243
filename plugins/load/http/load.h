/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the files of load http share. Records are moved by kit/flow.
 *
 *     http.c      options, plan, open, close
 *     plan.c      conditions, headers and read-back out of the pipeline file
 *     parse.c     templates out of it; template.c runs them
 *     request.c   a job's records as a request
 *     judge.c     what a reply means
 *     answer.c    what of it is told
 *
 * One worker: all of it is touched by the thread of the load alone.
 */
#ifndef LEAT_LOAD_HTTP_LOAD_H
#define LEAT_LOAD_HTTP_LOAD_H

#include "kit/flow/flow.h"
#include "kit/http/pointer.h"
#include "template.h"

enum { MAX_ANSWERS = 16, MAX_RECORDS = 1000 };
enum { IDEMPOTENCY_LEDGER, IDEMPOTENCY_KEY };
enum { NULLS_KEEP, NULLS_OMIT };

/* ---- what is asked of a reply ---- */

struct condition {
    int low, high;                    /* of the status */
    const struct leat_pointer *path;  /* NULL: the status is enough */
    struct template *equals;          /* NULL: whatever stands there, but for null and false */
};

struct conditions {
    struct condition *items;
    int n;
};

/* The values of `method:`. */
extern const char *const http_methods[];

/* The lists of the pipeline file, in the order in which they are looked at. */
enum { LIST_THERE, LIST_REJECT, LIST_THROTTLED, LIST_ACCEPT, N_LISTS };

struct answers {
    struct wanted_answer {
        const char *name;
        const struct leat_pointer *path;
    } items[MAX_ANSWERS];
    int n;
};

struct read_back {
    struct template url;
    struct conditions found, absent;
    bool always_ours;
    const struct leat_pointer *ours;  /* NULL: cannot be told */
    struct template ours_equals;
    int64_t delay_ms;
    struct answers answers;           /* as a found record has them; none: as in the reply to what is sent */
};

struct header {
    const char *line;       /* "Name: value", or of one with fields "Name: " */
    struct template value;  /* without pieces: the line is whole */
    bool sends_only;        /* not in a read-back */
    bool is_key;            /* its value is the idempotency key */
};

/* What a job of the flow has of ours: its buffers are used again. */
struct request {
    char id[FLOW_RECORD_ID];
    struct leat_put url, body, head;
    struct curl_slist *nodes; /* of its own, where headers have fields */
};

static inline struct request *request_of(const struct flow_job *job)
{
    return job->own;
}

struct http {
    /* options */
    const char *url, *user, *api_key_header, *code_path, *idempotency_header, *rate, *ca_file, *proxy;
    const struct leat_secret *bearer, *password, *api_key;
    const struct leat_node *body_node, *envelope_node, *headers_node, *answer_node, *find_node, *alias_nodes;
    const struct leat_node *list_nodes[N_LISTS];
    int method, idempotency, nulls;
    bool secrets;
    int64_t batch, concurrency, timeout_ms, connect_timeout_ms, retries, max_reply;

    /* plan */
    bool plain;
    struct template url_template, body, envelope;
    bool has_envelope, has_find, repeatable, wants_id;
    struct conditions lists[N_LISTS];
    struct read_back find;
    const char *auth_name;     /* of the header that the secrets go into; NULL: none */
    struct header *headers;
    int n_headers;
    bool headers_vary;
    const struct leat_pointer *code;
    struct answers answers;
    const char *aliases[FLOW_MAX_ALIASES];
    int n_aliases;

    /* run */
    struct flow flow;
    char *auth;                /* a header's line */
    struct curl_slist *send_headers, *ask_headers; /* shared by all jobs, unless headers_vary */
    struct keyset *seen;       /* once.c; NULL: nobody asks */
};

/* ---- plan.c: mistakes are noted ---- */

struct template_source plan_source(struct leat_plan *plan, const struct http *h);
void plan_url(struct leat_plan *plan, const struct leat_node *node, const char *url, struct template *ret,
              bool *ret_plain, char *ret_identity);
void plan_conditions(struct leat_plan *plan, const struct leat_node *list, bool fields, struct conditions *ret);
/* An option's value that is to be the name of a header. */
void plan_header_name(struct leat_plan *plan, const char *option, const char *name);
void plan_headers(struct leat_plan *plan, struct http *h);
void plan_find(struct leat_plan *plan, struct http *h);
void plan_answers(struct leat_plan *plan, struct http *h);

/* ---- request.c ---- */

int request_open(struct http *h, struct leat_error *err);
/* After the flow is closed. */
void request_close(struct http *h);
/* Of struct flow_calls. */
void request_free(void *request);
int request_build(void *self, struct flow_job *job, struct leat_error *err);
int request_start(void *self, struct flow_job *job, struct leat_error *err);

/* ---- judge.c: of struct flow_calls ---- */

enum flow_outcome judge(void *self, struct flow_job *job, const struct leat_http_reply *reply);
enum flow_found judge_found(void *self, struct flow_job *job, const struct leat_http_reply *reply);
/* Writes the text at a place in a reply behind what is in the scratch buffer. False: there is none. */
bool judge_text(struct http *h, const struct leat_http_reply *reply, const struct leat_pointer *path, size_t *ret_n);

/* ---- answer.c: of struct flow_calls ---- */

void answer(void *self, const struct flow_job *job, const struct flow_record *record, enum leat_verdict verdict,
            const struct leat_http_reply *reply);
void answer_reject(void *self, const struct flow_job *job, long status, const struct leat_http_reply *reply);
int answer_stop(void *self, const struct flow_job *job, const struct leat_http_reply *reply, struct leat_error *err);

/* ---- once.c ---- */

/* Where two calls with one key are one to the server, a second record of that key would be lost without a word. */
int once_open(struct http *h, struct leat_error *err);
/* Of struct flow_calls. 1: it may be sent; 0: its key has come before, and it is rejected. */
int once_allows(void *self, struct leat_batch *b, int32_t row, struct leat_error *err);
void once_close(struct http *h);

#endif
