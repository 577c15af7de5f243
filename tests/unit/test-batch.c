/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Building batches: values of every type, nulls, rejects of an extract, texts that are no UTF-8,
 * records that are too large, and what a plugin may do wrong.
 */
#include "unit.h"

#include "batches.h"

static void finish(struct leat_batch *b)
{
    struct leat_error err = {0};

    if (leat_batch_finish(b, &err) < 0)
        fail_msg("%s", err.text);
}

/* ---- values ---- */

static void test_every_type(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    for (int i = 0; i < 3; i++) {
        leat_batch_put_text(b, DOC, "{}", 2); /* in any order */
        leat_batch_put_int64(b, ID, INT64_MIN + i);
        leat_batch_put_text(b, NAME, "", 0);
        leat_batch_put_bool(b, GOOD, i == 1);
        leat_batch_put_float64(b, SCORE, 0.5 * i);
        leat_batch_put_date(b, BORN, -i);
        leat_batch_put_int64(b, SEEN, i);
        leat_batch_put_text(b, PRICE, "-12.50", 6);
        leat_batch_put_text(b, BLOB, "\0\xFF", 2); /* bytes are as they are */
        leat_batch_end_row(b);
    }
    finish(b);
    assert_int_equal(b->n_rows, 3);
    assert_int_equal(b->n_selected, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(b->columns[ID].int64[i] == INT64_MIN + i);
        assert_text(b, NAME, i, ""); /* empty is not null */
        assert_int_equal(leat_bool(&b->columns[GOOD], i), i == 1);
        assert_int_equal(b->columns[BORN].date[i], -i);
        assert_int_equal(b->columns[SEEN].int64[i], i);
        assert_text(b, PRICE, i, "-12.50");
    }
    for (int f = 0; f < N_TEST_FIELDS; f++)
        assert_null(b->columns[f].validity);
    leat_batch_release(b);
}

static void test_what_is_not_put_is_null(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    leat_batch_end_row(b);
    put_row(b, 7, "x");
    leat_batch_put_null(b, NAME);
    leat_batch_put_int64(b, ID, 8);
    leat_batch_end_row(b);
    finish(b);
    for (int f = 0; f < N_TEST_FIELDS; f++)
        assert_true(leat_is_null(&b->columns[f], 0));
    assert_false(leat_is_null(&b->columns[ID], 1));
    assert_true(leat_is_null(&b->columns[GOOD], 1));
    assert_true(leat_is_null(&b->columns[NAME], 2));
    assert_int_equal(b->columns[NAME].offsets[3], 1); /* a null takes no bytes */
    leat_batch_release(b);
}

/* A batch that is used again has nothing of its former life. */
static void test_a_recycled_batch_is_clean(void **state)
{
    struct leat_pool *pool = *state;
    struct leat_batch *b = batch_begin(pool), *again;

    put_row(b, 1, "something long enough to matter");
    leat_batch_reject_row(b, "bad", "raw");
    leat_batch_set_position(b, 3, "here");
    finish(b);
    leat_batch_release(b);
    again = batch_begin(pool);
    assert_ptr_equal(again, b);
    assert_int_equal(pool->n_made, 1);
    assert_int_equal(again->n_rows, 0);
    assert_false(again->host->has_position);
    put_row(again, 2, "y");
    put_row(again, 3, NULL);
    finish(again);
    assert_int_equal(again->n_selected, 2);
    assert_text(again, NAME, 0, "y");
    assert_int_equal(account_of(again)->n_rejects, 0);
    assert_counts(again, LEAT_REJECTED, 0);
    leat_batch_release(again);
}

static void test_room_ends_at_rows_and_at_bytes(void **state)
{
    struct leat_batch *b = batch_begin(*state);
    char text[1000];
    int n = 0;

    memset(text, 'x', sizeof text);
    for (; leat_batch_has_room(b); n++)
        put_row(b, n, "x");
    assert_int_equal(n, TEST_ROWS);
    finish(b);
    leat_batch_release(b);
    b = batch_begin(*state);
    b->cap_bytes = 4000;
    for (n = 0; leat_batch_has_room(b); n++) {
        leat_batch_put_text(b, NAME, text, sizeof text);
        leat_batch_end_row(b);
    }
    assert_int_equal(n, 4);
    finish(b);
    leat_batch_release(b);
}

