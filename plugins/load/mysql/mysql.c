/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * mysql: writes records into a table of MariaDB or MySQL.
 *
 * One worker. From one commit to the next all that is delivered stands in one transaction. A
 * batch goes by INSERTs of many rows, within a savepoint: into the table itself, or into a
 * temporary table and from there on. If the server refuses a row, or has changed a value to
 * make it fit, the batch is halved until it is known which row it is; that one is rejected,
 * and all others are written. Whatever else goes wrong ends the run, and what was not committed
 * is as if it had never been; so does a deadlock, since the server undoes all of the transaction,
 * unless nothing stood in it yet. With the rows a token is committed that says how far they go
 * (commits.c), and so a run that goes on knows what is there.
 */
#include "load.h"

#include <stdlib.h>

enum { MOST_BYTES = 4 << 20 /* of a statement: more is no faster */ };

static const struct leat_option options[] = {
    LEAT_MYSQL_OPTIONS(struct mysql, server),
    LEAT_SQL_LOAD_OPTIONS(struct mysql, load),
    LEAT_END_OF_OPTIONS
};

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot write to the table: out of memory");
}

/* ---- statements ---- */

/* MySQL has no limit of its own for what writes. */
static void begin_clock(struct mysql *p)
{
    if (p->load.timeout && !mariadb_connection(p->link.conn))
        p->link.until_ms = leat_now_ms() + p->load.timeout;
}

static int run(struct mysql *p, const char *sql, struct leat_error *err)
{
    int rc;

    begin_clock(p);
    rc = leat_mysql_do(&p->link, sql, err);
    p->link.until_ms = 0;
    return rc;
}

static int begin_transaction(struct mysql *p, struct leat_error *err)
{
    int rc;

    if (p->load.in_transaction)
        return 0;
    rc = run(p, "START TRANSACTION", err);
    p->load.in_transaction = rc == 0;
    p->has_written = false;
    return rc;
}

/* ---- a range of rows ---- */

/* The statement for it, in p->sql. */
static bool word_range(struct mysql *p, int32_t from, int32_t to)
{
    size_t begin = from ? p->load.ends[from - 1] : 0, n = p->load.ends[to - 1] - begin - 1; /* without the last comma */

    p->sql.n = 0;
    leat_put_string(&p->sql, p->head);
    leat_put_bytes(&p->sql, p->load.text.p + begin, n);
    leat_put_string(&p->sql, p->tail);
    return leat_put_end(&p->sql);
}

/* One statement of it, and what the server says. */
static int write_statement(struct mysql *p, const char *sql, size_t n, struct leat_sql_refusal *refusal,
                           struct leat_error *err)
{
    int rc;

    begin_clock(p);
    rc = leat_mysql_write(&p->link, sql, n, p->doing, err);
    p->link.until_ms = 0;
    if (rc < 0)
        return rc != LEAT_ERETRY && refuse_error(&p->link, refusal) ? LEAT_SQL_REFUSED : rc;
    return refuse_warning(&p->link, refusal, err);
}

/* Within the savepoint. */
static int write_range(struct mysql *p, struct leat_sql_refusal *refusal, struct leat_error *err)
{
    const char *const further[] = { p->update_sql, p->insert_sql, p->clear_sql };
    int rc = write_statement(p, p->sql.p, p->sql.n, refusal, err);

    for (size_t i = 0; rc == 0 && i < sizeof further / sizeof *further; i++)
        if (further[i])
            rc = write_statement(p, further[i], strlen(further[i]), refusal, err);
    return rc == 0 ? LEAT_SQL_WRITTEN : rc;
}

/* A server that has undone the whole transaction, and not only the statement, does not know the savepoint any more. */
static int undo_range(struct mysql *p, int rc, struct leat_error *err)
{
    struct leat_error more = { 0 };
    bool fresh = !p->has_written;

    if (rc == LEAT_ECANCELED || leat_mysql_is_lost(&p->link) || run(p, "ROLLBACK TO SAVEPOINT leat", &more) == 0)
        return rc;
    p->load.in_transaction = false;
    if (rc == LEAT_ERETRY && fresh && !leat_mysql_is_lost(&p->link))
        return rc;
    if (rc > 0)
        *err = more;
    return leat_sql_load_lost(&p->load, err);
}

static int too_large(const struct mysql *p, struct leat_sql_refusal *ret)
{
    *ret = (struct leat_sql_refusal){ .code = "record_too_large" };
    (void)snprintf(ret->reason, sizeof ret->reason, "takes more than the %zu bytes that the server takes at once "
                   "(max_allowed_packet)", p->max_bytes);
    return LEAT_SQL_REFUSED;
}

static int try_range(void *self, int32_t from, int32_t to, struct leat_sql_refusal *refusal, struct leat_error *err)
{
    struct mysql *p = self;
    int rc;

    if (!word_range(p, from, to))
        return no_memory(err);
    if (p->sql.n > p->max_bytes || (p->sql.n > MOST_BYTES && to - from > 1))
        return too_large(p, refusal);
    rc = run(p, "SAVEPOINT leat", err);
    if (rc < 0)
        return rc;
    rc = write_range(p, refusal, err);
    if (rc != LEAT_SQL_WRITTEN)
        return undo_range(p, rc, err);
    p->has_written = true;
    return rc;
}

