/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Preloaded into a program under test (LD_PRELOAD): stands between it and the C library, counts
 * the calls that can fail or leave something on a disk, and at the N-th of them kills the
 * process or lets the call fail. It can also write down what reaches the disk, in order, for the
 * model of power loss. Told what to do by the environment:
 *
 *   LEAT_INJECT_CALLS    names of calls, with commas: write,pwrite,fsync,fdatasync,rename,unlink,
 *                        ftruncate,send,open,mkdir,read,pread,flock,alloc
 *   LEAT_INJECT_AT       the N-th of these calls is struck, counted from 1; 0: none, only count
 *   LEAT_INJECT_TIMES    and so many after it (default 1; 0: for ever)
 *   LEAT_INJECT_DO       kill (before the call), torn (a write writes its first sectors, then kill),
 *                        or the name of an error: EIO ENOSPC EMFILE EINTR EACCES
 *   LEAT_INJECT_ROOT     only calls on paths below this folder (with send and alloc: all)
 *   LEAT_INJECT_STAT     file that gets `struct stat_file` below, kept up to date by mmap
 *   LEAT_INJECT_JOURNAL  file that gets what was done below ROOT (power.py reads it)
 *   LEAT_INJECT_HOLD     the first rename below ROOT makes a file FIFO.PID and waits until somebody writes to this FIFO
 *
 * Without -DINJECT_ALLOC it leaves malloc alone, as a sanitizer wants it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call { WRITE, PWRITE, FSYNC, FDATASYNC, RENAME, UNLINK, FTRUNCATE, SEND, OPEN, MKDIR, READ, PREAD, FLOCK, ALLOC, N_CALLS };

static const char *const call_names[N_CALLS] = {"write", "pwrite", "fsync", "fdatasync", "rename", "unlink", "ftruncate",
                                                "send",  "open",   "mkdir", "read",      "pread",  "flock",  "alloc"};

struct stat_file {
    _Atomic uint64_t counted;        /* calls of the kinds asked for */
    _Atomic uint64_t struck;         /* of them */
    _Atomic uint64_t each[N_CALLS];  /* calls of each kind, asked for or not */
    char what[256];                  /* the first that was struck: its name and path */
};

static struct {
    bool ready;
    unsigned calls;
    uint64_t at, times;
    bool kill, torn;
    int error;
    char root[PATH_MAX], hold[PATH_MAX];
    int journal;
    pthread_mutex_t mutex;
} set = {.journal = -1, .mutex = PTHREAD_MUTEX_INITIALIZER};

static struct stat_file nowhere, *seen = &nowhere;

/* ---- being told ---- */

static unsigned calls_of(const char *names)
{
    unsigned calls = 0;

    for (int i = 0; i < N_CALLS; i++) {
        size_t n = strlen(call_names[i]);

        for (const char *at = names; (at = strstr(at, call_names[i])); at += n)
            if ((at == names || at[-1] == ',') && (!at[n] || at[n] == ','))
                calls |= 1u << i;
    }
    return calls;
}

static int error_of(const char *name)
{
    static const struct { const char *name; int error; } errors[] = {
        {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE}, {"EINTR", EINTR}, {"EACCES", EACCES}};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(name, errors[i].name) == 0)
            return errors[i].error;
    return EIO;
}

static const char *told(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

static void map_seen(const char *path)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *p;

    if (fd < 0 || syscall(SYS_ftruncate, fd, sizeof *seen) < 0)
        return;
    p = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (p != MAP_FAILED)
        seen = p;
}

