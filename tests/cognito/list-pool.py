#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""usage: list-pool.py POOL: its users as boto3 has them, a line of JSON each, without what Cognito gives anew (sub) and
without leat's mark: name, attributes, whether enabled, groups."""
import json, sys

import boto3

client, pool, groups = boto3.client("cognito-idp", region_name="eu-central-1"), sys.argv[1], {}
for page in client.get_paginator("list_groups").paginate(UserPoolId=pool):
    for group in page["Groups"]:
        for users in client.get_paginator("list_users_in_group").paginate(UserPoolId=pool, GroupName=group["GroupName"]):
            for user in users["Users"]:
                groups.setdefault(user["Username"], []).append(group["GroupName"])
for page in client.get_paginator("list_users").paginate(UserPoolId=pool):
    for user in page["Users"]:
        values = {a["Name"]: a["Value"] for a in user["Attributes"] if a["Name"] not in ("sub", "custom:mig_id")}
        print(json.dumps([user["Username"], values, user["Enabled"], sorted(groups.get(user["Username"], []))], sort_keys=True))
