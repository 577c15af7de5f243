/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The options of all commands, declared once.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/cli.h"

const struct leat_cli_option leat_cli_options[] = {
    {'l', false, "load", "NAME", "Take this load of loads: instead of the one in load:."},
    {'s', false, "set", "PATH=VALUE", "Change a value of the file, such as load.csv.path=out.csv."},
    {'p', false, "param", "NAME=VALUE", "Set a parameter that the file declares in params:."},
    {'d', false, "state-dir", "FOLDER", "Keep the state of runs here."},
    {'x', false, "from-rejects", "FILE", "Feed the records of this reject file, repaired, instead of the extract's."},
    {'R', false, "restart", NULL, "Give up what a run that was stopped has done, and begin anew."},
    {'w', false, "wait", "TIME", "Wait so long for another run of this pipeline to end, such as 5m."},
    {'t', false, "time-limit", "TIME", "Stop after so long, to go on with the next run."},
    {'F', false, "log-format", "NAME", "Write the log as text or as json."},
    {'D', false, "plugin-dir", "FOLDER", "Look for plugins here first; may be repeated."},
    {'j', false, "json", NULL, "Write the result to standard output as JSON."},
    {'r', false, "report", "FILE", "Write a report of the run as JSON; - is standard output."},
    {'c', false, "connect", NULL, "Open the stores too."},
    {'g', false, "stage", "ID", "Show what comes out of this stage."},
    {'n', true, "rows", "N", "Show so many rows (default 10)."},
    {'a', false, "sample", "N", "Read so many records for the load's forecast (default 1000), all, or 0 for none."},
    {'f', false, "format", "NAME", "Choose the form of the output."},
    {'q', true, "quiet", NULL, "Print nothing when all went well, also on a terminal."},
    {'P', false, "progress", NULL, "Show progress, also without a terminal."},
    {'v', true, "verbose", NULL, "Log what is done; twice: with the fields of each stage."},
    {0},
};
enum { N_OPTIONS = sizeof leat_cli_options / sizeof *leat_cli_options - 1 };

static void append(const char ***list, int *n, const char *value)
{
    *list = leat_realloc(*list, (size_t)(*n + 1) * sizeof **list);
    (*list)[(*n)++] = value;
}

/* NAME=VALUE with both, of which the value may be empty. */
static int take_pair(const char ***list, int *n, const char *option, const char *form, const char *pair)
{
    const char *equals = strchr(pair, '=');

    if (!equals || equals == pair) {
        leat_cli_say("%s takes %s, not '%s'", option, form, pair);
        return EX_USAGE;
    }
    append(list, n, pair);
    return 0;
}

static int take_named(const char **ret, const char *option, const char *value)
{
    if (!*value)
        leat_cli_say("%s takes a name, and none is given", option);
    *ret = value;
    return *value ? 0 : EX_USAGE;
}

static void take_report(struct leat_cli *cli, const char *path)
{
    if (strcmp(path, "-") == 0)
        cli->json = true;
    else
        cli->report = path;
}

static int take_rows(struct leat_cli *cli, const char *value)
{
    if (leat_parse_integer(value, &cli->rows) && cli->rows >= 0)
        return 0;
    leat_cli_say("--rows takes a number, not '%s'", value);
    return EX_USAGE;
}

static int take_sample(struct leat_cli *cli, const char *value)
{
    bool all = strcmp(value, "all") == 0;

    if (all)
        cli->sample = -1;
    if (all || (leat_parse_integer(value, &cli->sample) && cli->sample >= 0))
        return 0;
    leat_cli_say("--sample takes a number or all, not '%s'", value);
    return EX_USAGE;
}

static int take_time(int64_t *ret_ms, const char *option, const char *value)
{
    if (leat_parse_duration(value, ret_ms) && *ret_ms > 0)
        return 0;
    leat_cli_say("%s takes a time such as 30s, 5m or 2h, not '%s'", option, value);
    return EX_USAGE;
}

static int take_log_format(struct leat_cli *cli, const char *value)
{
    if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0) {
        leat_cli_say("--log-format takes text or json, not '%s'", value);
        return EX_USAGE;
    }
    cli->log_json = *value == 'j';
    return 0;
}

