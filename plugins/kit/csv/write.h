/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Batches as CSV, RFC 4180: a field is quoted where it has to be, a quote in it
 * doubled. Null is the null text without quotes; a value that reads the same
 * (with the default: an empty text) is quoted, so the two stay apart.
 *
 * One thread a writer.
 */
#ifndef LEAT_KIT_CSV_WRITE_H
#define LEAT_KIT_CSV_WRITE_H

#include "kit/file/file.h"

enum leat_csv_guard { LEAT_CSV_GUARD_OFF, LEAT_CSV_GUARD_ESCAPE, LEAT_CSV_GUARD_REJECT };

struct leat_csv_writer {
    /* The dialect, set by the caller before leat_csv_writer_init */
    char delimiter;
    bool quote_all, crlf;
    const char *null; /* NUL-terminated; no delimiter, quote or line end in it */
    int guard;        /* enum leat_csv_guard: texts that a spreadsheet would run */

    const struct leat_schema *schema;
    struct leat_csv_column *columns; /* how each column of the batch at hand is written */
    size_t n_null, row_room;
    uint8_t *skip;                   /* a byte a row: rejected by the guard */
    int32_t cap_skip;
};

LEAT_MUST_CHECK int leat_csv_writer_init(struct leat_csv_writer *w, const struct leat_schema *schema,
                                         struct leat_error *err);
void leat_csv_writer_deinit(struct leat_csv_writer *w);

/* Whether a spreadsheet would run the text: it begins with = + - @, ASCII or full-width, or with a tab or line end,
 * behind which it looks for one of these. */
bool leat_csv_is_formula(const char *p, size_t n);

/* The line of names. */
void leat_csv_write_header(struct leat_csv_writer *w, struct leat_output *o);
/* The selected rows; those that the guard refuses are rejected in the batch. */
LEAT_MUST_CHECK int leat_csv_write_batch(struct leat_csv_writer *w, struct leat_output *o, struct leat_batch *b,
                                         struct leat_error *err);

#endif
