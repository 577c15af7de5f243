/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The sqlite extract (plugins/extract/sqlite): types out of declarations, values
 * of every storage class, the cursor and its positions, find, and mistakes.
 */
#include "unit.h"

#include "plugin-host.h"

#include "extract/sqlite/extract.h"
#include "test-sqlite-faults.h"
#include "test-sqlite.h"

static const char tables[] =
    "CREATE TABLE user(id INTEGER PRIMARY KEY, name VARCHAR(20), n INT, r REAL, d DECIMAL(10,2), b BOOLEAN,"
    " day DATE, at DATETIME, doc JSON, bin BLOB, x, u UUID);"
    "INSERT INTO user VALUES(1, 'Ada', 7, 1.5, 12.50, 1, '2024-02-29', '2024-02-29 12:00:00', '[1]', x'6162', 'x',"
    " 'u');"
    "INSERT INTO user VALUES(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);"
    "INSERT INTO user VALUES(3, 3, 4.0, 2, 1e20, 'yes', '2024-01-01', '2024-01-01T00:00:00+02:00', '{}', 'text',"
    " 0.1, x'c3a9');"
    "CREATE TABLE bad(id INTEGER PRIMARY KEY, n INT, b BOOLEAN, day DATE, at TIMESTAMP, doc JSON, bin BLOB, s INT);"
    "INSERT INTO bad VALUES(1, 'seven', 1, NULL, NULL, NULL, NULL, 0), (2, 1, 2, NULL, NULL, NULL, NULL, 0),"
    " (3, 1, 1, 17000, NULL, NULL, NULL, 0), (4, 1, 1, NULL, 1700000000, NULL, NULL, 0),"
    " (5, 1, 1, NULL, NULL, '[1', NULL, 0), (6, 1, 1, NULL, NULL, NULL, 7, 0),"
    " (7, 1.5, 1, NULL, NULL, NULL, NULL, 0), (8, 1, 1, NULL, NULL, NULL, NULL, 'hidden'),"
    " (9, 1, 1, NULL, NULL, NULL, NULL, 9);"
    "CREATE TABLE k(u TEXT COLLATE NOCASE, f REAL, bin BLOB);"
    "INSERT INTO k VALUES('a', 1.5, x'01'), ('A', 1.5, x'02'), ('a', 1.25, x'00'), ('\xc3\xa9\"\\', 2, x'');"
    "CREATE TABLE twins(v INT); INSERT INTO twins VALUES(1), (1), (2);"
    "CREATE TABLE gaps(v INT); INSERT INTO gaps VALUES(NULL), (5), (NULL), (6);"
    "CREATE TABLE \"odd \"\"name\"(\"a b\" INT, \"sel\"\"ect\" TEXT);"
    "INSERT INTO \"odd \"\"name\" VALUES(1, 'x');"
    "CREATE TABLE two(name TEXT, u TEXT, id TEXT, shop TEXT, PRIMARY KEY(shop, id)) WITHOUT ROWID;"
    "CREATE TABLE many(id INTEGER PRIMARY KEY, d DATE, n NUMERIC, ts TIMESTAMP, bin BLOB, s INT, k INT);"
    "INSERT INTO many VALUES(1, 'b\"d', x'00ff', CAST(x'61ffc3a9' AS TEXT), x'01', 'hidden', 1),"
    " (2, '2024-01-01', 1, 'nope', x'', 'hidden', 2), (3, 'bad', 1, NULL, NULL, 3, NULL);"
    "CREATE TABLE wall(at LOCAL_TIMESTAMP, utc TIMESTAMP);"
    "INSERT INTO wall VALUES('2024-07-01 12:00:00', '2024-07-01 12:00:00');";

static int make_tables(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    change(tables);
    return 0;
}

static const struct reading plainly = {0};

/* ---- types and values ---- */

