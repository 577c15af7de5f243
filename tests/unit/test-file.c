/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Output files (kit/file/file.h): nothing under the final name until the end,
 * nothing left behind after a failure, faults told as they are, and marks.
 */
#include "unit.h"

#include "plugin-host.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/file/file.h"

const struct leat_batch_services *leat_batch_services;
const struct leat_plan_services *leat_plan_services = &host_plan;
const struct leat_stage_services *leat_stage_services = &host_stage;

static char folder[128], path[192];

static int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.100s/file-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/out.txt", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int n_files(void)
{
    DIR *dir = opendir(folder);
    int n = 0;

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    (void)closedir(dir);
    return n;
}

static void expect_file(const char *name, const char *expected)
{
    char text[256];
    int fd = open(name, O_RDONLY);
    ssize_t n = read(fd, text, sizeof text);

    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, (size_t)n);
    (void)close(fd);
}

static void put(struct leat_output *o, const char *text)
{
    leat_output_put(o, text, strlen(text));
}

/* ---- a run that goes well ---- */

static void test_published_at_the_end(void **state)
{
    struct leat_stage stage = {0};
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_mark mark;
    struct stat st;

    (void)state;
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(stat(o.part, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    put(&o, "one ");
    leat_output_advance(&o, (char *)memcpy(leat_output_reserve(&o, 4), "two\n", 4) + 4);
    assert_int_equal(leat_output_tell(&o), 8);
    assert_int_equal(leat_output_commit(&o, &stage, true, &mark, &err), 0);
    leat_output_close(&o);
    expect_file(path, "one two\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(n_files(), 0);
}

static void test_any_amount(void **state)
{
    enum { N = 3 * LEAT_OUTPUT_BUFFER / 2 };
    struct leat_output o;
    struct leat_error err = {0};
    char *text = malloc(N), *back = malloc(N);
    size_t total = 0;
    char name[512];
    int fd;

    (void)state;
    for (size_t i = 0; i < N; i++)
        text[i] = (char)(i * 7 + i / 1000);
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    for (size_t n = 1; n < N; n = n * 3 + 1) {
        leat_output_put(&o, text, n);
        total += n;
    }
    leat_output_put(&o, text, N);
    assert_int_equal(leat_output_tell(&o), total + N);
    assert_int_equal(leat_output_finish(&o, &err), 0);
    (void)snprintf(name, sizeof name, "%s", o.part);
    fd = open(name, O_RDONLY);
    assert_int_equal(pread(fd, back, N, (off_t)total), N);
    assert_memory_equal(back, text, N);
    (void)close(fd);
    leat_output_close(&o);
    assert_int_equal(n_files(), 0);
    free(text);
    free(back);
}

static void test_dev_null(void **state)
{
    struct leat_stage stage = {0};
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_mark mark = {""};

    (void)state;
    assert_int_equal(leat_output_open(&o, "/dev/null", NULL, &err), 0);
    put(&o, "x");
    assert_int_equal(leat_output_commit(&o, &stage, false, &mark, &err), 0);
    assert_string_equal(mark.text, "");
    assert_int_equal(leat_output_commit(&o, &stage, true, &mark, &err), 0);
    leat_output_close(&o);
    assert_int_equal(access("/dev/null", W_OK), 0);
}

static void test_close_without_open(void **state)
{
    struct leat_output o = {0};

    (void)state;
    leat_output_close(&o);
    assert_int_equal(access("/proc/self/fd/0", F_OK), 0); /* descriptor 0 is not ours */
}

/* ---- runs that do not ---- */

static void refused(const char *name, const char *why)
{
    struct leat_plan plan = {0};
    struct leat_output o;
    struct leat_error err = {0};

    leat_output_plan(&plan, name);
    assert_has(host_said(&plan), why);
    assert_null(strstr(host_said(&plan), "target"));
    leat_text_deinit(&plan.said);
    assert_true(leat_output_open(&o, name, NULL, &err) < 0);
    assert_has(err.text, why);
    leat_output_close(&o);
}

static void test_what_is_refused(void **state)
{
    char name[256], longer[5000];
    struct leat_error err = {0};
    struct leat_output o;

    (void)state;
    (void)snprintf(name, sizeof name, "%s/none/x", folder);
    assert_true(leat_output_open(&o, name, NULL, &err) < 0); /* a plan says it before: the host's */
    assert_has(err.text, "/none/x: No such file");
    leat_output_close(&o);
    refused("/dev/null/x", "Not a directory");
    refused(folder, "it is a folder; name a file in it");
    (void)snprintf(name, sizeof name, "%s/", folder);
    refused(name, "it names a folder");
    refused("/dev/zero", "no regular file");
    (void)snprintf(name, sizeof name, "%s/fifo", folder);
    assert_int_equal(mkfifo(name, 0600), 0);
    refused(name, "a FIFO");
    assert_int_equal(unlink(name), 0);
    (void)snprintf(name, sizeof name, "%s/link", folder);
    assert_int_equal(symlink("/etc/passwd", name), 0);
    refused(name, "a symbolic link");
    assert_int_equal(unlink(name), 0);
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "/tmp/", 5);
    longer[4500] = '/';
    longer[4999] = '\0';
    refused(longer, "the path is too long");
    if (geteuid() != 0) {
        assert_int_equal(chmod(folder, 0500), 0);
        refused(path, "is not writable");
        assert_int_equal(chmod(folder, 0700), 0);
    }
    assert_int_equal(n_files(), 0);
}

static void test_plan_names_the_real_file(void **state)
{
    struct leat_plan plan = {0};
    char name[256], real[PATH_MAX], expected[2 * PATH_MAX + 64];

    (void)state;
    (void)snprintf(name, sizeof name, "%s/./../%s/out.txt", folder, strrchr(folder, '/') + 1);
    assert_non_null(realpath(folder, real));
    (void)snprintf(expected, sizeof expected, "target %s/out.txt\nwrites %s/out.txt\n", real, real);
    leat_output_plan(&plan, name);
    assert_string_equal(host_said(&plan), expected);
    leat_text_deinit(&plan.said);
}

static void test_what_was_there_stays(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    (void)state;
    assert_int_equal(write(fd, "old", 3), 3);
    (void)close(fd);
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    put(&o, "new");
    leat_output_flush(&o);
    assert_int_equal(n_files(), 2);
    leat_output_close(&o); /* the run failed */
    assert_int_equal(n_files(), 1);
    expect_file(path, "old");
    assert_int_equal(unlink(path), 0);
}

static void test_a_full_disk(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    char block[4096] = "";
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    assert_true(full >= 0);
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    assert_true(dup2(full, o.fd) >= 0);
    for (int i = 0; i < 1000; i++)
        leat_output_put(&o, block, sizeof block);
    assert_int_equal(leat_output_check(&o, &err), -ENOSPC);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "No space left on device"));
    assert_int_equal(leat_output_tell(&o) <= LEAT_OUTPUT_BUFFER, 1);
    assert_int_equal(leat_output_finish(&o, &err), -ENOSPC);
    leat_output_close(&o);
    (void)close(full);
    assert_int_equal(n_files(), 0);
}

