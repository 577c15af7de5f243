# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A pool: its settings and its users. A user is kept small, since an import brings 500,000 of them: the names of
the attributes are shared, the values are one text."""
import hashlib
import uuid

from . import schema
from .errors import Refusal, internal, invalid, no_user

SEPARATOR = "\0"                    # no value holds it
ALIASES = ("email", "phone_number", "preferred_username")
VERIFIED = {"email": "email_verified", "phone_number": "phone_number_verified"}


class User:
    __slots__ = ("name", "sub", "names", "values", "status", "enabled", "created", "modified", "secret", "groups", "mfa",
                 "preferred", "origin")

    def __init__(self, name, sub, attributes, status, now, origin):
        self.name, self.sub, self.status, self.enabled = name, sub, status, True
        self.created = self.modified = now
        self.secret = self.preferred = None
        self.groups = self.mfa = ()
        self.origin = origin            # "api", "csv", "foreign", "given"
        self.set(attributes)

    # One tuple for all users that have the same attributes.
    shared = {}

    def set(self, attributes):
        names = tuple(attributes)
        self.names = self.shared.setdefault(names, names)
        self.values = SEPARATOR.join(attributes.values())

    def attributes(self):
        return dict(zip(self.names, self.values.split(SEPARATOR))) if self.names else {}

    def get(self, name):
        return self.attributes().get(name)


class Pool:
    def __init__(self, said, seed, clock):
        self.clock, self.seed = clock, seed
        self.id, self.name = said["Id"], said.get("Name", said["Id"])
        self.said = said
        self.schema = schema.schema_of(said.get("SchemaAttributes", said.get("Schema", ())))
        self.policy = {**schema.POLICY, **said.get("Policies", {}).get("PasswordPolicy", {})}
        self.aliases = tuple(said.get("AliasAttributes", ()))
        self.sign_in_by = tuple(said.get("UsernameAttributes", ()))
        self.verifies = tuple(said.get("AutoVerifiedAttributes", ()))
        self.mfa = said.get("MfaConfiguration", "OFF")
        self.sensitive = said.get("UsernameConfiguration", {}).get("CaseSensitive", False)
        self.clients = said.get("Clients", {})
        self.required = [a.name for a in self.schema.values() if a.required and a.name != "sub"]
        self.created = clock.now()
        self.forget()

    def forget(self):
        self.users = []                 # in the order of creation; None where one was deleted
        self.by_name = {}               # folded name -> place in users
        self.by_alias = {}              # (attribute, folded value) -> folded name
        self.indices = {}               # attribute -> {value: set of folded names}, made when first asked for
        self.groups = {}
        self.n_gone = self.n_subs = 0
        self.stolen = 0                 # aliases taken by ForceAliasCreation

    def passwordless(self):
        first = self.said.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ())
        return "EMAIL_OTP" in first or "SMS_OTP" in first

    def fold(self, text):
        return text if self.sensitive else text.lower()

    def new_sub(self):
        self.n_subs += 1
        digest = hashlib.blake2b(f"{self.seed}/{self.id}/{self.n_subs}".encode(), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def __len__(self):
        return len(self.by_name)

    # ---- finding ----

    def by_folded(self, folded):
        return self.users[self.by_name[folded]]

    def exact(self, name):
        place = self.by_name.get(self.fold(name))
        return self.users[place] if place is not None else None

    def aliased(self, name):
        """Whom an active alias leads to."""
        for attribute in self.aliases or self.sign_in_by:
            folded = self.by_alias.get((attribute, self.fold(name)))
            if folded is not None:
                return self.by_folded(folded)
        return None

    def find(self, name):
        user = self.exact(name) or self.aliased(name)
        if not user:
            raise no_user()
        return user

    # ---- aliases ----

    def active(self, attributes):
        """The aliases that these attributes make. In a pool that signs in by e-mail or phone, verified or not."""
        if self.sign_in_by:
            return [(name, self.fold(attributes[name])) for name in self.sign_in_by if attributes.get(name)]
        return [(name, self.fold(attributes[name])) for name in self.aliases if attributes.get(name)
                and (name not in VERIFIED or attributes.get(VERIFIED[name]) == "true")]

    def clash(self, attributes, folded=None):
        """Folded name of another user who has one of the aliases, or None."""
        for alias in self.active(attributes):
            other = self.by_alias.get(alias)
            if other is not None and other != folded:
                return other
        return None

    def steal(self, attributes, folded):
        """Takes the aliases from who has them; their attribute is no longer verified."""
        for name, value in self.active(attributes):
            other = self.by_alias.get((name, value))
            if other is None or other == folded:
                continue
            user = self.by_folded(other)
            old = user.attributes()
            self.change(user, {**old, VERIFIED[name]: "false"} if name in VERIFIED else {k: v for k, v in old.items() if k != name})
            self.stolen += 1

    # ---- changes ----

    def add(self, name, attributes, status, origin, secret=None):
        if self.sign_in_by:
            name = sub = self.new_sub()
        else:
            sub = self.new_sub()
        user = User(name, sub, attributes, status, self.clock.now(), origin)
        user.secret = secret
        folded = self.fold(name)
        if folded in self.by_name:
            raise internal()            # the callers have looked; a user is never overwritten
        self.by_name[folded] = len(self.users)
        self.users.append(user)
        self.by_alias.update((alias, folded) for alias in self.active(attributes))
        self.index(folded, {}, attributes)
        return user

    def change(self, user, attributes):
        old, folded = user.attributes(), self.fold(user.name)
        for alias in self.active(old):
            if self.by_alias.get(alias) == folded:
                del self.by_alias[alias]
        self.by_alias.update((alias, folded) for alias in self.active(attributes))
        self.index(folded, old, attributes)
        user.set(attributes)
        user.modified = self.clock.now()

    def remove(self, user):
        folded = self.fold(user.name)
        self.change(user, {})
        self.users[self.by_name.pop(folded)] = None
        self.n_gone += 1
        for group in user.groups:
            self.groups[group].members.pop(folded, None)

    # ---- looking up by value ----

    def index(self, folded, old, new):
        for name, values in self.indices.items():
            if name != "sub" and old.get(name) != new.get(name):
                values.get(old.get(name, "").lower(), set()).discard(folded)
                if name in new:
                    values.setdefault(new[name].lower(), set()).add(folded)
        if "sub" in self.indices:
            self.indices["sub"].setdefault(self.by_folded(folded).sub, {folded})

    def with_folded(self, name, value):
        """The places of the users whose attribute is this in small letters."""
        if name not in self.indices:
            made = self.indices[name] = {}
            for folded, place in self.by_name.items():
                user = self.users[place]
                got = user.sub if name == "sub" else user.get(name)
                if got is not None:
                    made.setdefault(got.lower(), set()).add(folded)
        return [self.by_name[folded] for folded in self.indices[name].get(value, ()) if folded in self.by_name]

    # ---- rules ----

    def check_new(self, attributes):
        """Values and required ones of a user to be; raises."""
        for name, value in attributes.items():
            if name == "sub":
                raise invalid("Cannot modify the non-mutable attribute sub")
            schema.check_value(self.schema, name, value)
        for name in self.required:
            if not attributes.get(name):
                raise invalid(f"Attributes did not conform to the schema: {name}: The attribute is required")

    def check_name(self, name):
        """Whether the name is one for this pool; gives the attribute it is, where the pool signs in by one."""
        is_email, is_phone = bool(schema.EMAIL.fullmatch(name)), bool(schema.PHONE.fullmatch(name))
        if self.sign_in_by:
            if is_email and "email" in self.sign_in_by:
                return "email"
            if is_phone and "phone_number" in self.sign_in_by:
                return "phone_number"
            raise invalid("Username should be either an email or a phone number." if len(self.sign_in_by) > 1 else
                          "Username should be an email." if "email" in self.sign_in_by else "Username should be a phone number.")
        if is_email and "email" in self.aliases:
            raise invalid("Username cannot be of email format, since user pool is configured for email alias.")
        if is_phone and "phone_number" in self.aliases:
            raise invalid("Username cannot be of phone number format, since user pool is configured for phone number alias.")
        return None

    def check_unused(self, name):
        if self.exact(name) or self.sign_in_by and self.aliased(name):
            raise Refusal("UsernameExistsException", "User account already exists")


class Group:
    def __init__(self, pool_id, body, now):
        self.said = {"GroupName": body["GroupName"], "UserPoolId": pool_id,
                     **{name: body[name] for name in ("Description", "RoleArn", "Precedence") if name in body},
                     "CreationDate": now, "LastModifiedDate": now}
        self.members = {}               # folded name -> True, in the order they came
