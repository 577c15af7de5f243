/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * From the records found to values in the cache, and from these to columns.
 */
#include "lookup.h"

#include <math.h>
#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

/* ---- into the cache ---- */

static bool is_list(const struct lookup *s)
{
    return s->many == MANY_LIST;
}

static void put_string(struct leat_put *out, const char *text, size_t n)
{
    char *p = leat_put_reserve(out, LEAT_JSON_ROOM(n));

    if (p)
        out->n = (size_t)(leat_json_escape(p, text, n) - out->p);
}

/* As load jsonl writes it. */
static void put_json(struct leat_put *out, const struct leat_field *field, const struct leat_column *c, int32_t row)
{
    char room[LEAT_VALUE_ROOM];
    const char *text;
    size_t n;

    if (leat_is_null(c, row)) {
        leat_put_string(out, "null");
        return;
    }
    text = leat_value_text(room, field, c, row, &n);
    if (c->type == LEAT_TEXT || c->type == LEAT_DATE || c->type == LEAT_TIMESTAMP ||
        (c->type == LEAT_FLOAT64 && !isfinite(c->float64[row])))
        put_string(out, text, n);
    else
        leat_put_bytes(out, text, n);
}

static struct value list_of(struct worker *w, const struct leat_field *field, const struct leat_column *c,
                            const int32_t *order, int32_t n)
{
    w->json.n = 0;
    for (int32_t i = 0; i < n; i++) {
        leat_put_string(&w->json, i ? "," : "[");
        put_json(&w->json, field, c, order[i]);
    }
    leat_put_string(&w->json, "]");
    return (struct value){ .n = (uint32_t)w->json.n, .bytes = w->json.p };
}

/* A bool is a byte, anything else of a fixed width is as it lies in the column. */
static struct value value_of(const struct leat_column *c, int32_t row, char *truth)
{
    size_t n = (size_t)leat_type_width(c->type);
    struct value value = { .null = leat_is_null(c, row), .bytes = "" };

    if (value.null)
        return value;
    if (c->offsets) {
        value.bytes = leat_text(c, row, &n);
    } else if (n) {
        value.bytes = (const char *)c->bytes + (size_t)row * n;
    } else {
        *truth = leat_bool(c, row);
        value.bytes = truth;
        n = 1;
    }
    value.n = (uint32_t)n;
    return value;
}

bool columns_keep(const struct lookup *s, struct worker *w, const struct leat_batch *records, const int32_t *order,
                  int32_t n)
{
    for (int i = 0; i < s->n_taken; i++) {
        const struct leat_column *c = &records->columns[s->taken[i]];
        char truth;
        struct value value = is_list(s) ? list_of(w, &s->fields[i], c, order, n) : value_of(c, *order, &truth);

        cache_put_value(&w->cache, &value);
    }
    return !w->json.failed && !w->cache.young.values.failed;
}

/* ---- their order ---- */

static int compare_text(const struct leat_column *c, int32_t a, int32_t b)
{
    size_t n, m;
    const char *x = leat_text(c, a, &n), *y = leat_text(c, b, &m);
    int order = memcmp(x, y, n < m ? n : m);

    return order ? order : (n > m) - (n < m);
}

static int compare_values(const struct leat_column *c, int32_t a, int32_t b)
{
    switch (c->type) {
    case LEAT_BOOL:
        return leat_bool(c, a) - leat_bool(c, b);
    case LEAT_DATE:
        return (c->date[a] > c->date[b]) - (c->date[a] < c->date[b]);
    case LEAT_FLOAT64:
        return (c->float64[a] > c->float64[b]) - (c->float64[a] < c->float64[b]);
    case LEAT_INT64:
    case LEAT_TIMESTAMP:
        return (c->int64[a] > c->int64[b]) - (c->int64[a] < c->int64[b]);
    default:
        return compare_text(c, a, b);
    }
}

/* Nulls come last, as in PostgreSQL. */
int columns_compare(const struct lookup *s, const struct leat_batch *records, int32_t a, int32_t b)
{
    int order = 0;

    for (int i = 0; order == 0 && i < s->n_taken; i++) {
        const struct leat_column *c = &records->columns[s->taken[i]];
        bool x = leat_is_null(c, a), y = leat_is_null(c, b);

        order = x || y ? x - y : compare_values(c, a, b);
    }
    return order;
}

/* ---- out of the cache ---- */

