/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Preloaded into a program (LD_PRELOAD), counts the calls that take memory from
 * the heap, from any thread, and writes the number to the file that
 * LEAT_COUNT_ALLOC names when the program ends. free() is not counted.
 *
 * It calls the allocator of glibc by glibc's own names for it, because looking it
 * up by dlsym() would itself allocate.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

static atomic_llong calls;

static void count(void)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

void *malloc(size_t n)
{
    count();
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    count();
    return __libc_realloc(old, n);
}

void *memalign(size_t alignment, size_t n)
{
    count();
    return __libc_memalign(alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    count();
    return __libc_memalign(alignment, n);
}

int posix_memalign(void **ret, size_t alignment, size_t n)
{
    void *p;

    count();
    p = __libc_memalign(alignment, n);
    if (!p)
        return ENOMEM;
    *ret = p;
    return 0;
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("LEAT_COUNT_ALLOC");
    long long n = atomic_load_explicit(&calls, memory_order_relaxed);
    FILE *out = path ? fopen(path, "w") : NULL;

    if (!out)
        return;
    fprintf(out, "%lld\n", n);
    fclose(out);
}
