/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of load mongodb: where each field goes, and whether the collection lets its
 * key be one.
 */
#include "load.h"

#include "kit/secrets/secrets.h"
#include "kit/store/store.h"

/* ---- fields ---- */

struct entry {
    int shape;
    const char *path;
};

static const char *const shape_words[] = { "own", "objectid", "uuid", "int32", "double", "date", "text", NULL };

static const struct leat_option entry_options[] = {
    { .name = "type", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct entry, shape), .values = shape_words,
      .default_text = "own", .main = true, .help = "What its values become." },
    { .name = "path", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct entry, path), .help = "Where they stand." },
    LEAT_END_OF_OPTIONS
};

static bool shape_fits(enum shape shape, enum leat_type type)
{
    switch (shape) {
    case SHAPE_OBJECTID:
    case SHAPE_UUID:
        return type == LEAT_TEXT || type == LEAT_BYTES;
    case SHAPE_INT32:
    case SHAPE_DOUBLE:
        return type == LEAT_INT64 || (type == LEAT_FLOAT64 && shape == SHAPE_DOUBLE);
    case SHAPE_DATE:
        return type == LEAT_TIMESTAMP || type == LEAT_DATE;
    case SHAPE_TEXT:
        return type != LEAT_BYTES;
    default:
        return true;
    }
}

static void take_entry(struct leat_plan *plan, struct mongodb *m, const struct leat_node *node)
{
    int field = leat_plan_field_of_key(plan, node);
    struct entry e = { .shape = SHAPE_OWN };

    if (leat_plan_bind(plan, node, entry_options, &e) < 0 || field < 0)
        return;
    if (!shape_fits((enum shape)e.shape, leat_plan_input(plan)->fields[field].type))
        leat_plan_wrong_at(plan, node, "its values cannot become %s; make another type of it in a map before",
                           shape_words[e.shape]);
    m->targets[field].shape = (enum shape)e.shape;
    if (e.path)
        m->targets[field].path = e.path;
}

/* Each field of the input, under its name unless `fields` says otherwise. */
static void take_fields(struct leat_plan *plan, struct mongodb *m)
{
    const struct leat_schema *in = leat_plan_input(plan);

    m->n_targets = in->n_fields;
    m->targets = leat_plan_alloc(plan, ((size_t)in->n_fields + 1) * sizeof *m->targets);
    for (int i = 0; i < in->n_fields; i++)
        m->targets[i] = (struct target){ .in = i, .path = in->fields[i].name };
    for (int i = 0; m->fields && i < m->fields->n_children; i++)
        take_entry(plan, m, m->fields->children[i]);
    for (int i = 0; i < in->n_fields; i++)
        if (leat_secret_left_out(plan, i, m->secrets))
            m->targets[i].in = -1;
}

/* ---- paths ---- */

static bool is_index(const struct leat_step *step)
{
    for (size_t i = 0; i < step->n; i++)
        if (step->key[i] < '0' || step->key[i] > '9')
            return false;
    return true;
}

/* What is wrong with a path, or NULL. */
static const char *check_path(const struct mongodb *m, int at)
{
    if (!at)
        return "is no path of MongoDB, keys with dots between them such as address.city; give it another name by "
               "`fields: {NAME: {path: PATH}}'";
    if (m->tree.steps[at].field >= 0)
        return "is the path of another field, too";
    if (m->tree.steps[at].child)
        return "holds another field, which would be written twice";
    return NULL;
}

/* The way through the tree is followed once more, since a field may stand on it. */
static const char *check_way(const struct mongodb *m, const char *path)
{
    const struct leat_step *steps = m->tree.steps;
    int at = 0;

    for (const char *p = path;; p++) {
        size_t n = strcspn(p, ".");

        at = steps[at].child;
        while (!leat_step_is_key(&steps[at], p, n))
            at = steps[at].next;
        if (*p == '$')
            return "has a key that begins with $, which MongoDB takes for an operator";
        if (p != path && is_index(&steps[at]))
            return "names an element of a list, and only whole lists can be written: hand it over as json";
        p += n;
        if (!*p)
            return NULL;
        if (steps[at].field >= 0)
            return "stands within another field, which would be written twice";
    }
}

static void add_path(struct leat_plan *plan, struct mongodb *m, struct target *t)
{
    const struct leat_node *place = leat_node_get(m->fields, leat_plan_input(plan)->fields[t->in].name);
    int at = leat_tree_path(plan, &m->tree, t->path, LEAT_MONGODB_MAX_DEPTH);
    const char *wrong = check_path(m, at);

    wrong = wrong ? wrong : check_way(m, t->path);
    if (wrong && place)
        leat_plan_wrong_at(plan, place, "'%.80s' %s", t->path, wrong);
    else if (wrong)
        leat_plan_wrong(plan, NULL, "the field '%.80s' %s", t->path, wrong);
    if (at)
        m->tree.steps[at].field = t->in;
    t->id = strcmp(t->path, "_id") == 0;
    m->id_step = t->id ? at : m->id_step;
}

