# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A run that was stopped or killed, and is started again, ends as one that was left alone: the same
# output, rejects and results, byte for byte, and the same books.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires sqlite3 python3

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
env --default-signal=TERM true 2>/dev/null || skip_all "env has no --default-signal"

n=400
seq $n | awk 'BEGIN { print "id,name" } { printf "%s,name %d\n", $1 % 9 == 0 ? "x" $1 : $1, $1 % 50 }' >in.csv
sed 1d in.csv | awk -F, '{ printf "{\"id\": \"%s\", \"name\": \"%s\"}\n", $1, $2 }' >in.jsonl
sqlite3 in.db 'CREATE TABLE t(n INTEGER PRIMARY KEY, id TEXT, name TEXT)'
sed 1d in.csv | awk -F, '{ printf "INSERT INTO t(id, name) VALUES (\"%s\", \"%s\");\n", $1, $2 }' | tr '"' "'" |
    { echo "BEGIN;"; cat; echo "COMMIT;"; } | sqlite3 in.db

# A batch takes 20 ms: with batches of one record there is time to stop the run, with the default
# it is over at once. Neither that nor when checkpoints are taken is part of what a pipeline means.
slow="--set batch_rows=1 --set checkpoint=0s"
cast='{map: {id: cast(id as int64), name: name}}'
sides='rejects: {csv: out/r.csv}
results: {jsonl: out/s.jsonl}'

# pipeline EXTRACT CHAIN LOAD [LINE...]
pipeline()
{
    printf '%s\n' 'leat: 1' 'name: p' 'max_rejects: 100%' "extract: $1" "transform: [{probe: slow}, $2]" "load: $3" >p.yaml
    shift 3
    printf '%s\n' "$@" >>p.yaml
}

leat_run() { XDG_STATE_HOME=$states/mine "$LEAT" run --plugin-dir "$plugins" p.yaml "$@"; }
books() { printf '%s\n' "$out" | grep -o '"\(read\|made\|loaded\|filtered\|duplicate\|rejected\|unknown\|pending\)":[0-9]*' | paste -sd ' '; }
begin_anew() { rm -rf out "$states/mine"; mkdir out; }

# The same run, left alone.
undisturbed()
{
    begin_anew
    run leat_run --json
    is "$status" 0 "$1: left alone: exit status 0"
    wanted=$(books)
    rm -rf wanted
    mv out wanted
    begin_anew
}

# True once the last checkpoint counts some records.
read_so_far() { XDG_STATE_HOME=$states/mine "$LEAT" state show p 2>/dev/null | sed -n 's/^ *books *read *//p'; }

# True once the last checkpoint counts some records more than before.
before=0
has_come_far()
{
    local now
    now=$(read_so_far)
    [ "${now:-0}" -gt $((before + 10)) ]
}

has_begun() { ls -A out | grep -q '^\.o\.csv'; }

# stop_when CONDITION SIGNAL: starts it slowly, and sends the signal in the middle
stop_when()
{
    local signal=$2
    # shellcheck disable=SC2086
    XDG_STATE_HOME=$states/mine env --default-signal=TERM "$LEAT" run --plugin-dir "$plugins" p.yaml $slow >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" "$1"
    kill "-$signal" "$pid"
    status=0
    wait "$pid" 2>/dev/null || status=$?
    err=$(cat "$err_file")
}
stop() { stop_when has_come_far "$1"; }

