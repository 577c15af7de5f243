#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Fingerprints of what a contestant has written: rows and sha256 of the sorted, parsed rows, so that
neither the order of the rows nor the manner of quoting matters.

usage: check.py OUT.csv [REJECTS.csv]     prints JSON: rows, sha, rejects, rejects_sha
       check.py --ids REJECTS.csv         the same of the ids of the rejects alone

A reject is its id, its e-mail as the job would have written it, and `invalid_email'; leat says the
last by naming the field that is at fault.
"""
import csv
import hashlib
import json
import sys

csv.field_size_limit(1 << 30)


def joined(row):
    return "\x1f".join(row)


def fingerprint(rows):
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]


def read(path):
    with open(path, newline="", encoding="utf-8") as source:
        rows = csv.reader(source)
        return next(rows), [joined(row) for row in rows]


def rejects_of(path):
    with open(path, newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            reason = row.get("reason") or ("invalid_email" if row["leat:field"] == "email" else row["leat:code"])
            yield joined((row["id"], row["email"].strip().lower(), reason))


def main():
    if sys.argv[1] == "--ids":
        ids = [row.split("\x1f")[0] for row in rejects_of(sys.argv[2])]
        print(json.dumps({"rejects": len(ids), "rejects_sha": fingerprint(ids)}))
        return
    header, rows = read(sys.argv[1])
    rejects = list(rejects_of(sys.argv[2])) if len(sys.argv) > 2 else []
    print(json.dumps({"header": header, "rows": len(rows), "sha": fingerprint(rows), "rejects": len(rejects),
                      "rejects_sha": fingerprint(rejects)}))


if __name__ == "__main__":
    main()
