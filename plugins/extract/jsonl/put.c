/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The values of a line as a row.
 */
#include "extract.h"

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum put_result { PUT_FINE, PUT_DOES_NOT_FIT, PUT_HALF_CHARACTER };

/* ---- what `rest` takes ---- */

/* A null is no value that could be lost. */
static bool leave_out(struct jsonl *s, const struct leat_json_span *key, const struct leat_json_span *value)
{
    size_t n;

    s->n_undeclared += value->kind != LEAT_JSON_NULL;
    return record_name(&s->record, key, &n) != NULL;
}

bool jsonl_keep_rest(struct record *r, const struct leat_json_span *key, const struct leat_json_span *value)
{
    struct jsonl *s = r->user;
    int quotes = value->kind == LEAT_JSON_STRING;
    char *p;

    if (s->rest_field < 0)
        return leave_out(s, key, value);
    if (!jsonl_reserve(&s->rest_text, &s->cap_rest, s->n_rest + key->n + value->n + 8))
        return record_wrong(r, "bad_json", "more text than there is memory for");
    p = s->rest_text + s->n_rest;
    *p++ = s->n_rest ? ',' : '{';
    memcpy(p, key->text - 1, key->n + 2);
    p += key->n + 2;
    *p++ = ':';
    memcpy(p, value->text - quotes, value->n + 2 * (size_t)quotes);
    s->n_rest = (size_t)(p - s->rest_text) + value->n + 2 * (size_t)quotes;
    return true;
}

static void put_rest(struct jsonl *s, struct leat_batch *out)
{
    if (!s->n_rest) {
        leat_batch_put_null(out, s->rest_field);
        return;
    }
    s->rest_text[s->n_rest] = '}'; /* room was kept for it */
    leat_batch_put_text(out, s->rest_field, s->rest_text, s->n_rest + 1);
}

/* ---- one value ---- */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* In place, as no byte comes out before the ones it is made of have been read. */
static bool decode_base64(char *text, size_t n, size_t *ret_n)
{
    unsigned bits = 0;
    size_t at = 0;

    if (n % 4)
        return false;
    for (int i = 0; i < 2 && n && text[n - 1] == '='; i++)
        n--;
    for (size_t i = 0; i < n; i++) {
        int digit = base64_digit(text[i]);

        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned)digit;
        if (i % 4)
            text[at++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
    }
    *ret_n = at;
    return true;
}

static enum put_result put_string(struct jsonl *s, struct leat_batch *out, int i, const struct leat_json_span *v)
{
    enum leat_type type = out->columns[i].type;
    const char *text = v->text;
    size_t n = v->n;

    if (v->escaped || type == LEAT_BYTES) {
        if (!jsonl_reserve(&s->value, &s->cap_value, n + 1))
            return PUT_DOES_NOT_FIT;
        if (!leat_json_unescape(v->text, v->n, s->value, &n))
            return PUT_HALF_CHARACTER;
        text = s->value;
    }
    if (type == LEAT_BYTES && !decode_base64(s->value, n, &n))
        return PUT_DOES_NOT_FIT;
    if (type != LEAT_TEXT && type != LEAT_BYTES)
        return leat_field_put(out, i, text, n) ? PUT_FINE : PUT_DOES_NOT_FIT;
    leat_batch_put_text(out, i, text, n);
    return PUT_FINE;
}

/* 12, 12.0 and 1.2e1 are the same whole number, to JSON. */
static bool put_whole(struct leat_batch *out, int i, const char *text, size_t n)
{
    const char *point = memchr(text, '.', n);
    size_t whole = point ? (size_t)(point - text) : n;

    for (size_t k = whole + 1; k < n; k++)
        if (text[k] != '0')
            return false;
    return leat_field_put(out, i, text, whole);
}

static bool put_number(struct leat_batch *out, int i, const struct leat_json_span *v)
{
    char plain[512];
    size_t n;

    switch (out->columns[i].type) {
    case LEAT_DATE:
    case LEAT_TIMESTAMP:
    case LEAT_BYTES:
        return false;
    case LEAT_INT64:
        if (v->whole)
            return leat_field_put(out, i, v->text, v->n);
        n = leat_text_plain(v->text, v->n, plain, sizeof plain);
        return n && put_whole(out, i, plain, n);
    default:
        return leat_field_put(out, i, v->text, v->n);
    }
}

static enum put_result put_value(struct jsonl *s, struct leat_batch *out, int i, const struct leat_json_span *v)
{
    enum leat_type type = out->columns[i].type;

    if (v->kind <= LEAT_JSON_NULL) {
        leat_batch_put_null(out, i);
        return PUT_FINE;
    }
    if (type == LEAT_JSON) {
        size_t quotes = v->kind == LEAT_JSON_STRING;

        leat_batch_put_text(out, i, v->text - quotes, v->n + 2 * quotes);
        return PUT_FINE;
    }
    if (v->kind == LEAT_JSON_STRING)
        return put_string(s, out, i, v);
    if (v->kind == LEAT_JSON_NUMBER)
        return put_number(out, i, v) ? PUT_FINE : PUT_DOES_NOT_FIT;
    if (type != LEAT_TEXT && (type != LEAT_BOOL || v->kind > LEAT_JSON_TRUE))
        return PUT_DOES_NOT_FIT;
    return leat_field_put(out, i, v->text, v->n) ? PUT_FINE : PUT_DOES_NOT_FIT;
}

/* ---- the row ---- */

/* The values that are none of their fields: the first, why, and how many. */
struct misfits {
    int first, n;
    enum put_result why;
};

/* The value at fault; where there are more of them the whole line, unless somebody may not see all of it. */
static void reject(struct jsonl *s, struct leat_batch *out, const struct misfits *bad, const struct line *line)
{
    const struct leat_field *field = &out->schema->fields[bad->first];
    const struct leat_json_span *v = &s->record.values[bad->first];
    bool whole = bad->n > 1 && !s->has_secret;
    const char *raw = field->data_class == LEAT_SECRET ? NULL : whole ? line->text : v->text;
    size_t n = whole ? line->n : v->n;

    if (bad->why == PUT_HALF_CHARACTER)
        leat_batch_reject_value(out, bad->first, "invalid_utf8", raw, n, "has half a surrogate pair (\\ud800 to "
                                "\\udfff), which is no character (line %lld)", (long long)line->number);
    else
        leat_batch_reject_value(out, bad->first, "conversion_failed", raw, n, "is not %s (line %lld; fields can "
                                "declare another type)",
                                field->type == LEAT_BYTES ? "base64" : leat_field_wants(field),
                                (long long)line->number);
}

void jsonl_put_row(struct jsonl *s, struct leat_batch *out, const struct line *line)
{
    struct misfits bad = { .n = 0 };

    for (int i = 0; i < s->n_fields; i++) {
        enum put_result why;

        if (i == s->rest_field) {
            put_rest(s, out);
            continue;
        }
        why = put_value(s, out, i, &s->record.values[i]);
        if (why != PUT_FINE && bad.n++ == 0) {
            bad.first = i;
            bad.why = why;
        }
    }
    if (!bad.n)
        leat_batch_end_row(out);
    else
        reject(s, out, &bad, line);
}
