/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The csv load (plugins/load/csv): how values are written under each option,
 * the short way and the long way alike, and that what was written reads back.
 */
#include "unit.h"

#include "plugin-host.h"

#include <unistd.h>

#include "kit/csv/read.h"
#include "kit/csv/write.h"

static char folder[128], path[192], options[512];

static int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.100s/csv-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/out.csv", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* nothing is left in it */
}

/* ---- driving it ---- */

static const char *with(const char *more)
{
    (void)snprintf(options, sizeof options, "{path: %s%s%s}", path, *more ? ", " : "", more);
    return options;
}

/* A load that is open, and the batch that it will be given. */
struct table {
    struct leat_schema schema;
    struct loading load;
    struct leat_batch *batch;
};

static void table_init(struct table *t, const struct leat_field *fields, int n_fields, const char *more)
{
    t->schema = (struct leat_schema){ n_fields, fields };
    load_begin(&t->load, with(more), &t->schema);
    t->batch = load_batch(&t->load);
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

static char *take_file(size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 8 << 20);

    assert_non_null(f);
    *ret_n = fread(text, 1, (8 << 20) - 1, f);
    (void)fclose(f);
    (void)unlink(path);
    return text;
}

/* Delivers the batch and ends the run; what became of its rows, and what then is in the file. */
struct written {
    char *verdicts, *text;
    size_t n;
};

static struct written write_all(struct table *t)
{
    struct written w = { .verdicts = load_deliver(&t->load, t->batch) };

    load_end(&t->load, true);
    w.text = take_file(&w.n);
    return w;
}

static void written_free(struct written *w)
{
    free(w->verdicts);
    free(w->text);
}

static void expect(struct table *t, const char *expected)
{
    struct written w = write_all(t);

    assert_string_equal(w.text, expected);
    written_free(&w);
}

static const struct leat_field two[] = { { .name = "a", .type = LEAT_TEXT }, { .name = "b,c", .type = LEAT_TEXT } };

static void fill_two(struct table *t, const char *more)
{
    static const char *const values[][2] = {
        { "x", "y" }, { "", NULL }, { NULL, "" }, { "a,b", "say \"hi\"" }, { "two\nlines", "cr\r" }, { "\"", "=1+1" },
        { " x ", "+33" }, { "NULL", "a longer text without anything special in it, but for a comma" },
    };

    table_init(t, two, 2, more);
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
    fill_two(&t, "");
    expect(&t, "a,\"b,c\"\nx,y\n\"\",\n,\"\"\n\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"cr\r\"\n\"\"\"\",=1+1\n"
           " x ,+33\nNULL,\"a longer text without anything special in it, but for a comma\"\n");
}

static void test_quote_all_and_crlf(void **state)
{
    struct table t;

    (void)state;
    table_init(&t, two, 2, "quote: all, line_ending: crlf");
    put(&t, "x");
    put(&t, NULL);
    expect(&t, "\"a\",\"b,c\"\r\n\"x\",\r\n");
    fill_two(&t, "line_ending: crlf, header: false");
    expect(&t, "x,y\r\n\"\",\r\n,\"\"\r\n\"a,b\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",\"cr\r\"\r\n\"\"\"\",=1+1\r\n"
           " x ,+33\r\nNULL,\"a longer text without anything special in it, but for a comma\"\r\n");
}

static void test_null_text(void **state)
{
    struct table t;

    (void)state;
    fill_two(&t, "null: 'NULL', delimiter: ';'");
    expect(&t, "a;b,c\nx;y\n;NULL\nNULL;\na,b;\"say \"\"hi\"\"\"\n\"two\nlines\";\"cr\r\"\n\"\"\"\";=1+1\n x ;+33\n"
           "\"NULL\";a longer text without anything special in it, but for a comma\n");
}

static void test_mark_and_no_rows(void **state)
{
    struct table t;

    (void)state;
    table_init(&t, two, 2, "bom: true");
    expect(&t, "\xEF\xBB\xBF" "a,\"b,c\"\n");
}

