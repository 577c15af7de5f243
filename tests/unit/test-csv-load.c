/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The csv load (plugins/load/csv): how values are written under each option,
 * the short way and the long way alike, and that what was written reads back.
 */
#include "test-csv-host.h"

#include "unit.h"

#include <fcntl.h>
#include <string.h>

#include "kit/csv/read.h"
#include "kit/csv/write.h"

static char folder[128], path[192];

static int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.100s/csv-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/out.csv", folder);
    host_end(host_begin()); /* hands the plugin the services that the tests put batches by */
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* nothing is left in it */
}

/* ---- batches ---- */

struct table {
    struct leat_schema schema;
    struct leat_pool pool;
    struct leat_batch *batch;
};

static void table_init(struct table *t, const struct leat_field *fields, int n_fields)
{
    t->schema = (struct leat_schema){ n_fields, fields };
    leat_pool_init(&t->pool, &t->schema, NULL, 1000, 1 << 30, 1 << 30);
    t->batch = leat_pool_get(&t->pool);
}

static void table_deinit(struct table *t)
{
    leat_batch_release(t->batch);
    leat_pool_deinit(&t->pool);
}

static void put(struct table *t, const char *text)
{
    if (text)
        leat_batch_put_text(t->batch, t->batch->n_put, text, strlen(text));
    else
        leat_batch_put_null(t->batch, t->batch->n_put);
    if (t->batch->n_put == t->schema.n_fields)
        leat_batch_end_row(t->batch);
}

/* ---- driving it ---- */

struct written {
    char *text;
    size_t n;
    int n_rejected;
};

static char *take_file(const char *name, size_t *ret_n)
{
    FILE *f = fopen(name, "rb");
    char *text = calloc(1, 8 << 20);

    assert_non_null(f);
    *ret_n = fread(text, 1, (8 << 20) - 1, f);
    (void)fclose(f);
    (void)unlink(name);
    return text;
}

static struct leat_plan *begin(const struct table *t)
{
    struct leat_plan *p = host_begin();

    host_text(p, "path", path);
    p->in = t->schema;
    return p;
}

static struct written write_all(struct leat_plan *p, struct table *t)
{
    struct leat_stage stage = { .plan = p };
    struct leat_error err = {0};
    struct leat_mark mark;
    struct written w = {0};

    assert_int_equal(p->plugin->plan(p, p->self, &err), 0);
    assert_string_equal(p->wrong, "");
    assert_int_equal(leat_batch_finish(t->batch, &err), 0);
    assert_int_equal(p->plugin->open(&stage, p->self, &err), 0);
    assert_int_equal(p->plugin->deliver(&stage, p->self, t->batch, &err), 0);
    assert_int_equal(p->plugin->commit(&stage, p->self, true, &mark, &err), 0);
    p->plugin->close(&stage, p->self);
    assert_string_equal(stage.published, path);
    w.n_rejected = t->batch->host->account.n_rejects;
    w.text = take_file(stage.written, &w.n);
    host_end(p);
    return w;
}

static void expect(struct leat_plan *p, struct table *t, const char *expected)
{
    struct written w = write_all(p, t);

    assert_string_equal(w.text, expected);
    free(w.text);
}

static const struct leat_field two[] = { { .name = "a", .type = LEAT_TEXT }, { .name = "b,c", .type = LEAT_TEXT } };

static void fill_two(struct table *t)
{
    static const char *const values[][2] = {
        { "x", "y" }, { "", NULL }, { NULL, "" }, { "a,b", "say \"hi\"" }, { "two\nlines", "cr\r" }, { "\"", "=1+1" },
        { " x ", "+33" }, { "NULL", "a longer text without anything special in it, but for a comma" },
    };

    table_init(t, two, 2);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put(t, values[i][0]);
        put(t, values[i][1]);
    }
}

/* ---- options ---- */

