/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the leat authors */

/* What the build promises to everything else: the dialect, and where plugins are installed. */
#include "unit.h"

#include <string.h>

static void test_dialect_is_gnu17(void **state)
{
    (void)state;
    assert_int_equal(__STDC_VERSION__, 201710L);
}

static void test_plugin_folder_is_absolute(void **state)
{
    (void)state;
    assert_int_equal(LEAT_PLUGIN_DIR[0], '/');
    assert_non_null(strstr(LEAT_PLUGIN_DIR, "/leat/plugins"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialect_is_gnu17),
        cmocka_unit_test(test_plugin_folder_is_absolute),
    };
    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
