/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Values and documents of BSON into columns and rows (plugins/extract/mongodb), without
 * a server: the matrix tests/servers/mongodb-types.jsonl, each value against each type
 * of field, and what becomes of documents that do not fit.
 */
#include "unit.h"

#include "plugin-host.h"

#include "extract/mongodb/extract.h"
#include "kit/text/text.h"

static const struct leat_field fields[] = {
    { "bool", LEAT_BOOL, LEAT_PII, false, NULL },       { "int64", LEAT_INT64, LEAT_PII, false, NULL },
    { "float64", LEAT_FLOAT64, LEAT_PII, false, NULL }, { "decimal", LEAT_DECIMAL, LEAT_PII, false, NULL },
    { "date", LEAT_DATE, LEAT_PII, false, NULL },       { "timestamp", LEAT_TIMESTAMP, LEAT_PII, false, NULL },
    { "text", LEAT_TEXT, LEAT_PII, false, NULL },       { "bytes", LEAT_BYTES, LEAT_PII, false, NULL },
    { "json", LEAT_JSON, LEAT_PII, false, NULL },
};
enum { N_TYPES = sizeof fields / sizeof *fields };

/* ---- the matrix ---- */

static const char *text_of(const struct leat_batch *b, int i, char room[4096])
{
    const struct leat_column *c = &b->columns[i];
    const char *text;
    size_t n;

    if (leat_is_null(c, 0))
        return NULL;
    if (!c->offsets) {
        *leat_value_put(room, &fields[i], c, 0) = '\0';
        return room;
    }
    text = leat_text(c, 0, &n);
    assert_true(n * 2 + 3 < 4096);
    memcpy(room, text, n);
    room[n] = '\0';
    if (c->type == LEAT_BYTES) {
        memcpy(room, "\\x", 2);
        *leat_hex_put(room + 2, text, n) = '\0';
    }
    return room;
}

static void compare(const char *name, const char *type, bool fits, const char *got, const bson_t *line)
{
    bson_iter_t it;
    bool listed = bson_iter_init_find(&it, line, type);
    const char *wanted = listed && BSON_ITER_HOLDS_UTF8(&it) ? bson_iter_utf8(&it, NULL) : NULL;

    if (fits != listed)
        fail_msg("%s %s a field of type %s", name, fits ? "fits" : "does not fit", type);
    if (fits && ((got == NULL) != (wanted == NULL) || (got && strcmp(got, wanted) != 0)))
        fail_msg("%s as %s is %s, not %s", name, type, got ? got : "null", wanted ? wanted : "null");
}

static void check_line(struct leat_pool *pool, const bson_t *line)
{
    struct leat_put scratch = { 0 };
    struct leat_batch *b = leat_pool_get(pool);
    struct leat_error err = { 0 };
    char room[4096], name[128];
    bool fits[N_TYPES];
    bson_iter_t it, v;

    assert_true(bson_iter_init_find(&it, line, "name"));
    (void)snprintf(name, sizeof name, "%s", bson_iter_utf8(&it, NULL));
    assert_true(bson_iter_init_find(&v, line, "v"));
    b->host->stage = "test";
    for (int i = 0; i < N_TYPES; i++)
        fits[i] = value_put(b, i, &v, &scratch) == LEAT_FIT_FINE;
    leat_batch_end_row(b);
    assert_int_equal(leat_batch_finish(b, &err), 0);
    for (int i = 0; i < N_TYPES; i++)
        compare(name, fields[i].name, fits[i], fits[i] ? text_of(b, i, room) : NULL, line);
    assert_true(bson_iter_init_find(&it, line, "as"));
    for (int i = 0; i < N_TYPES; i++)
        if (fields[i].type == value_type(value_seen(&v)))
            assert_string_equal(fields[i].name, bson_iter_utf8(&it, NULL));
    leat_batch_release(b);
    leat_put_free(&scratch);
}

