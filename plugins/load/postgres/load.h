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
#include "kit/text/put.h"

enum mode { MODE_INSERT, MODE_UPSERT, MODE_MERGE, MODE_REPLACE };

/* The table that a batch goes through where it is not copied into the target itself, and its number of a row. */
#define STAGING "leat_staging"
#define NUMBER "\"leat:number\""

struct postgres {
    /* options */
    struct leat_postgres server;
    const char *table;
    const struct leat_node *key;
    int mode;
    bool create, secrets;
    int64_t timeout;         /* ms, of a statement; 0: as the server has it */
    /* made by plan, read-only after it */
    const char *target;      /* the table, with its schema, quoted */
    const char *commits;     /* the table leat_commits beside it */
    int n_fields;
    int *fields;             /* of the input, in the order of the columns */
    int n_key;
    int *key_fields;         /* of the input */
    const char *create_sql;  /* NULL: the table is there */
    const char *staging_sql; /* NULL: rows are copied into the table itself */
    const char *copy_sql;
    const char *put_sql;     /* from the staging table on; gives how many rows there are, and how many were put */
    /* of the worker */
    PGconn *conn;
    bool in_transaction;
    bool has_commits;
    bool broken;             /* what stands in the transaction is not what was delivered */
    struct leat_put text;    /* of a batch, as COPY takes it */
    int32_t *rows;           /* of the batch that are in it */
    size_t *ends;            /* where each of them ends */
    int32_t n_rows, cap_rows;
};

/* ---- plan.c ---- */

int postgres_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- words.c ---- */

/* All statements; `target` and the fields are there. False: no memory. `makes`: the table is still to be made. */
bool words(struct leat_plan *plan, struct postgres *p, bool makes);

/* ---- copy.c ---- */

/* Writes the selected rows of a batch, but for those with a null in the key, which are rejected. */
LEAT_MUST_CHECK int copy_encode(struct postgres *p, struct leat_batch *b, struct leat_error *err);
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
