/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where the sqlite extract (plugins/extract/sqlite) begins and goes on: positions of
 * few rows and of rows without a place, incremental runs, and their lag.
 */
#include "unit.h"

#include "plugin-host.h"

#include <sqlite3.h>
#include <unistd.h>

#include "extract/sqlite/extract.h"

static char path[] = "/tmp/leat-cursor-XXXXXX", options[4096];

static void sql(const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int make_file(void **state)
{
    (void)state;
    close(mkstemp(path));
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static const char *with(const char *more)
{
    (void)snprintf(options, sizeof options, "{path: %s, %s}", path, more);
    return options;
}

/* ---- positions ---- */

static void test_positions_of_few_rows(void **state)
{
    struct reading positions = {.positions = true}, by_two = {.positions = true, .cap_rows = 2};

    (void)state;
    sql("CREATE TABLE few(a INT, id INT)");
    assert_reads(with("table: few, cursor: id"), positions, ""); /* no row, no position */
    sql("INSERT INTO few VALUES(1, 1)");
    assert_reads(with("table: few, cursor: id"), positions, "1|1\n@ [1]\n");
    sql("INSERT INTO few VALUES(1, 2)");
    assert_reads(with("table: few, cursor: id"), by_two, "1|1\n1|2\n@ [2]\n@ [2]\n"); /* and an empty batch */
    sql("DROP TABLE few");
}

/* Reads by so many rows a run, each of which goes on where the one before was stopped. */
static void assert_goes_on(const char *more, int32_t cap_rows, const char *watermark, const char *const *wanted)
{
    char position[256] = "";

    for (; *wanted; wanted++) {
        struct leat_plan *p = host_begin(with(more), NULL, false);
        char *got = host_read(p, (struct reading){.cap_rows = cap_rows, .max_batches = 1, .positions = true,
                                                  .watermark = watermark, .position = *position ? position : NULL});
        char *at = strstr(got, "@ ");

        assert_string_equal(got, *wanted);
        if (at)
            (void)snprintf(position, sizeof position, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
        free(got);
        host_end(p);
    }
}

/* Rows without a place are rejected once, wherever a run was stopped between them. */
static void test_goes_on_between_rows_without_a_place(void **state)
{
    static const char n[] = "! null_cursor -: a field of the cursor is null: the record has no place in the order\n";
    char wanted[8][200];
    const char *ones[9] = {0};

    (void)state;
    sql("CREATE TABLE holes(a INT, id INT); INSERT INTO holes VALUES(2, NULL), (2, NULL), (2, 3), (NULL, 4), (NULL, 5),"
        " (1, 1), (3, NULL)");
    (void)snprintf(wanted[0], sizeof wanted[0], "%s@ []+1\n", n);
    (void)snprintf(wanted[1], sizeof wanted[1], "%s@ []+2\n", n);
    (void)snprintf(wanted[2], sizeof wanted[2], "1|1\n@ [1, 1]\n");
    (void)snprintf(wanted[3], sizeof wanted[3], "%s@ [1, 1]+1\n", n);
    (void)snprintf(wanted[4], sizeof wanted[4], "%s@ [1, 1]+2\n", n);
    (void)snprintf(wanted[5], sizeof wanted[5], "2|3\n@ [2, 3]\n");
    (void)snprintf(wanted[6], sizeof wanted[6], "%s@ [2, 3]+1\n", n);
    wanted[7][0] = '\0';
    for (int i = 0; i < 8; i++)
        ones[i] = wanted[i];
    assert_goes_on("table: holes, cursor: [a, id]", 1, NULL, ones);
    (void)snprintf(wanted[0], sizeof wanted[0], "1|1\n%s%s@ [1, 1]\n", n, n);
    (void)snprintf(wanted[1], sizeof wanted[1], "2|3\n%s%s@ [2, 3]\n", n, n);
    (void)snprintf(wanted[2], sizeof wanted[2], "%s@ [2, 3]+1\n", n);
    assert_goes_on("table: holes, cursor: [a, id]", 3, NULL,
                   (const char *[]){wanted[0], wanted[1], wanted[2], "", NULL});
    /* one has been given its place meanwhile: no other is passed over for it */
    sql("UPDATE holes SET id = 6 WHERE a = 3; INSERT INTO holes VALUES(4, NULL)");
    (void)snprintf(wanted[0], sizeof wanted[0], "3|6\n%s", n);
    assert_reads(with("table: holes, cursor: [a, id]"), (struct reading){.position = "[2, 3]+1"}, wanted[0]);
    sql("DROP TABLE holes");
}

/* ---- incremental runs ---- */

static void make_changes(void)
{
    sql("CREATE TABLE IF NOT EXISTS changes(id INTEGER PRIMARY KEY, at TIMESTAMP, day DATE, seen INT, said TEXT);"
        "DELETE FROM changes;"
        "INSERT INTO changes VALUES(1, '2024-02-29 11:54:59', '2024-02-27', 1, '2024-02-29T11:54:59+02:00'),"
        " (2, '2024-02-29 11:55:00', '2024-02-28', 2, '2024-02-29T11:55:00+02:00'),"
        " (3, '2024-02-29 11:55:00.5', '2024-02-29', 3, '2024-02-29T11:55:00.5+02:00'),"
        " (4, '2024-02-29 12:00:00', '2024-02-29', 4, '2024-02-29T12:00:00+02:00'),"
        " (5, '2024-02-29 12:00:00', '2024-03-01', 5, '2024-02-29T12:00:00+02:00'),"
        " (6, '2024-03-01 00:00:00', '2024-03-02', 6, '2024-03-01T00:00:00+02:00');");
}

static void assert_since(const char *more, const char *watermark, const char *wanted)
{
    assert_reads(with(more), (struct reading){.watermark = watermark}, wanted);
}

/* As assert_reads does, of what begins so. */
static void assert_begins(const char *more, const char *watermark, const char *wanted)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);
    char *got = host_read(p, (struct reading){.watermark = watermark, .positions = true});

    if (strncmp(got, wanted, strlen(wanted)) != 0)
        fail_msg("wanted: %s\ngot: %s", wanted, got);
    free(got);
    host_end(p);
}

static void test_goes_on_behind_the_last_run(void **state)
{
    (void)state;
    make_changes();
    assert_since("query: SELECT id FROM changes, cursor: id, incremental: true", NULL, "1\n2\n3\n4\n5\n6\n");
    assert_since("query: SELECT id FROM changes, cursor: id, incremental: true", "[4]", "5\n6\n");
    assert_since("query: SELECT id FROM changes, cursor: id", "[4]", "1\n2\n3\n4\n5\n6\n"); /* not incremental */
    assert_since("query: 'SELECT id, at FROM changes', cursor: [at, id], incremental: true, fields: {at: text}",
                 "[\"2024-02-29 12:00:00\", 4]", "5|2024-02-29 12:00:00\n6|2024-03-01 00:00:00\n");
    assert_reads(with("query: SELECT id FROM changes, cursor: id, incremental: true"),
                 (struct reading){.watermark = "[1]", .position = "[5]", .positions = true}, "6\n@ [6]\n");
    assert_reads(with("query: SELECT id FROM changes, cursor: id, incremental: true"),
                 (struct reading){.watermark = "[6]", .positions = true}, "");
    assert_begins("query: SELECT id FROM changes, cursor: id, incremental: true", "[1, 2]",
                  "failed -1006: where the last run came to in ");
}

/* What the watermark says, less the lag: the smallest id that comes. */
static void test_a_lag_is_taken_off(void **state)
{
    static const struct {
        const char *column, *lag, *watermark, *first;
    } cases[] = {
        {"at", "5m", "2024-02-29 12:00:00", "3"},      {"at", "301s", "2024-02-29 12:00:00", "2"},
        {"at", "300500ms", "2024-02-29 12:00:00", "2"}, {"at", "1ms", "2024-02-29 12:00:00", "4"},
        {"at", "5m", "2024-02-29 12:00:00.123456Z", "3"}, {"at", "5m", "2024-02-29 12:00", "2"},
        {"at", "30s", "2024-02-29 12:00", "4"},        {"at", "725m", "2024-03-01 00:00:00", "3"},
        {"at", "1d", "2024-03-01", "1"},               {"day", "5m", "2024-02-29", "2"},
        {"day", "1d", "2024-03-01", "3"},              {"day", "25h", "2024-03-01", "2"},
        {"said", "5m", "2024-02-29T12:00:00+02:00", "2"}, {"said", "1s", "2024-02-29T12:00:00+02:00", "4"},
        {"at", "0s", "2024-02-29 12:00:00", "5"},
    };
    char more[300], watermark[100];

    (void)state;
    make_changes();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)snprintf(more, sizeof more, "query: 'SELECT id, %s AS c FROM changes', cursor: [c, id], "
                       "incremental: true, lag: %s, fields: {c: %s}", cases[i].column, cases[i].lag,
                       strcmp(cases[i].column, "day") ? "timestamp" : "date");
        (void)snprintf(watermark, sizeof watermark, "[\"%s\", 4]", cases[i].watermark);
        print_message("%s less %s\n", cases[i].watermark, cases[i].lag);
        assert_begins(more, watermark, cases[i].first);
    }
    /* of what stands behind the first column nothing is known at that time */
    assert_begins("query: 'SELECT id, at FROM changes', cursor: [at, id], incremental: true, lag: 5m",
                  "[\"2024-02-29 12:00:00\", 1]", "3|");
}

