/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The lock of a pipeline: one holder at a time, who is named to the others, and nobody once its
 * process has gone, however it went.
 */
#include "test-state.h"

#include <sys/file.h>

#include "delivery/lock.h"

enum { LONG_MS = 600000 }; /* nobody waits so long: what is waited for comes, or the test has failed */

static int take(struct folder *f, struct leat_lock *lock, int64_t wait_ms, bool (*stop)(void *), void *arg,
                struct leat_error *err)
{
    *lock = (struct leat_lock){.fd = -1};
    return leat_lock_take(lock, f->path, "shop", wait_ms, stop, arg, err);
}

static void test_taken_and_let_go(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock;
    struct stat st;

    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    assert_int_equal(fstat(lock.fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(fcntl(lock.fd, F_GETFD) & FD_CLOEXEC); /* a program that a stage starts does not hold it */
    leat_lock_release(&lock);
    assert_int_equal(lock.fd, -1);
    leat_lock_release(&lock);
    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    leat_lock_release(&lock);
}

static void test_the_second_is_told_who_has_it(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock, other;
    char holder[64];

    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    assert_int_equal(take(f, &other, 0, NULL, NULL, &err), LEAT_EBUSY);
    (void)snprintf(holder, sizeof holder, "(process %ld on ", (long)getpid());
    assert_has(err.text, holder);
    assert_has(err.text, ", since 20");
    assert_has(err.text, "Z; its lock is ");
    assert_has(err.text, folder_path(f, "shop.lock"));
    assert_has(err.text, "--wait");
    leat_lock_release(&other);
    assert_int_equal(take(f, &other, 0, NULL, NULL, &err), LEAT_EBUSY); /* which has let go of nothing */
    leat_lock_release(&other);
    assert_int_equal(take(f, &other, 1, NULL, NULL, &err), LEAT_EBUSY); /* waited for, and in vain */
    leat_lock_release(&other);
    leat_lock_release(&lock);
}

/* A longer text of an earlier holder must not show behind a shorter one. */
static void test_what_stood_there_is_gone(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock, other;
    char text[400];

    memset(text, 'x', sizeof text);
    folder_write(f, "shop.lock", text, sizeof text);
    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    assert_int_equal(take(f, &other, 0, NULL, NULL, &err), LEAT_EBUSY);
    assert_null(strstr(err.text, "xxxx"));
    leat_lock_release(&other);
    leat_lock_release(&lock);
}

static void test_another_pipeline(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock, other = {.fd = -1};

    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    must(leat_lock_take(&other, f->path, "shop2", 0, NULL, NULL, &err), &err);
    leat_lock_release(&other);
    leat_lock_release(&lock);
}

/* ---- waiting ---- */

/* Another process has the lock when this returns, until it is killed. */
static pid_t child_takes(struct folder *f)
{
    int ends[2];
    char byte = 0;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct leat_lock lock;

        if (take(f, &lock, 0, NULL, NULL, NULL) < 0 || write(ends[1], "l", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return pid;
}

static void end_child(pid_t pid)
{
    int status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

struct waiter {
    pid_t pid;
    int n_asked, stop_at;
};

static bool ask(void *arg)
{
    struct waiter *w = arg;

    if (++w->n_asked == 3 && w->pid)
        end_child(w->pid);
    return w->n_asked == w->stop_at;
}

static void test_waits_until_it_is_free(void **state)
{
    struct folder *f = *state;
    struct waiter w = {.pid = child_takes(f)};
    struct leat_error err = {0};
    struct leat_lock lock;

    must(take(f, &lock, LONG_MS, ask, &w, &err), &err);
    assert_true(w.n_asked >= 3); /* not before the other has gone */
    leat_lock_release(&lock);
}

static void test_waiting_is_stopped(void **state)
{
    struct folder *f = *state;
    struct waiter w = {.stop_at = 2};
    struct leat_error err = {0};
    struct leat_lock lock;
    pid_t pid = child_takes(f);

    assert_int_equal(take(f, &lock, LONG_MS, ask, &w, &err), LEAT_ECANCELED);
    assert_has(err.text, "stopped while waiting");
    leat_lock_release(&lock);
    end_child(pid);
}

static void test_the_kernel_lets_go_of_it(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock;
    pid_t pid = child_takes(f);

    assert_int_equal(take(f, &lock, 0, NULL, NULL, &err), LEAT_EBUSY);
    leat_lock_release(&lock);
    end_child(pid);
    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    leat_lock_release(&lock);
}

/* ---- looking ---- */

static void test_looking_whether_it_is_held(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock;

    assert_false(leat_lock_is_held(f->path, "shop"));
    assert_false(folder_has(f, "shop.lock")); /* and makes nothing */
    must(take(f, &lock, 0, NULL, NULL, &err), &err);
    assert_true(leat_lock_is_held(f->path, "shop"));
    leat_lock_release(&lock);
    assert_false(leat_lock_is_held(f->path, "shop"));
}

struct looker {
    int fd;
};

static bool look_away(void *arg)
{
    struct looker *looker = arg;

    close(looker->fd);
    return false;
}

/* Whoever looks has it for a moment; a run that starts just then is not turned away. */
static void test_a_look_turns_nobody_away(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock;
    struct looker looker;

    folder_write(f, "shop.lock", "", 0);
    looker.fd = open(folder_path(f, "shop.lock"), O_RDONLY);
    assert_int_equal(flock(looker.fd, LOCK_SH), 0);
    must(take(f, &lock, 0, look_away, &looker, &err), &err);
    leat_lock_release(&lock);
}

/* ---- what cannot be locked ---- */

static void test_no_folder(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock = {.fd = -1};

    assert_int_equal(leat_lock_take(&lock, folder_path(f, "nowhere"), "shop", 0, NULL, NULL, &err), -ENOENT);
    assert_has(err.text, "nowhere/shop.lock");
    leat_lock_release(&lock);
}

static void test_a_link_is_not_followed(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_lock lock;

    folder_write(f, "mine", "mine", 4);
    assert_int_equal(symlink("mine", folder_path(f, "shop.lock")), 0);
    assert_int_equal(take(f, &lock, 0, NULL, NULL, &err), -ELOOP);
    leat_lock_release(&lock);
}


int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_taken_and_let_go),      IN_A_FOLDER(test_the_second_is_told_who_has_it),
        IN_A_FOLDER(test_what_stood_there_is_gone), IN_A_FOLDER(test_another_pipeline),
        IN_A_FOLDER(test_waits_until_it_is_free), IN_A_FOLDER(test_waiting_is_stopped),
        IN_A_FOLDER(test_the_kernel_lets_go_of_it), IN_A_FOLDER(test_looking_whether_it_is_held),
        IN_A_FOLDER(test_a_look_turns_nobody_away), IN_A_FOLDER(test_no_folder),
        IN_A_FOLDER(test_a_link_is_not_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
