/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The CSV reader (kit/csv/read.h) against one that goes byte by byte: the same
 * records, faults, offsets and lines, for random texts out of the characters
 * that matter, in every dialect, whatever the reads and the buffer cut apart.
 */
#include "kit/csv/read.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 4, MAX_TEXT = 700 };

/* ---- what comes in ---- */

struct input {
    const char *text;
    size_t n, at, chunk;
    int error;
};

static ssize_t fill(void *source, char *into, size_t n)
{
    struct input *in = source;

    assert_true(n >= LEAT_CSV_FILL_MIN);
    if (in->error && in->at == in->n)
        return in->error;
    n = n < in->chunk ? n : in->chunk;
    n = n < in->n - in->at ? n : in->n - in->at;
    memcpy(into, in->text + in->at, n);
    in->at += n;
    return (ssize_t)n;
}

static const struct leat_csv_dialect rfc = { ',', '"', '"', true };

static void begin(struct leat_csv_reader *r, struct input *in, struct leat_csv_dialect dialect, size_t cap)
{
    *r = (struct leat_csv_reader){ .dialect = dialect, .max_record = 1 << 20, .max_values = MAX_VALUES, .fill = fill,
                                   .source = in, .line = 1, .cap = cap };
    assert_int_equal(leat_csv_reader_init(r), 0);
}

/* ---- the oracle ---- */

struct oracle {
    struct leat_csv_dialect d;
    const char *text;
    size_t n, at; /* at: where the next record begins */
    int n_values;
    char values[MAX_TEXT][MAX_TEXT];
    size_t sizes[MAX_TEXT];
    size_t begin, end;        /* of the record, without its line end */
    bool bad;
    enum leat_csv_fault fault;
    size_t fault_at;
};

static int at(const struct oracle *o, size_t i)
{
    return i < o->n ? (unsigned char)o->text[i] : -1;
}

static void add(struct oracle *o, char c)
{
    o->values[o->n_values][o->sizes[o->n_values]++] = c;
}

static void faulty(struct oracle *o, enum leat_csv_fault fault, size_t where)
{
    o->bad = true;
    o->fault = fault;
    o->fault_at = where;
}

/* Takes one field from i on; returns where it ends. */
static size_t oracle_field(struct oracle *o, size_t i)
{
    bool escapes = o->d.escape >= 0 && o->d.escape != o->d.quote, inside = false, bare_cr = false;
    size_t opened = i;

    o->sizes[o->n_values] = 0;
    if (o->d.quote >= 0 && at(o, i) == o->d.quote) {
        inside = true;
        i++;
    }
    for (;; i++) {
        int c = at(o, i);

        if (inside && c < 0) {
            faulty(o, LEAT_CSV_UNCLOSED, opened);
            return i;
        }
        if (escapes && c == o->d.escape && at(o, i + 1) >= 0) {
            add(o, (char)at(o, ++i));
            bare_cr = false;
            continue;
        }
        if (escapes && c == o->d.escape && inside) {
            faulty(o, LEAT_CSV_UNCLOSED, opened);
            return o->n;
        }
        if (inside && c == o->d.quote && !escapes && at(o, i + 1) == c) {
            add(o, (char)c);
            i++;
            continue;
        }
        if (inside && c == o->d.quote) {
            int next = at(o, i + 1);

            inside = false;
            if (next == '\r' && at(o, i + 2) == '\n')
                return i + 2;
            if (o->d.strict && next != '\n' && next >= 0 && next != o->d.delimiter) {
                faulty(o, LEAT_CSV_TEXT_BEHIND, i + 1);
                return i + 1;
            }
            continue;
        }
        if (!inside && (c < 0 || c == '\n' || c == o->d.delimiter)) {
            if (c == '\n' && bare_cr)
                o->sizes[o->n_values]--;
            return i;
        }
        if (!inside && c == o->d.quote && o->d.quote >= 0 && o->d.strict) {
            faulty(o, LEAT_CSV_QUOTE_INSIDE, i);
            return i;
        }
        add(o, (char)c);
        bare_cr = !inside && c == '\r';
    }
}

static bool oracle_next(struct oracle *o)
{
    size_t i = o->at;

    if (i >= o->n)
        return false;
    o->begin = i;
    o->bad = false;
    o->n_values = 0;
    for (;;) {
        i = oracle_field(o, i);
        o->n_values++;
        if (o->bad || at(o, i) != o->d.delimiter)
            break;
        i++;
    }
    if (o->bad && o->fault == LEAT_CSV_UNCLOSED)
        i = o->n;
    while (o->bad && i < o->n && o->text[i] != '\n')
        i++;
    o->end = i;
    o->at = i + 1;
    if (i < o->n && o->end > o->begin && o->text[o->end - 1] == '\r')
        o->end--;
    return true;
}

