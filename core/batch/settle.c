/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * How rows end: a stage marks their fates; after it the host takes them out of
 * the selection and into the account of the extracted batch.
 */
#include "batch/batch.h"

#include <assert.h>

#include "base/alloc.h"

void leat_batch_row_dropped(struct leat_batch *b, int32_t row, enum leat_verdict verdict)
{
    if (row < 0 || row >= b->n_rows || verdict <= LEAT_OPEN || verdict >= LEAT_N_VERDICTS) {
        b->error = LEAT_EPLUGIN;
        return;
    }
    if (b->host->fates[row] == LEAT_OPEN)
        b->host->n_ended++;
    if (verdict > b->host->fates[row])
        b->host->fates[row] = (uint8_t)verdict;
}

static void keep_answers(struct leat_batch *b, int32_t row, const struct leat_answer *answers, int n)
{
    struct leat_account *a = &leat_batch_origin(b)->host->account;
    int32_t origin_row = b->host->origin_rows ? b->host->origin_rows[row] : row;

    pthread_mutex_lock(&a->lock);
    if (b->host->has_ids)
        b->host->answered[row] = a->n_answers + 1;
    for (int i = 0; i < n; i++) {
        a->answers = leat_grow(a->answers, a->n_answers, &a->cap_answers, sizeof *a->answers);
        a->answers[a->n_answers++] = (struct leat_answered){
            .row = origin_row, .first = i == 0, .name = answers[i].name, .text = a->text.n, .n = answers[i].n};
        leat_text_add(&a->text, answers[i].text, answers[i].n);
    }
    pthread_mutex_unlock(&a->lock);
}

void leat_batch_row_answered(struct leat_batch *b, int32_t row, enum leat_verdict verdict,
                             const struct leat_answer *answers, int n_answers)
{
    if (n_answers > 0 && row >= 0 && row < b->n_rows)
        keep_answers(b, row, answers, n_answers);
    leat_batch_row_dropped(b, row, verdict);
}

void leat_batch_rest_answered(struct leat_batch *b, enum leat_verdict verdict)
{
    if (verdict <= LEAT_OPEN || verdict >= LEAT_N_VERDICTS)
        b->error = LEAT_EPLUGIN;
    else
        b->host->rest = (uint8_t)verdict;
}

void leat_batch_row_given_back(struct leat_batch *b, int32_t row)
{
    if (!b->host->given_back || row < 0 || row >= b->n_rows)
        return;
    leat_row_into(b->host->given_back, row);
    b->host->any_given_back = true;
}

void leat_batch_step(struct leat_batch *b, int32_t row, uint32_t step)
{
    if (!b->steps || row < 0 || row >= b->n_rows)
        return;
    b->steps[row] |= step;
    leat_row_into(b->host->stepped, row);
    b->host->any_stepped = true;
}

static void end_row(struct leat_account *a, int32_t origin_row, uint8_t verdict)
{
    if (verdict > a->verdicts[origin_row])
        a->verdicts[origin_row] = verdict;
    a->counts[verdict]++;
    a->n_open--;
}

/* Everything that is left ends the same way: what a load that succeeds does. */
static void settle_all(struct leat_batch *b, struct leat_account *a, uint8_t verdict)
{
    const int32_t *back = b->host->origin_rows;

    LEAT_EACH_ROW(b, row)
        end_row(a, back ? back[row] : row, verdict);
    b->n_selected = 0;
    b->selection = b->host->own_selection;
}

void leat_batch_settle(struct leat_batch *b)
{
    struct leat_batch_private *h = b->host;
    struct leat_account *a = &leat_batch_origin(b)->host->account;
    int32_t kept = 0;

    if (!h->n_ended && !h->rest)
        return;
    pthread_mutex_lock(&a->lock);
    if (!h->n_ended) {
        settle_all(b, a, h->rest);
    } else {
        LEAT_EACH_ROW(b, row) {
            uint8_t fate = h->fates[row] ? h->fates[row] : h->rest;

            if (fate)
                end_row(a, h->origin_rows ? h->origin_rows[row] : row, fate);
            else
                h->own_selection[kept++] = row; /* kept <= row_i, so the list may be its own source */
        }
        b->selection = h->own_selection;
        b->n_selected = kept;
    }
    pthread_mutex_unlock(&a->lock);
    if (h->n_ended)
        memset(h->fates, LEAT_OPEN, (size_t)b->n_rows);
    h->n_ended = 0;
    h->rest = LEAT_OPEN;
}

/* Children are open from the moment they are made, and their parents stay open
 * until all of them are: so an account is never complete too early. */
void leat_account_children(struct leat_batch *out)
{
    struct leat_account *a = &leat_batch_origin(out)->host->account;

    pthread_mutex_lock(&a->lock);
    a->n_open += out->n_rows;
    a->n_made += out->n_rows;
    pthread_mutex_unlock(&a->lock);
}

void leat_batch_settle_parents(struct leat_batch *in, const int32_t *children)
{
    struct leat_account *a = &leat_batch_origin(in)->host->account;
    int32_t replaced = 0; /* parents that live on in their children alone */

    LEAT_EACH_ROW(in, row) {
        if (children[row] && !in->host->fates[row])
            replaced++;
        else if (!in->host->fates[row])
            leat_batch_row_dropped(in, row, LEAT_FILTERED);
    }
    pthread_mutex_lock(&a->lock);
    a->n_made -= replaced;
    a->n_open -= replaced;
    pthread_mutex_unlock(&a->lock);
    leat_batch_settle(in);
}

const struct leat_batch *leat_batch_way_back(const struct leat_batch *b, int32_t row, int32_t *ret_row)
{
    *ret_row = b->host->origin_rows ? b->host->origin_rows[row] : row;
    return leat_batch_origin(b);
}

void leat_batch_align_to(struct leat_batch *out, struct leat_batch *in)
{
    leat_batch_settle(in); /* what the stage has already ended does not come along */
    out->n_rows = in->n_rows;
    out->n_selected = in->n_selected;
    out->selection = in->selection;
    out->host->origin_rows = in->host->origin_rows;
    out->host->base = leat_batch_reference(in);
    out->host->aligned = true;
}

void leat_batch_share_column(struct leat_batch *out, int field, const struct leat_batch *in, int in_field)
{
    out->columns[field] = in->columns[in_field];
}

void leat_batch_fill_column(struct leat_batch *out, int field, const struct leat_column *column)
{
    leat_store_copy(&out->host->stores[field], column, out->n_rows);
    out->columns[field] = out->host->stores[field].column;
}

bool leat_account_complete(struct leat_batch *origin)
{
    struct leat_account *a = &origin->host->account;
    bool complete;

    pthread_mutex_lock(&a->lock);
    assert(a->n_open >= 0);
    complete = a->n_open == 0;
    pthread_mutex_unlock(&a->lock);
    return complete;
}
