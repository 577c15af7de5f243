/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Records into documents of BSON (plugins/load/mongodb), without a server: each type,
 * what MongoDB cannot hold to the last digit, JSON both ways, updates; and the replies
 * of a server, as MongoDB's manual has them, whose values nobody may see.
 */
#define TEST_OF_LOAD
#include "unit.h"

#include "test-mongodb.h"

#include "kit/fields/fields.h"

static int give_options(void **state)
{
    (void)state;
    url = (struct leat_secret){ "mongodb://127.0.0.1/shop", 24 };
    host_before_plan = give_url;
    return 0;
}

static char *json_of(const bson_t *doc)
{
    return bson_as_canonical_extended_json(doc, NULL);
}

/* ---- records ---- */

/* What becomes of one record, its values as texts (NULL: null): the document, or the update, and rejects. */
static void assert_becomes(const char *options, const struct leat_schema *in, const char *const *values, const char *wanted)
{
    struct leat_plan *p = host_begin(options, in, true);
    struct mongodb *m = p->self;
    struct leat_text_buffer said = { 0 };
    bson_t doc = BSON_INITIALIZER;
    struct leat_error err = { 0 };
    struct leat_pool pool;
    struct leat_batch *b;
    char *json;

    if (strstr(host_said(p), "wrong "))
        fail_msg("%s", host_said(p));
    leat_pool_init(&pool, in, NULL, 4, 1 << 16, 1 << 16);
    b = leat_pool_get(&pool);
    b->host->stage = "test";
    for (int i = 0; i < in->n_fields; i++)
        if (values[i])
            assert_true(leat_field_put(b, i, values[i], strlen(values[i])));
    leat_batch_end_row(b);
    assert_int_equal(leat_batch_finish(b, &err), 0);
    leat_text_add_string(&said, "");
    if ((m->mode == MODE_UPSERT ? encode_update : encode_document)(m, b, 0, &doc)) {
        json = json_of(&doc);
        leat_text_add_string(&said, json);
        bson_free(json);
    }
    say_rejects(b, &said);
    assert_string_equal(said.p, wanted);
    leat_text_deinit(&said);
    bson_destroy(&doc);
    leat_put_free(&m->scratch);
    leat_batch_release(b);
    leat_pool_deinit(&pool);
    host_end(p);
}

static const struct leat_field fields[] = {
    { "b", LEAT_BOOL, LEAT_PII, false, NULL },      { "i", LEAT_INT64, LEAT_PII, false, NULL },
    { "f", LEAT_FLOAT64, LEAT_PII, false, NULL },   { "d", LEAT_DECIMAL, LEAT_PII, false, NULL },
    { "day", LEAT_DATE, LEAT_PII, false, NULL },    { "at", LEAT_TIMESTAMP, LEAT_PII, false, NULL },
    { "wall", LEAT_TIMESTAMP, LEAT_PII, true, NULL }, { "t", LEAT_TEXT, LEAT_PII, false, NULL },
    { "raw", LEAT_BYTES, LEAT_PII, false, NULL },   { "j", LEAT_JSON, LEAT_PII, false, NULL },
    { "_id", LEAT_TEXT, LEAT_PII, false, NULL },
};
enum { B, I, F, D, DAY, AT, WALL, T, RAW, J, ID, N_FIELDS };

static const char *text_of_wanted(const char *member)
{
    static char text[1024];

    (void)snprintf(text, sizeof text, "{ \"_id\" : \"x\", %s }", member);
    return text;
}

/* One field beside _id. */
static void assert_value(int field, const char *options, const char *value, const char *wanted)
{
    const struct leat_field two[] = { fields[field], fields[ID] };
    const struct leat_schema in = { 2, two };
    const char *values[] = { value, "x" };
    char all[300];

    (void)snprintf(all, sizeof all, "{collection: users%s}", options);
    assert_becomes(all, &in, values, *wanted == '!' ? wanted : text_of_wanted(wanted));
}

