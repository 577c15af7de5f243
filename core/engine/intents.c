/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Between the host and a load that answers late: what stands for each record, and,
 * where its calls cannot be repeated, the ledger.
 *
 *     deliver    ids; the ledger is asked: done rows are answered here, the others
 *                get their intent; one transaction, with the outcomes of before
 *     answered   the outcome is noted, and written with the next intents, after
 *                64 of them or 5 ms, with each checkpoint, and when the run ends
 *     given back never sent: the intent is taken back
 *
 * All in the load's thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "engine/run.h"

enum { FLUSH_ROWS = 64, FLUSH_US = 5000, SHARE = 4 /* of the time, that a slow disk may take */ };

static bool has_ledger(const struct leat_run *run)
{
    return run->options.state && leat_plan_load(run->plan)->ledger;
}

static bool is_left_out(const struct leat_plan *load, const char *field)
{
    for (int i = 0; i < load->n_left_out; i++)
        if (strcmp(load->left_out[i].field, field) == 0)
            return true;
    return false;
}

/* All that the load gets and does not leave out. */
static void find_sent(struct leat_intents *in, const struct leat_plan *load)
{
    in->sent = leat_alloc_array((size_t)load->in.n_fields + 1, sizeof *in->sent);
    for (int i = 0; i < load->in.n_fields; i++)
        if (!is_left_out(load, load->in.fields[i].name))
            in->sent[in->n_sent++] = i;
}

int leat_intents_open(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;
    int rc;

    if (!run->options.state || !(leat_plan_load(run->plan)->plugin->traits & LEAT_LATE))
        return 0;
    find_sent(in, leat_plan_load(run->plan));
    rc = leat_record_ids_open(&in->ids, run->options.state, err);
    if (rc == 0 && has_ledger(run))
        rc = leat_ledger_open(&in->ledger, run->options.state, err);
    return rc;
}

void leat_intents_close(struct leat_run *run)
{
    leat_record_ids_close(&run->intents.ids);
    leat_ledger_close(&run->intents.ledger);
    free(run->intents.outcomes);
    free(run->intents.known_names);
    leat_arena_deinit(&run->intents.names);
    leat_text_deinit(&run->intents.answers);
    free(run->intents.sent);
    leat_text_deinit(&run->intents.payload);
    run->intents = (struct leat_intents){0};
}

/* ---- ids ---- */

/* Which of the records made of one this is, counted from 1; 0 where nothing was made. Records come in the same order
 * in every run. */
static int32_t ordinal_of(struct leat_batch *b, int32_t row)
{
    struct leat_batch *origin = leat_batch_origin(b);
    struct leat_account *a = &origin->host->account;

    if (!b->host->origin_rows)
        return 0;
    if (!a->ordinals)
        a->ordinals = leat_alloc_array((size_t)origin->host->pool->cap_rows, sizeof *a->ordinals);
    if (!a->has_ordinals)
        memset(a->ordinals, 0, (size_t)origin->n_rows * sizeof *a->ordinals);
    a->has_ordinals = true;
    return ++a->ordinals[b->host->origin_rows[row]];
}

static int identify_row(struct leat_run *run, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    int32_t origin_row, ordinal = ordinal_of(b, row);
    const struct leat_batch *origin = leat_batch_way_back(b, row, &origin_row);
    size_t n = 0;
    const char *key = leat_record_key(origin, &run->delivery.key, origin_row, &n);

    memset(&b->host->ids[row], 0, sizeof b->host->ids[row]);
    if (key)
        return leat_record_id(&run->intents.ids, key, n, ordinal, &b->host->ids[row], err);
    if (has_ledger(run))
        leat_batch_row_rejected(b, row, -1, "null_key", "the record has no key, and without one nobody could tell "
                                "whether it was loaded before");
    return 0;
}

static int identify(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    int rc = 0;

    if (!run->intents.ids.mac)
        return 0;
    leat_batch_ledger_room(b);
    LEAT_EACH_ROW(b, row)
        if (rc == 0)
            rc = identify_row(run, b, row, err);
    memset(b->host->answered, 0, (size_t)b->n_rows * sizeof *b->host->answered);
    b->host->has_ids = true;
    return rc;
}

bool leat_intents_id(const struct leat_batch *b, int32_t row, struct leat_record_id *ret)
{
    static const struct leat_record_id none;

    if (!b->host->has_ids)
        return false;
    *ret = b->host->ids[row];
    return memcmp(ret, &none, sizeof none) != 0;
}

