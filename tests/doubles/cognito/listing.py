# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""ListUsers with its filters, and the pages and tokens of all lists: short and empty pages, tokens that end."""
import base64
import hashlib
import json
import re

from .errors import invalid
from .operations import LIMIT, POOL, TOKEN, ListOf, Text, operation
from .users import seen

MAX_PAGE = 60
FILTER = re.compile(r'\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*')
FIELDS = ("username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
          "cognito:user_status", "status", "sub")


# ---- tokens ----

def bound(operation, body):
    """What a token is bound to: the operation and all its other parameters."""
    rest = {name: value for name, value in body.items() if name not in ("NextToken", "PaginationToken")}
    return hashlib.blake2b(json.dumps([operation, rest], sort_keys=True).encode(), digest_size=9).hexdigest()


def new_token(double, operation, body, place):
    double.n_tokens += 1
    text = f"{place}/{bound(operation, body)}/{double.clock.now():.3f}/{double.n_tokens}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def place_of(double, operation, body, token):
    """Where a page begins; raises for a token that is another's, too old, or breaks as ordered."""
    if token is None:
        return 0
    try:
        place, of, made, number = base64.urlsafe_b64decode(token.encode()).decode().split("/")
        place, made = int(place), float(made)
    except ValueError:
        raise invalid("Invalid pagination token.") from None
    if of != bound(operation, body) or double.clock.now() - made > double.o.token_life or int(number) <= double.tokens_dead:
        raise invalid("Invalid pagination token.")
    if double.chance("token", number) < double.o.token_breaks:
        raise invalid("Invalid pagination token.")
    return place


def wanted(double, body):
    """How many of a page are given: none, fewer, or all that were asked for."""
    limit = body.get("Limit") or MAX_PAGE
    double.n_pages += 1
    if double.chance("empty page", double.n_pages) < double.o.empty_pages:
        return 0
    if double.chance("short page", double.n_pages) < double.o.short_pages:
        return 1 + int(double.chance("size", double.n_pages) * (limit - 1))
    return limit


def page_of(double, operation, body, name, items, token_name, show=lambda item: item):
    """A page of a list that is at hand as a whole."""
    place = place_of(double, operation, body, body.get(token_name))
    end = place + wanted(double, body)
    out = {name: [show(item) for item in items[place:end]]}
    if end < len(items):
        out[token_name] = new_token(double, operation, body, end)
    return out


# ---- filters ----

def value_of(user, field):
    if field == "username":
        return user.name
    if field == "sub":
        return user.sub
    if field == "cognito:user_status":
        return user.status
    if field == "status":
        return "Enabled" if user.enabled else "Disabled"
    return user.get(field)


def read_filter(text):
    """(field, operator, value), or None for all."""
    if not text:
        return None
    match = FILTER.fullmatch(text)
    if not match:
        raise invalid("Error while parsing filter.")
    field, operator, value = match.groups()
    if field not in FIELDS:
        raise invalid("Invalid search attribute: " + field)
    return field, operator, re.sub(r"\\(.)", r"\1", value)


def test_of(condition):
    """A function of a user. username and status differ by case, the others do not."""
    if not condition:
        return lambda user: True
    field, operator, value = condition
    if field in ("username", "status"):
        return lambda user: (value_of(user, field) == value if operator == "=" else value_of(user, field).startswith(value))
    value = value.lower()
    if field == "sub":
        return (lambda user: user.sub == value) if operator == "=" else (lambda user: user.sub.startswith(value))

    def fits(user):
        got = (value_of(user, field) or "").lower()
        return bool(got) and (got == value if operator == "=" else got.startswith(value))
    return fits


def quick(pool, condition):
    """The places of the users to look at, in order, where there is an index for it; None: all."""
    if not condition or condition[1] != "=":
        return None
    field, _, value = condition
    if field == "username":
        place = pool.by_name.get(pool.fold(value))
        return [place] if place is not None else []
    return sorted(pool.with_folded(field, value.lower())) if field not in ("cognito:user_status", "status") else None


# ---- ListUsers ----

def look(double, pool, condition, place, limit):
    """Users from this place on, and where the next page begins (None: there is none)."""
    fits, horizon = test_of(condition), pool.clock.now() - double.o.list_lag / 1000
    places = quick(pool, condition)
    places = range(place, len(pool.users)) if places is None else [one for one in places if one >= place]
    out = []
    for at in places:
        user = pool.users[at]
        if user is None or user.created > horizon or not fits(user):
            continue
        if len(out) == limit:
            return out, at
        out.append(user)
    return out, None


def only(user, names):
    """AttributesToGet: it fails when any user lacks one of them."""
    attributes = {"sub": user.sub, **user.attributes()}
    if any(name not in attributes for name in names):
        raise invalid("One or more requested attributes do not exist.")
    return [{"Name": name, "Value": attributes[name]} for name in names]


@operation("ListUsers", "UserList", UserPoolId=POOL, Limit_=LIMIT, PaginationToken_=TOKEN, Filter_=Text(0, 256),
           AttributesToGet_=ListOf(Text(1, 32)))
def list_users(double, pool, body):
    condition = read_filter(body.get("Filter"))
    place = place_of(double, "ListUsers", body, body.get("PaginationToken"))
    if condition and condition[0] == "username" and condition[1] == "=":
        double.meet(pool, condition[2])
    users, after = look(double, pool, condition, place, wanted(double, body))
    out = {"Users": [seen(user) for user in users]}
    if body.get("AttributesToGet"):
        for user, one in zip(users, out["Users"]):
            one["Attributes"] = only(user, body["AttributesToGet"])
    if after is not None:
        out["PaginationToken"] = new_token(double, "ListUsers", body, after)
    return out