static void test_types(void **state)
{
    (void)state;
    assert_value(B, "", "true", "\"b\" : true");
    assert_value(I, "", "7", "\"i\" : { \"$numberLong\" : \"7\" }");
    assert_value(I, "", "-9223372036854775808", "\"i\" : { \"$numberLong\" : \"-9223372036854775808\" }");
    assert_value(F, "", "0.25", "\"f\" : { \"$numberDouble\" : \"0.25\" }");
    assert_value(D, "", "12.50", "\"d\" : { \"$numberDecimal\" : \"12.50\" }");
    assert_value(D, "", "-1234567890123456789012345678901234", "\"d\" : { \"$numberDecimal\" : \"-1234567890123456789012345678901234\" }");
    assert_value(DAY, "", "1969-12-31", "\"day\" : { \"$date\" : { \"$numberLong\" : \"-86400000\" } }");
    assert_value(AT, "", "1969-12-31 23:59:59.999Z", "\"at\" : { \"$date\" : { \"$numberLong\" : \"-1\" } }");
    assert_value(WALL, "", "2024-02-29 12:00:00.000001", "\"wall\" : \"2024-02-29 12:00:00.000001\"");
    assert_value(T, "", "", "\"t\" : \"\"");
    assert_value(RAW, "", "\\x0001ff", "\"raw\" : { \"$binary\" : { \"base64\" : \"AAH/\", \"subType\" : \"00\" } }");
    assert_value(T, "", NULL, "\"t\" : null");
}

static void test_declared_types(void **state)
{
    (void)state;
    assert_value(I, ", fields: {i: int32}", "-2147483648", "\"i\" : { \"$numberInt\" : \"-2147483648\" }");
    assert_value(I, ", fields: {i: double}", "9007199254740992", "\"i\" : { \"$numberDouble\" : \"9007199254740992.0\" }");
    assert_value(T, ", fields: {t: objectid}", "507F1f77bcf86cd799439011", "\"t\" : { \"$oid\" : \"507f1f77bcf86cd799439011\" }");
    assert_value(RAW, ", fields: {raw: objectid}", "\\x507f1f77bcf86cd799439011", "\"raw\" : { \"$oid\" : \"507f1f77bcf86cd799439011\" }");
    assert_value(T, ", fields: {t: uuid}", "00010203-0405-0607-0809-0a0b0c0d0e0f",
                 "\"t\" : { \"$binary\" : { \"base64\" : \"AAECAwQFBgcICQoLDA0ODw==\", \"subType\" : \"04\" } }");
    assert_value(WALL, ", fields: {wall: date}", "1970-01-01 00:00:00.001", "\"wall\" : { \"$date\" : { \"$numberLong\" : \"1\" } }");
    assert_value(AT, ", fields: {at: text}", "2024-02-29 12:00:00.000001Z", "\"at\" : \"2024-02-29 12:00:00.000001Z\"");
    assert_value(D, ", fields: {d: text}", "12.50", "\"d\" : \"12.50\"");
    assert_value(AT, ", microseconds: cut", "1969-12-31 23:59:59.999999Z", "\"at\" : { \"$date\" : { \"$numberLong\" : \"-1\" } }");
    assert_value(AT, ", microseconds: cut", "1970-01-01 00:00:00.000999Z", "\"at\" : { \"$date\" : { \"$numberLong\" : \"0\" } }");
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    assert_value(I, ", fields: {i: int32}", "2147483648", "! conversion_failed i: is beyond a whole number of 32 bits\n");
    assert_value(I, ", fields: {i: double}", "9007199254740993", "! conversion_failed i: is a whole number that no double holds\n");
    assert_value(D, "", "12345678901234567890123456789012345",
                 "! conversion_failed d: has more digits than the 34 that a Decimal128 holds, or a larger exponent\n");
    assert_value(D, "", "0.12345678901234567890123456789012345",
                 "! conversion_failed d: has more digits than the 34 that a Decimal128 holds, or a larger exponent\n");
    assert_value(AT, "", "1970-01-01 00:00:00.000001Z",
                 "! conversion_failed at: has microseconds, and a date of MongoDB has milliseconds; `microseconds: cut' cuts "
                 "them off, and `text' in fields keeps all\n");
    assert_value(T, ", fields: {t: objectid}", "507f1f77bcf86cd79943901",
                 "! conversion_failed t: is no ObjectId: 24 hexadecimal digits, or 12 bytes\n");
    assert_value(T, ", fields: {t: uuid}", "00010203-0405-0607-0809-0a0b0c0d0e0g",
                 "! conversion_failed t: is no UUID: 8-4-4-4-12 hexadecimal digits, or 16 bytes\n");
    assert_value(J, "", "{\"a\\u0000b\":1}", "! conversion_failed j: is JSON that MongoDB cannot hold\n");
    assert_value(J, "", "{\"$date\":\"never\"}", "! conversion_failed j: is JSON that MongoDB cannot hold\n");
    assert_value(J, "", "[1e7000]", "! conversion_failed j: is JSON that MongoDB cannot hold\n");
}

