# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# cognito_import against the double of Cognito: every user and every verdict, whatever becomes of the jobs on their way.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
[ -e "$top_builddir/plugins/.libs/load-cognito_import.so" ] || skip_all "the Cognito import is not built"

pool=eu-west-1_double
role=arn:aws:iam::123456789012:role/cognito-logs
export AWS_ACCESS_KEY_ID=AKIADOUBLE AWS_SECRET_ACCESS_KEY=secret-of-the-double
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_SESSION_TOKEN AWS_CA_BUNDLE

doubles=()
stop_doubles() { [ ${#doubles[@]} = 0 ] || kill "${doubles[@]}" 2>/dev/null; doubles=(); }
at_exit stop_doubles

# double OPTION...  a new one, with the pool, without quotas; no state of the run before is left
double()
{
    stop_doubles
    rm -rf port state out*.csv rejects.csv
    python3 "$top_srcdir/tests/doubles/cognito" --region eu-west-1 --pools pool.json --scale 0 "$@" >port &
    doubles=($!)
    until_true "$!" test -s port || return 1
    export AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port)
}

# say GET|POST PATH [JSON]
cat >say.py <<'END'
import os, sys, urllib.request
method, path, *body = sys.argv[1:]
url = os.environ["AWS_ENDPOINT_URL"] + "/_double/" + path
print(urllib.request.urlopen(urllib.request.Request(url, body[0].encode() if body else None, method=method)).read().decode())
END
say() { python3 say.py "$@"; }

# A look at the double: stats as `s`, users as `u`.
look()
{
    python3 - "$1" <<'END'
import json, os, sys, urllib.request
base = os.environ["AWS_ENDPOINT_URL"] + "/_double/"
s = json.load(urllib.request.urlopen(base + "stats"))
u = {one["Username"]: one for one in json.load(urllib.request.urlopen(base + "users?pool=eu-west-1_double"))}
jobs = s["jobs"]
print(eval(sys.argv[1]))
END
}
statuses() { look "' '.join(j['Status'] for j in jobs)"; }

# users N  writes users.csv
users()
{
    python3 - "$1" <<'END'
import sys
with open("users.csv", "w", encoding="utf-8") as f:
    print("id,username,email,verified,name,born,phone,tenant", file=f)
    for i in range(1, int(sys.argv[1]) + 1):
        print(f'{i},user{i},u{i}@example.com,true,"Ünal, {i}",1990-02-{i % 28 + 1:02},+4912345{i:05},t{i % 3}', file=f)
END
}
# foreign: 3, 13, 23 ... are in the pool already; of 7, 17, 27 ... somebody else has the address
foreign()
{
    python3 - "$1" >foreign.json <<'END'
import json, sys
n = int(sys.argv[1])
own = lambda name, mail: {"Username": name, "Attributes": {"email": mail, "email_verified": "true", "name": "Other"}}
print(json.dumps({"pool": "eu-west-1_double", "users":
                  [own(f"user{i}", f"other{i}@example.com") for i in range(3, n + 1, 10)] +
                  [own(f"other{i}", f"u{i}@example.com") for i in range(7, n + 1, 10)]}))
END
    say POST users "$(cat foreign.json)" >says
}

cat >pool.json <<'END'
[{"Id": "eu-west-1_double", "Name": "a pool", "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"],
  "Schema": [{"Name": "tenant", "AttributeDataType": "String", "Mutable": true, "StringAttributeConstraints": {}}]},
 {"Id": "eu-west-1_other", "Name": "other", "AutoVerifiedAttributes": ["email"]}]
END

# job OPTIONS  writes p.yaml, parts of ten users
job()
{
    cat >p.yaml <<END
leat: 1
name: import
extract:
  csv: {path: users.csv, header: true, fields: {id: int64, verified: bool, born: date}}
transform:
  - map:
      cognito:username: username
      email: email
      email_verified: verified
      name: name
      birthdate: born
      phone_number: phone
      phone_number_verified: "false"
      custom:tenant: tenant
load:
  cognito_import: {user_pool_id: $pool, cloudwatch_role_arn: "$role", part_rows: 10$1}
rejects: {csv: {path: rejects.csv}}
max_rejects: 100%
END
}
move() { run leat run --state-dir state "$@" p.yaml; }
# key:code of what was rejected
codes()
{
    python3 - <<'END'
import csv
print(*[f"{r['id']}:{r['leat:code']}" for r in csv.DictReader(open("rejects.csv", encoding="utf-8"))])
END
}
# each_user N  prints the numbers of the users who are not in the pool as they should be, but for those that are foreign or refused
each_user()
{
    look "[i for i in range(1, $1 + 1) if u.get(f'user{i}', {}).get('Attributes', {}) != {'email': f'u{i}@example.com', 'email_verified': 'true', 'name': f'Ünal, {i}', 'birthdate': f'1990-02-{i % 28 + 1:02}',
      'phone_number': f'+4912345{i:05}', 'phone_number_verified': 'false', 'custom:tenant': f't{i % 3}'}]"
}

