/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sync_file_range */
#endif
#include "kit/file/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITEBACK_STEP = 8 << 20 /* bytes */ };

static bool written_through(const char *path)
{
    return strcmp(path, "/dev/null") == 0;
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The folder of the path with its slash, NUL-terminated in `room`. */
static int folder_of(const char *path, char room[PATH_MAX], struct leat_error *err)
{
    size_t n = (size_t)(last_component(path) - path);

    if (n + NAME_MAX >= PATH_MAX)
        return leat_fail(err, -ENAMETOOLONG, "cannot write %.80s...: the path is too long", path);
    memcpy(room, n ? path : "./", n ? n : 2);
    room[n ? n : 2] = '\0';
    return 0;
}

/* What stands under the final name is replaced at the end, so it must be ours to replace. */
static int refuse_target(const char *path, struct leat_error *err)
{
    const char *what = "no regular file";
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : leat_fail(err, -errno, "cannot write %s: %s", path, strerror(errno));
    if (S_ISREG(st.st_mode))
        return 0;
    if (S_ISDIR(st.st_mode))
        what = "a folder; name a file in it";
    else if (S_ISLNK(st.st_mode))
        what = "a symbolic link, which would be replaced by the file; name the file itself";
    else if (S_ISFIFO(st.st_mode))
        what = "a FIFO, and the output is renamed to its name when it is whole; name a regular file";
    return leat_fail(err, -EINVAL, "cannot write %s: it is %s", path, what);
}

static int refuse(const char *path, char folder[PATH_MAX], struct leat_error *err)
{
    int rc = folder_of(path, folder, err);

    if (rc < 0 || written_through(path))
        return rc;
    if (!*last_component(path))
        return leat_fail(err, -EISDIR, "cannot write %s: it names a folder; name a file in it", path);
    return refuse_target(path, err);
}

void leat_output_plan(struct leat_plan *plan, const char *path)
{
    char folder[PATH_MAX], real[PATH_MAX], identity[PATH_MAX + NAME_MAX];
    struct leat_error err = {0};

    if (refuse(path, folder, &err) < 0) {
        leat_plan_wrong(plan, "path", "%s", err.text);
        return;
    }
    if (realpath(folder, real))
        (void)snprintf(identity, sizeof identity, "%s/%s", strcmp(real, "/") ? real : "", last_component(path));
    else
        (void)snprintf(identity, sizeof identity, "%s", path);
    leat_plan_target(plan, identity);
    if (!written_through(path))
        leat_plan_output(plan, identity);
}

static int cannot_write(const struct leat_output *o, int code, struct leat_error *err)
{
    return leat_fail(err, code, "cannot write %s: %s", o->path, strerror(-code));
}

/* The lock tells a sweep that we live; where a file system has none, nothing is swept. */
static bool is_held_by_another(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* A sweep may have come between open and lock, and removed the file. */
static bool take_lock(int fd)
{
    struct stat st;

    return !is_held_by_another(fd) && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static int create_part(struct leat_output *o, const char *folder, struct leat_error *err)
{
    const char *final = last_component(o->path);
    uint32_t random;

    for (int attempt = 0; attempt < 16; attempt++) {
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return cannot_write(o, -errno, err);
        (void)sprintf(o->part, "%s.%.*s.leat-%08" PRIx32 ".part", folder, LEAT_OUTPUT_NAME_KEPT, final, random);
        o->fd = openat(o->folder, o->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (o->fd < 0 && errno != EEXIST)
            return cannot_write(o, -errno, err);
        o->created = o->fd >= 0 && take_lock(o->fd);
        if (o->created)
            return 0;
        if (o->fd >= 0)
            (void)close(o->fd);
        o->fd = -1;
    }
    return cannot_write(o, -EEXIST, err);
}

/* Goes on with the part of an earlier run, cut back to what its checkpoint covers. */
static int resume_part(struct leat_output *o, const char *folder, const char *mark, struct leat_error *err)
{
    char *name;
    int64_t n = strtoll(mark, &name, 10);
    struct stat st;

    if (*name++ != ' ' || strchr(name, '/') || strlen(name) > NAME_MAX)
        return leat_fail(err, -EINVAL, "cannot go on with %s: its mark in the state is damaged", o->path);
    (void)sprintf(o->part, "%s%s", folder, name);
    o->fd = openat(o->folder, o->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (o->fd < 0 || fstat(o->fd, &st) < 0)
        return leat_fail(err, -errno, "cannot go on with %s: %s, which holds its first part: %s; `leat run --restart` "
                         "starts anew", o->path, o->part, strerror(errno));
    if (is_held_by_another(o->fd))
        return leat_fail(err, -EBUSY, "cannot go on with %s: another run is writing it", o->path);
    if (!S_ISREG(st.st_mode) || st.st_size < n)
        return leat_fail(err, -EINVAL, "cannot go on with %s: %s is shorter than at the checkpoint; `leat run "
                         "--restart` starts anew", o->path, o->part);
    if (ftruncate(o->fd, n) < 0 || lseek(o->fd, n, SEEK_SET) < 0)
        return cannot_write(o, -errno, err);
    o->flushed = o->begun = n;
    o->marked = true;
    return 0;
}

static int open_part(struct leat_output *o, const char *folder, const char *mark, struct leat_error *err)
{
    o->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->folder < 0)
        return cannot_write(o, -errno, err);
    o->part = malloc(strlen(folder) + NAME_MAX + 1);
    if (!o->part)
        return cannot_write(o, -ENOMEM, err);
    o->name = o->part + strlen(folder);
    return mark && *mark ? resume_part(o, folder, mark, err) : create_part(o, folder, err);
}

int leat_output_open(struct leat_output *o, const char *path, const char *mark, struct leat_error *err)
{
    char folder[PATH_MAX];
    int rc;

    *o = (struct leat_output){ .path = path, .fd = -1, .folder = -1, .opened = true };
    o->buffer = malloc(LEAT_OUTPUT_BUFFER);
    if (!o->buffer)
        return cannot_write(o, -ENOMEM, err);
    rc = refuse(path, folder, err);
    if (rc < 0)
        return rc;
    if (!written_through(path))
        return open_part(o, folder, mark, err);
    o->fd = open(path, O_WRONLY | O_CLOEXEC);
    return o->fd >= 0 ? 0 : cannot_write(o, -errno, err);
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        if (written == 0)
            return -EIO;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

/* Lets the disk begin with what is written, while we go on: the fsync at the end
 * then has little left to wait for (0.06 s a 200 MB less). Promises nothing. */
static void begin_writeback(struct leat_output *o)
{
    if (o->flushed - o->begun < WRITEBACK_STEP)
        return;
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(o->fd, o->begun, o->flushed - o->begun, SYNC_FILE_RANGE_WRITE);
#endif
    o->begun = o->flushed;
}

static void write_out(struct leat_output *o, const char *bytes, size_t n)
{
    if (!o->error)
        o->error = write_all(o->fd, bytes, n);
    if (o->error)
        return;
    o->flushed += (int64_t)n;
    begin_writeback(o);
}

void leat_output_flush(struct leat_output *o)
{
    write_out(o, o->buffer, o->n);
    o->n = 0;
}

void leat_output_put(struct leat_output *o, const char *bytes, size_t n)
{
    if (n > LEAT_OUTPUT_BUFFER - o->n)
        leat_output_flush(o);
    if (n > LEAT_OUTPUT_BUFFER) {
        write_out(o, bytes, n);
        return;
    }
    memcpy(o->buffer + o->n, bytes, n);
    o->n += n;
}

int leat_output_check(const struct leat_output *o, struct leat_error *err)
{
    return o->error ? cannot_write(o, o->error, err) : 0;
}

/* After a failed fsync the kernel may have dropped the pages and forgotten the
 * fault, so a second try that succeeds would prove nothing: it is final. */
static void sync_out(struct leat_output *o)
{
    leat_output_flush(o);
    if (!o->error && o->part && fsync(o->fd) < 0)
        o->error = -errno;
}

/* The host may put the part's name into its state, where it must not outlive the file. */
static void sync_name(struct leat_output *o)
{
    if (!o->error && o->part && !o->marked && fsync(o->folder) < 0)
        o->error = -errno;
}

int leat_output_finish(struct leat_output *o, struct leat_error *err)
{
    sync_out(o);
    sync_name(o);
    return leat_output_check(o, err);
}

void leat_output_rest(struct leat_output *o)
{
    if (o->opened && o->fd >= 0)
        (void)close(o->fd);
    free(o->buffer);
    o->fd = -1;
    o->buffer = NULL;
}

int leat_output_keep(struct leat_output *o, struct leat_error *err)
{
    char kept[NAME_MAX + 1];
    size_t n = strlen(o->name) - strlen("part");

    if (o->marked)
        return 0;
    (void)sprintf(kept, "%.*skept", (int)n, o->name);
    if (renameat(o->folder, o->name, o->folder, kept) < 0 || fsync(o->folder) < 0)
        return cannot_write(o, -errno, err);
    memcpy(o->part + (o->name - o->part), kept, n + sizeof "kept");
    o->marked = true;
    return 0;
}

int leat_output_commit(struct leat_output *o, struct leat_stage *stage, bool last, struct leat_mark *ret_mark,
                       struct leat_error *err)
{
    int rc;

    if (last) {
        rc = leat_output_finish(o, err);
        if (rc == 0 && o->part) {
            leat_stage_publish(stage, o->part, o->path);
            o->published = true;
        }
        return rc;
    }
    sync_out(o);
    rc = leat_output_check(o, err);
    if (rc == 0 && o->part)
        rc = leat_output_keep(o, err);
    if (rc < 0 || !o->part)
        return rc;
    leat_stage_keeps(stage, o->part);
    (void)snprintf(ret_mark->text, sizeof ret_mark->text, "%" PRId64 " %s", o->flushed, o->name);
    return 0;
}

void leat_output_close(struct leat_output *o)
{
    if (!o->opened)
        return;
    leat_output_rest(o);
    if (o->part && o->created && !o->published && !o->marked)
        (void)unlinkat(o->folder, o->name, 0);
    if (o->folder >= 0)
        (void)close(o->folder);
    free(o->part);
    *o = (struct leat_output){ .fd = -1, .folder = -1 };
}
