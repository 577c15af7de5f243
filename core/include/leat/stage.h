/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Running: what a stage may ask of the host while records move.
 *
 * A `struct leat_stage` stands for one stage on one worker: calls with it come
 * from that worker's thread only. What the stage's workers share is `self`
 * (read-only after `open`, or guarded by the plugin); what one worker owns is
 * leat_stage_worker().
 */
#ifndef LEAT_STAGE_H
#define LEAT_STAGE_H

#include <leat/batch.h>
#include <leat/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

struct leat_stage;

enum leat_log_level { LEAT_LOG_ERROR, LEAT_LOG_WARNING, LEAT_LOG_INFO, LEAT_LOG_DEBUG };

/* How a server has taken a call. */
enum leat_reply {
    LEAT_REPLY_FINE,      /* it was worked on, whatever came of it */
    LEAT_REPLY_THROTTLED, /* too many calls */
    LEAT_REPLY_FAILED,    /* no reply, or the server's own fault */
};

/* What a load with its own transactions writes into the target together with the rows:
 * `what` under `who`, in place of what stood there. */
struct leat_token {
    const char *who;  /* this pipeline, load, target and what of the run it is: at most 47 characters */
    const char *what; /* this commit: at most 63 characters */
};

/* What a finder has for the keys that it was asked for. */
struct leat_answers {
    const struct leat_batch *records; /* with all fields of the store, in any order; walk the selected ones */
    const int32_t *keys;              /* per record: the row of the key it belongs to */
    const uint8_t *found;             /* per key: enum leat_found */
};

struct leat_stage_services {
    void *(*worker)(const struct leat_stage *);
    const struct leat_schema *(*input)(const struct leat_stage *);
    const struct leat_schema *(*output)(const struct leat_stage *);
    bool (*cancelled)(const struct leat_stage *);
    void (*log)(struct leat_stage *, enum leat_log_level, const char *text);
    void (*count)(struct leat_stage *, const char *what, int64_t n);
    void (*publish)(struct leat_stage *, const char *written, const char *final);
    const char *(*position)(const struct leat_stage *, int partition);
    const char *(*mark)(const struct leat_stage *);
    int64_t (*rows_wanted)(const struct leat_stage *);
    int (*evaluate)(struct leat_stage *, const struct leat_expression *, struct leat_batch *in,
                    struct leat_batch *out, int field, struct leat_error *);
    int (*filter)(struct leat_stage *, const struct leat_expression *, struct leat_batch *, struct leat_error *);
    int (*evaluate_bool)(struct leat_stage *, const struct leat_expression *, struct leat_batch *, uint8_t *ret,
                         struct leat_error *);
    int64_t (*rate_take)(struct leat_stage *, const char *budget, bool retry);
    void (*rate_told)(struct leat_stage *, const char *budget, enum leat_reply, int64_t retry_after_ms);
    void (*wake_on)(struct leat_stage *, int fd, int64_t timeout_ms);
    const char *(*watermark)(const struct leat_stage *, int partition);
    int (*remember)(struct leat_stage *, const void *bytes, size_t n, struct leat_error *);
    int64_t (*recall)(struct leat_stage *, void *into, size_t n, struct leat_error *);
    void (*keeps)(struct leat_stage *, const char *path);
    bool (*is_kept)(const struct leat_stage *, const char *path);
    const struct leat_token *(*token)(const struct leat_stage *);
    bool (*stopping)(const struct leat_stage *);
    int (*partition)(const struct leat_stage *, int *ret_n);
    struct leat_batch *(*find_keys)(struct leat_stage *, const struct leat_finder *);
    int (*find)(struct leat_stage *, const struct leat_finder *, int64_t timeout_ms, struct leat_answers *ret,
                struct leat_error *);
    const char *(*work)(const struct leat_stage *);
    int64_t (*work_began)(const struct leat_stage *);
};

extern const struct leat_stage_services *leat_stage_services;

/* This worker's own state: descriptor.worker_size bytes, zeroed before worker_open. */
static inline void *leat_stage_worker(const struct leat_stage *stage)
{
    return leat_stage_services->worker(stage);
}