static int take(struct leat_cli *cli, char letter, const char *value)
{
    switch (letter) {
    case 'l': return take_named(&cli->load, "--load", value);
    case 's': return take_pair(&cli->sets, &cli->n_sets, "--set", "PATH=VALUE", value);
    case 'p': return take_pair(&cli->params, &cli->n_params, "--param", "NAME=VALUE", value);
    case 'g': return take_named(&cli->stage, "--stage", value);
    case 'r': take_report(cli, value); break;
    case 'd': cli->state_dir = value; break;
    case 'D': append(&cli->plugin_dirs, &cli->n_plugin_dirs, value); break;
    case 'j': cli->json = true; break;
    case 'c': cli->connect = true; break;
    case 'f': cli->format = value; break;
    case 'q': cli->quiet = true; break;
    case 'P': cli->progress = true; break;
    case 'v': cli->verbose++; break;
    case 'n': return take_rows(cli, value);
    case 'a': return take_sample(cli, value);
    case 'w': return take_time(&cli->wait_ms, "--wait", value);
    case 't': return take_time(&cli->time_limit_ms, "--time-limit", value);
    case 'F': return take_log_format(cli, value);
    case 'x': return take_named(&cli->from_rejects, "--from-rejects", value);
    case 'R': cli->restart = true; break;
    }
    return 0;
}

static int usage_error(const struct leat_command *command, const char *what, const char *word, const char *near)
{
    leat_cli_say("%s: %s '%s'%s%s%s; leat %s --help shows what there is", command->name, what, word,
                 near ? "; did you mean --" : "", near ? near : "", near ? "?" : "", command->name);
    return EX_USAGE;
}

/* Of letters in one word getopt names the one; it has not moved on to the next word yet. */
static int unknown_option(const struct leat_command *command, const char *word)
{
    char letter[] = {'-', (char)optopt, '\0'}, name[64];
    const char *names[N_OPTIONS];
    int n = 0;

    if (strncmp(word, "--", 2) != 0)
        return usage_error(command, "there is no option", optopt > 0 && optopt < 128 ? letter : word, NULL);
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (optopt)
        return usage_error(command, "no value goes with", name, NULL);
    for (int i = 0; i < N_OPTIONS; i++)
        if (strchr(command->options, leat_cli_options[i].letter))
            names[n++] = leat_cli_options[i].name;
    return usage_error(command, "there is no option", name, leat_nearest(name + 2, names, n));
}

static int build_tables(const struct leat_command *command, struct option *longs, char *shorts)
{
    int n = 0;

    *shorts++ = '-'; /* operands may stand before options: they come in order as code 1 */
    *shorts++ = ':';
    for (int i = 0; i < N_OPTIONS; i++) {
        const struct leat_cli_option *o = &leat_cli_options[i];

        if (!strchr(command->options, o->letter))
            continue;
        longs[n++] = (struct option){.name = o->name, .has_arg = o->argument ? required_argument : no_argument,
                                     .val = 256 + i};
        if (o->is_short) {
            *shorts++ = o->letter;
            if (o->argument)
                *shorts++ = ':';
        }
    }
    longs[n++] = (struct option){.name = "help", .val = 'h'};
    longs[n] = (struct option){0};
    *shorts++ = 'h';
    *shorts = '\0';
    return n;
}

int leat_cli_parse(struct leat_cli *cli, const struct leat_command *command, int argc, char **argv, bool *ret_help)
{
    struct option longs[N_OPTIONS + 2];
    char shorts[N_OPTIONS * 2 + 4];
    int c, rc = 0;

    *cli = (struct leat_cli){.command = command->name, .rows = 10, .sample = 1000};
    *ret_help = false;
    build_tables(command, longs, shorts);
    opterr = 0;
    optind = 1;
    while (rc == 0 && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (c == 1)
            append(&cli->operands, &cli->n_operands, optarg);
        else if (c == 'h')
            *ret_help = true;
        else if (c >= 256)
            rc = take(cli, leat_cli_options[c - 256].letter, optarg);
        else if (c == '?')
            rc = unknown_option(command, argv[optind - 1]);
        else if (c == ':')
            rc = usage_error(command, "a value is missing behind", argv[optind - 1], NULL);
        else
            rc = take(cli, (char)c, optarg);
    }
    for (; rc == 0 && optind < argc; optind++)
        append(&cli->operands, &cli->n_operands, argv[optind]);
    cli->file = cli->n_operands ? cli->operands[0] : NULL;
    return rc;
}

void leat_cli_deinit(struct leat_cli *cli)
{
    free(cli->operands);
    free(cli->params);
    free(cli->sets);
    free(cli->plugin_dirs);
}

void leat_command_help(const struct leat_command *command)
{
    printf("Usage: leat %s\n\n%s\n\n%s", command->usage, command->summary, command->help);
    if (*command->options)
        printf("\nOptions:\n");
    for (int i = 0; i < N_OPTIONS; i++) {
        const struct leat_cli_option *o = &leat_cli_options[i];
        char left[64];

        if (!strchr(command->options, o->letter))
            continue;
        (void)snprintf(left, sizeof left, "%s%c%s--%s%s%s", o->is_short ? "-" : " ", o->is_short ? o->letter : ' ',
                       o->is_short ? ", " : "  ", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        printf("  %-30s %s\n", left, o->help);
    }
}
