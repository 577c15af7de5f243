/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "engine/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"

/* A batch of some thousand rows makes a hand-over cost nothing and still fits the second-level cache. */
enum { BATCH_ROWS = 2048, BATCH_BYTES = 256 << 10, RING_SLOTS = 1 };

/* What is intended when a process dies is asked for by the next one, a call each. */
enum { INTENT_ROWS = 256 };

/* ---- making ---- */

static int64_t batch_bytes(const struct leat_run *run)
{
    int64_t share = run->plan->pipeline->memory / 16;

    return share < BATCH_BYTES ? share : BATCH_BYTES;
}

static void make_pool(struct leat_run *run, struct leat_pool *pool, const struct leat_schema *schema, bool budgeted)
{
    leat_pool_init(pool, schema, budgeted ? &run->budget : NULL, run->cap_rows, batch_bytes(run),
                   run->plan->pipeline->max_record);
}

static bool makes_batches(const struct leat_plan *stage)
{
    return stage->model->kind != LEAT_KIND_LOAD && !(stage->plugin->traits & LEAT_IN_PLACE);
}

static void make_pools(struct leat_run *run)
{
    const struct leat_pipeline_plan *plan = run->plan;

    run->pools = leat_alloc_array((size_t)plan->n_stages, sizeof *run->pools);
    for (int i = 0; i < plan->n_stages; i++)
        if (makes_batches(&plan->stages[i])) {
            make_pool(run, &run->pools[i], &plan->stages[i].out, true);
            run->pools[i].key = plan->stages[0].key;
        }
    run->has_passed_pool = leat_plan_load(plan)->passed != NULL;
    if (run->has_passed_pool)
        make_pool(run, &run->passed_pool, &leat_plan_load(plan)->in, true);
}

static void make_held(struct leat_run *run)
{
    run->held = leat_alloc_array((size_t)run->plan->n_finders, sizeof *run->held);
    for (const struct leat_finder *s = run->plan->finders; s; s = s->next)
        leat_held_init(&run->held[s->number], s, run->plan->pipeline->max_record);
}

static struct leat_pool *pool_of(struct leat_run *run, int stage)
{
    return makes_batches(&run->plan->stages[stage]) ? &run->pools[stage] : NULL;
}

/* Workers for a chain that several may run: all processors but one for the
 * extract and one for the load. */
static int automatic_workers(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 3 ? (int)n - 2 : 1;
}

static int workers_of(const struct leat_plan *stage)
{
    if (stage->serial)
        return 1;
    return stage->model->workers ? stage->model->workers : automatic_workers();
}

/* Two neighbours share a worker if both have as many, and the user has not set one apart. What gathers is the first of
 * its own. */
static bool share(const struct leat_plan *a, const struct leat_plan *b)
{
    return !b->gathers && workers_of(a) == workers_of(b) && (workers_of(a) == 1 || a->serial == b->serial) &&
           !a->model->workers && !b->model->workers;
}

static void add_segment(struct leat_run *run, enum leat_segment_kind kind, int first, int n_stages, int n_workers)
{
    struct leat_segment *s = &run->segments[run->n_segments++];

    *s = (struct leat_segment){.kind = kind, .run = run, .first = first, .n_stages = n_stages, .n_workers = n_workers};
    s->workers = leat_alloc_array((size_t)n_workers, sizeof *s->workers);
    s->threads = leat_alloc_array((size_t)n_workers, sizeof *s->threads);
    for (int w = 0; w < n_workers; w++) {
        s->workers[w].n_stages = n_stages;
        s->workers[w].stages = leat_alloc_array((size_t)n_stages, sizeof *s->workers[w].stages);
        for (int i = 0; i < n_stages; i++)
            leat_stage_init(&s->workers[w].stages[i], &run->plan->stages[first + i], run, pool_of(run, first + i));
        s->workers[w].stages[0].partition = kind == LEAT_SEGMENT_EXTRACT ? w : 0;
    }
}

