/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Planning: before a row moves, each stage says what it will put out, what it
 * needs, and what is wrong with its options. All mistakes are found in one go:
 * leat_plan_wrong notes one and goes on; `plan` returns 0 and the host stops
 * after the last stage. One thread, no blocking, except where the host allows
 * the store to be touched (leat_plan_may_connect).
 */
#ifndef LEAT_PLAN_H
#define LEAT_PLAN_H

#include <leat/error.h>
#include <leat/option.h>
#include <leat/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

struct leat_plan;       /* one stage's part of the plan */
struct leat_finder;     /* another store that a stage asks for records by key; the plan owns it */
struct leat_expression; /* compiled, immutable, shared by all workers; the plan owns it */

/* What a run will cost, for `leat plan`. */
enum leat_estimate { LEAT_ESTIMATE_ROWS, LEAT_ESTIMATE_BYTES, LEAT_ESTIMATE_CALLS };

struct leat_plan_services {
    const struct leat_schema *(*input)(struct leat_plan *);
    int (*add_field)(struct leat_plan *, const struct leat_field *);
    void *(*alloc)(struct leat_plan *, size_t n);
    void (*wrong)(struct leat_plan *, const struct leat_node *, const char *option, const char *text);
    const struct leat_node *(*node)(struct leat_plan *, const char *option);
    int (*field)(struct leat_plan *, const struct leat_node *, bool by_key);
    int (*bind)(struct leat_plan *, const struct leat_node *, const struct leat_option *, void *);
    const struct leat_expression *(*expression)(struct leat_plan *, const struct leat_node *, enum leat_type wanted,
                                                struct leat_field *ret_result);
    const struct leat_expression *(*expression_text)(struct leat_plan *, const char *text, enum leat_type wanted,
                                                     struct leat_field *ret_result);
    bool (*may_connect)(struct leat_plan *);
    void (*target)(struct leat_plan *, const char *identity);
    void (*estimate)(struct leat_plan *, enum leat_estimate, int64_t);
    void (*key)(struct leat_plan *, int field);
    void (*searchable)(struct leat_plan *, int field);
    void (*leaves_out)(struct leat_plan *, int in_field, const char *what_becomes_of_it);
    void (*accepts_secret)(struct leat_plan *, int in_field);
    void (*serial)(struct leat_plan *);
    void (*note)(struct leat_plan *, const char *text);
    void (*file)(struct leat_plan *, const char *path, bool written);
    void (*ledger)(struct leat_plan *);
    void (*incremental)(struct leat_plan *);
    bool (*is_incremental)(struct leat_plan *);
    bool (*has_rate)(struct leat_plan *, const char *budget);
    void (*rate)(struct leat_plan *, const char *budget, double per_second, double quota);
    void (*unasked)(struct leat_plan *);
    void (*at_once)(struct leat_plan *);
    void (*batch_rows)(struct leat_plan *, int64_t n);
    struct leat_finder *(*finder)(struct leat_plan *, const struct leat_node *);
    int (*finder_field)(struct leat_plan *, const struct leat_finder *, const char *name, const struct leat_node *,
                        struct leat_field *ret);
    void (*partitions)(struct leat_plan *, int n);
    void (*ordered)(struct leat_plan *, const char *instead);
    void (*gathers)(struct leat_plan *);
    void (*finder_key)(struct leat_plan *, struct leat_finder *, int field, int in_field, const struct leat_node *);
    void (*forecast)(struct leat_plan *, const char *what, double n);
};

extern const struct leat_plan_services *leat_plan_services;

/* The fields of the batches that come in. Extracts have none. */
static inline const struct leat_schema *leat_plan_input(struct leat_plan *plan)
{
    return leat_plan_services->input(plan);
}

/* Adds a field to what goes out and returns its number; the strings are copied.
 * A second field of the same name is a mistake of the plugin's: negative. */
static inline int leat_plan_add_field(struct leat_plan *plan, const struct leat_field *field)
{
    return leat_plan_services->add_field(plan, field);
}

/* Zeroed memory that lives as long as the plan. Never NULL. */
static inline void *leat_plan_alloc(struct leat_plan *plan, size_t n)
{
    return leat_plan_services->alloc(plan, n);
}

/* Notes a mistake at a part of the pipeline file. */
LEAT_UNUSED LEAT_PRINTF(3, 4) static void leat_plan_wrong_at(struct leat_plan *plan, const struct leat_node *node,
                                                             const char *format, ...)
{
    char text[768];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_plan_services->wrong(plan, node, 0, text);
}

