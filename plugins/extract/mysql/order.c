/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The key, and the order in which the rows can be read: which columns identify a row,
 * and how those of the cursor are compared so that only the same is equal.
 */
#include "extract.h"

#include <stdlib.h>

/* A column of a unique index. */
struct part {
    int index;   /* its number */
    int column;  /* -1: an expression, or the beginning of a text */
    bool primary;
};

struct parts {
    struct part *all;
    int n;
};

/* ---- the unique indexes ---- */

/* As SHOW INDEX has them, in MariaDB and in MySQL. */
enum { OF_NOT_UNIQUE = 1, OF_NAME = 2, OF_PLACE = 3, OF_COLUMN = 4, OF_PREFIX = 7, N_OF };

static int add_part(const struct mysql *p, struct parts *parts, const MYSQL_ROW row, struct leat_error *err)
{
    struct part *more = realloc(parts->all, (size_t)(parts->n + 1) * sizeof *more), *last;
    bool first = strcmp(row[OF_PLACE], "1") == 0;

    if (!more)
        return leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    parts->all = more;
    last = &more[parts->n];
    last->index = parts->n ? more[parts->n - 1].index + first : 0;
    last->column = row[OF_COLUMN] && !row[OF_PREFIX] ? leat_sql_column(&p->sql, row[OF_COLUMN]) : -1;
    last->primary = strcmp(row[OF_NAME], "PRIMARY") == 0;
    parts->n++;
    return 0;
}

static int ask_indexes(const struct mysql *p, struct leat_mysql_link *link, struct parts *parts, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    unsigned long *lengths;
    const char *text;
    MYSQL_ROW row;
    int rc;

    leat_put_string(&sql, "SHOW INDEX FROM ");
    leat_put_string(&sql, p->sql.from);
    text = leat_put_end(&sql);
    rc = text ? leat_mysql_select(link, text, 0, NULL, "cannot ask for the table's indexes", err)
              : leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    leat_put_free(&sql);
    if (rc == 0 && mysql_num_fields(link->rows) < N_OF)
        return leat_fail(err, -EIO, "cannot ask for the table's indexes: the server tells less of them than others do");
    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0)
        rc = strcmp(row[OF_NOT_UNIQUE], "0") == 0 ? add_part(p, parts, row, err) : 0;
    return rc;
}

static bool in_cursor(const struct leat_sql *sql, int column)
{
    for (int i = 0; i < sql->n_cursor; i++)
        if (sql->cursor_columns[i] == column)
            return true;
    return false;
}

/* Whether there is a unique index all of whose columns are in the cursor. */
static bool is_unique(const struct leat_sql *sql, const struct parts *parts)
{
    bool covered = false;

    for (int i = 0; i < parts->n; i++) {
        if (i == 0 || parts->all[i].index != parts->all[i - 1].index) {
            if (covered)
                return true;
            covered = true;
        }
        covered &= parts->all[i].column >= 0 && in_cursor(sql, parts->all[i].column);
    }
    return covered;
}

/* ---- comparisons ---- */

static const char *as_bytes(struct leat_plan *plan, const char *name)
{
    struct leat_put out = { 0 };
    char *kept = NULL;

    leat_put_string(&out, "CAST(CONVERT(leat.");
    leat_sql_add_name(&out, &leat_mysql_dialect, name);
    leat_put_string(&out, " USING utf8mb4) AS BINARY)");
    if (leat_put_end(&out)) {
        kept = leat_plan_alloc(plan, out.n + 1);
        memcpy(kept, out.p, out.n + 1);
    }
    leat_put_free(&out);
    return kept;
}

/* To a collation different texts may be equal, such as 'a', 'A' and 'a ', and a row that equals the last one would be
 * taken for it. Where a unique index sees to it that no two rows are equal, the order of that index is kept, which
 * saves the sorting; elsewhere the bytes are compared. The words of a list have two orders, by their place in it and
 * as texts, and so they always are. */
static void order_column(struct leat_plan *plan, struct mysql *p, int column, bool unique)
{
    struct leat_sql_column *c = &p->sql.columns[column];
    struct column *own = &p->columns[column];

    if (own->orderless)
        leat_plan_wrong(plan, "cursor", "%s is of a type that has no order to go on in; in a query, CAST(%s AS "
                        "CHAR(255)) or CAST(%s AS DOUBLE) has one", c->name, c->name, c->name);
    if (own->search == SEARCH_BYTES)
        own->source = SOURCE_HEX, own->form = FORM_PARSED;
    if (!own->texts)
        return;
    if (!unique || own->listed) {
        c->order = as_bytes(plan, c->name);
        c->type = "BINARY";
    }
    if (p->sort_bytes < own->length * (c->order ? 1 : 2)) /* some collations make two bytes of one */
        p->sort_bytes = own->length * (c->order ? 1 : 2);
}

/* Bytes that are declared something else would stand in the position as they are. */
static void check_bytes(struct leat_plan *plan, const struct mysql *p, int column)
{
    if (p->columns[column].search == SEARCH_NOT && !p->columns[column].texts && !p->columns[column].cast &&
        !p->columns[column].orderless)
        leat_plan_wrong(plan, "cursor", "%s has bytes, which can be a cursor only as what they are; do not declare "
                        "another type for it", p->sql.columns[column].name);
}

int order_plan(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    int n = p->sql.n_columns, n_key = 0, *key = leat_plan_alloc(plan, ((size_t)n + 1) * sizeof *key);
    struct parts parts = { 0 };
    bool unique;
    int rc = p->sql.table ? ask_indexes(p, link, &parts, err) : 0;

    for (int i = 0; i < parts.n && n_key < n; i++)
        if (parts.all[i].primary && parts.all[i].column >= 0)
            key[n_key++] = parts.all[i].column;
    if (rc == 0)
        leat_sql_plan_cursor(plan, &p->sql, key, n_key);
    unique = is_unique(&p->sql, &parts);
    for (int i = 0; rc == 0 && i < p->sql.n_cursor; i++) {
        check_bytes(plan, p, p->sql.cursor_columns[i]);
        order_column(plan, p, p->sql.cursor_columns[i], unique);
    }
    free(parts.all);
    return rc;
}
