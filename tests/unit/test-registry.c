/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The registry on the real plugins of the tests: found by name, loaded once, the first folder wins.
 * What is said of bad ones is tests/cli/test-bad-plugins.sh.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/run.h"
#include "plugin/registry.h"

static char good[512], bad[512];

static void registry_open(struct leat_registry *r, const char *first, const char *second)
{
    const char *folders[] = {first, second};
    struct leat_error err = {0};

    if (leat_registry_init(r, &leat_host_table, folders, second ? 2 : 1, &err) < 0)
        fail_msg("%s", err.text);
}

static void test_found_by_name_and_loaded_once(void **state)
{
    const struct leat_plugin *first, *again;
    struct leat_error err = {0};
    struct leat_registry r;

    (void)state;
    registry_open(&r, good, NULL);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "probe", &first, NULL, &err), 0);
    assert_string_equal(first->name, "probe");
    assert_non_null(first->read);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "probe", &again, NULL, &err), 0);
    assert_ptr_equal(first, again);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_LOAD, "probe", &again, NULL, &err), 0);
    assert_ptr_not_equal(first, again); /* the same name, another kind */
    assert_int_equal(r.n_loaded, 2);
    leat_registry_deinit(&r);
}

static void test_missing_names_the_nearest(void **state)
{
    const struct leat_plugin *plugin = NULL;
    struct leat_error err = {0};
    struct leat_registry r;
    const char *near = NULL;

    (void)state;
    registry_open(&r, good, NULL);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_LOAD, "prob", &plugin, &near, &err), -ENOENT);
    assert_string_equal(near, "probe");
    assert_has(err.text, "there is no load plugin 'prob'");
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_LOAD, "somethingelse", &plugin, &near, &err), -ENOENT);
    assert_null(near);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_LOAD, "../load-probe", &plugin, NULL, NULL), -ENOENT);
    assert_null(plugin);
    leat_registry_deinit(&r);
}

static void test_a_bad_one_does_not_stay(void **state)
{
    const struct leat_plugin *plugin = NULL;
    struct leat_error err = {0};
    struct leat_registry r;

    (void)state;
    registry_open(&r, bad, NULL);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "bad_abi", &plugin, NULL, &err), LEAT_EABI);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "no_read", &plugin, NULL, &err), LEAT_EPLUGIN);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "bad_abi", &plugin, NULL, &err), LEAT_EABI);
    assert_null(plugin);
    assert_int_equal(r.n_loaded, 0);
    leat_registry_deinit(&r);
}

static void test_the_first_folder_wins(void **state)
{
    char folder[] = "/tmp/leat-test-XXXXXX", file[600];
    const struct leat_plugin *plugin;
    struct leat_error err = {0};
    struct leat_registry r;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/extract-probe.so", folder);
    assert_int_equal(leat_file_write(file, "no plugin", 9), 0);
    registry_open(&r, folder, good);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "probe", &plugin, NULL, &err), LEAT_EPLUGIN);
    assert_has(err.text, file);
    leat_registry_deinit(&r);
    registry_open(&r, good, folder);
    assert_int_equal(leat_registry_stage(&r, LEAT_KIND_EXTRACT, "probe", &plugin, NULL, &err), 0);
    leat_registry_deinit(&r);
    unlink(file);
    rmdir(folder);
}

static void test_files_are_sorted_and_each_once(void **state)
{
    const char *const *paths;
    struct leat_registry r;
    int n;

    (void)state;
    registry_open(&r, good, good);
    n = leat_registry_files(&r, &paths);
    assert_true(n >= 4);
    for (int i = 1; i < n; i++)
        assert_true(strcmp(strrchr(paths[i - 1], '/'), strrchr(paths[i], '/')) < 0);
    leat_registry_deinit(&r);
}

static void test_a_folder_that_is_not_there(void **state)
{
    const char *folders[] = {"/nowhere/at/all"};
    struct leat_error err = {0};
    struct leat_registry r;

    (void)state;
    assert_int_equal(leat_registry_init(&r, &leat_host_table, folders, 1, &err), LEAT_EUSAGE);
    assert_has(err.text, "/nowhere/at/all");
    leat_registry_deinit(&r);
}

int main(void)
{
    const char *built = getenv("top_builddir");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_name_and_loaded_once),
        cmocka_unit_test(test_missing_names_the_nearest),
        cmocka_unit_test(test_a_bad_one_does_not_stay),
        cmocka_unit_test(test_the_first_folder_wins),
        cmocka_unit_test(test_files_are_sorted_and_each_once),
        cmocka_unit_test(test_a_folder_that_is_not_there),
    };

    (void)snprintf(good, sizeof good, "%s/tests/plugins/.libs", built ? built : ".");
    (void)snprintf(bad, sizeof bad, "%s/tests/plugins/bad/.libs", built ? built : ".");
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
