/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Memories: STATE/NAME.TARGET-STAGE.memory, one file a stage that remembers. Bytes
 * are only ever added; a checkpoint records how many belong to it and their sum, and
 * a run that goes on cuts off what is behind them.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "engine/run.h"

enum { BUFFER = 64 << 10 };

static int cannot(const struct leat_memory *m, const char *what, struct leat_error *err)
{
    return leat_fail(err, -errno, "cannot %s %s: %s", what, m->path, strerror(errno));
}

static struct leat_memory *memory_of(struct leat_stage *stage)
{
    const struct leat_state *state = stage->run->options.state;
    struct leat_memory *m = atomic_load_explicit(&stage->memory, memory_order_relaxed); /* our own thread's */
    struct leat_arena arena = {0};

    if (m || !state)
        return m;
    m = leat_alloc(sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    m->fd = -1;
    m->path = leat_strdup(leat_state_memory_path(state, (int)(stage->plan - stage->run->plan->stages), &arena));
    m->n_to_recall = leat_checkpoint_number(&stage->run->resume.from, "memory", stage->plan->model->id);
    m->sum_to_recall = (uint64_t)leat_checkpoint_number(&stage->run->resume.from, "memory_sum", stage->plan->model->id);
    leat_running_hash_begin(&m->hash);
    leat_arena_deinit(&arena);
    atomic_store_explicit(&stage->memory, m, memory_order_release); /* pairs with the load's thread, checkpoint.c */
    return m;
}

static int damaged(const struct leat_memory *m, const char *why, struct leat_error *err)
{
    return leat_fail(err, -EUCLEAN, "%s, which belongs to the state, %s at the last checkpoint; `leat run --restart` "
                     "begins anew", m->path, why);
}

/* All that is to be recalled: is it what was remembered? */
static int check(struct leat_memory *m, struct leat_error *err)
{
    char room[BUFFER];
    int64_t done = 0;

    while (done < m->n_to_recall) {
        int64_t left = m->n_to_recall - done;
        ssize_t n = pread(m->fd, room, left < BUFFER ? (size_t)left : BUFFER, done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot(m, "read", err);
        if (n == 0)
            return damaged(m, "is shorter than", err);
        leat_running_hash_add(&m->hash, room, (size_t)n);
        done += n;
    }
    if (m->n_to_recall && leat_running_hash_value(&m->hash) != m->sum_to_recall)
        return damaged(m, "is not what it was", err);
    return 0;
}

/* Anew, or cut back to what the checkpoint knows. */
static int open_file(struct leat_memory *m, struct leat_error *err)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (m->n_to_recall ? 0 : O_TRUNC);
    off_t end;

    if (m->fd >= 0)
        return 0;
    m->fd = open(m->path, flags, 0600);
    if (m->fd < 0)
        return cannot(m, "open", err);
    end = lseek(m->fd, 0, SEEK_END);
    if (end < 0 || (end > m->n_to_recall && ftruncate(m->fd, m->n_to_recall) < 0))
        return cannot(m, "cut back", err);
    m->n_written = m->n_to_recall;
    return check(m, err);
}

static void hash_buffer(struct leat_memory *m)
{
    if (m->buffer.n > m->n_hashed)
        leat_running_hash_add(&m->hash, m->buffer.p + m->n_hashed, m->buffer.n - m->n_hashed);
    m->n_hashed = m->buffer.n;
}

/* Under the lock. */
static int write_buffer(struct leat_memory *m, struct leat_error *err)
{
    size_t done = 0;
    int rc = open_file(m, err);

    while (rc == 0 && done < m->buffer.n) {
        ssize_t n = pwrite(m->fd, m->buffer.p + done, m->buffer.n - done, m->n_written + (off_t)done);

        if (n < 0 && errno != EINTR)
            rc = cannot(m, "write", err);
        if (n > 0)
            done += (size_t)n;
    }
    if (rc == 0) {
        hash_buffer(m);
        m->n_written += (int64_t)m->buffer.n;
        m->buffer.n = m->n_hashed = 0;
    }
    return rc;
}

int leat_memory_remember(struct leat_stage *stage, const void *bytes, size_t n, struct leat_error *err)
{
    struct leat_memory *m = memory_of(stage);
    int positions = atomic_load_explicit(&stage->run->positions, memory_order_relaxed); /* set before our first batch */
    int rc = 0;

    if (!m || positions == LEAT_POSITIONS_NONE) /* nobody will go on from here */
        return 0;
    pthread_mutex_lock(&m->lock);
    if (m->n_to_recall) /* the sum goes on from it */
        rc = open_file(m, err);
    leat_text_add(&m->buffer, bytes, n);
    if (rc == 0 && m->buffer.n >= BUFFER && positions == LEAT_POSITIONS)
        rc = write_buffer(m, err);
    pthread_mutex_unlock(&m->lock);
    return rc;
}

int64_t leat_memory_recall(struct leat_stage *stage, void *into, size_t n, struct leat_error *err)
{
    struct leat_memory *m = memory_of(stage);
    int64_t left = m ? m->n_to_recall - m->n_recalled : 0;
    ssize_t got;
    int rc;

    if (left <= 0)
        return 0;
    pthread_mutex_lock(&m->lock);
    rc = open_file(m, err);
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    do
        got = pread(m->fd, into, left < (int64_t)n ? (size_t)left : n, m->n_recalled);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 ? cannot(m, "read", err) : leat_fail(err, -EIO, "cannot read %s: it ends too early", m->path);
    m->n_recalled += got;
    return got;
}

void leat_memory_note(struct leat_memory *m, uint64_t sequence)
{
    struct leat_memory_note note = {.sequence = sequence};

    pthread_mutex_lock(&m->lock);
    hash_buffer(m);
    note.n_bytes = m->n_written + (int64_t)m->buffer.n;
    note.sum = leat_running_hash_value(&m->hash);
    if (m->fd < 0 && m->n_to_recall) {
        note.n_bytes = m->n_to_recall;
        note.sum = m->sum_to_recall;
    }
    if (!m->n_notes || m->notes[m->n_notes - 1].sequence != sequence)
        m->notes = leat_grow(m->notes, m->n_notes++, &m->cap_notes, sizeof *m->notes);
    m->notes[m->n_notes - 1] = note;
    pthread_mutex_unlock(&m->lock);
}

/* Batches that passed by empty may have no note: the last one before them counts. */
static struct leat_memory_note note_below(struct leat_memory *m, uint64_t sequence)
{
    int at = 0;

