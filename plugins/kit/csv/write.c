/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A column without one character that needs quotes, which most are, is found so
 * once a batch, and its values are then copied unseen. Values are copied 16
 * bytes at a time, beyond their end where the column goes on behind them.
 */
#include "kit/csv/write.h"

#include <stdlib.h>

#include "kit/csv/scan.h"
#include "kit/text/text.h"

enum {
    SLACK = 64,                     /* bytes that may be written beyond a value's end, and what stands around it */
    PIECE = LEAT_OUTPUT_BUFFER / 4, /* larger values go out in pieces */
};

enum kind { NULLS, PLAIN, MIXED, BYTES, FIXED, LONG_WAY };

struct leat_csv_column {
    enum kind kind;
    const struct leat_column *column;
    const struct leat_field *field;
    const char *bytes, *end; /* of all values of a text column */
    const int32_t *offsets;
    const uint8_t *validity;
};

int leat_csv_writer_init(struct leat_csv_writer *w, const struct leat_schema *schema, struct leat_error *err)
{
    w->schema = schema;
    w->n_null = strlen(w->null);
    w->columns = calloc((size_t)schema->n_fields + 1, sizeof *w->columns);
    return w->columns ? 0 : leat_fail(err, -ENOMEM, "no memory for %d columns", schema->n_fields);
}

void leat_csv_writer_deinit(struct leat_csv_writer *w)
{
    free(w->columns);
    free(w->skip);
    w->columns = NULL;
    w->skip = NULL;
    w->cap_skip = 0;
}

static bool special(const struct leat_csv_writer *w, char c)
{
    return c == w->delimiter || c == '"' || c == '\n' || c == '\r';
}

static uint64_t specials(const struct leat_csv_writer *w, const struct leat_scan *s)
{
    return leat_scan_eq(s, w->delimiter) | leat_scan_eq(s, '"') | leat_scan_eq(s, '\n') | leat_scan_eq(s, '\r');
}

/* True if there is a character among the n that needs quotes. */
static bool needs_quotes(const struct leat_csv_writer *w, const char *p, size_t n, const char *readable)
{
    const char *end = p + n;

    for (; p < end && readable - p >= LEAT_SCAN_BLOCK; p += LEAT_SCAN_BLOCK) {
        struct leat_scan s = leat_scan_load(p);
        uint64_t mask = specials(w, &s);

        if (mask)
            return p + __builtin_ctzll(mask) < end;
    }
    for (; p < end; p++)
        if (special(w, *p))
            return true;
    return false;
}

/* n bytes to `out`; up to 15 more of both may be touched while `readable` allows. */
static inline char *copy(char *out, const char *p, size_t n, const char *readable)
{
    if ((size_t)(readable - p) < n + 16) {
        memcpy(out, p, n);
        return out + n;
    }
    leat_scan_copy16(out, p);
    for (size_t i = 16; i < n; i += 16)
        leat_scan_copy16(out + i, p + i);
    return out + n;
}

/* The n bytes with each quote doubled. */
static char *copy_doubled(char *out, const char *p, size_t n, const char *readable)
{
    const char *end = p + n;

    while (p < end && readable - p >= LEAT_SCAN_BLOCK + 16) {
        struct leat_scan s = leat_scan_load(p);
        uint64_t mask = leat_scan_eq(&s, '"');
        const char *stop = end - p < LEAT_SCAN_BLOCK ? end : p + LEAT_SCAN_BLOCK;

        for (const char *block = p; mask && block + __builtin_ctzll(mask) < stop; mask &= mask - 1) {
            const char *next = block + __builtin_ctzll(mask) + 1;

            out = copy(out, p, (size_t)(next - p), readable);
            *out++ = '"';
            p = next;
        }
        out = copy(out, p, (size_t)(stop - p), readable);
        p = stop;
    }
    for (; p < end; p++) {
        if (*p == '"')
            *out++ = '"';
        *out++ = *p;
    }
    return out;
}

bool leat_csv_is_formula(const char *p, size_t n)
{
    static const char full_width[][4] = { "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20" };

    for (size_t i = 0; n >= 3 && i < sizeof full_width / sizeof *full_width; i++)
        if (memcmp(p, full_width[i], 3) == 0)
            return true;
    return n && *p && strchr("=+-@\t\r\n", *p);
}

/* ---- the long way: any value, any size, every option ---- */

struct value {
    const char *p;
    size_t n;
    const char *readable; /* up to where bytes behind it may be looked at */
    bool guarded;
};

static bool reads_as_null(const struct leat_csv_writer *w, const struct value *v)
{
    return v->n == w->n_null && memcmp(v->p, w->null, v->n) == 0;
}

