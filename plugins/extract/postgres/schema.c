/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract postgres: the server describes the statement, and says of
 * types and columns what its catalog knows.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"

/* ---- types ---- */

/* By the numbers of the built-in types (PostgreSQL 15, pg_type.dat), which never change. */
static const struct known {
    Oid oid;
    enum leat_type type;
    enum form form;
    bool local;
    const char *cast; /* to what it is cast to be read */
    const char *find; /* to what a key that is looked for is cast */
} known[] = {
    { 16, LEAT_BOOL, FORM_PARSED, false, NULL, NULL },           /* bool */
    { 17, LEAT_BYTES, FORM_PARSED, false, NULL, "bytea" },       /* bytea */
    { 19, LEAT_TEXT, FORM_TEXT, false, NULL, "text" },           /* name */
    { 20, LEAT_INT64, FORM_PARSED, false, NULL, "bigint" },      /* int8 */
    { 21, LEAT_INT64, FORM_PARSED, false, NULL, "bigint" },      /* int2 */
    { 23, LEAT_INT64, FORM_PARSED, false, NULL, "bigint" },      /* int4 */
    { 25, LEAT_TEXT, FORM_TEXT, false, NULL, "text" },           /* text */
    { 26, LEAT_INT64, FORM_PARSED, false, NULL, "bigint" },      /* oid */
    { 114, LEAT_JSON, FORM_TEXT, false, NULL, NULL },            /* json */
    { 700, LEAT_FLOAT64, FORM_PARSED, false, NULL, NULL },       /* float4 */
    { 701, LEAT_FLOAT64, FORM_PARSED, false, NULL, NULL },       /* float8 */
    { 790, LEAT_DECIMAL, FORM_NUMERIC, false, "numeric", NULL }, /* money: else with a sign and commas */
    { 1042, LEAT_TEXT, FORM_TEXT, false, NULL, "bpchar" },       /* char */
    { 1043, LEAT_TEXT, FORM_TEXT, false, NULL, "text" },         /* varchar */
    { 1082, LEAT_DATE, FORM_TIME, false, NULL, NULL },           /* date */
    { 1114, LEAT_TIMESTAMP, FORM_TIME, true, NULL, NULL },       /* timestamp */
    { 1184, LEAT_TIMESTAMP, FORM_TIME, false, NULL, NULL },      /* timestamptz */
    { 1700, LEAT_DECIMAL, FORM_NUMERIC, false, NULL, "numeric" }, /* numeric */
    { 2950, LEAT_TEXT, FORM_TEXT, false, NULL, "uuid" },         /* uuid */
    { 3802, LEAT_JSON, FORM_TEXT, false, NULL, NULL },           /* jsonb */
};

static const struct known as_text = { 0, LEAT_TEXT, FORM_TEXT, false, NULL, NULL };
static const struct known as_json = { 0, LEAT_JSON, FORM_TEXT, false, "json", NULL };

/* What the catalog says of a column, in this order. */
enum { OF_TYPE, OF_CATEGORY, OF_NOT_NULL, OF_COLLATION, OF_KEY, N_OF };

static const char catalog_sql[] =
    /* a child of a table, or a foreign server, may know better than NOT NULL */
    "SELECT t.typtype, t.typcategory, coalesce(a.attnotnull AND r.relkind IN ('r', 'p', 'm') AND NOT (r.relkind = 'r' "
    "AND r.relhassubclass), false), coalesce(NOT c.collisdeterministic, false), "
    "coalesce(array_position((i.indkey::int[])[0:i.indnkeyatts - 1], a.attnum::int), -1) "
    "FROM unnest($1::oid[], $2::oid[], $3::int[]) WITH ORDINALITY AS f (type, class, number, at) "
    "LEFT JOIN pg_catalog.pg_type t ON t.oid = f.type "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = f.class AND a.attnum = f.number "
    "LEFT JOIN pg_catalog.pg_class r ON r.oid = f.class "
    "LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation "
    "LEFT JOIN pg_catalog.pg_index i ON i.indrelid = f.class AND i.indisprimary "
    "ORDER BY f.at";

