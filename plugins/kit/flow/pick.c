/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which records go next. First those that have been put aside, in their order;
 * then those that came, in theirs. Records that share an alias are never on
 * their way together, and the first to come is the first to go.
 */
#include "kit/flow/flow.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "kit/http/form.h"

enum { MOST_PUT_OFF = 500 };

/* ---- aliases ---- */

static uint64_t add_to_hash(uint64_t hash, uint32_t c)
{
    for (int i = 0; i < 4; i++, c >>= 8)
        hash = (hash ^ (c & 0xFF)) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

/* Of a text without regard to its case; 0 for an empty one. Two texts of one hash wait for each other for nothing. */
static uint64_t hash_text(const char *text, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t took = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &c);

        if (took <= 0)
            c = (unsigned char)text[i];
        hash = add_to_hash(hash, (uint32_t)utf8proc_tolower(c));
        i += took > 0 ? (size_t)took : 1;
    }
    return n ? hash | 1 : 0;
}

static void find_aliases(struct flow *f, struct flow_record *record)
{
    const struct leat_batch *b = record->held->batch;

    for (int i = 0; i < f->settings.n_aliases; i++) {
        int field = f->settings.aliases[i];

        f->scratch.n = 0;
        leat_put_value(&f->scratch, LEAT_PUT_PLAIN, &b->schema->fields[field], &b->columns[field], record->row);
        record->aliases[i] = hash_text(f->scratch.p, f->scratch.n);
    }
}

/* One value in two fields is one alias too: a user's name may be another's address. */
static bool share(const struct flow *f, const struct flow_record *a, const struct flow_record *b)
{
    for (int i = 0; i < f->settings.n_aliases; i++)
        for (int j = 0; a->aliases[i] && j < f->settings.n_aliases; j++)
            if (a->aliases[i] == b->aliases[j])
                return true;
    return false;
}

static bool shared_by(const struct flow *f, const struct flow_record *record, const struct flow_record *others, int n)
{
    for (int i = 0; i < n; i++)
        if (share(f, record, &others[i]))
            return true;
    return false;
}

/* Whether another job, or `job` itself, has a record of the same alias. */
static bool is_busy(const struct flow *f, const struct flow_record *record)
{
    for (int i = 0; f->settings.n_aliases && i < f->n_jobs; i++)
        if (shared_by(f, record, f->jobs[i].records, f->jobs[i].n))
            return true;
    return false;
}

/* ---- records that were put aside ---- */

int flow_put_aside(struct flow *f, const struct flow_record *record, struct leat_error *err)
{
    if (f->todo_head && f->todo_head + f->n_todo == f->cap_todo) {
        memmove(f->todo, f->todo + f->todo_head, (size_t)f->n_todo * sizeof *f->todo);
        f->todo_head = 0;
    }
    if (f->todo_head + f->n_todo == f->cap_todo) {
        int cap = f->cap_todo * 2 + 64;
        struct flow_record *grown = realloc(f->todo, (size_t)cap * sizeof *grown);

        if (!grown)
            return leat_fail(err, -ENOMEM, "out of memory");
        f->todo = grown;
        f->cap_todo = cap;
    }
    f->todo[f->todo_head + f->n_todo++] = *record;
    return 0;
}

static void take_out(struct flow *f, int i)
{
    struct flow_record *first = f->todo + f->todo_head;

    memmove(first + 1, first, (size_t)i * sizeof *first);
    f->todo_head++;
    f->n_todo--;
}

static void take_put_aside(struct flow *f, struct flow_job *job)
{
    int64_t now = leat_now_ms();

    for (int i = 0; i < f->n_todo && job->n < f->settings.batch; i++) {
        const struct flow_record *first = f->todo + f->todo_head, *record = &first[i];

        if (record->not_before_ms > now)
            continue;
        if (job->n && (job->records[0].alone || record->alone))
            continue;
        if (is_busy(f, record) || (f->settings.n_aliases && shared_by(f, record, first, i)))
            continue;
        job->records[job->n++] = *record;
        take_out(f, i--);
    }
}

/* ---- records that have come ---- */

static struct flow_record next_record(struct flow *f)
{
    struct flow_held *held = f->first;
    struct flow_record record = { 0 };

    while (held->next == held->n_rows)
        held = held->following;
    record.held = held;
    record.row = held->rows[held->next++];
    record.maybe_sent = leat_row_in(held->batch->must_verify, record.row);
    record.update = leat_row_in(held->batch->updates, record.row);
    record.ask = record.alone = record.maybe_sent;
    f->n_waiting--;
    record.repeatable = f->settings.repeatable;
    if (f->settings.n_aliases)
        find_aliases(f, &record);
    if (f->calls->begin)
        f->calls->begin(f->self, &record);
    return record;
}

/* What a crash has left unclear and nobody can be asked about. Where sending again does no harm, nothing is unclear. */
static bool stays_unknown(struct flow *f, struct flow_record *record)
{
    if (!record->ask || f->settings.has_find)
        return false;
    record->ask = record->alone = false;
    if (record->repeatable)
        return false;
    leat_batch_answer(record->held->batch, record->row, LEAT_UNKNOWN, NULL, 0);
    flow_answered(f, record);
    return true;
}

static int take_new(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    int64_t most_aside = 4 * f->n_jobs + f->settings.batch + MOST_PUT_OFF;
    int rc = 0;

    while (rc == 0 && f->n_waiting && job->n < f->settings.batch && f->n_todo < most_aside) {
        struct flow_record record = next_record(f);

        if (stays_unknown(f, &record))
            continue;
        if ((job->n && (record.alone || job->records[0].alone)) || is_busy(f, &record) ||
            (f->settings.n_aliases && shared_by(f, &record, f->todo + f->todo_head, f->n_todo)))
            rc = flow_put_aside(f, &record, err);
        else
            job->records[job->n++] = record;
        if (job->n && job->records[0].alone)
            break;
    }
    return rc;
}

bool flow_pick(struct flow *f, struct flow_job *job, struct leat_error *err)
{
    job->n = 0;
    job->again = false;
    if (f->n_todo)
        take_put_aside(f, job);
    if (job->n && job->records[0].alone)
        return true;
    if (job->n + f->n_waiting >= f->settings.batch || f->flush || f->n_idle == f->n_jobs)
        if (take_new(f, job, err) < 0)
            return false;
    return job->n > 0;
}
