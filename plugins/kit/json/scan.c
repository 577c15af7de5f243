/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/json/json.h"

#include <string.h>

static bool fail(struct leat_json *j, const char *what)
{
    if (!j->wrong)
        j->wrong = what;
    return false;
}

static inline void skip_spaces(struct leat_json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\r' || *j->p == '\n'))
        j->p++;
}

static inline bool is_digit(const struct leat_json *j)
{
    return j->p < j->end && *j->p >= '0' && *j->p <= '9';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* j->p is behind a backslash. */
static bool skip_escape(struct leat_json *j)
{
    if (j->p == j->end || !*j->p || !strchr("\"\\/bfnrtu", *j->p))
        return fail(j, "a backslash with what is no escape");
    if (*j->p++ != 'u')
        return true;
    for (int i = 0; i < 4; i++, j->p++)
        if (j->p == j->end || !is_hex(*j->p))
            return fail(j, "\\u without four hexadecimal digits");
    return true;
}

static inline void skip_plain(struct leat_json *j)
{
    const char *p = j->p;

    for (; j->end - p >= 8; p += 8) {
        uint64_t word, hit;

        memcpy(&word, p, 8);
        hit = leat_json_special(word);
        if (hit && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
            j->p = p + (__builtin_ctzll(hit) >> 3);
            return;
        }
        if (hit)
            break;
    }
    while (p < j->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    j->p = p;
}

/* j->p is behind the opening quote. */
static bool string(struct leat_json *j, struct leat_json_span *ret)
{
    const char *from = j->p;

    ret->kind = LEAT_JSON_STRING;
    ret->escaped = false;
    for (;;) {
        skip_plain(j);
        if (j->p == j->end)
            return fail(j, "a string without its closing quote");
        if (*j->p == '"')
            break;
        if (*j->p != '\\')
            return fail(j, "a control character in a string, which must be escaped");
        ret->escaped = true;
        j->p++;
        if (!skip_escape(j))
            return false;
    }
    ret->text = from;
    ret->n = (size_t)(j->p++ - from);
    return true;
}

static bool digits(struct leat_json *j)
{
    if (!is_digit(j))
        return fail(j, "a number that is none");
    while (is_digit(j))
        j->p++;
    return true;
}

static bool number(struct leat_json *j, struct leat_json_span *ret)
{
    ret->kind = LEAT_JSON_NUMBER;
    ret->text = j->p;
    ret->whole = true;
    if (*j->p == '-')
        j->p++;
    if (j->p < j->end && *j->p == '0')
        j->p++;
    else if (!digits(j))
        return false;
    if (j->p < j->end && *j->p == '.') {
        j->p++;
        ret->whole = false;
        if (!digits(j))
            return false;
    }
    if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
        j->p++;
        ret->whole = false;
        if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
            j->p++;
        if (!digits(j))
            return false;
    }
    ret->n = (size_t)(j->p - ret->text);
    return true;
}

static bool word(struct leat_json *j, struct leat_json_span *ret, enum leat_json_kind kind, const char *expected)
{
    size_t n = strlen(expected);

    if ((size_t)(j->end - j->p) < n || memcmp(j->p, expected, n) != 0)
        return fail(j, "what is no value (text needs quotes)");
    ret->kind = kind;
    ret->text = j->p;
    ret->n = n;
    j->p += n;
    return true;
}

static inline enum leat_json_kind peek(struct leat_json *j)
{
    static const uint8_t kinds[256] = {
        ['"'] = LEAT_JSON_STRING, ['{'] = LEAT_JSON_OBJECT, ['['] = LEAT_JSON_ARRAY, ['n'] = LEAT_JSON_NULL,
        ['t'] = LEAT_JSON_TRUE, ['f'] = LEAT_JSON_FALSE, ['-'] = LEAT_JSON_NUMBER,
        ['0' ... '9'] = LEAT_JSON_NUMBER,
    };

    skip_spaces(j);
    return j->p == j->end ? LEAT_JSON_NONE : kinds[(unsigned char)*j->p];
}

enum leat_json_kind leat_json_peek(struct leat_json *j)
{
    return peek(j);
}

static bool scalar(struct leat_json *j, enum leat_json_kind kind, struct leat_json_span *ret)
{
    switch (kind) {
    case LEAT_JSON_STRING:
        j->p++;
        return string(j, ret);
    case LEAT_JSON_NUMBER:
        return number(j, ret);
    case LEAT_JSON_NULL:
        return word(j, ret, kind, "null");
    case LEAT_JSON_TRUE:
        return word(j, ret, kind, "true");
    case LEAT_JSON_FALSE:
        return word(j, ret, kind, "false");
    default:
        return fail(j, j->p == j->end ? "its end where a value should be" : "what is no value (text needs quotes)");
    }
}

void leat_json_enter(struct leat_json *j)
{
    j->p++;
    j->first = true;
}

/* Before the next member or item: true if there is one. */
static bool separator(struct leat_json *j, char closing)
{
    bool first = j->first;

    j->first = false;
    skip_spaces(j);
    if (j->wrong)
        return false;
    if (j->p == j->end)
        return fail(j, closing == '}' ? "an object without its closing brace" : "a list without its closing bracket");
    if (*j->p == closing) {
        j->p++;
        return false;
    }
    if (first)
        return true;
    if (*j->p != ',')
        return fail(j, "no comma between two members");
    j->p++;
    return true;
}

bool leat_json_item(struct leat_json *j)
{
    return separator(j, ']');
}

bool leat_json_member(struct leat_json *j, struct leat_json_span *ret_key)
{
    if (!separator(j, '}'))
        return false;
    skip_spaces(j);
    if (j->p == j->end || *j->p != '"')
        return fail(j, "a member whose name is no string");
    j->p++;
    if (!string(j, ret_key))
        return false;
    skip_spaces(j);
    if (j->p == j->end || *j->p != ':')
        return fail(j, "no colon behind the name of a member");
    j->p++;
    return true;
}

/* Walks a container and all in it. `objects`: bit d says that level d is an object. */
static bool container(struct leat_json *j, enum leat_json_kind kind)
{
    struct leat_json_span ignored;
    uint64_t objects = kind == LEAT_JSON_OBJECT;
    int depth = 1;

    leat_json_enter(j);
    while (depth > 0) {
        if (!((objects & 1) ? leat_json_member(j, &ignored) : leat_json_item(j))) {
            if (j->wrong)
                return false;
            objects >>= 1;
            depth--;
            continue;
        }
        kind = peek(j);
        if (kind != LEAT_JSON_OBJECT && kind != LEAT_JSON_ARRAY) {
            if (!scalar(j, kind, &ignored))
                return false;
            continue;
        }
        if (depth++ == LEAT_JSON_MAX_DEPTH)
            return fail(j, "more than 64 levels of lists and objects");
        objects = objects << 1 | (kind == LEAT_JSON_OBJECT);
        leat_json_enter(j);
    }
    return true;
}

bool leat_json_value(struct leat_json *j, struct leat_json_span *ret)
{
    enum leat_json_kind kind = peek(j);
    const char *from = j->p;

    if (kind != LEAT_JSON_OBJECT && kind != LEAT_JSON_ARRAY)
        return scalar(j, kind, ret);
    if (!container(j, kind))
        return false;
    *ret = (struct leat_json_span){ .text = from, .n = (size_t)(j->p - from), .kind = kind };
    return true;
}

bool leat_json_end(struct leat_json *j)
{
    skip_spaces(j);
    return !j->wrong && (j->p == j->end || fail(j, "more text behind the value"));
}

bool leat_json_is_value(const char *text, size_t n)
{
    struct leat_json j = leat_json_begin(text, n);
    struct leat_json_span value;

    return leat_json_value(&j, &value) && leat_json_end(&j);
}
