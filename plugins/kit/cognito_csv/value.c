/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One text value into the dialect. Nearly all values are clean, so they are
 * copied sixteen bytes at a time while a few vector instructions look whether
 * any byte needs care; only then the value is gone through byte by byte.
 */
#include "kit/cognito_csv/table.h"

/* Sixteen bytes; the compiler makes SSE2 or NEON of it, or plain code. */
typedef uint8_t block __attribute__((vector_size(16)));

union bytes16 {
    block bytes;
    uint64_t words[2];
};

/* Not 0 where a byte is a comma, quote, backslash or control character, or begins a character among
 * which there are line ends and controls (U+0080 to U+00BF, U+2000 to U+2FFF). */
static inline block careful(block b)
{
    return (block)((b < 0x20) | (b == ',') | (b == '"') | (b == '\\') | (b == 0x7F) | (b == 0xC2) | (b == 0xE2));
}

static inline block load_block(const char *p)
{
    block b;

    memcpy(&b, p, sizeof b);
    return b;
}

/* Fewer than 8 bytes, filled up with blanks or with bytes twice. */
static inline uint64_t load_short(const char *p, size_t n)
{
    uint32_t first, last;

    if (n >= 4) {
        memcpy(&first, p, sizeof first);
        memcpy(&last, p + n - 4, sizeof last);
        return first | (uint64_t)last << 32;
    }
    return (uint8_t)p[0] | (uint64_t)(uint8_t)p[n / 2] << 8 | (uint64_t)(uint8_t)p[n - 1] << 16 |
           UINT64_C(0x2020202020000000);
}

/* Fewer than 16 bytes, copied by what is loaded for the look at them. */
static inline block copy_short(char *out, const char *text, size_t n)
{
    union bytes16 b;

    if (n >= 8) {
        memcpy(&b.words[0], text, 8);
        memcpy(&b.words[1], text + n - 8, 8);
        memcpy(out, &b.words[0], 8);
        memcpy(out + n - 8, &b.words[1], 8);
        return b.bytes;
    }
    b.words[0] = b.words[1] = load_short(text, n);
    for (size_t i = 0; i < n; i++)
        out[i] = text[i];
    return b.bytes;
}

/* Copies n > 0 bytes and says whether none needs care. */
static inline bool copy_clean(char *out, const char *text, size_t n)
{
    union bytes16 care = { .words = { 0, 0 } };
    block last;

    if (n < 16) {
        care.bytes = careful(copy_short(out, text, n));
        return !(care.words[0] | care.words[1]);
    }
    for (size_t i = 0; i + 16 <= n; i += 16) {
        block b = load_block(text + i);

        care.bytes |= careful(b);
        memcpy(out + i, &b, sizeof b);
    }
    last = load_block(text + n - 16);
    care.bytes |= careful(last);
    memcpy(out + n - 16, &last, sizeof last);
    return !(care.words[0] | care.words[1]);
}

/* Bytes of a white space character of Unicode, or of U+FEFF, at the start of the text; else 0. */
static size_t space_at(const unsigned char *p, size_t n)
{
    if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))
        return 1;
    if (n >= 2 && p[0] == 0xC2 && (p[1] == 0x85 || p[1] == 0xA0))
        return 2;
    if (n < 3)
        return 0;
    if (p[0] == 0xE2 && p[1] == 0x80 && (p[2] <= 0x8A || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF))
        return 3;
    if ((p[0] == 0xE2 && p[1] == 0x81 && p[2] == 0x9F) || (p[0] == 0xE1 && p[1] == 0x9A && p[2] == 0x80) ||
        (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) || (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF))
        return 3;
    return 0;
}

/* White space at an end would be cut off by the import, and the value silently be another one. */
static bool has_outer_space(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t last = n - 1;

    while (last > 0 && n - last < 4 && (p[last] & 0xC0) == 0x80)
        last--;
    return space_at(p, n) || space_at(p + last, n - last);
}

/* What a byte, or the character that begins there, is not allowed for; 0 if it is. */
static int fault_at(const unsigned char *p, size_t n)
{
    if (*p == '\n' || *p == '\r' || *p == 0x0B || *p == 0x0C)
        return TABLE_LINE_BREAK;
    if (*p == '\t')
        return TABLE_TAB;
    if (*p == '"')
        return TABLE_QUOTE;
    if (*p == '\\')
        return TABLE_BACKSLASH;
    if (*p < ' ' || *p == 0x7F)
        return TABLE_CONTROL;
    if (n >= 2 && p[0] == 0xC2 && p[1] < 0xA0)
        return p[1] == 0x85 ? TABLE_LINE_BREAK : TABLE_CONTROL;
    if (n >= 3 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
        return TABLE_LINE_BREAK;
    return 0;
}

static char *copy_with_care(char *out, const char *text, size_t n, int *ret_fault)
{
    for (size_t i = 0; i < n; i++) {
        int fault = fault_at((const unsigned char *)text + i, n - i);

        if (fault) {
            *ret_fault = fault;
            return NULL;
        }
        if (text[i] == ',')
            *out++ = '\\';
        *out++ = text[i];
    }
    return out;
}

/* Whether an end of the text may be white space; the rest is for has_outer_space. */
static bool suspicious_end(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80;
}

char *table_copy_value(char *out, const char *text, size_t n, int *ret_fault)
{
    bool clean = copy_clean(out, text, n);

    if ((suspicious_end(text[0]) || suspicious_end(text[n - 1])) && has_outer_space(text, n)) {
        *ret_fault = TABLE_OUTER_SPACE;
        return NULL;
    }
    return clean ? out + n : copy_with_care(out, text, n, ret_fault);
}