static void test_a_file_size_limit(void **state)
{
    struct rlimit old, limit;
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_stage stage = {0};
    struct leat_mark mark;
    char block[4096] = "";

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 600000;
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 200; i++) /* the second write is a short one, and the third fails */
        leat_output_put(&o, block, sizeof block);
    assert_int_equal(leat_output_commit(&o, &stage, true, &mark, &err), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    leat_output_close(&o);
    assert_int_equal(n_files(), 0);
}

/* ---- marks ---- */

static void make_marked(struct leat_mark *mark)
{
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_stage stage = {0};

    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    put(&o, "kept ");
    assert_int_equal(leat_output_commit(&o, &stage, false, mark, &err), 0);
    put(&o, "lost ");
    leat_output_flush(&o);
    leat_output_close(&o);
    assert_int_equal(n_files(), 1);
}

static void test_goes_on_at_the_mark(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_stage stage = {0};
    struct leat_mark mark = {""};

    (void)state;
    make_marked(&mark);
    assert_int_equal(leat_output_open(&o, path, mark.text, &err), 0);
    assert_int_equal(leat_output_tell(&o), 5);
    put(&o, "new");
    assert_int_equal(leat_output_commit(&o, &stage, true, &mark, &err), 0);
    leat_output_close(&o);
    expect_file(path, "kept new");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(n_files(), 0);
}

static void remove_all(void)
{
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strlen(entry->d_name) > 2)
            assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
    (void)closedir(dir);
}

