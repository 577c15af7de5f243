/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The csv extract (plugins/extract/csv): what it plans, the rows and rejects it
 * makes, and where it goes on. The grammar itself is test-csv-read's.
 */
#include "unit.h"

#include "plugin-host.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <unistd.h>

static char folder[128], path[192], options[512];

static int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.100s/csv-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/in.csv", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void put_file(const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* ---- driving it ---- */

static const char *with(const char *more)
{
    (void)snprintf(options, sizeof options, "{path: %s%s%s}", path, *more ? ", " : "", more);
    return options;
}

/* What is read where the file holds these bytes; the caller's to free. */
static char *read_bytes(const char *text, size_t n, const char *more, struct reading how)
{
    struct leat_plan *p;
    char *got;

    put_file(text, n);
    p = host_begin(with(more), NULL, false);
    assert_null(strstr(host_said(p), "wrong "));
    got = host_read(p, how);
    host_end(p);
    return got;
}

static void expect_bytes(const char *text, size_t n, const char *more, const char *expected)
{
    char *got = read_bytes(text, n, more, (struct reading){0});

    assert_string_equal(got, expected);
    free(got);
}

static void expect(const char *text, const char *more, const char *expected)
{
    expect_bytes(text, strlen(text), more, expected);
}

/* The plan of such a file notes this mistake. */
static void refuse(const char *text, const char *more, const char *expected)
{
    put_file(text, strlen(text));
    assert_wrong(with(more), NULL, expected);
}

/* ---- rows ---- */

static void test_null_and_empty(void **state)
{
    (void)state;
    expect("a,b,c\n1,,\"\"\n\"\",x,\n", "", "1|<null>|\n|x|<null>\n");
    expect("a,b,c\nNULL,,\"NULL\"\n", "null: 'NULL'", "<null>||NULL\n");
}

static void test_line_ends_and_marks(void **state)
{
    (void)state;
    expect("\xEF\xBB\xBF" "a,b\r\n1,2\r\n\r\n3,4", "", "1|2\n3|4\nempty line 1\n");
    expect("\xEF\xBB\xBF\"a\",b\n1,2\n", "", "1|2\n");
    expect("a\n1\n\n2\n", "", "1\n<null>\n2\n");
    expect("a,b\n", "", "");
    expect("a,b", "", "");
}

static void test_nul_bytes_stay(void **state)
{
    char *got = read_bytes("a,b\n\0,\"x\0y\"\n", 12, "", (struct reading){0});

    (void)state;
    assert_memory_equal(got, "\0|x\0y\n", 7);
    free(got);
}

static void test_empty_lines_are_counted(void **state)
{
    (void)state;
    expect("a,b\n\n1,2\n\r\n\n", "", "1|2\nempty line 3\n");
}

static void test_bad_records(void **state)
{
    (void)state;
    expect("a,b\n1\n1,2,3\n4,5\n", "",
           "4|5\n! too_few_fields -: has 1 fields instead of 2 (line 2, byte 5) [1]\n"
           "! too_many_fields -: has 3 fields instead of 2 (line 3, byte 7) [1,2,3]\n");
    expect("a,b\n1,x\"y\n\"1\"2,3\n4,5\n", "",
           "4|5\n! bad_quote -: a quote stands inside a field that does not begin with one (line 2, byte 8) [1,x\"y]\n"
           "! bad_quote -: text stands behind the closing quote of a field (line 3, byte 14) [\"1\"2,3]\n");
    expect("a,b\n1,2\n3,\"4\n5,6\n", "",
           "1|2\n! unclosed_quote -: the quote opened here is not closed before the end of the file (line 3, byte 11) "
           "[3,\"4\n5,6\n]\n");
    expect("a,b\n1,\xFF\n2,\xC3\xA9\n", "", "2|\xC3\xA9\n! invalid_utf8 b: is not valid UTF-8 from byte 1 on\n");
}

static void test_lenient(void **state)
{
    (void)state;
    expect("a,b\n1\n1,2,3\n1,x\"y\n\"1\"2,3\n\"4\"\"5\"6\"7,8\r\n,\"\"x\r\n", "strict: false",
           "1|<null>\n1|x\"y\n12|3\n4\"56\"7|8\n<null>|x\n"
           "! too_many_fields -: has 3 fields instead of 2 (line 3, byte 7) [1,2,3]\n");
}

