/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * sqlite: writes records into a table of an SQLite file.
 *
 * One worker. From one commit to the next all that is delivered stands in one
 * transaction. A row that a constraint refuses is rejected alone: SQLite then
 * undoes its statement, not the transaction. Whatever else goes wrong, and also a
 * trigger that undoes the transaction from within, ends the run, and what was not
 * committed is as if it had never been. With the rows a token is committed that
 * says how far they go (token.c), and so a run that goes on knows what is there.
 */
#include "load.h"

#include <math.h>

#include "kit/text/text.h"

static const char *const modes[] = { "insert", "upsert", NULL };

static const struct leat_option options[] = {
    { .name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct sqlite, path), .required = true,
      .help = "The SQLite file to write to; it is made if it is not there." },
    { .name = "table", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct sqlite, table), .required = true,
      .help = "The table to write to." },
    { .name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct sqlite, mode), .values = modes,
      .default_text = "insert",
      .help = "What becomes of a record whose key is there already: insert rejects it, upsert updates the row." },
    { .name = "key", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct sqlite, key),
      .help = "Columns that tell one row from another, none of them null: upsert goes by them, and a table that is "
              "made has them as its primary key." },
    { .name = "create", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct sqlite, create), .default_text = "true",
      .help = "Whether to make the table if it is not there." },
    LEAT_SECRETS_OPTION(struct sqlite, secrets),
    LEAT_END_OF_OPTIONS
};

/* ---- values ---- */

static int bind_as_text(sqlite3_stmt *stmt, int at, const struct leat_field *field, const struct leat_column *c,
                         int32_t row)
{
    char text[LEAT_VALUE_ROOM];
    char *end = leat_value_put(text, field, c, row);

    return sqlite3_bind_text(stmt, at, text, (int)(end - text), SQLITE_TRANSIENT);
}

/* A value that is not bound would be null in the row. */
static int bind_value(sqlite3_stmt *stmt, int at, const struct leat_field *field, const struct leat_column *c,
                      int32_t row)
{
    const char *text;
    size_t n = 0;

    text = c->offsets ? leat_text(c, row, &n) : NULL;
    if (leat_is_null(c, row))
        return sqlite3_bind_null(stmt, at);
    if (c->type == LEAT_BYTES)
        return sqlite3_bind_blob64(stmt, at, n ? text : "", n, SQLITE_STATIC);
    if (c->offsets)
        return sqlite3_bind_text64(stmt, at, text, n, SQLITE_STATIC, SQLITE_UTF8);
    if (c->type == LEAT_INT64)
        return sqlite3_bind_int64(stmt, at, c->int64[row]);
    if (c->type == LEAT_BOOL)
        return sqlite3_bind_int(stmt, at, leat_bool(c, row));
    if (c->type == LEAT_FLOAT64 && !isnan(c->float64[row])) /* SQLite would store null for what is no number */
        return sqlite3_bind_double(stmt, at, c->float64[row]);
    return bind_as_text(stmt, at, field, c, row);
}

static int bind_row(const struct sqlite *s, const struct leat_batch *b, int32_t row)
{
    int rc = SQLITE_OK;

    for (int i = 0; rc == SQLITE_OK && i < s->n_fields; i++)
        rc = bind_value(s->insert, i + 1, &b->schema->fields[s->fields[i]], &b->columns[s->fields[i]], row);
    return rc;
}

/* ---- what SQLite refuses ---- */

static const char *code_of(int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
        return "constraint_unique";
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return "constraint_primary_key";
    case SQLITE_CONSTRAINT_NOTNULL:
        return "constraint_not_null";
    case SQLITE_CONSTRAINT_CHECK:
        return "constraint_check";
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return "constraint_foreign_key";
    case SQLITE_CONSTRAINT_TRIGGER:
        return "constraint_trigger";
    case SQLITE_CONSTRAINT_DATATYPE:
    case SQLITE_MISMATCH:
        return "constraint_type";
    case SQLITE_TOOBIG:
        return "record_too_large";
    default:
        return (rc & 0xFF) == SQLITE_CONSTRAINT ? "constraint" : NULL;
    }
}

/* The field that a message names: "UNIQUE constraint failed: users.email". -1: none. */
static int field_in(const struct leat_schema *schema, const char *message)
{
    const char *colon = strrchr(message, ':'), *name = colon ? strchr(colon, '.') : NULL;
    size_t n = name ? strcspn(++name, ",") : 0;

    for (int i = 0; n && i < schema->n_fields; i++)
        if (strlen(schema->fields[i].name) == n && sqlite3_strnicmp(schema->fields[i].name, name, (int)n) == 0)
            return i;
    return -1;
}

/* A row was not written. 0: it has its verdict. */
static int refused(struct sqlite *s, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    int rc = sqlite3_extended_errcode(s->db);
    const char *code = code_of(rc), *message = sqlite3_errmsg(s->db);
    bool key_is_there = rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY;

    if (sqlite3_get_autocommit(s->db)) {
        s->in_transaction = false;
        return leat_fail(err, -EIO, "cannot write to %s: %s, and all since the last commit is undone", s->path,
                         message);
    }
    if (!code)
        return leat_sqlite_fail(err, s->db, "cannot write to", s->path);
    if (key_is_there && leat_row_in(b->must_verify, row)) /* it was us, before the crash */
        leat_batch_answer(b, row, LEAT_ALREADY_THERE, NULL, 0);
    else
        leat_batch_reject(b, row, field_in(b->schema, message), code, "%s", message);
    return 0;
}

/* ---- rows ---- */

static int begin_transaction(struct sqlite *s, struct leat_error *err)
{
    if (s->in_transaction)
        return 0;
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return leat_sqlite_fail(err, s->db, "cannot write to", s->path);
    s->in_transaction = true;
    return 0;
}

