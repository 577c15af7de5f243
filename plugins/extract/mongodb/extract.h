/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The parts of extract mongodb: query.c makes the commands, schema.c plans, tree.c
 * walks a document along the paths of the fields, value.c puts a value into a column,
 * row.c a document into a row, cursor.c orders the documents and knows where to go on,
 * since.c where a run begins, find.c asks for single ones, and mongodb.c is the plugin
 * around them. The way to the server is kit/mongodb.
 *
 *     {"_id": ObjectId(...), "address": {"city": "Sète"}, "roles": ["user"], "note": ""}
 *
 *     the tree:  _id ─ field 0, the cursor
 *                address ─ city ─ field 1
 *                roles ─ field 2                  "note" is not declared
 *
 * tree.c, value.c and row.c know nothing of a server.
 */
#ifndef LEAT_EXTRACT_MONGODB_H
#define LEAT_EXTRACT_MONGODB_H

#include "kit/fields/tree.h"
#include "kit/mongodb/mongodb.h"

/* A BSON document that the plan keeps; `data` NULL: none. */
struct document {
    const uint8_t *data;
    size_t n;
};

static inline void document_view(const struct document *d, bson_t *ret)
{
    if (!d->data || !bson_init_static(ret, d->data, d->n))
        bson_init(ret); /* an empty one takes no memory */
}

/* ---- value.c ---- */

/* Puts the value into the field; nothing is put unless it is fine. */
LEAT_MUST_CHECK enum leat_bson_fit value_put(struct leat_batch *out, int field, const bson_iter_t *value,
                                   struct leat_put *scratch);

/* What was seen of a field in a sample, or'ed. */
unsigned value_seen(const bson_iter_t *value);
enum leat_type value_type(unsigned seen);

/* ---- tree.c ---- */

/* What a value is that no field takes as a whole. */
enum other {
    OTHER_TOP,   /* of a key of the document, all of it */
    OTHER_WAY,   /* of a key of the document with a field or the cursor in or at it */
    OTHER_DEEP,  /* further down, beside the way to a field */
};

struct visitor {
    void (*value)(void *user, const struct leat_step *step, const bson_iter_t *value);
    void (*other)(void *user, enum other what, const bson_iter_t *value);
};

/* False: the document is no BSON from some place on. */
LEAT_MUST_CHECK bool tree_walk(const struct leat_tree *tree, const bson_t *doc, const struct visitor *visitor,
                               void *user);

/* ---- cursor.c ---- */

/* A value of the cursor. What it points to is in `room`. */
struct cursor_value {
    bson_value_t value; /* BSON_TYPE_EOD: none yet */
    char *room;
    size_t cap;
};

struct cursor {
    int n;
    const char **names;        /* paths */
    struct cursor_value *last; /* n, of the last document read or the one to go on behind */
    bson_value_t *now;         /* n, of the document at hand, whose bytes they point to; BSON_TYPE_EOD: not there */
    int n_behind;              /* of them are what the documents are behind; 0: all documents */
    bool placed;               /* they are of a document, this run's or that of the run this one goes on with */
    int64_t n_null;            /* documents behind it that were read and have no place */
    int64_t n_skip;            /* of them to be read again and passed over */
    char *since;               /* where the run before came to, as a list, if this one begins there */
};

enum cursor_step {
    CURSOR_FINE,
    CURSOR_NULL,      /* it has no place in the order */
    CURSOR_AGAIN,     /* it has the same place as the document before it */
    CURSOR_MIXED,     /* *ret_bad has a value of another kind there than the document before it */
    CURSOR_UNFIT,     /* *ret_bad has a value there that is in no order, such as a list */
    CURSOR_NO_MEMORY,
};

