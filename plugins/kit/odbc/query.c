/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Statements: what is bound to them, how they run, and what their columns are.
 */
#include "kit/odbc/odbc.h"

#include <stdlib.h>
#include <strings.h>

#include "kit/text/text.h"

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot ask by ODBC: out of memory");
}

/* ---- values ---- */

static bool make_integer(struct leat_odbc_value *v)
{
    int64_t value;

    if (!leat_text_to_int64(v->text, v->n, &value))
        return false;
    v->integer = value;
    return true;
}

static int digits_at(const char *p, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++)
        value = value * 10 + (p[i] - '0');
    return value;
}

/* As leat writes dates: the years 0 to 9999 have four digits. */
static bool make_date(struct leat_odbc_value *v)
{
    int32_t days;

    if (v->n != 10 || !leat_text_to_date(v->text, v->n, &days))
        return false;
    v->date = (SQL_DATE_STRUCT){ .year = (SQLSMALLINT)digits_at(v->text, 4),
                                 .month = (SQLUSMALLINT)digits_at(v->text + 5, 2),
                                 .day = (SQLUSMALLINT)digits_at(v->text + 8, 2) };
    return true;
}

/* 2024-02-29 12:34:56.1234567, as row.c writes a timestamp. */
static bool make_timestamp(struct leat_odbc_value *v)
{
    int64_t us;
    bool has_offset;
    SQLUINTEGER fraction = 0;

    if (v->n < 19 || !leat_text_to_timestamp(v->text, v->n, &us, &has_offset) || has_offset || v->text[4] != '-')
        return false;
    for (size_t i = 20; i < 29; i++)
        fraction = fraction * 10 + (i < v->n ? (SQLUINTEGER)(v->text[i] - '0') : 0);
    v->timestamp = (SQL_TIMESTAMP_STRUCT){ .year = (SQLSMALLINT)digits_at(v->text, 4),
                                           .month = (SQLUSMALLINT)digits_at(v->text + 5, 2),
                                           .day = (SQLUSMALLINT)digits_at(v->text + 8, 2),
                                           .hour = (SQLUSMALLINT)digits_at(v->text + 11, 2),
                                           .minute = (SQLUSMALLINT)digits_at(v->text + 14, 2),
                                           .second = (SQLUSMALLINT)digits_at(v->text + 17, 2), .fraction = fraction };
    return true;
}

/* How a value is handed over. */
struct binding {
    SQLSMALLINT c_type, sql_type, digits;
    SQLULEN size;
    const void *bytes;
};

/* A size of 0 is none to some drivers. */
static SQLULEN size_of(size_t n)
{
    return n ? n : 1;
}

static struct binding bind_text(const struct leat_odbc_link *link, struct leat_odbc_value *v)
{
    if (link->server->utf8) {
        v->length = (SQLLEN)v->n;
        return (struct binding){ SQL_C_CHAR, v->n > 8000 ? SQL_LONGVARCHAR : SQL_VARCHAR, 0, size_of(v->n), v->text };
    }
    v->length = (SQLLEN)v->room.n;
    return (struct binding){ SQL_C_WCHAR, v->n > 4000 ? SQL_WLONGVARCHAR : SQL_WVARCHAR, 0,
                             size_of(v->room.n / sizeof(SQLWCHAR)), v->room.p };
}

/* False: it is none of its kind. */
static bool make(const struct leat_odbc_link *link, struct leat_odbc_value *v)
{
    switch (v->kind) {
    case LEAT_ODBC_INTEGER:
        return make_integer(v);
    case LEAT_ODBC_DATE:
        return make_date(v);
    case LEAT_ODBC_TIMESTAMP:
        return make_timestamp(v);
    case LEAT_ODBC_TEXT:
        return link->server->utf8 || leat_odbc_wide(v->text, v->n, &v->room);
    default:
        return true;
    }
}

