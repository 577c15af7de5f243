/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What loads into SQL servers share: the options, which fields go into which columns, the
 * rows of a batch as the server takes them, and the search for those that it refuses. How
 * a statement is worded and sent, and what the server says to it, is the plugin's.
 *
 *     plan      leat_sql_load_plan, then leat_sql_load_fields once the table is known
 *     deliver   leat_sql_load_encode, then leat_sql_load_write
 */
#ifndef LEAT_KIT_SQL_LOAD_H
#define LEAT_KIT_SQL_LOAD_H

#include <leat/plugin.h>

#include "kit/secrets/secrets.h"
#include "kit/sql/sql.h"

enum leat_sql_mode { LEAT_SQL_INSERT, LEAT_SQL_UPSERT, LEAT_SQL_MERGE, LEAT_SQL_REPLACE };

extern const char *const leat_sql_modes[];

struct leat_sql_load {
    /* options: LEAT_SQL_LOAD_OPTIONS */
    const char *table;
    const struct leat_node *key;
    int mode;
    bool create, secrets;
    int64_t timeout;     /* ms, of a statement; 0: as the server has it */
    /* made by the plan, read-only after it */
    const char *target;  /* the table, with its schema, quoted; set by the plugin */
    const char *commits; /* the table leat_commits beside it; the same */
    int n_fields;
    int *fields;         /* of the input, in the order of the columns */
    int n_key;
    int *key_fields;     /* of the input */
    /* of the worker */
    bool in_transaction;
    bool broken;         /* what stands in the transaction is not what was delivered: it must not be committed */
    struct leat_put text; /* the rows of a batch, one behind the other */
    int32_t *rows;       /* of the batch that are in it */
    size_t *ends;        /* where each of them ends */
    int32_t n_rows, cap_rows;
};

/* For the option table of a plugin whose struct has a member of this type. */
#define LEAT_SQL_LOAD_OPTIONS(type_, member_) \
    { .name = "table", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(type_, member_.table), .required = true, \
      .help = "The table to write to; SCHEMA.TABLE where it stands in another schema." }, \
    { .name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(type_, member_.mode), .values = leat_sql_modes, \
      .default_text = "insert", \
      .help = "What becomes of a record whose key is there already: insert rejects it, upsert and merge update the " \
              "row; replace empties the table first." }, \
    { .name = "key", .type = LEAT_OPTION_LIST, LEAT_MEMBER(type_, member_.key), \
      .help = "Columns that tell one row from another, none of them null: upsert and merge go by them, and a table " \
              "that is made has them as its primary key." }, \
    { .name = "create", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(type_, member_.create), .default_text = "true", \
      .help = "Whether to make the table if it is not there." }, \
    { .name = "timeout", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(type_, member_.timeout), .default_text = "0ms", \
      .max = INT32_MAX, .tuning = true, \
      .help = "How long one statement, such as that for a batch, may take; 0ms: as long as the server lets it." }, \
    LEAT_SECRETS_OPTION(type_, member_.secrets)

/* ---- plan ---- */

/* First in a plan: whether the options fit, and the fields of the key. False: they do not, and it is noted. */
bool leat_sql_load_plan(struct leat_plan *plan, struct leat_sql_load *load);

/* Whether the table has a column of this name that can be written: 1 or 0; negative: it cannot be found out. */
typedef int leat_sql_has(void *context, const char *name, struct leat_error *err);
/* Which fields are written. `has` NULL: the table is still to be made, with a column for each. */
LEAT_MUST_CHECK int leat_sql_load_fields(struct leat_plan *plan, struct leat_sql_load *load, leat_sql_has *has,
                                         void *context, struct leat_error *err);
bool leat_sql_load_is_key(const struct leat_sql_load *load, int field);
/* a, b, c: the names of fields, quoted. */
void leat_sql_add_fields(struct leat_put *out, const struct leat_sql_dialect *dialect, const struct leat_schema *schema,
                         const int *fields, int n);
/* SCHEMA.TABLE, quoted; never NULL. */
const char *leat_sql_keep_name(struct leat_plan *plan, const struct leat_sql_dialect *dialect, const char *schema,
                               const char *table);
/* The text, which is let go, in the plan's memory; NULL: there was none for it. */
const char *leat_sql_keep(struct leat_plan *plan, struct leat_put *text);

/* ---- deliver ---- */

/* Puts a row behind load->text. False: it has rejected it, and what was put is taken back. */
typedef bool leat_sql_put_row(void *context, struct leat_batch *b, int32_t row);
/* Puts the selected rows of a batch, but for those with a null in the key, which are rejected. */
LEAT_MUST_CHECK int leat_sql_load_encode(struct leat_sql_load *load, struct leat_batch *b, leat_sql_put_row *put,
                                         void *context, struct leat_error *err);

/* Why a row was refused. */
struct leat_sql_refusal {
    const char *code;  /* of the reject, a string literal */
    char field[66];    /* which one is at fault; empty: that is not known */
    char reason[400];  /* holds no value */
};

enum { LEAT_SQL_WRITTEN = 1, LEAT_SQL_REFUSED = 2 };

/* Writes rows `from` to `to` of those that were put: all of them (LEAT_SQL_WRITTEN), or none and says why
 * (LEAT_SQL_REFUSED), or fails (negative). */
typedef int leat_sql_try(void *context, int32_t from, int32_t to, struct leat_sql_refusal *ret, struct leat_error *err);
/* Writes what was encoded: a range that is refused is halved until it is known which row it is, and that one is
 * rejected. Each row has its answer as soon as it is written, so that what was not, because the server was busy, can
 * be delivered once more. */
LEAT_MUST_CHECK int leat_sql_load_write(struct leat_sql_load *load, struct leat_batch *b, leat_sql_try *try,
                                        void *context, struct leat_error *err);

/* After a fault by which the transaction is gone, and all since the last commit with it: says so. */
LEAT_MUST_CHECK int leat_sql_load_lost(struct leat_sql_load *load, struct leat_error *err);
void leat_sql_load_free(struct leat_sql_load *load);

#endif
