/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The jsonl extract (plugins/extract/jsonl): the fields it finds, the rows and
 * rejects it makes, and where it goes on.
 */
#include "unit.h"

#include "plugin-host.h"

#include <fcntl.h>
#include <unistd.h>

#include "kit/file/input.h"

static char path[] = "/tmp/leat-jsonl-XXXXXX", options[4096];

static int make_file(void **state)
{
    (void)state;
    return close(mkstemp(path));
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put_file(const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

#define FILE_OF(text) put_file(text, sizeof(text) - 1)

/* {path: THE FILE, more} */
static const char *with(const char *more)
{
    (void)snprintf(options, sizeof options, "{path: %s%s%s}", path, *more ? ", " : "", more);
    return options;
}

static const struct reading plainly = {0};

static void assert_schema(const char *more, const char *wanted)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);

    if (strstr(host_said(p), "wrong "))
        fail_msg("%s", host_said(p));
    assert_string_equal(host_schema(p), wanted);
    host_end(p);
}

/* ---- fields ---- */

static void test_fields_are_those_of_the_first_lines(void **state)
{
    (void)state;
    FILE_OF("{\"id\":1,\"n\":1.5,\"t\":\"x\",\"b\":true,\"l\":[],\"nul\":null,\"big\":1,\"mix\":1,\"deep\":\"\"}\n"
            "{\"z\":1,\"id\":2,\"big\":9223372036854775808,\"mix\":\"a\",\"b\":false,\"n\":2,\"deep\":{}}\n");
    assert_schema("", "id int64, n float64, t text, b bool, l json, nul text, big decimal, mix text, deep json, "
                  "z int64");
}

static void test_declared_fields_come_first(void **state)
{
    (void)state;
    FILE_OF("{\"z\":\"1\",\"address\":{\"city\":\"Sète\"},\"id\":1,\"hash\":\"x\"}\n");
    assert_schema("fields: {id: text, city: {path: address.city}, hash: {class: secret}, gone: date}",
                  "id text, city text, hash text secret, gone date, z text, address json");
    assert_schema("rest: others, fields: {id: text}", "id text, others json");
}

static void test_works_without_the_file_where_fields_say_all(void **state)
{
    struct leat_plan *p = host_begin("{path: /nowhere/x, fields: {id: int64, at: timestamp}}", NULL, true);

    (void)state;
    assert_null(strstr(host_said(p), "wrong "));
    assert_string_equal(host_schema(p), "id int64, at timestamp local");
    assert_has(host_said(p), "note the file is not there");
    host_end(p);
    p = host_begin("{path: /nowhere/x}", NULL, false);
    assert_has(host_said(p), "wrong path: cannot read /nowhere/x: No such file or directory");
    assert_int_equal(p->rc, LEAT_EUNREACHABLE);
    host_end(p);
    p = host_begin("{path: /tmp, fields: {id: int64}}", NULL, true);
    assert_has(host_said(p), "wrong path: cannot read /tmp: it is a folder");
    assert_int_equal(p->rc, 0); /* a mistake in the file, and no store that is not there */
    host_end(p);
}

static void test_mistakes_are_named(void **state)
{
    (void)state;
    FILE_OF("");
    assert_wrong(with(""), NULL, "shows no fields; say which there are with fields");
    FILE_OF("[{\"id\":1}]\n");
    assert_wrong(with(""), NULL, "its first line has a list; write one object a line");
    FILE_OF("{\"id\":1}\n");
    assert_wrong(with("fields: {a: {path: 'x..y'}}"), NULL, "'x..y' is no path: write it like address.city");
    assert_wrong(with("fields: {a: {path: 'x['}}"), NULL, "is no path");
    assert_wrong(with("fields: {a: {path: '[0]'}}"), NULL, "is no path");
    assert_wrong(with("fields: {a: {path: x}, x: text}"), NULL, "the key 'x' is the path of another field, too");
    assert_wrong(with("fields: {a: {type: strong}}"), NULL, "there is no type 'strong'");
    assert_wrong(with("rest: id, fields: {id: int64}"), NULL, "'id' is a field of its own");
}

/* ---- values ---- */

#define ZEROS_100 \
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
#define ZEROS_600 ZEROS_100 ZEROS_100 ZEROS_100 ZEROS_100 ZEROS_100 ZEROS_100

