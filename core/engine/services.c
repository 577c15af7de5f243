/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The tables of services that plugins are handed (leat/batch.h, leat/stage.h).
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/run.h"
#include "observe/log.h"

/* ---- batches ---- */

static const char *key(const struct leat_batch *b, int32_t row, size_t *ret_n)
{
    int32_t origin_row;
    const struct leat_batch *origin = leat_batch_way_back(b, row, &origin_row);

    return leat_record_key(origin, &origin->host->pool->key, origin_row, ret_n);
}

static void record_id(const struct leat_batch *b, int32_t row, char ret[33])
{
    struct leat_record_id id;
    bool has = leat_intents_id(b, row, &id);

    *ret = '\0';
    for (size_t i = 0; has && i < sizeof id.bytes; i++) {
        ret[2 * i] = "0123456789abcdef"[id.bytes[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[id.bytes[i] & 15];
        ret[2 * i + 2] = '\0';
    }
}

const struct leat_batch_services leat_host_batch_services = {
    .grow = leat_batch_grow, .put_null = leat_batch_null, .end_row = leat_batch_row_done,
    .reject_record = leat_batch_record_rejected, .reject = leat_batch_row_rejected, .drop = leat_batch_row_dropped,
    .answer = leat_batch_row_answered, .answer_rest = leat_batch_rest_answered, .step_done = leat_batch_step,
    .ref = leat_batch_reference, .unref = leat_batch_release, .source = leat_batch_way_back, .key = key,
    .align = leat_batch_align_to, .share = leat_batch_share_column, .end_row_from = leat_batch_row_done_from,
    .set_position = leat_batch_position, .record_id = record_id,
    .give_back = leat_batch_row_given_back, .put_column = leat_batch_fill_column,
};
const struct leat_batch_services *leat_batch_services = &leat_host_batch_services;

/* ---- stages ---- */

static void *worker(const struct leat_stage *stage)
{
    return stage->worker;
}

static const struct leat_schema *input(const struct leat_stage *stage)
{
    return &stage->plan->in;
}

static const struct leat_schema *output(const struct leat_stage *stage)
{
    return &stage->plan->out;
}

static bool cancelled(const struct leat_stage *stage)
{
    /* relaxed: only ever goes from false to true, and nothing else hangs on it */
    return atomic_load_explicit(&stage->run->cancelled, memory_order_relaxed) ||
           (((stage->plan->model->kind == LEAT_KIND_EXTRACT && !stage->is_finder) || stage->opening) &&
            atomic_load_explicit(&stage->run->stopping, memory_order_relaxed));
}

static const char *work(const struct leat_stage *stage)
{
    return stage->run->resume.work;
}

static int64_t work_began(const struct leat_stage *stage)
{
    return stage->run->resume.work_began_us;
}

static bool stopping(const struct leat_stage *stage)
{
    return atomic_load_explicit(&stage->run->stopping, memory_order_relaxed);
}

static void log_line(struct leat_stage *stage, enum leat_log_level level, const char *text)
{
    leat_log(level, "%s: %s", stage->plan->model->id, text);
}

static void count(struct leat_stage *stage, const char *what, int64_t n)
{
    int i = 0;

    if (n == 0)
        return;
    while (i < stage->n_counters && strcmp(stage->counters[i].what, what) != 0)
        i++;
    if (i == LEAT_MAX_COUNTERS)
        return;
    if (i == stage->n_counters)
        stage->counters[stage->n_counters++] = (struct leat_counter){.what = what};
    stage->counters[i].n += n;
}

static void publish(struct leat_stage *stage, const char *written, const char *final)
{
    leat_publisher_add(&stage->run->publisher, written, final, -1);
}

static const char *position_in(const struct leat_checkpoint *c, int partition)
{
    char number[16];

    (void)snprintf(number, sizeof number, "%d", partition);
    return leat_checkpoint_get(c, "position", number);
}

static const char *position(const struct leat_stage *stage, int partition)
{
    return stage->is_finder ? NULL : position_in(&stage->run->resume.from, partition);
}

static int partition(const struct leat_stage *stage, int *ret_n)
{
    *ret_n = stage->is_finder ? 1 : stage->run->segments[0].n_workers;
    return stage->partition;
}

static const char *mark(const struct leat_stage *stage)
{
    for (int i = 0; i < LEAT_N_SINKS; i++)
        if (stage == leat_run_sink(stage->run, i))
            return leat_checkpoint_get(&stage->run->resume.from, "mark", leat_sink_names[i]);
    return NULL;
}

static int64_t rows_wanted(const struct leat_stage *stage)
{
    return stage->is_finder ? -1 : stage->run->options.rows_wanted;
}

static const int32_t *rows_of(struct leat_stage *stage, const struct leat_batch *b)
{
    return b->selection ? b->selection : stage->every_row;
}

static void reject_faults(struct leat_batch *b, int field, const struct leat_evaluation *evaluation)
{
    for (int32_t i = 0; i < evaluation->n_faults; i++) {
        const struct leat_row_fault *fault = &evaluation->faults[i];

        leat_batch_row_rejected(b, fault->row, field >= 0 ? field : fault->field, fault->code, fault->reason);
    }
}

static int evaluate(struct leat_stage *stage, const struct leat_expression *expression, struct leat_batch *in,
                    struct leat_batch *out, int field, struct leat_error *err)
{
    struct leat_evaluation evaluation = {0};
    int same = leat_expression_field(expression), rc;

    if (same >= 0) {
        leat_batch_share_column(out, field, in, same);
        return 0;
    }
    rc = leat_expression_evaluate(expression, stage->scratch, in, rows_of(stage, out), out->n_selected, &stage->result,
                                  &evaluation, err);
    if (rc < 0)
        return rc;
    leat_store_swap(&out->host->stores[field], &stage->result);
    out->columns[field] = out->host->stores[field].column;
    reject_faults(out, field, &evaluation);
    return 0;
}

static int evaluate_condition(struct leat_stage *stage, const struct leat_expression *expression,
                              struct leat_batch *b, struct leat_error *err)
{
    struct leat_evaluation evaluation = {0};
    int rc = leat_expression_evaluate(expression, stage->scratch, b, rows_of(stage, b), b->n_selected, &stage->result,
                                      &evaluation, err);

    if (rc == 0)
        reject_faults(b, -1, &evaluation);
    return rc;
}

static int filter(struct leat_stage *stage, const struct leat_expression *expression, struct leat_batch *b,
                  struct leat_error *err)
{
    int rc = evaluate_condition(stage, expression, b, err);
    const struct leat_column *c = &stage->result.column;
    int64_t n_null = 0;

    if (rc < 0)
        return rc;
    LEAT_EACH_ROW(b, row) {
        bool null = leat_is_null(c, row);

        if (b->host->fates[row])
            continue; /* could not be evaluated */
        n_null += null;
        if (null || !leat_bool(c, row))
            leat_batch_row_dropped(b, row, LEAT_FILTERED);
    }
    if (n_null)
        count(stage, "condition was null", n_null);
    return 0;
}

static int evaluate_bool(struct leat_stage *stage, const struct leat_expression *expression, struct leat_batch *b,
                         uint8_t *ret, struct leat_error *err)
{
    int rc = evaluate_condition(stage, expression, b, err);
    const struct leat_column *c = &stage->result.column;

    if (rc < 0)
        return rc;
    LEAT_EACH_ROW(b, row)
        ret[row] = b->host->fates[row] ? 3 : leat_is_null(c, row) ? 2 : leat_bool(c, row);
    return 0;
}

static int64_t rate_take(struct leat_stage *stage, const char *budget, bool retry)
{
    const char *id = stage->plan->model->id;

    return leat_rate_budget_take(leat_rates_budget(&stage->run->rates, budget, id), id, retry, leat_clock_us());
}

static void rate_told(struct leat_stage *stage, const char *budget, enum leat_reply reply, int64_t retry_after_ms)
{
    const char *id = stage->plan->model->id;

    leat_rate_budget_told(leat_rates_budget(&stage->run->rates, budget, id), reply, retry_after_ms, leat_clock_us());
}

static const char *watermark(const struct leat_stage *stage, int partition)
{
    return stage->plan->incremental ? position_in(&stage->run->resume.watermarks, partition) : NULL;
}

static void keeps(struct leat_stage *stage, const char *path)
{
    stage->kept = leat_grow(stage->kept, stage->n_kept, &stage->cap_kept, sizeof *stage->kept);
    stage->kept[stage->n_kept++] = leat_strdup(path);
}

static bool is_kept(const struct leat_stage *stage, const char *path)
{
    return leat_checkpoint_get(&stage->run->resume.files, "kept", path) != NULL;
}

static const struct leat_token *token(const struct leat_stage *stage)
{
    return stage->token.what ? &stage->token : NULL;
}

static void wake_on(struct leat_stage *stage, int fd, int64_t timeout_ms)
{
    stage->wake_fd = fd;
    stage->wake_ms = timeout_ms;
}

const struct leat_stage_services leat_host_stage_services = {
    .worker = worker, .input = input, .output = output, .cancelled = cancelled, .log = log_line, .count = count,
    .publish = publish, .position = position, .mark = mark, .rows_wanted = rows_wanted, .evaluate = evaluate,
    .filter = filter, .evaluate_bool = evaluate_bool, .rate_take = rate_take, .rate_told = rate_told,
    .wake_on = wake_on, .watermark = watermark, .remember = leat_memory_remember, .recall = leat_memory_recall,
    .keeps = keeps, .is_kept = is_kept, .token = token, .stopping = stopping,
    .partition = partition, .work = work, .work_began = work_began, .find_keys = leat_find_keys_begin, .find = leat_find_ask,
};
const struct leat_stage_services *leat_stage_services = &leat_host_stage_services;


const struct leat_host leat_host_table = {
    .abi = LEAT_ABI, .size = sizeof leat_host_table, .batch = &leat_host_batch_services,
    .plan = &leat_host_plan_services, .stage = &leat_host_stage_services, .call = &leat_host_call_services,
};
