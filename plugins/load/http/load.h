/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the files of load http share.
 *
 *     http.c      options, plan, open, close
 *     plan.c      conditions, headers and read-back out of the pipeline file
 *     parse.c     templates out of it; template.c runs them
 *     run.c       batches in, jobs, the loop
 *     pick.c      which records go next
 *     request.c   a job's records as a request
 *     judge.c     what a reply means
 *     settle.c    what becomes of a job when its reply is here
 *
 * One worker: all of it is touched by the thread of the load alone.
 */
#ifndef LEAT_LOAD_HTTP_LOAD_H
#define LEAT_LOAD_HTTP_LOAD_H

#include "kit/http/http.h"
#include "kit/http/pointer.h"
#include "template.h"

enum { MAX_ALIASES = 4, MAX_ANSWERS = 16, MAX_RECORDS = 1000, RECORD_ID = 33 };
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

enum outcome {
    OUTCOME_LOADED,
    OUTCOME_THERE,      /* already there, says a condition of the user's */
    OUTCOME_EXISTS,     /* something is in its way; whose is not said */
    OUTCOME_REJECTED,
    OUTCOME_THROTTLED,  /* not worked on: again, later */
    OUTCOME_UNCLEAR,
    OUTCOME_STOP,       /* nothing that is said of a record: the run cannot go on */
};

enum found { FOUND_OURS, FOUND_FOREIGN, FOUND_SOMETHING, FOUND_NOTHING, FOUND_THROTTLED, FOUND_UNCLEAR, FOUND_STOP };

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

/* ---- records on their way ---- */

/* A batch of the host's, until all of its records are answered. */
struct held {
    struct leat_batch *batch;
    int32_t *rows;          /* selected when it came: the host takes answered ones out of the selection */
    int32_t n_rows, cap_rows;
    int32_t next;           /* of rows, the first that no job has had */
    int32_t n_open;
    struct held *following;
};

struct record {
    struct held *held;
    int32_t row;
    bool ask;               /* the next call is a read-back */
    bool alone;             /* not together with others in a request */
    bool maybe_sent;        /* a call for it may have been worked on */
    bool update;            /* was loaded before and has changed: to find it there proves nothing */
    uint16_t tries;         /* that came to nothing, but for throttled ones, which are counted apart */
    uint16_t n_throttled;
    uint8_t n_absent;       /* read-backs in a row that found nothing */
    uint8_t n_exists;       /* replies that said that something is there */
    int64_t not_before_ms;  /* of one that was put aside; 0: as soon as there is room */
    short refused;          /* status of a rejection that counts only if nothing is found; 0: none */
    uint64_t aliases[MAX_ALIASES]; /* 0: none */
};

enum job_state { JOB_IDLE, JOB_READY /* as soon as the rate lets it */, JOB_WAITING /* until wake_ms */, JOB_FLYING };

/* A slot of the client with the records it is busy with. */
struct job {
    enum job_state state;
    struct record *records;
    int n;
    bool again;             /* this call was made before */
    int64_t wake_ms;
    char id[RECORD_ID];
    struct leat_put url, body, head;
    struct curl_slist *nodes; /* of its own, where headers have fields */
};

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
    const char *aliases[MAX_ALIASES];
    int n_aliases;

    /* run */
    struct leat_stage *stage;  /* of the callback at hand */
    struct leat_http *client;
    char *auth;                /* a header's line */
    struct curl_slist *send_headers, *ask_headers; /* shared by all jobs, unless headers_vary */
    int alias_fields[MAX_ALIASES];
    struct job *jobs;
    int n_idle, n_flying;
    int *idle;                 /* numbers of idle jobs, a stack */
    bool jobs_wait;            /* some are JOB_READY or JOB_WAITING */
    int64_t rate_ms;           /* the rate lets nothing go before then */
    struct held *first, *last, *unused;
    int64_t n_waiting;         /* records that no job has had, of all that is held */
    struct record *todo;       /* records between two jobs, from `head` on */
    int todo_head, n_todo, cap_todo;
    bool flush;                /* hold nothing back for a fuller request */
    bool stopping;             /* nothing more is to be sent */
    struct keyset *seen;       /* once.c; NULL: nobody asks */
    struct leat_put scratch;
    uint64_t random;
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
void request_close(struct http *h);
/* Writes what a job sends; records that cannot be sent are rejected and leave the job. */
int request_build(struct http *h, struct job *job, struct leat_error *err);
int request_start(struct http *h, struct job *job, struct leat_error *err);

/* ---- judge.c ---- */

enum outcome judge(struct http *h, const struct job *job, const struct leat_http_reply *reply);
enum found judge_found(struct http *h, const struct job *job, const struct leat_http_reply *reply);
/* Writes the text at a place in a reply behind what is in the scratch buffer. False: there is none. */
bool judge_text(struct http *h, const struct leat_http_reply *reply, const struct leat_pointer *path, size_t *ret_n);

/* ---- settle.c ---- */

/* The reply to a job is here: it is answered, or goes on. */
int settle(struct http *h, struct job *job, const struct leat_http_reply *reply, struct leat_error *err);

/* ---- pick.c ---- */

/* Gives an idle job its next records. False: there are none for it now. */
bool pick(struct http *h, struct job *job, struct leat_error *err);
int pick_later(struct http *h, const struct record *record, struct leat_error *err);

/* ---- once.c ---- */

/* Where two calls with one key are one to the server, a second record of that key would be lost without a word. */
int once_open(struct http *h, struct leat_error *err);
/* 1: it may be sent; 0: its key has come before, and it is rejected. */
int once_allows(struct http *h, struct leat_batch *b, int32_t row, struct leat_error *err);
void once_close(struct http *h);

/* ---- run.c ---- */

/* A record has its verdict and leaves; the caller takes it out of its job. */
void run_answered(struct http *h, const struct record *record);
void run_free(struct http *h, struct job *job);

bool run_is_full(const struct http *h);
int run_deliver(struct http *h, struct leat_batch *batch, struct leat_error *err);
/* One round: starts, sends, receives, waiting at most wait_ms. Returns the replies that came, or a negative number. */
int run_round(struct http *h, int wait_ms, struct leat_error *err);
/* Tells the host when to call again. */
void run_wake(struct http *h, bool at_once);
/* What has not been sent is the next run's, as if it had not come. */
void run_give_back(struct http *h);
void run_close(struct http *h);

#endif
