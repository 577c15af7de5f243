/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of load postgres. The statements are made ready in a transaction that is
 * rolled back, so what the server would refuse is known before the run.
 */
#include "load.h"

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot plan how to write to PostgreSQL: out of memory");
}

/* ---- which table ---- */

/* The table with its schema, and leat_commits in the same. 1: it is there; 0: it is still to be made. */
static int find_table(struct leat_plan *plan, struct postgres *p, PGconn *conn, struct leat_error *err)
{
    static const char there_sql[] = "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN "
                                    "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)";
    static const char new_sql[] = "SELECT coalesce(a[array_length(a, 1) - 1], current_schema()), a[array_length(a, 1)] "
                                  "FROM parse_ident($1) AS a";
    struct leat_put name = { 0 };
    PGresult *found = NULL;
    const char *text;
    int rc = 0, there = 0;

    if (!leat_sql_add_table(&name, &leat_postgres_dialect, p->load.table) || !(text = leat_put_end(&name)))
        rc = leat_fail(err, LEAT_EPIPELINE, "is no name of a table: write NAME or SCHEMA.NAME");
    if (rc == 0)
        rc = leat_postgres_query(conn, NULL, there_sql, 1, (const char *const *)&name.p, &found, err);
    there = rc == 0 && PQntuples(found);
    if (rc == 0 && !there) {
        PQclear(found);
        rc = leat_postgres_query(conn, NULL, new_sql, 1, (const char *const *)&name.p, &found, err);
    }
    if (rc == 0 && PQgetisnull(found, 0, 0))
        rc = leat_fail(err, LEAT_EPIPELINE, "there is no schema to make it in: write SCHEMA.NAME");
    if (rc == 0) {
        const char *schema = PQgetvalue(found, 0, 0);

        p->load.target = leat_sql_keep_name(plan, &leat_postgres_dialect, schema, PQgetvalue(found, 0, 1));
        p->load.commits = leat_sql_keep_name(plan, &leat_postgres_dialect, schema, "leat_commits");
        if (strcmp(p->load.target, p->load.commits) == 0)
            rc = leat_fail(err, LEAT_EPIPELINE, "in leat_commits leat notes its commits; name another table");
    }
    PQclear(found);
    leat_put_free(&name);
    return rc < 0 ? rc : there;
}

/* What tells this table from every other: by the names that were given and not by the host that was reached, which of
 * several may be another one tomorrow. */
static void declare_target(struct leat_plan *plan, const struct postgres *p, PGconn *conn)
{
    char target[1024], where[300];

    leat_postgres_where(conn, where);
    (void)snprintf(target, sizeof target, "%s database %.200s table %.500s", where, PQdb(conn), p->load.target);
    leat_plan_target(plan, target);
}

/* ---- which fields ---- */

struct asked {
    const struct postgres *p;
    PGconn *conn;
};

static int has_column(void *context, const char *name, struct leat_error *err)
{
    static const char sql[] = "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attname = $2 "
                              "AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
    const struct asked *asked = context;
    const char *values[] = { asked->p->load.target, name };
    PGresult *found = NULL;
    int rc = leat_postgres_query(asked->conn, NULL, sql, 2, values, &found, err);

    if (rc == 0)
        rc = PQntuples(found);
    PQclear(found);
    return rc;
}

/* ---- trying it ---- */

static int run(PGconn *conn, const char *sql, struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = sql ? leat_postgres_query(conn, NULL, sql, 0, NULL, &result, err) : 0;

    PQclear(result);
    return rc;
}

/* COPY itself cannot be made ready: an INSERT of the same columns needs the same rights. */
static int try_insert(struct leat_plan *plan, const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    int rc;

    leat_put_printf(&sql, "EXPLAIN INSERT INTO %s (", p->load.target);
    leat_sql_add_fields(&sql, &leat_postgres_dialect, leat_plan_input(plan), p->load.fields, p->load.n_fields);
    leat_put_string(&sql, ") SELECT");
    for (int i = 0; i < p->load.n_fields; i++)
        leat_put_string(&sql, i ? ", NULL" : " NULL");
    rc = leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    leat_put_free(&sql);
    return rc;
}