/* Records without a place in time do not come again, and what stands in for one cannot be reckoned with. */
static void test_a_lag_that_cannot_be_taken_off(void **state)
{
    static const char *const watermarks[] = {"[7, 1]", "[\"soon\", 1]", "[\"\", 1]", "[{\"real\": \"1.5\"}, 1]",
                                             "[\"0000-01-01 00:00:00\", 1]", "[\"2024-02-29 12\", 1]",
                                             "[\"2024-02-30 12:00:00\", 1]", "[{\"blob\": \"00\"}, 1]"};

    (void)state;
    make_changes();
    for (size_t i = 0; i < sizeof watermarks / sizeof *watermarks; i++)
        assert_begins("table: changes, cursor: [at, id], incremental: true, lag: 5m", watermarks[i],
                      "failed -1006: the lag cannot be taken off at, which in the last record");
}

/* Until a row with a place has come, the next success is measured by the last. */
static void test_a_run_of_rows_without_a_place(void **state)
{
    static const char n[] = "! null_cursor -: a field of the cursor is null: the record has no place in the order\n";
    char first[200], second[200];

    (void)state;
    sql("CREATE TABLE late(at TIMESTAMP, id INT); INSERT INTO late VALUES('2024-02-29 11:00:00', 1),"
        " ('2024-02-29 12:00:00', NULL), ('2024-02-29 12:30:00', NULL), ('2024-02-29 13:00:00', 2)");
    (void)snprintf(first, sizeof first, "%s@ since [\"2024-02-29 12:02:00\", 9]+1\n", n);
    (void)snprintf(second, sizeof second, "%s@ since [\"2024-02-29 12:02:00\", 9]+2\n", n);
    assert_goes_on("table: late, cursor: [at, id], incremental: true, lag: 5m", 1, "[\"2024-02-29 12:02:00\", 9]",
                   (const char *[]){first, second, "2024-02-29 13:00:00Z|2\n@ [\"2024-02-29 13:00:00\", 2]\n", "",
                                    NULL});
    sql("DELETE FROM late WHERE id = 2");
    (void)snprintf(first, sizeof first, "%s%s", n, n);
    assert_reads(with("table: late, cursor: [at, id], incremental: true, lag: 5m"), /* as such a run has left it */
                 (struct reading){.watermark = "since [\"2024-02-29 12:02:00\", 9]+2"}, first);
    (void)snprintf(second, sizeof second, "2024-02-29 11:00:00Z|1\n%s%s", n, n);
    assert_reads(with("table: late, cursor: [at, id], incremental: true"), (struct reading){.watermark = "[]+2"},
                 second);
    sql("DROP TABLE late");
}

