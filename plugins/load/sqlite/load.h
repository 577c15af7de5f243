/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of load sqlite: plan.c decides which fields go where and words the
 * statements, sqlite.c runs them.
 */
#ifndef LEAT_LOAD_SQLITE_H
#define LEAT_LOAD_SQLITE_H

#include <leat/plugin.h>

#include "kit/secrets/secrets.h"
#include "kit/sqlite/sqlite.h"

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
    bool may_roll_back;      /* a trigger may undo what was written before */
    /* of the worker */
    sqlite3 *db;
    sqlite3_stmt *insert;
    bool in_transaction;
};

int sqlite_plan(struct leat_plan *plan, void *self, struct leat_error *err);

#endif
