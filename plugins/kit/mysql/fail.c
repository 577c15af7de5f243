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
        { 1290, LEAT_EUNREACHABLE },   /* read-only, or another option forbids it */
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

/* Names, or words of a statement in which there are no values but those that the pipeline file has itself. */
bool leat_mysql_shows_names(unsigned number)
{
    static const unsigned numbers[] = { 1044, 1045, 1046, 1048, 1049, 1051, 1052, 1054, 1055, 1060, 1064, 1066, 1067,
                                        1072, 1109, 1113, 1115, 1140, 1142, 1143, 1146, 1149, 1170, 1222, 1227, 1235,
                                        1248, 1264, 1265, 1267, 1271, 1273, 1286, 1290, 1305, 1345, 1347, 1356, 1364,
                                        1370, 1406, 1412, 1423, 1451, 1452, 1580, 1582, 1583, 1792, 3819, 4025, 4078,
                                        4079 };

    if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR)
        return true;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

/* The last place of a text in a message, or NULL. */
static const char *last_of(const char *text, const char *part)
{
    const char *found = NULL;

    for (; (text = strstr(text, part)); text++)
        found = text;
    return found;
}

/* Where the server names a key or a column behind the value: at the very end, so that no value can pass for it. */
static const char *name_behind(const char *message)
{
    const char *key = last_of(message, "' for key '"), *column = last_of(message, "' for column "), *row;
    size_t digits;

    if (key && !strncmp(message, "Duplicate entry ", 16))
        return key + 1;
    row = column ? last_of(column, " at row ") : NULL;
    digits = row ? strspn(row + 8, "0123456789") : 0;
    return digits && !row[8 + digits] ? column + 1 : NULL;
}

/* A value may have quotes in it: all from the first to the last is taken for one. */
void leat_mysql_message(const char *message, bool hide, char room[LEAT_MYSQL_MESSAGE])
{
    size_t n = strcspn(message, "\n"), from = strcspn(message, "'\"`"), to = n;
    const char *behind = name_behind(message);

    if (!hide || from >= n) {
        (void)snprintf(room, LEAT_MYSQL_MESSAGE, "%.*s", (int)n, message);
        return;
    }
    if (behind)
        to = (size_t)(behind - message);
    else
        while (!is_quote(message[to - 1]))
            to--;
    (void)snprintf(room, LEAT_MYSQL_MESSAGE, "%.*s...%c%s", (int)from + 1, message, message[from], message + to);
    room[strcspn(room, "\n")] = '\0';
}

bool leat_mysql_is_lost(const struct leat_mysql_link *link)
{
    unsigned number = link->conn ? mysql_errno(link->conn) : CR_SERVER_LOST;

    return link->stopped || (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) || number == 1053 || number == 1927 ||
           number == 4031 || (number >= 1158 && number <= 1161);
}

int leat_mysql_fail(struct leat_error *err, const struct leat_mysql_link *link, const char *doing)
{
    unsigned number = link->conn ? mysql_errno(link->conn) : CR_OUT_OF_MEMORY;
    const char *message = link->conn ? mysql_error(link->conn) : "out of memory";
    char text[LEAT_MYSQL_MESSAGE];

    if (link->stopped == LEAT_ECANCELED)
        return leat_fail(err, LEAT_ECANCELED, "stopped while the server was at work");
    if (link->stopped)
        return leat_fail(err, link->stopped, "%s: no answer in time", doing);
    if (number == 1644)
        message = "a function or view of the database has raised an error of its own";
    leat_mysql_message(message, link->values_in_text || !leat_mysql_shows_names(number), text);
    return leat_fail(err, number ? code_of(number) : LEAT_ERETRY, "%s: %s (%u)", doing, text, number);
}
