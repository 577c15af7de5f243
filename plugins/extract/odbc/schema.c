/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract odbc: the driver describes the statement, and from that comes what the
 * fields are.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

void params_put(const struct odbc *p, struct leat_odbc_value *values)
{
    for (int i = 0; i < p->sql.n_params; i++)
        values[i] = (struct leat_odbc_value){ .kind = LEAT_ODBC_TEXT, .text = p->sql.query->params[i],
                                              .n = strlen(p->sql.query->params[i]) };
}

/* ---- columns and fields ---- */

/* NULL: the column itself, or no memory. */
static const char *select_of(struct leat_plan *plan, const struct odbc *p, const char *select, const char *name)
{
    struct leat_put out = { 0 };
    char *kept = NULL;

    for (const char *here; select && (here = strstr(select, "%s")); select = here + 2) {
        leat_put_bytes(&out, select, (size_t)(here - select));
        leat_sql_add_name(&out, &p->dialect, name);
    }
    if (select) {
        leat_put_string(&out, select);
        if (leat_put_end(&out))
            kept = keep(plan, out.p);
    }
    leat_put_free(&out);
    return kept;
}

static void note(struct leat_plan *plan, const char *text, const char *name)
{
    const char *here = text ? strstr(text, "%s") : NULL, *there = here ? strstr(here + 2, "%s") : NULL;
    struct leat_put out = { 0 };

    if (!here)
        return;
    leat_put_bytes(&out, text, (size_t)(here - text));
    leat_put_string(&out, name);
    if (there) {
        leat_put_bytes(&out, here + 2, (size_t)(there - here - 2));
        leat_put_string(&out, name);
        here = there;
    }
    leat_put_string(&out, here + 2);
    if (leat_put_end(&out))
        leat_plan_note(plan, out.p);
    leat_put_free(&out);
}

/* A query's join makes nulls of columns that have none; that MariaDB takes a date of zeros for a null in a column that
 * cannot have one is no reason to ask for such rows. */
static bool is_never_null(const struct odbc *p, const struct leat_odbc_column *c)
{
    bool time = c->type == SQL_TYPE_DATE || c->type == SQL_TYPE_TIMESTAMP;

    return c->never_null && (p->sql.table || (time && p->server.server->kind == LEAT_ODBC_MARIADB));
}

static void add_column(struct leat_plan *plan, struct odbc *p, struct leat_declared *declared,
                       const struct leat_odbc_column *from, int i)
{
    struct shape shape = shape_of(plan, p->server.server->kind, from);
    struct leat_sql_column *c = &p->sql.columns[i];
    struct leat_field field = { .name = keep(plan, from->name), .type = shape.type, .local = shape.local };

    leat_declared_apply(declared, &field);
    if (field.type != shape.type) {
        shape.column.form = field.type == LEAT_TEXT ? FORM_RAW : FORM_PARSED;
        shape.column.search = SEARCH_NOT;
        shape.note = NULL;
    }
    *c = (struct leat_sql_column){ .name = field.name, .kind = field.type, .type = shape.cast,
                                   .select = select_of(plan, p, shape.select, field.name),
                                   .never_null = is_never_null(p, from) };
    p->columns[i] = shape.column;
    p->fetches[i] = shape.fetch;
    note(plan, shape.note, field.name);
    if (leat_plan_add_field(plan, &field) < 0)
        leat_plan_wrong(plan, p->sql.table ? "table" : "query", "two columns are called %s: rename one with AS",
                        field.name);
    else if (shape.column.search != SEARCH_NOT)
        leat_plan_searchable(plan, i);
}

static void add_columns(struct leat_plan *plan, struct odbc *p, const struct leat_odbc_column *columns, int n)
{
    struct leat_declared declared;

    leat_declared_bind(plan, p->sql.fields, &declared);
    p->sql.n_columns = n;
    p->sql.columns = leat_plan_alloc(plan, (size_t)n * sizeof *p->sql.columns);
    p->columns = leat_plan_alloc(plan, (size_t)n * sizeof *p->columns);
    p->fetches = leat_plan_alloc(plan, (size_t)n * sizeof *p->fetches);
    for (int i = 0; i < n; i++)
        add_column(plan, p, &declared, &columns[i], i);
    leat_declared_unused(plan, &declared, p->sql.what);
}

/* ---- asking ---- */

static int describe(struct leat_plan *plan, struct odbc *p, struct leat_odbc_link *link, struct leat_error *err)
{
    struct leat_odbc_value *values = calloc((size_t)p->sql.n_params + 1, sizeof *values);
    struct leat_odbc_column *columns = NULL;
    struct leat_put sql = { 0 };
    const char *text;
    int n = 0, rc;

    leat_sql_add_all(&sql, &p->sql);
    text = leat_put_end(&sql);
    if (values)
        params_put(p, values);
    rc = text && values ? leat_odbc_describe(link, text, p->sql.n_params, values, p->doing, &columns, &n, err)
                        : leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    if (rc == 0)
        add_columns(plan, p, columns, n);
    free(columns);
    free(values);
    leat_put_free(&sql);
    return rc;
}

static void note_server(struct leat_plan *plan, const struct odbc *p)
{
    if (p->server.server->kind == LEAT_ODBC_OTHER)
        leat_plan_note(plan, "nothing special is known of this server's driver: it is taken to do what ODBC says");
    if (p->server.server->hoards && !p->sql.n_cursor)
        leat_plan_note(plan, "without a cursor the driver keeps all rows in memory before it gives the first; with one "
                       "it is asked for some at a time");
}

static int look(struct leat_plan *plan, struct odbc *p, struct leat_odbc_link *link, struct leat_error *err)
{
    int rc = 0;

    p->server.server = link->server;
    p->dialect = leat_odbc_dialect(link->server, link->quote);
    if (!leat_sql_plan(plan, &p->sql))
        return 0;
    rc = describe(plan, p, link, err);
    if (rc < 0)
        return rc;
    order_plan(plan, p, link);
    note_server(plan, p);
    return 0;
}

/* ---- the plan ---- */

int odbc_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct odbc *p = self;
    struct leat_odbc_link link = { 0 };
    struct leat_error why = { 0 };
    int rc;

    if (!err)
        err = &why;
    p->dialect = leat_odbc_dialect(NULL, '"');
    p->sql.dialect = &p->dialect;
    p->doing = p->sql.table ? "cannot read the table" : "the query fails";
    if (!leat_odbc_plan(plan, &p->server) || !leat_sql_plan(plan, &p->sql))
        return 0;
    if (!leat_plan_may_connect(plan)) {
        leat_sql_plan_unasked(plan, &p->sql);
        return 0;
    }
    rc = leat_odbc_open(&p->server, NULL, &link, err);
    if (rc == 0)
        rc = look(plan, p, &link, err);
    if (rc < 0) {
        rc = leat_in_plan(rc, err);
        leat_plan_wrong(plan, link.conn ? (p->sql.table ? "table" : "query") : NULL, "%s", err->text);
    }
    leat_odbc_close(&link);
    return rc;
}