static void test_matrix(void **state)
{
    static const struct leat_schema schema = { N_TYPES, fields };
    char path[4096], *line = NULL;
    struct leat_pool pool;
    bson_error_t why;
    size_t cap = 0;
    int n = 0;
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/tests/servers/mongodb-types.jsonl", getenv("top_srcdir"));
    file = fopen(path, "r");
    assert_non_null(file);
    leat_pool_init(&pool, &schema, NULL, 4, 1 << 16, 1 << 16);
    for (; getline(&line, &cap, file) > 0; n++) {
        bson_t *doc = bson_new_from_json((const uint8_t *)line, -1, &why);

        if (!doc)
            fail_msg("%s: %s", why.message, line);
        check_line(&pool, doc);
        bson_destroy(doc);
    }
    assert_true(n > 60);
    leat_pool_deinit(&pool);
    free(line);
    fclose(file);
}

/* ---- the type of a field by all that was seen of it ---- */

static enum leat_type type_of(const char *json)
{
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, NULL);
    unsigned seen = 0;
    bson_iter_t it;

    assert_non_null(doc);
    assert_true(bson_iter_init(&it, doc));
    while (bson_iter_next(&it))
        seen |= value_seen(&it);
    bson_destroy(doc);
    return value_type(seen);
}

static void test_types_of_mixtures(void **state)
{
    (void)state;
    assert_int_equal(type_of("{\"a\": null}"), LEAT_TEXT);
    assert_int_equal(type_of("{\"a\": 1, \"b\": null}"), LEAT_INT64);
    assert_int_equal(type_of("{\"a\": 1, \"b\": 1.5}"), LEAT_FLOAT64);
    assert_int_equal(type_of("{\"a\": {\"$numberLong\": \"9007199254740993\"}, \"b\": 1.5}"), LEAT_DECIMAL);
    assert_int_equal(type_of("{\"a\": 1, \"b\": {\"$numberDecimal\": \"1\"}}"), LEAT_DECIMAL);
    assert_int_equal(type_of("{\"a\": true, \"b\": 1}"), LEAT_TEXT);
    assert_int_equal(type_of("{\"a\": \"x\", \"b\": {\"$oid\": \"507f1f77bcf86cd799439011\"}}"), LEAT_TEXT);
    assert_int_equal(type_of("{\"a\": \"x\", \"b\": []}"), LEAT_JSON);
    assert_int_equal(type_of("{\"a\": \"x\", \"b\": {\"$binary\": {\"base64\": \"\", \"subType\": \"00\"}}}"), LEAT_JSON);
    assert_int_equal(type_of("{\"a\": {\"$date\": {\"$numberLong\": \"0\"}}, \"b\": \"soon\"}"), LEAT_TEXT);
}

/* ---- documents ---- */

static struct leat_field row_fields[] = {
    { "id", LEAT_INT64, LEAT_PII, false, NULL },
    { "city", LEAT_TEXT, LEAT_PII, false, NULL },
    { "first", LEAT_TEXT, LEAT_PII, false, NULL },
    { "born", LEAT_DATE, LEAT_PII, false, NULL },
    { "more", LEAT_JSON, LEAT_PII, false, NULL },
};
static const char *const paths[] = { "_id", "address.city", "roles.0", "born" };
enum { MORE = 4, N_ROW_FIELDS };

static struct leat_plan *plan_of_tree(struct leat_tree *tree)
{
    struct leat_plan *plan = calloc(1, sizeof *plan);

    file_parse(&plan->file, "{}");
    leat_plan_services = &host_plan;
    leat_tree_begin(plan, tree);
    for (int i = 0; i < MORE; i++)
        tree->steps[leat_tree_path(plan, tree, paths[i], LEAT_MONGODB_MAX_DEPTH)].field = i;
    return plan;
}

