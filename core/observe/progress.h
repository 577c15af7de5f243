/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Progress on a terminal: a line for the whole, a line for each ring, drawn
 * over each other. Or one line, for a log. What counts is how many records are
 * settled, that is, have their verdict: reading may be far ahead of a slow load.
 *
 * The ring before the bottleneck is full and the one behind it empty. Where none
 * is full, the slowest worker is the one that has waited least.
 */
#ifndef LEAT_OBSERVE_PROGRESS_H
#define LEAT_OBSERVE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "batch/books.h"

struct leat_progress_ring {
    const char *from, *to;         /* ids of the stages at its ends */
    int n_full, n_slots;
    bool closed;                   /* who fills it has come to its end */
    int64_t bytes, limit_bytes;
    int64_t full_us, empty_us;     /* waited so far: producers, consumers */
};

/* What a stage asks of a server. */
struct leat_progress_budget {
    const char *name;
    double used, ceiling, quota;   /* calls a second: made of late, ours, the server's; 0: not declared */
    double current;                /* that may be made now, for the server's sake; 0: any */
    int64_t n_calls, n_throttled;
    int64_t waiting_ms;            /* until the next; 0: no wait */
};

struct leat_progress {
    struct leat_books books;
    int64_t rows_expected;         /* -1: not known */
    int64_t memory, memory_limit;  /* bytes */
    bool memory_is_short;          /* a stage waits for some */
    double seconds;
    int n_rings;
    struct leat_progress_ring rings[32];
    int n_budgets;
    struct leat_progress_budget budgets[8];
};

/* What the last drawing has left on the screen. */
struct leat_progress_screen {
    int width;                     /* of the terminal, in columns: lines are cut to it. 0: they are not */
    int n_lines;
    int64_t last_settled;
    double last_seconds, rate;
    int64_t waited[33];
};

/* Draws over what was drawn before. */
void leat_progress_draw(const struct leat_progress *progress, struct leat_progress_screen *screen, FILE *out);
/* One plain line, for a log. */
void leat_progress_line(const struct leat_progress *progress, struct leat_progress_screen *screen, FILE *out);
/* The same as a JSON object, with the figures as members. */
void leat_progress_json(const struct leat_progress *progress, struct leat_progress_screen *screen, FILE *out);
/* Takes the drawing away. */
void leat_progress_clear(struct leat_progress_screen *screen, FILE *out);

#endif
