/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Records by key out of a server that test-mongodb.sh has filled: one or several a key, one key
 * several times, keys of several fields and of every type that looks like them, more than one
 * question takes, and none.
 *
 *     mongodb-find URL DATABASE
 */
#include "unit.h"

#include "test-mongodb.h"

static const char *database;

static void find(const char *options, const struct leat_schema *keys, void (*put)(struct leat_batch *),
                 const char *wanted, const char *wanted_found)
{
    struct leat_plan *p = host_begin(options, NULL, false);
    struct leat_stage stage = { .plan = p, .worker = calloc(1, p->plugin->worker_size) };
    static uint8_t found[2000];
    struct leat_error err = { 0 };
    struct leat_pool key_pool, pool;

    if (strstr(host_said(p), "wrong "))
        fail_msg("%s", host_said(p));
    leat_pool_init(&key_pool, keys, NULL, 2000, 1 << 20, 1 << 16);
    leat_pool_init(&pool, &p->out, NULL, 4000, 1 << 20, 1 << 16);
    for (int again = 0; again < 2; again++) { /* on the same connection */
        struct leat_text_buffer got = { 0 };
        struct leat_find question = { .keys = leat_pool_get(&key_pool), .out = leat_pool_get(&pool),
                                      .ret_found = found, .deadline_ms = INT64_MAX };

        err.code = 0;
        put((struct leat_batch *)question.keys);
        assert_int_equal(leat_batch_finish((struct leat_batch *)question.keys, &err), 0);
        if (p->plugin->find(&stage, p->self, &question, &err) < 0)
            leat_text_printf(&got, "failed %d: %s\n", err.code, err.text);
        leat_text_add_string(&got, "");
        for (int32_t row = 0; !err.code && row < question.out->n_rows; row++) {
            leat_text_printf(&got, "%d: ", question.out->host->own_origin_rows[row]);
            say_row(question.out, row, &got);
        }
        if (err.code)
            assert_has(got.p, wanted);
        else if (wanted)
            assert_string_equal(got.p, wanted);
        else
            assert_int_equal(question.out->n_rows, 1500);
        for (int i = 0; wanted_found[i]; i++)
            assert_int_equal(found[i], wanted_found[i] - '0');
        leat_text_deinit(&got);
        leat_batch_release((struct leat_batch *)question.keys);
        leat_batch_release(question.out);
    }
    p->plugin->worker_close(&stage, p->self);
    leat_pool_deinit(&key_pool);
    leat_pool_deinit(&pool);
    free(stage.worker);
    host_end(p);
}

static const char *with(const char *options)
{
    static char text[512];

    (void)snprintf(text, sizeof text, "{database: %s, %s}", database, options);
    return text;
}

static const struct leat_field id_field = { .name = "_id", .type = LEAT_INT64 };
static const struct leat_schema by_id = { 1, &id_field };

static void put_ids(struct leat_batch *keys)
{
    static const int64_t ids[] = { 3, 3001, 1, 3 };

    for (int i = 0; i < 4; i++) {
        leat_batch_put_int64(keys, 0, ids[i]);
        leat_batch_end_row(keys);
    }
    leat_batch_end_row(keys); /* a null finds nothing */
}

static void test_by_number(void **state)
{
    (void)state;
    find(with("collection: many, sample: 10"), &by_id, put_ids, "2: 1|name 1|false\n0: 3|name 3|false\n3: 3|name 3|false\n",
         "10110");
    find(with("collection: many, sample: 10, filter: '{\"_id\": {\"$gt\": 2}}'"), &by_id, put_ids,
         "0: 3|name 3|false\n3: 3|name 3|false\n", "10010");
    find(with("collection: many, sample: 10, pipeline: '[{\"$match\": {\"_id\": {\"$lt\": 3}}}]'"), &by_id, put_ids,
         "2: 1|name 1|false\n", "00100");
}

static void put_many(struct leat_batch *keys)
{
    for (int i = 1; i <= 1500; i++) {
        leat_batch_put_int64(keys, 0, i);
        leat_batch_end_row(keys);
    }
}

static void test_more_than_one_question_takes(void **state)
{
    (void)state;
    find(with("collection: many, sample: 10"), &by_id, put_many, NULL, "1111");
}

static void put_names(struct leat_batch *keys)
{
    static const char *const names[] = { "507f1f77bcf86cd799439011", "00010203-0405-0607-0809-0a0b0c0d0e0f", "text",
                                         "507F1F77BCF86CD799439011", "" };

    for (int i = 0; i < 5; i++) {
        leat_batch_put_text(keys, 0, names[i], strlen(names[i]));
        leat_batch_end_row(keys);
    }
}

/* keys: k of all types that are texts here, twice each; another spelling of an ObjectId is another text */
static void test_by_text(void **state)
{
    static const struct leat_field field = { .name = "key", .type = LEAT_TEXT };
    static const struct leat_schema by_key = { 1, &field };

    (void)state;
    find(with("collection: keys, fields: {key: {path: in.k, type: text}, _id: int64}, sample: 0"), &by_key, put_names,
         "0: 507f1f77bcf86cd799439011|1\n1: 00010203-0405-0607-0809-0a0b0c0d0e0f|2\n2: text|3\n2: text|4\n"
         "0: 507f1f77bcf86cd799439011|5\n4: |6\n", "11101");
}

static void put_pairs(struct leat_batch *keys)
{
    leat_batch_put_text(keys, 0, "text", 4);
    leat_batch_put_int64(keys, 1, 4);
    leat_batch_end_row(keys);
    leat_batch_put_text(keys, 0, "text", 4);
    leat_batch_put_int64(keys, 1, 5);
    leat_batch_end_row(keys);
}

static void test_by_several_fields(void **state)
{
    static const struct leat_field fields[] = { { .name = "key", .type = LEAT_TEXT }, { .name = "_id", .type = LEAT_INT64 } };
    static const struct leat_schema by_both = { 2, fields };

    (void)state;
    find(with("collection: keys, fields: {_id: int64, key: {path: in.k, type: text}}, sample: 0"), &by_both, put_pairs,
         "0: 4|text\n", "10");
}

/* A record that does not fit its fields is no answer. */
static void test_what_does_not_fit(void **state)
{
    (void)state;
    find(with("collection: keys, fields: {_id: int64, in: text, n: {path: in.k, type: int64}}, sample: 0"), &by_id, put_ids,
         ": n is not what it is declared as (see fields)", "");
}

static int give_options(void **state)
{
    (void)state;
    host_before_plan = give_url;
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_number),
        cmocka_unit_test(test_more_than_one_question_takes),
        cmocka_unit_test(test_by_text),
        cmocka_unit_test(test_by_several_fields),
        cmocka_unit_test(test_what_does_not_fit),
    };

    if (argc != 3)
        return 2;
    url = (struct leat_secret){ argv[1], strlen(argv[1]) };
    database = argv[2];
    return cmocka_run_group_tests(tests, give_options, NULL);
}
