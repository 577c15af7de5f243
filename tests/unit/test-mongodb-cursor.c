/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The order of documents and the place in it (plugins/extract/mongodb), without a
 * server: positions keep the type of each value, and the condition for going on is
 * the one that MongoDB's comparison needs. And what a plan says of its options
 * while nobody is asked.
 */
#include "unit.h"

#include "test-mongodb.h"

/* ---- a cursor, and documents that pass by ---- */

struct passing {
    struct cursor c;
    const char *names[2];
    struct cursor_value last[2];
    bson_value_t now[2];
    int bad;
};

static void begin(struct passing *p, const char *first, const char *second)
{
    memset(p, 0, sizeof *p);
    p->names[0] = first;
    p->names[1] = second;
    p->c = (struct cursor){ .n = second ? 2 : 1, .names = p->names, .last = p->last, .now = p->now };
}

static bson_t *parse(const char *json)
{
    bson_error_t why;
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &why);

    if (!doc)
        fail_msg("%s: %s", why.message, json);
    return doc;
}

static enum cursor_step pass(struct passing *p, const char *json)
{
    bson_t *doc = parse(json);
    enum cursor_step step = CURSOR_FINE;
    bson_iter_t it, value;

    cursor_begin(&p->c);
    for (int i = 0; i < p->c.n; i++)
        if (bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, p->names[i], &value))
            cursor_take(&p->c, i, &value);
    if (!cursor_is_behind(&p->c))
        step = cursor_step(&p->c, &p->bad);
    bson_destroy(doc);
    return step;
}

static void assert_position(const struct passing *p, const char *wanted)
{
    char *position = cursor_position(&p->c);

    assert_string_equal(position, wanted);
    free(position);
}

static void assert_behind(const struct passing *p, const char *wanted)
{
    bson_t condition = BSON_INITIALIZER;
    char *json;

    cursor_append_behind(&p->c, &condition);
    json = bson_as_canonical_extended_json(&condition, NULL);
    assert_string_equal(json, wanted);
    bson_free(json);
    bson_destroy(&condition);
}

/* ---- positions ---- */

/* Each type comes back as it was, to the last digit. */
static void test_positions_keep_types(void **state)
{
    static const char *const values[] = {
        "{ \"$numberInt\" : \"5\" }",
        "{ \"$numberLong\" : \"5\" }",
        "{ \"$numberLong\" : \"-9223372036854775808\" }",
        "{ \"$numberDouble\" : \"5.0\" }",
        "{ \"$numberDouble\" : \"0.10000000000000000555\" }",
        "{ \"$numberDecimal\" : \"5.00\" }",
        "{ \"$oid\" : \"507f1f77bcf86cd799439011\" }",
        "{ \"$date\" : { \"$numberLong\" : \"-1\" } }",
        "{ \"$timestamp\" : { \"t\" : 1, \"i\" : 2 } }",
        "{ \"$binary\" : { \"base64\" : \"AAECAwQFBgcICQoLDA0ODw==\", \"subType\" : \"04\" } }",
        "{ \"$binary\" : { \"base64\" : \"\", \"subType\" : \"00\" } }",
        "{ \"$symbol\" : \"s\" }",
        "\"\"",
        "\"Zo\xc3\xab \\\"}+7\"", /* what a position ends in, too */
        "\"a\\u0000b\"",
        "{ \"x\" : { \"$numberInt\" : \"1\" }, \"y\" : \"}\" }",
        "true",
    };
    char json[256], wanted[512];
    struct passing p, q;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        (void)snprintf(json, sizeof json, "{ \"a\" : %s }", values[i]);
        begin(&p, "a", NULL);
        assert_int_equal(pass(&p, json), CURSOR_FINE);
        assert_position(&p, json);
        begin(&q, "a", NULL);
        assert_int_equal(cursor_load(&q.c, json, strlen(json)), 0);
        (void)snprintf(wanted, sizeof wanted, "{ \"$or\" : [ { \"a\" : { \"$gt\" : %s } } ] }", values[i]);
        assert_behind(&q, wanted);
        cursor_free(&p.c);
        cursor_free(&q.c);
    }
}

static void test_positions_of_another_cursor(void **state)
{
    static const char *const others[] = { "{ \"b\" : 1 }", "{ }", "{ \"a\" : 1, \"b\" : 2 }", "[1]", "{ \"a\" : [1] }",
                                          "{ \"a\" : null }", "{ \"a\" : 1", "", "7" };
    struct passing p;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        begin(&p, "a", NULL);
        assert_int_equal(cursor_load(&p.c, others[i], strlen(others[i])), LEAT_EDATA);
        cursor_free(&p.c);
    }
}

