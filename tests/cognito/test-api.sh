#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# load cognito_api: users into a pool, each at most once, whatever the API does; passwords, groups, disabled users; whose
# a user is that is there; what is asked of whom, and how fast.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3 sqlite3
. "$top_srcdir/tests/cognito/double.sh"

target=eu-central-1_Target001
cat >pool.json <<END
{"Id": "$target", "Name": "target", "AutoVerifiedAttributes": ["email"], "Schema": [{"Name": "mig_id", "AttributeDataType": "String",
 "Mutable": false, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "64"}}]}
END
scale=100
double_start --scale $scale --pools pool.json
state_home=$PWD/state # one for all runs, as on a machine

# stats EXPRESSION: of what the double has counted, as d; `users' are those of the pool, `by' the same by name
stats()
{
    { double_get 'stats?same=email'; double_get "users?pool=$target"; } | python3 -c 'import json, sys
d, users = (json.loads(line) for line in sys.stdin.read().replace("}[", "}\n[").splitlines())
by = {user["Username"]: user for user in users}
print(eval(sys.argv[1]))' "$1"
}
fresh() { double_post forget '{}'; rm -rf state; }

# pipeline NAME EXTRACT MAP OPTIONS [LINE...]
pipeline()
{
    printf '%s\n' 'leat: 1' "name: $1" "extract: {$2}" "transform: [{map: {$3}}]" 'validate: [{dedupe: {key: email}}]' \
        "load: {cognito_api: {user_pool_id: ${pool-$target}$4}}" "rejects: {csv: {path: $1-rejects.csv}}" \
        "results: {csv: {path: $1-results.csv}}" 'max_rejects: 100%' "${@:5}" >"$1.yaml"
}
counted() { printf '%s' "$out" | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }
map='"cognito:username": username, email: lower(trim(email)), email_verified: "coalesce(try_bool(email_verified), false)",
  given_name: trim(first_name), phone_number: "try_phone_e164(phone, country)", birthdate: "try_parse_date(birthdate, '"'%Y-%m-%d', '%d/%m/%Y'"')"'

# ---- a calm run ----

pipeline calm 'generate: {rows: 500, seed: 3}' "$map" ', password: generated'
run leat run --json calm.yaml
is "$status" 0 "users are made"
n=$(counted loaded)
is "$(stats 'len(users)')" "$n" "as many as are counted"
is "$(stats 'd["n_messages"]')" 0 "no message is sent"
is "$(stats 'd["calls"]["AdminCreateUser"], d["calls"]["AdminSetUserPassword"], d["calls"].get("AdminGetUser", 0)')" "($n, $n, 0)" \
    "one call a step a user, and nobody is asked for"
is "$(stats '{user["UserStatus"] for user in users}')" "{'CONFIRMED'}" "with a password they are confirmed"
is "$(stats 'd["doubled"]')" "[]" "nobody twice"
cat >subs.py <<'END'
import csv, json, sys
told = {json.loads(row["leat:answer"])["sub"] for row in csv.DictReader(open(sys.argv[1])) if row["leat:verdict"] == sys.argv[2]}
print(told == {user["Sub"] for user in json.load(sys.stdin)})
END
subs() { double_get "users?pool=$target" | python3 subs.py calm-results.csv "$1"; }
is "$(subs loaded)" True "the results have the sub of each"
run leat run --json calm.yaml
is "$status $(counted loaded) $(counted already_there)" "0 0 $n" "the same again: nothing is done twice"
is "$(stats 'd["calls"]["AdminCreateUser"]')" "$n" "not even asked for"
is "$(subs already_there)" True "and the results have the sub of each again"

# ---- what a user has ----

cat >few.jsonl <<'END'
{"name": "ada", "mail": "Ada@example.org", "ok": true, "pw": "Correct-Horse-1", "groups": ["admins", "staff"], "on": true}
{"name": "bob", "mail": "bob@example.org", "ok": true, "pw": null, "groups": [], "on": false}
{"name": "cyd", "mail": "cyd@example.org", "ok": false, "pw": "Battery-Staple-2", "groups": null, "on": null}
{"name": "dan", "mail": "dan@example.org", "ok": true, "pw": "short", "groups": ["staff"], "on": true}
{"name": "eve", "mail": "eve@example.org", "ok": true, "pw": "Hunter-Hunter-3", "groups": ["n\u00f6n\u2713"], "on": true}
{"name": "no good", "mail": "x@example.org", "ok": true, "pw": null, "groups": [], "on": true}
{"name": "zoe", "mail": "zoe@example.org", "ok": true, "pw": null, "groups": "staff", "on": true}
END
few='jsonl: {path: few.jsonl, fields: {name: text, mail: text, ok: bool, pw: {type: text, class: secret}, groups: json, on: bool}}'
few_map='"cognito:username": name, email: mail, email_verified: ok, password: pw, groups: groups, enabled: on'
rm -rf state
pipeline few "$few" "$few_map" ', groups: create'
run leat run --json few.yaml
is "$status $(counted loaded) $(counted rejected)" "0 4 3" "a few users"
is "$(stats '[by[name]["UserStatus"] for name in ("ada", "bob", "cyd", "eve")]')" \
    "['CONFIRMED', 'FORCE_CHANGE_PASSWORD', 'CONFIRMED', 'CONFIRMED']" "who has a password is confirmed"