static void test_large_records(void **state)
{
    char text[3000], *got;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "a,b\n1,", 6);
    memcpy(text + 2000, "\n2,3\n", 6);
    got = read_bytes(text, 2005, "", (struct reading){.max_record = 1000});
    assert_string_equal(got, "2|3\n! record_too_large -: takes more than 1000 bytes in the file (line 2, byte 5); "
                        "see max_record\n");
    free(got);
}

/* Values that outgrow the columns' first memory, quoted and not. */
static void test_columns_grow(void **state)
{
    enum { N = 20000 };
    char *text = malloc(3 * N + 100), *at = text, *got;

    (void)state;
    at += sprintf(at, "a,b\n");
    memset(at, 'y', N);
    at += N;
    at += sprintf(at, ",\"");
    for (int i = 0; i < N; i += 2)
        at += sprintf(at, "\"\"z");
    at += sprintf(at, "\"\n1,2\n");
    got = read_bytes(text, (size_t)(at - text), "", (struct reading){0});
    free(text);
    assert_int_equal(strlen(got), N + 1 + N + 1 + 4);
    assert_int_equal(got[N - 1], 'y');
    assert_memory_equal(got + N, "|\"z\"z", 5);
    free(got);
}

/* ---- types ---- */

static void test_types(void **state)
{
    (void)state;
    expect("i,f,d,t,b,n,j,x\n"
           "-7,2.5,1970-01-02,1970-01-01 00:00:01.5,yes,+07.50,\"{\"\"a\"\":[1]}\",\\x6162\n"
           ",\"\",,,,,,\n"
           "x,1,,,,,,\n"
           "1,1,1970-02-30,,,,,raw\n"
           "1,1,,,,-00.0,,\\x6\n"
           "1,1,,,,.5,[,\n"
           "1,1,,,,1e3,,\n",
           "fields: {i: int64, f: float64, d: date, t: timestamp, b: bool, n: decimal, j: json, x: bytes}",
           "-7|2.5|1970-01-02|1970-01-01 00:00:01.500000|true|7.50|{\"a\":[1]}|ab\n"
           "<null>|<null>|<null>|<null>|<null>|<null>|<null>|<null>\n"
           "1|1|<null>|<null>|<null>|0.0|<null>|\\x6\n"
           "1|1|<null>|<null>|<null>|1000|<null>|<null>\n"
           "! conversion_failed i: is not a whole number of 64 bits (line 4, byte 99) [x]\n"
           "! conversion_failed d: is not a date written YYYY-MM-DD (line 5, byte 109) [1970-02-30]\n"
           "! conversion_failed j: is not valid JSON (line 7, byte 150) [[]\n");
}

static void test_numbers_at_their_bounds(void **state)
{
    (void)state;
    expect("f,n\n1e-310,+1.50e1\n0e-400,1e-3\n-0.0,-0e2\n1e-400,1\n1e400,1\n1,1e1000\n1,+-1e3\n1,1e\n",
           "fields: {f: float64, n: decimal}",
           "1e-310|15.0\n0|0.001\n-0|0\n"
           "! conversion_failed f: is not a number (line 5, byte 42) [1e-400]\n"
           "! conversion_failed f: is not a number (line 6, byte 51) [1e400]\n"
           "! conversion_failed n: is not a decimal number such as -12.50 (line 7, byte 59) [1e1000]\n"
           "! conversion_failed n: is not a decimal number such as -12.50 (line 8, byte 68) [+-1e3]\n"
           "! conversion_failed n: is not a decimal number such as -12.50 (line 9, byte 76) [1e]\n");
}

