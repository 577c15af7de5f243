/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Memory that cannot be had ends the process: one line on stderr, exit 74. What
 * is on disk is whole at any moment, so this is the same as being killed, and
 * no caller needs a path that is never tested. Buffers whose size the data
 * decides are bounded before they are asked for (max_record, memory).
 */
#ifndef LEAT_BASE_ALLOC_H
#define LEAT_BASE_ALLOC_H

#include <stddef.h>

/* Zeroed. Free with free(). n may be 0. */
void *leat_alloc(size_t n) __attribute__((malloc, returns_nonnull));
void *leat_alloc_array(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* What is new is not zeroed. */
void *leat_realloc(void *old, size_t n) __attribute__((returns_nonnull));
char *leat_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *leat_strndup(const char *text, size_t n) __attribute__((malloc, returns_nonnull));
/* Room for one more in a growing array: at least n + 1 elements of `size`. */
void *leat_grow(void *old, int n, int *cap, size_t size) __attribute__((returns_nonnull));

#endif
