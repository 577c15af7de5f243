/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A load that answers only when it has taken all records (`settle`), and checks that each
 * comes back as it went: at once, the newest of a few batches first, or wrongly.
 */
#include <leat/plugin.h>

#include <signal.h>
#include <stdlib.h>

enum mode { AT_ONCE, NEWEST_FIRST, TOO_MANY, LOST, UNANSWERED, BEFORE };

static const char *const modes[] = {"at_once", "newest_first", "too_many", "lost", "unanswered", "before", NULL};

enum { MAX_KEPT = 5 };

struct aside {
    int mode;
    int64_t n_taken, n_settled, cap;
    uint64_t *sums; /* of the records that were taken, in their order */
    struct leat_batch *kept[MAX_KEPT];
    int n_kept;
    int64_t polls;
    bool ledger;
    int64_t die_at;
};

static const struct leat_option options[] = {
    {.name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct aside, mode), .default_text = "at_once",
     .main = true, .values = modes, .help = "How it answers; before: at once, in deliver."},
    {.name = "ledger", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct aside, ledger),
     .help = "Whether the host writes down what it is about to do."},
    {.name = "die_at", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct aside, die_at), .default_text = "0", .tuning = true,
     .help = "After how many records that came back the process is killed."},
    LEAT_END_OF_OPTIONS,
};

static int aside_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    const struct leat_schema *in = leat_plan_input(plan);

    (void)err;
    leat_plan_at_once(plan);
    if (((struct aside *)self)->ledger)
        leat_plan_ledger(plan);
    for (int i = 0; i < in->n_fields; i++)
        if (in->fields[i].data_class == LEAT_SECRET)
            leat_plan_accepts_secret(plan, i);
    return 0;
}

static uint64_t add(uint64_t sum, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    while (n--)
        sum = (sum ^ *p++) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t add_value(uint64_t sum, const struct leat_column *c, int32_t row)
{
    size_t n, width = (size_t)leat_type_width(c->type);
    const char *text;
    bool truth;

    if (leat_is_null(c, row))
        return add(sum, "null", 5);
    if (c->offsets) {
        text = leat_text(c, row, &n);
        return add(add(sum, text, n), &n, sizeof n);
    }
    truth = !width && leat_bool(c, row);
    return width ? add(sum, c->bytes + (size_t)row * width, width) : add(sum, &truth, 1);
}

/* Of all that comes back: not of secrets. */
static uint64_t sum_of(const struct leat_batch *b, int32_t row)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    char id[33];
    size_t n = 0;
    const char *key = leat_batch_key(b, row, &n);

    for (int i = 0; i < b->schema->n_fields; i++)
        if (b->schema->fields[i].data_class != LEAT_SECRET)
            sum = add_value(sum, &b->columns[i], row);
    leat_batch_record_id(b, row, id);
    return add(add(sum, id, strlen(id)), key ? key : "", key ? n : 0);
}

/* By its sum, so that both ways agree: a few are rejected, a few are there already. */
static void answer(struct leat_batch *b, int32_t row, uint64_t sum)
{
    struct leat_answer said = {.name = "sum", .text = sum % 2 ? "odd" : "even", .n = sum % 2 ? 3 : 4};

    if (sum % 11 == 0)
        leat_batch_reject(b, row, 0, "eleven", "its sum is a multiple of eleven");
    else
        leat_batch_answer(b, row, sum % 7 ? LEAT_LOADED : LEAT_ALREADY_THERE, &said, 1);
}

static int take(struct aside *a, uint64_t sum, struct leat_error *err)
{
    if (a->n_taken == a->cap) {
        int64_t cap = a->cap * 2 + 1024;
        uint64_t *grown = realloc(a->sums, (size_t)cap * sizeof *grown);

        if (!grown)
            return leat_fail(err, -ENOMEM, "no memory");
        a->sums = grown;
        a->cap = cap;
    }
    a->sums[a->n_taken++] = sum;
    return 0;
}

/* Every thirteenth is rejected at once. */
static int aside_deliver(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    struct aside *a = self;
    int rc = 0;

    leat_stage_count(stage, "records that came", b->n_selected);
    LEAT_EACH_ROW(b, row) {
        uint64_t sum = sum_of(b, row);

        if (sum % 13 == 0)
            leat_batch_reject(b, row, -1, "thirteen", "its sum is a multiple of thirteen");
        else if (a->mode == BEFORE)
            answer(b, row, sum);
        else if (rc == 0)
            rc = take(a, sum, err);
    }
    return rc;
}

/* A batch that has come back. */
static int check(struct aside *a, struct leat_batch *b, struct leat_error *err)
{
    LEAT_EACH_ROW(b, row) {
        uint64_t sum = sum_of(b, row);

        if (a->n_settled >= a->n_taken || a->sums[a->n_settled] != sum)
            return leat_fail(err, LEAT_EPLUGIN, "record %lld comes back as another", (long long)a->n_settled);
        a->n_settled++;
        for (int i = 0; i < b->schema->n_fields; i++)
            if (b->schema->fields[i].data_class == LEAT_SECRET && !leat_is_null(&b->columns[i], row))
                return leat_fail(err, LEAT_EPLUGIN, "a secret comes back");
    }
    return 0;
}

static void answer_all(struct leat_batch *b)
{
    LEAT_EACH_ROW(b, row)
        answer(b, row, sum_of(b, row));
}

static int aside_settle(struct leat_stage *stage, void *self, struct leat_batch *b, struct leat_error *err)
{
    struct aside *a = self;
    int rc = check(a, b, err);

    leat_stage_count(stage, "came back", 1);
    if (a->die_at && a->n_settled >= a->die_at)
        (void)raise(SIGKILL);
    if (rc < 0 || a->mode == UNANSWERED)
        return rc;
    if (a->mode == NEWEST_FIRST && a->n_kept < MAX_KEPT)
        a->kept[a->n_kept++] = leat_batch_ref(b);
    else
        answer_all(b);
    return 0;
}

static enum leat_flow aside_poll(struct leat_stage *stage, void *self, bool dry, struct leat_error *err)
{
    struct aside *a = self;

    (void)dry;
    (void)err;
    if (a->mode == BEFORE || (a->mode == LOST && a->n_settled))
        return LEAT_END;
    if (a->polls++ < 3) { /* what takes its time elsewhere */
        leat_stage_wake_on(stage, -1, 1);
        return a->polls % 2 ? LEAT_MORE : LEAT_FULL;
    }
    if (a->n_settled < a->n_taken && a->n_kept < MAX_KEPT)
        return LEAT_SETTLE;
    while (a->n_kept) {
        struct leat_batch *b = a->kept[--a->n_kept];

        answer_all(b);
        leat_batch_unref(b);
    }
    if (a->n_settled < a->n_taken)
        return LEAT_MORE;
    return a->mode == TOO_MANY ? LEAT_SETTLE : LEAT_END;
}

static void aside_close(struct leat_stage *stage, void *self)
{
    struct aside *a = self;

    (void)stage;
    while (a->n_kept)
        leat_batch_unref(a->kept[--a->n_kept]);
    free(a->sums);
}

LEAT_LOAD(aside, .summary = "Answers when it has taken all records (a test)", .options = options, .traits = LEAT_LATE,
          .plan = aside_plan, .deliver = aside_deliver, .poll = aside_poll, .settle = aside_settle,
          .close = aside_close);