static const struct known *type_of(Oid oid, const PGresult *catalog, int i)
{
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].oid == oid)
            return &known[k];
    if (*PQgetvalue(catalog, i, OF_TYPE) == 'c' || *PQgetvalue(catalog, i, OF_CATEGORY) == 'A')
        return &as_json; /* rows and arrays */
    return &as_text;
}

/* ---- describing ---- */

/* {1,2,3} of what a function says of each column. */
static void add_array(struct leat_put *out, const PGresult *rows, long long (*of)(const PGresult *, int))
{
    leat_put_string(out, "{");
    for (int i = 0; i < PQnfields(rows); i++)
        leat_put_printf(out, "%s%lld", i ? "," : "", of(rows, i));
    leat_put_string(out, "}");
}

static long long type_number(const PGresult *rows, int i)
{
    return PQftype(rows, i);
}

static long long class_number(const PGresult *rows, int i)
{
    return PQftable(rows, i);
}

static long long column_number(const PGresult *rows, int i)
{
    return PQftablecol(rows, i);
}

static int ask_catalog(PGconn *conn, const PGresult *rows, PGresult **ret, struct leat_error *err)
{
    struct leat_put arrays[3] = { { 0 } };
    const char *values[3];
    int rc = 0;

    add_array(&arrays[0], rows, type_number);
    add_array(&arrays[1], rows, class_number);
    add_array(&arrays[2], rows, column_number);
    for (int i = 0; i < 3; i++)
        if (!(values[i] = leat_put_end(&arrays[i])))
            rc = leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    if (rc == 0)
        rc = leat_postgres_query(conn, NULL, catalog_sql, 3, values, ret, err);
    for (int i = 0; i < 3; i++)
        leat_put_free(&arrays[i]);
    return rc;
}

/* Prepares the statement as it stands in the file, and has it described. */
static int describe(const struct postgres *p, PGconn *conn, PGresult **ret, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    PGresult *prepared = NULL, *rows = NULL;
    const char *text;
    int rc = 0;

    leat_sql_add_all(&sql, &p->sql);
    text = leat_put_end(&sql);
    if (!text)
        rc = leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    else if (!(prepared = PQprepare(conn, "", text, 0, NULL)) || PQresultStatus(prepared) != PGRES_COMMAND_OK)
        rc = leat_postgres_fail(err, conn, prepared, p->sql.table ? "cannot read the table" : "the query fails");
    else if (!(rows = PQdescribePrepared(conn, "")) || PQresultStatus(rows) != PGRES_COMMAND_OK)
        rc = leat_postgres_fail(err, conn, rows, "the query fails");
    else if (PQnparams(rows) != p->sql.n_params)
        rc = leat_fail(err, LEAT_EPIPELINE, "a variable of the query stands in a text, a name or a comment, where it "
                       "is no value: write it without quotes around it");
    else if (!PQnfields(rows))
        rc = leat_fail(err, LEAT_EPIPELINE, "the query gives no columns: it must be a SELECT");
    PQclear(prepared);
    leat_put_free(&sql);
    if (rc < 0)
        PQclear(rows);
    else
        *ret = rows;
    return rc;
}

/* ---- columns and fields ---- */

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

/* to_json("roles"), CAST("price" AS numeric). */
static const char *select_of(struct leat_plan *plan, const struct known *type, const char *name)
{
    struct leat_put out = { 0 };
    bool json = type == &as_json;
    char *kept;

    if (!type->cast)
        return NULL;
    leat_put_string(&out, json ? "to_json(leat." : "CAST(leat.");
    leat_sql_add_name(&out, &leat_postgres_dialect, name);
    leat_put_printf(&out, json ? ")" : " AS %s)", type->cast);
    kept = leat_put_end(&out) ? keep(plan, out.p) : NULL;
    leat_put_free(&out);
    return kept;
}

static bool is_true(const PGresult *catalog, int i, int column)
{
    return *PQgetvalue(catalog, i, column) == 't';
}

static bool is_searchable(const struct leat_field *field)
{
    return field->type == LEAT_INT64 || field->type == LEAT_TEXT || field->type == LEAT_BYTES ||
           field->type == LEAT_DECIMAL;
}

