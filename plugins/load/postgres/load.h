/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of load postgres: plan.c looks at the table, words.c words the statements,
 * copy.c writes rows as COPY takes them, commits.c notes how far the rows go, and
 * postgres.c is the plugin around them.
 */
#ifndef LEAT_LOAD_POSTGRES_H
#define LEAT_LOAD_POSTGRES_H

#include <leat/plugin.h>

#include "kit/postgres/postgres.h"
#include "kit/sql/load.h"

/* The table that a batch goes through where it is not copied into the target itself, and its number of a row. */
#define STAGING "leat_staging"
#define NUMBER "\"leat:number\""

struct postgres {
    /* options */
    struct leat_postgres server;
    struct leat_sql_load load;
    /* made by plan, read-only after it */
    const char *create_sql;  /* NULL: the table is there */
    const char *staging_sql; /* NULL: rows are copied into the table itself */
    const char *copy_sql;
    const char *put_sql;     /* from the staging table on; gives how many rows there are, and how many were put */
    /* of the worker */
    PGconn *conn;
    bool has_commits;
};

/* ---- plan.c ---- */

int postgres_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- words.c ---- */

/* All statements; `target` and the fields are there. False: no memory. `makes`: the table is still to be made. */
bool words(struct leat_plan *plan, struct postgres *p, bool makes);

/* ---- copy.c ---- */

/* Writes a row behind p->load.text. */
bool copy_put(void *self, struct leat_batch *b, int32_t row);
/* Sends rows `from` to `to` of them by copy_sql. The caller looks at the result. */
LEAT_MUST_CHECK int copy_send(struct postgres *p, struct leat_stage *stage, int32_t from, int32_t to,
                              PGresult **ret, struct leat_error *err);

/* ---- commits.c ---- */

/* Waits until no other transaction of this pipeline's is under way, such as that of a run that was killed while the
 * server still commits, and keeps others out until this one ends. */
LEAT_MUST_CHECK int commits_lock(PGconn *conn, struct leat_stage *stage, const char *who, struct leat_error *err);
/* Within the transaction of the rows. */
LEAT_MUST_CHECK int commits_put(struct postgres *p, struct leat_stage *stage, const struct leat_token *token,
                                struct leat_error *err);
/* On a connection of its own; empty where nothing stands there. */
LEAT_MUST_CHECK int commits_get(const struct postgres *p, struct leat_stage *stage, const char *who,
                                struct leat_mark *ret, struct leat_error *err);

#endif
