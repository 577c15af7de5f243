/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The plan of extract mongodb: the fields that are declared, and those that the
 * first documents show.
 */
#include "extract.h"

#include "kit/fields/fields.h"
#include "kit/text/text.h"

enum { MAX_FIELDS = 4096, MAX_KEY = 16 /* of leat_plan_key */, NAMES_ROOM = 300 };

struct draft {
    struct leat_field field; /* type LEAT_NONE: by what is seen of it */
    const char *path;
    unsigned seen;
};

struct survey {
    struct leat_plan *plan;
    struct mongodb *s;
    struct draft *drafts; /* MAX_FIELDS */
    int n;
    int64_t n_documents;
    bool adds;            /* the keys that documents show */
    bool too_many;
    bool missing;         /* the collection is not there, which is noted */
};

/* ---- what is declared ---- */

static int add_key_step(struct survey *v, const char *key, size_t n)
{
    return leat_tree_step(v->plan, &v->s->tree, 0, &(struct leat_step){ .key = key, .n = n });
}

static int add_path(struct survey *v, const char *path)
{
    return leat_tree_path(v->plan, &v->s->tree, path, LEAT_MONGODB_MAX_DEPTH);
}

static void take_step(struct survey *v, int step, int field, const struct leat_node *place)
{
    struct leat_step *at = &v->s->tree.steps[step];

    if (!step)
        leat_plan_wrong_at(v->plan, place, "'%.80s' is no path: write it like address.city or roles.0",
                           v->drafts[field].path);
    else if (at->field >= 0)
        leat_plan_wrong_at(v->plan, place, "'%.80s' is the path of another field, too", v->drafts[field].path);
    else
        at->field = field;
}

/* A name is a key of the document, and a path, too, if it looks like one. */
static void add_ways(struct survey *v, const struct leat_node *entry, int field)
{
    const struct leat_node *path = entry->kind == LEAT_MAP ? leat_node_get(entry, "path") : NULL;
    const char *name = v->drafts[field].path = path && path->text ? path->text : entry->name;

    if (path && path->kind != LEAT_SCALAR) {
        leat_plan_wrong_at(v->plan, path, "a path is a text like address.city");
        return;
    }
    if (!path)
        take_step(v, add_key_step(v, name, strlen(name)), field, entry);
    if (path || strchr(name, '.'))
        take_step(v, add_path(v, name), field, path ? path : entry);
}

static void survey_declared(struct survey *v)
{
    const struct leat_node *fields = v->s->fields;
    struct leat_declared declared;

    if (!fields)
        return;
    leat_declared_bind(v->plan, leat_fields_without(v->plan, fields, "path"), &declared);
    for (int i = 0; i < declared.n && v->n < MAX_FIELDS; i++) {
        struct leat_field *field = &v->drafts[v->n].field;

        field->name = fields->children[i]->name;
        (void)leat_declared_apply(&declared, field);
        if (field->type == LEAT_TIMESTAMP && !field->timezone) /* a date of MongoDB is an instant */
            field->local = false;
        add_ways(v, fields->children[i], v->n++);
    }
}

static void survey_cursor(struct survey *v)
{
    struct mongodb *s = v->s;
    struct cursor *c = &s->cursor;
    int n = s->cursor_option ? s->cursor_option->n_children : 0;

    *c = (struct cursor){ .names = leat_plan_alloc(v->plan, (size_t)n * sizeof *c->names),
                          .last = leat_plan_alloc(v->plan, (size_t)n * sizeof *c->last),
                          .now = leat_plan_alloc(v->plan, (size_t)n * sizeof *c->now) };
    for (int i = 0; i < n; i++) {
        const struct leat_node *item = s->cursor_option->children[i];
        int step = item->kind == LEAT_SCALAR ? add_path(v, item->text) : 0;

        if (!step || s->tree.steps[step].cursor >= 0) {
            leat_plan_wrong_at(v->plan, item, step ? "this field stands in the cursor twice"
                                                   : "a cursor is a list of fields, such as [updated_at, _id]");
            continue;
        }
        s->tree.steps[step].cursor = c->n;
        c->names[c->n++] = item->text;
    }
}