static void test_formula_guard(void **state)
{
    struct table t;
    struct written w;

    (void)state;
    fill_two(&t, "formula_guard: escape");
    w = write_all(&t);
    assert_has(w.text, "\"\"\"\",\"'=1+1\"\n x ,\"'+33\"\n");
    written_free(&w);
    fill_two(&t, "formula_guard: reject");
    w = write_all(&t);
    assert_has(w.verdicts, "loaded 6\nrejected 2\n");
    assert_null(strstr(w.text, "=1+1"));
    assert_null(strstr(w.text, "+33"));
    assert_has(w.text, "NULL,");
    written_free(&w);
}

/* One value of a text field under the guard, escaped. */
static void expect_guarded(const char *value, const char *written)
{
    struct table t;

    table_init(&t, two, 1, "formula_guard: escape, header: false");
    put(&t, value);
    expect(&t, written);
}

static void test_formulas_that_hide(void **state)
{
    static const struct leat_field named = { .name = "=cmd", .type = LEAT_TEXT };
    static const struct leat_schema schema = { 1, &named };
    struct written w;
    struct table t;

    (void)state;
    expect_guarded("\n=1", "\"'\n=1\"\n");
    expect_guarded("\r=1", "\"'\r=1\"\n");
    expect_guarded("\t=1", "\"'\t=1\"\n");
    expect_guarded("\uFF1D1", "\"'\uFF1D1\"\n");
    expect_guarded("\uFF0B1", "\"'\uFF0B1\"\n");
    expect_guarded("\uFF0D1", "\"'\uFF0D1\"\n");
    expect_guarded("\uFF20A", "\"'\uFF20A\"\n");
    expect_guarded("\uFF21", "\uFF21\n");
    expect_guarded("\u00E9", "\u00E9\n");
    expect_guarded("a=1", "a=1\n");
    table_init(&t, two, 1, "formula_guard: reject, header: false");
    put(&t, "\n=1");
    put(&t, "\uFF0B1");
    put(&t, "1");
    w = write_all(&t);
    assert_has(w.verdicts, "loaded 1\nrejected 2\n");
    written_free(&w);
    table_init(&t, &named, 1, "formula_guard: escape");
    expect(&t, "\"'=cmd\"\n");
    table_init(&t, &named, 1, "");
    expect(&t, "=cmd\n");
    assert_wrong(with("formula_guard: reject"), &schema, "wrong formula_guard: the name of the field '=cmd' is");
    table_init(&t, &named, 1, "formula_guard: reject, header: false");
    expect(&t, "");
}

static void test_types(void **state)
{
    static const struct leat_field fields[] = {
        { .name = "b", .type = LEAT_BOOL }, { .name = "i", .type = LEAT_INT64 }, { .name = "f", .type = LEAT_FLOAT64 },
        { .name = "d", .type = LEAT_DATE }, { .name = "u", .type = LEAT_TIMESTAMP },
        { .name = "l", .type = LEAT_TIMESTAMP, .local = true }, { .name = "x", .type = LEAT_BYTES },
        { .name = "j", .type = LEAT_JSON }, { .name = "n", .type = LEAT_DECIMAL },
    };
    struct table t;

    (void)state;
    for (int i = 0; i < 2; i++) {
        table_init(&t, fields, 9, i ? "delimiter: '-'" : "");
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
        expect(&t, i ? "b-i-f-d-u-l-x-j-n\ntrue-\"-42\"-0.1-\"2024-02-29\"-\"1970-01-01 00:00:01.500000Z\"-"
                       "\"1969-12-31 23:59:59\"-\\x6100ff-\"{\"\"a\"\":1}\"-\"-1.50\"\n--------\n"
                     : "b,i,f,d,u,l,x,j,n\ntrue,-42,0.1,2024-02-29,1970-01-01 00:00:01.500000Z,1969-12-31 23:59:59,"
                       "\\x6100ff,\"{\"\"a\"\":1}\",-1.50\n,,,,,,,,\n");
    }
}

static void test_secrets(void **state)
{
    static const struct leat_field fields[] = { { .name = "id", .type = LEAT_TEXT },
                                                { .name = "hash", .type = LEAT_TEXT, .data_class = LEAT_SECRET } };
    static const struct leat_schema schema = { 2, fields };
    struct leat_plan *p;

    (void)state;
    p = host_begin(with(""), &schema, false);
    assert_has(host_said(p), "leaves out hash: left out, for it is secret");
    assert_null(strstr(host_said(p), "accepts"));
    host_end(p);
    p = host_begin(with("secrets: true"), &schema, false);
    assert_has(host_said(p), "accepts hash\n");
    assert_null(strstr(host_said(p), "leaves out"));
    host_end(p);
}

