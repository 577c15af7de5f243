/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A value of BSON as the JSON that people expect: numbers are numbers, a date is
 * "2024-02-29T12:00:00.500000Z", an ObjectId its 24 hex digits, a UUID as it is usually
 * written, other bytes base64. What JSON has nothing like for stands as MongoDB's
 * extended JSON has it.
 */
#include "kit/mongodb/mongodb.h"

#include "kit/json/json.h"
#include "kit/text/text.h"

/* ---- scalars as text ---- */

bool leat_bson_is_uuid(const bson_iter_t *value)
{
    bson_subtype_t subtype;
    const uint8_t *bytes;
    uint32_t n;

    if (!BSON_ITER_HOLDS_BINARY(value))
        return false;
    bson_iter_binary(value, &subtype, &n, &bytes);
    return subtype == BSON_SUBTYPE_UUID && n == 16;
}

/* 8-4-4-4-12 */
static size_t put_uuid(char *out, const bson_iter_t *value)
{
    bson_subtype_t subtype;
    const uint8_t *bytes;
    char *p = out;
    uint32_t n;

    bson_iter_binary(value, &subtype, &n, &bytes);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        p = leat_hex_put(p, (const char *)bytes + i, 1);
    }
    return (size_t)(p - out);
}

/* 0: beyond what is a timestamp here. */
static size_t put_date(char *out, int64_t ms)
{
    char *end, *space;

    if (ms > INT64_MAX / 1000 || ms < INT64_MIN / 1000)
        return 0;
    end = leat_timestamp_put(out, ms * 1000, true);
    space = memchr(out, ' ', (size_t)(end - out));
    if (space)
        *space = 'T';
    return (size_t)(end - out);
}

static size_t put_decimal(char *out, const bson_iter_t *value)
{
    bson_decimal128_t decimal;

    (void)bson_iter_decimal128(value, &decimal);
    bson_decimal128_to_string(&decimal, out);
    return strlen(out);
}

bool leat_bson_text(const bson_iter_t *value, char *room, size_t *ret_n)
{
    _Static_assert((int)LEAT_BSON_ROOM >= (int)BSON_DECIMAL128_STRING &&
                   (int)LEAT_BSON_ROOM >= (int)LEAT_VALUE_ROOM, "room");

    switch (bson_iter_type(value)) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        *ret_n = (size_t)(leat_int64_put(room, bson_iter_as_int64(value)) - room);
        return true;
    case BSON_TYPE_DOUBLE:
        *ret_n = (size_t)(leat_float64_put(room, bson_iter_double(value)) - room);
        return true;
    case BSON_TYPE_DECIMAL128:
        *ret_n = put_decimal(room, value);
        return true;
    case BSON_TYPE_BOOL:
        *ret_n = bson_iter_bool(value) ? 4 : 5;
        memcpy(room, bson_iter_bool(value) ? "true" : "false", *ret_n);
        return true;
    case BSON_TYPE_DATE_TIME:
        *ret_n = put_date(room, bson_iter_date_time(value));
        return *ret_n != 0;
    case BSON_TYPE_OID:
        *ret_n = (size_t)(leat_hex_put(room, (const char *)bson_iter_oid(value)->bytes, 12) - room);
        return true;
    case BSON_TYPE_BINARY:
        *ret_n = leat_bson_is_uuid(value) ? put_uuid(room, value) : 0;
        return *ret_n != 0;
    default:
        return false;
    }
}

/* ---- JSON ---- */

struct writer {
    struct leat_put *b;
    bool shown; /* whatever it holds */
};

static enum leat_bson_fit add_value(struct writer *w, const bson_iter_t *value, int depth);

static void add_escaped(struct leat_put *b, const char *text, size_t n)
{
    char *p = leat_put_reserve(b, LEAT_JSON_ROOM(n));

    if (p)
        b->n = (size_t)(leat_json_escape_slice(p, text, n) - b->p);
}

/* What is no UTF-8 as \xff. */
static void add_shown(struct leat_put *b, const char *text, size_t n)
{
    char hex[] = "\\\\x00";

    for (size_t i = 0, length; i < n; i += length ? length : 1) {
        length = leat_text_character(text + i, n - i);
        if (length) {
            add_escaped(b, text + i, length);
        } else {
            (void)leat_hex_put(hex + 3, text + i, 1);
            leat_put_bytes(b, hex, 5);
        }
    }
}

static enum leat_bson_fit add_string(struct writer *w, const char *text, size_t n)
{
    bool is_utf8 = leat_text_is_utf8(text, n);

    if (!is_utf8 && !w->shown)
        return LEAT_FIT_NO_UTF8;
    leat_put_bytes(w->b, "\"", 1);
    if (is_utf8)
        add_escaped(w->b, text, n);
    else
        add_shown(w->b, text, n);
    leat_put_bytes(w->b, "\"", 1);
    return LEAT_FIT_FINE;
}

