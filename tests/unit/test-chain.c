/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Chains: stages of every kind on one batch in the calling thread; whatever they do and wherever
 * they fail, the account balances and every batch comes home.
 */
#include "unit.h"

#include <stdlib.h>

#include "batches.h"
#include "engine/run.h"

/* ---- stages ---- */

static int calls;

static int pass(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out, bool *ret_again,
                struct leat_error *err)
{
    (void)stage;
    (void)self;
    (void)ret_again;
    (void)err;
    calls++;
    leat_batch_align(out, in);
    for (int i = 0; i < in->schema->n_fields; i++)
        leat_batch_share(out, i, in, i);
    return 0;
}

/* Each row id becomes id rows, at most three a call. */
static int split(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out, bool *ret_again,
                 struct leat_error *err)
{
    int *at = self; /* children made of all so far */
    int i = 0;

    (void)stage;
    (void)err;
    calls++;
    LEAT_EACH_ROW(in, row) {
        for (int64_t k = 0; k < in->columns[ID].int64[row]; k++, i++) {
            if (i < *at)
                continue;
            if (out->n_rows == 3) {
                *at = i;
                *ret_again = true;
                return 0;
            }
            leat_batch_put_int64(out, ID, in->columns[ID].int64[row]);
            leat_batch_end_row_from(out, row);
        }
    }
    *at = 0;
    return 0;
}

static int drop_odd(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                    bool *ret_again, struct leat_error *err)
{
    (void)stage;
    (void)self;
    (void)ret_again;
    (void)err;
    calls++;
    assert_ptr_equal(in, out);
    LEAT_EACH_ROW(in, row)
        if (in->columns[ID].int64[row] % 2)
            leat_batch_reject(in, row, ID, "odd", "is odd");
    return 0;
}

static int fail_now(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                    bool *ret_again, struct leat_error *err)
{
    int *countdown = self;

    if ((*countdown)-- > 0)
        return pass(stage, self, in, out, ret_again, err);
    return leat_fail(err, LEAT_EDATA, "cannot go on");
}

static int retry(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out, bool *ret_again,
                 struct leat_error *err)
{
    int *tries = self;

    if ((*tries)++ < 2)
        return leat_fail(err, LEAT_ERETRY, "not now");
    return pass(stage, self, in, out, ret_again, err);
}

/* ---- a chain of them ---- */

enum { MAX_STAGES = 8 };

struct fixture {
    struct leat_pool pool, pools[MAX_STAGES];
    struct leat_run run;
    struct leat_plugin plugins[MAX_STAGES];
    struct leat_stage_model models[MAX_STAGES];
    struct leat_plan plans[MAX_STAGES];
    struct leat_stage stages[MAX_STAGES];
    int states[MAX_STAGES];
    struct leat_chain chain;
};

typedef int process(struct leat_stage *, void *, struct leat_batch *, struct leat_batch *, bool *, struct leat_error *);

static void add_stage(struct fixture *f, process *function)
{
    static const char *const ids[MAX_STAGES] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};
    int i = f->chain.n_stages++;

    f->plugins[i] = (struct leat_plugin){.process = function, .traits = function == drop_odd ? LEAT_IN_PLACE : 0};
    f->models[i] = (struct leat_stage_model){.kind = LEAT_KIND_TRANSFORM, .id = ids[i]};
    f->plans[i] = (struct leat_plan){.plugin = &f->plugins[i], .model = &f->models[i], .self = &f->states[i]};
    pool_set_up(&f->pools[i], NULL);
    leat_stage_init(&f->stages[i], &f->plans[i], &f->run, function == drop_odd ? NULL : &f->pools[i]);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    calls = 0;
    f->run.cap_rows = TEST_ROWS;
    f->chain.stages = f->stages;
    pool_set_up(&f->pool, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int rc = pool_close(&f->pool);

    for (int i = 0; i < f->chain.n_stages; i++) {
        leat_stage_deinit(&f->stages[i]);
        rc |= pool_close(&f->pools[i]);
    }
    free(f);
    return rc;
}

static int process_batch(struct fixture *f, struct leat_batch *in, struct leat_batch **ret, const char **ret_stage,
                         struct leat_error *err)
{
    struct leat_outflow outflow = {0};
    int rc;

    in->host->next = NULL;
    rc = leat_chain_process(&f->chain, in, &outflow, ret_stage, err);
    *ret = outflow.first;
    return rc;
}

/* Loads all that comes out and lets it go; the number of batches. */
static int load_all(struct leat_batch *out)
{
    int n = 0;

    for (struct leat_batch *next; out; out = next, n++) {
        next = out->host->next;
        leat_batch_answer_rest(out, LEAT_LOADED);
        leat_batch_settle(out);
        leat_batch_release(out);
    }
    return n;
}

