/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Looking at 64 bytes at a time: which of them are a given character, as a
 * bitmap whose bit i is byte i. SSE2 where the compiler has it (every x86-64),
 * else 8 bytes at a time in plain C.
 */
#ifndef LEAT_KIT_CSV_SCAN_H
#define LEAT_KIT_CSV_SCAN_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LEAT_SCAN_BLOCK = 64 };

#ifdef __SSE2__

struct leat_scan {
    __m128i v[4];
};

static inline struct leat_scan leat_scan_load(const char *p)
{
    const __m128i *from = (const __m128i *)(const void *)p;

    return (struct leat_scan){ { _mm_loadu_si128(from), _mm_loadu_si128(from + 1), _mm_loadu_si128(from + 2),
                                 _mm_loadu_si128(from + 3) } };
}

/* Written out, because gcc -O2 keeps a loop over four lanes a loop through memory. */
static inline uint64_t leat_scan_mask(__m128i a, __m128i b, __m128i c, __m128i d)
{
    return (uint64_t)(uint16_t)_mm_movemask_epi8(a) | (uint64_t)(uint16_t)_mm_movemask_epi8(b) << 16 |
           (uint64_t)(uint16_t)_mm_movemask_epi8(c) << 32 | (uint64_t)(uint16_t)_mm_movemask_epi8(d) << 48;
}

static inline uint64_t leat_scan_eq(const struct leat_scan *s, char c)
{
    __m128i want = _mm_set1_epi8(c);

    return leat_scan_mask(_mm_cmpeq_epi8(s->v[0], want), _mm_cmpeq_epi8(s->v[1], want),
                          _mm_cmpeq_epi8(s->v[2], want), _mm_cmpeq_epi8(s->v[3], want));
}

#else

struct leat_scan {
    uint64_t v[8]; /* byte 0 lowest */
};

static inline struct leat_scan leat_scan_load(const char *p)
{
    struct leat_scan s;

    memcpy(s.v, p, sizeof s.v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (int i = 0; i < 8; i++)
        s.v[i] = __builtin_bswap64(s.v[i]);
#endif
    return s;
}

static inline uint64_t leat_scan_eq(const struct leat_scan *s, char c)
{
    const uint64_t low7 = UINT64_C(0x7F7F7F7F7F7F7F7F);
    uint64_t want = UINT64_C(0x0101010101010101) * (uint8_t)c, mask = 0;

    for (int i = 0; i < 8; i++) {
        uint64_t x = s->v[i] ^ want, zero = ~(((x & low7) + low7) | x | low7); /* 0x80 where a byte is equal */

        mask |= ((zero >> 7) * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
    return mask;
}

#endif

/* Copies 16 bytes, whatever is wanted of them: a fixed size is one load and one store. */
static inline void leat_scan_copy16(char *to, const char *from)
{
    memcpy(to, from, 16);
}

#endif
