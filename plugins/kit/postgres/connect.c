/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Opening a connection.
 */
#include "kit/postgres/postgres.h"

#include <stdlib.h>
#include <unistd.h>

#include "wait.h"

enum { TLS_AUTO, MAX_WORDS = 16, PATIENCE_MS = 15000 };

const char *const leat_postgres_tls[] = { "auto", "verify-full", "verify-ca", "require", "disable", NULL };

/* What libpq is told, in this order: later ones override what the url says. */
struct words {
    const char *names[MAX_WORDS], *values[MAX_WORDS];
    int n;
    char port[8];
};

static void add(struct words *w, const char *name, const char *value)
{
    if (!value)
        return;
    w->names[w->n] = name;
    w->values[w->n++] = value;
}

static struct words words_of(const struct leat_postgres *p)
{
    struct words w = { .n = 0 };

    add(&w, "dbname", p->url ? p->url->text : NULL);
    add(&w, "service", p->service);
    add(&w, "host", p->host);
    add(&w, "dbname", p->database);
    add(&w, "user", p->user);
    add(&w, "password", p->password ? p->password->text : NULL);
    add(&w, "sslmode", p->tls != TLS_AUTO ? leat_postgres_tls[p->tls] : NULL);
    add(&w, "sslrootcert", p->ca);
    add(&w, "client_encoding", "UTF8");
    add(&w, "fallback_application_name", "leat");
    return w;
}

/* ---- where it leads ---- */

/* What libpq has made of the words, the environment and the service file. */
static const char *setting(const PQconninfoOption *all, const char *name)
{
    for (; all && all->keyword; all++)
        if (strcmp(all->keyword, name) == 0)
            return all->val ? all->val : "";
    return "";
}

static bool is_local_name(const char *name, size_t n)
{
    return n == 0 || *name == '/' || *name == '@' || leat_is_loopback(name, n);
}

/* A list may name several; an address goes before the name. */
static bool is_local(const PQconninfoOption *all)
{
    const char *p = setting(all, "hostaddr");

    if (!*p)
        p = setting(all, "host");
    for (;;) {
        size_t n = strcspn(p, ",");

        if (!is_local_name(p, n))
            return false;
        if (!p[n])
            return true;
        p += n + 1;
    }
}

void leat_postgres_where(const PGconn *conn, char room[300])
{
    PQconninfoOption *all = PQconninfo((PGconn *)conn);
    const char *host = setting(all, "host"), *port = setting(all, "port");

    if (is_local(all))
        host = "local";
    else if (!*host)
        host = setting(all, "hostaddr");
    (void)snprintf(room, 300, "%.200s port %.50s", host, port);
    PQconninfoFree(all);
}

static bool is_weak(const char *sslmode)
{
    return !*sslmode || strcmp(sslmode, "prefer") == 0 || strcmp(sslmode, "allow") == 0;
}

static bool has_own_certificates(const PQconninfoOption *all)
{
    char path[4096];
    const char *home = getenv("HOME");

    if (*setting(all, "sslrootcert") || !home)
        return *setting(all, "sslrootcert");
    (void)snprintf(path, sizeof path, "%s/.postgresql/root.crt", home);
    return access(path, R_OK) == 0;
}

/* ---- what went wrong ---- */

static const char *hint_for(const char *message)
{
    static const struct {
        const char *part, *hint;
    } hints[] = {
        { "Connection refused", "is the server running, and does it listen there?" },
        { "No such file", "is the server running, and is its socket in that folder?" },
        { "could not translate host name", "is the name right?" },
        { "password authentication failed", "check user and password" },
        { "no password supplied", "give password, or a line in ~/.pgpass" },
        { "no pg_hba.conf entry", "the server does not let this user in from here: its pg_hba.conf says who may" },
        { "does not support SSL", "a server that is not local must have TLS; `tls: disable' does without it, and "
                                  "then anybody on the way can read the records" },
        { "certificate verify failed", "the certificate is not vouched for: give the file of its authority as `ca:'" },
        { "does not match host name", "the certificate is for another host: connect by the name that it bears" },
        { "root certificate file", "give the file of the server's authority as `ca:'" },
    };

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strstr(message, hints[i].part))
            return hints[i].hint;
    return NULL;
}

/* Without what libpq puts in front of it. */
static const char *message_of(const PGconn *conn)
{
    const char *message = conn ? PQerrorMessage(conn) : "out of memory", *fatal = strstr(message, "FATAL:");

    if (fatal)
        message = fatal + strlen("FATAL:");
    return message + strspn(message, " ");
}

static bool is_passing(const char *message)
{
    return strstr(message, "starting up") || strstr(message, "shutting down") || strstr(message, "too many clients") ||
           strstr(message, "recovery mode");
}

/* A mistake in the url may make any part of the password pass for something else. */
static int not_understood(struct leat_error *err)
{
    return leat_fail(err, LEAT_EUNREACHABLE, "cannot connect to PostgreSQL: what url or the service file say is not "
                     "understood; in a url, each of : / @ %% # ? in a password is written as %%3A %%2F %%40 %%25 %%23 %%3F, "
                     "and the option password takes it as it is");
}

