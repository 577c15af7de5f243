/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Targets, the run that is not done, and the history of runs.
 */
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "delivery/state.h"

enum { HISTORY = 1000 /* runs that are remembered */ };

static const char *text_of(struct leat_state *s, sqlite3_stmt *row, int i)
{
    const char *text = (const char *)sqlite3_column_text(row, i);

    return text ? leat_arena_strdup(&s->arena, text) : NULL;
}

/* ---- targets ---- */

/* 1: chosen; 0: it is not there yet. */
static int find_target(struct leat_state *s, const char *load, const char *identity, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT id, who FROM target WHERE load = ?1 AND identity = ?2", err);
    int rc;

    if (!stmt)
        return err->code;
    sqlite3_bind_text(stmt, 1, load, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, identity, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        s->target = sqlite3_column_int64(stmt, 0);
        s->who = text_of(s, stmt, 1);
        s->ledger = s->target;
        s->ids = s->who;
    }
    rc = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

static int add_target(struct leat_state *s, const char *load, const char *identity, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "INSERT INTO target (load, identity, who) VALUES (?1, ?2, ?3)", err);
    char both[33];

    if (!stmt)
        return err->code;
    leat_state_hash(s, load, identity, strlen(identity), both);
    sqlite3_bind_text(stmt, 1, load, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, identity, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 3, both, -1, SQLITE_STATIC);
    return leat_state_run_statement(s, stmt, err);
}

int leat_state_target(struct leat_state *s, const char *load, const char *identity, struct leat_error *err)
{
    int rc = find_target(s, load, identity, err);

    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = leat_state_begin(s, err);
    if (rc == 0)
        rc = add_target(s, load, identity, err);
    if (rc == 0)
        rc = leat_state_commit(s, err);
    if (rc < 0)
        leat_state_rollback(s);
    else
        rc = find_target(s, load, identity, err);
    return rc < 0 ? rc : 0;
}

int leat_state_share_ledger(struct leat_state *s, const char *load, const char *identity, struct leat_error *err)
{
    int64_t target = s->target;
    const char *who = s->who;
    int rc = leat_state_target(s, load, identity, err);

    s->target = target;
    s->who = who;
    return rc;
}

/* ---- the run that is not done ---- */

int leat_state_work(struct leat_state *s, struct leat_work *ret, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT run, began_us, meaning FROM work WHERE target = ?1", err);
    int rc;

    *ret = (struct leat_work){0};
    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->target);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret = (struct leat_work){.run = sqlite3_column_int64(stmt, 0), .began_us = sqlite3_column_int64(stmt, 1),
                                  .meaning = text_of(s, stmt, 2)};
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

int leat_state_work_begin(struct leat_state *s, const char *meaning, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "INSERT OR REPLACE INTO work VALUES (?1, ?2, ?3, ?4)", err);

    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->target);
    sqlite3_bind_int64(stmt, 2, s->run);
    sqlite3_bind_int64(stmt, 3, leat_clock_wall_us());
    sqlite3_bind_text(stmt, 4, meaning, -1, SQLITE_STATIC);
    return leat_state_run_statement(s, stmt, err);
}

/* Statements that have the target for their one parameter. */
static int run_all(struct leat_state *s, const char *const *sqls, int n, struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < n && rc == 0; i++) {
        sqlite3_stmt *stmt = leat_state_prepare(s, sqls[i], err);

        if (!stmt)
            return err->code;
        sqlite3_bind_int64(stmt, 1, s->target);
        rc = leat_state_run_statement(s, stmt, err);
    }
    return rc;
}

int leat_state_work_end(struct leat_state *s, struct leat_error *err)
{
    static const char *const sqls[] = {"DELETE FROM work WHERE target = ?1", "DELETE FROM part WHERE target = ?1"};

    return run_all(s, sqls, 2, err);
}

