/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the server is asked. Filter, projection and pipeline are JSON (extended:
 * {"$oid": ...}, {"$date": ...}) out of the pipeline file; a variable in it is
 * written as a JSON string, so that it never becomes a part of the query.
 */
#include "extract.h"

#include "kit/json/json.h"

enum { BATCH_ROWS = 2000 /* of a reply, which the server ends at 16 MiB before */ };

/* ---- the options ---- */

static const char *skip_spaces(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* A name of a field may not come out of a variable, nor, in a pipeline, may "$field": it would be another value's. */
static bool check_param(struct leat_plan *plan, const char *option, const struct leat_query *q, int i, bool is_list)
{
    if (*skip_spaces(q->texts[i + 1]) == ':') {
        leat_plan_wrong(plan, option, "variable %d stands where a key does: it can only be a value", i + 1);
        return false;
    }
    if (is_list && q->params[i][0] == '$') {
        leat_plan_wrong(plan, option, "the value of variable %d begins with $, and so would name a field in a "
                        "pipeline: write {\"$literal\": ...} around it, and the dollar outside of the variable", i + 1);
        return false;
    }
    return true;
}

static void put_param(struct leat_put *json, const char *text)
{
    size_t n = strlen(text);
    char *p = leat_put_reserve(json, LEAT_JSON_ROOM(n));

    if (p)
        json->n = (size_t)(leat_json_escape(p, text, n) - json->p);
}

/* {"": the text}, since libbson reads documents only. */
static bool put_wrapped(struct leat_plan *plan, const char *option, const struct leat_query *q, bool is_list,
                        struct leat_put *json)
{
    leat_put_string(json, "{\"\": ");
    for (int i = 0; i <= q->n_params; i++) {
        leat_put_string(json, q->texts[i]);
        if (i == q->n_params)
            break;
        if (!check_param(plan, option, q, i, is_list))
            return false;
        put_param(json, q->params[i]);
    }
    leat_put_string(json, "}");
    return leat_put_end(json) != NULL;
}

/* Where it goes wrong, by the kit's reader, which knows that better. */
static bool check_json(struct leat_plan *plan, const char *option, const struct leat_query *q,
                       const struct leat_put *json)
{
    const size_t before = strlen("{\"\": ");
    struct leat_json j = leat_json_begin(json->p + before, json->n - before - 1);
    struct leat_json_span span;

    if (leat_json_value(&j, &span) && leat_json_end(&j))
        return true;
    leat_plan_wrong(plan, option, "is no JSON: at character %d%s it has %s", (int)(j.p - (json->p + before)) + 1,
                    q->n_params ? " (with the variables filled in)" : "", j.wrong);
    return false;
}

static bool take(struct leat_plan *plan, const char *option, const bson_t *wrapper, bool is_list,
                 struct document *ret)
{
    const uint8_t *data;
    uint32_t n;
    bson_iter_t it;
    uint8_t *kept;

    if (!bson_iter_init_find(&it, wrapper, "") ||
        !(is_list ? BSON_ITER_HOLDS_ARRAY(&it) : BSON_ITER_HOLDS_DOCUMENT(&it))) {
        leat_plan_wrong(plan, option, is_list ? "is a list of stages: [{\"$match\": {...}}, {\"$group\": {...}}]"
                                              : "is a JSON object: {\"status\": \"active\"}");
        return false;
    }
    if (is_list)
        bson_iter_array(&it, &n, &data);
    else
        bson_iter_document(&it, &n, &data);
    kept = leat_plan_alloc(plan, n);
    memcpy(kept, data, n);
    *ret = (struct document){ kept, n };
    return true;
}

/* libbson's text may show a value, and a value may be out of a variable. */
static void wrong_bson(struct leat_plan *plan, const char *option, const struct leat_query *q, const bson_error_t *why)
{
    leat_plan_wrong(plan, option, "is no extended JSON of MongoDB: %.300s", q->n_params ? "see what stands behind its $"
                    : why->message);
}

static bool read_option(struct leat_plan *plan, const char *option, const struct leat_query *q, bool is_list,
                        struct document *ret)
{
    struct leat_put json = { 0 };
    bson_t *wrapper = NULL;
    bson_error_t why;
    bool ok = false;

    if (!q)
        return true;
    if (put_wrapped(plan, option, q, is_list, &json) && check_json(plan, option, q, &json)) {
        wrapper = bson_new_from_json((const uint8_t *)json.p, (ssize_t)json.n, &why);
        if (!wrapper)
            wrong_bson(plan, option, q, &why);
        ok = wrapper && take(plan, option, wrapper, is_list, ret);
    }
    if (wrapper)
        bson_destroy(wrapper);
    leat_put_free(&json);
    return ok;
}

/* An extract leaves its store as it is. */
static bool only_reads(struct leat_plan *plan, const struct mongodb *s)
{
    bson_iter_t it, stage;
    bson_t stages;

    document_view(&s->stages, &stages);
    for (bool more = bson_iter_init(&it, &stages) && bson_iter_next(&it); more; more = bson_iter_next(&it))
        if (BSON_ITER_HOLDS_DOCUMENT(&it) && bson_iter_recurse(&it, &stage) && bson_iter_next(&stage) &&
            (strcmp(bson_iter_key(&stage), "$out") == 0 || strcmp(bson_iter_key(&stage), "$merge") == 0)) {
            leat_plan_wrong(plan, "pipeline", "writes, by its stage %s: leave that to the load", bson_iter_key(&stage));
            return false;
        }
    return true;
}

bool query_plan(struct leat_plan *plan, struct mongodb *s)
{
    bool ok = read_option(plan, "filter", s->filter, false, &s->match);

    ok &= read_option(plan, "projection", s->projection, false, &s->project);
    ok &= read_option(plan, "pipeline", s->pipeline, true, &s->stages);
    if (s->pipeline && (s->filter || s->projection)) {
        leat_plan_wrong(plan, "pipeline", "stands for %s, too: make it a stage of the pipeline, {\"%s\": ...}",
                        s->filter ? "filter" : "projection", s->filter ? "$match" : "$project");
        return false;
    }
    return ok && only_reads(plan, s);
}

/* ---- the commands ---- */

/* One command: of the documents that the options name, those of a condition, in an order. */
struct command {
    const bson_t *condition; /* NULL: all */
    const bson_t *sort;      /* NULL: none */
    int64_t limit, max_ms;   /* 0: none */
};

static void append_options(const struct mongodb *s, const struct command *c, bson_t *options)
{
    bson_t collation;

    BSON_APPEND_INT32(options, "batchSize", BATCH_ROWS);
    if (c->max_ms)
        BSON_APPEND_INT64(options, "maxTimeMS", c->max_ms);
    if (s->collated && (c->sort || c->condition)) { /* two texts that an order takes for one are two places to us */
        BSON_APPEND_DOCUMENT_BEGIN(options, "collation", &collation);
        BSON_APPEND_UTF8(&collation, "locale", "simple");
        bson_append_document_end(options, &collation);
    }
}

/* The filter's collation is then the simple one, too; where it is not, both could not be one command. */
static void append_filter(const struct mongodb *s, const struct command *c, bson_t *filter)
{
    bson_t match, list;

    document_view(&s->match, &match);
    if (!c->condition) {
        (void)bson_concat(filter, &match);
        return;
    }
    if (bson_empty(&match)) {
        (void)bson_concat(filter, c->condition);
        return;
    }
    BSON_APPEND_ARRAY_BEGIN(filter, "$and", &list);
    BSON_APPEND_DOCUMENT(&list, "0", &match);
    BSON_APPEND_DOCUMENT(&list, "1", c->condition);
    bson_append_array_end(filter, &list);
}

static mongoc_cursor_t *find(const struct mongodb *s, mongoc_collection_t *collection, const struct command *c)
{
    bson_t filter = BSON_INITIALIZER, options = BSON_INITIALIZER, project;
    mongoc_cursor_t *rows;

    document_view(&s->project, &project);
    append_filter(s, c, &filter);
    append_options(s, c, &options);
    if (c->sort)
        BSON_APPEND_DOCUMENT(&options, "sort", c->sort);
    if (s->project.data)
        BSON_APPEND_DOCUMENT(&options, "projection", &project);
    if (c->limit)
        BSON_APPEND_INT64(&options, "limit", c->limit);
    rows = mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
    bson_destroy(&filter);
    bson_destroy(&options);
    return rows;
}

struct stages {
    bson_t list;
    uint32_t n;
};

static void begin_stage(struct stages *stages, bson_t *ret)
{
    char room[16];
    const char *key;
    size_t n = bson_uint32_to_string(stages->n++, &key, room, sizeof room);

    bson_append_document_begin(&stages->list, key, (int)n, ret);
}

static void add_stage(struct stages *stages, const char *name, const bson_t *document)
{
    bson_t stage;

    if (!document)
        return;
    begin_stage(stages, &stage);
    BSON_APPEND_DOCUMENT(&stage, name, document);
    bson_append_document_end(&stages->list, &stage);
}

static void add_limit(struct stages *stages, int64_t limit)
{
    bson_t stage;

    if (!limit)
        return;
    begin_stage(stages, &stage);
    BSON_APPEND_INT64(&stage, "$limit", limit);
    bson_append_document_end(&stages->list, &stage);
}

static mongoc_cursor_t *aggregate(const struct mongodb *s, mongoc_collection_t *collection, const struct command *c)
{
    bson_t options = BSON_INITIALIZER, given, pipeline = BSON_INITIALIZER;
    struct stages stages = { .n = 0 };
    mongoc_cursor_t *rows;

    document_view(&s->stages, &given);
    BSON_APPEND_ARRAY_BEGIN(&pipeline, "pipeline", &stages.list);
    (void)bson_concat(&stages.list, &given);
    stages.n = bson_count_keys(&given);
    add_stage(&stages, "$match", c->condition);
    add_stage(&stages, "$sort", c->sort);
    add_limit(&stages, c->limit);
    bson_append_array_end(&pipeline, &stages.list);
    append_options(s, c, &options);
    BSON_APPEND_BOOL(&options, "allowDiskUse", true);
    rows = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, &pipeline, &options, NULL);
    bson_destroy(&options);
    bson_destroy(&pipeline);
    return rows;
}

