/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The order of the documents and the place in it. A position is the cursor's
 * values as MongoDB's canonical extended JSON has them, so that each keeps its
 * type:
 *
 *     {"at" : {"$date" : {"$numberLong" : "17000"}}, "_id" : {"$numberInt" : "5"}}
 *                        behind this document
 *     {...}+2            behind it and two documents that have a null and so no place
 *     {}+2               behind two such documents, and there was no other yet
 *     since {...}+2      the same in an incremental run that began behind {...}
 *
 * MongoDB sorts values of all types into one order, but $gt finds only those of
 * the kind it is given: behind 5 it would not see "a". So all values of a field
 * of the cursor have to be of one kind, and it is told where they are not.
 */
#include "extract.h"

#include <math.h>
#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

/* ---- kinds ---- */

enum kind { KIND_NONE, KIND_NULL, KIND_NUMBER, KIND_TEXT, KIND_DOCUMENT, KIND_BINARY, KIND_OID, KIND_BOOL, KIND_DATE,
            KIND_TIMESTAMP };

/* Within a kind the order is one. */
static enum kind kind_of(bson_type_t type)
{
    switch (type) {
    case BSON_TYPE_EOD:
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        return KIND_NULL;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return KIND_NUMBER;
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return KIND_TEXT;
    case BSON_TYPE_DOCUMENT:
        return KIND_DOCUMENT;
    case BSON_TYPE_BINARY:
        return KIND_BINARY;
    case BSON_TYPE_OID:
        return KIND_OID;
    case BSON_TYPE_BOOL:
        return KIND_BOOL;
    case BSON_TYPE_DATE_TIME:
        return KIND_DATE;
    case BSON_TYPE_TIMESTAMP:
        return KIND_TIMESTAMP;
    default:
        return KIND_NONE;
    }
}

/* Nothing is greater than NaN. */
static bool is_nan(const bson_value_t *value)
{
    if (value->value_type == BSON_TYPE_DOUBLE)
        return isnan(value->value.v_double);
    return value->value_type == BSON_TYPE_DECIMAL128 && (value->value.v_decimal128.high >> 58 & 31) == 31;
}

static bool any_has_no_place(const struct cursor *c)
{
    for (int i = 0; i < c->n; i++)
        if (kind_of(c->now[i].value_type) == KIND_NULL || is_nan(&c->now[i]))
            return true;
    return false;
}

/* ---- the last value ---- */

/* The bytes that a value points to; NULL: none. */
static void **pointer_of(bson_value_t *v, size_t *ret_n)
{
    switch (v->value_type) {
    case BSON_TYPE_UTF8:
        *ret_n = (size_t)v->value.v_utf8.len + 1;
        return (void **)&v->value.v_utf8.str;
    case BSON_TYPE_SYMBOL:
        *ret_n = (size_t)v->value.v_symbol.len + 1;
        return (void **)&v->value.v_symbol.symbol;
    case BSON_TYPE_DOCUMENT:
        *ret_n = v->value.v_doc.data_len;
        return (void **)&v->value.v_doc.data;
    case BSON_TYPE_BINARY:
        *ret_n = v->value.v_binary.data_len;
        return (void **)&v->value.v_binary.data;
    default:
        *ret_n = 0;
        return NULL;
    }
}

static bool is_number(const bson_value_t *v)
{
    return kind_of(v->value_type) == KIND_NUMBER;
}

/* A number in digits, the same for 5, 5.0 and Decimal128 5.00: what the order takes for one. */
struct number {
    char text[LEAT_VALUE_ROOM], room[LEAT_DECIMAL_ROOM]; /* where the digits are */
    struct leat_digits digits;
};

static char *put_number(char *out, const bson_value_t *v)
{
    switch (v->value_type) {
    case BSON_TYPE_DECIMAL128:
        bson_decimal128_to_string(&v->value.v_decimal128, out);
        return out + strlen(out);
    case BSON_TYPE_DOUBLE:
        return leat_float64_put(out, v->value.v_double);
    case BSON_TYPE_INT32:
        return leat_int64_put(out, v->value.v_int32);
    default:
        return leat_int64_put(out, v->value.v_int64);
    }
}

static bool read_number(const bson_value_t *v, struct number *ret)
{
    struct leat_digits *d = &ret->digits;
    size_t n = (size_t)(put_number(ret->text, v) - ret->text);

    _Static_assert((int)LEAT_VALUE_ROOM >= (int)BSON_DECIMAL128_STRING, "room");
    if (!leat_text_to_decimal(ret->text, n, ret->room, d))
        return false;
    while (d->n_fraction && d->fraction[d->n_fraction - 1] == '0')
        d->n_fraction--;
    if (leat_digits_are_zero(d))
        d->minus = false;
    return true;
}

