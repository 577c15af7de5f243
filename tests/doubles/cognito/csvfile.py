# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The dialect of the import's CSV file (Developer Guide, "Importing users into user pools from a CSV file"): never
quoted, a comma inside a value is \\, and white space around a value is trimmed. What has no documented form is
refused unless a switch says otherwise."""
import re

from . import hashes, schema
from .errors import Refusal
from .pool import VERIFIED

MAX_FILE, MAX_ROWS, MAX_ROW = 100_000_000, 500_000, 16_000
COLUMNS = ("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
           "website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number",
           "phone_number_verified", "address", "updated_at", "cognito:mfa_enabled", "cognito:username")
USERNAME, MFA, HASH = "cognito:username", "cognito:mfa_enabled", "password_hash"
SPLIT = re.compile(r"(?<!\\),")
BAD = re.compile(r'["\t\r]|\\(?!,)')
BOOLEANS = {"TRUE": "true", "true": "true", "FALSE": "false", "false": "false"}
DATE = re.compile(r"(\d\d)/(\d\d)/(\d\d\d\d)")


class Broken(Exception):
    """The file cannot be read: the whole job fails."""


class Row(Exception):
    """A row cannot be taken: that user is not created."""


def columns_of(pool):
    return [*COLUMNS, *(name for name, a in pool.schema.items() if name.startswith(("custom:", "dev:")))]


class File:
    """The rows of an uploaded file, one after the other."""

    def __init__(self, data, pool, algorithm, switches):
        self.data, self.pool, self.algorithm, self.switches = data, pool, algorithm, switches
        if len(data) > MAX_FILE:
            raise Broken("The file is too large.")
        if switches.final_newline == "required" and not data.endswith(b"\n"):
            raise Broken("The last line of the CSV file has no end.")
        self.n_rows = data.count(b"\n") - 1 + (not data.endswith(b"\n"))
        if self.n_rows > MAX_ROWS:
            raise Broken("The file holds too many rows.")
        self.at = 0
        self.header = self.read_header()
        self.fixed = [name if name not in (USERNAME, MFA, HASH) else None for name in self.header]

    def next_line(self):
        """The text of the next line, or None at the end."""
        if self.at >= len(self.data):
            return None
        end = self.data.find(b"\n", self.at)
        end = len(self.data) if end < 0 else end
        raw, self.at = self.data[self.at:end], end + 1
        if self.switches.crlf == "accept" and raw.endswith(b"\r"):
            raw = raw[:-1]
        elif raw.endswith(b"\r"):
            raise Broken("The CSV file cannot be parsed: a line ends in CR LF.")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Broken("The CSV file is not UTF-8.") from None

    def read_header(self):
        header = [name.strip() for name in (self.next_line() or "").split(",")]
        known = set(columns_of(self.pool))
        if self.algorithm and HASH not in header:
            raise Broken("The CSV file has no password_hash column.")
        if self.algorithm or self.switches.header_hash:
            known.add(HASH)
        if len(set(header)) != len(header) or not known.issuperset(header):
            raise Broken("The header of the CSV file cannot be read.")
        if USERNAME not in header or self.switches.columns == "all" and known.difference(header):
            raise Broken("The header of the CSV file lacks columns.")
        return header

    def values(self, line):
        """Column to value, as the file gives it; raises Row."""
        if len(line) > MAX_ROW:
            raise Row("The row is too long.")
        fields = SPLIT.split(line) if "\\" in line else line.split(",")
        if len(fields) != len(self.header):
            raise Row("The number of values differs from the number of columns.")
        if self.switches.undocumented == "refuse" and BAD.search(line):
            raise Row("A value holds a character that has no documented form.")
        if "\\" in line:
            fields = [field.replace("\\,", ",") for field in fields]
        return dict(zip(self.header, map(str.strip, fields)))


def convert(name, value, schemas):
    """A value as the pool keeps it; raises Row."""
    attribute = schemas[name]
    if attribute.type == "Boolean":
        value = BOOLEANS.get(value, "")
    elif name == "birthdate":
        match = DATE.fullmatch(value)
        value = f"{match[3]}-{match[1]}-{match[2]}" if match else ""
    wrong = attribute.wrong(value)
    if wrong:
        raise Row(wrong if wrong.startswith("Invalid ") else f"Attributes did not conform to the schema: {wrong}")
    return value


def check_name(pool, name):
    """The attribute that the name is, in a pool that signs in by one."""
    if not name:
        raise Row("The User Record does not have a username.")
    if len(name) > 128 or not schema.is_name(name):
        raise Row("The username is not valid.")
    try:
        return pool.check_name(name)
    except Refusal as refusal:
        raise Row(refusal.message) from None


def check_verified(pool, attributes):
    if not any(attributes.get(VERIFIED[name]) == "true" for name in pool.verifies if name in VERIFIED):
        raise Row("The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).")
    for name, verified in VERIFIED.items():
        if attributes.get(verified) == "true" and not attributes.get(name):
            raise Row(f"The User Record sets {verified} to true and has no {name}.")


def check_required(pool, attributes):
    for name in pool.required:
        if not attributes.get(name):
            raise Row(f"Attributes did not conform to the schema: {name}: The attribute is required")


def mfa_of(pool, value):
    """What cognito:mfa_enabled says; blank takes the pool's setting."""
    if value and value not in BOOLEANS:
        raise Row("cognito:mfa_enabled is not valid.")
    on = BOOLEANS.get(value) == "true" if value else pool.mfa == "ON"
    if value and (pool.mfa == "ON" and not on or pool.mfa == "OFF" and on):
        raise Row("cognito:mfa_enabled does not fit the pool's setting of MFA.")
    return ("SMS_MFA",) if on else ()


def secret_of(value, algorithm, bounds):
    if not value:
        return None
    if not algorithm:
        raise Row("The User Record has a password hash, but the job has no algorithm.")
    wrong = hashes.wrong(algorithm, value, bounds)
    if wrong:
        raise Row(f"The password hash is {wrong}.")
    return hashes.keep_hash(algorithm, value)


def read(file, line, bounds):
    """(name, attributes, MFA, secret) of a line; raises Row."""
    values, pool = file.values(line), file.pool
    name = values.pop(USERNAME)
    by = check_name(pool, name)
    mfa = mfa_of(pool, values.pop(MFA, ""))
    secret = secret_of(values.pop(HASH, ""), file.algorithm, bounds)
    attributes = {column: convert(column, value, pool.schema) for column, value in values.items() if value}
    if by:
        attributes.setdefault(by, name)
    check_verified(pool, attributes)
    check_required(pool, attributes)
    return name, attributes, mfa, secret
