/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Waiting for a socket without being deaf to a stop.
 */
#ifndef LEAT_KIT_POSTGRES_WAIT_H
#define LEAT_KIT_POSTGRES_WAIT_H

#include <poll.h>

#include <leat/stage.h>

enum { LISTEN_MS = 200 };

static inline bool is_cancelled(struct leat_stage *stage)
{
    return stage && leat_stage_cancelled(stage);
}

/* True once it can be read, or written; false after a while. */
static inline bool wait_for(int fd, bool read)
{
    struct pollfd p = { .fd = fd, .events = read ? POLLIN : POLLOUT };

    return poll(&p, 1, LISTEN_MS) > 0;
}

#endif