static void test_rfc_4180(void **state)
{
    struct table t;

    (void)state;
    fill_two(&t);
    expect(begin(&t), &t,
           "a,\"b,c\"\nx,y\n\"\",\n,\"\"\n\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"cr\r\"\n\"\"\"\",=1+1\n x ,+33\n"
           "NULL,\"a longer text without anything special in it, but for a comma\"\n");
    table_deinit(&t);
}

static void test_quote_all_and_crlf(void **state)
{
    struct leat_plan *p;
    struct table t;

    (void)state;
    table_init(&t, two, 2);
    put(&t, "x");
    put(&t, NULL);
    p = begin(&t);
    *(int *)host_option(p, "quote") = 1;
    *(int *)host_option(p, "line_ending") = 1;
    expect(p, &t, "\"a\",\"b,c\"\r\n\"x\",\r\n");
    table_deinit(&t);
    fill_two(&t);
    p = begin(&t);
    *(int *)host_option(p, "line_ending") = 1;
    host_bool(p, "header", false);
    expect(p, &t, "x,y\r\n\"\",\r\n,\"\"\r\n\"a,b\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",\"cr\r\"\r\n\"\"\"\",=1+1\r\n"
           " x ,+33\r\nNULL,\"a longer text without anything special in it, but for a comma\"\r\n");
    table_deinit(&t);
}

static void test_null_text(void **state)
{
    struct leat_plan *p;
    struct table t;

    (void)state;
    fill_two(&t);
    p = begin(&t);
    host_text(p, "null", "NULL");
    host_text(p, "delimiter", ";");
    expect(p, &t, "a;b,c\nx;y\n;NULL\nNULL;\na,b;\"say \"\"hi\"\"\"\n\"two\nlines\";\"cr\r\"\n\"\"\"\";=1+1\n x ;+33\n"
           "\"NULL\";a longer text without anything special in it, but for a comma\n");
    table_deinit(&t);
}

static void test_mark_and_no_rows(void **state)
{
    struct leat_plan *p;
    struct table t;

    (void)state;
    table_init(&t, two, 2);
    p = begin(&t);
    host_bool(p, "bom", true);
    expect(p, &t, "\xEF\xBB\xBF" "a,\"b,c\"\n");
    table_deinit(&t);
}

static void test_formula_guard(void **state)
{
    struct leat_plan *p;
    struct table t;
    struct written w;

    (void)state;
    fill_two(&t);
    p = begin(&t);
    *(int *)host_option(p, "formula_guard") = LEAT_CSV_GUARD_ESCAPE;
    w = write_all(p, &t);
    assert_non_null(strstr(w.text, "\"\"\"\",\"'=1+1\"\n x ,\"'+33\"\n"));
    free(w.text);
    table_deinit(&t);
    fill_two(&t);
    p = begin(&t);
    *(int *)host_option(p, "formula_guard") = LEAT_CSV_GUARD_REJECT;
    w = write_all(p, &t);
    assert_int_equal(w.n_rejected, 2);
    assert_null(strstr(w.text, "=1+1"));
    assert_null(strstr(w.text, "+33"));
    assert_non_null(strstr(w.text, "NULL,"));
    free(w.text);
    table_deinit(&t);
}