static void test_values_are_converted(void **state)
{
    (void)state;
    FILE_OF("{\"i\":12.0,\"f\":1e2,\"d\":1.5e1,\"b\":\"yes\",\"day\":\"2024-02-29\","
            "\"at\":\"2024-02-29T12:00:00+01:00\",\"t\":12,\"y\":\"/+8=\",\"j\":\"x\\ny\"}\n"
            "{\"i\":\"-7\",\"f\":3,\"d\":\"0.10\",\"b\":false,\"day\":null,\"t\":[1, {}],\"y\":\"\",\"j\":[1, 2]}\n");
    assert_reads(with("fields: {i: int64, f: float64, d: decimal, b: bool, day: date, "
                      "at: {type: timestamp, timezone: UTC}, t: text, y: bytes, j: json}"), plainly,
                 "12|100|15|true|2024-02-29|2024-02-29 11:00:00Z|12|\xff\xef|\"x\\ny\"\n"
                 "-7|3|0.10|false|<null>|<null>|[1, {}]||[1, 2]\n");
}

#define NOT_WHOLE(line) \
    "! conversion_failed n: is not a whole number of 64 bits (line " #line "; fields can declare another type)"

static void test_values_that_do_not_fit_are_rejected(void **state)
{
    (void)state;
    FILE_OF("{\"n\":\"12a\"}\n{\"n\":1.5}\n{\"n\":true}\n{\"n\":9223372036854775808}\n{\"n\":{}}\n{\"n\":1}\n"
            "{\"s\":\"x\\ud800\"}\n{\"k\":\"x\\ud800\"}\n{\"y\":\"A\"}\n{\"d\":20240229}\n");
    assert_reads(with("fields: {n: int64, s: text, k: {type: text, class: secret}, y: bytes, d: date}"), plainly,
                 "1|<null>|<null>|<null>|<null>\n"
                 NOT_WHOLE(1) " [12a]\n"
                 NOT_WHOLE(2) " [1.5]\n"
                 NOT_WHOLE(3) " [true]\n"
                 NOT_WHOLE(4) " [9223372036854775808]\n"
                 NOT_WHOLE(5) " [{}]\n"
                 "! invalid_utf8 s: has half a surrogate pair (\\ud800 to \\udfff), which is no character (line 7) "
                 "[x\\ud800]\n"
                 "! invalid_utf8 k: has half a surrogate pair (\\ud800 to \\udfff), which is no character (line 8)\n"
                 "! conversion_failed y: is not base64 (line 9; fields can declare another type) [A]\n"
                 "! conversion_failed d: is not a date written YYYY-MM-DD (line 10; fields can declare another "
                 "type) [20240229]\n");
}

static void test_paths_reach_into_values(void **state)
{
    (void)state;
    FILE_OF("{\"a\":{\"b\":[{\"c\":1},{\"c\":2}],\"x.y\":3},\"a.b\":4,\"r\":[\"p\",\"q\"]}\n{\"a\":[],\"r\":{}}\n{}\n");
    assert_reads(with("rest: z, fields: {c1: {path: 'a.b[1].c', type: int64}, xy: {path: 'a.\"x.y\"'}, "
                      "a.b: {type: json}, last: {path: 'r[1]'}}"), plainly,
                 "<null>|<null>|<null>|<null>|{\"a\":[],\"r\":{}}\n<null>|<null>|<null>|<null>|<null>\n"
                 "! duplicate_key -: has a key that stands there twice (line 1, byte 45) "
                 "[{\"a\":{\"b\":[{\"c\":1},{\"c\":2}],\"x.y\":3},\"a.b\":4,\"r\":[\"p\",\"q\"]}]\n");
}

static void test_what_is_not_declared_is_kept_or_counted(void **state)
{
    (void)state;
    FILE_OF("{\"id\":1,\"a\":\"q\\\"\",\"b\":[1, 2],\"o\":{\"in\":5,\"out\":6}}\n{\"id\":2}\n");
    assert_reads(with("rest: rest, fields: {id: int64, in: {path: o.in}}"), plainly,
                 "1|5|{\"a\":\"q\\\"\",\"b\":[1, 2],\"o\":{\"in\":5,\"out\":6}}\n2|<null>|<null>\n");
}

