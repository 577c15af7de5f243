/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/json/json.h"

#include <string.h>

static unsigned hex4(const char *p)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return value;
}

static char *add_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* `p` is behind \u; returns where the escape, or the pair of them, ends; NULL for half a pair. */
static const char *unicode(const char *p, const char *end, char **out)
{
    unsigned c = hex4(p), low;

    p += 4;
    if (c >= 0xDC00 && c <= 0xDFFF)
        return NULL;
    if (c >= 0xD800 && c <= 0xDBFF) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
            return NULL;
        low = hex4(p + 2);
        if (low < 0xDC00 || low > 0xDFFF)
            return NULL;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    }
    *out = add_utf8(*out, c);
    return p;
}

static char plain_escape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

bool leat_json_unescape(const char *text, size_t n, char *out, size_t *ret_n)
{
    const char *end = text + n;
    char *begin = out;

    while (text < end) {
        const char *slash = memchr(text, '\\', (size_t)(end - text));
        size_t run = (size_t)((slash ? slash : end) - text);

        memmove(out, text, run);
        out += run;
        text += run;
        if (!slash)
            break;
        text += 2;
        if (text[-1] != 'u')
            *out++ = plain_escape(text[-1]);
        else if (!(text = unicode(text, end, &out)))
            return false;
    }
    *ret_n = (size_t)(out - begin);
    return true;
}

static char *add_escaped(char *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef", letters[] = "btnvfr"; /* 8 to 13; \v is not JSON */

    *out++ = '\\';
    if (c >= 8 && c <= 13 && c != 11) {
        *out++ = letters[c - 8];
    } else if (c < 0x20) {
        memcpy(out, "u00", 3);
        out[3] = hex[c >> 4];
        out[4] = hex[c & 15];
        out += 5;
    } else {
        *out++ = (char)c;
    }
    return out;
}

char *leat_json_escape_slice(char *out, const char *text, size_t n)
{
    const char *end = text + n;

    while (text < end) {
        uint64_t word;

        while (end - text >= 8 && (memcpy(&word, text, 8), !leat_json_special(word))) {
            memcpy(out, &word, 8);
            out += 8;
            text += 8;
        }
        for (int i = 0; i < 8 && text < end; i++) {
            unsigned char c = (unsigned char)*text++;

            if (c < 0x20 || c == '"' || c == '\\')
                out = add_escaped(out, c);
            else
                *out++ = (char)c;
        }
    }
    return out;
}

char *leat_json_escape(char *out, const char *text, size_t n)
{
    *out++ = '"';
    out = leat_json_escape_slice(out, text, n);
    *out++ = '"';
    return out;
}