static void test_json(void **state)
{
    (void)state;
    assert_value(J, "", " [1, 2147483648, 0.5, -0, true, null, \"a\\u00e9\\\"\", {}] ",
                 "\"j\" : [ { \"$numberInt\" : \"1\" }, { \"$numberLong\" : \"2147483648\" }, { \"$numberDouble\" : \"0.5\" }, "
                 "{ \"$numberDouble\" : \"-0.0\" }, true, null, \"aé\\\"\", {  } ]");
    assert_value(J, "", "[12345678901234567890, 0.50, 0.1234567890123456789, 1e3]",
                 "\"j\" : [ { \"$numberDecimal\" : \"12345678901234567890\" }, { \"$numberDouble\" : \"0.5\" }, "
                 "{ \"$numberDecimal\" : \"0.1234567890123456789\" }, { \"$numberDouble\" : \"1000.0\" } ]");
    assert_value(J, "", "{\"o\":{\"$oid\":\"507f1f77bcf86cd799439011\"},\"d\":{\"$date\":\"1970-01-01T00:00:00Z\"},\"m\":{\"$minKey\":1}}",
                 "\"j\" : { \"o\" : { \"$oid\" : \"507f1f77bcf86cd799439011\" }, \"d\" : { \"$date\" : { \"$numberLong\" : \"0\" } }, "
                 "\"m\" : { \"$minKey\" : 1 } }");
    assert_value(J, "", "{\"a\\tb\":{\"c\\n\":\"\\u0001\"}}", "\"j\" : { \"a\\tb\" : { \"c\\n\" : \"\\u0001\" } }");
}

/* A key with a dollar that is no word of extended JSON is a key like others, and beneath one that is no number changes. */
static void test_extended_json(void **state)
{
    static const char *const refused[] = {
        "{\"$numberDecimal\":\"1.00000000000000000000000000000000000000000001\"}", "{\"$numberDecimal\":\"\"}",
        "{\"$numberDouble\":\"0.1234567890123456789\"}", "{\"$numberDouble\":\"9007199254740993\"}",
        "{\"$numberDouble\":\"1e400\"}", "{\"$numberDouble\":\"1e-400\"}", "{\"$numberInt\":\"2147483648\"}",
        "{\"$numberLong\":\"9223372036854775808\"}", "{\"$numberLong\":\"12x\"}", "{\"$numberLong\":7}",
        "{\"$numberInt\":\"7\",\"z\":1}", "{\"$oid\":\"507f1f77bcf86cd799439011\",\"z\":-0}",
        "{\"$timestamp\":{\"t\":4294967296,\"i\":1}}", "{\"$code\":\"f\",\"$scope\":{\"n\":{\"$numberInt\":\"2147483648\"}}}",
        "{\"$code\":\"f\",\"x\":1}", "{\"$code\":\"f\",\"$scope\":{\"$oid\":\"507f1f77bcf86cd799439011\"}}",
    };

    (void)state;
    assert_value(J, "", "{\"$n\":12345678901234567890123456789}",
                 "\"j\" : { \"$n\" : { \"$numberDecimal\" : \"12345678901234567890123456789\" } }");
    assert_value(J, "", "[{\"$n\":123456789012345678.25}, {\"$n\":1,\"z\":-0}]",
                 "\"j\" : [ { \"$n\" : { \"$numberDecimal\" : \"123456789012345678.25\" } }, "
                 "{ \"$n\" : { \"$numberInt\" : \"1\" }, \"z\" : { \"$numberDouble\" : \"-0.0\" } } ]");
    assert_value(J, "", "{\"$ref\":\"c\",\"$id\":{\"$oid\":\"507f1f77bcf86cd799439011\"},\"$oid\":0.5}",
                 "\"j\" : { \"$ref\" : \"c\", \"$id\" : { \"$oid\" : \"507f1f77bcf86cd799439011\" }, "
                 "\"$oid\" : { \"$numberDouble\" : \"0.5\" } }");
    assert_value(J, "", "[{\"$numberInt\":\"7\"}, {\"$numberLong\":\"7\"}, {\"$numberDouble\":\"-0\"}, {\"$numberDouble\":\"Infinity\"}, "
                 "{\"$numberDouble\":\"0.50000000000000000\"}, {\"$numberDecimal\":\"1.50E+3\"}, {\"$numberDecimal\":\"NaN\"}]",
                 "\"j\" : [ { \"$numberInt\" : \"7\" }, { \"$numberLong\" : \"7\" }, { \"$numberDouble\" : \"-0.0\" }, "
                 "{ \"$numberDouble\" : \"Infinity\" }, { \"$numberDouble\" : \"0.5\" }, { \"$numberDecimal\" : \"1.50E+3\" }, "
                 "{ \"$numberDecimal\" : \"NaN\" } ]");
    assert_value(J, "", "[{\"$code\":\"f\\n\",\"$scope\":{\"\\u0061\":123456789012345678.25}}, {\"$code\":\"g\"}, {\"$timestamp\":{\"t\":4294967295,\"i\":1}}]",
                 "\"j\" : [ { \"$code\" : \"f\\n\", \"$scope\" : { \"a\" : { \"$numberDecimal\" : \"123456789012345678.25\" } } }, "
                 "{ \"$code\" : \"g\" }, { \"$timestamp\" : { \"t\" : 4294967295, \"i\" : 1 } } ]");
    /* as libbson writes 0.1 */
    assert_value(J, "", "{\"$numberDouble\":\"0.10000000000000000555\"}", "\"j\" : { \"$numberDouble\" : \"0.10000000000000000555\" }");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_value(J, "", refused[i], "! conversion_failed j: is JSON that MongoDB cannot hold\n");
}

