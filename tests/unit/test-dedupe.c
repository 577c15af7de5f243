/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The memory of dedupe (plugins/validate/dedupe): what it has the host remember, and that a run which goes on
 * anywhere with it lets the same records pass. Which records those are is tested by running leat.
 */
#include "unit.h"

#include "plugin-host.h"

#include <string.h>

enum { SEED = 8, KEY = 16 };

static const struct leat_field fields[] = {{.name = "email", .type = LEAT_TEXT}, {.name = "shop", .type = LEAT_INT64}};
static const struct leat_schema schema = {.n_fields = 2, .fields = fields};

/* A run of the stage alone. */
struct run {
    struct leat_plan *plan;
    struct leat_stage stage;
    struct leat_pool pool;
    struct leat_error err;
    int rc; /* of open */
};

/* Goes on with the first n_recall bytes of the memory, which is cut back to them. */
static void begin(struct run *r, const char *options, struct leat_text_buffer *memory, size_t n_recall)
{
    *r = (struct run){.plan = host_begin(options, &schema, false)};
    assert_string_equal(host_said(r->plan), "ordered\n");
    leat_pool_init(&r->pool, &schema, NULL, 10000, 1 << 30, 1 << 30);
    memory->n = n_recall;
    r->stage = (struct leat_stage){.plan = r->plan, .memory = memory, .n_recall = n_recall, .recall_at_once = 37};
    r->rc = r->plan->plugin->open(&r->stage, r->plan->self, &r->err);
}

static void end(struct run *r)
{
    r->plan->plugin->close(&r->stage, r->plan->self);
    leat_pool_deinit(&r->pool);
    host_end(r->plan);
}

/* One batch of records with these numbers as e-mail; NULL-terminated by a negative one, and 0 is null. What passes. */
static void pass(struct run *r, const int *emails, struct leat_text_buffer *out)
{
    struct leat_batch *b = leat_pool_get(&r->pool);
    char text[16];

    b->host->stage = "test";
    for (; *emails >= 0; emails++) {
        int n = snprintf(text, sizeof text, "a%d@x", *emails);

        if (*emails)
            leat_batch_put_text(b, 0, text, (size_t)n);
        else
            leat_batch_put_null(b, 0);
        leat_batch_put_int64(b, 1, 1);
        leat_batch_end_row(b);
    }
    assert_int_equal(leat_batch_finish(b, &r->err), 0);
    assert_int_equal(r->plan->plugin->process(&r->stage, r->plan->self, b, b, NULL, &r->err), 0);
    leat_batch_settle(b);
    LEAT_EACH_ROW(b, row)
        say_row(b, row, out);
    leat_batch_release(b);
}

static void assert_passes(struct run *r, const int *emails, const char *wanted)
{
    struct leat_text_buffer out = {0};

    leat_text_add_string(&out, "");
    pass(r, emails, &out);
    assert_string_equal(out.p ? out.p : "", wanted);
    leat_text_deinit(&out);
}

static void test_new_keys_are_remembered_once(void **state)
{
    struct leat_text_buffer memory = {0};
    struct run r;

    (void)state;
    begin(&r, "{key: email}", &memory, 0);
    assert_int_equal(r.rc, 0);
    assert_int_equal(memory.n, SEED); /* with the first batch */
    assert_passes(&r, (int[]){1, 2, 1, -1}, "a1@x|1\na2@x|1\n");
    assert_int_equal(memory.n, SEED + 2 * KEY);
    assert_passes(&r, (int[]){2, 1, 0, 0, -1}, "<null>|1\n<null>|1\n");
    assert_int_equal(memory.n, SEED + 2 * KEY);
    assert_passes(&r, (int[]){3, 3, 2, 3, -1}, "a3@x|1\n");
    assert_int_equal(memory.n, SEED + 3 * KEY);
    end(&r);
    leat_text_deinit(&memory);
}