/* ---- rejects of an extract ---- */

static void test_rejects_first_middle_and_last(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    leat_batch_reject_record(b, "short_line", "a,b\n", 4, "has %d fields, not %d", 2, 3);
    put_row(b, 1, "one");
    leat_batch_put_int64(b, ID, 99);
    leat_batch_put_text(b, NAME, "half", 4); /* what was put of it is its source record */
    leat_batch_reject_record(b, "bad", NULL, 0, "no good");
    put_row(b, 2, "two");
    leat_batch_reject_row(b, "last", "raw\0cut");
    finish(b);
    assert_int_equal(b->n_rows, 5);
    assert_int_equal(b->n_selected, 2);
    assert_int_equal(b->selection[0], 1);
    assert_int_equal(b->selection[1], 3);
    assert_text(b, NAME, 1, "one");
    assert_text(b, NAME, 2, "half");
    assert_text(b, NAME, 3, "two");
    assert_true(leat_is_null(&b->columns[NAME], 0));
    assert_int_equal(account_of(b)->n_open, 2);
    assert_counts(b, LEAT_REJECTED, 3);
    assert_int_equal(account_of(b)->n_rejects, 3);
    assert_string_equal(reject_reason(b, 0), "has 2 fields, not 3");
    assert_memory_equal(account_of(b)->text.p + account_of(b)->rejects[0].raw, "a,b\n", 4);
    assert_int_equal(account_of(b)->rejects[1].row, 2);
    assert_false(account_of(b)->rejects[1].has_raw);
    assert_int_equal(account_of(b)->rejects[2].n_raw, 3);
    leat_batch_release(b);
}

static void test_a_batch_of_rejects_alone_is_complete(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    for (int i = 0; i < TEST_ROWS; i++)
        leat_batch_reject_row(b, "bad", "x");
    assert_false(leat_batch_has_room(b));
    finish(b);
    assert_int_equal(b->n_selected, 0);
    assert_true(leat_account_complete(b));
    assert_counts(b, LEAT_REJECTED, TEST_ROWS);
    leat_batch_release(b);
}

static void test_an_empty_batch_is_complete(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    finish(b);
    assert_int_equal(b->n_selected, 0);
    assert_true(leat_account_complete(b));
    leat_batch_release(b);
}

/* ---- records that are too large ---- */

static void test_a_record_above_the_limit_is_rejected(void **state)
{
    struct leat_batch *b = batch_begin(*state);
    static char text[TEST_RECORD + 1];

    memset(text, 'x', sizeof text);
    put_row(b, 1, "before");
    leat_batch_put_int64(b, ID, 2);
    leat_batch_put_text(b, NAME, text, sizeof text);
    leat_batch_end_row(b);
    put_row(b, 3, "after");
    leat_batch_put_text(b, NAME, text, TEST_RECORD); /* just so */
    leat_batch_end_row(b);
    finish(b);
    assert_int_equal(b->n_rows, 4);
    assert_int_equal(b->n_selected, 3);
    assert_string_equal(account_of(b)->rejects[0].code, "record_too_large");
    assert_int_equal(account_of(b)->rejects[0].row, 1);
    assert_has(reject_reason(b, 0), "max_record");
    assert_text(b, NAME, 2, "after");
    leat_batch_release(b);
}

/* Each value fits, all of them together do not. */
static void test_a_record_of_many_values_above_the_limit(void **state)
{
    struct leat_batch *b = batch_begin(*state);
    static char text[TEST_RECORD];

    memset(text, '1', sizeof text);
    put_row(b, 1, "before");
    leat_batch_put_text(b, NAME, text, TEST_RECORD / 2);
    leat_batch_put_text(b, DOC, text, TEST_RECORD / 2 + 1);
    leat_batch_end_row(b);
    put_row(b, 3, "after");
    finish(b);
    assert_int_equal(b->n_selected, 2);
    assert_string_equal(account_of(b)->rejects[0].code, "record_too_large");
    leat_batch_release(b);
}

