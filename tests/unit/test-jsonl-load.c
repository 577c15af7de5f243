/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The jsonl load (plugins/load/jsonl): values of every type, line by line.
 */
#include "unit.h"

#include "plugin-host.h"

#include <math.h>
#include <unistd.h>

#include "batches.h"

static char folder[] = "/tmp/leat-jsonl-XXXXXX", path[64], options[512];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/t.jsonl", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static const char *with(const char *more)
{
    (void)snprintf(options, sizeof options, "{path: %s%s%s}", path, *more ? ", " : "", more);
    return options;
}

/* What the file holds; the caller's to free. */
static char *content(size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    char *text;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *ret_n = (size_t)ftell(f);
    rewind(f);
    text = calloc(1, *ret_n + 1);
    assert_int_equal(fread(text, 1, *ret_n, f), *ret_n);
    fclose(f);
    return text;
}

static void put_all(struct leat_batch *b)
{
    leat_batch_put_int64(b, ID, INT64_MIN);
    leat_batch_put_text(b, NAME, "a\"\\\n\x01\0\xc3\xa9/", 9);
    leat_batch_put_bool(b, GOOD, true);
    leat_batch_put_float64(b, SCORE, -0.1);
    leat_batch_put_date(b, BORN, 19782);
    leat_batch_put_int64(b, SEEN, INT64_C(1709208000000000));
    leat_batch_put_text(b, PRICE, "12345678901234567890.50", 23);
    leat_batch_put_text(b, BLOB, "\0\xff\xef\x01", 4);
    leat_batch_put_text(b, DOC, "{\"a\":\n[1,\r\n2]}", 14);
    leat_batch_end_row(b);
}

static void load_rows(const char *more)
{
    struct leat_batch *b;
    struct loading l;
    char *got;

    load_begin(&l, with(more), &test_schema);
    b = load_batch(&l);
    put_all(b);
    leat_batch_put_float64(b, SCORE, INFINITY);
    leat_batch_put_text(b, BLOB, "ab", 2);
    leat_batch_end_row(b);
    leat_batch_end_row(b);
    got = load_deliver(&l, b);
    assert_string_equal(got, "loaded 3\n");
    free(got);
    load_end(&l, true);
}

#define FIRST \
    "{\"id\":-9223372036854775808,\"name\":\"a\\\"\\\\\\n\\u0001\\u0000\xc3\xa9/\",\"good\":true,\"score\":-0.1," \
    "\"born\":\"2024-02-29\",\"seen\":\"2024-02-29 12:00:00Z\",\"price\":12345678901234567890.50," \
    "\"blob\":\"AP/vAQ==\",\"doc\":{\"a\": [1,  2]}}\n"

static void test_values_of_every_type(void **state)
{
    size_t n;
    char *got;

    (void)state;
    load_rows("");
    got = content(&n);
    assert_string_equal(got, FIRST
                        "{\"id\":null,\"name\":null,\"good\":null,\"score\":\"Infinity\",\"born\":null,\"seen\":null,"
                        "\"price\":null,\"blob\":\"YWI=\",\"doc\":null}\n"
                        "{\"id\":null,\"name\":null,\"good\":null,\"score\":null,\"born\":null,\"seen\":null,"
                        "\"price\":null,\"blob\":null,\"doc\":null}\n");
    free(got);
}

static void test_nulls_can_be_left_out(void **state)
{
    size_t n;
    char *got;

    (void)state;
    load_rows("nulls: omit");
    got = content(&n);
    assert_string_equal(got, FIRST "{\"score\":\"Infinity\",\"blob\":\"YWI=\"}\n{}\n");
    free(got);
}

/* Values larger than the file's buffer, with an escape at every place of a slice. */
static void test_large_values(void **state)
{
    enum { N = 1500001 };
    char *text = malloc(N), *got;
    struct leat_batch *b;
    struct loading l;
    size_t n;

    (void)state;
    memset(text, '"', N);
    load_begin(&l, with("nulls: omit"), &test_schema);
    b = load_batch(&l);
    leat_batch_put_text(b, NAME, text, N);
    leat_batch_put_text(b, BLOB, text, N);
    leat_batch_end_row(b);
    free(load_deliver(&l, b));
    load_end(&l, true);
    got = content(&n);
    assert_int_equal(n, 9 + 2 * N + 10 + (N + 2) / 3 * 4 + 3);
    for (size_t i = 0; i < N; i++)
        assert_memory_equal(got + 9 + 2 * i, "\\\"", 2);
    assert_memory_equal(got + 9 + 2 * N, "\",\"blob\":\"IiIi", 14);
    assert_memory_equal(got + n - 7, "Ig==\"}\n", 7);
    free(got);
    free(text);
}

static void test_names_are_escaped(void **state)
{
    static const struct leat_field fields[] = {{.name = "say \"\xc3\xa9\"", .type = LEAT_INT64},
                                               {.name = "pw", .type = LEAT_TEXT, .data_class = LEAT_SECRET}};
    static const struct leat_schema schema = {.n_fields = 2, .fields = fields};
    struct leat_batch *b;
    struct loading l;
    size_t n;
    char *got;

    (void)state;
    load_begin(&l, with("secrets: true"), &schema);
    assert_non_null(strstr(host_said(l.plan), "accepts pw\n"));
    b = load_batch(&l);
    leat_batch_put_int64(b, 0, 1);
    leat_batch_end_row(b);
    free(load_deliver(&l, b));
    load_end(&l, true);
    got = content(&n);
    assert_string_equal(got, "{\"say \\\"\xc3\xa9\\\"\":1,\"pw\":null}\n");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_every_type),
        cmocka_unit_test(test_nulls_can_be_left_out),
        cmocka_unit_test(test_large_values),
        cmocka_unit_test(test_names_are_escaped),
    };
    return cmocka_run_group_tests_name("jsonl-load", tests, make_folder, remove_folder);
}
