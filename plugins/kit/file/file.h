/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * An output file that appears under its final name only when it is whole.
 *
 *     plan     leat_output_plan      refuses what cannot be written, before the run
 *     open     leat_output_sweep     removes what killed runs have left
 *              leat_output_open      makes .NAME.leat-XXXXXXXX.part beside the final name
 *     deliver  leat_output_reserve, leat_output_put
 *     commit   leat_output_commit    fsync; at the end: leat_stage_publish, before it: a mark,
 *                                    and .kept in place of .part, as a later run goes on with it
 *                                    (leat_stage_keeps: the host removes it if none does)
 *     close    leat_output_close     removes the part unless it was published or marked
 *
 * The host renames all published files together once the run is done. From open
 * to close the part is locked (flock), which tells a sweep that its run lives. One
 * thread. Faults while writing are kept in `error` (the first one counts, what
 * is put after it goes nowhere), so that a serialiser asks once a batch.
 */
#ifndef LEAT_KIT_FILE_H
#define LEAT_KIT_FILE_H

#include <string.h>

#include <leat/plugin.h>

enum {
    LEAT_OUTPUT_BUFFER = 512 << 10,
    LEAT_OUTPUT_NAME_KEPT = 200, /* bytes of the final name in the part's, which must stay below NAME_MAX */
};

struct leat_output {
    const char *path; /* the final name, absolute; the option's, borrowed */
    char *part;       /* path of the part file; NULL where it is written through (/dev/null) */
    const char *name; /* in `part`: its last component */
    char *buffer;     /* LEAT_OUTPUT_BUFFER bytes */
    size_t n;         /* of them in use */
    int64_t flushed;  /* bytes handed to the system */
    int64_t begun;    /* of them on their way to the disk */
    int fd, folder;   /* -1 when closed */
    int error;        /* negated errno of the first fault, for good */
    bool opened, created, published, marked;
};

/* In plan: notes at option `path` what stands in the way (no such folder, not
 * writable, a directory, a link, no regular file), and declares target and output. */
void leat_output_plan(struct leat_plan *plan, const char *path);

/* Whether a file of this final name, next to `path`, is of one output with it. */
typedef bool leat_output_is_ours(const char *path, const char *name);

/* In open, before leat_output_open: removes the parts next to `path` that no live run owns: of its own name
 * (NULL), or of all those that are `is_ours`. Leaves them all while a run holds the lock of one of them. What the
 * checkpoint needs that the run goes on from (leat_stage_is_kept) stays. */
void leat_output_sweep(struct leat_stage *stage, const char *path, leat_output_is_ours *is_ours);

/* `mark`: of the last commit, to go on from; else NULL. `path` is borrowed. */
LEAT_MUST_CHECK int leat_output_open(struct leat_output *o, const char *path, const char *mark,
                                     struct leat_error *err);

/* Writes what is in the buffer. */
void leat_output_flush(struct leat_output *o);

/* Any number of bytes. */
void leat_output_put(struct leat_output *o, const char *bytes, size_t n);

/* Room for n <= LEAT_OUTPUT_BUFFER bytes, to be written in place; then leat_output_advance. */
static inline char *leat_output_reserve(struct leat_output *o, size_t n)
{
    if (n > LEAT_OUTPUT_BUFFER - o->n)
        leat_output_flush(o);
    return o->buffer + o->n;
}

/* `end`: behind the last byte written into what was reserved. */
static inline void leat_output_advance(struct leat_output *o, const char *end)
{
    o->n = (size_t)(end - o->buffer);
}

/* Bytes put so far. */
static inline int64_t leat_output_tell(const struct leat_output *o)
{
    return o->flushed + (int64_t)o->n;
}

/* 0, or the first fault with its text. */
LEAT_MUST_CHECK int leat_output_check(const struct leat_output *o, struct leat_error *err);

/* Makes durable all that was put, and its name. `last`: publishes; else the mark says where to go on. */
LEAT_MUST_CHECK int leat_output_commit(struct leat_output *o, struct leat_stage *stage, bool last,
                                       struct leat_mark *ret_mark, struct leat_error *err);

/* The same without the host: flushes and fsyncs; the caller publishes o->part. */
LEAT_MUST_CHECK int leat_output_finish(struct leat_output *o, struct leat_error *err);
/* For one that is finished and waits beside others: lets go of buffer, descriptor and lock. */
void leat_output_rest(struct leat_output *o);
/* For one that a checkpoint covers: from now on .kept. */
LEAT_MUST_CHECK int leat_output_keep(struct leat_output *o, struct leat_error *err);

/* Also after a failed or no open. */
void leat_output_close(struct leat_output *o);

#endif