is "$(double_get "password?pool=$target&user=ada&is=Correct-Horse-1")$(double_get "password?pool=$target&user=ada&is=Correct-Horse-2")" \
    "$(double_get "password?pool=$target&user=cyd&is=Battery-Staple-2")$(double_get "password?pool=$target&user=cyd&is=nonsense")" \
    "by that password, and by no other"
is "$(stats '[sorted(by[name]["Groups"]) for name in ("ada", "bob", "eve")]')" "[['admins', 'staff'], [], ['nön✓']]" "groups are made, and joined"
is "$(stats '[by[name]["Enabled"] for name in ("ada", "bob", "cyd")]')" "[True, False, True]" "who is to be disabled is"
is "$(stats 'by["ada"]["Attributes"]["email"], by["cyd"]["Attributes"]["email_verified"]')" "('Ada@example.org', 'false')" "attributes are as they were"
like "$(cat few-rejects.csv)" 'step_refused,AdminSetUserPassword: the password does not meet the pool.s policy' "a password that is too weak: a reject"
like "$(grep ^no few-rejects.csv)" 'cognito:username|bad_username|username' "a name that none can have: a reject"
like "$(grep ^zoe few-rejects.csv)" 'groups,bad_groups' "groups that are no list: a reject"
unlike "$(cat few-rejects.csv few-results.csv; printf '%s' "$out$err")" 'Correct-Horse|Battery|short|Hunter' "no password in anything that is written"
fresh
pipeline strict "$few" "$few_map" ', groups: existing'
run leat run --json strict.yaml
is "$(counted loaded) $(counted rejected)" "2 5" "groups that are not there: their users are rejects"
like "$(grep ^ada strict-rejects.csv)" 'step_refused,.*a group of the user is not in the pool; .*groups: create.*the user is in the pool without it' \
    "groups that are not there: why, and what to do"
pipeline none "$few" "$few_map, groups2: groups" ', groups: none, password: none'
run leat check none.yaml
is "$status" 0 "groups and passwords that are left out"

# ---- who is there already ----

