/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The live view: as many rows up as were drawn, no line that wraps, nothing in
 * an id that a terminal would obey.
 */
#include "unit.h"

#include <stdlib.h>

#include "base/text.h"
#include "observe/progress.h"

static struct leat_progress made(void)
{
    struct leat_progress p = {.books = {.read = 123456}, .rows_expected = 1000000, .memory = 1 << 20,
                              .memory_limit = 32 << 20, .seconds = 1, .n_rings = 2};

    p.books.counts[LEAT_LOADED] = 120000;
    p.rings[0] = (struct leat_progress_ring){.from = "gr\xC3\xB6\xC3\x9F" "e-gr\xC3\xB6\xC3\x9F" "e-x-y-z", .to = "b\033[2J",
                                             .n_full = 4, .n_slots = 8};
    p.rings[1] = (struct leat_progress_ring){.from = "b\033[2J", .to = "c", .n_slots = 8};
    return p;
}

static char *shown(const struct leat_progress *p, struct leat_progress_screen *screen,
                   void (*show)(const struct leat_progress *, struct leat_progress_screen *, FILE *))
{
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    show(p, screen, out);
    fclose(out);
    return text;
}

/* What a drawing writes; the caller frees it. */
static char *drawn(struct leat_progress_screen *screen, int width)
{
    struct leat_progress p = made();

    screen->width = width;
    return shown(&p, screen, leat_progress_draw);
}

/* A load that waits for its rate, and an extract that waits at a full ring and is not counted as waiting yet. */
static struct leat_progress lagging(void)
{
    struct leat_progress p = {.books = {.read = 1160, .pending = 916}, .rows_expected = 2000, .seconds = 5, .n_rings = 1,
                              .n_budgets = 1};

    p.books.counts[LEAT_LOADED] = 244;
    p.rings[0] = (struct leat_progress_ring){.from = "csv", .to = "http", .n_full = 3, .n_slots = 3, .bytes = 300,
                                             .limit_bytes = 1000};
    p.budgets[0] = (struct leat_progress_budget){.name = "api", .used = 48.8, .ceiling = 50, .quota = 50,
                                                 .current = 50, .n_calls = 244};
    return p;
}

static void test_no_line_is_wider_than_the_terminal(void **state)
{
    (void)state;
    for (int width = 1; width < 100; width++) {
        struct leat_progress_screen screen = {0};
        char *text = drawn(&screen, width), *line = text, *end;
        int n_lines = 0;

        for (; (end = strchr(line, '\n')); line = end + 1, n_lines++) {
            assert_int_equal(leat_utf8_valid(line, (size_t)(end - line)), end - line);
            assert_true(leat_text_width(line, (size_t)(end - line)) <= width);
        }
        assert_int_equal(n_lines, 4);
        assert_int_equal(screen.n_lines, 4);
        free(text);
    }
}

static void test_drawn_over_what_was_there(void **state)
{
    struct leat_progress_screen screen = {0};
    char *first = drawn(&screen, 80), *second = drawn(&screen, 80);

    (void)state;
    assert_null(strchr(first, '\033'));
    assert_int_equal(strncmp(second, "\033[4A\033[J", 7), 0);
    assert_null(strchr(second + 7, '\033'));
    assert_has(second, "b\\x1b[2J");
    free(first);
    free(second);
}

static void test_whole_where_there_is_no_width(void **state)
{
    struct leat_progress_screen screen = {0};
    char *text = drawn(&screen, 0);

    (void)state;
    assert_has(text, "123456 read of about 1000000 (12 %), 7 s to go, 123456/s, 120000 loaded\n");
    assert_has(text, "  gr\xC3\xB6\xC3\x9F" "e-gr\xC3\xB6\xC3\x9F" "e-x- [========        ] b\\x1b[2J         0.0 MiB");
    assert_has(text, "1.0 of 32 MiB in use\n");
    free(text);
}

