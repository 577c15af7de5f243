/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of load sqlite. The statements are compiled here, against the file
 * or, where that or its table is still to be made, against an empty database:
 * so what SQLite would refuse is known before the run.
 */
#include "load.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* An empty statement would compile, and do nothing. */
static int keep_sql(struct leat_plan *plan, const struct sqlite *s, sqlite3_str *sql, const char **ret,
                    struct leat_error *err)
{
    char *text = sqlite3_str_finish(sql);
    size_t n = text ? strlen(text) + 1 : 0;

    if (!text)
        return leat_fail(err, -ENOMEM, "cannot plan how to write to %s: out of memory", s->path);
    *ret = memcpy(leat_plan_alloc(plan, n), text, n);
    sqlite3_free(text);
    return 0;
}

/* ---- the words of the statements ---- */

/* Types that extract sqlite knows again, with an affinity that leaves the value as it is: DECIMAL alone would make
 * 12.50 a binary fraction, JSON alone a number of "1e3". */
static const char *type_name(const struct leat_field *field)
{
    switch (field->type) {
    case LEAT_BOOL:
        return "BOOLEAN";
    case LEAT_INT64:
        return "INTEGER";
    case LEAT_FLOAT64:
        return "REAL";
    case LEAT_DECIMAL:
        return "DECIMAL_TEXT";
    case LEAT_DATE:
        return "DATE";
    case LEAT_TIMESTAMP:
        return field->local ? "LOCAL_TIMESTAMP" : "TIMESTAMP";
    case LEAT_BYTES:
        return "BLOB";
    case LEAT_JSON:
        return "JSON_TEXT";
    default:
        return "TEXT";
    }
}

static void add_key(sqlite3_str *sql, const struct sqlite *s)
{
    for (int i = 0; i < s->key->n_children; i++) {
        sqlite3_str_appendall(sql, i ? ", " : "");
        leat_sqlite_add_name(sql, s->key->children[i]->text);
    }
}

static bool is_key(const struct sqlite *s, const char *name)
{
    for (int i = 0; s->key && i < s->key->n_children; i++)
        if (strcmp(s->key->children[i]->text, name) == 0)
            return true;
    return false;
}

static int word_create(struct leat_plan *plan, struct sqlite *s, struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);
    sqlite3_str *sql = sqlite3_str_new(NULL);

    sqlite3_str_appendall(sql, "CREATE TABLE IF NOT EXISTS ");
    leat_sqlite_add_name(sql, s->table);
    for (int i = 0; i < s->n_fields; i++) {
        const struct leat_field *field = &in->fields[s->fields[i]];

        sqlite3_str_appendall(sql, i ? ", " : " (");
        leat_sqlite_add_name(sql, field->name);
        sqlite3_str_appendf(sql, " %s%s", type_name(field), is_key(s, field->name) ? " NOT NULL" : "");
    }
    if (s->key) {
        sqlite3_str_appendall(sql, ", PRIMARY KEY (");
        add_key(sql, s);
        sqlite3_str_appendall(sql, ")");
    }
    sqlite3_str_appendall(sql, ")");
    return keep_sql(plan, s, sql, &s->create_sql, err);
}

static void add_upsert(sqlite3_str *sql, struct sqlite *s, const struct leat_schema *in)
{
    const char *before = ") DO UPDATE SET ";

    sqlite3_str_appendall(sql, " ON CONFLICT (");
    add_key(sql, s);
    for (int i = 0; i < s->n_fields; i++) {
        const char *name = in->fields[s->fields[i]].name;

        if (is_key(s, name))
            continue;
        sqlite3_str_appendall(sql, before);
        leat_sqlite_add_name(sql, name);
        sqlite3_str_appendall(sql, " = excluded.");
        leat_sqlite_add_name(sql, name);
        before = ", ";
    }
    s->only_key = *before == ')';
    if (s->only_key)
        sqlite3_str_appendall(sql, ") DO NOTHING");
}

/* OR ABORT overrides what the table declares, by which a record could vanish or take another's place. It overrides what
 * triggers say as well, and so stands only where it is needed. */
static int word_insert(struct leat_plan *plan, struct sqlite *s, struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);
    sqlite3_str *sql = sqlite3_str_new(NULL);

    sqlite3_str_appendall(sql, s->settles ? "INSERT OR ABORT INTO " : "INSERT INTO ");
    leat_sqlite_add_name(sql, s->table);
    for (int i = 0; i < s->n_fields; i++) {
        sqlite3_str_appendall(sql, i ? ", " : " (");
        leat_sqlite_add_name(sql, in->fields[s->fields[i]].name);
    }
    for (int i = 0; i < s->n_fields; i++)
        sqlite3_str_appendall(sql, i ? ", ?" : ") VALUES (?");
    sqlite3_str_appendall(sql, ")");
    if (s->mode == SQLITE_MODE_UPSERT)
        add_upsert(sql, s, in);
    return keep_sql(plan, s, sql, &s->insert_sql, err);
}

