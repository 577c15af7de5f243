/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Between the two halves of the reader: the parser of one record (record.c), and
 * the buffer it looks into (read.c).
 */
#ifndef LEAT_KIT_CSV_RECORD_H
#define LEAT_KIT_CSV_RECORD_H

#include "kit/csv/read.h"

enum leat_csv_outcome {
    LEAT_CSV_DONE,
    LEAT_CSV_NEED_MORE, /* the data ends within the record, and it is not the end of the file */
    LEAT_CSV_FAULTY,    /* r->fault, at r->fault_at */
};

/* Parses the record that begins at p, within the buffer, into r->values. On
 * LEAT_CSV_DONE *ret_end is at its line end, or at the end of the data. */
enum leat_csv_outcome leat_csv_parse(struct leat_csv_reader *r, const char *p, const char **ret_end);

/* The buffer has changed, or r->from was set. */
void leat_csv_look_anew(struct leat_csv_reader *r);

#endif
