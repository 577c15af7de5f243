/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A document into a row of a batch: its fields' values, what no field takes into
 * `rest`, and what does not fit into a reject.
 */
#include "extract.h"

#include <stdlib.h>

#include "kit/fields/fields.h"
#include "kit/text/text.h"

bool row_begin(struct row *r, int n_fields)
{
    r->n_fields = n_fields;
    r->put = calloc((size_t)n_fields + 1, sizeof *r->put);
    return r->put != NULL;
}

void row_free(struct row *r)
{
    free(r->put);
    leat_put_free(&r->rest);
    leat_put_free(&r->misfits);
    leat_put_free(&r->shown);
    leat_put_free(&r->scratch);
    r->put = NULL;
}

/* ---- what does not fit ---- */

static void show_alone(struct row *r, const bson_iter_t *value)
{
    const char *text;
    uint32_t n;

    r->shown.n = 0;
    if (BSON_ITER_HOLDS_UTF8(value)) {
        text = bson_iter_utf8(value, &n);
        leat_put_bytes(&r->shown, text, n);
    } else {
        leat_bson_add_shown(&r->shown, value);
    }
}

/* The first one counts. All are kept as the reject will show them: the members of a JSON object. */
static void add_misfit(struct row *r, int field, const bson_iter_t *value, enum leat_bson_fit why)
{
    const struct leat_field *f = &r->out->schema->fields[field];

    if (r->n_misfits++ == 0) {
        r->first_misfit = field;
        r->why = why;
        show_alone(r, value);
    }
    if (f->data_class == LEAT_SECRET)
        return;
    leat_put_string(&r->misfits, r->misfits.n ? ", " : "{");
    leat_bson_add_key(&r->misfits, f->name, strlen(f->name));
    leat_put_bytes(&r->misfits, " ", 1);
    leat_bson_add_shown(&r->misfits, value);
}

/* ---- what no field takes ---- */

static void add_rest(struct row *r, const bson_iter_t *value)
{
    const char *key = bson_iter_key(value);
    size_t before = r->rest.n, n = bson_iter_key_len(value);
    enum leat_bson_fit fit = leat_text_is_utf8(key, n) ? LEAT_FIT_FINE : LEAT_FIT_NO_UTF8;

    leat_put_string(&r->rest, before ? "," : "{");
    leat_bson_add_key(&r->rest, key, n);
    if (fit == LEAT_FIT_FINE)
        fit = leat_bson_add_json(&r->rest, value);
    if (fit == LEAT_FIT_FINE)
        return;
    r->rest.n = before;
    add_misfit(r, r->rest_field, value, fit);
}

static bool is_nothing(const bson_iter_t *value)
{
    return BSON_ITER_HOLDS_NULL(value) || BSON_ITER_HOLDS_UNDEFINED(value);
}

/* A null is no value that could be lost. */
static void take_other(void *user, enum other what, const bson_iter_t *value)
{
    struct row *r = user;

    if (r->rest_field >= 0 && what != OTHER_DEEP)
        add_rest(r, value);
    else if (r->rest_field < 0 && what != OTHER_WAY && !is_nothing(value))
        r->n_left_out++;
}

/* ---- the fields ---- */

/* A secret is not to be seen in another field. */
static bool may_go_to_rest(const struct row *r, int field)
{
    const struct leat_field *fields = r->out->schema->fields;

    return r->misfits_to_rest && fields[field].data_class <= fields[r->rest_field].data_class;
}

static void put_field(struct row *r, const struct leat_step *step, const bson_iter_t *value)
{
    enum leat_bson_fit fit;

    if (r->put[step->field]) {
        r->again = true;
        add_misfit(r, step->field, value, LEAT_FIT_NOT);
        return;
    }
    r->put[step->field] = true;
    fit = value_put(r->out, step->field, value, &r->scratch);
    if (fit == LEAT_FIT_NOT && may_go_to_rest(r, step->field)) {
        if (step->top) /* else `rest`, or a field, has the whole of what it stands in */
            add_rest(r, value);
    } else if (fit != LEAT_FIT_FINE) {
        add_misfit(r, step->field, value, fit);
    }
}

