/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Many HTTP calls from one thread: a fixed number of slots over one libcurl multi
 * handle, whose sockets stand in one epoll descriptor.
 *
 *     start(call, request) ──► drive() ──► ended() ──► call, reply ──► start(call, ...)
 *
 * H1  A request goes out once. libcurl would send it again by itself where a kept
 *     connection has died; here that ends the call as LEAT_HTTP_UNCLEAR.
 * H2  What is not certainly unsent is unclear; only the owner can know whether a
 *     second call does harm.
 * H3  https with a checked certificate and host name, TLS 1.2 at least; plain http
 *     only where the owner says so. No redirects, no cookies, no decoding, no
 *     proxy from the environment.
 * H4  One thread; nothing blocks but drive(), and that no longer than it is told.
 */
#ifndef LEAT_KIT_HTTP_H
#define LEAT_KIT_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>

#include <leat/error.h>

#include "kit/store/store.h"

struct leat_http;

struct leat_http_settings {
    int n_calls;             /* at once */
    bool plain;              /* http: is allowed, see leat_http_url_check */
    int64_t timeout_ms;      /* of a whole call */
    int64_t connect_timeout_ms;
    int64_t max_reply;       /* bytes of a reply's body; a larger one is unclear, and so is a head of 256 KiB */
    const char *ca_file;     /* NULL: the system's */
    const char *proxy;       /* NULL: none */
};

/* What is sent. Nothing of it is copied: it stays as it is until the call has ended. */
struct leat_http_request {
    const char *method;      /* a literal; NULL: GET */
    const char *url;
    bool fixed_url;          /* the same pointer always stands for the same text */
    struct curl_slist *headers;
    const char *body;        /* not with GET */
    size_t n_body;
};

enum leat_http_end {
    LEAT_HTTP_REPLIED,       /* the whole reply is here */
    LEAT_HTTP_NOT_SENT,      /* nothing of the request has left; may get better */
    LEAT_HTTP_HOPELESS,      /* the same, and will not get better: a certificate that is none of ours */
    LEAT_HTTP_UNCLEAR,       /* it may have arrived */
};

/* How a call has ended. Texts are good until the call is started again. */
struct leat_http_reply {
    enum leat_http_end end;
    long status;             /* 0: none came */
    int64_t retry_after_ms;  /* of 4xx and 5xx: what the server asks for, a day at most; 0: nothing */
    int64_t date_s;          /* what the server's clock says, in seconds since 1970; 0: nothing */
    const char *body;        /* of LEAT_HTTP_REPLIED */
    size_t n_body;
    const char *why;         /* of the others: a few words for people */
};

/* Once a plan, from the one thread that plans: libcurl's own state. */
int leat_http_prepare(struct leat_error *err);

LEAT_MUST_CHECK int leat_http_open(const struct leat_http_settings *settings, struct leat_http **ret,
                                   struct leat_error *err);
void leat_http_close(struct leat_http *http);

/* Starts a call that is not on its way, from 0 to n_calls - 1. */
LEAT_MUST_CHECK int leat_http_start(struct leat_http *http, int call, const struct leat_http_request *request,
                                    struct leat_error *err);
/* Sends and receives what can be, waiting at most wait_ms for the first of it. Returns how many calls have ended and
 * were not yet taken, or a negative number. */
LEAT_MUST_CHECK int leat_http_drive(struct leat_http *http, int wait_ms, struct leat_error *err);
/* Takes a call that has ended: its number, or -1. */
int leat_http_ended(struct leat_http *http, struct leat_http_reply *ret);

/* Becomes readable when drive() has something to do; or after so many milliseconds, -1 for never. */
int leat_http_fd(const struct leat_http *http);
int64_t leat_http_due_ms(const struct leat_http *http);

/* ---- addresses ---- */

enum { LEAT_HTTP_IDENTITY = 1024 };

/* Whether a URL may be called. NULL, or what is wrong with it; then ret is left alone. `ret_plain`: it is http to this
 * very machine. `ret_identity`: scheme, host, port and path, and a checksum of the query. */
const char *leat_http_url_check(const char *url, bool *ret_plain, char ret_identity[LEAT_HTTP_IDENTITY]);

/* The same of a proxy's. */
const char *leat_http_proxy_check(const char *proxy);

/* A header's name as RFC 9110 has it. */
bool leat_http_is_token(const char *text, size_t n);

#endif
