/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * An extract for tests: so many numbered records, and on demand every way in which an extract can
 * be slow, endless, passingly at fault, lost or broken. `at` is the record at which it happens.
 */
#include <leat/plugin.h>

#include <time.h>

enum mode {
    PLAIN, WRONG_TYPE, PUT_TWICE, NEVER_ASKS, UNFINISHED, BAD_UTF8, HUGE_RECORD, REJECTS, RETRY_OPEN, RETRY_READ,
    RETRY_HALF, RETRY_PUT, LOST_OPEN, LOST_READ, FAIL_READ, NO_CODE, ENDLESS, BLANK,
};

static const char *const modes[] = {
    "plain", "wrong_type", "put_twice", "never_asks", "unfinished", "bad_utf8", "huge_record", "rejects",
    "retry_open", "retry_read", "retry_half", "retry_put", "lost_open", "lost_read", "fail_read", "no_code", "endless", "blank", NULL,
};

struct probe {
    int64_t rows, at, slow_ms, times, after_ms;
    int mode;
    int64_t next, tries;
};

static const struct leat_option options[] = {
    {.name = "rows", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct probe, rows), .default_text = "10", .main = true,
     .help = "How many records."},
    {.name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct probe, mode), .default_text = "plain",
     .values = modes, .help = "What it does."},
    {.name = "at", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct probe, at), .default_text = "0",
     .help = "The record at which it does it."},
    {.name = "times", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct probe, times), .default_text = "2",
     .help = "How often it asks to be called again."},
    {.name = "after", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct probe, after_ms), .default_text = "0ms",
     .help = "How long it asks to be left alone before that."},
    {.name = "slow", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct probe, slow_ms), .default_text = "0ms",
     .help = "How long a batch takes."},
    LEAT_END_OF_OPTIONS,
};

static const struct leat_field fields[] = {
    {"id", LEAT_INT64, LEAT_PII, false, NULL}, {"name", LEAT_TEXT, LEAT_PII, false, NULL}, LEAT_END_OF_FIELDS};

static void put(struct leat_batch *b, int64_t id)
{
    char name[32];
    int n = snprintf(name, sizeof name, "name %lld", (long long)id);

    leat_batch_put_int64(b, 0, id);
    leat_batch_put_text(b, 1, name, (size_t)n);
    leat_batch_end_row(b);
}

static int not_now(const struct probe *p, struct leat_error *err)
{
    err->retry_after_ms = p->after_ms;
    return leat_fail(err, LEAT_ERETRY, "the store is busy");
}

static int probe_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct probe *p = self;

    (void)stage;
    if (p->mode == LOST_OPEN)
        return leat_fail(err, LEAT_EUNREACHABLE, "the store is away");
    if (p->mode == RETRY_OPEN && p->tries++ < p->times)
        return not_now(p, err);
    return 0;
}

/* Some of a record: nothing of it may be seen in the next one. */
static void put_some(struct leat_batch *b, int64_t tries)
{
    leat_batch_put_text(b, 1, "half a record", 13);
    if (tries % 2)
        leat_batch_put_null(b, 0);
}

/* What goes wrong at one record; true if the read is over. */
static bool misbehave(struct probe *p, struct leat_batch *b, enum leat_flow *ret, struct leat_error *err)
{
    static const char huge[2 << 20];

    *ret = LEAT_FAILED;
    switch (p->mode) {
    case WRONG_TYPE: leat_batch_put_text(b, 0, "1", 1); leat_batch_end_row(b); break;
    case PUT_TWICE: leat_batch_put_int64(b, 0, 1); leat_batch_put_int64(b, 0, 2); leat_batch_end_row(b); break;
    case UNFINISHED: leat_batch_put_int64(b, 0, 1); *ret = LEAT_END; return true;
    case BAD_UTF8: leat_batch_put_int64(b, 0, p->at); leat_batch_put_text(b, 1, "a\xFF", 2); leat_batch_end_row(b); break;
    case HUGE_RECORD: leat_batch_put_int64(b, 0, p->at); leat_batch_put_text(b, 1, huge, sizeof huge); leat_batch_end_row(b); break;
    case REJECTS: leat_batch_put_int64(b, 0, p->at); leat_batch_reject_row(b, "bad_record", "raw, \"bytes\"\n"); break;
    case RETRY_READ:
    case RETRY_HALF:
    case RETRY_PUT:
        if (p->tries++ >= p->times)
            return false;
        if (p->mode == RETRY_PUT)
            put_some(b, p->tries);
        (void)not_now(p, err);
        return true;
    case LOST_READ: (void)leat_fail(err, LEAT_EUNREACHABLE, "the store has gone"); return true;
    case FAIL_READ: *ret = leat_read_failed(err, -EIO, "the store"); return true;
    case NO_CODE: return true;
    default: return false;
    }
    p->next++;
    return false;
}

static void sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    if (ms)
        nanosleep(&t, NULL);
}

static enum leat_flow probe_read(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    struct probe *p = self;
    enum leat_flow flow;

    sleep_ms(p->slow_ms);
    if (p->mode == BLANK && p->next++ < p->rows) /* batches without a record */
        return LEAT_MORE;
    while (p->mode == NEVER_ASKS ? p->next < p->rows : leat_batch_has_room(b)) {
        if (p->mode == ENDLESS && leat_stage_cancelled(stage))
            return LEAT_END;
        if (p->next == p->at && p->mode == RETRY_READ && b->n_rows)
            return LEAT_MORE; /* only retry_half asks again with records in the batch */
        if (p->next == p->at && misbehave(p, b, &flow, err))
            return flow;
        if (p->next == p->at + 1 && !leat_batch_has_room(b))
            continue;
        if (p->mode != ENDLESS && p->next >= p->rows)
            return LEAT_END;
        if (p->next == p->at && p->mode == RETRY_PUT) {
            leat_batch_put_int64(b, 0, p->next++);
            leat_batch_end_row(b);
            continue;
        }
        put(b, p->next++);
    }
    return LEAT_MORE;
}

LEAT_EXTRACT(probe, .summary = "Reads numbered records, for tests", .options = options, .fields = fields,
             .open = probe_open, .read = probe_read, .traits = LEAT_NO_FILES);