static void test_keys_seen_late_are_counted(void **state)
{
    struct leat_plan *p;
    char *got;
    FILE *f = fopen(path, "wb");

    (void)state;
    for (int i = 0; i < 1000; i++)
        fputs("{\"id\":1}\n", f);
    fputs("{\"id\":2,\"late\":1,\"later\":2,\"none\":null}\n{\"id\":3,\"\":1}\n{\"id\":4,\"x\":1,}\n", f);
    fclose(f);
    p = host_begin(with(""), NULL, false);
    got = host_read(p, plainly);
    assert_string_equal(host_schema(p), "id int64");
    assert_has(got, "\n3\n! bad_json ");
    assert_has(got, "{\"id\":4,\"x\":1,}]\nundeclared key left out 3\nwarning: 3 values of undeclared keys were left "
               "out (first: line 1001); name them in fields: or take rest:\n");
    free(got);
    host_end(p);
    p = host_begin(with("rest: others"), NULL, false);
    got = host_read(p, plainly);
    assert_has(got, "{\"id\":3,\"\":1}\n");
    assert_null(strstr(got, "warning"));
    free(got);
    host_end(p);
}

/* A field cannot be named so, and without one the value would be nowhere. */
static void test_keys_that_can_name_no_field(void **state)
{
    (void)state;
    FILE_OF("{\"a\":1}\n{\"a\":1,\"\":2}\n");
    assert_wrong(with(""), NULL, "wrong path: line 2 of ");
    assert_wrong(with(""), NULL, "has a key that is empty, which can be no field's name: collect such keys with rest: "
                 "NAME, or take its value by fields: {NAME: {path: '\"\"'}}");
    assert_reads(with("fields: {e: {path: '\"\"', type: int64}}"), plainly, "<null>|1\n2|1\n");
    FILE_OF("{\"a\\u0000b\":1,\"a\":2}\n{\"\":1}\n");
    assert_wrong(with(""), NULL, "wrong path: line 1 of ");
    assert_wrong(with(""), NULL, "has a key that holds a NUL character");
    assert_reads(with("rest: r"), plainly, "{\"a\\u0000b\":1,\"a\":2}\n{\"\":1}\n");
    FILE_OF("{\"a\":1}\n{\"\":1,,}\n");
    assert_schema("", "a int64"); /* what is no record names nothing */
}

static void test_keys_that_are_no_text_reject_the_line(void **state)
{
    (void)state;
    FILE_OF("{\"a\":\"ok\"}\n{\"b\":1,\"\xff\":1}\n{\"a\":\"x\",\"\\ud800\":2}\n");
    assert_schema("", "a text");
    assert_reads(with(""), plainly,
                 "ok\n"
                 "! invalid_utf8 -: has a key that is not valid UTF-8 (line 2, byte 19) [{\"b\":1,\"\xff\":1}]\n"
                 "! invalid_utf8 -: has half a surrogate pair (\\ud800 to \\udfff) in a key (line 3, byte 35) "
                 "[{\"a\":\"x\",\"\\ud800\":2}]\n");
}

/* A reject shows all that did not fit, but no secret. */
static void test_more_values_than_one_that_do_not_fit(void **state)
{
    (void)state;
    FILE_OF("{\"n\":\"x\",\"d\":\"y\",\"s\":\"z\"}\n");
    assert_reads(with("fields: {n: int64, d: date}"), plainly,
                 NOT_WHOLE(1) " [{\"n\":\"x\",\"d\":\"y\",\"s\":\"z\"}]\n");
    assert_reads(with("fields: {n: int64, d: date, s: {class: secret}}"), plainly, NOT_WHOLE(1) " [x]\n");
}

static void test_numbers_at_their_bounds(void **state)
{
    (void)state;
    FILE_OF("{\"f\":1e-310,\"d\":1e600}\n");
    assert_reads(with("fields: {f: float64, d: decimal}"), plainly, "1e-310|1" ZEROS_600 "\n");
    FILE_OF("{\"f\":0e-400,\"d\":1.50E1}\n{\"f\":1e-400}\n{\"d\":\"1e2000\"}\n{\"d\":\"+1e3\"}\n");
    assert_reads(with("fields: {f: float64, d: decimal}"), plainly,
                 "0|15.0\n<null>|1000\n"
                 "! conversion_failed f: is not a number (line 2; fields can declare another type) [1e-400]\n"
                 "! conversion_failed d: is not a decimal number such as -12.50 (line 3; fields can declare another "
                 "type) [1e2000]\n");
}

/* ---- lines ---- */

