# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What a pool says of its attributes and passwords, and whether values keep to it."""
import re
import unicodedata
from datetime import date

from .errors import Refusal, invalid

# The standard attributes of every pool: name, type, smallest, largest (of length or number).
STANDARD = (("sub", "String", 1, 2048), ("name", "String", 0, 2048), ("given_name", "String", 0, 2048),
            ("family_name", "String", 0, 2048), ("middle_name", "String", 0, 2048), ("nickname", "String", 0, 2048),
            ("preferred_username", "String", 0, 2048), ("profile", "String", 0, 2048), ("picture", "String", 0, 2048),
            ("website", "String", 0, 2048), ("email", "String", 0, 2048), ("email_verified", "Boolean", None, None),
            ("gender", "String", 0, 2048), ("birthdate", "String", 10, 10), ("zoneinfo", "String", 0, 2048),
            ("locale", "String", 0, 2048), ("phone_number", "String", 0, 2048),
            ("phone_number_verified", "Boolean", None, None), ("address", "String", 0, 2048),
            ("updated_at", "Number", 0, None))
STANDARD_NAMES = {row[0] for row in STANDARD}
MAX_VALUE = 2048
EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]+")
PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
NUMBER = re.compile(r"-?[0-9]{1,17}")
SYMBOLS = set("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ")
POLICY = {"MinimumLength": 8, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": True,
          "RequireSymbols": True, "TemporaryPasswordValidityDays": 7}
NAME = re.compile("[!-~]+")


def is_name(text):
    """[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+, which the class of a user name and of a group name is."""
    return bool(NAME.fullmatch(text)) or bool(text) and all(unicodedata.category(c)[0] in "LMSNP" for c in text)


def is_birthdate(text):
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


FORMS = {"email": (EMAIL, "Invalid email address format."), "phone_number": (PHONE, "Invalid phone number format.")}


class Attribute:
    """One of the schema, made from the form that CreateUserPool and DescribeUserPool share."""

    __slots__ = ("name", "type", "least", "most", "required", "mutable", "developer")

    def __init__(self, name, type_="String", least=None, most=None, required=False, mutable=True, developer=False):
        self.name, self.type, self.least, self.most = name, type_, least, most
        self.required, self.mutable, self.developer = required, mutable, developer

    @classmethod
    def read(cls, said, base=None):
        name = said["Name"]
        developer = said.get("DeveloperOnlyAttribute", False)
        if name not in STANDARD_NAMES and not name.startswith(("custom:", "dev:")):
            name = ("dev:custom:" if developer else "custom:") + name
        strings, numbers = said.get("StringAttributeConstraints", {}), said.get("NumberAttributeConstraints", {})
        limits = [strings.get("MinLength", numbers.get("MinValue")), strings.get("MaxLength", numbers.get("MaxValue"))]
        limits = [int(limit) if limit is not None else None for limit in limits]
        if base:
            limits = [new if new is not None else old for new, old in zip(limits, (base.least, base.most))]
        return cls(name, said.get("AttributeDataType", base.type if base else "String"), *limits,
                   said.get("Required", False), said.get("Mutable", True), developer)

    def said(self):
        out = {"Name": self.name, "AttributeDataType": self.type, "DeveloperOnlyAttribute": self.developer,
               "Mutable": self.mutable, "Required": self.required}
        if self.type == "String":
            out["StringAttributeConstraints"] = self.limits("MinLength", "MaxLength")
        elif self.type == "Number":
            out["NumberAttributeConstraints"] = self.limits("MinValue", "MaxValue")
        return out

    def limits(self, least, most):
        return {name: str(value) for name, value in ((least, self.least), (most, self.most)) if value is not None}

    def wrong(self, value):
        """Why the value does not fit, or None."""
        if self.name.startswith(("custom:", "dev:")) and len(value.encode()) > MAX_VALUE:
            return f"{self.name}: String must be no longer than {MAX_VALUE} bytes"
        if "\0" in value:
            return f"{self.name}: Invalid character"
        form = FORMS.get(self.name)
        if form and not form[0].fullmatch(value):
            return form[1]
        if self.name == "birthdate" and not is_birthdate(value):
            return "birthdate: Invalid date format"
        return getattr(self, "wrong_" + self.type.lower())(value)

    def wrong_string(self, value):
        if self.least is not None and len(value) < self.least:
            return f"{self.name}: String must be at least {self.least} characters"
        if self.most is not None and len(value) > self.most:
            return f"{self.name}: String must be no longer than {self.most} characters"
        return None

    def wrong_number(self, value):
        if not NUMBER.fullmatch(value):
            return f"{self.name}: Invalid number"
        if self.least is not None and int(value) < self.least or self.most is not None and int(value) > self.most:
            return f"{self.name}: Number must be between {self.least} and {self.most}"
        return None

    def wrong_boolean(self, value):
        return None if value in ("true", "false") else f"{self.name}: Invalid boolean"

    def wrong_datetime(self, value):
        return None if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?", value) else f"{self.name}: Invalid date"


def schema_of(said):
    """Name to attribute: the standard ones as changed, then the pool's own."""
    out = {name: Attribute(name, type_, least, most, required=name == "sub", mutable=name != "sub")
           for name, type_, least, most in STANDARD}
    for one in said:
        new = Attribute.read(one, out.get(one["Name"]))
        out[new.name] = new
    return out


def check_password(policy, password):
    """Raises InvalidPasswordException, which names the rule."""
    rules = ((len(password) < policy["MinimumLength"], "Password not long enough"),
             (policy["RequireUppercase"] and not re.search("[A-Z]", password), "Password must have uppercase characters"),
             (policy["RequireLowercase"] and not re.search("[a-z]", password), "Password must have lowercase characters"),
             (policy["RequireNumbers"] and not re.search("[0-9]", password), "Password must have numeric characters"),
             (policy["RequireSymbols"] and not SYMBOLS.intersection(password), "Password must have symbol characters"))
    for broken, text in rules:
        if broken:
            raise Refusal("InvalidPasswordException", f"Password did not conform with policy: {text}")


def check_value(schema, name, value):
    attribute = schema.get(name)
    wrong = attribute.wrong(value) if attribute else f"{name}: Attribute does not exist in the schema."
    if wrong:
        raise invalid(wrong if wrong.startswith("Invalid ") else f"Attributes did not conform to the schema: {wrong}")
