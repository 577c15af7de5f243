/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What the plugins over SQLite share: opening a database file, quoting a name,
 * and turning SQLite's errors into ours.
 *
 * A connection belongs to one thread (it is opened without SQLite's mutexes).
 */
#ifndef LEAT_KIT_SQLITE_H
#define LEAT_KIT_SQLITE_H

#include <stdbool.h>

#include <sqlite3.h>

#include <leat/error.h>

#include "kit/store/store.h"

/* How long a connection waits for another's lock by itself. */
enum leat_sqlite_patience {
    LEAT_SQLITE_PATIENT = 5000, /* ms: in a plan and in find, where nobody calls again */
    LEAT_SQLITE_BRIEF = 100,    /* the host waits, says so, and calls again */
};

/* Opens a database file and makes sure that it is one. `flags`: SQLITE_OPEN_READONLY, or
 * SQLITE_OPEN_READWRITE with or without SQLITE_OPEN_CREATE; a new file gets the mode 0600. A name in
 * double quotes that is no column is an error in this connection, not a text. A file that is not there
 * or cannot be read is LEAT_EUNREACHABLE; one that is locked is LEAT_ERETRY. */
LEAT_MUST_CHECK int leat_sqlite_open(const char *path, int flags, enum leat_sqlite_patience patience, sqlite3 **ret_db,
                                     struct leat_error *err);

/* Fills `err` with what the connection's last call complains of, and returns the code that fits it:
 * LEAT_ERETRY where waiting may help. `doing`: "cannot read". */
int leat_sqlite_fail(struct leat_error *err, sqlite3 *db, const char *doing, const char *path);

/* True if the connection's last call, such as one for the value of a column, which then is NULL, found no memory. */
bool leat_sqlite_no_memory(sqlite3 *db);

/* Appends a name as an SQL identifier, quoted. The one place where names become SQL. */
void leat_sqlite_add_name(sqlite3_str *sql, const char *name);

#endif
