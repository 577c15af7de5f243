/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The prefixes of subs, in order, as hexadecimal digits. A partition has a share of the 256 pairs of digits, as
 * prefixes of one digit where all its pairs are the partition's. One that is too large to be held is split:
 *
 *     0  1  2 ──► 20 21 .. 2f  3  4 ...
 *
 * How large one is shows only when it is read, and nobody knows how evenly subs are spread. So that not each of them is
 * read in vain, the last that was split at a depth stands for the next there, until one proves to be small.
 */
#include "extract.h"

enum { PAIRS = 256, DIGITS = 16 };

static const char digits[] = "0123456789abcdef";

/* The prefix at w->at. */
static void stand(struct walk *w)
{
    w->base = w->at % DIGITS == 0 && w->at + DIGITS <= w->end ? 1 : 2;
    w->prefix[0] = digits[w->at / DIGITS % DIGITS];
    w->prefix[1] = digits[w->at % DIGITS];
    w->n = w->base;
    w->prefix[w->n] = '\0';
    w->done = w->at >= w->end;
}

static void step(struct walk *w)
{
    while (w->n > w->base && w->prefix[w->n - 1] == digits[DIGITS - 1]) {
        w->prefix[--w->n] = '\0';
        w->large[w->n] = w->sums[w->n] > w->room;
    }
    if (w->n > w->base) {
        w->prefix[w->n - 1] = *(strchr(digits, w->prefix[w->n - 1]) + 1);
        return;
    }
    w->at += w->base == 1 ? DIGITS : 1;
    stand(w);
}

/* What is behind is a whole prefix that came before, or a part of this one. */
static void skip(struct walk *w)
{
    while (!w->done && strncmp(w->prefix, w->behind, w->n) < 0)
        step(w);
}

void walk_begin(struct walk *w, int part, int n_parts, const char *behind, int64_t room)
{
    *w = (struct walk){ .at = part * PAIRS / n_parts, .end = (part + 1) * PAIRS / n_parts, .room = room };
    (void)snprintf(w->behind, sizeof w->behind, "%s", behind ? behind : "");
    stand(w);
    skip(w);
}

void walk_next(struct walk *w, int64_t n_bytes)
{
    for (size_t n = w->base; n < w->n; n++)
        w->sums[n] += n_bytes;
    step(w);
}

bool walk_is_large(const struct walk *w)
{
    return w->large[w->n] && w->n < WALK_DIGITS;
}

bool walk_split(struct walk *w)
{
    if (w->n == WALK_DIGITS)
        return false;
    w->large[w->n] = true;
    w->sums[w->n] = 0;
    w->prefix[w->n++] = digits[0];
    w->prefix[w->n] = '\0';
    skip(w);
    return true;
}
