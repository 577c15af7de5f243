# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The rejects and the results: which loads may take them, what of a secret never stands in them,
# and that they take whatever a target answers.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

plugins=$top_builddir/tests/plugins/.libs
[ -e "$plugins/load-late.so" ] || skip_all "the plugins of the tests are not built (make check does)"
requires python3 sqlite3

# pipeline EXTRACT LOAD LINE...
pipeline()
{
    printf 'leat: 1\nname: p\nextract: {%s}\nload: {%s}\n' "$1" "$2" >p.yaml
    shift 2
    printf '%s\n' "$@" >>p.yaml
}

# ---- a load that answers late takes neither ----

for side in rejects results; do
    pipeline 'generate: 10' 'csv: o.csv' "$side: {late: reversed}"
    for command in check run preview plan; do
        run timeout 60 "$LEAT" $command --plugin-dir "$plugins" p.yaml
        is "$status" 78 "$side by a late load: $command refuses it"
        like "$err" "^p.yaml:5:[0-9]+: error: $side: late answers late, and this must be written at once" \
            "$side by a late load: $command says where and why"
        like "$err" "help: take a load that writes a file" "$side by a late load: $command says what to do"
        is "$out" "" "$side by a late load: $command shows nothing else"
    done
done
is "$(ls)" "p.yaml" "a late load for rejects or results: nothing is written"

# ---- no secret, in no column, of no kind of reject ----

secret=tops3cret

# kept NAME ROWS EXTRACT [LINE...]: so many rejects, and the secret stands nowhere but in the input
kept()
{
    local name=$1 rows=$2 extract=$3
    shift 3
    pipeline "$extract" 'csv: out/o.csv' 'rejects: {csv: out/r.csv}' 'results: {jsonl: out/s.jsonl}' 'max_rejects: 100%' "$@"
    rm -rf out
    mkdir out
    run leat run -vv --json --report out/report.json p.yaml
    is "$status" 0 "$name: exit status 0"
    is "$(python3 -c 'import csv; print(len(list(csv.DictReader(open("out/r.csv")))))')" "$rows" "$name: $rows rejects"
    for word in $secret TOPS3CRET; do
        is "$(grep -rl "$word" out)$(grep -c "$word" "$out_file" "$err_file" | grep -v ':0')" "" "$name: $word stands in no file and no log"
    done
    run leat preview p.yaml
    unlike "$out$err" "$secret" "$name: nor in the preview"
}
raw() { python3 -c 'import csv; print(" ".join(r["leat:code"] + "=" + r["leat:raw"] for r in csv.DictReader(open("out/r.csv"))))'; }

