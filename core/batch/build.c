/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Building a batch row by row: the slow paths of the inline functions in
 * leat/batch.h, and the checks once the plugin has returned.
 */
#include "batch/batch.h"

#include <assert.h>
#include <inttypes.h>

#include "base/alloc.h"

/* The column in the batch and in its store are the same while it is built. */
static struct leat_store *store_of(struct leat_batch *b, int field)
{
    b->host->stores[field].column = b->columns[field];
    return &b->host->stores[field];
}

bool leat_batch_grow(struct leat_batch *b, int field, size_t n)
{
    struct leat_store *store = store_of(b, field);

    if (n > (size_t)b->max_record || !leat_store_reserve(store, n)) {
        b->host->row_too_large = true;
        return false;
    }
    b->columns[field] = store->column;
    return true;
}

void leat_batch_null(struct leat_batch *b, int field)
{
    struct leat_store *store = store_of(b, field);

    if (store->column.n_rows != b->n_rows) {
        b->error = LEAT_EPLUGIN;
        return;
    }
    leat_store_put_null(store);
    b->columns[field] = store->column;
    b->n_put++;
}

/* Fills what was not put with nulls; takes back what was put beyond the row. */
static void complete_row(struct leat_batch *b)
{
    for (int i = 0; i < b->schema->n_fields; i++) {
        if (b->columns[i].n_rows == b->n_rows)
            leat_batch_null(b, i);
        else if (b->columns[i].n_rows != b->n_rows + 1)
            b->error = LEAT_EPLUGIN;
    }
}

static int64_t row_bytes(const struct leat_batch *b)
{
    int64_t n = 0;

    for (int i = 0; i < b->schema->n_fields; i++) {
        const struct leat_column *c = &b->columns[i];

        if (c->offsets && c->n_rows == b->n_rows + 1)
            n += c->offsets[c->n_rows] - c->offsets[c->n_rows - 1];
    }
    return n;
}

static void too_large(struct leat_batch *b)
{
    char reason[96];

    b->host->row_too_large = false;
    (void)snprintf(reason, sizeof reason, "has more than %" PRId64 " bytes (see max_record)", b->max_record);
    leat_batch_record_rejected(b, -1, "record_too_large", reason, NULL, 0);
}

static void undo_value(struct leat_batch *b, struct leat_column *c)
{
    int32_t row = b->n_rows;

    if (c->n_rows == row)
        return;
    if (c->offsets)
        b->n_bytes -= c->offsets[row + 1] - c->offsets[row];
    if (c->validity)
        leat_row_into(c->validity, row);
    c->n_rows = row;
}

void leat_batch_undo_row(struct leat_batch *b)
{
    for (int i = 0; i < b->schema->n_fields && b->n_put; i++)
        undo_value(b, &b->columns[i]);
    b->n_put = 0;
    b->host->row_too_large = false;
}

void leat_batch_row_done(struct leat_batch *b)
{
    if (b->n_rows >= b->cap_rows) { /* a plugin that does not ask for room */
        leat_batch_undo_row(b);
        b->error = LEAT_EPLUGIN;
        return;
    }
    if (b->n_put != b->schema->n_fields)
        complete_row(b);
    if (b->host->row_too_large || (b->n_bytes > b->max_record && row_bytes(b) > b->max_record)) {
        too_large(b);
        return;
    }
    b->n_rows++;
    b->n_put = 0;
}

void leat_batch_row_done_from(struct leat_batch *out, int32_t in_row)
{
    struct leat_batch_private *h = out->host;

    if (!h->own_origin_rows)
        h->own_origin_rows = leat_alloc_array((size_t)h->pool->cap_rows + 1, sizeof *h->own_origin_rows);
    h->own_origin_rows[out->n_rows] = in_row; /* made to point to the origin in finish_made */
    h->origin_rows = h->own_origin_rows;
    leat_batch_row_done(out);
}

static void account_open(struct leat_batch *b)
{
    struct leat_account *a = &b->host->account;

    leat_batch_account_room(b);
    memset(a->verdicts, LEAT_OPEN, (size_t)b->n_rows);
    a->n_open = b->n_rows;
}

static size_t keep_text(struct leat_account *a, const char *text, size_t n)
{
    size_t at = a->text.n;

    leat_text_add(&a->text, text, n);
    leat_text_add(&a->text, "", 1);
    return at;
}

static void keep_reject(struct leat_batch *origin, struct leat_reject reject, const char *reason, const char *raw)
{
    struct leat_account *a = &origin->host->account;

    pthread_mutex_lock(&a->lock);
    reject.reason = keep_text(a, reason, strlen(reason));
    if (reject.has_raw)
        reject.raw = keep_text(a, raw, reject.n_raw);
    a->rejects = leat_grow(a->rejects, a->n_rejects, &a->cap_rejects, sizeof *a->rejects);
    a->rejects[a->n_rejects++] = reject;
    pthread_mutex_unlock(&a->lock);
}

/* The source record of the row that is being written. */
static int32_t source_row(const struct leat_batch *b)
{
    const struct leat_batch *parent = b->host->parent;
    int32_t row;

    if (!parent)
        return b->n_rows;
    row = b->host->own_origin_rows[b->n_rows];
    return parent->host->origin_rows ? parent->host->origin_rows[row] : row;
}

