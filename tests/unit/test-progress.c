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

/* What a drawing writes; the caller frees it. */
static char *drawn(struct leat_progress_screen *screen, int width)
{
    struct leat_progress p = made();
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    screen->width = width;
    leat_progress_draw(&p, screen, out);
    fclose(out);
    return text;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_line_is_wider_than_the_terminal),
        cmocka_unit_test(test_drawn_over_what_was_there),
        cmocka_unit_test(test_whole_where_there_is_no_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
