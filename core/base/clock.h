/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The time, in microseconds.
 */
#ifndef LEAT_BASE_CLOCK_H
#define LEAT_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC: for how long something takes. */
int64_t leat_clock_us(void);
/* CLOCK_REALTIME, since 1970: for when something was. */
int64_t leat_clock_wall_us(void);

#endif