static struct binding binding_of(const struct leat_odbc_link *link, struct leat_odbc_value *v)
{
    v->length = (SQLLEN)v->n;
    switch (v->kind) {
    case LEAT_ODBC_INTEGER:
        v->length = 0;
        return (struct binding){ SQL_C_SBIGINT, SQL_BIGINT, 0, 19, &v->integer };
    case LEAT_ODBC_DATE:
        v->length = sizeof v->date;
        return (struct binding){ SQL_C_TYPE_DATE, SQL_TYPE_DATE, 0, 10, &v->date };
    case LEAT_ODBC_TIMESTAMP:
        v->length = sizeof v->timestamp;
        return (struct binding){ SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, (SQLSMALLINT)v->digits,
                                 v->digits ? 20 + (SQLULEN)v->digits : 19, &v->timestamp };
    case LEAT_ODBC_DECIMAL:
        return (struct binding){ SQL_C_CHAR, SQL_DECIMAL, (SQLSMALLINT)v->digits, 38, v->text };
    case LEAT_ODBC_BYTES:
        return (struct binding){ SQL_C_BINARY, v->n > 8000 ? SQL_LONGVARBINARY : SQL_VARBINARY, 0, size_of(v->n),
                                 v->text };
    default:
        return bind_text(link, v);
    }
}

static int bind(struct leat_odbc_link *link, SQLHSTMT stmt, int n, struct leat_odbc_value *values, const char *doing,
                struct leat_error *err)
{
    for (int i = 0; i < n; i++) {
        struct binding b;

        if (!make(link, &values[i]))
            return leat_fail(err, LEAT_EDATA, "%s: where an earlier run came to does not fit the cursor; `leat run "
                             "--restart' starts anew", doing);
        b = binding_of(link, &values[i]);
        if (!SQL_SUCCEEDED(SQLBindParameter(stmt, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT, b.c_type, b.sql_type, b.size,
                                            b.digits, (SQLPOINTER)b.bytes, (SQLLEN)size_of(values[i].n),
                                            &values[i].length)))
            return leat_odbc_fail(err, link, stmt, doing);
    }
    return 0;
}

static void free_rooms(int n, struct leat_odbc_value *values)
{
    for (int i = 0; i < n; i++)
        leat_put_free(&values[i].room);
}

/* ---- statements ---- */

struct preparing {
    SQLHSTMT stmt;
    struct leat_put text;
};

static SQLRETURN prepare_call(void *argument)
{
    const struct preparing *p = argument;

    return SQLPrepareW(p->stmt, (SQLWCHAR *)(void *)p->text.p, (SQLINTEGER)(p->text.n / sizeof(SQLWCHAR)));
}

static SQLRETURN execute_call(void *stmt)
{
    return SQLExecute(stmt);
}

static int set_timeout(const struct leat_odbc_link *link, SQLHSTMT stmt, struct leat_error *err)
{
    SQLULEN seconds = (SQLULEN)(link->options->timeout + 999) / 1000;
    SQLRETURN result;

    if (!seconds || link->server->timeout)
        return 0;
    result = SQLSetStmtAttrW(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)seconds, 0);
    return result == SQL_SUCCESS ? 0 : leat_fail(err, LEAT_EPIPELINE, "the driver cannot end a statement after a "
                                                 "`timeout'; leave it out, or set it at the server");
}

static int prepare(struct leat_odbc_link *link, const char *sql, const char *doing, SQLHSTMT *ret,
                   struct leat_error *err)
{
    struct preparing *p = calloc(1, sizeof *p);
    SQLHSTMT stmt = NULL;
    SQLRETURN result;
    int rc;

    if (!p || SQLAllocHandle(SQL_HANDLE_STMT, link->conn, &stmt) != SQL_SUCCESS ||
        !leat_odbc_wide(sql, strlen(sql), &p->text)) {
        rc = stmt ? leat_fail(err, LEAT_EPIPELINE, "%s: its text is no UTF-8", doing)
                  : leat_odbc_fail(err, link, NULL, doing);
    } else {
        p->stmt = stmt;
        rc = set_timeout(link, stmt, err);
        result = rc == 0 ? leat_odbc_wait(link, stmt, prepare_call, p) : SQL_ERROR;
        if (rc == 0 && (!SQL_SUCCEEDED(result) || link->stopped))
            rc = leat_odbc_fail(err, link, stmt, doing);
    }
    if (p && !link->stopped) { /* else the driver may still have it */
        leat_put_free(&p->text);
        free(p);
    }
    if (rc < 0 && stmt && !link->stopped)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    else
        *ret = stmt;
    return rc;
}