/* ---- documents and updates ---- */

static const struct leat_field person[] = {
    { "address.city", LEAT_TEXT, LEAT_PII, false, NULL }, { "email", LEAT_TEXT, LEAT_PII, false, NULL },
    { "address.zip", LEAT_TEXT, LEAT_PII, false, NULL },  { "_id", LEAT_INT64, LEAT_PII, false, NULL },
};
static const struct leat_schema people = { 4, person };

static void test_documents(void **state)
{
    static const char *const all[] = { "Lyon", "a@example.org", "69001", "7" }, *const few[] = { NULL, NULL, NULL, "7" };

    (void)state;
    assert_becomes("{collection: users}", &people, all,
                   "{ \"_id\" : { \"$numberLong\" : \"7\" }, \"address\" : { \"city\" : \"Lyon\", \"zip\" : \"69001\" }, "
                   "\"email\" : \"a@example.org\" }");
    assert_becomes("{collection: users}", &people, few,
                   "{ \"_id\" : { \"$numberLong\" : \"7\" }, \"address\" : { \"city\" : null, \"zip\" : null }, \"email\" : null }");
    assert_becomes("{collection: users, nulls: leave_out}", &people, few, "{ \"_id\" : { \"$numberLong\" : \"7\" } }");
    assert_becomes("{collection: users, fields: {email: {path: contact.email}, _id: {type: int32}}}", &people, all,
                   "{ \"_id\" : { \"$numberInt\" : \"7\" }, \"address\" : { \"city\" : \"Lyon\", \"zip\" : \"69001\" }, "
                   "\"contact\" : { \"email\" : \"a@example.org\" } }");
}

static void test_updates(void **state)
{
    static const char *const all[] = { "Lyon", "a@example.org", NULL, "7" };
    static const struct leat_schema only_id = { 1, person + 3 };

    (void)state;
    assert_becomes("{collection: users, mode: upsert}", &people, all,
                   "{ \"$set\" : { \"address.city\" : \"Lyon\", \"email\" : \"a@example.org\", \"address.zip\" : null } }");
    assert_becomes("{collection: users, mode: upsert, nulls: leave_out}", &people, all,
                   "{ \"$set\" : { \"address.city\" : \"Lyon\", \"email\" : \"a@example.org\" }, "
                   "\"$unset\" : { \"address.zip\" : \"\" } }");
    assert_becomes("{collection: users, mode: upsert, key: email}", &people, all,
                   "{ \"$set\" : { \"address.city\" : \"Lyon\", \"address.zip\" : null }, "
                   "\"$setOnInsert\" : { \"_id\" : { \"$numberLong\" : \"7\" } } }");
    assert_becomes("{collection: users, mode: upsert}", &only_id, all + 3,
                   "{ \"$setOnInsert\" : { \"_id\" : { \"$numberLong\" : \"7\" } } }");
}

