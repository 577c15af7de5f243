/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Calls of a driver block, and only another thread can interrupt them (SQLCancel). So they
 * are made in a thread of the connection's own, while the stage's thread waits and listens.
 * The lock of a connection is its own and is held over no call.
 */
#include "kit/odbc/odbc.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { LISTEN_MS = 100, AGAIN_MS = 1000, PATIENCE_MS = 8000 };

struct leat_odbc_work {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    leat_odbc_call *call;  /* to be made, or being made */
    void *argument;
    SQLRETURN result;
    bool ends;             /* wanted */
};

static void *work(void *argument)
{
    struct leat_odbc_work *w = argument;

    pthread_mutex_lock(&w->lock);
    while (!w->ends) {
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

/* Signals are the business of others. */
static bool start_thread(struct leat_odbc_work *w)
{
    sigset_t all, before;
    bool ok;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(&w->thread, NULL, work, w) == 0;
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
    if (start_thread(w))
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

/* A driver may have missed the first SQLCancel, if it had only just begun. */
static void listen(struct leat_odbc_link *link, SQLHSTMT cancel)
{
    struct leat_odbc_work *w = link->work;
    int64_t since = 0, asked = 0;

    while (w->call) {
        int64_t now;

        wait_ms(w, LISTEN_MS);
        now = leat_now_ms();
        if (!w->call || !is_stopped(link))
            continue;
        if (!since)
            since = now;
        if (now - since > PATIENCE_MS)
            return;
        if (cancel && now - asked >= AGAIN_MS) {
            asked = now;
            pthread_mutex_unlock(&w->lock);
            (void)SQLCancel(cancel);
            pthread_mutex_lock(&w->lock);
        }
    }
}

SQLRETURN leat_odbc_wait(struct leat_odbc_link *link, SQLHSTMT cancel, leat_odbc_call *call, void *argument)
{
    struct leat_odbc_work *w;
    SQLRETURN result = SQL_ERROR;

    if (link->stage && !link->work)
        link->work = begin();
    w = link->work;
    if (!w)
        return call(argument);
    pthread_mutex_lock(&w->lock);
    if (!w->call) {
        w->call = call;
        w->argument = argument;
        pthread_cond_broadcast(&w->changed);
        listen(link, cancel);
        if (!w->call)
            result = w->result;
    }
    pthread_mutex_unlock(&w->lock);
    return result;
}

bool leat_odbc_work_end(struct leat_odbc_link *link)
{
    struct leat_odbc_work *w = link->work;
    bool ended;

    link->work = NULL;
    if (!w)
        return true;
    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_cond_broadcast(&w->changed);
    if (w->call)
        wait_ms(w, LISTEN_MS);
    ended = !w->call;
    pthread_mutex_unlock(&w->lock);
    if (!ended) {
        pthread_detach(w->thread);
        return false;
    }
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return true;
}
