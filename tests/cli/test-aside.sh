# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# A load that answers only when it has taken all records: they are put aside on disk, come back in
# their order and as they were but for secrets, and what becomes of them is the same as if they had
# been answered at once; in little memory, with a stop, and with a load that breaks the rules.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3
[ -e "$plugins/load-aside.so" ] || skip_all "the plugins of the tests are not built (make check does)"

# runs MODE EXTRACT [LINE...]
runs()
{
    printf '%s\n' 'leat: 1' 'name: p' "extract: {$2}" "load: {aside: $1}" 'rejects: {csv: {path: out/rejects.csv}}' \
        'results: {csv: {path: out/results.csv}}' 'max_rejects: 100%' "${@:3}" >p.yaml
    rm -rf out
    mkdir out
    measured run --json --plugin-dir "$plugins" p.yaml
}

# What is told of each record; of one that became several, what they come to: its first reason hangs on when it was said.
told() { cut -d, -f"$columns" out/"$1" | cmp - <(cut -d, -f"$columns" at-once/"$1"); }

# same NAME EXTRACT [LINE...]: whether it answers at once or at the end. $columns: of the files that are compared
same()
{
    local mode counts
    runs before "${@:2}"
    is "$status" 0 "$1: answered at once"
    counts="$(counted read) $(counted made) $(counted loaded) $(counted already_there) $(counted rejected) $(counted filtered)"
    mv out at-once
    for mode in at_once newest_first; do
        runs "$mode" "${@:2}"
        is "$status" 0 "$1, $mode: status"
        is "$(counted read) $(counted made) $(counted loaded) $(counted already_there) $(counted rejected) $(counted filtered)" "$counts" \
            "$1, $mode: the same counts"
        like "$out" '"pending":0,"balanced":true' "$1, $mode: the books balance"
        ok "$(told rejects.csv; echo $?)" "$1, $mode: the same rejects, in the same order"
        ok "$(told results.csv; echo $?)" "$1, $mode: the same results, in the same order"
        ok "$([ -s out/rejects.csv ] && [ "$(wc -l <out/results.csv)" -gt 1000 ]; echo $?)" "$1, $mode: and there are some"
    done
    rm -r at-once
}

python3 - <<'END'
import json
with open("in.jsonl", "w") as f:
    for i in range(6000):
        text = None if i % 17 == 0 else "\u00e4\u00f6" * (i % 40) + str(i)
        f.write(json.dumps({"id": i, "t": text, "b": None if i % 5 == 0 else i % 3 == 0, "f": i / 7, "d": "2024-02-%02d" % (i % 29 + 1),
                            "n": str(i) + ".50", "l": list(range(i % 4)), "s": "tops3cret%d" % i}) + "\n")
    f.write("no record\n")
END
fields='jsonl: {path: in.jsonl, fields: {id: int64, t: text, b: bool, f: float64, d: date, n: decimal, l: json, s: {type: text, class: secret}}}'

columns=1-
same "as extracted" "$fields"
same "mapped, filtered" "$fields" 'transform: [{map: {id: id, t: upper(t), b: not b, d: d, n: n, s: s}}, {filter: id % 3 <> 1}]'
columns=1,2
same "split" "$fields" 'transform: [{split: {field: l}}, {map: {id: id, l: l, s: s, t: t}}]'
same "in little memory" "$fields" 'transform: [{split: {field: l}}]' 'memory: 1MiB' 'batch_rows: 50'
columns=1-
same "whole batches that are answered at once, filtered or rejected" 'generate: 20000' 'transform: [{filter: id < 3000 or id > 19000}]' 'memory: 1MiB' 'batch_rows: 100'
same "generated" 'generate: 20000' 'memory: 1MiB'
ok "$(grep -rq tops3cret out; [ $? -eq 1 ]; echo $?)" "no secret in what is written"

if sanitized; then
    skip "memory" "a sanitizer takes its own"
else
    runs at_once 'generate: 20000' 'memory: 4MiB'
    small=$peak
    runs at_once 'generate: 300000' 'memory: 4MiB'
    is "$status $(counted read)" "0 300000" "many records"
    ok "$([ "$peak" -le $((small + 12)) ]; echo $?)" "many records take no more memory than few ($peak and $small MiB)"
fi

# ---- nothing is left lying about ----

is "$(find . -name '.leat-aside*' -o -name '*.aside' | wc -l)" 0 "no file is left"

# ---- a load that breaks the rules ----

runs too_many "$fields"
is "$status" 70 "it asks for a batch too many: status"
like "$err" "asks for a batch that it has not been given" "it asks for a batch too many: the message"
runs lost "$fields" 'batch_rows: 1000'
is "$status" 70 "it loses batches: status"
like "$err" "left [0-9]+ batches without an answer" "it loses batches: the message"
runs unanswered "$fields"
is "$status" 70 "it never answers: status"
like "$err" "left [0-9]+ records without an answer" "it never answers: the message"

# ---- killed while it answers: all of them come again, or it could not tell what it has begun ----

state_home=$PWD/home
for die_at in 900 2500 0; do
    printf '%s\n' 'leat: 1' 'name: killed' 'extract: {generate: 3000}' "load: {aside: {mode: at_once, ledger: true, die_at: $die_at}}" \
        'batch_rows: 100' 'max_rejects: 100%' >p.yaml
    run leat run --json --plugin-dir "$plugins" p.yaml
    is "$status" "$([ $die_at = 0 ] && echo 0 || echo 137)" "killed at $die_at of 3000: status"
done
like "$out" '"records that came":3000' "killed while it answers: all records come again"
is "$(($(counted loaded) + $(counted already_there) + $(counted rejected)))" 3000 "killed while it answers: each has its verdict"
like "$out" '"goes_on_with":1' "killed while it answers: by the run that goes on"
run leat run --json --plugin-dir "$plugins" p.yaml
unlike "$out" '"records that came":3000' "the next run knows them"
unset state_home

# ---- what is stopped before it has come whole is not worked on ----

printf '%s\n' 'leat: 1' 'name: p' 'extract: {generate: 500000000}' 'load: {aside: at_once}' >p.yaml
# LEAT_COREDUMP: or only root may see what it has open
LEAT_COREDUMP=1 "$LEAT" run --json --state-dir "$PWD/state" --plugin-dir "$plugins" p.yaml >stopped.json 2>stopped.err &
pid=$!
until ls -l /proc/$pid/fd 2>/dev/null | grep -q '(deleted)$' || ! kill -0 $pid 2>/dev/null; do # some are put aside
    sleep 0.01
done
kill -TERM $pid
wait $pid
is "$?" 143 "a stop before the end of the input: status"
like "$(cat stopped.json)" '"loaded":0,' "a stop before the end of the input: nothing is answered"
unlike "$(cat stopped.json)" '"already_there":[1-9]' "nor taken for there"

done_testing
