/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/file/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What cannot be reached is no mistake in the pipeline file; a socket or a name that is too long is one. */
static int code_of(int number)
{
    if (number == ENXIO || number == EMFILE || number == ENFILE || number == ENOMEM || number == ENAMETOOLONG)
        return -number;
    return LEAT_EUNREACHABLE;
}

bool leat_input_is_missing(const char *path)
{
    return access(path, F_OK) < 0 && errno == ENOENT;
}

int leat_input_open(const char *path, const char *what, int *ret_fd, struct leat_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO must not hold us up */
    struct stat st = {0};

    if (fd < 0)
        return leat_fail(err, code_of(errno), "cannot read %s: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return leat_fail(err, -EINVAL, "cannot read %s: it is %s, and %s read from a regular file", path,
                         S_ISDIR(st.st_mode) ? "a folder" : "no regular file", what);
    }
    *ret_fd = fd;
    return 0;
}

enum { TRACED = 64 /* bytes: enough to hold something that no other line has */ };

/* As many of n bytes as there are, or -1. */
static ssize_t read_at(int fd, unsigned char *into, size_t n, int64_t offset)
{
    size_t done = 0;
    ssize_t got = 1;

    while (done < n && got != 0) {
        got = pread(fd, into + done, n - done, (off_t)offset + (off_t)done);
        if (got < 0 && errno != EINTR)
            return -1;
        done += got > 0 ? (size_t)got : 0;
        got = got < 0 ? 1 : got;
    }
    return (ssize_t)done;
}

/* FNV-1a */
static uint64_t add(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001b3);
}

bool leat_input_trace(int fd, int64_t offset, char ret[LEAT_INPUT_TRACE])
{
    int64_t n = offset < TRACED ? offset : TRACED;
    unsigned char bytes[TRACED + 1];
    ssize_t got = n < 0 ? -1 : read_at(fd, bytes, (size_t)n + 1, offset - n);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (got < n)
        return false;
    for (int64_t i = 0; i < n; i++)
        hash = add(hash, bytes[i]);
    if (n > 0 && bytes[n - 1] != '\n' && bytes[n - 1] != '\r')
        hash = add(hash, got > n);
    (void)snprintf(ret, LEAT_INPUT_TRACE, "%016" PRIx64, hash);
    return true;
}
