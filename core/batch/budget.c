/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "batch/batch.h"

void leat_budget_init(struct leat_budget *budget, int64_t limit)
{
    *budget = (struct leat_budget){.limit = limit};
    pthread_mutex_init(&budget->lock, NULL);
    pthread_cond_init(&budget->freed, NULL);
}

void leat_budget_deinit(struct leat_budget *budget)
{
    pthread_cond_destroy(&budget->freed);
    pthread_mutex_destroy(&budget->lock);
}

static void add(struct leat_budget *budget, int64_t n)
{
    budget->used += n;
    if (budget->used > budget->peak)
        budget->peak = budget->used;
}

bool leat_budget_take(struct leat_budget *budget, int64_t n)
{
    bool ok;

    pthread_mutex_lock(&budget->lock);
    budget->n_waiting++;
    while (!budget->cancelled && budget->used > 0 && budget->used + n > budget->limit)
        pthread_cond_wait(&budget->freed, &budget->lock);
    budget->n_waiting--;
    ok = !budget->cancelled;
    if (ok)
        add(budget, n);
    pthread_mutex_unlock(&budget->lock);
    return ok;
}

void leat_budget_charge(struct leat_budget *budget, int64_t n)
{
    bool wake;

    pthread_mutex_lock(&budget->lock);
    add(budget, n);
    wake = n < 0 && budget->n_waiting > 0;
    pthread_mutex_unlock(&budget->lock);
    if (wake)
        pthread_cond_broadcast(&budget->freed);
}

bool leat_budget_dry(struct leat_budget *budget)
{
    bool dry;

    pthread_mutex_lock(&budget->lock);
    dry = budget->n_waiting > 0 || budget->used > budget->limit;
    pthread_mutex_unlock(&budget->lock);
    return dry;
}

void leat_budget_cancel(struct leat_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    budget->cancelled = true;
    pthread_mutex_unlock(&budget->lock);
    pthread_cond_broadcast(&budget->freed);
}
