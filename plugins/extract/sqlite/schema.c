/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract sqlite: compiles the query against the file and derives
 * the fields from the types that the columns were declared with. Variables of the
 * pipeline file are parameters with names that nobody else would take, so that
 * those which a user has written are told from them.
 */
#include "extract.h"

#include <ctype.h>
#include <stdlib.h>

#include "kit/fields/fields.h"

#define VARIABLE ":leat_variable_"

enum {
    VARIABLE_ROOM = sizeof VARIABLE + 12,
    MAX_KEY = 16, /* of leat_plan_key */
};

struct known {
    const char *word;
    enum leat_type type;
    bool local;
};

/* Names that say more than SQLite's affinities do. */
static const struct known well_known[] = {
    { "LOCAL_TIMESTAMP", LEAT_TIMESTAMP, true }, /* of leat-load-sqlite(7) */
    { "BOOL", LEAT_BOOL, false },       { "DATETIME", LEAT_TIMESTAMP, false },
    { "DATE", LEAT_DATE, false },       { "TIMESTAMP", LEAT_TIMESTAMP, false },
    { "JSON", LEAT_JSON, false },       { "NUMERIC", LEAT_DECIMAL, false },
    { "DECIMAL", LEAT_DECIMAL, false },
};

/* SQLite's affinity rules ("Datatypes In SQLite", section 3.1), in their order. */
static const struct known affinities[] = {
    { "INT", LEAT_INT64, false },    { "CHAR", LEAT_TEXT, false },    { "CLOB", LEAT_TEXT, false },
    { "TEXT", LEAT_TEXT, false },    { "BLOB", LEAT_BYTES, false },   { "REAL", LEAT_FLOAT64, false },
    { "FLOA", LEAT_FLOAT64, false }, { "DOUB", LEAT_FLOAT64, false },
};

static const struct known *type_of(const char *declared)
{
    static const struct known otherwise = { "", LEAT_TEXT, false };
    char upper[64];
    size_t n = 0;

    for (; declared && declared[n] && n < sizeof upper - 1; n++)
        upper[n] = (char)toupper((unsigned char)declared[n]);
    upper[n] = '\0';
    for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++)
        if (strncmp(upper, well_known[i].word, strlen(well_known[i].word)) == 0)
            return &well_known[i];
    for (size_t i = 0; i < sizeof affinities / sizeof *affinities; i++)
        if (strstr(upper, affinities[i].word))
            return &affinities[i];
    return &otherwise;
}

static char *keep(struct leat_plan *plan, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(leat_plan_alloc(plan, n), text, n);
}

/* NULL: no memory. */
static char *keep_sql(struct leat_plan *plan, sqlite3_str *sql)
{
    char *text = sqlite3_str_finish(sql);
    char *kept = text ? keep(plan, text) : NULL;

    sqlite3_free(text);
    return kept;
}

/* ---- the query ---- */

static bool begins(const char *sql, const char *with)
{
    return sql[0] == with[0] && sql[1] == with[1];
}

/* Where a piece of SQL leaves off that began in `place`: 0: between words, '-' and '*': within a comment of this kind;
 * else within a text or a name, which this character ends. */
static char place_behind(const char *sql, char place)
{
    for (; *sql; sql++) {
        if (place == '*' && begins(sql, "*/")) {
            place = 0;
            sql++;
        } else if (!place && begins(sql, "/*")) {
            place = '*';
            sql++;
        } else if (place) {
            place = place != '*' && *sql == (place == '-' ? '\n' : place) ? 0 : place;
        } else if (begins(sql, "--")) {
            place = '-';
        } else if (strchr("'\"`[", *sql)) {
            place = *sql == '[' ? ']' : *sql;
        }
    }
    return place;
}

static const char *variable(char room[VARIABLE_ROOM], int i)
{
    (void)snprintf(room, VARIABLE_ROOM, VARIABLE "%d", i + 1);
    return room;
}

static bool is_variable(const char *text)
{
    return strncmp(text, VARIABLE, strlen(VARIABLE)) == 0;
}

/* A mistake about variable i, which is shown by what stands before it. */
static int wrong_variable(const struct sqlite *s, int i, const char *why, struct leat_error *err)
{
    const char *text = s->query->texts[i], *from = text + strlen(text);
    char before[41];
    size_t n = 0;

    while (from > text && text + strlen(text) - from < (int)sizeof before - 1)
        from--;
    while ((*from & 0xC0) == 0x80) /* not within a character */
        from++;
    for (; *from; from++)
        before[n++] = *from == '\n' ? ' ' : *from;
    before[n] = '\0';
    return leat_fail(err, LEAT_EPIPELINE, "variable %d of the query, behind `%s', %s", i + 1, before, why);
}

