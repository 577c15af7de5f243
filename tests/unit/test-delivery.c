/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Delivery: batches are let go in the order in which they were read, whatever ends first, with
 * their rejects and results; the books hold every record at every moment.
 */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "batches.h"
#include "delivery/delivery.h"

static const struct leat_field reject_fields[N_TEST_FIELDS + 6] = {
    {"id", LEAT_INT64, LEAT_PII, false, NULL},           {"name", LEAT_TEXT, LEAT_PII, false, NULL},
    {"good", LEAT_BOOL, LEAT_PII, false, NULL},          {"score", LEAT_FLOAT64, LEAT_PII, false, NULL},
    {"born", LEAT_DATE, LEAT_PII, false, NULL},          {"seen", LEAT_TIMESTAMP, LEAT_PII, false, NULL},
    {"price", LEAT_DECIMAL, LEAT_PII, false, NULL},      {"blob", LEAT_BYTES, LEAT_PII, false, NULL},
    {"doc", LEAT_JSON, LEAT_PII, false, NULL},           {"leat:stage", LEAT_TEXT, LEAT_PUBLIC, false, NULL},
    {"leat:field", LEAT_TEXT, LEAT_PUBLIC, false, NULL}, {"leat:code", LEAT_TEXT, LEAT_PUBLIC, false, NULL},
    {"leat:reason", LEAT_TEXT, LEAT_PUBLIC, false, NULL}, {"leat:key", LEAT_TEXT, LEAT_PII, false, NULL},
    {"leat:raw", LEAT_TEXT, LEAT_PII, false, NULL},
};
static const struct leat_schema reject_schema = {.n_fields = N_TEST_FIELDS + 6, .fields = reject_fields};
static const struct leat_field result_fields[] = {{"leat:key", LEAT_TEXT, LEAT_PII, false, NULL},
                                                  {"leat:verdict", LEAT_TEXT, LEAT_PUBLIC, false, NULL},
                                                  {"leat:answer", LEAT_JSON, LEAT_PII, false, NULL}};
static const struct leat_schema result_schema = {.n_fields = 3, .fields = result_fields};

/* A sink keeps what it was given as one text: a line a row, the fields from `first` on. */
struct sink {
    struct leat_text_buffer text;
    int first, fails_at, n_calls;
};

static void add_value(struct leat_text_buffer *out, const struct leat_batch *b, int field, int32_t row)
{
    size_t n;
    const char *text;

    leat_text_add_string(out, "|");
    if (leat_is_null(&b->columns[field], row))
        return;
    if (b->columns[field].offsets) {
        text = leat_text(&b->columns[field], row, &n);
        leat_text_add(out, text, n);
    } else if (b->columns[field].type == LEAT_INT64) {
        leat_text_printf(out, "%lld", (long long)b->columns[field].int64[row]);
    }
}

static int keep(void *context, struct leat_batch *rows, struct leat_error *err)
{
    struct sink *sink = context;

    if (++sink->n_calls == sink->fails_at)
        return leat_fail(err, -ENOSPC, "full");
    LEAT_EACH_ROW(rows, row) {
        for (int i = sink->first; i < rows->schema->n_fields; i++)
            add_value(&sink->text, rows, i, row);
        leat_text_add_string(&sink->text, "\n");
    }
    return 0;
}

struct fixture {
    struct leat_pool pool, reject_pool, result_pool;
    struct leat_delivery delivery;
    struct sink rejects, results;
};

static struct leat_key key_of(int field)
{
    return (struct leat_key){.fields = {field}, .n = 1};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pool_set_up(&f->pool, NULL);
    f->pool.key = key_of(ID);
    leat_pool_init(&f->reject_pool, &reject_schema, NULL, 2, TEST_BYTES, TEST_RECORD); /* so that it flushes on the way */
    leat_pool_init(&f->result_pool, &result_schema, NULL, 2, TEST_BYTES, TEST_RECORD);
    leat_delivery_init(&f->delivery, &f->pool.key);
    f->rejects.first = N_TEST_FIELDS - 1;
    f->delivery.rejects = (struct leat_side){.sink = keep, .context = &f->rejects, .pool = &f->reject_pool};
    f->delivery.results = (struct leat_side){.sink = keep, .context = &f->results, .pool = &f->result_pool};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int rc;

    leat_delivery_deinit(&f->delivery);
    rc = pool_close(&f->pool) | pool_close(&f->reject_pool) | pool_close(&f->result_pool);
    leat_text_deinit(&f->rejects.text);
    leat_text_deinit(&f->results.text);
    free(f);
    return rc;
}

