# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Runs that are interrupted: one signal drains what is in flight and gives no file its name, the
# second does not wait; what was there before stays. And readers of our output that go away.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3 mkfifo
env --default-signal=INT true 2>/dev/null || skip_all "this env knows no --default-signal"
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"

pipeline() { printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml; }

# started: leat runs p.yaml as $pid, by env, since a shell's background jobs ignore SIGINT
started()
{
    env --default-signal=INT "$LEAT" run --json --plugin-dir "$plugins" p.yaml >"$out_file" 2>"$err_file" &
    pid=$!
}

some_bytes() { [ -n "$(find . -name "$1" -size +1k)" ]; }

ended_by()
{
    status=0
    until_true $$ sh -c "! kill -0 $pid" || kill -KILL $pid
    wait $pid || status=$?
    out=$(cat "$out_file")
    err=$(cat "$err_file")
}

# ---- once: drained ----

for load in csv jsonl; do
    pipeline 'batch_rows: 100' 'extract: {probe: {mode: endless, slow: 1ms}}' "load: {$load: o.$load}" 'rejects: {csv: r.csv}' \
        "transform: [{map: {id: \"case when id % 2 = 0 then id else cast('x' as int64) end\"}}]" 'max_rejects: 100%'
    echo before >"o.$load"
    echo before >r.csv
    started
    until_true "$pid" some_bytes ".o.$load.*.part"
    ok $? "SIGINT, $load: is under way"
    kill -INT $pid
    ended_by
    is "$status" 130 "SIGINT, $load: exit status 130"
    is "$(counted read)" "$(($(counted loaded) + $(counted rejected)))" "SIGINT, $load: what was read is drained"
    like "$out" '"balanced":true' "SIGINT, $load: the books balance"
    like "$err" "stopped by signal 2; no file got its final name" "SIGINT, $load: says so"
    is "$(cat "o.$load" r.csv)" $'before\nbefore' "SIGINT, $load: what was there stays"
    left "SIGINT, $load" "o.$load" r.csv
    rm -f "o.$load" r.csv
done

sqlite3 o.db 'CREATE TABLE t(id INTEGER, name TEXT); INSERT INTO t VALUES(-1, NULL)'
pipeline 'batch_rows: 100' 'extract: {probe: {mode: endless, slow: 1ms}}' 'load: {sqlite: {path: o.db, table: t}}'
started
until_true "$pid" test -e o.db-journal
kill -TERM $pid
ended_by
is "$status" 143 "SIGTERM, SQLite: exit status 143"
is "$(sqlite3 o.db 'SELECT count(*) = 1 OR count(*) = '"$(($(counted loaded) + 1))"' FROM t; PRAGMA integrity_check' | tr '\n' ' ')" "1 ok " \
    "SIGTERM, SQLite: all that was drained is there, or nothing"
is "$(ls)" $'o.db\np.yaml' "SIGTERM, SQLite: and no journal"
rm -f o.db

pipeline 'batch_rows: 10' 'extract: {probe: {mode: endless, slow: 1ms}}' 'load: {late: {mode: reversed, keep: 20}}'
started
sleep 0.5
kill -INT $pid
ended_by
is "$status" 130 "SIGINT, a load that answers late: exit status 130"
is "$(counted pending)$(counted unknown)" "00" "SIGINT, a load that answers late: its answers are waited for"

pipeline 'extract: {probe: {mode: endless, slow: 1ms}}' 'transform: [{filter: id < 0}]' 'load: {csv: o.csv}'
started
sleep 0.3
kill -STOP $pid
sleep 0.2
kill -CONT $pid
sleep 0.2
kill -INT $pid
ended_by
is "$status" 130 "stopped, continued, then SIGINT: exit status 130"

# ---- twice: at once ----

