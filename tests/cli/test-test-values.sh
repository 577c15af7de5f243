# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat test compares values by their type, as expressions do: 1.5 is 1.50, and JSON is the document.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

fields='{d: decimal, i: int64, f: float64, y: bool, a: date, t: timestamp, l: {type: timestamp, timezone: Europe/Paris}, j: json, s: text}'
echo 'd,i,f,y,a,t,l,j,s' >in.csv
tests() { printf '%s\n' 'leat: 1' 'name: p' "extract: {csv: {path: in.csv, fields: $fields}}" "$@" 'load: {csv: o.csv}' 'tests:' >p.yaml; }

# same INPUT OUTPUT: a row like this is one like that; differs INPUT OUTPUT MESSAGE: it is not
same_row()
{
    tests
    printf '%s\n' '  - name: t' "    input: [{$1}]" "    output: [{$2}]" >>p.yaml
    run leat test p.yaml
    is "$status" 0 "{$1} is {$2}"
    [ "$status" -eq 0 ] || note "$out"
}
differs()
{
    tests
    printf '%s\n' '  - name: t' "    input: [{$1}]" "    output: [{$2}]" >>p.yaml
    run leat test p.yaml
    is "$status" 65 "{$1} is not {$2}: exit status 65"
    like "$out" "^#   line 8: $3" "{$1} is not {$2}: says so"
}
same_row 'd: 1.50' 'd: 1.5'
same_row 'd: 3' 'd: 3.00'
same_row 'd: "-0.0"' 'd: 0'
differs 'd: 1.50' 'd: 1.51' "d should be '1.51', and is '1.50'"
same_row 'i: 12' 'i: " 12 "'
same_row 'f: 1' 'f: 1.0e0'
same_row 'f: NaN' 'f: NaN'
differs 'f: 1' 'f: 1.0000000001' "f should be '1.0000000001', and is '1'"
same_row 'y: yes' 'y: true'
differs 'y: yes' 'y: false' "y should be 'false', and is 'true'"
same_row 'a: 2024-02-29' 'a: 2024-02-29'
same_row 't: 2024-01-01' 't: 2024-01-01 00:00:00'
same_row 'l: 2024-01-01T12:00' 'l: 2024-01-01 12:00:00'
same_row "s: 'null'" "s: 'null'"
differs "s: 'null'" 's: null' "s should be null, and is 'null'"
differs "s: ''" 's: null' "s should be null, and is ''"
differs 's: 1.50' 's: 1.5' "s should be '1.5', and is '1.50'"
differs 'i: 1' 'i: x' "output row 1: field i does not fit its type int64"

# ---- JSON ----

same_row "j: '{\"a\":1}'" "j: '{\"a\": 1}'"
same_row "j: '{\"a\":1,\"b\":[1,2]}'" "j: '{\"b\": [1.0, 2], \"a\": 1}'"
same_row "j: '\"\\u00e9\"'" "j: '\"é\"'"
same_row 'j: {a: 1, b: [x, true, null, ~, 1.50, "1"]}' "j: '{\"b\": [\"x\", true, null, null, 1.5, \"1\"], \"a\": 1}'"
same_row 'j: [1, {a: b}]' "j: [1, {a: 'b'}]"
same_row 'j: []' "j: '[ ]'"
same_row 'j: {}' "j: '{ }'"
same_row "j: '[[1],[]]'" 'j: [[1], []]'
differs 'j: []' 'j: {}' "j should be '\{\}', and is '\[\]'"
differs 'j: [1, 2]' 'j: [2, 1]' "j should be '\[2,1\]', and is '\[1,2\]'"
differs 'j: [1, 2]' 'j: [1]' "j should be '\[1\]'"
differs 'j: [1]' 'j: [1, 2]' "j should be '\[1,2\]'"
differs 'j: {a: 1}' 'j: {a: 1, b: 2}' "j should be"
differs 'j: {a: 1, b: 2}' 'j: {a: 1}' "j should be"
differs 'j: {a: 1}' "j: {a: '1'}" "j should be '.\"a\":\"1\".', and is '.\"a\":1.'"
differs 'j: {a: true}' 'j: {a: false}' "j should be"
differs 'j: null' "j: 'null'" "j should be 'null', and is null"

# ---- what comes out of the stages is compared by its type too ----

tests 'transform: [{map: {n: d * 2, w: cast(a as timestamp)}}]'
printf '%s\n' '  - {name: t, input: [{d: 1.50, a: 2024-01-01}], output: [{n: 3, w: 2024-01-01}]}' >>p.yaml
run leat test p.yaml
is "$status" 0 "1.50 * 2 is 3"

# ---- rejects, in whatever order ----

tests 'validate: [{rules: {s: {required: true, max_length: 1}}}]'
cat >>p.yaml <<'END'
  - name: rows
    input: [{s: xx}, {s: null}]
    output: []
    rejects: [{field: s, code: too_long}, {field: s, code: required}]
  - name: rules
    input: [{s: xx}, {s: null}]
    output: []
    rejects: [{field: s, code: required}, {field: s, code: too_long}]
  - name: twice
    input: [{s: xx}, {s: null}]
    output: []
    rejects: [{code: required}, {code: required}]
END
run leat test p.yaml
like "$out" "^ok 1 - rows" "rejects in the order of the rows"
like "$out" "^ok 2 - rules" "rejects in the order of the rules"
like "$out" "^not ok 3 - twice" "one reject does not stand for two"
like "$out" "no reject \{code: required\} came out" "one reject does not stand for two: says which is missing"
like "$out" "rejected at rules: \{field: s, code: too_long\}" "one reject does not stand for two: and which came instead"
is "$(ls)" $'in.csv\np.yaml' "and nothing is written"
done_testing
