/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Parts that killed runs have left behind. A live run holds the locks of its
 * parts, the kernel lets go of them with the process: what is not locked, and no
 * checkpoint needs, is nobody's. That goes for .kept ones as well: a run may be
 * killed before the checkpoint that it was keeping one for was on disk. No wait,
 * no error: what cannot be swept stays.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_NOFOLLOW, dirfd */
#endif
#include "kit/file/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL = sizeof ".leat-XXXXXXXX.part" - 1 };

struct sweep {
    const struct leat_stage *stage;
    DIR *dir;
    char folder[PATH_MAX];
    const char *path;
    leat_output_is_ours *is_ours;
};

static bool is_own_name(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *own = slash ? slash + 1 : path;

    return strlen(name) == strnlen(own, LEAT_OUTPUT_NAME_KEPT) && memcmp(name, own, strlen(name)) == 0;
}

/* The name that a part is for; false if the file is no part. */
static bool final_name(const char *file, char ret[NAME_MAX + 1])
{
    size_t n = strlen(file);
    const char *tail = file + n - TAIL;

    if (n <= 1 + TAIL || n > NAME_MAX || file[0] != '.' || memcmp(tail, ".leat-", 6) != 0 ||
        strspn(tail + 6, "0123456789abcdef") != 8 ||
        (strcmp(tail + 14, ".part") != 0 && strcmp(tail + 14, ".kept") != 0))
        return false;
    memcpy(ret, file + 1, n - 1 - TAIL);
    ret[n - 1 - TAIL] = '\0';
    return true;
}

/* The next part of ours in the folder; NULL: there is none. */
static const char *next_part(struct sweep *s)
{
    char name[NAME_MAX + 1];

    for (struct dirent *entry; (entry = readdir(s->dir));)
        if (final_name(entry->d_name, name) && s->is_ours(s->path, name))
            return entry->d_name;
    return NULL;
}

/* Takes the lock that the part's run would hold. -1: it does, or nobody can say. */
static int lock_part(const struct sweep *s, const char *part)
{
    int fd = openat(dirfd(s->dir), part, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0))
        return fd;
    (void)close(fd);
    return -1;
}

/* A live run has let go of the parts that it has finished, so that one lock speaks for all. */
static bool is_written(struct sweep *s)
{
    for (const char *part; (part = next_part(s));) {
        int fd = lock_part(s, part);

        if (fd < 0)
            return true;
        (void)close(fd);
    }
    return false;
}

static bool is_needed(const struct sweep *s, const char *part)
{
    char path[PATH_MAX + NAME_MAX + 1];

    (void)snprintf(path, sizeof path, "%s%s", s->folder, part);
    return leat_stage_is_kept(s->stage, path);
}

static void remove_parts(struct sweep *s)
{
    for (const char *part; (part = next_part(s));) {
        int fd = is_needed(s, part) ? -1 : lock_part(s, part);

        if (fd < 0)
            continue;
        (void)unlinkat(dirfd(s->dir), part, 0);
        (void)close(fd);
    }
}

void leat_output_sweep(struct leat_stage *stage, const char *path, leat_output_is_ours *is_ours)
{
    struct sweep s = { .stage = stage, .path = path, .is_ours = is_ours ? is_ours : is_own_name };
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) + 1 : 2;

    /* as it stands before the name in the path of a part, by which the host knows it */
    if (snprintf(s.folder, sizeof s.folder, "%.*s", n, slash ? path : "./") >= (int)sizeof s.folder)
        return;
    s.dir = opendir(s.folder);
    if (!s.dir)
        return;
    if (!is_written(&s)) {
        rewinddir(s.dir);
        remove_parts(&s);
    }
    (void)closedir(s.dir);
}
