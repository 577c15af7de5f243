/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The file as lines, out of one buffer that grows with the longest of them up to
 * the limit. Of a line beyond it the beginning is kept, for the reject file.
 */
#include "extract.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/file/input.h"

enum { FIRST_CAP = 256 << 10, HEAD = 4096 /* kept of a line that is too long */ };

/* Makes room behind what is there, by moving it to the front or by growing. */
static bool make_room(struct lines *l)
{
    char *larger;

    if (l->begin > 0) {
        memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
        l->end -= l->begin;
        l->begin = 0;
    }
    if (l->end < l->cap)
        return true;
    larger = realloc(l->buffer, l->cap * 2);
    if (!larger) {
        errno = ENOMEM;
        return false;
    }
    l->buffer = larger;
    l->cap *= 2;
    return true;
}

/* Reads on. False: `ended`, or errno. */
static bool fill(struct lines *l)
{
    ssize_t n;

    if (l->ended || (l->end == l->cap && !make_room(l)))
        return false;
    do
        n = read(l->fd, l->buffer + l->end, l->cap - l->end);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        l->end += (size_t)n;
    l->ended = n == 0;
    return n > 0;
}

/* The byte order mark that some programs put before UTF-8. */
static bool skip_mark(struct lines *l)
{
    while (l->end < 3 && fill(l))
        ;
    if (l->end < 3 && !l->ended)
        return false;
    if (l->end >= 3 && memcmp(l->buffer, "\xEF\xBB\xBF", 3) == 0)
        l->begin = 3;
    l->offset = (int64_t)l->begin;
    return true;
}

int lines_open(struct lines *l, const char *path, size_t max, struct leat_error *err)
{
    int rc;

    *l = (struct lines){ .max = max, .number = 1, .cap = FIRST_CAP, .fd = -1 };
    rc = leat_input_open(path, "JSON lines are", &l->fd, err);
    if (rc < 0)
        return rc;
    l->buffer = malloc(l->cap);
    if (!l->buffer)
        return leat_fail(err, -ENOMEM, "cannot read %s: out of memory", path);
    if (!skip_mark(l))
        return leat_fail(err, -errno, "cannot read %s: %s", path, strerror(errno));
    return 0;
}

int lines_seek(struct lines *l, int64_t offset, int64_t number)
{
    struct stat st;

    if (fstat(l->fd, &st) < 0 || (S_ISREG(st.st_mode) && st.st_size < offset) || lseek(l->fd, offset, SEEK_SET) < 0)
        return -EINVAL;
    l->begin = l->end = 0;
    l->ended = false;
    l->offset = offset;
    l->number = number;
    return 0;
}

void lines_close(struct lines *l)
{
    if (l->cap && l->fd >= 0)
        close(l->fd);
    free(l->buffer);
    *l = (struct lines){ .fd = -1 };
}

/* What is kept of a line that is too long. */
static size_t head_of(size_t n)
{
    return n < HEAD ? n : HEAD;
}

/* The buffer holds `max` bytes of a line and no end of it: keeps the head, reads past the rest. */
static enum line_result pass_over(struct lines *l, struct line *ret)
{
    size_t seen = l->end - l->begin, head = head_of(seen);
    const char *newline = NULL;

    memmove(l->buffer, l->buffer + l->begin, head);
    l->begin = l->end = head;
    while (!newline && fill(l)) {
        newline = memchr(l->buffer + head, '\n', l->end - head);
        if (!newline) {
            seen += l->end - head;
            l->end = head;
        }
    }
    if (!newline && !l->ended)
        return LINE_FAILED;
    l->begin = newline ? (size_t)(newline + 1 - l->buffer) : l->end;
    l->offset += (int64_t)(seen + l->begin - head);
    ret->text = l->buffer;
    ret->n = head;
    return LINE_TOO_LONG;
}

enum line_result lines_next(struct lines *l, struct line *ret)
{
    const char *newline;
    size_t looked = 0;

    while (!(newline = memchr(l->buffer + l->begin + looked, '\n', l->end - l->begin - looked))) {
        looked = l->end - l->begin;
        if (looked > l->max)
            break;
        if (!fill(l) && !l->ended)
            return LINE_FAILED;
        if (l->ended)
            break;
    }
    if (!newline && l->ended && l->begin == l->end)
        return LINE_NONE;
    *ret = (struct line){ .offset = l->offset, .number = l->number++ };
    if (!newline && !l->ended)
        return pass_over(l, ret);
    ret->text = l->buffer + l->begin;
    ret->n = newline ? (size_t)(newline - ret->text) : l->end - l->begin;
    l->begin += ret->n + (newline != NULL);
    l->offset += (int64_t)(ret->n + (newline != NULL));
    if (ret->n <= l->max)
        return LINE_FINE;
    ret->n = head_of(ret->n);
    return LINE_TOO_LONG;
}

bool line_is_blank(const struct line *line)
{
    for (size_t i = 0; i < line->n; i++)
        if (line->text[i] != ' ' && line->text[i] != '\t' && line->text[i] != '\r')
            return false;
    return true;
}
