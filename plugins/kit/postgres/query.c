/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking, and what the server refuses.
 */
#include "kit/postgres/postgres.h"

#include "wait.h"

/* ---- errors ---- */

static int code_of(const char *state)
{
    static const struct {
        const char *begins;
        int code;
    } codes[] = {
        { "08", LEAT_ERETRY },         /* connection */
        { "57P", LEAT_ERETRY },        /* shut down, crashed, starting */
        { "40", LEAT_ERETRY },         /* deadlock, serialization */
        { "55P03", LEAT_ERETRY },      /* a lock */
        { "57014", -ETIMEDOUT },       /* canceled: by a time limit */
        { "42501", LEAT_EUNREACHABLE }, /* no right to it */
        { "53100", -ENOSPC },
        { "53200", -ENOMEM },
        { "53", LEAT_ERETRY },         /* too many connections and the like */
        { "22", LEAT_EDATA },
        { "58", -EIO },
        { "XX", -EIO },
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strncmp(state, codes[i].begins, strlen(codes[i].begins)) == 0)
            return codes[i].code;
    return LEAT_EPIPELINE; /* what we were told to ask for is wrong */
}

bool leat_postgres_shows_values(const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    if (!state || PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME))
        return false; /* the connection's own words; a constraint, which names itself */
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strncmp(state, "44", 2) == 0 ||
           strncmp(state, "45", 2) == 0 || strncmp(state, "P0", 2) == 0 || strncmp(state, "U0", 2) == 0 ||
           strncmp(state, "XX", 2) == 0;
}

/* The first quote of any kind, also of other languages; NULL: there is none. */
static const char *first_quote(const char *text, const char *end)
{
    for (; text < end; text++)
        if (*text == '"' || *text == '\'' || *text == '`' || (unsigned char)*text >= 0x80)
            return text;
    return NULL;
}

static const char *last_quote(const char *text, const char *end)
{
    while (end-- > text)
        if (*end == '"' || *end == '\'' || *end == '`' || (unsigned char)*end >= 0x80)
            return end;
    return NULL;
}

void leat_postgres_message(const char *message, bool hide, char room[LEAT_POSTGRES_MESSAGE])
{
    const char *end = message + strcspn(message, "\n"), *from = hide ? first_quote(message, end) : NULL, *to;

    if (!from) {
        (void)snprintf(room, LEAT_POSTGRES_MESSAGE, "%.*s", (int)(end - message), message);
        return;
    }
    to = last_quote(from, end) + 1;
    (void)snprintf(room, LEAT_POSTGRES_MESSAGE, "%.*s\"...\"%.*s", (int)(from - message), message, (int)(end - to), to);
}

int leat_postgres_fail(struct leat_error *err, const PGconn *conn, const PGresult *result, const char *doing)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    int code = state ? code_of(state) : LEAT_ERETRY;
    char text[LEAT_POSTGRES_MESSAGE];

    if (!message) /* libpq's own: the connection */
        message = conn ? PQerrorMessage(conn) : "out of memory";
    leat_postgres_message(message, leat_postgres_shows_values(result), text);
    return leat_fail(err, code, "%s: %s%s%s%s", doing, text, state ? " (" : "", state ? state : "", state ? ")" : "");
}

/* ---- asking ---- */

void leat_postgres_cancel(PGconn *conn)
{
    PGcancel *cancel = PQgetCancel(conn);
    char room[256];

    if (cancel)
        (void)!PQcancel(cancel, room, sizeof room);
    PQfreeCancel(cancel);
}

static int wait_until(PGconn *conn, struct leat_stage *stage, int64_t until_ms, struct leat_error *err)
{
    while (PQisBusy(conn)) {
        if (!PQconsumeInput(conn))
            return leat_postgres_fail(err, conn, NULL, "the connection to the server is lost");
        if (!PQisBusy(conn))
            return 0;
        if (is_cancelled(stage)) {
            leat_postgres_cancel(conn);
            return leat_fail(err, LEAT_ECANCELED, "stopped while the server was at work");
        }
        if (leat_now_ms() > until_ms) {
            leat_postgres_cancel(conn);
            return leat_fail(err, -ETIMEDOUT, "the server gives no answer in time (see timeout)");
        }
        (void)wait_for(PQsocket(conn), true);
    }
    return 0;
}

int leat_postgres_wait(PGconn *conn, struct leat_stage *stage, struct leat_error *err)
{
    return wait_until(conn, stage, INT64_MAX, err);
}

/* What follows the result is no more than its end. */
int leat_postgres_result(PGconn *conn, struct leat_stage *stage, PGresult **ret, struct leat_error *err)
{
    PGresult *more;
    int rc = leat_postgres_wait(conn, stage, err);

    *ret = NULL;
    if (rc < 0)
        return rc;
    *ret = PQgetResult(conn);
    while (rc == 0 && (rc = leat_postgres_wait(conn, stage, err)) == 0 && (more = PQgetResult(conn)))
        PQclear(more);
    return rc;
}

int leat_postgres_query(PGconn *conn, struct leat_stage *stage, const char *sql, int n, const char *const *values,
                        PGresult **ret, struct leat_error *err)
{
    return leat_postgres_query_until(conn, stage, INT64_MAX, sql, n, values, ret, err);
}

int leat_postgres_query_until(PGconn *conn, struct leat_stage *stage, int64_t until_ms, const char *sql, int n,
                              const char *const *values, PGresult **ret, struct leat_error *err)
{
    PGresult *result = NULL;
    int rc;

    *ret = NULL;
    if (!PQsendQueryParams(conn, sql, n, NULL, values, NULL, NULL, 0))
        return leat_postgres_fail(err, conn, NULL, "cannot ask the server");
    rc = wait_until(conn, stage, until_ms, err);
    if (rc == 0)
        rc = leat_postgres_result(conn, stage, &result, err);
    if (rc == 0 && PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        rc = leat_postgres_fail(err, conn, result, "the server refuses");
    if (rc < 0)
        PQclear(result);
    else
        *ret = result;
    return rc;
}