static void assert_balanced(struct leat_batch *origin, int64_t loaded, int64_t rejected, int64_t filtered)
{
    const struct leat_account *a = account_of(origin);

    assert_true(leat_account_complete(origin));
    assert_int_equal(a->counts[LEAT_LOADED], loaded);
    assert_int_equal(a->counts[LEAT_REJECTED], rejected);
    assert_int_equal(a->counts[LEAT_FILTERED], filtered);
    assert_int_equal(origin->n_rows + a->n_made, loaded + rejected + filtered);
}

/* Runs a batch with ids 0 .. n - 1; its origin, held. */
static struct leat_batch *run(struct fixture *f, int n, int *ret_batches)
{
    struct leat_batch *in = batch_of(&f->pool, n, 0), *origin = leat_batch_ref(in), *out;
    struct leat_error err = {0};
    const char *stage = NULL;

    if (process_batch(f, in, &out, &stage, &err) < 0)
        fail_msg("%s: %s", stage, err.text);
    *ret_batches = load_all(out);
    return origin;
}

static void test_no_stage_at_all(void **state)
{
    struct leat_batch *origin;
    int n;

    origin = run(*state, 5, &n);
    assert_int_equal(n, 1);
    assert_balanced(origin, 5, 0, 0);
    leat_batch_release(origin);
}

static void test_aligned_and_in_place(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *origin;
    int n;

    add_stage(f, pass);
    add_stage(f, drop_odd);
    add_stage(f, pass);
    origin = run(f, 9, &n);
    assert_int_equal(n, 1);
    assert_balanced(origin, 5, 4, 0);
    assert_string_equal(account_of(origin)->rejects[0].stage, "s1");
    leat_batch_release(origin);
}

static void test_split_into_many_batches(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *origin;
    int n;

    add_stage(f, split);
    add_stage(f, pass);
    origin = run(f, 5, &n); /* 0 + 1 + 2 + 3 + 4 rows, three a batch */
    assert_int_equal(n, 4);
    assert_balanced(origin, 10, 0, 1);
    assert_int_equal(account_of(origin)->n_made, 6);
    leat_batch_release(origin);
}

static void test_split_then_reject_then_split(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *origin;
    int n;

    add_stage(f, drop_odd);
    add_stage(f, split);
    add_stage(f, split);
    origin = run(f, 5, &n); /* 0, 2 and 4 go on: 2 rows of 2 and 4 of 4, then 4 of 2 and 16 of 4 */
    assert_balanced(origin, 20, 2, 1);
    leat_batch_release(origin);
}

static void test_a_batch_without_rows_travels_on(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *origin;
    int n;

    add_stage(f, pass);
    add_stage(f, split);
    origin = run(f, 0, &n);
    assert_int_equal(n, 1);
    assert_int_equal(calls, 0); /* no stage sees it */
    assert_balanced(origin, 0, 0, 0);
    leat_batch_release(origin);
}

static void test_a_batch_that_is_emptied_travels_on(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *in = batch_of(&f->pool, 1, 7), *origin = leat_batch_ref(in), *out;
    struct leat_error err = {0};
    const char *stage;

    add_stage(f, drop_odd);
    add_stage(f, pass);
    add_stage(f, split);
    assert_int_equal(process_batch(f, in, &out, &stage, &err), 0);
    assert_int_equal(calls, 1);
    assert_int_equal(out->n_selected, 0);
    assert_int_equal(load_all(out), 1);
    assert_balanced(origin, 0, 1, 0);
    leat_batch_release(origin);
}

static void test_asks_to_be_called_again(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *origin;
    int n;

    add_stage(f, retry);
    origin = run(f, 3, &n);
    assert_int_equal(f->states[0], 3);
    assert_balanced(origin, 3, 0, 0);
    leat_batch_release(origin);
}

/* Each place of failure, each number of batches already through: nothing leaks. */
static void test_fails_anywhere(void **state)
{
    struct fixture *f = *state;

    add_stage(f, pass);
    add_stage(f, split);
    add_stage(f, drop_odd);
    add_stage(f, fail_now);
    add_stage(f, pass);
    for (int countdown = 0; countdown < 3; countdown++) { /* one of the four batches has odd ids alone */
        struct leat_batch *in = batch_of(&f->pool, 5, 0), *out, *next;
        struct leat_error err = {0};
        const char *stage = NULL;

        f->states[1] = 0;
        f->states[3] = countdown;
        assert_int_equal(process_batch(f, in, &out, &stage, &err), LEAT_EDATA);
        assert_string_equal(stage, "s3");
        assert_string_equal(err.text, "cannot go on");
        for (; out; out = next) { /* what came out before is ours to let go */
            next = out->host->next;
            leat_batch_release(out);
        }
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(test_no_stage_at_all),
        EACH(test_aligned_and_in_place),
        EACH(test_split_into_many_batches),
        EACH(test_split_then_reject_then_split),
        EACH(test_a_batch_without_rows_travels_on),
        EACH(test_a_batch_that_is_emptied_travels_on),
        EACH(test_asks_to_be_called_again),
        EACH(test_fails_anywhere),
    };
    return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
