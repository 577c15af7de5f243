/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The files of a state: NAME.db and the like, and one NAME.TARGET-STAGE.memory a stage that remembers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delivery/state.h"

const char *leat_state_memory_path(const struct leat_state *state, int stage, struct leat_arena *arena)
{
    return leat_arena_printf(arena, "%s/%s.%" PRId64 "-%d.memory", state->folder, state->name, state->target, stage);
}

static bool is_number(const char *text, const char *end)
{
    return end > text && strspn(text, "0123456789") == (size_t)(end - text);
}

/* What stands behind NAME. `target` 0: of any. */
static bool is_memory(const char *rest, int64_t target)
{
    const char *dash = strchr(rest, '-'), *end = dash ? strchr(dash, '.') : NULL;

    return *rest == '.' && end && is_number(rest + 1, dash) && is_number(dash + 1, end) &&
           strcmp(end, ".memory") == 0 && (!target || strtoll(rest + 1, NULL, 10) == target);
}

static bool is_own(const char *rest)
{
    static const char *const ends[] = {".db", ".db-wal", ".db-shm", ".db-journal", ".seq", ".crash"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(rest, ends[i]) == 0)
            return true;
    return false;
}

void leat_state_forget_memories(const struct leat_state *state)
{
    DIR *dir = opendir(state->folder);
    size_t n = strlen(state->name);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strncmp(entry->d_name, state->name, n) == 0 && is_memory(entry->d_name + n, state->target))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

/* 1: others had rights on it, 0: they had none, or why they keep them. By its name: to open and close a file that
 * SQLite has open would take away its locks. */
static int protect_file(int folder, const char *name)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
        !(st.st_mode & (S_IRWXG | S_IRWXO)))
        return 0;
    return fchmodat(folder, name, 0600, 0) < 0 ? -errno : 1;
}

const char *leat_state_protect(struct leat_state *s)
{
    DIR *dir = opendir(s->folder);
    size_t n = strlen(s->name);
    int fault = 0, some = 0;

    if (!dir)
        return NULL;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strncmp(entry->d_name, s->name, n) == 0 && (is_own(entry->d_name + n) || is_memory(entry->d_name + n, 0))) {
            int rc = protect_file(dirfd(dir), entry->d_name);

            fault = rc < 0 ? rc : fault;
            some |= rc > 0;
        }
    closedir(dir);
    if (fault)
        return leat_arena_printf(&s->arena, "others than its user may read or write the state %s, and it cannot be "
                                 "closed to them: %s", s->path, strerror(-fault));
    return some ? leat_arena_printf(&s->arena, "others than its user could read or write the state %s; it is closed to "
                                    "them now", s->path)
                : NULL;
}

int leat_state_remove(const char *folder, const char *name, struct leat_error *err)
{
    DIR *dir = opendir(folder);
    size_t n = strlen(name);
    int rc = dir ? 0 : leat_fail(err, -errno, "cannot read the folder %s: %s", folder, strerror(errno));

    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));)
        if (strncmp(entry->d_name, name, n) == 0 && (is_own(entry->d_name + n) || is_memory(entry->d_name + n, 0)) &&
            unlinkat(dirfd(dir), entry->d_name, 0) < 0 && errno != ENOENT)
            rc = leat_fail(err, -errno, "cannot remove %s/%s: %s", folder, entry->d_name, strerror(errno));
    if (dir)
        closedir(dir);
    return rc;
}
