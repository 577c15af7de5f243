# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A double of Amazon Cognito user pools: the API, import jobs from CSV, password hashes, quotas and faults; with as
much of CloudWatch Logs, STS and S3 as belongs to it. Written from AWS's documents alone.

usage: python3 tests/doubles/cognito [options]    prints its port on 127.0.0.1, serves until SIGTERM
                                                  (with --stdin: or till that ends)

One port answers all: POST / with X-Amz-Target, forms for STS, PUT for S3, and /_double/... for the test itself.
Requests have to be signed by a key that is known: --key NAME:SECRET, or a session of STS. A share is 0.05 or 5%.
"""
import argparse

from . import control, faults

DEFAULT_KEY = "AKIADOUBLE:secret-of-the-double"
SHARES = ("throttle", "internal", "unavailable", "cut", "alias", "expired", "lose", "lie", "garbage")


def share(text):
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def rule(kind):
    """--lie AdminCreateUser:3% or --lie 3%: of that operation, or of all."""
    def read(text):
        op, _, p = text.rpartition(":")
        return {"fault": kind, "p": share(p), **({"op": op} if op else {})}
    return read


def hold(text):
    return int(text) if text.isdigit() else text


def quota(text):
    category, _, n = text.partition("=")
    return category, float(n)


def parser():
    out = argparse.ArgumentParser(prog="cognito", description=__doc__ + "\n" + control.__doc__ + "\n" + faults.__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    add = out.add_argument
    add("--port", type=int, default=0)
    add("--stdin", action="store_true", help="end when standard input does")
    add("--seed", type=int, default=1)
    add("--region", default="us-east-1")
    add("--account", default="123456789012")
    add("--key", action="append", help=f"an access key, NAME:SECRET or NAME:SECRET:TOKEN (default {DEFAULT_KEY})")
    add("--pool", action="append", default=[], help="a pool of this id, as the console makes it: e-mail verified, names any")
    add("--pools", action="append", default=[], metavar="FILE", help="JSON: a pool, or a list of them")
    add("--bucket", action="append", default=[], help="a bucket for PUT")
    add("--role", action="append", default=[], help="a role that STS gives, ARN")
    add("--web-token", action="append", default=[], help="a web identity token that STS takes")
    add("--session-seconds", type=float, default=0, help="sessions end so soon, whatever was asked for")
    add("--auth-status", type=int, default=400, help="HTTP status of refused signatures (AWS's pages say 400 and 403)")
    add("--log", help="a line of JSON a request")
    add("--keep", type=int, default=200000, help="how many requests /_double/requests remembers")
    faulty = out.add_argument_group("faults, [OPERATION:]SHARE; more by POST /_double/faults")
    for kind in SHARES:
        faulty.add_argument(f"--{kind}", action="append", type=rule(kind), dest="rules", metavar="P")
    faulty.add_argument("--foreign", type=share, default=0.0, help="names that are there before, as somebody else's users")
    faulty.add_argument("--latency", type=float, default=0, help="ms before each reply; the effect comes at once")
    quotas = out.add_argument_group("quotas")
    quotas.add_argument("--scale", type=float, default=1.0, help="times the default quotas; 0: none")
    quotas.add_argument("--quota", action="append", type=quota, default=[], metavar="CATEGORY=N")
    quotas.add_argument("--mail-limit", type=int, default=50, help="mails a day of the default sender")
    listing = out.add_argument_group("lists")
    listing.add_argument("--short-pages", type=share, default=0.0)
    listing.add_argument("--empty-pages", type=share, default=0.0)
    listing.add_argument("--token-life", type=float, default=3600, help="seconds")
    listing.add_argument("--token-breaks", type=share, default=0.0)
    listing.add_argument("--list-lag", type=float, default=0, help="ms till a new user is listed")
    listing.add_argument("--get-lag", type=float, default=0, help="ms till a new user is found by its name")
    add_import(out.add_argument_group("import jobs; the first of the choices is the default, the strict one"))
    return out


def add_import(group):
    add = group.add_argument
    add("--header-is-line", type=int, choices=(1, 0), default=1, help="1: the first user is line 2 of the log")
    add("--header-hash", action="store_true", help="GetCSVHeader gives password_hash")
    add("--columns", choices=("all", "some"), default="all", help="whether the header needs all columns")
    add("--crlf", choices=("refuse", "accept"), default="refuse")
    add("--final-newline", choices=("required", "optional"), default="required")
    add("--undocumented", choices=("refuse", "literal"), default="refuse", help='" TAB CR and a lone \\ in a value')
    add("--sign", choices=("+", ".", "both"), default="+", help="the sign of PBKDF2's base64")
    add("--key-bytes", choices=("32", "any"), default="32", help="of scrypt and PBKDF2")
    add("--min-cost", type=int, default=4, help="the smallest of bcrypt")
    add("--fail-share", type=share, default=0.5, help="a job fails when more than this share of its rows did")
    add("--fail-least", type=int, default=20, help="but not before so many")
    add("--row-error", type=share, default=0.0, help="rows that fail for no reason of theirs")
    add("--ineligible", action="append", default=[], metavar="POOL", help="a pool that takes no hashes")
    add("--ineligible-error", default="InvalidParameterException")
    add("--log-role", action="append", default=[], dest="log_roles", help="the roles that can be assumed (default: all)")
    add("--log-lag", type=float, default=0, help="ms till a line can be read")
    add("--log-shuffle", action="store_true", help="lines in another order")
    add("--pending", type=float, default=0, help="ms before the work begins")
    add("--stopping", type=float, default=0, help="ms till a stop has stopped")
    add("--import-rate", type=float, default=0, help="rows a second; 0: as fast as it goes")
    add("--hide-jobs", type=int, default=0, help="so many lists of jobs are empty")
    add("--same-token", action="store_true", help="pages of jobs that never end: each token is the one before")
    add("--status-word", help="what InProgress is called")
    add("--hold", type=hold, help="Pending, InProgress, or a number of rows: the job waits there till this is changed")


def read(words=None):
    o = parser().parse_args(words)
    o.rules, o.quotas = o.rules or [], dict(o.quota)
    return o


# The pool that --pool makes.
DEFAULT_POOL = {"Name": "double", "AutoVerifiedAttributes": ["email"], "Clients": {"client": {}},
                "Schema": [{"Name": "email", "Required": False, "Mutable": True}]}
