/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/progress.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "base/text.h"

enum { BAR = 16 };

/* Of the records read, those with a verdict; of records made of them, their share. */
static int64_t settled(const struct leat_progress *p)
{
    const struct leat_books *books = &p->books;
    int64_t all = books->read + books->made;

    if (!books->made || all <= 0)
        return books->read - books->pending;
    return (int64_t)((double)books->read * (double)(all - books->pending) / (double)all);
}

static void measure(const struct leat_progress *p, struct leat_progress_screen *s)
{
    double seconds = p->seconds - s->last_seconds;
    double now = seconds > 0 ? (double)(settled(p) - s->last_settled) / seconds : 0;

    s->rate = s->rate > 0 ? s->rate * 0.7 + now * 0.3 : now; /* smoothed: people read it */
    s->last_settled = settled(p);
    s->last_seconds = p->seconds;
}

/* A batch like those in it would not find room. */
static bool is_full(const struct leat_progress_ring *r)
{
    return r->n_full && (r->n_full >= r->n_slots || r->bytes + r->bytes / r->n_full > r->limit_bytes);
}

/* The worker between two rings that has waited least since the last drawing. */
static const char *least_waited(const struct leat_progress *p, struct leat_progress_screen *s)
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

/* Who waits at this moment is not counted yet, so a full ring says more. Where memory is short and no ring is full,
 * it is the load that has taken it. */
static const char *bottleneck(const struct leat_progress *p, struct leat_progress_screen *s)
{
    const char *name = least_waited(p, s);

    for (int i = p->n_rings - 1; i >= 0; i--)
        if (is_full(&p->rings[i]))
            return p->rings[i].to;
    return p->memory_is_short && p->n_rings ? p->rings[p->n_rings - 1].to : name;
}

/* ---- how far ---- */

struct how_far {
    int64_t settled, expected; /* expected -1: not known */
    bool all_read;             /* so it is known exactly */
    int percent;               /* -1: not known */
    double seconds_left;       /* -1: not known */
};

static struct how_far how_far(const struct leat_progress *p, const struct leat_progress_screen *s)
{
    struct how_far f = {.settled = settled(p), .all_read = p->n_rings && p->rings[0].closed, .percent = -1,
                        .seconds_left = -1};
    int64_t left;

    f.expected = f.all_read ? p->books.read : p->rows_expected > 0 ? p->rows_expected : -1;
    if (f.expected <= 0)
        return f;
    left = f.expected - f.settled;
    f.percent = left <= 0 ? 100 : (int)(f.settled * 100 / f.expected);
    if (left > 0 && s->rate > 0)
        f.seconds_left = (double)left / s->rate;
    return f;
}

