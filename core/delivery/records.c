/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/records.h"

#include <stdlib.h>

#include "base/alloc.h"

const char *const leat_reject_columns[LEAT_N_REJECT_COLUMNS] = {"leat:stage",  "leat:field", "leat:code",
                                                                "leat:reason", "leat:key",   "leat:raw"};

bool leat_is_rejected_field(const struct leat_field *field)
{
    for (int i = 0; i < LEAT_N_REJECT_COLUMNS; i++)
        if (strcmp(field->name, leat_reject_columns[i]) == 0)
            return false;
    return field->data_class != LEAT_SECRET;
}

static void quote_json(struct leat_text_buffer *b)
{
    struct leat_text_buffer quoted = {0};

    leat_text_add_json(&quoted, b->p ? b->p : "", b->n);
    leat_text_deinit(b);
    *b = quoted;
}

/* Bad bytes as \xNN. */
static void put_escaped(struct leat_batch *out, int field, const char *text, size_t n)
{
    struct leat_text_buffer b = {0};
    size_t good;

    for (; n; text++, n--) {
        good = leat_utf8_valid(text, n);
        leat_text_add(&b, text, good);
        text += good;
        n -= good;
        if (!n)
            break;
        leat_text_printf(&b, "\\x%02x", (unsigned char)*text);
    }
    if (out->columns[field].type == LEAT_JSON) /* with such bytes it is no document: a text that shows it */
        quote_json(&b);
    leat_batch_put_text(out, field, b.p ? b.p : "", b.n);
    leat_text_deinit(&b);
}

static void put_bytes(struct leat_batch *out, int field, const char *text, size_t n)
{
    if (out->columns[field].type == LEAT_BYTES || leat_utf8_valid(text, n) == n)
        leat_batch_put_text(out, field, text, n);
    else
        put_escaped(out, field, text, n);
}

void leat_copy_value(struct leat_batch *out, int field, const struct leat_column *c, int32_t row)
{
    const char *text;
    size_t n;

    if (leat_is_null(c, row)) {
        leat_batch_null(out, field);
    } else if (c->offsets) {
        text = leat_text(c, row, &n);
        put_bytes(out, field, text, n);
    } else if (c->type == LEAT_BOOL) {
        leat_batch_put_bool(out, field, leat_bool(c, row));
    } else if (c->type == LEAT_FLOAT64) {
        leat_batch_put_float64(out, field, c->float64[row]);
    } else if (c->type == LEAT_DATE) {
        leat_batch_put_date(out, field, c->date[row]);
    } else {
        leat_batch_put_int64(out, field, c->int64[row]);
    }
}

static void put_string(struct leat_batch *out, int field, const char *text)
{
    if (text)
        put_bytes(out, field, text, strlen(text));
    else
        leat_batch_null(out, field);
}

static void put_key(struct leat_delivery *d, struct leat_batch *out, int field, struct leat_batch *origin, int32_t row)
{
    size_t n;
    const char *key = leat_record_key(origin, &d->key, row, &n);

    if (key)
        put_bytes(out, field, key, n);
    else
        leat_batch_null(out, field);
}

/* The bytes of what was no record; of one that is fed again from a reject file those that stood there. */
static void put_raw(struct leat_batch *out, int field, const struct leat_batch *origin, const struct leat_reject *reject)
{
    const struct leat_schema *schema = origin->schema;

    for (int i = 0; !reject->has_raw && i < schema->n_fields; i++)
        if (strcmp(schema->fields[i].name, "leat:raw") == 0 && schema->fields[i].type == LEAT_TEXT) {
            leat_copy_value(out, field, &origin->columns[i], reject->row);
            return;
        }
    if (reject->has_raw)
        put_bytes(out, field, origin->host->account.text.p + reject->raw, reject->n_raw);
    else
        leat_batch_null(out, field);
}

/* Columns in the order of the plan's reject schema: the source, then ours. */
static void put_reject(struct leat_delivery *d, struct leat_batch *out, struct leat_batch *origin,
                       const struct leat_reject *reject)
{
    const char *texts = origin->host->account.text.p;
    bool secret = false; /* the raw bytes may hold one */
    int field = 0;

    for (int i = 0; i < origin->schema->n_fields; i++) {
        const struct leat_field *f = &origin->schema->fields[i];

        if (leat_is_rejected_field(f))
            leat_copy_value(out, field++, &origin->columns[i], reject->row);
        else if (f->data_class == LEAT_SECRET)
            secret |= !reject->field || strcmp(reject->field, f->name) == 0;
    }
    put_string(out, field++, reject->stage);
    put_string(out, field++, reject->field);
    put_string(out, field++, reject->code);
    put_string(out, field++, texts + reject->reason);
    put_key(d, out, field++, origin, reject->row);
    if (secret)
        leat_batch_null(out, field);
    else
        put_raw(out, field, origin, reject);
    leat_batch_row_done(out);
}