# ---- all goes well ----

double
users 25
job ""
move
is "$status" 0 "users are imported"
is "$(each_user 25)" "[]" "each is in the pool, attribute by attribute"
is "$(look "[(j['Status'], j['ImportedUsers']) for j in jobs]")" \
    "[('Succeeded', 10), ('Succeeded', 10), ('Succeeded', 5)]" "by a job a part"
is "$(look "s['n_messages'], s['mau']")" "(0, 0)" "no message is sent, and nobody becomes an active user"
is "$(find . -name '*import*.csv*' -o -name '.*part')" "" "no file is left"
move
is "$status $(codes) $(look 'len(jobs)')" "0  3" "another run finds in the ledger that nothing is left to do"

double
job ", keep: true"
move
is "$(find . -name 'cognito-import*' | sort | tr '\n' ' ')" "./cognito-import-2.csv ./cognito-import-2.csv.lines \
./cognito-import-3.csv ./cognito-import-3.csv.lines ./cognito-import.csv ./cognito-import.csv.lines " "keep: the files stay"
is "$(stat -c %a cognito-import.csv) $(tail -n 1 cognito-import-3.csv.lines)" "600 $(printf '6\t25')" "keep: for the owner alone, with a line map"
rm -f cognito-import*

users 0
double
job ""
move
is "$status $(statuses)" "0 " "no users: no job"

# ---- verdicts ----

users 30
job ""
wanted="3:exists 7:refused 13:exists 17:refused 23:exists 27:refused"
for switches in "--header-is-line 1" "--header-is-line 0" "--header-is-line 1 --log-shuffle --log-lag 300" "--header-is-line 0 --log-shuffle"; do
    # shellcheck disable=SC2086
    double $switches
    foreign 30
    move
    is "$status $(codes)" "0 $wanted" "$switches: every verdict is the right user's"
    is "$(each_user 30)" "[3, 7, 13, 17, 23, 27]" "$switches: and all others are in the pool"
done
like "$(cat rejects.csv)" "another user has its e-mail address" "the reason is in words of ours"

double --log-lag 3600000
foreign 30
job ", log_patience: 200ms"
move
is "$status" 65 "without a log it is not known what became of users, and the run fails"
like "$err" "of 10 users .*it is not known what became.*its log has no line for them" "and says why"
double --log-lag 3600000
say POST users "$(python3 -c 'import json
print(json.dumps({"pool": "eu-west-1_double", "users": [{"Username": f"user{i}", "Attributes": {}} for i in range(1, 11)]}))')" >says
users 10
move
is "$status $(codes)" "0 $(for i in $(seq 10); do printf '%s:exists ' "$i"; done | sed 's/ $//')" \
    "where the counts leave one possibility, no log is needed"