/* ---- what the documents show ---- */

static bool is_name(const struct survey *v, const char *key, size_t n)
{
    if (!n || !leat_text_is_utf8(key, n) || (v->s->rest && strcmp(v->s->rest, key) == 0))
        return false;
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->drafts[i].field.name, key) == 0)
            return false;
    return true;
}

static void see_other(void *user, enum other what, const bson_iter_t *value)
{
    struct survey *v = user;
    size_t n = bson_iter_key_len(value);
    char *name;

    if (!v->adds || what == OTHER_DEEP || !is_name(v, bson_iter_key(value), n))
        return;
    if (v->n == MAX_FIELDS) {
        v->too_many = true;
        return;
    }
    name = leat_plan_alloc(v->plan, n + 1);
    memcpy(name, bson_iter_key(value), n);
    v->s->tree.steps[add_key_step(v, name, n)].field = v->n;
    v->drafts[v->n++] = (struct draft){ .field.name = name, .path = name, .seen = value_seen(value) };
}

static void see_value(void *user, const struct leat_step *step, const bson_iter_t *value)
{
    struct survey *v = user;

    if (step->field >= 0)
        v->drafts[step->field].seen |= value_seen(value);
}

static int read_sample(struct survey *v, mongoc_client_t *client, struct leat_error *err)
{
    static const struct visitor visitor = { see_value, see_other };
    mongoc_cursor_t *rows = query_sample(v->s, client, v->s->sample);
    const bson_t *doc, *reply = NULL;
    bson_error_t why;
    int rc = 0;

    while (mongoc_cursor_next(rows, &doc))
        v->n_documents += tree_walk(&v->s->tree, doc, &visitor, v); /* one that is broken is rejected in the run */
    if (mongoc_cursor_error_document(rows, &why, &reply))
        rc = leat_mongodb_fail(&v->s->at, &why, reply, err);
    mongoc_cursor_destroy(rows);
    return rc;
}

/* ---- the collection ---- */

struct listing {
    bool there;
    char names[NAMES_ROOM]; /* of the others, as far as they have room */
    size_t n;
};

static void note_collection(struct mongodb *s, const bson_t *doc, struct listing *ret)
{
    const char *name = NULL;
    bson_iter_t it, found;

    if (bson_iter_init_find(&it, doc, "name"))
        name = bson_iter_utf8(&it, NULL);
    if (!name || strncmp(name, "system.", 7) == 0)
        return;
    if (strcmp(name, s->at.collection) == 0) {
        ret->there = true;
        s->collated = bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, "options.collation", &found);
    } else if (ret->n < sizeof ret->names) {
        ret->n += (size_t)snprintf(ret->names + ret->n, sizeof ret->names - ret->n, "%s%s", ret->n ? ", " : "", name);
    }
}

static void check_listed(struct survey *v, const struct listing *listing)
{
    v->missing = !listing->there;
    if (v->missing)
        leat_plan_wrong(v->plan, "collection", "there is no collection %.120s in the database %.120s%s%s%s",
                        v->s->at.collection, v->s->at.database, listing->n ? " (it has: " : "", listing->names,
                        listing->n ? ")" : "");
}

/* Whoever may read it need not be allowed to list it. A server's refusal says nothing then, and reading will tell. */
static int find_collection(struct survey *v, mongoc_client_t *client, struct leat_error *err)
{
    struct mongodb *s = v->s;
    mongoc_database_t *database = mongoc_client_get_database(client, s->at.database);
    mongoc_cursor_t *rows = mongoc_database_find_collections_with_opts(database, NULL);
    struct listing listing = { .there = false };
    const bson_t *doc, *reply = NULL;
    bson_error_t why;
    int rc = 0;

    while (mongoc_cursor_next(rows, &doc))
        note_collection(s, doc, &listing);
    if (!mongoc_cursor_error_document(rows, &why, &reply))
        check_listed(v, &listing);
    else if (why.domain != MONGOC_ERROR_SERVER || leat_mongodb_may_pass(&why, reply))
        rc = leat_mongodb_fail(&s->at, &why, reply, err);
    mongoc_cursor_destroy(rows);
    mongoc_database_destroy(database);
    return rc;
}

