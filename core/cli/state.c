/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * state: what is kept from one run to the next. list, show, reset, forget.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/file.h"
#include "cli/states.h"
#include "delivery/checkpoint.h"
#include "engine/run.h"

/* ---- which one ---- */

/* An operand that is a file is read for its name. */
static int name_in(const char *file, struct leat_named_state *ret)
{
    struct leat_overrides none = {0};
    struct leat_diagnostics diagnostics = {0};
    struct leat_pipeline pipeline;
    struct leat_error err = {0};

    (void)!leat_pipeline_read(&pipeline, file, &none, &diagnostics, &err); /* whatever else is wrong with it */
    if (pipeline.name && *pipeline.name)
        ret->name = leat_arena_strdup(&ret->arena, pipeline.name);
    else
        leat_cli_say("%s says no name: that a state could have", file);
    leat_pipeline_deinit(&pipeline);
    leat_diagnostics_deinit(&diagnostics);
    return ret->name ? 0 : EX_CONFIG;
}

/* A folder that happens to be called as the pipeline is none. */
static bool is_file(const char *operand)
{
    struct stat st;

    return strchr(operand, '/') || (stat(operand, &st) == 0 && !S_ISDIR(st.st_mode));
}

int leat_cli_state_find(const struct leat_cli *cli, const char *operand, struct leat_named_state *ret)
{
    struct leat_error err = {0};
    int status = 0;

    *ret = (struct leat_named_state){.state = {.seq_fd = -1}};
    if (leat_state_folder(&ret->arena, cli->state_dir, false, &ret->folder, &err) < 0)
        return leat_cli_failed(&err, true);
    if (is_file(operand))
        status = name_in(operand, ret);
    else
        ret->name = operand;
    return status;
}

int leat_cli_state_look(const struct leat_cli *cli, const char *operand, struct leat_named_state *ret)
{
    struct leat_error err = {0};
    int status = leat_cli_state_find(cli, operand, ret);

    if (status != 0)
        return status;
    if (leat_state_look(&ret->state, ret->folder, ret->name, &err) < 0)
        return leat_cli_failed(&err, true);
    ret->running = leat_lock_is_held(ret->folder, ret->name);
    return 0;
}

void leat_cli_state_done(struct leat_named_state *named)
{
    leat_state_close(&named->state);
    leat_arena_deinit(&named->arena);
}

/* ---- list ---- */

static int list(const struct leat_cli *cli)
{
    struct leat_arena arena = {0};
    struct leat_error err = {0};
    const char *folder;
    DIR *dir;

    if (leat_state_folder(&arena, cli->state_dir, false, &folder, &err) < 0)
        return leat_cli_failed(&err, true);
    dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t n = strlen(entry->d_name);
        struct leat_state state;

        if (n < 4 || strcmp(entry->d_name + n - 3, ".db") != 0)
            continue;
        if (leat_state_look(&state, folder, leat_arena_strndup(&arena, entry->d_name, n - 3), &err) == 0)
            printf("%-24s %s\n", state.name, leat_state_file(&state));
        else
            printf("%-24.*s %s\n", (int)n - 3, entry->d_name, err.text);
        leat_state_close(&state);
    }
    if (dir)
        closedir(dir);
    leat_arena_deinit(&arena);
    return EX_OK;
}

/* ---- show ---- */

/* To somebody who asks how far it came. */
static bool is_of_use(const struct leat_part *part)
{
    if (strcmp(part->kind, "books") == 0)
        return strcmp(part->value, "0") != 0;
    return strcmp(part->kind, "position") == 0 || strcmp(part->kind, "file") == 0 || strcmp(part->kind, "kept") == 0;
}

static void show_checkpoint(struct leat_state *state)
{
    struct leat_checkpoint c;
    struct leat_error err = {0};

    if (leat_checkpoint_load(state, 0, &c, &err) < 0)
        (void)leat_cli_failed(&err, true);
    if (!c.seq)
        printf("    no checkpoint: the next run begins its extract anew\n");
    for (int i = 0; i < c.n_parts; i++) {
        if (!is_of_use(&c.parts[i]))
            continue;
        printf("    %-9s %s", c.parts[i].kind, c.parts[i].name);
        if (strcmp(c.parts[i].kind, "position") != 0) { /* it may hold values of a record */
            fputs("  ", stdout);
            leat_cli_put(stdout, c.parts[i].value);
        }
        printf("\n");
    }
    leat_checkpoint_deinit(&c);
}

/* Not the place itself, which may hold values of a record. */
static int show_watermark(struct leat_state *state, struct leat_error *err)
{
    struct leat_checkpoint last;
    int rc = leat_watermarks_load(state, &last, err);

    if (rc == 0 && last.n_parts)
        printf("  the place to which the last incremental run has come is kept: the next one reads what lies behind "
               "it\n");
    leat_checkpoint_deinit(&last);
    return rc;
}

