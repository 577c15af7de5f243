/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the server refuses of a row, and what it warns of. Its messages are English here
 * (commits_settle).
 */
#include "load.h"

#include <stdlib.h>

/* ---- codes ---- */

/* The code of a reject for what is a row's own fault, or NULL. */
static const char *code_of(unsigned number, const char *state)
{
    static const struct {
        unsigned number;
        const char *code;
    } codes[] = {
        { 1062, "constraint_unique" },      { 1169, "constraint_unique" },      { 1586, "constraint_unique" },
        { 1859, "constraint_unique" },      { 1048, "constraint_not_null" },    { 1263, "constraint_not_null" },
        { 1364, "constraint_not_null" },    { 1216, "constraint_foreign_key" }, { 1217, "constraint_foreign_key" },
        { 1451, "constraint_foreign_key" }, { 1452, "constraint_foreign_key" }, { 1557, "constraint_foreign_key" },
        { 1761, "constraint_foreign_key" }, { 1762, "constraint_foreign_key" }, { 1369, "constraint_check" },
        { 1526, "constraint_check" },       { 1748, "constraint_check" },       { 3819, "constraint_check" },
        { 4025, "constraint_check" },       { 1644, "constraint_trigger" },     { 1118, "record_too_large" },
        { 1153, "record_too_large" },       { 1301, "record_too_large" },       { 1264, "constraint_type" },
        { 1265, "constraint_type" },        { 1292, "constraint_type" },        { 1300, "constraint_type" },
        { 1365, "constraint_type" },        { 1366, "constraint_type" },        { 1367, "constraint_type" },
        { 1406, "constraint_type" },        { 1411, "constraint_type" },        { 1416, "constraint_type" },
        { 1441, "constraint_type" },        { 1690, "constraint_type" },        { 1918, "constraint_type" },
        { 3140, "constraint_type" },        { 3141, "constraint_type" },        { 3144, "constraint_type" },
        { 3156, "constraint_type" },        { 4079, "constraint_type" },
    };
    static const struct {
        const char *begins, *code;
    } states[] = { { "45", "constraint_trigger" }, { "23", "constraint" }, { "22", "constraint_type" } };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == number)
            return codes[i].code;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strncmp(state, states[i].begins, 2) == 0)
            return states[i].code;
    return NULL;
}

/* ---- words ---- */

/* The column that a message names last, `shop`.`t`.`name` or 'name', where it is no value. */
static void name_field(const char *reason, char field[66])
{
    static const char *const before[] = { " for column ", "Column ", "Field " };
    const char *p = NULL, *end, *dot;

    *field = '\0';
    for (size_t i = 0; !p && i < sizeof before / sizeof *before; i++)
        if ((p = strstr(reason, before[i])))
            p += strlen(before[i]);
    if (!p || (*p != '\'' && *p != '`') || !(end = strrchr(p + 1, *p)))
        return;
    while (*p == '`' && (dot = strstr(p, "`.`")) && dot < end)
        p = dot + 2;
    if (end - p - 1 < 65)
        (void)snprintf(field, 66, "%.*s", (int)(end - p - 1), p + 1);
}

/* In a statement for one row it is always row 1. */
static void without_row(char *reason)
{
    char *at = strstr(reason, " at row ");

    if (at && !at[8 + strspn(at + 8, "0123456789")])
        *at = '\0';
}

/* A trigger says what it likes, with values in it. */
static bool is_raised(unsigned number, const char *state)
{
    return number == 1644 || strncmp(state, "45", 2) == 0;
}

static void explain(unsigned number, const char *state, const char *message, struct leat_sql_refusal *ret)
{
    char text[LEAT_MYSQL_MESSAGE];

    if (is_raised(number, state))
        message = "a trigger of the table has refused it";
    if (number == 1526) /* it has a value without quotes */
        message = "the table has no partition for it";
    leat_mysql_message(message, !leat_mysql_shows_names(number), text);
    without_row(text);
    (void)snprintf(ret->reason, sizeof ret->reason, "%s", text);
    name_field(text, ret->field);
}

bool refuse_error(const struct leat_mysql_link *link, struct leat_sql_refusal *ret)
{
    unsigned number = mysql_errno(link->conn);

    if (leat_mysql_is_lost(link) || !number)
        return false;
    ret->code = code_of(number, mysql_sqlstate(link->conn));
    if (ret->code)
        explain(number, mysql_sqlstate(link->conn), mysql_error(link->conn), ret);
    return ret->code;
}

/* ---- warnings ---- */

/* That a value is not what it was. Others are of statements, such as one that a later server will not have. */
static bool is_change(unsigned number)
{
    static const unsigned numbers[] = { 1048, 1062, 1263, 1264, 1265, 1292, 1300, 1364, 1365, 1366, 1406, 1411, 1441,
                                        1690, 1918 };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

int refuse_warning(struct leat_mysql_link *link, struct leat_sql_refusal *ret, struct leat_error *err)
{
    unsigned long *lengths;
    MYSQL_ROW row;
    int rc, outcome = 0;

    if (!mysql_warning_count(link->conn))
        return 0;
    rc = leat_mysql_select(link, "SHOW WARNINGS", 0, NULL, "cannot ask for the server's warnings", err);
    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        unsigned number = row[1] ? (unsigned)strtoul(row[1], NULL, 10) : 0;

        if (!outcome && is_change(number)) {
            ret->code = code_of(number, "22000");
            explain(number, "22000", row[2] ? row[2] : "", ret);
            outcome = LEAT_SQL_REFUSED;
        }
        rc = 0;
    }
    return rc < 0 ? rc : outcome;
}