static int execute(struct leat_odbc_link *link, SQLHSTMT stmt, const char *doing, struct leat_error *err)
{
    SQLRETURN result = leat_odbc_wait(link, stmt, execute_call, stmt);

    return (SQL_SUCCEEDED(result) || result == SQL_NO_DATA) && !link->stopped ? 0
                                                                              : leat_odbc_fail(err, link, stmt, doing);
}

int leat_odbc_do(struct leat_odbc_link *link, const char *sql, struct leat_error *err)
{
    SQLHSTMT stmt = NULL;
    int rc = prepare(link, sql, "the server refuses", &stmt, err);

    if (rc == 0)
        rc = execute(link, stmt, "the server refuses", err);
    if (stmt && !link->stopped)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    return rc;
}

/* All in one piece, texts as well. NULL: no memory. */
static struct leat_odbc_value *copy_values(int n, const struct leat_odbc_value *values)
{
    size_t size = ((size_t)n + 1) * sizeof *values;
    struct leat_odbc_value *own;
    char *text;

    for (int i = 0; i < n; i++)
        size += values[i].n + 1;
    own = calloc(1, size);
    if (!own)
        return NULL;
    text = (char *)&own[n + 1];
    for (int i = 0; i < n; i++) {
        own[i] = values[i];
        if (values[i].n)
            memcpy(text, values[i].text, values[i].n);
        own[i].text = text;
        text += values[i].n + 1;
    }
    return own;
}

/* What is bound belongs to the statement: a driver that never comes back from it keeps both. */
int leat_odbc_select(struct leat_odbc_link *link, const char *sql, int n, const struct leat_odbc_value *values,
                     const char *doing, struct leat_error *err)
{
    int rc;

    leat_odbc_end(link);
    link->bound = copy_values(n, values);
    if (!link->bound)
        return no_memory(err);
    link->n_bound = n;
    rc = prepare(link, sql, doing, &link->rows, err);
    if (rc == 0)
        rc = bind(link, link->rows, n, link->bound, doing, err);
    if (rc == 0)
        rc = execute(link, link->rows, doing, err);
    if (rc == 0)
        (void)SQLFreeStmt(link->rows, SQL_RESET_PARAMS);
    return rc;
}

void leat_odbc_end(struct leat_odbc_link *link)
{
    if (link->rows && !link->stopped)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, link->rows);
    else if (link->rows) {
        (void)SQLCancel(link->rows);
        (void)SQLFreeHandle(SQL_HANDLE_STMT, link->rows);
    }
    link->rows = NULL;
    leat_odbc_block_free(link->block);
    link->block = NULL;
    free_rooms(link->n_bound, link->bound);
    free(link->bound);
    link->bound = NULL;
    link->n_bound = 0;
}

/* ---- columns ---- */

static void take_text(const SQLWCHAR *wide, SQLSMALLINT n, SQLSMALLINT most, char *ret, size_t room)
{
    struct leat_put text = { 0 };

    n = n < 0 ? 0 : n < most ? n : (SQLSMALLINT)(most - 1);
    leat_odbc_narrow(wide, (size_t)n, &text);
    (void)snprintf(ret, room, "%s", leat_put_end(&text) ? text.p : "");
    leat_put_free(&text);
}

static SQLLEN number_of(SQLHSTMT stmt, SQLUSMALLINT i, SQLUSMALLINT what)
{
    SQLLEN value = 0;

    return SQL_SUCCEEDED(SQLColAttributeW(stmt, i, what, NULL, 0, NULL, &value)) ? value : 0;
}

