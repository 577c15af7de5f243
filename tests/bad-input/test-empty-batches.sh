# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Batches that a filter has emptied, a thousand in a row, before stages that wait for rows: a load
# that answers late, a dedupe, parts that fill up. Nothing may wait for what never comes, no record
# may be lost behind the gap, and the empty ones must not use up the memory.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
[ -e "$plugins/load-late.so" ] || skip_all "the plugins of the tests are not built (make check does)"

# gap NAME FILTER LOADED LOAD [LINE...]: 3,000 records, a batch each
gap()
{
    local name=$1 filter=$2 loaded=$3 load=$4
    shift 4
    {
        printf 'leat: 1\nname: p\nbatch_rows: 1\nextract: {generate: {rows: 3000}}\nload: {%s}\n' "$load"
        printf 'transform: [{filter: "%s"}, {map: {id: id}}]\n' "$filter"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >p.yaml
    rm -rf out
    mkdir out
    run timeout 120 "$LEAT" run --json --plugin-dir "$plugins" p.yaml
    is "$status $(counted read) $(($(counted loaded) + $(counted already_there))) $(counted filtered)" "0 3000 $loaded $((3000 - loaded))" "$name"
    like "$out" '"balanced":true' "$name: the books balance"
}

none='id > 3000'
last='id = 3000'
first='id = 1'
gaps='id % 1000 = 1'
for mode in reversed when_dry row_by_row; do
    for keep in 1 3 100; do
        gap "late $mode, keeps $keep: nothing comes" "$none" 0 "late: {mode: $mode, keep: $keep}"
        gap "late $mode, keeps $keep: the last comes" "$last" 1 "late: {mode: $mode, keep: $keep}"
        gap "late $mode, keeps $keep: the first comes" "$first" 1 "late: {mode: $mode, keep: $keep}"
        gap "late $mode, keeps $keep: one in a thousand comes" "$gaps" 3 "late: {mode: $mode, keep: $keep}"
    done
    gap "late $mode, little memory" "$gaps" 3 "late: {mode: $mode, keep: 4096}" 'memory: 1MiB'
    gap "late $mode, more rows than memory" 'id % 2 = 1' 1500 "late: {mode: $mode, keep: 4096}" 'memory: 1MiB'
done
gap "CSV" "$gaps" 3 'csv: out/o.csv'
is "$(cut -d, -f1 out/o.csv | tr '\n' ' ')" "id 1 1001 2001 " "CSV: in order"
gap "SQLite" "$gaps" 3 'sqlite: {path: out/o.db, table: t}'
gap "dedupe behind the filter" "$gaps" 3 'csv: out/o.csv' 'validate: [{dedupe: id}]'
gap "workers" "$gaps" 3 'csv: out/o.csv' 'validate: [{rules: {id: {required: true}}, workers: 3}]'
is "$(cut -d, -f1 out/o.csv | tr '\n' ' ')" "id 1 1001 2001 " "workers: in order"

# A stage of rejects instead of a filter: the same gap, by another door.
printf 'leat: 1\nname: p\nbatch_rows: 1\nextract: {generate: {rows: 3000}}\nload: {late: {mode: when_dry, keep: 100}}\n' >p.yaml
printf "transform: [{map: {id: \"case when id %% 1000 = 1 then id else cast('x' as int64) end\"}}]\nmax_rejects: 100%%\n" >>p.yaml
run timeout 120 "$LEAT" run --json --plugin-dir "$plugins" p.yaml
is "$status $(counted loaded) $(counted rejected)" "0 3 2997" "all rejected but one in a thousand"
done_testing