static void test_bad_lines_harm_no_other(void **state)
{
    (void)state;
    FILE_OF("{\"id\":1}\n{\"id\":\n[1]\n\"x\"\n{\"id\":1} 2\n{\"id\":1,\"id\":2}\n{\"id\":2}\nnot json\n"
            "{\"id\":3}\n{\"id\":4");
    assert_reads(with("fields: {id: int64}"), plainly,
                 "1\n2\n3\n"
                 "! bad_json -: has its end where a value should be (line 2, byte 16) [{\"id\":]\n"
                 "! bad_json -: has what is no object: a record looks like {\"id\": 1} (line 3, byte 17) [[1]]\n"
                 "! bad_json -: has what is no object: a record looks like {\"id\": 1} (line 4, byte 21) [\"x\"]\n"
                 "! bad_json -: has more text behind the value (line 5, byte 34) [{\"id\":1} 2]\n"
                 "! duplicate_key -: has a key that stands there twice (line 6, byte 50) [{\"id\":1,\"id\":2}]\n"
                 "! bad_json -: has what is no object: a record looks like {\"id\": 1} (line 8, byte 61) [not json]\n"
                 "! bad_json -: has an object without its closing brace (line 10, byte 86) [{\"id\":4]\n");
}

static void test_bad_lines_do_not_give_secrets_away(void **state)
{
    (void)state;
    FILE_OF("{\"id\":1,\"pw\":\"hunter2\"\n");
    assert_reads(with("fields: {id: int64, pw: {class: secret}}"), plainly,
                 "! bad_json -: has an object without its closing brace (line 1, byte 23)\n");
}

static void trace_at(int64_t offset, char trace[LEAT_INPUT_TRACE])
{
    int fd = open(path, O_RDONLY);

    assert_true(leat_input_trace(fd, offset, trace));
    (void)close(fd);
}

static void test_mark_crlf_and_blank_lines(void **state)
{
    char first[LEAT_INPUT_TRACE], last[LEAT_INPUT_TRACE], wanted[200];

    (void)state;
    FILE_OF("\xEF\xBB\xBF{\"id\":1}\r\n\r\n  \t\n\n{\"id\":\"\\u0041\xc3\xa9\"}");
    trace_at(13, first);
    trace_at(37, last);
    (void)snprintf(wanted, sizeof wanted, "1\n@ 13 2 %s\nA\xc3\xa9\n@ 37 6 %s\n@ 37 6 %s\nblank line 3\n", first, last,
                   last);
    assert_reads(with("fields: {id: text}"), (struct reading){.positions = true, .cap_rows = 1}, wanted);
}

static void test_goes_on_from_every_position(void **state)
{
    char wanted[512] = "", at[64], trace[LEAT_INPUT_TRACE];
    struct leat_plan *p;
    char *got;

    (void)state;
    FILE_OF("{\"id\":1}\nbad\n\n{\"id\":2}\n{\"id\":3}\n");
    for (int offset = 9; offset <= 32; offset += offset == 9 ? 4 : offset == 13 ? 1 : 9) {
        trace_at(offset, trace);
        (void)snprintf(at, sizeof at, "%d 7 %s", offset, trace);
        p = host_begin(with("fields: {id: int64}"), NULL, false);
        got = host_read(p, (struct reading){.position = at});
        (void)snprintf(wanted, sizeof wanted, "%s%s", offset < 23 ? "2\n" : "", offset < 32 ? "3\n" : "");
        assert_memory_equal(got, wanted, strlen(wanted));
        free(got);
        host_end(p);
    }
    p = host_begin(with("fields: {id: int64}"), NULL, false);
    got = host_read(p, (struct reading){.position = "1000 7 0123456789abcdef"});
    assert_has(got, "has become shorter than where the last run stopped; `leat run --restart` begins anew");
    free(got);
    host_end(p);
}

/* Goes on with what is in the file now, at a place of the one that was there. */
static void assert_goes_on(int64_t offset, const char *trace, const char *wanted)
{
    struct leat_plan *p = host_begin(with("fields: {id: int64}"), NULL, false);
    char at[64], *got;

    (void)snprintf(at, sizeof at, "%" PRId64 " 7 %s", offset, trace);
    got = host_read(p, (struct reading){.position = at});
    assert_has(got, wanted);
    free(got);
    host_end(p);
}

static void test_does_not_go_on_with_another_file(void **state)
{
    static const char changed[] = "has changed since the run that stopped; `leat run --restart` begins anew";
    char trace[LEAT_INPUT_TRACE];

    (void)state;
    FILE_OF("{\"id\":1}\n{\"id\":2}\n{\"id\":3}");
    trace_at(18, trace);
    assert_goes_on(18, trace, "3\n");
    assert_goes_on(9, trace, changed);
    assert_goes_on(18, "", "cannot be made out");
    FILE_OF("{\"id\":1}\n{\"id\":2}\n{\"id\":4}\n");
    assert_goes_on(18, trace, "4\n");
    FILE_OF("{\"id\":1}\n{\"id\":7}\n{\"id\":3}\n");
    assert_goes_on(18, trace, changed);
    FILE_OF("{\"id\":1}\n2");
    trace_at(10, trace);
    assert_goes_on(10, trace, "");
    FILE_OF("{\"id\":1}\n2\n{\"id\":3}\n");
    assert_goes_on(10, trace, changed);
}

