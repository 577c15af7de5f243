#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract cognito against a service that throttles, fails, breaks tokens and gives empty pages, and through kill -9: nobody
# is lost, nobody comes twice. And what it says where nothing can be done.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/cognito/source.sh"

# ---- pages and replies ----

double_post control '{"short_pages": 0.3, "empty_pages": 0.2, "token_breaks": 0.05}'
for n in 1 4 16; do
    double_mark
    pipeline "pages$n" "partitions: $n, groups: true"
    run leat run "pages$n.yaml"
    is "$status $(compare "pages$n.jsonl" groups)" "0 $all" \
        "short and empty pages, tokens that break, $n partitions ($(double_count ListUsers) calls)"
done
double_post control '{"short_pages": 0, "empty_pages": 0, "token_breaks": 0}'

double_post faults '[{"fault": "throttle", "op": "ListUsers", "p": 0.2}, {"fault": "throttle", "op": "ListUsersInGroup", "p": 0.2}]'
pipeline throttled 'groups: true'
run leat run throttled.yaml
is "$status $(compare throttled.jsonl groups)" "0 $all" "a fifth of the lists throttled"
double_post faults '[{"fault": "internal", "p": 0.03}, {"fault": "unavailable", "p": 0.03}, {"fault": "cut", "p": 0.03},
    {"fault": "lose", "p": 0.03}, {"fault": "garbage", "p": 0.03}]'
pipeline broken 'groups: true, partitions: 4'
run leat run broken.yaml
is "$status $(compare broken.jsonl groups)" "0 $all" "errors of the server, cut connections, lost and broken replies"
double_post faults '[]'

# ---- clock and credentials ----

double_post clock '{"skew": 7200}'
pipeline clock 'partitions: 2'
run leat run clock.yaml
is "$status $(compare clock.jsonl)" "0 $all" "a clock that is two hours off"
double_post clock '{"skew": 0}'

cat >config <<'END'
[default]
credential_process = sh credentials.sh
END
cat >credentials.sh <<END
echo asked >>asked
[ "\$(grep -c . asked)" -le 2 ] && key=$AWS_ACCESS_KEY_ID || key=AKIASECOND
printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "$AWS_SECRET_ACCESS_KEY"}' "\$key"
END
double_post credentials "{\"key\": \"AKIASECOND\", \"secret\": \"$double_secret\"}"
double_post faults '[{"fault": "expired", "op": "ListUsers", "from": 10, "times": 1}]'
pipeline expired 'groups: false'
run env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_CONFIG_FILE=config "$LEAT" run expired.yaml
is "$status $(compare expired.jsonl)" "0 $all" "credentials that expire in mid-run are renewed"
is "$(grep -c . asked)" 3 "by asking their source again"
double_post faults '[]'

# ---- kill -9 ----

# Whether the run that is under way has called ListUsers so often.
has_called() { [ "$(double_count ListUsers)" -ge "$1" ]; }

# killed NAME CALLS: kills a run after so many calls, and lets another go on
killed()
{
    state_home=$scratch/state-$1
    double_post control '{"latency": 20}'
    double_mark
    XDG_STATE_HOME=$state_home "$LEAT" run "$1.yaml" 2>/dev/null &
    local process=$!
    until_true "$process" has_called "$2"
    kill -KILL "$process"
    wait "$process" 2>/dev/null
    double_post control '{"latency": 0}'
    double_mark
    run leat run "$1.yaml" -v
    state_home=
}

for n in 1 4; do
    for calls in 20 60 150; do
        name=killed-$n-$calls
        pipeline "$name" "partitions: $n, groups: true, memory: 16KiB"
        killed "$name" "$calls"
        is "$status $(compare "$name.jsonl" groups)" "0 $all" "$n partitions, killed after $calls calls: the same users in the end"
    done
    like "$err" 'going on with run 1' "the last went on with what was there"
