/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The connection string, and opening and closing a connection.
 */
#include "kit/odbc/odbc.h"

#include <stdlib.h>
#include <strings.h>

#include "drivers.h"

enum { LOGIN_SECONDS = 15 };

/* ---- connection strings ---- */

/* One KEY=VALUE of a connection string. */
struct pair {
    const char *key, *value;
    size_t n_key, n_value;      /* the value as it stands, with braces */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* A value in braces ends with one that is not doubled. */
static const char *end_of_value(const char *p)
{
    if (*p != '{')
        return p + strcspn(p, ";");
    for (p++; *p; p++)
        if (*p == '}' && *++p != '}')
            return p + strcspn(p, ";");
    return p;
}

/* The next one, and `*at` behind it. False: that was all, or it is none. */
static bool next_pair(const char **at, struct pair *ret)
{
    const char *p = *at, *end;

    while (is_blank(*p) || *p == ';')
        p++;
    ret->key = p;
    ret->n_key = strcspn(p, "=;");
    if (p[ret->n_key] != '=')
        return false;
    ret->value = p + ret->n_key + 1;
    while (ret->n_key && is_blank(p[ret->n_key - 1]))
        ret->n_key--;
    while (is_blank(*ret->value))
        ret->value++;
    end = end_of_value(ret->value);
    ret->n_value = (size_t)(end - ret->value);
    *at = end;
    return ret->n_key;
}

static bool is_key(const struct pair *p, const char *key)
{
    return p->n_key == strlen(key) && strncasecmp(p->key, key, p->n_key) == 0;
}

static bool has_key(const char *text, const char *key)
{
    struct pair p;

    while (text && next_pair(&text, &p))
        if (is_key(&p, key))
            return true;
    return false;
}

/* In braces what would else end it or mean something; a brace in it is doubled. */
static void add_pair(struct leat_put *out, const char *key, const char *value)
{
    size_t n = strlen(value);
    bool plain = n && !strpbrk(value, "[]{}(),;?*=!@") && !is_blank(*value) && !is_blank(value[n - 1]);

    leat_put_printf(out, "%s=%s", key, plain ? "" : "{");
    for (; *value; value++) {
        leat_put_bytes(out, value, 1);
        if (*value == '}')
            leat_put_bytes(out, value, 1);
    }
    leat_put_string(out, plain ? ";" : "};");
}

/* What the user says goes before what is known of the driver. */
static void add_extra(struct leat_put *out, const struct leat_odbc *o, const char *extra)
{
    struct pair p;

    while (extra && next_pair(&extra, &p)) {
        char key[64];

        (void)snprintf(key, sizeof key, "%.*s", (int)p.n_key, p.key);
        if (o->connection && has_key(o->connection, key))
            continue;
        if (strcmp(key, "Fetch") == 0 && o->block > 1)
            leat_put_printf(out, "Fetch=%lld;", (long long)o->block);
        else
            leat_put_printf(out, "%s=%.*s;", key, (int)p.n_value, p.value);
    }
}

static void add_all(struct leat_put *out, const struct leat_odbc *o, const char *extra)
{
    if (o->dsn)
        add_pair(out, "DSN", o->dsn);
    if (o->connection) {
        leat_put_string(out, o->connection);
        leat_put_string(out, ";");
    }
    if (o->user)
        add_pair(out, "UID", o->user);
    if (o->password)
        add_pair(out, "PWD", o->password->text);
    add_extra(out, o, extra);
}

/* ---- the plan ---- */

/* The rest after the last whole pair. */
static bool is_whole(const char *text)
{
    struct pair p;

    while (next_pair(&text, &p))
        if (*p.value == '{' && (p.n_value < 2 || p.value[p.n_value - 1] != '}'))
            return false;
    while (is_blank(*text) || *text == ';')
        text++;
    return !*text;
}

/* NULL: it is fine. `ret_option`: what is wrong. */
static const char *mistake_of(const struct leat_odbc *o, const char **ret_option)
{
    const char *c = o->connection;
    bool named = has_key(c, "DSN") || has_key(c, "DRIVER") || has_key(c, "FILEDSN");

    *ret_option = "connection";
    if (!is_whole(c))
        return "is no list of KEY=VALUE; pairs; a value with ; = or braces in it stands in braces, a closing brace "
               "within them twice: `Database={odd;name}'";
    if (!o->dsn && !named)
        return "names no Driver: begin it with `Driver={NAME};', a name that `odbcinst -q -d' lists, or add `dsn:'";
    *ret_option = "dsn";
    if (o->dsn && named)
        return "the connection names a DSN or Driver of its own: leave one of them out";
    *ret_option = "user";
    if (o->user && (has_key(c, "UID") || has_key(c, "USER")))
        return "the connection names a user of its own: leave one of them out";
    return NULL;
}

static bool check_connection(struct leat_plan *plan, const struct leat_odbc *o)
{
    static const char *const secrets[] = { "PWD", "PASSWORD", "AccessToken", "SSLKeyPassword", "TLSKEYPWD" };
    const char *option, *mistake = mistake_of(o, &option);

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (has_key(o->connection, secrets[i])) {
            leat_plan_wrong(plan, "connection", "%s does not belong here, where it could be seen: give a password as "
                            "`password: ${env:NAME}', and other secrets in the file odbc.ini", secrets[i]);
            return false;
        }
    if (mistake)
        leat_plan_wrong(plan, option, "%s", mistake);
    return !mistake;
}

bool leat_odbc_plan(struct leat_plan *plan, const struct leat_odbc *o)
{
    if (!o->dsn && !o->connection) {
        leat_plan_wrong(plan, NULL, "needs `dsn: NAME', a data source of odbc.ini, or `connection: \"Driver={...};"
                        "Server=...\"'");
        return false;
    }
    return !o->connection || check_connection(plan, o);
}

/* ---- where it leads ---- */

static void add_place(struct leat_put *out, const char *text, const char *const *keys, const char *as)
{
    struct pair p;

    while (text && next_pair(&text, &p))
        for (int i = 0; keys[i]; i++)
            if (is_key(&p, keys[i])) {
                leat_put_printf(out, ", %s %.*s", as, (int)(p.n_value < 80 ? p.n_value : 80), p.value);
                return;
            }
}

/* "data source shop, user leat": no more of the connection string than is known to be no secret. */
static void name_place(const struct leat_odbc *o, char room[500])
{
    static const char *const dsn[] = { "DSN", "FILEDSN", NULL }, *const driver[] = { "DRIVER", NULL };
    static const char *const server[] = { "SERVER", "SERVERNAME", "HOST", "ADDRESS", "TCPSERVER", NULL };
    static const char *const port[] = { "PORT", "TCP_PORT", NULL }, *const user[] = { "UID", "USER", NULL };
    static const char *const database[] = { "DATABASE", "DB", "DBNAME", NULL };
    struct leat_put out = { 0 };

    if (o->dsn)
        leat_put_printf(&out, ", data source %.80s", o->dsn);
    add_place(&out, o->connection, dsn, "data source");
    add_place(&out, o->connection, driver, "driver");
    add_place(&out, o->connection, server, "server");
    add_place(&out, o->connection, port, "port");
    add_place(&out, o->connection, database, "database");
    if (o->user)
        leat_put_printf(&out, ", as %.80s", o->user);
    add_place(&out, o->connection, user, "as");
    (void)snprintf(room, 500, "%s", leat_put_end(&out) && out.n > 2 ? out.p + 2 : "nowhere");
    leat_put_free(&out);
}

/* ---- opening ---- */

/* On the heap, since a driver that never comes back keeps it. */
struct opening {
    SQLHDBC conn;
    struct leat_put text;
};

static SQLRETURN connect_call(void *argument)
{
    const struct opening *o = argument;

    return SQLDriverConnectW(o->conn, NULL, (SQLWCHAR *)(void *)o->text.p, (SQLSMALLINT)(o->text.n / sizeof(SQLWCHAR)),
                             NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
}

static SQLRETURN disconnect_call(void *conn)
{
    (void)SQLEndTran(SQL_HANDLE_DBC, conn, SQL_ROLLBACK);
    return SQLDisconnect(conn);
}

static int connection_string(const struct leat_odbc *o, const char *extra, struct leat_put *ret, struct leat_error *err)
{
    struct leat_put text = { 0 };
    bool ok;

    add_all(&text, o, extra);
    ok = leat_put_end(&text) && leat_odbc_wide(text.p, text.n, ret) && ret->n / sizeof(SQLWCHAR) < INT16_MAX;
    leat_put_free(&text);
    return ok ? 0 : leat_fail(err, LEAT_EPIPELINE, "the connection string is too long, or no UTF-8");
}

static int come_up(struct leat_odbc_link *link, const char *extra, struct leat_error *err)
{
    struct opening *o = calloc(1, sizeof *o);
    char place[500];
    SQLRETURN result;
    int rc = o ? connection_string(link->options, extra, &o->text, err) : leat_fail(err, -ENOMEM, "out of memory");

    if (rc < 0) {
        if (o)
            leat_put_free(&o->text);
        free(o);
        return rc;
    }
    o->conn = link->conn;
    name_place(link->options, place);
    result = leat_odbc_wait(link, NULL, connect_call, o);
    if (link->stopped) /* the driver may still have it */
        return leat_odbc_fail_connect(err, link, place);
    leat_put_free(&o->text);
    free(o);
    return SQL_SUCCEEDED(result) ? 0 : leat_odbc_fail_connect(err, link, place);
}

static int allocate(struct leat_odbc_link *link, struct leat_error *err)
{
    if (SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &link->env) != SQL_SUCCESS ||
        !SQL_SUCCEEDED(SQLSetEnvAttr(link->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)) ||
        SQLAllocHandle(SQL_HANDLE_DBC, link->env, &link->conn) != SQL_SUCCESS)
        return leat_fail(err, -ENOMEM, "cannot begin with ODBC: out of memory");
    (void)SQLSetConnectAttrW(link->conn, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)LOGIN_SECONDS, 0);
    (void)SQLSetConnectAttrW(link->conn, SQL_ATTR_ACCESS_MODE, (SQLPOINTER)SQL_MODE_READ_ONLY, 0);
    return 0;
}

