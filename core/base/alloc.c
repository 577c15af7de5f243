/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "leat: out of memory; what is on disk is whole, run again with a smaller `memory:`\n";

    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EX_IOERR);
    _exit(EX_IOERR);
}

void *leat_alloc(size_t n)
{
    return leat_alloc_array(n ? n : 1, 1);
}

void *leat_alloc_array(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        out_of_memory();
    return p;
}

void *leat_realloc(void *old, size_t n)
{
    void *p = realloc(old, n ? n : 1);

    if (!p)
        out_of_memory();
    return p;
}

char *leat_strdup(const char *text)
{
    return leat_strndup(text, strlen(text));
}

char *leat_strndup(const char *text, size_t n)
{
    char *p = leat_alloc(n + 1);

    memcpy(p, text, n);
    return p;
}

void *leat_grow(void *old, int n, int *cap, size_t size)
{
    if (n < *cap)
        return old;
    if (*cap > INT32_MAX / 2)
        out_of_memory();
    *cap = *cap ? *cap * 2 : 16;
    return leat_realloc(old, (size_t)*cap * size);
}
