/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Connections to MariaDB and MySQL: the options, how they are opened, how they are
 * asked, and what the server says when it refuses (MariaDB Connector/C; error numbers:
 * the manual of MariaDB 10.11, "Error Codes", that of MySQL 8.0, "Error Reference").
 *
 * All that waits goes through the library's non-blocking calls, so that a run that is given
 * up wakes it. Rows are taken as the server makes them, in the text protocol; values are bound
 * to a statement that the server prepares, and never stand in its text.
 */
#ifndef LEAT_KIT_MYSQL_H
#define LEAT_KIT_MYSQL_H

#include <mysql.h>

#include <leat/plugin.h>

#include "kit/sql/sql.h"
#include "kit/store/store.h"

struct leat_mysql {
    const char *option_file, *option_group, *host, *socket, *database, *user, *ca;
    const struct leat_secret *password;
    int64_t port;
    int tls;
};

extern const char *const leat_mysql_tls[];

/* For the option table of a plugin whose struct has a member of this type. */
#define LEAT_MYSQL_OPTIONS(type_, member_) \
    { .name = "host", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.host), \
      .help = "Name of the server; without it, and with localhost and no port, its local socket." }, \
    { .name = "port", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(type_, member_.port), .min = 1, .max = 65535, \
      .help = "Port of the server; 3306 where nothing is said." }, \
    { .name = "socket", .type = LEAT_OPTION_PATH, LEAT_MEMBER(type_, member_.socket), \
      .help = "The server's local socket, instead of host and port." }, \
    { .name = "database", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.database), \
      .help = "Name of the database." }, \
    { .name = "user", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.user), .help = "Who to connect as." }, \
    { .name = "password", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(type_, member_.password), \
      .help = "Password of user; without it the one in the option file." }, \
    { .name = "option_file", .type = LEAT_OPTION_PATH, LEAT_MEMBER(type_, member_.option_file), \
      .help = "A file like my.cnf, with host, user, password and so on; what an option says goes before." }, \
    { .name = "option_group", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.option_group), \
      .help = "A group of that file to read beside [client]; without option_file: of my.cnf where it usually is." }, \
    { .name = "tls", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(type_, member_.tls), .values = leat_mysql_tls, \
      .default_text = "auto", \
      .help = "What is asked of the server's certificate; auto: verify-full, but nothing of a local server." }, \
    { .name = "ca", .type = LEAT_OPTION_PATH, LEAT_MEMBER(type_, member_.ca), \
      .help = "File of certificates that vouch for the server's; those of the system where it is not given." }

/* A connection. All zero before it is opened and after it is closed. */
struct leat_mysql_link {
    MYSQL *conn;
    MYSQL_RES *rows;            /* of the SELECT that runs */
    struct leat_stage *stage;   /* NULL: in a plan */
    int64_t until_ms;           /* CLOCK_MONOTONIC, what is asked fails then with -ETIMEDOUT; 0: whenever it is done */
    unsigned long id;           /* on the server */
    int stopped;                /* why a call was given up: LEAT_ECANCELED, -ETIMEDOUT */
    bool asked;                 /* a statement has gone out and the server has not answered */
    bool values_in_text;        /* of statements, so that an error's words of it are not to be shown */
    const struct leat_mysql *server;
};

/* A value to bind. */
struct leat_mysql_value {
    const char *bytes; /* NULL: null */
    size_t n;
    bool binary;       /* bytes, not a text */
};

/* ---- dialect.c ---- */

extern const struct leat_sql_dialect leat_mysql_dialect;

/* ---- connect.c ---- */

/* Opens a connection that reads and writes UTF-8 and UTC, in a session that may not write unless `writes`. `stage`
 * NULL: in a plan. LEAT_EUNREACHABLE: it cannot be reached or refuses us; LEAT_ERETRY: not now. */
LEAT_MUST_CHECK int leat_mysql_open(const struct leat_mysql *server, struct leat_stage *stage, bool writes,
                                    struct leat_mysql_link *ret, struct leat_error *err);
/* Whatever state it is in. A statement that the server is at is ended there too. */
void leat_mysql_close(struct leat_mysql_link *link);
/* The host and port as they were given, or the local socket. `conn` NULL: what an option file says is not known. */
void leat_mysql_where(const struct leat_mysql *server, const MYSQL *conn, char room[300]);
/* How long one statement may take; MariaDB's own limit where it has one for all statements, or for SELECTs alone. */
LEAT_MUST_CHECK int leat_mysql_set_timeout(struct leat_mysql_link *link, int64_t ms, struct leat_error *err);

/* ---- query.c ---- */

/* A statement without rows, or whose rows nobody wants. */
LEAT_MUST_CHECK int leat_mysql_do(struct leat_mysql_link *link, const char *sql, struct leat_error *err);
/* A statement of any length that has values in its text, which no error shows. What it has done is then asked of the
 * connection: mysql_affected_rows, mysql_warning_count. */
LEAT_MUST_CHECK int leat_mysql_write(struct leat_mysql_link *link, const char *sql, size_t n, const char *doing,
                                     struct leat_error *err);
/* A text as it stands between quotes in a statement, with them; of a session without NO_BACKSLASH_ESCAPES. */
void leat_mysql_add_text(struct leat_put *out, const char *text, size_t n);
/* The same of bytes, as digits. */
void leat_mysql_add_bytes(struct leat_put *out, const char *bytes, size_t n);
/* Begins a SELECT, in which ? stand for the values. `doing`: for the message, "cannot read the table". */
LEAT_MUST_CHECK int leat_mysql_select(struct leat_mysql_link *link, const char *sql, int n,
                                      const struct leat_mysql_value *values, const char *doing,
                                      struct leat_error *err);
/* The next row, its texts valid until the next call. 1: there is one; 0: that was the last, and the connection is free
 * for another statement; negative: it failed. */
LEAT_MUST_CHECK int leat_mysql_row(struct leat_mysql_link *link, MYSQL_ROW *ret, unsigned long **ret_lengths,
                                   struct leat_error *err);
/* Has a statement described: its columns and how many values it takes. The fields live as long as the statement, which
 * mysql_stmt_close lets go, after mysql_free_result(*ret_fields). */
LEAT_MUST_CHECK int leat_mysql_describe(struct leat_mysql_link *link, const char *sql, const char *doing,
                                        MYSQL_STMT **ret_statement, MYSQL_RES **ret_fields, struct leat_error *err);

/* ---- fail.c ---- */

/* The first line of a message; with `hide` without all that is quoted, but for the name of a column or key. */
enum { LEAT_MYSQL_MESSAGE = 400 };
void leat_mysql_message(const char *message, bool hide, char room[LEAT_MYSQL_MESSAGE]);
/* Whether what stands in quotes in the message of this number is no more than names. */
bool leat_mysql_shows_names(unsigned number);
/* After a fault: whether the connection is of no more use. */
bool leat_mysql_is_lost(const struct leat_mysql_link *link);
/* What the server or the library complains of, with no value of a record; returns the code that fits it. `doing`:
 * "cannot read". LEAT_ERETRY: passing; the connection may be lost. */
int leat_mysql_fail(struct leat_error *err, const struct leat_mysql_link *link, const char *doing);

#endif
