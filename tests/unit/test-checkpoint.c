/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Checkpoints as the state keeps them: named values under a number, those of each target apart.
 */
#include "test-state.h"

#include "delivery/checkpoint.h"

static struct leat_checkpoint checkpoint(int64_t seq, const char *position)
{
    struct leat_checkpoint c = {.seq = seq};

    leat_checkpoint_add_number(&c, "books", "read", 100 * seq);
    leat_checkpoint_add(&c, "position", "0", position);
    return c;
}

/* Saves and lets go of it. */
static void save(struct leat_state *s, struct leat_checkpoint c, int64_t keep_from)
{
    struct leat_error err = {0};

    state_begin(s);
    must(leat_checkpoint_save(s, &c, keep_from, &err), &err);
    state_commit(s);
    leat_checkpoint_deinit(&c);
}

static struct leat_checkpoint load(struct leat_state *s, int64_t seq)
{
    struct leat_error err = {0};
    struct leat_checkpoint c;

    must(leat_checkpoint_load(s, seq, &c, &err), &err);
    return c;
}

static void assert_loads(struct leat_state *s, int64_t seq, int64_t wanted, const char *position)
{
    struct leat_checkpoint c = load(s, seq);

    assert_int_equal(c.seq, wanted);
    if (wanted) {
        assert_string_equal(leat_checkpoint_get(&c, "position", "0"), position);
        assert_int_equal(leat_checkpoint_number(&c, "books", "read"), 100 * wanted);
        assert_int_equal(c.n_parts, 2); /* none of another */
    }
    leat_checkpoint_deinit(&c);
}

static void test_values_by_name(void **state)
{
    struct leat_checkpoint c = {0};
    char name[8] = "read", value[8] = "1";

    (void)state;
    assert_null(leat_checkpoint_get(&c, "books", "read"));
    assert_int_equal(leat_checkpoint_number(&c, "books", "read"), 0);
    leat_checkpoint_add(&c, "books", name, value);
    name[0] = value[0] = 'x'; /* both were copied */
    leat_checkpoint_add_number(&c, "rows", "read", INT64_MIN);
    leat_checkpoint_add_number(&c, "memory", "dedupe", INT64_MAX);
    leat_checkpoint_add(&c, "position", "0", "");
    assert_string_equal(leat_checkpoint_get(&c, "books", "read"), "1");
    assert_int_equal(leat_checkpoint_number(&c, "rows", "read"), INT64_MIN);
    assert_int_equal(leat_checkpoint_number(&c, "memory", "dedupe"), INT64_MAX);
    assert_string_equal(leat_checkpoint_get(&c, "position", "0"), "");
    assert_null(leat_checkpoint_get(&c, "position", "1"));
    leat_checkpoint_deinit(&c);
    assert_int_equal(c.n_parts, 0);
}

static void test_comes_back_whole(void **state)
{
    static const char odd[] = "a\tb\nc \xC3\xA9 'q' \"q\" %s";
    struct leat_checkpoint c = {.seq = 3};
    struct leat_state s;
    char name[16];

    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        leat_checkpoint_add_number(&c, "position", name, i * 7);
    }
    leat_checkpoint_add(&c, "mark", "load", odd);
    leat_checkpoint_add(&c, "file", "/data/out.csv", "/data/.out.csv.part");
    save(&s, c, 0);
    leat_state_close(&s);
    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    c = load(&s, 0);
    assert_int_equal(c.seq, 3);
    assert_int_equal(c.n_parts, 202);
    assert_int_equal(leat_checkpoint_number(&c, "position", "199"), 199 * 7);
    assert_string_equal(leat_checkpoint_get(&c, "mark", "load"), odd);
    assert_string_equal(leat_checkpoint_get(&c, "file", "/data/out.csv"), "/data/.out.csv.part");
    leat_checkpoint_deinit(&c);
    leat_state_close(&s);
}

static void test_the_newest_or_the_one_that_is_asked_for(void **state)
{
    struct leat_state s;

    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    assert_loads(&s, 0, 0, NULL);
    assert_int_equal(leat_checkpoint_first(&s), 0);
    save(&s, checkpoint(1, "one"), 0);
    save(&s, checkpoint(2, "two"), 1);
    save(&s, checkpoint(10, "ten"), 2); /* the numbers may have gaps, and are no texts */
    assert_loads(&s, 0, 10, "ten");
    assert_loads(&s, 2, 2, "two");
    assert_loads(&s, 1, 0, NULL); /* gone, as it was before the second of those that are kept */
    assert_loads(&s, 5, 0, NULL);
    assert_int_equal(leat_checkpoint_first(&s), 2);
    leat_state_close(&s);
}

static void test_one_for_each_target(void **state)
{
    struct leat_error err = {0};
    struct leat_state s;

    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    save(&s, checkpoint(4, "four"), 0);
    state_target(&s, "csv", "staging.csv");
    assert_loads(&s, 0, 0, NULL);
    save(&s, checkpoint(1, "one"), 0);
    save(&s, checkpoint(2, "two"), 2); /* removes its own alone */
    state_begin(&s);
    must(leat_state_work_end(&s, &err), &err);
    state_commit(&s);
    assert_loads(&s, 0, 0, NULL);
    state_target(&s, "csv", "out.csv");
    assert_loads(&s, 0, 4, "four");
    leat_state_close(&s);
}

