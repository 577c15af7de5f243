/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The rate governor between clients and servers that are a few numbers: no second has more calls
 * than it may, a hidden limit is found, storms are sat out, and what is shared is shared.
 */
#include "unit.h"

#include <math.h>

#include "test-rate.h"

/* ---- clients and a server, step by step ---- */

enum { WINDOW = 256 };

struct server {
    double limit;             /* calls a second in its own bucket; 0: none */
    double tokens;
    int percent_throttled, percent_lost; /* whatever the rate is */
    bool down;
    int64_t retry_after_ms;
};

struct client {
    const char *id;
    int window, latency_ms;   /* records it holds at once */
    int late_ms;              /* it comes up to so much later than it was told to */
    int64_t n_records;        /* that it has not called for */
    int64_t answer_at[WINDOW];
    enum leat_reply answer[WINDOW];
    int n_under_way, n_waiting; /* calls; records that wait for another try */
    int64_t ask_at[2];        /* first calls, retries: not before */
    int64_t n_calls, n_fine, n_throttled;
    int64_t rc;               /* negative: it has given up */
};

struct simulation {
    struct governed governed;
    struct server server;
    struct client clients[2];
    int64_t step_us;
    unsigned seed;
    int64_t *log;             /* when each call went */
    int n_log, cap_log;
};

static enum leat_reply serve(struct simulation *s)
{
    if (s->server.down || rand_r(&s->seed) % 100 < s->server.percent_lost)
        return LEAT_REPLY_FAILED;
    if (rand_r(&s->seed) % 100 < s->server.percent_throttled)
        return LEAT_REPLY_THROTTLED;
    if (!(s->server.limit > 0))
        return LEAT_REPLY_FINE;
    if (s->server.tokens < 1)
        return LEAT_REPLY_THROTTLED;
    s->server.tokens -= 1;
    return LEAT_REPLY_FINE;
}

static void send_call(struct simulation *s, struct client *c, bool retry)
{
    c->answer[c->n_under_way] = serve(s);
    c->answer_at[c->n_under_way++] = s->governed.now + c->latency_ms * MS;
    c->n_calls++;
    c->n_waiting -= retry;
    c->n_records -= !retry;
    if (s->n_log == s->cap_log)
        assert_non_null(s->log = realloc(s->log, (size_t)(s->cap_log += 65536) * sizeof *s->log));
    s->log[s->n_log++] = s->governed.now;
}

static void read_answers(struct simulation *s, struct client *c)
{
    int n = 0;

    for (int i = 0; i < c->n_under_way; i++) {
        if (c->answer_at[i] > s->governed.now) {
            c->answer_at[n] = c->answer_at[i];
            c->answer[n++] = c->answer[i];
            continue;
        }
        tell(&s->governed, c->answer[i], c->answer[i] == LEAT_REPLY_FINE ? 0 : s->server.retry_after_ms);
        c->n_fine += c->answer[i] == LEAT_REPLY_FINE;
        c->n_waiting += c->answer[i] != LEAT_REPLY_FINE;
        c->n_throttled += c->answer[i] == LEAT_REPLY_THROTTLED;
    }
    c->n_under_way = n;
}

static bool wants(const struct client *c, bool retry)
{
    return retry ? c->n_waiting > 0 : c->n_records > 0 && c->n_waiting + c->n_under_way < c->window;
}

static void ask(struct simulation *s, struct client *c, bool retry)
{
    while (c->rc == 0 && c->ask_at[retry] <= s->governed.now && wants(c, retry)) {
        int64_t ms = leat_rate_budget_take(s->governed.budget, c->id, retry, s->governed.now);

        if (ms < 0)
            c->rc = ms;
        else if (ms == 0)
            send_call(s, c, retry);
        else
            c->ask_at[retry] = s->governed.now + ms * MS + (c->late_ms ? rand_r(&s->seed) % (c->late_ms * MS) : 0);
    }
}

static void simulate(struct simulation *s, double seconds)
{
    int64_t end = s->governed.now + (int64_t)(seconds * SECOND);

    for (; s->governed.now < end; s->governed.now += s->step_us) {
        s->server.tokens = fmin(s->server.tokens + s->server.limit * (double)s->step_us / SECOND,
                                fmax(1, s->server.limit / 10));
        for (int i = 0; i < 2; i++) {
            read_answers(s, &s->clients[i]);
            ask(s, &s->clients[i], true);
            ask(s, &s->clients[i], false);
        }
    }
}

