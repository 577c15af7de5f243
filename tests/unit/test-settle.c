/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * How rows end: fates, selections and accounts; derived batches; splits, whose parents stay open
 * until all their children are known; and at the end of each, books that balance.
 */
#include "unit.h"

#include "batches.h"

/* Read and made are all the verdicts there are. */
static void assert_balanced(struct leat_batch *origin)
{
    const struct leat_account *a = account_of(origin);
    int64_t ended = 0;

    assert_true(leat_account_complete(origin));
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        ended += a->counts[v];
    assert_int_equal(origin->n_rows + a->n_made, ended);
    for (int32_t row = 0; row < origin->n_rows; row++)
        assert_int_not_equal(a->verdicts[row], LEAT_OPEN);
}

static void assert_selected(const struct leat_batch *b, int n, ...)
{
    va_list args;

    assert_int_equal(b->n_selected, n);
    va_start(args, n);
    LEAT_EACH_ROW(b, row)
        assert_int_equal(row, va_arg(args, int));
    va_end(args);
}

/* ---- one batch ---- */

static void test_each_row(void **state)
{
    struct leat_batch *b = batch_of(*state, 4, 0);

    assert_selected(b, 4, 0, 1, 2, 3);
    leat_batch_drop(b, 0, LEAT_FILTERED);
    leat_batch_settle(b);
    assert_selected(b, 3, 1, 2, 3);
    leat_batch_drop(b, 2, LEAT_DUPLICATE);
    leat_batch_settle(b);
    assert_selected(b, 2, 1, 3);
    leat_batch_settle(b); /* nothing has ended: nothing changes */
    assert_selected(b, 2, 1, 3);
    leat_batch_answer_rest(b, LEAT_LOADED);
    leat_batch_settle(b);
    assert_selected(b, 0);
    assert_counts(b, LEAT_FILTERED, 1);
    assert_counts(b, LEAT_DUPLICATE, 1);
    assert_counts(b, LEAT_LOADED, 2);
    assert_balanced(b);
    leat_batch_release(b);
}

static void test_the_worse_verdict_wins(void **state)
{
    struct leat_batch *b = batch_of(*state, 2, 0);

    leat_batch_reject(b, 0, NAME, "bad", "is %s", "bad");
    leat_batch_drop(b, 0, LEAT_FILTERED);
    leat_batch_drop(b, 1, LEAT_FILTERED);
    leat_batch_reject(b, 1, -1, "bad", "is bad too");
    leat_batch_settle(b);
    assert_counts(b, LEAT_REJECTED, 2);
    assert_counts(b, LEAT_FILTERED, 0);
    assert_string_equal(account_of(b)->rejects[0].field, "name");
    assert_null(account_of(b)->rejects[1].field);
    assert_balanced(b);
    leat_batch_release(b);
}

static void test_two_rejects_of_a_row_count_once(void **state)
{
    struct leat_batch *b = batch_of(*state, 1, 0);

    leat_batch_reject(b, 0, NAME, "one", "first");
    leat_batch_reject(b, 0, GOOD, "two", "second");
    leat_batch_settle(b);
    assert_int_equal(account_of(b)->n_rejects, 1); /* and the first reason is the one that is told */
    assert_string_equal(reject_reason(b, 0), "first");
    assert_counts(b, LEAT_REJECTED, 1);
    assert_balanced(b);
    leat_batch_release(b);
}

static void test_answers_row_by_row_and_the_rest(void **state)
{
    struct leat_batch *b = batch_of(*state, 5, 0);
    struct leat_answer answers[] = {{"sub", "abc", 3}, {"group", "\0x", 2}};

    leat_batch_answer(b, 1, LEAT_ALREADY_THERE, answers, 2);
    leat_batch_answer(b, 2, LEAT_CONFLICT, NULL, 0);
    leat_batch_reject(b, 3, ID, "refused", "the target says no");
    leat_batch_answer_rest(b, LEAT_LOADED);
    leat_batch_settle(b);
    assert_counts(b, LEAT_LOADED, 2);
    assert_counts(b, LEAT_ALREADY_THERE, 1);
    assert_counts(b, LEAT_CONFLICT, 1);
    assert_counts(b, LEAT_REJECTED, 1);
    assert_int_equal(account_of(b)->n_answers, 2);
    assert_int_equal(account_of(b)->answers[0].row, 1);
    assert_memory_equal(account_of(b)->text.p + account_of(b)->answers[1].text, "\0x", 2);
    assert_balanced(b);
    leat_batch_release(b);
}

