/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Whether a text is JSON. Looks and builds nothing.
 */
#include "kit/fields/convert.h"

#include <string.h>

enum { MAX_DEPTH = 64 };

struct cursor {
    const char *p, *end;
    int depth;
};

static bool value(struct cursor *c);

static void spaces(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

static bool take(struct cursor *c, char wanted)
{
    spaces(c);
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool word(struct cursor *c, const char *wanted)
{
    size_t n = strlen(wanted);

    if ((size_t)(c->end - c->p) < n || memcmp(c->p, wanted, n) != 0)
        return false;
    c->p += n;
    return true;
}

static bool digits(struct cursor *c)
{
    const char *from = c->p;

    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return c->p > from;
}

static bool number(struct cursor *c)
{
    bool zero;

    if (c->p < c->end && *c->p == '-')
        c->p++;
    zero = c->p < c->end && *c->p == '0';
    if (zero)
        c->p++;
    else if (!digits(c))
        return false;
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!digits(c))
            return false;
    }
    if (c->p == c->end || (*c->p != 'e' && *c->p != 'E'))
        return true;
    c->p++;
    if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
        c->p++;
    return digits(c);
}

static bool escape(struct cursor *c)
{
    char kind = c->p < c->end ? *c->p++ : '\0';

    if (kind != 'u')
        return kind && strchr("\"\\/bfnrt", kind);
    for (int i = 0; i < 4; i++, c->p++)
        if (c->p == c->end || !*c->p || !strchr("0123456789abcdefABCDEF", *c->p))
            return false;
    return true;
}

static bool string(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    while (c->p < c->end) {
        char at = *c->p++;

        if (at == '"')
            return true;
        if ((unsigned char)at < 0x20 || (at == '\\' && !escape(c)))
            return false;
    }
    return false;
}

static bool members(struct cursor *c, char close, bool named)
{
    if (take(c, close))
        return true;
    do {
        if (named && (!string(c) || !take(c, ':')))
            return false;
        if (!value(c))
            return false;
    } while (take(c, ','));
    return take(c, close);
}

static bool nested(struct cursor *c, char close)
{
    bool good;

    c->p++;
    if (++c->depth > MAX_DEPTH)
        return false;
    good = members(c, close, close == '}');
    c->depth--;
    return good;
}

static bool value(struct cursor *c)
{
    spaces(c);
    if (c->p == c->end)
        return false;
    switch (*c->p) {
    case '{':
        return nested(c, '}');
    case '[':
        return nested(c, ']');
    case '"':
        return string(c);
    case 't':
        return word(c, "true");
    case 'f':
        return word(c, "false");
    case 'n':
        return word(c, "null");
    default:
        return number(c);
    }
}

bool leat_text_is_json(const char *text, size_t n)
{
    struct cursor c = { text, text + n, 0 };

    if (!value(&c))
        return false;
    spaces(&c);
    return c.p == c.end;
}