fresh
double_post users "{\"pool\": \"$target\", \"users\": [{\"Username\": \"ada\", \"Attributes\": {\"email\": \"other@example.org\", \"email_verified\": \"true\"}},
    {\"Username\": \"bob\", \"Attributes\": {\"email\": \"bob@example.org\", \"email_verified\": \"true\"}}]}"
run leat run --json few.yaml
is "$(counted conflict) $(counted already_there) $(counted loaded)" "1 1 2" "a stranger of the same name is a conflict; one who is as he should be is there"
is "$(stats 'by["ada"]["Attributes"]["email"], by["ada"]["Groups"], by["bob"]["Enabled"]')" "('other@example.org', [], True)" "and neither is touched"
for how in skip update; do
    rm -rf state
    pipeline few "$few" "$few_map" ", groups: create, on_existing: $how"
    run leat run --json few.yaml
    is "$status $(counted conflict)" "0 0" "on_existing: $how: no conflict"
done
is "$(stats 'by["ada"]["Attributes"]["email"], sorted(by["ada"]["Groups"])')" "('Ada@example.org', ['admins', 'staff'])" "update: as we have it"
is "$(double_get "password?pool=$target&user=ada&is=Correct-Horse-1")" "$(double_get "password?pool=$target&user=ada&is=nonsense")" \
    "but for the password, which is the user's own"

# ---- what has changed since ----

fresh
sqlite3 shop.db "create table u (name text primary key, mail text, on_ int, groups text, at int); insert into u values
    ('ada', 'ada@example.org', 1, '[]', 1), ('bob', 'bob@example.org', 1, '[]', 1)"
double_post users "{\"pool\": \"$target\", \"users\": [{\"Username\": \"bob\", \"Attributes\": {\"email\": \"other@example.org\", \"email_verified\": \"true\"}}]}"
changes()
{
    printf '%s\n' 'leat: 1' 'name: changes' \
        'extract: {sqlite: {path: shop.db, table: u, cursor: [at, name], incremental: true, fields: {groups: json}}}' \
        'transform: [{map: {"cognito:username": name, email: mail, email_verified: "true", groups: groups, enabled: on_ = 1}}]' \
        "load: {cognito_api: {user_pool_id: $target, groups: create, on_existing: skip$1}}" >changes.yaml
    run leat run --json changes.yaml
}
changes ''
is "$status" 78 "incremental without a mark: status"
like "$err" 'must be certain that they are ours: name a custom attribute for a mark' "incremental without a mark: why"
changes ', mark: custom:mig_id'
is "$status $(counted loaded) $(counted already_there)" "0 1 1" "incremental: one is made, one is a stranger who is let be"
sqlite3 shop.db "update u set mail = 'new-' || mail, on_ = 0, groups = '[\"staff\"]', at = 2"
changes ', mark: custom:mig_id'
is "$status $(counted loaded) $(counted already_there)" "0 1 1" "incremental: what has changed"
is "$(stats 'by["ada"]["Attributes"]["email"], by["ada"]["Enabled"], by["ada"]["Groups"]')" "('new-ada@example.org', False, ['staff'])" "ours is as the source has it"
is "$(stats 'by["bob"]["Attributes"]["email"], by["bob"]["Enabled"], by["bob"]["Groups"], d["touched_foreign"]')" \
    "('other@example.org', True, [], [])" "the stranger is still let be"

# ---- 5 % throttled, 5 % lost replies, 3 % errors although done, strangers ----

storm='[{"fault": "throttle", "p": 0.05}, {"fault": "lose", "p": 0.05}, {"fault": "lie", "p": 0.03}]'
# judge NAME USERS: nobody twice, no stranger touched, no more calls than 1.5 a step, no quota exceeded
judge()
{
    is "$(stats 'd["doubled"], d["n_messages"], d["touched_foreign"], d["aliases_taken"]')" "([], 0, [], 0)" \
        "$1: nobody twice, no message, no stranger touched"
    is "$(stats 'd["together"], d["together_alias"]')" "(0, 0)" "$1: nobody is on the way twice at once"
    is "$(stats '[name for name, q in d["quotas"].items() if q["limit"] and q["peak_offered"] > q["limit"]]')" "[]" \
        "$1: no quota is exceeded"
}
calls='sum(d["calls"].get(op, 0) for op in ("AdminCreateUser", "AdminSetUserPassword", "AdminGetUser"))'
# figures NAME USERS: for people
figures()
{
    echo "# $1: $2 users, $(stats "'%.2f' % ($calls / 2 / $2)") calls a step a user: $(stats '{op: n for op, n in d["calls"].items() if op.startswith("Admin")}')"
    echo "# $1: with quotas times $scale, at most a second: $(stats '", ".join("%s %d of %d" % (name, q["peak_offered"], q["limit"])
        for name, q in d["quotas"].items() if q["limit"])'); $(stats 'd["n_messages"]') messages, $(stats 'len(d["doubled"])') doubled"
}
size=${LEAT_TEST_COGNITO_USERS:-2000}
fresh
double_post control '{"foreign": 0.002}'
double_post faults "$storm"
pipeline storm "generate: {rows: $size, seed: 5}" "$map" ', password: generated, mark: custom:mig_id'
run leat run --json storm.yaml
n_users=$(($(counted loaded) + $(counted conflict)))
is "$(counted unknown)" 0 "storm: nobody is unknown"
is "$(counted read)" "$((n_users + $(counted rejected) + $(counted duplicate)))" "storm: everybody is loaded, in conflict, or rejected"
judge storm
is "$(stats 'd["users"].get("foreign", 0)')" "$(counted conflict)" "storm: each stranger is a conflict, and nobody else"
is "$(stats 'd["users"]["api"]')" "$(counted loaded)" "storm: all others are there"
ok "$(stats "0 if $calls <= 1.5 * 2 * $n_users else 1")" "storm: at most 1.5 calls a step a user"
figures storm "$n_users"

# ---- the same, killed at random moments ----

# kill_after PID N: when the double has had N more requests; false if it has ended before
kill_after()
{
    python3 - "$double_url" "$@" <<'END'
import json, os, signal, sys, urllib.request
asked = lambda: json.load(urllib.request.urlopen(sys.argv[1] + "/_double/stats"))["requests"]
pid, stop = int(sys.argv[2]), asked() + int(sys.argv[3])
def runs():  # not yet a zombie, which bash will wait for
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
while runs():
    if asked() >= stop:
        os.kill(pid, signal.SIGKILL)
        sys.exit(0)
sys.exit(1)
END
}
kills=${LEAT_TEST_COGNITO_KILLS:-12} killed=0
fresh
scale=20
double_post control '{"scale": 20}' # so that the double keeps up, and what is on its way at once is what the quotas let
pipeline killed "generate: {rows: $size, seed: 6}" "$map" ', password: generated, mark: custom:mig_id'
for ((i = 0; i < kills; i++)); do
    XDG_STATE_HOME=$state_home "$LEAT" run --json killed.yaml >killed.json 2>killed.err &
    pid=$!
    kill_after $pid $((1 + (i * 7919 + 13) % (2 * size / kills)))
    wait $pid 2>/dev/null
    [ $? != 137 ] || killed=$((killed + 1))
