#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Users into a user pool, as one writes it with boto3. usage: boto3-users.py USERS.jsonl POOL THREADS (1: none)"""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def make(client, pool, user):
    attributes = [{"Name": name, "Value": user[name]} for name in ("email", "given_name")]
    attributes.append({"Name": "email_verified", "Value": "true"})
    client.admin_create_user(UserPoolId=pool, Username=user["username"], UserAttributes=attributes, MessageAction="SUPPRESS")
    client.admin_set_user_password(UserPoolId=pool, Username=user["username"], Password=user["password"], Permanent=True)


def main(path, pool, threads):
    client = boto3.client("cognito-idp", region_name=pool.split("_")[0], config=Config(max_pool_connections=threads))
    with open(path, encoding="utf-8") as lines:
        users = map(json.loads, lines)
        if threads == 1:
            for user in users:
                make(client, pool, user)
            return
        with ThreadPoolExecutor(threads) as executor:
            for done in executor.map(lambda user: make(client, pool, user), users):
                assert done is None  # what went wrong in a thread is raised here


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
