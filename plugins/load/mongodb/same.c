/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Whose document is there. A run that was killed, or that has lost its connection,
 * comes with records that it may have inserted before: these are told from those of
 * others by what they hold.
 */
#include "load.h"

/* But for an `_id` that the record does not have. */
static bool is_equal(const struct mongodb *m, const bson_t *found, const bson_t *doc)
{
    bson_t rest = BSON_INITIALIZER;
    bool equal;

    if (m->id_step)
        return bson_equal(found, doc);
    bson_copy_to_excluding_noinit(found, &rest, "_id", NULL);
    equal = bson_equal(&rest, doc);
    bson_destroy(&rest);
    return equal;
}

/* On the primary, which has what the write has just found. */
static int ask(struct mongodb *m, const bson_t *key, const bson_t *doc, const char *level, struct leat_error *err)
{
    mongoc_read_prefs_t *primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_read_concern_t *concern = mongoc_read_concern_new();
    const bson_t *found, *reply = NULL;
    bson_t options = BSON_INITIALIZER;
    mongoc_cursor_t *rows;
    bson_error_t why;
    int rc = 0;

    (void)mongoc_read_concern_set_level(concern, level);
    (void)mongoc_read_concern_append(concern, &options);
    rows = mongoc_collection_find_with_opts(m->collection, key, &options, primary);
    while (rc == 0 && mongoc_cursor_next(rows, &found))
        rc = is_equal(m, found, doc);
    if (rc == 0 && mongoc_cursor_error_document(rows, &why, &reply)) {
        rc = leat_mongodb_fail(&m->at, &why, reply, err);
        if (rc == LEAT_EUNREACHABLE)
            err->code = rc = LEAT_ERETRY;
    }
    mongoc_cursor_destroy(rows);
    mongoc_read_concern_destroy(concern);
    mongoc_read_prefs_destroy(primary);
    bson_destroy(&options);
    return rc;
}

static bool is_by_majority(const struct mongodb *m)
{
    const mongoc_write_concern_t *concern = mongoc_collection_get_write_concern(m->collection);

    return mongoc_write_concern_get_w(concern) == MONGOC_WRITE_CONCERN_W_MAJORITY;
}

/* What only the primary has may be gone with it: then it is not there yet. */
static int find(struct mongodb *m, const bson_t *key, const bson_t *doc, struct leat_error *err)
{
    int rc = ask(m, key, doc, MONGOC_READ_CONCERN_LEVEL_LOCAL, err);

    if (rc <= 0 || !is_by_majority(m))
        return rc;
    rc = ask(m, key, doc, MONGOC_READ_CONCERN_LEVEL_MAJORITY, err);
    return rc ? rc : leat_fail(err, LEAT_ERETRY, "a document of %.300s is not on a majority of its servers yet",
                               m->at.where);
}

int same_is_there(struct mongodb *m, struct leat_batch *b, int32_t row, struct leat_error *err)
{
    bson_t key = BSON_INITIALIZER, doc = BSON_INITIALIZER;
    int rc = 0;

    /* it was written, and so neither is rejected here */
    if (encode_key(m, b, row, &key) && encode_document(m, b, row, &doc))
        rc = find(m, &key, &doc, err);
    bson_destroy(&key);
    bson_destroy(&doc);
    return rc;
}
