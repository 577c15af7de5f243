/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of load mongodb: plan.c decides which field goes where and looks at the
 * collection, encode.c makes documents of records, refuse.c reads what the server has
 * against one, same.c finds out whether a document that is there is the record's own,
 * and mongodb.c is the plugin around them. The way to the server is kit/mongodb.
 *
 *     _id, address.city, address.zip, roles
 *
 *     {"_id": 7, "address": {"city": "Sète", "zip": "34200"}, "roles": ["user"]}
 */
#ifndef LEAT_LOAD_MONGODB_H
#define LEAT_LOAD_MONGODB_H

#include "kit/fields/tree.h"
#include "kit/mongodb/mongodb.h"

enum mode { MODE_INSERT, MODE_UPSERT, MODE_OVERWRITE };
enum nulls { NULLS_KEEP, NULLS_LEAVE_OUT };
enum micros { MICROS_REJECT, MICROS_CUT };

/* What a value becomes, other than its column says. */
enum shape { SHAPE_OWN, SHAPE_OBJECTID, SHAPE_UUID, SHAPE_INT32, SHAPE_DOUBLE, SHAPE_DATE, SHAPE_TEXT };

enum { MAX_DOCUMENT = 16 << 20, MAX_KEY = 16 };

struct target {
    int in;            /* the field of the input; -1: none */
    enum shape shape;
    const char *path;
    bool key, id;      /* one of the key; `_id` itself */
};

struct mongodb {
    /* options */
    struct leat_mongodb at;
    const struct leat_node *key, *fields;
    int mode, nulls, micros;
    bool create, secrets;
    /* made by plan, read-only after it */
    struct target *targets;   /* by field of the input */
    int n_targets;
    struct leat_tree tree;    /* of the paths of what is written */
    int id_step;              /* of `_id`; 0: no field is */
    int key_fields[MAX_KEY], n_key;
    bool makes_index;         /* over the key, of a collection that is still to be made */
    /* of the worker */
    struct leat_mongodb_client server;
    mongoc_collection_t *collection;
    struct leat_put scratch;
    int32_t *rows, *ops;      /* of the batch, to be written; and of a bulk, by number in `rows` */
    int32_t cap_rows;
};

/* ---- plan.c ---- */

int mongodb_plan(struct leat_plan *plan, void *self, struct leat_error *err);
/* Whether an index, as listIndexes shows it, is over exactly the fields of the key, of all documents, and has the
 * collation by which an update finds them, that of the collection as listCollections shows it: else an update may find
 * what the index tells from it. */
bool plan_is_index_of_key(const struct mongodb *m, const bson_t *collection, const bson_t *index);

/* ---- encode.c ---- */

/* Each appends to an empty document. False: the record cannot be written, and has been rejected. */
LEAT_MUST_CHECK bool encode_document(struct mongodb *m, struct leat_batch *b, int32_t row, bson_t *doc);
LEAT_MUST_CHECK bool encode_update(struct mongodb *m, struct leat_batch *b, int32_t row, bson_t *update);
/* {key: value, ...} */
LEAT_MUST_CHECK bool encode_key(struct mongodb *m, struct leat_batch *b, int32_t row, bson_t *key);

/* ---- refuse.c ---- */

enum answer {
    ANSWER_FINE,
    ANSWER_REFUSED,   /* one record */
    ANSWER_PASSES,    /* it may be better in a moment */
    ANSWER_FAILED,
};

struct refusal {
    int32_t at;             /* number of the operation */
    bool duplicate;         /* a document with its key, or another unique value, is there */
    const char *code;
    char field[128];        /* a path, or empty */
    char reason[400];       /* without values */
};

/* What the server says of a bulk of n operations. */
enum answer refuse_read(const bson_t *reply, const bson_error_t *why, int32_t n, struct refusal *ret);

/* ---- same.c ---- */

/* 1: the document that is there with the record's key is the record's; 0: it is not, or there is none. */
LEAT_MUST_CHECK int same_is_there(struct mongodb *m, struct leat_batch *b, int32_t row, struct leat_error *err);

#endif
