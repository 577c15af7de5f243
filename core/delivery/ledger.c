/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/ledger.h"

#include <sqlite3.h>
#include <string.h>

enum { DONE = 1, BEFORE = 2, THERE = 4 }; /* bits of the column `done` */

static int open_answers(struct leat_ledger *l, struct leat_state *state, struct leat_error *err)
{
    l->find_answer = leat_state_prepare(state, "SELECT text FROM answer WHERE target = ?1 AND key = ?2", err);
    l->put_answer = l->find_answer ? leat_state_prepare(state, "INSERT INTO answer VALUES (?1, ?2, ?3)", err) : NULL;
    l->drop_answer = l->put_answer ? leat_state_prepare(state, "DELETE FROM answer WHERE target = ?1 AND key = ?2", err)
                                   : NULL;
    return l->drop_answer ? 0 : err->code;
}

int leat_ledger_open(struct leat_ledger *l, struct leat_state *state, struct leat_error *err)
{
    *l = (struct leat_ledger){.state = state, .target = state->ledger};
    l->find = leat_state_prepare(state, "SELECT done, run, attempt, record, payload, steps FROM ledger "
                                        "WHERE target = ?1 AND key = ?2", err);
    l->put = l->find ? leat_state_prepare(state, "INSERT OR REPLACE INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                                           err)
                     : NULL;
    l->drop = l->put ? leat_state_prepare(state, "DELETE FROM ledger WHERE target = ?1 AND key = ?2", err) : NULL;
    return l->drop ? open_answers(l, state, err) : err->code;
}

void leat_ledger_close(struct leat_ledger *l)
{
    sqlite3_finalize(l->find);
    sqlite3_finalize(l->put);
    sqlite3_finalize(l->drop);
    sqlite3_finalize(l->find_answer);
    sqlite3_finalize(l->put_answer);
    sqlite3_finalize(l->drop_answer);
    leat_text_deinit(&l->answer);
    *l = (struct leat_ledger){0};
}

static void bind_key(struct leat_ledger *l, sqlite3_stmt *stmt, const struct leat_record_id *id)
{
    sqlite3_bind_int64(stmt, 1, l->target);
    sqlite3_bind_blob(stmt, 2, id->bytes, sizeof id->bytes, SQLITE_STATIC);
}

int leat_ledger_find(struct leat_ledger *l, const struct leat_record_id *id, struct leat_ledger_row *ret,
                     struct leat_error *err)
{
    int rc;

    bind_key(l, l->find, id);
    rc = sqlite3_step(l->find);
    if (rc == SQLITE_ROW)
        *ret = (struct leat_ledger_row){
            .id = *id, .done = sqlite3_column_int(l->find, 0) & DONE, .before = sqlite3_column_int(l->find, 0) & BEFORE,
            .there = sqlite3_column_int(l->find, 0) & THERE,
            .run = sqlite3_column_int64(l->find, 1), .attempt = sqlite3_column_int64(l->find, 2),
            .record = sqlite3_column_int64(l->find, 3), .payload = (uint64_t)sqlite3_column_int64(l->find, 4),
            .steps = (uint32_t)sqlite3_column_int64(l->find, 5)};
    rc = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : leat_state_failed(l->state, "read", err);
    sqlite3_reset(l->find);
    return rc;
}

static int stage_of(const struct leat_ledger_row *row)
{
    return (row->done ? DONE : 0) | (row->before ? BEFORE : 0) | (row->there ? THERE : 0);
}

static uint64_t hash_of(const struct leat_ledger *l, const struct leat_ledger_row *row)
{
    const struct leat_state_value values[] = {
        {.number = l->target}, {.bytes = row->id.bytes, .n = sizeof row->id.bytes}, {.number = stage_of(row)},
        {.number = row->run}, {.number = row->attempt}, {.number = row->record}, {.number = (int64_t)row->payload},
        {.number = row->steps},
    };

    return leat_state_values_hash(l->state, values, sizeof values / sizeof *values);
}

static int step(struct leat_ledger *l, sqlite3_stmt *stmt, struct leat_error *err)
{
    int rc = sqlite3_step(stmt) == SQLITE_DONE ? 0 : leat_state_failed(l->state, "write", err);

    sqlite3_reset(stmt);
    return rc;
}

int leat_ledger_put(struct leat_ledger *l, const struct leat_ledger_row *row, const struct leat_ledger_row *was,
                    struct leat_error *err)
{
    bind_key(l, l->put, &row->id);
    sqlite3_bind_int(l->put, 3, stage_of(row));
    sqlite3_bind_int64(l->put, 4, row->run);
    sqlite3_bind_int64(l->put, 5, row->attempt);
    sqlite3_bind_int64(l->put, 6, row->record);
    sqlite3_bind_int64(l->put, 7, (int64_t)row->payload);
    sqlite3_bind_int64(l->put, 8, row->steps);
    l->state->ledger_sum += hash_of(l, row) - (was ? hash_of(l, was) : 0);
    return step(l, l->put, err);
}

/* ---- answers ---- */

int leat_ledger_find_answer(struct leat_ledger *l, const struct leat_record_id *id, struct leat_error *err)
{
    int rc;

    l->answer.n = 0;
    bind_key(l, l->find_answer, id);
    rc = sqlite3_step(l->find_answer);
    if (rc == SQLITE_ROW)
        leat_text_add(&l->answer, sqlite3_column_blob(l->find_answer, 0), (size_t)sqlite3_column_bytes(l->find_answer, 0));
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : leat_state_failed(l->state, "read", err);
    sqlite3_reset(l->find_answer);
    return rc;
}

static uint64_t answer_hash(const struct leat_ledger *l, const struct leat_record_id *id, const char *text, size_t n)
{
    const struct leat_state_value values[] = {
        {.number = l->target}, {.bytes = id->bytes, .n = sizeof id->bytes}, {.bytes = text, .n = (int)n}
    };

    return leat_state_values_hash(l->state, values, sizeof values / sizeof *values);
}

int leat_ledger_put_answer(struct leat_ledger *l, const struct leat_record_id *id, const char *text, size_t n,
                           struct leat_error *err)
{
    int rc = leat_ledger_find_answer(l, id, err);

    if (rc == 0 && l->answer.n) {
        l->state->ledger_sum -= answer_hash(l, id, l->answer.p, l->answer.n);
        bind_key(l, l->drop_answer, id);
        rc = step(l, l->drop_answer, err);
    }
    if (rc < 0 || !n)
        return rc;
    l->state->ledger_sum += answer_hash(l, id, text, n);
    bind_key(l, l->put_answer, id);
    sqlite3_bind_blob(l->put_answer, 3, text, (int)n, SQLITE_STATIC);
    return step(l, l->put_answer, err);
}

/* ---- the end of a row ---- */

int leat_ledger_drop(struct leat_ledger *l, const struct leat_ledger_row *row, struct leat_error *err)
{
    bind_key(l, l->drop, &row->id);
    l->state->ledger_sum -= hash_of(l, row);
    if (step(l, l->drop, err) < 0)
        return err->code;
    return leat_ledger_put_answer(l, &row->id, NULL, 0, err);
}
