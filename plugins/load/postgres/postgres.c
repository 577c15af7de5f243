/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * postgres: writes records into a table of PostgreSQL.
 *
 * One worker. From one commit to the next all that is delivered stands in one
 * transaction. A batch goes by COPY, within a savepoint: into the table itself, or into
 * a staging table and from there on. If the server refuses a row, the batch is
 * halved until it is known which one it is; that one is rejected, and all others
 * are written. Whatever else goes wrong ends the run, and what was not committed is
 * as if it had never been. With the rows a token is committed that says how far they go
 * (commits.c), and so a run that goes on knows what is there.
 */
#include "load.h"

#include <stdlib.h>

static const struct leat_option options[] = {
    LEAT_POSTGRES_OPTIONS(struct postgres, server),
    LEAT_SQL_LOAD_OPTIONS(struct postgres, load),
    LEAT_END_OF_OPTIONS
};

/* ---- statements ---- */

static int run(struct postgres *p, struct leat_stage *stage, const char *sql, struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = leat_postgres_query(p->conn, stage, sql, 0, NULL, &result, err);

    PQclear(result);
    return rc;
}

static int lost(struct postgres *p, int rc, struct leat_error *err)
{
    return PQstatus(p->conn) == CONNECTION_OK ? rc : leat_sql_load_lost(&p->load, err);
}

static int begin_transaction(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    int rc;

    if (p->load.in_transaction)
        return 0;
    rc = run(p, stage, "BEGIN", err);
    p->load.in_transaction = rc == 0;
    if (rc == 0 && leat_stage_token(stage))
        rc = commits_lock(p->conn, stage, leat_stage_token(stage)->who, err);
    if (rc == 0) /* so that each row's own fault is known at once */
        rc = run(p, stage, "SET CONSTRAINTS ALL IMMEDIATE", err);
    return rc;
}

/* ---- what the server refuses ---- */

/* The code of a reject for what is a row's own fault, or NULL. */
static const char *code_of(const char *state)
{
    static const struct {
        const char *begins, *code;
    } codes[] = {
        { "23505", "constraint_unique" }, { "23502", "constraint_not_null" }, { "23514", "constraint_check" },
        { "23503", "constraint_foreign_key" }, { "23P01", "constraint_exclusion" }, { "23", "constraint" },
        { "22", "constraint_type" }, { "44", "constraint_check" }, { "P0", "constraint_trigger" },
        { "42501", "no_permission" }, /* a policy of the table's: the right to write was there in the plan */
        { "54", "record_too_large" }, { "21000", "constraint_unique" },
        { "45", "constraint_trigger" }, { "U0", "constraint_trigger" }, /* by their own words */
        { "42601", "constraint_type" }, /* in a value, such as a tsquery: the statement itself is tried in the plan */
    };

    for (size_t i = 0; state && i < sizeof codes / sizeof *codes; i++)
        if (strncmp(state, codes[i].begins, strlen(codes[i].begins)) == 0)
            return codes[i].code;
    return NULL;
}

static bool is_refusal(const PGresult *result, struct leat_sql_refusal *ret)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *field = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    ret->code = code_of(state);
    if (!ret->code)
        return false;
    (void)snprintf(ret->field, sizeof ret->field, "%s", field ? field : "");
    if (strcmp(ret->code, "constraint_trigger") == 0) /* which says what it likes, with values in it */
        message = "a trigger or a function of the table has refused it";
    leat_postgres_message(message ? message : "", leat_postgres_shows_values(result), ret->reason);
    return true;
}

static void left_out(struct leat_sql_refusal *ret)
{
    *ret = (struct leat_sql_refusal){ .code = "constraint_trigger" };
    (void)snprintf(ret->reason, sizeof ret->reason, "a trigger of the table has left it out");
}

/* ---- a range of rows ---- */

