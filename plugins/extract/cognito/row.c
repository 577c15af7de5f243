/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A user as Cognito's API has it, into fields:
 *
 *     {"Username": "jdoe", "Attributes": [{"Name": "sub", "Value": "..."}, ...], "UserStatus": "CONFIRMED",
 *      "Enabled": true, "UserCreateDate": 1700000000.123, "UserLastModifiedDate": ...}
 *
 * First it is noted for each field where its value stands, then they are put.
 */
#include "extract.h"

#include <math.h>
#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

static const double us_per_second = 1e6, most_seconds = 253402300800.0 /* the year 10000 */;

int row_open(struct row *row, const struct cognito *c, struct leat_error *err)
{
    if (!row->spans)
        row->spans = calloc((size_t)c->n_fields, sizeof *row->spans);
    return row->spans ? 0 : leat_fail(err, -ENOMEM, "no memory for a user");
}

void row_free(struct row *row)
{
    free(row->spans);
    leat_put_free(&row->text);
    leat_put_free(&row->groups);
    leat_put_free(&row->members);
    *row = (struct row){ 0 };
}

/* ---- where it stands ---- */

/* Attributes come in much the same order for each user: looks first behind the last one. */
static int field_of(const struct cognito *c, const struct leat_json_span *name, int last)
{
    for (int i = 0; i < c->n_attributes; i++) {
        int field = (last + 1 + i) % c->n_attributes;

        if (field != FIELD_USERNAME && span_is(name, c->names[field]))
            return field;
    }
    return -1;
}

static bool read_attribute(struct leat_json *j, struct leat_json_span *ret_name, struct leat_json_span *ret_value)
{
    struct leat_json_span key, value;

    *ret_name = *ret_value = (struct leat_json_span){ 0 };
    leat_json_enter(j);
    while (leat_json_member(j, &key) && leat_json_value(j, &value)) {
        if (span_is(&key, "Name"))
            *ret_name = value;
        else if (span_is(&key, "Value"))
            *ret_value = value;
    }
    return ret_name->kind == LEAT_JSON_STRING;
}

static void read_attributes(struct row *row, const struct cognito *c, struct leat_json *j)
{
    struct leat_json_span name, value;
    int field = -1;

    leat_json_enter(j);
    while (leat_json_item(j) && leat_json_peek(j) == LEAT_JSON_OBJECT) {
        int found = read_attribute(j, &name, &value) ? field_of(c, &name, field) : -1;

        row->n_unknown += found < 0;
        if (found >= 0)
            row->spans[field = found] = value;
    }
}

static int member_field(const struct cognito *c, const struct leat_json_span *key)
{
    return span_is(key, "Username")               ? FIELD_USERNAME
           : span_is(key, "UserStatus")           ? c->status
           : span_is(key, "Enabled")              ? c->enabled
           : span_is(key, "UserCreateDate")       ? c->created
           : span_is(key, "UserLastModifiedDate") ? c->modified
                                                   : -1;
}

void row_read(struct row *row, const struct cognito *c, const struct leat_json_span *user, const char *attributes)
{
    struct leat_json j = leat_json_begin(user->text, user->n);
    struct leat_json_span key, value;

    memset(row->spans, 0, (size_t)c->n_fields * sizeof *row->spans);
    if (leat_json_peek(&j) != LEAT_JSON_OBJECT)
        return;
    leat_json_enter(&j);
    while (leat_json_member(&j, &key)) {
        int field = member_field(c, &key);

        if (span_is(&key, attributes) && leat_json_peek(&j) == LEAT_JSON_ARRAY)
            read_attributes(row, c, &j);
        else if (leat_json_value(&j, &value) && field >= 0)
            row->spans[field] = value;
    }
}

/* ---- its value ---- */

bool row_text(struct row *row, const struct leat_json_span *span, const char **ret, size_t *ret_n)
{
    char *room;

    *ret = span->text;
    *ret_n = span->n;
    if (span->kind != LEAT_JSON_STRING || !span->escaped)
        return true;
    row->text.n = 0;
    room = leat_put_reserve(&row->text, span->n + 1);
    *ret = room ? room : "";
    *ret_n = 0;
    return !room || leat_json_unescape(span->text, span->n, room, ret_n);
}

/* Seconds since 1970 with their fraction. */
static bool put_time(struct leat_batch *out, int field, const char *text, size_t n)
{
    double seconds;

    if (!leat_text_to_float64(text, n, &seconds) || !(fabs(seconds) < most_seconds))
        return false;
    leat_batch_put_int64(out, field, llround(seconds * us_per_second));
    return true;
}

static bool put(struct row *row, struct leat_batch *out, int field)
{
    const struct leat_json_span *span = &row->spans[field];
    enum leat_type type = out->schema->fields[field].type;
    const char *text;
    size_t n;

    if (span->kind == LEAT_JSON_NONE || span->kind == LEAT_JSON_NULL)
        return leat_batch_put_null(out, field), true;
    if (!row_text(row, span, &text, &n))
        return false;
    if (!n && type != LEAT_TEXT)
        return leat_batch_put_null(out, field), true;
    if (span->kind == LEAT_JSON_NUMBER && type == LEAT_TIMESTAMP)
        return put_time(out, field, text, n);
    if (type == LEAT_JSON && !leat_json_is_value(text, n))
        return false;
    return leat_field_put(out, field, text, n);
}

static void put_list(struct row *row, int field, struct leat_put *list)
{
    if (field >= 0 && list->n)
        row->spans[field] = (struct leat_json_span){ .text = list->p, .n = list->n, .kind = LEAT_JSON_ARRAY };
}

int row_put(struct row *row, const struct cognito *c, struct leat_batch *out)
{
    int bad = -1;

    put_list(row, c->groups_field, &row->groups);
    for (int i = 0; i < c->n_fields; i++)
        if (!put(row, out, i) && bad < 0)
            bad = i;
    return bad;
}

void row_reject(struct row *row, int bad, struct leat_batch *out)
{
    const struct leat_json_span *span = &row->spans[bad];
    const struct leat_field *field = &out->schema->fields[bad];
    const char *raw;
    size_t n;

    if (!row_text(row, span, &raw, &n))
        leat_batch_reject_value(out, bad, "invalid_utf8", span->text, span->n, "has half a surrogate pair (\\ud800 to "
                                "\\udfff), which is no character");
    else
        leat_batch_reject_value(out, bad, "conversion_failed", raw, n, "is not %s (fields can declare another type)",
                                leat_field_wants(field));
}
