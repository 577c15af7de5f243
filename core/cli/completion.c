/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Completion for shells, made of the tables of commands and options.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void print_words(const char *separator)
{
    for (const struct leat_command *c = leat_commands; c->name; c++)
        printf("%s%s", c == leat_commands ? "" : separator, c->name);
}

static void print_options(void)
{
    const char *const *words = leat_cli_option_words();

    for (int i = 0; words[i]; i++)
        printf("%s%s", i ? " " : "", words[i]);
    printf(" --help");
}

static void print_bash(void)
{
    printf("_leat() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n"
           "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '");
    print_words(" ");
    printf("' -- \"$word\"))\n  elif [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W '");
    print_options();
    printf("' -- \"$word\"))\n  elif [[ ${COMP_WORDS[1]} == plugin && $COMP_CWORD -eq 2 ]]; then\n"
           "    COMPREPLY=($(compgen -W 'list show index' -- \"$word\"))\n"
           "  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\n"
           "complete -o filenames -F _leat leat\n");
}

static void print_zsh(void)
{
    printf("#compdef leat\n_leat() {\n  local -a commands\n  commands=(\n");
    for (const struct leat_command *c = leat_commands; c->name; c++)
        printf("    '%s:%s'\n", c->name, c->summary);
    printf("  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n"
           "  elif [[ $words[CURRENT] == -* ]]; then\n    compadd -- ");
    print_options();
    printf("\n  else\n    _files\n  fi\n}\n_leat \"$@\"\n");
}

static void print_fish(void)
{
    const char *const *words = leat_cli_option_words();

    for (const struct leat_command *c = leat_commands; c->name; c++)
        printf("complete -c leat -n __fish_use_subcommand -f -a %s -d '%s'\n", c->name, c->summary);
    for (int i = 0; words[i]; i++)
        printf("complete -c leat -n 'not __fish_use_subcommand' -l %s\n", words[i] + 2);
}

int leat_cli_completion(const struct leat_cli *cli)
{
    if (cli->file && strcmp(cli->file, "bash") == 0)
        print_bash();
    else if (cli->file && strcmp(cli->file, "zsh") == 0)
        print_zsh();
    else if (cli->file && strcmp(cli->file, "fish") == 0)
        print_fish();
    else {
        fprintf(stderr, "leat: say  leat completion bash, zsh or fish\n");
        return EX_USAGE;
    }
    return EX_OK;
}
