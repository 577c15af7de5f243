/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of load mysql: plan.c looks at the server, table.c at the table and its indexes,
 * words.c words the statements, value.c writes values as the columns take them unchanged,
 * refuse.c understands what the server says, commits.c notes how far the rows go, and mysql.c
 * is the plugin around them. What it shares with other loads: kit/sql/load.h.
 */
#ifndef LEAT_LOAD_MYSQL_H
#define LEAT_LOAD_MYSQL_H

#include <leat/plugin.h>

#include "kit/mysql/mysql.h"
#include "kit/sql/load.h"

/* The table that a batch goes through where it is not written into the target itself. */
#define STAGING "leat_staging"

/* How a column takes a text; servers change some without a word. */
enum kind {
    KIND_PLAIN,  /* a text, and the server says what does not fit */
    KIND_WORDS,  /* a text, in which a bool is a word */
    KIND_NUMBER, /* rounded, where it has more digits behind the point than the column */
    KIND_FLOAT,  /* what is small becomes 0 */
    KIND_BITS,   /* of a text the bytes are taken, of a number the value */
    KIND_YEAR,   /* 5 becomes 2005 */
    KIND_LISTED, /* ENUM, SET: 2 becomes the second word */
    KIND_TIME,   /* cut, where it has more digits behind the second */
};

/* Of the target. */
struct column {
    const char *name;
    const char *type;  /* of ENUM and SET: the words; enum('a','b') */
    enum kind kind;
    int digits;        /* behind the point or the second; -1: as many as there are */
    bool single;       /* a FLOAT */
    bool makes_up;     /* puts a value of its own where a null is written */
    bool fresh;        /* left out, it is a number that no other row has */
    bool instant;      /* a TIMESTAMP */
};

struct mysql {
    /* options */
    struct leat_mysql server;
    struct leat_sql_load load;
    /* made by plan, read-only after it */
    const char *doing;        /* for errors: "cannot write to `shop`.`users`" */
    const char *schema, *name;
    struct column *columns;   /* of the table; n_columns 0: it is still to be made */
    int n_columns;
    struct column **into;     /* n_fields: the column of each field that is written */
    bool direct;              /* what is there is updated by the INSERT itself */
    bool by_index;            /* rows are found by an index over a column of the key */
    const char *create_sql;   /* NULL: the table is there */
    const char *staging_sql;  /* NULL: rows are written into the table itself */
    const char *head, *tail;  /* of the INSERT, around the rows */
    const char *update_sql;   /* from the staging table on; NULL: there is nothing to update */
    const char *insert_sql;
    const char *clear_sql;
    const char *commits_sql;  /* makes leat_commits */
    /* of the worker */
    struct leat_mysql_link link;
    struct leat_put sql;      /* of the statement at hand */
    size_t max_bytes;         /* that the server takes of one statement */
    bool has_written;         /* in the transaction at hand, before the batch at hand */
};

/* ---- plan.c ---- */

int mysql_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- table.c ---- */

/* 1: the table is there, and its columns are known; 0: it is not. */
LEAT_MUST_CHECK int table_find(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link,
                               struct leat_error *err);
/* 1: there is a table of that name beside the target, and it has transactions; 0: there is none. */
LEAT_MUST_CHECK int table_is_there(const struct mysql *p, struct leat_mysql_link *link, const char *name,
                                   struct leat_error *err);
/* For leat_sql_load_fields; `self` is the struct mysql. */
int table_has(void *self, const char *name, struct leat_error *err);
/* The column of this name, or NULL. */
struct column *table_column(const struct mysql *p, const char *name);
/* Whether the INSERT can update what is there, and no other row than the one with the key. */
LEAT_MUST_CHECK int table_indexes(struct leat_plan *plan, struct mysql *p, struct leat_mysql_link *link,
                                  struct leat_error *err);

/* ---- words.c ---- */

/* All statements. False: no memory. */
bool words(struct leat_plan *plan, struct mysql *p);
/* The INSERT with nulls for values, for the plan to try. */
void word_trial(struct leat_put *sql, const struct mysql *p);

/* ---- value.c ---- */

/* Writes a row behind p->load.text, or rejects what the column would change. */
bool value_put_row(void *self, struct leat_batch *b, int32_t row);

/* ---- refuse.c ---- */

/* Whether the last statement failed for a reason of its rows' own. */
bool refuse_error(const struct leat_mysql_link *link, struct leat_sql_refusal *ret);
/* LEAT_SQL_REFUSED: the server has changed a value to make it fit, and has only warned; 0: it has not. */
LEAT_MUST_CHECK int refuse_warning(struct leat_mysql_link *link, struct leat_sql_refusal *ret, struct leat_error *err);

/* ---- commits.c ---- */

/* What a session that writes must be like, whatever the server's settings. */
LEAT_MUST_CHECK int commits_settle(struct leat_mysql_link *link, struct leat_error *err);
/* Waits until no other session of this pipeline's is under way, such as that of a run that was killed while the
 * server still commits, and keeps others out until this one ends. */
LEAT_MUST_CHECK int commits_lock(struct leat_mysql_link *link, const char *who, struct leat_error *err);
/* Before a transaction: what makes a table ends it. */
LEAT_MUST_CHECK int commits_make(struct mysql *p, const struct leat_token *token, struct leat_error *err);
/* Within the transaction of the rows. */
LEAT_MUST_CHECK int commits_put(struct mysql *p, const struct leat_token *token, struct leat_error *err);
/* The statement that notes a token. */
void commits_word(struct leat_put *sql, const struct mysql *p, const struct leat_token *token);
/* On a connection of its own; empty where nothing stands there. */
LEAT_MUST_CHECK int commits_get(const struct mysql *p, struct leat_stage *stage, const char *who, struct leat_mark *ret,
                                struct leat_error *err);

#endif
