/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "engine/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The policy in numbers; times in microseconds. */
enum {
    MS = 1000,
    SECOND = 1000 * MS,
    LATE = 20 * MS,              /* what the bucket holds beyond one call: how late a caller may come */
    SLICE = 500 * MS,            /* the measured rate is counted in these */
    N_SLICES = 10,
    LEAST_MEASURED = 10 * MS,
    STEADY = 500 * MS,           /* between two slow-downs */
    SILENCE = 5 * SECOND,        /* who has not called for longer has not learned more */
    RECOVERY = 30 * SECOND,      /* from nothing to the ceiling */
    MOST_ASKED = 600 * SECOND,   /* of what a server may ask us to wait */
    MOST_THROTTLED = 300 * SECOND,
    TRICKLE = SECOND,            /* between retries beyond the budget */
    LOOK_AGAIN = 100 * MS,       /* where it is another call's reply that is waited for */
    LONGEST = 600 * SECOND,      /* wait for a slow rate; it may be asked again */
    TURN = 50 * MS,              /* a stage that comes later than this has lost its turn */
    PAUSE = 100 * MS,
    MOST_PAUSES = 5,             /* doublings */
    FAILURES = 20,
    PROBES = 5,
    FREE_RETRIES = 50,
    CALLS_A_RETRY = 3,
    MEMORY = 128,                /* replies that the throttled share is taken over */
    MOST_USERS = 8,
};
static const double little_throttled = 0.08, much_throttled = 0.2, least_rate = 0.2, least_share = 0.01;

/* A stage that takes from a budget. */
struct user {
    const char *id;
    int64_t went;                /* the budget's n_calls when it last went */
    int64_t waits_until_us;      /* it wants to go, and was told to come again before this */
};

struct leat_rate_budget {
    const char *name;
    bool own;                    /* a stage's */
    double quota, ceiling;

    pthread_mutex_t lock;        /* guards what follows */
    int64_t now_us;              /* the latest that any thread has seen */
    bool started;
    struct user users[MOST_USERS];
    int n_users;

    double rate;                 /* calls a second now; 0: no limit */
    double base;                 /* the ceiling, or the rate at which it was last throttled */
    double tokens;
    int64_t filled_us, raised_us;

    int64_t n_calls, n_told, n_retries, n_throttled, n_failed;
    int64_t started_us, went_us;
    int64_t slices[N_SLICES], slice; /* calls in each; the number of the latest since the clock's zero */

    double throttled_share;      /* of the last replies */
    int64_t refusing_us;         /* since when there are only refusals; with `refusing` */
    bool refusing;
    int64_t steady_until_us, steady_until_told; /* both must pass before the next slow-down */
    int64_t not_before_us;       /* what the server asked for */

    bool fine_since, first_since; /* a retry went beyond the budget: a fine reply; a call that is none */

    int failed_in_row, n_pauses;
    int64_t pause_until_us;      /* retries only */
    uint64_t random;
    bool open, probing, given_up;
    int n_probes;
    int64_t n_stragglers;        /* calls from before it opened that are not answered: no probes */
    int64_t probe_us;
};

/* ---- time ---- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t ms_until(const struct leat_rate_budget *b, int64_t at_us)
{
    return at_us > b->now_us ? (at_us - b->now_us + MS - 1) / MS : 0;
}

/* Capacity and refill are such that in a second, both ends taken together, fewer than
 * 1 + rate calls find a token. */
static double refill(const struct leat_rate_budget *b)
{
    return b->rate * (1 - (double)LATE / SECOND);
}

static void fill(struct leat_rate_budget *b)
{
    double capacity = 1 + b->rate * LATE / SECOND;

    b->tokens += refill(b) * (double)(b->now_us - b->filled_us) / SECOND;
    if (b->tokens > capacity)
        b->tokens = capacity;
    b->filled_us = b->now_us;
}

/* A ring of counts: those that have been left behind become empty. */
static void turn_slices(struct leat_rate_budget *b)
{
    int64_t slice = b->now_us / SLICE;

    for (int i = 0; b->slice < slice && i < N_SLICES; i++)
        b->slices[++b->slice % N_SLICES] = 0;
    b->slice = slice;
}

