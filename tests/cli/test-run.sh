# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat run: what is written where and by which name, what is refused before a record moves, and
# how it ends when the disk is full or a signal comes.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
printf 'id,name\n1,a\nx,b\n3,c\n' >in.csv

# file NAME LINE...: writes a pipeline file over in.csv.
file()
{
    local name=$1
    shift
    printf '%s\n' 'leat: 1' 'name: p' "$@" >"$name"
}
cast='transform: [{map: {id: cast(id as int64), name: name}}]'

# ---- silence, names, rights ----

file p.yaml 'extract: {csv: in.csv}' 'load: {csv: {path: out.csv}}'
run leat run p.yaml
is "$status" 0 "a run that goes well: exit status 0"
is "$out$err" "" "a run that goes well: is silent without a terminal"
is "$(stat -c %a out.csv)" 600 "only we may read what it has written"
is "$(ls -A | tr '\n' ' ')" "in.csv out.csv p.yaml " "nothing else is left behind"
run leat run -v p.yaml
is "$status" 0 "-v: exit status 0"
echo old >out.csv
run leat run p.yaml
is "$(head -1 out.csv)" "id,name" "a finished output is replaced"
mkdir elsewhere
(cd elsewhere && leat run ../p.yaml)
ok $? "relative paths start at the pipeline file's folder"
is "$(ls -A elsewhere)" "" "and not where we stand"
(cd elsewhere && leat run ../p.yaml --set load.csv.path=here.csv)
ok $? "--set: relative paths start where we stand"
ok "$([ -e elsewhere/here.csv ]; echo $?)" "--set: and the file is there"
run leat run p.yaml --set load.csv.pth=x
is "$status" 78 "--set of an unknown option: exit status 78"
like "$err" "did you mean 'path'" "--set of an unknown option: names the nearest"
run leat run p.yaml --param nothing=1
is "$status" 78 "--param that is not declared: exit status 78"

# ---- loads by name ----

file l.yaml 'extract: {csv: in.csv}' 'load: one' 'loads:' '  one: {csv: one.csv}' '  two: {csv: two.csv}'
run leat run l.yaml --load two
is "$status$(ls one.csv two.csv 2>/dev/null)" "0two.csv" "--load: the other load, and it alone"
run leat run l.yaml --load tow
is "$status" 78 "--load of what is not there: exit status 78"
like "$err" "did you mean 'two'" "--load of what is not there: names the nearest"
rm -f one.csv two.csv

# ---- rejects ----

file r.yaml 'extract: {csv: in.csv}' "$cast" 'load: {csv: out.csv}' 'rejects: {csv: rejects.csv}'
rm -f out.csv
run leat run r.yaml
is "$status" 65 "a reject above the limit: exit status 65"
is "$(wc -l <out.csv) $(wc -l <rejects.csv)" "3 2" "a reject above the limit: the files get their names all the same"
like "$err" "1 (records? (was|were) )?rejected, more than max_rejects: allows" "a reject above the limit: says so"
unlike "$err" "x,b|'x'" "a reject above the limit: shows no value"
for limit in 1:0 33%:65 34%:0 100%:0 0:65; do
    run leat run r.yaml --set "max_rejects=${limit%:*}"
    is "$status" "${limit#*:}" "max_rejects ${limit%:*} of 3: exit status ${limit#*:}"
done
file s.yaml 'batch_rows: 1' 'extract: {generate: 100000}' 'transform: [{map: {n: cast(username as int64)}}]' \
    'load: {csv: s.csv}' 'stop_after: 10'
run leat run --json s.yaml
is "$status" 65 "stop_after: exit status 65"
like "$err" "stop_after" "stop_after: says so"
ok "$([ "$(printf '%s' "$out" | sed -E 's/.*"read":([0-9]+).*/\1/')" -lt 5000 ]; echo $?)" "stop_after: long before the end"
is "$(ls s.csv* 2>/dev/null)" "" "stop_after: no file got its name"
like "$err" "run again to go on from there" "stop_after: and can be gone on with"
rm -f .s.csv*

