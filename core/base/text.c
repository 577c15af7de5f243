/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/alloc.h"

static void reserve(struct leat_text_buffer *b, size_t n)
{
    if (b->n + n + 1 <= b->cap)
        return;
    b->cap = (b->n + n + 1) * 2;
    b->p = leat_realloc(b->p, b->cap);
}

void leat_text_add(struct leat_text_buffer *b, const char *text, size_t n)
{
    reserve(b, n);
    if (n)
        memcpy(b->p + b->n, text, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void leat_text_add_string(struct leat_text_buffer *b, const char *text)
{
    leat_text_add(b, text, strlen(text));
}

void leat_text_printf(struct leat_text_buffer *b, const char *format, ...)
{
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        reserve(b, (size_t)n);
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void leat_text_deinit(struct leat_text_buffer *b)
{
    free(b->p);
    *b = (struct leat_text_buffer){0};
}

/* Length of the well-formed sequence at s, or 0 (RFC 3629, section 4). */
static size_t sequence(const unsigned char *s, size_t n)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t length;

    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        length = 2;
    } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        low = s[0] == 0xE0 ? 0xA0 : 0x80;
        high = s[0] == 0xED ? 0x9F : 0xBF; /* no surrogates */
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        low = s[0] == 0xF0 ? 0x90 : 0x80;
        high = s[0] == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (n < length || s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (s[i] < 0x80 || s[i] > 0xBF)
            return 0;
    return length;
}

/* What a terminal obeys instead of showing it: C1 controls, line separators, and the marks
 * that turn the direction of writing, which let a text pass for another one. */
static bool is_obeyed(utf8proc_int32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

static void add_escaped(struct leat_text_buffer *b, utf8proc_int32_t point)
{
    if (point == '\n' || point == '\t')
        leat_text_add_string(b, point == '\n' ? "\\n" : "\\t");
    else
        leat_text_printf(b, point < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)point);
}

static void add_json_character(struct leat_text_buffer *b, const char *text, size_t n)
{
    unsigned char c = (unsigned char)*text;
    utf8proc_int32_t point = c;

    if (n > 1)
        (void)utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &point);
    if (c == '"' || c == '\\')
        leat_text_printf(b, "\\%c", c);
    else if (c == '\n')
        leat_text_add(b, "\\n", 2);
    else if (c < 0x20 || (n > 1 && is_obeyed(point)))
        leat_text_printf(b, "\\u%04x", (unsigned)point);
    else
        leat_text_add(b, text, n);
}

void leat_text_add_json(struct leat_text_buffer *b, const char *text, size_t n)
{
    leat_text_add(b, "\"", 1);
    for (size_t i = 0; i < n;) {
        size_t length = sequence((const unsigned char *)text + i, n - i);

        if (length)
            add_json_character(b, text + i, length);
        else
            leat_text_add(b, "\\ufffd", 6); /* a file's name may be any bytes, and JSON may not */
        i += length ? length : 1;
    }
    leat_text_add(b, "\"", 1);
}

void leat_text_add_json_string(struct leat_text_buffer *b, const char *text)
{
    if (text)
        leat_text_add_json(b, text, strlen(text));
    else
        leat_text_add_string(b, "null");
}

void leat_text_add_visible(struct leat_text_buffer *b, const char *text, size_t n)
{
    utf8proc_ssize_t length;

    leat_text_add(b, "", 0);
    for (size_t i = 0; i < n; i += (size_t)length) {
        utf8proc_int32_t point;

        length = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &point);
        if (length <= 0) {
            leat_text_printf(b, "\\x%02x", (unsigned char)text[i]);
            length = 1;
        } else if (is_obeyed(point)) {
            add_escaped(b, point);
        } else {
            leat_text_add(b, text + i, (size_t)length);
        }
    }
}

size_t leat_utf8_valid(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0;

    while (i < n) {
        size_t length;
        uint64_t eight;

        while (n - i >= 8) { /* nearly all text is ASCII: eight bytes at a time */
            memcpy(&eight, s + i, 8);
            if (eight & 0x8080808080808080u)
                break;
            i += 8;
        }
        if (i == n)
            break;
        length = sequence(s + i, n - i);
        if (!length)
            return i;
        i += length;
    }
    return n;
}

int leat_text_width(const char *text, size_t n)
{
    int width = 0;

    for (size_t i = 0; i < n;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &point);

        if (length <= 0)
            return width + (int)(n - i);
        width += utf8proc_charwidth(point);
        i += (size_t)length;
    }
    return width;
}

size_t leat_text_fit(const char *text, size_t n, int width)
{
    size_t at = 0, next;

    for (; at < n; at = next) {
        for (next = at + 1; next < n && ((unsigned char)text[next] & 0xC0) == 0x80; next++)
            ;
        width -= leat_text_width(text + at, next - at);
        if (width < 0)
            break;
    }
    return at;
}

enum { MAX_NAME = 64 };

/* Optimal string alignment distance, case ignored: swaps count once. */
static int distance(const char *a, const char *b)
{
    int rows[3][MAX_NAME + 1];
    int na = (int)strlen(a), nb = (int)strlen(b);

    if (na > MAX_NAME || nb > MAX_NAME)
        return INT32_MAX; /* nothing is near it */
    for (int j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (int i = 1; i <= na; i++) {
        int *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        now[0] = i;
        for (int j = 1; j <= nb; j++) {
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            int best = last[j - 1] + !same;

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[na % 3][nb];
}

const char *leat_nearest(const char *name, const char *const *names, int n_names)
{
    int limit = (int)strlen(name) / 3 + 1, best = limit + 1;
    const char *found = NULL;

    for (int i = 0; i < n_names; i++) {
        int d = distance(name, names[i]);

        if (d < best) {
            best = d;
            found = names[i];
        }
    }
    return found;
}
