/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { BLOCK = 16 * 1024 - 64 };

struct leat_arena_block {
    struct leat_arena_block *next;
    size_t size;
    max_align_t data[];
};

void *leat_arena_alloc(struct leat_arena *arena, size_t n)
{
    void *p;

    n = (n + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    if (!arena->blocks || n > arena->size - arena->used) {
        size_t size = n > BLOCK ? n : BLOCK;
        struct leat_arena_block *block = leat_alloc(sizeof *block + size);

        block->next = arena->blocks;
        block->size = size;
        arena->blocks = block;
        arena->used = 0;
        arena->size = size;
    }
    p = (char *)arena->blocks->data + arena->used;
    arena->used += n;
    return p;
}

char *leat_arena_strndup(struct leat_arena *arena, const char *text, size_t n)
{
    char *p = leat_arena_alloc(arena, n + 1);

    memcpy(p, text, n);
    return p;
}

char *leat_arena_strdup(struct leat_arena *arena, const char *text)
{
    return leat_arena_strndup(arena, text, strlen(text));
}

char *leat_arena_printf(struct leat_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *p;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    p = leat_arena_alloc(arena, (size_t)(n > 0 ? n : 0) + 1);
    if (n > 0)
        (void)vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

void leat_arena_deinit(struct leat_arena *arena)
{
    while (arena->blocks) {
        struct leat_arena_block *next = arena->blocks->next;

        explicit_bzero(arena->blocks->data, arena->blocks->size); /* there may be secrets among it */
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = arena->size = 0;
}