static void add_base64(struct leat_put *b, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *p = leat_put_reserve(b, n / 3 * 4 + 6);

    if (!p)
        return;
    *p++ = '"';
    for (size_t i = 0; i < n; i += 3) {
        unsigned more = n - i < 3 ? (unsigned)(n - i) : 3;
        unsigned bits = bytes[i] * 65536u + (more > 1 ? bytes[i + 1] * 256u : 0) + (more > 2 ? bytes[i + 2] : 0);

        for (unsigned k = 0; k < 4; k++)
            *p++ = k <= more ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    *p++ = '"';
    b->n = (size_t)(p - b->p);
}

static enum leat_bson_fit add_binary(struct writer *w, const bson_iter_t *value)
{
    bson_subtype_t subtype;
    const uint8_t *bytes;
    uint32_t n;

    bson_iter_binary(value, &subtype, &n, &bytes);
    add_base64(w->b, bytes, n);
    return LEAT_FIT_FINE;
}

static enum leat_bson_fit add_regex(struct writer *w, const bson_iter_t *value)
{
    const char *options = "", *pattern = bson_iter_regex(value, &options);
    struct leat_put both = {0};
    enum leat_bson_fit fit;

    leat_put_bytes(&both, "/", 1);
    leat_put_string(&both, pattern);
    leat_put_bytes(&both, "/", 1);
    leat_put_string(&both, options);
    fit = both.failed ? LEAT_FIT_NO_MEMORY : add_string(w, both.p, both.n);
    leat_put_free(&both);
    return fit;
}

/* {"$minKey": 1}, taken out of what libbson writes for a document around it: { "" : ... } */
static enum leat_bson_fit add_extended(struct writer *w, const bson_iter_t *value)
{
    bson_t *doc = bson_new();
    char *json = NULL, *from;
    size_t n = 0;

    if (bson_append_iter(doc, "", 0, value))
        json = bson_as_canonical_extended_json(doc, &n);
    from = json ? strchr(json, ':') : NULL;
    if (from && leat_text_is_utf8(json, n))
        leat_put_bytes(w->b, from + 2, n - (size_t)(from + 2 - json) - 2);
    else
        from = NULL;
    bson_free(json);
    bson_destroy(doc);
    return from ? LEAT_FIT_FINE : LEAT_FIT_NO_UTF8;
}

static enum leat_bson_fit add_members(struct writer *w, bson_iter_t *it, bool is_list, int depth)
{
    enum leat_bson_fit fit = LEAT_FIT_FINE;
    bool first = true;

    leat_put_bytes(w->b, is_list ? "[" : "{", 1);
    while (fit == LEAT_FIT_FINE && bson_iter_next(it)) {
        leat_put_bytes(w->b, ",", first ? 0 : 1);
        first = false;
        if (!is_list) {
            fit = add_string(w, bson_iter_key(it), bson_iter_key_len(it));
            leat_put_bytes(w->b, ":", 1);
        }
        if (fit == LEAT_FIT_FINE)
            fit = add_value(w, it, depth + 1);
    }
    leat_put_bytes(w->b, is_list ? "]" : "}", 1);
    return fit == LEAT_FIT_FINE && it->err_off ? LEAT_FIT_BROKEN : fit;
}

static enum leat_bson_fit add_container(struct writer *w, const bson_iter_t *value, int depth)
{
    size_t before = w->b->n;
    bson_iter_t it;
    enum leat_bson_fit fit = LEAT_FIT_TOO_DEEP;

    if (depth < LEAT_MONGODB_MAX_DEPTH)
        fit = bson_iter_recurse(value, &it) ? add_members(w, &it, BSON_ITER_HOLDS_ARRAY(value), depth)
                                            : LEAT_FIT_BROKEN;
    if (fit == LEAT_FIT_FINE || !w->shown)
        return fit;
    w->b->n = before;
    leat_put_string(w->b, "null");
    return LEAT_FIT_FINE;
}

static enum leat_bson_fit add_scalar(struct writer *w, const bson_iter_t *value, bool is_number)
{
    char room[LEAT_BSON_ROOM];
    size_t n;

    if (!leat_bson_text(value, room, &n))
        return add_extended(w, value);
    /* NaN and Infinity are no numbers of JSON */
    is_number = is_number && (room[n - 1] >= '0' && room[n - 1] <= '9');
    if (!is_number)
        return add_string(w, room, n);
    leat_put_bytes(w->b, room, n);
    return LEAT_FIT_FINE;
}

static enum leat_bson_fit add_value(struct writer *w, const bson_iter_t *value, int depth)
{
    const char *text;
    uint32_t n;

    switch (bson_iter_type(value)) {
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        leat_put_string(w->b, "null");
        return LEAT_FIT_FINE;
    case BSON_TYPE_BOOL:
        leat_put_string(w->b, bson_iter_bool(value) ? "true" : "false");
        return LEAT_FIT_FINE;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return add_scalar(w, value, true);
    case BSON_TYPE_DATE_TIME:
    case BSON_TYPE_OID:
        return add_scalar(w, value, false);
    case BSON_TYPE_BINARY:
        return leat_bson_is_uuid(value) ? add_scalar(w, value, false) : add_binary(w, value);
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(value, &n);
        return add_string(w, text, n);
    case BSON_TYPE_SYMBOL:
        text = bson_iter_symbol(value, &n);
        return add_string(w, text, n);
    case BSON_TYPE_CODE:
        text = bson_iter_code(value, &n);
        return add_string(w, text, n);
    case BSON_TYPE_REGEX:
        return add_regex(w, value);
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return add_container(w, value, depth);
    default:
        return add_extended(w, value);
    }
}

enum leat_bson_fit leat_bson_add_json(struct leat_put *b, const bson_iter_t *value)
{
    struct writer w = { .b = b };
    enum leat_bson_fit fit = add_value(&w, value, 0);

    return b->failed ? LEAT_FIT_NO_MEMORY : fit;
}

void leat_bson_add_shown(struct leat_put *b, const bson_iter_t *value)
{
    struct writer w = { .b = b, .shown = true };
    size_t before = b->n;

    if (add_value(&w, value, 0) == LEAT_FIT_FINE)
        return;
    b->n = before;
    leat_put_string(b, "null");
}

void leat_bson_add_key(struct leat_put *b, const char *key, size_t n)
{
    struct writer w = { .b = b, .shown = true };

    (void)add_string(&w, key, n);
    leat_put_bytes(b, ":", 1);
}