/* Lines of every length around the limit, with ends that fall on every place of the buffer. */
static void test_long_lines(void **state)
{
    static char text[600000], wanted[600000];
    size_t n = 0;
    struct leat_plan *p;
    char *got, *last;

    (void)state;
    n += (size_t)sprintf(text + n, "{\"t\":\"");
    memset(text + n, 'a', 300000);
    n += 300000;
    n += (size_t)sprintf(text + n, "\"}\n{\"t\":\"x\"}\n{\"t\":\"");
    memset(text + n, 'b', 280000);
    n += 280000;
    n += (size_t)sprintf(text + n, "\"}");
    put_file(text, n);
    p = host_begin(with("fields: {t: text}"), NULL, false);
    got = host_read(p, (struct reading){.max_record = 400000});
    memset(wanted, 'a', 300000);
    (void)strcpy(wanted + 300000, "\nx\n");
    assert_memory_equal(got, wanted, 300003);
    assert_int_equal(strspn(got + 300003, "b"), 280000);
    free(got);
    got = host_read(p, (struct reading){.max_record = 1000, .positions = true});
    assert_memory_equal(got, "x\n! record_too_large -: takes more than 1000 bytes in the file (line 1, byte 1); see "
                        "max_record [{\"t\":\"aaa", 100);
    last = strstr(got, "(line 3, byte 300020)");
    assert_non_null(last);
    assert_non_null(strstr(last, "@ 580027 4 "));
    free(got);
    host_end(p);
}

/* The rows alone, as rejects stand behind those of their batch. */
static char *rows_of(char *text)
{
    char *out = text, *next;

    for (char *line = text; *line; line = next) {
        next = strchr(line, '\n') + 1;
        if (*line != '!') {
            memmove(out, line, (size_t)(next - line));
            out += next - line;
        }
    }
    *out = '\0';
    return text;
}

static void test_batches_do_not_matter(void **state)
{
    struct leat_plan *p;
    char *whole, *got;
    FILE *f = fopen(path, "wb");

    (void)state;
    for (int i = 0; i < 5000; i++)
        fprintf(f, i % 17 ? "{\"id\":%d,\"name\":\"n\\u00e9 %d\"}\n" : i % 2 ? "\n" : "oops %d\n", i, i);
    fclose(f);
    p = host_begin(with(""), NULL, false);
    whole = rows_of(host_read(p, (struct reading){.cap_rows = 10000}));
    assert_non_null(strstr(whole, "\n4999|n\xc3\xa9 4999\n"));
    for (int rows = 1; rows < 100; rows += 33) {
        got = rows_of(host_read(p, (struct reading){.cap_rows = rows}));
        assert_string_equal(got, whole);
        free(got);
    }
    free(whole);
    host_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_those_of_the_first_lines),
        cmocka_unit_test(test_declared_fields_come_first),
        cmocka_unit_test(test_works_without_the_file_where_fields_say_all),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_values_are_converted),
        cmocka_unit_test(test_values_that_do_not_fit_are_rejected),
        cmocka_unit_test(test_paths_reach_into_values),
        cmocka_unit_test(test_what_is_not_declared_is_kept_or_counted),
        cmocka_unit_test(test_keys_seen_late_are_counted),
        cmocka_unit_test(test_keys_that_can_name_no_field),
        cmocka_unit_test(test_keys_that_are_no_text_reject_the_line),
        cmocka_unit_test(test_more_values_than_one_that_do_not_fit),
        cmocka_unit_test(test_numbers_at_their_bounds),
        cmocka_unit_test(test_bad_lines_harm_no_other),
        cmocka_unit_test(test_bad_lines_do_not_give_secrets_away),
        cmocka_unit_test(test_mark_crlf_and_blank_lines),
        cmocka_unit_test(test_goes_on_from_every_position),
        cmocka_unit_test(test_does_not_go_on_with_another_file),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_batches_do_not_matter),
    };
    return cmocka_run_group_tests_name("jsonl-extract", tests, make_file, remove_file);
}
