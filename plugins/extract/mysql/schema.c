/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract mysql: the server describes the statement, and from that comes what the
 * fields are.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"

enum { BINARY = 63 /* the character set of what is no text */ };

/* ---- types ---- */

/* What becomes of a column. */
struct shape {
    enum leat_type type;
    bool local;
    const char *select; /* the column stands for %s; NULL: the column itself */
    struct column column;
};

static struct shape integer(const MYSQL_FIELD *f)
{
    bool is_unsigned = f->flags & UNSIGNED_FLAG;

    if (f->type == MYSQL_TYPE_TINY && f->length == 1 && !is_unsigned) /* this is what BOOLEAN makes */
        return (struct shape){ .type = LEAT_BOOL, .column = { .form = FORM_PARSED, .cast = "SIGNED" } };
    if (f->type == MYSQL_TYPE_LONGLONG && is_unsigned)
        return (struct shape){ .type = LEAT_DECIMAL,
                               .column = { .form = FORM_NUMBER, .search = SEARCH_UNSIGNED, .cast = "UNSIGNED" } };
    return (struct shape){ .type = LEAT_INT64, .column = { .form = FORM_PARSED, .search = SEARCH_INTEGER,
                                                           .cast = is_unsigned ? "UNSIGNED" : "SIGNED" } };
}

static struct shape bits(const MYSQL_FIELD *f)
{
    struct shape s = { .type = LEAT_INT64, .column = { .source = SOURCE_BITS, .form = FORM_PARSED,
                                                       .search = SEARCH_INTEGER, .cast = "UNSIGNED" } };

    if (f->length == 1) {
        s.type = LEAT_BOOL;
        s.column.search = SEARCH_NOT;
    } else if (f->length > 63) {
        s.type = LEAT_DECIMAL;
        s.column.form = FORM_NUMBER;
        s.column.search = SEARCH_UNSIGNED;
    }
    return s;
}

/* CAST(... AS DOUBLE) is not known everywhere. */
static struct shape a_float(void)
{
    return (struct shape){ .type = LEAT_FLOAT64, .select = "leat.%s + 0e0",
                           .column = { .source = SOURCE_FLOAT, .form = FORM_PARSED, .orderless = true } };
}

static struct shape decimal(struct leat_plan *plan, const MYSQL_FIELD *f)
{
    char *cast = leat_plan_alloc(plan, 24);

    (void)snprintf(cast, 24, "DECIMAL(65,%u)", f->decimals % 100);
    return (struct shape){ .type = LEAT_DECIMAL, .column = { .form = FORM_NUMBER, .search = SEARCH_DECIMAL,
                                                             .cast = cast, .scale = (int)f->decimals } };
}

static struct shape simple(enum leat_type type, bool local, const char *cast)
{
    return (struct shape){ .type = type, .local = local,
                           .column = { .form = type == LEAT_TEXT ? FORM_TEXT : FORM_PARSED, .cast = cast } };
}

static bool is_attribute(const MYSQL_FIELD *f, enum mariadb_field_attr_t which, const char *word)
{
    MARIADB_CONST_STRING a = { 0 };

    return mariadb_field_attr(&a, f, which) == 0 && a.length == strlen(word) && strncmp(a.str, word, a.length) == 0;
}

/* Texts and bytes, and what MariaDB stores as one and knows by another name. */
static struct shape text(const MYSQL_FIELD *f)
{
    struct shape s = { .type = LEAT_TEXT, .column = { .form = FORM_TEXT, .length = f->length,
                                                      .orderless = f->flags & BLOB_FLAG } };

    if (f->type == MYSQL_TYPE_JSON || is_attribute(f, MARIADB_FIELD_ATTR_FORMAT_NAME, "json")) {
        s.type = LEAT_JSON;
        s.column.orderless = true;
    } else if (is_attribute(f, MARIADB_FIELD_ATTR_DATA_TYPE_NAME, "uuid")) {
        s.column.cast = "UUID";
        s.column.search = SEARCH_UUID;
    } else if (is_attribute(f, MARIADB_FIELD_ATTR_DATA_TYPE_NAME, "inet6")) {
        s.column.cast = "INET6";
    } else if (is_attribute(f, MARIADB_FIELD_ATTR_DATA_TYPE_NAME, "inet4")) {
        s.column.cast = "INET4";
    } else if (f->charsetnr == BINARY && f->type != MYSQL_TYPE_NULL) {
        s.type = LEAT_BYTES;
        s.column.search = SEARCH_BYTES;
    } else {
        s.column.listed = f->flags & (ENUM_FLAG | SET_FLAG);
        s.column.texts = true;
        s.column.search = SEARCH_TEXT;
    }
    return s;
}

