/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Asking for single records, many keys at a time. Each worker has a client of its
 * own, made when it first asks. A record is brought back to its key by the values
 * that stand in its fields; so a key stands for every type of MongoDB's whose
 * values look like it: 24 hex digits for a text and an ObjectId.
 */
#include "extract.h"

#include <stdlib.h>
#include <time.h>

#include "kit/store/store.h"
#include "kit/text/text.h"

enum { KEYS_AT_ONCE = 500, HEX_DIGITS = 24, UUID_LENGTH = 36 };

/* A key as bytes that are the same for the same values. */
struct entry {
    const char *bytes;
    size_t at, n;      /* in the list's `bytes` */
    int32_t key;
};

struct keys {
    struct leat_put bytes;
    struct entry entries[KEYS_AT_ONCE]; /* sorted */
    int n;
};

struct search {
    const struct mongodb *s;
    struct finder *f;
    struct leat_find *find;
    int *fields;               /* of `out`, those of the keys' schema */
    struct keys *keys;
};

static int no_memory(const struct mongodb *s, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot search %.300s: out of memory", s->at.where);
}

/* ---- keys as bytes ---- */

static void put_part(struct leat_put *bytes, const struct leat_column *c, int32_t row)
{
    const char *text = (const char *)&c->int64[row];
    size_t n = sizeof c->int64[row];

    if (leat_type_is_text(c->type)) {
        text = leat_text(c, row, &n);
        leat_put_bytes(bytes, (const char *)&n, sizeof n);
    }
    leat_put_bytes(bytes, text, n);
}

static bool has_null(const struct leat_batch *keys, int32_t row)
{
    for (int i = 0; i < keys->schema->n_fields; i++)
        if (leat_is_null(&keys->columns[i], row))
            return true;
    return false;
}

static int compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    int order = memcmp(a, b, n_a < n_b ? n_a : n_b);

    return order ? order : (n_a > n_b) - (n_a < n_b);
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_bytes(x->bytes, x->n, y->bytes, y->n);

    return order ? order : (x->key > y->key) - (x->key < y->key);
}

static void add_key(struct keys *keys, const struct leat_batch *batch, int32_t row)
{
    struct entry *e = &keys->entries[keys->n++];

    *e = (struct entry){ .at = keys->bytes.n, .key = row };
    for (int i = 0; i < batch->schema->n_fields; i++)
        put_part(&keys->bytes, &batch->columns[i], row);
    e->n = keys->bytes.n - e->at;
}

/* The bytes have their place only once all are there. */
static bool sort_keys(struct keys *keys)
{
    if (!leat_put_end(&keys->bytes))
        return false;
    for (int i = 0; i < keys->n; i++)
        keys->entries[i].bytes = keys->bytes.p + keys->entries[i].at;
    qsort(keys->entries, (size_t)keys->n, sizeof *keys->entries, compare);
    return true;
}