    while (at + 1 < m->n_notes && m->notes[at + 1].sequence < sequence)
        at++;
    if (at) {
        m->n_notes -= at;
        memmove(m->notes, m->notes + at, (size_t)m->n_notes * sizeof *m->notes);
    }
    if (m->n_notes && m->notes[0].sequence < sequence)
        return m->notes[0];
    return (struct leat_memory_note){.n_bytes = m->n_to_recall, .sum = m->sum_to_recall};
}

int leat_memory_sync(struct leat_memory *m, uint64_t sequence, struct leat_memory_note *ret, struct leat_error *err)
{
    int rc;

    pthread_mutex_lock(&m->lock);
    *ret = note_below(m, sequence);
    rc = write_buffer(m, err);
    pthread_mutex_unlock(&m->lock);
    if (rc == 0 && fdatasync(m->fd) < 0)
        rc = cannot(m, "flush", err);
    if (rc == 0 && !m->synced_folder)
        rc = leat_file_sync_folder(m->path);
    m->synced_folder = rc == 0;
    return rc;
}

void leat_memory_free(struct leat_memory *m)
{
    if (!m)
        return;
    if (m->fd >= 0)
        close(m->fd);
    leat_text_deinit(&m->buffer);
    free(m->notes);
    free(m->path);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