/* The first field of the key that is null, or -1. SQLite would make up a number for it, or take it for a key of its own
 * each time. */
static int null_in_key(const struct sqlite *s, const struct leat_batch *b, int32_t row)
{
    for (int i = 0; i < s->n_key; i++)
        if (leat_is_null(&b->columns[s->key_fields[i]], row))
            return s->key_fields[i];
    return -1;
}

/* What the connection has changed in all. Of a view only what its trigger writes instead is counted, and only there. */
static int64_t changes(const struct sqlite *s)
{
    return s->is_view ? sqlite3_total_changes64(s->db) : 0;
}

static bool has_written(const struct sqlite *s, int64_t before)
{
    return s->is_view ? changes(s) > before : sqlite3_changes(s->db) > 0;
}

/* A row that is written has no answer yet. */
static int write_row(struct sqlite *s, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    int rc = 0, null = null_in_key(s, b, row);
    int64_t before = changes(s);

    if (null >= 0) {
        leat_batch_reject(b, row, null, "null_key", "must not be null, for it is part of the key");
        return 0;
    }
    if (bind_row(s, b, row) != SQLITE_OK || sqlite3_step(s->insert) != SQLITE_DONE)
        rc = refused(s, b, row, err);
    else if (!has_written(s, before) && s->only_key)
        leat_batch_answer(b, row, LEAT_ALREADY_THERE, NULL, 0);
    else if (!has_written(s, before))
        leat_batch_reject(b, row, -1, "constraint_trigger", "a trigger of the table has left it out");
    sqlite3_reset(s->insert);
    return rc;
}

static int sqlite_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct sqlite *s = self;
    int rc = begin_transaction(s, err);

    (void)stage;
    if (rc < 0)
        return rc;
    LEAT_EACH_ROW(batch, row)
        if (rc == 0)
            rc = write_row(s, batch, row, err);
    if (rc == 0)
        leat_batch_answer_rest(batch, LEAT_LOADED);
    s->broken |= rc < 0;
    /* Tried again, it would be written twice. */
    return rc == LEAT_ERETRY ? leat_fail(err, LEAT_EUNREACHABLE, "%s was locked half way", s->path) : rc;
}

/* Called again, where another has locked the file, it does the same once more. */
static int sqlite_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                         struct leat_error *err)
{
    struct sqlite *s = self;
    const struct leat_token *token = leat_stage_token(stage);
    int rc = 0;

    (void)last, (void)ret_mark;
    if (s->broken || (s->in_transaction && sqlite3_get_autocommit(s->db))) /* no token may say that it is there */
        return leat_fail(err, -EIO, "cannot commit to %s: all since the last commit is undone", s->path);
    if (token) {
        rc = begin_transaction(s, err);
        if (rc == 0)
            rc = token_put(s->db, s->path, token, err);
    }
    if (rc < 0 || !s->in_transaction)
        return rc;
    if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return leat_sqlite_fail(err, s->db, "cannot commit to", s->path);
    s->in_transaction = false;
    return 0;
}

static int sqlite_last_commit(struct leat_stage *stage, void *self, const char *who, struct leat_mark *ret_what,
                              struct leat_error *err)
{
    const struct sqlite *s = self;

    (void)stage;
    return token_get(s->path, who, ret_what, err);
}

/* ---- the life of the connection ---- */

/* The table appears with the first commit, so that a run that fails leaves none. */
static int make_table(struct sqlite *s, struct leat_error *err)
{
    int rc = begin_transaction(s, err);

    if (rc == 0 && sqlite3_exec(s->db, s->create_sql, NULL, NULL, NULL) != SQLITE_OK)
        rc = leat_sqlite_fail(err, s->db, "cannot make the table in", s->path);
    return rc;
}

/* EXTRA: what is committed stays so should the power fail, which may else bring back the journal that undoes it. Where
 * keys come in no order, pages of the index that do not fit the cache are written again and again: 16 MiB take a third off
 * the time that the system needs for them. */
static int connect(struct sqlite *s, struct leat_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | (s->create ? SQLITE_OPEN_CREATE : 0);
    int rc = leat_sqlite_open(s->path, flags, LEAT_SQLITE_BRIEF, &s->db, err);

    if (rc == 0 && sqlite3_exec(s->db, "PRAGMA synchronous = EXTRA; PRAGMA cache_size = -16384", NULL, NULL, NULL) != SQLITE_OK)
        rc = leat_sqlite_fail(err, s->db, "cannot write to", s->path);
    return rc;
}

static int sqlite_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct sqlite *s = self;
    int rc = s->db ? 0 : connect(s, err);

    (void)stage;
    if (rc == 0 && s->create_sql && !s->in_transaction)
        rc = make_table(s, err);
    if (rc < 0)
        return rc;
    if (sqlite3_prepare_v3(s->db, s->insert_sql, -1, SQLITE_PREPARE_PERSISTENT, &s->insert, NULL) != SQLITE_OK)
        return leat_sqlite_fail(err, s->db, "cannot write to", s->path);
    return 0;
}

static void sqlite_close(struct leat_stage *stage, void *self)
{
    struct sqlite *s = self;

    (void)stage;
    sqlite3_finalize(s->insert);
    if (s->db) { /* after a full disk only the next look into the file rolls back */
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        (void)sqlite3_exec(s->db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
    }
    sqlite3_close(s->db);
}

LEAT_LOAD(sqlite, .summary = "Writes records into a table of an SQLite file", .options = options, .plan = sqlite_plan,
          .open = sqlite_open, .deliver = sqlite_deliver, .commit = sqlite_commit, .last_commit = sqlite_last_commit,
          .close = sqlite_close);
