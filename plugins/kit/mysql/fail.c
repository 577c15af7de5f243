/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a server refuses, and what the library does.
 */
#include "kit/mysql/mysql.h"

#include <errmsg.h>

static int code_of(unsigned number)
{
    static const struct {
        unsigned number;
        int code;
    } codes[] = {
        { 1040, LEAT_ERETRY },         /* too many connections */
        { 1203, LEAT_ERETRY },         /* too many of this user's */
        { 1226, LEAT_ERETRY },         /* too many within this hour */
        { 1053, LEAT_ERETRY },         /* shuts down */
        { 1927, LEAT_ERETRY },         /* the connection was killed */
        { 1158, LEAT_ERETRY },         /* the network, as the server sees it */
        { 1159, LEAT_ERETRY },
        { 1160, LEAT_ERETRY },
        { 1161, LEAT_ERETRY },
        { 1205, LEAT_ERETRY },         /* a lock */
        { 1213, LEAT_ERETRY },         /* deadlock */
        { 1412, LEAT_ERETRY },         /* the table has changed since the snapshot was taken */
        { 4031, LEAT_ERETRY },         /* was idle for too long */
        { CR_SERVER_GONE_ERROR, LEAT_ERETRY },
        { CR_SERVER_LOST, LEAT_ERETRY },
        { CR_MALFORMED_PACKET, LEAT_ERETRY },
        { CR_SSL_CONNECTION_ERROR, LEAT_ERETRY },
        { CR_ERR_NET_READ, LEAT_ERETRY },
        { CR_ERR_NET_WRITE, LEAT_ERETRY },
        { 1317, -ETIMEDOUT },          /* interrupted */
        { 1969, -ETIMEDOUT },          /* max_statement_time */
        { 3024, -ETIMEDOUT },          /* max_execution_time */
        { 1044, LEAT_EUNREACHABLE },   /* no right to the database */
        { 1045, LEAT_EUNREACHABLE },   /* wrong password */
        { 1142, LEAT_EUNREACHABLE },   /* no right to the table */
        { 1143, LEAT_EUNREACHABLE },   /* no right to the column */
        { 1227, LEAT_EUNREACHABLE },   /* no such right */
        { 1345, LEAT_EUNREACHABLE },   /* no right to what a view is made of */
        { 1356, LEAT_EUNREACHABLE },
        { 1370, LEAT_EUNREACHABLE },   /* no right to a function */
        { 1021, -ENOSPC },
        { 1114, -ENOSPC },             /* a temporary table is full */
        { 1037, -ENOMEM },
        { 1038, -ENOMEM },
        { 1041, -ENOMEM },
        { CR_OUT_OF_MEMORY, -ENOMEM },
        { 1030, -EIO },
        { 1034, -EIO },
        { 1105, -EIO },
        { 1194, -EIO },                /* the table is damaged */
        { 1195, -EIO },
        { 1292, LEAT_EDATA },          /* incorrect value */
        { 1365, LEAT_EDATA },          /* division by 0 */
        { 1366, LEAT_EDATA },
        { 1411, LEAT_EDATA },
        { 1644, LEAT_EDATA },          /* SIGNAL of a function */
        { 1690, LEAT_EDATA },          /* out of range */
        { 3140, LEAT_EDATA },          /* no JSON */
        { 3141, LEAT_EDATA },
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == number)
            return codes[i].code;
    return LEAT_EPIPELINE; /* what we were told to ask for is wrong */
}

/* Whether what stands in quotes in a message is no more than names, or words of a statement in which there are no
 * values but those that the pipeline file has itself. */
static bool shows_names(unsigned number)
{
    static const unsigned numbers[] = { 1044, 1045, 1046, 1049, 1051, 1052, 1054, 1055, 1060, 1064,
                                        1066, 1067, 1109, 1115, 1140, 1142, 1143, 1146, 1149, 1222,
                                        1227, 1235, 1248, 1267, 1271, 1273, 1286, 1305, 1345, 1347,
                                        1356, 1370, 1412, 1423, 1580, 1582, 1583, 1792, 4078, 4079 };

    if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR)
        return true;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* Messages show values in quotes, and some of them what a function makes up. */
static void without_values(bool hide, const char *message, char room[400])
{
    bool within = false;
    size_t n = 0;

    for (; *message && *message != '\n' && n < 395; message++) {
        bool quote = hide && (*message == '\'' || *message == '"' || *message == '`');

        if (hide && within && !quote)
            continue;
        if (quote) {
            if (within)
                n += (size_t)snprintf(room + n, 400 - n, "...");
            within = !within;
        }
        if (n < 399)
            room[n++] = *message;
    }
    room[n] = '\0';
}

int leat_mysql_fail(struct leat_error *err, const struct leat_mysql_link *link, const char *doing)
{
    unsigned number = link->conn ? mysql_errno(link->conn) : CR_OUT_OF_MEMORY;
    const char *message = link->conn ? mysql_error(link->conn) : "out of memory";
    char text[400];

    if (link->stopped == LEAT_ECANCELED)
        return leat_fail(err, LEAT_ECANCELED, "stopped while the server was at work");
    if (link->stopped)
        return leat_fail(err, link->stopped, "%s: no answer in time", doing);
    if (number == 1644)
        message = "a function or view of the database has raised an error of its own";
    without_values(link->values_in_text || !shows_names(number), message, text);
    return leat_fail(err, number ? code_of(number) : LEAT_ERETRY, "%s: %s (%u)", doing, text, number);
}
