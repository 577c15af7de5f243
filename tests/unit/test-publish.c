/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Files get their final names: once, also over a crash, and never for another file.
 */
#include "test-state.h"

#include "delivery/publish.h"

static uint64_t inode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* A file that is written and published; `ret_final` lives as long as the folder's room is not used again. */
static void publish(struct folder *f, struct leat_publisher *p, char ret_final[PATH_MAX])
{
    folder_write(f, ".out.csv.part", "new", 3);
    (void)snprintf(ret_final, PATH_MAX, "%s", folder_path(f, "out.csv"));
    leat_publisher_add(p, folder_path(f, ".out.csv.part"), ret_final, -1);
}

static void test_it_gets_its_name(void **state)
{
    struct folder *f = *state;
    struct leat_publisher p = {0};
    struct leat_error err = {0};
    char final[PATH_MAX];
    uint64_t inode;

    folder_write(f, "out.csv", "old", 3);
    publish(f, &p, final);
    inode = inode_of(folder_path(f, ".out.csv.part"));
    must(leat_publisher_commit(&p, &err), &err);
    assert_int_equal(inode_of(final), inode);
    assert_int_equal(p.n, 0);
    leat_publisher_deinit(&p);
}

/* The run before was killed behind the rename. */
static void test_it_has_its_name_already(void **state)
{
    struct folder *f = *state;
    struct leat_publisher p = {0};
    struct leat_error err = {0};
    char final[PATH_MAX];

    publish(f, &p, final);
    assert_int_equal(rename(folder_path(f, ".out.csv.part"), final), 0);
    must(leat_publisher_commit(&p, &err), &err);
    leat_publisher_deinit(&p);
}

/* What was written is gone, and what has the name is the day before's. */
static void test_another_file_has_its_name(void **state)
{
    struct folder *f = *state;
    struct leat_publisher p = {0};
    struct leat_error err = {0};
    char final[PATH_MAX];

    folder_write(f, "out.csv", "older", 5);
    publish(f, &p, final);
    assert_int_equal(unlink(folder_path(f, ".out.csv.part")), 0);
    assert_int_equal(leat_publisher_commit(&p, &err), -ENOENT);
    assert_non_null(strstr(err.text, "cannot give the file"));
    leat_publisher_deinit(&p);
}

static void test_what_nobody_needs_goes(void **state)
{
    struct folder *f = *state;
    struct leat_publisher p = {0}, kept = {.may_be_needed = true};
    char final[PATH_MAX];

    publish(f, &p, final);
    leat_publisher_deinit(&p);
    assert_int_equal(access(folder_path(f, ".out.csv.part"), F_OK), -1);
    publish(f, &kept, final);
    leat_publisher_deinit(&kept);
    assert_int_equal(access(folder_path(f, ".out.csv.part"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_it_gets_its_name),
        IN_A_FOLDER(test_it_has_its_name_already),
        IN_A_FOLDER(test_another_file_has_its_name),
        IN_A_FOLDER(test_what_nobody_needs_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