static double used(const struct leat_rate_budget *b)
{
    int64_t n = 0, us = (N_SLICES - 1) * (int64_t)SLICE + b->now_us % SLICE;

    for (int i = 0; i < N_SLICES; i++)
        n += b->slices[i];
    if (us > b->now_us - b->started_us)
        us = b->now_us - b->started_us;
    return (double)n * SECOND / (double)later(us, LEAST_MEASURED);
}

/* What callers have made of the rate where it did not bind them. */
static double busiest(const struct leat_rate_budget *b)
{
    double most = used(b);

    for (int i = 0; i < N_SLICES; i++)
        if ((double)b->slices[i] * SECOND / SLICE > most)
            most = (double)b->slices[i] * SECOND / SLICE;
    return most;
}

static void start(struct leat_rate_budget *b)
{
    b->started = true;
    b->started_us = b->filled_us = b->raised_us = b->now_us;
    b->slice = b->now_us / SLICE;
    b->tokens = 1;
    b->random = (uint64_t)b->now_us | 1;
}

/* Threads look at the clock before they get the lock, so it may seem to go back. */
static void tick(struct leat_rate_budget *b, int64_t now_us)
{
    b->now_us = later(b->now_us, now_us);
    if (!b->started)
        start(b);
    fill(b);
    turn_slices(b);
}

/* ---- taking ---- */

/* NULL: there are too many to look after, and this one takes what it finds. */
static struct user *user_of(struct leat_rate_budget *b, const char *id)
{
    for (int i = 0; i < b->n_users; i++)
        if (b->users[i].id == id || strcmp(b->users[i].id, id) == 0)
            return &b->users[i];
    if (b->n_users == MOST_USERS)
        return NULL;
    b->users[b->n_users] = (struct user){.id = id, .went = -1};
    return &b->users[b->n_users++];
}

static bool retries_left(const struct leat_rate_budget *b)
{
    return b->n_retries < FREE_RETRIES + b->n_calls / CALLS_A_RETRY;
}

/* Beyond the budget, other calls must make room. Where there are none, as when all that
 * a stage holds waits for a retry, these go one by one: waiting for ever helps nobody. */
static int64_t retry_wait(const struct leat_rate_budget *b)
{
    int64_t ms = ms_until(b, b->pause_until_us);

    if (ms || retries_left(b) || (b->fine_since && !b->first_since))
        return ms;
    ms = ms_until(b, b->went_us + TRICKLE);
    return ms > LOOK_AGAIN / MS ? LOOK_AGAIN / MS : ms;
}

static int64_t probe_wait(const struct leat_rate_budget *b)
{
    return b->probing ? LOOK_AGAIN / MS : ms_until(b, b->probe_us);
}

/* Until when another stage that waits, and went longer ago, has the next call; 0: there is none. */
static int64_t others_turn(const struct leat_rate_budget *b, const struct user *user)
{
    int64_t until_us = 0;

    for (int i = 0; i < b->n_users; i++)
        if (&b->users[i] != user && b->users[i].waits_until_us > b->now_us && b->users[i].went < user->went)
            until_us = later(until_us, b->users[i].waits_until_us);
    return until_us;
}

static int64_t turn_wait(struct leat_rate_budget *b, struct user *user)
{
    int64_t others_us = user ? others_turn(b, user) : 0, at_us;
    double missing = (others_us ? 2 : 1) - b->tokens, us;

    if (b->rate <= 0 || missing <= 0)
        return 0;
    us = missing / refill(b) * SECOND;
    at_us = b->now_us + (us < LONGEST ? (int64_t)us + 1 : LONGEST);
    if (others_us && at_us > others_us)
        at_us = others_us;
    if (user)
        user->waits_until_us = at_us + TURN;
    return ms_until(b, at_us);
}

static int64_t wait_ms(struct leat_rate_budget *b, struct user *user, bool retry)
{
    int64_t ms;

    if (b->given_up)
        return LEAT_EUNREACHABLE;
    ms = ms_until(b, b->not_before_us);
    if (!ms && b->open)
        ms = probe_wait(b);
    else if (!ms && retry)
        ms = retry_wait(b);
    return ms ? ms : turn_wait(b, user);
}

