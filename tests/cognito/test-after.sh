#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What an import file cannot carry: groups and disabled users, set by the API for those who were imported, and for nobody
# else.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/cognito/double.sh"

pool=eu-central-1_After0001
cat >pool.json <<END
{"Id": "$pool", "Name": "after", "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"]}
END
double_start --scale 0 --pools pool.json
state_home=$PWD/state # one for all runs, as on a machine

# 60 users: each third is disabled, each second is staff, each fifth of the others is of two groups; u13 is there before
# as somebody else, u27's address is taken, u31's groups are no list
python3 - >users.jsonl <<'END'
import json
for i in range(1, 61):
    groups = ["staff"] if i % 2 == 0 else ["left", "r\u00f6ght"] if i % 5 == 0 else None if i % 7 == 0 else []
    print(json.dumps({"name": f"u{i}", "mail": f"u{i}@example.org", "on": i % 3 != 0, "groups": "x" if i == 31 else groups}))
END
foreign="{\"pool\": \"$pool\", \"users\": [{\"Username\": \"u13\", \"Attributes\": {\"email\": \"else@example.org\"}},
    {\"Username\": \"other\", \"Attributes\": {\"email\": \"u27@example.org\", \"email_verified\": \"true\"}}]}"
# job OPTIONS
job()
{
    cat >after.yaml <<END
leat: 1
name: after
extract: {jsonl: {path: users.jsonl, fields: {name: text, mail: text, on: bool, groups: json}}}
transform: [{map: {"cognito:username": name, email: mail, email_verified: "true", enabled: on, groups: groups}}]
load:
  cognito_import: {user_pool_id: $pool, cloudwatch_role_arn: "arn:aws:iam::123456789012:role/logs", part_rows: 25$1}
rejects: {csv: {path: rejects.csv}}
results: {csv: {path: results.csv}}
max_rejects: 100%
END
}
fresh() { double_post forget '{}'; double_post faults '[]'; rm -rf state; double_post users "$foreign"; }
counted() { printf '%s' "$out" | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }
stats() { double_get stats | python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
# wrong GROUPS ENABLED: the numbers of users who are not as they should be, and how the strangers are
wrong()
{
    double_get "users?pool=$pool" | python3 -c 'import json, sys
by = {user["Username"]: user for user in json.load(sys.stdin)}
groups = lambda i: ["staff"] if i % 2 == 0 else ["left", "r\u00f6ght"] if i % 5 == 0 else []
as_wanted = lambda i: (groups(i) if sys.argv[1] == "1" else [], i % 3 != 0 if sys.argv[2] == "1" else True)
print([i for i in sorted(set(range(1, 61)) - {13, 27, 31})
       if f"u{i}" not in by or (sorted(by[f"u{i}"]["Groups"]), by[f"u{i}"]["Enabled"]) != as_wanted(i)],
      by["u13"]["Groups"], by["u13"]["Enabled"], by["other"]["Enabled"], "u27" in by, "u31" in by)' "$@"
}
fine="[] [] True True False False"
unchecked="[] [] True True False True" # groups that are of no concern may be of any form

fresh
job ', groups: create'
run leat plan after.yaml
is "$status" 0 "plan"
like "$out" 'groups and enabled cannot stand in a file: set by the API for users who were imported, at [0-9]+ an hour' \
    "plan says what is done by API, and how fast"
like "$out" 'each of them becomes a monthly active user of this month, and is billed as one' "and what it costs"
unlike "$out" 'left out' "nothing is left out"
run leat run --json after.yaml
is "$status $(counted loaded) $(counted rejected)" "0 57 3" "users are imported"
is "$(wrong 1 1)" "$fine" "their groups and who is disabled are as they should be, strangers are let be"
is "$(sed 1d rejects.csv | cut -d, -f1 | sort | paste -sd' ')" "u13 u27 u31" "three are rejects"
is "$(stats 'd["calls"]["AdminDisableUser"], d["calls"].get("AdminEnableUser", 0)')" \
    "(19, 0)" "one call for each who is disabled"
is "$(stats 'd["n_messages"], d["mau"]')" "(0, 43)" "no message, and nobody becomes an active user but those who are called for"
like "$(grep ^u31 rejects.csv)" 'groups,bad_groups,.must be a list of names' "groups that are no list: rejected before the import"
n_groups=$(stats 'd["calls"]["AdminAddUserToGroup"] - d["calls"]["CreateGroup"]')
run leat run --json after.yaml
is "$status $(counted already_there)" "0 57" "the same again: status"
is "$(stats 'd["calls"]["AdminDisableUser"], d["calls"]["AdminAddUserToGroup"] - d["calls"]["CreateGroup"]')" "(19, $n_groups)" \
    "the same again: nothing is done twice"

fresh
job ''
run leat run --json after.yaml
is "$status $(counted loaded) $(counted rejected)" "0 21 39" "groups that are not there: their users are rejects"
like "$(grep ^u2, rejects.csv)" 'step_refused,.*AdminAddUserToGroup: a group of the user is not in the pool; .*groups: create.*the user is in the pool without it' \
    "why, and what to do"
for which in groups enabled none; do
    fresh
    job ", groups: create, after_import: $which"
    run leat plan after.yaml
    case $which in
    groups) wanted="1 0" left="enabled" as=$fine ;;
    enabled) wanted="0 1" left="groups" as=$unchecked ;;
    none) wanted="0 0" left="groups" as=$unchecked ;;
    esac
    like "$out" "does not carry $left" "after_import: $which: what is left out is said"
    run leat run --json after.yaml
    # shellcheck disable=SC2086
    is "$status $(wrong $wanted)" "0 $as" "after_import: $which: that, and nothing else"
