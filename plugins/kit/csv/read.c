/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The buffer below the parser: a record that is cut off at its end is moved to
 * the front and parsed anew once there is more. What is no record is passed by.
 */
#include "kit/csv/record.h"

#include <errno.h>
#include <stdlib.h>

#include <string.h>

enum { FIRST_CAP = 256 << 10 };

int leat_csv_reader_init(struct leat_csv_reader *r)
{
    r->cap = r->cap < 2 * LEAT_CSV_FILL_MIN ? FIRST_CAP : r->cap;
    r->buffer = malloc(r->cap + LEAT_CSV_SLACK);
    r->values = calloc((size_t)r->max_values + 1, sizeof *r->values); /* the last one takes what is too many */
    return r->buffer && r->values ? 0 : -ENOMEM;
}

void leat_csv_reader_deinit(struct leat_csv_reader *r)
{
    free(r->buffer);
    free(r->values);
    r->buffer = NULL;
    r->values = NULL;
}

/* ---- the buffer ---- */

static int64_t count_lines(const char *p, const char *end)
{
    int64_t n = 0;

    while ((p = memchr(p, '\n', (size_t)(end - p)))) {
        n++;
        p++;
    }
    return n;
}

static int make_room(struct leat_csv_reader *r)
{
    char *larger;

    memmove(r->buffer, r->buffer + r->from, r->end - r->from);
    r->offset += (int64_t)r->from;
    r->end -= r->from;
    r->from = 0;
    if (r->end < r->cap / 2)
        return 0;
    larger = realloc(r->buffer, 2 * r->cap + LEAT_CSV_SLACK);
    if (!larger)
        return -ENOMEM;
    r->buffer = larger;
    r->cap *= 2;
    return 0;
}

/* More bytes behind those that are there. Fills the buffer, so that a long
 * record, which is then parsed anew, is not parsed once a read. */
static int refill(struct leat_csv_reader *r)
{
    int rc = make_room(r);

    while (rc == 0 && r->end + LEAT_CSV_FILL_MIN <= r->cap && !r->eof) {
        ssize_t n = r->fill(r->source, r->buffer + r->end, r->cap - r->end);

        if (n < 0)
            rc = (int)n;
        else if (n == 0)
            r->eof = true;
        else
            r->end += (size_t)n;
    }
    leat_csv_look_anew(r);
    return rc;
}

/* ---- what is no record ---- */

/* Which part of a record the skipping has come to; behind a fault the next line end will do. */
enum part { AT_START, IN_PLAIN, IN_QUOTES, AT_QUOTE, AT_ESCAPE, AT_QUOTED_ESCAPE, BEHIND_FAULT };

static enum part step(const struct leat_csv_dialect *d, enum part part, char c)
{
    bool escape = leat_csv_escapes(d) && leat_csv_is(c, d->escape);

    switch (part) {
    case BEHIND_FAULT:
        return BEHIND_FAULT;
    case AT_QUOTED_ESCAPE:
        return IN_QUOTES;
    case IN_QUOTES:
        return escape ? AT_QUOTED_ESCAPE : leat_csv_is(c, d->quote) ? AT_QUOTE : IN_QUOTES;
    case AT_ESCAPE:
        return IN_PLAIN;
    default:
        break;
    }
    if (leat_csv_is(c, d->quote) && (part == AT_START || (part == AT_QUOTE && !leat_csv_escapes(d))))
        return IN_QUOTES;
    return escape ? AT_ESCAPE : leat_csv_is(c, d->delimiter) ? AT_START : IN_PLAIN;
}

static bool within_line(enum part part)
{
    return part == IN_QUOTES || part == AT_ESCAPE || part == AT_QUOTED_ESCAPE;
}

static void fault_is_here(struct leat_csv_reader *r, const char *at)
{
    r->fault_offset = r->offset + (at - r->buffer);
    r->fault_line = r->line + count_lines(r->buffer + r->from, at);
}

/* Runs on to the line end of a record too large to be kept, letting go of what
 * it has seen. Returns where it stood at last, or a negated errno. */