static void test_what_counts_is_settled(void **state)
{
    struct leat_progress_screen screen = {0}, later = {.rate = 48.8, .last_settled = 244, .last_seconds = 5};
    struct leat_progress p = lagging();
    char *text = shown(&p, &screen, leat_progress_line);

    (void)state;
    assert_string_equal(text, "leat: 1160 read, 244 settled of about 2000 (12 %), 36 s to go, 49/s, 244 loaded; "
                              "slowest: http; api: 48.8 calls/s of 50, 244 calls\n");
    free(text);
    p.books.read = 1990; /* that there are fewer than was thought is known now */
    p.books.pending = 995;
    p.seconds = 10;
    p.rings[0].closed = true;
    p.rings[0].n_full = 0;
    text = shown(&p, &later, leat_progress_line);
    assert_has(text, "1990 read, 995 settled of 1990 (50 %), 13 s to go, 79/s,");
    assert_has(text, "slowest: http;");
    free(text);
}

/* Of 100 records 300 were made, and a quarter of all has its verdict. */
static void test_records_that_were_split(void **state)
{
    struct leat_progress_screen screen = {0};
    struct leat_progress p = {.books = {.read = 100, .made = 300, .pending = 300}, .rows_expected = 200, .seconds = 1,
                              .n_rings = 1, .rings = {{.from = "a", .to = "b"}}};
    char *text = shown(&p, &screen, leat_progress_line);

    (void)state;
    assert_has(text, "100 read, 25 settled of about 200 (12 %), 7 s to go, 25/s;");
    free(text);
}

static void assert_slowest(const struct leat_progress *p, const char *wanted)
{
    struct leat_progress_screen screen = {0};
    char *text = shown(p, &screen, leat_progress_line);

    assert_has(text, wanted);
    free(text);
}

static void test_slowest_is_behind_the_last_full_ring(void **state)
{
    struct leat_progress p = {.n_rings = 2, .rows_expected = -1};

    (void)state;
    p.rings[0] = (struct leat_progress_ring){.from = "a", .to = "b", .n_full = 1, .n_slots = 3, .limit_bytes = 100,
                                             .empty_us = 500};
    p.rings[1] = (struct leat_progress_ring){.from = "b", .to = "c", .n_slots = 3, .limit_bytes = 100, .empty_us = 900};
    assert_slowest(&p, "slowest: a\n"); /* it has waited least */
    p.rings[0].bytes = 60;
    assert_slowest(&p, "slowest: b\n"); /* no room for another one like it */
    p.rings[1].n_full = 3;
    assert_slowest(&p, "slowest: c\n");
    p.rings[0].n_full = p.rings[1].n_full = 0;
    p.memory_is_short = true;
    assert_slowest(&p, "slowest: c\n"); /* it has what there is */
}

static void test_as_json(void **state)
{
    struct leat_progress_screen screen = {0};
    struct leat_progress p = lagging();
    char *text;

    (void)state;
    p.rings[0].from = "c\"sv";
    text = shown(&p, &screen, leat_progress_json);
    assert_has(text, "Z\",\"level\":\"info\",\"text\":\"1160 read, 244 settled of about 2000 (12 %), ");
    assert_has(text, "\"progress\":{\"seconds\":5.0,\"read\":1160,\"settled\":244,\"settled_a_second\":48.8,"
                     "\"expected\":2000,\"percent\":12,\"seconds_to_go\":36,\"made\":0,\"pending\":916,"
                     "\"loaded\":244,\"already_there\":0,");
    assert_has(text, "\"slowest\":\"http\",\"memory\":0,\"memory_limit\":0,"
                     "\"rings\":[{\"from\":\"c\\\"sv\",\"to\":\"http\",\"full\":3,\"slots\":3,\"bytes\":300}],"
                     "\"budgets\":[{\"name\":\"api\",\"calls_a_second\":48.8,\"ceiling\":50,\"quota\":50,"
                     "\"current\":50.0,\"calls\":244,\"throttled\":0,\"waiting_ms\":0}]}}\n");
    assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
    free(text);
    p.rows_expected = -1;
    text = shown(&p, &screen, leat_progress_json);
    assert_has(text, "\"expected\":null,\"percent\":null,\"seconds_to_go\":null,");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_line_is_wider_than_the_terminal),
        cmocka_unit_test(test_drawn_over_what_was_there),
        cmocka_unit_test(test_whole_where_there_is_no_width),
        cmocka_unit_test(test_what_counts_is_settled),
        cmocka_unit_test(test_records_that_were_split),
        cmocka_unit_test(test_slowest_is_behind_the_last_full_ring),
        cmocka_unit_test(test_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
