/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * An arena: many small things that live equally long. Zero-initialised is
 * empty. Not for use by two threads at once.
 */
#ifndef LEAT_BASE_ARENA_H
#define LEAT_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include <leat/error.h>

struct leat_arena {
    struct leat_arena_block *blocks; /* newest first */
    size_t used, size;               /* in the newest block, bytes */
};

/* Zeroed and aligned for any type. Never NULL. */
void *leat_arena_alloc(struct leat_arena *arena, size_t n) __attribute__((returns_nonnull));
char *leat_arena_strndup(struct leat_arena *arena, const char *text, size_t n) __attribute__((returns_nonnull));
char *leat_arena_strdup(struct leat_arena *arena, const char *text) __attribute__((returns_nonnull));
char *leat_arena_printf(struct leat_arena *arena, const char *format, ...) LEAT_PRINTF(2, 3)
    __attribute__((returns_nonnull));
/* Frees all, and leaves no trace of it in memory; the arena is empty and can be used again. */
void leat_arena_deinit(struct leat_arena *arena);

#endif
