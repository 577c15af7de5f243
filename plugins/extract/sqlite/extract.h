/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract sqlite: schema.c finds out what the rows look like,
 * cursor.c orders them and knows where to go on, since.c where an incremental run
 * begins, row.c puts one into a batch, find.c asks for single ones, and sqlite.c
 * is the plugin around them.
 */
#ifndef LEAT_EXTRACT_SQLITE_H
#define LEAT_EXTRACT_SQLITE_H

#include <leat/plugin.h>

#include "kit/sqlite/sqlite.h"

/* A value of a cursor column, as SQLite stores it. */
struct cursor_value {
    int type;        /* SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT or SQLITE_BLOB */
    int64_t integer;
    double real;
    char *bytes;     /* text and blob: n bytes, cap allocated, by sqlite3_malloc */
    size_t n, cap;
};

struct sqlite {
    /* options */
    const char *path, *table;
    const struct leat_query *query;
    const struct leat_node *cursor, *fields;
    bool incremental;
    int64_t lag;         /* ms */
    /* made by plan, read-only after it */
    const char *select;  /* one SELECT; may stand as (SELECT ...) in another */
    const char *what;    /* "the table" or "the query", for errors */
    int n_params;        /* bound ones, by name; ?n_params + 1 and on are free for our own */
    int n_fields;
    const char **names;  /* the columns that plan saw */
    enum leat_type *types;
    bool *never_null;    /* those that the table's declaration lets have no null */
    int n_cursor;
    int *cursor_fields;
    /* of the thread that reads */
    sqlite3 *db;
    sqlite3_stmt *rows;
    struct cursor_value *last; /* n_cursor, of the last row read or the one to go on behind */
    int n_behind;        /* of them are what the rows are behind; 0: all rows */
    bool placed;         /* they are of a row, this run's or the last one's that a run goes on behind */
    int64_t n_null;      /* rows behind it that were read and have no place */
    int64_t n_skip;      /* of them to be read again and passed over */
    bool read;           /* a row, in this run */
    int64_t last_time;   /* incremental: of the last row, in the first column of the cursor, if that is a time */
    char *since;         /* where the run before came to, as a list, if this one begins there; by sqlite3_malloc */
};

/* A connection of its own for each worker that asks for records. */
struct finder {
    sqlite3 *db;
    sqlite3_stmt *stmt;
    struct leat_stage *stage;
    int64_t deadline_ms;
};

/* ---- schema.c ---- */

int sqlite_plan(struct leat_plan *plan, void *self, struct leat_error *err);
LEAT_MUST_CHECK int sqlite_prepare(const struct sqlite *s, sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt,
                                   struct leat_error *err);
/* What SQLite has just said, as an error about the table or the query. */
int sqlite_fail(const struct sqlite *s, sqlite3 *db, struct leat_error *err);
/* Binds what the pipeline file put into the query. SQLITE_OK or what SQLite says. */
LEAT_MUST_CHECK int sqlite_bind_params(const struct sqlite *s, sqlite3_stmt *stmt);

/* ---- cursor.c ---- */

/* The number of a column, or -1. */
int cursor_field(const struct sqlite *s, const char *name);
void cursor_plan(struct leat_plan *plan, struct sqlite *s);
/* The SELECT in the cursor's order, from behind the first n_behind values of `last`, and from behind the last success
 * with all rows that have no place; `limit` rows, -1: all. Out of memory: NULL. Freed by sqlite3_free. */
char *cursor_sql(const struct sqlite *s, int64_t limit);
/* SQLITE_OK or what SQLite says. */
LEAT_MUST_CHECK int cursor_bind(const struct sqlite *s, sqlite3_stmt *stmt);
/* Remembers where a row stands. */
enum cursor_step {
    CURSOR_FINE,
    CURSOR_NULL,      /* it has no place in the order */
    CURSOR_AGAIN,     /* it has the same place as the row before it */
    CURSOR_NO_MEMORY,
};
enum cursor_step cursor_step(struct sqlite *s, sqlite3_stmt *row);
/* True where the row has no place, and an earlier run has rejected it. */
bool cursor_is_behind(struct sqlite *s, sqlite3_stmt *row);
/* From a list of values as a position has it. LEAT_EDATA: it fits another cursor; -ENOMEM. */
LEAT_MUST_CHECK int cursor_load(struct sqlite *s, const char *list);
/* Sets the position behind the last row that was read. False: no memory. */
LEAT_MUST_CHECK bool cursor_save(const struct sqlite *s, struct leat_batch *out);
void cursor_free(struct sqlite *s);

/* ---- since.c ---- */

/* After cursor_plan. */
void since_plan(struct leat_plan *plan, struct sqlite *s);
/* In open: behind the position of a run that stopped, else behind where the last run that succeeded came to, or so much
 * before that as the lag is. */
LEAT_MUST_CHECK int since_open(struct sqlite *s, const struct leat_stage *stage, struct leat_error *err);

/* ---- row.c ---- */

enum { ROW_FITS = -1, ROW_NO_MEMORY = -2 };

/* Puts the values of a row. Returns the number of the first field whose value does not fit, or one of the above. */
LEAT_MUST_CHECK int sqlite_put_row(struct leat_batch *out, int n_fields, sqlite3_stmt *row);
/* Ends the row being written as a reject because of field i, or of the cursor; false: no memory. All values that do
 * not fit are kept with it. */
LEAT_MUST_CHECK bool sqlite_reject_row(struct leat_batch *out, int i, sqlite3_stmt *row);
LEAT_MUST_CHECK bool sqlite_reject_null_cursor(struct leat_batch *out, sqlite3_stmt *row);

/* ---- find.c ---- */

int sqlite_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);
void sqlite_find_close(struct leat_stage *stage, void *self);

#endif
