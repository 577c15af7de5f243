/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/report.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/calendar.h"
#include "base/file.h"

/* 1234567 -> 1,234,567. Returns `grouped`. */
static const char *group(char grouped[static 48], int64_t n)
{
    char text[32];
    int digits = snprintf(text, sizeof text, "%" PRId64, n), at = 0;

    for (int i = 0; i < digits; i++) {
        if (i && (digits - i) % 3 == 0)
            grouped[at++] = ',';
        grouped[at++] = text[i];
    }
    grouped[at] = '\0';
    return grouped;
}

static void put(FILE *out, const char *text)
{
    struct leat_text_buffer b = {0};

    leat_text_add_visible(&b, text, strlen(text));
    fputs(b.p, out);
    leat_text_deinit(&b);
}

static void line(FILE *out, const char *name, int64_t n)
{
    char grouped[48];

    fprintf(out, "  %-14s %14s\n", name, group(grouped, n));
}

static bool opens_stage(const struct leat_run_report *r, int i)
{
    return i == 0 || strcmp(r->counts[i].stage, r->counts[i - 1].stage) != 0;
}

/* "  dedupe: key was null 3, keys in memory 40" */
static void count_lines(const struct leat_run_report *r, FILE *out)
{
    char grouped[48];

    for (int i = 0; i < r->n_counts; i++) {
        if (opens_stage(r, i)) {
            fputs(i ? "\n  " : "  ", out);
            put(out, r->counts[i].stage);
            fputs(": ", out);
        }
        fprintf(out, "%s%s %s", opens_stage(r, i) ? "" : ", ", r->counts[i].what, group(grouped, r->counts[i].n));
    }
    if (r->n_counts)
        fprintf(out, "\n");
}

void leat_report_summary(const struct leat_run_report *r, FILE *out)
{
    double seconds = (double)(r->ended_us - r->started_us) / 1e6;

    put(out, r->pipeline);
    fputs(" -> ", out);
    put(out, r->load);
    if (r->goes_on)
        fprintf(out, ", going on with run %" PRId64, r->goes_on);
    fprintf(out, ": %.1f s", seconds);
    if (seconds >= 0.1)
        fprintf(out, ", %.0f records/s", (double)(r->books.read - r->read_before) / seconds);
    fprintf(out, "\n");
    line(out, "read", r->books.read);
    if (r->books.made)
        line(out, "made", r->books.made);
    for (int i = LEAT_LOADED; i < LEAT_N_VERDICTS; i++)
        if (r->books.counts[i] || i == LEAT_LOADED || i == LEAT_REJECTED) {
            char name[32];

            (void)snprintf(name, sizeof name, "%s", leat_verdict_name((enum leat_verdict)i));
            for (char *c = name; *c; c++)
                if (*c == '_')
                    *c = ' ';
            line(out, name, r->books.counts[i]);
        }
    if (r->books.pending)
        line(out, "pending", r->books.pending);
    count_lines(r, out);
    if (leat_books_balance(&r->books))
        fprintf(out, "  the books balance\n");
}

/* ,"counts":{"dedupe":{"key was null":3}} */
static void json_counts(const struct leat_run_report *r, struct leat_text_buffer *b)
{
    leat_text_add_string(b, ",\"counts\":{");
    for (int i = 0; i < r->n_counts; i++) {
        if (opens_stage(r, i)) {
            leat_text_add_string(b, i ? "}," : "");
            leat_text_add_json_string(b, r->counts[i].stage);
            leat_text_add_string(b, ":{");
        } else {
            leat_text_add_string(b, ",");
        }
        leat_text_add_json_string(b, r->counts[i].what);
        leat_text_printf(b, ":%" PRId64, r->counts[i].n);
    }
    leat_text_add_string(b, r->n_counts ? "}}" : "}");
}

void leat_report_text(const struct leat_run_report *r, struct leat_text_buffer *b)
{
    char started[48];

    leat_format_timestamp(started, r->started_us, true);
    leat_text_add_string(b, "{\"pipeline\":");
    leat_text_add_json_string(b, r->pipeline);
    leat_text_add_string(b, ",\"load\":");
    leat_text_add_json_string(b, r->load);
    if (r->run)
        leat_text_printf(b, ",\"run\":%" PRId64, r->run);
    if (r->goes_on)
        leat_text_printf(b, ",\"goes_on_with\":%" PRId64, r->goes_on);
    leat_text_printf(b, ",\"status\":%d,\"started\":\"%s\",\"seconds\":%.3f,\"read\":%" PRId64 ",\"made\":%" PRId64,
                     r->status, started, (double)(r->ended_us - r->started_us) / 1e6, r->books.read, r->books.made);
    for (int i = LEAT_LOADED; i < LEAT_N_VERDICTS; i++)
        leat_text_printf(b, ",\"%s\":%" PRId64, leat_verdict_name((enum leat_verdict)i), r->books.counts[i]);
    leat_text_add_string(b, ",\"left_out\":[");
    for (int i = 0; i < r->n_left_out; i++) {
        leat_text_add_string(b, i ? "," : "");
        leat_text_add_json_string(b, r->left_out[i]);
    }
    leat_text_add_string(b, "]");
    json_counts(r, b);
    leat_text_printf(b, ",\"pending\":%" PRId64 ",\"balanced\":%s,\"error\":", r->books.pending,
                     leat_books_balance(&r->books) ? "true" : "false");
    leat_text_add_json_string(b, *r->error ? r->error : NULL);
    leat_text_add_string(b, "}\n");
}

void leat_report_json(const struct leat_run_report *r, FILE *out)
{
    struct leat_text_buffer b = {0};

    leat_report_text(r, &b);
    fputs(b.p, out);
    leat_text_deinit(&b);
}

int leat_report_write(const struct leat_run_report *r, const char *path, struct leat_error *err)
{
    struct leat_text_buffer b = {0};
    int rc;

    leat_report_text(r, &b);
    rc = leat_file_write(path, b.p, b.n);
    leat_text_deinit(&b);
    return rc < 0 ? leat_fail(err, rc, "cannot write the report %s: %s", path, strerror(-rc)) : 0;
}
