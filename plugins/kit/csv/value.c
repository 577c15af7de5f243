/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The bytes of a field out of its slice.
 */
#include "kit/csv/read.h"
#include "kit/csv/scan.h"

static char *copy_run(char *out, const char *p, const char *end)
{
    char *stop = out + (end - p);

    do {
        leat_scan_copy16(out, p);
        out += 16;
        p += 16;
    } while (p < end);
    return stop;
}

/* Of each pair of quotes the second is left out. */
static size_t undouble(const struct leat_csv_value *v, int quote, char *out)
{
    const char *p = v->p, *end = p + v->n;
    char *from = out;

    while (p < end) {
        struct leat_scan s = leat_scan_load(p);
        uint64_t mask = leat_scan_eq(&s, (char)quote);
        const char *block = p, *stop = end - p < LEAT_SCAN_BLOCK ? end : p + LEAT_SCAN_BLOCK;

        while (mask && block + __builtin_ctzll(mask) < stop) {
            int first = __builtin_ctzll(mask);

            out = copy_run(out, p, block + first + 1);
            p = block + first + 2;
            mask &= ~(UINT64_C(3) << first);
        }
        if (p < stop) {
            out = copy_run(out, p, stop);
            p = stop;
        }
    }
    return (size_t)(out - from);
}

static size_t unescape(const struct leat_csv_value *v, int escape, char *out)
{
    char *from = out;

    for (const char *p = v->p, *end = p + v->n; p < end; p++) {
        if (leat_csv_is(*p, escape) && p + 1 < end)
            p++;
        *out++ = *p;
    }
    return (size_t)(out - from);
}

/* Lenient, text behind a closing quote: the first part as in quotes, the rest as it is. */
static size_t unmess(const struct leat_csv_reader *r, const struct leat_csv_value *v, char *out)
{
    const struct leat_csv_dialect *d = &r->dialect;
    bool inside = true;
    char *from = out;

    for (const char *p = v->p, *end = p + v->n; p < end; p++) {
        bool doubled = inside && !leat_csv_escapes(d) && p + 1 < end && leat_csv_is(p[1], d->quote);

        if (leat_csv_escapes(d) && leat_csv_is(*p, d->escape) && p + 1 < end) {
            p++;
        } else if (inside && leat_csv_is(*p, d->quote)) {
            inside = doubled;
            p += doubled;
            if (!doubled)
                continue;
        }
        *out++ = *p;
    }
    return (size_t)(out - from);
}

size_t leat_csv_value_copy(const struct leat_csv_reader *r, const struct leat_csv_value *value, char *out)
{
    if (value->flags & LEAT_CSV_MESSY)
        return unmess(r, value, out);
    if (value->flags & LEAT_CSV_ESCAPED)
        return unescape(value, r->dialect.escape, out);
    if (value->flags & LEAT_CSV_DOUBLED)
        return undouble(value, r->dialect.quote, out);
    (void)copy_run(out, value->p, value->p + value->n);
    return value->n;
}
