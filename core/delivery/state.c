/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { APPLICATION_ID = 0x6c656174 /* "leat" */, BUSY_MS = 5000 };

/* Each takes the schema from its index to the next version; never changed once released. */
static const char *const migrations[] = {
    "CREATE TABLE pipeline(path TEXT NOT NULL);"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY AUTOINCREMENT, started_us INTEGER NOT NULL, ended_us INTEGER,"
    " pid INTEGER NOT NULL, load TEXT NOT NULL, target TEXT, status INTEGER, error TEXT,"
    " read INTEGER, made INTEGER, loaded INTEGER, already_there INTEGER, filtered INTEGER, duplicate INTEGER,"
    " rejected INTEGER, conflict INTEGER, unknown INTEGER, pending INTEGER);",
};
enum { VERSION = sizeof migrations / sizeof *migrations };

/* ---- the folder ---- */

static const char *default_folder(struct leat_arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state && *state == '/') /* a relative one is to be ignored, says the XDG Base Directory Specification */
        return leat_arena_printf(arena, "%s/leat", state);
    return home && *home == '/' ? leat_arena_printf(arena, "%s/.local/state/leat", home) : NULL;
}

static int make_folders(struct leat_arena *arena, const char *path)
{
    char *copy = leat_arena_strdup(arena, path);

    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(copy, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int check_folder(const char *path, struct leat_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return leat_fail(err, -errno, "cannot look at the state folder %s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return leat_fail(err, -ENOTDIR, "the state folder %s is no folder", path);
    if (st.st_uid != geteuid())
        return leat_fail(err, -EPERM, "the state folder %s belongs to another user; --state-dir names another", path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return leat_fail(err, -EPERM, "others may write in the state folder %s; chmod go-w it", path);
    return 0;
}

int leat_state_folder(struct leat_arena *arena, const char *given, const char **ret, struct leat_error *err)
{
    const char *folder = given ? given : default_folder(arena);
    int rc;

    if (!folder)
        return leat_fail(err, LEAT_EUSAGE, "there is no folder for the state: HOME is not set; --state-dir names one");
    rc = make_folders(arena, folder);
    if (rc < 0)
        return leat_fail(err, rc, "cannot make the state folder %s: %s", folder, strerror(-rc));
    *ret = leat_path_canonical(arena, folder);
    return check_folder(*ret, err);
}

/* ---- the database ---- */

static int failed(const struct leat_state *s, const char *what, struct leat_error *err)
{
    int code = sqlite3_errcode(s->db) & 0xff;

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return leat_fail(err, -EIO,
                         "the state %s is damaged (%s), so what was done before cannot be known; move it away to begin "
                         "anew: mv '%s' '%s.damaged'", s->path, sqlite3_errmsg(s->db), s->path, s->path);
    return leat_fail(err, code == SQLITE_FULL ? -ENOSPC : -EIO, "cannot %s the state %s: %s", what, s->path,
                     sqlite3_errmsg(s->db));
}

static int execute(const struct leat_state *s, const char *sql, const char *what, struct leat_error *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(s, what, err);
}

static sqlite3_stmt *prepare(const struct leat_state *s, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    return sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) == SQLITE_OK ? stmt : NULL;
}

/* Runs a statement that gives no rows; NULL is one that could not be prepared. */
static int finish(const struct leat_state *s, sqlite3_stmt *stmt, const char *what, struct leat_error *err)
{
    int rc = stmt && sqlite3_step(stmt) == SQLITE_DONE ? 0 : failed(s, what, err);

    sqlite3_finalize(stmt);
    return rc;
}

static int64_t ask(const struct leat_state *s, const char *sql)
{
    sqlite3_stmt *stmt = prepare(s, sql);
    int64_t answer = stmt && sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;

    sqlite3_finalize(stmt);
    return answer;
}

static int migrate(struct leat_state *s, int64_t version, struct leat_error *err)
{
    int rc = execute(s, "BEGIN IMMEDIATE", "change", err);

    for (; rc == 0 && version < VERSION; version++)
        rc = execute(s, migrations[version], "change", err);
    if (rc == 0) {
        char pragmas[96];

        (void)snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
                       VERSION);
        rc = execute(s, pragmas, "change", err);
    }
    return rc == 0 ? execute(s, "COMMIT", "change", err) : rc;
}

static int check_version(struct leat_state *s, bool may_change, struct leat_error *err)
{
    int64_t id = ask(s, "PRAGMA application_id"), version = ask(s, "PRAGMA user_version");

    if (id < 0 || version < 0)
        return failed(s, "read", err);
    if (id != APPLICATION_ID && (id || version || ask(s, "SELECT count(*) FROM sqlite_schema")))
        return leat_fail(err, -EINVAL, "%s is a database, but no state of leat; --state-dir names another folder",
                         s->path);
    if (version > VERSION)
        return leat_fail(err, -EINVAL, "the state %s is of a newer leat (version %d, and this one knows %d)", s->path,
                         (int)version, VERSION);
    return version < VERSION && may_change ? migrate(s, version, err) : 0;
}

static int open_database(struct leat_state *s, bool may_change, struct leat_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | (may_change ? SQLITE_OPEN_CREATE : 0);
    sqlite3_stmt *stmt;
    int rc;

    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
        return failed(s, "open", err);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    stmt = prepare(s, "PRAGMA quick_check(1)");
    rc = stmt && sqlite3_step(stmt) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    sqlite3_finalize(stmt);
    if (!rc)
        return leat_fail(err, -EIO,
                         "the state %s is damaged, so what was done before cannot be known; move it away to begin anew: "
                         "mv '%s' '%s.damaged'", s->path, s->path, s->path);
    if (may_change && (rc = execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "open", err)) < 0)
        return rc;
    return check_version(s, may_change, err);
}

/* One name, one file: two pipelines must not share what they remember. */
static int check_pipeline(struct leat_state *s, const char *path, struct leat_error *err)
{
    sqlite3_stmt *stmt = prepare(s, "SELECT path FROM pipeline");
    const char *known;
    int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;

    if (rc == SQLITE_ROW) {
        known = (const char *)sqlite3_column_text(stmt, 0);
        rc = known && strcmp(known, path) == 0
                 ? 0
                 : leat_fail(err, LEAT_EPIPELINE,
                             "the state %s is that of %s, a pipeline of the same name; give one of them another name:, "
                             "or another --state-dir", s->path, known ? known : "?");
        sqlite3_finalize(stmt);
        return rc;
    }
    sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE || !(stmt = prepare(s, "INSERT INTO pipeline VALUES(?)")))
        return failed(s, "read", err);
    sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
    return finish(s, stmt, "write", err);
}

