/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking for single records: a few hundred keys in one statement, as rows of constants that the
 * table is joined with. Each worker has a connection of its own.
 *
 * Constants are of the column's type and collation, or no index would find them. What a
 * collation takes for equal is compared by its bytes as well: 'a' is not the key 'A'.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum { MAX_KEYS = 500, MAX_SQL_BYTES = 256 << 10, MAX_COLLATION = 64 };

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot search: out of memory");
}

/* ---- keys ---- */

static const struct column *column_of(const struct mysql *p, const struct leat_schema *keys, int i)
{
    return &p->columns[leat_sql_column(&p->sql, keys->fields[i].name)];
}

/* Whether a column of so many digits could hold it: what the server would cut off must not be found. */
static bool fits(const struct leat_digits *d, int n_whole, int n_fraction)
{
    size_t used = d->n_fraction, whole = d->n_whole;
    const char *first = d->whole;

    while (used && d->fraction[used - 1] == '0')
        used--;
    for (; whole && *first == '0'; first++)
        whole--;
    return used <= (size_t)n_fraction && whole <= (size_t)n_whole;
}

static bool is_unsigned(const struct leat_digits *d)
{
    static const char most[] = "18446744073709551615";
    size_t n = strlen(most), whole = d->n_whole;
    const char *first = d->whole;

    for (; whole && *first == '0'; first++)
        whole--;
    return fits(d, (int)n, 0) && (!d->minus || leat_digits_are_zero(d)) &&
           (whole < n || memcmp(first, most, n) <= 0);
}

/* Whether the value can be one of the column's. */
static bool can_be(const struct column *c, const struct leat_column *keys, int32_t row)
{
    struct leat_digits digits;
    const char *text;
    size_t n;

    if (leat_is_null(keys, row))
        return false;
    if (c->search != SEARCH_DECIMAL && c->search != SEARCH_UNSIGNED)
        return true;
    text = leat_text(keys, row, &n);
    return leat_text_to_digits(text, n, &digits) &&
           (c->search == SEARCH_UNSIGNED ? is_unsigned(&digits) : fits(&digits, 65 - c->scale, c->scale));
}

static bool can_all_be(const struct mysql *p, const struct leat_batch *keys, int32_t row)
{
    for (int i = 0; i < keys->schema->n_fields; i++)
        if (!can_be(column_of(p, keys->schema, i), &keys->columns[i], row))
            return false;
    return true;
}

/* Every branch of a union has the same type. */
static void add_key(struct leat_put *out, const struct column *c, const struct leat_column *keys, int32_t row)
{
    const char *text = NULL;
    size_t n = 0;

    if (keys->offsets)
        text = leat_text(keys, row, &n);
    switch (c->search) {
    case SEARCH_INTEGER:
        leat_put_printf(out, "%lld", (long long)keys->int64[row]);
        break;
    case SEARCH_UNSIGNED:
    case SEARCH_DECIMAL: /* digits, and nothing else */
        leat_put_string(out, "CAST(");
        leat_put_bytes(out, text, n);
        leat_put_printf(out, " AS %s)", c->cast);
        break;
    case SEARCH_BYTES:
        leat_mysql_add_bytes(out, text, n);
        break;
    default:
        leat_put_string(out, "_utf8mb4 ");
        leat_mysql_add_bytes(out, text, n);
    }
}

static void add_row(struct leat_put *out, const struct mysql *p, const struct leat_batch *keys, int32_t row, bool first)
{
    leat_put_printf(out, "%sSELECT %ld AS leat_at", first ? "" : " UNION ALL ", (long)row);
    for (int i = 0; i < keys->schema->n_fields; i++) {
        leat_put_string(out, ", ");
        add_key(out, column_of(p, keys->schema, i), &keys->columns[i], row);
        leat_put_printf(out, " AS k%d", i);
    }
}

/* ---- the statement ---- */

