/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is written together with the rows, so that after a crash the host can ask
 * the database itself how far it came:
 *
 *     leat_commits    who text PRIMARY KEY    what text NOT NULL
 */
#include "load.h"

/* Two that make the table at once would be in each other's way; the number is anybody's, as long as it is ours. */
#define LOCK "SELECT pg_advisory_xact_lock(7526752397670245747)"

/* The table stands between two pieces of SQL. */
static int ask(PGconn *conn, struct leat_stage *stage, const char *before, const char *table, const char *behind, int n,
               const char *const *values, PGresult **ret, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    const char *text;
    int rc;

    leat_put_printf(&sql, "%s %s %s", before, table, behind);
    text = leat_put_end(&sql);
    rc = text ? leat_postgres_query(conn, stage, text, n, values, ret, err)
              : leat_fail(err, -ENOMEM, "cannot write to PostgreSQL: out of memory");
    leat_put_free(&sql);
    return rc;
}

static int run(struct postgres *p, struct leat_stage *stage, const char *before, const char *behind, int n,
               const char *const *values, struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = ask(p->conn, stage, before, p->load.commits, behind, n, values, &result, err);

    PQclear(result);
    return rc;
}

int commits_lock(PGconn *conn, struct leat_stage *stage, const char *who, struct leat_error *err)
{
    PGresult *locked = NULL;
    int rc = leat_postgres_query(conn, stage, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", 1, &who, &locked,
                                 err);

    PQclear(locked);
    return rc;
}

/* 1: the table is there. */
static int is_there(const struct postgres *p, PGconn *conn, struct leat_stage *stage, struct leat_error *err)
{
    PGresult *there = NULL;
    int rc = leat_postgres_query(conn, stage, "SELECT to_regclass($1)", 1, &p->load.commits, &there, err);

    if (rc == 0)
        rc = !PQgetisnull(there, 0, 0);
    PQclear(there);
    return rc;
}

static int make(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    PGresult *locked = NULL;
    int rc = leat_postgres_query(p->conn, stage, LOCK, 0, NULL, &locked, err);

    PQclear(locked);
    if (rc == 0)
        rc = is_there(p, p->conn, stage, err);
    if (rc == 0) /* to ask for it IF NOT EXISTS needs the right to make it, also where it exists */
        rc = run(p, stage, "CREATE TABLE IF NOT EXISTS", "(who text PRIMARY KEY, what text NOT NULL)", 0, NULL, err);
    p->has_commits = rc >= 0;
    return rc < 0 ? rc : 0;
}

int commits_put(struct postgres *p, struct leat_stage *stage, const struct leat_token *token, struct leat_error *err)
{
    const char *values[] = { token->who, token->what };
    int rc = p->has_commits ? 0 : make(p, stage, err);

    if (rc == 0)
        rc = run(p, stage, "INSERT INTO", "(who, what) VALUES ($1, $2) ON CONFLICT (who) DO UPDATE SET what = "
                 "excluded.what", 2, values, err);
    return rc;
}

int commits_get(const struct postgres *p, struct leat_stage *stage, const char *who, struct leat_mark *ret,
                struct leat_error *err)
{
    PGresult *what = NULL;
    PGconn *conn = NULL;
    int rc = leat_postgres_open(&p->server, stage, false, &conn, err);

    *ret = (struct leat_mark){ "" };
    if (rc == 0)
        rc = commits_lock(conn, stage, who, err);
    if (rc == 0)
        rc = is_there(p, conn, stage, err);
    if (rc > 0)
        rc = ask(conn, stage, "SELECT what FROM", p->load.commits, "WHERE who = $1", 1, &who, &what, err);
    if (rc == 0 && what && PQntuples(what))
        (void)snprintf(ret->text, sizeof ret->text, "%s", PQgetvalue(what, 0, 0));
    PQclear(what);
    PQfinish(conn);
    return rc < 0 ? rc : 0;
}