job ""

# ---- passwords ----

python3 - <<'END'
hashes = ["$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
          "16384$8$1$" + b"SodiumChloride".hex() + "$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
          "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
          "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y=",
          "", "$P$BabcdefghABCDEFGHIJKLMNOPQRSTUV", "$2b$14$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"]
with open("secrets.csv", "w") as f:
    print("id,hash", file=f)
    for i in range(1, 22):
        print(f'{i},"{hashes[(i - 1) % 7]}"', file=f)
END
secrets()
{
    cat >p.yaml <<END
leat: 1
name: import
extract:
  csv: {path: secrets.csv, header: true, fields: {id: int64, hash: {class: secret}}}
transform:
  - map: {"cognito:username": "concat('user', id)", email: "concat('u', id, '@example.com')", email_verified: "true",
          password_hash: hash}
load:
  cognito_import: {user_pool_id: $pool, cloudwatch_role_arn: "$role"$1}
rejects: {csv: {path: rejects.csv}}
max_rejects: 100%
END
}
knows() { say GET "password?pool=$pool&user=$1&is=$2"; }

double
secrets ""
move -vv --progress --report report.json
cp "$err_file" log
mkdir shown
cp -r "$err_file" "$out_file" report.json rejects.csv state shown
is "$status $(look "sorted((j.get('PasswordHashingAlgorithm', '-'), j['ImportedUsers']) for j in jobs)")" \
    "0 [('-', 9), ('ARGON2ID', 3), ('BCRYPT', 3), ('PBKDF2_SHA256', 3), ('SCRYPT', 3)]" "a job for each algorithm, and one without"
is "$(knows user1 U*U) $(knows user9 pleaseletmein) $(knows user3 password) $(knows user11 Password)" \
    '{"is": true} {"is": true} {"is": true} {"is": true}' "the old passwords are good"
is "$(look "[u[f'user{i}']['UserStatus'] for i in (1, 5, 6, 7)]")" "['CONFIRMED', 'RESET_REQUIRED', 'RESET_REQUIRED', 'RESET_REQUIRED']" \
    "users whose hash cannot go come without one"
like "$(cat log)" "passwords kept 12, passwords to be reset 3, passwords that need a sign-in migration 6" \
    "and are counted by what becomes of them"
double --header-hash
move
is "$status $(look "s['n_users']['$pool']")" "0 21" "a header that names password_hash is fine"
double
secrets ", password_hashing: bcrypt"
move
is "$status $(look "[(j.get('PasswordHashingAlgorithm', '-'), j['ImportedUsers']) for j in jobs]")" "0 [('BCRYPT', 21)]" \
    "password_hashing: of one algorithm, in one job"
double
secrets ", password_hashing: none"
move -vv
is "$status $(look "[(j.get('PasswordHashingAlgorithm', '-'), j['ImportedUsers']) for j in jobs]")" "0 [('-', 21)]" \
    "password_hashing: none leaves them behind"
double --ineligible "$pool"
secrets ""
move
like "$err" "takes no job for .* hashes .*password_hashing: none" "a pool that takes no hashes is named, with what to do"

for secret in CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyu 7023bdcb3afd  nf65EOgLrQMR TdzY9guYviGD secret-of-the-double X-Amz-Signature Signature=; do
    grep -rqaF -e "$secret" shown && fail "'$secret' is shown" || pass "'$secret' is in no log, report or state"
done
for word in "import job" '"loaded":21' SQLite; do
    grep -rqaF -e "$word" shown report.json || fail "'$word' would be found"
done

# ---- trial ----