/* ---- the ledger ---- */

/* What is sent of a row. */
static uint64_t payload_of(struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    struct leat_text_buffer *bytes = &run->intents.payload;
    char room[64];
    uint64_t seed;

    bytes->n = 0;
    for (int i = 0; i < run->intents.n_sent; i++) {
        int f = run->intents.sent[i];
        const char *text;
        size_t n = leat_value_text(&b->schema->fields[f], &b->columns[f], row, room, &text);

        leat_text_add(bytes, text ? "1" : "0", 1);
        leat_text_add(bytes, (const char *)&n, sizeof n);
        if (text)
            leat_text_add(bytes, text, n);
    }
    memcpy(&seed, run->options.state->key, sizeof seed);
    return leat_hash_bytes(bytes->p ? bytes->p : "", bytes->n, seed).low;
}

/* Its number among all that this run's work reads, from 0. */
static int64_t record_of(const struct leat_batch *b, int32_t row)
{
    int32_t origin_row;
    const struct leat_batch *origin = leat_batch_way_back(b, row, &origin_row);

    return origin->host->n_before + origin_row;
}

static struct leat_ledger_row intent_of(const struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    return (struct leat_ledger_row){.id = b->host->ids[row], .before = leat_row_in(b->host->updates, row), .run = run->work,
                                    .attempt = run->options.state->run, .record = record_of(b, row),
                                    .payload = b->host->payloads[row], .steps = b->host->steps[row]};
}

/* Whether this run's work has come upon the key with another record: in this process, or in one before it and behind
 * which this one goes on. What lies behind that point is read again, and is the same record. Of an extract in
 * partitions each process numbers the records anew, and only its own numbers say anything. */
static bool is_second(const struct leat_run *run, const struct leat_ledger_row *was)
{
    if (was->attempt == run->options.state->run)
        return true;
    return leat_plan_extract(run->plan)->partitions <= 1 && was->attempt >= run->work &&
           was->record < run->resume.n_read;
}

/* ---- what the target has answered, where results are wanted: NAME NUL TEXT NUL, as often as there are answers ---- */

enum { MOST_ANSWERS = 16 };

/* Into in->answers. */
static void keep_answers(struct leat_intents *in, const struct leat_batch *b, int32_t row, struct leat_outcome *ret)
{
    struct leat_account *a = &leat_batch_origin(b)->host->account;
    int i = b->host->answered[row] - 1;

    ret->answer = in->answers.n;
    pthread_mutex_lock(&a->lock);
    for (bool first = true; i >= 0 && i < a->n_answers && (first || !a->answers[i].first); i++, first = false) {
        if (memchr(a->text.p + a->answers[i].text, '\0', a->answers[i].n))
            continue; /* it would come back as two */
        leat_text_add(&in->answers, a->answers[i].name, strlen(a->answers[i].name) + 1);
        leat_text_add(&in->answers, a->text.p + a->answers[i].text, a->answers[i].n);
        leat_text_add(&in->answers, "", 1);
    }
    pthread_mutex_unlock(&a->lock);
    ret->n_answer = in->answers.n - ret->answer;
}

/* A name that lives as long as the run. */
static const char *known_name(struct leat_intents *in, const char *name)
{
    for (int i = 0; i < in->n_names; i++)
        if (strcmp(in->known_names[i], name) == 0)
            return in->known_names[i];
    in->known_names = leat_grow(in->known_names, in->n_names, &in->cap_names, sizeof *in->known_names);
    return in->known_names[in->n_names++] = leat_arena_strdup(&in->names, name);
}

static int read_answers(struct leat_intents *in, const struct leat_record_id *id, struct leat_answer ret[MOST_ANSWERS],
                        struct leat_error *err)
{
    int n = 0, rc = leat_ledger_find_answer(&in->ledger, id, err);
    const char *p = in->ledger.answer.p, *end = p + in->ledger.answer.n;

    while (rc == 0 && p < end && n < MOST_ANSWERS) {
        const char *name = p, *text = name + strlen(name) + 1;

        ret[n++] = (struct leat_answer){.name = known_name(in, name), .text = text, .n = strlen(text)};
        p = text + strlen(text) + 1;
    }
    return rc < 0 ? rc : n;
}

