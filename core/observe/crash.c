/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "observe/crash.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/alloc.h"

_Thread_local const char *leat_crash_stage;

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__

void leat_crash_leave_no_core(void)
{
}

void leat_crash_install(const char *path)
{
    (void)path;
}

void leat_crash_enter(void)
{
}

void leat_crash_leave(void)
{
}

#else

enum { STACK = 64 << 10, TEXT = 512 };

static char crash_path[PATH_MAX]; /* the process's, as its signal handlers are; empty: none */
static bool leaves_core;            /* LEAT_COREDUMP=1 */
static _Thread_local stack_t alternate;

/* Appends, for want of a printf that may be called in a handler. */
static void add(char text[static TEXT], const char *more)
{
    size_t n = strlen(text), room = TEXT - 1 - n, want = strlen(more);

    memcpy(text + n, more, want < room ? want : room);
    text[n + (want < room ? want : room)] = '\0';
}

static const char *name_of(int signal_number)
{
    switch (signal_number) {
    case SIGSEGV: return "a bad address, SIGSEGV";
    case SIGBUS: return "a bad address, SIGBUS";
    case SIGFPE: return "an arithmetic fault, SIGFPE";
    case SIGILL: return "an instruction that is none, SIGILL";
    default: return "it gave up, SIGABRT";
    }
}

static void write_file(const char *text)
{
    int fd = *crash_path ? open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        return; /* the one on stderr has to do */
}

static void on_crash(int signal_number)
{
    char text[TEXT] = "";

    if (leat_crash_stage) {
        add(text, "the plugin of stage '");
        add(text, leat_crash_stage);
        add(text, "' crashed (");
    } else {
        add(text, "leat itself crashed (");
    }
    add(text, name_of(signal_number));
    add(text, "); what was done is kept: run again to go on once it is mended\n");
    if (write(STDERR_FILENO, "leat: ", 6) == 6 && write(STDERR_FILENO, text, strlen(text)) < 0)
        text[0] = '\0'; /* nobody is left to tell */
    write_file(text);
    if (leaves_core)
        (void)raise(signal_number); /* SA_RESETHAND: this time it does what it does by itself */
    _exit(EX_SOFTWARE);
}

/* A core_pattern that is a pipe takes no notice of the limit, and children take no notice of the flag: both are needed. */
void leat_crash_leave_no_core(void)
{
    const char *wish = getenv("LEAT_COREDUMP");
    struct rlimit none = {0};

    leaves_core = wish && strcmp(wish, "1") == 0;
    if (leaves_core)
        return;
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
}

void leat_crash_install(const char *path)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER};

    (void)snprintf(crash_path, sizeof crash_path, "%s", path ? path : "");
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaction(signals[i], &action, NULL);
    leat_crash_enter();
}

void leat_crash_enter(void)
{
    alternate = (stack_t){.ss_sp = leat_alloc(STACK), .ss_size = STACK};
    (void)sigaltstack(&alternate, NULL);
}

void leat_crash_leave(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    (void)sigaltstack(&none, NULL);
    free(alternate.ss_sp);
    alternate.ss_sp = NULL;
}

#endif