done

# ---- throttled, lost, in error although done; stopped and killed on the way ----

storm='[{"fault": "throttle", "p": 0.1}, {"fault": "lose", "p": 0.1, "op": "AdminAddUserToGroup"},
  {"fault": "lie", "p": 0.1, "op": "AdminDisableUser"}, {"fault": "lie", "p": 0.3, "op": "CreateGroup"},
  {"fault": "garbage", "p": 0.05, "op": "AdminAddUserToGroup"}]'
fresh
double_post faults "$storm"
job ', groups: create'
run leat run --json after.yaml
is "$status $(counted loaded) $(counted unknown)" "0 57 0" "a storm: everybody"
is "$(wrong 1 1)" "$fine" "a storm: as they should be"

# stopped SIGNAL: while groups are set
stopped()
{
    fresh
    double_post faults '[{"fault": "slow", "op": "AdminDisableUser", "p": 1, "ms": 30}]'
    XDG_STATE_HOME=$state_home "$LEAT" run --json after.yaml >killed.json 2>killed.err &
    pid=$!
    until [ "$(stats 'd["calls"].get("AdminDisableUser", 0)')" -ge 2 ] || ! kill -0 $pid 2>/dev/null; do :; done
    kill "-$1" $pid
    wait $pid 2>/dev/null
}
for signal in TERM KILL; do
    stopped $signal
    is $? "$([ $signal = TERM ] && echo 143 || echo 137)" "SIG$signal while groups are set: status"
    run leat run --json after.yaml
    is "$status $(counted loaded) $(counted rejected) $(stats 'd["calls"]["CreateUserImportJob"]')" "0 57 3 3" \
        "SIG$signal while groups are set: the next run ends it without another job"
    is "$(wrong 1 1)" "$fine" "SIG$signal while groups are set: as they should be"
done
cp users.jsonl users.before
for signal in TERM KILL; do
    stopped $signal
    echo '{"name": "u61", "mail": "u61@example.org", "on": true, "groups": []}' >>users.jsonl
    run leat run --json after.yaml
    is "$status $(counted loaded) $(counted rejected)" "0 58 3" "SIG$signal, and a user more: those of before are still ours"
    cp users.before users.jsonl
done

# ---- a stranger whom an earlier job met ----

cat >twelve.py <<'END'
import json, sys
for i in range(1, 13):
    if i not in map(int, sys.argv[1:]):
        print(json.dumps({"name": f"u{i}", "mail": f"u{i}@example.org", "on": False, "groups": ["staff"]}))
END
strangers="{\"pool\": \"$pool\", \"users\": [{\"Username\": \"u5\", \"Attributes\": {\"email\": \"else@example.org\"}},
    {\"Username\": \"u1\", \"Attributes\": {\"email\": \"one@example.org\"}}]}"
double_post forget '{}'
double_post users "$strangers"
rm -rf state
job ', groups: create, trial: 2'
python3 twelve.py >users.jsonl
run leat run --json after.yaml
is "$status" 65 "a trial that meets a stranger: status"
python3 twelve.py 1 >users.jsonl
run leat run --json after.yaml
is "$status $(counted loaded) $(counted conflict)" "0 10 1" "put right, and run again: a stranger is not taken for ours, though a job has imported somebody"
is "$(double_get "users?pool=$pool" | python3 -c 'import json, sys
print(sorted((user["Username"], user["Enabled"], user["Groups"]) for user in json.load(sys.stdin) if user["Username"] in ("u1", "u2", "u5")))')" \
    "[('u1', True, []), ('u2', False, ['staff']), ('u5', True, [])]" "nor is disabled, as ours are"

# ---- what is wrong with the pipeline ----

job ''
sed -i 's/"cognito:username": name/"cognito:username": "length(name)"/' after.yaml
run leat check after.yaml
like "$status $err" "^78 .*'cognito:username' must be of type text" "a user name that is no text"
job ', after_import: group'
run leat check after.yaml
is "$status" 78 "a value that is none"
like "$err" "groups" "a value that is none: which there are"
job ''
sed -i 's/enabled: on/enabled: mail/' after.yaml
run leat check after.yaml
is "$status" 78 "enabled of another type"
like "$err" "'enabled' must be of type bool" "enabled of another type: why"

done_testing
