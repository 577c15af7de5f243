/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    STEP_MS = 50,
    SIGN_MS = 1000, /* waited for the holder to put its name into it, at most */
    LOOK_MS = 150, /* waited for in any case: who only looks whether it is held has it for a moment */
};

/* "process 4711 on host, since 2026-11-21T02:00:00Z" */
static void sign(int fd)
{
    char text[256], host[65] = "", since[32];
    time_t now = time(NULL);
    struct tm tm;
    int n;

    (void)gethostname(host, sizeof host - 1);
    (void)strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    n = snprintf(text, sizeof text, "process %ld on %s, since %s\n", (long)getpid(), host, since);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
        return; /* the lock holds without it */
}

static void read_holder(int fd, char *ret, size_t cap)
{
    ssize_t n = pread(fd, ret, cap - 1, 0);

    ret[n > 0 ? n : 0] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

static void sleep_step(void)
{
    struct timespec step = {.tv_nsec = STEP_MS * 1000000};

    nanosleep(&step, NULL);
}

/* Between having taken the lock and having signed it, it bears no name, or that of the holder before. */
static bool is_stale(const char *holder)
{
    char host[65] = "", theirs[65] = "";
    long pid = 0;

    (void)gethostname(host, sizeof host - 1);
    if (sscanf(holder, "process %ld on %64[^,]", &pid, theirs) < 1 || pid <= 0)
        return true;
    return strcmp(host, theirs) == 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static int is_taken(int fd, const char *path, struct leat_error *err)
{
    char holder[256];

    for (int ms = 0; read_holder(fd, holder, sizeof holder), is_stale(holder) && ms < SIGN_MS; ms += STEP_MS)
        sleep_step();
    return leat_fail(err, LEAT_EBUSY, "another run of this pipeline is at work (%s%sits lock is %s); try again when it "
                     "is done, or let this one wait for it with --wait 5m", holder, *holder ? "; " : "", path);
}

int leat_lock_take(struct leat_lock *lock, const char *folder, const char *name, int64_t wait_ms,
                   bool (*stop)(void *), void *stop_arg, struct leat_error *err)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/%s.lock", folder, name);
    wait_ms = wait_ms > LOOK_MS ? wait_ms : LOOK_MS;
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->fd < 0)
        return leat_fail(err, -errno, "cannot open the lock %s: %s", path, strerror(errno));
    while (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return leat_fail(err, -errno, "cannot lock %s: %s; the state needs a local disk", path, strerror(errno));
        if (wait_ms <= 0)
            return is_taken(lock->fd, path, err);
        if (stop && stop(stop_arg))
            return leat_fail(err, LEAT_ECANCELED, "stopped while waiting for %s", path);
        sleep_step();
        wait_ms -= STEP_MS;
    }
    sign(lock->fd);
    return 0;
}

void leat_lock_release(struct leat_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}

bool leat_lock_is_held(const char *folder, const char *name)
{
    char path[PATH_MAX];
    bool held;
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s.lock", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}
