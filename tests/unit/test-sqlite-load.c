/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The sqlite load (plugins/load/sqlite): tables it makes, values of every type,
 * what constraints refuse, and mistakes. Its transactions: test-sqlite-commit.c.
 */
#include "unit.h"

#include "plugin-host.h"

#include <math.h>
#include <sys/stat.h>

#include "batches.h"
#include "load/sqlite/load.h"
#include "test-sqlite-faults.h"
#include "test-sqlite.h"

static void put_all(struct leat_batch *b, int64_t id)
{
    leat_batch_put_int64(b, ID, id);
    leat_batch_put_text(b, NAME, "O'Hara \xc3\xa9", 9);
    leat_batch_put_bool(b, GOOD, true);
    leat_batch_put_float64(b, SCORE, id == 1 ? 0.1 : NAN);
    leat_batch_put_date(b, BORN, 19782);
    leat_batch_put_int64(b, SEEN, INT64_C(1709208000000000));
    leat_batch_put_text(b, PRICE, "12.50", 5);
    leat_batch_put_text(b, BLOB, "a\0b", 3);
    leat_batch_put_text(b, DOC, "1e3", 3);
    leat_batch_end_row(b);
}

/* ---- what is written ---- */

static void test_makes_a_table_that_keeps_every_value(void **state)
{
    struct loading l;
    struct leat_batch *b;
    struct stat st;
    char *got;

    (void)state;
    (void)unlink(path);
    load_begin(&l, with("table: 'a \"table', key: id"), &test_schema);
    b = load_batch(&l);
    put_all(b, 1);
    put_all(b, 2);
    leat_batch_put_int64(b, ID, 3);
    leat_batch_end_row(b);
    got = load_deliver(&l, b);
    assert_string_equal(got, "loaded 3\n");
    free(got);
    load_end(&l, true);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_answer("SELECT sql FROM sqlite_schema WHERE name = 'a \"table'",
                  "CREATE TABLE \"a \"\"table\" (\"id\" INTEGER NOT NULL, \"name\" TEXT, \"good\" BOOLEAN, "
                  "\"score\" REAL, \"born\" DATE, \"seen\" TIMESTAMP, \"price\" DECIMAL_TEXT, \"blob\" BLOB, "
                  "\"doc\" JSON_TEXT, PRIMARY KEY (\"id\"))\n");
    assert_answer("SELECT quote(id) || quote(name) || quote(good) || quote(score) || quote(born) || quote(seen) || "
                  "quote(price) || quote(blob) || quote(doc) FROM \"a \"\"table\"",
                  "1'O''Hara \xc3\xa9'10.1'2024-02-29''2024-02-29 12:00:00Z''12.50'X'610062''1e3'\n"
                  "2'O''Hara \xc3\xa9'1'NaN''2024-02-29''2024-02-29 12:00:00Z''12.50'X'610062''1e3'\n"
                  "3NULLNULLNULLNULLNULLNULLNULLNULL\n");
}

static void test_writes_the_columns_that_are_there(void **state)
{
    struct loading l;
    char *got;
    struct leat_batch *b;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(NAME text, made AS (1), other TEXT DEFAULT 'd', id INT)");
    load_begin(&l, with("table: t"), &test_schema);
    assert_non_null(strstr(host_said(l.plan), "leaves out price: left out, for the table has no column of this name"));
    assert_null(strstr(host_said(l.plan), "leaves out name"));
    b = load_batch(&l);
    put_row(b, 7, "x");
    got = load_deliver(&l, b);
    assert_string_equal(got, "loaded 1\n");
    free(got);
    load_end(&l, true);
    assert_answer("SELECT id || name || other FROM t", "7xd\n");
}

static void test_local_timestamps_have_a_type_of_their_own(void **state)
{
    static const struct leat_field at = {.name = "at", .type = LEAT_TIMESTAMP, .local = true};
    static const struct leat_schema schema = {.n_fields = 1, .fields = &at};
    struct loading l;
    struct leat_batch *b;

    (void)state;
    (void)unlink(path);
    load_begin(&l, with("table: t"), &schema);
    b = load_batch(&l);
    leat_batch_put_int64(b, 0, INT64_C(1709208000000000));
    leat_batch_end_row(b);
    free(load_deliver(&l, b));
    load_end(&l, true);
    assert_answer("SELECT sql FROM sqlite_schema", "CREATE TABLE \"t\" (\"at\" LOCAL_TIMESTAMP)\n");
    assert_answer("SELECT quote(at) FROM t", "'2024-02-29 12:00:00'\n");
}