static void estimate(struct survey *v, mongoc_client_t *client)
{
    mongoc_collection_t *collection;
    int64_t n;

    if (v->s->match.data || v->s->stages.data)
        return;
    collection = mongoc_client_get_collection(client, v->s->at.database, v->s->at.collection);
    n = mongoc_collection_estimated_document_count(collection, NULL, NULL, NULL, NULL);
    if (n >= 0)
        leat_plan_estimate(v->plan, LEAT_ESTIMATE_ROWS, n);
    mongoc_collection_destroy(collection);
}

/* Which of the options decides: with fields and rest there is a place for everything, and nothing is guessed. */
static bool adds_fields(struct leat_plan *plan, const struct mongodb *s)
{
    return s->sample && !(s->fields && s->rest && !leat_plan_node(plan, "sample"));
}

static bool needs_sample(const struct survey *v)
{
    bool needs = v->adds;

    for (int i = 0; i < v->n; i++)
        needs |= v->drafts[i].field.type == LEAT_NONE;
    return needs && v->s->sample;
}

static int look(struct survey *v, struct leat_error *err)
{
    struct leat_mongodb_client w = { .stage = NULL };
    int rc = leat_mongodb_open(&v->s->at, &w, err);

    if (rc == 0)
        rc = find_collection(v, w.client, err);
    if (rc == 0 && needs_sample(v))
        rc = read_sample(v, w.client, err);
    if (rc == 0)
        estimate(v, w.client);
    leat_mongodb_close(&w);
    return rc;
}

/* ---- the fields ---- */

/* Whether a value of the first path stands within that of the second. */
static bool is_within(const char *path, const char *around)
{
    size_t n = strlen(around);

    return strncmp(path, around, n) == 0 && path[n] == '.';
}

/* What holds a secret is one. Returns the class of `rest`. */
static enum leat_class spread_secrets(struct survey *v)
{
    enum leat_class rest = LEAT_PII;

    for (int i = 0; i < v->n; i++) {
        bool held = !strchr(v->drafts[i].path, '.');

        if (v->drafts[i].field.data_class != LEAT_SECRET)
            continue;
        for (int k = 0; k < v->n; k++)
            if (is_within(v->drafts[i].path, v->drafts[k].path)) {
                v->drafts[k].field.data_class = LEAT_SECRET;
                held |= !strchr(v->drafts[k].path, '.');
            }
        rest = held ? rest : LEAT_SECRET;
    }
    return rest;
}

static void add_rest(struct survey *v, enum leat_class data_class)
{
    struct leat_field field = { .name = v->s->rest, .type = LEAT_JSON, .data_class = data_class };

    v->s->rest_field = -1;
    if (!v->s->rest)
        return;
    v->s->rest_field = v->s->n_fields++;
    if (leat_plan_add_field(v->plan, &field) < 0)
        leat_plan_wrong(v->plan, "rest", "'%.80s' is a field of its own: give the rest another name", v->s->rest);
    if (data_class == LEAT_SECRET)
        leat_plan_note(v->plan, "the field of `rest` is secret, since it takes a document with a secret field in it");
}

static void add_fields(struct survey *v)
{
    struct mongodb *s = v->s;
    enum leat_class rest = spread_secrets(v);

    s->n_fields = v->n;
    s->paths = leat_plan_alloc(v->plan, ((size_t)v->n + 1) * sizeof *s->paths);
    for (int i = 0; i < v->n; i++) {
        struct leat_field *field = &v->drafts[i].field;

        if (field->type == LEAT_NONE)
            field->type = value_type(v->drafts[i].seen);
        s->paths[i] = v->drafts[i].path;
        (void)leat_plan_add_field(v->plan, field);
    }
    add_rest(v, rest);
    for (int i = 0; i < v->n; i++)
        if (v->drafts[i].field.type == LEAT_INT64 || v->drafts[i].field.type == LEAT_TEXT)
            leat_plan_searchable(v->plan, i);
}

