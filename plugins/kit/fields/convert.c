/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Text to values, as cast() does it: spaces around a number, a date or a bool do
 * not count, no locale does. What is no value of the type is none, and the
 * record is rejected where a person sees it.
 */
#include "kit/fields/fields.h"

#include <math.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

static bool put_bool(struct leat_batch *b, int field, const char *text, size_t n)
{
    bool value;

    if (!leat_text_to_bool(text, n, &value))
        return false;
    leat_batch_put_bool(b, field, value);
    return true;
}

static bool put_int64(struct leat_batch *b, int field, const char *text, size_t n)
{
    int64_t value;

    if (!leat_text_to_int64(text, n, &value))
        return false;
    leat_batch_put_int64(b, field, value);
    return true;
}

static bool put_float64(struct leat_batch *b, int field, const char *text, size_t n)
{
    double value;

    if (!leat_text_to_float64(text, n, &value))
        return false;
    leat_batch_put_float64(b, field, value);
    return true;
}

/* Without a plus, without zeros in front, with one digit before the point: -12.50 */
static bool put_decimal(struct leat_batch *b, int field, const char *text, size_t n)
{
    char out[LEAT_DECIMAL_ROOM + 2], room[LEAT_DECIMAL_ROOM], *p = out;
    struct leat_digits d;

    if (n > LEAT_DECIMAL_ROOM || !leat_text_to_decimal(text, n, room, &d))
        return false;
    if (d.minus && !leat_digits_are_zero(&d))
        *p++ = '-';
    if (!d.n_whole)
        *p++ = '0';
    memcpy(p, d.whole, d.n_whole);
    p += d.n_whole;
    if (d.n_fraction)
        *p++ = '.';
    memcpy(p, d.fraction, d.n_fraction);
    leat_batch_put_text(b, field, out, (size_t)(p - out) + d.n_fraction);
    return true;
}

static bool put_date(struct leat_batch *b, int field, const char *text, size_t n)
{
    int32_t days;

    if (!leat_text_to_date(text, n, &days))
        return false;
    leat_batch_put_date(b, field, days);
    return true;
}

static bool put_timestamp(struct leat_batch *b, int field, const char *text, size_t n)
{
    const struct leat_field *f = &b->schema->fields[field];
    bool has_offset;
    int64_t us;

    if (!leat_text_to_timestamp(text, n, &us, &has_offset) || (has_offset && f->local && f->timezone))
        return false;
    leat_batch_put_int64(b, field, us);
    return true;
}

/* \x and hex digits, as leat and PostgreSQL write bytes; anything else stands for itself. */
static bool put_bytes(struct leat_batch *b, int field, const char *text, size_t n)
{
    struct leat_column *c = &b->columns[field];
    size_t n_bytes = n / 2 - 1;

    if (n < 2 || n % 2 || text[0] != '\\' || text[1] != 'x') {
        leat_batch_put_text(b, field, text, n);
        return true;
    }
    if (!leat_text_to_bytes(text + 2, n - 2, NULL))
        return false;
    leat_batch_put_text(b, field, text, n_bytes); /* makes the room; the bytes follow */
    if (c->offsets[c->n_rows] - c->offsets[c->n_rows - 1] == (int32_t)n_bytes)
        (void)leat_text_to_bytes(text + 2, n - 2, (char *)c->bytes + c->offsets[c->n_rows - 1]);
    return true;
}

static bool put_json(struct leat_batch *b, int field, const char *text, size_t n)
{
    if (!leat_json_is_value(text, n))
        return false;
    leat_batch_put_text(b, field, text, n);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool leat_field_put(struct leat_batch *b, int field, const char *text, size_t n)
{
    enum leat_type type = b->schema->fields[field].type;

    if (!leat_type_is_text(type) || type == LEAT_DECIMAL) {
        for (; n && is_space(*text); n--)
            text++;
        while (n && is_space(text[n - 1]))
            n--;
    }
    switch (type) {
    case LEAT_BOOL:
        return put_bool(b, field, text, n);
    case LEAT_INT64:
        return put_int64(b, field, text, n);
    case LEAT_FLOAT64:
        return put_float64(b, field, text, n);
    case LEAT_DECIMAL:
        return put_decimal(b, field, text, n);
    case LEAT_DATE:
        return put_date(b, field, text, n);
    case LEAT_TIMESTAMP:
        return put_timestamp(b, field, text, n);
    case LEAT_BYTES:
        return put_bytes(b, field, text, n);
    case LEAT_JSON:
        return put_json(b, field, text, n);
    default:
        leat_batch_put_text(b, field, text, n);
        return true;
    }
}

/* ---- numbers ---- */

enum { LARGEST_EXACT = 53 }; /* bits of a whole number that any double has room for */

bool leat_field_put_int64(struct leat_batch *b, int field, int64_t value)
{
    char text[LEAT_VALUE_ROOM];

    switch (b->columns[field].type) {
    case LEAT_INT64:
        leat_batch_put_int64(b, field, value);
        return true;
    case LEAT_FLOAT64:
        if (value > INT64_C(1) << LARGEST_EXACT || value < -(INT64_C(1) << LARGEST_EXACT))
            return false;
        leat_batch_put_float64(b, field, (double)value);
        return true;
    case LEAT_BOOL:
        if (value == 0 || value == 1)
            leat_batch_put_bool(b, field, value);
        return value == 0 || value == 1;
    case LEAT_TEXT:
    case LEAT_DECIMAL:
    case LEAT_JSON:
        leat_batch_put_text(b, field, text, (size_t)(leat_int64_put(text, value) - text));
        return true;
    default:
        return false;
    }
}

bool leat_field_put_plain(struct leat_batch *b, int field, const char *text, size_t n)
{
    char plain[LEAT_DECIMAL_ROOM];

    n = leat_text_plain(text, n, plain, sizeof plain);
    return n && leat_field_put(b, field, plain, n);
}

bool leat_field_put_float64(struct leat_batch *b, int field, double value)
{
    char text[LEAT_VALUE_ROOM];
    size_t n = (size_t)(leat_float64_put(text, value) - text);

    switch (b->columns[field].type) {
    case LEAT_INT64:
        if (value != trunc(value) || fabs(value) >= 0x1p63) /* NaN is not what it is */
            return false;
        leat_batch_put_int64(b, field, (int64_t)value);
        return true;
    case LEAT_FLOAT64:
        leat_batch_put_float64(b, field, value);
        return true;
    case LEAT_DECIMAL:
        return leat_field_put_plain(b, field, text, n);
    case LEAT_TEXT:
    case LEAT_JSON:
        return leat_field_put(b, field, text, n);
    default:
        return false;
    }
}

const char *leat_field_wants(const struct leat_field *field)
{
    switch (field->type) {
    case LEAT_BOOL:
        return "true or false (also t, yes, y, on, 1 and their opposites)";
    case LEAT_INT64:
        return "a whole number of 64 bits";
    case LEAT_FLOAT64:
        return "a number";
    case LEAT_DECIMAL:
        return "a decimal number such as -12.50";
    case LEAT_DATE:
        return "a date written YYYY-MM-DD";
    case LEAT_TIMESTAMP:
        return field->local && field->timezone ? "a timestamp written YYYY-MM-DD HH:MM:SS without an offset"
                                               : "a timestamp written YYYY-MM-DD HH:MM:SS";
    case LEAT_BYTES:
        return "bytes, or \\x and hexadecimal digits";
    case LEAT_JSON:
        return "valid JSON";
    default:
        return "text";
    }
}
