#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Makes the other forms of the users' CSV file that the bench needs.

usage: data.py tenth FROM.csv TO.csv      the first tenth of its records (prints how many)
       data.py records FROM.csv N TO.csv  its first N records
       data.py sqlite FROM.csv TO.db      a table `users`, an empty value becoming null
       data.py jsonl FROM.csv N TO.jsonl  its first N records as JSON objects, the same
"""
import csv
import itertools
import json
import os
import sqlite3
import sys


def records(source):
    """The records as bytes. A line end in quotes, after an odd number of quotes, ends none."""
    held = b""
    for line in source:
        held += line
        if held.count(b'"') % 2 == 0:
            yield held
            held = b""


def first(source_path, n, target_path):
    with open(source_path, "rb") as source, open(target_path + ".new", "wb") as target:
        for i, record in enumerate(records(source)):
            if i > n:
                break
            target.write(record)
    os.rename(target_path + ".new", target_path)


def tenth(source_path, target_path):
    with open(source_path, "rb") as source:
        n = sum(1 for _ in records(source)) - 1
    first(source_path, n // 10, target_path)
    print(n // 10)


def sqlite(source_path, target_path):
    if os.path.exists(target_path + ".new"):
        os.unlink(target_path + ".new")
    with open(source_path, newline="", encoding="utf-8") as source, sqlite3.connect(target_path + ".new") as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        rows = csv.reader(source)
        names = next(rows)
        db.execute(f"CREATE TABLE users (id INTEGER PRIMARY KEY, {', '.join(n + ' TEXT' for n in names[1:])})")
        db.executemany(f"INSERT INTO users VALUES ({','.join('?' * len(names))})",
                       ([value or None for value in row] for row in rows))
    db.close()
    os.rename(target_path + ".new", target_path)


def jsonl(source_path, n, target_path):
    with open(source_path, newline="", encoding="utf-8") as source, open(target_path + ".new", "w") as target:
        for row in itertools.islice(csv.DictReader(source), n):
            row = {name: value or None for name, value in row.items()}
            row["id"] = int(row["id"])
            target.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    os.rename(target_path + ".new", target_path)


def main():
    command, *arguments = sys.argv[1:]
    if command == "tenth":
        tenth(*arguments)
    elif command == "records":
        first(arguments[0], int(arguments[1]), arguments[2])
    elif command == "jsonl":
        jsonl(arguments[0], int(arguments[1]), arguments[2])
    elif command == "sqlite":
        sqlite(*arguments)
    else:
        sys.exit(__doc__)


main()