static void test_secrets_need_to_be_asked_for(void **state)
{
    static const struct leat_field fields[] = {{.name = "id", .type = LEAT_INT64},
                                               {.name = "pw", .type = LEAT_TEXT, .data_class = LEAT_SECRET}};
    static const struct leat_schema schema = {.n_fields = 2, .fields = fields};
    struct leat_plan *p;

    (void)state;
    (void)unlink(path);
    p = host_begin(with("table: t"), &schema, false);
    assert_non_null(strstr(host_said(p), "leaves out pw: left out, for it is secret"));
    host_end(p);
    p = host_begin(with("table: t, secrets: true"), &schema, false);
    assert_non_null(strstr(host_said(p), "accepts pw\n"));
    host_end(p);
}

/* ---- what is refused ---- */

static void test_constraints_refuse_rows_alone(void **state)
{
    struct loading l;
    struct leat_batch *b;
    char *got;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK(length(name) < 4))");
    load_begin(&l, with("table: t"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    put_row(b, 2, "a");
    put_row(b, 1, "b");
    put_row(b, 3, NULL);
    put_row(b, 4, "long");
    put_row(b, 5, "c");
    got = load_deliver(&l, b);
    assert_string_equal(got, "loaded 2\nrejected 4\n"
                             "! constraint_unique name: UNIQUE constraint failed: t.name\n"
                             "! constraint_primary_key id: UNIQUE constraint failed: t.id\n"
                             "! constraint_not_null name: NOT NULL constraint failed: t.name\n"
                             "! constraint_check -: CHECK constraint failed: length(name) < 4\n");
    free(got);
    load_end(&l, true);
    assert_answer("SELECT id || name FROM t", "1a\n5c\n");
}

/* A key that is there after a crash was put there by us. */
static void test_doubtful_rows_are_already_there(void **state)
{
    uint8_t must_verify[1] = {1 << 0};
    struct loading l;
    struct leat_batch *b;
    char *got;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES(1, 'a'), (2, 'b')");
    load_begin(&l, with("table: t, key: id"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    put_row(b, 2, "b");
    b->must_verify = must_verify;
    got = load_deliver(&l, b);
    assert_string_equal(got, "there 1\nrejected 1\n"
                             "! constraint_primary_key id: UNIQUE constraint failed: t.id\n");
    free(got);
    load_end(&l, true);
}

static void test_upsert_updates(void **state)
{
    struct loading l;
    struct leat_batch *b;
    char *got;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, kept TEXT); INSERT INTO t VALUES(1, 'a', 'k')");
    load_begin(&l, with("table: t, key: id, mode: upsert"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "new");
    put_row(b, 2, "b");
    put_row(b, 2, "last");
    got = load_deliver(&l, b);
    assert_string_equal(got, "loaded 3\n");
    free(got);
    load_end(&l, true);
    assert_answer("SELECT id || name || ifnull(kept, '-') FROM t", "1newk\n2last-\n");
}

static void test_upsert_of_keys_alone_says_what_was_there(void **state)
{
    static const struct leat_field id = {.name = "id", .type = LEAT_INT64};
    static const struct leat_schema schema = {.n_fields = 1, .fields = &id};
    struct loading l;
    struct leat_batch *b;
    char *got;

    (void)state;
    (void)unlink(path);
    load_begin(&l, with("table: t, key: [id], mode: upsert"), &schema);
    b = load_batch(&l);
    for (int i = 0; i < 4; i++) {
        leat_batch_put_int64(b, 0, i / 2);
        leat_batch_end_row(b);
    }
    got = load_deliver(&l, b);
    assert_string_equal(got, "loaded 2\nthere 2\n");
    free(got);
    load_end(&l, true);
}

/* ---- keys that are null ---- */

static const struct leat_field pair_fields[] = {
    {.name = "id", .type = LEAT_INT64}, {.name = "name", .type = LEAT_TEXT}, {.name = "v", .type = LEAT_TEXT}};
static const struct leat_schema pair_schema = {.n_fields = 3, .fields = pair_fields};

static void put_pair(struct leat_batch *b, int64_t id, const char *name)
{
    if (id)
        leat_batch_put_int64(b, 0, id);
    if (name)
        leat_batch_put_text(b, 1, name, strlen(name));
    leat_batch_put_text(b, 2, "v", 1);
    leat_batch_end_row(b);
}

static void assert_pairs(const char *more, const char *wanted, const char *wanted_rows)
{
    struct loading l;
    struct leat_batch *b;
    char *got;

    load_begin(&l, with(more), &pair_schema);
    b = load_batch(&l);
    put_pair(b, 1, "a");
    put_pair(b, 0, "b");
    put_pair(b, 2, NULL);
    put_pair(b, 2, "c");
    got = load_deliver(&l, b);
    assert_string_equal(got, wanted);
    free(got);
    load_end(&l, true);
    assert_answer("SELECT id || ifnull(name, '-') FROM t ORDER BY 1", wanted_rows);
}

static void test_a_null_in_the_key_is_rejected(void **state)
{
    static const char *const modes[] = {"insert", "upsert"};
    char more[64];

    (void)state;
    for (int i = 0; i < 4; i++) {
        (void)unlink(path);
        if (i >= 2) /* whose key would take any number of nulls */
            change("CREATE TABLE t(id INT, name TEXT, v TEXT, PRIMARY KEY(id, name))");
        (void)snprintf(more, sizeof more, "table: t, key: [id, name], mode: %s", modes[i % 2]);
        assert_pairs(more, "loaded 2\nrejected 2\n"
                           "! null_key id: must not be null, for it is part of the key\n"
                           "! null_key name: must not be null, for it is part of the key\n", "1a\n2c\n");
    }
    (void)unlink(path);
    assert_pairs("table: t, key: id, mode: upsert", /* an INTEGER PRIMARY KEY, for which SQLite would make up numbers */
                 "loaded 3\nrejected 1\n! null_key id: must not be null, for it is part of the key\n", "1a\n2c\n");
    assert_answer("SELECT sql FROM sqlite_schema", "CREATE TABLE \"t\" (\"id\" INTEGER NOT NULL, \"name\" TEXT, "
                  "\"v\" TEXT, PRIMARY KEY (\"id\"))\n");
}

/* ---- tables with ways of their own ---- */

/* Writes (1, a) and (2, b), in mode insert. */
static void assert_writes(const char *made, const char *wanted, const char *wanted_rows)
{
    struct loading l;
    struct leat_batch *b;
    char *got;

    (void)unlink(path);
    change(made);
    load_begin(&l, with("table: t"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    put_row(b, 2, "b");
    got = load_deliver(&l, b);
    assert_string_equal(got, wanted);
    free(got);
    load_end(&l, true);
    assert_answer("SELECT id || name FROM t ORDER BY id", wanted_rows);
}

static void test_only_what_is_written_is_loaded(void **state)
{
    static const char *const clauses[] = {"IGNORE", "REPLACE", "ROLLBACK", "FAIL"};
    char made[256];

    (void)state;
    for (int i = 0; i < 4; i++) {
        (void)snprintf(made, sizeof made, "CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT %s, name TEXT); "
                       "INSERT INTO t VALUES(1, 'old')", clauses[i]);
        assert_writes(made, "loaded 1\nrejected 1\n! constraint_primary_key id: UNIQUE constraint failed: t.id\n",
                      "1old\n2b\n");
    }
    assert_writes("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); CREATE TRIGGER g BEFORE INSERT ON t "
                  "WHEN new.id = 2 BEGIN SELECT RAISE(IGNORE); END",
                  "loaded 1\nrejected 1\n! constraint_trigger -: a trigger of the table has left it out\n", "1a\n");
}

/* A trigger that leaves out what is there already is none of our business. */
static void test_triggers_keep_their_ways(void **state)
{
    (void)state;
    assert_writes("CREATE TABLE t(id INT, name TEXT); CREATE TABLE log(n INT UNIQUE); INSERT INTO log VALUES(1); "
                  "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO log VALUES(new.id); END",
                  "loaded 2\n", "1a\n2b\n");
    assert_writes("CREATE TABLE real(id INT, name TEXT); CREATE VIEW t AS SELECT * FROM real; "
                  "CREATE TRIGGER g INSTEAD OF INSERT ON t BEGIN INSERT INTO real SELECT new.id, new.name "
                  "WHERE new.id <> 1; END",
                  "loaded 1\nrejected 1\n! constraint_trigger -: a trigger of the table has left it out\n", "2b\n");
}

/* ---- mistakes ---- */

static void test_mistakes_are_named(void **state)
{
    static const struct leat_field twins[] = {{.name = "a", .type = LEAT_INT64}, {.name = "A", .type = LEAT_INT64}};
    static const struct leat_schema schema = {.n_fields = 2, .fields = twins};

    (void)state;
    (void)unlink(path);
    assert_wrong(with("table: t, mode: upsert"), &test_schema, "wrong mode: upsert needs `key: COLUMN'");
    assert_wrong(with("table: t, key: idd"), &test_schema, "no field idd");
    assert_wrong(with("table: t, create: false"), &test_schema, "has no table t; `create: true` makes it");
    assert_wrong("{path: /proc/self/exe, table: t}", &test_schema, "it is no SQLite database");
    assert_wrong(with("table: t"), &schema, "duplicate column name: A");
    assert_int_equal(access(path, F_OK), -1); /* a plan makes nothing */
    change("CREATE TABLE t(id INT, z INT); CREATE VIEW v AS SELECT * FROM t; CREATE TABLE z(y INT)");
    assert_wrong(with("table: t, key: id, mode: upsert"), &test_schema, "upsert needs a unique index of t over");
    assert_wrong(with("table: v"), &test_schema, "cannot modify v because it is a view");
    assert_wrong(with("table: z"), &test_schema, "the table z has a column for none of the fields");
    assert_wrong(with("table: Leat_Commits"), &test_schema, "wrong table: in leat_commits leat notes its commits");
    change("CREATE TABLE leat_commits(who TEXT, what TEXT)");
    assert_wrong(with("table: t"), &test_schema, "has a table leat_commits that is none of leat's");
}

static void assert_plans(const char *with_options)
{
    struct leat_plan *p = host_begin(with_options, &test_schema, false);

    assert_null(strstr(host_said(p), "wrong"));
    host_end(p);
}

/* Records of an extract that is incremental come again. */
static void test_what_comes_again_is_not_inserted(void **state)
{
    (void)state;
    (void)unlink(path);
    host_is_told_incremental = true;
    assert_wrong(with("table: t, key: id"), &test_schema, "wrong mode: the extract is incremental");
    assert_plans(with("table: t, key: id, mode: upsert"));
    host_is_told_incremental = false;
    assert_plans(with("table: t, key: id"));
}

/* ---- faults ---- */

/* What the plan has found out about the table. */
static char *plan_of(const char *more)
{
    struct leat_text_buffer said = {0};
    const struct sqlite *s;
    struct leat_plan *p;

    fault_on();
    p = host_begin(with(more), &test_schema, false);
    fault_off();
    s = p->self;
    if (p->rc < 0)
        leat_text_printf(&said, "%s %d: ", p->rc == LEAT_EUNREACHABLE ? "failed" : "is", p->rc);
    leat_text_add_string(&said, host_said(p));
    if (p->rc == 0)
        leat_text_printf(&said, "%s\n%s\n%d%d%d\n", s->create_sql ? s->create_sql : "-",
                         s->insert_sql ? s->insert_sql : "-", s->is_view, s->settles, s->only_key);
    host_end(p);
    return said.p;
}

/* A column that cannot be seen is there all the same. */
static void test_a_fault_in_the_plan_ends_it(void **state)
{
    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, name TEXT, born DATE); CREATE VIEW v AS SELECT "
           "id, name FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT RAISE(ROLLBACK, 'no'); END; "
           "CREATE TABLE leat_commits(who TEXT PRIMARY KEY, what TEXT NOT NULL)");
    assert_faults_are_told(plan_of, "table: t, key: id");
    assert_faults_are_told(plan_of, "table: t, key: id, mode: upsert");
    assert_faults_are_told(plan_of, "table: v");
    assert_faults_are_told(plan_of, "table: new, key: id");
    assert_faults_are_told(plan_of, "table: new, create: false");
    assert_faults_are_told(plan_of, "table: sqlite_new");
    change("DROP TABLE leat_commits; CREATE TABLE leat_commits(who TEXT, what TEXT)");
    assert_faults_are_told(plan_of, "table: t");
    (void)unlink(path);
    change("PRAGMA encoding = 'UTF-16'; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE o(x); "
           "CREATE TRIGGER g AFTER INSERT ON o BEGIN SELECT RAISE(ROLLBACK, 'no'); END"); /* all texts are turned */
    assert_faults_are_told(plan_of, "table: t, mode: upsert, key: id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_makes_a_table_that_keeps_every_value),
        cmocka_unit_test(test_writes_the_columns_that_are_there),
        cmocka_unit_test(test_local_timestamps_have_a_type_of_their_own),
        cmocka_unit_test(test_secrets_need_to_be_asked_for),
        cmocka_unit_test(test_constraints_refuse_rows_alone),
        cmocka_unit_test(test_doubtful_rows_are_already_there),
        cmocka_unit_test(test_upsert_updates),
        cmocka_unit_test(test_upsert_of_keys_alone_says_what_was_there),
        cmocka_unit_test(test_a_null_in_the_key_is_rejected),
        cmocka_unit_test(test_only_what_is_written_is_loaded),
        cmocka_unit_test(test_triggers_keep_their_ways),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_what_comes_again_is_not_inserted),
        cmocka_unit_test(test_a_fault_in_the_plan_ends_it),
    };

    fault_begin();
    return cmocka_run_group_tests_name("sqlite-load", tests, make_folder, remove_folder);
}
