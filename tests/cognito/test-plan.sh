#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# What `leat plan` says of a load into Cognito is what the run then does: users, calls, jobs, active users, messages,
# passwords.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/cognito/double.sh"

cat >pools.json <<'END'
[{"Id": "eu-central-1_ByCsv", "Name": "csv", "AutoVerifiedAttributes": ["email"]},
 {"Id": "eu-central-1_ByApi", "Name": "api", "AutoVerifiedAttributes": ["email"]}]
END
double_start --scale 0 --pools pools.json
python3 - <<'END'
import json
hashes = ["$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
          "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y=", None, "$P$BabcdefghABCDEFGHIJKLMNOPQRSTUV"]
with open("users.jsonl", "w") as f:
    for i in range(1, 1301):
        print(json.dumps({"id": i, "hash": hashes[i % 4], "pw": "Correct-Horse-1" if i % 3 == 0 else None, "on": i % 10 != 0,
                          "groups": ["staff", "left"][:i % 3], "gone": i % 13 == 0}), file=f)
END
cat >users.yaml <<'END'
leat: 1
name: users
extract:
  jsonl: {path: users.jsonl, fields: {id: int64, hash: {type: text, class: secret}, pw: {type: text, class: secret}, on: bool,
    groups: json, gone: bool}}
transform:
  - filter: not gone
  - map: {"cognito:username": "concat('u', id)", email: "concat('u', id, '@example.org')", email_verified: "true",
          password_hash: hash, password: pw, enabled: on, groups: groups}
load: csv
loads:
  csv: {cognito_import: {user_pool_id: eu-central-1_ByCsv, cloudwatch_role_arn: "arn:aws:iam::123456789012:role/logs",
    part_rows: 200, groups: create}}
  api: {cognito_api: {user_pool_id: eu-central-1_ByApi, groups: create}}
rejects: {csv: {path: rejects.csv}}
END
# of WHAT: a figure of the plan at hand
of() { python3 -c 'import json, sys; print(round(json.load(open("plan.json"))["forecast"]["figures"].get(sys.argv[1], 0)))' "$1"; }
# forecast OPTION...
forecast()
{
    run leat plan --json users.yaml "$@"
    printf '%s' "$out" >plan.json
    is "$status" 0 "plan $*"
}
stats() { double_get stats | python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
counted() { printf '%s' "$out" | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }

for way in csv api; do
    double_post forget '{}'
    forecast --load $way --sample all
    is "$(stats 'd["calls"].get("AdminCreateUser", 0) + d["calls"].get("CreateUserImportJob", 0)')" 0 "$way: planning makes nobody"
    users=$(of users) kept=$(of "passwords kept") reset=$(of "passwords to be reset") active=$(of "monthly active users")
    migrate=$(of "passwords that need a sign-in migration") jobs=$(of "import jobs") messages=$(of "messages sent")
    for call in AdminCreateUser AdminSetUserPassword AdminDisableUser; do
        declare "n_$call=$(of "calls of $call")"
    done
    n_groups=$(of "calls of AdminAddUserToGroup")
    run leat run --json --load $way users.yaml
    is "$status $(counted loaded)" "0 $users" "$way: so many users ($users)"
    for call in AdminCreateUser AdminSetUserPassword AdminDisableUser; do
        named=n_$call
        is "$(stats "d['calls'].get('$call', 0)")" "${!named}" "$way: so many calls of $call"
    done
    is "$(stats 'd["calls"]["AdminAddUserToGroup"] - d["calls"]["CreateGroup"]')" "$n_groups" "$way: so many memberships"
    is "$(stats 'd["mau"], d["n_messages"], d["calls"].get("CreateUserImportJob", 0)')" "($active, $messages, $jobs)" \
        "$way: so many active users, messages and import jobs"
    if [ $way = csv ]; then
        is "$(counted 'passwords kept') $(counted 'passwords to be reset') $(counted 'passwords that need a sign-in migration')" \
            "$kept $reset $migrate" "csv: so many passwords kept, to be reset, and to be migrated by a sign-in"
    else
        is "$kept $reset" "$n_AdminSetUserPassword $((users - kept))" "api: so many passwords kept, and to be reset"
    fi
done

# ---- a part of the records stands for all ----

sqlite3 users.db 'create table u (id integer primary key, name text, on_ int)' \
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 40000) insert into u select i, 'u' || i, i % 4 from n"
cat >part.yaml <<'END'
leat: 1
name: part
extract: {sqlite: {path: users.db, table: u, cursor: id}}
transform: [{filter: on_ <> 3}, {map: {"cognito:username": name, email: "name || '@example.org'", email_verified: "true"}}]
load: {cognito_api: {user_pool_id: eu-central-1_ByApi}}
END
double_post control '{"scale": 1}'
run leat plan part.yaml
like "$out" 'of about 40000 records, as the first 1000 of them go:' "the first thousand of many: said"
like "$out" 'users +30000' "the first thousand of many: for all"
like "$out" 'calls of AdminCreateUser +30000' "the first thousand of many: calls"
like "$out" 'hours at the quotas +0.2' "the first thousand of many: hours, at 40 users a second"
run leat plan --sample 0 part.yaml
unlike "$out" 'users +30000' "--sample 0: nothing is read"
run leat plan --sample=some part.yaml
is "$status" 64 "a sample that is no number: status"
like "$err" "takes a number or all, not 'some'" "a sample that is no number: why"
unlike "$(cat plan.json)" 'Correct-Horse' "no password in what is shown"

done_testing
