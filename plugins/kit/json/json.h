/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * JSON (RFC 8259) as text: a scanner that builds nothing, and the escapes both
 * ways. A value is a span of the text that was scanned:
 *
 *     {"id": 7, "name": "J\u00e9r\u00f4me", "roles": ["user", "admin"]}
 *            ~           ~~~~~~~~~~~~~~~~            ~~~~~~~~~~~~~~~~~~
 *
 * No allocation, no recursion, no look beyond `end`; any thread. Whether text is
 * valid UTF-8 is not looked at here.
 */
#ifndef LEAT_KIT_JSON_H
#define LEAT_KIT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEAT_JSON_MAX_DEPTH = 64 };

enum leat_json_kind {
    LEAT_JSON_NONE = 0, /* nothing, or an error */
    LEAT_JSON_NULL,
    LEAT_JSON_FALSE,
    LEAT_JSON_TRUE,
    LEAT_JSON_NUMBER,
    LEAT_JSON_STRING,
    LEAT_JSON_ARRAY,
    LEAT_JSON_OBJECT,
};

struct leat_json_span {
    const char *text; /* a string: what is between its quotes, escapes and all; else the value as it stands */
    size_t n;
    enum leat_json_kind kind;
    bool escaped;     /* a string: has a backslash, see leat_json_unescape */
    bool whole;       /* a number: without point and exponent */
};

/* A place in a text. */
struct leat_json {
    const char *p, *end;
    const char *wrong; /* what is wrong at `p`, a literal; NULL while nothing is */
    bool first;        /* of the members of a container just entered */
};

static inline struct leat_json leat_json_begin(const char *text, size_t n)
{
    return (struct leat_json){ .p = text, .end = text + n };
}

/* The kind of the value that comes next, judged by its first character. */
enum leat_json_kind leat_json_peek(struct leat_json *j);

/* Takes the next value with all that is in it. False: j->wrong. */
bool leat_json_value(struct leat_json *j, struct leat_json_span *ret);

/* Walks an object or array whose first character was peeked:
 *
 *     leat_json_enter(&j);
 *     while (leat_json_member(&j, &key)) or while (leat_json_item(&j))
 *         leat_json_value(&j, &value);          or enter that one
 *
 * The walk ends with the container, or with j->wrong. */
void leat_json_enter(struct leat_json *j);
bool leat_json_member(struct leat_json *j, struct leat_json_span *ret_key);
bool leat_json_item(struct leat_json *j);

/* True if only spaces are left; else j->wrong. */
bool leat_json_end(struct leat_json *j);

/* Whether a text is one JSON value, with nothing but spaces around it. */
bool leat_json_is_value(const char *text, size_t n);

/* Writes what a string's span stands for, in UTF-8; `out` has room for n bytes, and may be `text`.
 * False if it has half a surrogate pair, which is no character. */
bool leat_json_unescape(const char *text, size_t n, char *out, size_t *ret_n);

/* Writes text as a string with its quotes, and returns the end; `out` has LEAT_JSON_ROOM(n) bytes. */
char *leat_json_escape(char *out, const char *text, size_t n);
/* The same without quotes, for a text that is written in slices. */
char *leat_json_escape_slice(char *out, const char *text, size_t n);

#define LEAT_JSON_ROOM(n) ((n) * 6 + 2)

/* Of eight bytes of a text: non-zero if a quote, a backslash or a control character is among them, with bit 7 set at
 * the first such byte in memory order (and, by borrows, perhaps at others behind it; Mycroft's test). */
static inline uint64_t leat_json_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';

    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word)) & tops;
}

#endif