static void expect_kept(struct leat_stage *stage, const struct leat_output *o)
{
    char wanted[512];

    (void)snprintf(wanted, sizeof wanted, "%s\n", o->part);
    assert_has(wanted, ".kept\n");
    assert_int_equal(access(o->part, F_OK), 0);
    assert_string_equal(stage->kept, wanted);
    stage->kept[0] = '\0';
}

/* The host makes its list of files anew with each checkpoint. */
static void test_each_mark_names_its_file(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_stage stage = {0};
    struct leat_mark first = {""}, second = {""}, third = {""};

    (void)state;
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    assert_int_equal(leat_output_commit(&o, &stage, false, &first, &err), 0);
    expect_kept(&stage, &o);
    put(&o, "a");
    assert_int_equal(leat_output_commit(&o, &stage, false, &second, &err), 0);
    expect_kept(&stage, &o);
    leat_output_close(&o);
    assert_int_equal(leat_output_open(&o, path, second.text, &err), 0);
    assert_int_equal(leat_output_commit(&o, &stage, false, &third, &err), 0);
    expect_kept(&stage, &o);
    assert_string_equal(third.text, second.text);
    assert_string_equal(strchr(third.text, ' '), strchr(first.text, ' '));
    leat_output_close(&o);
    assert_int_equal(leat_output_open(&o, path, first.text, &err), 0);
    assert_int_equal(leat_output_tell(&o), 0);
    assert_int_equal(leat_output_commit(&o, &stage, true, &third, &err), 0);
    assert_string_equal(stage.kept, ""); /* it has its name */
    leat_output_close(&o);
    expect_file(path, "");
    remove_all();
}

/* Its run was killed when its files had their names, but before it was done with the rest. */
static void test_a_mark_of_a_file_that_has_its_name(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_mark mark = {""};
    struct leat_stage stage = {0};

    (void)state;
    make_marked(&mark);
    assert_int_equal(leat_output_open(&o, path, mark.text, &err), 0);
    assert_int_equal(leat_output_commit(&o, &stage, true, &(struct leat_mark){""}, &err), 0);
    leat_output_close(&o);
    assert_int_equal(leat_output_open(&o, path, mark.text, &err), -ENOENT);
    assert_has(err.text, "`leat run --restart` starts anew");
    leat_output_close(&o);
    expect_file(path, "kept "); /* untouched */
    remove_all();
}

static void test_marks_that_lead_nowhere(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_mark mark = {""};
    char name[600];

    (void)state;
    make_marked(&mark);
    (void)snprintf(name, sizeof name, "%s/%s", folder, strchr(mark.text, ' ') + 1);
    assert_int_equal(truncate(name, 3), 0);
    assert_true(leat_output_open(&o, path, mark.text, &err) < 0);
    assert_has(err.text, "shorter than at the checkpoint");
    assert_has(err.text, "`leat run --restart` starts anew");
    leat_output_close(&o);
    assert_int_equal(unlink(name), 0);
    assert_true(leat_output_open(&o, path, mark.text, &err) < 0);
    assert_has(err.text, "`leat run --restart` starts anew");
    leat_output_close(&o);
    assert_int_equal(leat_output_open(&o, path, "5 ../x", &err), -EINVAL);
    leat_output_close(&o);
    assert_int_equal(leat_output_open(&o, path, "nonsense", &err), -EINVAL);
    leat_output_close(&o);
    assert_int_equal(n_files(), 0);
}

/* ---- what killed runs leave ---- */

/* A run that ends by itself, as SIGKILL would end it, with a part in `name` and in the file. */
static void killed_run(const char *final, bool mark_it)
{
    struct leat_output o;
    struct leat_stage stage = {0};
    struct leat_mark mark;
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (leat_output_open(&o, final, NULL, NULL) < 0)
            _exit(1);
        put(&o, "half");
        leat_output_flush(&o);
        if (mark_it && leat_output_commit(&o, &stage, false, &mark, NULL) < 0)
            _exit(1);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void touch(const char *name)
{
    char file[512];
    int fd;

    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    fd = open(file, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void test_the_parts_of_killed_runs_are_swept(void **state)
{
    struct leat_stage stage = {0};

    (void)state;
    killed_run(path, false);
    killed_run(path, false);
    assert_int_equal(n_files(), 2);
    assert_int_equal(access(path, F_OK), -1);
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), 0);
}

static void test_nothing_else_is_swept(void **state)
{
    static const char *const others[] = { "out.txt", ".out.txt.part", ".out.txt.leat-0123456g.part",
                                          ".out.txt.leat-012345678.part", ".out.txt.leat-01234567.parts",
                                          ".out.txt.leat-01234567.keep", ".in.txt.leat-01234567.part",
                                          ".in.txt.leat-01234567.kept",
                                          "out.txt.leat-01234567.part", ".leat-01234567.part",
                                          ".out.txt.x.leat-01234567.part" };
    enum { N = sizeof others / sizeof *others };
    struct leat_stage stage = {0};

    (void)state;
    for (int i = 0; i < N; i++)
        touch(others[i]);
    touch(".out.txt.leat-01234567.part");
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), N);
    remove_all();
    leat_output_sweep(&stage, "/nonexistent/x", NULL);
    leat_output_sweep(&stage, "/dev/null", NULL);
}