done
pipeline killed-filter 'filter: "sub ^= \"a\""'
killed killed-filter 2
is "$status" 0 "with a filter a run that was killed begins anew"
is "$(grep -c . killed-filter.jsonl)" "$(grep -o '"Sub": "a' there.json | wc -l)" "and has each user once"

# ---- what it says ----

fails() # STATUS REGEX NAME COMMAND...
{
    local wanted=$1 regex=$2 name=$3
    shift 3
    run "$@"
    is "$status" "$wanted" "$name: exit status"
    like "$err" "$regex" "$name: says so"
}
pipeline other 'groups: true'
sed 's/Source001/Source002/' other.yaml >gone.yaml
fails 69 'no user pool eu-central-1_Source002|DescribeUserPool: ResourceNotFoundException \(it is not there' "a pool that is not there" leat run gone.yaml
sed 's/eu-central-1_Source001/Source001/' other.yaml >bad-id.yaml
fails 78 'no id of a user pool' "what is no id" leat run bad-id.yaml
pipeline region 'region: us-east-1'
fails 78 'the pool is in eu-central-1' "another region" leat run region.yaml
fails 69 'AWS does not know these credentials' "a wrong secret" env AWS_SECRET_ACCESS_KEY=another-secret "$LEAT" run other.yaml
fails 69 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name' "no credentials" \
    env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$LEAT" run other.yaml
for operation in ListUsers ListGroups ListUsersInGroup; do
    double_post faults "[{\"fault\": \"error\", \"op\": \"$operation\", \"type\": \"AccessDeniedException\"}]"
    fails 69 "refuses $operation: AccessDeniedException.*give their user or role the right" "no permission for $operation" \
        leat run other.yaml
done
double_post faults '[{"fault": "error", "op": "ListUsers", "type": "ResourceNotFoundException", "from": 3}]'
fails 69 'no user pool eu-central-1_Source001 in this account' "a pool that goes in mid-run" leat run other.yaml
double_post faults '[{"fault": "error", "op": "ListUsers", "type": "InvalidParameterException"}]'
pipeline refused 'filter: "email = \"user00001@example.com\""'
fails 69 'refuses ListUsers: InvalidParameterException \(look at the filter\)' "a filter that Cognito does not take" leat run refused.yaml
unlike "$err" 'user00001' "and its value is not in the message"
double_post faults '[{"fault": "error", "op": "ListUsersInGroup", "type": "ResourceNotFoundException", "n": 1}]'
run leat run other.yaml
is "$status" 0 "a group that goes while it is read has nobody"
double_post faults '[{"fault": "error", "op": "AdminGetUser", "type": "UserNotFoundException", "n": 1}]'
pipeline gone-user 'mfa: true, filter: "sub ^= \"0\""'
run leat run gone-user.yaml
is "$status $(grep -c '"mfa_settings":null' gone-user.jsonl)" "0 1" "a user who goes before AdminGetUser has no MFA settings"
double_post faults '[]'

# ---- secrets ----

pipeline secret 'groups: true, mfa: true, filter: "sub ^= \"0\""'
run leat run secret.yaml -vv
is "$status" 0 "a run that says all it knows"
like "$err" 'debug' "(it does)"
unlike "$out$err" "$double_secret|Signature=|user0[0-9]{4}@|Lovelace" "has no secret, no signature and no value in it"

# ---- rejects ----

# A user whose values are no attribute's.
double_post users '{"pool": "eu-central-1_Source001", "users": [{"Username": "odd", "Attributes": {"email": "odd@example.com",
    "updated_at": "yesterday"}}]}'
pipeline odd 'filter: "username = \"odd\""' '' 'rejects: {jsonl: {path: odd-rejects.jsonl}}
max_rejects: 100%'
run leat run odd.yaml
is "$status" 0 "a value that is none of its type"
like "$(cat odd-rejects.jsonl)" 'conversion_failed.*' "is rejected"
like "$(cat odd-rejects.jsonl)" 'yesterday' "with the value beside the reason"
done_testing