/* What a document becomes, with or without `more` as the field for the rest; misfits go there with `to_rest`. */
static void assert_becomes(const bson_t *doc, bool rest, bool to_rest, const char *wanted)
{
    struct leat_schema schema = { rest ? N_ROW_FIELDS : MORE, row_fields };
    struct leat_text_buffer said = { 0 };
    struct leat_error err = { 0 };
    struct leat_tree tree;
    struct leat_plan *plan = plan_of_tree(&tree);
    struct row row = { .tree = &tree, .rest_field = rest ? MORE : -1, .misfits_to_rest = to_rest };
    struct leat_pool pool;
    struct leat_batch *b;

    leat_pool_init(&pool, &schema, NULL, 4, 1 << 16, 1 << 16);
    b = leat_pool_get(&pool);
    b->host->stage = "test";
    assert_true(row_begin(&row, schema.n_fields));
    assert_true(row_put(&row, b, doc));
    if (row_is_bad(&row))
        row_reject(&row);
    else
        leat_batch_end_row(b);
    assert_int_equal(leat_batch_finish(b, &err), 0);
    LEAT_EACH_ROW(b, i)
        say_row(b, i, &said);
    say_rejects(b, &said);
    if (row.n_left_out)
        leat_text_printf(&said, "left out %d\n", (int)row.n_left_out);
    assert_string_equal(said.p, wanted);
    leat_text_deinit(&said);
    leat_batch_release(b);
    leat_pool_deinit(&pool);
    row_free(&row);
    host_end(plan);
}

static void assert_json_becomes(const char *json, bool rest, bool to_rest, const char *wanted)
{
    bson_error_t why;
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &why);

    if (!doc)
        fail_msg("%s", why.message);
    assert_becomes(doc, rest, to_rest, wanted);
    bson_destroy(doc);
}

static void test_paths(void **state)
{
    (void)state;
    assert_json_becomes("{\"_id\": 1, \"address\": {\"city\": \"Sète\"}, \"roles\": [\"user\", \"admin\"]}", true, false,
                        "1|Sète|user|<null>|{\"address\":{\"city\":\"Sète\"},\"roles\":[\"user\",\"admin\"]}\n");
    assert_json_becomes("{\"_id\": 1, \"address\": null, \"roles\": []}", true, false,
                        "1|<null>|<null>|<null>|{\"address\":null,\"roles\":[]}\n");
    assert_json_becomes("{\"roles\": [\"\"], \"born\": \"2024-02-29\", \"_id\": 1}", false, false, /* in any order */
                        "1|<null>||2024-02-29\n");
    assert_json_becomes("{}", true, false, "<null>|<null>|<null>|<null>|<null>\n");
}

static void test_what_no_field_takes(void **state)
{
    static const char doc[] = "{\"_id\": 1, \"x\": [1, {\"y\": 2}], \"z\": null, \"address\": {\"city\": \"A\", \"zip\": 3}}";

    (void)state;
    assert_json_becomes(doc, false, false, "1|A|<null>|<null>\nleft out 2\n"); /* x and address.zip; null is nothing */
    assert_json_becomes(doc, true, false,
                        "1|A|<null>|<null>|{\"x\":[1,{\"y\":2}],\"z\":null,\"address\":{\"city\":\"A\",\"zip\":3}}\n");
    assert_json_becomes("{\"_id\": 1, \"address\": \"here\"}", false, false, "1|<null>|<null>|<null>\nleft out 1\n");
    assert_json_becomes("{\"_id\": 1, \"address\": \"here\"}", true, false, "1|<null>|<null>|<null>|{\"address\":\"here\"}\n");
    assert_json_becomes("{\"_id\": 1, \"a\\\"\": 1}", true, false, "1|<null>|<null>|<null>|{\"a\\\"\":1}\n");
}

static void test_misfits(void **state)
{
    (void)state;
    assert_json_becomes("{\"_id\": 1, \"born\": \"soon\"}", false, false,
                        "! conversion_failed born: is not a date written YYYY-MM-DD (fields can declare another type) "
                        "[soon]\n");
    assert_json_becomes("{\"_id\": \"x\", \"born\": {\"a\": 1}}", false, false,
                        "! conversion_failed id: is not a whole number of 64 bits (fields can declare another type), and "
                        "1 more value of the record does not fit [{\"id\": \"x\", \"born\": {\"a\":1}}]\n");
    assert_json_becomes("{\"_id\": \"x\", \"born\": \"soon\"}", true, true,
                        "<null>|<null>|<null>|<null>|{\"_id\":\"x\",\"born\":\"soon\"}\n");
    assert_json_becomes("{\"_id\": 1, \"address\": {\"city\": {\"$binary\": {\"base64\": \"/w==\", \"subType\": \"00\"}}}}",
                        true, true, "1|<null>|<null>|<null>|{\"address\":{\"city\":\"/w==\"}}\n");
}

