# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What each extract from a database server must do with a cursor. Read behind tests/stores/databases.sh, whose
# pipelines it has in a form of its own. The caller, or order_users for its $server, pg or my, makes
#
#     users (id 1..1000 primary key, name, changed, born, pad)   ten of one time of change; pad: 10,000 bytes, more than sockets hold
#     same                                                   the same as a view, or a query in $same
#
# and says how to touch two of them, add a new one, a late one, and three whose `changed` is null:
# $touch_sql, $new_sql, $late_sql, $null_sql. Then all_orders; and changed_order, where a run holds its table.
. "$top_srcdir/tests/stores/midway.sh"
needs_probe
slow+=" --set memory=1MiB"

# pipeline NAME OPTIONS [LINE...]: p.yaml, slowly when it is wanted, from the database to a file
pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: {$plugin: {$connection$2}}" "transform: [${probe-}]" \
        'load: {csv: out.csv}' 'rejects: {csv: rejects.csv}' 'max_rejects: 100%' "${@:3}" >p.yaml
}

ids() { sed 1d "${1:-out.csv}" | cut -d, -f1; }
order_users()
{
    "_order_users_$server" | sql
    new_sql="insert into users values (1001, 'new', '2025-01-02', null, '')"
    late_sql="insert into users values (1002, 'late', '2025-01-01 23:58:00', null, '')"
    null_sql="insert into users values (2001, 'null 1', null, null, ''), (2002, 'null 2', null, null, ''), (2003, 'null 3', null, null, '')"
    touch_sql="update users set name = 'changed', changed = '2025-01-01' + interval id second where id in (5, 500)"
    [ "$server" = my ] ||
        touch_sql="update users set name = 'changed', changed = timestamptz '2025-01-01' + id * interval '1 second' where id in (5, 500)"
}

_order_users_pg()
{
    cat <<'END'
create table users (id bigint primary key, name text, changed timestamptz, born date, pad text);
insert into users select i, 'user ' || i, '2024-01-01'::timestamptz + i / 10 * interval '1 minute',
    date '2000-01-01' + i, repeat('x', 10000) from generate_series(1, 1000) as i;
create view same as select * from users;
create index on users (changed, id);
END
}

_order_users_my()
{
    cat <<'END'
create table users (id bigint primary key, name text, changed timestamp(6) null, born date, pad text, key (changed, id));
insert into users select seq, concat('user ', seq), '2024-01-01' + interval seq div 10 minute,
    date '2000-01-01' + interval seq day, repeat('x', 10000) from seq_1_to_1000;
create view same as select * from users;
END
}

in_the_middle() { once has_come_far "$@"; } # some of it is safe

# after_kill NAME OPTIONS WHAT [LINE...]: the run after one that was killed ends as one that was left alone
after_kill()
{
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
    kills_order
    ambiguous_order
    null_order
    incremental_order
    returns_order
    nowhere_order
}

kills_order()
{
    after_kill one 'table: users, cursor: id' "a cursor of one column"
    after_kill two 'table: users, cursor: [changed, id]' "of two, the first not unique"
    after_kill born 'table: users, cursor: born' "of a date"
    after_kill view 'table: same, cursor: [changed, id]' "of a view"
    after_kill query 'query: "SELECT * FROM users WHERE id < ${param:to}", cursor: [changed, id]' "of a query" \
        'params: {to: {default: 900}}'
}

ambiguous_order()
{
    probe= pipeline ambiguous 'table: users, cursor: changed'
    run leat_run
    is "$status" 78 "two rows with one cursor: exit status 78"
    like "$err" 'cursor: \[changed, ID\]' "and what to write"
    [ ! -e out.csv ] || rm out.csv
}

null_order()
{
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

returns_order()
{
    probe= pipeline whole 'table: users, cursor: id'
    run leat_run
    mv out.csv wanted.csv
    probe='{probe: slow}' pipeline returns 'table: users, cursor: id'
    in_the_middle server_dies_and_returns
    is "$status" 0 "a server that dies and returns: the run goes on"
    same wanted.csv out.csv "to the same end"
    probe='{probe: slow}' pipeline dies 'table: users, cursor: id'
    in_the_middle server_dies
    is "$status" 75 "a server that stays away: exit status 75"
    server_restart "$server"
    run leat_run
    is "$status" 0 "run again"
    same wanted.csv out.csv "to the same end"
}

# What has no place in an order.
nowhere_order()
{
    probe='{probe: slow}' pipeline nowhere 'table: users'
    once some_is_written server_dies_and_returns
    is "$status" 75 "without a cursor: exit status 75"
    like "$err" 'a .cursor:. lets a run go on' "and what would help"
}

# Somebody changes the table. While it is read he has to wait.
somebody_waits()
{
    case $server in
    pg) [ "$(server_sql pg <<<"select count(*) from pg_locks where not granted")" -gt 0 ] ;;
    *) [ "$(server_sql my <<<"select count(*) from information_schema.processlist where state like '%metadata lock'")" -gt 0 ] ;;
    esac
}
somebody_tries()
{
    sql <<<"$1" &
    somebody=$!
    until_true "$pid" somebody_waits || fail "has to wait: $1"
}

# When the server comes back it is done.
server_is_away_for()
{
    kill -STOP "$pid"
    server_dies_and_returns
    sql <<<"$1"
    kill -CONT "$pid"
}

# reads_changing COMMAND...: a run in whose middle that happens
reads_changing()
{
    rm -rf out.csv "$states/mine"
    probe='{probe: slow}' pipeline changing 'table: changing, cursor: id'
    in_the_middle "$@"
}

changed_order()
{
    local make="create table changing as select * from users; alter table changing add primary key (id)"
    sql <<<"$make"
    reads_changing somebody_tries "alter table changing add column late int"
    wait $somebody
    is "$? $status $(ids | wc -l)" "0 0 1000" "a column that is added in mid-run has to wait"
    like "$(head -n 1 out.csv)" ',pad$' "and is not read"
    reads_changing server_is_away_for "alter table changing add column later int"
    is "$status $(ids | wc -l) $(ids | sort -u | wc -l)" "0 1000 1000" "one that is added while the server is away does no harm"
    like "$(head -n 1 out.csv)" ',late$' "and is not read, either"
    reads_changing kill_it
    sql <<<"alter table changing add column latest int"
    run leat_run
    is "$status" 78 "nor does a run that was stopped go on with other columns: exit status 78"
    like "$err" 'has changed since the run that was stopped' "and says so"
    run leat_run --restart
    like "$status $(ids | wc -l) $(head -n 1 out.csv)" '^0 1000 .*,latest$' "but begins anew"
    reads_changing somebody_tries "drop table changing"
    wait $somebody
    is "$? $status $(ids | wc -l)" "0 0 1000" "a table that is dropped in mid-run is read to its end"
    sql <<<"$make"
    reads_changing server_is_away_for "drop table changing"
    is "$status" 78 "one that was dropped while the server was away: exit status 78"
    like "$err" "changing. does(n.t| not) exist" "and says so"
    [ ! -e out.csv ]
    ok $? "and nothing is written"
}