static mongoc_cursor_t *ask(const struct mongodb *s, mongoc_client_t *client, const struct command *c)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(client, s->at.database, s->at.collection);
    mongoc_cursor_t *rows = s->stages.data ? aggregate(s, collection, c) : find(s, collection, c);

    mongoc_collection_destroy(collection);
    return rows;
}

mongoc_cursor_t *query_rows(const struct mongodb *s, mongoc_client_t *client, int64_t limit)
{
    bson_t condition = BSON_INITIALIZER, sort = BSON_INITIALIZER;
    struct command c = { .limit = limit };
    mongoc_cursor_t *rows;

    cursor_append_behind(&s->cursor, &condition);
    cursor_append_sort(&s->cursor, &sort, 1);
    c.condition = bson_empty(&condition) ? NULL : &condition;
    c.sort = bson_empty(&sort) ? NULL : &sort;
    rows = ask(s, client, &c);
    bson_destroy(&condition);
    bson_destroy(&sort);
    return rows;
}

mongoc_cursor_t *query_sample(const struct mongodb *s, mongoc_client_t *client, int64_t n)
{
    return ask(s, client, &(struct command){ .limit = n });
}

mongoc_cursor_t *query_where(const struct mongodb *s, mongoc_client_t *client, const bson_t *condition, int64_t max_ms)
{
    return ask(s, client, &(struct command){ .condition = condition, .max_ms = max_ms });
}

mongoc_cursor_t *query_last(const struct mongodb *s, mongoc_client_t *client, int i)
{
    struct cursor one = { .n = 1, .names = s->cursor.names + i };
    bson_t condition = BSON_INITIALIZER, sort = BSON_INITIALIZER;
    mongoc_cursor_t *rows;

    cursor_append_prefix(&s->cursor, i, &condition);
    cursor_append_sort(&one, &sort, -1);
    rows = ask(s, client, &(struct command){ .condition = bson_empty(&condition) ? NULL : &condition, .sort = &sort,
                                             .limit = 1 });
    bson_destroy(&condition);
    bson_destroy(&sort);
    return rows;
}
