/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/checkpoint.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void leat_checkpoint_add(struct leat_checkpoint *c, const char *kind, const char *name, const char *value)
{
    c->parts = leat_grow(c->parts, c->n_parts, &c->cap_parts, sizeof *c->parts);
    c->parts[c->n_parts++] = (struct leat_part){.kind = leat_arena_strdup(&c->arena, kind),
                                                .name = leat_arena_strdup(&c->arena, name),
                                                .value = leat_arena_strdup(&c->arena, value)};
}

void leat_checkpoint_add_number(struct leat_checkpoint *c, const char *kind, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, value);
    leat_checkpoint_add(c, kind, name, text);
}

const char *leat_checkpoint_get(const struct leat_checkpoint *c, const char *kind, const char *name)
{
    for (int i = 0; i < c->n_parts; i++)
        if (strcmp(c->parts[i].kind, kind) == 0 && strcmp(c->parts[i].name, name) == 0)
            return c->parts[i].value;
    return NULL;
}

int64_t leat_checkpoint_number(const struct leat_checkpoint *c, const char *kind, const char *name)
{
    const char *text = leat_checkpoint_get(c, kind, name);

    return text ? strtoll(text, NULL, 10) : 0;
}

void leat_checkpoint_deinit(struct leat_checkpoint *c)
{
    free(c->parts);
    leat_arena_deinit(&c->arena);
    *c = (struct leat_checkpoint){0};
}

/* ---- in the state ---- */

static int remove_parts(struct leat_state *s, const char *sql, int64_t seq, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, sql, err);

    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->target);
    sqlite3_bind_int64(stmt, 2, seq);
    return leat_state_run_statement(s, stmt, err);
}

static int save_part(struct leat_state *s, int64_t seq, const struct leat_part *part, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "INSERT OR REPLACE INTO part VALUES (?1, ?2, ?3, ?4, ?5)", err);

    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->target);
    sqlite3_bind_int64(stmt, 2, seq);
    sqlite3_bind_text(stmt, 3, part->kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, part->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 5, part->value, -1, SQLITE_STATIC);
    return leat_state_run_statement(s, stmt, err);
}

int leat_checkpoint_save(struct leat_state *s, const struct leat_checkpoint *c, int64_t keep_from,
                         struct leat_error *err)
{
    int rc = remove_parts(s, "DELETE FROM part WHERE target = ?1 AND seq < ?2", keep_from, err);

    for (int i = 0; i < c->n_parts && rc == 0; i++)
        rc = save_part(s, c->seq, &c->parts[i], err);
    return rc;
}

int leat_checkpoint_load(struct leat_state *s, int64_t seq, struct leat_checkpoint *ret, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT seq, kind, name, value FROM part WHERE target = ?1 AND seq = "
                                               "coalesce(nullif(?2, 0), (SELECT max(seq) FROM part WHERE target = ?1))",
                                            err);
    int rc;

    *ret = (struct leat_checkpoint){0};
    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->target);
    sqlite3_bind_int64(stmt, 2, seq);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        ret->seq = sqlite3_column_int64(stmt, 0);
        leat_checkpoint_add(ret, (const char *)sqlite3_column_text(stmt, 1),
                            (const char *)sqlite3_column_text(stmt, 2), (const char *)sqlite3_column_text(stmt, 3));
    }
    rc = rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

int64_t leat_checkpoint_first(struct leat_state *s)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT min(seq) FROM part WHERE target = ?1", NULL);
    int64_t seq = 0;

    if (stmt)
        sqlite3_bind_int64(stmt, 1, s->target);
    if (stmt && sqlite3_step(stmt) == SQLITE_ROW)
        seq = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return seq;
}

int leat_checkpoint_files(struct leat_state *s, bool of_all, struct leat_checkpoint *ret, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT DISTINCT CASE kind WHEN 'kept' THEN name ELSE value END FROM part "
                                               "WHERE kind IN ('kept', 'file') AND (?1 OR target = ?2)", err);
    int rc;

    *ret = (struct leat_checkpoint){0};
    if (!stmt)
        return err->code;
    sqlite3_bind_int(stmt, 1, of_all);
    sqlite3_bind_int64(stmt, 2, s->target);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        leat_checkpoint_add(ret, "kept", (const char *)sqlite3_column_text(stmt, 0), "");
    rc = rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

int leat_watermarks_save(struct leat_state *s, const struct leat_checkpoint *c, const char *extract,
                         struct leat_error *err)
{
    int rc = 0;

    for (int i = 0; i < c->n_parts && rc == 0; i++) {
        sqlite3_stmt *stmt;

        if (strcmp(c->parts[i].kind, "position") != 0)
            continue;
        stmt = leat_state_prepare(s, "INSERT OR REPLACE INTO watermark VALUES (?1, ?2, ?3, ?4)", err);
        if (!stmt)
            return err->code;
        sqlite3_bind_int64(stmt, 1, s->target);
        sqlite3_bind_int64(stmt, 2, strtoll(c->parts[i].name, NULL, 10));
        sqlite3_bind_text(stmt, 3, c->parts[i].value, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 4, extract, -1, SQLITE_STATIC);
        rc = leat_state_run_statement(s, stmt, err);
    }
    return rc;
}

int leat_watermarks_load(struct leat_state *s, struct leat_checkpoint *ret, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT partition, position, extract FROM watermark "
                                               "WHERE target = ?1", err);
    int rc;

    *ret = (struct leat_checkpoint){0};
    if (!stmt)
        return err->code;
    sqlite3_bind_int64(stmt, 1, s->target);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        leat_checkpoint_add(ret, "position", (const char *)sqlite3_column_text(stmt, 0),
                            (const char *)sqlite3_column_text(stmt, 1));
        if (!leat_checkpoint_get(ret, "extract", ""))
            leat_checkpoint_add(ret, "extract", "", (const char *)sqlite3_column_text(stmt, 2));
    }
    rc = rc == SQLITE_DONE ? 0 : leat_state_failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}
