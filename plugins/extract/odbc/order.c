/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The key, and the order in which the rows can be read: which columns identify a row, and how
 * those of the cursor are compared so that only the same is equal.
 */
#include "extract.h"

#include <stdlib.h>

enum { NAME_ROOM = 256, MAX_SORTED_BYTES = 1024 /* of a text, that MariaDB compares when it sorts */ };

/* ---- the table's name ---- */

struct parts_of_name {
    struct leat_put wide[3]; /* the last is the table */
    int n;
};

/* As leat_sql_add_table reads it. */
static const char *take_part(const char *p, char quote, struct leat_put *out)
{
    bool quoted = *p == quote && quote != ' ';

    if (quoted)
        p++;
    for (; *p; p++) {
        if (quoted && *p == quote && *++p != quote)
            break;
        if (!quoted && *p == '.')
            break;
        leat_put_bytes(out, p, 1);
    }
    return *p == '.' ? p + 1 : NULL;
}

static bool split_name(const struct odbc *p, struct parts_of_name *ret)
{
    const char *at = p->sql.table;
    bool ok = true;

    for (; at && ret->n < 3 && ok; ret->n++) {
        struct leat_put part = { 0 };

        at = take_part(at, p->dialect.quote, &part);
        ok = leat_put_end(&part) && leat_odbc_wide(part.p, part.n, &ret->wide[ret->n]);
        leat_put_free(&part);
    }
    return ok && !at;
}

static SQLWCHAR *part(const struct parts_of_name *name, int from_last)
{
    return name->n > from_last ? (SQLWCHAR *)(void *)name->wide[name->n - 1 - from_last].p : NULL;
}

static void free_name(struct parts_of_name *name)
{
    for (int i = 0; i < 3; i++)
        leat_put_free(&name->wide[i]);
}

/* ---- what the catalogue says ---- */

static bool take_name(SQLHSTMT stmt, SQLUSMALLINT column, char ret[NAME_ROOM])
{
    SQLWCHAR wide[NAME_ROOM] = { 0 };
    struct leat_put text = { 0 };
    SQLLEN n = 0;

    *ret = '\0';
    if (!SQL_SUCCEEDED(SQLGetData(stmt, column, SQL_C_WCHAR, wide, sizeof wide, &n)) || n < 0)
        return false;
    n /= (SQLLEN)sizeof *wide;
    leat_odbc_narrow(wide, (size_t)(n < NAME_ROOM ? n : NAME_ROOM - 1), &text);
    (void)snprintf(ret, NAME_ROOM, "%s", leat_put_end(&text) ? text.p : "");
    leat_put_free(&text);
    return *ret;
}

static int take_number(SQLHSTMT stmt, SQLUSMALLINT column)
{
    SQLINTEGER value = -1;
    SQLLEN n = 0;

    return SQL_SUCCEEDED(SQLGetData(stmt, column, SQL_C_SLONG, &value, 0, &n)) && n != SQL_NULL_DATA ? value : -1;
}

/* MariaDB's databases are catalogues, where others have schemas. */
static SQLWCHAR *catalogue(const struct odbc *p, const struct parts_of_name *name)
{
    return part(name, p->server.server->kind == LEAT_ODBC_MARIADB ? 1 : 2);
}

static SQLWCHAR *schema(const struct odbc *p, const struct parts_of_name *name)
{
    return p->server.server->kind == LEAT_ODBC_MARIADB ? NULL : part(name, 1);
}