static inline const struct leat_schema *leat_stage_input(const struct leat_stage *stage)
{
    return leat_stage_services->input(stage);
}

static inline const struct leat_schema *leat_stage_output(const struct leat_stage *stage)
{
    return leat_stage_services->output(stage);
}

/* True once the run is to stop: return soon, LEAT_ECANCELED is a fine answer.
 * Anything that can wait longer than a second asks this. */
static inline bool leat_stage_cancelled(const struct leat_stage *stage)
{
    return leat_stage_services->cancelled(stage);
}

/* Loads that answer later: true once the run is asked to stop. Begin nothing new; once nothing is on its way any
 * more, poll fails with LEAT_ECANCELED, and close gives back what was not begun. */
static inline bool leat_stage_stopping(const struct leat_stage *stage)
{
    return leat_stage_services->stopping(stage);
}

/* One line for the log. Never a value of a record, never a secret. */
LEAT_UNUSED LEAT_PRINTF(3, 4) static void leat_stage_log(struct leat_stage *stage, enum leat_log_level level,
                                                         const char *format, ...)
{
    char text[768];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_stage_services->log(stage, level, text);
}

/* Adds to a counter of this stage that the report shows; `what` is a string
 * literal such as "condition was null". */
static inline void leat_stage_count(struct leat_stage *stage, const char *what, int64_t n)
{
    leat_stage_services->count(stage, what, n);
}

/* File loads: a file written beside its final name, whole and fsynced, to be
 * renamed together with all others once the run is done. Copied. A run that
 * fails removes it. Only from `commit`. */
static inline void leat_stage_publish(struct leat_stage *stage, const char *written, const char *final)
{
    leat_stage_services->publish(stage, written, final);
}

/* Extracts: which part of the source this worker reads, from 0, and how many there are. All of it is read by one
 * worker where only the first rows are wanted. */
static inline int leat_stage_partition(const struct leat_stage *stage, int *ret_n)
{
    return leat_stage_services->partition(stage, ret_n);
}

/* Extracts, in open: the position of a partition to go on from, or NULL. */
static inline const char *leat_stage_position(const struct leat_stage *stage, int partition)
{
    return leat_stage_services->position(stage, partition);
}

/* Loads, in open: the mark of the last commit to go on from, or NULL. */
static inline const char *leat_stage_mark(const struct leat_stage *stage)
{
    return leat_stage_services->mark(stage);
}

/* Extracts, in open, where there is no position to go on from: where the last run that
 * succeeded came to, or NULL. Of extracts that plan to be incremental. */
static inline const char *leat_stage_watermark(const struct leat_stage *stage, int partition)
{
    return leat_stage_services->watermark(stage, partition);
}

/* Serial stages with a memory: what is remembered while a batch is processed comes back,
 * in order, from leat_recall when a later run goes on behind that batch; a run that
 * begins anew recalls nothing. What `open` remembers belongs to the first batch. */
LEAT_MUST_CHECK static inline int leat_remember(struct leat_stage *stage, const void *bytes, size_t n,
                                                struct leat_error *err)
{
    return leat_stage_services->remember(stage, bytes, n, err);
}

/* In open: the next at most n bytes. 0: that was all; negative: they cannot be read. */
LEAT_MUST_CHECK static inline int64_t leat_recall(struct leat_stage *stage, void *into, size_t n,
                                                  struct leat_error *err)
{
    return leat_stage_services->recall(stage, into, n, err);
}

/* Loads, in commit: this file is written on by the run that goes on with the mark; the
 * host removes it should there be none. Copied. */
static inline void leat_stage_keeps(struct leat_stage *stage, const char *path)
{
    leat_stage_services->keeps(stage, path);
}

/* Loads, in open: whether the checkpoint that the run goes on from needs this file. What
 * looks like a file of an earlier run and is not needed is left over. */
static inline bool leat_stage_is_kept(const struct leat_stage *stage, const char *path)
{
    return leat_stage_services->is_kept(stage, path);
}

/* The same 32 hexadecimal digits in a run and in all that go on with it, and others in every other run: to know by it
 * what they have begun elsewhere. Empty where nothing is kept from one run to the next. */
