/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/postgres/postgres.h"

static void add_param(struct leat_put *sql, int i)
{
    leat_put_printf(sql, "$%d", i + 1);
}

static void add_whole_order(struct leat_put *sql, int n_columns)
{
    (void)n_columns;
    leat_put_string(sql, "CAST(ROW(leat.*) AS text) COLLATE \"C\"");
}

const struct leat_sql_dialect leat_postgres_dialect = {
    .quote = '"', .add_param = add_param, .add_whole_order = add_whole_order
};