static void put_value(const struct leat_csv_writer *w, struct leat_output *o, struct value v)
{
    bool escape = v.guarded && leat_csv_is_formula(v.p, v.n);

    if (!w->quote_all && !escape && !reads_as_null(w, &v) && !needs_quotes(w, v.p, v.n, v.readable)) {
        leat_output_put(o, v.p, v.n);
        return;
    }
    leat_output_put(o, "\"'", escape ? 2 : 1);
    while (v.n) {
        size_t piece = v.n < PIECE ? v.n : PIECE;

        leat_output_advance(o, copy_doubled(leat_output_reserve(o, 2 * piece + SLACK), v.p, piece, v.readable));
        v.p += piece;
        v.n -= piece;
    }
    leat_output_put(o, "\"", 1);
}

static void put_bytes(const struct leat_csv_writer *w, struct leat_output *o, const char *p, size_t n)
{
    leat_output_put(o, w->quote_all ? "\"\\x" : "\\x", w->quote_all ? 3 : 2);
    while (n) {
        size_t piece = n < PIECE ? n : PIECE;

        leat_output_advance(o, leat_hex_put(leat_output_reserve(o, 2 * piece), p, piece));
        p += piece;
        n -= piece;
    }
    leat_output_put(o, "\"", w->quote_all);
}

static bool guarded(const struct leat_csv_writer *w, const struct leat_field *field)
{
    return w->guard && (field->type == LEAT_TEXT || field->type == LEAT_JSON);
}

static void put_field(const struct leat_csv_writer *w, struct leat_output *o, const struct leat_csv_column *c,
                      int32_t row)
{
    char room[LEAT_VALUE_ROOM];
    struct value v = { .p = room, .readable = c->end, .guarded = guarded(w, c->field) };

    if (leat_is_null(c->column, row)) {
        leat_output_put(o, w->null, w->n_null);
        return;
    }
    if (c->offsets) {
        v.p = leat_text(c->column, row, &v.n);
    } else {
        v.readable = leat_value_put(room, c->field, c->column, row);
        v.n = (size_t)(v.readable - room);
    }
    if (c->field->type == LEAT_BYTES)
        put_bytes(w, o, v.p, v.n);
    else
        put_value(w, o, v);
}

static void put_line_end(const struct leat_csv_writer *w, struct leat_output *o)
{
    leat_output_put(o, w->crlf ? "\r\n" : "\n", w->crlf ? 2 : 1);
}

static void put_row_long(const struct leat_csv_writer *w, struct leat_output *o, int32_t row)
{
    for (int i = 0; i < w->schema->n_fields; i++) {
        if (i)
            leat_output_put(o, &w->delimiter, 1);
        put_field(w, o, &w->columns[i], row);
    }
    put_line_end(w, o);
}

void leat_csv_write_header(struct leat_csv_writer *w, struct leat_output *o)
{
    for (int i = 0; i < w->schema->n_fields; i++) {
        const char *name = w->schema->fields[i].name;

        if (i)
            leat_output_put(o, &w->delimiter, 1);
        put_value(w, o, (struct value){ .p = name, .n = strlen(name), .readable = name + strlen(name),
                                        .guarded = w->guard == LEAT_CSV_GUARD_ESCAPE });
    }
    put_line_end(w, o);
}

/* ---- the short way: the whole row fits into the buffer ---- */

/* A text that is not null. */
static inline char *put_text(const struct leat_csv_writer *w, char *out, const struct leat_csv_column *c, int32_t row)
{
    const char *p = c->bytes + c->offsets[row];
    size_t n = (size_t)(c->offsets[row + 1] - c->offsets[row]);

    if (!n) {
        out[0] = out[1] = '"'; /* an empty text is no null */
        return out + 2;
    }
    if (c->kind == PLAIN || !needs_quotes(w, p, n, c->end))
        return copy(out, p, n, c->end);
    *out++ = '"';
    out = copy_doubled(out, p, n, c->end);
    *out++ = '"';
    return out;
}

static char *put_other(char *out, const struct leat_csv_column *c, int32_t row)
{
    size_t n;
    const char *p;

    if (c->kind == FIXED)
        return leat_value_put(out, c->field, c->column, row);
    p = leat_text(c->column, row, &n);
    *out++ = '\\';
    *out++ = 'x';
    return leat_hex_put(out, p, n);
}

static void put_row(const struct leat_csv_writer *w, struct leat_output *o, int32_t row)
{
    const struct leat_csv_column *c = w->columns, *end = c + w->schema->n_fields;
    char *out = leat_output_reserve(o, w->row_room);

    for (; c < end; c++) {
        if (c->kind != NULLS && !(c->validity && !(c->validity[row >> 3] >> (row & 7) & 1)))
            out = c->kind <= MIXED ? put_text(w, out, c, row) : put_other(out, c, row);
        *out++ = w->delimiter;
    }
    out--; /* the last delimiter */
    if (w->crlf)
        *out++ = '\r';
    *out++ = '\n';
    leat_output_advance(o, out);
}