static void test_declared_types_decide(void **state)
{
    struct leat_plan *p = host_begin(with("table: user"), NULL, false);

    (void)state;
    assert_string_equal(host_schema(p), "id int64, name text, n int64, r float64, d decimal, b bool, day date, "
                        "at timestamp, doc json, bin bytes, x text, u text");
    assert_non_null(strstr(host_said(p), "key id\nrows 3\n"));
    assert_non_null(strstr(host_said(p), "note without a cursor"));
    host_end(p);
    p = host_begin(with("query: 'SELECT id, count(*) AS n, name FROM user', fields: {n: int64, name: {class: secret}}"),
                   NULL, false);
    assert_string_equal(host_schema(p), "id int64, n int64, name text secret");
    host_end(p);
}

static void test_values_of_every_class(void **state)
{
    (void)state;
    assert_reads(with("table: user"), plainly,
                 "1|Ada|7|1.5|12.5|true|2024-02-29|2024-02-29 12:00:00Z|[1]|ab|x|u\n"
                 "2|<null>|<null>|<null>|<null>|<null>|<null>|<null>|<null>|<null>|<null>|<null>\n"
                 "3|3|4|2|100000000000000000000|true|2024-01-01|2023-12-31 22:00:00Z|{}|text|0.1|\xc3\xa9\n");
}

static void test_values_that_do_not_fit_are_rejected(void **state)
{
    (void)state;
    assert_reads(with("table: bad, fields: {s: {type: int64, class: secret}}"), plainly,
                 "9|1|true|<null>|<null>|<null>|<null>|9\n"
                 "! conversion_failed n: is not a whole number of 64 bits (fields can declare another type) [seven]\n"
                 "! conversion_failed b: is not true or false (also t, yes, y, on, 1 and their opposites) (fields can "
                 "declare another type) [2]\n"
                 "! conversion_failed day: is not a date written YYYY-MM-DD (fields can declare another type) [17000]\n"
                 "! conversion_failed at: is not a timestamp written YYYY-MM-DD HH:MM:SS (fields can declare another "
                 "type) [1700000000]\n"
                 "! conversion_failed doc: is not valid JSON (fields can declare another type) [[1]\n"
                 "! conversion_failed bin: is not bytes, or \\x and hexadecimal digits (fields can declare another "
                 "type) [7]\n"
                 "! conversion_failed n: is not a whole number of 64 bits (fields can declare another type) [1.5]\n"
                 "! conversion_failed s: is not a whole number of 64 bits (fields can declare another type)\n");
}

static void test_text_keeps_nul_bytes_and_loses_bad_utf8(void **state)
{
    struct leat_plan *p = host_begin(with("query: \"SELECT 'a' || char(0) || 'b' AS t, 1 AS n\""), NULL, false);
    char *got = host_read(p, plainly);

    (void)state;
    assert_memory_equal(got, "a\0b|1\n", 6);
    free(got);
    host_end(p);
    assert_reads(with("query: \"SELECT CAST(x'61ff' AS TEXT) AS t\""), plainly,
                 "! invalid_utf8 t: is not valid UTF-8 from byte 2 on\n");
}

static void test_odd_names_are_quoted(void **state)
{
    (void)state;
    assert_reads(with("table: 'odd \"name', cursor: 'sel\"ect'"), plainly, "1|x\n");
}

static void test_every_value_that_does_not_fit_is_kept(void **state)
{
    (void)state;
    assert_reads(with("table: many, cursor: k, fields: {s: {type: int64, class: secret}}"), plainly,
                 "! null_cursor -: a field of the cursor is null: the record has no place in the order "
                 "[{\"d\": \"bad\"}]\n"
                 "! conversion_failed d: is not a date written YYYY-MM-DD (fields can declare another type), and 3 "
                 "more values of the record do not fit [{\"d\": \"b\\\"d\", \"n\": \"\\\\x00ff\", "
                 "\"ts\": \"a\\\\xff\xc3\xa9\"}]\n"
                 "! conversion_failed ts: is not a timestamp written YYYY-MM-DD HH:MM:SS (fields can declare another "
                 "type), and 1 more value of the record does not fit [{\"ts\": \"nope\"}]\n");
}

