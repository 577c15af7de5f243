/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What a run has come to: a small table for people, JSON for programs.
 */
#ifndef LEAT_OBSERVE_REPORT_H
#define LEAT_OBSERVE_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include <leat/error.h>

#include "base/text.h"
#include "batch/books.h"

/* What a stage has counted beside the books (leat_stage_count). */
struct leat_report_count {
    const char *stage, *what;
    int64_t n;
};

struct leat_run_report {
    const char *pipeline, *load;  /* NULL: a file that could not be read so far */
    struct leat_books books;
    int64_t read_before;          /* of the records read: by the run that this one went on with */
    int64_t started_us, ended_us; /* since 1970 */
    int64_t run, goes_on;         /* numbers in the history; 0: none */
    int status;                   /* exit status */
    const char **left_out;        /* fields that the load does not carry */
    int n_left_out;
    const struct leat_report_count *counts; /* those of a stage side by side */
    int n_counts;
    char error[1024];             /* empty: none */
};

void leat_report_summary(const struct leat_run_report *report, FILE *out);
void leat_report_json(const struct leat_run_report *report, FILE *out);
void leat_report_text(const struct leat_run_report *report, struct leat_text_buffer *ret); /* the JSON */
/* Writes the JSON to a file, whole or not at all. */
LEAT_MUST_CHECK int leat_report_write(const struct leat_run_report *report, const char *path, struct leat_error *err);

#endif
