/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The shared config and credentials files (plugins/kit/aws/ini).
 */
#include "unit.h"

#include <stdlib.h>

#include "kit/aws/ini.h"

const struct leat_stage_services *leat_stage_services;

/* What is in it, one a line: KIND SECTION KEY.SUB=VALUE @LINE; or the mistake. */
static void read_text(const char *text, size_t n, bool is_config, char *ret, size_t room)
{
    static const char kinds[] = "PSVo";
    struct leat_error err = {0};
    struct ini ini;
    char *own = malloc(n + 1);
    size_t at = 0;

    assert_non_null(own);
    memcpy(own, text, n);
    if (ini_parse(&ini, "FILE", own, n, is_config, &err) < 0)
        at = (size_t)snprintf(ret, room, "%s", err.text);
    for (int i = 0; !err.code && i < ini.n; i++) {
        const struct ini_item *item = &ini.items[i];

        if (item->key)
            at += (size_t)snprintf(ret + at, room - at, "%c %s %s%s%s=%s @%d\n", kinds[item->kind], item->section,
                                   item->key, item->sub ? "." : "", item->sub ? item->sub : "", item->value,
                                   item->line);
    }
    ret[at] = '\0';
    ini_free(&ini);
}

static void assert_config(const char *text, const char *wanted)
{
    char got[4096];

    read_text(text, strlen(text), true, got, sizeof got);
    assert_string_equal(got, wanted);
}

static void assert_shared(const char *text, const char *wanted)
{
    char got[4096];

    read_text(text, strlen(text), false, got, sizeof got);
    assert_string_equal(got, wanted);
}

static void test_sections(void **state)
{
    (void)state;
    assert_config("[default]\na=1\n[profile b]\na=2\n[sso-session c]\na=3\n[services d]\na=4\n[e]\na=5\n",
                  "P default a=1 @2\nP b a=2 @4\nS c a=3 @6\nV d a=4 @8\no e a=5 @10\n");
    assert_shared("[default]\na=1\n[b]\na=2\n[profile c]\na=3\n", "P default a=1 @2\nP b a=2 @4\no c a=3 @6\n");
    assert_config("[ profile\t b ] # x\na=1", "P b a=1 @2\n");
    assert_config("[profile \"b c\"]\na=1\n[profile 'd e']\na=2", "P b c a=1 @2\nP d e a=2 @4\n");
    assert_config("[profile\"b\"]\na=1", "P b a=1 @2\n");
    assert_config("[profiles]\na=1\n[profile]\na=2\n[servicesx y]\na=3", "o profiles a=1 @2\no profile a=2 @4\no "
                                                                         "servicesx y a=3 @6\n");
    assert_config("[profile b]\n[profile b]\n", "");
}

static void test_values(void **state)
{
    (void)state;
    assert_config("[default]\n  a = 1\n  b=2\n c\t=\t3\t\n", "P default a=1 @2\nP default b=2 @3\nP default c=3 @4\n");
    assert_config("[default]\nA_b = C d\nx=\ny = \n", "P default a_b=C d @2\nP default x= @3\nP default y= @4\n");
    assert_config("[default]\na = 1 # one\nb = 2 ; two\nc = x#y;z\nd=#x\n", "P default a=1 @2\nP default b=2 @3\nP "
                                                                            "default c=x#y;z @4\nP default d=#x @5\n");
    assert_config("# x\n; y\n\n[default]\n  # z\na = 1\n   \n", "P default a=1 @6\n");
    assert_config("[default]\r\na = 1\r\nb = 2\r\n", "P default a=1 @2\nP default b=2 @3\n");
    assert_config("\xef\xbb\xbf[default]\na = 1", "P default a=1 @2\n");
    assert_config("[default]\na: https://x?b=c\nd = e:f\n", "P default a=https://x?b=c @2\nP default d=e:f @3\n");
    assert_config("[default]\na = 1\n  and more # x\n\n  and more\nb=2", "P default a=1\nand more # x\nand more @2\nP "
                                                                         "default b=2 @6\n");
    assert_config("", "");
    assert_config("\n\n", "");
}

