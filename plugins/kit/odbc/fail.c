/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What drivers and servers refuse. A message of theirs may hold values, and that of a
 * connection all that stands in its string.
 */
#include "kit/odbc/odbc.h"

enum { MAX_MESSAGE = 400 };

struct complaint {
    char state[6], text[MAX_MESSAGE];
    SQLINTEGER native;
};

/* ---- the driver's words ---- */

static bool get_record(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT i, struct complaint *ret)
{
    SQLWCHAR state[6] = { 0 }, wide[1024] = { 0 };
    struct leat_put text = { 0 };
    SQLSMALLINT n = 0;

    if (!handle || !SQL_SUCCEEDED(SQLGetDiagRecW(type, handle, i, state, &ret->native, wide, 1024, &n)))
        return false;
    for (int k = 0; k < 6; k++)
        ret->state[k] = (char)state[k];
    n = n < 0 ? 0 : n < 1023 ? n : 1023;
    while (n && !wide[n - 1])
        n--;
    leat_odbc_narrow(wide, (size_t)n, &text);
    (void)snprintf(ret->text, sizeof ret->text, "%s", leat_put_end(&text) ? text.p : "out of memory");
    leat_put_free(&text);
    return true;
}

/* Warnings, 01..., come along with what they are about. The first error is it. */
static struct complaint complaint_of(const struct leat_odbc_link *link, SQLHSTMT stmt)
{
    struct complaint c, none = { .state = "HY000", .text = "the driver says nothing of why" };
    SQLSMALLINT type = stmt ? SQL_HANDLE_STMT : SQL_HANDLE_DBC;
    SQLHANDLE handle = stmt ? stmt : link->conn;

    for (SQLSMALLINT i = 1; get_record(type, handle, i, &c); i++)
        if (strncmp(c.state, "01", 2) != 0 || strstr(c.text, "Can't open lib"))
            return c;
    return none;
}

bool leat_odbc_has_state(SQLHSTMT stmt, const char *state)
{
    struct complaint c;

    for (SQLSMALLINT i = 1; get_record(SQL_HANDLE_STMT, stmt, i, &c); i++)
        if (strcmp(c.state, state) == 0)
            return true;
    return false;
}

/* ---- what it means ---- */

