/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A state that the command line names, by the pipeline's name or by its file.
 */
#ifndef LEAT_CLI_STATES_H
#define LEAT_CLI_STATES_H

#include "cli/cli.h"

struct leat_named_state {
    struct leat_arena arena;
    const char *folder, *name;
    struct leat_state state; /* db NULL: not opened */
    bool running;            /* a run holds the lock */
};

/* Finds it without opening it. 0, or an exit status after having said why. */
int leat_cli_state_find(const struct leat_cli *cli, const char *operand, struct leat_named_state *ret);
/* The same, and opens it to look at. */
int leat_cli_state_look(const struct leat_cli *cli, const char *operand, struct leat_named_state *ret);
void leat_cli_state_done(struct leat_named_state *named);

#endif
