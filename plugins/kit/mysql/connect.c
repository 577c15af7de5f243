/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Opening and closing a connection.
 */
#include <errmsg.h>
#include <unistd.h>

#include "wait.h"

enum tls { TLS_AUTO, TLS_VERIFY_FULL, TLS_VERIFY_CA, TLS_REQUIRE, TLS_DISABLE };

enum { PATIENCE_MS = 15000, KILL_PATIENCE_MS = 1000, STACK_BYTES = 256 << 10 /* TLS needs more than the library's */ };

const char *const leat_mysql_tls[] = { "auto", "verify-full", "verify-ca", "require", "disable", NULL };

/* ---- where it leads ---- */

/* `conn` NULL, or its option file not read yet: what it says is not known. */
static const char *host_of(const struct leat_mysql *s, const MYSQL *conn)
{
    return s->host || s->socket || !conn ? s->host : conn->options.host;
}

static bool is_local(const struct leat_mysql *s, const MYSQL *conn)
{
    const char *host = host_of(s, conn);

    return !host || leat_is_loopback(host, strlen(host));
}

/* Only an option file can say so, and it has not been read. */
static bool is_unsure(const struct leat_mysql *s)
{
    return s->tls == TLS_AUTO && !s->host && !s->socket && (s->option_file || s->option_group);
}

/* ---- what went wrong ---- */

static const char *hint_for(unsigned number, const char *message)
{
    static const struct {
        unsigned number;
        const char *part, *hint;
    } hints[] = {
        { 2002, "(2)", "is the server running, and is its socket there?" },
        { 2002, "(13)", "may we open its socket?" },
        { 2002, "", "is the server running, and does it listen there?" },
        { 2003, "", "is the server running, and does it listen there?" },
        { 2005, "", "is the name right?" },
        { 1044, "", "has the user a right to that database?" },
        { 1045, "", "check user and password, and from where the server lets this user in" },
        { 1049, "", "check the name of the database" },
        { 1129, "", "the server has locked us out after failures: `FLUSH HOSTS' there lets us in" },
        { 1130, "", "the server does not let anybody in from here" },
        { 1698, "", "check the user, and how the server wants to be told who it is" },
        { 3159, "", "the server wants TLS: `tls: require', or verify-full with `ca:'" },
        { 2026, "not support", "a server that is not local must have TLS; `tls: disable' does without it, and then "
                               "anybody on the way can read the records" },
        { 2026, "alidation of SSL server certificate", "the certificate is for another host: connect by the name that "
                                                       "it bears" },
        { 2026, "ertificate", "the certificate is not vouched for, or no longer: give the file of its authority as "
                              "`ca:'" },
        { 2059, "", "the server wants to be told who we are in a way that is not safe here, or not installed" },
        { 5010, "", "the server wants to be told the password in a way that is not safe without verify-full" },
    };

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (hints[i].number == number && strstr(message, hints[i].part))
            return hints[i].hint;
    return NULL;
}

static bool passes(unsigned number)
{
    return number == 1040 || number == 1203 || number == 1226 || number == 1053 || number == CR_SERVER_LOST ||
           number == CR_SERVER_GONE_ERROR;
}

static const char *or(const char *a, const char *b)
{
    return a ? a : b;
}

void leat_mysql_where(const struct leat_mysql *s, const MYSQL *conn, char room[300])
{
    const char *host = host_of(s, conn), *socket = s->socket || !conn ? s->socket : conn->options.unix_socket;
    unsigned port = s->port || !conn ? (unsigned)s->port : conn->options.port;

    if (s->port || (host && strcmp(host, "localhost") != 0))
        (void)snprintf(room, 300, "%s port %u", or(host, "localhost"), port ? port : 3306);
    else
        (void)snprintf(room, 300, "the local socket %s", or(socket, "of the system"));
}

static int cannot_connect(const struct leat_mysql *s, const struct leat_mysql_link *link, const char *why,
                          struct leat_error *err)
{
    MYSQL *conn = link->conn;
    unsigned number = conn ? mysql_errno(conn) : CR_OUT_OF_MEMORY;
    const char *message = why ? why : conn ? mysql_error(conn) : "out of memory";
    const char *hint = why ? NULL : hint_for(number, message);
    bool later = !why && passes(number);
    char place[300];

    if (link->stopped == LEAT_ECANCELED)
        return leat_fail(err, LEAT_ECANCELED, "stopped while connecting");
    if (link->stopped && !why)
        return cannot_connect(s, link, "no answer within 15 s; do a firewall or a wrong address keep it?", err);
    leat_mysql_where(s, conn, place);
    return leat_fail(err, later ? LEAT_ERETRY : LEAT_EUNREACHABLE,
                     "cannot connect to MariaDB or MySQL at %.200s, database %.64s, as %.80s: %.280s%s%s", place,
                     or(s->database || !conn ? s->database : conn->options.db, "(none)"),
                     or(s->user || !conn ? s->user : conn->options.user, "the user of the system"), message,
                     hint ? "; " : "", hint ? hint : "");
}