int leat_state_clear(struct leat_state *s, struct leat_error *err)
{
    static const char *const sqls[] = {"DELETE FROM work WHERE target = ?1", "DELETE FROM part WHERE target = ?1",
                                       "DELETE FROM watermark WHERE target = ?1",
                                       "DELETE FROM ledger WHERE target = ?1",
                                       "DELETE FROM answer WHERE target = ?1"};
    int rc = run_all(s, sqls, sizeof sqls / sizeof *sqls, err);

    return rc < 0 ? rc : leat_state_sum_ledger(s, &s->ledger_sum, err);
}

int64_t leat_state_ledger_size(struct leat_state *s)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT count(*) FROM ledger WHERE target = ?1", NULL);
    int64_t n = 0;

    if (stmt)
        sqlite3_bind_int64(stmt, 1, s->target);
    if (stmt && sqlite3_step(stmt) == SQLITE_ROW)
        n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

void leat_state_ledger_count(struct leat_state *s, int64_t run, int64_t *ret_done, int64_t *ret_open)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT total(done & 1), total(1 - (done & 1)) FROM ledger "
                                               "WHERE target = ?1 AND run = ?2", NULL);

    *ret_done = *ret_open = 0;
    if (stmt) {
        sqlite3_bind_int64(stmt, 1, s->ledger);
        sqlite3_bind_int64(stmt, 2, run);
    }
    if (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
        *ret_done = sqlite3_column_int64(stmt, 0);
        *ret_open = sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
}

/* Read whole first: `each` may change what it walks over. */
int leat_state_targets(struct leat_state *s, bool (*each)(void *, const char *load, const char *identity),
                       void *context, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT load, identity FROM target ORDER BY id", err);
    struct target {
        const char *load, *identity;
        struct target *next;
    } *first = NULL, **last = &first;
    int rc;

    if (!stmt)
        return err->code;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        *last = leat_arena_alloc(&s->arena, sizeof **last);
        **last = (struct target){.load = text_of(s, stmt, 0), .identity = text_of(s, stmt, 1)};
        last = &(*last)->next;
    }
    rc = rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    for (struct target *t = first; rc == 0 && t && each(context, t->load, t->identity); t = t->next)
        ;
    return rc;
}

/* ---- history ---- */

const char *leat_state_boot(struct leat_arena *arena)
{
    struct leat_text_buffer text = {0};
    const char *boot = "";

    if (leat_file_read("/proc/sys/kernel/random/boot_id", 256, &text) == 0 && text.n)
        boot = leat_arena_strndup(arena, text.p, strcspn(text.p, "\n"));
    leat_text_deinit(&text);
    return boot;
}

struct last {
    struct leat_state *state;
    const char *load, *identity;
    struct leat_run_row *row;
};

static bool keep_last(void *context, const struct leat_run_row *row)
{
    struct last *last = context;
    struct leat_arena *arena = &last->state->arena;

    if (!*row->target) /* it could not start, and has changed nothing */
        return true;
    if (strcmp(row->load, last->load) != 0 || strcmp(row->target, last->identity) != 0)
        return false;
    *last->row = *row;
    last->row->load = last->load;
    last->row->target = last->identity;
    last->row->report = row->report ? leat_arena_strdup(arena, row->report) : NULL;
    last->row->note = row->note ? leat_arena_strdup(arena, row->note) : NULL;
    last->row->boot = leat_arena_strdup(arena, row->boot);
    return false;
}

int leat_state_last_run(struct leat_state *s, const char *load, const char *identity, struct leat_run_row *ret,
                        struct leat_error *err)
{
    struct last last = {.state = s, .load = load, .identity = identity, .row = ret};

    *ret = (struct leat_run_row){.status = -1};
    return leat_state_runs(s, keep_last, &last, err);
}

/* Adds the hash of a run's row to the seal's sum, or with -1 takes it away. */
static int count_run(struct leat_state *s, int64_t run, int sign, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT * FROM run WHERE id = ?1", err);
    int rc;

    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, run);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        s->runs_sum += (uint64_t)sign * leat_state_row_hash(s, stmt);
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

