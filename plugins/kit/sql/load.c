/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows into a server. In a plan the planner's thread, else that of the one worker.
 */
#include "kit/sql/load.h"

#include <stdlib.h>

const char *const leat_sql_modes[] = { "insert", "upsert", "merge", "replace", NULL };

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot write to the table: out of memory");
}

/* ---- the plan ---- */

static void check_mode(struct leat_plan *plan, const struct leat_sql_load *load)
{
    if (load->mode == LEAT_SQL_REPLACE)
        leat_plan_at_once(plan);
    if (load->mode == LEAT_SQL_INSERT && leat_plan_is_incremental(plan))
        leat_plan_wrong(plan, "mode", "the extract is incremental, so records come again once they have changed, and "
                        "insert would refuse them: write `mode: upsert' and `key:' with the columns of the key");
    if (load->mode == LEAT_SQL_REPLACE && leat_plan_is_incremental(plan))
        leat_plan_wrong(plan, "mode", "the extract is incremental, so only what has changed comes, and replace would "
                        "leave nothing else in the table: write `mode: upsert'");
}

bool leat_sql_load_plan(struct leat_plan *plan, struct leat_sql_load *load)
{
    bool ok = load->table;

    check_mode(plan, load);
    if ((load->mode == LEAT_SQL_UPSERT || load->mode == LEAT_SQL_MERGE) && !load->key) {
        leat_plan_wrong(plan, "mode", "needs `key: COLUMN' or a list of columns, to know which row to update");
        return false;
    }
    load->n_key = load->key ? load->key->n_children : 0;
    load->key_fields = leat_plan_alloc(plan, ((size_t)load->n_key + 1) * sizeof *load->key_fields);
    for (int i = 0; i < load->n_key; i++) {
        load->key_fields[i] = leat_plan_field(plan, load->key->children[i]);
        ok &= load->key_fields[i] >= 0;
    }
    return ok;
}

int leat_sql_load_fields(struct leat_plan *plan, struct leat_sql_load *load, leat_sql_has *has, void *context,
                         struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);

    load->n_fields = 0;
    load->fields = leat_plan_alloc(plan, ((size_t)in->n_fields + 1) * sizeof *load->fields);
    for (int i = 0; i < in->n_fields; i++) {
        int there = has ? has(context, in->fields[i].name, err) : 1;

        if (there < 0)
            return there;
        if (!there)
            leat_plan_leaves_out(plan, i, "left out, for the table has no column of this name to write");
        else if (!leat_secret_left_out(plan, i, load->secrets))
            load->fields[load->n_fields++] = i;
    }
    if (load->n_fields)
        return 0;
    return leat_fail(err, LEAT_EPIPELINE, "the table %s has a column for none of the fields that come", load->target);
}

bool leat_sql_load_is_key(const struct leat_sql_load *load, int field)
{
    for (int i = 0; i < load->n_key; i++)
        if (load->key_fields[i] == field)
            return true;
    return false;
}

void leat_sql_add_fields(struct leat_put *out, const struct leat_sql_dialect *dialect, const struct leat_schema *schema,
                         const int *fields, int n)
{
    for (int i = 0; i < n; i++) {
        leat_put_string(out, i ? ", " : "");
        leat_sql_add_name(out, dialect, schema->fields[fields[i]].name);
    }
}

const char *leat_sql_keep(struct leat_plan *plan, struct leat_put *text)
{
    char *end = leat_put_end(text), *kept = end ? leat_plan_alloc(plan, text->n + 1) : NULL;

    if (kept)
        memcpy(kept, end, text->n + 1);
    leat_put_free(text);
    return kept;
}

const char *leat_sql_keep_name(struct leat_plan *plan, const struct leat_sql_dialect *dialect, const char *schema,
                               const char *table)
{
    struct leat_put name = { 0 };
    const char *kept;

    leat_sql_add_name(&name, dialect, schema);
    leat_put_string(&name, ".");
    leat_sql_add_name(&name, dialect, table);
    kept = leat_sql_keep(plan, &name);
    return kept ? kept : "";
}

