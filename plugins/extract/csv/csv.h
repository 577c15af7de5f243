/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of the csv extract: its state, and the file below the parser.
 */
#ifndef LEAT_EXTRACT_CSV_H
#define LEAT_EXTRACT_CSV_H

#include <iconv.h>

#include <leat/plugin.h>

#include "kit/csv/read.h"
#include "kit/fields/fields.h"

/* Begins what stands for a byte that makes no sense in the encoding: CSV_SENSELESS x 8 1. In no UTF-8. */
#define CSV_SENSELESS '\xFF'

/* A regular file as UTF-8, read once from front to back, without its byte order mark. */
struct csv_source {
    int fd;
    bool opened, converts, at_start;
    bool left_out;     /* there were bytes that make no sense in the encoding */
    iconv_t iconv;
    size_t unit;       /* bytes to leave out where the encoding makes no sense */
    char *bytes;       /* read and not converted: [from, end) */
    size_t from, end;
};

struct csv {
    const char *path, *delimiter, *quote, *escape, *encoding, *null;
    const struct leat_node *names, *fields;
    bool header, strict;

    struct leat_csv_dialect dialect;
    int n_fields;
    bool *as_text;            /* a field: goes into its column as it is */
    bool has_secret;
    size_t n_null;

    struct csv_source source;
    struct leat_csv_reader reader;
    char *scratch;            /* a value without its escapes, where it is not made in its column */
    size_t cap_scratch;
    int64_t n_empty_lines;
};

/* source.c */
bool csv_source_knows(const char *encoding);
LEAT_MUST_CHECK int csv_source_open(struct csv_source *s, const char *path, const char *encoding,
                                    struct leat_error *err);
/* Bytes of the mark that were left out at the start. */
LEAT_MUST_CHECK int csv_source_start(struct csv_source *s, int64_t *ret_skipped);
/* For the reader: `source` is a struct csv_source. */
ssize_t csv_source_fill(void *source, char *into, size_t n);
/* Goes on at `offset` of what fill has given since the start, the bytes left out counted. */
LEAT_MUST_CHECK int csv_source_seek(struct csv_source *s, int64_t offset);
/* Bytes of the file itself that were read, for one at `offset` of what fill has given: no fewer than are behind it. */
int64_t csv_source_read(const struct csv_source *s, int64_t offset);
void csv_source_close(struct csv_source *s);

/* plan.c */
int csv_plan(struct leat_plan *plan, void *self, struct leat_error *err);
/* Opens file and reader, with room for max_values fields, before the first line. */
LEAT_MUST_CHECK int csv_begin(struct csv *c, int max_values, struct leat_error *err);
void csv_end(struct csv *c);

/* put.c: the record at hand, as a row or as a reject. */
void csv_put_record(struct csv *c, struct leat_batch *b);
void csv_put_bad(struct csv *c, struct leat_batch *b);

#endif