static int skip(struct leat_csv_reader *r, enum part part)
{
    int rc;

    for (;;) {
        for (; r->from < r->end; r->from++) {
            enum part before = part;
            char c = r->buffer[r->from];

            r->line += c == '\n';
            if (c == '\n' && !within_line(part))
                return (int)part;
            part = step(&r->dialect, part, c);
            if (part == IN_QUOTES && before == AT_START) /* in case it is never closed */
                fault_is_here(r, r->buffer + r->from);
        }
        if (r->eof)
            return (int)part;
        rc = refill(r);
        if (rc < 0)
            return rc;
    }
}

/* The record is too large, or so far behind its fault. */
static enum leat_csv_result too_large(struct leat_csv_reader *r, bool faulty)
{
    const char *at = faulty ? r->fault_at : r->buffer + r->from;
    int part;

    r->fault = faulty ? r->fault : LEAT_CSV_TOO_LARGE;
    fault_is_here(r, at);
    r->line = r->fault_line; /* skip counts on from there */
    r->from = (size_t)(at - r->buffer);
    r->raw = NULL;
    r->n_raw = 0;
    part = skip(r, faulty ? BEHIND_FAULT : AT_START);
    if (part < 0) {
        r->error = part;
        return LEAT_CSV_FAILED;
    }
    if (part == IN_QUOTES || part == AT_QUOTED_ESCAPE) {
        r->fault = LEAT_CSV_UNCLOSED;
    } else if (!faulty) {
        r->fault_offset = r->record_offset;
        r->fault_line = r->record_line;
    }
    r->from += r->from < r->end;
    leat_csv_look_anew(r);
    return LEAT_CSV_BAD;
}

/* The line end behind a fault, which is where the next record begins. */
static const char *bad_line_end(const struct leat_csv_reader *r)
{
    const char *end = r->buffer + r->end, *line_end = NULL;

    if (r->fault != LEAT_CSV_UNCLOSED)
        line_end = memchr(r->fault_at, '\n', (size_t)(end - r->fault_at));
    return line_end || !r->eof ? line_end : end;
}

/* Takes the record [from, end) off the buffer. */
static void taken(struct leat_csv_reader *r, const char *end)
{
    const char *p = r->buffer + r->from;

    r->record_offset = r->offset + (int64_t)r->from;
    r->record_line = r->line;
    r->raw = p;
    r->n_raw = (size_t)(end - p);
    if (r->maybe_lines)
        r->line += count_lines(p, end);
    if (end < r->block.end) {
        r->line++;
        r->from++;
        r->n_raw -= r->n_raw && end[-1] == '\r';
    }
    r->from += (size_t)(end - p);
}

static enum leat_csv_result bad(struct leat_csv_reader *r, const char *end)
{
    fault_is_here(r, r->fault_at);
    r->maybe_lines = true;
    taken(r, end);
    leat_csv_look_anew(r);
    if (r->n_raw > r->max_record) {
        r->raw = NULL;
        r->n_raw = 0;
    }
    return LEAT_CSV_BAD;
}

void leat_csv_reader_seek(struct leat_csv_reader *r, int64_t offset, int64_t line)
{
    r->offset = offset;
    r->line = line;
    r->from = r->end = 0;
    r->eof = false;
    leat_csv_look_anew(r);
}

enum leat_csv_result leat_csv_next(struct leat_csv_reader *r)
{
    for (;;) {
        const char *p = r->buffer + r->from, *end = NULL;
        enum leat_csv_outcome outcome = LEAT_CSV_NEED_MORE;

        r->maybe_lines = false;
        if (r->from < r->end)
            outcome = leat_csv_parse(r, p, &end);
        else if (r->eof)
            return LEAT_CSV_END;
        if (outcome == LEAT_CSV_DONE && (size_t)(end - p) <= r->max_record) {
            taken(r, end);
            return LEAT_CSV_RECORD;
        }
        if (outcome == LEAT_CSV_DONE) {
            r->fault = LEAT_CSV_TOO_LARGE;
            r->fault_at = p;
            return bad(r, end);
        }
        if (outcome == LEAT_CSV_FAULTY && (end = bad_line_end(r)))
            return bad(r, end);
        r->record_offset = r->offset + (int64_t)r->from;
        r->record_line = r->line;
        if (r->end - r->from > r->max_record)
            return too_large(r, outcome == LEAT_CSV_FAULTY);
        r->error = refill(r);
        if (r->error < 0)
            return LEAT_CSV_FAILED;
    }
}