static void test_answers_in_two_goes(void **state)
{
    struct leat_batch *b = batch_of(*state, 3, 0);

    leat_batch_answer(b, 2, LEAT_LOADED, NULL, 0);
    leat_batch_settle(b);
    assert_selected(b, 2, 0, 1);
    assert_false(leat_account_complete(b));
    leat_batch_answer_rest(b, LEAT_UNKNOWN);
    leat_batch_settle(b);
    assert_counts(b, LEAT_UNKNOWN, 2);
    assert_balanced(b);
    leat_batch_release(b);
}

/* ---- aligned batches ---- */

static void test_align_shares_rows_and_columns(void **state)
{
    struct leat_batch *in = batch_of(*state, 4, 10), *out;
    int32_t row;

    leat_batch_drop(in, 1, LEAT_FILTERED);
    leat_batch_settle(in);
    out = leat_batch_derive(*state, in);
    leat_batch_drop(in, 3, LEAT_FILTERED); /* ended by the stage before it aligns */
    leat_batch_align(out, in);
    leat_batch_share(out, NAME, in, NAME);
    leat_batch_share(out, ID, in, ID);
    assert_selected(out, 2, 0, 2);
    assert_ptr_equal(out->columns[NAME].bytes, in->columns[NAME].bytes);
    assert_ptr_equal(leat_batch_source(out, 2, &row), in);
    assert_int_equal(row, 2);
    leat_batch_release(in); /* out keeps it alive: ASan looks on */
    assert_text(out, NAME, 2, "name 12");
    leat_batch_reject(out, 0, NAME, "bad", "is bad");
    leat_batch_settle(out);
    leat_batch_answer_rest(out, LEAT_LOADED);
    leat_batch_settle(out);
    assert_counts(out, LEAT_FILTERED, 2);
    assert_counts(out, LEAT_REJECTED, 1);
    assert_counts(out, LEAT_LOADED, 1);
    assert_balanced(leat_batch_origin(out));
    leat_batch_release(out);
}

static void test_a_chain_of_aligned_batches(void **state)
{
    struct leat_batch *b = batch_of(*state, 6, 0), *origin = leat_batch_ref(b);

    for (int i = 0; i < 5; i++) {
        struct leat_batch *out = leat_batch_derive(*state, b);

        leat_batch_align(out, b);
        leat_batch_share(out, ID, b, ID);
        leat_batch_release(b);
        leat_batch_drop(out, i, LEAT_FILTERED);
        leat_batch_settle(out);
        b = out;
    }
    assert_selected(b, 1, 5);
    assert_int_equal(b->columns[ID].int64[5], 5);
    assert_ptr_equal(leat_batch_origin(b), origin);
    leat_batch_answer_rest(b, LEAT_LOADED);
    leat_batch_settle(b);
    leat_batch_release(b);
    assert_counts(origin, LEAT_FILTERED, 5);
    assert_balanced(origin);
    leat_batch_release(origin);
}

/* ---- splits ---- */

/* Each row id becomes id rows. */
static struct leat_batch *split(struct leat_pool *pool, struct leat_batch *in, int32_t *children)
{
    struct leat_batch *out = leat_batch_derive(pool, in);
    struct leat_error err = {0};

    LEAT_EACH_ROW(in, row) {
        for (int64_t i = 0; i < in->columns[ID].int64[row]; i++) {
            leat_batch_put_int64(out, ID, in->columns[ID].int64[row]);
            leat_batch_end_row_from(out, row);
        }
    }
    if (leat_batch_finish_made(out, in, children, &err) < 0)
        fail_msg("%s", err.text);
    return out;
}

static void test_a_split(void **state)
{
    struct leat_batch *in = batch_of(*state, 4, 0), *out; /* into 0, 1, 2 and 3 */
    int32_t children[TEST_ROWS] = {0}, row;

    out = split(*state, in, children);
    assert_false(leat_account_complete(in));
    leat_batch_settle_parents(in, children);
    assert_int_equal(account_of(in)->n_open, 6);
    assert_int_equal(account_of(in)->n_made, 3); /* six came in place of three */
    assert_counts(in, LEAT_FILTERED, 1);         /* split into none */
    assert_int_equal(out->n_rows, 6);
    assert_ptr_equal(leat_batch_source(out, 5, &row), in);
    assert_int_equal(row, 3);
    (void)leat_batch_source(out, 1, &row);
    assert_int_equal(row, 2);
    leat_batch_drop(out, 0, LEAT_DUPLICATE);
    leat_batch_reject(out, 4, ID, "bad", "a child is bad");
    leat_batch_settle(out);
    assert_int_equal(account_of(in)->rejects[0].row, 3);
    leat_batch_answer_rest(out, LEAT_LOADED);
    leat_batch_settle(out);
    assert_int_equal(account_of(in)->verdicts[0], LEAT_FILTERED);
    assert_int_equal(account_of(in)->verdicts[1], LEAT_DUPLICATE);
    assert_int_equal(account_of(in)->verdicts[2], LEAT_LOADED);
    assert_int_equal(account_of(in)->verdicts[3], LEAT_REJECTED); /* the worst of the children's */
    assert_balanced(in);
    leat_batch_release(out);
    leat_batch_release(in);
}

