/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The pipeline model: sections, stages, loads, limits, parameters; all mistakes in one go.
 */
#include "unit.h"

#include "pipeline.h"

#define HEAD "leat: 1\nname: shop\nextract: {sqlite: {path: a.db}}\n"
#define TAIL "load: {csv: {path: out.csv}}\n"

static void assert_good(struct test_pipeline *t, const char *text)
{
    pipeline_read(t, text);
    assert_string_equal(pipeline_said(t), "");
}

static void assert_wrong(const char *text, const char *part)
{
    struct test_pipeline t;

    pipeline_read(&t, text);
    if (t.diagnostics.n != 1)
        fail_msg("%d mistakes in:\n%s\n%s", t.diagnostics.n, text, pipeline_said(&t));
    assert_has(pipeline_said(&t), part);
    pipeline_close(&t);
}

static void test_stages_in_order(void **state)
{
    struct test_pipeline t;
    const struct leat_pipeline *p = &t.pipeline;

    (void)state;
    assert_good(&t, HEAD "transform:\n  - filter: a > 1\n  - {map: {x: y}, id: shape, workers: 3}\n  - filter: b\n"
                         "validate:\n  - cognito_user\n  - dedupe:\n" TAIL "rejects: {csv: {path: r.csv}}\n");
    assert_string_equal(p->name, "shop");
    assert_string_equal(p->extract.plugin, "sqlite");
    assert_int_equal(p->n_chain, 5);
    assert_string_equal(p->chain[0].id, "filter");
    assert_string_equal(p->chain[0].options->text, "a > 1");
    assert_string_equal(p->chain[1].id, "shape");
    assert_int_equal(p->chain[1].workers, 3);
    assert_string_equal(p->chain[2].id, "filter-2");
    assert_int_equal(p->chain[2].workers, 0);
    assert_int_equal(p->chain[3].kind, LEAT_KIND_VALIDATE);
    assert_string_equal(p->chain[3].plugin, "cognito_user");
    assert_null(p->chain[3].options);
    assert_null(p->chain[4].options);
    assert_string_equal(p->load_name, "csv");
    assert_string_equal(p->rejects.plugin, "csv");
    assert_string_equal(p->rejects.id, "rejects");
    assert_null(p->results.plugin);
    pipeline_close(&t);
}

static void test_defaults(void **state)
{
    struct test_pipeline t;

    (void)state;
    assert_good(&t, HEAD TAIL);
    assert_int_equal(t.pipeline.memory, 32 << 20);
    assert_int_equal(t.pipeline.max_record, 1 << 20);
    assert_false(t.pipeline.max_rejects.given);
    assert_true(t.pipeline.max_rejects.n <= 0);
    assert_int_equal(t.pipeline.n_chain, 0);
    assert_null(t.pipeline.tests);
    pipeline_close(&t);
}

static void test_limits(void **state)
{
    struct test_pipeline t;

    (void)state;
    assert_good(&t, HEAD TAIL "max_rejects: 1.5%\nstop_after: 100\nmemory: 64MiB\nmax_record: 2M\nbatch_rows: 7\n");
    assert_true(t.pipeline.max_rejects.percent);
    assert_true(t.pipeline.max_rejects.n > 1.49 && t.pipeline.max_rejects.n < 1.51);
    assert_false(t.pipeline.stop_after.percent);
    assert_true(t.pipeline.stop_after.given);
    assert_int_equal(t.pipeline.memory, 64 << 20);
    assert_int_equal(t.pipeline.batch_rows, 7);
    pipeline_close(&t);
}

static void test_limits_that_are_none(void **state)
{
    static const char *const bad[] = {
        "max_rejects: many\n", "max_rejects: -1\n", "max_rejects: 101%\n", "max_rejects: 1.5\n", "max_rejects: 1%%\n",
        "max_rejects: [1]\n", "stop_after: nan\n", "stop_after: 1 %\n", "memory: 1k\n", "memory: lots\n",
        "max_record: 10\n", "batch_rows: 0\n", "batch_rows: 65537\n", "batch_rows: {a: 1}\n",
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, HEAD TAIL "%s", bad[i]);
        assert_wrong(text, ":5:");
    }
}

