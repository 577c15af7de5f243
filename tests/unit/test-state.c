/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The state of a pipeline: where it is kept and with which rights, what is refused for a state, what
 * a process that is killed leaves, and what it knows of targets and runs.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "test-state.h"

#include <sqlite3.h>

#include "delivery/checkpoint.h"

/* ---- the folder ---- */

static const char *folder_of(struct leat_arena *arena, const char *option, bool make)
{
    struct leat_error err = {0};
    const char *path = NULL;

    must(leat_state_folder(arena, option, make, &path, &err), &err);
    return path;
}

static void test_which_folder(void **state)
{
    struct leat_arena arena = {0};
    struct leat_error err = {0};
    const char *path;

    (void)state;
    setenv("HOME", "/home/ada", 1);
    setenv("XDG_STATE_HOME", "/var/state", 1);
    assert_string_equal(folder_of(&arena, "mine", false), "mine");
    assert_string_equal(folder_of(&arena, NULL, false), "/var/state/leat");
    setenv("XDG_STATE_HOME", "relative", 1);
    assert_string_equal(folder_of(&arena, NULL, false), "/home/ada/.local/state/leat");
    setenv("XDG_STATE_HOME", "", 1);
    assert_string_equal(folder_of(&arena, NULL, false), "/home/ada/.local/state/leat");
    unsetenv("XDG_STATE_HOME");
    assert_string_equal(folder_of(&arena, NULL, false), "/home/ada/.local/state/leat");
    unsetenv("HOME");
    assert_int_equal(leat_state_folder(&arena, NULL, false, &path, &err), -ENOENT);
    assert_has(err.text, "--state-dir");
    leat_arena_deinit(&arena);
}

