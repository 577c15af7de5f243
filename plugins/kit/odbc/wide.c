/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * UTF-16, in which unixODBC takes and gives wide texts (RFC 2781, section 2).
 */
#include "kit/odbc/odbc.h"
#include "kit/text/text.h"

static uint32_t code_point(const unsigned char *p, size_t n)
{
    if (n == 1)
        return p[0];
    if (n == 2)
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    if (n == 3)
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

static void add_unit(struct leat_put *out, uint32_t unit)
{
    SQLWCHAR wide = (SQLWCHAR)unit;

    leat_put_bytes(out, (const char *)&wide, sizeof wide);
}

bool leat_odbc_wide(const char *text, size_t n, struct leat_put *out)
{
    out->n = 0;
    for (size_t i = 0, length; i < n; i += length) {
        uint32_t c;

        length = leat_text_character(text + i, n - i);
        if (!length)
            return false;
        c = code_point((const unsigned char *)text + i, length);
        if (c >= 0x10000) {
            add_unit(out, 0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        add_unit(out, c);
    }
    add_unit(out, 0);
    if (!out->failed)
        out->n -= sizeof(SQLWCHAR);
    return !out->failed;
}

static char *put_character(char *p, uint32_t c)
{
    if (c < 0x80) {
        *p++ = (char)c;
    } else if (c < 0x800) {
        *p++ = (char)(0xc0 | c >> 6);
        *p++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *p++ = (char)(0xe0 | c >> 12);
        *p++ = (char)(0x80 | (c >> 6 & 0x3f));
        *p++ = (char)(0x80 | (c & 0x3f));
    } else {
        *p++ = (char)(0xf0 | c >> 18);
        *p++ = (char)(0x80 | (c >> 12 & 0x3f));
        *p++ = (char)(0x80 | (c >> 6 & 0x3f));
        *p++ = (char)(0x80 | (c & 0x3f));
    }
    return p;
}

void leat_odbc_narrow(const SQLWCHAR *text, size_t n, struct leat_put *out)
{
    char *p = leat_put_reserve(out, 3 * n + 1);

    for (size_t i = 0; p && i < n; i++) {
        uint32_t c = text[i];

        if (c >= 0xd800 && c < 0xdc00 && i + 1 < n && text[i + 1] >= 0xdc00 && text[i + 1] < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (text[++i] - 0xdc00u);
        p = put_character(p, c);
    }
    if (p)
        out->n = (size_t)(p - out->p);
}
