/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The command line: one file a command. Only this room prints and exits.
 */
#ifndef LEAT_CLI_CLI_H
#define LEAT_CLI_CLI_H

#include <stdio.h>
#include <sysexits.h>

#include "delivery/lock.h"
#include "delivery/state.h"
#include "engine/plan.h"
#include "observe/report.h"

/* What the command line says; every command takes the options it knows. */
struct leat_cli {
    const char *command;
    const char *file;          /* the first operand, or NULL */
    const char **operands;     /* all of them */
    int n_operands;
    const char *load;
    const char **params, **sets, **plugin_dirs;
    int n_params, n_sets, n_plugin_dirs;
    const char *state_dir, *report, *stage, *format, *from_rejects;
    int64_t rows, sample;      /* sample: -1, all */
    int64_t wait_ms, time_limit_ms; /* 0: not given */
    bool json, connect, quiet, progress, restart, log_json;
    int verbose;
};

/* A pipeline file read and planned. */
struct leat_session {
    struct leat_diagnostics diagnostics;
    struct leat_registry registry;
    struct leat_pipeline pipeline;
    struct leat_pipeline_plan plan;
    struct leat_pipeline source;            /* with --from-rejects: as the file has it, to know its extract */
    struct leat_pipeline_plan source_plan;
    struct leat_replay replay;
    struct leat_lock lock;
    struct leat_state state; /* db NULL: not opened */
    char why[1024]; /* why it could not be opened; empty: it could, or nothing was begun */
};

struct leat_command {
    const char *name, *summary, *usage;
    const char *options; /* letters of the options it takes (options.c) */
    int (*run)(const struct leat_cli *cli);
    const char *help;    /* what --help teaches */
};

extern const struct leat_command leat_commands[]; /* ended by one without a name */
const struct leat_command *leat_command_find(const char *name);
void leat_command_help(const struct leat_command *command);

/* Parses the words behind the command into `cli`. 0, or an exit status. *ret_help: --help was asked for. */
int leat_cli_parse(struct leat_cli *cli, const struct leat_command *command, int argc, char **argv, bool *ret_help);
void leat_cli_deinit(struct leat_cli *cli);

struct leat_cli_option {
    char letter;           /* how commands refer to it, and its short form if `is_short` */
    bool is_short;
    const char *name, *argument, *help;
};

/* All options of all commands; ended by one without a name. */
extern const struct leat_cli_option leat_cli_options[];

/* Prints "leat: ..." as a line on stderr, nothing in it being obeyed by a terminal. */
void leat_cli_say(const char *format, ...) LEAT_PRINTF(1, 2);
/* A text as a terminal may get it; `lines`: with its line ends and tabs. */
void leat_cli_put(FILE *out, const char *text);
void leat_cli_put_lines(FILE *out, const char *text);
const char *leat_cli_visible(struct leat_arena *arena, const char *text, size_t n);
/* Prints "leat: ..." on stderr and returns the status that sysexits gives the code. */
int leat_cli_failed(const struct leat_error *err, bool at_start);
int leat_exit_status(int code, bool at_start);

/* What a command wants of its session. */
enum {
    LEAT_SESSION_CONNECT = 1, /* planning may touch the stores */
    LEAT_SESSION_TESTS = 2,   /* the file's tests are looked at */
    LEAT_SESSION_LOADS = 4,   /* and the loads that are not chosen */
    LEAT_SESSION_WRITES = 8,  /* outputs must have a folder to stand in */
    LEAT_SESSION_GIVEN = 64,  /* rows that are given stand for the extract, with the fields that it declares */
    LEAT_SESSION_STATE = 32,  /* with the pipeline's state, under its lock */
    LEAT_SESSION_MUTE = 16,   /* what is wrong is in `diagnostics` and `why`, and not printed */
};

/* Reads and plans cli->file. 0, or an exit status after having said why. To be closed in any case. */
int leat_session_open(struct leat_session *session, const struct leat_cli *cli, int wants);
/* Notes what is wrong with the form of the file's tests. */
void leat_session_check_tests(struct leat_session *session);
void leat_session_close(struct leat_session *session);

/* Which extract plugin reads a reject file. */
LEAT_MUST_CHECK int leat_cli_reject_plugin(const char *path, const char **ret, struct leat_error *err);
/* What is between two names in the first line of a reject file in CSV; 0: it has no column leat:stage. */
char leat_cli_reject_delimiter(const char *path);
/* After session->source_plan: what the reject file that stands for its extract needs to know of it. */
LEAT_MUST_CHECK int leat_cli_replay(struct leat_session *session, const char *path, struct leat_replay *ret,
                                    struct leat_error *err);

/* The name of a field of the extract for whose sake rejects cannot be fed again, since a reject file has a column of its
 * own that is called so; NULL: there is none. */
const char *leat_cli_replay_obstacle(const struct leat_schema *extract);

/* Whether --report would take the place of a file that the run itself reads or writes; session->why says so. */
bool leat_cli_report_clashes(const struct leat_cli *cli, struct leat_session *session);
/* Whether --report cannot be written where it shall be, as far as can be seen beforehand; session->why says so. */
bool leat_cli_report_is_faulty(const struct leat_cli *cli, struct leat_session *session);
/* Says how a run went, everywhere it is to be said. The status, or another where the report cannot be written. */
int leat_cli_report(const struct leat_cli *cli, struct leat_run_report *report, int status);
/* The report of a run that could not start, as session->why says. Returns the status. */
int leat_cli_not_started(const struct leat_cli *cli, struct leat_session *session, int status);

int leat_cli_run(const struct leat_cli *cli);
int leat_cli_check(const struct leat_cli *cli);
int leat_cli_preview(const struct leat_cli *cli);
int leat_cli_test(const struct leat_cli *cli);
int leat_cli_plan(const struct leat_cli *cli);
int leat_cli_graph(const struct leat_cli *cli);
int leat_cli_plugin(const struct leat_cli *cli);
int leat_cli_rejects(const struct leat_cli *cli);
int leat_cli_runs(const struct leat_cli *cli);
int leat_cli_state(const struct leat_cli *cli);
int leat_cli_completion(const struct leat_cli *cli);

#endif