static void go(struct leat_rate_budget *b, struct user *user, bool retry)
{
    if (!retry)
        b->first_since = true;
    else if (!retries_left(b))
        b->fine_since = b->first_since = false;
    b->tokens -= b->rate > 0;
    b->slices[b->slice % N_SLICES]++;
    b->n_calls++;
    b->n_retries += retry;
    b->went_us = b->now_us;
    b->probing = b->open;
    if (user)
        user->went = b->n_calls, user->waits_until_us = 0;
}

int64_t leat_rate_budget_take(struct leat_rate_budget *b, const char *stage_id, bool retry, int64_t now_us)
{
    struct user *user;
    int64_t ms;

    pthread_mutex_lock(&b->lock);
    tick(b, now_us);
    user = user_of(b, stage_id);
    ms = wait_ms(b, user, retry);
    if (ms == 0)
        go(b, user, retry);
    pthread_mutex_unlock(&b->lock);
    return ms;
}

/* ---- what became of it ---- */

static int64_t under_way(const struct leat_rate_budget *b)
{
    return later(b->n_calls - b->n_told, 0);
}

static void note_share(struct leat_rate_budget *b, bool throttled)
{
    b->throttled_share += (throttled - b->throttled_share) / MEMORY;
}

static void raise_rate(struct leat_rate_budget *b)
{
    int64_t us = b->now_us - b->raised_us;

    b->raised_us = b->now_us;
    if (b->rate <= 0)
        return;
    if (us > SILENCE)
        us = SILENCE;
    b->rate += b->base * (double)us / RECOVERY;
    if (b->ceiling > 0 && b->rate > b->ceiling)
        b->rate = b->ceiling;
    else if (!(b->ceiling > 0) && b->rate > 2 * b->base)
        b->rate = 0;
}

static double floor_of(const struct leat_rate_budget *b)
{
    double least = b->ceiling * least_share > least_rate ? b->ceiling * least_share : least_rate;

    return b->ceiling > 0 && b->ceiling < least ? b->ceiling : least;
}

static void lower_rate(struct leat_rate_budget *b)
{
    bool much = b->throttled_share > much_throttled;
    double was = busiest(b);

    if (b->throttled_share <= little_throttled || b->now_us < b->steady_until_us ||
        b->n_told <= b->steady_until_told)
        return;
    if (b->rate <= 0)
        b->tokens = 0;
    else if (b->rate < was)
        was = b->rate;
    if ((much || b->rate <= 0) && !(b->ceiling > 0))
        b->base = was;
    b->rate = was * (much ? 0.5 : 1 - b->throttled_share);
    if (b->rate < floor_of(b))
        b->rate = floor_of(b);
    b->steady_until_us = b->now_us + STEADY;
    b->steady_until_told = b->n_told + under_way(b);
    b->raised_us = b->now_us;
}

static void server_answers(struct leat_rate_budget *b)
{
    b->failed_in_row = b->n_pauses = 0;
    b->pause_until_us = 0;
    b->open = b->probing = false;
}

static void fine(struct leat_rate_budget *b)
{
    server_answers(b);
    b->refusing = false;
    b->fine_since = true;
    note_share(b, false);
    raise_rate(b);
}

static void throttled(struct leat_rate_budget *b)
{
    b->n_throttled++;
    server_answers(b);
    if (!b->refusing)
        b->refusing_us = b->now_us;
    b->refusing = true;
    b->fine_since = false;
    b->given_up |= b->now_us - b->refusing_us > MOST_THROTTLED;
    note_share(b, true);
    lower_rate(b);
}

/* Full jitter, so that many runs that have lost one server do not come back as one. */
static void pause_retries(struct leat_rate_budget *b)
{
    if (b->now_us < b->pause_until_us)
        return; /* one step for all calls that failed together */
    if (b->n_pauses < MOST_PAUSES)
        b->n_pauses++;
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    b->pause_until_us = b->now_us + (int64_t)(b->random % ((uint64_t)PAUSE << b->n_pauses));
}

static void probe_failed(struct leat_rate_budget *b)
{
    if (b->n_stragglers > 0) {
        b->n_stragglers--;
        return;
    }
    if (!b->probing)
        return;
    b->probing = false;
    b->given_up |= ++b->n_probes == PROBES;
    b->probe_us = b->now_us + ((int64_t)SECOND << b->n_probes);
}

