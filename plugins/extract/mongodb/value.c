/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A value of BSON into a column. Each value has a type of its own in MongoDB; one
 * of another type than its field is converted where nothing is lost.
 */
#include "extract.h"

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum { LARGEST_EXACT = 53 }; /* bits of a whole number that any double has room for */

static enum leat_bson_fit fits(bool fine)
{
    return fine ? LEAT_FIT_FINE : LEAT_FIT_NOT;
}

/* ---- numbers ---- */

/* 12.00 is whole. */
static bool put_whole(struct leat_batch *out, int i, const char *text, size_t n)
{
    char room[LEAT_DECIMAL_ROOM], whole[LEAT_VALUE_ROOM], *p = whole;
    struct leat_digits d;

    if (!leat_text_to_decimal(text, n, room, &d) || d.n_whole > LEAT_VALUE_ROOM - 2)
        return false;
    for (size_t k = 0; k < d.n_fraction; k++)
        if (d.fraction[k] != '0')
            return false;
    if (d.minus)
        *p++ = '-';
    if (!d.n_whole)
        *p++ = '0';
    memcpy(p, d.whole, d.n_whole);
    return leat_field_put(out, i, whole, (size_t)(p - whole) + d.n_whole);
}

static bool put_decimal(struct leat_batch *out, int i, const bson_iter_t *value)
{
    char text[LEAT_BSON_ROOM];
    size_t n;

    (void)leat_bson_text(value, text, &n);
    switch (out->columns[i].type) {
    case LEAT_INT64:
        return put_whole(out, i, text, n);
    case LEAT_DECIMAL:
        return leat_field_put_plain(out, i, text, n);
    case LEAT_FLOAT64:
        return leat_field_put(out, i, text, n);
    case LEAT_TEXT:
        leat_batch_put_text(out, i, text, n);
        return true;
    default:
        return false;
    }
}

/* ---- the rest ---- */

static enum leat_bson_fit put_json(struct leat_batch *out, int i, const bson_iter_t *value, struct leat_put *scratch)
{
    enum leat_bson_fit fit;

    scratch->n = 0;
    fit = leat_bson_add_json(scratch, value);
    if (fit == LEAT_FIT_FINE)
        leat_batch_put_text(out, i, scratch->p, scratch->n);
    return fit;
}

/* A string of any kind. */
static enum leat_bson_fit put_string(struct leat_batch *out, int i, const char *text, size_t n)
{
    enum leat_type type = out->columns[i].type;

    if (type == LEAT_TEXT) { /* the host looks whether it is UTF-8 */
        leat_batch_put_text(out, i, text, n);
        return LEAT_FIT_FINE;
    }
    return fits(leat_field_put(out, i, text, n));
}

static bool put_date(struct leat_batch *out, int i, const bson_iter_t *value)
{
    const struct leat_field *field = &out->schema->fields[i];
    const int64_t day_ms = 24 * 60 * 60 * 1000;
    int64_t ms = bson_iter_date_time(value);
    char text[LEAT_BSON_ROOM];
    size_t n;

    if (!leat_bson_text(value, text, &n)) /* beyond all timestamps */
        return false;
    switch (field->type) {
    case LEAT_TIMESTAMP:
        if (field->local && field->timezone) /* an instant is no wall time of elsewhere */
            return false;
        leat_batch_put_int64(out, i, ms * 1000);
        return true;
    case LEAT_DATE:
        if (ms % day_ms || ms / day_ms > INT32_MAX || ms / day_ms < INT32_MIN)
            return false;
        leat_batch_put_date(out, i, (int32_t)(ms / day_ms));
        return true;
    case LEAT_TEXT:
        leat_batch_put_text(out, i, text, n);
        return true;
    default:
        return false;
    }
}

static bool put_bool(struct leat_batch *out, int i, bool value)
{
    if (out->columns[i].type == LEAT_BOOL)
        leat_batch_put_bool(out, i, value);
    else if (out->columns[i].type == LEAT_TEXT)
        leat_batch_put_text(out, i, value ? "true" : "false", value ? 4 : 5);
    else
        return false;
    return true;
}

static bool put_binary(struct leat_batch *out, int i, const bson_iter_t *value)
{
    char text[LEAT_BSON_ROOM];
    bson_subtype_t subtype;
    const uint8_t *bytes;
    uint32_t length;
    size_t n;

    bson_iter_binary(value, &subtype, &length, &bytes);
    if (out->columns[i].type == LEAT_BYTES)
        leat_batch_put_text(out, i, (const char *)bytes, length);
    else if (out->columns[i].type == LEAT_TEXT && leat_bson_text(value, text, &n))
        leat_batch_put_text(out, i, text, n);
    else
        return false;
    return true;
}

static bool put_oid(struct leat_batch *out, int i, const bson_iter_t *value)
{
    char text[LEAT_BSON_ROOM];
    size_t n;

    (void)leat_bson_text(value, text, &n);
    if (out->columns[i].type == LEAT_TEXT)
        leat_batch_put_text(out, i, text, n);
    else if (out->columns[i].type == LEAT_BYTES)
        leat_batch_put_text(out, i, (const char *)bson_iter_oid(value)->bytes, 12);
    else
        return false;
    return true;
}

