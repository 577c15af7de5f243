/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A plugin: one descriptor, one exported function. This is all that a plugin
 * author includes, and a plugin links to nothing of leat's.
 *
 *   options bound ─► plan ─► open ─► worker_open ─► read | process | deliver, poll, commit
 *                                                            │
 *                                    close ◄─ worker_close ◄─┘
 *
 * P1  `self` is state_size bytes, zeroed, filled with the options, shared by
 *     the stage's workers and freed by the host. No globals: a plugin may stand
 *     twice in a pipeline.
 * P2  Callbacks that are not needed stay NULL. close and worker_close are
 *     called for whatever was begun, also after a failure. A stage may be opened
 *     again after close: `self` is then as `plan` left it.
 * P3  A plugin never exits, prints, or touches signals, and lets go when
 *     leat_stage_cancelled() says so.
 * P4  LEAT_ERETRY from open, read, deliver, poll or commit: the host waits and
 *     calls again. Any other error ends the run.
 */
#ifndef LEAT_PLUGIN_H
#define LEAT_PLUGIN_H

#include <errno.h>

#include <leat/function.h>
#include <leat/stage.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rises with each change of these headers until 1.0; host and plugin must match. */
#define LEAT_ABI 6

enum leat_kind { LEAT_KIND_EXTRACT = 1, LEAT_KIND_TRANSFORM, LEAT_KIND_VALIDATE, LEAT_KIND_LOAD, LEAT_KIND_FUNCTION };

/* What a stage is like, or'ed. */
enum leat_trait {
    LEAT_PARALLEL = 1 << 0, /* several workers may call process at once, each with its own stage */
    LEAT_IN_PLACE = 1 << 1, /* process gets out == in: rows end, columns stay */
    LEAT_KEEPS_SCHEMA = 1 << 2, /* what goes out has the fields of what comes in; no plan needed for it */
    LEAT_LATE = 1 << 3,     /* a load that may answer after deliver has returned */
    LEAT_NO_FILES = 1 << 4, /* an extract that has no store: may be read under `check` and `test` */
};

/* What an extract's read, or a load's poll, says of the time after it. */
enum leat_flow {
    LEAT_END = 0,  /* no more records; this batch may hold the last ones */
    LEAT_MORE = 1, /* call again */
    LEAT_FAILED = 2, /* `err` says why */
    LEAT_FULL = 3, /* a load's poll: as LEAT_MORE, and gives no room for another batch before the next poll */
    LEAT_SETTLE = 4, /* a load's poll: as LEAT_MORE, and wants the next batch that was put aside */
};

/* For an extract: `return leat_read_failed(err, -errno, path);` */
static inline enum leat_flow leat_read_failed(struct leat_error *err, int code, const char *what)
{
    (void)leat_fail(err, code, "cannot read %s: %s", what, code < 0 && code > -1000 ? strerror(-code) : "bad data");
    return LEAT_FAILED;
}

/* One call of `find`: keys in, records out. -E2BIG: `out` has no room for all records; ask for fewer keys. */
enum leat_found { LEAT_ABSENT = 0, LEAT_FOUND = 1, LEAT_NOT_VISIBLE = 2 /* may lag: ask again later */ };

struct leat_find {
    const struct leat_batch *keys; /* one row a key, in fields declared searchable */
    struct leat_batch *out;        /* put records here; end each with leat_batch_end_row_from(out, key) */
    uint8_t *ret_found;            /* enum leat_found a key */
    int64_t deadline_ms;           /* CLOCK_MONOTONIC */
};

/* Text that a commit leaves for the next open: short, no personal data. */
struct leat_mark {
    char text[512];
};

struct leat_plugin {
    uint32_t abi;  /* LEAT_ABI; filled by the macros below */
    uint32_t size; /* sizeof this struct */
    enum leat_kind kind;
    const char *name;    /* as in the pipeline file */
    const char *summary; /* one line: what it is for */
    const struct leat_option *options;
    const struct leat_field *fields; /* extract: a fixed schema, or NULL and `plan` declares it */
    size_t state_size, worker_size;
    unsigned traits;                 /* enum leat_trait */