static inline const char *leat_stage_work(const struct leat_stage *stage)
{
    return leat_stage_services->work(stage);
}

/* When the first of these runs has begun: microseconds since 1970. */
static inline int64_t leat_stage_work_began(const struct leat_stage *stage)
{
    return leat_stage_services->work_began(stage);
}

/* Loads with a last_commit, in commit: what to write together with the rows, or NULL
 * where nothing will be asked for. From open on `who` is there. */
static inline const struct leat_token *leat_stage_token(const struct leat_stage *stage)
{
    return leat_stage_services->token(stage);
}

/* Extracts: at most so many rows will be used (a preview); -1: all. */
static inline int64_t leat_stage_rows_wanted(const struct leat_stage *stage)
{
    return leat_stage_services->rows_wanted(stage);
}

/* Evaluates an expression over the selected rows of `in` into a column of
 * `out`, which is aligned with `in`. Rows whose evaluation fails are rejected
 * in `out`. */
LEAT_MUST_CHECK static inline int leat_evaluate(struct leat_stage *stage, const struct leat_expression *expression,
                                                struct leat_batch *in, struct leat_batch *out, int field,
                                                struct leat_error *err)
{
    return leat_stage_services->evaluate(stage, expression, in, out, field, err);
}

/* Drops the selected rows for which a bool expression is not true. */
LEAT_MUST_CHECK static inline int leat_filter(struct leat_stage *stage, const struct leat_expression *expression,
                                              struct leat_batch *batch, struct leat_error *err)
{
    return leat_stage_services->filter(stage, expression, batch, err);
}

/* Evaluates a bool expression: ret[row] becomes 0 (false), 1 (true), 2 (null) or
 * 3 (has ended: rejected before, or because it cannot be evaluated) for each
 * selected row; `ret` has n_rows bytes. */
LEAT_MUST_CHECK static inline int leat_evaluate_bool(struct leat_stage *stage,
                                                     const struct leat_expression *expression,
                                                     struct leat_batch *batch, uint8_t *ret, struct leat_error *err)
{
    return leat_stage_services->evaluate_bool(stage, expression, batch, ret, err);
}

/* Asks for one call: 0: go; positive: milliseconds to wait before asking again;
 * LEAT_EUNREACHABLE: the server has failed too often, keep what is not answered and
 * return it. `budget` is a name of rates:, or NULL: no rate of its own, but the same
 * care for a server that throttles or fails. `retry`: the same call was made before. */
static inline int64_t leat_rate_take(struct leat_stage *stage, const char *budget, bool retry)
{
    return leat_stage_services->rate_take(stage, budget, retry);
}

/* Tells how each call that was let go has ended. `retry_after_ms`: what the server asked for, or 0. */
static inline void leat_rate_told(struct leat_stage *stage, const char *budget, enum leat_reply reply,
                                  int64_t retry_after_ms)
{
    leat_stage_services->rate_told(stage, budget, reply, retry_after_ms);
}

/* Asking another store (leat_plan_finder). An empty batch for the keys, with the fields of leat_plan_finder_key in
 * their order: put rows, and end each with leat_batch_end_row. What the call before has answered is gone. */
static inline struct leat_batch *leat_find_keys(struct leat_stage *stage, const struct leat_finder *finder)
{
    return leat_stage_services->find_keys(stage, finder);
}

/* Asks for the records of these keys; the answers are there until leat_find_keys is called again. LEAT_ERETRY: it may
 * pass. -E2BIG: more records than one batch takes; ask for fewer keys. */
LEAT_MUST_CHECK static inline int leat_find(struct leat_stage *stage, const struct leat_finder *finder,
                                            int64_t timeout_ms, struct leat_answers *ret, struct leat_error *err)
{
    return leat_stage_services->find(stage, finder, timeout_ms, ret, err);
}

/* Loads that answer later: call `poll` when `fd` (-1: none) can be read, or
 * after the time. Holds until set anew. */
static inline void leat_stage_wake_on(struct leat_stage *stage, int fd, int64_t timeout_ms)
{
    leat_stage_services->wake_on(stage, fd, timeout_ms);
}

#ifdef __cplusplus
}
#endif

#endif