static void test_secrets_are_not_shown(void **state)
{
    (void)state;
    row_fields[3].data_class = LEAT_SECRET;
    assert_json_becomes("{\"_id\": 1, \"born\": \"soon\"}", false, false,
                        "! conversion_failed born: is not a date written YYYY-MM-DD (fields can declare another type)\n");
    assert_json_becomes("{\"_id\": \"x\", \"born\": \"soon\"}", true, true, /* nor go into another field */
                        "! conversion_failed born: is not a date written YYYY-MM-DD (fields can declare another type)\n");
    row_fields[3].data_class = LEAT_PII;
}

static void test_text_that_is_none(void **state)
{
    bson_t *doc = BCON_NEW("_id", BCON_INT32(1)), inner;

    (void)state;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "address", &inner);
    assert_true(bson_append_utf8(&inner, "city", 4, "a\xff", 2));
    bson_append_document_end(doc, &inner);
    assert_becomes(doc, false, false, "! invalid_utf8 city: is not valid UTF-8 from byte 2 on\n");
    assert_becomes(doc, true, false, "! invalid_utf8 more: holds text that is not valid UTF-8 [{\"city\":\"a\\\\xff\"}]\n");
    bson_destroy(doc);
    doc = BCON_NEW("_id", BCON_INT32(1));
    assert_true(bson_append_utf8(doc, "x\xff", 2, "a", 1));
    assert_becomes(doc, true, false, "! invalid_utf8 more: holds text that is not valid UTF-8 [a]\n");
    bson_destroy(doc);
    doc = bson_new();
    BSON_APPEND_DOCUMENT_BEGIN(doc, "address", &inner);
    assert_true(bson_append_utf8(&inner, "city", 4, "a\0b", 3)); /* it is a character like any other */
    bson_append_document_end(doc, &inner);
    assert_becomes(doc, true, false, "<null>|a"); /* say_row's text ends at the NUL for strcmp */
    bson_destroy(doc);
}

static void test_same_key_twice(void **state)
{
    bson_t *doc = BCON_NEW("_id", BCON_INT32(1), "born", BCON_NULL, "born", BCON_UTF8("2024-01-01"));

    (void)state;
    assert_becomes(doc, false, false,
                   "! duplicate_key born: the document has the key of a field twice [2024-01-01]\n");
    bson_destroy(doc);
}

static void test_depth(void **state)
{
    char json[1024] = "{\"x\": ", wanted[512];

    (void)state;
    for (int i = 0; i < 64; i++)
        strcat(json, "[");
    for (int i = 0; i < 64; i++)
        strcat(json, "]");
    strcat(json, "}");
    assert_json_becomes(json, false, false, "<null>|<null>|<null>|<null>\nleft out 1\n");
    memmove(json + 7, json + 6, strlen(json + 6) + 1);
    json[6] = '[';
    strcpy(strrchr(json, '}'), "]}");
    (void)snprintf(wanted, sizeof wanted, "! conversion_failed more: has more than 64 levels of documents and lists "
                   "[%.64snull%.64s]\n", json + 6, json + 71);
    assert_json_becomes(json, true, false, wanted);
}

/* A length within the document that leads out of it. */
static void test_broken_bson(void **state)
{
    bson_t *doc = BCON_NEW("_id", BCON_INT32(1), "address", "{", "city", BCON_UTF8("Sète"), "}"), broken;
    uint8_t bytes[64];

    (void)state;
    assert_true(doc->len < sizeof bytes);
    memcpy(bytes, bson_get_data(doc), doc->len);
    bytes[4 + 9 + 9] = 200; /* behind the document's length and _id: type, "address", then its length */
    assert_true(bson_init_static(&broken, bytes, doc->len));
    assert_becomes(&broken, false, false, "! bad_bson -: the document is no valid BSON\n");
    bson_destroy(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_types_of_mixtures),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_what_no_field_takes),
        cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_secrets_are_not_shown),
        cmocka_unit_test(test_text_that_is_none),
        cmocka_unit_test(test_same_key_twice),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_broken_bson),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
