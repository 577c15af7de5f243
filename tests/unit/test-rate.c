/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The rate governor, asked by hand: who goes when, who waits for how long, and what is given up.
 * test-rate-storms.c is the same against servers.
 */
#include "unit.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "test-rate.h"

/* ---- the rate ---- */

static void test_without_a_rate_all_go(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(take(&g, false), 0);
    assert_true(look(&g).current <= 0);
    leat_rates_deinit(&g.rates);
}

/* Less than a call in a life time is no reason to overflow. */
static void test_a_very_slow_rate(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 1e-20);
    assert_int_equal(take(&g, false), 0);
    assert_int_equal(take(&g, false), 600000);
    g.now += 600 * SECOND;
    assert_int_equal(take(&g, false), 600000);
    tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_int_equal(take(&g, false), 600000);
    leat_rates_deinit(&g.rates);
}

static void test_a_clock_that_seems_to_go_back(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 10);
    assert_int_equal(take(&g, false), 0);
    g.now -= SECOND / 2; /* another thread, which waited for the lock */
    assert_between((double)take(&g, false), 1, 103);
    g.now += SECOND / 2;
    assert_between((double)take(&g, false), 1, 103);
    leat_rates_deinit(&g.rates);
}

/* ---- throttling ---- */

/* The share of refusals that the governor sees after so many, with nothing fine between them. */
static double share_of(int n)
{
    return 1 - pow(127.0 / 128, n);
}

/* Calls so long that the rate is used, then as many refusals as bring it down for the first time. */
static void lower_it(struct governed *g)
{
    for (int i = 0; i < 60; i++)
        (void)go(g, false);
    for (int i = 0; i < 11; i++)
        tell(g, LEAT_REPLY_THROTTLED, 0);
}

static void test_throttling_lowers_the_rate_by_its_share(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 100);
    for (int i = 0; i < 60; i++)
        (void)go(&g, false);
    for (int i = 0; i < 10; i++)
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_about(look(&g).current, 100); /* 7.5 % */
    tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_between(look(&g).current, 91, 100 * (1 - share_of(11))); /* 8.3 %; callers may have made 99.5 of the 100 */
    leat_rates_deinit(&g.rates);
}

static void test_much_throttling_halves_it_once(void **state)
{
    struct governed g;
    double lowered;

    (void)state;
    govern(&g, 100);
    lower_it(&g);
    lowered = look(&g).current;
    tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_about(look(&g).current, lowered);
    g.now += SECOND; /* these 48 calls were under way when it went down */
    for (int i = 0; i < 48; i++)
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_about(look(&g).current, lowered);
    call(&g, LEAT_REPLY_THROTTLED); /* 38 % */
    assert_about(look(&g).current, lowered / 2);
    call(&g, LEAT_REPLY_THROTTLED); /* too soon */
    assert_about(look(&g).current, lowered / 2);
    g.now += SECOND / 2;
    call(&g, LEAT_REPLY_THROTTLED);
    assert_about(look(&g).current, lowered / 4);
    leat_rates_deinit(&g.rates);
}

/* Every so many calls one is refused: below 8 % it is noise, up to 20 % it is the edge of a quota. */
static void test_little_throttling_is_let_pass(void **state)
{
    static const struct {
        int every;
        double least, most;
    } cases[] = {{20, 100, 100}, {14, 100, 100}, {8, 0.8 * 100, 0.92 * 100}, {3, 0.4 * 100, 0.5 * 100}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct governed g;
        double least = 100;

        govern(&g, 100);
        for (int j = 1; j <= 2000; j++) {
            double before = look(&g).current;

            call(&g, j % cases[i].every ? LEAT_REPLY_FINE : LEAT_REPLY_THROTTLED);
            if (look(&g).current / before * 100 < least) /* the deepest step */
                least = look(&g).current / before * 100;
        }
        assert_between(least, cases[i].least, cases[i].most);
        leat_rates_deinit(&g.rates);
    }
}