/* A load may be done with the first children before the last are made. */
static void test_children_that_end_before_their_parents(void **state)
{
    struct leat_batch *in = batch_of(*state, 3, 1), *first, *second;
    int32_t children[TEST_ROWS] = {0};

    first = split(*state, in, children);
    leat_batch_answer_rest(first, LEAT_LOADED);
    leat_batch_settle(first);
    assert_false(leat_account_complete(in));
    second = split(*state, in, children);
    assert_false(leat_account_complete(in));
    leat_batch_settle_parents(in, children);
    assert_false(leat_account_complete(in));
    leat_batch_answer_rest(second, LEAT_LOADED);
    leat_batch_settle(second);
    assert_counts(in, LEAT_LOADED, 12);
    assert_int_equal(account_of(in)->n_made, 9);
    assert_balanced(in);
    leat_batch_release(first);
    leat_batch_release(second);
    leat_batch_release(in);
}

/* The parent is rejected by the stage that splits it: `roles` is no list. */
static void test_a_parent_that_is_rejected(void **state)
{
    struct leat_batch *in = batch_of(*state, 2, 1), *out;
    int32_t children[TEST_ROWS] = {0};

    leat_batch_reject(in, 0, NAME, "no_list", "is no list");
    leat_batch_settle(in);
    out = split(*state, in, children);
    leat_batch_settle_parents(in, children);
    leat_batch_answer_rest(out, LEAT_LOADED);
    leat_batch_settle(out);
    assert_counts(in, LEAT_REJECTED, 1);
    assert_counts(in, LEAT_LOADED, 2);
    assert_int_equal(account_of(in)->n_made, 1);
    assert_balanced(in);
    leat_batch_release(out);
    leat_batch_release(in);
}

/* Rejected while it is split, not before, as a plugin would: still selected. */
static void test_a_parent_that_is_rejected_on_the_way(void **state)
{
    struct leat_batch *in = batch_of(*state, 2, 1), *out = leat_batch_derive(*state, in);
    int32_t children[TEST_ROWS] = {0};
    struct leat_error err = {0};

    leat_batch_reject(in, 0, NAME, "no_list", "is no list");
    leat_batch_put_int64(out, ID, 2);
    leat_batch_end_row_from(out, 1);
    assert_int_equal(leat_batch_finish_made(out, in, children, &err), 0);
    leat_batch_settle_parents(in, children);
    leat_batch_answer_rest(out, LEAT_LOADED);
    leat_batch_settle(out);
    assert_counts(in, LEAT_REJECTED, 1);
    assert_counts(in, LEAT_LOADED, 1);
    assert_counts(in, LEAT_FILTERED, 0);
    assert_balanced(in);
    leat_batch_release(out);
    leat_batch_release(in);
}

static void test_a_split_of_a_split(void **state)
{
    struct leat_batch *in = batch_of(*state, 3, 0), *once, *twice;
    int32_t children[TEST_ROWS] = {0}, again[TEST_ROWS] = {0}, row;

    once = split(*state, in, children); /* 1, 2, 2 */
    leat_batch_settle_parents(in, children);
    twice = split(*state, once, again); /* 1, 2, 2, 2, 2 */
    leat_batch_settle_parents(once, again);
    leat_batch_release(once);
    assert_int_equal(twice->n_rows, 5);
    assert_ptr_equal(leat_batch_source(twice, 4, &row), in);
    assert_int_equal(row, 2);
    leat_batch_answer_rest(twice, LEAT_LOADED);
    leat_batch_settle(twice);
    assert_counts(in, LEAT_LOADED, 5);
    assert_counts(in, LEAT_FILTERED, 1);
    assert_balanced(in);
    leat_batch_release(twice);
    leat_batch_release(in);
}

/* A child that is too large is a reject of its origin, with the reason. */
static void test_a_child_that_is_too_large(void **state)
{
    struct leat_batch *in = batch_of(*state, 2, 1), *out = leat_batch_derive(*state, in);
    int32_t children[TEST_ROWS] = {0};
    struct leat_error err = {0};
    char text[TEST_RECORD + 1];

    memset(text, 'x', sizeof text);
    out->host->stage = "test";
    leat_batch_put_text(out, NAME, text, sizeof text);
    leat_batch_end_row_from(out, 1);
    leat_batch_put_text(out, NAME, "fine", 4);
    leat_batch_end_row_from(out, 0);
    assert_int_equal(leat_batch_finish_made(out, in, children, &err), 0);
    leat_batch_settle_parents(in, children);
    leat_batch_answer_rest(out, LEAT_LOADED);
    leat_batch_settle(out);
    assert_counts(in, LEAT_REJECTED, 1);
    assert_counts(in, LEAT_LOADED, 1);
    assert_int_equal(account_of(in)->verdicts[1], LEAT_REJECTED);
    assert_int_equal(account_of(in)->n_rejects, 1);
    assert_string_equal(account_of(in)->rejects[0].code, "record_too_large");
    assert_int_equal(account_of(in)->rejects[0].row, 1);
    assert_balanced(in);
    leat_batch_release(out);
    leat_batch_release(in);
}

