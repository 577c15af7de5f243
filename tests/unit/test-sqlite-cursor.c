/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Where the sqlite extract (plugins/extract/sqlite) begins and goes on: positions of
 * few rows and of rows without a place, incremental runs, and their lag.
 */
#include "unit.h"

#include "plugin-host.h"

#include "extract/sqlite/extract.h"
#include "test-sqlite.h"

/* ---- positions ---- */

static void test_positions_of_few_rows(void **state)
{
    struct reading positions = {.positions = true}, by_two = {.positions = true, .cap_rows = 2};

    (void)state;
    change("CREATE TABLE few(a INT, id INT)");
    assert_reads(with("table: few, cursor: id"), positions, ""); /* no row, no position */
    change("INSERT INTO few VALUES(1, 1)");
    assert_reads(with("table: few, cursor: id"), positions, "1|1\n@ [1]\n");
    change("INSERT INTO few VALUES(1, 2)");
    assert_reads(with("table: few, cursor: id"), by_two, "1|1\n1|2\n@ [2]\n@ [2]\n"); /* and an empty batch */
    change("DROP TABLE few");
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
    change("CREATE TABLE holes(a INT, id INT); INSERT INTO holes VALUES(2, NULL), (2, NULL), (2, 3), (NULL, 4),"
           " (NULL, 5), (1, 1), (3, NULL)");
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
    change("UPDATE holes SET id = 6 WHERE a = 3; INSERT INTO holes VALUES(4, NULL)");
    (void)snprintf(wanted[0], sizeof wanted[0], "3|6\n%s", n);
    assert_reads(with("table: holes, cursor: [a, id]"), (struct reading){.position = "[2, 3]+1"}, wanted[0]);
    change("DROP TABLE holes");
}

/* ---- incremental runs ---- */

static void make_changes(void)
{
    change("CREATE TABLE IF NOT EXISTS changes(id INTEGER PRIMARY KEY, at TIMESTAMP, day DATE, seen INT, said TEXT);"
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
    change("CREATE TABLE late(at TIMESTAMP, id INT); INSERT INTO late VALUES('2024-02-29 11:00:00', 1),"
           " ('2024-02-29 12:00:00', NULL), ('2024-02-29 12:30:00', NULL), ('2024-02-29 13:00:00', 2)");
    (void)snprintf(first, sizeof first, "%s@ since [\"2024-02-29 12:02:00\", 9]+1\n", n);
    (void)snprintf(second, sizeof second, "%s@ since [\"2024-02-29 12:02:00\", 9]+2\n", n);
    assert_goes_on("table: late, cursor: [at, id], incremental: true, lag: 5m", 1, "[\"2024-02-29 12:02:00\", 9]",
                   (const char *[]){first, second, "2024-02-29 13:00:00Z|2\n@ [\"2024-02-29 13:00:00\", 2]\n", "",
                                    NULL});
    change("DELETE FROM late WHERE id = 2");
    (void)snprintf(first, sizeof first, "%s%s", n, n);
    assert_reads(with("table: late, cursor: [at, id], incremental: true, lag: 5m"), /* as such a run has left it */
                 (struct reading){.watermark = "since [\"2024-02-29 12:02:00\", 9]+2"}, first);
    (void)snprintf(second, sizeof second, "2024-02-29 11:00:00Z|1\n%s%s", n, n);
    assert_reads(with("table: late, cursor: [at, id], incremental: true"), (struct reading){.watermark = "[]+2"},
                 second);
    change("DROP TABLE late");
}

/* ---- nulls behind the last run ---- */

/* As a reject of the row that `nulls` calls so. */
#define NULL_IN(row)                                                                                                 \
    "! null_cursor -: a field of the cursor is null: the record has no place in the order [{\"said\": \"" row "\"}]\n"

static const char nulls_table[] =
    "DROP TABLE IF EXISTS nulls; CREATE TABLE nulls(at INT, id INT, said JSON); INSERT INTO nulls VALUES(5, 5, NULL),"
    " (6, NULL, 'six'), (8, 8, 8), (5, NULL, 'five'), (NULL, 3, 'none and 3'), (9, NULL, 'nine'), (1, NULL, 'one'),"
    " (NULL, NULL, 'none'), (4, 4, 4)";

static void test_nulls_come_with_each_incremental_run(void **state)
{
    static const char all[] = "8|8|8\n" NULL_IN("none") NULL_IN("none and 3") NULL_IN("one") NULL_IN("five")
                              NULL_IN("six") NULL_IN("nine") "@ [8, 8]+1\n";
    struct reading how = {.watermark = "[5, 5]", .positions = true};

    (void)state;
    change(nulls_table);
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            change("CREATE INDEX by_both ON nulls(at, id)");
        assert_reads(with("table: nulls, cursor: [at, id], incremental: true"), how, all);
        assert_reads(with("query: 'SELECT * FROM nulls -- all', cursor: [at, id], incremental: true"), how, all);
        how.watermark = i == 0 ? "since [5, 5]+2" : "[5, 5]+2"; /* behind rows without a place: they come again */
    }
    /* one has got a place behind the last run's end, and one a place before it */
    change("UPDATE nulls SET id = 6 WHERE said = 'six'; UPDATE nulls SET id = 1 WHERE said = 'one'; "
           "UPDATE nulls SET said = NULL WHERE id IN (1, 6)");
    assert_reads(with("table: nulls, cursor: [at, id], incremental: true"), how,
                 "6|6|<null>\n8|8|8\n" NULL_IN("none") NULL_IN("none and 3") NULL_IN("five") NULL_IN("nine")
                 "@ [8, 8]+1\n");
    change("DELETE FROM nulls WHERE at > 5"); /* no row that has a place */
    assert_reads(with("table: nulls, cursor: [at, id], incremental: true"), how,
                 NULL_IN("none") NULL_IN("none and 3") NULL_IN("five") "@ since [5, 5]+3\n");
    change("DROP TABLE nulls");
}

