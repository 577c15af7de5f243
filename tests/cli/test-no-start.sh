# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The report of a run that cannot start: with its status and the reason, so that yesterday's does not
# stand there as today's; and never in the place of anything but a report.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3 mkfifo

printf 'id,n\n1,a\n' >in.csv
pipeline() { printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml; }
good() { pipeline 'extract: {csv: in.csv}' 'load: {csv: o.csv}'; }
# report FILE EXPRESSION: the file is a report, r, and this is true of it
report() { python3 -c "import json, sys; r = json.load(open('$1')); sys.exit(not ($2))"; }

# fails NAME STATUS REGEX ARGUMENT...: p.yaml cannot start; both reports say so
fails()
{
    local name=$1 wanted=$2 said=$3
    shift 3
    cp yesterday.json report.json
    run leat run p.yaml --report report.json "$@"
    is "$status" "$wanted" "$name: exit status $wanted"
    like "$err" "$said" "$name: says why"
    report report.json "r['status'] == $wanted and r['read'] == r['loaded'] == 0 and len(r['error']) > 9"
    ok $? "$name: the report says so"
    like "$(cat report.json)" "$said" "$name: and why"
    run leat run p.yaml --json "$@"
    report "$out_file" "r['status'] == $wanted and len(r['error']) > 9"
    ok $? "$name: --json says so too"
}
good
run leat run p.yaml --report yesterday.json
report yesterday.json "r['status'] == 0 and r['loaded'] == 1 and r['error'] is None"
ok $? "a good run: its report"
pipeline 'extract: {csv: in.csv}' 'transform: [{filter: nope = 1}, {filter: nape = 2}]' 'load: {csv: o.csv}'
fails "mistakes" 78 "p.yaml:4:22: .*nope"
report report.json "r['pipeline'] == 'p' and r['load'] == 'csv' and '(and 1 more)' in r['error']"
ok $? "mistakes: the report names pipeline and load, and counts the rest"
pipeline 'extract: [' 'load: {csv: o.csv}'
fails "no YAML" 78 "p.yaml:"
report report.json "r['pipeline'] is None"
ok $? "no YAML: there is no name"
good
fails "no such load" 78 "there is no such load" --load nope
fails "a broken setting" 78 "nope" --set load.csv.nope=1
mkdir plugins
: >plugins/load-broken.so
pipeline 'extract: {csv: in.csv}' 'load: {broken: {}}'
fails "a broken plugin" 70 "no shared object" --plugin-dir plugins
pipeline 'extract: {sqlite: {path: nothere.db, table: t}}' 'load: {csv: o.csv}'
fails "no such database" 69 "nothere.db"
rm p.yaml
fails "no such file" 74 "cannot read the pipeline file"

# ---- what is no report is left alone ----

pipeline 'extract: {csv: in.csv}' 'transform: [{filter: nope = 1}]' 'load: {csv: o.csv}'
cp p.yaml before.yaml
run leat run p.yaml --report p.yaml
is "$status" 78 "the pipeline file: exit status 78"
same p.yaml before.yaml "the pipeline file: is left alone"
cp in.csv before.csv
run leat run p.yaml --report in.csv
same in.csv before.csv "the input: is left alone"
echo 'a poem' >poem
run leat run p.yaml --report poem
is "$(cat poem)" "a poem" "another file: is left alone"
: >empty
run leat run p.yaml --report empty
report empty "r['status'] == 78"
ok $? "an empty file: gets the report"
run leat run p.yaml --report new.json
report new.json "r['status'] == 78"
ok $? "no file: gets the report"
mkfifo pipe
cat pipe >piped &
run timeout 20 "$LEAT" run p.yaml --report pipe
wait
report piped "r['status'] == 78"
ok $? "a pipe: gets the report"
run leat run p.yaml --report nowhere/report.json
is "$status" 78 "no folder: the exit status is still that of the run"
good
cp yesterday.json o.csv
run leat run p.yaml --report o.csv
is "$status" 64 "a file of the run: exit status 64"
same o.csv yesterday.json "a file of the run: is left alone"

# ---- standard output ----

run leat run p.yaml --report -
is "$status" 0 "--report -: exit status 0"
report "$out_file" "r['loaded'] == 1"
ok $? "--report -: is standard output"
ok "$([ ! -e - ]; echo $?)" "--report -: and no file"
run leat run p.yaml --report - --json
is "$(wc -l <"$out_file")" 1 "--report - --json: once"
run leat run --report report.json
is "$status$out" 64 "no file named: exit status 64, and nothing has begun"
done_testing
