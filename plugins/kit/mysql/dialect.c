/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * How SQL is written here.
 */
#include "kit/mysql/mysql.h"

const struct leat_sql_dialect leat_mysql_dialect = {
    .quote = '`', .add_param = leat_sql_add_mark, .add_columns_order = leat_sql_add_sha2_order
};
