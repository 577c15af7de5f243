/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract postgres: schema.c finds out what the rows look like, row.c
 * puts one into a batch, find.c asks for single ones, parts.c divides a table for
 * several readers, and postgres.c is the plugin around them. The order of the rows and the place in it: kit/sql.
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
    struct leat_sql sql;   /* what it reads: all, or its part of the table */
    PGconn *conn;
    bool told;             /* it has set the position that says where the table is divided */
    PGresult *result;      /* whose rows are being put */
    int row;
    bool running;          /* a SELECT has begun and not ended */
    bool checked;          /* its columns are those of the plan */
    struct leat_sql_place place;
    struct leat_sql_row texts; /* of the row at hand */
};

struct postgres {
    /* options */
    struct leat_postgres server;
    struct leat_sql sql;
    int64_t timeout; /* ms, of a statement; 0: as the server has it */
    int64_t partitions;
    /* made by plan, read-only after it */
    enum form *forms;
    const char **find_as;  /* the type that a key is cast to; NULL: the column is cast to text */
    /* of the thread that reads the first part, or all */
    struct reader reader;
    /* made by open, read-only after it */
    struct parts {
        int n;             /* readers */
        char *bounds;      /* JSON list of the n - 1 values at which parts 1 .. n - 1 begin */
        char **from;       /* what stands behind FROM, of each part */
        char snapshot[128]; /* that the first reader has exported */
    } parts;
};

/* What a worker has of its own: the reader of another part, or a connection to ask for records. */
struct worker {
    struct reader reader;
    PGconn *finder;
};

/* ---- schema.c ---- */

int postgres_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- row.c ---- */

/* Takes the texts of a row out of a result. */
void row_take(const PGresult *result, int row, int n_columns, struct leat_sql_row *ret);
/* Puts them. Returns the number of the first field whose value does not fit, or -1. */
int row_put(struct leat_batch *out, const enum form *forms, const struct leat_sql_row *row);

/* ---- parts.c ---- */

/* Notes what does not go together with it. */
void parts_plan(struct leat_plan *plan, const struct postgres *p);
/* In open, on the first reader's connection: exports its snapshot, and finds out where to divide the table, or where
 * the run that is gone on with has divided it. */
LEAT_MUST_CHECK int parts_divide(struct postgres *p, struct reader *r, struct leat_stage *stage, struct leat_error *err);
void parts_free(struct postgres *p);
/* Sets the position that says where the table is divided: before any other of the reader's. */
void parts_tell(const struct postgres *p, struct leat_batch *out);

/* ---- find.c ---- */

int postgres_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);

#endif
