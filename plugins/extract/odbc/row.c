/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows as texts, whatever the driver has handed over.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

static void add_lower(struct leat_put *out, const char *text, size_t n)
{
    leat_put_bytes(out, text, n);
    for (size_t i = 0; !out->failed && i < out->n; i++)
        if (out->p[i] >= 'A' && out->p[i] <= 'Z')
            out->p[i] = (char)(out->p[i] - 'A' + 'a');
}

/* 2024-02-29 12:00:00 +02:00 */
static void add_offset(struct leat_put *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != ' ' || i + 1 >= n || (text[i + 1] != '+' && text[i + 1] != '-'))
            leat_put_bytes(out, text + i, 1);
}

static void add_real(struct leat_put *out, const char *bytes)
{
    float value;

    memcpy(&value, bytes, sizeof value);
    leat_sql_add_float(out, value);
}

static void add_double(struct leat_put *out, const char *bytes)
{
    char room[LEAT_VALUE_ROOM];
    double value;

    memcpy(&value, bytes, sizeof value);
    leat_put_bytes(out, room, (size_t)(leat_float64_put(room, value) - room));
}

/* As they are, even if no calendar has them. */
static void add_date(struct leat_put *out, const char *bytes)
{
    SQL_DATE_STRUCT d;

    memcpy(&d, bytes, sizeof d);
    leat_put_printf(out, "%04d-%02u-%02u", d.year, d.month, d.day);
}

static void add_timestamp(struct leat_put *out, const char *bytes)
{
    SQL_TIMESTAMP_STRUCT t;
    int digits = 9;

    memcpy(&t, bytes, sizeof t);
    leat_put_printf(out, "%04d-%02u-%02u %02u:%02u:%02u", t.year, t.month, t.day, t.hour, t.minute, t.second);
    if (!t.fraction)
        return;
    while (t.fraction % 10 == 0) {
        t.fraction /= 10;
        digits--;
    }
    leat_put_printf(out, ".%0*lu", digits, (unsigned long)t.fraction);
}

static void add_text(struct leat_put *out, enum source source, const char *bytes, size_t n)
{
    switch (source) {
    case SOURCE_WIDE:
        leat_odbc_narrow((const SQLWCHAR *)(const void *)bytes, n / sizeof(SQLWCHAR), out);
        break;
    case SOURCE_GUID:
        add_lower(out, bytes, n);
        break;
    case SOURCE_OFFSET:
        add_offset(out, bytes, n);
        break;
    case SOURCE_BITS:
        leat_sql_add_bits(out, bytes, n);
        break;
    case SOURCE_REAL:
        add_real(out, bytes);
        break;
    case SOURCE_DOUBLE:
        add_double(out, bytes);
        break;
    case SOURCE_DATE:
        add_date(out, bytes);
        break;
    case SOURCE_TIMESTAMP:
        add_timestamp(out, bytes);
        break;
    default:
        leat_sql_add_bytes(out, bytes, n);
    }
}

static bool make_text(struct leat_sql_row *row, int i, enum source source, const struct leat_odbc_cell *cell)
{
    add_text(leat_sql_row_begin(row, i), source, cell->bytes, cell->n);
    return leat_sql_row_end(row, i);
}

bool row_take(struct leat_sql_row *row, const struct column *columns, int n_columns, const struct leat_odbc_cell *cells)
{
    for (int i = 0; i < n_columns; i++) {
        row->texts[i] = cells[i].bytes;
        row->lengths[i] = (int)cells[i].n; /* no longer than a record may be */
        if (cells[i].bytes && columns[i].source != SOURCE_TEXT && columns[i].source != SOURCE_BYTES &&
            !make_text(row, i, columns[i].source, &cells[i]))
            return false;
    }
    return true;
}

/* ---- values ---- */

/* Digits behind the microseconds would be lost. */
static bool is_finer(const char *text, size_t n)
{
    const char *point = memchr(text, '.', n);

    for (size_t i = point ? (size_t)(point - text) + 7 : n; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        if (text[i] != '0')
            return true;
    return false;
}

/* 0044-03-15 BC is in the year -43 of ISO 8601, and 12024-01-01 needs a sign there. */
static bool put_era(struct leat_batch *out, int i, const char *text, size_t n)
{
    bool before_christ = n > 3 && memcmp(text + n - 3, " BC", 3) == 0;
    size_t digits = 0;
    char room[LEAT_VALUE_ROOM];
    int year = 0, length;

    for (; digits < n && digits < 6 && text[digits] >= '0' && text[digits] <= '9'; digits++)
        year = year * 10 + (text[digits] - '0');
    if (digits < 4 || n >= sizeof room - 4 || (digits == 4 && !before_christ))
        return leat_field_put(out, i, text, n);
    year = before_christ ? 1 - year : year;
    n -= before_christ ? 3 : 0;
    length = snprintf(room, sizeof room, "%c%04d%.*s", year < 0 ? '-' : '+', abs(year), (int)(n - digits),
                      text + digits);
    return leat_field_put(out, i, room, (size_t)length);
}

static bool put_value(struct leat_batch *out, int i, enum form form, const char *text, size_t n)
{
    if (form == FORM_RAW) {
        leat_batch_put_text(out, i, text, n);
        return true;
    }
    if (form == FORM_ERA)
        return put_era(out, i, text, n);
    if (form == FORM_TIME && out->schema->fields[i].type == LEAT_TIMESTAMP && is_finer(text, n))
        return false;
    return leat_field_put(out, i, text, n);
}

int row_put(struct leat_batch *out, const struct column *columns, const struct leat_sql_row *row)
{
    int bad = -1;

    for (int i = 0; i < out->schema->n_fields; i++) {
        if (!row->texts[i])
            leat_batch_put_null(out, i);
        else if (!put_value(out, i, columns[i].form, row->texts[i], (size_t)row->lengths[i]) && bad < 0)
            bad = i;
    }
    return bad;
}