static bool same_digits(const struct leat_digits *a, const struct leat_digits *b)
{
    return a->minus == b->minus && a->n_whole == b->n_whole && a->n_fraction == b->n_fraction &&
           memcmp(a->whole, b->whole, a->n_whole) == 0 && memcmp(a->fraction, b->fraction, a->n_fraction) == 0;
}

static bool same_number(const bson_value_t *a, const bson_value_t *b)
{
    struct number x, y;

    if (a->value_type == b->value_type && a->value_type == BSON_TYPE_INT32)
        return a->value.v_int32 == b->value.v_int32;
    if (a->value_type == b->value_type && a->value_type == BSON_TYPE_INT64)
        return a->value.v_int64 == b->value.v_int64;
    if (a->value_type == b->value_type && a->value_type == BSON_TYPE_DOUBLE)
        return a->value.v_double == b->value.v_double;
    return read_number(a, &x) && read_number(b, &y) && same_digits(&x.digits, &y.digits);
}

static bool same_value(bson_value_t *a, bson_value_t *b)
{
    size_t n_a, n_b;
    void **at_a = pointer_of(a, &n_a), **at_b = pointer_of(b, &n_b);

    if (is_number(a) && is_number(b))
        return same_number(a, b);
    if (kind_of(a->value_type) != kind_of(b->value_type))
        return false;
    if (at_a && at_b)
        return n_a == n_b && memcmp(*at_a, *at_b, n_a) == 0 &&
               (a->value_type != BSON_TYPE_BINARY || a->value.v_binary.subtype == b->value.v_binary.subtype);
    switch (a->value_type) {
    case BSON_TYPE_OID:
        return memcmp(&a->value.v_oid, &b->value.v_oid, sizeof a->value.v_oid) == 0;
    case BSON_TYPE_BOOL:
        return a->value.v_bool == b->value.v_bool;
    case BSON_TYPE_DATE_TIME:
        return a->value.v_datetime == b->value.v_datetime;
    default:
        return a->value.v_timestamp.timestamp == b->value.v_timestamp.timestamp &&
               a->value.v_timestamp.increment == b->value.v_timestamp.increment;
    }
}

/* A copy whose bytes are our own. False: no memory. */
static bool keep(struct cursor_value *kept, const bson_value_t *value)
{
    bson_value_t copy = *value;
    size_t n;
    void **at = pointer_of(&copy, &n);

    if (at && n > kept->cap) {
        char *room = realloc(kept->room, n * 2);

        if (!room)
            return false;
        kept->room = room;
        kept->cap = n * 2;
    }
    if (at) {
        if (n)
            memcpy(kept->room, *at, n);
        *at = kept->room;
    }
    kept->value = copy;
    return true;
}

/* ---- from document to document ---- */

bool cursor_is_behind(struct cursor *c)
{
    if (!c->n_skip || !any_has_no_place(c))
        return false;
    c->n_skip--;
    return true;
}

void cursor_begin(struct cursor *c)
{
    for (int i = 0; i < c->n; i++)
        c->now[i].value_type = BSON_TYPE_EOD;
}

void cursor_take(struct cursor *c, int i, const bson_iter_t *value)
{
    bson_iter_t it = *value; /* libbson puts the value into the iterator */

    if (c->now[i].value_type == BSON_TYPE_EOD)
        c->now[i] = *bson_iter_value(&it);
}

/* Looks before anything is kept, so that what cannot be a place never becomes one. */
static enum cursor_step compare(struct cursor *c, int *ret_bad)
{
    bool same = c->placed;

    for (int i = 0; i < c->n; i++) {
        if (same && kind_of(c->now[i].value_type) != kind_of(c->last[i].value.value_type)) {
            *ret_bad = i;
            return CURSOR_MIXED;
        }
        same = same && same_value(&c->now[i], &c->last[i].value);
    }
    return same ? CURSOR_AGAIN : CURSOR_FINE;
}

enum cursor_step cursor_step(struct cursor *c, int *ret_bad)
{
    enum cursor_step step;

    for (int i = 0; i < c->n; i++)
        if (kind_of(c->now[i].value_type) == KIND_NONE) {
            *ret_bad = i;
            return CURSOR_UNFIT;
        }
    if (any_has_no_place(c)) {
        c->n_null++;
        return CURSOR_NULL;
    }
    step = compare(c, ret_bad);
    if (step != CURSOR_FINE)
        return step;
    for (int i = 0; i < c->n; i++)
        if (!keep(&c->last[i], &c->now[i]))
            return CURSOR_NO_MEMORY;
    c->placed = true;
    c->n_null = c->n_skip = 0;
    return CURSOR_FINE;
}

