/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "engine/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "batch/batch.h"

int leat_ring_init(struct leat_ring *ring, int n_slots, int64_t limit_bytes, bool notify, struct leat_error *err)
{
    *ring = (struct leat_ring){.n_slots = n_slots, .limit_bytes = limit_bytes, .end = UINT64_MAX, .notify_fd = -1};
    if (notify && (ring->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return leat_fail(err, -errno, "cannot make an event descriptor: %s", strerror(errno));
    ring->slots = leat_alloc_array((size_t)n_slots, sizeof *ring->slots);
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->pushed, NULL);
    pthread_cond_init(&ring->popped, NULL);
    return 0;
}

void leat_ring_deinit(struct leat_ring *ring)
{
    if (ring->notify_fd >= 0)
        close(ring->notify_fd);
    pthread_cond_destroy(&ring->popped);
    pthread_cond_destroy(&ring->pushed);
    pthread_mutex_destroy(&ring->lock);
    free(ring->slots);
}

static int64_t bytes_of(const struct leat_batch *batches)
{
    int64_t n = 0;

    for (; batches; batches = batches->host->next)
        n += batches->host->charged;
    return n;
}

static void notify(const struct leat_ring *ring)
{
    uint64_t one = 1;

    if (ring->notify_fd >= 0 && write(ring->notify_fd, &one, sizeof one) < 0)
        return; /* EAGAIN: the counter is full, so it is readable all the same */
}

static bool admits(const struct leat_ring *ring, uint64_t ticket, int64_t bytes, bool more)
{
    if (ticket == ring->head)
        return !ring->slots[ticket % (uint64_t)ring->n_slots].full;
    return !more && ticket - ring->head < (uint64_t)ring->n_slots && ring->bytes + bytes <= ring->limit_bytes;
}

bool leat_ring_push(struct leat_ring *ring, uint64_t ticket, struct leat_batch *batches, bool more)
{
    struct leat_slot *slot = &ring->slots[ticket % (uint64_t)ring->n_slots];
    int64_t bytes = bytes_of(batches);
    bool ok;

    pthread_mutex_lock(&ring->lock);
    if (!ring->cancelled && !admits(ring, ticket, bytes, more)) {
        int64_t since = leat_clock_us();

        while (!ring->cancelled && !admits(ring, ticket, bytes, more))
            pthread_cond_wait(&ring->popped, &ring->lock);
        ring->full_us += leat_clock_us() - since;
    }
    ok = !ring->cancelled;
    if (ok) {
        assert(!slot->full);
        *slot = (struct leat_slot){.batches = batches, .bytes = bytes, .full = true, .more = more};
        ring->bytes += bytes;
        ring->n_full++;
    }
    pthread_mutex_unlock(&ring->lock);
    if (!ok) {
        leat_batch_release_list(batches);
        return false;
    }
    pthread_cond_broadcast(&ring->pushed);
    notify(ring);
    return true;
}

static bool at_end(const struct leat_ring *ring)
{
    return ring->cancelled || (ring->closed && ring->head >= ring->end);
}

/* Something at the head that is not in the hands of another consumer. */
static bool ready(const struct leat_ring *ring, bool more)
{
    return ring->slots[ring->head % (uint64_t)ring->n_slots].full && (more || !ring->parted);
}

static enum leat_pop take(struct leat_ring *ring, struct leat_batch **ret, uint64_t *ret_ticket, bool *more)
{
    struct leat_slot *slot = &ring->slots[ring->head % (uint64_t)ring->n_slots];

    *ret = slot->batches;
    *ret_ticket = ring->head;
    ring->parted = *more = slot->more;
    ring->head += !slot->more;
    ring->bytes -= slot->bytes;
    ring->n_full--;
    *slot = (struct leat_slot){0};
    return LEAT_POP_BATCHES;
}

enum leat_pop leat_ring_pop(struct leat_ring *ring, bool wait, struct leat_batch **ret, uint64_t *ret_ticket,
                            bool *more)
{
    enum leat_pop result;
    bool held = *more; /* the ticket at the head is ours */

    pthread_mutex_lock(&ring->lock);
    if (wait && !at_end(ring) && !ready(ring, *more)) {
        int64_t since = leat_clock_us();

        while (!at_end(ring) && !ready(ring, *more))
            pthread_cond_wait(&ring->pushed, &ring->lock);
        ring->empty_us += leat_clock_us() - since;
    }
    if (ring->cancelled)
        result = LEAT_POP_CANCELLED;
    else if (at_end(ring))
        result = LEAT_POP_END;
    else if (!ready(ring, *more))
        result = LEAT_POP_NOTHING;
    else
        result = take(ring, ret, ret_ticket, more);
    pthread_mutex_unlock(&ring->lock);
    if (result == LEAT_POP_BATCHES)
        pthread_cond_broadcast(&ring->popped);
    if (held && !*more)
        pthread_cond_broadcast(&ring->pushed); /* the others may go on */
    return result;
}

static void wake_all(struct leat_ring *ring)
{
    pthread_cond_broadcast(&ring->pushed);
    pthread_cond_broadcast(&ring->popped);
    notify(ring);
}

void leat_ring_close(struct leat_ring *ring, uint64_t end)
{
    pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    ring->end = end;
    pthread_mutex_unlock(&ring->lock);
    wake_all(ring);
}

void leat_ring_cancel(struct leat_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->cancelled = true;
    pthread_mutex_unlock(&ring->lock);
    wake_all(ring);
}

void leat_ring_drain(struct leat_ring *ring)
{
    for (int i = 0; i < ring->n_slots; i++)
        if (ring->slots[i].full)
            leat_batch_release_list(ring->slots[i].batches);
}
