/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A transform for tests: passes what comes by every road there is, and fails in every way.
 * Fields go out as they come in.
 */
#include <leat/plugin.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

enum mode {
    ALIGN, MAKE, AGAIN, RETRY, RETRY_ALIGNED, RETRY_MADE, RETRY_AGAIN, RETRY_REJECTS, RETRY_OPEN, FAIL, FAIL_OPEN,
    NO_ORIGIN, WRONG_ORIGIN, SLOW, UNEVEN, CRASH, ABORT, CORE,
};

static const char *const modes[] = {
    "align", "make", "again", "retry", "retry_aligned", "retry_made", "retry_again", "retry_rejects", "retry_open",
    "fail", "fail_open", "no_origin", "wrong_origin", "slow", "uneven", "crash", "abort",
    "core", NULL,
};

struct probe {
    int mode, tries;
    int64_t after_ms, times;
};

struct probe_worker {
    int32_t at; /* row to go on from, in mode `again` */
    int tries;
    unsigned n;
};

static const struct leat_option options[] = {
    {.name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct probe, mode), .default_text = "align", .main = true,
     .values = modes, .help = "What it does."},
    {.name = "times", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct probe, times), .default_text = "2",
     .help = "How often it asks to be opened again."},
    {.name = "after", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct probe, after_ms), .default_text = "0ms",
     .help = "How long it asks to be left alone before that."},
    LEAT_END_OF_OPTIONS,
};

static int probe_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);

    (void)self;
    for (int i = 0; i < in->n_fields; i++)
        if (leat_plan_add_field(plan, &in->fields[i]) < 0)
            return leat_fail(err, LEAT_EPLUGIN, "a field stands twice");
    return 0;
}

/* What would become of this process's memory if it crashed. */
static int say_core(struct leat_error *err)
{
    struct rlimit limit = {0};

    (void)getrlimit(RLIMIT_CORE, &limit);
    return leat_fail(err, LEAT_EUNREACHABLE, "dumpable %d, core limit %s", prctl(PR_GET_DUMPABLE),
                     limit.rlim_cur || limit.rlim_max ? "not 0" : "0");
}

static int probe_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct probe *p = self;

    (void)stage;
    if (p->mode == RETRY_OPEN && p->tries++ < p->times) {
        err->retry_after_ms = p->after_ms;
        return leat_fail(err, LEAT_ERETRY, "not now");
    }
    if (p->mode == CORE)
        return say_core(err);
    return p->mode == FAIL_OPEN ? leat_fail(err, LEAT_EUNREACHABLE, "cannot open") : 0;
}

static void copy_row(struct leat_batch *out, const struct leat_batch *in, int32_t row)
{
    const char *text;
    size_t n;

    for (int i = 0; i < in->schema->n_fields; i++) {
        const struct leat_column *c = &in->columns[i];

        if (leat_is_null(c, row)) {
            leat_batch_put_null(out, i);
        } else if (c->type == LEAT_INT64) {
            leat_batch_put_int64(out, i, c->int64[row]);
        } else {
            text = leat_text(c, row, &n);
            leat_batch_put_text(out, i, text, n);
        }
    }
}

static void make(struct leat_batch *out, const struct leat_batch *in, int mode)
{
    LEAT_EACH_ROW(in, row) {
        copy_row(out, in, row);
        if (mode == NO_ORIGIN)
            leat_batch_end_row(out);
        else
            leat_batch_end_row_from(out, mode == WRONG_ORIGIN ? in->n_rows : row);
    }
}

/* Three rows a call at most. */
static void make_some(struct probe_worker *w, struct leat_batch *out, const struct leat_batch *in, bool *ret_again)
{
    int32_t i = w->at, last = w->at + 3 < in->n_selected ? w->at + 3 : in->n_selected;

    for (; i < last; i++) {
        int32_t row = in->selection ? in->selection[i] : i;

        copy_row(out, in, row);
        leat_batch_end_row_from(out, row);
    }
    *ret_again = i < in->n_selected;
    w->at = *ret_again ? i : 0;
}

static void share_all(struct leat_batch *out, struct leat_batch *in)
{
    leat_batch_align(out, in);
    for (int i = 0; i < in->schema->n_fields; i++)
        leat_batch_share(out, i, in, i);
}

/* Does all of its work, and then says twice that it could not: it must count once. */
static int give_up_late(struct probe_worker *w, int mode, struct leat_batch *in, struct leat_batch *out,
                        bool *ret_again, struct leat_error *err)
{
    int32_t at = w->at;

    if (mode == RETRY_AGAIN)
        make_some(w, out, in, ret_again);
    else if (mode == RETRY_MADE)
        make(out, in, mode);
    else
        share_all(out, in);
    if (mode == RETRY_REJECTS)
        LEAT_EACH_ROW(in, row)
            if (in->columns[0].int64[row] % 2)
                leat_batch_reject(out, row, 0, "odd", "is odd");
    if (w->tries++ % 3 == 2)
        return 0;
    w->at = at;
    return leat_fail(err, LEAT_ERETRY, "not now");
}

static void sleep_ms(unsigned ms)
{
    struct timespec t = {.tv_nsec = (long)ms * 1000000};

    nanosleep(&t, NULL);
}

static int probe_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                         bool *ret_again, struct leat_error *err)
{
    struct probe_worker *w = leat_stage_worker(stage);
    int mode = ((struct probe *)self)->mode;

    if ((mode == CRASH || mode == ABORT) && w->n++ >= 3) /* the first batches are fine */
        raise(mode == CRASH ? SIGSEGV : SIGABRT);
    if (mode == FAIL)
        return leat_fail(err, LEAT_EDATA, "this is no data");
    if (mode == RETRY && w->tries++ % 3 < 2)
        return leat_fail(err, LEAT_ERETRY, "not now");
    if (mode == SLOW || (mode == UNEVEN && w->n++ % 5 == 0))
        sleep_ms(mode == SLOW ? 20 : 3);
    if (mode == AGAIN) {
        make_some(w, out, in, ret_again);
        return 0;
    }
    if (mode == MAKE || mode == NO_ORIGIN || mode == WRONG_ORIGIN) {
        make(out, in, mode);
        return 0;
    }
    if (mode >= RETRY_ALIGNED && mode <= RETRY_REJECTS)
        return give_up_late(w, mode, in, out, ret_again, err);
    share_all(out, in);
    return 0;
}

LEAT_TRANSFORM(probe, .summary = "Passes records in one way or another, for tests", .options = options,
               .worker_size = sizeof(struct probe_worker), .plan = probe_plan, .open = probe_open,
               .process = probe_process, .traits = LEAT_PARALLEL);
