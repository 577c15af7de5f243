# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Shell tests in TAP. A test reads this file first and ends with done_testing:
#
#   . "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
#
#   run leat --version
#   is "$status" 0 "leat --version succeeds"
#   is "$out" "leat $VERSION" "and prints name and version"
#   done_testing
#
# It starts in an empty folder, $scratch, that is removed at the end (LEAT_KEEP=1 keeps it).
# By hand: bash tests/cli/test-version.sh, with the build tree in build/ or $top_builddir.
#
#   ok STATUS NAME        passes if STATUS is 0:  cmp -s a b; ok $? "a equals b"
#   is GOT WANTED NAME    passes if both are the same text
#   isnt GOT OTHER NAME   passes if they differ
#   like GOT REGEX NAME   passes if the extended regular expression matches
#   unlike GOT REGEX NAME passes if it does not
#   same FILE FILE NAME   passes if both files hold the same bytes; shows a diff if not
#   pass NAME, fail NAME  without a condition
#   run COMMAND...        runs it; $status, $out, $err (texts), $out_file, $err_file (bytes)
#   leat ARGUMENT...      the program under test, below valgrind where that is asked for
#   sanitized [KIND]      true if the program is built with a sanitizer (asan, tsan) or runs below valgrind
#   skip NAME REASON      counts one assertion as skipped
#   skip_all REASON       skips the test as a whole; only before the first assertion
#   requires COMMAND...   skip_all unless these commands exist
#   requires_data NAME    skip_all unless $LEAT_TEST_DATA/NAME exists; sets $data to its path
#   until_true PID COMMAND...  waits until the command succeeds; false if the process ends before, or after a minute
#   at_exit COMMAND...    runs it when the test ends, in whatever way, before $scratch goes; the last one first
#   note TEXT             a line in the log
#   done_testing          prints the plan; a test that never gets here has failed

top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
if [ -z "${LEAT-}" ]; then
    top_builddir=$(cd "${top_builddir:-$top_srcdir/build}" && pwd) || exit 1
    VERSION=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$top_builddir/config.h")
    . "$top_srcdir/tests/lib/env.sh"
fi

n_tests=0
scratch=$(mktemp -d "$TMPDIR/${0##*/}.XXXXXX") || exit 1
cd "$scratch" || exit 1
out_file=$TMPDIR/${scratch##*/}.out
err_file=$TMPDIR/${scratch##*/}.err
states=$TMPDIR/${scratch##*/}.state
state_home=
n_states=0
export XDG_STATE_HOME=$states/shared # of what is not started by leat()

_at_exit=()
at_exit() { local line; printf -v line '%q ' "$@"; _at_exit=("$line" "${_at_exit[@]}"); }

_tap_cleanup()
{
    local line
    cd / || return
    for line in "${_at_exit[@]}"; do
        eval "$line"
    done
    if [ -n "${LEAT_KEEP-}" ]; then
        echo "# kept: $scratch"
    else
        chmod -R u+rwX "$scratch" 2>/dev/null
        rm -rf "$scratch" "$out_file" "$err_file" "$states"
    fi
}
trap _tap_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

note()   { printf '%s\n' "$*" | sed 's/^/# /'; }
todo=                         # while it is set: why the assertions that follow are known to fail
pass()   { n_tests=$((n_tests + 1)); echo "ok $n_tests - $1${todo:+ # TODO $todo}"; }
fail()   { n_tests=$((n_tests + 1)); echo "not ok $n_tests - $1${todo:+ # TODO $todo}"; }
skip()   { n_tests=$((n_tests + 1)); echo "ok $n_tests - $1 # SKIP $2"; }

ok()     { if [ "$1" -eq 0 ]; then pass "$2"; else fail "$2"; note "status: $1"; fi; }
is()     { if [ "$1" = "$2" ]; then pass "$3"; else fail "$3"; note "got:    $1"; note "wanted: $2"; _tap_last; fi; }
isnt()   { if [ "$1" != "$2" ]; then pass "$3"; else fail "$3"; note "got:    $1"; fi; }
like()   { if printf '%s\n' "$1" | grep -Eq -e "$2"; then pass "$3"; else fail "$3"; note "got:    $1"; note "wanted: /$2/"; _tap_last; fi; }
unlike() { if printf '%s\n' "$1" | grep -Eq -e "$2"; then fail "$3"; note "got:    $1"; note "not:    /$2/"; else pass "$3"; fi; }
same()   { if cmp -s "$1" "$2"; then pass "$3"; else fail "$3"; diff -u "$1" "$2" 2>&1 | head -40 | sed 's/^/# /'; fi; }

# After a failure: what the last command had to say.
_tap_last() { if [ -s "$err_file" ]; then note "stderr:"; head -20 "$err_file" | sed 's/^/#   /'; fi; }

until_true()
{
    local i process=$1
    shift
    for i in $(seq 1200); do
        ! "$@" || return 0
        kill -0 "$process" 2>/dev/null || break
        sleep 0.05
    done
    note "waited in vain for: $*"
    return 1
}

run()
{
    status=0
    "$@" >"$out_file" 2>"$err_file" || status=$?
    out=$(tr -d '\0' <"$out_file")
    err=$(tr -d '\0' <"$err_file")
}

# LEAT_VALGRIND is a command with its options, to be split into words. Each run has a state of
# its own, unless the test sets $state_home or says --state-dir.
# shellcheck disable=SC2086
leat()
{
    n_states=$((n_states + 1))
    XDG_STATE_HOME=${state_home:-$states/$BASHPID-$n_states} ${LEAT_VALGRIND-} "$LEAT" "$@"
}

sanitized()
{
    case ${1-} in
    valgrind) [ "${LEAT_VALGRIND-}" ] ;;
    '') [ "${LEAT_VALGRIND-}" ] || nm -D "$LEAT" 2>/dev/null | grep -Eq '__(asan|tsan|ubsan)_' ;;
    *) nm -D "$LEAT" 2>/dev/null | grep -q "__$1_" ;;
    esac
}

skip_all() { echo "1..0 # SKIP $1"; exit 0; }

requires()
{
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null 2>&1 || skip_all "no $command"
    done
}

requires_data()
{
    [ -n "${LEAT_TEST_DATA-}" ] || skip_all "LEAT_TEST_DATA is not set"
    data=$LEAT_TEST_DATA/$1
    [ -e "$data" ] || skip_all "no $1 in LEAT_TEST_DATA"
}

done_testing() { echo "1..$n_tests"; exit 0; }