static void test_conditions(void **state)
{
    static const char place[] = "{\"at\": 7, \"_id\": \"x\"}";
    struct passing p;

    (void)state;
    begin(&p, "at", "_id");
    assert_behind(&p, "{ }");
    assert_int_equal(cursor_load(&p.c, place, strlen(place)), 0);
    assert_behind(&p, "{ \"$or\" : [ { \"at\" : { \"$gt\" : { \"$numberInt\" : \"7\" } } }, "
                      "{ \"at\" : { \"$eq\" : { \"$numberInt\" : \"7\" } }, \"_id\" : { \"$gt\" : \"x\" } } ] }");
    p.c.since = strdup("{...}"); /* an incremental run looks at what has no place, too */
    p.c.n_behind = 1;            /* and with a lag only the first one counts */
    assert_behind(&p, "{ \"$or\" : [ { \"at\" : null }, { \"_id\" : null }, "
                      "{ \"at\" : { \"$gt\" : { \"$numberInt\" : \"7\" } } } ] }");
    assert_position(&p, "since {...}");
    cursor_free(&p.c);
}

/* ---- from document to document ---- */

static void test_same_place(void **state)
{
    static const char *const fives[] = { "{\"a\": {\"$numberInt\": \"5\"}}", "{\"a\": {\"$numberLong\": \"5\"}}",
                                         "{\"a\": {\"$numberDouble\": \"5.0\"}}", "{\"a\": {\"$numberDecimal\": \"5.00\"}}",
                                         "{\"a\": {\"$numberDecimal\": \"50E-1\"}}" };
    struct passing p;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 5; k++) {
            begin(&p, "a", NULL);
            assert_int_equal(pass(&p, fives[i]), CURSOR_FINE);
            assert_int_equal(pass(&p, fives[k]), CURSOR_AGAIN);
            cursor_free(&p.c);
        }
    begin(&p, "a", NULL);
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDouble\": \"-0.0\"}}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": 0}"), CURSOR_AGAIN);
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDouble\": \"0.5\"}}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": {\"$numberLong\": \"9007199254740993\"}}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDouble\": \"9007199254740994.0\"}}"), CURSOR_FINE);
    cursor_free(&p.c);
    begin(&p, "a.b", "_id");
    assert_int_equal(pass(&p, "{\"a\": {\"b\": \"x\"}, \"_id\": 1}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": {\"b\": \"x\"}, \"_id\": 2}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": {\"b\": \"x\\u0000\"}, \"_id\": 2}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": {\"b\": \"x\\u0000\"}, \"_id\": 2}"), CURSOR_AGAIN);
    cursor_free(&p.c);
}

static void test_kinds(void **state)
{
    struct passing p;

    (void)state;
    begin(&p, "a", NULL);
    assert_int_equal(pass(&p, "{\"a\": 5}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": \"x\"}"), CURSOR_MIXED);
    assert_int_equal(pass(&p, "{\"a\": [5]}"), CURSOR_UNFIT);
    assert_int_equal(pass(&p, "{\"a\": {\"$minKey\": 1}}"), CURSOR_UNFIT);
    assert_position(&p, "{ \"a\" : { \"$numberInt\" : \"5\" } }"); /* none of them became the place */
    cursor_free(&p.c);
    begin(&p, "a", "_id"); /* only below the same first value do they stand side by side */
    assert_int_equal(pass(&p, "{\"a\": 1, \"_id\": 5}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": 2, \"_id\": \"x\"}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": 2, \"_id\": {\"$oid\": \"507f1f77bcf86cd799439011\"}}"), CURSOR_MIXED);
    assert_int_equal(p.bad, 1);
    cursor_free(&p.c);
}

static void test_documents_without_a_place(void **state)
{
    struct passing p;

    (void)state;
    begin(&p, "a", "b");
    assert_int_equal(pass(&p, "{\"b\": 1}"), CURSOR_NULL);
    assert_position(&p, "{ }+1");
    assert_int_equal(pass(&p, "{\"a\": null, \"b\": 1}"), CURSOR_NULL);
    assert_position(&p, "{ }+2");
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDouble\": \"NaN\"}, \"b\": 1}"), CURSOR_NULL); /* nothing is greater */
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDecimal\": \"NaN\"}, \"b\": 1}"), CURSOR_NULL);
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDecimal\": \"Infinity\"}, \"b\": 1}"), CURSOR_FINE);
    assert_int_equal(pass(&p, "{\"a\": {\"$numberDecimal\": \"Infinity\"}, \"b\": null}"), CURSOR_NULL);
    assert_position(&p, "{ \"a\" : { \"$numberDecimal\" : \"Infinity\" }, \"b\" : { \"$numberInt\" : \"1\" } }+1");
    p.c.n_skip = 1; /* a later run comes by it again */
    assert_int_equal(pass(&p, "{\"b\": 7}"), CURSOR_FINE);
    assert_int_equal(p.c.n_skip, 0);
    assert_int_equal(pass(&p, "{\"b\": 7}"), CURSOR_NULL);
    cursor_free(&p.c);
}

