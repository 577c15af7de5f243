/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The transactions of the sqlite load (plugins/load/sqlite): what is there after which
 * commit, what is not when one is lost, and the token that says how far it came.
 */
#include "unit.h"

#include "plugin-host.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "batches.h"
#include "load/sqlite/load.h"
#include "test-sqlite-faults.h"
#include "test-sqlite.h"

/* ---- transactions ---- */

static void test_nothing_is_there_without_a_commit(void **state)
{
    struct loading l;
    struct leat_batch *b;
    struct leat_mark mark;

    (void)state;
    (void)unlink(path);
    load_begin(&l, with("table: t"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    free(load_deliver(&l, b));
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), 0);
    b = load_batch(&l);
    put_row(b, 2, "b");
    free(load_deliver(&l, b));
    load_end(&l, false);
    assert_answer("SELECT id FROM t", "1\n");
}

/* A trigger that rolls back takes along what was written before; then nothing may say that it is there. */
static void test_a_lost_transaction_ends_the_run(void **state)
{
    static const struct leat_token first = {"me", "1"}, second = {"me", "2"};
    struct loading l;
    struct leat_batch *b;
    struct leat_mark mark;
    char *got;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INT, name TEXT); CREATE TRIGGER g BEFORE INSERT ON t WHEN new.id = 2 BEGIN "
           "SELECT RAISE(ROLLBACK, 'no twos'); END");
    load_begin(&l, with("table: t"), &test_schema);
    assert_non_null(strstr(host_said(l.plan), "note a trigger of the file may roll back"));
    b = load_batch(&l);
    put_row(b, 0, "z");
    free(load_deliver(&l, b));
    l.stage.token = &first;
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), 0);
    b = load_batch(&l);
    put_row(b, 5, "y");
    free(load_deliver(&l, b));
    b = load_batch(&l);
    put_row(b, 1, "a");
    put_row(b, 2, "b");
    put_row(b, 3, "c");
    got = load_deliver(&l, b);
    assert_non_null(strstr(got, "failed -5: "));
    assert_non_null(strstr(got, "no twos, and all since the last commit is undone"));
    assert_null(strstr(got, "loaded"));
    free(got);
    l.stage.token = &second;
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), -EIO);
    load_end(&l, false);
    assert_answer("SELECT id FROM t", "0\n");
    assert_answer("SELECT who || ' ' || what FROM leat_commits", "me 1\n");
}

/* Some faults undo the transaction and say only what they are: it must not seem to go on. */
static void test_no_token_without_its_rows(void **state)
{
    static const struct leat_token token = {"me", "1"};
    struct loading l;
    struct leat_batch *b;
    struct leat_mark mark;
    sqlite3 **db;

    (void)state;
    (void)unlink(path);
    load_begin(&l, with("table: t"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    free(load_deliver(&l, b));
    db = &((struct sqlite *)l.plan->self)->db;
    assert_int_equal(sqlite3_exec(*db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    l.stage.token = &token;
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), -EIO);
    assert_has(l.err.text, "all since the last commit is undone");
    load_end(&l, false);
    assert_answer("SELECT count(*) FROM sqlite_schema", "0\n");
}

/* ---- how far it came ---- */

static void assert_last_commit(const char *who, const char *wanted)
{
    struct leat_plan *p = host_begin(with("table: t"), &test_schema, false);
    struct leat_stage stage = {.plan = p};
    struct leat_mark mark = {"?"};
    struct leat_error err = {0};

    assert_int_equal(p->plugin->last_commit(&stage, p->self, who, &mark, &err), 0);
    assert_string_equal(mark.text, wanted);
    host_end(p);
}

static void test_a_token_stands_beside_the_rows(void **state)
{
    struct leat_token token = {"one", "1"};
    struct leat_mark mark;
    struct loading l;
    struct leat_batch *b;

    (void)state;
    (void)unlink(path);
    assert_last_commit("one", "");
    assert_int_equal(access(path, F_OK), -1);
    load_begin(&l, with("table: t, key: id, mode: upsert"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    free(load_deliver(&l, b));
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), 0);
    assert_last_commit("one", ""); /* nothing will be asked for, so there is no table */
    assert_answer("SELECT count(*) FROM sqlite_schema WHERE name = 'leat_commits'", "0\n");
    l.stage.token = &token;
    for (int i = 1; i < 4; i++) { /* once with the row above, and then without any */
        token.what = (const char *[]){"", "1", "two", "3"}[i];
        assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, i == 3, &mark, &l.err), 0);
        assert_last_commit("one", token.what);
        assert_last_commit("other", "");
    }
    token = (struct leat_token){"other", "7"};
    b = load_batch(&l);
    put_row(b, 2, "b");
    free(load_deliver(&l, b));
    assert_last_commit("other", "");
    load_end(&l, true);
    assert_last_commit("other", "7");
    assert_last_commit("one", "3");
    assert_answer("SELECT id || name FROM t", "1a\n2b\n");
    assert_answer("SELECT who || what FROM leat_commits ORDER BY who", "one3\nother7\n");
}

