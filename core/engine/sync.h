/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A plan that runs in the calling thread, one batch after the other: what
 * `preview` and `test` are, and whatever answers a single request.
 *
 * The run is made by leat_run_init and not started.
 */
#ifndef LEAT_ENGINE_SYNC_H
#define LEAT_ENGINE_SYNC_H

#include "engine/run.h"

/* Opens the chain's stages, and the extract if it is to be read. */
LEAT_MUST_CHECK int leat_sync_open(struct leat_run *run, bool with_extract, struct leat_error *err);
void leat_sync_close(struct leat_run *run);
/* Reads the next batch; *ret_more is false once it was the last. The account
 * stays with the batch, and so do its rejects. */
LEAT_MUST_CHECK int leat_sync_read(struct leat_run *run, struct leat_batch **ret, bool *ret_more,
                                   struct leat_error *err);
/* An empty batch of the extract's schema, to be filled by hand and given to leat_batch_finish. */
struct leat_batch *leat_sync_source(struct leat_run *run);
/* Runs a batch (whose reference it takes) through the stages up to and with
 * stage `last` of the plan; 0: through none. The batches that come out are a
 * list chained by host->next, each with one reference. */
LEAT_MUST_CHECK int leat_sync_process(struct leat_run *run, int last, struct leat_batch *in, struct leat_batch **ret,
                                      struct leat_error *err);

/* What a forecast is made of. */
struct leat_sample {
    int64_t read, expected;  /* records; those in the source, -1: that is not known */
    bool all;                /* all that there are were read */
};

/* Reads the records that the run was made to read (rows_wanted) and has the load say what it would do with all that the
 * source has; stages are opened and closed, the load is not. `load` is that of the run's plan, with `forecast`. */
LEAT_MUST_CHECK int leat_sync_forecast(struct leat_run *run, struct leat_plan *load, struct leat_sample *ret,
                                       struct leat_error *err);

#endif
