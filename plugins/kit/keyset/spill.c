/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#define _GNU_SOURCE 1 /* O_TMPFILE, mkostemp */

#include "kit/keyset/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_KEYS = 256, BUFFER_KEYS = 4096 };

static const char *folder(void)
{
    const char *dir = getenv("TMPDIR");

    return dir && *dir ? dir : "/tmp";
}

static int failed(struct leat_error *err, const char *what)
{
    int code = errno ? -errno : -EIO;

    return leat_fail(err, code, "cannot %s the keys seen so far in a temporary file in %s: %s; "
                     "set TMPDIR to a folder with room, or a larger `memory`", what, folder(), strerror(-code));
}

/* A file without a name, for our eyes only. */
static int open_temporary(void)
{
    char path[4096];
    int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    if (snprintf(path, sizeof path, "%s/leat-keys-XXXXXX", folder()) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC); /* file systems that know no O_TMPFILE */
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = write(fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool read_all(int fd, void *bytes, size_t n, int64_t offset)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t done = pread(fd, p, n, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            errno = done < 0 ? errno : EIO; /* shorter than we have written it */
            return false;
        }
        p += done;
        offset += done;
        n -= (size_t)done;
    }
    return true;
}

static void run_deinit(struct spill_run *run)
{
    if (run->fd >= 0)
        (void)close(run->fd);
    free(run->fences);
    *run = (struct spill_run){ .fd = -1 };
}

int spill_init(struct spill *spill, size_t filter_bytes, struct leat_error *err)
{
    void *filter;

    spill->n_blocks = filter_bytes / sizeof *spill->filter;
    filter = mmap(NULL, spill->n_blocks * sizeof *spill->filter, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (filter == MAP_FAILED)
        return failed(err, "index");
    spill->filter = filter;
    return 0;
}

void spill_deinit(struct spill *spill)
{
    for (int i = 0; i < spill->n_runs; i++)
        run_deinit(&spill->runs[i]);
    if (spill->filter)
        (void)munmap(spill->filter, spill->n_blocks * sizeof *spill->filter);
    spill->filter = NULL;
    spill->n_runs = 0;
}

int64_t spill_keys(const struct spill *spill)
{
    int64_t n = 0;

    for (int i = 0; i < spill->n_runs; i++)
        n += spill->runs[i].n_keys;
    return n;
}

int64_t spill_bytes(const struct spill *spill)
{
    return (int64_t)(spill->n_blocks * sizeof *spill->filter) +
           spill_keys(spill) / PAGE_KEYS * (int64_t)sizeof(uint64_t);
}

/* ---- the filter: in one cache line a bit in each of its eight words ---- */

static uint64_t *block_of(const struct spill *spill, struct keyset_key key)
{
    return spill->filter[(size_t)((key.high & UINT32_MAX) * spill->n_blocks >> 32)];
}

/* The eight bits of word i come from six bits each of a product; the constants are odd and arbitrary. */
static uint64_t bit_of(struct keyset_key key, int i)
{
    static const uint32_t salts[8] = { 0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                       0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31 };

    return UINT64_C(1) << ((uint32_t)(key.low >> 32) * salts[i] >> 26);
}

void spill_remember(struct spill *spill, struct keyset_key key)
{
    uint64_t *block = block_of(spill, key);

    for (int i = 0; i < 8; i++)
        block[i] |= bit_of(key, i);
}

static bool maybe_there(const struct spill *spill, struct keyset_key key)
{
    const uint64_t *block = block_of(spill, key);

    for (int i = 0; i < 8; i++)
        if (!(block[i] & bit_of(key, i)))
            return false;
    return true;
}

/* ---- writing ---- */

int spill_begin(struct spill_writer *writer, int64_t n_keys, struct leat_error *err)
{
    size_t n_pages = (size_t)(n_keys / PAGE_KEYS + 1);

    *writer = (struct spill_writer){ .run = { .fd = open_temporary(), .n_keys = n_keys } };
    if (writer->run.fd < 0)
        return failed(err, "keep");
    writer->run.fences = malloc(n_pages * sizeof *writer->run.fences);
    writer->buffer = malloc(BUFFER_KEYS * sizeof *writer->buffer);
    if (writer->run.fences && writer->buffer)
        return 0;
    run_deinit(&writer->run);
    free(writer->buffer);
    errno = ENOMEM;
    return failed(err, "keep");
}

static int flush(struct spill_writer *writer, struct leat_error *err)
{
    size_t n = writer->n_buffered;

    writer->n_buffered = 0;
    return write_all(writer->run.fd, writer->buffer, n * sizeof *writer->buffer) ? 0 : failed(err, "write");
}

int spill_put(struct spill_writer *writer, const struct keyset_key *keys, size_t n, struct leat_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        if (writer->n_written % PAGE_KEYS == 0)
            writer->run.fences[writer->n_written / PAGE_KEYS] = keys[i].high;
        writer->n_written++;
        writer->buffer[writer->n_buffered++] = keys[i];
        if (writer->n_buffered == BUFFER_KEYS)
            rc = flush(writer, err);
    }
    return rc;
}

/* ---- merging ---- */

struct reader {
    const struct spill_run *run;
    struct keyset_key *keys;
    int64_t n_read; /* keys of the run */
    size_t n, next; /* in `keys` */
};

