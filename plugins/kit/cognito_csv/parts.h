/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of one output: users.csv, users-2.csv ..., each within the limits of
 * one import job, and beside each its line map, users.csv.lines.
 *
 *     part 1   written ─ finished ─ published with the next commit
 *     part 2              written ─ ...
 *
 * One thread. A finished part is closed and on disk; its final name it gets from
 * the host, with all others, at the end of the run.
 */
#ifndef LEAT_KIT_COGNITO_CSV_PARTS_H
#define LEAT_KIT_COGNITO_CSV_PARTS_H

#include "kit/file/file.h"

struct part {
    struct leat_output file, lines;
    char *path, *lines_path;
    int64_t number, rows;   /* of a finished one */
    struct part *next;      /* older finished ones */
};

struct parts {
    const char *path;       /* of the first part; borrowed */
    const char *header;     /* the header line; borrowed */
    size_t n_header;
    int64_t max_rows, max_bytes;
    bool no_lines;          /* nobody asks for the line maps */
    int64_t number;         /* of the current part, from 1 */
    int64_t rows;           /* in it, without the header */
    struct part *current, *finished; /* the newest first */
};

/* In plan: notes what stands in the way of the path. */
void parts_plan(struct leat_plan *plan, const char *path);

/* In open: removes what killed runs have left; parts_open does so, too. */
void parts_sweep(struct leat_stage *stage, const char *path);

/* Opens the first part, or where the stage has the mark of a commit the one that was being written. */
LEAT_MUST_CHECK int parts_open(struct parts *parts, struct leat_stage *stage, struct leat_error *err);

/* Whether a row of so many bytes still goes into the current part. Pipelines that write to
 * /dev/null have one part without end. */
bool parts_fit(const struct parts *parts, size_t n);

/* Finishes the current part, which stays locked; no row follows. */
LEAT_MUST_CHECK int parts_finish(struct parts *parts, struct leat_error *err);

/* Finishes the current part and opens the next. */
LEAT_MUST_CHECK int parts_turn(struct parts *parts, struct leat_error *err);

/* After a row was written: counts it, and notes its source's key in the line map. */
void parts_note_row(struct parts *parts, const char *key, size_t n);

LEAT_MUST_CHECK int parts_check(const struct parts *parts, struct leat_error *err);
LEAT_MUST_CHECK int parts_commit(struct parts *parts, struct leat_stage *stage, bool last, struct leat_mark *ret_mark,
                                 struct leat_error *err);
/* Also after a failed or no open. */
void parts_close(struct parts *parts);

/* users.csv, 2 -> users-2.csv; the caller frees it. */
char *parts_path(const char *path, int64_t number);

#endif
