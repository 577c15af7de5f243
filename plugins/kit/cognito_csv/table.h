/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The import dialect of Amazon Cognito: a table of columns, and rows written
 * for it. Its life as files is parts.h.
 *
 *     header    cognito:username,email,email_verified,name\n
 *     row       anna,anna@example.com,true,Smith\, Anna\n
 *
 * Values are never quoted, and a comma is the one character that has an escape.
 * Whatever the dialect has no form for is a fault, and then nothing was written.
 */
#ifndef LEAT_KIT_COGNITO_CSV_TABLE_H
#define LEAT_KIT_COGNITO_CSV_TABLE_H

#include "kit/cognito/cognito.h"

enum {
    TABLE_MAX_COLUMNS = COGNITO_N_STANDARD + COGNITO_MAX_CUSTOM + 2,
    TABLE_MAX_ROW = 16000,                       /* characters of a row, says Cognito */
    TABLE_MAX_COLUMN = 2 * COGNITO_MAX_VALUE + 1, /* bytes of a column in a row, each byte escaped */
    TABLE_SLACK = 8                              /* bytes that may be read behind fixed text and written behind a row */
};

/* How a column of the batch becomes text. */
enum table_form {
    FORM_TEXT, FORM_BOOLEAN_TEXT, FORM_DATE_TEXT, /* text columns */
    FORM_DATE, FORM_SECONDS, FORM_FIXED
};

struct table_column {
    const struct cognito_attribute *attribute;
    const char *name;
    int field;              /* of the batch; -1: not mapped, always blank */
    enum table_form form;
    const char *blank;      /* what a null or empty value is written as */
    const char *before;     /* of a mapped column: what stands between it and the mapped one before it */
    size_t n_before;
    bool quick;             /* any text of quick_max bytes is good */
    size_t quick_max;
};

struct table {
    const struct cognito_pool *pool;
    bool demands_verified;
    const char *const *elsewhere; /* fields that the load takes another way, to the end NULL; or NULL */
    const char *pool_option; /* the one that names the pool; NULL: `pool` */
    const char *hash_left;  /* why there is no column for password_hash; NULL: nothing special is known */
    int n_columns;
    struct table_column columns[TABLE_MAX_COLUMNS];
    int n_mapped;
    struct table_column *mapped[TABLE_MAX_COLUMNS]; /* those with a field, in order */
    int fields[COGNITO_N_STANDARD];
    const struct leat_schema *schema;
    char *fixed;            /* backs `before` and `after` */
    const char *after;      /* what ends each row */
    size_t n_after, max_row; /* bytes that a row can take at most */
};

/* Faults of the dialect, beside those of enum cognito_fault. */
enum table_fault {
    TABLE_LINE_BREAK = COGNITO_N_FAULTS, TABLE_TAB, TABLE_QUOTE, TABLE_BACKSLASH, TABLE_CONTROL, TABLE_OUTER_SPACE,
    TABLE_ROW_TOO_LONG,
    TABLE_N_FAULTS
};

/* Why a row could not be written. */
struct table_trouble {
    int fault;              /* enum cognito_fault or enum table_fault */
    int field;              /* of the batch, or -1 */
    const struct cognito_attribute *attribute;
};

/* Adds a column; NULL once there are too many. */
struct table_column *table_add(struct table *table, const struct cognito_attribute *attribute, const char *name);
struct table_column *table_find(struct table *table, const char *name);

/* Once all columns are there: finds the fields by their names and lays out what is the same in each
 * row. `fixed` has table_fixed_size bytes. */
size_t table_fixed_size(const struct table *table);
void table_bind(struct table *table, const struct leat_schema *schema, char *fixed);

/* Bytes of the header line, and the line itself; returns its end. */
size_t table_header_size(const struct table *table);
char *table_write_header(const struct table *table, char *out);

/* Writes one row, its line end included, into table->max_row bytes; returns its end, or NULL. */
char *table_write_row(const struct table *table, const struct leat_batch *batch, int32_t row, char *out,
                      struct table_trouble *ret_trouble);

void table_reject(const struct table *table, struct leat_batch *batch, int32_t row,
                  const struct table_trouble *trouble);

/* Copies a value in the dialect's form; NULL with *ret_fault if it has none. 2 * n bytes of room. */
char *table_copy_value(char *out, const char *text, size_t n, int *ret_fault);

#endif
