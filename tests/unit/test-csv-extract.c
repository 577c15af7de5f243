/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The csv extract (plugins/extract/csv): what it plans, the rows and rejects it
 * makes, and where it goes on. The grammar itself is test-csv-read's.
 */
#include "test-csv-host.h"

#include "unit.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <string.h>

static char folder[128], path[192];

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

static struct leat_plan *begin(const char *text, size_t n)
{
    struct leat_plan *p = host_begin();

    put_file(text, n);
    host_text(p, "path", path);
    return p;
}

#define BEGIN(text) begin(text, strlen(text))

static void make_plan(struct leat_plan *p)
{
    struct leat_error err = {0};

    assert_int_equal(p->plugin->plan(p, p->self, &err), 0);
}

static void say_row(const struct leat_batch *b, int32_t row, struct leat_text_buffer *out)
{
    for (int i = 0; i < b->schema->n_fields; i++) {
        const struct leat_column *c = &b->columns[i];
        size_t n;
        const char *text;

        if (i)
            leat_text_add(out, "|", 1);
        if (leat_is_null(c, row)) {
            leat_text_add_string(out, "<null>");
        } else if (c->offsets) {
            text = leat_text(c, row, &n);
            leat_text_add(out, text, n);
        } else if (c->type == LEAT_BOOL) {
            leat_text_add_string(out, leat_bool(c, row) ? "true" : "false");
        } else if (c->type == LEAT_FLOAT64) {
            leat_text_printf(out, "%g", c->float64[row]);
        } else {
            leat_text_printf(out, "%" PRId64, c->type == LEAT_DATE ? c->date[row] : c->int64[row]);
        }
    }
    leat_text_add(out, "\n", 1);
}

static void say_batch(const struct leat_batch *b, struct leat_text_buffer *out)
{
    const struct leat_account *a = &b->host->account;

    LEAT_EACH_ROW(b, row)
        say_row(b, row, out);
    for (int i = 0; i < a->n_rejects; i++) {
        leat_text_printf(out, "!%s %s", a->rejects[i].code, a->text.p + a->rejects[i].reason);
        if (a->rejects[i].has_raw) {
            leat_text_add_string(out, " [");
            leat_text_add(out, a->text.p + a->rejects[i].raw, a->rejects[i].n_raw);
            leat_text_add_string(out, "]");
        }
        leat_text_add(out, "\n", 1);
    }
}

struct run {
    struct leat_stage stage;
    struct leat_error err;
    struct leat_text_buffer said; /* rows, then rejects, a batch */
    struct leat_text_buffer position;
    int rc;                       /* of open */
    int32_t cap_rows;
    int64_t max_record;
    int n_batches;                /* read at most so many; 0: all */
};

static void read_all(struct run *r, struct leat_plan *p)
{
    struct leat_pool pool;
    enum leat_flow flow = LEAT_MORE;

    leat_pool_init(&pool, &p->out, NULL, r->cap_rows ? r->cap_rows : 100, 1 << 20,
                   r->max_record ? r->max_record : 1 << 20);
    for (int i = 0; flow == LEAT_MORE && (!r->n_batches || i < r->n_batches); i++) {
        struct leat_batch *b = leat_pool_get(&pool);

        flow = p->plugin->read(&r->stage, p->self, b, &r->err);
        assert_int_equal(leat_batch_finish(b, &r->err), 0);
        say_batch(b, &r->said);
        r->position.n = 0;
        leat_text_add_string(&r->position, b->host->position.p);
        b->host->account.n_open = 0;
        leat_batch_release(b);
    }
    assert_int_not_equal(flow, LEAT_FAILED);
    leat_pool_deinit(&pool);
}

static const char *run(struct run *r, struct leat_plan *p)
{
    r->stage.plan = p;
    r->rc = p->plugin->open(&r->stage, p->self, &r->err);
    leat_text_add(&r->said, "", 0);
    if (r->rc == 0)
        read_all(r, p);
    p->plugin->close(&r->stage, p->self);
    return r->said.p;
}