    /* Checks the options and declares what goes out. One thread, no rows yet. */
    int (*plan)(struct leat_plan *, void *self, struct leat_error *);
    /* Opens the store. Once a stage, in the thread that will use it first. */
    int (*open)(struct leat_stage *, void *self, struct leat_error *);
    int (*worker_open)(struct leat_stage *, void *self, struct leat_error *);
    /* Extract: puts rows while there is room. May end a batch early. */
    enum leat_flow (*read)(struct leat_stage *, void *self, struct leat_batch *out, struct leat_error *);
    /* Transform, validate: `out` is empty with the output schema, or is `in` under
     * LEAT_IN_PLACE. A stage that keeps rows calls leat_batch_align(out, in); one that makes
     * its own puts them and ends each with leat_batch_end_row_from. If `out` has no room left
     * it sets *ret_again and is called again with the same `in` and a new `out`. */
    int (*process)(struct leat_stage *, void *self, struct leat_batch *in, struct leat_batch *out, bool *ret_again,
                   struct leat_error *);
    /* Load: takes a batch; answers its selected rows now, or under LEAT_LATE keeps a reference
     * and answers in poll. On LEAT_ERETRY it is called again with the rows not yet answered. */
    int (*deliver)(struct leat_stage *, void *self, struct leat_batch *, struct leat_error *);
    /* Load: goes on with what it has kept. `dry`: the memory budget is used up, or the input has
     * ended: hold nothing back. LEAT_END: nothing is kept any more. */
    enum leat_flow (*poll)(struct leat_stage *, void *self, bool dry, struct leat_error *);
    /* Load: makes durable all that it has answered; `last`: the input has ended. Fills `mark`. */
    int (*commit)(struct leat_stage *, void *self, bool last, struct leat_mark *ret_mark, struct leat_error *);
    /* Load with transactions: reads what its last commit has left under `who` (leat_stage_token);
     * empty: nothing. Before open, on a connection of its own. */
    int (*last_commit)(struct leat_stage *, void *self, const char *who, struct leat_mark *ret_what,
                       struct leat_error *err);
    /* Extract, load: asks for records by key; on a worker state and connection of its own. Without `open`; the
     * shared state is as `plan` left it. */
    int (*find)(struct leat_stage *, void *self, struct leat_find *, struct leat_error *);
    void (*worker_close)(struct leat_stage *, void *self);
    void (*close)(struct leat_stage *, void *self);

    const struct leat_function *functions; /* LEAT_KIND_FUNCTION: ended by one without a name */

    /* Transform, validate, with leat_plan_gathers: looks at a batch, and changes nothing. The batch stays until its
     * own `process` has ended; those processed before it may be gone. */
    int (*gather)(struct leat_stage *, void *self, const struct leat_batch *in, struct leat_error *);

    /* Load with LEAT_LATE that answers only long after it has taken all records, as an import of hours does. Rows that
     * deliver leaves unanswered are put aside on disk, and the load keeps no reference. Once the input has ended, poll
     * is called; each LEAT_SETTLE brings the next batch back, in the order of deliver, with the same fields but for
     * secret ones, which are null. It answers now, or keeps a reference and answers in poll. */
    int (*settle)(struct leat_stage *, void *self, struct leat_batch *, struct leat_error *);

    /* Load, for `leat plan`, without `open`: counts what deliver would do with the selected rows, and touches nothing.
     * `batch` NULL, the last call: says by leat_plan_forecast what it has counted, `scale` times, as the batches may be
     * the first of many. */
    int (*forecast)(struct leat_plan *, void *self, const struct leat_batch *batch, double scale, struct leat_error *);
};

/* What the host hands to the one exported function. */
struct leat_host {
    uint32_t abi, size;
    const struct leat_batch_services *batch;
    const struct leat_plan_services *plan;
    const struct leat_stage_services *stage;
    const struct leat_call_services *call;
};

#if defined __GNUC__
#define LEAT_EXPORT __attribute__((visibility("default")))
#else
#define LEAT_EXPORT
#endif

LEAT_EXPORT const struct leat_plugin *leat_plugin_v1(const struct leat_host *host);

/* The one thing a plugin exports. Defined once, in the plugin's main file. */
#define LEAT_PLUGIN_ENTRY(descriptor)                                                              \
    const struct leat_batch_services *leat_batch_services;                                         \
    const struct leat_plan_services *leat_plan_services;                                           \
    const struct leat_stage_services *leat_stage_services;                                         \
    const struct leat_call_services *leat_call_services;                                           \
    const struct leat_plugin *leat_plugin_v1(const struct leat_host *host)                         \
    {                                                                                              \
        if (host->abi == LEAT_ABI) {                                                               \
            leat_batch_services = host->batch;                                                     \
            leat_plan_services = host->plan;                                                       \
            leat_stage_services = host->stage;                                                     \
            leat_call_services = host->call;                                                       \
        }                                                                                          \
        return &(descriptor);                                                                      \
    }

#define LEAT_STAGE_PLUGIN(KIND, symbol, type, ...)                                                 \
    static const struct leat_plugin symbol##_plugin = {                                            \
        .abi = LEAT_ABI, .size = sizeof(struct leat_plugin), .kind = KIND, .name = #symbol,        \
        .state_size = sizeof(type), __VA_ARGS__                                                    \
    };                                                                                             \
    LEAT_PLUGIN_ENTRY(symbol##_plugin)                                                             \
    struct leat_plugin /* takes the semicolon */

/* LEAT_EXTRACT(NAME, ...): the state is `struct NAME`. */
#define LEAT_EXTRACT(symbol, ...) LEAT_STAGE_PLUGIN(LEAT_KIND_EXTRACT, symbol, struct symbol, __VA_ARGS__)
#define LEAT_TRANSFORM(symbol, ...) LEAT_STAGE_PLUGIN(LEAT_KIND_TRANSFORM, symbol, struct symbol, __VA_ARGS__)
#define LEAT_VALIDATE(symbol, ...) LEAT_STAGE_PLUGIN(LEAT_KIND_VALIDATE, symbol, struct symbol, __VA_ARGS__)
#define LEAT_LOAD(symbol, ...) LEAT_STAGE_PLUGIN(LEAT_KIND_LOAD, symbol, struct symbol, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
