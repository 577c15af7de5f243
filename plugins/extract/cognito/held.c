/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Users as they came, one behind the other in one text, and where each begins.
 */
#include "extract.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void held_clear(struct held *held)
{
    held->text.n = held->n = held->next = 0;
}

void held_free(struct held *held)
{
    leat_put_free(&held->text);
    free(held->all);
    *held = (struct held){ 0 };
}

struct keyset_key sub_key(const char *sub, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(sub, n);

    if (!(h.low64 | h.high64))
        h.low64 = 1; /* all zero is no key */
    return (struct keyset_key){ .high = h.high64, .low = h.low64 };
}

/* ---- the sub of a user ---- */

/* {"Name": "sub", "Value": "..."}: the value if that is it. */
static bool is_sub(struct leat_json *j, struct leat_json_span *ret)
{
    struct leat_json_span key, value;
    bool found = false;

    *ret = (struct leat_json_span){ 0 };
    leat_json_enter(j);
    while (leat_json_member(j, &key) && leat_json_value(j, &value)) {
        found |= span_is(&key, "Name") && span_is(&value, "sub");
        if (span_is(&key, "Value"))
            *ret = value;
    }
    return found && ret->kind == LEAT_JSON_STRING;
}

static bool find_sub(struct leat_json *j, struct leat_json_span *ret)
{
    bool found = false;

    if (leat_json_peek(j) != LEAT_JSON_ARRAY)
        return false;
    leat_json_enter(j);
    while (!found && leat_json_item(j) && leat_json_peek(j) == LEAT_JSON_OBJECT)
        found = is_sub(j, ret);
    return found;
}

bool user_sub(const struct leat_json_span *user, char ret[SUB_ROOM])
{
    struct leat_json j = leat_json_begin(user->text, user->n);
    struct leat_json_span key, value;

    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return false;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key)) {
        if (span_is(&key, "Attributes") || span_is(&key, "UserAttributes")) {
            if (!find_sub(&j, &value) || !value.n || value.n >= SUB_ROOM || value.escaped)
                return false;
            memcpy(ret, value.text, value.n);
            ret[value.n] = '\0';
            return true;
        }
        if (!leat_json_value(&j, &value))
            return false;
    }
    return false;
}

/* ---- adding ---- */

static bool grow(struct held *held)
{
    size_t cap = held->cap ? held->cap * 2 : 256;
    struct one *all = held->n < held->cap ? held->all : realloc(held->all, cap * sizeof *all);

    if (!all)
        return false;
    if (held->n == held->cap)
        held->cap = cap;
    held->all = all;
    return true;
}

static int add(struct held *held, const struct leat_json_span *user, const char *sub, struct leat_error *err)
{
    struct one *one;

    if (!grow(held))
        return leat_fail(err, -ENOMEM, "no memory for the users of a page");
    one = &held->all[held->n++];
    one->at = held->text.n;
    one->n = user->n;
    memcpy(one->sub, sub, SUB_ROOM);
    leat_put_bytes(&held->text, user->text, user->n);
    return held->text.failed ? leat_fail(err, -ENOMEM, "no memory for the users of a page") : 0;
}

int held_add(struct held *held, const struct leat_json_span *page, const char *prefix, struct keyset *seen,
             struct leat_error *err)
{
    struct leat_json j = leat_json_begin(page->text, page->n);
    struct leat_json_span user;
    int rc = 0;

    if (leat_json_peek(&j) != LEAT_JSON_ARRAY)
        return 0;
    leat_json_enter(&j);
    while (rc >= 0 && leat_json_item(&j) && leat_json_value(&j, &user)) {
        char sub[SUB_ROOM] = "";

        if (!user_sub(&user, sub))
            return leat_fail(err, LEAT_EDATA, "a user of the pool comes without a sub; what stands at this address?");
        if (strncmp(sub, prefix, strlen(prefix)) != 0)
            continue; /* another prefix's: an emulator that has no filters */
        rc = seen ? keyset_add(seen, sub_key(sub, strlen(sub)), err) : 1;
        if (rc > 0)
            rc = add(held, &user, sub, err);
    }
    return rc < 0 ? rc : 0;
}

/* ---- order ---- */

static int compare(const void *a, const void *b)
{
    const struct one *x = a, *y = b;
    int order = strcmp(x->sub, y->sub);

    return order ? order : (x->at < y->at) - (x->at > y->at); /* what came last is the latest */
}

void held_sort(struct held *held)
{
    size_t n = 0;

    if (held->n)
        qsort(held->all, held->n, sizeof *held->all, compare);
    for (size_t i = 0; i < held->n; i++)
        if (!n || strcmp(held->all[n - 1].sub, held->all[i].sub) != 0)
            held->all[n++] = held->all[i];
    held->n = n;
}

struct leat_json_span held_user(const struct held *held)
{
    const struct one *one = &held->all[held->next];

    return (struct leat_json_span){ .text = held->text.p + one->at, .n = one->n, .kind = LEAT_JSON_OBJECT };
}

void held_skip(struct held *held, const char *sub)
{
    while (held->next < held->n && strcmp(held->all[held->next].sub, sub) <= 0)
        held->next++;
}