static void test_types(void **state)
{
    static const struct leat_field fields[] = {
        { .name = "b", .type = LEAT_BOOL }, { .name = "i", .type = LEAT_INT64 }, { .name = "f", .type = LEAT_FLOAT64 },
        { .name = "d", .type = LEAT_DATE }, { .name = "u", .type = LEAT_TIMESTAMP },
        { .name = "l", .type = LEAT_TIMESTAMP, .local = true }, { .name = "x", .type = LEAT_BYTES },
        { .name = "j", .type = LEAT_JSON }, { .name = "n", .type = LEAT_DECIMAL },
    };
    struct leat_plan *p;
    struct table t;

    (void)state;
    for (int i = 0; i < 2; i++) {
        table_init(&t, fields, 9);
        leat_batch_put_bool(t.batch, 0, true);
        leat_batch_put_int64(t.batch, 1, -42);
        leat_batch_put_float64(t.batch, 2, 0.1);
        leat_batch_put_date(t.batch, 3, 19782);
        leat_batch_put_int64(t.batch, 4, 1500000);
        leat_batch_put_int64(t.batch, 5, -1000000);
        leat_batch_put_text(t.batch, 6, "a\0\xFF", 3);
        leat_batch_put_text(t.batch, 7, "{\"a\":1}", 7);
        leat_batch_put_text(t.batch, 8, "-1.50", 5);
        leat_batch_end_row(t.batch);
        leat_batch_end_row(t.batch);
        p = begin(&t);
        host_text(p, "delimiter", i ? "-" : ",");
        expect(p, &t, i ? "b-i-f-d-u-l-x-j-n\ntrue-\"-42\"-0.1-\"2024-02-29\"-\"1970-01-01 00:00:01.500000Z\"-"
                          "\"1969-12-31 23:59:59\"-\\x6100ff-\"{\"\"a\"\":1}\"-\"-1.50\"\n--------\n"
                        : "b,i,f,d,u,l,x,j,n\ntrue,-42,0.1,2024-02-29,1970-01-01 00:00:01.500000Z,1969-12-31 23:59:59,"
                          "\\x6100ff,\"{\"\"a\"\":1}\",-1.50\n,,,,,,,,\n");
        table_deinit(&t);
    }
}

static void test_secrets(void **state)
{
    static const struct leat_field fields[] = { { .name = "id", .type = LEAT_TEXT },
                                                { .name = "hash", .type = LEAT_TEXT, .data_class = LEAT_SECRET } };
    struct table t;
    struct leat_error err = {0};

    (void)state;
    table_init(&t, fields, 2);
    for (int i = 0; i < 2; i++) {
        struct leat_plan *p = begin(&t);

        host_bool(p, "secrets", i);
        assert_int_equal(p->plugin->plan(p, p->self, &err), 0);
        assert_int_equal(p->n_secrets, i);
        assert_int_equal(p->n_left_out, !i);
        host_end(p);
    }
    table_deinit(&t);
}

static void test_options_that_are_refused(void **state)
{
    static const char *const cases[][3] = {
        { "delimiter", "", "delimiter: " },   { "delimiter", "a", "delimiter: " }, { "delimiter", "\n", "delimiter: " },
        { "delimiter", "ab", "delimiter: " }, { "null", "a,b", "null: " },         { "null", "\"", "null: " },
        { "path", "/nonexistent/x.csv", "path: cannot write /nonexistent/x.csv: there is no folder" },
        { "path", "/tmp/", "path: cannot write /tmp/: it names a folder" },
        { "path", "/dev/zero", "path: cannot write /dev/zero: it is no regular file" },
    };
    struct leat_error err = {0};
    struct table t;

    (void)state;
    table_init(&t, two, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_plan *p = begin(&t);

        host_text(p, cases[i][0], cases[i][1]);
        assert_int_equal(p->plugin->plan(p, p->self, &err), 0);
        assert_memory_equal(p->wrong, cases[i][2], strlen(cases[i][2]));
        host_end(p);
    }
    table_deinit(&t);
}

/* ---- going on ---- */

static void test_goes_on_behind_the_mark(void **state)
{
    struct leat_mark mark = {""}, last;
    struct leat_error err = {0};
    struct table t;
    struct leat_plan *p;
    struct leat_stage stage;
    char *text;
    size_t n;

    (void)state;
    table_init(&t, two, 2);
    put(&t, "x");
    put(&t, "y");
    assert_int_equal(leat_batch_finish(t.batch, &err), 0);
    for (int i = 0; i < 2; i++) { /* the first run ends after its checkpoint, with more in the file than that */
        p = begin(&t);
        stage = (struct leat_stage){ .plan = p, .mark = i ? mark.text : NULL };
        assert_int_equal(p->plugin->plan(p, p->self, &err), 0);
        assert_int_equal(p->plugin->open(&stage, p->self, &err), 0);
        assert_int_equal(p->plugin->deliver(&stage, p->self, t.batch, &err), 0);
        assert_int_equal(p->plugin->commit(&stage, p->self, i, i ? &last : &mark, &err), 0);
        if (!i)
            assert_int_equal(p->plugin->deliver(&stage, p->self, t.batch, &err), 0);
        p->plugin->close(&stage, p->self);
        host_end(p);
    }
    text = take_file(stage.written, &n);
    assert_string_equal(text, "a,\"b,c\"\nx,y\nx,y\n");
    free(text);
    table_deinit(&t);
}