__attribute__((constructor)) static void begin(void)
{
    const char *what = told("LEAT_INJECT_DO"), *times = told("LEAT_INJECT_TIMES"), *journal = told("LEAT_INJECT_JOURNAL");

    set.calls = calls_of(told("LEAT_INJECT_CALLS"));
    set.at = strtoull(told("LEAT_INJECT_AT"), NULL, 10);
    set.times = *times ? strtoull(times, NULL, 10) : 1;
    set.torn = strcmp(what, "torn") == 0;
    set.kill = set.torn || strcmp(what, "kill") == 0;
    set.error = error_of(what);
    (void)snprintf(set.root, sizeof set.root, "%s", told("LEAT_INJECT_ROOT"));
    (void)snprintf(set.hold, sizeof set.hold, "%s", told("LEAT_INJECT_HOLD"));
    if (*told("LEAT_INJECT_STAT"))
        map_seen(told("LEAT_INJECT_STAT"));
    if (*journal)
        set.journal = (int)syscall(SYS_openat, AT_FDCWD, journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    set.ready = true;
}

/* ---- where a call goes ---- */

static const char *path_of_fd(int fd, char room[PATH_MAX])
{
    char link[64];
    ssize_t n;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = syscall(SYS_readlinkat, AT_FDCWD, link, room, PATH_MAX - 1);
    room[n > 0 ? n : 0] = '\0';
    return room;
}

static const char *path_of(int folder, const char *path, char room[PATH_MAX])
{
    char base[PATH_MAX];

    if (*path == '/')
        return path;
    if (folder == AT_FDCWD)
        base[syscall(SYS_getcwd, base, sizeof base) > 0 ? strlen(base) : 0] = '\0';
    else
        path_of_fd(folder, base);
    (void)snprintf(room, PATH_MAX, "%s/%.*s", base, PATH_MAX / 2, strncmp(path, "./", 2) ? path : path + 2);
    return room;
}

static bool below_root(const char *path)
{
    size_t n = strlen(set.root);

    return strncmp(path, set.root, n) == 0;
}

/* ---- striking ---- */

static _Noreturn void die(void)
{
    for (;;)
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

/* True: the call is to be struck. `path` is asked for only where it matters. */
static bool struck(enum call call, const char *path)
{
    uint64_t n;

    if (!set.ready)
        return false;
    atomic_fetch_add(&seen->each[call], 1);
    if (!(set.calls >> call & 1) || (path && *set.root && !below_root(path)))
        return false;
    n = atomic_fetch_add(&seen->counted, 1) + 1;
    if (!set.at || n < set.at || (set.times && n >= set.at + set.times))
        return false;
    if (atomic_fetch_add(&seen->struck, 1) == 0)
        (void)snprintf(seen->what, sizeof seen->what, "%s %.200s", call_names[call], path ? path : "");
    return true;
}

static int fail(void)
{
    if (set.kill)
        die();
    errno = set.error;
    return -1;
}

static bool struck_fd(enum call call, int fd)
{
    char room[PATH_MAX];

    if (set.ready && !(set.calls >> call & 1)) {
        atomic_fetch_add(&seen->each[call], 1);
        return false;
    }
    return struck(call, path_of_fd(fd, room));
}

/* ---- the journal: one record a deed, in the order in which they were done ---- */

struct deed {
    uint32_t kind;       /* C created, W written, T truncated, S synced, D folder synced, R renamed, U unlinked, M made */
    uint32_t n_a, n_b;   /* bytes of what follows */
    uint32_t reserved;
    uint64_t inode, offset;
};

static void enter(uint32_t kind, uint64_t inode, uint64_t offset, const void *a, size_t n_a, const void *b, size_t n_b)
{
    struct deed deed = {.kind = kind, .n_a = (uint32_t)n_a, .n_b = (uint32_t)n_b, .inode = inode, .offset = offset};

    syscall(SYS_write, set.journal, &deed, sizeof deed);
    if (n_a)
        syscall(SYS_write, set.journal, a, n_a);
    if (n_b)
        syscall(SYS_write, set.journal, b, n_b);
}

static void enter_path(uint32_t kind, uint64_t inode, const char *path)
{
    if (below_root(path))
        enter(kind, inode, 0, path, strlen(path), NULL, 0);
}

static bool begins(void)
{
    if (set.journal < 0)
        return false;
    pthread_mutex_lock(&set.mutex);
    return true;
}

static void ends(bool begun)
{
    if (begun) {
        int keep = errno;

        pthread_mutex_unlock(&set.mutex);
        errno = keep;
    }
}

static uint64_t inode_of(int fd, bool *ret_folder)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return 0;
    *ret_folder = S_ISDIR(st.st_mode);
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? st.st_ino : 0;
}

static void enter_fd(uint32_t kind, int fd, uint64_t offset, const void *bytes, size_t n)
{
    char room[PATH_MAX];
    bool folder = false;
    uint64_t inode = inode_of(fd, &folder);

    if (!inode || !below_root(path_of_fd(fd, room)))
        return;
    if (folder)
        enter('D', inode, 0, room, strlen(room), NULL, 0);
    else
        enter(kind, inode, offset, bytes, n, NULL, 0);
}

/* ---- the calls ---- */

static void *next(void **room, const char *name)
{
    if (!*room)
        *room = dlsym(RTLD_NEXT, name);
    return *room;
}

#define NEXT(name) ((__typeof__(name) *)next(&real_##name, #name))
#define REAL(name) static void *real_##name

REAL(write);
REAL(pwrite64);
REAL(fsync);
REAL(fdatasync);
REAL(renameat);
REAL(unlinkat);
REAL(ftruncate64);
REAL(send);
REAL(sendto);
REAL(openat64);
REAL(mkdirat);
REAL(read);
REAL(pread64);
REAL(flock);

/* What a torn write leaves behind: its first half, up to the end of a sector. */
static void tear(int fd, const void *bytes, size_t n, off64_t offset)
{
    off64_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) : offset;
    off64_t end = (at + (off64_t)n / 2) / 512 * 512;

    if (set.torn && end > at && offset < 0)
        syscall(SYS_write, fd, bytes, (size_t)(end - at));
    else if (set.torn && end > at)
        syscall(SYS_pwrite64, fd, bytes, (size_t)(end - at), offset);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    bool begun;
    ssize_t done;

    if (struck_fd(WRITE, fd)) {
        tear(fd, bytes, n, -1);
        return fail();
    }
    begun = begins();
    done = NEXT(write)(fd, bytes, n);
    if (begun && done > 0)
        enter_fd('W', fd, (uint64_t)(lseek(fd, 0, SEEK_CUR) - done), bytes, (size_t)done);
    ends(begun);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
    bool begun;
    ssize_t done;

    if (struck_fd(PWRITE, fd)) {
        tear(fd, bytes, n, offset);
        return fail();
    }
    begun = begins();
    done = NEXT(pwrite64)(fd, bytes, n, offset);
    if (begun && done > 0)
        enter_fd('W', fd, (uint64_t)offset, bytes, (size_t)done);
    ends(begun);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    return pwrite64(fd, bytes, n, offset);
}

