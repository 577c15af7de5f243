# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# One run of a pipeline at a time: the second is told who is at work, or waits for it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
[ -d /proc/self/fd ] || skip_all "no /proc"
export XDG_STATE_HOME=$states/mine
export LEAT_COREDUMP=1 # or only root may see what a run has open
folder=$states/mine/leat
printf '%s\n' 'leat: 1' 'name: p' 'extract: {probe: {rows: 10, mode: plain}}' 'load: {csv: o.csv}' >p.yaml

leat_run() { "$LEAT" run --plugin-dir "$plugins" "$@"; }
# To be put behind with &: the process that $! names is the run itself.
leat_run_itself() { exec "$LEAT" run --plugin-dir "$plugins" "$@"; }

has_open() { ls -l "/proc/$1/fd" 2>/dev/null | grep -q "$2"; }

# A run that does not end, in $holder; it has begun once it has a history.
hold()
{
    leat_run_itself p.yaml --set extract.probe.mode=endless --set extract.probe.slow=10ms >/dev/null 2>&1 &
    holder=$!
    until_true "$holder" is_at_work || fail "a run that holds the lock"
}
is_at_work() { "$LEAT" runs p 2>/dev/null | grep -q '  running  '; }
let_go() { kill "-$1" "$holder" && wait "$holder" 2>/dev/null; }

# ---- the second ----

hold
run leat_run p.yaml
is "$status" 75 "the second: exit status 75"
like "$err" "another run of this pipeline is at work \(process $holder on .*, since 20[0-9T:-]*Z; its lock is $folder/p.lock\); try" "the second: says who is at work"
like "$err" "try again when it is done, or .*--wait 5m" "the second: says what to do"
is "$(ls -A)" "$(ls -A | grep -v '^o\.csv$')" "the second: writes nothing"
run leat_run p.yaml --json
is "$status" 75 "the second, --json: exit status 75"
like "$out" '"status":75.*"error":"p.yaml: another run of this pipeline is at work' "the second, --json: the report says so"
run leat_run p.yaml --wait 100ms
is "$status" 75 "a wait that is too short: exit status 75"
for command in reset forget; do
    run "$LEAT" state $command p
    is "$status" 75 "$command beside a run: exit status 75"
    like "$err" "another run of this pipeline is at work \(process $holder " "$command beside a run: says who is at work"
done
run "$LEAT" runs p
is "$status" 0 "runs beside a run: exit status 0"
like "$out" "^ +1  .*  running " "runs beside a run: shows that it is running"
run "$LEAT" state show p
is "$status" 0 "state show beside a run: exit status 0"
like "$out" "^state .*p.db \(a run is at work\)$" "state show beside a run: says so"
is "$(cut -d' ' -f2 "$folder/p.lock")" "$holder" "who looks does not sign"

# ---- others do not mind ----

sed 's/^name: p/name: q/; s/o.csv/q.csv/' p.yaml >q.yaml
run leat_run q.yaml
is "$status" 0 "another pipeline runs beside it"
run leat_run p.yaml --state-dir elsewhere --set load.csv.path=elsewhere.csv
is "$status" 0 "so does this one with another state"
run "$LEAT" check --plugin-dir "$plugins" p.yaml
is "$status" 0 "it can be checked meanwhile"
run "$LEAT" preview --plugin-dir "$plugins" p.yaml
is "$status" 0 "and looked at"

# ---- waiting ----

# waits SIGNAL: the second waits until the first has ended by the signal
waits()
{
    leat_run_itself p.yaml --restart --wait 10m >"$out_file" 2>"$err_file" &
    second=$!
    until_true "$second" has_open "$second" "p.lock"
    ok $? "--wait: waits for the other"
    let_go "$1"
    status=0
    wait "$second" || status=$?
    is "$status" 0 "--wait: runs once the other has ended by $1"
    is "$(wc -l <o.csv)" 11 "--wait: to its end"
    rm -f o.csv
}
waits TERM
hold
waits KILL

hold
if env --default-signal=TERM true 2>/dev/null; then
    XDG_STATE_HOME=$states/mine env --default-signal=TERM "$LEAT" run --plugin-dir "$plugins" p.yaml --wait 10m >"$out_file" 2>"$err_file" &
    second=$!
    until_true "$second" has_open "$second" "p.lock"
    kill -TERM "$second"
    status=0
    wait "$second" 2>/dev/null || status=$?
    is "$status" 143 "--wait: a signal ends the waiting"
else
    skip "--wait: a signal ends the waiting" "env has no --default-signal"
fi
let_go KILL
run leat_run p.yaml --restart
is "$status" 0 "a lock is never stale: the next run works"
run "$LEAT" runs p -n 100
is "$(printf '%s\n' "$out" | grep -c '  running  ')" 0 "nothing is running any more"
is "$(printf '%s\n' "$out" | grep -c '  killed  ')" 2 "what was killed is told from what was stopped"

for time in 0s soon -1m; do
    run leat_run p.yaml --wait $time
    is "$status" 64 "--wait $time: exit status 64"
    like "$err" "--wait takes a time such as 30s, 5m or 2h" "--wait $time: says what it takes"
done
done_testing