static void end(struct run *r, struct leat_plan *p)
{
    leat_text_deinit(&r->said);
    leat_text_deinit(&r->position);
    host_end(p);
}

/* Plans and reads it all. */
static void expect(struct leat_plan *p, const char *expected)
{
    struct run r = {0};

    make_plan(p);
    assert_string_equal(p->wrong, "");
    assert_string_equal(run(&r, p), expected);
    assert_int_equal(r.rc, 0);
    end(&r, p);
}

/* Plans; what is wrong holds `expected`. */
static void refuse(struct leat_plan *p, const char *expected)
{
    make_plan(p);
    if (!strstr(p->wrong, expected))
        fail_msg("'%s' is not in '%s'", expected, p->wrong);
    host_end(p);
}

static struct leat_node scalar(const char *name, const char *text)
{
    return (struct leat_node){ .kind = LEAT_SCALAR, .plain = true, .name = name, .text = text };
}

static void set_node(struct leat_plan *p, const char *option, const struct leat_node *node)
{
    *(const struct leat_node **)host_option(p, option) = node;
}

/* ---- rows ---- */

static void test_null_and_empty(void **state)
{
    struct leat_plan *p;

    (void)state;
    expect(BEGIN("a,b,c\n1,,\"\"\n\"\",x,\n"), "1|<null>|\n|x|<null>\n");
    p = BEGIN("a,b,c\nNULL,,\"NULL\"\n");
    host_text(p, "null", "NULL");
    expect(p, "<null>||NULL\n");
}

static void test_line_ends_and_marks(void **state)
{
    (void)state;
    expect(BEGIN("\xEF\xBB\xBF" "a,b\r\n1,2\r\n\r\n3,4"), "1|2\n3|4\n");
    expect(BEGIN("\xEF\xBB\xBF\"a\",b\n1,2\n"), "1|2\n");
    expect(BEGIN("a\n1\n\n2\n"), "1\n<null>\n2\n");
    expect(BEGIN("a,b\n"), "");
    expect(BEGIN("a,b"), "");
}

static void test_nul_bytes_stay(void **state)
{
    struct leat_plan *p = begin("a,b\n\0,\"x\0y\"\n", 12);
    struct run r = {0};

    (void)state;
    make_plan(p);
    run(&r, p);
    assert_int_equal(r.said.n, 6);
    assert_memory_equal(r.said.p, "\0|x\0y\n", 6);
    end(&r, p);
}

static void test_empty_lines_are_counted(void **state)
{
    struct leat_plan *p = BEGIN("a,b\n\n1,2\n\r\n\n");
    struct run r = {0};

    (void)state;
    make_plan(p);
    assert_string_equal(run(&r, p), "1|2\n");
    assert_string_equal(r.stage.counted, "empty line 3");
    end(&r, p);
}

static void test_bad_records(void **state)
{
    (void)state;
    expect(BEGIN("a,b\n1\n1,2,3\n4,5\n"),
           "4|5\n!too_few_fields has 1 fields instead of 2 (line 2, byte 5) [1]\n"
           "!too_many_fields has 3 fields instead of 2 (line 3, byte 7) [1,2,3]\n");
    expect(BEGIN("a,b\n1,x\"y\n\"1\"2,3\n4,5\n"),
           "4|5\n!bad_quote a quote stands inside a field that does not begin with one (line 2, byte 8) [1,x\"y]\n"
           "!bad_quote text stands behind the closing quote of a field (line 3, byte 14) [\"1\"2,3]\n");
    expect(BEGIN("a,b\n1,2\n3,\"4\n5,6\n"),
           "1|2\n!unclosed_quote the quote opened here is not closed before the end of the file (line 3, byte 11) "
           "[3,\"4\n5,6\n]\n");
    expect(BEGIN("a,b\n1,\xFF\n2,\xC3\xA9\n"), "2|\xC3\xA9\n!invalid_utf8 is not valid UTF-8 from byte 1 on (see "
           "encoding)\n");
}