# ---- what is refused before a record moves ----

refused()
{
    local name=$1 said=$2
    shift 2
    file q.yaml "$@"
    cp in.csv in.before
    run leat run q.yaml
    is "$status" 78 "$name: exit status 78"
    like "$err" "$said" "$name: says why"
    same in.before in.csv "$name: the input is as it was"
}
refused "output equal input" "in.csv is also that of" 'extract: {csv: in.csv}' 'load: {csv: in.csv}'
refused "output equal input by another way" "in.csv is also that of" 'extract: {csv: in.csv}' 'load: {csv: ./elsewhere/../in.csv}'
ln -s in.csv link.csv
refused "output equal input by a link" "also that of|symbolic link" 'extract: {csv: in.csv}' 'load: {csv: link.csv}'
ln in.csv hard.csv
file q.yaml 'extract: {csv: in.csv}' 'load: {csv: hard.csv}'
run leat run q.yaml
is "$(cat in.csv)" "$(cat in.before)" "output equal input by a hard link: the input is as it was"
refused "rejects into the output" "o.csv is also that of" 'extract: {csv: in.csv}' 'load: {csv: o.csv}' 'rejects: {csv: o.csv}'
refused "rejects into the input" "in.csv is also that of" 'extract: {csv: in.csv}' 'load: {csv: o.csv}' 'rejects: {csv: in.csv}'
refused "results into the rejects" "r.csv is also that of" 'extract: {csv: in.csv}' 'load: {csv: o.csv}' 'rejects: {csv: r.csv}' 'results: {csv: r.csv}'
printf 'CREATE TABLE t(a); INSERT INTO t VALUES(1);' | sqlite3 in.db
cp in.db db.before
file q.yaml 'extract: {sqlite: {path: in.db, table: t}}' 'load: {csv: in.db}'
run leat run q.yaml
is "$status" 78 "a CSV over the database: exit status 78"
same db.before in.db "a CSV over the database: it is as it was"

# ---- places that cannot be written ----

failing()
{
    local name=$1 said=$2
    shift 2
    file q.yaml "$@"
    run leat run q.yaml
    like "$status" "^(69|7[348])$" "$name: exit status says so"
    like "$err" "$said" "$name: says why"
}
failing "output folder missing" "nowhere/o.csv" 'extract: {csv: in.csv}' 'load: {csv: nowhere/o.csv}'
failing "reject folder missing" "nowhere/r.csv" 'extract: {csv: in.csv}' 'load: {csv: o.csv}' 'rejects: {csv: nowhere/r.csv}'
is "$(ls o.csv 2>/dev/null)" "" "reject folder missing: no output either"
failing "output is a folder" "elsewhere" 'extract: {csv: in.csv}' 'load: {csv: elsewhere}'
failing "input missing" "nothere.csv" 'extract: {csv: nothere.csv}' 'load: {csv: o.csv}'
mkdir locked
if [ "$(id -u)" -ne 0 ]; then
    chmod 555 locked
    failing "output folder not writable" "locked/o.csv: Permission denied" 'extract: {csv: in.csv}' 'load: {csv: locked/o.csv}'
elif command -v setpriv >/dev/null && chmod 755 . locked && setpriv --reuid 65534 --clear-groups test -x "$LEAT" -a -r in.csv 2>/dev/null; then
    chmod 555 locked
    file q.yaml 'extract: {csv: in.csv}' 'load: {csv: locked/o.csv}'
    chmod 644 q.yaml in.csv
    mkdir open-state
    chown 65534 open-state
    run setpriv --reuid 65534 --clear-groups "$LEAT" run q.yaml --state-dir open-state
    like "$status" "^7[48]$" "output folder not writable: exit status says so"
    like "$err" "locked/o.csv.*Permission denied" "output folder not writable: says why"
else
    skip "output folder not writable" "we are root"