/* 1: there is a key at keys[next]; 0: the run has ended. */
static int fill(struct reader *reader, struct leat_error *err)
{
    int64_t left = reader->run->n_keys - reader->n_read;

    if (reader->next < reader->n)
        return 1;
    reader->next = 0;
    reader->n = (size_t)(left < BUFFER_KEYS ? left : BUFFER_KEYS);
    if (!read_all(reader->run->fd, reader->keys, reader->n * sizeof *reader->keys,
                  reader->n_read * (int64_t)sizeof *reader->keys))
        return failed(err, "read");
    reader->n_read += (int64_t)reader->n;
    return reader->n > 0;
}

static bool cancelled(const struct spill *spill, int64_t n_written)
{
    return n_written % (1 << 20) == 0 && spill->settings->cancelled &&
           spill->settings->cancelled(spill->settings->cancelled_arg);
}

static int copy_merged(const struct spill *spill, struct reader *a, struct reader *b, struct spill_writer *writer,
                       struct leat_error *err)
{
    for (;;) {
        int has_a = fill(a, err), has_b = fill(b, err), rc;
        struct reader *from = a;

        if (has_a < 0 || has_b < 0)
            return has_a < 0 ? has_a : has_b;
        if (!has_a && !has_b)
            return 0;
        if (!has_a || (has_b && keyset_key_compare(&b->keys[b->next], &a->keys[a->next]) < 0))
            from = b;
        rc = spill_put(writer, &from->keys[from->next++], 1, err);
        if (rc < 0)
            return rc;
        if (cancelled(spill, writer->n_written))
            return leat_fail(err, LEAT_ECANCELED, "stopped");
    }
}

static void writer_close(struct spill_writer *writer)
{
    free(writer->buffer);
    writer->buffer = NULL;
}

/* Makes one run of the last two. */
static int merge_last(struct spill *spill, struct leat_error *err)
{
    struct spill_run *old = &spill->runs[spill->n_runs - 2], *new = &spill->runs[spill->n_runs - 1];
    struct reader a = { .run = old, .keys = malloc(BUFFER_KEYS * sizeof *a.keys) };
    struct reader b = { .run = new, .keys = malloc(BUFFER_KEYS * sizeof *b.keys) };
    struct spill_writer writer = { .run = { .fd = -1 } };
    int rc = -ENOMEM;

    if (a.keys && b.keys)
        rc = spill_begin(&writer, old->n_keys + new->n_keys, err);
    if (rc == 0)
        rc = copy_merged(spill, &a, &b, &writer, err);
    if (rc == 0)
        rc = flush(&writer, err);
    free(a.keys);
    free(b.keys);
    writer_close(&writer);
    if (rc < 0) {
        run_deinit(&writer.run);
        return rc;
    }
    run_deinit(old);
    run_deinit(new);
    *old = writer.run;
    spill->n_runs--;
    return 0;
}

int spill_end(struct spill *spill, struct spill_writer *writer, bool ok, struct leat_error *err)
{
    int rc = ok ? flush(writer, err) : -EIO;

    writer_close(writer);
    if (rc < 0) {
        run_deinit(&writer->run);
        return rc;
    }
    spill->runs[spill->n_runs++] = writer->run;
    while (rc == 0 && spill->n_runs > 1 &&
           spill->runs[spill->n_runs - 2].n_keys < 4 * spill->runs[spill->n_runs - 1].n_keys)
        rc = merge_last(spill, err);
    return rc;
}

/* ---- finding ---- */

/* The first page that may hold a key with this high half: the last one that begins below it. */
static int64_t first_page(const struct spill_run *run, int64_t n_pages, uint64_t high)
{
    int64_t low = 0, n = n_pages;

    while (n > 0) {
        int64_t half = n / 2;

        if (run->fences[low + half] < high) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low > 0 ? low - 1 : 0;
}

static bool in_page(const struct keyset_key *keys, int64_t n, struct keyset_key key)
{
    int64_t low = 0;

    while (n > 0) {
        int64_t half = n / 2;
        int order = keyset_key_compare(&keys[low + half], &key);

        if (order == 0)
            return true;
        if (order < 0)
            low += half + 1;
        n = order < 0 ? n - half - 1 : half;
    }
    return false;
}

static int find_in_run(const struct spill_run *run, struct keyset_key key, struct leat_error *err)
{
    struct keyset_key keys[PAGE_KEYS];
    int64_t n_pages = (run->n_keys + PAGE_KEYS - 1) / PAGE_KEYS;

    for (int64_t page = first_page(run, n_pages, key.high); page < n_pages && run->fences[page] <= key.high; page++) {
        int64_t n = run->n_keys - page * PAGE_KEYS;

        n = n < PAGE_KEYS ? n : PAGE_KEYS;
        if (!read_all(run->fd, keys, (size_t)n * sizeof keys[0], page * (int64_t)sizeof keys))
            return failed(err, "read");
        if (in_page(keys, n, key))
            return 1;
    }
    return 0;
}

int spill_find(const struct spill *spill, struct keyset_key key, struct leat_error *err)
{
    if (!maybe_there(spill, key))
        return 0;
    for (int i = 0; i < spill->n_runs; i++) {
        int rc = find_in_run(&spill->runs[i], key, err);

        if (rc != 0)
            return rc;
    }
    return 0;
}
