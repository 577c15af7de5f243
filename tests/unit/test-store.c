/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What plugins share that reach a store elsewhere (plugins/kit/store).
 */
#include "unit.h"

#include <errno.h>

#include "kit/store/store.h"

static bool is_loopback(const char *host)
{
    return leat_is_loopback(host, strlen(host));
}

static void test_this_machine(void **state)
{
    static const char *const local[] = { "127.0.0.1", "127.255.255.254", "localhost", "LocalHost", "::1", "[::1]" };

    (void)state;
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (!is_loopback(local[i]))
            fail_msg("%s is not taken for this machine", local[i]);
    assert_true(leat_is_loopback("localhost,example.org", strlen("localhost")));
}

/* Whoever has a name of his own can let it begin as he likes. */
static void test_other_machines(void **state)
{
    static const char *const others[] = { "127.0.0.1.example.org", "127.evil.example.org", "127.", "127.1", "128.0.0.1",
                                          "0.0.0.0", "localhost.example.org", "localhos", "", "[", "[]", "::2", "[::1",
                                          "::ffff:10.0.0.1", "a-name-that-is-longer-than-any-address-can-be.example.org" };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_loopback(others[i]))
            fail_msg("%s is taken for this machine", others[i]);
}

static void test_in_plan(void **state)
{
    static const int passing[] = { LEAT_ERETRY, -ETIMEDOUT, -EIO, -EACCES, -ENOMEM, -ENOSPC };
    static const int others[] = { 0, LEAT_EPIPELINE, LEAT_EDATA, LEAT_ECANCELED, LEAT_EUNREACHABLE };

    (void)state;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        struct leat_error err = { .code = passing[i] };

        assert_int_equal(leat_in_plan(passing[i], &err), LEAT_EUNREACHABLE);
        assert_int_equal(err.code, LEAT_EUNREACHABLE);
        assert_int_equal(leat_in_plan(passing[i], NULL), LEAT_EUNREACHABLE);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct leat_error err = { .code = others[i] };

        assert_int_equal(leat_in_plan(others[i], &err), others[i]);
        assert_int_equal(err.code, others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_other_machines),
        cmocka_unit_test(test_in_plan),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
