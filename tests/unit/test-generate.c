/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The generate extract (plugins/extract/generate): the same rows for the same
 * seed whatever the batches, and dirt in the shares that its page promises.
 */
#include "unit.h"

#include "plugin-host.h"

#include <ctype.h>

static char *rows(const char *options, struct reading how)
{
    struct leat_plan *p = host_begin(options, NULL, true);
    char *got = host_read(p, how);

    host_end(p);
    return got;
}

static void test_fields_are_the_contract(void **state)
{
    struct leat_plan *p = host_begin("{rows: 1}", NULL, true);

    (void)state;
    assert_string_equal(host_schema(p), "id int64, username text, email text, email_verified text, first_name text, "
                        "last_name text, phone text, birthdate text, country text, created_at timestamp, "
                        "updated_at timestamp, status text, password_hash text secret, roles text, address text");
    assert_string_equal(host_said(p), "rows 1\n");
    assert_true(p->plugin->traits & LEAT_NO_FILES);
    host_end(p);
}

static void test_seed_decides(void **state)
{
    char *a = rows("{rows: 500, seed: 7}", (struct reading){.cap_rows = 500});
    char *b = rows("{rows: 500, seed: 7}", (struct reading){.cap_rows = 1});
    char *c = rows("{rows: 500, seed: 8}", (struct reading){.cap_rows = 500});
    char *longer = rows("{rows: 501, seed: 7}", (struct reading){.cap_rows = 64});

    (void)state;
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    assert_memory_equal(a, longer, strlen(a));
    free(a), free(b), free(c), free(longer);
}

static void test_goes_on_from_a_position(void **state)
{
    char *all = rows("{rows: 100}", (struct reading){.cap_rows = 100});
    char *some = rows("{rows: 100}", (struct reading){.position = "61"});
    char *none = rows("{rows: 100}", (struct reading){.position = "101"});
    char *empty = rows("{rows: 0}", (struct reading){0});

    (void)state;
    assert_string_equal(strstr(all, "\n61|") + 1, some);
    assert_string_equal(none, "");
    assert_string_equal(empty, "");
    free(all), free(some), free(none), free(empty);
}

/* A batch a run, each from where the one before has said. */
static void test_goes_on_as_if_it_had_not_stopped(void **state)
{
    static const int32_t sizes[] = {1, 7, 50, 64};
    char *all = rows("{rows: 100, seed: 3}", (struct reading){.cap_rows = 100});

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct leat_text_buffer together = {0};
        char position[32] = "";

        for (int n = 0; n < 100; n += sizes[i]) {
            char *some = rows("{rows: 100, seed: 3}", (struct reading){.cap_rows = sizes[i], .max_batches = 1,
                                                                      .positions = true,
                                                                      .position = *position ? position : NULL});
            char *at = some;

            for (char *next = some; (next = strstr(next, "\n@ ")); next++)
                at = next + 1;
            leat_text_add(&together, some, (size_t)(at - some));
            (void)snprintf(position, sizeof position, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
            free(some);
        }
        leat_text_add(&together, "", 1);
        assert_string_equal(together.p, all);
        leat_text_deinit(&together);
    }
    free(all);
}

/* ---- dirt ---- */

enum { N = 20000, EMAIL = 2, FIRST = 4, LAST = 5, PHONE = 6, BIRTHDATE = 7, STATUS = 11, HASH = 12, ADDRESS = 14 };

struct dirt {
    int null_emails, broken, capitals, spaces, slashes, newlines, quotes, null_phones, active, hashes;
    bool seen[256]; /* bytes of names */
};

static size_t value(const struct leat_batch *b, int field, int32_t row, char out[256])
{
    size_t n;
    const char *text = leat_text(&b->columns[field], row, &n);

    assert_true(n < 256);
    memcpy(out, text, n);
    out[n] = '\0';
    return n;
}

static void look(struct dirt *d, const struct leat_batch *b, int32_t row)
{
    char text[256];

    d->null_emails += leat_is_null(&b->columns[EMAIL], row);
    value(b, EMAIL, row, text);
    d->broken += *text && (!strchr(text, '@') || *text == '@' || strchr(text, ',') || strstr(text, "@@") ||
                           strstr(text, " @") || strstr(text, "@localhost"));
    d->spaces += text[0] == ' ' || strstr(text, "  ");
    d->capitals += strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;
    value(b, BIRTHDATE, row, text);
    d->slashes += strchr(text, '/') != NULL;
    value(b, ADDRESS, row, text);
    d->newlines += strchr(text, '\n') != NULL;
    d->quotes += strchr(text, '"') != NULL;
    d->null_phones += leat_is_null(&b->columns[PHONE], row);
    value(b, STATUS, row, text);
    d->active += strcmp(text, "active") == 0;
    d->hashes += value(b, HASH, row, text) == 60;
    for (const char *p = text + value(b, FIRST, row, text) - 1; p >= text; p--)
        d->seen[(unsigned char)*p] = true;
    assert_true(b->columns[9].int64[row] <= b->columns[10].int64[row]);
}

/* Within a fifth of what the page says, of N rows. */
static void assert_share(int n, double percent)
{
    assert_in_range(n, (int)(N * percent / 100 * 0.8), (int)(N * percent / 100 * 1.2));
}

static void test_dirt_comes_in_shares(void **state)
{
    struct leat_plan *p = host_begin("{rows: 20000}", NULL, true);
    struct leat_stage stage = {.plan = p, .rows_wanted = -1};
    struct leat_error err = {0};
    struct dirt d = {0};
    struct leat_pool pool;
    struct leat_batch *b;

    (void)state;
    leat_pool_init(&pool, &p->out, NULL, N, 1 << 30, 1 << 20);
    assert_int_equal(p->plugin->open(&stage, p->self, &err), 0);
    b = leat_pool_get(&pool);
    assert_int_equal(p->plugin->read(&stage, p->self, b, &err), LEAT_END);
    assert_int_equal(leat_batch_finish(b, &err), 0);
    assert_int_equal(b->n_selected, N); /* all of it is UTF-8 */
    LEAT_EACH_ROW(b, row)
        look(&d, b, row);
    assert_in_range(d.null_emails, 20, 60);
    assert_in_range(d.broken, 30, 110);
    assert_share(d.capitals, 20.5);
    assert_share(d.spaces, 4);
    assert_share(d.slashes, 38);
    assert_share(d.newlines, 21);
    assert_share(d.quotes, 2.8);
    assert_share(d.null_phones, 6);
    assert_share(d.active, 84);
    assert_share(d.hashes, 98);
    assert_true(d.seen[0xC3] && d.seen[0xD0] && d.seen[0xE6] && d.seen[0xCC]); /* Latin, Cyrillic, Han, combining */
    leat_batch_release(b);
    leat_pool_deinit(&pool);
    host_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_the_contract),
        cmocka_unit_test(test_seed_decides),
        cmocka_unit_test(test_goes_on_from_a_position),
        cmocka_unit_test(test_goes_on_as_if_it_had_not_stopped),
        cmocka_unit_test(test_dirt_comes_in_shares),
    };
    return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}
