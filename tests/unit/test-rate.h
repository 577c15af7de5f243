/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A budget of the rate governor, and a clock that is only a number.
 */
#ifndef LEAT_TESTS_TEST_RATE_H
#define LEAT_TESTS_TEST_RATE_H

#include <stdlib.h>
#include <unistd.h>

#include "engine/rate.h"

#define MS INT64_C(1000)
#define SECOND (1000 * MS)

struct governed {
    struct leat_rate declared;
    struct leat_rates rates;
    struct leat_rate_budget *budget;
    int64_t now;
};

/* `per_second` 0: none declared. */
LEAT_UNUSED static void govern(struct governed *g, double per_second)
{
    *g = (struct governed){.declared = {.name = "api", .per_second = per_second, .quota = per_second},
                           .now = 1000 * SECOND};
    leat_rates_init(&g->rates, &g->declared, per_second > 0);
    g->budget = leat_rates_budget(&g->rates, per_second > 0 ? "api" : NULL, "load");
}

LEAT_UNUSED static int64_t take(struct governed *g, bool retry)
{
    return leat_rate_budget_take(g->budget, "load", retry, g->now);
}

LEAT_UNUSED static void tell(struct governed *g, enum leat_reply reply, int64_t retry_after_ms)
{
    leat_rate_budget_told(g->budget, reply, retry_after_ms, g->now);
}

/* Lets a call go, however long that takes. Returns how long it took. */
LEAT_UNUSED static int64_t go(struct governed *g, bool retry)
{
    int64_t since = g->now;

    for (int64_t ms; (ms = take(g, retry)) != 0; g->now += ms * MS)
        assert_true(ms > 0);
    return (g->now - since) / MS;
}

LEAT_UNUSED static void call(struct governed *g, enum leat_reply reply)
{
    (void)go(g, false);
    tell(g, reply, 0);
}

LEAT_UNUSED static struct leat_rate_view look(struct governed *g)
{
    struct leat_rate_view view;

    assert_int_equal(leat_rates_view(&g->rates, g->now, 1, &view), 1);
    return view;
}

LEAT_UNUSED static void assert_between(double is, double least, double most)
{
    if (!(is >= least && is <= most))
        fail_msg("%g is not from %g to %g", is, least, most);
}

LEAT_UNUSED static void assert_about(double is, double wanted)
{
    assert_between(is, wanted - 1e-6 * wanted, wanted + 1e-6 * wanted);
}

#endif
