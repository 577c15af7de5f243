/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "engine/run.h"
#include "observe/crash.h"
#include "observe/log.h"

int leat_exit_status(int code, bool at_start)
{
    switch (code) {
    case 0:
        return EX_OK;
    case LEAT_EPIPELINE:
        return EX_CONFIG;
    case LEAT_EPLUGIN:
    case LEAT_EABI:
        return EX_SOFTWARE;
    case LEAT_EBUSY:
        return EX_TEMPFAIL;
    case LEAT_EUNREACHABLE:
    case LEAT_ERETRY:
        return at_start ? EX_UNAVAILABLE : EX_TEMPFAIL;
    case LEAT_EDATA:
        return EX_DATAERR;
    case LEAT_EUSAGE:
        return EX_USAGE;
    default:
        return EX_IOERR;
    }
}

int leat_cli_failed(const struct leat_error *err, bool at_start)
{
    leat_cli_say("%s", err->text);
    return leat_exit_status(err->code, at_start);
}

/* wrong.yaml:4:21: there is no field "nme" */
static void add_in_line(const struct leat_diagnostic *d, const char *file, struct leat_text_buffer *out)
{
    leat_text_add_string(out, d->source ? d->source->path : file);
    if (d->line)
        leat_text_printf(out, ":%d:%d", d->line, d->column);
    leat_text_printf(out, ": %s", d->text);
}

/* For --log-format json: one line each, sorted. */
static void log_diagnostics(struct leat_diagnostics *d, const char *file)
{
    leat_diagnostics_sort(d);
    for (int i = 0; i < d->n; i++) {
        struct leat_text_buffer text = {0};

        add_in_line(&d->items[i], file, &text);
        leat_log(LEAT_LOG_ERROR, "%s%s%s", text.p, d->items[i].hint ? "; " : "", d->items[i].hint ? d->items[i].hint : "");
        leat_text_deinit(&text);
    }
}

static void show_diagnostics(struct leat_diagnostics *diagnostics, const char *file)
{
    struct leat_text_buffer text = {0};

    if (leat_log_is_json()) {
        log_diagnostics(diagnostics, file);
        return;
    }
    leat_diagnostics_text(diagnostics, &text);
    if (text.n)
        leat_cli_put_lines(stderr, text.p);
    leat_text_deinit(&text);
}

static void note_why(struct leat_session *s, const char *file, const struct leat_error *err)
{
    int n_more = s->diagnostics.n + s->diagnostics.n_more - 1;
    struct leat_text_buffer first = {0};
    char more[32] = "";

    if (n_more < 0) {
        (void)snprintf(s->why, sizeof s->why, "%s: %s", file, err->text);
        return;
    }
    leat_diagnostics_sort(&s->diagnostics);
    if (n_more)
        (void)snprintf(more, sizeof more, " (and %d more)", n_more);
    add_in_line(&s->diagnostics.items[0], file, &first);
    (void)snprintf(s->why, sizeof s->why, "%s%s", first.p, more);
    leat_text_deinit(&first);
}

/* Says why it cannot go on, unless it can. */
static void explain(struct leat_session *s, const char *file, int rc, const struct leat_error *err)
{
    int n = s->diagnostics.n + s->diagnostics.n_more;

    show_diagnostics(&s->diagnostics, file);
    if (rc == LEAT_EPIPELINE && n)
        leat_cli_say("%s: %d mistake%s", file, n, n == 1 ? "" : "s");
    else if (rc < 0 && !n)
        (void)leat_cli_failed(err, true);
}

static void log_plugins(const struct leat_registry *registry)
{
    for (int i = 0; i < registry->n_loaded; i++) {
        const struct leat_loaded *loaded = registry->loaded[i];

        leat_log(LEAT_LOG_INFO, "plugin %s %s: %s", leat_kind_name(loaded->plugin.kind), loaded->plugin.name,
                 loaded->path);
    }
}

/* Names and types only, never a value. */
static void log_fields(const struct leat_pipeline_plan *plan)
{
    for (int i = 0; i < plan->n_stages; i++)
        for (int f = 0; f < plan->stages[i].out.n_fields; f++)
            leat_log(LEAT_LOG_DEBUG, "%s puts out %s %s", plan->stages[i].model->id,
                     plan->stages[i].out.fields[f].name, leat_type_name(plan->stages[i].out.fields[f].type));
}

/* The plan is made under the lock, since it looks at what another run may be writing. */
static int open_state(struct leat_session *s, const struct leat_cli *cli, struct leat_pipeline *p,
                      struct leat_error *err)
{
    const char *folder;
    int rc = leat_state_folder(&p->arena, cli->state_dir, true, &folder, err);

    if (rc == 0)
        rc = leat_lock_take(&s->lock, folder, p->name, cli->wait_ms, NULL, NULL, err);
    if (rc == 0)
        rc = leat_state_open(&s->state, folder, p->name, p->real_path, err);
    if (rc == 0 && s->state.warning)
        leat_log(LEAT_LOG_WARNING, "%s", s->state.warning);
    if (rc == 0)
        leat_crash_install(leat_arena_printf(&s->state.arena, "%s/%s.crash", folder, p->name));
    return rc;
}

