# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Faults on order. A rule says of which requests (operation, user), when (a share of them that the seed decides, the
n-th, from the n-th to the m-th) and what:

  throttle     TooManyRequestsException, nothing done        lose       done, then reset without a reply
  internal     500 InternalErrorException, nothing done      lie        done, but an error: 500 InternalErrorException, or
  unavailable  503 with a page, nothing done                            the rule's "type" and "status"
  cut          reset before anything was done                garbage    done, but the reply is broken, in one of four ways
  alias        AliasExistsException, nothing done            late       reset at once, done only after "ms"
  expired      ExpiredTokenException, nothing done           slow       done, the reply comes after "ms"
  error        the rule's "type" and "status", nothing done

What is refused says the rule's "text", if it has one.
"""
import json

from .errors import Refusal

BEFORE = {"throttle": ("TooManyRequestsException", "Too many requests", 400),
          "internal": ("InternalErrorException", "Something went wrong", 500),
          "alias": ("AliasExistsException", "An account with the alias already exists.", 400),
          "expired": ("ExpiredTokenException", "The security token included in the request is expired", 400),
          "error": ("InternalErrorException", "ordered", 500)}
AFTER = ("lose", "lie", "garbage", "slow")
KINDS = (*BEFORE, *AFTER, "cut", "unavailable", "late")
FIELDS = {"fault", "op", "user", "p", "n", "from", "to", "ms", "type", "status", "text", "times"}
PAGE = b"<html><head><title>503 Service Unavailable</title></head><body>busy</body></html>"


class Rule:
    def __init__(self, said):
        if not isinstance(said, dict) or said.get("fault") not in KINDS or not FIELDS.issuperset(said):
            raise ValueError("not a rule: " + json.dumps(said))
        self.said, self.seen, self.hit = said, 0, 0
        self.kind, self.op, self.user = said["fault"], said.get("op"), said.get("user")
        self.first, self.last = said.get("from", said.get("n", 1)), said.get("to", said.get("n", float("inf")))

    def matches(self, op, user):
        return self.op in (None, op) and self.user in (None, user)

    def refusal(self):
        type_, text, status = BEFORE["internal" if self.kind == "lie" else self.kind]
        return Refusal(self.said.get("type", type_), self.said.get("text", text), self.said.get("status", 400 if "type" in self.said else status))


class Faults:
    def __init__(self, chance):
        self.chance, self.rules = chance, []
        self.calls = {}                 # (operation, user) -> how often; by it the order of arrival does not matter

    def set(self, said):
        self.rules = [Rule(one) for one in said]

    def forget(self):
        self.calls = {}
        for rule in self.rules:
            rule.seen = rule.hit = 0

    def pick(self, op, user):
        """The rule that this request meets, or None; the shares of several rules add up."""
        n = self.calls[op, user] = self.calls.get((op, user), 0) + 1
        dice = self.chance(f"fault {n} {op}", user) if self.rules else 1
        for rule in self.rules:
            if not rule.matches(op, user):
                continue
            rule.seen += 1
            if not rule.first <= rule.seen <= rule.last or rule.hit >= rule.said.get("times", float("inf")):
                continue
            share = rule.said.get("p", 1)
            if dice < share:
                rule.hit += 1
                return rule
            dice -= share if "p" in rule.said else 0
        return None

    def said(self):
        return [{**rule.said, "seen": rule.seen, "hit": rule.hit} for rule in self.rules]

    def garbage(self, op, user, body):
        """A broken reply, as what goes out on the wire; which way is decided by the request."""
        ways = (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 4096\r\n\r\n" + body[:len(body) // 2],
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                % (max(len(body) - 1, 1), body[:-1] or b"{"),
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(PAGE), PAGE),
                bytes(range(128, 256)) * 4)
        return ways[int(self.chance("garbage", f"{op} {user} {self.calls.get((op, user))}") * len(ways))]
