/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * mongodb: writes records into a collection of MongoDB.
 *
 * One worker. Rows go in ordered bulks, and each has its answer as soon as the server has
 * said, for a majority of its members and their journals, what has become of it. A
 * record that the server refuses is rejected, and the next bulk begins behind it. Nothing
 * stands in the server of how far the rows go: whatever was not answered comes again,
 * and is known by its key.
 */
#include "load.h"

#include <stdlib.h>

#include "kit/secrets/secrets.h"

enum { BULK_BYTES = 4 << 20 };

static const char *const modes[] = { "insert", "upsert", "overwrite", NULL };
static const char *const null_words[] = { "keep", "leave_out", NULL };
static const char *const micro_words[] = { "reject", "cut", NULL };

static const struct leat_option options[] = {
    LEAT_MONGODB_OPTIONS(struct mongodb, at, "The collection to write to."),
    { .name = "mode", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct mongodb, mode), .values = modes,
      .default_text = "insert",
      .help = "What becomes of a record whose key is there already: insert rejects it, upsert sets its fields in the "
              "document, overwrite puts a new document in its place." },
    { .name = "key", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct mongodb, key),
      .help = "Fields that tell one document from another, none of them null; _id if it is not given." },
    { .name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct mongodb, fields),
      .help = "What becomes of fields, NAME: TYPE or NAME: {type, path}; a type is objectid, uuid, int32, double, date "
              "or text, a path like address.city." },
    { .name = "nulls", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct mongodb, nulls), .values = null_words,
      .default_text = "keep",
      .help = "Whether a null is written, or its field left out of the document, or taken out of it by upsert." },
    { .name = "microseconds", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct mongodb, micros), .values = micro_words,
      .default_text = "reject",
      .help = "What becomes of a timestamp that is finer than the milliseconds of MongoDB's dates." },
    { .name = "create", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct mongodb, create), .default_text = "true",
      .help = "Whether the server may make the collection if it is not there." },
    LEAT_SECRETS_OPTION(struct mongodb, secrets),
    LEAT_END_OF_OPTIONS
};

static int no_memory(const struct mongodb *m, struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot write to %.300s: out of memory", m->at.where);
}

/* ---- a bulk ---- */

/* Rows `from` on, as far as they have room. */
struct bulk {
    mongoc_bulk_operation_t *operations;
    int32_t next;   /* number of the first row that is not in it */
    int32_t n;      /* operations; m->ops has their rows' numbers */
    size_t n_bytes;
};

/* The documents have been looked at, and the keys are for the server to judge. */
static bool add_operation(struct mongodb *m, struct bulk *bulk, const bson_t *key, const bson_t *doc)
{
    bson_t opts = BSON_INITIALIZER;
    bson_error_t why;
    bool ok;

    (void)bson_append_bool(&opts, "validate", -1, false);
    if (m->mode != MODE_INSERT)
        (void)bson_append_bool(&opts, "upsert", -1, true);
    if (m->mode == MODE_INSERT)
        ok = mongoc_bulk_operation_insert_with_opts(bulk->operations, doc, &opts, &why);
    else if (m->mode == MODE_UPSERT)
        ok = mongoc_bulk_operation_update_one_with_opts(bulk->operations, key, doc, &opts, &why);
    else
        ok = mongoc_bulk_operation_replace_one_with_opts(bulk->operations, key, doc, &opts, &why);
    bulk->n_bytes += key->len + doc->len;
    bson_destroy(&opts);
    return ok;
}

/* 1: it is in the bulk; 0: it is rejected; negative: an error. */
static int add_row(struct mongodb *m, struct bulk *bulk, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    bson_t key = BSON_INITIALIZER, doc = BSON_INITIALIZER;
    bool fits = encode_key(m, b, row, &key) &&
                (m->mode == MODE_UPSERT ? encode_update : encode_document)(m, b, row, &doc);
    int rc = fits;

    if (fits && !add_operation(m, bulk, &key, &doc))
        rc = leat_fail(err, LEAT_EPLUGIN, "cannot write to %.300s: libmongoc does not take an operation", m->at.where);
    if (m->scratch.failed)
        rc = no_memory(m, err);
    bson_destroy(&key);
    bson_destroy(&doc);
    return rc;
}