static void add_total(const struct leat_progress *p, const struct leat_progress_screen *s, struct leat_text_buffer *b)
{
    struct how_far f = how_far(p, s);

    leat_text_printf(b, "%" PRId64 " read", p->books.read);
    if (f.settled != p->books.read)
        leat_text_printf(b, ", %" PRId64 " settled", f.settled);
    if (f.percent >= 0)
        leat_text_printf(b, " of %s%" PRId64 " (%d %%)", f.all_read ? "" : "about ", f.expected, f.percent);
    if (f.seconds_left >= 0)
        leat_text_printf(b, ", %.0f s to go", f.seconds_left);
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

static void add_plain(const struct leat_progress *p, const struct leat_progress_screen *s, const char *slowest,
                      struct leat_text_buffer *line)
{
    add_total(p, s, line);
    leat_text_add_string(line, "; slowest: ");
    leat_text_add_visible(line, slowest, strlen(slowest));
    for (int i = 0; i < p->n_budgets; i++) {
        leat_text_add_string(line, "; ");
        add_budget(&p->budgets[i], line);
    }
}

void leat_progress_line(const struct leat_progress *p, struct leat_progress_screen *s, FILE *out)
{
    struct leat_text_buffer line = {0};

    measure(p, s);
    leat_text_add_string(&line, "leat: ");
    add_plain(p, s, bottleneck(p, s), &line);
    end_line(&line, 0, out);
    leat_text_deinit(&line);
    fflush(out);
}

/* ---- for programs ---- */

static void json_total(const struct leat_progress *p, const struct leat_progress_screen *s, struct leat_text_buffer *b)
{
    struct how_far f = how_far(p, s);

    leat_text_printf(b, "\"seconds\":%.1f,\"read\":%" PRId64 ",\"settled\":%" PRId64, p->seconds, p->books.read,
                     f.settled);
    leat_text_printf(b, ",\"settled_a_second\":%.1f", s->rate);
    if (f.percent >= 0)
        leat_text_printf(b, ",\"expected\":%" PRId64 ",\"percent\":%d", f.expected, f.percent);
    else
        leat_text_add_string(b, ",\"expected\":null,\"percent\":null");
    if (f.seconds_left >= 0)
        leat_text_printf(b, ",\"seconds_to_go\":%.0f", f.seconds_left);
    else
        leat_text_add_string(b, ",\"seconds_to_go\":null");
    leat_text_printf(b, ",\"made\":%" PRId64 ",\"pending\":%" PRId64, p->books.made, p->books.pending);
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        leat_text_printf(b, ",\"%s\":%" PRId64, leat_verdict_name((enum leat_verdict)v), p->books.counts[v]);
}

static void json_rings(const struct leat_progress *p, struct leat_text_buffer *b)
{
    leat_text_add_string(b, ",\"rings\":[");
    for (int i = 0; i < p->n_rings; i++) {
        const struct leat_progress_ring *r = &p->rings[i];

        leat_text_add_string(b, i ? ",{\"from\":" : "{\"from\":");
        leat_text_add_json_string(b, r->from);
        leat_text_add_string(b, ",\"to\":");
        leat_text_add_json_string(b, r->to);
        leat_text_printf(b, ",\"full\":%d,\"slots\":%d,\"bytes\":%" PRId64 "}", r->n_full, r->n_slots, r->bytes);
    }
    leat_text_add_string(b, "]");
}

static void json_budgets(const struct leat_progress *p, struct leat_text_buffer *b)
{
    leat_text_add_string(b, ",\"budgets\":[");
    for (int i = 0; i < p->n_budgets; i++) {
        const struct leat_progress_budget *budget = &p->budgets[i];

        leat_text_add_string(b, i ? ",{\"name\":" : "{\"name\":");
        leat_text_add_json_string(b, budget->name);
        leat_text_printf(b, ",\"calls_a_second\":%.1f,\"ceiling\":%.4g,\"quota\":%.4g,\"current\":%.1f", budget->used,
                         budget->ceiling, budget->quota, budget->current);
        leat_text_printf(b, ",\"calls\":%" PRId64 ",\"throttled\":%" PRId64 ",\"waiting_ms\":%" PRId64 "}",
                         budget->n_calls, budget->n_throttled, budget->waiting_ms);
    }
    leat_text_add_string(b, "]");
}

void leat_progress_json(const struct leat_progress *p, struct leat_progress_screen *s, FILE *out)
{
    struct leat_text_buffer b = {0}, line = {0};
    const char *slowest;
    char time[48];

    measure(p, s);
    slowest = bottleneck(p, s);
    add_plain(p, s, slowest, &line);
    leat_format_timestamp(time, leat_clock_wall_us(), true);
    leat_text_printf(&b, "{\"time\":\"%s\",\"level\":\"info\",\"text\":", time);
    leat_text_add_json_string(&b, line.p);
    leat_text_add_string(&b, ",\"progress\":{");
    json_total(p, s, &b);
    leat_text_add_string(&b, ",\"slowest\":");
    leat_text_add_json_string(&b, slowest);
    leat_text_printf(&b, ",\"memory\":%" PRId64 ",\"memory_limit\":%" PRId64, p->memory, p->memory_limit);
    json_rings(p, &b);
    json_budgets(p, &b);
    leat_text_add_string(&b, "}}");
    end_line(&b, 0, out);
    leat_text_deinit(&line);
    leat_text_deinit(&b);
    fflush(out);
}
