/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * An HTTP server for tests and benchmarks: one thread, epoll, kept connections,
 * on a free port of 127.0.0.1 that it prints; it ends by a signal.
 *
 *     httpd [DELAY_MS [LOG]]
 *
 *   /status/NNN       is answered by that status and {"code": "code_NNN", "number": 491234567, "who": "a@b.example"}
 *   /text             is answered by what is no JSON
 *   /wait/NNN/SECONDS is answered by that status, with Retry-After
 *   /head             is answered by a head of 280 KiB
 *   POST /store       keeps the body, or each of a list, under its "id": 201; 409 where there is one
 *   PUT /store/ID     keeps the body, new or not: 200
 *   GET /store/ID     gives what is kept, or 404
 *   GET /stats        {"requests", "stored", "most": requests at once}
 *   anything else     200 {"ok": true}
 *
 * An id that begins with one of these words asks for trouble, the first time it comes:
 *
 *   lost     is kept, and the connection is closed without a word
 *   err      is kept, and answered by 500
 *   drop     is not kept, and the connection is closed
 *   busy     is not kept, and answered by 429
 *   late     is not kept, and the connection is closed; the second time it is kept, and answered by 422
 *   foreign  is there already, with {"owner": "other"}
 *   bad      is answered by 422, always
 *
 * LOG gets a line a request, "> 12 POST /store KEY BODY" (KEY: its Idempotency-Key or -) and one a reply, "< 12 201".
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4, asprintf, epoll_pwait2, strcasestr */
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 4096, ROOM = 1 << 20, MAX_DUE = 1 << 16, MAX_ITEMS = 1 << 16, MAX_ID = 64 };

struct connection {
    int n, generation;
    char *bytes;
};

/* A reply that waits for its time; the delay is the same for all, so they go in the order they came. */
struct due {
    int64_t us;
    int fd, generation, number, status;
    char *text; /* NULL: the usual one; empty: close the connection */
};

struct item {
    char id[MAX_ID];
    char *body;
    bool seen; /* its trouble has been had */
};

static struct connection connections[MAX_FDS];
static struct due queue[MAX_DUE];
static struct item items[MAX_ITEMS];
static unsigned head, tail;
static int n_items, n_stored, n_requests, most;
static int64_t delay_us;
static FILE *log_file;

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void drop(int fd)
{
    close(fd);
    connections[fd].generation++;
    connections[fd].n = 0;
}

/* ---- replies ---- */

