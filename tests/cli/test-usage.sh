# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The command line: what is wrong with it is said with the nearest right word, and exits with 64.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

printf 'leat: 1\nname: p\nextract: {generate: 3}\ntransform: [{map: {id: id}}]\nload: {csv: out.csv}\n' >p.yaml

wrong()
{
    local said=$1
    shift
    run leat "$@"
    is "$status" 64 "leat $*: exit status 64"
    like "$err" "$said" "leat $*: says why"
    is "$out" "" "leat $*: prints nothing on standard output"
}

run leat
is "$status" 64 "leat alone: exit status 64"
wrong "there is no command 'rum'; did you mean 'run'\?" rum p.yaml
wrong "there is no command 'frobnicate'" frobnicate
wrong "no option '--quite'; did you mean --quiet\?" run --quite p.yaml
wrong "no option '--frobnicate'" run --frobnicate p.yaml
wrong "no option '-Z'" run -Z p.yaml
wrong "a value is missing behind '--load'" run p.yaml --load
wrong "name one pipeline file" run
wrong "name one pipeline file" run p.yaml p.yaml
wrong "name one pipeline file" check
wrong "no value goes with '--json'" run --json=yes p.yaml
unlike "$err" "did you mean" "leat run --json=yes p.yaml: that is no typing mistake"
wrong "a value is missing behind '--set';" run p.yaml --set
wrong "no option '--frobnicate';" run --frobnicate=3 p.yaml
wrong "no option '--rum'" run --rum=3 p.yaml
wrong "--param takes NAME=VALUE, not 'c'" run p.yaml --param c
wrong "--param takes NAME=VALUE, not '=c'" run p.yaml --param =c
wrong "--set takes PATH=VALUE, not ''" run p.yaml --set ''
wrong "--set takes PATH=VALUE, not 'load.csv.path'" check p.yaml --set load.csv.path
wrong "--load takes a name" run p.yaml --load ''

for command in run check preview test plan graph plugin completion; do
    run leat "$command" --help
    [ "$status" -ne 64 ] || continue # not there yet
    is "$status" 0 "leat $command --help: exit status 0"
    like "$out" "^Usage: leat $command" "leat $command --help: shows the usage"
    is "$err" "" "leat $command --help: is silent on standard error"
done
run leat --help
is "$status" 0 "leat --help: exit status 0"
like "$out" "^  run +[A-Z]" "leat --help: lists the commands"
run leat help run
like "$out" "^Usage: leat run" "leat help run: shows the usage"

run leat run --json p.yaml
is "$status" 0 "an option before the file"
run leat run p.yaml --json
is "$status" 0 "an option behind the file"
like "$out" '^\{.*"read":3,.*"loaded":3,.*"balanced":true.*\}$' "--json: the counts"
if command -v python3 >/dev/null; then
    printf '%s' "$out" | python3 -c 'import json, sys; json.load(sys.stdin)'
    ok $? "--json: is JSON"
fi
run leat run p.yaml --report r.json
is "$status$out" 0 "--report: silent"
like "$(cat r.json)" '"loaded":3' "--report: the counts are in the file"
is "$(stat -c %a r.json)" 600 "--report: only we may read it"
run leat run p.yaml --report nowhere/r.json
is "$status" 74 "--report into a folder that is not there: exit status 74"
like "$err" "cannot write the report nowhere/r.json" "--report into a folder that is not there: says so"
if [ -w /dev/full ]; then
    leat run p.yaml --json >/dev/full 2>err
    is "$?" 74 "standard output on a full disk: exit status 74"
    leat --help >/dev/full 2>err
    is "$?" 74 "--help on a full disk: exit status 74"
fi
run leat run nowhere.yaml
is "$status" 74 "a file that is not there: exit status 74"
like "$err" "cannot read the pipeline file 'nowhere.yaml': No such file" "a file that is not there: says so"
run leat run .
is "$status" 74 "a folder as the file: exit status 74"
for command in run check preview test plan graph; do
    run leat "$command" --state-dir state --help
    is "$status" 0 "leat $command takes --state-dir"
done
run leat plugin show nothere
isnt "$status" 0 "leat plugin show of what is not there: is a failure"
run leat plugin show load-csv
like "$out" "^load csv: " "leat plugin show load-csv"
run leat plugin show csv
like "$out" "^extract csv: " "leat plugin show csv: the extract"
like "$out" "^load csv: " "leat plugin show csv: and the load"
done_testing