static void test_local_timestamps_stay_local(void **state)
{
    struct leat_plan *p = host_begin(with("table: wall"), NULL, false);

    (void)state;
    assert_string_equal(host_schema(p), "at timestamp local, utc timestamp");
    host_end(p);
    assert_reads(with("table: wall"), plainly, "2024-07-01 12:00:00|2024-07-01 12:00:00Z\n");
}

/* ---- the key ---- */

static void assert_keys(const char *more, const char *wanted)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);
    struct leat_text_buffer got = {0};

    leat_text_add_string(&got, "");
    for (const char *at = host_said(p); (at = strstr(at, "key ")); at += strcspn(at, "\n"))
        leat_text_printf(&got, "%.*s ", (int)strcspn(at + 4, "\n"), at + 4);
    assert_string_equal(got.p, wanted);
    leat_text_deinit(&got);
    host_end(p);
}

static void test_all_columns_of_the_key_are_the_key(void **state)
{
    (void)state;
    assert_keys("table: user", "id ");
    assert_keys("table: two", "shop id ");
    assert_keys("table: two, cursor: u", "shop id ");
    assert_keys("table: k, cursor: [u, f, bin]", "u f bin ");
    assert_keys("query: SELECT * FROM k, cursor: [f, u]", "f u ");
    assert_keys("table: gaps", "");
}

/* ---- the cursor ---- */

static void test_goes_on_from_every_position(void **state)
{
    static const char *const positions[] = {"[\"A\", {\"real\": \"1.5\"}, {\"blob\": \"02\"}]",
                                            "[\"a\", {\"real\": \"1.25\"}, {\"blob\": \"00\"}]",
                                            "[\"a\", {\"real\": \"1.5\"}, {\"blob\": \"01\"}]",
                                            "[\"\xc3\xa9\\\"\\\\\", {\"real\": \"2\"}, {\"blob\": \"\"}]"};
    static const char *const rows[] = {"A|1.5|\x02\n", "a|1.25|", "a|1.5|\x01\n", "\xc3\xa9\"\\|2|\n"};
    struct leat_text_buffer wanted;
    struct leat_plan *p;
    char *got;

    (void)state;
    for (int from = 0; from <= 4; from++) {
        wanted = (struct leat_text_buffer){0};
        for (int i = from; i < 4; i++) {
            leat_text_add_string(&wanted, rows[i]);
            if (i == 1)
                leat_text_add(&wanted, "\0\n", 2);
            leat_text_printf(&wanted, "@ %s\n", positions[i]);
        }
        if (from < 4) /* the last batch is empty */
            leat_text_printf(&wanted, "@ %s\n", positions[3]);
        p = host_begin(with("table: k, cursor: [u, f, bin]"), NULL, false);
        got = host_read(p, (struct reading){.positions = true, .cap_rows = 1,
                                            .position = from ? positions[from - 1] : NULL});
        if (from < 4)
            assert_memory_equal(got, wanted.p, wanted.n);
        else
            assert_string_equal(got, ""); /* no row, and no position */
        free(got);
        host_end(p);
        leat_text_deinit(&wanted);
    }
}

static void test_query_is_wrapped(void **state)
{
    (void)state;
    assert_reads(with("query: 'SELECT id, name FROM user WHERE id <> 2; -- all but one', cursor: id"),
                 (struct reading){.positions = true}, "1|Ada\n3|3\n@ [3]\n");
    assert_reads(with("query: 'SELECT id FROM user ORDER BY id DESC LIMIT 2', cursor: id"), plainly, "2\n3\n");
    assert_reads(with("query: 'SELECT id FROM user /* all', cursor: id"), plainly, "1\n2\n3\n");
    assert_reads(with("query: \"SELECT id, '/*' AS a FROM user -- /*\", cursor: id"), plainly,
                 "1|/*\n2|/*\n3|/*\n");
}

