/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking for single records: some keys in one statement, a SELECT each, joined by UNION ALL,
 * which every server knows. Each worker has a connection of its own.
 *
 * Values are bound as what the column is, so that its index is used. What a collation takes for
 * equal, or a server rounds, comes too and is left out here: 'a' is not the key 'A'.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum { MAX_KEYS = 40, UUID_LENGTH = 36 };

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot search: out of memory");
}

/* ---- keys ---- */

static int column_of(const struct odbc *p, const struct leat_schema *keys, int i)
{
    return leat_sql_column(&p->sql, keys->fields[i].name);
}

static bool is_uuid(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f') ||
                   (text[i] >= 'A' && text[i] <= 'F');

        if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !hex)
            return false;
    }
    return n == UUID_LENGTH;
}

/* What has more digits than any server's decimal is not asked for. */
static bool can_be(const struct column *c, const struct leat_column *keys, int32_t row)
{
    struct leat_digits digits;
    const char *text;
    size_t n;

    if (leat_is_null(keys, row))
        return false;
    if (c->search != SEARCH_DECIMAL && c->search != SEARCH_UUID)
        return true;
    text = leat_text(keys, row, &n);
    if (c->search == SEARCH_UUID)
        return is_uuid(text, n);
    return leat_text_to_digits(text, n, &digits) && digits.n_whole + digits.n_fraction <= 38;
}

static bool can_all_be(const struct odbc *p, const struct leat_batch *keys, int32_t row)
{
    for (int i = 0; i < keys->schema->n_fields; i++)
        if (!can_be(&p->columns[column_of(p, keys->schema, i)], &keys->columns[i], row))
            return false;
    return true;
}

/* ---- what was found ---- */

static bool same_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    return n_a == n_b && memcmp(a, b, n_a) == 0;
}

/* 1.50 is 1.5. */
static bool same_number(const char *a, size_t n_a, const char *b, size_t n_b)
{
    struct leat_digits x, y;
    char room[2][LEAT_DECIMAL_ROOM];

    if (!leat_text_to_decimal(a, n_a, room[0], &x) || !leat_text_to_decimal(b, n_b, room[1], &y))
        return false;
    while (x.n_fraction && x.fraction[x.n_fraction - 1] == '0')
        x.n_fraction--;
    while (y.n_fraction && y.fraction[y.n_fraction - 1] == '0')
        y.n_fraction--;
    return (x.minus == y.minus || leat_digits_are_zero(&x)) && same_bytes(x.whole, x.n_whole, y.whole, y.n_whole) &&
           same_bytes(x.fraction, x.n_fraction, y.fraction, y.n_fraction);
}

static bool same_uuid(const char *a, size_t n_a, const char *b, size_t n_b)
{
    for (size_t i = 0; i < n_a && n_a == n_b; i++)
        if ((a[i] | 0x20) != (b[i] | 0x20))
            return false;
    return n_a == n_b;
}

static bool is_key(const struct odbc *p, const struct leat_sql_row *row, const struct leat_batch *keys, int i,
                   int32_t key)
{
    int column = column_of(p, keys->schema, i);
    const char *found = row->texts[column], *wanted;
    size_t n, n_found = (size_t)row->lengths[column];
    char room[LEAT_VALUE_ROOM];

    if (!found)
        return false;
    wanted = leat_value_text(room, &keys->schema->fields[i], &keys->columns[i], key, &n);
    switch (p->columns[column].search) {
    case SEARCH_INTEGER:
    case SEARCH_DECIMAL:
        return same_number(found, n_found, wanted, n);
    case SEARCH_UUID:
        return same_uuid(found, n_found, wanted, n);
    default:
        return same_bytes(found, n_found, wanted, n);
    }
}

static bool are_keys(const struct odbc *p, const struct leat_sql_row *row, const struct leat_batch *keys, int32_t key)
{
    for (int i = 0; i < keys->schema->n_fields; i++)
        if (!is_key(p, row, keys, i, key))
            return false;
    return true;
}

