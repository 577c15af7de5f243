/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The import dialect (plugins/kit/cognito_csv): values against a writer that goes byte by byte,
 * rows as a whole, and the names of parts. What becomes of files is tested by running leat.
 */
#include "unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/cognito_csv/parts.h"
#include "kit/cognito_csv/table.h"

/* ---- values ---- */

struct copied {
    char text[256];
    int fault;
};

static struct copied copy(const char *text, size_t n)
{
    struct copied result = {{0}, 0};
    char *exact = malloc(n); /* so that a sanitizer sees a byte read beyond it */
    char *end;

    memcpy(exact, text, n);
    end = table_copy_value(result.text, exact, n, &result.fault);
    free(exact);
    if (end)
        *end = '\0';
    else
        assert_true(result.fault >= COGNITO_N_FAULTS);
    return result;
}

static void test_values_that_can_be_written(void **state)
{
    static const char *const cases[][2] = {
        {"a", "a"}, {"Smith, Anna", "Smith\\, Anna"}, {",", "\\,"}, {",,", "\\,\\,"}, {"'", "'"}, {"a;b", "a;b"},
        {"12345678", "12345678"}, {"1234567,", "1234567\\,"}, {"12345678,0", "12345678\\,0"}, {"ü", "ü"},
        {"\u00a3 5", "\u00a3 5"}, {"a \u2013 b", "a \u2013 b"}, {"a\u00a0b", "a\u00a0b"}, {"太郎", "太郎"}, {"😀", "😀"},
        {"=1+1", "=1+1"}, {"#x", "#x"}, {"null", "null"}, {"a  b", "a  b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct copied c = copy(cases[i][0], strlen(cases[i][0]));

        assert_int_equal(c.fault, 0);
        assert_string_equal(c.text, cases[i][1]);
    }
}

static void test_values_that_cannot(void **state)
{
    static const struct { const char *text; size_t n; int fault; } cases[] = {
        {"a\nb", 3, TABLE_LINE_BREAK}, {"a\rb", 3, TABLE_LINE_BREAK}, {"a\u2028b", 5, TABLE_LINE_BREAK},
        {"a\xc2\x85" "b", 4, TABLE_LINE_BREAK}, {"a\vb", 3, TABLE_LINE_BREAK}, {"a\tb", 3, TABLE_TAB},
        {"a\"b", 3, TABLE_QUOTE}, {"\"", 1, TABLE_QUOTE}, {"a\\b", 3, TABLE_BACKSLASH}, {"a\\,b", 4, TABLE_BACKSLASH},
        {"a\0b", 3, TABLE_CONTROL}, {"a\x1b", 2, TABLE_CONTROL}, {"a\x7f" "b", 3, TABLE_CONTROL},
        {"a\xc2\x80" "b", 4, TABLE_CONTROL}, {" a", 2, TABLE_OUTER_SPACE}, {"a ", 2, TABLE_OUTER_SPACE},
        {" ", 1, TABLE_OUTER_SPACE}, {"a\n", 2, TABLE_OUTER_SPACE}, {"\ta", 2, TABLE_OUTER_SPACE},
        {"a\u00a0", 3, TABLE_OUTER_SPACE}, {"\u3000a", 4, TABLE_OUTER_SPACE}, {"\ufeff" "a", 4, TABLE_OUTER_SPACE},
        {"12345678\"", 9, TABLE_QUOTE}, {"\"12345678", 9, TABLE_QUOTE}, {"1234\"5678901234567", 18, TABLE_QUOTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(copy(cases[i].text, cases[i].n).fault, cases[i].fault);
}

/* The rules again, one byte at a time. */
static bool naive(const char *text, size_t n, char *out)
{
    if (text[0] == ' ' || text[n - 1] == ' ')
        return false;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == '"' || text[i] == '\\' || text[i] == 0x7F)
            return false;
        if (text[i] == ',')
            *out++ = '\\';
        *out++ = text[i];
    }
    *out = '\0';
    return true;
}

static void test_random_values_as_byte_by_byte(void **state)
{
    static const char letters[] = "aaaaaaaaaaaabcdefghijklmnopqrstuvwxyzAZ09!#$%&'()*+-./:;<=>?@[]^_`{|}~ ,,"
                                  "\",\\\n\t\x01\x1f\x7f";
    char text[64], expected[128];
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        size_t n = 1 + (size_t)(seed >> 16) % 40;
        int range = round % 4 ? 72 : (int)sizeof letters - 1;
        bool good;
        struct copied c;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = letters[(int)((seed >> 16) % (unsigned)range)];
        }
        good = naive(text, n, expected);
        c = copy(text, n);
        if (good != !c.fault || (good && strcmp(c.text, expected) != 0))
            fail_msg("%.*s becomes %s, fault %d", (int)n, text, c.text, c.fault);
    }
}