static void test_the_folder_is_made(void **state)
{
    struct folder *f = *state;
    struct leat_arena arena = {0};
    mode_t mask = umask(0);
    struct stat st;

    (void)folder_of(&arena, folder_path(f, "a/b/c"), false);
    assert_false(folder_has(f, "a"));
    (void)folder_of(&arena, folder_path(f, "a/b/c"), true);
    assert_int_equal(stat(folder_path(f, "a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(folder_path(f, "a"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    (void)folder_of(&arena, folder_path(f, "a/b/c"), true); /* and is left as it is */
    umask(mask);
    leat_arena_deinit(&arena);
}

static void assert_no_folder(struct folder *f, const char *name, bool make, int code, const char *says)
{
    struct leat_arena arena = {0};
    struct leat_error err = {0};
    const char *path;

    assert_int_equal(leat_state_folder(&arena, folder_path(f, name), make, &path, &err), code);
    assert_has(err.text, says);
    leat_arena_deinit(&arena);
}

static void test_what_is_no_folder_for_it(void **state)
{
    struct folder *f = *state;
    struct leat_arena arena = {0};

    folder_write(f, "file", "x", 1);
    assert_no_folder(f, "file", true, -ENOTDIR, "it is no folder");
    assert_no_folder(f, "file/below", true, -ENOTDIR, "--state-dir");
    assert_int_equal(mkdir(folder_path(f, "open"), 0700), 0);
    assert_int_equal(chmod(folder_path(f, "open"), 0777), 0);
    assert_no_folder(f, "open", true, -EPERM, "can be written by everybody");
    assert_no_folder(f, "open", false, -EPERM, "chmod o-w");
    assert_int_equal(chmod(folder_path(f, "open"), 01777), 0);
    (void)folder_of(&arena, folder_path(f, "open"), true);
    leat_arena_deinit(&arena);
}

/* ---- opening ---- */

/* A state with something in each of its tables. */
static void fill(struct leat_state *s)
{
    struct leat_checkpoint c = {.seq = 1};
    struct leat_error err = {0};

    state_target(s, "csv", "out.csv");
    state_begin(s);
    must(leat_state_run_begin(s, "csv", "out.csv", 0, &err), &err);
    must(leat_state_work_begin(s, "extract\tsqlite\n", &err), &err);
    leat_checkpoint_add(&c, "position", "0", "the-position");
    leat_checkpoint_add(&c, "books", "read", "11");
    must(leat_checkpoint_save(s, &c, 0, &err), &err);
    must(leat_watermarks_save(s, &c, "extract\tx\n", &err), &err);
    must(sqlite3_exec(s->db, "INSERT INTO ledger VALUES (1, x'01', 1, 1, 1, 0, x'02', 1)", NULL, NULL, NULL), &err);
    must(sqlite3_exec(s->db, "INSERT INTO answer VALUES (1, x'01', x'61')", NULL, NULL, NULL), &err);
    must(leat_state_sum_ledger(s, &s->ledger_sum, &err), &err);
    must(leat_state_run_end(s, 75, "{\"read\":11}", "the-note", &err), &err);
    state_commit(s);
    leat_checkpoint_deinit(&c);
}

static void make_state(struct folder *f)
{
    struct leat_state s;

    state_open(f, &s);
    fill(&s);
    leat_state_close(&s);
}

static int try_open(struct folder *f, const char *file, struct leat_error *err)
{
    struct leat_state s;
    int rc;

    *err = (struct leat_error){0};
    rc = leat_state_open(&s, f->path, "shop", file, err);
    leat_state_close(&s);
    return rc;
}

static void assert_refused(struct folder *f, int code, const char *says)
{
    struct leat_error err;
    int rc = try_open(f, THE_FILE, &err);

    if (rc != code)
        fail_msg("%d and not %d: %s", rc, code, err.text);
    assert_has(err.text, says);
    assert_has(err.text, folder_path(f, "shop"));
}

static void assert_private(struct folder *f)
{
    DIR *dir = opendir(f->path);
    struct stat st;
    int n = 0;

    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(stat(folder_path(f, entry->d_name), &st), 0);
        if (st.st_mode & 07177)
            fail_msg("%s has mode %o", entry->d_name, (unsigned)st.st_mode & 07777);
        n++;
    }
    closedir(dir);
    assert_true(n >= 2); /* the database, the count */
}

static void test_made_for_us_alone(void **state)
{
    struct folder *f = *state;
    struct leat_state s;
    mode_t mask = umask(0);

    state_open(f, &s);
    assert_int_equal(umask(0), 0); /* it leaves ours as it was */
    fill(&s);
    assert_private(f);
    leat_state_close(&s);
    assert_private(f);
    umask(mask);
}

static void test_knows_its_file_and_key(void **state)
{
    struct folder *f = *state;
    char first[33], again[33], otherwise[33];
    struct leat_state s;

    state_open(f, &s);
    assert_string_equal(leat_state_file(&s), THE_FILE);
    leat_state_hash(&s, "key", "ada", 3, first);
    leat_state_hash(&s, "alias", "ada", 3, otherwise);
    leat_state_close(&s);
    assert_int_equal(strlen(first), 32);
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_string_not_equal(first, otherwise);
    state_open(f, &s);
    leat_state_hash(&s, "key", "ada", 3, again);
    assert_string_equal(first, again);
    leat_state_hash(&s, "key", "adam", 4, again);
    assert_string_not_equal(first, again);
    leat_state_close(&s);
    unlink(folder_path(f, "shop.db"));
    unlink(folder_path(f, "shop.seq"));
    state_open(f, &s); /* another state has another key */
    leat_state_hash(&s, "key", "ada", 3, again);
    assert_string_not_equal(first, again);
    leat_state_close(&s);
}

static void test_looking_makes_nothing(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_state s;

    assert_int_equal(leat_state_look(&s, f->path, "shop", &err), -ENOENT);
    assert_has(err.text, "no state of a pipeline 'shop'");
    leat_state_close(&s);
    assert_false(folder_has(f, "shop.db"));
    assert_false(folder_has(f, "shop.seq"));
    make_state(f);
    must(leat_state_look(&s, f->path, "shop", &err), &err);
    assert_string_equal(leat_state_file(&s), THE_FILE);
    leat_state_close(&s);
}

static void test_another_file_of_the_same_name(void **state)
{
    struct folder *f = *state;
    struct leat_error err;

    make_state(f);
    assert_int_equal(try_open(f, "/home/ada/shop.yaml", &err), LEAT_EPIPELINE);
    assert_has(err.text, THE_FILE);
    assert_has(err.text, "/home/ada/shop.yaml");
    assert_has(err.text, "leat state forget shop");
    must(try_open(f, THE_FILE, &err), &err);
}

/* ---- what is no state ---- */

static void run_sql(struct folder *f, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;

    assert_int_equal(sqlite3_open(folder_path(f, "shop.db"), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

/* Refused, and left byte for byte as it was. */
static void assert_left_alone(struct folder *f, int code, const char *says)
{
    struct leat_text_buffer before = folder_read(f, "shop.db"), after;

    assert_refused(f, code, says);
    after = folder_read(f, "shop.db");
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    leat_text_deinit(&before);
    leat_text_deinit(&after);
}

static void test_a_foreign_database(void **state)
{
    struct folder *f = *state;

    run_sql(f, "CREATE TABLE photos (id INTEGER, name TEXT); INSERT INTO photos VALUES (1, 'a')");
    assert_left_alone(f, -EPROTO, "no state of leat's");
}

static void test_no_database(void **state)
{
    struct folder *f = *state;
    char text[5000];

    memset(text, 'a', sizeof text);
    folder_write(f, "shop.db", text, sizeof text);
    assert_left_alone(f, -EPROTO, "no state of leat's");
    folder_write(f, "shop.db", "short", 5);
    assert_left_alone(f, -EPROTO, "no state of leat's");
}

/* What was a state is damaged, and may be forgotten: by the mark behind its head, or by the count beside it. */
static void test_a_state_that_has_lost_its_head(void **state)
{
    struct folder *f = *state;
    struct leat_text_buffer bytes;

    make_state(f);
    bytes = folder_read(f, "shop.db");
    memset(bytes.p, 'a', 16);
    folder_write(f, "shop.db", bytes.p, bytes.n);
    assert_left_alone(f, -EUCLEAN, "leat state forget shop");
    memset(bytes.p, 'a', 4096);
    folder_write(f, "shop.db", bytes.p, bytes.n);
    assert_left_alone(f, -EUCLEAN, "leat state forget shop");
    folder_write(f, "shop.seq", "not ours", 8);
    assert_left_alone(f, -EPROTO, "no state of leat's");
    assert_int_equal(unlink(folder_path(f, "shop.seq")), 0);
    assert_left_alone(f, -EPROTO, "no state of leat's");
    memcpy(bytes.p + 68, "leat", 4);
    folder_write(f, "shop.db", bytes.p, bytes.n);
    assert_left_alone(f, -EUCLEAN, "leat state forget shop");
    leat_text_deinit(&bytes);
}

static void test_of_a_newer_leat(void **state)
{
    struct folder *f = *state;
    char sql[64];

    make_state(f);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", LEAT_STATE_VERSION + 1);
    run_sql(f, sql);
    assert_left_alone(f, -EPROTO, "a newer leat");
}

/* As leat wrote them before the ledger had answers. */
static void test_of_an_older_leat(void **state)
{
    struct folder *f = *state;
    struct leat_state s;
    struct leat_error err = {0};
    sqlite3_stmt *stmt;

    state_open(f, &s);
    state_begin(&s);
    assert_int_equal(sqlite3_exec(s.db, "DROP TABLE answer; PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
    s.version = 1;
    state_commit(&s);
    leat_state_close(&s);
    must(leat_state_look(&s, f->path, "shop", &err), &err);
    leat_state_close(&s);
    must(leat_state_open(&s, f->path, "shop", THE_FILE, &err), &err);
    assert_int_equal(s.version, LEAT_STATE_VERSION);
    stmt = leat_state_prepare(&s, "SELECT count(*) FROM answer", &err);
    assert_non_null(stmt);
    sqlite3_finalize(stmt);
    leat_state_close(&s);
    must(try_open(f, THE_FILE, &err), &err);
}

static void test_a_link_is_not_followed(void **state)
{
    struct folder *f = *state;
    struct leat_error err;

    char from[PATH_MAX];

    make_state(f);
    (void)snprintf(from, sizeof from, "%s", folder_path(f, "shop.db"));
    assert_int_equal(rename(from, folder_path(f, "elsewhere.db")), 0);
    assert_int_equal(symlink("elsewhere.db", from), 0);
    assert_true(try_open(f, THE_FILE, &err) < 0);
}

/* ---- damage ---- */

static void change_byte(struct folder *f, const char *name, size_t at, char change)
{
    int fd = open(folder_path(f, name), O_RDWR);
    char byte;

    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= change;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

static void test_a_page_is_overwritten(void **state)
{
    struct folder *f = *state;
    struct leat_text_buffer bytes;
    char junk[600];
    int fd;

    make_state(f);
    bytes = folder_read(f, "shop.db");
    memset(junk, 0xA5, sizeof junk);
    assert_true(bytes.n > 3 * 4096);
    fd = open(folder_path(f, "shop.db"), O_RDWR);
    assert_int_equal(pwrite(fd, junk, sizeof junk, 2 * 4096), sizeof junk);
    close(fd);
    assert_refused(f, -EUCLEAN, "is damaged");
    assert_refused(f, -EUCLEAN, "leat state forget shop"); /* and again */
    leat_text_deinit(&bytes);
}

/* A page that makes sense, and says something else. */
static void test_a_value_is_flipped(void **state)
{
    static const struct {
        const char *value, *says;
    } values[] = {{"the-position", "checkpoints"}, {"the-note", "history"}, {"out.csv", "is damaged"}};
    struct folder *f = *state;
    struct leat_text_buffer bytes;

    make_state(f);
    bytes = folder_read(f, "shop.db");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *at = memmem(bytes.p, bytes.n, values[i].value, strlen(values[i].value));

        assert_non_null(at);
        change_byte(f, "shop.db", (size_t)(at - bytes.p), 4);
        assert_refused(f, -EUCLEAN, values[i].says);
        change_byte(f, "shop.db", (size_t)(at - bytes.p), 4);
        must(try_open(f, THE_FILE, &(struct leat_error){0}), &(struct leat_error){0});
    }
    leat_text_deinit(&bytes);
}

/* No byte of the file that means something can change unseen: refused, or the same as before. */
static void test_any_byte_is_flipped(void **state)
{
    struct folder *f = *state;
    struct leat_text_buffer bytes;
    int n_refused = 0;

    make_state(f);
    bytes = folder_read(f, "shop.db");
    for (size_t at = 0; at < bytes.n; at += 61) {
        struct leat_error err = {0};
        struct leat_checkpoint c;
        struct leat_state s;
        int rc;

        folder_write(f, "shop.db", bytes.p, bytes.n);
        change_byte(f, "shop.db", at, (char)(1 << at % 8));
        rc = leat_state_look(&s, f->path, "shop", &err);
        n_refused += rc < 0;
        if (rc == 0) {
            state_target(&s, "csv", "out.csv");
            must(leat_checkpoint_load(&s, 0, &c, &err), &err);
            assert_string_equal(leat_checkpoint_get(&c, "position", "0"), "the-position");
            assert_int_equal(leat_state_ledger_size(&s), 1);
            leat_checkpoint_deinit(&c);
        }
        leat_state_close(&s);
    }
    assert_true(n_refused > 3);
    leat_text_deinit(&bytes);
}

static void test_rows_are_changed(void **state)
{
    static const struct {
        const char *sql, *says;
    } changes[] = {
        {"UPDATE ledger SET done = 0", "ledger"},
        {"DELETE FROM ledger", "ledger"},
        {"INSERT INTO ledger SELECT target, x'33', done, run, attempt, record, payload, steps FROM ledger", "ledger"},
        {"INSERT INTO answer SELECT target, x'33', text FROM answer", "ledger"},
        {"UPDATE answer SET text = x'00'", "ledger"},
        {"DELETE FROM answer", "ledger"},
        {"UPDATE run SET status = 0", "history"},
        {"DELETE FROM run", "history"},
        {"UPDATE pipeline SET made_us = made_us + 1", "checkpoints"},
        {"UPDATE target SET identity = 'other.csv'", "checkpoints"},
        {"UPDATE work SET meaning = ''", "checkpoints"},
        {"DELETE FROM work", "checkpoints"},
        {"UPDATE part SET value = '12' WHERE kind = 'books'", "checkpoints"},
        {"UPDATE part SET name = 'made' WHERE kind = 'books'", "checkpoints"},
        {"DELETE FROM watermark", "checkpoints"},
        {"UPDATE watermark SET partition = 1", "checkpoints"},
        {"CREATE TABLE mine (a)", "checkpoints"},
        {"DELETE FROM pipeline", "whose it is"},
        {"UPDATE pipeline SET key = x'00'", "another length"},
        {"UPDATE seal SET small = small + 1", "checkpoints"},
        {"UPDATE seal SET n_commits = n_commits - 1", "last commits are missing"},
    };
    struct folder *f = *state;
    struct leat_text_buffer bytes;

    make_state(f);
    bytes = folder_read(f, "shop.db");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        folder_write(f, "shop.db", bytes.p, bytes.n);
        run_sql(f, changes[i].sql);
        assert_refused(f, -EUCLEAN, changes[i].says);
    }
    folder_write(f, "shop.db", bytes.p, bytes.n);
    must(try_open(f, THE_FILE, &(struct leat_error){0}), &(struct leat_error){0});
    leat_text_deinit(&bytes);
}

static void test_truncated(void **state)
{
    struct folder *f = *state;
    struct leat_text_buffer bytes;

    make_state(f);
    bytes = folder_read(f, "shop.db");
    for (size_t n = bytes.n - 4096; n > 4096; n -= 4096) {
        folder_write(f, "shop.db", bytes.p, n);
        assert_refused(f, -EUCLEAN, "is damaged");
    }
    folder_write(f, "shop.db", bytes.p, bytes.n / 2 + 100);
    assert_refused(f, -EUCLEAN, "is damaged");
    folder_write(f, "shop.db", bytes.p, 0);
    assert_refused(f, -EUCLEAN, "last commits are missing");
    assert_refused(f, -EUCLEAN, "last commits are missing"); /* nor is it begun anew the second time */
    leat_text_deinit(&bytes);
}

static void test_the_log_has_lost_its_end(void **state)
{
    struct folder *f = *state;
    struct leat_text_buffer count;

    make_state(f);
    count = folder_read(f, "shop.seq");
    count.p[18]++; /* one commit more */
    folder_write(f, "shop.seq", count.p, count.n);
    assert_refused(f, -EUCLEAN, "its last commits are missing");
    count.p[18] -= 2; /* the count may have stayed behind */
    folder_write(f, "shop.seq", count.p, count.n);
    must(try_open(f, THE_FILE, &(struct leat_error){0}), &(struct leat_error){0});
    count.p[3] = 'x';
    folder_write(f, "shop.seq", count.p, count.n);
    assert_refused(f, -EUCLEAN, "is no number");
    folder_write(f, "shop.seq", count.p, 7);
    assert_refused(f, -EUCLEAN, "is no number");
    memset(count.p, 0, count.n); /* made, and not written before the power went */
    folder_write(f, "shop.seq", count.p, count.n);
    must(try_open(f, THE_FILE, &(struct leat_error){0}), &(struct leat_error){0});
    folder_write(f, "shop.seq", "", 0);
    must(try_open(f, THE_FILE, &(struct leat_error){0}), &(struct leat_error){0});
    leat_text_deinit(&count);
}

static void test_the_database_is_gone(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_state s;

    make_state(f);
    assert_int_equal(unlink(folder_path(f, "shop.db")), 0);
    assert_int_equal(leat_state_look(&s, f->path, "shop", &err), -EUCLEAN);
    leat_state_close(&s);
    assert_refused(f, -EUCLEAN, "last commits are missing");
    assert_refused(f, -EUCLEAN, "last commits are missing");
    must(leat_state_remove(f->path, "shop", &err), &err);
    must(try_open(f, THE_FILE, &err), &err);
}

/* ---- processes that are killed ---- */

static void kill_after(struct folder *f, void (*work)(struct folder *))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        work(f);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void change_and_commit(struct folder *f, bool commit)
{
    struct leat_checkpoint c = {.seq = 2};
    struct leat_state s;
    int rc = leat_state_open(&s, f->path, "shop", THE_FILE, NULL);

    if (rc == 0)
        rc = leat_state_target(&s, "csv", "out.csv", NULL);
    if (rc == 0)
        rc = leat_state_begin(&s, NULL);
    leat_checkpoint_add(&c, "position", "0", "another-position");
    if (rc == 0)
        rc = leat_state_run_begin(&s, "csv", "out.csv", 1, NULL);
    if (rc == 0)
        rc = leat_checkpoint_save(&s, &c, 0, NULL);
    if (rc == 0)
        rc = commit ? leat_state_commit(&s, NULL) : leat_state_seal(&s, NULL);
    if (rc < 0)
        _exit(1);
}

static void change_half(struct folder *f)
{
    change_and_commit(f, false);
}

static void change_whole(struct folder *f)
{
    change_and_commit(f, true);
}

static void assert_position(struct folder *f, int64_t seq, const char *position)
{
    struct leat_error err = {0};
    struct leat_checkpoint c;
    struct leat_state s;

    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    must(leat_checkpoint_load(&s, 0, &c, &err), &err);
    assert_int_equal(c.seq, seq);
    assert_string_equal(leat_checkpoint_get(&c, "position", "0"), position);
    leat_checkpoint_deinit(&c);
    leat_state_close(&s);
}

static void test_killed_in_a_transaction(void **state)
{
    struct folder *f = *state;

    make_state(f);
    kill_after(f, change_half);
    assert_position(f, 1, "the-position");
}

static void test_killed_after_a_commit(void **state)
{
    struct folder *f = *state;

    make_state(f);
    kill_after(f, change_whole);
    assert_true(folder_has(f, "shop.db-wal"));
    assert_position(f, 2, "another-position");
}

/* The commit stands in the log alone; where the log goes, the state does not fall back unseen. */
static void test_the_log_is_gone(void **state)
{
    struct folder *f = *state;

    make_state(f);
    kill_after(f, change_whole);
    assert_int_equal(unlink(folder_path(f, "shop.db-wal")), 0);
    (void)unlink(folder_path(f, "shop.db-shm"));
    assert_refused(f, -EUCLEAN, "its last commits are missing");
}

static void make_half(struct folder *f)
{
    sqlite3 *db;

    if (sqlite3_open(folder_path(f, "shop.db"), &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; BEGIN; CREATE TABLE pipeline (a)", NULL, NULL, NULL) != SQLITE_OK)
        _exit(1);
}

static void test_killed_while_it_is_made(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_state s;

    kill_after(f, make_half);
    assert_int_equal(leat_state_look(&s, f->path, "shop", &err), -ENOENT);
    leat_state_close(&s);
    make_state(f);
    assert_position(f, 1, "the-position");
}

static void test_given_up(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_checkpoint c = {.seq = 7};
    struct leat_state s;

    make_state(f);
    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    state_begin(&s);
    must(leat_state_run_begin(&s, "csv", "out.csv", 0, &err), &err);
    leat_checkpoint_add(&c, "books", "read", "12");
    must(leat_checkpoint_save(&s, &c, 0, &err), &err);
    leat_state_rollback(&s);
    state_begin(&s); /* and what comes after is sealed as it is */
    must(leat_state_run_begin(&s, "csv", "out.csv", 0, &err), &err);
    state_commit(&s);
    leat_checkpoint_deinit(&c);
    leat_state_close(&s);
    assert_position(f, 1, "the-position");
}

/* ---- whether the last process was seen to end ---- */

static void leave(struct folder *f, bool seen)
{
    struct leat_error err = {0};
    struct leat_state s;
    char *leaving;

    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    state_begin(&s);
    must(leat_state_run_begin(&s, "csv", "out.csv", 0, &err), &err);
    must(leat_state_run_end(&s, 0, "{}", NULL, &err), &err);
    state_commit(&s);
    leaving = leat_state_leaving(&s);
    assert_non_null(leaving);
    leat_state_close(&s);
    if (seen)
        *leaving = 'e';
}

static void test_left_open(void **state)
{
    struct folder *f = *state;
    struct leat_run_row last;
    struct leat_error err = {0};
    struct leat_state s;

    leave(f, true);
    state_open(f, &s);
    assert_false(s.left_open);
    assert_null(leat_state_leaving(&s)); /* of no run */
    leat_state_close(&s);
    leave(f, false);
    state_open(f, &s);
    assert_true(s.left_open);
    must(leat_state_last_run(&s, "csv", "out.csv", &last, &err), &err);
    assert_int_equal(last.id, 2);
    assert_int_equal(last.status, 0);
    assert_string_equal(last.boot, leat_state_boot(&s.arena));
    must(leat_state_last_run(&s, "csv", "other.csv", &last, &err), &err);
    assert_int_equal(last.id, 0);
    must(leat_state_last_run(&s, "api", "out.csv", &last, &err), &err);
    assert_int_equal(last.id, 0);
    leat_state_close(&s);
}

/* What is not a run, such as `leat state reset`, leaves nobody waiting. */
static void test_no_run_is_left_open(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_state s;

    leave(f, true);
    must(leat_state_look(&s, f->path, "shop", &err), &err);
    state_target(&s, "csv", "out.csv");
    state_begin(&s);
    must(leat_state_clear(&s, &err), &err);
    state_commit(&s);
    leat_state_close(&s);
    state_open(f, &s);
    assert_false(s.left_open);
    leat_state_close(&s);
}

/* ---- targets and work ---- */

static void test_targets_are_kept_apart(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_work work;
    struct leat_state s;
    char who[33];
    int64_t first;

    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    first = s.target;
    (void)snprintf(who, sizeof who, "%s", s.who);
    assert_int_equal(strlen(s.who), 32);
    state_begin(&s);
    must(leat_state_run_begin(&s, "csv", "out.csv", 0, &err), &err);
    must(leat_state_work_begin(&s, "meaning", &err), &err);
    state_commit(&s);
    state_target(&s, "csv", "staging.csv");
    assert_int_not_equal(s.target, first);
    assert_string_not_equal(s.who, who);
    must(leat_state_work(&s, &work, &err), &err);
    assert_int_equal(work.run, 0);
    state_target(&s, "api", "out.csv");
    assert_int_not_equal(s.target, first);
    assert_string_not_equal(s.who, who);
    leat_state_close(&s);
    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    assert_int_equal(s.target, first);
    assert_string_equal(s.who, who);
    must(leat_state_work(&s, &work, &err), &err);
    assert_int_equal(work.run, 1);
    assert_true(work.began_us > INT64_C(1000000) * 1700000000);
    assert_string_equal(work.meaning, "meaning");
    leat_state_close(&s);
}

struct walk {
    struct leat_state *state;
    char text[256];
    int stop_at, n;
};

static bool note_target(void *context, const char *load, const char *identity)
{
    struct walk *w = context;
    size_t n = strlen(w->text);

    (void)snprintf(w->text + n, sizeof w->text - n, "%s %s\n", load, identity);
    state_target(w->state, load, identity); /* it may choose one */
    return ++w->n != w->stop_at;
}

static void test_all_targets(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_state s;
    struct walk all = {.state = &s}, some = {.state = &s, .stop_at = 2};

    state_open(f, &s);
    state_target(&s, "csv", "b");
    state_target(&s, "csv", "a");
    state_target(&s, "api", "a");
    must(leat_state_targets(&s, note_target, &all, &err), &err);
    assert_string_equal(all.text, "csv b\ncsv a\napi a\n");
    must(leat_state_targets(&s, note_target, &some, &err), &err);
    assert_string_equal(some.text, "csv b\ncsv a\n");
    leat_state_close(&s);
}

static void test_work_ends_with_its_checkpoints(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_checkpoint c;
    struct leat_work work;
    struct leat_state s;

    make_state(f);
    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    state_begin(&s);
    must(leat_state_work_end(&s, &err), &err);
    state_commit(&s);
    must(leat_state_work(&s, &work, &err), &err);
    assert_int_equal(work.run, 0);
    must(leat_checkpoint_load(&s, 0, &c, &err), &err);
    assert_int_equal(c.seq, 0);
    leat_checkpoint_deinit(&c);
    assert_int_equal(leat_state_ledger_size(&s), 1); /* which outlives the run */
    must(leat_watermarks_load(&s, &c, &err), &err);
    assert_string_equal(leat_checkpoint_get(&c, "position", "0"), "the-position");
    leat_checkpoint_deinit(&c);
    leat_state_close(&s);
}

static void test_the_ledger_is_counted(void **state)
{
    struct folder *f = *state;
    struct leat_state s;
    int64_t done = -1, open = -1;

    make_state(f);
    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    assert_int_equal(sqlite3_exec(s.db, "INSERT INTO ledger VALUES (1, x'02', 0, 1, 1, 0, 0, 0), "
                                        "(1, x'03', 2, 1, 1, 0, 0, 0), (1, x'04', 1, 2, 2, 0, 0, 0), "
                                        "(2, x'05', 1, 1, 1, 0, 0, 0)", NULL, NULL, NULL), SQLITE_OK);
    leat_state_ledger_count(&s, 1, &done, &open);
    assert_int_equal(done, 1);
    assert_int_equal(open, 2); /* also an update of what was done before */
    leat_state_ledger_count(&s, 2, &done, &open);
    assert_int_equal(done, 1);
    assert_int_equal(open, 0);
    leat_state_close(&s);
}

static void test_clear(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};
    struct leat_checkpoint c;
    struct leat_work work;
    struct leat_state s;

    make_state(f);
    state_open(f, &s);
    state_target(&s, "csv", "other.csv");
    state_begin(&s);
    must(leat_state_clear(&s, &err), &err); /* of this target alone */
    state_commit(&s);
    leat_state_close(&s);
    assert_position(f, 1, "the-position");
    state_open(f, &s);
    state_target(&s, "csv", "out.csv");
    assert_int_equal(leat_state_ledger_size(&s), 1);
    state_begin(&s);
    must(leat_state_clear(&s, &err), &err);
    state_commit(&s);
    leat_state_close(&s);
    state_open(f, &s); /* it is sealed as it is now */
    state_target(&s, "csv", "out.csv");
    assert_int_equal(leat_state_ledger_size(&s), 0);
    must(leat_state_work(&s, &work, &err), &err);
    assert_int_equal(work.run, 0);
    must(leat_watermarks_load(&s, &c, &err), &err);
    assert_int_equal(c.n_parts, 0);
    leat_checkpoint_deinit(&c);
    leat_state_close(&s);
}

static void test_remove(void **state)
{
    struct folder *f = *state;
    struct leat_error err = {0};

    make_state(f);
    kill_after(f, change_whole);
    folder_write(f, "shop2.db", "x", 1);
    must(leat_state_remove(f->path, "shop", &err), &err);
    assert_false(folder_has(f, "shop.db") || folder_has(f, "shop.seq") || folder_has(f, "shop.db-wal") ||
                 folder_has(f, "shop.db-shm"));
    assert_true(folder_has(f, "shop2.db"));
    must(leat_state_remove(f->path, "shop", &err), &err);
    must(try_open(f, "/another/file.yaml", &err), &err);
}

/* ---- history ---- */

static bool note_run(void *context, const struct leat_run_row *row)
{
    struct walk *w = context;
    size_t n = strlen(w->text);

    if (n < sizeof w->text - 64)
        (void)snprintf(w->text + n, sizeof w->text - n, "%d %s %d %s %s %d\n", (int)row->id, row->load, row->status,
                       row->report ? row->report : "-", row->note ? row->note : "-", (int)row->goes_on);
    assert_true(row->started_us > 0);
    assert_int_equal(row->pid, getpid());
    assert_true(row->status != 0 || row->ended_us >= row->started_us);
    return ++w->n != w->stop_at;
}

static void test_history(void **state)
{
    struct folder *f = *state;
    struct walk all = {0}, one = {.stop_at = 1};
    struct leat_error err = {0};
    struct leat_state s;

    state_open(f, &s);
    state_begin(&s);
    must(leat_state_run_begin(&s, "csv", "out.csv", 0, &err), &err); /* killed, and why is known */
    must(leat_state_run_begin(&s, "csv", "out.csv", 1, &err), &err); /* killed */
    must(leat_state_run_begin(&s, "api", "prod", 2, &err), &err);
    must(leat_state_run_end(&s, 0, "{\"read\":3}", NULL, &err), &err);
    must(leat_state_run_note(&s, 1, 70, "it crashed", &err), &err);
    state_commit(&s);
    leat_state_close(&s);
    state_open(f, &s);
    must(leat_state_runs(&s, note_run, &all, &err), &err);
    assert_string_equal(all.text, "3 api 0 {\"read\":3} - 2\n2 csv -1 - - 1\n1 csv 70 - it crashed 0\n");
    must(leat_state_runs(&s, note_run, &one, &err), &err);
    assert_int_equal(one.n, 1);
    leat_state_close(&s);
}

static void test_history_is_limited(void **state)
{
    struct folder *f = *state;
    struct walk walk = {0};
    struct leat_error err = {0};
    struct leat_state s;

    state_open(f, &s);
    state_begin(&s);
    for (int i = 0; i < 1003; i++)
        must(leat_state_run_begin(&s, "csv", "out.csv", 0, &err), &err);
    state_commit(&s);
    leat_state_close(&s);
    state_open(f, &s); /* the seal has followed */
    must(leat_state_runs(&s, note_run, &walk, &err), &err);
    assert_int_equal(walk.n, 1000);
    assert_memory_equal(walk.text, "1003 ", 5);
    leat_state_close(&s);
}


int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_the_folder_is_made),
        IN_A_FOLDER(test_what_is_no_folder_for_it),
        IN_A_FOLDER(test_made_for_us_alone),
        IN_A_FOLDER(test_knows_its_file_and_key),
        IN_A_FOLDER(test_looking_makes_nothing),
        IN_A_FOLDER(test_another_file_of_the_same_name),
        IN_A_FOLDER(test_a_foreign_database),
        IN_A_FOLDER(test_no_database),
        IN_A_FOLDER(test_a_state_that_has_lost_its_head),
        IN_A_FOLDER(test_of_an_older_leat),
        IN_A_FOLDER(test_of_a_newer_leat),
        IN_A_FOLDER(test_a_link_is_not_followed),
        IN_A_FOLDER(test_a_page_is_overwritten),
        IN_A_FOLDER(test_a_value_is_flipped),
        IN_A_FOLDER(test_any_byte_is_flipped),
        IN_A_FOLDER(test_rows_are_changed),
        IN_A_FOLDER(test_truncated),
        IN_A_FOLDER(test_the_log_has_lost_its_end),
        IN_A_FOLDER(test_the_database_is_gone),
        IN_A_FOLDER(test_killed_in_a_transaction),
        IN_A_FOLDER(test_killed_after_a_commit),
        IN_A_FOLDER(test_the_log_is_gone),
        IN_A_FOLDER(test_killed_while_it_is_made),
        IN_A_FOLDER(test_given_up),
        IN_A_FOLDER(test_left_open),
        IN_A_FOLDER(test_no_run_is_left_open),
        IN_A_FOLDER(test_targets_are_kept_apart),
        IN_A_FOLDER(test_all_targets),
        IN_A_FOLDER(test_work_ends_with_its_checkpoints),
        IN_A_FOLDER(test_the_ledger_is_counted),
        IN_A_FOLDER(test_clear),
        IN_A_FOLDER(test_remove),
        IN_A_FOLDER(test_history),
        IN_A_FOLDER(test_history_is_limited),
        cmocka_unit_test(test_which_folder), /* last: it changes the environment */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