static void test_a_number_is_written_twice(void **state)
{
    struct leat_state s;

    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    save(&s, checkpoint(1, "one"), 0);
    save(&s, checkpoint(1, "uno"), 0);
    assert_loads(&s, 0, 1, "uno");
    leat_state_close(&s);
}

/* ---- files ---- */

static void assert_files(struct leat_state *s, bool of_all, const char *const *wanted)
{
    struct leat_error err = {0};
    struct leat_checkpoint c;
    int n = 0;

    must(leat_checkpoint_files(s, of_all, &c, &err), &err);
    while (wanted[n])
        assert_non_null(leat_checkpoint_get(&c, "kept", wanted[n++]));
    assert_int_equal(c.n_parts, n);
    assert_int_equal(c.seq, 0);
    leat_checkpoint_deinit(&c);
}

static void save_file(struct leat_state *s, int64_t seq, const char *kind, const char *name, const char *value)
{
    struct leat_checkpoint c = {.seq = seq};

    leat_checkpoint_add(&c, kind, name, value);
    save(s, c, 0);
}

static void test_files_that_are_needed(void **state)
{
    struct leat_state s;

    state_open(*state, &s);
    state_target(&s, "csv", "a.csv");
    assert_files(&s, true, (const char *const[]){NULL});
    save_file(&s, 1, "kept", "/d/.a.kept", "");
    save_file(&s, 2, "kept", "/d/.a.kept", ""); /* once, though two name it */
    save_file(&s, 2, "file", "/d/a.csv", "/d/.a.part");
    save_file(&s, 2, "position", "0", "/d/.a.position");
    state_target(&s, "csv", "b.csv");
    save_file(&s, 1, "kept", "/d/.b.kept", "");
    assert_files(&s, false, (const char *const[]){"/d/.b.kept", NULL});
    assert_files(&s, true, (const char *const[]){"/d/.a.kept", "/d/.a.part", "/d/.b.kept", NULL});
    state_target(&s, "csv", "a.csv");
    assert_files(&s, false, (const char *const[]){"/d/.a.kept", "/d/.a.part", NULL});
    leat_state_close(&s);
}

/* ---- watermarks ---- */

static void save_watermarks(struct leat_state *s, const struct leat_checkpoint *c)
{
    struct leat_error err = {0};

    state_begin(s);
    must(leat_watermarks_save(s, c, "extract\tx\n", &err), &err);
    state_commit(s);
}

static void assert_watermarks(struct leat_state *s, const char *zero, const char *twelve)
{
    struct leat_error err = {0};
    struct leat_checkpoint c;

    must(leat_watermarks_load(s, &c, &err), &err);
    assert_int_equal(c.n_parts, (zero != NULL) + (twelve != NULL) + (zero || twelve));
    if (c.n_parts)
        assert_string_equal(leat_checkpoint_get(&c, "extract", ""), "extract\tx\n");
    if (zero)
        assert_string_equal(leat_checkpoint_get(&c, "position", "0"), zero);
    if (twelve)
        assert_string_equal(leat_checkpoint_get(&c, "position", "12"), twelve);
    leat_checkpoint_deinit(&c);
}

static void test_watermarks(void **state)
{
    struct leat_checkpoint c = checkpoint(1, "2026-01-01"), later = checkpoint(9, "2026-02-02");
    struct leat_error err = {0};
    struct leat_state s;

    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    assert_watermarks(&s, NULL, NULL);
    leat_checkpoint_add(&c, "position", "12", "x");
    leat_checkpoint_add(&c, "mark", "load", "y"); /* positions alone */
    save_watermarks(&s, &c);
    assert_watermarks(&s, "2026-01-01", "x");
    save_watermarks(&s, &later); /* the partition that it does not name stays */
    assert_watermarks(&s, "2026-02-02", "x");
    state_target(&s, "csv", "staging.csv");
    assert_watermarks(&s, NULL, NULL);
    state_target(&s, "csv", "out.csv");
    state_begin(&s);
    must(leat_state_work_end(&s, &err), &err); /* the end of a run leaves them */
    state_commit(&s);
    leat_state_close(&s);
    state_open(*state, &s);
    state_target(&s, "csv", "out.csv");
    assert_watermarks(&s, "2026-02-02", "x");
    leat_state_close(&s);
    leat_checkpoint_deinit(&c);
    leat_checkpoint_deinit(&later);
}


int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_by_name),
        IN_A_FOLDER(test_comes_back_whole),
        IN_A_FOLDER(test_the_newest_or_the_one_that_is_asked_for),
        IN_A_FOLDER(test_one_for_each_target),
        IN_A_FOLDER(test_a_number_is_written_twice),
        IN_A_FOLDER(test_files_that_are_needed),
        IN_A_FOLDER(test_watermarks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
