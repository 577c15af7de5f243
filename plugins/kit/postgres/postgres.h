/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Connections to PostgreSQL: the options, how they are opened, and what the server
 * says when it refuses (libpq; SQLSTATE codes: PostgreSQL 15, appendix A).
 *
 * What libpq reads is read: URLs and keyword strings, service files, ~/.pgpass, the
 * variables PGHOST and the like. Only where nobody has said anything of TLS, a server
 * that is neither behind a local socket nor on the loopback must prove who it is
 * (sslmode=verify-full), which libpq by itself would not ask for.
 */
#ifndef LEAT_KIT_POSTGRES_H
#define LEAT_KIT_POSTGRES_H

#include <libpq-fe.h>

#include <leat/plugin.h>

#include "kit/sql/sql.h"
#include "kit/store/store.h"

struct leat_postgres {
    const struct leat_secret *url, *password;
    const char *host, *database, *user, *service, *ca;
    int64_t port;
    int tls;
};

extern const char *const leat_postgres_tls[];
extern const struct leat_sql_dialect leat_postgres_dialect;

/* For the option table of a plugin whose struct has a member of this type. */
#define LEAT_POSTGRES_OPTIONS(type_, member_) \
    { .name = "url", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(type_, member_.url), \
      .help = "Where the server is, as libpq takes it: postgresql://USER@HOST/DATABASE or host=... dbname=..." }, \
    { .name = "service", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.service), \
      .help = "A name in the service file of libpq, ~/.pg_service.conf." }, \
    { .name = "host", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.host), \
      .help = "Name of the server, or the folder of its local socket." }, \
    { .name = "port", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(type_, member_.port), .min = 1, .max = 65535, \
      .help = "Port of the server; 5432 where nothing is said." }, \
    { .name = "database", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.database), \
      .help = "Name of the database." }, \
    { .name = "user", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.user), .help = "Who to connect as." }, \
    { .name = "password", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(type_, member_.password), \
      .help = "Password of user; without it ~/.pgpass is looked into." }, \
    { .name = "tls", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(type_, member_.tls), .values = leat_postgres_tls, \
      .default_text = "auto", \
      .help = "What is asked of the server's certificate, as sslmode of libpq; auto: what url, service or PGSSLMODE " \
              "ask for, else verify-full but for a local server." }, \
    { .name = "ca", .type = LEAT_OPTION_PATH, LEAT_MEMBER(type_, member_.ca), \
      .help = "File of certificates that vouch for the server's; those of the system where it is not given." }

/* Opens a connection that reads and writes UTF-8, ISO dates and UTC, in a session that may not write
 * unless `writes`. `stage` NULL: in a plan. LEAT_EUNREACHABLE: it cannot be reached or refuses us;
 * LEAT_ERETRY: not now. Freed by PQfinish. */
LEAT_MUST_CHECK int leat_postgres_open(const struct leat_postgres *p, struct leat_stage *stage, bool writes,
                                       PGconn **ret, struct leat_error *err);

/* The hosts and ports as they were given, "local port 5432" where all are of this machine. */
void leat_postgres_where(const PGconn *conn, char room[300]);

/* One statement and its result; `values` are texts, NULL a null. Negative: it failed, and there is no result. */
LEAT_MUST_CHECK int leat_postgres_query(PGconn *conn, struct leat_stage *stage, const char *sql, int n,
                                        const char *const *values, PGresult **ret, struct leat_error *err);

/* The same, given up with -ETIMEDOUT once it is `until_ms` (leat_now_ms); the connection is then of no more use. */
LEAT_MUST_CHECK int leat_postgres_query_until(PGconn *conn, struct leat_stage *stage, int64_t until_ms, const char *sql,
                                              int n, const char *const *values, PGresult **ret,
                                              struct leat_error *err);

/* The result of a statement that was sent, once it is done; whether it failed is for the caller to see. */
LEAT_MUST_CHECK int leat_postgres_result(PGconn *conn, struct leat_stage *stage, PGresult **ret,
                                         struct leat_error *err);

/* Waits until what was sent has an answer that PQgetResult gives without waiting. LEAT_ECANCELED, or LEAT_ERETRY: the
 * connection is lost. */
LEAT_MUST_CHECK int leat_postgres_wait(PGconn *conn, struct leat_stage *stage, struct leat_error *err);

/* Asks the server to leave off what it is at. */
void leat_postgres_cancel(PGconn *conn);

/* Messages about data, and those that a trigger makes up, show values, mostly in quotes. NULL: libpq's own. */
bool leat_postgres_shows_values(const PGresult *result);
/* The first line of a message; with `hide` without all from its first quote to its last, of whatever language. */
enum { LEAT_POSTGRES_MESSAGE = 400 };
void leat_postgres_message(const char *message, bool hide, char room[LEAT_POSTGRES_MESSAGE]);

/* What the server or, `result` NULL, the connection complains of, with no value of a record; returns the code that
 * fits it. `doing`: "cannot read". LEAT_ERETRY: passing; the connection may be lost. */
int leat_postgres_fail(struct leat_error *err, const PGconn *conn, const PGresult *result, const char *doing);

#endif