static int read_and_plan(struct leat_session *s, const struct leat_cli *cli, const struct leat_overrides *overrides,
                         int wants, struct leat_error *err)
{
    struct leat_plan_options options = {.may_connect = wants & LEAT_SESSION_CONNECT,
                                        .given = wants & LEAT_SESSION_GIVEN,
                                        .other_loads = wants & LEAT_SESSION_LOADS,
                                        .writes = wants & LEAT_SESSION_WRITES};
    bool source = cli->from_rejects && !overrides->replay;
    struct leat_pipeline *p = source ? &s->source : &s->pipeline;
    struct leat_pipeline_plan *plan = source ? &s->source_plan : &s->plan;
    int planned, rc = leat_pipeline_read(p, cli->file, overrides, &s->diagnostics, err);

    if (rc == 0 && (wants & LEAT_SESSION_STATE) && !s->state.db)
        rc = open_state(s, cli, p, err);
    /* What stands in a file with wrong sections can still be planned as far as it goes: all errors in one go. */
    if (rc < 0 && (rc != LEAT_EPIPELINE || !s->diagnostics.n || !p->extract.plugin))
        return rc;
    planned = leat_plan_make(plan, p, &s->registry, &options, &s->diagnostics, err);
    return rc < 0 ? rc : planned;
}

/* That rejects cannot be put right and fed again is to be known before there are any. */
static void note_obstacle(struct leat_pipeline_plan *plan)
{
    const char *name = plan->rejects ? leat_cli_replay_obstacle(&leat_plan_extract(plan)->out) : NULL;

    if (name)
        leat_plan_note(&plan->stages[0],
                       leat_arena_printf(&plan->arena, "rejects: leaves out the field '%s', for a reject file has a column "
                                         "of its own of that name; so rejects cannot be fed again with --from-rejects",
                                         name));
}

/* A file that is written anew by each run holds but what has changed. */
static void note_replaced(struct leat_pipeline_plan *plan)
{
    struct leat_plan *load = &plan->stages[plan->n_stages - 1];

    for (int i = 0; leat_plan_extract(plan)->incremental && !load->plugin->last_commit && i < load->n_files; i++)
        if (load->files[i].written) {
            leat_plan_note(load, leat_arena_printf(&plan->arena, "the extract is incremental, and each run writes %s "
                                                   "anew: it will hold what that run has read, and nothing of the runs "
                                                   "before", load->files[i].path));
            return;
        }
}

/* What no stage alone can know. In a replay the extract is a reject file. */
static void note_whole(struct leat_pipeline_plan *plan)
{
    if (plan->pipeline->replay)
        return;
    note_obstacle(plan);
    note_replaced(plan);
}

/* First as the file has it: the reject file stands for the extract that is planned then. */
static int open_session(struct leat_session *s, const struct leat_cli *cli, int wants, struct leat_error *err)
{
    struct leat_overrides overrides = {.load = cli->load, .params = cli->params, .n_params = cli->n_params,
                                       .sets = cli->sets, .n_sets = cli->n_sets};
    int rc = leat_registry_init(&s->registry, &leat_host_table, cli->plugin_dirs, cli->n_plugin_dirs, err);

    if (rc == 0)
        rc = read_and_plan(s, cli, &overrides, wants, err);
    if (rc == 0 && cli->from_rejects && !s->diagnostics.n)
        rc = leat_cli_replay(s, cli->from_rejects, &s->replay, err);
    if (rc == 0 && cli->from_rejects && !s->diagnostics.n) {
        overrides.replay = &s->replay;
        rc = read_and_plan(s, cli, &overrides, wants, err);
    }
    if (rc == 0 && !s->diagnostics.n)
        note_whole(&s->plan);
    return rc;
}

int leat_session_open(struct leat_session *s, const struct leat_cli *cli, int wants)
{
    struct leat_error err = {0};
    int rc;

    *s = (struct leat_session){.lock = {.fd = -1}, .state = {.seq_fd = -1}};
    if (!cli->file || cli->n_operands > 1) {
        leat_cli_say("%s: name one pipeline file; leat %s --help shows how", cli->command, cli->command);
        return EX_USAGE;
    }
    rc = open_session(s, cli, wants, &err);
    if ((wants & LEAT_SESSION_TESTS) && s->plan.n_stages)
        leat_session_check_tests(s);
    if (rc == 0 && s->diagnostics.n)
        rc = LEAT_EPIPELINE;
    log_plugins(&s->registry);
    log_fields(&s->plan);
    if (rc < 0)
        note_why(s, cli->file, &err);
    if (!(wants & LEAT_SESSION_MUTE))
        explain(s, cli->file, rc, &err);
    return leat_exit_status(rc, true);
}

void leat_session_close(struct leat_session *s)
{
    leat_plan_deinit(&s->plan);
    leat_plan_deinit(&s->source_plan);
    leat_state_close(&s->state);
    leat_lock_release(&s->lock);
    leat_pipeline_deinit(&s->pipeline);
    leat_pipeline_deinit(&s->source);
    leat_registry_deinit(&s->registry);
    leat_diagnostics_deinit(&s->diagnostics);
}
