/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The text of a SELECT.
 */
#include "kit/sql/sql.h"

void leat_sql_add_name(struct leat_put *out, const struct leat_sql_dialect *dialect, const char *name)
{
    const char quote = dialect->quote;

    leat_put_bytes(out, &quote, 1);
    for (; *name; name++) {
        if (*name == quote)
            leat_put_bytes(out, &quote, 1);
        leat_put_bytes(out, name, 1);
    }
    leat_put_bytes(out, &quote, 1);
}

/* "x""y" as it stands. Returns the end, or NULL. */
static const char *add_quoted(struct leat_put *out, char quote, const char *p)
{
    const char *from = p++;

    for (; *p; p++)
        if (*p == quote && *++p != quote) {
            leat_put_bytes(out, from, (size_t)(p - from));
            return p - from > 2 ? p : NULL;
        }
    return NULL;
}

static const char *add_bare(struct leat_put *out, const struct leat_sql_dialect *dialect, const char *p)
{
    size_t n = strcspn(p, ".");
    struct leat_put name = { 0 };

    leat_put_bytes(&name, p, n);
    if (leat_put_end(&name))
        leat_sql_add_name(out, dialect, name.p);
    out->failed |= name.failed;
    leat_put_free(&name);
    return n ? p + n : NULL;
}

bool leat_sql_add_table(struct leat_put *out, const struct leat_sql_dialect *dialect, const char *table)
{
    const char *p = table;

    for (;;) {
        p = *p == dialect->quote ? add_quoted(out, dialect->quote, p) : add_bare(out, dialect, p);
        if (!p || !*p)
            return p;
        if (*p++ != '.')
            return false;
        leat_put_string(out, ".");
    }
}

/* What a query says; it will stand in another, and there a semicolon at its end would be in the way. */
static void add_query(struct leat_put *out, const struct leat_sql *sql)
{
    const struct leat_query *query = sql->query;

    for (int i = 0; i <= query->n_params; i++) {
        const char *text = query->texts[i];
        size_t n = strlen(text);

        while (i == query->n_params && n && strchr("; \t\r\n", text[n - 1]))
            n--;
        leat_put_bytes(out, text, n);
        if (i < query->n_params)
            sql->dialect->add_param(out, i);
    }
}

void leat_sql_add_all(struct leat_put *out, const struct leat_sql *sql)
{
    if (sql->query) {
        add_query(out, sql);
        return;
    }
    leat_put_string(out, "SELECT * FROM ");
    leat_put_string(out, sql->from);
}

void leat_sql_add_columns(struct leat_put *out, const struct leat_sql *sql)
{
    for (int i = 0; i < sql->n_columns; i++) {
        const struct leat_sql_column *c = &sql->columns[i];

        leat_put_string(out, i ? ", " : "SELECT ");
        if (c->select) {
            leat_put_string(out, c->select);
            leat_put_string(out, " AS ");
        }
        leat_sql_add_name(out, sql->dialect, c->name);
    }
    leat_put_string(out, " FROM ");
    if (sql->query) {
        leat_put_string(out, "(");
        add_query(out, sql);
        leat_put_string(out, "\n)"); /* its last line may be a comment */
    } else {
        leat_put_string(out, sql->from);
    }
    leat_put_string(out, " AS leat");
}

/* ---- the order ---- */

static const struct leat_sql_column *cursor_column(const struct leat_sql *sql, int i)
{
    return &sql->columns[sql->cursor_columns[i]];
}

static void add_cursor_column(struct leat_put *out, const struct leat_sql *sql, int i)
{
    const struct leat_sql_column *c = cursor_column(sql, i);

    if (c->order) {
        leat_put_string(out, c->order);
        return;
    }
    leat_put_string(out, "leat."); /* of what is read; what is selected may have another type under the same name */
    leat_sql_add_name(out, sql->dialect, c->name);
    if (c->collate)
        leat_put_printf(out, " %s", c->collate);
}

static void add_value(struct leat_put *out, const struct leat_sql *sql, int i)
{
    const char *type = cursor_column(sql, i)->type;

    leat_put_string(out, type ? "CAST(" : "");
    sql->dialect->add_param(out, sql->n_params + i);
    if (type)
        leat_put_printf(out, " AS %s)", type);
}

static void add_comparison(struct leat_put *out, const struct leat_sql *sql, int i, const char *sign)
{
    add_cursor_column(out, sql, i);
    leat_put_printf(out, " %s ", sign);
    add_value(out, sql, i);
}

