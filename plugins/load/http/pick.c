/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which records go next. First those that have been put aside, in their order;
 * then those that came, in theirs. Records that share an alias are never on
 * their way together, and the first to come is the first to go.
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

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

static void find_aliases(struct http *h, struct record *record)
{
    const struct leat_batch *b = record->held->batch;

    for (int i = 0; i < h->n_aliases; i++) {
        int field = h->alias_fields[i];

        h->scratch.n = 0;
        leat_put_value(&h->scratch, LEAT_PUT_PLAIN, &b->schema->fields[field], &b->columns[field], record->row);
        record->aliases[i] = hash_text(h->scratch.p, h->scratch.n);
    }
}

/* One value in two fields is one alias too: a user's name may be another's address. */
static bool share(const struct http *h, const struct record *a, const struct record *b)
{
    for (int i = 0; i < h->n_aliases; i++)
        for (int j = 0; a->aliases[i] && j < h->n_aliases; j++)
            if (a->aliases[i] == b->aliases[j])
                return true;
    return false;
}

static bool shared_by(const struct http *h, const struct record *record, const struct record *others, int n)
{
    for (int i = 0; i < n; i++)
        if (share(h, record, &others[i]))
            return true;
    return false;
}

/* Whether another job, or `job` itself, has a record of the same alias. */
static bool is_busy(const struct http *h, const struct record *record)
{
    for (int64_t i = 0; h->n_aliases && i < h->concurrency; i++)
        if (shared_by(h, record, h->jobs[i].records, h->jobs[i].n))
            return true;
    return false;
}

/* ---- records that were put aside ---- */

int pick_later(struct http *h, const struct record *record, struct leat_error *err)
{
    if (h->todo_head && h->todo_head + h->n_todo == h->cap_todo) {
        memmove(h->todo, h->todo + h->todo_head, (size_t)h->n_todo * sizeof *h->todo);
        h->todo_head = 0;
    }
    if (h->todo_head + h->n_todo == h->cap_todo) {
        int cap = h->cap_todo * 2 + 64;
        struct record *grown = realloc(h->todo, (size_t)cap * sizeof *grown);

        if (!grown)
            return leat_fail(err, -ENOMEM, "out of memory");
        h->todo = grown;
        h->cap_todo = cap;
    }
    h->todo[h->todo_head + h->n_todo++] = *record;
    return 0;
}

static void take_out(struct http *h, int i)
{
    struct record *first = h->todo + h->todo_head;

    memmove(first + 1, first, (size_t)i * sizeof *first);
    h->todo_head++;
    h->n_todo--;
}

static void take_put_aside(struct http *h, struct job *job)
{
    int64_t now = leat_now_ms();

    for (int i = 0; i < h->n_todo && job->n < h->batch; i++) {
        const struct record *first = h->todo + h->todo_head, *record = &first[i];

        if (record->not_before_ms > now)
            continue;
        if (job->n && (job->records[0].alone || record->alone))
            continue;
        if (is_busy(h, record) || (h->n_aliases && shared_by(h, record, first, i)))
            continue;
        job->records[job->n++] = *record;
        take_out(h, i--);
    }
}

/* ---- records that have come ---- */

static struct record next_record(struct http *h)
{
    struct held *held = h->first;
    struct record record = { 0 };

    while (held->next == held->n_rows)
        held = held->following;
    record.held = held;
    record.row = held->rows[held->next++];
    record.maybe_sent = leat_row_in(held->batch->must_verify, record.row);
    record.update = leat_row_in(held->batch->updates, record.row);
    record.ask = record.alone = record.maybe_sent;
    h->n_waiting--;
    if (h->n_aliases)
        find_aliases(h, &record);
    return record;
}

/* What a crash has left unclear and nobody can be asked about. Where sending again does no harm, nothing is unclear. */
static bool stays_unknown(struct http *h, struct record *record)
{
    if (!record->ask || h->has_find)
        return false;
    record->ask = record->alone = false;
    if (h->repeatable)
        return false;
    leat_batch_answer(record->held->batch, record->row, LEAT_UNKNOWN, NULL, 0);
    run_answered(h, record);
    return true;
}

static int take_new(struct http *h, struct job *job, struct leat_error *err)
{
    int64_t most_aside = 4 * h->concurrency + h->batch + MOST_PUT_OFF;
    int rc = 0;

    while (rc == 0 && h->n_waiting && job->n < h->batch && h->n_todo < most_aside) {
        struct record record = next_record(h);

        if (stays_unknown(h, &record))
            continue;
        if ((job->n && (record.alone || job->records[0].alone)) || is_busy(h, &record) ||
            (h->n_aliases && shared_by(h, &record, h->todo + h->todo_head, h->n_todo)))
            rc = pick_later(h, &record, err);
        else
            job->records[job->n++] = record;
        if (job->n && job->records[0].alone)
            break;
    }
    return rc;
}

bool pick(struct http *h, struct job *job, struct leat_error *err)
{
    job->n = 0;
    job->again = false;
    if (h->n_todo)
        take_put_aside(h, job);
    if (job->n && job->records[0].alone)
        return true;
    if (job->n + h->n_waiting >= h->batch || h->flush || h->n_idle == h->concurrency)
        if (take_new(h, job, err) < 0)
            return false;
    return job->n > 0;
}
