/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * How SQL is written here.
 */
#include "kit/mysql/mysql.h"

static void add_param(struct leat_put *sql, int i)
{
    (void)i;
    leat_put_string(sql, "?");
}

/* Texts that a collation takes for equal differ in their bytes. */
static void add_columns_order(struct leat_put *out, const struct leat_sql *sql)
{
    leat_put_string(out, "SHA2(CONCAT_WS(','");
    for (int i = 0; i < sql->n_columns; i++) {
        leat_put_string(out, ", IFNULL(HEX(CAST(leat.");
        leat_sql_add_name(out, sql->dialect, sql->columns[i].name);
        leat_put_string(out, " AS BINARY)), '-')");
    }
    leat_put_string(out, "), 256)");
}

const struct leat_sql_dialect leat_mysql_dialect = {
    .quote = '`', .add_param = add_param, .add_columns_order = add_columns_order
};
