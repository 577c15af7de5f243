/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/progress.h"

#include <inttypes.h>

enum { BAR = 16 };

static void measure(const struct leat_progress *p, struct leat_progress_screen *s)
{
    double seconds = p->seconds - s->last_seconds;
    double now = seconds > 0 ? (double)(p->books.read - s->last_read) / seconds : 0;

    s->rate = s->rate > 0 ? s->rate * 0.7 + now * 0.3 : now; /* smoothed: people read it */
    s->last_read = p->books.read;
    s->last_seconds = p->seconds;
}

/* The worker between two rings that has waited least since the last drawing. */
static const char *bottleneck(const struct leat_progress *p, struct leat_progress_screen *s)
{
    const char *name = "";
    int64_t least = INT64_MAX;

    for (int i = 0; i <= p->n_rings; i++) {
        int64_t waited = (i ? p->rings[i - 1].empty_us : 0) + (i < p->n_rings ? p->rings[i].full_us : 0);
        int64_t since = waited - s->waited[i];

        s->waited[i] = waited;
        if (since < least && !(i < p->n_rings && p->rings[i].closed)) {
            least = since;
            name = i < p->n_rings ? p->rings[i].from : p->rings[i - 1].to;
        }
    }
    return name;
}

static void put_eta(const struct leat_progress *p, const struct leat_progress_screen *s, FILE *out)
{
    int64_t left;

    if (p->rows_expected <= 0)
        return;
    left = p->rows_expected - p->books.read;
    fprintf(out, " of about %" PRId64 " (%d %%)", p->rows_expected,
            left <= 0 ? 100 : (int)(p->books.read * 100 / p->rows_expected));
    if (left > 0 && s->rate > 0)
        fprintf(out, ", %.0f s to go", (double)left / s->rate);
}

static void put_total(const struct leat_progress *p, const struct leat_progress_screen *s, FILE *out)
{
    fprintf(out, "%" PRId64 " read", p->books.read);
    put_eta(p, s, out);
    fprintf(out, ", %.0f/s", s->rate);
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        if (p->books.counts[v])
            fprintf(out, ", %" PRId64 " %s", p->books.counts[v], leat_verdict_name((enum leat_verdict)v));
}

static void put_ring(const struct leat_progress_ring *r, const char *slowest, FILE *out)
{
    int full = r->n_slots ? r->n_full * BAR / r->n_slots : 0;

    fprintf(out, "  %14.14s [", r->from);
    for (int i = 0; i < BAR; i++)
        fputs(i < full ? "=" : " ", out);
    fprintf(out, "] %-14.14s %5.1f MiB%s\n", r->to, (double)r->bytes / 1048576,
            slowest == r->to ? "  < slowest" : "");
}

void leat_progress_clear(struct leat_progress_screen *s, FILE *out)
{
    if (s->n_lines)
        fprintf(out, "\033[%dA\033[J", s->n_lines);
    s->n_lines = 0;
}

void leat_progress_draw(const struct leat_progress *p, struct leat_progress_screen *s, FILE *out)
{
    const char *slowest;

    measure(p, s);
    slowest = bottleneck(p, s);
    leat_progress_clear(s, out);
    put_total(p, s, out);
    fputs("\n", out);
    for (int i = 0; i < p->n_rings; i++)
        put_ring(&p->rings[i], slowest, out);
    fprintf(out, "  slowest: %s; %.1f of %.0f MiB in use\n", slowest, (double)p->memory / 1048576,
            (double)p->memory_limit / 1048576);
    s->n_lines = p->n_rings + 2;
    fflush(out);
}

void leat_progress_line(const struct leat_progress *p, struct leat_progress_screen *s, FILE *out)
{
    measure(p, s);
    fputs("leat: ", out);
    put_total(p, s, out);
    fprintf(out, "; slowest: %s\n", bottleneck(p, s));
    fflush(out);
}
