/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What is wrong with a file: for people as the session shows it, for editors as
 * one JSON document.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "engine/sync.h"

LEAT_PRINTF(1, 2) static void note(const char *format, ...)
{
    char text[1024] = "note: ";
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text + strlen(text), sizeof text - strlen(text), format, args);
    va_end(args);
    leat_cli_put(stderr, text);
    fputs("\n", stderr);
}

/* What a load does not carry is said, never found out later. */
static void show_notes(const struct leat_plan *load)
{
    for (int i = 0; i < load->n_left_out; i++)
        note("%s does not carry '%s': %s", load->model->id, load->left_out[i].field,
             load->left_out[i].what_becomes_of_it);
    for (int i = 0; i < load->n_notes; i++)
        note("%s: %s", load->model->id, load->notes[i]);
}

/* What was not looked at is said, too. */
static void show_unasked(const struct leat_cli *cli, const struct leat_plan *extract)
{
    if (extract->unasked)
        note("%s was not asked which fields it has, so not all names and types of fields are checked; `leat check "
             "--connect %s' asks", extract->model->id, cli->file);
}

/* Opens the extract's store and the load's, and lets them go again. */
static int connect_stores(const struct leat_cli *cli, struct leat_session *session)
{
    const struct leat_pipeline_plan *plan = &session->plan;
    struct leat_run_options options = {.rows_wanted = 0, .sync = true};
    struct leat_error err = {0};
    struct leat_run run;
    struct leat_stage *load;
    const char *stage;
    int rc = leat_run_init(&run, plan, &options, &err);

    load = &run.segments[run.n_segments - 1].workers[0].stages[0];
    if (rc == 0)
        rc = leat_sync_open(&run, true, &err);
    stage = run.failed_stage;
    if (rc == 0 && (rc = leat_stage_open(load, true, &err)) < 0)
        stage = load->plan->model->id;
    leat_sync_close(&run);
    if (rc < 0)
        (void)snprintf(session->why, sizeof session->why, "%s: %s: %s", cli->file, stage ? stage : "engine", err.text);
    if (rc < 0 && !cli->json)
        leat_cli_say("%s", session->why);
    leat_run_deinit(&run);
    return leat_exit_status(rc, true);
}

/* ---- for editors ---- */

/* `item` NULL: what is wrong is not the file's. */
static void add_mistake(struct leat_text_buffer *b, const struct leat_session *s, const struct leat_diagnostic *item,
                        const char *text)
{
    bool elsewhere = item && item->source && item->source != &s->pipeline.source;
    struct leat_text_buffer whole = {0};

    if (elsewhere) /* on the command line */
        leat_text_printf(&whole, "%s: ", item->source->path);
    leat_text_add_string(&whole, text);
    if (item && item->line && !elsewhere)
        leat_text_printf(b, "{\"line\":%d,\"column\":%d,\"text\":", item->line, item->column);
    else
        leat_text_add_string(b, "{\"line\":null,\"column\":null,\"text\":");
    leat_text_add_json_string(b, whole.p);
    leat_text_add_string(b, ",\"help\":");
    leat_text_add_json_string(b, item ? item->hint : NULL);
    leat_text_add_string(b, "}");
    leat_text_deinit(&whole);
}

static void print_mistakes(const struct leat_cli *cli, const struct leat_session *s)
{
    const struct leat_diagnostics *d = &s->diagnostics;
    struct leat_text_buffer b = {0};
    char more[64];

    leat_text_add_string(&b, "{\"file\":");
    leat_text_add_json_string(&b, cli->file);
    leat_text_add_string(&b, ",\"mistakes\":[");
    for (int i = 0; i < d->n; i++) {
        leat_text_add_string(&b, i ? ",\n" : "\n");
        add_mistake(&b, s, &d->items[i], d->items[i].text);
    }
    (void)snprintf(more, sizeof more, "... and %d more", d->n_more);
    if (d->n_more) {
        leat_text_add_string(&b, ",\n");
        add_mistake(&b, s, NULL, more);
    }
    if (!d->n && *s->why)
        add_mistake(&b, s, NULL, s->why);
    leat_text_add_string(&b, "]}\n");
    fputs(b.p, stdout);
    leat_text_deinit(&b);
}

int leat_cli_check(const struct leat_cli *cli)
{
    struct leat_session session;
    int status = leat_session_open(&session, cli, LEAT_SESSION_TESTS | LEAT_SESSION_LOADS | LEAT_SESSION_WRITES |
                                                      (cli->connect ? LEAT_SESSION_CONNECT : 0) |
                                                      (cli->json ? LEAT_SESSION_MUTE : 0));

    if (status == 0)
        for (int i = 0; i < session.plan.n_stages; i++)
            show_notes(&session.plan.stages[i]);
    if (status == 0)
        show_unasked(cli, leat_plan_extract(&session.plan));
    for (const struct leat_finder *f = session.plan.finders; status == 0 && f; f = f->next)
        show_unasked(cli, &f->plan);
    if (status == 0 && cli->connect)
        status = connect_stores(cli, &session);
    if (cli->json && (status == 0 || *session.why))
        print_mistakes(cli, &session);
    else if (status == 0)
        printf("%s: no mistakes found%s\n", cli->file, cli->connect ? ", and the stores open" : "");
    leat_session_close(&session);
    return status;
}
