/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Bytes to records: CSV of any dialect, one record at a time, as slices of a
 * buffer. A record may hold any bytes; LF and CRLF end a line, a lone CR is
 * data. Memory is bounded by max_record, whatever the file holds.
 *
 *     leat_csv_reader_init ─► leat_csv_next ─► values[0 .. n_values - 1] ─► leat_csv_value_copy
 *                                  └─► fault: what is wrong, and where
 *
 * After a fault the reader goes on with the line behind the one where the fault
 * was seen, never inside the bad record: what stands in a field, however badly
 * it is quoted, is not taken for a record.
 *
 * One thread a reader.
 */
#ifndef LEAT_KIT_CSV_READ_H
#define LEAT_KIT_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LEAT_CSV_NO_CHAR = -1, LEAT_CSV_FILL_MIN = 64 };

struct leat_csv_dialect {
    int delimiter, quote, escape; /* 0 .. 255; LEAT_CSV_NO_CHAR: none. escape == quote: it is doubled */
    bool strict;                  /* a quote where none may stand is a fault; else it is literal */
};

static inline bool leat_csv_is(char c, int wanted)
{
    return (unsigned char)c == (unsigned)wanted;
}

/* True if there is an escape character of its own, so that quotes are not doubled. */
static inline bool leat_csv_escapes(const struct leat_csv_dialect *d)
{
    return d->escape >= 0 && d->escape != d->quote;
}

enum leat_csv_flag {
    LEAT_CSV_QUOTED = 1,  /* stood in quotes, which the slice leaves out */
    LEAT_CSV_DOUBLED = 2, /* holds doubled quotes */
    LEAT_CSV_ESCAPED = 4, /* holds escape characters */
    LEAT_CSV_MESSY = 8,   /* lenient: goes on behind its closing quote */
};

/* One field. Its bytes are [p, p + n) if no flag but LEAT_CSV_QUOTED is set; else
 * leat_csv_value_copy makes them. Valid until the next leat_csv_next. */
struct leat_csv_value {
    const char *p;
    size_t n;
    unsigned flags;
};

enum leat_csv_result {
    LEAT_CSV_END,
    LEAT_CSV_RECORD,
    LEAT_CSV_BAD,    /* no record: see fault */
    LEAT_CSV_FAILED, /* no more bytes can be had: `error` */
};

enum leat_csv_fault {
    LEAT_CSV_QUOTE_INSIDE,    /* a quote inside a field that does not begin with one */
    LEAT_CSV_TEXT_BEHIND,     /* text behind a closing quote */
    LEAT_CSV_UNCLOSED,        /* the data ends inside quotes */
    LEAT_CSV_TOO_LARGE,       /* more than max_record bytes */
};

struct leat_csv_reader {
    /* Set by the caller before init */
    struct leat_csv_dialect dialect;
    size_t max_record;                /* bytes a record may take in the file */
    int max_values;                   /* more fields than these are counted, not kept */
    /* Bytes read, 0 at the end, or a negated errno; n >= LEAT_CSV_FILL_MIN */
    ssize_t (*fill)(void *source, char *into, size_t n);
    void *source;
    int64_t offset, line;             /* of the first byte: where counting begins (line from 1) */
    size_t cap;                       /* bytes of the buffer to begin with; 0: a good default */

    /* The record at hand */
    struct leat_csv_value *values;
    int n_values;                     /* may be more than max_values */
    const char *raw;                  /* its bytes, without the line end; NULL: more than max_record */
    size_t n_raw;
    int64_t record_offset, record_line; /* where it begins */

    /* With LEAT_CSV_BAD */
    enum leat_csv_fault fault;
    int64_t fault_offset, fault_line; /* UNCLOSED: of the opening quote */
    /* With LEAT_CSV_FAILED: a negated errno */
    int error;

    /* Private */
    char *buffer;                     /* cap bytes, and LEAT_CSV_SLACK that may be read */
    size_t from, end;                 /* [from, end) is not parsed yet; buffer[0] is at `offset` */
    bool eof;
    struct leat_csv_block {
        const char *at, *end;         /* 64 bytes; where the data ends */
        uint64_t special, quote, line; /* bit i: byte i is delimiter, quote, line end or escape; is quote or
                                        * escape; is line end */
    } block;
    const char *fault_at;
    bool maybe_lines;                 /* the record may hold line ends inside quotes */
};

/* 0 or -ENOMEM. */
int leat_csv_reader_init(struct leat_csv_reader *r);
void leat_csv_reader_deinit(struct leat_csv_reader *r);

enum leat_csv_result leat_csv_next(struct leat_csv_reader *r);

/* Goes on with other bytes: those that the source gives next are at `offset`. */
void leat_csv_reader_seek(struct leat_csv_reader *r, int64_t offset, int64_t line);

/* Where the record behind the one at hand begins. */
static inline int64_t leat_csv_next_offset(const struct leat_csv_reader *r)
{
    return r->offset + (int64_t)r->from;
}

/* Bytes that leat_csv_value_copy may write beyond value->n, and read beyond the slice. */
enum { LEAT_CSV_SLACK = 80 };

/* The field's bytes, unescaped, into `out`, which has room for value->n +
 * LEAT_CSV_SLACK bytes. Returns how many there are. */
size_t leat_csv_value_copy(const struct leat_csv_reader *r, const struct leat_csv_value *value, char *out);

#endif