cat >in.csv <<END
id,pw,n
1,$secret,a
2,$secret
3,x,y,$secret
4,"$secret"x,b
5,$secret $secret $secret $secret,"$secret
END
kept "lines that are no records" 4 'csv: {path: in.csv, fields: {pw: {type: text, class: secret}}}'
is "$(raw)" "too_few_fields= too_many_fields= bad_quote= unclosed_quote=" "lines that are no records: their bytes are left out"
pipeline 'csv: in.csv' 'csv: o.csv' 'rejects: {csv: r.csv}' 'max_rejects: 100%'
run leat run p.yaml
like "$(cat r.csv)" ",\"2,$secret\"$" "and without a secret among the fields, they are there"
printf 'id,pw\n1,%s\nx,%s\n' $secret $secret >in.csv
kept "a secret of another type" 2 'csv: {path: in.csv, fields: {id: int64, pw: {type: int64, class: secret}}}'
kept "another field of another type" 1 'csv: {path: in.csv, fields: {id: int64, pw: {type: text, class: secret}}}'
printf 'id,pw\n1,%s\xff\n' $secret >in.csv
kept "a secret that is no UTF-8" 1 'csv: {path: in.csv, fields: {pw: {type: text, class: secret}}}'
{ printf 'id,pw\n1,'; for _ in $(seq 200); do printf %s $secret; done; echo; } >long.csv
kept "a secret that is too large" 1 'csv: {path: long.csv, fields: {pw: {type: text, class: secret}}}' 'max_record: 1k'
cat >in.jsonl <<END
{"id": 1, "pw": "$secret"}
{"id": 2, "pw": "$secret"
{"id": "x", "pw": "$secret"}
{"id": 4, "pw": {"old": "$secret"}}
{"id": 5, "pw": "$secret\\ud800"}
["$secret"]
END
kept "JSON lines" 4 'jsonl: {path: in.jsonl, fields: {id: int64, pw: {type: text, class: secret}}}'
kept "JSON lines, a secret of another type" 6 'jsonl: {path: in.jsonl, fields: {id: int64, pw: {type: int64, class: secret}}}'
sqlite3 in.db "CREATE TABLE t(id INTEGER, pw TEXT); INSERT INTO t VALUES(1, '$secret'), ('x', '$secret'), (3, CAST(x'ff' AS TEXT) || '$secret')"
kept "SQLite" 2 'sqlite: {path: in.db, table: t, fields: {pw: {type: text, class: secret}}}'
kept "SQLite, a secret of another type" 3 'sqlite: {path: in.db, table: t, fields: {pw: {type: int64, class: secret}}}'
sqlite3 in.db "DROP TABLE t; CREATE TABLE t(pw TEXT PRIMARY KEY, n TEXT); INSERT INTO t VALUES('$secret', 'x')"
kept "the secret is the key" 1 'sqlite: {path: in.db, table: t, fields: {pw: {type: text, class: secret}}}' 'transform: [{map: {n: cast(n as int64)}}]'
printf 'id,pw,l\n1,%s,"[1, 2]"\n2,%s,[\n' $secret $secret >in.csv
kept "stages on the way" 2 'csv: {path: in.csv, fields: {l: json, pw: {type: text, class: secret}}}' \
    'transform:' '  - set: {up: upper(pw)}' '  - split: {field: l}' '  - set: {n: "case when cast(l as text) = '"'1'"' then cast(up as int64) else 1 end"}' \
    'validate:' '  - rules: {up: {pattern: "^x", enum: [a]}}'
kept "rules" 2 'csv: {path: in.csv, fields: {pw: {type: text, class: secret}}}' \
    "validate: [{rules: {pw: {format: email, max_length: 3, check: length(pw) < 2, message: too long}}}]"

# ---- whatever a target answers ----

# answers N: so many for each of 10 records
answers() { pipeline 'probe: 10' "probe: {mode: many, answers: $1}" 'batch_rows: 4' 'results: {jsonl: s.jsonl}' "${@:2}"; }
answers 3000
run timeout 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml
is "$status" 0 "3,000 answers a record: exit status 0"
like "$out" '"loaded":10,.*"balanced":true' "3,000 answers a record: counted once"
python3 - <<'END'
import json
rows = [json.loads(line) for line in open("s.jsonl")]
assert len(rows) == 10, len(rows)
for i, row in enumerate(rows):
    pairs = json.loads(row["leat:answer"], object_pairs_hook=list) if isinstance(row["leat:answer"], str) else None
    if pairs is None: # the document itself: read the line again, since a name stands in it many times
        pairs = dict(json.loads(open("s.jsonl").readlines()[i], object_pairs_hook=list))["leat:answer"]
    values = [v for k, v in pairs if k != "nothing"]
    assert values == ["%d of %d" % (n, i) for n in range(3000)], (i, values[:3], len(values))
END
ok $? "3,000 answers a record: each stands with its record, in the order of the answers"
answers 100000
run timeout 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml
is "$status" 65 "more answers than a record may be large: exit status 65"
like "$err" "results: cannot write a record: has more than [0-9]+ bytes \(see max_record\)" "more answers than a record may be large: says so"
is "$(ls s.jsonl.* .s.jsonl* 2>/dev/null)" "" "more answers than a record may be large: nothing half-written is left"
answers 100000 'max_record: 8MiB'
run timeout 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml
is "$status" 0 "more answers, where max_record allows them: exit status 0"
answers 100000
sed -i '/^results/d' p.yaml
run timeout 60 "$LEAT" run --plugin-dir "$plugins" --json p.yaml
is "$status" 0 "more answers, and nobody wants them: exit status 0"
done_testing
