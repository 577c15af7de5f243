/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Time zones from the system's data (/usr/share/zoneinfo, RFC 8536), without
 * libc's, which knows one zone a process.
 */
#ifndef LEAT_EXPR_ZONE_H
#define LEAT_EXPR_ZONE_H

#include <stdint.h>

#include <leat/error.h>

struct leat_zone;

/* By its IANA name. NULL and the fault if there is none. Immutable. */
struct leat_zone *leat_zone_open(const char *name, struct leat_error *err);
void leat_zone_close(struct leat_zone *zone);

/* Seconds east of UTC at an instant. */
int64_t leat_zone_offset(const struct leat_zone *zone, int64_t utc);
/* The instant of a wall clock's seconds. As in PostgreSQL a time that is
 * skipped in spring counts by the clock before, one that comes twice in autumn
 * is the second one. */
int64_t leat_zone_to_utc(const struct leat_zone *zone, int64_t local);

#endif