/* States are the standard's, but drivers hand on those of the server as well; and where they have none, its number. */
static int code_of(enum leat_odbc_kind kind, const struct complaint *c)
{
    static const struct {
        int kind;          /* -1: any */
        const char *state; /* begins with it */
        SQLINTEGER native; /* 0: any */
        int code;
    } codes[] = {
        { LEAT_ODBC_MARIADB, "", 1040, LEAT_ERETRY },       /* too many connections */
        { LEAT_ODBC_MARIADB, "", 1053, LEAT_ERETRY },       /* shuts down */
        { LEAT_ODBC_MARIADB, "", 1205, LEAT_ERETRY },       /* a lock */
        { LEAT_ODBC_MARIADB, "", 1213, LEAT_ERETRY },       /* deadlock */
        { LEAT_ODBC_MARIADB, "", 1412, LEAT_ERETRY },       /* the table has changed since the snapshot was taken */
        { LEAT_ODBC_MARIADB, "", 1927, LEAT_ERETRY },       /* the connection was killed */
        { LEAT_ODBC_MARIADB, "", 2006, LEAT_ERETRY },       /* gone away */
        { LEAT_ODBC_MARIADB, "", 2013, LEAT_ERETRY },       /* lost */
        { LEAT_ODBC_MARIADB, "", 1317, -ETIMEDOUT },        /* interrupted */
        { LEAT_ODBC_MARIADB, "", 1969, -ETIMEDOUT },        /* max_statement_time */
        { LEAT_ODBC_MARIADB, "", 3024, -ETIMEDOUT },        /* max_execution_time */
        { LEAT_ODBC_MARIADB, "", 1044, LEAT_EUNREACHABLE }, /* no right to the database */
        { LEAT_ODBC_MARIADB, "", 1142, LEAT_EUNREACHABLE }, /* no right to the table */
        { LEAT_ODBC_MARIADB, "", 1143, LEAT_EUNREACHABLE }, /* no right to the column */
        { LEAT_ODBC_MARIADB, "", 1227, LEAT_EUNREACHABLE }, /* no such right */
        { LEAT_ODBC_MARIADB, "", 1690, LEAT_EDATA },        /* out of range */
        { LEAT_ODBC_MARIADB, "", 1644, LEAT_EDATA },        /* SIGNAL of a function */
        { LEAT_ODBC_SQLITE, "", 5, LEAT_ERETRY },           /* busy */
        { LEAT_ODBC_SQLITE, "", 6, LEAT_ERETRY },           /* locked */
        { LEAT_ODBC_SQLITE, "", 9, -ETIMEDOUT },            /* interrupted */
        { LEAT_ODBC_SQLITE, "", 10, -EIO },
        { LEAT_ODBC_SQLITE, "", 11, -EIO },                 /* damaged */
        { LEAT_ODBC_SQLITE, "", 26, -EIO },                 /* no database */
        { -1, "08", 0, LEAT_ERETRY },                       /* the connection */
        { -1, "40", 0, LEAT_ERETRY },                       /* deadlock, serialization */
        { -1, "57P0", 0, LEAT_ERETRY },                     /* PostgreSQL shuts down */
        { -1, "53300", 0, LEAT_ERETRY },                    /* too many connections */
        { -1, "53100", 0, -ENOSPC },
        { -1, "53200", 0, -ENOMEM },
        { -1, "HYT", 0, -ETIMEDOUT },
        { -1, "S1T", 0, -ETIMEDOUT },
        { -1, "57014", 0, -ETIMEDOUT },                     /* PostgreSQL was asked to stop */
        { -1, "HY008", 0, -ETIMEDOUT },                     /* SQLCancel */
        { -1, "HY001", 0, -ENOMEM },
        { -1, "HY013", 0, -ENOMEM },
        { -1, "28", 0, LEAT_EUNREACHABLE },                 /* who we are */
        { -1, "42501", 0, LEAT_EUNREACHABLE },              /* no right to it */
        { -1, "22", 0, LEAT_EDATA },                        /* values */
        { -1, "23", 0, LEAT_EDATA },
        { -1, "P0001", 0, LEAT_EDATA },                     /* RAISE of a function */
        { -1, "45000", 0, LEAT_EDATA },                     /* SIGNAL of a function */
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if ((codes[i].kind == -1 || codes[i].kind == (int)kind) &&
            strncmp(c->state, codes[i].state, strlen(codes[i].state)) == 0 &&
            (!codes[i].native || codes[i].native == c->native))
            return codes[i].code;
    return LEAT_EPIPELINE; /* what we were told to ask for is wrong */
}

/* Some drivers have no state of their own for it. */
static bool is_lost(const struct leat_odbc_link *link, const struct complaint *c)
{
    static const char *const words[] = { "server closed the connection", "terminating connection", "Lost connection",
                                         "gone away", "no connection to the server", "ould not receive data",
                                         "ould not send", "Communication link failure" };
    SQLUINTEGER dead = SQL_CD_FALSE;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(c->text, words[i]))
            return true;
    return link->conn && SQL_SUCCEEDED(SQLGetConnectAttrW(link->conn, SQL_ATTR_CONNECTION_DEAD, &dead, 0, NULL)) &&
           dead == SQL_CD_TRUE;
}

/* ---- what may be seen of it ---- */

/* Whether what stands in quotes in a message is no more than names, or words of a statement in which there are no
 * values but those that the pipeline file has itself. */
static bool shows_names(enum leat_odbc_kind kind, const struct complaint *c)
{
    static const char *const states[] = { "42", "08", "28", "IM", "3D", "3F", "S0", "HYC", "HYT", "0A" };

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strncmp(c->state, states[i], strlen(states[i])) == 0)
            return true;
    return kind == LEAT_ODBC_SQLITE && c->native == 1; /* no such table */
}

