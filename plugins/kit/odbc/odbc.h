/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Connections by ODBC: the options, how they are opened, asked and read, and what a driver
 * says when it refuses (unixODBC; SQLSTATE codes: ODBC 3.8 Programmer's Reference, appendix A).
 *
 * All texts go to the driver manager as UTF-16, whatever the locale. Calls that may take long run
 * in a thread of the connection's own, so that a run that is given up can call SQLCancel meanwhile.
 * Drivers differ in what they do exactly: what is known of a server and its driver stands in
 * servers.c, and all others are talked to in what the standard says.
 */
#ifndef LEAT_KIT_ODBC_H
#define LEAT_KIT_ODBC_H

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include <leat/plugin.h>

#include "kit/sql/sql.h"
#include "kit/store/store.h"

struct leat_odbc_server;

struct leat_odbc {
    const char *dsn, *connection, *user;
    const struct leat_secret *password;
    int64_t timeout;                       /* ms, of a statement; 0: as long as it takes */
    int64_t block;                         /* rows at once; 0: as many as fit */
    /* set by the plan, read-only after it */
    const struct leat_odbc_server *server; /* what was there when the plan was made */
};

/* For the option table of a plugin whose struct has a member of this type. */
#define LEAT_ODBC_OPTIONS(type_, member_) \
    { .name = "dsn", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.dsn), \
      .help = "Name of a data source in odbc.ini." }, \
    { .name = "connection", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.connection), \
      .help = "A connection string without user and password, 'Driver={NAME};Server=HOST;...', instead of dsn or " \
              "beside it." }, \
    { .name = "user", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.user), .help = "Who to connect as." }, \
    { .name = "password", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(type_, member_.password), \
      .help = "Password of user; without it the one in odbc.ini." }, \
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(type_, member_.timeout), .default_text = "0ms", \
      .max = INT32_MAX, .tuning = true, \
      .help = "How long one statement may take, in whole seconds; 0ms: as long as the server lets it." }, \
    { .name = "block", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(type_, member_.block), .default_text = "0", \
      .max = 10000, .tuning = true, \
      .help = "How many rows the driver is asked for at once; 0: as many as fit into 1 MiB; 1: row by row." }

/* ---- servers.c ---- */

/* What a column is, as the driver describes it. */
struct leat_odbc_column {
    char name[512], type_name[64];
    SQLSMALLINT type;      /* SQL_... */
    SQLULEN size;          /* characters, digits or bytes */
    SQLSMALLINT digits;    /* behind the point */
    SQLLEN octets;
    bool is_unsigned, never_null;
};

enum leat_odbc_kind { LEAT_ODBC_OTHER, LEAT_ODBC_POSTGRES, LEAT_ODBC_MARIADB, LEAT_ODBC_SQLITE, LEAT_ODBC_MSSQL };

/* What is known of a server and its driver. */
struct leat_odbc_server {
    enum leat_odbc_kind kind;
    const char *dbms, *driver;     /* their names begin with it; NULL: any */
    const char *extra;             /* for the connection string, KEY=VALUE;KEY=VALUE */
    const char *const *settings;   /* statements for each connection */
    const char *timeout;           /* the beginning of a statement, ended by seconds; NULL: the driver sees to it */
    SQLULEN isolation;             /* 0: what the driver has */
    bool autocommit;               /* a transaction is begun by a statement of `settings' */
    bool utf8;                     /* what is asked for as SQL_C_CHAR is UTF-8, whatever the locale */
    bool hoards;                   /* the driver keeps all rows of a SELECT: it has to be asked for some at a time */
    bool rereads;                  /* a value that was cut in a block can be asked for again */
};

/* From the names that the driver gives; never NULL. */
const struct leat_odbc_server *leat_odbc_server_of(const char *dbms, const char *driver);
/* How the server wants it written; `quote` is what the driver says. */
struct leat_sql_dialect leat_odbc_dialect(const struct leat_odbc_server *server, char quote);

/* ---- wide.c ---- */

/* UTF-8 to UTF-16, with a NUL behind it that does not count in put->n. False: no UTF-8, or no memory. */
LEAT_MUST_CHECK bool leat_odbc_wide(const char *text, size_t n, struct leat_put *out);
/* UTF-16 to UTF-8. Half a pair becomes three bytes that are no UTF-8, so that nobody takes it for a text. */
void leat_odbc_narrow(const SQLWCHAR *text, size_t n, struct leat_put *out);

/* ---- connect.c ---- */

struct leat_odbc_work;

/* How a column is fetched. */
struct leat_odbc_fetch {
    SQLSMALLINT c_type;
    size_t room;           /* bytes of the longest value; 0: nobody knows */
    bool firm;             /* and it is never longer */
};

/* A value of the row at hand. */
struct leat_odbc_cell {
    const char *bytes;     /* NULL: null */
    size_t n;
};

/* Where in a heap. */
struct leat_odbc_span {
    size_t at, n;
    bool null;
};

/* Rows as they were fetched. */
struct leat_odbc_block {
    SQLHSTMT rows;
    int n_columns, n_rows;
    struct leat_odbc_fetch *fetches; /* its own, since a driver that never comes back keeps the block */
    bool in_pieces;            /* row by row, their values by SQLGetData */
    const char *bad;           /* what went wrong with a value, if it is not in the driver's words */
    char **buffers;            /* one a column */
    size_t *rooms;             /* bytes of a value in it, with what ends it */
    SQLLEN **lengths;
    struct leat_put heap;      /* values that were in no buffer, */
    struct leat_odbc_span *spans; /* and where: n_columns of them a row */
    SQLRETURN last;            /* of the row behind those that came */
    struct leat_odbc_cell *cells;
    SQLUSMALLINT *states;
    SQLULEN fetched, at;
    int64_t max_bytes;         /* of a value; what is behind it is left away */
};