static void test_mistakes(void **state)
{
    (void)state;
    assert_wrong("name: x\nextract: {csv: {}}\n" TAIL, "which version of the format");
    assert_wrong("leat: 2\nname: x\nextract: {csv: {}}\n" TAIL, ":1:7: error: the format version is not known");
    assert_wrong("leat: 1\nextract: {csv: {}}\n" TAIL, "has no name");
    assert_wrong("leat: 1\nname: ../x\nextract: {csv: {}}\n" TAIL, ":2:7: error: the name names files");
    assert_wrong("leat: 1\nname: x\n" TAIL, "has no extract:");
    assert_wrong("leat: 1\nname: x\nextract:\n" TAIL, "has no extract:");
    assert_wrong(HEAD, "has no load:");
    assert_wrong(HEAD TAIL "tranform: []\n", "did you mean 'transform'?");
    assert_wrong(HEAD TAIL "transform: {map: {a: b}}\n", "takes a list of stages");
    assert_wrong(HEAD TAIL "transform:\n  - map: {a: b}\n    filter: x\n", "a stage has one plugin, and this one is map");
    assert_wrong(HEAD TAIL "transform:\n  - [map]\n", "a stage is a mapping with one key");
    assert_wrong(HEAD TAIL "transform:\n  - {id: x}\n", "names no plugin");
    assert_wrong(HEAD TAIL "transform:\n  - {map: {a: b}, workers: 0}\n", "workers must be a number from 1");
    assert_wrong(HEAD TAIL "transform:\n  - {map: {a: b}, id: []}\n", "id must be a name");
    assert_wrong(HEAD TAIL "transform:\n  - {map: {}, id: x}\n  - {set: {}, id: x}\n", "another stage has the id 'x'");
    assert_wrong(HEAD TAIL "loads: [csv]\n", "loads: takes named stages");
    assert_wrong(HEAD TAIL "params: [x]\n", "params: takes named parameters");
    assert_wrong(HEAD TAIL "params: {x: {defualt: 1}}\n", "did you mean 'default'?");
    assert_wrong("- leat\n", "a pipeline file is a mapping");
    assert_wrong("just text\n", "a pipeline file is a mapping");
}

static void test_all_in_one_go(void **state)
{
    struct test_pipeline t;

    (void)state;
    pipeline_read(&t, "leat: 3\nname: a b\nextrakt: {}\ntransform: x\nmemory: x\nmax_rejects: x\n");
    assert_true(t.diagnostics.n >= 7); /* and no extract, and no load */
    pipeline_close(&t);
}

static void test_swapping_loads(void **state)
{
    static const char text[] = HEAD "load: b\nloads:\n  a: {csv: {path: a.csv}}\n  b: {null: {}}\n";
    struct leat_overrides other = {.load = "a"}, missing = {.load = "aa"};
    struct test_pipeline t;

    (void)state;
    assert_good(&t, text);
    assert_string_equal(t.pipeline.load_name, "b");
    assert_string_equal(t.pipeline.load.plugin, "null");
    pipeline_close(&t);
    pipeline_read_with(&t, text, strlen(text), &other);
    assert_int_equal(t.rc, 0);
    assert_string_equal(t.pipeline.load_name, "a");
    assert_string_equal(t.pipeline.load.plugin, "csv");
    pipeline_close(&t);
    pipeline_read_with(&t, text, strlen(text), &missing);
    assert_has(pipeline_said(&t), "--load aa: there is no such load");
    assert_has(pipeline_said(&t), "did you mean 'a'?");
    pipeline_close(&t);
    assert_wrong(HEAD "load: c\nloads: {csv: {csv: {path: x}}, table: {null: {}}}\n", "loads: has no 'c'");
}

static void test_parameters(void **state)
{
    static const char text[] = HEAD TAIL "params:\n  db: {default: a.db, help: The shop}\n  needed: {help: x}\n  short: s\n";
    const char *good[] = {"needed=x=y", "db="}, *bad[] = {"dbb=1", "nothing"};
    struct leat_overrides with = {.params = good, .n_params = 2}, wrong = {.params = bad, .n_params = 2};
    struct test_pipeline t;

    (void)state;
    pipeline_read_with(&t, text, strlen(text), &with);
    assert_string_equal(pipeline_said(&t), "");
    assert_string_equal(t.pipeline.parameters[0].value, "");
    assert_string_equal(t.pipeline.parameters[1].value, "x=y");
    assert_string_equal(t.pipeline.parameters[2].value, "s");
    pipeline_close(&t);
    pipeline_read_with(&t, text, strlen(text), &wrong);
    assert_int_equal(t.diagnostics.n, 2);
    assert_has(pipeline_said(&t), "--param dbb: there is no such parameter");
    assert_has(pipeline_said(&t), "--param nothing gives no value");
    pipeline_close(&t);
}

static void test_a_byte_order_mark(void **state)
{
    struct test_pipeline t;

    (void)state;
    assert_good(&t, "\xEF\xBB\xBF" HEAD TAIL);
    pipeline_close(&t);
    assert_wrong("\xEF\xBB\xBFleat: 2\r\nname: x\r\nextract: {csv: {}}\r\n" TAIL, ":1:7: error:");
}

static void test_a_file_that_cannot_be_read(void **state)
{
    static const struct leat_overrides none;
    struct leat_diagnostics diagnostics = {0};
    struct leat_pipeline pipeline;
    struct leat_error err = {0};

    (void)state;
    assert_int_equal(leat_pipeline_read(&pipeline, "/nowhere.yaml", &none, &diagnostics, &err), -ENOENT);
    assert_has(err.text, "/nowhere.yaml");
    leat_pipeline_deinit(&pipeline);
    assert_int_equal(leat_pipeline_read(&pipeline, "/tmp", &none, &diagnostics, &err), -EISDIR);
    leat_pipeline_deinit(&pipeline);
    assert_int_equal(diagnostics.n, 0);
    leat_diagnostics_deinit(&diagnostics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages_in_order),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limits_that_are_none),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_in_one_go),
        cmocka_unit_test(test_swapping_loads),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_a_byte_order_mark),
        cmocka_unit_test(test_a_file_that_cannot_be_read),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
