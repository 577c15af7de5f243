/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A pipeline file as it is meant: which stages in which order, and the limits
 * of the run. Names of plugins and options are not looked at here; that is the
 * engine's plan. Keys, sections and the shape of a stage are.
 */
#ifndef LEAT_PIPELINE_MODEL_H
#define LEAT_PIPELINE_MODEL_H

#include <leat/plugin.h>

#include "pipeline/interpolate.h"

/* One stage as written. */
struct leat_stage_model {
    enum leat_kind kind;
    const char *plugin;            /* its name in the file */
    const char *id;                /* unique: given, or the plugin's name, numbered where it stands twice */
    const struct leat_node *node;  /* where the plugin is named */
    const struct leat_node *id_node; /* NULL: it was given none */
    const struct leat_node *options; /* the value: a mapping, or what the main option takes */
    int workers;                   /* 0: automatic */
};

/* N records, or a share of those read and made. */
struct leat_limit {
    bool given, percent;
    double n;
};

/* Whether `n` of `of` records are more than the limit allows; 100% is never too few. */
bool leat_limit_exceeded(const struct leat_limit *limit, int64_t n, int64_t of);

/* A named budget under rates:, shared by the stages that name it. */
struct leat_rate {
    const char *name;
    double per_second; /* calls that we may make: the quota without what is left for others */
    double quota;      /* calls a second in all */
};

/* An alternative under loads:. */
struct leat_load_model {
    const char *name;
    struct leat_stage_model stage;
};

/* A reject file that stands for the extract (replay.c); all of it outlives the pipeline. */
struct leat_replay {
    const char *path;                 /* of the reject file, from the working directory */
    const char *plugin;               /* the extract that reads it */
    const struct leat_node *const *options; /* and what it is to know of the file beside its path */
    int n_options;
    /* The extract that it stands for: */
    const struct leat_schema *schema; /* without a secret */
    const char *extract_id;
    const char *const *key;           /* names of the fields that tell its records apart */
    int n_key;
    bool incremental;
};

struct leat_pipeline {
    struct leat_arena arena;
    struct leat_source source;
    struct leat_node *root;
    const char *name, *real_path;
    struct leat_parameter *parameters;
    int n_parameters;
    struct leat_variables variables;

    struct leat_stage_model extract;
    struct leat_stage_model *chain; /* transforms and validations in order */
    int n_chain;
    struct leat_stage_model load;   /* the one that will run */
    const char *load_name;          /* its name in loads:, or its plugin's */
    const char *work_name;          /* what its runs are called in the state: the same, or that and "from rejects" */
    struct leat_load_model *loads;
    int n_loads;
    struct leat_stage_model rejects, results; /* plugin NULL: none */

    struct leat_rate *rates;
    int n_rates;
    int64_t checkpoint_ms;          /* time between two checkpoints; 0: after each batch */
    struct leat_limit max_rejects, stop_after;
    int64_t memory, max_record, batch_rows;
    bool strict;                    /* a field that the load cannot carry is a mistake */
    const struct leat_node *tests;  /* NULL: none */
    const struct leat_replay *replay; /* NULL: the extract is that of the file */
};

/* What the command line changes. */
struct leat_overrides {
    const char *load;          /* --load, or NULL */
    const char *const *params; /* NAME=VALUE */
    int n_params;
    const char *const *sets;   /* PATH=VALUE */
    int n_sets;
    const struct leat_replay *replay; /* --from-rejects, or NULL */
};

/* Reads, parses and models a file. Notes all it finds wrong; negative if there
 * was anything. LEAT_EPIPELINE, or a negated errno if the file cannot be read
 * (`err` says so). The pipeline is to be deinitialised in any case. */
LEAT_MUST_CHECK int leat_pipeline_read(struct leat_pipeline *pipeline, const char *path,
                                       const struct leat_overrides *overrides,
                                       struct leat_diagnostics *diagnostics, struct leat_error *err);
/* The same for a pipeline of our own, in `text`; paths start at the working directory. `name` is for messages. */
LEAT_MUST_CHECK int leat_pipeline_read_text(struct leat_pipeline *pipeline, const char *name, const char *text,
                                            const struct leat_overrides *overrides,
                                            struct leat_diagnostics *diagnostics, struct leat_error *err);
void leat_pipeline_deinit(struct leat_pipeline *pipeline);


/* Reads a stage that stands in an option of another one, {PLUGIN: OPTIONS}. False: it is none, and that is noted. */
bool leat_stage_model_read(struct leat_pipeline *pipeline, const struct leat_node *node, enum leat_kind kind,
                           struct leat_stage_model *ret, struct leat_diagnostics *diagnostics);

/* Reads rates: (rates.c). */
void leat_rates_read(struct leat_pipeline *pipeline, struct leat_diagnostics *diagnostics);

/* --set PATH=VALUE on the tree: extract.sqlite.path=..., load.csv.path=... */
void leat_pipeline_set(struct leat_pipeline *pipeline, const char *assignment, struct leat_diagnostics *diagnostics);

/* --from-rejects on the tree (replay.c). */
void leat_pipeline_replay(struct leat_pipeline *pipeline, const struct leat_replay *replay);

#endif
