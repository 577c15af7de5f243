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

struct cli_option {
    char letter;           /* how commands refer to it, and its short form if `is_short` */
    bool is_short;
    const char *name, *argument, *help;
};

static const struct cli_option all_options[] = {
    {'l', false, "load", "NAME", "Take this load of loads: instead of the one in load:."},
    {'s', false, "set", "PATH=VALUE", "Change a value of the file, such as load.csv.path=out.csv."},
    {'p', false, "param", "NAME=VALUE", "Set a parameter that the file declares in params:."},
    {'d', false, "state-dir", "FOLDER", "Keep the state of runs here."},
    {'D', false, "plugin-dir", "FOLDER", "Look for plugins here first; may be repeated."},
    {'j', false, "json", NULL, "Write the result to standard output as JSON."},
    {'r', false, "report", "FILE", "Write a report of the run as JSON."},
    {'c', false, "connect", NULL, "Open the stores too."},
    {'g', false, "stage", "ID", "Show what comes out of this stage."},
    {'n', true, "rows", "N", "Show so many rows (default 10)."},
    {'f', false, "format", "NAME", "Choose the form of the output."},
    {'q', true, "quiet", NULL, "Print nothing when all went well, also on a terminal."},
    {'P', false, "progress", NULL, "Show progress, also without a terminal."},
    {'v', true, "verbose", NULL, "Log more; twice: everything."},
};
enum { N_OPTIONS = sizeof all_options / sizeof *all_options };

static void append(const char ***list, int *n, const char *value)
{
    *list = leat_realloc(*list, (size_t)(*n + 1) * sizeof **list);
    (*list)[(*n)++] = value;
}

static int take(struct leat_cli *cli, char letter, const char *value)
{
    switch (letter) {
    case 'l': cli->load = value; break;
    case 's': append(&cli->sets, &cli->n_sets, value); break;
    case 'p': append(&cli->params, &cli->n_params, value); break;
    case 'd': cli->state_dir = value; break;
    case 'D': append(&cli->plugin_dirs, &cli->n_plugin_dirs, value); break;
    case 'j': cli->json = true; break;
    case 'r': cli->report = value; break;
    case 'c': cli->connect = true; break;
    case 'g': cli->stage = value; break;
    case 'f': cli->format = value; break;
    case 'q': cli->quiet = true; break;
    case 'P': cli->progress = true; break;
    case 'v': cli->verbose++; break;
    case 'n':
        if (!leat_parse_integer(value, &cli->rows) || cli->rows < 0) {
            fprintf(stderr, "leat: --rows takes a number, not '%s'\n", value);
            return EX_USAGE;
        }
        break;
    }
    return 0;
}

const char *const *leat_cli_option_words(void)
{
    static char words[N_OPTIONS][32];
    static const char *list[N_OPTIONS + 1];

    for (int i = 0; i < N_OPTIONS; i++) {
        (void)snprintf(words[i], sizeof words[i], "--%s", all_options[i].name);
        list[i] = words[i];
    }
    return list;
}

static int usage_error(const struct leat_command *command, const char *what, const char *word)
{
    const char *names[N_OPTIONS];
    const char *near;
    int n = 0;

    for (int i = 0; i < N_OPTIONS; i++)
        if (strchr(command->options, all_options[i].letter))
            names[n++] = all_options[i].name;
    near = strncmp(word, "--", 2) == 0 ? leat_nearest(word + 2, names, n) : NULL;
    fprintf(stderr, "leat %s: %s '%s'", command->name, what, word);
    if (near)
        fprintf(stderr, "; did you mean --%s?", near);
    fprintf(stderr, "\nleat %s --help shows what there is\n", command->name);
    return EX_USAGE;
}

/* Of letters in one word getopt names the one; it has not moved on to the next word yet. */
static int unknown_option(const struct leat_command *command, const char *word)
{
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_short = optopt > 0 && optopt < 128;

    return usage_error(command, "there is no option", is_short ? letter : word);
}

static int build_tables(const struct leat_command *command, struct option *longs, char *shorts)
{
    int n = 0;

    *shorts++ = '-'; /* operands may stand before options: they come in order as code 1 */
    *shorts++ = ':';
    for (int i = 0; i < N_OPTIONS; i++) {
        const struct cli_option *o = &all_options[i];

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

    *cli = (struct leat_cli){.command = command->name, .rows = 10};
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
            rc = take(cli, all_options[c - 256].letter, optarg);
        else if (c == '?')
            rc = unknown_option(command, argv[optind - 1]);
        else if (c == ':')
            rc = usage_error(command, "a value is missing behind", argv[optind - 1]);
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
        const struct cli_option *o = &all_options[i];
        char left[64];

        if (!strchr(command->options, o->letter))
            continue;
        (void)snprintf(left, sizeof left, "%s%c%s--%s%s%s", o->is_short ? "-" : " ", o->is_short ? o->letter : ' ',
                       o->is_short ? ", " : "  ", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        printf("  %-30s %s\n", left, o->help);
    }
}
