/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The part of a plan that is the same for all servers.
 */
#include "kit/sql/sql.h"

#include "kit/fields/fields.h"

enum { MAX_KEY = 16 /* of leat_plan_key */ };

static bool options_fit(struct leat_plan *plan, const struct leat_sql *sql)
{
    if (sql->table && sql->query)
        leat_plan_wrong(plan, "table", "takes a table or a query, not both: leave one of them out");
    else if (!sql->table && !sql->query)
        leat_plan_wrong(plan, NULL, "needs `table: NAME' or `query: SELECT ...' to know what to read");
    return !sql->table != !sql->query;
}

/* NULL: the option is no table's name, or there is no memory. */
static const char *table_of(struct leat_plan *plan, const struct leat_sql *sql)
{
    struct leat_put out = { 0 };
    bool ok = leat_sql_add_table(&out, sql->dialect, sql->table) && leat_put_end(&out);
    char *kept = ok ? leat_plan_alloc(plan, out.n + 1) : NULL;

    if (kept)
        memcpy(kept, out.p, out.n + 1);
    else
        leat_plan_wrong(plan, "table", "is no name of a table: write NAME, SCHEMA.NAME, or a name with a dot in it in "
                        "quotes, '%c...%c'", sql->dialect->quote, sql->dialect->quote);
    leat_put_free(&out);
    return kept;
}

bool leat_sql_plan(struct leat_plan *plan, struct leat_sql *sql)
{
    if (!options_fit(plan, sql))
        return false;
    sql->what = sql->table ? "the table" : "the query";
    sql->n_params = sql->query ? sql->query->n_params : 0;
    if (sql->table)
        sql->from = table_of(plan, sql);
    return sql->query || sql->from;
}

int leat_sql_column(const struct leat_sql *sql, const char *name)
{
    for (int i = 0; i < sql->n_columns; i++)
        if (strcmp(sql->columns[i].name, name) == 0)
            return i;
    return -1;
}

static void plan_order(struct leat_plan *plan, struct leat_sql *sql)
{
    int n = sql->cursor ? sql->cursor->n_children : 0;

    sql->cursor_columns = leat_plan_alloc(plan, ((size_t)n + 1) * sizeof *sql->cursor_columns);
    for (int i = 0; i < n; i++) {
        const struct leat_node *item = sql->cursor->children[i];
        int column = item->kind == LEAT_SCALAR ? leat_sql_column(sql, item->text) : -1;

        if (column < 0)
            leat_plan_wrong_at(plan, item, "%s has no column %s to order by (see also leat preview)", sql->what,
                               item->kind == LEAT_SCALAR ? item->text : "of that kind");
        else
            sql->cursor_columns[sql->n_cursor++] = column;
    }
    if (!sql->cursor)
        leat_plan_note(plan, "without a cursor a stopped run begins again with the first record");
}

static bool is_time(enum leat_type type)
{
    return type == LEAT_TIMESTAMP || type == LEAT_DATE;
}

static void plan_since(struct leat_plan *plan, const struct leat_sql *sql)
{
    const struct leat_sql_column *first = sql->n_cursor ? &sql->columns[sql->cursor_columns[0]] : NULL;

    if (!sql->incremental && sql->lag)
        leat_plan_wrong(plan, "lag", "lag is for `incremental: true', which is not there");
    if (sql->incremental && !sql->cursor)
        leat_plan_wrong(plan, "incremental", "what has changed is known by a cursor, and there is none: name the time "
                        "of change first and a unique column last, `cursor: [updated_at, id]'");
    if (sql->incremental)
        leat_plan_incremental(plan);
    if (!sql->incremental || !first)
        return;
    if (sql->lag && !is_time(first->kind))
        leat_plan_wrong(plan, "lag", "%s, which the cursor names first, is no timestamp or date; make one of it in the "
                        "query, or leave lag out", first->name);
    if (sql->cursor->n_children == 1 && !is_time(first->kind))
        leat_plan_note(plan, "reads only new records: a record that changes keeps its place in the cursor and is not "
                       "read again; for changes name the time of change first: `cursor: [updated_at, id]'");
}

void leat_sql_plan_cursor(struct leat_plan *plan, struct leat_sql *sql, const int *key, int n_key)
{
    plan_order(plan, sql);
    plan_since(plan, sql);
    for (int i = 0; i < n_key && i < MAX_KEY; i++)
        leat_plan_key(plan, key[i]);
    for (int i = 0; !n_key && i < sql->n_cursor && i < MAX_KEY; i++)
        leat_plan_key(plan, sql->cursor_columns[i]);
}

void leat_sql_plan_unasked(struct leat_plan *plan, struct leat_sql *sql)
{
    struct leat_declared declared;

    leat_declared_bind(plan, sql->fields, &declared);
    sql->n_columns = declared.n;
    sql->columns = leat_plan_alloc(plan, ((size_t)declared.n + 1) * sizeof *sql->columns);
    for (int i = 0; i < declared.n; i++) {
        struct leat_field field = { .name = declared.fields[i].name, .type = LEAT_TEXT };

        leat_declared_apply(&declared, &field);
        sql->columns[i] = (struct leat_sql_column){ .name = field.name, .kind = field.type };
        (void)leat_plan_add_field(plan, &field);
    }
    plan_since(plan, sql);
    leat_plan_unasked(plan);
}
