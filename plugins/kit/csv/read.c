/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * 64 bytes at a time become three bitmaps, and the parser jumps from one set
 * bit to the next; bytes in between are never looked at one by one. It needs no
 * guess about the quotes ahead, so a malformed file costs no more than a good
 * one.
 */
#include "kit/csv/read.h"

#include <errno.h>
#include <stdlib.h>

#include "kit/csv/scan.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { FIRST_CAP = 256 << 10 };

enum outcome { DONE, NEED_MORE, BAD };

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

/* ---- the bitmaps ---- */

static ALWAYS_INLINE void look(const struct leat_csv_dialect *d, struct leat_csv_block *b, bool escapes)
{
    struct leat_scan s = leat_scan_load(b->at);

    b->line = leat_scan_eq(&s, '\n');
    b->quote = d->quote >= 0 ? leat_scan_eq(&s, (char)d->quote) : 0;
    if (escapes)
        b->quote |= leat_scan_eq(&s, (char)d->escape);
    if (b->end - b->at < LEAT_SCAN_BLOCK) {
        uint64_t there = (UINT64_C(1) << (b->end - b->at)) - 1;

        b->line &= there;
        b->quote &= there;
        b->special = (b->line | b->quote | leat_scan_eq(&s, (char)d->delimiter)) & there;
        return;
    }
    b->special = b->line | b->quote | leat_scan_eq(&s, (char)d->delimiter);
}

/* The next special character at or behind p, or with `quoted` the next quote or
 * escape; NULL where the data ends first. p is at most one byte behind the block. */
static ALWAYS_INLINE const char *next(const struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                      bool quoted, bool escapes)
{
    size_t at = (size_t)(p - b->at);
    uint64_t mask = quoted ? b->quote : b->special;

    if (at < LEAT_SCAN_BLOCK && mask >> at)
        return p + __builtin_ctzll(mask >> at);
    for (;;) {
        b->at += LEAT_SCAN_BLOCK;
        if (b->at >= b->end)
            return NULL;
        look(&r->dialect, b, escapes);
        at = p > b->at ? (size_t)(p - b->at) : 0;
        mask = (quoted ? b->quote : b->special) >> at;
        if (mask)
            return b->at + at + __builtin_ctzll(mask);
    }
}

/* ---- one field ---- */

static enum outcome fault(struct leat_csv_reader *r, enum leat_csv_fault kind, const char *at)
{
    r->fault = kind;
    r->fault_at = at;
    return BAD;
}

static ALWAYS_INLINE bool ends_field(const struct leat_csv_reader *r, const char *q)
{
    return leat_csv_is(*q, r->dialect.delimiter) || *q == '\n';
}

/* From p on without quotes; *ret_q is where the field has ended: at a delimiter,
 * a line end, or the end of the data. */
static ALWAYS_INLINE enum outcome plain(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                        struct leat_csv_value *v, const char **ret_q, bool escapes)
{
    const char *q = p;

    for (;;) {
        q = next(r, b, q, false, escapes);
        if (!q && !r->eof)
            return NEED_MORE;
        if (!q)
            q = b->end;
        if (q == b->end || ends_field(r, q))
            break;
        if (escapes && leat_csv_is(*q, r->dialect.escape)) {
            if (q + 1 >= b->end && !r->eof)
                return NEED_MORE;
            v->flags |= LEAT_CSV_ESCAPED;
            r->maybe_lines = true;
            q += q + 1 < b->end ? 2 : 1;
            continue;
        }
        if (r->dialect.strict)
            return fault(r, LEAT_CSV_QUOTE_INSIDE, q);
        q++;
    }
    v->n = (size_t)(q - v->p);
    *ret_q = q;
    return DONE;
}

/* Behind the closing quote: a delimiter, a line end, or the end of the data. */
static ALWAYS_INLINE enum outcome closed(struct leat_csv_reader *r, struct leat_csv_block *b, const char *q,
                                         struct leat_csv_value *v, const char **ret_q, bool escapes)
{
    const char *behind = q + 1;

    v->n = (size_t)(q - v->p);
    *ret_q = behind;
    if (behind < b->end && ends_field(r, behind))
        return DONE;
    if (b->end - behind < 2 && !r->eof)
        return NEED_MORE;
    if (behind == b->end)
        return DONE;
    if (behind + 1 < b->end && behind[0] == '\r' && behind[1] == '\n') {
        *ret_q = behind + 1;
        return DONE;
    }
    if (r->dialect.strict)
        return fault(r, LEAT_CSV_TEXT_BEHIND, behind);
    v->flags |= LEAT_CSV_MESSY;
    return plain(r, b, behind, v, ret_q, escapes);
}