/* A reject shows all that did not fit, but no secret. */
static void test_more_values_than_one_that_do_not_fit(void **state)
{
    static const char text[] = "i,d,s\nx,\"a\"\"b\",y\n1,\"a\"\"b\",y\n";

    (void)state;
    expect(text, "fields: {i: int64, d: date}",
           "! conversion_failed i: is not a whole number of 64 bits (line 2, byte 7) [x,\"a\"\"b\",y]\n"
           "! conversion_failed d: is not a date written YYYY-MM-DD (line 3, byte 18) [a\"b]\n");
    expect(text, "fields: {i: int64, d: date, s: {class: secret}}",
           "! conversion_failed i: is not a whole number of 64 bits (line 2, byte 7) [x]\n"
           "! conversion_failed d: is not a date written YYYY-MM-DD (line 3, byte 18) [a\"b]\n");
}

static void test_time_zones_are_looked_up(void **state)
{
    (void)state;
    if (access("/usr/share/zoneinfo/zone.tab", R_OK) < 0)
        skip();
    refuse("t\n", "fields: {t: {type: timestamp, timezone: Europe/Pari}}",
           "wrong timezone: there is no time zone 'Europe/Pari'; did you mean 'Europe/Paris'?");
    refuse("t\n", "fields: {t: {type: timestamp, timezone: berlin}}", "did you mean 'Europe/Berlin'?");
    refuse("t\n", "fields: {t: {type: timestamp, timezone: ../zoneinfo/UTC}}", "one is named like Europe/Paris");
    refuse("t\n", "fields: {t: {type: timestamp, timezone: Europe}}", "there is no time zone 'Europe'");
    refuse("t\n", "fields: {t: {type: date, timezone: Europe/Paris}}", "wrong timezone: only a timestamp has");
    expect("t\n", "fields: {t: {type: timestamp, timezone: America/Argentina/Buenos_Aires}}", "");
}

/* ---- plans ---- */

static void test_names(void **state)
{
    struct leat_plan *p;

    (void)state;
    expect("1,2\n3,4\n", "names: [x, y]", "1|2\n3|4\n");
    expect("a,a\n3,4\n", "names: [x, y], header: true", "3|4\n");
    refuse("1,2,3\n", "names: [x, y]", "2 names are given, and the first line of");
    expect("", "names: [x, y]", "");
    put_file("1,2\n", 4);
    p = host_begin(with("header: false"), NULL, false);
    assert_string_equal(host_schema(p), "column1 text, column2 text");
    host_end(p);
}

static void test_files_that_cannot_be_planned(void **state)
{
    char folder_option[160];

    (void)state;
    refuse("", "", "is empty, and its first line should hold the names");
    refuse("\xEF\xBB\xBF", "", "is empty");
    refuse("a,,b\n", "", "field 2 has no name");
    refuse("a,b,a\n", "", "fields 1 and 3 are both named 'a'");
    refuse("a,\"b\n", "", "is no CSV");
    refuse("a,\xE9\n", "", "not valid UTF-8");
    put_file("\xFF\xFE" "a\0,\0b\0", 8);
    assert_wrong(with(""), NULL, "encoding: UTF-16");
    (void)snprintf(folder_option, sizeof folder_option, "{path: %s}", folder);
    assert_wrong(folder_option, NULL, "is a folder, and CSV is read from a regular file");
    assert_wrong("{path: /nonexistent/in.csv}", NULL, "path: cannot read /nonexistent/in.csv: No such file");
    assert_wrong("{path: /dev/zero}", NULL, "no regular file");
    refuse("a\n", "encoding: KLINGON", "encoding: there is no encoding 'KLINGON'");
    refuse("a\n", "delimiter: '::'", "delimiter: ");
    refuse("a\n", "delimiter: '\"'", "must differ");
}

static void test_estimate(void **state)
{
    struct leat_plan *p;
    char reads[256];

    (void)state;
    put_file("a,b\n1,2\n", 8);
    p = host_begin(with(""), NULL, false);
    (void)snprintf(reads, sizeof reads, "reads %s\n", path);
    assert_has(host_said(p), "bytes 8\n");
    assert_has(host_said(p), reads);
    host_end(p);
}