static void add_paths(struct leat_plan *plan, struct mongodb *m)
{
    leat_tree_begin(plan, &m->tree);
    for (int i = 0; i < m->n_targets; i++)
        if (m->targets[i].in >= 0)
            add_path(plan, m, &m->targets[i]);
}

/* ---- the key ---- */

static void take_key(struct leat_plan *plan, struct mongodb *m, const struct leat_node *place, int field)
{
    if (leat_plan_input(plan)->fields[field].type == LEAT_JSON)
        leat_plan_wrong_at(plan, place, "a key is a scalar, and json may be a document");
    if (m->targets[field].in < 0)
        leat_plan_wrong_at(plan, place, "a key cannot be left out: `secrets: true' writes it");
    if (m->n_key == MAX_KEY || m->targets[field].key) {
        leat_plan_wrong_at(plan, place, m->targets[field].key ? "stands in the key twice"
                                                              : "a key has 16 fields at most");
        return;
    }
    m->targets[field].key = true;
    m->key_fields[m->n_key++] = field;
}

/* `_id' is the key if nothing is said. */
static bool choose_key(struct leat_plan *plan, struct mongodb *m)
{
    bool ok = true;

    for (int i = 0; m->key && i < m->key->n_children; i++) {
        int field = leat_plan_field(plan, m->key->children[i]);

        ok &= field >= 0;
        if (field >= 0)
            take_key(plan, m, m->key->children[i], field);
    }
    if (!m->key && m->id_step)
        take_key(plan, m, leat_plan_node(plan, "collection"), m->tree.steps[m->id_step].field);
    if (ok && !m->n_key)
        leat_plan_wrong(plan, m->mode == MODE_INSERT ? NULL : "mode", "needs a field _id, or `key: FIELD' or a list of "
                        "fields, that tells one document from another: so what was written before a crash is known "
                        "again, and nothing is there twice");
    return ok && m->n_key;
}

static bool is_key_id(const struct mongodb *m)
{
    return m->n_key == 1 && m->targets[m->key_fields[0]].id;
}

/* ---- notes ---- */

static void note(struct leat_plan *plan, const char *field, const char *text)
{
    char line[400];

    (void)snprintf(line, sizeof line, "%.80s %s", field, text);
    leat_plan_note(plan, line);
}

static void note_types(struct leat_plan *plan, const struct mongodb *m)
{
    const struct leat_schema *in = leat_plan_input(plan);

    for (int i = 0; i < m->n_targets; i++) {
        const struct target *t = &m->targets[i];
        bool own = t->in >= 0 && t->shape == SHAPE_OWN;

        if (own && t->id && in->fields[i].type == LEAT_TEXT)
            note(plan, in->fields[i].name, "is written as text; `fields: {_id: objectid}' makes ObjectIds of 24 "
                 "hexadecimal digits");
        if (own && in->fields[i].type == LEAT_TIMESTAMP && in->fields[i].local)
            note(plan, in->fields[i].name, "is wall time, and written as text: a date of MongoDB is an instant; `date' "
                 "in fields takes it for UTC");
    }
}

/* ---- the collection ---- */

/* Neither has one, or both have the same: the server writes all of it out. */
static bool is_same_collation(const bson_t *collection, const bson_t *index)
{
    bson_iter_t it, ours, theirs;
    const bson_value_t *x, *y;
    bool has = bson_iter_init(&it, collection) && bson_iter_find_descendant(&it, "options.collation", &ours);

    if (bson_iter_init_find(&theirs, index, "collation") != has)
        return false;
    if (!has)
        return true;
    x = bson_iter_value(&ours);
    y = bson_iter_value(&theirs);
    return x->value_type == BSON_TYPE_DOCUMENT && y->value_type == BSON_TYPE_DOCUMENT &&
           x->value.v_doc.data_len == y->value.v_doc.data_len &&
           memcmp(x->value.v_doc.data, y->value.v_doc.data, x->value.v_doc.data_len) == 0;
}

bool plan_is_index_of_key(const struct mongodb *m, const bson_t *collection, const bson_t *index)
{
    bson_iter_t it, key;
    int n = 0;

    if (!is_same_collation(collection, index) ||
        !bson_iter_init_find(&it, index, "unique") || !bson_iter_as_bool(&it) ||
        bson_iter_init_find(&it, index, "partialFilterExpression") || !bson_iter_init_find(&it, index, "key") ||
        !BSON_ITER_HOLDS_DOCUMENT(&it) || !bson_iter_recurse(&it, &key))
        return false;
    for (; bson_iter_next(&key); n++) {
        bool found = false;

        for (int i = 0; i < m->n_key; i++)
            found |= strcmp(m->targets[m->key_fields[i]].path, bson_iter_key(&key)) == 0;
        if (!found)
            return false;
    }
    return n == m->n_key;
}

/* 1: there is one; 0: there is none. */
static int has_index(const struct mongodb *m, mongoc_collection_t *collection, const bson_t *found,
                     struct leat_error *err)
{
    mongoc_cursor_t *rows = mongoc_collection_find_indexes_with_opts(collection, NULL);
    const bson_t *index, *reply = NULL;
    bson_error_t why;
    int rc = 0;