static void add_column(struct leat_plan *plan, struct postgres *p, struct leat_declared *declared,
                       const PGresult *rows, const PGresult *catalog, int i)
{
    const struct known *type = type_of(PQftype(rows, i), catalog, i);
    struct leat_sql_column *c = &p->sql.columns[i];
    struct leat_field field = { .name = keep(plan, PQfname(rows, i)), .type = type->type, .local = type->local };

    leat_declared_apply(declared, &field);
    c->name = field.name;
    c->kind = field.type;
    c->never_null = p->sql.table && is_true(catalog, i, OF_NOT_NULL); /* a join makes nulls */
    c->collate = is_true(catalog, i, OF_COLLATION) ? "COLLATE \"C\"" : NULL;
    c->select = field.type == type->type ? select_of(plan, type, field.name) : NULL;
    p->forms[i] = field.type == type->type ? type->form : FORM_PARSED;
    p->find_as[i] = type->find;
    if (leat_plan_add_field(plan, &field) < 0)
        leat_plan_wrong(plan, p->sql.table ? "table" : "query", "two columns are called %s: rename one with AS",
                        field.name);
    else if (is_searchable(&field) && field.type == type->type)
        leat_plan_searchable(plan, i);
}

static void add_columns(struct leat_plan *plan, struct postgres *p, const PGresult *rows, const PGresult *catalog)
{
    struct leat_declared declared;
    size_t n = (size_t)PQnfields(rows);

    leat_declared_bind(plan, p->sql.fields, &declared);
    p->sql.n_columns = (int)n;
    p->sql.columns = leat_plan_alloc(plan, n * sizeof *p->sql.columns);
    p->forms = leat_plan_alloc(plan, n * sizeof *p->forms);
    p->find_as = leat_plan_alloc(plan, n * sizeof *p->find_as);
    for (int i = 0; i < (int)n; i++)
        add_column(plan, p, &declared, rows, catalog, i);
    leat_declared_unused(plan, &declared, p->sql.what);
}

/* Whether equal values are equal texts. */
static bool has_one_text(const PGresult *rows, int i, const PGresult *catalog)
{
    static const Oid types[] = { 16, 17, 18, 19, 20, 21, 23, 25, 26, 829, 869, 650, 1042, 1043, 1082, 1083, 1114, 1184,
                                 2950, 3220, 774 };

    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (types[k] == PQftype(rows, i))
            return true;
    return *PQgetvalue(catalog, i, OF_TYPE) == 'e' || (PQftype(rows, i) == 1700 && PQfmod(rows, i) >= 0);
}

static void plan_cursor(struct leat_plan *plan, struct postgres *p, const PGresult *rows, const PGresult *catalog)
{
    int n = p->sql.n_columns, n_key = 0, *key = leat_plan_alloc(plan, ((size_t)n + 1) * sizeof *key);

    for (int at = 0; p->sql.table && at < n; at++) /* in the order of the index */
        for (int i = 0; i < n; i++)
            if (atoi(PQgetvalue(catalog, i, OF_KEY)) == at)
                key[n_key++] = i;
    leat_sql_plan_cursor(plan, &p->sql, key, n_key);
    for (int i = 0; i < p->sql.n_cursor; i++) {
        const struct leat_sql_column *c = &p->sql.columns[p->sql.cursor_columns[i]];

        if (c->kind == LEAT_JSON || c->select)
            leat_plan_wrong(plan, "cursor", "%s is of a type that has no order to go on in", c->name);
        else if (!has_one_text(rows, p->sql.cursor_columns[i], catalog))
            leat_plan_wrong(plan, "cursor", "%s is of a type in which one value has several texts, such as 1.0 and 1.00: "
                            "two records of one place would not be told apart; cast it in the query, to numeric(20,6), "
                            "text or timestamptz, or take another column", c->name);
    }
}