static int readers_of(const struct leat_run *run)
{
    int n = run->plan->stages[0].partitions;

    return n < 1 || run->options.sync ? 1 : n;
}

static void make_segments(struct leat_run *run)
{
    const struct leat_plan *stages = run->plan->stages;
    int last = run->plan->n_stages - 1;

    run->segments = leat_alloc_array((size_t)run->plan->n_stages, sizeof *run->segments);
    add_segment(run, LEAT_SEGMENT_EXTRACT, 0, 1, readers_of(run));
    for (int i = 1, n; i < last; i += n) {
        for (n = 1; i + n < last && share(&stages[i + n - 1], &stages[i + n]); n++)
            ;
        add_segment(run, LEAT_SEGMENT_CHAIN, i, n, workers_of(&stages[i]));
    }
    add_segment(run, LEAT_SEGMENT_LOAD, last, 1, 1);
}

static int make_rings(struct leat_run *run, struct leat_error *err)
{
    int slots = run->options.ring_slots ? run->options.ring_slots : RING_SLOTS;
    bool late = leat_plan_load(run->plan)->plugin->traits & LEAT_LATE;
    int rc = 0;

    run->rings = leat_alloc_array((size_t)run->n_segments, sizeof *run->rings);
    for (int i = 0; i + 1 < run->n_segments && rc == 0; i++) {
        bool to_load = i + 2 == run->n_segments;
        int n = slots + run->segments[i].n_workers + run->segments[i + 1].n_workers;

        rc = leat_ring_init(&run->rings[i], run->options.ring_slots ? slots : n, run->plan->pipeline->memory / 4,
                            to_load && late, err);
        run->n_rings += rc == 0;
        run->segments[i].out = &run->rings[i];
        run->segments[i + 1].in = &run->rings[i];
    }
    return rc;
}

static int deliver_side(struct leat_stage *stage, struct leat_batch *rows, struct leat_error *err)
{
    int rc, tries = 0;

    do {
        leat_crash_stage = stage->plan->model->id;
        rc = stage->plan->plugin->deliver(stage, stage->self, rows, err);
        leat_crash_stage = NULL;
        leat_batch_settle(rows);
    } while (rows->n_selected && leat_stage_retry(stage, rc, &tries, err));
    if (rc < 0)
        return rc;
    if (rows->n_selected)
        return leat_fail(err, LEAT_EPLUGIN, "the plugin left %d records without an answer", rows->n_selected);
    if (rows->host->account.n_rejects) /* a reject must not be lost in turn */
        return leat_fail(err, LEAT_EDATA, "cannot write a record: %s",
                         rows->host->account.text.p + rows->host->account.rejects[0].reason);
    return 0;
}

/* What goes wrong is put down to this stage, not to the load on whose thread it runs. */
static int side_sink(void *context, struct leat_batch *rows, struct leat_error *err)
{
    struct leat_stage *stage = context;
    int rc = deliver_side(stage, rows, err);

    if (rc < 0) {
        err->code = rc;
        leat_run_fail(stage->run, stage->plan->model->id, err);
    }
    return rc;
}

static void make_side(struct leat_run *run, const struct leat_plan *plan, struct leat_stage **stage,
                      struct leat_pool *pool, struct leat_side *side)
{
    if (!plan)
        return;
    make_pool(run, pool, &plan->in, false);
    *stage = leat_alloc(sizeof **stage);
    leat_stage_init(*stage, plan, run, NULL);
    *side = (struct leat_side){.sink = side_sink, .context = *stage, .pool = pool};
}

/* Of a batch, at most. */
static int32_t rows_of(const struct leat_pipeline_plan *plan)
{
    const struct leat_plan *load = leat_plan_load(plan);
    int64_t rows = load->ledger && !load->plugin->settle ? INTENT_ROWS : BATCH_ROWS;

    if (plan->pipeline->batch_rows)
        return (int32_t)plan->pipeline->batch_rows;
    return (int32_t)(load->batch_rows && load->batch_rows < rows ? load->batch_rows : rows);
}

