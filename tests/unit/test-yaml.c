/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * YAML as leat takes it: every node with its place; what is refused, with place and a way out.
 */
#include "unit.h"

#include <stdlib.h>

#include "file.h"

static const struct leat_node *get(const struct leat_node *map, const char *name)
{
    const struct leat_node *node = leat_node_get(map, name);

    if (!node)
        fail_msg("there is no '%s'", name);
    return node;
}

static void test_nodes_know_their_places(void **state)
{
    struct test_file f;
    const struct leat_node *node;

    (void)state;
    file_parse(&f, "leat: 1\nextract:\n  csv:\n    path: 'a b'\nlist: [x, {y: z}]\n");
    assert_non_null(f.root);
    assert_int_equal(f.root->n_children, 3);
    node = get(get(get(f.root, "extract"), "csv"), "path");
    assert_string_equal(node->text, "a b");
    assert_false(node->plain);
    assert_int_equal(node->line, 4);
    assert_int_equal(node->column, 11);
    assert_int_equal(node->name_line, 4);
    assert_int_equal(node->name_column, 5);
    node = get(f.root, "list");
    assert_int_equal(node->kind, LEAT_LIST);
    assert_true(node->children[0]->plain);
    assert_true(leat_node_host(node->children[0])->flow);
    assert_string_equal(get(node->children[1], "y")->text, "z");
    assert_int_equal(get(node->children[1], "y")->column, 15);
    file_close(&f);
}

static void test_scalars_have_no_types(void **state)
{
    struct test_file f;

    (void)state;
    file_parse(&f, "country: NO\npostcode: 01234\nvalue: 1e3\nempty:\ndate: 2024-01-01\nyes: on\n");
    assert_string_equal(get(f.root, "country")->text, "NO");
    assert_string_equal(get(f.root, "postcode")->text, "01234");
    assert_string_equal(get(f.root, "value")->text, "1e3");
    assert_string_equal(get(f.root, "empty")->text, "");
    assert_string_equal(get(f.root, "yes")->text, "on");
    file_close(&f);
}

static void test_json_is_yaml(void **state)
{
    struct test_file f;

    (void)state;
    file_parse(&f, "{\"leat\": 1, \"extract\": {\"csv\": {\"path\": \"a\\u00e9\\n\", \"header\": true}},\n \"transform\": []}\n");
    assert_string_equal(get(get(get(f.root, "extract"), "csv"), "path")->text, "a\xC3\xA9\n");
    assert_int_equal(get(f.root, "transform")->n_children, 0);
    file_close(&f);
}

static void test_nothing_is_an_empty_mapping(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only a comment\n"};
    struct test_file f;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        file_parse(&f, texts[i]);
        assert_non_null(f.root);
        assert_int_equal(f.root->kind, LEAT_MAP);
        assert_int_equal(f.root->n_children, 0);
        file_close(&f);
    }
}

static void test_crlf(void **state)
{
    struct test_file f;

    (void)state;
    file_parse(&f, "leat: 1\r\nname: x\r\n");
    assert_non_null(f.root);
    assert_string_equal(get(f.root, "name")->text, "x");
    assert_int_equal(get(f.root, "name")->line, 2);
    file_close(&f);
}

/* ---- what is refused ---- */

static void assert_refused(const char *text, const char *place, const char *part)
{
    struct test_file f;

    file_parse(&f, text);
    assert_int_equal(f.diagnostics.n, 1);
    assert_has(file_said(&f), place);
    assert_has(file_said(&f), part);
    file_close(&f);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("a: !!str 1\n", "file.yaml:1:4: error:", "tags are not taken");
    assert_refused("a: !secret {b: c}\n", "file.yaml:1:4: error:", "tags are not taken");
    assert_refused("a: &x 1\n", "file.yaml:1:4: error:", "anchors are not taken");
    assert_refused("- &x [1]\n", "file.yaml:1:3: error:", "anchors are not taken");
    assert_refused("b: 1\na: *x\n", "file.yaml:2:4: error:", "aliases are not taken");
    assert_refused("a:\n  <<: {b: 1}\n", ":2:3: error:", "merge keys are not taken");
    assert_refused("a: 1\n---\nb: 2\n", "file.yaml:2:1: error:", "a second document is not taken");
    assert_refused("a: 1\nb: 2\na: 3\n", "file.yaml:3:1: error:", "'a' stands twice; the first is in line 1");
    assert_refused("? [a]\n: 1\n", "file.yaml:1:", "a key must be a plain name");
    assert_refused("a: \"x\\0y\"\n", "file.yaml:1:4: error:", "NUL");
}