/* Who makes less of the rate than it is, is lowered from that. */
static void test_it_goes_down_from_what_is_used(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 1000);
    for (int i = 0; i < 100; i++, g.now += 100 * MS) /* 10/s */
        call(&g, LEAT_REPLY_FINE);
    for (int i = 0; i < 11; i++)
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_between(look(&g).current, 9, 10.5);
    leat_rates_deinit(&g.rates);
}

static void test_the_rate_has_a_floor(void **state)
{
    static const struct {
        double ceiling, floor;
    } cases[] = {{1000, 10}, {50, 0.5}, {5, 0.2}, {0.1, 0.1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct governed g;
        int64_t end;

        govern(&g, cases[i].ceiling);
        for (end = g.now + 280 * SECOND; g.now < end; g.now += SECOND)
            call(&g, LEAT_REPLY_THROTTLED);
        assert_about(look(&g).current, cases[i].floor);
        leat_rates_deinit(&g.rates);
    }
}

/* Who has not called has not learned that more would go. */
static void test_silence_does_not_raise_it(void **state)
{
    struct governed g;
    double halved;

    (void)state;
    govern(&g, 100);
    lower_it(&g);
    for (int i = 0; i < 49; i++)
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    g.now += SECOND;
    call(&g, LEAT_REPLY_THROTTLED);
    halved = look(&g).current;
    assert_between(halved, 45, 46);
    g.now += 600 * SECOND;
    call(&g, LEAT_REPLY_FINE);
    assert_about(look(&g).current, halved + 100.0 / 30 * 5);
    leat_rates_deinit(&g.rates);
}

static void test_lowered_from_what_was_measured_then_free_again(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    for (int i = 0; i < 1000; i++, g.now += 10 * MS) /* 100/s */
        call(&g, LEAT_REPLY_FINE);
    assert_between(look(&g).used, 99, 101);
    for (int i = 0; i < 10; i++)
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_true(look(&g).current <= 0);
    tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_between(look(&g).current, 91, 94);
    g.now += SECOND / 2;
    for (int i = 0; i < 20; i++)
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_between(look(&g).current, 75, 88); /* by its share, once; at a fifth it would be half */
    g.now += SECOND / 2;
    tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_between(look(&g).current, 37, 44);
    for (int i = 0; i < 350; i++, g.now += 100 * MS) /* back by 2.5 to 3 a second: from the rate when it was halved */
        call(&g, LEAT_REPLY_FINE);
    assert_between(look(&g).current, 120, 175);
    for (int i = 0; i < 150; i++, g.now += 100 * MS)
        call(&g, LEAT_REPLY_FINE);
    assert_true(look(&g).current <= 0);
    leat_rates_deinit(&g.rates);
}

/* ---- what the server asks for ---- */

static void test_retry_after(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 1000);
    for (int i = 0; i < 4; i++)
        (void)go(&g, false);
    tell(&g, LEAT_REPLY_THROTTLED, 30000);
    tell(&g, LEAT_REPLY_FAILED, 100); /* less than what was asked for before */
    tell(&g, LEAT_REPLY_FAILED, -5);
    tell(&g, LEAT_REPLY_FINE, 0);
    assert_int_equal(look(&g).waiting_ms, 30000);
    assert_int_equal(take(&g, false), 30000);
    g.now += 30 * SECOND - 1;
    assert_int_equal(take(&g, true), 1);
    g.now++;
    assert_int_equal(take(&g, true), 0);
    assert_int_equal(look(&g).waiting_ms, 0);
    tell(&g, LEAT_REPLY_FAILED, INT64_MAX);
    assert_int_equal(take(&g, false), 600000);
    leat_rates_deinit(&g.rates);
}

/* ---- retries ---- */