/* One client without an end of records; the second has none. */
static struct client *begin(struct simulation *s, double per_second, int window, int latency_ms)
{
    *s = (struct simulation){.step_us = MS, .seed = 7};
    govern(&s->governed, per_second);
    for (int i = 0; i < 2; i++)
        s->clients[i] = (struct client){.id = i ? "find" : "load", .window = window, .latency_ms = latency_ms,
                                        .n_records = i ? 0 : INT64_MAX};
    return &s->clients[0];
}

static void end(struct simulation *s)
{
    free(s->log);
    leat_rates_deinit(&s->governed.rates);
}

/* The most calls in any second, its end not included. */
static int busiest_second(const struct simulation *s)
{
    int most = 0;

    for (int i = 0, first = 0; i < s->n_log; i++) {
        while (s->log[first] <= s->log[i] - SECOND)
            first++;
        if (i - first + 1 > most)
            most = i - first + 1;
    }
    return most;
}

/* ---- the rate ---- */

static void assert_rate(double rate, int late_ms, double least_used)
{
    struct simulation s;

    begin(&s, rate, WINDOW, 20)->late_ms = late_ms;
    s.step_us = 731; /* no multiple of anything */
    simulate(&s, 40);
    s.governed.now += 100 * SECOND; /* what is saved up meanwhile is small */
    simulate(&s, 40);
    if (busiest_second(&s) > ceil(rate))
        fail_msg("%d calls in a second at %g/s, %d ms late", busiest_second(&s), rate, late_ms);
    if (s.n_log < least_used * 80 * rate)
        fail_msg("%d calls in 80 s at %g/s, %d ms late", s.n_log, rate, late_ms);
    end(&s);
}

static void test_no_second_has_more_than_the_share(void **state)
{
    static const double rates[] = {0.3, 0.5, 1, 2, 2.5, 7, 10, 50, 51.2, 333, 2000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_rate(rates[i], 0, 0.97);
        assert_rate(rates[i], 18, 0.96); /* what they have missed is made up for, but not within the same second */
        assert_rate(rates[i], 300, 0);
    }
}

/* ---- throttling ---- */

static void test_it_recovers_in_half_a_minute(void **state)
{
    struct simulation s;
    struct client *c = begin(&s, 200, WINDOW, 50);

    (void)state;
    s.server.percent_throttled = 100;
    c->n_records = WINDOW;
    simulate(&s, 30);
    assert_about(look(&s.governed).current, 2);
    s.server.percent_throttled = 0;
    c->n_records = INT64_MAX;
    simulate(&s, 20);
    assert_between(look(&s.governed).current, 80, 150);
    simulate(&s, 13);
    assert_about(look(&s.governed).current, 200);
    end(&s);
}

/* Lets it run so long that it has settled, then measures: nearly all of the limit is used, and little is refused. */
static void assert_finds(struct simulation *s, double limit, double settle_s)
{
    struct client *c = &s->clients[0];
    int64_t fine, throttled;

    s->server.limit = limit;
    simulate(s, settle_s);
    fine = c->n_fine, throttled = c->n_throttled;
    simulate(s, 60);
    fine = c->n_fine - fine, throttled = c->n_throttled - throttled;
    print_message("# limit %g: %g fine, %g throttled a second\n", limit, (double)fine / 60, (double)throttled / 60);
    assert_between((double)fine / 60, 0.9 * limit, 1.01 * limit);
    assert_between((double)throttled, 1, 0.12 * (double)fine); /* what is not tried cannot be found */
}

/* Three limits below the ceiling. */
static void test_it_finds_a_hidden_limit(void **state)
{
    static const double limits[] = {80, 50, 20};

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct simulation s;

        begin(&s, 100, 64, 40);
        assert_finds(&s, limits[i], 10);
        end(&s);
    }
}