static void say(int fd, int number, int status, const char *text)
{
    static const char usual[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
                                "{\"ok\": true}";
    size_t n = sizeof usual - 1;
    char *all = NULL;

    if (log_file) { /* before the client knows, and looks into it */
        fprintf(log_file, "< %d %d\n", number, status);
        fflush(log_file);
    }
    if (text && !*text) {
        drop(fd);
        return;
    }
    if (text)
        n = (size_t)asprintf(&all, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                             status, status == 429 ? "Retry-After: 0\r\n" : "", strlen(text), text);
    if (write(fd, all ? all : usual, n) < 0 && errno != EAGAIN)
        drop(fd);
    free(all);
}

static void reply(int fd, int status, const char *text)
{
    struct due *due = &queue[tail % MAX_DUE];

    if (delay_us == 0) {
        say(fd, n_requests, status, text);
        return;
    }
    *due = (struct due){ .us = now_us() + delay_us, .fd = fd, .generation = connections[fd].generation,
                         .number = n_requests, .status = status, .text = text ? strdup(text) : NULL };
    tail++;
    if ((int)(tail - head) > most)
        most = (int)(tail - head);
}

static void say_due(void)
{
    for (int64_t now = now_us(); head != tail && queue[head % MAX_DUE].us <= now; head++) {
        struct due *due = &queue[head % MAX_DUE];

        if (connections[due->fd].generation == due->generation)
            say(due->fd, due->number, due->status, due->text);
        free(due->text);
    }
}

/* ---- the store ---- */

static struct item *item_of(const char *id, size_t n, bool make)
{
    for (int i = 0; i < n_items; i++)
        if (strlen(items[i].id) == n && memcmp(items[i].id, id, n) == 0)
            return &items[i];
    if (!make || n >= MAX_ID || n_items == MAX_ITEMS)
        return NULL;
    memcpy(items[n_items].id, id, n);
    return &items[n_items++];
}

static bool is(const struct item *item, const char *word)
{
    return strncmp(item->id, word, strlen(word)) == 0;
}

static void keep(struct item *item, const char *body, size_t n)
{
    n_stored += !item->body;
    free(item->body);
    item->body = strndup(body, n);
}

static void meet_trouble(struct item *item)
{
    if (is(item, "foreign") && !item->body)
        keep(item, "{\"owner\": \"other\"}", 18);
}

/* The next "id" in a text; NULL: none. */
static struct item *next_id(const char **p)
{
    const char *id = strstr(*p, "\"id\":");
    size_t n;

    if (!id)
        return NULL;
    id += 5;
    id += strspn(id, " \"");
    n = strcspn(id, "\",}");
    *p = id + n;
    return item_of(id, n, true);
}

/* The worst that one of them asks for. */
static int post(const char *body, size_t n_body, const char **ret_text)
{
    int status = 201;
    const char *p = body;
    struct item *item;

    *ret_text = "{\"result\": {\"number\": 7}}";
    while ((item = next_id(&p))) {
        bool first = !item->seen;

        meet_trouble(item);
        item->seen = true;
        if (is(item, "bad")) {
            *ret_text = "{\"error\": {\"code\": \"bad_email\"}}";
            return 422;
        }
        if (item->body) {
            *ret_text = "{\"error\": {\"code\": \"exists\"}}";
            return 409;
        }
        if (first && (is(item, "drop") || is(item, "busy") || is(item, "late"))) {
            *ret_text = is(item, "busy") ? "{}" : "";
            return is(item, "busy") ? 429 : 0;
        }
        if (is(item, "late"))
            status = 422;
        if (first && (is(item, "lost") || is(item, "err"))) {
            *ret_text = is(item, "lost") ? "" : "{}";
            status = is(item, "lost") ? 0 : 500;
        }
    }
    for (p = body; (item = next_id(&p));)
        keep(item, body, n_body);
    return status;
}

/* A head that the usual one does not do for. */
static void say_head(int fd, int status, const char *headers)
{
    char *all = NULL;
    int n = asprintf(&all, "HTTP/1.1 %d X\r\n%sContent-Length: 2\r\n\r\n{}", status, headers), done = 0;

    for (ssize_t one = 0; n > 0 && done < n && (one >= 0 || errno == EAGAIN); done += one > 0 ? (int)one : 0)
        one = write(fd, all + done, (size_t)(n - done));
    free(all);
}

static void say_long_head(int fd)
{
    static char headers[280 << 10];

    for (size_t i = 0; i + 1 < sizeof headers; i++)
        headers[i] = "X-Long: 45678901234567890123456789012345678901234567890123456789\r\n"[i % 66];
    headers[sizeof headers / 66 * 66] = '\0';
    say_head(fd, 200, headers);
}

static void say_wait(int fd, const char *status_and_seconds)
{
    char header[100];

    (void)snprintf(header, sizeof header, "Retry-After: %.40s\r\n", status_and_seconds + 4);
    say_head(fd, atoi(status_and_seconds), header);
}

static void serve_store(int fd, const char *method, const char *id, const char *body, size_t n_body)
{
    struct item *item = *id ? item_of(id, strlen(id), true) : NULL;
    const char *text = "{}";
    int status = 200;

    if (item)
        meet_trouble(item);
    if (strcmp(method, "POST") == 0) {
        status = post(body, n_body, &text);
    } else if (item && strcmp(method, "PUT") == 0) {
        bool trouble = !item->seen && is(item, "lost");

        item->seen = true;
        keep(item, body, n_body);
        text = trouble ? "" : "{}";
    } else {
        status = item && item->body ? 200 : 404;
        text = item && item->body ? item->body : "{}";
    }
    reply(fd, status, text);
}

/* ---- requests ---- */

static void serve(int fd, char *method, char *path, const char *key, const char *body, size_t n_body)
{
    char text[160];

    n_requests++;
    if (log_file) {
        fprintf(log_file, "> %d %s %s %s %.*s\n", n_requests, method, path, key, (int)n_body, body);
        fflush(log_file);
    }
    if (strncmp(path, "/status/", 8) == 0) {
        (void)snprintf(text, sizeof text, "{\"code\": \"code_%d\", \"number\": 491234567, \"who\": \"a@b.example\"}",
                       atoi(path + 8));
        reply(fd, atoi(path + 8), text);
    } else if (strncmp(path, "/store", 6) == 0) {
        serve_store(fd, method, path[6] == '/' ? path + 7 : "", body, n_body);
    } else if (strncmp(path, "/wait/", 6) == 0 && strlen(path) > 10) {
        say_wait(fd, path + 6);
    } else if (strcmp(path, "/head") == 0) {
        say_long_head(fd);
    } else if (strcmp(path, "/text") == 0) {
        reply(fd, 200, "<p>fine</p>");
    } else if (strcmp(path, "/stats") == 0) {
        (void)snprintf(text, sizeof text, "{\"requests\": %d, \"stored\": %d, \"most\": %d}", n_requests - 1, n_stored,
                       most);
        say(fd, n_requests, 200, text);
    } else {
        reply(fd, 200, NULL);
    }
}

/* A header's value, without its end. */
static char *header(char *from, const char *name)
{
    char *line = strcasestr(from, name);

    if (!line)
        return NULL;
    line += strlen(name);
    return line + strspn(line, " ");
}

/* Serves the first request that is whole. False: there is none. */
static bool serve_one(int fd)
{
    struct connection *c = &connections[fd];
    char *end = (c->bytes[c->n] = '\0', strstr(c->bytes, "\r\n\r\n")), *length, *key, *method, *path, *rest;
    size_t n_body, n_head, n_all;
    char kept;

    if (!end)
        return false;
    *end = '\0';
    length = header(c->bytes, "\ncontent-length:");
    n_body = length ? (size_t)atol(length) : 0;
    n_head = (size_t)(end - c->bytes) + 4;
    n_all = n_head + n_body;
    *end = '\r';
    if ((size_t)c->n < n_all)
        return false;
    kept = c->bytes[n_all];
    c->bytes[n_all] = *end = '\0';
    key = header(c->bytes, "\nidempotency-key:");
    if (key)
        key[strcspn(key, "\r")] = '\0';
    method = strtok_r(c->bytes, " ", &rest);
    path = strtok_r(NULL, " ", &rest);
    serve(fd, method ? method : "?", path ? path : "/", key ? key : "-", c->bytes + n_head, n_body);
    c->bytes[n_all] = kept;
    if ((size_t)c->n >= n_all) { /* else it has been dropped */
        c->n -= (int)n_all;
        memmove(c->bytes, c->bytes + n_all, (size_t)c->n);
    }
    return c->n > 0;
}

static void receive(int fd)
{
    struct connection *c = &connections[fd];
    ssize_t n = c->n < ROOM ? read(fd, c->bytes + c->n, (size_t)(ROOM - c->n)) : 0;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        drop(fd);
        return;
    }
    c->n += (int)n;
    while (serve_one(fd))
        ;
}

