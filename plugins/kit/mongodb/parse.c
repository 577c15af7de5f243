/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * JSON as a value of BSON. Numbers keep what they are: a whole one is an Int32, an Int64
 * or, beyond these, a Decimal128; another one a double if that is the same number, and
 * else a Decimal128. An object whose first key is a word of extended JSON, {"$oid": ...}, is
 * read by libbson, but for where it would change a number: {"$numberDecimal": ...}, and what
 * stands in a $timestamp or a $scope. What is not exact is refused. Any other key with a dollar is a key like others.
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

static bool is_word(const struct leat_json_span *text, const char *word)
{
    return text->n == strlen(word) && memcmp(text->text, word, text->n) == 0;
}

/* The first key of an object if it is a word of extended JSON, and else NULL. */
static const char *word_of(const struct leat_json_span *v)
{
    static const char *const words[] = { "$oid", "$date", "$numberInt", "$numberLong", "$numberDouble",
                                         "$numberDecimal", "$binary", "$uuid", "$regularExpression", "$timestamp",
                                         "$minKey", "$maxKey", "$undefined", "$symbol", "$code", "$dbPointer" };
    struct leat_json j = leat_json_begin(v->text, v->n);
    struct leat_json_span key;

    leat_json_enter(&j);
    if (!leat_json_member(&j, &key))
        return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(&key, words[i]))
            return words[i];
    return NULL;
}

/* Its shortest digits, or as many as drivers write. */
static bool is_exact(double real, const char *text, size_t n)
{
    char shown[LEAT_VALUE_ROOM];

    if (same_number(text, n, shown, (size_t)(leat_float64_put(shown, real) - shown)))
        return true;
    for (int digits = 17; digits <= 20; digits++)
        if (same_number(text, n, shown, (size_t)snprintf(shown, sizeof shown, "%.*g", digits, real)))
            return true;
    return false;
}

static bool append_typed(const struct place *at, const char *word, const struct leat_json_span *v)
{
    int64_t whole;
    double real;

    if (strcmp(word, "$numberDecimal") == 0)
        return leat_bson_append_decimal(at->to, at->key, at->n, v->text, v->n);
    if (strcmp(word, "$numberDouble") == 0)
        return leat_text_to_float64(v->text, v->n, &real) && is_exact(real, v->text, v->n) &&
               bson_append_double(at->to, at->key, at->n, real);
    if (!leat_text_to_int64(v->text, v->n, &whole))
        return false;
    if (strcmp(word, "$numberLong") == 0)
        return bson_append_int64(at->to, at->key, at->n, whole);
    return whole == (int32_t)whole && bson_append_int32(at->to, at->key, at->n, (int32_t)whole);
}

/* {"$numberLong": "7"}, which has one member, a text. */
static bool append_extended_number(struct reader *r, const struct place *at, const char *word,
                                   const struct leat_json_span *v)
{
    struct leat_json j = leat_json_begin(v->text, v->n);
    struct leat_json_span key, number;

    leat_json_enter(&j);
    if (!leat_json_member(&j, &key) || !leat_json_value(&j, &number) || number.kind != LEAT_JSON_STRING ||
        leat_json_member(&j, &key))
        return false;
    if (is_word(&number, "NaN") || is_word(&number, "Infinity") || is_word(&number, "-Infinity"))
        return append_extended(r, at, v);
    return append_typed(at, word, &number);
}

/* {"$timestamp": {"t": 1, "i": 1}}: libbson would take each modulo 2^32. */
static bool is_timestamp(const struct leat_json_span *v)
{
    struct leat_json j = leat_json_begin(v->text, v->n);
    struct leat_json_span key, number;
    int64_t whole;

    leat_json_enter(&j);
    if (!leat_json_member(&j, &key) || leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return false;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key))
        if (!leat_json_value(&j, &number) || !leat_text_to_int64(number.text, number.n, &whole) ||
            whole != (uint32_t)whole)
            return false;
    return true;
}

static bool append_with_scope(struct reader *r, const struct place *at, const struct leat_json_span *code,
                              const struct leat_json_span *scope)
{
    bson_t around = BSON_INITIALIZER, inside;
    struct leat_put kept = { 0 };
    const uint8_t *bytes;
    const char *text;
    bson_iter_t it;
    uint32_t size;
    size_t n;
    bool ok = false;

    if (leat_bson_append_json(&around, "", 0, scope->text, scope->n, r->scratch) == LEAT_FIT_FINE &&
        bson_iter_init_find(&it, &around, "") && BSON_ITER_HOLDS_DOCUMENT(&it) && (text = plain(r, code, &n))) {
        bson_iter_document(&it, &size, &bytes);
        leat_put_bytes(&kept, text, n);
        text = leat_put_end(&kept);
        ok = text && strlen(text) == n && bson_init_static(&inside, bytes, size) &&
             bson_append_code_with_scope(at->to, at->key, at->n, text, &inside);
    }
    bson_destroy(&around);
    leat_put_free(&kept);
    return ok;
}

/* {"$code": "f()", "$scope": {"n": 1}}, the second of which need not be there. */
static bool append_code(struct reader *r, const struct place *at, const struct leat_json_span *v)
{
    struct leat_json j = leat_json_begin(v->text, v->n);
    struct leat_json_span key, code, scope;

    leat_json_enter(&j);
    if (!leat_json_member(&j, &key) || !leat_json_value(&j, &code) || !leat_json_member(&j, &key))
        return append_extended(r, at, v);
    return code.kind == LEAT_JSON_STRING && is_word(&key, "$scope") && leat_json_value(&j, &scope) &&
           scope.kind == LEAT_JSON_OBJECT && !leat_json_member(&j, &key) && append_with_scope(r, at, &code, &scope);
}

static bool append_by_word(struct reader *r, const struct place *at, const char *word, const struct leat_json_span *v)
{
    if (strncmp(word, "$number", 7) == 0)
        return append_extended_number(r, at, word, v);
    if (strcmp(word, "$code") == 0)
        return append_code(r, at, v);
    return (strcmp(word, "$timestamp") != 0 || is_timestamp(v)) && append_extended(r, at, v);
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
    const char *word;

    if (kind == LEAT_JSON_ARRAY)
        return append_container(r, at, kind, depth);
    before = r->j;
    if (!leat_json_value(&r->j, &span))
        return LEAT_FIT_NOT;
    if (kind != LEAT_JSON_OBJECT)
        return append_scalar(r, at, &span);
    word = word_of(&span);
    if (word)
        return fits(append_by_word(r, at, word, &span));
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