/* ---- rows ---- */

static bool has_room(struct leat_sql_load *load, int32_t n)
{
    int32_t *rows;
    size_t *ends;

    if (n <= load->cap_rows)
        return true;
    rows = realloc(load->rows, (size_t)n * sizeof *rows);
    load->rows = rows ? rows : load->rows;
    ends = realloc(load->ends, (size_t)n * sizeof *ends);
    load->ends = ends ? ends : load->ends;
    if (rows && ends)
        load->cap_rows = n;
    return rows && ends;
}

/* The first field of the key that is null, or -1: no key can be told from another by it. */
static int null_in_key(const struct leat_sql_load *load, const struct leat_batch *b, int32_t row)
{
    for (int i = 0; i < load->n_key; i++)
        if (leat_is_null(&b->columns[load->key_fields[i]], row))
            return load->key_fields[i];
    return -1;
}

int leat_sql_load_encode(struct leat_sql_load *load, struct leat_batch *b, leat_sql_put_row *put, void *context,
                         struct leat_error *err)
{
    load->n_rows = 0;
    load->text.n = 0;
    if (!has_room(load, b->n_selected))
        return no_memory(err);
    LEAT_EACH_ROW(b, row) {
        size_t begin = load->text.n;
        int null = null_in_key(load, b, row);

        if (null >= 0) {
            leat_batch_reject(b, row, null, "null_key", "must not be null, for it is part of the key");
        } else if (put(context, b, row)) {
            load->rows[load->n_rows] = row;
            load->ends[load->n_rows++] = load->text.n;
        } else {
            load->text.n = begin;
        }
    }
    return load->text.failed ? no_memory(err) : 0;
}

/* ---- what the server refuses ---- */

struct search {
    struct leat_sql_load *load;
    struct leat_batch *b;
    leat_sql_try *try;
    void *context;
};

static void reject(const struct search *s, int32_t at, const struct leat_sql_refusal *refusal)
{
    leat_batch_reject(s->b, s->load->rows[at], *refusal->field ? leat_schema_find(s->b->schema, refusal->field) : -1,
                      refusal->code, "%s", refusal->reason);
}

static int write_rows(const struct search *s, int32_t from, int32_t to, struct leat_error *err)
{
    struct leat_sql_refusal refusal = { 0 };
    int32_t middle = from + (to - from) / 2;
    int rc = s->try(s->context, from, to, &refusal, err);

    if (rc == LEAT_SQL_REFUSED && to - from == 1) {
        reject(s, from, &refusal);
        return 0;
    }
    if (rc == LEAT_SQL_REFUSED) {
        rc = write_rows(s, from, middle, err);
        return rc < 0 ? rc : write_rows(s, middle, to, err);
    }
    for (int32_t i = from; rc == LEAT_SQL_WRITTEN && i < to; i++)
        leat_batch_answer(s->b, s->load->rows[i], LEAT_LOADED, NULL, 0);
    return rc < 0 ? rc : 0;
}

int leat_sql_load_write(struct leat_sql_load *load, struct leat_batch *b, leat_sql_try *try, void *context,
                        struct leat_error *err)
{
    const struct search s = { .load = load, .b = b, .try = try, .context = context };

    return load->n_rows ? write_rows(&s, 0, load->n_rows, err) : 0;
}

int leat_sql_load_lost(struct leat_sql_load *load, struct leat_error *err)
{
    char why[400];

    load->broken = true;
    (void)snprintf(why, sizeof why, "%.390s", err->text);
    return leat_fail(err, LEAT_EUNREACHABLE, "%s; what was written since the last checkpoint is undone, and the next "
                     "run writes it", why);
}

void leat_sql_load_free(struct leat_sql_load *load)
{
    leat_put_free(&load->text);
    free(load->rows);
    free(load->ends);
}
