/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A load for tests: gives every verdict there is, or none, at once or by halves, and writes down
 * the first field of each record that it takes, so that a test sees order, losses and doublets.
 */
#include <leat/plugin.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum mode {
    TAKE, ALREADY, CONFLICT, REJECT, UNKNOWN, UNANSWERED, HALF, TWICE, AFTERWARDS, RETRY, RETRY_ALWAYS, RETRY_COMMIT,
    LOST_OPEN, LOST_DELIVER, FAIL_DELIVER, FAIL_COMMIT, SLOW, ANSWERS, MANY,
};

static const char *const modes[] = {
    "take", "already", "conflict", "reject", "unknown", "unanswered", "half", "twice", "afterwards", "retry",
    "retry_always", "retry_commit", "lost_open", "lost_deliver", "fail_deliver", "fail_commit", "slow", "answers", "many", NULL,
};

struct probe {
    int mode;
    const char *path;
    int64_t slow_ms, answers;
    FILE *file;
    int tries;
};

static const struct leat_option options[] = {
    {.name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct probe, mode), .default_text = "take", .main = true,
     .values = modes, .help = "What it does."},
    {.name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct probe, path), .help = "Where it writes down ids."},
    {.name = "slow", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct probe, slow_ms), .default_text = "20ms",
     .help = "How long a batch takes in mode slow."},
    {.name = "answers", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct probe, answers), .default_text = "1000",
     .help = "How many answers a record gets in mode many."},
    LEAT_END_OF_OPTIONS,
};

static int probe_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct probe *p = self;

    (void)stage;
    if (p->mode == LOST_OPEN)
        return leat_fail(err, LEAT_EUNREACHABLE, "the target is away");
    p->file = p->path ? fopen(p->path, "w") : NULL;
    return p->path && !p->file ? leat_fail(err, -errno, "cannot open %s", p->path) : 0;
}

static void write_down(struct probe *p, const struct leat_batch *b, int32_t row)
{
    if (p->file)
        fprintf(p->file, "%lld\n", (long long)b->columns[0].int64[row]);
}

static void write_all(struct probe *p, const struct leat_batch *b)
{
    LEAT_EACH_ROW(b, row)
        write_down(p, b, row);
}

/* Every other row, counted among those that are selected. */
static void take_half(struct probe *p, struct leat_batch *b)
{
    bool take = true;

    LEAT_EACH_ROW(b, row) {
        if (take) {
            write_down(p, b, row);
            leat_batch_answer(b, row, LEAT_LOADED, NULL, 0);
        }
        take = !take;
    }
}

static void reject_all(struct leat_batch *b)
{
    LEAT_EACH_ROW(b, row)
        leat_batch_reject(b, row, 0, "refused", "the target refuses it");
}

static void answer_all(struct leat_batch *b)
{
    LEAT_EACH_ROW(b, row) {
        char text[32];
        int n = snprintf(text, sizeof text, "sub-%lld", (long long)b->columns[0].int64[row]);
        struct leat_answer answer = {"sub", text, (size_t)n};

        leat_batch_answer(b, row, LEAT_LOADED, &answer, 1);
    }
}

/* Answers of one record come between those of the others. */
static void answer_often(const struct probe *p, struct leat_batch *b)
{
    for (int64_t i = 0; i < p->answers; i++)
        LEAT_EACH_ROW(b, row) {
            char text[48];
            int n = snprintf(text, sizeof text, "%lld of %lld", (long long)i, (long long)b->columns[0].int64[row]);
            struct leat_answer answers[] = {{i % 2 ? "odd" : "even", text, (size_t)n}, {"nothing", NULL, 0}};

            leat_batch_answer(b, row, LEAT_LOADED, answers, i ? 1 : 2);
        }
}

static void sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

static int probe_deliver(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    static const enum leat_verdict verdicts[] = {LEAT_LOADED, LEAT_ALREADY_THERE, LEAT_CONFLICT, LEAT_REJECTED,
                                                 LEAT_UNKNOWN};
    struct probe *p = self;

    (void)stage;
    switch (p->mode) {
    case UNANSWERED: return 0;
    case LOST_DELIVER: return leat_fail(err, LEAT_EUNREACHABLE, "the target has gone");
    case FAIL_DELIVER: return leat_fail(err, -EIO, "the target cannot be written");
    case RETRY_ALWAYS: err->retry_after_ms = 1; return leat_fail(err, LEAT_ERETRY, "the target is busy");
    case HALF: take_half(p, b); return 0;
    case RETRY:
        take_half(p, b);
        return b->n_selected > 1 ? leat_fail(err, LEAT_ERETRY, "the target is busy") : 0;
    case AFTERWARDS: /* forgets that rows which are answered are no longer selected */
        if (p->tries++ == 0) {
            take_half(p, b);
            return leat_fail(err, LEAT_ERETRY, "the target is busy");
        }
        for (int32_t row = 0; row < b->n_rows; row++)
            leat_batch_answer(b, row, LEAT_LOADED, NULL, 0);
        return 0;
    case REJECT: reject_all(b); return 0;
    case ANSWERS: answer_all(b); break;
    case MANY: answer_often(p, b); break;
    case TWICE: answer_all(b); answer_all(b); break;
    case SLOW: sleep_ms(p->slow_ms); break;
    default: break;
    }
    write_all(p, b);
    leat_batch_answer_rest(b, p->mode <= UNKNOWN ? verdicts[p->mode] : LEAT_LOADED);
    return 0;
}

static int probe_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *mark, struct leat_error *err)
{
    struct probe *p = self;

    (void)stage;
    (void)last;
    (void)mark;
    if (p->mode == RETRY_COMMIT && p->tries++ < 2)
        return leat_fail(err, LEAT_ERETRY, "the target is busy");
    if (p->mode == FAIL_COMMIT)
        return leat_fail(err, -ENOSPC, "the target is full");
    return p->file && fflush(p->file) ? leat_fail(err, -errno, "cannot write %s", p->path) : 0;
}

static void probe_close(struct leat_stage *stage, void *self)
{
    struct probe *p = self;

    (void)stage;
    if (p->file)
        fclose(p->file);
}

LEAT_LOAD(probe, .summary = "Takes records in one way or another, for tests", .options = options,
          .open = probe_open, .deliver = probe_deliver, .commit = probe_commit, .close = probe_close);
