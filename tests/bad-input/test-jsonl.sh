# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# JSON lines with keys that are no fields, and what is said of them; files whose bytes make no sense.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

# Of a field of the rejects, one value a record; fails where the file is not JSON.
of_rejects()
{
    python3 - "$1" <<'END'
import json, sys
with open("rejects.jsonl", encoding="utf-8") as f:
    print(*[json.loads(line)[sys.argv[1]] for line in f], sep="\n")
END
}

# ---- keys that come late ----

{ yes '{"a":1}' | head -n 1000; printf '{"a":1,"late":"x"}\n{"a":1,"late":null}\n{"":2,"a":1}\n'; } >in.jsonl
moves 'jsonl: in.jsonl' 'jsonl: out/o.jsonl'
ended "late keys" 0 1003 1003 0
like "$out" '"undeclared key left out":2' "late keys: counted in --json"
like "$err" "warning: jsonl: 2 values of undeclared keys were left out .first: line 1001.; name" "late keys: said"
run leat run p.yaml --report report.json
like "$(cat report.json)" '"undeclared key left out":2' "late keys: counted in the report"
moves 'jsonl: {path: in.jsonl, rest: r}' 'jsonl: out/o.jsonl'
unlike "$err" "warning" "with rest: nothing is left out"
is "$(tail -n 1 out/o.jsonl)" '{"r":{"":2,"a":1}}' "with rest: all is there"
moves 'jsonl: {path: in.jsonl, fields: {late: text, e: {path: "\"\"", type: int64}}}' 'jsonl: out/o.jsonl'
unlike "$err" "warning" "declared: nothing is left out"
is "$(tail -n 1 out/o.jsonl)" '{"late":null,"e":2,"a":1}' "declared: all is there"

# ---- keys that no field can be named by ----

printf '{"a":1}\n{"":1,"a":2}\n' >in.jsonl
moves 'jsonl: in.jsonl' 'jsonl: out/o.jsonl'
refused "an empty key" "line 2 of .*in.jsonl has a key that is empty, .*rest: NAME"
printf '{"a":"ok"}\n{"\xff":1}\n' >in.jsonl
moves 'jsonl: in.jsonl' 'jsonl: out/o.jsonl' 'rejects: {jsonl: rejects.jsonl}'
ended "a key that is not UTF-8" 0 2 1 1
is "$(cat out/o.jsonl)" '{"a":"ok"}' "a key that is not UTF-8: names no field"
is "$(of_rejects leat:raw)" '{"\xff":1}' "a key that is not UTF-8: is in the reject"

# ---- bytes that make no sense in the encoding ----

printf 'id,name\n1,x\x81\n2,\xe9\n' >in.csv
moves 'csv: {path: in.csv, encoding: WINDOWS-1252}' 'csv: out/o.csv' 'rejects: {jsonl: rejects.jsonl}'
ended "a byte that is none of the encoding" 0 2 1 1
is "$(of_rejects leat:raw) $(of_rejects name)" '1,x\x81 x\x81' "a byte that is none of the encoding: is shown"
is "$(of_rejects leat:field)" name "a byte that is none of the encoding: with its field"

# ---- a value that does not fit ----

printf 'id,day,password\n1,soon,s3cret\nx,soon,s3cret\n' >in.csv
moves 'csv: {path: in.csv, fields: {id: int64, day: date}}' 'csv: out/o.csv' 'rejects: {jsonl: rejects.jsonl}'
is "$(of_rejects leat:field | tr '\n' ' ')" 'day id ' "CSV: the field that does not fit"
is "$(of_rejects leat:raw | tr '\n' ' ')" 'soon x,soon,s3cret ' "CSV: its value, or the line where there are more"
moves 'csv: {path: in.csv, fields: {id: int64, day: date, password: {class: secret}}}' 'csv: out/o.csv' \
    'rejects: {jsonl: rejects.jsonl}'
is "$(of_rejects leat:raw | tr '\n' ' ')" 'soon x ' "CSV: no line that holds a secret"
done_testing