static int put_found(const struct odbc *p, struct finder *f, const struct leat_odbc_cell *cells, const int32_t *rows,
                     int n, struct leat_find *find, struct leat_error *err)
{
    const struct leat_odbc_cell *at = &cells[p->sql.n_columns];
    int which = at->bytes ? atoi(at->bytes) : -1, bad;

    if (which < 0 || which >= n)
        return leat_fail(err, LEAT_EDATA, "cannot search: the driver gives what was not asked for");
    if (!row_take(&f->row, p->columns, p->sql.n_columns, cells))
        return no_memory(err);
    if (!are_keys(p, &f->row, find->keys, rows[which]))
        return 0;
    if (!leat_batch_has_room(find->out))
        return leat_fail(err, -E2BIG, "more records have these keys than one batch takes");
    bad = row_put(find->out, p->columns, &f->row);
    if (bad >= 0)
        return leat_fail(err, LEAT_EDATA, "cannot search: a value of %s is not %s (see fields)",
                         p->sql.columns[bad].name, leat_field_wants(&find->out->schema->fields[bad]));
    leat_batch_end_row_from(find->out, rows[which]);
    find->ret_found[rows[which]] = LEAT_FOUND;
    return 0;
}

/* ---- the statement ---- */

static bool is_ascii(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

/* MariaDB refuses to compare a column with what its character set does not have; of all others the index is used. */
static void add_text_match(struct leat_put *out, const struct odbc *p, const char *name, bool convert)
{
    leat_put_string(out, convert ? "CONVERT(leat." : "leat.");
    leat_sql_add_name(out, &p->dialect, name);
    leat_put_string(out, convert ? " USING utf8mb4) = ?" : " = ?");
}

static void add_match(struct leat_put *out, const struct odbc *p, const struct leat_batch *keys, int i, int32_t row)
{
    int column = column_of(p, keys->schema, i);
    const struct leat_sql_column *c = &p->sql.columns[column];
    const char *text;
    size_t n;

    if (p->columns[column].texts && p->server.server->kind == LEAT_ODBC_MARIADB) {
        text = leat_text(&keys->columns[i], row, &n);
        add_text_match(out, p, c->name, !is_ascii(text, n));
        return;
    }
    leat_put_string(out, "leat.");
    leat_sql_add_name(out, &p->dialect, c->name);
    if (c->type)
        leat_put_printf(out, " = CAST(? AS %s)", c->type);
    else
        leat_put_string(out, " = ?");
}

/* SELECT leat.*, 0 AS leat_at FROM (SELECT ... FROM t AS leat WHERE leat.id = ?) AS leat UNION ALL ... */
static void add_key(struct leat_put *out, const struct odbc *p, const struct leat_batch *keys, int32_t row, int at)
{
    leat_put_printf(out, "%sSELECT leat.*, %d AS leat_at FROM (", at ? " UNION ALL " : "", at);
    leat_sql_add_columns(out, &p->sql);
    for (int i = 0; i < keys->schema->n_fields; i++) {
        leat_put_string(out, i ? " AND " : " WHERE ");
        add_match(out, p, keys, i, row);
    }
    leat_put_string(out, ") AS leat");
}

static struct leat_odbc_value value_of(const struct odbc *p, const struct leat_batch *keys, int i, int32_t row,
                                       char room[LEAT_VALUE_ROOM])
{
    const struct column *c = &p->columns[column_of(p, keys->schema, i)];
    struct leat_odbc_value v = { .kind = c->bound, .digits = c->digits };

    v.text = leat_value_text(room, &keys->schema->fields[i], &keys->columns[i], row, &v.n);
    if (keys->columns[i].offsets && c->bound == LEAT_ODBC_DECIMAL) { /* of as many digits as it has itself */
        const char *point = memchr(v.text, '.', v.n);

        v.digits = point ? (int)(v.n - (size_t)(point + 1 - v.text)) : 0;
    }
    return v;
}

static void put_values(const struct odbc *p, const struct leat_batch *keys, const int32_t *rows, int n,
                       struct leat_odbc_value *values, char (*rooms)[LEAT_VALUE_ROOM])
{
    int n_fields = keys->schema->n_fields;

    for (int k = 0; k < n; k++) {
        params_put(p, values);
        values += p->sql.n_params;
        for (int i = 0; i < n_fields; i++)
            *values++ = value_of(p, keys, i, rows[k], rooms[k * n_fields + i]);
    }
}

static int select_keys(const struct odbc *p, struct finder *f, const struct leat_batch *keys, const int32_t *rows,
                       int n, struct leat_error *err)
{
    int n_values = n * (p->sql.n_params + keys->schema->n_fields), rc;
    struct leat_odbc_value *values = calloc((size_t)n_values + 1, sizeof *values);
    char(*rooms)[LEAT_VALUE_ROOM] = calloc((size_t)(n * keys->schema->n_fields) + 1, sizeof *rooms);
    struct leat_put sql = { 0 };
    const char *text;

    for (int at = 0; at < n; at++)
        add_key(&sql, p, keys, rows[at], at);
    leat_put_printf(&sql, " ORDER BY %d", p->sql.n_columns + 1);
    text = leat_put_end(&sql);
    if (values && rooms)
        put_values(p, keys, rows, n, values, rooms);
    rc = text && values && rooms ? leat_odbc_select(&f->link, text, n_values, values, "cannot search", err)
                                 : no_memory(err);
    leat_put_free(&sql);
    free(values);
    free(rooms);
    return rc;
}

static int ask(const struct odbc *p, struct finder *f, const int32_t *rows, int n, struct leat_find *find,
               struct leat_error *err)
{
    const struct leat_odbc_cell *cells;
    int rc = select_keys(p, f, find->keys, rows, n, err);

    if (rc == 0)
        rc = leat_odbc_bind(&f->link, p->sql.n_columns + 1, f->fetches, find->out->max_record + 1, err);
    while (rc == 0 && (rc = leat_odbc_row(&f->link, &cells, err)) > 0)
        rc = put_found(p, f, cells, rows, n, find, err);
    return rc;
}

static int ask_all(const struct odbc *p, struct finder *f, struct leat_find *find, struct leat_error *err)
{
    int32_t rows[MAX_KEYS];
    int n = 0, rc = 0;

    LEAT_EACH_ROW(find->keys, key) {
        if (rc < 0 || !can_all_be(p, find->keys, key))
            continue;
        rows[n++] = key;
        if (n == MAX_KEYS) {
            rc = ask(p, f, rows, n, find, err);
            n = 0;
        }
    }
    return rc == 0 && n ? ask(p, f, rows, n, find, err) : rc;
}

/* The columns, and which key it is. */
static bool make_ready(const struct odbc *p, struct finder *f)
{
    size_t n = (size_t)p->sql.n_columns;

    if (!leat_sql_row_open(&f->row, p->sql.n_columns))
        return false;
    if (f->fetches)
        return true;
    f->fetches = calloc(n + 1, sizeof *f->fetches);
    if (!f->fetches)
        return false;
    memcpy(f->fetches, p->fetches, n * sizeof *f->fetches);
    f->fetches[n] = (struct leat_odbc_fetch){ .c_type = SQL_C_CHAR, .room = 16, .firm = true };
    return true;
}

int odbc_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err)
{
    const struct odbc *p = self;
    struct finder *f = leat_stage_worker(stage);
    int rc = make_ready(p, f) ? 0 : no_memory(err);

    LEAT_EACH_ROW(find->keys, key)
        find->ret_found[key] = LEAT_ABSENT;
    if (rc == 0 && !f->link.conn)
        rc = leat_odbc_open(&p->server, stage, &f->link, err);
    if (rc == 0) {
        f->link.stage = stage;
        f->link.until_ms = find->deadline_ms;
        f->link.values_in_text = true;
        rc = ask_all(p, f, find, err);
    }
    if (rc < 0) /* rows may be left on it, or it may be lost */
        leat_odbc_close(&f->link);
    return rc;
}

void odbc_find_close(struct leat_stage *stage, void *self)
{
    const struct odbc *p = self;
    struct finder *f = leat_stage_worker(stage);

    leat_odbc_close(&f->link);
    leat_sql_row_free(&f->row, p->sql.n_columns);
    free(f->fetches);
}