static void test_cursor_that_is_not_unique_is_found(void **state)
{
    struct leat_plan *p = host_begin(with("table: twins, cursor: v"), NULL, false);
    char *got = host_read(p, plainly);

    (void)state;
    assert_non_null(strstr(got, "failed -1001"));
    assert_non_null(strstr(got, "have the same cursor (v)"));
    assert_non_null(strstr(got, "add a last field that is unique, such as the primary key: `cursor: [v, ID]'"));
    free(got);
    host_end(p);
    assert_reads(with("table: gaps, cursor: v"), (struct reading){.positions = true},
                 "5\n6\n"
                 "! null_cursor -: a field of the cursor is null: the record has no place in the order\n"
                 "! null_cursor -: a field of the cursor is null: the record has no place in the order\n"
                 "@ [6]\n");
}

static void test_position_of_another_cursor_is_refused(void **state)
{
    static const char *const bad[] = {"", "[1]", "[1,2,3,4]", "[1,2,x]", "{}", "[1.5,2,3]", "[null,1,2]",
                                      "[{\"real\": 1},2,3]", "[1,2,3] 4", "[\"\\ud800\",1,2]",
                                      "[1,2,3]+", "[1,2,3]+x", "[1,2,3]+-1", "+1", "since", "since [1]"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct leat_plan *p = host_begin(with("table: k, cursor: [u, f, bin]"), NULL, false);
        char *got = host_read(p, (struct reading){.position = bad[i]});

        if (!strstr(got, "does not fit the cursor"))
            fail_msg("%s: %s", bad[i], got);
        free(got);
        host_end(p);
    }
}

/* ---- find ---- */

static void find(const char *more, const struct leat_schema *keys, void (*put)(struct leat_batch *), int n_keys,
                 const char *wanted, const char *wanted_found)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);
    struct leat_stage stage = {.plan = p, .worker = calloc(1, p->plugin->worker_size)};
    struct leat_text_buffer got = {0};
    struct leat_error err = {0};
    uint8_t found[8] = {0};
    struct leat_pool key_pool, pool;
    struct leat_find question;

    leat_pool_init(&key_pool, keys, NULL, 8, 1 << 16, 1 << 16);
    leat_pool_init(&pool, &p->out, NULL, 8, 1 << 16, 1 << 16);
    question = (struct leat_find){.keys = leat_pool_get(&key_pool), .out = leat_pool_get(&pool), .ret_found = found,
                                  .deadline_ms = INT64_MAX};
    put((struct leat_batch *)question.keys);
    assert_int_equal(leat_batch_finish((struct leat_batch *)question.keys, &err), 0);
    if (p->plugin->find(&stage, p->self, &question, &err) < 0)
        fail_msg("%s", err.text);
    leat_text_add_string(&got, "");
    for (int32_t row = 0; row < question.out->n_rows; row++) {
        leat_text_printf(&got, "%d: ", question.out->host->own_origin_rows[row]);
        say_row(question.out, row, &got);
    }
    assert_string_equal(got.p, wanted);
    for (int i = 0; i < n_keys; i++)
        assert_int_equal(found[i], wanted_found[i] - '0');
    p->plugin->worker_close(&stage, p->self);
    leat_text_deinit(&got);
    leat_batch_release((struct leat_batch *)question.keys);
    leat_batch_release(question.out);
    leat_pool_deinit(&key_pool);
    leat_pool_deinit(&pool);
    free(stage.worker);
    host_end(p);
}

static void put_ids(struct leat_batch *keys)
{
    static const int64_t ids[] = {3, 99, 1};

    for (int i = 0; i < 3; i++) {
        leat_batch_put_int64(keys, 0, ids[i]);
        leat_batch_end_row(keys);
    }
    leat_batch_end_row(keys); /* a null finds nothing */
}

static void put_names(struct leat_batch *keys)
{
    leat_batch_put_text(keys, 0, "a", 1);
    leat_batch_end_row(keys);
}

static void test_finds_records_by_key(void **state)
{
    static const struct leat_field id = {.name = "id", .type = LEAT_INT64}, u = {.name = "u", .type = LEAT_TEXT};
    static const struct leat_schema by_id = {.n_fields = 1, .fields = &id}, by_u = {.n_fields = 1, .fields = &u};

    (void)state;
    find("query: 'SELECT id, name FROM user'", &by_id, put_ids, 4, "0: 3|3\n2: 1|Ada\n", "1010");
    find("query: 'SELECT u, f FROM k WHERE f > 1.3'", &by_u, put_names, 1, "0: a|1.5\n0: A|1.5\n", "1");
}

