#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract cognito: what a user of a pool becomes, and that all of them come, each once.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/cognito/source.sh"

# ---- what comes ----

pipeline all 'groups: true, fields: {dev:custom:note: text}'
double_mark
run leat run all.yaml
is "$status" 0 "a pool is read"
is "$err" "" "silently"
is "$(compare all.jsonl groups)" "$all" "every user once, attribute by attribute"
is "$(double_count AdminGetUser) $(double_count AdminListGroupsForUser)" "0 0" "no user is asked for alone"
is "$(double_get stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["mau"])')" 0 "nobody counts as active"
is "$(double_count ListGroups)" 1 "the groups are listed once"
like "$(leat plan all.yaml)" 'about 2500 rows' "leat plan knows how many there are"

pipeline plain 'partitions: 1'
double_mark
run leat run plain.yaml
is "$(compare plain.jsonl)" "$all" "the same without groups"
is "$(double_count ListGroups) $(double_count ListUsersInGroup)" "0 0" "which are not asked for then"
is "$(cut -c 1-46 plain.jsonl | LC_ALL=C sort -c && echo sorted)" sorted "one partition has them in the order of their subs"
unlike "$(head -n 1 plain.jsonl)" '"groups"' "there is no field groups"
run leat run plain.yaml --report report.json
like "$(cat report.json)" '"values of attributes that the pool does not describe": *228' \
    "attributes of developers are counted, if nobody names them"

for n in 3 4 16 48; do
    pipeline "parts$n" "partitions: $n"
    run leat run "parts$n.yaml"
    is "$status $(compare "parts$n.jsonl")" "0 $all" "$n partitions: the same users"
done

# A prefix that does not fit is split, as deep as it takes.
pipeline split 'memory: 48KiB, groups: true'
double_mark
run leat run split.yaml
is "$status $(compare split.jsonl groups)" "0 $all" "prefixes that do not fit into the memory are split"
calls=$(double_count ListUsers)
[ "$calls" -gt 100 ] && [ "$calls" -le 273 ]
ok $? "not each of them is read in vain before ($calls calls)"
is "$(cut -c 1-46 split.jsonl | LC_ALL=C sort -c && echo sorted)" sorted "and the order stays"

# ---- precedence ----

double_post users \
    '{"pool": "eu-central-1_Source001", "users": [{"Username": "ranked", "Attributes": {"email": "ranked@example.com"}, "Groups": ["b", "a", "c"]}]}'
pipeline ranked 'groups: true, filter: "username = \"ranked\""'
run leat run ranked.yaml
like "$(cat ranked.jsonl)" '"groups":\["a", ?"b", ?"c"\]' "groups without precedence come by their names"

# ---- filters ----

double_get 'users?pool=eu-central-1_Source001' >there.json

pipeline filter 'filter: "status = \"Disabled\""'
run leat run filter.yaml
is "$status $(compare filter.jsonl if=Enabled=False)" "0 278 users, 0 lost, 0 twice, 0 strange, 0 values differ" "a filter is Cognito's own"
pipeline begins 'filter: "email ^= \"user0012\""'
run leat run begins.yaml
is "$(grep -c . begins.jsonl)" 10 "^= finds what begins so"
double_post control '{"token_breaks": 0.1, "short_pages": 0.3}'
pipeline filter-breaks 'filter: "status = \"Disabled\""'
run leat run filter-breaks.yaml
is "$status $(compare filter-breaks.jsonl if=Enabled=False)" "0 278 users, 0 lost, 0 twice, 0 strange, 0 values differ" \
    "also when its tokens break"
double_post control '{"token_breaks": 0, "short_pages": 0}'

wrong() # FILTER REGEX NAME
{
    pipeline wrong "filter: '$1'"
    run leat check wrong.yaml
    is "$status" 78 "$3"
    like "$err" "$2" "and it is said why"
}
wrong 'custom:tenant = "a"' 'does not search custom attributes.*transform' "a custom attribute is no filter"
wrong 'emial = "a"' "does not search by 'emial'.*is email meant" "nor is an unknown attribute"
wrong 'email = a' 'in double quotes' "a value without quotes"
wrong 'email = "a' 'in double quotes' "a quote that is not closed"
wrong 'email = "a" and name = "b"' 'one condition and no more' "two conditions"
wrong 'email like "a"' 'compares by = \(is\) or \^= \(begins with\)' "another comparison"
wrong "email = \"$(printf 'x%.0s' {1..300})\"" 'longer than 256' "too long a filter"
pipeline wrong 'partitions: 4, filter: "email = \"a\""'
run leat check wrong.yaml
like "$err" 'take `filter` or `partitions` out' "a filter and partitions exclude each other"

