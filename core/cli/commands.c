/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The table of commands; help, completion and the manual page are made of it.
 */
#include <string.h>

#include "cli/cli.h"

const struct leat_command leat_commands[] = {
    {"run", "Move the records as the file declares.", "run [OPTION]... FILE", "lspdxRwtDjrqPFv", leat_cli_run,
     "Exit status: 0 done; 65 finished, but with rejects above the limit or unknowns;\n"
     "69 a store could not be reached; 70 a plugin broke; 74 input or output failed;\n"
     "75 a store was lost on the way, another run is at work, or --time-limit: run again;\n"
     "78 the file is wrong; 128 + n a signal.\n"},
    {"check", "Find what is wrong with a file, without touching a store.", "check [OPTION]... FILE", "lspdDjcv",
     leat_cli_check, "Every mistake is shown in one go, with its line and what to type instead.\n"
     "--json: {\"file\":..., \"mistakes\":[{\"line\", \"column\", \"text\", \"help\"}]} for editors.\n"},
    {"preview", "Show the first rows after any stage, as a table.", "preview [OPTION]... FILE", "lspdxDgnv",
     leat_cli_preview,
     "Everything runs but the load. --stage ID shows what comes out of a stage,\n"
     "--stage of the extract what goes in. Secrets are not shown.\n"},
    {"test", "Run the tests that stand in the file.", "test [OPTION]... FILE", "lspdDv", leat_cli_test,
     "tests: in the file gives rows that stand for the extract, and what must come out:\n\n"
     "  tests:\n"
     "    - name: a deleted user stays behind\n"
     "      input:  [{id: 1, email: A@x.io, status: deleted}]\n"
     "      output: []\n"
     "      rejects: [{field: email, code: bad_email}]\n"},
    {"plan", "Show what a run will do: stages, fields, workers, estimates.", "plan [OPTION]... FILE", "lspdxDajv",
     leat_cli_plan, "Stores may be opened for their estimates; nothing is written. Where the load can tell\n"
     "what it will do, the first records are read, and it says of all: how many come to it,\n"
     "its calls, the hours at the quota, and so on. --sample all reads all records.\n"},
    {"graph", "Draw the pipeline.", "graph [--format mermaid|dot] FILE", "lspdDfv", leat_cli_graph,
     "Mermaid is shown by many web pages for source code; dot is Graphviz's:\n"
     "  leat graph --format dot FILE | dot -Tsvg > pipeline.svg\n"},
    {"runs", "Show the history of a pipeline.", "runs [OPTION]... NAME|FILE", "djn", leat_cli_runs,
     "The newest first: when, how long, how it ended, and what it moved. --json gives\n"
     "all that is known of each, its report included.\n"},
    {"rejects", "Show what is in a reject file, by stage and reason.", "rejects [--json] FILE", "Dj", leat_cli_rejects,
     "One line for each stage, field and code: how many, and where the first of them stands.\n"
     "FILE is CSV or JSON lines, as rejects: has written it. Keys and values are masked.\n"
     "Put the records right in the file, then: leat run PIPELINE --from-rejects FILE\n"},
    {"state", "Show what is kept between runs, or give it up.", "state list | show | reset | forget NAME|FILE", "ld",
     leat_cli_state,
     "leat state list           pipelines that have a state\n"
     "leat state show shop      how far a run that was stopped has come\n"
     "leat state reset shop     give that up, and what is known of the target: the next\n"
     "                          run loads everything anew; --load NAME: of this load only\n"
     "leat state forget shop    the same, with the history and the name\n"},
    {"plugin", "List the plugins there are, and show one.", "plugin list | show NAME | index FOLDER", "Djfv",
     leat_cli_plugin,
     "leat plugin list           all plugins\n"
     "leat plugin show csv       options of every plugin of that name\n"
     "leat plugin show load-csv  of this one; --json gives JSON Schema for editors\n"
     "leat plugin show functions functions of the expression language\n"
     "leat plugin index FOLDER   write functions.index (the build and the installation do)\n"},
    {"completion", "Print completion for a shell.", "completion bash|zsh|fish", "", leat_cli_completion,
     "bash:  source <(leat completion bash)\n"
     "zsh:   leat completion zsh > ~/.zfunc/_leat\n"
     "fish:  leat completion fish > ~/.config/fish/completions/leat.fish\n"},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct leat_command *leat_command_find(const char *name)
{
    for (const struct leat_command *c = leat_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}
