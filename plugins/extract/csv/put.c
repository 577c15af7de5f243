/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The record at hand, put into the batch: text straight into its column, other
 * types by way of the fields kit; and what is no record as a reject with its
 * line.
 */
#include "extract/csv/csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kit/csv/scan.h"

/* Where the record stands, for a reason: "(line %d, byte %d)" of the file. */
#define WHERE "(line %" PRId64 ", byte %" PRId64 ")"
#define HERE(c) (c)->reader.record_line, (c)->reader.record_offset + 1

static inline bool is_null(const struct csv *c, const struct leat_csv_value *v)
{
    return v->n == c->n_null && !v->flags && memcmp(v->p, c->null, v->n) == 0;
}

static inline void put_null(struct leat_batch *b, int field)
{
    struct leat_column *col = &b->columns[field];
    int32_t row = b->n_rows;

    if (!col->validity || !col->offsets) {
        leat_batch_put_null(b, field);
        return;
    }
    col->validity[row >> 3] &= (uint8_t)~(1 << (row & 7));
    col->offsets[row + 1] = col->offsets[row];
    col->n_rows++;
    b->n_put++;
}

/* The value's bytes, unescaped where they have to be. NULL: no memory. */
static const char *value_bytes(struct csv *c, const struct leat_csv_value *v, size_t *ret_n)
{
    *ret_n = v->n;
    if (!(v->flags & ~(unsigned)LEAT_CSV_QUOTED))
        return v->p;
    if (c->cap_scratch < v->n + LEAT_CSV_SLACK) {
        free(c->scratch);
        c->cap_scratch = 2 * (v->n + LEAT_CSV_SLACK);
        c->scratch = malloc(c->cap_scratch);
    }
    if (!c->scratch) {
        c->cap_scratch = 0;
        return NULL;
    }
    *ret_n = leat_csv_value_copy(&c->reader, v, c->scratch);
    return c->scratch;
}

static void put_with_growth(struct csv *c, struct leat_batch *b, int field, const struct leat_csv_value *v)
{
    size_t n;
    const char *p = value_bytes(c, v, &n);

    if (p)
        leat_batch_put_text(b, field, p, n);
    else
        b->error = -ENOMEM;
}

static inline void put_text(struct csv *c, struct leat_batch *b, int field, const struct leat_csv_value *v)
{
    struct leat_column *col = &b->columns[field];
    int32_t row = b->n_rows, at = col->offsets[row];
    char *out = (char *)col->bytes + at;
    size_t n = v->n;

    if ((size_t)(col->cap_bytes - at) < n + LEAT_CSV_SLACK) {
        put_with_growth(c, b, field, v);
        return;
    }
    if (v->flags & ~(unsigned)LEAT_CSV_QUOTED) {
        n = leat_csv_value_copy(&c->reader, v, out);
    } else {
        leat_scan_copy16(out, v->p);
        for (size_t i = 16; i < n; i += 16)
            leat_scan_copy16(out + i, v->p + i);
    }
    col->offsets[row + 1] = at + (int32_t)n;
    col->n_rows = row + 1;
    b->n_bytes += (int64_t)n;
    b->n_put++;
}

/* False if the value is none of the field's type; then it is null. */
static bool put_converted(struct csv *c, struct leat_batch *b, int field, const struct leat_csv_value *v)
{
    size_t n;
    const char *p = value_bytes(c, v, &n);
    bool empty_is_null = b->schema->fields[field].type != LEAT_BYTES;

    if (!p) {
        b->error = -ENOMEM;
        return true;
    }
    if ((n || !empty_is_null) && !leat_field_put(b, field, p, n)) {
        leat_batch_put_null(b, field);
        return false;
    }
    if (!n && empty_is_null)
        leat_batch_put_null(b, field);
    return true;
}

/* The values that could not be converted: the first, and how many. */
struct failed {
    int first, n;
};

/* Puts the first n fields. */
static struct failed put_fields(struct csv *c, struct leat_batch *b, int n)
{
    struct failed failed = { -1, 0 };

    for (int i = 0; i < n; i++) {
        const struct leat_csv_value *v = &c->reader.values[i];

        if (is_null(c, v))
            put_null(b, i);
        else if (c->as_text[i])
            put_text(c, b, i, v);
        else if (!put_converted(c, b, i, v) && failed.n++ == 0)
            failed.first = i;
    }
    return failed;
}

