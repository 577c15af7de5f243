/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Names of time zones, at plan time.
 */
#ifndef LEAT_KIT_ZONE_H
#define LEAT_KIT_ZONE_H

#include <stdbool.h>

enum { LEAT_TIMEZONE_ROOM = 64 };

/* Also true where the system has no time zones at all. */
bool leat_timezone_is_known(const char *name);
/* The name that may have been meant; false: none is near. */
bool leat_timezone_nearest(const char *name, char room[LEAT_TIMEZONE_ROOM]);

#endif