/* A connection. All zero before it is opened and after it is closed. */
struct leat_odbc_link {
    SQLHENV env;
    SQLHDBC conn;
    SQLHSTMT rows;                         /* a SELECT that has begun; NULL: none */
    const struct leat_odbc *options;
    const struct leat_odbc_server *server;
    char quote;
    struct leat_stage *stage;              /* NULL: in a plan, where nothing is waited for in a thread */
    int64_t until_ms;                      /* CLOCK_MONOTONIC: what is asked fails then with -ETIMEDOUT; 0: never */
    int stopped;                           /* why a call was given up: LEAT_ECANCELED, -ETIMEDOUT */
    bool values_in_text;                   /* of statements, so that an error's words are not to be shown */
    struct leat_odbc_work *work;
    struct leat_odbc_block *block;         /* how the rows are fetched; NULL: nobody has said so */
    struct leat_odbc_value *bound;         /* to `rows', and freed with it */
    int n_bound;
};

/* First in a plan: whether the options fit. False: they do not, and it is noted. */
bool leat_odbc_plan(struct leat_plan *plan, const struct leat_odbc *options);
/* Opens a connection that is not to write. `stage` NULL: in a plan. LEAT_EUNREACHABLE: it cannot be reached or refuses
 * us; LEAT_ERETRY: not now. */
LEAT_MUST_CHECK int leat_odbc_open(const struct leat_odbc *options, struct leat_stage *stage,
                                   struct leat_odbc_link *ret, struct leat_error *err);
/* Whatever state it is in. */
void leat_odbc_close(struct leat_odbc_link *link);

/* ---- work.c ---- */

typedef SQLRETURN leat_odbc_call(void *argument);

/* Calls it, in the connection's thread if there is a stage, and listens to a stop meanwhile; then `stmt`, if there
 * is one, is asked to let go. With link->stopped afterwards the driver may still be in it: what it uses must be left
 * alone. */
SQLRETURN leat_odbc_wait(struct leat_odbc_link *link, SQLHSTMT stmt, leat_odbc_call *call, void *argument);
/* Makes a last call and ends the thread, all in a few seconds. False: a call does not end, this one or one before it;
 * what they use must be left alone. */
bool leat_odbc_work_end(struct leat_odbc_link *link, leat_odbc_call *last, void *argument);

/* ---- query.c ---- */

/* A value to bind. */
struct leat_odbc_value {
    enum { LEAT_ODBC_TEXT, LEAT_ODBC_INTEGER, LEAT_ODBC_DECIMAL, LEAT_ODBC_BYTES, LEAT_ODBC_DATE, LEAT_ODBC_TIMESTAMP }
        kind;
    const char *text;      /* as it stands in a position; bytes as they are */
    size_t n;
    int digits;            /* of a decimal or timestamp, behind the point */
    /* the kit's own */
    struct leat_put room;
    union {
        SQLBIGINT integer;
        SQL_DATE_STRUCT date;
        SQL_TIMESTAMP_STRUCT timestamp;
    };
    SQLLEN length;
};

/* A statement whose rows nobody wants. */
LEAT_MUST_CHECK int leat_odbc_do(struct leat_odbc_link *link, const char *sql, struct leat_error *err);
/* Begins a SELECT in which ? stand for the values, which are copied. LEAT_EDATA: a value is none of its kind. */
LEAT_MUST_CHECK int leat_odbc_select(struct leat_odbc_link *link, const char *sql, int n,
                                     const struct leat_odbc_value *values, const char *doing, struct leat_error *err);
/* What the columns of a SELECT would be, which need not run for it. Freed by free. */
LEAT_MUST_CHECK int leat_odbc_describe(struct leat_odbc_link *link, const char *sql, int n,
                                       struct leat_odbc_value *values, const char *doing,
                                       struct leat_odbc_column **ret, int *ret_n, struct leat_error *err);
/* The columns of the SELECT that has begun. Freed by free. */
LEAT_MUST_CHECK int leat_odbc_columns(struct leat_odbc_link *link, struct leat_odbc_column **ret, int *ret_n,
                                      struct leat_error *err);
void leat_odbc_end(struct leat_odbc_link *link);

/* ---- rows.c ---- */

/* Says how the columns of the SELECT are fetched. */
LEAT_MUST_CHECK int leat_odbc_bind(struct leat_odbc_link *link, int n, const struct leat_odbc_fetch *fetches,
                                   int64_t max_bytes, struct leat_error *err);
/* The next row, its cells valid until the next call. 1: there is one; 0: that was the last. */
LEAT_MUST_CHECK int leat_odbc_row(struct leat_odbc_link *link, const struct leat_odbc_cell **ret,
                                  struct leat_error *err);
void leat_odbc_block_free(struct leat_odbc_block *block);

/* ---- fail.c ---- */

/* What the driver complains of, with no value of a record; returns the code that fits it. */
int leat_odbc_fail(struct leat_error *err, struct leat_odbc_link *link, SQLHSTMT stmt, const char *doing);
/* The same of a connection that does not come up. `place`: where to. */
int leat_odbc_fail_connect(struct leat_error *err, struct leat_odbc_link *link, const char *place);
/* Whether one of the records of the last call has this state. */
bool leat_odbc_has_state(SQLHSTMT stmt, const char *state);

#endif
