/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Options: from a file into a plugin's struct, with defaults; every mistake with its place.
 */
#include "unit.h"

#include "file.h"
#include "pipeline/interpolate.h"
#include "plugin/options.h"

struct bound {
    const char *text, *path, *other;
    int64_t number, size, duration, bounded;
    bool flag;
    int word;
    const struct leat_node *list, *map, *expression;
    const struct leat_query *query;
    const struct leat_secret *secret;
};

static const char *const words[] = {"first", "last", NULL};

static const struct leat_option options[] = {
    {.name = "text", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct bound, text), .help = "A text."},
    {.name = "other", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct bound, other), .default_text = "x", .help = "Other."},
    {.name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct bound, path), .help = "A path."},
    {.name = "number", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct bound, number), .help = "A number."},
    {.name = "bounded", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct bound, bounded), .default_text = "-5",
     .min = -10, .max = 10, .help = "Between."},
    {.name = "size", .type = LEAT_OPTION_SIZE, LEAT_MEMBER(struct bound, size), .default_text = "1M", .help = "A size."},
    {.name = "duration", .type = LEAT_OPTION_DURATION, LEAT_MEMBER(struct bound, duration), .help = "A time."},
    {.name = "flag", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct bound, flag), .default_text = "true", .help = "Flag."},
    {.name = "word", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct bound, word), .values = words, .help = "A word."},
    {.name = "list", .type = LEAT_OPTION_LIST, LEAT_MEMBER(struct bound, list), .help = "A list."},
    {.name = "map", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct bound, map), .help = "A mapping."},
    {.name = "expression", .type = LEAT_OPTION_EXPRESSION, LEAT_MEMBER(struct bound, expression), .help = "An expr."},
    {.name = "query", .type = LEAT_OPTION_QUERY, LEAT_MEMBER(struct bound, query), .help = "A query."},
    {.name = "secret", .type = LEAT_OPTION_SECRET, LEAT_MEMBER(struct bound, secret), .help = "A secret."},
    LEAT_END_OF_OPTIONS,
};

static const struct leat_option one_main[] = {
    {.name = "path", .type = LEAT_OPTION_PATH, LEAT_MEMBER(struct bound, path), .required = true, .main = true,
     .help = "The file."},
    {.name = "flag", .type = LEAT_OPTION_BOOLEAN, LEAT_MEMBER(struct bound, flag), .help = "Flag."},
    LEAT_END_OF_OPTIONS,
};

static const struct leat_option main_map[] = {
    {.name = "fields", .type = LEAT_OPTION_MAP, LEAT_MEMBER(struct bound, map), .required = true, .main = true,
     .help = "The fields."},
    LEAT_END_OF_OPTIONS,
};

static bool bind(struct test_file *f, const char *text, const struct leat_option *table, struct bound *ret)
{
    static const struct leat_parameter parameters[] = {{"p", "it's", false}};
    struct leat_variables variables = {.parameters = parameters, .n_parameters = 1};
    struct leat_binding binding = {.owner = "extract test"};
    const struct leat_node *value;

    file_parse(f, text);
    assert_non_null(f->root);
    leat_interpolate(f->root, &variables, &f->arena, &f->diagnostics);
    binding.arena = &f->arena;
    binding.diagnostics = &f->diagnostics;
    binding.place = value = leat_node_get(f->root, "o");
    *ret = (struct bound){0};
    return leat_options_bind(&binding, value, table, ret);
}

static void assert_wrong(const char *text, const struct leat_option *table, const char *part)
{
    struct test_file f;
    struct bound b;

    (void)bind(&f, text, table, &b); /* true if all values are bound and only a name is wrong */
    if (f.diagnostics.n != 1)
        fail_msg("%d mistakes: %s", f.diagnostics.n, file_said(&f));
    assert_has(file_said(&f), part);
    file_close(&f);
}

