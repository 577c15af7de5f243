/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking, and waiting for the answer.
 */
#include <poll.h>

#include "kit/text/put.h"
#include "kit/text/text.h"
#include "wait.h"

enum { LISTEN_MS = 200 };

/* ---- waiting ---- */

static bool is_stopped(struct leat_mysql_link *link)
{
    if (link->stage && leat_stage_cancelled(link->stage))
        link->stopped = LEAT_ECANCELED;
    else if (link->until_ms && leat_now_ms() >= link->until_ms)
        link->stopped = -ETIMEDOUT;
    return link->stopped;
}

int wait_for(struct leat_mysql_link *link, int events)
{
    struct pollfd p = { .fd = mysql_get_socket(link->conn),
                        .events = (short)((events & MYSQL_WAIT_READ ? POLLIN : 0) |
                                          (events & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
                                          (events & MYSQL_WAIT_EXCEPT ? POLLPRI : 0)) };
    int64_t until = events & MYSQL_WAIT_TIMEOUT ? leat_now_ms() + mysql_get_timeout_value_ms(link->conn) : INT64_MAX;

    for (;;) {
        int n = poll(&p, 1, LISTEN_MS);

        if (n > 0 && p.revents & (POLLERR | POLLHUP | POLLNVAL))
            return events & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE); /* it will see for itself */
        if (n > 0)
            return (p.revents & POLLIN ? MYSQL_WAIT_READ : 0) | (p.revents & POLLOUT ? MYSQL_WAIT_WRITE : 0) |
                   (p.revents & POLLPRI ? MYSQL_WAIT_EXCEPT : 0);
        if (is_stopped(link) || leat_now_ms() >= until)
            return MYSQL_WAIT_TIMEOUT;
    }
}

/* ---- statements ---- */

static int send(struct leat_mysql_link *link, const char *sql, size_t n, const char *doing, struct leat_error *err)
{
    int rc, status = mysql_real_query_start(&rc, link->conn, sql, (unsigned long)n);

    link->asked = true;
    while (status)
        status = mysql_real_query_cont(&rc, link->conn, wait_for(link, status));
    if (!link->stopped)
        link->asked = false;
    return rc ? leat_mysql_fail(err, link, doing) : 0;
}

/* Makes the answer's rows available; they have not come yet. */
static int take_rows(struct leat_mysql_link *link, const char *doing, struct leat_error *err)
{
    link->rows = mysql_use_result(link->conn);
    return !link->rows && mysql_errno(link->conn) ? leat_mysql_fail(err, link, doing) : 0;
}

int leat_mysql_do(struct leat_mysql_link *link, const char *sql, struct leat_error *err)
{
    int rc = send(link, sql, strlen(sql), "the server refuses", err);
    unsigned long *lengths;
    MYSQL_ROW row;

    if (rc == 0)
        rc = take_rows(link, "the server refuses", err);
    if (rc < 0 || !link->rows)
        return rc;
    while ((rc = leat_mysql_row(link, &row, &lengths, err)) > 0)
        ;
    return rc;
}

int leat_mysql_write(struct leat_mysql_link *link, const char *sql, size_t n, const char *doing, struct leat_error *err)
{
    bool before = link->values_in_text;
    int rc;

    link->values_in_text = true;
    rc = send(link, sql, n, doing, err);
    link->values_in_text = before;
    return rc;
}

/* ---- values ---- */

/* The session's character set is utf8mb4, in which no byte of a longer character is a quote or a backslash. */
void leat_mysql_add_text(struct leat_put *out, const char *text, size_t n)
{
    char *p = leat_put_reserve(out, 2 * n + 2);

    if (!p)
        return;
    *p++ = '\'';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\'' || text[i] == '\\' || !text[i])
            *p++ = '\\';
        *p++ = text[i] ? text[i] : '0';
    }
    *p++ = '\'';
    out->n = (size_t)(p - out->p);
}

void leat_mysql_add_bytes(struct leat_put *out, const char *bytes, size_t n)
{
    leat_put_string(out, "x'");
    leat_put_hex(out, bytes, n);
    leat_put_string(out, "'");
}

