/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows as the server writes them in the text protocol.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

bool row_open(struct row *row, int n_columns)
{
    size_t n = (size_t)n_columns + 1;

    if (row->texts)
        return true;
    row->texts = calloc(n, sizeof *row->texts);
    row->lengths = calloc(n, sizeof *row->lengths);
    row->rooms = calloc(n, sizeof *row->rooms);
    return row->texts && row->lengths && row->rooms;
}

void row_free(struct row *row, int n_columns)
{
    for (int i = 0; row->rooms && i < n_columns; i++)
        leat_put_free(&row->rooms[i]);
    free(row->texts);
    free(row->lengths);
    free(row->rooms);
    *row = (struct row){ 0 };
}

/* ---- texts ---- */

static void add_bits(struct leat_put *out, const char *bytes, size_t n)
{
    unsigned long long value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)bytes[i];
    leat_put_printf(out, "%llu", value);
}

/* The server itself writes six digits of a float, which is not enough to tell it from others. As a double it is exact,
 * and 1.1 is 1.100000023841858. */
static void add_float(struct leat_put *out, const char *text, size_t n)
{
    double value;
    char room[LEAT_VALUE_ROOM];

    if (!leat_text_to_float64(text, n, &value)) {
        leat_put_bytes(out, text, n);
        return;
    }
    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(room, sizeof room, "%.*g", digits, value);
        if (strtof(room, NULL) == (float)value)
            break;
    }
    leat_put_string(out, room);
}

static void add_hex(struct leat_put *out, const char *bytes, size_t n)
{
    char *room;

    leat_put_string(out, "\\x");
    room = leat_put_reserve(out, 2 * n);
    if (room)
        out->n = (size_t)(leat_hex_put(room, bytes, n) - out->p);
}

static bool make_text(struct row *row, int i, enum source source, const char *value, size_t n)
{
    struct leat_put *out = &row->rooms[i];

    out->n = 0;
    if (source == SOURCE_BITS)
        add_bits(out, value, n);
    else if (source == SOURCE_FLOAT)
        add_float(out, value, n);
    else
        add_hex(out, value, n);
    row->texts[i] = leat_put_end(out);
    row->lengths[i] = (int)out->n;
    return row->texts[i];
}

bool row_take(struct row *row, const struct column *columns, int n_columns, const MYSQL_ROW values,
              const unsigned long *lengths)
{
    for (int i = 0; i < n_columns; i++) {
        row->texts[i] = values[i];
        row->lengths[i] = (int)lengths[i]; /* a packet has 1 GiB at most */
        if (values[i] && columns[i].source != SOURCE_TEXT &&
            !make_text(row, i, columns[i].source, values[i], lengths[i]))
            return false;
    }
    return true;
}

/* ---- values ---- */

static void put_number(struct leat_batch *out, int i, const char *text, size_t n)
{
    while (n > 1 && *text == '0' && text[1] >= '0' && text[1] <= '9') {
        text++;
        n--;
    }
    leat_batch_put_text(out, i, text, n);
}

static bool put_value(struct leat_batch *out, int i, enum form form, const char *text, size_t n)
{
    switch (form) {
    case FORM_TEXT:
        leat_batch_put_text(out, i, text, n);
        return true;
    case FORM_NUMBER:
        put_number(out, i, text, n);
        return true;
    default:
        return leat_field_put(out, i, text, n);
    }
}

int row_put(struct leat_batch *out, const struct column *columns, const struct row *row)
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