static void test_nested(void **state)
{
    (void)state;
    assert_config("[services s]\ncognito_idp =\n  endpoint_url = http://x # y\n  # z\n\n  b=2\nc = 3\n",
                  "V s cognito_idp= @2\nV s cognito_idp.endpoint_url=http://x @3\nV s cognito_idp.b=2 @6\n"
                  "V s c=3 @7\n");
    assert_config("[default]\n s3 =\n  a=1\n b=2\n", "P default s3= @2\nP default s3.a=1 @3\nP default b=2 @4\n");
}

static void test_mistakes(void **state)
{
    char got[200];

    (void)state;
    assert_config("a = 1\n", "FILE:1: a setting before the first heading; write [default] above it");
    assert_config("\n[default\n", "FILE:2: a heading without its closing bracket; write [profile NAME]");
    assert_config("[default] x\n", "FILE:1: there is something behind the closing bracket of a heading");
    assert_config("[ ]\n", "FILE:1: a heading without a name; write [profile NAME]");
    assert_config("[default]\n\nSECRET\n", "FILE:3: neither a heading nor a setting; write NAME = VALUE");
    assert_config("[default]\n= SECRET\n", "FILE:2: a setting without a name; write NAME = VALUE");
    assert_config("[default]\na =\n SECRET\n", "FILE:3: an indented line below a setting without a value is a nested "
                                               "one; write NAME = VALUE");
    assert_config("[default]\na =\n = SECRET\n", "FILE:3: a nested setting without a name; write NAME = VALUE");
    read_text("[default]\na\0=1\n", 15, true, got, sizeof got);
    assert_string_equal(got, "FILE is no text: it has NUL bytes");
}

static void assert_found(const struct ini *ini, const char *section, const char *key, const char *sub,
                         const char *wanted)
{
    const struct ini_item *item = ini_find(ini, INI_PROFILE, section, key, sub);

    assert_string_equal(item ? item->value : "-", wanted);
}

static void test_looking_up(void **state)
{
    char *text = strdup("[default]\na=1\nz=0\n[profile b]\na=2\n[profile default]\na=3\na=4\nn=\n x=5\ne=\n[profile "
                        "b]\nc=6\na=7\n");
    struct ini ini;

    (void)state;
    assert_int_equal(ini_parse(&ini, "FILE", text, strlen(text), true, NULL), 0);
    assert_found(&ini, "default", "a", NULL, "4");
    assert_found(&ini, "default", "z", NULL, "-");
    assert_found(&ini, "b", "a", NULL, "7");
    assert_found(&ini, "b", "c", NULL, "6");
    assert_found(&ini, "default", "n", "x", "5");
    assert_found(&ini, "default", "n", NULL, "-");
    assert_found(&ini, "default", "e", NULL, "-");
    assert_found(&ini, "default", "n", "y", "-");
    assert_found(&ini, "c", "a", NULL, "-");
    assert_true(ini_has_section(&ini, INI_PROFILE, "b"));
    assert_false(ini_has_section(&ini, INI_SERVICES, "b"));
    ini_free(&ini);
}

static void test_files(void **state)
{
    struct leat_error err = {0};
    struct ini ini;

    (void)state;
    assert_int_equal(ini_read(&ini, "/nonexistent/config", true, &err), 0);
    assert_true(ini.is_missing);
    ini_free(&ini);
    assert_int_equal(ini_read(&ini, "/dev/zero", true, &err), LEAT_EUNREACHABLE);
    assert_has(err.text, "/dev/zero is larger than a MiB");
    ini_free(&ini);
    assert_int_equal(ini_read(&ini, "/", true, &err), LEAT_EUNREACHABLE);
    assert_has(err.text, "cannot read /: Is a directory");
    ini_free(&ini);
}

/* Any bytes: no crash, and nothing beyond the text is touched (AddressSanitizer). */
static void test_any_bytes(void **state)
{
    static const char letters[] = "[]=:#; \t\r\n\"'ab";
    unsigned random = 1;
    char text[64], got[8192];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t n = i % sizeof text;

        for (size_t j = 0; j < n; j++) {
            random = random * 1103515245 + 12345;
            text[j] = letters[(random >> 16) % (sizeof letters - 1)];
        }
        read_text(text, n, i & 1, got, sizeof got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections), cmocka_unit_test(test_values),     cmocka_unit_test(test_nested),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_looking_up), cmocka_unit_test(test_files),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
