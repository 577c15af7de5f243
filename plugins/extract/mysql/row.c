/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows as the server writes them in the text protocol.
 */
#include "extract.h"

#include "kit/fields/fields.h"
#include "kit/text/text.h"

/* The server itself writes six digits of a float, which is not enough to tell it from others, so it is asked for the
 * double that it is. */
static void add_float(struct leat_put *out, const char *text, size_t n)
{
    double value;

    if (leat_text_to_float64(text, n, &value))
        leat_sql_add_float(out, (float)value);
    else
        leat_put_bytes(out, text, n);
}

static bool make_text(struct leat_sql_row *row, int i, enum source source, const char *value, size_t n)
{
    struct leat_put *out = leat_sql_row_begin(row, i);

    if (source == SOURCE_BITS)
        leat_sql_add_bits(out, value, n);
    else if (source == SOURCE_FLOAT)
        add_float(out, value, n);
    else
        leat_sql_add_bytes(out, value, n);
    return leat_sql_row_end(row, i);
}

bool row_take(struct leat_sql_row *row, const struct column *columns, int n_columns, const MYSQL_ROW values,
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