/* ---- reading it back ---- */

struct memory {
    const char *text;
    size_t n;
};

static ssize_t from_memory(void *source, char *into, size_t n)
{
    struct memory *m = source;

    n = n < m->n ? n : m->n;
    memcpy(into, m->text, n);
    m->text += n;
    m->n -= n;
    return (ssize_t)n;
}

static void same_row(const struct leat_csv_reader *r, const struct leat_batch *b, int32_t row)
{
    char *room = malloc(r->n_raw + 2 * LEAT_CSV_SLACK);

    assert_int_equal(r->n_values, b->schema->n_fields);
    for (int i = 0; i < r->n_values; i++) {
        size_t n, wanted;
        const char *text = leat_text(&b->columns[i], row, &wanted);

        n = leat_csv_value_copy(r, &r->values[i], room);
        assert_int_equal(leat_is_null(&b->columns[i], row), !n && !r->values[i].flags);
        assert_int_equal(n, wanted);
        assert_memory_equal(room, text, n);
    }
    free(room);
}

static void same_when_read(const struct written *w, const struct table *t)
{
    struct memory m = { w->text, w->n };
    struct leat_csv_reader r = { .dialect = { ',', '"', '"', true }, .max_record = 8 << 20, .max_values = 8,
                                 .fill = from_memory, .source = &m, .line = 1 };

    assert_int_equal(leat_csv_reader_init(&r), 0);
    for (int32_t row = 0; row < t->batch->n_rows; row++) {
        assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
        same_row(&r, t->batch, row);
    }
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_END);
    leat_csv_reader_deinit(&r);
}

static void put_random(struct table *t, int i, int longest, const char *chars)
{
    static char text[700000];
    int n = rand() % (longest + 1), kind = rand() % 8;

    if (kind == 0) {
        leat_batch_put_null(t->batch, i);
        return;
    }
    for (int at = 0; at < n; at++)
        text[at] = rand() % 20 < kind ? chars[(size_t)rand() % 6] : 'x';
    leat_batch_put_text(t->batch, i, text, (size_t)n);
}

/* Random texts come back as they were. `longest` 600,000 takes the long way. */
static void test_round_trip(void **state)
{
    static const struct leat_field fields[] = { { .name = "a", .type = LEAT_TEXT }, { .name = "b", .type = LEAT_TEXT },
                                                { .name = "c", .type = LEAT_TEXT } };
    static const int longest[] = { 3, 20, 70, 300, 20000, 600000 };

    (void)state;
    srand(11);
    for (int round = 0; round < 60; round++) {
        int max = longest[round % 6], n_rows = max > 1000 ? 5 : 400;
        struct leat_plan *p;
        struct written w;
        struct table t;

        table_init(&t, fields, 3);
        for (int row = 0; row < n_rows; row++) {
            for (int i = 0; i < 3; i++) /* the last column never needs quotes */
                put_random(&t, i, max, i == 2 ? "abcdef" : ",\"\n\r\0a");
            leat_batch_end_row(t.batch);
        }
        p = begin(&t);
        host_bool(p, "header", false);
        w = write_all(p, &t);
        same_when_read(&w, &t);
        free(w.text);
        table_deinit(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_4180),
        cmocka_unit_test(test_quote_all_and_crlf),
        cmocka_unit_test(test_null_text),
        cmocka_unit_test(test_mark_and_no_rows),
        cmocka_unit_test(test_formula_guard),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_options_that_are_refused),
        cmocka_unit_test(test_goes_on_behind_the_mark),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests_name("csv-load", tests, make_folder, remove_folder);
}
