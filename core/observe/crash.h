/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * A plugin that crashes takes the process with it: there is but one. What is left
 * to do is to say which stage it was, on stderr and in a file for the next run's
 * history, and to leave with 70. What is on disk is whole, as after any kill.
 * No core file is left, for it would hold passwords and keys.
 * Off in sanitizer builds, which have more to say.
 */
#ifndef LEAT_OBSERVE_CRASH_H
#define LEAT_OBSERVE_CRASH_H

/* Id of the stage whose plugin this thread is in, or NULL. */
extern _Thread_local const char *leat_crash_stage;

/* First of all, before a secret is read: no signal leaves a core file of this process or of those it starts, and no
 * other process of the same user may look into its memory; unless LEAT_COREDUMP=1 is in the environment. */
void leat_crash_leave_no_core(void);
/* Before any thread: handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT from now on. `path` is
 * copied, NULL for no file. */
void leat_crash_install(const char *path);
/* At the start of a thread, and at its end: the stack that the handler runs on. */
void leat_crash_enter(void);
void leat_crash_leave(void);

#endif
