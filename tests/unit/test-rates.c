/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * rates: in a pipeline file: what a rate may look like, and what is said of what is none.
 */
#include "unit.h"

#include "pipeline.h"

#define HEAD "leat: 1\nname: shop\nextract: {sqlite: {path: a.db}}\nload: {csv: {path: out.csv}}\n"

static void assert_about(double is, double wanted)
{
    if (!(is > wanted - 1e-9 * wanted && is < wanted + 1e-9 * wanted))
        fail_msg("%.12g is not %.12g", is, wanted);
}

static void assert_rate(const char *text, double quota, double per_second)
{
    char file[512];
    struct test_pipeline t;

    (void)snprintf(file, sizeof file, HEAD "rates: {api: %s}\n", text);
    pipeline_read(&t, file);
    assert_string_equal(pipeline_said(&t), "");
    assert_int_equal(t.pipeline.n_rates, 1);
    assert_string_equal(t.pipeline.rates[0].name, "api");
    assert_about(t.pipeline.rates[0].quota, quota);
    assert_about(t.pipeline.rates[0].per_second, per_second);
    pipeline_close(&t);
}

/* One mistake: this text at this place, with this help. */
static void assert_wrong(const char *rates, const char *place, const char *text, const char *help)
{
    char file[512];
    struct test_pipeline t;

    (void)snprintf(file, sizeof file, HEAD "%s\n", rates);
    pipeline_read(&t, file);
    if (t.diagnostics.n != 1)
        fail_msg("%d mistakes in:\n%s\n%s", t.diagnostics.n, rates, pipeline_said(&t));
    assert_has(pipeline_said(&t), place);
    assert_has(pipeline_said(&t), text);
    if (help)
        assert_has(pipeline_said(&t), help);
    pipeline_close(&t);
}

static void test_forms(void **state)
{
    (void)state;
    assert_rate("50/s", 50, 50);
    assert_rate("3000/m", 50, 50);
    assert_rate("3000/min", 50, 50);
    assert_rate("1800/h", 0.5, 0.5);
    assert_rate("1/d", 1.0 / 86400, 1.0 / 86400);
    assert_rate("0.25/s", 0.25, 0.25);
    assert_rate("'7/s'", 7, 7);
    assert_rate("1000000000/s", 1e9, 1e9);
    assert_rate("{quota: 50/s}", 50, 50);
    assert_rate("{quota: 50/s, leave: 20%}", 50, 40);
    assert_rate("{leave: 12.5%, quota: 6000/m}", 100, 87.5);
    assert_rate("{quota: 50/s, leave: 0%}", 50, 50);
}

static void test_several_in_order(void **state)
{
    struct test_pipeline t;

    (void)state;
    pipeline_read(&t, HEAD "rates:\n  login: 10/s\n  api:\n    quota: 3000/m\n    leave: 50%\n");
    assert_string_equal(pipeline_said(&t), "");
    assert_int_equal(t.pipeline.n_rates, 2);
    assert_string_equal(t.pipeline.rates[0].name, "login");
    assert_string_equal(t.pipeline.rates[1].name, "api");
    assert_about(t.pipeline.rates[1].per_second, 25);
    pipeline_close(&t);
}

static void test_none(void **state)
{
    static const char *const none[] = {HEAD, HEAD "rates: {}\n", HEAD "rates:\n", HEAD "rates:\n  # api: 50/s\n"};
    struct test_pipeline t;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        pipeline_read(&t, none[i]);
        assert_string_equal(pipeline_said(&t), "");
        assert_int_equal(t.pipeline.n_rates, 0);
        pipeline_close(&t);
    }
}

static void test_what_is_no_rate(void **state)
{
    static const char *const bad[] = {
        "50", "/s", "s", "fast", "''", "null", "0/s", "0.0/h", "-5/s", "+5/s", ".5/s", "1.2.3/s", "1,5/s", "50 /s",
        "50/ s", "50/S", "50/y", "50/s/s", "50//s", "5e1/s", "0x32/s", "inf/s", "nan/s", "1000000001/s", "0.5/d",
        "99999999999999999999999999999999999999999/s", "1e400/s", "[50/s]", "{quota: [50/s]}", "{quota: {a: b}}",
        "{quota: 50}",
    };
    char rates[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(rates, sizeof rates, "rates:\n  api: 5/s\n  login: %s", bad[i]);
        assert_wrong(rates, ":7:", "rates: login takes a number of calls in a time, at least one a day",
                     "help: write it as 50/s, 3000/m, 1000/h, or {quota: 50/s, leave: 20%}");
    }
    assert_wrong("rates:\n  login: {}", ":6:10: error:", "rates: login takes a number", "write it as 50/s");
    assert_wrong("rates:\n  login: {leave: 20%}", ":6:10: error:", "rates: login takes a number", "write it as 50/s");
    assert_wrong("rates:\n  login: {quota: x, leave: 20%}", ":6:18: error:", "rates: login takes a number", NULL);
}

static void test_what_is_no_share(void **state)
{
    static const char *const bad[] = {
        "20", "100%", "200%", "-1%", "'%'", "0.2", "''", "half", "20 %", "1e1%", "99.99999999999999999999%", "nan%",
        "[20%]",
    };
    char rates[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(rates, sizeof rates, "rates:\n  api: {quota: 50/s, leave: %s}", bad[i]);
        assert_wrong(rates, ":6:29: error:", "what api leaves for others is a share of it, below 100%",
                     "help: write it as 50/s, 3000/m, 1000/h, or {quota: 50/s, leave: 20%}");
    }
}

