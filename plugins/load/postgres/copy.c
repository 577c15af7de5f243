/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows in COPY's text format (PostgreSQL 15, COPY, "Text Format"), and how they are sent.
 */
#include "load.h"

#include <poll.h>
#include <stdlib.h>

#include "kit/postgres/wait.h"
#include "kit/text/text.h"

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot write to PostgreSQL: out of memory");
}

/* ---- values ---- */

static void put_escaped(struct leat_put *out, const char *text, size_t n)
{
    char *p = leat_put_reserve(out, 2 * n);

    if (!p)
        return;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];

        if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
            *p++ = '\\';
            c = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
        }
        *p++ = c;
    }
    out->n = (size_t)(p - out->p);
}

/* \x and hexadecimal digits, the backslash doubled. */
static void put_bytes(struct leat_put *out, const char *bytes, size_t n)
{
    char *p = leat_put_reserve(out, 2 * n + 3);

    if (!p)
        return;
    memcpy(p, "\\\\x", 3);
    out->n = (size_t)(leat_hex_put(p + 3, bytes, n) - out->p);
}

/* The year 0 is 1 BC to PostgreSQL, and a plus is none of its signs. */
static void put_time(struct leat_put *out, const char *text, size_t n)
{
    bool sign = *text == '+' || *text == '-';
    long year = strtol(text, NULL, 10);
    size_t digits = strspn(text + sign, "0123456789") + sign;

    if (year > 0)
        leat_put_bytes(out, text + (*text == '+'), n - (*text == '+'));
    else
        leat_put_printf(out, "%04ld%.*s BC", 1 - year, (int)(n - digits), text + digits);
}

static void put_value(struct leat_put *out, const struct leat_field *field, const struct leat_column *c, int32_t row)
{
    char room[LEAT_VALUE_ROOM];
    const char *text;
    size_t n;

    if (leat_is_null(c, row)) {
        leat_put_bytes(out, "\\N", 2);
        return;
    }
    if (c->offsets) {
        text = leat_text(c, row, &n);
        (c->type == LEAT_BYTES ? put_bytes : put_escaped)(out, text, n);
        return;
    }
    n = (size_t)(leat_value_put(room, field, c, row) - room);
    if (c->type == LEAT_DATE || c->type == LEAT_TIMESTAMP)
        put_time(out, room, n);
    else
        leat_put_bytes(out, room, n);
}

/* ---- rows ---- */

/* The first field of the key that is null, or -1: no key can be told from another by it. */
static int null_in_key(const struct postgres *p, const struct leat_batch *b, int32_t row)
{
    for (int i = 0; i < p->n_key; i++)
        if (leat_is_null(&b->columns[p->key_fields[i]], row))
            return p->key_fields[i];
    return -1;
}

static void put_row(struct postgres *p, const struct leat_batch *b, int32_t row)
{
    if (p->staging_sql)
        leat_put_printf(&p->text, "%d\t", p->n_rows);
    for (int i = 0; i < p->n_fields; i++) {
        int field = p->fields[i];

        put_value(&p->text, &b->schema->fields[field], &b->columns[field], row);
        leat_put_bytes(&p->text, i < p->n_fields - 1 ? "\t" : "\n", 1);
    }
    p->rows[p->n_rows] = row;
    p->ends[p->n_rows++] = p->text.n;
}

static bool has_room(struct postgres *p, int32_t n)
{
    int32_t *rows;
    size_t *ends;

    if (n <= p->cap_rows)
        return true;
    rows = realloc(p->rows, (size_t)n * sizeof *rows);
    p->rows = rows ? rows : p->rows;
    ends = realloc(p->ends, (size_t)n * sizeof *ends);
    p->ends = ends ? ends : p->ends;
    if (rows && ends)
        p->cap_rows = n;
    return rows && ends;
}

int copy_encode(struct postgres *p, struct leat_batch *b, struct leat_error *err)
{
    p->n_rows = 0;
    p->text.n = 0;
    if (!has_room(p, b->n_selected))
        return no_memory(err);
    LEAT_EACH_ROW(b, row) {
        int null = null_in_key(p, b, row);

        if (null >= 0)
            leat_batch_reject(b, row, null, "null_key", "must not be null, for it is part of the key");
        else
            put_row(p, b, row);
    }
    return p->text.failed ? no_memory(err) : 0;
}

/* ---- sending ---- */

/* Until all is on its way; what the server says meanwhile is read, so that neither waits for the other. */
static int flush(PGconn *conn, struct leat_stage *stage, struct leat_error *err)
{
    int left;

    while ((left = PQflush(conn)) > 0) {
        struct pollfd p = { .fd = PQsocket(conn), .events = POLLIN | POLLOUT };

        if (is_cancelled(stage)) {
            leat_postgres_cancel(conn);
            return leat_fail(err, LEAT_ECANCELED, "stopped while writing to the server");
        }
        (void)poll(&p, 1, LISTEN_MS);
        if ((p.revents & POLLIN) && !PQconsumeInput(conn))
            left = -1;
        if (left < 0)
            break;
    }
    return left < 0 ? leat_postgres_fail(err, conn, NULL, "the connection to the server is lost") : 0;
}

static int begin_copy(struct postgres *p, struct leat_stage *stage, struct leat_error *err)
{
    struct leat_error end = { 0 };
    PGresult *result, *more = NULL;
    int rc;

    if (!PQsendQuery(p->conn, p->copy_sql))
        return leat_postgres_fail(err, p->conn, NULL, "cannot write");
    rc = flush(p->conn, stage, err);
    if (rc == 0)
        rc = leat_postgres_wait(p->conn, stage, err);
    if (rc < 0)
        return rc;
    result = PQgetResult(p->conn);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        rc = leat_postgres_fail(err, p->conn, result, "cannot write");
    PQclear(result);
    if (rc < 0) { /* what follows is its end, and the connection is free again */
        (void)!leat_postgres_result(p->conn, stage, &more, &end);
        PQclear(more);
    }
    return rc;
}

int copy_send(struct postgres *p, struct leat_stage *stage, int32_t from, int32_t to, PGresult **ret,
              struct leat_error *err)
{
    size_t begin = from ? p->ends[from - 1] : 0, n = p->ends[to - 1] - begin;
    int rc = begin_copy(p, stage, err);

    if (rc < 0)
        return rc;
    for (size_t done = 0, slice; done < n; done += slice) { /* of a length that an int takes */
        slice = n - done < 1 << 20 ? n - done : 1 << 20;
        if (PQputCopyData(p->conn, p->text.p + begin + done, (int)slice) < 0)
            return leat_postgres_fail(err, p->conn, NULL, "cannot write");
        if ((rc = flush(p->conn, stage, err)) < 0)
            return rc;
    }
    if (PQputCopyEnd(p->conn, NULL) < 0)
        return leat_postgres_fail(err, p->conn, NULL, "cannot write");
    rc = flush(p->conn, stage, err);
    return rc < 0 ? rc : leat_postgres_result(p->conn, stage, ret, err);
}
