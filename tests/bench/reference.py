#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What the jobs of the bench must come to, worked out here and by none of the contestants.

usage: reference.py USERS.csv FOLDER

Writes FOLDER/reference.json: per job the header, the number of rows and of rejects and a fingerprint of each,
and FOLDER/cognito.keys: the ids of the users in the Cognito CSV, in order.

The main job: deleted users stay behind; the e-mail is trimmed and in lower case, and must look like
one, else the user is a reject; of several with one e-mail the first stays. The phone number becomes
the country's code and its digits, without the 0 in front that all but the US write within the country.
The birthdate is yyyy-mm-dd, the last change is in seconds since 1970.
"""
import csv
import datetime
import json
import os
import re
import sys

from check import fingerprint, joined

HEADER = ("cognito:username name given_name family_name middle_name nickname preferred_username profile picture "
          "website email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address "
          "updated_at cognito:mfa_enabled").split()
CODES = {"US": "+1", "FR": "+33", "DE": "+49", "GB": "+44"}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NO_DIGIT = re.compile("[^0-9]+")
UTC = datetime.timezone.utc

# The import of Cognito has no escape for these, cuts blanks off the ends, and checks these forms.
UNWRITABLE = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
E164 = re.compile(r"\+[1-9][0-9]{1,14}")
FORMS = {"phone_number": E164, "cognito:username": re.compile(r"\S{1,128}")}


def phone_number(phone, country):
    if not phone:
        return ""
    digits = NO_DIGIT.sub("", phone)
    if country != "US" and digits[:1] == "0":
        digits = digits[1:]
    return CODES[country] + digits


def birthdate(text):
    if text[2:3] == "/":
        day, month, year = text.split("/")
        return f"{year}-{month}-{day}"
    return text


def seconds(text):
    return str(int(datetime.datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()))


def user_of(old, email):
    new = dict.fromkeys(HEADER, "")
    new["cognito:username"] = old["username"]
    new["given_name"], new["family_name"] = old["first_name"], old["last_name"]
    new["name"] = (old["first_name"] + " " + old["last_name"]).strip()
    new["email"] = email
    new["email_verified"] = "true" if old["email_verified"].lower() in ("t", "true", "1", "yes") else "false"
    new["birthdate"] = birthdate(old["birthdate"])
    new["phone_number"] = phone_number(old["phone"], old["country"])
    new["phone_number_verified"] = new["cognito:mfa_enabled"] = "false"
    new["address"] = old["address"]
    new["updated_at"] = seconds(old["updated_at"])
    return new


def main_job(rows):
    """Per record that does not stay behind: its id, the user or None, and the e-mail."""
    seen = set()
    for old in rows:
        if old["status"] == "deleted":
            continue
        email = old["email"].strip().lower()
        if not EMAIL.fullmatch(email):
            yield old["id"], None, email
        elif email not in seen:
            seen.add(email)
            yield old["id"], user_of(old, email), email


def can_be_imported(user):
    for name, value in user.items():
        form = FORMS.get(name)
        if value != value.strip() or UNWRITABLE.search(value) or len(value.encode()) > 2048:
            return False
        if form and value and not form.fullmatch(value):
            return False
    return True


def american(date):
    return date and f"{date[5:7]}/{date[8:10]}/{date[0:4]}"


class Result:
    """The rows and rejects of one job, each row as one text, which takes a fifth of the memory."""

    def __init__(self, header):
        self.header, self.rows, self.rejects = header, [], []

    def figures(self):
        return {"header": self.header, "rows": len(self.rows), "sha": fingerprint(self.rows),
                "rejects": len(self.rejects), "rejects_sha": fingerprint(self.rejects)}


def work_out(source):
    rows = csv.reader(source)
    names = next(rows)
    raw, plain, cognito, keys = Result(names), Result(HEADER), Result(HEADER), []

    def records():
        for row in rows:
            raw.rows.append(joined(row))
            yield dict(zip(names, row))

    for key, user, email in main_job(records()):
        if not user:
            plain.rejects.append(joined((key, email, "invalid_email")))
            cognito.rejects.append(key)
            continue
        plain.rows.append(joined(user.values()))
        user["address"], user["birthdate"] = "", american(user["birthdate"])
        if can_be_imported(user):
            cognito.rows.append(joined(user.values()))
            keys.append(key)
        else:
            cognito.rejects.append(key)
    return raw, plain, cognito, keys


def main():
    path, folder = sys.argv[1:]
    with open(path, newline="", encoding="utf-8") as source:
        raw, plain, cognito, keys = work_out(source)
    with open(os.path.join(folder, "cognito.keys"), "w") as out:
        out.writelines(key + "\n" for key in keys)
    with open(os.path.join(folder, "reference.json"), "w") as out:
        json.dump({"records": len(raw.rows), "csv-main": plain.figures(), "sqlite-main": cognito.figures(),
                   "sqlite-raw": raw.figures()}, out, indent=1)


if __name__ == "__main__":
    main()