/* Counts a row for the side. False: it has the row from before the run was stopped. */
static bool is_wanted(struct leat_side *side)
{
    side->n_rows++;
    if (!side->n_skip)
        return true;
    side->n_skip--;
    return false;
}

/* Hands the rows to the sink when there is no more room, and at the end. */
static int flush(const struct leat_side *side, struct leat_batch **out, bool last, struct leat_error *err)
{
    int rc;

    if (!*out || (!last && leat_batch_has_room(*out)))
        return 0;
    rc = leat_batch_finish(*out, err);
    if (rc == 0)
        rc = side->sink(side->context, *out, err);
    leat_batch_release(*out);
    *out = NULL;
    return rc;
}

static int by_row(const void *a, const void *b)
{
    const struct leat_reject *x = a, *y = b;

    return x->row < y->row ? -1 : x->row > y->row;
}

int leat_write_rejects(struct leat_delivery *d, struct leat_batch *origin, struct leat_error *err)
{
    struct leat_account *a = &origin->host->account;
    struct leat_batch *out = NULL;
    int rc = 0;

    if (!d->rejects.sink || !a->n_rejects)
        return 0;
    qsort(a->rejects, (size_t)a->n_rejects, sizeof *a->rejects, by_row);
    for (int i = 0; i < a->n_rejects && rc == 0; i++) {
        if (i && a->rejects[i].row == a->rejects[i - 1].row)
            continue; /* one row a record, so that it can be repaired and fed again: the first reason */
        if (!is_wanted(&d->rejects))
            continue;
        if (!out)
            out = leat_pool_get(d->rejects.pool);
        put_reject(d, out, origin, &a->rejects[i]);
        rc = flush(&d->rejects, &out, false, err);
    }
    return rc < 0 ? rc : flush(&d->rejects, &out, true, err);
}

static int answer_by_row(const void *a, const void *b)
{
    const struct leat_answered *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text; /* as they came */
}

/* The answers of a record as one JSON document, or null. `next` is the first
 * answer of this row or a later one. */
static void put_answers(struct leat_batch *out, int field, const struct leat_account *a, int32_t row, int *next)
{
    struct leat_text_buffer json = {0};

    while (*next < a->n_answers && a->answers[*next].row < row) /* of rows that are not wanted again */
        (*next)++;
    for (; *next < a->n_answers && a->answers[*next].row == row; (*next)++) {
        const struct leat_answered *answer = &a->answers[*next];

        leat_text_add_string(&json, json.n ? "," : "{");
        leat_text_add_json(&json, answer->name, strlen(answer->name));
        leat_text_add_string(&json, ":");
        leat_text_add_json(&json, a->text.p + answer->text, answer->n);
    }
    if (json.n)
        leat_text_add_string(&json, "}");
    if (json.n)
        leat_batch_put_text(out, field, json.p, json.n);
    else
        leat_batch_null(out, field);
    leat_text_deinit(&json);
}

int leat_write_results(struct leat_delivery *d, struct leat_batch *origin, struct leat_error *err)
{
    struct leat_account *a = &origin->host->account;
    struct leat_batch *out = NULL;
    int rc = 0, answer = 0;

    if (!d->results.sink)
        return 0;
    if (a->n_answers)
        qsort(a->answers, (size_t)a->n_answers, sizeof *a->answers, answer_by_row);
    for (int32_t row = 0; row < origin->n_rows && rc == 0; row++) {
        if (!is_wanted(&d->results))
            continue;
        if (!out)
            out = leat_pool_get(d->results.pool);
        put_key(d, out, 0, origin, row);
        put_string(out, 1, leat_verdict_name((enum leat_verdict)a->verdicts[row]));
        put_answers(out, 2, a, row, &answer);
        leat_batch_row_done(out);
        rc = flush(&d->results, &out, false, err);
    }
    return rc < 0 ? rc : flush(&d->results, &out, true, err);
}