/* Of a key nothing is cut off: two would be one. */
static void test_fine_keys(void **state)
{
    static const struct leat_field of_key[] = { { "at", LEAT_TIMESTAMP, LEAT_PII, false, NULL }, { "_id", LEAT_INT64, LEAT_PII, false, NULL } },
                                   of_id[] = { { "_id", LEAT_TIMESTAMP, LEAT_PII, false, NULL }, { "email", LEAT_TEXT, LEAT_PII, false, NULL } };
    static const struct leat_schema key = { 2, of_key }, id = { 2, of_id };
    static const char *const fine[] = { "1970-01-01 00:00:00.000001Z", "7" }, *const round[] = { "1970-01-01 00:00:00.001Z", "7" };
    static const char why[] = "has microseconds, and a date of MongoDB has milliseconds: of a key nothing is cut off, as two "
                              "would become one; `text' in fields keeps all\n";
    char of[300];

    (void)state;
    (void)snprintf(of, sizeof of, "! conversion_failed at: %s", why);
    assert_becomes("{collection: users, key: at, microseconds: cut}", &key, fine, of);
    assert_becomes("{collection: users, key: at, microseconds: cut}", &key, round,
                   "{ \"_id\" : { \"$numberLong\" : \"7\" }, \"at\" : { \"$date\" : { \"$numberLong\" : \"1\" } } }");
    (void)snprintf(of, sizeof of, "! conversion_failed _id: %s", why);
    assert_becomes("{collection: users, microseconds: cut}", &id, fine, of);
    assert_becomes("{collection: users, key: email, mode: upsert, microseconds: cut}", &id, fine, of);
}

/* ---- the plan ---- */

static void assert_said(const char *options, const struct leat_schema *in, const char *wanted)
{
    struct leat_plan *p = host_begin(options, in, true);

    assert_has(host_said(p), wanted);
    host_end(p);
}

static void test_plan(void **state)
{
    static const struct leat_field within[] = { { "a", LEAT_JSON, LEAT_PII, false, NULL }, { "a.b", LEAT_TEXT, LEAT_PII, false, NULL },
                                                { "_id", LEAT_TEXT, LEAT_PII, false, NULL } };
    static const struct leat_schema both = { 3, within }, keyless = { 2, within + 0 };

    (void)state;
    assert_said("{collection: users}", &people, "target shop.users at 127.0.0.1:27017\n");
    assert_said("{collection: users}", &both, "wrong -: the field 'a.b' stands within another field");
    assert_said("{collection: users, fields: {a.b: {path: a}}}", &both, "is the path of another field, too");
    assert_said("{collection: users, fields: {a: {path: a.b.c}}}", &both, "'a.b' holds another field");
    assert_said("{collection: users, fields: {a: {path: $a}}}", &both, "begins with $");
    assert_said("{collection: users, fields: {a: {path: x.0}}}", &both, "an element of a list");
    assert_said("{collection: users, fields: {a: {path: x..y}}}", &both, "is no path of MongoDB");
    assert_said("{collection: users, fields: {a: int32}}", &both, "cannot become int32");
    assert_said("{collection: users, key: a}", &both, "a key is a scalar");
    assert_said("{collection: users}", &keyless, "needs a field _id, or `key: FIELD'");
    assert_said("{collection: users}", &both, "note _id is written as text; `fields: {_id: objectid}'");
    host_is_told_incremental = true;
    assert_said("{collection: users}", &people, "wrong mode: the extract is incremental");
    host_is_told_incremental = false;
}

