/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The order of the rows and the place in it. A position is the JSON list of the
 * cursor's values, kept as SQLite stores them: 7, "text", {"real": "0.1"},
 * {"blob": "00ff"}. Texts are compared byte by byte whatever their collation,
 * so that two which differ only in case are two places.
 */
#include "extract.h"

#include <math.h>
#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/text/text.h"

static int field_named(const struct sqlite *s, const char *name)
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
        int field = item->kind == LEAT_SCALAR ? field_named(s, item->text) : -1;

        if (field < 0)
            leat_plan_wrong_at(plan, item, "%s has no column %s to order by (see also leat preview)", s->what,
                               item->kind == LEAT_SCALAR ? item->text : "of that kind");
        else
            s->cursor_fields[s->n_cursor++] = field;
    }
}

/* a COLLATE BINARY, b COLLATE BINARY */
static void add_columns(sqlite3_str *sql, const struct sqlite *s, int n)
{
    for (int i = 0; i < n; i++) {
        sqlite3_str_appendall(sql, i ? ", " : "");
        leat_sqlite_add_name(sql, s->names[s->cursor_fields[i]]);
        sqlite3_str_appendall(sql, " COLLATE BINARY");
    }
}

/* A comparison of lists does not use an index where a collation is named, one of the first values does. */
static void add_where(sqlite3_str *sql, const struct sqlite *s)
{
    sqlite3_str_appendall(sql, " WHERE (");
    add_columns(sql, s, s->n_cursor);
    sqlite3_str_appendall(sql, ") > (");
    for (int i = 0; i < s->n_cursor; i++)
        sqlite3_str_appendf(sql, "%s?%d", i ? ", " : "", s->n_params + 1 + i);
    sqlite3_str_appendall(sql, ") AND ");
    add_columns(sql, s, 1);
    sqlite3_str_appendf(sql, " >= ?%d", s->n_params + 1);
}

char *cursor_sql(const struct sqlite *s, int64_t limit)
{
    sqlite3_str *sql;

    if (!s->n_cursor)
        return sqlite3_mprintf("%s", s->select);
    sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT * FROM (%s\n)", s->select);
    if (s->has_last)
        add_where(sql, s);
    sqlite3_str_appendall(sql, " ORDER BY ");
    add_columns(sql, s, s->n_cursor);
    if (limit >= 0)
        sqlite3_str_appendf(sql, " LIMIT %lld", (long long)limit);
    return sqlite3_str_finish(sql);
}