/* A run that is stopped, wherever that is, neither leaves out nor repeats what it rejects. */
static void test_nulls_come_once_in_an_incremental_run(void **state)
{
    (void)state;
    change(nulls_table);
    for (int i = 0; i < 2; i++) {
        const char *table = i ? "table: nulls, cursor: [at, id], incremental: true"
                              : "query: SELECT * FROM nulls, cursor: [at, id], incremental: true";

        assert_goes_on(table, 1, "[5, 5]",
                       (const char *[]){NULL_IN("none") "@ since [5, 5]+1\n",
                                        NULL_IN("none and 3") "@ since [5, 5]+2\n",
                                        NULL_IN("one") "@ since [5, 5]+3\n", NULL_IN("five") "@ since [5, 5]+4\n",
                                        NULL_IN("six") "@ since [5, 5]+5\n", "8|8|8\n@ [8, 8]\n",
                                        NULL_IN("nine") "@ [8, 8]+1\n", "", NULL});
        assert_goes_on(table, 4, "[5, 5]",
                       (const char *[]){NULL_IN("none") NULL_IN("none and 3") NULL_IN("one") NULL_IN("five")
                                        "@ since [5, 5]+4\n",
                                        "8|8|8\n" NULL_IN("six") NULL_IN("nine") "@ [8, 8]+1\n", "", NULL});
        change("CREATE INDEX IF NOT EXISTS by_both ON nulls(at, id)");
    }
    change("DROP TABLE nulls");
}

static void test_nulls_come_with_a_lag(void **state)
{
    static const char *const more = "table: nulls, cursor: [at, id], incremental: true, lag: 1h";

    (void)state;
    change("DROP TABLE IF EXISTS nulls; CREATE TABLE nulls(at TIMESTAMP, id INT, said JSON); INSERT INTO nulls VALUES"
           " ('2024-02-29 10:00:00', 1, 1), ('2024-02-29 11:30:00', 2, 2), ('2024-02-29 11:40:00', NULL, 'late'),"
           " ('2024-02-29 09:00:00', NULL, 'long ago'), (NULL, 5, 'never')");
    assert_goes_on(more, 1, "[\"2024-02-29 12:00:00\", 9]",
                   (const char *[]){NULL_IN("never") "@ since [\"2024-02-29 12:00:00\", 9]+1\n",
                                    NULL_IN("long ago") "@ since [\"2024-02-29 12:00:00\", 9]+2\n",
                                    "2024-02-29 11:30:00Z|2|2\n@ [\"2024-02-29 11:30:00\", 2]\n",
                                    NULL_IN("late") "@ [\"2024-02-29 11:30:00\", 2]+1\n", "", NULL});
    change("DROP TABLE nulls");
}

/* Names that need quotes, texts that another collation would order otherwise, and a query that orders by itself. */
static void test_nulls_are_merged_into_any_order(void **state)
{
    (void)state;
    change("DROP TABLE IF EXISTS nulls; CREATE TABLE nulls(\"a \"\"b\" TEXT COLLATE NOCASE, \"select\" INT);"
           "CREATE INDEX nocase ON nulls(\"a \"\"b\", \"select\");"
           "INSERT INTO nulls VALUES('a', 1), ('B', 2), ('b', 3), ('A', 4), (NULL, 5)");
    assert_reads(with("table: nulls, cursor: ['a \"b', select], incremental: true, fields: {select: text}"),
                 (struct reading){.watermark = "[\"A\", 4]", .cap_rows = 1},
                 "! null_cursor -: a field of the cursor is null: the record has no place in the order\n"
                 "B|2\na|1\nb|3\n");
    assert_reads(with("query: 'SELECT * FROM nulls ORDER BY \"select\" DESC LIMIT 4', cursor: select, "
                      "incremental: true"), (struct reading){.watermark = "[2]"}, "b|3\nA|4\n<null>|5\n");
    change("DROP TABLE nulls");
}

