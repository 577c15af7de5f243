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
    { .name = "partitions", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct postgres, partitions), .default_text = "1",
      .min = 1, .max = 64,
      .help = "How many connections read the table at once, each a range of its cursor; the records come in no order." },
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

static int send_select(struct reader *r, int64_t limit, struct leat_error *err)
{
    int n = leat_sql_n_values(&r->sql, &r->place);
    const char **values = calloc((size_t)n + 1, sizeof *values);
    struct leat_put sql = { 0 };
    const char *text;
    int rc = 0;

    leat_sql_add_select(&sql, &r->sql, &r->place, limit);
    text = leat_put_end(&sql);
    if (!values || !text) {
        rc = no_memory(err);
    } else {
        leat_sql_values(&r->sql, &r->place, values);
        if (!PQsendQueryParams(r->conn, text, n, NULL, values, NULL, NULL, 0) ||
            !one_row_at_a_time(r->conn))
            rc = leat_postgres_fail(err, r->conn, NULL, "cannot ask the server");
        r->running = rc == 0;
        r->checked = false;
    }
    leat_put_free(&sql);
    free(values);
    return rc;
}

static int ask(struct reader *r, struct leat_stage *stage, const char *sql, const char *value,
               struct leat_error *err)
{
    PGresult *result = NULL;
    int rc = leat_postgres_query(r->conn, stage, sql, value != NULL, &value, &result, err);

    PQclear(result);
    return rc;
}