/* What COPY has to say of `n` rows. */
static int judge_copy(struct postgres *p, PGresult *result, int32_t n, struct leat_sql_refusal *refusal,
                      struct leat_error *err)
{
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        if (atol(PQcmdTuples(result)) == n)
            return LEAT_SQL_WRITTEN;
        left_out(refusal);
        return LEAT_SQL_REFUSED;
    }
    return is_refusal(result, refusal) ? LEAT_SQL_REFUSED : leat_postgres_fail(err, p->conn, result, "cannot write");
}

/* What the statement behind the staging table says: how many rows there are, and how many it has put. */
static int judge_put(struct postgres *p, PGresult *result, struct leat_sql_refusal *refusal, struct leat_error *err)
{
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        if (strcmp(PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1)) == 0)
            return LEAT_SQL_WRITTEN;
        left_out(refusal);
        return LEAT_SQL_REFUSED;
    }
    return is_refusal(result, refusal) ? LEAT_SQL_REFUSED : leat_postgres_fail(err, p->conn, result, "cannot write");
}

static int put_staged(struct postgres *p, struct leat_stage *stage, struct leat_sql_refusal *refusal,
                      struct leat_error *err)
{
    PGresult *result = NULL;
    int rc;

    if (!PQsendQuery(p->conn, p->put_sql))
        return leat_postgres_fail(err, p->conn, NULL, "cannot write");
    rc = leat_postgres_result(p->conn, stage, &result, err);
    if (rc == 0)
        rc = judge_put(p, result, refusal, err);
    PQclear(result);
    return rc;
}

/* Within the savepoint. */
static int write_range(struct postgres *p, struct leat_stage *stage, int32_t from, int32_t to,
                       struct leat_sql_refusal *refusal, struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = copy_send(p, stage, from, to, &result, err);

    if (rc == 0)
        rc = judge_copy(p, result, to - from, refusal, err);
    PQclear(result);
    return rc == LEAT_SQL_WRITTEN && p->put_sql ? put_staged(p, stage, refusal, err) : rc;
}

struct attempt {
    struct postgres *p;
    struct leat_stage *stage;
};

static int try_range(void *context, int32_t from, int32_t to, struct leat_sql_refusal *refusal, struct leat_error *err)
{
    const struct attempt *attempt = context;
    struct postgres *p = attempt->p;
    struct leat_stage *stage = attempt->stage;
    struct leat_error more = { 0 };
    int rc = run(p, stage, "SAVEPOINT leat", err), end;

    if (rc < 0)
        return rc;
    rc = write_range(p, stage, from, to, refusal, err);
    if (rc == LEAT_ECANCELED || PQstatus(p->conn) != CONNECTION_OK)
        return rc;
    end = rc == LEAT_SQL_WRITTEN ? 0 : run(p, stage, "ROLLBACK TO leat", &more);
    if (end == 0)
        end = run(p, stage, "RELEASE leat", &more);
    if (end == 0 && rc == LEAT_SQL_WRITTEN && p->staging_sql)
        end = run(p, stage, "TRUNCATE pg_temp." STAGING, &more);
    if (end < 0 && rc > 0)
        *err = more;
    return end < 0 && rc > 0 ? end : rc;
}

static int postgres_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct postgres *p = self;
    struct attempt attempt = { .p = p, .stage = stage };
    int rc = begin_transaction(p, stage, err);

    if (rc == 0)
        rc = leat_sql_load_encode(&p->load, batch, copy_put, p, err);
    if (rc == 0)
        rc = leat_sql_load_write(&p->load, batch, try_range, &attempt, err);
    if (rc < 0 && rc != LEAT_ERETRY)
        p->load.broken = true;
    return rc < 0 ? lost(p, rc, err) : 0;
}

/* ---- commits ---- */

