# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# cognito_user and cognito_csv, through whole runs. What cognito_csv has written is read back by
# tests/tools/read-cognito-csv.py, which knows the dialect from Cognito's documents alone.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3

reader=$top_srcdir/tests/tools/read-cognito-csv.py

cat >pool.json <<'END'
{"UserPool": {"Id": "eu-west-1_x", "MfaConfiguration": "OFF", "AutoVerifiedAttributes": ["email"],
  "SchemaAttributes": [
    {"Name": "sub", "AttributeDataType": "String", "Required": true, "Mutable": false},
    {"Name": "email", "AttributeDataType": "String", "Required": true, "Mutable": true},
    {"Name": "name", "AttributeDataType": "String", 
     "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "20"}},
    {"Name": "custom:age", "AttributeDataType": "Number", "Mutable": false,
     "NumberAttributeConstraints": {"MinValue": "0", "MaxValue": "150"}}]}}
END
cat >header.json <<'END'
{"UserPoolId": "eu-west-1_x",
 "CSVHeader": ["cognito:username", "email", "email_verified", "name", "birthdate", "custom:age"]}
END
cat >users.csv <<'END'
key,cognito:username,email,email_verified,name,birthdate,phone_number,updated_at,custom:age
k1,anna,anna@example.com,true,"Smith, Anna",1990-02-28,+12345550100,1700000000,30
k2,bob,bob@example.com,FALSE,Bob,,,,
k3,花子,hanako@example.com,true,花子,2000-02-29,,,0
END

# job NAME EXTRA-LINES INPUT VALIDATE LOAD  writes p.yaml; `csv` and `reject` are what follows it
job()
{
    cat >p.yaml <<END
leat: 1
name: $1
extract:
  csv:
    path: $2
    header: true
    fields: {updated_at: int64, custom:age: int64, email_verified: bool, birthdate: date, key: {class: public}}
transform:
  - select: [${fields-cognito:username, email, email_verified, name, birthdate, phone_number, updated_at, custom:age}]
$3
load: {cognito_csv: {path: out.csv$4}}
rejects: {csv: {path: rejects.csv}}
max_rejects: 100%
END
    rm -f out*.csv* rejects.csv
}
move() { run leat run --state-dir state p.yaml; }
read_back() { run python3 "$reader" "$@"; }
# field:code of the rejected records
codes()
{
    python3 - <<'END'
import csv
print(*sorted({f"{r['leat:field']}:{r['leat:code']}" for r in csv.DictReader(open('rejects.csv', encoding='utf-8'))}))
END
}

# ---- the dialect ----

job plain users.csv "" ""
move
is "$status" 0 "users are written"
is "$(head -n 1 out.csv)" "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,\
email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,\
cognito:mfa_enabled,cognito:username,custom:age" "the header is that of the pool, in Cognito's order"
is "$(sed -n 2p out.csv)" \
    'Smith\, Anna,,,,,,,,,anna@example.com,true,,02/28/1990,,,+12345550100,false,,1700000000,,anna,30' \
    "a row has every column, and values in Cognito's forms"
read_back --lines out.csv
is "$status" 0 "the strict reader takes it"
like "$out" '^rows=3 cols=22 ' "with all its rows"
is "$(cat out.csv.lines)" "$(printf '2\tk1\n3\tk2\n4\tk3')" "the line map leads back to the source keys"
is "$(stat -c %a out.csv out.csv.lines | tr '\n' ' ')" "600 600 " "the files are for the owner alone"
is "$(find . -name '.*part')" "" "no part file is left behind"

printf '%s\n' 'key,cognito:username,email,email_verified,name,birthdate,phone_number,updated_at,custom:age' >empty.csv
job empty empty.csv "" ""
move
is "$status $(wc -l <out.csv) $(wc -c <out.csv.lines)" "0 1 0" "no users: a header and an empty map"

# ---- columns ----

job header users.csv "" ", header: header.json"
move
is "$(sed -n 2p out.csv)" 'anna,anna@example.com,true,Smith\, Anna,02/28/1990,30' "header: a file gives the columns"
read_back --header header.json out.csv
is "$status" 0 "header: and they are exactly these"
job list users.csv "" ", header: [email, cognito:username, custom:age]"
move
is "$(head -n 2 out.csv | tr '\n' ' ')" 'email,cognito:username,custom:age anna@example.com,anna,30 ' \
    "header: a list does, too"
job misspelt users.csv "" ", header: [emial, cognito:username, cognito:username]"
move
is "$status" 78 "header: mistakes are found before the run"
like "$err" "'emial'.*'email'" "header: with the name that was meant"
like "$err" "'cognito:username' is named twice" "header: and columns that are there twice"
job nofile users.csv "" ", header: nowhere.json"
move
like "$status $err" "^78 .*nowhere.json" "header: a file that is not there is named with its path"

fields='cognito:username, email, key'
job left users.csv "" ""
run leat plan p.yaml
like "$out" "key.*not a column" "a field without a column is named by plan"
fields='email'
job nouser users.csv "" ""
move
like "$status $err" "^78 .*'cognito:username'" "without a field for the user name nothing runs"
unset fields

# ---- what cannot be written ----

cat >dirty.csv <<'END'
key,cognito:username,email,email_verified,name,birthdate,phone_number,updated_at,custom:age
1,a1,,,"line
break",,,,
2,a2,,,"say ""hi""",,,,
3,a3,,,back\slash,,,,
4,a4,,, outer,,,,
5,a5,,,tab	tab,,,,
6,,,,No Name,,,,
7,a b,,,Space,,,,
8,a8,,true,Verified,,,,
9,a9,no-at-sign,,Mail,,,,
10,a10,,,Phone,,030 1234,,
11,a11,,,Fine,,,,
12,a12,,,Before,,,-5,
END
job dirty dirty.csv "" ""
move
is "$status" 0 "records that cannot be written do not end the run"
is "$(codes)" "cognito:username:bad_username cognito:username:required email:bad_email \
email_verified:verified_without_email name:backslash name:line_break name:outer_space name:quote name:tab phone_number:bad_phone updated_at:out_of_range" \
    "each is rejected with its field and a code"
read_back --lines --json out.csv
is "$status" 0 "no row is damaged by those that were taken back"
like "$out" '"cognito:username": "a11"' "and the good one is there"
is "$(cat out.csv.lines)" "$(printf '2\t11')" "on its own line"

if [ -e "${LEAT_TEST_DATA-}/naughty-strings/blns.txt" ]; then
    python3 - "$LEAT_TEST_DATA/naughty-strings/blns.txt" <<'END'
import csv, sys
lines = [l for l in open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n") if l and l[0] != "#"]
w = csv.writer(open("naughty.csv", "w", encoding="utf-8", newline=""), lineterminator="\n")
w.writerow(["key", "cognito:username", "name"])
w.writerows([i, f"user{i}", line] for i, line in enumerate(lines))
END
    fields='cognito:username, name'
    job naughty naughty.csv "" ""
    sed -i 's/fields: {.*}}*/fields: {}/' p.yaml
    move
    is "$status" 0 "naughty strings do not end the run"
    read_back --json out.csv
    is "$status" 0 "the strict reader takes those that could be written"
    cp "$out_file" read.jsonl
    run python3 - read.jsonl <<'END'
import csv, json, sys
given = {r["cognito:username"]: r["name"] for r in csv.DictReader(open("naughty.csv", encoding="utf-8", newline=""))}
written = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8") if l.startswith("{")]
rejected = [r for r in csv.DictReader(open("rejects.csv", encoding="utf-8", newline=""))]
changed = [u for u in written if u["name"] != given[u["cognito:username"]]]
print(len(changed), len(given) - len(written) - len(rejected), len(written) > 100, len(rejected) > 10)
END
    is "$out" "0 0 True True" "each is unchanged or rejected"
    unset fields
else
    skip "naughty strings" "no LEAT_TEST_DATA"
fi

# ---- the pool's rules ----

job pool users.csv "" ", pool: pool.json"
move
is "$(codes)" "email_verified:not_verified" "pool: a user of whom nothing is verified is rejected"
read_back --pool pool.json --lines out.csv
is "$status" 0 "pool: the others are as the pool wants them"
fields='cognito:username, email, name'
job poolmap users.csv "" ", pool: pool.json"
move
like "$status $err" "^78 .*email_verified" "pool: without email_verified nothing runs"
unset fields
echo '{"UserPool": {}}' >broken.json
job broken users.csv "" ", pool: broken.json"
move
like "$status $err" "^78 .*broken.json.*SchemaAttributes" "pool: a description that is none says why"

# ---- parts ----

{
    head -n 1 users.csv
    for i in $(seq 1 25); do echo "$i,user$i,u$i@example.com,true,User $i,,,,"; done
} >many.csv
job parts many.csv "" ", max_rows: 10"
move
is "$(ls out*.csv | tr '\n' ' ')" "out-2.csv out-3.csv out.csv " "more rows than a part takes go into further parts"
read_back --lines --max-rows 10 out.csv out-2.csv out-3.csv
is "$status ${out%% *}" "0 rows=25" "each with a header, and all rows are there once"
is "$(tail -n 1 out-3.csv.lines)" "$(printf '6\t25')" "and each with a line map of its own"
job parts many.csv "" ", max_rows: 20"
cp users.csv out-3.csv
move
like "$status $err" "^0 .*out-3.csv" "a part that an earlier run has left is named in a warning"
same users.csv out-3.csv "and is not touched"
job bytes many.csv "" ", max_bytes: 600"
move
is "$(find . -name 'out*.csv' -size +600c)" "" "no part has more bytes than it may"
# shellcheck disable=SC2046
read_back --lines --max-bytes 600 $(ls out*.csv | sort -t- -k2 -n)
is "$status ${out%% *}" "0 rows=25" "and nothing is lost between them"
job tiny many.csv "" ", max_bytes: 300"
move
is "$(codes)" ":row_too_long" "a row that fits no part is rejected"
job header many.csv "" ", max_bytes: 100"
move
like "$status $err" "^78 .*max_bytes" "a part in which not even the header fits is a mistake"
job large many.csv "" ", max_bytes: 100MB"
move
like "$status $err" "^78 .*at most 100000000: .*write 100000000, or 95MB" "and so is more than a job takes, in bytes"
job large many.csv "" ", max_bytes: 95MB"
move
is "$status" 0 "what the message says can be written"

# ---- where files go ----

job nowhere users.csv "" ""
sed -i 's|path: out.csv|path: nowhere/out.csv|' p.yaml
move
like "$status $err" "^78 .*no folder" "a folder that is not there is found before the run"
job null users.csv "" ""
sed -i 's|path: out.csv|path: /dev/null|' p.yaml
move
is "$status $(find /dev -maxdepth 1 -name 'null.*')" "0 " "to /dev/null there is no line map"
job taken users.csv "" ""
mkdir out.csv.lines
move
isnt "$status" 0 "a line map that cannot be written ends the run"
is "$(ls -d out* | tr '\n' ' ')" "out.csv.lines " "and no half of the output is left"
rmdir out.csv.lines
if [ -e /dev/full ]; then
    job full users.csv "" ""
    sed -i 's|path: out.csv|path: /dev/full|' p.yaml
    move
    isnt "$status" 0 "a device is no output"
fi

# ---- cognito_user ----

job user users.csv 'validate: [cognito_user: ]' ""
move
is "$status $(codes)" "0 email_verified:not_verified" "cognito_user: its own pool verifies e-mail"
job user users.csv 'validate: [cognito_user: {for: api}]' ""
move
is "$(codes)" "" "cognito_user: for the API that does not count"
job user users.csv 'validate: [cognito_user: {pool: pool.json, for: api}]' ""
sed 's/Smith, Anna/A/; s/,0$/,151/' users.csv >other.csv
sed -i 's/users.csv/other.csv/' p.yaml
move
is "$(codes)" "custom:age:out_of_range name:too_short" "cognito_user: lengths and ranges are the pool's"
sed -i 's/,151$/,-1/; s/,1700000000,/,-5,/' other.csv
move
like "$(cat rejects.csv)" "must be from 0 to 150" "cognito_user: a range with two bounds"
sed 's/,1700000000,/,-5,/' users.csv >other.csv
move
like "$(cat rejects.csv)" "must be at least 0" "cognito_user: a range with one bound"
run leat plan p.yaml
like "$out" "custom:age.*immutable" "cognito_user: immutable attributes are named by plan"
fields='cognito:username, email, email_verified, key'
job user users.csv 'validate: [cognito_user: ]' ""
move
like "$status $err" "^78 .*'key' is no attribute" "cognito_user: a field that is no attribute is a mistake"
job user users.csv 'validate: [cognito_user: {other_fields: [key]}]' ""
move
is "$status" 0 "cognito_user: unless it is named in other_fields"
fields='cognito:username, name'
job user users.csv 'validate: [cognito_user: ]' ""
move
like "$err" "needs 'email'" "cognito_user: a required attribute that is not mapped is a mistake"
like "$err" "email_verified" "cognito_user: and so is a flag that every user would need"

done_testing