static int try_put(const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    int rc;

    leat_put_printf(&sql, "EXPLAIN %s", p->put_sql);
    rc = leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    leat_put_free(&sql);
    if (rc < 0 && p->load.mode == LEAT_SQL_UPSERT && strstr(err->text, "42P10"))
        return leat_fail(err, LEAT_EPIPELINE, "upsert needs a unique index of %s over exactly the columns of key; "
                         "CREATE UNIQUE INDEX makes one, and `mode: merge' does without", p->load.target);
    return rc;
}

/* Whether commits can be noted, and, for replace, the table emptied. */
static int try_rest(const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    int rc;

    leat_put_printf(&sql, "DO $leat$ BEGIN IF to_regclass('%s') IS NULL THEN CREATE TABLE %s (who text PRIMARY KEY, "
                    "what text NOT NULL); END IF; END $leat$", p->load.commits, p->load.commits);
    rc = strchr(p->load.commits, '\'') ? 0 : leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    sql.n = 0;
    leat_put_printf(&sql, "EXPLAIN INSERT INTO %s (who, what) SELECT who, what FROM %s ON CONFLICT (who) DO UPDATE SET "
                    "what = excluded.what", p->load.commits, p->load.commits);
    if (rc == 0 && !strchr(p->load.commits, '\''))
        rc = leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    sql.n = 0;
    leat_put_printf(&sql, "EXPLAIN DELETE FROM %s", p->load.target);
    if (rc == 0 && p->load.mode == LEAT_SQL_REPLACE)
        rc = leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    leat_put_free(&sql);
    return rc;
}

/* What is made in it does not stay. */
static int try_all(struct leat_plan *plan, const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct leat_error none = { 0 };
    int rc = run(conn, "BEGIN", err);

    if (rc == 0)
        rc = run(conn, p->create_sql, err);
    if (rc == 0)
        rc = run(conn, p->staging_sql, err);
    if (rc == 0)
        rc = p->put_sql ? try_put(p, conn, err) : try_insert(plan, p, conn, err);
    if (rc == 0)
        rc = try_rest(p, conn, err);
    (void)!run(conn, "ROLLBACK", &none);
    return rc;
}

/* ---- the plan ---- */

static int look(struct leat_plan *plan, struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct asked asked = { .p = p, .conn = conn };
    int there = find_table(plan, p, conn, err), rc = there < 0 ? there : 0;

    if (rc == 0)
        declare_target(plan, p, conn);
    if (there == 0 && !p->load.create)
        rc = leat_fail(err, LEAT_EPIPELINE, "there is no table %s; `create: true' makes it", p->load.target);
    if (rc == 0)
        rc = leat_sql_load_fields(plan, &p->load, there ? has_column : NULL, &asked, err);
    if (rc == 0 && !words(plan, p, !there))
        rc = no_memory(err);
    return rc == 0 ? try_all(plan, p, conn, err) : rc;
}

int postgres_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct postgres *p = self;
    struct leat_error why = { 0 };
    PGconn *conn = NULL;
    int rc;

    if (!err)
        err = &why;
    if (!leat_sql_load_plan(plan, &p->load))
        return 0;
    if (!leat_plan_may_connect(plan)) {
        leat_plan_note(plan, "the server was not asked for its table; `leat check --connect' asks");
        return 0;
    }
    rc = leat_postgres_open(&p->server, NULL, true, &conn, err);
    if (rc == 0)
        rc = look(plan, p, conn, err);
    rc = leat_in_plan(rc, err);
    if (rc < 0)
        leat_plan_wrong(plan, conn ? "table" : NULL, "%s", err->text);
    PQfinish(conn);
    return rc;
}