static void free_room(struct room *r)
{
    free(r->validity);
    free(r->offsets);
    free(r->values);
    leat_put_free(&r->bytes);
    *r = (struct room){ .cap_rows = 0 };
}

static bool begin(struct room *r, enum leat_type type, int32_t n_rows)
{
    size_t width = (size_t)leat_type_width(type), n = (size_t)n_rows + 1;
    bool text = leat_type_is_text(type), ok = true;

    if (n_rows > r->cap_rows || !r->validity) {
        free_room(r);
        r->validity = malloc(n / 8 + 1);
        if (text)
            r->offsets = malloc((n + 1) * sizeof *r->offsets);
        else
            r->values = malloc(width ? n * width : n / 8 + 1);
        r->cap_rows = n_rows;
        ok = r->validity && (text ? (void *)r->offsets : r->values);
    }
    if (!ok)
        return false;
    memset(r->validity, 0, n / 8 + 1);
    if (text)
        r->offsets[0] = 0;
    else
        memset(r->values, 0, width ? n * width : n / 8 + 1);
    r->bytes.n = 0;
    r->column = (struct leat_column){ .type = type, .validity = r->validity, .offsets = r->offsets, .n_rows = n_rows };
    return true;
}

/* Not null at `row`, and of a text all up to it. */
static bool put(struct room *r, int32_t row, const struct value *value)
{
    size_t width = (size_t)leat_type_width(r->column.type);

    if (!value->null)
        r->validity[row >> 3] |= (uint8_t)(1 << (row & 7));
    if (r->offsets) {
        if (value->n > INT32_MAX - r->bytes.n)
            return false;
        leat_put_bytes(&r->bytes, value->bytes, value->n);
        r->offsets[row + 1] = (int32_t)r->bytes.n;
    } else if (width && !value->null) {
        memcpy((char *)r->values + (size_t)row * width, value->bytes, width);
    } else if (!value->null && *value->bytes) {
        ((uint8_t *)r->values)[row >> 3] |= (uint8_t)(1 << (row & 7));
    }
    return true;
}

/* Of rows that have ended, too: every row has a place in a column. */
static bool put_row(const struct lookup *s, struct worker *w, int32_t row, bool selected)
{
    const struct entry *entry = selected && w->entries[row] >= 0 ? &w->cache.young.entries[w->entries[row]] : NULL;
    size_t at = entry ? entry->at : 0;
    bool ok = true;

    for (int i = 0; i < s->n_taken && ok; i++) {
        struct value value = { .null = true, .bytes = "" };

        if (entry && entry->status == FOUND)
            value = cache_value(&w->cache, &at);
        else if (is_list(s))
            value = (struct value){ .n = 2, .bytes = "[]" };
        ok = put(&w->rooms[i], row, &value);
    }
    return ok;
}

static bool put_rows(const struct lookup *s, struct worker *w, const struct leat_batch *in)
{
    int32_t next = 0;
    bool ok = true;

    LEAT_EACH_ROW(in, row) {
        for (; ok && next < row; next++)
            ok = put_row(s, w, next, false);
        ok = ok && put_row(s, w, next++, true);
    }
    for (; ok && next < in->n_rows; next++)
        ok = put_row(s, w, next, false);
    return ok;
}

int columns_fill(const struct lookup *s, struct worker *w, const struct leat_batch *in, struct leat_batch *out,
                 struct leat_error *err)
{
    bool ok = w->rooms || (w->rooms = calloc((size_t)s->n_taken + 1, sizeof *w->rooms));

    for (int i = 0; ok && i < s->n_taken; i++)
        ok = begin(&w->rooms[i], is_list(s) ? LEAT_JSON : s->fields[i].type, in->n_rows);
    if (!ok)
        return no_memory(err);
    if (!put_rows(s, w, in))
        return leat_fail(err, LEAT_EDATA, "what is found for one batch needs more than 2 GiB; make batches smaller "
                         "(batch_rows)");
    for (int i = 0; i < s->n_taken; i++) {
        struct room *r = &w->rooms[i];

        if (r->bytes.failed)
            return no_memory(err);
        r->column.values = r->offsets ? r->bytes.p : r->values;
        leat_batch_put_column(out, s->first + i, &r->column);
    }
    return 0;
}

void columns_free(const struct lookup *s, struct worker *w)
{
    for (int i = 0; w->rooms && i < s->n_taken; i++)
        free_room(&w->rooms[i]);
    free(w->rooms);
}