static void test_it_finds_a_limit_without_a_rate_of_its_own(void **state)
{
    static const double limits[] = {1000, 100, 20};

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct simulation s;
        struct client *c = begin(&s, 0, 64, 5);

        assert_finds(&s, limits[i], 60);
        assert_between((double)c->n_calls, 1, 1.25 * (double)c->n_fine + 100);
        end(&s);
    }
}

/* From below and from above: others on the same quota go and come. */
static void test_it_follows_a_limit_that_moves(void **state)
{
    static const double rates[] = {100, 0};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct simulation s;

        begin(&s, rates[i], 64, 40);
        assert_finds(&s, 30, 20);
        assert_finds(&s, 90, 45);
        assert_finds(&s, 30, 20);
        end(&s);
    }
}

/* One in twenty whatever the rate: no reason to crawl, not even to slow down by much. */
static void test_noise_is_no_limit(void **state)
{
    static const double rates[] = {5, 50, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct simulation s;
        struct client *c = begin(&s, rates[i], WINDOW, 20);

        s.server.percent_throttled = 5;
        simulate(&s, 120);
        print_message("# of %g/s: %g fine a second\n", rates[i], (double)c->n_fine / 120);
        assert_between((double)c->n_fine / 120, 0.65 * rates[i], rates[i]);
        assert_between((double)c->n_calls / (double)c->n_fine, 1, 1.1);
        end(&s);
    }
}

/* What a storm has left in the memory does not hold for long. */
static void test_noise_after_a_storm(void **state)
{
    static const double rates[] = {5, 50, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct simulation s;
        struct client *c = begin(&s, rates[i], 64, 40);
        int64_t fine;

        s.server.percent_throttled = 100;
        simulate(&s, 60);
        s.server.percent_throttled = 5;
        simulate(&s, 80);
        fine = c->n_fine;
        simulate(&s, 60);
        print_message("# of %g/s: %g fine a second\n", rates[i], (double)(c->n_fine - fine) / 60);
        assert_between((double)(c->n_fine - fine) / 60, 0.6 * rates[i], rates[i]);
        end(&s);
    }
}

static void test_a_minute_in_which_half_is_throttled(void **state)
{
    static const double rates[] = {0, 50, 1000};
    static const int windows[] = {1, 16, 256};

    (void)state;
    for (int i = 0; i < 9; i++) {
        struct simulation s;
        struct client *c = begin(&s, rates[i / 3], windows[i % 3], 30);
        int64_t storm_calls, storm_fine;

        simulate(&s, 5);
        s.server.percent_throttled = 50;
        storm_calls = c->n_calls, storm_fine = c->n_fine;
        simulate(&s, 60);
        storm_calls = c->n_calls - storm_calls, storm_fine = c->n_fine - storm_fine;
        s.server.percent_throttled = 0;
        simulate(&s, 60);
        c->n_records = 0;
        simulate(&s, 30); /* what is left waits no longer than this */
        print_message("# %g/s, %d at once: %g calls a record, %lld for %lld in the storm\n", rates[i / 3],
                      windows[i % 3], (double)c->n_calls / (double)c->n_fine, (long long)storm_calls,
                      (long long)storm_fine);
        assert_int_equal(c->n_waiting, 0);
        assert_between((double)c->n_calls, (double)c->n_fine, 1.5 * (double)c->n_fine);
        if (rates[i / 3] > 0)
            assert_true(busiest_second(&s) <= rates[i / 3]);
        end(&s);
    }
}

/* Nothing slows this down but the retries' own budget. */
static void test_a_minute_in_which_half_is_lost(void **state)
{
    static const int windows[] = {1, 16, 256};

    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct simulation s;
        struct client *c = begin(&s, 100, windows[i], 30);

        simulate(&s, 5);
        s.server.percent_lost = 50;
        simulate(&s, 60);
        s.server.percent_lost = 0;
        simulate(&s, 5);
        c->n_records = 0;
        simulate(&s, 40);
        print_message("# %d at once: %g calls a record\n", windows[i], (double)c->n_calls / (double)c->n_fine);
        assert_int_equal(c->n_waiting, 0);
        /* The 75 of rate.h, and those that were left when there was nothing new to make room for them. */
        assert_between((double)c->n_calls, (double)c->n_fine, 1.5 * (double)c->n_fine + 75 + windows[i]);
        end(&s);
    }
}

