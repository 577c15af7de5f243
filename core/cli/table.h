/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Records as a table that fits the terminal; one below the other where there
 * are too many fields for that.
 */
#ifndef LEAT_CLI_TABLE_H
#define LEAT_CLI_TABLE_H

#include <stdio.h>

#include "base/arena.h"

/* Cells are row by row, n_columns a row. NULL is a null. */
struct leat_table {
    struct leat_arena arena;
    const char *const *names; /* n_columns, fit to be shown */
    const char **cells;
    int n_columns, n_cells, cap_cells;
};

/* Copied, and made fit to be shown. */
void leat_table_add(struct leat_table *table, const char *cell, size_t n);
void leat_table_print(const struct leat_table *table, FILE *out, int width);
void leat_table_deinit(struct leat_table *table);
/* Columns of the terminal on this descriptor; 0 if it is none. */
int leat_terminal_width(int fd);

#endif
