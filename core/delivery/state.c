/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "delivery/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "delivery/count.h"

enum { APPLICATION_ID = 0x6c656174 /* "leat" */, BUSY_MS = 10000 };

/* Forward only: step i makes version i + 1 of version i. */
static const char *const migrations[LEAT_STATE_VERSION] = {
    "CREATE TABLE pipeline (path TEXT NOT NULL, key BLOB NOT NULL, made_us INTEGER NOT NULL);"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, started_us INTEGER NOT NULL, ended_us INTEGER, status INTEGER,"
    " pid INTEGER NOT NULL, boot TEXT NOT NULL, load TEXT NOT NULL, target TEXT NOT NULL, goes_on INTEGER, report TEXT, note TEXT);"
    "CREATE TABLE target (id INTEGER PRIMARY KEY, load TEXT NOT NULL, identity TEXT NOT NULL, who TEXT NOT NULL,"
    " UNIQUE (load, identity));"
    "CREATE TABLE work (target INTEGER PRIMARY KEY, run INTEGER NOT NULL, began_us INTEGER NOT NULL,"
    " meaning TEXT NOT NULL);"
    "CREATE TABLE part (target INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (target, seq, kind, name)) WITHOUT ROWID;"
    "CREATE TABLE watermark (target INTEGER NOT NULL, partition INTEGER NOT NULL, position TEXT NOT NULL,"
    " extract TEXT NOT NULL, PRIMARY KEY (target, partition)) WITHOUT ROWID;"
    "CREATE TABLE ledger (target INTEGER NOT NULL, key BLOB NOT NULL, done INTEGER NOT NULL, run INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, record INTEGER NOT NULL, payload INTEGER NOT NULL, steps INTEGER NOT NULL,"
    " PRIMARY KEY (target, key)) WITHOUT ROWID;"
    "CREATE TABLE seal (small INTEGER NOT NULL, runs INTEGER NOT NULL, ledger INTEGER NOT NULL,"
    " n_commits INTEGER NOT NULL);"
    "INSERT INTO seal VALUES (0, 0, 0, 0)",
    "CREATE TABLE answer (target INTEGER NOT NULL, key BLOB NOT NULL, text BLOB NOT NULL,"
    " PRIMARY KEY (target, key)) WITHOUT ROWID",
};

/* ---- where it is ---- */

/* On disk once it returns: what is committed into it must not go with it when the power does. */
static int make_folder(const char *path)
{
    int rc = mkdir(path, 0700) < 0 ? -errno : 0;

    if (rc == 0)
        return leat_file_sync_folder(path);
    return rc == -EEXIST || access(path, F_OK) == 0 ? 0 : rc;
}

static int make_folders(struct leat_arena *arena, const char *path, struct leat_error *err)
{
    char *p = leat_arena_strdup(arena, path);
    int rc;

    for (char *slash = p; slash; *slash = '/') {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        rc = make_folder(p);
        if (rc < 0)
            return leat_fail(err, rc, "cannot make the state folder %s: %s; --state-dir names another", path,
                             strerror(-rc));
        if (!slash)
            break;
    }
    return 0;
}

int leat_state_folder(struct leat_arena *arena, const char *option, bool make, const char **ret,
                      struct leat_error *err)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *path;
    struct stat st;
    int rc;

    if (option)
        path = option;
    else if (xdg && *xdg == '/')
        path = leat_arena_printf(arena, "%s/leat", xdg);
    else if (home && *home == '/')
        path = leat_arena_printf(arena, "%s/.local/state/leat", home);
    else
        return leat_fail(err, -ENOENT, "there is no folder for the state: neither XDG_STATE_HOME nor HOME is set; "
                         "--state-dir names one");
    *ret = path;
    rc = make && stat(path, &st) < 0 ? make_folders(arena, path, err) : 0;
    if (rc < 0 || (!make && stat(path, &st) < 0))
        return rc;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return leat_fail(err, -ENOTDIR, "cannot keep the state in %s: it is no folder; --state-dir names another",
                         path);
    if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
        return leat_fail(err, -EPERM, "the state folder %s can be written by everybody: chmod o-w it, or name another "
                         "with --state-dir", path);
    return 0;
}

/* ---- SQLite ---- */

int leat_state_damaged(const struct leat_state *s, const char *why, struct leat_error *err)
{
    return leat_fail(err, -EUCLEAN, "the state %s is damaged (%s); nothing was done. Put back a copy of it, or begin "
                     "anew with `leat state forget %s`, which gives up what it knows of earlier runs", s->path, why,
                     s->name);
}

