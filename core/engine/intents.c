/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Between the host and a load that answers late: what stands for each record, and,
 * where its calls cannot be repeated, the ledger.
 *
 *     deliver    ids; the ledger is asked: done rows are answered here, the others
 *                get their intent; one transaction, with the outcomes of before
 *     answered   the outcome is noted, and written with the next intents, after
 *                64 of them or 20 ms, and with each checkpoint
 *
 * All in the load's thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/run.h"

enum { FLUSH_ROWS = 64, FLUSH_US = 20000 };

static bool has_ledger(const struct leat_run *run)
{
    return run->options.state && leat_plan_load(run->plan)->ledger;
}

int leat_intents_open(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;
    int rc;

    if (!run->options.state || !(leat_plan_load(run->plan)->plugin->traits & LEAT_LATE))
        return 0;
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
    leat_text_deinit(&run->intents.payload);
    run->intents = (struct leat_intents){0};
}

/* ---- ids ---- */

static void need_room(struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;
    size_t rows = (size_t)h->pool->cap_rows;

    if (h->ids)
        return;
    h->ids = leat_alloc_array(rows, sizeof *h->ids);
    h->payloads = leat_alloc_array(rows, sizeof *h->payloads);
    h->steps = leat_alloc_array(rows, sizeof *h->steps);
    h->verify = leat_alloc(rows / 8 + 1);
}

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
    need_room(b);
    LEAT_EACH_ROW(b, row)
        if (rc == 0)
            rc = identify_row(run, b, row, err);
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

/* What is sent of a row: all that the load gets of it. */
static uint64_t payload_of(struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    struct leat_text_buffer *bytes = &run->intents.payload;
    char room[64];
    uint64_t seed;

    bytes->n = 0;
    for (int i = 0; i < b->schema->n_fields; i++) {
        const char *text;
        size_t n = leat_value_text(&b->schema->fields[i], &b->columns[i], row, room, &text);

        leat_text_add(bytes, text ? "1" : "0", 1);
        leat_text_add(bytes, (const char *)&n, sizeof n);
        if (text)
            leat_text_add(bytes, text, n);
    }
    memcpy(&seed, run->options.state->key, sizeof seed);
    return leat_hash_bytes(bytes->p ? bytes->p : "", bytes->n, seed).low;
}

static struct leat_ledger_row intent_of(const struct leat_run *run, const struct leat_batch *b, int32_t row)
{
    return (struct leat_ledger_row){.id = b->host->ids[row], .run = run->work, .attempt = run->options.state->run,
                                    .payload = b->host->payloads[row], .steps = b->host->steps[row]};
}

/* Another process, or another run before this one, has done it. True: nothing is left to do. */
static bool answer_done(struct leat_run *run, struct leat_batch *b, int32_t row, const struct leat_ledger_row *was)
{
    if (was->payload == b->host->payloads[row])
        leat_batch_row_answered(b, row, was->run == run->work ? LEAT_LOADED : LEAT_ALREADY_THERE, NULL, 0);
    else if (leat_plan_extract(run->plan)->incremental)
        return false; /* changed records are what it is for */
    else
        leat_batch_row_answered(b, row, LEAT_CONFLICT, NULL, 0);
    return true;
}

static int note_seen(struct leat_run *run, const struct leat_ledger_row *was, struct leat_error *err)
{
    struct leat_ledger_row now = *was;

    now.attempt = run->options.state->run;
    return leat_ledger_put(&run->intents.ledger, &now, was, err);
}

static int intend_row(struct leat_run *run, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    struct leat_ledger *ledger = &run->intents.ledger;
    struct leat_ledger_row was, now;
    int found = leat_ledger_find(ledger, &b->host->ids[row], &was, err);

    b->host->steps[row] = 0;
    b->host->payloads[row] = payload_of(run, b, row);
    if (found < 0)
        return found;
    if (found && was.attempt == run->options.state->run) {
        leat_batch_row_rejected(b, row, -1, "duplicate_key", "another record of this run has the same key");
        return 0;
    }
    if (found && was.done && answer_done(run, b, row, &was))
        return note_seen(run, &was, err);
    if (found && !was.done) {
        b->host->verify[row >> 3] |= (uint8_t)(1 << (row & 7));
        b->must_verify = b->host->verify;
        b->host->steps[row] = was.steps;
    }
    now = intent_of(run, b, row);
    return leat_ledger_put(ledger, &now, found ? &was : NULL, err);
}

static int write_outcomes(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;
    int rc = 0;

    for (int i = 0; i < in->n && rc == 0; i++) {
        struct leat_ledger_row was = in->outcomes[i], now = was;

        was.done = false;
        rc = now.done ? leat_ledger_put(&in->ledger, &now, &was, err) : leat_ledger_drop(&in->ledger, &was, err);
    }
    in->n = 0;
    return rc;
}

int leat_intents_write(struct leat_run *run, struct leat_error *err)
{
    return has_ledger(run) && run->intents.n ? write_outcomes(run, err) : 0;
}

static int intend(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    int rc = write_outcomes(run, err);

    b->steps = b->host->steps;
    memset(b->host->verify, 0, (size_t)b->n_rows / 8 + 1);
    LEAT_EACH_ROW(b, row)
        if (rc == 0 && !b->host->fates[row])
            rc = intend_row(run, b, row, err);
    return rc;
}

static int in_transaction(struct leat_run *run, struct leat_batch *b, struct leat_error *err)
{
    struct leat_state *state = run->options.state;
    int rc = leat_state_begin(state, err);

    if (rc < 0)
        return rc;
    rc = b ? intend(run, b, err) : write_outcomes(run, err);
    if (rc == 0)
        rc = leat_state_commit(state, err);
    if (rc < 0)
        leat_state_rollback(state);
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

static void note(struct leat_run *run, const struct leat_batch *b, int32_t row, uint8_t verdict)
{
    struct leat_intents *in = &run->intents;

    if (verdict != LEAT_LOADED && verdict != LEAT_ALREADY_THERE && verdict != LEAT_REJECTED)
        return; /* a conflict or unknown: the intent stays, to be looked at again by the next run */
    if (!in->n)
        in->oldest_us = leat_report_now();
    in->outcomes = leat_grow(in->outcomes, in->n, &in->cap, sizeof *in->outcomes);
    in->outcomes[in->n] = intent_of(run, b, row);
    in->outcomes[in->n++].done = verdict != LEAT_REJECTED;
}

void leat_intents_note(struct leat_run *run, const struct leat_batch *b)
{
    if (!has_ledger(run) || !b->host->has_ids || (!b->host->n_ended && !b->host->rest))
        return;
    LEAT_EACH_ROW(b, row) {
        uint8_t verdict = b->host->fates[row] ? b->host->fates[row] : b->host->rest;

        if (verdict)
            note(run, b, row, verdict);
    }
}

int leat_intents_flush(struct leat_run *run, struct leat_error *err)
{
    struct leat_intents *in = &run->intents;

    if (!in->n || (in->n < FLUSH_ROWS && leat_report_now() - in->oldest_us < FLUSH_US))
        return 0;
    return in_transaction(run, NULL, err);
}
