# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""The table of operations, and the check of what is sent against it. Modules fill it by @operation."""
import re
from collections import namedtuple

from . import schema
from .errors import Refusal, invalid

# touches: "read" or "write" where a user is named (10 a second each); scope: also 5 a second a pool and operation.
Operation = namedtuple("Operation", "name work members category touches scope signed mau")
OPERATIONS = {}

POOL_ID = re.compile(r"[\w-]+_[0-9a-zA-Z]+", re.ASCII)
NOT_WHITE = re.compile(r"\S+")


class Text:
    def __init__(self, least=0, most=None, form=None, words=()):
        self.least, self.most, self.words = least, most, words
        self.form = form.fullmatch if hasattr(form, "fullmatch") else form

    def wrong(self, value):
        if not isinstance(value, str):
            return TypeError
        if len(value) < self.least:
            return f"Member must have length greater than or equal to {self.least}"
        if self.most is not None and len(value) > self.most:
            return f"Member must have length less than or equal to {self.most}"
        if self.form and not self.form(value):
            return "Member must satisfy regular expression pattern"
        if self.words and value not in self.words:
            return f"Member must satisfy enum value set: [{', '.join(self.words)}]"
        return None


class Whole:
    def __init__(self, least=0, most=None):
        self.least, self.most = least, most

    def wrong(self, value):
        if not isinstance(value, int) or isinstance(value, bool):
            return TypeError
        if value < self.least:
            return f"Member must have value greater than or equal to {self.least}"
        if self.most is not None and value > self.most:
            return f"Member must have value less than or equal to {self.most}"
        return None


class Of:
    """A Python type and no more: bool, dict, list."""

    def __init__(self, type_):
        self.type = type_

    def wrong(self, value):
        return None if isinstance(value, self.type) else TypeError


class ListOf:
    def __init__(self, item):
        self.item = item

    def wrong(self, value):
        return next((self.item.wrong(one) for one in value if self.item.wrong(one)), None) if isinstance(value, list) else TypeError


class Pairs:
    """[{Name, Value}]; what stands there twice is the last one's."""

    def wrong(self, value):
        if not isinstance(value, list):
            return TypeError
        for one in value:
            if not isinstance(one, dict) or not isinstance(one.get("Value", ""), str):
                return TypeError
            wrong = ATTRIBUTE_NAME.wrong(one.get("Name"))
            if wrong:
                return wrong
        return None


POOL, USER = Text(1, 55, POOL_ID), Text(1, 128, schema.is_name)
ATTRIBUTE_NAME = Text(1, 32, schema.is_name)
PASSWORD, TOKEN, LIMIT, FLAG, MAP = Text(0, 256, NOT_WHITE), Text(1, None, NOT_WHITE), Whole(0, 60), Of(bool), Of(dict)
GROUP, DESCRIPTION, ROLE = USER, Text(0, 2048), Text(20, 2048, re.compile(r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:[\w+=/,.@-]*:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+){0,2}"))


def operation(name, category=None, touches=None, scope=False, signed=True, mau=False, **members):
    """members: name to kind; a name that ends in _ is optional."""
    table = {key.rstrip("_"): (kind, not key.endswith("_")) for key, kind in members.items()}

    def add(work):
        OPERATIONS[name] = Operation(name, work, table, category, touches, scope, signed, mau)
        return work
    return add


def check(op, body):
    """Raises unless the body has what the operation needs, in its form. What is not known is ignored, as AWS does."""
    for name, (kind, needed) in op.members.items():
        value = body.get(name)
        if value is None:
            if needed:
                raise invalid(f"1 validation error detected: Value null at '{name[0].lower() + name[1:]}' failed to "
                              "satisfy constraint: Member must not be null")
            continue
        wrong = kind.wrong(value)
        if wrong is TypeError:
            raise Refusal("SerializationException", f"the type of {name} is not what it should be")
        if wrong:
            raise invalid(f"1 validation error detected: Value at '{name[0].lower() + name[1:]}' failed to satisfy "
                          f"constraint: {wrong}")
