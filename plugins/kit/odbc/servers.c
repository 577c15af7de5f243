/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is known of servers and of the drivers that lead to them, and is not asked for by
 * SQLGetInfo. Each line that a driver does not need is one that is not here.
 */
#include "kit/odbc/odbc.h"

#include <strings.h>

/* ---- statements for each connection ---- */

static const char *const postgres_settings[] = {
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'iso_8601'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
    "SET standard_conforming_strings = on",
    NULL,
};

static const char *const mariadb_settings[] = {
    "SET SESSION time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES', net_write_timeout = 31536000, "
    "wait_timeout = 31536000, sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_auto_is_null = 0",
    "SET SESSION TRANSACTION READ ONLY",
    NULL,
};

static const char *const sqlite_settings[] = { "PRAGMA query_only = 1", "BEGIN", NULL };

/* ---- the servers ---- */

/* psqlodbc without cursors would read all rows of a SELECT before it gives the first. libmaodbc always does. SQLite's
 * does unless it steps, and that only without transactions of its own; it makes a new file where there is none. */
static const struct leat_odbc_server servers[] = {
    { .kind = LEAT_ODBC_POSTGRES, .dbms = "PostgreSQL", .driver = "psqlodbc", .settings = postgres_settings,
      .extra = "UseDeclareFetch=1;Fetch=100;BoolsAsChar=0;ByteaAsLongVarBinary=1;LFConversion=0;UpdatableCursors=0",
      .isolation = SQL_TXN_REPEATABLE_READ, .utf8 = true, .rereads = true },
    { .kind = LEAT_ODBC_MARIADB, .dbms = "MariaDB", .driver = "libmaodbc", .settings = mariadb_settings,
      .isolation = SQL_TXN_REPEATABLE_READ, .utf8 = true, .hoards = true, .extra = "CHARSET=utf8mb4",
      .timeout = "SET SESSION max_statement_time = " },
    { .kind = LEAT_ODBC_MARIADB, .dbms = "MySQL", .driver = "libmaodbc", .settings = mariadb_settings,
      .isolation = SQL_TXN_REPEATABLE_READ, .utf8 = true, .hoards = true, .extra = "CHARSET=utf8mb4",
      .timeout = "SET SESSION max_execution_time = 1000 * " },
    { .kind = LEAT_ODBC_SQLITE, .dbms = "SQLite", .driver = "sqlite3odbc", .settings = sqlite_settings,
      .extra = "StepAPI=1;NoCreat=1;NoWCHAR=0", .autocommit = true, .utf8 = true },
    { .kind = LEAT_ODBC_MSSQL, .dbms = "Microsoft SQL Server" },
    { .kind = LEAT_ODBC_OTHER },
};

static bool begins(const char *text, const char *with)
{
    return !with || strncasecmp(text, with, strlen(with)) == 0;
}

const struct leat_odbc_server *leat_odbc_server_of(const char *dbms, const char *driver)
{
    const struct leat_odbc_server *s = servers;
    const char *file = strrchr(driver, '/');

    while (s->kind != LEAT_ODBC_OTHER && !(begins(dbms, s->dbms) && begins(file ? file + 1 : driver, s->driver)))
        s++;
    return s;
}

/* ---- how they want it written ---- */

/* By the places of the columns, which every server knows. */
static void add_whole_order(struct leat_put *out, int n_columns)
{
    for (int i = 0; i < n_columns; i++)
        leat_put_printf(out, "%s%d", i ? ", " : "", i + 1);
}

static void add_postgres_order(struct leat_put *out, int n_columns)
{
    (void)n_columns;
    leat_put_string(out, "CAST(ROW(leat.*) AS text) COLLATE \"C\"");
}

struct leat_sql_dialect leat_odbc_dialect(const struct leat_odbc_server *server, char quote)
{
    struct leat_sql_dialect d = { .quote = quote, .add_param = leat_sql_add_mark, .add_whole_order = add_whole_order };

    if (server && server->kind == LEAT_ODBC_POSTGRES)
        d.add_whole_order = add_postgres_order;
    if (server && server->kind == LEAT_ODBC_MARIADB)
        d.add_columns_order = leat_sql_add_sha2_order;
    return d;
}