int leat_run_init(struct leat_run *run, const struct leat_pipeline_plan *plan, const struct leat_run_options *options,
                  struct leat_error *err)
{
    *run = (struct leat_run){.plan = plan, .options = *options, .done_fd = -1, .checkpointed_us = leat_clock_us()};
    run->cap_rows = rows_of(plan);
    leat_asides_init(run);
    leat_rates_init(&run->rates, plan->pipeline->rates, plan->pipeline->n_rates);
    leat_rates_add(&run->rates, plan->rates, plan->n_rates);
    pthread_mutex_init(&run->lock, NULL);
    pthread_mutex_init(&run->extracted_lock, NULL);
    pthread_cond_init(&run->stage_opened, NULL);
    leat_budget_init(&run->budget, plan->pipeline->memory);
    leat_delivery_init(&run->delivery, &plan->stages[0].key);
    make_pools(run);
    make_held(run);
    make_segments(run);
    make_side(run, plan->rejects, &run->rejects, &run->rejects_pool, &run->delivery.rejects);
    make_side(run, plan->results, &run->results, &run->results_pool, &run->delivery.results);
    run->done_fd = eventfd(0, EFD_CLOEXEC);
    if (run->done_fd < 0)
        return leat_fail(err, -errno, "cannot make an event descriptor: %s", strerror(errno));
    return make_rings(run, err);
}

/* ---- running ---- */

void leat_run_stop(struct leat_run *run)
{
    atomic_store_explicit(&run->stopping, true, memory_order_relaxed);
}

void leat_run_fail(struct leat_run *run, const char *stage, const struct leat_error *error)
{
    pthread_mutex_lock(&run->lock);
    if (!run->failed_stage) {
        run->error = *error;
        run->failed_stage = stage;
    }
    pthread_mutex_unlock(&run->lock);
    leat_run_leave_off(run);
}

void leat_run_leave_off(struct leat_run *run)
{
    atomic_store_explicit(&run->cancelled, true, memory_order_relaxed);
    leat_run_stop(run);
    leat_budget_cancel(&run->budget);
    for (int i = 0; i < run->n_rings; i++)
        leat_ring_cancel(&run->rings[i]);
}

static int start_thread(struct leat_segment *s, struct leat_error *err)
{
    static void *(*const loops[])(void *) = {
        [LEAT_SEGMENT_EXTRACT] = leat_segment_extract,
        [LEAT_SEGMENT_CHAIN] = leat_segment_chain,
        [LEAT_SEGMENT_LOAD] = leat_segment_load,
    };
    void *argument = s;
    int rc;

    if (s->kind != LEAT_SEGMENT_LOAD) {
        s->numbers[s->n_threads] = (struct leat_worker){.segment = s, .number = s->n_threads};
        argument = &s->numbers[s->n_threads];
    }
    rc = pthread_create(&s->threads[s->n_threads], NULL, loops[s->kind], argument);
    if (rc)
        return leat_fail(err, -rc, "cannot start a thread: %s", strerror(rc));
    s->n_threads++;
    return 0;
}

int leat_run_start(struct leat_run *run, struct leat_error *err)
{
    int rc = 0, total = 0;

    for (int i = 0; i < run->n_segments; i++) {
        struct leat_segment *s = &run->segments[i];

        s->numbers = leat_alloc_array((size_t)s->n_workers, sizeof *s->numbers);
        atomic_init(&s->n_running, s->n_workers);
        total += s->n_workers;
    }
    atomic_init(&run->n_running, total);
    for (int i = run->n_segments - 1; i >= 0 && rc == 0; i--)
        for (int w = 0; w < run->segments[i].n_workers && rc == 0; w++)
            rc = start_thread(&run->segments[i], err);
    if (rc < 0) {
        leat_run_fail(run, "engine", err);
        leat_run_join(run);
    }
    return rc;
}

