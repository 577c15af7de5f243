#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Chinook's customers by the API into the double of Cognito and into moto, which others have written: groups and
# attributes as boto3 reads them back, against what Python's sqlite3 reads out of the shop.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
requires_data chinook
requires python3 sqlite3
. "$top_srcdir/tests/cognito/double.sh"
. "$top_srcdir/tests/servers/moto.sh"
. "$top_srcdir/tests/cognito/boto.sh"
moto_start
cat >pool.json <<'END'
{"Id": "eu-central-1_Chinook1", "Name": "chinook", "AutoVerifiedAttributes": ["email"], "Schema": [
 {"Name": "customer", "AttributeDataType": "String", "Mutable": true}, {"Name": "mig_id", "AttributeDataType": "String", "Mutable": true}]}
END
double_start --scale 0 --pools pool.json

cat >chinook.py <<'END'
"""make: a pool in moto. shop FILE: what its users are to be, as pool_users has them."""
import json, sqlite3, sys

def make():
    import boto3
    print(boto3.client("cognito-idp", region_name="eu-central-1").create_user_pool(PoolName="chinook", AutoVerifiedAttributes=["email"], Schema=[
        {"Name": name, "AttributeDataType": "String", "Mutable": True} for name in ("customer", "mig_id")])["UserPool"]["Id"])

def shop(path):
    for id, first, last, email, company, country in sqlite3.connect(path).execute(
            "select CustomerId, FirstName, LastName, lower(Email), Company, Country from Customer"):
        values = {"given_name": first, "family_name": last, "email": email, "email_verified": "true", "custom:customer": str(id)}
        if company:
            values["nickname"] = company
        groups = ["customers"] + (["at-home"] if country == "Germany" else [])
        print(json.dumps([f"customer-{id}", values, country != "Norway", sorted(groups)], sort_keys=True))

globals()[sys.argv[1]](*sys.argv[2:])
END
cp "$data/chinook.sqlite" .
python3 chinook.py shop chinook.sqlite | sort >wanted
is "$(wc -l <wanted)" 59 "Chinook has 59 customers"

# into NAME URL POOL
into()
{
    export AWS_ENDPOINT_URL=$2
    cat >chinook.yaml <<END
leat: 1
name: chinook-$1
rates: {eu-central-1/UserCreation: 1000/s, eu-central-1/UserUpdate: 1000/s, eu-central-1/UserAccountRecovery: 1000/s}
extract: {sqlite: {path: chinook.sqlite, table: Customer, cursor: CustomerId}}
transform:
  - map:
      cognito:username: concat('customer-', CustomerId)
      given_name: FirstName
      family_name: LastName
      email: lower(Email)
      email_verified: "true"
      nickname: Company
      custom:customer: CustomerId
      groups: cast(case when Country = 'Germany' then '["customers", "at-home"]' else '["customers"]' end as json)
      enabled: Country <> 'Norway'
load: {cognito_api: {user_pool_id: $3, groups: create, password: generated, mark: custom:mig_id}}
END
    run leat run --json chinook.yaml
    is "$status" 0 "into $1: status"
    like "$out" '"loaded":59,.*"balanced":true' "into $1: all of them"
    pool_users "$3" >got
    is "$(diff wanted got | head -n 4)" "" "into $1: attributes, groups and who is disabled, as boto3 has them"
}
into double "$double_url" eu-central-1_Chinook1
export AWS_ENDPOINT_URL=$moto_url
into moto "$moto_url" "$("$python" chinook.py make)"
done_testing