users 25
double
job ", trial: 2"
move
is "$status $(look "[j['ImportedUsers'] for j in jobs]")" "0 [2, 8, 10, 5]" "trial: a few users go first, and not once more"
is "$(each_user 25)" "[]" "trial: all are there"
double --row-error 1
move
like "$err" "of the 2 users of the trial 0 were imported, 0 skipped and 2 failed: an error inside Cognito" "trial: if they fail, it stops"
is "$(statuses)" "Succeeded" "trial: with no other job"
say POST control '{"row_error": 0}' >says
move
is "$status $(each_user 25)" "0 []" "trial: once that is put right, it goes on"

# ---- jobs that go wrong ----

users 25
job ""
double --log-role other
move
like "$err" "failed as a whole: .*cloudwatch_role_arn" "a role that cannot be assumed is said to be the reason"
say POST control '{"log_roles": []}' >says
move
is "$status $(each_user 25) $(statuses)" "0 [] Failed Succeeded Succeeded Succeeded" "once that is put right, it goes on"

for line in 0 1; do
    double --header-is-line $line --fail-share 0.3 --fail-least 3
    users 60
    job ", part_rows: 20, trial: 1"
    sed -i 's/part_rows: 10, //' p.yaml
    say POST users "$(python3 -c 'import json
print(json.dumps({"pool": "eu-west-1_double", "users": [{"Username": f"user{i}", "Attributes": {}} for i in (5, 6, 7, 25, 26, 27)]}))')" >says
    move
    is "$status $(codes)" "0 5:exists 6:exists 7:exists 25:exists 26:exists 27:exists" \
        "line $line: of a job that failed on its way the rest goes with another"
    is "$(each_user 60)" "[5, 6, 7, 25, 26, 27]" "line $line: all others are there"
    like "$(statuses)" "Failed" "line $line: a job has failed"
done

# ---- replies that are lost ----

users 25
job ""
double
say POST faults '[{"fault": "lose", "op": "CreateUserImportJob", "n": 1}, {"fault": "lose", "op": "StartUserImportJob", "n": 2},
    {"fault": "internal", "op": "DescribeUserImportJob", "n": 2}, {"fault": "throttle", "op": "CreateUserImportJob", "n": 2},
    {"fault": "unavailable", "op": "PutImportFile", "n": 2}]' >says
move
is "$status $(each_user 25) $(codes)" "0 [] " "lost replies: every user is imported"
is "$(statuses)" "Succeeded Succeeded Succeeded" "lost replies: and no job is made twice"
is "$(look "[r['hit'] for r in s['faults']]")" "[1, 1, 1, 1, 1]" "lost replies: each was lost"

# ---- what may not be done ----

double
say POST faults '[{"fault": "error", "op": "GetLogEvents", "type": "AccessDeniedException"}]' >says
move
like "$err" "refuses GetLogEvents: AccessDeniedException .*allow the credentials.*nothing was imported yet" \
    "without the right to read logs nothing begins"
is "$(look 'len(jobs)')" 0 "and no job is made"
double
say POST faults '[{"fault": "error", "op": "CreateUserImportJob", "type": "InvalidParameterException"}]' >says
move
like "$err" "refuses CreateUserImportJob: InvalidParameterException .*cloudwatch_role_arn.*iam:PassRole" \
    "a job that is not made names what it most likely lacks"

# ---- somebody else's job ----

double --hold Pending
users 3
job ""
sed 's/double, /other, /; s/name: import/name: other/; s/custom:tenant/nickname/; s/rejects.csv/rejects2.csv/' p.yaml >other.yaml
"$LEAT" run --state-dir state2 other.yaml 2>other.log &
first=$!
until_true "$first" sh -c 'python3 say.py GET stats | grep -q "\"Status\": \"Pending\""'
"$LEAT" run -v --state-dir state p.yaml 2>second.log &
second=$!
until_true "$second" grep -q "cannot start yet" second.log
ok $? "while somebody else's job is at work, ours waits"
say POST control '{"hold": null}' >says
wait "$first"; a=$?
wait "$second"; b=$?
is "$a $b $(each_user 3)" "0 0 []" "and both get through"
is "$(grep -c "cannot start yet" second.log)" 1 "it is said once"