/* The last quote of each run of an odd number of quotes that ends within the
 * block: seen from inside quotes, those in front of it are pairs. A run that
 * begins at an even bit and has an odd length ends before an odd one, and the
 * carry of an addition finds where runs end. */
static ALWAYS_INLINE uint64_t odd_ends(uint64_t quotes)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    uint64_t starts = quotes & ~(quotes << 1);
    uint64_t from_even = (quotes + (starts & even)) & ~quotes, from_odd = (quotes + (starts & ~even)) & ~quotes;

    return ((from_even & ~even) | (from_odd & even)) >> 1;
}

static ALWAYS_INLINE bool odd_at_end(uint64_t quotes)
{
    return ~quotes ? __builtin_clzll(~quotes) & 1 : false;
}

/* The closing quote for what begins at p, where a quote inside is doubled. NULL:
 * the data ends first, or might go on with the second quote of a pair. */
static ALWAYS_INLINE const char *closing(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                         struct leat_csv_value *v)
{
    size_t at = (size_t)(p - b->at);

    for (;;) {
        uint64_t quotes = at < LEAT_SCAN_BLOCK ? b->quote >> at << at : 0, odd = odd_ends(quotes);

        if (odd) {
            const char *q = b->at + __builtin_ctzll(odd);
            uint64_t inside = (odd - 1) & ~odd;

            v->flags |= quotes & inside ? LEAT_CSV_DOUBLED : 0;
            r->maybe_lines |= (b->line & inside) >> at != 0;
            return q + 1 < b->end || r->eof ? q : NULL;
        }
        v->flags |= quotes ? LEAT_CSV_DOUBLED : 0;
        r->maybe_lines |= at < LEAT_SCAN_BLOCK && b->line >> at != 0;
        at = odd_at_end(quotes) + (at > LEAT_SCAN_BLOCK);
        b->at += LEAT_SCAN_BLOCK;
        if (b->at < b->end)
            look(&r->dialect, b, false);
        else if (!r->eof || !odd_at_end(quotes))
            return NULL;
        else
            b->quote = b->special = b->line = 0;
        if (odd_at_end(quotes) && !(b->quote & 1))
            return b->at - 1;
    }
}

/* The same where a character of its own makes a quote ordinary. */
static ALWAYS_INLINE const char *closing_escaped(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                                 struct leat_csv_value *v)
{
    const char *q = next(r, b, p, true, true);

    while (q && leat_csv_is(*q, r->dialect.escape)) {
        v->flags |= LEAT_CSV_ESCAPED;
        q = q + 1 < b->end ? next(r, b, q + 2, true, true) : NULL;
    }
    r->maybe_lines = true;
    return q && (q + 1 < b->end || r->eof) ? q : NULL;
}

/* p is behind the opening quote. */
static ALWAYS_INLINE enum outcome quoted(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                         struct leat_csv_value *v, const char **ret_q, bool escapes)
{
    const char *q;

    v->p = p;
    v->flags = LEAT_CSV_QUOTED;
    q = escapes ? closing_escaped(r, b, p, v) : closing(r, b, p, v);
    if (q)
        return closed(r, b, q, v, ret_q, escapes);
    return r->eof ? fault(r, LEAT_CSV_UNCLOSED, p - 1) : NEED_MORE;
}

/* ---- one record ---- */

/* True if the CR behind which a field's line has ended belongs to the line end,
 * and not to what stood in quotes or behind an escape. */
static bool ends_with_cr(const struct leat_csv_reader *r, const struct leat_csv_value *v, bool escapes)
{
    const char *cr = v->p + v->n - 1, *p = cr;

    if ((v->flags & LEAT_CSV_QUOTED) && !(v->flags & LEAT_CSV_MESSY))
        return false;
    while (escapes && p > v->p && leat_csv_is(p[-1], r->dialect.escape))
        p--;
    return (cr - p) % 2 == 0;
}

