/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the HTTP kit does without a server (plugins/kit/http): JSON pointers, addresses, values in requests.
 */
#include "unit.h"

#include "plugin-host.h"

#include "batches.h"
#include "kit/http/http.h"
#include "kit/http/pointer.h"
#include "kit/http/form.h"

const struct leat_batch_services *leat_batch_services = &host_batch;
const struct leat_plan_services *leat_plan_services = &host_plan;
const struct leat_stage_services *leat_stage_services = &host_stage;

/* ---- pointers ---- */

static void assert_points(const char *pointer, const char *json, const char *wanted)
{
    struct leat_plan plan = {0};
    struct leat_node node = {.kind = LEAT_SCALAR, .text = pointer};
    const struct leat_pointer *p = leat_pointer_plan(&plan, &node);
    struct leat_json_span span = {0};
    char got[256] = "?";

    if (!p)
        (void)snprintf(got, sizeof got, "none");
    else if (leat_pointer_find(p, json, strlen(json), &span))
        (void)snprintf(got, sizeof got, "%.*s", (int)span.n, span.text);
    assert_string_equal(got, wanted);
    leat_text_deinit(&plan.said);
    leat_arena_deinit(&plan.file.arena);
}

#define REPLY "{\"a\":{\"b\":[10,{\"c\":\"x\"},[]]},\"\":1,\"m~n\":2,\"m/n\":3,\"0\":4,\"\\u0061b\":5,\"a\":6,\"n\":null}"

static void test_pointers(void **state)
{
    (void)state;
    assert_points("", "[1]", "[1]");
    assert_points("/a/b/0", REPLY, "10");
    assert_points("/a/b/1/c", REPLY, "x");
    assert_points("/a/b/3", REPLY, "?");
    assert_points("/a/b/00", REPLY, "?");
    assert_points("/a/b/-", REPLY, "?");
    assert_points("/a/b/0/c", REPLY, "?");
    assert_points("/", REPLY, "1");
    assert_points("/m~0n", REPLY, "2");
    assert_points("/m~1n", REPLY, "3");
    assert_points("/0", REPLY, "4");
    assert_points("/ab", REPLY, "5");
    assert_points("/n", REPLY, "null");
    assert_points("/zz", REPLY, "?");
    assert_points("/a/b/99999999999999999999", REPLY, "?");
    assert_points("a", REPLY, "none");
    assert_points("/~", REPLY, "none");
    assert_points("/~2", REPLY, "none");
    assert_points("/a", "[", "?");
    assert_points("/a", "{\"a\"", "?");
}

static void test_a_deep_reply_is_no_trouble(void **state)
{
    char deep[20001];

    (void)state;
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_points("/0/0/0/0", deep, "?");
    assert_points("", deep, "?");
}

/* ---- addresses ---- */

static void assert_url(const char *url, const char *wanted)
{
    char identity[LEAT_HTTP_IDENTITY] = "";
    bool plain = false;
    const char *wrong = leat_http_url_check(url, &plain, identity);
    char got[LEAT_HTTP_IDENTITY + 100];

    (void)snprintf(got, sizeof got, "%s%s", plain ? "plain " : "", wrong ? wrong : identity);
    assert_has(got, wanted);
}

static void test_addresses(void **state)
{
    (void)state;
    assert_url("https://h/a?b=c", "https://h:443/a");
    assert_url("https://h:8443", "https://h:8443/");
    assert_url("http://127.0.0.1/a/../b", "plain http://127.0.0.1:80/a/../b");
    assert_url("http://127.9.9.9:1/", "plain http://127.9.9.9:1/");
    assert_url("http://LOCALHOST/", "plain http://");
    assert_url("http://[::1]/", "plain http://[::1]:80/");
    assert_url("http://localhost.example/", "must begin with https");
    assert_url("http://128.0.0.1/", "must begin with https");
    assert_url("http://0.0.0.0/", "must begin with https");
    assert_url("http://[::2]/", "must begin with https");
    assert_url("http://127.0.0.1@h/", "must not hold a user");
    assert_url("file:///etc/passwd", "is no URL");
    assert_url("h/x", "is no URL");
    assert_url("https://", "is no URL");
    assert_url("https://h/\x01", "must not have spaces");
    assert_url("https://h/\xc3\xa9", "must not have spaces");
}

