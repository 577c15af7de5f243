/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract sqlite: compiles the query against the file and derives
 * the fields from the types that the columns were declared with.
 */
#include "extract.h"

#include <ctype.h>

#include "kit/fields/fields.h"

struct known {
    const char *word;
    enum leat_type type;
};

/* Names that say more than SQLite's affinities do. */
static const struct known well_known[] = {
    { "BOOL", LEAT_BOOL },           { "DATETIME", LEAT_TIMESTAMP }, { "TIMESTAMP", LEAT_TIMESTAMP },
    { "DATE", LEAT_DATE },           { "JSON", LEAT_JSON },          { "NUMERIC", LEAT_DECIMAL },
    { "DECIMAL", LEAT_DECIMAL },
};

/* SQLite's affinity rules ("Datatypes In SQLite", section 3.1), in their order. */
static const struct known affinities[] = {
    { "INT", LEAT_INT64 },  { "CHAR", LEAT_TEXT },    { "CLOB", LEAT_TEXT },    { "TEXT", LEAT_TEXT },
    { "BLOB", LEAT_BYTES }, { "REAL", LEAT_FLOAT64 }, { "FLOA", LEAT_FLOAT64 }, { "DOUB", LEAT_FLOAT64 },
};

static enum leat_type type_of(const char *declared)
{
    char upper[64];
    size_t n = 0;

    for (; declared && declared[n] && n < sizeof upper - 1; n++)
        upper[n] = (char)toupper((unsigned char)declared[n]);
    upper[n] = '\0';
    for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++)
        if (strncmp(upper, well_known[i].word, strlen(well_known[i].word)) == 0)
            return well_known[i].type;
    for (size_t i = 0; i < sizeof affinities / sizeof *affinities; i++)
        if (strstr(upper, affinities[i].word))
            return affinities[i].type;
    return LEAT_TEXT;
}

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

static char *keep_sql(struct leat_plan *plan, sqlite3_str *sql)
{
    char *text = sqlite3_str_finish(sql);
    char *kept = keep(plan, text ? text : "");

    sqlite3_free(text);
    return kept;
}

/* What a query says, with ?N for its parameters. */
static char *text_of(struct leat_plan *plan, const struct sqlite *s)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);

    if (s->table) {
        sqlite3_str_appendall(sql, "SELECT * FROM ");
        leat_sqlite_add_name(sql, s->table);
        return keep_sql(plan, sql);
    }
    sqlite3_str_appendall(sql, s->query->texts[0]);
    for (int i = 0; i < s->query->n_params; i++)
        sqlite3_str_appendf(sql, "?%d%s", i + 1, s->query->texts[i + 1]);
    return keep_sql(plan, sql);
}

int sqlite_fail(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    return leat_sqlite_fail(err, db, s->table ? "cannot read" : "the query fails on", s->path);
}

int sqlite_prepare(const struct sqlite *s, sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt,
                   struct leat_error *err)
{
    int at, n;

    if (sqlite3_prepare_v3(db, sql, -1, 0, ret_stmt, NULL) == SQLITE_OK)
        return 0;
    at = sqlite3_error_offset(db);
    if (s->table || at < 0)
        return sqlite_fail(s, db, err);
    n = (int)strcspn(sql + at, "\n");
    return leat_fail(err, LEAT_EPIPELINE, "the query fails: %s, at character %d: %.*s", sqlite3_errmsg(db), at + 1,
                     n < 40 ? n : 40, sql + at);
}

void sqlite_bind_params(const struct sqlite *s, sqlite3_stmt *stmt)
{
    for (int i = 0; i < s->n_params; i++)
        sqlite3_bind_text(stmt, i + 1, s->query->params[i], -1, SQLITE_STATIC);
}

/* Compiles what the user wrote, and cuts it to what may stand in parentheses. */
static int compile(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, sqlite3_stmt **ret_stmt,
                   struct leat_error *err)
{
    char *text = text_of(plan, s);
    const char *tail = text;
    sqlite3_stmt *second = NULL;
    int rc = sqlite_prepare(s, db, text, ret_stmt, err);

    if (rc < 0)
        return rc;
    if (!*ret_stmt || !sqlite3_stmt_readonly(*ret_stmt) || sqlite3_column_count(*ret_stmt) == 0)
        return leat_fail(err, LEAT_EPIPELINE, "the query is no SELECT: write one that gives the records");
    tail += strlen(sqlite3_sql(*ret_stmt)); /* without what stands behind its semicolon */
    rc = sqlite_prepare(s, db, tail, &second, err);
    sqlite3_finalize(second);
    if (rc < 0 || second)
        return leat_fail(err, LEAT_EPIPELINE, "the query holds more than one statement: leave one SELECT");
    while (tail > text && (tail[-1] == ';' || tail[-1] == ' ' || tail[-1] == '\n'))
        tail--;
    text[tail - text] = '\0';
    s->select = text;
    return 0;
}

/* ---- what the columns are ---- */

/* Its number if its values can be looked for, or -1. */
static int add_field(struct leat_plan *plan, struct sqlite *s, struct leat_declared *declared, sqlite3_stmt *stmt,
                     int i)
{
    struct leat_field field = { .name = keep(plan, sqlite3_column_name(stmt, i)),
                                .type = type_of(sqlite3_column_decltype(stmt, i)) };
    int number;

    leat_declared_apply(declared, &field);
    s->names[i] = field.name;
    number = leat_plan_add_field(plan, &field);
    if (number < 0)
        leat_plan_wrong(plan, s->table ? "table" : "query", "two columns are called %s: rename one with AS",
                        field.name);
    return field.type == LEAT_INT64 || field.type == LEAT_TEXT || field.type == LEAT_BYTES ? number : -1;
}

