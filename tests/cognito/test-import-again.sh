# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# cognito_import against the double: what an earlier run has left unclear, and jobs that do not start or do not answer as
# they should.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
[ -e "$top_builddir/plugins/.libs/load-cognito_import.so" ] || skip_all "the Cognito import is not built"
. "$top_srcdir/tests/cognito/double.sh"

pool=eu-central-1_Again
echo "[{\"Id\": \"$pool\", \"Name\": \"a pool\", \"AutoVerifiedAttributes\": [\"email\"]}]" >pool.json
double_start --scale 0 --pools pool.json

# users N  writes users.csv
users() { { echo id; seq "$1"; } >users.csv; }
# foreign N...  these are in the pool already
foreign()
{
    double_post users "$(python3 -c 'import json, sys
print(json.dumps({"pool": sys.argv[1], "users": [{"Username": "user" + i, "Attributes": {}} for i in sys.argv[2:]]}))' "$pool" "$@")"
}
pipeline()
{
    cat >p.yaml <<END
leat: 1
name: again
extract:
  csv: {path: users.csv, header: true, fields: {id: int64}}
transform:
  - map: {"cognito:username": "concat('user', id)", email: "concat('u', id, '@example.com')", email_verified: "true"}
load:
  cognito_import: {user_pool_id: $pool, cloudwatch_role_arn: "arn:aws:iam::123456789012:role/cognito-logs"${1:+, $1}}
rejects: {csv: {path: rejects.csv}}
max_rejects: 100%
END
}
# job [OPTIONS]  writes p.yaml; the pool is without users and jobs, and there is no state
job()
{
    rm -rf state rejects.csv cognito-import*
    double_post forget '{}'
    double_post faults '[]'
    double_post control '{"hold": null, "log_lag": 0, "short_pages": 0, "log_roles": []}'
    pipeline "$@"
}
move() { run leat run -v --state-dir state --report report.json "$@" p.yaml; }
# key:code of what was rejected
codes()
{
    python3 -c 'import csv
print(*[r["id"] + ":" + r["leat:code"] for r in csv.DictReader(open("rejects.csv", encoding="utf-8"))])' 2>/dev/null
}
counts() { python3 -c 'import json; r = json.load(open("report.json")); print(*[f"{k}:{r[k]}" for k in ("loaded", "rejected", "conflict", "unknown") if r.get(k)])'; }
double_says() { double_get stats | grep -q "$1"; }
calls() { double_get stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["calls"].get(sys.argv[1], 0))' "$1"; }
has_tried() { [ "$(calls StartUserImportJob)" -ge "$1" ]; }
statuses() { double_get stats | python3 -c 'import json, sys; print(*[j["Status"] for j in json.load(sys.stdin)["jobs"]])'; }

# ---- users of whom it was not known what became of them ----

users 12
job "log_patience: 100ms"
foreign 3 9
double_post control '{"log_lag": 3600000}'
move
is "$status $(counts)" "65 unknown:12" "without a log it is not known what became of users"
double_post control '{"log_lag": 0}'
users 14
foreign 14
move
is "$status $(codes)" "0 14:exists" "the next run looks at those whom a job of ours may have brought"
is "$(counts)" "loaded:11 rejected:1 conflict:2" "and takes strangers for what they are"

job "log_patience: 100ms, trial: 1"
users 12
foreign 9 10
double_post control '{"log_lag": 3600000}'
move
double_post control '{"log_lag": 0, "fail_share": 0.3, "fail_least": 3}'
move
is "$status $(counts)" "0 loaded:9 conflict:2" "though a job of nobody but such users fails, which it does by and by"
like "$(statuses)" "Failed" "it did"
double_post control '{"fail_share": 0.5, "fail_least": 20}'

job
double_post faults '[{"fault": "error", "op": "CreateUserImportJob", "type": "InvalidParameterException"}]'
foreign 3
move
isnt "$status" 0 "a run that has made no job"
double_post faults '[]'
move
is "$status $(codes)" "0 3:exists" "has brought nobody"

# ---- jobs that are listed late ----

job
users 6
double_post control '{"hold": 2}'
"$LEAT" run --state-dir state p.yaml 2>killed.log &
first=$!
until_true "$first" double_says '"ImportedUsers": 2'
kill -KILL "$first"
wait "$first" 2>/dev/null
double_post control '{"hold": null, "hide_jobs": 1}'
move
is "$status $(counts) $(statuses)" "0 loaded:6 Succeeded" "a job that the first list lacks is found before another is made"

job
double_post control '{"same_token": true}'
move
like "$err" "what answers ListUserImportJobs is not what AWS documents" "a list without an end ends the run"
double_post control '{"same_token": false}'

# ---- jobs that do not start ----

job "start_patience: 1500ms" # refused at once, after half a second, one, and two
double_post faults '[{"fault": "error", "op": "StartUserImportJob", "type": "PreconditionNotMetException"}]'
move
is "$status" 69 "a start that is refused for no reason that could be seen is not waited for for ever"
like "$err" "warning: .*cannot start for 0 minutes now .PreconditionNotMetException., and no job is at work in this pool" "first it is warned of"
like "$err" "StartUserImportJob is refused for .*start_patience" "and then it ends the run"
double_post faults '[]'
move
is "$status $(counts) $(statuses)" "0 loaded:6 Succeeded" "the next one goes on with the job"