static void test_children_from_nowhere(void **state)
{
    struct leat_batch *in = batch_of(*state, 2, 1), *out = leat_batch_derive(*state, in);
    int32_t children[TEST_ROWS] = {0};
    struct leat_error err = {0};

    leat_batch_put_int64(out, ID, 1);
    leat_batch_end_row_from(out, 2);
    assert_int_equal(leat_batch_finish_made(out, in, children, &err), LEAT_EPLUGIN);
    assert_has(err.text, "row 2 of a batch of 2");
    leat_batch_release(out);
    leat_batch_release(in);
}

/* A made batch that forgets where a row comes from is no crash. */
static void test_children_without_an_origin(void **state)
{
    struct leat_batch *in = batch_of(*state, 2, 1), *out = leat_batch_derive(*state, in);
    int32_t children[TEST_ROWS] = {0};
    struct leat_error err = {0};

    leat_batch_put_int64(out, ID, 1);
    leat_batch_end_row(out);
    assert_int_equal(leat_batch_finish_made(out, in, children, &err), LEAT_EPLUGIN);
    leat_batch_release(out);
    leat_batch_release(in);
}

/* ---- any mixture ---- */

static uint32_t seed = 1;

static int random_below(int n)
{
    seed = seed * 1103515245 + 12345;
    return (int)(seed >> 16) % n;
}

/* A stage that ends some rows, keeps some, and now and then splits. */
static struct leat_batch *random_stage(struct leat_pool *pool, struct leat_batch *in)
{
    struct leat_batch *out = leat_batch_derive(pool, in);
    int32_t children[TEST_ROWS] = {0};
    struct leat_error err = {0};

    LEAT_EACH_ROW(in, row)
        if (random_below(6) == 0)
            leat_batch_drop(in, row, LEAT_FILTERED + random_below(3));
    if (random_below(2)) {
        leat_batch_align(out, in);
    } else {
        LEAT_EACH_ROW(in, row)
            for (int i = in->host->fates[row] ? 0 : random_below(4); i > 0 && leat_batch_has_room(out); i--) {
                leat_batch_put_int64(out, ID, row);
                leat_batch_end_row_from(out, row);
            }
        assert_int_equal(leat_batch_finish_made(out, in, children, &err), 0);
        leat_batch_settle_parents(in, children);
    }
    leat_batch_settle(out);
    leat_batch_release(in);
    return out;
}

static void test_books_balance_whatever_happens(void **state)
{
    for (int round = 0; round < 3000; round++) {
        struct leat_batch *b = batch_of(*state, random_below(TEST_ROWS + 1), 0), *origin = leat_batch_ref(b);

        for (int stages = random_below(5); stages > 0; stages--)
            b = random_stage(*state, b);
        if (b->n_selected)
            assert_false(leat_account_complete(origin));
        LEAT_EACH_ROW(b, row)
            if (random_below(3) == 0)
                leat_batch_answer(b, row, LEAT_LOADED + random_below(LEAT_N_VERDICTS - 1), NULL, 0);
        leat_batch_settle(b);
        leat_batch_answer_rest(b, LEAT_LOADED);
        leat_batch_settle(b);
        leat_batch_release(b);
        assert_balanced(origin);
        leat_batch_release(origin);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_pool(test_each_row),
        on_pool(test_the_worse_verdict_wins),
        on_pool(test_two_rejects_of_a_row_count_once),
        on_pool(test_answers_row_by_row_and_the_rest),
        on_pool(test_answers_in_two_goes),
        on_pool(test_align_shares_rows_and_columns),
        on_pool(test_a_chain_of_aligned_batches),
        on_pool(test_a_split),
        on_pool(test_children_that_end_before_their_parents),
        on_pool(test_a_parent_that_is_rejected),
        on_pool(test_a_parent_that_is_rejected_on_the_way),
        on_pool(test_a_split_of_a_split),
        on_pool(test_a_child_that_is_too_large),
        on_pool(test_children_from_nowhere),
        on_pool(test_children_without_an_origin),
        on_pool(test_books_balance_whatever_happens),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
