/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "expr/json.h"

#include <string.h>

#include "expr/utf8.h"

enum { MAX_DEPTH = 512 };

static void space(struct leat_json *j)
{
    while (j->p < j->end && memchr(" \t\r\n", *j->p, 4))
        j->p++;
}

static bool accept(struct leat_json *j, char c)
{
    space(j);
    if (j->p == j->end || *j->p != c)
        return false;
    j->p++;
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool skip_escape(struct leat_json *j)
{
    if (j->p == j->end)
        return false;
    if (*j->p != 'u')
        return memchr("\"\\/bfnrt", *j->p++, 8) != NULL;
    if (j->end - j->p < 5)
        return false;
    for (int i = 1; i <= 4; i++)
        if (hex(j->p[i]) < 0)
            return false;
    j->p += 5;
    return true;
}

static bool skip_string(struct leat_json *j)
{
    if (!accept(j, '"'))
        return false;
    while (j->p < j->end) {
        unsigned char c = (unsigned char)*j->p++;

        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !skip_escape(j)))
            return false;
    }
    return false;
}

static bool skip_digits(struct leat_json *j)
{
    const char *from = j->p;

    while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
        j->p++;
    return j->p > from;
}

static bool skip_number(struct leat_json *j)
{
    if (j->p < j->end && *j->p == '-')
        j->p++;
    if (j->p < j->end && *j->p == '0')
        j->p++;
    else if (!skip_digits(j))
        return false;
    if (j->p < j->end && *j->p == '.') {
        j->p++;
        if (!skip_digits(j))
            return false;
    }
    if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
        j->p++;
        if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
            j->p++;
        return skip_digits(j);
    }
    return true;
}

static bool skip_word(struct leat_json *j, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
        return false;
    j->p += n;
    return true;
}

static bool skip_scalar(struct leat_json *j)
{
    space(j);
    if (j->p == j->end)
        return false;
    switch (*j->p) {
    case '"':
        return skip_string(j);
    case 't':
        return skip_word(j, "true");
    case 'f':
        return skip_word(j, "false");
    case 'n':
        return skip_word(j, "null");
    default:
        return skip_number(j);
    }
}

/* The lists and documents that are open are a stack of bits, not of calls. */
bool leat_json_skip(struct leat_json *j)
{
    bool document[MAX_DEPTH];
    int depth = 0;

    for (;;) {
        bool opened = false;

        space(j);
        if (j->p < j->end && (*j->p == '{' || *j->p == '[')) {
            if (depth == MAX_DEPTH)
                return false;
            document[depth++] = *j->p++ == '{';
            opened = !accept(j, document[depth - 1] ? '}' : ']');
            depth -= !opened;
        } else if (!skip_scalar(j)) {
            return false;
        }
        while (!opened && depth && !accept(j, ',')) {
            if (!accept(j, document[depth - 1] ? '}' : ']'))
                return false;
            depth--;
        }
        if (!depth)
            return true;
        if (document[depth - 1] && (!skip_string(j) || !accept(j, ':')))
            return false;
    }
}

bool leat_json_valid(const char *text, size_t n)
{
    struct leat_json j = {text, text + n};

    if (!leat_json_skip(&j))
        return false;
    space(&j);
    return j.p == j.end;
}

/* ---- paths ---- */

/* The unit behind \u at p, and how many bytes it takes with its pair. */
static int32_t unit(const char *p, const char *end, size_t *ret_n)
{
    int32_t high = hex(p[0]) << 12 | hex(p[1]) << 8 | hex(p[2]) << 4 | hex(p[3]), low;

    *ret_n = 4;
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high <= 0xDBFF && end - p >= 10 && p[4] == '\\' && p[5] == 'u') {
        low = hex(p[6]) << 12 | hex(p[7]) << 8 | hex(p[8]) << 4 | hex(p[9]);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *ret_n = 10;
            return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD; /* half a pair is no character */
}

size_t leat_json_unquote(struct leat_json s, uint8_t *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *p = s.p + 1, *end = s.end - 1, *known;
    size_t n = 0, size;

    while (p < end) {
        if (*p != '\\') {
            out[n++] = (uint8_t)*p++;
            continue;
        }
        p++;
        if (*p == 'u') {
            n += utf8_put(out + n, unit(p + 1, end, &size));
            p += 1 + size;
        } else {
            known = memchr(from, *p, 5);
            out[n++] = (uint8_t)(known ? to[known - from] : *p);
            p++;
        }
    }
    return n;
}

/* Whether a string, quotes included, stands for the key. Keys with escapes are
 * rare, and short enough for the stack. */
static bool is_key(struct leat_json s, const struct leat_json_step *step)
{
    uint8_t plain[256];
    size_t n = (size_t)(s.end - s.p) - 2;

    if (!memchr(s.p, '\\', n + 2))
        return n == step->n_key && memcmp(s.p + 1, step->key, n) == 0;
    return n <= sizeof plain && leat_json_unquote(s, plain) == step->n_key &&
           memcmp(plain, step->key, step->n_key) == 0;
}

/* Into the member or element: 1 found, 0 there is none, -1 no JSON. */
static int enter(struct leat_json *j, const struct leat_json_step *step)
{
    char close = step->key ? '}' : ']';
    int64_t index = 0;

    if (!accept(j, step->key ? '{' : '['))
        return 0;
    if (accept(j, close))
        return 0;
    do {
        if (step->key) {
            struct leat_json key;

            space(j);
            key.p = j->p;
            if (!skip_string(j))
                return -1;
            key.end = j->p;
            if (!accept(j, ':'))
                return -1;
            if (is_key(key, step))
                return 1;
        } else if (index++ == step->index) {
            return 1;
        }
        if (!leat_json_skip(j))
            return -1;
    } while (accept(j, ','));
    return accept(j, close) ? 0 : -1;
}

int leat_json_find(const char *text, size_t n, const struct leat_json_step *steps, int n_steps, struct leat_json *ret)
{
    struct leat_json j = {text, text + n};

    for (int i = 0; i < n_steps; i++) {
        int found = enter(&j, &steps[i]);

        if (found == 0) /* nothing there: is it JSON at all? */
            return leat_json_valid(text, n) ? 0 : -1;
        if (found < 0)
            return -1;
    }
    space(&j);
    ret->p = j.p;
    if (!leat_json_skip(&j))
        return -1;
    ret->end = j.p;
    return 1;
}
