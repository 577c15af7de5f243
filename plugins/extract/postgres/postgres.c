/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * postgres: reads a table, or what a query gives, from PostgreSQL.
 *
 * Rows come as they are made, in libpq's single-row mode (or by chunks, where libpq
 * can), out of one snapshot of a session that cannot write. With a cursor a lost
 * connection is opened again behind the last row.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"

#ifdef LIBPQ_HAS_CHUNK_MODE
enum { CHUNK_ROWS = 256 };
#endif

static const struct leat_option options[] = {
    LEAT_POSTGRES_OPTIONS(struct postgres, server),
    LEAT_SQL_OPTIONS(struct postgres, sql),
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct postgres, timeout), .default_text = "0ms",
      .max = INT32_MAX, .tuning = true,
      .help = "How long one SELECT may take, all its rows included; 0ms: as long as the server lets it." },
    LEAT_FIELDS_OPTION(struct postgres, sql.fields),
    LEAT_END_OF_OPTIONS
};

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read from PostgreSQL: out of memory");
}

/* ---- the SELECT ---- */

static int one_row_at_a_time(PGconn *conn)
{
#ifdef LIBPQ_HAS_CHUNK_MODE
    return PQsetChunkedRowsMode(conn, CHUNK_ROWS);
#else
    return PQsetSingleRowMode(conn);
#endif
}

static int send_select(struct postgres *p, int64_t limit, struct leat_error *err)
{
    int n = leat_sql_n_values(&p->sql, &p->reader.place);
    const char **values = calloc((size_t)n + 1, sizeof *values);
    struct leat_put sql = { 0 };
    const char *text;
    int rc = 0;

    leat_sql_add_select(&sql, &p->sql, &p->reader.place, limit);
    text = leat_put_end(&sql);
    if (!values || !text) {
        rc = no_memory(err);
    } else {
        leat_sql_values(&p->sql, &p->reader.place, values);
        if (!PQsendQueryParams(p->reader.conn, text, n, NULL, values, NULL, NULL, 0) ||
            !one_row_at_a_time(p->reader.conn))
            rc = leat_postgres_fail(err, p->reader.conn, NULL, "cannot ask the server");
        p->reader.running = rc == 0;
        p->reader.checked = false;
    }
    leat_put_free(&sql);
    free(values);
    return rc;
}

static int ask(struct postgres *p, struct leat_stage *stage, const char *sql, const char *value,
               struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = leat_postgres_query(p->reader.conn, stage, sql, value != NULL, &value, &result, err);

    PQclear(result);
    return rc;
}

static int begin(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    char timeout[32];
    int rc = leat_postgres_open(&p->server, stage, false, &p->reader.conn, err);

    (void)snprintf(timeout, sizeof timeout, "%lld", (long long)p->timeout);
    if (rc == 0 && p->timeout)
        rc = ask(p, stage, "SELECT set_config('statement_timeout', $1, false)", timeout, err);
    if (rc == 0)
        rc = ask(p, stage, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, err);
    return rc == 0 ? send_select(p, leat_stage_rows_wanted(stage), err) : rc;
}

static void disconnect(struct reader *r)
{
    PQclear(r->result);
    if (r->conn && r->running)
        leat_postgres_cancel(r->conn);
    PQfinish(r->conn);
    r->result = NULL;
    r->conn = NULL;
    r->running = false;
}

/* ---- rows ---- */

static int put_row(struct postgres *p, struct leat_batch *out, struct leat_error *err)
{
    struct reader *r = &p->reader;
    enum leat_sql_step step = LEAT_SQL_FINE;
    bool ok = true;
    int bad;

    row_take(r->result, r->row++, p->sql.n_columns, r->texts, r->lengths);
    if (p->sql.n_cursor)
        step = leat_sql_place_step(&p->sql, &r->place, r->texts, r->lengths);
    if (step == LEAT_SQL_BEHIND)
        return 0;
    if (step == LEAT_SQL_AGAIN)
        return leat_sql_ambiguous(&p->sql, err);
    if (step == LEAT_SQL_NO_MEMORY)
        return no_memory(err);
    bad = row_put(out, p->forms, r->texts, r->lengths);
    if (step == LEAT_SQL_NULL || bad >= 0)
        ok = leat_sql_reject(out, step == LEAT_SQL_NULL ? -1 : bad, r->texts, r->lengths);
    else
        leat_batch_end_row(out);
    return ok ? 0 : no_memory(err);
}

static bool has_rows(const struct reader *r)
{
    return r->result && r->row < PQntuples(r->result);
}

