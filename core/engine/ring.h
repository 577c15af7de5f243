/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A ring between two segments: bounded in slots and in bytes, never drops, and
 * keeps the order however many workers stand at either end.
 *
 * A slot holds what one extracted batch has become: a list of batches. Slots
 * are numbered by tickets. A producer pushes a ticket when its slot is within
 * the ring; the ticket that is next to be popped is always admitted, also over
 * the byte limit, so that workers who are done early cannot lock out the one
 * that everybody waits for.
 *
 *     head (next to pop)              head + n_slots
 *       ▼                                  ▼
 *     ──┬──────┬──────┬──────┬──────┬──────┬──
 *       │ full │ open │ full │ open │ open │      a push of ticket head + 1 is what is missing
 *     ──┴──────┴──────┴──────┴──────┴──────┴──
 *
 * What becomes of one batch may be more than memory holds (a split). Then its
 * ticket comes in parts: each waits for its turn and for the part before it to
 * be popped, and whoever has popped the first part pops the others, too.
 *
 * All functions may be called from any thread. push and pop block; cancel wakes
 * everybody, close wakes those who wait for more.
 */
#ifndef LEAT_ENGINE_RING_H
#define LEAT_ENGINE_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <leat/batch.h>

struct leat_slot {
    struct leat_batch *batches; /* chained by host->next */
    int64_t bytes;
    bool full;           /* may be popped */
    bool more;           /* is a part: the same ticket comes again */
};

struct leat_ring {
    pthread_mutex_t lock;
    pthread_cond_t pushed, popped;
    struct leat_slot *slots;
    int n_slots, n_full;
    int64_t limit_bytes, bytes;
    uint64_t head;       /* ticket next to be popped */
    uint64_t end;        /* once closed: the first ticket that never comes */
    bool parted;         /* parts of the ticket at the head have been popped, the last one not */
    bool closed, cancelled;
    int notify_fd;       /* an eventfd written at each push, close and cancel; -1: none */
    int64_t full_us, empty_us; /* how long producers and consumers have waited */
};

enum leat_pop { LEAT_POP_BATCHES, LEAT_POP_END, LEAT_POP_CANCELLED, LEAT_POP_NOTHING };

int leat_ring_init(struct leat_ring *ring, int n_slots, int64_t limit_bytes, bool notify, struct leat_error *err);
void leat_ring_deinit(struct leat_ring *ring); /* what is in it must have been taken or drained */
/* Takes the references over, also when it returns false (cancelled). `more`: a
 * part; the ticket must be pushed again. */
bool leat_ring_push(struct leat_ring *ring, uint64_t ticket, struct leat_batch *batches, bool more);
/* Gives the references away. With `wait` false it may say LEAT_POP_NOTHING.
 * *more is the consumer's own: false at first, then as the last pop left it. */
enum leat_pop leat_ring_pop(struct leat_ring *ring, bool wait, struct leat_batch **ret, uint64_t *ret_ticket,
                            bool *more);
/* No ticket from `end` on will come. */
void leat_ring_close(struct leat_ring *ring, uint64_t end);
void leat_ring_cancel(struct leat_ring *ring);
/* Lets go of what is left in a cancelled ring; nobody may use it any more. */
void leat_ring_drain(struct leat_ring *ring);

#endif
