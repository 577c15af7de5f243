# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Stages that fail in every way there is, by the plugins of tests/plugins: the exit status says
# what happened, standard error says which stage, and a run that failed leaves no file behind.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"

batch_rows=4
# pipeline EXTRACT-OPTIONS TRANSFORM-MODE LOAD [LINE...]: writes p.yaml.
pipeline()
{
    {
        printf 'leat: 1\nname: p\nbatch_rows: %d\nextract: {probe: {%s}}\n' "$batch_rows" "$1"
        [ -z "$2" ] || printf 'transform: [{probe: %s}]\n' "$2"
        printf 'load: {%s}\n' "$3"
        shift 3
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >p.yaml
}

# try NAME STATUS STDERR-REGEX PIPELINE...: runs it with an empty out/ and looks at how it ends.
try()
{
    local name=$1 wanted=$2 said=$3
    shift 3
    rm -rf out
    mkdir out
    pipeline "$@"
    run timeout -k 5 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml # one that hangs has failed
    like "$status" "^($wanted)$" "$name: exit status $wanted"
    if [ -n "$said" ]; then
        like "$err" "$said" "$name: says so"
    else
        is "$err" "" "$name: is silent"
    fi
    case $wanted in
    0) like "$out" '"pending":0,"balanced":true' "$name: the books balance" ;;
    65) ;;
    *) is "$(ls -A out)" "" "$name: leaves nothing behind" ;;
    esac
}

# How many the report counts of a kind.
n_of() { printf '%s' "$out" | sed -E "s/.*\"$1\":([0-9]+).*/\1/"; }

ids() { { echo "id"; seq 0 $(($1 - 1)); } | tr '\n' ' '; }
loaded_ids() { cut -d, -f1 out/o.csv | tr '\n' ' '; }

csv='csv: {path: out/o.csv}'
rejects='rejects: {csv: {path: out/r.csv}}'

# ---- extracts ----

try "plain" 0 "" "rows: 10" "" "$csv"
is "$(loaded_ids)" "$(ids 10)" "plain: all records, in order"
try "batches without a record" 0 "" "rows: 3000, mode: blank" "" "$csv"
for mode in wrong_type put_twice unfinished; do
    try "$mode" 70 'probe: the plugin ' "rows: 10, mode: $mode, at: 5" "" "$csv"
done
try "never asks for room" 70 'probe: the plugin ' "rows: 100, mode: never_asks, at: 1000" "" "$csv"
try "no code" 70 'probe' "rows: 10, mode: no_code, at: 5" "" "$csv"
try "bad UTF-8" 0 "" "rows: 10, mode: bad_utf8, at: 5" "" "$csv" "max_rejects: 1" "$rejects"
like "$(cat out/r.csv)" '5,a\\xff,probe,name,invalid_utf8' "bad UTF-8: is in the reject file"
try "a record of 2 MiB" 0 "" "rows: 10, mode: huge_record, at: 7" "" "$csv" "max_rejects: 1" "$rejects"
like "$(cat out/r.csv)" '^7,.*record_too_large' "a record of 2 MiB: is in the reject file"
is "$(loaded_ids)" "id 0 1 2 3 4 5 6 8 9 " "a record of 2 MiB: the others are loaded"
for at in 0 3 9; do
    try "a reject at $at" 0 "" "rows: 10, mode: rejects, at: $at" "" "$csv" "max_rejects: 1" "$rejects"
    is "$(n_of rejected) $(n_of loaded)" "1 9" "a reject at $at: is counted"
done
try "busy at open" 0 'trying again' "rows: 10, mode: retry_open" "" "$csv"
is "$(loaded_ids)" "$(ids 10)" "busy at open: nothing lost, nothing doubled"
try "busy at read" 0 'trying again' "rows: 10, mode: retry_read, at: 5" "" "$csv"
is "$(loaded_ids)" "$(ids 10)" "busy at read: nothing lost, nothing doubled"
try "busy within a batch" 0 'trying again|^$' "rows: 10, mode: retry_half, at: 5" "" "$csv"
is "$(loaded_ids 2>/dev/null)" "$(ids 10)" "busy within a batch: nothing lost, nothing doubled"
try "store away at the start" 69 'probe: the store is away' "rows: 10, mode: lost_open" "" "$csv"
try "store lost on the way" 75 'probe: the store has gone' "rows: 5000, mode: lost_read, at: 4000" "" "$csv"
try "store that cannot be read" 74 'probe: cannot read the store: Input/output error' \
    "rows: 10, mode: fail_read, at: 5" "" "$csv"