/* ---- opening ---- */

static int no_file(void **ret, const char *name, void *context)
{
    (void)ret, (void)name, (void)context;
    return 1;
}

static int no_bytes(void *file, char *room, unsigned n)
{
    (void)file, (void)room, (void)n;
    return -1;
}

static void no_end(void *file)
{
    (void)file;
}

static int no_reason(void *file, char *room, unsigned n)
{
    (void)file;
    (void)snprintf(room, n, "no file of this machine is given to a server");
    return 2;
}

/* A server may ask for any file by an answer to any statement. */
static void set_manners(MYSQL *conn)
{
    unsigned none = 0, seconds = PATIENCE_MS / 1000;
    size_t stack = STACK_BYTES;

    (void)mysql_options(conn, MYSQL_OPT_NONBLOCK, &stack);
    (void)mysql_options(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    (void)mysql_options(conn, MYSQL_OPT_LOCAL_INFILE, &none);
    (void)mysql_options(conn, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_set_local_infile_handler(conn, no_file, no_bytes, no_end, no_reason, NULL);
}

static void set_tls(const struct leat_mysql *s, MYSQL *conn, enum tls tls, bool local)
{
    my_bool yes = 1, no = 0;

    (void)mysql_options(conn, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, tls == TLS_VERIFY_FULL ? &yes : &no);
    if (tls == TLS_DISABLE) {
        (void)mysql_options(conn, MYSQL_OPT_SSL_ENFORCE, &no);
    } else {
        (void)mysql_options(conn, MYSQL_OPT_SSL_ENFORCE, &yes);
        (void)mysql_options(conn, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    }
    if (tls == TLS_VERIFY_FULL || tls == TLS_VERIFY_CA) /* with an authority the library wants to see its signature */
        (void)mysql_options(conn, MYSQL_OPT_SSL_CA, s->ca ? s->ca : leat_system_certificates());
#if MARIADB_PACKAGE_VERSION_ID >= 30300
    /* Who has not shown who it is must not ask for the password itself. Without verify-full the library goes on without
     * TLS where a server, or somebody in its place, has none, and we learn of it afterwards; then a password that is
     * encrypted for the other side is as good as given away, which verify-ca must not do. */
    if (!local && tls != TLS_VERIFY_FULL)
        (void)mysql_options(conn, MARIADB_OPT_RESTRICTED_AUTH,
                            tls == TLS_VERIFY_CA ? "mysql_native_password,client_ed25519"
                                                 : "mysql_native_password,client_ed25519,caching_sha2_password,"
                                                   "sha256_password");
#else
    (void)local;
#endif
}

static int read_options(const struct leat_mysql *s, MYSQL *conn, struct leat_error *err)
{
    if (s->option_file && access(s->option_file, R_OK) < 0)
        return leat_fail(err, -errno, "cannot read the option file %s: %s", s->option_file, strerror(errno));
    if (s->option_file)
        (void)mysql_options(conn, MYSQL_READ_DEFAULT_FILE, s->option_file);
    if (s->option_group)
        (void)mysql_options(conn, MYSQL_READ_DEFAULT_GROUP, s->option_group);
    return 0;
}

/* What the pipeline file asks for in so many words, an option file does not take back. */
static int check_tls(const struct leat_mysql *s, struct leat_mysql_link *link, struct leat_error *err)
{
    my_bool verifies = 0;

    if (s->tls != TLS_AUTO && s->tls != TLS_DISABLE && !mysql_get_ssl_cipher(link->conn))
        return cannot_connect(s, link, "the server does not support TLS, or the option file turns it off; `tls: "
                              "disable' does without, and then anybody on the way can read the records", err);
    if (s->tls == TLS_VERIFY_FULL &&
        (mysql_get_option(link->conn, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies) != 0 || !verifies))
        return cannot_connect(s, link, "the option file turns off the check of the certificate, which `tls:' asks for",
                              err);
    return 0;
}

/* localhost with a port is TCP: who gives a port wants the server behind it. */
static bool wants_tcp(const struct leat_mysql *s)
{
    return s->port && !s->socket;
}

static int come_up(const struct leat_mysql *s, struct leat_mysql_link *link, struct leat_error *err)
{
    MYSQL *done = NULL;
    int64_t until = link->until_ms;
    unsigned tcp = MYSQL_PROTOCOL_TCP;
    my_bool no = 0;
    int status;

    if (wants_tcp(s))
        (void)mysql_options(link->conn, MYSQL_OPT_PROTOCOL, &tcp);
    if (!until)
        link->until_ms = leat_now_ms() + PATIENCE_MS;
    status = mysql_real_connect_start(&done, link->conn, s->socket ? "localhost" : s->host, s->user,
                                      s->password ? s->password->text : NULL, s->database, (unsigned)s->port, s->socket,
                                      CLIENT_REMEMBER_OPTIONS);
    while (status)
        status = mysql_real_connect_cont(&done, link->conn, wait_for(link, status));
    link->until_ms = until;
    if (!done)
        return cannot_connect(s, link, NULL, err);
    (void)mysql_options(link->conn, MYSQL_OPT_RECONNECT, &no); /* an option file may say so; the session would be another */
    link->id = mysql_thread_id(link->conn);
    return check_tls(s, link, err);
}

static int connect_with(const struct leat_mysql *s, enum tls tls, bool local, struct leat_mysql_link *link,
                        struct leat_error *err)
{
    int rc;

    link->conn = mysql_init(NULL);
    if (!link->conn)
        return cannot_connect(s, link, NULL, err);
    set_manners(link->conn);
    set_tls(s, link->conn, tls, local);
    rc = read_options(s, link->conn, err);
    return rc == 0 ? come_up(s, link, err) : rc;
}

/* Where the option file has the host nobody knows yet whether it is local: first as if it were not, when nothing is
 * said to a server that has not shown who it is; then, if it is. */
static int connect_safely(const struct leat_mysql *s, struct leat_mysql_link *link, struct leat_error *err)
{
    bool local = !is_unsure(s) && is_local(s, NULL);
    enum tls tls = s->tls != TLS_AUTO ? (enum tls)s->tls : local ? TLS_DISABLE : TLS_VERIFY_FULL;
    int rc = connect_with(s, tls, local, link, err);

    if (rc < 0 && rc != LEAT_ECANCELED && is_unsure(s) && link->conn && is_local(s, link->conn)) {
        mysql_close(link->conn);
        link->stopped = 0;
        rc = connect_with(s, TLS_DISABLE, true, link, err);
    }
    return rc;
}

/* Rows may be read slowly and a reader may pause: neither is to be cut off. No answer is cut short, either. What is set
 * here may have been set otherwise by the server, or by its init_connect. */
static int settle_in(struct leat_mysql_link *link, bool writes, struct leat_error *err)
{
    static const char settings[] =
        "SET SESSION time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES', net_write_timeout = 31536000, "
        "wait_timeout = 31536000, character_set_client = utf8mb4, character_set_results = utf8mb4, "
        "character_set_connection = utf8mb4, collation_connection = utf8mb4_general_ci, "
        "sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_auto_is_null = 0 "
        "/*M!100302 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */";
    int rc = leat_mysql_do(link, settings, err);

    if (rc == 0)
        rc = leat_mysql_do(link, writes ? "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE"
                                        : "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", err);
    return rc;
}

int leat_mysql_set_timeout(struct leat_mysql_link *link, int64_t ms, struct leat_error *err)
{
    char sql[96];

    if (mariadb_connection(link->conn))
        (void)snprintf(sql, sizeof sql, "SET SESSION max_statement_time = %lld.%03lld", (long long)ms / 1000,
                       (long long)ms % 1000);
    else
        (void)snprintf(sql, sizeof sql, "SET SESSION max_execution_time = %lld", (long long)ms);
    return leat_mysql_do(link, sql, err);
}

int leat_mysql_open(const struct leat_mysql *server, struct leat_stage *stage, bool writes,
                    struct leat_mysql_link *ret, struct leat_error *err)
{
    struct leat_mysql_link link = { .server = server, .stage = stage };
    int rc = connect_safely(server, &link, err);

    if (rc == 0)
        rc = settle_in(&link, writes, err);
    if (rc < 0)
        leat_mysql_close(&link);
    else
        *ret = link;
    return rc;
}

/* ---- closing ---- */

/* Servers go on with what nobody waits for until they have a row to send. */
static void end_statement(const struct leat_mysql_link *link)
{
    struct leat_mysql_link other = { .server = link->server, .until_ms = leat_now_ms() + KILL_PATIENCE_MS };
    char sql[64];

    if (connect_safely(link->server, &other, NULL) == 0) {
        (void)snprintf(sql, sizeof sql, "KILL QUERY %lu", link->id);
        (void)!leat_mysql_do(&other, sql, NULL);
        other.id = 0; /* that one is not worth another */
    }
    leat_mysql_close(&other);
}

void leat_mysql_close(struct leat_mysql_link *link)
{
    if (!link->conn)
        return;
    if (link->asked && link->id)
        end_statement(link);
    if (link->rows || link->asked)
        (void)mariadb_cancel(link->conn); /* or the library would read all that is left */
    if (link->rows)
        mysql_free_result(link->rows);
    mysql_close(link->conn);
    *link = (struct leat_mysql_link){ 0 };
}
