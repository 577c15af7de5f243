#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# extract cognito against moto, which others have written: a pool made by boto3 comes out as boto3 sees it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/servers/moto.sh"
. "$top_srcdir/tests/cognito/boto.sh"
for variable in $(compgen -e AWS_); do
    unset "$variable"
done
moto_start
export PYTHONDONTWRITEBYTECODE=1 AWS_ENDPOINT_URL=$moto_url AWS_ACCESS_KEY_ID=AKIAMOTO AWS_SECRET_ACCESS_KEY=secret-of-moto
boto() { "$python" "$top_srcdir/tests/cognito/moto-pool.py" "$moto_url" "$@"; }

pool=$(boto make 200)
like "$pool" '^eu-central-1_' "boto3 makes a pool with 200 users"
boto list "$pool" >there.json
compare() { python3 "$top_srcdir/tests/cognito/compare.py" there.json "$@"; }
all="200 users, 0 lost, 0 twice, 0 strange, 0 values differ"

pipeline() # NAME OPTIONS
{
    cat >"$1.yaml" <<END
leat: 1
name: $1
rates: {eu-central-1/UserList: 1000/s, eu-central-1/UserRead: 1000/s}
extract: {cognito: {user_pool_id: $pool, $2}}
load: {jsonl: {path: $1.jsonl}}
END
}
pipeline all 'groups: true'
run leat run all.yaml
is "$status $(compare all.jsonl groups order=admins,staff,beta,zeta)" "0 $all" "all of them, attribute by attribute, groups by precedence"
pipeline parts 'partitions: 16, memory: 16KiB'
run leat run parts.yaml
is "$status $(compare parts.jsonl)" "0 $all" "the same in 16 partitions"
pipeline mfa 'mfa: true, filter: "cognito:user_status = \"FORCE_CHANGE_PASSWORD\""'
run leat run mfa.yaml
is "$status $(compare mfa.jsonl mfa)" "0 $all" "the same with a filter, and each asked for"
printf 'email\nuser7@example.com\nnobody@example.com\n' >keys.csv
cat >lookup.yaml <<END
leat: 1
name: lookup
extract: {csv: {path: keys.csv}}
transform: [lookup: {from: {cognito: {user_pool_id: $pool}}, on: {email: email}, take: {tenant: custom:tenant}}]
load: {jsonl: {path: found.jsonl}}
END
sed -i 's/tenant: custom:tenant/tenant: "custom:tenant"/' lookup.yaml
run leat run lookup.yaml
is "$(cat found.jsonl)" '{"email":"user7@example.com","tenant":"t7"}
{"email":"nobody@example.com","tenant":null}' "a user is found by e-mail address"
done_testing