/* What a query says, with the names of its variables, and an end to its last comment: it will stand in another. NULL:
 * no memory. */
static char *text_of(struct leat_plan *plan, const struct sqlite *s)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    char name[VARIABLE_ROOM], place = 0;

    if (s->table) {
        sqlite3_str_appendall(sql, "SELECT * FROM ");
        leat_sqlite_add_name(sql, s->table);
        return keep_sql(plan, sql);
    }
    for (int i = 0; i <= s->n_params; i++) {
        sqlite3_str_appendall(sql, s->query->texts[i]);
        place = place_behind(s->query->texts[i], place);
        sqlite3_str_appendall(sql, i < s->n_params ? variable(name, i) : place == '*' ? "*/" : "");
    }
    return keep_sql(plan, sql);
}

int sqlite_fail(const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    return leat_sqlite_fail(err, db, s->table ? "cannot read" : "the query fails on", s->path);
}

static int no_memory(const struct sqlite *s, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read %s: out of memory", s->path);
}

int sqlite_prepare(const struct sqlite *s, sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt,
                   struct leat_error *err)
{
    const char *next;
    int at, n;

    if (sqlite3_prepare_v3(db, sql, -1, 0, ret_stmt, NULL) == SQLITE_OK)
        return 0;
    at = (sqlite3_errcode(db) & 0xFF) == SQLITE_ERROR ? sqlite3_error_offset(db) : -1;
    if (s->table || at < 0)
        return sqlite_fail(s, db, err);
    if (is_variable(sql + at))
        return wrong_variable(s, atoi(sql + at + strlen(VARIABLE)) - 1,
                              "cannot stand there: it is a bound value, never the name of a table or a column nor a "
                              "word of SQL; write that out, or name a whole table by `table: ${param:NAME}'", err);
    n = (int)strcspn(sql + at, "\n");
    next = strstr(sql + at, VARIABLE);
    if (next && next - (sql + at) < n)
        n = (int)(next - (sql + at));
    return leat_fail(err, LEAT_EPIPELINE, "the query fails: %s, at character %d: %.*s", sqlite3_errmsg(db), at + 1,
                     n < 40 ? n : 40, sql + at);
}

int sqlite_bind_params(const struct sqlite *s, sqlite3_stmt *stmt)
{
    char name[VARIABLE_ROOM];
    int rc = SQLITE_OK;

    for (int i = 0; rc == SQLITE_OK && i < s->n_params; i++) { /* one in a comment has no number */
        int at = sqlite3_bind_parameter_index(stmt, variable(name, i));

        if (at)
            rc = sqlite3_bind_text(stmt, at, s->query->params[i], -1, SQLITE_STATIC);
    }
    return rc;
}

/* A parameter that the user has written would be null without a word. */
static int check_filled(sqlite3_stmt *stmt, struct leat_error *err)
{
    const char *unfilled = NULL;

    for (int i = 1, n = sqlite3_bind_parameter_count(stmt); i <= n; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, i);

        if (!name && !unfilled)
            unfilled = "?";
        else if (name && !is_variable(name))
            unfilled = name;
    }
    if (!unfilled)
        return 0;
    return leat_fail(err, LEAT_EPIPELINE, "the query has a parameter that nothing fills, %.60s: write ${param:%.60s} "
                     "in its place, and declare it under params:", unfilled,
                     *unfilled == '?' ? "NAME" : unfilled + 1);
}

/* Compiles what the user wrote, and cuts it to what may stand in parentheses. */
static int compile(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, sqlite3_stmt **ret_stmt,
                   struct leat_error *err)
{
    char *text = text_of(plan, s);
    const char *tail = text;
    sqlite3_stmt *second = NULL;
    int rc = text ? sqlite_prepare(s, db, text, ret_stmt, err) : no_memory(s, err);

    if (rc < 0)
        return rc;
    if (!*ret_stmt || !sqlite3_stmt_readonly(*ret_stmt) || sqlite3_column_count(*ret_stmt) == 0)
        return leat_fail(err, LEAT_EPIPELINE, "the query is no SELECT: write one that gives the records");
    tail += strlen(sqlite3_sql(*ret_stmt)); /* without what stands behind its semicolon */
    rc = sqlite_prepare(s, db, tail, &second, err);
    sqlite3_finalize(second);
    if (rc < 0 && rc != LEAT_EPIPELINE)
        return rc;
    if (rc < 0 || second)
        return leat_fail(err, LEAT_EPIPELINE, "the query holds more than one statement: leave one SELECT");
    while (tail > text && (tail[-1] == ';' || tail[-1] == ' ' || tail[-1] == '\n'))
        tail--;
    text[tail - text] = '\0';
    s->select = text;
    return check_filled(*ret_stmt, err);
}

