/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Completion for shells, made of the tables of commands and options: behind a
 * command its own options, behind an option what it takes. Words from outside
 * (files, plugins) never pass through the shell's expansion.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const char *const shells[] = {"bash", "zsh", "fish"};

static void print_commands(void)
{
    for (const struct leat_command *c = leat_commands; c->name; c++)
        printf("%s ", c->name);
}

static bool takes(const struct leat_command *command, const struct leat_cli_option *o)
{
    return strchr(command->options, o->letter) != NULL;
}

static void print_options(const struct leat_command *command)
{
    for (const struct leat_cli_option *o = leat_cli_options; o->name; o++)
        if (takes(command, o))
            printf("--%s ", o->name);
    printf("--help");
}

/* Options whose argument is a FOLDER or FILE (`file`), or anything else, as a pattern: *:--set|*:--param. */
static void print_pattern(bool file)
{
    const char *separator = "";

    for (const struct leat_cli_option *o = leat_cli_options; o->name; o++) {
        bool is_file = o->argument && (strcmp(o->argument, "FILE") == 0 || strcmp(o->argument, "FOLDER") == 0);

        if (!o->argument || is_file != file || strcmp(o->name, "format") == 0)
            continue;
        printf("%s*:--%s", separator, o->name);
        separator = "|";
        if (o->is_short)
            printf("|*:-%c", o->letter);
    }
}

/* NAME and KIND-NAME of each plugin, a line each. */
#define PLUGINS "{ echo functions; leat plugin list 2>/dev/null | awk '{ print $2; print $1 \"-\" $2 }'; }"

static void print_bash(void)
{
    printf("_leat() {\n  local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} words= line\n"
           "  COMPREPLY=()\n  case $COMP_CWORD:${COMP_WORDS[1]}:$last in\n    1:*) words='");
    print_commands();
    printf("help --help --version' ;;\n    *:graph:--format) words='mermaid dot' ;;\n"
           "    *:plugin:--format) words=pod ;;\n    ");
    print_pattern(false);
    printf(") return ;;\n    ");
    print_pattern(true);
    printf(") ;;\n    2:plugin:*) words='list show index --help' ;;\n    2:completion:*) words='");
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        printf("%s ", shells[i]);
    printf("' ;;\n    2:help:*) words='");
    print_commands();
    printf("' ;;\n    *:plugin:show)\n      while read -r line; do [[ $line == \"$word\"* ]] && COMPREPLY+=(\"$line\"); "
           "done < <(" PLUGINS ")\n      return ;;\n    *) [[ $word == -* ]] && case ${COMP_WORDS[1]} in\n");
    for (const struct leat_command *c = leat_commands; c->name; c++) {
        printf("        %s) words='", c->name);
        print_options(c);
        printf("' ;;\n");
    }
    printf("      esac ;;\n  esac\n"
           "  if [[ $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); else compopt -o default; fi\n}\n"
           "complete -F _leat leat\n");
}

static void print_zsh(void)
{
    printf("#compdef leat\n_leat() {\n  local -a commands\n  commands=(\n");
    for (const struct leat_command *c = leat_commands; c->name; c++)
        printf("    '%s:%s'\n", c->name, c->summary);
    printf("  )\n  case $CURRENT:$words[2]:$words[CURRENT-1] in\n"
           "    2:*) _describe command commands; compadd -- help --help --version ;;\n"
           "    *:graph:--format) compadd -- mermaid dot ;;\n    *:plugin:--format) compadd -- pod ;;\n    ");
    print_pattern(false);
    printf(") ;;\n    ");
    print_pattern(true);
    printf(") _files ;;\n    3:plugin:*) compadd -- list show index ;;\n    3:completion:*) compadd -- bash zsh fish ;;\n"
           "    3:help:*) _describe command commands ;;\n"
           "    *:plugin:show) compadd -- ${(f)\"$(" PLUGINS ")\"} ;;\n"
           "    *) if [[ $words[CURRENT] != -* ]]; then _files; else case $words[2] in\n");
    for (const struct leat_command *c = leat_commands; c->name; c++) {
        printf("      %s) compadd -- ", c->name);
        print_options(c);
        printf(" ;;\n");
    }
    printf("    esac; fi ;;\n  esac\n}\n_leat \"$@\"\n");
}

/* What stands in single quotes in fish. */
static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void print_fish_option(const struct leat_command *command, const struct leat_cli_option *o)
{
    printf("complete -c leat -n '__fish_seen_subcommand_from %s' -l %s", command->name, o->name);
    if (o->is_short)
        printf(" -s %c", o->letter);
    if (strcmp(o->name, "format") == 0)
        printf(" -x -a '%s'", strcmp(command->name, "graph") == 0 ? "mermaid dot" : "pod");
    else if (o->argument)
        printf(strcmp(o->argument, "FILE") == 0 || strcmp(o->argument, "FOLDER") == 0 ? " -r" : " -x");
    printf(" -d ");
    print_quoted(o->help);
    printf("\n");
}

static void print_fish(void)
{
    for (const struct leat_command *c = leat_commands; c->name; c++) {
        printf("complete -c leat -n __fish_use_subcommand -f -a %s -d ", c->name);
        print_quoted(c->summary);
        printf("\n");
        for (const struct leat_cli_option *o = leat_cli_options; o->name; o++)
            if (takes(c, o))
                print_fish_option(c, o);
    }
    printf("complete -c leat -l help -s h -d 'Show what there is'\n"
           "complete -c leat -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n"
           "complete -c leat -n '__fish_seen_subcommand_from plugin' -f -a 'list show index'\n"
           "complete -c leat -n '__fish_seen_subcommand_from show' -f -a \"(" "begin; echo functions; "
           "leat plugin list 2>/dev/null | awk '{ print \\$2; print \\$1 \\\"-\\\" \\$2 }'; end" ")\"\n");
}

int leat_cli_completion(const struct leat_cli *cli)
{
    static void (*const print[])(void) = {print_bash, print_zsh, print_fish};

    for (size_t i = 0; cli->file && i < sizeof shells / sizeof *shells; i++)
        if (strcmp(cli->file, shells[i]) == 0) {
            print[i]();
            return EX_OK;
        }
    fprintf(stderr, "leat: say  leat completion bash, zsh or fish\n");
    return EX_USAGE;
}