static int fill(struct mongodb *m, struct bulk *bulk, struct leat_batch *b, int32_t n_rows, int32_t width,
                struct leat_error *err)
{
    int rc = 0;

    bulk->operations = mongoc_collection_create_bulk_operation_with_opts(m->collection, NULL); /* ordered */
    while (rc >= 0 && bulk->next < n_rows && bulk->n < width && bulk->n_bytes < BULK_BYTES) {
        rc = add_row(m, bulk, b, m->rows[bulk->next], err);
        if (rc == 1)
            m->ops[bulk->n++] = bulk->next;
        bulk->next++;
    }
    return rc < 0 ? rc : 0;
}

/* ---- what the server says ---- */

static void answer(const struct mongodb *m, struct leat_batch *b, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        leat_batch_answer(b, m->rows[m->ops[i]], LEAT_LOADED, NULL, 0);
}

/* The field that a path of the server's names, or -1. */
static int field_of(const struct mongodb *m, const char *path)
{
    for (int i = 0; *path && i < m->n_targets; i++)
        if (m->targets[i].in >= 0 && strcmp(m->targets[i].path, path) == 0)
            return i;
    return -1;
}

static int settle_refused(struct mongodb *m, struct leat_batch *b, int32_t row, const struct refusal *r,
                          struct leat_error *err)
{
    int same = r->duplicate && m->mode == MODE_INSERT ? same_is_there(m, b, row, err) : 0;

    if (same < 0)
        return same;
    if (same)
        leat_batch_answer(b, row, LEAT_ALREADY_THERE, NULL, 0);
    else
        leat_batch_reject(b, row, field_of(m, r->field), r->code, "%s", r->reason);
    return 0;
}

static int failed(const struct mongodb *m, struct leat_stage *stage, const bson_error_t *why, const bson_t *reply,
                  enum answer said, struct leat_error *err)
{
    int rc;

    if (leat_stage_cancelled(stage))
        return leat_fail(err, LEAT_ECANCELED, "the run is to stop");
    rc = leat_mongodb_fail(&m->at, why, reply, err);
    if (said == ANSWER_PASSES)
        err->code = rc = LEAT_ERETRY;
    return rc;
}

/* What the bulk that comes next has: where it begins, and how many rows. */
struct pace {
    int32_t next, width;
};

/* A refused row costs a bulk of its own, and so few follow it, and then twice as many each time. Updates can be sent
 * again, so there only a row that stands alone is taken for the one that is meant: FerretDB 1.24 calls the first one
 * so, whichever it is. */
static int settle(struct mongodb *m, struct bulk *bulk, struct leat_batch *b, const struct refusal *r, struct pace *ret,
                  struct leat_error *err)
{
    if (bulk->n > 1 && m->mode != MODE_INSERT) {
        *ret = (struct pace){ m->ops[0], r->at ? r->at : 1 };
        return 0;
    }
    answer(m, b, r->at);
    *ret = (struct pace){ m->ops[r->at] + 1, r->at ? r->at * 2 : 1 };
    return settle_refused(m, b, m->rows[m->ops[r->at]], r, err);
}

static int execute(struct mongodb *m, struct leat_stage *stage, struct bulk *bulk, struct leat_batch *b,
                   struct pace *ret, struct leat_error *err)
{
    struct refusal r = { .code = NULL };
    bson_error_t why = { 0 };
    enum answer said;
    bson_t reply;
    int rc = 0;

    (void)mongoc_bulk_operation_execute(bulk->operations, &reply, &why);
    said = refuse_read(&reply, &why, bulk->n, &r);
    if (said == ANSWER_FINE) {
        answer(m, b, bulk->n);
        *ret = (struct pace){ bulk->next, bulk->n < INT32_MAX / 2 ? bulk->n * 2 : bulk->n };
    } else if (said == ANSWER_REFUSED) {
        rc = settle(m, bulk, b, &r, ret, err);
    } else {
        rc = failed(m, stage, &why, &reply, said, err);
    }
    bson_destroy(&reply);
    return rc;
}

/* ---- rows ---- */