/* ---- rows ---- */

enum { MAX_FIELDS = 6 };

/* A batch of one row of texts (NULL: null), made by hand: reading needs nothing of the host. */
struct fixture {
    struct leat_field fields[MAX_FIELDS];
    struct leat_schema schema;
    struct leat_column columns[MAX_FIELDS];
    uint8_t validity[MAX_FIELDS];
    int32_t offsets[MAX_FIELDS][2];
    struct leat_batch batch;
    struct cognito_pool pool;
    struct table table;
    char fixed[1024];
    struct table_trouble trouble;
};

static void put_field(struct fixture *f, const char *name, const char *text, size_t n)
{
    int i = f->schema.n_fields++;

    assert_true(i < MAX_FIELDS);
    f->fields[i] = (struct leat_field){ .name = name, .type = LEAT_TEXT };
    f->validity[i] = text != NULL;
    f->offsets[i][1] = (int32_t)n;
    f->columns[i] = (struct leat_column){ .type = LEAT_TEXT, .n_rows = 1, .validity = &f->validity[i],
                                          .offsets = f->offsets[i], { .bytes = (uint8_t *)(uintptr_t)text } };
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    cognito_pool_default(&f->pool);
    f->pool.attributes[COGNITO_EMAIL].required = false;
    f->table.pool = &f->pool;
    f->schema.fields = f->fields;
}

static void put_text(struct fixture *f, const char *name, const char *text)
{
    put_field(f, name, text, text ? strlen(text) : 0);
}

/* The row for the given columns, without its line end; NULL, with the fault in f->trouble. */
static char *row(struct fixture *f, const char *const *columns, char *out)
{
    char *end;

    for (; *columns; columns++)
        assert_non_null(table_add(&f->table, cognito_pool_assume(&f->pool, *columns), *columns));
    f->batch = (struct leat_batch){ .schema = &f->schema, .columns = f->columns, .n_rows = 1, .n_selected = 1 };
    assert_true(table_fixed_size(&f->table) <= sizeof f->fixed);
    table_bind(&f->table, &f->schema, f->fixed);
    end = table_write_row(&f->table, &f->batch, 0, out, &f->trouble);
    if (!end)
        return NULL;
    assert_true((size_t)(end - out) <= f->table.max_row);
    assert_int_equal(end[-1], '\n');
    end[-1] = '\0';
    return out;
}

static void test_a_row_has_all_columns(void **state)
{
    static const char *const columns[] = {"name", "email", "email_verified", "birthdate", "phone_number",
                                          "phone_number_verified", "updated_at", "cognito:username", "custom:x", NULL};
    struct fixture f;
    char out[65536];

    (void)state;
    begin(&f);
    put_text(&f, "cognito:username", "anna");
    put_text(&f, "birthdate", "2024-02-29");
    put_text(&f, "email_verified", "TRUE");
    put_text(&f, "email", "a@b.c");
    put_text(&f, "name", "Smith, Anna");
    assert_string_equal(row(&f, columns, out), "Smith\\, Anna,a@b.c,true,02/29/2024,,false,,anna,");
}

