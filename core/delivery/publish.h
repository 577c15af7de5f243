/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Files get their final names together, once the whole run is done.
 */
#ifndef LEAT_DELIVERY_PUBLISH_H
#define LEAT_DELIVERY_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct leat_published {
    const char *written, *final;
    int64_t size; /* in bytes; tells it from another one that has the final name, also in a copy of the folder */
};

struct leat_publisher {
    struct leat_arena arena;
    struct leat_published *files;
    int n, cap;
    bool may_be_needed; /* a checkpoint may name some of them: a later run goes on with those */
};

/* A file that is whole and fsynced. Copied. `size`: as a checkpoint has it; -1: look. One thread at a time. */
void leat_publisher_add(struct leat_publisher *publisher, const char *written, const char *final, int64_t size);
/* Renames all and flushes their folders; one that has its name already, from before a crash, is fine. */
LEAT_MUST_CHECK int leat_publisher_commit(struct leat_publisher *publisher, struct leat_error *err);
/* Removes what was not committed and nobody may need. */
void leat_publisher_deinit(struct leat_publisher *publisher);

#endif