/* In digits there is nothing to quote. What is in a variable with an introducer is a text in utf8mb4, without one it is
 * bytes. */
static void add_literal(struct leat_put *out, const char *bytes, size_t n, bool binary)
{
    leat_put_string(out, binary ? "" : "_utf8mb4 ");
    leat_mysql_add_bytes(out, bytes, n);
}

/* SET @leat_sql = ..., @leat_0 = ...: what follows is then prepared and executed. */
static int set_variables(struct leat_mysql_link *link, const char *sql, int n, const struct leat_mysql_value *values,
                         struct leat_error *err)
{
    struct leat_put set = { 0 };
    const char *text;
    int rc;

    leat_put_string(&set, "SET @leat_sql = ");
    add_literal(&set, sql, strlen(sql), false);
    for (int i = 0; i < n; i++) {
        leat_put_printf(&set, ", @leat_%d = ", i);
        if (values[i].bytes)
            add_literal(&set, values[i].bytes, values[i].n, values[i].binary);
        else
            leat_put_string(&set, "NULL");
    }
    text = leat_put_end(&set);
    rc = text ? send(link, text, set.n, "the server refuses the values of the statement", err)
              : leat_fail(err, -ENOMEM, "cannot ask the server: out of memory");
    leat_put_free(&set);
    return rc;
}

static int execute(struct leat_mysql_link *link, int n, const char *doing, struct leat_error *err)
{
    static const char prepare[] = "PREPARE leat FROM @leat_sql";
    struct leat_put sql = { 0 };
    const char *text;
    int rc = send(link, prepare, strlen(prepare), doing, err);

    leat_put_string(&sql, "EXECUTE leat USING ");
    for (int i = 0; i < n; i++)
        leat_put_printf(&sql, "%s@leat_%d", i ? ", " : "", i);
    text = leat_put_end(&sql);
    if (rc == 0)
        rc = text ? send(link, text, sql.n, doing, err)
                  : leat_fail(err, -ENOMEM, "cannot ask the server: out of memory");
    leat_put_free(&sql);
    return rc;
}

int leat_mysql_select(struct leat_mysql_link *link, const char *sql, int n, const struct leat_mysql_value *values,
                      const char *doing, struct leat_error *err)
{
    int rc;

    if (n == 0) {
        rc = send(link, sql, strlen(sql), doing, err);
    } else {
        rc = set_variables(link, sql, n, values, err);
        if (rc == 0)
            rc = execute(link, n, doing, err);
    }
    if (rc == 0)
        rc = take_rows(link, doing, err);
    if (rc == 0 && !link->rows)
        return leat_fail(err, LEAT_EPIPELINE, "%s: it gives no rows: it must be a SELECT", doing);
    return rc;
}

int leat_mysql_row(struct leat_mysql_link *link, MYSQL_ROW *ret, unsigned long **ret_lengths, struct leat_error *err)
{
    MYSQL_ROW row;
    int status = mysql_fetch_row_start(&row, link->rows);

    while (status)
        status = mysql_fetch_row_cont(&row, link->rows, wait_for(link, status));
    if (row) {
        *ret = row;
        *ret_lengths = mysql_fetch_lengths(link->rows);
        return 1;
    }
    if (link->stopped || mysql_errno(link->conn))
        return leat_mysql_fail(err, link, "cannot read on");
    mysql_free_result(link->rows);
    link->rows = NULL;
    return 0;
}

int leat_mysql_describe(struct leat_mysql_link *link, const char *sql, const char *doing, MYSQL_STMT **ret_statement,
                        MYSQL_RES **ret_fields, struct leat_error *err)
{
    MYSQL_STMT *statement = mysql_stmt_init(link->conn);
    int rc, status;

    if (!statement)
        return leat_mysql_fail(err, link, doing);
    status = mysql_stmt_prepare_start(&rc, statement, sql, strlen(sql));
    while (status)
        status = mysql_stmt_prepare_cont(&rc, statement, wait_for(link, status));
    if (rc) {
        rc = leat_mysql_fail(err, link, doing);
        (void)mysql_stmt_close(statement);
        return rc;
    }
    *ret_statement = statement;
    *ret_fields = mysql_stmt_result_metadata(statement);
    return 0;
}