/* ---- mistakes ---- */

static void test_mistakes_are_named(void **state)
{
    (void)state;
    assert_wrong(with("cursor: id"), NULL, "wrong -: needs `table: NAME' or `query: SELECT ...'");
    assert_wrong(with("table: user, query: SELECT 1"), NULL, "wrong table: takes a table or a query, not both");
    assert_wrong(with("table: usr"), NULL, "no such table: usr (its tables: bad, gaps, k, many, "
                 "odd \"name, twins, two, user, wall)");
    assert_wrong(with("query: SELECT emial FROM user"), NULL,
                 "wrong query: the query fails: no such column: emial, at character 8: emial FROM user");
    assert_wrong(with("query: 'SELECT \"nmae\" FROM user'"), NULL, "no such column: nmae");
    assert_wrong(with("query: 'SELECT id, id FROM user'"), NULL, "two columns are called id: rename one with AS");
    assert_wrong(with("query: DELETE FROM user"), NULL, "the query is no SELECT");
    assert_wrong(with("query: SELECT 1; SELECT 2"), NULL, "more than one statement");
    assert_wrong(with("query: ''"), NULL, "the query is no SELECT");
    assert_wrong(with("query: 'SELECT id FROM user WHERE id > ?'"), NULL,
                 "wrong query: the query has a parameter that nothing fills, ?: write ${param:NAME} in its place");
    assert_wrong(with("query: 'SELECT id FROM user WHERE id > :since'"), NULL,
                 "fills, :since: write ${param:since} in");
    assert_wrong(with("query: 'SELECT id FROM user WHERE id > $from'"), NULL, "fills, $from: write ${param:from} in");
    assert_wrong(with("query: 'SELECT id FROM user WHERE id > @x'"), NULL, "fills, @x: write ${param:x} in");
    assert_wrong(with("query: 'SELECT id FROM user WHERE id > ?7'"), NULL, "fills, ?7: write ${param:NAME} in");
    assert_wrong(with("table: user, cursor: idd"), NULL, "the table has no column idd to order by");
    assert_wrong(with("table: user, fields: {idd: text}"), NULL, "the table has no field 'idd'");
    assert_wrong("{path: /nowhere/x.db, table: t}", NULL, "cannot open the database /nowhere/x.db: No such file");
    assert_wrong("{path: /, table: t}", NULL, "it is a folder");
    assert_wrong("{path: /proc/self/exe, table: t}", NULL, "it is no SQLite database");
    assert_int_equal(access("/nowhere/x.db", F_OK), -1);
}

static void test_works_without_the_file_where_fields_say_all(void **state)
{
    struct leat_plan *p = host_begin("{path: /nowhere/x.db, table: t, cursor: id, fields: {id: int64, name: text}}",
                                     NULL, true);

    (void)state;
    assert_null(strstr(host_said(p), "wrong "));
    assert_string_equal(host_schema(p), "id int64, name text");
    host_end(p);
}

static void test_column_that_vanishes_ends_the_run(void **state)
{
    struct leat_plan *p;
    char *got;

    (void)state;
    change("CREATE TABLE v(a INT, b INT, c INT)");
    p = host_begin(with("table: v"), NULL, false);
    change("ALTER TABLE v DROP COLUMN b");
    got = host_read(p, plainly);
    assert_non_null(strstr(got, "has changed since the plan was made: column 2 was b, is c"));
    free(got);
    host_end(p);
}