static void add_fields(struct leat_plan *plan, struct sqlite *s, sqlite3_stmt *stmt)
{
    struct leat_declared declared;
    int *searchable;

    leat_declared_bind(plan, s->fields, &declared);
    s->n_fields = sqlite3_column_count(stmt);
    s->names = leat_plan_alloc(plan, (size_t)s->n_fields * sizeof *s->names);
    searchable = leat_plan_alloc(plan, (size_t)s->n_fields * sizeof *searchable);
    for (int i = 0; i < s->n_fields; i++)
        searchable[i] = add_field(plan, s, &declared, stmt, i);
    for (int i = 0; i < s->n_fields; i++)
        if (searchable[i] >= 0)
            leat_plan_searchable(plan, searchable[i]);
    leat_declared_unused(plan, &declared, s->what);
}

/* A number from the file, or -1. */
static int64_t ask(sqlite3 *db, const char *sql, const char *table)
{
    sqlite3_stmt *stmt = NULL;
    int64_t answer = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
        if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER)
            answer = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return answer;
}

/* The column that is the primary key alone, of a table. */
static int primary_key(const struct sqlite *s, sqlite3 *db)
{
    return (int)ask(db, "SELECT cid FROM pragma_table_xinfo(?1) WHERE pk = 1 "
                        "AND (SELECT max(pk) FROM pragma_table_xinfo(?1)) = 1", s->table);
}

/* Rowids may have gaps, so this is the most it can be; counting would read the whole file. */
static void estimate_rows(struct leat_plan *plan, const struct sqlite *s, sqlite3 *db)
{
    /* max and min apart: SQLite finds each at an end of the tree, but scans the table for both in one SELECT */
    char *sql = sqlite3_mprintf("SELECT (SELECT max(rowid) FROM \"%w\") - (SELECT min(rowid) FROM \"%w\") + 1",
                                s->table, s->table);
    int64_t n = sql ? ask(db, sql, NULL) : -1;

    sqlite3_free(sql);
    if (n >= 0)
        leat_plan_estimate(plan, LEAT_ESTIMATE_ROWS, n);
}

static void describe(struct leat_plan *plan, struct sqlite *s, sqlite3 *db)
{
    int key = s->table ? primary_key(s, db) : -1;

    cursor_plan(plan, s);
    if (s->n_cursor)
        key = s->cursor_fields[s->n_cursor - 1];
    else if (!s->cursor)
        leat_plan_note(plan, "without a cursor a stopped run begins again with the first record");
    if (key >= 0 && key < s->n_fields)
        leat_plan_key(plan, key);
    if (s->table)
        estimate_rows(plan, s, db);
}

/* ---- the plan ---- */

/* Where the file is not there and need not be: the fields are those that are declared. */
static void plan_declared(struct leat_plan *plan, struct sqlite *s)
{
    struct leat_declared declared;

    leat_declared_bind(plan, s->fields, &declared);
    s->n_fields = declared.n;
    s->names = leat_plan_alloc(plan, (size_t)declared.n * sizeof *s->names);
    for (int i = 0; i < declared.n; i++) {
        struct leat_field field = { .name = declared.fields[i].name, .type = LEAT_TEXT };

        leat_declared_apply(&declared, &field);
        s->names[i] = field.name;
        (void)leat_plan_add_field(plan, &field);
    }
    cursor_plan(plan, s);
}

static bool options_fit(struct leat_plan *plan, const struct sqlite *s)
{
    if (s->table && s->query)
        leat_plan_wrong(plan, "table", "takes a table or a query, not both: leave one of them out");
    else if (!s->table && !s->query)
        leat_plan_wrong(plan, NULL, "needs `table: NAME' or `query: SELECT ...' to know what to read");
    return s->path && !s->table != !s->query;
}

/* Which tables there are, for who has misspelt one. Freed by sqlite3_free. */
static char *tables(sqlite3 *db)
{
    static const char *sql = "SELECT group_concat(name, ', ') FROM (SELECT name FROM sqlite_schema WHERE type IN "
                             "('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT 20)";
    sqlite3_stmt *stmt = NULL;
    char *names = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        names = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return names;
}

static void not_readable(struct leat_plan *plan, const struct sqlite *s, sqlite3 *db, const char *why)
{
    char *names;

    if (!s->table) {
        leat_plan_wrong(plan, "query", "%s", why);
        return;
    }
    names = tables(db);
    leat_plan_wrong(plan, "table", "%s (its tables: %s)", why, names && *names ? names : "none");
    sqlite3_free(names);
}

static int look_into(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = compile(plan, s, db, &stmt, err);

    if (rc == 0) {
        add_fields(plan, s, stmt);
        describe(plan, s, db);
    } else {
        not_readable(plan, s, db, err->text);
    }
    sqlite3_finalize(stmt);
    return rc;
}

int sqlite_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct sqlite *s = self;
    struct leat_error why = {0};
    sqlite3 *db = NULL;
    int rc;

    if (!err)
        err = &why;
    if (!options_fit(plan, s))
        return 0;
    s->what = s->table ? "the table" : "the query";
    s->n_params = s->query ? s->query->n_params : 0;
    rc = leat_sqlite_open(s->path, SQLITE_OPEN_READONLY, &db, err);
    if (rc == LEAT_EUNREACHABLE && s->fields && !leat_plan_may_connect(plan)) {
        plan_declared(plan, s);
        return 0;
    }
    if (rc < 0) {
        leat_plan_wrong(plan, "path", "%s", err->text);
        return rc;
    }
    leat_plan_input_file(plan, s->path);
    rc = look_into(plan, s, db, err);
    sqlite3_close(db);
    return rc;
}
