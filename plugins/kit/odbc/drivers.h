/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What drivers do to the process that loads them. In a plan only, when there is one thread.
 */
#ifndef LEAT_KIT_ODBC_DRIVERS_H
#define LEAT_KIT_ODBC_DRIVERS_H

#include <locale.h>

#include "kit/odbc/odbc.h"

/* The locale as it was, and that of this thread meanwhile: the one in which Driver is DRIVER and 1.5 a number. */
struct guard {
    char *was;
    locale_t plain, before;
};

void guard_begin(struct guard *g);
void guard_end(struct guard *g);

/* Sees to it that later connections, made while there are other threads, need no such guard. */
void quiet_driver(enum leat_odbc_kind kind);

#endif