static void test_every_type(void **state)
{
    struct test_file f;
    struct bound b;

    (void)state;
    assert_true(bind(&f, "o:\n  text: NO\n  path: a/b.db\n  number: 42\n  size: 64k\n  duration: 1.5s\n  flag: false\n"
                         "  word: last\n  list: [a, b]\n  map: {k: v}\n  expression: a + 1\n"
                         "  query: SELECT ${param:p} FROM t\n  secret: ${param:p}\n", options, &b));
    assert_string_equal(b.text, "NO");
    assert_string_equal(b.other, "x");
    assert_string_equal(b.path, "/folder/a/b.db");
    assert_int_equal(b.number, 42);
    assert_int_equal(b.bounded, -5);
    assert_int_equal(b.size, 65536);
    assert_int_equal(b.duration, 1500);
    assert_false(b.flag);
    assert_int_equal(b.word, 1);
    assert_int_equal(b.list->n_children, 2);
    assert_string_equal(leat_node_get(b.map, "k")->text, "v");
    assert_string_equal(b.expression->text, "a + 1");
    assert_int_equal(b.query->n_params, 1);
    assert_string_equal(b.query->texts[0], "SELECT ");
    assert_string_equal(b.query->texts[1], " FROM t");
    assert_string_equal(b.query->params[0], "it's");
    assert_string_equal(b.secret->text, "it's");
    assert_int_equal(b.secret->n, 4);
    file_close(&f);
}

static void test_nothing_given_is_the_defaults(void **state)
{
    static const char *const texts[] = {"x: 1\n", "o: {}\n", "o: {path: , number: null}\n"};
    struct test_file f;
    struct bound b;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(bind(&f, texts[i], options, &b));
        assert_null(b.text);
        assert_null(b.path);
        assert_string_equal(b.other, "x");
        assert_int_equal(b.size, 1 << 20);
        assert_true(b.flag);
        assert_int_equal(b.word, 0);
        assert_null(b.query);
        file_close(&f);
    }
}

static void test_a_scalar_or_mapping_is_a_list_of_one(void **state)
{
    struct test_file f;
    struct bound b;

    (void)state;
    assert_true(bind(&f, "o: {list: email}\n", options, &b));
    assert_int_equal(b.list->kind, LEAT_LIST);
    assert_int_equal(b.list->n_children, 1);
    assert_string_equal(b.list->children[0]->text, "email");
    file_close(&f);
    assert_true(bind(&f, "o: {list: {a: b}}\n", options, &b));
    assert_int_equal(b.list->kind, LEAT_LIST);
    assert_int_equal(b.list->n_children, 1);
    assert_string_equal(leat_node_get(b.list->children[0], "a")->text, "b");
    file_close(&f);
}

static void test_the_main_option(void **state)
{
    struct test_file f;
    struct bound b;

    (void)state;
    assert_true(bind(&f, "o: a.csv\n", one_main, &b));
    assert_string_equal(b.path, "/folder/a.csv");
    file_close(&f);
    assert_true(bind(&f, "o: {path: /a.csv, flag: true}\n", one_main, &b));
    assert_string_equal(b.path, "/a.csv");
    assert_true(b.flag);
    file_close(&f);
    assert_true(bind(&f, "o: {a: x, b: y}\n", main_map, &b)); /* the one option of the table is the whole value */
    assert_int_equal(b.map->n_children, 2);
    file_close(&f);
    assert_wrong("o: {flag: true}\n", one_main, "extract test needs the option 'path'");
    assert_wrong("o: {pth: x, path: y}\n", one_main, "did you mean 'path'?");
    assert_wrong("x: 1\n", main_map, "needs the option 'fields'");
}

static void test_mistakes(void **state)
{
    (void)state;
    assert_wrong("o: {nmber: 1}\n", options, "file.yaml:1:5: error: extract test has no 'nmber'");
    assert_wrong("o: {number: x}\n", options, "file.yaml:1:13: error: extract test: number must be a whole number");
    assert_wrong("o: {number: 1.5}\n", options, "must be a whole number");
    assert_wrong("o: {number: -1}\n", options, "must not be negative");
    assert_wrong("o: {bounded: 11}\n", options, "must be from -10 to 10");
    assert_wrong("o: {bounded: -11}\n", options, "must be from -10 to 10");
    assert_wrong("o: {size: big}\n", options, "help: write it as 64k");
    assert_wrong("o: {duration: 5}\n", options, "must be a duration");
    assert_wrong("o: {flag: yes}\n", options, "must be true or false");
    assert_wrong("o: {word: frist}\n", options, "did you mean 'first'?");
    assert_wrong("o: {map: x}\n", options, "must be a mapping");
    assert_wrong("o: {map: [x]}\n", options, "must be a mapping");
    assert_wrong("o: {text: [a]}\n", options, "must be text, not a list");
    assert_wrong("o: {number: {a: b}}\n", options, "must be integer, not a mapping");
    assert_wrong("o: {path: ''}\n", options, "must not be empty");
    assert_wrong("o: just\n", options, "takes named options");
    assert_wrong("o: [a, b]\n", options, "takes named options");
}