static void test_null_and_empty_are_blank(void **state)
{
    static const char *const columns[] = {"cognito:username", "email_verified", "name", "birthdate",
                                          "cognito:mfa_enabled", NULL};
    struct fixture f;
    char out[65536];

    (void)state;
    begin(&f);
    put_text(&f, "cognito:username", "anna");
    put_text(&f, "email_verified", NULL);
    put_text(&f, "name", "");
    put_text(&f, "birthdate", NULL);
    put_text(&f, "cognito:mfa_enabled", "");
    assert_string_equal(row(&f, columns, out), "anna,false,,,");
}

static void test_a_row_without_username_is_refused(void **state)
{
    static const char *const columns[] = {"cognito:username", "name", NULL};
    struct fixture f;
    char out[65536];

    (void)state;
    begin(&f);
    put_text(&f, "name", "Anna");
    put_text(&f, "cognito:username", "");
    assert_null(row(&f, columns, out));
    assert_int_equal(f.trouble.fault, COGNITO_MISSING);
    assert_int_equal(f.trouble.field, 1);
}

static void test_verified_needs_what_is_verified(void **state)
{
    static const char *const columns[] = {"cognito:username", "email", "email_verified", NULL};
    struct fixture f;
    char out[65536];

    (void)state;
    begin(&f);
    put_text(&f, "cognito:username", "anna");
    put_text(&f, "email", NULL);
    put_text(&f, "email_verified", "true");
    assert_null(row(&f, columns, out));
    assert_int_equal(f.trouble.fault, COGNITO_NO_EMAIL);
    assert_int_equal(f.trouble.field, 2);
}

static void test_what_the_pool_verifies_is_demanded_where_it_is_known(void **state)
{
    static const char *const columns[] = {"cognito:username", "email", "email_verified", NULL};
    char out[65536];

    (void)state;
    for (int known = 0; known < 2; known++) {
        struct fixture f;

        begin(&f);
        f.table.demands_verified = known;
        put_text(&f, "cognito:username", "anna");
        put_text(&f, "email", "a@b.c");
        put_text(&f, "email_verified", "false");
        if (!known)
            assert_string_equal(row(&f, columns, out), "anna,a@b.c,false");
        else
            assert_null(row(&f, columns, out));
        assert_int_equal(f.trouble.fault, known ? COGNITO_NOT_VERIFIED : COGNITO_OK);
    }
}

static void test_rows_count_characters_up_to_16000(void **state)
{
    static const char *const columns[] = {"cognito:username", "custom:a", "custom:b", "custom:c", "custom:d",
                                          "custom:e", NULL};
    static char commas[2049], out[65536];
    struct fixture f;

    (void)state;
    memset(commas, ',', 2048);
    begin(&f);
    put_text(&f, "cognito:username", "a");
    for (int i = 0; i < 3; i++)
        put_field(&f, columns[i + 1], commas, 2048); /* 4,096 characters each, escaped */
    put_field(&f, "custom:d", commas, 1853);
    assert_non_null(row(&f, columns, out));
    assert_int_equal(strlen(out), 16000);
    f.offsets[4][1] = 1854;
    assert_null(table_write_row(&f.table, &f.batch, 0, out, &f.trouble));
    assert_int_equal(f.trouble.fault, TABLE_ROW_TOO_LONG);
}

static void test_rows_of_more_bytes_than_characters_are_fine(void **state)
{
    static const char *const columns[] = {"cognito:username", "custom:a", "custom:b", "custom:c", "custom:d",
                                          "custom:e", NULL};
    static char umlauts[2049], out[65536];
    struct fixture f;

    (void)state;
    for (int i = 0; i < 2048; i += 2)
        memcpy(umlauts + i, "ü", 2);
    begin(&f);
    put_text(&f, "cognito:username", "a");
    for (int i = 0; i < 5; i++)
        put_field(&f, columns[i + 1], umlauts, 2048);
    assert_non_null(row(&f, columns, out));
    assert_int_equal(strlen(out), 1 + 5 * 2049);
}