/* ---- plans, with nobody asked ---- */

static void assert_says(const char *server, const char *options, const char *wanted)
{
    struct leat_plan *p;

    url = (struct leat_secret){ server, strlen(server) };
    host_before_plan = give_url;
    p = host_begin(options, NULL, true);
    if (!strstr(host_said(p), wanted))
        fail_msg("wanted: %s\nsaid: %s", wanted, host_said(p));
    if (strstr(host_said(p), "s3cr3t"))
        fail_msg("the password is shown: %s", host_said(p));
    host_end(p);
}

static void test_urls(void **state)
{
    static const char more[] = "{collection: c, database: d, fields: {a: text}}";

    (void)state;
    assert_says("mongodb://u:s3cr3t@db.example.org/", more, "wrong url: db.example.org is reached over a network");
    assert_says("mongodb://u:s3cr3t@localhost,db.example.org/", more, "wrong url: db.example.org is");
    assert_says("mongodb://u:s3cr3t@db.example.org/?tls=true", more, "note without a cursor");
    assert_says("mongodb://u:s3cr3t@db.example.org/?ssl=true", more, "note without a cursor");
    assert_says("mongodb://u:s3cr3t@db.example.org/?tls=false", more, "note without a cursor");
    assert_says("mongodb://127.0.0.2,[::1],localhost/", more, "note without a cursor");
    assert_says("mongodb://127.0.0.1.example.org/", more, "wrong url: 127.0.0.1.example.org is");
    assert_says("mongodb://u:s3cr3t@localhost/?tlsInsecure=true", more, "wrong url: tlsinsecure in the URL");
    assert_says("mongodb://u:x@s3cr3t@localhost/", more, "wrong url: this is no URL");
    assert_says("mongodb://u:1/s3cr3t@localhost/", more, "wrong url: this is no URL");
    assert_says("mongodb://u:1?s3cr3t@localhost/", more, "wrong url: this is no URL");
    assert_says("u:s3cr3t@localhost", more, "wrong url: this is no URL");
    assert_says("mongodb://localhost/", "{collection: c}", "wrong -: needs `database: NAME'");
    assert_says("mongodb://localhost/d", "{collection: c, cursor: _id, fields: {_id: text}}", "key _id\n");
    assert_says("mongodb://localhost/d", "{collection: c, fields: {_id: text}}", "unasked\n");
    assert_says("mongodb://localhost/d", "{collection: c}", "unasked\n");
}