static void welcome(int ep, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    if (fd < 0 || fd >= MAX_FDS) {
        if (fd >= 0)
            close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!connections[fd].bytes)
        connections[fd].bytes = malloc(ROOM + 1);
    connections[fd].n = 0;
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) < 0)
        return -1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* With timers of a microsecond, or a delay of 5 ms would be one of 6. */
static int wait_for(int ep, struct epoll_event *events, int n)
{
    struct timespec left = { 0 };
    int64_t us;

    if (head == tail)
        return epoll_wait(ep, events, n, -1);
    us = queue[head % MAX_DUE].us - now_us();
    if (us > 0)
        left = (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
    return epoll_pwait2(ep, events, n, &left, NULL);
}

int main(int argc, char **argv)
{
    struct epoll_event event = { .events = EPOLLIN }, events[256];
    int listener, ep = epoll_create1(0);

    delay_us = argc > 1 ? (int64_t)(atof(argv[1]) * 1000) : 0;
    log_file = argc > 2 ? fopen(argv[2], "w") : NULL;
    listener = event.data.fd = listen_anywhere(); /* last: its port tells that all is ready */
    if (listener < 0 || ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event) < 0) {
        perror("httpd");
        return 1;
    }
    for (;;) {
        int n = wait_for(ep, events, 256);

        say_due();
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                welcome(ep, listener);
            else
                receive(events[i].data.fd);
        }
    }
}
