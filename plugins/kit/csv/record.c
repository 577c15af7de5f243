/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One record out of the buffer. 64 bytes at a time become three bitmaps, and
 * the parser jumps from one set bit to the next; bytes in between are never
 * looked at one by one. It needs no guess about the quotes ahead, so a malformed
 * file costs no more than a good one.
 *
 * All is inlined into two functions, for dialects that double quotes and for
 * those that escape them.
 */
#include "kit/csv/record.h"
#include "kit/csv/scan.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

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
 * escape; NULL where the data ends first. p is at most a few bytes behind the block. */
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

static enum leat_csv_outcome fault(struct leat_csv_reader *r, enum leat_csv_fault kind, const char *at)
{
    r->fault = kind;
    r->fault_at = at;
    return LEAT_CSV_FAULTY;
}

static ALWAYS_INLINE bool ends_field(const struct leat_csv_reader *r, const char *q)
{
    return leat_csv_is(*q, r->dialect.delimiter) || *q == '\n';
}

/* From p on without quotes; *ret_q is where the field has ended: at a delimiter,
 * a line end, or the end of the data. */
static ALWAYS_INLINE enum leat_csv_outcome plain(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                                 struct leat_csv_value *v, const char **ret_q, bool escapes)
{
    const char *q = p;

    for (;;) {
        q = next(r, b, q, false, escapes);
        if (!q && !r->eof)
            return LEAT_CSV_NEED_MORE;
        if (!q)
            q = b->end;
        if (q == b->end || ends_field(r, q))
            break;
        if (escapes && leat_csv_is(*q, r->dialect.escape)) {
            if (q + 1 >= b->end && !r->eof)
                return LEAT_CSV_NEED_MORE;
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
    return LEAT_CSV_DONE;
}

/* Behind the closing quote: a delimiter, a line end, or the end of the data. */
static ALWAYS_INLINE enum leat_csv_outcome closed(struct leat_csv_reader *r, struct leat_csv_block *b, const char *q,
                                                  struct leat_csv_value *v, const char **ret_q, bool escapes)
{
    const char *behind = q + 1;

    v->n = (size_t)(q - v->p);
    *ret_q = behind;
    if (behind < b->end && ends_field(r, behind))
        return LEAT_CSV_DONE;
    if (b->end - behind < 2 && !r->eof)
        return LEAT_CSV_NEED_MORE;
    if (behind == b->end)
        return LEAT_CSV_DONE;
    if (behind + 1 < b->end && behind[0] == '\r' && behind[1] == '\n') {
        *ret_q = behind + 1;
        return LEAT_CSV_DONE;
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
 * the data ends first. At the very end of the data it might be the first of a pair. */
static ALWAYS_INLINE const char *closing(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                         struct leat_csv_value *v)
{
    size_t at = (size_t)(p - b->at);

    for (;;) {
        uint64_t quotes = at < LEAT_SCAN_BLOCK ? b->quote >> at << at : 0, odd = odd_ends(quotes);

        if (odd) {
            uint64_t inside = (odd - 1) & ~odd;

            v->flags |= quotes & inside ? LEAT_CSV_DOUBLED : 0;
            r->maybe_lines |= (b->line & inside) >> at != 0;
            return b->at + __builtin_ctzll(odd);
        }
        v->flags |= quotes ? LEAT_CSV_DOUBLED : 0;
        r->maybe_lines |= at < LEAT_SCAN_BLOCK && b->line >> at != 0;
        at = odd_at_end(quotes) + (at > LEAT_SCAN_BLOCK ? at - LEAT_SCAN_BLOCK : 0);
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
    return q;
}

/* p is behind the opening quote. */
static ALWAYS_INLINE enum leat_csv_outcome quoted(struct leat_csv_reader *r, struct leat_csv_block *b, const char *p,
                                                  struct leat_csv_value *v, const char **ret_q, bool escapes)
{
    const char *q;

    v->p = p;
    v->flags = LEAT_CSV_QUOTED;
    q = escapes ? closing_escaped(r, b, p, v) : closing(r, b, p, v);
    if (q)
        return closed(r, b, q, v, ret_q, escapes);
    return r->eof ? fault(r, LEAT_CSV_UNCLOSED, p - 1) : LEAT_CSV_NEED_MORE;
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

/* The record that begins at p. On LEAT_CSV_DONE *ret_end is at its line end, or the end of the data. */
static ALWAYS_INLINE enum leat_csv_outcome record(struct leat_csv_reader *r, const char *p, const char **ret_end,
                                                  bool escapes)
{
    struct leat_csv_block b = r->block;
    enum leat_csv_outcome outcome;
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
        if (outcome != LEAT_CSV_DONE)
            return outcome;
        n++;
        if (q == b.end || *q == '\n') {
            if (q < b.end && v->n && q[-1] == '\r')
                v->n -= ends_with_cr(r, v, escapes);
            r->n_values = n;
            r->block = b;
            *ret_end = q;
            return LEAT_CSV_DONE;
        }
        p = q + 1;
    }
}

static enum leat_csv_outcome record_doubling(struct leat_csv_reader *r, const char *p, const char **ret_end)
{
    return record(r, p, ret_end, false);
}

static enum leat_csv_outcome record_escaping(struct leat_csv_reader *r, const char *p, const char **ret_end)
{
    return record(r, p, ret_end, true);
}

enum leat_csv_outcome leat_csv_parse(struct leat_csv_reader *r, const char *p, const char **ret_end)
{
    return leat_csv_escapes(&r->dialect) ? record_escaping(r, p, ret_end) : record_doubling(r, p, ret_end);
}

void leat_csv_look_anew(struct leat_csv_reader *r)
{
    memset(r->buffer + r->end, 0, LEAT_CSV_SLACK);
    r->block.at = r->buffer + r->from;
    r->block.end = r->buffer + r->end;
    if (r->from < r->end)
        look(&r->dialect, &r->block, leat_csv_escapes(&r->dialect));
    else
        r->block.special = r->block.quote = r->block.line = 0;
}