/* None of its values is known yet; then those that are there. */
void cursor_begin(struct cursor *c);
void cursor_take(struct cursor *c, int i, const bson_iter_t *value);
/* Remembers where it stands. */
LEAT_MUST_CHECK enum cursor_step cursor_step(struct cursor *c, int *ret_bad);
/* True where the document has no place, and an earlier run has rejected it. */
bool cursor_is_behind(struct cursor *c);
/* Appends the sort, and the condition that the documents are behind the place, to a command. */
void cursor_append_sort(const struct cursor *c, bson_t *to, int direction);
void cursor_append_behind(const struct cursor *c, bson_t *condition);
/* The condition for those that may be of another kind in field i: their first i values are those of the place. */
void cursor_append_prefix(const struct cursor *c, int i, bson_t *condition);
/* Whether a value of field i is of another kind than that of the place. */
bool cursor_differs(const struct cursor *c, int i, const bson_iter_t *value);
/* From what a position has. LEAT_EDATA: it fits another cursor; -ENOMEM. */
LEAT_MUST_CHECK int cursor_load(struct cursor *c, const char *json, size_t n);
/* The position behind the last document that was read; freed by free. NULL: no memory. */
char *cursor_position(const struct cursor *c);
void cursor_free(struct cursor *c);

/* ---- row.c ---- */

/* A document on its way into a row. */
struct row {
    const struct leat_tree *tree;
    struct cursor *cursor;     /* NULL: none */
    int n_fields, rest_field;  /* rest_field -1: none */
    bool misfits_to_rest;
    int64_t n_left_out;        /* values of undeclared fields, in all */
    /* of the document at hand */
    struct leat_batch *out;
    bool *put;                 /* n_fields: found, so that a second one is told */
    struct leat_put rest, misfits, shown, scratch;
    int n_misfits, first_misfit;
    enum leat_bson_fit why;              /* of the first misfit */
    bool again;                /* it is there twice */
};

/* All but `tree`, `cursor` and the options; false: no memory. */
LEAT_MUST_CHECK bool row_begin(struct row *r, int n_fields);
/* Puts the values of a document; end it by leat_batch_end_row or one of those below. False: no memory. */
LEAT_MUST_CHECK bool row_put(struct row *r, struct leat_batch *out, const bson_t *doc);
/* Whether a value does not fit, or the document is broken. */
bool row_is_bad(const struct row *r);
/* Ends the row being written as a reject. */
void row_reject(struct row *r);
void row_reject_null_cursor(struct row *r);
void row_free(struct row *r);

/* ---- the plugin ---- */

struct mongodb {
    /* options */
    struct leat_mongodb at;
    const char *rest;
    const struct leat_query *filter, *projection, *pipeline;
    const struct leat_node *cursor_option, *fields;
    bool incremental;
    int64_t lag; /* ms */
    int64_t sample;
    int on_misfit;
    /* made by plan, read-only after it */
    struct document match, project, stages;
    bool collated;           /* the collection has an order of texts of its own */
    struct leat_tree tree;
    int n_fields, rest_field;
    const char **paths;      /* n_fields, without that of rest */
    /* of the thread that reads */
    struct leat_mongodb_client server;
    mongoc_cursor_t *rows;
    const bson_t *pending;   /* the first document, read when the store was opened */
    struct cursor cursor;
    struct row row;
    int64_t n_told;          /* of row.n_left_out */
    bool read;               /* a document, in this run */
};

/* A client of its own for each worker that asks for records. */
struct finder {
    struct leat_mongodb_client server;
    struct row row;
};

/* ---- query.c ---- */

/* Reads filter, projection and pipeline; notes what is wrong. */
bool query_plan(struct leat_plan *plan, struct mongodb *s);
/* All documents behind the cursor's place, or with a condition of their own; limit 0: all. */
mongoc_cursor_t *query_rows(const struct mongodb *s, mongoc_client_t *client, int64_t limit);
mongoc_cursor_t *query_sample(const struct mongodb *s, mongoc_client_t *client, int64_t n);
mongoc_cursor_t *query_where(const struct mongodb *s, mongoc_client_t *client, const bson_t *condition,
                             int64_t max_ms);
/* The one that stands last in field i of the cursor among those with the place's first i values. */
mongoc_cursor_t *query_last(const struct mongodb *s, mongoc_client_t *client, int i);

/* ---- schema.c ---- */

int mongodb_plan(struct leat_plan *plan, void *self, struct leat_error *err);

/* ---- since.c ---- */

void since_plan(struct leat_plan *plan, struct mongodb *s, enum leat_type first);
LEAT_MUST_CHECK int since_open(struct mongodb *s, const struct leat_stage *stage, struct leat_error *err);

/* ---- find.c ---- */

int mongodb_find(struct leat_stage *stage, void *self, struct leat_find *find, struct leat_error *err);
void mongodb_find_close(struct leat_stage *stage, void *self);

#endif
