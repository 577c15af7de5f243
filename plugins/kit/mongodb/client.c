/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The way to the server: what its URL may say, and what is said when it is not
 * there or refuses us. Nothing here ever shows the URL, or what libmongoc says of
 * it: a password may be in either.
 */
#include "kit/mongodb/mongodb.h"

#include <ctype.h>

#include "kit/store/store.h"

enum { SELECT_TIMEOUT_MS = 10000, SOCKET_TIMEOUT_MS = 120000, WHERE_ROOM = 400 };

/* libmongoc's state is one for the process, and others may use it: its first call begins it, and none of ours ends it.
 * Its log would go to the terminal, with what nobody has looked through. Each may be called at any time. */
static void ensure_library(void)
{
    mongoc_log_set_handler(NULL, NULL); /* first, as its beginning may have something to say, too */
    mongoc_init();
}

/* ---- the URL ---- */

static mongoc_uri_t *new_uri(const char *url)
{
    ensure_library();
    return mongoc_uri_new_with_error(url, NULL);
}

mongoc_uri_t *leat_mongodb_uri(const struct leat_mongodb *m)
{
    return new_uri(m->url->text);
}

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

/* The first host that is not this one; NULL: all are. */
static const char *remote_host(const mongoc_uri_t *uri)
{
    for (const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri); host; host = host->next)
        if (*host->host != '/' && !leat_is_loopback(host->host, strlen(host->host)))
            return host->host;
    return NULL;
}

/* A name that is looked up by SRV has TLS unless the URL says otherwise. */
static bool check_tls(struct leat_plan *plan, const mongoc_uri_t *uri)
{
    static const char *const weak[] = { MONGOC_URI_TLSINSECURE, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES,
                                        MONGOC_URI_TLSALLOWINVALIDHOSTNAMES };
    const char *host = remote_host(uri);

    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++)
        if (mongoc_uri_get_option_as_bool(uri, weak[i], false)) {
            leat_plan_wrong(plan, "url", "%s in the URL lets anybody on the way pass for the server: take it out, "
                            "and name the authority that has signed its certificate by tlsCAFile=FILE", weak[i]);
            return false;
        }
    if (!host || mongoc_uri_get_tls(uri) || mongoc_uri_has_option(uri, MONGOC_URI_TLS))
        return true;
    leat_plan_wrong(plan, "url", "%.80s is reached over a network, and the URL does not ask for TLS: add tls=true "
                    "to it (?tls=true, or &tls=true behind other options), or tls=false where everybody on the way "
                    "may read along", host);
    return false;
}

static const char *hosts_of(struct leat_plan *plan, const mongoc_uri_t *uri)
{
    const char *srv = mongoc_uri_get_srv_hostname(uri);
    char text[WHERE_ROOM] = "";
    size_t n = 0;

    if (srv)
        return keep(plan, srv);
    for (const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri); host && n < sizeof text; host = host->next)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? ", " : "", host->host_and_port);
    return keep(plan, text);
}

static const char *name_of(struct leat_plan *plan, const mongoc_uri_t *uri)
{
    const char *user = mongoc_uri_get_username(uri);
    char text[WHERE_ROOM] = "";

    if (user && *user)
        (void)snprintf(text, sizeof text, " as user %s", user);
    return keep(plan, text);
}

static void describe(struct leat_plan *plan, struct leat_mongodb *m, const mongoc_uri_t *uri)
{
    const char *hosts = hosts_of(plan, uri);
    size_t n = strlen(hosts) + strlen(m->database) + strlen(m->collection) + 8;
    char *where = leat_plan_alloc(plan, n);

    (void)snprintf(where, n, "%s.%s at %s", m->database, m->collection, hosts);
    m->where = where;
    m->who = name_of(plan, uri);
}

/* A password with an @ or a / that is not escaped would be taken for a part of the host, and be shown. */
static bool is_split_rightly(const char *url, const mongoc_uri_t *uri)
{
    const char *at = strchr(url, '@'), *options = strchr(url, '?');

    if (!at)
        return true;
    if (!mongoc_uri_get_username(uri) || (options && at > options))
        return false;
    at = strchr(at + 1, '@');
    return !at || (options && at > options);
}