/* The SELECT as it will be: in a query it stands in parentheses, and the columns of its cursor must have an order. */
static int try_select(const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct leat_sql_place place = { .nulls = false };
    struct leat_put sql = { 0 };
    PGresult *prepared = NULL;
    const char *text;
    int rc = 0;

    if (p->sql.cursor && p->sql.n_cursor < p->sql.cursor->n_children) /* which is noted */
        return 0;
    leat_sql_add_select(&sql, &p->sql, &place, -1);
    text = leat_put_end(&sql);
    if (!text)
        rc = leat_fail(err, -ENOMEM, "cannot plan: out of memory");
    else if (!(prepared = PQprepare(conn, "", text, 0, NULL)) || PQresultStatus(prepared) != PGRES_COMMAND_OK)
        rc = leat_postgres_fail(err, conn, prepared, p->sql.table ? "cannot read the table" : "the query fails, where it "
                                "stands in parentheses (without a semicolon?)");
    PQclear(prepared);
    leat_put_free(&sql);
    return rc;
}

/* What the server believes; -1 where it has never looked. */
static int estimate(struct leat_plan *plan, const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    static const char sql[] = "SELECT sum(c.reltuples)::bigint FROM pg_catalog.pg_class c WHERE c.oid IN (SELECT "
                              "relid FROM pg_catalog.pg_partition_tree($1::regclass) UNION SELECT $1::regclass) "
                              "AND c.relkind IN ('r', 'm') HAVING min(c.reltuples) >= 0";
    PGresult *result = NULL;
    int rc;

    if (!p->sql.table)
        return 0;
    rc = leat_postgres_query(conn, NULL, sql, 1, &p->sql.from, &result, err);
    if (rc == 0 && PQntuples(result))
        leat_plan_estimate(plan, LEAT_ESTIMATE_ROWS, atoll(PQgetvalue(result, 0, 0)));
    PQclear(result);
    return rc;
}

static int look(struct leat_plan *plan, struct postgres *p, PGconn *conn, struct leat_error *err)
{
    PGresult *rows = NULL, *catalog = NULL;
    int rc = describe(p, conn, &rows, err);

    if (rc == 0)
        rc = ask_catalog(conn, rows, &catalog, err);
    if (rc == 0) {
        add_columns(plan, p, rows, catalog);
        plan_cursor(plan, p, rows, catalog);
        rc = try_select(p, conn, err);
        if (rc == 0)
            rc = estimate(plan, p, conn, err);
    }
    PQclear(rows);
    PQclear(catalog);
    return rc;
}

/* ---- the plan ---- */

/* Which tables there are, for who has misspelt one; empty: that cannot be told. */
static void tables(PGconn *conn, char room[400])
{
    static const char sql[] = "SELECT coalesce(string_agg(n, ', '), 'none') FROM (SELECT c.oid::regclass::text AS n "
                              "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace "
                              "WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND s.nspname !~ '^pg_' AND s.nspname "
                              "<> 'information_schema' ORDER BY 1 LIMIT 20) AS t";
    struct leat_error err = { 0 };
    PGresult *result = NULL;

    if (leat_postgres_query(conn, NULL, sql, 0, NULL, &result, &err) == 0 && PQntuples(result))
        (void)snprintf(room, 400, " (there are: %s)", PQgetvalue(result, 0, 0));
    else
        *room = '\0';
    PQclear(result);
}

static int say_wrong(struct leat_plan *plan, const struct postgres *p, PGconn *conn, int rc, struct leat_error *err)
{
    const char *option = p->sql.table ? "table" : "query";
    char others[400] = "";

    rc = leat_in_plan(rc, err);
    if (conn && rc == LEAT_EPIPELINE && p->sql.table)
        tables(conn, others);
    leat_plan_wrong(plan, conn ? option : NULL, "%s%s", err->text, others);
    return rc;
}

int postgres_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct postgres *p = self;
    struct leat_error why = { 0 };
    PGconn *conn = NULL;
    int rc;

    if (!err)
        err = &why;
    p->sql.dialect = &leat_postgres_dialect;
    if (!leat_sql_plan(plan, &p->sql))
        return 0;
    parts_plan(plan, p);
    if (!leat_plan_may_connect(plan)) {
        leat_sql_plan_unasked(plan, &p->sql);
        return 0;
    }
    rc = leat_postgres_open(&p->server, NULL, false, &conn, err);
    if (rc == 0)
        rc = look(plan, p, conn, err);
    if (rc < 0)
        rc = say_wrong(plan, p, conn, rc, err);
    PQfinish(conn);
    return rc;
}
