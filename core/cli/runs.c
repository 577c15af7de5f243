/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * runs: the history of a pipeline, newest first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "cli/cli.h"
#include "cli/states.h"

struct listing {
    const struct leat_cli *cli;
    int64_t n;
    bool running;           /* the newest that has not ended is at work */
};

static const char *outcome(const struct listing *l, const struct leat_run_row *row, char room[static 32])
{
    if (!row->ended_us && row->status < 0)
        return l->running && l->n == 0 ? "running" : "killed";
    if (row->status == EX_OK)
        return "done";
    if (row->status > 128 && row->status < 192)
        (void)snprintf(room, 32, "signal %d", row->status - 128);
    else
        (void)snprintf(room, 32, row->ended_us ? "failed, %d" : "crashed, %d", row->status);
    return room;
}

/* A number out of the report that the run has left. */
static int64_t count_of(const char *report, const char *name)
{
    char key[40];
    const char *at;

    (void)snprintf(key, sizeof key, "\"%s\":", name);
    at = report ? strstr(report, key) : NULL;
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void put_count(const char *report, const char *name)
{
    int64_t n = count_of(report, name);

    if (n < 0)
        printf(" %10s", "-");
    else
        printf(" %10" PRId64, n);
}

static void put_line(const struct listing *l, const struct leat_run_row *row)
{
    char started[48], room[32];
    int64_t us = row->ended_us ? row->ended_us - row->started_us : -1;

    leat_format_timestamp(started, row->started_us, true);
    printf("%6" PRId64 "  %.19s  ", row->id, started);
    if (us < 0)
        printf("%9s", "-");
    else
        printf("%8.1fs", (double)us / 1e6);
    printf("  %-12s", outcome(l, row, room));
    put_count(row->report, "read");
    put_count(row->report, "loaded");
    put_count(row->report, "rejected");
    fputs("  ", stdout);
    leat_cli_put(stdout, row->load);
    if (row->goes_on && row->goes_on != row->id)
        printf(", going on with %" PRId64, row->goes_on);
    if (row->note && *row->note) {
        fputs("\n        ", stdout);
        leat_cli_put(stdout, row->note);
    }
    fputs("\n", stdout);
}

static void put_json(const struct listing *l, const struct leat_run_row *row)
{
    struct leat_text_buffer b = {0};
    char started[48], room[32];

    leat_format_timestamp(started, row->started_us, true);
    leat_text_printf(&b, "%s{\"run\":%" PRId64 ",\"started\":\"%s\",\"pid\":%" PRId64 ",\"outcome\":", l->n ? "," : "",
                     row->id, started, row->pid);
    leat_text_add_json_string(&b, outcome(l, row, room));
    leat_text_add_string(&b, ",\"load\":");
    leat_text_add_json_string(&b, row->load);
    leat_text_add_string(&b, ",\"target\":");
    leat_text_add_json_string(&b, row->target);
    leat_text_add_string(&b, ",\"note\":");
    leat_text_add_json_string(&b, row->note);
    if (row->goes_on && row->goes_on != row->id)
        leat_text_printf(&b, ",\"goes_on_with\":%" PRId64, row->goes_on);
    else
        leat_text_add_string(&b, ",\"goes_on_with\":null");
    leat_text_printf(&b, ",\"report\":%s}\n", row->report ? row->report : "null");
    fputs(b.p, stdout);
    leat_text_deinit(&b);
}

static bool show(void *context, const struct leat_run_row *row)
{
    struct listing *l = context;

    if (l->cli->json)
        put_json(l, row);
    else
        put_line(l, row);
    return ++l->n < l->cli->rows;
}

static int list(const struct leat_cli *cli, struct leat_named_state *named)
{
    struct listing l = {.cli = cli, .running = named->running};
    struct leat_error err = {0};
    int rc;

    if (cli->json)
        printf("[");
    else
        printf("%6s  %-19s  %9s  %-12s %10s %10s %10s  %s\n", "run", "started (UTC)", "took", "outcome", "read",
               "loaded", "rejected", "load");
    rc = leat_state_runs(&named->state, show, &l, &err);
    if (cli->json)
        printf("]\n");
    return rc < 0 ? leat_cli_failed(&err, true) : EX_OK;
}

int leat_cli_runs(const struct leat_cli *cli)
{
    struct leat_named_state named;
    int status;

    if (cli->n_operands != 1) {
        leat_cli_say("runs: name a pipeline or its file; `leat state list` shows which there are");
        return EX_USAGE;
    }
    status = leat_cli_state_look(cli, cli->operands[0], &named);
    if (status == 0)
        status = list(cli, &named);
    leat_cli_state_done(&named);
    return status;
}