static bool describe_column(SQLHSTMT stmt, SQLUSMALLINT i, struct leat_odbc_column *ret)
{
    SQLWCHAR wide[512] = { 0 };
    SQLSMALLINT n = 0, nullable = SQL_NULLABLE_UNKNOWN;

    if (!SQL_SUCCEEDED(SQLDescribeColW(stmt, i, wide, 512, &n, &ret->type, &ret->size, &ret->digits, &nullable)))
        return false;
    take_text(wide, n, 512, ret->name, sizeof ret->name);
    memset(wide, 0, sizeof wide);
    n = 0;
    if (SQL_SUCCEEDED(SQLColAttributeW(stmt, i, SQL_DESC_TYPE_NAME, wide, sizeof wide, &n, NULL)))
        take_text(wide, (SQLSMALLINT)(n / (SQLSMALLINT)sizeof *wide), 512, ret->type_name, sizeof ret->type_name);
    ret->octets = number_of(stmt, i, SQL_DESC_OCTET_LENGTH);
    ret->is_unsigned = number_of(stmt, i, SQL_DESC_UNSIGNED) == SQL_TRUE;
    ret->never_null = nullable == SQL_NO_NULLS;
    return true;
}

static int columns_of(struct leat_odbc_link *link, SQLHSTMT stmt, SQLSMALLINT n, struct leat_odbc_column **ret,
                      struct leat_error *err)
{
    struct leat_odbc_column *columns = calloc((size_t)n + 1, sizeof *columns);

    if (!columns)
        return no_memory(err);
    for (SQLSMALLINT i = 0; i < n; i++)
        if (!describe_column(stmt, (SQLUSMALLINT)(i + 1), &columns[i])) {
            free(columns);
            return leat_odbc_fail(err, link, stmt, "cannot ask what the columns are");
        }
    *ret = columns;
    return 0;
}

int leat_odbc_columns(struct leat_odbc_link *link, struct leat_odbc_column **ret, int *ret_n, struct leat_error *err)
{
    SQLSMALLINT n = 0;

    if (!SQL_SUCCEEDED(SQLNumResultCols(link->rows, &n)))
        return leat_odbc_fail(err, link, link->rows, "cannot ask what the columns are");
    *ret_n = n;
    return columns_of(link, link->rows, n, ret, err);
}

/* A driver that knows the columns only once the statement runs is let run it, but nothing that writes. */
static bool may_run(const char *sql)
{
    static const char *const words[] = { "SELECT", "WITH", "VALUES", "TABLE" };

    sql += strspn(sql, " \t\r\n(");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncasecmp(sql, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static int describe(struct leat_odbc_link *link, SQLHSTMT stmt, const char *sql, const char *doing,
                    struct leat_odbc_column **ret, int *ret_n, struct leat_error *err)
{
    SQLSMALLINT n = 0;
    int rc = 0;

    if (!SQL_SUCCEEDED(SQLNumResultCols(stmt, &n)))
        n = 0;
    if (n == 0 && may_run(sql)) {
        rc = execute(link, stmt, doing, err);
        if (rc == 0 && !SQL_SUCCEEDED(SQLNumResultCols(stmt, &n)))
            rc = leat_odbc_fail(err, link, stmt, doing);
    }
    if (rc == 0 && n == 0)
        return leat_fail(err, LEAT_EPIPELINE, "the query gives no columns: it must be a SELECT");
    *ret_n = n;
    return rc == 0 ? columns_of(link, stmt, n, ret, err) : rc;
}

int leat_odbc_describe(struct leat_odbc_link *link, const char *sql, int n, struct leat_odbc_value *values,
                       const char *doing, struct leat_odbc_column **ret, int *ret_n, struct leat_error *err)
{
    SQLHSTMT stmt = NULL;
    SQLSMALLINT marks = -1;
    int rc = prepare(link, sql, doing, &stmt, err);

    if (rc == 0 && SQL_SUCCEEDED(SQLNumParams(stmt, &marks)) && marks != n)
        rc = leat_fail(err, LEAT_EPIPELINE, "a variable of the query stands in a text, a name or a comment, where "
                       "it is no value: leave the quotes away (and a ? of its own the query cannot have)");
    if (rc == 0)
        rc = bind(link, stmt, n, values, doing, err);
    if (rc == 0)
        rc = describe(link, stmt, sql, doing, ret, ret_n, err);
    free_rooms(n, values);
    if (stmt && !link->stopped) {
        (void)SQLFreeStmt(stmt, SQL_CLOSE);
        (void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    }
    return rc;
}