/* /^a/i, as JSON has it but for the quotes; other values that JSON has nothing like for stand as JSON. */
static enum leat_bson_fit put_other(struct leat_batch *out, int i, const bson_iter_t *value, struct leat_put *scratch)
{
    uint32_t seconds, increment;
    enum leat_bson_fit fit;

    if (BSON_ITER_HOLDS_TIMESTAMP(value) && out->columns[i].type == LEAT_INT64) {
        bson_iter_timestamp(value, &seconds, &increment);
        leat_batch_put_int64(out, i, (int64_t)((uint64_t)seconds << 32 | increment));
        return LEAT_FIT_FINE;
    }
    if (out->columns[i].type != LEAT_TEXT)
        return LEAT_FIT_NOT;
    scratch->n = 0;
    fit = leat_bson_add_json(scratch, value);
    if (fit != LEAT_FIT_FINE)
        return fit;
    leat_batch_put_text(out, i, scratch->p, scratch->n);
    return LEAT_FIT_FINE;
}

enum leat_bson_fit value_put(struct leat_batch *out, int i, const bson_iter_t *value, struct leat_put *scratch)
{
    bson_type_t type = bson_iter_type(value);
    const char *text;
    uint32_t n;

    if (type == BSON_TYPE_NULL || type == BSON_TYPE_UNDEFINED) {
        leat_batch_put_null(out, i);
        return LEAT_FIT_FINE;
    }
    if (out->columns[i].type == LEAT_JSON)
        return put_json(out, i, value, scratch);
    switch (type) {
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(value, &n);
        return put_string(out, i, text, n);
    case BSON_TYPE_SYMBOL:
        text = bson_iter_symbol(value, &n);
        return put_string(out, i, text, n);
    case BSON_TYPE_CODE:
        text = bson_iter_code(value, &n);
        return put_string(out, i, text, n);
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        return fits(leat_field_put_int64(out, i, bson_iter_as_int64(value)));
    case BSON_TYPE_DOUBLE:
        return fits(leat_field_put_float64(out, i, bson_iter_double(value)));
    case BSON_TYPE_DECIMAL128:
        return fits(put_decimal(out, i, value));
    case BSON_TYPE_BOOL:
        return fits(put_bool(out, i, bson_iter_bool(value)));
    case BSON_TYPE_DATE_TIME:
        return fits(put_date(out, i, value));
    case BSON_TYPE_OID:
        return fits(put_oid(out, i, value));
    case BSON_TYPE_BINARY:
        return fits(put_binary(out, i, value));
    default:
        return put_other(out, i, value, scratch);
    }
}

/* ---- the type of a field, by what was seen of it ---- */

enum {
    SEEN_BOOL = 1 << 0,
    SEEN_INTEGER = 1 << 1,
    SEEN_BIG = 1 << 2, /* a whole number that no double has */
    SEEN_DOUBLE = 1 << 3,
    SEEN_DECIMAL = 1 << 4,
    SEEN_DATE = 1 << 5,
    SEEN_BYTES = 1 << 6,
    SEEN_TEXT = 1 << 7,
    SEEN_JSON = 1 << 8,
    SEEN_NUMBER = SEEN_INTEGER | SEEN_BIG | SEEN_DOUBLE | SEEN_DECIMAL,
};

unsigned value_seen(const bson_iter_t *value)
{
    char room[LEAT_BSON_ROOM];
    int64_t integer;
    size_t n;

    switch (bson_iter_type(value)) {
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        return 0;
    case BSON_TYPE_BOOL:
        return SEEN_BOOL;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        integer = bson_iter_as_int64(value);
        return integer > INT64_C(1) << LARGEST_EXACT || integer < -(INT64_C(1) << LARGEST_EXACT)
                   ? SEEN_INTEGER | SEEN_BIG : SEEN_INTEGER;
    case BSON_TYPE_DOUBLE:
        return SEEN_DOUBLE;
    case BSON_TYPE_DECIMAL128:
        return SEEN_DECIMAL;
    case BSON_TYPE_DATE_TIME:
        return leat_bson_text(value, room, &n) ? SEEN_DATE : SEEN_JSON; /* beyond all timestamps */
    case BSON_TYPE_BINARY:
        return leat_bson_is_uuid(value) ? SEEN_TEXT : SEEN_BYTES;
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
    case BSON_TYPE_CODE:
    case BSON_TYPE_OID:
        return SEEN_TEXT;
    default:
        return SEEN_JSON;
    }
}

/* A field holds all that was seen of it. */
enum leat_type value_type(unsigned seen)
{
    if (seen & SEEN_JSON || (seen & SEEN_BYTES && seen != SEEN_BYTES))
        return LEAT_JSON;
    if (seen && !(seen & ~(unsigned)SEEN_NUMBER)) {
        if (seen & SEEN_DECIMAL || (seen & SEEN_BIG && seen & SEEN_DOUBLE))
            return LEAT_DECIMAL;
        return seen & SEEN_DOUBLE ? LEAT_FLOAT64 : LEAT_INT64;
    }
    if (seen == SEEN_BOOL)
        return LEAT_BOOL;
    if (seen == SEEN_DATE)
        return LEAT_TIMESTAMP;
    return seen == SEEN_BYTES ? LEAT_BYTES : LEAT_TEXT;
}