static int mysql_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct mysql *p = self;
    int rc = begin_transaction(p, err);

    (void)stage;
    if (rc == 0)
        rc = leat_sql_load_encode(&p->load, batch, value_put_row, p, err);
    if (rc == 0)
        rc = leat_sql_load_write(&p->load, batch, try_range, p, err);
    if (rc < 0 && rc != LEAT_ERETRY)
        p->load.broken = true;
    if (rc == LEAT_ERETRY && leat_mysql_is_lost(&p->link))
        return leat_sql_load_lost(&p->load, err);
    return rc;
}

/* ---- commits ---- */

/* Something between us and the server may have put us on another session. */
static int check_transaction(struct mysql *p, struct leat_error *err)
{
    unsigned status = 0;

    if (mariadb_get_infov(p->link.conn, MARIADB_CONNECTION_SERVER_STATUS, &status) == 0 &&
        status & SERVER_STATUS_IN_TRANS)
        return 0;
    return leat_fail(err, LEAT_EUNREACHABLE, "cannot commit: the server knows nothing of the transaction any more");
}

static int commit_all(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                      struct leat_error *err)
{
    struct mysql *p = self;
    const struct leat_token *token = leat_stage_token(stage);
    int rc = 0;

    (void)last, (void)ret_mark;
    if (p->load.broken) /* no token may say that it is there */
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot commit: all since the last commit is undone");
    if (p->load.in_transaction) /* before the token could be committed by itself */
        rc = check_transaction(p, err);
    if (rc == 0 && token) {
        rc = begin_transaction(p, err);
        if (rc == 0)
            rc = commits_put(p, token, err);
    }
    if (rc == 0 && p->load.in_transaction)
        rc = check_transaction(p, err);
    if (rc == 0 && p->load.in_transaction)
        rc = run(p, "COMMIT", err);
    p->load.broken |= rc < 0;
    p->load.in_transaction = false;
    if (rc == LEAT_ERETRY) /* nobody may commit what is left of it */
        err->code = rc = LEAT_EUNREACHABLE;
    return rc;
}

static int mysql_last_commit(struct leat_stage *stage, void *self, const char *who, struct leat_mark *ret_what,
                             struct leat_error *err)
{
    return commits_get(self, stage, who, ret_what, err);
}

/* ---- the life of the connection ---- */

static int ask_packet(struct mysql *p, struct leat_error *err)
{
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc = leat_mysql_select(&p->link, "SELECT @@max_allowed_packet", 0, NULL, "cannot ask the server", err);

    while (rc == 0 && (rc = leat_mysql_row(&p->link, &row, &lengths, err)) > 0) {
        p->max_bytes = row[0] ? strtoul(row[0], NULL, 10) : 0;
        p->max_bytes -= p->max_bytes > 64 ? 64 : 0; /* the packet has more in it than the statement */
        rc = 0;
    }
    return rc;
}

/* All that makes a table comes first, since it would end the transaction. */
static int make_tables(struct mysql *p, const struct leat_token *token, struct leat_error *err)
{
    int rc = p->create_sql ? run(p, p->create_sql, err) : 0;

    if (rc == 0 && p->staging_sql)
        rc = run(p, p->staging_sql, err);
    return rc == 0 && token ? commits_make(p, token, err) : rc;
}

/* Others see the old rows until all new ones are there; TRUNCATE would be a commit. */
static int empty(struct mysql *p, struct leat_error *err)
{
    int rc;

    if (p->load.mode != LEAT_SQL_REPLACE || p->create_sql)
        return 0;
    rc = begin_transaction(p, err);
    p->sql.n = 0;
    leat_put_printf(&p->sql, "DELETE FROM %s", p->load.target);
    if (rc == 0)
        rc = leat_put_end(&p->sql) ? run(p, p->sql.p, err) : no_memory(err);
    p->has_written = true;
    return rc;
}

static int settle_in(struct mysql *p, const struct leat_token *token, struct leat_error *err)
{
    int rc = commits_settle(&p->link, err);

    if (rc == 0)
        rc = ask_packet(p, err);
    if (rc == 0 && token)
        rc = commits_lock(&p->link, token->who, err);
    if (rc == 0 && p->load.timeout && mariadb_connection(p->link.conn))
        rc = leat_mysql_set_timeout(&p->link, p->load.timeout, err);
    return rc;
}

static int mysql_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct mysql *p = self;
    const struct leat_token *token = leat_stage_token(stage);
    int rc = leat_mysql_open(&p->server, stage, true, &p->link, err);

    if (rc == 0)
        rc = settle_in(p, token, err);
    if (rc == 0)
        rc = make_tables(p, token, err);
    if (rc == 0)
        rc = empty(p, err);
    if (rc < 0) { /* it may be tried again */
        leat_mysql_close(&p->link);
        p->load.in_transaction = false;
    }
    return rc;
}

static void mysql_leave(struct leat_stage *stage, void *self)
{
    struct mysql *p = self;

    (void)stage;
    leat_mysql_close(&p->link); /* the server rolls back what was not committed */
    leat_sql_load_free(&p->load);
    leat_put_free(&p->sql);
}

LEAT_LOAD(mysql, .summary = "Writes records into a table of a MariaDB or MySQL database", .options = options,
          .plan = mysql_plan, .open = mysql_open, .deliver = mysql_deliver, .commit = commit_all,
          .last_commit = mysql_last_commit, .close = mysql_leave);
