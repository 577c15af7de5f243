/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking for single records. Each worker has a connection of its own, opened
 * when it first asks.
 */
#include "extract.h"

#include <time.h>

enum { PATIENCE_OPS = 50000 };

static int has_had_enough(void *argument)
{
    const struct finder *f = argument;

    return leat_stage_cancelled(f->stage) || leat_now_ms() > f->deadline_ms;
}

static char *find_sql(const struct sqlite *s, const struct leat_schema *keys)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);

    sqlite3_str_appendf(sql, "SELECT * FROM (%s\n) WHERE ", s->select);
    for (int i = 0; i < keys->n_fields; i++) {
        sqlite3_str_appendall(sql, i ? " AND " : "");
        leat_sqlite_add_name(sql, keys->fields[i].name);
        sqlite3_str_appendf(sql, " = ?%d", s->n_params + 1 + i);
    }
    return sqlite3_str_finish(sql);
}

static int begin(const struct sqlite *s, struct finder *f, const struct leat_schema *keys, struct leat_error *err)
{
    char *sql;
    int rc = 0;

    if (!f->db)
        rc = leat_sqlite_open(s->path, SQLITE_OPEN_READONLY, LEAT_SQLITE_PATIENT, &f->db, err);
    if (rc < 0)
        return rc;
    sqlite3_progress_handler(f->db, PATIENCE_OPS, has_had_enough, f);
    sql = find_sql(s, keys);
    rc = sql ? sqlite_prepare(s, f->db, sql, &f->stmt, err) : leat_fail(err, -ENOMEM, "out of memory");
    sqlite3_free(sql);
    if (rc == 0 && sqlite_bind_params(s, f->stmt) != SQLITE_OK) {
        rc = leat_sqlite_fail(err, f->db, "cannot search", s->path);
        sqlite3_finalize(f->stmt);
        f->stmt = NULL; /* so that the next call begins anew */
    }
    return rc;
}

static bool has_null(const struct leat_batch *keys, int32_t row)
{
    for (int i = 0; i < keys->schema->n_fields; i++)
        if (leat_is_null(&keys->columns[i], row))
            return true;
    return false;
}

/* A value that is not bound would be a null, which finds nothing. */
static int bind_key(const struct sqlite *s, sqlite3_stmt *stmt, const struct leat_batch *keys, int32_t row)
{
    int rc = SQLITE_OK;

    for (int i = 0; rc == SQLITE_OK && i < keys->schema->n_fields; i++) {
        const struct leat_column *c = &keys->columns[i];
        int at = s->n_params + 1 + i;
        const char *text;
        size_t n;

        if (c->type == LEAT_INT64) {
            rc = sqlite3_bind_int64(stmt, at, c->int64[row]);
        } else if (c->type == LEAT_BYTES) {
            text = leat_text(c, row, &n);
            rc = sqlite3_bind_blob64(stmt, at, text, n, SQLITE_STATIC);
        } else {
            text = leat_text(c, row, &n);
            rc = sqlite3_bind_text64(stmt, at, text, n, SQLITE_STATIC, SQLITE_UTF8);
        }
    }
    return rc;
}

static int find_one(const struct sqlite *s, struct finder *f, struct leat_find *find, int32_t key,
                    struct leat_error *err)
{
    int rc, bad;

    if (bind_key(s, f->stmt, find->keys, key) != SQLITE_OK)
        return leat_sqlite_fail(err, f->db, "cannot search", s->path);
    while ((rc = sqlite3_step(f->stmt)) == SQLITE_ROW) {
        if (!leat_batch_has_room(find->out))
            return leat_fail(err, -E2BIG, "cannot search %s: more records have these keys than one batch takes",
                             s->path);
        bad = sqlite_put_row(find->out, s->n_fields, f->stmt);
        if (bad == ROW_NO_MEMORY)
            return leat_fail(err, -ENOMEM, "cannot search %s: out of memory", s->path);
        if (bad >= 0)
            return leat_fail(err, LEAT_EDATA, "cannot search %s: %s is not what it is declared as (see fields)",
                             s->path, s->names[bad]);
        leat_batch_end_row_from(find->out, key);
        find->ret_found[key] = LEAT_FOUND;
    }
    if (rc == SQLITE_INTERRUPT && !leat_stage_cancelled(f->stage))
        return leat_fail(err, -ETIMEDOUT, "cannot search %s: no answer in time (see timeout)", s->path);
    return rc == SQLITE_DONE ? 0 : leat_sqlite_fail(err, f->db, "cannot search", s->path);
}

int sqlite_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err)
{
    const struct sqlite *s = self;
    struct finder *f = leat_stage_worker(stage);
    int rc = 0;

    f->stage = stage;
    f->deadline_ms = find->deadline_ms;
    if (!f->stmt && (rc = begin(s, f, find->keys->schema, err)) < 0)
        return rc;
    LEAT_EACH_ROW(find->keys, key) {
        find->ret_found[key] = LEAT_ABSENT;
        if (rc == 0 && !has_null(find->keys, key))
            rc = find_one(s, f, find, key, err);
        sqlite3_reset(f->stmt);
    }
    return rc;
}

void sqlite_find_close(struct leat_stage *stage, void *self)
{
    struct finder *f = leat_stage_worker(stage);

    (void)self;
    sqlite3_finalize(f->stmt);
    sqlite3_close(f->db);
}
