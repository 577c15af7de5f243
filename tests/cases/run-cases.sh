# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Golden cases: a folder in, a folder out. Every folder beside this script is a case:
#
#   pipeline.yaml     and whatever else it reads; NAME.sql becomes the SQLite file NAME.db
#   args              the command line (default: run pipeline.yaml), a shell word a word
#   setup.sh          optional: makes inputs that cannot lie in a repository
#   needs             optional: plugins without which the case is skipped, one a line
#   expected/         the files that must be there afterwards, byte for byte, and no others
#   expected.status   exit status (default 0)
#   expected.stdout, expected.stderr    what is printed (default: nothing); times stand as TIME
#
# One line of TAP a case; LEAT_CASE=NAME runs one alone. LEAT_BLESS=1 writes what came as what
# is expected: read the diff before you commit it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

cases=$top_srcdir/tests/cases

# Times and the folder of the case, which differ from run to run.
normal() { sed -E -e 's/: [0-9]+\.[0-9] s(, [0-9]+ records\/s)?$/: TIME/' -e "s|$PWD|CASE|g" "$1"; }

missing_plugin()
{
    local plugin
    [ -e "$1" ] || return 1
    while read -r plugin; do
        [ -e "$top_builddir/plugins/.libs/$plugin.so" ] || { echo "$plugin"; return 0; }
    done <"$1"
    return 1
}

make_inputs()
{
    local sql
    for sql in *.sql; do
        [ ! -e "$sql" ] || sqlite3 "${sql%.sql}.db" <"$sql" || return 1
    done
    [ ! -e setup.sh ] || bash ./setup.sh
}

files() { find . -mindepth 1 ! -type d | sed 's|^\./||' | LC_ALL=C sort; }

# Everything that the run has made, beside what it has printed.
collect()
{
    mkdir -p "$1"
    files | LC_ALL=C comm -13 "$2" - | while read -r file; do
        mkdir -p "$1/$(dirname "$file")"
        cp "$file" "$1/$file"
    done
}

# Runs the case in the folder we stand in; leaves status and output in ../got.*
run_case()
{
    local args=(run pipeline.yaml) status=0
    [ ! -e args ] || eval "args=($(cat args))"
    files >../before
    XDG_STATE_HOME=$scratch/state leat "${args[@]}" >../stdout 2>../stderr || status=$?
    collect ../got ../before
    mkdir -p ../got
    normal ../stdout >../got.stdout
    normal ../stderr >../got.stderr
    echo "$status" >../got.status
}

wanted() { if [ -e "$1" ]; then cat "$1"; elif [ "${1##*.}" = status ]; then echo 0; fi; }

compare()
{
    local what good=0
    for what in status stdout stderr; do
        diff -u --label "expected.$what" <(wanted "$1/expected.$what") --label "got.$what" "got.$what" || good=1
    done
    mkdir -p empty
    if [ -d "$1/expected" ]; then
        diff -ruN "$1/expected" got || good=1
    else
        diff -ruN empty got || good=1
    fi
    return $good
}

bless()
{
    local what
    rm -rf "$1/expected" "$1"/expected.*
    [ -z "$(ls -A got)" ] || cp -r got "$1/expected"
    for what in stdout stderr; do
        [ ! -s "got.$what" ] || cp "got.$what" "$1/expected.$what"
    done
    [ "$(cat got.status)" = 0 ] || cp got.status "$1/expected.status"
}

requires sqlite3 diff
for case in "$cases"/*/; do
    case=${case%/}
    name=${case##*/}
    [ -z "${LEAT_CASE-}" ] || [ "$LEAT_CASE" = "$name" ] || continue
    if plugin=$(missing_plugin "$case/needs"); then
        skip "$name" "$plugin is not built"
        continue
    fi
    mkdir -p "$scratch/$name"
    cp -r "$case" "$scratch/$name/in"
    chmod -R u+w "$scratch/$name/in"
    cd "$scratch/$name/in" || exit 1
    rm -rf expected expected.*
    if ! make_inputs >../log 2>&1; then
        fail "$name"
        sed 's/^/# /' ../log
        continue
    fi
    run_case
    cd ..
    [ -z "${LEAT_BLESS-}" ] || bless "$case"
    if compare "$case" >log 2>&1; then
        pass "$name"
    else
        fail "$name"
        head -60 log | sed 's/^/# /'
    fi
done
done_testing