/* ---- questions to the file ---- */

/* 1: the statement, with `one` and `two` (or NULL) for ?1 and ?2, gives a row; 0: it gives none; negative: SQLite
 * cannot tell, which must never be taken for none. */
static int holds(sqlite3 *db, const char *path, const char *sql, const char *one, const char *two,
                 struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, one, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && two)
        rc = sqlite3_bind_text(stmt, 2, two, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    rc = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : leat_sqlite_fail(err, db, "cannot read", path);
    sqlite3_finalize(stmt);
    return rc;
}

int sqlite_has_table(sqlite3 *db, const char *path, const char *table, struct leat_error *err)
{
    return holds(db, path, "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE",
                 table, NULL, err);
}

static int has_column(const struct sqlite *s, sqlite3 *db, const char *column, struct leat_error *err)
{
    return holds(db, s->path, "SELECT 1 FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE AND hidden = 0",
                 s->table, column, err);
}

static int is_view(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    return holds(db, s->path, "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type = 'view'", s->table,
                 NULL, err);
}

static int settles(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    return holds(db, s->path, "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type = 'table' "
                              "AND sql LIKE '%CONFLICT%'", s->table, NULL, err);
}

/* An upsert may also fire triggers of tables whose foreign keys follow this one. */
static int may_roll_back(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    return holds(db, s->path, "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' "
                              "AND (tbl_name = ?1 COLLATE NOCASE OR ?2 = 'upsert') "
                              "AND EXISTS(SELECT 1 FROM sqlite_schema WHERE sql LIKE '%ROLLBACK%')",
                 s->table, s->mode == SQLITE_MODE_UPSERT ? "upsert" : "insert", err);
}

/* ---- which fields are written ---- */

/* `db` is NULL where the table is still to be made, with a column for each field. */
static int choose_fields(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);

    s->n_fields = 0;
    s->fields = leat_plan_alloc(plan, ((size_t)in->n_fields + 1) * sizeof *s->fields);
    for (int i = 0; i < in->n_fields; i++) {
        int has = db ? has_column(s, db, in->fields[i].name, err) : 1;

        if (has < 0)
            return has;
        if (!has)
            leat_plan_leaves_out(plan, i, "left out, for the table has no column of this name to write");
        else if (!leat_secret_left_out(plan, i, s->secrets))
            s->fields[s->n_fields++] = i;
    }
    if (!s->n_fields)
        leat_plan_wrong(plan, "table", "the table %s has a column for none of the fields that come", s->table);
    return 0;
}

/* ---- the plan ---- */

static bool options_fit(struct leat_plan *plan, struct sqlite *s)
{
    bool ok = s->path && s->table;

    if (s->table && sqlite3_stricmp(s->table, SQLITE_COMMITS) == 0)
        leat_plan_wrong(plan, "table", "in " SQLITE_COMMITS " leat notes its commits; name another table");
    if (s->mode == SQLITE_MODE_INSERT && leat_plan_is_incremental(plan))
        leat_plan_wrong(plan, "mode", "the extract is incremental, so records come again once they have changed, and "
                        "insert would refuse them: write `mode: upsert' and `key:' with the columns of the key");
    if (s->mode == SQLITE_MODE_UPSERT && !s->key) {
        leat_plan_wrong(plan, "mode", "upsert needs `key: COLUMN' or a list of columns, to know which row to update");
        return false;
    }
    s->n_key = s->key ? s->key->n_children : 0;
    s->key_fields = leat_plan_alloc(plan, ((size_t)s->n_key + 1) * sizeof *s->key_fields);
    for (int i = 0; i < s->n_key; i++) {
        s->key_fields[i] = leat_plan_field(plan, s->key->children[i]);
        ok &= s->key_fields[i] >= 0;
    }
    return ok;
}

/* Compiles both statements in `db`. */
static int try_statements(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc;

    if (s->create_sql && sqlite3_exec(db, s->create_sql, NULL, NULL, NULL) != SQLITE_OK)
        return leat_sqlite_fail(err, db, "cannot make the table in", s->path);
    rc = sqlite3_prepare_v2(db, s->insert_sql, -1, &stmt, NULL);
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK)
        return 0;
    if (s->mode == SQLITE_MODE_UPSERT && strstr(sqlite3_errmsg(db), "ON CONFLICT"))
        return leat_fail(err, LEAT_EPIPELINE, "upsert needs a unique index of %s over exactly the columns of key; "
                         "CREATE UNIQUE INDEX makes one", s->table);
    return leat_sqlite_fail(err, db, "cannot write to", s->path);
}