/* ---- a batch ---- */

static bool all_null(const struct leat_column *c, int32_t n_rows)
{
    if (!c->validity)
        return false;
    for (int32_t row = 0; row < n_rows; row++)
        if (!leat_is_null(c, row))
            return false;
    return true;
}

/* A number or a date may hold the delimiter if that is an odd one. */
static bool odd_delimiter(char c)
{
    return c != ',' && c != ';' && c != '\t' && c != '|';
}

static enum kind kind_of(const struct leat_csv_writer *w, const struct leat_csv_column *c, int32_t n_rows)
{
    if (w->quote_all || w->n_null || odd_delimiter(w->delimiter) || guarded(w, c->field))
        return LONG_WAY;
    if (all_null(c->column, n_rows))
        return NULLS;
    if (c->field->type == LEAT_BYTES)
        return BYTES;
    if (!c->offsets)
        return FIXED;
    return needs_quotes(w, c->bytes, (size_t)(c->end - c->bytes), c->end) ? MIXED : PLAIN;
}

/* Bytes that the longest value takes with all its quotes doubled. */
static size_t room_of(const struct leat_csv_column *c, int32_t n_rows)
{
    int32_t longest = 0;

    for (int32_t row = 0; c->offsets && row < n_rows; row++) {
        int32_t n = c->offsets[row + 1] - c->offsets[row];

        longest = n > longest ? n : longest;
    }
    return 2 * (size_t)longest + SLACK + LEAT_VALUE_ROOM;
}

static void look_at(struct leat_csv_writer *w, const struct leat_batch *b)
{
    w->row_room = 0;
    for (int i = 0; i < w->schema->n_fields; i++) {
        struct leat_csv_column *c = &w->columns[i];

        c->column = &b->columns[i];
        c->field = &w->schema->fields[i];
        c->offsets = c->column->offsets;
        c->validity = c->column->validity;
        c->bytes = (const char *)c->column->bytes;
        c->end = c->offsets ? c->bytes + c->offsets[b->n_rows] : c->bytes;
        c->kind = kind_of(w, c, b->n_rows);
        w->row_room += c->kind == LONG_WAY ? LEAT_OUTPUT_BUFFER : room_of(c, b->n_rows);
    }
}

static bool is_refused(const struct leat_column *c, int32_t row)
{
    size_t n;
    const char *text;

    if (leat_is_null(c, row))
        return false;
    text = leat_text(c, row, &n);
    return leat_csv_is_formula(text, n);
}

/* The guard's rejects. True if there is one. */
static bool refuse_formulas(struct leat_csv_writer *w, struct leat_batch *b, uint8_t *skip)
{
    bool any = false;

    for (int i = 0; i < w->schema->n_fields; i++) {
        const struct leat_column *c = &b->columns[i];

        LEAT_EACH_ROW(b, row) {
            if (!guarded(w, &w->schema->fields[i]) || skip[row] || !is_refused(c, row))
                continue;
            leat_batch_reject(b, row, i, "formula", "begins with a character that makes a spreadsheet run it as a "
                              "formula (see formula_guard)");
            skip[row] = any = true;
        }
    }
    return any;
}

static int make_skip(struct leat_csv_writer *w, struct leat_batch *b, struct leat_error *err)
{
    if (b->n_rows > w->cap_skip) {
        free(w->skip);
        w->skip = malloc((size_t)b->n_rows);
        w->cap_skip = w->skip ? b->n_rows : 0;
    }
    if (!w->skip)
        return leat_fail(err, -ENOMEM, "no memory for %d rows", b->n_rows);
    memset(w->skip, 0, (size_t)b->n_rows);
    return 0;
}

int leat_csv_write_batch(struct leat_csv_writer *w, struct leat_output *o, struct leat_batch *b,
                         struct leat_error *err)
{
    const uint8_t *skip = NULL;
    bool fits;

    if (w->guard == LEAT_CSV_GUARD_REJECT && b->n_rows) {
        int rc = make_skip(w, b, err);

        if (rc < 0)
            return rc;
        skip = refuse_formulas(w, b, w->skip) ? w->skip : NULL;
    }
    look_at(w, b);
    fits = w->row_room < LEAT_OUTPUT_BUFFER;
    LEAT_EACH_ROW(b, row) {
        if (skip && skip[row])
            continue;
        if (fits)
            put_row(w, o, row);
        else
            put_row_long(w, o, row);
    }
    return leat_output_check(o, err);
}
