/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * mysql: reads a table, or what a query gives, from MariaDB or MySQL.
 *
 * Rows come as they are made, in the text protocol, out of one snapshot of a session that
 * cannot write. With a cursor a lost connection is opened again behind the last row.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum { SORT_BYTES = 1024, MOST_SORT_BYTES = 8 << 20 }; /* that count where nothing is said; and at most */

static const struct leat_option options[] = {
    LEAT_MYSQL_OPTIONS(struct mysql, server),
    LEAT_SQL_OPTIONS(struct mysql, sql),
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct mysql, timeout), .default_text = "0ms",
      .max = INT32_MAX, .tuning = true,
      .help = "How long one SELECT may take, all its rows included; 0ms: as long as the server lets it." },
    LEAT_FIELDS_OPTION(struct mysql, sql.fields),
    LEAT_END_OF_OPTIONS
};

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read from the server: out of memory");
}

/* ---- the SELECT ---- */

static int check_columns(const struct mysql *p, struct leat_error *err)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(p->reader.link.rows);
    int n = (int)mysql_num_fields(p->reader.link.rows), rc = 0;

    for (int i = 0; rc == 0 && (i < p->sql.n_columns || i < n); i++)
        rc = leat_sql_check_column(&p->sql, i, i < n ? fields[i].name : NULL, err);
    return rc;
}

/* Bytes stand in a position as digits. */
static int bind_bytes(const struct leat_sql_value *v, struct leat_mysql_value *ret, struct leat_error *err)
{
    size_t n = v->n > 2 ? (v->n - 2) / 2 : 0;
    char *bytes = malloc(n + 1);

    if (!bytes)
        return no_memory(err);
    if (v->n < 2 || !leat_text_to_bytes(v->bytes + 2, v->n - 2, bytes)) {
        free(bytes);
        return leat_fail(err, LEAT_EDATA, "where an earlier run came to does not fit the cursor; `leat run --restart' "
                         "starts anew");
    }
    *ret = (struct leat_mysql_value){ .bytes = bytes, .n = n, .binary = true };
    return 0;
}

static int bind(const struct mysql *p, int which, struct leat_mysql_value *ret, struct leat_error *err)
{
    int in_cursor = which - p->sql.n_params;
    const struct leat_sql_value *v;

    if (in_cursor < 0) {
        const char *text = p->sql.query->params[which];

        *ret = (struct leat_mysql_value){ .bytes = text, .n = strlen(text) };
        return 0;
    }
    v = &p->reader.place.last[in_cursor];
    if (p->columns[p->sql.cursor_columns[in_cursor]].source == SOURCE_HEX)
        return bind_bytes(v, ret, err);
    *ret = (struct leat_mysql_value){ .bytes = v->bytes, .n = v->n };
    return 0;
}

static int send_bound(struct mysql *p, const char *text, struct leat_error *err)
{
    int room = leat_sql_n_values(&p->sql, &p->reader.place) + p->sql.n_cursor + 1, n = 0, rc = 0;
    struct leat_mysql_value *values = calloc((size_t)room, sizeof *values);
    int *marks = calloc((size_t)room, sizeof *marks);

    if (!values || !marks)
        rc = no_memory(err);
    else
        n = leat_sql_marks(&p->sql, &p->reader.place, marks);
    for (int i = 0; rc == 0 && i < n; i++)
        rc = bind(p, marks[i], &values[i], err);
    if (rc == 0)
        rc = leat_mysql_select(&p->reader.link, text, n, values, p->doing, err);
    for (int i = 0; i < n; i++)
        if (values[i].binary)
            free((char *)values[i].bytes);
    free(values);
    free(marks);
    return rc;
}

static int send_select(struct mysql *p, int64_t limit, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    const char *text;
    int rc;

    leat_sql_add_select(&sql, &p->sql, &p->reader.place, limit);
    text = leat_put_end(&sql);
    rc = text ? send_bound(p, text, err) : no_memory(err);
    leat_put_free(&sql);
    return rc == 0 ? check_columns(p, err) : rc;
}

/* ---- the session ---- */

