/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/cli.h"
#include "observe/crash.h"
#include "observe/log.h"

static void help(void)
{
    printf("Usage: leat COMMAND [OPTION]... FILE\n\n"
           "leat moves records from the store where they are to the store where they should be,\n"
           "as a pipeline file declares it: extract, transform, validate, load.\n\n");
    for (const struct leat_command *c = leat_commands; c->name; c++)
        printf("  %-10s %s\n", c->name, c->summary);
    printf("\nA first look:\n"
           "  leat check FILE      what is wrong with it, all in one go\n"
           "  leat preview FILE    the first rows, as they will be\n"
           "  leat run FILE        move the records\n\n"
           "leat COMMAND --help tells more. Manual pages: leat(1), leat-pipeline(5), leat-expressions(7).\n");
}

static int unknown_command(const char *name)
{
    const char *names[32], *near;
    int n = 0;

    for (const struct leat_command *c = leat_commands; c->name && n < 32; c++)
        names[n++] = c->name;
    near = leat_nearest(name, names, n);
    leat_cli_say("there is no command '%s'%s%s%s; leat --help shows what there is", name, near ? "; did you mean '" : "",
                 near ? near : "", near ? "'?" : "");
    return EX_USAGE;
}

static int dispatch(const struct leat_command *command, int argc, char **argv)
{
    struct leat_cli cli;
    bool wants_help;
    int status = leat_cli_parse(&cli, command, argc, argv, &wants_help);

    if (status == 0 && wants_help) {
        leat_command_help(command);
    } else if (status == 0) {
        leat_log_json(cli.log_json);
        leat_log_level(LEAT_LOG_WARNING + cli.verbose > LEAT_LOG_DEBUG
                           ? LEAT_LOG_DEBUG
                           : (enum leat_log_level)(LEAT_LOG_WARNING + cli.verbose));
        status = command->run(&cli);
    }
    leat_cli_deinit(&cli);
    return status;
}

int main(int argc, char **argv)
{
    const struct leat_command *command;
    int status;

    leat_crash_leave_no_core();
    umask(077); /* what leat writes holds people's data */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        command = argc > 2 ? leat_command_find(argv[2]) : NULL;
        if (command)
            leat_command_help(command);
        else
            help();
        status = argc < 2 ? EX_USAGE : EX_OK;
    } else if (strcmp(argv[1], "--version") == 0) {
        printf("leat %s\n", PACKAGE_VERSION);
        status = EX_OK;
    } else {
        command = leat_command_find(argv[1]);
        status = command ? dispatch(command, argc - 1, argv + 1) : unknown_command(argv[1]);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "leat: cannot write to standard output\n");
        return status ? status : EX_IOERR;
    }
    return status;
}
