/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/calendar.h"

enum { LOOK_AGAIN_MS = 50, MOST_SAID = 160 };

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the holder has written: "process 4711 on db1, since 2026-11-21 02:00:01Z". */
static int busy(int fd, const char *path, struct leat_error *err)
{
    char said[MOST_SAID + 1];
    ssize_t n = pread(fd, said, MOST_SAID, 0);

    said[n > 0 ? n : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    for (char *c = said; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return leat_fail(err, LEAT_EBUSY, "another run is at work: %s (it holds %s); --wait 5m would wait for it",
                     *said ? said : "it does not say which", path);
}

static void say(int fd)
{
    char host[65] = "", when[48], text[MOST_SAID];
    struct timespec t;
    int n;

    (void)gethostname(host, sizeof host - 1);
    clock_gettime(CLOCK_REALTIME, &t);
    leat_format_timestamp(when, (int64_t)t.tv_sec * LEAT_US_PER_SECOND, true);
    n = snprintf(text, sizeof text, "process %ld on %s, since %s\n", (long)getpid(), host, when);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) != n)
        return; /* the lock is held all the same */
}

static bool wait_on(int64_t until_ms, const volatile bool *stop)
{
    struct timespec slice = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};

    if ((stop && *stop) || now_ms() >= until_ms)
        return false;
    nanosleep(&slice, NULL);
    return true;
}

int leat_lock_take(struct leat_lock *lock, const char *path, int64_t wait_ms, const volatile bool *stop,
                   struct leat_error *err)
{
    int64_t until = now_ms() + wait_ms;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    lock->fd = -1;
    if (fd < 0)
        return leat_fail(err, -errno, "cannot open the lock %s: %s", path, strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int rc = errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;

        if (rc == 0 && wait_on(until, stop))
            continue;
        rc = rc < 0 ? leat_fail(err, rc, "cannot lock %s: %s", path, strerror(-rc)) : busy(fd, path, err);
        close(fd);
        return rc;
    }
    say(fd);
    lock->fd = fd;
    return 0;
}

void leat_lock_release(struct leat_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
