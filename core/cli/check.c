/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <stdio.h>

#include "cli/cli.h"
#include "engine/sync.h"

/* What a load does not carry is said, never found out later. */
static void show_notes(const struct leat_plan *load)
{
    for (int i = 0; i < load->n_left_out; i++)
        fprintf(stderr, "note: %s does not carry '%s': %s\n", load->model->id, load->left_out[i].field,
                load->left_out[i].what_becomes_of_it);
    for (int i = 0; i < load->n_notes; i++)
        fprintf(stderr, "note: %s: %s\n", load->model->id, load->notes[i]);
}

/* Opens the extract's store and the load's, and lets them go again. */
static int connect_stores(const struct leat_cli *cli, const struct leat_pipeline_plan *plan)
{
    struct leat_run_options options = {.rows_wanted = 0};
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
        fprintf(stderr, "leat: %s: %s: %s\n", cli->file, stage ? stage : "engine", err.text);
    leat_run_deinit(&run);
    return leat_exit_status(rc, true);
}

int leat_cli_check(const struct leat_cli *cli)
{
    struct leat_session session;
    int status = leat_session_open(&session, cli, LEAT_SESSION_TESTS | LEAT_SESSION_LOADS | LEAT_SESSION_WRITES |
                                                      (cli->connect ? LEAT_SESSION_CONNECT : 0));

    if (status == 0)
        show_notes(leat_plan_load(&session.plan));
    if (status == 0 && cli->connect)
        status = connect_stores(cli, &session.plan);
    if (status == 0)
        printf("%s: no mistakes found%s\n", cli->file, cli->connect ? ", and the stores open" : "");
    leat_session_close(&session);
    return status;
}