/* Notes a mistake at an option of the stage; `option` NULL: at the stage. */
LEAT_UNUSED LEAT_PRINTF(3, 4) static void leat_plan_wrong(struct leat_plan *plan, const char *option,
                                                          const char *format, ...)
{
    char text[768];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_plan_services->wrong(plan, 0, option, text);
}

/* The part of the file where an option was given, or NULL. */
static inline const struct leat_node *leat_plan_node(struct leat_plan *plan, const char *option)
{
    return leat_plan_services->node(plan, option);
}

/* The number of the input field that a scalar names; notes an unknown one, with
 * the nearest name, and returns -1. */
static inline int leat_plan_field(struct leat_plan *plan, const struct leat_node *scalar)
{
    return leat_plan_services->field(plan, scalar, false);
}

/* The same for the key of a mapping's entry: {FIELD: ...}. */
static inline int leat_plan_field_of_key(struct leat_plan *plan, const struct leat_node *entry)
{
    return leat_plan_services->field(plan, entry, true);
}

/* Binds a nested mapping by a table of its own into `ret`. Notes every mistake;
 * negative if a value is missing or wrong (an unknown name is noted only). */
static inline int leat_plan_bind(struct leat_plan *plan, const struct leat_node *map,
                                 const struct leat_option *options, void *ret)
{
    return leat_plan_services->bind(plan, map, options, ret);
}

/* Compiles an expression over the input fields. `wanted` is the type it must
 * have, LEAT_NONE for any; `ret_result` (may be NULL) gets its type, class and
 * zone, its name stays. Notes what is wrong and returns NULL. */
static inline const struct leat_expression *leat_plan_expression(struct leat_plan *plan, const struct leat_node *node,
                                                                 enum leat_type wanted,
                                                                 struct leat_field *ret_result)
{
    return leat_plan_services->expression(plan, node, wanted, ret_result);
}

/* True under `run`, `plan` and `check --connect`. Where it is false, a local
 * file may still be looked at. */
static inline bool leat_plan_may_connect(struct leat_plan *plan)
{
    return leat_plan_services->may_connect(plan);
}

/* Extracts, where the store may not be touched: it was not asked for its fields and may have
 * others than those that were added. */
static inline void leat_plan_unasked(struct leat_plan *plan)
{
    leat_plan_services->unasked(plan);
}

/* Loads: what tells this target from every other: canonical path; host, port,
 * database and table; pool ARN. Copied. */
static inline void leat_plan_target(struct leat_plan *plan, const char *identity)
{
    leat_plan_services->target(plan, identity);
}

static inline void leat_plan_estimate(struct leat_plan *plan, enum leat_estimate what, int64_t n)
{
    leat_plan_services->estimate(plan, what, n);
}

/* Loads, in their `forecast`: a figure of what a run will do, under a name that people read; copied. */
static inline void leat_plan_forecast(struct leat_plan *plan, const char *what, double n)
{
    leat_plan_services->forecast(plan, what, n);
}

/* Extracts: an output field that identifies a record to people and to the
 * ledger; once for each of several, 16 at most. Without it: the first field. */
static inline void leat_plan_key(struct leat_plan *plan, int field)
{
    leat_plan_services->key(plan, field);
}

/* Stages with `find`: a field that records can be asked for by. */
static inline void leat_plan_searchable(struct leat_plan *plan, int field)
{
    leat_plan_services->searchable(plan, field);
}

/* Loads: an input field that the target cannot take, and what becomes of it. */
static inline void leat_plan_leaves_out(struct leat_plan *plan, int in_field, const char *what_becomes_of_it)
{
    leat_plan_services->leaves_out(plan, in_field, what_becomes_of_it);
}

/* Loads: this secret field is taken. Any other secret field is taken out of
 * the batches before the load sees them. */
static inline void leat_plan_accepts_secret(struct leat_plan *plan, int in_field)
{
    leat_plan_services->accepts_secret(plan, in_field);
}

/* This stage has a memory with these options: one worker, in order. */
static inline void leat_plan_serial(struct leat_plan *plan)
{
    leat_plan_services->serial(plan);
}

/* A line for `leat plan`: something the user should know before the run. Copied. */
static inline void leat_plan_note(struct leat_plan *plan, const char *text)
{
    leat_plan_services->note(plan, text);
}

