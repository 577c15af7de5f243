/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of load postgres. The statements are made ready in a transaction that is
 * rolled back, so what the server would refuse is known before the run.
 */
#include "load.h"

#include "kit/secrets/secrets.h"

static const char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot plan how to write to PostgreSQL: out of memory");
}

/* ---- which table ---- */

static const char *name_of(struct leat_plan *plan, const char *schema, const char *table)
{
    struct leat_put name = { 0 };
    const char *kept;

    leat_sql_add_name(&name, &leat_postgres_dialect, schema);
    leat_put_string(&name, ".");
    leat_sql_add_name(&name, &leat_postgres_dialect, table);
    kept = leat_put_end(&name) ? keep(plan, name.p) : "";
    leat_put_free(&name);
    return kept;
}

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

    if (!leat_sql_add_table(&name, &leat_postgres_dialect, p->table) || !(text = leat_put_end(&name)))
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
        p->target = name_of(plan, PQgetvalue(found, 0, 0), PQgetvalue(found, 0, 1));
        p->commits = name_of(plan, PQgetvalue(found, 0, 0), "leat_commits");
        if (strcmp(p->target, p->commits) == 0)
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
    (void)snprintf(target, sizeof target, "%s database %.200s table %.500s", where, PQdb(conn), p->target);
    leat_plan_target(plan, target);
}

/* ---- which fields ---- */

/* A column that can be written: 1 or 0. */
static int has_column(const struct postgres *p, PGconn *conn, const char *name, struct leat_error *err)
{
    static const char sql[] = "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attname = $2 "
                              "AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
    const char *values[] = { p->target, name };
    PGresult *found = NULL;
    int rc = leat_postgres_query(conn, NULL, sql, 2, values, &found, err);

    if (rc == 0)
        rc = PQntuples(found);
    PQclear(found);
    return rc;
}

static int choose_fields(struct leat_plan *plan, struct postgres *p, PGconn *conn, bool there, struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);

    p->n_fields = 0;
    p->fields = leat_plan_alloc(plan, ((size_t)in->n_fields + 1) * sizeof *p->fields);
    for (int i = 0; i < in->n_fields; i++) {
        int has = there ? has_column(p, conn, in->fields[i].name, err) : 1;

        if (has < 0)
            return has;
        if (!has)
            leat_plan_leaves_out(plan, i, "left out, for the table has no column of this name to write");
        else if (!leat_secret_left_out(plan, i, p->secrets))
            p->fields[p->n_fields++] = i;
    }
    if (p->n_fields)
        return 0;
    return leat_fail(err, LEAT_EPIPELINE, "the table %s has a column for none of the fields that come", p->target);
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

    leat_put_printf(&sql, "EXPLAIN INSERT INTO %s (", p->target);
    for (int i = 0; i < p->n_fields; i++) {
        leat_put_string(&sql, i ? ", " : "");
        leat_sql_add_name(&sql, &leat_postgres_dialect, leat_plan_input(plan)->fields[p->fields[i]].name);
    }
    leat_put_string(&sql, ") SELECT");
    for (int i = 0; i < p->n_fields; i++)
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
    if (rc < 0 && p->mode == MODE_UPSERT && strstr(err->text, "42P10"))
        return leat_fail(err, LEAT_EPIPELINE, "upsert needs a unique index of %s over exactly the columns of key; "
                         "CREATE UNIQUE INDEX makes one, and `mode: merge' does without", p->target);
    return rc;
}

/* Whether commits can be noted, and, for replace, the table emptied. */
static int try_rest(const struct postgres *p, PGconn *conn, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    int rc;

    leat_put_printf(&sql, "DO $leat$ BEGIN IF to_regclass('%s') IS NULL THEN CREATE TABLE %s (who text PRIMARY KEY, what "
                    "text NOT NULL); END IF; END $leat$", p->commits, p->commits);
    rc = strchr(p->commits, '\'') ? 0 : leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    sql.n = 0;
    leat_put_printf(&sql, "EXPLAIN INSERT INTO %s (who, what) SELECT who, what FROM %s ON CONFLICT (who) DO UPDATE SET "
                    "what = excluded.what", p->commits, p->commits);
    if (rc == 0 && !strchr(p->commits, '\''))
        rc = leat_put_end(&sql) ? run(conn, sql.p, err) : no_memory(err);
    sql.n = 0;
    leat_put_printf(&sql, "EXPLAIN DELETE FROM %s", p->target);
    if (rc == 0 && p->mode == MODE_REPLACE)
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

static bool options_fit(struct leat_plan *plan, struct postgres *p)
{
    bool ok = p->table;
    bool by_key = p->mode == MODE_UPSERT || p->mode == MODE_MERGE;

    if (p->mode == MODE_INSERT && leat_plan_is_incremental(plan))
        leat_plan_wrong(plan, "mode", "the extract is incremental, so records come again once they have changed, and "
                        "insert would refuse them: write `mode: upsert' and `key:' with the columns of the key");
    if (p->mode == MODE_REPLACE && leat_plan_is_incremental(plan))
        leat_plan_wrong(plan, "mode", "the extract is incremental, so only what has changed comes, and replace would "
                        "leave nothing else in the table: write `mode: upsert'");
    if (by_key && !p->key) {
        leat_plan_wrong(plan, "mode", "needs `key: COLUMN' or a list of columns, to know which row to update");
        return false;
    }
    p->n_key = p->key ? p->key->n_children : 0;
    p->key_fields = leat_plan_alloc(plan, ((size_t)p->n_key + 1) * sizeof *p->key_fields);
    for (int i = 0; i < p->n_key; i++) {
        p->key_fields[i] = leat_plan_field(plan, p->key->children[i]);
        ok &= p->key_fields[i] >= 0;
    }
    return ok;
}

static int look(struct leat_plan *plan, struct postgres *p, PGconn *conn, struct leat_error *err)
{
    int there = find_table(plan, p, conn, err), rc = there < 0 ? there : 0;

    if (rc == 0)
        declare_target(plan, p, conn);
    if (there == 0 && !p->create)
        rc = leat_fail(err, LEAT_EPIPELINE, "there is no table %s; `create: true' makes it", p->target);
    if (rc == 0)
        rc = choose_fields(plan, p, conn, there, err);
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
    if (p->mode == MODE_REPLACE)
        leat_plan_at_once(plan);
    if (!options_fit(plan, p))
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
