/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One run of a pipeline at a time: an flock on NAME.lock in the state folder,
 * which the kernel lets go of with the process, whatever ends it. What the file
 * holds is information only: who has it, and since when.
 */
#ifndef LEAT_DELIVERY_LOCK_H
#define LEAT_DELIVERY_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <leat/error.h>

struct leat_lock {
    int fd; /* -1: not held */
};

/* Takes the lock of a pipeline, waiting for it at most wait_ms; `stop` (may be
 * NULL) is asked meanwhile. LEAT_EBUSY names the holder. Not reentrant: a second
 * one in the same process waits as well. */
LEAT_MUST_CHECK int leat_lock_take(struct leat_lock *lock, const char *folder, const char *name, int64_t wait_ms,
                                   bool (*stop)(void *), void *stop_arg, struct leat_error *err);
/* Also of a lock that could not be taken, if `fd` was -1 before. */
void leat_lock_release(struct leat_lock *lock);
/* Whether somebody has it, for people: it may have changed by now. */
bool leat_lock_is_held(const char *folder, const char *name);

#endif
