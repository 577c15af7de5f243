/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A table in parts, each a range of the first column of its cursor:
 *
 *     part 0      k < b1, or null
 *     part 1      b1 <= k < b2
 *     part n - 1  b(n-1) <= k
 *
 * Where to divide is what the server knows of the column (pg_stats), else what it finds by reading all of it. A run that
 * goes on must divide where the one before did, so the values stand in a position of their own, which each
 * reader sets before any other.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/json/json.h"

enum { BOUNDS = 1000000 /* a partition that nobody reads */ };

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot divide the table: out of memory");
}

static void add_key(struct leat_put *sql, const struct postgres *p)
{
    leat_sql_add_name(sql, &leat_postgres_dialect, p->sql.columns[p->sql.cursor_columns[0]].name);
}

/* ---- where to divide ---- */

/* A JSON list of n - 1 texts, or null where the server does not know the column. */
static void word_known(struct leat_put *sql, const struct postgres *p)
{
    leat_put_printf(sql, "SELECT json_agg(b[1 + (array_length(b, 1) - 1) * i / %d] ORDER BY i)::text FROM (SELECT "
                    "s.histogram_bounds::text::text[] AS b FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_class c ON "
                    "c.relname = s.tablename JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = "
                    "s.schemaname WHERE c.oid = $1::regclass AND s.attname = $2 ORDER BY s.inherited DESC LIMIT 1) AS h, "
                    "generate_series(1, %d) AS i WHERE array_length(b, 1) > %d", p->parts.n, p->parts.n - 1, p->parts.n);
}

static void word_found(struct leat_put *sql, const struct postgres *p)
{
    leat_put_printf(sql, "SELECT array_to_json(percentile_disc(ARRAY(SELECT i / %d.0 FROM generate_series(1, %d) AS i "
                    "ORDER BY i)) WITHIN GROUP (ORDER BY leat.", p->parts.n, p->parts.n - 1);
    add_key(sql, p);
    leat_put_printf(sql, ")::text[])::text FROM %s AS leat", p->sql.from);
}

static int ask_bounds(struct postgres *p, struct reader *r, struct leat_stage *stage, bool known, struct leat_error *err)
{
    const char *values[] = { p->sql.from, p->sql.columns[p->sql.cursor_columns[0]].name }, *text;
    struct leat_put sql = { 0 };
    PGresult *result = NULL;
    int rc;

    (known ? word_known : word_found)(&sql, p);
    text = leat_put_end(&sql);
    rc = text ? leat_postgres_query(r->conn, stage, text, known ? 2 : 0, values, &result, err) : no_memory(err);
    if (rc == 0 && PQntuples(result) && !PQgetisnull(result, 0, 0)) {
        p->parts.bounds = strdup(PQgetvalue(result, 0, 0));
        rc = p->parts.bounds ? 0 : no_memory(err);
    }
    PQclear(result);
    leat_put_free(&sql);
    return rc;
}

static int export_snapshot(struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = leat_postgres_query(r->conn, stage, "SELECT pg_export_snapshot()", 0, NULL, &result, err);

    if (rc == 0)
        (void)snprintf(p->parts.snapshot, sizeof p->parts.snapshot, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return rc;
}

/* ---- the parts ---- */

/* The value `i` of the list, from 0; NULL: there is none, or no memory. */
static char *bound(const struct postgres *p, int i)
{
    struct leat_json j = leat_json_begin(p->parts.bounds, strlen(p->parts.bounds));
    struct leat_json_span span = { 0 };
    char *text;
    size_t n;

    leat_json_enter(&j);
    do
        if (!leat_json_item(&j) || !leat_json_value(&j, &span))
            return NULL;
    while (i--);
    text = malloc(span.n + 1);
    if (!text || !leat_json_unescape(span.text, span.n, text, &n)) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

static void add_side(struct leat_put *sql, const struct postgres *p, PGconn *conn, const char *sign, int i)
{
    char *text = bound(p, i), *literal = text ? PQescapeLiteral(conn, text, strlen(text)) : NULL;

    add_key(sql, p);
    leat_put_printf(sql, " %s ", sign);
    if (literal)
        leat_put_string(sql, literal);
    else
        sql->failed = true;
    PQfreemem(literal);
    free(text);
}

static void add_range(struct leat_put *sql, const struct postgres *p, PGconn *conn, int part)
{
    bool first = part == 0, last = part == p->parts.n - 1;

    if (!first)
        add_side(sql, p, conn, ">=", part - 1);
    leat_put_string(sql, !first && !last ? " AND " : "");
    if (!last)
        add_side(sql, p, conn, "<", part);
    if (first && !p->sql.columns[p->sql.cursor_columns[0]].never_null) {
        leat_put_string(sql, " OR ");
        add_key(sql, p);
        leat_put_string(sql, " IS NULL");
    }
}

static char *word_part(const struct postgres *p, PGconn *conn, int part)
{
    struct leat_put sql = { 0 };
    char *text;

    leat_put_printf(&sql, "(SELECT * FROM %s WHERE ", p->sql.from);
    if (strcmp(p->parts.bounds, "[]") == 0) /* an empty table: the first reader has all that comes */
        leat_put_string(&sql, part ? "false" : "true");
    else
        add_range(&sql, p, conn, part);
    leat_put_string(&sql, ")");
    text = leat_put_end(&sql);
    if (!text)
        leat_put_free(&sql);
    return text;
}

static int word_parts(struct postgres *p, PGconn *conn, struct leat_error *err)
{
    p->parts.from = calloc((size_t)p->parts.n, sizeof *p->parts.from);
    for (int i = 0; p->parts.from && i < p->parts.n; i++)
        if (!(p->parts.from[i] = word_part(p, conn, i)))
            return no_memory(err);
    return p->parts.from ? 0 : no_memory(err);
}

void parts_free(struct postgres *p)
{
    for (int i = 0; p->parts.from && i < p->parts.n; i++)
        free(p->parts.from[i]);
    free(p->parts.from);
    free(p->parts.bounds);
    p->parts.from = NULL;
    p->parts.bounds = NULL;
}

int parts_divide(struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
    const char *before = leat_stage_position(stage, BOUNDS);
    int rc = export_snapshot(p, r, stage, err);

    parts_free(p);
    p->parts.bounds = before ? strdup(before) : NULL;
    if (rc == 0 && before && !p->parts.bounds)
        rc = no_memory(err);
    for (int known = 1; rc == 0 && !p->parts.bounds && known >= 0; known--)
        rc = ask_bounds(p, r, stage, known, err);
    if (rc == 0 && !p->parts.bounds && !(p->parts.bounds = strdup("[]")))
        rc = no_memory(err);
    return rc == 0 ? word_parts(p, r->conn, err) : rc;
}

void parts_tell(const struct postgres *p, struct leat_batch *out)
{
    leat_batch_set_position(out, BOUNDS, p->parts.bounds);
}

void parts_plan(struct leat_plan *plan, const struct postgres *p)
{
    if (p->partitions <= 1)
        return;
    if (!p->sql.table)
        leat_plan_wrong(plan, "partitions", "a query is not divided; give a table, or a view of it");
    else if (!p->sql.cursor)
        leat_plan_wrong(plan, "partitions", "needs a cursor: by the range of its first column the table is divided");
    else if (p->sql.incremental)
        leat_plan_wrong(plan, "partitions", "what has changed is read in its order; take incremental or partitions out");
    leat_plan_partitions(plan, (int)p->partitions);
    leat_plan_note(plan, "the table is read in partitions: its records come in no order");
}
