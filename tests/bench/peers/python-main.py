#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The main job as one writes it with the standard library alone. usage: python-main.py USERS OUT REJECTS"""
import csv
import re
import sys
from datetime import datetime, timezone

CODES = {"US": "+1", "FR": "+33", "DE": "+49", "GB": "+44"}
HEADER = ("cognito:username,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,"
          "website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,"
          "updated_at,cognito:mfa_enabled").split(",")
is_email = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch
without_signs = re.compile(r"\D+").sub


def phone_number(phone, country):
    if not phone:
        return ""
    digits = without_signs("", phone)
    if country != "US":
        digits = digits.removeprefix("0")
    return CODES[country] + digits


def epoch(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


def convert(users, write, reject):
    seen = set()
    for (key, username, email, verified, first, last, phone, birth, country, _, updated, status, _, _,
         address) in users:
        if status == "deleted":
            continue
        email = email.strip().lower()
        if not is_email(email):
            reject((key, email, "invalid_email"))
            continue
        if email in seen:
            continue
        seen.add(email)
        if birth[2:3] == "/":
            birth = f"{birth[6:]}-{birth[3:5]}-{birth[:2]}"
        write((username, f"{first} {last}".strip(), first, last, "", "", "", "", "", "", email,
               "true" if verified.lower() in ("t", "true", "1", "yes") else "false", "", birth, "", "",
               phone_number(phone, country), "false", address, epoch(updated), "false"))


with open(sys.argv[1], newline="", encoding="utf-8") as source, \
        open(sys.argv[2], "w", newline="", encoding="utf-8") as out, \
        open(sys.argv[3], "w", newline="", encoding="utf-8") as bad:
    users, rows, rejects = csv.reader(source), csv.writer(out, lineterminator="\n"), csv.writer(bad, lineterminator="\n")
    next(users)
    rows.writerow(HEADER)
    rejects.writerow(("id", "email", "reason"))
    convert(users, rows.writerow, rejects.writerow)
