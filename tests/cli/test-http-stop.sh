# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A load over HTTP that is stopped begins nothing new, waits for what is on its way, and leaves the
# rest to the next run: soon, with nothing unclear and nothing twice. And what it costs to ask.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3 sqlite3
[ -e "$top_builddir/plugins/.libs/load-http.so" ] || skip_all "the http load is not built"
env --default-signal=TERM true 2>/dev/null || skip_all "env has no --default-signal"

api_pid=
trap 'kill $api_pid 2>/dev/null; _tap_cleanup' EXIT

# api OPTION...: a new server, in $port
api()
{
    kill $api_pid 2>/dev/null
    rm -f port.fifo
    mkfifo port.fifo
    python3 "$top_srcdir/tests/doubles/api.py" --log log "$@" >port.fifo &
    api_pid=$!
    read -r port <port.fifo
}
# stat NAME: a count of the server's
stat_of() { python3 -c 'import json, sys, urllib.request as u; print(json.load(u.urlopen("http://127.0.0.1:%s/stats" % sys.argv[1]))[sys.argv[2]])' "$port" "$1"; }

sqlite3 in.db "create table users(id integer primary key, username text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) insert into users select i, 'user-' || i from n"
# pipeline NAME OPTIONS [LINE...]
pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" 'extract: {sqlite: {path: in.db, table: users, cursor: id}}' \
        "load: {http: {url: 'http://127.0.0.1:$port/users', $2}}" 'rejects: {jsonl: rejects.jsonl}' 'max_rejects: 100%' \
        'checkpoint: 100ms' "${@:3}" >p.yaml
}
leat_run() { XDG_STATE_HOME=$states/mine "$LEAT" run --json p.yaml "$@"; }
book() { printf '%s\n' "$out" | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d: -f2; }

# ---- stopped ----

for mode in ledger key; do
    rm -rf "$states/mine"
    api --delay 100
    pipeline stop-$mode "rate: api, idempotency: $mode" 'rates: {api: 200/s}'
    runs=0 start=$SECONDS status=75
    while [ "$status" = 75 ] && [ $runs -lt 20 ]; do
        run leat_run --time-limit 1s
        runs=$((runs + 1))
    done
    is "$status" 0 "$mode: stopped each second, it comes to its end ($runs runs)"
    [ $((SECONDS - start)) -le $((runs * 3)) ]
    ok $? "each of them soon ($((SECONDS - start)) s)"
    is "$(book loaded) $(book unknown)" "1000 0" "with nothing unclear"
    is "$(stat_of users)" 1000 "and each user is there"
done

rm -rf "$states/mine"
api --throttle 100% --retry-after 120
pipeline throttled 'concurrency: 4'
start=$SECONDS
run leat_run --time-limit 2s
is "$status" 75 "a server that throttles everything: stopped with 75"
[ $((SECONDS - start)) -le 8 ]
ok $? "at once, with nothing on its way ($((SECONDS - start)) s)"

# ---- keys that come twice ----

printf 'Land,username\nDE,a\nDE,b\nAT,c\nDE,d\n' >twice.csv
rm -rf "$states/mine"
api
pipeline twice 'idempotency: key'
sed -i 's/^extract:.*/extract: {csv: {path: twice.csv}}/' p.yaml
run leat_run
is "$(book read) $(book loaded) $(book rejected)" "4 2 2" "a key that comes again is not taken for done"
is "$(stat_of users)" 2 "since the server would keep the first alone"
like "$(cat rejects.jsonl)" '"leat:code":"duplicate_key"' "it is rejected, with the reason"

# ---- asking is no retry ----

rm -rf "$states/mine"
api --delay 2
pipeline there "already_there: 409, find: {url: 'http://127.0.0.1:$port/users/{username}', ours: always}, body: {username: '{username}'}"
run leat_run
is "$(book loaded)" 1000 "all are loaded"
rm -rf "$states/mine"
start=$SECONDS
run leat_run
is "$(book loaded) $(book already_there)" "0 1000" "loaded once more, without what the state knew: all were there"
[ $((SECONDS - start)) -le 20 ]
ok $? "and asking for each takes its time, no more ($((SECONDS - start)) s)"

# ---- an outage ----

rm -rf "$states/mine"
api
pipeline outage ''
python3 - "$port" <<'END' &
import json, sys, time, urllib.request as u
def control(**what): u.urlopen("http://127.0.0.1:%s/control" % sys.argv[1], json.dumps(what).encode())
control(cut=1.0)
time.sleep(3)
control(cut=0)
END
control=$!
until ! python3 -c "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:$port/users', b'{}', method='PUT'))" 2>&1 | grep -q "HTTP Error"; do :; done
run leat_run
wait $control
[ "$(book unknown)" -le 100 ]
ok $? "without find, an outage of three seconds costs what was on its way and little more ($(book unknown) unknown)"
is "$(($(book loaded) + $(book unknown)))" 1000 "all others are loaded"
done_testing