static void test_a_locked_file_gets_its_token_later(void **state)
{
    static const struct leat_token token = {"one", "1"};
    struct leat_mark mark;
    struct loading l;
    sqlite3 *other;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INT, name TEXT)");
    load_begin(&l, with("table: t"), &test_schema);
    l.stage.token = &token;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN; SELECT * FROM t", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), LEAT_ERETRY);
    sqlite3_close(other);
    assert_int_equal(l.plan->plugin->commit(&l.stage, l.plan->self, false, &mark, &l.err), 0);
    load_end(&l, false);
    assert_last_commit("one", "1");
}

/* Writes so much that half of it is in the file, and is killed. */
static void kill_in_the_middle(void)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        sqlite3 *db;

        if (sqlite3_open(path, &db) != SQLITE_OK ||
            sqlite3_exec(db, "PRAGMA cache_size = 1; BEGIN; UPDATE leat_commits SET what = 'half'; "
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                             "INSERT INTO t(id, name) SELECT i, hex(zeroblob(500)) FROM n", NULL, NULL, NULL))
            _exit(1);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

/* The journal of a killed run: what it undoes is undone before anyone asks, though asking writes nothing. */
static void test_a_killed_run_is_undone(void **state)
{
    struct leat_token token = {"one", "1"};
    struct loading l;
    struct leat_batch *b;
    char journal[80];

    (void)state;
    (void)unlink(path);
    load_begin(&l, with("table: t"), &test_schema);
    l.stage.token = &token;
    b = load_batch(&l);
    put_row(b, 1, "a");
    free(load_deliver(&l, b));
    load_end(&l, true);
    (void)snprintf(journal, sizeof journal, "%s-journal", path);
    kill_in_the_middle();
    assert_int_equal(access(journal, F_OK), 0);
    assert_last_commit("one", "1"); /* its plan looks into the file first */
    kill_in_the_middle();
    {
        struct leat_plan *p = host_begin(with("table: t"), &test_schema, false);
        struct leat_stage stage = {.plan = p};
        struct leat_mark mark;
        struct leat_error err = {0};

        assert_null(strstr(host_said(p), "wrong"));
        kill_in_the_middle();
        assert_int_equal(access(journal, F_OK), 0);
        assert_int_equal(p->plugin->last_commit(&stage, p->self, "one", &mark, &err), 0);
        assert_string_equal(mark.text, "1");
        host_end(p);
    }
    assert_answer("SELECT id FROM t", "1\n");
}

/* Answers of a batch that was not written whole are not given. */
static void test_a_batch_that_fails_is_not_loaded(void **state)
{
    struct loading l;
    struct leat_batch *b;
    char *got;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INT, name TEXT); CREATE TRIGGER g AFTER INSERT ON t WHEN new.id = 2 BEGIN "
           "SELECT abs(-9223372036854775808); END");
    load_begin(&l, with("table: t"), &test_schema);
    b = load_batch(&l);
    put_row(b, 1, "a");
    put_row(b, 2, "b");
    got = load_deliver(&l, b);
    assert_non_null(strstr(got, "integer overflow"));
    assert_null(strstr(got, "loaded"));
    free(got);
    load_end(&l, false);
    assert_answer("SELECT count(*) FROM t", "0\n");
}

