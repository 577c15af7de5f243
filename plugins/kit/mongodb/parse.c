/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * JSON as a value of BSON. Numbers keep what they are: a whole one is an Int32, an Int64
 * or, beyond these, a Decimal128; another one a double if that is the same number, and
 * else a Decimal128. An object whose first key begins with a dollar is extended JSON,
 * {"$oid": ...}, and read by libbson.
 */
#include "kit/mongodb/mongodb.h"

#include "kit/json/json.h"
#include "kit/text/text.h"

/* Where a value goes: the next member of a document. */
struct place {
    bson_t *to;
    const char *key;
    int n;
};

struct reader {
    struct leat_json j;
    struct leat_put *scratch;
};

static enum leat_bson_fit fits(bool fine)
{
    return fine ? LEAT_FIT_FINE : LEAT_FIT_NOT;
}

/* ---- numbers ---- */

static bool same_number(const char *a, size_t n_a, const char *b, size_t n_b)
{
    char room_a[LEAT_DECIMAL_ROOM], room_b[LEAT_DECIMAL_ROOM];
    struct leat_digits x, y;

    if (!leat_text_to_decimal(a, n_a, room_a, &x) || !leat_text_to_decimal(b, n_b, room_b, &y))
        return false;
    while (x.n_fraction && x.fraction[x.n_fraction - 1] == '0')
        x.n_fraction--;
    while (y.n_fraction && y.fraction[y.n_fraction - 1] == '0')
        y.n_fraction--;
    return x.minus == y.minus && x.n_whole == y.n_whole && x.n_fraction == y.n_fraction &&
           memcmp(x.whole, y.whole, x.n_whole) == 0 && memcmp(x.fraction, y.fraction, x.n_fraction) == 0;
}

bool leat_bson_append_decimal(bson_t *to, const char *key, int n_key, const char *text, size_t n)
{
    char shown[BSON_DECIMAL128_STRING], number[128];
    bson_decimal128_t decimal;

    if (n >= sizeof number)
        return false;
    memcpy(number, text, n);
    number[n] = '\0';
    if (!bson_decimal128_from_string(number, &decimal))
        return false;
    bson_decimal128_to_string(&decimal, shown);
    return same_number(text, n, shown, strlen(shown)) && bson_append_decimal128(to, key, n_key, &decimal);
}

static bool append_number(const struct place *at, const struct leat_json_span *v)
{
    char shown[LEAT_VALUE_ROOM];
    int64_t whole;
    double real;

    if (v->whole && !(v->n == 2 && memcmp(v->text, "-0", 2) == 0) && leat_text_to_int64(v->text, v->n, &whole))
        return whole == (int32_t)whole ? bson_append_int32(at->to, at->key, at->n, (int32_t)whole)
                                       : bson_append_int64(at->to, at->key, at->n, whole);
    if (leat_text_to_float64(v->text, v->n, &real) &&
        same_number(v->text, v->n, shown, (size_t)(leat_float64_put(shown, real) - shown)))
        return bson_append_double(at->to, at->key, at->n, real);
    return leat_bson_append_decimal(at->to, at->key, at->n, v->text, v->n);
}

/* ---- texts ---- */

/* Without its escapes; valid until the next one. NULL: half a character, or no memory. */
static const char *plain(struct reader *r, const struct leat_json_span *span, size_t *ret_n)
{
    char *room;

    *ret_n = span->n;
    if (!span->escaped)
        return span->text;
    r->scratch->n = 0;
    room = leat_put_reserve(r->scratch, span->n + 1);
    return room && leat_json_unescape(span->text, span->n, room, ret_n) ? room : NULL;
}

static bool append_string(struct reader *r, const struct place *at, const struct leat_json_span *v)
{
    size_t n;
    const char *text = plain(r, v, &n);

    return text && bson_append_utf8(at->to, at->key, at->n, text, (int)n);
}

/* ---- what stands for a value that JSON does not have ---- */

static bool append_extended(struct reader *r, const struct place *at, const struct leat_json_span *v)
{
    bson_iter_t it;
    bson_t *doc = NULL;
    bool ok;

    r->scratch->n = 0;
    leat_put_string(r->scratch, "{\"\":");
    leat_put_bytes(r->scratch, v->text, v->n);
    leat_put_string(r->scratch, "}");
    if (leat_put_end(r->scratch))
        doc = bson_new_from_json((const uint8_t *)r->scratch->p, (ssize_t)r->scratch->n, NULL);
    ok = doc && bson_iter_init_find(&it, doc, "") && bson_append_iter(at->to, at->key, at->n, &it);
    if (doc)
        bson_destroy(doc);
    return ok;
}