void cursor_bind(const struct sqlite *s, sqlite3_stmt *stmt)
{
    for (int i = 0; i < s->n_cursor; i++) {
        const struct cursor_value *v = &s->last[i];
        int at = s->n_params + 1 + i;

        if (v->type == SQLITE_INTEGER)
            sqlite3_bind_int64(stmt, at, v->integer);
        else if (v->type == SQLITE_FLOAT)
            sqlite3_bind_double(stmt, at, v->real);
        else if (v->type == SQLITE_TEXT) /* copied: the value moves on with the rows */
            sqlite3_bind_text64(stmt, at, v->bytes ? v->bytes : "", v->n, SQLITE_TRANSIENT, SQLITE_UTF8);
        else
            sqlite3_bind_blob64(stmt, at, v->bytes ? v->bytes : "", v->n, SQLITE_TRANSIENT);
    }
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

enum cursor_step cursor_step(struct sqlite *s, sqlite3_stmt *row)
{
    bool same = s->has_last;

    for (int i = 0; i < s->n_cursor; i++)
        if (sqlite3_column_type(row, s->cursor_fields[i]) == SQLITE_NULL)
            return CURSOR_NULL;
    for (int i = 0; i < s->n_cursor; i++) {
        int kept = keep(&s->last[i], row, s->cursor_fields[i], sqlite3_column_type(row, s->cursor_fields[i]));

        if (kept < 0)
            return CURSOR_NO_MEMORY;
        same &= kept;
    }
    s->has_last = true;
    return same ? CURSOR_AGAIN : CURSOR_FINE;
}

/* ---- as text ---- */

static void add_value(sqlite3_str *json, const struct cursor_value *v)
{
    char number[LEAT_VALUE_ROOM];
    char *room;

    if (v->type == SQLITE_INTEGER) {
        sqlite3_str_append(json, number, (int)(leat_int64_put(number, v->integer) - number));
    } else if (v->type == SQLITE_FLOAT) {
        sqlite3_str_appendall(json, "{\"real\": \"");
        sqlite3_str_append(json, number, (int)(leat_float64_put(number, v->real) - number));
        sqlite3_str_appendall(json, "\"}");
    } else if ((room = sqlite3_malloc64(LEAT_JSON_ROOM(v->n)))) {
        bool blob = v->type == SQLITE_BLOB;
        char *end = blob ? leat_hex_put(room, v->bytes, v->n) : leat_json_escape(room, v->bytes, v->n);

        sqlite3_str_appendall(json, blob ? "{\"blob\": \"" : "");
        sqlite3_str_append(json, room, (int)(end - room));
        sqlite3_str_appendall(json, blob ? "\"}" : "");
        sqlite3_free(room);
    }
}

void cursor_save(const struct sqlite *s, struct leat_batch *out)
{
    sqlite3_str *json = sqlite3_str_new(NULL);
    char *text;

    for (int i = 0; i < s->n_cursor; i++) {
        sqlite3_str_appendall(json, i ? ", " : "[");
        add_value(json, &s->last[i]);
    }
    sqlite3_str_appendall(json, "]");
    text = sqlite3_str_finish(json);
    if (text)
        leat_batch_set_position(out, 0, text);
    sqlite3_free(text);
}

static bool load_text(struct cursor_value *v, const struct leat_json_span *span, int type)
{
    char *bytes = sqlite3_malloc64(span->n + 1);
    size_t n = span->n / 2;
    bool ok = bytes != NULL;

    if (ok && type == SQLITE_TEXT)
        ok = leat_json_unescape(span->text, span->n, bytes, &n);
    else if (ok)
        ok = leat_text_to_bytes(span->text, span->n, bytes);
    v->type = type;
    v->n = 0;
    ok = ok && keep_bytes(v, bytes, n) >= 0;
    sqlite3_free(bytes);
    return ok;
}

/* {"real": "0.1"} or {"blob": "00ff"} */
static bool load_marked(struct cursor_value *v, struct leat_json *j)
{
    struct leat_json_span key, value, more;
    char number[LEAT_VALUE_ROOM + 1] = "";

    leat_json_enter(j);
    if (!leat_json_member(j, &key) || !leat_json_value(j, &value) || leat_json_member(j, &more) || j->wrong ||
        value.kind != LEAT_JSON_STRING)
        return false;
    if (key.n == 4 && memcmp(key.text, "blob", 4) == 0)
        return load_text(v, &value, SQLITE_BLOB);
    if (value.n > LEAT_VALUE_ROOM)
        return false;
    memcpy(number, value.text, value.n);
    v->type = SQLITE_FLOAT;
    v->real = strtod(number, NULL);
    return true;
}

static bool load_value(struct cursor_value *v, struct leat_json *j)
{
    struct leat_json_span span;

    if (leat_json_peek(j) == LEAT_JSON_OBJECT)
        return load_marked(v, j);
    if (!leat_json_value(j, &span))
        return false;
    if (span.kind == LEAT_JSON_STRING)
        return load_text(v, &span, SQLITE_TEXT);
    v->type = SQLITE_INTEGER;
    v->integer = strtoll(span.text, NULL, 10); /* the text goes on behind it: with a comma or a bracket */
    return span.kind == LEAT_JSON_NUMBER && span.whole;
}

int cursor_load(struct sqlite *s, const char *position, struct leat_error *err)
{
    struct leat_json j = leat_json_begin(position, strlen(position));
    bool ok = leat_json_peek(&j) == LEAT_JSON_ARRAY;
    int n = 0;

    if (ok)
        leat_json_enter(&j);
    while (ok && leat_json_item(&j))
        ok = n < s->n_cursor && load_value(&s->last[n++], &j);
    if (!ok || !leat_json_end(&j) || n != s->n_cursor)
        return leat_fail(err, LEAT_EDATA, "the position kept by an earlier run does not fit the cursor of %s; "
                         "see leat state reset", s->path);
    s->has_last = true;
    return 0;
}

void cursor_free(struct sqlite *s)
{
    for (int i = 0; s->last && i < s->n_cursor; i++)
        sqlite3_free(s->last[i].bytes);
}