static void advance(struct fixture *f)
{
    struct leat_error err = {0};

    if (leat_delivery_advance(&f->delivery, &err) < 0)
        fail_msg("%s", err.text);
}

static void load(struct leat_batch *b)
{
    leat_batch_answer_rest(b, LEAT_LOADED);
    leat_batch_settle(b);
    leat_batch_release(b);
}

static void assert_books(struct fixture *f, int64_t read, int64_t loaded, int64_t rejected, int64_t pending)
{
    struct leat_books books = leat_delivery_books(&f->delivery);

    assert_int_equal(books.read, read);
    assert_int_equal(books.counts[LEAT_LOADED], loaded);
    assert_int_equal(books.counts[LEAT_REJECTED], rejected);
    assert_int_equal(books.pending, pending);
    assert_int_equal(leat_books_difference(&books), 0);
}

static void test_in_the_order_of_the_extract(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *first = batch_of(&f->pool, 2, 10), *second = batch_of(&f->pool, 3, 20);

    leat_delivery_add(&f->delivery, first);
    leat_delivery_add(&f->delivery, second);
    assert_books(f, 5, 0, 0, 5);
    load(second);
    advance(f);
    assert_int_equal(leat_delivery_open(&f->delivery), 2); /* the first is not done */
    assert_null(f->results.text.p);
    assert_books(f, 5, 3, 0, 2);
    leat_batch_reject(first, 1, NAME, "bad", "is bad");
    load(first);
    advance(f);
    assert_int_equal(leat_delivery_open(&f->delivery), 0);
    assert_books(f, 5, 4, 1, 0);
    assert_string_equal(f->results.text.p, "|10|loaded|\n|11|rejected|\n|20|loaded|\n|21|loaded|\n|22|loaded|\n");
}

static void test_reject_rows(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *b = batch_begin(&f->pool);
    struct leat_error err = {0};

    leat_batch_put_int64(b, ID, 1);
    leat_batch_reject_record(b, "short", "a\xFF\n", 3, "has %d fields", 1);
    put_row(b, 2, "two");
    put_row(b, 3, "x\xC3");
    put_row(b, 4, "four");
    assert_int_equal(leat_batch_finish(b, &err), 0);
    leat_batch_reject(b, 3, -1, "later", "comes last");
    leat_batch_reject(b, 1, NAME, "rule", "breaks a rule");
    leat_batch_reject(b, 1, ID, "rule_2", "breaks another");
    leat_delivery_add(&f->delivery, b);
    load(b);
    advance(f);
    assert_string_equal(f->rejects.text.p, "||test||short|has 1 fields|1|a\\xff\n\n" /* raw, made UTF-8 */
                                           "||test|name|rule|breaks a rule|2|\n"
                                           "||test|name|invalid_utf8|is not valid UTF-8 from byte 2 on|3|\n"
                                           "||test||later|comes last|4|\n");
    assert_books(f, 4, 0, 4, 0);
}

static void test_answers_are_json(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *b = batch_of(&f->pool, 2, 1);
    struct leat_answer answers[] = {{"sub", "a\"b", 3}, {"group", "x", 1}};

    leat_delivery_add(&f->delivery, b);
    leat_batch_answer(b, 0, LEAT_ALREADY_THERE, answers, 2);
    load(b);
    advance(f);
    assert_string_equal(f->results.text.p, "|1|already_there|{\"sub\":\"a\\\"b\",\"group\":\"x\"}\n|2|loaded|\n");
}

static void test_a_sink_that_fails(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *b = batch_of(&f->pool, 8, 1);
    struct leat_error err = {0};

    f->results.fails_at = 3; /* rows 5 and 6 */
    leat_delivery_add(&f->delivery, b);
    load(b);
    assert_int_equal(leat_delivery_advance(&f->delivery, &err), -ENOSPC);
    assert_string_equal(err.text, "full");
    assert_int_equal(leat_delivery_open(&f->delivery), 1); /* its records are not on disk */
}

static void test_nobody_wants_rejects_or_results(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *b = batch_of(&f->pool, 3, 1);

    f->delivery.rejects.sink = f->delivery.results.sink = NULL;
    leat_delivery_add(&f->delivery, b);
    leat_batch_reject(b, 0, NAME, "bad", "is bad");
    load(b);
    advance(f);
    assert_books(f, 3, 2, 1, 0);
}