done
kills=$killed
run leat run --json killed.yaml
is "$status $(counted unknown)" "0 0" "killed $kills times: the last run ends well"
n_users=$(($(counted loaded) + $(counted already_there) + $(counted conflict)))
is "$(counted read)" "$((n_users + $(counted rejected) + $(counted duplicate)))" "killed $kills times: everybody has a verdict"
judge "killed $kills times"
is "$(stats 'd["users"].get("foreign", 0)')" "$(counted conflict)" "killed $kills times: each stranger is a conflict"
is "$(stats 'd["users"]["api"]')" "$(($(counted loaded) + $(counted already_there)))" "killed $kills times: all others are there, once"
is "$(stats '{user["UserStatus"] for user in users if user["Origin"] == "api"}')" "{'CONFIRMED'}" "killed $kills times: each with a password"
ok "$(stats "0 if $calls <= 1.5 * 2 * $n_users else 1")" "killed $kills times: at most 1.5 calls a step a user"
figures "killed $kills times" "$n_users"
scale=100
double_post control '{"scale": 100}'

# ---- what may happen on the way ----

fresh
double_post control '{"foreign": 0}'
for fault in garbage internal unavailable cut slow; do
    fresh
    double_post faults "[{\"fault\": \"$fault\", \"op\": \"AdminCreateUser\", \"p\": 0.1, \"ms\": 20}, {\"fault\": \"$fault\", \"op\": \"AdminSetUserPassword\", \"p\": 0.1, \"ms\": 20}]"
    pipeline fault 'generate: {rows: 150, seed: 9}' "$map" ', password: generated'
    run leat run --json fault.yaml
    is "$status $(counted unknown) $(stats 'len(users), d["doubled"]')" "0 0 ($(counted loaded), [])" "$fault: everybody, once"
done
double_post faults '[]'
fresh
double_post clock '{"skew": 1200}'
run leat run --json fault.yaml
is "$status $(stats 'len(users)')" "0 $(counted loaded)" "a clock that is twenty minutes off is put right"
double_post clock '{"skew": 0}'
fresh
double_post faults '[{"fault": "error", "op": "AdminCreateUser", "type": "LimitExceededException", "from": 40}]'
run leat run --json fault.yaml
is "$status" 75 "a limit of the account: the run stops"
like "$err" 'cognito-idp refuses AdminCreateUser: LimitExceededException \(a limit of the account is reached' "a limit of the account: why"
double_post faults '[]'
run leat run --json fault.yaml
is "$status $(stats 'len(users), d["doubled"]')" "0 ($(counted loaded), [])" "a limit of the account: the next run goes on"
is "$(stats '{user["UserStatus"] for user in users}')" "{'CONFIRMED'}" "with what was left to do of each user"

# ---- what is wrong with the pipeline ----

# refused NAME REGEX OPTIONS [MAP [STATUS]]
refused()
{
    pipeline wrong 'generate: 3' "${4-$map}" "$3"
    run leat plan wrong.yaml
    is "$status" "${5:-78}" "$1: status"
    like "$err" "$2" "$1: the message"
}
pool=nonsense refused "no pool's id" 'is no id of a user pool, .*eu-central-1_AbCdEfGhI' ''
pool=eu-central-1_Nowhere01 refused "no such pool" 'there is no user pool eu-central-1_Nowhere01 in this account' '' "$map" 69
refused "another region" 'the pool is in eu-central-1, as its id says' ', region: us-east-1'
refused "a share of nothing" 'takes a share of the quota such as 50%' ', quota_share: 0%'
refused "a mark that is no attribute of the pool" "the pool has no attribute 'custom:none'" ', mark: custom:none'
refused "no user name" "every user needs 'cognito:username'" '' 'email: email'
export AWS_SECRET_ACCESS_KEY=wr0ng-s3cret
run leat plan few.yaml
is "$status" 69 "a wrong key: status"
unlike "$out$err" 'wr0ng' "a wrong key is not shown"
export AWS_SECRET_ACCESS_KEY=$double_secret
run leat run --json -vvv few.yaml
unlike "$out$err" "$double_secret|Correct-Horse|Battery" "no secret at any level of the log"
ok "$(grep -rqE "$double_secret|Correct-Horse|Battery-Staple" state; [ $? -eq 1 ]; echo $?)" "nor in the state"

done_testing
