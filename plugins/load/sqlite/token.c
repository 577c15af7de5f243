/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is written together with the rows, so that after a crash the host can ask
 * the file itself how far it came:
 *
 *     leat_commits    who TEXT PRIMARY KEY    what TEXT NOT NULL
 */
#include "load.h"

#include <unistd.h>

static const char make_sql[] = "CREATE TABLE IF NOT EXISTS " SQLITE_COMMITS " (who TEXT PRIMARY KEY, "
                               "what TEXT NOT NULL)";
static const char put_sql[] = "INSERT INTO " SQLITE_COMMITS " (who, what) VALUES (?1, ?2) "
                              "ON CONFLICT (who) DO UPDATE SET what = excluded.what";
static const char get_sql[] = "SELECT what FROM " SQLITE_COMMITS " WHERE who = ?1";

int token_fits(sqlite3 *db, const char *path, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, put_sql, -1, &stmt, NULL);

    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK || (rc & 0xFF) == SQLITE_ERROR) /* the latter: it has no such columns, or no such key */
        return rc == SQLITE_OK;
    return leat_sqlite_fail(err, db, "cannot read", path);
}

int token_put(sqlite3 *db, const char *path, const struct leat_token *token, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_exec(db, make_sql, NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, put_sql, -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_bind_text(stmt, 1, token->who, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_text(stmt, 2, token->what, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_DONE;
    int rc = ok ? 0 : leat_sqlite_fail(err, db, "cannot write to", path);

    sqlite3_finalize(stmt);
    return rc;
}

static int get(sqlite3 *db, const char *path, const char *who, struct leat_mark *ret, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *what = NULL;
    int rc = sqlite3_prepare_v2(db, get_sql, -1, &stmt, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_bind_text(stmt, 1, who, -1, SQLITE_STATIC)) == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && !(what = (const char *)sqlite3_column_text(stmt, 0)))
        rc = leat_fail(err, -ENOMEM, "cannot read %s: out of memory", path); /* it is declared NOT NULL */
    else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        rc = leat_sqlite_fail(err, db, "cannot read", path);
    else
        rc = 0;
    if (what)
        (void)snprintf(ret->text, sizeof ret->text, "%s", what);
    sqlite3_finalize(stmt);
    return rc;
}

int token_get(const char *path, const char *who, struct leat_mark *ret, struct leat_error *err)
{
    sqlite3 *db = NULL;
    int rc;

    *ret = (struct leat_mark){""};
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    /* for writing: a run that was killed may have left a journal, which none but a writer takes back */
    rc = leat_sqlite_open(path, SQLITE_OPEN_READWRITE, LEAT_SQLITE_PATIENT, &db, err);
    if (rc == 0)
        rc = sqlite_has_table(db, path, SQLITE_COMMITS, err);
    if (rc > 0)
        rc = get(db, path, who, ret, err);
    sqlite3_close(db);
    return leat_in_plan(rc, err);
}