/* A value of a gigabyte must not be copied, nor memory for it taken. */
static void test_a_huge_value_costs_nothing(void **state)
{
    struct leat_batch *b = batch_begin(*state);
    size_t before = leat_store_bytes(&b->host->stores[NAME]);
    volatile size_t n = (size_t)1 << 32; /* volatile: the compiler would warn of the copy that must not be */

    leat_batch_put_text(b, NAME, "never read beyond", n);
    leat_batch_end_row(b);
    finish(b);
    assert_int_equal(b->n_selected, 0);
    assert_int_equal(account_of(b)->n_rejects, 1);
    assert_int_equal(leat_store_bytes(&b->host->stores[NAME]), before);
    leat_batch_release(b);
}

/* ---- UTF-8 ---- */

static void test_text_that_is_no_utf8_is_rejected(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    put_row(b, 1, "\xC3\xA9t\xC3\xA9");
    put_row(b, 2, "ab\xFF");
    put_row(b, 3, "good");
    put_row(b, 4, "\xED\xA0\x80");
    finish(b);
    assert_int_equal(b->n_selected, 2);
    assert_int_equal(b->selection[0], 0);
    assert_int_equal(b->selection[1], 2);
    assert_string_equal(account_of(b)->rejects[0].code, "invalid_utf8");
    assert_string_equal(account_of(b)->rejects[0].field, "name");
    assert_has(reject_reason(b, 0), "from byte 3 on");
    assert_int_equal(account_of(b)->rejects[1].row, 3);
    leat_batch_release(b);
}

/* The bytes of two neighbours together are valid UTF-8; each alone is not. */
static void test_a_letter_cut_over_two_values(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    put_row(b, 1, "a\xC3");
    put_row(b, 2, "\xA9z");
    put_row(b, 3, "fine");
    put_row(b, 4, "x\xE2\x82");
    put_row(b, 5, NULL);
    put_row(b, 6, "\xAC");
    finish(b);
    assert_int_equal(b->n_selected, 2);
    assert_int_equal(account_of(b)->n_rejects, 4);
    assert_int_equal(b->selection[0], 2);
    assert_int_equal(b->selection[1], 4);
    leat_batch_release(b);
}

static void test_the_last_value_is_cut(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    put_row(b, 1, "fine");
    put_row(b, 2, "x\xE2\x82");
    finish(b);
    assert_int_equal(b->n_selected, 1);
    assert_int_equal(account_of(b)->n_rejects, 1);
    leat_batch_release(b);
}

static void test_a_reject_is_not_rejected_again(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    leat_batch_put_text(b, NAME, "\xFF", 1);
    leat_batch_reject_row(b, "bad", "x");
    leat_batch_put_text(b, NAME, "\xFF", 1);
    leat_batch_put_text(b, DOC, "\xFF", 1); /* two bad fields, one reject */
    leat_batch_end_row(b);
    finish(b);
    assert_int_equal(account_of(b)->n_rejects, 2);
    assert_counts(b, LEAT_REJECTED, 2);
    assert_true(leat_account_complete(b));
    leat_batch_release(b);
}

/* ---- what a plugin may do wrong ---- */

static void assert_broken(struct leat_batch *b, int wanted)
{
    struct leat_error err = {0};

    assert_int_equal(leat_batch_finish(b, &err), wanted);
    assert_true(*err.text);
    assert_int_equal(b->n_rows, 0);
    leat_batch_release(b);
}

static void test_wrong_type(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    leat_batch_put_text(b, ID, "1", 1);
    leat_batch_end_row(b);
    assert_broken(b, LEAT_EPLUGIN);
    b = batch_begin(*state);
    leat_batch_put_int64(b, NAME, 1);
    leat_batch_put_bool(b, SCORE, true);
    leat_batch_put_float64(b, GOOD, 1);
    leat_batch_put_date(b, SEEN, 1);
    leat_batch_end_row(b);
    assert_broken(b, LEAT_EPLUGIN);
}

static void test_put_twice(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    leat_batch_put_int64(b, ID, 1);
    leat_batch_put_int64(b, ID, 2);
    assert_false(leat_batch_has_room(b)); /* it need not go on */
    leat_batch_end_row(b);
    assert_broken(b, LEAT_EPLUGIN);
    b = batch_begin(*state);
    leat_batch_put_int64(b, ID, 1);
    leat_batch_put_null(b, ID);
    leat_batch_end_row(b);
    assert_broken(b, LEAT_EPLUGIN);
}