enum { MARK_AT = 68 /* of the application id, by SQLite's file format */, MARK_BYTES = 4 };

/* What has lost its head is no database any more. It was a state if our mark stands behind the head, or if the count
 * of its commits lies beside it. (To close it takes SQLite's locks away, of which there are none on what it cannot
 * read.) */
static bool was_state(const struct leat_state *s)
{
    char mark[MARK_BYTES] = "";
    int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool marked = fd >= 0 && pread(fd, mark, sizeof mark, MARK_AT) == sizeof mark && memcmp(mark, "leat", 4) == 0;

    if (fd >= 0)
        close(fd);
    return marked || leat_count_is_there(s);
}

int leat_state_failed(struct leat_state *s, const char *what, struct leat_error *err)
{
    int code = s->db ? sqlite3_extended_errcode(s->db) : SQLITE_NOMEM;
    const char *message = s->db ? sqlite3_errmsg(s->db) : "out of memory";

    switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    case SQLITE_ERROR: /* tables are not what we have made of them */
        return leat_state_damaged(s, message, err);
    case SQLITE_NOTADB:
        if (was_state(s))
            return leat_state_damaged(s, message, err);
        return leat_fail(err, -EPROTO, "%s is no state of leat's (%s); it was left as it is. Move it away, or name "
                         "another folder with --state-dir", s->path, message);
    case SQLITE_BUSY:
        return leat_fail(err, LEAT_EBUSY, "cannot %s the state %s: another program has it open", what, s->path);
    case SQLITE_FULL:
        return leat_fail(err, -ENOSPC, "cannot %s the state %s: the disk is full", what, s->path);
    default:
        return leat_fail(err, -EIO, "cannot %s the state %s: %s", what, s->path, message);
    }
}

struct sqlite3_stmt *leat_state_prepare(struct leat_state *s, const char *sql, struct leat_error *err)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        (void)leat_state_failed(s, "use", err);
    return stmt;
}

int leat_state_run_statement(struct leat_state *s, struct sqlite3_stmt *stmt, struct leat_error *err)
{
    int rc = sqlite3_step(stmt) == SQLITE_DONE ? 0 : leat_state_failed(s, "write", err);

    sqlite3_finalize(stmt);
    return rc;
}

static int execute(struct leat_state *s, const char *sql, struct leat_error *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : leat_state_failed(s, "use", err);
}

static int64_t pragma(struct leat_state *s, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

/* ---- opening ---- */

static int check_kind(struct leat_state *s, struct leat_error *err)
{
    int64_t version = pragma(s, "PRAGMA user_version"), application = pragma(s, "PRAGMA application_id");

    if (sqlite3_errcode(s->db) != SQLITE_OK && sqlite3_errcode(s->db) != SQLITE_DONE &&
        sqlite3_errcode(s->db) != SQLITE_ROW)
        return leat_state_failed(s, "read", err);
    if (application != APPLICATION_ID)
        return leat_fail(err, -EPROTO, "%s is an SQLite file, but no state of leat's; it was left as it is. Move it "
                         "away, or name another folder with --state-dir", s->path);
    if (version < 0)
        return leat_state_damaged(s, "its version is none", err);
    if (version > LEAT_STATE_VERSION)
        return leat_fail(err, -EPROTO, "the state %s was written by a newer leat (its version is %" PRId64 ", this "
                         "leat knows %d); use that one", s->path, version, LEAT_STATE_VERSION);
    s->version = (int)version;
    return (int)version;
}

/* The transaction stays open, for what else makes the state a good one. */
static int migrate(struct leat_state *s, struct leat_error *err)
{
    int rc = execute(s, "BEGIN IMMEDIATE", err);

    for (int i = s->version; i < LEAT_STATE_VERSION && rc == 0; i++)
        rc = execute(s, migrations[i], err);
    if (rc == 0)
        rc = execute(s, leat_arena_printf(&s->arena, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                                          APPLICATION_ID, LEAT_STATE_VERSION), err);
    s->version = LEAT_STATE_VERSION;
    return rc;
}

static int insert_pipeline(struct leat_state *s, const char *file, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "INSERT INTO pipeline VALUES (?1, ?2, ?3)", err);

    if (!stmt)
        return err->code;
    if (getrandom(s->key, sizeof s->key, 0) != sizeof s->key) {
        sqlite3_finalize(stmt);
        return leat_fail(err, -errno, "the system gives no random numbers: %s", strerror(errno));
    }
    sqlite3_bind_text(stmt, 1, file, -1, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 2, s->key, sizeof s->key, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, leat_clock_wall_us());
    return leat_state_run_statement(s, stmt, err);
}