static void take_value(void *user, const struct leat_step *step, const bson_iter_t *value)
{
    struct row *r = user;

    if (step->cursor >= 0 && r->cursor)
        cursor_take(r->cursor, step->cursor, value);
    if (step->field >= 0)
        put_field(r, step, value);
}

static void begin(struct row *r, struct leat_batch *out)
{
    r->out = out;
    r->rest.n = r->misfits.n = r->shown.n = 0;
    r->n_misfits = 0;
    r->again = false;
    memset(r->put, 0, (size_t)r->n_fields * sizeof *r->put);
    if (r->cursor)
        cursor_begin(r->cursor);
}

static bool has_memory(const struct row *r)
{
    return !r->rest.failed && !r->misfits.failed && !r->shown.failed && !r->scratch.failed;
}

bool row_put(struct row *r, struct leat_batch *out, const bson_t *doc)
{
    static const struct visitor visitor = { take_value, take_other };

    begin(r, out);
    if (!tree_walk(r->tree, doc, &visitor, r) && r->n_misfits++ == 0) {
        r->first_misfit = -1;
        r->why = LEAT_FIT_BROKEN;
    }
    if (r->rest.n) {
        leat_put_bytes(&r->rest, "}", 1);
        if (has_memory(r))
            leat_batch_put_text(out, r->rest_field, r->rest.p, r->rest.n);
    }
    return has_memory(r);
}

/* ---- rejects ---- */

bool row_is_bad(const struct row *r)
{
    return r->n_misfits > 0;
}

/* All values that do not fit. NULL: nothing that may be shown. */
static const char *all_misfits(struct row *r, size_t *ret_n)
{
    if (!r->misfits.n || !leat_put_reserve(&r->misfits, 1)) {
        *ret_n = 0;
        return NULL;
    }
    r->misfits.p[r->misfits.n] = '}'; /* room for one more */
    *ret_n = r->misfits.n + 1;
    return r->misfits.p;
}

static void reject_value(struct row *r, const char *raw, size_t n)
{
    const struct leat_field *field = &r->out->schema->fields[r->first_misfit];
    int i = r->first_misfit, more = r->n_misfits - 1;
    char others[64] = "";

    if (more)
        (void)snprintf(others, sizeof others, ", and %d more value%s of the record do%s not fit", more,
                       more > 1 ? "s" : "", more > 1 ? "" : "es");
    if (r->again)
        leat_batch_reject_value(r->out, i, "duplicate_key", raw, n, "the document has the key of a field twice");
    else if (r->why == LEAT_FIT_NO_UTF8)
        leat_batch_reject_value(r->out, i, "invalid_utf8", raw, n, "holds text that is not valid UTF-8%s", others);
    else if (r->why == LEAT_FIT_TOO_DEEP)
        leat_batch_reject_value(r->out, i, "conversion_failed", raw, n, "has more than %d levels of documents and "
                                "lists%s", LEAT_MONGODB_MAX_DEPTH, others);
    else
        leat_batch_reject_value(r->out, i, "conversion_failed", raw, n, "is not %s (fields can declare another "
                                "type)%s", leat_field_wants(field), others);
}

void row_reject(struct row *r)
{
    const char *raw;
    size_t n;

    if (r->first_misfit < 0 || r->why == LEAT_FIT_BROKEN) {
        leat_batch_reject_record(r->out, "bad_bson", NULL, 0, "the document is no valid BSON");
        return;
    }
    raw = all_misfits(r, &n);
    if (raw && r->n_misfits == 1 && r->shown.n) {
        raw = r->shown.p;
        n = r->shown.n;
    }
    reject_value(r, raw, n);
}

void row_reject_null_cursor(struct row *r)
{
    size_t n;
    const char *raw = all_misfits(r, &n);

    leat_batch_reject_record(r->out, "null_cursor", raw, n,
                             "a field of the cursor is null or not there: the record has no place in the order");
}