/* NULL: it is none, and that is noted. */
static mongoc_uri_t *read_url(struct leat_plan *plan, const char *url)
{
    mongoc_uri_t *uri = new_uri(url);

    if (uri && is_split_rightly(url, uri))
        return uri;
    if (uri)
        mongoc_uri_destroy(uri);
    leat_plan_wrong(plan, "url", "this is no URL of MongoDB: mongodb://USER:PASSWORD@HOST:PORT/?OPTION=VALUE, where "
                    "@ : / %% ? # within a name or a password are written %%40 %%3A %%2F %%25 %%3F %%23");
    return NULL;
}

bool leat_mongodb_plan(struct leat_plan *plan, struct leat_mongodb *m)
{
    mongoc_uri_t *uri;
    bool ok = false;

    if (!m->url || !m->collection)
        return false; /* which is told by who binds the options */
    uri = read_url(plan, m->url->text);
    if (!uri)
        return false;
    if (!m->database && mongoc_uri_get_database(uri))
        m->database = keep(plan, mongoc_uri_get_database(uri));
    if (!m->database || !*m->database)
        leat_plan_wrong(plan, NULL, "needs `database: NAME', or a URL that names it: mongodb://HOST/NAME");
    else if (!*m->collection)
        leat_plan_wrong(plan, "collection", "has no name in it");
    else
        ok = check_tls(plan, uri);
    if (ok)
        describe(plan, m, uri);
    mongoc_uri_destroy(uri);
    return ok;
}

/* ---- connecting ---- */

static void set_if_not(mongoc_uri_t *uri, const char *option, int32_t value)
{
    if (!mongoc_uri_has_option(uri, option))
        (void)mongoc_uri_set_option_as_int32(uri, option, value);
}

int leat_mongodb_open(const struct leat_mongodb *m, struct leat_mongodb_client *c, struct leat_error *err)
{
    mongoc_uri_t *uri = leat_mongodb_uri(m);

    if (uri) {
        set_if_not(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, SELECT_TIMEOUT_MS);
        set_if_not(uri, MONGOC_URI_CONNECTTIMEOUTMS, SELECT_TIMEOUT_MS);
        set_if_not(uri, MONGOC_URI_SOCKETTIMEOUTMS, SOCKET_TIMEOUT_MS);
        c->client = mongoc_client_new_from_uri_with_error(uri, NULL);
        mongoc_uri_destroy(uri);
    }
    if (!c->client)
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot connect to %.300s: the options of the URL do not fit "
                         "together, or the name has no SRV record", m->where);
    (void)mongoc_client_set_error_api(c->client, MONGOC_ERROR_API_VERSION_2);
    (void)mongoc_client_set_appname(c->client, "leat");
    if (c->stage)
        leat_mongodb_watch(c);
    return 0;
}

void leat_mongodb_close(struct leat_mongodb_client *c)
{
    if (c->client)
        mongoc_client_destroy(c->client);
    c->client = NULL;
}

/* ---- what is wrong ---- */

/* Codes of the server (src/mongo/base/error_codes.yml has their names). */
enum {
    UNAUTHORIZED = 13,
    AUTHENTICATION_FAILED = 18,
    NAMESPACE_NOT_FOUND = 26,
    CURSOR_NOT_FOUND = 43,
    MAX_TIME_EXPIRED = 50,
    CONVERSION_FAILURE = 241,
    NO_MEMORY_TO_SORT = 292,
};

/* The server goes down, comes up, or hands its part to another; it has forgotten the cursor; or others are in the way,
 * such as LockTimeout, LockBusy, WriteConflict and TemporarilyUnavailable (24, 46, 112, 365). */
static const uint32_t passing[] = { 6, 7, 24, 43, 46, 50, 64, 89, 91, 112, 133, 134, 175, 189, 202, 237, 246, 262, 279,
                                    290, 365, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436 };

bool leat_mongodb_passes(uint32_t code)
{
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (code == passing[i])
            return true;
    return false;
}

bool leat_mongodb_may_pass(const bson_error_t *why, const bson_t *reply)
{
    if (why->domain == MONGOC_ERROR_STREAM || why->domain == MONGOC_ERROR_SERVER_SELECTION ||
        (why->domain == MONGOC_ERROR_PROTOCOL && why->code == MONGOC_ERROR_PROTOCOL_INVALID_REPLY))
        return true;
    if (reply && mongoc_error_has_label(reply, "TransientTransactionError"))
        return true;
    return why->domain == MONGOC_ERROR_SERVER && leat_mongodb_passes(why->code);
}

