/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Records as documents of BSON. What MongoDB has no type for to the last digit is
 * rejected and never rounded.
 */
#include "load.h"

#include "kit/text/text.h"

static const char not_objectid[] = "is no ObjectId: 24 hexadecimal digits, or 12 bytes";
static const char not_uuid[] = "is no UUID: 8-4-4-4-12 hexadecimal digits, or 16 bytes";
static const char not_int32[] = "is beyond a whole number of 32 bits";
static const char not_double[] = "is a whole number that no double holds";
static const char not_decimal[] = "has more digits than the 34 that a Decimal128 holds, or a larger exponent";
static const char not_json[] = "is JSON that MongoDB cannot hold";
static const char too_deep[] = "has more than 64 levels of documents and lists";
static const char too_fine[] = "has microseconds, and a date of MongoDB has milliseconds; `microseconds: cut' cuts "
                               "them off, and `text' in fields keeps all";
static const char too_fine_key[] = "has microseconds, and a date of MongoDB has milliseconds: of a key nothing is cut "
                                   "off, as two would become one; `text' in fields keeps all";

/* A record on its way into a document. */
struct record {
    struct mongodb *m;
    struct leat_batch *b;
    int32_t row;
    const char *wrong; /* with the value of the field `bad` */
    int bad;
};

/* ---- values: what is wrong with them, or NULL ---- */

static const char *append_objectid(bson_t *to, const char *key, int n_key, enum leat_type type, const char *text,
                                   size_t n)
{
    bson_oid_t oid;

    if (type == LEAT_BYTES && n == sizeof oid.bytes)
        memcpy(oid.bytes, text, n);
    else if (type == LEAT_BYTES || n != 2 * sizeof oid.bytes || !leat_text_to_bytes(text, n, (char *)oid.bytes))
        return not_objectid;
    (void)bson_append_oid(to, key, n_key, &oid);
    return NULL;
}

static bool read_uuid(const char *text, size_t n, char bytes[16])
{
    char digits[32];
    size_t at = 0;

    if (n != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] != '-' && at < sizeof digits)
            digits[at++] = text[i];
    return at == sizeof digits && leat_text_to_bytes(digits, at, bytes);
}

static const char *append_uuid(bson_t *to, const char *key, int n_key, enum leat_type type, const char *text, size_t n)
{
    char bytes[16];

    if (type == LEAT_BYTES && n == sizeof bytes)
        memcpy(bytes, text, n);
    else if (type == LEAT_BYTES || !read_uuid(text, n, bytes))
        return not_uuid;
    (void)bson_append_binary(to, key, n_key, BSON_SUBTYPE_UUID, (const uint8_t *)bytes, sizeof bytes);
    return NULL;
}

/* Rounds down, as cutting off does, on both sides of 1970. */
static const char *append_timestamp(const struct mongodb *m, const struct target *t, bson_t *to, const char *key,
                                    int n_key, int64_t us)
{
    int64_t ms = us / 1000 - (us % 1000 < 0);

    if (us % 1000 && (t->key || t->id))
        return too_fine_key;
    if (us % 1000 && m->micros == MICROS_REJECT)
        return too_fine;
    (void)bson_append_date_time(to, key, n_key, ms);
    return NULL;
}

static const char *append_json(struct mongodb *m, bson_t *to, const char *key, int n_key, const char *text, size_t n)
{
    switch (leat_bson_append_json(to, key, n_key, text, n, &m->scratch)) {
    case LEAT_FIT_FINE:
        return NULL;
    case LEAT_FIT_TOO_DEEP:
        return too_deep;
    default:
        return not_json;
    }
}

static const char *append_text_type(struct mongodb *m, bson_t *to, const char *key, int n_key, enum leat_type type,
                                    enum shape shape, const char *text, size_t n)
{
    if (shape == SHAPE_OBJECTID)
        return append_objectid(to, key, n_key, type, text, n);
    if (shape == SHAPE_UUID)
        return append_uuid(to, key, n_key, type, text, n);
    if (type == LEAT_JSON && shape == SHAPE_OWN)
        return append_json(m, to, key, n_key, text, n);
    if (type == LEAT_DECIMAL && shape == SHAPE_OWN)
        return leat_bson_append_decimal(to, key, n_key, text, n) ? NULL : not_decimal;
    if (type == LEAT_BYTES)
        (void)bson_append_binary(to, key, n_key, BSON_SUBTYPE_BINARY, (const uint8_t *)text, (uint32_t)n);
    else
        (void)bson_append_utf8(to, key, n_key, text, (int)n);
    return NULL;
}

