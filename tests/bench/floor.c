/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * floor FILE QUERY: reads every column of every row as text and does nothing
 * with it: what SQLite itself takes, and nobody who reads from it can beat.
 */
#include <sqlite3.h>
#include <stdio.h>

static int read_all(sqlite3_stmt *rows, long long *ret_n_rows, long long *ret_n_bytes)
{
    int n_columns = sqlite3_column_count(rows), rc;

    while ((rc = sqlite3_step(rows)) == SQLITE_ROW) {
        ++*ret_n_rows;
        for (int i = 0; i < n_columns; i++)
            if (sqlite3_column_text(rows, i))
                *ret_n_bytes += sqlite3_column_bytes(rows, i);
    }
    return rc;
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    long long n_rows = 0, n_bytes = 0;
    int rc = SQLITE_MISUSE;

    if (argc == 3)
        rc = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, argv[2], -1, &rows, NULL);
    if (rc == SQLITE_OK)
        rc = read_all(rows, &n_rows, &n_bytes);
    sqlite3_finalize(rows);
    sqlite3_close(db);
    if (rc != SQLITE_DONE) {
        fprintf(stderr, "floor: %s\n", sqlite3_errstr(rc));
        return 1;
    }
    printf("%lld rows, %lld bytes\n", n_rows, n_bytes);
    return 0;
}