pipeline 'extract: {probe: 100}' 'load: {probe: {mode: slow, slow: 60s}}' 'batch_rows: 1'
started
sleep 0.5
start=$(date +%s)
kill -INT $pid
sleep 0.2
kill -0 $pid
ok $? "the first signal waits for a slow load"
kill -TERM $pid
ended_by
is "$status" 143 "the second signal does not: exit status 143"
ok "$([ $(($(date +%s) - start)) -lt 10 ]; echo $?)" "the second signal: at once"

# ---- what we are told to ignore, as by nohup, is ignored ----

# grows FILE: until it has become larger, and so is being written still
grows() { local size; size=$(stat -c %s "$1" 2>/dev/null || echo 0); until_true "$pid" sh -c "[ \$(stat -c %s '$1' || echo 0) -gt $size ]"; }

pipeline 'batch_rows: 100' 'extract: {probe: {mode: endless, slow: 1ms}}' 'load: {probe: {path: ids}}'
for ignored in "HUP TERM 143" "INT HUP 129" "TERM INT 130" "nohup TERM 143"; do
    # shellcheck disable=SC2086
    set -- $ignored
    rm -f ids nohup.out
    if [ "$1" = nohup ]; then
        signal=HUP
        command -v nohup >/dev/null || continue
        env --default-signal=INT,HUP,TERM nohup "$LEAT" run --plugin-dir "$plugins" p.yaml >"$out_file" 2>"$err_file" &
    else
        signal=$1
        env --default-signal=INT,HUP,TERM --ignore-signal="$1" "$LEAT" run --plugin-dir "$plugins" p.yaml >"$out_file" 2>"$err_file" &
    fi
    pid=$!
    grows ids
    ok $? "$1 ignored: is under way"
    for _ in 1 2 3; do
        kill -$signal $pid
        grows ids
        ok $? "$1 ignored: goes on"
    done
    kill -"$2" $pid
    ended_by
    is "$status" "$3" "$1 ignored: $2 ends it with $3"
    like "$err" "stopped by signal" "$1 ignored: which is said"
    like "$err" "the books balance" "$1 ignored: and drained"
done
rm -f ids nohup.out

# ---- before it has begun: nothing to drain ----

mkfifo gate
# shellcheck disable=SC2016
pipeline 'extract: {probe: 10}' 'load: {csv: {path: o.csv, null: "${file:gate}"}}'
started
sleep 0.5
start=$(date +%s)
kill -INT $pid
ended_by
is "$status" 130 "SIGINT while it is planned: exit status 130"
rm -f gate

# ---- nobody reads ----

pipeline 'extract: {generate: 5000}' 'load: {csv: o.csv}'
for command in "preview -n 5000" plan graph "graph --format dot" "plugin list" "plugin show csv" --help "completion bash"; do
    file=p.yaml
    case $command in plugin* | --help | completion*) file= ;; esac
    # shellcheck disable=SC2086
    timeout 20 "$LEAT" $command $file 2>"$err_file" | head -1 >/dev/null
    isnt "${PIPESTATUS[0]}" 124 "leat $command | head -1: comes to an end"
    unlike "$(cat "$err_file")" "rror|roken|cannot write" "leat $command | head -1: without noise"
    [ -w /dev/full ] || continue
    # shellcheck disable=SC2086
    run sh -c 'exec "$@" >/dev/full' sh "$LEAT" $command $file
    is "$status" 74 "leat $command >/dev/full: exit status 74"
    like "$err" "cannot write to standard output" "leat $command >/dev/full: says so"
done
run sh -c 'exec "$@" <&- >&- 2>&-' sh "$LEAT" run p.yaml
is "$status $(wc -l <o.csv)" "0 $("$LEAT" run p.yaml; wc -l <o.csv)" "a run without any of the three streams: goes well"
is "$(head -1 o.csv | cut -c 1-12)" "id,username," "and nothing of ours got into the file"
run sh -c 'exec "$@" <&- >&- 2>&-' sh "$LEAT" run nowhere.yaml
is "$status" 74 "an error without any of the three streams: exit status"
run sh -c 'exec "$@" 2>/dev/full' sh "$LEAT" run p.yaml
is "$status" 0 "standard error on a full disk: goes well"
done_testing