/* ---- what the columns are ---- */

/* Its number if its values can be looked for, or -1. */
static int add_field(struct leat_plan *plan, struct sqlite *s, struct leat_declared *declared, sqlite3_stmt *stmt,
                     int i)
{
    const struct known *known = type_of(sqlite3_column_decltype(stmt, i));
    struct leat_field field = { .name = s->names[i], .type = known->type, .local = known->local };
    int number;

    if (is_variable(field.name))
        leat_plan_wrong(plan, "query", "column %d is a variable, which is a bound value and never the name of a "
                        "column; if the value is meant, give it a name with AS", i + 1);
    leat_declared_apply(declared, &field);
    s->types[i] = field.type;
    number = leat_plan_add_field(plan, &field);
    if (number < 0)
        leat_plan_wrong(plan, s->table ? "table" : "query", "two columns are called %s: rename one with AS",
                        field.name);
    return field.type == LEAT_INT64 || field.type == LEAT_TEXT || field.type == LEAT_BYTES ? number : -1;
}

static int name_fields(struct leat_plan *plan, struct sqlite *s, sqlite3_stmt *stmt, struct leat_error *err)
{
    s->n_fields = sqlite3_column_count(stmt);
    s->names = leat_plan_alloc(plan, (size_t)s->n_fields * sizeof *s->names);
    s->never_null = leat_plan_alloc(plan, (size_t)s->n_fields * sizeof *s->never_null);
    for (int i = 0; i < s->n_fields; i++) {
        const char *name = sqlite3_column_name(stmt, i);

        if (!name)
            return no_memory(s, err);
        s->names[i] = keep(plan, name);
    }
    return 0;
}

static void add_fields(struct leat_plan *plan, struct sqlite *s, sqlite3_stmt *stmt)
{
    struct leat_declared declared;
    int *searchable;

    leat_declared_bind(plan, s->fields, &declared);
    s->types = leat_plan_alloc(plan, (size_t)s->n_fields * sizeof *s->types);
    searchable = leat_plan_alloc(plan, (size_t)s->n_fields * sizeof *searchable);
    for (int i = 0; i < s->n_fields; i++)
        searchable[i] = add_field(plan, s, &declared, stmt, i);
    for (int i = 0; i < s->n_fields; i++)
        if (searchable[i] >= 0)
            leat_plan_searchable(plan, searchable[i]);
    leat_declared_unused(plan, &declared, s->what);
}

/* What a table declares: the columns of its primary key, in its order, and those that are never null. A primary key
 * may be null in SQLite, except where it is the rowid, the only one that has no index. How many columns the key has;
 * 0: none, or no table. Negative: SQLite cannot tell, and a key that is not known would be another one. */
static int look_at_columns(struct sqlite *s, sqlite3 *db, int key[MAX_KEY], struct leat_error *err)
{
    static const char *sql = "SELECT name, pk, \"notnull\" OR (pk AND NOT EXISTS (SELECT 1 FROM "
                             "pragma_index_list(?1) WHERE origin = 'pk')) FROM pragma_table_xinfo(?1) ORDER BY pk";
    sqlite3_stmt *stmt = NULL;
    int n = 0, rc;

    if (!s->table)
        return 0;
    rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, s->table, -1, SQLITE_STATIC);
    while ((rc == SQLITE_OK || rc == SQLITE_ROW) && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        int field = name ? cursor_field(s, name) : -1;

        if (!name)
            rc = SQLITE_NOMEM;
        if (field < 0)
            continue;
        s->never_null[field] = sqlite3_column_int(stmt, 2);
        if (sqlite3_column_int(stmt, 1) && n < MAX_KEY)
            key[n++] = field;
    }
    if (rc != SQLITE_DONE)
        n = sqlite_fail(s, db, err);
    sqlite3_finalize(stmt);
    return n;
}

/* Rowids may have gaps, so this is the most it can be; counting would read the whole file. A table need not have them,
 * and SQLite may say so; whatever else it says ends the plan. */
