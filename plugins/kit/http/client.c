/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The calls. Each slot keeps its easy handle, and only what differs from its
 * call before is set again.
 */
#include "kit/http/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    KEPT_REPLY = 64 << 10,    /* of a slot's buffer, once its reply is read */
    MOST_HEAD = 256 << 10,
    MOST_RETRY_AFTER = 86400, /* seconds */
};

int leat_http_prepare(struct leat_error *err)
{
    CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);

    return result ? leat_fail(err, LEAT_EPLUGIN, "libcurl cannot be used: %s", curl_easy_strerror(result)) : 0;
}

/* ---- what libcurl tells of a call ---- */

static size_t on_body(char *bytes, size_t one, size_t n, void *argument)
{
    struct call *call = argument;
    size_t needed = call->n_reply + (n *= one);

    if (needed > (size_t)call->http->settings.max_reply) {
        call->too_large = true;
        return 0;
    }
    if (needed > call->cap_reply) {
        size_t cap = needed * 2 + 1024;
        char *grown = realloc(call->reply, cap);

        if (!grown)
            return 0;
        call->reply = grown;
        call->cap_reply = cap;
    }
    memcpy(call->reply + call->n_reply, bytes, n);
    call->n_reply = needed;
    return n;
}

/* `Date: Sun, 22 Nov 2026 04:30:00 GMT'; the line is not ended by a NUL. */
static void read_date(struct call *call, const char *line, size_t n)
{
    char text[64];
    time_t date;

    if (n < 6 || n > sizeof text || strncasecmp(line, "date:", 5) != 0)
        return;
    memcpy(text, line + 5, n - 5);
    text[n - 5] = '\0';
    date = curl_getdate(text, NULL);
    call->date_s = date > 0 ? date : 0;
}

/* A head without an end would be read until the time limit, and libcurl keeps it. */
static size_t on_head(char *bytes, size_t one, size_t n, void *argument)
{
    struct call *call = argument;

    read_date(call, bytes, one * n);
    call->n_head += one * n;
    call->too_large |= call->n_head > MOST_HEAD;
    return call->too_large ? 0 : one * n;
}

/* Rule H1: a connection is ready and the request leaves now. A second time means that the first connection has died
 * without a word, and the server may have worked on what it has got. */
static int on_send(void *argument, char *ip, char *local_ip, int port, int local_port)
{
    struct call *call = argument;

    (void)ip, (void)local_ip, (void)port, (void)local_port;
    return call->n_sent++ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- life ---- */

static void set_protocols(const struct leat_http *http, CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, http->settings.plain ? "https,http" : "https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, http->settings.plain ? CURLPROTO_HTTPS | CURLPROTO_HTTP : CURLPROTO_HTTPS);
#endif
}

static void set_security(const struct leat_http *http, CURL *easy)
{
    set_protocols(http, easy);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (http->settings.ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->settings.ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    /* An empty one keeps libcurl from looking into the environment. */
    curl_easy_setopt(easy, CURLOPT_PROXY, http->settings.proxy ? http->settings.proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
}

static int open_call(struct leat_http *http, struct call *call)
{
    CURL *easy = call->easy = curl_easy_init();

    if (!easy)
        return -ENOMEM;
    call->http = http;
    set_security(http, easy);
    sockets_setup_easy(http, easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name server that is silent does not hold up the end */
#endif
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "leat");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)http->settings.timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->settings.connect_timeout_ms);
    return 0;
}

static int open_all(struct leat_http *http)
{
    int n = http->settings.n_calls, rc = 0;

    http->calls = calloc((size_t)n, sizeof *http->calls);
    http->ended = calloc((size_t)n, sizeof *http->ended);
    http->multi = curl_multi_init();
    http->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (http->epoll < 0)
        return -errno;
    if (!http->calls || !http->ended || !http->multi)
        return -ENOMEM;
    sockets_setup(http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)n);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    for (int i = 0; i < n && rc == 0; i++)
        rc = open_call(http, &http->calls[i]);
    return rc;
}

