# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load mysql when it does not end well: killed, without its server, in a deadlock, behind a late commit.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/loads.sh"
needs load-mysql
starts
connects
needs_probe

names 800
state() { sql <<<"select concat_ws('|', count(*), count(distinct id)) from ${1:-t}"; }
anew() { sql <<<"drop table if exists t; create table t (id bigint $1, name varchar(100))"; rm -rf "$states/mine"; }

# ---- killed ----

has_begun() { [ "$(sql <<<'set transaction isolation level read uncommitted; select count(*) from t')" -ge 10 ]; }
over_crashes
sql <<<'drop table t'
rm -rf "$states/mine"
crash 'table: t' kill_it
run leat_run
is "$status $(state)" "0 800|800" "into a table that is made, too"
anew 'primary key'
kill_session() { server_sql my <<<"select id from information_schema.processlist where user = 'leat' order by id limit 1" | sed 's/.*/kill &/' | server_sql my; }
crash 'table: t' kill_session
is "$status" 75 "a session that the server ends: exit status 75"
run leat_run
is "$status $(state)" "0 800|800" "run again: each record once"
anew 'primary key'
drop_it() { server_sql my <<<"drop table shop.t"; }
crash 'table: t' drop_it
isnt "$status" 0 "a table that is dropped on the way ends the run"
like "$err" 'cannot write to .shop.\..t.' "and says which"

# ---- two at a time ----

# deadlock MINE THEIRS [ARGUMENT...]: a run beside a rival that has changed much, and so does not give way in a deadlock;
# it goes on once the test has let go of the lock `go', which it does when leat waits for that session.
sql <<<'create table much (id int primary key); insert into much select seq from seq_1_to_3000'
status_of() { server_sql my <<<"select variable_value from information_schema.global_status where variable_name = '$1'"; }
waits() { [ "$(status_of innodb_row_lock_current_waits)" -ge 1 ]; }
has_locked() { [ "$(server_sql my <<<"select count(*) from information_schema.processlist where state = 'User lock'")" -ge 1 ]; }
holds_go() { [ "$(server_sql my <<<"select is_used_lock('go') is not null")" = 1 ]; }
deadlock()
{
    local rival
    session "select get_lock('go', 60);"
    until_true $other holds_go
    echo "begin; update much set id = id + 10000; update t set name = 'theirs' where id = $2; select get_lock('go', 60); update t set name = 'theirs' where id = $1; commit;" |
        server_sql my >rival.out 2>rival.err &
    rival=$!
    until_true $rival has_locked
    leat_run_itself "${@:3}" >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" waits
    session_ends "do release_lock('go');"
    wait $rival
    is "$(cat rival.err)" "" "the other one goes on"
    status=0
    wait "$pid" || status=$?
    err=$(cat "$err_file")
}
anew 'primary key'
sql <<<"insert into t values (5, 'x'), (6, 'x')"
head -n 11 in.csv >few.csv
pipeline deadlock '{csv: {path: few.csv, fields: {id: int64}}}' 'table: t, mode: upsert, key: id'
deadlock 5 6
is "$status $(sql <<<"select count(*), sum(name = 'theirs') from t")" $'0 10\t0' "a deadlock with another: the batch is tried again"
like "$(server_sql my <<<'show engine innodb status')" 'DETECTED DEADLOCK' "which it was"
anew 'primary key'
sql <<<"insert into t values (5, 'x'), (6, 'x')"
pipeline deadlock2 '{csv: {path: few.csv, fields: {id: int64}}}' 'table: t, mode: upsert, key: id' 'batch_rows: 1' 'checkpoint: 1h'
deadlock 5 6
is "$status" 75 "where more stood in the transaction: exit status 75"
like "$err" 'undone, and the next run writes it' "and says so"
is "$(sql <<<"select count(*), sum(name = 'theirs') from t")" $'2\t2' "nothing is left of it"
run leat_run
is "$status $(sql <<<"select count(*), sum(name = 'theirs') from t")" $'0 10\t0' "run again: each record once"

# A lock that does not come is tried again, with what stands in the transaction.
anew 'primary key'
sql <<<"insert into t values (6, 'x')"
server_sql my <<<'set global innodb_lock_wait_timeout = 1'
session "begin; update t set name = 'theirs' where id = 6; select get_lock('go', 60);"
until_true $other holds_go
pipeline locked '{csv: {path: few.csv, fields: {id: int64}}}' 'table: t, mode: upsert, key: id' 'batch_rows: 1' 'checkpoint: 1h'
before=$(status_of innodb_row_lock_waits)
leat_run_itself >"$out_file" 2>"$err_file" &
pid=$!
waited() { [ "$(status_of innodb_row_lock_waits)" -gt $((before + 1)) ]; }
until_true "$pid" waited
ok $? "a lock that does not come in time is asked for again"
session_ends 'commit;'
status=0
wait "$pid" || status=$?
is "$status $(sql <<<"select count(*), sum(name = 'theirs') from t")" $'0 10\t0' "and nothing is lost"
server_sql my <<<'set global innodb_lock_wait_timeout = 50'

# ---- sinks beside each other ----

server_database my side
sql -d side <<<'create table t (id bigint check (id <> 50), name text)'
over_sinks

# ---- a commit that is late ----

sql <<<'create table side.late (id bigint)'
rm -rf "$states/mine"
pipeline late "$extract" 'table: side.late' 'batch_rows: 100' 'checkpoint: 0ms' 'transform: [{probe: slow}]'
session 'do 0;'
leat_run_itself >"$out_file" 2>"$err_file" &
pid=$!
has_some() { [ "$(sql <<<'select count(*) from side.late')" -gt 0 ]; }
until_true "$pid" has_some
# No commit goes through now, nor does one that is sent by who is then killed.
session_does "backup stage start; backup stage block_commit;"
commits() { [ "$(server_sql my <<<"select count(*) from information_schema.processlist where info = 'COMMIT'")" -ge 1 ]; }
until_true "$pid" commits
kill -9 "$pid"
wait "$pid" 2>/dev/null
leat_run_itself >"$out_file" 2>"$err_file" &
pid=$!
until_true "$pid" has_locked
ok $? "a run behind a commit that is late waits for it"
commits
ok $? "which is still on its way"
session_ends 'backup stage end;'
status=0
wait "$pid" || status=$?
is "$status $(state side.late)" "0 800|800" "each record once"
done_testing
