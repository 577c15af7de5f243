/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * --set: which value a path means, and what is said when it means none.
 */
#include "unit.h"

#include "pipeline.h"

static const char text[] = "leat: 1\nname: x\nextract: {csv: {path: in.csv}}\n"
                           "transform:\n  - filter: a\n  - map: {x: y}\n"
                           "load: csv\nloads:\n  csv: {cognito_csv: {path: a.csv}}\n  api: {cognito_api: {pool: p}}\n";

static void set_all(struct test_pipeline *t, const char *first, const char *second)
{
    const char *sets[] = {first, second};
    struct leat_overrides overrides = {.sets = sets, .n_sets = second ? 2 : 1};

    pipeline_read_with(t, text, strlen(text), &overrides);
}

/* The text at a path of keys, ended by NULL. */
static const char *at(const struct test_pipeline *t, ...)
{
    const struct leat_node *node = t->pipeline.root;
    const char *key;
    va_list args;

    va_start(args, t);
    while ((key = va_arg(args, const char *)) && node)
        node = node->kind == LEAT_LIST ? node->children[atoi(key)] : leat_node_get(node, key);
    va_end(args);
    return node ? node->text : "(nothing)";
}

static void test_a_value_is_replaced(void **state)
{
    struct test_pipeline t;

    (void)state;
    set_all(&t, "extract.csv.path=other.csv", NULL);
    assert_string_equal(pipeline_said(&t), "");
    assert_string_equal(at(&t, "extract", "csv", "path", NULL), "other.csv");
    assert_string_equal(at(&t, "loads", "csv", "cognito_csv", "path", NULL), "a.csv");
    pipeline_close(&t);
}

static void test_a_value_is_added(void **state)
{
    struct test_pipeline t;

    (void)state;
    set_all(&t, "extract.csv.header=false", "memory=64MiB");
    assert_string_equal(pipeline_said(&t), "");
    assert_string_equal(at(&t, "extract", "csv", "header", NULL), "false");
    assert_int_equal(t.pipeline.memory, 64 << 20);
    pipeline_close(&t);
}

static void test_load_name_goes_to_its_plugin(void **state)
{
    struct test_pipeline t;

    (void)state;
    set_all(&t, "load.csv.path=b.csv", "load.api.pool=q");
    assert_string_equal(pipeline_said(&t), "");
    assert_string_equal(at(&t, "loads", "csv", "cognito_csv", "path", NULL), "b.csv");
    assert_string_equal(at(&t, "loads", "api", "cognito_api", "pool", NULL), "q");
    pipeline_close(&t);
}

static void test_the_last_one_counts(void **state)
{
    struct test_pipeline t;

    (void)state;
    set_all(&t, "extract.csv.path=b.csv", "extract.csv.path=c=d.csv");
    assert_string_equal(at(&t, "extract", "csv", "path", NULL), "c=d.csv");
    pipeline_close(&t);
}

static void test_into_a_list(void **state)
{
    struct test_pipeline t;

    (void)state;
    set_all(&t, "transform.map.x=z", "transform.1.map.w=v");
    assert_string_equal(pipeline_said(&t), "");
    assert_string_equal(at(&t, "transform", "1", "map", "x", NULL), "z");
    assert_string_equal(at(&t, "transform", "1", "map", "w", NULL), "v");
    pipeline_close(&t);
}

static void test_paths_to_nothing(void **state)
{
    static const char *const bad[] = {"path", "=x", "load.nothere.path=x", "transform.set.x=y", "transform.9.map.x=y",
                                      "name.x.y=z", "load.path=x"};
    struct test_pipeline t;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set_all(&t, bad[i], NULL);
        if (!t.diagnostics.n)
            fail_msg("--set %s was taken", bad[i]);
        assert_has(pipeline_said(&t), bad[i]);
        pipeline_close(&t);
    }
}

static void test_an_unknown_section_is_named(void **state)
{
    struct test_pipeline t;

    (void)state;
    set_all(&t, "extrct.csv.path=x", NULL);
    assert_has(pipeline_said(&t), "did you mean 'extract'?");
    assert_has(pipeline_said(&t), "--set extrct.csv.path=x");
    pipeline_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_is_replaced),
        cmocka_unit_test(test_a_value_is_added),
        cmocka_unit_test(test_load_name_goes_to_its_plugin),
        cmocka_unit_test(test_the_last_one_counts),
        cmocka_unit_test(test_into_a_list),
        cmocka_unit_test(test_paths_to_nothing),
        cmocka_unit_test(test_an_unknown_section_is_named),
    };
    return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
