/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * An ODBC driver with one table in its memory: what no driver that can be had here does, by the rules of the
 * ODBC 3.8 Programmer's Reference (SQLFetch, SQLGetData; appendix D). Types and texts are those that the
 * documentation of SQL Server's drivers has, whose server is not here.
 *
 *     Driver=double            the table, as a server that nobody knows; one called `blocks' has no long columns
 *     ...;Fault=nototal        lengths of long values are not told (SQL_NO_TOTAL)
 *     ...;Fault=secret         a value that does not fit into its buffer is cut, and the length is what fitted
 *     ...;Fault=liar           the same, and not even 01004 says so, but SQLGetData knows the length
 *     ...;Fault=short          a column is longer than it is described
 *     ...;Fault=lost           the connection is lost with the third row
 */
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { N_COLUMNS = 17, N_SHORT = 14, N_ROWS = 4, LONG_UNITS = 20001 };

static const struct {
    const char *name, *type_name;
    SQLSMALLINT type;
    SQLULEN size;
    SQLSMALLINT digits;
    bool is_unsigned;
} columns[N_COLUMNS] = {
    { "id", "int", SQL_INTEGER, 10, 0, false },
    { "b", "bit", SQL_BIT, 1, 0, true },
    { "t", "tinyint", SQL_TINYINT, 3, 0, true },
    { "u", "bigint unsigned", SQL_BIGINT, 20, 0, true },
    { "d", "decimal", SQL_DECIMAL, 10, 2, false },
    { "m", "money", SQL_DECIMAL, 19, 4, false },
    { "r", "real", SQL_REAL, 24, 0, false },
    { "f", "float", SQL_FLOAT, 53, 0, false },
    { "da", "date", SQL_TYPE_DATE, 10, 0, false },
    { "dt", "datetime2", SQL_TYPE_TIMESTAMP, 27, 7, false },
    { "dto", "datetimeoffset", -155, 34, 7, false },
    { "tm", "time", -154, 16, 7, false },
    { "g", "uniqueidentifier", SQL_GUID, 36, 0, false },
    { "n", "nvarchar", SQL_WVARCHAR, 10, 0, false },
    { "x", "xml", -152, 0, 0, false },
    { "l", "nvarchar", SQL_WLONGVARCHAR, 0, 0, false },
    { "z", "hierarchyid", -151, 892, 0, false },
};

/* As texts; NULL: null. `dt` is read as a structure, `l` is made. */
static const char *const rows[N_ROWS][N_COLUMNS] = {
    { "1", "1", "255", "18446744073709551615", ".5", "12.5000", "1.1", "0.1", "2024-02-29",
      "2024-02-29 12:00:00.1234560",
      "2024-02-29 12:00:00.1234560 +02:00", "12:34:56.1234567", "00112233-4455-6677-8899-AABBCCDDEEFF", "Zo\\xeb",
      "<a/>", "L", "/1/" },
    { "2", "0", "0", "0", "1E+2", "-922337203685477.5808", "16777216", "1e300", "0001-01-01",
      "9999-12-31 23:59:59.0000000",
      "2024-02-29 12:00:00.0000000 -05:45", "00:00:00.0000000", "00000000-0000-0000-0000-000000000000",
          "\\xd83d\\xde00",
      "", "", "" },
    { "3", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "2024-02-29 12:00:00.1234567", NULL, NULL, NULL, "a\\x0b",
      NULL,
      NULL, NULL },
    { "4", NULL, NULL, NULL, "-.25", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "half \\xd83d pair", NULL, NULL,
      NULL },
};

enum fault { FAULT_NONE, FAULT_NOTOTAL, FAULT_SECRET, FAULT_LIAR, FAULT_SHORT, FAULT_LOST };

struct handle {
    struct handle *conn;
    enum fault fault;
    const char *state, *message;
    /* of a statement */
    int n_columns;
    bool asked[N_COLUMNS];
    int row;                       /* the next */
    int at[N_COLUMNS];             /* bytes that SQLGetData has given */
    SQLULEN n_rows, *fetched;
    SQLUSMALLINT *states;
    struct {
        SQLSMALLINT c_type;
        char *buffer;
        SQLLEN room, *length;
    } bound[N_COLUMNS];
};

static SQLRETURN fails(struct handle *h, const char *state, const char *message)
{
    h->state = state;
    h->message = message;
    return SQL_ERROR;
}

/* ---- values ---- */

static size_t put_wide(const char *text, SQLWCHAR *out)
{
    size_t n = 0;

    for (const char *p = text; *p; n++) {
        unsigned unit;

        if (sscanf(p, "\\x%4x", &unit) == 1 && p[0] == '\\') {
            int digits = (int)strspn(p + 2, "0123456789abcdef");

            if (strncmp(p, "\\x0b", 4) == 0) { /* a NUL, and b */
                unit = 0;
                digits = 1;
            }
            out[n] = (SQLWCHAR)unit;
            p += 2 + (digits < 4 ? digits : 4);
        } else {
            out[n] = (unsigned char)*p++;
        }
    }
    return n;
}

/* All of a value as it is asked for, in `room`; its bytes. Half of the long text are pairs. */
static size_t make(const struct handle *s, int row, int column, SQLSMALLINT c_type, char *room)
{
    const char *text = rows[row][column];
    SQLWCHAR *wide = (SQLWCHAR *)(void *)room;

    if (column == 13 && row == 0 && s->conn->fault >= FAULT_SECRET && s->conn->fault <= FAULT_SHORT)
        text = "longer than it is described, and by more than its buffer has";
    if (c_type == SQL_C_WCHAR && text[0] == 'L') {
        for (int i = 0; i < LONG_UNITS; i++)
            wide[i] = i == 0 ? 'x' : i % 2 ? 0xd83d : 0xde00;
        return LONG_UNITS * sizeof *wide;
    }
    if (c_type == SQL_C_WCHAR)
        return put_wide(text, wide) * sizeof *wide;
    if (c_type == SQL_C_FLOAT) {
        float f = strtof(text, NULL);

        memcpy(room, &f, sizeof f);
        return sizeof f;
    }
    if (c_type == SQL_C_DOUBLE) {
        double d = strtod(text, NULL);

        memcpy(room, &d, sizeof d);
        return sizeof d;
    }
    if (c_type == SQL_C_TYPE_DATE || c_type == SQL_C_TYPE_TIMESTAMP) {
        int v[7] = { 0 };

        (void)sscanf(text, "%d-%d-%d %d:%d:%d.%7d", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6]);
        if (c_type == SQL_C_TYPE_DATE) {
            SQL_DATE_STRUCT d = { (SQLSMALLINT)v[0], (SQLUSMALLINT)v[1], (SQLUSMALLINT)v[2] };

            memcpy(room, &d, sizeof d);
            return sizeof d;
        }
        SQL_TIMESTAMP_STRUCT t = { (SQLSMALLINT)v[0], (SQLUSMALLINT)v[1], (SQLUSMALLINT)v[2], (SQLUSMALLINT)v[3],
                                   (SQLUSMALLINT)v[4], (SQLUSMALLINT)v[5], (SQLUINTEGER)v[6] * 100 };

        memcpy(room, &t, sizeof t);
        return sizeof t;
    }
    strcpy(room, text);
    return strlen(text);
}

/* Gives what is behind `*at` into a buffer. */
static SQLRETURN give(struct handle *s, int row, int column, SQLSMALLINT c_type, char *buffer, SQLLEN room,
                      SQLLEN *length,
                      int *at, bool in_block)
{
    static _Thread_local _Alignas(8) char value[LONG_UNITS * 2 + 100];
    size_t end = c_type == SQL_C_WCHAR ? 2 : c_type == SQL_C_CHAR ? 1 : 0, n, left, fit;
    bool fixed = c_type == SQL_C_FLOAT || c_type == SQL_C_DOUBLE || c_type == SQL_C_TYPE_DATE || c_type == 
        SQL_C_TYPE_TIMESTAMP;

    if (!rows[row][column]) {
        *length = SQL_NULL_DATA;
        return SQL_SUCCESS;
    }
    n = make(s, row, column, c_type, value);
    left = n - (size_t)*at;
    fit = fixed ? n : (size_t)room - end;
    if (fit > left)
        fit = left;
    memcpy(buffer, value + *at, fit);
    if (!fixed)
        memset(buffer + fit, 0, end);
    *at += (int)fit;
    *length = (SQLLEN)left;
    if (fit == left)
        return SQL_SUCCESS;
    if (s->conn->fault == FAULT_NOTOTAL)
        *length = SQL_NO_TOTAL;
    if (in_block && (s->conn->fault == FAULT_SECRET || s->conn->fault == FAULT_LIAR))
        *length = (SQLLEN)fit;
    (void)fails(s, "01004", "[double]String data, right truncated");
    return SQL_SUCCESS_WITH_INFO;
}

/* ---- handles ---- */

EXPORT SQLRETURN SQLAllocHandle(SQLSMALLINT type, SQLHANDLE of, SQLHANDLE *ret)
{
    struct handle *h = calloc(1, sizeof *h);

    (void)type;
    h->conn = of;
    h->n_rows = 1;
    *ret = h;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLFreeHandle(SQLSMALLINT type, SQLHANDLE h)
{
    (void)type;
    free(h);
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLFreeStmt(SQLHSTMT s, SQLUSMALLINT what) { (void)s, (void)what; return SQL_SUCCESS; }
EXPORT SQLRETURN SQLSetEnvAttr(SQLHENV e, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
{
    (void)e, (void)a, (void)v, (void)n;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLSetConnectAttrW(SQLHDBC c, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
{
    (void)c, (void)a, (void)v, (void)n;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLDisconnect(SQLHDBC c) { (void)c; return SQL_SUCCESS; }
EXPORT SQLRETURN SQLEndTran(SQLSMALLINT t, SQLHANDLE h, SQLSMALLINT how)
{
    (void)t, (void)h, (void)how;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLCancel(SQLHSTMT s) { (void)s; return SQL_SUCCESS; }

EXPORT SQLRETURN SQLDriverConnectW(SQLHDBC c, SQLHWND w, SQLWCHAR *in, SQLSMALLINT n, SQLWCHAR *out, SQLSMALLINT room,
                                   SQLSMALLINT *ret_n, SQLUSMALLINT how)
{
    static const char *const faults[] = { "Fault=none", "Fault=nototal", "Fault=secret", "Fault=liar", "Fault=short",
        "Fault=lost" };
    char text[400] = "";

    (void)w, (void)out, (void)room;
    if (ret_n)
        *ret_n = 0;
    if (how != SQL_DRIVER_NOPROMPT)
        return fails(c, "HY110", "[double]nobody is here to be asked");
    for (int i = 0; (n == SQL_NTS ? in[i] : i < n) && i < 399; i++)
        text[i] = (char)in[i];
    for (int i = 0; i < 6; i++)
        if (strstr(text, faults[i]))
            ((struct handle *)c)->fault = (enum fault)i;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLGetInfoW(SQLHDBC c, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT room, SQLSMALLINT *n)
{
    const char *text = what == SQL_DBMS_NAME ? "Double" : what == SQL_DRIVER_NAME ? "double.so" : what == 
        SQL_DRIVER_ODBC_VER ? "03.80"
                     : what == SQL_IDENTIFIER_QUOTE_CHAR ? "\"" : NULL;

    (void)c;
    if (!text) {
        if (value && room >= 0)
            memset(value, 0, 2);
        return SQL_SUCCESS;
    }
    if (value && room >= (SQLSMALLINT)(2 * strlen(text) + 2)) {
        SQLWCHAR *wide = value;

        wide[put_wide(text, wide)] = 0;
    }
    if (n)
        *n = (SQLSMALLINT)(2 * strlen(text));
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLGetDiagRecW(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT i, SQLWCHAR *state, SQLINTEGER *native,
                                SQLWCHAR *text, SQLSMALLINT room, SQLSMALLINT *n)
{
    const struct handle *h = handle;

    (void)type;
    if (i != 1 || !h->state)
        return SQL_NO_DATA;
    state[put_wide(h->state, state)] = 0;
    if (native)
        *native = 0;
    if (text && room > (SQLSMALLINT)strlen(h->message))
        text[put_wide(h->message, text)] = 0;
    if (n)
        *n = (SQLSMALLINT)strlen(h->message);
    return SQL_SUCCESS;
}

/* The driver manager does not ask for records without it. */
EXPORT SQLRETURN SQLGetDiagFieldW(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT i, SQLSMALLINT what, SQLPOINTER value,
                                  SQLSMALLINT room,
                                  SQLSMALLINT *n)
{
    (void)type, (void)h, (void)i, (void)what, (void)value, (void)room, (void)n;
    return SQL_NO_DATA;
}

/* ---- statements ---- */

EXPORT SQLRETURN SQLPrepareW(SQLHSTMT s, SQLWCHAR *sql, SQLINTEGER n)
{
    char text[1000] = "";

    for (int i = 0; (n == SQL_NTS ? sql[i] : i < n) && i < 999; i++)
        text[i] = (char)sql[i];
    ((struct handle *)s)->n_columns = strstr(text, "blocks") ? N_SHORT : N_COLUMNS;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLNumParams(SQLHSTMT s, SQLSMALLINT *n) { (void)s; *n = 0; return SQL_SUCCESS; }
EXPORT SQLRETURN SQLNumResultCols(SQLHSTMT s, SQLSMALLINT *n)
{
    *n = (SQLSMALLINT)((struct handle *)s)->n_columns;
    return SQL_SUCCESS;
}


EXPORT SQLRETURN SQLExecute(SQLHSTMT stmt)
{
    ((struct handle *)stmt)->row = 0;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLDescribeColW(SQLHSTMT s, SQLUSMALLINT i, SQLWCHAR *name, SQLSMALLINT room, SQLSMALLINT *n,
                                 SQLSMALLINT *type,
                                 SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    (void)s, (void)room;
    *n = (SQLSMALLINT)put_wide(columns[i - 1].name, name);
    name[*n] = 0;
    *type = columns[i - 1].type;
    *size = columns[i - 1].size;
    *digits = columns[i - 1].digits;
    *nullable = i == 1 ? SQL_NO_NULLS : SQL_NULLABLE;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLColAttributeW(SQLHSTMT s, SQLUSMALLINT i, SQLUSMALLINT what, SQLPOINTER text, SQLSMALLINT room,
                                  SQLSMALLINT *n,
                                  SQLLEN *number)
{
    (void)s, (void)room;
    if (what == SQL_DESC_TYPE_NAME) {
        SQLWCHAR *wide = text;

        wide[put_wide(columns[i - 1].type_name, wide)] = 0;
        *n = (SQLSMALLINT)(2 * strlen(columns[i - 1].type_name));
    } else if (number) {
        *number = what == SQL_DESC_UNSIGNED ? columns[i - 1].is_unsigned : 0;
    }
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLPrimaryKeysW(SQLHSTMT s, SQLWCHAR *c, SQLSMALLINT nc, SQLWCHAR *sc, SQLSMALLINT ns, SQLWCHAR *t,
                                 SQLSMALLINT nt)
{
    (void)c, (void)nc, (void)sc, (void)ns, (void)t, (void)nt;
    return fails(s, "HYC00", "[double]not here");
}

EXPORT SQLRETURN SQLSetStmtAttrW(SQLHSTMT stmt, SQLINTEGER what, SQLPOINTER value, SQLINTEGER n)
{
    struct handle *s = stmt;

    (void)n;
    if (what == SQL_ATTR_ROW_ARRAY_SIZE)
        s->n_rows = (SQLULEN)value;
    if (what == SQL_ATTR_ROWS_FETCHED_PTR)
        s->fetched = value;
    if (what == SQL_ATTR_ROW_STATUS_PTR)
        s->states = value;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLGetStmtAttrW(SQLHSTMT s, SQLINTEGER what, SQLPOINTER value, SQLINTEGER room, SQLINTEGER *n)
{
    (void)room, (void)n;
    if (what >= SQL_ATTR_APP_ROW_DESC && what <= SQL_ATTR_IMP_PARAM_DESC)
        *(SQLHANDLE *)value = s;
    return SQL_SUCCESS;
}

EXPORT SQLRETURN SQLBindCol(SQLHSTMT stmt, SQLUSMALLINT i, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN room,
                            SQLLEN *length)
{
    struct handle *s = stmt;

    s->bound[i - 1].c_type = c_type;
    s->bound[i - 1].buffer = buffer;
    s->bound[i - 1].room = room;
    s->bound[i - 1].length = length;
    return SQL_SUCCESS;
}

static bool give_row(struct handle *s, SQLULEN k)
{
    bool cut = false;

    for (int i = 0; i < N_COLUMNS; i++) {
        int at = 0;

        if (s->bound[i].buffer)
            cut |= give(s, s->row, i, s->bound[i].c_type, s->bound[i].buffer + k * (SQLULEN)s->bound[i].room,
                s->bound[i].room,
                        &s->bound[i].length[k], &at, true) != SQL_SUCCESS;
    }
    return cut && s->conn->fault != FAULT_LIAR;
}

EXPORT SQLRETURN SQLFetch(SQLHSTMT stmt)
{
    struct handle *s = stmt;
    bool cut = false;
    SQLULEN k;

    s->state = NULL;
    memset(s->at, 0, sizeof s->at);
    memset(s->asked, 0, sizeof s->asked);
    if (s->conn->fault == FAULT_LOST && s->row >= 2)
        return fails(s, "08S01", "[double]Communication link failure");
    for (k = 0; k < s->n_rows && s->row < N_ROWS; k++, s->row++) {
        cut |= give_row(s, k);
        if (s->states)
            s->states[k] = cut ? SQL_ROW_SUCCESS_WITH_INFO : SQL_ROW_SUCCESS;
    }
    if (s->fetched)
        *s->fetched = k;
    return k == 0 ? SQL_NO_DATA : cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

/* SQLSetPos is not here: that is what drivers without it do. */
EXPORT SQLRETURN SQLGetData(SQLHSTMT stmt, SQLUSMALLINT i, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN room,
                            SQLLEN *length)
{
    struct handle *s = stmt;
    SQLRETURN result;

    if (s->n_rows > 1)
        return fails(s, "HY109", "[double]Invalid cursor position");
    if (s->asked[i - 1])
        return SQL_NO_DATA;
    s->state = NULL;
    result = give(s, s->row - 1, i - 1, c_type, buffer, room, length, &s->at[i - 1], false);
    s->asked[i - 1] = result == SQL_SUCCESS;
    return result;
}