/* The store may have changed since the plan was made. */
static int check_columns(const struct postgres *p, struct leat_error *err)
{
    const PGresult *result = p->reader.result;

    for (int i = 0; i < p->sql.n_columns || i < PQnfields(result); i++) {
        const char *is = PQfname(result, i), *was = i < p->sql.n_columns ? p->sql.columns[i].name : NULL;

        if (!is || !was || strcmp(is, was) != 0)
            return leat_fail(err, LEAT_EDATA, "%s has changed since the plan was made: column %d was %s, is %s",
                             p->sql.what, i + 1, was ? was : "not there", is ? is : "gone");
    }
    return 0;
}

/* The next result, or the end of the SELECT. */
static int next_result(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    struct reader *r = &p->reader;
    ExecStatusType status;
    int rc;

    PQclear(r->result);
    r->result = NULL;
    r->row = 0;
    rc = leat_postgres_wait(r->conn, stage, err);
    if (rc < 0)
        return rc;
    r->result = PQgetResult(r->conn);
    if (!r->result) {
        r->running = false;
        return 0;
    }
    status = PQresultStatus(r->result);
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
        return leat_postgres_fail(err, r->conn, r->result, p->sql.table ? "cannot read the table" : "the query fails");
    if (r->checked) /* each row is a result of its own */
        return 0;
    r->checked = true;
    return check_columns(p, err);
}

/* Without a cursor nobody knows where to go on. A server that was there may be there again. */
static enum leat_flow failed(struct postgres *p, int rc, struct leat_error *err)
{
    char why[400];

    if (rc == LEAT_EUNREACHABLE && !p->reader.conn && p->reader.place.read)
        err->code = rc = LEAT_ERETRY;
    if (rc == LEAT_ERETRY && !p->sql.n_cursor && p->reader.place.read) {
        (void)snprintf(why, sizeof why, "%.390s", err->text);
        (void)leat_fail(err, LEAT_EUNREACHABLE, "%s; a `cursor:' lets a run go on where it was", why);
    } else if (rc == LEAT_ERETRY) {
        disconnect(&p->reader);
        leat_sql_place_again(&p->sql, &p->reader.place);
    }
    return LEAT_FAILED;
}

/* A row was put, there is none any more, or it failed. */
static int advance(struct postgres *p, struct leat_stage *stage, struct leat_batch *out, struct leat_error *err)
{
    struct reader *r = &p->reader;
    int rc;

    if (!r->conn)
        return begin(p, stage, err);
    if (has_rows(r)) {
        r->place.read = true;
        return put_row(p, out, err);
    }
    rc = next_result(p, stage, err);
    if (rc < 0 || r->running || !leat_sql_place_next(&r->place))
        return rc;
    return send_select(p, leat_stage_rows_wanted(stage), err);
}

static enum leat_flow postgres_read(struct leat_stage *stage, void *self, struct leat_batch *out,
                                    struct leat_error *err)
{
    struct postgres *p = self;
    struct reader *r = &p->reader;
    int rc = 0;

    while (rc == 0 && leat_batch_has_room(out) && (!r->conn || r->running))
        rc = advance(p, stage, out, err);
    if (rc < 0)
        return failed(p, rc, err);
    if (p->sql.n_cursor && !leat_sql_place_save(&p->sql, &r->place, out, 0)) {
        (void)no_memory(err); /* without its position the next run would read it again */
        return LEAT_FAILED;
    }
    return r->running ? LEAT_MORE : LEAT_END;
}

static int postgres_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct postgres *p = self;
    struct reader *r = &p->reader;
    int rc = leat_sql_place_open(&p->sql, &r->place, stage, 0, err);

    if (rc == 0 && !r->texts) {
        r->texts = calloc((size_t)p->sql.n_columns + 1, sizeof *r->texts);
        r->lengths = calloc((size_t)p->sql.n_columns + 1, sizeof *r->lengths);
    }
    if (rc == 0 && (!r->texts || !r->lengths))
        rc = no_memory(err);
    if (rc == 0)
        rc = begin(p, stage, err);
    if (rc < 0)
        disconnect(r);
    return rc;
}

static void postgres_close(struct leat_stage *stage, void *self)
{
    struct postgres *p = self;

    (void)stage;
    disconnect(&p->reader);
    leat_sql_place_free(&p->sql, &p->reader.place);
    free(p->reader.texts);
    free(p->reader.lengths);
}

LEAT_EXTRACT(postgres, .summary = "Reads a table or a query of a PostgreSQL database", .options = options,
             .worker_size = sizeof(struct finder), .plan = postgres_plan, .open = postgres_open,
             .read = postgres_read, .find = postgres_find, .worker_close = postgres_find_close,
             .close = postgres_close);
