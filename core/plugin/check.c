/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "plugin/check.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "plugin/options.h"

/* A folder that all may write in is fine if nobody may take away what is not his. */
static int check_folder(const char *path, struct leat_error *err)
{
    struct leat_arena arena = {0};
    const char *folder = leat_path_folder(&arena, path);
    struct stat st;
    int rc = 0;

    if (stat(folder, &st) < 0)
        rc = leat_fail(err, -errno, "cannot load the plugin %s: %s", path, strerror(errno));
    else if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
        rc = leat_fail(err, LEAT_EPLUGIN, "everybody can write in the folder of %s; chmod o-w it", path);
    leat_arena_deinit(&arena);
    return rc;
}

/* Whoever may write a plugin, or its folder, runs code as us. */
static int check_trust(const char *path, struct leat_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return leat_fail(err, -errno, "cannot load the plugin %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return leat_fail(err, LEAT_EPLUGIN, "%s is no regular file", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return leat_fail(err, LEAT_EPLUGIN, "%s belongs to another user; chown it to yourself or to root", path);
    if (st.st_mode & S_IWOTH)
        return leat_fail(err, LEAT_EPLUGIN, "%s can be written by everybody; chmod o-w it", path);
    if ((st.st_mode & S_IWGRP) && st.st_gid != 0 && st.st_gid != getegid())
        return leat_fail(err, LEAT_EPLUGIN, "%s can be written by another group; chmod g-w it", path);
    return check_folder(path, err);
}

static int check_elf(const char *path, const ElfW(Ehdr) *header, size_t n, struct leat_error *err)
{
    if (n < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return leat_fail(err, LEAT_EPLUGIN, "%s is no shared object", path);
    if (header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || header->e_type != ET_DYN)
        return leat_fail(err, LEAT_EPLUGIN, "%s is no shared object for this machine", path);
#ifdef __x86_64__
    if (header->e_machine != EM_X86_64)
        return leat_fail(err, LEAT_EPLUGIN, "%s was built for another processor", path);
#endif
    return 0;
}

/* What the linker will map must be there: beyond a file's end waits SIGBUS. */
static bool is_whole(int fd, const ElfW(Ehdr) *header)
{
    ElfW(Phdr) segment;
    struct stat st;

    if (fstat(fd, &st) < 0 || header->e_phentsize != sizeof segment)
        return false;
    for (int i = 0; i < header->e_phnum; i++) {
        off_t at = (off_t)header->e_phoff + (off_t)i * (off_t)sizeof segment;

        if (pread(fd, &segment, sizeof segment, at) != sizeof segment)
            return false;
        if (segment.p_type != PT_NULL &&
            (segment.p_offset > (uint64_t)st.st_size || segment.p_filesz > (uint64_t)st.st_size - segment.p_offset))
            return false;
    }
    return true;
}

int leat_plugin_check_file(const char *path, struct leat_error *err)
{
    ElfW(Ehdr) header;
    int rc = check_trust(path, err), fd;
    ssize_t n;

    if (rc < 0)
        return rc;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return leat_fail(err, -errno, "cannot read the plugin %s: %s", path, strerror(errno));
    n = read(fd, &header, sizeof header);
    rc = check_elf(path, &header, n < 0 ? 0 : (size_t)n, err);
    if (rc == 0 && !is_whole(fd, &header))
        rc = leat_fail(err, LEAT_EPLUGIN, "%s is cut off; build or install it again", path);
    close(fd);
    return rc;
}

const char *leat_plugin_why_not(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *why = handle ? "libltdl refuses it" : dlerror();

    return why ? why : "the dynamic linker refuses it";
}

static int missing(const char *path, const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_EPLUGIN, "%s has no %s, which every plugin of its kind needs", path, what);
}

static int check_callbacks(const struct leat_plugin *p, const char *path, struct leat_error *err)
{
    switch (p->kind) {
    case LEAT_KIND_EXTRACT:
        if (!p->read)
            return missing(path, "read", err);
        return p->fields || p->plan ? 0 : missing(path, "fields or plan", err);
    case LEAT_KIND_TRANSFORM:
    case LEAT_KIND_VALIDATE:
        if (!p->process)
            return missing(path, "process", err);
        return (p->traits & LEAT_KEEPS_SCHEMA) || p->plan ? 0 : missing(path, "plan", err);
    case LEAT_KIND_LOAD:
        if (!p->deliver)
            return missing(path, "deliver", err);
        if (p->settle && !(p->traits & LEAT_LATE))
            return leat_fail(err, LEAT_EPLUGIN, "%s has settle and does not say that it answers late (LEAT_LATE)", path);
        return (p->traits & LEAT_LATE) && !p->poll ? missing(path, "poll", err) : 0;
    case LEAT_KIND_FUNCTION:
        return p->functions ? 0 : missing(path, "functions", err);
    }
    return leat_fail(err, LEAT_EPLUGIN, "%s is of an unknown kind (%d)", path, (int)p->kind);
}

int leat_plugin_check_descriptor(const struct leat_plugin *p, const char *path, struct leat_error *err)
{
    const char *what;
    int rc;

    if (!p->name || !p->summary)
        return missing(path, "name or summary", err);
    rc = check_callbacks(p, path, err);
    if (rc == 0 && leat_options_broken(p->options, p->state_size, &what))
        return leat_fail(err, LEAT_EPLUGIN, "%s: its option '%s' does not fit its struct, or has no help", path, what);
    return rc;
}
