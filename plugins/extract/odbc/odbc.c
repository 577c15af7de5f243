/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * odbc: reads a table, or what a query gives, from whatever there is an ODBC driver for.
 *
 * Rows come by blocks, out of one transaction that is rolled back. With a cursor a lost
 * connection is opened again behind the last row. A driver that keeps all rows of a SELECT is
 * asked for some at a time, each SELECT beginning behind the last row of the one before.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum { FIRST_PAGE = 200, LEAST_PAGE = 20, MOST_PAGE = 20000, PAGE_BYTES = 8 << 20 };

static const struct leat_option options[] = {
    LEAT_ODBC_OPTIONS(struct odbc, server),
    LEAT_SQL_OPTIONS(struct odbc, sql),
    LEAT_FIELDS_OPTION(struct odbc, sql.fields),
    LEAT_END_OF_OPTIONS
};

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read by ODBC: out of memory");
}

/* ---- the SELECT ---- */

static int check_columns(struct odbc *p, struct leat_error *err)
{
    struct leat_odbc_column *columns = NULL;
    int n, rc = leat_odbc_columns(&p->reader.link, &columns, &n, err);

    for (int i = 0; rc == 0 && (i < p->sql.n_columns || i < n); i++)
        rc = leat_sql_check_column(&p->sql, i, i < n ? columns[i].name : NULL, err);
    free(columns);
    return rc;
}

/* Bytes stand in a position as digits. A place where an integer column of SQLite has a text is bound as that. */
static bool bind(const struct odbc *p, int which, struct leat_odbc_value *ret, char **ret_room)
{
    const struct leat_sql_value *v = &p->reader.place.last[which];
    const struct column *c = &p->columns[p->sql.cursor_columns[which]];
    int64_t number;

    *ret = (struct leat_odbc_value){ .kind = c->bound, .text = v->bytes, .n = v->n, .digits = c->digits };
    if (p->server.server->kind == LEAT_ODBC_SQLITE && c->bound == LEAT_ODBC_INTEGER &&
        !leat_text_to_int64(v->bytes, v->n, &number))
        ret->kind = LEAT_ODBC_TEXT;
    if (c->bound != LEAT_ODBC_BYTES)
        return true;
    ret->n = v->n > 2 ? (v->n - 2) / 2 : 0;
    *ret_room = malloc(ret->n + 1);
    ret->text = *ret_room;
    return *ret_room && v->n >= 2 && leat_text_to_bytes(v->bytes + 2, v->n - 2, *ret_room);
}

static int select_bound(struct odbc *p, const char *text, struct leat_error *err)
{
    int room = leat_sql_n_values(&p->sql, &p->reader.place) + p->sql.n_cursor + 1, n = 0;
    struct leat_odbc_value *values = calloc((size_t)room, sizeof *values);
    char **rooms = calloc((size_t)room, sizeof *rooms);
    int *marks = calloc((size_t)room, sizeof *marks);
    bool ok = values && marks && rooms;
    int rc;

    if (ok) {
        n = leat_sql_marks(&p->sql, &p->reader.place, marks);
        params_put(p, values);
    }
    for (int i = p->sql.n_params; ok && i < n; i++)
        ok = bind(p, marks[i] - p->sql.n_params, &values[i], &rooms[i]);
    rc = ok ? leat_odbc_select(&p->reader.link, text, n, values, p->doing, err)
            : !values || !marks || !rooms ? no_memory(err)
            : leat_fail(err, LEAT_EDATA, "where an earlier run came to does not fit the cursor; `leat run --restart' "
                        "starts anew");
    for (int i = 0; rooms && i < n; i++)
        free(rooms[i]);
    free(rooms);
    free(values);
    free(marks);
    return rc;
}

/* How many rows to ask for: all, or as many as are a few megabytes, judged by those before. */
static int64_t page_of(const struct odbc *p)
{
    const struct reader *r = &p->reader;
    int64_t n;

    if (!p->server.server->hoards || !p->sql.n_cursor || r->place.nulls)
        return -1;
    n = r->n_came ? PAGE_BYTES / (r->n_bytes / r->n_came + 1) : FIRST_PAGE;
    return n < LEAST_PAGE ? LEAST_PAGE : n > MOST_PAGE ? MOST_PAGE : n;
}