/* What a function of the database makes up may hold anything. */
static bool is_made_up(const struct complaint *c)
{
    return strcmp(c->state, "P0001") == 0 || strcmp(c->state, "45000") == 0 || c->native == 1644;
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

/* The first line, without what stands in quotes if it is to be hidden, and never the password. */
static void show(bool hide, const char *message, const struct leat_secret *password, char room[MAX_MESSAGE])
{
    bool within = false;
    size_t n = 0;

    for (; *message && *message != '\n' && *message != '\r' && n < MAX_MESSAGE - 8; message++) {
        if (password && password->n && strncmp(message, password->text, password->n) == 0) {
            n += (size_t)snprintf(room + n, MAX_MESSAGE - n, "***");
            message += password->n - 1;
            continue;
        }
        if (hide && is_quote(*message)) {
            if (within)
                n += (size_t)snprintf(room + n, MAX_MESSAGE - n, "...");
            within = !within;
        } else if (hide && within) {
            continue;
        }
        room[n++] = *message;
    }
    room[n] = '\0';
}

static const char *words_of(const struct leat_odbc_link *link, const struct complaint *c, bool hide,
                            char room[MAX_MESSAGE])
{
    if (is_made_up(c))
        return "a function or view of the database has raised an error of its own";
    show(hide, c->text, link->options->password, room);
    return room;
}

/* ---- errors ---- */

int leat_odbc_fail(struct leat_error *err, struct leat_odbc_link *link, SQLHSTMT stmt, const char *doing)
{
    enum leat_odbc_kind kind = link->server ? link->server->kind : LEAT_ODBC_OTHER;
    char room[MAX_MESSAGE];
    struct complaint c;
    int code;

    if (link->stopped == LEAT_ECANCELED)
        return leat_fail(err, LEAT_ECANCELED, "stopped while the server was at work");
    if (link->stopped)
        return leat_fail(err, link->stopped, "%s: no answer in time", doing);
    c = complaint_of(link, stmt);
    code = code_of(kind, &c);
    if ((code == LEAT_EPIPELINE || code == -EIO) && is_lost(link, &c))
        code = LEAT_ERETRY;
    return leat_fail(err, code, "%s: %s (%s)", doing,
                     words_of(link, &c, link->values_in_text || !shows_names(kind, &c), room), c.state);
}

static const char *hint_for(const struct complaint *c)
{
    static const struct {
        const char *state, *part, *hint;
    } hints[] = {
        { "", "Can't open lib", "is the driver's package installed, and its file where odbcinst.ini says?" },
        { "IM002", "", "is it in odbc.ini (`odbcinst -q -s' lists data sources), and its driver in odbcinst.ini "
                       "(`odbcinst -q -d')?" },
        { "IM003", "", "is the driver's package installed?" },
        { "28", "", "check user and password, and from where the server lets this user in" },
        { "", "password authentication", "check user and password" },
        { "", "Access denied", "check user and password, and from where the server lets this user in" },
        { "", "does not exist", "check the name of the database" },
        { "", "Unknown database", "check the name of the database" },
        { "", "unable to open database", "is the file there, and may we read it?" },
        { "", "an't connect", "is the server running, and does it listen there?" },
        { "HYT", "", "no answer; do a firewall or a wrong address keep it?" },
        { "08", "", "is the server running, does it listen there, and are the words of the connection those of the "
                    "driver?" },
    };

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strncmp(c->state, hints[i].state, strlen(hints[i].state)) == 0 && strstr(c->text, hints[i].part))
            return hints[i].hint;
    return NULL;
}

int leat_odbc_fail_connect(struct leat_error *err, struct leat_odbc_link *link, const char *place)
{
    struct complaint c;
    const char *hint;
    char room[MAX_MESSAGE];
    bool later;

    if (link->stopped == LEAT_ECANCELED)
        return leat_fail(err, LEAT_ECANCELED, "stopped while connecting");
    c = complaint_of(link, NULL);
    hint = link->stopped ? "no answer in time" : hint_for(&c);
    later = strcmp(c.state, "53300") == 0 || strcmp(c.state, "57P03") == 0 || c.native == 1040;
    return leat_fail(err, later ? LEAT_ERETRY : LEAT_EUNREACHABLE, "cannot connect by ODBC to %.300s: %.240s (%s)%s%s",
                     place, words_of(link, &c, false, room), c.state, hint ? "; " : "", hint ? hint : "");
}