job "start_patience: 1s"
double_post control '{"hold": "Pending"}'
sed 's/name: again/name: other/; s/rejects.csv/rejects2.csv/' p.yaml | sed 's/cognito_import: {/&path: other.csv, /' >other.yaml
"$LEAT" run --state-dir state2 other.yaml 2>other.log &
first=$!
until_true "$first" double_says '"Status": "Pending"'
"$LEAT" run -v --state-dir state p.yaml 2>second.log &
second=$!
until_true "$second" grep -q "cannot start yet" second.log
before=$(calls StartUserImportJob)
until_true "$second" has_tried $((before + 3)) # by then it has waited longer than its patience
ok $? "while another job of the pool is at work it is waited for, however long"
double_post control '{"hold": null}'
wait "$first"; a=$?
wait "$second"; b=$?
is "$a $b" "0 0" "and both get through"
is "$(codes)" "1:exists 2:exists 3:exists 4:exists 5:exists 6:exists" "with what the other pipeline has brought as somebody else's"

# ---- a status that nobody knows ----

job "start_patience: 300ms"
double_post control '{"hold": "InProgress", "status_word": "Resting"}'
move
is "$status" 69 "a status that no document has is not waited for for ever"
like "$err" "warning: .*has a status that no document has; taking it for one at work" "it is warned of"
like "$err" "has a status that no document has, for 0 minutes" "and said"
double_post control '{"hold": null}'
job
double_post control '{"status_word": "Resting", "import_rate": 20}'
move
is "$status $(counts)" "0 loaded:6" "a job that ends all the same is fine"
double_post control '{"status_word": null, "import_rate": 0}'

# ---- trial ----

job "trial: 2"
double_post control '{"row_error": 1}'
move
isnt "$status" 0 "a trial that fails"
double_post control '{"row_error": 0}'
pipeline "trial: 4"
move
like "$err" "the pipeline has changed.*trial was '2', is '4'.*--restart" "another trial is another run"
move --restart
is "$status $(counts)" "0 loaded:6" "which begins anew"

# ---- files that are kept ----

users 25
job "keep: true, part_rows: 10"
move
is "$(find . -name 'cognito-import*.csv' | sort | tr '\n' ' ')" "./cognito-import-2.csv ./cognito-import-3.csv ./cognito-import.csv " "the files are kept"
users 12
rm -rf state
double_post forget '{}'
: >cognito-import-bcrypt.csv
pipeline "keep: true, part_rows: 10"
move
like "$err" "warning: .*cognito-import-3.csv is not of this run, which ends with part 2" "parts of a larger run are named"
is "$(grep -c "is not of this run" <<<"$err")" 1 "and nothing else"

# ---- what leads nowhere has an end, and a trial that has failed is not passed ----

rm -f cognito-import*
users 100
job "trial: 2, log_patience: 200ms"
foreign $(seq 41 100)
double_post control '{"fail_least": 20, "fail_share": 0.3, "hold": 30}'
"$LEAT" run --state-dir state p.yaml 2>nowhere.err >/dev/null &
pid=$!
until_true "$pid" double_says '"ImportedUsers": \(28\|30\)'
double_post control '{"log_lag": 3600000, "hold": null}'
wait "$pid"
is $? 69 "a job fails without a log, and the next only meets who is there: status"
like "$(cat nowhere.err)" "failed as a whole: 0 imported, 20 skipped" "why"
is "$(statuses)" "Succeeded Failed Failed" "and no further job is made"

users 30
job "trial: 10"
foreign 9 10
double_post control '{"fail_least": 2, "fail_share": 0.1}'
move
is "$status" 65 "a trial that fails as a job: status"
double_post control '{"fail_least": 20, "fail_share": 0.5}'
move
is "$status $(statuses)" "65 Failed Succeeded" "run again with nothing changed, it is made again, and nothing behind it"

users 6
job "start_patience: 300ms"
double_post control '{"hold": "InProgress", "status_word": "Resting"}'
move
is "$status" 69 "a status that nobody knows: status"
pipeline "start_patience: 1h"
asked=$(calls DescribeUserImportJob)
asks_again() { [ "$(calls DescribeUserImportJob)" -gt "$asked" ]; }
"$LEAT" run --state-dir state --report report.json p.yaml 2>nobody.err &
pid=$!
until_true "$pid" asks_again
double_post control '{"hold": null, "status_word": null}'
wait "$pid"
is "$? $(counts) $(statuses)" "0 loaded:6 Succeeded" "the next run goes on with that job, and makes no other"

# ---- mistakes ----

echo "[{\"Id\": \"eu-central-1_None\", \"Name\": \"none\"}]" >none.json
double_post pools @none.json
pipeline
sed -i "s/$pool/eu-central-1_None/" p.yaml
run leat plan p.yaml
like "$err" "p.yaml:8:34: error: .*verifies no attribute by itself" "a pool that verifies nothing is a mistake"
like "$err" "user_pool_id: eu-central-1_None" "which is where the pool is named"
unlike "$err" "has no 'pool'|option .pool" "and not of an option that is not there"

done_testing
