/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One row of SQLite into a batch. SQLite lets any value into any column; what
 * has another storage class than its field is converted where nothing is lost.
 */
#include "extract.h"

#include "kit/fields/fields.h"
#include "kit/json/json.h"
#include "kit/text/text.h"

/* A value whose storage class is not that of its field. False: it does not fit. */
static bool put_text(struct leat_batch *out, int i, const char *text, size_t n)
{
    if (out->columns[i].type != LEAT_TEXT && out->columns[i].type != LEAT_BYTES)
        return leat_field_put(out, i, text, n);
    leat_batch_put_text(out, i, text, n);
    return true;
}

static bool put_blob(struct leat_batch *out, int i, const void *bytes, size_t n)
{
    if (out->columns[i].type != LEAT_BYTES && out->columns[i].type != LEAT_TEXT)
        return false;
    leat_batch_put_text(out, i, bytes, n);
    return true;
}

/* sqlite3_column_text and its kin look for the column and take the mutex with each call; one look for the value takes
 * a third off the time of a whole read. It is theirs to give in a connection without mutexes, as ours is ("Obtaining
 * SQL Values" in SQLite's interface: protected and unprotected values are then the same). */
static bool put_value(struct leat_batch *out, int i, sqlite3_stmt *row)
{
    sqlite3_value *value = sqlite3_column_value(row, i);
    const void *bytes;

    switch (sqlite3_value_type(value)) {
    case SQLITE_TEXT:
        bytes = sqlite3_value_text(value);
        return bytes && put_text(out, i, bytes, (size_t)sqlite3_value_bytes(value));
    case SQLITE_INTEGER:
        return leat_field_put_int64(out, i, sqlite3_value_int64(value));
    case SQLITE_FLOAT:
        return leat_field_put_float64(out, i, sqlite3_value_double(value));
    case SQLITE_BLOB:
        bytes = sqlite3_value_blob(value);
        if (!bytes && leat_sqlite_no_memory(sqlite3_db_handle(row))) /* NULL is an empty one, too */
            return false;
        return put_blob(out, i, bytes, (size_t)sqlite3_value_bytes(value));
    default:
        leat_batch_put_null(out, i);
        return true;
    }
}

int sqlite_put_row(struct leat_batch *out, int n_fields, sqlite3_stmt *row)
{
    int bad = ROW_FITS;

    for (int i = 0; i < n_fields; i++)
        if (!put_value(out, i, row) && bad < 0)
            bad = i;
    /* a text that there is no memory for is none that does not fit */
    return bad >= 0 && leat_sqlite_no_memory(sqlite3_db_handle(row)) ? ROW_NO_MEMORY : bad;
}

/* ---- rejects ---- */

/* A JSON string; bytes that are no text are shown as \xff. */
static void add_string(sqlite3_str *json, const char *text, size_t n, bool is_text)
{
    char room[LEAT_JSON_ROOM(4)];

    sqlite3_str_appendall(json, "\"");
    for (size_t i = 0, length; i < n; i += length ? length : 1) {
        length = is_text ? leat_text_character(text + i, n - i) : 0;
        if (length)
            sqlite3_str_append(json, room, (int)(leat_json_escape_slice(room, text + i, length) - room));
        else
            sqlite3_str_appendf(json, is_text || i == 0 ? "\\\\x%02x" : "%02x", (unsigned char)text[i]);
    }
    sqlite3_str_appendall(json, "\"");
}

/* A value that fits was put, and one that does not was left out. */
static bool fits(const struct leat_batch *out, int i)
{
    return out->columns[i].n_rows > out->n_rows;
}

/* The values that were not put because they do not fit, as a JSON object of shown values without those of
 * secret fields, and how many they are. NULL: nothing to show. Freed by sqlite3_free. False: no memory. */
static bool misfits(const struct leat_batch *out, sqlite3_stmt *row, int *ret_n, char **ret)
{
    sqlite3_str *json = sqlite3_str_new(NULL);
    const char *value;
    bool ok;

    *ret_n = 0;
    for (int i = 0; i < out->schema->n_fields; i++) {
        const struct leat_field *field = &out->schema->fields[i];
        bool is_text = sqlite3_column_type(row, i) != SQLITE_BLOB;

        if (fits(out, i))
            continue;
        ++*ret_n;
        if (field->data_class == LEAT_SECRET)
            continue;
        value = is_text ? (const char *)sqlite3_column_text(row, i) : sqlite3_column_blob(row, i);
        sqlite3_str_appendall(json, sqlite3_str_length(json) ? ", " : "{");
        add_string(json, field->name, strlen(field->name), true);
        sqlite3_str_appendall(json, ": ");
        add_string(json, value, (size_t)sqlite3_column_bytes(row, i), is_text);
    }
    if (sqlite3_str_length(json)) /* an empty one stays NULL */
        sqlite3_str_appendall(json, "}");
    ok = sqlite3_str_errcode(json) == SQLITE_OK && !leat_sqlite_no_memory(sqlite3_db_handle(row));
    *ret = sqlite3_str_finish(json);
    return ok;
}

/* What else does not fit in a record without a place is kept all the same. */
bool sqlite_reject_null_cursor(struct leat_batch *out, sqlite3_stmt *row)
{
    char *all;
    int n;
    bool ok = misfits(out, row, &n, &all);

    if (ok)
        leat_batch_reject_record(out, "null_cursor", all, all ? strlen(all) : 0,
                                 "a field of the cursor is null: the record has no place in the order");
    sqlite3_free(all);
    return ok;
}

bool sqlite_reject_row(struct leat_batch *out, int i, sqlite3_stmt *row)
{
    const struct leat_field *field = &out->schema->fields[i];
    const char *wants = leat_field_wants(field), *value = NULL;
    char *all;
    int n;
    bool ok = misfits(out, row, &n, &all);

    if (n > 1) {
        leat_batch_reject_value(out, i, "conversion_failed", all, all ? strlen(all) : 0,
                                "is not %s (fields can declare another type), and %d more value%s of the record "
                                "do%s not fit", wants, n - 1, n > 2 ? "s" : "", n > 2 ? "" : "es");
    } else {
        if (field->data_class != LEAT_SECRET)
            value = (const char *)sqlite3_column_text(row, i);
        leat_batch_reject_value(out, i, "conversion_failed", value, (size_t)sqlite3_column_bytes(row, i),
                                "is not %s (fields can declare another type)", wants);
    }
    sqlite3_free(all);
    return ok;
}