static void test_never_asks_for_room(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    for (int i = 0; i < TEST_ROWS * 3; i++)
        put_row(b, i, "row");
    assert_broken(b, LEAT_EPLUGIN);
    b = batch_begin(*state);
    for (int i = 0; i < TEST_ROWS * 3; i++)
        leat_batch_reject_row(b, "bad", "x");
    assert_broken(b, LEAT_EPLUGIN);
}

static void test_a_row_left_unfinished(void **state)
{
    struct leat_batch *b = batch_begin(*state);

    put_row(b, 1, "x");
    leat_batch_put_int64(b, ID, 2);
    assert_broken(b, LEAT_EPLUGIN);
}

/* ---- the pool ---- */

static void test_a_blown_up_column_is_not_kept(void **state)
{
    struct leat_pool *pool = *state;
    struct leat_batch *b;

    pool->max_record = 16 << 20;
    b = batch_begin(pool);
    assert_true(leat_batch_grow(b, NAME, 8 << 20));
    leat_batch_put_int64(b, ID, 1);
    leat_batch_end_row(b);
    finish(b);
    assert_true(leat_store_bytes(&b->host->stores[NAME]) >= 8 << 20);
    leat_batch_release(b);
    b = batch_begin(pool);
    assert_true(leat_store_bytes(&b->host->stores[NAME]) <= 2 * TEST_BYTES);
    put_row(b, 1, "x");
    finish(b);
    assert_text(b, NAME, 0, "x");
    leat_batch_release(b);
}

static void test_references(void **state)
{
    struct leat_pool *pool = *state;
    struct leat_batch *b = batch_of(pool, 2, 1), *other;

    leat_batch_ref(b);
    leat_batch_unref(b);
    other = batch_of(pool, 1, 9);
    assert_ptr_not_equal(other, b); /* the first is not free yet */
    assert_text(b, NAME, 1, "name 2");
    leat_batch_release(other);
    leat_batch_release(b);
    assert_int_equal(pool->n_made, 2);
}

static void test_the_budget_is_charged_with_live_bytes(void **state)
{
    struct leat_budget budget;
    struct leat_pool pool;
    struct leat_batch *a, *b;

    (void)state;
    leat_budget_init(&budget, 1 << 20);
    pool_set_up(&pool, &budget);
    a = batch_of(&pool, 4, 1);
    leat_batch_charge(a);
    assert_true(budget.used >= 4 * (8 + 6));
    assert_int_equal(budget.used, a->host->charged);
    leat_batch_charge(a); /* again is once */
    assert_int_equal(budget.used, a->host->charged);
    b = leat_batch_derive(&pool, a);
    leat_batch_align(b, a);
    leat_batch_share(b, NAME, a, NAME);
    leat_batch_charge(b); /* a shared column is paid for already */
    assert_int_equal(b->host->charged, 0);
    leat_batch_release(a);
    assert_true(budget.used > 0); /* b holds it */
    leat_batch_release(b);
    assert_int_equal(budget.used, 0);
    leat_pool_deinit(&pool);
    leat_budget_deinit(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_pool(test_every_type),
        on_pool(test_what_is_not_put_is_null),
        on_pool(test_a_recycled_batch_is_clean),
        on_pool(test_room_ends_at_rows_and_at_bytes),
        on_pool(test_rejects_first_middle_and_last),
        on_pool(test_a_batch_of_rejects_alone_is_complete),
        on_pool(test_an_empty_batch_is_complete),
        on_pool(test_a_record_above_the_limit_is_rejected),
        on_pool(test_a_record_of_many_values_above_the_limit),
        on_pool(test_a_huge_value_costs_nothing),
        on_pool(test_text_that_is_no_utf8_is_rejected),
        on_pool(test_a_letter_cut_over_two_values),
        on_pool(test_the_last_value_is_cut),
        on_pool(test_a_reject_is_not_rejected_again),
        on_pool(test_wrong_type),
        on_pool(test_put_twice),
        on_pool(test_never_asks_for_room),
        on_pool(test_a_row_left_unfinished),
        on_pool(test_a_blown_up_column_is_not_kept),
        on_pool(test_references),
        on_pool(test_the_budget_is_charged_with_live_bytes),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