/* ---- open and close ---- */

static void name_files(struct leat_state *s, const char *folder, const char *name, const char **ret_lock)
{
    *s = (struct leat_state){.lock = {.fd = -1}};
    s->path = leat_arena_printf(&s->arena, "%s/%s.db", folder, name);
    *ret_lock = leat_arena_printf(&s->arena, "%s/%s.lock", folder, name);
}

int leat_state_open(struct leat_state *s, const char *folder, const char *name, const char *pipeline_path,
                    int64_t wait_ms, const volatile bool *stop, struct leat_error *err)
{
    mode_t before = umask(077);
    const char *lock;
    int rc;

    name_files(s, folder, name, &lock);
    rc = leat_lock_take(&s->lock, lock, wait_ms, stop, err);
    if (rc == 0)
        rc = open_database(s, true, err);
    if (rc == 0)
        rc = check_pipeline(s, pipeline_path, err);
    umask(before);
    return rc;
}

int leat_state_look(struct leat_state *s, const char *folder, const char *name, struct leat_error *err)
{
    const char *lock;

    name_files(s, folder, name, &lock);
    if (access(s->path, F_OK) < 0)
        return leat_fail(err, -errno, "there is no state %s: %s", s->path, strerror(errno));
    return open_database(s, false, err);
}

void leat_state_close(struct leat_state *s)
{
    sqlite3_close(s->db);
    leat_lock_release(&s->lock);
    leat_arena_deinit(&s->arena);
    *s = (struct leat_state){.lock = {.fd = -1}};
}

