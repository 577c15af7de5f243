# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Strings that break programs go through whole chains and come out as they went in: our own, and
# every line of the naughty strings where LEAT_TEST_DATA has them. Python writes and reads them.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

strings() { python3 "$top_srcdir/tests/bad-input/strings.py" "$@"; }

# Every stage that passes values on, each by a way of its own; the last filter knows that they are still the same.
chain='transform:
  - filter: value is not distinct from copy
  - map: {n: cast(n as int64), value: value, copy: "value || '"''"'"}
  - rename: {n: number, value: "a b"}
  - set: {copy: "case when number % 2 = 0 then copy else concat(copy) end", also: "\"a b\""}
  - select: [number, "a b", copy, also]
  - filter: copy = "a b" and also in ("a b") and length(copy) >= 0
  - map: {n: number, value: "coalesce(\"a b\", copy)", copy: "substr(copy, 1)"}
validate:
  - rules: {value: {max_length: 200000, check: value = copy}}
  - dedupe: {key: [n, value]}'

# hop NAME FROM TO [LINE...]: one run, from in/x.FROM to out/x.TO
hop()
{
    local name=$1 from=$2 to=$3
    shift 3
    case $from in csv) from='csv: in/x.csv' ;; jsonl) from='jsonl: in/x.jsonl' ;; db) from='sqlite: {path: in/x.db, table: t}' ;; esac
    case $to in csv) to='csv: out/x.csv' ;; jsonl) to='jsonl: out/x.jsonl' ;; db) to='sqlite: {path: out/x.db, table: t}' ;; esac
    moves "$from" "$to" "$@"
    is "$status $(counted rejected) $(counted filtered) $err" "0 0 0 " "$name: all go through"
}

# through NAME LINES KIND...: from one kind of file to the next, and the last is looked at
through()
{
    local name=$1 lines=$2 from=$3 to at rows
    shift 3
    for to in "$@"; do
        name="$name to $to"
    done
    for rows in 2048 1; do
        rm -rf in out
        mkdir in
        strings write "in/x.$from" ${lines:+"$lines"}
        at=$from
        for to in "$@"; do
            hop "$name, batches of $rows" "$at" "$to" "batch_rows: $rows"
            strings check "out/x.$to" ${lines:+"$lines"}
            ok $? "$name, batches of $rows: unchanged in $to"
            rm -rf in
            mv out in
            at=$to
        done
    done
}

all()
{
    through "$1: csv" "$2" csv csv
    through "$1: csv" "$2" csv jsonl csv
    through "$1: csv" "$2" csv db csv
    through "$1: jsonl" "$2" jsonl jsonl
    through "$1: sqlite" "$2" db db jsonl db
}

all "our own" ""
data=${LEAT_TEST_DATA:+$LEAT_TEST_DATA/naughty-strings/blns.txt}
if [ -n "$data" ] && [ -e "$data" ]; then
    all "naughty" "$data"
else
    skip "the naughty strings" "no naughty-strings in LEAT_TEST_DATA"
fi

# Through all stages, where n becomes a number: back to text in the last file.
for lines in "" ${data:+"$data"}; do
    [ -z "$lines" ] || [ -e "$lines" ] || continue
    for rows in 2048 1; do
        rm -rf in
        mkdir in
        strings write in/x.csv ${lines:+"$lines"}
        hop "all stages, batches of $rows${lines:+, naughty}" csv csv "batch_rows: $rows" "$chain"
        strings check out/x.csv ${lines:+"$lines"}
        ok $? "all stages, batches of $rows${lines:+, naughty}: unchanged"
    done
done
is "$(find . -name owned)" "" "and none was run by a shell"

# ---- as names of fields ----

for chain in 'csv csv' 'csv jsonl csv' 'csv db csv' 'db jsonl db'; do
    rm -rf in out
    mkdir in
    at=${chain%% *}
    strings names "in/x.$at"
    for to in ${chain#* }; do
        hop "names, $chain" "$at" "$to"
        rm -rf in
        mv out in
        at=$to
    done
    strings named "in/x.$at"
    ok $? "names, $chain: unchanged"
done

# ---- on a terminal ----

rm -rf in
mkdir in
strings write in/x.csv
printf 'leat: 1\nname: p\nextract: {csv: in/x.csv}\nload: {csv: o.csv}\n' >p.yaml
run timeout 60 "$LEAT" preview -n 1000 p.yaml
is "$status $(wc -l <"$out_file")" "0 $(($(strings count) + 2))" "preview: a line each"
LC_ALL=C grep -qaP '[\x00-\x09\x0b-\x1f\x7f]' "$out_file"
is $? 1 "preview: no control character reaches the terminal"

# ---- as parameters: one text each, in an expression and in a query ----

rm -rf in
mkdir in
strings write in/x.db
cat >p.yaml <<'END'
leat: 1
name: p
params: {p: {default: none}}
extract: {sqlite: {path: in/x.db, query: 'SELECT value FROM t WHERE copy = ${param:p}'}}
transform: [{filter: 'value = ${param:p}'}, {map: {value: '${param:p}'}}]
load: {jsonl: o.jsonl}
END
strings parameters "$LEAT" run p.yaml
ok $? "as a parameter: each is one text, in an expression and in a query"
done_testing