static void test_retries_are_a_third_and_fifty(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    for (int i = 0; i < 100; i++)
        call(&g, LEAT_REPLY_FINE);
    for (int i = 0; i < 124; i++, tell(&g, LEAT_REPLY_FINE, 0))
        assert_int_equal(take(&g, true), 0);
    assert_int_equal(take(&g, true), 100); /* 50 and a third of 224 */
    call(&g, LEAT_REPLY_FINE);
    assert_int_equal(take(&g, true), 0); /* room for one more at 225 */
    for (int i = 0; i < 2; i++) {
        call(&g, LEAT_REPLY_FINE);
        assert_int_equal(take(&g, true) > 0, i < 1); /* and at 228 */
    }
    assert_int_equal(look(&g).n_retries, 126);
    leat_rates_deinit(&g.rates);
}

static void spend_retries(struct governed *g)
{
    for (g->now += MS; take(g, true) == 0; g->now += MS)
        tell(g, LEAT_REPLY_FINE, 0);
}

/* All that a stage holds waits for another try: they go one by one. */
static void test_retries_trickle_where_nothing_else_moves(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 1e6);
    call(&g, LEAT_REPLY_FINE);
    spend_retries(&g);
    for (int i = 0; i < 5; i++) {
        assert_between((double)go(&g, true), 999, 1010);
        tell(&g, LEAT_REPLY_THROTTLED, 0);
    }
    assert_between((double)go(&g, true), 999, 1010);
    assert_true(take(&g, true) > 0);
    for (int i = 0; i < 20; i++) { /* better: the next at once, but not two */
        tell(&g, LEAT_REPLY_FINE, 0);
        assert_int_equal(take(&g, true), 0);
        assert_true(take(&g, true) > 0);
    }
    tell(&g, LEAT_REPLY_FINE, 0);
    call(&g, LEAT_REPLY_FINE); /* others move again: make room */
    assert_true(take(&g, true) > 0);
    (void)go(&g, false);
    (void)go(&g, true);
    tell(&g, LEAT_REPLY_FINE, 0);
    tell(&g, LEAT_REPLY_THROTTLED, 0); /* not so fine after all */
    assert_true(take(&g, true) > 0);
    leat_rates_deinit(&g.rates);
}

static void test_retries_pause_while_all_fails(void **state)
{
    struct governed g;
    int64_t longest = 0, n = 0;

    (void)state;
    govern(&g, 0);
    call(&g, LEAT_REPLY_FAILED);
    assert_true(take(&g, true) > 0);
    assert_int_equal(take(&g, false), 0); /* only retries do */
    tell(&g, LEAT_REPLY_FINE, 0);
    assert_int_equal(take(&g, true), 0); /* and not once something was fine */
    for (int i = 0; i < 15; i++) {
        int64_t ms;

        tell(&g, LEAT_REPLY_FAILED, 0);
        ms = go(&g, true);
        assert_between((double)ms, 0, i < 5 ? 200 << i : 3200);
        longest = ms > longest ? ms : longest;
        n += ms > 0;
    }
    assert_true(longest > 1000);
    assert_true(n > 10);
    leat_rates_deinit(&g.rates);
}

/* ---- a server that fails ---- */

/* Twenty failures in a row. */
static void break_it(struct governed *g)
{
    for (int i = 0; i < 20; i++, g->now += 270 * MS)
        call(g, LEAT_REPLY_FAILED);
    g->now -= 270 * MS;
}

static void test_the_breaker_opens_and_closes(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    for (int i = 0; i < 100; i++)
        call(&g, i % 20 == 19 ? LEAT_REPLY_FINE : LEAT_REPLY_FAILED); /* many, but not in a row */
    for (int i = 0; i < 19; i++, g.now += SECOND)
        call(&g, LEAT_REPLY_FAILED);
    assert_int_equal(take(&g, false), 0);
    tell(&g, LEAT_REPLY_FINE, 0);
    break_it(&g);
    assert_int_equal(take(&g, false), 1000);
    assert_int_equal(look(&g).waiting_ms, 1000);
    assert_int_equal(go(&g, false), 1000);
    assert_int_equal(take(&g, false), 100); /* one only */
    tell(&g, LEAT_REPLY_FINE, 0);
    for (int i = 0; i < 50; i++)
        assert_int_equal(take(&g, false), 0);
    leat_rates_deinit(&g.rates);
}