/* At most a record and one byte of a value: it is then refused as a whole. */
static int send_select(struct odbc *p, int64_t max_record, struct leat_error *err)
{
    struct reader *r = &p->reader;
    struct leat_put sql = { 0 };
    const char *text;
    int rc;

    r->n_asked = page_of(p);
    r->n_came = r->n_bytes = 0;
    leat_sql_add_select(&sql, &p->sql, &r->place, r->n_asked);
    text = leat_put_end(&sql);
    rc = text ? select_bound(p, text, err) : no_memory(err);
    leat_put_free(&sql);
    if (rc == 0)
        rc = check_columns(p, err);
    return rc == 0 ? leat_odbc_bind(&r->link, p->sql.n_columns, p->fetches, max_record + 1, err) : rc;
}

/* ---- rows ---- */

static int put_row(struct odbc *p, struct leat_batch *out, const struct leat_odbc_cell *cells, struct leat_error *err)
{
    struct reader *r = &p->reader;
    int step, bad;

    if (!row_take(&r->row, p->columns, p->sql.n_columns, cells))
        return no_memory(err);
    for (int i = 0; i < p->sql.n_columns; i++)
        r->n_bytes += r->row.lengths[i];
    step = leat_sql_begin_row(&p->sql, &r->place, r->row.texts, r->row.lengths, err);
    if (step < 0 || step == LEAT_SQL_BEHIND)
        return step;
    bad = row_put(out, p->columns, &r->row);
    return leat_sql_end_row(out, step, bad, r->row.texts, r->row.lengths, err);
}

static enum leat_flow failed(struct odbc *p, struct leat_error *err)
{
    if (leat_sql_can_go_on(&p->sql, &p->reader.place, p->reader.link.conn, err))
        leat_odbc_close(&p->reader.link);
    return LEAT_FAILED;
}

/* The next SELECT after one has ended: of the rows that have a place, or of the next page of them. False: there is
 * none. */
static bool next_select(struct odbc *p)
{
    struct reader *r = &p->reader;

    if (r->n_asked >= 0 && r->n_came == r->n_asked) {
        leat_sql_place_again(&p->sql, &r->place);
        return true;
    }
    return leat_sql_place_next(&r->place);
}

/* A row was put, there is none any more, or it failed. */
static int advance(struct odbc *p, struct leat_stage *stage, struct leat_batch *out, struct leat_error *err)
{
    struct reader *r = &p->reader;
    const struct leat_odbc_cell *cells;
    int rc = 0;

    if (!r->link.conn)
        rc = leat_odbc_open(&p->server, stage, &r->link, err);
    if (rc == 0 && !r->link.rows)
        return send_select(p, out->max_record, err);
    if (rc == 0)
        rc = leat_odbc_row(&r->link, &cells, err);
    if (rc > 0) {
        r->n_came++;
        return put_row(p, out, cells, err);
    }
    if (rc < 0 || !next_select(p))
        return rc;
    return send_select(p, out->max_record, err);
}

static enum leat_flow odbc_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct odbc *p = self;
    struct reader *r = &p->reader;
    bool ended = false;
    int rc = 0;

    while (rc == 0 && !ended && leat_batch_has_room(out)) {
        rc = leat_stage_cancelled(stage) ? leat_fail(err, LEAT_ECANCELED, "stopped while reading")
                                         : advance(p, stage, out, err);
        ended = rc == 0 && !r->link.rows;
    }
    if (rc < 0)
        return failed(p, err);
    if (p->sql.n_cursor && !leat_sql_place_save(&p->sql, &r->place, out, 0)) {
        (void)no_memory(err); /* without its position the next run would read it again */
        return LEAT_FAILED;
    }
    return ended ? LEAT_END : LEAT_MORE;
}

static int odbc_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct odbc *p = self;
    struct reader *r = &p->reader;
    int rc = leat_sql_place_open(&p->sql, &r->place, stage, 0, err);

    if (rc == 0 && !leat_sql_row_open(&r->row, p->sql.n_columns))
        rc = no_memory(err);
    if (rc == 0)
        rc = leat_odbc_open(&p->server, stage, &r->link, err);
    if (rc < 0)
        leat_odbc_close(&r->link);
    return rc;
}

static void odbc_leave(struct leat_stage *stage, void *self)
{
    struct odbc *p = self;

    (void)stage;
    leat_odbc_close(&p->reader.link);
    leat_sql_place_free(&p->sql, &p->reader.place);
    leat_sql_row_free(&p->reader.row, p->sql.n_columns);
}

LEAT_EXTRACT(odbc, .summary = "Reads a table or a query by an ODBC driver", .options = options,
             .worker_size = sizeof(struct finder), .plan = odbc_plan, .open = odbc_open, .read = odbc_read,
             .find = odbc_find, .worker_close = odbc_find_close, .close = odbc_leave);