/* The field of a path as a whole, or -1. */
static int field_at(const struct survey *v, const char *path)
{
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->drafts[i].path, path) == 0)
            return i;
    return -1;
}

static void add_key(struct survey *v)
{
    const struct cursor *c = &v->s->cursor;
    int id = field_at(v, "_id"), fields[MAX_KEY], n = 0;

    if (id >= 0)
        fields[n++] = id;
    for (int i = 0; id < 0 && i < c->n; i++) {
        int field = field_at(v, c->names[i]);

        if (field < 0 || n == MAX_KEY)
            return; /* a part of it is no key */
        fields[n++] = field;
    }
    for (int i = 0; i < n; i++)
        leat_plan_key(v->plan, fields[i]);
}

static void judge(struct survey *v, bool asked)
{
    struct mongodb *s = v->s;

    if (s->on_misfit == 1 && !s->rest)
        leat_plan_wrong(v->plan, "on_misfit", "needs a place to put it: rest: NAME");
    if (v->too_many)
        leat_plan_wrong(v->plan, "collection", "its documents have more than %d different keys: declare those to read "
                        "with fields, and collect the others with rest", MAX_FIELDS);
    else if (!v->n && !s->rest && !v->missing && (asked || !s->sample))
        leat_plan_wrong(v->plan, "collection", "%.300s shows no fields%s; say which there are with fields", s->at.where,
                        asked && s->sample && !v->n_documents ? ": there is no document" : "");
    if (!s->cursor_option)
        leat_plan_note(v->plan, "without a cursor a stopped run begins again with the first record");
}

static void note_sample(struct survey *v)
{
    char text[200];

    if (!v->adds || !v->n_documents)
        return;
    (void)snprintf(text, sizeof text, "the first %lld document%s showed the fields; what only later ones have %s",
                   (long long)v->n_documents, v->n_documents == 1 ? "" : "s",
                   v->s->rest ? "goes into the field of `rest`" : "is left out and counted");
    leat_plan_note(v->plan, text);
}

static void finish(struct survey *v, bool asked)
{
    int first;

    add_fields(v);
    add_key(v);
    judge(v, asked);
    note_sample(v);
    first = v->s->cursor.n ? field_at(v, v->s->cursor.names[0]) : -1;
    since_plan(v->plan, v->s, first < 0 ? LEAT_NONE : v->drafts[first].field.type);
}

int mongodb_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct mongodb *s = self;
    struct survey v = { .plan = plan, .s = s, .adds = adds_fields(plan, s) };
    struct leat_error why = { 0 };
    bool fine;
    int rc;

    if (!err)
        err = &why;
    s->at.verb = s->at.role = "read";
    fine = leat_mongodb_plan(plan, &s->at);
    if (!query_plan(plan, s) || !fine)
        return 0;
    v.drafts = leat_plan_alloc(plan, MAX_FIELDS * sizeof *v.drafts);
    leat_tree_begin(plan, &s->tree);
    survey_declared(&v);
    survey_cursor(&v);
    if (!leat_plan_may_connect(plan)) {
        finish(&v, false);
        if (v.adds)
            leat_plan_unasked(plan);
        return 0;
    }
    rc = look(&v, err);
    if (rc < 0) {
        const char *asked = s->pipeline ? "pipeline" : s->filter ? "filter" : NULL;

        leat_plan_wrong(plan, rc == LEAT_EPIPELINE ? asked : "url", "%s", err->text);
        return rc == LEAT_EPIPELINE ? 0 : rc;
    }
    finish(&v, true);
    return 0;
}
