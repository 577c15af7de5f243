/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/progress.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

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

static void add_eta(const struct leat_progress *p, const struct leat_progress_screen *s, struct leat_text_buffer *b)
{
    int64_t left;

    if (p->rows_expected <= 0)
        return;
    left = p->rows_expected - p->books.read;
    leat_text_printf(b, " of about %" PRId64 " (%d %%)", p->rows_expected,
                     left <= 0 ? 100 : (int)(p->books.read * 100 / p->rows_expected));
    if (left > 0 && s->rate > 0)
        leat_text_printf(b, ", %.0f s to go", (double)left / s->rate);
}

static void add_total(const struct leat_progress *p, const struct leat_progress_screen *s, struct leat_text_buffer *b)
{
    leat_text_printf(b, "%" PRId64 " read", p->books.read);
    add_eta(p, s, b);
    leat_text_printf(b, ", %.0f/s", s->rate);
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        if (p->books.counts[v])
            leat_text_printf(b, ", %" PRId64 " %s", p->books.counts[v], leat_verdict_name((enum leat_verdict)v));
}

enum { ID_WIDTH = 14 };

/* A stage's id in ID_WIDTH columns, at their right or left end. */
static void add_id(const char *id, bool right, struct leat_text_buffer *b)
{
    struct leat_text_buffer whole = {0};
    size_t n;
    int room;

    leat_text_add_visible(&whole, id, strlen(id));
    n = leat_text_fit(whole.p, whole.n, ID_WIDTH);
    room = ID_WIDTH - leat_text_width(whole.p, n);
    leat_text_printf(b, "%*s", right ? room : 0, "");
    leat_text_add(b, whole.p, n);
    leat_text_printf(b, "%*s", right ? 0 : room, "");
    leat_text_deinit(&whole);
}

static void add_ring(const struct leat_progress_ring *r, const char *slowest, struct leat_text_buffer *b)
{
    int full = r->n_slots ? r->n_full * BAR / r->n_slots : 0;

    leat_text_add_string(b, "  ");
    add_id(r->from, true, b);
    leat_text_printf(b, " [%.*s%*s] ", full, "================", BAR - full, "");
    add_id(r->to, false, b);
    leat_text_printf(b, " %5.1f MiB%s", (double)r->bytes / 1048576, slowest == r->to ? "  < slowest" : "");
}

/* "api: 48.2 calls/s of 50 (quota 60, slowed to 49), 1234 calls, 12 throttled" */
static void add_budget(const struct leat_progress_budget *budget, struct leat_text_buffer *b)
{
    leat_text_add_visible(b, budget->name, strlen(budget->name));
    leat_text_printf(b, ": %.1f calls/s", budget->used);
    if (budget->ceiling > 0)
        leat_text_printf(b, " of %.4g", budget->ceiling);
    if (budget->quota > budget->ceiling)
        leat_text_printf(b, " (quota %.4g)", budget->quota);
    if (budget->current > 0 && (budget->ceiling <= 0 || budget->current < budget->ceiling * 0.99))
        leat_text_printf(b, ", slowed to %.1f", budget->current);
    leat_text_printf(b, ", %" PRId64 " calls", budget->n_calls);
    if (budget->n_throttled)
        leat_text_printf(b, ", %" PRId64 " throttled", budget->n_throttled);
    if (budget->waiting_ms >= 1000)
        leat_text_printf(b, ", waiting %" PRId64 " s", budget->waiting_ms / 1000);
}

/* A line that wraps would take two rows, and the next drawing would not go up far enough. */
static void end_line(struct leat_text_buffer *line, int width, FILE *out)
{
    size_t n = width ? leat_text_fit(line->p, line->n, width) : line->n;

    fwrite(line->p, 1, n, out);
    fputs("\n", out);
    line->n = 0;
}

void leat_progress_clear(struct leat_progress_screen *s, FILE *out)
{
    if (s->n_lines)
        fprintf(out, "\033[%dA\033[J", s->n_lines);
    s->n_lines = 0;
}

void leat_progress_draw(const struct leat_progress *p, struct leat_progress_screen *s, FILE *out)
{
    struct leat_text_buffer line = {0};
    const char *slowest;

    measure(p, s);
    slowest = bottleneck(p, s);
    leat_progress_clear(s, out);
    add_total(p, s, &line);
    end_line(&line, s->width, out);
    for (int i = 0; i < p->n_rings; i++) {
        add_ring(&p->rings[i], slowest, &line);
        end_line(&line, s->width, out);
    }
    for (int i = 0; i < p->n_budgets; i++) {
        leat_text_add_string(&line, "  ");
        add_budget(&p->budgets[i], &line);
        end_line(&line, s->width, out);
    }
    leat_text_add_string(&line, "  slowest: ");
    leat_text_add_visible(&line, slowest, strlen(slowest));
    leat_text_printf(&line, "; %.1f of %.0f MiB in use", (double)p->memory / 1048576,
                     (double)p->memory_limit / 1048576);
    end_line(&line, s->width, out);
    s->n_lines = p->n_rings + p->n_budgets + 2;
    leat_text_deinit(&line);
    fflush(out);
}

void leat_progress_line(const struct leat_progress *p, struct leat_progress_screen *s, FILE *out)
{
    struct leat_text_buffer line = {0};
    const char *slowest;

    measure(p, s);
    slowest = bottleneck(p, s);
    leat_text_add_string(&line, "leat: ");
    add_total(p, s, &line);
    leat_text_add_string(&line, "; slowest: ");
    leat_text_add_visible(&line, slowest, strlen(slowest));
    for (int i = 0; i < p->n_budgets; i++) {
        leat_text_add_string(&line, "; ");
        add_budget(&p->budgets[i], &line);
    }
    end_line(&line, 0, out);
    leat_text_deinit(&line);
    fflush(out);
}