static bool show_target(void *context, const char *load, const char *identity)
{
    struct leat_state *state = context;
    struct leat_work work;
    struct leat_error err = {0};
    char began[48];

    if (leat_state_target(state, load, identity, &err) < 0 || leat_state_work(state, &work, &err) < 0)
        return leat_cli_failed(&err, true) == 0;
    printf("load %s: ", load);
    leat_cli_put(stdout, identity);
    printf("\n");
    if (work.run) {
        leat_format_timestamp(began, work.began_us, true);
        printf("  run %" PRId64 ", begun %.19s, is not done\n", work.run, began);
        show_checkpoint(state);
    } else {
        printf("  nothing is left to be done\n");
    }
    if (show_watermark(state, &err) < 0)
        (void)leat_cli_failed(&err, true);
    printf("  %" PRId64 " calls in the ledger\n", leat_state_ledger_size(state));
    return true;
}

static int show(const struct leat_cli *cli, const char *operand)
{
    struct leat_named_state named;
    struct leat_error err = {0};
    int status = leat_cli_state_look(cli, operand, &named);

    if (status == 0) {
        printf("pipeline %s, of %s\nstate    %s%s\n", named.name, leat_state_file(&named.state), named.state.path,
               named.running ? " (a run is at work)" : "");
        if (leat_state_targets(&named.state, show_target, &named.state, &err) < 0)
            status = leat_cli_failed(&err, true);
    }
    leat_cli_state_done(&named);
    return status;
}

/* ---- reset and forget ---- */

struct reset {
    struct leat_state *state;
    const char *load; /* NULL: all */
    bool all;         /* with history and name */
    int n;
    struct leat_error err;
};

static int clear(struct leat_state *state, struct leat_error *err)
{
    int rc = leat_work_give_up(state, err);

    if (rc == 0)
        rc = leat_state_begin(state, err);
    if (rc < 0)
        return rc;
    rc = leat_state_clear(state, err);
    if (rc == 0)
        rc = leat_state_commit(state, err);
    if (rc < 0)
        leat_state_rollback(state);
    return rc;
}

static bool reset_target(void *context, const char *load, const char *identity)
{
    struct reset *r = context;
    int rc;

    if (r->load && strcmp(r->load, load) != 0)
        return true;
    rc = leat_state_target(r->state, load, identity, &r->err);
    if (rc == 0)
        rc = clear(r->state, &r->err);
    r->n++;
    return rc == 0;
}

/* Gives up what runs that were stopped have left beside their outputs, as far as the state can still be read. */
static int reset_targets(struct leat_named_state *named, struct reset *r)
{
    int rc = leat_state_look(&named->state, named->folder, named->name, &r->err);

    r->state = &named->state;
    if (rc == 0)
        rc = leat_state_targets(&named->state, reset_target, r, &r->err);
    return rc < 0 ? rc : r->err.code;
}

static int reset_locked(struct leat_named_state *named, struct reset *r)
{
    int rc = reset_targets(named, r);
    bool there = rc != -ENOENT || access(named->state.path, F_OK) == 0; /* one that was damaged may look empty */

    if (r->all && there && rc != -EPROTO) { /* damaged or not, but ours */
        leat_state_close(&named->state);
        rc = leat_state_remove(named->folder, named->name, &r->err);
    }
    if (rc == 0 && r->load && !r->n)
        rc = leat_fail(&r->err, LEAT_EUSAGE, "there was no run with the load '%s'", r->load);
    return rc;
}

static int reset(const struct leat_cli *cli, const char *operand, bool all)
{
    struct leat_named_state named;
    struct reset r = {.load = cli->load, .all = all};
    struct leat_lock lock = {.fd = -1};
    int status = leat_cli_state_find(cli, operand, &named);
    int rc = 0;

    if (status == 0 && access(named.folder, F_OK) < 0)
        rc = leat_fail(&r.err, -ENOENT, "there is no state of a pipeline '%s' in %s", named.name, named.folder);
    else if (status == 0)
        rc = leat_lock_take(&lock, named.folder, named.name, 0, NULL, NULL, &r.err);
    if (status == 0 && rc == 0)
        rc = reset_locked(&named, &r);
    if (status == 0 && rc < 0)
        status = leat_cli_failed(&r.err, true);
    leat_lock_release(&lock);
    leat_cli_state_done(&named);
    return status;
}

int leat_cli_state(const struct leat_cli *cli)
{
    const char *what = cli->n_operands ? cli->operands[0] : "";

    if (strcmp(what, "list") == 0 && cli->n_operands == 1)
        return list(cli);
    if (strcmp(what, "show") == 0 && cli->n_operands == 2)
        return show(cli, cli->operands[1]);
    if (strcmp(what, "reset") == 0 && cli->n_operands == 2)
        return reset(cli, cli->operands[1], false);
    if (strcmp(what, "forget") == 0 && cli->n_operands == 2 && !cli->load)
        return reset(cli, cli->operands[1], true);
    leat_cli_say("state: say list, or show, reset or forget and the name of a pipeline or its file");
    return EX_USAGE;
}