/* Two checkpoints that were made, and one that its run was killed before. */
static void test_what_a_checkpoint_needs_is_not_swept(void **state)
{
    struct leat_stage stage = {0};
    struct leat_mark mark = {""};
    char needed[512];

    (void)state;
    make_marked(&mark);
    touch(".out.txt.leat-0123456a.part"); /* published, and its name in the state */
    (void)snprintf(needed, sizeof needed, "%s/%s\n%s/.out.txt.leat-0123456a.part\n", folder,
                   strchr(mark.text, ' ') + 1, folder);
    killed_run(path, true);
    assert_int_equal(n_files(), 3);
    stage.needed = needed;
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), 2);
    *strstr(needed, "\n") = '\0'; /* no path is whole without its end */
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), 0);
}

static void test_a_live_run_is_left_alone(void **state)
{
    struct leat_output o;
    struct leat_error err = {0};
    struct leat_stage stage = {0};
    struct leat_mark mark;

    (void)state;
    killed_run(path, false);
    assert_int_equal(leat_output_open(&o, path, NULL, &err), 0);
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), 2); /* the one that was killed may be a finished one of the live run */
    put(&o, "new");
    assert_int_equal(leat_output_finish(&o, &err), 0);
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), 2);
    assert_int_equal(leat_output_commit(&o, &stage, true, &mark, &err), 0);
    leat_output_close(&o);
    leat_output_sweep(&stage, path, NULL);
    assert_int_equal(n_files(), 1);
    expect_file(path, "new");
    remove_all();
}

static void test_two_do_not_go_on_with_one_part(void **state)
{
    struct leat_output o, second;
    struct leat_error err = {0};
    struct leat_mark mark = {""};

    (void)state;
    make_marked(&mark);
    assert_int_equal(leat_output_open(&o, path, mark.text, &err), 0);
    assert_int_equal(leat_output_open(&second, path, mark.text, &err), -EBUSY);
    assert_has(err.text, "another run is writing it");
    leat_output_close(&second);
    assert_int_equal(leat_output_tell(&o), 5);
    leat_output_close(&o);
    remove_all();
}

static void test_a_long_name(void **state)
{
    struct leat_stage stage = {0};
    char name[512];
    int n = snprintf(name, sizeof name, "%s/", folder);

    (void)state;
    memset(name + n, 'x', 255);
    name[n + 255] = '\0';
    killed_run(name, false);
    assert_int_equal(n_files(), 1);
    leat_output_sweep(&stage, name, NULL);
    assert_int_equal(n_files(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_at_the_end),
        cmocka_unit_test(test_any_amount),
        cmocka_unit_test(test_dev_null),
        cmocka_unit_test(test_close_without_open),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_plan_names_the_real_file),
        cmocka_unit_test(test_what_was_there_stays),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_a_file_size_limit),
        cmocka_unit_test(test_goes_on_at_the_mark),
        cmocka_unit_test(test_each_mark_names_its_file),
        cmocka_unit_test(test_a_mark_of_a_file_that_has_its_name),
        cmocka_unit_test(test_marks_that_lead_nowhere),
        cmocka_unit_test(test_the_parts_of_killed_runs_are_swept),
        cmocka_unit_test(test_nothing_else_is_swept),
        cmocka_unit_test(test_what_a_checkpoint_needs_is_not_swept),
        cmocka_unit_test(test_a_live_run_is_left_alone),
        cmocka_unit_test(test_two_do_not_go_on_with_one_part),
        cmocka_unit_test(test_a_long_name),
    };

    return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
