# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The environment of every test, C or shell. `make check' reads it before each one, with
# top_srcdir and top_builddir set to absolute paths; tests/lib/tap.sh reads it for a shell
# test that is started by hand. Plain sh.
#
#   LEAT             the built program; leat finds the built plugins beside itself
#   PATH             begins with the build tree
#   TMPDIR           a folder in the build tree for scratch files; `make clean' removes it
#   LEAT_TEST_DATA   from outside: public sample data; tests that want it skip without it
#   LEAT_VALGRIND    a command to put before each program under test, or empty

LEAT=$top_builddir/leat
PATH=$top_builddir:$PATH
TMPDIR=$top_builddir/tests/tmp
mkdir -p "$TMPDIR/home"
HOME=$TMPDIR/home                  # so that no test touches the user's own state
export LEAT PATH TMPDIR HOME
# libmongoc begins as it is loaded, before a plugin can say anything: without this it complains on the terminal where a
# process of the same number was killed and has left its counters in shared memory.
export MONGOC_DISABLE_SHM=1
unset XDG_STATE_HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME NO_COLOR

LC_ALL=C.UTF-8
TZ=UTC0
export LC_ALL TZ

CMOCKA_MESSAGE_OUTPUT=TAP
export CMOCKA_MESSAGE_OUTPUT

# Freed and fresh memory is filled with a byte that changes from test to test.
MALLOC_PERTURB_=$(($$ % 255 + 1))
export MALLOC_PERTURB_

# intercept_tls_get_addr: that of GCC before 14 takes some blocks of thread-local storage for what glibc laid out before
# 2.25, and the search for leaks then dies of a signal now and then.
ASAN_OPTIONS=intercept_tls_get_addr=0:detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:handle_abort=1:print_stacktrace=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}
LSAN_OPTIONS=suppressions=$top_srcdir/tests/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS
