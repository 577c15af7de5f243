/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A run: the state of a plan while records move. One a process at a time is
 * what the command line makes; nothing here is global.
 */
#ifndef LEAT_ENGINE_RUN_H
#define LEAT_ENGINE_RUN_H

#include <stdatomic.h>

#include "base/hash.h"
#include "delivery/checkpoint.h"
#include "delivery/delivery.h"
#include "delivery/ledger.h"
#include "delivery/publish.h"
#include "delivery/record-id.h"
#include "engine/find.h"
#include "engine/plan.h"
#include "engine/rate.h"
#include "engine/ring.h"
#include "observe/crash.h"
#include "observe/progress.h"
#include "observe/report.h"

/* A counter that a plugin keeps (leat_stage_count). */
struct leat_counter {
    const char *what;
    int64_t n;
};
enum { LEAT_MAX_COUNTERS = 16 };

/* How much a stage had remembered once it was done with a batch. */
struct leat_memory_note {
    uint64_t sequence;
    int64_t n_bytes;
    uint64_t sum; /* of these bytes */
};

/* What a stage remembers from one run to the next (memory.c): a file in the state
 * folder that only grows. Written by the stage's thread, flushed by the load's. */
struct leat_memory {
    pthread_mutex_t lock;          /* guards all but what is set once */
    char *path;
    int fd;                        /* -1: not made yet */
    struct leat_text_buffer buffer; /* not written yet */
    int64_t n_written;
    struct leat_running_hash hash; /* of all that is remembered */
    size_t n_hashed;               /* of the buffer */
    int64_t n_recalled, n_to_recall; /* bytes of an earlier run; the stage's thread's */
    uint64_t sum_to_recall;        /* of these */
    struct leat_memory_note *notes; /* ascending; the first is that of the last checkpoint */
    int n_notes, cap_notes;
    bool synced_folder;
};

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
    struct leat_memory *_Atomic memory; /* NULL: has none; made by the stage's thread, read by the load's, too */
    struct leat_token token;       /* of the commit at hand; what NULL: none */
    char token_text[64], who[48];
    struct leat_mark mark;         /* load, rejects, results: of the last commit */
    int partition;                 /* extract: which one this worker reads */
    bool is_finder;                /* it answers another stage: what it asks of the run it is not told */
    struct leat_asker *askers;     /* of other stores, one a finder (find.c) */
    char **kept;                   /* files that the last commit's mark needs */
    int n_kept, cap_kept;
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
    bool sync;                     /* by sync.h, in one thread, which reads all partitions as one */
    bool given;                    /* rows are given for what other stores hold: none of them is asked */
    struct leat_state *state;      /* NULL: nothing is kept, and nothing gone on with */
};

/* What a run begins with (resume.c). */
struct leat_resume {
    struct leat_checkpoint from;       /* to go on from; seq 0: from the start */
    struct leat_checkpoint watermarks; /* of the last success */
    struct leat_checkpoint files;      /* that interrupted runs need, whatever their load */
    int64_t n_read;                    /* records that the runs before had read */
    bool ended;                        /* only names are left to be given */
    int64_t work_began_us;             /* since 1970 */
    char work[33];                     /* stands for the run that began it all; "": without a state */
    struct leat_run_row last;          /* id > 0: nothing at all is left; this run was killed as it left */
};

/* A batch of a load that answers late, on disk (aside.c). */
struct leat_aside_batch {
    struct leat_pool *pool;
    int64_t at;
    uint64_t sequence; /* of its origin */
};

struct leat_asides {
    struct leat_aside file;
    struct leat_aside_batch *batches; /* in the order of deliver */
    int n, cap;
    int next;                         /* to be brought back */
    bool settling;                    /* the input has ended */
};

/* Whether the extract says where it stands. */
enum { LEAT_POSITIONS_NONE = -1, LEAT_POSITIONS_UNKNOWN, LEAT_POSITIONS };

/* Of a load that answers late (intents.c). */
struct leat_intents {
    struct leat_record_ids ids;
    struct leat_ledger ledger;
    struct leat_outcome {
        struct leat_ledger_row row;   /* done false: to be dropped, but for */
        bool is_part;                 /* which stays an intent: some of its steps are done */
        size_t answer, n_answer;      /* in `answers` */
    } *outcomes;                      /* not written yet */
    int n, cap;
    struct leat_text_buffer answers;
    struct leat_arena names;          /* of answers that were found in the ledger */
    const char **known_names;
    int n_names, cap_names;
    int64_t oldest_us;                /* when the first of them came */
    int64_t write_us;                 /* that the last transaction took */
    bool whole;                       /* a transaction is open that the last checkpoint ends */
    int *sent;                        /* fields of the load that are sent; with a state */
    int n_sent;
    struct leat_text_buffer payload;  /* scratch */
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
    struct leat_held *held;        /* one a finder of the plan */
    struct leat_delivery delivery;
    struct leat_publisher publisher;
    struct leat_stage *rejects, *results;
    struct leat_pool rejects_pool, results_pool;
    int32_t cap_rows;

