/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The seal of a state. The small tables are hashed whole with each commit; of
 * the history and the ledger, which grow, the hashes of the rows are added up, so
 * that a commit only adds what is new and takes away what has gone.
 */
#include <sqlite3.h>
#include <string.h>

#include "base/hash.h"
#include "delivery/state.h"

static const char small_tables[] =
    "SELECT 1, type, name, sql, 0 FROM sqlite_schema UNION ALL "
    "SELECT 2, path, hex(key), made_us, 0 FROM pipeline UNION ALL "
    "SELECT 3, id, load, identity, who FROM target UNION ALL "
    "SELECT 4, target, run, began_us, meaning FROM work UNION ALL "
    "SELECT 5, target, seq, kind, name || char(10) || value FROM part UNION ALL "
    "SELECT 6, target, partition, position, extract FROM watermark";

static uint64_t seed_of(const struct leat_state *s)
{
    uint64_t seed;

    memcpy(&seed, s->key, sizeof seed);
    return seed;
}

/* A row as one run of bytes: each value with its type and length before it. */
struct row_bytes {
    struct leat_text_buffer long_ones;
    char room[512];
    size_t n;
};

static void add_bytes(struct row_bytes *b, const void *bytes, size_t n)
{
    if (b->n + n <= sizeof b->room) {
        memcpy(b->room + b->n, bytes, n);
        b->n += n;
    } else {
        leat_text_add(&b->long_ones, bytes, n);
    }
}

static void add_value(struct row_bytes *b, int type, int64_t number, const void *bytes, int n)
{
    struct {
        int64_t type, number, n;
    } head = {type, number, n};

    add_bytes(b, &head, sizeof head);
    if (n)
        add_bytes(b, bytes, (size_t)n);
}

static uint64_t finish(const struct leat_state *s, struct row_bytes *b)
{
    struct leat_hash rest = leat_hash_bytes(b->long_ones.p ? b->long_ones.p : "", b->long_ones.n, seed_of(s));
    uint64_t hash = leat_hash_bytes(b->room, b->n, seed_of(s)).low ^ (b->long_ones.n ? rest.low : 0);

    leat_text_deinit(&b->long_ones);
    return hash;
}

uint64_t leat_state_row_hash(const struct leat_state *s, struct sqlite3_stmt *row)
{
    struct row_bytes b = {.n = 0};

    for (int i = 0; i < sqlite3_column_count(row); i++) {
        int type = sqlite3_column_type(row, i);
        const void *bytes = type == SQLITE_TEXT || type == SQLITE_BLOB ? sqlite3_column_blob(row, i) : NULL;

        add_value(&b, type, type == SQLITE_INTEGER ? sqlite3_column_int64(row, i) : 0, bytes,
                  bytes ? sqlite3_column_bytes(row, i) : 0);
    }
    return finish(s, &b);
}

uint64_t leat_state_values_hash(const struct leat_state *s, const struct leat_state_value *values, int n)
{
    struct row_bytes b = {.n = 0};

    for (int i = 0; i < n; i++)
        add_value(&b, values[i].bytes ? SQLITE_BLOB : SQLITE_INTEGER, values[i].number, values[i].bytes, values[i].n);
    return finish(s, &b);
}

/* The sum of the hashes of all rows; their order is not in it, and need not be. */
static int sum_of(struct leat_state *s, const char *sql, uint64_t *ret, struct leat_error *err)
{
    sqlite3_stmt *rows = leat_state_prepare(s, sql, err);
    int rc;

    *ret = 0;
    if (!rows)
        return err->code;
    while ((rc = sqlite3_step(rows)) == SQLITE_ROW)
        *ret += leat_state_row_hash(s, rows);
    rc = rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(rows);
    return rc;
}

int leat_state_sum_ledger(struct leat_state *s, uint64_t *ret, struct leat_error *err)
{
    uint64_t answers = 0;
    int rc = sum_of(s, "SELECT * FROM ledger", ret, err);

    if (rc == 0 && s->version > 1)
        rc = sum_of(s, "SELECT * FROM answer", &answers, err);
    *ret += answers;
    return rc;
}

int leat_state_seal(struct leat_state *s, struct leat_error *err)
{
    uint64_t small;
    int rc = sum_of(s, small_tables, &small, err);
    sqlite3_stmt *stmt = rc < 0 ? NULL
                                : leat_state_prepare(s, "UPDATE seal SET small = ?1, runs = ?2, ledger = ?3, "
                                                        "n_commits = ?4", err);

    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, (int64_t)small);
    sqlite3_bind_int64(stmt, 2, (int64_t)s->runs_sum);
    sqlite3_bind_int64(stmt, 3, (int64_t)s->ledger_sum);
    sqlite3_bind_int64(stmt, 4, s->n_commits);
    return leat_state_run_statement(s, stmt, err);
}

static int64_t sealed_small(struct leat_state *s)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT small FROM seal", NULL);
    int64_t small = 0;

    if (stmt && sqlite3_step(stmt) == SQLITE_ROW)
        small = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return small;
}

int leat_state_check(struct leat_state *s, struct leat_error *err)
{
    uint64_t small, runs = 0, ledger = 0;
    int rc = sum_of(s, small_tables, &small, err);

    if (rc == 0)
        rc = sum_of(s, "SELECT * FROM run", &runs, err);
    if (rc == 0)
        rc = leat_state_sum_ledger(s, &ledger, err);
    if (rc < 0)
        return rc;
    if (small != (uint64_t)sealed_small(s))
        return leat_state_damaged(s, "what it says of checkpoints is not what was written", err);
    if (runs != s->runs_sum)
        return leat_state_damaged(s, "its history is not what was written", err);
    if (ledger != s->ledger_sum)
        return leat_state_damaged(s, "its ledger is not what was written", err);
    return 0;
}