static void failed(struct leat_rate_budget *b)
{
    b->n_failed++;
    b->fine_since = false;
    if (b->open) {
        probe_failed(b);
        return;
    }
    pause_retries(b);
    if (++b->failed_in_row < FAILURES)
        return;
    b->open = true;
    b->n_probes = 0;
    b->n_stragglers = under_way(b);
    b->probe_us = b->now_us + SECOND;
}

static void asked_to_wait(struct leat_rate_budget *b, int64_t ms)
{
    if (ms > 0)
        b->not_before_us = later(b->not_before_us, b->now_us + (ms < MOST_ASKED / MS ? ms : MOST_ASKED / MS) * MS);
}

void leat_rate_budget_told(struct leat_rate_budget *b, enum leat_reply reply, int64_t retry_after_ms, int64_t now_us)
{
    pthread_mutex_lock(&b->lock);
    tick(b, now_us);
    b->n_told++;
    if (reply != LEAT_REPLY_FINE)
        asked_to_wait(b, retry_after_ms);
    if (reply == LEAT_REPLY_FINE)
        fine(b);
    else if (reply == LEAT_REPLY_THROTTLED)
        throttled(b);
    else
        failed(b);
    pthread_mutex_unlock(&b->lock);
}

/* ---- the budgets of a run ---- */

static struct leat_rate_budget *add(struct leat_rates *rates, const struct leat_rate *rate, bool own)
{
    struct leat_rate_budget *b = leat_alloc(sizeof *b);

    b->name = rate->name;
    b->own = own;
    b->quota = rate->quota;
    b->ceiling = b->rate = b->base = rate->per_second;
    b->steady_until_told = -1;
    pthread_mutex_init(&b->lock, NULL);
    rates->budgets = leat_grow(rates->budgets, rates->n, &rates->cap, sizeof *rates->budgets);
    return rates->budgets[rates->n++] = b;
}

void leat_rates_init(struct leat_rates *rates, const struct leat_rate *declared, int n)
{
    *rates = (struct leat_rates){0};
    pthread_mutex_init(&rates->lock, NULL);
    leat_rates_add(rates, declared, n);
}

void leat_rates_add(struct leat_rates *rates, const struct leat_rate *declared, int n)
{
    for (int i = 0; i < n; i++)
        (void)add(rates, &declared[i], false);
}

void leat_rates_deinit(struct leat_rates *rates)
{
    for (int i = 0; i < rates->n; i++) {
        pthread_mutex_destroy(&rates->budgets[i]->lock);
        free(rates->budgets[i]);
    }
    free(rates->budgets);
    pthread_mutex_destroy(&rates->lock);
}

static struct leat_rate_budget *find(const struct leat_rates *rates, const char *name, bool own)
{
    for (int i = 0; i < rates->n; i++)
        if (rates->budgets[i]->own == own && strcmp(rates->budgets[i]->name, name) == 0)
            return rates->budgets[i];
    return NULL;
}

struct leat_rate_budget *leat_rates_budget(struct leat_rates *rates, const char *name, const char *stage_id)
{
    struct leat_rate_budget *b;

    pthread_mutex_lock(&rates->lock);
    b = find(rates, name ? name : stage_id, !name);
    if (!b)
        b = add(rates, &(struct leat_rate){.name = name ? name : stage_id}, !name);
    pthread_mutex_unlock(&rates->lock);
    return b;
}

static void view(struct leat_rate_budget *b, int64_t now_us, struct leat_rate_view *ret)
{
    pthread_mutex_lock(&b->lock);
    if (b->started)
        tick(b, now_us);
    *ret = (struct leat_rate_view){
        .name = b->name, .quota = b->quota, .ceiling = b->ceiling, .current = b->rate, .used = used(b),
        .n_calls = b->n_calls, .n_retries = b->n_retries, .n_throttled = b->n_throttled, .n_failed = b->n_failed,
        .waiting_ms = ms_until(b, b->open ? later(b->probe_us, b->not_before_us) : b->not_before_us),
        .given_up = b->given_up,
    };
    pthread_mutex_unlock(&b->lock);
}

int leat_rates_view(struct leat_rates *rates, int64_t now_us, int max, struct leat_rate_view *ret)
{
    int n;

    pthread_mutex_lock(&rates->lock);
    n = rates->n < max ? rates->n : max;
    for (int i = 0; i < n; i++)
        view(rates->budgets[i], now_us, &ret[i]);
    pthread_mutex_unlock(&rates->lock);
    return n;
}