static void use_variables(void *self)
{
    static const char *const texts[] = {"SELECT id FROM changes WHERE id <> CAST(", " AS INT) /* ",
                                        " */ AND day < ", ""};
    static const char *const values[] = {"5", "unused", "2024-03-02"};
    static const struct leat_query query = {3, texts, values};

    ((struct sqlite *)self)->query = &query;
}

/* The numbers of the parameters are the variables' first, and then the cursor's. */
static void test_variables_and_cursor_are_bound_together(void **state)
{
    (void)state;
    make_changes();
    host_before_plan = use_variables;
    assert_since("query: SELECT, cursor: id, incremental: true", NULL, "1\n2\n3\n4\n");
    assert_since("query: SELECT, cursor: id, incremental: true", "[2]", "3\n4\n");
    assert_reads(with("query: SELECT, cursor: id"), (struct reading){.position = "[3]", .positions = true},
                 "4\n@ [4]\n");
    host_before_plan = NULL;
}

static void assert_said(const char *more, const char *wanted, bool is_there)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);

    if (!strstr(host_said(p), wanted) == is_there)
        fail_msg("%s: %s", more, host_said(p));
    host_end(p);
}

static void test_what_an_incremental_plan_says(void **state)
{
    static const char note[] = "note reads only new records: a record that changes";

    (void)state;
    make_changes();
    assert_said("table: changes, cursor: id", "incremental\n", false);
    assert_said("table: changes, cursor: id", note, false);
    assert_said("table: changes, cursor: id, incremental: true", "incremental\n", true);
    assert_said("table: changes, cursor: id, incremental: true", note, true);
    assert_said("table: changes, cursor: [at, id], incremental: true", "incremental\n", true);
    assert_said("table: changes, cursor: [at, id], incremental: true", note, false);
    assert_said("table: changes, cursor: at, incremental: true", note, false);
    assert_said("table: changes, cursor: [seen, id], incremental: true", note, false); /* who knows what that is */
    assert_said("table: changes, cursor: [at, id], incremental: true, lag: 5m", "wrong", false);
    assert_said("table: changes, cursor: [said, id], incremental: true, lag: 5m, fields: {said: timestamp}", "wrong",
                false);
    assert_wrong(with("table: changes, incremental: true"), NULL, "wrong incremental: what has changed is known by a");
    assert_said("table: changes, incremental: true", "incremental\n", false);
    assert_wrong(with("table: changes, cursor: id, lag: 5m"), NULL, "wrong lag: lag is for `incremental: true'");
    assert_wrong(with("table: changes, cursor: [seen, id], incremental: true, lag: 5m"), NULL,
                 "wrong lag: seen, which the cursor names first, is a number, and may count seconds");
    assert_wrong(with("table: changes, cursor: [said, id], incremental: true, lag: 5m"), NULL,
                 "wrong lag: said, which the cursor names first, is no timestamp or date; if its texts are, say so");
    sql("DROP TABLE changes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions_of_few_rows),
        cmocka_unit_test(test_goes_on_between_rows_without_a_place),
        cmocka_unit_test(test_goes_on_behind_the_last_run),
        cmocka_unit_test(test_a_lag_is_taken_off),
        cmocka_unit_test(test_a_lag_that_cannot_be_taken_off),
        cmocka_unit_test(test_a_run_of_rows_without_a_place),
        cmocka_unit_test(test_variables_and_cursor_are_bound_together),
        cmocka_unit_test(test_what_an_incremental_plan_says),
    };
    return cmocka_run_group_tests_name("sqlite-cursor", tests, make_file, remove_file);
}
