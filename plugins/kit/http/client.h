/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What client.c and sockets.c share.
 */
#ifndef LEAT_KIT_HTTP_CLIENT_H
#define LEAT_KIT_HTTP_CLIENT_H

#include "kit/http/http.h"

/* A descriptor that libcurl wants watched. */
struct watch {
    bool ours;       /* a connection: its closing is told, so it may stay in epoll between two calls */
    uint8_t armed;   /* what epoll has: EPOLLIN | EPOLLOUT; 0: it is not in there */
    uint8_t wanted;  /* what libcurl wants */
};

struct call {
    struct leat_http *http;
    CURL *easy;
    bool used;               /* has been set up by a call before */
    int n_sent;              /* times that libcurl has begun to send it */
    const char *method;      /* as set in `easy` */
    const char *url;         /* the same, of a fixed one */
    struct curl_slist *headers;
    char *reply;
    size_t n_reply, cap_reply;
    int64_t date_s;          /* of the reply's head; 0: none */
    size_t n_head;           /* bytes of the reply's head, and of all before and behind it: 1xx, trailers */
    bool too_large;
    CURLcode result;
    char why[CURL_ERROR_SIZE];
};

struct leat_http {
    struct leat_http_settings settings;
    CURLM *multi;
    int epoll;
    bool broken;             /* a descriptor could not be watched */
    int64_t due_ms;          /* when libcurl wants to be called; -1: not at all */
    struct watch *watches;   /* by descriptor */
    int n_watches;
    struct call *calls;
    int *ended;              /* calls that nobody has taken yet */
    int n_ended;
};

/* Sets up what tells us of sockets and times. */
void sockets_setup(struct leat_http *http);
void sockets_setup_easy(struct leat_http *http, CURL *easy);

#endif
