#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""usage: compare.py POOL RECORDS [groups] [mfa] [order=GROUP,...] [if=MEMBER=VALUE]: compares the users of a pool, as /_double/users has them,
with records as JSON lines, attribute by attribute. Prints what differs, and what it has compared."""
import datetime, json, sys

BOOL, NUMBER = {"email_verified", "phone_number_verified"}, {"updated_at"}
BESIDE = {"cognito:username", "status", "enabled", "created", "modified", "groups", "mfa_preferred", "mfa_settings", "sub"}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def time_of(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at - EPOCH) / datetime.timedelta(milliseconds=1)


def wanted(name, value):
    return value == "true" if name in BOOL else int(value) if name in NUMBER else value


def differences(user, record, options):
    attributes = {name: wanted(name, value) for name, value in user["Attributes"].items()}
    got = {name: value for name, value in record.items() if name not in BESIDE and value is not None}
    for name in attributes.keys() | got.keys():
        if name.startswith("dev:") and name not in record:
            continue
        if attributes.get(name) != got.get(name):
            yield name
    beside = {"cognito:username": user["Username"], "status": user["UserStatus"], "enabled": user["Enabled"], "sub": user["Sub"]}
    if "groups" in options:
        beside["groups"] = sorted(user["Groups"], key=lambda name: options["order"].index(name) if options["order"] else name.encode())
    if "mfa" in options:
        beside.update({"mfa_preferred": user["PreferredMfa"], "mfa_settings": user["Mfa"]})
    yield from (name for name, value in beside.items() if record.get(name) != value)
    for name, field in (("UserCreateDate", "created"), ("UserLastModifiedDate", "modified")):
        if abs(time_of(record[field]) - user[name] * 1000) > 0.5:
            yield field


def main(pool, records, *rest):
    options = {word: True for word in rest if "=" not in word}
    options["order"] = next((word[6:].split(",") for word in rest if word.startswith("order=")), None)
    condition = next((word[3:].split("=", 1) for word in rest if word.startswith("if=")), None)
    users = {user["Sub"]: user for user in json.load(open(pool)) if not condition or str(user[condition[0]]) == condition[1]}
    seen, wrong = {}, []
    for line in open(records):
        record = json.loads(line)
        seen[record["sub"]] = seen.get(record["sub"], 0) + 1
        if record["sub"] in users:
            wrong += differences(users[record["sub"]], record, options)
    lost, twice = users.keys() - seen.keys(), [sub for sub, times in seen.items() if times > 1]
    strange = seen.keys() - users.keys()
    print(f"{len(users)} users, {len(lost)} lost, {len(twice)} twice, {len(strange)} strange, {len(wrong)} values differ"
          + "".join(f" ({name})" for name in sorted(set(wrong))))


main(*sys.argv[1:])