/* ---- what the server asks for ---- */

static void test_a_server_that_asks_again_and_again(void **state)
{
    struct simulation s;
    struct client *c = begin(&s, 0, 32, 20);

    (void)state;
    s.server = (struct server){.limit = 5, .retry_after_ms = 2000};
    c->n_records = 1000;
    simulate(&s, 500);
    print_message("# %lld calls for %lld records\n", (long long)c->n_calls, (long long)c->n_fine);
    assert_int_equal(c->n_fine, 1000);
    assert_between((double)c->n_calls, 1000, 1500);
    end(&s);
}

/* ---- a server that fails ---- */

/* Down for a while, then back; and down for good. */
static void test_outages(void **state)
{
    for (int seconds = 20; seconds <= 120; seconds += 100) {
        struct simulation s;
        struct client *c = begin(&s, 50, 32, 100);

        (void)state;
        c->n_records = 2000;
        simulate(&s, 10);
        s.server.down = true;
        simulate(&s, seconds);
        s.server.down = false;
        simulate(&s, 80);
        print_message("# down for %d s: %lld calls for %lld records, %lld\n", seconds, (long long)c->n_calls,
                      (long long)c->n_fine, (long long)c->rc);
        assert_int_equal(c->rc, seconds < 100 ? 0 : LEAT_EUNREACHABLE);
        assert_int_equal(c->n_fine == 2000, seconds < 100);
        assert_between((double)c->n_calls, (double)c->n_fine, 1.05 * (double)c->n_fine + 100);
        end(&s);
    }
}

/* ---- whose budget ---- */

static void test_two_stages_share_one_budget(void **state)
{
    static const double rates[] = {2, 20, 500};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct simulation s;
        struct client *load = begin(&s, rates[i], 8, 1), *find = &s.clients[1];
        int64_t both;

        simulate(&s, 20); /* alone: all of it */
        assert_between((double)load->n_calls, 0.95 * 20 * rates[i], 20 * rates[i]);
        find->n_records = 50 * (int64_t)rates[i];
        both = load->n_calls;
        simulate(&s, 80); /* both: half of it */
        assert_between((double)find->n_calls, 0.45 * 80 * rates[i], 0.55 * 80 * rates[i]);
        assert_between((double)(load->n_calls - both), 0.42 * 80 * rates[i], 0.55 * 80 * rates[i]);
        simulate(&s, 60);
        both = load->n_calls;
        simulate(&s, 20); /* the other has no more */
        assert_between((double)(load->n_calls - both), 0.95 * 20 * rates[i], 20 * rates[i]);
        assert_true(busiest_second(&s) <= rates[i]);
        end(&s);
    }
}

/* One that was told to wait and does not come back loses its turn soon. */
static void test_a_turn_does_not_last(void **state)
{
    struct simulation s;
    struct client *load = begin(&s, 20, 8, 1);

    (void)state;
    simulate(&s, 2);
    assert_true(leat_rate_budget_take(s.governed.budget, "find", false, s.governed.now) > 0);
    load->n_calls = 0;
    simulate(&s, 2);
    assert_between((double)load->n_calls, 36, 40);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_second_has_more_than_the_share),
        cmocka_unit_test(test_it_recovers_in_half_a_minute),
        cmocka_unit_test(test_it_finds_a_hidden_limit),
        cmocka_unit_test(test_it_finds_a_limit_without_a_rate_of_its_own),
        cmocka_unit_test(test_it_follows_a_limit_that_moves),
        cmocka_unit_test(test_noise_is_no_limit),
        cmocka_unit_test(test_noise_after_a_storm),
        cmocka_unit_test(test_a_minute_in_which_half_is_throttled),
        cmocka_unit_test(test_a_minute_in_which_half_is_lost),
        cmocka_unit_test(test_a_server_that_asks_again_and_again),
        cmocka_unit_test(test_outages),
        cmocka_unit_test(test_two_stages_share_one_budget),
        cmocka_unit_test(test_a_turn_does_not_last),
    };
    alarm(120); /* a loop that no number ends is a failure, not a hang */
    return cmocka_run_group_tests_name("rate-storms", tests, NULL, NULL);
}