    atomic_bool stopping;          /* stop extracting, drain */
    atomic_bool cancelled;         /* give up */
    atomic_int n_running;          /* segments' threads */
    int done_fd;                   /* an eventfd: all threads have left */
    pthread_mutex_t extracted_lock; /* guards what follows, and the order in which batches are given to the delivery */
    uint64_t next_ticket;          /* of the next extracted batch */
    int n_ended;                   /* partitions that came to their end */
    atomic_llong n_extracted;      /* rows, for progress */
    atomic_llong bytes_extracted;
    atomic_llong growth;           /* bytes that sixteen extracted ones become on their way through a chain, at most; 0: not known */
    atomic_int positions;          /* LEAT_POSITIONS_...: set by the extract before its first batch goes on */
    struct leat_intents intents;   /* the load's thread's, as is the next */
    struct leat_asides asides;
    struct leat_rates rates;
    struct leat_resume resume;
    int64_t work;                  /* number of the run that began it all, in the state */
    int64_t seq, previous;         /* of the last checkpoint, and of the last that all took part in; the load's
                                    * thread's, as are the next two */
    int64_t checkpointed_us;
    bool saved;                    /* a checkpoint was taken in this run */
    bool ended;                    /* the extract came to its end; its threads' until the last has left */
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
/* What is in flight is left where it is. Any thread. */
void leat_run_leave_off(struct leat_run *run);
/* The same with a reason, which is kept if it is the first. Any thread. */
void leat_run_fail(struct leat_run *run, const char *stage, const struct leat_error *error);
/* Where the run stands; `seconds` is left to the caller. Any thread, while it runs. */
void leat_run_progress(struct leat_run *run, struct leat_progress *ret);
void leat_run_deinit(struct leat_run *run);

/* ---- what a run writes to (sinks.c) ---- */

/* In the order in which they commit. */
enum { LEAT_SINK_REJECTS, LEAT_SINK_RESULTS, LEAT_SINK_LOAD, LEAT_N_SINKS };

/* Their names in checkpoints. */
extern const char *const leat_sink_names[LEAT_N_SINKS];
/* NULL: the run has none. */
struct leat_stage *leat_run_sink(const struct leat_run *run, int sink);
/* True if it writes the commit's token in the same transaction as the rows. False of NULL. */
bool leat_sink_has_transactions(const struct leat_stage *stage);
/* Under which name it does so: one of its own, since several may write into one database. */
const char *leat_sink_who(struct leat_run *run, struct leat_stage *stage);
/* What it is to write with its next commit. Nothing without a state. */
void leat_sink_set_token(struct leat_run *run, struct leat_stage *stage);

/* ---- going on (resume.c) ---- */

/* After init, with a state: chooses the target, notes the run in the state, and
 * goes on with what an interrupted run has left. LEAT_EPIPELINE: the pipeline has
 * changed since. `restart`: gives that up, and says what it was. */
LEAT_MUST_CHECK int leat_run_resume(struct leat_run *run, bool restart, struct leat_error *err);
/* Gives up the work of the state's target: removes the parts of outputs, and what stages
 * remember. What the state says of it is left. */
LEAT_MUST_CHECK int leat_work_give_up(struct leat_state *state, struct leat_error *err);
/* After finish: the history, and what a run that is done leaves behind. `done`: it succeeded
 * to its end; `report` is its JSON. */
LEAT_MUST_CHECK int leat_run_record(struct leat_run *run, int status, const char *report, const char *note,
                                    struct leat_error *err);
/* True if running again goes on where this run has stopped. */
bool leat_run_goes_on(const struct leat_run *run);

/* What the pipeline means, as lines NAME<tab>TEXT: what may not change until a run is done (meaning.c). */
void leat_meaning(const struct leat_pipeline_plan *plan, const struct leat_state *state, struct leat_text_buffer *ret);
/* The same of the extract alone: what its positions are places in. */
void leat_meaning_extract(const struct leat_pipeline_plan *plan, const struct leat_state *state,
                          struct leat_text_buffer *ret);
/* What has changed, for people; the first few. */
void leat_meaning_difference(const char *before, const char *now, struct leat_text_buffer *ret);

/* ---- stages on a worker (stage.c) ---- */

/* Makes a stage for `plan`; `shared` is the stage's one struct. */
void leat_stage_init(struct leat_stage *stage, const struct leat_plan *plan, struct leat_run *run,
                     struct leat_pool *pool);
/* Calls open for the first worker, which is for all of them; then worker_open. */
LEAT_MUST_CHECK int leat_stage_open(struct leat_stage *stage, bool first_worker, struct leat_error *err);
void leat_stage_close(struct leat_stage *stage, bool first_worker);
void leat_stage_deinit(struct leat_stage *stage);
/* Calls read until it succeeds or fails for good (rows stay over a retry), and finishes the batch. */
LEAT_MUST_CHECK int leat_stage_fill(struct leat_stage *stage, struct leat_batch *b, bool *ret_more,
                                    struct leat_error *err);
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

/* ---- memories (memory.c) ---- */

int leat_memory_remember(struct leat_stage *stage, const void *bytes, size_t n, struct leat_error *err);
int64_t leat_memory_recall(struct leat_stage *stage, void *into, size_t n, struct leat_error *err);
/* After a batch, in the stage's thread. */
void leat_memory_note(struct leat_memory *memory, uint64_t sequence);
/* Makes durable what was remembered of the batches below `sequence`, and says how much that is, and its sum. */
LEAT_MUST_CHECK int leat_memory_sync(struct leat_memory *memory, uint64_t sequence, struct leat_memory_note *ret,
                                     struct leat_error *err);
void leat_memory_free(struct leat_memory *memory);

/* ---- ids and intents (intents.c) ---- */

LEAT_MUST_CHECK int leat_intents_open(struct leat_run *run, struct leat_error *err);
void leat_intents_close(struct leat_run *run);
/* Before a batch is delivered: what was done before is answered, the rest is intended. */
LEAT_MUST_CHECK int leat_intents_begin(struct leat_run *run, struct leat_batch *b, struct leat_error *err);
/* Before a batch is settled: notes what its rows have come to. */
void leat_intents_note(struct leat_run *run, const struct leat_batch *b);
/* When the load is closed: writes what is known, and takes back the intents of what it has given back. */
LEAT_MUST_CHECK int leat_intents_finish(struct leat_run *run, struct leat_error *err);
/* Writes the outcomes if it is time. */
LEAT_MUST_CHECK int leat_intents_flush(struct leat_run *run, struct leat_error *err);
/* The same in a transaction that is open, at any time. */
LEAT_MUST_CHECK int leat_intents_write(struct leat_run *run, struct leat_error *err);
/* False: it has none. */
bool leat_intents_id(const struct leat_batch *b, int32_t row, struct leat_record_id *ret);

/* ---- batches put aside (aside.c), by a load with `settle` ---- */

void leat_asides_init(struct leat_run *run);
void leat_asides_deinit(struct leat_run *run);
/* The rows that are still selected; the batch can then be let go. */
LEAT_MUST_CHECK int leat_run_put_aside(struct leat_run *run, struct leat_batch *b, struct leat_error *err);
/* After that, and once in a while: what nobody works on any more goes to disk. */
LEAT_MUST_CHECK int leat_run_free_memory(struct leat_run *run, struct leat_error *err);
/* How many batches are to be brought back. */
int64_t leat_run_aside(const struct leat_run *run);
/* The next of them, of which there is one. */
LEAT_MUST_CHECK int leat_run_bring_back(struct leat_run *run, struct leat_batch **ret, struct leat_error *err);

/* ---- checkpoints (checkpoint.c) ---- */

/* In the load's thread, when all that was delivered is settled: takes one if it is time. */
LEAT_MUST_CHECK int leat_run_checkpoint(struct leat_run *run, bool now, struct leat_error *err);
/* The last one: commits everything for good; only names are left to be given. */
LEAT_MUST_CHECK int leat_run_commit(struct leat_run *run, struct leat_error *err);
/* One commit of a load, rejects or results. */
LEAT_MUST_CHECK int leat_stage_commit(struct leat_stage *stage, bool last, struct leat_error *err);

/* ---- stages that see all batches first (gather.c) ---- */

/* The whole work of a segment whose first stage gathers. */
void leat_segment_gather(struct leat_segment *segment, struct leat_chain *chain);
/* One call of `gather` for each batch of a list. */
LEAT_MUST_CHECK int leat_stage_gather(struct leat_stage *stage, const struct leat_batch *list, struct leat_error *err);

/* ---- worker loops (segment.c; load.c) ---- */

bool leat_segment_cancelled(struct leat_run *run);
bool leat_segment_stopping(struct leat_run *run);
/* A worker's stages; false: it ends here, and that is known. */
bool leat_segment_open(struct leat_segment *segment, struct leat_chain *chain, bool first_worker);
void leat_segment_close(struct leat_chain *chain, bool first_worker);
/* leat_run_fail with this code. */
void leat_segment_fail(struct leat_run *run, const char *stage, int code, struct leat_error *err);
/* The fields a load does not get are taken out without a copy; takes the batch's reference and returns one. */
struct leat_batch *leat_run_without_secrets(struct leat_run *run, struct leat_batch *b);
/* The last thing a worker does: the last of all tells the main thread. */
void leat_segment_leave(struct leat_run *run);
/* Runs what came with a ticket through the chain, and pushes what comes out. False: it ends here, and that is known. */
bool leat_segment_pass(struct leat_segment *segment, struct leat_chain *chain, struct leat_batch *in, uint64_t ticket,
                       bool more);
void *leat_segment_extract(void *segment);
void *leat_segment_chain(void *worker);
void *leat_segment_load(void *segment);

extern const struct leat_batch_services leat_host_batch_services;
extern const struct leat_stage_services leat_host_stage_services;
extern const struct leat_host leat_host_table;

#endif