static void ask_info(struct leat_odbc_link *link, SQLUSMALLINT which, char room[200])
{
    SQLWCHAR wide[100] = { 0 };
    struct leat_put text = { 0 };
    SQLSMALLINT n = 0;

    *room = '\0';
    if (!SQL_SUCCEEDED(SQLGetInfoW(link->conn, which, wide, sizeof wide, &n)) || n < 0)
        return;
    n = n / (SQLSMALLINT)sizeof *wide;
    leat_odbc_narrow(wide, (size_t)(n < 100 ? n : 99), &text);
    (void)snprintf(room, 200, "%s", leat_put_end(&text) ? text.p : "");
    leat_put_free(&text);
}

static void meet(struct leat_odbc_link *link)
{
    char dbms[200], driver[200], quote[200];

    ask_info(link, SQL_DBMS_NAME, dbms);
    ask_info(link, SQL_DRIVER_NAME, driver);
    ask_info(link, SQL_IDENTIFIER_QUOTE_CHAR, quote);
    link->server = leat_odbc_server_of(dbms, driver);
    link->quote = *quote ? *quote : '"';
    if (!link->stage)
        quiet_driver(link->server->kind);
}

/* What a driver wants to be told in the connection string is known once it is there: so the first connection of all
 * is made twice. */