static int64_t line_of(const char *text, size_t offset)
{
    int64_t line = 1;

    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

/* ---- the two side by side ---- */

static void same_value(const struct leat_csv_reader *r, const struct oracle *o, int i)
{
    char *room = malloc(r->values[i].n + LEAT_CSV_SLACK);
    size_t n = leat_csv_value_copy(r, &r->values[i], room);

    assert_int_equal(n, o->sizes[i]);
    assert_memory_equal(room, o->values[i], n);
    if (!(r->values[i].flags & ~(unsigned)LEAT_CSV_QUOTED))
        assert_memory_equal(r->values[i].p, o->values[i], n);
    free(room);
}

static void same_record(const struct leat_csv_reader *r, const struct oracle *o, enum leat_csv_result result)
{
    assert_int_equal(result, o->bad ? LEAT_CSV_BAD : LEAT_CSV_RECORD);
    assert_int_equal(r->record_offset, o->begin);
    assert_int_equal(r->record_line, line_of(o->text, o->begin));
    assert_int_equal(r->n_raw, o->end - o->begin);
    assert_memory_equal(r->raw, o->text + o->begin, r->n_raw);
    assert_int_equal(leat_csv_next_offset(r), o->at < o->n ? o->at : o->n);
    assert_int_equal(r->line, line_of(o->text, o->at < o->n ? o->at : o->n));
    if (o->bad) {
        assert_int_equal(r->fault, o->fault);
        assert_int_equal(r->fault_offset, o->fault_at);
        assert_int_equal(r->fault_line, line_of(o->text, o->fault_at));
        return;
    }
    assert_int_equal(r->n_values, o->n_values);
    for (int i = 0; i < o->n_values && i < MAX_VALUES; i++)
        same_value(r, o, i);
}

static void compare(const char *text, size_t n, struct leat_csv_dialect dialect, size_t chunk, size_t cap)
{
    static struct oracle o;
    struct leat_csv_reader r;
    struct input in = { .text = text, .n = n, .chunk = chunk };
    enum leat_csv_result result;

    o.d = dialect;
    o.text = text;
    o.n = n;
    o.at = 0;
    begin(&r, &in, dialect, cap);
    while ((result = leat_csv_next(&r)) != LEAT_CSV_END) {
        assert_true(oracle_next(&o));
        same_record(&r, &o, result);
    }
    assert_false(oracle_next(&o));
    leat_csv_reader_deinit(&r);
}

static const struct leat_csv_dialect dialects[] = {
    { ',', '"', '"', true },  { ',', '"', '"', false },  { ';', '"', '\\', true },
    { ',', '\'', '\\', false }, { '\t', LEAT_CSV_NO_CHAR, LEAT_CSV_NO_CHAR, true }, { ',', LEAT_CSV_NO_CHAR, '\\', true },
};

static void random_text(char *text, size_t n, const struct leat_csv_dialect *d, int plainness)
{
    const char others[] = { 'a', 'b', '\0', '\r', '\xC3' };

    for (size_t i = 0; i < n; i++) {
        int kind = rand() % plainness;

        text[i] = kind == 0 ? (char)d->delimiter : kind == 1 ? '\n' : kind == 2 && d->quote >= 0 ? (char)d->quote
                : kind == 3 && d->quote >= 0 ? (char)d->quote : kind == 4 && d->escape >= 0 ? (char)d->escape
                : kind == 5 ? '\r' : others[rand() % 5];
    }
}

static void test_like_byte_by_byte(void **state)
{
    static const int plainness[] = { 7, 12, 60, 400 };
    static const size_t chunks[] = { 1, 7, 63, 4096 }, caps[] = { 128, 192, 4096 };
    char text[MAX_TEXT];

    (void)state;
    srand(7);
    for (int i = 0; i < 40000; i++) {
        const struct leat_csv_dialect *d = &dialects[i % 6];
        size_t n = (size_t)rand() % (i % 3 ? 24 : MAX_TEXT);

        random_text(text, n, d, plainness[rand() % 4]);
        compare(text, n, *d, chunks[rand() % 4], caps[rand() % 3]);
    }
}

/* Each arrangement of a few characters, at each place around the end of a 64 byte block. */
static void test_every_arrangement_at_a_block_end(void **state)
{
    static const char chars[] = "a,\"\r\n";
    char text[160];

    (void)state;
    for (int code = 0; code < 5 * 5 * 5 * 5 * 5 * 5; code++) {
        size_t n = 58 + (size_t)(code % 5), from = n;
        int rest = code;

        memset(text, 'x', sizeof text);
        text[0] = code % 2 ? '"' : 'x';
        for (int i = 0; i < 6; i++, rest /= 5)
            text[n++] = chars[rest % 5];
        memcpy(text + n, text + from, 6);
        n += 6;
        compare(text, n, rfc, 4096, 4096);
        compare(text, n, rfc, 4096, 128);
    }
}

/* ---- single cases ---- */

static void expect(const char *text, int n_records, int n_values)
{
    struct leat_csv_reader r;
    struct input in = { .text = text, .n = strlen(text), .chunk = 4096 };

    begin(&r, &in, rfc, 0);
    for (int i = 0; i < n_records; i++) {
        assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
        assert_int_equal(r.n_values, n_values);
    }
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_END);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_END);
    leat_csv_reader_deinit(&r);
}