int leat_http_open(const struct leat_http_settings *settings, struct leat_http **ret, struct leat_error *err)
{
    struct leat_http *http = calloc(1, sizeof *http);
    int rc = -ENOMEM;

    if (http) {
        http->settings = *settings;
        http->epoll = -1;
        http->due_ms = -1;
        rc = open_all(http);
    }
    if (rc < 0) {
        leat_http_close(http);
        return leat_fail(err, rc, "cannot prepare %d connections: %s", settings->n_calls, strerror(-rc));
    }
    *ret = http;
    return 0;
}

void leat_http_close(struct leat_http *http)
{
    if (!http)
        return;
    for (int i = 0; http->calls && i < http->settings.n_calls; i++) {
        struct call *call = &http->calls[i];

        if (call->easy && http->multi)
            curl_multi_remove_handle(http->multi, call->easy);
        curl_easy_cleanup(call->easy);
        free(call->reply);
    }
    curl_multi_cleanup(http->multi);
    if (http->epoll >= 0)
        close(http->epoll);
    free(http->watches);
    free(http->calls);
    free(http->ended);
    free(http);
}

/* ---- a call ---- */

static void set_method(struct call *call, const char *method)
{
    call->method = method;
    curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
    if (method)
        curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method && strcmp(method, "POST") != 0 ? method : NULL);
}

/* The buffer of a long reply is not kept for short ones. */
static void forget_reply(struct call *call)
{
    call->n_reply = call->n_head = 0;
    call->date_s = 0;
    call->too_large = false;
    if (call->cap_reply <= KEPT_REPLY)
        return;
    free(call->reply);
    call->reply = NULL;
    call->cap_reply = 0;
}

int leat_http_start(struct leat_http *http, int number, const struct leat_http_request *request,
                    struct leat_error *err)
{
    struct call *call = &http->calls[number];
    bool same = request->fixed_url && request->url == call->url;

    forget_reply(call);
    call->n_sent = 0;
    call->why[0] = '\0';
    if (request->method != call->method || !call->used)
        set_method(call, request->method);
    if (!same && curl_easy_setopt(call->easy, CURLOPT_URL, request->url) != CURLE_OK)
        return leat_fail(err, -ENOMEM, "out of memory");
    call->url = request->fixed_url ? request->url : NULL;
    if (request->headers != call->headers)
        curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, request->headers);
    call->headers = request->headers;
    call->used = true;
    if (request->method) {
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->n_body);
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, request->body);
    }
    if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
        return leat_fail(err, -ENOMEM, "out of memory");
    return 0;
}

static bool is_hopeless(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_SSL_ISSUER_ERROR || result == CURLE_URL_MALFORMAT ||
           result == CURLE_UNSUPPORTED_PROTOCOL;
}

static const char *why(const struct call *call)
{
    if (call->too_large)
        return call->n_head > MOST_HEAD ? "the head of the reply is too large" : "the reply is larger than max_reply";
    if (call->n_sent > 1)
        return "the connection was closed before the reply";
    return *call->why ? call->why : curl_easy_strerror(call->result);
}

static enum leat_http_end end_of(const struct call *call)
{
    if (call->result == CURLE_OK)
        return LEAT_HTTP_REPLIED;
    if (call->n_sent)
        return LEAT_HTTP_UNCLEAR;
    return is_hopeless(call->result) ? LEAT_HTTP_HOPELESS : LEAT_HTTP_NOT_SENT;
}

int leat_http_ended(struct leat_http *http, struct leat_http_reply *ret)
{
    struct call *call;
    curl_off_t seconds = 0;

    if (!http->n_ended)
        return -1;
    call = &http->calls[http->ended[--http->n_ended]];
    *ret = (struct leat_http_reply){ .end = end_of(call), .date_s = call->date_s,
                                     .body = call->reply, .n_body = call->n_reply };
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &ret->status);
    if (ret->status >= 400)
        curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &seconds);
    seconds = seconds > MOST_RETRY_AFTER ? MOST_RETRY_AFTER : seconds;
    ret->retry_after_ms = seconds > 0 ? (int64_t)seconds * 1000 : 0;
    if (ret->end != LEAT_HTTP_REPLIED)
        ret->why = why(call);
    return (int)(call - http->calls);
}
