# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Lists that become many times more than memory: allows, all at once or one by one: the run goes
# on, in order, within its memory; each record is accounted for, and a signal or a failure behind
# the split ends it as anywhere.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3
[ -e "$plugins/load-late.so" ] || skip_all "the plugins of the tests are not built (make check does)"

# lists RECORDS ELEMENTS PAD: records of so many elements each, which carry so many bytes beside them
lists()
{
    python3 - "$@" <<'END'
import json, sys
records, elements, pad = map(int, sys.argv[1:])
with open("in.jsonl", "w") as f:
    for i in range(records):
        f.write(json.dumps({"id": i, "pad": "x" * pad, "l": list(range(elements))}) + "\n")
END
}

# splits NAME TRANSFORM LOAD [LINE...]: runs it; $peak is the most memory that it took, in MiB
splits()
{
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {jsonl: {path: in.jsonl, fields: {id: int64, pad: text, l: json}}}' \
        "transform: [{split: {field: l}}$2]" "load: {$3}" "${@:4}" >p.yaml
    rm -rf out
    mkdir out
    measured run --json --plugin-dir "$plugins" p.yaml
}

# whole NAME RECORDS MADE LOADED MIB
whole()
{
    is "$status $(counted read) $(counted made) $(counted loaded)" "0 $2 $3 $4" "$1: status and counts"
    like "$out" '"pending":0,"balanced":true' "$1: the books balance"
    if sanitized; then
        skip "$1: memory" "a sanitizer takes its own"
    else
        ok "$([ "$peak" -lt "$5" ]; echo $?)" "$1: in less than $5 MiB ($peak)"
    fi
}
in_order() { python3 -c '
import sys
records, elements = int(sys.argv[1]), int(sys.argv[2])
rows = (line.rstrip("\n").split(",") for line in open("out/o.csv"))
wanted = (["id", "l"] if i < 0 else [str(i // elements), str(i % elements)] for i in range(-1, records * elements))
sys.exit(any(a != b for a, b in __import__("itertools").zip_longest(rows, wanted)))' "$@"; }

small=', {map: {id: id, l: l}}'

# 128 MB of children from 640 kB, of which all stand in one batch
lists 64 1000 2000
for memory in 32MiB 4MiB 1MiB; do
    splits "one batch, $memory" "$small" 'csv: out/o.csv' "memory: $memory"
    whole "one batch, $memory" 64 63936 64000 $((24 + 2 * ${memory%MiB}))
    ok "$(in_order 64 1000; echo $?)" "one batch, $memory: all are there, in order"
done
for workers in 1 4; do
    splits "workers: $workers" ", {set: {n: upper(pad)}, workers: $workers}$small" 'csv: out/o.csv' "memory: 4MiB"
    whole "workers: $workers" 64 63936 64000 48
    ok "$(in_order 64 1000; echo $?)" "workers: $workers: all are there, in order"
done
for mode in when_dry reversed; do
    splits "a load that answers late, $mode" "" "late: {mode: $mode, keep: 4096}" 'memory: 4MiB'
    whole "a load that answers late, $mode" 64 63936 64000 48
done
splits "a split of a split" ", {set: {m: \"cast('[1,2,3]' as json)\"}}, {split: {field: m}}$small" 'csv: out/o.csv' 'memory: 4MiB'
whole "a split of a split" 64 191936 192000 48
splits "a dedupe behind it" "$small" 'csv: out/o.csv' 'memory: 4MiB' 'validate: [{dedupe: {key: l}}]'
is "$status $(counted made) $(counted loaded) $(counted duplicate)" "0 63936 1000 63000" "a dedupe behind it: status and counts"
splits "a filter behind it" ", {filter: cast(l as text) = '999'}$small" 'csv: out/o.csv' 'memory: 1MiB'
is "$status $(counted loaded) $(counted filtered)" "0 64 63936" "a filter behind it: status and counts"
splits "rejects behind it" ", {map: {n: \"cast('x' || cast(l as text) as int64)\"}}" 'csv: out/o.csv' 'memory: 4MiB' 'rejects: {csv: out/r.csv}' \
    'batch_rows: 16' 'max_rejects: 1000000'
is "$status $(counted loaded) $(counted rejected) $(wc -l <out/r.csv)" "0 0 64000 65" "rejects behind it: each child is one, and their record stands once in the file"

# one record that becomes 200 MB
lists 1 5000 40000
splits "one record" ", {filter: cast(l as text) = '4999'}$small" 'csv: out/o.csv' 'memory: 8MiB'
is "$status $(counted made) $(counted loaded)" "0 4999 1" "one record: status and counts"
sanitized || ok "$([ "$peak" -lt 48 ]; echo $?)" "one record: in less than 48 MiB ($peak)"

# what goes wrong behind it wakes it
lists 64 1000 2000
splits "the load fails" "" 'probe: fail_deliver' 'memory: 1MiB'
is "$status" 74 "the load fails: exit status 74"
like "$err" "probe: the target cannot be written" "the load fails: says so"
splits "a stage fails" ", {probe: fail}" 'csv: out/o.csv' 'memory: 1MiB'
is "$status" 65 "a stage fails: exit status 65"
is "$(ls -A out)" "" "a stage fails: nothing is written"
splits "too many rejects" ", {map: {n: \"cast('x' || cast(l as text) as int64)\"}}" 'csv: out/o.csv' 'memory: 1MiB' 'batch_rows: 4' 'stop_after: 100'
is "$status" 65 "too many rejects: exit status 65"
is "$(ls out)" "" "too many rejects: no file got its name"
rm -f out/.o.csv*
if env --default-signal=INT true 2>/dev/null; then
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {jsonl: {path: in.jsonl, fields: {id: int64, pad: text, l: json}}}' \
        "transform: [{split: {field: l}}]" "load: {probe: {mode: slow, slow: 1ms, path: out/ids}}" 'memory: 1MiB' 'batch_rows: 2' >p.yaml
    rm -f out/*
    env --default-signal=INT timeout --foreground -k 5 60 "$LEAT" run --json --plugin-dir "$plugins" p.yaml >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" test -s out/ids
    kill -INT "$(cat "/proc/$pid/task/$pid/children")"
    status=0
    wait $pid || status=$?
    out=$(cat "$out_file")
    err=$(cat "$err_file")
    is "$status" 130 "SIGINT: exit status 130"
    like "$out" '"pending":0,"balanced":true' "SIGINT: what is in flight is drained"
    is "$(counted loaded)" "$(wc -l <out/ids)" "SIGINT: each once"
else
    skip "SIGINT" "env has no --default-signal"
fi
done_testing