/* A file that the stage will write, or reads. A file that two stages would
 * write, or that one writes and another reads, is refused. Copied. */
static inline void leat_plan_output(struct leat_plan *plan, const char *path)
{
    leat_plan_services->file(plan, path, true);
}

static inline void leat_plan_input_file(struct leat_plan *plan, const char *path)
{
    leat_plan_services->file(plan, path, false);
}

/* Loads whose calls cannot be repeated: the host keeps a ledger of them. `deliver` then gets
 * only rows whose intent is on disk, with batch->must_verify where a call may have been
 * sent before; what earlier runs have done is answered without it. Needs a key of the source. */
static inline void leat_plan_ledger(struct leat_plan *plan)
{
    leat_plan_services->ledger(plan);
}

/* Loads: batches of at most n records, unless the pipeline says it otherwise. What comes in one batch is
 * known to be done together, and where intents are kept they are written together. */
static inline void leat_plan_batch_rows(struct leat_plan *plan, int64_t n)
{
    leat_plan_services->batch_rows(plan, n);
}

/* Loads: nothing is to be seen of the run until all of it is: the first commit is the last, and a
 * run that was stopped begins anew. */
static inline void leat_plan_at_once(struct leat_plan *plan)
{
    leat_plan_services->at_once(plan);
}

/* Extracts: only what has changed since the last success is read (leat_stage_watermark). */
static inline void leat_plan_incremental(struct leat_plan *plan)
{
    leat_plan_services->incremental(plan);
}

/* Extracts: read by n workers at once, each its own part of the source (leat_stage_partition), at most 64. Their
 * records come in no order. */
static inline void leat_plan_partitions(struct leat_plan *plan, int n)
{
    leat_plan_services->partitions(plan, n);
}

/* What this stage does with a record hangs on those that came before it: refused behind an extract that is read in
 * partitions. `instead` says what the user can do here, for the message; it lives as long as the plan. */
static inline void leat_plan_ordered(struct leat_plan *plan, const char *instead)
{
    leat_plan_services->ordered(plan, instead);
}

/* The stage answers for no record before it has seen all: its `gather` gets every batch of the run, then its `process`
 * each of them in the same order. They are held in memory meanwhile, half of what the pipeline may use at most. It has
 * one worker. */
static inline void leat_plan_gathers(struct leat_plan *plan)
{
    leat_plan_services->gathers(plan);
}

/* Loads: records may come that were loaded by an earlier run and have changed since. */
static inline bool leat_plan_is_incremental(struct leat_plan *plan)
{
    return leat_plan_services->is_incremental(plan);
}

/* Another store, to be asked for records by key (leat_find): plans the extract that an option of the type
 * LEAT_OPTION_STAGE names. NULL: something is wrong with it, and that is noted. An extract that cannot be asked is read
 * whole when it is first needed, and held in memory. */
static inline struct leat_finder *leat_plan_finder(struct leat_plan *plan, const struct leat_node *stage)
{
    return leat_plan_services->finder(plan, stage);
}

/* The number of a field of a finder, and what it is like; notes an unknown one at `node`, with the nearest name, and
 * returns -1. */
static inline int leat_plan_finder_field(struct leat_plan *plan, const struct leat_finder *finder, const char *name,
                                         const struct leat_node *node, struct leat_field *ret)
{
    return leat_plan_services->finder_field(plan, finder, name, node, ret);
}

/* The next field of the keys it will be asked by, and the input field that gives its values. Notes at `node` that it
 * cannot be asked by it, or that the types differ. */
static inline void leat_plan_finder_key(struct leat_plan *plan, struct leat_finder *finder, int field,
                                        int in_field, const struct leat_node *node)
{
    leat_plan_services->finder_key(plan, finder, field, in_field, node);
}

/* Whether the pipeline names this budget in rates:. A stage that is given the name of
 * one that is not there notes a mistake. */
static inline bool leat_plan_has_rate(struct leat_plan *plan, const char *budget)
{
    return leat_plan_services->has_rate(plan, budget);
}

/* Declares a budget, which all stages share that name it: what the service allows (`quota`, calls a second) and the part
 * of it that is ours. Where rates: has one of that name, that holds. Of two stages' the lower one holds. Copied. */
static inline void leat_plan_rate(struct leat_plan *plan, const char *budget, double per_second, double quota)
{
    leat_plan_services->rate(plan, budget, per_second, quota);
}

#ifdef __cplusplus
}
#endif

#endif