static void test_the_header_is_plain(void **state)
{
    struct fixture f;
    char out[256];

    (void)state;
    begin(&f);
    (void)table_add(&f.table, &f.pool.attributes[COGNITO_USERNAME], "cognito:username");
    (void)table_add(&f.table, &f.pool.attributes[COGNITO_EMAIL], "email");
    *table_write_header(&f.table, out) = '\0';
    assert_string_equal(out, "cognito:username,email\n");
    assert_int_equal(table_header_size(&f.table), strlen(out));
}

/* ---- parts ---- */

static void test_names_of_parts(void **state)
{
    static const struct { const char *path; int64_t number; const char *expected; } cases[] = {
        {"/out/users.csv", 1, "/out/users.csv"}, {"/out/users.csv", 2, "/out/users-2.csv"},
        {"/out/users.csv", 12, "/out/users-12.csv"}, {"/o.ut/users", 2, "/o.ut/users-2"},
        {"/out/users.tar.csv", 3, "/out/users.tar-3.csv"}, {"/out/.users", 2, "/out/.users-2"},
        {"/dev/null", 2, "/dev/null"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = parts_path(cases[i].path, cases[i].number);

        assert_string_equal(path, cases[i].expected);
        free(path);
    }
}

/* The host, as far as files go: names are given at once. */
static int n_published;

static void publish(struct leat_stage *stage, const char *written, const char *final)
{
    (void)stage;
    assert_int_equal(rename(written, final), 0);
    n_published++;
}

struct leat_stage {
    const char *mark;
};

static const char *mark_of(const struct leat_stage *stage)
{
    return stage->mark;
}

/* Those that are written on by a run that goes on, without the random part of their names, one a line; and in full, of
 * all commits. */
static char kept[512], listed[8192];

static void keeps(struct leat_stage *stage, const char *file)
{
    const char *name = strrchr(file, '/') + 1, *random = strstr(name, ".leat-");
    size_t n = strlen(kept);

    (void)stage;
    assert_int_equal(access(file, F_OK), 0);
    (void)snprintf(kept + n, sizeof kept - n, "%.*s%s\n", (int)(random - name), name, strrchr(name, '.'));
    n = strlen(listed);
    (void)snprintf(listed + n, sizeof listed - n, "%s\n", file);
}

static bool is_kept(const struct leat_stage *stage, const char *file)
{
    (void)stage;
    return strstr(listed, file);
}

static void log_nothing(struct leat_stage *stage, enum leat_log_level level, const char *text)
{
    (void)stage, (void)level, (void)text;
}

static const struct leat_stage_services services = { .publish = publish, .log = log_nothing, .mark = mark_of,
                                                     .keeps = keeps, .is_kept = is_kept };

static int open_parts(struct parts *parts, const char *mark, struct leat_error *err)
{
    struct leat_stage stage = { mark };

    return parts_open(parts, &stage, err);
}

static char folder[4096], path[4200];

static int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    leat_stage_services = &services;
    n_published = 0;
    kept[0] = listed[0] = '\0';
    (void)snprintf(folder, sizeof folder, "%s/cognito-csv.XXXXXX", tmp ? tmp : "/tmp");
    (void)snprintf(path, sizeof path, "%s/users.csv", mkdtemp(folder));
    return 0;
}

