# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# rules and dedupe, through whole runs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"

cat >in.csv <<'END'
id,email,phone,age,born,country,note
1,anna@example.com,+4930123456,30,1990-01-01,DE,
2,bad,+4930123457,30,1990-01-01,DE,
3,carl@example.com,030/1234,30,1990-01-01,DE,
4,dora@example.com,,131,1990-01-01,DE,
5,emil@example.com,,abc,1990-01-01,DE,
6,fred@example.com,,30,1899-12-31,DE,
7,gina@example.com,,30,1990-01-01,XX,
8,,,30,1990-01-01,DE,
9,anna@example.com,,30,1990-01-01,DE,
10,hans@example.com,,,,,
11,ida@example.com,,30,1990-02-30,DE,
12,jan@example.com,,30,1990-01-01,DE,too long a note
END

# validated VALIDATION...  runs these lines under validate:
validated()
{
    {
        echo "leat: 1"
        echo "name: $(printf '%s' "$*" | cksum | tr ' ' -)"
        echo "extract: {csv: {path: in.csv, header: true, fields: {id: int64}}}"
        echo "validate:"
        printf '  %s\n' "$@"
        echo "load: {csv: {path: out.csv}}"
        echo "rejects: {csv: {path: rejects.csv}}"
        echo "max_rejects: 100%"
    } >p.yaml
    rm -f out.csv rejects.csv
    # shellcheck disable=SC2086
    run leat ${command-run --report report.json} --state-dir state p.yaml
}

# The ids that went on; and id:field:code of those that did not.
passed() { sed 1d out.csv | cut -d, -f1 | tr '\n' ' '; }
rejected() { sed 1d rejects.csv | awk -F, '{ print $1 ":" $9 ":" $10 }' | sort -n | tr '\n' ' '; }
counted() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" report.json; }

validated '- rules:' \
    '    email: {required: true, format: email, unique: true}' \
    '    phone: {format: e164}' \
    '    age: {min: 0, max: 130}' \
    '    born: {format: date, min: 1900-01-01}' \
    '    country: {enum: [DE, FR]}' \
    '    note: {max_length: 5, message: notes are short}'
is "$status" 0 "rules: the run succeeds"
is "$(passed)" "1 10 " "rules: what meets all rules passes, nulls too"
is "$(rejected)" "2:email:bad_email 3:phone:bad_e164 4:age:above_max 5:age:wrong_type 6:born:below_min \
7:country:not_in_enum 8:email:required 9:email:not_unique 11:born:bad_date 12:note:too_long " \
    "rules: the others are rejected by the first rule that they fail"
like "$(cat rejects.csv)" ',email is not an e-mail address,' "the reason says the rule"
like "$(cat rejects.csv)" ',notes are short,' "or what the pipeline says"

validated '- rules:' '    id: {check: id % 2 = 0, max: 8}' '    age: {check: cast(age as int64) < 100, pattern: "^[0-9]+$"}'
is "$(passed)" "2 6 8 " "rules: a check, a maximum and a pattern"
like "$(rejected)" "^1:id:check 3:id:check 4:age:check " "rules: a check that is false rejects"
validated '- rules:' '    age: {check: cast(age as int64) < 100}'
like "$(rejected)" "5:age:conversion_failed" "rules: a check that fails rejects by its own code"
like "$(passed)" "10 " "rules: a check that is null passes"

# A bad record does not take a value from a good one, wherever unique is written.
printf 'id,email,phone,age,born,country,note\n1,a@b.co,,-1,,,\n2,a@b.co,,1,,,\n3,a@b.co,,1,,,\n4,,,1,,,\n5,,,1,,,\n' >in.csv
validated '- rules: {email: {unique: true}, age: {min: 0}}'
is "$(passed)" "2 4 5 " "unique: the first good one passes, and so does every null"
is "$(rejected)" "1:age:below_min 3:email:not_unique " "unique: the others do not"
printf 'id,email,phone,age,born,country,note\n1,a,x,,,,\n2,a,y,,,,\n3,b,y,,,,\n4,c,x,,,,\n' >in.csv
validated '- rules: {email: {unique: true}, phone: {unique: true}}'
is "$(passed)" "1 3 " "unique twice: a record that fails one rule takes nothing by the other"

# ---- dedupe ----

printf 'id,email,phone,age,born,country,note\n1,a,x,,,,\n2,a,y,,,,\n3,a,x,,,,\n4,,x,,,,\n5,,x,,,,\n6,b,x,,,,\n7,A,x,,,,\n' >in.csv
validated '- dedupe: email'
is "$(passed)" "1 4 5 6 7 " "dedupe: the first of each key goes on, and so does every null"
is "$(counted duplicate)" 2 "dedupe: the others are counted"
validated '- dedupe: {key: [email, phone], keep: first, duplicates: reject}'
is "$(passed)" "1 2 4 5 6 7 " "dedupe: a key of two fields"
is "$(rejected)" "3:email:duplicate " "dedupe: duplicates are rejected if asked for"

# 100,000 numbers of which each stands twice, more than 1 MiB holds.
{ echo id,email,phone,age,born,country,note; seq 1 100000 | sed 's/$/,,,,,,/'; seq 1 100000 | sed 's/$/,,,,,,/'; } >in.csv
validated '- dedupe: {key: id, memory: 1MiB}'
sed 1d out.csv | cut -d, -f1 | cmp -s - <(seq 1 100000)
ok $? "dedupe: what is spilled is found again"
is "$(counted duplicate)" 100000 "dedupe: and counted"

# ---- mistakes ----

# named PATTERN...  the last check has said so
named()
{
    local mistake
    is "$status" 78 "mistakes are found before the run"
    for mistake in "$@"; do
        like "$err" "$mistake" "named: $mistake"
    done
}

command=check
validated '- rules:' \
    '    emial: {required: true}' \
    '    id: {format: email, min: 1.5, max_length: 3, enum: [a]}' \
    "    email: {pattern: 'a(b', min: x, min_length: 5, max_length: 3}" \
    '    born: required' \
    '    age: {message: only}' \
    '    note: {formt: email, length: -1, max: z}' \
    '    country: {enum: [null, a]}'
named "there is no field 'emial'" "\`format\` is for fields of type text" "must be a whole number" \
    "\`max_length\` is for" "is a list of whole numbers" "the pattern is wrong at character 4" \
    "must be a number, or a date" "no text can have more than" "the rules of a field are a mapping" \
    "a message needs a rule" "note has no 'formt'" "length must not be negative" "\`max\` of a field of type text" \
    "null passes every rule"
validated '- dedupe: {key: [id, nope, id]}'
named "there is no field 'nope'" "this field is in the key already"
validated '- dedupe: {key: id, keep: both, memory: 1k}'
named "keep must be one of" "memory must be from"
validated '- dedupe: {key: []}'
named "the key has no field"

done_testing
