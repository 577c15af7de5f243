# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Passing faults: a stage that says "not now" is called again, from any of its callbacks and with
# its work half done or all done; no record is lost, doubled or mixed with another for it, and a
# signal need not wait for its patience to end.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/extract-probe.so" ] || skip_all "the plugins of the tests are not built (make check does)"

# again NAME EXTRACT TRANSFORMS LOAD [LINE...]: runs it, and it goes well at last
again()
{
    local name=$1
    {
        printf 'leat: 1\nname: p\nbatch_rows: 4\nextract: {probe: {%s}}\ntransform: [%s]\nload: {%s}\n' "$2" "$3" "$4"
        shift 4
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >p.yaml
    rm -rf out
    mkdir out
    run timeout 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml
    is "$status" 0 "$name: exit status 0"
    like "$err" "(busy|not now); trying again in [0-9]+ ms \(1 of 8\)" "$name: says that it tries again"
    like "$out" '"pending":0,"balanced":true' "$name: the books balance"
}

n_of() { printf '%s' "$out" | sed -E "s/.*\"$1\":([0-9]+).*/\1/"; }
ids() { printf 'id '; seq -s ' ' "$@"; }
loaded() { cut -d, -f1 out/o.csv | paste -sd ' '; }

csv='csv: {path: out/o.csv}'
rejects='rejects: {csv: {path: out/r.csv}}'

# ---- transforms: whatever they have put out before, it counts once ----

for mode in retry retry_aligned retry_made retry_again; do
    again "$mode" "rows: 10" "probe: $mode" "$csv"
    is "$(loaded)" "$(ids 0 9)" "$mode: each record once, in order"
    is "$(n_of read) $(n_of made) $(n_of loaded)" "10 0 10" "$mode: and counted once"
done
again "one behind another" "rows: 6" "{probe: retry_made}, {probe: retry_aligned}" "$csv"
is "$(loaded)" "$(ids 0 5)" "one behind another: each record once, in order"
again "several workers" "rows: 30" "{probe: retry_made, workers: 3}" "$csv"
is "$(loaded)" "$(ids 0 29)" "several workers: each record once, in order"
again "behind a filter" "rows: 10" "{filter: id % 3 <> 0}, {probe: retry_made}, {filter: id <> 5}" "$csv"
is "$(loaded)" "id 1 2 4 7 8" "behind a filter: each record once, in order"
is "$(n_of filtered)" 5 "behind a filter: and what is filtered, once"
again "rejects before it gives up" "rows: 6" "probe: retry_rejects" "$csv" "$rejects" "max_rejects: 3"
is "$(loaded)" "id 0 2 4" "rejects before it gives up: the others are loaded"
is "$(sed 1d out/r.csv | cut -d, -f1,5 | paste -sd ' ')" "1,odd 3,odd 5,odd" "rejects before it gives up: each stands once in the reject file"
again "rejects of children" "rows: 4" "{split: {field: name, separator: ' '}}, {probe: retry_rejects}" "$csv" "$rejects" "max_rejects: 4"
is "$(sed 1d out/r.csv | cut -d, -f1,5 | paste -sd ' ')" "1,odd 3,odd" "rejects of children: their record stands once in the reject file"
is "$(n_of read) $(n_of made) $(n_of loaded) $(n_of rejected)" "4 4 4 4" "rejects of children: and is counted once"
again "open" "rows: 10" "probe: retry_open" "$csv"
is "$(loaded)" "$(ids 0 9)" "open: each record once, in order"

# ---- extracts: what was put of a record before the fault is not seen in the next ----

again "half a record" "rows: 10, mode: retry_put, at: 5" "" "$csv"
is "$(paste -sd ' ' out/o.csv)" "id,name 0,name 0 1,name 1 2,name 2 3,name 3 4,name 4 5, 6,name 6 7,name 7 8,name 8 9,name 9" \
    "half a record: nothing of it stands in the next"
again "half a record at the begin of a batch" "rows: 9, mode: retry_put, at: 4, times: 3" "" "$csv"
is "$(sed -n 6p out/o.csv) $(loaded)" "4, $(ids 0 8)" "half a record at the begin of a batch: nor here"
again "half a record, and no other" "rows: 0, mode: retry_put, at: 0" "" "$csv"
is "$(paste -sd ' ' out/o.csv)" "id,name" "half a record, and no other: is none"

# ---- loads ----

again "a late load's poll" "rows: 10" "" "late: {mode: retry, keep: 1}"
is "$(n_of loaded)" 10 "a late load's poll: every record has its answer"

# ---- a signal ends the patience ----

env --default-signal=INT true 2>/dev/null || { skip "signals" "env has no --default-signal"; done_testing; }

# patient NAME STATUS LINE...: an hour to wait; SIGINT once it is waiting
patient()
{
    local name=$1 wanted=$2 start
    shift 2
    printf '%s\n' 'leat: 1' 'name: p' "$@" >p.yaml
    rm -rf out
    mkdir out
    : >"$err_file" # of the one before
    TSAN_OPTIONS=${TSAN_OPTIONS-}:report_thread_leaks=0 timeout --foreground -k 5 20 env --default-signal=INT \
        "$LEAT" run --plugin-dir "$plugins" p.yaml >"$out_file" 2>"$err_file" &
    pid=$!
    until_true "$pid" grep -q "trying again" "$err_file"
    like "$(cat "$err_file")" "trying again in 3600000 ms" "$name: waits"
    start=$SECONDS
    kill -INT "$(cat "/proc/$pid/task/$pid/children")"
    status=0
    wait "$pid" || status=$?
    err=$(cat "$err_file")
    is "$status" "$wanted" "$name: SIGINT ends it with $wanted"
    ok "$([ $((SECONDS - start)) -le 5 ]; echo $?)" "$name: and soon ($((SECONDS - start)) s)"
    is "$(ls -A out)" "" "$name: nothing is written"
}
patient "an extract that is opened" 130 'extract: {probe: {rows: 10, mode: retry_open, after: 3600s}}' "load: {$csv}"
patient "an extract that reads" 130 'extract: {probe: {rows: 10, mode: retry_read, at: 5, after: 3600s}}' "load: {$csv}"
like "$err" "stopped by signal 2; no file got its final name" "an extract that reads: says so"
like "$err" "the books balance" "an extract that reads: what it had read is drained"
patient "a transform that is opened" 130 'extract: {probe: 10}' 'transform: [{probe: {mode: retry_open, after: 3600s}}]' "load: {$csv}"
done_testing
