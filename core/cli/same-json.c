/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Two documents side by side. Both have been checked once as a whole, so what
 * is walked over here is well-formed and not nested too deep to recurse.
 */
#include "cli/same-json.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "expr/decimal.h"
#include "expr/json.h"

static char peek(struct leat_json *j)
{
    while (j->p < j->end && memchr(" \t\r\n", *j->p, 4))
        j->p++;
    return j->p < j->end ? *j->p : '\0';
}

/* The next value as a text of its own. */
static struct leat_json take(struct leat_json *j)
{
    struct leat_json value = {j->p, j->p};

    (void)peek(j);
    value.p = j->p;
    (void)leat_json_skip(j);
    value.end = j->p;
    return value;
}

/* Steps into a list or document, or behind a comma; false at its end. */
static bool next(struct leat_json *j)
{
    char c = peek(j);

    if (c != '[' && c != '{' && c != ',')
        return false;
    j->p++;
    c = peek(j);
    return c != ']' && c != '}';
}

static struct leat_json take_key(struct leat_json *j)
{
    struct leat_json key = take(j);

    (void)peek(j);
    j->p++; /* the colon */
    return key;
}

static bool same_string(struct leat_json a, struct leat_json b)
{
    size_t na = (size_t)(a.end - a.p), nb = (size_t)(b.end - b.p);
    uint8_t *x = leat_alloc(na), *y = leat_alloc(nb);
    bool same;

    na = leat_json_unquote(a, x);
    nb = leat_json_unquote(b, y);
    same = na == nb && memcmp(x, y, na) == 0;
    free(x);
    free(y);
    return same;
}

static bool same_number(struct leat_json a, struct leat_json b)
{
    char x[LEAT_DECIMAL_BYTES], y[LEAT_DECIMAL_BYTES];
    int na = leat_decimal_read(a.p, (size_t)(a.end - a.p), x);
    int nb = leat_decimal_read(b.p, (size_t)(b.end - b.p), y);

    if (na < 0 || nb < 0) /* true, false, null, and 1e9999 */
        return a.end - a.p == b.end - b.p && memcmp(a.p, b.p, (size_t)(a.end - a.p)) == 0;
    return leat_decimal_order(x, (size_t)na, y, (size_t)nb) == 0;
}

static bool same_value(struct leat_json a, struct leat_json b);

static bool same_list(struct leat_json a, struct leat_json b)
{
    for (;;) {
        bool more = next(&a);

        if (next(&b) != more)
            return false;
        if (!more)
            return true;
        if (!same_value(take(&a), take(&b)))
            return false;
    }
}

/* Of a key that stands twice the last one counts, as nearly every reader has it. */
static bool find_member(struct leat_json document, struct leat_json key, struct leat_json *ret)
{
    bool found = false;

    while (next(&document)) {
        bool meant = same_string(take_key(&document), key);
        struct leat_json value = take(&document);

        if (meant)
            *ret = value;
        found |= meant;
    }
    return found;
}

static bool holds_all(struct leat_json a, struct leat_json b)
{
    struct leat_json rest = a, mine, theirs;

    while (next(&rest)) {
        struct leat_json key = take_key(&rest);

        (void)take(&rest);
        if (!find_member(a, key, &mine) || !find_member(b, key, &theirs) || !same_value(mine, theirs))
            return false;
    }
    return true;
}

static bool has_keys(struct leat_json a, struct leat_json b)
{
    struct leat_json ignored;

    while (next(&a)) {
        if (!find_member(b, take_key(&a), &ignored))
            return false;
        (void)take(&a);
    }
    return true;
}

static bool same_value(struct leat_json a, struct leat_json b)
{
    char kind = peek(&a);

    if ((kind == '"' || kind == '{' || kind == '[') && peek(&b) != kind)
        return false;
    switch (kind) {
    case '"':
        return same_string(a, b);
    case '[':
        return same_list(a, b);
    case '{':
        return holds_all(a, b) && has_keys(b, a);
    default:
        return same_number(a, b);
    }
}

bool leat_json_same(const char *a, size_t na, const char *b, size_t nb)
{
    struct leat_json x = {a, a + na}, y = {b, b + nb};

    return leat_json_valid(a, na) && leat_json_valid(b, nb) && same_value(take(&x), take(&y));
}
