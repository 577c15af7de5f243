/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The order of the rows and the place in it. A position is the JSON list of the
 * cursor's values, kept as SQLite stores them: 7, "text", {"real": "0.1"},
 * {"blob": "00ff"}. Texts are compared byte by byte whatever their collation,
 * so that two which differ only in case are two places.
 *
 *     [5, "x"]           behind this row
 *     [5, "x"]+2         behind it and two rows that have a null and so no place
 *     []+2               behind two such rows, and there was no other yet
 *     since [5, "x"]+2   the same in an incremental run that began behind [5, "x"]
 */
#include "extract.h"

#include <math.h>
#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

int cursor_field(const struct sqlite *s, const char *name)
{
    for (int i = 0; i < s->n_fields; i++)
        if (strcmp(s->names[i], name) == 0)
            return i;
    return -1;
}

void cursor_plan(struct leat_plan *plan, struct sqlite *s)
{
    int n = s->cursor ? s->cursor->n_children : 0;

    s->cursor_fields = leat_plan_alloc(plan, (size_t)n * sizeof *s->cursor_fields);
    s->last = leat_plan_alloc(plan, (size_t)n * sizeof *s->last);
    for (int i = 0; i < n; i++) {
        const struct leat_node *item = s->cursor->children[i];
        int field = item->kind == LEAT_SCALAR ? cursor_field(s, item->text) : -1;

        if (field < 0)
            leat_plan_wrong_at(plan, item, "%s has no column %s to order by (see also leat preview)", s->what,
                               item->kind == LEAT_SCALAR ? item->text : "of that kind");
        else
            s->cursor_fields[s->n_cursor++] = field;
    }
}

static const char *column(const struct sqlite *s, int i)
{
    return s->names[s->cursor_fields[i]];
}

/* a COLLATE BINARY, b COLLATE BINARY */
static void add_columns(sqlite3_str *sql, const struct sqlite *s, int n)
{
    for (int i = 0; i < n; i++) {
        sqlite3_str_appendall(sql, i ? ", " : "");
        leat_sqlite_add_name(sql, column(s, i));
        sqlite3_str_appendall(sql, " COLLATE BINARY");
    }
}

static void add_not_null(sqlite3_str *sql, const struct sqlite *s, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (s->never_null[s->cursor_fields[i]])
            continue;
        sqlite3_str_appendall(sql, " AND ");
        leat_sqlite_add_name(sql, column(s, i));
        sqlite3_str_appendall(sql, " IS NOT NULL");
    }
}

static void add_select(sqlite3_str *sql, const struct sqlite *s)
{
    sqlite3_str_appendf(sql, "SELECT * FROM (%s\n)", s->select);
}

/* No comparison is true of a null. A SELECT for the rows of each column, merged in their order with the one that
 * follows: by an index it finds them at once, where one condition with OR reads the whole index. */
static void add_nulls(sqlite3_str *sql, const struct sqlite *s)
{
    for (int i = 0; i < s->n_cursor; i++) {
        if (s->never_null[s->cursor_fields[i]])
            continue;
        add_select(sql, s);
        sqlite3_str_appendall(sql, " WHERE ");
        leat_sqlite_add_name(sql, column(s, i));
        sqlite3_str_appendall(sql, " IS NULL");
        add_not_null(sql, s, 0, i);
        sqlite3_str_appendall(sql, " UNION ALL ");
    }
}

/* A comparison of lists does not use an index where a collation is named, one of the first values does. */
static void add_where(sqlite3_str *sql, const struct sqlite *s)
{
    sqlite3_str_appendall(sql, " WHERE (");
    add_columns(sql, s, s->n_behind);
    sqlite3_str_appendall(sql, ") > (");
    for (int i = 0; i < s->n_behind; i++)
        sqlite3_str_appendf(sql, "%s?%d", i ? ", " : "", s->n_params + 1 + i);
    sqlite3_str_appendall(sql, ") AND ");
    add_columns(sql, s, 1);
    sqlite3_str_appendf(sql, " >= ?%d", s->n_params + 1);
}

/* Behind a position in a run there are no more than the rows that follow in the order: nulls come first in SQLite, so
 * that what precedes it was read before it was reached, also by a run that began behind the last success. */
char *cursor_sql(const struct sqlite *s, int64_t limit)
{
    sqlite3_str *sql;

    if (!s->n_cursor)
        return sqlite3_mprintf("%s", s->select);
    sql = sqlite3_str_new(NULL);
    if (s->since)
        add_nulls(sql, s);
    add_select(sql, s);
    if (s->n_behind)
        add_where(sql, s);
    if (s->since)
        add_not_null(sql, s, 1, s->n_cursor);
    sqlite3_str_appendall(sql, " ORDER BY ");
    add_columns(sql, s, s->n_cursor);
    if (limit >= 0)
        sqlite3_str_appendf(sql, " LIMIT %lld", (long long)limit);
    return sqlite3_str_finish(sql);
}

