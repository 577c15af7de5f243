/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * SQLite whose N-th allocation or read of a database fails, once, by its own interfaces for that
 * (SQLITE_CONFIG_MALLOC and a VFS). The promise: whatever fails, what is done comes out as it should
 * or says that it failed, and never as something else.
 *
 *     static char *act(const char *what)       says what came; faults happen from
 *     {                                        fault_on() to fault_off()
 *         fault_on(); ...; fault_off();
 *     }
 *     assert_faults_are_told(act, "what");     main() has called fault_begin() first of all
 */
#ifndef LEAT_TESTS_SQLITE_FAULTS_H
#define LEAT_TESTS_SQLITE_FAULTS_H

#include <errno.h>
#include <stdlib.h>

#include <leat/error.h>
#include <sqlite3.h>

enum fault { FAULT_MEMORY, FAULT_READ, N_FAULTS };

static struct {
    enum fault kind;
    int at, seen; /* of this kind since fault_on */
    bool on;
    sqlite3_mem_methods memory;
    sqlite3_io_methods io, bad_io;
    sqlite3_vfs *vfs, bad_vfs;
} fault;

static bool fault_strikes(enum fault kind)
{
    return fault.on && fault.kind == kind && ++fault.seen == fault.at;
}

static void *fault_malloc(int n)
{
    return fault_strikes(FAULT_MEMORY) ? NULL : fault.memory.xMalloc(n);
}

static void *fault_realloc(void *p, int n)
{
    return fault_strikes(FAULT_MEMORY) ? NULL : fault.memory.xRealloc(p, n);
}

static int fault_read(sqlite3_file *file, void *into, int n, sqlite3_int64 at)
{
    return fault_strikes(FAULT_READ) ? SQLITE_IOERR_READ : fault.io.xRead(file, into, n, at);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    int rc = fault.vfs->xOpen(vfs, name, file, flags, ret_flags);

    if (rc == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB)) {
        fault.io = fault.bad_io = *file->pMethods;
        fault.bad_io.xRead = fault_read;
        file->pMethods = &fault.bad_io;
    }
    return rc;
}

/* Before SQLite is used. Without its store of small blocks each of them is an allocation. */
static void fault_begin(void)
{
    sqlite3_mem_methods memory;

    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &fault.memory);
    memory = fault.memory;
    memory.xMalloc = fault_malloc;
    memory.xRealloc = fault_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    fault.vfs = sqlite3_vfs_find(NULL);
    fault.bad_vfs = *fault.vfs;
    fault.bad_vfs.zName = "faults";
    fault.bad_vfs.xOpen = fault_open;
    sqlite3_vfs_register(&fault.bad_vfs, 1);
}

static void fault_on(void)
{
    fault.seen = 0;
    fault.on = true;
}

static void fault_off(void)
{
    fault.on = false;
}

/* "failed CODE: ..." with the code of a store that fails, and before it the beginning of what should come. */
static bool fault_is_told(const char *got, const char *wanted)
{
    const char *failed = strstr(got, "failed -");
    int code = failed ? atoi(failed + 7) : 0;

    return (code == -ENOMEM || code == -EIO || code == LEAT_EUNREACHABLE) &&
           strncmp(got, wanted, (size_t)(failed - got)) == 0;
}

/* Both kinds of fault, each at every place in turn. What `act` says is its caller's to free. */
static void assert_faults_are_told(char *(*act)(const char *what), const char *what)
{
    char *wanted, *got;
    int told;

    fault.at = 0;
    wanted = act(what);
    assert_null(strstr(wanted, "failed -"));
    for (fault.kind = 0; fault.kind < N_FAULTS; fault.kind++) {
        for (told = 0, fault.at = 1; fault.at == 1 || fault.seen >= fault.at - 1; fault.at++) {
            got = act(what);
            if (strcmp(got, wanted) != 0 && !fault_is_told(got, wanted))
                fail_msg("%s, %s %d fails: %s\nin place of: %s", what, fault.kind == FAULT_READ ? "read" : "allocation",
                         fault.at, got, wanted);
            told += strcmp(got, wanted) != 0;
            free(got);
        }
        if (told < 2) /* SQLite does without some */
            fail_msg("%s: %d faults of %d were told", what, told, fault.at - 1);
    }
    free(wanted);
}

#endif
