/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SQLite says "unable to open database file" whatever the cause. */
static int look_at(const char *path, struct leat_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot open the database %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) /* SQLite would wait for the other end of a FIFO */
        return leat_fail(err, -EINVAL, "cannot open the database %s: it is %s", path,
                         S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
    return 0;
}

/* SQLite would create it with 0644. */
static int create(const char *path, struct leat_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return leat_fail(err, -errno, "cannot create the database %s: %s", path, strerror(errno));
    close(fd);
    return 0;
}

static int settle_in(sqlite3 *db, const char *path, enum leat_sqlite_patience patience, struct leat_error *err)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, patience);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL) != SQLITE_OK) /* the first look into the file */
        return leat_sqlite_fail(err, db, "cannot open the database", path);
    return 0;
}

int leat_sqlite_open(const char *path, int flags, enum leat_sqlite_patience patience, sqlite3 **ret_db,
                     struct leat_error *err)
{
    sqlite3 *db = NULL;
    int rc = flags & SQLITE_OPEN_CREATE ? create(path, err) : look_at(path, err);

    if (rc < 0)
        return rc;
    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        rc = leat_sqlite_fail(err, db, "cannot open the database", path);
    else
        rc = settle_in(db, path, patience, err);
    if (rc < 0) {
        sqlite3_close(db);
        return rc == -EIO || rc == -EACCES ? leat_in_plan(rc, err) : rc;
    }
    *ret_db = db;
    return 0;
}

static int code_of(int sqlite_code)
{
    switch (sqlite_code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* of the locks on a write-ahead log */
        return LEAT_ERETRY;
    case SQLITE_INTERRUPT:
        return LEAT_ECANCELED;
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
        return LEAT_EDATA;
    case SQLITE_CANTOPEN:
        return LEAT_EUNREACHABLE;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
        return -EIO;
    default:
        return LEAT_EPIPELINE; /* SQLITE_ERROR: what we were told to ask for is wrong */
    }
}

int leat_sqlite_fail(struct leat_error *err, sqlite3 *db, const char *doing, const char *path)
{
    int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;

    if ((code & 0xFF) == SQLITE_NOTADB)
        return leat_fail(err, LEAT_EDATA, "%s %s: it is no SQLite database (or an encrypted one)", doing, path);
    return leat_fail(err, code_of(code), "%s %s: %s", doing, path, db ? sqlite3_errmsg(db) : "out of memory");
}

bool leat_sqlite_no_memory(sqlite3 *db)
{
    return (sqlite3_errcode(db) & 0xFF) == SQLITE_NOMEM;
}

void leat_sqlite_add_name(sqlite3_str *sql, const char *name)
{
    sqlite3_str_appendf(sql, "\"%w\"", name);
}
