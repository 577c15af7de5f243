/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * floor-mysql QUERY: reads every column of every row as text, unbuffered, and does nothing with it: what the
 * client library and the server take. Where the server is, LEAT_BENCH_MYSQL_PORT and LEAT_BENCH_MYSQL_PASSWORD say.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>

static void read_all(MYSQL_RES *rows, long long *ret_n_rows, long long *ret_n_bytes)
{
    unsigned n_columns = mysql_num_fields(rows);
    MYSQL_ROW row;

    for (; (row = mysql_fetch_row(rows)); ++*ret_n_rows) {
        unsigned long *lengths = mysql_fetch_lengths(rows);

        for (unsigned i = 0; i < n_columns; i++)
            if (row[i])
                *ret_n_bytes += (long long)lengths[i];
    }
}

int main(int argc, char **argv)
{
    const char *port = getenv("LEAT_BENCH_MYSQL_PORT"), *password = getenv("LEAT_BENCH_MYSQL_PASSWORD");
    MYSQL *conn = mysql_init(NULL);
    long long n_rows = 0, n_bytes = 0;
    MYSQL_RES *rows = NULL;

    if (argc == 2 && conn && port && mysql_options(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4") == 0 &&
        mysql_real_connect(conn, "127.0.0.1", "leat", password, "shop", (unsigned)atoi(port), NULL, 0) &&
        mysql_query(conn, argv[1]) == 0)
        rows = mysql_use_result(conn);
    if (rows)
        read_all(rows, &n_rows, &n_bytes);
    if (!conn || !rows || mysql_errno(conn)) {
        fprintf(stderr, "floor-mysql: %s\n", conn ? mysql_error(conn) : "out of memory");
        return 1;
    }
    mysql_free_result(rows);
    mysql_close(conn);
    printf("%lld rows, %lld bytes\n", n_rows, n_bytes);
    return n_rows == 0;
}