static struct shape shape_of(struct leat_plan *plan, const MYSQL_FIELD *f)
{
    switch (f->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return integer(f);
    case MYSQL_TYPE_BIT:
        return bits(f);
    case MYSQL_TYPE_FLOAT:
        return a_float();
    case MYSQL_TYPE_DOUBLE:
        return simple(LEAT_FLOAT64, false, "DOUBLE");
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return decimal(plan, f);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return simple(LEAT_DATE, false, "DATE");
    case MYSQL_TYPE_DATETIME:
        return simple(LEAT_TIMESTAMP, true, "DATETIME(6)");
    case MYSQL_TYPE_TIMESTAMP:
        return simple(LEAT_TIMESTAMP, false, "DATETIME(6)"); /* in the session's time zone, UTC */
    case MYSQL_TYPE_TIME:
        return simple(LEAT_TEXT, false, "TIME(6)");
    default:
        return text(f);
    }
}

/* ---- columns and fields ---- */

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

/* NULL: the column itself, or no memory. */
static const char *select_of(struct leat_plan *plan, const struct shape *shape, const char *name)
{
    const char *here = shape->select ? strstr(shape->select, "%s") : NULL;
    struct leat_put out = { 0 };
    char *kept = NULL;

    if (!here)
        return NULL;
    leat_put_bytes(&out, shape->select, (size_t)(here - shape->select));
    leat_sql_add_name(&out, &leat_mysql_dialect, name);
    leat_put_string(&out, here + 2);
    if (leat_put_end(&out))
        kept = keep(plan, out.p);
    leat_put_free(&out);
    return kept;
}

static bool is_time(const MYSQL_FIELD *f)
{
    return f->type == MYSQL_TYPE_DATE || f->type == MYSQL_TYPE_NEWDATE || f->type == MYSQL_TYPE_DATETIME ||
           f->type == MYSQL_TYPE_TIMESTAMP;
}

static void check_type(struct leat_plan *plan, const struct mysql *p, const MYSQL_FIELD *f,
                       const struct leat_field *field)
{
    if (f->type == MYSQL_TYPE_GEOMETRY)
        leat_plan_wrong(plan, p->sql.table ? "table" : "query", "%s is a geometry, for which there is no type "
                        "here; make a text of it in a query, with ST_AsText() or ST_AsGeoJSON(), or leave it out",
                        field->name);
    if (f->type == MYSQL_TYPE_TIMESTAMP && field->type == LEAT_TIMESTAMP && field->local)
        leat_plan_wrong(plan, "fields", "%s is a TIMESTAMP, which is an instant and has no timezone of its own; it is "
                        "read in UTC", field->name);
}

static void add_column(struct leat_plan *plan, struct mysql *p, struct leat_declared *declared, const MYSQL_FIELD *f,
                       int i)
{
    struct shape shape = shape_of(plan, f);
    struct leat_sql_column *c = &p->sql.columns[i];
    struct leat_field field = { .name = keep(plan, f->name), .type = shape.type, .local = shape.local };

    leat_declared_apply(declared, &field);
    if (field.type != shape.type) {
        shape.column.form = FORM_PARSED;
        shape.column.search = SEARCH_NOT;
    }
    c->name = field.name;
    c->kind = field.type;
    c->type = shape.column.cast;
    c->select = select_of(plan, &shape, field.name);
    /* What a query says of a column that a join makes null is not relied on, but for these: an IS NULL takes a date of
     * zeros for a null where the column cannot have one. */
    c->never_null = f->flags & NOT_NULL_FLAG && (p->sql.table || is_time(f));
    p->columns[i] = shape.column;
    check_type(plan, p, f, &field);
    if (leat_plan_add_field(plan, &field) < 0)
        leat_plan_wrong(plan, p->sql.table ? "table" : "query", "two columns are called %s: rename one with AS",
                        field.name);
    else if (shape.column.search != SEARCH_NOT)
        leat_plan_searchable(plan, i);
}

/* The server forgets the order of what stands in parentheses, where a float has it stand. */
static void note_order(struct leat_plan *plan, const struct mysql *p)
{
    for (int i = 0; p->sql.query && !p->sql.cursor && i < p->sql.n_columns; i++)
        if (p->sql.columns[i].select) {
            leat_plan_note(plan, "a column of the query is a FLOAT, which is read exactly at the price of the query's "
                           "ORDER BY; name a cursor if the order matters, or make it DOUBLE, `x + 0e0'");
            return;
        }
}

static void add_columns(struct leat_plan *plan, struct mysql *p, MYSQL_RES *fields)
{
    struct leat_declared declared;
    size_t n = mysql_num_fields(fields);

    leat_declared_bind(plan, p->sql.fields, &declared);
    p->sql.n_columns = (int)n;
    p->sql.columns = leat_plan_alloc(plan, n * sizeof *p->sql.columns);
    p->columns = leat_plan_alloc(plan, n * sizeof *p->columns);
    for (int i = 0; i < (int)n; i++)
        add_column(plan, p, &declared, &mysql_fetch_fields(fields)[i], i);
    leat_declared_unused(plan, &declared, p->sql.what);
    note_order(plan, p);
}

