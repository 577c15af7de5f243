# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What each extract from a database server must do with a cursor. Read behind tests/lib/tap.sh and
# tests/servers/servers.sh. The caller sets $plugin and $server (the name of its server), defines
# sql(), which takes SQL from standard input, makes
#
#     users (id 1..1000 primary key, name, changed, born, pad)   ten of one time of change; pad: 10,000 bytes, more than sockets hold
#     same                                                   the same as a view, or a query in $same
#
# and says how to touch two of them, add a new one, a late one, and three whose `changed` is null:
# $touch_sql, $new_sql, $late_sql, $null_sql. Then all_orders.

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
slow="--set batch_rows=10 --set checkpoint=0s --set memory=1MiB"

# pipeline NAME OPTIONS [LINE...]: p.yaml, slowly when it is wanted, from the database to a file
pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: {$plugin: {$2}}" "transform: [${probe-}]" \
        'load: {csv: out.csv}' 'rejects: {csv: rejects.csv}' 'max_rejects: 100%' "${@:3}" >p.yaml
}

leat_run() { XDG_STATE_HOME=$states/mine "$LEAT" run --json --plugin-dir "$plugins" p.yaml "$@"; }
ids() { sed 1d "${1:-out.csv}" | cut -d, -f1; }
read_so_far() { XDG_STATE_HOME=$states/mine "$LEAT" state show "$name" 2>/dev/null | sed -n 's/^ *books *read *//p'; }
has_come_far()
{
    local now
    now=$(read_so_far)
    [ "${now:-0}" -gt 100 ]
}

# Starts p.yaml and, once some of it is safe, does what it is told.
in_the_middle()
{
    # shellcheck disable=SC2086
    leat_run_itself $slow >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" has_come_far || fail "it comes far enough"
    "$@"
    status=0
    wait "$pid" 2>/dev/null || status=$?
    err=$(cat "$err_file")
}
leat_run_itself() { XDG_STATE_HOME=$states/mine exec "$LEAT" run --json --plugin-dir "$plugins" p.yaml "$@"; }
kill_it() { kill -9 "$pid"; }

# after_kill NAME OPTIONS WHAT [LINE...]: the run after one that was killed ends as one that was left alone
after_kill()
{
    name=$1
    probe= pipeline "$1-whole" "$2" "${@:4}"
    run leat_run
    is "$status" 0 "$3: left alone"
    mv out.csv wanted.csv
    probe='{probe: slow}' pipeline "$1" "$2" "${@:4}"
    in_the_middle kill_it
    is "$status" 137 "$3: killed"
    run leat_run
    is "$status" 0 "$3: run again"
    same wanted.csv out.csv "$3: the same"
}

all_orders()
{
    after_kill one 'table: users, cursor: id' "a cursor of one column"
    after_kill two 'table: users, cursor: [changed, id]' "of two, the first not unique"
    after_kill born 'table: users, cursor: born' "of a date"
    after_kill view 'table: same, cursor: [changed, id]' "of a view"
    after_kill query 'query: "SELECT * FROM users WHERE id < ${param:to}", cursor: [changed, id]' "of a query" \
        'params: {to: {default: 900}}'
    ambiguous_order
    null_order
    incremental_order
    lost_order
}

ambiguous_order()
{
    name=ambiguous
    probe= pipeline ambiguous 'table: users, cursor: changed'
    run leat_run
    is "$status" 78 "two rows with one cursor: exit status 78"
    like "$err" 'cursor: \[changed, ID\]' "and what to write"
    [ ! -e out.csv ] || rm out.csv
}

null_order()
{
    name=nulls
    sql <<<"$null_sql"
    probe= pipeline nulls-whole 'table: users, cursor: [changed, id]'
    run leat_run
    is "$(grep -c null_cursor rejects.csv)" 3 "rows without a place are rejected"
    is "$(ids | wc -l)" 1000 "and all others read"
    mv out.csv wanted.csv
    mv rejects.csv wanted-rejects.csv
    probe='{probe: slow}' pipeline nulls 'table: users, cursor: [changed, id]'
    in_the_middle kill_it
    run leat_run
    same wanted.csv out.csv "killed and run again: the same records"
    same wanted-rejects.csv rejects.csv "and the same rejects, each once"
    sql <<<"delete from users where id > 2000"
}

incremental_order()
{
    name=incremental
    probe= pipeline incremental 'table: users, cursor: [changed, id], incremental: true, lag: 5m'
    run leat_run
    is "$(ids | wc -l)" 1000 "the first incremental run reads all"
    run leat_run
    is "$(ids | tr '\n' ' ')" "950 951 952 953 954 955 956 957 958 959 960 961 962 963 964 965 966 967 968 969 970 971 972 973 974 975 976 977 978 979 980 981 982 983 984 985 986 987 988 989 990 991 992 993 994 995 996 997 998 999 1000 " \
        "the next one what the lag takes back"
    sql <<<"$touch_sql; $new_sql"
    run leat_run
    is "$(ids | tail -n 3 | tr '\n' ' ')" "5 500 1001 " "then what has changed and what is new"
    sql <<<"$late_sql"
    run leat_run
    is "$(ids | tr '\n' ' ')" "1002 1001 " "and what became visible late"
    sql <<<"$null_sql"
    run leat_run
    is "$(grep -c null_cursor rejects.csv)" 3 "rows without a place are rejected"
    run leat_run
    is "$(grep -c null_cursor rejects.csv)" 3 "by each run anew"
    sql <<<"delete from users where id > 1000"
}

# The server dies and comes back.
server_dies() { server_stop "$server" immediate; }
server_dies_and_returns() { server_stop "$server" immediate; server_restart "$server"; }

some_is_written() { [ "$(find . -name '.out.csv*' -size +100k)" ]; }

lost_order()
{
    name=returns
    probe= pipeline whole 'table: users, cursor: id'
    run leat_run
    mv out.csv wanted.csv
    probe='{probe: slow}' pipeline returns 'table: users, cursor: id'
    in_the_middle server_dies_and_returns
    is "$status" 0 "a server that dies and returns: the run goes on"
    same wanted.csv out.csv "to the same end"
    name=dies
    probe='{probe: slow}' pipeline dies 'table: users, cursor: id'
    in_the_middle server_dies
    is "$status" 75 "a server that stays away: exit status 75"
    server_restart "$server"
    probe='{probe: slow}' pipeline dies 'table: users, cursor: id'
    run leat_run
    is "$status" 0 "run again"
    same wanted.csv out.csv "to the same end"
    name=nowhere
    probe='{probe: slow}' pipeline nowhere 'table: users'
    # shellcheck disable=SC2086
    leat_run_itself $slow >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" some_is_written
    server_dies_and_returns
    status=0
    wait "$pid" || status=$?
    err=$(cat "$err_file")
    is "$status" 75 "without a cursor: exit status 75"
    like "$err" 'a .cursor:. lets a run go on' "and what would help"
}