int cursor_bind(const struct sqlite *s, sqlite3_stmt *stmt)
{
    int rc = SQLITE_OK;

    for (int i = 0; rc == SQLITE_OK && i < s->n_behind; i++) {
        const struct cursor_value *v = &s->last[i];
        int at = s->n_params + 1 + i;

        if (v->type == SQLITE_INTEGER)
            rc = sqlite3_bind_int64(stmt, at, v->integer);
        else if (v->type == SQLITE_FLOAT)
            rc = sqlite3_bind_double(stmt, at, v->real);
        else if (v->type == SQLITE_TEXT) /* copied: the value moves on with the rows */
            rc = sqlite3_bind_text64(stmt, at, v->bytes ? v->bytes : "", v->n, SQLITE_TRANSIENT, SQLITE_UTF8);
        else
            rc = sqlite3_bind_blob64(stmt, at, v->bytes ? v->bytes : "", v->n, SQLITE_TRANSIENT);
    }
    return rc;
}

/* 1: as it was; 0: another value; negative: no memory. */
static int keep_bytes(struct cursor_value *v, const void *bytes, size_t n)
{
    if (n == v->n && (n == 0 || memcmp(v->bytes, bytes, n) == 0))
        return 1;
    if (n > v->cap) {
        char *room = sqlite3_realloc64(v->bytes, n * 2);

        if (!room)
            return -ENOMEM;
        v->bytes = room;
        v->cap = n * 2;
    }
    if (n)
        memcpy(v->bytes, bytes, n);
    v->n = n;
    return 0;
}

static int keep(struct cursor_value *v, sqlite3_stmt *row, int field, int type)
{
    bool same = v->type == type;
    const void *bytes;
    int kept;

    v->type = type;
    if (type == SQLITE_INTEGER) {
        same &= v->integer == sqlite3_column_int64(row, field);
        v->integer = sqlite3_column_int64(row, field);
    } else if (type == SQLITE_FLOAT) {
        same &= v->real == sqlite3_column_double(row, field);
        v->real = sqlite3_column_double(row, field);
    } else {
        bytes = sqlite3_column_blob(row, field); /* of a text: its bytes */
        kept = keep_bytes(v, bytes, (size_t)sqlite3_column_bytes(row, field));
        return kept < 0 ? kept : kept && same;
    }
    return same;
}

static bool has_null(const struct sqlite *s, sqlite3_stmt *row)
{
    for (int i = 0; i < s->n_cursor; i++)
        if (sqlite3_column_type(row, s->cursor_fields[i]) == SQLITE_NULL)
            return true;
    return false;
}

bool cursor_is_behind(struct sqlite *s, sqlite3_stmt *row)
{
    if (!s->n_skip || !has_null(s, row))
        return false;
    s->n_skip--;
    return true;
}

enum cursor_step cursor_step(struct sqlite *s, sqlite3_stmt *row)
{
    bool same = s->placed;

    s->read = true;
    if (has_null(s, row)) {
        s->n_null++;
        return CURSOR_NULL;
    }
    for (int i = 0; i < s->n_cursor; i++) {
        int kept = keep(&s->last[i], row, s->cursor_fields[i], sqlite3_column_type(row, s->cursor_fields[i]));

        if (kept < 0)
            return CURSOR_NO_MEMORY;
        same &= kept;
    }
    s->placed = true;
    s->n_null = s->n_skip = 0;
    return same ? CURSOR_AGAIN : CURSOR_FINE;
}

/* ---- as text ---- */

static bool add_text(sqlite3_str *json, const struct cursor_value *v)
{
    char *room = sqlite3_malloc64(LEAT_JSON_ROOM(v->n));
    bool blob = v->type == SQLITE_BLOB;
    char *end;

    if (!room)
        return false;
    end = blob ? leat_hex_put(room, v->bytes, v->n) : leat_json_escape(room, v->bytes, v->n);
    sqlite3_str_appendall(json, blob ? "{\"blob\": \"" : "");
    sqlite3_str_append(json, room, (int)(end - room));
    sqlite3_str_appendall(json, blob ? "\"}" : "");
    sqlite3_free(room);
    return true;
}