static void test_all_mistakes_in_one_go(void **state)
{
    struct test_file f;
    struct bound b;

    (void)state;
    assert_false(bind(&f, "o: {nmber: 1, size: x, flag: maybe, word: x, map: 3}\n", options, &b));
    assert_int_equal(f.diagnostics.n, 5);
    file_close(&f);
}

static void test_secrets_do_not_stand_in_the_file(void **state)
{
    (void)state;
    assert_wrong("o: {secret: hunter2}\n", options, "must not stand in the file");
    assert_wrong("o: {secret: hunter2}\n", options, "help: write ${env:NAME} or ${file:PATH}");
}

/* One that does is noted, and bound, so that the plan can look for what else is wrong. */
static void test_a_secret_in_the_file_hides_nothing(void **state)
{
    const struct leat_node *written;
    struct test_file f;
    struct bound b;

    (void)state;
    assert_true(bind(&f, "o: {secret: hunter2}\n", options, &b));
    assert_int_equal(f.diagnostics.n, 1);
    assert_true(f.diagnostics.keep_lines);
    assert_string_equal(b.secret->text, "hunter2");
    assert_int_equal(b.secret->n, 7);
    leat_options_wipe(options, &b);
    written = leat_node_get(leat_node_get(f.root, "o"), "secret");
    assert_string_equal(written->text, "hunter2"); /* which is what the next binding reads */
    file_close(&f);
    assert_false(bind(&f, "o: {secret: hunter2, number: x}\n", options, &b));
    assert_int_equal(f.diagnostics.n, 2);
    file_close(&f);
}

static void test_a_variable_in_a_query_is_a_parameter(void **state)
{
    (void)state;
    assert_wrong("o:\n  query: SELECT '${param:p}'\n", options, "has a variable inside quotes");
    assert_wrong("o:\n  query: SELECT \"x${param:p}\"\n", options, "has a variable inside quotes");
}

/* A quote that one part opens stays open over a variable to the next. */
static void test_quotes_over_two_variables(void **state)
{
    struct test_file f;
    struct bound b;

    (void)state;
    assert_true(bind(&f, "o:\n  query: SELECT 'a', ${param:p}, 'b', ${param:p}\n", options, &b));
    assert_int_equal(b.query->n_params, 2);
    file_close(&f);
    assert_wrong("o:\n  query: SELECT ${param:p}, 'b${param:p}'\n", options, "has a variable inside quotes");
}

static void test_secrets_are_wiped(void **state)
{
    struct test_file f;
    struct bound b;

    (void)state;
    assert_true(bind(&f, "o: {secret: '${param:p}'}\n", options, &b));
    leat_options_wipe(options, &b);
    assert_memory_equal(b.secret->text, "\0\0\0\0", 4);
    file_close(&f);
}

static void test_broken_tables(void **state)
{
    static const struct leat_option no_help[] = {{.name = "a", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct bound, text)},
                                                 LEAT_END_OF_OPTIONS};
    static const struct leat_option wrong_size[] = {
        {.name = "b", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct bound, word), .help = "x"}, LEAT_END_OF_OPTIONS};
    static const struct leat_option beyond[] = {
        {.name = "c", .type = LEAT_OPTION_TEXT, .offset = sizeof(struct bound), .size = 8, .help = "x"},
        LEAT_END_OF_OPTIONS};
    static const struct leat_option no_words[] = {
        {.name = "d", .type = LEAT_OPTION_ENUM, LEAT_MEMBER(struct bound, word), .help = "x"}, LEAT_END_OF_OPTIONS};
    const struct leat_option *const tables[] = {no_help, wrong_size, beyond, no_words};
    const char *what = NULL;

    (void)state;
    assert_false(leat_options_broken(options, sizeof(struct bound), &what));
    assert_false(leat_options_broken(NULL, 0, &what));
    for (size_t i = 0; i < 4; i++) {
        assert_true(leat_options_broken(tables[i], sizeof(struct bound), &what));
        assert_int_equal(what[0], 'a' + (int)i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_nothing_given_is_the_defaults),
        cmocka_unit_test(test_a_scalar_or_mapping_is_a_list_of_one),
        cmocka_unit_test(test_the_main_option),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_mistakes_in_one_go),
        cmocka_unit_test(test_secrets_do_not_stand_in_the_file),
        cmocka_unit_test(test_a_secret_in_the_file_hides_nothing),
        cmocka_unit_test(test_a_variable_in_a_query_is_a_parameter),
        cmocka_unit_test(test_quotes_over_two_variables),
        cmocka_unit_test(test_secrets_are_wiped),
        cmocka_unit_test(test_broken_tables),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