    while (rc == 0 && mongoc_cursor_next(rows, &index))
        rc = plan_is_index_of_key(m, found, index);
    if (rc == 0 && mongoc_cursor_error_document(rows, &why, &reply))
        rc = leat_mongodb_fail(&m->at, &why, reply, err);
    mongoc_cursor_destroy(rows);
    return rc;
}

/* What the server says of it; empty: it is not there. */
static int find_collection(const struct mongodb *m, mongoc_client_t *client, bson_t *found, struct leat_error *err)
{
    mongoc_database_t *database = mongoc_client_get_database(client, m->at.database);
    bson_t *options = BCON_NEW("filter", "{", "name", BCON_UTF8(m->at.collection), "}");
    mongoc_cursor_t *rows = mongoc_database_find_collections_with_opts(database, options);
    const bson_t *doc, *reply = NULL;
    bson_error_t why;
    int rc = 0;

    while (mongoc_cursor_next(rows, &doc))
        (void)bson_concat(found, doc);
    if (mongoc_cursor_error_document(rows, &why, &reply))
        rc = leat_mongodb_fail(&m->at, &why, reply, err);
    mongoc_cursor_destroy(rows);
    mongoc_database_destroy(database);
    bson_destroy(options);
    return rc;
}

static bool is_view(const bson_t *found)
{
    bson_iter_t it;

    return bson_iter_init_find(&it, found, "type") && BSON_ITER_HOLDS_UTF8(&it) &&
           strcmp(bson_iter_utf8(&it, NULL), "view") == 0;
}

static int check_index(const struct mongodb *m, mongoc_client_t *client, const bson_t *found, struct leat_error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(client, m->at.database, m->at.collection);
    int has = has_index(m, collection, found, err);

    mongoc_collection_destroy(collection);
    if (has < 0 || has)
        return has < 0 ? has : 0;
    return leat_fail(err, LEAT_EPIPELINE, "needs a unique index of %.300s over exactly the fields of key, with the "
                     "collation of the collection, or the key _id; db.%.120s.createIndex({FIELD: 1}, {unique: true}) "
                     "makes one", m->at.where, m->at.collection);
}

static int look(struct mongodb *m, mongoc_client_t *client, struct leat_error *err)
{
    bson_t found = BSON_INITIALIZER;
    int rc = find_collection(m, client, &found, err);
    bool there = !bson_empty(&found);

    if (rc == 0 && is_view(&found))
        rc = leat_fail(err, LEAT_EPIPELINE, "%.300s is a view, which cannot be written to", m->at.where);
    if (rc == 0 && !there && !m->create)
        rc = leat_fail(err, LEAT_EPIPELINE, "there is no collection %.120s in the database %.120s; `create: true' lets "
                       "the server make it", m->at.collection, m->at.database);
    m->makes_index = !there && !is_key_id(m);
    if (rc == 0 && there && !is_key_id(m))
        rc = check_index(m, client, &found, err);
    bson_destroy(&found);
    return rc;
}

/* ---- the plan ---- */

/* A write that nobody answers for is none. */
static bool check_concern(struct leat_plan *plan, const struct mongodb *m)
{
    mongoc_uri_t *uri = leat_mongodb_uri(&m->at);
    const mongoc_write_concern_t *concern = uri ? mongoc_uri_get_write_concern(uri) : NULL;
    bool ok = !concern || mongoc_write_concern_is_acknowledged(concern);

    if (!ok)
        leat_plan_wrong(plan, "url", "with w=0 the server does not say what has become of a record: take it out");
    if (uri)
        mongoc_uri_destroy(uri);
    return ok;
}

static bool options_fit(struct leat_plan *plan, struct mongodb *m)
{
    bool ok = leat_mongodb_plan(plan, &m->at) && check_concern(plan, m);

    if (m->mode == MODE_INSERT && leat_plan_is_incremental(plan))
        leat_plan_wrong(plan, "mode", "the extract is incremental, so records come again once they have changed, and "
                        "insert would refuse them: write `mode: upsert'");
    take_fields(plan, m);
    add_paths(plan, m);
    ok &= choose_key(plan, m);
    note_types(plan, m);
    return ok;
}

int mongodb_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct mongodb *m = self;
    struct leat_mongodb_client c = { .stage = NULL };
    struct leat_error why = { 0 };
    int rc;

    if (!err)
        err = &why;
    m->at.verb = "write to";
    m->at.role = "readWrite";
    m->at.hides = true;
    if (!options_fit(plan, m))
        return 0;
    leat_plan_target(plan, m->at.where);
    if (!leat_plan_may_connect(plan)) {
        leat_plan_note(plan, "the server was not asked for its collection; `leat check --connect' asks");
        return 0;
    }
    rc = leat_mongodb_open(&m->at, &c, err);
    if (rc == 0)
        rc = look(m, c.client, err);
    leat_mongodb_close(&c);
    rc = leat_in_plan(rc, err);
    if (rc < 0)
        leat_plan_wrong(plan, rc == LEAT_EPIPELINE ? "collection" : "url", "%s", err->text);
    return rc == LEAT_EPIPELINE ? 0 : rc;
}
