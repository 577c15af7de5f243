/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One run of a pipeline at a time. The kernel holds the lock and drops it with
 * the process, so there are no stale ones; what the file says is for people.
 */
#ifndef LEAT_DELIVERY_LOCK_H
#define LEAT_DELIVERY_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <leat/error.h>

struct leat_lock {
    int fd; /* -1: not held */
};

/* Takes the lock file, or waits for it until `wait_ms` have passed or *stop has
 * become true (may be NULL). LEAT_EBUSY: another run holds it, and the text
 * names its process and since when. */
LEAT_MUST_CHECK int leat_lock_take(struct leat_lock *lock, const char *path, int64_t wait_ms,
                                   const volatile bool *stop, struct leat_error *err);
/* Lets go of it. Also for a zeroed lock whose fd is -1. */
void leat_lock_release(struct leat_lock *lock);

#endif