static int come_up_as_known(struct leat_odbc_link *link, struct leat_error *err)
{
    const struct leat_odbc_server *known = link->options->server;
    int rc = come_up(link, known ? known->extra : "NoCreat=1", err); /* or SQLite's would make a file */

    if (rc < 0)
        return rc;
    meet(link);
    if (!link->server->extra || link->server == known)
        return 0;
    (void)leat_odbc_wait(link, NULL, disconnect_call, link->conn);
    return come_up(link, link->server->extra, err);
}

static int set_timeout(struct leat_odbc_link *link, struct leat_error *err)
{
    long long ms = link->options->timeout;
    char sql[96], number[32];

    (void)snprintf(number, sizeof number, "%lld.%03lld", ms / 1000, ms % 1000);
    (void)snprintf(sql, sizeof sql, "%s%s", link->server->timeout, number);
    return leat_odbc_do(link, sql, err);
}

/* A driver whose transactions are not ours begins one by a statement. */
static int settle_in(struct leat_odbc_link *link, struct leat_error *err)
{
    const struct leat_odbc_server *s = link->server;
    int rc = 0;

    for (int i = 0; rc == 0 && s->settings && s->settings[i]; i++)
        rc = leat_odbc_do(link, s->settings[i], err);
    if (rc == 0 && s->timeout && link->options->timeout)
        rc = set_timeout(link, err);
    if (rc == 0 && s->isolation)
        (void)SQLSetConnectAttrW(link->conn, SQL_ATTR_TXN_ISOLATION, (SQLPOINTER)s->isolation, 0);
    if (rc == 0 && !s->autocommit)
        (void)SQLSetConnectAttrW(link->conn, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0);
    return rc;
}

int leat_odbc_open(const struct leat_odbc *options, struct leat_stage *stage, struct leat_odbc_link *ret,
                   struct leat_error *err)
{
    struct leat_odbc_link link = { .options = options, .stage = stage };
    struct guard guard = { 0 };
    int rc;

    if (!stage)
        guard_begin(&guard);
    rc = allocate(&link, err);
    if (rc == 0)
        rc = come_up_as_known(&link, err);
    if (rc == 0)
        rc = settle_in(&link, err);
    if (!stage)
        guard_end(&guard);
    if (rc < 0)
        leat_odbc_close(&link);
    else
        *ret = link;
    return rc;
}

/* ---- closing ---- */

/* Each of these may ask the server, or wait for rows that are still to come. */
static SQLRETURN close_call(void *argument)
{
    struct leat_odbc_link *link = argument;

    leat_odbc_end(link);
    if (link->conn) {
        (void)disconnect_call(link->conn);
        (void)SQLFreeHandle(SQL_HANDLE_DBC, link->conn);
    }
    return SQLFreeHandle(SQL_HANDLE_ENV, link->env);
}

/* A driver that does not come back keeps its connection until the process ends, and all that it may still use; so
 * does one for which there is no memory. */
void leat_odbc_close(struct leat_odbc_link *link)
{
    struct leat_odbc_link *own = link->env ? malloc(sizeof *own) : NULL;

    if (own) {
        *own = *link;
        if (leat_odbc_work_end(link, close_call, own))
            free(own);
    }
    *link = (struct leat_odbc_link){ 0 };
}
