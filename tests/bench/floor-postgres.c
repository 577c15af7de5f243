/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * floor-postgres QUERY: reads every column of every row as text, in single-row mode, and does nothing with it:
 * what libpq and the server take. Where the server is, libpq is told by the environment.
 */
#include <libpq-fe.h>
#include <stdio.h>

static void read_all(PGresult *rows, long long *ret_n_rows, long long *ret_n_bytes)
{
    for (int row = 0; row < PQntuples(rows); row++, ++*ret_n_rows)
        for (int i = 0; i < PQnfields(rows); i++)
            if (PQgetvalue(rows, row, i))
                *ret_n_bytes += PQgetlength(rows, row, i);
}

int main(int argc, char **argv)
{
    PGconn *conn = PQconnectdb("");
    long long n_rows = 0, n_bytes = 0;
    PGresult *rows;

    if (argc != 2 || !PQsendQuery(conn, argv[1]) || !PQsetSingleRowMode(conn)) {
        fprintf(stderr, "floor-postgres: %s\n", PQerrorMessage(conn));
        return 1;
    }
    while ((rows = PQgetResult(conn))) {
        read_all(rows, &n_rows, &n_bytes);
        PQclear(rows);
    }
    fprintf(stderr, "%s", PQerrorMessage(conn));
    PQfinish(conn);
    printf("%lld rows, %lld bytes\n", n_rows, n_bytes);
    return n_rows == 0;
}
