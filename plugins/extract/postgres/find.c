/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking for single records: all keys of a call in one statement, each a row of
 * arrays that the table is joined with. Each worker has a connection of its own.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

/* {"a","b",NULL}: text of an array (PostgreSQL 15, section 8.15.6). */
static void add_element(struct leat_put *out, const char *text, size_t n)
{
    leat_put_string(out, "\"");
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\\')
            leat_put_string(out, "\\");
        leat_put_bytes(out, text + i, 1);
    }
    leat_put_string(out, "\"");
}

static void add_key(struct leat_put *out, const struct leat_field *field, const struct leat_column *c, int32_t row)
{
    char room[LEAT_VALUE_ROOM];
    const char *text;
    size_t n;

    if (leat_is_null(c, row)) {
        leat_put_string(out, "NULL");
        return;
    }
    text = leat_value_text(room, field, c, row, &n);
    if (c->type != LEAT_BYTES) {
        add_element(out, text, n);
        return;
    }
    leat_put_string(out, "\"\\\\x");
    leat_put_hex(out, text, n);
    leat_put_string(out, "\"");
}

static void add_array(struct leat_put *out, const struct leat_batch *keys, int field)
{
    int n = 0;

    leat_put_string(out, "{");
    LEAT_EACH_ROW(keys, row) {
        leat_put_string(out, n++ ? "," : "");
        add_key(out, &keys->schema->fields[field], &keys->columns[field], row);
    }
    leat_put_string(out, "}");
}

static void add_column(struct leat_put *out, const char *name)
{
    leat_put_string(out, "leat.");
    leat_sql_add_name(out, &leat_postgres_dialect, name);
}

/* leat."id" = CAST(k0 AS bigint). What is no value of the type is no key either, and must not be an error. */
static void add_match(struct leat_put *out, const struct postgres *p, const char *name, int i)
{
    const char *type = p->find_as[leat_sql_column(&p->sql, name)];

    leat_put_string(out, " AND ");
    if (!type) {
        leat_put_string(out, "CAST(");
        add_column(out, name);
        leat_put_printf(out, " AS text) = leat_keys.k%d", i);
        return;
    }
    add_column(out, name);
    if (strcmp(type, "uuid") == 0)
        leat_put_printf(out, " = CAST(CASE WHEN leat_keys.k%d ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' "
                        "THEN leat_keys.k%d END AS uuid)", i, i);
    else
        leat_put_printf(out, " = CAST(leat_keys.k%d AS %s)", i, type);
}

/* SELECT leat.*, leat_keys.at FROM (...) AS leat JOIN unnest(...) AS leat_keys ON ... The arrays are of texts. */
static void add_find(struct leat_put *out, const struct postgres *p, const struct leat_schema *keys, int32_t most)
{
    leat_put_string(out, "SELECT leat.*, leat_keys.at FROM (");
    leat_sql_add_columns(out, &p->sql);
    leat_put_string(out, ") AS leat JOIN ROWS FROM (");
    for (int i = 0; i < keys->n_fields; i++)
        leat_put_printf(out, "%sunnest(CAST($%d AS text[]))", i ? ", " : "", p->sql.n_params + 1 + i);
    leat_put_string(out, ") WITH ORDINALITY AS leat_keys (");
    for (int i = 0; i < keys->n_fields; i++)
        leat_put_printf(out, "k%d, ", i);
    leat_put_string(out, "at) ON true");
    for (int i = 0; i < keys->n_fields; i++)
        add_match(out, p, keys->fields[i].name, i);
    leat_put_printf(out, " ORDER BY leat_keys.at LIMIT %d", most + 1); /* one too many is told */
}

/* The statement's values: those of the query, then an array a field. Freed with free_values. */
static const char **values_of(const struct postgres *p, const struct leat_batch *keys)
{
    int n = p->sql.n_params, n_keys = keys->schema->n_fields;
    const char **values = calloc((size_t)(n + n_keys), sizeof *values);

    for (int i = 0; values && i < n; i++)
        values[i] = p->sql.query->params[i];
    for (int i = 0; values && i < n_keys; i++) {
        struct leat_put array = { 0 };

        add_array(&array, keys, i);
        values[n + i] = leat_put_end(&array);
        if (!values[n + i])
            leat_put_free(&array);
    }
    return values;
}

static void free_values(const struct postgres *p, const char **values, int n_keys)
{
    for (int i = 0; values && i < n_keys; i++)
        free((char *)values[p->sql.n_params + i]);
    free(values);
}

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot search in PostgreSQL: out of memory");
}

static int ask(const struct postgres *p, struct worker *w, struct leat_stage *stage, const struct leat_find *find,
               PGresult **ret, struct leat_error *err)
{
    const struct leat_batch *keys = find->keys;
    int n_keys = keys->schema->n_fields, rc;
    const char **values = values_of(p, keys), *text;
    struct leat_put sql = { 0 };
    bool ok = values;

    add_find(&sql, p, keys->schema, find->out->cap_rows);
    text = leat_put_end(&sql);
    for (int i = 0; ok && i < n_keys; i++)
        ok = values[p->sql.n_params + i];
    rc = !ok || !text ? no_memory(err)
                      : leat_postgres_query_until(w->finder, stage, find->deadline_ms, text, p->sql.n_params + n_keys, values,
                                                  ret, err);
    leat_put_free(&sql);
    free_values(p, values, n_keys);
    return rc;
}

/* ---- records ---- */

/* The row of the key that stands at a place, from 1, among the selected. */
static int32_t key_at(const struct leat_batch *keys, long place)
{
    return keys->selection ? keys->selection[place - 1] : (int32_t)place - 1;
}

static int put_found(const struct postgres *p, const PGresult *found, struct leat_find *find, struct leat_error *err)
{
    int n = p->sql.n_columns, rc = 0;
    struct leat_sql_row texts = { 0 };

    if (!leat_sql_row_open(&texts, n))
        rc = no_memory(err);
    for (int row = 0; rc == 0 && row < PQntuples(found); row++) {
        int32_t key = key_at(find->keys, atol(PQgetvalue(found, row, n)));
        int bad;

        if (!leat_batch_has_room(find->out)) {
            rc = leat_fail(err, -E2BIG, "more records of PostgreSQL have these keys than one batch takes");
            break;
        }
        row_take(found, row, n, &texts);
        bad = row_put(find->out, p->forms, &texts);
        if (bad >= 0)
            rc = leat_fail(err, LEAT_EDATA, "cannot search in PostgreSQL: a value of %s is not %s (see fields)",
                           p->sql.columns[bad].name, leat_field_wants(&find->out->schema->fields[bad]));
        else
            leat_batch_end_row_from(find->out, key);
        find->ret_found[key] = LEAT_FOUND;
    }
    leat_sql_row_free(&texts, n);
    return rc;
}

int postgres_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err)
{
    const struct postgres *p = self;
    struct worker *w = leat_stage_worker(stage);
    PGresult *found = NULL;
    int rc = 0;

    LEAT_EACH_ROW(find->keys, key)
        find->ret_found[key] = LEAT_ABSENT;
    if (!w->finder)
        rc = leat_postgres_open(&p->server, stage, false, &w->finder, err);
    if (rc == 0)
        rc = ask(p, w, stage, find, &found, err);
    if (rc == 0)
        rc = put_found(p, found, find, err);
    PQclear(found);
    if (rc == LEAT_ERETRY || rc == -ETIMEDOUT || rc == LEAT_ECANCELED) { /* it may be lost, or still be at work */
        PQfinish(w->finder);
        w->finder = NULL;
    }
    return rc;
}