int fsync(int fd)
{
    bool begun;
    int rc;

    if (struck_fd(FSYNC, fd))
        return fail();
    begun = begins();
    rc = NEXT(fsync)(fd);
    if (begun && rc == 0)
        enter_fd('S', fd, 0, NULL, 0);
    ends(begun);
    return rc;
}

int fdatasync(int fd)
{
    bool begun;
    int rc;

    if (struck_fd(FDATASYNC, fd))
        return fail();
    begun = begins();
    rc = NEXT(fdatasync)(fd);
    if (begun && rc == 0)
        enter_fd('S', fd, 0, NULL, 0);
    ends(begun);
    return rc;
}

static _Atomic bool held;

static void hold(const char *path)
{
    char mine[PATH_MAX + 16];
    int fd;

    if (!*set.hold || !below_root(path) || atomic_exchange(&held, true))
        return;
    (void)snprintf(mine, sizeof mine, "%s.%ld", set.hold, (long)syscall(SYS_getpid));
    fd = (int)syscall(SYS_openat, AT_FDCWD, mine, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        syscall(SYS_close, fd);
    fd = (int)syscall(SYS_openat, AT_FDCWD, set.hold, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        syscall(SYS_close, fd);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    char from_room[PATH_MAX], to_room[PATH_MAX];
    const char *full_from = path_of(from_folder, from, from_room), *full_to = path_of(to_folder, to, to_room);
    bool begun;
    int rc;

    hold(full_to);
    if (struck(RENAME, full_to))
        return fail();
    begun = begins();
    rc = NEXT(renameat)(from_folder, from, to_folder, to);
    if (begun && rc == 0 && below_root(full_to))
        enter('R', 0, 0, full_from, strlen(full_from), full_to, strlen(full_to));
    ends(begun);
    return rc;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *path, int flags)
{
    char room[PATH_MAX];
    const char *full = path_of(folder, path, room);
    bool begun;
    int rc;

    if (struck(UNLINK, full))
        return fail();
    begun = begins();
    rc = NEXT(unlinkat)(folder, path, flags);
    if (begun && rc == 0)
        enter_path('U', 0, full);
    ends(begun);
    return rc;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int ftruncate64(int fd, off64_t n)
{
    bool begun;
    int rc;

    if (struck_fd(FTRUNCATE, fd))
        return fail();
    begun = begins();
    rc = NEXT(ftruncate64)(fd, n);
    if (begun && rc == 0)
        enter_fd('T', fd, (uint64_t)n, NULL, 0);
    ends(begun);
    return rc;
}

int ftruncate(int fd, off_t n)
{
    return ftruncate64(fd, n);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    return struck(SEND, NULL) ? fail() : NEXT(send)(fd, bytes, n, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to, socklen_t n_to)
{
    return struck(SEND, NULL) ? fail() : NEXT(sendto)(fd, bytes, n, flags, to, n_to);
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    char room[PATH_MAX];
    const char *full = path_of(folder, path, room);
    bool begun, was_there = true, is_folder = false;
    struct stat st;
    int fd;

    if (struck(OPEN, full))
        return fail();
    begun = begins();
    if (begun && (flags & O_CREAT))
        was_there = fstatat(folder, path, &st, 0) == 0;
    fd = NEXT(openat64)(folder, path, flags, mode);
    if (begun && fd >= 0 && !was_there)
        enter_path('C', inode_of(fd, &is_folder), full);
    else if (begun && fd >= 0 && (flags & O_TRUNC))
        enter_fd('T', fd, 0, NULL, 0);
    ends(begun);
    return fd;
}

#define MODE(flags, mode)                                                  \
    va_list args;                                                          \
    mode_t mode = 0;                                                       \
    va_start(args, flags);                                                 \
    if ((flags) & (O_CREAT | O_TMPFILE))                                   \
        mode = va_arg(args, mode_t);                                       \
    va_end(args)

int open64(const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_at(folder, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_at(folder, path, flags, mode);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    char room[PATH_MAX];
    const char *full = path_of(folder, path, room);
    bool begun;
    int rc;

    if (struck(MKDIR, full))
        return fail();
    begun = begins();
    rc = NEXT(mkdirat)(folder, path, mode);
    if (begun && rc == 0)
        enter_path('M', 0, full);
    ends(begun);
    return rc;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

ssize_t read(int fd, void *bytes, size_t n)
{
    return struck_fd(READ, fd) ? fail() : NEXT(read)(fd, bytes, n);
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset)
{
    return struck_fd(PREAD, fd) ? fail() : NEXT(pread64)(fd, bytes, n, offset);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t offset)
{
    return pread64(fd, bytes, n, offset);
}

int flock(int fd, int operation)
{
    return struck_fd(FLOCK, fd) ? fail() : NEXT(flock)(fd, operation);
}

#ifdef INJECT_ALLOC
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t n);

static void *none(void)
{
    if (set.kill)
        die();
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t n)
{
    return struck(ALLOC, NULL) ? none() : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return struck(ALLOC, NULL) ? none() : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return struck(ALLOC, NULL) ? none() : __libc_realloc(old, n);
}
#endif