static bool is_port(const char *text)
{
    return *text && strspn(text, "0123456789,") == strlen(text);
}

/* `why` NULL: what libpq says. */
static int cannot_connect(PGconn *conn, const char *why, struct leat_error *err)
{
    PQconninfoOption *all = conn ? PQconninfo(conn) : NULL;
    const char *message = why ? why : message_of(conn), *host = setting(all, "host"), *hint = hint_for(message);
    char line[LEAT_POSTGRES_MESSAGE];
    int rc;

    leat_postgres_message(message, false, line);
    if (!is_port(setting(all, "port")) || strpbrk(host, "@ ") || strchr(setting(all, "dbname"), '@'))
        rc = not_understood(err);
    else
        rc = leat_fail(err, is_passing(message) ? LEAT_ERETRY : LEAT_EUNREACHABLE,
                       "cannot connect to PostgreSQL at %s port %s, database %s, as %s: %s%s%s",
                       *host ? host : "the local socket", setting(all, "port"), setting(all, "dbname"),
                       setting(all, "user"), line, hint ? "; " : "", hint ? hint : "");
    PQconninfoFree(all);
    return rc;
}

/* ---- opening ---- */

static int come_up(PGconn *conn, struct leat_stage *stage, struct leat_error *err)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    int64_t until = leat_now_ms() + PATIENCE_MS;

    while (next == PGRES_POLLING_WRITING || next == PGRES_POLLING_READING) {
        if (is_cancelled(stage))
            return leat_fail(err, LEAT_ECANCELED, "stopped while connecting");
        if (leat_now_ms() > until)
            return cannot_connect(conn, "no answer within 15 s; do a firewall or a wrong address keep it?", err);
        if (wait_for(PQsocket(conn), next == PGRES_POLLING_READING))
            next = PQconnectPoll(conn);
    }
    return next == PGRES_POLLING_OK ? 0 : cannot_connect(conn, NULL, err);
}

static PGconn *start(const struct words *w)
{
    return PQconnectStartParams(w->names, w->values, true);
}

/* What makes a connection safe that would not be. */
static void add_care(struct words *w, const PQconninfoOption *all, bool says_nothing)
{
    bool verify = strncmp(setting(all, "sslmode"), "verify", strlen("verify")) == 0;

    if (says_nothing && is_weak(setting(all, "sslmode")) && !is_local(all)) {
        add(w, "sslmode", "verify-full");
        verify = true;
    }
    if (verify && !has_own_certificates(all))
        add(w, "sslrootcert", leat_system_certificates());
}

/* Where it leads is known once it has begun; if that needs more care it begins anew. */
static PGconn *start_safely(const struct leat_postgres *p)
{
    struct words w = words_of(p);
    PQconninfoOption *all;
    PGconn *conn;
    int n;

    if (p->port) {
        (void)snprintf(w.port, sizeof w.port, "%d", (int)p->port);
        add(&w, "port", w.port);
    }
    n = w.n;
    conn = start(&w);
    all = conn ? PQconninfo(conn) : NULL;
    if (all)
        add_care(&w, all, p->tls == TLS_AUTO);
    if (w.n > n) {
        PQfinish(conn);
        conn = start(&w);
    }
    PQconninfoFree(all);
    return conn;
}

/* Notices may hold values. */
static void no_notice(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

static int settle_in(PGconn *conn, struct leat_stage *stage, bool writes, struct leat_error *err)
{
    static const char sql[] = "SELECT set_config('datestyle', 'ISO', false), set_config('timezone', 'UTC', false), "
                              "set_config('intervalstyle', 'iso_8601', false), "
                              "set_config('extra_float_digits', '1', false), "
                              "set_config('bytea_output', 'hex', false), "
                              "set_config('idle_in_transaction_session_timeout', '0', false), "
                              "set_config('standard_conforming_strings', 'on', false), "
                              "set_config('default_transaction_read_only', $1, false)";
    const char *value = writes ? "off" : "on";
    const char *encoding = PQparameterStatus(conn, "server_encoding");
    PGresult *result = NULL;
    int rc;

    PQsetNoticeReceiver(conn, no_notice, NULL);
    rc = leat_postgres_query(conn, stage, sql, 1, &value, &result, err);
    PQclear(result);
    /* A server that does not know what it holds can only end the whole SELECT where it is no UTF-8. */
    if (rc == 0 && !writes && encoding && strcmp(encoding, "SQL_ASCII") == 0 && PQsetClientEncoding(conn, encoding) < 0)
        rc = leat_postgres_fail(err, conn, NULL, "cannot read as the server has it");
    return rc;
}

int leat_postgres_open(const struct leat_postgres *p, struct leat_stage *stage, bool writes, PGconn **ret,
                       struct leat_error *err)
{
    PGconn *conn = start_safely(p);
    int rc = !conn || PQstatus(conn) == CONNECTION_BAD ? cannot_connect(conn, NULL, err) : come_up(conn, stage, err);

    if (rc == 0)
        rc = settle_in(conn, stage, writes, err);
    if (rc < 0) {
        PQfinish(conn);
        return rc;
    }
    *ret = conn;
    return 0;
}
