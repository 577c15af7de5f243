/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A folder of its own for a test of the sqlite plugins, the database in it, and
 * what is put there and asked for behind their back.
 */
#ifndef LEAT_TESTS_TEST_SQLITE_H
#define LEAT_TESTS_TEST_SQLITE_H

#include "unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include <leat/plugin.h>

#include "base/text.h"

static char folder[] = "/tmp/leat-sqlite-XXXXXX", path[64], options[4096];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/t.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* Options for a plugin. */
static const char *with(const char *more)
{
    (void)snprintf(options, sizeof options, "{path: %s, %s}", path, more);
    return options;
}

static void change(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* One column of what a statement gives, with newlines between; the caller's to free. */
LEAT_UNUSED static char *ask_column(const char *sql, int column)
{
    struct leat_text_buffer out = {0};
    sqlite3_stmt *stmt;
    sqlite3 *db;

    leat_text_add_string(&out, "");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        leat_text_printf(&out, "%s\n", sqlite3_column_text(stmt, column));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return out.p;
}

LEAT_UNUSED static char *ask(const char *sql)
{
    return ask_column(sql, 0);
}

LEAT_UNUSED static void assert_answer(const char *sql, const char *wanted)
{
    char *got = ask(sql);

    assert_string_equal(got, wanted);
    free(got);
}

#endif
