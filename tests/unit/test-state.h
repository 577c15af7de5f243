/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A folder of its own for each test of the state, and the state in it.
 */
#ifndef LEAT_TESTS_TEST_STATE_H
#define LEAT_TESTS_TEST_STATE_H

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "delivery/state.h"

#define THE_FILE "/etc/leat/shop.yaml"

struct folder {
    char path[128];
    char room[PATH_MAX]; /* of folder_path */
};

__attribute__((unused)) static int folder_set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct folder *f = calloc(1, sizeof *f);

    (void)snprintf(f->path, sizeof f->path, "%s/leat-state-XXXXXX", tmp ? tmp : "/tmp");
    *state = f;
    return mkdtemp(f->path) ? 0 : -1;
}

static void folder_empty(const char *path)
{
    DIR *dir = opendir(path);
    char below[PATH_MAX];

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (unlink(below) < 0) {
            folder_empty(below);
            (void)rmdir(below);
        }
    }
    if (dir)
        closedir(dir);
}

__attribute__((unused)) static int folder_tear_down(void **state)
{
    struct folder *f = *state;

    folder_empty(f->path);
    (void)rmdir(f->path);
    free(f);
    return 0;
}

/* A test that has one. */
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_set_up, folder_tear_down)

/* Until the next call. */
__attribute__((unused)) static const char *folder_path(struct folder *f, const char *name)
{
    (void)snprintf(f->room, sizeof f->room, "%s/%s", f->path, name);
    return f->room;
}

__attribute__((unused)) static bool folder_has(struct folder *f, const char *name)
{
    struct stat st;

    return lstat(folder_path(f, name), &st) == 0;
}

/* The whole of a file; the caller's to let go. */
__attribute__((unused)) static struct leat_text_buffer folder_read(struct folder *f, const char *name)
{
    struct leat_text_buffer text = {0};

    assert_int_equal(leat_file_read(folder_path(f, name), 64 << 20, &text), 0);
    return text;
}

__attribute__((unused)) static void folder_write(struct folder *f, const char *name, const char *bytes, size_t n)
{
    int fd = open(folder_path(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

/* Opens the state `shop`, or fails the test. */
__attribute__((unused)) static void state_open(struct folder *f, struct leat_state *s)
{
    struct leat_error err = {0};

    if (leat_state_open(s, f->path, "shop", THE_FILE, &err) < 0)
        fail_msg("%s", err.text);
}

__attribute__((unused)) static void must(int rc, const struct leat_error *err)
{
    if (rc < 0)
        fail_msg("%d: %s", rc, err->text);
}

__attribute__((unused)) static void state_begin(struct leat_state *s)
{
    struct leat_error err = {0};

    must(leat_state_begin(s, &err), &err);
}

__attribute__((unused)) static void state_commit(struct leat_state *s)
{
    struct leat_error err = {0};

    must(leat_state_commit(s, &err), &err);
}

__attribute__((unused)) static void state_target(struct leat_state *s, const char *load, const char *identity)
{
    struct leat_error err = {0};

    must(leat_state_target(s, load, identity, &err), &err);
}

#endif