/* a >= ? AND (a > ? OR (b >= ? AND (b > ? OR c > ?))): the first comparison is one that every server finds by an index,
 * where lists are compared row by row by some. What is at least and not more is the same. */
static void add_behind(struct leat_put *out, const struct leat_sql *sql, int n)
{
    for (int i = 0; i < n - 1; i++) {
        add_comparison(out, sql, i, ">=");
        leat_put_string(out, " AND (");
        add_comparison(out, sql, i, ">");
        leat_put_string(out, i < n - 2 ? " OR (" : " OR ");
    }
    add_comparison(out, sql, n - 1, ">");
    for (int i = 0; i < n - 1; i++)
        leat_put_string(out, i < n - 2 ? "))" : ")");
}

/* As add_where writes them: each but the last is compared twice. */
int leat_sql_marks(const struct leat_sql *sql, const struct leat_sql_place *place, int *ret)
{
    int n = 0, n_behind = place->nulls ? 0 : place->n_behind;

    for (int i = 0; i < sql->n_params; i++)
        ret[n++] = i;
    for (int i = 0; i < n_behind; i++) {
        ret[n++] = sql->n_params + i;
        if (i < n_behind - 1)
            ret[n++] = sql->n_params + i;
    }
    return n;
}

/* a IS NULL OR b IS NULL, or none of it. False: it cannot be. */
static bool add_null(struct leat_put *out, const struct leat_sql *sql, bool is)
{
    int n = 0;

    for (int i = 0; i < sql->n_cursor; i++) {
        if (cursor_column(sql, i)->never_null)
            continue;
        if (n++)
            leat_put_string(out, is ? " OR " : " AND ");
        leat_put_string(out, "leat.");
        leat_sql_add_name(out, sql->dialect, cursor_column(sql, i)->name);
        leat_put_string(out, is ? " IS NULL" : " IS NOT NULL");
    }
    return n;
}

static void add_order(struct leat_put *out, const struct leat_sql *sql, const struct leat_sql_place *place)
{
    leat_put_string(out, " ORDER BY ");
    for (int i = 0; !place->nulls && i < sql->n_cursor; i++) {
        leat_put_string(out, i ? ", " : "");
        add_cursor_column(out, sql, i);
    }
    if (place->nulls && sql->dialect->add_columns_order)
        sql->dialect->add_columns_order(out, sql);
    else if (place->nulls)
        sql->dialect->add_whole_order(out, sql->n_columns);
}

static void add_where(struct leat_put *out, const struct leat_sql *sql, const struct leat_sql_place *place)
{
    struct leat_put nulls = { 0 };
    bool any = add_null(&nulls, sql, place->nulls);

    if (any || place->n_behind)
        leat_put_string(out, " WHERE ");
    leat_put_bytes(out, nulls.p ? nulls.p : "", nulls.n);
    if (any && !place->nulls && place->n_behind)
        leat_put_string(out, " AND ");
    if (!place->nulls && place->n_behind && place->at_least)
        add_comparison(out, sql, 0, ">=");
    else if (!place->nulls && place->n_behind)
        add_behind(out, sql, place->n_behind);
    out->failed |= nulls.failed;
    leat_put_free(&nulls);
}

void leat_sql_add_mark(struct leat_put *out, int i)
{
    (void)i;
    leat_put_string(out, "?");
}

void leat_sql_add_sha2_order(struct leat_put *out, const struct leat_sql *sql)
{
    leat_put_string(out, "SHA2(CONCAT_WS(','");
    for (int i = 0; i < sql->n_columns; i++) {
        leat_put_string(out, ", IFNULL(HEX(CAST(leat.");
        leat_sql_add_name(out, sql->dialect, sql->columns[i].name);
        leat_put_string(out, " AS BINARY)), '-')");
    }
    leat_put_string(out, "), 256)");
}

static bool is_plain(const struct leat_sql *sql)
{
    for (int i = 0; i < sql->n_columns; i++)
        if (sql->columns[i].select)
            return false;
    return !sql->n_cursor;
}

void leat_sql_add_select(struct leat_put *out, const struct leat_sql *sql, const struct leat_sql_place *place,
                         int64_t limit)
{
    if (sql->query && is_plain(sql)) { /* some servers forget the order of what stands in parentheses */
        add_query(out, sql);
        return;
    }
    leat_sql_add_columns(out, sql);
    if (sql->n_cursor) {
        add_where(out, sql, place);
        add_order(out, sql, place);
    }
    if (limit >= 0)
        leat_put_printf(out, " LIMIT %lld", (long long)limit);
}