static int postgres_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                           struct leat_error *err)
{
    struct postgres *p = self;
    const struct leat_token *token = leat_stage_token(stage);
    int rc = 0;

    (void)last, (void)ret_mark;
    if (p->load.broken) /* no token may say that it is there */
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot commit: all since the last commit is undone");
    if (token) {
        rc = begin_transaction(p, stage, err);
        if (rc == 0)
            rc = commits_put(p, stage, token, err);
    }
    if (rc == 0 && p->load.in_transaction)
        rc = run(p, stage, "COMMIT", err);
    p->load.broken |= rc < 0;
    p->load.in_transaction = false;
    if (rc == LEAT_ERETRY) /* nobody may commit what is left of it */
        err->code = rc = LEAT_EUNREACHABLE;
    return rc;
}

static int postgres_last_commit(struct leat_stage *stage, void *self, const char *who, struct leat_mark *ret_what,
                                struct leat_error *err)
{
    return commits_get(self, stage, who, ret_what, err);
}

/* ---- the life of the connection ---- */

/* A trigger may have kept some. */
static int is_empty(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    char sql[1200];
    PGresult *rest = NULL;
    int rc;

    (void)snprintf(sql, sizeof sql, "SELECT 1 FROM %.1100s LIMIT 1", p->load.target);
    rc = leat_postgres_query(p->conn, stage, sql, 0, NULL, &rest, err);
    if (rc == 0 && PQntuples(rest))
        rc = leat_fail(err, LEAT_EDATA, "%s did not become empty: a trigger or a policy of it keeps rows; nothing was "
                       "changed", p->load.target);
    PQclear(rest);
    return rc;
}

/* The table appears with the first commit, so that a run that fails leaves none. */
static int make_tables(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    char sql[1200];
    int rc = begin_transaction(p, stage, err);

    if (rc == 0 && p->create_sql)
        rc = run(p, stage, p->create_sql, err);
    if (rc == 0 && p->staging_sql)
        rc = run(p, stage, p->staging_sql, err);
    (void)snprintf(sql, sizeof sql, "DELETE FROM %.1100s", p->load.target);
    if (rc == 0 && p->load.mode == LEAT_SQL_REPLACE && !p->create_sql) {
        rc = run(p, stage, sql, err);
        return rc < 0 ? rc : is_empty(p, stage, err);
    }
    return rc;
}

static int settle_in(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    static const char sql[] = "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN "
                              "'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false), "
                              "set_config('statement_timeout', CASE $1 WHEN '0' THEN "
                              "current_setting('statement_timeout') ELSE $1 END, false)";
    char timeout[32];
    const char *value = timeout;
    PGresult *result = NULL;
    int rc;

    (void)snprintf(timeout, sizeof timeout, "%lld", (long long)p->load.timeout);
    rc = leat_postgres_query(p->conn, stage, sql, 1, &value, &result, err);
    PQclear(result);
    return rc;
}

static int postgres_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct postgres *p = self;
    int rc = leat_postgres_open(&p->server, stage, true, &p->conn, err);

    if (rc == 0)
        rc = settle_in(p, stage, err);
    if (rc == 0 && PQsetnonblocking(p->conn, 1) < 0)
        rc = leat_postgres_fail(err, p->conn, NULL, "cannot write");
    if (rc == 0)
        rc = make_tables(p, stage, err);
    if (rc < 0) { /* it may be tried again */
        PQfinish(p->conn);
        p->conn = NULL;
        p->load.in_transaction = false;
    }
    return rc;
}

static void postgres_close(struct leat_stage *stage, void *self)
{
    struct postgres *p = self;

    (void)stage;
    PQfinish(p->conn); /* the server rolls back what was not committed */
    leat_sql_load_free(&p->load);
}

LEAT_LOAD(postgres, .summary = "Writes records into a table of a PostgreSQL database", .options = options,
          .plan = postgres_plan, .open = postgres_open, .deliver = postgres_deliver, .commit = postgres_commit,
          .last_commit = postgres_last_commit, .close = postgres_close);
