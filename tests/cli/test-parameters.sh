# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What the command line changes of a file: --param and its defaults, --set and the places it finds,
# and the ids by which stages are named.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

printf 'id,n\n1,a\n2,b\n' >in.csv
unset LEAT_NOT_SET
pipeline() { printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml; }

# refused NAME REGEX ARGUMENT...
refused()
{
    local name=$1 said=$2
    shift 2
    run leat run p.yaml "$@"
    is "$status" 78 "$name: exit status 78"
    like "$err" "$said" "$name: says why"
    is "$(ls *.out 2>/dev/null)" "" "$name: nothing is written"
}

# loads NAME FILE ARGUMENT...: two records into this file, and no other
loads()
{
    local name=$1 file=$2
    shift 2
    rm -f ./*.out
    run leat run p.yaml "$@"
    is "$status" 0 "$name: exit status 0"
    is "$(wc -l ./*.out)" "3 ./$file" "$name: writes $file, and no other"
    rm -f ./*.out
}

# ---- a default that is not needed need not be there ----

for default in '${env:LEAT_NOT_SET}' '${env:LEAT_NOT_SET:?set it}' '${file:nowhere}' 'x/${env:LEAT_NOT_SET}/${file:nowhere}.csv'; do
    for form in "'$default'" "{default: '$default', help: 'A file.'}"; do
        pipeline "params: {file: $form, other: {default: o.out}}" 'extract: {csv: "${param:file}"}' 'load: {csv: "${param:other}"}'
        loads "$form, given" o.out --param file=in.csv
        refused "$form, not given" "^p.yaml:3:[0-9]+: error: (environment variable 'LEAT_NOT_SET' is not set|cannot read the file '.*nowhere': No such file)"
    done
done
pipeline 'params: {file: "${env:LEAT_NOT_SET}", files: {default: "${env:LEAT_NOT_SET}"}}' 'extract: {csv: "${param:file}"}' 'load: {csv: o.out}'
refused "another parameter of a longer name" "environment variable 'LEAT_NOT_SET' is not set" --param file=in.csv
loads "both" o.out --param file=in.csv --param files=
loads "the last one counts" o.out --param file=nowhere --param files= --param file=in.csv
LEAT_NOT_SET=in.csv loads "from the environment after all" o.out
pipeline 'params: {file: ~}' 'extract: {csv: "${param:file}"}' 'load: {csv: o.out}'
refused "no default" "the parameter 'file' is not set"
like "$err" "help: give it: --param file=\.\.\." "no default: says what to do"
pipeline 'params: {file: "${param:before}", before: in.csv}' 'extract: {csv: "${param:file}"}' 'load: {csv: o.out}'
refused "a default by another parameter" "a default cannot use another parameter"
pipeline 'extract: {csv: in.csv}' 'load: {csv: o.out}'
run leat check p.yaml --param file
is "$status" 64 "--param without =: exit status 64"
like "$err" "--param takes NAME=VALUE, not 'file'" "--param without =: says why"
pipeline 'params: {n: {default: x}}' 'extract: {csv: in.csv}' "transform: [{filter: \"n <> \${param:n}\"}]" 'load: {csv: o.out}'
loads "a value full of traps" o.out --param "n='; \${env:HOME} \$\${ {a: b} #"
loads "an empty value" o.out --param n=

# ---- --set finds the plugin behind an id ----

pipeline 'extract: {id: source, csv: in.csv}' 'transform: [{id: most, workers: 1, filter: "true"}]' 'load: one' \
    'loads:' '  one: {id: target, csv: {path: one.out}}' '  two: {csv: {path: two.out}}'
loads "a load with an id before its plugin" three.out --set load.one.path=three.out
loads "another load" three.out --load two --set load.two.path=three.out
loads "by its whole path" three.out --set loads.one.csv.path=three.out
loads "a stage with an id before its plugin" one.out --set "transform.filter=id <> '9'"
loads "a stage by its number" one.out --set "transform.0.filter=id <> '9'"
refused "an id in place of the plugin" "a stage has one plugin, and this one is csv already" --set extract.source.path=in.csv
run leat plan p.yaml --set extract.id=first --set transform.0.id=second --set loads.one.id=third
is "$status" 0 "--set of ids: exit status 0"
like "$out" "extract +csv \(first\)" "--set of an id: of the extract"
like "$out" "transform +filter \(second\)" "--set of an id: of a stage"
like "$out" "load +csv \(third\)" "--set of an id: of a load by name"
pipeline 'extract: {}' 'transform: [{workers: 1}]' 'load: {csv: {path: o.out}}'
loads "--set that puts the id before the plugin" o.out --set extract.id=first --set extract.csv.path=in.csv --set transform.0.filter=true
run leat plan p.yaml --set extract.id=first --set extract.csv.path=in.csv --set transform.0.filter=true
like "$out" "extract +csv \(first\)" "--set that puts the id before the plugin: it has this id"
refused "--set of the id alone" "this stage names no plugin" --set extract.id=first
refused "--set of the id twice the same" "another stage has the id 'x'" --set extract.id=x --set load.id=x --set extract.csv.path=in.csv
like "$err" "^--set load.id=x: error: |^p.yaml:4:" "--set of the id twice the same: says where"

# ---- two stages of one id ----

# twice ID LINE FIRST-LINE LINE...
twice()
{
    local id=$1 line=$2 first=$3
    shift 3
    pipeline "$@"
    run leat check p.yaml
    is "$status" 78 "the id '$id' in lines $first and $line: exit status 78"
    like "$err" "^p.yaml:$line:[0-9]+: error: another stage has the id '$id'" "the id '$id' in lines $first and $line: the second place"
    like "$err" "the first is in line $first" "the id '$id' in lines $first and $line: and the first"
    is "$(printf '%s\n' "$err" | grep -c 'error:')" 1 "the id '$id' in lines $first and $line: said once"
}
twice a 4 3 'extract: {csv: in.csv, id: a}' 'load: {csv: o.out, id: a}'
twice a 5 3 'extract: {csv: in.csv, id: a}' 'transform:' '- {filter: "true", id: a}' 'load: {csv: o.out}'
twice a 6 5 'extract: {csv: in.csv}' 'transform:' '- {filter: "true", id: a}' '- {filter: "false", id: a}' 'load: {csv: o.out}'
twice a 7 5 'extract: {csv: in.csv}' 'transform:' '- {filter: "true", id: a}' 'validate:' '- {dedupe: id, id: a}' 'load: {csv: o.out}'
pipeline 'extract: {csv: in.csv, id: rejects}' 'load: {csv: o.out}'
refused "an id that is taken by a section" "the id 'rejects' is that of rejects:"
pipeline 'extract: {csv: in.csv, id: load-csv}' 'transform: [{filter: "true"}, {filter: "true", id: filter}, {filter: "true"}]' 'load: {csv: o.out}'
run leat plan p.yaml
is "$status" 0 "ids that are like names of plugins: exit status 0"
is "$(printf '%s\n' "$out" | sed -nE 's/^ +[0-9]+\. ([^:]*):.*/\1/p' | sort | uniq -d)" "" "ids that are like names of plugins: no two stages are called alike"
done_testing
