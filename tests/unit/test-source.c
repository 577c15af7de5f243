/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Mistakes: collected, sorted by place, each once, with line, caret and help.
 */
#include "unit.h"

#include "base/source.h"
#include "file.h"

static void set_up(struct test_file *f, const char *text)
{
    *f = (struct test_file){.source = {.path = "p.yaml", .folder = "/", .text = text, .n = strlen(text)}};
}

static void test_line_caret_and_help(void **state)
{
    struct test_file f;

    (void)state;
    set_up(&f, "leat: 1\nnaem: x\n");
    leat_wrong(&f.diagnostics, &f.source, 2, 1, "did you mean 'name'?", "a pipeline has no '%s'", "naem");
    assert_string_equal(file_said(&f), "p.yaml:2:1: error: a pipeline has no 'naem'\n"
                                       "  naem: x\n"
                                       "  ^\n"
                                       "  help: did you mean 'name'?\n");
    file_close(&f);
}

static void test_sorted_and_each_once(void **state)
{
    struct test_file f;
    const char *said;

    (void)state;
    set_up(&f, "a\nb\nc\n");
    leat_wrong(&f.diagnostics, &f.source, 3, 1, NULL, "third");
    leat_wrong(&f.diagnostics, NULL, 0, 0, NULL, "nowhere");
    leat_wrong(&f.diagnostics, &f.source, 1, 2, NULL, "second");
    leat_wrong(&f.diagnostics, &f.source, 1, 1, NULL, "first");
    leat_wrong(&f.diagnostics, &f.source, 1, 1, NULL, "first");
    assert_int_equal(f.diagnostics.n, 4);
    said = file_said(&f);
    assert_true(strstr(said, "first") < strstr(said, "second"));
    assert_true(strstr(said, "second") < strstr(said, "third"));
    assert_true(strstr(said, "third") < strstr(said, "leat: error: nowhere"));
    file_close(&f);
}

static void test_caret_below_wide_letters(void **state)
{
    struct test_file f;

    (void)state;
    set_up(&f, "\xE6\x97\xA5\xE6\x9C\xAC: \xC3\xA9x\n");
    leat_wrong(&f.diagnostics, &f.source, 1, 6, NULL, "here"); /* the x: two wide, ':', ' ', one narrow */
    assert_has(file_said(&f), "\xC3\xA9x\n         ^\n"); /* two of margin and seven */
    file_close(&f);
}

static void test_a_long_line_is_cut_around_the_caret(void **state)
{
    static char text[100002];
    struct test_file f;
    const char *said, *shown;

    (void)state;
    memset(text, 'a', sizeof text - 2);
    text[50000] = 'X';
    text[sizeof text - 2] = '\n';
    set_up(&f, text);
    leat_wrong(&f.diagnostics, &f.source, 1, 50001, NULL, "here");
    said = file_said(&f);
    assert_true(strlen(said) < 500);
    shown = strchr(said, '\n') + 1;
    assert_int_equal(strchr(strchr(shown, '\n'), '^') - strchr(shown, '\n') - 1, strchr(shown, 'X') - shown);
    file_close(&f);
}

static void test_places_beyond_the_text(void **state)
{
    struct test_file f;

    (void)state;
    set_up(&f, "a");
    leat_wrong(&f.diagnostics, &f.source, 9, 9, NULL, "no such line");
    leat_wrong(&f.diagnostics, &f.source, 1, 900, NULL, "no such column");
    assert_has(file_said(&f), "p.yaml:9:9: error: no such line\n");
    assert_has(file_said(&f), "p.yaml:1:900: error: no such column\n");
    file_close(&f);
}

static void test_a_line_that_is_not_utf8_is_not_shown(void **state)
{
    struct test_file f;

    (void)state;
    set_up(&f, "a: \xFF\n");
    leat_wrong(&f.diagnostics, &f.source, 1, 1, NULL, "bad");
    assert_string_equal(file_said(&f), "p.yaml:1:1: error: bad\n");
    file_close(&f);
}

static void test_source_line(void **state)
{
    struct leat_source source = {.text = "one\r\ntwo\n\nfour", .n = 14};
    size_t n;

    (void)state;
    assert_memory_equal(leat_source_line(&source, 1, &n), "one", 3);
    assert_int_equal(n, 3);
    assert_memory_equal(leat_source_line(&source, 2, &n), "two", 3);
    (void)leat_source_line(&source, 3, &n);
    assert_int_equal(n, 0);
    assert_memory_equal(leat_source_line(&source, 4, &n), "four", 4);
    (void)leat_source_line(&source, 5, &n);
    assert_int_equal(n, 0);
}

static void test_unknown_key_names_the_nearest_or_all(void **state)
{
    static const char *const names[] = {"path", "table"};
    struct test_file f;

    (void)state;
    file_parse(&f, "pth: 1\nsomething: 2\n");
    leat_unknown_key(&f.diagnostics, f.root, f.root->children[0], names, 2, "extract sqlite");
    leat_unknown_key(&f.diagnostics, f.root, f.root->children[1], names, 2, "extract sqlite");
    assert_has(file_said(&f), "file.yaml:1:1: error: extract sqlite has no 'pth'\n  pth: 1\n  ^\n"
                              "  help: did you mean 'path'?\n");
    assert_has(file_said(&f), "has no 'something'\n  something: 2\n  ^\n  help: there are: path table\n");
    file_close(&f);
}

static void test_a_text_of_any_length(void **state)
{
    static char text[5000];
    struct test_file f;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    set_up(&f, "a\n");
    leat_wrong(&f.diagnostics, &f.source, 1, 1, text, "%s", text);
    assert_true(strlen(file_said(&f)) > 1000);
    file_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_caret_and_help),
        cmocka_unit_test(test_sorted_and_each_once),
        cmocka_unit_test(test_caret_below_wide_letters),
        cmocka_unit_test(test_a_long_line_is_cut_around_the_caret),
        cmocka_unit_test(test_places_beyond_the_text),
        cmocka_unit_test(test_a_line_that_is_not_utf8_is_not_shown),
        cmocka_unit_test(test_source_line),
        cmocka_unit_test(test_unknown_key_names_the_nearest_or_all),
        cmocka_unit_test(test_a_text_of_any_length),
    };
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
