#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""usage: make-users.py N POOL USERS: writes a pool of every kind of attribute, and N users of whom each has others."""
import json, random, sys

n, pool_file, users_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
POOL = "eu-central-1_Source001"
custom = [{"Name": "tenant", "AttributeDataType": "String", "Mutable": True},
          {"Name": "points", "AttributeDataType": "Number", "Mutable": True},
          {"Name": "plan", "AttributeDataType": "String", "Mutable": True},
          {"Name": "note", "AttributeDataType": "String", "Mutable": True, "DeveloperOnlyAttribute": True}]
pool = {"Id": POOL, "Name": "source", "Schema": custom, "AutoVerifiedAttributes": ["email"], "MfaConfiguration": "OPTIONAL",
        "EstimatedNumberOfUsers": n}
names = ["Ada Lovelace", "Jürgen Groß", "Åsa Öberg", "李小龙", "Ольга Петрова", "Zoë \"Z\" O'Neil", "back\\slash", "two\nlines",
         "emoji 🦊", "<b>&amp;</b>", " padded ", "عائشة"]
status = ["CONFIRMED", "FORCE_CHANGE_PASSWORD", "UNCONFIRMED", "RESET_REQUIRED", "EXTERNAL_PROVIDER"]
groups = ["staff", "admins", "Ümlaut", "quote\"d", "zeta"]
dice = random.Random(6)
users = []
for i in range(n):
    name = f"user-{i:05d}" if i % 7 else f"nützer-{i:05d}"
    attributes = {"email": f"user{i:05d}@example.com", "email_verified": "true" if i % 3 else "false", "name": names[i % len(names)]}
    if i % 2:
        attributes.update({"given_name": names[i % len(names)].split()[0], "phone_number": f"+49151{i:07d}", "updated_at": str(1600000000 + i)})
    if i % 5 == 0:
        attributes.update({"birthdate": f"{1950 + i % 50}-02-28", "locale": "de-DE", "phone_number_verified": "true", "custom:tenant": "t" * (i % 300)})
    if i % 11 == 0:
        attributes.update({"custom:points": str(i * 1000003), "custom:plan": "gold,\"plus\"", "dev:custom:note": f"n{i}"})
    user = {"Username": name, "Attributes": {k: v for k, v in attributes.items() if v}, "UserStatus": status[i % 5], "Enabled": i % 9 != 0,
            "UserCreateDate": 1500000000.125 + i * 4321, "Groups": sorted(g for g in groups if dice.random() < 0.15)}
    if i % 13 == 0:
        user.update({"Mfa": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "PreferredMfa": "SOFTWARE_TOKEN_MFA"})
    users.append(user)
users[1]["Username"] = 'quo"te\\slash'
json.dump(pool, open(pool_file, "w"))
json.dump({"pool": POOL, "users": users}, open(users_file, "w"))
