/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract mysql: schema.c finds out what the rows look like, order.c in what
 * order they can be read, row.c puts one into a batch, find.c asks for single ones, and
 * mysql.c is the plugin around them. The order of the rows and the place in it: kit/sql.
 */
#ifndef LEAT_EXTRACT_MYSQL_H
#define LEAT_EXTRACT_MYSQL_H

#include <leat/plugin.h>

#include "kit/mysql/mysql.h"
#include "kit/sql/sql.h"

/* What comes of a value, and what is made a text of it. */
enum source {
    SOURCE_TEXT,  /* a text, or bytes, as they stand */
    SOURCE_BITS,  /* bytes, the highest first: a number */
    SOURCE_FLOAT, /* a float as the double that it is: the shortest text that is the same float */
    SOURCE_HEX,   /* bytes: \x and digits, for the cursor */
};

/* How the text is put. */
enum form {
    FORM_TEXT,   /* as it stands */
    FORM_NUMBER, /* as it stands, without the zeros of ZEROFILL */
    FORM_PARSED, /* as what the field is */
};

/* How a column is searched. */
enum search { SEARCH_NOT, SEARCH_INTEGER, SEARCH_UNSIGNED, SEARCH_DECIMAL, SEARCH_TEXT, SEARCH_UUID, SEARCH_BYTES };

struct column {
    enum source source;
    enum form form;
    enum search search;
    const char *cast;     /* the type to which a text is cast that it is compared with; NULL: to none */
    int scale;            /* of a decimal */
    unsigned long length; /* bytes at most, of a text */
    bool listed;          /* ENUM, SET: ordered by their place in the list, compared as texts */
    bool orderless;       /* has no order that a server keeps to in full */
    bool texts;           /* compared by a collation */
};

/* Of the connection at hand. */
struct reader {
    struct leat_mysql_link link; /* link.rows: a SELECT has begun and not ended */
    struct leat_sql_place place;
    struct leat_sql_row row;
};

struct mysql {
    /* options */
    struct leat_mysql server;
    struct leat_sql sql;
    int64_t timeout; /* ms, of a statement; 0: as the server has it */
    /* made by plan, read-only after it */
    struct column *columns;
    unsigned long sort_bytes; /* of a text that have to count in the order; 0: as many as the server lets */
    const char *doing;        /* for errors: "cannot read the table" */
    /* of the thread that reads */
    struct reader reader;
};

/* A connection of its own for each worker that asks for records. */
struct finder {
    struct leat_mysql_link link;
    struct leat_sql_row row;
};

/* ---- schema.c ---- */

int mysql_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- order.c ---- */

/* Once the columns are there: the key, the cursor, and how its columns are compared. */
int order_plan(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link, struct leat_error *err);

/* ---- row.c ---- */

/* Makes texts of a row. False: no memory. */
bool row_take(struct leat_sql_row *row, const struct column *columns, int n_columns, const MYSQL_ROW values,
              const unsigned long *lengths);
/* Puts them. Returns the number of the first field whose value does not fit, or -1. */
int row_put(struct leat_batch *out, const struct column *columns, const struct leat_sql_row *row);

/* ---- find.c ---- */

int mysql_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);
void mysql_find_close(struct leat_stage *stage, void *self);

#endif