/* A driver that does not say has no key to say of. Returns how many columns the primary key has. */
static int ask_key(const struct odbc *p, const struct leat_odbc_link *link, const struct parts_of_name *name, int *key)
{
    int n = 0, at[64], column;
    SQLHSTMT stmt = NULL;
    char text[NAME_ROOM];

    if (SQLAllocHandle(SQL_HANDLE_STMT, link->conn, &stmt) != SQL_SUCCESS)
        return 0;
    if (SQL_SUCCEEDED(SQLPrimaryKeysW(stmt, catalogue(p, name), SQL_NTS, schema(p, name), SQL_NTS, part(name, 0),
                                      SQL_NTS)))
        while (n < 16 && SQL_SUCCEEDED(SQLFetch(stmt)) && take_name(stmt, 4, text)) {
            column = leat_sql_column(&p->sql, text);
            at[n] = take_number(stmt, 5);
            if (column < 0)
                break;
            key[n++] = column;
        }
    (void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    for (int i = 1; i < n; i++) /* in the order of the key, whatever the driver's is */
        for (int k = i; k > 0 && at[k - 1] > at[k]; k--) {
            int a = at[k], c = key[k];

            at[k] = at[k - 1], key[k] = key[k - 1];
            at[k - 1] = a, key[k - 1] = c;
        }
    return n;
}

static bool in_cursor(const struct leat_sql *sql, const char *name)
{
    for (int i = 0; i < sql->n_cursor; i++)
        if (strcmp(sql->columns[sql->cursor_columns[i]].name, name) == 0)
            return true;
    return false;
}

/* Whether there is a unique index all of whose columns are in the cursor: of a row of SQLStatistics the place in its
 * index is 8, its column 9, and the condition of a partial index 13. */
static bool is_unique(const struct odbc *p, const struct leat_odbc_link *link, const struct parts_of_name *name)
{
    bool covered = false, found = false;
    SQLHSTMT stmt = NULL;
    char text[NAME_ROOM];

    if (SQLAllocHandle(SQL_HANDLE_STMT, link->conn, &stmt) != SQL_SUCCESS)
        return false;
    if (SQL_SUCCEEDED(SQLStatisticsW(stmt, catalogue(p, name), SQL_NTS, schema(p, name), SQL_NTS, part(name, 0),
                                     SQL_NTS, SQL_INDEX_UNIQUE, SQL_QUICK)))
        while (SQL_SUCCEEDED(SQLFetch(stmt))) {
            int place = take_number(stmt, 8);

            if (place == 1) {
                found |= covered;
                covered = true;
            }
            if (place > 0)
                covered &= take_name(stmt, 9, text) && in_cursor(&p->sql, text) && !take_name(stmt, 13, text);
        }
    (void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    return found || covered;
}

/* ---- comparisons ---- */

static const char *order_of(struct leat_plan *plan, const struct odbc *p, const char *before, const char *name,
                            const char *behind)
{
    struct leat_put out = { 0 };
    char *kept = NULL;

    leat_put_string(&out, before);
    leat_sql_add_name(&out, &p->dialect, name);
    leat_put_string(&out, behind);
    if (leat_put_end(&out)) {
        kept = leat_plan_alloc(plan, out.n + 1);
        memcpy(kept, out.p, out.n + 1);
    }
    leat_put_free(&out);
    return kept;
}

/* To a collation different texts may be equal, such as 'a', 'A' and 'a ', and a row that equals the last one would be
 * taken for it. So their bytes are compared; where nobody knows how to say that to the server, a unique index has to
 * see to it that no two rows are equal. */
static void order_text(struct leat_plan *plan, struct odbc *p, int column, bool unique)
{
    struct leat_sql_column *c = &p->sql.columns[column];
    const struct column *own = &p->columns[column];

    switch (p->server.server->kind) {
    case LEAT_ODBC_POSTGRES:
        c->collate = "COLLATE \"C\"";
        break;
    case LEAT_ODBC_MARIADB:
        c->order = order_of(plan, p, "CAST(CONVERT(leat.", c->name, " USING utf8mb4) AS BINARY)");
        if (own->bytes > MAX_SORTED_BYTES)
            leat_plan_wrong(plan, "cursor", "%s may be too long for the server to sort by all of it; in a query, "
                            "CAST(%s AS CHAR(255)) has an order", c->name, c->name);
        break;
    case LEAT_ODBC_SQLITE:
        if (p->sql.query) /* the type of an expression is not its column's */
            c->order = order_of(plan, p, "CAST(leat.", c->name, " AS TEXT) COLLATE BINARY");
        else
            c->collate = "COLLATE BINARY";
        break;
    default:
        if (!unique)
            leat_plan_wrong(plan, "cursor", "%s is a text, and texts that differ may be equal to this server, such as "
                            "'a' and 'A': of those one would be lost; a cursor can have it only if the table has a "
                            "unique index of no other columns than the cursor's", c->name);
    }
}

static void order_column(struct leat_plan *plan, struct odbc *p, int column, bool unique)
{
    struct leat_sql_column *c = &p->sql.columns[column];
    struct column *own = &p->columns[column];

    if (own->orderless)
        leat_plan_wrong(plan, "cursor", "%s is of a type that has no order to go on in; a query can make a number, a "
                        "short text or a timestamp of it, CAST(%s AS ...)", c->name, c->name);
    else if (own->source == SOURCE_BYTES && own->form != FORM_RAW)
        leat_plan_wrong(plan, "cursor", "%s has bytes, which can be a cursor only as what they are; do not declare "
                        "another type for it", c->name);
    else if (own->source == SOURCE_BYTES)
        own->source = SOURCE_HEX, own->form = FORM_PARSED;
    if (own->texts && !own->orderless)
        order_text(plan, p, column, unique);
}

void order_plan(struct leat_plan *plan, struct odbc *p, const struct leat_odbc_link *link)
{
    int n_key = 0, *key = leat_plan_alloc(plan, 17 * sizeof *key);
    struct parts_of_name name = { 0 };
    bool unique = false, known = p->sql.table && split_name(p, &name);

    if (known)
        n_key = ask_key(p, link, &name, key);
    leat_sql_plan_cursor(plan, &p->sql, key, n_key);
    if (known && p->sql.n_cursor)
        unique = is_unique(p, link, &name);
    for (int i = 0; i < p->sql.n_cursor; i++)
        order_column(plan, p, p->sql.cursor_columns[i], unique);
    free_name(&name);
}