static void test_names_of_headers(void **state)
{
    (void)state;
    assert_true(leat_http_is_token("X-Api_Key.1", 11));
    assert_false(leat_http_is_token("", 0));
    assert_false(leat_http_is_token("a b", 3));
    assert_false(leat_http_is_token("a:", 2));
    assert_false(leat_http_is_token("a\0b", 3));
    assert_false(leat_http_is_token("\xc3\xa9", 2));
}

/* ---- values ---- */

static void assert_value(const struct leat_batch *b, int field, const char *const wanted[4])
{
    for (int form = LEAT_PUT_JSON; form <= LEAT_PUT_PLAIN; form++) {
        struct leat_put put = {0};

        leat_put_value(&put, (enum leat_put_form)form, &test_fields[field], &b->columns[field], 0);
        leat_put_bytes(&put, "", 1);
        assert_string_equal(put.p, wanted[form]);
        leat_put_free(&put);
    }
}

#define value(b, field, ...) assert_value(b, field, (const char *const[4]){__VA_ARGS__})

static void test_values(void **state)
{
    struct leat_batch *b = batch_begin(*state);
    struct leat_error err = {0};

    leat_batch_put_int64(b, ID, -5);
    leat_batch_put_text(b, NAME, "\"\xc3\xa9 ~", 5);
    leat_batch_put_bool(b, GOOD, false);
    leat_batch_put_float64(b, SCORE, __builtin_inf());
    leat_batch_put_date(b, BORN, 0);
    leat_batch_put_int64(b, SEEN, 1500000);
    leat_batch_put_text(b, PRICE, "1.50", 4);
    leat_batch_put_text(b, BLOB, "\xfb\xff", 2);
    leat_batch_put_text(b, DOC, "[\"a\"]", 5);
    leat_batch_end_row(b);
    assert_int_equal(leat_batch_finish(b, &err), 0);
    value(b, ID, "-5", "-5", "-5", "-5");
    value(b, NAME, "\"\\\"\xc3\xa9 ~\"", "\\\"\xc3\xa9 ~", "%22%C3%A9%20~", "\"\xc3\xa9 ~");
    value(b, GOOD, "false", "false", "false", "false");
    value(b, SCORE, "\"Infinity\"", "Infinity", "Infinity", "Infinity");
    value(b, BORN, "\"1970-01-01\"", "1970-01-01", "1970-01-01", "1970-01-01");
    value(b, SEEN, "\"1970-01-01T00:00:01.500000Z\"", "1970-01-01T00:00:01.500000Z", "1970-01-01T00%3A00%3A01.500000Z",
          "1970-01-01T00:00:01.500000Z");
    value(b, PRICE, "1.50", "1.50", "1.50", "1.50");
    value(b, BLOB, "\"+/8=\"", "+/8=", "%2B%2F8%3D", "+/8=");
    value(b, DOC, "[\"a\"]", "[\\\"a\\\"]", "%5B%22a%22%5D", "[\"a\"]");
    leat_batch_release(b);
}

static void test_nulls(void **state)
{
    struct leat_batch *b = batch_begin(*state);
    struct leat_error err = {0};

    leat_batch_end_row(b);
    assert_int_equal(leat_batch_finish(b, &err), 0);
    for (int i = 0; i < N_TEST_FIELDS; i++)
        value(b, i, "null", "", "", "");
    leat_batch_release(b);
}

static void test_a_buffer_grows(void **state)
{
    struct leat_put put = {0};
    char part[1000];

    (void)state;
    memset(part, 'x', sizeof part);
    for (int i = 0; i < 1000; i++)
        leat_put_text(&put, i % 2 ? LEAT_PUT_URL : LEAT_PUT_JSON, part, sizeof part);
    assert_int_equal(put.n, 1000 * 1000 + 500 * 2);
    assert_false(put.failed);
    leat_put_free(&put);
    assert_null(put.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_a_deep_reply_is_no_trouble),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_names_of_headers),
        on_pool(test_values),
        on_pool(test_nulls),
        cmocka_unit_test(test_a_buffer_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