/* Extract and load are closed by their own threads. */
static void close_chains(struct leat_run *run)
{
    for (int i = run->n_segments - 1; i >= 0; i--) {
        struct leat_segment *s = &run->segments[i];

        for (int j = s->n_stages - 1; j >= 0 && s->kind == LEAT_SEGMENT_CHAIN && s->n_workers; j--)
            leat_stage_close(&s->workers[0].stages[j], true);
    }
}

void leat_run_join(struct leat_run *run)
{
    for (int i = 0; i < run->n_segments; i++) {
        struct leat_segment *s = &run->segments[i];

        for (int w = 0; w < s->n_threads; w++)
            pthread_join(s->threads[w], NULL);
        s->n_threads = 0;
    }
    leat_stage_close(&run->segments[0].workers[0].stages[0], true); /* of readers that could not all start */
    close_chains(run);
}

/* Adds up what a stage has counted on its workers. */
static int add_counts(const struct leat_segment *s, int stage, struct leat_report_count *ret)
{
    int n = 0;

    for (int w = 0; w < s->n_workers; w++)
        for (int i = 0; i < s->workers[w].stages[stage].n_counters; i++) {
            const struct leat_counter *counter = &s->workers[w].stages[stage].counters[i];
            int at = 0;

            while (at < n && strcmp(ret[at].what, counter->what) != 0)
                at++;
            if (at == n)
                ret[n++] = (struct leat_report_count){.stage = s->workers[w].stages[stage].plan->model->id,
                                                      .what = counter->what};
            ret[at].n += counter->n;
        }
    return n;
}

int leat_run_counts(const struct leat_run *run, struct leat_arena *arena, const struct leat_report_count **ret)
{
    struct leat_report_count *counts;
    size_t cap = 0;
    int n = 0;

    for (int i = 0; i < run->n_segments; i++)
        cap += (size_t)run->segments[i].n_workers * (size_t)run->segments[i].n_stages * LEAT_MAX_COUNTERS;
    *ret = counts = leat_arena_alloc(arena, cap * sizeof *counts);
    for (int i = 0; i < run->n_segments; i++)
        for (int j = 0; j < run->segments[i].n_stages; j++)
            n += add_counts(&run->segments[i], j, counts + n);
    return n;
}

/* A run that stops early, to go on later, shows by a copy what it has rejected so far. */
static int show_side(const struct leat_stage *side, struct leat_error *err)
{
    int rc;

    if (!side || side->n_kept != 1 || side->plan->n_files != 1)
        return 0;
    rc = leat_file_copy(side->kept[0], side->plan->files[0].path);
    return rc < 0 ? leat_fail(err, rc, "cannot write %s: %s", side->plan->files[0].path, strerror(-rc)) : 0;
}

int leat_run_finish(struct leat_run *run, struct leat_error *err)
{
    int rc = 0;

    if (run->stopped_early && run->saved && !run->committed && !run->failed_stage) {
        rc = show_side(run->rejects, err);
        if (rc == 0)
            rc = show_side(run->results, err);
        return rc;
    }
    if (run->failed_stage) {
        *err = run->error;
        return err->code;
    }
    if (!run->committed)
        return 0; /* stopped on the way */
    return leat_publisher_commit(&run->publisher, err);
}

static const char *stage_id(const struct leat_run *run, int i)
{
    return run->plan->stages[i].model->id;
}

static void add_budgets(struct leat_run *run, struct leat_progress *ret)
{
    enum { MOST = sizeof ret->budgets / sizeof *ret->budgets };
    struct leat_rate_view views[MOST];

    ret->n_budgets = leat_rates_view(&run->rates, leat_clock_us(), MOST, views);
    for (int i = 0; i < ret->n_budgets; i++)
        ret->budgets[i] = (struct leat_progress_budget){
            .name = views[i].name, .used = views[i].used, .ceiling = views[i].ceiling, .quota = views[i].quota,
            .current = views[i].current, .n_calls = views[i].n_calls, .n_throttled = views[i].n_throttled,
            .waiting_ms = views[i].waiting_ms};
}

