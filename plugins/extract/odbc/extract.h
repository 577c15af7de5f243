/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract odbc: shapes.c says what becomes of a column, schema.c finds out what the rows
 * look like, order.c in what order they can be read, row.c puts one into a batch, find.c asks
 * for single ones, and odbc.c is the plugin around them. The order of the rows and the place in
 * it: kit/sql.
 */
#ifndef LEAT_EXTRACT_ODBC_H
#define LEAT_EXTRACT_ODBC_H

#include <leat/plugin.h>

#include "kit/odbc/odbc.h"
#include "kit/sql/sql.h"

/* What comes of a value, and how it is made a text. */
enum source {
    SOURCE_TEXT,      /* UTF-8, or ASCII */
    SOURCE_WIDE,      /* UTF-16 */
    SOURCE_GUID,      /* a text, in lower case */
    SOURCE_OFFSET,    /* a timestamp with a blank before its offset */
    SOURCE_BITS,      /* bytes, the highest first: a number */
    SOURCE_REAL,      /* float */
    SOURCE_DOUBLE,
    SOURCE_DATE,      /* SQL_DATE_STRUCT */
    SOURCE_TIMESTAMP, /* SQL_TIMESTAMP_STRUCT */
    SOURCE_BYTES,
    SOURCE_HEX,       /* bytes: \x and digits, for the cursor, and where they are declared a text */
};

/* How the text is put. */
enum form {
    FORM_RAW,    /* as it stands */
    FORM_PARSED, /* as what the field is */
    FORM_TIME,   /* the same, and without losing what is behind the microseconds */
    FORM_ERA,    /* the same of PostgreSQL, which has years before Christ and beyond 9999 */
};

/* How a column is searched. */
enum search { SEARCH_NOT, SEARCH_INTEGER, SEARCH_DECIMAL, SEARCH_TEXT, SEARCH_UUID, SEARCH_BYTES };

/* What a value of it is when it is bound. */
struct column {
    enum source source;
    enum form form;
    enum search search;
    int bound;           /* LEAT_ODBC_... */
    int digits;          /* of a decimal or timestamp */
    size_t bytes;        /* at most, of a text; 0: nobody knows */
    bool orderless;      /* has no order that can be kept to in full */
    bool texts;          /* compared by a collation */
    bool padded;         /* PostgreSQL's char(n) */
};

/* What becomes of a column. */
struct shape {
    enum leat_type type;
    bool local;
    const char *select;  /* the column stands for %s; NULL: the column itself */
    const char *cast;    /* the type to which a value is cast that it is compared with; NULL: to none */
    const char *note;    /* for the plan, %s is the column's name; NULL: none */
    struct leat_odbc_fetch fetch;
    struct column column;
};

/* Of the connection at hand. */
struct reader {
    struct leat_odbc_link link; /* link.rows: a SELECT has begun and not ended */
    struct leat_sql_place place;
    struct leat_sql_row row;
    int64_t n_asked, n_came;    /* rows of this SELECT: at most, -1 for all; and so far */
    int64_t n_bytes;            /* of those that have come */
};

struct odbc {
    /* options */
    struct leat_odbc server;
    struct leat_sql sql;
    /* made by plan, read-only after it */
    struct leat_sql_dialect dialect;
    struct column *columns;
    struct leat_odbc_fetch *fetches;
    const char *doing;        /* for errors: "cannot read the table" */
    /* of the thread that reads */
    struct reader reader;
};

/* A connection of its own for each worker that asks for records. */
struct finder {
    struct leat_odbc_link link;
    struct leat_sql_row row;
    struct leat_odbc_fetch *fetches; /* of the columns, and of which key it is */
};

/* ---- shapes.c ---- */

struct shape shape_of(struct leat_plan *plan, enum leat_odbc_kind kind, const struct leat_odbc_column *c);

/* ---- schema.c ---- */

int odbc_plan(struct leat_plan *plan, void *self, struct leat_error *err);
/* The values of the query's variables. */
void params_put(const struct odbc *p, struct leat_odbc_value *values);

/* ---- order.c ---- */

/* Once the columns are there: the key, the cursor, and how its columns are compared. */
void order_plan(struct leat_plan *plan, struct odbc *p, const struct leat_odbc_link *link);

/* ---- row.c ---- */

/* Makes texts of a row. False: no memory. */
bool row_take(struct leat_sql_row *row, const struct column *columns, int n_columns,
              const struct leat_odbc_cell *cells);
/* Puts them. Returns the number of the first field whose value does not fit, or -1. */
int row_put(struct leat_batch *out, const struct column *columns, const struct leat_sql_row *row);

/* ---- find.c ---- */

int odbc_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);
void odbc_find_close(struct leat_stage *stage, void *self);

#endif