/* Of longer texts servers compare no more than the beginning when they sort. */
static int set_sort_bytes(struct mysql *p, struct leat_error *err)
{
    unsigned long n = p->sort_bytes < MOST_SORT_BYTES ? p->sort_bytes : MOST_SORT_BYTES;
    char sql[96];

    if (n <= SORT_BYTES)
        return 0;
    (void)snprintf(sql, sizeof sql, "SET SESSION max_sort_length = %lu", n);
    return leat_mysql_do(&p->reader.link, sql, err);
}

static int begin(struct mysql *p, struct leat_stage *stage, struct leat_error *err)
{
    struct leat_mysql_link *link = &p->reader.link;
    int rc = leat_mysql_open(&p->server, stage, false, link, err);

    if (rc == 0 && p->timeout)
        rc = leat_mysql_set_timeout(link, p->timeout, err);
    if (rc == 0)
        rc = set_sort_bytes(p, err);
    if (rc == 0)
        rc = leat_mysql_do(link, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", err);
    return rc == 0 ? send_select(p, leat_stage_rows_wanted(stage), err) : rc;
}

/* ---- rows ---- */

static int put_row(struct mysql *p, struct leat_batch *out, MYSQL_ROW values, const unsigned long *lengths,
                   struct leat_error *err)
{
    struct reader *r = &p->reader;
    int step, bad;

    if (!row_take(&r->row, p->columns, p->sql.n_columns, values, lengths))
        return no_memory(err);
    step = leat_sql_begin_row(&p->sql, &r->place, r->row.texts, r->row.lengths, err);
    if (step < 0 || step == LEAT_SQL_BEHIND)
        return step;
    bad = row_put(out, p->columns, &r->row);
    return leat_sql_end_row(out, step, bad, r->row.texts, r->row.lengths, err);
}

static enum leat_flow failed(struct mysql *p, struct leat_error *err)
{
    if (leat_sql_can_go_on(&p->sql, &p->reader.place, p->reader.link.conn, err))
        leat_mysql_close(&p->reader.link);
    return LEAT_FAILED;
}

/* A row was put, there is none any more, or it failed. */
static int advance(struct mysql *p, struct leat_stage *stage, struct leat_batch *out, struct leat_error *err)
{
    struct reader *r = &p->reader;
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc;

    if (!r->link.conn)
        return begin(p, stage, err);
    rc = leat_mysql_row(&r->link, &row, &lengths, err);
    if (rc > 0) {
        return put_row(p, out, row, lengths, err);
    }
    if (rc < 0 || !leat_sql_place_next(&r->place))
        return rc;
    return send_select(p, leat_stage_rows_wanted(stage), err);
}

static enum leat_flow mysql_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct mysql *p = self;
    struct reader *r = &p->reader;
    int rc = 0;

    while (rc == 0 && leat_batch_has_room(out) && (!r->link.conn || r->link.rows))
        rc = advance(p, stage, out, err);
    if (rc < 0)
        return failed(p, err);
    if (p->sql.n_cursor && !leat_sql_place_save(&p->sql, &r->place, out, 0)) {
        (void)no_memory(err); /* without its position the next run would read it again */
        return LEAT_FAILED;
    }
    return r->link.rows ? LEAT_MORE : LEAT_END;
}

static int mysql_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct mysql *p = self;
    struct reader *r = &p->reader;
    int rc = leat_sql_place_open(&p->sql, &r->place, stage, 0, err);

    if (rc == 0 && !leat_sql_row_open(&r->row, p->sql.n_columns))
        rc = no_memory(err);
    if (rc == 0)
        rc = begin(p, stage, err);
    if (rc < 0)
        leat_mysql_close(&r->link);
    return rc;
}

static void mysql_leave(struct leat_stage *stage, void *self)
{
    struct mysql *p = self;

    (void)stage;
    leat_mysql_close(&p->reader.link);
    leat_sql_place_free(&p->sql, &p->reader.place);
    leat_sql_row_free(&p->reader.row, p->sql.n_columns);
}

LEAT_EXTRACT(mysql, .summary = "Reads a table or a query of a MariaDB or MySQL database", .options = options,
             .worker_size = sizeof(struct finder), .plan = mysql_plan, .open = mysql_open, .read = mysql_read,
             .find = mysql_find, .worker_close = mysql_find_close, .close = mysql_leave);