static int forget_old(struct leat_state *s, struct leat_error *err)
{
    sqlite3_stmt *stmt;
    int rc = count_run(s, s->run - HISTORY, -1, err);

    if (rc < 0)
        return rc;
    stmt = leat_state_prepare(s, "DELETE FROM run WHERE id = ?1", err);
    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->run - HISTORY);
    return leat_state_run_statement(s, stmt, err);
}

int leat_state_run_begin(struct leat_state *s, const char *load, const char *identity, int64_t goes_on,
                         struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "INSERT INTO run (started_us, pid, load, target, goes_on, boot) "
                                               "VALUES (?1, ?2, ?3, ?4, nullif(?5, 0), ?6)", err);
    int rc;

    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, leat_clock_wall_us());
    sqlite3_bind_int64(stmt, 2, getpid());
    sqlite3_bind_text(stmt, 3, load, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, identity, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 5, goes_on);
    sqlite3_bind_text(stmt, 6, leat_state_boot(&s->arena), -1, SQLITE_STATIC);
    rc = leat_state_run_statement(s, stmt, err);
    if (rc < 0)
        return rc;
    s->run = sqlite3_last_insert_rowid(s->db);
    rc = count_run(s, s->run, 1, err);
    return rc < 0 ? rc : forget_old(s, err);
}

static int update_run(struct leat_state *s, int64_t run, int64_t ended_us, int status, const char *report,
                      const char *note, struct leat_error *err)
{
    sqlite3_stmt *stmt;
    int rc = count_run(s, run, -1, err);

    if (rc < 0)
        return rc;
    stmt = leat_state_prepare(s, "UPDATE run SET ended_us = nullif(?1, 0), status = ?2, report = ?3, note = ?4 "
                                 "WHERE id = ?5", err);
    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, ended_us);
    sqlite3_bind_int(stmt, 2, status);
    sqlite3_bind_text(stmt, 3, report, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, note, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 5, run);
    rc = leat_state_run_statement(s, stmt, err);
    return rc < 0 ? rc : count_run(s, run, 1, err);
}

int leat_state_run_end(struct leat_state *s, int status, const char *report, const char *note, struct leat_error *err)
{
    return update_run(s, s->run, leat_clock_wall_us(), status, report, note, err);
}

int leat_state_run_note(struct leat_state *s, int64_t run, int status, const char *note, struct leat_error *err)
{
    return update_run(s, run, 0, status, NULL, note, err);
}

static int status_of(sqlite3_stmt *row, int i)
{
    return sqlite3_column_type(row, i) == SQLITE_NULL ? -1 : sqlite3_column_int(row, i);
}

int leat_state_runs(struct leat_state *s, bool (*each)(void *, const struct leat_run_row *), void *context,
                    struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT id, started_us, ended_us, status, pid, load, target, goes_on, "
                                               "report, note, boot FROM run ORDER BY id DESC", err);
    bool more = true;
    int rc = SQLITE_ROW;

    if (!stmt)
        return err->code;
    while (more && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct leat_run_row row = {
            .id = sqlite3_column_int64(stmt, 0), .started_us = sqlite3_column_int64(stmt, 1),
            .ended_us = sqlite3_column_int64(stmt, 2), .status = status_of(stmt, 3),
            .pid = sqlite3_column_int64(stmt, 4), .load = (const char *)sqlite3_column_text(stmt, 5),
            .target = (const char *)sqlite3_column_text(stmt, 6), .goes_on = sqlite3_column_int64(stmt, 7),
            .report = (const char *)sqlite3_column_text(stmt, 8), .note = (const char *)sqlite3_column_text(stmt, 9),
            .boot = (const char *)sqlite3_column_text(stmt, 10)};

        more = each(context, &row);
    }
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}