static void test_a_tab_is_called_a_tab(void **state)
{
    (void)state;
    assert_refused("extract:\n\tcsv: {path: x}\n", "file.yaml:2:1: error:", "a tab cannot indent");
    assert_refused("extract:\n\tcsv: {path: x}\n", "error:", "help: use spaces");
}

static void test_what_is_no_yaml(void **state)
{
    (void)state;
    assert_refused("a: [1, 2\nb: 3\n", "file.yaml:", "this is not YAML");
    assert_refused("a: 'x\n", "file.yaml:", "this is not YAML");
    assert_refused("a: b: c\n", "file.yaml:1:", "quote the whole value: \"b: c\"");
    assert_refused("a: %x\n", "file.yaml:1:", "this is not YAML");
    assert_refused("a: 1\nb: \xFF\xFE\n", "file.yaml:2:1: error:", "UTF-8");
}

static void test_bytes_after_a_nul_are_seen(void **state)
{
    struct test_file f;

    (void)state;
    file_parse_bytes(&f, "a: 1\n\0b: 2\n", 11);
    assert_null(f.root);
    assert_int_equal(f.diagnostics.n, 1);
    file_close(&f);
}

static void test_depth_is_bounded(void **state)
{
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH + 1);
    struct test_file f;

    (void)state;
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    file_parse(&f, text);
    assert_null(f.root);
    assert_has(file_said(&f), "nested too deeply");
    file_close(&f);
    free(text);
}

/* Every duplicate is named, so that one look mends all. */
static void test_all_duplicates_in_one_go(void **state)
{
    struct test_file f;

    (void)state;
    file_parse(&f, "a: 1\na: 2\nb: 1\nb: 2\n");
    assert_non_null(f.root); /* so that the model's mistakes are found, too */
    assert_int_equal(f.diagnostics.n, 2);
    file_close(&f);
}

static void test_all_refusals_in_one_go(void **state)
{
    struct test_file f;

    (void)state;
    file_parse(&f, "a: !x 1\nb: &y [*y, 2]\n<<: {c: 3}\n? {d: e}\n: 4\nf: 5\n---\ng: 6\n");
    assert_non_null(f.root);
    assert_int_equal(f.diagnostics.n, 6);
    assert_int_equal(f.root->n_children, 3); /* a, b, f */
    assert_int_equal(leat_node_get(f.root, "b")->n_children, 2);
    file_close(&f);
}

/* A text cut at any byte is a tree or a mistake, never a crash. */
static void test_cut_anywhere(void **state)
{
    static const char text[] = "leat: 1\nextract: {csv: {path: 'a', names: [x, \"y\\u00e9\"]}}\ntransform:\n"
                               "  - map:\n      a: |\n        lower(x)\n  - filter: >-\n      a is not null\n? b\n: &c *d !t x\n";
    struct test_file f;

    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        char *exact = malloc(n + 1);

        memcpy(exact, text, n);
        exact[n] = '\0';
        file_parse_bytes(&f, exact, n);
        assert_true(f.root || f.diagnostics.n);
        assert_non_null(file_said(&f));
        file_close(&f);
        free(exact);
    }
}

/* ---- how to quote what YAML has bent ---- */

static const char *quoting_hint(struct test_file *f, const char *text, const char *name)
{
    const char *hint;

    file_parse(f, text);
    assert_non_null(f->root);
    hint = leat_yaml_quoting_hint(get(f->root, name), &f->arena);
    return hint ? hint : "";
}

static void test_quoting_hints(void **state)
{
    struct test_file f;

    (void)state;
    assert_has(quoting_hint(&f, "filter: a = 'x' or b = ' #1'\n", "filter"), "\"a = 'x' or b = ' #1'\"");
    file_close(&f);
    assert_string_equal(quoting_hint(&f, "filter: a = 1\n", "filter"), "");
    file_close(&f);
    assert_string_equal(quoting_hint(&f, "filter: \"a = ' #1'\"\n", "filter"), "");
    file_close(&f);
    file_parse(&f, "{filter: concat(a, b), c: concat(a}\n");
    assert_has(leat_yaml_quoting_hint(get(f.root, "filter"), &f.arena), "comma");
    assert_null(leat_yaml_quoting_hint(get(f.root, "c"), &f.arena)); /* nothing was cut off */
    file_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes_know_their_places),
        cmocka_unit_test(test_scalars_have_no_types),
        cmocka_unit_test(test_json_is_yaml),
        cmocka_unit_test(test_nothing_is_an_empty_mapping),
        cmocka_unit_test(test_crlf),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_a_tab_is_called_a_tab),
        cmocka_unit_test(test_what_is_no_yaml),
        cmocka_unit_test(test_bytes_after_a_nul_are_seen),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_all_duplicates_in_one_go),
        cmocka_unit_test(test_all_refusals_in_one_go),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_quoting_hints),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
