/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "engine/sync.h"

enum { SHOWN_REJECTS = 3 };

/* The stage whose output is shown: --stage, or the last before the load. */
static int find_stage(const struct leat_pipeline_plan *plan, const char *id)
{
    int n = plan->n_stages - 1;
    const char *names[n], *near;
    struct leat_text_buffer all = {0};

    if (!id)
        return plan->n_stages - 2;
    for (int i = 0; i < n; i++) {
        names[i] = plan->stages[i].model->id;
        if (strcmp(names[i], id) == 0)
            return i;
    }
    near = leat_nearest(id, names, n);
    for (int i = 0; i < n; i++)
        leat_text_printf(&all, "%s '%s'", i ? "," : "", names[i]);
    leat_cli_say("there is no stage '%s'%s%s%s; there are%s", id, near ? "; did you mean '" : "", near ? near : "",
                 near ? "'?" : "", all.p ? all.p : "");
    leat_text_deinit(&all);
    return -1;
}

/* A text that could be taken for a null, or for nothing, stands in quotes. */
static bool wants_quotes(const char *text, size_t n)
{
    return n == 0 || (n == 4 && memcmp(text, "null", 4) == 0) || (n > 1 && text[0] == '"' && text[n - 1] == '"');
}

static void add_cell(struct leat_table *table, const struct leat_batch *b, int field, int32_t row)
{
    const struct leat_field *f = &b->schema->fields[field];
    struct leat_text_buffer quoted = {0};
    const char *value;
    char room[64];
    size_t n = leat_value_text(f, &b->columns[field], row, room, &value);

    if (value && f->data_class == LEAT_SECRET) {
        leat_table_add(table, "(secret)", 8);
    } else if (value && (f->type == LEAT_TEXT || f->type == LEAT_BYTES) && wants_quotes(value, n)) {
        leat_text_add(&quoted, "\"", 1);
        leat_text_add(&quoted, value, n);
        leat_text_add(&quoted, "\"", 1);
        leat_table_add(table, quoted.p, quoted.n);
    } else {
        leat_table_add(table, value, n);
    }
    leat_text_deinit(&quoted);
}

static void add_rows(struct leat_table *table, const struct leat_batch *b, int64_t *wanted)
{
    LEAT_EACH_ROW(b, row) {
        if (*wanted == 0)
            break;
        for (int i = 0; i < b->schema->n_fields; i++)
            add_cell(table, b, i, row);
        (*wanted)--;
    }
}

struct preview {
    struct leat_run run;
    struct leat_table table;
    int stage;
    int64_t wanted, n_ended[LEAT_N_VERDICTS], n_read;
    int n_rejects_shown;
};

static void show_reject(const char *stage, const char *field, const char *reason)
{
    struct leat_text_buffer line = {0};
    bool named = !field || (strncmp(reason, field, strlen(field)) == 0 && reason[strlen(field)] == ' ');

    leat_text_printf(&line, "rejected at %s: %s%s%s", stage, named ? "" : field, named ? "" : ": ", reason);
    leat_cli_put(stderr, line.p);
    fputs("\n", stderr);
    leat_text_deinit(&line);
}

static void show_rejects(struct preview *p, const struct leat_batch *origin)
{
    const struct leat_account *a = &origin->host->account;

    for (int i = 0; i < a->n_rejects && p->n_rejects_shown < SHOWN_REJECTS; i++, p->n_rejects_shown++)
        show_reject(a->rejects[i].stage, a->rejects[i].field, a->text.p + a->rejects[i].reason);
}

/* Reads and processes one batch; false: no more, or rc < 0. */
static bool preview_batch(struct preview *p, int *rc, struct leat_error *err)
{
    struct leat_batch *in, *out, *origin;
    bool more = false;

    *rc = leat_sync_read(&p->run, &in, &more, err);
    if (*rc < 0)
        return false;
    origin = leat_batch_reference(in);
    *rc = leat_sync_process(&p->run, p->stage, in, &out, err);
    if (*rc == 0) {
        for (struct leat_batch *b = out; b; b = b->host->next)
            add_rows(&p->table, b, &p->wanted);
        leat_batch_release_list(out);
        show_rejects(p, origin);
        p->n_read += origin->n_rows;
        for (int v = 0; v < LEAT_N_VERDICTS; v++)
            p->n_ended[v] += origin->host->account.counts[v];
    }
    leat_batch_release(origin);
    return *rc == 0 && more && p->wanted > 0;
}

static void print(const struct preview *p)
{
    leat_table_print(&p->table, stdout, leat_terminal_width(STDOUT_FILENO));
    fflush(stdout);
    fprintf(stderr, "%" PRId64 " read", p->n_read);
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        if (p->n_ended[v])
            fprintf(stderr, ", %" PRId64 " %s", p->n_ended[v], leat_verdict_name((enum leat_verdict)v));
    fputs("; after ", stderr);
    leat_cli_put(stderr, p->run.plan->stages[p->stage].model->id);
    fputs("\n", stderr);
}

static int preview(const struct leat_cli *cli, const struct leat_pipeline_plan *plan)
{
    struct leat_run_options options = {.rows_wanted = cli->rows, .sync = true};
    struct preview p = {.stage = find_stage(plan, cli->stage), .wanted = cli->rows};
    const struct leat_schema *schema;
    const char **names;
    struct leat_error err = {0};
    int rc;

    if (p.stage < 0)
        return EX_USAGE;
    if (p.stage > 0)
        options.rows_wanted = -1; /* stages on the way may leave rows behind */
    schema = &plan->stages[p.stage].out;
    names = leat_arena_alloc(&p.table.arena, ((size_t)schema->n_fields + 1) * sizeof *names);
    for (int i = 0; i < schema->n_fields; i++)
        names[i] = leat_cli_visible(&p.table.arena, schema->fields[i].name, strlen(schema->fields[i].name));
    p.table.names = names;
    p.table.n_columns = schema->n_fields;
    rc = leat_run_init(&p.run, plan, &options, &err);
    if (rc == 0)
        rc = leat_sync_open(&p.run, true, &err);
    while (rc == 0 && preview_batch(&p, &rc, &err))
        ;
    leat_sync_close(&p.run);
    if (rc == 0)
        print(&p);
    else
        leat_cli_say("%s: %s: %s", cli->file, p.run.failed_stage ? p.run.failed_stage : "", err.text);
    leat_run_deinit(&p.run);
    leat_table_deinit(&p.table);
    return leat_exit_status(rc, true);
}

int leat_cli_preview(const struct leat_cli *cli)
{
    struct leat_session session;
    int status = leat_session_open(&session, cli, LEAT_SESSION_CONNECT);

    if (status == 0)
        status = preview(cli, &session.plan);
    leat_session_close(&session);
    return status;
}