static int estimate_rows(struct leat_plan *plan, const struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    /* max and min apart: SQLite finds each at an end of the tree, but scans the table for both in one SELECT */
    char *sql = sqlite3_mprintf("SELECT (SELECT max(rowid) FROM \"%w\") - (SELECT min(rowid) FROM \"%w\") + 1",
                                s->table, s->table);
    sqlite3_stmt *stmt = NULL;
    int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER && sqlite3_column_int64(stmt, 0) >= 0)
        leat_plan_estimate(plan, LEAT_ESTIMATE_ROWS, sqlite3_column_int64(stmt, 0));
    if (!sql)
        rc = no_memory(s, err);
    else
        rc = rc == SQLITE_ROW || (rc & 0xFF) == SQLITE_ERROR ? 0 : sqlite_fail(s, db, err);
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return rc;
}

static int describe(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    int key[MAX_KEY], n = look_at_columns(s, db, key, err);

    if (n < 0)
        return n;
    cursor_plan(plan, s);
    since_plan(plan, s);
    if (!s->cursor)
        leat_plan_note(plan, "without a cursor a stopped run begins again with the first record");
    for (int i = 0; i < n; i++)
        leat_plan_key(plan, key[i]);
    for (int i = 0; !n && i < s->n_cursor && i < MAX_KEY; i++)
        leat_plan_key(plan, s->cursor_fields[i]);
    return s->table ? estimate_rows(plan, s, db, err) : 0;
}

/* ---- the plan ---- */

/* Where the file is not there and need not be: the fields are those that are declared. */
static void plan_declared(struct leat_plan *plan, struct sqlite *s)
{
    struct leat_declared declared;

    leat_declared_bind(plan, s->fields, &declared);
    s->n_fields = declared.n;
    s->names = leat_plan_alloc(plan, (size_t)declared.n * sizeof *s->names);
    s->never_null = leat_plan_alloc(plan, (size_t)declared.n * sizeof *s->never_null);
    s->types = leat_plan_alloc(plan, (size_t)declared.n * sizeof *s->types);
    for (int i = 0; i < declared.n; i++) {
        struct leat_field field = { .name = declared.fields[i].name, .type = LEAT_TEXT };

        leat_declared_apply(&declared, &field);
        s->names[i] = field.name;
        s->types[i] = field.type;
        (void)leat_plan_add_field(plan, &field);
    }
    cursor_plan(plan, s);
    since_plan(plan, s);
}

static bool options_fit(struct leat_plan *plan, const struct sqlite *s)
{
    if (s->table && s->query)
        leat_plan_wrong(plan, "table", "takes a table or a query, not both: leave one of them out");
    else if (!s->table && !s->query)
        leat_plan_wrong(plan, NULL, "needs `table: NAME' or `query: SELECT ...' to know what to read");
    return s->path && !s->table != !s->query;
}

/* Which tables there are, for who has misspelt one. NULL: that cannot be told. Freed by sqlite3_free. */
static char *tables(sqlite3 *db)
{
    static const char *sql = "SELECT coalesce(group_concat(name, ', '), 'none') FROM (SELECT name FROM sqlite_schema "
                             "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                             "ORDER BY name LIMIT 20)";
    sqlite3_stmt *stmt = NULL;
    const char *text = NULL;
    char *names;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        text = (const char *)sqlite3_column_text(stmt, 0);
    names = text ? sqlite3_mprintf("%s", text) : NULL;
    sqlite3_finalize(stmt);
    return names;
}

static void not_readable(struct leat_plan *plan, const struct sqlite *s, sqlite3 *db, const struct leat_error *why)
{
    char *names;

    if (why->code == LEAT_EUNREACHABLE || !s->table) {
        leat_plan_wrong(plan, why->code == LEAT_EUNREACHABLE ? "path" : "query", "%s", why->text);
        return;
    }
    names = tables(db);
    leat_plan_wrong(plan, "table", "%s%s%s%s", why->text, names ? " (its tables: " : "", names ? names : "",
                    names ? ")" : "");
    sqlite3_free(names);
}

static int look_into(struct leat_plan *plan, struct sqlite *s, sqlite3 *db, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = compile(plan, s, db, &stmt, err);

    if (rc == 0)
        rc = name_fields(plan, s, stmt, err);
    if (rc == 0) {
        add_fields(plan, s, stmt);
        rc = describe(plan, s, db, err);
    }
    rc = leat_in_plan(rc, err);
    if (rc < 0)
        not_readable(plan, s, db, err);
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
    rc = leat_in_plan(leat_sqlite_open(s->path, SQLITE_OPEN_READONLY, LEAT_SQLITE_PATIENT, &db, err), err);
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
