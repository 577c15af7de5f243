/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One text value into the dialect. Nearly all values are clean, so they are
 * copied eight bytes at a time while a word of arithmetic looks whether any byte
 * needs care; only then the value is gone through byte by byte.
 */
#include "table.h"

static const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);

static uint64_t load_word(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static uint64_t zero_bytes(uint64_t word)
{
    return (word - ones) & ~word;
}

/* Not 0 if a byte is a comma, quote, backslash or control character, or begins a character among
 * which there are line ends and blanks (U+0080 to U+00BF, U+2000 to U+2FFF). A borrow can take a
 * clean byte for one behind a byte that is one: that costs time and nothing else. */
static uint64_t careful_bytes(uint64_t word)
{
    uint64_t below_blank = (word - ones * 0x20) & ~word;

    return (below_blank | zero_bytes(word ^ ones * ',') | zero_bytes(word ^ ones * '"') |
            zero_bytes(word ^ ones * '\\') | zero_bytes(word ^ ones * 0x7F) | zero_bytes(word ^ ones * 0xC2) |
            zero_bytes(word ^ ones * 0xE2)) & highs;
}

/* Fewer than 8 bytes, as a word filled up with blanks or with bytes twice. */
static uint64_t load_short(const char *p, size_t n)
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

/* Copies n > 0 bytes and says whether any needs care. */
static bool copy_clean(char *out, const char *text, size_t n)
{
    uint64_t care = 0;

    if (n < 8) {
        for (size_t i = 0; i < n; i++)
            out[i] = text[i];
        return !careful_bytes(load_short(text, n));
    }
    for (size_t i = 0; i + 8 <= n; i += 8) {
        care |= careful_bytes(load_word(text + i));
        memcpy(out + i, text + i, 8);
    }
    care |= careful_bytes(load_word(text + n - 8));
    memcpy(out + n - 8, text + n - 8, 8);
    return !care;
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
