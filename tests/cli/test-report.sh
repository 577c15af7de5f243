# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat run --report, and standard output, where they cannot be written: said, and by the exit status.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3 sqlite3 mkfifo

printf 'id,n\n1,a\n2,b\n' >in.csv
sqlite3 in.db "CREATE TABLE t(id, n); INSERT INTO t VALUES(1, 'a')"
pipeline() { printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml; }
is_report() { python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); assert r["loaded"] == 2 and r["balanced"], r' "$1"; }

# ---- where it goes ----

pipeline 'extract: {csv: in.csv}' 'load: {csv: o.csv}' 'rejects: {csv: r.csv}' 'results: {jsonl: s.jsonl}'
run leat run p.yaml --report report.json
is "$status$out$err" 0 "a file: silent"
ok "$(is_report report.json; echo $?)" "a file: holds the report"
is "$(ls -A | paste -sd ' ')" "in.csv in.db o.csv p.yaml r.csv report.json s.jsonl" "a file: and nothing is left beside it"

# A run that was killed as it wrote has left half a report, by the same process number as this run's.
run sh -c 'echo half >report.json.$$.part; exec "$@"' sh "$LEAT" run p.yaml --report report.json
is "$status$err" 0 "half a report of another process: exit status 0"
ok "$(is_report report.json; echo $?)" "half a report of another process: holds the report"
is "$(ls -A | paste -sd ' ')" "in.csv in.db o.csv p.yaml r.csv report.json s.jsonl" "half a report of another process: is gone"

# linked NAME LINK FILE: written where the link leads, or refused as loads do; it stays a link
linked()
{
    if [ "$status" -eq 0 ]; then
        ok "$(is_report "$3" 2>/dev/null; echo $?)" "$1: holds the report"
    else
        like "$status $err" "^(64|74) .*$2.*symbolic link" "$1: is refused"
    fi
    ok "$([ -L "$2" ]; echo $?)" "$1: the link is still one"
}
echo before >report.json
ln -s report.json link.json
run leat run p.yaml --report link.json
linked "a link to a file" link.json report.json
ln -s /proc/self/fd/1 stdout # as /dev/stdout is, which a test run by root must not put at risk
run leat run p.yaml --report stdout
linked "a link to standard output" stdout "$out_file"
run leat run p.yaml --report /dev/null
is "$status" 0 "/dev/null: exit status 0"
ok "$([ -c /dev/null ]; echo $?)" "/dev/null: is still a device"
mkfifo fifo
timeout 60 cat fifo >got.json &
run timeout 60 "$LEAT" run p.yaml --report fifo
wait
is "$status" 0 "a pipe: exit status 0"
ok "$(is_report got.json; echo $?)" "a pipe: gets the report"
ok "$([ -p fifo ]; echo $?)" "a pipe: is still one"
rm fifo got.json link.json report.json stdout

# ---- where it cannot be written ----

rm -f o.csv r.csv s.jsonl
if [ -w /dev/full ]; then
    run leat run p.yaml --report /dev/full
    is "$status" 74 "/dev/full: exit status 74"
    like "$err" "cannot write the report /dev/full: No space left on device" "/dev/full: says so"
    is "$(wc -l <o.csv)" 3 "/dev/full: the records are loaded all the same"
    ok "$([ -c /dev/full ]; echo $?)" "/dev/full: is still a device"
else
    skip "/dev/full" "there is none"
fi
# not_begun NAME REPORT MESSAGE: it is seen beforehand
not_begun()
{
    rm -f o.csv r.csv s.jsonl
    run leat run p.yaml --report "$2"
    is "$status" 74 "$1: exit status 74"
    is "$err" "leat: cannot write the report $2: $3" "$1: says so, once"
    is "$(ls o.csv r.csv s.jsonl 2>/dev/null)" "" "$1: and nothing was loaded"
}
mkdir folder
not_begun "a folder" folder "Is a directory"
not_begun "below a file" in.csv/report.json "Not a directory"
not_begun "no folder" nodir/report.json "No such file or directory"
ln -s nodir/report.json link.json
not_begun "a link to nowhere" link.json "No such file or directory"
rm link.json
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 500 closed
    not_begun "a folder that is closed" closed/report.json "Permission denied"
fi
state_home=$states/of-report
run leat run p.yaml --report nodir/report.json
run leat runs p
like "$out" "failed, 74 .*" "it stands in the history"
like "$out" "cannot write the report nodir/report.json" "with the reason"
state_home=
run leat run p.yaml --report nodir/report.json --set load.csv.nope=1
is "$status" 78 "a mistake in the file comes first: exit status 78"
is "$(printf '%s\n' "$err" | grep -c 'cannot write the report nodir/report.json')" 1 "and that there is no report is said, too"

# ---- over the files of the run itself ----

# taken REPORT...: none of these may be it; nothing runs
taken()
{
    local report
    for report; do
        rm -f o.* r.* s.*
        sha256sum in.* p.yaml >before
        run leat run p.yaml --report "$report"
        is "$status" 64 "over $report: exit status 64"
        like "$err" "--report $report: this is (the pipeline file|a file of )" "over $report: says why"
        is "$(ls -A | grep -E '^\.?[ors]\.')" "" "over $report: nothing is written"
        ok "$(sha256sum --status -c before; echo $?)" "over $report: what is there is as it was"
    done
}
ln -s . self
ln -s p.yaml link.yaml
ln -s o.csv link.csv
taken in.csv ./in.csv self/in.csv "$PWD/in.csv" o.csv folder/../o.csv link.csv r.csv s.jsonl p.yaml link.yaml self/p.yaml
pipeline 'extract: {sqlite: {path: in.db, table: t}}' 'load: {sqlite: {path: o.db, table: t}}'
taken in.db self/in.db o.db
pipeline 'extract: {jsonl: {path: in.csv, fields: {id: text}}}' 'load: {jsonl: o.jsonl}'
taken in.csv o.jsonl
users='transform: [{map: {"cognito:username": username, email: email, email_verified: "true", phone_number_verified: "false", "cognito:mfa_enabled": "false"}}]'
pipeline 'extract: {generate: 3}' "$users" 'load: {cognito_csv: o.csv}'
taken o.csv o.csv.lines

# ---- standard output on a full disk, of every command that has something to say ----

[ -w /dev/full ] || { skip "standard output on /dev/full" "there is none"; done_testing; }
pipeline 'extract: {csv: in.csv}' 'load: {csv: o.csv}' 'tests: [{name: t, input: [{id: 1}], output: [{id: 1}]}]'
for command in "run --json" "preview" "preview -n 0" "check" "test" "plan" "graph" "graph --format dot"; do
    # shellcheck disable=SC2086
    run sh -c 'exec "$@" >/dev/full' sh "$LEAT" $command p.yaml
    is "$status" 74 "leat $command >/dev/full: exit status 74"
    like "$err" "cannot write to standard output" "leat $command >/dev/full: says so"
done
for command in "plugin list" "plugin list --json" "plugin show csv" "plugin show csv --json" "plugin show functions" --version --help; do
    # shellcheck disable=SC2086
    run sh -c 'exec "$@" >/dev/full' sh "$LEAT" $command
    is "$status" 74 "leat $command >/dev/full: exit status 74"
    like "$err" "cannot write to standard output" "leat $command >/dev/full: says so"
done
run leat check --json p.yaml
if [ "$status" -ne 64 ]; then
    run sh -c 'exec "$@" >/dev/full' sh "$LEAT" check --json p.yaml
    is "$status" 74 "leat check --json >/dev/full: exit status 74"
fi
done_testing
