# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat test: the rows given go through the stages as one batch whatever the file says of batches,
# and what comes out otherwise is said.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

printf 'id,n\n1,a\n' >in.csv

# file LINE...: a pipeline with what is read from standard input as its tests
file()
{
    printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: {path: in.csv, fields: {id: int64}}}' 'load: {csv: o.csv}' "$@" 'tests:' >p.yaml
    cat >>p.yaml
}

# ---- whatever batch_rows: says ----

for rows in 1 2 65536; do
    file "batch_rows: $rows" 'transform: [{filter: id > 1}, {split: {field: n, separator: "+"}}]' \
        'validate: [{rules: {n: {max_length: 1}}}, {dedupe: n}]' <<'END'
  - name: many rows
    input: [{id: 1, n: a}, {id: 2, n: b}, {id: 3, n: c+d}, {id: 4, n: c}, {id: 5, n: e}]
    output: [{id: 2, n: b}, {id: 3, n: c}, {id: 3, n: d}, {id: 5, n: e}]
  - name: a reject among them
    input: [{id: 2, n: a}, {id: 3, n: too long}, {id: 4, n: b}]
    output: [{n: a}, {n: b}]
    rejects: [{stage: rules, field: n, code: too_long}]
  - name: nothing is remembered from the test before
    input: [{id: 2, n: b}]
    output: [{n: b}]
  - name: no rows
    input: []
    output: []
END
    run leat test p.yaml
    is "$status" 0 "batch_rows: $rows: exit status 0"
    is "$(printf '%s\n' "$out" | grep -c '^ok ') $(printf '%s\n' "$out" | grep -c '^not ok ')" "4 0" "batch_rows: $rows: all four pass"
    [ "$status" -eq 0 ] || note "$out"
done
{ printf '  - {name: many, input: ['; seq -f '{id: %.0f}' -s ', ' 256; printf '], output: ['; seq -f '{id: %.0f}' -s ', ' 256; echo ']}'; } |
    file "batch_rows: 1"
run leat test p.yaml
is "$status" 0 "256 rows: exit status 0"

# ---- what does not pass ----

# fails NAME REGEX: the test read from standard input does not pass, and says why
fails()
{
    file 'transform: [{filter: id > 1}]' 'batch_rows: 1'
    run leat test p.yaml
    is "$status" 65 "$1: exit status 65"
    like "$out" "^not ok 1 - t$" "$1: not ok"
    like "$out" "^#   $2" "$1: says why"
}
fails "another value" "line 9: n should be 'b', and is 'a'" <<'END'
  - {name: t, input: [{id: 2, n: a}],
     output: [{n: b}]}
END
fails "null instead of a text" "line 8: n should be 'null', and is null" <<<"  - {name: t, input: [{id: 2}], output: [{n: 'null'}]}"
fails "too many rows" "line 8: 1 row should come out, and 2 do" <<<"  - {name: t, input: [{id: 2}, {id: 3}], output: [{id: 2}]}"
fails "too few rows" "line 8: 1 row should come out, and 0 do" <<<"  - {name: t, input: [{id: 1}], output: [{id: 1}]}"
fails "a value of another type" "input row 2: field id does not fit its type int64" <<<"  - {name: t, input: [{id: 2}, {id: x}], output: []}"
fails "a reject that does not come" "line 8: 1 reject should come out, and 0 do" <<<"  - {name: t, input: [{id: 2}], output: [{id: 2}], rejects: [{code: x}]}"
fails "257 rows" "at most 256 input rows" <<<"  - {name: t, input: [$(seq -f '{id: %.0f}' -s ', ' 257)], output: []}"
printf '%s\n' 'leat: 1' 'name: p' 'extract: {csv: in.csv}' 'load: {csv: o.csv}' >p.yaml
run leat test p.yaml
is "$status" 78 "no tests: exit status 78"
like "$err" "p.yaml has no tests:; write" "no tests: says how they are written"
is "$(ls)" $'in.csv\np.yaml' "and nothing is written"
done_testing