static void test_a_throttled_probe_closes_it_too(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 100);
    break_it(&g);
    assert_int_equal(go(&g, true), 1000);
    tell(&g, LEAT_REPLY_THROTTLED, 0);
    assert_int_equal(take(&g, false), 0);
    assert_int_equal(take(&g, false), 0); /* two: not a probe each second */
    leat_rates_deinit(&g.rates);
}

static void test_it_is_given_up_after_five_probes(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    break_it(&g);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(go(&g, true), 1000 << i);
        assert_false(look(&g).given_up);
        tell(&g, LEAT_REPLY_FAILED, 0);
    }
    assert_int_equal(take(&g, false), LEAT_EUNREACHABLE);
    assert_true(look(&g).given_up);
    tell(&g, LEAT_REPLY_FINE, 0);
    g.now += 3600 * SECOND;
    assert_int_equal(take(&g, true), LEAT_EUNREACHABLE);
    leat_rates_deinit(&g.rates);
}

/* Thirty calls were under way: that they fail as well says nothing new. */
static void test_stragglers_are_no_probes(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    for (int i = 0; i < 30; i++)
        assert_int_equal(take(&g, false), 0);
    break_it(&g);
    assert_int_equal(go(&g, false), 1000);
    for (int i = 0; i < 30; i++)
        tell(&g, LEAT_REPLY_FAILED, 0);
    assert_int_equal(take(&g, false), 100); /* the probe is still out */
    tell(&g, LEAT_REPLY_FAILED, 0);
    assert_int_equal(take(&g, false), 2000);
    leat_rates_deinit(&g.rates);
}

static void test_retry_after_holds_a_probe_back(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 0);
    assert_int_equal(take(&g, false), 0);
    break_it(&g);
    tell(&g, LEAT_REPLY_FAILED, 7000);
    assert_int_equal(look(&g).waiting_ms, 7000);
    assert_int_equal(go(&g, false), 7000);
    leat_rates_deinit(&g.rates);
}

static void test_five_minutes_of_throttling_are_enough(void **state)
{
    struct governed g;

    (void)state;
    govern(&g, 100);
    for (int i = 0; i < 59; i++, g.now += 5 * SECOND)
        call(&g, LEAT_REPLY_THROTTLED);
    call(&g, LEAT_REPLY_FINE);
    for (int i = 0; i < 59; i++, g.now += 5 * SECOND)
        call(&g, LEAT_REPLY_THROTTLED);
    assert_false(look(&g).given_up);
    g.now += 20 * SECOND;
    call(&g, LEAT_REPLY_THROTTLED);
    assert_int_equal(take(&g, false), LEAT_EUNREACHABLE);
    leat_rates_deinit(&g.rates);
}

/* ---- whose budget ---- */

static void test_budgets_by_name(void **state)
{
    static const struct leat_rate declared[] = {{"api", 40, 50}, {"login", 10, 10}};
    struct leat_rate_view views[8];
    struct leat_rates rates;

    (void)state;
    leat_rates_init(&rates, declared, 2);
    assert_ptr_equal(leat_rates_budget(&rates, "api", "load"), leat_rates_budget(&rates, "api", "find"));
    assert_ptr_not_equal(leat_rates_budget(&rates, "api", "load"), leat_rates_budget(&rates, "login", "load"));
    assert_ptr_equal(leat_rates_budget(&rates, NULL, "api"), leat_rates_budget(&rates, NULL, "api"));
    assert_ptr_not_equal(leat_rates_budget(&rates, NULL, "api"), leat_rates_budget(&rates, "api", "api"));
    assert_ptr_not_equal(leat_rates_budget(&rates, NULL, "api"), leat_rates_budget(&rates, NULL, "load"));
    (void)leat_rate_budget_take(leat_rates_budget(&rates, NULL, "load"), "load", true, 5 * SECOND);
    assert_int_equal(leat_rates_view(&rates, 6 * SECOND, 8, views), 4);
    assert_string_equal(views[0].name, "api");
    assert_about(views[0].quota, 50);
    assert_about(views[0].ceiling, 40);
    assert_about(views[0].current, 40);
    assert_int_equal(views[0].n_calls, 0);
    assert_string_equal(views[3].name, "load");
    assert_true(views[3].quota <= 0 && views[3].current <= 0);
    assert_about(views[3].used, 1);
    assert_int_equal(views[3].n_calls, 1);
    assert_int_equal(views[3].n_retries, 1);
    assert_int_equal(leat_rates_view(&rates, 6 * SECOND, 1, views), 1);
    leat_rates_deinit(&rates);
}

