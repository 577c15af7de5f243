# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat run --from-rejects: repaired rejects go through the same pipeline, nothing is lost or changed on
# the way, the books of both runs add up, and what the first run has written stays.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3 sqlite3

# fields FILE COLUMN...: these columns of a reject file, a line a record
fields() { python3 -c 'import csv, sys; [print("|".join(r[c] for c in sys.argv[2:])) for r in csv.DictReader(open(sys.argv[1], newline=""))]' "$@"; }

# repair FROM TO PYTHON: the code changes the record r, a dict
repair()
{
    python3 - "$@" <<'END'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
with open(sys.argv[2], "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(rows[0])
    for row in rows[1:]:
        r = dict(zip(rows[0], row))
        exec(sys.argv[3])
        w.writerow(list(r.values()))
END
}

# balance READ LOADED REJECTED NAME: what the last run says of itself
balance()
{
    is "$status $(counted read) $(counted loaded) $(counted rejected)" "0 $1 $2 $3" "$4: read, loaded, rejected"
    like "$out" '"balanced":true' "$4: the books balance"
}

# ---- the example of the manual page ----

page=$(sed -n '/^=head1 FEEDING REJECTS AGAIN/,/^=head1 SEE/p' "$top_srcdir/doc/leat-pipeline.pod")
sed -n '/^  leat: 1$/,/^$/p' <<<"$page" | sed 's/^  //' >twice.yaml
isnt "$(cat twice.yaml)" "" "leat-pipeline(5) has an example"
cat >users.csv <<'END'
id,email,born,note
1,anna@example.com,1980-05-12,x
2,nobody,1990-01-01,""
3,carl@example.com,31.02.1970,
4,dora@example.com,1975-02-01,"a ""q"""
5,too,few
6,also-nobody,,
END
state_home=$PWD/state
mapfile -t commands < <(grep -o '^  leat r.*' <<<"$page")
is "${#commands[@]}" 3 "leat-pipeline(5) shows run, rejects and run"
[ "${#commands[@]}" -eq 3 ] || { done_testing; }
run eval "${commands[0]} --json"
balance 6 2 4 "the first run"
cp good.csv good.was
run eval "${commands[1]}"
is "$status" 0 "rejects: exit status 0"
repair rejects.csv rejects.csv 'r["email"] = "b@example.com" if r["id"] == "2" else r["email"]
if r["id"] == "3": r["born"], r["leat:code"] = "1970-02-28", ""'
run eval "${commands[2]} --json"
balance 4 2 2 "the second run"
is "$(cat good-2.csv)" 'id,email,born,note
2,b@example.com,1990-01-01,
3,carl@example.com,1970-02-28,' "what was repaired is loaded, with its types"
same good.csv good.was "what the first run has written is as it was"
is "$(fields rejects-2.csv id leat:stage leat:field leat:code leat:key leat:raw)" '5|from-rejects|leat:code|check|5|5,too,few
6|rules|email|bad_email|6|' "what was not is rejected again, with what its line was"
is "$(tail -qn +2 good.csv good-2.csv rejects-2.csv | cut -d, -f1 | sort | tr '\n' ' ')" "1 2 3 4 5 6 " \
    "each record stands once: loaded by one of the two, or rejected"
repair rejects-2.csv rejects-3.csv 'if r["id"] == "5": r["email"], r["leat:code"] = "e@example.com", ""
else: r["email"] = "f@example.com"'
run leat run --json twice.yaml --from-rejects rejects-3.csv --set load.csv.path=good-3.csv --set rejects.csv.path=rejects-4.csv
balance 2 2 0 "a third run"
is "$(tail -qn +2 good.csv good-2.csv good-3.csv | cut -d, -f1 | sort | tr '\n' ' ')" "1 2 3 4 5 6 " "now all are loaded"
run leat runs twice
is "$(tail -n +2 "$out_file" | sed 's/.* //; s/^[0-9]*$//' | tr '\n' ' ')" "rejects rejects csv " "leat runs tells them apart"
unlike "$(leat state show twice)" "is not done" "nothing is left to be done"
state_home=

# ---- what would destroy the first run's files ----

run leat run twice.yaml --from-rejects rejects.csv
is "$status" 78 "the reject file that is read is the one that is written: exit status 78"
like "$err" "rejects: its file .*rejects.csv is also that of csv" "the same file: says so"
like "$err" "help: give the replay files of its own: --set load.csv.path=good-4.csv --set rejects.csv.path=rejects-5.csv" \
    "the same file: says what to type, for all that is there"
cp rejects.csv repaired.csv
sums=$(sha256sum ./*.csv)
run leat run twice.yaml --from-rejects repaired.csv
is "$status" 64 "the load's file is there: exit status 64"
like "$err" "load-csv: .*/good.csv is what a run before has written" "the load's file is there: says so"
like "$err" "--set load.csv.path=good-4.csv --set rejects.csv.path=rejects-5.csv" "the load's file is there: says what to type"
run leat run twice.yaml --from-rejects repaired.csv --set load.csv.path=new.csv
is "$status" 64 "the reject file is there: exit status 64"
like "$err" "rejects: .*/rejects.csv is what" "the reject file is there: says so"
cp good.csv results.jsonl
sed '$a results: {jsonl: results.jsonl}' twice.yaml >results.yaml
run leat run results.yaml --from-rejects repaired.csv --set load.csv.path=new.csv --set rejects.csv.path=new-rejects.csv
like "$status$err" "^64.*results: .*/results.jsonl is what.*--set results.jsonl.path=results-2.jsonl" "the results are there: says so"
rm results.jsonl
is "$(sha256sum ./*.csv)" "$sums" "and no file has changed"
run leat run twice.yaml --from-rejects repaired.csv --set load.csv.path=/dev/null --set rejects.csv.path=/dev/null
is "$status" 0 "/dev/null can be written as often as one likes"

# ---- every type, null and empty ----

cat >types.py <<'END'
import base64, json
rows = [
    dict(id=1, b=True, i=-9223372036854775808, f=0.1, d="12.50", da="2024-02-29", w="2024-02-29 12:00:00.5",
         u="2024-02-29T12:00:00Z", z="2024-07-01 12:00:00", t="a", y=b"\x00\xff\\x", j={"a": [1, None, "x\ny"]}),
    dict(id=2, b=False, i=0, f=1e308, d="-0.0000000000000000000001", da="0001-01-01", w="1969-12-31 23:59:59",
         u="1969-12-31T23:59:59.000001Z", z="1900-01-01 00:00:00", t="", y=b"", j=[]),
    dict(id=3, t="null", j="null"), dict(id=4, t='"', j=""), dict(id=5, t=" a,\"b\"\r\nc\t ", y=b"\\x00", j=5),
    dict(id=6, f="NaN", t="\\N", d="123456789012345678901234567890", y=b"text"), dict(id=7, f="-Infinity", t="Zoë 日本 \u0000"),
    dict(id=8, t="=1+1"), dict(id=9, t="${env:HOME} '' -- #"),
]
for r in rows:
    if "y" in r:
        r["y"] = base64.b64encode(r["y"]).decode()
    print(json.dumps(r, ensure_ascii=False))
END
python3 types.py >types.jsonl
cat >types.yaml <<'END'
leat: 1
name: types
params: {pass: {default: 'no'}}
extract:
  jsonl:
    path: types.jsonl
    fields:
      id: {type: int64, class: public}
      b: bool
      i: int64
      f: float64
      d: decimal
      da: date
      w: timestamp
      u: {type: timestamp, timezone: UTC}
      z: {type: timestamp, timezone: Europe/Paris}
      t: text
      y: bytes
      j: json
validate:
  - rules: {id: {check: "${param:pass} = 'yes'"}}
load: {jsonl: {path: all.jsonl}}
rejects: REJECTS
max_rejects: 100%
END
sed 's/^rejects: .*//' types.yaml >plain.yaml
run leat run --json plain.yaml --param pass=yes
balance 9 9 0 "all types, as they come"
leat plan --json plain.yaml | python3 -c 'import json, sys; print(json.load(sys.stdin)["stages"][0]["fields"])' >fields.was
for form in 'csv: {path: r.csv}' 'jsonl: {path: r.jsonl}' 'jsonl: {path: r.jsonl, nulls: omit}' 'csv: r.csv' \
            'csv: {path: r.csv, delimiter: ";", null: NULL, bom: true, quote: all, line_ending: crlf}'; do
    rm -f r.csv r.jsonl again.jsonl
    sed "s/^rejects: .*/rejects: {$form}/" types.yaml >t.yaml
    run leat run --json t.yaml --set load.jsonl.path=none.jsonl
    is "$(counted rejected)" 9 "$form: all are rejected"
    side=${form%%:*}
    run leat run --json t.yaml --param pass=yes --from-rejects r.* --set load.jsonl.path=again.jsonl --set rejects.$side.path=/dev/null
    balance 9 9 0 "$form: all are loaded"
    same again.jsonl all.jsonl "$form: and nothing of them has changed"
    leat plan --json t.yaml --from-rejects r.* --set rejects.$side.path=/dev/null |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["stages"][2]["fields"])' >fields.is
    same fields.is fields.was "$form: nor of their types, classes and zones"
done

# ---- names that look like something else ----

printf '{"id": 1, "a.b": "x", "c[0]": "y", "d\\"e": "z", "${env:HOME}": "v", "f g": null, "select": 1, "null": "n"}\n' >odd.jsonl
cat >odd.yaml <<'END'
leat: 1
name: odd
params: {pass: {default: 'no'}}
extract: {jsonl: {path: odd.jsonl}}
transform:
  - set: {id: id}
validate:
  - rules: {id: {check: "${param:pass} = 'yes'"}}
load: {jsonl: {path: odd-out.jsonl}}
rejects: {jsonl: {path: odd-r.jsonl}}
max_rejects: 100%
END
run leat run --json odd.yaml
cp odd-out.jsonl odd-none.jsonl
run leat run --json odd.yaml --param pass=yes --set load.jsonl.path=odd-all.jsonl --set rejects.jsonl.path=/dev/null
run leat run --json odd.yaml --param pass=yes --from-rejects odd-r.jsonl --set load.jsonl.path=odd-again.jsonl --set rejects.jsonl.path=/dev/null
balance 1 1 0 "odd names"
same odd-again.jsonl odd-all.jsonl "odd names: each is its own field"

# ---- what was no whole record ----

cat >whole.yaml <<'END'
leat: 1
name: whole
extract:
  csv: {path: whole.csv, fields: {n: int64}}
  id: the 'file'
load: {csv: {path: whole-out.csv}}
rejects: {csv: {path: whole-r.csv}}
max_rejects: 100%
max_record: 1KiB
END
{ printf 'id,n,t\n1,x,t\n2,3\n3,4,5,6\n4,5,"a"b\n5,6,M\xfcller\n6,7,'; printf '%2000s\n' ''; } >whole.csv
run leat run --json whole.yaml
balance 6 0 6 "records that are none"
cp whole-r.csv whole-1.csv
again() { run leat run --json whole.yaml --from-rejects "$1" --set load.csv.path="$2" --set rejects.csv.path="$3"; }
again whole-1.csv whole-o1.csv whole-2.csv
balance 6 0 6 "not repaired"
is "$(fields whole-2.csv id n t leat:raw)" "$(fields whole-1.csv id n t leat:raw)" "not repaired: all that was known of them is still there"
is "$(fields whole-2.csv leat:stage leat:field leat:code | sort -u)" "from-rejects|leat:code|check" "not repaired: says so"
again whole-2.csv whole-o2.csv whole-3.csv
balance 6 0 6 "not repaired, twice"
is "$(fields whole-3.csv id n t leat:raw)" "$(fields whole-1.csv id n t leat:raw)" "not repaired, twice: and still there"
repair whole-3.csv whole-4.csv 'r.update({"id": r["leat:key"] or "9", "n": "y" if r["id"] == "1" else "7", "t": "fine", "leat:code": ""})'
again whole-4.csv whole-o4.csv whole-5.csv
balance 6 5 1 "repaired, one of them badly"
is "$(fields whole-5.csv leat:stage leat:field leat:code leat:raw)" "the 'file'|n|conversion_failed|y" "repaired badly: rejected as it would be by the source"
again whole-5.csv whole-o5.csv whole-6.csv
balance 1 0 1 "repaired badly: it is no whole record either"
python3 - <<'END'
import csv
rows = list(csv.reader(open("whole-4.csv", newline="")))
csv.writer(open("whole-7.csv", "w")).writerows([rows[0], *([i, "7", "t", "", "", "", "", "", ""] for i in range(6))])
END
again whole-7.csv whole-o7.csv whole-8.csv
balance 6 0 6 "records that come from no reject file"
is "$(fields whole-8.csv leat:field leat:code | sort -u)" "leat:stage|required" "records that come from no reject file: says so"

# ---- a file that a spreadsheet has been at ----

python3 - <<'END'
import csv
rows = list(csv.DictReader(open("repaired.csv", newline="")))
names = ["my notes", *reversed(rows[0])]
w = csv.DictWriter(open("moved.csv", "w"), names)
w.writeheader()
for r in rows:
    w.writerow({**r, "my notes": "call her"})
END
run leat run --json twice.yaml --from-rejects moved.csv --set load.csv.path=moved-out.csv --set rejects.csv.path=moved-r.csv
balance 4 2 2 "columns in another order, and one more"
same moved-out.csv good-2.csv "columns in another order: what is loaded is the same"
is "$(fields moved-r.csv "my notes" id leat:key leat:code)" 'call her|5|5|check
call her|6|6|bad_email' "and who is rejected again keeps the note, and the key"
cut -d, -f1,2,4- repaired.csv >narrow.csv
run leat run twice.yaml --from-rejects narrow.csv --set load.csv.path=n.csv --set rejects.csv.path=nr.csv
is "$status" 78 "a column less: exit status 78"
like "$err" "^--from-rejects narrow.csv: error: .*has no field 'born'" "a column less: says which"
run leat run twice.yaml --from-rejects users.csv --set load.csv.path=n.csv --set rejects.csv.path=nr.csv
is "$status" 78 "no reject file: exit status 78"
like "$err" "has no field 'leat:stage'" "no reject file: says why"
is "$(ls n.csv nr.csv 2>/dev/null)" "" "no reject file: nothing is written"
run leat run twice.yaml --from-rejects nowhere.csv
is "$status" 74 "no file: exit status 74"
like "$err" "^leat: cannot read the reject file 'nowhere.csv': No such file" "no file: says so"
run leat run twice.yaml --from-rejects . --report report.json
is "$status" 74 "a folder: exit status 74"
like "$(cat report.json)" '"pipeline":"twice".*"error":"[^"]*Is a directory' "a folder: the report says so, too"

# ---- names that begin as ours do ----

printf 'id,mail,leat:old\n1,x,q\n2,b@example.com,r\n3,y,s\n' >lo.csv
cat >lo.yaml <<'END'
leat: 1
name: lo
extract: {csv: {path: lo.csv}}
validate: [{rules: {mail: {format: email}}}]
load: {csv: {path: lo-out.csv}}
rejects: {csv: {path: lo-rej.csv}}
max_rejects: 100%
END
run leat run --json lo.yaml
balance 3 1 2 "a field leat:old"
is "$(fields lo-rej.csv id mail leat:old leat:field)" '1|x|q|mail
3|y|s|mail' "a field leat:old: stands in the reject file as any other"
repair lo-rej.csv lo-1.csv 'if r["id"] == "1": r["mail"] = "a@example.com"'
run leat run --json lo.yaml --from-rejects lo-1.csv --set load.csv.path=lo2.csv --set rejects.csv.path=lo-rej2.csv
balance 2 1 1 "a field leat:old, fed again"
is "$(cat lo2.csv)" 'id,mail,leat:old
1,a@example.com,q' "a field leat:old, fed again: is loaded as it was"
is "$(fields lo-rej2.csv id mail leat:old leat:field)" '3|y|s|mail' "a field leat:old, fed again: and rejected as it was"
sed -i 's/^validate: .*/validate: [{rules: {"leat:old": {format: email}}}]/' lo.yaml
rm lo-out.csv lo-rej.csv
run leat run lo.yaml
run leat rejects --json lo-rej.csv
like "$out" '"field":"leat:old".*"value":"\*"' "a field leat:old, at fault: leat rejects shows it"
sed -i '1s/leat:old/leat:key/' lo.csv
sed -i 's/^validate: .*/validate: [{rules: {mail: {format: email}}}]/' lo.yaml
run leat check lo.yaml
is "$status" 0 "a field leat:key: exit status 0"
like "$err" "^note: csv: rejects: leaves out the field 'leat:key', .* cannot be fed again" "a field leat:key: check says what will not be possible"
run leat plan lo.yaml
like "$out" "note: rejects: leaves out the field 'leat:key', .*cannot be fed again" "a field leat:key: and so does plan"
run leat run lo.yaml --from-rejects lo-1.csv --set load.csv.path=lo3.csv --set rejects.csv.path=lo-rej3.csv
is "$status" 64 "a field leat:key, fed again: exit status 64"
like "$err" "cannot feed rejects again: the extract has a field 'leat:key', .*give the field another name there" "a field leat:key, fed again: says why and what to do"
run leat plan twice.yaml --from-rejects repaired.csv --set rejects.csv.path=x.csv
unlike "$out" "cannot be fed again" "nothing of it where there is no such field"

# ---- what cannot be fed again ----

sed 's/fields: {/fields: {note: {class: secret}, /' twice.yaml >secret.yaml
run leat run secret.yaml --from-rejects repaired.csv
is "$status" 64 "a secret field: exit status 64"
like "$err" "the field 'note' of the extract is secret, and a reject file has no secrets" "a secret field: says so"
sed 's/^rejects: .*/rejects: {csv: {path: rejects.csv, formula_guard: escape}}/' twice.yaml >guard.yaml
run leat run guard.yaml --from-rejects repaired.csv
is "$status" 64 "formula_guard: exit status 64"
like "$err" "formula_guard: escape" "formula_guard: says why"
sed 's/email: {req/emial: {req/' twice.yaml >wrong.yaml
run leat run wrong.yaml --from-rejects repaired.csv
is "$status" 78 "a mistake in the file: exit status 78"
is "$(grep -c 'error:' "$err_file")" 1 "a mistake in the file: is said once"

# ---- the store's key, and a load with transactions ----

sqlite3 shop.db "CREATE TABLE users(name TEXT, id INTEGER PRIMARY KEY, email TEXT, at INTEGER)"
sqlite3 shop.db "INSERT INTO users VALUES('anna', 1, 'a@x.io', 1), ('bert', 2, 'b', 2), ('carl', 3, NULL, 3), ('dora', 4, 'd@x.io', 4)"
cat >shop.yaml <<'END'
leat: 1
name: shop
extract:
  sqlite: {path: shop.db, table: users, cursor: [at, id], incremental: true}
transform:
  - filter: id > 0
validate:
  - rules: {email: {required: true, format: email}}
load: target
loads:
  target: {sqlite: {path: target.db, table: users, mode: upsert, key: id}}
rejects: {jsonl: {path: shop-r.jsonl}}
results: {csv: {path: shop-s.csv}}
max_rejects: 100%
END
state_home=$PWD/state
sqlite3 target.db "CREATE TABLE users(name TEXT, id INTEGER PRIMARY KEY, email TEXT, at INTEGER)"
run leat run --json shop.yaml
balance 4 2 2 "sqlite"
sed -i 's/"email":"b"/"email":"b@x.io"/' shop-r.jsonl
run leat run --json shop.yaml --from-rejects shop-r.jsonl --set rejects.jsonl.path=shop-r2.jsonl --set results.csv.path=shop-s2.csv
balance 2 1 1 "sqlite, fed again"
is "$(sqlite3 target.db 'SELECT group_concat(id) FROM (SELECT id FROM users ORDER BY id)')" "1,2,4" "a load with transactions adds to what is there"
is "$(cat shop-s2.csv)" 'leat:key,leat:verdict,leat:answer
2,loaded,
3,rejected,' "the key is that of the store"
like "$(cat shop-r2.jsonl)" '"id":3,.*"leat:stage":"rules".*"leat:key":"3"' "and in the rejects, too"
sqlite3 shop.db "INSERT INTO users VALUES('eric', 5, 'e@x.io', 5)"
run leat run --json shop.yaml --set rejects.jsonl.path=shop-r3.jsonl --set results.csv.path=shop-s3.csv
balance 1 1 0 "an incremental run goes on where the source was left, not the reject file"
state_home=

# ---- what else takes it ----

run leat preview twice.yaml --from-rejects repaired.csv --set rejects.csv.path=x.csv
is "$status" 0 "leat preview --from-rejects: exit status 0"
like "$out" "carl@example.com +1970-02-28" "leat preview --from-rejects: shows what would be loaded"
run leat plan twice.yaml --from-rejects repaired.csv --set rejects.csv.path=x.csv
is "$status" 0 "leat plan --from-rejects: exit status 0"
like "$out" "from-rejects" "leat plan --from-rejects: shows the stages in front"

# ---- killed, when some of its files have their names ----

cc=${CC:-cc}
cat >kill.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int rename(const char *from, const char *to)
{
    static int n;
    size_t l = strlen(to);
    if (l > 4 && strcmp(to + l - 4, ".csv") == 0 && n++ == 1)
        raise(SIGKILL);
    return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
END
if sanitized || ! $cc -shared -fPIC -o kill.so kill.c -ldl 2>/dev/null; then
    skip "killed between two names" "it needs a compiler and no sanitizer"
else
    state_home=$PWD/killed
    killed() { leat run --json twice.yaml --from-rejects repaired.csv --set load.csv.path=k.csv --set rejects.csv.path=kr.csv "$@"; }
    run env LD_PRELOAD="$PWD/kill.so" bash -c 'exec "$@"' - env XDG_STATE_HOME="$state_home" "$LEAT" run --json twice.yaml \
        --from-rejects repaired.csv --set load.csv.path=k.csv --set rejects.csv.path=kr.csv
    is "$status" 137 "killed between two names"
    is "$(ls k.csv kr.csv 2>/dev/null | wc -l)" 1 "killed between two names: one file has its name"
    run killed
    balance 4 2 2 "run again, it goes on, though one of its files is there"
    same k.csv good-2.csv "run again: what is loaded is whole"
    run killed
    is "$status" 64 "once it is done, it is not done again over it"
    state_home=
fi
done_testing
