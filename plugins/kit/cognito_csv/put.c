/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/cognito_csv/put.h"

static char *write_row(const struct parts *parts, const struct table *table, const struct leat_batch *batch,
                       int32_t row, struct table_trouble *ret_trouble)
{
    return table_write_row(table, batch, row, leat_output_reserve(&parts->current->file, table->max_row), ret_trouble);
}

int put_row(struct parts *parts, const struct table *table, const struct leat_batch *batch, int32_t row,
            struct table_trouble *ret_trouble, struct leat_error *err)
{
    char *end = write_row(parts, table, batch, row, ret_trouble);
    size_t n;
    int rc;

    if (!end)
        return 0;
    n = (size_t)(end - (parts->current->file.buffer + parts->current->file.n));
    if (!parts_fit(parts, n)) {
        if ((int64_t)(parts->n_header + n) > parts->max_bytes) {
            *ret_trouble = (struct table_trouble){ TABLE_ROW_TOO_LONG, -1, NULL };
            return 0;
        }
        rc = parts_turn(parts, err);
        if (rc < 0)
            return rc;
        end = write_row(parts, table, batch, row, ret_trouble);
    }
    leat_output_advance(&parts->current->file, end);
    return 1;
}