static int make(struct leat_state *s, const char *file, struct leat_error *err)
{
    int rc = migrate(s, err), synced;

    if (rc == 0)
        rc = insert_pipeline(s, file, err);
    if (rc == 0)
        rc = leat_state_commit(s, err);
    if (rc < 0)
        return rc;
    synced = leat_file_sync_folder(s->path);
    if (synced == 0) /* it may just have been made, by a process that was killed */
        synced = leat_file_sync_folder(s->folder);
    return synced < 0 ? leat_fail(err, synced, "cannot flush the folder %s: %s", s->folder, strerror(-synced)) : 0;
}

/* The key and the counters; what they say is checked by the seal afterwards. */
static int read_pipeline(struct leat_state *s, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT key, runs, ledger, n_commits FROM pipeline, seal", err);
    int rc = 0;

    if (!stmt)
        return err->code;
    if (sqlite3_step(stmt) != SQLITE_ROW)
        rc = leat_state_damaged(s, "it does not say whose it is", err);
    else if (sqlite3_column_bytes(stmt, 0) != LEAT_STATE_KEY)
        rc = leat_state_damaged(s, "its key has another length", err);
    if (rc == 0) {
        memcpy(s->key, sqlite3_column_blob(stmt, 0), LEAT_STATE_KEY);
        s->runs_sum = (uint64_t)sqlite3_column_int64(stmt, 1);
        s->ledger_sum = (uint64_t)sqlite3_column_int64(stmt, 2);
        s->n_commits = sqlite3_column_int64(stmt, 3);
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* Not quick_check, which does not look into indexes: a target that its index hides would be begun anew. */
static int check_pages(struct leat_state *s, struct leat_error *err)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "PRAGMA integrity_check(1)", err);
    const char *says;
    int rc = 0;

    if (!stmt)
        return err->code;
    if (sqlite3_step(stmt) != SQLITE_ROW)
        rc = leat_state_failed(s, "read", err);
    else if (strcmp(says = (const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
        rc = leat_state_damaged(s, says, err);
    sqlite3_finalize(stmt);
    return rc;
}

const char *leat_state_file(struct leat_state *s)
{
    sqlite3_stmt *stmt = leat_state_prepare(s, "SELECT path FROM pipeline", NULL);
    const char *path = "";

    if (stmt && sqlite3_step(stmt) == SQLITE_ROW)
        path = leat_arena_strdup(&s->arena, (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return path;
}

static int check_file(struct leat_state *s, const char *file, struct leat_error *err)
{
    const char *theirs = leat_state_file(s);

    if (strcmp(theirs, file) == 0)
        return 0;
    return leat_fail(err, LEAT_EPIPELINE, "the name '%s' is that of another pipeline file: the state %s belongs to %s, "
                     "and this is %s. Give one of them another name:, or, if the file has only moved, begin anew with "
                     "`leat state forget %s`", s->name, s->path, theirs, file, s->name);
}

static int open_db(struct leat_state *s, int flags, struct leat_error *err)
{
    sqlite3_initialize();
    if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return leat_state_failed(s, "open", err);
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return 0;
}

static int check_all(struct leat_state *s, struct leat_error *err)
{
    int rc = check_pages(s, err);

    if (rc == 0)
        rc = read_pipeline(s, err);
    return rc < 0 ? rc : leat_state_check(s, err);
}

static void begin(struct leat_state *s, const char *folder, const char *name)
{
    *s = (struct leat_state){.seq_fd = -1};
    s->folder = leat_arena_strdup(&s->arena, folder);
    s->name = leat_arena_strdup(&s->arena, name);
    s->path = leat_arena_printf(&s->arena, "%s/%s.db", folder, name);
}

static bool is_empty(struct leat_state *s)
{
    return pragma(s, "PRAGMA schema_version") == 0 && pragma(s, "PRAGMA application_id") == 0;
}

static int open_or_make(struct leat_state *s, const char *file, struct leat_error *err)
{
    bool is_new = is_empty(s);
    int rc = is_new ? 0 : check_kind(s, err);
    bool is_old = !is_new && rc >= 0 && rc < LEAT_STATE_VERSION;

    if (rc >= 0)
        rc = execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; "
                        "PRAGMA wal_autocheckpoint = 8000", err); /* a ledger's keys are all over the place */
    if (rc == 0 && !is_new)
        rc = check_all(s, err);
    if (rc == 0)
        rc = leat_count_open(s, O_RDWR | O_CREAT, err);
    if (rc == 0)
        rc = leat_count_check(s, err);
    if (rc == 0 && is_old) /* it was found good */
        rc = migrate(s, err);
    if (rc == 0 && is_old)
        rc = leat_state_commit(s, err);
    if (rc < 0)
        return rc;
    return is_new ? make(s, file, err) : check_file(s, file, err);
}

/* A process that is killed while it makes the file may leave an empty one. */
int leat_state_open(struct leat_state *s, const char *folder, const char *name, const char *file,
                    struct leat_error *err)
{
    mode_t mask = umask(077);
    int rc;

    begin(s, folder, name);
    rc = open_db(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (rc == 0)
        rc = open_or_make(s, file, err);
    umask(mask);
    if (rc == 0)
        s->warning = leat_state_protect(s);
    if (rc < 0) { /* nobody notes anything in what has not been found good: it would be sealed again, wrongly */
        sqlite3_close(s->db);
        s->db = NULL;
    }
    return rc;
}

/* There is none, or one whose process was killed while it made it; or it has gone, and its count is still there. */
static int look_at_nothing(struct leat_state *s, struct leat_error *err)
{
    int rc = leat_count_check(s, err);

    if (rc < 0)
        return rc;
    return leat_fail(err, -ENOENT, "there is no state of a pipeline '%s' in %s", s->name, s->folder);
}

/* In one transaction, or a run at work might write between two looks. */
static int look(struct leat_state *s, struct leat_error *err)
{
    int rc = execute(s, "BEGIN", err);

    if (rc == 0 && is_empty(s))
        rc = look_at_nothing(s, err);
    if (rc == 0)
        rc = check_kind(s, err);
    if (rc >= 0)
        rc = check_all(s, err);
    if (rc == 0)
        rc = leat_count_check(s, err);
    (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* The count first: a run at work makes it larger, and the log is never behind it. */
int leat_state_look(struct leat_state *s, const char *folder, const char *name, struct leat_error *err)
{
    int rc;

    begin(s, folder, name);
    rc = leat_count_open(s, O_RDWR, err);
    if (rc == 0 && access(s->path, F_OK) < 0)
        return look_at_nothing(s, err);
    if (rc == 0)
        rc = open_db(s, SQLITE_OPEN_READWRITE, err); /* to read beside a writer SQLite wants to lock */
    return rc < 0 ? rc : look(s, err);
}

void leat_state_close(struct leat_state *s)
{
    sqlite3_close(s->db);
    s->db = NULL;
    if (s->seq_fd >= 0)
        close(s->seq_fd);
    s->seq_fd = -1;
    OPENSSL_cleanse(s->key, sizeof s->key);
    leat_arena_deinit(&s->arena);
}

/* ---- transactions ---- */

static void remember_sums(struct leat_state *s)
{
    s->n_commits_before = s->n_commits;
    s->runs_sum_before = s->runs_sum;
    s->ledger_sum_before = s->ledger_sum;
}

int leat_state_begin(struct leat_state *s, struct leat_error *err)
{
    remember_sums(s);
    return execute(s, "BEGIN IMMEDIATE", err);
}

int leat_state_commit(struct leat_state *s, struct leat_error *err)
{
    int rc;

    s->n_commits++;
    rc = leat_state_seal(s, err);
    if (rc == 0)
        rc = execute(s, "COMMIT", err);
    if (rc < 0)
        return rc;
    remember_sums(s); /* it is made, whatever comes of the count */
    return leat_count_write(s, err);
}

void leat_state_rollback(struct leat_state *s)
{
    (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->n_commits = s->n_commits_before;
    s->runs_sum = s->runs_sum_before;
    s->ledger_sum = s->ledger_sum_before;
}

void leat_state_hash(const struct leat_state *s, const char *what, const void *bytes, size_t n, char ret[33])
{
    unsigned char key[EVP_MAX_MD_SIZE], sum[EVP_MAX_MD_SIZE];
    unsigned n_key = 0;

    HMAC(EVP_sha256(), s->key, LEAT_STATE_KEY, (const unsigned char *)what, strlen(what), key, &n_key);
    HMAC(EVP_sha256(), key, (int)n_key, bytes, n, sum, NULL);
    for (int i = 0; i < 16; i++)
        (void)sprintf(ret + 2 * i, "%02x", sum[i]);
}
