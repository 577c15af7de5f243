/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Waiting for a call of the library without being deaf to a stop.
 */
#ifndef LEAT_KIT_MYSQL_WAIT_H
#define LEAT_KIT_MYSQL_WAIT_H

#include "kit/mysql/mysql.h"

/* Until something has happened of what a call waits for (MYSQL_WAIT_...); returns what. MYSQL_WAIT_TIMEOUT makes the
 * call come back with an error: the time is up, or link->stopped says why. */
int wait_for(struct leat_mysql_link *link, int events);

#endif
