/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/count.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COUNT_BYTES = 20, SEQ_BYTES = 22 };

/* It is written behind each commit and not flushed: a process that is killed has written it, and after a
 * loss of power the log is on disk before it. So the log may know of more commits than it, never of fewer.
 * Only a run is waited for by somebody: `leat state reset` leaves nothing open. */
int leat_count_write(struct leat_state *s, struct leat_error *err)
{
    char text[SEQ_BYTES + 1];

    (void)snprintf(text, sizeof text, "%019" PRId64 "\n%c\n", s->n_commits, s->run ? '-' : 'e');
    errno = EIO; /* of a write that is cut short */
    if (pwrite(s->seq_fd, text, SEQ_BYTES, 0) == SEQ_BYTES)
        return 0;
    return leat_fail(err, -errno, "cannot write the state %s/%s.seq: %s", s->folder, s->name, strerror(errno));
}

static bool is_count(const char *text, ssize_t n)
{
    return n == SEQ_BYTES && strspn(text, "0123456789") == COUNT_BYTES - 1;
}

bool leat_count_is_there(const struct leat_state *s)
{
    char text[SEQ_BYTES + 2] = "", path[PATH_MAX];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s.seq", s->folder, s->name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (fd >= 0)
        close(fd);
    return is_count(text, n);
}

static int read_count(struct leat_state *s, struct leat_error *err)
{
    char text[SEQ_BYTES + 2] = "";
    ssize_t n = pread(s->seq_fd, text, sizeof text - 1, 0);

    if (n < 0)
        return leat_fail(err, -errno, "cannot read the state %s/%s.seq: %s", s->folder, s->name, strerror(errno));
    if (n == 0 || !*text) /* made, but not written before the power went */
        return 0;
    if (!is_count(text, n))
        return leat_state_damaged(s, "the count of its commits is no number", err);
    s->n_counted = strtoll(text, NULL, 10);
    s->left_open = text[COUNT_BYTES] == '-';
    return 0;
}

int leat_count_check(struct leat_state *s, struct leat_error *err)
{
    return s->n_counted > s->n_commits ? leat_state_damaged(s, "its last commits are missing", err) : 0;
}

int leat_count_open(struct leat_state *s, int flags, struct leat_error *err)
{
    const char *path = leat_arena_printf(&s->arena, "%s/%s.seq", s->folder, s->name);

    s->seq_fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->seq_fd < 0 && errno == ENOENT)
        return 0;
    if (s->seq_fd < 0)
        return leat_fail(err, -errno, "cannot open the state %s: %s", path, strerror(errno));
    return read_count(s, err);
}

/* The byte is mapped, so that there is no system call between setting it and leaving at which one could be killed. */
char *leat_state_leaving(struct leat_state *s)
{
    char *map = s->seq_fd < 0 || !s->run ? MAP_FAILED
                                         : mmap(NULL, SEQ_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s->seq_fd, 0);

    return map == MAP_FAILED ? NULL : map + COUNT_BYTES;
}