static bool is_refused(const bson_error_t *why)
{
    return (why->domain == MONGOC_ERROR_CLIENT && why->code == MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
           why->domain == MONGOC_ERROR_SASL || why->domain == MONGOC_ERROR_SCRAM ||
           (why->domain == MONGOC_ERROR_SERVER && why->code == AUTHENTICATION_FAILED);
}

/* Of "No suitable servers found ...: [connection refused calling hello on 'h:1']" what is in the brackets. */
static const char *reason_of(const bson_error_t *why, int *ret_n)
{
    const char *from = strchr(why->message, '['), *to = from ? strrchr(from, ']') : NULL;

    if (to && why->domain == MONGOC_ERROR_SERVER_SELECTION) {
        *ret_n = (int)(to - from - 1);
        return from + 1;
    }
    *ret_n = (int)strlen(why->message);
    return why->message;
}

static int fail_on_the_way(const struct leat_mongodb *m, const bson_error_t *why, struct leat_error *err)
{
    const char *advice = "check host, port and firewall, and that the server runs";
    int n;
    const char *reason = reason_of(why, &n);

    if (strstr(why->message, "TLS") || strstr(why->message, "certificate"))
        advice = "check that the server speaks TLS, and that its certificate is valid, for this host, and signed by an "
                 "authority that is known here (tlsCAFile=FILE in the URL names another)";
    else if (strstr(why->message, "resolve"))
        advice = "check the name of the host";
    return leat_fail(err, LEAT_EUNREACHABLE, "cannot reach %.300s%.80s: %.*s; %s", m->where, m->who,
                     n < 200 ? n : 200, reason, advice);
}

size_t leat_mongodb_safe(const char *message)
{
    size_t n = strcspn(message, "{[(\"'`:0123456789\n");

    while (n && (isspace((unsigned char)message[n - 1]) || ispunct((unsigned char)message[n - 1])))
        n--;
    return n;
}

static int fail_unauthorized(const struct leat_mongodb *m, struct leat_error *err)
{
    char advice[100] = "put a user and a password into the URL";

    if (*m->who)
        (void)snprintf(advice, sizeof advice, "grant the user the role %.40s on the database", m->role);
    return leat_fail(err, LEAT_EUNREACHABLE, "cannot %s %.300s%.80s: the server does not permit it; %s", m->verb,
                     m->where, m->who, advice);
}

static int fail_in_server(const struct leat_mongodb *m, const bson_error_t *why, struct leat_error *err)
{
    switch (why->code) {
    case UNAUTHORIZED:
        return fail_unauthorized(m, err);
    case CONVERSION_FAILURE: /* its text has the value */
        return leat_fail(err, LEAT_EDATA, "cannot %s %.300s: a conversion in the pipeline fails for a document; give "
                         "$convert an onError", m->verb, m->where);
    case NO_MEMORY_TO_SORT:
        return leat_fail(err, LEAT_EPIPELINE, "cannot %s %.300s: the server has no memory to sort it; make an index "
                         "of the fields of the cursor, in their order", m->verb, m->where);
    case MAX_TIME_EXPIRED:
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot %s %.300s: the server took too long", m->verb, m->where);
    default:
        return leat_fail(err, leat_mongodb_may_pass(why, NULL) ? LEAT_EUNREACHABLE : LEAT_EPIPELINE,
                         "cannot %s %.300s: the server says: %.*s (code %u)", m->verb, m->where,
                         m->hides ? (int)leat_mongodb_safe(why->message) : 300, why->message, why->code);
    }
}

int leat_mongodb_fail(const struct leat_mongodb *m, const bson_error_t *why, const bson_t *reply,
                      struct leat_error *err)
{
    if (is_refused(why))
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot %s %.300s%.80s: the server does not accept who we are; "
                         "check user and password in the URL, and authSource, the database that knows the user",
                         m->verb, m->where, m->who);
    if (why->domain == MONGOC_ERROR_SERVER)
        return fail_in_server(m, why, err);
    if (leat_mongodb_may_pass(why, reply))
        return fail_on_the_way(m, why, err);
    return leat_fail(err, LEAT_EPIPELINE, "cannot %s %.300s: %.300s", m->verb, m->where, why->message);
}
