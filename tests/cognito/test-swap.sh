#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# One pipeline, two ways in: the demo's users into a pool by import jobs and by the API are the same users, attribute by
# attribute. And from one pool into another, with groups and custom attributes. Read back by boto3, not by us.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires python3
. "$top_srcdir/tests/cognito/double.sh"
. "$top_srcdir/tests/cognito/boto.sh"

cat >pools.json <<'END'
[{"Id": "eu-central-1_ByCsv", "Name": "csv", "AutoVerifiedAttributes": ["email"], "Schema": [
   {"Name": "legacy_id", "AttributeDataType": "String", "Mutable": true}, {"Name": "mig_id", "AttributeDataType": "String", "Mutable": true}]},
 {"Id": "eu-central-1_ByApi", "Name": "api", "AutoVerifiedAttributes": ["email"], "Schema": [
   {"Name": "legacy_id", "AttributeDataType": "String", "Mutable": true}, {"Name": "mig_id", "AttributeDataType": "String", "Mutable": true}]},
 {"Id": "eu-central-1_Copy", "Name": "copy", "AutoVerifiedAttributes": ["email"], "Schema": [
   {"Name": "legacy_id", "AttributeDataType": "String", "Mutable": true}, {"Name": "mig_id", "AttributeDataType": "String", "Mutable": true}]}]
END
double_start --scale 0 --pools pools.json

counted() { printf '%s' "$out" | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }

run leat run --quiet "$top_srcdir/pipelines/make-shop.yaml" --param shop="$PWD/shop.db"
is "$status" 0 "the shop is there"
job=$top_srcdir/pipelines/shop-to-pool.yaml
for way in csv:ByCsv api:ByApi; do
    run leat run --json "$job" --load "${way%:*}" --param shop="$PWD/shop.db" --param out="$PWD" --param pool="eu-central-1_${way#*:}"
    is "$status" 0 "--load ${way%:*}: status"
    like "$out" '"balanced":true' "--load ${way%:*}: the books balance"
    eval "n_${way%:*}=$(counted loaded)"
    pool_users "eu-central-1_${way#*:}" >"${way%:*}.pool"
done
is "$n_csv $(wc -l <csv.pool)" "$n_api $(wc -l <api.pool)" "as many by the one as by the other ($n_api)"
ok "$([ "$n_api" -gt 3000 ]; echo $?)" "and they are thousands"
is "$(diff csv.pool api.pool | head -n 4)" "" "the same users, attribute by attribute"
is "$(double_get stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["n_messages"])')" 0 "no message was sent"

# ---- from pool to pool ----

double_post users '{"pool": "eu-central-1_ByApi", "users": [
  {"Username": "grouped", "Attributes": {"email": "g@example.org", "email_verified": "true", "custom:legacy_id": "G-1"}, "Groups": ["staff", "admins"]},
  {"Username": "barred", "Attributes": {"email": "b@example.org", "email_verified": "true"}, "Enabled": false}]}'
cat >copy.yaml <<'END'
leat: 1
name: copy
extract: {cognito: {user_pool_id: eu-central-1_ByApi, groups: true}}
load: {cognito_api: {user_pool_id: eu-central-1_Copy, groups: create, on_existing: conflict}}
END
run leat run --json copy.yaml
is "$status $(counted loaded)" "0 $((n_api + 2))" "pool to pool"
pool_users eu-central-1_ByApi >from.pool
pool_users eu-central-1_Copy >to.pool
is "$(diff from.pool to.pool | head -n 4)" "" "pool to pool: attributes, custom ones, groups, disabled users"
like "$(grep '"grouped"' to.pool)" '"custom:legacy_id": "G-1".*\["admins", "staff"\]' "pool to pool: with groups and custom attributes"
like "$(grep '"barred"' to.pool)" 'false, \[\]' "pool to pool: who was disabled is"

done_testing
