# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Without a terminal, as cron starts it: silent when all went well, one summary with the reason when
# it did not, and with --log-format json nothing on standard error but JSON, a line each.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"
printf 'id,name\n1,a\nx,b\n3,c\n' >in.csv
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {csv: in.csv}' 'load: {csv: o.csv}' >good.yaml
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {csv: in.csv}' 'transform: [{map: {id: cast(id as int64)}}]' 'load: {csv: o.csv}' >rejects.yaml
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {csv: in.csv}' 'transform: [{filter: nme = 1}, {map: {id: lowr(id)}}]' 'load: {csv: o.csv}' >wrong.yaml
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {csv: gone.csv}' 'load: {csv: o.csv}' >gone.yaml
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {probe: {rows: 10, mode: lost_read, at: 5}}' 'load: {csv: o.csv}' >lost.yaml
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {probe: 10}' 'load: {probe: fail_commit}' >full.yaml
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {probe: {rows: 10, mode: retry_read, at: 5}}' 'load: {csv: o.csv}' >busy.yaml
printf 'leat: 1\nname: [' >broken.yaml

# The environment of cron: next to nothing. A state for each file, since all have one name.
cron() { env -i HOME="$HOME" PATH=/usr/bin:/bin ${ASAN_OPTIONS+ASAN_OPTIONS="$ASAN_OPTIONS"} ${LSAN_OPTIONS+LSAN_OPTIONS="$LSAN_OPTIONS"} \
    ${TSAN_OPTIONS+TSAN_OPTIONS="$TSAN_OPTIONS"} XDG_STATE_HOME="$states/of-${1-nothing}" "$LEAT" run --plugin-dir "$plugins" "$@" </dev/null; }

# ---- text ----

run cron good.yaml
is "$status$out$err" 0 "all went well: silent"
run cron good.yaml --log-format text
is "$status$out$err" 0 "all went well, --log-format text: silent"

# summary NAME STATUS LAST: the table once, and the reason as the last line
summary()
{
    is "$status" "$2" "$1: exit status $2"
    is "$out" "" "$1: nothing on standard output"
    is "$(printf '%s\n' "$err" | grep -c '^  read ')" "${4:-1}" "$1: one summary"
    like "$(printf '%s\n' "$err" | tail -1)" "$3" "$1: the reason comes last"
    unlike "$err" $'\x1b' "$1: without codes for a terminal"
}
run cron rejects.yaml
summary "rejects" 65 "^leat: rejects.yaml: 1 rejected, more than max_rejects: allows"
like "$err" "^shop -> csv: [0-9.]+ s" "rejects: names the pipeline"
like "$err" "^  the books balance$" "rejects: and says whether the books balance"
run cron lost.yaml
like "$status" "^(69|75)$" "a store that is lost: its exit status"
like "$(printf '%s\n' "$err" | tail -1)" "^leat: lost.yaml: probe: the store has gone" "a store that is lost: the reason comes last"
run cron full.yaml
summary "a full target" 74 "^leat: full.yaml: load-probe: the target is full"
run cron gone.yaml
is "$status$out" 69 "an input that is missing: exit status 69, and nothing on standard output"
like "$err" "gone.csv: No such file or directory" "an input that is missing: says so"
run cron wrong.yaml
summary "a wrong file" 78 "^leat: wrong.yaml: 2 mistakes" 0
run cron busy.yaml
is "$status" 0 "a store that was busy: exit status 0"
like "$err" "^leat: warning: probe: the store is busy; trying again in [0-9]+ ms" "a store that was busy: is worth a line"

# ---- json ----

# all_json NAME: every line on standard error is an object; what they say, in $said
all_json()
{
    said=$(python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    assert line.endswith("\n"), "the last line has no end"
    entry = json.loads(line)
    assert isinstance(entry, dict), line
    if "text" in entry:
        assert set(entry) - {"progress"} == {"time", "level", "text"}, entry
        assert entry["time"].endswith("Z") and entry["level"] in ("error", "warning", "info", "debug"), entry
        print(entry["level"] + ": " + entry["text"])
    else:
        print("report: %s read %d" % (entry["pipeline"], entry["read"]))' "$err_file" 2>&1)
    ok $? "$1: every line on standard error is a JSON object"
    unlike "$said" "Traceback" "$1: with time, level and text"
}

json() { run cron "$@" --log-format json; }

json good.yaml
is "$status" 0 "json, all went well: exit status 0"
all_json "json, all went well"
is "$said" "report: shop read 3" "json, all went well: the report"
json good.yaml -vv
all_json "json, -vv"
like "$said" "^info: plugin extract csv: " "json, -vv: logs the plugins"
like "$said" "^debug: csv puts out id text" "json, -vv: and the fields"
json rejects.yaml
is "$status" 65 "json, rejects: exit status 65"
all_json "json, rejects"
like "$said" "^report: shop read 3$" "json, rejects: the report"
like "$said" "^error: rejects.yaml: 1 rejected" "json, rejects: and the reason"
json wrong.yaml
is "$status" 78 "json, a wrong file: exit status 78"
all_json "json, a wrong file"
like "$said" "^error: wrong.yaml:4:22: there is no field \"nme\"" "json, a wrong file: the first mistake with its place"
like "$said" "^error: .*there is no function lowr\(\).*is lower\(\) meant" "json, a wrong file: the second, with the help"
json broken.yaml
is "$status" 78 "json, no YAML: exit status 78"
all_json "json, no YAML"
json nowhere.yaml
all_json "json, no file"
like "$said" "^error: .*nowhere.yaml" "json, no file: says so"
json gone.yaml
all_json "json, an input that is missing"
like "$said" "^error: .*gone.csv: No such file" "json, an input that is missing: says so"
json lost.yaml
all_json "json, a store that is lost"
like "$said" "^error: lost.yaml: probe: the store has gone" "json, a store that is lost: says so"
json busy.yaml
all_json "json, a store that was busy"
like "$said" "^warning: probe: the store is busy" "json, a store that was busy: is worth a line"
json good.yaml --progress
all_json "json, --progress"
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {generate: 300000000}' 'load: {"null": {}}' >long.yaml
"$LEAT" run long.yaml --log-format json --progress >"$out_file" 2>"$err_file" &
until_true $! grep -q progress "$err_file"
kill $!
wait $!
all_json "json, a line of progress"
like "$said" "^info: [0-9]+ read.* of about 300000000 \([0-9]+ %\).*; slowest: " "json, a line of progress: says what the plain one says"
is "$(python3 -c 'import json, sys; p = json.loads(open(sys.argv[1]).readline())["progress"]; print(p["read"] >= p["settled"] > 0, p["expected"])' "$err_file")" \
    "True 300000000" "json, a line of progress: has the figures as members"
printf '%s\n' 'leat: 1' 'name: shop' 'extract: {csv: "odd \"\e \u202e.csv"}' 'load: {csv: o.csv}' >odd.yaml
json odd.yaml
all_json "json, a name that is odd"
run cron --log-format json
is "$status" 64 "json, no pipeline named: exit status 64"
all_json "json, no pipeline named"
run cron good.yaml --log-format xml
is "$status" 64 "--log-format xml: exit status 64"
like "$err" "takes text or json, not 'xml'" "--log-format xml: says what it takes"

# A run that says nothing of its own accord has its place in the history all the same.
XDG_STATE_HOME=$states/of-good.yaml run "$LEAT" runs good.yaml -n 100 --json
printf '%s\n' "$out" >runs.json
is "$(python3 -c 'import json; print(len([r for r in json.load(open("runs.json")) if r["outcome"] == "done"]) >= 4)')" True "each run stands in the history"
done_testing