/* ---- asking ---- */

static int take_description(struct leat_plan *plan, struct mysql *p, MYSQL_STMT *statement, MYSQL_RES *fields,
                            struct leat_error *err)
{
    if ((int)mysql_stmt_param_count(statement) != p->sql.n_params)
        return leat_fail(err, LEAT_EPIPELINE, "a variable of the query stands in a text, a name or a comment, where it "
                         "is no value: leave the quotes away (and a ? of its own the query cannot have)");
    if (!fields)
        return leat_fail(err, LEAT_EPIPELINE, "the query gives no columns: it must be a SELECT");
    add_columns(plan, p, fields);
    return 0;
}

static int describe(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    MYSQL_STMT *statement = NULL;
    MYSQL_RES *fields = NULL;
    const char *text;
    int rc;

    leat_sql_add_all(&sql, &p->sql);
    text = leat_put_end(&sql);
    rc = text ? leat_mysql_describe(link, text, p->doing, &statement, &fields, err)
              : leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    if (rc == 0)
        rc = take_description(plan, p, statement, fields, err);
    if (fields)
        mysql_free_result(fields);
    if (statement)
        (void)mysql_stmt_close(statement);
    leat_put_free(&sql);
    return rc;
}

static int column_called(MYSQL_RES *rows, const char *name)
{
    for (unsigned i = 0; i < mysql_num_fields(rows); i++)
        if (strcmp(mysql_fetch_fields(rows)[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* What the server believes. Of a view that we may not look into it says nothing. */
static int estimate(struct leat_plan *plan, const struct mysql *p, struct leat_mysql_link *link)
{
    char sql[600];
    unsigned long *lengths;
    MYSQL_ROW row;
    int64_t n_rows = -1;
    int rc, column, n = 0;

    (void)snprintf(sql, sizeof sql, "EXPLAIN SELECT * FROM %.500s", p->sql.from);
    rc = leat_mysql_select(link, sql, 0, NULL, p->doing, NULL);
    column = rc == 0 ? column_called(link->rows, "rows") : -1;
    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, NULL)) > 0) {
        n_rows = n++ == 0 && column >= 0 && row[column] ? atoll(row[column]) : -1;
        rc = 0;
    }
    if (n_rows >= 0)
        leat_plan_estimate(plan, LEAT_ESTIMATE_ROWS, n_rows);
    return rc == LEAT_ERETRY ? rc : 0;
}

static int look(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err)
{
    int rc = describe(plan, p, link, err);

    if (rc == 0)
        rc = order_plan(plan, p, link, err);
    if (rc == 0 && p->sql.table && estimate(plan, p, link) < 0)
        rc = leat_mysql_fail(err, link, p->doing);
    return rc;
}

/* ---- the plan ---- */

/* Which tables there are, for who has misspelt one; empty: that cannot be told. */
static void tables(struct leat_mysql_link *link, char room[400])
{
    static const char sql[] =
        "SELECT GROUP_CONCAT(name ORDER BY name SEPARATOR ', ') FROM (SELECT IF(table_schema = DATABASE(), table_name, "
        "CONCAT(table_schema, '.', table_name)) AS name FROM information_schema.tables WHERE table_schema NOT IN "
        "('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY 1 LIMIT 20) AS t";
    unsigned long *lengths;
    MYSQL_ROW row;

    *room = '\0';
    if (leat_mysql_select(link, sql, 0, NULL, "cannot look", NULL) == 0 &&
        leat_mysql_row(link, &row, &lengths, NULL) > 0)
        (void)snprintf(room, 400, " (there are: %.380s)", row[0] ? row[0] : "none");
}

static int say_wrong(struct leat_plan *plan, const struct mysql *p, struct leat_mysql_link *link, int rc,
                     struct leat_error *err)
{
    const char *option = p->sql.table ? "table" : "query";
    char others[400] = "";

    rc = leat_in_plan(rc, err);
    if (link->conn && rc == LEAT_EPIPELINE && p->sql.table)
        tables(link, others);
    leat_plan_wrong(plan, link->conn ? option : NULL, "%s%s", err->text, others);
    return rc;
}

int mysql_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct mysql *p = self;
    struct leat_mysql_link link = { 0 };
    struct leat_error why = { 0 };
    int rc;

    if (!err)
        err = &why;
    p->sql.dialect = &leat_mysql_dialect;
    p->doing = p->sql.table ? "cannot read the table" : "the query fails";
    if (!leat_sql_plan(plan, &p->sql))
        return 0;
    if (!leat_plan_may_connect(plan)) {
        leat_sql_plan_unasked(plan, &p->sql);
        return 0;
    }
    rc = leat_mysql_open(&p->server, NULL, false, &link, err);
    if (rc == 0)
        rc = look(plan, p, &link, err);
    if (rc < 0)
        rc = say_wrong(plan, p, &link, rc, err);
    leat_mysql_close(&link);
    return rc;
}