static const char *append_int64(bson_t *to, const char *key, int n_key, enum shape shape, int64_t value)
{
    const int64_t exact = INT64_C(1) << 53;

    if (shape == SHAPE_INT32 && value != (int32_t)value)
        return not_int32;
    if (shape == SHAPE_DOUBLE && (value > exact || value < -exact))
        return not_double;
    if (shape == SHAPE_INT32)
        (void)bson_append_int32(to, key, n_key, (int32_t)value);
    else if (shape == SHAPE_DOUBLE)
        (void)bson_append_double(to, key, n_key, (double)value);
    else
        (void)bson_append_int64(to, key, n_key, value);
    return NULL;
}

static const char *append_date(bson_t *to, const char *key, int n_key, int32_t days)
{
    const int64_t day_ms = 24 * 60 * 60 * 1000;

    (void)bson_append_date_time(to, key, n_key, days * day_ms);
    return NULL;
}

/* A wall time is no instant, unless fields say that it is one. */
static bool is_text(const struct leat_field *field, enum shape shape)
{
    return shape == SHAPE_TEXT || (shape == SHAPE_OWN && field->type == LEAT_TIMESTAMP && field->local);
}

static const char *append_value(struct record *r, int field, bson_t *to, const char *key, int n_key)
{
    const struct leat_column *c = &r->b->columns[field];
    const struct leat_field *f = &r->b->schema->fields[field];
    enum shape shape = r->m->targets[field].shape;
    char room[LEAT_VALUE_ROOM];
    const char *text;
    size_t n;

    if (leat_is_null(c, r->row)) {
        (void)bson_append_null(to, key, n_key);
        return NULL;
    }
    if (leat_type_is_text(c->type)) {
        text = leat_text(c, r->row, &n);
        return append_text_type(r->m, to, key, n_key, c->type, shape, text, n);
    }
    if (is_text(f, shape)) {
        n = (size_t)(leat_value_put(room, f, c, r->row) - room);
        (void)bson_append_utf8(to, key, n_key, room, (int)n);
        return NULL;
    }
    switch (c->type) {
    case LEAT_BOOL:
        (void)bson_append_bool(to, key, n_key, leat_bool(c, r->row));
        return NULL;
    case LEAT_FLOAT64:
        (void)bson_append_double(to, key, n_key, c->float64[r->row]);
        return NULL;
    case LEAT_DATE:
        return append_date(to, key, n_key, c->date[r->row]);
    case LEAT_TIMESTAMP:
        return append_timestamp(r->m, &r->m->targets[field], to, key, n_key, c->int64[r->row]);
    default:
        return append_int64(to, key, n_key, shape, c->int64[r->row]);
    }
}

/* ---- records ---- */

static bool append(struct record *r, int field, bson_t *to, const char *key, int n_key)
{
    r->wrong = append_value(r, field, to, key, n_key);
    r->bad = field;
    return !r->wrong;
}

static bool reject(const struct record *r)
{
    leat_batch_reject(r->b, r->row, r->bad, "conversion_failed", "%s", r->wrong);
    return false;
}

static bool is_small_enough(const struct record *r, size_t n)
{
    if (n <= MAX_DOCUMENT)
        return true;
    leat_batch_reject(r->b, r->row, -1, "record_too_large", "is larger than the 16 MiB that a document may have");
    return false;
}

static bool is_left_out(const struct record *r, int field)
{
    return r->m->nulls == NULLS_LEAVE_OUT && leat_is_null(&r->b->columns[field], r->row);
}