# ---- MFA ----

pipeline mfa 'mfa: true, partitions: 4'
like "$(leat plan mfa.yaml)" 'counts as a monthly active user' "leat plan says what mfa costs"
double_mark
run leat run mfa.yaml
is "$status $(compare mfa.jsonl mfa)" "0 ${all/2500/2501}" "with mfa: each user's preference and settings"
is "$(double_count AdminGetUser)" 2501 "one call a user"

# ---- single users ----

cat >keys.csv <<'END'
n,username,email,phone
1,"quo""te\slash",user00001@example.com,+491510000001
2,nützer-00007,USER00007@example.com,+491510000007
3,nobody,nobody@example.com,+499999999999
END
lookup() # FIELD OF-COLUMN
{
    cat >lookup.yaml <<END
leat: 1
name: lookup
$rates
extract: {csv: {path: keys.csv}}
transform:
  - lookup: {from: {cognito: {user_pool_id: eu-central-1_Source001, groups: true, mfa: true}}, on: {$1: $2}, take: [sub, status, groups]}
load: {jsonl: {path: looked-up.jsonl}}
END
    run leat run lookup.yaml
}
for pair in cognito:username=username email=email phone_number=phone; do
    lookup "${pair%=*}" "${pair#*=}"
    is "$status" 0 "users are found by ${pair%=*}"
    is "$(python3 - <<'END'
import json
pool = {user["Username"]: user for user in json.load(open("there.json"))}
got = [json.loads(line) for line in open("looked-up.jsonl")]
print([(record["sub"] == pool[name]["Sub"], record["status"] == pool[name]["UserStatus"], record["groups"] == pool[name]["Groups"])
       for record, name in zip(got, ('quo"te\\slash', "nützer-00007"))], got[2]["sub"])
END
)" "[(True, True, True), (True, True, True)] None" "and nobody else"
done

# ---- into the loads as they are ----

python3 - <<'END'
import json
pool = json.load(open("pool.json"))
pool["SchemaAttributes"] = [{**one, "Name": "custom:" + one["Name"]} for one in pool.pop("Schema")[:3]]
json.dump({"UserPool": pool}, open("described.json", "w"))
END
pipeline to-csv 'filter: "sub ^= \"a\""' '{cognito_csv: {path: to.csv, pool: described.json}}'
sed -i 's/^load:/max_rejects: 100%\nload:/' to-csv.yaml
run leat run to-csv.yaml
is "$status" 0 "the CSV import takes a pool's users without a map"
like "$(head -n 1 to.csv)" 'custom:tenant' "custom attributes among them"
run leat plan to-csv.yaml
like "$out" 'an import by CSV makes every user enabled' "and what it does not take is said"
cat >valid.yaml <<'END'
leat: 1
name: valid
extract: {cognito: {user_pool_id: eu-central-1_Source001, filter: 'sub ^= "a"'}}
validate: [cognito_user: {pool: described.json}]
load: {"null": {}}
max_rejects: 100%
END
run leat run valid.yaml
is "$status" 0 "validate cognito_user takes them, too"

# ---- without asking ----

cat >unasked.yaml <<'END'
leat: 1
name: unasked
extract: {cognito: {user_pool_id: eu-central-1_Source001, fields: {custom:tenant: text, custom:points: int64}}}
transform: [map: {sub: sub, tenant: custom:tenant, twice: '"custom:points" * 2', created: created}]
load: {jsonl: {path: unasked.jsonl}}
END
sed -i 's/tenant: custom:tenant/tenant: \x27"custom:tenant"\x27/' unasked.yaml
run env AWS_ENDPOINT_URL=http://127.0.0.1:1 "$LEAT" check unasked.yaml
is "$status" 0 "leat check asks nobody, and takes the attributes that are declared"
run leat run unasked.yaml
is "$status" 0 "and they are that when it runs"
like "$(cat unasked.jsonl)" '"twice":[0-9]{5}' "with the type that was declared"
sed 's/custom:tenant: text/custom:tenannt: text/; s/"custom:tenant"/"custom:tenannt"/' unasked.yaml >misspelt.yaml
run leat run misspelt.yaml
is "$status" 78 "an attribute that the pool does not have"
like "$err" "has no field 'custom:tenannt'" "is told"
run leat preview plain.yaml
is "$status" 0 "leat preview shows users"
done_testing