static void put_wrong_count(struct csv *c, struct leat_batch *b)
{
    const struct leat_csv_reader *r = &c->reader;
    bool many = r->n_values > c->n_fields;

    (void)put_fields(c, b, many ? c->n_fields : r->n_values);
    leat_batch_reject_record(b, many ? "too_many_fields" : "too_few_fields", r->raw, r->n_raw,
                             "has %d fields instead of %d " WHERE, r->n_values, c->n_fields, HERE(c));
}

/* The value at fault; where there are more of them the whole line, unless somebody may not see all of it. */
static void put_misfit(struct csv *c, struct leat_batch *b, struct failed failed)
{
    const struct leat_csv_reader *r = &c->reader;
    bool whole = failed.n > 1 && !c->has_secret;
    size_t n = r->n_raw;
    const char *raw = whole ? r->raw : value_bytes(c, &r->values[failed.first], &n);

    leat_batch_reject_value(b, failed.first, "conversion_failed", raw, n, "is not %s " WHERE,
                            leat_field_wants(&b->schema->fields[failed.first]), HERE(c));
}

/* ---- bytes that make no sense in the encoding ---- */

static bool is_senseless(const struct csv *c, const char *p, size_t n)
{
    return __builtin_expect(c->source.left_out, false) && p && memchr(p, CSV_SENSELESS, n);
}

/* Such a byte as \xNN, in the line and so in its values. */
static void show_senseless(struct leat_csv_reader *r)
{
    char *p = r->buffer + (r->raw - r->buffer), *end = p + r->n_raw;

    while ((p = memchr(p, CSV_SENSELESS, (size_t)(end - p))))
        *p++ = '\\';
}

static void put_senseless(struct csv *c, struct leat_batch *b)
{
    struct leat_csv_reader *r = &c->reader;
    int n = r->n_values < c->n_fields ? r->n_values : c->n_fields, field = 0;
    size_t n_raw = r->n_raw;
    const char *raw = r->raw;

    while (field < n && !is_senseless(c, r->values[field].p, r->values[field].n))
        field++;
    show_senseless(r);
    (void)put_fields(c, b, n);
    if (c->has_secret && field < n)
        raw = value_bytes(c, &r->values[field], &n_raw);
    leat_batch_reject_value(b, field < n ? field : -1, "invalid_utf8", raw, n_raw, "has bytes that are no character "
                            "of the encoding %.40s, shown here as \\xNN " WHERE, c->encoding, HERE(c));
}

/* ---- the record ---- */

void csv_put_record(struct csv *c, struct leat_batch *b)
{
    const struct leat_csv_reader *r = &c->reader;
    struct failed failed;

    if (is_senseless(c, r->raw, r->n_raw)) {
        put_senseless(c, b);
        return;
    }
    if (__builtin_expect(r->n_values != c->n_fields, 0)) {
        if (r->n_values == 1 && r->n_raw == 0) {
            c->n_empty_lines++;
            return;
        }
        if (c->dialect.strict || r->n_values > c->n_fields) {
            put_wrong_count(c, b);
            return;
        }
    }
    failed = put_fields(c, b, r->n_values);
    if (!failed.n)
        leat_batch_end_row(b);
    else
        put_misfit(c, b, failed);
}

void csv_put_bad(struct csv *c, struct leat_batch *b)
{
    const struct leat_csv_reader *r = &c->reader;
    int64_t line = r->fault_line, byte = r->fault_offset + 1;
    char lines[48] = ""; /* how many a stray quote may have joined */

    if (is_senseless(c, r->raw, r->n_raw))
        show_senseless(&c->reader);
    if (r->line > line + 1)
        (void)snprintf(lines, sizeof lines, " and %" PRId64 " lines", r->line - line);
    switch (r->fault) {
    case LEAT_CSV_QUOTE_INSIDE:
        leat_batch_reject_record(b, "bad_quote", r->raw, r->n_raw,
                                 "a quote stands inside a field that does not begin with one " WHERE, line, byte);
        break;
    case LEAT_CSV_TEXT_BEHIND:
        leat_batch_reject_record(b, "bad_quote", r->raw, r->n_raw,
                                 "text stands behind the closing quote of a field " WHERE, line, byte);
        break;
    case LEAT_CSV_UNCLOSED:
        leat_batch_reject_record(b, "unclosed_quote", r->raw, r->n_raw,
                                 "the quote opened here is not closed before the end of the file " WHERE, line, byte);
        break;
    case LEAT_CSV_TOO_LARGE:
        leat_batch_reject_record(b, "record_too_large", r->raw, r->n_raw,
                                 "takes more than %zu bytes%s in the file " WHERE "; see max_record", r->max_record,
                                 lines, line, byte);
        break;
    }
}
