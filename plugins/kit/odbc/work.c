/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Calls of a driver block, and only another thread can interrupt them (SQLCancel). So they
 * are made in a thread of the connection's own, while the stage's thread waits and listens.
 * SQLCancel blocks too: drivers connect once more for it, and wait for the server's word. So it
 * has a thread for itself, and a server that says nothing holds up nobody but these two.
 * The lock of a connection is its own and is held over no call.
 */
#include "kit/odbc/odbc.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { LISTEN_MS = 100, AGAIN_MS = 1000, PATIENCE_MS = 8000, CLOSING_MS = 4000 };

struct leat_odbc_work {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    leat_odbc_call *call;  /* to be made, or being made */
    void *argument;
    SQLRETURN result;
    bool ends;             /* wanted */
    pthread_t canceller;   /* the thread of the last SQLCancel */
    bool asked;            /* there is one that nobody has joined yet */
    bool cancelling;       /* and it is not through */
    SQLHSTMT cancel;
    void *left;            /* what the last call would have closed, if it was not made */
};

static void *work(void *argument)
{
    struct leat_odbc_work *w = argument;

    pthread_mutex_lock(&w->lock);
    while (w->call || !w->ends) {
        if (w->call) {
            leat_odbc_call *call = w->call;
            SQLRETURN result;

            pthread_mutex_unlock(&w->lock);
            result = call(w->argument);
            pthread_mutex_lock(&w->lock);
            w->result = result;
            w->call = NULL;
            pthread_cond_broadcast(&w->changed);
        } else {
            pthread_cond_wait(&w->changed, &w->lock);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void *cancel(void *argument)
{
    struct leat_odbc_work *w = argument;

    (void)SQLCancel(w->cancel);
    pthread_mutex_lock(&w->lock);
    w->cancelling = false;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are the business of others. */
static bool start_thread(struct leat_odbc_work *w, pthread_t *ret, void *(*runs)(void *))
{
    sigset_t all, before;
    bool ok;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(ret, NULL, runs, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

/* NULL: there is no such thread to be had; then calls are made here and cannot be interrupted. */
static struct leat_odbc_work *begin(void)
{
    struct leat_odbc_work *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;

    if (!w)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (start_thread(w, &w->thread, work))
        return w;
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

static void wait_ms(struct leat_odbc_work *w, int64_t ms)
{
    int64_t until = leat_now_ms() + ms;
    struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

    (void)pthread_cond_timedwait(&w->changed, &w->lock, &at);
}

static bool is_stopped(struct leat_odbc_link *link)
{
    if (!link->stopped && leat_stage_cancelled(link->stage))
        link->stopped = LEAT_ECANCELED;
    else if (!link->stopped && link->until_ms && leat_now_ms() >= link->until_ms)
        link->stopped = -ETIMEDOUT;
    return link->stopped;
}

/* Whether a thread is in the driver. */
static bool is_busy(const struct leat_odbc_work *w)
{
    return w->call || w->cancelling;
}

/* A thread that is through has let go of the lock for good. */
static void join_canceller(struct leat_odbc_work *w)
{
    if (w->asked)
        pthread_join(w->canceller, NULL);
    w->asked = false;
}

static void begin_cancel(struct leat_odbc_work *w, SQLHSTMT stmt)
{
    join_canceller(w);
    w->cancel = stmt;
    w->asked = w->cancelling = start_thread(w, &w->canceller, cancel);
}

/* A driver may have missed the first SQLCancel, if it had only just begun. */
static void listen(struct leat_odbc_link *link, SQLHSTMT stmt)
{
    struct leat_odbc_work *w = link->work;
    int64_t since = 0, asked = 0;

    while (is_busy(w)) {
        int64_t now;

        wait_ms(w, LISTEN_MS);
        now = leat_now_ms();
        if (!is_busy(w) || !is_stopped(link))
            continue;
        if (!since)
            since = now;
        if (now - since > PATIENCE_MS)
            return;
        if (stmt && w->call && !w->cancelling && now - asked >= AGAIN_MS) {
            asked = now;
            begin_cancel(w, stmt);
        }
    }
}

SQLRETURN leat_odbc_wait(struct leat_odbc_link *link, SQLHSTMT stmt, leat_odbc_call *call, void *argument)
{
    struct leat_odbc_work *w;
    SQLRETURN result = SQL_ERROR;

    if (link->stage && !link->work)
        link->work = begin();
    w = link->work;
    if (!w)
        return call(argument);
    pthread_mutex_lock(&w->lock);
    if (!is_busy(w)) {
        w->call = call;
        w->argument = argument;
        pthread_cond_broadcast(&w->changed);
        listen(link, stmt);
        if (!w->call)
            result = w->result;
    }
    pthread_mutex_unlock(&w->lock);
    return result;
}

/* What is in the driver already has had its time. */
static bool make_last_call(struct leat_odbc_work *w, leat_odbc_call *last, void *argument)
{
    int64_t until = leat_now_ms() + CLOSING_MS;

    if (is_busy(w))
        wait_ms(w, LISTEN_MS);
    w->left = argument;
    if (is_busy(w))
        return false;
    w->call = last;
    w->argument = argument;
    pthread_cond_broadcast(&w->changed);
    while (w->call && leat_now_ms() < until)
        wait_ms(w, LISTEN_MS);
    return !w->call;
}

/* `w' itself is left to threads that are still in the driver, and nobody frees it then. */
bool leat_odbc_work_end(struct leat_odbc_link *link, leat_odbc_call *last, void *argument)
{
    struct leat_odbc_work *w = link->work;
    bool ended;

    link->work = NULL;
    if (!w) {
        (void)last(argument);
        return true;
    }
    pthread_mutex_lock(&w->lock);
    ended = make_last_call(w, last, argument);
    w->ends = true;
    pthread_cond_broadcast(&w->changed);
    if (!w->cancelling)
        join_canceller(w);
    pthread_mutex_unlock(&w->lock);
    if (!ended) {
        pthread_detach(w->thread);
        if (w->asked)
            pthread_detach(w->canceller);
        return false;
    }
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return true;
}