# ---- stopped ----

double --hold 4
users 25
"$LEAT" run --state-dir state p.yaml 2>stopped.log &
first=$!
until_true "$first" sh -c 'python3 say.py GET stats | grep -q "\"ImportedUsers\": 4"'
kill -TERM "$first"
wait "$first"; a=$?
is "$a" 143 "a run that is asked to stop does so while a job is at work"
like "$(cat stopped.log)" "goes on at AWS, and the next run takes it up" "and says what becomes of the job"
say POST control '{"hold": null}' >says
move
is "$status $(each_user 25) $(codes)" "0 [] " "the next run takes it up"
is "$(look "[j['ImportedUsers'] for j in jobs]")" "[10, 10, 5]" "and makes no other"

# ---- URLs that are too old ----

double
users 5
say POST faults '[{"fault": "unavailable", "op": "PutImportFile", "from": 1, "to": 3}]' >says
"$LEAT" run -v --state-dir state p.yaml 2>old.log &
first=$!
until_true "$first" sh -c 'python3 say.py GET stats | grep -q "\"PutImportFile 503\|\"PutImportFile\": 1"'
say POST clock '{"advance": 1000}' >says
wait "$first"; a=$?
is "$a $(each_user 5)" "0 []" "a URL that has expired is made anew by another job"
is "$(statuses)" "Created Succeeded" "and the first job is left to its end"

# ---- S3 ----

double --bucket drop
job ", stage_to: s3://drop/leat/in"
users 25
move
is "$status $(look "sorted(len(k.split('/')) for k in json.load(urllib.request.urlopen(base + 'objects?bucket=drop')))")" "0 [3, 3, 3]" \
    "stage_to: each file is put into the bucket, too"
is "$(look "sum(json.load(urllib.request.urlopen(base + 'objects?bucket=drop')).values()) > 25 * 60")" True "stage_to: with the users in it"
double
move
like "$err" "s3 refuses PutObject: NoSuchBucket" "stage_to: a bucket that is not there is named"

# ---- killed ----

job ", trial: 2"
users 40
double --import-rate 150 --pending 30
foreign 40
kills=0
for try in $(seq 12); do
    "$LEAT" run --state-dir state p.yaml 2>killed.log &
    first=$!
    sleep "0.$((try * 13 % 90))" # a moment by chance; nothing is judged by it
    kill -KILL "$first" 2>/dev/null
    wait "$first" 2>/dev/null
    [ $? != 137 ] || kills=$((kills + 1))
done
isnt "$kills" 0 "runs are killed"
move
is "$status $(codes)" "0 3:exists 7:refused 13:exists 17:refused 23:exists 27:refused 33:exists 37:refused" \
    "killed $kills times: every verdict is right"
is "$(each_user 40)" "[3, 7, 13, 17, 23, 27, 33, 37]" "killed: and every user is in the pool once"
is "$(find . -name '.*part')" "" "killed: no file is left behind"

# ---- mistakes that are found before ----

double
for wrong in "cloudwatch_role_arn: none:is no ARN of a role" "stage_to: drop:is written s3" "user_pool_id: x:is no id of a user pool" \
    "password_hashing: bcrypt:no field password_hash" "region: us-east-1:the pool is in eu-west-1"; do
    job ""
    name=${wrong%%:*}
    sed -i "/cognito_import: {/s/$name: [^,]*, //" p.yaml
    sed -i "s/part_rows: 10/part_rows: 10, $(echo "$wrong" | cut -d: -f1,2)/" p.yaml
    run leat check p.yaml
    like "$err" "$(echo "$wrong" | cut -d: -f3)" "$name: a mistake is found before the run"
done
job ""
run leat plan p.yaml
like "$out" "import jobs, one at a time" "plan says how users go in"
like "$out" "no message is sent" "and that none of them hears of it"

done_testing
