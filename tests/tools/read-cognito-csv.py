#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Reads files in the dialect of Amazon Cognito's user import, and refuses whatever is not in it.

Written from the public rules of the import alone (reference/cognito.md, sections 1 and 3), and from
nothing of leat's, so that a mistake in leat's writer is not repeated here.

usage: read-cognito-csv.py [options] FILE...     the parts of one output, in order

  --pool FILE     what DescribeUserPool answers: check the users against the pool, too
  --header FILE   what GetCSVHeader answers: the columns must be these (and password_hash)
  --lines         check the line map FILE.lines beside each part
  --keys FILE     with --lines: the source keys expected, one a line, in order
  --json          write each user as a JSON object, blank values left out
  --max-rows N    rows a part may have (500000)
  --max-bytes N   bytes a part may have (100000000)

The last line of the output is `rows=N cols=N sha=...`: the hash is of the sorted parsed rows.
Exit status 0, or 1 with `FILE:LINE: what is wrong` on standard error.
"""
import argparse, datetime, hashlib, json, re, sys

STANDARD = ("name given_name family_name middle_name nickname preferred_username profile picture website email "
            "email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at "
            "cognito:mfa_enabled cognito:username").split()
BOOLEANS = {"true": True, "TRUE": True, "false": False, "FALSE": False, "": False}
E164 = re.compile(r"\+[1-9][0-9]{1,14}")
DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
SECONDS = re.compile(r"[0-9]+")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
UNESCAPED = re.compile(r"(?<!\\),")
MAX_ERRORS = 20


class Wrong(Exception):
    pass


def read_pool(path):
    document = json.load(open(path, encoding="utf-8"))
    pool = document.get("UserPool") or document
    attributes = {a["Name"]: a for a in pool["SchemaAttributes"]}
    return {"attributes": attributes, "verifies": pool.get("AutoVerifiedAttributes") or [],
            "mfa": pool.get("MfaConfiguration", "OFF"), "custom": {n for n in attributes if n.startswith("custom:")}}


def split_row(line):
    """The values of one row; a comma is escaped by a backslash, and nothing else can be."""
    if '"' in line:
        raise Wrong("holds a quote; values are never quoted")
    if CONTROL.search(line):
        raise Wrong("holds a control character or line break")
    if "\\" not in line:
        return line.split(",")
    if line.count("\\") != line.count("\\,"):
        raise Wrong("holds a backslash that escapes no comma")
    return [v.replace("\\,", ",") for v in UNESCAPED.split(line)]


def check_header(names, pool, expected):
    if len(set(names)) != len(names):
        raise Wrong("a column is there twice")
    if "cognito:username" not in names:
        raise Wrong("there is no column cognito:username")
    for name in names:
        custom = name.startswith("custom:")
        if not custom and name not in STANDARD and name != "password_hash":
            raise Wrong(f"{name!r} is no column of an import")
        if custom and not 1 <= len(name) - 7 <= 20:
            raise Wrong(f"{name!r} is no name of a custom attribute")
        if custom and pool and name not in pool["custom"]:
            raise Wrong(f"the pool has no attribute {name!r}")
    if sum(n.startswith("custom:") for n in names) > 50:
        raise Wrong("more than 50 custom attributes")
    if expected is not None and set(names) - {"password_hash"} != set(expected) - {"password_hash"}:
        raise Wrong(f"the columns are not those of the target: {sorted(set(names) ^ set(expected))}")


def check_flag(user, name, what):
    value = user.get(name, "")
    if value not in BOOLEANS:
        raise Wrong(f"{name} is neither true nor false")
    if BOOLEANS[value] and not user.get(what):
        raise Wrong(f"{name} is true, but {what} is blank")
    return BOOLEANS[value]


def check_formats(user):
    if user.get("birthdate"):
        found = DATE.fullmatch(user["birthdate"])
        if not found:
            raise Wrong("birthdate is not mm/dd/yyyy")
        try:
            datetime.date(int(found[3]), int(found[1]), int(found[2]))
        except ValueError:
            raise Wrong("birthdate is no day of the calendar") from None
    if user.get("updated_at") and not SECONDS.fullmatch(user["updated_at"]):
        raise Wrong("updated_at is not in epoch seconds")
    if user.get("phone_number") and not E164.fullmatch(user["phone_number"]):
        raise Wrong("phone_number is not E.164")
    if user.get("cognito:mfa_enabled", "") not in BOOLEANS:
        raise Wrong("cognito:mfa_enabled is neither true nor false nor blank")


def check_against_pool(user, flags, pool):
    if pool["verifies"] and not any(flags[name] for name in pool["verifies"]):
        raise Wrong("no attribute that the pool verifies is true")
    mfa = user.get("cognito:mfa_enabled", "")
    if (pool["mfa"] == "ON" and mfa in ("false", "FALSE")) or (pool["mfa"] == "OFF" and mfa in ("true", "TRUE")):
        raise Wrong("cognito:mfa_enabled is not as the pool has it")
    for name, attribute in pool["attributes"].items():
        value = user.get(name, "")
        if attribute.get("Required") and name != "sub" and not value:
            raise Wrong(f"{name} is required and blank")
        lengths = attribute.get("StringAttributeConstraints") or {}
        if value and name != "birthdate" and not int(lengths.get("MinLength", 0)) <= len(value) <= int(
                lengths.get("MaxLength", 2048)):
            raise Wrong(f"{name} is too short or too long for the pool")
        bounds = attribute.get("NumberAttributeConstraints") or {}
        if value and attribute.get("AttributeDataType") == "Number" and not float(
                bounds.get("MinValue", "-inf")) <= float(value) <= float(bounds.get("MaxValue", "inf")):
            raise Wrong(f"{name} is out of the pool's range")


def check_user(names, values, pool, usernames):
    if len(values) != len(names):
        raise Wrong(f"{len(values)} values for {len(names)} columns")
    for name, value in zip(names, values):
        if value != value.strip() or value.startswith("\ufeff"):
            raise Wrong(f"{name} begins or ends with white space")
        if len(value) > 512 and len(value.encode()) > 2048:
            raise Wrong(f"{name} has more than 2048 bytes")
    user = dict(zip(names, values))
    username = user["cognito:username"]
    if not username or any(c.isspace() for c in username) or len(username) > 128:
        raise Wrong("cognito:username is blank, holds white space, or has more than 128 characters")
    if username in usernames:
        raise Wrong("cognito:username is not unique")
    usernames.add(username)
    flags = {"email": check_flag(user, "email_verified", "email"),
             "phone_number": check_flag(user, "phone_number_verified", "phone_number")}
    check_formats(user)
    if pool:
        check_against_pool(user, flags, pool)
    return user


def lines_of(path, max_bytes):
    data = open(path, "rb").read()
    if len(data) > max_bytes:
        raise Wrong(f"more than {max_bytes} bytes")
    if data.startswith(b"\xef\xbb\xbf"):
        raise Wrong("begins with a BOM")
    if not data.endswith(b"\n"):
        raise Wrong("the last line does not end")
    return data.decode("utf-8").split("\n")[:-1]


def check_line_map(path, n_rows):
    """LINE TAB KEY for each row; the header is line 1. Returns the keys."""
    keys = []
    for i, line in enumerate(lines_of(path, 1 << 40) if n_rows else []):
        number, tab, key = line.partition("\t")
        if not tab or number != str(i + 2) or re.search(r"[\t\r]", key):
            raise Wrong(f"line {i + 1} is not `{i + 2}`, a tab and a key")
        keys.append(re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[m[1]], key))
    if len(keys) != n_rows:
        raise Wrong(f"{len(keys)} lines for {n_rows} rows")
    return keys


class Reader:
    def __init__(self, options):
        self.options, self.errors, self.names = options, 0, None
        self.pool = read_pool(options.pool) if options.pool else None
        self.expected = json.load(open(options.header, encoding="utf-8"))["CSVHeader"] if options.header else None
        self.usernames, self.rows, self.keys = set(), [], []

    def complain(self, path, line, what):
        self.errors += 1
        if self.errors <= MAX_ERRORS:
            print(f"{path}:{line}: {what}", file=sys.stderr)

    def row(self, path, number, line):
        if len(line) > 16000:
            raise Wrong("the row has more than 16000 characters")
        values = split_row(line)
        user = check_user(self.names, values, self.pool, self.usernames)
        self.rows.append("\x1f".join(values))
        if self.options.json:
            print(json.dumps({k: v for k, v in user.items() if v}, ensure_ascii=False))

    def part(self, path):
        lines = lines_of(path, self.options.max_bytes)
        names = split_row(lines[0])
        check_header(names, self.pool, self.expected)
        if self.names not in (None, names):
            raise Wrong("the header is not that of the first part")
        self.names = names
        if len(lines) - 1 > self.options.max_rows:
            raise Wrong(f"more than {self.options.max_rows} rows")
        for number, line in enumerate(lines[1:], 2):
            try:
                self.row(path, number, line)
            except Wrong as wrong:
                self.complain(path, number, wrong)
        if self.options.lines:
            self.keys += check_line_map(path + ".lines", len(lines) - 1)

    def read(self, path):
        try:
            self.part(path)
        except (Wrong, OSError, UnicodeDecodeError) as wrong:
            self.complain(path, 0, wrong)

    def finish(self):
        if self.options.keys and self.keys != open(self.options.keys, encoding="utf-8").read().splitlines():
            self.complain(self.options.keys, 0, "the keys are not those of the line maps")
        sha = hashlib.sha256("\n".join(sorted(self.rows)).encode()).hexdigest()[:16]
        print(f"rows={len(self.rows)} cols={len(self.names or [])} sha={sha}")
        if self.errors:
            print(f"{self.errors} mistakes", file=sys.stderr)
        return 1 if self.errors else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pool"), p.add_argument("--header"), p.add_argument("--keys")
    p.add_argument("--lines", action="store_true"), p.add_argument("--json", action="store_true")
    p.add_argument("--max-rows", type=int, default=500000), p.add_argument("--max-bytes", type=int, default=100000000)
    p.add_argument("files", nargs="+")
    reader = Reader(p.parse_args())
    for path in reader.options.files:
        reader.read(path)
    return reader.finish()


if __name__ == "__main__":
    sys.exit(main())
