/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t leat_clock_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t leat_clock_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}