void leat_batch_record_rejected(struct leat_batch *b, int field, const char *code, const char *reason,
                                const char *raw, size_t n)
{
    struct leat_reject reject = {.stage = b->host->stage, .code = code, .n_raw = n, .has_raw = raw != NULL,
                                 .field = field >= 0 ? b->schema->fields[field].name : NULL};

    if (b->n_rows >= b->cap_rows || (b->host->parent && !b->host->own_origin_rows)) {
        b->error = LEAT_EPLUGIN;
        return;
    }
    reject.row = source_row(b);
    keep_reject(leat_batch_origin(b), reject, reason, raw);
    b->host->fates[b->n_rows] = LEAT_REJECTED;
    b->host->n_ended++;
    complete_row(b);
    b->host->row_too_large = false;
    b->n_rows++;
    b->n_put = 0;
}

void leat_batch_row_rejected(struct leat_batch *b, int32_t row, int field, const char *code, const char *reason)
{
    const int32_t *back = b->host->origin_rows;
    struct leat_reject reject = {.stage = b->host->stage, .code = code,
                                 .field = field >= 0 ? b->schema->fields[field].name : NULL};

    if (row < 0 || row >= b->n_rows) {
        b->error = LEAT_EPLUGIN;
        return;
    }
    if (b->host->fates[row] == LEAT_REJECTED)
        return; /* the first reason stays */
    reject.row = back ? back[row] : row;
    keep_reject(leat_batch_origin(b), reject, reason, NULL);
    leat_batch_row_dropped(b, row, LEAT_REJECTED);
}

void leat_batch_position(struct leat_batch *b, int partition, const char *position)
{
    b->host->partition = partition;
    b->host->has_position = true;
    b->host->position.n = 0;
    leat_text_add_string(&b->host->position, position);
}

/* Rows of a text column that are not valid UTF-8 are rejected. The whole column
 * is checked at once; only a bad one is looked at row by row. */
static void check_utf8(struct leat_batch *b, int field)
{
    const struct leat_column *c = &b->columns[field];
    const char *bytes = (const char *)c->bytes;
    size_t n = (size_t)c->offsets[b->n_rows];
    bool cut = false;

    if (leat_utf8_valid(bytes, n) == n) {
        for (int32_t row = 1; row < b->n_rows; row++) /* a sequence must not span two values */
            cut |= (size_t)c->offsets[row] < n && (c->bytes[c->offsets[row]] & 0xC0) == 0x80;
        if (!cut)
            return;
    }
    for (int32_t row = 0; row < b->n_rows; row++) {
        size_t length;
        const char *text = leat_text(c, row, &length);
        size_t valid = leat_utf8_valid(text, length);

        if (valid < length && !b->host->fates[row]) {
            char reason[96];

            (void)snprintf(reason, sizeof reason, "is not valid UTF-8 from byte %zu on", valid + 1);
            leat_batch_row_rejected(b, row, field, "invalid_utf8", reason);
        }
    }
}

static int check_columns(const struct leat_batch *b, struct leat_error *err)
{
    if (b->error == LEAT_EPLUGIN)
        return leat_fail(err, LEAT_EPLUGIN, "the plugin put a value of the wrong type, twice, or into a full batch");
    if (b->error)
        return leat_fail(err, b->error, "a batch could not be built");
    for (int i = 0; i < b->schema->n_fields; i++)
        if (b->columns[i].n_rows != b->n_rows)
            return leat_fail(err, LEAT_EPLUGIN, "the plugin left a row unfinished (field %s has %d values for %d rows)",
                             b->schema->fields[i].name, b->columns[i].n_rows, b->n_rows);
    return 0;
}

static void check_text(struct leat_batch *b)
{
    for (int i = 0; i < b->schema->n_fields; i++)
        if (leat_type_is_text(b->schema->fields[i].type) && b->schema->fields[i].type != LEAT_BYTES)
            check_utf8(b, i);
}

int leat_batch_finish(struct leat_batch *b, struct leat_error *err)
{
    int rc = check_columns(b, err);

    account_open(b);
    if (rc < 0) {
        b->n_rows = 0;
        return rc;
    }
    b->n_selected = b->n_rows;
    check_text(b);
    leat_batch_settle(b);
    return 0;
}

int leat_batch_finish_made(struct leat_batch *out, struct leat_batch *in, int32_t *children, struct leat_error *err)
{
    const int32_t *back = in->host->origin_rows;
    int32_t *rows = out->host->own_origin_rows;
    int rc = check_columns(out, err);

    if (rc < 0)
        return rc;
    if (out->n_rows && !out->host->origin_rows)
        return leat_fail(err, LEAT_EPLUGIN, "the plugin ended a row by leat_batch_end_row instead of _end_row_from");
    for (int32_t i = 0; i < out->n_rows; i++) {
        if (rows[i] < 0 || rows[i] >= in->n_rows)
            return leat_fail(err, LEAT_EPLUGIN, "a row comes from row %d of a batch of %d", rows[i], in->n_rows);
        children[rows[i]]++;
        if (back)
            rows[i] = back[rows[i]];
    }
    out->n_selected = out->n_rows;
    leat_account_children(out);
    check_text(out);
    leat_batch_settle(out);
    return 0;
}
