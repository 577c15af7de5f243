/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the leat authors */

/* The set of keys behind dedupe and unique, held against a bitmap, in memory and spilled. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit/keyset/keyset.h"

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static struct keyset_key key_of(uint64_t id)
{
    return (struct keyset_key){ .high = mix(2 * id + 1), .low = mix(2 * id) };
}

static struct keyset *open_set(int64_t memory)
{
    struct keyset_settings settings = { .memory = memory };
    struct leat_error err = { 0 };
    struct keyset *set;

    assert_int_equal(keyset_open(&set, &settings, &err), 0);
    return set;
}

static int add(struct keyset *set, struct keyset_key key)
{
    struct leat_error err = { 0 };
    int rc = keyset_add(set, key, &err);

    if (rc < 0)
        print_error("%s\n", err.text);
    return rc;
}

/* Adds n keys, of which about `share` percent were there before, and holds each answer against the bitmap. */
static void hold_against_bitmap(struct keyset *set, uint64_t n, unsigned share, int64_t most_bytes_a_key)
{
    bool *seen = calloc(n, sizeof *seen);
    int64_t n_new = 0;

    assert_non_null(seen);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t id = mix(~i) % 100 < share ? mix(i) % (i + 1) : i;

        assert_int_equal(add(set, key_of(id)), !seen[id]);
        n_new += !seen[id];
        seen[id] = true;
        if (most_bytes_a_key && n_new > 10000)
            assert_true(keyset_count(set).n_bytes <= most_bytes_a_key * n_new);
    }
    for (uint64_t i = 0; i < n; i += 7)
        assert_int_equal(keyset_has(set, key_of(i), NULL), seen[i]);
    assert_int_equal(keyset_count(set).n_in_memory + keyset_count(set).n_spilled, n_new);
    free(seen);
}

static void test_a_key_is_new_once(void **state)
{
    struct keyset *set = open_set(KEYSET_MIN_MEMORY);

    (void)state;
    assert_int_equal(keyset_has(set, key_of(1), NULL), 0);
    assert_int_equal(add(set, key_of(1)), 1);
    assert_int_equal(add(set, key_of(1)), 0);
    assert_int_equal(add(set, key_of(2)), 1);
    assert_int_equal(keyset_has(set, key_of(1), NULL), 1);
    keyset_close(set);
}

static void test_exact_in_memory_at_42_bytes_a_key(void **state)
{
    struct keyset *set = open_set(INT64_C(256) << 20);

    (void)state;
    hold_against_bitmap(set, 400000, 30, 42);
    assert_int_equal(keyset_count(set).n_spilled, 0);
    keyset_close(set);
}

static void test_exact_when_spilled(void **state)
{
    struct keyset *set = open_set(KEYSET_MIN_MEMORY);

    (void)state;
    hold_against_bitmap(set, 1000000, 30, 0);
    assert_true(keyset_count(set).n_spilled > 600000);
    assert_true(keyset_count(set).n_bytes <= KEYSET_MIN_MEMORY + 700000 / 256 * 8);
    keyset_close(set);
}

/* Half a key is alike in all: pages on disk begin alike, and no split can part the keys. */
static void test_exact_when_half_the_hash_is_alike(void **state)
{
    struct keyset *set = open_set(KEYSET_MIN_MEMORY);
    struct keyset_key key = { .high = 42 };

    (void)state;
    for (key.low = 1; key.low <= 5000; key.low++)
        assert_int_equal(add(set, key), 1);
    for (key.low = 1; key.low <= 5000; key.low++)
        assert_int_equal(add(set, key), 0);
    assert_int_equal(add(set, key), 1);
    assert_true(keyset_count(set).n_spilled > 0);
    keyset_close(set);
}

static bool always(void *arg)
{
    (void)arg;
    return true;
}

