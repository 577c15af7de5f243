/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One pass over a line: the values that fields want are remembered as spans of
 * it. The line is checked to its end before any of them is used.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/text/text.h"

void record_free(struct record *r)
{
    free(r->scratch);
    r->scratch = NULL;
    r->cap_scratch = 0;
}

bool record_wrong(struct record *r, const char *code, const char *what)
{
    if (!r->wrong) {
        r->code = code;
        r->wrong = what;
    }
    return false;
}

bool jsonl_reserve(char **text, size_t *cap, size_t n)
{
    char *room;

    if (n <= *cap)
        return true;
    room = realloc(*text, n + n / 2);
    if (!room)
        return false;
    *text = room;
    *cap = n + n / 2;
    return true;
}

const char *record_key(struct record *r, const struct leat_json_span *key, size_t *ret_n)
{
    *ret_n = key->n;
    if (!key->escaped)
        return key->text;
    if (!jsonl_reserve(&r->scratch, &r->cap_scratch, key->n)) {
        (void)record_wrong(r, "bad_json", "more text than there is memory for");
        return NULL;
    }
    return leat_json_unescape(key->text, key->n, r->scratch, ret_n) ? r->scratch : NULL;
}

const char *record_name(struct record *r, const struct leat_json_span *key, size_t *ret_n)
{
    const char *name = record_key(r, key, ret_n);

    if (!name)
        (void)record_wrong(r, "invalid_utf8", "half a surrogate pair (\\ud800 to \\udfff) in a key");
    else if (!leat_text_is_utf8(name, *ret_n))
        (void)record_wrong(r, "invalid_utf8", "a key that is not valid UTF-8");
    return r->wrong ? NULL : name;
}

/* The step for a key below `parent`; 0: none. `hint` is where the last one was found: keys mostly come in the same
 * order. */
static int find_key(struct record *r, int parent, const struct leat_json_span *span, int *hint)
{
    const struct leat_step *steps = r->tree->steps;
    size_t n;
    const char *key = record_key(r, span, &n);

    if (!key)
        return 0;
    if (*hint && leat_step_is_key(&steps[*hint], key, n)) {
        int found = *hint;

        *hint = steps[found].next;
        return found;
    }
    for (int i = steps[parent].child; i; i = steps[i].next)
        if (leat_step_is_key(&steps[i], key, n)) {
            *hint = steps[i].next;
            return i;
        }
    return 0;
}

static int find_index(const struct record *r, int parent, int64_t index)
{
    const struct leat_step *steps = r->tree->steps;

    for (int i = steps[parent].child; i; i = steps[i].next)
        if (!steps[i].key && steps[i].index == index)
            return i;
    return 0;
}

static bool walk(struct record *r, struct leat_json *j, int parent);

/* Takes the value that comes next for the step it belongs to; 0: for none. */
static bool take(struct record *r, struct leat_json *j, int at, struct leat_json_span *ret)
{
    const struct leat_step *step = &r->tree->steps[at];
    struct leat_json inside;

    if (!leat_json_value(j, ret))
        return record_wrong(r, "bad_json", j->wrong);
    if (!at)
        return true;
    if (step->field >= 0) {
        if (r->values[step->field].kind != LEAT_JSON_NONE)
            return record_wrong(r, "duplicate_key", "a key that stands there twice");
        r->values[step->field] = *ret;
    }
    if (!step->child || (ret->kind != LEAT_JSON_OBJECT && ret->kind != LEAT_JSON_ARRAY))
        return true;
    inside = leat_json_begin(ret->text, ret->n); /* has been found right, so the walk cannot fail but for its keys */
    return walk(r, &inside, at);
}

static bool walk_list(struct record *r, struct leat_json *j, int parent)
{
    struct leat_json_span value;
    int64_t index = 0;

    leat_json_enter(j);
    while (leat_json_item(j))
        if (!take(r, j, find_index(r, parent, index++), &value))
            return false;
    return !j->wrong || record_wrong(r, "bad_json", j->wrong);
}

static bool walk_object(struct record *r, struct leat_json *j, int parent)
{
    struct leat_json_span key, value;
    int hint = r->tree->steps[parent].child, at;

    leat_json_enter(j);
    while (leat_json_member(j, &key)) {
        at = find_key(r, parent, &key, &hint);
        if (!take(r, j, at, &value))
            return false;
        if (parent == 0 && (!at || r->tree->steps[at].field < 0) && r->undeclared &&
            !r->undeclared(r, &key, &value)) {
            j->p = key.text - 1; /* for the place of the fault */
            return false;
        }
    }
    return !j->wrong || record_wrong(r, "bad_json", j->wrong);
}

static bool walk(struct record *r, struct leat_json *j, int parent)
{
    return leat_json_peek(j) == LEAT_JSON_OBJECT ? walk_object(r, j, parent) : walk_list(r, j, parent);
}

bool record_scan(struct record *r, const char *text, size_t n)
{
    struct leat_json j = leat_json_begin(text, n);
    bool ok;

    r->wrong = NULL;
    for (int i = 0; i < r->n_fields; i++)
        r->values[i].kind = LEAT_JSON_NONE;
    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        ok = record_wrong(r, "bad_json", j.p == j.end ? "nothing" :
                          "what is no object: a record looks like {\"id\": 1}");
    else
        ok = walk_object(r, &j, 0) && (leat_json_end(&j) || record_wrong(r, "bad_json", j.wrong));
    r->wrong_at = (size_t)(j.p - text);
    return ok && !r->wrong;
}
