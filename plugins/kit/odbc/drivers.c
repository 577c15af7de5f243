/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What drivers do to the process that loads them. Only in a plan, when there is one thread.
 */
#include "kit/odbc/odbc.h"

#include <stdlib.h>

#include "drivers.h"

/* psqlodbc sets the locale of the whole process to that of the environment with each connection, unless the environment
 * itself names the encoding. What is named has no other effect: the driver speaks UTF-8 in any case. */
void guard_begin(struct guard *g)
{
    const char *is = setlocale(LC_ALL, NULL);

    g->was = is ? strdup(is) : NULL;
    g->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    g->before = g->plain ? uselocale(g->plain) : (locale_t)0;
}

void guard_end(struct guard *g)
{
    if (g->was)
        (void)setlocale(LC_ALL, g->was);
    free(g->was);
    if (g->plain) {
        (void)uselocale(g->before);
        freelocale(g->plain);
    }
    *g = (struct guard){ 0 };
}

void quiet_driver(enum leat_odbc_kind kind)
{
    if (kind == LEAT_ODBC_POSTGRES)
        (void)setenv("PGCLIENTENCODING", "UTF8", 0);
}
