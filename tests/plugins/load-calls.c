/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A load with a ledger whose target is a log of the calls that were made, a line each:
 *
 *     send KEY VALUE      a call that cannot be repeated
 *     again KEY VALUE     one for a record that was loaded before and has changed
 *     ask KEY VALUE       only asked whether an earlier one came through; it did
 *
 * KEY and VALUE are the first two fields; what the third says comes of the call: ok, conflict,
 * refused, unclear, or: lost, after which the run fails; die, after which the process is killed.
 */
#include <leat/plugin.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct calls {
    const char *path;
    FILE *log;
    struct leat_batch *kept; /* of which the call was lost; NULL: none */
    int32_t first_unsent;    /* place in its selection */
};

static const struct leat_option options[] = {
    {.name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct calls, path), .main = true, .required = true,
     .help = "The log."},
    LEAT_END_OF_OPTIONS,
};

static int calls_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct calls *c = self;

    (void)err;
    leat_plan_target(plan, c->path);
    leat_plan_ledger(plan);
    return 0;
}

static int calls_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct calls *c = self;

    (void)stage;
    c->log = fopen(c->path, "a");
    return c->log ? 0 : leat_fail(err, LEAT_EUNREACHABLE, "cannot open the log");
}

static bool is(const struct leat_batch *b, int32_t row, const char *word)
{
    size_t n;
    const char *text = leat_text(&b->columns[2], row, &n);

    return n == strlen(word) && memcmp(text, word, n) == 0;
}

static void call(struct calls *c, const struct leat_batch *b, int32_t row)
{
    size_t n_key, n_value;
    const char *key = leat_text(&b->columns[0], row, &n_key), *value = leat_text(&b->columns[1], row, &n_value);

    fprintf(c->log, "%s %.*s %.*s\n", leat_row_in(b->must_verify, row) ? "ask" : leat_row_in(b->updates, row) ? "again" : "send",
            (int)n_key, key, (int)n_value, value);
    (void)fflush(c->log);
    if (is(b, row, "die"))
        (void)kill(getpid(), SIGKILL);
}

static void answer(struct leat_batch *b, int32_t row)
{
    if (is(b, row, "refused"))
        leat_batch_reject(b, row, -1, "refused", "the target refused it");
    else
        leat_batch_answer(b, row, is(b, row, "conflict") ? LEAT_CONFLICT : is(b, row, "unclear") ? LEAT_UNKNOWN : LEAT_LOADED,
                          NULL, 0);
}

static int calls_deliver(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    struct calls *c = self;

    (void)stage;
    LEAT_EACH_ROW(b, row) {
        call(c, b, row);
        if (is(b, row, "lost")) {
            c->kept = leat_batch_ref(b);
            c->first_unsent = row + 1;
            return leat_fail(err, LEAT_EUNREACHABLE, "the target has gone");
        }
        answer(b, row);
    }
    return 0;
}

static enum leat_flow calls_poll(struct leat_stage *stage, void *self, bool dry, struct leat_error *err)
{
    (void)stage;
    (void)self;
    (void)dry;
    (void)err;
    return LEAT_END;
}

static void calls_close(struct leat_stage *stage, void *self)
{
    struct calls *c = self;

    (void)stage;
    if (c->kept) {
        LEAT_EACH_ROW(c->kept, row)
            if (row >= c->first_unsent)
                leat_batch_give_back(c->kept, row);
        leat_batch_unref(c->kept);
    }
    if (c->log)
        (void)fclose(c->log);
}

LEAT_LOAD(calls, .summary = "Logs its calls, for tests", .options = options, .plan = calls_plan, .open = calls_open,
          .deliver = calls_deliver, .poll = calls_poll, .close = calls_close, .traits = LEAT_LATE);
