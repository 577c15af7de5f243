/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The session, and what is written in it together with the rows, so that after a crash the
 * host can ask the database itself how far it came:
 *
 *     leat_commits    who varchar(64) PRIMARY KEY    what varchar(255) NOT NULL
 */
#include "load.h"

enum { NO_SUCH_TABLE = 1146 };

/* ---- the session ---- */

/* What does not fit is refused and never made to fit; keys are checked; an id of 0 stays 0; and a commit does no more
 * than that. Messages are read by refuse.c, and so they are English. */
int commits_settle(struct leat_mysql_link *link, struct leat_error *err)
{
    return leat_mysql_do(link,
                         "SET SESSION sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
                         "ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', autocommit = 1, "
                         "completion_type = 0, foreign_key_checks = 1, unique_checks = 1, sql_notes = 1, "
                         "max_error_count = 65535, sql_safe_updates = 0, lc_messages = 'en_US' "
                         "/*M!100302 , check_constraint_checks = 1 */", err);
}

/* The lock is the session's: the server lets it go when the session has ended, and so behind a commit that was on its
 * way when we were killed. */
int commits_lock(struct leat_mysql_link *link, const char *who, struct leat_error *err)
{
    char name[72];
    const struct leat_mysql_value value = { .bytes = name,
                                            .n = (size_t)snprintf(name, sizeof name, "leat:%.58s", who) };
    unsigned long *lengths;
    bool has = false;
    MYSQL_ROW row;
    int rc = leat_mysql_select(link, "SELECT GET_LOCK(?, 31536000)", 1, &value, "cannot wait for an earlier run", err);

    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        has = row[0] && strcmp(row[0], "1") == 0;
        rc = 0;
        if (!has)
            rc = leat_fail(err, LEAT_ERETRY, "cannot wait for an earlier run: the server gives no lock");
    }
    return rc;
}

/* ---- the table ---- */

void commits_word(struct leat_put *sql, const struct mysql *p, const struct leat_token *token)
{
    leat_put_printf(sql, "INSERT INTO %s (who, what) VALUES (", p->load.commits);
    leat_mysql_add_text(sql, token->who, strlen(token->who));
    leat_put_string(sql, ", ");
    leat_mysql_add_text(sql, token->what, strlen(token->what));
    leat_put_string(sql, ") ON DUPLICATE KEY UPDATE what = VALUES(what)");
}

int commits_put(struct mysql *p, const struct leat_token *token, struct leat_error *err)
{
    const char *text;

    p->sql.n = 0;
    commits_word(&p->sql, p, token);
    text = leat_put_end(&p->sql);
    return text ? leat_mysql_do(&p->link, text, err)
                : leat_fail(err, -ENOMEM, "cannot write to the table: out of memory");
}

/* The row is made here, and later only changed: rows that are made beside each other lock the gap between them. */
int commits_make(struct mysql *p, const struct leat_token *token, struct leat_error *err)
{
    struct leat_put sql = { 0 };
    const char *text;
    int rc;

    leat_put_printf(&sql, "INSERT INTO %s (who, what) VALUES (", p->load.commits);
    leat_mysql_add_text(&sql, token->who, strlen(token->who));
    leat_put_string(&sql, ", '') ON DUPLICATE KEY UPDATE what = what");
    text = leat_put_end(&sql);
    rc = text ? leat_mysql_do(&p->link, text, err)
              : leat_fail(err, -ENOMEM, "cannot write to the table: out of memory");
    if (rc < 0 && text && mysql_errno(p->link.conn) == NO_SUCH_TABLE) {
        rc = leat_mysql_do(&p->link, p->commits_sql, err);
        if (rc == 0)
            rc = leat_mysql_do(&p->link, text, err);
    }
    leat_put_free(&sql);
    return rc;
}

static int get(const struct mysql *p, struct leat_mysql_link *link, const char *who, struct leat_mark *ret,
               struct leat_error *err)
{
    const struct leat_mysql_value value = { .bytes = who, .n = strlen(who) };
    struct leat_put sql = { 0 };
    unsigned long *lengths;
    const char *text;
    MYSQL_ROW row;
    int rc;

    leat_put_printf(&sql, "SELECT what FROM %s WHERE who = ?", p->load.commits);
    text = leat_put_end(&sql);
    rc = text ? leat_mysql_select(link, text, 1, &value, "cannot read how far an earlier run came", err)
              : leat_fail(err, -ENOMEM, "cannot read how far an earlier run came: out of memory");
    leat_put_free(&sql);
    if (rc < 0 && text && mysql_errno(link->conn) == NO_SUCH_TABLE)
        return 0;
    while (rc == 0 && (rc = leat_mysql_row(link, &row, &lengths, err)) > 0) {
        (void)snprintf(ret->text, sizeof ret->text, "%s", row[0] ? row[0] : "");
        rc = 0;
    }
    return rc;
}

int commits_get(const struct mysql *p, struct leat_stage *stage, const char *who, struct leat_mark *ret,
                struct leat_error *err)
{
    struct leat_mysql_link link = { 0 };
    int rc = leat_mysql_open(&p->server, stage, false, &link, err);

    *ret = (struct leat_mark){ "" };
    if (rc == 0)
        rc = commits_lock(&link, who, err);
    if (rc == 0)
        rc = get(p, &link, who, ret, err);
    leat_mysql_close(&link);
    return rc;
}