void leat_run_progress(struct leat_run *run, struct leat_progress *ret)
{
    *ret = (struct leat_progress){.books = leat_delivery_books(&run->delivery), .memory_limit = run->budget.limit,
                                  .rows_expected = run->plan->stages[0].estimates[LEAT_ESTIMATE_ROWS]};
    pthread_mutex_lock(&run->budget.lock);
    ret->memory = run->budget.used;
    ret->memory_is_short = run->budget.n_waiting > 0;
    pthread_mutex_unlock(&run->budget.lock);
    add_budgets(run, ret);
    for (int i = 0; i < run->n_rings && ret->n_rings < 32; i++) {
        struct leat_ring *ring = &run->rings[i];
        struct leat_progress_ring *r = &ret->rings[ret->n_rings++];

        pthread_mutex_lock(&ring->lock);
        *r = (struct leat_progress_ring){
            .from = stage_id(run, run->segments[i].first), .to = stage_id(run, run->segments[i + 1].first),
            .n_full = ring->n_full, .n_slots = ring->n_slots, .closed = ring->closed, .bytes = ring->bytes,
            .limit_bytes = ring->limit_bytes, .full_us = ring->full_us, .empty_us = ring->empty_us};
        pthread_mutex_unlock(&ring->lock);
    }
}

/* ---- letting go ---- */

static void segment_deinit(struct leat_segment *s)
{
    for (int w = 0; w < s->n_workers; w++) {
        for (int i = 0; i < s->n_stages; i++)
            leat_stage_deinit(&s->workers[w].stages[i]);
        free(s->workers[w].stages);
    }
    free(s->workers);
    free(s->threads);
    free(s->numbers);
    for (int i = 0; i < s->n_late; i++)
        leat_batch_release(s->late[i]);
    free(s->late);
}

static void side_deinit(struct leat_stage *stage, struct leat_pool *pool)
{
    if (!stage)
        return;
    leat_stage_deinit(stage);
    free(stage);
    leat_pool_deinit(pool);
}

void leat_run_deinit(struct leat_run *run)
{
    for (int i = 0; i < run->n_rings; i++) {
        leat_ring_drain(&run->rings[i]);
        leat_ring_deinit(&run->rings[i]);
    }
    leat_delivery_deinit(&run->delivery);
    close_chains(run); /* of a run that could not start */
    for (int i = 0; i < run->n_segments; i++)
        segment_deinit(&run->segments[i]);
    side_deinit(run->rejects, &run->rejects_pool);
    side_deinit(run->results, &run->results_pool);
    if (run->has_passed_pool)
        leat_pool_deinit(&run->passed_pool);
    for (int i = run->plan->n_stages - 1; i >= 0; i--)
        if (makes_batches(&run->plan->stages[i]))
            leat_pool_deinit(&run->pools[i]);
    for (int i = 0; i < run->plan->n_finders; i++)
        leat_held_deinit(&run->held[i]);
    free(run->held);
    free(run->pools);
    free(run->segments);
    free(run->rings);
    leat_publisher_deinit(&run->publisher);
    leat_checkpoint_deinit(&run->resume.from);
    leat_checkpoint_deinit(&run->resume.watermarks);
    leat_checkpoint_deinit(&run->resume.files);
    leat_budget_deinit(&run->budget);
    leat_asides_deinit(run);
    leat_rates_deinit(&run->rates);
    if (run->done_fd >= 0)
        close(run->done_fd);
    pthread_cond_destroy(&run->stage_opened);
    pthread_mutex_destroy(&run->extracted_lock);
    pthread_mutex_destroy(&run->lock);
}