static void test_ends_of_files(void **state)
{
    (void)state;
    expect("", 0, 0);
    expect("\n", 1, 1);
    expect("a,b", 1, 2);
    expect("a,b\n", 1, 2);
    expect("a,b\r\n", 1, 2);
    expect("a,", 1, 2);
    expect(",", 1, 2);
    expect("a,\"b\"", 1, 2);
    expect("a,\"b\"\r\n1,\"\"", 2, 2);
    expect("a,b,c,d,e,f,g\n", 1, 7);
}

/* A record of n bytes, then a good one. */
static enum leat_csv_result after_large(struct leat_csv_reader *r, char *text, size_t n, struct input *in)
{
    enum leat_csv_result result;

    text[n - 1] = '\n';
    memcpy(text + n, "1,2\n", 4);
    *in = (struct input){ .text = text, .n = n + 4, .chunk = 100 };
    begin(r, in, rfc, 256);
    r->max_record = 1000;
    result = leat_csv_next(r);
    return result;
}

static void test_large_records(void **state)
{
    char text[10000];
    struct leat_csv_reader r;
    struct input in;

    (void)state;
    for (size_t n = 990; n < 5000; n += n < 1010 ? 1 : 331) {
        memset(text, 'x', sizeof text);
        memcpy(text, "\"a\nb\"\"c\",", 9);
        assert_int_equal(after_large(&r, text, n, &in), n - 1 > 1000 ? LEAT_CSV_BAD : LEAT_CSV_RECORD);
        if (n - 1 > 1000) {
            assert_int_equal(r.fault, LEAT_CSV_TOO_LARGE);
            assert_int_equal(r.fault_line, 1);
            assert_int_equal(r.fault_offset, 0);
            assert_null(r.raw);
        }
        assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
        assert_int_equal(r.n_values, 2);
        assert_int_equal(r.record_line, 3);
        assert_int_equal(r.record_offset, n);
        assert_int_equal(leat_csv_next(&r), LEAT_CSV_END);
        assert_true(r.cap < 8192);
        leat_csv_reader_deinit(&r);
    }
}

/* A quote that is never closed takes no more memory than any other large record. */
static void test_unclosed_and_large(void **state)
{
    char text[10000];
    struct leat_csv_reader r;
    struct input in;

    (void)state;
    memset(text, '\n', sizeof text);
    memcpy(text, "a\nb,\"c", 6);
    in = (struct input){ .text = text, .n = sizeof text, .chunk = 100 };
    begin(&r, &in, rfc, 256);
    r.max_record = 1000;
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_BAD);
    assert_int_equal(r.fault, LEAT_CSV_UNCLOSED);
    assert_int_equal(r.fault_line, 2);
    assert_int_equal(r.fault_offset, 4);
    assert_int_equal(r.record_offset, 2);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_END);
    assert_true(r.cap < 8192);
    leat_csv_reader_deinit(&r);
}

/* The line end behind a fault may be far away. */
static void test_fault_in_a_large_record(void **state)
{
    char text[10000];
    struct leat_csv_reader r;
    struct input in;

    (void)state;
    memset(text, '"', sizeof text);
    memcpy(text, "a\"", 2);
    assert_int_equal(after_large(&r, text, 5001, &in), LEAT_CSV_BAD);
    assert_int_equal(r.fault, LEAT_CSV_QUOTE_INSIDE);
    assert_int_equal(r.fault_offset, 1);
    assert_null(r.raw);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
    assert_int_equal(r.record_line, 2);
    leat_csv_reader_deinit(&r);
}

static void test_a_source_that_fails(void **state)
{
    struct leat_csv_reader r;
    struct input in = { .text = "a,b\nc", .n = 5, .chunk = 4096, .error = -EIO };

    (void)state;
    begin(&r, &in, rfc, 0);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_FAILED);
    assert_int_equal(r.error, -EIO);
    leat_csv_reader_deinit(&r);
}

static void test_goes_on_at_an_offset(void **state)
{
    const char *text = "a,b\n\"1\n2\",3\n4,5\n";
    struct leat_csv_reader r;
    struct input in = { .text = text, .n = strlen(text), .chunk = 4096 };

    (void)state;
    begin(&r, &in, rfc, 0);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
    assert_int_equal(leat_csv_next_offset(&r), 12);
    in.at = 12;
    leat_csv_reader_seek(&r, 12, r.line);
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_RECORD);
    assert_int_equal(r.record_line, 4);
    assert_int_equal(r.values[0].p[0], '4');
    assert_int_equal(leat_csv_next(&r), LEAT_CSV_END);
    leat_csv_reader_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_byte_by_byte),
        cmocka_unit_test(test_every_arrangement_at_a_block_end),
        cmocka_unit_test(test_ends_of_files),
        cmocka_unit_test(test_large_records),
        cmocka_unit_test(test_unclosed_and_large),
        cmocka_unit_test(test_fault_in_a_large_record),
        cmocka_unit_test(test_a_source_that_fails),
        cmocka_unit_test(test_goes_on_at_an_offset),
    };

    return cmocka_run_group_tests_name("csv-read", tests, NULL, NULL);
}
