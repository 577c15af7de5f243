/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A stream of libmongoc's around another, whose reads wait in short pieces: so a
 * server that does not answer holds nobody up when the run is to stop. One client
 * has one thread, and so have its streams.
 */
#include "kit/mongodb/mongodb.h"

#include <stdlib.h>

#include "kit/store/store.h"

enum { PIECE_MS = 250, STREAM_TYPE = 1000 /* none of libmongoc's own */ };

struct watched {
    mongoc_stream_t stream; /* first: libmongoc has a pointer to it */
    mongoc_stream_t *base;
    struct leat_stage *stage;
};

static mongoc_stream_t *base_of(mongoc_stream_t *stream)
{
    return ((struct watched *)stream)->base;
}

/* Behind the first `n` bytes. Returns how many pieces are left. */
static size_t advance(mongoc_iovec_t *iov, size_t n_iov, size_t n)
{
    size_t i = 0;

    while (i < n_iov && n >= iov[i].iov_len)
        n -= iov[i++].iov_len;
    if (i)
        memmove(iov, iov + i, (n_iov - i) * sizeof *iov);
    if (i < n_iov) {
        iov[0].iov_base = (char *)iov[0].iov_base + n;
        iov[0].iov_len -= n;
    }
    return n_iov - i;
}

/* One byte is enough for each piece, so that a wait that ends early has lost none. */
static ssize_t watched_readv(mongoc_stream_t *stream, mongoc_iovec_t *iov, size_t n_iov, size_t min_bytes,
                             int32_t timeout_ms)
{
    struct watched *w = (struct watched *)stream;
    int64_t end = timeout_ms > 0 ? leat_now_ms() + timeout_ms : INT64_MAX;
    size_t got = 0;

    if (timeout_ms == 0 || min_bytes == 0)
        return mongoc_stream_readv(w->base, iov, n_iov, min_bytes, timeout_ms);
    do {
        int64_t left = end - leat_now_ms();
        ssize_t n;

        if (left <= 0 || leat_stage_cancelled(w->stage)) {
            errno = ETIMEDOUT;
            return -1;
        }
        n = mongoc_stream_readv(w->base, iov, n_iov, 1, left < PIECE_MS ? (int32_t)left : PIECE_MS);
        if (n < 0 && !mongoc_stream_timed_out(w->base) && errno != ETIMEDOUT && errno != EAGAIN)
            return n;
        if (n == 0 && !mongoc_stream_timed_out(w->base))
            return (ssize_t)got; /* closed by the server */
        if (n > 0) {
            got += (size_t)n;
            n_iov = advance(iov, n_iov, (size_t)n);
        }
    } while (got < min_bytes);
    return (ssize_t)got;
}

/* ---- what only goes on to the other ---- */

static ssize_t watched_writev(mongoc_stream_t *stream, mongoc_iovec_t *iov, size_t n_iov, int32_t timeout_ms)
{
    return mongoc_stream_writev(base_of(stream), iov, n_iov, timeout_ms);
}

static void watched_destroy(mongoc_stream_t *stream)
{
    mongoc_stream_destroy(base_of(stream));
    free(stream);
}

static void watched_failed(mongoc_stream_t *stream)
{
    mongoc_stream_failed(base_of(stream));
    free(stream);
}

static int watched_close(mongoc_stream_t *stream)
{
    return mongoc_stream_close(base_of(stream));
}

static int watched_flush(mongoc_stream_t *stream)
{
    return mongoc_stream_flush(base_of(stream));
}

static int watched_setsockopt(mongoc_stream_t *stream, int level, int option, void *value, mongoc_socklen_t n)
{
    return mongoc_stream_setsockopt(base_of(stream), level, option, value, n);
}

static mongoc_stream_t *watched_base(mongoc_stream_t *stream)
{
    return base_of(stream);
}

static bool watched_check_closed(mongoc_stream_t *stream)
{
    return mongoc_stream_check_closed(base_of(stream));
}

static bool watched_timed_out(mongoc_stream_t *stream)
{
    return mongoc_stream_timed_out(base_of(stream));
}

static bool watched_should_retry(mongoc_stream_t *stream)
{
    return mongoc_stream_should_retry(base_of(stream));
}

/* Streams of several hosts are polled at once; all of them are ours. */
static ssize_t watched_poll(mongoc_stream_poll_t *streams, size_t n, int32_t timeout_ms)
{
    mongoc_stream_poll_t *bases = calloc(n, sizeof *bases);
    ssize_t rc;

    if (!bases)
        return -1;
    for (size_t i = 0; i < n; i++)
        bases[i] = (mongoc_stream_poll_t){ .stream = base_of(streams[i].stream), .events = streams[i].events };
    rc = mongoc_stream_poll(bases, n, timeout_ms);
    for (size_t i = 0; i < n; i++)
        streams[i].revents = bases[i].revents;
    free(bases);
    return rc;
}

static mongoc_stream_t *watch(mongoc_stream_t *base, struct leat_stage *stage)
{
    struct watched *w = calloc(1, sizeof *w);

    if (!w) {
        mongoc_stream_destroy(base);
        return NULL;
    }
    w->base = base;
    w->stage = stage;
    w->stream = (mongoc_stream_t){
        .type = STREAM_TYPE, .destroy = watched_destroy, .close = watched_close, .flush = watched_flush,
        .writev = watched_writev, .readv = watched_readv, .setsockopt = watched_setsockopt,
        .get_base_stream = watched_base, .check_closed = watched_check_closed, .poll = watched_poll,
        .failed = watched_failed, .timed_out = watched_timed_out, .should_retry = watched_should_retry,
    };
    return &w->stream;
}

/* libmongoc's own way to make a stream. It exports it, though no header of it says so; where it does not, waits last
 * as long as socketTimeoutMS lets them. */
mongoc_stream_t *mongoc_client_default_stream_initiator(const mongoc_uri_t *uri, const mongoc_host_list_t *host,
                                                        void *client, bson_error_t *why) __attribute__((weak));

static mongoc_stream_t *connect_watched(const mongoc_uri_t *uri, const mongoc_host_list_t *host, void *user,
                                        bson_error_t *why)
{
    struct leat_mongodb_client *w = user;
    mongoc_stream_t *base = mongoc_client_default_stream_initiator(uri, host, w->client, why);

    return base ? watch(base, w->stage) : NULL;
}

void leat_mongodb_watch(struct leat_mongodb_client *w)
{
    if (mongoc_client_default_stream_initiator)
        mongoc_client_set_stream_initiator(w->client, connect_watched, w);
}
