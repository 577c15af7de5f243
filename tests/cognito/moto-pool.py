#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""usage: moto-pool.py URL make N | list POOL: makes a pool with groups and N users by boto3 and prints its id, or prints
its users as /_double/users has them, as boto3 sees them."""
import json, sys

import boto3

client = boto3.client("cognito-idp", endpoint_url=sys.argv[1], region_name="eu-central-1", aws_access_key_id="AKIAMOTO",
                      aws_secret_access_key="secret-of-moto")


def make(n):
    pool = client.create_user_pool(PoolName="source", Schema=[
        {"Name": "tenant", "AttributeDataType": "String", "Mutable": True}])["UserPool"]["Id"]
    for i, name in enumerate(("staff", "admins", "zeta", "beta")):
        client.create_group(UserPoolId=pool, GroupName=name, **({"Precedence": 9 - i} if i < 2 else {}))
    for i in range(n):
        name = f"nützer-{i}"
        attributes = {"email": f"user{i}@example.com", "email_verified": "true" if i % 2 else "false", "name": "Jürgen \"J\" Groß\\",
                      "custom:tenant": f"t{i}", **({"updated_at": str(1600000000 + i), "birthdate": "1970-01-01"} if i % 3 else {})}
        client.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS",
                                 UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()])
        for group in [g for k, g in enumerate(("staff", "admins", "zeta", "beta")) if i % (k + 2) == 0]:
            client.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
        if i % 10 == 0:
            client.admin_disable_user(UserPoolId=pool, Username=name)
    print(pool)


def listed(pool):
    out, groups = [], {}
    for group in ("staff", "admins", "zeta", "beta"):
        for page in client.get_paginator("list_users_in_group").paginate(UserPoolId=pool, GroupName=group):
            for user in page["Users"]:
                groups.setdefault(user["Username"], []).append(group)
    for page in client.get_paginator("list_users").paginate(UserPoolId=pool):
        for user in page["Users"]:
            attributes = {one["Name"]: one["Value"] for one in user["Attributes"]}
            out.append({"Username": user["Username"], "Sub": attributes.pop("sub"), "Attributes": attributes, "Enabled": user["Enabled"],
                        "UserStatus": user["UserStatus"], "UserCreateDate": user["UserCreateDate"].timestamp(), "Mfa": [], "PreferredMfa": None,
                        "UserLastModifiedDate": user["UserLastModifiedDate"].timestamp(), "Groups": groups.get(user["Username"], [])})
    print(json.dumps(out))


make(int(sys.argv[3])) if sys.argv[2] == "make" else listed(sys.argv[3])