/* ---- many threads ---- */

enum { THREADS = 8, CALLS = 5000 };

struct crowd {
    struct leat_rates rates;
    atomic_llong now;
};

static void *take_and_tell(void *argument)
{
    struct crowd *c = argument;
    struct leat_rate_view view;

    for (int i = 0; i < CALLS; i++) {
        struct leat_rate_budget *b = leat_rates_budget(&c->rates, i % 2 ? "api" : NULL, "stage");
        int64_t ms;

        while ((ms = leat_rate_budget_take(b, "stage", false, atomic_load(&c->now))) > 0)
            atomic_fetch_add(&c->now, MS);
        if (ms < 0)
            return NULL;
        leat_rate_budget_told(b, i % 50 ? LEAT_REPLY_FINE : LEAT_REPLY_THROTTLED, 0, atomic_load(&c->now));
        if (i % 100 == 0)
            (void)leat_rates_view(&c->rates, atomic_load(&c->now), 1, &view);
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    static const struct leat_rate declared = {"api", 1000, 1000};
    struct leat_rate_view views[2];
    pthread_t threads[THREADS];
    struct crowd c;

    (void)state;
    leat_rates_init(&c.rates, &declared, 1);
    atomic_init(&c.now, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_tell, &c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(leat_rates_view(&c.rates, atomic_load(&c.now), 2, views), 2);
    assert_int_equal(views[0].n_calls, THREADS * CALLS / 2);
    assert_int_equal(views[1].n_calls, THREADS * CALLS / 2);
    assert_int_equal(views[0].n_throttled + views[1].n_throttled, THREADS * CALLS / 50);
    assert_true(views[0].n_calls <= 1 + atomic_load(&c.now) / MS);
    leat_rates_deinit(&c.rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_rate_all_go),
        cmocka_unit_test(test_a_very_slow_rate),
        cmocka_unit_test(test_a_clock_that_seems_to_go_back),
        cmocka_unit_test(test_throttling_lowers_the_rate_by_its_share),
        cmocka_unit_test(test_much_throttling_halves_it_once),
        cmocka_unit_test(test_little_throttling_is_let_pass),
        cmocka_unit_test(test_it_goes_down_from_what_is_used),
        cmocka_unit_test(test_the_rate_has_a_floor),
        cmocka_unit_test(test_silence_does_not_raise_it),
        cmocka_unit_test(test_lowered_from_what_was_measured_then_free_again),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_retries_are_a_third_and_fifty),
        cmocka_unit_test(test_retries_trickle_where_nothing_else_moves),
        cmocka_unit_test(test_retries_pause_while_all_fails),
        cmocka_unit_test(test_the_breaker_opens_and_closes),
        cmocka_unit_test(test_a_throttled_probe_closes_it_too),
        cmocka_unit_test(test_it_is_given_up_after_five_probes),
        cmocka_unit_test(test_stragglers_are_no_probes),
        cmocka_unit_test(test_retry_after_holds_a_probe_back),
        cmocka_unit_test(test_five_minutes_of_throttling_are_enough),
        cmocka_unit_test(test_budgets_by_name),
        cmocka_unit_test(test_many_threads),
    };
    alarm(120); /* a loop that no number ends is a failure, not a hang */
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
