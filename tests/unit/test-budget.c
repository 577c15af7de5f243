/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The memory budget: who waits, who is let through, who wakes whom.
 */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "batch/batch.h"

/* A thread that takes n bytes and says whether it got them. */
struct taker {
    struct leat_budget *budget;
    pthread_t thread;
    int64_t n;
    bool got;
    atomic_bool done;
};

static void *take(void *argument)
{
    struct taker *t = argument;

    t->got = leat_budget_take(t->budget, t->n);
    atomic_store(&t->done, true);
    return NULL;
}

static void start(struct taker *t, struct leat_budget *budget, int64_t n)
{
    *t = (struct taker){.budget = budget, .n = n};
    assert_int_equal(pthread_create(&t->thread, NULL, take, t), 0);
}

static bool join(struct taker *t)
{
    assert_int_equal(pthread_join(t->thread, NULL), 0);
    return t->got;
}

static void wait_until_dry(struct leat_budget *budget)
{
    while (!leat_budget_dry(budget))
        usleep(1000);
}

static void test_take_and_give_back(void **state)
{
    struct leat_budget budget;

    (void)state;
    leat_budget_init(&budget, 100);
    assert_true(leat_budget_take(&budget, 60));
    assert_true(leat_budget_take(&budget, 40));
    assert_int_equal(budget.used, 100);
    leat_budget_charge(&budget, -100);
    assert_int_equal(budget.used, 0);
    assert_int_equal(budget.peak, 100);
    assert_false(leat_budget_dry(&budget));
    leat_budget_deinit(&budget);
}

static void test_more_than_the_limit_goes_alone(void **state)
{
    struct leat_budget budget;
    struct taker t;

    (void)state;
    leat_budget_init(&budget, 100);
    assert_true(leat_budget_take(&budget, 500));
    start(&t, &budget, 500);
    wait_until_dry(&budget);
    assert_false(atomic_load(&t.done));
    leat_budget_charge(&budget, -500);
    assert_true(join(&t));
    assert_int_equal(budget.used, 500);
    assert_int_equal(budget.peak, 500);
    leat_budget_deinit(&budget);
}

static void test_charging_never_waits(void **state)
{
    struct leat_budget budget;

    (void)state;
    leat_budget_init(&budget, 100);
    leat_budget_charge(&budget, 1000);
    assert_int_equal(budget.used, 1000);
    leat_budget_charge(&budget, -1000);
    leat_budget_deinit(&budget);
}

static void test_it_waits_for_as_much_as_it_needs(void **state)
{
    struct leat_budget budget;
    struct taker t;

    (void)state;
    leat_budget_init(&budget, 100);
    assert_true(leat_budget_take(&budget, 90));
    start(&t, &budget, 50);
    wait_until_dry(&budget);
    leat_budget_charge(&budget, -30); /* 60 + 50 is too much still */
    usleep(20000);
    assert_false(atomic_load(&t.done));
    leat_budget_charge(&budget, -10);
    assert_true(join(&t));
    assert_int_equal(budget.used, 100);
    leat_budget_deinit(&budget);
}

static void test_cancel_wakes_everybody(void **state)
{
    struct leat_budget budget;
    struct taker t[4];

    (void)state;
    leat_budget_init(&budget, 100);
    assert_true(leat_budget_take(&budget, 100));
    for (int i = 0; i < 4; i++)
        start(&t[i], &budget, 10);
    wait_until_dry(&budget);
    leat_budget_cancel(&budget);
    for (int i = 0; i < 4; i++)
        assert_false(join(&t[i]));
    assert_int_equal(budget.used, 100);
    assert_false(leat_budget_take(&budget, 1)); /* and nobody waits any more */
    leat_budget_deinit(&budget);
}

/* ---- many threads ---- */

enum { THREADS = 8, LIMIT = 1000 };

static void *take_and_give(void *argument)
{
    struct leat_budget *budget = argument;
    unsigned seed = (unsigned)(uintptr_t)&budget;

    for (int i = 0; i < 2000; i++) {
        int n = 1 + rand_r(&seed) % (LIMIT / 2);

        if (!leat_budget_take(budget, n))
            return NULL;
        leat_budget_charge(budget, -n);
    }
    return NULL;
}

static void test_many_threads_stay_below_the_limit(void **state)
{
    struct leat_budget budget;
    pthread_t threads[THREADS];

    (void)state;
    leat_budget_init(&budget, LIMIT);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &budget), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(budget.used, 0);
    assert_int_equal(budget.n_waiting, 0);
    assert_true(budget.peak <= LIMIT);
    leat_budget_deinit(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_and_give_back),
        cmocka_unit_test(test_more_than_the_limit_goes_alone),
        cmocka_unit_test(test_charging_never_waits),
        cmocka_unit_test(test_it_waits_for_as_much_as_it_needs),
        cmocka_unit_test(test_cancel_wakes_everybody),
        cmocka_unit_test(test_many_threads_stay_below_the_limit),
    };
    alarm(120); /* a wait that nobody ends is a failure, not a hang */
    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
