# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract postgres in partitions into an API that cannot be asked twice. What a run that was killed had sent comes to the
# next ones in another order, under other numbers, and must not be taken for a second record of its key.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/stores/databases.sh"
. "$top_srcdir/tests/stores/midway.sh"
needs extract-postgres
[ -e "$top_builddir/plugins/.libs/load-http.so" ] || skip_all "the http load is not built"
needs_probe
starts
connects

# Rows of a part stand still while another session holds its lock. It is `stable' so that nobody is held who does not
# ask for it, such as who looks where to divide.
sql <<'END'
create table users (id bigint primary key, name text);
insert into users select i, 'user-' || i from generate_series(1, 1200) as i;
create function held(part int) returns int stable language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(part); return part; end $$;
create view parted as select id, name, case when id <= 300 then held(1) when id > 700 then held(2) end as part from users;
END

mkfifo port.fifo
python3 "$top_srcdir/tests/doubles/api.py" --same legacy_id --delay 20 >port.fifo &
api_pid=$!
at_exit kill $api_pid
read -r port <port.fifo
stat_of() { python3 -c 'import json, sys, urllib.request as u; print(json.load(u.urlopen("http://127.0.0.1:%s/stats" % sys.argv[1]))[sys.argv[2]])' "$port" "$1"; }
book() { grep -o "\"$1\":[0-9]*" <<<"$out" | head -n 1 | cut -d: -f2; }

cat >p.yaml <<END
leat: 1
name: once
extract: {postgres: {table: parted, cursor: id, partitions: 2}}
load:
  http:
    url: http://127.0.0.1:$port/users
    body: {username: '{name}', legacy_id: '{id}', marker: '{leat:id}'}
    already_there: 409
    find: {url: 'http://127.0.0.1:$port/users/{name}', ours: [{path: /marker, equals: '{leat:id}'}]}
    concurrency: 8
rejects: {jsonl: rejects.jsonl}
max_rejects: 100%
END

# killed_without PART N: a run that gets nothing of this part, and is killed once more than N records in all are safe
holds() { [ "$(server_sql pg <<<"select count(*) from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted")" = 1 ]; }
killed_without()
{
    far=$2
    session "select pg_advisory_lock($1);"
    until_true $other holds || fail "part $1 stands still"
    once has_come_far kill_it
    is "$status" 137 "killed when more than $far records are safe, without any more of part $1"
    session_ends
}

killed_without 1 200
[ "$(stat_of users)" -gt "$(n_safe)" ]
ok $? "more of part 2 was sent than is safe"
killed_without 2 500
run leat_run
is "$status" 0 "goes on with both: exit status 0"
is "$(book read) $(book loaded) $(book rejected) $(book unknown)" "1200 1200 0 0" "each record is loaded, none taken for another"
is "$(stat_of users) $(stat_of doubled) $(stat_of together)" "1200 [] 0" "each is there once"
done_testing
