# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What the double itself is asked and told, below /_double/: neither signed, counted, delayed nor faulted.

  GET  stats                      counters, peaks, rules, doubled users; duplicates by ?same=ATTRIBUTE
  GET  requests?op=&user=&last=   the requests that are kept, the oldest first
  GET  calls?op=                  how often each user was called
  GET  users?pool=&from=&count=   the users of a pool with all that is known of them
  GET  password?pool=&user=&is=   whether that is the user's password
  GET  objects?bucket=            names and sizes of what was put into a bucket
  POST pools                      a pool, or a list of them, in the form of DescribeUserPool (Schema as CreateUserPool has it)
  POST users                      {"pool", "users": [{"Username", "Attributes": {}, ...}]} or {"pool", "generate": N}
  POST credentials                {"key", "secret", "token", "seconds"}; {"revoke": key}; {"roles": {}, "web_tokens": [], "buckets": []}
  POST faults                     a list of rules, instead of those before
  POST control                    {"scale": 10, "hold": null, ...}: options by their names with _ for -, changed on the way
  POST clock                      {"advance": seconds}, {"skew": seconds}
  POST tokens                     ends all page tokens that were given
  POST forget                     as at the beginning, but for pools, keys and options
"""
import json
from collections import Counter
from urllib.parse import parse_qsl

from .hashes import Bounds, is_password, keep_password
from .operations import OPERATIONS
from .pool import Group
from .users import seen
from .wire import Reply

PREFIX = "/_double/"
JSON = (("Content-Type", "application/json"),)


class Wrong(Exception):
    pass


def pool_of(double, said):
    name = said.get("pool") or next(iter(double.pools), None)
    if name not in double.pools:
        raise Wrong("no such pool")
    return double.pools[name]


# ---- what has happened ----

def doubled(double, same):
    """Values that more than one user has whom a client has made."""
    values = Counter(value for pool in double.pools.values() for user in pool.users
                     if user and user.origin in ("api", "csv") and (value := user.get(same)) is not None)
    return sorted(value for value, n in values.items() if n > 1)


def stats(double, query, body):
    origins = Counter(user.origin for pool in double.pools.values() for user in pool.users if user)
    out = {**double.records.said(), "quotas": double.quotas.said(), "faults": double.faults.said(), "users": dict(origins),
           "n_users": {pool.id: len(pool) for pool in double.pools.values()}, "jobs": [job.shown() for job in double.jobs.values()],
           "deleted": sum(pool.n_gone for pool in double.pools.values()), "aliases_taken": sum(p.stolen for p in double.pools.values())}
    if query.get("same"):
        out["doubled"] = doubled(double, query["same"])
    return out


def requests(double, query, body):
    out = [entry._asdict() for entry in double.records.requests
           if query.get("op") in (None, entry.operation) and query.get("user") in (None, entry.user)]
    return out[-int(query["last"]):] if query.get("last") else out


def calls(double, query, body):
    by_user = double.records.by_user
    return by_user.get(query["op"], {}) if query.get("op") else {op: dict(users) for op, users in by_user.items()}


def users(double, query, body):
    pool, begin = pool_of(double, query), int(query.get("from", 0))
    end = begin + int(query.get("count", len(pool.users)))
    return [{**seen(user), "Attributes": user.attributes(), "Sub": user.sub, "Groups": list(user.groups), "Mfa": list(user.mfa),
             "PreferredMfa": user.preferred, "Origin": user.origin, "Hash": user.secret[0] if isinstance(user.secret, tuple) else None}
            for user in pool.users[begin:end] if user]


def password(double, query, body):
    user = pool_of(double, query).exact(query["user"])
    return {"is": bool(user) and is_password(user.secret, query["is"])}


def objects(double, query, body):
    return {key: len(held) for key, held in double.buckets.get(query.get("bucket"), {}).items()}


# ---- what is to be ----

def pools(double, query, body):
    for said in body if isinstance(body, list) else [body]:
        double.add_pool(said)
    return {"pools": list(double.pools)}


def generated(double, pool, n, number):
    """A user of no importance, of whom the number decides all."""
    name = f"user-{number:07d}"
    return {"Username": name, "Attributes": {"email": f"{name}@example.com", "email_verified": "true", "name": f"User {number}"},
            "Groups": ["all"] if double.chance("in a group", number) < 0.5 else []}


def given(double, pool, said):
    user = pool.add(said["Username"], dict(said.get("Attributes", {})), said.get("UserStatus", "CONFIRMED"), said.get("Origin", "given"),
                    keep_password(said["Password"]) if said.get("Password") else None)
    user.enabled, user.mfa, user.preferred = said.get("Enabled", True), tuple(said.get("Mfa", ())), said.get("PreferredMfa")
    user.created = user.modified = said.get("UserCreateDate", user.created)
    user.groups = tuple(said.get("Groups", ()))
    for name in user.groups:
        if name not in pool.groups:
            pool.groups[name] = Group(pool.id, {"GroupName": name}, round(double.clock.now(), 3))
        pool.groups[name].members[pool.fold(user.name)] = True


def put_users(double, query, body):
    pool, before = pool_of(double, body), len(double.pools[body["pool"]].users)
    for number in range(before, before + body.get("generate", 0)):
        given(double, pool, generated(double, pool, body["generate"], number))
    for said in body.get("users", ()):
        if pool.exact(said["Username"]):
            raise Wrong("the user is there")
        given(double, pool, said)
    return {"users": len(pool)}


def set_credentials(double, query, body):
    if body.get("key"):
        double.credentials.add(body["key"], body["secret"], body.get("token"), body.get("seconds"))
    double.credentials.keys.pop(body.get("revoke"), None)
    double.roles.update(body.get("roles", {}))
    double.web_tokens.update(body.get("web_tokens", ()))
    for name in body.get("buckets", ()):
        double.buckets.setdefault(name, {})
    return {}


def set_faults(double, query, body):
    double.faults.set(body)
    return double.faults.said()


def set_options(double, query, body):
    for name, value in body.items():
        if not hasattr(double.o, name):
            raise Wrong("no such option: " + name)
        setattr(double.o, name, value)
    double.bounds = Bounds(double.o.sign, double.o.key_bytes == "any", double.o.min_cost)
    double.credentials.auth_status = double.o.auth_status
    return {"changed": sorted(body)}


def set_clock(double, query, body):
    double.clock.ahead += body.get("advance", 0)
    double.clock.skew = body.get("skew", double.clock.skew)
    return {"now": double.clock.now(), "wire": double.clock.wire()}


def end_tokens(double, query, body):
    double.tokens_dead = double.n_tokens
    return {"ended": double.n_tokens}


def forget(double, query, body):
    double.forget()
    return {}


def operations(double, query, body):
    return {op.name: {"category": op.category, "members": list(op.members)} for op in OPERATIONS.values()}


GET = {"stats": stats, "requests": requests, "calls": calls, "users": users, "password": password, "objects": objects,
       "operations": operations}
POST = {"pools": pools, "users": put_users, "credentials": set_credentials, "faults": set_faults, "control": set_options,
        "clock": set_clock, "tokens": end_tokens, "forget": forget}


def serve(double, request):
    work = {"GET": GET, "POST": POST}.get(request.method, {}).get(request.path[len(PREFIX):])
    if not work:
        return Reply(404, b'{"error":"no such thing"}', JSON)
    try:
        out = work(double, dict(parse_qsl(request.query)), json.loads(request.body or b"{}"))
    except (Wrong, KeyError, TypeError, ValueError) as why:
        return Reply(400, json.dumps({"error": f"{type(why).__name__}: {why}"}).encode(), JSON)
    return Reply(200, json.dumps(out, ensure_ascii=False).encode("utf-8", "surrogatepass"), JSON)
