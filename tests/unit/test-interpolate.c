/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Variables: what they become, what is said of those that cannot be, and that a value stays one
 * literal in an expression whatever it holds.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "file.h"
#include "pipeline/interpolate.h"

static const struct leat_parameter parameters[] = {
    {"db", "shop.db", false}, {"quote", "O'Brien' or 1=1", false}, {"needed", NULL, false}, {"none", "", false}};
static const struct leat_variables variables = {.parameters = parameters, .n_parameters = 4};

/* The text of `a:` once its variables are in. */
static const char *replace(struct test_file *f, const char *value, const struct leat_variables *with)
{
    static char text[4096];

    (void)snprintf(text, sizeof text, "a: |-\n  %s\n", value);
    file_parse(f, text);
    assert_non_null(f->root);
    leat_interpolate(f->root, with, &f->arena, &f->diagnostics);
    return leat_node_get(f->root, "a")->text;
}

static void assert_becomes(const char *value, const char *wanted)
{
    struct test_file f;

    assert_string_equal(replace(&f, value, &variables), wanted);
    assert_string_equal(file_said(&f), "");
    file_close(&f);
}

static void assert_wrong(const char *value, const char *part)
{
    struct test_file f;

    (void)replace(&f, value, &variables);
    assert_has(file_said(&f), part);
    assert_int_equal(f.diagnostics.n, 1);
    file_close(&f);
}

static void test_values(void **state)
{
    (void)state;
    setenv("LEAT_T", "v", 1);
    setenv("LEAT_EMPTY", "", 1);
    unsetenv("LEAT_UNSET");
    assert_becomes("${param:db}", "shop.db");
    assert_becomes("a${param:db}b${env:LEAT_T}c", "ashop.dbbvc");
    assert_becomes("${param:none}", "");
    assert_becomes("${env:LEAT_EMPTY}", "");
    assert_becomes("${env:LEAT_EMPTY:-x}", "x");
    assert_becomes("${env:LEAT_UNSET:-a b:?c}", "a b:?c");
    assert_becomes("${env:LEAT_T:-x}", "v");
    assert_becomes("${env:LEAT_T:?must be set}", "v");
    assert_becomes("${env:LEAT_UNSET:-}", "");
}

static void test_dollars_of_their_own(void **state)
{
    (void)state;
    assert_becomes("$", "$");
    assert_becomes("$$", "$$");
    assert_becomes("$1 {x} $(x) a$", "$1 {x} $(x) a$");
    assert_becomes("$${param:db}", "${param:db}");
    assert_becomes("$$${param:db}", "$${param:db}");
}

/* A load with secrets is bound twice: what a text has become must not be read again. */
static void test_twice_is_once(void **state)
{
    static const char *const texts[] = {"$${param:db}", "a ${param:db}", "$${env:LEAT_UNSET}", "${env:LEAT_VALUE}"};
    struct test_file f;

    (void)state;
    setenv("LEAT_VALUE", "${param:db}", 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char first[64];

        (void)snprintf(first, sizeof first, "%s", replace(&f, texts[i], &variables));
        leat_interpolate(f.root, &variables, &f.arena, &f.diagnostics);
        assert_string_equal(leat_node_get(f.root, "a")->text, first);
        assert_string_equal(file_said(&f), "");
        file_close(&f);
    }
}

static void test_mistakes(void **state)
{
    (void)state;
    unsetenv("LEAT_UNSET");
    assert_wrong("${env:LEAT_UNSET}", "environment variable 'LEAT_UNSET' is not set");
    assert_wrong("${env:LEAT_UNSET:?ask the admin}", "help: ask the admin");
    assert_wrong("${param:needed}", "help: give it: --param needed=...");
    assert_wrong("${param:dbb}", "help: did you mean ${param:db}?");
    assert_wrong("${secret:x}", "'${secret:x}' is not a variable");
    assert_wrong("${}", "is not a variable");
    assert_wrong("${param:db", "has no '}'");
    assert_wrong("${file:/nowhere/at/all}", "cannot read the file '/nowhere/at/all': No such file");
}

static void test_a_file(void **state)
{
    char path[] = "/tmp/leat-test-XXXXXX", text[64];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(leat_file_write(path, "s3cret\n\n", 8), 0);
    (void)snprintf(text, sizeof text, "${file:%s}", path);
    assert_becomes(text, "s3cret\n"); /* one newline is the editor's */
    assert_int_equal(leat_file_write(path, "a\0b", 3), 0);
    assert_wrong(text, "NUL byte");
    assert_int_equal(leat_file_write(path, "", 0), 0);
    assert_becomes(text, "");
    unlink(path);
}

static void test_what_comes_of_it_is_no_yaml(void **state)
{
    struct test_file f;

    (void)state;
    setenv("LEAT_T", "{a: b}\n- c: &x", 1);
    assert_string_equal(replace(&f, "${env:LEAT_T}", &variables), "{a: b}\n- c: &x");
    assert_int_equal(leat_node_get(f.root, "a")->kind, LEAT_SCALAR);
    file_close(&f);
}

/* ---- in expressions ---- */

static void assert_expression(const char *value, const char *wanted)
{
    struct test_file f;

    (void)replace(&f, value, &variables);
    assert_string_equal(leat_interpolated_expression(leat_node_get(f.root, "a"), &f.arena), wanted);
    file_close(&f);
}

static void test_a_value_is_one_literal(void **state)
{
    (void)state;
    assert_expression("name = lower(x)", "name = lower(x)");
    assert_expression("name = ${param:db}", "name = 'shop.db'");
    assert_expression("name = ${param:quote}", "name = 'O''Brien'' or 1=1'");
    assert_expression("name = 'a ${param:quote} b'", "name = 'a O''Brien'' or 1=1 b'");
    assert_expression("'it''s' || ${param:db} || 'x'", "'it''s' || 'shop.db' || 'x'");
    assert_expression("'${param:db}' || ${param:none}", "'shop.db' || ''");
    assert_expression("${param:db}${param:db}", "'shop.db' 'shop.db'"); /* two, not one with an apostrophe */
    assert_expression("'a'${param:db}'b'", "'a' 'shop.db' 'b'");
}

/* A quoted field name may hold an apostrophe; it does not begin a text. */
static void test_an_apostrophe_in_a_name(void **state)
{
    (void)state;
    assert_expression("\"it's\" = ${param:quote}", "\"it's\" = 'O''Brien'' or 1=1'");
    assert_expression("'\"' || ${param:db}", "'\"' || 'shop.db'");
    assert_expression("\"${param:db}\" = 'x'", "\"shop.db\" = 'x'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_dollars_of_their_own),
        cmocka_unit_test(test_twice_is_once),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_a_file),
        cmocka_unit_test(test_what_comes_of_it_is_no_yaml),
        cmocka_unit_test(test_a_value_is_one_literal),
        cmocka_unit_test(test_an_apostrophe_in_a_name),
    };
    return cmocka_run_group_tests_name("interpolate", tests, NULL, NULL);
}
