/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A row as texts, where what the server sends is not all text.
 */
#include "kit/sql/sql.h"

#include <stdlib.h>

#include "kit/text/text.h"

bool leat_sql_row_open(struct leat_sql_row *row, int n_columns)
{
    size_t n = (size_t)n_columns + 1;

    if (row->texts)
        return true;
    row->texts = calloc(n, sizeof *row->texts);
    row->lengths = calloc(n, sizeof *row->lengths);
    row->rooms = calloc(n, sizeof *row->rooms);
    return row->texts && row->lengths && row->rooms;
}

void leat_sql_row_free(struct leat_sql_row *row, int n_columns)
{
    for (int i = 0; row->rooms && i < n_columns; i++)
        leat_put_free(&row->rooms[i]);
    free(row->texts);
    free(row->lengths);
    free(row->rooms);
    *row = (struct leat_sql_row){ 0 };
}

struct leat_put *leat_sql_row_begin(struct leat_sql_row *row, int i)
{
    row->rooms[i].n = 0;
    return &row->rooms[i];
}

bool leat_sql_row_end(struct leat_sql_row *row, int i)
{
    row->texts[i] = leat_put_end(&row->rooms[i]);
    row->lengths[i] = (int)row->rooms[i].n; /* no longer than a record may be */
    return row->texts[i];
}

/* ---- texts ---- */

void leat_sql_add_bits(struct leat_put *out, const char *bytes, size_t n)
{
    unsigned long long value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)bytes[i];
    leat_put_printf(out, "%llu", value);
}

void leat_sql_add_bytes(struct leat_put *out, const char *bytes, size_t n)
{
    leat_put_string(out, "\\x");
    leat_put_hex(out, bytes, n);
}

void leat_sql_add_float(struct leat_put *out, float value)
{
    char room[LEAT_VALUE_ROOM];

    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(room, sizeof room, "%.*g", digits, (double)value);
        if (strtof(room, NULL) == value)
            break;
    }
    leat_put_string(out, room);
}
