/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "cli/test-values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/same-json.h"
#include "expr/decimal.h"
#include "expr/json.h"

/* ---- as it is written ---- */

static bool is_null(const struct leat_node *node)
{
    return node->plain && (!*node->text || strcmp(node->text, "null") == 0 || strcmp(node->text, "~") == 0);
}

/* A plain scalar is what JSON takes it for, and a text where JSON does not take it. */
static void add_json_scalar(struct leat_text_buffer *b, const struct leat_node *node)
{
    if (is_null(node))
        leat_text_add_string(b, "null");
    else if (node->plain && leat_json_valid(node->text, strlen(node->text)))
        leat_text_add_string(b, node->text);
    else
        leat_text_add_json(b, node->text, strlen(node->text));
}

/* A value may be written as a list or mapping where the field is json. */
static void add_json(struct leat_text_buffer *b, const struct leat_node *node)
{
    if (node->kind == LEAT_SCALAR) {
        add_json_scalar(b, node);
        return;
    }
    leat_text_add_string(b, node->kind == LEAT_LIST ? "[" : "{");
    for (int i = 0; i < node->n_children; i++) {
        leat_text_add_string(b, i ? "," : "");
        if (node->kind == LEAT_MAP) {
            leat_text_add_json(b, node->children[i]->name, strlen(node->children[i]->name));
            leat_text_add_string(b, ":");
        }
        add_json(b, node->children[i]);
    }
    leat_text_add_string(b, node->kind == LEAT_LIST ? "]" : "}");
}

static void put_value(struct leat_batch *out, int field, const struct leat_node *node)
{
    struct leat_text_buffer json = {0};

    if (node->kind == LEAT_SCALAR && is_null(node))
        return;
    if (node->kind == LEAT_SCALAR) {
        leat_batch_put_text(out, field, node->text, strlen(node->text));
    } else {
        add_json(&json, node);
        leat_batch_put_text(out, field, json.p, json.n);
        leat_text_deinit(&json);
    }
}

/* ---- by its type ---- */

static int make_cast(struct leat_given *g, int field, struct leat_arena *arena, struct leat_error *err)
{
    const struct leat_field *f = &g->schema->fields[field];
    struct leat_functions none = {0};
    struct leat_scope scope = {.schema = &g->texts, .functions = &none};
    struct leat_text_buffer text = {0};
    struct leat_expr_fault fault = {0};
    struct leat_field result;
    int rc;

    leat_text_add_string(&text, "cast(\"");
    for (const char *c = f->name; *c; c++)
        leat_text_add(&text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    leat_text_printf(&text, "\" as %s)", leat_type_name(f->type));
    rc = leat_expression_compile(&scope, text.p, text.n, f->type, arena, &g->casts[field], &result, &fault);
    leat_text_deinit(&text);
    return rc < 0 ? leat_fail(err, rc, "cannot make test values for field %s: %s", f->name, fault.text) : 0;
}

static struct leat_schema all_text(const struct leat_schema *schema, struct leat_arena *arena)
{
    struct leat_field *fields = leat_arena_alloc(arena, ((size_t)schema->n_fields + 1) * sizeof *fields);

    for (int i = 0; i < schema->n_fields; i++) {
        fields[i] = schema->fields[i];
        fields[i].type = LEAT_TEXT;
    }
    return (struct leat_schema){.n_fields = schema->n_fields, .fields = fields};
}

int leat_given_init(struct leat_given *g, struct leat_arena *arena, struct leat_error *err)
{
    int rc = 0;

    g->texts = all_text(g->schema, arena);
    g->casts = leat_arena_alloc(arena, ((size_t)g->schema->n_fields + 1) * sizeof *g->casts);
    for (int i = 0; i < g->schema->n_fields && rc == 0; i++)
        rc = make_cast(g, i, arena, err);
    if (rc < 0)
        return rc;
    leat_pool_init(&g->text_pool, &g->texts, NULL, g->cap_rows, 1 << 20, INT64_MAX);
    leat_pool_init(&g->pool, g->schema, NULL, g->cap_rows, 1 << 20, INT64_MAX);
    g->scratch = leat_scratch_new(g->cap_rows);
    return 0;
}

void leat_given_deinit(struct leat_given *g)
{
    leat_scratch_free(g->scratch);
    leat_pool_deinit(&g->pool);
    leat_pool_deinit(&g->text_pool);
}

static int cast_columns(struct leat_given *g, const struct leat_batch *texts, struct leat_batch *out,
                        struct leat_error *err)
{
    int32_t *rows = leat_alloc_array((size_t)texts->n_rows, sizeof *rows);
    int rc = 0;

    for (int32_t i = 0; i < texts->n_rows; i++)
        rows[i] = i;
    for (int f = 0; f < g->schema->n_fields && rc == 0; f++) {
        struct leat_evaluation e = {0};

        rc = leat_expression_evaluate(g->casts[f], g->scratch, texts, rows, texts->n_rows, &out->host->stores[f], &e,
                                      err);
        out->columns[f] = out->host->stores[f].column;
        if (rc == 0 && e.n_faults)
            rc = leat_fail(err, LEAT_EDATA, "%s row %d: field %s does not fit its type %s", g->what,
                           e.faults[0].row + 1, g->schema->fields[f].name, leat_type_name(g->schema->fields[f].type));
    }
    free(rows);
    return rc;
}

int leat_given_read(struct leat_given *g, const struct leat_node *rows, struct leat_batch *out, struct leat_error *err)
{
    struct leat_batch *texts;
    int rc;

    if (rows && rows->n_children > g->cap_rows)
        return leat_fail(err, LEAT_EDATA, "at most %d %s rows", (int)g->cap_rows, g->what);
    texts = leat_pool_get(&g->text_pool);
    for (int i = 0; rows && i < rows->n_children; i++) {
        const struct leat_node *row = rows->children[i];

        for (int f = 0; f < row->n_children; f++)
            put_value(texts, leat_schema_find(&g->texts, row->children[f]->name), row->children[f]);
        leat_batch_end_row(texts);
    }
    rc = cast_columns(g, texts, out, err);
    out->n_rows = texts->n_rows;
    leat_batch_release(texts);
    return rc;
}

/* ---- whether two are the same ---- */

static bool same_text(enum leat_type type, const struct leat_column *a, int32_t row_a, const struct leat_column *b,
                      int32_t row_b)
{
    size_t na, nb;
    const char *x = leat_text(a, row_a, &na), *y = leat_text(b, row_b, &nb);

    if (type == LEAT_DECIMAL)
        return leat_decimal_order(x, na, y, nb) == 0;
    if (type == LEAT_JSON)
        return leat_json_same(x, na, y, nb);
    return na == nb && memcmp(x, y, na) == 0;
}

bool leat_values_same(struct leat_place a, struct leat_place b)
{
    const struct leat_column *x = &a.batch->columns[a.field], *y = &b.batch->columns[b.field];

    if (leat_is_null(x, a.row) || leat_is_null(y, b.row))
        return leat_is_null(x, a.row) && leat_is_null(y, b.row);
    switch (x->type) {
    case LEAT_BOOL:
        return leat_bool(x, a.row) == leat_bool(y, b.row);
    case LEAT_INT64:
    case LEAT_TIMESTAMP:
        return x->int64[a.row] == y->int64[b.row];
    case LEAT_FLOAT64:
        return x->float64[a.row] == y->float64[b.row] || (isnan(x->float64[a.row]) && isnan(y->float64[b.row]));
    case LEAT_DATE:
        return x->date[a.row] == y->date[b.row];
    default:
        return same_text(x->type, x, a.row, y, b.row);
    }
}