/* Whether the index is taken, each as the manual shows the replies of listCollections and listIndexes. */
static void assert_index(const char *collection, const char *index, bool taken)
{
    static const struct leat_field pair[] = { { "email", LEAT_TEXT, LEAT_PII, false, NULL }, { "shop", LEAT_INT64, LEAT_PII, false, NULL } };
    static const struct leat_schema in = { 2, pair };
    struct leat_plan *p = host_begin("{collection: users, key: [email, shop]}", &in, true);
    bson_t *of = bson_new_from_json((const uint8_t *)collection, -1, NULL), *is = bson_new_from_json((const uint8_t *)index, -1, NULL);

    assert_true(of && is);
    if (plan_is_index_of_key(p->self, of, is) != taken)
        fail_msg("%s\n%s", collection, index);
    bson_destroy(of);
    bson_destroy(is);
    host_end(p);
}

#define COLLATION(locale_, strength_) \
    "\"collation\": {\"locale\": \"" locale_ "\", \"caseLevel\": false, \"caseFirst\": \"off\", \"strength\": " strength_ ", " \
    "\"numericOrdering\": false, \"alternate\": \"non-ignorable\", \"maxVariable\": \"punct\", \"normalization\": false, " \
    "\"backwards\": false, \"version\": \"57.1\"}"
#define USERS(options_) "{\"name\": \"users\", \"type\": \"collection\", \"options\": {" options_ "}, \"info\": {\"readOnly\": false}}"
#define INDEX(key_, rest_) "{\"v\": 2, \"key\": {" key_ "}, \"name\": \"x\"" rest_ "}"
#define BOTH "\"shop\": 1, \"email\": -1"
#define UNIQUE ", \"unique\": true"

static void test_indexes(void **state)
{
    (void)state;
    assert_index(USERS(""), INDEX(BOTH, UNIQUE), true);
    assert_index(USERS(""), INDEX(BOTH, ""), false);
    assert_index(USERS(""), INDEX("\"email\": 1", UNIQUE), false);
    assert_index(USERS(""), INDEX(BOTH ", \"n\": 1", UNIQUE), false);
    assert_index(USERS(""), INDEX(BOTH, UNIQUE ", \"partialFilterExpression\": {\"n\": 1}"), false);
    assert_index(USERS(COLLATION("en", "2")), INDEX(BOTH, UNIQUE ", " COLLATION("en", "2")), true);
    assert_index(USERS(COLLATION("en", "2")), INDEX(BOTH, UNIQUE), false); /* a simple one */
    assert_index(USERS(COLLATION("en", "2")), INDEX(BOTH, UNIQUE ", " COLLATION("en", "3")), false);
    assert_index(USERS(""), INDEX(BOTH, UNIQUE ", " COLLATION("en", "2")), false);
}

/* ---- replies ---- */

static void assert_reply(const char *reply_json, const bson_error_t *why, enum answer answer, const char *wanted)
{
    static const bson_error_t none;
    bson_t *reply = bson_new_from_json((const uint8_t *)reply_json, -1, NULL);
    struct refusal r = { .code = NULL };
    char got[700];

    assert_non_null(reply);
    assert_int_equal(refuse_read(reply, why ? why : &none, 10, &r), answer);
    if (wanted) {
        (void)snprintf(got, sizeof got, "%d %s %s: %s%s", (int)r.at, r.code, r.field, r.reason, r.duplicate ? " (duplicate)" : "");
        assert_string_equal(got, wanted);
    }
    bson_destroy(reply);
}