/* The record that begins at p. On DONE *ret_end is at its line end, or the end of the data. */
static ALWAYS_INLINE enum outcome record(struct leat_csv_reader *r, const char *p, const char **ret_end, bool escapes)
{
    struct leat_csv_block b = r->block;
    enum outcome outcome;
    int n = 0;

    for (;;) {
        struct leat_csv_value *v = &r->values[n < r->max_values ? n : r->max_values];
        const char *q;

        v->p = p;
        v->flags = 0;
        if (p < b.end && leat_csv_is(*p, r->dialect.quote))
            outcome = quoted(r, &b, p + 1, v, &q, escapes);
        else
            outcome = plain(r, &b, p, v, &q, escapes);
        if (outcome != DONE)
            return outcome;
        n++;
        if (q == b.end || *q == '\n') {
            if (q < b.end && v->n && q[-1] == '\r')
                v->n -= ends_with_cr(r, v, escapes);
            r->n_values = n;
            r->block = b;
            *ret_end = q;
            return DONE;
        }
        p = q + 1;
    }
}

static enum outcome record_doubling(struct leat_csv_reader *r, const char *p, const char **ret_end)
{
    return record(r, p, ret_end, false);
}

static enum outcome record_escaping(struct leat_csv_reader *r, const char *p, const char **ret_end)
{
    return record(r, p, ret_end, true);
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

static void reset_block(struct leat_csv_reader *r)
{
    memset(r->buffer + r->end, 0, LEAT_CSV_SLACK);
    r->block.at = r->buffer + r->from;
    r->block.end = r->buffer + r->end;
    if (r->from < r->end)
        look(&r->dialect, &r->block, leat_csv_escapes(&r->dialect));
    else
        r->block.special = r->block.quote = r->block.line = 0;
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
    reset_block(r);
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

/* Runs on to the line end of a record too large to be kept, letting go of what
 * it has seen. Returns where it stood at last, or a negated errno. */
static int skip(struct leat_csv_reader *r, enum part part)
{
    int rc;

    for (;;) {
        for (; r->from < r->end; r->from++) {
            char c = r->buffer[r->from];

            r->line += c == '\n';
            if (c == '\n' && !within_line(part))
                return (int)part;
            part = step(&r->dialect, part, c);
        }
        if (r->eof)
            return (int)part;
        rc = refill(r);
        if (rc < 0)
            return rc;
    }
}

static void fault_is_here(struct leat_csv_reader *r, const char *at)
{
    r->fault_offset = r->offset + (at - r->buffer);
    r->fault_line = r->line + count_lines(r->buffer + r->from, at);
}

/* The record is too large, or so far behind its fault. */
static enum leat_csv_result too_large(struct leat_csv_reader *r, bool faulty)
{
    const char *at = faulty ? r->fault_at : r->buffer + r->from;
    int part;

    r->fault = faulty ? r->fault : LEAT_CSV_TOO_LARGE;
    fault_is_here(r, at);
    r->line = r->fault_line;
    r->from = (size_t)(at - r->buffer);
    r->raw = NULL;
    r->n_raw = 0;
    part = skip(r, faulty ? BEHIND_FAULT : AT_START);
    if (part < 0) {
        r->error = part;
        return LEAT_CSV_FAILED;
    }
    if (part == IN_QUOTES || part == AT_QUOTED_ESCAPE)
        r->fault = LEAT_CSV_UNCLOSED;
    r->from += r->from < r->end;
    reset_block(r);
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
    reset_block(r);
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
    reset_block(r);
}

enum leat_csv_result leat_csv_next(struct leat_csv_reader *r)
{
    for (;;) {
        const char *p = r->buffer + r->from, *end = NULL;
        enum outcome outcome = NEED_MORE;

        r->maybe_lines = false;
        if (r->from < r->end)
            outcome = leat_csv_escapes(&r->dialect) ? record_escaping(r, p, &end) : record_doubling(r, p, &end);
        else if (r->eof)
            return LEAT_CSV_END;
        if (outcome == DONE && (size_t)(end - p) <= r->max_record) {
            taken(r, end);
            return LEAT_CSV_RECORD;
        }
        if (outcome == DONE) {
            (void)fault(r, LEAT_CSV_TOO_LARGE, p);
            return bad(r, end);
        }
        if (outcome == BAD && (end = bad_line_end(r)))
            return bad(r, end);
        r->record_offset = r->offset + (int64_t)r->from;
        r->record_line = r->line;
        if (r->end - r->from > r->max_record)
            return too_large(r, outcome == BAD);
        r->error = refill(r);
        if (r->error < 0)
            return LEAT_CSV_FAILED;
    }
}