static const char begin_words[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

static int begin_snapshot(const struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
    char timeout[32];
    int rc = leat_postgres_open(&p->server, stage, false, &r->conn, err);

    (void)snprintf(timeout, sizeof timeout, "%lld", (long long)p->timeout);
    if (rc == 0 && p->timeout)
        rc = ask(r, stage, "SELECT set_config('statement_timeout', $1, false)", timeout, err);
    return rc == 0 ? ask(r, stage, begin_words, NULL, err) : rc;
}

/* Of another reader's snapshot, as long as that has its transaction: one that is gone is not come back to. */
static int share_snapshot(const struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
    char sql[sizeof p->parts.snapshot + 64];
    int rc;

    if (!*p->parts.snapshot || r == &p->reader || r->told)
        return 0;
    (void)snprintf(sql, sizeof sql, "SET TRANSACTION SNAPSHOT '%s'", p->parts.snapshot);
    rc = ask(r, stage, sql, NULL, err);
    if (rc != LEAT_EDATA && rc != LEAT_EPIPELINE)
        return rc;
    leat_stage_log(stage, LEAT_LOG_WARNING, "this connection cannot share the snapshot of the first (%.200s), and takes one "
                   "of its own", err->text);
    rc = ask(r, stage, "ROLLBACK", NULL, err);
    return rc == 0 ? ask(r, stage, begin_words, NULL, err) : rc;
}

static int begin(const struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
    int rc = begin_snapshot(p, r, stage, err);

    if (rc == 0)
        rc = share_snapshot(p, r, stage, err);
    return rc == 0 ? send_select(r, leat_stage_rows_wanted(stage), err) : rc;
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

static int put_row(const struct postgres *p, struct reader *r, struct leat_batch *out, struct leat_error *err)
{
    int step, bad;

    row_take(r->result, r->row++, p->sql.n_columns, &r->texts);
    step = leat_sql_begin_row(&p->sql, &r->place, r->texts.texts, r->texts.lengths, err);
    if (step < 0 || step == LEAT_SQL_BEHIND)
        return step;
    bad = row_put(out, p->forms, &r->texts);
    return leat_sql_end_row(out, step, bad, r->texts.texts, r->texts.lengths, err);
}

static bool has_rows(const struct reader *r)
{
    return r->result && r->row < PQntuples(r->result);
}

static int check_columns(const struct postgres *p, const struct reader *r, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; rc == 0 && (i < p->sql.n_columns || i < PQnfields(r->result)); i++)
        rc = leat_sql_check_column(&p->sql, i, PQfname(r->result, i), err);
    return rc;
}

/* The next result, or the end of the SELECT. */
static int next_result(const struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
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
    return check_columns(p, r, err);
}

static enum leat_flow failed(const struct postgres *p, struct reader *r, struct leat_error *err)
{
    if (leat_sql_can_go_on(&p->sql, &r->place, r->conn, err))
        disconnect(r);
    return LEAT_FAILED;
}

/* A row was put, there is none any more, or it failed. */
static int advance(const struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_batch *out,
                   struct leat_error *err)
{
    int rc;

    if (!r->conn)
        return begin(p, r, stage, err);
    if (has_rows(r)) {
        return put_row(p, r, out, err);
    }
    rc = next_result(p, r, stage, err);
    if (rc < 0 || r->running || !leat_sql_place_next(&r->place))
        return rc;
    return send_select(r, leat_stage_rows_wanted(stage), err);
}

/* The first reads where there is one alone; its connection is opened with the stage. */
static struct reader *reader_of(const struct leat_stage *stage, struct postgres *p, int *ret_part)
{
    int n;

    *ret_part = leat_stage_partition(stage, &n);
    return *ret_part ? &((struct worker *)leat_stage_worker(stage))->reader : &p->reader;
}

static enum leat_flow postgres_read(struct leat_stage *stage, void *self, struct leat_batch *out,
                                    struct leat_error *err)
{
    struct postgres *p = self;
    int part, rc = 0;
    struct reader *r = reader_of(stage, p, &part);

    if (p->parts.n > 1 && !r->told) { /* an empty batch, before all others that this one reads */
        rc = r->conn ? 0 : begin(p, r, stage, err);
        parts_tell(p, out);
        r->told = rc == 0;
        return rc == 0 ? LEAT_MORE : failed(p, r, err);
    }
    while (rc == 0 && leat_batch_has_room(out) && (!r->conn || r->running))
        rc = advance(p, r, stage, out, err);
    if (rc < 0)
        return failed(p, r, err);
    if (p->sql.n_cursor && !leat_sql_place_save(&p->sql, &r->place, out, part)) {
        (void)no_memory(err); /* without its position the next run would read it again */
        return LEAT_FAILED;
    }
    return r->running ? LEAT_MORE : LEAT_END;
}

/* ---- the life of a reader ---- */

static int reader_open(struct postgres *p, struct reader *r, struct leat_stage *stage, int part, struct leat_error *err)
{
    int rc = leat_sql_place_open(&p->sql, &r->place, stage, part, err);

    r->sql = p->sql;
    if (rc == 0 && !leat_sql_row_open(&r->texts, p->sql.n_columns))
        rc = no_memory(err);
    return rc;
}

static void reader_close(const struct postgres *p, struct reader *r)
{
    disconnect(r);
    leat_sql_place_free(&p->sql, &r->place);
    leat_sql_row_free(&r->texts, p->sql.n_columns);
}

/* Of the first: the others go by it. */
static int open_first(struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err)
{
    int rc = begin_snapshot(p, r, stage, err);

    if (rc == 0 && p->parts.n > 1)
        rc = parts_divide(p, r, stage, err);
    if (rc == 0 && p->parts.n > 1)
        r->sql.from = p->parts.from[0];
    return rc == 0 ? send_select(r, leat_stage_rows_wanted(stage), err) : rc;
}

static int postgres_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct postgres *p = self;
    int rc = reader_open(p, &p->reader, stage, 0, err);

    (void)leat_stage_partition(stage, &p->parts.n);
    if (rc == 0)
        rc = open_first(p, &p->reader, stage, err);
    if (rc < 0)
        disconnect(&p->reader);
    return rc;
}

static int postgres_worker_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct postgres *p = self;
    int part, rc = 0;
    struct reader *r = reader_of(stage, p, &part);

    if (part)
        rc = reader_open(p, r, stage, part, err);
    if (part)
        r->sql.from = p->parts.from[part];
    return rc;
}

static void postgres_worker_close(struct leat_stage *stage, void *self)
{
    struct worker *w = leat_stage_worker(stage);

    reader_close(self, &w->reader);
    PQfinish(w->finder);
}

static void postgres_close(struct leat_stage *stage, void *self)
{
    struct postgres *p = self;

    (void)stage;
    reader_close(p, &p->reader);
    parts_free(p);
}

LEAT_EXTRACT(postgres, .summary = "Reads a table or a query of a PostgreSQL database", .options = options,
             .worker_size = sizeof(struct worker), .plan = postgres_plan, .open = postgres_open,
             .worker_open = postgres_worker_open, .read = postgres_read, .find = postgres_find,
             .worker_close = postgres_worker_close, .close = postgres_close);