static void test_replies(void **state)
{
    static const int passing[] = { 24, 46, 112, 133, 246, 279, 365 };
    static const bson_error_t lost = { .domain = MONGOC_ERROR_STREAM, .code = MONGOC_ERROR_STREAM_SOCKET },
                              unknown = { .domain = MONGOC_ERROR_SERVER, .code = 59 },
                              stepped_down = { .domain = MONGOC_ERROR_SERVER, .code = 189 },
                              conflict = { .domain = MONGOC_ERROR_SERVER, .code = 112 },
                              ferretdb = { MONGOC_ERROR_SERVER, 1, "constraint failed: UNIQUE constraint failed: index 'secret' (2067)" };

    (void)state;
    assert_reply("{\"nInserted\": 3, \"writeErrors\": [], \"writeConcernErrors\": []}", NULL, ANSWER_FINE, NULL);
    assert_reply("{\"nInserted\": 2, \"writeErrors\": [{\"index\": 2, \"code\": 11000, \"errmsg\": \"E11000 duplicate key error "
                 "collection: shop.users index: email_1 dup key: { email: \\\"secret@example.org\\\" }\", "
                 "\"keyPattern\": {\"email\": 1, \"shop\": 1}, \"keyValue\": {\"email\": \"secret@example.org\"}}]}", NULL,
                 ANSWER_REFUSED, "2 constraint_unique email: a document with the same email, shop is there, says the index "
                 "email_1 (duplicate)");
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 11000, \"errmsg\": \"E11000 duplicate key error collection: a.b\"}]}",
                 NULL, ANSWER_REFUSED, "0 constraint_unique : a document with the same key or unique value is there (duplicate)");
    assert_reply("{\"writeErrors\": [{\"index\": 1, \"code\": 121, \"errmsg\": \"Document failed validation\", \"errInfo\": "
                 "{\"failingDocumentId\": \"secret\", \"details\": {\"operatorName\": \"$jsonSchema\", \"schemaRulesNotSatisfied\": ["
                 "{\"operatorName\": \"properties\", \"propertiesNotSatisfied\": [{\"propertyName\": \"age\", \"details\": ["
                 "{\"operatorName\": \"bsonType\", \"specifiedAs\": {\"bsonType\": \"int\"}, \"reason\": \"type did not match\", "
                 "\"consideredValue\": {\"operatorName\": \"secret\"}, \"consideredType\": \"object\"}]}]}, {\"operatorName\": "
                 "\"required\", \"specifiedAs\": {\"required\": [\"name\"]}, \"missingProperties\": [\"name\"]}]}}}]}", NULL,
                 ANSWER_REFUSED, "1 constraint_check age: the validation of the collection refuses it: $jsonSchema, properties, "
                 "age, bsonType, required, name");
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 28, \"errmsg\": \"Cannot create field 'city' in element {address: "
                 "\\\"secret\\\"}\"}]}", NULL, ANSWER_REFUSED, "0 constraint_type : the document that is there holds no document "
                 "where one is to be written into (code 28)");
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 16755, \"errmsg\": \"Can't extract geo keys: {at: [1, 2]}\"}]}", NULL,
                 ANSWER_REFUSED, "0 constraint_type : the server refuses it (code 16755)");
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 4711, \"errmsg\": \"longitude/latitude is out of bounds, lng: 200\"}]}",
                 NULL, ANSWER_REFUSED, "0 refused : the server says: longitude/latitude is out of bounds, lng (code 4711)");
    assert_reply("{\"writeErrors\": [{\"index\": 10, \"code\": 11000, \"errmsg\": \"\"}]}", NULL, ANSWER_FAILED, NULL);
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 13, \"errmsg\": \"not authorized\"}]}", NULL, ANSWER_FAILED, NULL);
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 10107, \"errmsg\": \"not primary\"}]}", NULL, ANSWER_PASSES, NULL);
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        char reply[100];

        (void)snprintf(reply, sizeof reply, "{\"writeErrors\": [{\"index\": 0, \"code\": %d, \"errmsg\": \"\"}]}", passing[i]);
        assert_reply(reply, NULL, ANSWER_PASSES, NULL);
    }
    assert_reply("{\"writeErrors\": [{\"index\": 0, \"code\": 1, \"errmsg\": \"internal\"}]}", NULL, ANSWER_FAILED, NULL);
    assert_reply("{\"nInserted\": 3, \"writeConcernErrors\": [{\"code\": 64, \"errmsg\": \"waiting for replication timed out\"}]}",
                 NULL, ANSWER_PASSES, NULL);
    assert_reply("{}", &lost, ANSWER_PASSES, NULL);
    assert_reply("{}", &stepped_down, ANSWER_PASSES, NULL);
    assert_reply("{}", &conflict, ANSWER_PASSES, NULL);
    assert_reply("{}", &unknown, ANSWER_FAILED, NULL);
    assert_reply("{}", &ferretdb, ANSWER_REFUSED, "0 constraint_unique : a document with the same key or unique value is there (duplicate)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_declared_types),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_extended_json),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_fine_keys),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_replies),
    };

    return cmocka_run_group_tests(tests, give_options, NULL);
}
