/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/text/put.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "kit/text/text.h"

enum { FIRST_ROOM = 512 };

static void wipe(struct leat_put *put)
{
    if (put->p)
        explicit_bzero(put->p, put->cap);
    free(put->p);
}

char *leat_put_reserve(struct leat_put *put, size_t n)
{
    size_t cap = put->cap ? put->cap : FIRST_ROOM;
    char *grown;

    if (put->cap - put->n >= n && put->p)
        return put->p + put->n;
    while (cap - put->n < n)
        cap *= 2;
    grown = malloc(cap); /* not realloc, which may leave what was there where it was */
    if (!grown) {
        put->failed = true;
        return NULL;
    }
    if (put->n)
        memcpy(grown, put->p, put->n);
    wipe(put);
    put->p = grown;
    put->cap = cap;
    return put->p + put->n;
}

void leat_put_bytes(struct leat_put *put, const char *bytes, size_t n)
{
    char *out = leat_put_reserve(put, n);

    if (!out || !n)
        return;
    memcpy(out, bytes, n);
    put->n += n;
}

void leat_put_string(struct leat_put *put, const char *text)
{
    leat_put_bytes(put, text, strlen(text));
}

void leat_put_hex(struct leat_put *put, const char *bytes, size_t n)
{
    char *out = leat_put_reserve(put, 2 * n);

    if (out)
        put->n += (size_t)(leat_hex_put(out, bytes, n) - out);
}

void leat_put_printf(struct leat_put *put, const char *format, ...)
{
    va_list args, again;
    char *out;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    out = n < 0 ? NULL : leat_put_reserve(put, (size_t)n + 1);
    if (out)
        put->n += (size_t)vsnprintf(out, (size_t)n + 1, format, again);
    put->failed |= !out;
    va_end(again);
    va_end(args);
}

char *leat_put_end(struct leat_put *put)
{
    char *out = put->failed ? NULL : leat_put_reserve(put, 1);

    if (!out)
        return NULL;
    *out = '\0';
    return put->p;
}

void leat_put_free(struct leat_put *put)
{
    wipe(put);
    *put = (struct leat_put){ 0 };
}