/* Waiting is for the host to do, which says so. */
static void test_a_locked_file_is_tried_again_soon(void **state)
{
    struct timespec before, after;
    struct loading l;
    struct leat_batch *b;
    sqlite3 *other;

    (void)state;
    (void)unlink(path);
    change("CREATE TABLE t(id INT, name TEXT)");
    load_begin(&l, with("table: t"), &test_schema);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    b = load_batch(&l);
    put_row(b, 1, "a");
    assert_int_equal(leat_batch_finish(b, &l.err), 0);
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(l.plan->plugin->deliver(&l.stage, l.plan->self, b, &l.err), LEAT_ERETRY);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 3);
    sqlite3_close(other);
    assert_int_equal(l.plan->plugin->deliver(&l.stage, l.plan->self, b, &l.err), 0);
    leat_batch_release(b);
    load_end(&l, true);
    assert_answer("SELECT id FROM t", "1\n");
}

/* ---- faults ---- */

/* Values of every type, one of them not a number, which is bound as a text. */
static void put_values(struct leat_batch *b)
{
    leat_batch_put_int64(b, ID, 1);
    leat_batch_put_text(b, NAME, "a", 1);
    leat_batch_put_float64(b, SCORE, NAN);
    leat_batch_put_date(b, BORN, 19782);
    leat_batch_put_text(b, BLOB, "a\0b", 3);
    leat_batch_end_row(b);
}

/* Opens, delivers, commits and asks how far it came. */
static int write_values(struct loading *l, struct leat_mark *ret_mark, struct leat_text_buffer *said)
{
    static const struct leat_token token = {"me", "1"};
    const struct leat_plugin *plugin = l->plan->plugin;
    struct leat_batch *b = load_batch(l);
    int rc;
    char *got;

    put_values(b);
    l->stage.token = &token;
    rc = plugin->open(&l->stage, l->plan->self, &l->err);
    if (rc < 0) {
        leat_batch_release(b);
        return rc;
    }
    got = load_deliver(l, b);
    leat_text_add_string(said, got);
    free(got);
    if (strstr(said->p, "failed"))
        return 0;
    rc = plugin->commit(&l->stage, l->plan->self, true, ret_mark, &l->err);
    return rc < 0 ? rc : plugin->last_commit(&l->stage, l->plan->self, "me", ret_mark, &l->err);
}

/* What came of it, and if all went well what is there. The file is in UTF-16, into which all texts are turned. */
static char *write_of(const char *more)
{
    struct leat_text_buffer said = {0};
    struct leat_mark mark = {""};
    struct loading l = {0};
    char *rows;
    int rc;

    (void)unlink(path);
    change("PRAGMA encoding = 'UTF-16'; CREATE TABLE t(id INTEGER PRIMARY KEY, name, score, born, blob)");
    l = (struct loading){.plan = host_begin(with(more), &test_schema, false)};
    l.stage.plan = l.plan;
    leat_pool_init(&l.pool, &test_schema, NULL, 1000, 1 << 30, 1 << 30);
    fault_on();
    rc = write_values(&l, &mark, &said);
    fault_off();
    load_end(&l, false);
    if (rc < 0) /* what was said before may have been taken back */
        said.n = 0;
    if (rc < 0)
        leat_text_printf(&said, "failed %d: %s\n", rc, l.err.text);
    if (strstr(said.p, "failed"))
        return said.p;
    rows = ask("SELECT id || name || quote(score) || born || quote(blob) FROM t");
    leat_text_printf(&said, "%s %s", mark.text, rows);
    free(rows);
    return said.p;
}

/* A value that cannot be bound is not null, and a commit that cannot be seen is there all the same. */
static void test_a_fault_ends_the_writing(void **state)
{
    (void)state;
    assert_faults_are_told(write_of, "table: t");
    assert_faults_are_told(write_of, "table: t, mode: upsert, key: id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_there_without_a_commit),
        cmocka_unit_test(test_a_lost_transaction_ends_the_run),
        cmocka_unit_test(test_no_token_without_its_rows),
        cmocka_unit_test(test_a_token_stands_beside_the_rows),
        cmocka_unit_test(test_a_locked_file_gets_its_token_later),
        cmocka_unit_test(test_a_killed_run_is_undone),
        cmocka_unit_test(test_a_batch_that_fails_is_not_loaded),
        cmocka_unit_test(test_a_locked_file_is_tried_again_soon),
        cmocka_unit_test(test_a_fault_ends_the_writing),
    };

    fault_begin();
    return cmocka_run_group_tests_name("sqlite-commit", tests, make_folder, remove_folder);
}
