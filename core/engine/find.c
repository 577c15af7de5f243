/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking another store, on a worker state and connection of the asking worker's own.
 */
#include "engine/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/run.h"

enum { KEY_BYTES = 1 << 20, RECORD_BYTES = 4 << 20 };

struct leat_asker {
    const struct leat_finder *finder;
    struct leat_stage stage; /* the finder's, on this worker */
    struct leat_pool key_pool, pool;
    struct leat_batch *keys, *records;
    uint8_t *found;
    struct leat_asker *next;
};

static struct leat_asker *asker_new(struct leat_stage *stage, const struct leat_finder *finder)
{
    struct leat_asker *a = leat_alloc(sizeof *a);
    struct leat_run *run = stage->run;
    int64_t max_record = run->plan->pipeline->max_record;

    a->finder = finder;
    leat_stage_init(&a->stage, &finder->plan, run, NULL);
    a->stage.is_finder = true;
    leat_pool_init(&a->key_pool, &finder->keys, NULL, LEAT_FIND_ROWS, KEY_BYTES, max_record);
    leat_pool_init(&a->pool, &finder->plan.out, NULL, LEAT_FIND_ROWS, RECORD_BYTES, max_record);
    a->found = leat_alloc(LEAT_FIND_ROWS);
    a->next = stage->askers;
    stage->askers = a;
    return a;
}

static struct leat_asker *asker_of(struct leat_stage *stage, const struct leat_finder *finder)
{
    for (struct leat_asker *a = stage->askers; a; a = a->next)
        if (a->finder == finder)
            return a;
    return asker_new(stage, finder);
}

static void forget(struct leat_asker *a)
{
    if (a->records)
        leat_batch_release(a->records);
    if (a->keys)
        leat_batch_release(a->keys);
    a->records = a->keys = NULL;
}

struct leat_batch *leat_find_keys_begin(struct leat_stage *stage, const struct leat_finder *finder)
{
    struct leat_asker *a = asker_of(stage, finder);

    forget(a);
    return a->keys = leat_pool_get(&a->key_pool);
}

static int open_worker(struct leat_asker *a, struct leat_error *err)
{
    const struct leat_plugin *plugin = a->finder->plan.plugin;
    int rc = 0;

    if (a->stage.worker_open)
        return 0;
    a->stage.worker_open = true; /* worker_close is called for what was begun */
    if (plugin->worker_open)
        rc = plugin->worker_open(&a->stage, a->stage.self, err);
    if (rc < 0) {
        leat_stage_close(&a->stage, false);
        memset(a->stage.worker, 0, plugin->worker_size);
    }
    return rc;
}

static int ask(struct leat_asker *a, struct leat_find *find, struct leat_error *err)
{
    struct leat_run *run = a->stage.run;
    const struct leat_plugin *plugin = a->finder->plan.plugin;
    int rc;

    if (!plugin->find || run->options.given)
        return leat_held_find(&run->held[a->finder->number], &a->stage, find, err);
    rc = open_worker(a, err);
    return rc == 0 ? plugin->find(&a->stage, a->stage.self, find, err) : rc;
}

/* Each record belongs to one of the keys. */
static bool has_keys(const struct leat_asker *a)
{
    const struct leat_batch *records = a->records;

    if (records->n_rows && !records->host->origin_rows)
        return false;
    for (int32_t row = 0; row < records->n_rows; row++)
        if (records->host->own_origin_rows[row] < 0 || records->host->own_origin_rows[row] >= a->keys->n_rows)
            return false;
    return true;
}

/* What came back is as whole as what an extract reads. */
static int check(struct leat_asker *a, struct leat_error *err)
{
    struct leat_batch *records = a->records;
    int rc;

    if (!has_keys(a))
        return leat_fail(err, LEAT_EPLUGIN, "%s: the plugin found a record for no key", a->finder->plan.model->id);
    records->host->origin_rows = NULL; /* they are keys' numbers, and go to no record's account */
    rc = leat_batch_finish(records, err);
    return rc == 0 && records->n_selected < records->n_rows ? leat_find_refuse(err, records, a->finder) : rc;
}

int leat_find_ask(struct leat_stage *stage, const struct leat_finder *finder, int64_t timeout_ms,
                  struct leat_answers *ret, struct leat_error *err)
{
    struct leat_asker *a = asker_of(stage, finder);
    struct leat_find find = {.keys = a->keys, .ret_found = a->found,
                             .deadline_ms = leat_clock_us() / 1000 + timeout_ms};
    int rc = leat_batch_finish(a->keys, err);

    if (rc < 0)
        return rc;
    memset(a->found, LEAT_ABSENT, (size_t)a->keys->n_rows);
    if (a->records)
        leat_batch_release(a->records);
    a->records = find.out = leat_pool_get(&a->pool);
    rc = ask(a, &find, err);
    if (rc == 0)
        rc = check(a, err);
    *ret = (struct leat_answers){.records = a->records, .keys = a->records->host->own_origin_rows, .found = a->found};
    return rc;
}

void leat_find_close(struct leat_stage *stage)
{
    struct leat_asker *a, *next;

    for (a = stage->askers; a; a = next) {
        next = a->next;
        leat_stage_close(&a->stage, false);
        forget(a);
        leat_stage_deinit(&a->stage);
        leat_pool_deinit(&a->key_pool);
        leat_pool_deinit(&a->pool);
        free(a->found);
        free(a);
    }
    stage->askers = NULL;
}