/* What an incremental run looks for nulls in, as a list; with `explained` how SQLite would read it. */
static char *searched(const char *more, bool explained)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);
    struct sqlite *s = p->self;
    struct leat_text_buffer got = {0};
    char since[] = "[1, 1]", *sql, *explain, *lines;

    s->n_behind = s->n_cursor;
    s->since = since;
    sql = cursor_sql(s, -1);
    s->since = NULL;
    leat_text_add_string(&got, "");
    for (int i = 0; i < s->n_cursor; i++) {
        char *test = sqlite3_mprintf("WHERE \"%w\" IS NULL", s->names[s->cursor_fields[i]]);

        leat_text_printf(&got, "%s", strstr(sql, test) ? s->names[s->cursor_fields[i]] : "-");
        leat_text_add_string(&got, " ");
        sqlite3_free(test);
    }
    explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    lines = explained ? ask_column(explain, 3) : NULL;
    leat_text_add_string(&got, lines ? lines : "");
    free(lines);
    sqlite3_free(explain);
    sqlite3_free(sql);
    host_end(p);
    return got.p;
}

static void assert_searched(const char *more, const char *wanted)
{
    char *got = searched(more, false);

    assert_string_equal(got, wanted);
    free(got);
}

/* Where there can be none nobody looks for them, and where an index begins with the column that is all it takes. */
static void test_nulls_are_looked_for_where_they_can_be(void **state)
{
    char *got;

    (void)state;
    change("CREATE TABLE a(id INTEGER PRIMARY KEY, at INT NOT NULL, seen INT); CREATE INDEX a_seen ON a(seen, id);"
           "CREATE TABLE b(id INTEGER PRIMARY KEY DESC, at INT, Name TEXT NOT NULL);"
           "CREATE TABLE c(id TEXT PRIMARY KEY, at INT);"
           "CREATE TABLE d(id TEXT, at INT, n INT, PRIMARY KEY(at, id)) WITHOUT ROWID;"
           "CREATE TABLE e(id INT, at INT, PRIMARY KEY(at, id));"
           "CREATE VIEW v AS SELECT a.at, b.id FROM b LEFT JOIN a ON a.id = b.id");
    assert_searched("table: a, cursor: [at, id], incremental: true", "- - ");
    assert_searched("table: A, cursor: [seen, id], incremental: true", "seen - ");
    assert_searched("table: b, cursor: [at, id], incremental: true", "at id ");
    assert_searched("table: b, cursor: [Name, id], incremental: true", "- id ");
    assert_searched("table: c, cursor: [at, id], incremental: true", "at id ");
    assert_searched("table: d, cursor: [at, id], incremental: true", "- - ");
    assert_searched("table: d, cursor: [n, id], incremental: true", "n - ");
    assert_searched("table: e, cursor: [at, id], incremental: true", "at id ");
    assert_searched("table: v, cursor: [at, id], incremental: true", "at id ");
    assert_searched("query: SELECT * FROM a, cursor: [at, id], incremental: true", "at id ");
    got = searched("table: a, cursor: [seen, id], incremental: true", true);
    assert_has(got, "USING INDEX a_seen (seen=?)");
    assert_has(got, "USING INDEX a_seen (seen>?)");
    assert_null(strstr(got, "SCAN"));
    assert_null(strstr(got, "TEMP B-TREE"));
    free(got);
    change("DROP VIEW v; DROP TABLE a; DROP TABLE b; DROP TABLE c; DROP TABLE d; DROP TABLE e");
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
    change("DROP TABLE changes");
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
        cmocka_unit_test(test_nulls_come_with_each_incremental_run),
        cmocka_unit_test(test_nulls_come_once_in_an_incremental_run),
        cmocka_unit_test(test_nulls_come_with_a_lag),
        cmocka_unit_test(test_nulls_are_merged_into_any_order),
        cmocka_unit_test(test_nulls_are_looked_for_where_they_can_be),
        cmocka_unit_test(test_variables_and_cursor_are_bound_together),
        cmocka_unit_test(test_what_an_incremental_plan_says),
    };
    return cmocka_run_group_tests_name("sqlite-cursor", tests, make_folder, remove_folder);
}
