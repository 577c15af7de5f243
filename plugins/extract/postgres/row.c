/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows as the server writes them, in its text format (PostgreSQL 15, chapter 8).
 */
#include "extract.h"

#include "kit/fields/fields.h"

enum { LONGEST_TIME = 40 };

void row_take(const PGresult *result, int row, int n_columns, struct leat_sql_row *ret)
{
    for (int i = 0; i < n_columns; i++) {
        ret->lengths[i] = PQgetlength(result, row, i);
        ret->texts[i] = ret->lengths[i] || !PQgetisnull(result, row, i) ? PQgetvalue(result, row, i) : NULL;
    }
}

/* NaN and Infinity are numerics, too. */
static bool is_number(const char *text)
{
    return (text[*text == '-'] >= '0' && text[*text == '-'] <= '9');
}

/* 44-03-15 BC is the year -43 of ISO 8601, and 12024-01-01 needs a sign there. Returns the length, 0: it is neither. */
static int as_iso(const char *text, int n, char room[LONGEST_TIME + 2])
{
    bool bc = n > 3 && strcmp(text + n - 3, " BC") == 0;
    int digits = (int)strspn(text, "0123456789"), year = 0;

    if (n > LONGEST_TIME || digits < 4 || digits > 6 || (digits == 4 && !bc))
        return 0;
    for (int i = 0; i < digits; i++)
        year = year * 10 + text[i] - '0';
    return snprintf(room, LONGEST_TIME + 2, "%c%04d%.*s", bc && year > 1 ? '-' : '+', bc ? year - 1 : year,
                    n - digits - (bc ? 3 : 0), text + digits);
}

static bool put_time(struct leat_batch *out, int i, const char *text, int n)
{
    char room[LONGEST_TIME + 2];
    int length;

    if (leat_field_put(out, i, text, (size_t)n))
        return true;
    length = as_iso(text, n, room);
    return length > 0 && leat_field_put(out, i, room, (size_t)length);
}

static bool put_value(struct leat_batch *out, int i, enum form form, const char *text, int n)
{
    switch (form) {
    case FORM_NUMERIC:
        if (!is_number(text))
            return false;
        leat_batch_put_text(out, i, text, (size_t)n);
        return true;
    case FORM_TEXT:
        leat_batch_put_text(out, i, text, (size_t)n);
        return true;
    case FORM_TIME:
        return put_time(out, i, text, n);
    default:
        return leat_field_put(out, i, text, (size_t)n);
    }
}

int row_put(struct leat_batch *out, const enum form *forms, const struct leat_sql_row *row)
{
    int bad = -1;

    for (int i = 0; i < out->schema->n_fields; i++) {
        if (!row->texts[i])
            leat_batch_put_null(out, i);
        else if (!put_value(out, i, forms[i], row->texts[i], row->lengths[i]) && bad < 0)
            bad = i;
    }
    return bad;
}