static void test_shape(void **state)
{
    (void)state;
    assert_wrong("rates: 50/s", ":5:8: error:", "rates: takes named budgets", "write  rates: {api: 50/s}");
    assert_wrong("rates: [50/s]", ":5:8: error:", "rates: takes named budgets", "write  rates: {api: 50/s}");
    assert_wrong("rates: ''", ":5:8: error:", "rates: takes named budgets", NULL);
    assert_wrong("rates: {api: 1/s, api: 2/s}", ":5:19: error:", "the key 'api' stands twice; the first is in line 5",
                 NULL);
    assert_wrong("rates: {'': 1/s}", ":5:9: error:", "a budget has no name", "give it a name");
    assert_wrong("rates: {api: {qouta: 1/s}}", ":5:15: error:", "a rate has no 'qouta'", "did you mean 'quota'?");
    assert_wrong("rates: {api: {quota: 1/s, burst: 5}}", ":5:27: error:", "a rate has no 'burst'",
                 "there are: quota leave");
    assert_wrong("rates: {api: {quota: 1/s, quota: 5/s}}", ":5:27: error:", "the key 'quota' stands twice", NULL);
    assert_wrong("rate: {api: 1/s}", ":5:1: error:", "a pipeline has no 'rate'", "did you mean 'rates'?");
}

static void test_variables(void **state)
{
    static const char text[] = HEAD "params: {share: 25%}\n"
                                    "rates: {a: '${env:LEAT_RATE}',"
                                    " b: {quota: '${env:LEAT_N}/s', leave: '${param:share}'}}\n";
    struct test_pipeline t;

    (void)state;
    setenv("LEAT_RATE", "120/m", 1);
    setenv("LEAT_N", "8", 1);
    unsetenv("LEAT_UNSET");
    pipeline_read(&t, text);
    assert_string_equal(pipeline_said(&t), "");
    assert_about(t.pipeline.rates[0].per_second, 2);
    assert_about(t.pipeline.rates[1].per_second, 6);
    pipeline_close(&t);
    setenv("LEAT_RATE", "many", 1);
    assert_wrong("rates: {a: '${env:LEAT_RATE}'}", ":5:12: error:", "rates: a takes a number of calls", NULL);
    setenv("LEAT_RATE", "{quota: 5/s}", 1); /* never read as YAML */
    assert_wrong("rates: {a: '${env:LEAT_RATE}'}", ":5:12: error:", "rates: a takes a number of calls", NULL);
    assert_wrong("rates: {a: '${env:LEAT_UNSET}'}", ":5:12: error:", "environment variable 'LEAT_UNSET' is not set",
                 NULL);
    assert_wrong("rates: {a: {quota: 5/s, leave: '${param:x}'}}", ":5:32: error:", "the parameter 'x' is not declared",
                 NULL);
}

static void test_set(void **state)
{
    static const char text[] = HEAD "rates: {api: 50/s, login: {quota: 10/s}}\n";
    const char *sets[] = {"rates.api.leave=20%", "rates.login.quota=20/s", "rates.mail=1/h"};
    struct leat_overrides with = {.sets = sets, .n_sets = 3};
    struct test_pipeline t;

    (void)state;
    pipeline_read_with(&t, text, strlen(text), &with);
    assert_string_equal(pipeline_said(&t), "");
    assert_int_equal(t.pipeline.n_rates, 3);
    assert_about(t.pipeline.rates[0].quota, 50);
    assert_about(t.pipeline.rates[0].per_second, 40);
    assert_about(t.pipeline.rates[1].per_second, 20);
    assert_about(t.pipeline.rates[2].per_second, 1.0 / 3600);
    pipeline_close(&t);
}

static void test_all_in_one_go(void **state)
{
    struct test_pipeline t;

    (void)state;
    pipeline_read(&t, HEAD "rates:\n  a: x\n  b: {quota: 1/s, leave: 100%}\n  c: {quota: y, leave: z, d: 1}\n");
    assert_int_equal(t.diagnostics.n, 5);
    pipeline_close(&t);
}

static void test_checkpoint(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"", 2000}, {"checkpoint: 2s\n", 2000}, {"checkpoint: 500ms\n", 500}, {"checkpoint: 1m\n", 60000},
                {"checkpoint: 0s\n", 0}, {"checkpoint: 0.5s\n", 500}};
    static const char *const bad[] = {"2", "0", "-1s", "soon", "''", "[2s]", "2 weeks", "99999999999999999999s"};
    char text[256];
    struct test_pipeline t;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(text, sizeof text, HEAD "%s", good[i].text);
        pipeline_read(&t, text);
        assert_string_equal(pipeline_said(&t), "");
        assert_int_equal(t.pipeline.checkpoint_ms, good[i].ms);
        pipeline_close(&t);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, "checkpoint: %s", bad[i]);
        assert_wrong(text, ":5:13: error:", "checkpoint is the time between two checkpoints", "500ms, 2s or 1m");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_several_in_order),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_what_is_no_rate),
        cmocka_unit_test(test_what_is_no_share),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_all_in_one_go),
        cmocka_unit_test(test_checkpoint),
    };
    return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
