/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Most patterns that clean data up take characters of one class away, or a
 * fixed start: '\D', '[^0-9+]', '\s+', '^0', '^\+33'. A call of PCRE2 costs
 * 50 ns and more for each match, of which a phone number has several, while a
 * table costs less than 1 ns a byte. So these few forms are done here, exactly
 * as PCRE2 does them with PCRE2_UTF and without PCRE2_UCP: \d \s \w are ASCII,
 * a negated class has all other characters, and a character counts once
 * whatever its bytes. All else, and all that could mean something else in some
 * corner, is left to PCRE2; a unit test runs both side by side.
 */
#include "expr/regexp.h"

#include <string.h>

#include "expr/utf8.h"

/* The classes of one letter. False: none of them. */
static bool add_named(char letter, bool *members)
{
    const char *of = letter == 'd'   ? "0123456789"
                     : letter == 's' ? " \t\n\v\f\r"
                     : letter == 'w' ? "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     : NULL;

    for (const char *c = of; c && *c; c++)
        members[(unsigned char)*c] = true;
    return of != NULL;
}

static void invert(struct leat_simple_pattern *s)
{
    for (int c = 0; c < 128; c++)
        s->members[c] = !s->members[c];
    s->others = !s->others;
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Punctuation that an escape makes literal, in a class or out of it. */
static bool is_escapable(uint8_t c)
{
    return c > ' ' && c < 0x7F && !is_alnum(c);
}

/* One item between [ and ]; p moves behind it. */
static bool class_item(const uint8_t **p, const uint8_t *end, bool *members)
{
    uint8_t c = *(*p)++;

    if (c == '\\') {
        if (*p == end)
            return false;
        c = *(*p)++;
        if (add_named((char)c, members))
            return *p < end && **p != '-';
        if (!is_escapable(c))
            return false;
        members[c] = true;
        return *p < end && **p != '-';
    }
    if (is_alnum(c) && end - *p >= 2 && **p == '-' && is_alnum((*p)[1])) {
        uint8_t last = (*p)[1];

        *p += 2;
        for (int k = c; k <= last; k++)
            members[k] = true;
        return c <= last;
    }
    /* A - is literal only at an end, [ may begin a class of POSIX. */
    if (c >= 0x80 || c < ' ' || c == '[' || c == '^' || (c == '-' && *p < end && **p != ']'))
        return false;
    members[c] = true;
    return *p == end || **p != '-' || (end - *p >= 2 && (*p)[1] == ']');
}

static bool parse_class(const uint8_t **p, const uint8_t *end, struct leat_simple_pattern *s)
{
    bool negated;

    if (end - *p >= 2 && **p == '\\') {
        char letter = (char)(*p)[1];

        *p += 2;
        if (add_named((char)(letter | 0x20), s->members)) {
            if (letter >= 'A' && letter <= 'Z')
                invert(s);
            return true;
        }
        return false;
    }
    if (end - *p < 3 || **p != '[')
        return false;
    (*p)++;
    negated = **p == '^';
    *p += negated;
    if (*p == end || **p == ']')
        return false;
    while (*p < end && **p != ']')
        if (!class_item(p, end, s->members))
            return false;
    if (*p == end)
        return false;
    (*p)++;
    if (negated)
        invert(s);
    return true;
}

static bool parse_prefix(const uint8_t *p, const uint8_t *end, struct leat_simple_pattern *s)
{
    if (p == end || *p++ != '^')
        return false;
    while (p < end && s->n < sizeof s->prefix) {
        uint8_t c = *p++;

        if (c == '\\') {
            if (p == end || !is_escapable(*p))
                return false;
            c = *p++;
        } else if (c == '+' && s->n && p == end) {
            s->repeated = true;
            return true;
        } else if (c >= 0x80 || c < ' ' || strchr("^$.[|()?*+{", c)) {
            return false;
        }
        if (p < end && strchr("?*{", *p)) /* a quantifier that is not ours */
            return false;
        s->prefix[s->n++] = c;
    }
    return p == end && s->n;
}

struct leat_simple_pattern leat_simple_pattern(const uint8_t *pattern, size_t n)
{
    struct leat_simple_pattern s = {0};
    const uint8_t *p = pattern, *end = pattern + n;

    if (memchr(pattern, '\0', n))
        return s;
    if (parse_class(&p, end, &s)) {
        s.repeated = p < end && *p == '+';
        p += s.repeated;
        if (p == end)
            s.shape = SHAPE_CLASS;
        return s;
    }
    s = (struct leat_simple_pattern){0};
    if (parse_prefix(pattern, end, &s))
        s.shape = SHAPE_PREFIX;
    return s;
}

size_t leat_simple_bytes(const struct leat_simple_pattern *s, size_t n, size_t n_with)
{
    return s->shape == SHAPE_CLASS ? n * (n_with ? n_with : 1) : n + n_with;
}

static size_t replace_prefix(const struct leat_simple_pattern *s, const uint8_t *p, size_t n, const uint8_t *with,
                             size_t n_with, uint8_t *out)
{
    size_t skip = s->n, size = 0;

    if (n < s->n || memcmp(p, s->prefix, s->n) != 0) {
        memcpy(out, p, n);
        return n;
    }
    while (s->repeated && skip < n && p[skip] == s->prefix[s->n - 1])
        skip++;
    if (n_with)
        memcpy(out, with, n_with);
    size = n_with;
    memcpy(out + size, p + skip, n - skip);
    return size + n - skip;
}

/* Without a replacement there is no branch on the data. */
static size_t delete_class(const struct leat_simple_pattern *s, const uint8_t *p, size_t n, uint8_t *out)
{
    size_t size = 0;

    for (size_t i = 0; i < n; i++) {
        out[size] = p[i];
        size += !(p[i] < 0x80 ? s->members[p[i]] : s->others);
    }
    return size;
}

size_t leat_simple_replace(const struct leat_simple_pattern *s, const uint8_t *p, size_t n, const uint8_t *with,
                           size_t n_with, uint8_t *out)
{
    bool before = false; /* the character before matched, too */
    size_t size = 0;

    if (!n && s->shape == SHAPE_CLASS)
        return 0;
    if (s->shape == SHAPE_PREFIX)
        return n ? replace_prefix(s, p, n, with, n_with, out) : 0;
    if (!n_with)
        return delete_class(s, p, n, out);
    for (size_t i = 0; i < n; i++) {
        bool hit = p[i] < 0x80 ? s->members[p[i]] : s->others;

        if (!hit) {
            out[size++] = p[i];
        } else if (utf8_begins(p[i]) && !(s->repeated && before)) {
            memcpy(out + size, with, n_with);
            size += n_with;
        }
        before = hit;
    }
    return size;
}
