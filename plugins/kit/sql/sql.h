/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What extracts from SQL servers share: the options, the text of the SELECT, and
 * the place in its order. Servers differ in a dialect and in the types that they
 * know; here all values are texts, as the server writes them.
 *
 * A run with a cursor is up to two SELECTs in one snapshot: first the rows that
 * have a null in the cursor, which have no place in the order and are rejected, then
 * all others in the cursor's order. A position is the JSON list of the cursor's
 * values in the last row:
 *
 *     ["5", "x"]           behind this row
 *     []                   before the first of them, and behind all without a place
 *     []+2                 behind two rows without a place
 *     since ["5", "x"]+2   the same two in an incremental run that began behind this one
 */
#ifndef LEAT_KIT_SQL_H
#define LEAT_KIT_SQL_H

#include <leat/plugin.h>

#include "kit/text/put.h"

struct leat_sql;

/* How a server wants it written. */
struct leat_sql_dialect {
    char quote;                                    /* around names, doubled within them */
    void (*add_param)(struct leat_put *sql, int i); /* where the bound value i stands, from 0 */
    /* Behind ORDER BY: what puts rows into the same order each time, whatever their types. */
    void (*add_whole_order)(struct leat_put *sql, int n_columns);
    /* The same where it takes the columns' names; goes before the other. */
    void (*add_columns_order)(struct leat_put *out, const struct leat_sql *sql);
};

struct leat_sql_column {
    const char *name;
    const char *select;  /* what to select for it; NULL: its name */
    const char *type;    /* to which a text that it is compared with is cast; NULL: to none */
    const char *collate; /* words behind it in comparisons and in the order; NULL: none */
    const char *order;   /* an expression of it to compare and order by, leat.NAME in it; NULL: the column itself */
    enum leat_type kind;
    bool never_null;
};

struct leat_sql {
    /* options: LEAT_SQL_OPTIONS */
    const char *table;
    const struct leat_query *query;
    const struct leat_node *cursor, *fields;
    bool incremental;
    int64_t lag;                   /* ms */
    /* set by the plugin before leat_sql_plan */
    const struct leat_sql_dialect *dialect;
    /* made by the plan, read-only after it */
    const char *what;              /* "the table" or "the query", for messages */
    const char *from;              /* what stands behind FROM */
    int n_params;                  /* bound values of the query; those of a place follow them */
    struct leat_sql_column *columns;
    int n_columns;
    int *cursor_columns;
    int n_cursor;
};

/* For the option table of a plugin whose struct has a member of this type. */
#define LEAT_SQL_OPTIONS(type_, member_) \
    { .name = "table", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.table), \
      .help = "The table or view to read whole, instead of query; SCHEMA.TABLE where it stands in another schema." }, \
    { .name = "query", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(type_, member_.query), \
      .help = "The SELECT whose rows to read, instead of table." }, \
    { .name = "cursor", .type = LEAT_OPTION_LIST, LEAT_MEMBER(type_, member_.cursor), \
      .help = "Columns to order by, unique together, so that a run can go on where one stopped." }, \
    { .name = "incremental", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(type_, member_.incremental), \
      .default_text = "false", \
      .help = "Whether to read only the records behind the cursor of the last run that succeeded." }, \
    { .name = "lag", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(type_, member_.lag), .default_text = "0ms", \
      .max = INT64_C(315576000000) /* ten years */, .tuning = true, \
      .help = "How much before that an incremental run begins, for changes that became visible late." }

/* ---- plan.c ---- */

/* First in a plan: whether the options fit, and `from`. False: they do not, and it is noted. */
bool leat_sql_plan(struct leat_plan *plan, struct leat_sql *sql);
/* Once the columns are there: cursor, incremental, lag, and the key where `n_key` (columns that are the table's
 * primary key) is 0. */
void leat_sql_plan_cursor(struct leat_plan *plan, struct leat_sql *sql, const int *key, int n_key);
/* Where the server may not be asked: fields are those that `fields:` declares, and perhaps others. */
void leat_sql_plan_unasked(struct leat_plan *plan, struct leat_sql *sql);
/* The number of a column, or -1. */
int leat_sql_column(const struct leat_sql *sql, const char *name);

/* ---- text.c ---- */

void leat_sql_add_name(struct leat_put *out, const struct leat_sql_dialect *dialect, const char *name);
/* A table's name as the option has it: a.b are two names, "a.b" is one, in the dialect's quotes. False: it is none. */
bool leat_sql_add_table(struct leat_put *out, const struct leat_sql_dialect *dialect, const char *table);
/* SELECT what there is FROM it: to be described, or where there is no more to it. */
void leat_sql_add_all(struct leat_put *out, const struct leat_sql *sql);
/* The columns, FROM, and the name `leat` for what follows it. */
void leat_sql_add_columns(struct leat_put *out, const struct leat_sql *sql);

/* For servers whose marks for values have no numbers. */
void leat_sql_add_mark(struct leat_put *out, int i);
/* add_columns_order of MariaDB and MySQL: texts that a collation takes for equal differ in their bytes. */
void leat_sql_add_sha2_order(struct leat_put *out, const struct leat_sql *sql);

/* ---- place.c ---- */

/* A value of the cursor, as text. */
struct leat_sql_value {
    char *bytes;
    size_t n, cap;
};