fi

# ---- full disk ----

file f.yaml 'extract: {generate: 20000}' 'load: {csv: {path: full.csv}}'
if command -v prlimit >/dev/null; then
    run prlimit --fsize=100000 "$LEAT" run f.yaml
    is "$status" 74 "a file above the limit: exit status 74"
    like "$err" "full.csv.*File too large" "a file above the limit: says why"
    is "$(ls full.csv* .full.csv* 2>/dev/null)" "" "a file above the limit: nothing is left behind"
else
    skip "a file above the limit" "no prlimit"
fi
mkdir disk
if unshare -m sh -c 'mount -t tmpfs -o size=256k none "$1"' sh "$PWD/disk" 2>/dev/null; then
    # The mount is gone with its namespace: look at what is left from within.
    run unshare -m sh -c 'mount -t tmpfs -o size=256k none "$1/disk" && "$2" run "$1/f.yaml" --set load.csv.path="$1/disk/o.csv"
        status=$?; ls -A "$1/disk"; exit $status' sh "$PWD" "$LEAT"
    is "$status" 74 "a full disk: exit status 74"
    like "$err" "No space left on device" "a full disk: says why"
    is "$out" "" "a full disk: nothing is left behind"
else
    skip "a full disk" "cannot mount"
fi

# ---- signals ----

# start COMMAND...: in the background, in $pid, with the usual answer to signals: a shell makes its
# background jobs ignore INT, and leat leaves alone what it is told to ignore.
start() { env --default-signal=INT,HUP,TERM "$@" >run.out 2>run.err & pid=$!; }

# Waits for $pid, not for ever; its exit status in $status.
finish()
{
    local i
    for i in $(seq 600); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null && note "it had to be killed after ${i}0 s"
    status=0
    wait "$pid" || status=$?
}

file e.yaml 'extract: {probe: {mode: endless, slow: 10ms}}' 'load: {csv: endless.csv}'
# A load that is busy for ever.
file b.yaml 'extract: {probe: 10}' 'load: {probe: retry_always}'

if env --default-signal=INT true 2>/dev/null; then
    for signal in TERM:143 INT:130 HUP:129; do
        start "$LEAT" run --plugin-dir "$plugins" --state-dir "$states/e" e.yaml
        sleep 0.7
        kill -"${signal%:*}" "$pid"
        finish
        is "$status" "${signal#*:}" "${signal%:*}: exit status ${signal#*:}"
        like "$(cat run.err)" "stopped by signal" "${signal%:*}: says so"
        like "$(cat run.err)" "the books balance" "${signal%:*}: what was in flight is drained"
        unlike "$(cat run.err)" "pending" "${signal%:*}: nothing is pending"
        is "$(ls endless.csv 2>/dev/null)" "" "${signal%:*}: no file got its final name"
    done

    (trap '' INT; exec "$LEAT" run --plugin-dir "$plugins" --state-dir "$states/e" e.yaml) >run.out 2>run.err &
    pid=$!
    sleep 0.5
    kill -INT "$pid"
    sleep 0.5
    ok "$(kill -0 "$pid"; echo $?)" "a signal that is to be ignored: is ignored"
    kill -TERM "$pid"
    finish
    is "$status" 143 "a signal that is to be ignored: and another ends it"

    TSAN_OPTIONS=${TSAN_OPTIONS-}:report_thread_leaks=0 start "$LEAT" run --plugin-dir "$plugins" --state-dir "$states/b" b.yaml
    sleep 0.5
    kill -INT "$pid"
    sleep 0.3
    start=$SECONDS
    kill -INT "$pid"
    finish
    is "$status" 130 "a second signal: exit status 130"
    ok "$([ $((SECONDS - start)) -le 2 ]; echo $?)" "a second signal: at once"
else
    skip "signals" "env has no --default-signal"
fi

# A pipe that nobody reads any more is an error, not a death.
leat run p.yaml --json | true
pass "a closed pipe"
done_testing
