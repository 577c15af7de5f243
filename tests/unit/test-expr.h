/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Evaluates one expression over one record, for the tests of the expression
 * language.
 */
#ifndef LEAT_TESTS_TEST_EXPR_H
#define LEAT_TESTS_TEST_EXPR_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "expr/expr.h"

/* The record: each field has the value its text here is cast to. */
static const struct {
    struct leat_field field;
    const char *value; /* NULL: null */
} record[] = {
    {{"name", LEAT_TEXT, LEAT_PII, false, NULL}, "Ann"},
    {{"empty", LEAT_TEXT, LEAT_PII, false, NULL}, ""},
    {{"nothing", LEAT_TEXT, LEAT_PII, false, NULL}, NULL},
    {{"cognito:username", LEAT_TEXT, LEAT_PII, false, NULL}, "ann1"},
    {{"address.city", LEAT_TEXT, LEAT_PII, false, NULL}, "Paris"},
    {{"Größe in cm", LEAT_TEXT, LEAT_PII, false, NULL}, "170"},
    {{"end", LEAT_TEXT, LEAT_PII, false, NULL}, "fin"},
    {{"n", LEAT_INT64, LEAT_PII, false, NULL}, "7"},
    {{"zero", LEAT_INT64, LEAT_PUBLIC, false, NULL}, "0"},
    {{"ratio", LEAT_FLOAT64, LEAT_PII, false, NULL}, "1.5"},
    {{"price", LEAT_DECIMAL, LEAT_PII, false, NULL}, "2.50"},
    {{"day", LEAT_DATE, LEAT_PII, false, NULL}, "2024-02-29"},
    {{"seen", LEAT_TIMESTAMP, LEAT_PII, false, NULL}, "2024-02-29 12:00:00"},
    {{"seen_in_paris", LEAT_TIMESTAMP, LEAT_PII, true, "Europe/Paris"}, "2024-02-29 12:00:00"},
    {{"seen_in_rome", LEAT_TIMESTAMP, LEAT_PII, true, "Europe/Rome"}, "2024-02-29 12:00:00"},
    {{"flag", LEAT_BOOL, LEAT_PUBLIC, false, NULL}, "t"},
    {{"perhaps", LEAT_BOOL, LEAT_PUBLIC, false, NULL}, NULL},
    {{"address", LEAT_JSON, LEAT_PII, false, NULL}, "{\"city\": \"Bonn\", \"tags\": [\"a\", {\"b\": null}]}"},
    {{"salt", LEAT_BYTES, LEAT_PII, false, NULL}, "pepper"},
    {{"password_hash", LEAT_TEXT, LEAT_SECRET, false, NULL}, "$2y$10$x"},
};

enum { N_RECORD = sizeof record / sizeof *record };

struct outcome {
    char text[2048];   /* the value; "null"; "!code" of a row's fault; "?" and what is wrong with the expression */
    char hint[256];
    size_t offset;
    char reason[256];
    int field;
    struct leat_field type;
};

static struct leat_scratch *scratch;
static struct leat_store stores[N_RECORD];
static struct leat_column columns[N_RECORD];
static struct leat_field fields[N_RECORD];
static const struct leat_schema schema = {N_RECORD, fields};
static struct leat_batch batch = {.schema = &schema, .columns = columns, .n_rows = 1, .n_selected = 1};
static const struct leat_function *tables[2] = {leat_core_functions};
static struct leat_functions functions = {tables, 1};

static const struct leat_expression *compile(const char *text, enum leat_type wanted, struct leat_arena *arena,
                                             struct outcome *ret)
{
    const struct leat_scope scope = {.schema = &schema, .functions = &functions};
    const struct leat_expression *expression;
    struct leat_expr_fault fault;

    memset(ret, 0, sizeof *ret);
    if (leat_expression_compile(&scope, text, strlen(text), wanted, arena, &expression, &ret->type, &fault) == 0)
        return expression;
    snprintf(ret->text, sizeof ret->text, "?%s", fault.text);
    snprintf(ret->hint, sizeof ret->hint, "%s", fault.hint);
    ret->offset = fault.offset;
    return NULL;
}

/* The result stands in `out`, which is a column of one row. */
static void evaluate_into(const char *text, enum leat_type wanted, struct leat_store *out, struct outcome *ret)
{
    static const int32_t rows[] = {0};
    struct leat_arena arena = {0};
    const struct leat_expression *expression = compile(text, wanted, &arena, ret);
    struct leat_evaluation evaluation;
    struct leat_error err = {0};
    char room[64];
    const char *value;
    size_t n;

    if (expression && leat_expression_evaluate(expression, scratch, &batch, rows, 1, out, &evaluation, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    if (expression && evaluation.n_faults) {
        snprintf(ret->text, sizeof ret->text, "!%s", evaluation.faults[0].code);
        snprintf(ret->reason, sizeof ret->reason, "%s", evaluation.faults[0].reason);
        ret->field = evaluation.faults[0].field;
    } else if (expression) {
        n = leat_value_text(&ret->type, &out->column, 0, room, &value);
        snprintf(ret->text, sizeof ret->text, "%.*s", value ? (int)n : 4, value ? value : "null");
    }
    leat_expression_release(expression);
    leat_arena_deinit(&arena);
}

static struct outcome evaluate(const char *text)
{
    struct leat_store out = {0};
    struct outcome o;

    evaluate_into(text, LEAT_NONE, &out, &o);
    leat_store_deinit(&out);
    return o;
}

static void expect(const char *text, const char *want)
{
    struct outcome o = evaluate(text);

    if (strcmp(o.text, want) != 0)
        fail_msg("%s\n  gives  %s %s\n  not    %s", text, o.text, o.reason, want);
}

/* Pairs of an expression and what it gives. */
struct pair {
    const char *text, *want;
};

#define expect_all(pairs)                                                                          \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < sizeof(pairs) / sizeof *(pairs); i_++)                            \
            expect((pairs)[i_].text, (pairs)[i_].want);                                            \
    } while (0)

static int set_up(void **state)
{
    static char cast[512];
    struct outcome o;

    (void)state;
    scratch = leat_scratch_new(64);
    for (int i = 0; i < N_RECORD; i++) {
        static const char *const types[] = {[LEAT_BOOL] = "bool", [LEAT_INT64] = "int64", [LEAT_FLOAT64] = "float64",
                                            [LEAT_DECIMAL] = "decimal", [LEAT_DATE] = "date",
                                            [LEAT_TIMESTAMP] = "timestamp", [LEAT_TEXT] = "text",
                                            [LEAT_BYTES] = "bytes", [LEAT_JSON] = "json"};
        const char *quote = record[i].value ? "'" : "", *value = record[i].value ? record[i].value : "null";

        snprintf(cast, sizeof cast, "cast(%s%s%s as %s)", quote, value, quote, types[record[i].field.type]);
        evaluate_into(cast, LEAT_NONE, &stores[i], &o);
        assert_true(o.text[0] != '?' && o.text[0] != '!');
        fields[i] = record[i].field;
        columns[i] = stores[i].column;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < N_RECORD; i++)
        leat_store_deinit(&stores[i]);
    leat_scratch_free(scratch);
    return 0;
}

#endif