static void add_column(struct leat_put *out, const char *name)
{
    leat_put_string(out, "leat.");
    leat_sql_add_name(out, &leat_mysql_dialect, name);
}

/* leat.`x` = CONVERT(k0 USING latin1) COLLATE latin1_swedish_ci AND (its bytes) = (those of k0) */
static void add_text_match(struct leat_put *out, const char *name, int i, const char *collation)
{
    int n = (int)strcspn(collation, "_");

    if (collation[n]) {
        add_column(out, name);
        leat_put_printf(out, " = CONVERT(leat_keys.k%d USING %.*s) COLLATE %s AND ", i, n, collation, collation);
    }
    leat_put_string(out, "CAST(CONVERT(");
    add_column(out, name);
    leat_put_printf(out, " USING utf8mb4) AS BINARY) = CAST(leat_keys.k%d AS BINARY)", i);
}

static void add_match(struct leat_put *out, const struct mysql *p, const struct leat_schema *keys, int i,
                      const char *collation)
{
    const struct column *c = column_of(p, keys, i);
    const char *name = keys->fields[i].name;

    leat_put_string(out, i ? " AND " : " ON ");
    if (c->search == SEARCH_TEXT) {
        add_text_match(out, name, i, collation);
        return;
    }
    add_column(out, name);
    leat_put_printf(out, c->search == SEARCH_UUID ? " = CAST(leat_keys.k%d AS UUID)" : " = leat_keys.k%d", i);
}

/* Behind the rows of keys. */
static void add_rest(struct leat_put *out, const struct mysql *p, const struct leat_schema *keys,
                     char (*collations)[MAX_COLLATION])
{
    leat_put_string(out, ") AS leat_keys STRAIGHT_JOIN (");
    leat_sql_add_columns(out, &p->sql);
    leat_put_string(out, ") AS leat");
    for (int i = 0; i < keys->n_fields; i++)
        add_match(out, p, keys, i, collations[i]);
    leat_put_string(out, " ORDER BY leat_keys.leat_at");
}

static int select_with_params(const struct mysql *p, struct finder *f, struct leat_put *sql, struct leat_error *err)
{
    struct leat_mysql_value *values = calloc((size_t)p->sql.n_params + 1, sizeof *values);
    const char *text = leat_put_end(sql);
    int rc;

    for (int i = 0; values && i < p->sql.n_params; i++)
        values[i] = (struct leat_mysql_value){ .bytes = p->sql.query->params[i], .n = strlen(p->sql.query->params[i]) };
    rc = values && text ? leat_mysql_select(&f->link, text, p->sql.n_params, values, "cannot search", err)
                        : no_memory(err);
    free(values);
    return rc;
}

/* ---- collations ---- */

static bool is_plain_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return n && n < MAX_COLLATION && !name[n];
}

/* A query's columns have them from wherever they come; a subquery without rows tells. What has none, or one of which
 * nothing is known, is compared by its bytes alone. */
static int ask_collation(const struct mysql *p, struct finder *f, const char *name, char ret[MAX_COLLATION],
                         struct leat_error *err)
{
    struct leat_put sql = { 0 };
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc;

    leat_put_string(&sql, "SELECT COLLATION((SELECT ");
    add_column(&sql, name);
    leat_put_string(&sql, " FROM (");
    leat_sql_add_columns(&sql, &p->sql);
    leat_put_string(&sql, ") AS leat LIMIT 0))");
    rc = select_with_params(p, f, &sql, err);
    leat_put_free(&sql);
    while (rc == 0 && (rc = leat_mysql_row(&f->link, &row, &lengths, err)) > 0) {
        if (row[0] && is_plain_name(row[0]))
            (void)snprintf(ret, MAX_COLLATION, "%s", row[0]);
        rc = 0;
    }
    return rc;
}

