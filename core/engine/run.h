/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A run: the state of a plan while records move. One a process at a time is
 * what the command line makes; nothing here is global.
 */
#ifndef LEAT_ENGINE_RUN_H
#define LEAT_ENGINE_RUN_H

#include <stdatomic.h>

#include "delivery/delivery.h"
#include "delivery/publish.h"
#include "engine/plan.h"
#include "engine/ring.h"
#include "observe/progress.h"
#include "observe/report.h"

/* A counter that a plugin keeps (leat_stage_count). */
struct leat_counter {
    const char *what;
    int64_t n;
};
enum { LEAT_MAX_COUNTERS = 16 };

/* One stage on one worker; touched by that worker's thread only, but for the
 * counters, which the main thread reads after the threads are done. */
struct leat_stage {
    const struct leat_plan *plan;
    struct leat_run *run;
    void *self, *worker;
    bool open, worker_open;
    bool opening;                  /* nothing is in flight through it, so a stop need not wait for it */
    struct leat_scratch *scratch;
    struct leat_store result;      /* of evaluations; swaps memory with batch columns */
    int32_t *every_row;            /* 0, 1, 2, ...: the rows of a batch without a selection */
    int32_t *children;             /* rows made of each row, while a batch is split */
    struct leat_pool *pool;        /* of what it puts out; NULL: works in place, or is a load */
    struct leat_counter counters[LEAT_MAX_COUNTERS];
    int n_counters;
    int wake_fd;
    int64_t wake_ms;
};

/* The stages that one worker runs one after the other. */
struct leat_chain {
    struct leat_stage *stages;
    int n_stages;
};

/* What a worker of a chain is told. */
struct leat_worker {
    struct leat_segment *segment;
    int number;
};

enum leat_segment_kind { LEAT_SEGMENT_EXTRACT, LEAT_SEGMENT_CHAIN, LEAT_SEGMENT_LOAD };

/* A worker loop: a thread, or several, between two rings. */
struct leat_segment {
    enum leat_segment_kind kind;
    struct leat_run *run;
    int first, n_stages;           /* of the plan */
    struct leat_chain *workers;
    int n_workers;
    atomic_int n_running;          /* the last worker to leave closes the ring behind */
    struct leat_ring *in, *out;
    pthread_t *threads;
    struct leat_worker *numbers;   /* what each worker of a chain is told */
    struct leat_batch **late;      /* load: batches with rows to be answered later */
    int n_late, cap_late;
    int n_threads;
    int opened;                    /* chain: 1 its first worker has opened it, -1 could not; under run->lock */
};

struct leat_run_options {
    int64_t rows_wanted;           /* -1: all */
    int ring_slots;                /* 0: the default */
};

struct leat_run {
    const struct leat_pipeline_plan *plan;
    struct leat_run_options options;
    struct leat_budget budget;
    struct leat_pool *pools;       /* one a stage of the plan that puts out batches of its own */
    struct leat_pool passed_pool;  /* the load's batches without secrets */
    bool has_passed_pool;
    struct leat_segment *segments;
    int n_segments;
    struct leat_ring *rings;       /* behind segment i */
    int n_rings;
    struct leat_delivery delivery;
    struct leat_publisher publisher;
    struct leat_stage *rejects, *results;
    struct leat_pool rejects_pool, results_pool;
    int32_t cap_rows;

    atomic_bool stopping;          /* stop extracting, drain */
    atomic_bool cancelled;         /* give up */
    atomic_int n_running;          /* segments' threads */
    int done_fd;                   /* an eventfd: all threads have left */
    atomic_llong n_extracted;      /* rows, for progress */
    atomic_llong bytes_extracted;
    atomic_llong growth;           /* bytes that sixteen extracted ones become on their way through a chain, at most; 0: not known */
    bool ended;                    /* the extract came to its end; its thread's until it has left */
    bool committed;                /* the load's thread's until it has left */

    pthread_mutex_t lock;          /* guards what follows */
    struct leat_error error;       /* the first failure */
    const char *failed_stage;      /* its id */
    bool stopped_early;            /* stop_after */
    pthread_cond_t stage_opened;   /* a segment's `opened` has changed */
};

/* Makes everything but the threads. To be deinitialised in any case. */
LEAT_MUST_CHECK int leat_run_init(struct leat_run *run, const struct leat_pipeline_plan *plan,
                                  const struct leat_run_options *options, struct leat_error *err);
/* Starts the threads. */
LEAT_MUST_CHECK int leat_run_start(struct leat_run *run, struct leat_error *err);
/* Waits for them and closes the stages; afterwards run->error says how it went. */
void leat_run_join(struct leat_run *run);
/* After join: what the stages have counted, in the order of the stages. Lives in `arena`. */
int leat_run_counts(const struct leat_run *run, struct leat_arena *arena, const struct leat_report_count **ret);
/* After join: commits, publishes, and judges the books. Negative if the run failed. */
LEAT_MUST_CHECK int leat_run_finish(struct leat_run *run, struct leat_error *err);
/* Stops extracting; what is in flight is drained. Any thread. */
void leat_run_stop(struct leat_run *run);
/* Gives up, with a reason that is kept if it is the first. Any thread. */
void leat_run_fail(struct leat_run *run, const char *stage, const struct leat_error *error);
/* Where the run stands; `seconds` is left to the caller. Any thread, while it runs. */
void leat_run_progress(struct leat_run *run, struct leat_progress *ret);
void leat_run_deinit(struct leat_run *run);

/* ---- stages on a worker (stage.c) ---- */

/* Makes a stage for `plan`; `shared` is the stage's one struct. */
void leat_stage_init(struct leat_stage *stage, const struct leat_plan *plan, struct leat_run *run,
                     struct leat_pool *pool);
/* Calls open for the first worker, which is for all of them; then worker_open. */
LEAT_MUST_CHECK int leat_stage_open(struct leat_stage *stage, bool first_worker, struct leat_error *err);
void leat_stage_close(struct leat_stage *stage, bool first_worker);
void leat_stage_deinit(struct leat_stage *stage);
/* Calls read until it succeeds or fails for good; rows stay over a retry. */
enum leat_flow leat_stage_read(struct leat_stage *stage, struct leat_batch *b, struct leat_error *err);
/* Repeats a call that says LEAT_ERETRY, with backoff. True: call again. */
bool leat_stage_retry(struct leat_stage *stage, int rc, int *tries, const struct leat_error *err);

/* ---- a chain on one batch, in the calling thread (chain.c) ---- */

/* What has come out, chained by host->next. Where it becomes more than `limit`
 * bytes, `flush` (if there is one) takes the list over; false: cancelled. */
struct leat_outflow {
    struct leat_batch *first, **last;
    int64_t bytes, limit;
    bool (*flush)(struct leat_outflow *outflow, struct leat_batch *list);
    struct leat_ring *ring; /* for `flush` */
    uint64_t ticket;
};

/* Runs a list of batches (whose references it takes) through the chain into
 * `outflow`, which is empty if it fails. */
LEAT_MUST_CHECK int leat_chain_process(struct leat_chain *chain, struct leat_batch *list, struct leat_outflow *outflow,
                                       const char **ret_stage, struct leat_error *err);

/* ---- worker loops (segment.c) ---- */
void *leat_segment_extract(void *segment);
void *leat_segment_chain(void *worker);
void *leat_segment_load(void *segment);

extern const struct leat_batch_services leat_host_batch_services;
extern const struct leat_stage_services leat_host_stage_services;
extern const struct leat_host leat_host_table;

#endif
