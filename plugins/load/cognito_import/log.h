/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The log of an import job: a line a user, by number, without the user's data.
 *
 *     [SUCCEEDED] Line Number 5956 - The import succeeded.
 *     [SKIPPED] Line Number 5957 - The user already exists.
 *     [FAILED] Line Number 5958 - The User Record does not set any of the auto verified attributes to true.
 *
 * Tag and number are read; what is said behind them differs from source to source, and
 * only tells which sentence of ours fits. No document says whether the header is line 1, so
 * that is found out of the numbers themselves, or the rows have no verdict. Any thread.
 */
#ifndef LEAT_COGNITO_IMPORT_LOG_H
#define LEAT_COGNITO_IMPORT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_tag { LOG_NONE, LOG_SUCCEEDED, LOG_SKIPPED, LOG_FAILED, LOG_N_TAGS };

struct log_entry {
    enum log_tag tag;
    int64_t number;
    int reason;          /* for log_reason */
};

/* False: it is no line of that form. */
bool log_parse(const char *text, size_t n, struct log_entry *ret);

/* A sentence of ours, or NULL where none fits. */
const char *log_reason(int reason);

/* A row's verdict in a byte. */
static inline enum log_tag log_tag_of(uint8_t verdict)
{
    return (enum log_tag)(verdict & 3);
}

static inline int log_reason_of(uint8_t verdict)
{
    return verdict >> 2;
}

/* The lines of one job of n_rows rows. */
struct log_lines {
    int32_t n_rows;
    uint8_t *of;         /* by number, 0 to n_rows + 1: tag and reason; LOG_TWICE: two that contradict one another */
    int64_t lowest, highest, n_seen;
    int64_t n_tags[LOG_N_TAGS];
    bool strange;        /* a number that no row can have */
    bool contradicts;    /* some row has two verdicts */
};

enum { LOG_TWICE = 0xFC };

/* False: no memory. */
bool log_begin(struct log_lines *lines, int32_t n_rows);
/* May be given the same line again. */
void log_add(struct log_lines *lines, const struct log_entry *entry);
void log_end(struct log_lines *lines);

/* The number of the first row, 1 or 2; 0: it cannot be told. `known`: what an earlier job has shown, or 0. */
int log_base(const struct log_lines *lines, int known);

/* What the service has counted. */
struct log_counts {
    int64_t imported, skipped, failed;
};

/* The verdict of each row into ret, n_rows bytes: what stands in the log, and where nothing does what the counts leave
 * as the only possibility. LOG_NONE: it is not known. */
void log_judge(const struct log_lines *lines, const struct log_counts *counts, int base, uint8_t *ret);

#endif
