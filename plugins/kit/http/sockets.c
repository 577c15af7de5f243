/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * libcurl's sockets in one epoll descriptor. Between two calls on a kept
 * connection libcurl wants its socket watched no more, and at once again. That
 * would be two system calls a request, so a connection's socket stays in epoll
 * until it is closed or reports something that nobody wants to know.
 */
#include "kit/http/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 128 };

static struct watch *watch_of(struct leat_http *http, int fd)
{
    if (fd >= http->n_watches) {
        int n = fd + 64;
        struct watch *grown = realloc(http->watches, (size_t)n * sizeof *grown);

        if (!grown)
            return NULL;
        memset(grown + http->n_watches, 0, (size_t)(n - http->n_watches) * sizeof *grown);
        http->watches = grown;
        http->n_watches = n;
    }
    return &http->watches[fd];
}

/* A new socket may have the number of one whose end nobody has told us of. */
static curl_socket_t on_open(void *http, curlsocktype purpose, struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    struct watch *watch = fd >= 0 ? watch_of(http, fd) : NULL;

    (void)purpose;
    if (watch)
        *watch = (struct watch){ .ours = true };
    return fd;
}

static int on_close(void *http, curl_socket_t fd)
{
    struct watch *watch = watch_of(http, fd);

    if (watch)
        *watch = (struct watch){ 0 };
    return close(fd);
}

static bool arm(const struct leat_http *http, int fd, uint8_t armed, uint8_t wanted)
{
    struct epoll_event event = { .events = wanted, .data.fd = fd };

    if (!wanted)
        return epoll_ctl(http->epoll, EPOLL_CTL_DEL, fd, NULL) == 0 || errno == ENOENT || errno == EBADF;
    if (armed && epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
        return true;
    return epoll_ctl(http->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ||
           (errno == EEXIST && epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) == 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *argument, void *unused)
{
    struct leat_http *http = argument;
    struct watch *watch = watch_of(http, fd);

    (void)easy, (void)unused;
    if (!watch) {
        http->broken = true;
        return 0;
    }
    watch->wanted = what == CURL_POLL_REMOVE ? 0
                                             : (uint8_t)((what & CURL_POLL_IN ? EPOLLIN : 0) |
                                                         (what & CURL_POLL_OUT ? EPOLLOUT : 0));
    if (watch->ours && (!watch->wanted || watch->armed == watch->wanted))
        return 0;
    http->broken |= !arm(http, fd, watch->armed, watch->wanted);
    watch->armed = watch->wanted;
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *argument)
{
    struct leat_http *http = argument;

    (void)multi;
    http->due_ms = ms < 0 ? -1 : ms == 0 ? 0 : leat_now_ms() + ms;
    return 0;
}

void sockets_setup(struct leat_http *http)
{
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
}

void sockets_setup_easy(struct leat_http *http, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
}

int leat_http_fd(const struct leat_http *http)
{
    return http->epoll;
}

int64_t leat_http_due_ms(const struct leat_http *http)
{
    int64_t ms;

    if (http->due_ms < 0)
        return -1;
    ms = http->due_ms - leat_now_ms();
    return ms > 0 ? ms : 0;
}

static void serve(struct leat_http *http, const struct epoll_event *event)
{
    int fd = event->data.fd, running;
    struct watch *watch = &http->watches[fd]; /* it was watched, so it is there */
    int mask = (event->events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
               (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (event->events & EPOLLERR ? CURL_CSELECT_ERR : 0);

    if (watch->wanted) {
        curl_multi_socket_action(http->multi, fd, mask, &running);
    } else if (watch->armed) { /* the server has closed what waits for its next call; libcurl will see */
        (void)arm(http, fd, watch->armed, 0);
        watch->armed = 0;
    }
}

static void take_results(struct leat_http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        struct call *call = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
        curl_multi_remove_handle(http->multi, easy); /* `message` is gone with it */
        call->result = result;
        http->ended[http->n_ended++] = (int)(call - http->calls);
    }
}

static void act_on_time(struct leat_http *http)
{
    int running;

    if (leat_http_due_ms(http) != 0)
        return;
    http->due_ms = -1;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

int leat_http_drive(struct leat_http *http, int wait_ms, struct leat_error *err)
{
    struct epoll_event events[MAX_EVENTS];
    int64_t due_ms;
    int n;

    act_on_time(http); /* what has just been started is sent, and may even be answered, before we wait */
    take_results(http);
    due_ms = http->n_ended ? 0 : leat_http_due_ms(http);
    if (due_ms >= 0 && due_ms < wait_ms)
        wait_ms = (int)due_ms;
    n = epoll_wait(http->epoll, events, MAX_EVENTS, wait_ms);
    for (int i = 0; i < n; i++)
        serve(http, &events[i]);
    act_on_time(http);
    take_results(http);
    if ((n < 0 && errno != EINTR) || http->broken)
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot wait for the server: %s", strerror(errno));
    return http->n_ended;
}