# goes_on NAME: runs it again, to the same end
goes_on()
{
    run leat_run --json -v
    is "$status" 0 "$1: run again: exit status 0"
    is "$(books)" "$wanted" "$1: the books are those of a run that was left alone"
    is "$(ls -A out | paste -sd ' ')" "$(ls -A wanted | paste -sd ' ')" "$1: so are the files"
    for file in wanted/*.csv wanted/*.jsonl; do
        [ ! -e "$file" ] || same "$file" "out/${file#wanted/}" "$1: ${file#wanted/} is the same"
    done
    is "$(ls "$states/mine/leat" | paste -sd ' ')" "p.db p.lock p.seq" "$1: nothing else is left in the state"
}

# ---- every extract, stopped and killed ----

# shellcheck disable=SC2034
for source in "csv|{csv: in.csv}|going on with run 1 behind" \
    "jsonl|{jsonl: {path: in.jsonl, fields: {id: text, name: text}}}|going on with run 1 behind" \
    "generate|{generate: {rows: $n, seed: 3}}|going on with run 1 behind" \
    "sqlite|{sqlite: {path: in.db, table: t, cursor: n}}|going on with run 1 behind" \
    "sqlite without a cursor|{sqlite: {path: in.db, table: t}}|"; do
    IFS='|' read -r name extract says <<<"$source"
    map=$cast
    [ "$name" != generate ] ||
        map="{map: {id: \"cast(case when id % 9 = 0 then 'x' else cast(id as text) end as int64)\", name: email}}"
    pipeline "$extract" "$map" '{csv: out/o.csv}' "$sides"
    undisturbed "$name"
    for signal in TERM KILL; do
        begin_anew
        if [ "$name" = "sqlite without a cursor" ]; then
            stop_when has_begun "$signal"
        else
            stop "$signal"
        fi
        is "$status" "$((128 + $(kill -l "$signal")))" "$name, $signal: is stopped by it"
        is "$(ls out)" "" "$name, $signal: no file has its name"
        goes_on "$name, $signal"
        if [ -n "$says" ]; then
            like "$err" "$says [0-9]+ records" "$name, $signal: went on"
            like "$out" '"run":2,"goes_on_with":1' "$name, $signal: and the report says with which"
        else
            like "$err" "beginning at the start: there is no run into .*out/o.csv by the load csv" "$name, $signal: says that it begins at the start"
            unlike "$out" 'goes_on_with' "$name, $signal: and so does the report"
        fi
    done
done
# ---- an incremental run, which reads again what has no place behind the last one ----

sqlite3 in.db "CREATE TABLE u(at INT, id INT, name TEXT); INSERT INTO u VALUES(200, 200, 'first')"
pipeline '{sqlite: {path: in.db, table: u, cursor: [at, id], incremental: true}}' '{set: {name: lower(name)}}' \
    '{csv: out/o.csv}' "$sides"
begin_anew
run leat_run
is "$status" 0 "incremental: the first run: exit status 0"
mv "$states/mine" "$states/first"
sqlite3 in.db "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 400) INSERT INTO u
    SELECT nullif(i, i / 5 * 5), nullif(i, i / 7 * 7), 'name ' || i FROM r"
begin_anew() { rm -rf out "$states/mine"; mkdir out; cp -a "$states/first" "$states/mine"; }
undisturbed "incremental"
# 126 of 400 have no time or no number; 137 of the others are new
is "$wanted" '"read":263 "made":0 "loaded":137 "filtered":0 "duplicate":0 "rejected":126 "unknown":0 "pending":0' \
    "incremental: what has a null is rejected, and nothing else is read again"
for before in 0 120; do # among those without a time, and behind them
    begin_anew
    stop KILL
    goes_on "incremental, KILL behind $before"
    like "$err" "going on with run 2 behind [0-9]+ records" "incremental, KILL behind $before: went on"
done
before=0
begin_anew() { rm -rf out "$states/mine"; mkdir out; }

# ---- stopped again and again ----

pipeline '{csv: in.csv}' "$cast" '{csv: out/o.csv}' "$sides"
undisturbed "again and again"
for signal in KILL TERM KILL; do
    stop "$signal"
    before=$(read_so_far)
done
ok "$([ "$before" -ge 30 ]; echo $?)" "again and again: each goes on behind the one before"
goes_on "again and again"
like "$out" '"run":4,"goes_on_with":1' "again and again: with the work of the first"
XDG_STATE_HOME=$states/mine run "$LEAT" runs p
is "$(printf '%s\n' "$out" | grep -c ' going on with 1$')" 3 "again and again: the history says so"
is "$(printf '%s\n' "$out" | grep -Ec '  killed  ')" 2 "again and again: and which were killed"
like "$out" "signal 15" "again and again: and which was stopped"
before=0

# ---- --time-limit ----

begin_anew
# shellcheck disable=SC2086
run leat_run $slow --time-limit 1s
is "$status" 75 "--time-limit: exit status 75"
like "$err" "stopped at --time-limit; run again to go on from there" "--time-limit: says what to do"
like "$err" "the books balance" "--time-limit: what was in flight is drained"
is "$(ls out)" "" "--time-limit: no file has its name"
goes_on "--time-limit"
run leat_run --time-limit 1h
is "$status" 0 "--time-limit: a run that is faster does not notice"
for time in 0s x -1s; do
    run leat_run --time-limit $time
    is "$status" 64 "--time-limit $time: exit status 64"
    like "$err" "such as 30s, 5m or 2h" "--time-limit $time: says what it takes"
done

# ---- stop_after ----

begin_anew
# shellcheck disable=SC2086
run leat_run $slow --set stop_after=3
is "$status" 65 "stop_after: exit status 65"
like "$err" "stopped: more rejects than stop_after: allows.*run again to go on from there" "stop_after: says so"
is "$(ls out | paste -sd ' ')" "r.csv s.jsonl" "stop_after: the rejects so far can be looked at, the load has no name yet"
ok "$([ "$(sed 1d out/r.csv | wc -l)" -gt 3 ]; echo $?)" "stop_after: there are more than three"
ok "$(head -n "$(wc -l <out/r.csv)" wanted/r.csv | cmp -s - out/r.csv; echo $?)" "stop_after: they are the first ones"
ok "$(ls -A out | grep -q '^\.o\.csv.*\.kept$'; echo $?)" "stop_after: the load's part is kept"
goes_on "stop_after"

# ---- memories ----

pipeline '{csv: in.csv}' '{map: {name: name}}' '{csv: out/o.csv}' 'validate: [{dedupe: {key: name}}]'
undisturbed "dedupe"
like "$wanted" '"duplicate":350' "dedupe: some are duplicates"
before=50 # so that what comes after the stop was seen before it
stop KILL
is "$(cd "$states/mine/leat" && stat -c %a p.*.memory)" 600 "dedupe: remembers in a file of our own"
ok "$(! grep -q 'name 1' "$states/mine/leat/"p.*.memory; echo $?)" "dedupe: and no value stands in it"
goes_on "dedupe, KILL"
before=0

# ---- a target with transactions ----

pipeline '{csv: in.csv}' "$cast" '{sqlite: {path: out/o.db, table: t}}' "$sides"
undisturbed "into sqlite"
for signal in KILL TERM; do
    begin_anew
    stop "$signal"
    ok "$([ "$(sqlite3 out/o.db 'SELECT count(*) FROM t')" -gt 0 ]; echo $?)" "into sqlite, $signal: some rows are there"
    goes_on "into sqlite, $signal"
    is "$(sqlite3 out/o.db 'SELECT * FROM t')" "$(sqlite3 wanted/o.db 'SELECT * FROM t')" "into sqlite, $signal: so are the rows"
done

# The file is another one, or has lost its end: nothing is guessed.
begin_anew
stop KILL
rm -f out/o.db*
run leat_run
is "$status" 65 "a target that is gone: exit status 65"
like "$err" "does not know of the last commits to it.*leat run --restart" "a target that is gone: says so"
run leat_run --restart
is "$status $(sqlite3 out/o.db 'SELECT count(*) FROM t')" "0 $(sqlite3 wanted/o.db 'SELECT count(*) FROM t')" "a target that is gone: --restart loads everything"

# ---- another target, another load ----

pipeline '{csv: in.csv}' "$cast" 'one' 'loads:' '  one: {csv: out/o.csv}' '  two: {jsonl: out/two.jsonl}' "$sides"
undisturbed "another target"
stop TERM
run leat_run --json -v --load two --set rejects.csv.path=r2.csv --set results.jsonl.path=s2.jsonl
is "$(books)" "$wanted" "another load: loads everything"
like "$err" "beginning at the start: there is no run into .*two.jsonl by the load two" "another load: and says so"
rm -f out/two.jsonl r2.csv s2.jsonl
run leat_run --json -v --set load.one.path=out/other.csv --set rejects.csv.path=r2.csv --set results.jsonl.path=s2.jsonl
is "$(books)" "$wanted" "another target: gets everything"
like "$err" "beginning at the start: there is no run into .*other.csv by the load one" "another target: and says so"
same wanted/o.csv out/other.csv "another target: all of it"
rm -f out/other.csv
goes_on "another target: the first"
like "$err" "going on with run 1 behind [0-9]+ records" "another target: the first goes on meanwhile"

# ---- --restart ----

begin_anew
stop TERM
run leat_run --json --restart
is "$status" 0 "--restart: exit status 0"
like "$err" "^leat: warning: --restart: giving up run 1, which had read [0-9]+ records and loaded [0-9]+ into .*out/o.csv" "--restart: says what it gives up"
is "$(books)" "$wanted" "--restart: loads everything"
is "$(ls -A out | paste -sd ' ')" "o.csv r.csv s.jsonl" "--restart: what was kept is gone"
unlike "$out" "goes_on_with" "--restart: goes on with nothing"
run leat_run --restart
is "$status$err" 0 "--restart: where nothing is given up, nothing is said"

# ---- a result that cannot be had again ----

pipeline '{csv: in.csv}' "$cast" '{csv: out/o.csv}' "$sides"
begin_anew
stop KILL
rm -f out/.o.csv*
run leat_run
like "$status" "^(65|74)$" "the kept part is gone: does not go on"
like "$err" "o.csv" "the kept part is gone: names it"
like "$err" "\`leat run --restart\` starts anew$" "the kept part is gone: says what to do, and nothing else"
run leat_run --restart
is "$status" 0 "the kept part is gone: --restart begins anew"
done_testing
