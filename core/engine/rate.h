/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The rate governor: who may call a server, and when. A budget is one of
 * rates:, shared by all stages that name it, or a stage's own, without a rate.
 * The engine's services ask it for leat_rate_take and leat_rate_told; any
 * thread may. It never waits and never looks at a clock: `now_us` is
 * CLOCK_MONOTONIC in microseconds. What it promises:
 *
 *  - Rate. In any second at most `per_second` calls go, rounded up to a whole
 *    number, so never more than the share that is ours, let alone the quota.
 *    Calls are spread evenly at 98 % of it; the rest makes up for up to 20 ms
 *    that a caller comes late.
 *  - Throttling. What counts is the share of refusals among the last replies, 128
 *    or so. Up to 8 % is noise, or a quota's edge: a server that refuses one call
 *    in twenty whatever the rate is not helped by a lower one. Beyond that the rate
 *    goes down by the share, and by half where it is more than a fifth: that of
 *    now, or what callers have made of it if they have used less. At most once in
 *    500 ms, and not for calls that were under way when it last went down; never
 *    below 1 % or 0.2/s. Fine replies raise it again, from nothing to the ceiling in
 *    30 s. So at a quota below the rate some 5 to 10 % of the calls are refused.
 *  - Without a rate of its own a budget has no limit until it is throttled: then
 *    the same, from the rate that was measured, and no limit again at twice that.
 *  - Asked to wait. Nobody goes before what the server asked for has passed, ten
 *    minutes at most.
 *  - Retries are at most a third of all calls, and 50: so there are 1.5 calls to a
 *    first one, and 75. One beyond that waits for other calls to make room; where
 *    nothing else moves, one goes a second, or as soon as the one before has been
 *    fine. While all replies are failures, retries pause for a random time that
 *    doubles, up to 3.2 s.
 *  - Failing. After 20 failures in a row only one call goes after 1 s,
 *    2 s, 4 s, 8 s and 16 s, to see whether the server is back. If none of them
 *    is answered, or if five minutes of throttling bring no fine reply, the
 *    budget is given up for the rest of the run.
 *  - Stages that share a budget take turns while both want more than there is.
 *
 * A take costs the same whatever has been before, and allocates nothing.
 */
#ifndef LEAT_ENGINE_RATE_H
#define LEAT_ENGINE_RATE_H

#include <pthread.h>

#include <leat/stage.h>

#include "pipeline/model.h"

struct leat_rate_budget;

struct leat_rates {
    pthread_mutex_t lock;               /* guards the list; before that of a budget */
    struct leat_rate_budget **budgets;  /* those of rates: first, then stages' own in the order of their first call */
    int n, cap;
};

/* How a budget stands, for progress. Rates are in calls a second. */
struct leat_rate_view {
    const char *name;                   /* in rates:, or the id of the stage whose own it is */
    double quota, ceiling;              /* of the server; what is ours of it. 0: not declared */
    double current;                     /* what may go now; 0: as much as wants to */
    double used;                        /* what went in the last five seconds */
    int64_t n_calls, n_retries;         /* let go; n_retries of them had been made before */
    int64_t n_throttled, n_failed;      /* replies */
    int64_t waiting_ms;                 /* until anything goes: the server asked for it, or fails. 0: no such wait */
    bool given_up;
};

/* The names in `declared` must outlive the rates. */
void leat_rates_init(struct leat_rates *rates, const struct leat_rate *declared, int n);
/* Before a run: more of them. */
void leat_rates_add(struct leat_rates *rates, const struct leat_rate *declared, int n);
void leat_rates_deinit(struct leat_rates *rates);

/* The budget of that name; NULL: the stage's own, made on first use. Never NULL, and valid until
 * deinit. `stage_id` must outlive the rates. */
struct leat_rate_budget *leat_rates_budget(struct leat_rates *rates, const char *name, const char *stage_id);

/* leat_rate_take: 0 go, milliseconds to wait, or LEAT_EUNREACHABLE. Each 0 is to be followed by one `told`. */
int64_t leat_rate_budget_take(struct leat_rate_budget *budget, const char *stage_id, bool retry, int64_t now_us);
/* leat_rate_told. */
void leat_rate_budget_told(struct leat_rate_budget *budget, enum leat_reply reply, int64_t retry_after_ms,
                           int64_t now_us);

/* At most `max` of them, in the order of the list. Returns how many. */
int leat_rates_view(struct leat_rates *rates, int64_t now_us, int max, struct leat_rate_view *ret);

#endif