static bool is_extended(const struct leat_json_span *v)
{
    struct leat_json j = leat_json_begin(v->text, v->n);
    struct leat_json_span key;

    leat_json_enter(&j);
    return leat_json_member(&j, &key) && key.n && key.text[0] == '$';
}

/* ---- documents and lists ---- */

static enum leat_bson_fit append_value(struct reader *r, const struct place *at, int depth);

static enum leat_bson_fit append_members(struct reader *r, bson_t *to, int depth)
{
    enum leat_bson_fit fit = LEAT_FIT_FINE;
    struct leat_json_span key;

    leat_json_enter(&r->j);
    while (fit == LEAT_FIT_FINE && leat_json_member(&r->j, &key)) {
        struct leat_put kept = { 0 };
        size_t n;
        const char *name = plain(r, &key, &n);

        if (!name || memchr(name, '\0', n)) /* no key of BSON's holds one */
            return LEAT_FIT_NOT;
        if (key.escaped) { /* what it holds needs the scratch, too */
            leat_put_bytes(&kept, name, n);
            name = leat_put_end(&kept);
        }
        fit = name ? append_value(r, &(struct place){ to, name, (int)n }, depth + 1) : LEAT_FIT_NO_MEMORY;
        leat_put_free(&kept);
    }
    return fit;
}

static enum leat_bson_fit append_items(struct reader *r, bson_t *to, int depth)
{
    enum leat_bson_fit fit = LEAT_FIT_FINE;
    char room[16];
    const char *key;

    leat_json_enter(&r->j);
    for (uint32_t i = 0; fit == LEAT_FIT_FINE && leat_json_item(&r->j); i++) {
        size_t n = bson_uint32_to_string(i, &key, room, sizeof room);

        fit = append_value(r, &(struct place){ to, key, (int)n }, depth + 1);
    }
    return fit;
}

static enum leat_bson_fit append_container(struct reader *r, const struct place *at, enum leat_json_kind kind,
                                           int depth)
{
    bool is_list = kind == LEAT_JSON_ARRAY;
    enum leat_bson_fit fit;
    bson_t inside;

    if (depth >= LEAT_MONGODB_MAX_DEPTH)
        return LEAT_FIT_TOO_DEEP;
    if (!(is_list ? bson_append_array_begin : bson_append_document_begin)(at->to, at->key, at->n, &inside))
        return LEAT_FIT_NOT;
    fit = is_list ? append_items(r, &inside, depth) : append_members(r, &inside, depth);
    (void)(is_list ? bson_append_array_end : bson_append_document_end)(at->to, &inside);
    return fit;
}

static enum leat_bson_fit append_scalar(struct reader *r, const struct place *at, const struct leat_json_span *v)
{
    switch (v->kind) {
    case LEAT_JSON_NULL:
        return fits(bson_append_null(at->to, at->key, at->n));
    case LEAT_JSON_TRUE:
    case LEAT_JSON_FALSE:
        return fits(bson_append_bool(at->to, at->key, at->n, v->kind == LEAT_JSON_TRUE));
    case LEAT_JSON_NUMBER:
        return fits(append_number(at, v));
    case LEAT_JSON_STRING:
        return fits(append_string(r, at, v));
    default:
        return LEAT_FIT_NOT;
    }
}

static enum leat_bson_fit append_value(struct reader *r, const struct place *at, int depth)
{
    enum leat_json_kind kind = leat_json_peek(&r->j);
    struct leat_json_span span;
    struct leat_json before;

    if (kind == LEAT_JSON_ARRAY)
        return append_container(r, at, kind, depth);
    before = r->j;
    if (!leat_json_value(&r->j, &span))
        return LEAT_FIT_NOT;
    if (kind != LEAT_JSON_OBJECT)
        return append_scalar(r, at, &span);
    if (is_extended(&span))
        return fits(append_extended(r, at, &span));
    r->j = before;
    return append_container(r, at, kind, depth);
}

enum leat_bson_fit leat_bson_append_json(bson_t *to, const char *key, int n_key, const char *json, size_t n,
                                         struct leat_put *scratch)
{
    struct reader r = { leat_json_begin(json, n), scratch };
    enum leat_bson_fit fit;

    if (!leat_json_is_value(json, n)) /* so that the walk cannot fail but for what BSON cannot hold */
        return LEAT_FIT_NOT;
    fit = append_value(&r, &(struct place){ to, key, n_key }, 0);
    return scratch->failed ? LEAT_FIT_NO_MEMORY : fit;
}