/* The first of those that are the same; n: none is. */
static int look_up(const struct keys *keys, const char *bytes, size_t n)
{
    int low = 0, high = keys->n;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (compare_bytes(keys->entries[middle].bytes, keys->entries[middle].n, bytes, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- the question ---- */

struct values {
    bson_t *list;
    uint32_t n;
};

static void append(struct values *v, const bson_value_t *value)
{
    char room[16];
    const char *key;
    size_t n = bson_uint32_to_string(v->n++, &key, room, sizeof room);

    bson_append_value(v->list, key, (int)n, value);
}

/* As leat writes it: lower case, and hyphens in their places. */
static bool read_uuid(const char *text, size_t n, uint8_t bytes[16])
{
    char digits[32];
    size_t at = 0;

    if (n != UUID_LENGTH || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] != '-' && at < sizeof digits)
            digits[at++] = text[i];
    return at == sizeof digits && leat_text_to_bytes(digits, sizeof digits, (char *)bytes);
}

static void append_text(struct values *v, const char *text, size_t n)
{
    bson_value_t value = { .value_type = BSON_TYPE_UTF8 };
    uint8_t uuid[16];

    value.value.v_utf8.str = (char *)text;
    value.value.v_utf8.len = (uint32_t)n;
    append(v, &value);
    if (n == HEX_DIGITS && leat_text_to_bytes(text, n, (char *)value.value.v_oid.bytes)) {
        value.value_type = BSON_TYPE_OID;
        append(v, &value);
    }
    if (read_uuid(text, n, uuid)) {
        value.value_type = BSON_TYPE_BINARY;
        value.value.v_binary.subtype = BSON_SUBTYPE_UUID;
        value.value.v_binary.data = uuid;
        value.value.v_binary.data_len = sizeof uuid;
        append(v, &value);
    }
}

/* Numbers of all types are compared by what they are. */
static void append_value(struct values *v, const struct leat_column *c, int32_t row)
{
    bson_value_t value = { .value_type = BSON_TYPE_INT64 };
    const char *text;
    size_t n;

    if (leat_type_is_text(c->type)) {
        text = leat_text(c, row, &n);
        append_text(v, text, n);
        return;
    }
    value.value.v_int64 = c->int64[row];
    append(v, &value);
}

/* path: {$in: [...]}; rows `from` to `to` of the sorted keys */
static void append_in(const struct search *q, int field, int from, int to, bson_t *condition)
{
    const char *path = q->s->paths[q->fields[field]];
    struct values v = { .n = 0 };
    bson_t in, list;

    BSON_APPEND_DOCUMENT_BEGIN(condition, path, &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    v.list = &list;
    for (int i = from; i < to; i++)
        append_value(&v, &q->find->keys->columns[field], q->keys->entries[i].key);
    bson_append_array_end(&in, &list);
    bson_append_document_end(condition, &in);
}

static void append_condition(const struct search *q, bson_t *condition)
{
    int n_fields = q->find->keys->schema->n_fields;
    bson_t any, one;
    char room[16];
    const char *key;

    if (n_fields == 1) {
        append_in(q, 0, 0, q->keys->n, condition);
        return;
    }
    BSON_APPEND_ARRAY_BEGIN(condition, "$or", &any);
    for (int i = 0; i < q->keys->n; i++) {
        size_t n = bson_uint32_to_string((uint32_t)i, &key, room, sizeof room);

        bson_append_document_begin(&any, key, (int)n, &one);
        for (int field = 0; field < n_fields; field++)
            append_in(q, field, i, i + 1, &one);
        bson_append_document_end(&any, &one);
    }
    bson_append_array_end(condition, &any);
}

/* ---- the answer ---- */

static int put_one(const struct search *q, const bson_t *doc, struct leat_error *err)
{
    const struct mongodb *s = q->s;
    const struct row *row = &q->f->row;

    if (!leat_batch_has_room(q->find->out))
        return leat_fail(err, -E2BIG, "cannot search %.300s: more records have these keys than one batch takes",
                         s->at.where);
    if (!row_put(&q->f->row, q->find->out, doc))
        return no_memory(s, err);
    if (row_is_bad(row))
        return leat_fail(err, LEAT_EDATA, "cannot search %.300s: %.80s is not what it is declared as (see fields)",
                         s->at.where, row->first_misfit < 0 ? "a document" :
                         q->find->out->schema->fields[row->first_misfit].name);
    return 0;
}

/* The row being written has the values that it was found by. False: no key has them. */
static bool key_of_row(const struct search *q, struct leat_put *bytes)
{
    const struct leat_batch *out = q->find->out;

    bytes->n = 0;
    for (int i = 0; i < q->find->keys->schema->n_fields; i++) {
        const struct leat_column *c = &out->columns[q->fields[i]];

        if (c->n_rows <= out->n_rows || leat_is_null(c, out->n_rows))
            return false;
        put_part(bytes, c, out->n_rows);
    }
    return leat_put_end(bytes) != NULL;
}

/* Several keys may be the same: each gets the record. A row that was begun has to be ended, so one with no key, which
 * a server that compares in its own way may give, is an error. */
static int take_document(const struct search *q, const bson_t *doc, struct leat_put *bytes, struct leat_error *err)
{
    const struct keys *keys = q->keys;
    int rc = put_one(q, doc, err), at, found = 0;

    if (rc < 0)
        return rc;
    at = key_of_row(q, bytes) ? look_up(keys, bytes->p, bytes->n) : keys->n;
    for (; rc == 0 && at < keys->n; at++) {
        if (compare_bytes(keys->entries[at].bytes, keys->entries[at].n, bytes->p, bytes->n) != 0)
            break;
        if (found++)
            rc = put_one(q, doc, err);
        if (rc == 0)
            leat_batch_end_row_from(q->find->out, keys->entries[at].key);
        q->find->ret_found[keys->entries[at].key] = LEAT_FOUND;
    }
    if (rc == 0 && !found)
        rc = leat_fail(err, LEAT_EDATA, "cannot search %.300s: the server finds a document that has another value than "
                       "it was asked for", q->s->at.where);
    return rc;
}

static int read_answer(const struct search *q, mongoc_cursor_t *rows, struct leat_error *err)
{
    struct leat_put bytes = { 0 };
    const bson_t *doc, *reply = NULL;
    bson_error_t why;
    int rc = 0;

    while (rc == 0 && mongoc_cursor_next(rows, &doc))
        rc = take_document(q, doc, &bytes, err);
    if (rc == 0 && mongoc_cursor_error_document(rows, &why, &reply))
        rc = leat_mongodb_fail(&q->s->at, &why, reply, err);
    leat_put_free(&bytes);
    return rc;
}

/* No more than a server takes for a time. */
static int64_t ms_left(const struct leat_find *find)
{
    int64_t left = find->deadline_ms - leat_now_ms();

    return left < INT32_MAX ? left : INT32_MAX;
}

static int ask(const struct search *q, struct leat_error *err)
{
    bson_t condition = BSON_INITIALIZER;
    int64_t left = ms_left(q->find);
    mongoc_cursor_t *rows;
    int rc = 0;

    if (left <= 0 || leat_stage_cancelled(q->f->server.stage))
        rc = leat_fail(err, LEAT_ECANCELED, "cannot search %.300s: the time is over", q->s->at.where);
    if (rc == 0 && !q->f->server.client)
        rc = leat_mongodb_open(&q->s->at, &q->f->server, err);
    if (rc < 0)
        return rc;
    append_condition(q, &condition);
    rows = query_where(q->s, q->f->server.client, &condition, left);
    rc = read_answer(q, rows, err);
    mongoc_cursor_destroy(rows);
    bson_destroy(&condition);
    if (rc == LEAT_EUNREACHABLE) /* the next call connects again */
        leat_mongodb_close(&q->f->server);
    return rc;
}

/* ---- all keys ---- */

static int flush(const struct search *q, struct leat_error *err)
{
    int rc = 0;

    if (q->keys->n)
        rc = sort_keys(q->keys) ? ask(q, err) : no_memory(q->s, err);
    q->keys->n = 0;
    q->keys->bytes.n = 0;
    return rc;
}

static int search(const struct search *q, struct leat_error *err)
{
    const struct leat_batch *keys = q->find->keys;
    int rc = 0;

    for (int i = 0; i < keys->schema->n_fields; i++)
        q->fields[i] = leat_schema_find(q->find->out->schema, keys->schema->fields[i].name);
    LEAT_EACH_ROW(keys, row) {
        q->find->ret_found[row] = LEAT_ABSENT;
        if (rc < 0 || has_null(keys, row))
            continue;
        add_key(q->keys, keys, row);
        if (q->keys->n == KEYS_AT_ONCE)
            rc = flush(q, err);
    }
    return rc < 0 ? rc : flush(q, err);
}

static int begin(const struct mongodb *s, struct finder *f, struct leat_error *err)
{
    if (f->row.put)
        return 0;
    f->row = (struct row){ .tree = &s->tree, .rest_field = s->rest_field, .misfits_to_rest = s->on_misfit == 1 };
    return row_begin(&f->row, s->n_fields) ? 0 : no_memory(s, err);
}

int mongodb_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err)
{
    const struct mongodb *s = self;
    struct finder *f = leat_stage_worker(stage);
    struct search q = { .s = s, .f = f, .find = find };
    int rc;

    f->server.stage = stage;
    q.fields = calloc((size_t)find->keys->schema->n_fields, sizeof *q.fields);
    q.keys = calloc(1, sizeof *q.keys);
    rc = q.fields && q.keys ? begin(s, f, err) : no_memory(s, err);
    if (rc == 0)
        rc = search(&q, err);
    if (q.keys)
        leat_put_free(&q.keys->bytes);
    free(q.keys);
    free(q.fields);
    return rc;
}

void mongodb_find_close(struct leat_stage *stage, void *self)
{
    struct finder *f = leat_stage_worker(stage);

    (void)self;
    leat_mongodb_close(&f->server);
    row_free(&f->row);
}
