/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The file below the parser. It is read, not mapped: a file that someone cuts
 * short while it is read ends then, and kills nobody.
 *
 * Where the encoding is not UTF-8, iconv stands in between, and positions count
 * the bytes of what it makes. A byte that makes no sense becomes CSV_SENSELESS
 * and its value, so that put.c rejects this one record and shows the byte.
 */
#include "extract/csv/csv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/file/input.h"

enum { RAW_BYTES = 64 << 10 };

static const char mark[3] = { '\xEF', '\xBB', '\xBF' };

static bool is_utf8(const char *encoding)
{
    return strcasecmp(encoding, "UTF-8") == 0 || strcasecmp(encoding, "UTF8") == 0;
}

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

static size_t unit_of(const char *encoding)
{
    if (begins(encoding, "UTF-32") || begins(encoding, "UTF32") || begins(encoding, "UCS-4"))
        return 4;
    return begins(encoding, "UTF-16") || begins(encoding, "UTF16") || begins(encoding, "UCS-2") ? 2 : 1;
}

bool csv_source_knows(const char *encoding)
{
    iconv_t cd = is_utf8(encoding) ? (iconv_t)-1 : iconv_open("UTF-8", encoding);

    if (cd == (iconv_t)-1)
        return is_utf8(encoding);
    (void)iconv_close(cd);
    return true;
}

static int open_iconv(struct csv_source *s, const char *encoding, struct leat_error *err)
{
    if (is_utf8(encoding))
        return 0;
    s->iconv = iconv_open("UTF-8", encoding);
    if (s->iconv == (iconv_t)-1)
        return leat_fail(err, -EINVAL, "there is no encoding '%.60s'", encoding);
    s->converts = true;
    s->unit = unit_of(encoding);
    s->bytes = malloc(RAW_BYTES);
    return s->bytes ? 0 : leat_fail(err, -ENOMEM, "no memory to convert %s", encoding);
}

int csv_source_open(struct csv_source *s, const char *path, const char *encoding, struct leat_error *err)
{
    int rc;

    *s = (struct csv_source){ .opened = true, .at_start = true, .fd = -1 };
    rc = leat_input_open(path, "CSV is", &s->fd, err);
    if (rc < 0)
        return rc;
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return open_iconv(s, encoding, err);
}

static ssize_t read_some(int fd, char *into, size_t n)
{
    ssize_t got;

    do
        got = read(fd, into, n);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* More bytes behind those not converted yet. */
static ssize_t read_raw(struct csv_source *s)
{
    ssize_t got;

    memmove(s->bytes, s->bytes + s->from, s->end - s->from);
    s->end -= s->from;
    s->from = 0;
    got = read_some(s->fd, s->bytes + s->end, RAW_BYTES - s->end);
    if (got > 0)
        s->end += (size_t)got;
    return got;
}

/* Where there is no room for it, the next call has it. */
static void leave_out(struct csv_source *s, char **into, size_t *room)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = s->end - s->from < s->unit ? s->end - s->from : s->unit;

    if (*room < 4 * n)
        return;
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)s->bytes[s->from + i];
        const char shown[4] = { CSV_SENSELESS, 'x', hex[byte >> 4], hex[byte & 15] };

        memcpy(*into, shown, sizeof shown);
        *into += sizeof shown;
    }
    *room -= 4 * n;
    s->from += n;
    s->left_out = true;
}

/* Converts what is there. False if more must be read first. */
static bool convert(struct csv_source *s, char **into, size_t *room)
{
    char *from = s->bytes + s->from;
    size_t left = s->end - s->from;
    size_t rc = iconv(s->iconv, &from, &left, into, room);

    s->from = s->end - left;
    if (rc != (size_t)-1 || errno == E2BIG)
        return left > 0;
    if (errno != EILSEQ)
        return false;
    leave_out(s, into, room);
    return true;
}

static ssize_t fill_converted(struct csv_source *s, char *into, size_t n)
{
    char *p = into;
    size_t room = n;

    while (p == into) {
        bool rest = s->from < s->end && convert(s, &p, &room);
        ssize_t got;

        if (p != into)
            break;
        if (rest) /* no room for one character */
            return -EINVAL;
        got = read_raw(s);
        if (got < 0)
            return got;
        if (got == 0 && s->from == s->end)
            break;
        if (got == 0)
            leave_out(s, &p, &room); /* a sequence cut off by the end of the file */
    }
    return p - into;
}

ssize_t csv_source_fill(void *source, char *into, size_t n)
{
    struct csv_source *s = source;
    ssize_t got = s->converts ? fill_converted(s, into, n) : read_some(s->fd, into, n);

    if (!s->at_start || got <= 0)
        return got;
    s->at_start = false;
    if (!s->converts || (size_t)got < sizeof mark || memcmp(into, mark, sizeof mark) != 0)
        return got;
    memmove(into, into + sizeof mark, (size_t)got - sizeof mark);
    return got > (ssize_t)sizeof mark ? got - (ssize_t)sizeof mark : csv_source_fill(s, into, n);
}

int csv_source_start(struct csv_source *s, int64_t *ret_skipped)
{
    char first[sizeof mark];

    *ret_skipped = 0;
    if (s->converts) /* fill looks for it in what comes out */
        return 0;
    if (pread(s->fd, first, sizeof first, 0) == (ssize_t)sizeof first && memcmp(first, mark, sizeof mark) == 0)
        *ret_skipped = sizeof mark;
    return lseek(s->fd, *ret_skipped, SEEK_SET) < 0 ? -errno : 0;
}

static int discard(struct csv_source *s, int64_t n)
{
    char room[4096];

    while (n) {
        ssize_t got = csv_source_fill(s, room, n < (int64_t)sizeof room ? (size_t)n : sizeof room);

        if (got <= 0)
            return got < 0 ? (int)got : -ENODATA;
        n -= got;
    }
    return 0;
}

int csv_source_seek(struct csv_source *s, int64_t offset)
{
    struct stat st;

    if (!s->converts) {
        if (fstat(s->fd, &st) < 0 || lseek(s->fd, offset, SEEK_SET) < 0)
            return -errno;
        return st.st_size < offset ? -ENODATA : 0;
    }
    (void)iconv(s->iconv, NULL, NULL, NULL, NULL);
    s->from = s->end = 0;
    s->at_start = true;
    if (lseek(s->fd, 0, SEEK_SET) < 0)
        return -errno;
    return discard(s, offset);
}

int64_t csv_source_read(const struct csv_source *s, int64_t offset)
{
    return s->converts ? (int64_t)lseek(s->fd, 0, SEEK_CUR) : offset;
}

void csv_source_close(struct csv_source *s)
{
    if (!s->opened)
        return;
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->converts)
        (void)iconv_close(s->iconv);
    free(s->bytes);
    s->opened = false;
}