static void test_options(void **state)
{
    static const char here[] = "mongodb://localhost/d";

    (void)state;
    assert_says(here, "{collection: c, filter: '{\"a\": }'}", "wrong filter: is no JSON: at character 7");
    assert_says(here, "{collection: c, filter: '{\"a\": 1} {}'}", "wrong filter: is no JSON: at character 10");
    assert_says(here, "{collection: c, filter: '[]'}", "wrong filter: is a JSON object");
    assert_says(here, "{collection: c, filter: '1'}", "wrong filter: is a JSON object");
    assert_says(here, "{collection: c, filter: '{\"a\": {\"$oid\": \"7\"}}'}", "wrong filter: is no extended JSON");
    assert_says(here, "{collection: c, pipeline: '{}'}", "wrong pipeline: is a list of stages");
    assert_says(here, "{collection: c, pipeline: '[{\"$merge\": {\"into\": \"x\"}}]'}", "wrong pipeline: writes, by its stage $merge");
    assert_says(here, "{collection: c, pipeline: '[]', filter: '{}'}", "wrong pipeline: stands for filter, too");
    assert_says(here, "{collection: c, cursor: [a, a], fields: {a: text}}", "this field stands in the cursor twice");
    assert_says(here, "{collection: c, cursor: 'a..b', fields: {a: text}}", "a cursor is a list of fields");
    assert_says(here, "{collection: c, fields: {a: {path: x.y}, b: {path: x.y}}}", "'x.y' is the path of another field, too");
    assert_says(here, "{collection: c, fields: {a: {path: .y}}}", "'.y' is no path");
    assert_says(here, "{collection: c, on_misfit: rest, fields: {a: text}}", "wrong on_misfit: needs a place to put it");
    assert_says(here, "{collection: c, rest: a, fields: {a: text}}", "wrong rest: 'a' is a field of its own");
    assert_says(here, "{collection: c, sample: 0}", "shows no fields; say which there are with fields");
    assert_says(here, "{collection: c, incremental: true, fields: {a: text}}", "wrong incremental: what has changed");
    assert_says(here, "{collection: c, lag: 5m, fields: {a: text}}", "wrong lag: lag is for");
    assert_says(here, "{collection: c, cursor: a, incremental: true, lag: 5m, fields: {a: text}}", "wrong lag: is taken off");
    assert_says(here, "{collection: c, cursor: a, incremental: true, fields: {a: text}}", "note reads only new records");
    assert_says(here, "{collection: c, rest: more, fields: {pw: {path: a.b, class: secret}}}",
                "note the field of `rest` is secret");
}

static void assert_schema(const char *options, const char *wanted)
{
    struct leat_plan *p;

    url = (struct leat_secret){ "mongodb://localhost/d", 21 };
    host_before_plan = give_url;
    p = host_begin(options, NULL, true);
    assert_string_equal(host_schema(p), wanted);
    host_end(p);
}

static void test_schemas(void **state)
{
    (void)state;
    assert_schema("{collection: c, fields: {_id: text, at: timestamp, there: {type: timestamp, timezone: Europe/Paris}}}",
                  "_id text, at timestamp, there timestamp local");
    assert_schema("{collection: c, fields: {pw: {path: a.b.c, class: secret}, a: json, x: text}, rest: more}",
                  "pw text secret, a json secret, x text, more json");
    assert_schema("{collection: c, fields: {pw: {path: a.b, class: secret}}, rest: more}", "pw text secret, more json secret");
}

/* ---- variables ---- */

static void with_variable(void *self)
{
    static const char *const texts[] = { "{\"a\": ", ", \"b\": {\"$date\": ", "}}" };
    static const char *const params[] = { "x\", \"$where\": \"1", "2024-02-29T00:00:00Z" };
    static struct leat_query query = { 2, texts, params };

    give_url(self);
    ((struct mongodb *)self)->filter = &query;
}

static void key_variable(void *self)
{
    static const char *const texts[] = { "{", ": 1}" };
    static const char *const params[] = { "$where" };
    static struct leat_query query = { 1, texts, params };

    give_url(self);
    ((struct mongodb *)self)->filter = &query;
}

static void dollar_variable(void *self)
{
    static const char *const texts[] = { "[{\"$match\": {\"a\": ", "}}]" };
    static const char *const params[] = { "$password" };
    static struct leat_query query = { 1, texts, params };

    give_url(self);
    ((struct mongodb *)self)->pipeline = &query;
}

static void test_variables_are_values(void **state)
{
    struct leat_plan *p;
    bson_t filter;
    char *json;

    (void)state;
    url = (struct leat_secret){ "mongodb://localhost/d", 21 };
    host_before_plan = with_variable;
    p = host_begin("{collection: c, fields: {a: text}}", NULL, true);
    document_view(&((struct mongodb *)p->self)->match, &filter);
    json = bson_as_canonical_extended_json(&filter, NULL);
    assert_string_equal(json, "{ \"a\" : \"x\\\", \\\"$where\\\": \\\"1\", \"b\" : { \"$date\" : { \"$numberLong\" : "
                              "\"1709164800000\" } } }");
    bson_free(json);
    host_end(p);
    host_before_plan = key_variable;
    p = host_begin("{collection: c, fields: {a: text}}", NULL, true);
    assert_has(host_said(p), "wrong filter: variable 1 stands where a key does");
    host_end(p);
    host_before_plan = dollar_variable;
    p = host_begin("{collection: c, fields: {a: text}}", NULL, true);
    assert_has(host_said(p), "wrong pipeline: the value of variable 1 begins with $");
    host_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions_keep_types),
        cmocka_unit_test(test_positions_of_another_cursor),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_same_place),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_documents_without_a_place),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_variables_are_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