static bool add_value(sqlite3_str *json, const struct cursor_value *v)
{
    char number[LEAT_VALUE_ROOM];

    if (v->type != SQLITE_INTEGER && v->type != SQLITE_FLOAT)
        return add_text(json, v);
    if (v->type == SQLITE_INTEGER) {
        sqlite3_str_append(json, number, (int)(leat_int64_put(number, v->integer) - number));
    } else {
        sqlite3_str_appendall(json, "{\"real\": \"");
        sqlite3_str_append(json, number, (int)(leat_float64_put(number, v->real) - number));
        sqlite3_str_appendall(json, "\"}");
    }
    return true;
}

static bool add_last(sqlite3_str *json, const struct sqlite *s)
{
    bool ok = true;

    sqlite3_str_appendall(json, "[");
    for (int i = 0; ok && s->placed && i < s->n_cursor; i++) {
        sqlite3_str_appendall(json, i ? ", " : "");
        ok = add_value(json, &s->last[i]);
    }
    sqlite3_str_appendall(json, "]");
    return ok;
}

bool cursor_save(const struct sqlite *s, struct leat_batch *out)
{
    sqlite3_str *json = sqlite3_str_new(NULL);
    bool ok = true;
    char *text;

    if (s->since && !s->placed)
        sqlite3_str_appendf(json, "since %s", s->since);
    else
        ok = add_last(json, s);
    if (s->n_null)
        sqlite3_str_appendf(json, "+%lld", (long long)s->n_null);
    text = sqlite3_str_finish(json);
    ok = ok && text;
    if (ok)
        leat_batch_set_position(out, 0, text);
    sqlite3_free(text);
    return ok;
}

/* 0, LEAT_EDATA or -ENOMEM, and so all that follow. */
static int load_text(struct cursor_value *v, const struct leat_json_span *span, int type)
{
    char *bytes = sqlite3_malloc64(span->n + 1);
    size_t n = span->n / 2;
    bool ok;
    int kept;

    if (!bytes)
        return -ENOMEM;
    if (type == SQLITE_TEXT)
        ok = leat_json_unescape(span->text, span->n, bytes, &n);
    else
        ok = leat_text_to_bytes(span->text, span->n, bytes);
    v->type = type;
    v->n = 0;
    kept = ok ? keep_bytes(v, bytes, n) : LEAT_EDATA;
    sqlite3_free(bytes);
    return kept < 0 ? kept : 0;
}

/* {"real": "0.1"} or {"blob": "00ff"} */
static int load_marked(struct cursor_value *v, struct leat_json *j)
{
    struct leat_json_span key, value, more;
    char number[LEAT_VALUE_ROOM + 1] = "";

    leat_json_enter(j);
    if (!leat_json_member(j, &key) || !leat_json_value(j, &value) || leat_json_member(j, &more) || j->wrong ||
        value.kind != LEAT_JSON_STRING)
        return LEAT_EDATA;
    if (key.n == 4 && memcmp(key.text, "blob", 4) == 0)
        return load_text(v, &value, SQLITE_BLOB);
    if (value.n > LEAT_VALUE_ROOM)
        return LEAT_EDATA;
    memcpy(number, value.text, value.n);
    v->type = SQLITE_FLOAT;
    v->real = strtod(number, NULL);
    return 0;
}

static int load_value(struct cursor_value *v, struct leat_json *j)
{
    struct leat_json_span span;

    if (leat_json_peek(j) == LEAT_JSON_OBJECT)
        return load_marked(v, j);
    if (!leat_json_value(j, &span))
        return LEAT_EDATA;
    if (span.kind == LEAT_JSON_STRING)
        return load_text(v, &span, SQLITE_TEXT);
    v->type = SQLITE_INTEGER;
    v->integer = strtoll(span.text, NULL, 10); /* the text goes on behind it: with a comma or a bracket */
    return span.kind == LEAT_JSON_NUMBER && span.whole ? 0 : LEAT_EDATA;
}

int cursor_load(struct sqlite *s, const char *list)
{
    struct leat_json j = leat_json_begin(list, strlen(list));
    int n = 0, rc = leat_json_peek(&j) == LEAT_JSON_ARRAY ? 0 : LEAT_EDATA;

    if (rc == 0)
        leat_json_enter(&j);
    while (rc == 0 && leat_json_item(&j))
        rc = n < s->n_cursor ? load_value(&s->last[n++], &j) : LEAT_EDATA;
    if (rc == 0 && (!leat_json_end(&j) || n != s->n_cursor))
        rc = LEAT_EDATA;
    if (rc == 0)
        s->n_behind = n;
    return rc;
}

void cursor_free(struct sqlite *s)
{
    for (int i = 0; s->last && i < s->n_cursor; i++)
        sqlite3_free(s->last[i].bytes);
    sqlite3_free(s->since);
}
