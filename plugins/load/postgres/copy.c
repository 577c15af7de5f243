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
    leat_put_string(out, "\\\\x");
    leat_put_hex(out, bytes, n);
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

bool copy_put(void *self, struct leat_batch *b, int32_t row)
{
    struct postgres *p = self;

    if (p->staging_sql)
        leat_put_printf(&p->load.text, "%d\t", p->load.n_rows);
    for (int i = 0; i < p->load.n_fields; i++) {
        int field = p->load.fields[i];

        put_value(&p->load.text, &b->schema->fields[field], &b->columns[field], row);
        leat_put_bytes(&p->load.text, i < p->load.n_fields - 1 ? "\t" : "\n", 1);
    }
    return true;
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
    size_t begin = from ? p->load.ends[from - 1] : 0, n = p->load.ends[to - 1] - begin;
    int rc = begin_copy(p, stage, err);

    if (rc < 0)
        return rc;
    for (size_t done = 0, slice; done < n; done += slice) { /* of a length that an int takes */
        slice = n - done < 1 << 20 ? n - done : 1 << 20;
        if (PQputCopyData(p->conn, p->load.text.p + begin + done, (int)slice) < 0)
            return leat_postgres_fail(err, p->conn, NULL, "cannot write");
        if ((rc = flush(p->conn, stage, err)) < 0)
            return rc;
    }
    if (PQputCopyEnd(p->conn, NULL) < 0)
        return leat_postgres_fail(err, p->conn, NULL, "cannot write");
    rc = flush(p->conn, stage, err);
    return rc < 0 ? rc : leat_postgres_result(p->conn, stage, ret, err);
}