static int32_t collect(struct mongodb *m, const struct leat_batch *b)
{
    int32_t n = 0;

    if (b->n_rows > m->cap_rows) {
        free(m->rows);
        free(m->ops);
        m->rows = calloc((size_t)b->n_rows, sizeof *m->rows);
        m->ops = calloc((size_t)b->n_rows, sizeof *m->ops);
        m->cap_rows = m->rows && m->ops ? b->n_rows : 0;
        if (!m->cap_rows)
            return -1;
    }
    LEAT_EACH_ROW(b, row)
        m->rows[n++] = row;
    return n;
}

static int mongodb_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct mongodb *m = self;
    int32_t n = collect(m, batch);
    struct pace pace = { 0, n };
    int rc = n < 0 ? no_memory(m, err) : 0;

    while (rc == 0 && pace.next < n) {
        struct bulk bulk = { .next = pace.next };

        rc = fill(m, &bulk, batch, n, pace.width, err);
        pace.next = bulk.next;
        if (rc == 0 && bulk.n)
            rc = execute(m, stage, &bulk, batch, &pace, err);
        mongoc_bulk_operation_destroy(bulk.operations);
    }
    return rc;
}

/* ---- the life of the connection ---- */

/* What the URL does not say: by a majority of the servers, and in their journals. */
static void set_concern(struct mongodb *m)
{
    mongoc_write_concern_t *concern = mongoc_write_concern_copy(mongoc_client_get_write_concern(m->server.client));

    if (mongoc_write_concern_get_w(concern) == MONGOC_WRITE_CONCERN_W_DEFAULT)
        mongoc_write_concern_set_w(concern, MONGOC_WRITE_CONCERN_W_MAJORITY);
    if (!mongoc_write_concern_journal_is_set(concern))
        mongoc_write_concern_set_journal(concern, true);
    mongoc_client_set_write_concern(m->server.client, concern);
    mongoc_write_concern_destroy(concern);
}

/* Without it the server would read the whole collection for each record, and let a key stand there twice. */
static int make_index(struct mongodb *m, struct leat_error *err)
{
    bson_t *command = bson_new(), list, index, key;
    bson_error_t why;
    bson_t reply;
    int rc = 0;

    BSON_APPEND_UTF8(command, "createIndexes", m->at.collection);
    BSON_APPEND_ARRAY_BEGIN(command, "indexes", &list);
    BSON_APPEND_DOCUMENT_BEGIN(&list, "0", &index);
    BSON_APPEND_DOCUMENT_BEGIN(&index, "key", &key);
    for (int i = 0; i < m->n_key; i++)
        BSON_APPEND_INT32(&key, m->targets[m->key_fields[i]].path, 1);
    bson_append_document_end(&index, &key);
    BSON_APPEND_UTF8(&index, "name", "leat_key");
    BSON_APPEND_BOOL(&index, "unique", true);
    bson_append_document_end(&list, &index);
    bson_append_array_end(command, &list);
    if (!mongoc_client_write_command_with_opts(m->server.client, m->at.database, command, NULL, &reply, &why))
        rc = leat_mongodb_fail(&m->at, &why, &reply, err);
    bson_destroy(&reply);
    bson_destroy(command);
    return rc;
}

static int mongodb_open(struct leat_stage *stage, void *self, struct leat_error *err)
{
    struct mongodb *m = self;
    int rc = 0;

    m->server.stage = stage;
    if (!m->server.client) /* it may be tried again */
        rc = leat_mongodb_open(&m->at, &m->server, err);
    if (rc < 0)
        return rc;
    set_concern(m);
    if (!m->collection)
        m->collection = mongoc_client_get_collection(m->server.client, m->at.database, m->at.collection);
    return m->makes_index ? make_index(m, err) : 0;
}

static void mongodb_close(struct leat_stage *stage, void *self)
{
    struct mongodb *m = self;

    (void)stage;
    if (m->collection)
        mongoc_collection_destroy(m->collection);
    leat_mongodb_close(&m->server);
    leat_put_free(&m->scratch);
    free(m->rows);
    free(m->ops);
}

LEAT_LOAD(mongodb, .summary = "Writes records into a collection of MongoDB", .options = options, .plan = mongodb_plan,
          .open = mongodb_open, .deliver = mongodb_deliver, .close = mongodb_close);