/* Where a reader stands. All zero before it is opened. */
struct leat_sql_place {
    struct leat_sql_value *last; /* n_cursor: of the last row read, or the one to go on behind */
    int n_behind;                /* of them are what the rows are behind; 0: all rows */
    bool at_least;               /* the first value is taken back by the lag, and rows that have it come, too */
    bool nulls;                  /* the SELECT at hand is for rows without a place */
    bool placed;                 /* `last` is of a row */
    bool read;                   /* a row, in this run */
    int64_t n_null;              /* rows without a place that were read */
    int64_t n_skip;              /* of them to be read again and passed over */
    char *since;                 /* where the run before came to, as a list, if this one begins there */
};

/* In open: behind the position of a run that stopped, else behind where the last run that succeeded came to, or so
 * much before that as the lag is. May be called again. */
LEAT_MUST_CHECK int leat_sql_place_open(const struct leat_sql *sql, struct leat_sql_place *place,
                                        const struct leat_stage *stage, int partition, struct leat_error *err);
/* The same connection's next SELECT after the one for rows without a place has ended; false: that was the last. */
bool leat_sql_place_next(struct leat_sql_place *place);
/* After a connection was lost: the SELECT that goes on behind what was read. */
void leat_sql_place_again(const struct leat_sql *sql, struct leat_sql_place *place);
/* The SELECT at the place. `limit` -1: all rows. */
void leat_sql_add_select(struct leat_put *out, const struct leat_sql *sql, const struct leat_sql_place *place,
                         int64_t limit);
/* The values to bind: those of the query, then the place's; NUL-terminated. `ret` has leat_sql_n_values of them. */
int leat_sql_n_values(const struct leat_sql *sql, const struct leat_sql_place *place);
void leat_sql_values(const struct leat_sql *sql, const struct leat_sql_place *place, const char **ret);
/* For servers whose marks for values have no numbers: which value each stands for, in the order of the text. A value
 * may stand there twice: `ret` has room for leat_sql_n_values + n_cursor. Returns how many. */
int leat_sql_marks(const struct leat_sql *sql, const struct leat_sql_place *place, int *ret);

/* What becomes of a row. */
enum leat_sql_step {
    LEAT_SQL_BEHIND, /* an earlier run has had it: it is passed over */
    LEAT_SQL_PUT,    /* its values are put, then leat_sql_end_row */
    LEAT_SQL_NULL,   /* the same; it has no place in the order, and is rejected */
};
/* Moves on to a row, and says what becomes of it; LEAT_EPIPELINE: it has the place of the row before it. `texts`,
 * `lengths`: of all columns; a text NULL: null. */
LEAT_MUST_CHECK int leat_sql_begin_row(const struct leat_sql *sql, struct leat_sql_place *place,
                                       const char *const *texts, const int *lengths, struct leat_error *err);
/* After a fault, of a reader that is `connected` or not. True: the connection is to be closed, and another one goes on
 * behind what was read. False: it is the end; without a cursor nobody knows where to go on, and `err` says so. */
bool leat_sql_can_go_on(const struct leat_sql *sql, struct leat_sql_place *place, bool connected,
                        struct leat_error *err);
/* The store may have changed since the plan was made: whether column i is still called so. NULL: there is none. */
LEAT_MUST_CHECK int leat_sql_check_column(const struct leat_sql *sql, int i, const char *is, struct leat_error *err);
/* Sets the position behind the last row that was read. False: no memory. */
LEAT_MUST_CHECK bool leat_sql_place_save(const struct leat_sql *sql, const struct leat_sql_place *place,
                                         struct leat_batch *out, int partition);
void leat_sql_place_free(const struct leat_sql *sql, struct leat_sql_place *place);

/* ---- reject.c ---- */

/* Ends the row being written. It is rejected if `step` says so, or because of field `bad` (-1: all fit); what was not
 * put of it, since it does not fit, is kept with it, but for secrets. */
LEAT_MUST_CHECK int leat_sql_end_row(struct leat_batch *out, int step, int bad, const char *const *texts,
                                     const int *lengths, struct leat_error *err);

/* ---- row.c ---- */

/* The row at hand as texts, where what the server sends is not all text. All zero before it is opened. */
struct leat_sql_row {
    const char **texts;     /* one a column; NULL: null */
    int *lengths;
    struct leat_put *rooms; /* for texts that are made */
};

/* False: no memory. Freed in any case. */
LEAT_MUST_CHECK bool leat_sql_row_open(struct leat_sql_row *row, int n_columns);
void leat_sql_row_free(struct leat_sql_row *row, int n_columns);
/* The empty room in which the text of column i is made, and then taken. False: no memory. */
struct leat_put *leat_sql_row_begin(struct leat_sql_row *row, int i);
LEAT_MUST_CHECK bool leat_sql_row_end(struct leat_sql_row *row, int i);

/* Bytes, the highest first, as a number. */
void leat_sql_add_bits(struct leat_put *out, const char *bytes, size_t n);
/* \x and digits, as a position has bytes. */
void leat_sql_add_bytes(struct leat_put *out, const char *bytes, size_t n);
/* The shortest text that reads back the same: as a double it is exact, and 1.1 would be 1.100000023841858. */
void leat_sql_add_float(struct leat_put *out, float value);

#endif
