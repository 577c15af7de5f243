/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A stage's life on a worker, and patience with passing faults.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "engine/run.h"
#include "observe/log.h"

enum { MAX_TRIES = 8, FIRST_WAIT_MS = 100, MAX_WAIT_MS = 20000 };

void leat_stage_init(struct leat_stage *stage, const struct leat_plan *plan, struct leat_run *run,
                     struct leat_pool *pool)
{
    size_t rows = (size_t)run->cap_rows;

    *stage = (struct leat_stage){.plan = plan, .run = run, .self = plan->self, .pool = pool, .wake_fd = -1};
    if (plan->plugin->worker_size)
        stage->worker = leat_alloc(plan->plugin->worker_size);
    if (!plan->n_expressions && !pool)
        return;
    stage->scratch = plan->n_expressions ? leat_scratch_new(run->cap_rows) : NULL;
    stage->every_row = leat_alloc_array(rows, sizeof *stage->every_row);
    stage->children = leat_alloc_array(rows, sizeof *stage->children);
    for (int32_t i = 0; i < run->cap_rows; i++)
        stage->every_row[i] = i;
}

void leat_stage_deinit(struct leat_stage *stage)
{
    leat_find_close(stage);
    free(stage->worker);
    free(stage->every_row);
    free(stage->children);
    leat_scratch_free(stage->scratch);
    leat_store_deinit(&stage->result);
    leat_memory_free(stage->memory);
    for (int i = 0; i < stage->n_kept; i++)
        free(stage->kept[i]);
    free(stage->kept);
}

static void sleep_ms(struct leat_stage *stage, int64_t ms)
{
    struct timespec slice = {.tv_nsec = 50 * 1000000};

    for (; ms > 0 && !leat_stage_cancelled(stage); ms -= 50)
        nanosleep(&slice, NULL);
}

/* Full jitter: anything from nothing to the bound, so that many do not come back at once. */
static int64_t jitter(int tries)
{
    int64_t bound = FIRST_WAIT_MS;
    struct timespec now;

    while (tries-- > 0 && bound < MAX_WAIT_MS)
        bound *= 2;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_nsec / 1000 % bound;
}

bool leat_stage_retry(struct leat_stage *stage, int rc, int *tries, const struct leat_error *err)
{
    int64_t ms;

    if (rc != LEAT_ERETRY || *tries >= MAX_TRIES || leat_stage_cancelled(stage))
        return false;
    ms = jitter((*tries)++);
    if (err->retry_after_ms > ms)
        ms = err->retry_after_ms;
    leat_log(LEAT_LOG_WARNING, "%s: %s; trying again in %lld ms (%d of %d)", stage->plan->model->id, err->text,
             (long long)ms, *tries, MAX_TRIES);
    sleep_ms(stage, ms);
    return !leat_stage_cancelled(stage);
}

static int open_shared(struct leat_stage *stage, struct leat_error *err)
{
    const struct leat_plugin *plugin = stage->plan->plugin;
    int rc, tries = 0;

    memcpy(stage->self, stage->plan->planned, plugin->state_size); /* it may have been open before */
    stage->open = true;                                            /* close is called for what was begun */
    stage->opening = true;
    leat_crash_stage = stage->plan->model->id;
    do
        rc = plugin->open ? plugin->open(stage, stage->self, err) : 0;
    while (leat_stage_retry(stage, rc, &tries, err));
    leat_crash_stage = NULL;
    stage->opening = false;
    return rc;
}

int leat_stage_open(struct leat_stage *stage, bool first_worker, struct leat_error *err)
{
    const struct leat_plugin *plugin = stage->plan->plugin;
    int rc = 0;

    if (first_worker)
        rc = open_shared(stage, err);
    if (rc < 0)
        return rc;
    if (stage->worker)
        memset(stage->worker, 0, plugin->worker_size);
    stage->worker_open = true;
    leat_crash_stage = stage->plan->model->id;
    rc = plugin->worker_open ? plugin->worker_open(stage, stage->self, err) : 0;
    leat_crash_stage = NULL;
    return rc;
}

void leat_stage_close(struct leat_stage *stage, bool first_worker)
{
    const struct leat_plugin *plugin = stage->plan->plugin;

    leat_find_close(stage);
    leat_crash_stage = stage->plan->model->id;
    if (stage->worker_open && plugin->worker_close)
        plugin->worker_close(stage, stage->self);
    stage->worker_open = false;
    if (first_worker && stage->open && plugin->close)
        plugin->close(stage, stage->self);
    leat_crash_stage = NULL;
    if (first_worker)
        stage->open = false;
}