/* Two runs of more than a million keys together are merged, and someone asks for the end. */
static void test_merging_lets_go_when_cancelled(void **state)
{
    struct keyset_settings settings = { .memory = INT64_C(40) << 20, .cancelled = always };
    struct leat_error err = { 0 };
    struct keyset *set;
    int rc = 1;

    (void)state;
    assert_int_equal(keyset_open(&set, &settings, &err), 0);
    for (uint64_t i = 0; i < 3000000 && rc == 1; i++)
        rc = keyset_add(set, key_of(i), &err);
    assert_int_equal(rc, LEAT_ECANCELED);
    keyset_close(set);
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
    struct keyset *set = open_set(KEYSET_MIN_MEMORY);
    const char *old = getenv("TMPDIR");
    char *kept = old ? strdup(old) : NULL;
    struct leat_error err = { 0 };
    int rc = 1;

    (void)state;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    for (uint64_t i = 0; i < 100000 && rc == 1; i++)
        rc = keyset_add(set, key_of(i), &err);
    assert_int_equal(rc, -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
    keyset_close(set);
}

static void test_nothing_is_left_in_the_folder(void **state)
{
    char folder[] = "/tmp/leat-test-keyset-XXXXXX";
    const char *old = getenv("TMPDIR");
    char *kept = old ? strdup(old) : NULL;
    struct keyset *set;

    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    set = open_set(KEYSET_MIN_MEMORY);
    for (uint64_t i = 0; i < 100000; i++)
        assert_int_equal(add(set, key_of(i)), 1);
    assert_true(keyset_count(set).n_spilled > 0);
    assert_int_equal(rmdir(folder), 0); /* empty while the files are open */
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
    keyset_close(set);
}

/* ---- keys of rows ---- */

static struct leat_column text_column(int32_t *offsets, const char *bytes, uint8_t *validity)
{
    return (struct leat_column){ .type = LEAT_TEXT, .n_rows = 2, .offsets = offsets, .bytes = (uint8_t *)bytes,
                                 .validity = validity };
}

static bool same_keys(const struct leat_batch *batch, const int *fields, int n)
{
    struct keyset_key a, b;

    assert_true(keyset_row_key(batch, fields, n, 0, 7, &a));
    assert_true(keyset_row_key(batch, fields, n, 1, 7, &b));
    return a.high == b.high && a.low == b.low;
}

static void test_the_parts_of_a_key_do_not_run_together(void **state)
{
    int32_t first[] = { 0, 2, 3 }, second[] = { 0, 1, 3 }; /* ab|c and a|bc */
    struct leat_column columns[] = { text_column(first, "aba", NULL), text_column(second, "cbc", NULL) };
    struct leat_batch batch = { .columns = columns, .n_rows = 2, .n_selected = 2 };
    const int both[] = { 0, 1 }, swapped[] = { 1, 0 };
    struct keyset_key a, b;

    (void)state;
    assert_false(same_keys(&batch, both, 2));
    assert_true(keyset_row_key(&batch, both, 2, 0, 7, &a));
    assert_true(keyset_row_key(&batch, swapped, 2, 0, 7, &b));
    assert_true(a.high != b.high);
}

static void test_a_null_part_gives_no_key(void **state)
{
    int32_t offsets[] = { 0, 1, 1 };
    uint8_t validity[8] = { 1 };
    struct leat_column columns[] = { text_column(offsets, "a", NULL), text_column(offsets, "a", validity) };
    struct leat_batch batch = { .columns = columns, .n_rows = 2, .n_selected = 2 };
    const int both[] = { 0, 1 };
    struct keyset_key key;

    (void)state;
    assert_true(keyset_row_key(&batch, both, 2, 0, 7, &key));
    assert_false(keyset_row_key(&batch, both, 2, 1, 7, &key));
}

static void test_zero_has_no_sign(void **state)
{
    double values[] = { 0.0, -0.0 };
    struct leat_column column = { .type = LEAT_FLOAT64, .n_rows = 2, .float64 = values };
    struct leat_batch batch = { .columns = &column, .n_rows = 2, .n_selected = 2 };

    (void)state;
    assert_true(same_keys(&batch, (const int[]){ 0 }, 1));
}

static void test_dates_bools_and_numbers_differ(void **state)
{
    int32_t dates[] = { 1, 2 };
    int64_t numbers[] = { 1, 2 };
    uint8_t bits[8] = { 1 };
    struct leat_column columns[] = { { .type = LEAT_DATE, .n_rows = 2, .date = dates },
                                     { .type = LEAT_INT64, .n_rows = 2, .int64 = numbers },
                                     { .type = LEAT_BOOL, .n_rows = 2, .bits = bits } };
    struct leat_batch batch = { .columns = columns, .n_rows = 2, .n_selected = 2 };

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_false(same_keys(&batch, &i, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_new_once),
        cmocka_unit_test(test_exact_in_memory_at_42_bytes_a_key),
        cmocka_unit_test(test_exact_when_spilled),
        cmocka_unit_test(test_exact_when_half_the_hash_is_alike),
        cmocka_unit_test(test_merging_lets_go_when_cancelled),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_named),
        cmocka_unit_test(test_nothing_is_left_in_the_folder),
        cmocka_unit_test(test_the_parts_of_a_key_do_not_run_together),
        cmocka_unit_test(test_a_null_part_gives_no_key),
        cmocka_unit_test(test_zero_has_no_sign),
        cmocka_unit_test(test_dates_bools_and_numbers_differ),
    };
    return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
