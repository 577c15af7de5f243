/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of a run: each stage bound to its plugin and options, with the
 * schema that comes in and the one that goes out. Made by one thread, read-only
 * once it is made; a run keeps its own state apart (run.h).
 */
#ifndef LEAT_ENGINE_PLAN_H
#define LEAT_ENGINE_PLAN_H

#include "batch/batch.h"
#include "expr/expr.h"
#include "pipeline/model.h"
#include "plugin/registry.h"

/* What a load cannot carry. */
struct leat_left_out {
    const char *field, *what_becomes_of_it;
};

/* A figure of what a load will do. */
struct leat_forecast {
    const char *what;
    double n;
};

/* A file that a stage reads or writes, by its canonical path. */
struct leat_file_claim {
    const char *path;
    bool written;
};

/* One stage of the plan; what leat/plan.h calls a plan. */
struct leat_plan {
    struct leat_pipeline_plan *whole;
    const struct leat_stage_model *model;
    const struct leat_plugin *plugin; /* NULL: it could not be loaded */
    void *self;
    void *planned;                    /* `self` as plan left it: each open begins from there */
    struct leat_schema in, out;
    struct leat_field *out_fields;    /* out.fields, while it grows */
    int cap_out;
    bool failed;
    bool unsure;                      /* `out` may lack fields, for what is wrong with the stage */
    int n_doubtful;                   /* of the whole's, when this stage was begun */
    bool serial;
    int workers;
    int partitions;                   /* extract: workers that read it at once; 0: one */
    const char *ordered;              /* what becomes of a record hangs on those before it: what else to do; or NULL */
    bool gathers;                     /* it sees all batches before it answers for the first */
    int64_t batch_rows;               /* load: records that it wants at a time; 0: any */
    bool at_once;                     /* load: the first commit is the last */
    bool ledger;                      /* load: its calls cannot be repeated */
    bool incremental;                 /* extract: only what has changed */
    bool unasked;                     /* extract: the store, which may have more fields, was not to be touched */
    struct leat_key key;              /* extract: of the source */
    const char *target;
    int64_t estimates[3];             /* by enum leat_estimate; -1: not known */
    const char **notes;
    int n_notes, cap_notes;
    struct leat_forecast *forecasts;
    int n_forecasts, cap_forecasts;
    struct leat_file_claim *files;
    int n_files, cap_files;
    struct leat_left_out *left_out;
    int n_left_out, cap_left_out;
    bool *accepts;                    /* load: per input field, a secret it takes */
    bool *searchable;                 /* per output field */
    const struct leat_expression **expressions;
    int n_expressions, cap_expressions;
    int *passed;                      /* load: the fields of what comes in that it gets; NULL: all */
    struct leat_schema before;        /* load: what comes in before secrets are dropped */
};

/* Another store that a stage asks for records by key (finder.c). */
struct leat_finder {
    struct leat_plan plan;            /* of its extract */
    const struct leat_plan *asker;    /* the stage that asks */
    struct leat_schema keys;          /* what it is asked by */
    struct leat_field key_fields[LEAT_MAX_KEY]; /* of `keys` */
    int key_numbers[LEAT_MAX_KEY];    /* of these fields in plan.out */
    const struct leat_node *node;     /* where it stands in the file */
    int number;                       /* among the finders of the whole plan */
    struct leat_finder *next;
};

struct leat_pipeline_plan {
    struct leat_pipeline *pipeline;
    struct leat_registry *registry;
    struct leat_diagnostics *diagnostics;
    struct leat_arena arena;
    /* Where something is wrong, later stages are planned all the same, so that all
     * mistakes are shown in one go, but say nothing that may follow from it. */
    bool unsure;                      /* the fields of the stages from here on are not known */
    const char **doubtful;            /* fields whose type is not known */
    int n_doubtful, cap_doubtful;
    bool may_connect, given, writes;
    struct leat_plan *stages;         /* extract, the chain, the load */
    int n_stages;
    struct leat_plan *rejects, *results; /* NULL: none */
    struct leat_finder *finders;      /* that the stages ask */
    int n_finders;
    struct leat_rate *rates;          /* that stages declare, beside those of the pipeline */
    int n_rates, cap_rates;
    struct leat_error stage_error;    /* a plugin that broke or a store that is away, rather than the file */
};

struct leat_plan_options {
    bool may_connect; /* stores may be touched */
    bool given;       /* rows are given in the place of the extract's: it has the fields that it declares */
    bool other_loads; /* those of loads: that are not chosen are checked as far as that goes without their input */
    bool writes;      /* outputs must have a folder to stand in */
};

/* Plans all stages. Notes everything that is wrong; negative if there is
 * anything. To be deinitialised in any case. The registry must outlive it. */
LEAT_MUST_CHECK int leat_plan_make(struct leat_pipeline_plan *plan, struct leat_pipeline *pipeline,
                                   struct leat_registry *registry, const struct leat_plan_options *options,
                                   struct leat_diagnostics *diagnostics, struct leat_error *err);
void leat_plan_deinit(struct leat_pipeline_plan *plan);

/* A schema of which nobody knows what else it holds: its first field is a
 * stand-in for all others, which stages pass on like any field. */
bool leat_plan_unknown(const struct leat_schema *schema);

/* What arrives at a load, secrets that it does not get included. */
static inline const struct leat_schema *leat_plan_arrives(const struct leat_plan *load)
{
    return load->passed ? &load->before : &load->in;
}

static inline struct leat_plan *leat_plan_extract(const struct leat_pipeline_plan *plan)
{
    return &plan->stages[0];
}

static inline struct leat_plan *leat_plan_load(const struct leat_pipeline_plan *plan)
{
    return &plan->stages[plan->n_stages - 1];
}

/* Begins a stage and plans it. */
void leat_plan_stage(struct leat_plan *stage, struct leat_pipeline_plan *whole, const struct leat_stage_model *model,
                     const struct leat_schema *in);

/* Did you mean ..., or which fields there are. Lives as long as the plan. */
const char *leat_plan_field_hint(struct leat_plan *plan, const struct leat_schema *schema, const char *name);

/* ---- finders (finder.c), the services of leat/plan.h ---- */

struct leat_finder *leat_finder_plan(struct leat_plan *asker, const struct leat_node *node);
int leat_finder_field(struct leat_plan *asker, const struct leat_finder *finder, const char *name,
                      const struct leat_node *node, struct leat_field *ret);
void leat_finder_key(struct leat_plan *asker, struct leat_finder *finder, int field, int in_field,
                     const struct leat_node *node);

/* ---- rejects fed again (replay.c) ---- */

/* The extract that has just been planned in place of another one. */
void leat_replay_plan_extract(struct leat_plan *extract);
/* How to give outputs other files than those that are there; NULL: none is. Lives as long as the plan. */
const char *leat_replay_hint(const struct leat_pipeline_plan *plan);
/* LEAT_EUSAGE: a file that a run has written would be replaced. */
LEAT_MUST_CHECK int leat_replay_spare_files(const struct leat_pipeline_plan *plan, struct leat_error *err);

/* The services of leat/plan.h. */
extern const struct leat_plan_services leat_host_plan_services;

#endif
