/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Any text as an expression over a small record; what compiles is evaluated
 * over a few rows, some of them null.
 */
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"

enum { N_ROWS = 5, N_FIELDS = 6 };

static const struct leat_field fields[N_FIELDS] = {
    {"t", LEAT_TEXT, LEAT_PII, false, NULL},    {"i", LEAT_INT64, LEAT_PII, false, NULL},
    {"f", LEAT_FLOAT64, LEAT_PII, false, NULL}, {"b", LEAT_BOOL, LEAT_PII, false, NULL},
    {"d", LEAT_DATE, LEAT_PII, false, NULL},    {"m", LEAT_DECIMAL, LEAT_PII, false, NULL},
};

static const char *const texts[N_ROWS] = {"Ann@x.io", "", "\xC3\xA9t\xC3\xA9 \xE6\x97\xA5", "{\"a\": [1, \"b\"]}", "2024-02-29"};
static const char *const decimals[N_ROWS] = {"0", "-12.50", "99999999999999999999", "0.001", "1"};

static void put_text(struct leat_store *store, const char *text)
{
    size_t n = strlen(text);

    if (!leat_store_reserve(store, n))
        abort();
    memcpy(store->column.bytes + store->column.offsets[store->column.n_rows], text, n);
    store->column.offsets[store->column.n_rows + 1] = store->column.offsets[store->column.n_rows] + (int32_t)n;
    store->column.n_rows++;
}

static void fill(struct leat_store *stores, struct leat_column *columns)
{
    static const int64_t numbers[N_ROWS] = {0, -1, 7, INT64_MAX, INT64_MIN};

    for (int f = 0; f < N_FIELDS; f++)
        leat_store_begin(&stores[f], fields[f].type, 8);
    for (int row = 0; row < N_ROWS; row++) {
        put_text(&stores[0], texts[row]);
        stores[1].column.int64[row] = numbers[row];
        stores[2].column.float64[row] = (double)numbers[row] / 3;
        stores[4].column.date[row] = (int32_t)numbers[row];
        put_text(&stores[5], decimals[row]);
    }
    stores[3].column.bits[0] = 0x15;
    for (int f = 0; f < N_FIELDS; f++) {
        stores[f].column.n_rows = N_ROWS;
        leat_store_validity(&stores[f])[0] = (uint8_t)~(1 << f);
        columns[f] = stores[f].column;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct leat_schema schema = {N_FIELDS, fields};
    static const struct leat_function *const tables[] = {leat_core_functions};
    static const int32_t rows[] = {0, 1, 2, 4};
    static struct leat_store stores[N_FIELDS];
    static struct leat_column columns[N_FIELDS];
    static struct leat_scratch *scratch;
    const struct leat_functions functions = {tables, 1};
    const struct leat_scope scope = {.schema = &schema, .functions = &functions};
    struct leat_batch batch = {.schema = &schema, .columns = columns, .n_rows = N_ROWS, .n_selected = N_ROWS};
    struct leat_arena arena = {0};
    const struct leat_expression *expression;
    struct leat_evaluation evaluation;
    struct leat_expr_fault fault;
    struct leat_store out = {0};
    struct leat_error err;
    struct leat_field type;

    if (!scratch) {
        scratch = leat_scratch_new(8);
        fill(stores, columns);
    }
    if (n > 4096) /* long inputs find nothing that short ones do not */
        return 0;
    if (leat_expression_compile(&scope, (const char *)bytes, n, LEAT_NONE, &arena, &expression, &type, &fault) == 0) {
        if (leat_expression_evaluate(expression, scratch, &batch, rows, 4, &out, &evaluation, &err) == 0)
            for (int i = 0; i < 4; i++) {
                char room[64];
                const char *value;

                (void)leat_value_text(&type, &out.column, rows[i], room, &value);
            }
        leat_expression_release(expression);
    } else if (fault.offset > n || !fault.text[0]) {
        abort(); /* every fault has a place and a sentence */
    }
    leat_store_deinit(&out);
    leat_arena_deinit(&arena);
    return 0;
}