static void test_lenient(void **state)
{
    struct leat_plan *p = BEGIN("a,b\n1\n1,2,3\n1,x\"y\n\"1\"2,3\n\"4\"\"5\"6\"7,8\r\n,\"\"x\r\n");

    (void)state;
    host_bool(p, "strict", false);
    expect(p, "1|<null>\n1|x\"y\n12|3\n4\"56\"7|8\n<null>|x\n"
           "!too_many_fields has 3 fields instead of 2 (line 3, byte 7) [1,2,3]\n");
}

static void test_large_records(void **state)
{
    struct leat_plan *p = BEGIN("");
    struct run r = { .max_record = 1000 };
    char text[3000];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "a,b\n1,", 6);
    memcpy(text + 2000, "\n2,3\n", 6);
    put_file(text, 2005);
    make_plan(p);
    assert_string_equal(run(&r, p), "2|3\n!record_too_large takes more than 1000 bytes in the file (line 2, byte 5); "
                        "see max_record\n");
    end(&r, p);
}

/* Values that outgrow the columns' first memory, quoted and not. */
static void test_columns_grow(void **state)
{
    enum { N = 20000 };
    struct leat_plan *p = BEGIN("");
    struct run r = {0};
    char *text = malloc(3 * N + 100), *at = text;

    (void)state;
    at += sprintf(at, "a,b\n");
    memset(at, 'y', N);
    at += N;
    at += sprintf(at, ",\"");
    for (int i = 0; i < N; i += 2)
        at += sprintf(at, "\"\"z");
    at += sprintf(at, "\"\n1,2\n");
    put_file(text, (size_t)(at - text));
    free(text);
    make_plan(p);
    run(&r, p);
    assert_int_equal(r.said.n, N + 1 + N + 1 + 4);
    assert_int_equal(r.said.p[N - 1], 'y');
    assert_memory_equal(r.said.p + N, "|\"z\"z", 5);
    end(&r, p);
}

/* ---- types ---- */

static void test_types(void **state)
{
    struct leat_node types[] = { scalar("i", "int64"), scalar("f", "float64"), scalar("d", "date"),
                                 scalar("t", "timestamp"), scalar("b", "bool"), scalar("n", "decimal"),
                                 scalar("j", "json"), scalar("x", "bytes") };
    const struct leat_node *children[8];
    struct leat_node map = { .kind = LEAT_MAP, .n_children = 8, .children = children };
    struct leat_plan *p = BEGIN("i,f,d,t,b,n,j,x\n"
                                "-7,2.5,1970-01-02,1970-01-01 00:00:01.5,yes,+07.50,\"{\"\"a\"\":[1]}\",\\x6162\n"
                                ",\"\",,,,,,\n"
                                "x,1,,,,,,\n"
                                "1,1,1970-02-30,,,,,raw\n");

    (void)state;
    for (int i = 0; i < 8; i++)
        children[i] = &types[i];
    set_node(p, "fields", &map);
    expect(p, "-7|2.5|1|1500000|true|7.50|{\"a\":[1]}|ab\n"
           "<null>|<null>|<null>|<null>|<null>|<null>|<null>|<null>\n"
           "!conversion_failed field i is not a whole number of 64 bits (line 4, byte 99) [x,1,,,,,,]\n"
           "!conversion_failed field d is not a date written YYYY-MM-DD (line 5, byte 109) [1,1,1970-02-30,,,,,raw]\n");
}

/* ---- plans ---- */

