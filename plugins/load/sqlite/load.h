/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of load sqlite: plan.c decides which fields go where and words the
 * statements, sqlite.c runs them, token.c notes in the file how far it came.
 */
#ifndef LEAT_LOAD_SQLITE_H
#define LEAT_LOAD_SQLITE_H

#include <leat/plugin.h>

#include "kit/secrets/secrets.h"
#include "kit/sqlite/sqlite.h"

#define SQLITE_COMMITS "leat_commits"

enum { SQLITE_MODE_INSERT, SQLITE_MODE_UPSERT };

struct sqlite {
    /* options */
    const char *path, *table;
    const struct leat_node *key;
    int mode;
    bool create, secrets;
    /* made by plan, read-only after it */
    int n_fields;
    int *fields;             /* of the input, in the order of the statement's parameters */
    const char *create_sql;  /* NULL: the table is there */
    const char *insert_sql;
    int n_key;
    int *key_fields;         /* of the input */
    bool only_key;           /* upsert has nothing to update */
    bool is_view;            /* with a trigger that writes instead */
    bool settles;            /* the table's declaration says itself what becomes of a conflict */
    /* of the worker */
    sqlite3 *db;
    sqlite3_stmt *insert;
    bool in_transaction;
    bool broken;             /* what stands in the transaction is not what was delivered */
};

/* ---- plan.c ---- */

int sqlite_plan(struct leat_plan *plan, void *self, struct leat_error *err);
/* 1: the file has such a table or view; 0: none; negative: SQLite cannot tell. */
LEAT_MUST_CHECK int sqlite_has_table(sqlite3 *db, const char *path, const char *table, struct leat_error *err);

/* ---- token.c ---- */

/* 1: the table leat_commits, which is there, is such a one; 0: it is another; negative: SQLite cannot tell. */
LEAT_MUST_CHECK int token_fits(sqlite3 *db, const char *path, struct leat_error *err);
/* Within the transaction of the rows. */
LEAT_MUST_CHECK int token_put(sqlite3 *db, const char *path, const struct leat_token *token, struct leat_error *err);
/* On a connection of its own; empty where nothing stands there. */
LEAT_MUST_CHECK int token_get(const char *path, const char *who, struct leat_mark *ret, struct leat_error *err);

#endif
