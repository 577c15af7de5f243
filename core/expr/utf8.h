/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Walking over valid UTF-8. Text was checked where it came in, so nothing here
 * looks for broken sequences, and yet nothing here reads behind the end of a
 * sequence that is cut off.
 */
#ifndef LEAT_EXPR_UTF8_H
#define LEAT_EXPR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* True when all bytes are below 0x80. */
static inline bool ascii(const uint8_t *p, size_t n)
{
    uint64_t w[4] = {0};
    size_t i = 0;

    for (; i + 32 <= n; i += 32) {
        uint64_t v[4];

        memcpy(v, p + i, 32);
        for (int k = 0; k < 4; k++)
            w[k] |= v[k];
    }
    for (; i + 8 <= n; i += 8) {
        uint64_t v;

        memcpy(&v, p + i, 8);
        w[0] |= v;
    }
    for (; i < n; i++)
        w[1] |= p[i];
    return !((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u);
}

/* Bytes of the character that begins with `c`. */
static inline size_t utf8_size(uint8_t c)
{
    return c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static inline bool utf8_begins(uint8_t c)
{
    return (c & 0xC0) != 0x80;
}

/* Characters in n bytes. */
static inline size_t utf8_count(const uint8_t *p, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += utf8_begins(p[i]);
    return count;
}

/* Bytes that the first `count` characters take, at most n. */
static inline size_t utf8_prefix(const uint8_t *p, size_t n, uint64_t count)
{
    size_t i = 0;

    while (i < n && count) {
        i += utf8_size(p[i]);
        count--;
    }
    return i < n ? i : n;
}

/* The character at p, and how many bytes it takes. */
static inline size_t utf8_get(const uint8_t *p, size_t n, int32_t *ret)
{
    size_t size = utf8_size(p[0]);

    if (size > n)
        size = n;
    if (size == 1)
        *ret = p[0];
    else if (size == 2)
        *ret = (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    else if (size == 3)
        *ret = (p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    else
        *ret = (p[0] & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    return size;
}

/* Writes a character, up to 4 bytes. */
static inline size_t utf8_put(uint8_t *p, int32_t c)
{
    if (c < 0x80) {
        p[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (uint8_t)(0xC0 | c >> 6);
        p[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        p[0] = (uint8_t)(0xE0 | c >> 12);
        p[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        p[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    p[0] = (uint8_t)(0xF0 | c >> 18);
    p[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    p[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    p[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

#endif