static void test_names(void **state)
{
    struct leat_node names[] = { scalar(NULL, "x"), scalar(NULL, "y") };
    const struct leat_node *children[] = { &names[0], &names[1] };
    struct leat_node list = { .kind = LEAT_LIST, .n_children = 2, .children = children };
    struct leat_plan *p = BEGIN("1,2\n3,4\n");

    (void)state;
    set_node(p, "names", &list);
    expect(p, "1|2\n3|4\n");
    p = BEGIN("a,a\n3,4\n");
    set_node(p, "names", &list);
    p->header_given = true;
    expect(p, "3|4\n");
    p = BEGIN("1,2,3\n");
    set_node(p, "names", &list);
    refuse(p, "2 names are given, and the first line of");
    p = BEGIN("");
    set_node(p, "names", &list);
    expect(p, "");
    p = BEGIN("1,2\n");
    host_bool(p, "header", false);
    make_plan(p);
    assert_string_equal(p->out.fields[1].name, "column2");
    host_end(p);
}

static void test_files_that_cannot_be_planned(void **state)
{
    struct leat_plan *p;

    (void)state;
    refuse(BEGIN(""), "is empty, and its first line should hold the names");
    refuse(BEGIN("\xEF\xBB\xBF"), "is empty");
    refuse(BEGIN("a,,b\n"), "field 2 has no name");
    refuse(BEGIN("a,b,a\n"), "fields 1 and 3 are both named 'a'");
    refuse(BEGIN("a,\"b\n"), "is no CSV");
    refuse(BEGIN("a,\xE9\n"), "not valid UTF-8");
    refuse(begin("\xFF\xFE" "a\0,\0b\0", 8), "encoding: UTF-16");
    p = host_begin();
    host_text(p, "path", folder);
    refuse(p, "is a folder");
    p = host_begin();
    host_text(p, "path", "/nonexistent/in.csv");
    refuse(p, "path: cannot read /nonexistent/in.csv: No such file");
    p = host_begin();
    host_text(p, "path", "/dev/zero");
    refuse(p, "no regular file");
    p = BEGIN("a\n");
    host_text(p, "encoding", "KLINGON");
    refuse(p, "encoding: there is no encoding 'KLINGON'");
    p = BEGIN("a\n");
    host_text(p, "delimiter", "::");
    refuse(p, "delimiter: ");
    p = BEGIN("a\n");
    host_text(p, "delimiter", "\"");
    refuse(p, "must differ");
}

static void test_estimate(void **state)
{
    struct leat_plan *p = BEGIN("a,b\n1,2\n");

    (void)state;
    make_plan(p);
    assert_int_equal(p->bytes, 8);
    assert_string_equal(p->input, path);
    host_end(p);
}

/* `check` and `test` where the file is not there. */
static void test_without_the_file(void **state)
{
    struct leat_node a = scalar("a", "int64"), b = scalar("b", "text");
    const struct leat_node *children[] = { &a, &b };
    struct leat_node map = { .kind = LEAT_MAP, .n_children = 2, .children = children };
    struct leat_plan *p = host_begin();

    (void)state;
    host_text(p, "path", "/nonexistent/in.csv");
    set_node(p, "fields", &map);
    p->connects = false;
    make_plan(p);
    assert_string_equal(p->wrong, "");
    assert_int_equal(p->out.n_fields, 2);
    assert_int_equal(p->out.fields[0].type, LEAT_INT64);
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
        struct leat_plan *p = BEGIN("a,b\n1,2\n");
        struct run r = {0};

        make_plan(p);
        put_file(others[i][0], strlen(others[i][0]));
        run(&r, p);
        assert_int_equal(r.rc, LEAT_EDATA);
        assert_non_null(strstr(r.err.text, others[i][1]));
        end(&r, p);
    }
}

/* ---- encodings ---- */