static int ask_collations(const struct mysql *p, struct finder *f, const struct leat_schema *keys,
                          char (*ret)[MAX_COLLATION], struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < keys->n_fields; i++)
        if (column_of(p, keys, i)->search == SEARCH_TEXT)
            rc = ask_collation(p, f, keys->fields[i].name, ret[i], err);
    return rc;
}

/* ---- records ---- */

static int put_found(const struct mysql *p, struct finder *f, MYSQL_ROW values, const unsigned long *lengths,
                     struct leat_find *find, struct leat_error *err)
{
    int32_t key = (int32_t)atol(values[p->sql.n_columns]);
    int bad;

    if (!leat_batch_has_room(find->out))
        return leat_fail(err, -E2BIG, "more records have these keys than one batch takes");
    if (!row_take(&f->row, p->columns, p->sql.n_columns, values, lengths))
        return no_memory(err);
    bad = row_put(find->out, p->columns, &f->row);
    if (bad >= 0)
        return leat_fail(err, LEAT_EDATA, "cannot search: a value of %s is not %s (see fields)",
                         p->sql.columns[bad].name, leat_field_wants(&find->out->schema->fields[bad]));
    leat_batch_end_row_from(find->out, key);
    find->ret_found[key] = LEAT_FOUND;
    return 0;
}

static int ask(const struct mysql *p, struct finder *f, struct leat_put *sql, char (*collations)[MAX_COLLATION],
               struct leat_find *find, struct leat_error *err)
{
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc;

    add_rest(sql, p, find->keys->schema, collations);
    rc = select_with_params(p, f, sql, err);
    sql->n = 0;
    while (rc == 0 && (rc = leat_mysql_row(&f->link, &row, &lengths, err)) > 0)
        rc = put_found(p, f, row, lengths, find, err);
    return rc;
}

static int ask_all(const struct mysql *p, struct finder *f, char (*collations)[MAX_COLLATION], struct leat_find *find,
                   struct leat_error *err)
{
    struct leat_put sql = { 0 };
    int rc = ask_collations(p, f, find->keys->schema, collations, err), n = 0;

    LEAT_EACH_ROW(find->keys, key) {
        if (rc < 0 || !can_all_be(p, find->keys, key))
            continue;
        if (n == 0)
            leat_put_string(&sql, "SELECT leat.*, leat_keys.leat_at FROM (");
        add_row(&sql, p, find->keys, key, n++ == 0);
        if (n == MAX_KEYS || sql.n >= MAX_SQL_BYTES) {
            rc = ask(p, f, &sql, collations, find, err);
            n = 0;
        }
    }
    if (rc == 0 && n)
        rc = ask(p, f, &sql, collations, find, err);
    leat_put_free(&sql);
    return rc;
}

int mysql_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err)
{
    const struct mysql *p = self;
    struct finder *f = leat_stage_worker(stage);
    char(*collations)[MAX_COLLATION] = calloc((size_t)find->keys->schema->n_fields + 1, sizeof *collations);
    int rc = collations && leat_sql_row_open(&f->row, p->sql.n_columns) ? 0 : no_memory(err);

    LEAT_EACH_ROW(find->keys, key)
        find->ret_found[key] = LEAT_ABSENT;
    if (rc == 0 && !f->link.conn)
        rc = leat_mysql_open(&p->server, stage, false, &f->link, err);
    if (rc == 0) {
        f->link.stage = stage;
        f->link.until_ms = find->deadline_ms;
        f->link.values_in_text = true;
        rc = ask_all(p, f, collations, find, err);
    }
    if (rc < 0) /* rows may be left on it, or it may be lost */
        leat_mysql_close(&f->link);
    free(collations);
    return rc;
}

void mysql_find_close(struct leat_stage *stage, void *self)
{
    const struct mysql *p = self;
    struct finder *f = leat_stage_worker(stage);

    leat_mysql_close(&f->link);
    leat_sql_row_free(&f->row, p->sql.n_columns);
}