/* Another process, or another run before this one, has done it. 1: nothing is left to do; 0: there is. */
static int answer_done(struct leat_run *run, struct leat_batch *b, int32_t row, const struct leat_ledger_row *was,
                       struct leat_error *err)
{
    enum leat_verdict verdict = was->run == run->work && !was->there ? LEAT_LOADED : LEAT_ALREADY_THERE;
    struct leat_answer answers[MOST_ANSWERS];
    int n = 0;

    if (was->payload != b->host->payloads[row]) {
        if (leat_plan_extract(run->plan)->incremental)
            return 0; /* changed records are what it is for */
        verdict = LEAT_CONFLICT;
    } else if (run->results) {
        n = read_answers(&run->intents, &was->id, answers, err);
    }
    if (n < 0)
        return n;
    leat_batch_row_answered(b, row, verdict, answers, n);
    return 1;
}

static int note_seen(struct leat_run *run, const struct leat_batch *b, int32_t row, const struct leat_ledger_row *was,
                     struct leat_error *err)
{
    struct leat_ledger_row now = *was;

    now.attempt = run->options.state->run;
    now.record = record_of(b, row);
    return leat_ledger_put(&run->intents.ledger, &now, was, err);
}

/* A call that may have been made is asked for. But what there is to be found of a record that was loaded before tells
 * nothing of whether the change has come through: it is sent again, as often as it takes. */
static void mark_row(struct leat_run *run, struct leat_batch *b, int32_t row, const struct leat_ledger_row *was)
{
    bool changed = was->payload != b->host->payloads[row];

    if (was->done || was->before || (changed && leat_plan_extract(run->plan)->incremental)) {
        leat_row_into(b->host->updates, row);
        b->updates = b->host->updates;
    } else {
        leat_row_into(b->host->verify, row);
        b->must_verify = b->host->verify;
    }
    b->host->steps[row] = was->done || changed ? 0 : was->steps; /* they were another record's */
}

static int intend_row(struct leat_run *run, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    struct leat_ledger *ledger = &run->intents.ledger;
    struct leat_ledger_row was, now;
    int found = leat_ledger_find(ledger, &b->host->ids[row], &was, err), done;

    b->host->steps[row] = 0;
    b->host->payloads[row] = payload_of(run, b, row);
    if (found < 0)
        return found;
    if (found && is_second(run, &was)) {
        leat_batch_row_rejected(b, row, -1, "duplicate_key", "another record of this run has the same key");
        return 0;
    }
    done = found && was.done ? answer_done(run, b, row, &was, err) : 0;
    if (done)
        return done < 0 ? done : note_seen(run, b, row, &was, err);
    if (found)
        mark_row(run, b, row, &was);
    now = intent_of(run, b, row);
    return leat_ledger_put(ledger, &now, found ? &was : NULL, err);
}

static int write_outcome(struct leat_intents *in, const struct leat_outcome *outcome, struct leat_error *err)
{
    const struct leat_ledger_row *now = &outcome->row;
    struct leat_ledger_row was;
    int rc = leat_ledger_find(&in->ledger, &now->id, &was, err);

    if (rc <= 0)
        return rc;
    if (outcome->is_part) {
        struct leat_ledger_row part = was;

        part.steps = now->steps;
        return was.done ? 0 : leat_ledger_put(&in->ledger, &part, &was, err);
    }
    if (!now->done)
        return leat_ledger_drop(&in->ledger, &was, err);
    rc = leat_ledger_put(&in->ledger, now, &was, err);
    if (rc == 0 && outcome->n_answer)
        rc = leat_ledger_put_answer(&in->ledger, &now->id, in->answers.p + outcome->answer, outcome->n_answer, err);
    return rc;
}

static int write_outcomes(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;
    int rc = 0;

    for (int i = 0; i < in->n && rc == 0; i++)
        rc = write_outcome(in, &in->outcomes[i], err);
    in->n = 0;
    in->answers.n = 0;
    return rc;
}

int leat_intents_write(struct leat_run *run, struct leat_error *err)
{
    return run->intents.n ? write_outcomes(run, err) : 0;
}

static int intend(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    int rc = write_outcomes(run, err);

    b->steps = b->host->steps;
    memset(b->host->verify, 0, (size_t)b->n_rows / 8 + 1);
    memset(b->host->updates, 0, (size_t)b->n_rows / 8 + 1);
    memset(b->host->given_back, 0, (size_t)b->n_rows / 8 + 1);
    memset(b->host->stepped, 0, (size_t)b->n_rows / 8 + 1);
    LEAT_EACH_ROW(b, row)
        if (rc == 0 && !b->host->fates[row])
            rc = intend_row(run, b, row, err);
    return rc;
}