static void test_encodings(void **state)
{
    struct leat_plan *p = BEGIN("a,b\n1,\xE9\x80\n");

    (void)state;
    host_text(p, "encoding", "WINDOWS-1252");
    expect(p, "1|\xC3\xA9\xE2\x82\xAC\n");
    p = begin("\xFF\xFE" "a\0,\0b\0\r\0\n\0" "1\0,\0\xE9\0\n\0", 20);
    host_text(p, "encoding", "UTF-16");
    expect(p, "1|\xC3\xA9\n");
    p = begin("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0\x00\xDC\n\0" "2\0,\0x\0", 24);
    host_text(p, "encoding", "UTF-16LE");
    expect(p, "2|x\n!invalid_utf8 is not valid UTF-8 from byte 1 on (see encoding)\n");
    p = begin("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0x", 15);
    host_text(p, "encoding", "UTF-16");
    expect(p, "!invalid_utf8 is not valid UTF-8 from byte 1 on (see encoding)\n");
}

/* ---- going on ---- */

static void goes_on(const char *encoding, const char *text, size_t n, int last_byte)
{
    char expected[160];
    struct leat_text_buffer all = {0};
    char position[64] = "";

    for (int i = 0; i < 4; i++) {
        struct leat_plan *p = begin(text, n);
        struct run r = { .cap_rows = 1, .n_batches = 1, .stage = { .position = *position ? position : NULL } };

        host_text(p, "encoding", encoding);
        make_plan(p);
        assert_int_equal(r.rc, 0);
        leat_text_add_string(&all, run(&r, p));
        (void)snprintf(position, sizeof position, "%.*s", (int)r.position.n, r.position.p);
        end(&r, p);
    }
    (void)snprintf(expected, sizeof expected, "1|x\n2|y\nz\n3|<null>\n!too_few_fields has 1 fields instead of 2 "
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
    struct leat_plan *p = BEGIN("a,b\n1,2\n");
    struct run r = { .stage = { .position = "100 7" } };

    (void)state;
    make_plan(p);
    run(&r, p);
    assert_int_equal(r.rc, LEAT_EDATA);
    assert_non_null(strstr(r.err.text, "become shorter"));
    end(&r, p);
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

static void same_as_json(const struct leat_plan *p, struct leat_text_buffer *said, const char *json)
{
    cJSON *rows = cJSON_Parse(json), *row;
    struct leat_text_buffer expected = {0};
    size_t n = 0;

    assert_non_null(rows);
    if (cJSON_IsObject(rows)) /* location_coordinates.json is no list */
        expect_row(p, rows, &expected);
    else
        cJSON_ArrayForEach(row, rows)
            expect_row(p, row, &expected);
    for (size_t i = 0; i < said->n; i++)
        if (said->p[i] != '\r')
            said->p[n++] = said->p[i];
    said->p[n] = '\0';
    assert_string_equal(said->p, expected.p);
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
    char from[512], json[512];
    struct leat_plan *p = host_begin();
    struct run r = {0};
    char *wanted;

    (void)snprintf(from, sizeof from, "%s/csv-spectrum/csvs/%s", data, csv);
    (void)snprintf(json, sizeof json, "%s/csv-spectrum/json/%.*s.json", data, (int)(strlen(csv) - 4), csv);
    wanted = slurp(json);
    host_text(p, "path", from);
    host_bool(p, "strict", !strstr(csv, "location_coordinates")); /* has quotes in the middle of fields */
    make_plan(p);
    assert_string_equal(p->wrong, "");
    (void)run(&r, p);
    same_as_json(p, &r.said, right_number(wanted));
    free(wanted);
    end(&r, p);
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
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_files_that_cannot_be_planned),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_without_the_file),
        cmocka_unit_test(test_a_file_that_changes),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_goes_on_where_it_stopped),
        cmocka_unit_test(test_cannot_go_on_behind_the_end),
        cmocka_unit_test(test_csv_spectrum),
    };

    /* The last needs LEAT_TEST_DATA; tests/bad-input says so where it is missing. */
    return _cmocka_run_group_tests("csv-extract", tests, sizeof tests / sizeof *tests - !getenv("LEAT_TEST_DATA"),
                                   make_folder, remove_folder);
}
