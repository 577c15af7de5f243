/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract postgres: schema.c finds out what the rows look like, row.c
 * puts one into a batch, find.c asks for single ones, and postgres.c is the plugin
 * around them. The order of the rows and the place in it: kit/sql.
 */
#ifndef LEAT_EXTRACT_POSTGRES_H
#define LEAT_EXTRACT_POSTGRES_H

#include <leat/plugin.h>

#include "kit/postgres/postgres.h"
#include "kit/sql/sql.h"

/* How the text of a value is put. */
enum form {
    FORM_TEXT,     /* as it stands */
    FORM_NUMERIC,  /* as it stands, if it is a number */
    FORM_TIME,     /* a date or timestamp, as PostgreSQL writes those that ISO 8601 has no four digits for */
    FORM_PARSED,   /* as what the field is */
};

/* Of the connection at hand. */
struct reader {
    PGconn *conn;
    PGresult *result;      /* whose rows are being put */
    int row;
    bool running;          /* a SELECT has begun and not ended */
    bool checked;          /* its columns are those of the plan */
    struct leat_sql_place place;
    const char **texts;    /* of the row at hand, one a column; NULL: null */
    int *lengths;
};

struct postgres {
    /* options */
    struct leat_postgres server;
    struct leat_sql sql;
    int64_t timeout; /* ms, of a statement; 0: as the server has it */
    /* made by plan, read-only after it */
    enum form *forms;
    const char **find_as;  /* the type that a key is cast to; NULL: the column is cast to text */
    /* of the thread that reads */
    struct reader reader;
};

/* A connection of its own for each worker that asks for records. */
struct finder {
    PGconn *conn;
};

/* ---- schema.c ---- */

int postgres_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- row.c ---- */

/* Takes the texts of a row out of a result. */
void row_take(const PGresult *result, int row, int n_columns, const char **ret_texts, int *ret_lengths);
/* Puts them. Returns the number of the first field whose value does not fit, or -1. */
int row_put(struct leat_batch *out, const enum form *forms, const char *const *texts, const int *lengths);

/* ---- find.c ---- */

int postgres_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);
void postgres_find_close(struct leat_stage *stage, void *self);

#endif
