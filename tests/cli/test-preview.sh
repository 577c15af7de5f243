# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat preview: as many rows as are asked for, after whatever stage, soon, and cut to what fits.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3 sqlite3

pipeline() { printf '%s\n' 'leat: 1' 'name: p' "$@" 'load: {csv: o.csv}' >p.yaml; }

# shows NAME ROWS ARGUMENT...: a table of so many rows
shows()
{
    local name=$1 rows=$2
    shift 2
    run timeout 60 "$LEAT" preview "$@" p.yaml
    is "$status $(($(wc -l <"$out_file") - 2))" "0 $rows" "$name: $rows rows"
}

# ---- as many as are wanted ----

pipeline 'extract: {generate: 100000}' 'transform: [{select: [id, country]}]'
shows "by default" 10
shows "one" 1 -n 1
shows "more than a batch" 5000 -n 5000
shows "none" 0 -n 0
pipeline 'extract: {generate: 3}' 'transform: [{select: [id, country]}]'
shows "more than there are" 3 -n 1000
pipeline 'extract: {generate: 100000}' 'transform: [{select: [id]}, {filter: id % 4000 = 0}]'
shows "a filter that drops most" 12 -n 12
is "$(tail -n +3 "$out_file" | paste -sd ' ')" "$(seq -s ' ' 4000 4000 48000)" "a filter that drops most: these are the first"
like "$err" "filtered; after filter" "a filter that drops most: says what it has left behind"
shows "a filter that leaves less than is wanted" 25 -n 26
shows "the stage before the filter" 12 -n 12 --stage select
is "$(tail -n +3 "$out_file" | paste -sd ' ' | tr -s ' ')" "$(seq -s ' ' 12)" "the stage before the filter: these are the first"
pipeline 'batch_rows: 1' 'extract: {generate: 5000}' 'transform: [{select: [id]}, {filter: id > 4990}]'
shows "batches of one, emptied" 3 -n 3
pipeline 'extract: {generate: 20000}' 'transform: [{select: [id]}]' 'validate: [{rules: {id: {min: 15000}}}]'
shows "rules that reject most" 7 -n 7
ok "$([ "$(printf '%s\n' "$err" | grep -c '^rejected at rules: ')" -le 3 ]; echo $?)" "rules that reject most: shows a few of these"
like "$err" "[0-9]+ rejected; after rules" "rules that reject most: and counts them"
pipeline 'extract: {generate: 20000}' 'transform: [{select: [country]}]' 'validate: [{dedupe: {key: country}}]'
run timeout 60 "$LEAT" preview -n 1000 p.yaml
is "$status $(tail -n +3 "$out_file" | sort | uniq -d)" "0 " "dedupe: each once"
pipeline 'extract: {generate: 20000}' 'transform: [{select: [id, roles]}, {split: {field: roles, separator: ","}}]'
shows "a split that makes more than is wanted" 5 -n 5

# With a cursor a database is asked for no more rows than are used, and a filter behind it uses more.
sqlite3 in.db "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT);
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) INSERT INTO t SELECT i, 'n' FROM c"
for extract in 'table: t' 'table: t, cursor: id' 'query: "SELECT * FROM t -- all of them"' 'query: "SELECT * FROM t LIMIT 15000"' \
    'query: "SELECT * FROM t; -- all of them", cursor: id'; do
    pipeline "extract: {sqlite: {path: in.db, $extract}}" 'transform: [{filter: id % 1000 = 0}, {drop: [n]}]'
    shows "SQLite, $extract" 12 -n 12
    is "$(tail -n +3 "$out_file" | paste -sd ' ')" "$(seq -s ' ' 1000 1000 12000)" "SQLite, $extract: these are the first"
    shows "SQLite, $extract, before the filter" 12 -n 12 --stage sqlite
    case $extract in *cursor*) ;; *) continue ;; esac
    like "$err" "^12 read; after sqlite" "SQLite, $extract, before the filter: no more are read"
done

# ---- huge fields ----

python3 - <<'END'
with open("big.csv", "w") as f:
    f.write("id,n\n1," + "x" * 900000 + "\n2," + "\u00e9" * 400000 + "\n3," + "\u65e5" * 300000 + '\n4,"' + "\n" * 500000 + '"\n5,c\n')
END
pipeline 'extract: {csv: big.csv}'
start=$SECONDS
shows "fields of 900 kB" 5
ok "$([ $((SECONDS - start)) -le 10 ]; echo $?)" "fields of 900 kB: soon"
ok "$([ "$(wc -c <"$out_file")" -lt 2000 ]; echo $?)" "fields of 900 kB: are cut ($(wc -c <"$out_file") bytes)"
is "$(grep -c '…$' "$out_file")" 4 "fields of 900 kB: and one sees that they are"
is "$(tail -1 "$out_file")" "5   c" "fields of 900 kB: what is small is whole"
ok "$(iconv -f UTF-8 -t UTF-8 "$out_file" >/dev/null 2>&1; echo $?)" "fields of 900 kB: no character is cut in two"
python3 -c 'print(",".join("field_number_%d" % i for i in range(400))); print(",".join(["y" * 2000] * 400))' >big.csv
run timeout 60 "$LEAT" preview p.yaml
is "$status" 0 "400 fields: exit status 0"
is "$(grep -c '^field_number_[0-9]* *y*…$' "$out_file")" 400 "400 fields: a line each"
python3 -c 'print("id,p\n1," + "q" * 300 + "\n2,s")' >big.csv
pipeline 'extract: {csv: {path: big.csv, fields: {p: {class: secret}}}}'
shows "secrets" 2
unlike "$out" "q|s$" "secrets: are not shown"

# ---- where there is no stage of that name ----

run leat preview --stage fliter p.yaml
is "$status" 64 "no such stage: exit status 64"
like "$err" "no stage 'fliter'; there are 'csv'" "no such stage: says which there are"
run leat preview -n many p.yaml
is "$status" 64 "no number of rows: exit status 64"
run leat preview -n -1 p.yaml
is "$status" 64 "fewer rows than none: exit status 64"
is "$(ls)" $'big.csv\nin.db\np.yaml' "and a preview writes nothing"
done_testing