static int remove_folder(void **state)
{
    char command[4200];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static struct parts limits(int64_t max_rows)
{
    return (struct parts){ .path = path, .header = "h\n", .n_header = 2, .max_rows = max_rows, .max_bytes = 1000 };
}

static void put_rows(struct parts *parts, int from, int to)
{
    char text[16];

    for (int i = from; i <= to; i++) {
        int n = snprintf(text, sizeof text, "row%d\n", i);

        if (!parts_fit(parts, (size_t)n))
            assert_int_equal(parts_turn(parts, NULL), 0);
        leat_output_put(&parts->current->file, text, (size_t)n);
        parts_note_row(parts, text + 3, (size_t)n - 4);
    }
}

static void assert_file(const char *suffix, const char *expected)
{
    char name[4300], text[256] = "";
    FILE *file;
    size_t n;

    (void)snprintf(name, sizeof name, "%s/%s", folder, suffix);
    file = fopen(name, "r");
    assert_non_null(file);
    n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void test_parts_turn_and_are_published(void **state)
{
    struct parts parts = limits(2);
    struct leat_mark mark = {{0}};

    (void)state;
    assert_int_equal(open_parts(&parts, NULL, NULL), 0);
    put_rows(&parts, 1, 5);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(parts_commit(&parts, NULL, true, &mark, NULL), 0);
    parts_close(&parts);
    assert_int_equal(n_published, 6);
    assert_file("users.csv", "h\nrow1\nrow2\n");
    assert_file("users-2.csv", "h\nrow3\nrow4\n");
    assert_file("users-3.csv", "h\nrow5\n");
    assert_file("users-2.csv.lines", "2\t3\n3\t4\n");
}

/* A run that dies after rows which its last checkpoint does not cover. */
static void test_a_stopped_run_goes_on_at_its_mark(void **state)
{
    struct parts parts = limits(3), resumed = limits(3);
    struct leat_mark mark = {{0}};

    (void)state;
    assert_int_equal(open_parts(&parts, NULL, NULL), 0);
    put_rows(&parts, 1, 4);
    assert_int_equal(parts_commit(&parts, NULL, false, &mark, NULL), 0);
    assert_int_equal(n_published, 2); /* the first part is whole */
    put_rows(&parts, 5, 5);
    leat_output_flush(&parts.current->file);
    parts_close(&parts);

    assert_int_equal(open_parts(&resumed, mark.text, NULL), 0);
    assert_int_equal(resumed.number, 2);
    assert_int_equal(resumed.rows, 1);
    put_rows(&resumed, 50, 52);
    assert_int_equal(parts_commit(&resumed, NULL, true, &mark, NULL), 0);
    parts_close(&resumed);
    assert_file("users.csv", "h\nrow1\nrow2\nrow3\n");
    assert_file("users-2.csv", "h\nrow4\nrow50\nrow51\n");
    assert_file("users-2.csv.lines", "2\t4\n3\t50\n4\t51\n");
    assert_file("users-3.csv", "h\nrow52\n");
}

/* At each commit that gives a mark: the part at hand and its lines. Those that are whole are published. */
static void test_each_commit_names_what_is_written_on(void **state)
{
    struct parts parts = limits(2);
    struct leat_mark mark = {{0}};

    (void)state;
    assert_int_equal(open_parts(&parts, NULL, NULL), 0);
    for (int i = 0; i < 2; i++) {
        put_rows(&parts, 1, 1);
        kept[0] = '\0';
        assert_int_equal(parts_commit(&parts, NULL, false, &mark, NULL), 0);
        assert_string_equal(kept, ".users.csv.kept\n.users.csv.lines.kept\n");
    }
    assert_int_equal(n_published, 0);
    put_rows(&parts, 2, 5);
    kept[0] = '\0';
    assert_int_equal(parts_commit(&parts, NULL, false, &mark, NULL), 0);
    assert_string_equal(kept, ".users-3.csv.kept\n.users-3.csv.lines.kept\n");
    assert_int_equal(n_published, 4);
    parts_close(&parts);

    kept[0] = '\0';
    assert_int_equal(open_parts(&parts, mark.text, NULL), 0);
    assert_int_equal(parts_commit(&parts, NULL, false, &mark, NULL), 0);
    assert_string_equal(kept, ".users-3.csv.kept\n.users-3.csv.lines.kept\n");
    kept[0] = '\0';
    assert_int_equal(parts_commit(&parts, NULL, true, &mark, NULL), 0);
    assert_string_equal(kept, "");
    assert_int_equal(n_published, 6);
    parts_close(&parts);
}

static void test_a_damaged_mark_is_refused(void **state)
{
    static const char *const marks[] = {"x", "1", "1 2", "1 2/3 a", "1 2/9 a/9 b", "/ /"};

    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct parts parts = limits(3);
        struct leat_error err = {0};

        assert_true(open_parts(&parts, marks[i], &err) < 0);
        assert_non_null(strstr(err.text, "users.csv"));
        parts_close(&parts);
    }
}

static void test_a_run_that_fails_leaves_nothing(void **state)
{
    struct parts parts = limits(1);
    char command[4300];

    (void)state;
    assert_int_equal(open_parts(&parts, NULL, NULL), 0);
    put_rows(&parts, 1, 3);
    parts_close(&parts);
    (void)snprintf(command, sizeof command, "test -z \"$(ls -A '%s')\"", folder);
    assert_int_equal(system(command), 0);
}

static int n_entries(void)
{
    DIR *dir = opendir(folder);
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n - 2;
}

static void make_part(const char *name, const char *end)
{
    char file[4400];

    (void)snprintf(file, sizeof file, "%s/.%s.leat-0123abcd.%s", folder, name, end);
    assert_int_equal(fclose(fopen(file, "w")), 0);
}

/* Also parts with numbers that this run may never come to. */
static void test_what_a_killed_run_has_left_is_swept(void **state)
{
    static const char *const ours[] = { "users.csv", "users.csv.lines", "users-2.csv", "users-17.csv.lines" };
    static const char *const others[] = { "users-.csv", "users-2a.csv", "users2.csv", "user.csv", "users-2.csv.line",
                                          "x-users.csv", "users.csv.lines.lines" };
    enum { N_OURS = sizeof ours / sizeof *ours, N_OTHERS = sizeof others / sizeof *others };
    struct parts live = limits(1), next = limits(1);

    (void)state;
    for (int i = 0; i < N_OURS; i++)
        make_part(ours[i], i % 2 ? "part" : "kept");
    for (int i = 0; i < N_OTHERS; i++)
        make_part(others[i], "kept");
    assert_int_equal(open_parts(&live, NULL, NULL), 0);
    assert_int_equal(n_entries(), N_OTHERS + 2);
    put_rows(&live, 1, 2); /* of the two parts one is finished, and its lock gone */
    assert_int_equal(open_parts(&next, NULL, NULL), 0);
    assert_int_equal(n_entries(), N_OTHERS + 4 + 2);
    parts_close(&next);
    parts_close(&live);
    assert_int_equal(n_entries(), N_OTHERS);
}

static void test_keys_stand_on_one_line_each(void **state)
{
    struct parts parts = limits(3);
    struct leat_mark mark = {{0}};

    (void)state;
    assert_int_equal(open_parts(&parts, NULL, NULL), 0);
    parts_note_row(&parts, "a\tb\\c\nd\re\x01", 10);
    parts_note_row(&parts, NULL, 0);
    assert_int_equal(parts_commit(&parts, NULL, true, &mark, NULL), 0);
    parts_close(&parts);
    assert_file("users.csv.lines", "2\ta\\tb\\\\c\\nd\\re\x01\n3\t\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_can_be_written),
        cmocka_unit_test(test_values_that_cannot),
        cmocka_unit_test(test_random_values_as_byte_by_byte),
        cmocka_unit_test(test_a_row_has_all_columns),
        cmocka_unit_test(test_null_and_empty_are_blank),
        cmocka_unit_test(test_a_row_without_username_is_refused),
        cmocka_unit_test(test_verified_needs_what_is_verified),
        cmocka_unit_test(test_what_the_pool_verifies_is_demanded_where_it_is_known),
        cmocka_unit_test(test_rows_count_characters_up_to_16000),
        cmocka_unit_test(test_rows_of_more_bytes_than_characters_are_fine),
        cmocka_unit_test(test_the_header_is_plain),
        cmocka_unit_test(test_names_of_parts),
        cmocka_unit_test_setup_teardown(test_parts_turn_and_are_published, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_stopped_run_goes_on_at_its_mark, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_each_commit_names_what_is_written_on, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_damaged_mark_is_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_run_that_fails_leaves_nothing, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_a_killed_run_has_left_is_swept, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_keys_stand_on_one_line_each, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("cognito-csv", tests, NULL, NULL);
}