static void test_a_run_that_goes_on_knows_them(void **state)
{
    struct leat_text_buffer memory = {0};
    struct run r;
    uint64_t seed, again;

    (void)state;
    begin(&r, "{key: [email, shop]}", &memory, 0);
    assert_passes(&r, (int[]){1, 2, -1}, "a1@x|1\na2@x|1\n");
    assert_passes(&r, (int[]){3, -1}, "a3@x|1\n"); /* not covered by the checkpoint */
    end(&r);
    memcpy(&seed, memory.p, SEED);

    begin(&r, "{key: [email, shop]}", &memory, SEED + 2 * KEY);
    assert_int_equal(r.rc, 0);
    assert_int_equal(memory.n, SEED + 2 * KEY); /* neither seed nor keys a second time */
    assert_passes(&r, (int[]){3, 2, 1, 4, -1}, "a3@x|1\na4@x|1\n");
    assert_int_equal(memory.n, SEED + 4 * KEY);
    end(&r);

    begin(&r, "{key: [email, shop]}", &memory, memory.n);
    assert_passes(&r, (int[]){1, 2, 3, 4, 5, -1}, "a5@x|1\n");
    memcpy(&again, memory.p, SEED);
    assert_int_equal(seed, again);
    end(&r);

    begin(&r, "{key: [email, shop]}", &memory, 0); /* anew */
    assert_passes(&r, (int[]){1, -1}, "a1@x|1\n");
    memcpy(&again, memory.p, SEED);
    assert_int_not_equal(seed, again);
    end(&r);
    leat_text_deinit(&memory);
}

/* More than one reading of them, and more than fit into memory; with another bound than before. */
static void test_many_keys(void **state)
{
    enum { N = 150000, BATCH = 5000 };
    struct leat_text_buffer memory = {0}, out = {0};
    struct run r;
    int *emails = calloc(BATCH + 1, sizeof *emails);

    (void)state;
    begin(&r, "{key: email, memory: 1MiB}", &memory, 0);
    emails[BATCH] = -1;
    for (int from = 1; from <= N; from += BATCH) {
        for (int i = 0; i < BATCH; i++)
            emails[i] = from + i;
        pass(&r, emails, &out);
    }
    end(&r);
    assert_int_equal(memory.n, SEED + (size_t)N * KEY);

    for (int i = 0; i < 2; i++) {
        begin(&r, i ? "{key: email, memory: 1MiB}" : "{key: email, memory: 64MiB}", &memory, memory.n);
        assert_int_equal(r.rc, 0);
        for (int from = 1; from <= N; from += BATCH)
            assert_passes(&r, (int[]){from, from + BATCH - 1, -1}, "");
        assert_passes(&r, (int[]){N + 1 + i, -1}, i ? "a150002@x|1\n" : "a150001@x|1\n");
        end(&r);
    }
    free(emails);
    leat_text_deinit(&out);
    leat_text_deinit(&memory);
}

static void test_a_damaged_memory_is_refused(void **state)
{
    static const size_t lengths[] = {1, SEED - 1, SEED + 1, SEED + KEY - 1, SEED + KEY + 8};
    struct leat_text_buffer memory = {0};
    struct run r;

    (void)state;
    begin(&r, "{key: email}", &memory, 0);
    assert_passes(&r, (int[]){1, 2, 3, -1}, "a1@x|1\na2@x|1\na3@x|1\n");
    end(&r);
    for (int i = (int)(sizeof lengths / sizeof *lengths) - 1; i >= 0; i--) {
        begin(&r, "{key: email}", &memory, lengths[i]);
        assert_int_equal(r.rc, LEAT_EDATA);
        assert_non_null(strstr(r.err.text, "leat run --restart"));
        end(&r);
    }
    leat_text_deinit(&memory);
}

static void test_memory_is_tuning(void **state)
{
    struct leat_plan *p = host_begin("{key: email}", &schema, false);

    (void)state;
    for (const struct leat_option *o = p->plugin->options; o->name; o++)
        assert_int_equal(o->tuning, strcmp(o->name, "memory") == 0);
    host_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_keys_are_remembered_once),
        cmocka_unit_test(test_a_run_that_goes_on_knows_them),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_a_damaged_memory_is_refused),
        cmocka_unit_test(test_memory_is_tuning),
    };

    return cmocka_run_group_tests_name("dedupe", tests, NULL, NULL);
}
