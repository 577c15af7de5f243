/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Batches for tests: one schema with a field of every kind, and rows put in one call.
 */
#ifndef LEAT_TESTS_BATCHES_H
#define LEAT_TESTS_BATCHES_H

#include <stdlib.h>
#include <string.h>

#include "batch/batch.h"

enum { ID, NAME, GOOD, SCORE, BORN, SEEN, PRICE, BLOB, DOC, N_TEST_FIELDS };

static const struct leat_field test_fields[] = {
    {"id", LEAT_INT64, LEAT_PII, false, NULL},     {"name", LEAT_TEXT, LEAT_PII, false, NULL},
    {"good", LEAT_BOOL, LEAT_PII, false, NULL},    {"score", LEAT_FLOAT64, LEAT_PII, false, NULL},
    {"born", LEAT_DATE, LEAT_PII, false, NULL},    {"seen", LEAT_TIMESTAMP, LEAT_PII, false, NULL},
    {"price", LEAT_DECIMAL, LEAT_PII, false, NULL}, {"blob", LEAT_BYTES, LEAT_PII, false, NULL},
    {"doc", LEAT_JSON, LEAT_PII, false, NULL},
};
static const struct leat_schema test_schema = {.n_fields = N_TEST_FIELDS, .fields = test_fields};

enum { TEST_ROWS = 16, TEST_BYTES = 1 << 16, TEST_RECORD = 1024 };

__attribute__((unused)) static void pool_set_up(struct leat_pool *pool, struct leat_budget *budget)
{
    leat_pool_init(pool, &test_schema, budget, TEST_ROWS, TEST_BYTES, TEST_RECORD);
}

/* Set-up and tear-down of a test whose state is a pool. */
__attribute__((unused)) static int pool_new(void **state)
{
    struct leat_pool *pool = malloc(sizeof *pool);

    pool_set_up(pool, NULL);
    *state = pool;
    return 0;
}

/* A test that has failed leaves batches abroad; leat_pool_deinit would end the program over them. */
__attribute__((unused)) static int pool_close(struct leat_pool *pool)
{
    int n_home = 0;

    for (const struct leat_batch *b = pool->free; b; b = b->host->next)
        n_home++;
    if (n_home != pool->n_made) {
        print_error("%d of %d batches have come home\n", n_home, pool->n_made);
        return -1;
    }
    leat_pool_deinit(pool);
    return 0;
}

__attribute__((unused)) static int pool_free(void **state)
{
    int rc = pool_close(*state);

    free(*state);
    return rc;
}

#define on_pool(test) cmocka_unit_test_setup_teardown(test, pool_new, pool_free)

/* A batch as an extract gets it. */
__attribute__((unused)) static struct leat_batch *batch_begin(struct leat_pool *pool)
{
    struct leat_batch *b = leat_pool_get(pool);

    b->host->stage = "test";
    return b;
}

/* A row with an id and a name; all else is null. */
__attribute__((unused)) static void put_row(struct leat_batch *b, int64_t id, const char *name)
{
    leat_batch_put_int64(b, ID, id);
    if (name)
        leat_batch_put_text(b, NAME, name, strlen(name));
    leat_batch_end_row(b);
}

/* A finished batch of n rows, ids from `first`. */
__attribute__((unused)) static struct leat_batch *batch_of(struct leat_pool *pool, int n, int64_t first)
{
    struct leat_batch *b = batch_begin(pool);
    struct leat_error err = {0};
    char name[32];

    for (int i = 0; i < n; i++) {
        (void)snprintf(name, sizeof name, "name %d", (int)first + i);
        put_row(b, first + i, name);
    }
    if (leat_batch_finish(b, &err) < 0)
        fail_msg("%s", err.text);
    return b;
}

#define account_of(b) (&leat_batch_origin(b)->host->account)

/* Counts of an account that is complete. */
__attribute__((unused)) static void assert_counts(struct leat_batch *origin, enum leat_verdict verdict, int64_t wanted)
{
    assert_int_equal(account_of(origin)->counts[verdict], wanted);
}

__attribute__((unused)) static const char *reject_reason(const struct leat_batch *b, int i)
{
    const struct leat_account *a = account_of(b);

    assert_true(i < a->n_rejects);
    return a->text.p + a->rejects[i].reason;
}

__attribute__((unused)) static void assert_text(const struct leat_batch *b, int field, int32_t row, const char *wanted)
{
    size_t n;
    const char *text = leat_text(&b->columns[field], row, &n);

    assert_false(leat_is_null(&b->columns[field], row));
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(text, wanted, n);
}

#endif
