/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int leat_file_read(const char *path, size_t limit, struct leat_text_buffer *out)
{
    char room[16384];
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    ssize_t n;

    if (fd < 0)
        return -errno;
    while ((n = read(fd, room, sizeof room)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = -errno;
        else if (out->n + (size_t)n > limit)
            rc = -EFBIG;
        if (rc < 0)
            break;
        leat_text_add(out, room, (size_t)n);
    }
    close(fd);
    return rc;
}

static int write_all(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t done = write(fd, text, n);

        if (done < 0 && errno != EINTR)
            return -errno;
        if (done > 0) {
            text += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

int leat_file_sync_folder(const char *path)
{
    struct leat_arena arena = {0};
    int fd = open(leat_path_folder(&arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : 0;

    leat_arena_deinit(&arena);
    if (fd < 0)
        return rc;
    if (fsync(fd) < 0)
        rc = -errno;
    close(fd);
    return rc;
}

/* A terminal, a pipe, /dev/null: written as they are, never replaced. */
static int write_special(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), rc;

    if (fd < 0)
        return -errno;
    rc = write_all(fd, text, n);
    close(fd);
    return rc;
}

enum { MAX_LINKS = 40 };

/* What a link says; NULL if it is none. */
static const char *target_of(struct leat_arena *arena, const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);

    if (n <= 0)
        return NULL;
    target[n] = '\0';
    return leat_arena_strdup(arena, leat_path_join(arena, leat_path_folder(arena, path), target));
}

/* /dev/stdout and its like: an open descriptor, whatever stands behind it. */
static bool is_descriptor(struct leat_arena *arena, const char *path)
{
    for (int i = 0; path && i < MAX_LINKS; i++, path = target_of(arena, path))
        if (strncmp(path, "/proc/", 6) == 0)
            return true;
    return false;
}

/* Flushes what was written beside, and gives it its name. */
static int finish_beside(int fd, int rc, const char *beside, const char *path)
{
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    close(fd);
    if (rc == 0 && rename(beside, path) < 0)
        rc = -errno;
    if (rc < 0)
        (void)unlink(beside);
    return rc < 0 ? rc : leat_file_sync_folder(path);
}

/* What has our number in its name and is there already was left by a process that is gone. In a container every run may
 * have the same number. */
static int create_beside(const char *beside)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fd = open(beside, flags, 0600);

    if (fd < 0 && errno == EEXIST && unlink(beside) == 0)
        fd = open(beside, flags, 0600);
    return fd;
}

static int write_beside(const char *beside, const char *path, const char *text, size_t n)
{
    int fd = create_beside(beside);

    return fd < 0 ? -errno : finish_beside(fd, write_all(fd, text, n), beside, path);
}

static int copy_all(int from, int to)
{
    char room[65536];
    int rc = 0;

    while (rc == 0) {
        ssize_t n = read(from, room, sizeof room);

        if (n == 0)
            break;
        if (n > 0)
            rc = write_all(to, room, (size_t)n);
        else if (errno != EINTR)
            rc = -errno;
    }
    return rc;
}

int leat_file_copy(const char *from, const char *to)
{
    struct leat_arena arena = {0};
    const char *beside = leat_arena_printf(&arena, "%s.%ld.part", to, (long)getpid());
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out = in < 0 ? -1 : create_beside(beside);
    int rc = out < 0 ? -errno : finish_beside(out, copy_all(in, out), beside, to);

    if (in >= 0)
        close(in);
    leat_arena_deinit(&arena);
    return rc;
}

/* Links are followed: what they lead to is replaced, not the link. */
int leat_file_write(const char *path, const char *text, size_t n)
{
    struct leat_arena arena = {0};
    const char *real = leat_path_canonical(&arena, path);
    bool exists;
    struct stat st;
    int rc;

    exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        rc = -EISDIR;
    else if (exists && (!S_ISREG(st.st_mode) || is_descriptor(&arena, path)))
        rc = write_special(path, text, n);
    else
        rc = write_beside(leat_arena_printf(&arena, "%s.%ld.part", real, (long)getpid()), real, text, n);
    leat_arena_deinit(&arena);
    return rc;
}

const char *leat_path_folder(struct leat_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return slash == path ? "/" : leat_arena_strndup(arena, path, (size_t)(slash - path));
}

const char *leat_path_join(struct leat_arena *arena, const char *folder, const char *path)
{
    return *path == '/' ? path : leat_arena_printf(arena, "%s/%s", folder, path);
}

const char *leat_path_canonical(struct leat_arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    const char *slash, *result = NULL, *next;

    for (int i = 0; !real && i < MAX_LINKS && (next = target_of(arena, path)); i++)
        path = next;
    slash = strrchr(path, '/');
    if (real) {
        result = leat_arena_strdup(arena, real);
    } else if ((real = realpath(leat_path_folder(arena, path), NULL))) {
        result = leat_arena_printf(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash ? slash + 1 : path);
    } else {
        result = leat_arena_strdup(arena, path);
    }
    free(real);
    return result;
}