/* `check` and `test` where the file is not there. */
static void test_without_the_file(void **state)
{
    struct leat_plan *p = host_begin("{path: /nonexistent/in.csv, fields: {a: int64, b: text}}", NULL, true);

    (void)state;
    assert_null(strstr(host_said(p), "wrong "));
    assert_string_equal(host_schema(p), "a int64, b text");
    assert_has(host_said(p), "note the file is not there");
    host_end(p);
    p = host_begin("{path: /nonexistent/in.csv, fields: {a: int64, b: text}}", NULL, false);
    assert_has(host_said(p), "wrong path: cannot read /nonexistent/in.csv: No such file");
    assert_int_equal(p->rc, LEAT_EUNREACHABLE);
    host_end(p);
    p = host_begin("{path: /tmp, fields: {a: int64, b: text}}", NULL, true);
    assert_has(host_said(p), "wrong path: cannot read /tmp: it is a folder");
    assert_int_equal(p->rc, 0); /* a mistake in the file, and no store that is not there */
    host_end(p);
}

static void test_a_file_that_changes(void **state)
{
    static const char *const others[][2] = {
        { "a,c\n1,2\n", "the column 'b' has vanished" }, { "b,a\n1,2\n", "in another order" },
        { "a,b,c\n1,2,3\n", "its columns are others" },  { "", "has no header any more" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct leat_plan *p;
        char *got;

        put_file("a,b\n1,2\n", 8);
        p = host_begin(with(""), NULL, false);
        put_file(others[i][0], strlen(others[i][0]));
        got = host_read(p, (struct reading){0});
        assert_has(got, "failed -1006"); /* LEAT_EDATA */
        assert_has(got, others[i][1]);
        free(got);
        host_end(p);
    }
}

/* ---- encodings ---- */

static void test_encodings(void **state)
{
    static const char bad[] = "! invalid_utf8 %s: has bytes that are no character of the encoding %s, shown here as "
                              "\\xNN (line %d, byte %d) [%s]\n";
    char expected[320];

    (void)state;
    expect("a,b\n1,\xE9\x80\n", "encoding: WINDOWS-1252", "1|\xC3\xA9\xE2\x82\xAC\n");
    expect_bytes("\xFF\xFE" "a\0,\0b\0\r\0\n\0" "1\0,\0\xE9\0\n\0", 20, "encoding: UTF-16", "1|\xC3\xA9\n");
    (void)snprintf(expected + sprintf(expected, "2|x\n"), 300, bad, "b", "UTF-16LE", 2, 5, "1,\\x00\\xdc");
    expect_bytes("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0\x00\xDC\n\0" "2\0,\0x\0", 24, "encoding: UTF-16LE", expected);
    (void)snprintf(expected, sizeof expected, bad, "b", "UTF-16", 2, 5, "1,\\x78");
    expect_bytes("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0x", 15, "encoding: UTF-16", expected);
    (void)snprintf(expected, sizeof expected, bad, "a", "WINDOWS-1252", 2, 5, "x\\x81\\x8d,\xC3\xA9\\x90");
    expect("a,b\nx\x81\x8D,\xE9\x90\n", "encoding: WINDOWS-1252", expected);
    (void)snprintf(expected, sizeof expected, bad, "a", "WINDOWS-1252", 2, 5, "x\\x81");
    expect("a,b\nx\x81,\xE9\n", "encoding: WINDOWS-1252, fields: {b: {class: secret}}", expected);
    (void)snprintf(expected, sizeof expected, bad, "-", "WINDOWS-1252", 2, 5, "1,2,\\x81");
    expect("a,b\n1,2,\x81\n", "encoding: WINDOWS-1252", expected);
    expect("a,b\n1,x\"\x81\n", "encoding: WINDOWS-1252", "! bad_quote -: a quote stands inside a field that does not "
           "begin with one (line 2, byte 8) [1,x\"\\x81]\n");
}

/* ---- going on ---- */

/* A batch a run; each goes on where the one before has said. */
static void goes_on(const char *encoding, const char *text, size_t n, int last_byte)
{
    char more[64], expected[160], position[128] = "", *at;
    struct leat_text_buffer all = {0};

    (void)snprintf(more, sizeof more, "encoding: %s", encoding);
    for (int i = 0; i < 4; i++) {
        char *got = read_bytes(text, n, more, (struct reading){.cap_rows = 1, .max_batches = 1, .positions = true,
                                                               .position = *position ? position : NULL});

        at = strstr(got, "@ ");
        assert_non_null(at);
        leat_text_add(&all, got, (size_t)(at - got));
        (void)snprintf(position, sizeof position, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
        free(got);
    }
    (void)snprintf(expected, sizeof expected, "1|x\n2|y\nz\n3|<null>\n! too_few_fields -: has 1 fields instead of 2 "
                   "(line 6, byte %d) [4]\n", last_byte);
    assert_string_equal(all.p, expected);
    leat_text_deinit(&all);
}

static void test_goes_on_where_it_stopped(void **state)
{
    static const char text[] = "a,b\n1,x\n2,\"y\nz\"\n3,\n4\n";
    char wide[2 * sizeof text] = "\xFF\xFE", marked[sizeof text + 3] = "\xEF\xBB\xBF";

    (void)state;
    for (size_t i = 0; i + 1 < sizeof text; i++)
        wide[2 * i + 2] = text[i], wide[2 * i + 3] = '\0';
    strcat(marked, text);
    goes_on("UTF-8", text, strlen(text), 20);
    goes_on("UTF-8", marked, strlen(marked), 23);
    goes_on("UTF-16", wide, 2 * sizeof text, 20);
}

static void test_cannot_go_on_behind_the_end(void **state)
{
    char *got = read_bytes("a,b\n1,2\n", 8, "", (struct reading){.position = "100 7 0123456789abcdef 100"});

    (void)state;
    assert_has(got, "failed -1006");
    assert_has(got, "become shorter than where the last run stopped; `leat run --restart` begins anew");
    free(got);
}

/* Reads one record of a file, and goes on with another in its place. */
static char *go_on_with_another(const char *more, const char *first, size_t n_first, const char *then, size_t n_then)
{
    char *got = read_bytes(first, n_first, more, (struct reading){.cap_rows = 1, .max_batches = 1, .positions = true});
    char position[128], *at = strstr(got, "@ ");

    assert_non_null(at);
    (void)snprintf(position, sizeof position, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
    free(got);
    return read_bytes(then, n_then, more, (struct reading){.position = position});
}

static void assert_another(const char *more, const char *first, const char *then, const char *wanted)
{
    char *got = go_on_with_another(more, first, strlen(first), then, strlen(then));

    assert_has(got, wanted);
    free(got);
}

static void test_does_not_go_on_with_another_file(void **state)
{
    static const char changed[] = "has changed since the run that stopped; `leat run --restart` begins anew";
    static const char wide[] = "\xFF\xFE" "a\0\n\0" "1\0\n\0" "2\0\n\0", other[] = "\xFF\xFE" "a\0\n\0" "3\0\n\0" "2\0\n\0";
    static const char *const bad[] = {"", "8", "8 3", "8 3 0", "x y z 1", "-8 3 cbf29ce484222325 -8"};
    char *got;

    (void)state;
    assert_another("", "a,b\n1,2\n3,4\n", "a,b\n1,9\n3,4\n", changed);
    assert_another("", "a,b\n1,2\n3,4\n", "a,b\n1,2\n3,5\n", "3|5\n"); /* has not been read */
    assert_another("", "a,b\n1,2\n3,4\n", "a,b\n1,2\n", "");
    assert_another("", "a,b\n1,2", "a,b\n1,23\n", changed); /* that line was taken as it was */
    assert_another("", "a,b\n1,2", "a,b\n1,2", "");
    assert_another("", "a,b\n1,2\n", "a,b\n1,2\n3,4\n", "3|4\n");
    got = go_on_with_another("encoding: UTF-16", wide, sizeof wide - 1, wide, sizeof wide - 1);
    assert_string_equal(got, "2\n");
    free(got);
    got = go_on_with_another("encoding: UTF-16", wide, sizeof wide - 1, other, sizeof other - 1);
    assert_has(got, changed);
    free(got);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        got = read_bytes("a,b\n1,2\n", 8, "", (struct reading){.position = bad[i]});
        assert_has(got, "failed ");
        free(got);
    }
}

/* ---- csv-spectrum ---- */

static char *slurp(const char *name)
{
    FILE *f = fopen(name, "rb");
    char *text = calloc(1, 100000);

    assert_non_null(f);
    assert_true(fread(text, 1, 99999, f) > 0);
    (void)fclose(f);
    return text;
}

/* A row of the JSON as say_row writes it. */
static void expect_row(const struct leat_plan *p, const cJSON *row, struct leat_text_buffer *out)
{
    for (int i = 0; i < p->out.n_fields; i++) {
        const char *name = p->out.fields[i].name;
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, name);

        assert_non_null(value);
        leat_text_add_string(out, i ? "|" : "");
        for (const char *c = value->valuestring; *c; c++)
            if (*c != '\r') /* a checkout may have turned CRLF into LF */
                leat_text_add(out, c, 1);
    }
    leat_text_add(out, "\n", 1);
}

static void same_as_json(const struct leat_plan *p, char *said, const char *json)
{
    cJSON *rows = cJSON_Parse(json), *row;
    struct leat_text_buffer expected = {0};
    char *end = said;

    assert_non_null(rows);
    if (cJSON_IsObject(rows)) /* location_coordinates.json is no list */
        expect_row(p, rows, &expected);
    else
        cJSON_ArrayForEach(row, rows)
            expect_row(p, row, &expected);
    for (const char *c = said; *c; c++)
        if (*c != '\r')
            *end++ = *c;
    *end = '\0';
    assert_string_equal(said, expected.p);
    leat_text_deinit(&expected);
    cJSON_Delete(rows);
}

/* The CSV has another phone number than its JSON. */
static char *right_number(char *json)
{
    char *number = strstr(json, "\"1234567890\"");

    if (number)
        memcpy(number, "\"2095257564\"", 12);
    return json;
}

static void spectrum_file(const char *data, const char *csv)
{
    char json[512], *wanted, *got;
    struct leat_plan *p;

    (void)snprintf(json, sizeof json, "%s/csv-spectrum/json/%.*s.json", data, (int)(strlen(csv) - 4), csv);
    wanted = slurp(json);
    (void)snprintf(options, sizeof options, "{path: %s/csv-spectrum/csvs/%s, strict: %s}", data, csv,
                   strstr(csv, "location_coordinates") ? "false" : "true"); /* has quotes in the middle of fields */
    p = host_begin(options, NULL, false);
    assert_null(strstr(host_said(p), "wrong "));
    got = host_read(p, (struct reading){0});
    same_as_json(p, got, right_number(wanted));
    free(wanted);
    free(got);
    host_end(p);
}

static void test_csv_spectrum(void **state)
{
    const char *data = getenv("LEAT_TEST_DATA");
    char name[512];
    DIR *dir;
    int n = 0;

    (void)state;
    (void)snprintf(name, sizeof name, "%s/csv-spectrum/csvs", data ? data : "");
    dir = opendir(name);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') {
            spectrum_file(data, entry->d_name);
            n++;
        }
    (void)closedir(dir);
    assert_true(n >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_and_empty),
        cmocka_unit_test(test_line_ends_and_marks),
        cmocka_unit_test(test_nul_bytes_stay),
        cmocka_unit_test(test_empty_lines_are_counted),
        cmocka_unit_test(test_bad_records),
        cmocka_unit_test(test_lenient),
        cmocka_unit_test(test_large_records),
        cmocka_unit_test(test_columns_grow),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_numbers_at_their_bounds),
        cmocka_unit_test(test_more_values_than_one_that_do_not_fit),
        cmocka_unit_test(test_time_zones_are_looked_up),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_files_that_cannot_be_planned),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_without_the_file),
        cmocka_unit_test(test_a_file_that_changes),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_goes_on_where_it_stopped),
        cmocka_unit_test(test_cannot_go_on_behind_the_end),
        cmocka_unit_test(test_does_not_go_on_with_another_file),
        cmocka_unit_test(test_csv_spectrum),
    };

    /* The last needs LEAT_TEST_DATA; tests/bad-input says so where it is missing. */
    return _cmocka_run_group_tests("csv-extract", tests, sizeof tests / sizeof *tests - !getenv("LEAT_TEST_DATA"),
                                   make_folder, remove_folder);
}