/* Whether a document has anything in it. */
static bool has_member(const struct record *r, int at)
{
    const struct leat_step *steps = r->m->tree.steps;

    if (steps[at].field >= 0)
        return !is_left_out(r, steps[at].field);
    for (int i = steps[at].child; i; i = steps[i].next)
        if (has_member(r, i))
            return true;
    return false;
}

static bool append_members(struct record *r, int parent, bson_t *to);

/* No deeper than the tree is. */
static bool append_step(struct record *r, int at, bson_t *to)
{
    const struct leat_step *s = &r->m->tree.steps[at];
    bson_t inside;
    bool ok;

    if (!has_member(r, at))
        return true;
    if (s->field >= 0)
        return append(r, s->field, to, s->key, (int)s->n);
    if (!bson_append_document_begin(to, s->key, (int)s->n, &inside))
        return true; /* beyond all sizes, as will be seen */
    ok = append_members(r, at, &inside);
    (void)bson_append_document_end(to, &inside);
    return ok;
}

static bool append_members(struct record *r, int parent, bson_t *to)
{
    const struct leat_step *steps = r->m->tree.steps;

    for (int i = steps[parent].child; i; i = steps[i].next)
        if (!(parent == 0 && i == r->m->id_step) && !append_step(r, i, to))
            return false;
    return true;
}

/* `_id' first, as the server has it. */
bool encode_document(struct mongodb *m, struct leat_batch *b, int32_t row, bson_t *doc)
{
    struct record r = { .m = m, .b = b, .row = row };

    if (m->id_step && !append_step(&r, m->id_step, doc))
        return reject(&r);
    if (!append_members(&r, 0, doc))
        return reject(&r);
    return is_small_enough(&r, doc->len);
}

bool encode_key(struct mongodb *m, struct leat_batch *b, int32_t row, bson_t *key)
{
    struct record r = { .m = m, .b = b, .row = row };

    for (int i = 0; i < m->n_key; i++) {
        int field = m->key_fields[i];

        if (leat_is_null(&b->columns[field], row)) {
            leat_batch_reject(b, row, field, "null_key", "must not be null, for it is part of the key");
            return false;
        }
        if (!append(&r, field, key, m->targets[field].path, -1))
            return reject(&r);
    }
    return true;
}

/* ---- updates ---- */

/* The operators of an update, each a document of paths. */
struct update {
    bson_t set, unset, on_insert;
};

static bool add_to_update(struct record *r, const struct target *t, struct update *u)
{
    if (t->key)
        return true; /* it is what the document was found by, or gets when it is made */
    if (t->id)
        return append(r, t->in, &u->on_insert, "_id", 3);
    if (!is_left_out(r, t->in))
        return append(r, t->in, &u->set, t->path, -1);
    (void)bson_append_utf8(&u->unset, t->path, -1, "", 0);
    return true;
}

/* No operator may be empty, nor may all of them be missing. */
static bool join(struct record *r, struct update *u, bson_t *update)
{
    const struct target *first = &r->m->targets[r->m->key_fields[0]];

    if (!bson_empty(&u->set))
        (void)bson_append_document(update, "$set", -1, &u->set);
    if (!bson_empty(&u->unset))
        (void)bson_append_document(update, "$unset", -1, &u->unset);
    if (bson_empty(update) && bson_empty(&u->on_insert) &&
        !append(r, first->in, &u->on_insert, first->path, -1))
        return false;
    if (!bson_empty(&u->on_insert))
        (void)bson_append_document(update, "$setOnInsert", -1, &u->on_insert);
    return true;
}

bool encode_update(struct mongodb *m, struct leat_batch *b, int32_t row, bson_t *update)
{
    struct record r = { .m = m, .b = b, .row = row };
    struct update u = { BSON_INITIALIZER, BSON_INITIALIZER, BSON_INITIALIZER };
    bool ok = true;

    for (int i = 0; ok && i < m->n_targets; i++)
        if (m->targets[i].in >= 0)
            ok = add_to_update(&r, &m->targets[i], &u);
    ok = ok && join(&r, &u, update);
    bson_destroy(&u.set);
    bson_destroy(&u.unset);
    bson_destroy(&u.on_insert);
    return ok ? is_small_enough(&r, update->len) : reject(&r);
}