static void test_options_that_are_refused(void **state)
{
    static const char *const cases[][2] = {
        { "delimiter: ''", "wrong delimiter: " },      { "delimiter: a", "wrong delimiter: " },
        { "delimiter: \"\\n\"", "wrong delimiter: " }, { "delimiter: ab", "wrong delimiter: " },
        { "null: 'a,b'", "wrong null: " },             { "null: '\"'", "wrong null: " },
    };
    static const struct leat_schema schema = { 2, two };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_wrong(with(cases[i][0]), &schema, cases[i][1]);
    assert_wrong("{path: /tmp/}", &schema, "path: cannot write /tmp/: it names a folder");
    assert_wrong("{path: /dev/zero}", &schema, "path: cannot write /dev/zero: it is no regular file");
}

/* ---- going on ---- */

/* One row, as a run of its own that ends with its checkpoint, or after more has been written than that covers. */
static void run_with_mark(const struct leat_schema *schema, struct leat_mark *mark, bool last)
{
    struct loading l = { .plan = host_begin(with(""), schema, false) };
    struct leat_mark none = {""};

    l.stage = (struct leat_stage){ .plan = l.plan, .mark = *mark->text ? mark->text : NULL };
    leat_pool_init(&l.pool, schema, NULL, 10, 1 << 20, 1 << 20);
    assert_int_equal(l.plan->plugin->open(&l.stage, l.plan->self, &l.err), 0);
    for (int i = 0; i < 2 - last; i++) {
        struct leat_batch *b = load_batch(&l);

        leat_batch_put_text(b, 0, "x", 1);
        leat_batch_put_text(b, 1, "y", 1);
        leat_batch_end_row(b);
        free(load_deliver(&l, b));
        if (i == 0)
            assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, last, last ? &none : mark, &l.err), 0);
    }
    load_end(&l, false);
}

static void test_goes_on_behind_the_mark(void **state)
{
    static const struct leat_schema schema = { 2, two };
    struct leat_mark mark = {""};
    char *text;
    size_t n;

    (void)state;
    run_with_mark(&schema, &mark, false);
    assert_int_equal(access(path, F_OK), -1);
    run_with_mark(&schema, &mark, true);
    text = take_file(&n);
    assert_string_equal(text, "a,\"b,c\"\nx,y\nx,y\n");
    free(text);
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

static void same_when_read(const char *text, size_t n, const struct leat_batch *b)
{
    struct memory m = { text, n };
    struct leat_csv_reader r = { .dialect = { ',', '"', '"', true }, .max_record = 8 << 20, .max_values = 8,
                                 .fill = from_memory, .source = &m, .line = 1 };

    assert_int_equal(leat_csv_reader_init(&r), 0);
    for (int32_t row = 0; row < b->n_rows; row++) {
        assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
        same_row(&r, b, row);
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
        struct leat_mark mark;
        struct table t;
        char *text;
        size_t n;

        table_init(&t, fields, 3, "header: false");
        for (int row = 0; row < n_rows; row++) {
            for (int i = 0; i < 3; i++) /* the last column never needs quotes */
                put_random(&t, i, max, i == 2 ? "abcdef" : ",\"\n\r\0a");
            leat_batch_end_row(t.batch);
        }
        (void)leat_batch_reference(t.batch);
        free(load_deliver(&t.load, t.batch));
        assert_int_equal(t.load.plan->plugin->commit(&t.load.stage, t.load.plan->self, true, &mark, &t.load.err), 0);
        text = take_file(&n);
        same_when_read(text, n, t.batch);
        free(text);
        leat_batch_release(t.batch);
        load_end(&t.load, false);
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
        cmocka_unit_test(test_formulas_that_hide),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_options_that_are_refused),
        cmocka_unit_test(test_goes_on_behind_the_mark),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests_name("csv-load", tests, make_folder, remove_folder);
}
