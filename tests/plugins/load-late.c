/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A load that takes batches over and answers them later, in poll: the newest first, or only when
 * the host says that memory is dry, or half of them never.
 */
#include <leat/plugin.h>

#include <stdlib.h>

enum mode { REVERSED, WHEN_DRY, ROW_BY_ROW, NEVER, LOST, RETRY };

static const char *const modes[] = {"reversed", "when_dry", "row_by_row", "never", "lost", "retry", NULL};

enum { MAX_KEPT = 4096 };

struct late {
    int mode;
    int64_t keep;
    struct leat_batch **kept;
    int n, tries;
};

static const struct leat_option options[] = {
    {.name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct late, mode), .default_text = "reversed",
     .main = true, .values = modes, .help = "How it answers."},
    {.name = "keep", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct late, keep), .default_text = "3", .min = 1,
     .max = MAX_KEPT, .help = "How many batches it keeps before it answers the first."},
    LEAT_END_OF_OPTIONS,
};

static int late_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct late *l = self;

    (void)stage;
    l->kept = calloc(MAX_KEPT, sizeof(struct leat_batch *));
    return l->kept ? 0 : leat_fail(err, -ENOMEM, "no memory");
}

static int late_deliver(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    struct late *l = self;

    if (l->n == MAX_KEPT)
        return leat_fail(err, LEAT_EPLUGIN, "too many batches are kept");
    l->kept[l->n++] = leat_batch_ref(b);
    leat_stage_wake_on(stage, -1, 1);
    return 0;
}

static void answer_last(struct late *l)
{
    struct leat_batch *b = l->kept[--l->n];

    leat_batch_answer_rest(b, LEAT_LOADED);
    leat_batch_unref(b);
}

/* One row a poll; a batch that is done is let go. */
static void answer_row(struct late *l)
{
    struct leat_batch *b = l->kept[l->n - 1];
    int32_t n = 0;

    LEAT_EACH_ROW(b, row)
        if (n++ == 0)
            leat_batch_answer(b, row, row % 2 ? LEAT_ALREADY_THERE : LEAT_LOADED, NULL, 0);
    if (n <= 1) {
        l->n--;
        leat_batch_unref(b);
    }
}

static enum leat_flow late_poll(struct leat_stage *stage, void *self, bool dry, struct leat_error *err)
{
    struct late *l = self;

    (void)stage;
    if (l->mode == LOST && l->n) {
        (void)leat_fail(err, LEAT_EUNREACHABLE, "the target has gone");
        return LEAT_FAILED;
    }
    if (l->mode == RETRY && l->n && l->tries++ % 3 < 2) {
        (void)leat_fail(err, LEAT_ERETRY, "the target is busy");
        return LEAT_FAILED;
    }
    if (l->mode == NEVER)
        return dry ? LEAT_END : LEAT_MORE;
    if (l->mode == ROW_BY_ROW && l->n && (dry || l->n > l->keep))
        answer_row(l);
    else if (l->mode != ROW_BY_ROW)
        while (l->n && (dry || (l->mode != WHEN_DRY && l->n > l->keep)))
            answer_last(l);
    return l->n ? LEAT_MORE : LEAT_END;
}

static void late_close(struct leat_stage *stage, void *self)
{
    struct late *l = self;

    (void)stage;
    while (l->n)
        leat_batch_unref(l->kept[--l->n]);
    free(l->kept);
}

LEAT_LOAD(late, .summary = "Answers later, for tests", .options = options, .open = late_open,
          .deliver = late_deliver, .poll = late_poll, .close = late_close, .traits = LEAT_LATE);