static void test_the_queue_grows_and_wraps(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *open[300];
    int first = 0, last = 0, n = 0;

    f->delivery.results.sink = NULL;
    for (int round = 0; round < 3000; round++) {
        if ((round / 150) % 2 ? last == first : last - first < 290) {
            struct leat_batch *b = batch_of(&f->pool, 1, round);

            leat_delivery_add(&f->delivery, b);
            open[last++ % 300] = b;
            n++;
        } else {
            load(open[first++ % 300]);
            advance(f);
        }
        assert_int_equal(leat_delivery_open(&f->delivery), last - first);
    }
    while (first < last)
        load(open[first++ % 300]);
    advance(f);
    assert_books(f, n, n, 0, 0);
}

/* What is still open when a run is given up goes home with it (tear_down looks). */
static void test_given_up(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 100; i++) {
        struct leat_batch *b = batch_of(&f->pool, 3, i);

        leat_delivery_add(&f->delivery, b);
        leat_batch_release(b);
    }
    assert_books(f, 300, 0, 0, 300);
}

static void test_the_key(void **state)
{
    struct fixture *f = *state;
    struct leat_batch *b = batch_of(&f->pool, 1, 42);
    struct leat_key key = key_of(ID);
    size_t n = 0;

    assert_string_equal(leat_record_key(b, &key, 0, &n), "42");
    assert_int_equal(n, 2);
    key = key_of(NAME);
    assert_string_equal(leat_record_key(b, &key, 0, &n), "name 42");
    key = key_of(GOOD);
    assert_null(leat_record_key(b, &key, 0, &n)); /* null */
    key = key_of(N_TEST_FIELDS);
    assert_null(leat_record_key(b, &key, 0, &n));
    key.n = 0;
    assert_string_equal(leat_record_key(b, &key, 0, &n), "42"); /* the first field */
    key = (struct leat_key){.fields = {ID, GOOD, NAME}, .n = 3};
    assert_string_equal(leat_record_key(b, &key, 0, &n), "42,\\N,name 42");
    assert_int_equal(n, strlen("42,\\N,name 42"));
    leat_batch_release(b);
}

/* ---- the extract's thread adds while the load's thread advances ---- */

enum { MANY = 5000, IN_FLIGHT = 8 };

struct line {
    struct fixture *f;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct leat_batch *queue[IN_FLIGHT];
    int n;
};

static void *extract(void *argument)
{
    struct line *line = argument;

    for (int i = 0; i < MANY; i++) {
        struct leat_batch *b = batch_of(&line->f->pool, 1 + i % 4, i);

        leat_delivery_add(&line->f->delivery, b);
        pthread_mutex_lock(&line->lock);
        while (line->n == IN_FLIGHT)
            pthread_cond_wait(&line->changed, &line->lock);
        line->queue[line->n++] = b;
        pthread_mutex_unlock(&line->lock);
        pthread_cond_broadcast(&line->changed);
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    struct line line = {.f = *state, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct leat_error err = {0};
    int64_t n_rows = 0;
    pthread_t thread;

    line.f->delivery.results.sink = NULL;
    assert_int_equal(pthread_create(&thread, NULL, extract, &line), 0);
    for (int i = 0; i < MANY; i++) {
        struct leat_books books;
        struct leat_batch *b;

        pthread_mutex_lock(&line.lock);
        while (!line.n)
            pthread_cond_wait(&line.changed, &line.lock);
        b = line.queue[--line.n]; /* the newest first */
        pthread_mutex_unlock(&line.lock);
        pthread_cond_broadcast(&line.changed);
        n_rows += b->n_rows;
        load(b);
        assert_int_equal(leat_delivery_advance(&line.f->delivery, &err), 0);
        books = leat_delivery_books(&line.f->delivery);
        assert_int_equal(leat_books_difference(&books), 0);
    }
    pthread_join(thread, NULL);
    advance(line.f);
    assert_books(line.f, n_rows, n_rows, 0, 0);
}

static void test_verdict_names(void **state)
{
    (void)state;
    assert_null(leat_verdict_name(LEAT_OPEN));
    for (int v = LEAT_LOADED; v < LEAT_N_VERDICTS; v++)
        assert_non_null(leat_verdict_name((enum leat_verdict)v));
    assert_string_equal(leat_verdict_name(LEAT_ALREADY_THERE), "already_there");
    assert_string_equal(leat_verdict_name(LEAT_UNKNOWN), "unknown");
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(test_in_the_order_of_the_extract),
        EACH(test_reject_rows),
        EACH(test_answers_are_json),
        EACH(test_a_sink_that_fails),
        EACH(test_nobody_wants_rejects_or_results),
        EACH(test_the_queue_grows_and_wraps),
        EACH(test_given_up),
        EACH(test_the_key),
        EACH(test_two_threads),
        cmocka_unit_test(test_verdict_names),
    };
    alarm(120);
    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