bool cursor_differs(const struct cursor *c, int i, const bson_iter_t *value)
{
    enum kind kind = kind_of(bson_iter_type(value));

    return kind != KIND_NULL && kind != kind_of(c->last[i].value.value_type);
}

/* ---- as conditions ---- */

void cursor_append_sort(const struct cursor *c, bson_t *to, int direction)
{
    for (int i = 0; i < c->n; i++)
        BSON_APPEND_INT32(to, c->names[i], direction);
}

/* name: {op: the place's value} */
static void append_compared(const struct cursor *c, int i, const char *op, bson_t *to)
{
    bson_t inner;

    BSON_APPEND_DOCUMENT_BEGIN(to, c->names[i], &inner);
    BSON_APPEND_VALUE(&inner, op, &c->last[i].value);
    bson_append_document_end(to, &inner);
}

void cursor_append_prefix(const struct cursor *c, int i, bson_t *condition)
{
    for (int k = 0; k < i; k++)
        append_compared(c, k, "$eq", condition);
}

static void begin_item(bson_t *list, int i, bson_t *ret_item)
{
    char room[16];
    const char *key;
    size_t n = bson_uint32_to_string((uint32_t)i, &key, room, sizeof room);

    bson_append_document_begin(list, key, (int)n, ret_item);
}

/* {a: {$gt: 1}} or {a: {$eq: 1}, b: {$gt: 2}}, and in an incremental run the documents that have no place. */
void cursor_append_behind(const struct cursor *c, bson_t *condition)
{
    bson_t list, item;
    int n = 0;

    if (!c->n_behind && !c->since)
        return;
    BSON_APPEND_ARRAY_BEGIN(condition, "$or", &list);
    for (int i = 0; c->since && i < c->n; i++) {
        begin_item(&list, n++, &item);
        BSON_APPEND_NULL(&item, c->names[i]);
        bson_append_document_end(&list, &item);
    }
    for (int i = 0; i < c->n_behind; i++) {
        begin_item(&list, n++, &item);
        cursor_append_prefix(c, i, &item);
        append_compared(c, i, "$gt", &item);
        bson_append_document_end(&list, &item);
    }
    bson_append_array_end(condition, &list);
}

/* ---- as text ---- */

static char *list_of(const struct cursor *c)
{
    bson_t *doc = bson_new();
    char *json;

    for (int i = 0; c->placed && i < c->n; i++)
        BSON_APPEND_VALUE(doc, c->names[i], &c->last[i].value);
    json = bson_as_canonical_extended_json(doc, NULL);
    bson_destroy(doc);
    return json;
}

char *cursor_position(const struct cursor *c)
{
    bool since = c->since && !c->placed;
    char *list = since ? NULL : list_of(c), *text;
    struct leat_put put = { 0 };

    if (since || list)
        leat_put_printf(&put, "%s%s", since ? "since " : "", since ? c->since : list);
    if (c->n_null)
        leat_put_printf(&put, "+%lld", (long long)c->n_null);
    bson_free(list);
    text = put.n ? leat_put_end(&put) : NULL;
    if (!text)
        leat_put_free(&put);
    return text;
}

static int load_values(struct cursor *c, const bson_t *doc)
{
    bson_iter_t it;
    int n = 0;

    if (!bson_iter_init(&it, doc))
        return LEAT_EDATA;
    for (; bson_iter_next(&it); n++) {
        if (n == c->n || strcmp(bson_iter_key(&it), c->names[n]) != 0 || kind_of(bson_iter_type(&it)) <= KIND_NULL)
            return LEAT_EDATA;
        if (!keep(&c->last[n], bson_iter_value(&it)))
            return -ENOMEM;
    }
    if (n != c->n)
        return LEAT_EDATA;
    c->n_behind = n;
    return 0;
}

int cursor_load(struct cursor *c, const char *json, size_t n)
{
    bson_error_t why;
    bson_t *doc = leat_json_is_value(json, n) ? bson_new_from_json((const uint8_t *)json, (ssize_t)n, &why) : NULL;
    int rc = doc ? load_values(c, doc) : LEAT_EDATA;

    if (doc)
        bson_destroy(doc);
    return rc;
}

void cursor_free(struct cursor *c)
{
    for (int i = 0; c->last && i < c->n; i++) {
        free(c->last[i].room);
        c->last[i] = (struct cursor_value){0};
    }
    free(c->since);
    c->since = NULL;
}
