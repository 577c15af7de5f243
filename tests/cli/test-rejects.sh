# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# leat rejects: a reject file by stage, field and code, and nothing of the people in it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

cat >in.csv <<'END'
id,email,born,country
anna.smith,anna@example.com,1980-05-12,FR
bert.jones,nobody-at-all,1990-01-01,
carl.brown,carl@example.com,31.02.1970,DE
dora.white,zoë/müller,1975-02-01,DE
eric.green,too,few
fritz.grey,,1975-02-01,DE
END
cat >p.yaml <<'END'
leat: 1
name: p
extract:
  csv: {path: in.csv, fields: {born: date}}
validate:
  - rules: {email: {required: true, format: email}}
load: {csv: {path: out.csv}}
rejects: csv
max_rejects: 100%
END
for form in csv jsonl; do
    sed "s/^rejects:.*/rejects: {$form: {path: rejects.$form}}/" p.yaml >$form.yaml
    run leat run $form.yaml
    is "$status" 0 "$form: there are rejects"
done

# ---- what is shown ----

cat >wanted <<'END'
2 rules email bad_email email is not an e-mail address record 1, key b***.***: n***-**-***
1 csv born conversion_failed is not a date written YYYY-MM-DD (line 4, byte 102) record 2, key c***.***: 3*.**.***
1 csv - too_few_fields has 3 fields instead of 4 (line 6, byte 182) record 4, key e***.***: e***.***,**…
1 rules email required email is required record 5, key f***.***
END
for form in csv jsonl; do
    run leat rejects rejects.$form
    is "$status" 0 "$form: exit status 0"
    tail -n +3 "$out_file" | sed 's/  */ /g; s/^ //' >got
    same got wanted "$form: groups by count, and each with its first reject"
    like "$err" "^rejects.$form: 5 rejects$" "$form: says how many there are"
    run leat rejects --json rejects.$form
    is "$status" 0 "$form: --json: exit status 0"
    python3 - "$out_file" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["rejects"] == 5 and d["unreadable"] == 0 and d["not_shown"] == 0, d
assert [g["count"] for g in d["groups"]] == [2, 1, 1, 1], d
assert d["groups"][0] == {"count": 2, "stage": "rules", "field": "email", "code": "bad_email", "record": 1,
                          "reason": "email is not an e-mail address", "key": "b***.***", "value": "n***-**-***"}, d
assert d["groups"][2]["field"] is None and d["groups"][3]["value"] is None, d
END
    ok $? "$form: --json has the same"
    for word in anna bert jones nobody 31.02 carl dora white müller eric green fritz; do
        unlike "$(leat rejects rejects.$form 2>&1; leat rejects --json rejects.$form 2>&1)" "$word" "$form: '$word' is nowhere"
    done
done
cp rejects.jsonl without-ending
run leat rejects without-ending
like "$out" "record 5, key f" "a file without an ending is known by its first byte"
cp rejects.csv csv-without-ending
run leat rejects csv-without-ending
like "$out" "record 5, key f" "and so is CSV"
mkdir '${env:HOME}' && cp rejects.csv '${env:HOME}/$${x}.csv'
run leat rejects '${env:HOME}/$${x}.csv'
like "$out" "record 5, key f" "a file whose name looks like a variable"

# ---- files of other forms of CSV, which leat writes ----

for delimiter in ';' '|' '\t' "'" ' '; do
    for more in '' ', quote: all, bom: true, line_ending: crlf'; do
        sed "s/^rejects:.*/rejects: {csv: {path: other.csv, delimiter: \"${delimiter/\\/\\\\}\"$more}}/" p.yaml >other.yaml
        leat run other.yaml
        run leat rejects other.csv
        tail -n +3 "$out_file" | sed 's/  */ /g; s/^ //' >got
        same got wanted "delimiter: \"$delimiter\"$more: is found in the first line"
    done
done
printf 'a|leat:stage;xleat:stage;leat:stage;leat:code\n1;2;s;c\n' >odd.csv
run leat rejects odd.csv
like "$out" "^    1  s +- +c " "a field whose name holds leat:stage is another one"
printf 'leat:stage|leat:code\ns|c\n' >first.csv
run leat rejects first.csv
like "$out" "^    1  s +- +c " "leat:stage may stand first"

# ---- masking ----

masks()
{
    run python3 - "$1" <<'END'
import csv, sys
w = csv.writer(open("m.csv", "w"))
w.writerow(["v", "leat:stage", "leat:field", "leat:code", "leat:reason", "leat:key", "leat:raw"])
w.writerow([eval(sys.argv[1]), "s", "v", "c", "r", "", ""])
END
    leat rejects --json m.csv >got.json
    is "$(python3 -c 'import json; print(json.load(open("got.json"))["groups"][0]["value"])')" "$2" "masked: $1"
}
masks "'anna@example.com'" 'a***@***.***'
masks "'F'" '*'
masks "'abc'" '***'
masks "'abcd'" 'a***'
masks "'+491701234567'" '+***'
masks "'1980-05-12'" '1***-**-**'
masks "'Ærøskøbing'" 'Æ***'
masks "'日本語です'" '日***'
masks "'a.b.c.d.e.f.g.h'" 'a.*.*.*.*.*…'
masks "'x' * 100000" 'x***'
masks "'a\x1b[31mb'" 'a*[***'