static void test_a_long_step_can_be_cancelled(void **state)
{
    struct leat_plan *p = host_begin(with("query: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                          "SELECT max(i) AS i FROM n'"), NULL, false);
    struct leat_stage stage = {.plan = p, .rows_wanted = -1, .cancelled = true};
    struct leat_error err = {0};
    struct leat_pool pool;
    struct leat_batch *b;

    (void)state;
    leat_pool_init(&pool, &p->out, NULL, 8, 1 << 16, 1 << 16);
    assert_int_equal(p->plugin->open(&stage, p->self, &err), 0);
    b = leat_pool_get(&pool);
    assert_int_equal(p->plugin->read(&stage, p->self, b, &err), LEAT_FAILED);
    assert_int_equal(err.code, LEAT_ECANCELED);
    p->plugin->close(&stage, p->self);
    leat_batch_release(b);
    leat_pool_deinit(&pool);
    host_end(p);
}

/* ---- faults ---- */

/* In UTF-16 each text that comes or goes needs memory, to be turned into ours. */
static void make_again(const char *encoding)
{
    struct leat_text_buffer text = {0};

    assert_int_equal(unlink(path), 0);
    leat_text_printf(&text, "PRAGMA encoding = '%s'; %s", encoding, tables);
    change(text.p);
    leat_text_deinit(&text);
}

/* What the plan has found out, with the key. */
static char *plan_of(const char *more)
{
    struct leat_text_buffer said = {0};
    struct leat_plan *p;

    fault_on();
    p = host_begin(with(more), NULL, false);
    fault_off();
    if (p->rc < 0)
        leat_text_printf(&said, "%s %d: ", p->rc == LEAT_EUNREACHABLE ? "failed" : "is", p->rc);
    leat_text_printf(&said, "%s%s\n", host_said(p), host_schema(p));
    host_end(p);
    return said.p;
}

/* A key that cannot be seen is there all the same. */
static void test_a_fault_in_the_plan_ends_it(void **state)
{
    (void)state;
    assert_faults_are_told(plan_of, "table: two, cursor: u");
    assert_faults_are_told(plan_of, "table: user, cursor: id, fields: {n: text}");
    assert_faults_are_told(plan_of, "query: 'SELECT id, name FROM user WHERE id > 1;', cursor: id");
    assert_faults_are_told(plan_of, "query: SELECT emial FROM user");
    assert_faults_are_told(plan_of, "query: SELECT 1; SELECT id FROM user");
    make_again("UTF-16");
    assert_faults_are_told(plan_of, "table: two, cursor: u");
    make_again("UTF-8");
}

/* The rows, their rejects and their positions; of k behind a list of real, text and blob. */
static char *read_of(const char *more)
{
    struct leat_plan *p = host_begin(with(more), NULL, false);
    struct reading how = {.cap_rows = 2, .positions = true};
    char *got;

    if (strstr(more, "FROM k"))
        how.position = "[{\"real\": \"1.25\"}, \"a\", {\"blob\": \"01\"}]";
    if (strstr(more, "incremental"))
        how.watermark = "[1, 1]";
    fault_on();
    got = host_read(p, how);
    fault_off();
    host_end(p);
    return got;
}

static void use_variable(void *self)
{
    static const char *const texts[] = {"SELECT id, name FROM user WHERE name = ", ""}, *const values[] = {"Ada"};
    static const struct leat_query query = {1, texts, values};

    ((struct sqlite *)self)->query = &query;
}

static void test_a_fault_ends_the_reading(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        make_again(i ? "UTF-8" : "UTF-16");
        assert_faults_are_told(read_of, "table: user, cursor: id");
        assert_faults_are_told(read_of, "table: many, cursor: [k, id]"); /* with rejects of every kind */
        assert_faults_are_told(read_of, "table: many, cursor: [k, id], incremental: true");
        assert_faults_are_told(read_of, "query: SELECT * FROM k, cursor: [f, u, bin]");
        assert_faults_are_told(read_of, "query: 'SELECT id, hex(zeroblob(id * 20)) AS z FROM user', cursor: [z, id]");
        host_before_plan = use_variable;
        assert_faults_are_told(read_of, "query: SELECT, cursor: id");
        host_before_plan = NULL;
    }
}

/* A search that fails has not found out that nothing is there; the next is as good as if there had been none. */
static char *find_of(const char *more)
{
    static const struct leat_field u = {.name = "u", .type = LEAT_TEXT};
    static const struct leat_schema by_u = {.n_fields = 1, .fields = &u};
    struct leat_plan *p = host_begin(with(more), NULL, false);
    struct leat_stage stage = {.plan = p, .worker = calloc(1, p->plugin->worker_size)};
    struct leat_text_buffer got = {0};
    struct leat_error err = {0};
    struct leat_pool key_pool, pool;
    struct leat_batch *keys, *out;
    uint8_t found = 0;
    int rc;

    leat_pool_init(&key_pool, &by_u, NULL, 8, 1 << 16, 1 << 16);
    leat_pool_init(&pool, &p->out, NULL, 8, 1 << 16, 1 << 16);
    keys = leat_pool_get(&key_pool);
    out = leat_pool_get(&pool);
    leat_batch_put_text(keys, 0, "Ada", 3);
    leat_batch_end_row(keys);
    assert_int_equal(leat_batch_finish(keys, &err), 0);
    fault_on();
    rc = p->plugin->find(&stage, p->self, &(struct leat_find){.keys = keys, .out = out, .ret_found = &found,
                                                               .deadline_ms = INT64_MAX}, &err);
    fault_off();
    if (rc < 0)
        leat_text_printf(&got, "failed %d: %s\n", rc, err.text);
    else
        leat_text_printf(&got, "%s", found == LEAT_FOUND ? "found " : "absent ");
    LEAT_EACH_ROW(out, row)
        if (rc == 0)
            say_row(out, row, &got);
    leat_batch_release(out);
    out = leat_pool_get(&pool);
    assert_int_equal(p->plugin->find(&stage, p->self, &(struct leat_find){.keys = keys, .out = out, .ret_found = &found,
                                                                           .deadline_ms = INT64_MAX}, &err), 0);
    assert_int_equal(found, LEAT_FOUND);
    p->plugin->worker_close(&stage, p->self);
    leat_batch_release(keys);
    leat_batch_release(out);
    leat_pool_deinit(&key_pool);
    leat_pool_deinit(&pool);
    free(stage.worker);
    host_end(p);
    return got.p;
}

static void find_with_variable(void *self)
{
    static const char *const texts[] = {"SELECT name AS u, id FROM user WHERE name = ", ""};
    static const char *const values[] = {"Ada"};
    static const struct leat_query query = {1, texts, values};

    ((struct sqlite *)self)->query = &query;
}

static void test_a_fault_in_a_search_is_told(void **state)
{
    (void)state;
    host_before_plan = find_with_variable;
    assert_faults_are_told(find_of, "query: SELECT");
    make_again("UTF-16");
    assert_faults_are_told(find_of, "query: SELECT");
    host_before_plan = NULL;
    make_again("UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declared_types_decide),
        cmocka_unit_test(test_values_of_every_class),
        cmocka_unit_test(test_values_that_do_not_fit_are_rejected),
        cmocka_unit_test(test_text_keeps_nul_bytes_and_loses_bad_utf8),
        cmocka_unit_test(test_odd_names_are_quoted),
        cmocka_unit_test(test_every_value_that_does_not_fit_is_kept),
        cmocka_unit_test(test_local_timestamps_stay_local),
        cmocka_unit_test(test_all_columns_of_the_key_are_the_key),
        cmocka_unit_test(test_goes_on_from_every_position),
        cmocka_unit_test(test_query_is_wrapped),
        cmocka_unit_test(test_cursor_that_is_not_unique_is_found),
        cmocka_unit_test(test_position_of_another_cursor_is_refused),
        cmocka_unit_test(test_finds_records_by_key),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_works_without_the_file_where_fields_say_all),
        cmocka_unit_test(test_column_that_vanishes_ends_the_run),
        cmocka_unit_test(test_a_long_step_can_be_cancelled),
        cmocka_unit_test(test_a_fault_in_the_plan_ends_it),
        cmocka_unit_test(test_a_fault_ends_the_reading),
        cmocka_unit_test(test_a_fault_in_a_search_is_told),
    };

    fault_begin();
    return cmocka_run_group_tests_name("sqlite-extract", tests, make_tables, remove_folder);
}
