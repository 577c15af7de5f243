/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/file/input.h"

#include <errno.h>
#include <fcntl.h>
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