static int in_transaction(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int64_t began_us = leat_clock_us();
    int rc = leat_state_begin(state, err);

    if (rc < 0)
        return rc;
    rc = b ? intend(run, b, err) : write_outcomes(run, err);
    if (rc == 0)
        rc = leat_state_commit(state, err);
    if (rc < 0)
        leat_state_rollback(state);
    run->intents.write_us = leat_clock_us() - began_us;
    return rc;
}

int leat_intents_begin(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    int rc = identify(run, b, err);

    if (rc == 0 && has_ledger(run))
        rc = in_transaction(run, b, err);
    leat_batch_settle(b);
    return rc;
}

/* ---- outcomes ---- */

static struct leat_outcome *new_outcome(struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    struct leat_intents *in = &run->intents;

    if (!in->n)
        in->oldest_us = leat_clock_us();
    in->outcomes = leat_grow(in->outcomes, in->n, &in->cap, sizeof *in->outcomes);
    in->outcomes[in->n] = (struct leat_outcome){.row = intent_of(run, b, row)};
    return &in->outcomes[in->n++];
}

/* Done, or an intent that is taken back: nothing of ours has come of it. */
static void note(struct leat_run *run, const struct leat_batch *b, int32_t row, bool done, bool there)
{
    struct leat_outcome *outcome = new_outcome(run, b, row);

    outcome->row.before = false;
    outcome->row.there = there;
    outcome->row.done = done;
    if (done && run->results && b->host->answered[row])
        keep_answers(&run->intents, b, row, outcome);
}

/* An update that is refused may be tried again by the next run; what is unknown is to be looked at again. */
static void note_verdict(struct leat_run *run, const struct leat_batch *b, int32_t row, uint8_t verdict)
{
    bool done = verdict == LEAT_LOADED || verdict == LEAT_ALREADY_THERE;

    if (done || (verdict != LEAT_UNKNOWN && !leat_row_in(b->host->updates, row)))
        note(run, b, row, done, verdict == LEAT_ALREADY_THERE);
}

/* Of what may have been sent in a run before this one the intent stays. */
static void note_given_back(struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    if (leat_row_in(b->host->given_back, row) && !leat_row_in(b->host->verify, row) && !leat_row_in(b->host->updates, row))
        note(run, b, row, false, false);
}

/* Of a record in several calls some are made. */
static void note_step(struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    if (!leat_row_in(b->host->stepped, row))
        return;
    leat_row_out_of(b->host->stepped, row);
    new_outcome(run, b, row)->is_part = true;
}

void leat_intents_note(struct leat_run *run, const struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;

    if (!has_ledger(run) || !h->has_ids || (!h->n_ended && !h->rest && !h->any_given_back && !h->any_stepped))
        return;
    h->any_stepped = false;
    LEAT_EACH_ROW(b, row) {
        uint8_t verdict = b->host->fates[row] ? b->host->fates[row] : b->host->rest;

        if (verdict) {
            note_verdict(run, b, row, verdict);
        } else {
            note_given_back(run, b, row);
            note_step(run, b, row); /* what was begun is not given back */
        }
    }
}

/* A load that answers only at the end is given all of its records again by a run that goes on, or it could not tell
 * which of them were in what it has begun: so all of its outcomes are known, or none. They stand in one transaction,
 * which the last checkpoint ends. */
static bool is_whole(const struct leat_run *run)
{
    return run->asides.settling;
}

static int add_to_whole(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;
    int rc = in->whole ? 0 : leat_state_begin(run->options.state, err);

    in->whole = rc == 0;
    return rc < 0 ? rc : leat_intents_write(run, err);
}

int leat_intents_finish(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;

    if (in->whole)
        leat_state_rollback(run->options.state);
    in->whole = false;
    return in->n && !is_whole(run) ? in_transaction(run, NULL, err) : 0;
}

int leat_intents_flush(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;
    int64_t patience_us = in->write_us * SHARE > FLUSH_US ? in->write_us * SHARE : FLUSH_US;

    if (!in->n || (in->n < FLUSH_ROWS && leat_clock_us() - in->oldest_us < patience_us))
        return 0;
    return is_whole(run) ? add_to_whole(run, err) : in_transaction(run, NULL, err);
}