# ---- transforms ----

for mode in align make again retry uneven; do
    n=40
    [ $mode != retry ] || n=9
    try "transform $mode" 0 "$([ $mode != retry ] || echo 'trying again')" "rows: $n" "$mode" "$csv"
    is "$(loaded_ids)" "$(ids $n)" "transform $mode: all records, in order"
done
try "a transform that fails" 65 'probe: this is no data' "rows: 10" fail "$csv"
is "$(ls -A out)" "" "a transform that fails: leaves nothing behind"
try "a transform that cannot be opened" 69 'probe: cannot open' "rows: 10" fail_open "$csv"
try "rows from nowhere" 70 'probe: ' "rows: 10" wrong_origin "$csv"
try "rows without an origin" 70 'probe: ' "rows: 10" no_origin "$csv"

# ---- loads ----

try "take" 0 "" "rows: 10" "" "probe: {mode: take, path: out/ids}"
is "$(tr '\n' ' ' <out/ids)" "$(seq 0 9 | tr '\n' ' ')" "take: each record once"
try "already there" 0 "" "rows: 10" "" "probe: already"
is "$(n_of already_there)" 10 "already there: is counted"
try "conflict" 65 "10 in conflict" "rows: 10" "" "probe: conflict"
is "$(n_of conflict)" 10 "conflict: is counted"
try "a load that rejects" 65 'max_rejects' "rows: 10" "" "probe: reject" "$rejects"
is "$(grep -c refused out/r.csv)" 10 "a load that rejects: all are in the reject file"
try "unknown" 65 'unknown outcome' "rows: 10" "" "probe: unknown"
is "$(n_of unknown)" 10 "unknown: is counted"
try "answers" 0 "" "rows: 10" "" "probe: answers" "results: {csv: {path: out/r.csv}}"
like "$(cat out/r.csv)" '^7,loaded,"\{""sub"":""sub-7""\}"$' "answers: stand in the results"
try "answers twice" "0|70" '' "rows: 10" "" "probe: twice"
try "no answer" 70 'probe: the plugin left 4 records without an answer' "rows: 10" "" "probe: unanswered"
try "half an answer" 70 'probe: the plugin left 2 records without an answer' "rows: 10" "" "probe: half"
try "busy at deliver" 0 'trying again' "rows: 10" "" "probe: {mode: retry, path: out/ids}"
is "$(sort -n out/ids | tr '\n' ' ')" "$(seq 0 9 | tr '\n' ' ')" "busy at deliver: each record once"
try "busy at commit" 0 'trying again' "rows: 10" "" "probe: retry_commit"
try "target away at the start" 69 'probe: the target is away' "rows: 10" "" "probe: lost_open"
try "target lost" "69|75" 'probe: the target has gone' "rows: 10" "" "probe: lost_deliver"
try "target that cannot be written" 74 'probe: the target cannot be written' "rows: 10" "" "probe: fail_deliver"
try "target full at commit" 74 'probe: the target is full' "rows: 10" "" "probe: fail_commit"

# Answers to rows that are answered already must not upset the books, let alone the process.
rm -rf out && mkdir out
pipeline "rows: 10" "" "probe: afterwards"
run timeout -k 5 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml
like "$status" "^(0|65|70)$" "answered again after an answer: no crash"

# ---- loads that answer later ----

for mode in reversed when_dry row_by_row; do
    try "late $mode" 0 "" "rows: 100" "" "late: $mode"
    is "$(($(n_of loaded) + $(n_of already_there)))" 100 "late $mode: every record has its answer"
done
batch_rows=256
try "late with little memory" 0 "" "rows: 200000" "" "late: {mode: when_dry, keep: 4096}" "memory: 1MiB"
is "$(n_of loaded)" 200000 "late with little memory: every record has its answer"
batch_rows=4
try "late and never" 70 'late: ' "rows: 10" "" "late: never"
try "late and lost" "69|75" 'late: the target has gone' "rows: 10" "" "late: lost"
done_testing