# ---- what is no reject file ----

run leat rejects in.csv
is "$status" 65 "a file without leat: columns: exit status 65"
like "$err" "^leat: in.csv is no reject file: it has no leat:stage" "a file without leat: columns: says so"
is "$out" "" "a file without leat: columns: shows nothing"
printf '{"id": 1}\n{"id": 2}\n' >plain.jsonl
run leat rejects plain.jsonl
is "$status" 65 "JSON lines without leat: keys: exit status 65"
like "$err" "^leat: plain.jsonl is no reject file" "JSON lines without leat: keys: says so"
printf 'rubbish\n' >plain.jsonl
run leat rejects plain.jsonl
is "$status" 65 "what is no JSON: exit status 65"
: >empty.jsonl
run leat rejects empty.jsonl
is "$status$out" 0 "JSON lines without a line: there are no rejects"
head -1 rejects.csv >none.csv
run leat rejects none.csv
is "$status$out$err" "0none.csv: 0 rejects" "CSV with nothing but a header: there are no rejects"
: >empty.csv
run leat rejects empty.csv
is "$status" 65 "an empty file: exit status 65"
like "$err" "cannot read 'empty.csv' as a reject file: .*empty" "an empty file: says so"
for file in nowhere.csv . /dev/null; do
    run leat rejects $file
    is "$status" 66 "$file: exit status 66"
    like "$err" "^leat: cannot read the reject file '$file': " "$file: says why"
done
run leat rejects
is "$status" 64 "no file: exit status 64"
run leat rejects rejects.csv rejects.jsonl
is "$status" 64 "two files: exit status 64"

# ---- files that somebody has been at ----

{ cat rejects.csv; printf 'x,y\n"q"q,1,2,3,4,5,6,7,8,9\n'; } >bad.csv
run leat rejects bad.csv
is "$status" 0 "lines that cannot be read: exit status 0"
like "$err" "bad.csv: 2 lines cannot be read and are not counted; the first is record 6: has 2 fields" \
    "lines that cannot be read: says how many, and which"
is "$(tail -n +3 "$out_file" | wc -l)" 4 "lines that cannot be read: the others are counted"
python3 - <<'END'
import csv
w = csv.writer(open("evil.csv", "w"))
w.writerow(["id", "leat:stage", "leat:field", "leat:code", "leat:reason", "leat:key", "leat:raw"])
w.writerow(["1", "s\x1b]0;x\a", "f\u202e", "c\r", "r\x1b[2J", "\x1b[2Jkey", "\x1b[2J"])
END
run leat rejects evil.csv
is "$(grep -c $'[\e\a\r]' "$out_file")" 0 "nothing in it is obeyed by a terminal"
cut -d, -f1-7 rejects.csv >narrow.csv # without reason, key and raw
run leat rejects narrow.csv
is "$status" 0 "a file without its last columns: exit status 0"
like "$out" "record 1: n\*\*\*-" "a file without its last columns: shows what it has"
python3 - <<'END'
import csv
w = csv.writer(open("kinds.csv", "w"))
w.writerow(["id", "leat:stage", "leat:code"])
for i in range(12000):
    w.writerow([i, "s", "c%d" % i])
w.writerow([i, "s", "c0"])
END
leat rejects --json kinds.csv >kinds.json
is "$(python3 -c 'import json; d = json.load(open("kinds.json")); print(d["rejects"], d["not_shown"], len(d["groups"]), d["groups"][0]["code"], d["groups"][0]["count"])')" \
    "12001 2000 10000 c0 2" "more kinds than anybody reads: counted, and not kept"

# ---- memory ----

# peak RECORDS: the largest that leat became, in KiB
peak()
{
    python3 - "$1" "$LEAT" <<'END'
import csv, resource, subprocess, sys
with open("large.csv", "w") as f:
    w = csv.writer(f)
    w.writerow(["id", "email", "leat:stage", "leat:field", "leat:code", "leat:reason", "leat:key", "leat:raw"])
    w.writerows([i, "nobody%d" % i, "rules", "email", "bad_email", "email is not an e-mail address" * 3, i, ""] for i in range(int(sys.argv[1])))
subprocess.run([sys.argv[2], "rejects", "large.csv"], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
}
if sanitized; then
    skip "memory is flat" "a sanitizer takes its own"
else
    small=$(peak 20000) large=$(peak 400000)
    ok "$([ "$large" -lt $((small + 4096)) ]; echo $?)" "50 MB take no more memory than 2.5 MB ($small KiB, $large KiB)"
fi
done_testing