/* ---- the history ---- */

int leat_state_begin_run(struct leat_state *s, const char *load, const char *target, int64_t started_us,
                         struct leat_error *err)
{
    int rc = execute(s, "BEGIN IMMEDIATE; UPDATE runs SET status = -1 WHERE status IS NULL", "write", err);
    sqlite3_stmt *stmt;

    if (rc < 0)
        return rc;
    stmt = prepare(s, "INSERT INTO runs(started_us, pid, load, target) VALUES(?, ?, ?, ?)");
    sqlite3_bind_int64(stmt, 1, started_us);
    sqlite3_bind_int64(stmt, 2, getpid());
    sqlite3_bind_text(stmt, 3, load, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, target, -1, SQLITE_STATIC);
    rc = finish(s, stmt, "write", err);
    s->run = sqlite3_last_insert_rowid(s->db);
    return rc == 0 ? execute(s, "COMMIT", "write", err) : rc;
}

int leat_state_end_run(struct leat_state *s, const struct leat_past_run *run, struct leat_error *err)
{
    sqlite3_stmt *stmt = prepare(s, "UPDATE runs SET ended_us = ?, status = ?, error = ?, read = ?, made = ?, loaded = ?,"
                                    " already_there = ?, filtered = ?, duplicate = ?, rejected = ?, conflict = ?,"
                                    " unknown = ?, pending = ? WHERE id = ?");
    int at = 0;

    sqlite3_bind_int64(stmt, ++at, run->ended_us);
    sqlite3_bind_int(stmt, ++at, run->status);
    sqlite3_bind_text(stmt, ++at, run->error && *run->error ? run->error : NULL, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, ++at, run->books.read);
    sqlite3_bind_int64(stmt, ++at, run->books.made);
    for (int verdict = LEAT_LOADED; verdict < LEAT_N_VERDICTS; verdict++)
        sqlite3_bind_int64(stmt, ++at, run->books.counts[verdict]);
    sqlite3_bind_int64(stmt, ++at, run->books.pending);
    sqlite3_bind_int64(stmt, ++at, s->run);
    return finish(s, stmt, "write", err);
}

static void fill_run(sqlite3_stmt *stmt, struct leat_past_run *ret)
{
    int at = 7;

    *ret = (struct leat_past_run){.id = sqlite3_column_int64(stmt, 0),
                                  .started_us = sqlite3_column_int64(stmt, 1),
                                  .ended_us = sqlite3_column_int64(stmt, 2),
                                  .load = (const char *)sqlite3_column_text(stmt, 3),
                                  .target = (const char *)sqlite3_column_text(stmt, 4),
                                  .status = sqlite3_column_type(stmt, 5) == SQLITE_NULL ? -1 : sqlite3_column_int(stmt, 5),
                                  .error = (const char *)sqlite3_column_text(stmt, 6)};
    ret->books.read = sqlite3_column_int64(stmt, at++);
    ret->books.made = sqlite3_column_int64(stmt, at++);
    for (int verdict = LEAT_LOADED; verdict < LEAT_N_VERDICTS; verdict++)
        ret->books.counts[verdict] = sqlite3_column_int64(stmt, at++);
    ret->books.pending = sqlite3_column_int64(stmt, at);
}

int leat_state_each_run(struct leat_state *s, int64_t n, void (*look)(void *context, const struct leat_past_run *run),
                        void *context, struct leat_error *err)
{
    sqlite3_stmt *stmt = prepare(s, "SELECT id, started_us, ended_us, load, target, status, error, read, made, loaded,"
                                    " already_there, filtered, duplicate, rejected, conflict, unknown, pending"
                                    " FROM (SELECT * FROM runs ORDER BY id DESC LIMIT ?) ORDER BY id");
    struct leat_past_run run;
    int rc = SQLITE_ERROR;

    if (stmt) {
        sqlite3_bind_int64(stmt, 1, n);
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            fill_run(stmt, &run);
            look(context, &run);
        }
    }
    rc = rc == SQLITE_DONE ? 0 : failed(s, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}