static int plan_new_table(struct leat_plan *plan, struct sqlite *s, struct leat_error *err)
{
    sqlite3 *empty = NULL;
    int rc;

    if (!s->create)
        return leat_fail(err, LEAT_EPIPELINE, "%s has no table %s; `create: true` makes it", s->path, s->table);
    rc = choose_fields(plan, s, NULL, err);
    if (rc == 0)
        rc = word_create(plan, s, err);
    if (rc == 0)
        rc = word_insert(plan, s, err);
    if (rc == 0 && sqlite3_open(":memory:", &empty) != SQLITE_OK)
        rc = leat_sqlite_fail(err, empty, "cannot plan the table in", s->path);
    if (rc == 0 && s->n_fields)
        rc = try_statements(s, empty, err);
    sqlite3_close(empty);
    return rc;
}

/* A table that is there has ways of its own. */
static int look_at_table(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    int view = is_view(s, db, err), own = view < 0 ? view : settles(s, db, err);
    int back = own < 0 ? own : may_roll_back(s, db, err);

    s->is_view = view > 0;
    s->settles = own > 0;
    if (back > 0)
        leat_plan_note(plan, "a trigger of the file may roll back: a record for which it does ends the run, and what "
                       "was written since the last checkpoint is undone");
    return back < 0 ? back : 0;
}

static int check_commits(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    int has = sqlite_has_table(db, s->path, SQLITE_COMMITS, err), fits = has > 0 ? token_fits(db, s->path, err) : 1;

    if (has < 0 || fits < 0)
        return has < 0 ? has : fits;
    if (fits)
        return 0;
    return leat_fail(err, LEAT_EPIPELINE, "%s has a table " SQLITE_COMMITS " that is none of leat's, which notes its "
                     "commits in one of this name: rename it", s->path);
}

static int plan_old_table(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    int rc = look_at_table(plan, s, db, err);

    if (rc == 0)
        rc = choose_fields(plan, s, db, err);
    if (rc == 0)
        rc = word_insert(plan, s, err);
    return rc == 0 && s->n_fields ? try_statements(s, db, err) : rc;
}

static int plan_table(struct leat_plan *plan, struct sqlite *s, struct leat_error *err)
{
    sqlite3 *db = NULL;
    int rc, has = 0;

    if (access(s->path, F_OK) < 0 && errno == ENOENT)
        return plan_new_table(plan, s, err);
    /* for writing, though it does not: a run that was killed may have left a journal, which only a writer takes back */
    rc = leat_sqlite_open(s->path, SQLITE_OPEN_READWRITE, LEAT_SQLITE_PATIENT, &db, err);
    if (rc == 0)
        rc = check_commits(s, db, err);
    if (rc == 0)
        rc = has = sqlite_has_table(db, s->path, s->table, err);
    if (rc >= 0)
        rc = has ? plan_old_table(plan, s, db, err) : plan_new_table(plan, s, err);
    sqlite3_close(db);
    return rc;
}

/* The folder that a path names; "." where it names none. */
static void folder_of(const char *path, char ret[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    (void)snprintf(ret, PATH_MAX, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

/* What tells this table from every other; the file may not be there yet. */
static void declare_target(struct leat_plan *plan, const struct sqlite *s)
{
    const char *slash = strrchr(s->path, '/');
    char folder[PATH_MAX], real[PATH_MAX], target[2 * PATH_MAX];

    folder_of(s->path, folder);
    if (realpath(s->path, real))
        (void)snprintf(target, sizeof target, "%s table %.400s", real, s->table);
    else
        (void)snprintf(target, sizeof target, "%s/%.255s table %.400s", realpath(folder, real) ? real : folder,
                       slash ? slash + 1 : s->path, s->table);
    leat_plan_target(plan, target);
}

int sqlite_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct sqlite *s = self;
    struct leat_error why = {0};
    int rc;

    if (!options_fit(plan, s))
        return 0;
    declare_target(plan, s);
    leat_plan_output(plan, s->path); /* one writer at a time: another stage in the same file would wait for ever */
    rc = leat_in_plan(plan_table(plan, s, &why), &why);
    if (rc < 0)
        leat_plan_wrong(plan, rc == LEAT_EUNREACHABLE ? "path" : "table", "%s", why.text);
    return rc == LEAT_EUNREACHABLE ? leat_fail(err, rc, "%s", why.text) : 0;
}
